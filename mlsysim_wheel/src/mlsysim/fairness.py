r"""Two groups, one score, a threshold: which criteria of fairness hold at once.

Scores of healthy cases are N(0, 1), of ill ones N(d′, 1). A case raises an alarm above a threshold t, so sensitivity is
1 − Φ(t − d′), the false-alarm rate 1 − Φ(t), and precision, the share of alarms that are real, follows from Bayes' rule with the
prevalence π. Two groups with different π (or d′) cannot agree in all three unless the score is perfect.
Source: Kleinberg, Mullainathan and Raghavan 2017; Chouldechova 2017 (impossibility); Green and Swets 1966 (d′).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import fraction, number, one_of
from mlsysim.quantity import quantity, series, sources

POLICIES = {"one threshold": "one threshold for both", "sensitivity": "equal sensitivity", "false alarms": "equal false alarms", "precision": "equal precision"}
MEASURES = ("sensitivity", "false alarms", "precision")
LIMIT, CLOSE = 0.10, 0.05  # a gap above ten points is a failure, gaps up to five points count as equal
GRID = tuple(-1 + i / 10 for i in range(41))  # thresholds of the map
LEAST_SENSITIVITY = 0.5  # pairs of thresholds below it find too little to be worth a look
EQUAL, CLOSED, BURDEN = "every gap within 5 points", "every gap within 10 points", "one region carries the cost"
_BAYES = "Bayes' rule"
_NORMAL = "tail of a normal distribution"


def _tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def threshold_of(sensitivity_share, separation) -> float:
    """The threshold that finds this share of the ill: t = d′ − Φ⁻¹(share). Errors: OutOfRange for a share of 0 or 1.

    >>> round(threshold_of(0.9, 2.0), 3)
    0.718
    """
    from statistics import NormalDist  # needed here only: importing it costs milliseconds

    share = single(number, "sensitivity_share", sensitivity_share, low=1e-12, high=1 - 1e-12)
    return single(number, "separation", separation, low=0.0, high=20.0) - NormalDist().inv_cdf(share)


DEFAULT_THRESHOLD = 0.7184484344553992  # threshold_of(0.9, 2.0); a test compares them


def thresholds() -> tuple[float, ...]:
    """The thresholds that a slider offers: −1 to 3 in steps of 0.05 (a score may be below zero), and the one that finds 90 % at d′ = 2.

    >>> len(thresholds()), DEFAULT_THRESHOLD in thresholds()
    (82, True)
    """
    return tuple(sorted({*(round(-1 + 0.05 * i, 2) for i in range(81)), DEFAULT_THRESHOLD}))


def sensitivity(threshold, separation) -> float:
    """Share of the ill above the threshold: 1 − Φ(t − d′). Errors: OutOfRange.

    >>> round(sensitivity(1.5, 2.0), 3)
    0.691
    """
    return _tail(single(number, "threshold", threshold, low=-20.0, high=20.0) - single(number, "separation", separation, low=0.0, high=20.0))


def false_alarm_share(threshold) -> float:
    """Share of the healthy above the threshold: 1 − Φ(t). Errors: OutOfRange.

    >>> round(false_alarm_share(0.718), 3)
    0.236
    """
    return _tail(single(number, "threshold", threshold, low=-20.0, high=20.0))


def precision(prevalence, sensitivity_share, false_alarm_share) -> float:
    """Share of the alarms that are real: πs/(πs + (1 − π)f). Errors: OutOfRange for shares outside 0 … 1, or no alarms at all.

    >>> round(precision(0.2, 0.9, 0.236), 3)
    0.488
    """
    p, s, f = (
        single(fraction, n, v) for n, v in (("prevalence", prevalence), ("sensitivity_share", sensitivity_share), ("false_alarm_share", false_alarm_share))
    )
    alarms = number("the share of alarms", p * s + (1 - p) * f, low=0.0, open_low=True)
    return p * s / alarms


@dataclass(frozen=True, slots=True)
class Region:
    """One group under one threshold."""

    prevalence: float = quantity(r"\pi", "share", doc="of the group that is ill")
    separation: float = quantity("d'", "1", doc="distance of ill from healthy scores, in standard deviations")
    threshold: float = quantity("t", "1")
    sensitivity: float = quantity("s", "share", source=_NORMAL, doc="of the ill that raise an alarm")
    false_alarms: float = quantity("f", "share", source=_NORMAL, doc="of the healthy that raise an alarm")
    precision: float = quantity(
        "p",
        "share",
        formula=r"\frac{<prevalence> \cdot <sensitivity>}{<prevalence> \cdot <sensitivity> + (1 - <prevalence>) \cdot <false_alarms>}",
        source=_BAYES,
        doc="of the alarms that are real",
    )
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class TwoRegions:
    """North and South under a policy, and what would bring them closer."""

    policy: str = quantity(r"\text{policy}", "")
    north: Region = quantity("", "")
    south: Region = quantity("", "")
    precision_north: float = quantity("p_N", "share", source=_BAYES, doc="of the alarms in the North that are real")
    precision_south: float = quantity("p_S", "share", source=_BAYES, doc="of the alarms in the South that are real")
    sensitivity_gap: float = quantity(r"\Delta s", "share", source="difference of the regions")
    false_alarm_gap: float = quantity(r"\Delta f", "share", source="difference of the regions")
    precision_gap: float = quantity(r"\Delta p", "share", source="difference of the regions")
    largest_gap: float = quantity(r"\Delta", "share", formula=r"\max(<sensitivity_gap>, <false_alarm_gap>, <precision_gap>)", source="definition")
    worst: str = quantity(r"\text{widest}", "", source="largest of the three gaps", doc="sensitivity, false alarms or precision")
    fair_pairs: int = quantity(
        "n", "1", source="counted over 41 × 41 pairs of thresholds", doc="pairs with all three gaps within 5 points and half of the ill found"
    )
    remedies: str = quantity(
        r"\text{remedy}", "", source="largest gap after each change; within half a point they are equal", doc="policy, prevalence or cameras"
    )
    state: str = quantity(r"\text{state}", "", source="largest gap against 10 and 5 points (illustrative)")
    after: tuple[tuple[str, float], ...] = series("share", doc="(change, largest gap after it)")
    bands: tuple[tuple[str, tuple[tuple[float, float, float], ...]], ...] = series(
        "1", doc="measure, (threshold North, lowest and highest threshold South with a gap within 5 points)"
    )
    sources: dict = sources()


def two_regions(
    prevalence_north=0.05, separation_south=2.0, policy="one threshold", threshold=DEFAULT_THRESHOLD, separation_north=2.0, prevalence_south=0.2
) -> TwoRegions:
    """North under `threshold`, South under what the policy makes of it.

    "one threshold": the same; "sensitivity" and "false alarms": South's threshold moves to North's value; "precision": the threshold
    of the region with the lower precision rises until they agree. `remedies` names what would leave the smallest largest gap: the best
    other "policy", South's "prevalence" in the North, or equally good "cameras" (the better separation in both). Errors: OutOfRange for a
    prevalence outside 0.001 … 0.999, d′ outside 0.1 … 6, a threshold outside −3 … 5, another policy; WrongType.

    >>> r = two_regions()
    >>> round(r.precision_north, 3), round(r.precision_south, 3), r.worst, r.fair_pairs
    (0.167, 0.488, 'precision', 0)
    """
    one_of("policy", policy, POLICIES)
    shares = [single(number, n, v, low=0.001, high=0.999) for n, v in (("prevalence_north", prevalence_north), ("prevalence_south", prevalence_south))]
    separations = [single(number, n, v, low=0.1, high=6.0) for n, v in (("separation_north", separation_north), ("separation_south", separation_south))]
    return _two_regions(*shares, *separations, policy, single(number, "threshold", threshold, low=-3.0, high=5.0))


@lru_cache(maxsize=512)
def _two_regions(pi_n, pi_s, d_n, d_s, policy, t) -> TwoRegions:
    north, south, gaps = _placed(pi_n, pi_s, d_n, d_s, policy, t)
    best = max(d_n, d_s)
    after = (
        ("policy", min(max(_placed(pi_n, pi_s, d_n, d_s, other, t)[2]) for other in POLICIES if other != policy)),
        ("prevalence", max(_placed(pi_s, pi_s, d_n, d_s, policy, t)[2])),
        ("cameras", max(_placed(pi_n, pi_s, best, best, policy, t)[2])),
    )
    least, widest = min(gap for _, gap in after), max(gaps)
    return TwoRegions(
        policy=policy, north=north, south=south, precision_north=north.precision, precision_south=south.precision, sensitivity_gap=gaps[0],
        false_alarm_gap=gaps[1],
        precision_gap=gaps[2], largest_gap=widest, worst=MEASURES[gaps.index(widest)], fair_pairs=_fair_pairs(pi_n, pi_s, d_n, d_s),
        remedies=" or ".join(name for name, gap in after if gap <= least + 0.005 and gap < widest - 0.005) or "none",
        state=BURDEN if widest > LIMIT else EQUAL if widest <= CLOSE else CLOSED, after=after, bands=_bands(pi_n, pi_s, d_n, d_s),
    )  # fmt: skip


def _placed(pi_n, pi_s, d_n, d_s, policy, t) -> tuple[Region, Region, tuple[float, float, float]]:
    """Both regions under a policy, and the three gaps."""
    t_n = t_s = t
    if policy == "sensitivity":
        t_s = t + d_s - d_n
    elif policy == "precision":
        at_n, at_s = _precision(pi_n, d_n, t), _precision(pi_s, d_s, t)
        if at_n < at_s:
            t_n = _raised(pi_n, d_n, t, at_s)
        else:
            t_s = _raised(pi_s, d_s, t, at_n)
    north, south = _region(pi_n, d_n, t_n), _region(pi_s, d_s, t_s)
    return north, south, (abs(north.sensitivity - south.sensitivity), abs(north.false_alarms - south.false_alarms), abs(north.precision - south.precision))


def _region(pi, d, t) -> Region:
    return Region(prevalence=pi, separation=d, threshold=t, sensitivity=_tail(t - d), false_alarms=_tail(t), precision=_precision(pi, d, t))


def _precision(pi, d, t) -> float:
    real, false = pi * _tail(t - d), (1 - pi) * _tail(t)
    return real / (real + false)


def _raised(pi, d, t, wanted) -> float:
    """The threshold at or above t at which precision reaches what is wanted: it grows with t, since ill scores lie higher."""
    low, high = t, 12.0 + d
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _precision(pi, d, middle) < wanted else (low, middle)
    return high


@lru_cache(maxsize=64)
def _fair_pairs(pi_n, pi_s, d_n, d_s) -> int:
    """Pairs of thresholds on the grid that come within five points in all three measures."""
    columns = [[(_tail(t - d), _tail(t), _precision(pi, d, t)) for t in GRID] for pi, d in ((pi_n, d_n), (pi_s, d_s))]
    close = CLOSE + 1e-9
    return sum(
        n[0] >= LEAST_SENSITIVITY and s[0] >= LEAST_SENSITIVITY and all(abs(a - b) <= close for a, b in zip(n, s, strict=True))
        for n in columns[0] for s in columns[1]
    )  # fmt: skip


@lru_cache(maxsize=64)
def _bands(pi_n, pi_s, d_n, d_s) -> tuple[tuple[str, tuple[tuple[float, float, float], ...]], ...]:
    """For each threshold in the North the thresholds in the South that keep a gap within five points; each measure is monotone in t."""
    low, high = GRID[0], GRID[-1]

    def edge(measure, wanted, rises):
        a, b = low, high
        if not (measure(a) < wanted < measure(b) if rises else measure(b) < wanted < measure(a)):
            below = measure(a) >= wanted
            return (low if below else high) if rises else (high if below else low)
        for _ in range(22):
            middle = (a + b) / 2
            a, b = (middle, b) if (measure(middle) < wanted) == rises else (a, middle)
        return (a + b) / 2

    found = []
    for name, north, south, rises in (
        ("sensitivity", lambda t: _tail(t - d_n), lambda t: _tail(t - d_s), False),
        ("false alarms", _tail, _tail, False),
        ("precision", lambda t: _precision(pi_n, d_n, t), lambda t: _precision(pi_s, d_s, t), True),
    ):
        at = [(t, north(t)) for t in GRID]
        sign = CLOSE if rises else -CLOSE
        found.append((name, tuple((t, edge(south, v - sign, rises), edge(south, v + sign, rises)) for t, v in at)))
    return tuple(found)
