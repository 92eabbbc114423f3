"""Number formats: which numbers a format can hold, and what rounding to it does.

A format has p significant bits, a range of exponents and a largest value. Between two powers of two its numbers are
evenly spaced, 2^(e − p + 1) apart; below the smallest exponent the spacing stays (subnormal numbers). Rounding is to
the nearest number, ties to the even one, and exact here: doubles hold every number of every format below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim.errors import OutOfRange, named, number, whole
from mlsysim.quantity import quantity

IEEE = "IEEE 754-2019"
LARGEST_INPUT = 1e300


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A binary floating-point format."""

    name: str = quantity(r"\text{format}", "")
    bits: int = quantity("b", "1", doc="bits a number")
    significant_bits: int = quantity("p", "1", doc="significant bits, the leading one included")
    e_min: int = quantity("e_{min}", "1", doc="smallest exponent of a normal number")
    e_max: int = quantity("e_{max}", "1", doc="largest exponent")
    largest: float = quantity(r"x_{max}", "1", doc="largest number")
    smallest: float = quantity(r"x_{min}", "1", formula=r"2^{<e_min> - <significant_bits> + 1}", doc="smallest number above zero", source="IEEE 754-2019")
    source: str = quantity(r"\text{source}", "")


def _format(name, bits, p, e_min, e_max, source, largest=None) -> NumberFormat:
    largest = (2.0 - 2.0 ** (1 - p)) * 2.0**e_max if largest is None else largest
    return NumberFormat(name, bits, p, e_min, e_max, largest, 2.0 ** (e_min - p + 1), source)


FORMATS = {
    f.name: f
    for f in (
        _format("fp32", 32, 24, -126, 127, f"{IEEE}, binary32"),
        _format("bf16", 16, 8, -126, 127, "Kalamkar et al. 2019 (bfloat16)"),
        _format("fp16", 16, 11, -14, 15, f"{IEEE}, binary16"),
        # the top code of E4M3 is NaN, so its numbers end at 448, not 480; what lies above is infinite here, NaN on hardware
        _format("fp8", 8, 4, -6, 8, "Micikevicius et al. 2022 (FP8, E4M3)", largest=448.0),
    )
}


def number_format(name: str) -> NumberFormat:
    """A format by its name: fp32, bf16, fp16 or fp8 (E4M3). Raises UnknownName for any other.

    >>> number_format("bf16").significant_bits, number_format("fp16").largest
    (8, 65504.0)
    """
    if isinstance(name, NumberFormat):
        return name
    named("number format", name, FORMATS)
    return FORMATS[name]


def spacing(value: float, format: str) -> float:
    """The distance from |value| to the next larger number of the format: 2^(e − p + 1).

    Raises OutOfRange for a value that is not finite. Source: IEEE 754-2019, section 3.3.

    >>> spacing(256.0, "bf16"), spacing(1.0, "fp16")
    (2.0, 0.0009765625)
    """
    f, value = number_format(format), number("value", value, low=-LARGEST_INPUT, high=LARGEST_INPUT)
    return grain(value, f)


def grain(value: float, f: NumberFormat) -> float:
    """`spacing` without checks, for loops over many numbers."""
    exponent = math.frexp(abs(value))[1] - 1 if value else f.e_min
    return math.ldexp(1.0, max(exponent, f.e_min) - f.significant_bits + 1)


def round_to(value: float, format: str) -> float:
    """The number of the format that is nearest to `value`, ties to even; infinite beyond the largest.

    Raises OutOfRange for a value that is not finite. Source: IEEE 754-2019, section 4.3.1.

    >>> round_to(0.001, "bf16"), round_to(257.0, "bf16"), round_to(70000.0, "fp16"), round_to(1e-8, "fp16")
    (0.00099945068359375, 256.0, inf, 0.0)
    """
    f, value = number_format(format), number("value", value, low=-LARGEST_INPUT, high=LARGEST_INPUT)
    return rounded(value, f)


def rounded(value: float, f: NumberFormat) -> float:
    """`round_to` without checks, for loops over many numbers."""
    q = grain(value, f)
    found = round(value / q) * q  # Python rounds half to even, and q is a power of two: exact
    return math.copysign(math.inf, found) if abs(found) > f.largest else found


def neighbours(value: float, format: str, below: int = 2, above: int = 2) -> tuple[float, ...]:
    """The numbers of the format around a number of it: up to `below` smaller, itself, up to `above` larger ones.

    Only non-negative numbers, and none beyond the largest. Raises OutOfRange for a negative or infinite value.

    >>> neighbours(256.0, "bf16")
    (254.0, 255.0, 256.0, 258.0, 260.0)
    """
    f, value = number_format(format), number("value", value, low=0.0, high=LARGEST_INPUT)
    below, above = whole("below", below, low=0, high=64), whole("above", above, low=0, high=64)
    down, up, here = [], [], rounded(value, f)
    here = min(here, f.largest)
    at = here
    while len(down) < below and at > 0:
        # just under a power of two the numbers lie half as far apart
        q = grain(at, f)
        half = math.frexp(at)[0] == 0.5 and q / 2 >= f.smallest
        at -= q / 2 if half else q
        down.append(at)
    at = here
    while len(up) < above and at + grain(at, f) <= f.largest:
        at += grain(at, f)
        up.append(at)
    return (*reversed(down), here, *up)


def largest_count(significant_bits: int, increment: float = 1.0) -> float:
    """Where a sum that starts at 0 and grows by a power of two stops: 2^p · increment.

    From there the numbers lie two increments apart, the next sum falls half way between two of them, and the even one
    is where the sum already stands. Raises OutOfRange for fewer than 2 bits, or an increment that is no power of two.

    >>> largest_count(8), largest_count(11, 4.0)
    (256.0, 8192.0)
    """
    p = whole("significant_bits", significant_bits, low=2, high=53)
    increment = number("increment", increment, low=0.0, high=1e30, open_low=True)
    if math.frexp(increment)[0] != 0.5:
        raise OutOfRange(f"increment is {increment!r}, but must be a power of two.")
    return 2.0**p * increment
