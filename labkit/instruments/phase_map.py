"""Heat maps over two choices: what is possible, what is best, where the student stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from labkit import theme
from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import category_scale
from mlsysim.units import fmt

_LETTERS = {"D": "data", "O": "arithmetic", "L": "overhead"}


def phase_map(
    xs: Sequence[str],
    ys: Sequence[str],
    *,
    title: str,
    x_name: str,
    y_name: str,
    value_name: str = "",
    unit: str = "",
    values: Sequence[Sequence[float | None]] | None = None,
    letters: Sequence[Sequence[str]] | None = None,
    void: Mapping[tuple[int, int], str] | None = None,
    best: str | None = "min",
    you: tuple[int, int] | None = None,
    ghost: tuple[int, int] | None = None,
    prediction: tuple[int, int] | None = None,
    log: bool = False,
    digits: int = 3,
    border: tuple[float, str] | None = None,
) -> Instrument:
    """One cell for every x (columns) and y (rows, first on top).

    `values[row][column]` shades a cell and is written in it; `letters[row][column]` writes a word instead ("D", "O",
    "L" give their cell the colour of the term). `void[(column, row)]` names why a cell is impossible ("OOM"): hatched. `best` is
    "min", "max" or None; `you`, `ghost`, `prediction` are (column, row). `border` (value, words) is a thick line between cells
    below and above that value.
    """
    xs, ys = need(xs, "the list of columns"), need(ys, "the list of rows")
    if values is None and letters is None:
        raise ValueError("a map needs values or letters")
    if best not in ("min", "max", None):
        raise ValueError(f'best {best!r}: choose "min", "max" or None')
    void = dict(void or {})
    cells = {(i, j): (values[j][i] if values else None) for j in range(len(ys)) for i in range(len(xs))}
    if values:
        void |= {place: void.get(place, "void") for place, value in cells.items() if value is None}
    open_ = {place: value for place, value in cells.items() if place not in void}
    x = category_scale(xs, x_name, wrap=9 if len(xs) > 3 else 14)
    y = category_scale(ys, y_name, wrap=16, reverse=True)
    pitch = max(22.0, min(44.0, 250.0 / len(ys)))
    plot = Plot(
        x,
        y,
        pitch * len(ys),
        x_axis={"labelAngle": 0, "ticks": False, "domain": False, "labelOverlap": False, "labelAlign": "center"},
        y_axis={"ticks": False, "domain": False, "labelOverlap": False},
    )
    box = lambda i, j, gap=0.02: (i - 0.5 + gap, i + 0.5 - gap, j - 0.5 + gap, j + 0.5 - gap)  # noqa: E731
    _shade(plot, open_, letters, log, box)
    plot.hatch([box(*place) for place in void], spacing=7, opacity=0.55)
    plot.rects([box(*place) for place in void], "edge", opacity=0, stroke="rule")
    plot.texts([(*place, word) for place, word in void.items()], "muted", align="center", halo=True)
    if border:
        _border(plot, open_, border[0])
        plot.note(f"Thick line: {border[1]}")
    winner = None
    if values and best and open_:
        winner = (min if best == "min" else max)(open_, key=lambda place: open_[place])
    _write(plot, open_, letters, winner, unit, digits, prediction if pitch >= 34 else None)
    for place, colour, dash, width in (
        (ghost, "control", "short", 1.5),
        (prediction, "prediction", "dash", 2.5),
        (you, "control", "solid", 3.5),
    ):
        if place is not None:
            plot.rects([box(*place, 0.05)], colour, opacity=0, stroke=colour, width=width, dash=dash)
    if prediction is not None:
        plot.texts([(*prediction, "you said")], "prediction", align="center", dy=-8 if pitch >= 34 else 0, halo=True)

    def word(place: tuple[int, int]) -> str:
        if place in void:
            return void[place]
        return letters[place[1]][place[0]] if values is None else fmt(cells[place], unit, digits)

    name = lambda place: f"{x_name} {xs[place[0]]}, {y_name} {ys[place[1]]}: {word(place)}"  # noqa: E731
    alt = f"{title}. Map of {value_name or 'cases'} for {len(xs)} × {len(ys)} cells: "
    alt += f"{x_name} from {xs[0]} to {xs[-1]}, {y_name} from {ys[0]} to {ys[-1]}."
    if values and open_:
        alt += f" Values from {fmt(min(open_.values()), unit, digits)} to {fmt(max(open_.values()), unit, digits)}."
        alt += f" {len(void)} cells are impossible." if void else ""
    elif letters:
        alt += " " + " ".join(f"{y_label}: {', '.join(word((i, j)) for i in range(len(xs)))}." for j, y_label in enumerate(ys))
    alt += f" Best, starred: {name(winner)}." if winner else ""
    alt += f" A thick line, {border[1]}, has {sum(v >= border[0] for v in open_.values())} cells above its value." if border else ""
    alt += f" Your cell, framed: {name(you)}." if you is not None else ""
    alt += f" Before: {name(ghost)}." if ghost is not None else ""
    alt += f" Predicted cell, you said: {name(prediction)}." if prediction is not None else ""
    columns = (Column(y_name), *(Column(f"{x_name} {label}", unit if values else "") for label in xs))
    rows = tuple(
        (label, *((void.get((i, j)) or (cells[i, j] if values else letters[j][i])) for i in range(len(xs)))) for j, label in enumerate(ys)
    )
    return Instrument(plot.spec(alt), title, alt, columns, rows)


def _border(plot: Plot, open_: dict, value: float) -> None:
    """Edges between neighbours of which one lies below the value and the other does not."""
    edges = [(i + 0.5, j - 0.5, i + 0.5, j + 0.5) for (i, j), v in open_.items() if (i + 1, j) in open_ and (v < value) != (open_[i + 1, j] < value)]
    edges += [(i - 0.5, j + 0.5, i + 0.5, j + 0.5) for (i, j), v in open_.items() if (i, j + 1) in open_ and (v < value) != (open_[i, j + 1] < value)]
    plot.rules(edges, "ink", width=3)


def _shade(plot: Plot, open_: dict, letters: Sequence[Sequence[str]] | None, log: bool, box: object) -> None:
    """Ten steps of ink, dark for large, so light that ink stays legible on them; a letter's cell takes the colour of its term."""
    groups: dict[tuple[str, float], list] = {}
    numbers = [v for v in open_.values() if v is not None]
    lo, hi = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    for (i, j), value in open_.items():
        if value is None:
            key = (_LETTERS.get(letters[j][i], "edge"), 0.25)
        elif hi > lo:
            share = math.log(value / lo) / math.log(hi / lo) if log and lo > 0 else (value - lo) / (hi - lo)
            key = ("ink", 0.03 + 0.03 * round(10 * share))
        else:
            key = ("ink", 0.1)
        groups.setdefault(key, []).append(box(i, j))
    for (colour, opacity), boxes in groups.items():
        plot.rects(boxes, colour, opacity=opacity, stroke="rule", width=0.5)


def _write(
    plot: Plot, open_: dict, letters: Sequence[Sequence[str]] | None, winner: tuple | None, unit: str, digits: int, lowered: tuple | None
) -> None:
    """The cell's value or letter, in ink; in the `lowered` cell it leaves room for "you said"."""
    words: dict[bool, list] = {}
    for (i, j), value in open_.items():
        if letters:
            text = letters[j][i]
        else:
            text = fmt(value, unit, digits)
            text = text if len(text) <= 6 else text.replace("\u202f", "\n")
        if (i, j) == winner:
            text = f"★ {text}"
        words.setdefault((i, j) == lowered, []).append((i, j, text))
    for low, items in words.items():
        plot.texts(items, align="center", dy=8 if low else 0, bold=bool(letters), size=theme.FONT_SIZE if letters else theme.SMALL_SIZE)
