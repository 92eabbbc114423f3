"""Which labels to buy for a station: how a policy, a number of examples and a check of their labels trade money for the worst group.

The classifier is that of `pool_selection`; each kept example costs a label, checking it costs more, and a policy that must look at
the whole pool first has a fee. Source: definition; all prices illustrative (data/selection/river_pool.json).
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import a_list, flag, non_negative
from mlsysim.pool_selection import POLICIES, select
from mlsysim.quantity import quantity, series, sources

_FILE = "selection/river_pool.json"
SIZES = tuple(range(20, 101, 10))  # examples that the alternatives keep


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """One plan: what it costs a station, and what the classifier then recognises."""

    policy: str = quantity(r"\text{policy}", "")
    kept: int = quantity("k", "examples", doc="whose labels are bought")
    verified: bool = quantity(r"\text{verified}", "", doc="labels checked by a second person")
    noise_share: float = quantity(r"\nu", "share", doc="of the labels drawn wrong")
    label_usd: float = quantity("p", "$", doc="of one label")
    check_usd: float = quantity("p_v", "$", doc="of checking one label")
    fee_usd: float = quantity("f", "$", doc="for looking at the whole pool")
    labels_usd: float = quantity("c_l", "$", formula=r"<kept> \cdot <label_usd>", source="definition")
    checks_usd: float = quantity("c_v", "$", source="kept times the price of a check, if checked")
    cost_usd: float = quantity("c", "$", formula="<labels_usd> + <checks_usd> + <fee_usd>", source="definition", doc="a station")
    mean_accuracy: float = quantity("a", "share", source="mlsysim.pool_selection, mean of three pools", doc="weighted by how common the groups are")
    worst_group_accuracy: float = quantity("a_{min}", "share", source="mlsysim.pool_selection, mean of three pools", doc="the lowest of the six groups")
    worst_group: str = quantity(r"\text{worst}", "", source="lowest accuracy over the three pools together")
    mislabelled_share: float = quantity("w", "share", source="mlsysim.pool_selection", doc="of the kept labels are wrong, before any check")
    groups: tuple = series("share", doc="(group, share of the events, accuracy, accuracy in each pool, mean number kept)")
    sources: dict = sources()


def plan(policy="random", kept=60, verified=False, noise_share=0.08, check_usd=0.1) -> LabelPlan:
    """Cost and accuracy of one plan for a pool with a fifth of near copies. Errors: as `pool_selection.select`; OutOfRange for a negative price.

    >>> p = plan("coverage", 30, True)
    >>> f"{p.cost_usd:.2f} {p.mean_accuracy:.3f} {p.worst_group_accuracy:.3f}"
    '9.00 0.902 0.600'
    """
    s = select(policy, kept, noise_share, verified=verified)
    check = single(non_negative, "check_usd", check_usd, high=1e3)
    data = load(_FILE)
    fee, labels, checks = float(data["fee_usd"][s.policy]), s.kept * data["label_usd"], s.kept * check if flag("verified", verified) else 0.0
    return LabelPlan(
        policy=s.policy, kept=s.kept, verified=verified, noise_share=s.noise_share, label_usd=data["label_usd"], check_usd=check, fee_usd=fee,
        labels_usd=labels, checks_usd=checks, cost_usd=labels + checks + fee, mean_accuracy=s.mean_accuracy,
        worst_group_accuracy=s.worst_group_accuracy, worst_group=s.worst_group, mislabelled_share=s.mislabelled_share, groups=s.groups,
        sources=dict.fromkeys(("label_usd", "check_usd", "fee_usd"), "illustrative price"),
    )  # fmt: skip


@remembered(64)
def alternatives(noise_share=0.08, check_usd=0.1, policies=("random", "coverage")) -> tuple[LabelPlan, ...]:
    """The plans of these policies with 20 to 100 examples, each unchecked and checked.

    >>> len(alternatives())
    36
    """
    return tuple(plan(p, k, v, noise_share, check_usd) for p in a_list("policies", policies) for v in (False, True) for k in SIZES)


def fee_of(policy: str) -> float:
    """Dollars a station for a policy's look at the whole pool (illustrative).

    >>> fee_of("coverage")
    3.0
    """
    from mlsysim.errors import one_of

    return float(load(_FILE)["fee_usd"][one_of("policy", policy, POLICIES)])
