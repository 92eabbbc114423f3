"""Rows of ticks along one axis: when something happened, row by row, with the count at the row's name."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, pixels
from mlsysim.units import fmt

PITCH, HEAD = 38.0, 18.0  # px: a row, the words over its ticks
CELLS = 300  # ticks closer than this part of the axis are one


def occasions(
    rows: Sequence[tuple[str, Sequence[float]]], *, title: str, end: float, quantity: str, unit: str = "1", event: str = "events", you: str | None = None,
    start: float | None = None, flag: tuple[float, str] | None = None,
) -> Instrument:  # fmt: skip
    """Rows (name, places) from top to bottom on an axis from 0 to `end`; `event` says what a tick is, `you` names the student's row.

    With `start` the axis is a log one from there; what lies before it stands at its beginning. `flag` (place, label) is a line.
    """
    rows = tuple((name, tuple(finite(v, name) for v in places)) for name, places in need(rows, "the list of rows"))
    if start is None:
        x = number_scale([0.0, end], unit, quantity, zero=True, pad=0.02, grid=False)
    else:
        x = number_scale([start, end], unit, quantity, log=True, pad=0.02, grid=False)
    height = PITCH * len(rows)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    plot.rules([(x.lo, PITCH * (n + 1) - 4, end, PITCH * (n + 1) - 4) for n in range(len(rows))], "rule")
    for mine in (False, True):
        ticks = [(v, PITCH * n + HEAD, v, PITCH * (n + 1) - 4) for n, (name, places) in enumerate(rows) if (name == you) is mine for v in _apart(places, x)]
        plot.rules(ticks, "control" if mine else "ink", width=1.4 if mine else 1.0)
        own = [(n, name, len(places)) for n, (name, places) in enumerate(rows) if (name == you) is mine]
        words = [(x.lo, PITCH * n + 9, f"{name} · {count:,} {event if count != 1 else event.removesuffix('s')}") for n, name, count in own]
        plot.texts(words, "control" if mine else "ink", dx=1, bold=mine, halo=True)
    if flag:
        plot.flag(flag[0], flag[1], "ink", "dash")
    said = [f"{name}: {len(places):,}" + (f", the last at {fmt(places[-1], unit)}" if places else "") for name, places in rows]
    alt = f"{title}. {len(rows)} rows of ticks over {inside(quantity)}, {fmt(start or 0, unit)} to {fmt(end, unit)}{' (log)' if start else ''}, "
    alt += f"one tick for each of the {event}: {sentence_list(said)}."
    alt += f" Marked: {flag[1]}." if flag else ""
    alt += f" Your row: {you}." if you else ""
    table = tuple((name, len(places), places[0] if places else "", places[-1] if places else "") for name, places in rows)
    columns = (Column("row"), Column(event, "1"), Column(f"first {inside(quantity)}", unit), Column(f"last {inside(quantity)}", unit))
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _apart(places: Sequence[float], x: Scale) -> list[float]:
    """One place of each cell of the axis that holds any: more a screen does not resolve."""
    return list({int(x.at(v) * CELLS): v for v in (x.clip(v) for v in reversed(places))}.values())
