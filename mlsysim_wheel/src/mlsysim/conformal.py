"""Conformal prediction under shift: sets that promise to hold the truth, on a stream whose images change.

A classifier answers with the set of classes that score well enough; the threshold is set on 500 labelled samples so that
1 − α of the sets hold the true class, as long as new samples are like those. Then a share of new ones comes from a camera
on which the model is sure of a wrong class. Scores are drawn, not measured.
Source: Angelopoulos and Bates, Conformal Prediction: A Gentle Introduction, 2023; adaptive: Gibbs and Candès 2021.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._single import single
from mlsysim.errors import fraction, number, one_of
from mlsysim.quantity import quantity, series

POLICIES = ("static", "adaptive")
CLASSES, CALIBRATION, STREAM, SHIFT_AT, WINDOW, THIN = 10, 500, 800, 200, 50, 6
OLD, NEW = (3.0, 0.0), (1.2, 2.4)  # added to the logits of the true class and of one wrong class; illustrative
TOLERATED = 0.05  # coverage may fall this far short of the promise
MOST_PEOPLE = 0.4  # share of the images that the inspectors can look at; illustrative
MOVES = 0.25  # a signal shows something if it moves by more than a quarter
_RUN = "simulated stream, its last 600 samples"


@dataclass(frozen=True, slots=True)
class ConformalRun:
    """A stream of 800 samples, shifted from the 201st on; results over the last 600."""

    shifted_share: float = quantity("s", "share", doc="samples from the new camera")
    alpha: float = quantity(r"\alpha", "share", doc="sets that may miss the truth")
    policy: str = quantity(r"\text{policy}", "", doc="static: the threshold stays; adaptive: labels move it")
    gamma: float = quantity(r"\gamma", "1", doc="step of the adaptation")
    promise_share: float = quantity("p", "share", formula=r"1 - <alpha>", source="definition", doc="coverage promised")
    coverage_share: float = quantity("c", "share", source=_RUN, doc="sets that hold the true class")
    short_share: float = quantity("d", "share", formula=r"<promise_share> - <coverage_share>", source="difference", doc="below zero: more than promised")
    mean_size: float = quantity("z", "classes", source=_RUN, doc="classes in a set")
    people_share: float = quantity("h", "share", source=_RUN, doc="sets with other than one class: a person looks")
    automatic_error_share: float = quantity("e", "share", source=_RUN, doc="wrong among answers that no person sees; 0 if there is none")
    accuracy_share: float = quantity("a", "share", source=_RUN, doc="top class is the true one")
    usual_size: float = quantity("z_0", "classes", source=_RUN + ", without new images", doc="classes in a set")
    usual_people_share: float = quantity("h_0", "share", source=_RUN + ", without new images")
    size_change: float = quantity(r"\Delta_z", "share", formula=r"\frac{<mean_size>}{<usual_size>} - 1", source="ratio", doc="may be below zero, or above 1")
    people_change: float = quantity(
        r"\Delta_h", "share", formula=r"\frac{<people_share>}{<usual_people_share>} - 1", source="ratio", doc="may be below zero, or above 1; 0 without people"
    )
    signal: str = quantity(r"\text{signal}", "", source="moved by more than 25 %", doc="which shows the shift without labels: size, people, either, none")
    state: str = quantity(r"\text{state}", "", doc="promise broken (more than 5 points short), queue overflows (people above 40 %), or kept")
    coverage_line: tuple[tuple[float, float], ...] = series("share", doc="(sample, coverage of the last 50)")
    size_line: tuple[tuple[float, float], ...] = series("classes", doc="(sample, mean size of the last 50)")
    people_line: tuple[tuple[float, float], ...] = series("share", doc="(sample, share to people of the last 50)")


def mixed_coverage(promise: float, shifted_coverage: float, shifted_share: float) -> float:
    """Coverage if a share s of the images is covered differently: (1 − s)(1 − α) + s·c. Errors: OutOfRange.

    >>> round(mixed_coverage(0.9, 0.2, 0.3), 3)
    0.69
    """
    s = single(fraction, "shifted_share", shifted_share)
    return (1 - s) * single(fraction, "promise", promise) + s * single(fraction, "shifted_coverage", shifted_coverage)


def threshold(alpha: float) -> float:
    """Largest score 1 − p that a set admits: number ⌈501(1 − α)⌉ of the 500 calibration scores; 1 admits every class, −1 none.

    `alpha` may leave 0 … 1, as an adapted one does. Errors: OutOfRange.

    >>> round(threshold(0.1), 2), threshold(0.001), threshold(1.2)
    (0.75, 1.0, -1.0)
    """
    return _threshold(single(number, "alpha", alpha))


def run_stream(shifted_share: float = 0.3, alpha: float = 0.1, policy: str = "static", gamma: float = 0.02) -> ConformalRun:
    """Conformal sets of ten classes over a stream in which a share of the images changes.

    `alpha` in (0, 1), `gamma` in [0, 1]; the adaptive policy learns the label after each sample: a ← a + γ(α − miss).
    Errors: OutOfRange. Source: Gibbs and Candès 2021.

    >>> r = run_stream()
    >>> f"{r.coverage_share:.1%} covered, size {r.mean_size:.2f} (usually {r.usual_size:.2f}); {r.state}; signal: {r.signal}"
    '69.5% covered, size 1.06 (usually 1.06); promise broken; signal: none'
    """
    return _run(
        single(fraction, "shifted_share", shifted_share), single(number, "alpha", alpha, low=1e-6, high=1 - 1e-6),
        one_of("policy", policy, POLICIES), single(fraction, "gamma", gamma),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _run(s, alpha, policy, gamma) -> ConformalRun:
    sizes, hits, tops = _sets(s, alpha, policy, gamma)
    size, people = _size_and_people(sizes)
    usual_size, usual_people = _size_and_people(_sets(0.0, alpha, policy, gamma)[0])
    late = range(SHIFT_AT, STREAM)
    alone = [i for i in late if sizes[i] == 1]
    coverage = sum(hits[i] for i in late) / len(late)
    size_change, people_change = size / usual_size - 1 if usual_size else 0.0, people / usual_people - 1 if usual_people else 0.0
    moved = (abs(size_change) > MOVES, abs(people_change) > MOVES)
    short = 1 - alpha - coverage
    return ConformalRun(
        s, alpha, policy, gamma, 1 - alpha, coverage, short, size, people, sum(not hits[i] for i in alone) / len(alone) if alone else 0.0,
        sum(tops[i] for i in late) / len(late), usual_size, usual_people, size_change, people_change,
        {(True, True): "either", (True, False): "size", (False, True): "people", (False, False): "none"}[moved],
        "promise broken" if short > TOLERATED else "queue overflows" if people > MOST_PEOPLE else "kept",
        _rolling(hits), _rolling(sizes), _rolling([n != 1 for n in sizes]),
    )  # fmt: skip


def _sets(s, alpha, policy, gamma) -> tuple[list[int], list[bool], list[bool]]:
    """Size of every set, whether it holds the truth, whether the top class is the truth."""
    sizes, hits, tops, a = [], [], [], alpha
    step = gamma if policy == "adaptive" else 0.0
    q = _threshold(a)
    for i, (u, old, new) in enumerate(_samples()[1]):
        truth, ordered = new if i >= SHIFT_AT and u < s else old
        hit = truth <= q
        sizes.append(bisect_right(ordered, q))
        hits.append(hit)
        tops.append(truth == ordered[0])
        if step:
            a += step * (alpha - (not hit))
            q = _threshold(a)
    return sizes, hits, tops


def _size_and_people(sizes) -> tuple[float, float]:
    late = sizes[SHIFT_AT:]
    return sum(late) / len(late), sum(n != 1 for n in late) / len(late)


def _rolling(values) -> tuple[tuple[float, float], ...]:
    """Means of the last 50, every few samples."""
    sums = [0.0]
    for v in values:
        sums.append(sums[-1] + v)
    return tuple((float(i), (sums[i] - sums[i - WINDOW]) / WINDOW) for i in range(WINDOW, STREAM + 1, THIN))


def _threshold(a: float) -> float:
    if a >= 1:
        return -1.0
    rank = math.ceil((CALIBRATION + 1) * (1 - a) - 1e-9) if a > 0 else CALIBRATION + 1
    return 1.0 if rank > CALIBRATION else _samples()[0][rank - 1]


@lru_cache(maxsize=1)
def _samples() -> tuple[list, list]:
    """Calibration scores in order; of every sample of the stream a number that decides its camera, and its scores from both."""
    draw, normal = Random(31).random, NormalDist().inv_cdf
    calibration, stream = [], []
    for i in range(CALIBRATION + STREAM):
        u, noise = draw(), [normal(draw()) for _ in range(CLASSES)]
        if i < CALIBRATION:
            calibration.append(_scores(noise, OLD)[0])
        else:
            stream.append((u, _scores(noise, OLD), _scores(noise, NEW)))
    return sorted(calibration), stream


def _scores(noise, shift) -> tuple[float, list[float]]:
    """1 − p of the true class, and of all classes in order."""
    powers = [math.exp(v + (shift[k] if k < 2 else 0.0)) for k, v in enumerate(noise)]
    total = sum(powers)
    scores = [1 - p / total for p in powers]
    return scores[0], sorted(scores)
