"""Failures of long runs: how often to save, what is lost, and how much of the time does useful work.

A run of N devices that fail independently is interrupted every M = mtbf/N on average. Saving every τ for a stall of C
costs C/τ of the time; a failure loses half an interval on average, τ/(2M), and a restart R, R/M. Failures are taken to
be exponential and not to strike during a restart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import fraction, non_negative, number, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import HOUR, MINUTE

YOUNG = "Young 1974, Communications of the ACM 17(9)"
DALY = "Daly 2006, Future Generation Computer Systems 22(3)"
RUN = "replay of a trace of exponential failures"


@dataclass(frozen=True, slots=True)
class RunReplay:
    """One replayed run: where its time went, as shares that sum to 1."""

    devices: int = quantity("N", "1")
    interval_s: float = quantity(r"\tau", "s", doc="useful time between checkpoints")
    checkpoint_s: float = quantity("C", "s", doc="stall of one checkpoint")
    restart_s: float = quantity("R", "s", doc="detect, replace, reload")
    run_s: float = quantity("T", "s")
    device_mtbf_s: float = quantity("m", "s", doc="mean time between interruptions of one device")
    mtbf_s: float = quantity("M", "s", formula=r"\frac{<device_mtbf_s>}{<devices>}", source="independent failures", doc="of the run")
    failures: int = quantity("n", "1", source=RUN)
    useful_share: float = quantity("u", "share", source=RUN)
    saving_share: float = quantity("s", "share", source=RUN)
    lost_share: float = quantity(r"\ell", "share", source=RUN + "; work since the last checkpoint")
    down_share: float = quantity("d", "share", source=RUN + "; restarts")
    best_interval_s: float = quantity(r"\tau^*", "s", formula=r"\sqrt{2 <checkpoint_s> <mtbf_s>}", source=YOUNG)
    events: tuple = series("s", doc="(failure at, back at) of every interruption")
    sources: dict = sources()


def run_mtbf_s(devices: int, device_mtbf_s: float | None = None) -> float:
    """Mean time between interruptions of a run of `devices`, in seconds.

    Without `device_mtbf_s`, that of Llama 3's pre-training: 419 interruptions in 54 days on 16,384 H100. Errors:
    OutOfRange. Source: Grattafiori et al. 2024.

    >>> round(run_mtbf_s(16_384) / 3600, 2)
    3.09
    """
    return _device_mtbf_s(device_mtbf_s) / whole("devices", devices, low=1, high=10**9)


def best_interval_s(checkpoint_s: float, mtbf_s: float) -> float:
    """The interval between checkpoints that wastes least, to first order: √(2CM), in seconds.

    Good while C is small against M. Errors: OutOfRange. Source: Young 1974.

    >>> round(best_interval_s(148.8, run_mtbf_s(16_384)) / 60, 1)
    30.3
    """
    return math.sqrt(2.0 * single(positive, "checkpoint_s", checkpoint_s) * single(positive, "mtbf_s", mtbf_s))


def best_interval_daly_s(checkpoint_s: float, mtbf_s: float) -> float:
    """Daly's higher-order interval, which also holds where a checkpoint takes a good part of M; M itself from C = 2M on.

    >>> round(best_interval_daly_s(148.8, run_mtbf_s(16_384)) / 60, 1)
    28.7
    """
    c, m = single(positive, "checkpoint_s", checkpoint_s), single(positive, "mtbf_s", mtbf_s)
    if c >= 2.0 * m:
        return m
    x = c / (2.0 * m)
    return math.sqrt(2.0 * c * m) * (1.0 + math.sqrt(x) / 3.0 + x / 9.0) - c


def useful_share(interval_s: float, checkpoint_s: float, restart_s: float, mtbf_s: float) -> float:
    """Expected share of the time that is useful work: goodput, with the rework of what a failure loses.

    A segment of τ + C is repeated until it passes without a failure; with exponential failures it takes
    (e^((τ+C)/M) − 1)(M + R) on average. Errors: OutOfRange. Source: Daly 2006 (no failure during a restart).

    >>> round(useful_share(1800, 148.8, 900, run_mtbf_s(16_384)), 3)
    0.782
    """
    tau, c = single(positive, "interval_s", interval_s), single(non_negative, "checkpoint_s", checkpoint_s)
    r, m = single(non_negative, "restart_s", restart_s), single(positive, "mtbf_s", mtbf_s)
    attempts = (tau + c) / m
    if attempts > 700.0:  # no segment ever passes
        return 0.0
    return tau / (math.expm1(attempts) * (m + r))


def replay_run(
    devices: int = 16_384,
    interval_s: float = HOUR,
    checkpoint_s: float = 148.8,
    restart_s: float = 15 * MINUTE,
    *,
    run_s: float = 54 * 24 * HOUR,
    device_mtbf_s: float | None = None,
    seed: int = 3,
) -> RunReplay:
    """A run through one trace of failures: useful work, saving, lost work and restarts.

    Of each failure the time to it is drawn, −ln(1 − u)·M; the same seed gives the same trace for every interval. Times
    in seconds. Errors: OutOfRange. Source: Young 1974, Daly 2006; failure rate as in `run_mtbf_s`.

    >>> run = replay_run()
    >>> f"{run.useful_share:.3f} {run.saving_share:.4f} {run.lost_share:.3f} {run.down_share:.4f} {run.failures}"
    '0.744 0.0307 0.150 0.0752 390'
    """
    devices = whole("devices", devices, low=1, high=10**9)
    tau, c = single(positive, "interval_s", interval_s), single(non_negative, "checkpoint_s", checkpoint_s)
    r, end = single(non_negative, "restart_s", restart_s), single(positive, "run_s", run_s)
    mtbf = run_mtbf_s(devices, device_mtbf_s)
    whole("run_s over the mean time between failures", math.ceil(end / mtbf), low=0, high=10**6)
    ups, last, events = _trace(mtbf, r, end, whole("seed", seed, low=0))
    segment = tau + c
    lost_segments = sum(map(math.floor, [up / segment for up in ups]))  # finished before a failure
    last_segments = math.floor(last / segment)
    rest = last - last_segments * segment  # the run ends within a segment: nothing is lost
    useful = (lost_segments + last_segments) * tau + min(rest, tau)
    saving = (lost_segments + last_segments) * c + max(0.0, rest - tau)
    lost = max(0.0, math.fsum(ups) - lost_segments * segment)
    down = math.fsum(back - at for at, back in events)
    return RunReplay(
        devices=devices,
        interval_s=tau,
        checkpoint_s=c,
        restart_s=r,
        run_s=end,
        device_mtbf_s=_device_mtbf_s(device_mtbf_s),
        mtbf_s=mtbf,
        failures=len(events),
        useful_share=useful / end,
        saving_share=saving / end,
        lost_share=lost / end,
        down_share=down / end,
        best_interval_s=math.sqrt(2.0 * c * mtbf),
        events=events,
        sources={"device_mtbf_s": load("reliability/llama3_pretraining.json")["source"] if device_mtbf_s is None else "given"},
    )


@lru_cache(maxsize=16)
def _trace(mtbf_s: float, restart_s: float, run_s: float, seed: int) -> tuple[tuple, float, tuple]:
    """Stretches of work that a failure ends, the stretch at the end of the run, and (failure at, back at): the same for every interval."""
    draw, t = Random(seed).random, 0.0
    ups, events, last = [], [], 0.0
    while t < run_s:
        gap = -math.log(1.0 - draw()) * mtbf_s
        if t + gap >= run_s:
            last = run_s - t
            break
        ups.append(gap)
        events.append((t + gap, min(t + gap + restart_s, run_s)))
        t += gap + restart_s
    return tuple(ups), last, tuple(events)


def any_slow_probability(slow_probability: float, nodes: int, backups: int = 0) -> float:
    """Probability that more than `backups` of `nodes` + `backups` nodes are slow in a step, so that the step waits.

    Slow nodes are Poisson with mean p(n + b). Errors: OutOfRange. Source: Chen et al. 2016 on backup workers.

    >>> round(any_slow_probability(1e-3, 2048), 3), round(any_slow_probability(1e-3, 2048, 4), 4)
    (0.871, 0.0575)
    """
    p, n = single(fraction, "slow_probability", slow_probability), whole("nodes", nodes, low=1, high=10**9)
    b = whole("backups", backups, low=0, high=10**4)
    mean = p * (n + b)
    term = math.exp(-mean)
    below = [term := term * mean / k if k else term for k in range(b + 1)]
    return min(1.0, max(0.0, 1.0 - math.fsum(below)))


def slowest_node_step(slow_probability: float, nodes: int, slow_factor: float = 2.0, backups: int = 0) -> float:
    """Mean length of a synchronous step in which some nodes are `slow_factor` times as slow, in normal steps.

    >>> round(slowest_node_step(1e-3, 2048), 2)
    1.87
    """
    k = single(number, "slow_factor", slow_factor, low=1.0, high=1e6)
    return 1.0 + (k - 1.0) * any_slow_probability(slow_probability, nodes, backups)


def _device_mtbf_s(given: float | None) -> float:
    if given is not None:
        return single(positive, "device_mtbf_s", given)
    raw = load("reliability/llama3_pretraining.json")
    return raw["devices"] * raw["days"] * 24 * HOUR / raw["interruptions"]
