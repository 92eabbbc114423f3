"""A synchronous step that waits for its slowest worker, and spare workers whose results are dropped.

A step ends when as many workers have answered as it needs; with b more than that, the b slowest are dropped. A worker is a node,
or the group of nodes that holds one replica of the model and is slow when any of its nodes is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._single import single
from mlsysim.errors import OutOfRange, fraction, whole
from mlsysim.quantity import quantity, series
from mlsysim.reliability import any_slow_probability, slowest_node_step

CHEN = "Chen et al. 2016, backup workers"
NODES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
BACKUPS = (0, 4, 8)
STEPS = 500
ANOTHER = ("longer", "waits anyway", "absorbed")


@dataclass(frozen=True, slots=True)
class BackupStep:
    """The average step of synchronous training in which nodes are slow now and then."""

    nodes: int = quantity("n", "1", doc="that a step needs")
    backups: int = quantity("b", "1", doc="workers more than a step needs")
    replica_nodes: int = quantity("g", "1", doc="nodes of one worker")
    slow_probability: float = quantity("p", "1", doc="a node is slow in a step")
    slow_factor: float = quantity("k", "×", doc="step of a slow node against a normal one")
    always_slow: int = quantity("s", "1", doc="workers that are slow in every step")
    workers: int = quantity("w", "1", formula=r"\frac{<nodes>}{<replica_nodes>}", source="definition")
    worker_probability: float = quantity(
        "p_w", "1", formula=r"1 - (1 - <slow_probability>)^{<replica_nodes>}", source="independent nodes", doc="a worker is slow in a step"
    )
    wait_share: float = quantity("q", "share", source=CHEN + ": more slow workers than backups, Poisson", doc="of the steps wait")
    step: float = quantity("t", "×", formula=r"1 + (<slow_factor> - 1) <wait_share>", source=CHEN, doc="mean step against one without slow nodes")
    cost: float = quantity(
        "c", "×", formula=r"<step> \cdot \frac{<workers> + <backups>}{<workers>}", source="definition", doc="node time of a step, with the backups"
    )
    bare_step: float = quantity("t_0", "×", source=CHEN + ", without backups", doc="mean step, and its node time, without backups")
    dropped_share: float = quantity(
        "d", "share", formula=r"\frac{<backups>}{<workers> + <backups>}", source="definition", doc="of the batch, dropped in every step"
    )
    backup_nodes: int = quantity("B", "1", formula=r"<backups> \cdot <replica_nodes>", source="definition", doc="nodes bought as backups")
    another_step: float = quantity("t'", "×", source=CHEN + ", one more worker always slow", doc="mean step")
    another: str = quantity(r"\text{one more}", "", source="up to 1 % longer counts as nothing", doc="what one more worker that is always slow does")
    slow_counts: tuple = series("1", doc="slow workers in each of 500 steps")
    curves: tuple = series("×", doc="(backups, ((nodes, mean step), …))")


def any_of(nodes: int, slow_probability: float) -> float:
    """Probability that at least one of some independent nodes is slow, 1 − (1 − p)^n. Errors: OutOfRange. Source: independence.

    >>> round(any_of(16, 1e-3), 4)
    0.0159
    """
    p, n = single(fraction, "slow_probability", slow_probability), whole("nodes", nodes)
    return -math.expm1(n * math.log1p(-p)) if p < 1.0 else 1.0


def backup_step(
    slow_probability: float = 1e-3,
    nodes: int = 2048,
    backups: int = 0,
    *,
    slow_factor: float = 2.0,
    always_slow: int = 0,
    replica_nodes: int = 1,
) -> BackupStep:
    """The average step with `backups` more workers than it needs. Errors: OutOfRange, also where replicas do not fill the nodes.

    Nodes are slow independently of each other. Source: Chen et al. 2016; the sample of steps draws from Random(9).

    >>> step = backup_step()
    >>> round(step.wait_share, 3), round(step.step, 2), round(backup_step(backups=8).cost, 3)
    (0.871, 1.87, 1.004)
    """
    p, n = single(fraction, "slow_probability", slow_probability), whole("nodes", nodes, high=10**6)
    g, b, s = whole("replica_nodes", replica_nodes, high=n), whole("backups", backups, low=0, high=1000), whole("always_slow", always_slow, low=0, high=1000)
    if n % g:
        raise OutOfRange(f"replica_nodes is {g}, but must divide the {n} nodes.")
    workers, worker_p = n // g, any_of(g, p)
    if s > workers:
        raise OutOfRange(f"always_slow is {s}, but there are only {workers} workers.")
    wait = _waits(worker_p, workers, b - s)
    step, another = _step(worker_p, workers, slow_factor, b - s), _step(worker_p, workers, slow_factor, b - s - 1)
    return BackupStep(
        nodes=n,
        backups=b,
        replica_nodes=g,
        slow_probability=p,
        slow_factor=float(slow_factor),
        always_slow=s,
        workers=workers,
        worker_probability=worker_p,
        wait_share=wait,
        step=step,
        cost=step * (workers + b) / workers,
        bare_step=_step(worker_p, workers, slow_factor, -s),
        dropped_share=b / (workers + b),
        backup_nodes=b * g,
        another_step=another,
        another="longer" if another > 1.01 * step else "waits anyway" if wait > 0.5 else "absorbed",
        slow_counts=tuple(s + k for k in _sample(worker_p * (workers + b - s))),
        curves=tuple((c, tuple((m, _step(worker_p, m // g, slow_factor, c - s)) for m in NODES if m >= g)) for c in sorted({*BACKUPS, b})),
    )


def _waits(p: float, workers: int, spare: int) -> float:
    """Share of steps that wait, with `spare` backups that are not taken by workers that are always slow."""
    return any_slow_probability(p, workers, spare) if spare >= 0 else 1.0


def _step(p: float, workers: int, factor: float, spare: int) -> float:
    return slowest_node_step(p, workers, factor, spare) if spare >= 0 else slowest_node_step(1.0, 10**6, factor)


@lru_cache(maxsize=64)
def _sample(mean: float) -> tuple[int, ...]:
    """Poisson numbers by inversion: one draw each."""
    highest = int(mean + 12 * math.sqrt(mean) + 20)
    term, total, sums = math.exp(-mean), 0.0, []
    for k in range(highest + 1):
        term = term * mean / k if k else term
        total += term
        sums.append(total)
    draw = Random(9).random
    return tuple(min(highest, bisect_left(sums, draw())) for _ in range(STEPS))
