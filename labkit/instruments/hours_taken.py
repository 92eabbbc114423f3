"""Hours that a job takes out of a stretch of time: the level of each hour, filled where the job runs, in part where it is only held."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, inside, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt


def hours_taken(
    levels: Sequence[float],
    taken: Sequence[int],
    end: int,
    *,
    title: str,
    quantity: str,
    unit: str,
    held_share: float = 0.0,
    window: int | None = None,
    at_once: int = 0,
    notes: Sequence[tuple[str, str]] = (),
    height: float = 210.0,
) -> Instrument:
    """`levels` is what each hour costs at full draw; hours in `taken` are filled up to it, others before `end` up to `held_share` of it.

    `window` is the last hour that the job may take, `at_once` the number of hours that it would run without waiting; `notes` are (words, colour).
    """
    levels, taken = need(levels, "the list of hours"), need(taken, "the list of hours that run")
    last = min(len(levels), max(end, window or end, at_once) + 4)
    x = Scale(0.0, float(last), False, "Hour", tuple((float(h), f"{h}") for h in range(0, last + 1, 24 if last > 60 else 12)), False)
    y = number_scale([*levels[:last], 0.0], unit, quantity, zero=True, pad=0.12)
    plot = Plot(x, y, height)
    running = set(taken)
    held = [(float(h), h + 1.0, 0.0, held_share * levels[h]) for h in range(end) if h not in running and held_share > 0]
    plot.rects([(float(h), h + 1.0, 0.0, levels[h]) for h in taken], "data", opacity=0.75)
    plot.rects(held, "arithmetic", opacity=0.35, stroke="arithmetic", width=0.6)
    plot.line([(float(h), levels[h]) for h in range(last)] + [(float(last), levels[last - 1])], "ink", width=1.2, step=True)
    for words, colour in notes:
        plot.note(words, colour)
    if at_once:
        plot.rules([(0.0, y.hi * 0.965, float(at_once), y.hi * 0.965)], "muted", width=2.5)
        plot.texts([(0.0, y.hi * 0.965, f"at once: the first {at_once} hours")], "muted", dy=9, dx=1, halo=True, top=True)
    plot.flag(float(end), f"done after {end} h", "control")
    starts = sum(h - 1 not in running for h in taken)
    alt = f"{title}. {quantity} in each hour, up to hour {last}, from {fmt(min(levels[:last]), unit)} to {fmt(max(levels[:last]), unit)}. "
    alt += f"The job runs in {len(taken)} hours, in {starts} stretch{'es' if starts > 1 else ''}, "
    alt += f"and waits in {end - len(taken)} more at {fmt(held_share, 'share')} of their level; it is done after {end} hours."
    alt += f" At once it would take the first {at_once} hours." if at_once else ""
    table = tuple((h, levels[h], "runs" if h in running else "waits" if h < end else "after the end") for h in range(last))
    return Instrument(plot.spec(alt), title, alt, (Column("hour", "1"), Column(inside(quantity), unit), Column("the job")), table)
