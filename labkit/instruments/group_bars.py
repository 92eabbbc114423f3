"""One measure of several groups as bars, with the repeats that it is the mean of: which group the mean hides."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels, tick_text
from mlsysim.units import fmt

ROW, SHARE = 34.0, "share"


def group_bars(
    rows: Sequence[tuple[str, float, Sequence[float], str]],
    *,
    title: str,
    quantity: str,
    item: str = "group",
    mean: tuple[float, str] | None = None,
    floor: tuple[float, str] | None = None,
    prediction: float | None = None,
    repeat: str = "pool",
) -> Instrument:
    """Rows (group, share, the same in each repeat, words about the group); the lowest is named. All values are shares.

    `mean` and `floor` (share, label) are lines to compare with: a full one, and a dashed one.
    """
    rows = need(rows, "the list of groups")
    for name, value, _, _ in rows:
        finite(value, name)
    lowest = min(rows, key=lambda r: r[1])[0]
    x = Scale(0.0, 1.0, False, quantity, tuple((t, tick_text(t, "share")) for t in (0.0, 0.25, 0.5, 0.75, 1.0)), True)
    height = ROW * len(rows)
    plot = Plot(x, pixels(height), height)
    middle = {name: ROW * i + 23.0 for i, (name, *_) in enumerate(rows)}
    plot.bars([(0.0, value, middle[name], "ink:solid" if name == lowest else "edge:open") for name, value, _, _ in rows if value > 0], 12)
    spots = [(v, middle[name]) for name, _, each, _ in rows for v in each]
    plot.points(spots, "paper", size=44)  # a ring on a dark bar needs a light disc
    plot.points(spots, "muted", size=34, filled=False)
    for name, value, _, words in rows:
        low = name == lowest
        line = f"{name}: {fmt(value, 'share')}{', lowest' if low else ''} · {words}"
        plot.texts([(0.0, middle[name] - 14, line)], "ink" if low else "muted", bold=low, dx=1, halo=True)
    plot.note(f"○ each {repeat}", "muted")
    if mean:
        plot.flag(mean[0], f"{mean[1]} {fmt(mean[0], 'share')}", "control")
    if floor:
        plot.flag(floor[0], floor[1], "ink", "dash")
    if prediction is not None:
        plot.flag(prediction, you_said(prediction, "share"), "prediction", "dash")
    alt = f"{title}. {len(rows)} bars, {inside(quantity)}, from 0 to 100 %: {sentence_list([f'{n} {fmt(v, SHARE)}' for n, v, _, _ in rows])}. Lowest: {lowest}."
    alt += f" Line: {mean[1]}, {fmt(mean[0], 'share')}." if mean else ""
    alt += f" Dashed line: {floor[1]}." if floor else ""
    alt += f" Prediction: {you_said(prediction, 'share')}." if prediction is not None else ""
    count = max(len(each) for _, _, each, _ in rows)
    table = tuple((n, v, *(list(each) + [""] * (count - len(each))), words) for n, v, each, words in rows)
    columns = (Column(item), Column(inside(quantity), "share"), *(Column(f"{repeat} {i + 1}", "share") for i in range(count)), Column("about it"))
    return Instrument(plot.spec(alt), title, alt, columns, table)
