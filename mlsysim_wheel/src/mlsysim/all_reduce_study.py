"""One all-reduce on a network: what a message costs, what the algorithm sends, and which cure would help most.

The latency of a message is software, two NICs and the switches on its way; an algorithm pays it once a round.
Source: Thakur et al. 2005 (α-β model).
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.collectives import ALL_REDUCE, all_reduce, crossover_bytes
from mlsysim.errors import non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

CURES = ("latency", "bandwidth", "algorithm")
IDLE_SHARE = 0.01  # of the port: below it, the port idles
_SIZES = tuple(10.0 ** (3 + i / 4) for i in range(29))  # 1 kB to 10 GB


@dataclass(frozen=True, slots=True)
class AllReduceStudy:
    """Time of one all-reduce, its parts, and the times after three cures."""

    message_bytes: float = quantity("n", "B")
    gpus: int = quantity("N", "1")
    algorithm: str = quantity(r"\text{algorithm}", "")
    software_s: float = quantity("a_{sw}", "s", doc="of one message")
    nic_s: float = quantity("a_{nic}", "s", doc="of one NIC")
    switch_s: float = quantity("a_{switch}", "s", doc="of one switch")
    hops: int = quantity("h", "1", doc="switches on the way")
    bandwidth_bytes_per_s: float = quantity(r"\beta", "B/s", doc="of a port, each way")
    latency_s: float = quantity(
        r"\alpha", "s", formula=r"<software_s> + 2 \cdot <nic_s> + <hops> \cdot <switch_s>", source="parts of one message in a row"
    )
    messages: int = quantity("k", "1", source="Thakur et al. 2005", doc="one after the other")
    moved_bytes: float = quantity("D_{vol}", "B", source="Thakur et al. 2005", doc="through the busiest port")
    latency_time_s: float = quantity(r"T_\alpha", "s", formula=r"<messages> \cdot <latency_s>", source="α-β model")
    transfer_time_s: float = quantity(r"T_\beta", "s", formula=r"\frac{<moved_bytes>}{<bandwidth_bytes_per_s>}", source="α-β model")
    time_s: float = quantity("T", "s", formula="<latency_time_s> + <transfer_time_s>", source="α-β model")
    latency_share: float = quantity(r"T_\alpha/T", "share", formula=r"\frac{<latency_time_s>}{<time_s>}", source="definition")
    bus_bytes_per_s: float = quantity(r"\beta_{bus}", "B/s", source="2((N−1)/N)n over the time (nccl-tests)")
    bus_share: float = quantity(r"\beta_{bus}/\beta", "share", formula=r"\frac{<bus_bytes_per_s>}{<bandwidth_bytes_per_s>}", source="definition")
    round_transfer_s: float = quantity("t_n", "s", formula=r"\frac{<transfer_time_s>}{<messages>}", source="definition", doc="bytes of one round on the wire")
    crossover_bytes: float = quantity("n^*", "B", source="ring and binary tree take equally long")
    crossover_s: float = quantity("T(n^*)", "s", source="time of the ring at n*")
    best_algorithm: str = quantity(r"\text{best}", "", source="shortest of the four times")
    best_s: float = quantity("T_{min}", "s", source="shortest of the four times")
    half_latency_s: float = quantity(r"T(\alpha/2)", "s", source="the same with half the latency")
    twice_bandwidth_s: float = quantity(r"T(2\beta)", "s", source="the same with twice the bandwidth")
    other_algorithm: str = quantity(r"\text{other}", "", source="fastest of the other three")
    other_s: float = quantity("T_{other}", "s", source="fastest of the other three")
    best_cure: str = quantity(r"\text{cure}", "", source="shortest of the three times")
    state: str = quantity(r"\text{state}", "", source="below one hundredth of β the port idles")
    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("s", doc="algorithm and its (bytes, time)")
    sources: dict = sources()


@remembered(256)
def study_all_reduce(
    message_bytes: float = 1e6,
    gpus: int = 512,
    algorithm: str = "ring",
    *,
    software_s: float = 5e-6,
    nic_s: float = 0.7e-6,
    switch_s: float = 0.2e-6,
    hops: int = 3,
    bandwidth_bytes_per_s: float = 47e9,
) -> AllReduceStudy:
    """Time (s) of an all-reduce of `message_bytes` over `gpus`, compared with other algorithms and cures.

    Errors: OutOfRange for fewer than two GPUs, WrongType. Source: Thakur et al. 2005; the latency parts are illustrative.

    >>> r = study_all_reduce(1e6, 512, "ring")
    >>> round(r.time_s * 1e3, 2), r.best_cure
    (7.2, 'algorithm')
    """
    n = single(positive, "message_bytes", message_bytes, high=1e30)
    gpus, algorithm, hops = whole("gpus", gpus, low=2), one_of("algorithm", algorithm, ALL_REDUCE), whole("hops", hops, high=1000)
    parts = {k: single(non_negative, k, v, high=1e3) for k, v in (("software_s", software_s), ("nic_s", nic_s), ("switch_s", switch_s))}
    beta = single(positive, "bandwidth_bytes_per_s", bandwidth_bytes_per_s, high=1e30)
    alpha = parts["software_s"] + 2 * parts["nic_s"] + hops * parts["switch_s"]
    here = {name: all_reduce(n, gpus, alpha, beta, name) for name in ALL_REDUCE}
    r = here[algorithm]
    best = min(here.values(), key=lambda c: c.time_s)
    other = min((c for c in here.values() if c.algorithm != algorithm), key=lambda c: c.time_s)
    half, twice = all_reduce(n, gpus, alpha / 2, beta, algorithm).time_s, all_reduce(n, gpus, alpha, 2 * beta, algorithm).time_s
    cross = crossover_bytes(gpus, alpha, beta)
    return AllReduceStudy(
        message_bytes=n, gpus=gpus, algorithm=algorithm, **parts, hops=hops, bandwidth_bytes_per_s=beta, latency_s=alpha,
        messages=r.messages, moved_bytes=r.moved_bytes, latency_time_s=r.latency_time_s, transfer_time_s=r.transfer_time_s, time_s=r.time_s,
        latency_share=r.latency_share, bus_bytes_per_s=r.bus_bytes_per_s, bus_share=r.bus_share, round_transfer_s=r.transfer_time_s / r.messages,
        crossover_bytes=cross, crossover_s=all_reduce(cross, gpus, alpha, beta).time_s if cross > 1e-3 else 0.0,
        best_algorithm=best.algorithm, best_s=best.time_s, half_latency_s=half, twice_bandwidth_s=twice,
        other_algorithm=other.algorithm, other_s=other.time_s, best_cure=min(zip((half, twice, other.time_s), CURES, strict=True))[1],
        state="idle" if r.bus_share < IDLE_SHARE else "working",
        lines=tuple((name, tuple((size, all_reduce(size, gpus, alpha, beta, name).time_s) for size in _SIZES)) for name in ALL_REDUCE),
    )  # fmt: skip
