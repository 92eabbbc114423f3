"""Amounts along a path, left to right: how many bytes leave each station (log), and what each choice of a station costs."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW, style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, category_scale, number_scale
from mlsysim.units import fmt

_HALF = 0.42


def blocks(
    items: Sequence[tuple],
    *,
    title: str,
    quantity: str,
    unit: str = "B",
    path: str = "station",
    level: tuple[float, str] | None = None,
    limit: LimitLike = None,
    cut: str | None = None,
    prediction: float | None = None,
    height: float = 190.0,
) -> Instrument:
    """One block a station, (name, amount) or (name, amount, style), its height the amount on a log axis.

    `level` (amount, label) is a line to compare with, `cut` names the station after which a knife falls. An amount of 0
    is written, not drawn. Amounts stand on the blocks where there are few.
    """
    items = tuple((i[0], finite(i[1], i[0]), i[2] if len(i) > 2 else "other") for i in need(items, "the list of stations"))
    bound = as_limit(limit)
    more = [v for v in (level and level[0], bound and bound.value, prediction) if v]
    y = number_scale([*(i[1] for i in items if i[1] > 0), *more], unit, quantity, log=True, pad=0.4)
    plot = Plot(_stations([i[0] for i in items], path), y, height, x_axis={"labelAngle": 0})
    picked = next((n for n, i in enumerate(items) if i[0] == cut), None)
    plot.limit_y(bound)  # under the blocks, so that its hatching does not cross them
    for n, (_, amount, style) in enumerate(items):
        if amount > 0:
            colour, pattern = ("control", "solid") if n == picked else style_of(style)
            box = [(n - _HALF, n + _HALF, y.lo, y.clip(amount))]
            plot.rects(box, colour, opacity=1 if pattern == "solid" else 0.2, stroke=colour)
    if level:
        plot.level(level[0], level[1], "ink", "dash", 2)
    plot.said_y(prediction, unit)
    if len(items) <= 5:
        line = plot._down(bound.value) if bound else -1e9  # an amount just under it would stand on its label
        spots = [(float(n), y.clip(amount) if amount > 0 else y.lo, fmt(amount, unit)) for n, (_, amount, _) in enumerate(items)]
        near = [s for s in spots if 0 <= plot._down(s[1]) - line < 28]
        plot.texts([s for s in spots if s not in near], align="center", dy=-9, bold=True, halo=True)
        plot.texts(near, align="center", dy=11, bold=True, halo=True)
    if picked is not None:
        plot.rules([(picked + 0.5, y.lo, picked + 0.5, y.hi)], "control", width=2.5, top=True)
        right = picked > len(items) / 2
        spot = [(picked + 0.5, y.hi, f"cut here: {fmt(items[picked][1], unit)}")]
        plot.texts(spot, "control", align="right" if right else "left", dx=-6 if right else 6, dy=8, bold=True, halo=True, top=True)
    words = [f"{name} {fmt(amount, unit)}" for name, amount, _ in items]
    alt = f"{title}. {len(items)} blocks from left to right, {inside(quantity)} on a log axis: {sentence_list(words, 24)}."
    alt += f" Line: {level[1]}, {fmt(level[0], unit)}." if level else ""
    alt += f" The knife falls after {cut}, where {fmt(items[picked][1], unit)} leave." if picked is not None else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, [i[1] for i in items])
    return Instrument(plot.spec(alt), title, alt, (Column(path), Column(inside(quantity), unit)), tuple(i[:2] for i in items))


def columns(
    items: Sequence[tuple[str, Sequence[float]]],
    *,
    title: str,
    parts: Sequence[tuple[str, str]],
    quantity: str = "Time",
    unit: str = "s",
    path: str = "station",
    level: tuple[float, str] | None = None,
    you: str | None = None,
    best: str | None = None,
    prediction: float | None = None,
    groups: Sequence[tuple[str, int]] = (),
    height: float = 190.0,
) -> Instrument:
    """Standing stacks (name, amounts), one a station; `parts` (label, style) names the amounts from the bottom up.

    `you` frames the student's stack, `best` marks another; `level` (amount, label) is a line to compare with.
    `prediction` is an amount. `groups` (label, number of stations) are named above the stacks, with a line between them.
    """
    items, parts = need(items, "the list of stacks"), need(parts, "the list of parts")
    totals = {name: sum(finite(v, name) for v in amounts) for name, amounts in items}
    more = ([level[0]] if level else []) + ([] if prediction is None else [prediction])
    y = number_scale([*totals.values(), *more], unit, quantity, zero=True, pad=0.3 if groups else 0.14)
    plot = Plot(_stations([name for name, _ in items], path), y, height, x_axis={"labelAngle": 0})
    for p, (_, style) in enumerate(parts):
        colour, pattern = style_of(style)
        boxes = []
        for n, (_, amounts) in enumerate(items):
            under = sum(amounts[:p])
            if amounts[p] > 0:
                boxes.append((n - _HALF, n + _HALF, under, under + amounts[p]))
        plot.rects(boxes, colour, opacity=1 if pattern == "solid" else 0.14, stroke=colour)
        step = (y.hi - y.lo) / 48  # strokes of one grain in every stack
        lines = [(a, k * step, b, k * step) for a, b, low, high in boxes for k in range(int(low / step) + 1, int(high / step) + 1)]
        if pattern in ("hatch", "dots"):
            plot.rules(lines, colour, width=1.3, dash="dot" if pattern == "dots" else "solid")
    if level:
        plot.level(level[0], level[1], "ink", "dash", 2)
    if prediction is not None:
        plot.rules([(-0.5, prediction, len(items) - 0.5, prediction)], "prediction", width=2, dash="dash")
        plot.end_label(prediction, you_said(prediction, unit), "prediction")
    _groups(plot, groups)
    names = [name for name, _ in items]
    if you in names:
        n = names.index(you)
        plot.rects([(n - 0.5, n + 0.5, 0.0, totals[you])], "control", opacity=0, stroke="control", width=2.5)
        _over(plot, n, len(names), totals[you], f"yours {fmt(totals[you], unit)}", "control")
    if best in names and best != you and not (level and totals[best] == level[0]):  # then the line says it
        _over(plot, names.index(best), len(names), totals[best], f"best {fmt(totals[best], unit)}", "ink")
    if len(parts) > 1:
        _key(plot, parts)
    alt = f"{title}. {len(items)} standing stacks from left to right, axis from 0 to {fmt(y.hi, unit)}, each of {', '.join(label for label, _ in parts)}: "
    alt += sentence_list([f"{name} {fmt(totals[name], unit)}" for name in names], 24) + "."
    alt += f" Yours: {you}." if you else ""
    alt += f" Best: {best}." if best else ""
    alt += f" Line: {level[1]}, {fmt(level[0], unit)}." if level else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += f" From left to right: {', '.join(f'{n} {label}' for label, n in groups)}." if groups else ""
    table = tuple((name, *amounts, totals[name]) for name, amounts in items)
    return Instrument(plot.spec(alt), title, alt, (Column(path), *(Column(label, unit) for label, _ in parts), Column("total", unit)), table)


def _groups(plot: Plot, groups: Sequence[tuple[str, int]]) -> None:
    """Names of groups over their stations; one too wide for its group stands in a second row."""
    start, count = 0, sum(n for _, n in groups)
    for label, n in groups:
        if start:
            plot.rules([(start - 0.5, plot.y.lo, start - 0.5, plot.y.hi)], "edge", dash="dot")
        room = n / count * NARROW > CHAR * len(label) + 8
        spot = [(start + (n - 1) / 2 if room else start - 0.5, plot.y.hi, label)]
        plot.texts(spot, "muted", align="center" if room else "left", dy=9 if room else 24, halo=True)
        start += n


def _stations(names: Sequence[str], path: str) -> Scale:
    """Places with their names; of many names every n-th, and of numbered ones ("block 7") the number alone."""
    if len(names) <= 5:
        return category_scale(names, path, wrap=14)
    short = [name.split()[-1] if name.split()[-1].isdigit() else name for name in names]
    keep = [(float(n), s) for n, s in enumerate(short) if n in (0, len(names) - 1) or (s.isdigit() and int(s) % 4 == 0)]
    return Scale(-0.5, len(names) - 0.5, False, path, tuple(keep), False)


def _over(plot: Plot, n: int, count: int, top: float, text: str, colour: str) -> None:
    """Words over a stack: centred where a narrow page has room on both sides, else towards the middle."""
    room = CHAR * len(text) / 2 / NARROW * count
    align = "left" if n + 0.5 < room else "right" if count - n - 0.5 < room else "center"
    at = n - 0.5 if align == "left" else n + 0.5 if align == "right" else float(n)
    plot.texts([(at, top, text)], colour, align=align, dy=-9, bold=True, halo=True, top=True)


def _key(plot: Plot, parts: Sequence[tuple[str, str]]) -> None:
    fills = {"solid": "filled", "hatch": "striped", "dots": "dotted", "open": "open", "idle": "open"}
    lines = [""]
    for label, style in parts:
        words = f"{label}: {fills[style_of(style)[1]]}"
        if lines[-1] and len(lines[-1]) + len(words) > 46:  # more would run off a narrow page
            lines.append("")
        lines[-1] += f", {words}" if lines[-1] else words
    for line in lines:
        plot.note(line, "muted")


