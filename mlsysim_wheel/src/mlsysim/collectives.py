"""Collective communication in the α-β model: T = messages·α + bytes/β.

α is the latency of one message, β the bandwidth of a GPU's port each way. An algorithm is its two counts: messages
one after the other on the critical path, and bytes through the busiest port.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.errors import number, one_of, whole
from mlsysim.quantity import quantity, sources

ALL_REDUCE = ("ring", "binary tree", "double binary tree", "parameter server")
CHUNK_BYTES = 131_072.0  # pipelining granule of the double binary tree
THAKUR = "Thakur et al. 2005"


@dataclass(frozen=True, slots=True)
class Collective:
    """Time of one collective among equals."""

    operation: str = quantity(r"\text{operation}", "")
    algorithm: str = quantity(r"\text{algorithm}", "")
    message_bytes: float = quantity("n", "B", doc="size of the whole buffer on a GPU")
    gpus: int = quantity("N", "1")
    latency_s: float = quantity(r"\alpha", "s", doc="of one message")
    bandwidth_bytes_per_s: float = quantity(r"\beta", "B/s", doc="of a port, each way")
    messages: int = quantity("k", "1", source=THAKUR, doc="one after the other")
    moved_bytes: float = quantity(r"D_{vol}", "B", source=THAKUR, doc="through the busiest port")
    latency_time_s: float = quantity(r"T_\alpha", "s", formula=r"<messages> \cdot <latency_s>", source="α-β model")
    transfer_time_s: float = quantity(r"T_\beta", "s", formula=r"\frac{<moved_bytes>}{<bandwidth_bytes_per_s>}", source="α-β model")
    time_s: float = quantity("T", "s", formula=r"<latency_time_s> + <transfer_time_s>", source="α-β model")
    latency_share: float = quantity(r"T_\alpha/T", "share", formula=r"\frac{<latency_time_s>}{<time_s>}", source="α-β model")
    bus_bytes_per_s: float = quantity(
        r"\beta_{bus}", "B/s", source="bytes that a bandwidth-optimal algorithm moves, over the time (nccl-tests)", doc="bus bandwidth"
    )
    bus_share: float = quantity(
        r"\beta_{bus}/\beta", "share", formula=r"\frac{<bus_bytes_per_s>}{<bandwidth_bytes_per_s>}", source="definition"
    )
    sources: dict = sources()


def all_reduce(message_bytes: float, gpus: int, latency_s: float, bandwidth_bytes_per_s: float, algorithm: str = "ring") -> Collective:
    """Sum of a buffer of `message_bytes` that each of `gpus` holds, left on all of them.

    ring: 2(N−1)α + 2((N−1)/N)n/β. binary tree, l = ⌈log2 N⌉, not pipelined: 2l(α + n/β). double binary tree, in
    chunks c of 128 KiB: 2l(α + min(c, n)/β) + 2n/β, with two or three GPUs + (N/2)n/β. parameter server behind one port:
    2α + 2N·n/β.
    Errors: OutOfRange. Source: Thakur et al. 2005; Sanders et al. 2009 for the double tree.

    >>> from mlsysim.units import fmt
    >>> fmt(all_reduce(1e6, 512, 7e-6, 47e9).time_s, "s").replace(chr(8239), " ")
    '7.20 ms'
    """
    n, gpus = _message(message_bytes), whole("gpus", gpus)
    one_of("algorithm", algorithm, ALL_REDUCE)
    if gpus == 1:
        messages, moved = 0, 0.0 * n
    elif algorithm == "ring":
        messages, moved = 2 * (gpus - 1), 2 * (gpus - 1) / gpus * n
    elif algorithm == "parameter server":
        messages, moved = 2, 2.0 * gpus * n
    else:
        depth = (gpus - 1).bit_length()  # ⌈log2 N⌉ in whole numbers
        messages = 2 * depth
        chunk = (n < CHUNK_BYTES) * n + (n >= CHUNK_BYTES) * CHUNK_BYTES  # min(n, CHUNK_BYTES), also for an array
        moved = messages * n if algorithm == "binary tree" else messages * chunk + min(2.0, gpus / 2) * n
    return _collective("all-reduce", algorithm, n, gpus, latency_s, bandwidth_bytes_per_s, messages, moved, 2 * (gpus - 1) / gpus * n)


def reduce_scatter(message_bytes: float, gpus: int, latency_s: float, bandwidth_bytes_per_s: float) -> Collective:
    """Sum of a buffer, of which each GPU keeps one Nth; ring: (N−1)α + ((N−1)/N)n/β. Errors, source: as all_reduce.

    >>> reduce_scatter(8e9, 8, 0.0, 1e9).time_s
    7.0
    """
    return _half("reduce-scatter", message_bytes, gpus, latency_s, bandwidth_bytes_per_s, "ring")


def all_gather(message_bytes: float, gpus: int, latency_s: float, bandwidth_bytes_per_s: float) -> Collective:
    """The Nths of a buffer of `message_bytes`, collected on every GPU; ring: (N−1)α + ((N−1)/N)n/β.

    Errors, source: as all_reduce.

    >>> all_gather(8e9, 8, 0.5, 1e9).time_s
    10.5
    """
    return _half("all-gather", message_bytes, gpus, latency_s, bandwidth_bytes_per_s, "ring")


def all_to_all(message_bytes: float, gpus: int, latency_s: float, bandwidth_bytes_per_s: float) -> Collective:
    """Every GPU sends another Nth of its buffer to every other, pair by pair: (N−1)α + ((N−1)/N)n/β.

    Errors, source: as all_reduce.

    >>> all_to_all(64e6, 64, 0.0, 1e9).moved_bytes
    63000000.0
    """
    return _half("all-to-all", message_bytes, gpus, latency_s, bandwidth_bytes_per_s, "pairwise")


def crossover_bytes(gpus: int, latency_s: float, bandwidth_bytes_per_s: float) -> float:
    """Message size (B) at which ring and binary-tree all-reduce take equally long; below it the tree is faster.

    n* = α(2(N−1) − 2l)β/(2l − 2(N−1)/N), l = ⌈log2 N⌉. Zero for two GPUs, where the ring has no more messages.
    Errors: OutOfRange for fewer than two GPUs. Source: equating the two times of all_reduce.

    >>> f"{crossover_bytes(512, 7e-6, 47e9) / 1e6:.3g} MB"
    '20.6 MB'
    """
    gpus = whole("gpus", gpus, low=2)
    latency_s, bandwidth = _latency(latency_s), _bandwidth(bandwidth_bytes_per_s)
    depth = (gpus - 1).bit_length()
    return latency_s * (2 * (gpus - 1) - 2 * depth) * bandwidth / (2 * depth - 2 * (gpus - 1) / gpus)


@dataclass(frozen=True, slots=True)
class HierarchicalAllReduce:
    """All-reduce in two levels: reduce-scatter in the node, all-reduce of each part between nodes, all-gather in it."""

    message_bytes: float = quantity("n", "B")
    gpus_per_node: int = quantity("g", "1")
    nodes: int = quantity("q", "1")
    node_latency_s: float = quantity(r"\alpha_{in}", "s")
    node_bytes_per_s: float = quantity(r"\beta_{in}", "B/s", doc="of a GPU inside the node")
    network_latency_s: float = quantity(r"\alpha_{out}", "s")
    network_bytes_per_s: float = quantity(r"\beta_{out}", "B/s", doc="of a GPU's port between nodes")
    latency_time_s: float = quantity(
        r"T_\alpha",
        "s",
        formula=r"2 \cdot (<gpus_per_node> - 1) \cdot <node_latency_s> + 2 \cdot (<nodes> - 1) \cdot <network_latency_s>",
        source="α-β model",
    )
    node_time_s: float = quantity(
        r"T_{in}",
        "s",
        formula=r"2 \cdot \frac{<gpus_per_node> - 1}{<gpus_per_node>} \cdot \frac{<message_bytes>}{<node_bytes_per_s>}",
        source="α-β model",
    )
    network_time_s: float = quantity(
        r"T_{out}",
        "s",
        formula=r"2 \cdot \frac{<nodes> - 1}{<nodes>} \cdot \frac{<message_bytes>/<gpus_per_node>}{<network_bytes_per_s>}",
        source="α-β model",
    )
    time_s: float = quantity("T", "s", formula=r"<latency_time_s> + <node_time_s> + <network_time_s>", source="α-β model")
    sources: dict = sources()


def hierarchical_all_reduce(
    message_bytes: float,
    gpus_per_node: int,
    nodes: int,
    *,
    node_latency_s: float,
    node_bytes_per_s: float,
    network_latency_s: float,
    network_bytes_per_s: float,
) -> HierarchicalAllReduce:
    """Ring all-reduce in two levels over `nodes` nodes; each GPU's port carries only its share between nodes.

    2(g−1)α_in + 2((g−1)/g)n/β_in + 2(q−1)α_out + 2((q−1)/q)(n/g)/β_out; one node leaves the plain ring.
    Errors: OutOfRange. Source: the three phases of `reduce_scatter`, `all_reduce`, `all_gather`.

    >>> r = hierarchical_all_reduce(8e9, 8, 2, node_latency_s=0, node_bytes_per_s=7e9, network_latency_s=0, network_bytes_per_s=1e9)
    >>> r.node_time_s, r.network_time_s
    (2.0, 1.0)
    """
    inner = reduce_scatter(message_bytes, gpus_per_node, node_latency_s, node_bytes_per_s)
    outer = all_reduce(message_bytes / inner.gpus, nodes, network_latency_s, network_bytes_per_s)
    latency = 2 * inner.latency_time_s + outer.latency_time_s
    node_time, network_time = 2 * inner.transfer_time_s, outer.transfer_time_s
    return HierarchicalAllReduce(
        message_bytes=message_bytes,
        gpus_per_node=inner.gpus,
        nodes=outer.gpus,
        node_latency_s=node_latency_s,
        node_bytes_per_s=node_bytes_per_s,
        network_latency_s=network_latency_s,
        network_bytes_per_s=network_bytes_per_s,
        latency_time_s=latency,
        node_time_s=node_time,
        network_time_s=network_time,
        time_s=latency + node_time + network_time,
    )


def _message(value):
    return number("message_bytes", value, low=1e-3, high=1e30)


def _latency(value):
    return number("latency_s", value, low=0.0, high=1e6)


def _bandwidth(value):
    return number("bandwidth_bytes_per_s", value, low=1.0, high=1e30)


def _half(operation, message_bytes, gpus, latency_s, bandwidth, algorithm) -> Collective:
    n, gpus = _message(message_bytes), whole("gpus", gpus)
    moved = (gpus - 1) / gpus * n
    return _collective(operation, algorithm, n, gpus, latency_s, bandwidth, gpus - 1, moved, moved)


def _collective(operation, algorithm, n, gpus, latency_s, bandwidth, messages, moved, least) -> Collective:
    """The result from the two counts; `least` are the bytes that no algorithm can avoid."""
    latency_s, bandwidth = _latency(latency_s), _bandwidth(bandwidth)
    latency_time = messages * latency_s
    transfer_time = moved / bandwidth
    time = latency_time + transfer_time
    bus = least / time if gpus > 1 else 0.0  # alone, a GPU exchanges nothing in no time
    return Collective(
        operation=operation,
        algorithm=algorithm,
        message_bytes=n,
        gpus=gpus,
        latency_s=latency_s,
        bandwidth_bytes_per_s=bandwidth,
        messages=messages,
        moved_bytes=moved,
        latency_time_s=latency_time,
        transfer_time_s=transfer_time,
        time_s=time,
        latency_share=latency_time / time if gpus > 1 else 0.0,
        bus_bytes_per_s=bus,
        bus_share=bus / bandwidth,
    )
