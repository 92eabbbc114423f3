"""Queues in closed form: Poisson arrivals, first come first served, one or more equal servers.

A server that is busy a share ρ of the time makes requests wait. How long depends on ρ and on how much the service time
varies, measured by the squared coefficient of variation c_s² = Var[S]/E[S]² (0: constant, 1: exponential). At ρ ≥ 1
the queue grows without end; the means are then infinite, which the result says in its `state`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import OutOfRange, WrongType, fraction, non_negative, number, positive, whole
from mlsysim.quantity import quantity, sources

STABLE, UNSTABLE = "stable", "queue grows without end"
ERLANG = "Erlang 1917"
POLLACZEK = "Pollaczek 1930, Khinchine 1932; more servers: Lee and Longton 1959 (an approximation unless c_s² = 1)"
LITTLE = "Little 1961"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue in steady state: means of waiting and response, and how many wait."""

    arrivals_per_s: float = quantity(r"\lambda", "1/s")
    service_s: float = quantity("S", "s", doc="mean time of service")
    servers: int = quantity("c", "1")
    cs2: float = quantity("c_s^2", "1", doc="squared coefficient of variation of the service time")
    load: float = quantity(
        r"\rho", "share", formula=r"\frac{<arrivals_per_s> <service_s>}{<servers>}", source="utilisation law, Little 1961"
    )
    wait_probability: float = quantity(r"C(c, \rho)", "share", source=ERLANG, doc="an arrival finds all servers busy")
    wait_s: float = quantity(
        "W", "s", formula=r"\frac{<wait_probability> <service_s> (1 + <cs2>)}{2 <servers> (1 - <load>)}", source=POLLACZEK, doc="mean wait"
    )
    response_s: float = quantity("T", "s", formula=r"<wait_s> + <service_s>", source="definition", doc="wait and service")
    waiting: float = quantity("L_q", "1", formula=r"<arrivals_per_s> <wait_s>", source=LITTLE, doc="mean number that wait")
    state: str = quantity(r"\text{state}", "", source="stable if the load is below 1")
    sources: dict = sources()


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival must wait for one of `servers`, each busy a share `load` (M/M/c); 1 at load 1 and above.

    By the recursion of Erlang's B formula, which does not overflow. Errors: OutOfRange. Source: Erlang 1917.

    >>> round(erlang_c(16, 0.85), 3)
    0.433
    """
    servers = whole("servers", servers, high=10**6)
    load = single(non_negative, "load", load)
    if load >= 1.0:
        return 1.0
    offered, blocked = servers * load, 1.0
    for k in range(1, servers + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return blocked / (1.0 - load * (1.0 - blocked))


def mm1(arrivals_per_s: float, service_s: float) -> Queue:
    """One server, exponential service times of mean `service_s`: T = S/(1 − ρ).

    Errors: OutOfRange for what is not positive. Source: Harchol-Balter 2013, chapter 13.

    >>> q = mm1(arrivals_per_s=8, service_s=0.1)
    >>> round(q.load, 3), round(q.response_s, 3)
    (0.8, 0.5)
    """
    return _queue(arrivals_per_s, service_s, 1, 1.0)


def mmc(arrivals_per_s: float, service_s: float, servers: int) -> Queue:
    """`servers` servers behind one queue, exponential service times: W = C(c, ρ)·S/(c(1 − ρ)).

    Errors: OutOfRange for what is not positive. Source: Erlang 1917; Harchol-Balter 2013, chapter 14.

    >>> round(mmc(arrivals_per_s=0.85 * 16, service_s=1.0, servers=16).wait_s, 3)
    0.181
    """
    return _queue(arrivals_per_s, service_s, servers, 1.0)


def mg1(arrivals_per_s: float, service_s: float, cs2: float) -> Queue:
    """One server, service times of any distribution: W = ρ·S·(1 + c_s²)/(2(1 − ρ)) = λE[S²]/(2(1 − ρ)).

    Errors: OutOfRange for what is not positive, a negative `cs2`. Source: Pollaczek 1930, Khinchine 1932.

    >>> round(mg1(arrivals_per_s=40, service_s=0.02, cs2=2.25).response_s, 3)
    0.15
    """
    return _queue(arrivals_per_s, service_s, 1, cs2)


def mgc(arrivals_per_s: float, service_s: float, cs2: float, servers: int) -> Queue:
    """`servers` servers, service times of any distribution: the mean wait of M/M/c times (1 + c_s²)/2.

    Exact for one server and for c_s² = 1, else an approximation within some ten per cent at loads that matter.
    Errors: OutOfRange. Source: Lee and Longton 1959; Harchol-Balter 2013.

    >>> round(mgc(arrivals_per_s=80, service_s=0.02, cs2=2.25, servers=2).response_s, 4)
    0.0778
    """
    return _queue(arrivals_per_s, service_s, servers, cs2)


def mg1_wait_s(load: float, service_s: float, cs2: float) -> float:
    """Mean wait of M/G/1 from the load itself, seconds; infinite at load 1 and above. Errors: OutOfRange.

    >>> round(mg1_wait_s(load=0.8, service_s=0.02, cs2=2.25), 3)
    0.13
    """
    service_s = single(positive, "service_s", service_s)
    return mg1(single(positive, "load", load) / service_s, service_s, cs2).wait_s


def mm1_percentile_s(arrivals_per_s: float, service_s: float, share: float) -> float:
    """Response time that a share of M/M/1's requests stays below: −ln(1 − q)·S/(1 − ρ); infinite at load 1 and above.

    `share` is in [0, 1). Errors: OutOfRange. Source: the response time of M/M/1 is exponential (Harchol-Balter 2013).

    >>> round(mm1_percentile_s(arrivals_per_s=40, service_s=0.02, share=0.99), 3)
    0.461
    """
    return _exponential_s(share) * mm1(arrivals_per_s, service_s).response_s


def mmc_wait_percentile_s(arrivals_per_s: float, service_s: float, servers: int, share: float) -> float:
    """Wait that a share of M/M/c's requests stays below: ln(C/(1 − q))·S/(c(1 − ρ)), or 0 where fewer than 1 − q wait.

    `share` is in [0, 1). Errors: OutOfRange. Source: Harchol-Balter 2013, chapter 14.

    >>> mmc_wait_percentile_s(arrivals_per_s=10, service_s=0.1, servers=4, share=0.5)
    0.0
    """
    queue = mmc(arrivals_per_s, service_s, servers)
    beyond = math.exp(-_exponential_s(share))
    if queue.load >= 1.0:
        return math.inf
    if queue.wait_probability <= beyond:
        return 0.0
    return math.log(queue.wait_probability / beyond) * queue.service_s / (queue.servers * (1.0 - queue.load))


def mg1_response_percentile_s(arrivals_per_s: float, services, share: float) -> float:
    """Response time that a share of M/G/1's requests stays below, for a service that takes one of a few times.

    `services` is a tuple of (time in s, probability). The tail of the wait falls as C e^(−θt) (Cramér–Lundberg) with θ the
    positive root of λ(M(θ) − 1) = θ, M the moment generating function of the service; exact far out, a few per cent off
    near the median. At least the longest service; infinite at load 1 and above. Errors: OutOfRange where the
    probabilities do not sum to 1. Source: Asmussen, *Applied Probability and Queues*, 2003, chapter XIII.

    >>> round(mg1_response_percentile_s(40, ((0.01, 0.9), (0.11, 0.1)), 0.99), 3)
    0.738
    """
    rate = single(positive, "arrivals_per_s", arrivals_per_s)
    if not isinstance(services, (tuple, list)) or not services or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in services):
        raise WrongType(f"services is {services!r}, but must be a tuple of (time in s, probability) pairs.")
    times = [(single(positive, "services: time in s", t), single(fraction, "services: probability", p)) for t, p in services]
    if abs(math.fsum(p for _, p in times) - 1.0) > 1e-9:
        raise OutOfRange(f"services has probabilities that sum to {math.fsum(p for _, p in times):g}, but must sum to 1.")
    beyond = math.exp(-_exponential_s(share))
    if rate * math.fsum(p * t for t, p in times) >= 1.0:
        return math.inf

    def moment(theta: float, power: int = 0) -> float:
        return math.fsum(p * t**power * math.exp(theta * t) for t, p in times)

    longest = max(t for t, p in times if p)
    low, high = 0.0, 1.0 / longest
    while rate * (moment(high) - 1.0) < high:
        low, high = high, 2.0 * high
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rate * (moment(middle) - 1.0) < middle else (low, middle)
    theta = 0.5 * (low + high)
    scale = (1.0 - rate * moment(0.0, 1)) / (rate * moment(theta, 1) - 1.0) * moment(theta)
    return max(math.log(scale / beyond) / theta, longest) if beyond else math.inf


def percentile(ordered, share: float):
    """The sample number ⌈q·n⌉ of an ascending sequence: the smallest that at least a share q of the samples do not exceed.

    Errors: OutOfRange for an empty sequence or a share outside (0, 1].

    >>> percentile([10, 20, 30, 40], 0.5)
    20
    """
    share = single(fraction, "share", share, open_low=True)
    count = _length(ordered)
    return ordered[max(0, math.ceil(share * count - 1e-9) - 1)]  # 1e-9: 0.55·100 is 55.000000000000007 in floating point


def ecdf(ordered, points: int = 300) -> tuple[tuple, tuple]:
    """Abscissae and shares of an empirical distribution, thinned for a drawing; the largest 50 samples all stay.

    `ordered` is ascending. Errors: OutOfRange for an empty sequence or fewer than two points.

    >>> ecdf([1.0, 2.0, 4.0, 8.0])
    ((1.0, 2.0, 4.0, 8.0), (0.25, 0.5, 0.75, 1.0))
    """
    points = whole("points", points, low=2)
    count = _length(ordered)
    if count <= points + 50:
        ranks = range(1, count + 1)
    else:
        body = count - 50
        ranks = [1 + round(i * (body - 1) / (points - 1)) for i in range(points)] + list(range(body + 1, count + 1))
    return tuple([ordered[r - 1] for r in ranks]), tuple([r / count for r in ranks])


def _queue(arrivals_per_s, service_s, servers, cs2) -> Queue:
    arrivals_per_s = single(positive, "arrivals_per_s", arrivals_per_s)
    service_s = single(positive, "service_s", service_s)
    servers = whole("servers", servers, high=10**6)
    cs2 = single(non_negative, "cs2", cs2)
    load = arrivals_per_s * service_s / servers
    waiting_share = erlang_c(servers, load)
    wait_s = waiting_share * service_s * (1.0 + cs2) / (2.0 * servers * (1.0 - load)) if load < 1.0 else math.inf
    state = STABLE if load < 1.0 else UNSTABLE
    return Queue(arrivals_per_s, service_s, servers, cs2, load, waiting_share, wait_s, wait_s + service_s, arrivals_per_s * wait_s, state)


def _exponential_s(share) -> float:
    """The quantile of an exponential distribution of mean 1."""
    share = single(fraction, "share", share)
    if share == 1.0:
        raise OutOfRange(f"share is {share!r}, but must be below 1: the longest possible wait has no bound.")
    return -math.log1p(-share)


def _length(ordered) -> int:
    try:
        count = len(ordered)
    except TypeError:
        raise WrongType(f"ordered is {ordered!r}, but must be a sequence of samples in ascending order.") from None
    if not count:
        raise OutOfRange("ordered is empty, but must hold at least one sample.")
    for end in (ordered[0], ordered[-1]):  # of an ascending sequence
        if end != math.inf:
            number("a sample", end)
    return count
