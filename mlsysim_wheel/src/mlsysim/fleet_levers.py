"""Which change of a fleet saves days: improvements of a size, and choices that cost something or nothing.

An improvement counts only where the fleet waits: each lever is the whole fleet computed anew with one thing changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import number, one_of
from mlsysim.fleet_parts import (
    CALM,
    HOME,
    OVERSUBSCRIPTION,
    TENSOR,
    Design,
    as_design,
    figures,
    fits,
    given,
    step_of,
    tokens_per_s,
    training_nodes,
)  # fmt: skip
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, fmt

IMPROVED = {"kernels": "better kernels", "network": "a faster gradient network", "failures": "rarer failures", "saving": "faster saving and recovery"}
CHOSEN = {
    "nodes": "16 more training nodes", "tensor": "half the tensor parallelism", "fp8": "fp8", "asynchronous": "asynchronous saves every 10 min",
    "lending": "lending at night", "standby": "a hot standby", "oversubscription": "half the oversubscription",
}  # fmt: skip
LEVERS = IMPROVED | CHOSEN
ASKED = {
    "network": "double the gradient network",
    "failures": "make every failure vanish",
    "tensor": "tensor parallelism of 4 in place of 8",
    "kernels": "kernels that are 10 % better",
}
WHY = {"exposed": "it does count: gradients stick out", "hidden": "hidden behind computation", "small": "next to no gradients travel"}
NOTHING_DAYS, SMALL_SHARE = 0.1, 0.01
NOTHING, PAYS, FREE, NOT = "paid for nothing", "days for dollars", "costs nothing more", "cannot be had"
SIZES = tuple(i / 20 for i in range(21))
_NEVER = CALM._replace(failures=1e-9)


@dataclass(frozen=True, slots=True)
class Levers:
    """Days that each change of one design would save."""

    lever: str = quantity(r"\text{lever}", "", doc="the one that is looked at")
    improvement_share: float = quantity("i", "share", doc="size of the improvements")
    days: float = quantity("t_d", "days", source="mlsysim.fleet_review", doc="of the design")
    saved_days: float = quantity(r"\Delta t", "days", source="the fleet computed anew; below 0 where the change loses days", doc="by the lever")
    extra_usd: float = quantity(r"\Delta\$", "$", source="difference of the bills, below 0 where it saves; an improvement has no price here, 0")
    usd_per_day: float = quantity(
        r"\Delta\$/\Delta t", "$", source="definition; infinite where dollars save no day", doc="for a day saved; negative where both are saved"
    )
    best: str = quantity(r"\text{best}", "", source="largest saving of all levers")
    best_days: float = quantity(r"\Delta t^*", "days", source="largest saving of all levers")
    best_asked: str = quantity(r"\text{best of four}", "", source="largest saving of: network × 2, no failures, tensor halved, kernels + 10 %")
    tensor_days: float = quantity(r"\Delta t_t", "days", source="the fleet computed anew; below 0 where it loses", doc="saved by half the tensor parallelism")
    kernels_days: float = quantity(r"\Delta t_k", "days", source="the fleet computed anew", doc="saved by kernels 10 % better")
    no_failures_days: float = quantity(r"\Delta t_f", "days", source="the fleet computed anew", doc="saved if nothing ever failed")
    network_days: float = quantity(r"\Delta t_n", "days", source="the fleet computed anew", doc="saved by twice the gradient network")
    gradient_s: float = quantity("g", "s", source="mlsysim.fleet_review", doc="of gradients in a step")
    exposed_s: float = quantity("e", "s", source="mlsysim.fleet_review", doc="of it beyond the computation")
    step_s: float = quantity("T", "s", source="mlsysim.fleet_review")
    why: str = quantity(r"\text{network}", "", source="exposed: more than 0; small: below 1 % of a step; else hidden")
    state: str = quantity(r"\text{state}", "", source="dollars against days; less than 0.1 day is nothing")
    rows: tuple = series("days", doc="(lever, days saved, extra dollars; none where it cannot be had)")
    curves: tuple = series("days", doc="(lever, ((size, days saved), …)) of the four improvements")
    sources: dict = sources()


def fleet_levers(
    lever="kernels", improvement_share=0.1, nodes=160, serving_share=0.25, tensor=8, pipeline=4, oversubscription=2, interval_s=3600, saving="blocking",
    recovery="manual", cap_share=1.0, region=HOME, number_format="bf16", lending=False, spares=0,
) -> Levers:  # fmt: skip
    """Every lever at a design; `improvement_share` 0 … 10, the other arguments as in `fleet_review.review_fleet`. Errors: OutOfRange, WrongType.

    >>> r = fleet_levers()
    >>> r.best_asked, round(r.tensor_days, 2), round(r.kernels_days, 2), round(r.no_failures_days, 2), r.network_days
    ('tensor', 9.78, 5.47, 1.46, 0.0)
    """
    design = as_design(
        nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
    )
    return _levers(one_of("lever", lever, LEVERS), single(number, "improvement_share", improvement_share, low=0.0, high=10.0), design)


def _run_days(rate: float) -> float:
    return given()["tokens"] / rate / DAY


def _improved(design: Design, lever: str, i: float) -> float:
    """Days of the run itself with one layer improved by a share."""
    n = training_nodes(design)
    if lever in ("kernels", "network"):
        return _run_days(tokens_per_s(design, n, **{"kernels" if lever == "kernels" else "gradient": 1 + i}))
    strain = CALM._replace(failures=1 / (1 + i)) if lever == "failures" else CALM._replace(stall=1 / (1 + i), recovery=1 / (1 + i))
    return _run_days(tokens_per_s(design, n, strain))


def _changed(design: Design, lever: str) -> Design | None:
    """The design with a choice taken; none where it is taken already or there is no further step."""
    if lever in ("tensor", "oversubscription"):
        options = TENSOR if lever == "tensor" else OVERSUBSCRIPTION
        lower = [v for v in options if v < getattr(design, lever)]
        changed = design._replace(**{lever: max(lower)}) if lower else design
    else:
        changed = {
            "fp8": design._replace(number_format="fp8"), "asynchronous": design._replace(saving="asynchronous", interval_s=600),
            "lending": design._replace(lending=True), "standby": design._replace(recovery="standby"),
        }[lever]  # fmt: skip
    return None if changed == design else changed


@lru_cache(maxsize=512)
def _rows(design: Design, i: float) -> tuple:
    own = figures(design)
    ran = _run_days(own.tokens_per_s)
    rows = [(lever, ran - _improved(design, lever, i), 0.0) for lever in IMPROVED]
    for lever in CHOSEN:
        if lever == "nodes":
            then = figures(design, 16)
        else:
            changed = _changed(design, lever)
            then = figures(changed) if changed and fits(changed) else None
        rows.append((lever, own.days - then.days, then.cost_usd - own.cost_usd) if then else (lever, None, None))
    return tuple(rows)


@lru_cache(maxsize=512)
def _curves(design: Design) -> tuple:
    ran = _run_days(figures(design).tokens_per_s)
    return tuple((lever, tuple((i, ran - _improved(design, lever, i)) for i in SIZES)) for lever in IMPROVED)


@lru_cache(maxsize=1024)
def _levers(lever: str, i: float, design: Design) -> Levers:
    n, own, rows = training_nodes(design), figures(design), _rows(design, i)
    ran = _run_days(own.tokens_per_s)
    step = step_of(n, design.tensor, design.pipeline, design.oversubscription, design.cap_share, design.number_format)
    saved, extra = next((d, usd) for name, d, usd in rows if name == lever)
    halved = next(d for name, d, _ in rows if name == "tensor")
    asked = {
        "network": ran - _improved(design, "network", 1.0), "failures": ran - _run_days(tokens_per_s(design, n, _NEVER)),
        "tensor": halved or 0.0, "kernels": ran - _improved(design, "kernels", 0.1),
    }  # fmt: skip
    best = max((r for r in rows if r[1] is not None), key=lambda r: r[1])
    why = "exposed" if step.exposed_s > 0 else "small" if step.gradient_s < SMALL_SHARE * step.step_s else "hidden"
    had = saved is not None
    return Levers(
        lever=lever, improvement_share=i, days=own.days, saved_days=saved if had else 0.0, extra_usd=extra if had else 0.0,
        usd_per_day=0.0 if not had or not extra else extra / saved if saved > 1e-9 else math.inf if extra > 0 else 0.0,
        best=LEVERS[best[0]], best_days=best[1], best_asked=max(asked, key=asked.get),
        tensor_days=asked["tensor"], kernels_days=asked["kernels"], no_failures_days=asked["failures"], network_days=asked["network"],
        gradient_s=step.gradient_s,
        exposed_s=step.exposed_s, step_s=step.step_s, why=why,
        state=NOT if not had else NOTHING if extra > 0 and saved < NOTHING_DAYS else PAYS if extra > 0 else FREE, rows=rows, curves=_curves(design),
    )  # fmt: skip


def words(saved: float, extra_usd: float) -> str:
    """A lever's days and dollars for a row of a chart.

    >>> words(7.07, 501_153).replace(chr(8239), " ").replace(chr(8201), " ")
    '7.07 days, $501,000 more'
    """
    number("saved", saved), number("extra_usd", extra_usd)
    more = "" if abs(extra_usd) < 500 else f", {fmt(float(f'{abs(extra_usd):.3g}'), '$')} {'more' if extra_usd > 0 else 'less'}"
    return fmt(saved, "days") + more


def largest(levers: Levers, count: int = 4) -> tuple[tuple[str, str], ...]:
    """(lever, its days and dollars) of those that save most."""
    had = sorted((row for row in levers.rows if row[1] is not None), key=lambda row: -row[1])
    return tuple((LEVERS[name], words(saved, usd)) for name, saved, usd in had[:count])
