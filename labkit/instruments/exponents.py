"""Numbers by their power of two against what a format can hold, and the log of a scale that keeps them inside."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, number_scale, pixels
from mlsysim.units import fmt

HISTOGRAM, ROW = 118.0, 24.0  # px
_UP = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_MARKS = 60


def power(exponent: float) -> str:
    """A power of two as it is written: "2⁻²⁴"."""
    return "2" + f"{exponent:.0f}".translate(_UP)


def exponents(
    bins: Sequence[tuple[int, float]],
    windows: Sequence[tuple[str, float, float]],
    *,
    title: str,
    chosen: str,
    lost: float,
    largest: float | None = None,
    quantity: str = "gradients",
    span: tuple[float, float] = (-56.0, 40.0),
) -> Instrument:
    """A histogram over powers of two, (e, share from 2^e to 2^(e+1)), above the windows (format, from, below) of formats.

    What lies below the window of the `chosen` format is filled and labelled with the share `lost`; `largest` is the
    exponent of the largest number, a mark of its own, which must stay inside too.
    """
    bins, windows = need(bins, "the list of bins"), need(windows, "the list of windows")
    own = next(w for w in windows if w[0] == chosen)
    top = max(share for _, share in bins)
    height = HISTOGRAM + ROW * len(windows) + 6
    lo, hi = span
    ticks = tuple((float(e), power(e)) for e in range(int(lo // 16 + 1) * 16, int(hi) + 1, 16))
    plot = Plot(Scale(lo, hi, False, "Magnitude, as a power of two (log scale)", ticks, False), pixels(height), height)
    base = HISTOGRAM - 4
    box = lambda e, share: (max(e, lo), min(e + 1, hi), base - (base - 26) * share / top, base)  # noqa: E731 - used twice
    kept = [box(e, s) for e, s in bins if own[1] <= e < own[2] and lo < e + 1 and e < hi]
    gone = [box(e, s) for e, s in bins if not own[1] <= e < own[2] and lo < e + 1 and e < hi]
    plot.rects(kept, "edge", opacity=0.3, stroke="edge", width=0.6)
    plot.rects(gone, "control", opacity=1.0, stroke="paper", width=0.6)
    plot.rules([(lo, base, hi, base)], "edge")
    plot.hatch([(max(lo, b), min(hi, a), 26.0, base) for b, a in ((lo, own[1]), (own[2], hi)) if min(hi, a) > max(lo, b)], opacity=0.35)
    for edge, words, align, dx in ((own[1], "becomes 0", "right", -4), (own[2], "becomes infinite", "left", 4)):
        if lo < edge < hi:
            plot.rules([(edge, 16.0, edge, height)], "ink", width=1.5)
            plot.texts([(edge, 11.0, words)], align=align, dx=dx, halo=True, top=True)
    if gone:
        plot.texts([(own[1], 34.0, f"lost: {fmt(lost, 'share')}")], "control", align="right", dx=-6, bold=True, halo=True, top=True)
    if largest is not None:
        out, at = largest >= own[2], min(max(largest, lo + 1), hi - 1)
        colour, near = "control" if out else "ink", at > lo + 0.62 * (hi - lo)
        plot.points([(at, base - 10)], colour, shape="diamond", size=130, top=True)
        spot = [(at, base - 30, "largest of all steps")]
        plot.texts(spot, colour, align="right" if near else "left", dx=6 if near else -6, bold=out, halo=True, top=True)
    for i, (name, low, high) in enumerate(windows):
        middle, mine = HISTOGRAM + ROW * (i + 0.5) + 2, name == chosen
        start, end, colour = max(low, lo), min(high, hi), "ink" if mine else "edge"
        plot.rects([(start, end, middle - 9, middle + 9)], colour, opacity=1.0 if mine else 0.2, stroke=colour)
        words = f"{name}: {power(low)} to {power(high)}{' (beyond the axis)' if low < lo or high > hi else ''}"
        plot.texts([((start + end) / 2, middle, words)], "paper" if mine else "ink", align="center", bold=mine)
    alt = f"{title}. Histogram of {quantity} over powers of two from {power(bins[0][0])} to {power(bins[-1][0] + 1)}, "
    alt += f"most at {power(max(bins, key=lambda b: b[1])[0])}. Windows: "
    alt += sentence_list([f"{name} from {power(low)} to {power(high)}" for name, low, high in windows])
    alt += f". In {chosen}, {fmt(lost, 'share')} fall below."
    if largest is not None:
        alt += f" The largest of all steps reaches {power(largest)}, {'outside' if largest >= own[2] else 'inside'} the window."
    fate = lambda e: "lost" if e < own[1] else "kept" if e < own[2] else "infinite"  # noqa: E731 - one use
    rows = tuple((f"{power(e)} to {power(e + 1)}", share, fate(e)) for e, share in bins)
    return Instrument(plot.spec(alt), title, alt, (Column("magnitude"), Column(f"share of {quantity}", "share"), Column(f"in {chosen}")), rows)


def scale_log(
    path: Sequence[tuple[int, float]],
    room: Sequence[tuple[int, float]],
    skipped: Sequence[int],
    *,
    title: str,
    x_name: str = "Training step",
    name: str = "Exponent of the scale",
    height: float = 150.0,
) -> Instrument:
    """The exponent of a scale over steps, under the ceiling (`room`) above which a step overflows; crosses are skipped steps."""
    path, room = need(path, "the path of the scale"), need(room, "the ceiling")
    end = path[-1][0]
    x = number_scale([0, end], "1", x_name, zero=True, pad=0.01, grid=False)
    values = [v for _, v in (*path, *room)]
    low, high = min(0.0, min(values)), max(values) + 2
    y = Scale(low - 1, high, False, name, tuple((t, power(t)) for t in linear_ticks(low, high, "1", 4)), True)
    plot = Plot(x, y, height)
    plot.note("Hatched: steps overflow; crosses: steps skipped", "muted")
    ceiling = [*room, (end, room[-1][1])]
    plot.line(ceiling, "ink", width=1.5, step=True)
    plot.hatch([(x.lo, x.hi, max(v for _, v in room), y.hi)], opacity=0.35)
    plot.line(path, "control", width=2.6, step=True)
    every = max(1, -(-len(skipped) // MOST_MARKS))
    # a skip lowers a dynamic scale at its own step: the cross stands where the scale was before
    at = lambda step: next((v for t, v in reversed(path) if t < step), path[0][1])  # noqa: E731 - one use
    plot.points([(step, at(step)) for step in skipped[::every]], "control", shape="cross", filled=False, size=90, top=True)
    final = power(path[-1][1])
    low_end = y.at(path[-1][1]) <= 0.25
    plot.texts([(x.hi, path[-1][1], f"scale {final}")], "control", align="right", dx=-3, dy=-12 if low_end else 14, bold=True, halo=True, top=True)
    alt = f"{title}. {name} over {end:,} steps: from {power(path[0][1])} to {final}, {len(path) - 2:,} changes, {len(skipped):,} steps skipped"
    alt += f" (crosses{f', one for each {every}' if every > 1 else ''})."
    alt += f" A step overflows above a ceiling between {power(min(v for _, v in room))} and {power(max(v for _, v in room))}."
    rows = tuple((f"{t:,}", power(v)) for t, v in path[:200])
    return Instrument(plot.spec(alt), title, alt, (Column("from step"), Column("scale")), rows)
