"""A forest plot: a measured share a row with its interval, the rows with most data on top."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, tick_text
from mlsysim.units import fmt

PITCH = 9.5  # px a row


def forest(
    rows: Sequence[tuple],
    *,
    title: str,
    quantity: str,
    count: str,
    limit: LimitLike = None,
    truth: tuple[float, str] | None = None,
    mean: tuple[float, str] | None = None,
    prediction: float | None = None,
    missing: str = "",
) -> Instrument:
    """Rows (name, count, share, lower end, upper end, claimed, marked) from top to bottom; `count` says what is counted.

    A claimed row is drawn thick with a diamond, a marked one has its name in it. `truth` and `mean` (value, label) are lines; `missing` is a line of words.
    """
    rows = tuple((r[0], r[1], finite(r[2], r[0]), *r[3:]) for r in need(rows, "the list of rows"))
    bound = as_limit(limit)
    x = Scale(0.0, 1.0, False, quantity, tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0)))
    firsts = [n for n, r in enumerate(rows) if n == 0 or r[1] != rows[n - 1][1]]
    ticks, last = [], -9.0
    for n in firsts:
        if (n - last) * PITCH >= 15:
            ticks.append((PITCH * (n + 0.5), f"{rows[n][1]:,}"))
            last = n
    height = PITCH * len(rows) + 4
    plot = Plot(x, Scale(0.0, height, False, f"{count}, a row a cell", tuple(ticks), False, True), height, y_axis={"ticks": False, "domain": False})
    plot.limit_x(bound)
    if truth:
        plot.flag(truth[0], truth[1], "muted", "dot")
    if mean:
        plot.flag(mean[0], mean[1], "ink", "short")
    if prediction is not None:
        plot.flag(prediction, you_said(prediction, "share"), "prediction", "dash")
    if missing:
        plot.note(missing, "arithmetic")
    at = [PITCH * (n + 0.5) for n in range(len(rows))]
    plain = [(r[3], y, r[4], y) for r, y in zip(rows, at, strict=True) if not r[5]]
    plot.rules(plain, "edge", width=1.5)
    plot.points([(r[2], y) for r, y in zip(rows, at, strict=True) if not r[5]], "data", size=34)
    claimed = [(r, y) for r, y in zip(rows, at, strict=True) if r[5]]
    plot.rules([(r[3], y, r[4], y) for r, y in claimed], "arithmetic", width=4)
    plot.points([(r[2], y) for r, y in claimed], "arithmetic", shape="diamond", size=120, top=True)
    for r, y in zip(rows, at, strict=True):
        if r[6]:
            plot.texts([(min(r[3], 0.55), y, "weak cell ▸")], "control", align="right", dx=-5, bold=True, halo=True, top=True)
    words = [f"{r[0]}, {r[1]:,} counted: {fmt(r[2], 'share')} ({fmt(r[3], 'share')} to {fmt(r[4], 'share')})" for r in rows if r[5]]
    alt = f"{title}. {len(rows)} intervals of {inside(quantity)}, most data on top: {rows[0][1]:,} counted in the first row, {rows[-1][1]:,} in the last."
    alt += f" Claimed, thick with a diamond: {sentence_list(words)}." if words else " None is claimed."
    alt += f" {missing}." if missing else ""
    alt += limit_sentence(bound, "share")
    alt += "".join(f" Line: {label}, {fmt(value, 'share')}." for value, label in (truth, mean) if label) if truth and mean else ""
    alt += f" Prediction: {you_said(prediction, 'share')}." if prediction is not None else ""
    table = tuple((r[0], r[1], r[2], r[3], r[4], "claimed" if r[5] else "") for r in rows)
    return Instrument(
        plot.spec(alt),
        title,
        alt,
        (Column("cell"), Column(count.lower(), "1"), Column("measured", "share"), Column("from", "share"), Column("to", "share"), Column("claim")),
        table,
    )
