"""Two lanes with a handover between them: one side calls, the other works, and a slanted line joins each call to its work.

Steep lines mean that work starts at once; lines that lean further and further are a queue that grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

_TOP, _BOTTOM, _THICK, _HEIGHT = 40.0, 122.0, 22.0, 140.0  # px: middle of either lane, thickness of its bars, height of all


@dataclass(frozen=True, slots=True)
class Handover:
    """One piece of work: when it is called, handed over, begun and done."""

    label: str
    called: float
    handed: float
    begun: float
    done: float


def handover(
    items: Sequence[Handover],
    *,
    title: str,
    above: str,
    below: str,
    unit: str = "s",
    quantity_x: str = "Time",
    styles: tuple[str, str] = ("L", "O"),
) -> Instrument:
    """Bars above (called to handed over) and below (begun to done), to scale; what the lower lane does not use is hatched.

    A bar too short to see keeps a line of its own colour.
    """
    items = need(items, "the list of handovers")
    last = max(i.done for i in items)
    x = number_scale([0.0, last], unit, quantity_x, zero=True, pad=0.02, grid=False)
    plot = Plot(x, pixels(_HEIGHT), _HEIGHT, y_axis={"ticks": False, "domain": False, "grid": False})
    edge = _BOTTOM - _THICK / 2
    gaps, at = [], 0.0
    for i in items:
        if i.begun > at:
            gaps.append((at, i.begun, _BOTTOM, "idle"))
        at = i.done
    plot.bars(gaps, _THICK)
    plot.rules([(i.handed, _TOP + _THICK / 2, i.begun, edge) for i in items], "edge", width=1.2)
    plot.bars([(i.called, i.handed, _TOP, styles[0]) for i in items], _THICK)
    plot.bars([(i.begun, i.done, _BOTTOM, styles[1]) for i in items], _THICK)
    colour = {"D": "data", "O": "arithmetic", "L": "overhead"}.get(styles[1], "ink")
    plot.rules([(i.begun, edge, i.begun, _BOTTOM + _THICK / 2) for i in items], colour, width=2)
    busy = sum(i.done - i.begun for i in items)
    host = max(i.handed for i in items)
    plot.texts([(x.lo, _TOP - _THICK / 2 - 10, f"{above}: hands over the last of {len(items)} after {fmt(host, unit)}")], dx=1, halo=True)
    plot.texts([(x.lo, edge - 10, f"{below}: busy {fmt(busy, unit)} of {fmt(last, unit)} (lines: idle)")], dx=1, halo=True)
    longest = max(i.begun - i.handed for i in items)
    alt = f"{title}. Two lanes over time, 0 to {fmt(last, unit)}: {above} above, {below} below, {len(items)} slanted lines from handover to start. "
    alt += f"{above} is done after {fmt(host, unit)}; {below} works {fmt(busy, unit)}; the longest wait between handover and start is {fmt(longest, unit)}."
    columns = (Column("work"), Column("called", unit), Column("handed over", unit), Column("begun", unit), Column("done", unit))
    return Instrument(plot.spec(alt), title, alt, columns, tuple((i.label, i.called, i.handed, i.begun, i.done) for i in items))
