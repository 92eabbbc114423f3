"""Matrices as grids of cells, and the cells of a systolic array that a layer fills."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale
from mlsysim.units import fmt

_SHADES = 8


def matrices(
    grids: Sequence[tuple[str, Sequence[Sequence[float]]]], *, title: str, count: str = "fetches", unit: str = "1", you: str | None = None
) -> Instrument:
    """Matrices side by side, each cell the darker the larger its count; one shade scale for all, so the hot one stands out."""
    grids = need(grids, "the list of matrices")
    height, columns = max(len(need(cells, name)) for name, cells in grids), [len(cells[0]) for _, cells in grids]
    gap = max(1.0, 0.08 * max(columns))
    width = sum(columns) + gap * (len(grids) - 1)
    peak = max(max(max(row) for row in cells) for _, cells in grids) or 1
    x, y = Scale(0.0, width), Scale(-height * 0.16, float(height), reverse=True)
    plot = Plot(x, y, 236.0)
    shades: dict[int, list] = {}
    frames, names, hot, at = [], [], [], 0.0
    totals = {name: sum(sum(row) for row in cells) for name, cells in grids}
    for (name, cells), wide in zip(grids, columns, strict=True):
        for j, row in enumerate(cells):
            for start, end, value in _runs(row):
                shades.setdefault(round(_SHADES * value / peak), []).append((at + start, at + end, j, j + 1))
        frames.append((at, at + wide, 0.0, float(len(cells))))
        text = f"{name} · {fmt(totals[name], unit)}"
        (hot if name == you or (you is None and totals[name] == max(totals.values())) else names).append((at, -height * 0.07, text))
        at += wide + gap
    for shade, boxes in sorted(shades.items()):
        plot.rects(boxes, "ink", opacity=0.04 + 0.9 * shade / _SHADES, stroke="rule", width=0.4)
    plot.rects(frames, "edge", opacity=0, stroke="edge")
    plot.texts(names)
    plot.texts(hot, bold=True)
    words = "; ".join(
        f"{name}: {fmt(totals[name], unit)} {count}, most in one cell {fmt(max(max(row) for row in cells), unit)}" for name, cells in grids
    )
    alt = f"{title}. {len(grids)} matrices, cells shaded by {count} from 0 to {fmt(peak, unit)}. {words}."
    table = tuple((name, len(cells), len(cells[0]), totals[name], max(max(row) for row in cells)) for name, cells in grids)
    headings = (Column("matrix"), Column("rows", "1"), Column("columns", "1"), Column(count, unit), Column("most in one cell", unit))
    return Instrument(plot.spec(alt), title, alt, headings, table)


def array_occupancy(side: int, blocks: Sequence[tuple[int, int, int, int]], *, title: str, label: str = "occupied") -> Instrument:
    """A square array of `side` × `side` multipliers with the blocks (first row, end row, first column, end column) that hold weights."""
    blocks = tuple(blocks)
    used = sum((b - a) * (d - c) for a, b, c, d in blocks)
    share = used / side**2
    x, y = Scale(0.0, float(side)), Scale(0.0, float(side), reverse=True)
    plot = Plot(x, y, 220.0)
    plot.hatch([(0.0, side, 0.0, side)], spacing=12, opacity=0.35)
    plot.rects([(c, d, a, b) for a, b, c, d in blocks], "paper")
    plot.rects([(c, d, a, b) for a, b, c, d in blocks], "control", opacity=0.85)
    lines = [side * i / 8 for i in range(1, 8)]
    plot.rules([(v, 0.0, v, side) for v in lines] + [(0.0, v, side, v) for v in lines], "rule", width=0.7)
    plot.rects([(0.0, side, 0.0, side)], "edge", opacity=0, stroke="edge", width=1.5)
    plot.texts([(side / 2, side / 2, f"{fmt(share, 'share')} {label} · {side} × {side}")], align="center", halo=True, bold=True)
    alt = f"{title}. An array of {side} by {side} multipliers; {used:,} of {side**2:,} hold weights ({fmt(share, 'share')}), "
    alt += f"in {len(blocks)} blocks; the rest is hatched."
    headings = (
        Column("first row", "1"),
        Column("end row", "1"),
        Column("first column", "1"),
        Column("end column", "1"),
        Column("cells", "1"),
    )
    return Instrument(plot.spec(alt), title, alt, headings, tuple((a, b, c, d, (b - a) * (d - c)) for a, b, c, d in blocks))


def _runs(row: Sequence[float]) -> list[tuple[int, int, float]]:
    """Neighbours with equal counts as one box: a cache line is fetched as a whole, so most cells have equal neighbours."""
    runs: list[tuple[int, int, float]] = []
    for i, value in enumerate(row):
        if runs and runs[-1][2] == value:
            runs[-1] = (runs[-1][0], i + 1, value)
        else:
            runs.append((i, i + 1, value))
    return runs
