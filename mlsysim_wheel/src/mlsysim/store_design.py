"""One store for a cluster that trains on images: objects, caches, checkpoints, and what they cost a month.

Composes `store_feed` (readers and requests), `epoch_cache` and `fleet_cache` (which reads the nodes answer themselves; they share
their caches) and `checkpoint_pile` (stalls and what is kept). What is read is read at the rate that the GPUs reach.
Sources: those of the modules; prices in data/storage.json; the base of $4,600 a month is 200 TB in the object store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, checkpoint_pile, store_feed
from mlsysim._single import single
from mlsysim.epoch_cache import hit_share
from mlsysim.errors import flag, fraction, one_of, positive
from mlsysim.quantity import quantity, sources
from mlsysim.units import GB, MINUTE, TB

NODES, READERS, CORES, CORE_PER_S = 64, 64, 128, 150.0
SET_BYTES, DAYS = 200 * TB, 28
WRITE_BYTES_PER_S = 10e9
EVICTIONS = ("lru", "never")
MODEL = "llm_8b"  # a checkpoint of that size


@dataclass(frozen=True, slots=True)
class StoreDesign:
    """A month of the image cluster at its store."""

    object_bytes: float = quantity("s", "B")
    cache_share: float = quantity("f", "share", doc="of the set in the caches of all nodes")
    eviction: str = quantity(r"\text{eviction}", "")
    hit_share: float = quantity("h", "share", source="lru: f + (1 − f)·ln(1 − f); never: f; nodes read from each other's caches")
    demand_bytes_per_s: float = quantity("D", "B/s", source="ResNet-50 at full feed", doc="of a node")
    supply_bytes_per_s: float = quantity("S", "B/s", source="64 readers", doc="from the store to a node")
    utilisation_share: float = quantity("u", "share", source="min(1, S/((1 − h)·D), decoding/D)")
    interval_s: float = quantity(r"\tau", "s", doc="between checkpoints")
    blocked_s: float = quantity("b", "s", source="write, or copy to host memory")
    idle_share: float = quantity(
        "i", "share", formula=r"1 - \frac{<utilisation_share>}{1 + <blocked_s>/<interval_s>}", source="waiting for data, then for checkpoints"
    )
    nodes: int = quantity("N", "1")
    read_bytes_per_s: float = quantity(
        "R", "B/s", formula=r"<nodes> (1 - <hit_share>) <demand_bytes_per_s> <utilisation_share>", source="what caches do not answer", doc="from the store"
    )
    base_usd: float = quantity("K_0", "USD", source="200 TB in the object store", doc="a month")
    cache_usd: float = quantity("K_c", "USD", source="NVMe of the nodes, $20 a TB-month (illustrative)")
    request_usd: float = quantity("K_q", "USD", source="reads over object size, $0.40 a million, 30 days")
    stored_bytes: float = quantity("C", "B", source="rule of retention at day 28", doc="checkpoints")
    checkpoint_usd: float = quantity("K_s", "USD", source="stored bytes · price a GB-month")
    cost_usd: float = quantity("K", "USD", formula="<base_usd> + <cache_usd> + <request_usd> + <checkpoint_usd>", source="sum", doc="a month")
    oldest_s: float = quantity("a", "s", source="rule of retention", doc="age of the oldest checkpoint at day 28")
    sources: dict = sources()


def store_design(
    object_bytes: float = 108e3,
    cache_share: float = 0.0,
    eviction: str = "lru",
    interval_min: int = 120,
    asynchronous: bool = False,
    retention: str = "all",
) -> StoreDesign:
    """Idle GPUs, load on the store and cost of a month. Errors: OutOfRange.

    >>> d = store_design()
    >>> f"{d.idle_share:.3f} ${d.cost_usd:,.0f}"
    '0.877 $141,582'
    """
    size, f = single(positive, "object_bytes", object_bytes), single(fraction, "cache_share", cache_share)
    eviction, asynchronous = one_of("eviction", eviction, EVICTIONS), flag("asynchronous", asynchronous)
    return _design(
        size,
        f,
        eviction,
        one_of("interval_min", interval_min, checkpoint_pile.INTERVALS_MIN),
        asynchronous,
        one_of("retention", retention, checkpoint_pile.RETENTIONS),
    )


@lru_cache(maxsize=4096)
def _design(size: float, f: float, eviction: str, interval: int, asynchronous: bool, retention: str) -> StoreDesign:
    store, drives = catalog.storage_tier("object_store"), catalog.storage_tier("node_nvme")
    hit = hit_share(f, "lru" if eviction == "lru" else "pinned")
    demand = store_feed.GPUS_PER_NODE * store_feed.gpu_bytes_per_s("resnet50")
    supply = store_feed.supply_bytes_per_s("object_store", size, READERS)
    decode = CORES * CORE_PER_S * catalog.dataset("imagenet_1k").item_bytes
    missed = (1 - hit) * demand
    used = min(1.0, supply / missed if missed > supply else 1.0, decode / demand)
    whole = checkpoint_pile.checkpoint_bytes(MODEL)
    stall = checkpoint_pile.blocked_s(whole, WRITE_BYTES_PER_S, NODES * store_feed.GPUS_PER_NODE, asynchronous)
    kept = checkpoint_pile.keep(interval, retention, days=DAYS)
    read = NODES * missed * used
    price = store.price_usd_per_gb_month
    parts = (
        SET_BYTES / GB * price,
        f * SET_BYTES / GB * drives.price_usd_per_gb_month,
        store_feed.MONTH_S * read / size * store.request_usd,
        kept.stored * whole / GB * price,
    )
    return StoreDesign(
        object_bytes=size,
        cache_share=f,
        eviction=eviction,
        hit_share=hit,
        demand_bytes_per_s=demand,
        supply_bytes_per_s=supply,
        utilisation_share=used,
        interval_s=interval * MINUTE,
        blocked_s=stall,
        idle_share=1 - used / (1 + stall / (interval * MINUTE)),
        nodes=NODES,
        read_bytes_per_s=read,
        base_usd=parts[0],
        cache_usd=parts[1],
        request_usd=parts[2],
        stored_bytes=kept.stored * whole,
        checkpoint_usd=parts[3],
        cost_usd=sum(parts),
        oldest_s=kept.ages_s[0],
    )
