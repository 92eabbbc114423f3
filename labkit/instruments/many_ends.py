"""Many runs of one process over time, and where they end: a histogram at the right edge with a bracket around most of them."""

from __future__ import annotations

from collections.abc import Sequence

from labkit import theme
from labkit.instruments.base import Column, Instrument, finite, inside, need
from labkit.instruments.marks import short
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, tick_text
from mlsysim.units import fmt

BINS, BARS, EDGE = 25, 0.2, 0.12  # bins of the histogram; its width and that of the bracket, in parts of the time axis


def many_ends(
    paths: Sequence[Sequence[tuple[float, float]]],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    band: tuple[float, float, str],
    truth: tuple[float, str] | None = None,
    prediction: tuple[float, str] | None = None,
    item: str = "run",
    height: float = 250.0,
) -> Instrument:
    """Runs as lines (x, share); the ones with the highest and the lowest end stand out.

    `band` (low, high, words) is the bracket, `truth` (share, words) a line, `prediction` (width, words) a bracket of that width.
    """
    paths = [[(finite(x, x_name), finite(v, y_name)) for x, v in p] for p in need(paths, "the list of runs")]
    end = max(p[-1][0] for p in paths)
    axis = number_scale([0.0, end], x_unit, x_name, zero=True, pad=0.0, grid=False, count=4)
    x = Scale(0.0, end * (1 + BARS + EDGE), False, axis.title, axis.ticks, False)
    y = Scale(0.0, 1.0, False, y_name, tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0)))
    plot = Plot(x, y, height)
    ordered = sorted(paths, key=lambda p: p[-1][1])
    values = [{"x": short(a), "y": short(b), "k": k, "i": i} for k, p in enumerate(ordered[1:-1]) for i, (a, b) in enumerate(p)]
    mark = {"type": "line", "color": theme.var("edge"), "strokeWidth": 1, "opacity": 0.5}
    plot.add(mark, values, order={"field": "i", "type": "quantitative"}, detail={"field": "k", "type": "nominal"})
    for p in (ordered[0], ordered[-1]):
        plot.line(p, "control", width=2)
    ends = [p[-1][1] for p in ordered]
    counts = [0] * BINS
    for v in ends:
        counts[min(BINS - 1, int(v * BINS))] += 1
    reach = end * BARS / max(counts)
    plot.rects([(end, end + reach * n, (b + 0.08) / BINS, (b + 0.92) / BINS) for b, n in enumerate(counts) if n], "ink", opacity=0.75)
    plot.rules([(end, 0.0, end, 1.0)], "edge")
    if truth:
        plot.rules([(0.0, truth[0], x.hi, truth[0])], "overhead", width=2, dash="dash")
        up = 1 if truth[0] > 0.5 else -1
        plot.texts([(end * 0.7, truth[0], truth[1])], "overhead", align="right", dy=11 * up, halo=True, top=True)
    low, high, words = band
    _bracket(plot, end * (1 + BARS + 0.035), low, high, end, "ink", "solid")
    plot.note(words)
    if prediction:
        centre = min(max((low + high) / 2, prediction[0] / 2), 1 - prediction[0] / 2)
        _bracket(plot, end * (1 + BARS + 0.09), centre - prediction[0] / 2, centre + prediction[0] / 2, end, "prediction", "dash")
        plot.note(prediction[1], "prediction")
    for p, up in ((ordered[-1], -1), (ordered[0], 1)):
        at, text = p[-1][1], fmt(p[-1][1], "share", 2)
        shift = 9 * up if 0.06 < at < 0.94 else -9 * up
        plot.texts([(end, at, text)], "control", align="right", dx=-4, dy=shift, bold=True, halo=True, top=True)
    alt = f"{title}. {len(paths)} lines of {inside(y_name)} over {inside(x_name)}, 0 to {fmt(end, x_unit)}; they end between {fmt(ends[0], 'share')} and "
    alt += f"{fmt(ends[-1], 'share')}. Bracket: {words}, {fmt(low, 'share')} to {fmt(high, 'share')}."
    alt += f" Line: {truth[1]}, {fmt(truth[0], 'share')}." if truth else ""
    alt += f" Prediction: {prediction[1]}." if prediction else ""
    early = len(paths[0]) // 3
    table = tuple((f"{item} {i}", p[min(early, len(p) - 1)][1], p[-1][1]) for i, p in enumerate(paths, 1))
    columns = (Column(item), Column(f"at {inside(x_name)} {fmt(paths[0][early][0], x_unit)}", "share"), Column("at the end", "share"))
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _bracket(plot: Plot, at: float, low: float, high: float, end: float, colour: str, dash: str) -> None:
    cap = end * 0.018
    width = 2.5 if colour == "prediction" else 2
    plot.rules([(at, low, at, high)], colour, width=width, dash=dash, top=True)
    plot.rules([(at - cap, v, at + cap, v) for v in (low, high)], colour, width=width, top=True)
