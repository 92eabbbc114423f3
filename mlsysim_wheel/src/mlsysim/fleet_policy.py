"""One plan for a shared fleet: who runs when, where small jobs go, and what serving lends, judged together.

What the borrower finishes on lent GPUs need not run on the training cluster, so lending lowers its load and with it the waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim.capacity_lending import lend_capacity
from mlsysim.errors import one_of, whole
from mlsysim.gang_replay import FILE, POLICIES, replay
from mlsysim.node_packing import RULES, pack_nodes
from mlsysim.quantity import quantity, sources
from mlsysim.scheduling import BAD, waits_by_size

DAY_H = 24


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Waits, whole nodes and violations of one plan."""

    policy: str = quantity(r"\text{policy}", "")
    placement: str = quantity(r"\text{placement}", "")
    reserve: int = quantity("w", "1")
    gang: int = quantity("g", "1")
    trace: int = quantity("s", "1")
    gpus: int = quantity("G", "1")
    day_h: int = quantity("d", "h")
    own_load_share: float = quantity(r"\rho_0", "share", doc="without borrowed GPUs")
    useful_gpu_h: float = quantity("U", "GPU·h", source="replay of four days of lending", doc="a day")
    load_share: float = quantity(
        r"\rho", "share", formula=r"\max\left(0.3, <own_load_share> - \frac{<useful_gpu_h>}{<gpus> \cdot <day_h>}\right)",
        source="lent GPU-hours carry a part of the work; rounded to 0.01", doc="left on the training cluster",
    )  # fmt: skip
    small_wait_s: float = quantity(r"\bar w_s", "s", source="replay of the trace at this load", doc="jobs of at most 8 GPUs")
    large_wait_s: float = quantity(r"\bar w_l", "s", source="replay of the trace at this load", doc="jobs of at least 64 GPUs")
    mean_wait_s: float = quantity(r"\bar w", "s", source="replay of the trace at this load")
    preemptions: int = quantity("p", "1", source="replay of the trace at this load")
    finished_share: float = quantity("f", "share", source="replay of the trace at this load")
    violation_min: float = quantity("v", "min", source="replay of four days of lending", doc="minutes a day with too few warm replicas")
    whole_share: float = quantity("P_1", "share", source="simulated loss system", doc="moments with a free whole node")
    crowded_jobs: float = quantity("k", "1", source="simulated loss system", doc="jobs on the fullest node")
    sources: dict = sources()


def plan_fleet(policy="fifo", placement="spread", reserve=0, gang=128, trace=BAD) -> FleetPlan:
    """Waits on the training cluster, whole nodes for interactive jobs, and serving's violations under one plan.

    Arguments and errors as in `scheduling.run_queue`, `node_packing.pack_nodes` and `capacity_lending.lend_capacity`.

    >>> p = plan_fleet("backfill", "pack", 24, 8)
    >>> round(p.load_share, 2), round(p.small_wait_s / 3600, 3), round(p.large_wait_s / 3600, 2), p.violation_min
    (0.67, 0.086, 3.14, 5.0)
    """
    one_of("policy", policy, POLICIES)
    one_of("placement", placement, RULES)
    d = load(FILE)
    own, requested, gpus = (d[name]["value"] for name in ("plan_load_share", "plan_requested_share", "gpus"))
    lent = lend_capacity(gang, reserve)
    rho = round(max(0.3, own - lent.useful_gpu_h / (gpus * DAY_H)), 2)
    run, nodes = replay(policy, rho, trace=whole("trace", trace)), pack_nodes(placement, requested)
    mean, small, large = waits_by_size(run)
    return FleetPlan(
        policy=policy, placement=placement, reserve=reserve, gang=gang, trace=trace, gpus=gpus, day_h=DAY_H, own_load_share=own,
        useful_gpu_h=lent.useful_gpu_h, load_share=rho, small_wait_s=small, large_wait_s=large, mean_wait_s=mean, preemptions=run.preemptions,
        finished_share=sum(w is not None for w in run.waits_s) / len(run.waits_s), violation_min=lent.violation_min,
        whole_share=nodes.whole_share, crowded_jobs=nodes.crowded_jobs, sources={"own_load_share": source_of(d["plan_load_share"])},
    )  # fmt: skip
