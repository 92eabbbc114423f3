"""Two groups on several shares: how far apart they lie on each, and which distance is too far."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels, tick_text
from mlsysim.units import fmt

PITCH = 58.0  # px: words, the two marks, their values


def dumbbell(
    rows: Sequence[tuple[str, float, float]],
    *,
    title: str,
    groups: tuple[str, str],
    too_far: float,
    prediction: tuple[int, int, float] | None = None,
) -> Instrument:
    """Rows (measure, share of the first group, share of the second) from top to bottom on one axis from 0 to 100 %.

    A gap above `too_far` is drawn thick and says so. `prediction` (row, group, share) is what the student said of one mark.
    """
    rows = tuple((name, finite(a, name), finite(b, name)) for name, a, b in need(rows, "the list of measures"))
    x = Scale(0.0, 1.0, False, "Share", tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0)))
    height = PITCH * len(rows)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    plot.note(f"● {groups[0]}   ◆ {groups[1]}")
    marks: tuple[list, list] = ([], [])
    words: list[tuple] = []
    for n, (name, a, b) in enumerate(rows):
        y, gap = PITCH * n + 32, abs(a - b)
        far = gap > too_far
        state = f"{name}: {fmt(100 * gap, '')} points apart" if round(100 * gap, 1) else f"{name}: equal"
        plot.texts([(x.lo, y - 22, state + (", too far" if far else ""))], "arithmetic" if far else "ink", bold=far, halo=True, dx=1)
        plot.rules([(x.lo, y, x.hi, y)], "rule")
        plot.rules([(min(a, b), y, max(a, b), y)], "arithmetic" if far else "edge", width=5 if far else 2.5)
        marks[0].append((a, y))
        marks[1].append((b, y))
        words += _values(x, y + 15, (groups[0][0], a), (groups[1][0], b))
    plot.points(marks[1], "data", shape="diamond", size=330)
    plot.points(marks[0], "control", size=130)
    for align in ("left", "center", "right"):
        plot.texts([w[:3] for w in words if w[3] == align], align=align, dx={"left": 3, "center": 0, "right": -3}[align], halo=True)
    if prediction:
        row, group, said = prediction
        y = PITCH * row + 32
        plot.points([(said, y)], "prediction", shape="triangle-down", size=110, top=True)
        right = x.at(said) > 0.6
        plot.texts(
            [(said, y - 1, f"{you_said(said, 'share')} ({groups[group]})")],
            "prediction",
            align="right" if right else "left",
            dx=-9 if right else 9,
            halo=True,
            top=True,
        )
    said_of = [
        f"{name}: {groups[0]} {fmt(a, 'share')}, {groups[1]} {fmt(b, 'share')}{', too far apart' if abs(a - b) > too_far else ''}" for name, a, b in rows
    ]
    alt = f"{title}. Pairs of marks on an axis from 0 to 100 %: {sentence_list(said_of)}."
    alt += f" Prediction for {rows[prediction[0]][0]}, {groups[prediction[1]]}: {you_said(prediction[2], 'share')}." if prediction else ""
    table = tuple((name, a, b, abs(a - b)) for name, a, b in rows)
    return Instrument(plot.spec(alt), title, alt, (Column("measure"), Column(groups[0], "share"), Column(groups[1], "share"), Column("apart", "share")), table)


def _values(x: Scale, y: float, *marks: tuple[str, float]) -> list[tuple[float, float, str, str]]:
    """The values under their marks; where they would meet, the left one ends and the right one begins at its mark."""
    texts = sorted((value, f"{letter} {fmt(value, 'share')}") for letter, value in marks)
    (a, left), (b, right) = texts
    if fmt(a, "share") == fmt(b, "share"):
        half = CHAR * len(both := f"both {fmt(a, 'share')}") / 2 / NARROW
        return [(a, y, both, "left" if a < half else "right" if a > 1 - half else "center")]
    if (b - a) * NARROW > CHAR * max(len(left), len(right)) + 6:
        sides = ["center", "center"]
    else:
        sides = ["right", "left"]
    out = []
    for (value, text), side in zip(texts, sides, strict=True):
        half = CHAR * len(text) / NARROW
        if side == "center":
            side = "left" if value < half / 2 else "right" if value > 1 - half / 2 else side
        elif side == "right" and value < half:  # no room at the left: both to the right, in one text
            return [(a, y, f"{left}, {right}", "left")]
        elif side == "left" and value > 1 - half:
            return [(b, y, f"{left}, {right}", "right")]
        out.append((value, y, text, side))
    return out
