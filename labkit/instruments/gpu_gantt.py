"""A cluster over time: one box a job, as high as it has GPUs, as wide as it runs; what idles while others wait is hatched."""

from __future__ import annotations

import math
from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need
from labkit.instruments.marks import CHAR
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks
from mlsysim.units import HOUR, fmt

HEIGHT, HEAD, PANEL = 196.0, 28.0, 58.0
SHADES = (0.28, 0.55, 0.85)  # of the ink: small, middle and large jobs


def gpu_gantt(
    blocks: Sequence[tuple[int, float, float, float, int, int]],
    waiting: Sequence[tuple[float, float]],
    window: tuple[float, float],
    *,
    title: str,
    gpus: int,
    sizes: tuple[int, int],
) -> Instrument:
    """Times in seconds. Blocks (GPUs of the job, held from, runs from, to, first GPU, last GPU + 1) within the window.

    `waiting` are steps (time, GPUs that waiting jobs ask for).

    `sizes` are the most GPUs of a small job and the fewest of a large one. What a job holds without running is lined in colour.
    """
    blocks, (start, end) = need(blocks, "the list of blocks"), window
    low = -gpus * (HEAD + PANEL) / HEIGHT
    step = 6 * HOUR if end - start > 24 * HOUR else HOUR
    ticks = [step * n for n in range(math.ceil(start / step), math.floor(end / step) + 1)]
    x = Scale(start, end, False, "Time", tuple((t, f"{t / HOUR:g}\u202fh") for t in ticks), False)
    y = Scale(low, float(gpus), False, "GPUs", tuple((float(v), f"{v}") for v in range(0, gpus + 1, max(1, gpus // 4))), False)
    plot = Plot(x, y, HEIGHT + HEAD + PANEL)
    spans = [(a, b, many) for (a, many), (b, _) in zip(waiting, [*waiting[1:], (end, 0)], strict=True) if b > a]
    wanted = _merged([(a, b) for a, b, many in spans if many > 0])
    for a, b in wanted:
        plot.hatch([(a, b, 0.0, gpus)], spacing=7, opacity=0.8, colour="control")
    plot.rects([(held, to, first, last) for _, held, _, to, first, last in blocks], "paper")
    for shade, inside in zip(SHADES, (lambda n: n <= sizes[0], lambda n: sizes[0] < n < sizes[1], lambda n: n >= sizes[1]), strict=True):
        running = [(runs, to, first, last) for n, _, runs, to, first, last in blocks if inside(n) and to > runs]
        plot.rects(running, "ink", opacity=shade, stroke="paper", width=0.6)
    held = [(a, b, first, last) for _, a, b, _, first, last in blocks if b > a]
    plot.rects(held, "arithmetic", opacity=0.12, stroke="arithmetic", width=0.6)
    plot.hatch(held, spacing=6, opacity=0.9, colour="arithmetic")
    plot.rects([(start, end, 0.0, float(gpus))], "edge", opacity=0, stroke="edge")
    _sizes(plot, blocks, sizes[1])
    _asked(plot, waiting, (start, end), gpus, low)
    plot.note(f"Boxes: jobs; strong from {sizes[1]} GPUs, faint up to {sizes[0]}")
    plot.note("Lined and boxed: held, not working" if held else "Lined: idle while jobs wait", "arithmetic" if held else "control")
    top = max((many for _, _, many in spans), default=0)
    busy = sum((to - runs) * (last - first) for _, _, runs, to, first, last in blocks) / (gpus * (end - start))
    kept = sum((b - a) * (d - c) for a, b, c, d in held) / (gpus * (end - start))
    alt = f"{title}. {gpus} GPUs from {fmt(start, 's')} to {fmt(end, 's')}: {len(blocks)} boxes, {fmt(busy, 'share')} of the area in use"
    alt += f", {fmt(kept, 'share')} held without work" if held else ""
    alt += f". Jobs wait in {fmt(sum(b - a for a, b in wanted) / (end - start), 'share')} of the time; at most {top} GPUs are asked for."
    table = tuple((n, held, runs, to, last - first) for n, held, runs, to, first, last in sorted(blocks, key=lambda b: b[1]))
    columns = (Column("GPUs of the job", "1"), Column("held from", "s"), Column("runs from", "s"), Column("to", "s"), Column("GPUs of this box", "1"))
    return Instrument(plot.spec(alt), title, alt, columns, table)


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for a, b in spans:
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], b)
        else:
            found.append((a, b))
    return found


def _sizes(plot: Plot, blocks: Sequence[tuple], large: int) -> None:
    """The number of GPUs on large boxes, shown from the width at which it fits."""
    groups: dict[int, list[tuple]] = {}
    for n, _, runs, to, first, last in blocks:
        share = plot.x.at(to) - plot.x.at(runs)
        if n >= large and 2 * (last - first) > n and share > 0:
            wide = -(-(CHAR * len(str(n)) + 4) // (share * 120)) * 120
            if wide <= 900:
                groups.setdefault(int(wide), []).append(((runs + to) / 2, (first + last) / 2, str(n)))
    for wide, items in groups.items():
        plot.texts(items, "paper", align="center", bold=True, from_width=wide)


def _asked(plot: Plot, waiting: Sequence[tuple[float, float]], window: tuple[float, float], gpus: int, low: float) -> None:
    """Under the boxes: the GPUs that waiting jobs ask for."""
    top = max([many for _, many in waiting] + [1]) * 1.1
    floor, ceiling = low * 0.99, low * HEAD / (HEAD + PANEL)
    place = lambda v: floor + (ceiling - floor) * v / top  # noqa: E731 - used in three places
    ticks = [t for t in linear_ticks(0.0, top, "1", 2) if t <= top]
    plot.rules([(window[0], place(t), window[1], place(t)) for t in ticks], "rule")
    points = [(t, place(many)) for t, many in waiting]
    plot.line([*points, (window[1], points[-1][1])] if points else [], "control", width=2, step=True)
    plot.texts([(window[1], place(t), f"{t:g}") for t in ticks], "muted", align="right", halo=True, dx=-2)
    plot.texts([(window[0], ceiling - ceiling * 0.45, "GPUs that waiting jobs ask for")], halo=True, dx=1)
