"""What a fleet does over the hours, stacked up to all of it, with the moments at which it fell short."""

from __future__ import annotations

from collections.abc import Sequence

from labkit import theme
from labkit.instruments.base import Column, Instrument, inside, need, sentence_list
from labkit.instruments.marks import style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt

FILL = {"solid": 0.85, "hatch": 0.5, "dots": 0.3, "open": 0.05, "idle": 0.0}  # areas have no patterns; lightness and names tell


def stack_over_time(
    times: Sequence[float],
    layers: Sequence[tuple[str, Sequence[float], str]],
    *,
    title: str,
    quantity: str,
    unit: str = "1",
    x_name: str = "Time",
    x_unit: str = "h",
    x_ticks: Sequence[float] = (),
    marks: tuple[Sequence[float], str] = ((), ""),
    height: float = 230.0,
) -> Instrument:
    """Layers (name, value a time, style) from the bottom up, each named where it is thickest; `marks` (times, words) are ticks along the top."""
    times, layers = need(times, "the list of times"), need(layers, "the list of layers")
    if any(len(values) != len(times) for _, values, _ in layers):
        raise ValueError(f"every layer needs one value a time: there are {len(times)} times")
    tops = [sum(values[i] for _, values, _ in layers) for i in range(len(times))]
    x = number_scale(times, x_unit, x_name, pad=0.0, grid=False)
    if x_ticks:
        x = type(x)(x.lo, x.hi, False, x.title, tuple((float(t), f"{t:g}") for t in x_ticks if x.lo <= t <= x.hi), False)
    y = number_scale([*tops, 0.0], unit, quantity, zero=True, pad=0.06)
    plot = Plot(x, y, height)
    base, names = [0.0] * len(times), []
    for name, values, style in layers:
        upper = [b + v for b, v in zip(base, values, strict=True)]
        colour, pattern = style_of(style)
        rows = [{"x": t, "y": low, "y2": high} for t, low, high in zip(times, base, upper, strict=True)]
        if FILL[pattern]:
            plot.add({"type": "area", "color": theme.var(colour), "opacity": FILL[pattern], "interpolate": "step-after"}, rows, ("x", "y", "y2"))
        plot.line(list(zip(times, upper, strict=True)), colour, width=1.2, step=True)
        best = max(range(len(times)), key=lambda i: _room(values, i))
        if values[best] > 0.05 * y.hi:
            names.append((times[best], base[best] + values[best] / 2, name))
        base = upper
    for at, middle, name in names:
        place = x.at(at)
        align, dx = ("left", 3) if place < 0.15 else ("right", -3) if place > 0.85 else ("center", 0)
        plot.texts([(at, middle, name)], "ink", align=align, dx=dx, bold=True, halo=True, top=True)
    if marks[1]:
        plot.note(f"▎{marks[1]}", "arithmetic")
    plot.rules([(t, y.hi * 0.955, t, y.hi) for t in marks[0]], "arithmetic", width=1.6, top=True)
    means = [f"{name} {fmt(sum(values) / len(values), unit)}" for name, values, _ in layers]
    alt = f"{title}. {quantity} over {inside(x_name)}, {fmt(times[0], x_unit)} to {fmt(times[-1], x_unit)}, stacked; on average {sentence_list(means)}."
    alt += f" Along the top: {marks[1]}, {len(marks[0])} marks." if marks[1] else ""
    every = max(1, len(times) // 48)
    table = tuple((times[i], *(values[i] for _, values, _ in layers)) for i in range(0, len(times), every))
    return Instrument(plot.spec(alt), title, alt, (Column(inside(x_name), x_unit), *(Column(name, unit) for name, _, _ in layers)), table)


def _room(values: Sequence[float], i: int, around: int = 5) -> float:
    """The thinnest that a layer is near a time: where a name has room."""
    return min(values[max(0, i - around) : i + around + 1])
