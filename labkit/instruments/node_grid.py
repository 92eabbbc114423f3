"""Nodes as columns of GPUs, filled from below by jobs: where a hole is, and which nodes are whole."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale

ROW, GAP, FEWEST = 84.0, 14.0, 16  # px: height of a row of nodes, gap under it; places of a row that is not full
SHADES = {1: 0.3, 2: 0.45, 4: 0.65}


def node_grid(nodes: Sequence[Sequence[int]], *, title: str, size: int = 8, when: str = "", notes: Sequence[tuple[str, str]] = ()) -> Instrument:
    """One column a node: the GPUs of its jobs, largest below; nodes without a job are framed. `notes` are (words, colour) above."""
    nodes = need(nodes, "the list of nodes")
    rows = -(-len(nodes) // 32)
    wide = max(FEWEST, -(-len(nodes) // rows))
    height = rows * ROW + (rows - 1) * GAP + 4
    pitch = size * (ROW + GAP) / ROW
    x, y = Scale(0.0, float(wide)), Scale(-0.2, size * height / ROW, reverse=True)
    plot = Plot(x, y, height)
    plot.note(f"{when}: each column a node of {size} GPUs, each box a job" if when else f"Each column a node of {size} GPUs, each box a job")
    for text, colour in notes:
        plot.note(text, colour)
    boxes: dict[int, list] = {}
    whole, part = [], []
    for i, jobs in enumerate(nodes):
        row, column = divmod(i, wide)
        floor = row * pitch + size
        (part if jobs else whole).append((column + 0.08, column + 0.92, floor - size, floor))
        at = floor
        for want in jobs:
            boxes.setdefault(want, []).append((column + 0.08, column + 0.92, at - want, at))
            at -= want
    plot.rects(part, "edge", opacity=0.06, stroke="rule")
    for want, found in sorted(boxes.items()):
        plot.rects(found, "ink", opacity=SHADES.get(want, 0.88), stroke="paper", width=1)
    plot.rects(whole, "control", opacity=0.14, stroke="control", width=2)
    plot.texts([((a + b) / 2, (c + d) / 2, "✓") for a, b, c, d in whole], "control", align="center", bold=True)
    free = sum(size - sum(jobs) for jobs in nodes)
    most = max(len(jobs) for jobs in nodes)
    alt = f"{title}. {len(nodes)} nodes of {size} GPUs{', ' + when[:1].lower() + when[1:] if when else ''}: {free} GPUs are free, "
    alt += f"{len(whole)} nodes are free as a whole; the fullest node has {most} jobs."
    table = tuple((i, len(jobs), sum(jobs), size - sum(jobs), " + ".join(map(str, jobs)) or "free") for i, jobs in enumerate(nodes, 1))
    columns = (Column("node", "1"), Column("jobs", "1"), Column("GPUs in use", "1"), Column("free", "1"), Column("GPUs of its jobs"))
    return Instrument(plot.spec(alt), title, alt, columns, table)
