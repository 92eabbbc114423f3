"""Quantities from layer to layer on one log axis, with a floor under which a format knows only zero."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

NEAR = 1e4  # a floor further below the lowest value than this is named, and not drawn to scale


def depth_profile(
    signal: Sequence[float],
    gradient: Sequence[float],
    *,
    title: str,
    signal_name: str = "signal, forward",
    gradient_name: str = "gradient, backward",
    floor: tuple[float, str] | None = None,
    prediction: tuple[float, str] | None = None,
    height: float = 260.0,
) -> Instrument:
    """Two lines over the layers 1 … L. Gradients below `floor` (value, name) are drawn hollow: the format holds a zero.

    `prediction` (gradient, words) is a diamond at the first layer. Zeros have no place on a log axis and are left out.
    """
    signal, gradient = need(signal, "the signal"), need(gradient, "the gradient")
    if len(signal) != len(gradient):
        raise ValueError(f"{len(signal)} signals and {len(gradient)} gradients: there must be one of each a layer")
    depth = len(signal)
    shown = [finite(v, "a value") for v in (*signal, *gradient) if v > 0]
    marks = [floor[0]] if floor and shown and floor[0] >= min(shown) / NEAR else []
    marks += [prediction[0]] if prediction else []
    y = number_scale([*shown, *marks], "", "Root mean square", log=True, pad=0.4)
    every = next(s for s in (1, 2, 5, 10) if depth / s <= 10)
    ticks = tuple((float(i), str(i)) for i in sorted({1, *range(every, depth + 1, every)} - ({2} if every == 1 and depth > 8 else set())))
    margin = 0.04 * depth
    plot = Plot(Scale(1 - margin, depth + margin, False, "Layer, first to last", ticks, False), y, height)
    lost = [i for i, v in enumerate(gradient) if floor and v < floor[0]]
    if floor:
        if floor[0] > y.lo:
            plot.hatch([(plot.x.lo, plot.x.hi, y.lo, y.clip(floor[0]))], opacity=0.4)
        plot.level(floor[0], floor[1])
    for values, colour, dash, name in ((signal, "muted", "dash", signal_name), (gradient, "ink", "solid", gradient_name)):
        points = [(i + 1.0, v) for i, v in enumerate(values) if v > 0]
        plot.line(points, colour, width=2.2, dash=dash)
        if points:
            plot.end_label(points[-1][1], name, colour)
    plot.points([(i + 1.0, v) for i, v in enumerate(gradient) if v > 0 and i not in lost], "ink", size=46)
    plot.points([(i + 1.0, v) for i, v in enumerate(gradient) if v > 0 and i in lost], "paper", size=60)
    plot.points([(i + 1.0, v) for i, v in enumerate(gradient) if v > 0 and i in lost], "ink", size=46, filled=False)
    if prediction:
        plot.points([(1.0, y.clip(prediction[0]))], "prediction", shape="diamond", size=140, top=True)
        plot.texts([(1.0, y.clip(prediction[0]), prediction[1])], "prediction", dx=11, halo=True, top=True)
    if gradient[0] > 0:
        plot.you(1.0, gradient[0], "")
    alt = f"{title}. Log axis over {depth} layers. Signal: {fmt(signal[0], '')} after the first layer, {fmt(signal[-1], '')} after the last. "
    alt += f"Gradient: {fmt(gradient[-1], '')} in the last layer, {fmt(gradient[0], '')} in the first."
    alt += f" Floor: {floor[1]}, {fmt(floor[0], '')}; {len(lost)} layers lie under it and hold a zero." if floor else ""
    alt += f" Prediction: {prediction[1]}." if prediction else ""
    rows = tuple((i + 1, s, g, "zero" if i in lost else "") for i, (s, g) in enumerate(zip(signal, gradient, strict=True)))
    columns = (Column("layer", "1"), Column("signal", "1"), Column("gradient", "1"), Column("in the format"))
    return Instrument(plot.spec(alt), title, alt, columns, rows)
