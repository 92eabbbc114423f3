"""What a plan with loops comes to: a thousand projects, and what four changes of it would save.

Stages, causes of return and chances are illustrative; that such projects loop is reported by Amershi et al. 2019 and
Sambasivan et al. 2021. Times are in weeks. Source: absorbing Markov chain, Kemeny and Snell 1960.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, number, one_of
from mlsysim.project_chain import (
    CHAIN,
    RUN,
    expected_visits,
    mean_returns,
    mean_weeks,
    quantile_weeks,
    route_of,
    sampled_weeks,
    share_within,
    shares_by_week,
    straight_share,
)
from mlsysim.project_plan import FILE, cause_chances, causes, plan_weeks, stages
from mlsysim.quantity import quantity, series, sources

CHANGES = ("data", "model", "chances", "rework")  # what a manager may change; see LoopedProject
KEPT, MISLED = "ok", "the promised date misleads"


@dataclass(frozen=True, slots=True)
class LoopedProject:
    """A thousand projects under one plan, and what four changes would shorten."""

    told_weeks: float = quantity(r"\sum p", "weeks", doc="the plan that the director was told")
    rework_share: float = quantity(r"\varphi", "share", doc="of its plan that a stage takes when done again")
    chance_factor: float = quantity("f", "×", doc="on every chance of return")
    never: str = quantity(r"\text{never}", "", doc="cause that does not happen")
    faster: str = quantity(r"\text{faster}", "", doc="stage made faster")
    speedup: float = quantity("s", "×", doc="of that stage")
    plan_weeks: float = quantity("p_{now}", "weeks", source="sum of the stages, one of them faster")
    straight_share: float = quantity("Q", "share", source="∏ (1 − chances of the stage)", doc="projects that are never sent back")
    mean_weeks: float = quantity(r"\bar T", "weeks", source=f"Σ plan·(1 + φ(V − 1)); {CHAIN}")
    loop_weeks: float = quantity("T_{loop}", "weeks", formula="<mean_weeks> - <plan_weeks>", source="definition", doc="of the mean, in repeated work")
    sample_mean_weeks: float = quantity(r"\bar T_{1000}", "weeks", source=RUN)
    p50_weeks: float = quantity("T_{50}", "weeks", source=RUN)
    p80_weeks: float = quantity("T_{80}", "weeks", source=RUN)
    p95_weeks: float = quantity("T_{95}", "weeks", source=RUN)
    on_time_share: float = quantity("P", "share", source=RUN, doc="projects that keep the weeks told")
    returns: float = quantity("R", "1", source=f"Σ V·chance; {CHAIN}", doc="mean number of times a project is sent back")
    data_gain_weeks: float = quantity("G_d", "weeks", source=CHAIN, doc="mean saved by data work ten times faster")
    model_gain_weeks: float = quantity("G_m", "weeks", source=CHAIN, doc="by model development ten times faster")
    chances_gain_weeks: float = quantity("G_c", "weeks", source=CHAIN, doc="by half the chance of every return")
    rework_gain_weeks: float = quantity("G_r", "weeks", source=CHAIN, doc="by repeated work in half the time")
    shown_weeks: float = quantity("T_{shown}", "weeks", source=RUN, doc="the project that is drawn")
    shown_returns: int = quantity("R_{shown}", "1", source=RUN)
    state: str = quantity(r"\text{state}", "", source="misled if one in five projects needs more than 30 weeks (illustrative)")
    visits: tuple[float, ...] = series("1", doc="mean visits of each stage")
    done: tuple[tuple[float, float], ...] = series("share", doc="(week, share of projects done)")
    bars: tuple[tuple[str, float, float, bool], ...] = series("weeks", doc="(stage, start, end, done again) of the project shown")
    backs: tuple[tuple[float, str, str, str], ...] = series("weeks", doc="(when, from stage, to stage, cause) of the project shown")
    sources: dict = sources()

    @property
    def visit_notes(self) -> dict[str, str]:
        """For each stage, how often the project shown was there, and how often projects are on average."""
        counts = {s.name: sum(lane == s.name for lane, *_ in self.bars) for s in stages()}
        return {name: f"{n} {'visit' if n == 1 else 'visits'} (average {mean:.2f})" for (name, n), mean in zip(counts.items(), self.visits, strict=True)}

    @property
    def best_changes(self) -> tuple[str, ...]:
        """The change that shortens the mean most; several where they are within a hundredth of it."""
        gains = dict(zip(CHANGES, (self.data_gain_weeks, self.model_gain_weeks, self.chances_gain_weeks, self.rework_gain_weeks), strict=True))
        most = max(gains.values())
        return tuple(name for name, gain in gains.items() if gain >= 0.99 * most)


def run_projects(rework_share=0.5, chance_factor=1.0, faster="none", speedup=10.0, never="none", shown_share=0.5) -> LoopedProject:
    """A thousand projects of the skin-lesion plan: exact mean, percentiles, one project in full.

    `faster` names a stage that becomes `speedup` times as fast, `never` a cause that does not happen, `shown_share` the
    rank of the project that is drawn. Errors: OutOfRange for a share outside 0 … 1, a factor outside 0 … 1.6, a
    speed-up outside 1 … 1000, another stage or cause.

    >>> r = run_projects()
    >>> round(r.p50_weeks, 1), round(r.p80_weeks, 1), r.on_time_share, r.best_changes
    (36.3, 62.9, 0.086, ('chances',))
    """
    phi = single(fraction, "rework_share", rework_share)
    chances = cause_chances(chance_factor, never)
    one_of("faster", faster, ("none", *(s.id for s in stages())))
    speedup = single(number, "speedup", speedup, low=1.0, high=1000.0)
    rank = single(fraction, "shown_share", shown_share)
    told, plan = sum(plan_weeks()), _faster(plan_weeks(), faster, speedup)
    lengths = sampled_weeks(plan, chances, phi)
    mean, half = mean_weeks(plan, chances, phi), tuple(c / 2 for c in chances)
    value, p80, names, seen = load(FILE), quantile_weeks(lengths, 0.8), [s.name for s in stages()], set()
    route, bars, backs = route_of(plan, chances, phi, rank), [], []
    for stage, start, end, cause in route:
        bars.append((names[stage], start, end, stage in seen))
        seen.add(stage)
        if cause >= 0:
            backs.append((end, causes()[cause].found, causes()[cause].back, causes()[cause].name))
    return LoopedProject(
        told_weeks=told, rework_share=phi, chance_factor=float(chance_factor), never=never, faster=faster, speedup=speedup, plan_weeks=math.fsum(plan),
        straight_share=straight_share(chances), mean_weeks=mean, loop_weeks=mean - math.fsum(plan),
        sample_mean_weeks=math.fsum(lengths) / len(lengths), p50_weeks=quantile_weeks(lengths, 0.5), p80_weeks=p80, p95_weeks=quantile_weeks(lengths, 0.95),
        on_time_share=share_within(lengths, told),
        returns=mean_returns(chances),
        data_gain_weeks=mean - mean_weeks(_faster(plan, "data", 10.0), chances, phi),
        model_gain_weeks=mean - mean_weeks(_faster(plan, "model", 10.0), chances, phi),
        chances_gain_weeks=mean - mean_weeks(plan, half, phi), rework_gain_weeks=mean - mean_weeks(plan, chances, phi / 2),
        shown_weeks=route[-1][2], shown_returns=len(backs), state=MISLED if p80 > value["late_weeks"]["value"] else KEPT,
        visits=expected_visits(chances), done=shares_by_week(lengths), bars=tuple(bars), backs=tuple(backs),
        sources={"told_weeks": "the project lead's plan (illustrative)", "rework_share": source_of(value["rework_share"])},
    )  # fmt: skip


def _faster(plan, stage: str, speedup: float) -> tuple[float, ...]:
    return tuple(p / speedup if s.id == stage else float(p) for p, s in zip(plan, stages(), strict=True))
