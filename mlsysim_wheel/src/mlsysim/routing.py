"""A fleet of equal replicas, each with its own queue: who gets a request, and who is refused.

A router that looks at two queues nearly balances a fleet; one that sends a session where it was before saves work and piles it up.
Above a load of 1 no router helps: the wait grows as long as the peak lasts, so a share in time belongs to a length of the run.
Refusing early keeps the wait short for those who are admitted. A refused request costs nothing here and does not come back.
Source: Mitzenmacher 2001 (two choices); Erlang 1917 (the central queue as a reference); Dean and Barroso 2013.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random

from mlsysim._datafile import load
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import fraction, instance, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import mmc, percentile
from mlsysim.token_requests import FILE

ROUTERS = ("random", "round robin", "power of two", "least outstanding", "session hash", "session with spill")
SESSION_ROUTERS = ROUTERS[4:]
ADMISSIONS = ("none", "limit the wait", "paid first")
USELESS = "busy and useless"
PAYERS = ("free", "paid", "both", "nobody")
REQUESTS, WINDOWS = 4000, 16
_RUN, _RANK = "simulation, request by request", "sample number ⌈q·n⌉ of the answered requests"
_FELT = 0.01  # a change of the share in time that counts


@dataclass(frozen=True, slots=True)
class Routed:
    """One peak: 4,000 requests to 16 replicas."""

    router: str = quantity(r"\text{router}", "")
    load: float = quantity(r"\rho", "share", doc="offered")
    admission: str = quantity(r"\text{admission}", "")
    cs2: float = quantity("c_s^2", "1", doc="squared coefficient of variation of the service time")
    saving_share: float = quantity("v", "share", doc="work saved when a session meets the replica of its last request; session routers only")
    sessions: int = quantity("k", "1", doc="shared prefixes; the first is the most popular")
    paid_share: float = quantity("f", "share", doc="requests that are paid for")
    seed: int = quantity(r"\text{seed}", "1")
    replicas: int = quantity("c", "1")
    deadline_s: float = quantity("d", "s", doc="an answer after that is useless")
    requests: int = quantity("n", "1")
    arrivals_per_s: float = quantity(
        r"\lambda", "1/s", formula=r"\frac{<load> <replicas>}{1\,\text{s}}", source="utilisation law, Little 1961; a service takes 1 s on average"
    )
    horizon_s: float = quantity("H", "s", source=_RUN, doc="last arrival")
    mean_s: float = quantity(r"\bar T", "s", source=_RUN, doc="wait and service of the answered")
    p50_s: float = quantity("T_{50}", "s", source=_RANK)
    p99_s: float = quantity("T_{99}", "s", source=_RANK)
    in_time_share: float = quantity("u", "share", source=_RUN, doc="of all requests, refused ones included")
    paid_in_time_share: float = quantity("u_p", "share", source=_RUN, doc="of the paid requests; 0 without any")
    free_in_time_share: float = quantity("u_f", "share", source=_RUN, doc="of the free requests; 0 without any")
    refused_share: float = quantity("x", "share", source=_RUN)
    reused_share: float = quantity("y", "share", source=_RUN, doc="answered requests that met the replica of their session's last one")
    central_wait_s: float = quantity(
        "W", "s", source="Erlang 1917", doc="mean wait of one queue for all replicas and exponential service; no limit at load 1 and above"
    )
    state: str = quantity(r"\text{state}", "", source="busy and useless: overloaded or not, less than half in time; else stable below load 1, overloaded above")
    response_s: tuple[float, ...] = series("s", doc="of the answered requests, ascending")
    over_time: tuple[tuple[float, float], ...] = series("share", doc="(middle of a sixteenth of the requests in s, share of them in time)")
    sources: dict = sources()


@remembered(128)
def route(
    router: str = "power of two", load_share: float = 1.10, admission: str = "none", *, cs2: float = 4.0, saving_share: float = 0.5, sessions: int = 200,
    paid_share: float = 0.3, requests: int = REQUESTS, seed: int = 17,
) -> Routed:  # fmt: skip
    """Simulates a peak of Poisson arrivals, service of two exponential phases with mean 1 s, 16 replicas first come first served.

    Routers see the outstanding requests exactly: "power of two" takes the shorter of two random queues; "session with spill"
    leaves the session's replica at 4 outstanding. "limit the wait" refuses whoever would wait more than 4 s, "paid first"
    free requests already at 1 s. Errors: OutOfRange, WrongType. Source: Mitzenmacher 2001.

    >>> [f"{route(admission=a).in_time_share:.1%}" for a in ADMISSIONS]
    ['26.1%', '77.9%', '73.9%']
    """
    one_of("router", router, ROUTERS)
    one_of("admission", admission, ADMISSIONS)
    rho = single(positive, "load_share", load_share, high=100.0)
    cs2, saving = single(number, "cs2", cs2, low=1.0, high=1000.0), single(fraction, "saving_share", saving_share)
    paid_share, sessions = single(fraction, "paid_share", paid_share), whole("sessions", sessions, high=10**6)
    requests, seed = whole("requests", requests, low=WINDOWS, high=10**6), whole("seed", seed, low=0)
    fleet = load(FILE)["fleet"]
    count, deadline = fleet["replicas"], fleet["deadline_s"]
    draws = _draws(requests, cs2, sessions, seed)
    rate = rho * count
    limit = fleet["wait_limit_s"]
    wait, free_wait = {ADMISSIONS[0]: (math.inf, math.inf), ADMISSIONS[1]: (limit, limit), ADMISSIONS[2]: (limit, fleet["free_wait_limit_s"])}[admission]
    responses, reused = _simulate(router, rate, draws, paid_share, wait, free_wait, saving if router in SESSION_ROUTERS else 0.0, fleet["spill_at"], count)
    answered = sorted([r for r in responses if r is not None])
    good = [r is not None and r <= deadline for r in responses]
    paid = [u < paid_share for u in draws.paid]
    paid_good, paid_count = sum(g for g, p in zip(good, paid, strict=True) if p), sum(paid)
    window = requests / WINDOWS
    bounds = [round(i * window) for i in range(WINDOWS + 1)]
    over = [((draws.arrivals[a] + draws.arrivals[b - 1]) / (2 * rate), sum(good[a:b]) / (b - a)) for a, b in zip(bounds, bounds[1:], strict=False)]
    share = sum(good) / requests
    return Routed(
        router, rho, admission, cs2, saving, sessions, paid_share, seed, count, deadline, requests, rate, draws.arrivals[-1] / rate,
        math.fsum(answered) / len(answered), percentile(answered, 0.5), percentile(answered, 0.99), share, paid_good / paid_count if paid_count else 0.0,
        (sum(good) - paid_good) / (requests - paid_count) if paid_count < requests else 0.0, 1 - len(answered) / requests, reused / len(answered),
        mmc(rate, 1.0, count).wait_s if rho < 1 else math.inf, USELESS if share < 0.5 else "stable" if rho < 1 else "overloaded", tuple(answered), tuple(over),
        sources={"replicas": fleet["source"], "deadline_s": fleet["source"]},
    )  # fmt: skip


def beside(routed: Routed) -> tuple[Routed, Routed]:
    """The same peak with everybody admitted, and the same with a router that picks at random.

    >>> [r.router for r in beside(route())]
    ['power of two', 'random']
    """
    given = _settings(routed)
    return route(routed.router, routed.load, ADMISSIONS[0], **given), route(ROUTERS[0], routed.load, routed.admission, **given)


def who_pays(routed: Routed) -> str:
    """Who answers fewer in time under "paid first" than under the plain limit, by more than one point: one of PAYERS.

    >>> who_pays(route(load_share=1.1)), who_pays(route("least outstanding", 0.5))
    ('free', 'nobody')
    """
    settings = _settings(routed)
    plain, first = (route(routed.router, routed.load, a, **settings) for a in ADMISSIONS[1:])
    free = plain.free_in_time_share - first.free_in_time_share > _FELT
    paid = plain.paid_in_time_share - first.paid_in_time_share > _FELT
    return PAYERS[2] if free and paid else PAYERS[0] if free else PAYERS[1] if paid else PAYERS[3]


def _settings(routed: Routed) -> dict:
    instance("routed", routed, Routed, "a result of route")
    return {k: getattr(routed, k) for k in ("cs2", "saving_share", "sessions", "paid_share", "requests", "seed")}


@dataclass(frozen=True, slots=True)
class _Draws:
    arrivals: tuple[float, ...]  # of rate 1
    services: tuple[float, ...]
    sessions: tuple[int, ...]
    paid: tuple[float, ...]
    first: tuple[int, ...]
    second: tuple[int, ...]


@lru_cache(maxsize=8)
def _draws(requests: int, cs2: float, sessions: int, seed: int) -> _Draws:
    """Each request draws gap, phase, service, session, paid, and two replicas, in this order."""
    draw, log, count = Random(seed).random, math.log, load(FILE)["fleet"]["replicas"]
    p = 0.5 * (1 + math.sqrt((cs2 - 1) / (cs2 + 1)))
    fast, slow = 0.5 / p, 0.5 / (1 - p)
    popular = list(accumulate(1 / k for k in range(1, sessions + 1)))
    total, last, time, rows = popular[-1], sessions - 1, 0.0, []
    for _ in range(requests):
        time -= log(1 - draw())
        mean = fast if draw() < p else slow
        rows.append((time, -log(1 - draw()) * mean, min(last, bisect_left(popular, draw() * total)), draw(), int(draw() * count), int(draw() * count)))
    return _Draws(*zip(*rows, strict=True))


def _simulate(router, rate, draws: _Draws, paid_share, wait_limit, free_limit, saving, spill_at, count) -> tuple[list[float | None], int]:
    """Response of each request, None if refused; and how many met the replica of their session's last request."""
    until, ends, last = [0.0] * count, [deque() for _ in range(count)], {}
    responses, reused = [], 0

    def outstanding(k, now):
        queue = ends[k]
        while queue and queue[0] <= now:
            queue.popleft()
        return len(queue)

    two, least, spill = router == ROUTERS[2], router == ROUTERS[3], router == ROUTERS[5]
    rows = zip(draws.arrivals, draws.services, draws.sessions, draws.paid, draws.first, draws.second, strict=True)
    for i, (unit, service, session, u, a, b) in enumerate(rows):
        now = unit / rate
        if two:
            k = b if outstanding(b, now) < outstanding(a, now) else a
        elif least:
            k = _shortest(ends, now, i)
        elif router == ROUTERS[0]:
            k = a
        elif router == ROUTERS[1]:
            k = i % count
        else:
            k = session % count
            if spill and outstanding(k, now) >= spill_at:
                k = b if outstanding(b, now) < outstanding(a, now) else a
        wait = until[k] - now
        if wait < 0.0:
            wait = 0.0
        if wait > (wait_limit if u < paid_share else free_limit):
            responses.append(None)
            continue
        if last.get(session) == k:
            service *= 1 - saving
            reused += 1
        last[session] = k
        until[k] = end = now + wait + service
        ends[k].append(end)
        responses.append(wait + service)
    return responses, reused


def _shortest(ends, now: float, i: int) -> int:
    """The replica with the fewest outstanding requests; ties go round: replica −i, −i + 1, … modulo their number."""
    lengths = []
    for queue in ends:
        while queue and queue[0] <= now:
            queue.popleft()
        lengths.append(len(queue))
    start = -i % len(lengths)
    return (lengths + lengths).index(min(lengths), start) % len(lengths)
