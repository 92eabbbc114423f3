"""One thing cut into stretches, measured twice: its share by one measure above, by another below, borders joined."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need, sentence_list
from labkit.instruments.marks import CHAR, NARROW, style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels, tick_text
from mlsysim.units import fmt

_UPPER, _LOWER, _THICK, _FIRST, _ROW = 34.0, 112.0, 26.0, 146.0, 17.0  # px from the top


def two_scales(
    parts: Sequence[tuple[str, float, float, str]],
    *,
    title: str,
    above: str,
    below: str,
    unit: str = "s",
    marks: Sequence[float] = (),
    mark_word: str = "",
    flag: tuple[float, str] | None = None,
) -> Instrument:
    """Parts (label, share above, amount below, style) in order; the amounts are drawn as shares of their sum.

    `marks` are shares of the upper bar at which thin lines stand, named by `mark_word`; `flag` (share above, label) points at one.
    Every part is named beneath, also one too thin to see.
    """
    parts = tuple((label, finite(a, label), finite(b, label), style) for label, a, b, style in need(parts, "the list of parts"))
    total = sum(b for _, _, b, _ in parts) or 1.0
    height = _FIRST - 8 + _ROW * len(parts)
    ticks = tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0))
    x = Scale(0.0, 1.0, False, "Share", ticks, False)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    up = low = 0.0
    upper, lower, links, letters = [], [], [], {True: [], False: []}
    for n, (label, a, b, style) in enumerate(parts):
        share, letter = b / total, "abcdefghij"[n % 10]
        upper.append((up, up + a, _UPPER, style))
        lower.append((low, low + share, _LOWER, style))
        for at, wide, y in ((up, a, _UPPER), (low, share, _LOWER)):
            if wide * NARROW > CHAR + 6:
                letters[style_of(style)[1] == "solid"].append((at + wide / 2, y, letter))
        up, low = up + a, low + share
        links.append((min(1.0, up), _UPPER + _THICK / 2, min(1.0, low), _LOWER - _THICK / 2))
        measured = f"{fmt(a, 'share')} of the {above.lower()} · " if a else ""
        plot.texts([(0.0, _FIRST + _ROW * n, f"{letter} {label} · {measured}{fmt(b, unit)}")], dx=1, halo=True)
    plot.rules([(0.0, _UPPER + _THICK / 2, 0.0, _LOWER - _THICK / 2), *links], "edge", width=1.2)
    plot.bars([b for b in upper if b[1] > b[0]], _THICK)
    plot.bars([b for b in lower if b[1] > b[0]], _THICK)
    plot.rules([(m, _UPPER - _THICK / 2, m, _UPPER + _THICK / 2) for m in marks if 0 < m < 1], "paper", width=1)
    plot.texts(letters[True], "paper", align="center", bold=True)
    plot.texts(letters[False], align="center", bold=True, halo=True)
    plot.texts([(0.0, _UPPER - _THICK / 2 - 9, above + (f" (lines: {mark_word})" if marks and mark_word else ""))], dx=1, halo=True)
    plot.texts([(0.0, _LOWER - _THICK / 2 - 9, f"{below}: {fmt(total, unit)}")], dx=1, halo=True)
    if flag:
        right = flag[0] > 0.5
        plot.points([(flag[0], _UPPER + _THICK / 2 + 5)], "control", shape="triangle-up", size=80, top=True)
        align, dx = ("right", -9) if right else ("left", 9)
        plot.texts([(flag[0], _UPPER + _THICK / 2 + 7, flag[1])], "control", align=align, dx=dx, bold=True, halo=True, top=True)
    words = [f"{label} {fmt(a, 'share')} above, {fmt(b, unit)} ({fmt(b / total, 'share')}) below" for label, a, b, _ in parts]
    alt = f"{title}. Two bars with joined borders, {above.lower()} above and {below.lower()} ({fmt(total, unit)}) below: {sentence_list(words)}."
    alt += f" Marked: {flag[1]}." if flag else ""
    table = tuple((label, a, b, b / total) for label, a, b, _ in parts)
    columns = (Column("part"), Column(above.lower(), "share"), Column(below.lower(), unit), Column("share below", "share"))
    return Instrument(plot.spec(alt), title, alt, columns, table)
