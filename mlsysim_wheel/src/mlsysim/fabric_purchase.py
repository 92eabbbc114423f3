"""A fabric to buy for a mixture-of-experts run: step time, price, and what its spine leaves to others.

32 nodes of eight H100. Each step exchanges tokens with the experts in all-to-alls that nothing hides, and sums gradients in
buckets under the backward pass. The fabric decides which link is hot: `topology.walk` counts the same loads transfer by
transfer on eight nodes. Prices are illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.collectives import hierarchical_all_reduce
from mlsysim.errors import flag, number, one_of, positive, whole
from mlsysim.gradient_buckets import GPUS_PER_NODE, Queue
from mlsysim.quantity import quantity, series, sources
from mlsysim.topology import FABRICS

OVERSUBSCRIPTION, COMPRESSION, RACK_NODES, SWITCH_PORTS = (1, 2, 4, 8), ("none", "int8"), 4, 64  # nodes of a leaf in the rack fabric


@dataclass(frozen=True, slots=True)
class FabricPurchase:
    """Step, price and spine of one design."""

    fabric: str = quantity(r"\text{fabric}", "")
    oversubscription: int = quantity("o", "1", doc="ports of a leaf for one uplink")
    forwarding: bool = quantity(r"\text{forwarding}", "", doc="over NVLink to the GPU on the destination's rail, then out")
    bucket_bytes: float = quantity("b", "B")
    compression: str = quantity(r"\text{compression}", "")
    expert_bytes: float = quantity("n", "B", doc="a GPU and all-to-all")
    exchanges: int = quantity("k", "1", doc="all-to-alls a step")
    nodes: int = quantity("m", "1", doc="of eight H100")
    gpus: int = quantity("N", "1", formula=r"8 \cdot <nodes>", source="definition")
    nic_bytes_per_s: float = quantity(r"\beta", "B/s")
    nvlink_bytes_per_s: float = quantity(r"\beta_{NVL}", "B/s")
    message_s: float = quantity(r"\alpha", "s")
    remote_share: float = quantity("r", "share", formula=r"\frac{<nodes> - 1}{<nodes>}", source="of the bytes, to other nodes")
    spine_share: float = quantity("x", "share", source="rail: to another rail, none with forwarding; rack: to another leaf", doc="through the spine")
    hot_factor: float = quantity(
        "f", "×", formula=r"\max(<remote_share>, <oversubscription> \cdot <spine_share>)", source="load over capacity of NIC and leaf", doc="busiest link"
    )
    forward_nvlink_s: float = quantity("t_f", "s", source="bytes that first cross NVLink, over its rate; without forwarding none")
    exchange_s: float = quantity(
        "t_x", "s", source="load over capacity; a message a node",
        formula=r"<exchanges> \cdot (\frac{<expert_bytes>}{<nic_bytes_per_s>} \cdot <hot_factor> + (<nodes> - 1) \cdot <message_s>) + <forward_nvlink_s>",
    )  # fmt: skip
    compute_s: float = quantity("t_c", "s", doc="forward and backward")
    exposed_s: float = quantity("t_e", "s", source="buckets one after the other under the backward pass", doc="gradients after it")
    compressing_s: float = quantity("t_q", "s", source="of the job, with int8")
    step_s: float = quantity("T", "s", formula="<compute_s> + <exchange_s> + <exposed_s> + <compressing_s>", source="sum")
    switches: int = quantity("s", "1", formula=r"8 + \lceil \frac{<gpus>}{64 \cdot <oversubscription>} \rceil", source="leaves and spine, 64 ports each")
    uplinks: float = quantity("u", "1", formula=r"\frac{<gpus>}{<oversubscription>}", source="definition")
    cables_usd: float = quantity("p_c", "$", source="rail: every port goes to a far leaf (illustrative)")
    price_usd: float = quantity("p", "$", formula=r"40000 \cdot <switches> + 3000 \cdot <uplinks> + <cables_usd>", source="illustrative")
    node_spine_bytes_per_s: float = quantity(
        "w", "B/s", formula=r"\frac{8 \cdot <nic_bytes_per_s>}{<oversubscription>}", source="share of the uplinks", doc="spine a node"
    )
    binds: str = quantity(r"\text{binds}", "", source="leaf or NIC: the busiest link of the exchange")
    others: tuple[tuple[str, int, bool, float, float, float], ...] = series("", doc="(fabric, o, forwarding, step, price, spine a node), rest as chosen")
    sources: dict = sources()


def fabric_purchase(
    fabric: str = "rail", oversubscription: int = 4, forwarding: bool = False, bucket_bytes: float = 25e6, compression: str = "none", *,
    expert_bytes: float = 64e6,
) -> FabricPurchase:  # fmt: skip
    """Step (s), price ($) and spine a node (B/s) of a design; `expert_bytes` a GPU sends in each of 48 all-to-alls.

    Errors: OutOfRange, WrongType. Source: load over capacity; α-β model; job and prices illustrative.

    >>> r = fabric_purchase("rail", 4)
    >>> round(r.step_s, 2), r.price_usd
    (1.15, 654400.0)
    """
    fabric, o = one_of("fabric", fabric, FABRICS), one_of("oversubscription", whole("oversubscription", oversubscription), OVERSUBSCRIPTION)
    forwarding, compression = flag("forwarding", forwarding), one_of("compression", compression, COMPRESSION)
    bucket, n = single(number, "bucket_bytes", bucket_bytes, low=1e3, high=1e15), single(positive, "expert_bytes", expert_bytes, high=1e15)
    return _purchase(fabric, o, forwarding, bucket, compression, n)


@lru_cache(maxsize=512)
def _purchase(fabric: str, o: int, forwarding: bool, bucket: float, compression: str, n: float) -> FabricPurchase:
    data = load("communication/experts.json")
    job, prices = data["job"], data["prices"]
    m, nic, nvlink, alpha = job["nodes"], data["port_bytes_per_s"]["value"], data["nvlink_bytes_per_s"]["value"], data["message_s"]["value"]
    parts = _step(fabric, o, forwarding, bucket, compression, n)
    remote, spine, hot, forward, exchange, exposed, compressing, step = parts
    gpus = GPUS_PER_NODE * m
    others = tuple(
        (f, ratio, on, _step(f, ratio, on, bucket, compression, n)[-1], _price(f, ratio, gpus), GPUS_PER_NODE * nic / ratio)
        for f in FABRICS for ratio in OVERSUBSCRIPTION for on in (False, True) if f == "rail" or not on or (f, ratio, on) == (fabric, o, forwarding)
    )  # fmt: skip
    return FabricPurchase(
        fabric=fabric, oversubscription=o, forwarding=forwarding, bucket_bytes=bucket, compression=compression, expert_bytes=n, exchanges=job["exchanges"],
        nodes=m, gpus=gpus, nic_bytes_per_s=nic, nvlink_bytes_per_s=nvlink, message_s=alpha, remote_share=remote, spine_share=spine, hot_factor=hot,
        forward_nvlink_s=forward, exchange_s=exchange, compute_s=job["forward_s"] + job["backward_s"], exposed_s=exposed, compressing_s=compressing,
        step_s=step, switches=_switches(o, gpus), uplinks=gpus / o, cables_usd=prices["rail_cable_usd"] * gpus if fabric == "rail" else 0.0,
        price_usd=_price(fabric, o, gpus), node_spine_bytes_per_s=GPUS_PER_NODE * nic / o, binds="leaf" if o * spine > remote else "NIC", others=others,
        sources={
            "nic_bytes_per_s": source_of(data["port_bytes_per_s"]), "nvlink_bytes_per_s": source_of(data["nvlink_bytes_per_s"]),
            "message_s": source_of(data["message_s"]), **dict.fromkeys(("exchanges", "nodes", "compute_s"), job["source"]),
        },
    )  # fmt: skip


def spine_share(fabric: str, nodes: int, rack_nodes: int, forwarding: bool = False) -> float:
    """Share of an all-to-all's bytes that climbs to the spine. Errors: OutOfRange. Source: counting pairs of GPUs.

    >>> round(spine_share("rail", 32, 4), 3), spine_share("rail", 32, 4, True), spine_share("rack", 32, 4)
    (0.848, 0.0, 0.875)
    """
    m, leaf = whole("nodes", nodes, low=2, high=10**6), whole("rack_nodes", rack_nodes, high=10**6)
    if one_of("fabric", fabric, FABRICS) == "rack":
        return max(0, m - leaf) / m
    return 0.0 if flag("forwarding", forwarding) else (m - 1) / m * (GPUS_PER_NODE - 1) / GPUS_PER_NODE


def _step(fabric: str, o: int, forwarding: bool, bucket: float, compression: str, n: float) -> tuple[float, ...]:
    """(remote, spine share, hot factor, forwarding, exchange, exposed, compressing, step)."""
    data = load("communication/experts.json")
    job, nic, nvlink, alpha = data["job"], data["port_bytes_per_s"]["value"], data["nvlink_bytes_per_s"]["value"], data["message_s"]["value"]
    m = job["nodes"]
    remote, spine = (m - 1) / m, spine_share(fabric, m, RACK_NODES, forwarding)
    hot = max(remote, o * spine)
    forward = job["exchanges"] * n * remote * (GPUS_PER_NODE - 1) / GPUS_PER_NODE / nvlink if forwarding else 0.0
    exchange = job["exchanges"] * (n / nic * hot + (m - 1) * alpha) + forward
    exposed, compressing = _exposed(fabric, o, bucket, compression), job["int8_s"] if compression == "int8" else 0.0
    return remote, spine, hot, forward, exchange, exposed, compressing, job["forward_s"] + job["backward_s"] + exchange + exposed + compressing


@lru_cache(maxsize=512)
def _exposed(fabric: str, o: int, bucket: float, compression: str) -> float:
    """Gradients that the backward pass does not hide; ring positions in order, so a rack sends one node's ports up."""
    data = load("communication/experts.json")
    job, m = data["job"], data["job"]["nodes"]
    size = 0.5 if compression == "int8" else 1.0
    crowded = max(1.0, o / RACK_NODES) if fabric == "rack" else 1.0
    one = hierarchical_all_reduce(
        min(bucket, job["gradient_bytes"]), GPUS_PER_NODE, m, node_latency_s=data["node_message_s"]["value"],
        node_bytes_per_s=data["nvlink_bytes_per_s"]["value"], network_latency_s=data["message_s"]["value"],
        network_bytes_per_s=data["port_bytes_per_s"]["value"],
    )  # fmt: skip
    per_byte = (one.node_time_s + one.network_time_s * size * crowded) / one.message_bytes
    return Queue(job["gradient_bytes"], 0.0, bucket, job["backward_s"], one.latency_time_s, per_byte).exposed_s


def _switches(o: int, gpus: int) -> int:
    return 8 + math.ceil(gpus / (SWITCH_PORTS * o))


def _price(fabric: str, o: int, gpus: int) -> float:
    p = load("communication/experts.json")["prices"]
    return p["switch_usd"] * _switches(o, gpus) + p["uplink_usd"] * gpus / o + (p["rail_cable_usd"] * gpus if fabric == "rail" else 0.0)
