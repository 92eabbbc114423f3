r"""Quantisation with an outlier: what one scale for a tensor leaves for the ordinary values.

A block of activations (32 tokens × 32 channels) meets a weight matrix (32 × 16). One channel is ρ times larger than the
others. Signed integers of b bits reach ±(2^(b−1) − 1); the largest value of the tensor sets the size of a step, rounding
is to the nearest, ties to even. The block is really quantised and multiplied, in whole numbers as hardware does it.
Source: Dettmers et al., LLM.int8(), NeurIPS 2022 (outlier channels); Xiao et al., SmoothQuant, ICML 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from mlsysim._single import single
from mlsysim.errors import number, one_of, whole
from mlsysim.quantity import quantity, series, sources

SCHEMES = ("per_tensor", "smoothed", "mixed")
BITS = tuple(range(2, 9))
TOKENS, CHANNELS, OUTPUTS, SEED = 32, 32, 16, 10
ALPHA = 0.5  # how the range is shared between activations and weights (Xiao et al. 2023)
ERROR_LIMIT = 0.10  # illustrative
_MEASURED = "measured on the quantised block"


@dataclass(frozen=True, slots=True)
class OutlierQuantisation:
    """One block of activations with an outlier channel, quantised, multiplied, compared with the exact product."""

    scheme: str = quantity(r"\text{scheme}", "")
    bits: int = quantity("b", "1")
    outlier_ratio: float = quantity(r"\rho", "×", doc="how much larger one of the 32 channels is")
    highest_level: int = quantity("q_{max}", "1", formula=r"2^{<bits> - 1} - 1", source="signed integers, symmetric")
    levels_offered: int = quantity("n_b", "1", formula=r"2 \cdot <highest_level> + 1", source="count")
    largest: float = quantity(r"x_{max}", "1", doc="largest value under the scale", source=_MEASURED)
    largest_ordinary: float = quantity(r"x_o", "1", doc="largest value of the 31 ordinary channels", source=_MEASURED)
    step: float = quantity(r"\Delta", "1", formula=r"\frac{<largest>}{<highest_level>}", source="one scale for the tensor", doc="distance of two levels")
    levels_used: int = quantity("n", "1", doc="different levels of the ordinary values", source=_MEASURED)
    effective_bits: float = quantity("b_e", "bit", formula=r"\log_2 <levels_used>", source="definition")
    zero_share: float = quantity("z", "share", doc="ordinary values that become 0", source=_MEASURED)
    relative_error: float = quantity(
        r"\epsilon", "share", source=r"‖X_q W_q − XW‖ / ‖X_0 W‖, X_0 without the outlier channel", doc="error of the product over the ordinary signal"
    )
    clean_error: float = quantity(r"\epsilon_1", "share", doc="the same bits and scheme without an outlier", source=_MEASURED)
    clean_4_bit_error: float = quantity(r"\epsilon_4", "share", doc="4 bits, one scale, no outlier", source=_MEASURED)
    error_limit: float = quantity(r"\epsilon_{max}", "share", source="illustrative")
    cause: str = quantity(r"\text{cause}", "", doc="outlier, bits or nothing", source="nothing within the limit; outlier if the error halves without it")
    ordinary: tuple[float, ...] = series("1", doc="values of the ordinary channels as they are quantised")
    outliers: tuple[float, ...] = series("1", doc="values of the outlier channel as they are quantised (mixed: as they stay)")
    levels: tuple[int, ...] = series("1", doc="levels that ordinary values use")
    error_bits: tuple[int, ...] = series("1", doc="2, 4, 6, 8 and these bits")
    errors: tuple[tuple[str, tuple[float, ...]], ...] = series("share", doc="scheme and its error at each of error_bits")
    sources: dict = sources()


def outlier_block(bits=8, outlier_ratio=60.0, scheme="per_tensor") -> OutlierQuantisation:
    """Quantise the block to `bits` (2 to 8) with an outlier `outlier_ratio` (1 to 1000) times larger.

    "per_tensor" has one scale for all activations; "smoothed" divides each channel by √(its largest activation / its
    largest weight) and multiplies the weights by it; "mixed" keeps the outlier channel in 16 bit. Weights have a scale an output.
    Raises OutOfRange or WrongType otherwise.

    >>> r = outlier_block(8, 60)
    >>> r.levels_used, round(r.relative_error, 3), round(outlier_block(8, 60, "smoothed").relative_error, 3)
    (9, 0.238, 0.05)
    """
    bits, scheme = whole("bits", bits, low=BITS[0], high=BITS[-1]), one_of("scheme", scheme, SCHEMES)
    return _block(bits, single(number, "outlier_ratio", outlier_ratio, low=1.0, high=1000.0), scheme)


def levels_of_ordinary(bits, outlier_ratio) -> int:
    """Levels of values within ±m when the largest value is ±`outlier_ratio`·m: 2·⌊q_max/ρ + ½⌋ + 1, zero included.

    >>> levels_of_ordinary(8, 60), levels_of_ordinary(8, 1)
    (5, 255)
    """
    highest = _highest(whole("bits", bits, low=2, high=32))
    return 2 * math.floor(highest / single(number, "outlier_ratio", outlier_ratio, low=1.0, high=1e6) + 0.5) + 1


def _highest(bits: int) -> int:
    return 2 ** (bits - 1) - 1


@lru_cache(maxsize=512)
def _block(bits, ratio, scheme) -> OutlierQuantisation:
    activations, _ = _scaled(ratio, scheme)
    ordinary, largest, highest = tuple(v for channel in activations[1:] for v in channel), _largest(ratio, scheme), _highest(bits)
    scale = largest / highest
    used = [round(v / scale) for v in ordinary]
    levels = tuple(sorted(set(used)))
    error, clean = _error(bits, ratio, scheme), _error(bits, 1.0, scheme)
    cause = "nothing" if error <= ERROR_LIMIT else "outlier" if clean < error / 2 else "bits"
    shown = tuple(sorted({*BITS[::2], bits}))  # each is a product of matrices, and a slider waits for it
    return OutlierQuantisation(
        scheme=scheme, bits=bits, outlier_ratio=ratio, highest_level=highest, levels_offered=2 * highest + 1, largest=largest,
        largest_ordinary=max(map(abs, ordinary)), step=scale, levels_used=len(levels), effective_bits=math.log2(len(levels)),
        zero_share=used.count(0) / len(used), relative_error=error, clean_error=clean, clean_4_bit_error=_error(4, 1.0, "per_tensor"),
        error_limit=ERROR_LIMIT, cause=cause, ordinary=ordinary, outliers=tuple(activations[0]), levels=levels,
        error_bits=shown, errors=tuple((s, tuple(_error(b, ratio, s) for b in shown)) for s in SCHEMES),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _draws() -> tuple[list[list[float]], list[list[float]]]:
    """Activations channel by channel and weights row by row, standard normal, drawn token by token and row by row."""
    from random import Random
    from statistics import NormalDist

    stream, normal = Random(SEED), NormalDist().inv_cdf
    draw = lambda: normal(min(max(stream.random(), 1e-9), 1 - 1e-9))  # noqa: E731 - used twice, here
    tokens = [[draw() for _ in range(CHANNELS)] for _ in range(TOKENS)]
    weights = [[draw() / math.sqrt(CHANNELS) for _ in range(OUTPUTS)] for _ in range(CHANNELS)]
    return [list(channel) for channel in zip(*tokens, strict=True)], weights


@lru_cache(maxsize=64)
def _scaled(ratio, scheme) -> tuple[list[list[float]], list[list[float]]]:
    """Activations (channels) and weights (rows) as the scheme quantises them."""
    channels, weights = _draws()
    channels = [[ratio * v for v in channels[0]], *channels[1:]]
    if scheme != "smoothed":
        return channels, weights
    shares = [max(map(abs, x)) ** ALPHA / max(map(abs, w)) ** (1 - ALPHA) for x, w in zip(channels, weights, strict=True)]
    return [[v / s for v in x] for x, s in zip(channels, shares, strict=True)], [[v * s for v in w] for w, s in zip(weights, shares, strict=True)]


@lru_cache(maxsize=256)
def _largest(ratio, scheme) -> float:
    return max(max(map(abs, x)) for x in _scaled(ratio, scheme)[0][scheme == "mixed" :])


def _error(bits, ratio, scheme) -> float:
    return _measured(bits, 1.0 if scheme == "mixed" else ratio, scheme)  # what stays in 16 bit adds no error, however large


@lru_cache(maxsize=1024)
def _measured(bits, ratio, scheme) -> float:
    """‖X_q W_q − XW‖ / ‖X_0 W‖. What stays in 16 bit counts as exact."""
    channels, _ = _scaled(ratio, scheme)
    kept, highest, largest = scheme == "mixed", _highest(bits), _largest(ratio, scheme)
    step = largest / highest  # so no value lies beyond the highest level, and none needs clamping
    rows = list(zip(*([round(v / step) for v in x] for x in channels[kept:]), strict=True))
    columns, scales = _quantised_weights(bits, ratio if scheme == "smoothed" else 1.0, scheme)
    ordinary, outlier = _products()
    lost, scales = 0.0 if kept else ratio, [step * scale for scale in scales]
    gap = [
        sum(map(mul, row, column)) * scale - e - lost * f
        for row, exact, first in zip(rows, ordinary, outlier, strict=True)
        for column, scale, e, f in zip(columns, scales, exact, first, strict=True)
    ]
    return math.sqrt(math.fsum(map(mul, gap, gap)) / _signal())


@lru_cache(maxsize=1)
def _signal() -> float:
    """‖X_0 W‖²"""
    return math.fsum(v * v for row in _products()[0] for v in row)


@lru_cache(maxsize=256)
def _quantised_weights(bits, ratio, scheme) -> tuple[list[tuple[int, ...]], list[float]]:
    """Weights as whole numbers, one tuple an output, and the scale of each output."""
    columns = list(zip(*_scaled(ratio, scheme)[1][scheme == "mixed" :], strict=True))
    highest = _highest(bits)
    scales = [max(map(abs, column)) / highest for column in columns]
    return [tuple(round(v / s) for v in column) for column, s in zip(columns, scales, strict=True)], scales


@lru_cache(maxsize=1)
def _products() -> tuple[list[list[float]], list[list[float]]]:
    """The exact product of the ordinary channels, and that of the outlier channel at ratio 1, each 32 × 16."""
    channels, weights = _draws()
    columns = list(zip(*weights, strict=True))
    ordinary = [[math.fsum(map(mul, row[1:], column[1:])) for column in columns] for row in zip(*channels, strict=True)]
    return ordinary, [[x * w for w in weights[0]] for x in channels[0]]
