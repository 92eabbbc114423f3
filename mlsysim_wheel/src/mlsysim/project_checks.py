"""Early checks in a project with loops: a check costs weeks in the first stage and prevents returns later.

A prevented return also saves the loops that would have followed it, so its worth is more than chance × repeated work.
The chain is that of `project_chain`; weeks and catch rates of the checks are illustrative. Times are in weeks.
Source: absorbing Markov chain, Kemeny and Snell 1960.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import OutOfRange, finite_list, flag, fraction, number
from mlsysim.project_chain import CHAIN, RUN, expected_visits, mean_weeks, quantile_weeks, sampled_weeks, weeks_ahead
from mlsysim.project_plan import FILE, cause_chances, causes, plan_weeks, stages
from mlsysim.quantity import quantity, series, sources

IN_TIME, LATE = "ok", "checked late"
NONE = "none"  # no further check pays


@dataclass(frozen=True, slots=True)
class Check:
    """A check before week one: its weeks, and the share of each cause's returns that it lets through."""

    id: str
    name: str
    weeks: float
    keeps: dict


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """The four checks.

    >>> [(c.name, c.weeks) for c in checks()]
    [('device test', 1), ('privacy review', 1), ('label pilot', 2), ('skeleton', 2)]
    """
    return tuple(Check(**c) for c in load(FILE)["checks"])


def check_weeks(chosen) -> float:
    """Weeks that the chosen checks (their ids) add to the first stage. Errors: OutOfRange for an unknown or repeated one.

    >>> check_weeks(("device", "skeleton"))
    3
    """
    chosen = _chosen(chosen)
    return sum(c.weeks for c in checks() if c.id in chosen)


def checked_chances(chances, chosen) -> tuple[float, ...]:
    """Chances of the causes once the chosen checks catch their share. Errors: OutOfRange for an unknown or repeated one.

    >>> from mlsysim.project_plan import cause_chances
    >>> [round(c, 3) for c in checked_chances(cause_chances(), ("device",))]
    [0.2, 0.25, 0.25, 0.05, 0.15, 0.2]
    """
    chosen = _chosen(chosen)
    finite_list("chances", chances, low=0.0, high=1.0, length=len(causes()))
    found = []
    for chance, cause in zip(chances, causes(), strict=True):
        for check in checks():
            if check.id in chosen:
                chance *= check.keeps.get(cause.id, 1.0)
        found.append(chance)
    return tuple(found)


def checked_plan(plan, chosen) -> tuple[float, ...]:
    """The plan with the weeks of the chosen checks in its first stage.

    >>> from mlsysim.project_plan import plan_weeks
    >>> checked_plan(plan_weeks(), ("labels",))
    (4, 8, 4, 2, 3, 1)
    """
    finite_list("plan", plan, low=0.0, length=len(stages()))
    return (plan[0] + check_weeks(chosen), *plan[1:])


def subsets() -> tuple[tuple[str, ...], ...]:
    """All sixteen choices of checks.

    >>> len(subsets())
    16
    """
    ids = [c.id for c in checks()]
    return tuple(tuple(i for i, on in zip(ids, mask, strict=True) if on) for mask in product((False, True), repeat=len(ids)))


def names_of(chosen) -> str:
    """The chosen checks, short.

    >>> names_of(("device", "labels")), names_of(())
    ('device + labels', 'no check')
    """
    chosen = _chosen(chosen)
    return "all four" if len(chosen) == len(checks()) else " + ".join(c.id for c in checks() if c.id in chosen) or "no check"


@dataclass(frozen=True, slots=True)
class CheckedProject:
    """What a choice of checks gains, against what it seems to gain on paper."""

    device: bool = quantity(r"\text{device}", "", doc="device test")
    privacy: bool = quantity(r"\text{privacy}", "", doc="privacy review")
    labels: bool = quantity(r"\text{labels}", "", doc="label pilot")
    skeleton: bool = quantity(r"\text{skeleton}", "", doc="end-to-end skeleton")
    rework_share: float = quantity(r"\varphi", "share", doc="of its plan that a stage takes when done again")
    check_weeks: float = quantity("w", "weeks", source="sum of the chosen checks", doc="added to the first stage")
    bare_mean_weeks: float = quantity(r"\bar T_0", "weeks", source=CHAIN, doc="without any check")
    mean_weeks: float = quantity(r"\bar T", "weeks", source=CHAIN, doc="with the chosen checks")
    gain_weeks: float = quantity("G", "weeks", formula="<bare_mean_weeks> - <mean_weeks>", source="definition", doc="net gain; below zero, a loss")
    paper_gain_weeks: float = quantity(
        "G_{paper}", "weeks", source="Σ chance prevented × φ × plan of the stages between, less the checks' weeks",
        doc="what a single pass suggests; below zero, a loss",
    )
    p80_weeks: float = quantity("T_{80}", "weeks", source=RUN)
    device_gain_weeks: float = quantity("G_d", "weeks", source=CHAIN, doc="net gain of the device test alone; below zero, a loss")
    device_paper_weeks: float = quantity("g_p", "weeks", source="as G_paper, before its cost", doc="the device test on paper")
    device_arrivals: float = quantity("V_d", "1", source=CHAIN, doc="mean arrivals at deployment, with the device test")
    device_return_paper_weeks: float = quantity("r_p", "weeks", source="φ × plan of the stages between", doc="a return from the device, on paper")
    device_return_weeks: float = quantity("r", "weeks", source=f"φ·(weeks ahead from model − from acceptance); {CHAIN}", doc="with the loops that follow")
    next_gain_weeks: float = quantity("G_{next}", "weeks", source=CHAIN, doc="net gain of the best further check; below zero, a loss")
    state: str = quantity(r"\text{state}", "", source="late if the mean is above 40 weeks (illustrative)")
    best_next: str = quantity(r"\text{next}", "", source="largest net gain among the checks left out")
    plans: tuple[tuple[str, float, float], ...] = series("weeks", doc="(checks, their weeks, mean) of all sixteen choices")
    by_cause: tuple[tuple[str, float, float], ...] = series("weeks", doc="(cause, weeks on paper, mean less the mean without it) in this plan")
    sources: dict = sources()

    @property
    def name(self) -> str:
        """The chosen checks, short."""
        return names_of(tuple(c.id for c in checks() if getattr(self, c.id)))

    def bare_mean_less(self, weeks) -> float:
        """The mean of a project without checks, shortened by `weeks`: where a claimed gain would lie. Errors: OutOfRange."""
        return self.bare_mean_weeks - single(number, "weeks", weeks)


def check_early(device=False, privacy=False, labels=False, skeleton=False, rework_share=0.5) -> CheckedProject:
    """The project with some checks in its first stage: exact means of all sixteen choices, the 80th percentile of this one.

    Errors: WrongType for what is no switch, OutOfRange unless 0 ≤ φ ≤ 1.

    >>> r = check_early()
    >>> round(r.device_gain_weeks, 2), round(r.mean_weeks, 1), r.best_next
    (5.7, 44.2, 'skeleton')
    """
    on = {"device": device, "privacy": privacy, "labels": labels, "skeleton": skeleton}
    chosen = tuple(name for name, value in on.items() if flag(name, value))
    phi = single(fraction, "rework_share", rework_share)
    means, bare, plan = _means(phi), cause_chances(), plan_weeks()
    chances, mine, mean = checked_chances(bare, chosen), checked_plan(plan, chosen), means[chosen]
    gains = {c.id: mean - means[_with(chosen, c.id)] for c in checks() if c.id not in chosen}
    best = max(gains, key=gains.get) if gains else NONE
    paper = _paper_weeks(chances, phi)
    k = [c.id for c in causes()].index("device")
    place = [s.id for s in stages()]
    ahead, span = weeks_ahead(plan, bare), _span(causes()[k])
    return CheckedProject(
        **on, rework_share=phi, check_weeks=check_weeks(chosen), bare_mean_weeks=means[()], mean_weeks=mean, gain_weeks=means[()] - mean,
        paper_gain_weeks=math.fsum(_paper_weeks(bare, phi)) - math.fsum(paper) - check_weeks(chosen),
        p80_weeks=quantile_weeks(sampled_weeks(mine, chances, phi), 0.8),
        device_gain_weeks=means[()] - means[("device",)], device_paper_weeks=(bare[k] - checked_chances(bare, ("device",))[k]) * phi * span,
        device_arrivals=expected_visits(checked_chances(bare, ("device",)))[place.index(causes()[k].found)], device_return_paper_weeks=phi * span,
        device_return_weeks=phi * (ahead[place.index(causes()[k].back)] - ahead[place.index(causes()[k].found) + 1]),
        next_gain_weeks=gains[best] if gains else 0.0, state=LATE if mean > load(FILE)["checked_late_weeks"]["value"] else IN_TIME,
        best_next=best if gains and gains[best] > 0 else NONE, plans=tuple((names_of(s), check_weeks(s), means[s]) for s in subsets()),
        by_cause=tuple((c.name, paper[i], mean - mean_weeks(mine, (*chances[:i], 0.0, *chances[i + 1 :]), phi)) for i, c in enumerate(causes())),
        sources={"rework_share": source_of(load(FILE)["rework_share"])},
    )  # fmt: skip


def _chosen(chosen) -> tuple[str, ...]:
    ids = {c.id for c in checks()}
    if not isinstance(chosen, (tuple, list)) or not all(isinstance(c, str) and c in ids for c in chosen) or len(set(chosen)) < len(chosen):
        raise OutOfRange(f"chosen is {chosen!r}, but must be a tuple of different checks out of {', '.join(sorted(ids))}.")
    return tuple(chosen)


def _with(chosen: tuple[str, ...], more: str) -> tuple[str, ...]:
    return tuple(c.id for c in checks() if c.id in chosen or c.id == more)


@lru_cache(maxsize=64)
def _means(phi: float) -> dict[tuple[str, ...], float]:
    """Exact mean of each of the sixteen choices."""
    return {s: mean_weeks(checked_plan(plan_weeks(), s), checked_chances(cause_chances(), s), phi) for s in subsets()}


def _span(cause) -> float:
    """Planned weeks from the stage to which a cause leads to the stage that finds it, both included."""
    place = [s.id for s in stages()]
    return math.fsum(plan_weeks()[place.index(cause.back) : place.index(cause.found) + 1])


def _paper_weeks(chances, phi: float) -> tuple[float, ...]:
    """Of each cause: chance × φ × the plan of the stages between, as if it could strike once and cost one pass."""
    return tuple(p * phi * _span(c) for p, c in zip(chances, causes(), strict=True))
