"""Bands across a plane of two thresholds: where each of several criteria holds, and whether all ever do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit import theme
from labkit.instruments.base import Column, Instrument, Limit, LimitLike, as_limit, limit_sentence, need, sentence_list
from labkit.instruments.marks import CHAR, NARROW, Marks
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt


@dataclass(frozen=True, slots=True)
class Band:
    """A criterion that holds between two lines: points (x, lowest y, highest y) from left to right."""

    name: str
    points: Sequence[tuple[float, float, float]]
    colour: str
    dash: str = "solid"


def bands(
    found: Sequence[Band],
    *,
    title: str,
    x_name: str,
    y_name: str,
    you: tuple[float, float],
    you_label: str = "you",
    all_label: str = "all hold",
    x_limit: LimitLike = None,
    y_limit: LimitLike = None,
    height: float = 250.0,
    unit: str = "1",
    diagonal: str = "",
) -> Instrument:
    """Translucent bands with their edges; where all of them cross, within the limits, is hatched and named.

    `unit` is that of both axes; `diagonal` names a line along which both are equal.
    """
    found = need(found, "the list of bands")
    xs = [p[0] for band in found for p in band.points]
    x, y = number_scale(xs, unit, x_name, pad=0.0), number_scale(xs, unit, y_name, pad=0.0)
    plot = Plot(x, y, height)
    bounds = as_limit(x_limit), as_limit(y_limit)
    common = _common(found, *bounds)
    taken = [(x.at(x.clip(you[0])), y.at(y.clip(you[1])))]
    if common:
        middle = common[len(common) // 2]
        taken.append((x.at(middle[0]), y.at(middle[2]) + 10 / height))
    if diagonal:
        taken.append((0.25, 0.03))
    for band in found:
        inside = [(a, y.clip(low), y.clip(high)) for a, low, high in band.points if high > y.lo and low < y.hi and high > low]
        values = [{"x": a, "y": low, "y2": high} for a, low, high in inside]
        plot.add({"type": "area", "color": theme.var(band.colour), "opacity": 0.2}, values, ("x", "y", "y2"))
        for side in (1, 2):
            plot.line(_edge(inside, side, y.lo, y.hi), band.colour, width=1.6, dash=band.dash)
        _name(plot, band, inside, taken)
    if diagonal:
        plot.rules([(x.lo, y.lo, x.hi, y.hi)], "muted", dash="short")
        plot.texts([(x.back(0.03), y.back(0.03), diagonal)], "muted", dx=14, dy=-1, halo=True)
    plot.limit_x(bounds[0])
    plot.limit_y(bounds[1])
    if common:
        step = xs[1] - xs[0]
        plot.hatch([(x.clip(a - step / 2), x.clip(a + step / 2), low, high) for a, low, high in common], spacing=5, opacity=0.9, colour="ink")
        plot.texts([(middle[0], middle[2], all_label)], bold=True, align="center", halo=True, dy=-10, top=True)
    plot.you(*you, you_label)
    words = []
    for band in found:
        at, low, high = band.points[len(band.points) // 2]
        words.append(f"{band.name}: at {x_name.lower()} {fmt(at, unit)} from {fmt(low, unit)} to {fmt(high, unit)}")
    alt = f"{title}. {y_name} over {x_name.lower()}, both from {fmt(x.lo, unit)} to {fmt(x.hi, unit)}; a band a criterion: {sentence_list(words)}."
    alt += f" All cross from {fmt(common[0][0], unit)} to {fmt(common[-1][0], unit)}." if common else " They have no place in common."
    alt += f" Dashed: {diagonal}." if diagonal else ""
    alt += limit_sentence(bounds[0], unit, [you[0]]) + limit_sentence(bounds[1], unit, [you[1]])
    alt += f" Your point: {fmt(you[0], unit)}, {fmt(you[1], unit)}."
    table = tuple((b.name, *p) for b in found for p in b.points[:: max(1, len(b.points) // 12)])
    return Instrument(plot.spec(alt), title, alt, (Column("criterion"), Column(x_name.lower(), unit), Column("lowest", unit), Column("highest", unit)), table)


def _edge(inside: list, side: int, low: float, high: float) -> list[tuple[float, float]]:
    """One edge of a band: its points inside the plot, and the next one at each end, where it leaves it."""
    free = [i for i, p in enumerate(inside) if low < p[side] < high]
    return [(p[0], p[side]) for p in inside[max(0, free[0] - 1) : free[-1] + 2]] if free else []


def _common(found: Sequence[Band], right: Limit | None, top: Limit | None) -> list[tuple[float, float, float]]:
    """Where all bands overlap within the limits: (x, from, to)."""
    rows = zip(*(band.points for band in found), strict=True)
    spans = [(row[0][0], max(p[1] for p in row), min([p[2] for p in row] + ([top.value] if top else []))) for row in rows]
    return [s for s in spans if s[2] > s[1] and not (right and right.breaks(s[0]))]


def _name(plot: Marks, band: Band, inside: list, taken: list) -> None:
    """The band's name at the place inside it that is farthest from what is named already."""
    half = CHAR * len(band.name) / 2 / NARROW
    spots = [(a, (low + high) / 2) for a, low, high in inside if half < plot.x.at(a) < 1 - half and 0.05 < plot.y.at((low + high) / 2) < 0.95]
    if not spots:
        spots = [(a, (low + high) / 2) for a, low, high in inside]
    if not spots:
        return
    at = lambda s: (plot.x.at(s[0]), plot.y.at(s[1]))  # noqa: E731 - used twice below
    best = max(spots, key=lambda s: min(0.5 * abs(at(s)[0] - u) + 2.0 * abs(at(s)[1] - v) for u, v in taken))
    taken.append(at(best))
    plot.texts([(*best, band.name)], band.colour, align="center", bold=True, halo=True, top=True)
