"""Maps of named regions over two measures: what decides where, and where the student stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.instruments.base import Column, Instrument, inside, need, sentence_list
from labkit.instruments.marks import CHAR, NARROW, style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

HEIGHT = 240.0


def region_map(
    xs: Sequence[float],
    ys: Sequence[float],
    words: Sequence[Sequence[str]],
    *,
    title: str,
    x_name: str,
    x_unit: str,
    y_name: str,
    y_unit: str,
    regions: Mapping[str, tuple[str, str]],
    contours: Sequence[tuple[str, Sequence[tuple[float, float]]]] = (),
    you: tuple[float, float] | None = None,
    you_label: str = "",
    dots: Sequence[tuple[float, float, str]] = (),
) -> Instrument:
    """Regions over two log axes: `words[row][column]` says what holds at (xs[column], ys[row]), rows and columns rising.

    `regions` gives each word its label and its style (as in `marks.style_of`); hatched styles are hatched. `contours` are
    (label, points) in the same plane, `dots` are (x, y, name) of things to compare with.
    """
    xs, ys = need(xs, "the list of columns"), need(ys, "the list of rows")
    unknown = {word for row in words for word in row} - set(regions)
    if unknown:
        raise ValueError(f"no region for {', '.join(sorted(unknown))}: the map has {', '.join(regions)}")
    x, y = _axis(xs, x_unit, x_name), _axis(ys, y_unit, y_name)
    plot = Plot(x, y, HEIGHT, x_axis={"grid": False}, y_axis={"grid": False})
    column, row_edge = _edges(xs), _edges(ys)
    for word, (_, style) in regions.items():
        colour, pattern = style_of(style)
        boxes = [(column[a], column[b], row_edge[j], row_edge[j + 1]) for j, row in enumerate(words) for a, b in _runs(row, word)]
        if pattern != "open":
            plot.rects(boxes, colour, opacity=0.16)
        if pattern == "hatch":
            plot.hatch(boxes, spacing=10, opacity=0.45, colour=colour)
    borders = [
        (column[i], row_edge[j], column[i], row_edge[j + 1]) for j, row in enumerate(words) for i in range(1, len(row)) if row[i] != row[i - 1]
    ]
    borders += [(column[i], row_edge[j], column[i + 1], row_edge[j]) for j in range(1, len(ys)) for i in range(len(xs)) if words[j][i] != words[j - 1][i]]
    plot.rules(borders, "ink", width=1.2)
    taken = []
    for label, points in contours:
        found = sorted((p for p in points if x.lo <= p[0] <= x.hi), key=lambda p: p[1])
        plot.line(found, "muted", width=1.2, dash="short")
        if found:
            px, py = found[-1]
            right = x.at(px) * NARROW + 4 + CHAR * len(label) > NARROW
            plot.texts([(px, py, label)], "muted", align="right" if right else "left", dx=-4 if right else 4, dy=9, halo=True)
            taken.append((x.at(px) * NARROW, (1 - y.at(py)) * HEIGHT))
    named = [(x.clip(dx), y.clip(dy), name) for dx, dy, name in dots]
    plot.points([(dx, dy) for dx, dy, _ in named], "ink", size=46)
    for right in (False, True):  # names stand left of what lies on the right
        names = [dot for dot in named if (x.at(dot[0]) > 0.5) is right]
        plot.texts(names, "ink", align="right" if right else "left", dx=-8 if right else 8, halo=True)
    for dx, dy, name in named:
        width = CHAR * len(name) * (-0.5 if x.at(dx) > 0.5 else 0.5)
        taken.append((x.at(dx) * NARROW + width, (1 - y.at(dy)) * HEIGHT))
    if you:
        taken.append((x.at(x.clip(you[0])) * NARROW, (1 - y.at(y.clip(you[1]))) * HEIGHT))
    for word, (label, style) in regions.items():
        spot = _middle(words, word, xs, ys, x, y, taken, CHAR * len(label))
        if spot:
            colour = style_of(style)[0] if style_of(style)[0] not in ("edge", "rule") else "ink"
            shift = {"left": 5, "right": -5}.get(spot[2], 0)
            plot.texts([(*spot[:2], label)], colour, align=spot[2], dx=shift, bold=True, halo=True)
    if you:
        plot.you(*you, you_label)
    share = {word: sum(w == word for row in words for w in row) for word in regions}
    all_cells = len(xs) * len(ys)
    alt = f"{title}. Map over {inside(x_name)} ({fmt(xs[0], x_unit)} to {fmt(xs[-1], x_unit)}) and {inside(y_name)} ({fmt(ys[0], y_unit)} to "
    alt += f"{fmt(ys[-1], y_unit)}), both log: "
    alt += sentence_list([f"{regions[w][0]} holds in {fmt(n / all_cells, 'share')} of it" for w, n in share.items()]) + "."
    alt += " Contours: " + ", ".join(label for label, points in contours if points) + "." if contours else ""
    alt += " Dots: " + sentence_list([f"{name} at {fmt(dx, x_unit)}, {fmt(dy, y_unit)}" for dx, dy, name in dots]) + "." if dots else ""
    alt += f" Your point: {fmt(you[0], x_unit)}, {fmt(you[1], y_unit)}." if you else ""
    table = tuple(
        (value, "; ".join(f"{regions[row[a]][0]} from {fmt(xs[a], x_unit)}" for a in [0] + [i for i in range(1, len(row)) if row[i] != row[i - 1]]))
        for value, row in zip(ys, words, strict=True)
    )
    return Instrument(plot.spec(alt), title, alt, (Column(inside(y_name), y_unit), Column(f"along {inside(x_name)}")), table)


def _axis(values: Sequence[float], unit: str, name: str) -> Scale:
    edges = _edges(values)
    found = number_scale([values[0], values[-1]], unit, name, log=True, pad=0.0, grid=False)
    return Scale(edges[0], edges[-1], True, found.title, found.ticks, False)


def _edges(values: Sequence[float]) -> list[float]:
    """Borders of the cells, half a step around each value."""
    half = (values[1] / values[0]) ** 0.5 if len(values) > 1 else 2.0
    return [values[0] / half, *(v * half for v in values)]


def _runs(row: Sequence[str], word: str) -> list[tuple[int, int]]:
    """Stretches (first, after the last) of a word in a row."""
    found, start = [], None
    for i, cell in enumerate([*row, None]):
        if cell == word and start is None:
            start = i
        elif cell != word and start is not None:
            found.append((start, i))
            start = None
    return found


def _middle(words, word, xs, ys, x: Scale, y: Scale, taken: list, width: float) -> tuple[float, float, str] | None:
    """A place for the region's label and its alignment: in the middle of a wide stretch, away from the student's mark and contour labels."""
    best, spot, edges = 0.0, None, _edges(xs)
    for j, row in enumerate(words):
        for a, b in _runs(row, word):
            left, right = x.at(edges[a]), x.at(edges[b])
            narrow = (right - left) * NARROW < width  # then the label starts at the side of the plot where the region is
            align, at = ("left", left) if narrow and a == 0 else ("right", right) if narrow and b == len(row) else ("center", (left + right) / 2)
            place = x.back(at)
            u, v = x.at(place) * NARROW, (1 - y.at(ys[j])) * HEIGHT
            room = (right - left) * NARROW
            above = sum(1 for k in range(len(words)) if words[k][min(len(row) - 1, (a + b) // 2)] == word)
            clear = all(abs(u - tu) > width / 2 + 24 or abs(v - tv) > 20 for tu, tv in taken)
            edge = min(v, HEIGHT - v) > 12
            score = min(room, 2 * width) / width + 0.3 * min(j, len(words) - 1 - j, above) / len(words)
            score *= (1.0 if clear else 0.2) * (1.0 if edge else 0.6)
            if score > best:
                best, spot = score, (place, ys[j], align)
    return spot
