"""Lines that end where something runs out: each is named at its own end, with how far it got."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list, you_said
from labkit.instruments.curve import SERIES_STYLES
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt

Line = tuple[str, Sequence[tuple[float, float]], str]  # name, points from left to right, words at the end


def reach(
    lines: Sequence[Line],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    y_unit: str,
    ends: str,
    you: tuple[float, float] | None = None,
    you_label: str = "",
    prediction: float | None = None,
    prediction_label: str = "",
    height: float = 210.0,
) -> Instrument:
    """One to five lines over a log axis; a bar closes each. `ends` says what stops them; `prediction` is an x."""
    lines = need(lines, "the list of lines")
    every = [p for _, points, _ in lines for p in points] + ([you] if you else [])
    xs = [finite(p[0], x_name) for p in every] + ([prediction] if prediction is not None else [])
    x = number_scale(xs, x_unit, x_name, log=True, pad=0.05, grid=False)
    y = number_scale([finite(p[1], y_name) for p in every], y_unit, y_name, zero=True, pad=0.16)
    plot = Plot(x, y, height)
    plot.note(f"A line ends where {ends}", "muted")
    taken: list[tuple[float, float, float]] = []  # labels: start and end in px, y in px
    for (_, points, words), (colour, dash) in zip(lines, SERIES_STYLES, strict=False):
        if not points:
            continue
        plot.line(points, colour, width=2.4, dash=dash)
        at, value = points[-1]
        half = (y.hi - y.lo) * 7 / height
        plot.rules([(at, value - half, at, value + half)], colour, width=3)
        right = x.at(at) * NARROW > NARROW / 2
        wide = CHAR * len(words) + 8
        start = x.at(at) * NARROW - (wide if right else 0)
        for dy in (-15.0, 15.0, -30.0, 30.0, 45.0, 60.0, 75.0):
            place = (start, start + wide, plot._down(value) + dy)
            if 8 < place[2] < height - 6 and all(place[1] < a or place[0] > b or abs(place[2] - c) > 14 for a, b, c in taken):
                break
        taken.append(place)
        plot.texts([(at, value, words)], colour, align="right" if right else "left", dx=-4 if right else 4, dy=dy, halo=True)
    if prediction is not None:
        plot.flag(prediction, prediction_label or you_said(prediction, x_unit), "prediction", "dash")
    if you:
        plot.you(*you, you_label)
    told = [f"{name}: from {fmt(p[0][1], y_unit)} at {fmt(p[0][0], x_unit)} to {fmt(p[-1][1], y_unit)} at {fmt(p[-1][0], x_unit)}" for name, p, _ in lines if p]
    told += [f"{name}: nowhere" for name, p, _ in lines if not p]
    alt = f"{title}. {y_name} over {inside(x_name)} (log), each line as far as {ends}. {sentence_list(told)}."
    alt += f" Your point: {fmt(you[1], y_unit)} at {fmt(you[0], x_unit)}." if you else ""
    alt += f" Prediction: {prediction_label or you_said(prediction, x_unit)}." if prediction is not None else ""
    table = tuple((name, px, py) for name, points, _ in lines for px, py in points) or tuple((name, 0, 0.0) for name, _, _ in lines)
    return Instrument(plot.spec(alt), title, alt, (Column("line"), Column(inside(x_name), x_unit), Column(inside(y_name), y_unit)), table)
