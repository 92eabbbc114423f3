"""The Iron Law's three terms side by side on a log axis, one rung a machine.

On a log axis bars laid end to end mislead: the first one looks longest whatever it measures. Here each term is a bar of
its own from the axis, so the longest bar is the term that binds.
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit import theme
from labkit.instruments.base import Instrument, finite, inside, need, sentence_list
from labkit.instruments.marks import NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, pixels
from labkit.instruments.terms import TERM_KEY, TermRow, term_table, term_words
from mlsysim.units import fmt

PITCH, HEAD, LANE = 43.0, 17.0, 6.5  # px: one rung, the words above it, one of its three lanes
DECADES = 7  # a term further below the longest rung than this has no bar


def ladder(
    rows: Sequence[TermRow],
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Time",
    you: str | None = None,
    bracket: tuple[float, float, str] | None = None,
) -> Instrument:
    """Three bars a rung on a log axis; a short line marks their sum. `you` names the student's rung.

    `bracket` (from, to, label) spans a ratio that the student predicted, under the last rung.
    """
    rows = need(rows, "the list of rungs")
    drawn = [row for row in rows if not row.void]
    ends = [row.total for row in drawn] + [row.ghost for row in drawn if row.ghost] + (list(bracket[:2]) if bracket else [])
    floor = max(ends, default=1.0) * 10.0**-DECADES
    ends += [max(value, floor) for row in drawn for _, value in _terms(row) if value > 0]
    x = number_scale(ends, unit, quantity, log=True)
    height = PITCH * len(rows) + (30 if bracket else 0)
    plot = Plot(x, pixels(height), height, x_axis={"title": [x.title, TERM_KEY]})
    ghosts, bars, letters, sums, heads, yours = [], [], {}, [], [], []
    for i, row in enumerate(rows):
        top = PITCH * i + HEAD
        state = row.void or f"{fmt(row.total, unit)}{' · ' + row.note if row.note else ''}"
        (yours if row.label == you else heads).append((x.lo, PITCH * i + 9, f"{row.label} · {state}"))
        if row.void:
            plot.hatch([(x.lo, x.hi, top, top + 3 * LANE)], opacity=0.6)
            plot.rects([(x.lo, x.hi, top, top + 3 * LANE)], "edge", opacity=0, stroke="edge", dash="short")
            continue
        if row.ghost:
            ghosts.append((x.lo, x.clip(row.ghost), top - 2, top + 3 * LANE + 2))
        for lane, (letter, value) in enumerate(_terms(row)):
            if x.clip(value) > x.lo:
                bars.append((x.lo, x.clip(value), top + LANE * (lane + 0.5), letter))
            if letter == row.binding:
                letters.setdefault(letter, []).append((x.clip(value), top + LANE * (lane + 0.5), letter))
        sums.append((x.clip(row.total), top - 2, x.clip(row.total), top + 3 * LANE + 2))
    plot.rects(ghosts, "edge", opacity=0.16, stroke="ink", dash="short")
    plot.bars(bars, LANE - 0.5)
    plot.rules(sums, "ink", width=2)
    for letter, places in letters.items():
        plot.texts(places, theme.TERM_COLOUR[letter], dx=5, bold=True, halo=True)
    plot.texts(heads, halo=True, dx=1)
    plot.texts(yours, "control", halo=True, bold=True, dx=1)
    if bracket:
        _bracket(plot, x, bracket, PITCH * len(rows) + 5)
    alt = (
        f"{title}. Each rung has a bar a term of {inside(quantity)}, on a log axis from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}; "
        f"the letter stands at the term that binds: {sentence_list(term_words(rows, unit))}."
    )
    alt += f" Your choice: {you}." if you else ""
    alt += f" Bracket from {fmt(bracket[0], unit)} to {fmt(bracket[1], unit)}: {bracket[2]}." if bracket else ""
    return Instrument(plot.spec(alt), title, alt, *term_table(rows, unit))


def _terms(row: TermRow) -> tuple[tuple[str, float], ...]:
    return tuple((letter, finite(value, row.label)) for letter, value in (("D", row.data), ("O", row.arithmetic), ("L", row.overhead)))


def _bracket(plot: Plot, x: Scale, bracket: tuple[float, float, str], y: float) -> None:
    low, high = sorted(x.clip(v) for v in bracket[:2])
    plot.rules([(low, y, high, y), (low, y - 4, low, y + 4), (high, y - 4, high, y + 4)], "prediction", width=2, top=True)
    right = x.at(low) * NARROW + 6.4 * len(bracket[2]) > NARROW
    plot.texts([(high if right else low, y + 12, bracket[2])], "prediction", align="right" if right else "left", halo=True, top=True)
