"""Bus bandwidth of collectives."""

from __future__ import annotations

import re

from mlsysim.collectives import all_reduce
from mlsysim.kernels import software
from mlsysim.switch_reduction import switch_all_reduce

from validation.cases import Case, Unmodelled
from validation.families.training import guarded
from validation.family import Family

LATENCY_S = 1e-6  # of a message; large ones do not feel it
LARGE_BYTES = 1e9  # where the size of the message is not stated
LINE_RATES = {"h100": 450, "h200": 450, "a100": 300, "v100": 150}  # GB/s each way of NVLink, from the data sheets


def _bytes(text: str) -> float:
    found = re.search(r"([\d.]+)\s*(GB|MB|KB)", text)
    return float(found[1]) * {"GB": 1e9, "MB": 1e6, "KB": 1e3}[found[2]] if found else LARGE_BYTES


def bus(case: Case) -> float:
    """GB/s by the convention of nccl-tests: an attainable share of the line, over the ring or with the sum in the switch."""
    words = f"{case.get('gpu', '')} {case.get('nic', '')}".lower()
    if case.get("nic"):
        return case.need("line_rate_gbytes") * software("port_share")
    message = _bytes(str(case.get("size") or case.get("max_size") or ""))
    if case.get("theoretical_gbps"):
        nodes = re.search(r"(\d+) nodes", words)
        gpus = 8 * int(nodes[1]) if nodes else 16
        return all_reduce(message, gpus, LATENCY_S, case.need("theoretical_gbps") * 1e9 * software("port_share")).bus_bytes_per_s / 1e9
    line = case.get("line_rate_gbps") or next((rate for name, rate in LINE_RATES.items() if name in words), None)
    if line is None:
        raise Unmodelled("the line rate is not stated")
    count = re.search(r"x\s*(\d+)\b|\b(\d+)\s*x", words)
    gpus = int(count[1] or count[2]) if count else 8
    port = line * 1e9 * software("nvlink_share")
    reduce = switch_all_reduce if "nvl" in str(case.get("algo", "")).lower() else all_reduce
    return reduce(message, gpus, LATENCY_S, port).bus_bytes_per_s / 1e9


FAMILIES = (
    Family("Bus bandwidth", lambda c: c.area == "collectives" and "GB/s" in c.unit, guarded(bus),
           remark="With reduction in the switch the bus bandwidth is a number of the ring's count, not of a wire."),
)  # fmt: skip
