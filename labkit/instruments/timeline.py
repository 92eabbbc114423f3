"""Gantt charts: lanes of bars over time, idle time visible, and one quantity over the same time below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW, style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, number_scale, pixels, tick_text
from mlsysim.units import fmt


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of work on a lane; `label` is written on it where it fits; styles as in `marks.style_of`."""

    lane: str
    start: float
    end: float
    label: str = ""
    style: str = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """A moment on a lane: an arrival, a failure. Marked with a dot, or with a cross when `bad`."""

    lane: str
    at: float
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something over the same time, drawn under the lanes: queue length, bytes held. `points` are (time, value)."""

    name: str
    points: Sequence[tuple[float, float]]
    unit: str = "1"
    step: bool = True
    limit: LimitLike = None


def timeline(
    lanes: Sequence[str],
    bars: Sequence[Bar],
    *,
    title: str,
    unit: str = "s",
    quantity_x: str = "Time",
    idle: bool = True,
    events: Sequence[Event] = (),
    below: Quantity | None = None,
    limit: LimitLike = None,
    prediction: float | None = None,
    prediction_label: str = "",
    reference: tuple[float, str] | None = None,
    ghost: float | None = None,
    end: float | None = None,
    you: str | None = None,
    key: Sequence[tuple[str, str]] = (),
) -> Instrument:
    """Lanes from top to bottom in the order given; time left to right from 0.

    `prediction_label` says what was said where that is not the time itself.
    `idle` hatches what no bar covers, up to `end` (or the last bar). `reference` (time, label) is a dashed line, `ghost`
    the end before the last move. `key` (style, word) says what patterns mean. Lanes get names when there is room.
    """
    lanes, bound = need(lanes, "the list of lanes"), as_limit(limit)
    known = set(lanes)
    for item in (*bars, *events):
        if item.lane not in known:
            raise ValueError(f"lane {item.lane!r} is not one of {', '.join(lanes)}")
    last = end if end is not None else max([b.end for b in bars] + [e.at for e in events], default=1.0)
    x = number_scale(
        [0.0, last, *(v for v in (prediction, ghost, bound and bound.value, reference and reference[0]) if v is not None)],
        unit,
        quantity_x,
        zero=True,
        pad=0.02,
        grid=False,
    )
    named = len(lanes) <= 8 and any(len(lane) > 3 for lane in lanes)
    room = 190.0 if below else 280.0
    pitch = min(40.0 if named else 28.0, room / len(lanes))
    head = 15.0 if named else 0.0
    thick = max(2.0, (pitch - head) * (0.8 if pitch > 8 else 0.9))
    key_height = 20.0 if key else 0.0
    panel = 86.0 if below else 0.0
    lanes_height = pitch * len(lanes)
    height = key_height + lanes_height + panel
    middle = {lane: key_height + pitch * i + head + (pitch - head) / 2 for i, lane in enumerate(lanes)}
    plot = Plot(
        x,
        pixels(height) if named else _lane_axis(lanes, middle, height, pitch),
        height,
        y_axis={"ticks": False, "domain": False, "grid": False},
    )
    if idle:
        plot.bars(
            [(a, b, middle[lane], "idle") for lane in lanes for a, b in _gaps([bar for bar in bars if bar.lane == lane], last)], thick
        )
    plot.bars([(x.clip(b.start), x.clip(b.end), middle[b.lane], b.style) for b in bars if b.end > b.start], thick)
    _bar_labels(plot, x, bars, middle, thick)
    plot.points([(e.at, middle[e.lane]) for e in events if not e.bad], "ink", size=26)
    plot.points([(e.at, middle[e.lane]) for e in events if e.bad], "ink", size=60, shape="cross", filled=False)
    if named:
        others = [(x.lo, middle[lane] - (pitch - head) / 2 - 7, lane) for lane in lanes if lane != you]
        plot.texts(others, dx=1, halo=True)
        plot.texts(
            [(x.lo, middle[lane] - (pitch - head) / 2 - 7, lane) for lane in lanes if lane == you], "control", dx=1, bold=True, halo=True
        )
    _key(plot, x, key)
    if below:
        _panel(plot, x, below, key_height + lanes_height, panel, last)
    plot.limit_x(bound)
    if reference:
        plot.flag(reference[0], reference[1], "muted", "dash")
    if ghost is not None:
        plot.flag(ghost, f"before {fmt(ghost, unit)}", "muted", "dot")
    if prediction is not None:
        plot.flag(prediction, prediction_label or you_said(prediction, unit), "prediction", "dash")
    busy = {lane: sum(b.end - b.start for b in bars if b.lane == lane) for lane in lanes}
    words = [f"{lane}: {sum(b.lane == lane for b in bars)} bars, busy {fmt(busy[lane] / last if last else 0.0, 'share')}" for lane in lanes]
    alt = f"{title}. Timeline of {len(lanes)} lanes from 0 to {fmt(last, unit)}: {sentence_list(words)}."
    if key:
        alt += " Patterns: " + ", ".join(f"{word} {style_of(style)[1]}" for style, word in key) + "."
    if events:
        alt += f" {len(events)} moments marked, {sum(e.bad for e in events)} of them crossed out."
    if below and below.points:
        top = max(v for _, v in below.points)
        alt += f" Below: {below.name}, highest {fmt(top, below.unit)}." + limit_sentence(as_limit(below.limit), below.unit, [top])
    alt += f" Reference: {reference[1]} at {fmt(reference[0], unit)}." if reference else ""
    alt += f" Before the last move it ended at {fmt(ghost, unit)}." if ghost is not None else ""
    alt += f" Prediction: {prediction_label or you_said(prediction, unit)}." if prediction is not None else ""
    alt += f" Your lane: {you}." if you else ""
    alt += limit_sentence(bound, unit, [last])
    table = tuple((b.lane, b.label, b.start, b.end, b.end - b.start) for b in bars)
    columns = (Column("lane"), Column("work"), Column("start", unit), Column("end", unit), Column("duration", unit))
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _lane_axis(lanes: Sequence[str], middle: dict[str, float], height: float, pitch: float) -> Scale:
    every = 1 if pitch >= 14 else max(1, round(14 / pitch))
    ticks = tuple((middle[lane], lane) for i, lane in enumerate(lanes) if i % every == 0)
    return Scale(0.0, height, False, "", ticks, False, True)


def _gaps(bars: Sequence[Bar], end: float) -> list[tuple[float, float]]:
    gaps, at = [], 0.0
    for bar in sorted(bars, key=lambda b: b.start):
        if bar.start > at + 1e-9 * end:
            gaps.append((at, min(bar.start, end)))
        at = max(at, finite(bar.end, "the end of a bar"))
    if at < end * (1 - 1e-9):
        gaps.append((at, end))
    return gaps


def _bar_labels(plot: Plot, x: Scale, bars: Sequence[Bar], middle: dict[str, float], thick: float) -> None:
    """Labels on bars, shown from the width at which they fit; short ones (numbers of microbatches) all or none."""
    if thick < 11:
        return
    longest = {style: max((len(b.label) for b in bars if b.style == style), default=0) for style in {b.style for b in bars}}
    groups: dict[tuple[bool, int], list[tuple]] = {}
    for b in bars:
        share = x.at(b.end) - x.at(b.start)
        if b.label and share > 0:
            letters = longest[b.style] if longest[b.style] <= 3 else len(b.label)
            need_px = math.ceil((CHAR * letters + 3) / share / 60) * 60
            if need_px <= 1020:
                groups.setdefault((style_of(b.style)[1] == "solid", need_px), []).append(((b.start + b.end) / 2, middle[b.lane], b.label))
    for (solid, need_px), items in groups.items():
        plot.texts(items, "paper" if solid else "ink", align="center", halo=not solid, from_width=need_px)


def _key(plot: Plot, x: Scale, key: Sequence[tuple[str, str]]) -> None:
    """What the patterns mean, over the lanes, where they start."""
    at, wide = 0.0, NARROW
    for style, word in key:
        start, end = x.back(at / wide), x.back(min(1.0, (at + 18) / wide))
        plot.bars([(start, end, 8.0, style)], 11)
        plot.texts([(end, 8.0, word)], dx=4)
        at += 18 + 6.6 * len(word) + 14


def _panel(plot: Plot, x: Scale, below: Quantity, offset: float, panel: float, last: float) -> None:
    """The quantity in pixels under the lanes, with an axis of its own made of rules and words."""
    bound = as_limit(below.limit)
    top = max([v for _, v in below.points] + ([bound.value] if bound else []) + [0.0]) * 1.1 or 1.0
    low, high = offset + panel - 2, offset + 24
    place = lambda v: low - (low - high) * v / top  # noqa: E731 - one line of arithmetic, used in four places
    ticks = [t for t in linear_ticks(0.0, top, below.unit, 2) if t <= top]
    plot.rules([(x.lo, place(t), x.hi, place(t)) for t in ticks], "rule")
    if bound:
        edge = high - 4 if bound.forbidden == "above" else low
        plot.hatch([(x.lo, x.hi, edge, place(bound.value))], opacity=0.4)
        plot.rules([(x.lo, place(bound.value), x.hi, place(bound.value))], "ink", width=1.5)
    points = [(x.clip(t), place(v)) for t, v in below.points]
    if points and below.step and points[-1][0] < x.clip(last):
        points.append((x.clip(last), points[-1][1]))
    plot.line(points, "control", width=2, step=below.step)
    plot.texts([(x.hi, place(t), tick_text(t, below.unit, top)) for t in ticks], "muted", align="right", halo=True, dx=-2)
    plot.texts([(x.lo, offset + 12, below.name)], halo=True, dx=1)
    if bound:
        plot.texts([(x.lo, place(bound.value), bound.label)], dy=9 if bound.forbidden == "above" else -9, dx=3, halo=True)
