"""Several measures over one time, each in a panel of its own: what operators see above, what is true below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import linear_ticks, number_scale, pixels, tick_text
from mlsysim.units import fmt

HEAD = 17.0  # px above a panel for its name and state


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure: a line through (x, value), dots and a second line beside it, a limit, and its state in words at the right ("ok")."""

    name: str
    points: Sequence[tuple[float, float]]
    unit: str = "share"
    dots: Sequence[tuple[float, float]] = ()
    second: Sequence[tuple[float, float]] = ()  # a thinner, dashed line
    limit: LimitLike = None
    state: str = ""
    colour: str = "ink"
    low: float | None = None
    high: float | None = None
    height: float = 18.0  # of the plot under the name
    ticks: bool = False


def panels(
    rows: Sequence[Panel],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    flags: Sequence[tuple[float, str, str]] = (),
    prediction: float | None = None,
    prediction_label: str = "",
    strip: tuple[Sequence[float], str] | None = None,
) -> Instrument:
    """Panels from top to bottom on one axis. `flags` are (x, label, colour) lines through all of them.

    `prediction` is an x; its label stands in place of the value. `strip` (x values, label) counts events in a row of
    bars under the panels.
    """
    rows = need(rows, "the list of panels")
    bounds = [as_limit(row.limit) for row in rows]
    times = [finite(p[0], row.name) for row in rows for p in (*row.points, *row.second, *row.dots)]
    times += [f[0] for f in flags] + ([prediction] if prediction is not None else []) + (list(strip[0]) if strip else [])
    x = number_scale([0.0, *times], x_unit, x_name, zero=True, pad=0.02, grid=False)
    height = sum(HEAD + row.height for row in rows) + (HEAD + 34.0 if strip else 0.0)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    top, states = 0.0, []
    for row, bound in zip(rows, bounds, strict=True):
        _panel(plot, row, bound, top)
        states.append((x.hi, top + 9, row.state))
        top += HEAD + row.height
    plot.texts([s for s in states if s[2]], "ink", align="right", bold=True, halo=True, dx=-3, top=True)
    if strip:
        _strip(plot, strip, top)
    for at, label, colour in flags:
        plot.flag(at, label, colour, "solid" if colour == "control" else "dash")
    if prediction is not None:
        plot.flag(prediction, prediction_label or you_said(prediction, x_unit), "prediction", "dash")
    words = [f"{r.name}: {_range(r)}{', ' + r.state if r.state else ''}{f', {len(r.dots)} dots' if r.dots else ''}" for r in rows]
    alt = f"{title}. {len(rows)} panels over {inside(x_name)} from 0 to {fmt(x.hi, x_unit)}: {sentence_list(words)}."
    alt += "".join(limit_sentence(b, r.unit) for r, b in zip(rows, bounds, strict=True))
    alt += " Marked: " + ", ".join(f"{label} at {fmt(at, x_unit)}" for at, label, _ in flags) + "." if flags else ""
    alt += f" Prediction: {prediction_label or you_said(prediction, x_unit)}." if prediction is not None else ""
    alt += f" Under it, {strip[1]}: from {fmt(min(strip[0]), x_unit)} to {fmt(max(strip[0]), x_unit)}." if strip else ""
    dots = {id(r): dict(r.dots) for r in rows}
    table = tuple((r.name, at, fmt(v, r.unit), fmt(dots[id(r)][at], r.unit) if at in dots[id(r)] else "") for r in reversed(rows) for at, v in r.points)
    return Instrument(plot.spec(alt), title, alt, (Column("measure"), Column(inside(x_name), x_unit), Column("value"), Column("sampled")), table)


def _range(row: Panel) -> str:
    values = [v for _, v in row.points] or [0.0]
    low, high = fmt(min(values), row.unit), fmt(max(values), row.unit)
    return f"flat at {low}" if low == high else f"from {fmt(values[0], row.unit)} to {fmt(values[-1], row.unit)}"


def _panel(plot: Plot, row: Panel, bound, top: float) -> None:
    values = [v for _, v in (*row.points, *row.second, *row.dots)] + ([bound.value] if bound else [])
    low = row.low if row.low is not None else min(values)
    high = row.high if row.high is not None else max(values)
    low, high = (low, high) if high > low else (low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1))
    floor, ceiling = top + HEAD + row.height - 2, top + HEAD + 2
    place = lambda v: floor - (floor - ceiling) * (min(max(v, low), high) - low) / (high - low)  # noqa: E731 - used in five places
    plot.rules([(plot.x.lo, floor + 2, plot.x.hi, floor + 2)], "rule")
    if row.ticks:
        ticks = [t for t in linear_ticks(low, high, row.unit, 4) if low <= t <= high]
        plot.rules([(plot.x.lo, place(t), plot.x.hi, place(t)) for t in ticks], "rule")
        plot.texts([(plot.x.hi, place(t), tick_text(t, row.unit)) for t in ticks], "muted", align="right", halo=True, dx=-2)
    if bound:
        edge = floor if bound.forbidden == "below" else ceiling
        plot.hatch([(plot.x.lo, plot.x.hi, min(edge, place(bound.value)), max(edge, place(bound.value)))], opacity=0.35)
        plot.rules([(plot.x.lo, place(bound.value), plot.x.hi, place(bound.value))], "ink", width=1.5)
        plot.texts([(plot.x.lo, place(bound.value), bound.label)], dy=9 if bound.forbidden == "below" else -9, dx=3, halo=True, top=True)
    plot.line([(t, place(v)) for t, v in row.points], row.colour, width=2.2)
    plot.line([(t, place(v)) for t, v in row.second], "ink", width=1.5, dash="short")
    plot.points([(t, place(v)) for t, v in row.dots], "ink", size=28)
    plot.texts([(plot.x.lo, top + 9, row.name)], dx=1, halo=True, top=True)


def _strip(plot: Plot, strip: tuple[Sequence[float], str], top: float) -> None:
    """Events counted in bins one unit wide, as bars."""
    counts = Counter(round(v) for v in strip[0])
    most, floor = max(counts.values()), top + HEAD + 32
    plot.rects([(at - 0.4, at + 0.4, floor - 30 * n / most, floor) for at, n in counts.items()], "control", opacity=0.75)
    plot.rules([(plot.x.lo, floor, plot.x.hi, floor)], "rule")
    plot.texts([(plot.x.lo, top + 9, strip[1])], dx=1, halo=True, top=True)
