"""A pool of events in two features: which are kept, which of them carry a wrong label, and where each group lies."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, tick_text
from mlsysim.units import fmt

HEIGHT = 270.0
ABOVE = 2.5  # how far the name of a group stands from its middle, in units of the features


def pool_map(
    points: Sequence[tuple[float, float, str, str, bool]],
    centres: Sequence[tuple[str, float, float]],
    *,
    title: str,
    groups: Sequence[tuple[str, float]],
    notes: Sequence[tuple[str, str]] = (),
    corrected: bool = False,
    height: float = HEIGHT,
) -> Instrument:
    """Points (first feature, second feature, true group, given label, kept); groups (name, share of the events) with their `centres`.

    Kept points are large, those with a wrong label crossed; `corrected` says that the wrong ones were put right. `notes` (words, colour)
    are further lines above the plot.
    """
    points = need(points, "the list of points")
    names, share = {n for n, _, _ in centres}, dict(groups)
    odd = {p[2] for p in points} - names
    if odd:
        raise ValueError(f"no centre for the group {', '.join(sorted(odd))}")
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x = Scale(min(xs) - 0.8, max(xs) + 0.8)
    y = Scale(min(*ys, *(cy - ABOVE - 0.5 for _, _, cy in centres)), max(*ys, *(cy + ABOVE + 0.5 for _, _, cy in centres)))
    plot = Plot(x, y, height)
    left = [p for p in points if not p[4]]
    right, wrong = ([p for p in points if p[4] and (p[2] == p[3]) is same] for same in (True, False))
    plot.points([p[:2] for p in left if p[2] == p[3]], "edge", size=14, opacity=0.55)
    plot.points([p[:2] for p in left if p[2] != p[3]], "muted", shape="cross", filled=False, size=52, opacity=0.9)
    plot.points([p[:2] for p in right], "control", size=62)
    plot.points([p[:2] for p in wrong], "control", size=120, filled=False)
    plot.points([p[:2] for p in wrong], "ink", shape="cross", filled=False, size=120)
    word = "label corrected" if corrected else "label wrong"
    plot.note(f"● kept, label right: {len(right)}   ⊗ kept, {word}: {len(wrong)}", "control")
    plot.note(f"small: not kept, {sum(p[2] != p[3] for p in left)} of {len(left)} wrong (×)", "muted")
    for text, colour in notes:
        plot.note(text, colour)
    for name, cx, cy in centres:  # outside the ring, where fewer points lie
        aside = abs(cy) < 0.1 * abs(cx)
        spot = (cx * (1.4 if aside else 1), cy + (ABOVE if cy > 0 and not aside else -ABOVE))
        plot.texts([(*spot, f"{name} {tick_text(share[name], 'share')}")], align="center", bold=True, halo=True, top=True)
    kept = {n: [p for p in points if p[4] and p[2] == n] for n, _, _ in centres}
    count = {n: sum(p[2] != p[3] for p in ps) for n, ps in kept.items()}
    words = [f"{n} ({fmt(share[n], 'share', 2)} of the events): {len(ps)} kept, {count[n]} of them labelled wrong" for n, ps in kept.items()]
    alt = f"{title}. {len(points)} events in two features, in {len(centres)} clouds on a ring; {len(right) + len(wrong)} are kept, "
    alt += f"{len(wrong)} of them with a wrong label"
    alt += f"{', since corrected' if corrected else ''}: {sentence_list(words)}."
    alt += "".join(f" {text}." for text, _ in notes)
    rows = tuple((n, share[n], sum(p[2] == n for p in points), len(ps), count[n]) for n, ps in kept.items())
    columns = (Column("group"), Column("share of events", "share"), Column("in this pool"), Column("kept"), Column("kept, wrong label"))
    return Instrument(plot.spec(alt), title, alt, columns, rows)
