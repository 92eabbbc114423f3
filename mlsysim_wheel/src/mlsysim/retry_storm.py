"""A service whose clients give up and ask again: a short dip in capacity, and whether the service comes back from it.

Requests that wait longer than the time-out are still served, for nobody, while their clients have already sent the next attempt. After
a dip the service may have more of such work than it can do, for ever: a metastable failure. Fluid model, in ticks of a quarter of a second.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import a_list, number, one_of, positive, whole
from mlsysim.quantity import quantity, series
from mlsysim.units import MINUTE

TICK_S = 0.25
RUN_S, DIP_AT_S, TIMEOUT_S = 600.0, 60.0, 1.0
CAPACITY_PER_S, QUEUE_LIMIT = 1000.0, 500.0
BUDGET_SHARE = 0.10
WINDOW, OPEN_TICKS = 20, 40
PROTECTIONS = ("none", "retry budget", "circuit breaker", "queue limit")
SERVICES = {"features": 1.0, "assistant": 1.5}  # capacity that a retry takes
FALLBACKS = {"default value": (0.70, math.inf), "stale cache": (0.98, 30 * MINUTE)}  # value, time in which it falls to 1/e
STATES = ("at once", "later", "stays down")
CAUSES = ("nothing", "backlog", "retries", "refusing")
STORM = "fluid simulation, ticks of 0.25 s"
BRONSON = "Bronson et al., HotOS 2021"


@dataclass(frozen=True, slots=True)
class RetryStorm:
    """Ten minutes of a service with a dip in its capacity."""

    load: float = quantity(r"\rho", "share", doc="new requests against the capacity")
    retries: int = quantity("r", "1", doc="attempts after the first")
    protection: str = quantity(r"\text{protection}", "")
    dip_capacity: float = quantity("c_d", "share", doc="of the capacity that is left in the dip")
    dip_s: float = quantity("D", "s")
    dip_at_s: float = quantity("t_0", "s", doc="when the dip begins")
    dip_end_s: float = quantity("t_1", "s", formula=r"<dip_at_s> + <dip_s>", source="definition")
    fallback: str = quantity(r"\text{fallback}", "", doc="what a refused request gets")
    service: str = quantity(r"\text{service}", "")
    retry_cost: float = quantity("k", "×", doc="capacity that a retry takes against a first attempt")
    worst_load: float = quantity(
        r"\rho_r", "share", formula=r"<load> (1 + <retries> <retry_cost>)", source="every request uses every attempt", doc="offered if all attempts time out"
    )
    trigger_load: float = quantity(
        r"\rho_t",
        "share",
        formula=r"<dip_capacity> (1 + 1\,\text{s} / <dip_s>)",
        source="the wait grows to the time-out of 1 s within the dip",
        doc="from here the dip does harm",
    )
    recovered: bool = quantity(r"\text{back}", "", source=STORM, doc="within the ten minutes")
    recovery_s: float = quantity(
        "T", "s", source=STORM, doc="from the end of the dip until five seconds with 99 % begin; what is left of the run where they never do"
    )
    state: str = quantity(r"\text{state}", "", source=STORM, doc="at once, later or stays down")
    keeps_down: str = quantity(r"\text{cause}", "", source=BRONSON, doc="what keeps the service down after the dip: nothing, backlog, retries or refusing")
    after_share: float = quantity("s", "share", source=STORM, doc="requests answered in time after the dip")
    peak_load: float = quantity(r"\hat\rho", "share", source=STORM, doc="largest offered load of one second, against the capacity")
    fallback_share: float = quantity("f", "share", source=STORM, doc="requests answered by the fallback, of all new ones")
    value_share: float = quantity("v", "share", source=STORM, doc="answers in time, and fallback answers at their value, of all new requests")
    offered: tuple = series("share", doc="(time, offered load), means over five seconds")
    answered: tuple = series("share", doc="(time, answers in time against the capacity)")
    capacity: tuple = series("share", doc="(time, capacity)")


def simulate_storm(
    load: float = 0.70,
    retries: int = 3,
    protection: str = "none",
    *,
    dip_capacity: float = 0.4,
    dip_s: float = 30.0,
    fallback: str = "default value",
    service: str = "features",
) -> RetryStorm:
    """Ten minutes of a service of 1,000 requests a second whose capacity dips after one minute.

    Clients wait one second and retry up to `retries` times. "retry budget" cuts each wave of retries to 10 % of the new requests; "queue
    limit" refuses what would wait behind 500 others; "circuit breaker" refuses everything for ten seconds when fewer than half of the
    answers of five seconds were in time. What is refused gets the fallback and is not retried; only the breaker and the queue limit refuse.
    A retry of the assistant takes 1.5 times the capacity, as its state must be rebuilt (illustrative, like the values of the fallbacks).
    Errors: OutOfRange. Source: Bronson et al., HotOS 2021; Beyer et al., Site Reliability Engineering, 2016.

    >>> simulate_storm().state, simulate_storm(protection="circuit breaker").recovery_s
    ('stays down', 7.5)
    """
    return _simulate(
        single(positive, "load", load, high=2.0),
        whole("retries", retries, low=0, high=10),
        one_of("protection", protection, PROTECTIONS),
        single(number, "dip_capacity", dip_capacity, low=0.01, high=1.0),
        single(number, "dip_s", dip_s, low=TICK_S, high=300.0),
        one_of("fallback", fallback, FALLBACKS),
        one_of("service", service, SERVICES),
    )


def most_retries(load: float) -> int:
    """The largest number of retries r with (1 + r)·load < 1: more attempts can keep an overload alive. Errors: OutOfRange for a load of 1 and above.

    >>> most_retries(0.3), most_retries(0.7)
    (2, 0)
    """
    load = single(number, "load", load, low=1e-6, high=0.999999)
    return math.ceil(1.0 / load) - 2 if float(1.0 / load).is_integer() else math.floor(1.0 / load) - 1


def fate(load: float, retries: int, *, dip_capacity: float = 0.4, dip_s: float = 30.0, service: str = "features") -> str:
    """What becomes of an unprotected service after a dip, without simulating it: at once, later or stays down.

    The dip does harm if the wait grows beyond the time-out in it, (load/c − 1)·D > 1 s; the harm lasts if all attempts together are more
    than the capacity, load·(1 + r·k) > 1. Agrees with `simulate_storm` but for a few points near these lines. Source: Bronson et al. 2021.

    >>> fate(0.7, 3), fate(0.45, 1), fate(0.4, 3)
    ('stays down', 'later', 'at once')
    """
    load, c = single(positive, "load", load, high=2.0), single(number, "dip_capacity", dip_capacity, low=0.01, high=1.0)
    cost = SERVICES[one_of("service", service, SERVICES)]
    worst = load * (1.0 + whole("retries", retries, low=0, high=10) * cost)
    if load <= _trigger(c, single(number, "dip_s", dip_s, low=TICK_S, high=300.0)):
        return "at once"
    return "stays down" if worst >= 1.0 else "later"


def attempt_lines(service: str = "features", loads: tuple[float, float] = (0.2, 0.95)) -> tuple[tuple[int, tuple], ...]:
    """(retries, ((load, offered if every attempt times out), …)) for 0 to 3 retries, at the two ends of `loads`. Errors: OutOfRange.

    >>> attempt_lines()[3]
    (3, ((0.2, 0.8), (0.95, 3.8)))
    """
    cost = SERVICES[one_of("service", service, SERVICES)]
    ends = tuple(single(positive, "loads", load, high=2.0) for load in a_list("loads", loads))
    return tuple((r, tuple((load, load * (1.0 + r * cost)) for load in ends)) for r in range(4))


def _trigger(dip_capacity: float, dip_s: float) -> float:
    """The load at which the wait at the end of the dip, (load/c − 1)·D, is the time-out."""
    return dip_capacity * (1.0 + TIMEOUT_S / dip_s)


@lru_cache(maxsize=64)
def _simulate(load, retries, protection, dip_capacity, dip_s, fallback, service) -> RetryStorm:
    cost, (worth, decay_s) = SERVICES[service], FALLBACKS[fallback]
    ticks, wait = round(RUN_S / TICK_S), round(TIMEOUT_S / TICK_S)
    dip, dip_end = round(DIP_AT_S / TICK_S), round((DIP_AT_S + dip_s) / TICK_S)
    budget, breaker, limited = (protection == name for name in PROTECTIONS[1:])
    full, new = CAPACITY_PER_S * TICK_S, load * CAPACITY_PER_S * TICK_S
    queue, arrived = deque(), {}  # cohorts [tick, attempt, amount]; those of the last ticks once more, by tick
    waiting, closed_at = 0.0, 0
    window = deque(maxlen=WINDOW)  # (in time, accepted) of the ticks since the breaker closed
    offered, answered, refused_of, value = [], [], [], 0.0
    for tick in range(ticks):
        again = [[tick, c[1] + 1, c[2]] for c in arrived.pop(tick - wait, ()) if c[2] > 0.0 and c[1] < retries]
        if budget:
            for cohort in again:
                cohort[2] = min(cohort[2], BUDGET_SHARE * new)
        coming, refused = [[tick, 0, new], *again], 0.0
        offered.append(sum(c[2] * (cost if c[1] else 1.0) for c in coming) / full)
        accepted = 0.0
        for cohort in coming:
            room = 0.0 if tick < closed_at else max(0.0, QUEUE_LIMIT - waiting) if limited else math.inf
            refused += max(0.0, cohort[2] - room)
            cohort[2] = min(cohort[2], room)
            if cohort[2] > 0.0:
                queue.append(cohort)
                waiting += cohort[2]
                accepted += cohort[2]
        arrived[tick] = [c for c in coming if c[2] > 0.0]
        left, in_time = (full * dip_capacity if dip <= tick < dip_end else full), 0.0
        while queue and left > 1e-9:
            cohort = queue[0]
            unit = cost if cohort[1] else 1.0
            done = min(cohort[2], left / unit)
            left -= done * unit
            waiting -= done
            if tick - cohort[0] < wait:
                in_time += done
            cohort[2] -= done
            if cohort[2] <= 1e-9:
                cohort[2] = 0.0
                queue.popleft()
        if breaker and tick >= closed_at:
            window.append((in_time, accepted))
            asked = sum(a for _, a in window)
            if asked > 0.0 and sum(s for s, _ in window) < 0.5 * asked:
                refused += sum(c[2] for c in queue)
                queue.clear()
                arrived.clear()
                window.clear()
                waiting, closed_at = 0.0, tick + OPEN_TICKS
        answered.append(in_time)
        refused_of.append(refused)
        age = max(0.0, (tick - dip) * TICK_S)
        value += in_time + refused * worth * (1.0 if decay_s == math.inf else math.exp(-age / decay_s))
    back = _recovery(answered, new, dip_end, ticks)
    later, total = (ticks - dip_end) * new, ticks * new
    return RetryStorm(
        load=load,
        retries=retries,
        protection=protection,
        dip_capacity=dip_capacity,
        dip_s=dip_s,
        dip_at_s=DIP_AT_S,
        dip_end_s=DIP_AT_S + dip_s,
        fallback=fallback,
        service=service,
        retry_cost=cost,
        worst_load=load * (1.0 + retries * cost),
        trigger_load=_trigger(dip_capacity, dip_s),
        recovered=back is not None,
        recovery_s=(ticks - dip_end) * TICK_S if back is None else back,
        state="stays down" if back is None else "later" if back > 0.0 else "at once",
        keeps_down=_cause(back, protection, load * (1.0 + retries * cost)),
        after_share=min(1.0, sum(answered[dip_end:]) / later),
        peak_load=max(sum(offered[i : i + 4]) / 4 for i in range(ticks - 3)),
        fallback_share=min(1.0, sum(refused_of) / total),
        value_share=min(1.0, value / total),
        offered=_means(offered, 1.0),
        answered=_means(answered, full),
        capacity=((0.0, 1.0), (DIP_AT_S, dip_capacity), (DIP_AT_S + dip_s, 1.0), (RUN_S, 1.0)),
    )


def _cause(back: float | None, protection: str, worst: float) -> str:
    """A backlog drains by itself; more attempts than capacity never do; a breaker refuses until it closes."""
    if back == 0.0:
        return "nothing"
    if protection == "circuit breaker":
        return "refusing"
    return "retries" if back is None and worst >= 1.0 else "backlog"


def _recovery(answered: list[float], new: float, start: int, ticks: int) -> float | None:
    """Seconds from the end of the dip to the first five seconds in which 99 % of the new requests are answered in time."""
    total = sum(answered[start : start + WINDOW])
    for tick in range(start, ticks - WINDOW + 1):
        if total >= 0.99 * WINDOW * new - 1e-6:
            return (tick - start) * TICK_S
        if tick + WINDOW < ticks:
            total += answered[tick + WINDOW] - answered[tick]
    return None


def _means(values: list[float], whole_: float, ticks: int = 20) -> tuple[tuple[float, float], ...]:
    return tuple(((i + ticks / 2) * TICK_S, sum(values[i : i + ticks]) / ticks / whole_) for i in range(0, len(values), ticks))
