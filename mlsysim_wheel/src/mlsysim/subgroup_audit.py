r"""An audit of a classifier, cell by cell: which shortfalls it finds, and which chance makes up.

A test set falls into 36 cells (3 districts × 2 kinds of light × 3 varieties × 2 cameras). A cell with k ill plants measures
sensitivity as a share of k, so its result is binomial. The audit claims a shortfall where the upper end of Wilson's interval lies
below the limit. Everything here is exact, by the binomial distributions of the cells; only the one audit that is shown is drawn.
Source: Wilson 1927; Bonferroni (corrected for 36 looks); Buolamwini and Gebru 2018 (small intersectional groups).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from mlsysim._single import single
from mlsysim.errors import Infeasible, OutOfRange, a_list, fraction, instance, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

DISTRICTS, LIGHT, VARIETIES, CAMERAS = (0.55, 0.30, 0.15), (0.5, 0.5), (0.6, 0.3, 0.1), (0.8, 0.2)
CELLS = tuple(product(range(3), range(2), range(3), range(2)))  # camera innermost
SHARES = tuple(DISTRICTS[a] * LIGHT[b] * VARIETIES[c] * CAMERAS[d] for a, b, c, d in CELLS)
WEAK = 23  # the cell that may be weaker than the others: district 2, dim light, variety 3, old camera; 0.3 % of the plants
HEALTHY, LIMIT = 0.90, 0.85  # sensitivity of every other cell; below the limit a cell is claimed to fall short
SAMPLING = {"population": "as in the fields", "equal": "equally many per cell"}
RULES = {"single": 1.645, "corrected": 2.991}  # one-sided 95 % for one cell; the same for 36 cells together
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
FALSE_LIMIT, FOUND_LIMIT = 0.20, 0.50
UNAUDITED, ACCUSES, BLIND, SOUND = "unaudited cells", "accuses by chance", "overlooks the weak cell", "sound"
_SEED = 15
_EXACT = "binomial distribution of every cell"


def cell_name(index) -> str:
    """The attributes of a cell in words. Errors: OutOfRange.

    >>> cell_name(23)
    'district 2, dim, variety 3, old camera'
    """
    district, light, variety, camera = CELLS[whole("index", index, low=0, high=len(CELLS) - 1)]
    return f"district {district + 1}, {('bright', 'dim')[light]}, variety {variety + 1}, {('new', 'old')[camera]} camera"


def wilson(right, count, z) -> tuple[float, float]:
    """Wilson's interval for `right` successes out of `count`, z standard errors to each side. Errors: OutOfRange.

    >>> low, high = wilson(9, 10, 1.645)
    >>> round(low, 3), round(high, 3)
    (0.652, 0.977)
    """
    k = whole("count", count)
    s, z = whole("right", right, low=0, high=k) / k, single(positive, "z", z, high=100.0)
    centre, spread = s + z * z / (2 * k), z * math.sqrt(s * (1 - s) / k + z * z / (4 * k * k))
    return max(0.0, (centre - spread) / (1 + z * z / k)), min(1.0, (centre + spread) / (1 + z * z / k))


def ill_in_cell(plants, shares, prevalence) -> float:
    """Ill plants that a test set holds in a cell, on average: plants × the shares of its attributes × prevalence. Errors: OutOfRange.

    >>> round(ill_in_cell(10_000, (0.3, 0.5, 0.1, 0.2), 0.05), 3)
    1.5
    """
    n = whole("plants", plants)
    return n * math.prod(single(fraction, "a share", s) for s in a_list("shares", shares)) * single(fraction, "prevalence", prevalence)


@dataclass(frozen=True, slots=True)
class SubgroupAudit:
    """What an audit of one size, sampling and rule does on average, and one audit drawn."""

    plants: int = quantity("n", "1", doc="in the test set")
    prevalence: float = quantity(r"\pi", "share", doc="of the plants that are ill")
    sampling: str = quantity(r"\text{sampling}", "")
    rule: str = quantity(r"\text{rule}", "")
    z: float = quantity(
        "z", "1", doc="standard errors to the upper end of an interval", source="normal quantile: 95 % for one cell, or for 36 together (Bonferroni)"
    )
    weak_sensitivity: float = quantity("s_w", "share", doc="true sensitivity of the one cell that may be weak")
    cells: int = quantity("C", "1", source="3 × 2 × 3 × 2")
    ill: int = quantity("K", "1", source="sum over the cells, each rounded", doc="ill plants in the test set")
    smallest_cell: int = quantity("k_{min}", "1", source="n × share × prevalence, rounded", doc="ill plants in the smallest cell")
    weak_cell: int = quantity("k_w", "1", source="n × share × prevalence, rounded", doc="ill plants in the cell that may be weak")
    cells_without_ill: int = quantity("C_0", "1", source="count", doc="cells about which the audit can say nothing")
    worst_measured: float = quantity("E[min s]", "share", source=_EXACT, doc="lowest sensitivity measured in any cell, on average over all audits")
    false_claims: float = quantity("P_f", "share", source=_EXACT, doc="audits that claim a shortfall in a cell that has none")
    found_weak: float = quantity("P_w", "share", source=_EXACT, doc="audits that claim the weak cell; 0 where no cell is weak")
    claims_drawn: int = quantity("c", "1", source="the one audit drawn", doc="claims in it")
    best_help: str = quantity(r"\text{helps}", "", source="highest found − false of four changes, each computed; within a point they are equal")
    state: str = quantity(
        r"\text{state}", "", source="a cell without an ill plant; false claims above 20 %; a weak cell found in less than 50 % (illustrative)"
    )
    forest: tuple[tuple[str, int, float, float, float, bool, bool], ...] = series(
        "share", doc="cell, ill plants, measured, lower, upper end, claimed, weak; most ill plants first"
    )
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("share", doc="(false claims or weak cell found, (plants, share of audits))")
    helps: tuple[tuple[str, float, float], ...] = series("share", doc="(change, weak cell found, false claims)")
    sources: dict = sources()


def audit(plants=10_000, sampling="population", rule="single", weak_sensitivity=0.9, prevalence=0.05) -> SubgroupAudit:
    """An audit of `plants` test plants; `sampling` "population" or "equal", `rule` "single" (z = 1.645) or "corrected" (2.991).

    A weak cell is one whose true sensitivity lies below 85 %; the other 35 have 90 %. `best_help` names what would raise found − false most:
    five times the "plants", "equal" cells, the "corrected" rule, or "fewer" cells (the two cameras together). Errors: OutOfRange for a size
    outside 100 … 200,000, a sensitivity outside 0.05 … 1, a prevalence outside 0.001 … 0.5; Infeasible where no cell holds an ill plant; WrongType.

    >>> r = audit()
    >>> round(r.worst_measured, 2), round(r.false_claims, 2), r.smallest_cell, r.cells_without_ill
    (0.41, 0.57, 1, 0)
    """
    n = whole("plants", plants, high=200_000, low=100)
    one_of("sampling", sampling, SAMPLING)
    one_of("rule", rule, RULES)
    weak = single(number, "weak_sensitivity", weak_sensitivity, low=0.05, high=1.0)
    return _audit(n, sampling, rule, weak, single(number, "prevalence", prevalence, low=0.001, high=0.5))


def ill_per_cell(plants, sampling, prevalence) -> tuple[int, ...]:
    """Ill plants in each of the 36 cells. Errors: OutOfRange.

    >>> sorted(ill_per_cell(2_000, "population", 0.05))[:7]
    [0, 0, 0, 0, 0, 0, 1]
    """
    n, one = whole("plants", plants, high=10**7), one_of("sampling", sampling, SAMPLING)
    pi = single(fraction, "prevalence", prevalence)
    return tuple(round(n * (share if one == "population" else 1 / len(SHARES)) * pi) for share in SHARES)


@lru_cache(maxsize=256)
def _audit(n, sampling, rule, weak, pi) -> SubgroupAudit:
    ill, z = ill_per_cell(n, sampling, pi), RULES[rule]
    if not any(ill):
        raise Infeasible(f"Among {n} test plants no cell holds an ill one, so there is nothing to audit")
    found, false = _verdicts(n, sampling, rule, weak, pi)
    options = (
        ("plants", *_verdicts(min(200_000, 5 * n), sampling, rule, weak, pi)),
        ("equal", *_verdicts(n, "equal", rule, weak, pi)),
        ("corrected", *_verdicts(n, sampling, "corrected", weak, pi)),
        ("fewer", *_verdicts(n, sampling, rule, weak, pi, merged=True)),
    )
    best = max(f - g for _, f, g in options)
    forest, claims = _drawn(ill, z, weak)
    empty = ill.count(0)
    state = UNAUDITED if empty else ACCUSES if false > FALSE_LIMIT else BLIND if weak < LIMIT and found < FOUND_LIMIT else SOUND
    curves = [("false claims", 1)] + ([("weak cell found", 0)] if weak < LIMIT else [])
    return SubgroupAudit(
        plants=n, prevalence=pi, sampling=sampling, rule=rule, z=z, weak_sensitivity=weak, cells=len(CELLS), ill=sum(ill), smallest_cell=min(ill),
        weak_cell=ill[WEAK], cells_without_ill=empty, worst_measured=expected_worst(ill, _sensitivities(weak)), false_claims=false, found_weak=found,
        claims_drawn=claims, best_help=" or ".join(name for name, f,
        g in options if f - g >= best - 0.01 and f - g > found - false + 0.01) or "none", state=state,
        forest=forest, curves=tuple((name, tuple((float(s), _verdicts(s, sampling, rule, weak, pi)[i]) for s in SIZES)) for name, i in curves), helps=options,
    )  # fmt: skip


def _sensitivities(weak: float) -> tuple[float, ...]:
    return tuple(weak if i == WEAK else HEALTHY for i in range(len(CELLS)))


@lru_cache(maxsize=2048)
def _verdicts(n, sampling, rule, weak, pi, merged=False) -> tuple[float, float]:
    """Chance to claim the weak cell (0 where none is weak), and to claim any healthy one. Merged: both cameras of a cell as one."""
    ill, true, z = ill_per_cell(n, sampling, pi), _sensitivities(weak), RULES[rule]
    groups = [(i, i + 1) for i in range(0, len(CELLS), 2)] if merged else [(i,) for i in range(len(CELLS))]
    found, clean = 0.0, 1.0
    for members in groups:
        k = sum(ill[i] for i in members)
        if not k:
            continue
        s = math.fsum(ill[i] * true[i] for i in members) / k  # a mix of two binomials, close to one with the mean share
        claim = _cdf(_most_claimed(k, z), k, s)
        if WEAK in members and weak < LIMIT:
            found = claim
        else:
            clean *= 1 - claim
    return found, 1 - clean


@lru_cache(maxsize=4096)
def _most_claimed(k: int, z: float) -> int:
    """The most successes out of k whose interval still ends below the limit; −1 if even none does not."""
    low, high = -1, k  # the upper end grows with the successes
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wilson(middle, k, z)[1] < LIMIT else (low, middle)
    return low


@lru_cache(maxsize=8192)
def _cdf(most: int, k: int, s: float) -> float:
    """P(X ≤ most) for k trials with success share s: the tail beyond `most` that is away from the mean, from its largest term on."""
    if most < 0 or s >= 1:
        return 0.0 if most < k else 1.0
    if most >= k:
        return 1.0
    if most >= s * k:  # from the mean up, few terms are missing; downwards, the first would be too small to begin with
        return 1 - _cdf(k - most - 1, k, 1 - s) if s > 0 else 1.0
    total, j, odds = 0.0, most, (1 - s) / s
    term = math.exp(math.lgamma(k + 1) - math.lgamma(most + 1) - math.lgamma(k - most + 1) + most * math.log(s) + (k - most) * math.log1p(-s))
    while j >= 0 and term > 1e-17 * total:
        total += term
        term *= j / (k - j + 1) * odds
        j -= 1
    return min(1.0, total)


def expected_worst(ill, true) -> float:
    """Mean of the lowest measured share over cells with `ill` trials and `true` shares: Σ P(every cell at least x)·Δx.

    Cells without a trial are left out; 1 if all are. Errors: OutOfRange for shares outside 0 … 1, or lists of unequal length.

    >>> round(expected_worst((1, 1), (0.9, 0.9)), 4)
    0.81
    """
    cells: dict[tuple[int, float], int] = {}
    instance("ill", ill, (tuple, list), "a list of counts"), instance("true", true, (tuple, list), "a list of shares")
    if len(ill) != len(true):
        raise OutOfRange(f"ill and true hold {len(ill)} and {len(true)} cells, but must hold the same number.")
    for k, s in zip(ill, true, strict=True):
        key = whole("a cell's count", k, low=0), single(fraction, "a true share", s)
        if key[0]:
            cells[key] = cells.get(key, 0) + 1
    return _worst(tuple(sorted(cells.items())))


@lru_cache(maxsize=512)
def _worst(cells) -> float:
    """∫ P(every cell measures more than x) dx: a product that falls at each j/k at which a cell may land."""
    steps, alive = [], [1.0] * len(cells)
    for i, ((k, s), _) in enumerate(cells):
        above = 1.0
        for j, p in enumerate(_probabilities(k, s)):
            above -= p
            if p > 1e-12:
                steps.append((j / k, i, max(0.0, above)))
    steps.sort()
    mean, at, product_ = 0.0, 0.0, 1.0
    for place, i, above in steps:
        if place > at:
            mean, at = mean + (place - at) * product_, place
        alive[i] = above
        if above == 0.0:  # past the highest share of one cell no minimum lies
            break
        product_ = math.prod([a ** cells[n][1] for n, a in enumerate(alive)])
    return mean


@lru_cache(maxsize=1024)
def _probabilities(k: int, s: float) -> tuple[float, ...]:
    if s in (0.0, 1.0):
        return tuple(float(j == k * s) for j in range(k + 1))
    top = min(k, int((k + 1) * s))
    out = [0.0] * (k + 1)
    out[top] = math.exp(math.lgamma(k + 1) - math.lgamma(top + 1) - math.lgamma(k - top + 1) + top * math.log(s) + (k - top) * math.log1p(-s))
    odds = s / (1 - s)
    for j in range(top, k):
        out[j + 1] = out[j] * (k - j) / (j + 1) * odds
    for j in range(top, 0, -1):
        out[j - 1] = out[j] * j / ((k - j + 1) * odds)
    return tuple(out)


def _drawn(ill, z, weak) -> tuple[tuple, int]:
    """One audit, cell by cell, with its intervals; most ill plants first."""
    draw, rows, claims = random.Random(_SEED).random, [], 0
    for i, (k, true) in enumerate(zip(ill, _sensitivities(weak), strict=True)):
        right = sum([draw() < true for _ in range(k)])
        if k:
            low, high = wilson(right, k, z)
            claims += high < LIMIT
            rows.append((cell_name(i), k, right / k, low, high, high < LIMIT, i == WEAK and weak < LIMIT))
    rows.sort(key=lambda row: -row[1])
    return tuple(rows), claims
