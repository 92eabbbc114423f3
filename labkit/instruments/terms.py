"""The Iron Law's three terms as bars: data solid D, arithmetic hatched O, overhead dotted L."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlsysim.units import fmt

from labkit import theme
from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, pixels

TERM_KEY = "D moving data · O arithmetic · L overhead"


@dataclass(frozen=True, slots=True)
class TermRow:
    """One bar. `ghost` is an earlier or ideal total, drawn faint; `void` says why there is no bar ("does not fit")."""

    label: str
    data: float = 0.0
    arithmetic: float = 0.0
    overhead: float = 0.0
    note: str = ""
    ghost: float | None = None
    void: str = ""

    @property
    def total(self) -> float:
        """The sum of the three terms."""
        return self.data + self.arithmetic + self.overhead

    @property
    def binding(self) -> str:
        """The letter of the largest term."""
        return max((("D", self.data), ("O", self.arithmetic), ("L", self.overhead)), key=lambda item: item[1])[0]


def stacked(
    rows: Sequence[TermRow],
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Time",
    you: str | None = None,
    prediction: float | None = None,
    limit: LimitLike = None,
    bracket: tuple[float, float, str] | None = None,
) -> Instrument:
    """Bars of D | O | L end to end on a linear axis from zero. `you` names the student's row."""
    return _draw(rows, title, unit, quantity, you, prediction, limit, bracket, log=False)


def ladder(
    rows: Sequence[TermRow],
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Time",
    you: str | None = None,
    prediction: float | None = None,
    limit: LimitLike = None,
    bracket: tuple[float, float, str] | None = None,
) -> Instrument:
    """The same bars on a log axis: every segment runs from one running total to the next, so positions are true and lengths are ratios.

    `bracket` (from, to, label) spans a ratio that the student predicted, under the last row.
    """
    return _draw(rows, title, unit, quantity, you, prediction, limit, bracket, log=True)


def _draw(
    rows: Sequence[TermRow],
    title: str,
    unit: str,
    quantity: str,
    you: str | None,
    prediction: float | None,
    limit: LimitLike,
    bracket: tuple[float, float, str] | None,
    *,
    log: bool,
) -> Instrument:
    rows = need(rows, "the list of bars")
    bound = as_limit(limit)
    drawn = [row for row in rows if not row.void]
    ends = [row.total for row in drawn] + [row.ghost for row in rows if row.ghost] + [v for v in (prediction, bound and bound.value) if v]
    ends += list(bracket[:2]) if bracket else []
    if log:
        ends += [max(_first(row), row.total * 1e-4) for row in drawn]
    x = number_scale(ends, unit, quantity, log=log, zero=not log)
    pitch = min(42.0, 290.0 / (len(rows) + (0.75 if bracket else 0)))
    thick = max(6.0, pitch - 24)
    plot = Plot(
        x,
        pixels(pitch * (len(rows) + (0.75 if bracket else 0))),
        pitch * (len(rows) + (0.75 if bracket else 0)),
        x_axis={"title": [x.title, TERM_KEY]},
    )
    plot.limit_x(bound)
    plot.said_x(prediction, unit)
    ghosts, bars, letters, heads, yours = [], [], {"plain": [], "on": []}, [], []
    for i, row in enumerate(rows):
        middle = pitch * i + 17 + thick / 2
        state = row.void or f"{fmt(row.total, unit)}{' · ' + row.note if row.note else ''}"
        (yours if row.label == you else heads).append((x.lo, pitch * i + 8, f"{row.label} · {state}"))
        if row.void:
            plot.hatch([(x.lo, x.hi, middle - thick / 2, middle + thick / 2)], opacity=0.6)
            plot.rects([(x.lo, x.hi, middle - thick / 2, middle + thick / 2)], "edge", opacity=0, stroke="edge", dash="short")
            continue
        if row.ghost:
            ghosts.append((x.lo, x.clip(row.ghost), middle - thick / 2 - 3, middle + thick / 2 + 3))
        for start, end, letter in _segments(row, x):
            bars.append((start, end, middle, letter))
            if (x.at(end) - x.at(start)) * NARROW > 15 and thick > 10:
                place = x.back((x.at(start) + x.at(end)) / 2)
                letters["on" if theme.TERM_PATTERN[letter] == "solid" else "plain"].append((place, middle, letter))
    plot.bars(bars, thick)
    plot.rects(ghosts, "edge", opacity=0.16, stroke="ink", dash="short")
    plot.texts(letters["on"], "paper", align="center", bold=True)
    plot.texts(letters["plain"], "ink", align="center", bold=True, halo=True)
    plot.texts(heads, halo=True, dx=1)
    plot.texts(yours, "control", halo=True, bold=True, dx=1)
    if bracket:
        _bracket(plot, x, bracket, pitch * len(rows) + 5)
    words = [
        f"{row.label}: {row.void}"
        if row.void
        else f"{row.label}: {fmt(row.total, unit)} "
        f"(data {fmt(row.data, unit)}, arithmetic {fmt(row.arithmetic, unit)}, overhead {fmt(row.overhead, unit)})"
        for row in rows
    ]
    alt = (
        f"{title}. Bars of {inside(quantity)} in three terms, {'log' if log else 'linear'} axis "
        f"from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}: "
        f"{sentence_list(words)}."
    )
    alt += f" Your choice: {you}." if you else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += f" Bracket from {fmt(bracket[0], unit)} to {fmt(bracket[1], unit)}: {bracket[2]}." if bracket else ""
    alt += limit_sentence(bound, unit, [row.total for row in drawn])
    columns = (
        Column("bar"),
        Column("data", unit),
        Column("arithmetic", unit),
        Column("overhead", unit),
        Column("total", unit),
        Column("binds"),
    )
    table = tuple(
        (r.label, "", "", "", "", r.void) if r.void else (r.label, r.data, r.arithmetic, r.overhead, r.total, r.binding) for r in rows
    )
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _first(row: TermRow) -> float:
    return next((finite(v, row.label) for v in (row.data, row.arithmetic, row.overhead) if v > 0), 1.0)


def _segments(row: TermRow, x: Scale) -> list[tuple[float, float, str]]:
    found, total = [], 0.0
    for letter, value in (("D", row.data), ("O", row.arithmetic), ("L", row.overhead)):
        start, total = total, total + finite(value, row.label)
        if value > 0 and x.clip(total) > x.clip(start):
            found.append((x.clip(start), x.clip(total), letter))
    return found


def _bracket(plot: Plot, x: Scale, bracket: tuple[float, float, str], y: float) -> None:
    low, high = sorted(x.clip(v) for v in bracket[:2])
    plot.rules([(low, y, high, y), (low, y - 4, low, y + 4), (high, y - 4, high, y + 4)], "prediction", width=2, top=True)
    right = x.at(low) * NARROW + 6.4 * len(bracket[2]) > NARROW
    plot.texts([(high if right else low, y + 12, bracket[2])], "prediction", align="right" if right else "left", halo=True, top=True)
