"""Two shares of each item against each other, and one whole split into its parts."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list, you_said
from labkit.instruments.marks import NARROW, style_of
from labkit.instruments.memory_stack import PART_STYLES
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, linear_ticks, pixels, tick_text
from mlsysim.units import fmt

_FILLS = {"solid": "filled", "hatch": "hatched", "dots": "dotted", "open": "open", "idle": "open"}


def paired_shares(
    items: Sequence[tuple],
    *,
    title: str,
    up: str,
    down: str,
    item: str = "layer",
    you: str | None = None,
    prediction: float | None = None,
    key: Sequence[tuple[str, str]] = (),
) -> Instrument:
    """Items in order, left to right: (name, share up, share down) or (name, share up, share down, style).

    One share grows upwards, the other downwards, so that a mismatch is a lopsided column. `up` and `down` say what they
    are shares of. `prediction` is a share of the total below (a line of words, as no single bar shows it).
    """
    items = tuple((i[0], finite(i[1], i[0]), finite(i[2], i[0]), i[3] if len(i) > 3 else "other") for i in need(items, "the list of items"))
    top, bottom = max(i[1] for i in items) or 0.01, max(i[2] for i in items) or 0.01
    step = max(1, round(len(items) / 6))
    names = tuple((float(n), str(n + 1)) for n in range(0, len(items), step))
    x = Scale(-0.7, len(items) - 0.3, False, f"{item}, in order", names, False)
    lo, hi = -bottom * 1.12, top * 1.12
    ticks = tuple((t, tick_text(abs(t), "share")) for t in linear_ticks(lo, hi, "share", 5))
    plot = Plot(x, Scale(lo, hi, False, "", ticks), 240.0)
    half = 0.4
    boxes: dict[str, list[tuple]] = {}
    for n, (_, a, b, style) in enumerate(items):
        boxes.setdefault(style, []).extend([(n - half, n + half, 0.0, a), (n - half, n + half, 0.0, -b)])
    for style, found in boxes.items():
        colour, pattern = style_of(style)
        if pattern == "solid":
            plot.rects(found, colour)
        else:
            plot.rects(found, colour, opacity=0.12, stroke=colour)
            gap = (hi - lo) / 60
            if pattern in ("hatch", "dots"):
                lines = [
                    (a, s * (i + 0.5) * gap, b, s * (i + 0.5) * gap)
                    for a, b, _, v in found
                    for s in ((1 if v > 0 else -1),)
                    for i in range(int(abs(v) / gap))
                ]
                plot.rules(lines, colour, width=1.3, dash="dot" if pattern == "dots" else "solid")
    plot.rules([(x.lo, 0.0, x.hi, 0.0)], "ink", width=1.5)
    picked = next((n for n, i in enumerate(items) if i[0] == you), None)
    if picked is not None:
        plot.rects(
            [(picked - 0.5, picked + 0.5, -items[picked][2] - 0.02 * (hi - lo), items[picked][1] + 0.02 * (hi - lo))],
            "control",
            opacity=0,
            stroke="control",
            width=2.5,
        )
    plot.note(f"↑ {up}   ↓ {down}")
    for style, word in key:
        colour, pattern = style_of(style)
        total_up, total_down = (sum(i[k] for i in items if i[3] == style) for k in (1, 2))
        plot.note(
            f"{word} ({_FILLS[pattern]}): {fmt(total_up, 'share')} ↑ {fmt(total_down, 'share')} ↓", "muted" if colour == "edge" else colour
        )
    if prediction is not None:
        plot.note(you_said(prediction, "share"), "prediction")
    worst = sorted(items, key=lambda i: i[2] - i[1], reverse=True)[:3]
    words = [f"{name}: {fmt(a, 'share')} up, {fmt(b, 'share')} down" for name, a, b, _ in worst]
    alt = f"{title}. {len(items)} columns, one per {item}: {up} upwards to {fmt(top, 'share')}, "
    alt += f"{down} downwards to {fmt(bottom, 'share')}. Largest gaps: {sentence_list(words)}."
    if picked is not None:
        alt += f" Your {item}, framed: {you}, {fmt(items[picked][1], 'share')} up, {fmt(items[picked][2], 'share')} down."
    alt += f" Prediction: {you_said(prediction, 'share')}." if prediction is not None else ""
    return Instrument(plot.spec(alt), title, alt, (Column(item), Column(up, "share"), Column(down, "share")), tuple(i[:3] for i in items))


def split_bar(
    parts: Sequence[tuple], *, title: str, unit: str = "J", quantity: str = "Energy", prediction: tuple[str, float] | None = None
) -> Instrument:
    """One whole as a bar of shares: (label, amount) or (label, amount, style); every part is named beneath, also one too thin to see.

    `prediction` (label of the part, share) marks where the student saw that part end.
    """
    styled = [
        (p[0], finite(p[1], p[0]), p[2] if len(p) > 2 else PART_STYLES[i % len(PART_STYLES)])
        for i, p in enumerate(need(parts, "the list of parts"))
    ]
    total = sum(amount for _, amount, _ in styled) or 1.0
    ticks = tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0))
    x = Scale(0.0, 1.0, False, f"Share of {fmt(total, unit)}", ticks, False)
    height = 40.0 + 17 * len(styled)
    plot = Plot(x, pixels(height), height)
    bars, letters, at = [], {True: [], False: []}, 0.0
    for i, (label, amount, style) in enumerate(styled):
        share = amount / total
        bars.append((at, at + share, 16.0, style))
        if share * NARROW > 14:
            letters[style_of(style)[1] == "solid"].append((at + share / 2, 16.0, "abcdefghij"[i % 10]))
        plot.texts([(0.0, 44.0 + 17 * i, f"{'abcdefghij'[i % 10]} {label} · {fmt(amount, unit)} · {fmt(share, 'share')}")], dx=1, halo=True)
        if prediction and prediction[0] == label:
            plot.flag(min(1.0, at + prediction[1]), f"{label}: {you_said(prediction[1], 'share')}", "prediction", "dash")
        at += share
    plot.bars(bars, 26)
    plot.texts(letters[True], "paper", align="center", bold=True)
    plot.texts(letters[False], align="center", bold=True, halo=True)
    words = [f"{label} {fmt(amount, unit)} ({fmt(amount / total, 'share')})" for label, amount, _ in styled]
    alt = f"{title}. {quantity} of {fmt(total, unit)} split: {sentence_list(words)}."
    alt += f" Prediction for {prediction[0]}: {you_said(prediction[1], 'share')}." if prediction else ""
    table = tuple((label, amount, amount / total) for label, amount, _ in styled)
    return Instrument(plot.spec(alt), title, alt, (Column("part"), Column(inside(quantity), unit), Column("share", "share")), table)
