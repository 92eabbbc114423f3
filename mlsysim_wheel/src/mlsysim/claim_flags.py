"""One design for flagged claims: a cut for each group, a policy for audits, and reasons for every flag.

It composes `calibrated_cuts`, `audit_urn` and `shapley`: each flagged claim is explained, so the share flagged sets the price of reasons.
Source: the three modules; limits and scenario are illustrative.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import audit_urn, calibrated_cuts, shapley
from mlsysim._single import single
from mlsysim.errors import number, one_of
from mlsysim.quantity import quantity, series, sources

RATE_1 = 0.11  # region 1's true rate; region 2 has audit_urn.RATE_2
RANDOM_SHARES, ORDERS = (0.0, 0.1, 0.2, 0.3, 0.5), (3, 10, 30)
_CUTS, _URN, _SHAPLEY = "calibrated_cuts.two_groups", "audit_urn.audit_regions", "shapley.explain_requests"


@dataclass(frozen=True, slots=True)
class FlagDesign:
    """What one design does to two groups, two regions, and the fleet."""

    cut_a: float = quantity("c_A", "share", doc="probability above which a claim of group A is flagged")
    cut_b: float = quantity("c_B", "share", doc="the same, group B")
    policy: str = quantity(r"\text{policy}", "", doc="where audits go")
    random_share: float = quantity(r"\varepsilon", "share", doc="audits placed at random")
    permutations: int = quantity("n", "1", doc="sampled orders for a reason")
    cut_difference: float = quantity(r"\Delta c", "share", formula="|<cut_a> - <cut_b>|", source="definition", doc="between the cuts of the groups")
    false_positive_gap: float = quantity(r"\Delta f", "share", source=_CUTS, doc="group A minus group B, negative where B has more")
    false_positive_apart: float = quantity(r"|\Delta f|", "share", formula="|<false_positive_gap>|", source="definition")
    precision_gap: float = quantity(r"\Delta v", "share", source=_CUTS, doc="group A minus group B, negative where B has more")
    precision_apart: float = quantity(r"|\Delta v|", "share", formula="|<precision_gap>|", source="definition")
    false_negative_gap: float = quantity(r"\Delta m", "share", source=_CUTS, doc="group A minus group B, negative where B has more")
    missed_a: float = quantity("m_A", "share", source=_CUTS, doc="wrong claims of group A without a flag")
    missed_b: float = quantity("m_B", "share", source=_CUTS, doc="the same, group B")
    accuracy: float = quantity("a", "share", source=_CUTS, doc="of both groups, equally large")
    flagged_share: float = quantity("q", "share", source=_CUTS, doc="of all claims; each of them is explained")
    width: float = quantity("w", "share", source=_URN, doc="of region 1's audit share, 5th to 95th percentile of 60 agencies")
    off: float = quantity(r"\delta", "share", source=_URN, doc="median audit share from the true share")
    top_three_share: float = quantity("a_3", "share", source=_SHAPLEY, doc="repeats with the right three strongest reasons")
    evaluations: int = quantity("E", "1", source=_SHAPLEY, doc="model calls for one explanation")
    growth: float = quantity("g", "×", formula="1 + <flagged_share> <evaluations>", source="counting", doc="model calls, against no explanations")
    ends: tuple[float, ...] = series("share", doc="region 1's audit share at the end, one an agency")
    sources: dict = sources()


def cut_bands(false_positive_limit, precision_limit, cut_limit) -> tuple[tuple[str, tuple[tuple[float, float, float], ...]], ...]:
    """For each cut of group A the lowest and highest cut of group B that keep a limit: false positives, precision, distance of the cuts.

    Errors: OutOfRange for limits outside 0.001 … 0.5 (for the distance 0 … 1); WrongType.

    >>> [name for name, _ in cut_bands(0.1, 0.1, 0.06)]
    ['false positives', 'precision', 'cuts']
    """
    k = single(number, "cut_limit", cut_limit, low=0.0, high=1.0)
    apart = dict(calibrated_cuts.two_groups(tolerance=false_positive_limit).bands), dict(calibrated_cuts.two_groups(tolerance=precision_limit).bands)
    cuts, half = calibrated_cuts.CUTS, max(k, 0.004)  # one cut for all is a line; it gets a width that can be seen
    near = tuple((c, max(cuts[0], c - half), min(cuts[-1], c + half)) for c in cuts)
    return ("false positives", apart[0]["false positives"]), ("precision", apart[1]["precision"]), ("cuts", near)


def design_flags(cut_a=0.46, cut_b=0.46, policy="proportional", random_share=0.0, permutations=3) -> FlagDesign:
    """Groups as in `two_groups` (base rates 51.4 and 39.4 %), regions with true rates of 11 and 10 %, a year of audits.

    Errors: those of the three models; OutOfRange for orders other than 3, 10, 30.

    >>> d = design_flags(0.58, 0.48, "corrected", 0.0, 10)
    >>> round(d.accuracy, 3), round(d.growth, 1), round(d.width, 3)
    (0.651, 35.2, 0.054)
    """
    groups = calibrated_cuts.two_groups(cut_a, cut_b)
    urn = audit_urn.audit_regions(policy, random_share, RATE_1)
    n = one_of("permutations", permutations, ORDERS)
    reasons = shapley.explain_requests(n, groups.flagged_share)
    return FlagDesign(
        cut_a=groups.cut_a, cut_b=groups.cut_b, policy=policy, random_share=urn.random_share, permutations=n,
        cut_difference=round(abs(groups.cut_a - groups.cut_b), 9), false_positive_gap=groups.false_positive_gap,
        false_positive_apart=groups.false_positive_apart, precision_gap=groups.precision_gap, precision_apart=groups.precision_apart,
        false_negative_gap=groups.false_negative_gap,
        missed_a=groups.false_negative_a, missed_b=groups.false_negative_b, accuracy=groups.accuracy,
        flagged_share=groups.flagged_share, width=urn.width, off=urn.off,
        top_three_share=reasons.top_three_share, evaluations=reasons.evaluations, growth=reasons.growth, ends=urn.ends,
        sources={"width": f"region 1 has a true rate of {RATE_1:.0%}, region 2 of {audit_urn.RATE_2:.0%}: illustrative"},
    )  # fmt: skip
