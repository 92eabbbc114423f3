"""What one value can depend on, row by row: from the value at the top down to the picture that it was made from."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, tick_text
from mlsysim.units import fmt

HEIGHT = 230.0


def light_cone(
    rows: Sequence[Sequence[tuple[float, float]]],
    width: float,
    share: float,
    *,
    title: str,
    x_name: str,
    x_unit: str,
    step: str = "layer",
    ground: str = "the picture",
    prediction: tuple[float, str] | None = None,
) -> Instrument:
    """Stretches (from, to) on a line `width` long, one row a step, the single value first and the ground last.

    `share` is what the last row covers of the ground (stretches may be drawn wider than they are); what it leaves out is
    hatched. `prediction` (row, words) is a line across.
    """
    rows = need(rows, "the list of rows")
    depth = len(rows) - 1
    thick = 1.0 if HEIGHT / len(rows) < 5 else 0.8
    x = Scale(0.0, width, False, f"{x_name}{f' ({x_unit})' if x_unit else ''}", tuple((t, tick_text(t, "")) for t in linear_ticks(0.0, width, "", 4)), False)
    ticks = tuple((float(t), tick_text(t, "")) for t in linear_ticks(0.0, float(max(1, depth)), "", 5) if t == int(t) and t <= depth)
    y = Scale(-0.6, depth + 0.6, False, f"{step[0].upper()}{step[1:]}s below the value", ticks, False, True)
    plot = Plot(x, y, HEIGHT)
    missed = _gaps(rows[-1], width)
    plot.rects([(0.0, width, depth - 0.5, depth + 0.5)], "edge", opacity=0.0, stroke="edge")
    plot.hatch([(a, b, depth - 0.5 if depth < 40 else depth - 1.5, depth + 0.5) for a, b in missed], spacing=6, opacity=0.9)
    plot.rects([(a, b, i - thick / 2, i + thick / 2) for i, row in enumerate(rows[:-1]) for a, b in row], "data", opacity=0.75)
    plot.rects([(a, b, depth - thick / 2, depth + thick / 2) for a, b in rows[-1]], "control")
    start, end = rows[0][0]
    right = end > width * 0.75 and start > width * 0.25
    plot.texts([(start if right else min(end, width * 0.75), 0.0, "one value")], align="right" if right else "left", dx=-6 if right else 6, halo=True)
    plot.note(f"sees all of {ground}" if share >= 1 else f"sees {fmt(share, 'share')} of {ground}", "control")
    if prediction and prediction[0] <= depth:
        plot.level(prediction[0], prediction[1], "prediction", "dash", 2)
    elif prediction:
        plot.note(f"{prediction[1]}, below this chart", "prediction")
    alt = f"{title}. {len(rows)} rows from one value at the top to {ground} at the bottom, {x_name.lower()} 0 to {fmt(width, x_unit)}. "
    alt += f"After {depth} {step}s it depends on {fmt(share, 'share')} of {ground}."
    alt += f" {len(missed)} stretches are out of reach, hatched." if missed else ""
    alt += f" Prediction: {prediction[1]}." if prediction else ""
    table = tuple((i, min((a for a, _ in row), default=0.0), max((b for _, b in row), default=0.0), len(row)) for i, row in enumerate(rows))
    columns = (Column(f"{step}s below", "1"), Column("from", x_unit), Column("to", x_unit), Column("stretches", "1"))
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _gaps(row: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """What the stretches leave out, slivers under half a percent aside."""
    found, at = [], 0.0
    for a, b in sorted(row):
        if a - at > width / 200:
            found.append((at, a))
        at = max(at, b)
    return found + ([(at, width)] if width - at > width / 200 else [])
