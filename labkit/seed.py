"""The seed of a student's lab, and the numbers drawn from it.

Both rest on SHA-256 alone, so that a grader on any machine, in any version of Python, draws the same numbers.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Sequence

SEED_BITS = 53  # a JSON number holds whole numbers up to 2**53 exactly


def seed_of(name: str | None, lab_id: str) -> int:
    """The seed for this name (or number) in this lab: a whole number below 2**53.

    Upper and lower case and stray spaces make no difference. Without a name the seed is fixed: one for the lab.

    >>> seed_of("Ada Lovelace", "lab_05_nn_compute") == seed_of("  ada  lovelace ", "lab_05_nn_compute")
    True
    >>> seed_of(None, "lab_05_nn_compute") == seed_of("", "lab_05_nn_compute")
    True
    """
    plain = " ".join(unicodedata.normalize("NFC", name or "").casefold().split())
    text = f"mlsys-labs seed 1\n{lab_id}\n{plain}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> (64 - SEED_BITS)


class Draw:
    """A stream of draws that is the same for the same seed and label, and independent of other labels.

    Each draw takes the next number of the stream, so their order matters: give every drill question and every
    constraint a label of its own, and adding one changes no other.

    >>> draw = Draw(seed_of("Ada", "lab_01"), "drill 1")
    >>> draw.integer(1, 6), draw.choice(["a", "b", "c"]), draw.number(0.5, 5, step=0.1)
    (4, 'c', 3.4)
    """

    __slots__ = ("_count", "_key")

    def __init__(self, seed: int, label: str):
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**SEED_BITS:
            raise ValueError(f"seed is {seed!r}, but must be a whole number from 0 to below 2**{SEED_BITS}.")
        self._key = f"mlsys-labs draw 1\n{seed}\n{label}\n"
        self._count = 0

    def _bits(self) -> int:
        """The next 64 bits of the stream."""
        block = hashlib.sha256(f"{self._key}{self._count}".encode("utf-8", "replace")).digest()
        self._count += 1
        return int.from_bytes(block[:8], "big")

    def uniform(self) -> float:
        """A number in [0, 1), one of 2**53 equally spaced ones."""
        return (self._bits() >> 11) * 2.0**-53

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included, all equally likely."""
        for name, value in (("low", low), ("high", high)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} is {value!r}, but must be a whole number.")
        span = high - low + 1
        if not 1 <= span <= 2**32:
            raise ValueError(f"low is {low} and high is {high}, but high must be at least low and within 2**32 of it.")
        limit = 2**64 - 2**64 % span  # a draw above the last full span would favour the small numbers
        while (bits := self._bits()) >= limit:
            pass
        return low + bits % span

    def choice(self, options: Sequence):
        """One of `options`, all equally likely."""
        options = list(options)
        if not options:
            raise ValueError("options is empty, but must hold at least one value.")
        return options[self.integer(0, len(options) - 1)]

    def sample(self, options: Sequence, count: int) -> list:
        """`count` different members of `options`, in the order drawn."""
        options = list(options)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= len(options):
            raise ValueError(f"count is {count!r}, but must be a whole number from 0 to {len(options)}.")
        return [options.pop(self.integer(0, len(options) - 1)) for _ in range(count)]

    def number(self, low: float, high: float, step: float | None = None) -> float:
        """A number from `low` to `high`: any, or with `step` one of low, low + step, … up to high.

        A stepped draw is rounded to 12 digits, so that 0.1 + 2 · 0.1 reads 0.3.
        """
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ValueError(f"low is {low!r} and high is {high!r}, but both must be finite and high at least low.")
        if step is None:
            return low + (high - low) * self.uniform()
        if not (math.isfinite(step) and step > 0):
            raise ValueError(f"step is {step!r}, but must be finite and above 0.")
        count = math.floor((high - low) / step * (1 + 1e-12) + 1e-9)
        return float(f"{low + step * self.integer(0, count):.12g}")
