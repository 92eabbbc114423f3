"""Gradients in a short format: the share that vanishes, and a scale that moves them into the format's range.

Magnitudes of gradients spread over tens of powers of two. What lies below half of the smallest number of the format
becomes zero. Multiplying the loss by 2^k multiplies every gradient, so k moves all of them up; too far, and the largest
leave the range: the step is skipped. A dynamic scaler halves the scale at a skipped step, and doubles it after a
number of good ones. The distributions are illustrative; the published histograms have this shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._single import single
from mlsysim.errors import flag, number, whole
from mlsysim.numerics import number_format
from mlsysim.quantity import quantity, series, sources

SPREAD = 4.0  # powers of two, standard deviation of log2|g| (illustrative)
LARGEST_ABOVE, LARGEST_SPREAD = 20.0, 1.5  # the largest gradient of a step lies so far above the median (illustrative)
STEPS = 6000
SEED = 8
COUNTS = 1e-9  # a smaller share is less than two of GPT-2 XL's gradients a step
_MIXED = "Micikevicius et al. 2018"
_SCALER = "PyTorch GradScaler: halve at an overflow, double after `growth_interval` good steps"
_NORMAL = NormalDist()
_BINS = 100


@dataclass(frozen=True, slots=True)
class ScaledRun:
    """A run under a loss scale: what vanishes at its end, what was skipped on the way."""

    format: str = quantity(r"\text{format}", "")
    median_exponent: float = quantity(r"\mu", "1", doc="log2 of the median gradient", source="illustrative")
    spread: float = quantity(r"\sigma", "1", doc="standard deviation of log2|g|", source="illustrative")
    floor_exponent: float = quantity(r"e_0", "1", source="half of the smallest number of the format", doc="log2; what is smaller becomes 0")
    overflow_exponent: float = quantity(r"e_1", "1", source="one above the largest exponent of the format", doc="log2; what is larger is infinite")
    start_exponent: int = quantity("k_0", "1", doc="log2 of the scale at the first step")
    dynamic: bool = quantity(r"\text{dynamic}", "")
    growth_interval: int = quantity("g", "1", doc="good steps until the scale doubles")
    steps: int = quantity("n", "1")
    skipped_steps: int = quantity("n_s", "1", source="the run, step by step")
    skipped_share: float = quantity("n_s/n", "share", formula=r"\frac{<skipped_steps>}{<steps>}", source="definition")
    final_exponent: int = quantity("k", "1", source="the run, step by step", doc="log2 of the scale at the last step")
    lost_share: float = quantity(
        r"\ell",
        "share",
        formula=r"\Phi\left(\frac{<floor_exponent> - <median_exponent> - <final_exponent>}{<spread>}\right)",
        source="log-normal magnitudes",
        doc="of the gradients that become 0",
    )
    top_exponent: float = quantity("m", "1", source="the run, step by step", doc="log2 of the largest gradient of all steps, before scaling")
    scaled_top_exponent: float = quantity("m + k", "1", formula="<top_exponent> + <final_exponent>", source="definition", doc="log2, under the final scale")
    histogram: tuple[tuple[int, float], ...] = series("share", doc="(e, share of the scaled gradients from 2^e to 2^(e+1)), under the final scale")
    scale_path: tuple[tuple[int, int], ...] = series("1", doc="(step, exponent of the scale) at every change")
    room_path: tuple[tuple[int, float], ...] = series("1", doc="(step, highest exponent that every step of its hundredth survives)")
    skips: tuple[int, ...] = series("1", doc="steps that were skipped")
    sources: dict = sources()


def lost_share(median_exponent: float, scale_exponent: float = 0.0, format: str = "fp16") -> float:
    """Share of gradients that become zero: Φ((e₀ − μ − k)/4), e₀ = −25 in fp16, −134 in bf16, −150 in fp32.

    Less than one in a billion counts as none: the model has hardly more gradients.
    Errors: OutOfRange beyond ±300, UnknownName for a format. Source: Micikevicius et al. 2018 (the shape).

    >>> [round(100 * lost_share(-22, k), 2) for k in (0, 3, 8)]
    [22.66, 6.68, 0.3]
    """
    median, k = single(number, "median_exponent", median_exponent, low=-300, high=300), single(number, "scale_exponent", scale_exponent, low=-300, high=300)
    share = 0.5 * math.erfc(-(floor_exponent(format) - median - k) / (SPREAD * math.sqrt(2)))
    return share if share >= COUNTS else 0.0


def floor_exponent(format: str) -> float:
    """log2 of half of the smallest number of a format: smaller magnitudes are rounded to zero. Raises UnknownName.

    >>> floor_exponent("fp16"), floor_exponent("bf16")
    (-25.0, -134.0)
    """
    return math.log2(number_format(format).smallest) - 1.0


def end_exponent(format: str) -> float:
    """The power of two from which magnitudes are infinite in a format. Raises UnknownName.

    >>> end_exponent("fp16"), end_exponent("bf16")
    (16.0, 128.0)
    """
    return number_format(format).e_max + 1.0


def run_scaler(start_exponent: int = 0, dynamic: bool = False, growth_interval: int = 2000, median_exponent: float = -22.0,
               format: str = "fp16", steps: int = STEPS) -> ScaledRun:  # fmt: skip
    """`steps` training steps with the loss scaled by 2^k from k = `start_exponent` on.

    The largest gradient of a step has the exponent μ + 20 + 1.5·z, z normal, one draw a step. Where it reaches the end
    of the format the step is skipped, and a dynamic scaler lowers k by one; after `growth_interval` good steps in a row
    it raises k by one. Errors: OutOfRange, UnknownName. Source: Micikevicius et al. 2018; PyTorch GradScaler.

    >>> r = run_scaler(16, dynamic=True)
    >>> r.skipped_steps, r.final_exponent
    (5, 13)
    """
    k, growth = whole("start_exponent", start_exponent, low=-100, high=200), whole("growth_interval", growth_interval)
    median = single(number, "median_exponent", median_exponent, low=-200, high=100)
    return _run(k, flag("dynamic", dynamic), growth, median, number_format(format).name, whole("steps", steps, high=100_000))


@lru_cache(maxsize=8)
def _largest(median: float, steps: int) -> tuple[float, ...]:
    """Exponent of the largest gradient of every step."""
    rng = Random(SEED)
    draw = lambda: _NORMAL.inv_cdf(min(max(rng.random(), 1e-12), 1 - 1e-12))  # noqa: E731 - one line, one use
    return tuple(median + LARGEST_ABOVE + LARGEST_SPREAD * draw() for _ in range(steps))


def _histogram(center: float) -> tuple[tuple[int, float], ...]:
    """Shares of gradients by power of two, as far as four standard deviations."""
    normal = NormalDist(center, SPREAD)
    reach = range(math.floor(center - 4 * SPREAD), math.ceil(center + 4 * SPREAD))
    return tuple((e, normal.cdf(e + 1) - normal.cdf(e)) for e in reach)


@lru_cache(maxsize=8)
def _room(median: float, steps: int, end: float) -> tuple[tuple[int, float], ...]:
    """The highest scale that survives, lowest of each hundredth of the run."""
    each = max(1, steps // _BINS)
    largest = _largest(median, steps)
    return tuple((start, end - max(largest[start : start + each])) for start in range(0, steps, each))


@lru_cache(maxsize=256)
def _run(k: int, dynamic: bool, growth: int, median: float, format: str, steps: int) -> ScaledRun:
    end = end_exponent(format)
    start, good, path, skips = k, 0, [(0, k)], []
    for t, top in enumerate(_largest(median, steps)):
        if top + k >= end:
            skips.append(t)
            good = 0
            if dynamic:
                k -= 1
                path.append((t, k))
        else:
            good += 1
            if dynamic and good == growth:
                k, good = k + 1, 0
                path.append((t, k))
    return ScaledRun(
        format=format, median_exponent=median, spread=SPREAD, floor_exponent=floor_exponent(format), overflow_exponent=end, start_exponent=start,
        dynamic=dynamic, growth_interval=growth, steps=steps, skipped_steps=len(skips), skipped_share=len(skips) / steps, final_exponent=k,
        lost_share=lost_share(median, k, format), top_exponent=max(_largest(median, steps)), scaled_top_exponent=max(_largest(median, steps)) + k,
        histogram=_histogram(median + k), scale_path=(*path, (steps, k)), room_path=_room(median, steps, end), skips=tuple(skips),
        sources={"skipped_steps": _SCALER, "final_exponent": _SCALER if dynamic else "a fixed scale", "floor_exponent": _MIXED},
    )  # fmt: skip
