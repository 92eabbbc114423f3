"""All-reduce with the sum done in the switch (NVLink SHARP and its kin)."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import non_negative, positive, whole
from mlsysim.quantity import quantity, sources


@dataclass(frozen=True, slots=True)
class SwitchAllReduce:
    """One all-reduce through a switch that adds."""

    message_bytes: float = quantity("n", "B")
    gpus: int = quantity("N", "1")
    latency_s: float = quantity(r"\alpha", "s")
    bandwidth_bytes_per_s: float = quantity(r"\beta", "B/s", doc="of a port, each way")
    moved_bytes: float = quantity(
        r"D_{vol}", "B", formula=r"<message_bytes> \cdot \frac{<gpus> + 1}{<gpus>}", doc="each way through a port",
        source="a GPU offers its whole buffer to the others' sums and sends the Nth that it summed once",
    )  # fmt: skip
    time_s: float = quantity("T", "s", formula=r"2 \cdot <latency_s> + \frac{<moved_bytes>}{<bandwidth_bytes_per_s>}", source="α-β model")
    bus_bytes_per_s: float = quantity(
        r"\beta_{bus}", "B/s", formula=r"2 \cdot \frac{<gpus> - 1}{<gpus>} \cdot \frac{<message_bytes>}{<time_s>}",
        source="bytes that a ring would move, over the time (nccl-tests): may exceed the wire",
    )  # fmt: skip
    sources: dict = sources()


def switch_all_reduce(message_bytes: float, gpus: int, latency_s: float, bandwidth_bytes_per_s: float) -> SwitchAllReduce:
    """2α + n(N+1)/(Nβ). By the ring's count the bus bandwidth is above that of the wire. Errors: OutOfRange.

    >>> round(switch_all_reduce(1e9, 8, 0.0, 350e9).bus_bytes_per_s / 1e9)
    544
    """
    n, gpus = single(positive, "message_bytes", message_bytes, high=1e30), whole("gpus", gpus, low=2)
    latency_s = single(non_negative, "latency_s", latency_s, high=1e6)
    bandwidth = single(positive, "bandwidth_bytes_per_s", bandwidth_bytes_per_s, high=1e30)
    moved = n * (gpus + 1) / gpus
    time = 2 * latency_s + moved / bandwidth
    return SwitchAllReduce(n, gpus, latency_s, bandwidth, moved, time, 2 * (gpus - 1) / gpus * n / time)
