"""The levels of a quantised tensor as a comb over its values: how many of them the ordinary values ever meet."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels
from mlsysim.units import fmt

BINS = 48
ROW, GAP, BARS = 30.0, 46.0, 96.0  # px: the whole range, the space to the closer look, its histogram


def comb(
    values: Sequence[float],
    others: Sequence[float],
    step: float,
    highest: int,
    used: Sequence[int],
    *,
    title: str,
    name: str = "ordinary values",
    other: str = "outlier channel",
    prediction: float | None = None,
) -> Instrument:
    """Levels at −highest … highest steps, the values under them, and a few values of another size.

    Above, the whole range with every level; below, the range of `values` enlarged: their histogram, the levels in it (dark
    where a value takes them), and, if given, as many levels as the student predicted.
    """
    values, others = need(values, f"the list of {name}"), need(others, f"the list of values of the {other}")
    reach = max(step * highest, *(abs(finite(v, other)) for v in others))
    near = max(abs(finite(v, name)) for v in values) * 1.06
    x, height = Scale(-1.0, 1.0), ROW + GAP + BARS + 34.0
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    bars, floor = ROW + GAP, ROW + GAP + BARS
    plot.note(f"All {2 * highest + 1} levels, ┃ taken by {name}")
    plot.note(f"● values of the {other}", "muted")
    marks = range(-highest, highest + 1)
    taken = set(used)
    plot.rects([(-near / reach, near / reach, 3.0, ROW)], "data", opacity=0.18)
    plot.rules([(n * step / reach, 12.0, n * step / reach, ROW) for n in marks if n not in taken], "edge", width=0.8)
    plot.rules([(n * step / reach, 4.0, n * step / reach, ROW) for n in sorted(taken)], "ink", width=1.6)
    plot.rules([(-1.0, ROW, 1.0, ROW)], "edge")
    plot.points([(v / reach, 6.0) for v in others], "muted", size=26)
    plot.rules([(side * near / reach, ROW, side, bars) for side in (-1.0, 1.0)], "rule", dash="short")
    ends = [(place, value) for place, value in ((-1.0, -reach), (0.0, 0.0), (1.0, reach))]
    for (place, value), align in zip(ends, ("left", "center", "right"), strict=True):
        plot.texts([(place, ROW + 10, _signed(value))], "muted", align=align)
    plot.texts([(0.0, ROW + 31, f"closer: the {name}")], align="center", halo=True)
    counts = [0] * BINS
    for v in values:
        counts[min(BINS - 1, int((v / near + 1) / 2 * BINS))] += 1
    most = max(counts)
    plot.rects([(2 * i / BINS - 1, 2 * (i + 1) / BINS - 1, floor - (BARS - 14) * c / most, floor) for i, c in enumerate(counts) if c], "data", opacity=0.35)
    inside_view = [n for n in marks if abs(n * step) <= near]
    plot.rules([(n * step / near, bars, n * step / near, floor) for n in inside_view if n not in taken], "edge", width=0.8)
    plot.rules([(n * step / near, bars, n * step / near, floor) for n in inside_view if n in taken], "ink", width=1.6 if len(inside_view) <= 60 else 0.9)
    plot.rules([(-1.0, floor, 1.0, floor)], "edge")
    for place, value, align in ((-1.0, -near, "left"), (0.0, 0.0, "center"), (1.0, near, "right")):
        plot.texts([(place, floor + 10, _signed(value))], "muted", align=align)
    if prediction is not None:
        count = min(255, max(2, round(prediction)))
        places = [-1 + 2 * (i + 0.5) / count for i in range(count)]
        plot.rules([(p, floor + 18, p, floor + 26) for p in places], "prediction", width=1.2)
        plot.note(f"you said {fmt(prediction, '')} levels: the row at the foot", "prediction")
    share = len(taken) / (2 * highest + 1)
    alt = f"{title}. {2 * highest + 1} levels, {fmt(step, '')} apart, from {_signed(-step * highest)} to {_signed(step * highest)}. "
    alt += f"The {len(values):,} {name} lie within {fmt(near / 1.06, '')} of zero and take {len(taken)} levels ({fmt(share, 'share')}). "
    alt += f"The {other} reaches {fmt(max(abs(v) for v in others), '')}."
    alt += f" Prediction: {fmt(prediction, '')} levels." if prediction is not None else ""
    width = 2 * near / BINS
    rows = tuple((fmt(-near + i * width, ""), fmt(-near + (i + 1) * width, ""), float(c)) for i, c in enumerate(counts))
    return Instrument(plot.spec(alt), title, alt, (Column("from"), Column("to"), Column(name, "1")), rows)


def _signed(value: float) -> str:
    return fmt(value, "") if value <= 0 else f"+{fmt(value, '')}"
