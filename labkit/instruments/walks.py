"""Random walks between two limits: many runs of one test over time, and the share of all runs that have left by then."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import linear_ticks, number_scale, pixels, tick_text
from mlsysim.units import fmt

HEAD, UPPER, LOWER = 18.0, 150.0, 84.0  # px: the name over a panel, the walks, the share
Walk = Sequence[tuple[float, float]]


def walks(
    paths: Sequence[Walk],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    name: str,
    limit: float,
    share: Walk,
    share_name: str,
    level: tuple[float, str] | None = None,
    prediction: float | None = None,
    item: str = "run",
) -> Instrument:
    """Walks (x, value) that end where they cross ±`limit`; below, `share` of all runs that have crossed by each x.

    `level` (share, label) is a line to compare with; `prediction` is a share.
    """
    paths = [[(finite(x, x_name), finite(v, name)) for x, v in p] for p in need(paths, "the list of walks")]
    gone = [p for p in paths if p and abs(p[-1][1]) > limit]
    stay = [p for p in paths if p not in gone]
    x = number_scale([0.0, *(p[0] for p in share)], x_unit, x_name, zero=True, pad=0.14, grid=False)  # the ticks below stand in the margin
    height = 2 * HEAD + UPPER + LOWER
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    top, far = HEAD, limit + 1.2  # far: the value at the edge of the upper panel

    def at(value: float) -> float:
        return top + UPPER / 2 * (1 - max(-far, min(far, value)) / far)

    for sign in (1, -1):
        edge = at(sign * far)
        plot.hatch([(x.lo, x.hi, min(edge, at(sign * limit)), max(edge, at(sign * limit)))], opacity=0.35)
        plot.rules([(x.lo, at(sign * limit), x.hi, at(sign * limit))], "ink", width=1.5)
        plot.texts([(x.hi, at(sign * limit), tick_text(sign * limit, "1"))], align="right", dx=-3, dy=9 * sign, halo=True, top=True)
    plot.rules([(x.lo, at(0.0), x.hi, at(0.0))], "rule")
    _lines(plot, stay, at, "edge", 0.55)
    _lines(plot, gone, at, "control", 0.9)
    plot.points([(p[-1][0], at(p[-1][1])) for p in gone], "control", shape="cross", filled=False, size=60)
    plot.texts([(x.lo, 9.0, f"{name}: {len(gone)} of {len(paths)} leave (×)")], dx=1, halo=True, top=True)
    _share(plot, share, share_name, level, prediction, HEAD + UPPER)
    last = share[-1][1]
    alt = f"{title}. {len(paths)} walks of {inside(name)} over {inside(x_name)}, limits at {tick_text(limit, '1')} and {tick_text(-limit, '1')}; "
    alt += f"{len(gone)} cross a limit and end there, at {inside(x_name)} {', '.join(f'{p[-1][0]:g}' for p in gone[:12]) or 'none'}"
    alt += " and later" if len(gone) > 12 else ""
    alt += f". Below, {inside(share_name)}: rises from {fmt(share[0][1], 'share')} to {fmt(last, 'share')} at {fmt(share[-1][0], x_unit)}."
    alt += f" Line: {level[1]}." if level else ""
    alt += f" Prediction: {you_said(prediction, 'share')}." if prediction is not None else ""
    table = [(f"{item} {i}", p[-1][0], fmt(p[-1][1], "1"), "left" if p in gone else "stayed") for i, p in enumerate(paths, 1) if p]
    table += [(inside(share_name), px, fmt(v, "share"), "") for px, v in share]
    return Instrument(plot.spec(alt), title, alt, (Column(item), Column(inside(x_name), x_unit), Column("last value"), Column("end")), tuple(table))


def _lines(plot: Plot, paths: Sequence[Walk], at, colour: str, opacity: float) -> None:
    """All paths in one layer."""
    from labkit import theme
    from labkit.instruments.marks import short

    values = [{"x": short(x), "y": short(at(v)), "k": k, "i": i} for k, p in enumerate(paths) for i, (x, v) in enumerate([(0.0, 0.0), *p])]
    mark = {"type": "line", "color": theme.var(colour), "strokeWidth": 1.2, "opacity": opacity}
    plot.add(mark, values, order={"field": "i", "type": "quantitative"}, detail={"field": "k", "type": "nominal"})


def _share(plot: Plot, share: Walk, name: str, level, prediction, top: float) -> None:
    ceiling, floor = top + HEAD, top + HEAD + LOWER - 2
    highest = 1.3 * max([v for _, v in share] + [v for v in (level and level[0], prediction) if v] + [0.05])

    def at(value: float) -> float:
        return floor - (floor - ceiling) * min(value, highest) / highest

    x = plot.x
    ticks = [t for t in linear_ticks(0.0, highest, "share", 3) if t <= highest]
    plot.rules([(x.lo, at(t), x.hi, at(t)) for t in ticks], "rule")
    plot.texts([(x.hi, at(t), tick_text(t, "share", highest)) for t in ticks], "muted", align="right", halo=True, dx=-2)
    inner = []  # labels under the line of shares, in the middle; a prediction above it stands at the left
    if level:
        plot.rules([(x.lo, at(level[0]), x.hi, at(level[0]))], "muted", width=1.5, dash="dash")
        inner.append((at(level[0]), level[1], "muted"))
    if prediction is not None:
        plot.rules([(x.lo, at(prediction), x.hi, at(prediction))], "prediction", width=2, dash="dash", top=True)
        words = (at(prediction), you_said(prediction, "share"), "prediction")
        if prediction > 0.6 * share[-1][1]:
            plot.texts([(x.lo, words[0] - 8, words[1])], "prediction", dx=4, halo=True, top=True)
        else:
            inner.append(words)
    under = floor + 9
    for y, text, colour in sorted(inner, reverse=True):  # from the floor up, each in a row of its own
        under = min(y - 8, under - 15)
        plot.texts([(x.back(0.4), under, text)], colour, halo=True, top=True)
    plot.line([(px, at(v)) for px, v in share], "control", width=2.2, step=True)
    plot.points([(share[-1][0], at(share[-1][1]))], "control", size=160, top=True)
    plot.texts([(share[-1][0], at(share[-1][1]), fmt(share[-1][1], "share"))], "control", align="right", dx=-12, dy=-9, bold=True, halo=True, top=True)
    plot.texts([(x.lo, top + 9, name)], dx=1, halo=True, top=True)
