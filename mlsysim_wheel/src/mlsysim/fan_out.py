"""A request that fans out over shards and waits for the slowest; what caching and hedging do to its tail.

The time of one shard is lognormal. A request that asks n shards is done when the last one is: F(x)^n of them within x. A cache
removes rows, and with them a shard only once it is asked for none. A hedge sends a second request to a replica of a shard that
has not answered by then, and takes whichever comes first. Hit rate, replicas and shards are
taken as independent, and n is the mean number of shards asked.
Source: Dean and Barroso, *The Tail at Scale*, 2013; feature rows of ranking models: Gupta et al., HPCA 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import OutOfRange, fraction, non_negative, number, positive, whole
from mlsysim.quantity import quantity, series, sources

TAIL = "Dean and Barroso 2013"
LIMIT_S = 0.010  # of the ranking request; illustrative
BINDS = ("most shards", "few shards", "model")
HIT_SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_NORMAL = NormalDist()
_Z99 = 2.3263479  # Φ⁻¹(0.99)
_STEPS, _LONGEST_S = 60, 1.0  # bisection


@dataclass(frozen=True, slots=True)
class FanOut:
    """One request that gathers feature rows from many shards, then runs a model."""

    hit_share: float = quantity("h", "share", doc="rows that the cache answers")
    hedge_s: float = quantity("t_h", "s", doc="a second request goes out after; 0: never")
    shards: int = quantity("S", "1")
    rows: int = quantity("K", "1", doc="feature rows of a request")
    median_s: float = quantity("m", "s", doc="of one shard")
    shard_p99_s: float = quantity("q", "s", doc="of one shard")
    rest_s: float = quantity("r", "s", doc="everything after the fetch: the model")
    missed_rows: float = quantity("k", "1", formula=r"<rows> (1 - <hit_share>)", source="definition", doc="rows that shards must answer")
    shards_asked: float = quantity(
        "n", "1", formula=r"<shards> \left(1 - \left(1 - \frac{1}{<shards>}\right)^{<missed_rows>}\right)",
        source="expected number of boxes hit by balls thrown at random",
    )
    sigma: float = quantity(r"\sigma", "1", formula=r"\frac{\ln(<shard_p99_s> / <median_s>)}{2.3263479}", source="lognormal through median and p99")
    fetch_p50_s: float = quantity("f_{50}", "s", source="F_h(x)^n = 0.5, by bisection")
    fetch_p99_s: float = quantity("f_{99}", "s", source="F_h(x)^n = 0.99, by bisection")
    p50_s: float = quantity("T_{50}", "s", formula=r"<fetch_p50_s> + <rest_s>", source="sum", doc="of the request")
    p99_s: float = quantity("T_{99}", "s", formula=r"<fetch_p99_s> + <rest_s>", source="sum", doc="of the request")
    extra_share: float = quantity("e", "share", source="1 − F(h): shards that have not answered when the hedge goes out", doc="requests added by the hedge")
    any_slow_share: float = quantity("a", "share", formula=r"1 - 0.99^{<shards_asked>}", source=TAIL, doc="requests that meet a shard beyond its own p99")
    binds: str = quantity(r"\text{binds}", "", source="the model if it outlasts the p99 of the fetch; else most or few shards, whether half are asked")
    shard_tail: tuple[tuple[float, float], ...] = series("share", doc="(time in s, shards that take longer), the hedge included")
    request_tail: tuple[tuple[float, float], ...] = series("share", doc="(time in s, requests that take longer), the model included")
    example: tuple[int, ...] = series("1", doc="rows that one request, drawn at random, asks of each shard")
    over_misses: tuple[tuple[float, float, float], ...] = series("s", doc="(missed share of the rows, p99 of the request, p99 without hedge)")
    sources: dict = sources()


@remembered(256)
def fan_out(
    hit_share: float = 0.9, hedge_s: float = 0.0, shards: int = 32, *, rows: int = 500, median_s: float = 0.0008, shard_p99_s: float = 0.004,
    rest_s: float = 0.0025,
) -> FanOut:  # fmt: skip
    """Tail of a request that asks n = S(1 − (1 − 1/S)^(K(1 − h))) shards and waits for the slowest.

    Times in seconds; `hedge_s` 0 sends no second request. One shard is within x with F_h(x) = F(x) up to the hedge, beyond it
    1 − (1 − F(x))(1 − F(x − h)). Errors: OutOfRange for a p99 not above the median, a share outside [0, 1].
    Source: Dean and Barroso 2013.

    >>> f = fan_out()
    >>> f"{f.shards_asked:.1f} shards, p99 {f.p99_s * 1e3:.1f} ms"
    '25.5 shards, p99 10.7 ms'
    """
    hit = single(fraction, "hit_share", hit_share)
    hedge = single(non_negative, "hedge_s", hedge_s, high=_LONGEST_S)
    shards, rows = whole("shards", shards, high=10**6), whole("rows", rows, high=10**7)
    median = single(positive, "median_s", median_s, high=0.1)
    slow = single(number, "shard_p99_s", shard_p99_s, low=median, high=0.2, open_low=True)
    rest = single(non_negative, "rest_s", rest_s, high=100.0)
    shard = _Shard(median, math.log(slow / median) / _Z99, hedge)
    plain = _Shard(median, shard.sigma, 0.0)
    n = asked(shards, rows * (1 - hit))
    p50, p99 = shard.slowest(n, 0.5), shard.slowest(n, 0.99)
    times = [median / 3 * (30 * slow / median) ** (i / 60) for i in range(61)]
    within = [shard.within(x) for x in times]
    misses = []
    for other in sorted({*HIT_SHARES, hit} - {1.0}, reverse=True):
        m = asked(shards, rows * (1 - other))
        misses.append((1 - other, shard.slowest(m, 0.99) + rest, plain.slowest(m, 0.99) + rest))
    return FanOut(
        hit, hedge, shards, rows, median, slow, rest, rows * (1 - hit), n, shard.sigma, p50, p99, p50 + rest, p99 + rest,
        1 - plain.within(hedge) if hedge else 0.0, 1 - 0.99**n, BINDS[2] if rest > p99 else BINDS[0] if n >= shards / 2 else BINDS[1],
        _drawn([(x, 1 - f) for x, f in zip(times, within, strict=True)]), _drawn([(x + rest, 1 - f**n) for x, f in zip(times, within, strict=True)]),
        _example(shards, round(rows * (1 - hit))), tuple(misses),
    )  # fmt: skip


def asked(shards: int, missed_rows: float) -> float:
    """Expected number of shards that hold at least one of the missed rows. Errors: OutOfRange.

    >>> round(asked(32, 50), 1), asked(32, 0.0)
    (25.5, 0.0)
    """
    shards = whole("shards", shards, high=10**6)
    missed = single(non_negative, "missed_rows", missed_rows, high=1e9)
    return shards * (1 - (1 - 1 / shards) ** missed) if shards > 1 else min(1.0, missed)


def any_slow_share(shards: int, share: float) -> float:
    """Requests that meet at least one of `shards` beyond its own `share` quantile: 1 − q^n. Errors: OutOfRange.

    >>> round(any_slow_share(100, 0.99), 3)
    0.634
    """
    shards, share = whole("shards", shards, high=10**6), single(fraction, "share", share)
    if share == 1.0:
        raise OutOfRange(f"share is {share!r}, but must be below 1: nothing is slower than the slowest.")
    return 1 - share**shards


def _drawn(tail: list) -> tuple[tuple[float, float], ...]:
    """The part of a tail that a chart shows: down to one of two thousand."""
    return tuple([point for point in tail if point[1] >= 0.0005])


def _example(shards: int, missed: int) -> tuple[int, ...]:
    counts, draw = [0] * shards, Random(8).random
    for _ in range(missed):
        counts[int(draw() * shards)] += 1
    return tuple(counts)


@dataclass(frozen=True, slots=True)
class _Shard:
    median: float
    sigma: float
    hedge: float  # 0: never

    def within(self, x: float) -> float:
        """Share of the answers within x seconds."""
        first = self._one(x)
        second = self._one(x - self.hedge) if self.hedge and x > self.hedge else 0.0
        return first + second * (1 - first)  # 1 − (1 − F)(1 − F'), without cancellation where both are tiny

    def _one(self, x: float) -> float:
        return _NORMAL.cdf(math.log(x / self.median) / self.sigma) if x > 0 else 0.0

    def slowest(self, n: float, share: float) -> float:
        """Time within which a share of the requests have the slowest of n answers."""
        if not n:
            return 0.0
        wanted, low, high = share ** (1 / n), 0.0, _LONGEST_S
        for _ in range(_STEPS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.within(middle) < wanted else (low, middle)
        return high
