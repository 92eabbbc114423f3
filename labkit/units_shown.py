"""Units in which a page asks and shows, beside the SI units in which the simulator computes."""

from __future__ import annotations

import re

from mlsysim import units

# unit on the page → (unit of the simulator, how many of the simulator's units one of them is)
SCALE: dict[str, tuple[str, float]] = {
    "ms": ("s", 1e-3),
    "µs": ("s", 1e-6),
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
    "days": ("s", 86400.0),
    "%": ("share", 0.01),
    "PB": ("B", 1e15),
    "TB": ("B", 1e12),
    "GB": ("B", 1e9),
    "MB": ("B", 1e6),
    "kB": ("B", 1e3),
    "MB/s": ("B/s", 1e6),
    "TFLOP/s": ("FLOP/s", 1e12),
}

_ZEROS = re.compile(r"\.0+(?!\d)|(?P<kept>\.\d*[1-9])0+(?!\d)")


def to_si(value: float, unit: str) -> float:
    """12 with "ms" → 0.012. A unit that is not in the table is its own SI unit."""
    return value * SCALE.get(unit, (unit, 1.0))[1]


def from_si(value: float, unit: str) -> float:
    """0.012 with "ms" → 12.0."""
    return value / SCALE.get(unit, (unit, 1.0))[1]


def shown(value: object, unit: str) -> str:
    """A control's or an answer's value with its unit, as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)):
        return plain(value, unit) if unit in SCALE else units.fmt(value, unit)
    return str(value)


def exact(text: str) -> str:
    """A value that somebody set, not measured, needs no digits for its precision: `exact("60.0 min")` → "60 min"; money keeps them."""
    return text if "$" in text else _ZEROS.sub(lambda m: m["kept"] or "", text)


def plain(value: float, unit: str, digits: int = 3) -> str:
    """A number in exactly this unit, without choosing another prefix: `plain(724.2, "ms")` → "724 ms"."""
    if unit == "$":
        return units.fmt(value, unit)
    whole = isinstance(value, int) or (abs(value) >= 1000 and float(value).is_integer())  # a count of days reads "7 days"
    number = f"{value:,.0f}".replace("-", "−") if whole else units.significant(value, digits)
    if unit in ("", "1"):
        return number
    return f"{number}×" if unit == "×" else f"{number}{units.THIN}{unit}"
