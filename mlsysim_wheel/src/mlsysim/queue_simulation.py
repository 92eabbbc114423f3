"""Queues simulated request by request: first come first served, one or more equal servers.

`fifo` takes any arrivals and service times. `two_point_queue` draws a Poisson stream in which most requests are short
and a few are long, the smallest model of a tail. A run is one sample: its percentiles scatter around those of the
distribution, and above a load of 1 they grow with the number of requests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapreplace
from itertools import accumulate
from random import Random

from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import OutOfRange, WrongType, fraction, non_negative, number, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import STABLE, UNSTABLE, mgc, percentile

RANK = "sample number ⌈q·n⌉ of the run"
REMEDIES = ("less load", "no long requests", "pools joined")


@dataclass(frozen=True, slots=True)
class Trace:
    """When each request arrived, began and ended service, in order of arrival."""

    arrivals_s: tuple = series("s", doc="as given")
    starts_s: tuple = series("s", doc="service begins")
    finishes_s: tuple = series("s", doc="service ends")

    @property
    def responses_s(self) -> list[float]:
        """Wait and service of each request."""
        return [f - a for f, a in zip(self.finishes_s, self.arrivals_s)]


def fifo(arrivals_s, services_s, servers: int = 1) -> Trace:
    """First come, first served: each request goes to the server that is free first.

    Arrivals are ascending times, service times are zero or more, in seconds; exact, by Lindley's recursion (1952), with
    more servers by that of Kiefer and Wolfowitz (1955). Errors: OutOfRange, WrongType for sequences of unequal length.

    >>> fifo([0.0, 1.0, 2.0], [5.0, 1.0, 1.0]).starts_s
    (0.0, 5.0, 6.0)
    >>> fifo([0.0, 1.0, 2.0], [5.0, 1.0, 1.0], servers=2).starts_s
    (0.0, 1.0, 2.0)
    """
    servers = whole("servers", servers, high=10**5)
    arrivals, services = _times("arrivals_s", arrivals_s), _times("services_s", services_s)
    if len(arrivals) != len(services):
        raise WrongType(f"arrivals_s holds {len(arrivals)} times, but services_s holds {len(services)}: each request needs both.")
    if any(later < earlier for earlier, later in zip(arrivals, arrivals[1:])):
        raise OutOfRange("arrivals_s must be in ascending order.")
    starts = _starts(arrivals, services, servers)
    return Trace(tuple(arrivals), tuple(starts), tuple([b + s for b, s in zip(starts, services)]))


@dataclass(frozen=True, slots=True)
class TwoPointQueue:
    """One simulated run of short and long requests, with the theory's mean beside it."""

    load: float = quantity(r"\rho", "share", doc="busy share of a server")
    short_s: float = quantity("s", "s", doc="service of a short request")
    long_factor: float = quantity("k", "×", doc="a long request takes k times as long")
    long_share: float = quantity("a", "share", doc="requests that are long")
    servers: int = quantity("c", "1")
    requests: int = quantity("n", "1", doc="simulated")
    service_s: float = quantity("S", "s", formula=r"<short_s> (1 - <long_share> + <long_share> <long_factor>)", source="mean of two values")
    arrivals_per_s: float = quantity(
        r"\lambda", "1/s", formula=r"\frac{<load> <servers>}{<service_s>}", source="utilisation law, Little 1961"
    )
    cs2: float = quantity(
        "c_s^2",
        "1",
        formula=r"\frac{<short_s>^2 (1 - <long_share> + <long_share> <long_factor>^2)}{<service_s>^2} - 1",
        source="E[S²]/E[S]² − 1",
        doc="squared coefficient of variation of the service time",
    )
    mean_s: float = quantity(r"\bar T", "s", source="mean response of the run")
    p50_s: float = quantity("T_{50}", "s", source=RANK)
    p95_s: float = quantity("T_{95}", "s", source=RANK)
    p99_s: float = quantity("T_{99}", "s", source=RANK)
    theory_mean_s: float = quantity("T", "s", source="Pollaczek 1930, Khinchine 1932; several servers: Lee and Longton 1959, approximate")
    state: str = quantity(r"\text{state}", "", source="stable if the load is below 1")
    response_s: tuple = series("s", doc="wait and service of every request, ascending")
    service_points: tuple = series("s", doc="(service time, share of requests that need at most this)")
    queue_steps: tuple = series("1", doc="(time in s, requests waiting from then on) within the window")
    sources: dict = sources()


def two_point_queue(
    load: float,
    long_factor: float = 11,
    long_share: float = 0.1,
    servers: int = 1,
    *,
    short_s: float = 0.01,
    requests: int = 20_000,
    seed: int = 13,
    window_s: float = 20.0,
) -> TwoPointQueue:
    """Poisson arrivals at a given `load` of each server; a share of the requests takes `long_factor` times as long.

    For each request are drawn, in this order, the gap −ln(1 − u)/λ and a u that makes it long if below `long_share`.
    The same seed gives the same draws at every setting, so two settings differ by what they set. Times in seconds.
    At a load of 1 and more `theory_mean_s` is infinite. Errors: OutOfRange for a load that is not positive, a factor
    below 1, a share outside [0, 1]. Source: Harchol-Balter 2013; Dean and Barroso 2013 on tails.

    >>> q = two_point_queue(load=0.8)
    >>> f"p99 {q.p99_s * 1e3:.0f} ms, mean {q.mean_s * 1e3:.0f} ms, theory {q.theory_mean_s * 1e3:.0f} ms"
    'p99 724 ms, mean 144 ms, theory 150 ms'
    """
    given = _checked(load, long_factor, long_share, servers, short_s, requests, seed)
    load, factor, share, servers, short_s, requests, seed = given
    window_s = single(non_negative, "window_s", window_s)
    service_s, cs2 = two_point_moments(short_s, factor, share)
    arrivals_per_s = load * servers / service_s
    arrivals, starts, responses = _run(*given)
    mean_s = math.fsum(responses) / requests
    responses.sort()
    return TwoPointQueue(
        load=load,
        short_s=short_s,
        long_factor=factor,
        long_share=share,
        servers=servers,
        requests=requests,
        service_s=service_s,
        arrivals_per_s=arrivals_per_s,
        cs2=cs2,
        mean_s=mean_s,
        p50_s=percentile(responses, 0.5),
        p95_s=percentile(responses, 0.95),
        p99_s=percentile(responses, 0.99),
        # a load of exactly 1 may come back as 1 − 1e-16 from λS/c
        theory_mean_s=mgc(arrivals_per_s, service_s, cs2, servers).response_s if load < 1.0 else math.inf,
        state=STABLE if load < 1.0 else UNSTABLE,
        response_s=tuple(responses),
        service_points=((short_s, 1.0 - share), (short_s * factor, 1.0)) if share and factor > 1 else ((short_s, 1.0),),
        queue_steps=_queue_steps(arrivals, starts, window_s),
    )


def two_point_moments(short_s: float, long_factor: float, long_share: float) -> tuple[float, float]:
    """Mean in seconds and squared coefficient of variation of a service time that is short or, with a share, long.

    >>> mean_s, cs2 = two_point_moments(0.01, 11, 0.1)
    >>> round(mean_s, 4), round(cs2, 3)
    (0.02, 2.25)
    """
    short_s = single(positive, "short_s", short_s)
    factor = single(number, "long_factor", long_factor, low=1.0, high=1e9)
    share = single(fraction, "long_share", long_share)
    relative = 1.0 - share + share * factor
    return short_s * relative, max(0.0, (1.0 - share + share * factor**2) / relative**2 - 1.0)


@dataclass(frozen=True, slots=True)
class TailRemedies:
    """The p99 of a two-point queue, and after each of three changes to it."""

    p99_s: float = quantity("T_{99}", "s", source=RANK, doc="as it is")
    less_load_p99_s: float = quantity(r"T_{99}^{0.9\rho}", "s", source=RANK, doc="10 % less load")
    no_long_p99_s: float = quantity(r"T_{99}^{S}", "s", source=RANK, doc="every request takes the mean service time")
    joined_p99_s: float = quantity(
        "T_{99}^{2c}", "s", source=RANK, doc="two such pools behind one queue: twice the servers and the traffic"
    )
    best: str = quantity(r"\text{best}", "", source="the change with the lowest p99; the first of equals")
    sources: dict = sources()


def tail_remedies(
    load: float,
    long_factor: float = 11,
    long_share: float = 0.1,
    servers: int = 1,
    *,
    short_s: float = 0.01,
    requests: int = 20_000,
    seed: int = 13,
) -> TailRemedies:
    """What cuts the p99 of `two_point_queue` most: 10 % less load, no long requests, or two pools joined. Same draws for all.

    Arguments and errors as in `two_point_queue`; `best` is one of `REMEDIES`.

    >>> tail_remedies(load=0.8).best
    'no long requests'
    """
    given = _checked(load, long_factor, long_share, servers, short_s, requests, seed)
    load, factor, share, servers, short_s, requests, seed = given
    service_s = two_point_moments(short_s, factor, share)[0]
    now = _p99_s(*given)
    after = (
        _p99_s(0.9 * load, factor, share, servers, short_s, requests, seed),
        _p99_s(load, 1.0, 0.0, servers, service_s, requests, seed),
        _p99_s(load, factor, share, 2 * servers, short_s, requests, seed),
    )
    return TailRemedies(now, *after, best=REMEDIES[after.index(min(after))])


@remembered(8)
def poisson_unit_arrivals(requests: int, seed: int) -> tuple[float, ...]:
    """Arrival times of a Poisson stream of rate 1: sums of −ln(1 − u). Divided by a rate they are that rate's stream."""
    requests, seed = whole("requests", requests, high=10**7), whole("seed", seed, low=0, high=2**64)
    draw, log = Random(seed).random, math.log
    return tuple(accumulate([-log(1.0 - draw()) for _ in range(requests)]))


@lru_cache(maxsize=4)
def _draws(requests: int, seed: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Arrivals of rate 1, and one uniform number a request, drawn in turn."""
    draw, log = Random(seed).random, math.log
    gaps, uniforms = [], []
    for _ in range(requests):
        gaps.append(-log(1.0 - draw()))
        uniforms.append(draw())
    return tuple(accumulate(gaps)), tuple(uniforms)


def _times(name: str, times) -> list[float]:
    try:
        values = list(times)
    except TypeError:
        raise WrongType(f"{name} is {times!r}, but must be a sequence of times.") from None
    return [t if type(t) is float and 0.0 <= t < math.inf else single(non_negative, f"a time in {name}", t) for t in values]


def _checked(load, long_factor, long_share, servers, short_s, requests, seed) -> tuple:
    return (
        single(number, "load", load, low=1e-6, high=100.0),
        single(number, "long_factor", long_factor, low=1.0, high=1e9),
        single(fraction, "long_share", long_share),
        whole("servers", servers, high=1000),
        single(positive, "short_s", short_s, high=1e9),
        whole("requests", requests, high=10**7),
        whole("seed", seed, low=0),
    )


def _run(load, factor, share, servers, short_s, requests, seed) -> tuple[list[float], list[float], list[float]]:
    unit, uniforms = _draws(requests, seed)
    scale = two_point_moments(short_s, factor, share)[0] / (load * servers)
    long_s = short_s * factor
    arrivals = [t * scale for t in unit]
    services = [long_s if u < share else short_s for u in uniforms]
    starts = _starts(arrivals, services, servers)
    return arrivals, starts, [b + s - a for a, b, s in zip(arrivals, starts, services)]


def _p99_s(*given) -> float:
    responses = _run(*given)[2]
    responses.sort()
    return percentile(responses, 0.99)


def _starts(arrivals: list[float], services: list[float], servers: int) -> list[float]:
    starts = []
    add = starts.append
    if servers == 1:
        free = 0.0
        for start, service in zip(arrivals, services):
            if free > start:
                start = free
            add(start)
            free = start + service
        return starts
    free_at = [0.0] * servers
    for start, service in zip(arrivals, services):
        if free_at[0] > start:
            start = free_at[0]
        add(start)
        heapreplace(free_at, start + service)
    return starts


def _queue_steps(arrivals: list[float], starts: list[float], window_s: float) -> tuple[tuple[float, int], ...]:
    """Requests that wait (not those in service) as (time, number) steps from time 0 to the end of the window."""
    joins = [a for a, b in zip(arrivals, starts) if a <= window_s and b > a]
    leaves = [b for a, b in zip(arrivals, starts) if a <= window_s and b > a]  # ascending: first come, first served
    steps, waiting, out, total = [(0.0, 0)], 0, 0, len(leaves)
    for time in joins:
        while out < total and leaves[out] <= time:
            waiting -= 1
            steps.append((leaves[out], waiting))
            out += 1
        waiting += 1
        steps.append((time, waiting))
    while out < total and leaves[out] <= window_s:
        waiting -= 1
        steps.append((leaves[out], waiting))
        out += 1
    return tuple(steps)
