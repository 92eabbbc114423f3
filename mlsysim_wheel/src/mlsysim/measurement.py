r"""A benchmark as an experiment: two programs, a number of runs each, in an order, on a machine that drifts.

Each run takes exp(d + noise·z)·(1 for A, 1 + gap for B). The drift d is an autoregressive process of first order,
d ← φ·d + √(1 − φ²)·s·z, so runs close in time are alike. In blocks (AAA…BBB) the drift between the two halves passes for a
difference of the programs; alternating (ABAB…) both see the same machine. B, the slower, wins where stat(B)/stat(A) < 1.
Source: Mytkowicz et al. 2009 (bias from set-up and order); Hoefler and Belli 2015; Box and Jenkins 1970 (autoregression).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

FILE = "measurement/measurement.json"
ORDERS = {"blocked": "AAA… then BBB…", "interleaved": "ABAB…"}
STATISTICS = ("mean", "median", "minimum")
RUNS = (1, 3, 5, 10, 20, 30)
SUPPORTED, DOUBTFUL = "claim supported", "claim not supported"
_SEED = 12
_SIMULATED = "400 simulated comparisons"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Many comparisons of a fast program A and a slower one B, each with the same number of runs."""

    runs: int = quantity("n", "1", doc="runs of each program")
    order: str = quantity(r"\text{order}", "")
    statistic: str = quantity(r"\text{stat}", "")
    gap_share: float = quantity("g", "share", doc="B takes longer by this, in truth")
    correlation: float = quantity(r"\varphi", "1", doc="of the drift, from one run to the next")
    drift_share: float = quantity("s", "share", doc="standard deviation of the drift")
    noise_share: float = quantity(r"\nu", "share", doc="standard deviation of a single run")
    wrong_share: float = quantity("w", "share", source=_SIMULATED, doc="comparisons in which B wins")
    interval_low: float = quantity("q_{2.5}", "×", source=_SIMULATED, doc="stat(B)/stat(A), sorted value 10")
    interval_high: float = quantity("q_{97.5}", "×", source=_SIMULATED, doc="sorted value 390")
    spread: float = quantity(
        r"\sigma", "1", formula=r"\frac{\ln <interval_high> - \ln <interval_low>}{3.92}", source="normal approximation",
        doc="standard deviation of the log ratio",
    )
    blocked_wrong_share: float = quantity("w_{AABB}", "share", source=_SIMULATED, doc="the same in blocks")
    interleaved_wrong_share: float = quantity("w_{ABAB}", "share", source=_SIMULATED, doc="the same alternating")
    without_drift_share: float = quantity("w_{s=0}", "share", source=_SIMULATED, doc="the same on a steady machine")
    without_noise_share: float = quantity(r"w_{\nu=0}", "share", source=_SIMULATED, doc="the same without the noise of single runs")
    with_mean_share: float = quantity("w_{mean}", "share", source=_SIMULATED, doc="the same with means compared")
    cause: str = quantity(r"\text{cause}", "", source="lowest share of three changes, each simulated; equals joined by +; nothing up to 1 % wrong")
    state: str = quantity(r"\text{state}", "", source="share of wrong verdicts against 5 %")
    ratios: tuple = series("×", doc="stat(B)/stat(A) of every comparison, ascending")
    example_drift: tuple = series("×", doc="(run, time that A would take without noise) of the first comparison")
    example_a: tuple = series("×", doc="(run, time) of A, first comparison")
    example_b: tuple = series("×", doc="(run, time) of B, first comparison")
    sources: dict = sources()


def compare_runs(runs=30, order="blocked", statistic="mean", gap_share=None, correlation=None, drift_share=None, noise_share=None) -> Verdicts:
    """How often `runs` runs (1 … 30) of each program name the slower one as the winner.

    `order` is a key of ORDERS, `statistic` one of STATISTICS. Shares and the correlation (0 … 0.999) are of the data where
    None. Draws: one z for the first drift of a comparison, then one for drift and one for noise a run, from one generator.
    Errors: OutOfRange, WrongType. Source: Mytkowicz et al. 2009; constants illustrative.

    >>> compare_runs(30).wrong_share, compare_runs(3).wrong_share, compare_runs(10, "interleaved").wrong_share
    (0.175, 0.0875, 0.0)
    """
    given = _checked(runs, order, statistic, gap_share, correlation, drift_share, noise_share)
    runs, order, statistic, gap, correlation, drift, noise = given
    data = load(FILE)
    found = _ratios(*given)
    wrong = _wrong(*given)
    others = {
        "drift": _wrong(runs, order, statistic, gap, correlation, 0.0, noise),
        "noise": _wrong(runs, order, statistic, gap, correlation, drift, 0.0),
        "statistic": _wrong(runs, order, "mean", gap, correlation, drift, noise),
    }
    high = found[len(found) - 10]
    a, b = _slices(runs, order)
    times, first = _times(runs, correlation, drift, noise)[0], _drifts(runs, correlation, drift)[0]
    return Verdicts(
        runs=runs, order=order, statistic=statistic, gap_share=gap, correlation=correlation, drift_share=drift, noise_share=noise, wrong_share=wrong,
        interval_low=found[10], interval_high=high, spread=math.log(high / found[10]) / 3.92,
        blocked_wrong_share=_wrong(runs, "blocked", statistic, gap, correlation, drift, noise),
        interleaved_wrong_share=_wrong(runs, "interleaved", statistic, gap, correlation, drift, noise),
        without_drift_share=others["drift"], without_noise_share=others["noise"], with_mean_share=others["statistic"],
        cause="nothing" if wrong <= data["nothing_below_share"]["value"] else "+".join(name for name, share in others.items() if share == min(others.values())),
        state=DOUBTFUL if wrong > data["wrong_above_share"]["value"] else SUPPORTED, ratios=found,
        example_drift=tuple(enumerate(first, 1)),
        example_a=tuple((i + 1, times[i]) for i in range(2 * runs)[a]),
        example_b=tuple((i + 1, times[i] * (1 + gap)) for i in range(2 * runs)[b]),
        sources={"cause": source_of(data["nothing_below_share"]), "state": source_of(data["wrong_above_share"])},
    )  # fmt: skip


def wrong_by_runs(order="blocked", statistic="mean", gap_share=None, correlation=None, drift_share=None, noise_share=None) -> tuple[tuple[int, float], ...]:
    """(runs of each program, share of wrong verdicts) for RUNS; arguments and errors as in `compare_runs`.

    >>> wrong_by_runs()[-1]
    (30, 0.175)
    """
    return tuple((runs, _wrong(*_checked(runs, order, statistic, gap_share, correlation, drift_share, noise_share))) for runs in RUNS)


def ratio_spread(runs, order) -> float:
    """Standard deviation of the log of mean(B)/mean(A) for two equal programs, drift and noise of the data. Errors: OutOfRange.

    >>> round(ratio_spread(20, "blocked"), 4), round(ratio_spread(5, "interleaved"), 4)
    (0.0322, 0.0129)
    """
    found = _ratios(*_checked(runs, order, "mean", 0.0, None, None, None))
    return math.log(found[len(found) - 10] / found[10]) / 3.92


def wrong_winner_probability(gap_share, spread_share, runs) -> float:
    """Probability that means of independent runs name the slower program: Φ(−g/(cv·√(2/n))), g the relative gap.

    Errors: OutOfRange for a gap or spread that is not positive. Source: difference of two means (Student 1908).

    >>> round(wrong_winner_probability(0.03, 0.05, 10), 3)
    0.09
    """
    gap, spread = single(positive, "gap_share", gap_share, high=1e6), single(positive, "spread_share", spread_share, high=1e6)
    return 0.5 * math.erfc(gap / (spread * math.sqrt(2 / whole("runs", runs))) / math.sqrt(2))


def _checked(runs, order, statistic, gap_share, correlation, drift_share, noise_share) -> tuple:
    data = load(FILE)
    default = lambda value, name: data[name]["value"] if value is None else value  # noqa: E731 - used in four places
    return (
        whole("runs", runs, high=RUNS[-1]),
        one_of("order", order, ORDERS),
        one_of("statistic", statistic, STATISTICS),
        single(non_negative, "gap_share", default(gap_share, "gap_share"), high=1.0),
        single(number, "correlation", default(correlation, "drift_correlation"), low=0.0, high=0.999),
        single(non_negative, "drift_share", default(drift_share, "drift_share"), high=1.0),
        single(non_negative, "noise_share", default(noise_share, "noise_share"), high=1.0),
    )


_drawn: list[float] = []  # one stream of standard normals for all settings, drawn as far as anybody asked
_draw, _NORMAL = Random(_SEED).random, NormalDist()


def _normals(count: int) -> list[float]:
    while len(_drawn) < count:
        _drawn.append(_NORMAL.inv_cdf(min(1 - 1e-9, max(1e-9, _draw()))))
    return _drawn


def _slices(runs: int, order: str) -> tuple[slice, slice]:
    return (slice(0, runs), slice(runs, 2 * runs)) if order == "blocked" else (slice(0, None, 2), slice(1, None, 2))


@lru_cache(maxsize=16)
def _noises(runs: int, noise: float) -> tuple[list[float], ...]:
    """exp(noise·z) of every run of every comparison."""
    z, width, exp = _normals(load(FILE)["comparisons"]["value"] * (1 + 4 * runs)), 1 + 4 * runs, math.exp
    return tuple([exp(noise * v) for v in z[c + 2 : c + width : 2]] for c in range(0, load(FILE)["comparisons"]["value"] * width, width))


@lru_cache(maxsize=16)
def _drifts(runs: int, correlation: float, drift: float) -> tuple[list[float], ...]:
    """exp(d) at every run of every comparison."""
    z, width, exp = _normals(load(FILE)["comparisons"]["value"] * (1 + 4 * runs)), 1 + 4 * runs, math.exp
    fresh, found = math.sqrt(1 - correlation * correlation) * drift, []
    for c in range(0, load(FILE)["comparisons"]["value"] * width, width):
        d, path = drift * z[c], []
        for v in z[c + 1 : c + width : 2]:
            d = correlation * d + fresh * v
            path.append(exp(d))
        found.append(path)
    return tuple(found)


@lru_cache(maxsize=16)
def _times(runs: int, correlation: float, drift: float, noise: float) -> tuple[list[float], ...]:
    """Time of every run, as if it were A's."""
    if not drift:
        return _noises(runs, noise)
    if not noise:
        return _drifts(runs, correlation, drift)
    return tuple([d * w for d, w in zip(path, own, strict=True)] for path, own in zip(_drifts(runs, correlation, drift), _noises(runs, noise), strict=True))


@lru_cache(maxsize=128)
def _equal_ratios(runs: int, order: str, statistic: str, correlation: float, drift: float, noise: float) -> tuple[float, ...]:
    """stat(B)/stat(A) for two equal programs, ascending; a gap scales it."""
    a, b = _slices(runs, order)
    stat = {"mean": sum, "minimum": min, "median": _median}[statistic]
    return tuple(sorted([stat(t[b]) / stat(t[a]) for t in _times(runs, correlation, drift, noise)]))


def _median(times: list[float]) -> float:
    ordered, half = sorted(times), len(times) // 2
    return ordered[half] if len(times) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _ratios(runs, order, statistic, gap, correlation, drift, noise) -> tuple[float, ...]:
    return tuple([(1 + gap) * v for v in _equal_ratios(runs, order, statistic, correlation, drift, noise)])


def _wrong(runs, order, statistic, gap, correlation, drift, noise) -> float:
    found = _equal_ratios(runs, order, statistic, correlation, drift, noise)
    return bisect_left(found, 1 / (1 + gap)) / len(found)
