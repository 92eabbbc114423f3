"""What fills a memory (or a budget), against what there is."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.marks import CHAR, NARROW, style_of
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

Part = tuple[str, float, str]  # label, amount, style
PART_STYLES = ("data:solid", "arithmetic:hatch", "overhead:dots", "edge:open", "muted:solid", "control:hatch")


def memory_stack(
    stacks: Sequence[tuple[str, Sequence[tuple]]],
    *,
    title: str,
    capacity: LimitLike,
    unit: str = "B",
    quantity: str = "Memory",
    you: str | None = None,
    prediction: float | None = None,
    ghost: float | None = None,
) -> Instrument:
    """Horizontal stacks (name, parts) on one axis from zero; a part is (label, amount) or (label, amount, style).

    `capacity` (value, label) is the line that the stack must stay under; beyond it is hatched. Every part is named with
    its amount under its stack; in the stack it carries its letter a, b, c … in this order.
    """
    stacks = tuple((name, _styled(need(parts, f"the stack {name!r}"))) for name, parts in need(stacks, "the list of stacks"))
    bound = as_limit(capacity)
    totals = {name: sum(finite(amount, label) for label, amount, _ in parts) for name, parts in stacks}
    x = number_scale(
        [*totals.values(), *(v for v in (bound and bound.value, prediction, ghost) if v is not None)], unit, quantity, zero=True
    )
    listed = len(stacks) <= 2
    pairs = all(
        CHAR * (len(label) + 11) < NARROW / 2 for _, parts in stacks for label, _, _ in parts
    )  # two columns of names fit a narrow page
    lines = [((len(parts) + 1) // 2 if pairs else len(parts)) if listed else 0 for _, parts in stacks]
    head, thick, line, gap = 18.0, 26.0 if len(stacks) <= 3 else 16.0, 16.0, 8.0
    height = sum(head + thick + line * n + gap for n in lines)
    plot = Plot(x, pixels(height), height, x_axis={"grid": False})
    if bound:
        plot.limit_x(bound)
    plot.said_x(prediction, unit)
    if ghost is not None:
        plot.flag(ghost, f"before {fmt(ghost, unit)}", "muted", "dot")
    y = 0.0
    letters: dict[bool, list[tuple]] = {True: [], False: []}
    for (name, parts), count in zip(stacks, lines, strict=True):
        state = f"{name} · {fmt(totals[name], unit)}"
        if bound:
            state += f" of {fmt(bound.value, unit)}" if not bound.breaks(totals[name]) else f", has {fmt(bound.value, unit)}"
        plot.texts([(x.lo, y + 9, state)], "control" if name == you else "ink", bold=name == you, halo=True, dx=1)
        middle, at, keys = y + head + thick / 2, 0.0, []
        bars = []
        for i, (label, amount, style) in enumerate(parts):
            bars.append((at, at + amount, middle, style))
            if (x.at(at + amount) - x.at(at)) * NARROW > 12:
                letters[style_of(style)[1] == "solid"].append((at + amount / 2, middle, _letter(i)))
            keys.append((i, f"{_letter(i)} {label} {fmt(amount, unit)}"))
            at += amount
        plot.bars(bars, thick)
        if count:
            for i, text in keys:
                column, row = divmod(i, count)
                plot.texts([(x.back(0.52 * column), y + head + thick + 10 + line * row, text)], halo=True, dx=1)
        y += head + thick + line * count + gap
    plot.texts(letters[True], "paper", align="center", bold=True)
    plot.texts(letters[False], "ink", align="center", bold=True, halo=True)
    words = [
        f"{name}: "
        + ", ".join(f"{label} {fmt(amount, unit)}" for label, amount, _ in parts)
        + f", together {fmt(totals[name], unit)}"
        + (f" ({'over' if bound.breaks(totals[name]) else 'within'} the limit)" if bound else "")
        for name, parts in stacks
    ]
    alt = f"{title}. Stacks of {inside(quantity)}, axis from 0 to {fmt(x.hi, unit)}. {sentence_list(words)}."
    alt += f" Your choice: {you}." if you else ""
    alt += f" Before the last move: {fmt(ghost, unit)}." if ghost is not None else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit, totals.values())
    table = tuple(
        (name, label, amount, amount / totals[name] if totals[name] else 0.0) for name, parts in stacks for label, amount, _ in parts
    )
    return Instrument(
        plot.spec(alt), title, alt, (Column("stack"), Column("part"), Column(inside(quantity), unit), Column("share", "share")), table
    )


def _styled(parts: Sequence[tuple]) -> tuple[Part, ...]:
    return tuple((part[0], part[1], part[2] if len(part) > 2 else PART_STYLES[i % len(PART_STYLES)]) for i, part in enumerate(parts))


def _letter(i: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[i % 26]
