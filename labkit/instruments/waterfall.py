"""Waterfalls: how parts add up to a total, and what happens to them when one part changes."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale, pixels
from labkit.instruments.terms import TermRow
from mlsysim.units import fmt

Step = tuple[str, float, str]  # label, value, style ("D", "O", "L", "other" …)


def waterfall(
    groups: Sequence[tuple[str, Sequence[Step]]],
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Time",
    prediction: float | None = None,
    limit: LimitLike = None,
    you: str | None = None,
) -> Instrument:
    """One or more waterfalls on one axis from zero: each step starts where the one before ends, a total closes each group."""
    groups = tuple((name, need(steps, f"the waterfall {name!r}")) for name, steps in need(groups, "the list of waterfalls"))
    bound = as_limit(limit)
    totals = {name: sum(finite(value, label) for label, value, _ in steps) for name, steps in groups}
    peaks = [sum(value for _, value, _ in steps[: i + 1]) for _, steps in groups for i in range(len(steps))]
    x = number_scale([*peaks, *(v for v in (prediction, bound and bound.value) if v is not None)], unit, quantity, zero=True)
    count = sum(len(steps) + 1 for _, steps in groups)
    pitch = min(32.0, (280.0 - 8 * len(groups)) / count)
    height = pitch * count + 8 * len(groups)
    plot = Plot(x, pixels(height), height)
    plot.limit_x(bound)
    plot.said_x(prediction, unit)
    thick = max(5.0, pitch - 18)
    bars, links, left, right, y = [], [], [], [], 0.0
    sums: list[tuple] = []
    for name, steps in groups:
        total = 0.0
        for label, value, style in steps:
            start, total = total, total + value
            middle = y + pitch - thick / 2
            bars.append((min(start, total), max(start, total), middle, style))
            links.append((total, middle, total, middle + pitch))
            text = f"{label} {fmt(value, unit)}"
            _over(text, x, min(start, total), max(start, total), y + pitch - thick - 8, left, right)
            y += pitch
        middle = y + pitch - thick / 2
        sums.append((0.0, total, middle, "control:solid" if name == you else "ink:solid"))
        _over(f"{name} {fmt(total, unit)}", x, 0.0, total, y + pitch - thick - 8, left, right)
        y += pitch + 8
    plot.rules(links, "edge", dash="short")
    plot.bars(bars, thick)
    plot.bars(sums, thick * 0.6)
    plot.texts(left, halo=True)
    plot.texts(right, align="right", halo=True)
    words = [
        f"{name}: " + " + ".join(f"{label} {fmt(value, unit)}" for label, value, _ in steps) + f" = {fmt(totals[name], unit)}"
        for name, steps in groups
    ]
    alt = f"{title}. Waterfall of {inside(quantity)}, axis from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}: {sentence_list(words)}."
    alt += f" Your choice: {you}." if you else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, totals.values())
    table = tuple(
        (name, label, value, value / totals[name] if totals[name] else 0.0) for name, steps in groups for label, value, _ in steps
    )
    return Instrument(
        plot.spec(alt), title, alt, (Column("case"), Column("part"), Column(inside(quantity), unit), Column("share", "share")), table
    )


def before_after(
    before: TermRow,
    after: TermRow,
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Time",
    prediction: float | None = None,
    limit: LimitLike = None,
) -> Instrument:
    """Two waterfalls of the Iron Law's terms on one axis: what an improvement moved and what it left."""
    groups = [
        (row.label, [("D data", row.data, "D"), ("O arithmetic", row.arithmetic, "O"), ("L overhead", row.overhead, "L")])
        for row in (before, after)
    ]
    return waterfall(groups, title=title, unit=unit, quantity=quantity, prediction=prediction, limit=limit, you=after.label)


def _over(text: str, x: Scale, low: float, high: float, y: float, left: list, right: list) -> None:
    """A label over its bar: from the bar's start where a narrow page has room to the right, else up to its end."""
    if (1 - x.at(low)) * NARROW > CHAR * len(text):
        left.append((low, y, text))
    else:
        right.append((max(high, x.back(min(1.0, CHAR * len(text) / NARROW))), y, text))
