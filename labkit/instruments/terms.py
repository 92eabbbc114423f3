"""The Iron Law's three terms end to end: data solid D, arithmetic hatched O, overhead dotted L."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit import theme
from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, pixels
from mlsysim.units import fmt

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
) -> Instrument:
    """Bars of D | O | L end to end on a linear axis from zero. `you` names the student's row."""
    rows = need(rows, "the list of bars")
    bound = as_limit(limit)
    drawn = [row for row in rows if not row.void]
    ends = [row.total for row in drawn] + [row.ghost for row in rows if row.ghost] + [v for v in (prediction, bound and bound.value) if v]
    x = number_scale(ends, unit, quantity, zero=True)
    pitch = min(42.0, 290.0 / len(rows))
    thick = max(6.0, pitch - 24)
    plot = Plot(x, pixels(pitch * len(rows)), pitch * len(rows), x_axis={"title": [x.title, TERM_KEY]})
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
    words = term_words(rows, unit)
    alt = f"{title}. Bars of {inside(quantity)} in three terms, linear axis from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}: {sentence_list(words)}."
    alt += f" Your choice: {you}." if you else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, [row.total for row in drawn])
    return Instrument(plot.spec(alt), title, alt, *term_table(rows, unit))


def term_words(rows: Sequence[TermRow], unit: str) -> list[str]:
    """Each row as a clause for the text alternative."""
    return [
        f"{row.label}: {row.void}"
        if row.void
        else f"{row.label}: {fmt(row.total, unit)} (data {fmt(row.data, unit)}, arithmetic {fmt(row.arithmetic, unit)}, overhead {fmt(row.overhead, unit)})"
        for row in rows
    ]


def term_table(rows: Sequence[TermRow], unit: str) -> tuple[tuple[Column, ...], tuple]:
    """Columns and rows of the data table."""
    columns = (Column("bar"), Column("data", unit), Column("arithmetic", unit), Column("overhead", unit), Column("total", unit), Column("binds"))
    return columns, tuple(
        (r.label, "", "", "", "", r.void) if r.void else (r.label, r.data, r.arithmetic, r.overhead, r.total, r.binding) for r in rows
    )


def _segments(row: TermRow, x: Scale) -> list[tuple[float, float, str]]:
    found, total = [], 0.0
    for letter, value in (("D", row.data), ("O", row.arithmetic), ("L", row.overhead)):
        start, total = total, total + finite(value, row.label)
        if value > 0 and x.clip(total) > x.clip(start):
            found.append((x.clip(start), x.clip(total), letter))
    return found
