"""Several wholes, each split into the same parts as shares, one row a whole."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels, tick_text
from mlsysim.units import fmt

PITCH, THICK = 50.0, 20.0  # px: a row with its words


def split_rows(
    rows: Sequence[tuple[str, str, Sequence[float]]],
    *,
    title: str,
    parts: Sequence[tuple[str, str]],
    you: str | None = None,
    prediction: tuple[str, float] | None = None,
    said: str = "",
) -> Instrument:
    """Rows (name, words beside it, amount of each part); `parts` are (label, style) in the order of the amounts.

    `prediction` (row, share) is a mark on that row at the share counted from the left; `said` replaces its words.
    """
    rows = tuple((name, beside, tuple(finite(v, name) for v in amounts)) for name, beside, amounts in need(rows, "the list of rows"))
    x = Scale(0.0, 1.0, False, "Share", tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0)), False)
    head = 18.0
    height = head + PITCH * len(rows) + (16 if prediction else 0)
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    for i, (label, style) in enumerate(parts):
        at = i / len(parts)
        plot.bars([(at, at + 0.055, 8.0, style)], 11)
        plot.texts([(at + 0.055, 8.0, label)], dx=4)
    bars, y, place = [], head, {}
    for name, beside, amounts in rows:
        total, at = sum(amounts) or 1.0, 0.0
        plot.texts([(x.lo, y + 11, f"{name} · {beside}")], "control" if name == you else "ink", bold=name == you, halo=True, dx=1)
        middle = y + 20 + THICK / 2
        for (_, style), amount in zip(parts, amounts, strict=True):
            bars.append((at, at + amount / total, middle, style))
            text = fmt(amount / total, "share")
            if amount / total * NARROW > CHAR * len(text) + 6:
                plot.texts([(at + amount / total / 2, middle, text)], align="center", bold=True, halo=True, top=True)
            at += amount / total
        if name == you:
            plot.rects([(0.0, 1.0, y + 18, y + 22 + THICK)], "control", opacity=0, stroke="control", width=2)
        place[name] = y + 20
        y += PITCH + (16 if prediction and prediction[0] == name else 0)
    plot.bars(bars, THICK)
    if prediction and prediction[0] in place:
        top, at = place[prediction[0]], min(1.0, prediction[1])
        words = said or you_said(prediction[1], "share")
        right = at * NARROW + CHAR * len(words) > NARROW
        plot.points([(at, top + THICK + 7)], "prediction", shape="triangle-up", size=90, top=True)
        plot.texts([(at, top + THICK + 11, words)], "prediction", align="right" if right else "left", dx=-10 if right else 10, halo=True, top=True)
    words = [
        f"{name}, {beside}: " + ", ".join(f"{label} {fmt(v / (sum(amounts) or 1.0), 'share')}" for (label, _), v in zip(parts, amounts, strict=True))
        for name, beside, amounts in rows
    ]
    alt = f"{title}. Bars from 0 to 100 %: {sentence_list(words)}."
    alt += f" Your choice: {you}." if you else ""
    alt += f" Prediction for {prediction[0]}: {you_said(prediction[1], 'share')}." if prediction else ""
    table = tuple((name, label, v / (sum(amounts) or 1.0)) for name, _, amounts in rows for (label, _), v in zip(parts, amounts, strict=True))
    return Instrument(plot.spec(alt), title, alt, (Column("row"), Column("part"), Column("share", "share")), table)
