"""The same failures in three kinds of fleet: one coupled job, independent replicas, requests that wait for the slowest leaf.

What a failure costs is decided by how the parts depend on each other. A coupled job stops as a whole and repeats the work
since its last checkpoint (`reliability`); of independent replicas one is away until it is repaired; a request that fans
out over k leaves is slow if one of them is, whatever the size of the fleet (`fan_out`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import fan_out as tail
from mlsysim._single import single
from mlsysim.errors import fraction, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.reliability import DALY, HOUR, replay_run, run_mtbf_s, useful_share

COUPLINGS = ("job", "replicas", "requests")
FLEETS = (8, 256, 1024, 4096, 16_384, 65_536, 131_072)
DAY_S, RUN_S, SHOWN_S = 24 * HOUR, 720 * HOUR, 72 * HOUR
FAN_OUTS = (1, 2000)
SEED = 7


@dataclass(frozen=True, slots=True)
class CoupledFleet:
    """Thirty days of a fleet: its failures, and what they cost under each of three couplings."""

    gpus: int = quantity("N", "GPUs")
    coupling: str = quantity(r"\text{coupling}", "", doc="job, replicas or requests")
    restart_s: float = quantity("R", "s", doc="detect, replace, reload")
    interval_s: float = quantity(r"\tau", "s", doc="between checkpoints")
    repair_s: float = quantity("r", "s", doc="of a replica")
    slow_leaf_share: float = quantity("p", "share", doc="answers of one leaf that are slow")
    fan_out: int = quantity("k", "1", doc="leaves that a request asks")
    gpu_mtbf_s: float = quantity(
        "m", "s", source="419 interruptions in 54 days on 16,384 H100 (Grattafiori et al. 2024)", doc="between interruptions of one GPU"
    )
    mtbf_s: float = quantity("M", "s", formula=r"\frac{<gpu_mtbf_s>}{<gpus>}", source="independent failures", doc="between interruptions of the fleet")
    failures: int = quantity("n", "1", source="replay of a trace of exponential failures", doc="in 30 days of the job")
    untouched_day_share: float = quantity(
        "P_{24}", "share", formula=r"e^{-24\,\text{h} / <mtbf_s>}", source="exponential failures", doc="chance of a day without a failure"
    )
    job_lost_share: float = quantity(r"\ell_j", "share", source="replay of the same trace: restarts and work since the last checkpoint", doc="one coupled job")
    job_expected_share: float = quantity(r"\bar\ell_j", "share", source=DALY, doc="one coupled job, mean over all traces")
    replicas_lost_share: float = quantity(
        r"\ell_r", "share", formula=r"\frac{<repair_s>}{<gpu_mtbf_s> + <repair_s>}", source="alternating renewal process", doc="independent replicas"
    )
    requests_slow_share: float = quantity(
        r"\ell_q", "share", formula=r"1 - (1 - <slow_leaf_share>)^{<fan_out>}", source="Dean and Barroso 2013", doc="requests that meet a slow leaf"
    )
    lost_share: float = quantity(r"\ell", "share", source="that of the chosen coupling", doc="of the work, the capacity or the requests")
    doubled: str = quantity(
        r"2N", "", source="the mean at twice the GPUs, against the mean here", doc="the loss if N doubles: doubles (from 1.5 on), less, same or fan-out"
    )
    job_curve: tuple[tuple[float, float], ...] = series("share", doc="(GPUs, mean loss) of one coupled job")
    replicas_curve: tuple[tuple[float, float], ...] = series("share", doc="(GPUs, loss) of independent replicas")
    requests_curve: tuple[tuple[float, float], ...] = series("share", doc="(leaves asked, slow requests)")
    first_days: tuple[tuple[str, float, float], ...] = series("s", doc="(kept, lost or restart, from, to) of the job's first 72 hours")
    away: tuple[tuple[float, float], ...] = series("1", doc="(time, GPUs under repair) if the same GPUs were independent replicas")
    most_away: int = quantity(r"a_{max}", "1", source="the same trace", doc="GPUs under repair at once, in the first 72 hours")
    sources: dict = sources()


def couple(
    gpus: int = 16_384, coupling: str = "job", restart_s: float = 0.5 * HOUR, interval_s: float = 0.5 * HOUR, repair_s: float = 4 * HOUR,
    slow_leaf_share: float = 0.01, fan_out: int = 100,
) -> CoupledFleet:  # fmt: skip
    """Thirty days of `gpus` GPUs, times in seconds; each GPU fails as those of Llama 3's training did.

    Errors: OutOfRange. Source: Grattafiori et al. 2024 (failures), Daly 2006 (job), Dean and Barroso 2013 (requests).

    >>> r = couple()
    >>> f"{r.failures} failures: job {r.job_lost_share:.1%}, replicas {r.replicas_lost_share:.4%}, requests {r.requests_slow_share:.1%}"
    '210 failures: job 21.7%, replicas 0.0079%, requests 63.4%'
    """
    one_of("coupling", coupling, COUPLINGS)
    return _couple(
        whole("gpus", gpus, high=10**6), coupling, single(positive, "restart_s", restart_s, high=1e7), single(positive, "interval_s", interval_s, high=1e7),
        single(positive, "repair_s", repair_s, high=1e9), single(fraction, "slow_leaf_share", slow_leaf_share, open_low=True),
        whole("fan_out", fan_out, high=10**6),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _couple(n: int, coupling: str, restart: float, interval: float, repair: float, slow: float, leaves: int) -> CoupledFleet:
    m, mtbf = run_mtbf_s(1), run_mtbf_s(n)
    run = replay_run(n, interval, 0.0, restart, run_s=RUN_S, seed=SEED)
    mean = [_job_loss(c * n, restart, interval) for c in (1, 2)]
    one, asked = repair / (m + repair), tail.any_slow_share(leaves, 1.0 - slow)
    lost = {"job": 1.0 - run.useful_share, "replicas": one, "requests": asked}[coupling]
    doubled = {"job": "doubles" if mean[1] >= 1.5 * mean[0] else "less", "replicas": "same", "requests": "fan-out"}[coupling]
    sizes = [FLEETS[0] * (FLEETS[-1] / FLEETS[0]) ** (i / 28) for i in range(29)]
    away = _away([at for at, _ in run.events if at < SHOWN_S], repair)
    fans = sorted({round(FAN_OUTS[1] ** (i / 30)) for i in range(31)})
    return CoupledFleet(
        gpus=n, coupling=coupling, restart_s=restart, interval_s=interval, repair_s=repair, slow_leaf_share=slow, fan_out=leaves, gpu_mtbf_s=m, mtbf_s=mtbf,
        failures=run.failures, untouched_day_share=math.exp(-DAY_S / mtbf), job_lost_share=1.0 - run.useful_share, job_expected_share=mean[0],
        replicas_lost_share=one, requests_slow_share=asked, lost_share=lost, doubled=doubled,
        job_curve=tuple((s, _job_loss(s, restart, interval)) for s in sizes), replicas_curve=((sizes[0], one), (sizes[-1], one)),
        requests_curve=tuple((float(k), tail.any_slow_share(k, 1.0 - slow)) for k in fans), first_days=_first_days(run.events, interval),
        away=away, most_away=round(max(count for _, count in away)),
    )  # fmt: skip


def _job_loss(gpus: float, restart: float, interval: float) -> float:
    return 1.0 - useful_share(interval, 0.0, restart, run_mtbf_s(1) / gpus)


def _first_days(events: tuple, interval: float) -> tuple:
    """The job's time up to `SHOWN_S`: work that a checkpoint kept, work that a failure threw away, restarts."""
    stretches, t = [], 0.0
    for at, back in events:
        if t >= SHOWN_S:
            break
        saved = t + math.floor((at - t) / interval) * interval
        stretches += [("kept", t, saved), ("lost", saved, at), ("restart", at, back)]
        t = back
    stretches.append(("kept", t, SHOWN_S))
    return tuple((kind, a, min(b, SHOWN_S)) for kind, a, b in stretches if a < min(b, SHOWN_S))


def _away(failures: list[float], repair: float) -> tuple:
    """How many replicas are under repair, as steps over the same time."""
    moves = sorted([(at, 1) for at in failures] + [(at + repair, -1) for at in failures if at + repair < SHOWN_S])
    points, away = [(0.0, 0.0)], 0
    for at, change in moves:
        away += change
        points.append((at, float(away)))
    return (*points, (SHOWN_S, float(away)))
