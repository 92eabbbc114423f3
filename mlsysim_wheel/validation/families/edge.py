"""Inference times of convolutional networks on phones, boards and small accelerators."""

from __future__ import annotations

import re

from mlsysim._datafile import load
from mlsysim.edge_latency import core_latency

from validation.cases import Case, Unmodelled
from validation.families.training import guarded
from validation.family import Family

CORES = (
    (r"pixel (1|xl)|pixel$", "pixel_1"), (r"pixel 2", "pixel_2"), (r"iphone 7", "iphone_7"), (r"iphone 8", "iphone_8"), (r"iphone 11", "iphone_11_pro"),
    (r"a53|i\.mx8", "cortex_a53_1500"), (r"raspberry pi 3", "raspberry_pi_3b_plus"), (r"raspberry pi 4", "raspberry_pi_4"),
    (r"raspberry pi 5", "raspberry_pi_5"), (r"xeon", "xeon_avx2"),
)  # fmt: skip
SSD_MOBILENET_V2_GMAC = 0.8  # 300 px, COCO head (recalled)
INT8_BYTES = {"inception v4": 43e6}  # of networks whose parameters exceed the memory on the chip; the others fit


def core_of(name: str) -> str:
    """The calibrated core that a device's name stands for."""
    for pattern, core in CORES:
        if re.search(pattern, name.lower()):
            return core
    raise Unmodelled(f"no calibrated core for {name!r}")


def on_core(case: Case) -> float:
    """Milliseconds on a processor, from the multiply-adds alone."""
    backend = str(case.get("backend") or case.get("framework") or "CPU")
    if not re.search(r"cpu|tflite|tensorflow lite", backend, re.I):
        raise Unmodelled(f"no calibrated rate of {backend} on {case.need('device')}")
    macs = case.get("gmacs", 0) * 1e9 or case.get("mmacs", 0) * 1e6
    if not macs and "SSD MobileNet v2" in str(case.get("model")):
        macs = SSD_MOBILENET_V2_GMAC * 1e9
    if not macs:
        raise Unmodelled("the multiply-adds of the network are not stated")
    words = f"{case.get('model', '')} {case.get('precision', '')}".lower()
    fmt = "int8" if "quant" in words or "int8" in words or case.get("framework") == "TFLite" else "fp32"
    return 1e3 * core_latency(macs, core_of(case.need("device")), fmt, case.get("threads", 1)).time_s


def edge_tpu(case: Case) -> float:
    """Milliseconds on the Edge TPU: a fixed time, arithmetic, and parameters that do not fit streamed again."""
    raw = load("edge/edge_tpu.json")
    chip = raw["edge_tpu"]
    macs = case.need("gmacs") * 1e9
    time = chip["fixed_s"]["value"] + 2 * macs / (chip["peak_op_per_s"]["value"] * chip["efficiency"]["value"])
    weights = INT8_BYTES.get(case.need("model").lower(), 0.0)
    time += max(0.0, weights - chip["cache_bytes"]["value"]) / raw["links"]["pcie_gen2_x1"]["value"]
    return 1e3 * time


def _is_edge(case: Case) -> bool:
    return case.area == "edge" and case.unit == "ms"


FAMILIES = (
    Family("Edge TPU", lambda c: _is_edge(c) and "Edge TPU" in str(c.get("device")), guarded(edge_tpu), "in sample",
           "fixed time and efficiency on MobileNet v1 and Inception v1, link on Inception v4 (labs use the same three)"),
    Family("Networks on one core (phones, boards, desktop)", _is_edge, guarded(on_core), "fitted", "one share for fp32, one for int8",
           "NASNet and SqueezeNet are many small operations, which multiply-adds do not count."),
)  # fmt: skip
