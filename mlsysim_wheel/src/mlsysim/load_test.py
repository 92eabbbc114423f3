r"""Two testers of one server that freezes now and then: one waits for each answer, the other sends as users do.

A closed tester sends its next request at the last answer, so while the server hangs it sends nothing: one slow sample a freeze,
however long the freeze (coordinated omission). An open tester sends at random times of a given rate; what arrives during a
freeze waits, first come first served. A service that would start inside a freeze starts at its end, one that runs into a
freeze is longer by it. Source: Schroeder, Wierman and Harchol-Balter 2006 (open and closed); Tene 2015 (coordinated omission).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, number, one_of, positive
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import percentile

FILE = "measurement/measurement.json"
TESTERS = {"closed": "closed: waits for each answer", "open": "open: sends like users"}
OVERLOADED, SLOW, KEPT = "queue grows without end", "promise broken", "promise kept"
_SEED = 12
_REPLAY = "replay of 100 s, request by request; sorted value number ⌈q·n⌉"
_SHOWN = 420  # points of a drawing


@dataclass(frozen=True, slots=True)
class LoadTest:
    """What a tester reports of a server, and what independent users meet."""

    tester: str = quantity(r"\text{tester}", "")
    rate_per_s: float = quantity(r"\lambda", "1/s", doc="of the open tester")
    freeze_s: float = quantity("z", "s", doc="length of a freeze")
    period_s: float = quantity("T", "s", doc="from the start of a freeze to the start of the next")
    service_s: float = quantity("S", "s", doc="time of one request")
    requests: int = quantity("n", "1", source=_REPLAY, doc="that the chosen tester sends")
    p50_s: float = quantity("T_{50}", "s", source=_REPLAY, doc="as the chosen tester reports it")
    p99_s: float = quantity("T_{99}", "s", source=_REPLAY, doc="as the chosen tester reports it")
    p999_s: float = quantity("T_{99.9}", "s", source=_REPLAY, doc="as the chosen tester reports it")
    share_over_100ms: float = quantity("s", "share", source=_REPLAY, doc="of the requests that the chosen tester sends")
    closed_p99_s: float = quantity("T_{99}^{closed}", "s", source=_REPLAY)
    open_p99_s: float = quantity("T_{99}^{open}", "s", source=_REPLAY)
    closed_share_over_100ms: float = quantity("s^{closed}", "share", source=_REPLAY)
    open_share_over_100ms: float = quantity("s^{open}", "share", source=_REPLAY)
    hidden_factor: float = quantity(
        r"T^{open}/T^{closed}", "×", formula=r"\frac{<open_p99_s>}{<closed_p99_s>}", source="definition", doc="p99 of users over p99 of the closed test"
    )
    frozen_share: float = quantity(
        "z/T", "share", formula=r"\frac{<freeze_s>}{<period_s>}", source="definition", doc="of the time in which the server is frozen, on average"
    )
    calm_share_over_100ms: float = quantity("s^{calm}", "share", source=_REPLAY, doc="of the users' requests if the server never froze")
    missing: str = quantity(r"\text{missing}", "", source="share over 100 ms: open against closed, half of open against calm")
    state: str = quantity(r"\text{state}", "", source="rate against the time that freezes leave; p99 of the users against the promise")
    closed_tail: tuple = series("s", doc="(N, latency that one request in N exceeds or reaches), closed")
    open_tail: tuple = series("s", doc="the same, open")
    closed_window: tuple = series("s", doc="(time sent in s, latency) of the closed tester in the first periods, thinned where fast")
    open_window: tuple = series("s", doc="the same, open, thinned")
    sources: dict = sources()


def replay(tester="closed", rate_per_s=50.0, freeze_s=1.0, period_s=10.0) -> LoadTest:
    """100 seconds of a server that takes 10 ms a request and freezes for `freeze_s` (0 … 4 s) every `period_s` (5 … 100 s).

    The open tester sends `rate_per_s` requests (1 … 90) a second, gaps −ln(1 − u)/rate; the first freeze starts at 5 s.
    Times in seconds. Errors: OutOfRange, WrongType. Source: Tene 2015; constants illustrative.

    >>> r = replay()
    >>> f"{r.p99_s * 1e3:.0f} ms reported, {r.open_p99_s * 1e3:.0f} ms met"
    '10 ms reported, 969 ms met'
    """
    one_of("tester", tester, TESTERS)
    rate = single(positive, "rate_per_s", rate_per_s, high=90.0)
    freeze = single(non_negative, "freeze_s", freeze_s, high=4.0)
    period = single(number, "period_s", period_s, low=5.0, high=100.0)
    return _replay(tester, rate, freeze, period)


def slow_share(freeze_s, period_s, above_s) -> float:
    """Share of independent requests that meet a freeze with more than `above_s` still to go: (z − x)/T, queueing left out.

    0 where the freeze is shorter than that. Errors: OutOfRange for what is not positive, a freeze longer than its period.

    >>> round(slow_share(1.0, 10.0, 0.1), 3)
    0.09
    """
    period = single(positive, "period_s", period_s, high=1e9)
    freeze = single(non_negative, "freeze_s", freeze_s, high=period)
    return max(0.0, freeze - single(non_negative, "above_s", above_s, high=1e9)) / period


@lru_cache(maxsize=128)
def _replay(tester: str, rate: float, freeze: float, period: float) -> LoadTest:
    data = load(FILE)
    slow, service = data["slow_above_s"]["value"], data["service_s"]["value"]
    sent = {"closed": _closed(freeze, period), "open": _open(rate, freeze, period)}
    ordered = {name: sorted([late for _, late in found]) for name, found in sent.items()}
    over = {name: _share_over(values, slow) for name, values in ordered.items()}
    over["calm"] = _share_over(sorted([late for _, late in _open(rate, 0.0, period)]), slow)
    own = ordered[tester]
    p99 = {name: percentile(values, 0.99) for name, values in ordered.items()}
    window = min(data["replay_s"]["value"], data["first_freeze_s"]["value"] + 2.4 * period)
    return LoadTest(
        tester=tester, rate_per_s=rate, freeze_s=freeze, period_s=period, service_s=service, requests=len(own), p50_s=percentile(own, 0.5), p99_s=p99[tester],
        p999_s=percentile(own, 0.999), share_over_100ms=over[tester], closed_p99_s=p99["closed"], open_p99_s=p99["open"],
        closed_share_over_100ms=over["closed"], open_share_over_100ms=over["open"], calm_share_over_100ms=over["calm"],
        hidden_factor=p99["open"] / p99["closed"], frozen_share=freeze / period,
        missing="none" if over["open"] <= over["closed"] else "during the freeze" if over["calm"] < over["open"] / 2 else "queue",
        state=OVERLOADED if rate * service >= 1 - freeze / period else SLOW if p99["open"] > slow else KEPT,
        closed_tail=_tail(ordered["closed"]), open_tail=_tail(ordered["open"]),
        closed_window=_thin(sent["closed"], window, service), open_window=_thin(sent["open"], window, service),
        sources={"service_s": source_of(data["service_s"]), "state": source_of(data["slow_above_s"])},
    )  # fmt: skip


def _share_over(ordered: list[float], limit: float) -> float:
    return 1 - bisect_right(ordered, limit + 1e-9) / len(ordered)


def _end(start: float, service: float, freeze: float, period: float, first: float) -> float:
    """When a service ends that could start at `start`: later by the freezes that it meets."""
    if not freeze or start < first - service:
        return start + service
    since = (start - first) % period if start >= first else start - first
    if 0 <= since < freeze:
        start, since = start + freeze - since, freeze
    to_next = -since if since < 0 else period - since
    return start + service + (freeze if to_next < service else 0.0)


@lru_cache(maxsize=32)
def _closed(freeze: float, period: float) -> tuple[tuple[float, float], ...]:
    data = load(FILE)
    service, first, length = data["service_s"]["value"], data["first_freeze_s"]["value"], data["replay_s"]["value"]
    now, found = 0.0, []
    while now < length:
        end = _end(now, service, freeze, period, first)
        found.append((now, end - now))
        now = end
    return tuple(found)


@lru_cache(maxsize=16)
def _sends(rate: float) -> tuple[float, ...]:
    draw, now, found, length = Random(_SEED).random, 0.0, [], load(FILE)["replay_s"]["value"]
    while True:
        now -= math.log(1.0 - draw()) / rate
        if now >= length:
            return tuple(found)
        found.append(now)


@lru_cache(maxsize=32)
def _open(rate: float, freeze: float, period: float) -> tuple[tuple[float, float], ...]:
    data = load(FILE)
    service, first = data["service_s"]["value"], data["first_freeze_s"]["value"]
    free, found = 0.0, []
    for at in _sends(rate):
        free = _end(max(at, free), service, freeze, period, first)
        found.append((at, free - at))
    return tuple(found)


def _tail(ordered: list[float]) -> tuple[tuple[float, float], ...]:
    """Latency that one request in N reaches, for N from 1 up to the number of requests."""
    count = len(ordered)
    steps = [10 ** (i / 12) for i in range(math.floor(12 * math.log10(count)) + 1)]
    return tuple((n, percentile(ordered, 1 - 1 / n) if n > 1 else ordered[0]) for n in steps)


def _thin(sent: tuple, window: float, service: float) -> tuple[tuple[float, float], ...]:
    """The requests of a window for a drawing: all slow ones as far as there is room, every so many of the others."""
    inside = [p for p in sent if p[0] < window]
    slow = [p for p in inside if p[1] > 1.5 * service]
    fast = [p for p in inside if p[1] <= 1.5 * service]
    return tuple(sorted(slow[:: len(slow) // _SHOWN + 1] + fast[:: len(fast) // (_SHOWN // 3) + 1]))
