"""Axes: where a value lies between 0 and 1, which ticks to draw, how a tick is written.

Ticks are chosen here and not by Vega because engineering units (10 ms, 1 s, 1 min) need steps that are round in the
unit shown, and because labels and hatching are placed before the browser sees the chart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlsysim.units import fmt

_TIME_STEPS = (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0, 86400.0)
_TIME_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"), (1e-12, "ps"))
_PREFIXES = (
    (1e18, "E"),
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
)
_PREFIXED = ("B", "FLOP", "OP", "MAC", "W", "J", "Hz", "bit", "g", "m", "Wh")
_THIN = "\u202f"


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: range, ticks with their texts, and the Vega-Lite words for them."""

    lo: float
    hi: float
    log: bool = False
    title: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    grid: bool = True
    reverse: bool = False

    def at(self, value: float) -> float:
        """Place of a value on the axis, 0 at `lo`, 1 at `hi`."""
        if self.log:
            return math.log(max(value, self.lo * 1e-12) / self.lo) / math.log(self.hi / self.lo)
        return (value - self.lo) / (self.hi - self.lo)

    def back(self, place: float) -> float:
        """The value at a place on the axis."""
        return self.lo * (self.hi / self.lo) ** place if self.log else self.lo + place * (self.hi - self.lo)

    def clip(self, value: float) -> float:
        """The value, or the end of the axis that it lies beyond."""
        return min(max(value, self.lo), self.hi)

    def vega(self) -> dict:
        """The Vega-Lite scale; it never moves the ends that were computed here."""
        scale: dict = {"domain": [self.lo, self.hi], "nice": False}
        if self.log:
            scale["type"] = "log"
        else:
            scale["zero"] = False
        if self.reverse:
            scale["reverse"] = True
        return scale

    def axis(self, **more: object) -> dict | None:
        """The Vega-Lite axis, or None where there is nothing to write."""
        if not self.ticks:
            return None
        texts = json.dumps([text for _, text in self.ticks], ensure_ascii=False, separators=(",", ":"))
        label = f"{texts}[round(datum.index*{len(self.ticks) - 1})]" if len(self.ticks) > 1 else f"{texts}[0]"
        if "\\n" in texts:
            label = f"split({label},'\\n')"
        # without a tickCount Vega thins out long lists of values, and the labels, found by their place in the list, would be wrong
        at = {"values": [value for value, _ in self.ticks], "tickCount": len(self.ticks)}
        return {**at, "labelExpr": label, "title": self.title or None, "grid": self.grid, **more}


def pixels(height: float) -> Scale:
    """A vertical axis in pixels from the top, for charts that are made of rows."""
    return Scale(0.0, float(height), reverse=True)


def number_scale(
    values: Iterable[float],
    unit: str,
    title: str,
    *,
    log: bool = False,
    zero: bool = False,
    count: int = 5,
    grid: bool = True,
    pad: float = 0.04,
) -> Scale:
    """An axis that holds all the values, with engineering ticks; a log axis says so in its title."""
    found = [float(v) for v in values if v is not None and math.isfinite(v) and (v > 0 or not log)]
    if not found:
        found = [1.0] if log else [0.0, 1.0]
    lo, hi = min(found), max(found)
    name = (
        f"{title} ({unit})"
        if unit not in ("s", "share", "%", "$", "×", "x", "", "1") and not _carries(unit) and unit.lower() not in title.lower()
        else title
    )
    if log:
        lo, hi = lo / (1 + 5 * pad), hi * (1 + 5 * pad)
        if hi / lo < 8:
            lo, hi = lo / math.sqrt(8 * lo / hi), hi * math.sqrt(8 * lo / hi)
        return Scale(lo, hi, True, f"{name}, log scale", tuple((t, tick_text(t, unit)) for t in log_ticks(lo, hi, unit)), grid)
    if zero:
        lo, hi = min(lo, 0.0), max(hi, 0.0)
    if hi <= lo:
        spread = abs(hi) or 1.0
        lo, hi = (0.0, spread) if zero else (lo - 0.5 * spread, hi + 0.5 * spread)
    margin = (hi - lo) * pad
    lo, hi = (lo if zero and lo == 0 else lo - margin), (hi if zero and hi == 0 else hi + margin)
    ticks = linear_ticks(lo, hi, unit, count)
    size = max(abs(lo), abs(hi))
    return Scale(lo, hi, False, name, tuple((t, tick_text(t, unit, size)) for t in ticks), grid)


def category_scale(names: Sequence[str], title: str = "", *, wrap: int = 0, grid: bool = False, reverse: bool = False) -> Scale:
    """Named places 0, 1, 2 … in the middle of cells that reach half a step to each side."""
    ticks = tuple((float(i), wrapped(name, wrap) if wrap else name) for i, name in enumerate(names))
    return Scale(-0.5, len(names) - 0.5, False, title, ticks, grid, reverse)


def wrapped(text: str, width: int) -> str:
    """Text broken at spaces into lines of about `width` characters."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return "\n".join(lines)


def linear_ticks(lo: float, hi: float, unit: str, count: int = 5) -> list[float]:
    """Round values between lo and hi, round in the unit that the axis shows (1 min, not 50 s)."""
    scale = _unit_of(max(abs(lo), abs(hi)), unit)[0]
    if unit == "share":
        scale = 0.01
    low, high = lo / scale, hi / scale
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1.0, 2.0, 5.0, 10.0) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{i * step * scale:.12g}") for i in range(first, last + 1)]


def log_ticks(lo: float, hi: float, unit: str) -> list[float]:
    """Decades; for long durations 1 min, 10 min, 1 h, 10 h, 1 d. With less than two decades, 2 and 5 join in."""
    if unit == "s" and hi > 60:
        longer = [86400.0 * 10**i for i in range(1, 8)]
        return [t for t in (*_TIME_STEPS, *longer) if lo <= t <= hi]
    first, last = math.floor(math.log10(lo)), math.ceil(math.log10(hi))
    decades = [10.0**e for e in range(first, last + 1)]
    ticks = [t for t in decades if lo <= t <= hi]
    if len(ticks) < 3:
        ticks = [float(f"{m * t:.3g}") for t in decades for m in (1, 2, 5) if lo <= m * t <= hi]
    elif len(ticks) > 8:
        ticks = [t for t in ticks if round(math.log10(t)) % 3 == 0]
    return [float(f"{t:.6g}") for t in ticks]


def tick_text(value: float, unit: str, size: float | None = None) -> str:
    """A tick as engineers write it: "10 ms", "1 MB". `size` fixes the prefix for a whole linear axis."""
    if value == 0 and unit not in ("share", "%", "$"):
        return "0"
    if unit == "share":
        return f"{100 * value:.4g}{_THIN}%".replace("-", "−")
    if unit == "%":
        return f"{value:.4g}{_THIN}%".replace("-", "−")
    if unit in ("$", "USD"):
        scale, prefix = _prefix(abs(value) if size is None else size) if max(abs(value), size or 0) >= 1e4 else (1.0, "")
        return f"${value / scale:,.4g}{prefix}".replace("$-", "−$")
    if unit in ("×", "x"):
        return f"{_plain(value)}×"
    scale, word = _unit_of(abs(value) if size is None else size, unit)
    text = _plain(value / scale)
    return f"{text}{_THIN}{word}" if word else text


def _plain(value: float) -> str:
    if 1e-3 <= abs(value) < 1e6:
        return f"{float(f'{value:.6g}'):,g}".replace("-", "−")
    return fmt(value, "", 1).replace("1 × ", "") if value else "0"  # "10²¹"


def _carries(unit: str) -> bool:
    return unit in _PREFIXED or unit.partition("/")[0] in _PREFIXED


def _prefix(size: float) -> tuple[float, str]:
    return next(((scale, prefix) for scale, prefix in _PREFIXES if size >= scale * (1 - 1e-9)), (1.0, ""))


def _unit_of(size: float, unit: str) -> tuple[float, str]:
    """The multiple of the unit in which a number of this size is written, and its name (empty: the title has it)."""
    if unit == "s":
        return next(
            ((s, w) for s, w in _TIME_UNITS if size >= s * (1 - 1e-9) * (2 if s > 1 and size not in (s, 10 * s) else 1)), _TIME_UNITS[-1]
        )
    if _carries(unit):
        scale, prefix = _prefix(size)
        return scale, f"{prefix}{unit}"
    return 1.0, ""
