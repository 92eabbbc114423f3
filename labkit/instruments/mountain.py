"""Layers stacked over the steps of a walk, under a ceiling: where they peak, and who is there with how much."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

FILL = {"solid": 1.0, "hatch": 0.55, "dots": 0.25, "open": 0.06, "idle": 0.0}  # a column has no room for a pattern; lightness tells
FAR = 4.0  # a mark more than this many times above the highest step stays beyond the axis


def mountain(
    steps: Sequence[str],
    layers: Sequence[tuple[str, Sequence[float], str]],
    *,
    title: str,
    phases: Sequence[tuple[str, int]] = (),
    unit: str = "B",
    quantity: str = "Memory",
    x_name: str = "Steps of the walk",
    capacity: LimitLike = None,
    at: int | None = None,
    prediction: float | None = None,
    height: float = 200.0,
) -> Instrument:
    """Layers (name, amount a step, style), stacked in the order given, over the named steps; the highest step is flagged.

    `phases` are (name, number of steps), one after another. `at` is the step looked at: its amounts are listed.
    """
    steps, layers = need(steps, "the list of steps"), need(layers, "the list of layers")
    if any(len(amounts) != len(steps) for _, amounts, _ in layers):
        raise ValueError(f"every layer needs one amount a step: there are {len(steps)} steps")
    totals = [sum(finite(amounts[i], name) for name, amounts, _ in layers) for i in range(len(steps))]
    peak, bound = max(range(len(steps)), key=totals.__getitem__), as_limit(capacity)
    marks = [v for v in (bound and bound.value, prediction) if v is not None and v <= FAR * totals[peak]]
    y = number_scale([*totals, *marks], unit, quantity, zero=True, pad=0.06)
    starts = [sum(n for _, n in phases[:i]) for i in range(len(phases))]
    ticks = tuple((start + (n - 1) / 2, name) for (name, n), start in zip(phases, starts, strict=True))
    plot = Plot(Scale(-0.5, len(steps) - 0.5, False, x_name, ticks, False), y, height, x_axis={"ticks": False, "labelOverlap": False})
    here = at if at is not None else peak
    words = [f"{name} {fmt(amounts[here], unit)}" for name, amounts, _ in layers]
    plot.note(f"Look at {steps[here]}:", "control")
    for i in range(0, len(words), 2):
        plot.note(", ".join(words[i : i + 2]))
    _fill(plot, layers)
    plot.rules([(start - 0.5, 0.0, start - 0.5, y.hi) for start in starts[1:]], "rule")
    outline = [(i + side, totals[i]) for i in range(len(steps)) for side in (-0.5, 0.5)]
    plot.line(outline, "ink", width=1.5)
    _names(plot, layers, totals)
    plot.limit_y(bound)
    plot.said_y(prediction, unit)
    plot.flag(peak, f"peak {fmt(totals[peak], unit)}", dash="dot")
    if at is not None:
        plot.rules([(at, 0.0, at, totals[at])], "control", width=2)
        plot.you(at, totals[at], "" if at == peak else fmt(totals[at], unit))
    alt = f"{title}. {quantity} over {len(steps)} steps, stacked: {', '.join(name for name, _, _ in layers)}. "
    alt += f"From {fmt(totals[0], unit)} at {steps[0]} to the peak of {fmt(totals[peak], unit)} at {steps[peak]}, {fmt(totals[-1], unit)} at {steps[-1]}."
    alt += " At the peak: " + sentence_list([f"{name} {fmt(amounts[peak], unit)}" for name, amounts, _ in layers]) + "."
    alt += f" Looked at: {steps[here]}, {fmt(totals[here], unit)}."
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, totals)
    rows = tuple((step, *(amounts[i] for _, amounts, _ in layers), totals[i]) for i, step in enumerate(steps))
    columns = (Column("step"), *(Column(inside(name), unit) for name, _, _ in layers), Column("together", unit))
    return Instrument(plot.spec(alt), title, alt, columns, rows)


def _fill(plot: Plot, layers: Sequence[tuple]) -> None:
    """Each layer as boxes; neighbours of the same height become one."""
    base = [0.0] * len(layers[0][1])
    for _, amounts, style in layers:
        colour, pattern = style_of(style)
        boxes: list[list[float]] = []
        for i, amount in enumerate(amounts):
            low, high = base[i], base[i] + amount
            base[i] = high
            if amount <= 0:
                continue
            if boxes and boxes[-1][1] == i - 0.5 and boxes[-1][2:] == [low, high]:
                boxes[-1][1] = i + 0.5
            else:
                boxes.append([i - 0.5, i + 0.5, low, high])
        plot.rects(boxes, colour, opacity=FILL[pattern], stroke=colour if pattern == "open" else None, width=0.8)


def _names(plot: Plot, layers: Sequence[tuple], totals: Sequence[float]) -> None:
    """The name of a layer in its thickest column, where that is thick enough to hold it."""
    base = [0.0] * len(totals)
    for name, amounts, _ in layers:
        thickest = max(range(len(amounts)), key=amounts.__getitem__)
        low = base[thickest]
        base = [b + a for b, a in zip(base, amounts, strict=True)]
        if amounts[thickest] / (plot.y.hi - plot.y.lo) * plot.height < 16:
            continue
        same = [i for i, a in enumerate(amounts) if a >= 0.995 * amounts[thickest]]
        x = (same[0] + same[-1]) / 2 if len(same) > 2 else thickest
        x = min(max(x, 0.17 * len(totals)), 0.83 * len(totals) - 1)
        plot.texts([(x, low + amounts[thickest] * (0.5 if len(same) > 2 else 0.45), name)], align="center", halo=True)
