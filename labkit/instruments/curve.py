"""Lines over a control: where the student stands, what was published, what is forbidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit import theme
from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from labkit.units_shown import exact
from mlsysim.units import fmt

SERIES_STYLES = (("ink", "solid"), ("data", "dash"), ("arithmetic", "short"), ("overhead", "dot"), ("muted", "dash"))


@dataclass(frozen=True, slots=True)
class Series:
    """A named line through (x, y); `dots` also marks its points. Without a colour the series takes the next style.

    The name stands at the right end, or begins at the place `spot` (x, y) where lines meet at that end.
    """

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = ""
    dash: str = ""
    dots: bool = False
    step: bool = False
    spot: tuple[float, float] | None = None


def curve(
    series: Sequence[Series],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    y_unit: str,
    x_log: bool = False,
    y_log: bool = False,
    y_zero: bool = False,
    you: tuple[float, float] | None = None,
    you_label: str = "",
    x_limit: LimitLike = None,
    y_limit: LimitLike = None,
    published: Sequence[tuple[float, float, str]] = (),
    prediction: float | tuple[float, float] | None = None,
    prediction_label: str = "",
    ghost: Sequence[Series] = (),
    ghost_point: tuple[float, float] | None = None,
    band: tuple[Sequence[tuple[float, float]], Sequence[tuple[float, float]], str] | None = None,
    x_ticks: Sequence[float] = (),
    flags: Sequence[tuple[float, str]] = (),
    height: float = 240.0,
) -> Instrument:
    """One to five lines, named at their right end.

    `prediction` is a y (a level) or a point (x, y); `prediction_label` says what was said where that is not the y.
    `published` are (x, y, label) crosses. `band` (lower points, upper points, label) is shaded. `x_ticks` replaces the ticks,
    for a control with a few options. `y_zero` starts y at 0. `flags` (x, label) are dotted lines from bottom to top.
    """
    series = need(series, "the list of lines")
    if len(series) > 5:
        raise ValueError(f"{len(series)} lines: a chart has at most five")
    x_bound, y_bound = as_limit(x_limit), as_limit(y_limit)
    said = None if prediction is None else (prediction if isinstance(prediction, tuple) else (None, prediction))
    every = [p for s in (*series, *ghost) for p in s.points] + [(p[0], p[1]) for p in published] + [p for p in (you, ghost_point) if p]
    every += [p for side in band[:2] for p in side] if band else []
    xs = [finite(p[0], x_name) for p in every] + ([x_bound.value] if x_bound else []) + ([said[0]] if said and said[0] is not None else [])
    ys = [finite(p[1], y_name) for p in every] + ([y_bound.value] if y_bound else []) + ([said[1]] if said else [])
    x = number_scale(xs, x_unit, x_name, log=x_log, pad=0.012 if x_log else 0.02, grid=False)
    if x_ticks:
        x = Scale(
            x.lo, x.hi, x.log, x.title, tuple((float(t), exact(fmt(t, "" if x_unit == "1" else x_unit))) for t in x_ticks), False
        )
    y = number_scale(ys, y_unit, y_name, log=y_log, zero=y_zero, pad=0.08)
    plot = Plot(x, y, height)
    if band:
        _band(plot, band)
    plot.limit_x(x_bound)
    plot.limit_y(y_bound)
    for at, label in flags:
        plot.flag(at, label, "muted", "dot")
    for old in ghost:
        plot.line(old.points, old.colour or "edge", width=1.5, dash="short", opacity=0.5, step=old.step)
    for one, (colour, dash) in zip(series, SERIES_STYLES, strict=False):
        colour, dash = one.colour or colour, one.dash or dash
        plot.line(one.points, colour, width=2.2, dash=dash, step=one.step)
        if one.dots:
            plot.points(one.points, colour, size=40)
        if one.name and one.spot:
            plot.texts([(x.clip(one.spot[0]), y.clip(one.spot[1]), one.name)], colour, halo=True)
        elif one.name and one.points:
            plot.end_label(max(one.points)[1], one.name, colour)
    plot.points([(p[0], p[1]) for p in published], "ink", shape="cross", filled=False, size=80)
    _labels(plot, x, published)
    if ghost_point:
        plot.points([ghost_point], "control", size=160, filled=False, opacity=0.5)
    if said and said[0] is None:
        plot.said_y(said[1], y_unit)
    elif said:
        plot.points([said], "prediction", shape="diamond", size=140, top=True)
        right = x.at(said[0]) > 0.5
        plot.texts(
            [(*said, prediction_label or you_said(said[1], y_unit))],
            "prediction",
            align="right" if right else "left",
            dx=-10 if right else 10,
            halo=True,
            top=True,
        )
    if you:
        plot.you(*you, you_label or fmt(you[1], y_unit))
    words = [
        f"{s.name or y_name}: from {fmt(min(s.points)[1], y_unit)} at {fmt(min(s.points)[0], x_unit)} to "
        f"{fmt(max(s.points)[1], y_unit)} at {fmt(max(s.points)[0], x_unit)}, "
        f"lowest {fmt(min(p[1] for p in s.points), y_unit)}, highest {fmt(max(p[1] for p in s.points), y_unit)}"
        for s in series
        if s.points
    ]
    alt = f"{title}. {y_name} over {inside(x_name)}{' (log)' if x_log else ''}{', log y axis' if y_log else ''}. {sentence_list(words)}."
    alt += f" Shaded: {band[2]}." if band else ""
    alt += " Marked: " + ", ".join(label for _, label in flags) + "." if flags else ""
    alt += f" Your point: {fmt(you[1], y_unit)} at {fmt(you[0], x_unit)}." if you else ""
    if published:
        alt += (
            " Published: "
            + sentence_list([f"{label + ' ' if label else ''}{fmt(py, y_unit)} at {fmt(px, x_unit)}" for px, py, label in published])
            + "."
        )
    if said:
        alt += f" Prediction: {prediction_label or you_said(said[1], y_unit)}{f' at {fmt(said[0], x_unit)}' if said[0] is not None else ''}."
    alt += limit_sentence(x_bound, x_unit, [you[0]] if you else ()) + limit_sentence(y_bound, y_unit, [you[1]] if you else ())
    table = [(s.name or y_name, px, py) for s in series for px, py in s.points] + [
        (f"published {label}".strip(), px, py) for px, py, label in published
    ]
    return Instrument(
        plot.spec(alt), title, alt, (Column("line"), Column(inside(x_name), x_unit), Column(inside(y_name), y_unit)), tuple(table)
    )


def _band(plot: Plot, band: tuple) -> None:
    lower, upper, label = band
    values = [{"x": px, "y": low, "y2": high} for (px, low), (_, high) in zip(sorted(lower), sorted(upper), strict=True)]
    plot.add({"type": "area", "color": theme.var("edge"), "opacity": 0.18}, values, ("x", "y", "y2"))
    middle = values[len(values) // 2]
    plot.texts([(middle["x"], (middle["y"] + middle["y2"]) / 2, label)], "muted", align="center", halo=True)


def _labels(plot: Plot, x: Scale, published: Sequence[tuple[float, float, str]]) -> None:
    for right in (False, True):
        items = [p for p in published if p[2] and (x.at(p[0]) > 0.6) is right]
        plot.texts(items, "ink", align="right" if right else "left", dx=-9 if right else 9, dy=9, halo=True)
