"""One plan for a long run: how it saves, restarts, spares nodes and keeps checkpoints, and how much of its time that leaves useful."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load
from mlsysim.backup_nodes import backup_step
from mlsysim.errors import flag, one_of, positive, whole
from mlsysim.interval_study import SAVING, checkpoint_stall_s
from mlsysim.quantity import quantity, sources
from mlsysim.reliability import RUN, replay_run
from mlsysim.rollback import replay_rollbacks
from mlsysim.units import HOUR

RECOVERY = ("manual", "automatic", "standby")
DEVICES, NODES = 16_384, 2_048


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """A run of 16,384 GPUs under one plan: useful time, storage, what can be undone, what it costs."""

    interval_s: float = quantity(r"\tau", "s")
    checkpoint_s: float = quantity("C", "s", doc="stall of one checkpoint")
    restart_s: float = quantity("R", "s")
    backups: int = quantity("b", "1", doc="backup nodes")
    kept: int = quantity("K", "1")
    dailies: bool = quantity(r"\text{dailies}", "")
    running_share: float = quantity("u", "share", source=RUN, doc="useful between failures, restarts and checkpoints")
    step_cost: float = quantity("c", "×", source="mean step with slow nodes and backups, Chen et al. 2016")
    lost_s: float = quantity("L", "s", source="replay of silent corruptions", doc="mean work lost to a rollback")
    between_s: float = quantity("P", "s", doc="mean time between silent corruptions")
    useful_share: float = quantity(
        "U",
        "share",
        formula=r"\frac{<running_share>}{<step_cost>} - \frac{<lost_s>}{<between_s>}",
        source="composition of the three parts",
        doc="useful time of all",
    )
    recoverable_share: float = quantity("r", "share", source="replay of silent corruptions", doc="corruptions with a clean checkpoint left")
    stored_bytes: float = quantity("S", "B", source="kept checkpoints of Llama 3.1 405B")
    extra_usd: float = quantity("E", "$", source="sum of the prices, illustrative", doc="for asynchronous saving, faster recovery and backup nodes")
    failures_share: float = quantity("f", "share", source=RUN, doc="saving, lost work and restarts")
    slow_share: float = quantity(
        "w", "share", formula=r"<running_share> - \frac{<running_share>}{<step_cost>}", source="definition", doc="waits for slow nodes, and backups"
    )
    rollback_share: float = quantity("x", "share", formula=r"\frac{<lost_s>}{<between_s>}", source="definition", doc="rollbacks after corruption")
    sources: dict = sources()


def plan_recovery(
    interval_s: float = HOUR, saving: str = "blocking", recovery: str = "manual", backups: int = 0, kept: int = 3, dailies: bool = False
) -> RecoveryPlan:
    """Useful time of 54 days on 2,048 nodes, of which each is slow, twice as long, in one step of a thousand, and what the plan costs.

    Every node counts as one worker. What is left useful after failures is divided by the cost of a step and loses the rollbacks.
    Errors: OutOfRange. Source: as in `replay_run`, `backup_step`, `replay_rollbacks`; prices illustrative.

    >>> plan = plan_recovery()
    >>> round(plan.useful_share, 3), round(plan.recoverable_share, 3)
    (0.363, 0.292)
    >>> round(plan_recovery(1800, "blocking", "automatic", 8, 6, True).useful_share, 3)
    0.739
    """
    positive("interval_s", interval_s)
    recovery, backups = one_of("recovery", recovery, RECOVERY), whole("backups", backups, low=0, high=1000)
    stall = checkpoint_stall_s(one_of("saving", saving, SAVING))
    data = load("reliability/fault_tolerance.json")
    run = replay_run(DEVICES, interval_s, stall, data["restart_s"][recovery])
    step, back = backup_step(nodes=NODES, backups=backups), replay_rollbacks(kept, flag("dailies", dailies), interval_s=interval_s)
    price, rolled = data["extra_usd"], back.lost_s / back.between_s
    return RecoveryPlan(
        interval_s=run.interval_s,
        checkpoint_s=stall,
        restart_s=run.restart_s,
        backups=backups,
        kept=back.kept,
        dailies=back.dailies,
        running_share=run.useful_share,
        step_cost=step.cost,
        lost_s=back.lost_s,
        between_s=back.between_s,
        useful_share=run.useful_share / step.cost - rolled,
        recoverable_share=back.recoverable_share,
        stored_bytes=back.stored_bytes,
        extra_usd=float(price.get(saving, 0) + price.get(recovery, 0) + backups * price["backup_node"]),
        failures_share=run.saving_share + run.lost_share + run.down_share,
        slow_share=run.useful_share - run.useful_share / step.cost,
        rollback_share=rolled,
        sources={"checkpoint_s": data["checkpoint_s"]["source"], "restart_s": data["restart_s"]["source"], "between_s": back.sources["between_s"]},
    )
