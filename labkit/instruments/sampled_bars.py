"""Exact values as bars from zero, and the values that repeated sampling gave for each as dots: whether the order of the bars survives."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

PITCH = 29.0  # px: the words of a row, and its bar


def sampled_bars(
    rows: Sequence[tuple[str, float, Sequence[float]]], *, title: str, quantity: str, unit: str = "1", strongest: int = 3, repeat: str = "sample"
) -> Instrument:
    """Rows (name, exact value, sampled values), the farthest from zero on top; the `strongest` ones are dark."""
    rows = sorted(((name, finite(v, name), tuple(finite(s, name) for s in each)) for name, v, each in need(rows, "the list of bars")), key=lambda r: -abs(r[1]))
    x = number_scale([0.0, *(v for _, exact, each in rows for v in (exact, *each))], unit, quantity, pad=0.04)
    height = PITCH * len(rows) + 2
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    middle = [PITCH * i + 21 for i in range(len(rows))]
    for i, (_, exact, _) in enumerate(rows):
        if exact:
            plot.bars([(min(0.0, exact), max(0.0, exact), middle[i], "ink:solid" if i < strongest else "edge:open")], 9)
    plot.rules([(0.0, 0.0, 0.0, height)], "edge", width=1.5)
    plot.points([(v, middle[i]) for i, (_, _, each) in enumerate(rows) for v in each], "control", size=48, opacity=0.8)
    for i, (name, exact, _) in enumerate(rows):
        plot.texts([(x.lo, middle[i] - 13, f"{name} · {_signed(exact)}")], "ink" if i < strongest else "muted", bold=i < strongest, dx=1, halo=True)
    plot.note(f"Bars: exact. ● each {repeat}", "muted")
    said = [f"{name}: {fmt(exact, unit)}, from {fmt(min(each), unit)} to {fmt(max(each), unit)}" for name, exact, each in rows if each]
    alt = f"{title}. {len(rows)} bars of {inside(quantity)}, exact, each with {len(rows[0][2])} dots, one a {repeat}: {sentence_list(said)}."
    table = tuple((name, exact, min(each, default=exact), max(each, default=exact)) for name, exact, each in rows)
    return Instrument(plot.spec(alt), title, alt, (Column("bar"), Column("exact", unit), Column("lowest", unit), Column("highest", unit)), table)


def _signed(value: float) -> str:
    """Three decimals with a sign: bars of one scale need no other digits."""
    return f"{value:+.3f}".replace("-", "−") if abs(value) >= 0.0005 else "0"
