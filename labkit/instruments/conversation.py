"""A conversation over a distance: two lifelines, time running down, every message a band from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit import theme
from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, tick_text
from mlsysim.units import fmt

_HEIGHT, _LABEL_PX = 270.0, 14.0


@dataclass(frozen=True, slots=True)
class Message:
    """What goes from the left party to the right one: first and last byte leave and arrive; `back` is when the reply is there."""

    label: str
    leaves: float
    left: float
    arrives: float
    arrived: float
    back: float | None = None
    style: str = "D"


def conversation(
    messages: Sequence[Message],
    *,
    title: str,
    parties: tuple[str, str],
    thinking: tuple[float, float],
    end: float,
    unit: str = "s",
    limit: LimitLike = None,
    prediction: float | None = None,
) -> Instrument:
    """A sequence diagram to scale: the slope of a band is the distance, its thickness the transmission.

    After the last message the right party thinks from `thinking[0]` to `thinking[1]`; its answer arrives at `end`.
    """
    messages, bound = need(messages, "the list of messages"), as_limit(limit)
    longest = max(end, *(v for v in (bound and bound.value, prediction) if v and v < 1.6 * end), end)
    hi, lo = longest * 1.06, -longest * 0.07  # above zero stand the names of the parties
    ticks = tuple((t, tick_text(t, unit, longest)) for t in linear_ticks(0.0, hi, unit, 6))
    plot = Plot(Scale(0.0, 1.0), Scale(lo, hi, False, "Time since the tap", ticks, True, True), _HEIGHT)
    if bound and bound.value < hi:
        plot.hatch([(0.0, 1.0, bound.value, hi) if bound.forbidden == "above" else (0.0, 1.0, 0.0, bound.value)], opacity=0.25)
        plot.level(bound.value, bound.label)
    plot.rules([(0.0, 0.0, 0.0, end), (1.0, 0.0, 1.0, end)], "ink", width=2)
    plot.texts([(0.0, lo, parties[0])], dx=2, dy=7, bold=True, halo=True)
    plot.texts([(1.0, lo, parties[1])], align="right", dx=-2, dy=7, bold=True, halo=True)
    words, free = [], -1e9
    for m in messages:
        colour, _ = style_of(m.style)
        band = [{"x": 0.0, "y": finite(m.leaves, m.label), "y2": m.left}, {"x": 1.0, "y": m.arrives, "y2": m.arrived}]
        if m.left > m.leaves:
            plot.add({"type": "area", "color": theme.var(colour), "opacity": 0.28}, band, ("x", "y", "y2"))
        plot.line([(0.0, m.leaves), (1.0, m.arrives)], colour, width=2)
        plot.points([(0.985, m.arrives)], colour, shape="triangle-right", size=45)
        if m.back is not None:
            plot.line([(1.0, m.back - (m.arrives - m.leaves)), (0.0, m.back)], "muted", width=1.2, dash="short")
            plot.points([(0.015, m.back)], "muted", shape="triangle-left", size=40)
        place = plot._down((m.leaves + m.arrives) / 2)
        if place - free >= _LABEL_PX:
            words.append((0.5, (m.leaves + m.arrives) / 2, m.label))
            free = place
    plot.line([(1.0, thinking[1]), (0.0, end)], "control", width=2)
    plot.points([(0.015, end)], "control", shape="triangle-left", size=60)
    plot.rules([(1.0, thinking[0], 1.0, max(thinking[1], thinking[0] + (hi - lo) / _HEIGHT))], "arithmetic", width=10)
    plot.texts(words, align="center", halo=True)
    plot.texts([(1.0, sum(thinking) / 2, f"thinks {fmt(thinking[1] - thinking[0], unit)}")], "arithmetic", align="right", dx=-9, bold=True, halo=True)
    low = plot._down(end) > _HEIGHT - 22
    plot.texts([(0.0, end, f"answer {fmt(end, unit)}")], "control", dx=7, dy=-10 if low else 11, bold=True, halo=True, top=True)
    if prediction is not None:
        plot.said_y(prediction, unit)
    said = [
        f"{m.label} leaves at {fmt(m.leaves, unit)}, has arrived at {fmt(m.arrived, unit)}" + (f", reply at {fmt(m.back, unit)}" if m.back is not None else "")
        for m in messages
    ]
    alt = (
        f"{title}. Sequence diagram between {parties[0]} and {parties[1]}, time running down from 0 to {fmt(hi, unit)}: {sentence_list(said)}. "
        f"{parties[1]} thinks for {fmt(thinking[1] - thinking[0], unit)}; the answer is there at {fmt(end, unit)}."
    )
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, [end])
    rows = [(m.label, m.leaves, m.left, m.arrived, m.back if m.back is not None else "") for m in messages]
    rows += [("thinking", thinking[0], thinking[1], "", ""), ("answer", thinking[1], thinking[1], end, "")]
    columns = (Column("message"), Column("begins", unit), Column("all has left", unit), Column("all has arrived", unit), Column("reply is back", unit))
    return Instrument(plot.spec(alt), title, alt, columns, tuple(rows))
