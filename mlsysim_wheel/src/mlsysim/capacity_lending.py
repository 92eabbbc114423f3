r"""Training borrows what serving does not need: gangs in blocks, recalls that lose work, a warm reserve against cold starts.

Minute by minute over four days. Demand swings with the hour and spikes now and then. A replica that is started serves only after
its cold start, so spare ones are kept warm. What is idle is lent in blocks of one gang; when serving wants it back, a gang stops
and loses half a checkpoint interval on average.
Source: Li et al., EuroSys 2023 (Lyra), for the idea; demand and overheads are synthetic.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import instance, non_negative, positive, whole
from mlsysim.gang_replay import FILE
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, MINUTE

LENT, SHORT = "lent", "too few warm replicas"
RUN = "replay of four days, minute by minute"
_SEED, _SHOWN_MIN, _STEP_MIN = 6, 48 * 60, 15


@dataclass(frozen=True, slots=True)
class Lending:
    """Four days of a serving fleet that lends what it does not need."""

    gang: int = quantity("g", "1", doc="GPUs that the borrower takes and gives back at once")
    reserve: int = quantity("w", "1", doc="replicas kept warm beyond demand")
    cold_start_s: float = quantity("c", "s", doc="from start to first answer of a replica")
    interval_s: float = quantity(r"\tau", "s", doc="between checkpoints of the borrower")
    restart_s: float = quantity("r", "s", doc="after a recall nothing new is borrowed for so long")
    gpus: int = quantity("G", "1")
    days: int = quantity("D", "days")
    borrowed_gpu_h: float = quantity("B", "GPU·h", source=RUN, doc="lent, a day")
    lost_gpu_h: float = quantity("L", "GPU·h", source="GPUs recalled times half an interval", doc="of it lost at recalls, a day")
    useful_gpu_h: float = quantity("U", "GPU·h", formula="<borrowed_gpu_h> - <lost_gpu_h>", source="definition", doc="a day")
    spare_gpu_h: float = quantity("S", "GPU·h", source="GPUs beyond demand, summed over the minutes", doc="that demand leaves, a day")
    useful_share: float = quantity("U/S", "share", formula=r"\frac{<useful_gpu_h>}{<spare_gpu_h>}", source="definition")
    recalls: float = quantity("k", "1/day", source=RUN, doc="gangs stopped, a day")
    violation_min: float = quantity("v", "min", source=RUN, doc="minutes a day with fewer warm replicas than demand")
    idle_gpus: float = quantity("f", "1", source=RUN, doc="neither serving, starting nor lent, on average")
    state: str = quantity(r"\text{state}", "", source="more than 60 minutes a day with too few warm replicas (illustrative)")
    layers: tuple = series("1", doc="(hour, demand, reserve and slack, starting, borrowed, idle) every quarter of an hour, two days")
    violations_h: tuple = series("h", doc="hours of those two days in which demand exceeds the warm replicas")
    sources: dict = sources()


@lru_cache(maxsize=1)
def _demand() -> tuple[float, ...]:
    """GPUs that serving needs, minute by minute: a daily swing and spikes."""
    d, draw = {k: v["value"] for k, v in load(FILE).items() if k != "about"}, Random(_SEED).random
    spike, left, found = 0.0, 0, []
    for m in range(d["lent_days"] * 1440):
        base = d["night_gpus"] + d["swing_gpus"] * (1.0 - math.cos(2.0 * math.pi * (m / 60.0 - d["lowest_hour"]) / 24.0)) / 2.0
        if left == 0:
            if draw() < 1.0 / d["spike_every_min"]:
                spike = base * (0.05 + 0.25 * draw())
                left = 20 + int(40 * draw())
        else:
            left -= 1
            if left == 0:
                spike = 0.0
        found.append(min(float(d["serving_gpus"]), base + spike))
    return tuple(found)


def lend_capacity(gang=128, reserve=16, cold_start_s=240.0, interval_s=1800.0, restart_s=360.0) -> Lending:
    """Replay four days of 192 serving GPUs that lend what is idle in blocks of `gang`.

    Every minute serving wants its demand and the reserve, warm or starting; it recalls gangs for what is missing, and
    releases what is more than 8 above. Cold start and restart in seconds, rounded to minutes. Errors: OutOfRange for a gang
    outside 1 … 192, a reserve outside 0 … 192, negative times; WrongType.

    >>> round(lend_capacity().useful_gpu_h), round(lend_capacity(gang=8).useful_gpu_h)
    (363, 1605)
    """
    d = load(FILE)
    total = d["serving_gpus"]["value"]
    gang, reserve = whole("gang", gang, high=total), whole("reserve", reserve, low=0, high=total)
    cold, interval = single(non_negative, "cold_start_s", cold_start_s, high=DAY), single(non_negative, "interval_s", interval_s, high=1e6)
    restart = single(non_negative, "restart_s", restart_s, high=DAY)
    borrowed, lost, recalls, short, idle, layers, when = _run(gang, reserve, round(cold / MINUTE), interval / MINUTE, round(restart / MINUTE))
    days, demand = d["lent_days"]["value"], _demand()
    spare = sum(total - x for x in demand) / 60.0 / days
    return Lending(
        gang=gang, reserve=reserve, cold_start_s=cold, interval_s=interval, restart_s=restart, gpus=total, days=days,
        borrowed_gpu_h=borrowed / 60.0 / days, lost_gpu_h=lost / 60.0 / days, useful_gpu_h=(borrowed - lost) / 60.0 / days, spare_gpu_h=spare,
        useful_share=(borrowed - lost) / 60.0 / days / spare, recalls=recalls / days, violation_min=short / days, idle_gpus=idle / len(demand),
        state=SHORT if short / days > d["violations_above_min"]["value"] else LENT, layers=layers, violations_h=when,
        sources={"gpus": source_of(d["serving_gpus"]), "days": source_of(d["lent_days"])},
    )  # fmt: skip


def best_change(lent: Lending) -> str:
    """What limits the gain most: "gang" (a borrower in blocks of 8), "reserve" (none), or "recalls" (nothing lost, no restart).

    Each is recomputed; the one with the most useful GPU-hours. Errors as in `lend_capacity`.

    >>> best_change(lend_capacity()), best_change(lend_capacity(gang=8, reserve=48))
    ('gang', 'reserve')
    """
    instance("lent", lent, Lending, "a result of lend_capacity")
    here = {"gang": lent.gang, "reserve": lent.reserve, "cold_start_s": lent.cold_start_s, "interval_s": lent.interval_s, "restart_s": lent.restart_s}
    changes = {"gang": {"gang": 8}, "reserve": {"reserve": 0}, "recalls": {"interval_s": 0.0, "restart_s": 0.0}}
    return max(changes, key=lambda name: lend_capacity(**{**here, **changes[name]}).useful_gpu_h)


def ramp_reserve(tenths_per_min, cold_start_min) -> int:
    """Warm replicas that cover a ramp during a cold start: ⌈x·c⌉, with the ramp x in tenths of a GPU a minute.

    Errors: OutOfRange for what is no whole number from 0. Source: what demand adds until a new replica serves.

    >>> ramp_reserve(5, 15)
    8
    """
    return -(-whole("tenths_per_min", tenths_per_min, low=0) * whole("cold_start_min", cold_start_min, low=0) // 10)


def recall_loss_gpu_h(gpus, interval_min, restart_min) -> float:
    """GPU-hours that one recall costs: half an interval of work and the restart, GPUs·(τ/2 + r)/60.

    Errors: OutOfRange for GPUs that are not positive or negative times. Source: a recall falls anywhere in an interval.

    >>> recall_loss_gpu_h(128, 30, 6)
    44.8
    """
    interval, restart = single(non_negative, "interval_min", interval_min), single(non_negative, "restart_min", restart_min)
    return single(positive, "gpus", gpus) * (interval / 2.0 + restart) / 60.0


@lru_cache(maxsize=128)
def _run(gang, reserve, cold, interval, restart) -> tuple:
    d = load(FILE)
    total, slack = d["serving_gpus"]["value"], d["release_slack_gpus"]["value"]
    warm, borrowed, barred = d["night_gpus"]["value"] + reserve, 0, 0
    starting: deque = deque()  # (minute in which they are warm, how many)
    cold_now = 0
    lent = lost = recalls = short = spare = 0
    layers, when = [], []
    for m, need in enumerate(_demand()):
        while starting and starting[0][0] <= m:
            ready = starting.popleft()[1]
            warm += ready
            cold_now -= ready
        want = min(total, math.ceil(need) + reserve)
        missing = want - warm - cold_now
        idle = total - warm - cold_now - borrowed
        if missing > 0:
            while idle < missing and borrowed:
                back = min(gang, borrowed)
                borrowed -= back
                idle += back
                lost += back * interval / 2.0
                recalls += 1
                barred = m + restart
            begun = min(missing, idle)
            if begun > 0:
                cold_now += begun
                idle -= begun
                starting.append((m + cold, begun))
        elif -missing > slack:
            warm += missing
            idle -= missing
        if warm < need:
            short += 1
            if m < _SHOWN_MIN:
                when.append(m / 60.0)
        if m >= barred:
            block = idle // gang * gang
            borrowed += block
            idle -= block
        lent += borrowed
        spare += idle
        if m % _STEP_MIN == 0 and m < _SHOWN_MIN:
            served = min(need, warm)
            layers.append((m / 60.0, served, warm - served, float(cold_now), float(borrowed), float(idle)))
    return lent, lost, recalls, short, spare, tuple(layers), tuple(when)
