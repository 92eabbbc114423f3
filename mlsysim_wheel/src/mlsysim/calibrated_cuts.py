r"""One calibrated score, two groups with different base rates, a cut for each: which error rates can be equal at once.

The score behind a claim is N(0, 1) where it is in order and N(d′, 1) where it is not, the same in both groups. What the agency sees
is the posterior probability, which is calibrated: of all claims that read 46 %, 46 % are wrong. A cut c on that probability
lies at the score t = (logit c − logit p)/d′ + d′/2, so one cut is another threshold in a group with another base rate p.
Source: Kleinberg, Mullainathan and Raghavan 2017; Chouldechova 2017 (impossibility); Hardt, Price and Srebro 2016 (group thresholds).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import fairness
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import instance, number
from mlsysim.quantity import quantity, series, sources

FILE = "published/compas.json"
MEASURES = ("false positives", "false negatives", "precision")
CUTS = tuple(round(0.2 + 0.02 * i, 2) for i in range(31))  # of the map, and of a slider
CHANGES = {
    "a": "group A’s cut 4 points higher", "b": "group B’s cut 4 points lower", "sharper": "a sharper score: d′ half a standard deviation more",
    "rates": "base rates half as far apart",
}  # fmt: skip
FEW, SOME = "no rule satisfied", "two rules satisfied"
ALL = "three rules satisfied"
EQUAL = 1e-9  # rounding of a gap that lies on the tolerance
_BAYES, _NORMAL, _GAP = "Bayes' rule", "tail of a normal distribution", "group A minus group B"


@dataclass(frozen=True, slots=True)
class TwoGroups:
    """Two groups, a cut for each, and how far apart three measures lie."""

    cut_a: float = quantity("c_A", "share", doc="probability above which a claim of group A is flagged")
    cut_b: float = quantity("c_B", "share", doc="the same, group B")
    tolerance: float = quantity(r"\tau", "share", doc="gaps up to here count as equal")
    separation: float = quantity("d'", "1", doc="distance of the scores of wrong claims from those in order, in standard deviations")
    base_rate_a: float = quantity("p_A", "share", doc="claims of group A that are wrong")
    base_rate_b: float = quantity("p_B", "share", doc="claims of group B that are wrong")
    false_positive_a: float = quantity("f_A", "share", source=_NORMAL, doc="flagged, of the claims in order")
    false_positive_b: float = quantity("f_B", "share", source=_NORMAL)
    false_negative_a: float = quantity("m_A", "share", source=_NORMAL, doc="not flagged, of the wrong claims")
    false_negative_b: float = quantity("m_B", "share", source=_NORMAL)
    found_a: float = quantity("1 - m_A", "share", formula="1 - <false_negative_a>", doc="flagged, of the wrong claims")
    found_b: float = quantity("1 - m_B", "share", formula="1 - <false_negative_b>")
    precision_a: float = quantity("v_A", "share", source=_BAYES, doc="wrong, of the flagged claims (PPV)")
    precision_b: float = quantity("v_B", "share", source=_BAYES)
    false_positive_ratio: float = quantity("f_A/f_B", "×", formula=r"\frac{<false_positive_a>}{<false_positive_b>}")
    false_positive_gap: float = quantity(r"\Delta f", "share", formula="<false_positive_a> - <false_positive_b>", source=_GAP, doc="negative where B has more")
    false_negative_gap: float = quantity(r"\Delta m", "share", formula="<false_negative_a> - <false_negative_b>", source=_GAP, doc="negative where B has more")
    precision_gap: float = quantity(r"\Delta v", "share", formula="<precision_a> - <precision_b>", source=_GAP, doc="negative where B has more")
    false_positive_apart: float = quantity(r"|\Delta f|", "share", formula=r"|<false_positive_gap>|")
    precision_apart: float = quantity(r"|\Delta v|", "share", formula=r"|<precision_gap>|")
    widest: float = quantity(r"\Delta", "share", source="largest of the three gaps, without its sign")
    widest_of: str = quantity(r"\text{widest}", "", source="largest of the three gaps")
    accuracy_a: float = quantity("a_A", "share", formula=r"<base_rate_a>(1-<false_negative_a>) + (1-<base_rate_a>)(1-<false_positive_a>)")
    accuracy_b: float = quantity("a_B", "share", formula=r"<base_rate_b>(1-<false_negative_b>) + (1-<base_rate_b>)(1-<false_positive_b>)")
    accuracy: float = quantity("a", "share", formula=r"\frac{<accuracy_a> + <accuracy_b>}{2}", doc="of equally large groups")
    flagged_a: float = quantity("q_A", "share", formula=r"<base_rate_a>(1-<false_negative_a>) + (1-<base_rate_a>)<false_positive_a>")
    flagged_b: float = quantity("q_B", "share", formula=r"<base_rate_b>(1-<false_negative_b>) + (1-<base_rate_b>)<false_positive_b>")
    flagged_share: float = quantity("q", "share", formula=r"\frac{<flagged_a> + <flagged_b>}{2}", doc="of equally large groups")
    within: int = quantity("k", "1", source="counted", doc="of the three gaps, within the tolerance")
    pairs_three: int = quantity("n_3", "1", source="counted over 31 × 31 cuts from 20 to 80 %", doc="pairs with all three gaps within the tolerance")
    pairs_two: int = quantity("n_2", "1", source="counted over the same pairs", doc="pairs with exactly two within it")
    best_change: str = quantity(r"\text{change}", "", source="widest gap after each change; half a point makes no difference", doc="or none")
    state: str = quantity(r"\text{state}", "", source="gaps within the tolerance: fewer than two, two, three")
    after: tuple[tuple[str, float], ...] = series("share", doc="(change, widest gap after it)")
    bands: tuple[tuple[str, tuple[tuple[float, float, float], ...]], ...] = series(
        "1", doc="measure, (cut A, lowest and highest cut B with a gap within the tolerance)"
    )
    roc: tuple[tuple[float, float], ...] = series("share", doc="(false positives, wrong claims flagged) of every cut: one curve for both groups")
    published: tuple[tuple[float, float, str], ...] = series("share", doc="(false positives, wrong claims flagged, group) of a score in use")
    sources: dict = sources()


def cut_threshold(cut, base_rate, separation) -> float:
    """Score at which the posterior probability equals the cut: (logit c − logit p)/d′ + d′/2. Errors: OutOfRange.

    >>> round(cut_threshold(0.46, 0.514, 0.75), 3), cut_threshold(0.5, 0.5, 2.0)
    (0.087, 1.0)
    """
    c, p = (single(number, n, v, low=0.1, high=0.9) for n, v in (("cut", cut), ("base_rate", base_rate)))
    d = single(number, "separation", separation, low=0.25, high=6.0)
    return (math.log(c / (1 - c)) - math.log(p / (1 - p))) / d + d / 2


def false_positive_of(base_rate, precision, false_negative) -> float:
    """The false-positive rate that base rate, precision and false-negative rate leave: p/(1 − p)·(1 − v)/v·(1 − m).

    Errors: OutOfRange for a base rate or precision of 0, a base rate of 1, shares outside 0 … 1. Source: Chouldechova 2017, equation 2.6.

    >>> round(false_positive_of(0.514, 0.629, 0.254), 3)
    0.465
    """
    p = single(number, "base_rate", base_rate, low=0.0, high=1 - 1e-9, open_low=True)
    v = single(number, "precision", precision, low=0.0, high=1.0, open_low=True)
    return p / (1 - p) * (1 - v) / v * (1 - single(number, "false_negative", false_negative, low=0.0, high=1.0))


def two_groups(cut_a=0.46, cut_b=0.46, tolerance=0.03, separation=0.75, base_rate_a=0.514, base_rate_b=0.394) -> TwoGroups:
    """Both groups at their cuts: error rates, precision, gaps, and what one change would do to the widest gap.

    Errors: OutOfRange for a cut or base rate outside 0.1 … 0.9, a tolerance outside 0.001 … 0.5, d′ outside 0.25 … 6; WrongType.

    >>> r = two_groups()
    >>> round(r.false_positive_a, 3), round(r.false_positive_b, 3), round(r.precision_gap, 3), r.pairs_three
    (0.466, 0.231, 0.042, 0)
    """
    cuts = [single(number, n, v, low=0.1, high=0.9) for n, v in (("cut_a", cut_a), ("cut_b", cut_b))]
    rates = [single(number, n, v, low=0.1, high=0.9) for n, v in (("base_rate_a", base_rate_a), ("base_rate_b", base_rate_b))]
    d = single(number, "separation", separation, low=0.25, high=6.0)
    return _two_groups(*cuts, single(number, "tolerance", tolerance, low=0.001, high=0.5), d, *rates)


def guessed_rate(groups: TwoGroups, ratio) -> float:
    """Group A's false-positive rate if it were `ratio` times that of group B, at most 1. Errors: OutOfRange, WrongType.

    >>> round(guessed_rate(two_groups(), 1.5), 3)
    0.347
    """
    instance("groups", groups, TwoGroups, "a result of two_groups")
    return min(1.0, single(number, "ratio", ratio, low=0.0, high=1e6) * groups.false_positive_b)


@lru_cache(maxsize=4096)
def _two_groups(cut_a, cut_b, tolerance, d, p_a, p_b) -> TwoGroups:
    (f_a, m_a, v_a), (f_b, m_b, v_b) = a, b = _rates(cut_a, p_a, d), _rates(cut_b, p_b, d)
    gaps = [x - y for x, y in zip(a, b, strict=True)]
    widest = max(gaps, key=abs)
    within = sum(abs(g) <= tolerance + EQUAL for g in gaps)
    half = (p_a - p_b) / 4
    after = (
        ("a", _widest(min(0.9, cut_a + 0.04), cut_b, d, p_a, p_b)),
        ("b", _widest(cut_a, max(0.1, cut_b - 0.04), d, p_a, p_b)),
        ("sharper", _widest(cut_a, cut_b, min(6.0, d + 0.5), p_a, p_b)),
        ("rates", _widest(cut_a, cut_b, d, p_a - half, p_b + half)),
    )
    least = min(gap for _, gap in after)
    accuracy = [p * (1 - m) + (1 - p) * (1 - f) for p, m, f in ((p_a, m_a, f_a), (p_b, m_b, f_b))]
    flagged = [p * (1 - m) + (1 - p) * f for p, m, f in ((p_a, m_a, f_a), (p_b, m_b, f_b))]
    counts, bands = _map(tolerance, d, p_a, p_b)
    data = load(FILE)
    return TwoGroups(
        cut_a=cut_a, cut_b=cut_b, tolerance=tolerance, separation=d, base_rate_a=p_a, base_rate_b=p_b, false_positive_a=f_a, false_positive_b=f_b,
        false_negative_a=m_a, false_negative_b=m_b, found_a=1 - m_a, found_b=1 - m_b,
        precision_a=v_a, precision_b=v_b, false_positive_ratio=f_a / f_b, false_positive_gap=gaps[0],
        false_negative_gap=gaps[1], precision_gap=gaps[2], false_positive_apart=abs(gaps[0]), precision_apart=abs(gaps[2]), widest=abs(widest),
        widest_of=MEASURES[gaps.index(widest)], accuracy_a=accuracy[0], accuracy_b=accuracy[1], accuracy=sum(accuracy) / 2, flagged_a=flagged[0],
        flagged_b=flagged[1], flagged_share=sum(flagged) / 2, within=within, pairs_three=counts[3], pairs_two=counts[2],
        best_change=" or ".join(n for n, gap in after if gap <= least + 0.005 and gap < abs(widest) - 0.005) or "none",
        state=(FEW, FEW, SOME, ALL)[within], after=after, bands=bands, roc=_roc(d),
        published=tuple((r["false_positive"], 1 - r["false_negative"], r["group"]) for r in data["rows"]), sources={"published": data["source"]},
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _rates(cut, p, d) -> tuple[float, float, float]:
    """False positives, false negatives, precision of a group at a cut."""
    t = cut_threshold(cut, p, d)
    found, false = fairness.sensitivity(t, d), fairness.false_alarm_share(t)
    return false, 1 - found, fairness.precision(p, found, false)


def _widest(cut_a, cut_b, d, p_a, p_b) -> float:
    return max(abs(x - y) for x, y in zip(_rates(cut_a, p_a, d), _rates(cut_b, p_b, d), strict=True))


@lru_cache(maxsize=64)
def _map(tolerance, d, p_a, p_b):
    """How many pairs of cuts hold 0, 1, 2, 3 gaps within the tolerance, and for each cut A the cuts B that hold one."""
    fine = tuple(round(0.2 + 0.01 * i, 2) for i in range(61))
    a, b = [_rates(c, p_a, d) for c in CUTS], [_rates(c, p_b, d) for c in fine]
    counts, limit = [0, 0, 0, 0], tolerance + EQUAL
    for f, m, v in a:
        for g, n, w in b[::2]:
            counts[(abs(f - g) <= limit) + (abs(m - n) <= limit) + (abs(v - w) <= limit)] += 1
    bands = []
    for k, (name, sign) in enumerate(zip(MEASURES, (-1, 1, 1), strict=True)):  # false positives fall with the cut, the others rise
        rising = [sign * row[k] for row in b]
        edges = [(_at(fine, rising, sign * row[k] - tolerance), _at(fine, rising, sign * row[k] + tolerance)) for row in a]
        bands.append((name, tuple((c, *e) for c, e in zip(CUTS, edges, strict=True))))
    return tuple(counts), tuple(bands)


def _at(cuts, rising, wanted) -> float:
    """The cut at which a rising measure reaches a value, linear between the cuts; an end where it does not."""
    i = bisect_left(rising, wanted)
    if i in (0, len(cuts)):
        return cuts[0] if i == 0 else cuts[-1]
    return cuts[i - 1] + (cuts[i] - cuts[i - 1]) * (wanted - rising[i - 1]) / (rising[i] - rising[i - 1])


@lru_cache(maxsize=32)
def _roc(d) -> tuple[tuple[float, float], ...]:
    places = [-3.5 + 0.25 * i for i in range(int((7 + d) / 0.25) + 1)]
    return tuple((fairness.false_alarm_share(t), fairness.sensitivity(t, d)) for t in reversed(places))
