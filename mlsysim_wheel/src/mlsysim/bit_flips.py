"""Bits that flip in the weights of a classifier: which answers change, and what a faulty device costs until it is found.

A small random network (16–32–4, ReLU) stands for a classifier. At every bit position of a number format, 24 flips at random
weights are tried on 20 inputs. A fleet meets silent corruptions at a constant rate, and each lasts until a self-test
finds it. Source: Hochschild et al., Cores that don't count, 2021; clamping: Chen et al., range restriction, DSN 2021.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import OutOfRange, flag, non_negative, number, one_of, positive, whole
from mlsysim.numerics import number_format, rounded
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, HOUR, YEAR

FILE, RATE_FILE = "robustness.json", "reliability/llama3_pretraining.json"
WEIGHT_FORMATS = ("fp32", "bf16", "fp16", "int8")
INPUTS, HIDDEN, CLASSES, SAMPLES, FLIPS = 16, 32, 4, 20, 24
MOST_WRONG_PER_YEAR = 1e5  # what the safety board accepts; illustrative
LONGEST_S = 10 * YEAR
_CHANGES = ("int8", "clamp", "period", "coverage")
_INJECTED = "24 random flips at each bit position, each on 20 inputs"
# how a value is packed, how its bits are read, how many there are, how many belong to the mantissa
_LAYOUT = {"fp32": (">f", ">I", 32, 23), "bf16": (">f", ">I", 16, 7), "fp16": (">e", ">H", 16, 10)}


@dataclass(frozen=True, slots=True)
class FlipStudy:
    """Where flipped bits change answers, and what that costs a fleet in a year."""

    weight_format: str = quantity(r"\text{format}", "")
    clamped: bool = quantity(r"\text{clamp}", "", doc="activations and damaged logits are held within their clean range")
    period_s: float = quantity(r"\tau", "s", doc="between two self-tests of a device")
    coverage: float = quantity("c", "share", doc="faults that one self-test finds")
    gpus: int = quantity("N", "1")
    between_s: float = quantity("r", "s", doc="device time between silent corruptions: six in 54 days on 16,384 GPUs")
    answers_per_s: float = quantity("q", "1/s", doc="answers of one GPU")
    mean_changed_share: float = quantity("m", "share", source=_INJECTED, doc="answers that a flip at a random bit changes")
    trials: int = quantity("t", "1", source=_INJECTED)
    changed: int = quantity("k", "1", formula=r"<mean_changed_share> <trials>", source="count", doc="trials in which the answer changes")
    worst_bit: int = quantity("b", "1", source=_INJECTED, doc="bit position that changes most answers, 0 the least significant")
    worst_kind: str = quantity(r"\text{kind}", "", doc="what that bit belongs to: sign, exponent, mantissa or value")
    worst_changed_share: float = quantity("m_b", "share", source=_INJECTED, doc="answers that a flip there changes")
    worst_share: float = quantity("w", "share", source=_INJECTED, doc="that position's part of all changed answers")
    incidents_per_year: float = quantity("n", "1/year", formula=r"\frac{<gpus> \cdot 1\,\text{year}}{<between_s>}", source="rate times exposure")
    detection_s: float = quantity(
        "T_d", "s", formula=r"<period_s> \left(\frac{1}{<coverage>} - \frac{1}{2}\right)", source="half a period, then tests until one finds it"
    )
    wrong_per_year: float = quantity(
        "W", "1/year", formula=r"<incidents_per_year> <detection_s> <answers_per_s> <mean_changed_share>", source="product", doc="changed answers"
    )
    best_change: str = quantity(r"\text{best}", "", doc="what lowers W most: int8, clamp, period (halved) or coverage (doubled, at most 0.95)")
    state: str = quantity(r"\text{state}", "", doc="too many wrong answers, or ok")
    shares: tuple[tuple[str, str, float], ...] = series("share", doc="(bit, kind, its part of all changed answers), most significant first")
    groups: tuple[tuple[str, int], ...] = series("1", doc="(kind, bits of it), most significant first")
    options: tuple[tuple[str, float], ...] = series("1/year", doc="(change, W after it)")
    curves: tuple[tuple[str, tuple], ...] = series("1/year", doc="(format, points (period in s, W)), with the same clamp, coverage and fleet")
    sources: dict = sources()


def corruption_between_s() -> float:
    """Device time between two silent corruptions, in seconds: six in 54 days on 16,384 GPUs.

    >>> round(corruption_between_s() / 3600)
    3538944
    """
    raw = load(RATE_FILE)
    return raw["devices"] * raw["days"] * DAY / raw["silent_corruptions"]


def detection_s(period_s: float, coverage: float) -> float:
    """Mean time until a self-test finds a fault that strikes at a random moment: τ(1/c − 1/2). Errors: OutOfRange.

    >>> round(detection_s(24 * 3600, 0.6) / 3600, 3)
    28.0
    """
    period, coverage = single(positive, "period_s", period_s, high=LONGEST_S), single(number, "coverage", coverage, low=1e-6, high=1.0)
    return period * (1.0 / coverage - 0.5)


def any_corruption(gpus: int, time_s: float, between_s: float) -> float:
    """Probability of at least one corruption on `gpus` devices within `time_s`, one in `between_s` of device time: 1 − e^(−N·t/r).

    Errors: OutOfRange.

    >>> round(any_corruption(2000, 30 * 86400, corruption_between_s()), 3)
    0.334
    """
    time = single(non_negative, "time_s", time_s, high=1e11)
    return -math.expm1(-whole("gpus", gpus, high=10**7) * time / single(positive, "between_s", between_s))


def changed_shares(weight_format: str, clamped: bool = False) -> tuple[float, ...]:
    """Answers that a flip changes, by bit position, least significant first. Formats: fp32, bf16, fp16, int8.

    >>> [round(100 * s, 1) for s in changed_shares("bf16")[12:]]
    [0.0, 0.0, 24.0, 0.4]
    """
    return _injected(one_of("weight_format", weight_format, WEIGHT_FORMATS), flag("clamped", clamped))


def study_flips(
    weight_format: str = "bf16", clamped: bool = False, period_s: float = DAY, gpus: int = 2000, coverage: float | None = None
) -> FlipStudy:
    """Exhaustive fault injection in one format, and the wrong answers of a fleet in a year.

    Without `coverage`, 0.6 (illustrative). Answers that change are counted as wrong. Errors: OutOfRange, WrongType.
    Source: Hochschild et al. 2021; rate: Grattafiori et al. 2024; 50 answers a second and GPU are illustrative.

    >>> r = study_flips()
    >>> f"bit {r.worst_bit}: {r.worst_share:.1%} of the changed answers; {r.wrong_per_year:,.0f} a year; best: {r.best_change}"
    'bit 14: 90.6% of the changed answers; 412,887 a year; best: int8'
    """
    raw = load(FILE)
    coverage = float(raw["self_test_coverage"]["value"]) if coverage is None else coverage
    by_bit = changed_shares(weight_format, clamped)
    period, gpus, found = single(positive, "period_s", period_s, high=LONGEST_S), whole("gpus", gpus, high=10**7), detection_s(period_s, coverage)
    rate, between = float(raw["answers_per_s"]["value"]), corruption_between_s()
    incidents = gpus * YEAR / between

    def wrong(fmt, clamp, time_s):
        return incidents * time_s * rate * _mean(_injected(fmt, clamp))

    here = wrong(weight_format, clamped, found)
    after = (
        wrong("int8", clamped, found), wrong(weight_format, True, found), wrong(weight_format, clamped, found / 2),
        wrong(weight_format, clamped, detection_s(period, max(coverage, min(0.95, 2 * coverage)))),
    )  # fmt: skip
    best, total = _CHANGES[after.index(min(after))], sum(by_bit)
    worst = max(range(len(by_bit)), key=by_bit.__getitem__)
    kinds = [_kind(weight_format, bit) for bit in range(len(by_bit))]
    shares = tuple((f"bit {i}", kinds[i], by_bit[i] / total if total else 0.0) for i in reversed(range(len(by_bit))))
    grid = sorted({HOUR, 30 * DAY, period})
    curves = tuple((fmt, tuple((t, wrong(fmt, clamped, detection_s(t, coverage))) for t in grid)) for fmt in WEIGHT_FORMATS)
    return FlipStudy(
        weight_format, clamped, period, coverage, gpus, between, rate, _mean(by_bit),
        len(by_bit) * FLIPS * SAMPLES, round(total * FLIPS * SAMPLES), worst, kinds[worst], by_bit[worst],
        by_bit[worst] / total if total else 0.0, incidents, found, here, best, "too many wrong answers" if here > MOST_WRONG_PER_YEAR else "ok",
        shares, tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(reversed(kinds))), tuple(zip(_CHANGES, after, strict=True)), curves,
        sources={"between_s": load(RATE_FILE)["source"], "answers_per_s": source_of(raw["answers_per_s"]), "coverage": "self-test; illustrative"},
    )  # fmt: skip


def flipped(value: float, weight_format: str, bit: int, scale: float = 1.0) -> float:
    """`value` in a format with one of its bits flipped; int8 counts in steps of `scale`. May be infinite or NaN.

    >>> flipped(0.5, "bf16", 14), flipped(0.5, "bf16", 0), flipped(1.0, "int8", 7, 0.01)
    (1.7014118346046923e+38, 0.50390625, -0.28)
    """
    fmt = one_of("weight_format", weight_format, WEIGHT_FORMATS)
    value = single(number, "value", value)
    bit = whole("bit", bit, low=0, high=(8 if fmt == "int8" else _LAYOUT[fmt][2]) - 1)
    scale = single(positive, "scale", scale)
    if abs(value) > (127.5 * scale if fmt == "int8" else number_format(fmt).largest):
        raise OutOfRange(f"value is {value!r}, but must be a number that {fmt} can hold.")
    return _flipped(value, fmt, bit, scale)


def _flipped(value: float, fmt: str, bit: int, scale: float) -> float:
    if fmt == "int8":
        code = (max(-127, min(127, round(value / scale))) & 0xFF) ^ (1 << bit)
        return scale * (code - 256 if code > 127 else code)
    as_value, as_bits, width, _ = _LAYOUT[fmt]
    shift = 16 if fmt == "bf16" else 0  # a bf16 is the upper half of an fp32
    code = struct.unpack(as_bits, struct.pack(as_value, rounded(value, number_format(fmt))))[0] ^ (1 << (bit + shift))
    return struct.unpack(as_value, struct.pack(as_bits, code))[0]


def _kind(fmt: str, bit: int) -> str:
    if fmt == "int8":
        return "sign" if bit == 7 else "value"
    _, _, width, mantissa = _LAYOUT[fmt]
    return "sign" if bit == width - 1 else "exponent" if bit >= mantissa else "mantissa"


def _mean(values) -> float:
    return sum(values) / len(values)


@lru_cache(maxsize=1)
def _network():
    """Weights, and of every input: its values, sums and outputs of the hidden units, logits, answer, lead of the answer."""
    draw, normal = Random(21).random, NormalDist().inv_cdf
    first = [[normal(draw()) * math.sqrt(2 / INPUTS) for _ in range(INPUTS)] for _ in range(HIDDEN)]
    last = [[normal(draw()) * math.sqrt(2 / HIDDEN) for _ in range(HIDDEN)] for _ in range(CLASSES)]
    cases = []
    for _ in range(SAMPLES):
        x = [normal(draw()) for _ in range(INPUTS)]
        z = [math.fsum(w * v for w, v in zip(row, x, strict=True)) for row in first]
        h = [max(0.0, v) for v in z]
        logits = [math.fsum(w * v for w, v in zip(row, h, strict=True)) for row in last]
        ordered = sorted(logits)
        cases.append((x, z, h, logits, logits.index(ordered[-1]), ordered[-1] - ordered[-2]))
    reach = [max(column) - min(column) for column in zip(*last, strict=True)]  # how far one unit moves two logits apart
    return first, last, cases, reach


@lru_cache(maxsize=8)
def _injected(fmt: str, clamped: bool) -> tuple[float, ...]:
    first, last, cases, reach = _network()
    scales = [max(abs(w) for row in matrix for w in row) / 127 for matrix in (first, last)]
    largest_h, largest_logit = max(max(c[2]) for c in cases), max(abs(v) for c in cases for v in c[3])
    draw, found = Random(22).random, []
    for bit in range(8 if fmt == "int8" else _LAYOUT[fmt][2]):
        changed = 0
        for _ in range(FLIPS):
            u = int(draw() * 640)
            if u < 512:
                unit, source = divmod(u, INPUTS)
                weight = first[unit][source]
                delta = _flipped(weight, fmt, bit, scales[0]) - weight
                for x, z, h, logits, answer, lead in cases:
                    if abs(delta * x[source]) * reach[unit] < lead * 0.999:  # too small to change the order; false for NaN
                        continue
                    new = z[unit] + delta * x[source]
                    new = new if new != new else max(0.0, new)
                    step = (min(new, largest_h) if clamped else new) - h[unit]
                    changed += _differs([v + row[unit] * step for v, row in zip(logits, last, strict=True)], answer)
            else:
                row, unit = divmod(u - 512, HIDDEN)
                weight = last[row][unit]
                delta = _flipped(weight, fmt, bit, scales[1]) - weight
                for _, _, h, logits, answer, lead in cases:
                    if abs(delta * h[unit]) < lead * 0.999:
                        continue
                    new = logits[row] + delta * h[unit]
                    new = max(-largest_logit, min(largest_logit, new)) if clamped and new == new else new
                    changed += _differs([*logits[:row], new, *logits[row + 1 :]], answer)
        found.append(changed / (FLIPS * SAMPLES))
    return tuple(found)


def _differs(logits: list[float], answer: int) -> bool:
    """Another answer than before, the first of equals counted; or a NaN, which is none."""
    return any(v != v for v in logits) or logits.index(max(logits)) != answer
