"""A running sum in a short number format: how far it gets, where it stops, and what brings it further.

The register holds a number of the format. Each step adds the increment, itself rounded to the format, and rounds the
sum. An increment below half of the spacing at the sum is lost, every time.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim import numerics
from mlsysim.errors import non_negative, one_of, whole
from mlsysim.quantity import quantity, series, sources

REMEDIES = ("none", "master", "stochastic")
MASTER_FORMAT = "fp32"
SEED = 6  # of the coin of stochastic rounding, so that a run can be repeated
# start, increment, most steps: the cases that the lab and the tests name
CASES = {"0 + 1": (0.0, 1.0, 10_000), "1 + 0.001": (1.0, 0.001, 1_000), "0 + 100": (0.0, 100.0, 1_000), "0 + 1e-8": (0.0, 1e-8, 1_000)}
_POINTS = 160
_MASTER = "Micikevicius et al. 2018 (a copy of the weights in fp32)"
_STOCHASTIC = "Gupta et al. 2015 (round up with the probability of the fraction)"


@dataclass(frozen=True, slots=True)
class Accumulation:
    """A sum after its last step."""

    format: str = quantity(r"\text{format}", "", doc="format of the register and of the increment")
    remedy: str = quantity(r"\text{remedy}", "", doc="none, master (the sum is kept in fp32) or stochastic (rounding of the sum)")
    sum_format: str = quantity(r"\text{sum}", "", doc="format in which the sum is kept")
    significant_bits: int = quantity("p", "1", doc="of the format in which the sum is kept", source=numerics.IEEE)
    start: float = quantity("x_0", "1")
    increment: float = quantity("d", "1")
    steps: int = quantity("n", "1")
    increment_stored: float = quantity("d'", "1", doc="the increment rounded to the format", source=numerics.IEEE)
    exact: float = quantity("x", "1", formula=r"<start> + <steps> \cdot <increment>", doc="without rounding")
    stored: float = quantity("x'", "1", doc="the sum in the format in which it is kept", source="each step rounded")
    shown: float = quantity("x''", "1", doc="the sum rounded to the format", source=numerics.IEEE)
    held: float = quantity(r"\min(x', x_{max})", "1", doc="the sum, or the largest number of its format once it has left the range")
    off: float = quantity(r"\epsilon", "1", formula=r"|<stored> - <exact>|", doc="how far the sum is from the exact one")
    last_change: int = quantity("n_{last}", "1", doc="last step that changed the sum (0: none did)")
    overflow_step: int = quantity("n_{inf}", "1", doc="first step at which the shown sum is infinite (0: none)")
    spacing: float = quantity("q", "1", doc="distance to the next number at the end, in the format in which the sum is kept")
    half_spacing: float = quantity("q/2", "1", formula=r"\frac{<spacing>}{2}", doc="an increment below this is lost")
    state: str = quantity(r"\text{state}", "", doc="vanished, overflow, stuck (the last tenth changes nothing) or moving")
    path: tuple[tuple[int, float], ...] = series("1", doc="(step, shown value), thinned")
    exact_path: tuple[tuple[int, float], ...] = series("1", doc="(step, exact sum), thinned")
    grid: tuple[float, ...] = series("1", doc="numbers of the format around the sum")
    sources: dict = sources()


def accumulate(start: float, increment: float, steps: int, format: str = "bf16", remedy: str = "none") -> Accumulation:
    """Add `increment` to `start` `steps` times in a format (fp32, bf16, fp16, fp8), with or without a remedy.

    `master` keeps the sum in fp32; the increment is still rounded to the format, and `shown` is the sum rounded to it.
    `stochastic` rounds each sum up with the probability of the fraction (one draw a step, a fixed seed). Numbers are
    not negative; start at most 1e30, steps at most 100,000. Raises OutOfRange or UnknownName otherwise.
    Source: IEEE 754-2019; Micikevicius et al. 2018; Gupta et al. 2015.

    >>> r = accumulate(0.0, 1.0, 10_000)
    >>> r.shown, r.last_change, r.state
    (256.0, 256, 'stuck')
    """
    start, increment = non_negative("start", start, high=1e30), non_negative("increment", increment, high=1e30)
    steps, format = whole("steps", steps, high=100_000), numerics.number_format(format).name
    return _accumulate(float(start), float(increment), steps, format, one_of("remedy", remedy, REMEDIES))


def run_case(case: str, steps: int = 10_000, format: str = "bf16", remedy: str = "none") -> Accumulation:
    """One of the named CASES; all but the first run 1,000 steps at most.

    >>> round(run_case("1 + 0.001", 1_000, "bf16", "master").stored, 5)
    1.99945
    """
    start, increment, most = CASES[one_of("case", case, CASES)]
    return accumulate(start, increment, min(whole("steps", steps, high=100_000), most), format, remedy)


@lru_cache(maxsize=256)
def _accumulate(start, increment, steps, format, remedy) -> Accumulation:
    own = numerics.FORMATS[format]
    kept = numerics.FORMATS[MASTER_FORMAT] if remedy == "master" else own
    d = numerics.rounded(increment, own)
    sums, last = _sums(numerics.rounded(start, kept), d, steps, kept, Random(SEED) if remedy == "stochastic" else None)
    stored = sums[-1]
    shown = _shown(stored, own)
    overflow = bisect_left(sums, True, key=lambda x: math.isinf(_shown(x, own)))  # sums never fall
    exact = start + steps * increment
    held = min(stored, kept.largest)
    spacing = numerics.grain(held, kept)
    if increment and not d:
        state = "vanished"
    elif math.isinf(shown):
        state = "overflow"
    else:
        state = "stuck" if last <= steps - steps / 10 else "moving"
    where = sorted({0, steps, last, *(round(steps ** (i / _POINTS)) for i in range(_POINTS)), *(steps * i // 40 for i in range(40))})
    path = tuple((n, _shown(sums[min(n, len(sums) - 1)], own)) for n in where if n < overflow or overflow == len(sums))
    return Accumulation(
        format=format, remedy=remedy, sum_format=kept.name, significant_bits=kept.significant_bits, start=start, increment=increment, steps=steps,
        increment_stored=d, exact=exact, stored=stored, shown=shown, held=held, off=abs(stored - exact), last_change=last,
        overflow_step=overflow if overflow < len(sums) else 0, spacing=spacing, half_spacing=spacing / 2, state=state, path=path,
        exact_path=tuple((n, start + n * increment) for n in where), grid=numerics.neighbours(held, kept.name, 3, 3),
        sources={"stored": {"none": "each step rounded", "master": _MASTER, "stochastic": _STOCHASTIC}[remedy]},
    )  # fmt: skip


def _sums(x: float, d: float, steps: int, f: numerics.NumberFormat, coin: Random | None) -> tuple[list[float], int]:
    """Every sum until it can change no more (a deterministic one that stands still stays), and the last step that moved.

    The sum of two numbers of at most 24 bits, rounded to a double first, rounds to the same number as the exact sum
    does: 53 bits are more than twice 24 and two (Figueroa 1995).
    """
    sums, last, low, high, q = [x], 0, 0.0, 0.0, 1.0
    for n in range(1, steps + 1):
        y = x + d
        if not low <= y < high:  # a new power of two: another spacing
            q = numerics.grain(y, f)
            low, high = (0.0, q * 2.0**f.significant_bits) if y < 2.0**f.e_min else (q * 2.0 ** (f.significant_bits - 1), q * 2.0**f.significant_bits)
        k = y / q
        if coin is None:
            y = round(k) * q
        else:
            floor = math.floor(k)
            y = (floor + (coin.random() < k - floor)) * q
        if y > f.largest:
            return [*sums, math.inf], n
        if y != x:
            last = n
        elif coin is None:
            break
        x = y
        sums.append(x)
    return sums, last


def _shown(x: float, f: numerics.NumberFormat) -> float:
    return numerics.rounded(x, f) if math.isfinite(x) else x
