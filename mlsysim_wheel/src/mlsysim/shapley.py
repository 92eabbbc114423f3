r"""Reasons for one decision: Shapley values of its features, exact and sampled, and what the model calls cost.

A Shapley value is the mean change of the model's answer when a feature joins the others, over all orders in which they can join.
Sampling takes n orders at random; each costs one evaluation a feature, and one evaluation starts them all: nM + 1.
Source: Shapley 1953; Castro, Gómez and Tejada 2009 (sampled orders); Lundberg and Lee 2017 (as reasons for a model's answer).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import a_list, fraction, number, positive, whole
from mlsysim.quantity import quantity, series, sources

FEATURES = 10
PERMUTATIONS = (1, 3, 10, 30, 100, 300)
STABLE, MOST_GROWTH, LONGEST_S = 0.85, 40.0, 0.1  # top three right; model calls against none explained; time of an answer
LIMITS = {"unstable": "unstable reasons", "fleet": "the size of the fleet", "waiting": "the wait for a reason", "nothing": "nothing"}
_MODEL_SEED, _SAMPLE_SEED = 51, 52
_SAMPLED = "repeated sampling of the same claim's reasons"


@dataclass(frozen=True, slots=True)
class ExplainedRequests:
    """The price of explaining a part of the requests, and whether the reasons hold when they are computed again."""

    permutations: int = quantity("n", "1", doc="sampled orders of the features")
    features: int = quantity("M", "1")
    explained_share: float = quantity("s", "share", doc="of the requests, that get an explanation")
    parallel: int = quantity("k", "1", doc="model calls at a time")
    call_s: float = quantity("t_1", "s", doc="time of a model call")
    evaluations: int = quantity("E", "1", formula="<permutations> <features> + 1", source="Castro et al. 2009", doc="model calls for one explanation")
    growth: float = quantity("g", "×", formula="1 + <explained_share> <evaluations>", source="counting", doc="model calls, against no explanations")
    added: float = quantity("g - 1", "×", formula="<growth> - 1", source="counting", doc="added to the calls for the answers themselves")
    latency_s: float = quantity("t", "s", formula=r"\lceil <evaluations> / <parallel> \rceil <call_s>", source="waves of calls", doc="time of an explanation")
    repeats: int = quantity("R", "1", doc="times the same claim was explained")
    top_one_share: float = quantity("a_1", "share", source=_SAMPLED, doc="with the right strongest reason")
    top_three_share: float = quantity("a_3", "share", source=_SAMPLED, doc="with the right three strongest reasons, in any order")
    error: float = quantity(r"\bar e", "1", source=_SAMPLED, doc="mean distance of a sampled from the exact value, in probability")
    smallest_stable: int = quantity("n^*", "1", source=_SAMPLED, doc="fewest orders with the top three right in 85 % of the repeats")
    without_share: float = quantity(r"v(\emptyset)", "share", source="the made-up model", doc="answer with no feature known")
    answer_share: float = quantity("v(M)", "share", source="the made-up model", doc="answer for this claim, all features known")
    limit: str = quantity(r"\text{limit}", "", source="top three under 85 %, growth over 40, latency over 100 ms (illustrative)", doc="what stops it")
    state: str = quantity(r"\text{state}", "", source="top three under 85 % (illustrative)")
    exact: tuple[float, ...] = series("1", doc="exact Shapley values, one a feature, in probability")
    sampled: tuple[tuple[float, ...], ...] = series("1", doc="a feature's sampled values, one a repeat")
    by_permutations: tuple[tuple[int, float, float], ...] = series("", doc="(orders, growth, share of repeats with the right top three)")
    sources: dict = sources()


def evaluations(permutations, features=FEATURES) -> int:
    """Model calls of one sampled explanation: nM + 1. Errors: OutOfRange.

    >>> evaluations(100), evaluations(10, 40)
    (1001, 401)
    """
    return whole("permutations", permutations, high=10**6) * whole("features", features, high=10**5) + 1


def growth(explained_share, permutations, features=FEATURES) -> float:
    """Model calls with explanations against without: 1 + s(nM + 1). Errors: OutOfRange.

    >>> round(growth(0.05, 100), 2)
    51.05
    """
    return 1 + single(fraction, "explained_share", explained_share) * evaluations(permutations, features)


def explain_requests(permutations=100, explained_share=0.05, parallel=64, call_s=0.004) -> ExplainedRequests:
    """A made-up model of ten features explains one claim, again and again.

    Errors: OutOfRange for orders outside 1 … 1000, a share outside 0 … 1, parallel calls below 1, a time outside 0 … 3600; WrongType.

    >>> r = explain_requests()
    >>> round(r.growth, 2), r.latency_s, r.top_three_share, r.smallest_stable
    (51.05, 0.064, 1.0, 10)
    """
    n = whole("permutations", permutations, high=1000)
    share, calls, t = single(fraction, "explained_share", explained_share), whole("parallel", parallel), single(positive, "call_s", call_s, high=3600.0)
    need, (top_one, top_three, error, sampled) = evaluations(n), stability(n)
    grown, wait = growth(share, n), math.ceil(need / calls) * t
    broken = [name for name, bad in (("unstable", top_three < STABLE), ("fleet", grown > MOST_GROWTH), ("waiting", wait > LONGEST_S)) if bad]
    return ExplainedRequests(
        permutations=n, features=FEATURES, explained_share=share, parallel=calls, call_s=t, evaluations=need, growth=grown, added=grown - 1, latency_s=wait,
        repeats=len(sampled[0]), top_one_share=top_one, top_three_share=top_three, error=error,
        smallest_stable=next(k for k in PERMUTATIONS if stability(k)[1] >= STABLE), limit=" and ".join(broken) or "nothing",
        without_share=_answers()[0], answer_share=_answers()[-1],
        state="unstable reasons" if top_three < STABLE else "stable reasons", exact=exact_values(), sampled=sampled,
        by_permutations=tuple((k, growth(share, k), stability(k)[1]) for k in PERMUTATIONS),
        sources={"call_s": "illustrative", "parallel": "illustrative", "features": "a made-up model"},
    )  # fmt: skip


@lru_cache(maxsize=1)
def _answers() -> tuple[float, ...]:
    """The model's answer for every subset of the claim's features, bit i of the index for feature i."""
    from statistics import NormalDist  # needed here only: importing it costs milliseconds

    draw, quantile = random.Random(_MODEL_SEED).random, NormalDist().inv_cdf
    weights = [quantile(draw()) for _ in range(FEATURES)]
    pairs = []
    for i in range(FEATURES):
        for j in range(i + 1, FEATURES):
            u = quantile(draw())
            if draw() < 0.3:
                pairs.append((i, j, u))
    x = [quantile(draw()) for _ in range(FEATURES)]
    both = [(1 << i | 1 << j, 0.6 * u * x[i] * x[j]) for i, j, u in pairs]
    alone = [(1 << i, w * v) for i, (w, v) in enumerate(zip(weights, x, strict=True))]
    return tuple(1 / (1 + math.exp(0.3 - sum(z for bits, z in (*alone, *both) if s & bits == bits))) for s in range(1 << FEATURES))


@lru_cache(maxsize=1)
def exact_values() -> tuple[float, ...]:
    """Exact Shapley values of the made-up claim, over all subsets: Σ |S|!(M − |S| − 1)!/M! · (v(S ∪ i) − v(S)); negative where a feature speaks against.

    >>> round(sum(exact_values()), 3), round(exact_values()[8], 3)
    (-0.409, -0.385)
    """
    v, f = _answers(), math.factorial
    weight = [f(k) * f(FEATURES - k - 1) / f(FEATURES) for k in range(FEATURES)]
    return tuple(sum(weight[s.bit_count()] * (v[s | 1 << i] - v[s]) for s in range(1 << FEATURES) if not s >> i & 1) for i in range(FEATURES))


def strongest(values, count=3) -> frozenset[int]:
    """Places of the largest values, signs aside. Errors: OutOfRange for a count outside 1 … the number of values; WrongType.

    >>> sorted(strongest((0.1, -0.4, 0.2)))
    [0, 1, 2]
    """
    found = [single(number, "values", v) for v in a_list("values", values)]
    return frozenset(sorted(range(len(found)), key=lambda i: -abs(found[i]))[: whole("count", count, high=max(1, len(found)))])


def stability(permutations) -> tuple[float, float, float, tuple[tuple[float, ...], ...]]:
    """Shares of repeats with the right top one and top three, mean error, and each feature's sampled values. Errors: OutOfRange.

    >>> stability(3)[1]
    0.675
    """
    return _stability(whole("permutations", permutations, high=1000))


@lru_cache(maxsize=32)
def _stability(n):
    v, exact, draw = _answers(), exact_values(), random.Random(_SAMPLE_SEED).random
    repeats = max(5, min(40, 2000 // n))
    right, rows = [strongest(exact, 1), strongest(exact)], []
    for _ in range(repeats):
        total = [0.0] * FEATURES
        for _ in range(n):
            order = list(range(FEATURES))
            for i in range(FEATURES - 1, 0, -1):  # Fisher and Yates
                j = int(draw() * (i + 1))
                order[i], order[j] = order[j], order[i]
            inside = 0
            for i in order:
                joined = inside | 1 << i
                total[i] += v[joined] - v[inside]
                inside = joined
        rows.append([t / n for t in total])
    hits = [sum(strongest(row, k) == r for row in rows) / repeats for k, r in zip((1, 3), right, strict=True)]
    error = sum(abs(a - b) for row in rows for a, b in zip(row, exact, strict=True)) / (repeats * FEATURES)
    return hits[0], hits[1], error, tuple(zip(*rows, strict=True))
