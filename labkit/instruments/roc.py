"""A trade-off curve of two error rates, and where groups stand on it."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, inside, need, sentence_list
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, tick_text
from mlsysim.units import fmt

COLOURS, SHARE = ("control", "data"), "share"


def roc(
    line: Sequence[tuple[float, float]],
    groups: Sequence[tuple[str, float, float]],
    *,
    title: str,
    x_name: str,
    y_name: str,
    published: tuple[Sequence[tuple[float, float, str]], str] | None = None,
    prediction: tuple[float, str] | None = None,
    height: float = 240.0,
) -> Instrument:
    """Points of a curve (x, y), all shares; one or two groups (name, x, y) on it with a drop line to the axis.

    `published` (points with their names, words) are crosses; `prediction` (x, words) is a vertical line.
    """
    line, groups = need(line, "the curve"), need(groups, "the list of groups")
    ticks = tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0))
    plot = Plot(Scale(0.0, 1.0, False, x_name, ticks, False), Scale(0.0, 1.0, False, y_name, ticks), height)
    plot.rules([(0.0, 0.0, 1.0, 1.0)], "rule", dash="short")
    plot.line(line, "muted", width=2)
    spots = []
    for (name, x, y), colour in zip(groups, COLOURS, strict=False):
        plot.rules([(x, 0.0, x, y)], colour, width=1.5, dash="dash")
        plot.points([(x, y)], colour, size=230 if colour == COLOURS[0] else 120, shape="circle" if colour == COLOURS[0] else "diamond", top=True)
        spots.append((name, x, y, colour))
    for i, (name, x, y, colour) in enumerate(spots):  # the first above the curve, the second below it: there both have room
        words = f"{name} {fmt(x, 'share')}"
        half = CHAR * len(words) / NARROW
        if i == 0:
            left = x > half + 0.05
            plot.texts([(x, y, words)], colour, align="right" if left else "left", dx=-10 if left else 10, dy=-9, bold=True, halo=True, top=True)
        else:
            left = x + half > 0.95
            plot.texts([(x, y, words)], colour, align="right" if left else "left", dx=-10 if left else 10, dy=16, bold=True, halo=True, top=True)
    if published:
        plot.points([p[:2] for p in published[0]], "ink", shape="cross", filled=False, size=110, top=True)
        plot.note(f"× {published[1]}", "muted")
    if prediction:
        plot.flag(prediction[0], prediction[1], "prediction", "dash")
    alt = f"{title}. {y_name} over {inside(x_name)}, both from 0 to 100 %: a curve above the diagonal. "
    alt += f"On it: {sentence_list([f'{n} at {fmt(x, SHARE)}, {fmt(y, SHARE)}' for n, x, y in groups])}."
    if published:
        alt += f" Crosses, {published[1]}: {sentence_list([f'{n} at {fmt(x, SHARE)}, {fmt(y, SHARE)}' for x, y, n in published[0]])}."
    alt += f" Prediction: {prediction[1]}." if prediction else ""
    table = [*groups, *((n, x, y) for x, y, n in (published[0] if published else ())), *(("curve", x, y) for x, y in line[::4])]
    return Instrument(plot.spec(alt), title, alt, (Column("point"), Column(inside(x_name), "share"), Column(inside(y_name), "share")), tuple(table))
