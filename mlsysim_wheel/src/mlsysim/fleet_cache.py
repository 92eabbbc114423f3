"""Caches of many nodes before a training set that is read epoch after epoch: who asks, who evicts, in which order.

Every node keeps on its own drives what it read. A read is answered by the node's own cache, by another node's where they
share, or by the store. Each epoch the samples are dealt out to the nodes, one after the other: in a new order, so that a
node gets samples that it mostly has not read before; in the same order; or drawn with replacement. With fixed shares a node always
reads the same samples, in a new order. Caches that are shared evict as one.
Sources: Mohan et al. 2021, Analyzing and Mitigating Data Stalls in DNN Training (least-recently-used caches under shuffling,
caches that never evict, caches partitioned over servers); Mattson et al. 1970.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._single import single
from mlsysim.epoch_cache import lru_hit_share
from mlsysim.errors import fraction, instance, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

EVICTIONS = ("lru", "fifo", "never")
ORDERS = ("reshuffled", "fixed shares", "same order", "with replacement")
LOOKUPS = ("own", "all")
CHANGES = ("share", "never evict", "fixed shares", "more cache")
SAMPLES, EPOCHS, SEED = 2000, 4, 11
GAINED_NOTHING, OK = "cache bought, nothing gained", "ok"
_DRAWN, _GRID = 500, tuple(i / 10 for i in range(11))  # the curve replays a smaller set
_TIE = 0.02  # changes this close are equally good


@dataclass(frozen=True, slots=True)
class FleetCache:
    """Who answers the reads from the second epoch on, and what is left for the store."""

    cache_share: float = quantity("f", "share", doc="of the set fits the caches of all nodes together")
    eviction: str = quantity(r"\text{eviction}", "", doc="lru (least recently used leaves), fifo (oldest leaves) or never")
    lookup: str = quantity(r"\text{lookup}", "", doc="own: in the node's own cache; all: in every node's")
    order: str = quantity(r"\text{order}", "")
    nodes: int = quantity("k", "1")
    own_share: float = quantity("h_o", "share", source="replay of 2,000 samples over four epochs, from the second on", doc="found in the node's own cache")
    peer_share: float = quantity("h_p", "share", source="the same replay", doc="found in another node's cache")
    hit_share: float = quantity("h", "share", formula="<own_share> + <peer_share>", source="sum")
    never_share: float = quantity("h_n", "share", source="the same replay without eviction")
    lru_share: float = quantity("h_{lru}", "share", source="f + (1 − f)·ln(1 − f), for a large set", doc="lru, one cache for all, a new order each epoch")
    demand_bytes_per_s: float = quantity("D", "B/s", doc="of a node")
    store_bytes_per_s: float = quantity("B", "B/s", doc="that a node gets from the store")
    missed_bytes_per_s: float = quantity(
        "M", "B/s", formula="(1 - <hit_share>) <demand_bytes_per_s>", source="what no cache answers", doc="asked of the store at full feed, a node"
    )
    peer_bytes_per_s: float = quantity(
        "P", "B/s", formula="<peer_share> <demand_bytes_per_s>", source="what other nodes answer", doc="over the network, a node"
    )
    slowdown: float = quantity(r"\sigma", "×", formula=r"\max(1, \frac{<missed_bytes_per_s>}{<store_bytes_per_s>})", source="rate", doc="of an epoch")
    state: str = quantity(r"\text{state}", "", source="nothing gained: hits below half of the share that is cached")
    rules: tuple = series("share", doc="(eviction, own, other nodes, store) at these settings")
    curve: tuple = series("share", doc="(f, hit share) at these settings, replayed on 500 samples")
    lru_curve: tuple = series("share", doc="(f, hit share) of one least-recently-used cache for all, a new order each epoch")
    sources: dict = sources()


def own_hit_share(cache_share, nodes):
    """Hits in its own cache of a node that never evicts, when each epoch is dealt out anew: f/k. Numbers or arrays.

    A sample lies in one cache, and any of the k nodes may be the next to need it. Errors: OutOfRange.

    >>> own_hit_share(0.8, 8)
    0.1
    """
    return fraction("cache_share", cache_share) / whole("nodes", nodes, high=10**6)


def replay(
    cache_share: float, eviction: str = "lru", order: str = "reshuffled", *, nodes: int = 1, lookup: str = "own", samples: int = SAMPLES
) -> tuple[float, float]:
    """Shares of the reads from the second epoch on that a node's own cache and another node's answer. Errors: OutOfRange.

    >>> own, peers = replay(0.8)
    >>> round(own, 3), peers
    (0.478, 0.0)
    """
    f = single(fraction, "cache_share", cache_share)
    nodes = whole("nodes", nodes, high=64)
    eviction, order, lookup = one_of("eviction", eviction, EVICTIONS), one_of("order", order, ORDERS), one_of("lookup", lookup, LOOKUPS)
    return _replay(f, eviction, order, nodes, lookup, whole("samples", samples, low=64, high=10_000))


def study_caches(
    cache_share: float = 0.8,
    eviction: str = "lru",
    lookup: str = "own",
    order: str = "reshuffled",
    nodes: int = 8,
    *,
    demand_bytes_per_s: float = 1.8e9,
    store_bytes_per_s: float = 0.5e9,
) -> FleetCache:
    """The caches of a fleet under one rule, beside the other rules. Errors: OutOfRange.

    >>> s = study_caches()
    >>> f"{s.hit_share:.3f} {s.never_share:.3f} {s.slowdown:.2f} {s.state}"
    '0.041 0.098 3.45 cache bought, nothing gained'
    """
    f, nodes = single(fraction, "cache_share", cache_share), whole("nodes", nodes, high=64)
    eviction, order, lookup = one_of("eviction", eviction, EVICTIONS), one_of("order", order, ORDERS), one_of("lookup", lookup, LOOKUPS)
    demand, store = single(positive, "demand_bytes_per_s", demand_bytes_per_s), single(positive, "store_bytes_per_s", store_bytes_per_s)
    rules = [(rule, *_replay(f, rule, order, nodes, lookup, SAMPLES)) for rule in EVICTIONS]
    own, peer = rules[EVICTIONS.index(eviction)][1:]
    hit = own + peer
    return FleetCache(
        cache_share=f,
        eviction=eviction,
        lookup=lookup,
        order=order,
        nodes=nodes,
        own_share=own,
        peer_share=peer,
        hit_share=hit,
        never_share=sum(rules[-1][1:]),
        lru_share=float(lru_hit_share(f)),
        demand_bytes_per_s=demand,
        store_bytes_per_s=store,
        missed_bytes_per_s=(1 - hit) * demand,
        peer_bytes_per_s=peer * demand,
        slowdown=max(1.0, (1 - hit) * demand / store),
        state=GAINED_NOTHING if hit < f / 2 else OK,
        rules=tuple((rule, a, b, max(0.0, 1 - a - b)) for rule, a, b in rules),
        curve=tuple((x, sum(_replay(x, eviction, order, nodes, lookup, _DRAWN))) for x in _GRID),
        lru_curve=tuple((i / 40, float(lru_hit_share(i / 40))) for i in range(41)),
        sources={"demand_bytes_per_s": "given", "store_bytes_per_s": "given"},
    )


def best_changes(caches: FleetCache) -> tuple[str, ...]:
    """Which of `CHANGES`, one at a time, raises the hit share most; several where they are within two points, "nothing" where none does.

    "more cache" adds a tenth of the set. Errors: WrongType for what is no `FleetCache`.

    >>> best_changes(study_caches())
    ('share', 'fixed shares')
    """
    instance("caches", caches, FleetCache, "a FleetCache")
    f, eviction, order, nodes, lookup = caches.cache_share, caches.eviction, caches.order, caches.nodes, caches.lookup
    tried = {
        "share": (f, eviction, order, nodes, "all"),
        "never evict": (f, "never", order, nodes, lookup),
        "fixed shares": (f, eviction, "fixed shares", nodes, lookup),
        "more cache": (min(1.0, f + 0.1), eviction, order, nodes, lookup),
    }
    after = {name: sum(_replay(*how, SAMPLES)) for name, how in tried.items()}
    best = max(after.values())
    if best < caches.hit_share + _TIE:
        return ("nothing",)
    return tuple(name for name in CHANGES if after[name] >= best - _TIE)


@lru_cache(maxsize=64)
def _reads(order: str, samples: int) -> tuple[tuple[int, ...], ...]:
    """The samples in the order in which each epoch reads them."""
    rng, base, found = Random(SEED), list(range(samples)), []
    rng.shuffle(base)
    for _ in range(EPOCHS):
        if order in ("reshuffled", "fixed shares"):
            rng.shuffle(base)
        found.append(tuple(int(rng.random() * samples) for _ in base) if order == "with replacement" else tuple(base))
    return tuple(found)


@lru_cache(maxsize=1024)
def _replay(f: float, eviction: str, order: str, nodes: int, lookup: str, samples: int) -> tuple[float, float]:
    caches = [OrderedDict() for _ in range(1 if lookup == "all" else nodes)]
    capacity = round(f * samples / len(caches))
    own = peer = 0
    if capacity:
        for epoch, reads in enumerate(_reads(order, samples)):
            for place, sample in enumerate(reads):
                node = (sample if order == "fixed shares" else place) % nodes
                held = caches[0 if lookup == "all" else node]
                holder = held.get(sample)
                if holder is not None:
                    if epoch:
                        own += holder == node
                        peer += holder != node
                    if eviction == "lru":
                        held.move_to_end(sample)
                elif len(held) < capacity:
                    held[sample] = node
                elif eviction != "never":
                    held.popitem(last=False)
                    held[sample] = node
    every = samples * (EPOCHS - 1)
    return own / every, peer / every
