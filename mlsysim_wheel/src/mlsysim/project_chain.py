"""A project as a loop: six stages in order, and reasons that send it back from a later stage to an earlier one.

A stage takes 70 to 130 % of its plan, a repeated one only a share φ of that. The mean is exact (an absorbing Markov
chain); the distribution is a Monte Carlo of 1,000 projects. Times are in weeks; plan and chances are illustrative.
Source: Kemeny and Snell 1960, *Finite Markov Chains*; the lifecycle as a loop: Amershi et al. 2019.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from functools import lru_cache

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import WrongType, finite_list, fraction, number, positive
from mlsysim.project_plan import FILE, causes, stages

CHAIN = "absorbing Markov chain, Kemeny and Snell 1960"
RUN = "Monte Carlo of 1,000 projects"


def expected_visits(chances) -> tuple[float, ...]:
    """Mean number of visits of each stage until acceptance holds: V = e₀ + PᵀV.

    `chances` are those of `causes()`, in that order. Errors: WrongType or OutOfRange for what is no such tuple.

    >>> from mlsysim.project_plan import cause_chances
    >>> [round(v, 2) for v in expected_visits(cause_chances())]
    [1.25, 3.65, 5.21, 4.17, 2.08, 1.25]
    """
    moves = _moves(_chances(chances))
    n = len(moves)
    return _solve([[(i == j) - moves[j][i] for j in range(n)] for i in range(n)], [1.0] + [0.0] * (n - 1))


def repeated_visits(chance) -> float:
    """Mean visits of a stage that is done again with this chance each time it ends: 1/(1 − p). Errors: OutOfRange unless 0 ≤ p < 1.

    >>> repeated_visits(0.5)
    2.0
    """
    return 1.0 / positive("chance to go on", 1.0 - single(fraction, "chance", chance))


def weeks_ahead(plan, chances) -> tuple[float, ...]:
    """Mean planned weeks still ahead on entering each stage, all loops included: g = plan + P·g.

    Errors: as in `expected_visits`; OutOfRange for a plan with a negative week.

    >>> from mlsysim.project_plan import cause_chances, plan_weeks
    >>> [round(g, 1) for g in weeks_ahead(plan_weeks(), cause_chances(0))]
    [20.0, 18.0, 10.0, 6.0, 4.0, 1.0]
    """
    moves, plan = _moves(_chances(chances)), _plan(plan)
    n = len(moves)
    return _solve([[(i == j) - moves[i][j] for j in range(n)] for i in range(n)], list(plan))


def mean_weeks(plan, chances, rework_share) -> float:
    """Exact mean length: Σ plan·(1 + φ(V − 1)). Errors: as in `weeks_ahead`; OutOfRange unless 0 ≤ φ ≤ 1.

    >>> from mlsysim.project_plan import cause_chances, plan_weeks
    >>> round(mean_weeks(plan_weeks(), cause_chances(), 0.5), 1)
    44.2
    """
    phi = single(fraction, "rework_share", rework_share)
    return math.fsum(p * (1 + phi * (v - 1)) for p, v in zip(_plan(plan), expected_visits(chances), strict=True))


def sampled_weeks(plan, chances, rework_share) -> tuple[float, ...]:
    """Lengths of the 1,000 simulated projects, ascending. The same dice for every plan and φ. Errors: as in `mean_weeks`.

    >>> from mlsysim.project_plan import cause_chances, plan_weeks
    >>> round(sampled_weeks(plan_weeks(), cause_chances(), 0.5)[800], 1)
    62.9
    """
    return _sampled(_plan(plan), _chances(chances), single(fraction, "rework_share", rework_share))


def share_within(ordered, weeks) -> float:
    """Share of an ascending sample that is not above `weeks`. Errors: OutOfRange for an empty sample or a negative time.

    >>> share_within((1.0, 2.0, 4.0, 8.0), 4.0)
    0.75
    """
    return _share(_sample(ordered), single(number, "weeks", weeks, low=0.0))


def shares_by_week(ordered) -> tuple[tuple[float, float], ...]:
    """(week, share of projects that are done) for each whole week until 98 % are done. Errors: as in `share_within`.

    >>> shares_by_week((1.5, 2.5))
    ((0.0, 0.0), (1.0, 0.0), (2.0, 0.5), (3.0, 1.0))
    """
    points = [(0.0, _share(_sample(ordered), 0.0))]
    while points[-1][1] < 0.98:
        week = points[-1][0] + 1.0
        points.append((week, _share(ordered, week)))
    return tuple(points)


def straight_share(chances) -> float:
    """Share of projects that are never sent back: ∏ (1 − chances of the stage). Errors: as in `expected_visits`.

    >>> from mlsysim.project_plan import cause_chances
    >>> round(straight_share(cause_chances()), 3)
    0.192
    """
    moves = _moves(_chances(chances))
    return math.prod(1.0 - math.fsum(row[: i + 1]) for i, row in enumerate(moves))


def mean_returns(chances) -> float:
    """Mean number of times that a project is sent back: Σ V·chances of the stage. Errors: as in `expected_visits`.

    >>> from mlsysim.project_plan import cause_chances
    >>> round(mean_returns(cause_chances()), 2)
    4.21
    """
    moves = _moves(_chances(chances))
    return math.fsum(v * math.fsum(row[: i + 1]) for i, (v, row) in enumerate(zip(expected_visits(chances), moves, strict=True)))


def quantile_weeks(ordered, share) -> float:
    """The entry ⌊q·n⌋ (from 0) of an ascending sample: the length that a share q of the projects stays below.

    Errors: OutOfRange for an empty sample or a share outside 0 … 1.

    >>> quantile_weeks((1.0, 2.0, 4.0, 8.0), 0.5)
    4.0
    """
    return _sample(ordered)[min(len(ordered) - 1, int(single(fraction, "share", share) * len(ordered)))]


def route_of(plan, chances, rework_share, share) -> tuple[tuple[int, float, float, int], ...]:
    """The visits of the simulated project with this rank (0: the quickest, 1: the slowest): (stage, start, end, cause or −1).

    Stages and causes by their place in `stages()` and `causes()`. Errors: as in `mean_weeks`; OutOfRange for another share.

    >>> from mlsysim.project_plan import cause_chances, plan_weeks
    >>> [visit[0] for visit in route_of(plan_weeks(), cause_chances(), 0.5, 0.05)]
    [0, 1, 2, 3, 4, 5]
    """
    plan, chances, phi = _plan(plan), _chances(chances), single(fraction, "rework_share", rework_share)
    rank, lengths = single(fraction, "share", share), _lengths(plan, chances, phi)
    index = sorted(range(len(lengths)), key=lengths.__getitem__)[min(len(lengths) - 1, int(rank * len(lengths)))]
    at, seen, visits = 0.0, set(), []
    for stage, factor, cause in _route(chances, index):
        end = at + plan[stage] * factor * (phi if stage in seen else 1.0)
        visits.append((stage, at, end, cause))
        seen.add(stage)
        at = end
    return tuple(visits)


def _share(ordered, weeks: float) -> float:
    return bisect_right(ordered, weeks) / len(ordered)


def _sample(ordered):
    return finite_list("ordered", ordered, low=0.0)


def _plan(plan) -> tuple[float, ...]:
    if not isinstance(plan, (tuple, list)) or len(plan) != len(stages()):
        raise WrongType(f"plan is {plan!r}, but must hold the weeks of {len(stages())} stages.")
    return tuple(single(number, f"plan of stage {s.id}", p, low=0.0) for p, s in zip(plan, stages(), strict=True))


def _chances(chances) -> tuple[float, ...]:
    if not isinstance(chances, (tuple, list)) or len(chances) != len(causes()):
        raise WrongType(f"chances is {chances!r}, but must hold one chance for each of {len(causes())} causes.")
    found = tuple(single(fraction, f"chance of {c.id}", p) for p, c in zip(chances, causes(), strict=True))
    for s in stages():
        total = math.fsum(p for p, c in zip(found, causes(), strict=True) if c.found == s.id)
        positive(f"chance to get past the stage {s.id}", round(1.0 - total, 12))
    return found


def _moves(chances: tuple[float, ...]) -> list[list[float]]:
    """Chance to go from stage to stage; what is missing from the last row's sum is the way out."""
    place = {s.id: i for i, s in enumerate(stages())}
    moves = [[0.0] * len(place) for _ in place]
    for p, c in zip(chances, causes(), strict=True):
        moves[place[c.found]][place[c.back]] += p
    for i in range(len(place) - 1):
        moves[i][i + 1] += 1.0 - math.fsum(moves[i][: i + 1])
    return moves


def _solve(a: list[list[float]], b: list[float]) -> tuple[float, ...]:
    """a·x = b by Gauss–Jordan elimination; the matrices of a chain with a way out are diagonally dominant."""
    rows = [[float(v) for v in row] + [float(right)] for row, right in zip(a, b, strict=True)]
    for i, pivot in enumerate(rows):
        scale = pivot[i]
        pivot[:] = [v / scale for v in pivot]
        for j, row in enumerate(rows):
            if j != i and row[i]:
                take = row[i]
                row[:] = [v - take * p for v, p in zip(row, pivot, strict=True)]
    return tuple(row[-1] for row in rows)


@lru_cache(maxsize=24)
def _factors(chances: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Per project: the factor on the plan of each stage's first visit, then the sum of the factors of all later visits."""
    found = []
    for route in _routes(chances, None):
        first, again = [0.0] * len(stages()), [0.0] * len(stages())
        for stage, factor, _ in route:
            if first[stage]:
                again[stage] += factor
            else:
                first[stage] = factor
        found.append((*first, *again))
    return found


@lru_cache(maxsize=64)
def _route(chances: tuple[float, ...], index: int) -> list[tuple[int, float, int]]:
    return list(_routes(chances, index))[-1]


def _routes(chances: tuple[float, ...], last: int | None):
    """The visits of each project, (stage, factor on the plan, cause that sends back or −1), up to project `last`."""
    value = load(FILE)
    place = {s.id: i for i, s in enumerate(stages())}
    doors: list[list[tuple[float, int, int]]] = [[] for _ in place]
    for k, (p, c) in enumerate(zip(chances, causes(), strict=True)):
        door = doors[place[c.found]]
        door.append(((door[-1][0] if door else 0.0) + p, place[c.back], k))
    dice, low = random.Random(value["seed"]["value"]).random, value["shortest"]["value"]
    width, end = value["longest"]["value"] - low, len(place)
    for index in range(value["projects"]["value"]):
        visits, stage = [], 0
        while stage < end:
            factor, luck, now = low + width * dice(), dice(), stage
            for below, back, k in doors[stage]:
                if luck < below:
                    visits.append((now, factor, k))
                    stage = back
                    break
            else:
                visits.append((now, factor, -1))
                stage += 1
        yield visits
        if index == last:
            return


def _lengths(plan, chances, phi: float) -> list[float]:
    a, b, c, d, e, f = plan
    return [
        a * (t[0] + phi * t[6]) + b * (t[1] + phi * t[7]) + c * (t[2] + phi * t[8])
        + d * (t[3] + phi * t[9]) + e * (t[4] + phi * t[10]) + f * (t[5] + phi * t[11])
        for t in _factors(chances)
    ]  # fmt: skip


@lru_cache(maxsize=32)
def _sampled(plan, chances, phi: float) -> tuple[float, ...]:
    return tuple(sorted(_lengths(plan, chances, phi)))
