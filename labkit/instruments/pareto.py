"""Designs as points in two measures, with the frontier that none beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt


@dataclass(frozen=True, slots=True)
class Design:
    """A named point; `fits=False` draws it as a cross."""

    name: str
    x: float
    y: float
    fits: bool = True


def frontier(designs: Sequence[Design], x_better: str = "low", y_better: str = "high") -> list[Design]:
    """The designs that no other one beats in both measures, by rising x."""
    sign_x, sign_y = (1 if x_better == "low" else -1), (1 if y_better == "low" else -1)
    best, kept = float("inf"), []
    for design in sorted((d for d in designs if d.fits), key=lambda d: (sign_x * d.x, sign_y * d.y)):
        if sign_y * design.y < best:
            best = sign_y * design.y
            kept.append(design)
    return sorted(kept, key=lambda d: d.x)


def pareto(
    designs: Sequence[Design],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    y_unit: str,
    x_better: str = "low",
    y_better: str = "high",
    you: str | None = None,
    x_limit: LimitLike = None,
    y_limit: LimitLike = None,
    prediction: tuple[float, float] | None = None,
    ghost: Sequence[tuple[float, float]] = (),
    x_log: bool = False,
    y_log: bool = False,
    guide: tuple[Sequence[tuple[float, float]], str] | None = None,
) -> Instrument:
    """Scatter of designs. Names are written where they meet no other name; the table has them all.

    `guide` (points, words) is a dashed line to compare with, inside the range of the designs.
    """
    designs = need(designs, "the list of designs")
    x_bound, y_bound = as_limit(x_limit), as_limit(y_limit)
    more = [prediction] if prediction else []
    xs = [finite(d.x, d.name) for d in designs] + [p[0] for p in (*more, *ghost)] + ([x_bound.value] if x_bound else [])
    ys = [finite(d.y, d.name) for d in designs] + [p[1] for p in (*more, *ghost)] + ([y_bound.value] if y_bound else [])
    x = number_scale(xs, x_unit, x_name, log=x_log, pad=0.1, grid=False)
    y = number_scale(ys, y_unit, y_name, log=y_log, pad=0.12)
    plot = Plot(x, y, 250.0)
    plot.limit_x(x_bound)
    plot.limit_y(y_bound)
    if guide:
        plot.rules(_inside(guide[0], x, y), "muted", dash="dash", width=1.5)
        plot.note(f"Dashed: {guide[1]}", "muted")
    front = frontier(designs, x_better, y_better)
    stairs: list[tuple[float, float]] = []
    for design in front:
        if stairs:
            last = stairs[-1]
            # between two designs on the frontier one can have the worse of either, never the better of both
            stairs.append((design.x, last[1]) if x_better == "low" else (last[0], design.y))
        stairs.append((design.x, design.y))
    plot.line(stairs, "edge", width=2)
    names = {d.name for d in front}
    plot.points(ghost, "control", size=120, filled=False, opacity=0.5)
    plot.points([(d.x, d.y) for d in designs if d.fits and d.name not in names and d.name != you], "edge", filled=False, size=55)
    plot.points([(d.x, d.y) for d in designs if d.name in names and d.name != you], "ink", size=75)
    plot.points([(d.x, d.y) for d in designs if not d.fits and d.name != you], "muted", shape="cross", filled=False, size=75)
    if prediction:
        plot.points([prediction], "prediction", shape="diamond", size=130, top=True)
        plot.texts([(*prediction, "you said")], "prediction", align="center", dy=-14, halo=True, top=True)
    mine = next((d for d in designs if d.name == you), None)
    taken = [_box(x, y, d, 0, 0, 12) for d in designs]
    taken += [_box(x, y, Design("", *prediction), 0, dy, CHAR * len("you said")) for dy in (0, -14)] if prediction else []
    if y_bound:
        line = (1 - y.at(y.clip(y_bound.value))) * 250.0
        taken.append((0.0, 8 + CHAR * len(y_bound.label), line - 17, line + 2))
    if mine:
        right = x.at(mine.x) > 0.5
        taken.append(_box(x, y, mine, -11 if right else 11, 13 if y.at(mine.y) > 0.85 else -13, CHAR * len(mine.name), right))
    for design in sorted(designs, key=lambda d: d.name not in names):
        if design is not mine:
            _name(plot, x, y, design, taken, "ink" if design.name in names else "muted")
    if mine:
        plot.you(mine.x, mine.y, mine.name)
    words = [f"{d.name}: {fmt(d.x, x_unit)}, {fmt(d.y, y_unit)}" for d in front]
    alt = (
        f"{title}. {len(designs)} designs, {inside(x_name)} {fmt(min(d.x for d in designs), x_unit)} "
        f"to {fmt(max(d.x for d in designs), x_unit)}, "
        f"{inside(y_name)} {fmt(min(d.y for d in designs), y_unit)} to {fmt(max(d.y for d in designs), y_unit)}. "
        f"On the frontier: {sentence_list(words)}."
    )
    if mine:
        place = "on" if mine.name in names else "not on"
        alt += f" Your design: {mine.name}, {fmt(mine.x, x_unit)}, {fmt(mine.y, y_unit)}, {place} the frontier."
        alt += "" if mine.fits else " It does not fit."
    alt += f" Dashed line: {guide[1]}." if guide else ""
    alt += f" Prediction: {you_said(prediction[0], x_unit)}, {fmt(prediction[1], y_unit)}." if prediction else ""
    alt += limit_sentence(x_bound, x_unit, [mine.x] if mine else ()) + limit_sentence(y_bound, y_unit, [mine.y] if mine else ())
    columns = (Column("design"), Column(inside(x_name), x_unit), Column(inside(y_name), y_unit), Column("frontier"), Column("fits"))
    table = tuple((d.name, d.x, d.y, "yes" if d.name in names else "no", "yes" if d.fits else "no") for d in designs)
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _inside(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> list[tuple[float, float, float, float]]:
    """The pieces of a line through the points that lie between the axes."""
    places = [(x.at(px), y.at(py)) for px, py in points]
    pieces = []
    for a, b in zip(places, places[1:], strict=False):
        low, high = 0.0, 1.0
        for start, move in ((a[0], b[0] - a[0]), (a[1], b[1] - a[1])):
            if move:
                low, high = max(low, min(-start / move, (1 - start) / move)), min(high, max(-start / move, (1 - start) / move))
        if low < high:
            ends = [(x.back(a[0] + t * (b[0] - a[0])), y.back(a[1] + t * (b[1] - a[1]))) for t in (low, high)]
            pieces.append((*ends[0], *ends[1]))
    return pieces


def _box(x: Scale, y: Scale, design: Design, dx: float, dy: float, width: float, right: bool = False) -> tuple[float, float, float, float]:
    """Where something beside a point lies, in pixels of a narrow chart."""
    u, v = x.at(design.x) * NARROW + dx, (1 - y.at(design.y)) * 250.0 + dy
    left = u - width if right else (u - width / 2 if dx == 0 else u)
    return (left, left + width, v - 7, v + 7)


def _name(plot: Plot, x: Scale, y: Scale, design: Design, taken: list[tuple], colour: str) -> None:
    width = CHAR * len(design.name)
    for dx, dy, right in ((9, 0, False), (-9, 0, True), (0, -14, False), (0, 14, False)):
        box = _box(x, y, design, dx, dy, width, right)
        inside = box[0] >= -2 and box[1] <= NARROW + 6 and box[2] >= 0 and box[3] <= 250
        if inside and all(box[1] <= t[0] or box[0] >= t[1] or box[3] <= t[2] or box[2] >= t[3] for t in taken):
            taken.append(box)
            align = "right" if right else ("center" if dx == 0 else "left")
            plot.texts([(design.x, design.y, design.name)], colour, align=align, dx=dx, dy=dy, halo=True)
            return
