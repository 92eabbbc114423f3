"""SI constants, and numbers written for people.

The simulator computes in plain SI floats: seconds, bytes, FLOP, watts, joules, dollars, kilograms. Units stand in the
names (`time_s`). This module holds the constants that turn other units into those, and the one way to print them.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

KB, MB, GB, TB, PB = 1e3, 1e6, 1e9, 1e12, 1e15  # decimal bytes, as datasheets and file sizes use them
KiB, MiB, GiB, TiB = 2.0**10, 2.0**20, 2.0**30, 2.0**40  # binary bytes, as memory is sold and llama.cpp reports
KILO, MEGA, GIGA, TERA, PETA = 1e3, 1e6, 1e9, 1e12, 1e15
US, MS, MINUTE, HOUR, DAY, WEEK, YEAR = 1e-6, 1e-3, 60.0, 3600.0, 86400.0, 604800.0, 365.25 * 86400.0
KWH = 3.6e6  # joules

THIN = "\u202f"  # narrow no-break space between number and unit: a line never ends between them
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
_PREFIXED = {"B", "FLOP", "OP", "MAC", "W", "J", "Hz", "bit", "B/s", "FLOP/s", "OP/s", "MAC/s", "bit/s", "FLOP/J", "Wh", "g", "m"}
_POWER = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_WORDS = {"1": "", "": ""}
_LONG = ((YEAR, "years"), (DAY, "days"), (HOUR, "h"), (60.0, "min"))


def significant(value: float, digits: int = 3) -> str:
    """A number to `digits` significant digits, without exponent where a reader can do without, thousands separated."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "∞" if value > 0 else ("−∞" if value < 0 else "not a number")
    size = abs(value)
    if size >= 1e9 or size < 1e-4:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa} × 10{_superscript(int(exponent))}".replace("-", "−")
    rounded = float(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def fmt(value: float, unit: str = "", digits: int = 3) -> str:
    """A number with its unit as a page shows it: `fmt(0.0032, "s")` → "3.20 ms", `fmt(8e10, "B")` → "80.0 GB"."""
    if not isinstance(value, (int, float)) and getattr(value, "shape", None) == ():
        value = value.item()  # a scalar of numpy
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    return _written(value, unit, digits)


@lru_cache(8192, typed=True)  # a table that follows a slider holds the same numbers again and again
def _written(value: float, unit: str, digits: int) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return significant(value)
    if unit == "s":
        return fmt_time(value, digits)
    if unit == "%":
        return f"{_plain(value, digits)}{THIN}%"
    if unit == "share":
        return f"{_plain(100 * value, digits)}{THIN}%"
    if unit in ("$", "USD"):
        sign = "−" if value < 0 else ""
        return f"{sign}${_money(abs(value), digits)}"
    if unit in ("×", "x"):
        return f"{_plain(value, digits)}×"
    base, _, per = unit.partition("/")
    if base == "1" and per:
        return f"{_plain(value, digits)}/{per}"
    if value and (unit in _PREFIXED or (base in _PREFIXED and per and abs(value) >= 1)):  # no mFLOP/B
        scale, prefix = _prefix(value, digits)
        return f"{significant(value / scale, digits)}{THIN}{prefix}{unit}"
    word = _WORDS.get(unit, unit)
    return f"{_plain(value, digits)}{THIN}{word}" if word else _plain(value, digits)


def fmt_time(seconds: float, digits: int = 3) -> str:
    """A duration: ns to years, `fmt_time(0.0032)` → "3.20 ms", `fmt_time(7200)` → "2.00 h"."""
    size = abs(seconds)
    if not size < math.inf:
        return significant(seconds, digits)
    if size >= 100.0:
        for scale, word in _LONG:
            if size >= 2 * scale or scale == 60.0:
                return f"{significant(seconds / scale, digits)}{THIN}{word}"
    if size == 0:
        return f"0{THIN}s"
    scale, prefix = _prefix(size, digits)
    return f"{significant(seconds / scale, digits)}{THIN}{prefix}s"


def fmt_bytes(value: float, digits: int = 3) -> str:
    """Bytes with a decimal prefix: `fmt_bytes(92.8e9)` → "92.8 GB"."""
    return fmt(value, "B", digits)


def fmt_latex(value: float, unit: str = "", digits: int = 3) -> str:
    """`fmt` for a formula: the unit upright, signs that LaTeX needs escaped."""
    text = fmt(value, unit, digits).replace(THIN, r"\,").replace("%", r"\%").replace("$", r"\$").replace("×", r"\times ").replace("−", "-")
    text = _POWER.sub(lambda m: "}^{" + m[0].translate(_PLAIN) + r"}\text{", text)
    text = text.replace(r"\,", r"}\,\text{").replace(r"\times ", r"}\times \text{")
    return (r"\text{" + text + "}").replace(r"\text{}", "").replace(r"\text{ }", "")


def _plain(value: float, digits: int) -> str:
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e9 and abs(value) >= 10**digits):
        return f"{int(value):,}".replace("-", "−") if abs(value) < 1e9 else significant(float(value), digits)
    return significant(value, digits)


def _money(value: float, digits: int) -> str:
    for scale, word in ((1e9, " billion"), (1e6, " million")):
        if value >= scale:
            return significant(value / scale, digits) + word
    return f"{value:,.0f}" if value >= 1000 else (f"{value:.2f}" if value >= 0.01 or value == 0 else significant(value, digits))


def _prefix(value: float, digits: int) -> tuple[float, str]:
    size = abs(float(f"{value:.{digits}g}"))
    for scale, prefix in _PREFIXES:
        if size >= scale * (1 - 1e-12):
            return scale, prefix
    return _PREFIXES[-1]


def _superscript(n: int) -> str:
    return str(n).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
