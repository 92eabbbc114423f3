"""Two amounts of every layer, one up and one down, each on a scale of its own: where memory peaks, and where weights lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, tick_text
from mlsysim.units import fmt

FAR = 4.0  # a mark more than this many times above the highest column stays beyond the axis
DEPTH = 0.72  # length of the lower half beside the upper
HEIGHT = 250.0


def mirrored(
    items: Sequence[tuple[str, float, float]],
    *,
    title: str,
    up: str,
    down: str,
    unit: str = "B",
    item: str = "layer",
    x_name: str = "",
    groups: Sequence[tuple[str, int]] = (),
    limit: LimitLike = None,
    marked: Collection[str] = (),
    marked_name: str = "",
    prediction: tuple[int, str] | None = None,
) -> Instrument:
    """Items in order, left to right: (name, amount up, amount down). The highest column of each half is named.

    `groups` are (label, number of items) for the ticks below; `limit` is an amount up, `prediction` (number of items, words)
    a line after the items that hold as much of what points down. `marked` items are framed, `marked_name` says what they are.
    """
    items = tuple((name, finite(a, name), finite(b, name)) for name, a, b in need(items, "the list of items"))
    peak, heavy = max(items, key=lambda i: i[1]), max(items, key=lambda i: i[2])
    bound = as_limit(limit)
    near = bound.value if bound and bound.value <= FAR * peak[1] else 0.0
    top, bottom = max(peak[1], near, 1e-12) * 1.1, max(heavy[2], 1e-12) * 1.1 / DEPTH
    ticks = [(t / top, tick_text(t, unit, peak[1])) for t in linear_ticks(0.0, top, unit, 4)]
    ticks += [(-t / bottom, tick_text(t, unit, heavy[2])) for t in linear_ticks(0.0, heavy[2], unit, 3) if t > 0]
    starts = [sum(n for _, n in groups[:i]) for i in range(len(groups))]
    names = tuple((start + (n - 1) / 2, name) for (name, n), start in zip(groups, starts, strict=True) if name)
    x = Scale(-0.8, len(items) - 0.2, False, x_name or f"{item}s, in order", names or ((0.0, items[0][0]), (len(items) - 1.0, items[-1][0])), False)
    plot = Plot(x, Scale(-DEPTH, 1.0, False, "", tuple(sorted(ticks))), HEIGHT, x_axis={"ticks": False, "labelOverlap": False})
    plot.note(f"↑ {up}: most in {peak[0]}, {fmt(peak[1], unit)}", "data")
    plot.note(f"↓ {down}: most in {heavy[0]}, {fmt(heavy[2], unit)}", "muted")
    if prediction:
        plot.note(f"{prediction[1]}: left of the line, {item}s that hold as much", "prediction")
    if marked and marked_name:
        plot.note(f"□ {marked_name}", "control")
    if bound:
        plot.hatch([(x.lo, x.hi, plot.y.clip(bound.value / top), plot.y.hi)], opacity=0.4)
    for n, (name, a, b) in enumerate(items):
        if name in marked:
            plot.rects([(n - 0.5, n + 0.5, -b / bottom - 0.015, a / top + 0.015)], "control", opacity=0.08, stroke="control")
    plot.rects([(n - 0.38, n + 0.38, 0.0, a / top) for n, (_, a, _) in enumerate(items)], "data")
    plot.rects([(n - 0.38, n + 0.38, -b / bottom, 0.0) for n, (_, _, b) in enumerate(items)], "edge", opacity=0.35, stroke="edge")
    plot.rules([(x.lo, 0.0, x.hi, 0.0)], "ink", width=1.5)
    if bound:
        at, far = plot.y.clip(bound.value / top), " (beyond the axis)" if bound.value > top else ""
        plot.rules([(x.lo, at, x.hi, at)], "ink", width=1.5)
        plot.end_label(at, bound.label + far, "ink")  # at the right, where early peaks leave room
    if prediction:
        plot.flag(prediction[0] - 0.5, "", "prediction", "dash")
    alt = f"{title}. {len(items)} columns, one a {item}: {up} upwards, most in {peak[0]} with {fmt(peak[1], unit)}; "
    alt += f"{down} downwards, most in {heavy[0]} with {fmt(heavy[2], unit)}, each on a scale of its own."
    alt += f" First {item}: {fmt(items[0][1], unit)} up, {fmt(items[0][2], unit)} down; last: {fmt(items[-1][1], unit)} up, {fmt(items[-1][2], unit)} down."
    alt += f" Framed, {marked_name}: {', '.join(n for n, _, _ in items if n in marked)}." if marked and marked_name else ""
    alt += f" Prediction, after {item} {prediction[0]}: {prediction[1]}." if prediction else ""
    alt += limit_sentence(bound, unit, [peak[1]])
    return Instrument(plot.spec(alt), title, alt, (Column(item), Column(inside(up), unit), Column(inside(down), unit)), items)

