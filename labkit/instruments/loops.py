"""Work that goes back: stages as lanes over time, each return an arrow up to the stage where the work starts again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

PITCH, HEAD, THICK, KEY = 36.0, 16.0, 15.0, 20.0  # px: a lane, its name, its bars, the row that says what patterns mean
SPACE = 19.0  # px that a letter needs between returns; with less, the counts above must do
FIRST, AGAIN = "edge:solid", "overhead:dots"
LETTERS = "abcdefghij"


def loops(
    lanes: Sequence[str],
    bars: Sequence[tuple[str, float, float, bool]],
    backs: Sequence[tuple[float, str, str, str]],
    *,
    title: str,
    unit: str,
    x_name: str,
    notes: dict[str, str] | None = None,
    reference: tuple[float, str] | None = None,
) -> Instrument:
    """`bars` are (lane, start, end, done before?), `backs` (when, from lane, to lane, cause).

    Causes get letters at their arrows, named above with their number. `notes` adds words to the name of a lane.
    """
    lanes, bars = need(lanes, "the list of lanes"), need(bars, "the list of bars")
    stray = {lane for b in bars for lane in (b[0],)} | {lane for b in backs for lane in b[1:3]}
    if not stray <= set(lanes):
        raise ValueError(f"lanes {', '.join(sorted(stray - set(lanes)))} are not among {', '.join(lanes)}")
    last = max(finite(b[2], "the end of a bar") for b in bars)
    x = number_scale([0.0, last, *([reference[0]] if reference else [])], unit, x_name, zero=True, pad=0.02, grid=False)
    height = KEY + PITCH * len(lanes)
    middle = {lane: KEY + PITCH * i + HEAD + (PITCH - HEAD) / 2 for i, lane in enumerate(lanes)}
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    counts = Counter(cause for *_, cause in backs)
    letter = {cause: LETTERS[i % len(LETTERS)] for i, cause in enumerate(counts)}
    for cause, times in counts.items():
        plot.note(f"{letter[cause]}  {cause}{f', {times}×' if times > 1 else ''}")
    for i, (style, word) in enumerate(((FIRST, "first time"), (AGAIN, "done again"))):
        plot.bars([(x.back(0.42 * i), x.back(0.42 * i + 0.07), 9.0, style)], 11)
        plot.texts([(x.back(0.42 * i + 0.07), 9.0, word)], dx=4, halo=True)
    plot.rules([(x.lo, m + PITCH / 2 - HEAD / 2, x.hi, m + PITCH / 2 - HEAD / 2) for m in middle.values()], "rule")
    plot.bars([(a, b, middle[lane], AGAIN if again else FIRST) for lane, a, b, again in bars if b > a], THICK)
    extra = notes or {}
    plot.rules([(at, middle[low], at, middle[up] + 6) for at, low, up, _ in backs], "ink", width=1.5, top=True)
    plot.points([(at, middle[up] + 6) for at, _, up, _ in backs], "ink", shape="triangle-up", size=60, top=True)
    letters = [(at, (middle[low] + middle[up]) / 2 + 4, letter[cause]) for at, low, up, cause in backs]
    plot.texts(letters, align="right", dx=-3, bold=True, halo=True, top=True, from_width=SPACE * len(backs))
    plot.texts([(x.lo, m - THICK / 2 - 8, f"{lane}{' · ' + extra[lane] if lane in extra else ''}") for lane, m in middle.items()], dx=1, halo=True, top=True)
    if reference:
        plot.flag(reference[0], reference[1], "muted", "dash")
    words = [f"at {fmt(at, unit)} from {low} to {up}: {cause}" for at, low, up, cause in backs]
    alt = f"{title}. Timeline of {len(lanes)} stages to {fmt(last, unit)}, {sum(b[3] for b in bars)} of {len(bars)} visits are repeats. "
    alt += f"Returns: {sentence_list(words)}." if backs else "Nothing is sent back."
    alt += f" Reference: {reference[1]} at {fmt(reference[0], unit)}." if reference else ""
    ends = {at: cause for at, _, _, cause in backs}
    rows = tuple((lane, "again" if again else "first", a, b, ends.get(b, "")) for lane, a, b, again in bars)
    columns = (Column("stage"), Column("visit"), Column("start", unit), Column("end", unit), Column("sent back by"))
    return Instrument(plot.spec(alt), title, alt, columns, rows)
