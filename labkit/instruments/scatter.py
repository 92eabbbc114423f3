"""Single cases as points in two measures, in a few named groups: which reads hit, which clips are recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt

GLYPHS = {"dot": "●", "ring": "○", "cross": "×"}


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that are drawn alike; `note=False` leaves the group out of the words above the plot."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = "ink"
    shape: str = "dot"
    size: float = 34.0
    note: bool = True


def scatter(
    groups: Sequence[Group],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    y_unit: str,
    item: str = "case",
    border: tuple[Sequence[tuple[float, float]], str] | None = None,
    links: Sequence[tuple[Sequence[tuple[float, float, float, float]], str, str]] = (),
    notes: Sequence[tuple[str, str]] = (),
    height: float = 236.0,
) -> Instrument:
    """Groups in the order in which they are painted; each is named above the plot with its mark and its number of cases.

    `border` (points, label) is a line between groups. `links` are (segments x1, y1, x2, y2; colour; dash) under the points.
    `notes` (words, colour) are further lines above the plot.
    """
    groups = need(groups, "the list of groups")
    unknown = [g.shape for g in groups if g.shape not in GLYPHS]
    if unknown:
        raise ValueError(f"shape {unknown[0]!r}: use {', '.join(GLYPHS)}")
    edge = list(border[0]) if border else []
    ends = [p for found, _, _ in links for x1, y1, x2, y2 in found for p in ((x1, y1), (x2, y2))]
    points = need([p for g in groups for p in g.points], "the list of points")
    every = [*points, *edge, *ends]
    x = number_scale([finite(p[0], x_name) for p in every], x_unit, x_name, pad=0.03, grid=False)
    y = number_scale([finite(p[1], y_name) for p in every], y_unit, y_name, pad=0.04, grid=False)
    plot = Plot(x, y, height)
    for found, colour, dash in links:
        plot.rules(found, colour, width=1.5, dash=dash, opacity=0.8)
    for g in groups:
        if g.shape == "dot":
            plot.points(g.points, g.colour, size=g.size)
        elif g.shape == "ring":
            plot.points(g.points, g.colour, size=g.size, filled=False, opacity=0.65)
        else:
            plot.points(g.points, g.colour, size=3 * g.size, filled=False, shape="cross")
        if g.note:
            plot.note(f"{GLYPHS[g.shape]} {g.name}: {len(g.points):,}", g.colour if g.colour not in ("edge", "rule") else "muted")
    for text, colour in notes:
        plot.note(text, colour)
    if edge:
        plot.line(edge, "ink", width=2, dash="dash")
        at = edge[len(edge) * 2 // 3]
        right = x.at(at[0]) > 0.5
        plot.texts([(*at, border[1])], align="right" if right else "left", dx=-8 if right else 8, dy=-4, halo=True, top=True)
    alt = f"{title}. {len(points):,} points, {inside(x_name)} from {fmt(x.lo, x_unit)} to {fmt(x.hi, x_unit)} across, "
    alt += f"{inside(y_name)} from {fmt(y.lo, y_unit)} to {fmt(y.hi, y_unit)} up: "
    alt += sentence_list([f"{g.name}, {len(g.points):,}{_middle(g, x_name, x_unit, y_name, y_unit)}" for g in groups]) + "."
    alt += f" Dashed line: {border[1]}." if edge else ""
    alt += "".join(f" {text}." for text, _ in notes)
    alt += f" {sum(len(found) for found, _, _ in links)} lines join pairs of points." if links else ""
    table = tuple((g.name, px, py) for g in groups for px, py in g.points)
    return Instrument(plot.spec(alt), title, alt, (Column(item), Column(inside(x_name), x_unit), Column(inside(y_name), y_unit)), table)


def _middle(group: Group, x_name: str, x_unit: str, y_name: str, y_unit: str) -> str:
    if not group.points:
        return ""
    mean = [sum(p[i] for p in group.points) / len(group.points) for i in (0, 1)]
    return f" (on average {inside(x_name)} {fmt(mean[0], x_unit)}, {inside(y_name)} {fmt(mean[1], y_unit)})"
