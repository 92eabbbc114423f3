"""Lines of a program over a memory: which values stay in a kernel, and which make the trip down to memory and back."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale

_HEIGHT, _NODE, _BOX, _RAIL = 220.0, 86.0, (14.0, 112.0), (182.0, 216.0)  # px from the top


def trips(
    lines: Sequence[str],
    kernels: Sequence[tuple[int, int]],
    reads: Sequence[tuple[str, int]],
    writes: Sequence[tuple[str, int]],
    uses: Sequence[tuple[str, int, int]],
    *,
    title: str,
    breaks: Sequence[int] = (),
    break_word: str = "print",
    memory: str = "memory",
    note: str = "",
) -> Instrument:
    """Lines (what each does) left to right, counted from 1, in the boxes of their kernels (first, last).

    `reads` (value, line that needs it) rise from the memory, `writes` (value, line that makes it) fall into it. `uses` (value,
    maker, user) within a kernel are arcs. `breaks` are lines after which something stops the kernel.
    """
    lines, kernels = need(lines, "the list of lines"), need(kernels, "the list of kernels")
    count = len(lines)
    ticks = tuple((float(n), str(n)) for n in range(1, count + 1))
    plot = Plot(Scale(0.4, count + 0.6, False, "Line of the program", ticks, False), Scale(0.0, _HEIGHT, reverse=True), _HEIGHT, x_axis={"labelAngle": 0})
    home = {n: k for k, (first, last) in enumerate(kernels) for n in range(first, last + 1)}
    plot.rects([(first - 0.44, last + 0.44, *_BOX) for first, last in kernels], "overhead", opacity=0.08, stroke="overhead", width=1.5)
    inner = [u for u in uses if home[u[1]] == home[u[2]]]
    for _, start, end in inner:
        plot.line(_arc(start, end), "muted", width=1.5)
    plot.rects([(0.5, count + 0.5, *_RAIL)], "data", opacity=0.14, stroke="data")
    up, down, names = [], [], []
    for n in range(1, count + 1):
        here_up, here_down = [v for v, at in reads if at == n], [v for v, at in writes if at == n]
        ribbons = [*((v, True) for v in here_up), *((v, False) for v in here_down)]
        for i, (value, rising) in enumerate(ribbons):
            at = n + (i - (len(ribbons) - 1) / 2) * 0.27
            (up if rising else down).append(at)
            names.append((at, value))
    for places, colour, shape, head, tail in ((up, "data", "triangle-up", _BOX[1] + 5, _RAIL[0]), (down, "arithmetic", "triangle-down", _RAIL[0] - 5, _BOX[1])):
        plot.rules([(at, head, at, tail) for at in places], colour, width=3.5)
        plot.points([(at, head) for at in places], colour, shape=shape, size=70)
    crowded = len(names) > 12
    plot.texts([(at, (_RAIL[0] + _RAIL[1]) / 2, value) for at, value in names], align="center", from_width=620 if crowded else 0)
    plot.points([(float(n), _NODE) for n in range(1, count + 1)], "muted", size=26)
    plot.texts([(float(n), _NODE + 14, word) for n, word in enumerate(lines, 1)], align="center", halo=True)
    for n in sorted(set(breaks)):
        plot.flag(n + 0.5, break_word, "control", "dash")
    plot.note(note or f"↑ {len(up)} read from {memory}, ↓ {len(down)} written to it")
    boxes = [f"lines {a} to {b}" if a < b else f"line {a}" for a, b in kernels]
    alt = f"{title}. {count} lines from left to right in {len(kernels)} boxes, one a kernel: {sentence_list(boxes)}. "
    alt += f"{len(up)} arrows rise from the {memory} and {len(down)} fall into it; {len(inner)} uses stay inside a kernel."
    alt += f" Stopped by {break_word} after line {', '.join(map(str, sorted(set(breaks))))}." if breaks else ""
    table = [(f"kernel {home[n] + 1}", value, "read", n) for value, n in reads] + [(f"kernel {home[n] + 1}", value, "written", n) for value, n in writes]
    rows = tuple(sorted(table, key=lambda row: (row[3], row[2])))
    return Instrument(plot.spec(alt), title, alt, (Column("kernel"), Column("value"), Column("trip"), Column("at line", "1")), rows)


def _arc(start: int, end: int) -> list[tuple[float, float]]:
    """From one line to another over the lines between them."""
    rise = min(62.0, 9.0 * (end - start) - 5)
    return [(start + (end - start) * k / 10, _NODE - rise * (1 - (k / 5 - 1) ** 2)) for k in range(11)]
