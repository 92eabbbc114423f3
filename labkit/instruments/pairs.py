"""Two amounts of each item, one bar over the other: what it looks like, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

PITCH, UPPER, LOWER = 47.0, 8.0, 12.0  # px: an item, its two bars


def pairs(
    items: Sequence[tuple[str, float, float]],
    *,
    title: str,
    quantity: str,
    unit: str,
    upper: str,
    lower: str,
    styles: tuple[str, str] = ("edge:open", "overhead:dots"),
    you: str | None = None,
    prediction: float | None = None,
) -> Instrument:
    """Items (name, amount above, amount below) from top to bottom; `upper` and `lower` say what the two are. `prediction` is an amount."""
    items = tuple((name, finite(a, name), finite(b, name)) for name, a, b in need(items, "the list of items"))
    top = max(max(a, b) for _, a, b in items) or 1.0
    said = [] if prediction is None else [prediction]
    x = number_scale([0.0, *(v for _, a, b in items for v in (a, b)), top * 1.22, *said], unit, quantity, zero=True, pad=0.0)
    height = 22.0 + PITCH * len(items)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    plot.said_x(prediction, unit)
    for i, (style, words) in enumerate(zip(styles, (upper, lower), strict=True)):
        plot.bars([(x.back(0.44 * i), x.back(0.44 * i + 0.07), 9.0, style)], 11)
        plot.texts([(x.back(0.44 * i + 0.07), 9.0, words)], dx=4)
    for n, (name, a, b) in enumerate(items):
        y = 22.0 + PITCH * n
        plot.texts([(x.lo, y + 8, name)], "control" if name == you else "ink", dx=1, bold=name == you, halo=True)
        for value, at, thick, style in ((a, y + 21, UPPER, styles[0]), (b, y + 36, LOWER, styles[1])):
            if value > 0:
                plot.bars([(0.0, value, at, style)], thick)
            plot.texts([(max(0.0, value), at, fmt(value, unit))], "muted" if style == styles[0] else "ink", dx=4, halo=True)
    words = [f"{name}: {fmt(a, unit)} {upper}, {fmt(b, unit)} {lower}" for name, a, b in items]
    alt = f"{title}. Pairs of bars, {inside(quantity)}: {sentence_list(words)}."
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    return Instrument(plot.spec(alt), title, alt, (Column("item"), Column(upper, unit), Column(lower, unit)), items)
