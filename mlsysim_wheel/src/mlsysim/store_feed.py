"""What training reads from a store: the demand of a workload, and what a node's readers get from objects of one size.

A node asks for samples/s · bytes/sample. A reader has one request under way: it waits for the first byte, then the object
streams in, so it gets s/(t + s/b). The readers of a node add up until its port is full. By Little's law, demand over the
rate of one reader is the number of requests that must be under way at any time.
Sources: Little 1961; demands in data/store_customers.json; latencies, rates and prices in data/storage.json.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import catalog
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.catalog_storage import StorageTier
from mlsysim.errors import named, non_negative, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY

STORES = ("object_store", "parallel_file_system", "node_nvme")
GPUS_PER_NODE = 8
MONTH_S = 30 * DAY
STARVED, OK = "GPUs starve", "ok"
BINDS = ("latency", "stream", "node limit", "decode", "nothing")
_SIZES = tuple(10 ** (4.5 + i / 8) for i in range(37))  # 32 kB to 1 GB, for the curves


@dataclass(frozen=True, slots=True)
class StoreFeed:
    """One workload at one store: what its nodes ask for, what they get, and what the requests cost."""

    workload: str = quantity(r"\text{workload}", "")
    store: str = quantity(r"\text{store}", "")
    object_bytes: float = quantity("s", "B", doc="read by one request")
    readers: int = quantity("n", "1", doc="requests under way in a node")
    nodes: int = quantity("N", "1")
    cores: int = quantity("c", "1", doc="of a node, that decode images")
    decode_per_core_per_s: float = quantity("d", "images/s")
    item_bytes: float = quantity("i", "B", doc="of one image; 0 where nothing is decoded")
    gpu_bytes_per_s: float = quantity("D_g", "B/s", doc="a GPU asks for", source="samples a second · bytes a sample")
    node_bytes_per_s: float = quantity("D", "B/s", formula="8 <gpu_bytes_per_s>", source="eight GPUs a node")
    fleet_bytes_per_s: float = quantity("D_N", "B/s", formula=r"<nodes> \cdot <node_bytes_per_s>", source="sum")
    first_byte_s: float = quantity("t", "s", doc="until the first byte")
    stream_bytes_per_s: float = quantity("b", "B/s", doc="of one reader, from then on")
    limit_bytes_per_s: float = quantity("B", "B/s", doc="of the node's port")
    transfer_s: float = quantity("t_s", "s", formula=r"\frac{<object_bytes>}{<stream_bytes_per_s>}", source="rate")
    reader_bytes_per_s: float = quantity("r", "B/s", formula=r"\frac{<object_bytes>}{<first_byte_s> + <transfer_s>}", source="one request after the other")
    supply_bytes_per_s: float = quantity(
        "S", "B/s", formula=r"\min(<readers> \cdot <reader_bytes_per_s>, <limit_bytes_per_s>)", source="readers add up", doc="to a node"
    )
    readers_needed: float = quantity("n^*", "1", formula=r"\frac{<node_bytes_per_s>}{<reader_bytes_per_s>}", source="Little 1961")
    decode_bytes_per_s: float = quantity(
        "C", "B/s", formula=r"<cores> <decode_per_core_per_s> <item_bytes>", source="all cores together", doc="0 where nothing is decoded"
    )
    utilisation_share: float = quantity(
        "u", "share", source="min(1, supply/demand, and decoding/demand where images are decoded)", doc="of its time, a GPU works"
    )
    requests_per_s: float = quantity(
        "q", "1/s", formula=r"\frac{<fleet_bytes_per_s>}{<object_bytes>}", source="one request an object", doc="of the fleet at full feed"
    )
    request_usd: float = quantity("p", "USD", doc="price of a read request")
    request_usd_per_month: float = quantity("K", "USD", formula=r"2592000 <requests_per_s> <request_usd>", source="30 days", doc="of the fleet at full feed")
    image_node_bytes_per_s: float = quantity("D_i", "B/s", source="demand of a node that trains ResNet-50")
    image_factor: float = quantity(
        "D_i/D_N", "×", formula=r"\frac{<image_node_bytes_per_s>}{<fleet_bytes_per_s>}", source="definition", doc="one image node against this fleet"
    )
    binding: str = quantity(
        r"\text{binds}", "", source="in this order: nothing; decoding below supply; readers beyond the port; first byte above transfer; stream"
    )
    state: str = quantity(r"\text{state}", "", source="GPUs starve: they work less than half of the time")
    demands: tuple = series("B/s", doc="(workload, its nodes, bytes a second of all of them)")
    curves: tuple = series("B/s", doc="(store, ((object size in B, supply of a node), …))")
    sources: dict = sources()


def workload_names() -> tuple[str, ...]:
    """Names of the workloads whose demand is known.

    >>> workload_names()
    ('llm_405b', 'llm_8b', 'resnet50', 'recommender')
    """
    return tuple(load("store_customers.json")["workloads"])


def deployed_nodes(workload: str) -> int:
    """Nodes on which a workload runs by itself. Errors: UnknownName.

    >>> deployed_nodes("llm_405b")
    2048
    """
    return _entry(workload)["nodes"]


def gpu_bytes_per_s(workload: str) -> float:
    """Bytes of training data that one GPU asks for a second. Errors: UnknownName.

    Language: R/(6P + 12·L·h·s) tokens a second of 4 bytes. Source: Narayanan et al., SC21, for the operations of a token.

    >>> round(gpu_bytes_per_s("llm_405b")), round(8 * gpu_bytes_per_s("resnet50") / 1e6)
    (607, 1795)
    """
    entry = _entry(workload)
    if entry["kind"] == "language":
        made, model = load("store_customers.json")["language"], catalog.model(entry["model"])
        flop = 6.0 * model.parameters + 12.0 * model.shape("layers") * model.shape("hidden") * made["sequence"]
        return made["gpu_flop_per_s"] / flop * made["bytes_per_token"]
    if entry["kind"] == "images":
        return entry["node_items_per_s"] / GPUS_PER_NODE * catalog.dataset(entry["dataset"]).item_bytes
    return entry["node_bytes_per_s"] / GPUS_PER_NODE


def reader_bytes_per_s(object_bytes: float, first_byte_s: float, stream_bytes_per_s: float) -> float:
    """What one reader gets: s/(t + s/b). Errors: OutOfRange. Source: one request after the other.

    >>> round(reader_bytes_per_s(108e3, 0.03, 90e6) / 1e6, 2)
    3.46
    """
    size, stream = single(positive, "object_bytes", object_bytes), single(positive, "stream_bytes_per_s", stream_bytes_per_s)
    return size / (single(non_negative, "first_byte_s", first_byte_s) + size / stream)


def readers_needed(demand_bytes_per_s: float, object_bytes: float, first_byte_s: float, stream_bytes_per_s: float) -> float:
    """Requests that must be under way at any time to feed a demand. Errors: OutOfRange. Source: Little 1961.

    >>> round(readers_needed(1.795e9, 108e3, 0.03, 90e6))
    519
    """
    return single(non_negative, "demand_bytes_per_s", demand_bytes_per_s) / reader_bytes_per_s(object_bytes, first_byte_s, stream_bytes_per_s)


def supply_bytes_per_s(store: str, object_bytes: float, readers: int) -> float:
    """What the readers of one node get from a store. Errors: UnknownName, OutOfRange.

    >>> round(supply_bytes_per_s("object_store", 108e3, 64) / 1e6)
    222
    """
    tier = _tier(store)
    rate = reader_bytes_per_s(object_bytes, tier.first_byte_s, tier.stream_bytes_per_s)
    return min(whole("readers", readers, high=10**6) * rate, tier.bandwidth_bytes_per_s)


def feed(
    workload: str = "llm_405b",
    store: str = "object_store",
    object_bytes: float = 108e3,
    readers: int = 64,
    nodes: int | str = "deployed",
    decode_per_core_per_s: float = 150.0,
    cores: int = 128,
) -> StoreFeed:
    """A workload fed from a store in objects of one size; `nodes` is a number, or "deployed". Errors: UnknownName, OutOfRange.

    >>> f = feed("resnet50")
    >>> f"{f.utilisation_share:.3f} {f.readers_needed:.0f} {f.request_usd_per_month:,.0f} {f.binding}"
    '0.123 519 137,861 latency'
    """
    entry, tier, size = _entry(workload), _tier(store), single(positive, "object_bytes", object_bytes)
    readers, cores = whole("readers", readers, high=10**6), whole("cores", cores, high=10**6)
    nodes = entry["nodes"] if nodes == "deployed" else whole("nodes", nodes, high=10**6)
    per_core = single(positive, "decode_per_core_per_s", decode_per_core_per_s)
    item = catalog.dataset(entry["dataset"]).item_bytes if entry["kind"] == "images" else 0.0
    gpu = gpu_bytes_per_s(workload)
    node = GPUS_PER_NODE * gpu
    rate, supply = reader_bytes_per_s(size, tier.first_byte_s, tier.stream_bytes_per_s), supply_bytes_per_s(store, size, readers)
    decode = cores * per_core * item
    used = min(1.0, supply / node, decode / node if item else 1.0)
    price = tier.request_usd or 0.0
    requests = nodes * node / size
    image = GPUS_PER_NODE * gpu_bytes_per_s("resnet50")
    if used == 1.0:
        binding = "nothing"
    elif item and decode < supply:
        binding = "decode"
    elif readers * rate >= tier.bandwidth_bytes_per_s:
        binding = "node limit"
    else:
        binding = "latency" if tier.first_byte_s > size / tier.stream_bytes_per_s else "stream"
    known = load("store_customers.json")["workloads"]
    return StoreFeed(
        workload=entry["title"],
        store=_short(tier),
        object_bytes=size,
        readers=readers,
        nodes=nodes,
        cores=cores,
        decode_per_core_per_s=per_core,
        item_bytes=item,
        gpu_bytes_per_s=gpu,
        node_bytes_per_s=node,
        fleet_bytes_per_s=nodes * node,
        first_byte_s=tier.first_byte_s,
        stream_bytes_per_s=tier.stream_bytes_per_s,
        limit_bytes_per_s=tier.bandwidth_bytes_per_s,
        transfer_s=size / tier.stream_bytes_per_s,
        reader_bytes_per_s=rate,
        supply_bytes_per_s=supply,
        readers_needed=node / rate,
        decode_bytes_per_s=decode,
        utilisation_share=used,
        requests_per_s=requests,
        request_usd=price,
        request_usd_per_month=MONTH_S * requests * price,
        image_node_bytes_per_s=image,
        image_factor=image / (nodes * node),
        binding=binding,
        state=STARVED if used < 0.5 else OK,
        demands=tuple((e["title"], n, n * GPUS_PER_NODE * gpu_bytes_per_s(k)) for k, e in known.items() for n in [nodes if k == workload else e["nodes"]]),
        curves=tuple((_short(_tier(name)), tuple((s, supply_bytes_per_s(name, s, readers)) for s in _SIZES)) for name in STORES),
        sources={key: tier.source(key) for key in ("first_byte_s", "stream_bytes_per_s", "request_usd")}
        | {"limit_bytes_per_s": tier.source("bandwidth_bytes_per_s"), "gpu_bytes_per_s": entry["source"]},
    )


def _entry(workload: str) -> dict:
    known = load("store_customers.json")["workloads"]
    named("workload", workload, known)
    return known[workload]


def _tier(store: str) -> StorageTier:
    named("store", store, STORES)
    return catalog.storage_tier(store)


def _short(tier: StorageTier) -> str:
    return {"object_store": "object store", "parallel_file_system": "parallel file system", "node_nvme": "local NVMe"}[tier.name]
