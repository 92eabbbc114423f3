"""Bars from one line: what each change saves, or how much of each limit a design uses."""

from __future__ import annotations

import math
from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

PITCH, THICK = 33.0, 10.0  # px: a bar and the words above it


def bars_from_zero(
    rows: Sequence[tuple[str, float, str]],
    *,
    title: str,
    quantity: str,
    unit: str = "share",
    limit: LimitLike = None,
    most: float | None = None,
    ordered: bool = False,
    prediction: float | None = None,
) -> Instrument:
    """Rows (name, value, words for the value); `ordered` puts the largest on top. Beyond `limit` a bar is hatched.

    `most` ends the axis: longer bars (also endless ones) stop there, open.
    """
    rows = need(rows, "the list of bars")
    if ordered:
        rows = tuple(sorted(rows, key=lambda r: -r[1]))
    bound = as_limit(limit)
    found = [r[1] for r in rows if math.isfinite(r[1])] + [v for v in (bound and bound.value, prediction) if v is not None]
    x = number_scale([0.0, *(min(v, most) if most else v for v in found), *([most] if most else [])], unit, quantity, zero=True, pad=0.0 if most else 0.04)
    height = PITCH * len(rows) + 4
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    plot.limit_x(bound)
    plot.said_x(prediction, unit)
    good, bad, cut = [], [], []
    for n, (name, value, words) in enumerate(rows):
        y, broken = PITCH * n, bool(bound and bound.breaks(value))
        plot.texts([(x.lo, y + 10, f"{name} · {words}")], "arithmetic" if broken else "ink", bold=broken, halo=True, dx=1, top=True)
        (bad if broken else good).append((0.0, x.clip(value), y + 18 + THICK / 2, "arithmetic:hatch" if broken else "data:solid"))
        if value > x.hi:
            cut.append((x.hi, y + 18 + THICK / 2, "▸"))
    plot.bars([b for b in good if b[1] != b[0]], THICK)
    plot.bars([b for b in bad if b[1] != b[0]], THICK)
    plot.texts(cut, "arithmetic", align="right", dx=9, bold=True, top=True)
    plot.rules([(0.0, 0.0, 0.0, height)], "edge", width=1.5)
    alt = f"{title}. Bars of {inside(quantity)} from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}: {sentence_list([f'{name}: {words}' for name, _, words in rows])}."
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, [r[1] for r in rows])
    table = tuple((name, value if math.isfinite(value) else "without end", words) for name, value, words in rows)
    return Instrument(plot.spec(alt), title, alt, (Column("bar"), Column(inside(quantity), unit), Column("value")), table)
