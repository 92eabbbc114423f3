r"""From experiment to launch: which share of the wins that teams ship is noise.

A test of fixed length calls a useless idea a win in 2.5 % of cases. Looked at every day and stopped at the first significant
one, it does so far more often, and it ends the useless tests last. What share of the shipped wins is noise then depends on how
many ideas work at all. Interleaving compares two rankings on the same users: a coarse test that needs few of them comes first.
Source: Armitage, McPherson and Rowe 1969 (repeated looks); Kohavi, Tang and Xu 2020 (sample size); Chapelle et al. 2012 (interleaving).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import number, one_of, positive, whole
from mlsysim.model_releases import FILE
from mlsysim.quantity import quantity, series, sources

POLICIES = ("peeking", "fixed", "screen")
IDEAS = (0.02, 0.05, 0.1, 0.2, 0.3)
NOISE, SIGNAL = "more noise than signal", "more signal than noise"
SHOWN = 40  # walks that a chart gets
_NORMAL = NormalDist()
_LIMIT = 1.960
_SCREEN_NULL, _SCREEN_GOOD, _FIXED_NULL = 0.1, 0.9, 0.025  # the coarse test is one-sided at 10 % with 90 % power
_DAYS = 91


@dataclass(frozen=True, slots=True)
class _Looks:
    """What 2,000 useless and 2,000 good ideas meet when somebody looks so many times."""

    null_wins: tuple[int, ...]  # useless ideas that have won by each look
    good_wins: int
    null_looks: float  # looks that a test of a useless idea takes, on average
    good_looks: float
    paths: tuple[tuple[tuple[float, float], ...], ...]


@lru_cache(maxsize=32)
def _looked(looks: int) -> _Looks:
    """Useless ideas first, then good ones, from one stream of draws; each test ends at its first significant look."""
    draw, inverse, tests = Random(5).random, _NORMAL.inv_cdf, load(FILE)["simulated_tests"]["value"]
    mean = (_LIMIT + inverse(load(FILE)["power_share"]["value"])) / math.sqrt(looks)
    wins, taken, paths = [[0] * looks, [0] * looks], [0, 0], []
    bounds = [_LIMIT * math.sqrt(k) for k in range(1, looks + 1)]
    for kind, shift in enumerate((0.0, mean)):
        for test in range(tests):
            total, sums = 0.0, []
            for k, bound in enumerate(bounds):
                total += shift + inverse(draw() or 1e-12)
                sums.append(total)
                if total > bound or total < -bound:
                    wins[kind][k] += total > 0
                    break
            taken[kind] += k + 1
            if kind == 0 and test < SHOWN:
                paths.append(tuple((i + 1.0, value / math.sqrt(i + 1)) for i, value in enumerate(sums)))
    return _Looks(tuple(sum(wins[0][: k + 1]) for k in range(looks)), sum(wins[1]), taken[0] / tests, taken[1] / tests, tuple(paths))


def _rates(policy: str, ideas: float, looks: int) -> tuple[float, float, float]:
    """Share of useless and of good ideas that win, and A/B tests of full length that an idea costs on average."""
    if policy == "fixed":
        return _FIXED_NULL, load(FILE)["power_share"]["value"], 1.0
    if policy == "screen":
        null, good = _SCREEN_NULL * _FIXED_NULL, _SCREEN_GOOD * load(FILE)["power_share"]["value"]
        return null, good, (1 - ideas) * _SCREEN_NULL + ideas * _SCREEN_GOOD
    found, tests = _looked(looks), load(FILE)["simulated_tests"]["value"]
    return found.null_wins[-1] / tests, found.good_wins / tests, ((1 - ideas) * found.null_looks + ideas * found.good_looks) / looks


def false_win_share(policy, ideas_share, looks=14) -> float:
    """Share of the shipped wins that are noise. Errors: OutOfRange for another policy, ideas outside 0 … 1, looks outside 1 … 60.

    >>> [round(false_win_share(policy, 0.1), 3) for policy in ("peeking", "fixed", "screen")]
    [0.559, 0.22, 0.03]
    """
    policy, ideas = one_of("policy", policy, POLICIES), single(number, "ideas_share", ideas_share, low=0.0, high=1.0)
    null, good, _ = _rates(policy, ideas, whole("looks", looks, high=60))
    return (1 - ideas) * null / ((1 - ideas) * null + ideas * good)


def users_per_arm(baseline_share, lift_share) -> float:
    """Users in each arm of a test that finds a relative lift in 80 % of cases at |z| > 1.96. Errors: OutOfRange.

    >>> round(users_per_arm(0.04, 0.01), -4)
    3770000.0
    """
    p = single(number, "baseline_share", baseline_share, low=1e-6, high=0.999)
    d = p * single(number, "lift_share", lift_share, low=1e-4, high=10.0)
    return (_NORMAL.inv_cdf(0.975) + _NORMAL.inv_cdf(load(FILE)["power_share"]["value"])) ** 2 * 2 * p * (1 - p) / d**2


@dataclass(frozen=True, slots=True)
class Shipped:
    """A quarter of experiments under one policy."""

    policy: str = quantity(r"\text{policy}", "")
    ideas_share: float = quantity(r"\pi", "share", doc="ideas that work")
    lift_share: float = quantity("r", "share", doc="relative lift of an idea that works")
    users_per_day: float = quantity("U", "1/day", doc="each is in one test")
    looks: int = quantity("m", "1", doc="looks at a test when peeking, the last at its full length")
    baseline_share: float = quantity("p", "share")
    z_sum: float = quantity("z", "1", source="Φ⁻¹(0.975) + Φ⁻¹(0.8)")
    arm_users: float = quantity(
        "n",
        "1",
        formula=r"\frac{<z_sum>^2\cdot 2<baseline_share>(1-<baseline_share>)}{(<baseline_share>\cdot<lift_share>)^2}",
        source="Kohavi, Tang and Xu 2020",
        doc="in each arm",
    )
    null_win_share: float = quantity("w_0", "share", source="2.5 %; peeking: 2,000 simulated tests; screened: a tenth of it", doc="useless ideas that win")
    good_win_share: float = quantity("w_1", "share", source="80 %; peeking: 2,000 simulated tests; screened: nine tenths of it", doc="good ideas that win")
    idea_users: float = quantity(
        "c",
        "1",
        source="twice n, times the mean share of it that the policy uses; screened: coarse tests of all, full ones of those that pass",
        doc="for one idea, on average",
    )
    tests: float = quantity("N", "1", formula=r"\frac{91\cdot<users_per_day>}{<idea_users>}", source="users of a quarter", doc="ideas tested in a quarter")
    true_wins: float = quantity("W_1", "1", formula=r"<tests>\cdot<ideas_share>\cdot<good_win_share>", source="expected count", doc="in a quarter")
    false_wins: float = quantity("W_0", "1", formula=r"<tests>(1-<ideas_share>)<null_win_share>", source="expected count", doc="in a quarter")
    false_share: float = quantity(
        "f", "share", formula=r"\frac{<false_wins>}{<true_wins>+<false_wins>}", source="definition", doc="shipped wins that are noise"
    )
    fixed_false_share: float = quantity("f_1", "share", source="the same with one look at the end")
    state: str = quantity(r"\text{state}", "", source="a false share above one half")
    best_lever: str = quantity(r"\text{lever}", "", source="largest fall of the false share among four changes, each computed")
    paths: tuple[tuple[tuple[float, float], ...], ...] = series("1", doc="(look, z) of the first useless ideas")
    won: tuple[tuple[float, float], ...] = series("share", doc="(look, useless ideas that have won by then)")
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("share", doc="per policy the false share over the ideas that work")
    sources: dict = sources()


def ship_wins(policy="peeking", ideas_share=0.1, lift_share=0.01, users_per_day=2e6, looks=14) -> Shipped:
    """What a quarter of tests ships. `best_lever` is "look once", "users" (twice), "lift" (twice) or "ideas" (twice as many work).

    Errors: OutOfRange for another policy, shares of ideas outside 0.001 … 0.5, lifts outside 0.0001 … 10, users that are not
    positive, looks outside 1 … 60; WrongType.

    >>> s = ship_wins()
    >>> round(s.tests, 1), round(s.true_wins, 2), round(s.false_wins, 2), round(s.false_share, 3)
    (29.9, 2.63, 3.32, 0.559)
    """
    data, policy = load(FILE), one_of("policy", policy, POLICIES)
    ideas = single(number, "ideas_share", ideas_share, low=0.001, high=0.5)
    users, m = single(positive, "users_per_day", users_per_day, high=1e10), whole("looks", looks, high=60)
    p = data["baseline_share"]["value"]
    arm = users_per_arm(p, lift_share)
    lift = float(lift_share)

    null, good, used = _rates(policy, ideas, m)
    coarse = (2 * _NORMAL.inv_cdf(_SCREEN_GOOD)) ** 2 * 2 * p * (1 - p) / (p * lift) ** 2 / data["interleaving_saves"]["value"]
    cost = 2 * arm * used + (2 * coarse if policy == "screen" else 0.0)
    tests = _DAYS * users / cost
    true, false = tests * ideas * good, tests * (1 - ideas) * null
    levers = {
        "look once": false_win_share("fixed" if policy == "peeking" else policy, ideas), "users": false / (true + false), "lift": false / (true + false),
        "ideas": false_win_share(policy, 2 * ideas, m),
    }  # fmt: skip
    won = _looked(m).null_wins if policy == "peeking" else (*[0] * (m - 1), null * data["simulated_tests"]["value"])
    return Shipped(
        policy=policy,
        ideas_share=ideas,
        lift_share=lift,
        users_per_day=users,
        looks=m,
        baseline_share=p,
        z_sum=_NORMAL.inv_cdf(0.975) + _NORMAL.inv_cdf(data["power_share"]["value"]),
        arm_users=arm,
        null_win_share=null,
        good_win_share=good,
        idea_users=cost,
        tests=tests,
        true_wins=true,
        false_wins=false,
        false_share=false / (true + false),
        fixed_false_share=false_win_share("fixed", ideas),
        state=NOISE if false > true else SIGNAL,
        best_lever=min(levers, key=levers.get),
        paths=_paths(policy, m),
        won=((0.0, 0.0), *((float(k), w / data["simulated_tests"]["value"]) for k, w in enumerate(won, 1))),
        curves=tuple((rule, tuple((share / 100, false_win_share(rule, share / 100, m)) for share in (2, 3, 4, 5, 7, 10, 14, 20, 30))) for rule in POLICIES),
        sources={"baseline_share": source_of(data["baseline_share"])},
    )


@lru_cache(maxsize=64)
def _paths(policy: str, looks: int) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The first useless tests: stopped at the first significant look, or all run to the end."""
    if policy == "peeking":
        return _looked(looks).paths
    draw, paths = Random(5).random, []
    for _ in range(SHOWN):
        total, path = 0.0, []
        for k in range(1, looks + 1):
            total += _NORMAL.inv_cdf(draw() or 1e-12)
            path.append((float(k), total / math.sqrt(k)))
        paths.append(tuple(path))
    return tuple(paths)
