"""A cache before a training set that is read once an epoch: least recently used or pinned, shuffled or in fixed order.

With a fresh shuffle each epoch, an item at place u of one epoch and v of the next (both from 0 to 1) has seen 1 − u(1 − v) of the
set in between, so a least-recently-used cache of share f still has it if u(1 − v) > 1 − f: hit share f + (1 − f)·ln(1 − f). A
pinned cache keeps its first items and hits f. In fixed order the item needed next is always the one just dropped.
Sources: derived above for large sets; Mattson et al. 1970 (stack distances give all cache sizes in one pass);
Mohan et al. 2021, Analyzing and Mitigating Data Stalls in DNN Training (cache thrash under shuffling).
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random

from mlsysim import catalog
from mlsysim._arrays import is_array, where
from mlsysim._single import single
from mlsysim.errors import fraction, one_of, positive
from mlsysim.quantity import quantity, series, sources

POLICIES, ORDERS = ("lru", "pinned"), ("shuffled", "same")
REMEDIES = ("more memory", "pinned", "same order")
ITEMS, EPOCHS, SEED = 4000, 4, 4
MORE = 1.4  # what "more memory" adds in the comparison of remedies
NEVER, OK = "never hits", "ok"
DATASET = "imagenet_1k"
_SHOWN = 16  # every sixteenth read of the last epoch is drawn


@dataclass(frozen=True, slots=True)
class EpochCache:
    """The hit share of a cache from the second epoch on, exact and simulated, and what one change would bring."""

    cache_share: float = quantity("f", "share", doc="of the set fits the memory")
    policy: str = quantity(r"\text{policy}", "", doc="lru or pinned")
    order: str = quantity(r"\text{order}", "", doc="shuffled or same")
    hit_share: float = quantity("h", "share", source="replay of 4,000 items over four epochs, from the second on")
    exact_share: float = quantity(
        "h_{\\infty}", "share", source="lru, shuffled: f + (1 − f)·ln(1 − f); lru, same order: 0 below f = 1; pinned: f", doc="of a large set"
    )
    stored_bytes: float = quantity("S", "B")
    memory_bytes: float = quantity("M", "B", formula=r"<cache_share> \cdot <stored_bytes>", source="definition")
    disk_bytes_per_s: float = quantity("B", "B/s", doc="across the network")
    read_s: float = quantity(
        "t", "s", formula=r"\frac{(1 - <hit_share>) <stored_bytes>}{<disk_bytes_per_s>}", source="rate", doc="reading an epoch from the disk"
    )
    more_memory_share: float = quantity("h_{1.4}", "share", source="exact for large sets", doc="lru, shuffled, with 1.4 times the memory")
    pinned_share: float = quantity("h_p", "share", source="exact", doc="pinned")
    same_order_share: float = quantity("h_s", "share", source="exact", doc="lru, the same order each epoch")
    best_change: str = quantity(r"\text{best}", "", source="the highest of these three")
    state: str = quantity(r"\text{state}", "")
    lru_curve: tuple = series("share", doc="(f, exact hit share) of lru, shuffled")
    lru_dots: tuple = series("share", doc="(f, replayed hit share) of lru, shuffled")
    reads: tuple = series("share", doc="(place in the epoch before, place in the last epoch, hit) of a sample of reads")
    border: tuple = series("share", doc="(place before, place now) that separates hits from misses")
    sources: dict = sources()


def lru_hit_share(cache_share):
    """Hit share of a least-recently-used cache of share f under a fresh shuffle each epoch; numbers or arrays.

    >>> round(lru_hit_share(0.5), 3)
    0.153
    """
    f = fraction("cache_share", cache_share)
    rest = 1 - f
    if is_array(f):
        import numpy

        return numpy.maximum(0.0, f + rest * numpy.log1p(where(rest > 0, -f, 0.0)))
    # of a tiny share rounding alone is left, on either side of zero
    return max(0.0, f + (rest * math.log1p(-f) if rest > 0 else 0.0))


def hit_share(cache_share: float, policy: str = "lru", order: str = "shuffled") -> float:
    """Exact hit share of a large set from the second epoch on. Errors: OutOfRange for another policy or order.

    >>> hit_share(0.5, "pinned"), hit_share(0.5, "lru", "same")
    (0.5, 0.0)
    """
    f = single(fraction, "cache_share", cache_share)
    policy, order = one_of("policy", policy, POLICIES), one_of("order", order, ORDERS)
    if policy == "pinned" or f == 1:
        return f
    return float(lru_hit_share(f)) if order == "shuffled" else 0.0


def study_cache(cache_share: float = 0.5, policy: str = "lru", order: str = "shuffled", *, disk_bytes_per_s: float = 250e6) -> EpochCache:
    """A cache of `cache_share` of ImageNet-1k, replayed on 4,000 items. Errors: OutOfRange.

    >>> s = study_cache(0.5)
    >>> f"{s.hit_share:.3f} {s.exact_share:.3f} {s.best_change}"
    '0.154 0.153 pinned'
    """
    f = single(fraction, "cache_share", cache_share, open_low=True)
    policy, order = one_of("policy", policy, POLICIES), one_of("order", order, ORDERS)
    disk = single(positive, "disk_bytes_per_s", disk_bytes_per_s)
    data = catalog.dataset(DATASET)
    capacity = round(f * ITEMS)
    hit = _replayed(capacity, policy, order)
    after = (float(lru_hit_share(min(1.0, MORE * f))), f, hit_share(f, "lru", "same"))
    grid = [i / 40 for i in range(39)]
    return EpochCache(
        cache_share=f,
        policy=policy,
        order=order,
        hit_share=hit,
        exact_share=hit_share(f, policy, order),
        stored_bytes=data.stored_bytes,
        memory_bytes=f * data.stored_bytes,
        disk_bytes_per_s=disk,
        read_s=(1 - hit) * data.stored_bytes / disk,
        more_memory_share=after[0],
        pinned_share=after[1],
        same_order_share=after[2],
        best_change=REMEDIES[after.index(max(after))],
        state=NEVER if hit == 0 else OK,
        lru_curve=tuple((x, float(lru_hit_share(x))) for x in grid),
        lru_dots=tuple((x, _replayed(round(x * ITEMS), "lru", "shuffled")) for x in (0.1, 0.25, 0.5, 0.75, 0.9)),
        reads=_sample(capacity, policy, order),
        border=_border(f, policy, order),
        sources={"stored_bytes": data.source("stored_bytes"), "disk_bytes_per_s": "a disk across the network (illustrative)"},
    )


@cache
def _orders() -> tuple[tuple[int, ...], ...]:
    """The order of each epoch: one list, shuffled again and again."""
    shuffle, items, found = Random(SEED).shuffle, list(range(ITEMS)), []
    for _ in range(EPOCHS):
        shuffle(items)
        found.append(tuple(items))
    return tuple(found)


@cache
def _places() -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each epoch from the second on, in order of reading: (place of the item in the epoch before, items seen since then)."""
    found = []
    for before, now in pairwise(_orders()):
        place = [0] * ITEMS
        for u, item in enumerate(before):
            place[item] = u
        earlier, reads = [], []  # places, in the epoch before, of what was read so far in this one
        for item in now:
            u = place[item]
            again = bisect_left(earlier, u)  # read since, and not already counted behind u in the epoch before
            reads.append((u, ITEMS - 1 - u + again))
            insort(earlier, u)
        found.append(tuple(reads))
    return tuple(found)


@cache
def _distances() -> tuple[int, ...]:
    return tuple(sorted(distance for epoch in _places() for _, distance in epoch))


def _replayed(capacity: int, policy: str, order: str) -> float:
    """Hits from the second epoch on: an item is still there if fewer than `capacity` others were read since (Mattson et al. 1970)."""
    if policy == "pinned" or capacity >= ITEMS:
        return capacity / ITEMS
    return bisect_left(_distances(), capacity) / (ITEMS * (EPOCHS - 1)) if order == "shuffled" else 0.0


def _sample(capacity: int, policy: str, order: str) -> tuple[tuple[float, float, bool], ...]:
    if order == "same":
        kept = lambda v: policy == "pinned" and v < capacity or capacity >= ITEMS  # noqa: E731 - pinned: what was read first
        return tuple((v / ITEMS, v / ITEMS, kept(v)) for v in range(0, ITEMS, _SHOWN))
    pinned = set(_orders()[0][:capacity])
    last = list(zip(_places()[-1], _orders()[-1], strict=True))
    hit = lambda distance, item: item in pinned if policy == "pinned" else distance < capacity  # noqa: E731 - one line of policy
    return tuple((last[v][0][0] / ITEMS, v / ITEMS, hit(last[v][0][1], last[v][1])) for v in range(0, ITEMS, _SHOWN))


def _border(f: float, policy: str, order: str) -> tuple[tuple[float, float], ...]:
    """u(1 − v) = 1 − f, where the least-recently-used cache of a large set stops hitting."""
    if policy == "pinned" or order == "same" or f == 1:
        return ()
    return tuple((u, 1 - (1 - f) / u) for u in ((1 - f) + f * i / 40 for i in range(41)))
