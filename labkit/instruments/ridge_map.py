"""A map of one number over an amount (log) and a few steps, with the ridge of what is best for each amount."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, inside, need, sentence_list
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

HEIGHT = 250.0
FAINT = 0.4  # this share of the best, or less, is left white


def ridge_map(
    rows: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    value_name: str,
    ridge: Sequence[tuple[float, int]],
    ridge_name: str = "best",
    contours: Sequence[tuple[str, Sequence[tuple[float, float]]]] = (),
    you: tuple[float, int] | None = None,
    you_label: str = "",
    height: float = HEIGHT,
) -> Instrument:
    """Rows (name, (amount, share of the best for that amount) …), the first at the bottom; all rows have the same amounts, even in ratio.

    Darker is nearer to the best. `ridge` (amount, number of the row from 1) is the best row for each amount; `contours` (label, points
    (amount, row)) and `you` (amount, row) stand in the same plane.
    """
    rows, ridge = need(rows, "the list of rows"), need(ridge, "the ridge")
    xs = [x for x, _ in rows[0][1]]
    if any([x for x, _ in points] != xs for _, points in rows):
        raise ValueError("every row of a ridge map has the same amounts")
    half = (xs[1] / xs[0]) ** 0.5
    axis = number_scale([xs[0], xs[-1]], x_unit, x_name, log=True, pad=0.0, grid=False)
    x = Scale(xs[0] / half, xs[-1] * half, True, axis.title, axis.ticks, False)
    y = Scale(0.5, len(rows) + 0.5, False, y_name, tuple((float(i), name) for i, (name, _) in enumerate(rows, 1) if i % 2 == len(rows) % 2 or i == 1), False)
    plot = Plot(x, y, height)
    shades: dict[int, list] = {}
    for i, (_, points) in enumerate(rows, 1):
        for at, share in points:
            shades.setdefault(max(0, round(12 * (share - FAINT) / (1 - FAINT))), []).append((at / half, at * half, i - 0.5, i + 0.5))
    for shade, boxes in sorted(shades.items()):
        plot.rects(boxes, "data", opacity=0.045 * shade)
    plot.note(f"Darker: {value_name}", "muted")
    for label, points in contours:
        found = [p for p in points if x.lo <= p[0] <= x.hi and y.lo <= p[1] <= y.hi]
        if len(found) > 1:
            plot.line(found, "ink", width=1.2, dash="short")
            at = found[-1]
            right = x.at(at[0]) * NARROW + CHAR * len(label) + 6 > NARROW
            top = at[1] >= len(rows)
            plot.texts([(*at, label)], "ink", align="right" if right else "left", dx=-5 if right else 5, dy=-5 if top else 0, halo=True)
    plot.line([(at, float(row)) for at, row in ridge], "ink", width=3)
    plot.points([(at, float(row)) for at, row in ridge], "ink", size=46)
    plot.note(f"● {ridge_name}")
    if you:
        plot.you(you[0], float(you[1]), you_label)
    steps = [ridge[i] for i in range(len(ridge)) if i == 0 or ridge[i][1] != ridge[i - 1][1]]
    word = lambda row: rows[row - 1][0]  # noqa: E731 - the name of a row, twice
    alt = f"{title}. Map of {value_name} over {inside(x_name)} ({fmt(xs[0], x_unit)} to {fmt(xs[-1], x_unit)}, log) and {inside(y_name)} "
    alt += f"({rows[0][0]} to {rows[-1][0]}). The ridge, {ridge_name}: " + sentence_list([f"{word(row)} from {fmt(at, x_unit)}" for at, row in steps]) + "."
    alt += " Contours: " + ", ".join(label for label, points in contours if points) + "." if contours else ""
    alt += f" Your point: {fmt(you[0], x_unit)}, {word(you[1])}." if you else ""
    every = range(0, len(xs), max(1, len(xs) // 8))
    table = tuple((fmt(xs[i], x_unit), word(ridge[i][1]), *(points[i][1] for _, points in rows)) for i in every)
    columns = (Column(inside(x_name)), Column(ridge_name), *(Column(name, "share") for name, _ in rows))
    return Instrument(plot.spec(alt), title, alt, columns, table)
