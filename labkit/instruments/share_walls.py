"""One part's share of several totals along one log axis, each in a panel, and how far apart their halves lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit import theme
from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

HEAD, PANEL, GAP = 18.0, 78.0, 30.0


@dataclass(frozen=True, slots=True)
class Wall:
    """A total of which the part takes a share: (x, share) points, the x at which it is a half, the share where the student is.

    `taken=False` says that the part is not there at present (drawn as an outline); colours as in the palette.
    """

    name: str
    points: Sequence[tuple[float, float]]
    half: float
    here: float
    colour: str = "data"
    taken: bool = True


def share_walls(
    walls: Sequence[Wall], *, title: str, part: str, rest: str, x_name: str, x_unit: str, at: float, apart: str = "",
    prediction: tuple[float, str] | None = None,
) -> Instrument:  # fmt: skip
    """Panels from top to bottom on one log axis; `at` is where the student stands, `apart` the words on the arrow between the halves."""
    walls = need(walls, "the list of walls")
    every = [finite(p[0], wall.name) for wall in walls for p in wall.points] + [at, *(w.half for w in walls)]
    x = number_scale([*every, *([prediction[0]] if prediction else [])], x_unit, x_name, log=True, pad=0.0, grid=False)
    pitch = HEAD + PANEL
    height = pitch * len(walls) + GAP * (len(walls) - 1) + 4
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    floors = []
    for i, wall in enumerate(walls):
        top = i * (pitch + GAP) + HEAD
        floor = top + PANEL
        floors.append((top, floor))
        values = [{"x": px, "y": floor - PANEL * s, "y2": floor} for px, s in wall.points]
        plot.rects([(x.lo, x.hi, top, floor)], "edge", opacity=0.0, stroke="rule")
        if wall.taken:
            plot.add({"type": "area", "color": theme.var(wall.colour), "opacity": 0.28}, values, ("x", "y", "y2"))
        plot.line([(px, floor - PANEL * s) for px, s in wall.points], wall.colour, width=2.4, dash="solid" if wall.taken else "short")
        plot.rules([(x.lo, floor - PANEL / 2, x.hi, floor - PANEL / 2)], "muted", dash="dot")
        plot.texts([(x.lo, top - 9, f"{wall.name}: {fmt(wall.here, 'share')} at your {fmt(at, x_unit)}")], "ink", dx=1, halo=True)
        inside_words = part if wall.taken else f"{part} (not stored)"
        plot.texts([(x.hi, floor - 12, inside_words)], wall.colour, align="right", dx=-5, bold=True, halo=True)
        plot.texts([(x.lo, top + 12, rest)], "muted", dx=4, halo=True)
        plot.points([(wall.half, floor - PANEL / 2)], "ink", shape="diamond", size=110, top=True)
        right = x.at(wall.half) > 0.5
        plot.texts(
            [(wall.half, floor - PANEL / 2, f"half at {fmt(round(wall.half), '1')}")], "ink", align="right" if right else "left", dx=-10 if right else 10,
            dy=-10 if right else 12, bold=True, halo=True, top=True,
        )  # fmt: skip
        plot.points([(at, floor - PANEL * wall.here)], "control", size=150, top=True)
    if len(walls) > 1 and apart:
        low, high = sorted((walls[0].half, walls[-1].half))
        line = floors[0][1] + GAP / 2 - 5
        for i, wall in ((0, walls[0]), (-1, walls[-1])):
            near = floors[i][1] - PANEL / 2
            plot.rules([(wall.half, near, wall.half, line)], "ink", dash="short")
        plot.rules([(low, line, high, line)], "ink", width=2)
        plot.points([(low, line)], "ink", shape="triangle-left", size=80)
        plot.points([(high, line)], "ink", shape="triangle-right", size=80)
        plot.texts([((low * high) ** 0.5, line, apart)], "ink", align="center", bold=True, halo=True, top=True)
    plot.flag(at, f"you {fmt(at, x_unit)}", "control")
    if prediction is not None:
        plot.flag(prediction[0], prediction[1], "prediction", "dash")
    words = [f"{w.name}: {part} take half at {fmt(w.half, x_unit)} and {fmt(w.here, 'share')} at your place" for w in walls]
    alt = f"{title}. {len(walls)} shares over {inside(x_name)}, log axis: {sentence_list(words)}."
    alt += f" The halves lie {apart} apart." if apart else ""
    alt += f" Prediction: {prediction[1]}." if prediction else ""
    table = tuple((px, *(dict(w.points)[px] for w in walls)) for px, _ in walls[0].points)
    return Instrument(plot.spec(alt), title, alt, (Column(inside(x_name), x_unit), *(Column(w.name, "share") for w in walls)), table)
