"""Collectives walked over a fabric, transfer by transfer: the most loaded link sets the time.

64 GPUs in eight nodes. GPU i of a node has an NVLink and a NIC of its own. In the rail-optimised fabric leaf r holds NIC r
of every node; in the rack fabric a leaf holds two nodes. Leaves meet in a spine, oversubscribed o:1. Latency is left out.
Source: NVIDIA DGX SuperPOD reference architecture 2023 (rails); NCCL 2.12 notes 2022 (forwarding over NVLink).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

COLLECTIVES = ("ring in order", "ring shuffled", "hierarchical", "parameter server", "all-to-all", "all-to-all with forwarding")
FABRICS = ("rail", "rack")
KINDS = ("NVLink", "NIC", "leaf up", "leaf down")
NODES, SIDE, LEAVES = 8, 8, {"rail": 8, "rack": 4}
_GPUS = NODES * SIDE
_CLASS = {"nvlink out": "NVLink", "nvlink in": "NVLink", "nic out": "NIC", "nic in": "NIC", "up": "leaf up", "down": "leaf down"}


@dataclass(frozen=True, slots=True)
class FabricWalk:
    """Loads of one collective on one fabric."""

    collective: str = quantity(r"\text{collective}", "")
    fabric: str = quantity(r"\text{fabric}", "")
    oversubscription: float = quantity("o", "1")
    message_bytes: float = quantity("n", "B")
    seed: int = quantity("s", "1", doc="of the shuffle")
    nic_bytes_per_s: float = quantity(r"\beta", "B/s")
    nvlink_bytes_per_s: float = quantity(r"\beta_{NVL}", "B/s")
    leaf_bytes_per_s: float = quantity(r"\beta_{leaf}", "B/s", source="ports of the leaf times β, over o")
    nvlink_s: float = quantity("t_{NVL}", "s", source="walk", doc="busiest NVLink")
    nic_s: float = quantity("t_{NIC}", "s", source="walk", doc="busiest NIC")
    up_s: float = quantity("t_{up}", "s", source="walk", doc="busiest leaf up")
    down_s: float = quantity("t_{down}", "s", source="walk", doc="busiest leaf down")
    time_s: float = quantity("T", "s", source="largest load over capacity of any link")
    hottest: str = quantity(r"\text{hottest}", "", source="walk")
    hottest_kind: str = quantity(r"\text{kind}", "", source="walk; of equals the nearer to the GPU")
    reference_s: float = quantity("T_0", "s", source="well placed, full spine")
    slowdown: float = quantity("T/T_0", "×", formula=r"\frac{<time_s>}{<reference_s>}", source="definition")
    spine_bytes: float = quantity("D_{spine}", "B", source="sum over the leaves' uplinks")
    balance_share: float = quantity("b", "share", source="mean over all links of load/capacity, over the largest")
    state: str = quantity(r"\text{state}", "", source="a leaf link takes more than twice as long as any NIC")
    nvlink_shares: tuple[float, ...] = series("share", doc="time of each GPU's NVLink against the largest")
    nic_shares: tuple[float, ...] = series("share", doc="time of each GPU's NIC against the largest")
    leaf_shares: tuple[float, ...] = series("share", doc="time of each leaf's uplink or downlink against the largest")
    leaf_of: tuple[int, ...] = series("1", doc="leaf of each GPU's NIC")
    hottest_kinds: tuple[str, ...] = series("", doc="kinds of link that take equally long, the nearest to the GPU first")
    sources: dict = sources()


def walk(collective: str = "ring shuffled", fabric: str = "rail", oversubscription: float = 4, message_bytes: float = 1e9, seed: int = 3) -> FabricWalk:
    """Load every link with the transfers of a collective of `message_bytes` a GPU; the hottest link gives the time (s).

    Errors: OutOfRange, WrongType. Source: load over capacity; ring bytes from Thakur et al. 2005.

    >>> r = walk("ring shuffled", "rail", 4)
    >>> round(r.time_s * 1e3), r.hottest_kind, round(r.slowdown, 1)
    (147, 'leaf up', 28.0)
    """
    collective, fabric = one_of("collective", collective, COLLECTIVES), one_of("fabric", fabric, FABRICS)
    o = single(positive, "oversubscription", oversubscription, high=1e6)
    n, seed = single(positive, "message_bytes", message_bytes, high=1e30), whole("seed", seed, low=0)
    data, loads = load("communication/experts.json"), _loads(collective, fabric, seed if collective == "ring shuffled" else 0)
    nic, nvlink = data["port_bytes_per_s"]["value"], data["nvlink_bytes_per_s"]["value"]
    leaf = _GPUS // LEAVES[fabric] * nic / o
    speed = {"NVLink": nvlink, "NIC": nic, "leaf up": leaf, "leaf down": leaf}
    times = {link: n * amount / speed[_CLASS[link[0]]] for link, amount in loads.items()}
    by_kind = {kind: max((t for link, t in times.items() if _CLASS[link[0]] == kind), default=0.0) for kind in KINDS}
    most = max(by_kind.values())
    kinds = tuple(k for k in KINDS if by_kind[k] >= most * (1 - 1e-9))
    kind = kinds[0]
    link = next(x for x, t in times.items() if _CLASS[x[0]] == kind and t >= most * (1 - 1e-9))
    reference = most
    well = "ring in order" if not collective.startswith("all-to-all") else "all-to-all"
    if (collective, o) != (well, 1):
        reference = walk(well, fabric, 1, n, seed).time_s
    both = lambda a, b, count: tuple(max(times.get((a, i), 0.0), times.get((b, i), 0.0)) / most for i in range(count))  # noqa: E731
    return FabricWalk(
        collective=collective, fabric=fabric, oversubscription=o, message_bytes=n, seed=seed, nic_bytes_per_s=nic, nvlink_bytes_per_s=nvlink,
        leaf_bytes_per_s=leaf, nvlink_s=by_kind["NVLink"], nic_s=by_kind["NIC"], up_s=by_kind["leaf up"], down_s=by_kind["leaf down"],
        time_s=most, hottest=_name(link), hottest_kind=kind, reference_s=reference, slowdown=most / reference,
        spine_bytes=n * sum(amount for (what, _), amount in loads.items() if what == "up"),
        balance_share=sum(times.values()) / (4 * _GPUS + 2 * LEAVES[fabric]) / most,
        state="spine collapse" if max(by_kind["leaf up"], by_kind["leaf down"]) > 2 * by_kind["NIC"] else "working",
        nvlink_shares=both("nvlink out", "nvlink in", _GPUS), nic_shares=both("nic out", "nic in", _GPUS), leaf_shares=both("up", "down", LEAVES[fabric]),
        leaf_of=tuple(_leaf(fabric, g) for g in range(_GPUS)), hottest_kinds=kinds,
        sources={"nic_bytes_per_s": source_of(data["port_bytes_per_s"]), "nvlink_bytes_per_s": source_of(data["nvlink_bytes_per_s"])},
    )  # fmt: skip


def slowdowns(fabric: str = "rail", seed: int = 3) -> tuple[tuple[str, tuple[tuple[int, float], ...]], ...]:
    """Every collective with (oversubscription, times slower than well placed on a full spine) for 1, 2, 4 and 8 to one.

    Message size cancels. Errors: OutOfRange, WrongType. Source: `walk`.

    >>> [(o, round(s, 1)) for o, s in dict(slowdowns("rail"))["all-to-all"]]
    [(1, 1.0), (2, 1.8), (4, 3.5), (8, 7.0)]
    """
    fabric, seed = one_of("fabric", fabric, FABRICS), whole("seed", seed, low=0)
    return tuple((name, _slowdowns(name, fabric, seed if name == "ring shuffled" else 0)) for name in COLLECTIVES)


@lru_cache(maxsize=64)
def _slowdowns(collective: str, fabric: str, seed: int) -> tuple[tuple[int, float], ...]:
    return tuple((o, walk(collective, fabric, o, 1e9, seed).slowdown) for o in (1, 2, 4, 8))


def _leaf(fabric: str, g: int) -> int:
    return g % SIDE if fabric == "rail" else g // (2 * SIDE)


def _name(link: tuple[str, int]) -> str:
    what, i = link
    if what in ("up", "down"):
        return f"{what}link of leaf {i}"
    return f"{what.replace('nvlink', 'NVLink').replace('nic', 'NIC')} of node {i // SIDE}, GPU {i % SIDE}"


@lru_cache(maxsize=256)
def _loads(collective: str, fabric: str, seed: int) -> dict[tuple[str, int], float]:
    """Bytes on every link for a message of one byte."""
    loads: dict[tuple[str, int], float] = {}

    def put(what: str, i: int, amount: float) -> None:
        loads[what, i] = loads.get((what, i), 0.0) + amount

    def send(a: int, b: int, amount: float) -> None:
        if a // SIDE == b // SIDE:
            put("nvlink out", a, amount)
            put("nvlink in", b, amount)
            return
        put("nic out", a, amount)
        put("nic in", b, amount)
        up, down = _leaf(fabric, a), _leaf(fabric, b)
        if up != down:
            put("up", up, amount)
            put("down", down, amount)

    hop = 2 * (_GPUS - 1) / _GPUS
    if collective == "ring in order":
        for channel in range(SIDE):
            for node in range(NODES):
                for j in range(SIDE - 1):
                    send(node * SIDE + (channel + j) % SIDE, node * SIDE + (channel + j + 1) % SIDE, hop / SIDE)
                send(node * SIDE + channel, (node + 1) % NODES * SIDE + channel, hop / SIDE)  # NIC of the channel on both sides
    elif collective == "ring shuffled":
        order = list(range(_GPUS))
        random.Random(seed).shuffle(order)
        for a, b in zip(order, order[1:] + order[:1], strict=True):
            send(a, b, hop)  # eight channels, an eighth each
    elif collective == "hierarchical":
        inner = 2 * (SIDE - 1) / SIDE
        for g in range(_GPUS):
            send(g, g // SIDE * SIDE + (g + 1) % SIDE, inner)
            send(g, (g + SIDE) % _GPUS, 2 * (NODES - 1) / NODES / SIDE)
    elif collective == "parameter server":
        for g in range(1, _GPUS):
            send(g, 0, 1.0)
            send(0, g, 1.0)
    else:
        for s in range(_GPUS):
            for d in range(_GPUS):
                if s == d:
                    continue
                via = s // SIDE * SIDE + d % SIDE
                if collective == "all-to-all with forwarding" and s // SIDE != d // SIDE and via != s:
                    send(s, via, 1 / _GPUS)
                    send(via, d, 1 / _GPUS)
                else:
                    send(s, d, 1 / _GPUS)
    return loads
