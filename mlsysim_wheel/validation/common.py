"""What several families need: devices, links and model shapes from the words of a configuration."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache
from pathlib import Path

from mlsysim import catalog, kernels
from mlsysim._datafile import load
from mlsysim.catalog_entries import Device
from mlsysim.decoder import Decoder, size, typical_shape

from validation.cases import Case, Unmodelled

GPUS = (
    (r"a100.*sxm.*40|a100-?40", "a100_sxm_40gb"), (r"a100.*pcie.*40", "a100_pcie_40gb"), (r"a100 80gb$|a100.*pcie", "a100_pcie_80gb"),
    (r"a100", "a100_sxm_80gb"), (r"h100 ?pcie", "h100_pcie"), (r"h200", "h200_sxm"), (r"gh200", "gh200"), (r"h[18]00", "h100_sxm"),
    (r"v100", "v100_sxm2_32gb"), (r"\bt4\b", "t4"), (r"l40s", "l40s"), (r"\bl4\b", "l4"), (r"4090", "rtx_4090"), (r"3090", "rtx_3090"),
    (r"a10g", "a10g"), (r"\ba10\b", "a10"), (r"\ba30\b", "a30"), (r"\ba40\b", "a40"), (r"tpu ?v4", "tpu_v4"), (r"tpu ?v3", "tpu_v3"),
)  # fmt: skip


def device(case: Case) -> Device:
    """The GPU of a case, with the peak and the bandwidth that the configuration states."""
    words = str(case.get("gpu") or case.get("accelerator") or case.get("device") or "").lower()
    for pattern, name in GPUS:
        if re.search(pattern, words):
            found = catalog.device(name)
            break
    else:
        raise Unmodelled(f"no calibrated device for {words!r}")
    stated = case.get("hbm_gbps") or case.get("mem_bw_gbps")
    if case.get("hbm_gbps_empirical"):  # what streams were measured to reach there, in place of the generation's share
        stated = case.get("hbm_gbps_empirical") / kernels.calibration(found).memory_share
    if stated:
        found = dataclasses.replace(found, memory_bandwidth_bytes_per_s=stated * 1e9)
    return found


def links(gpu: Device) -> tuple[dict, dict]:
    """Calibrated link inside a node and between nodes, usual for the GPU: NVLink and one InfiniBand port each."""
    known = load("calibration/links.json")["links"]
    node = next((p.name for p in gpu.links if p.name in known), "nvlink3")
    return known[node] | {"name": node}, known["ndr" if node == "nvlink4" else "hdr"]


@cache
def shapes() -> dict:
    """Known architectures by plain name."""
    return json.loads(Path(__file__).with_name("architectures.json").read_text(encoding="utf-8"))["models"]


def plain(name: str) -> str:
    """A model's name reduced to letters, digits and points; Llama 1 and 2 of one size share a shape."""
    text = re.sub(r"^(meta-)?llama[- ]?2(?![\d.])[-: ]?", "llama ", name.lower().strip())
    text = re.sub(r"llama-?3(\.[13])?[-: ](?=\d)", "llama 3 ", text)
    return re.sub(r"[^a-z0-9.]", "", re.sub(r"llama-?3\.2", "llama 3.2", text))


def shape(name: str) -> Decoder | None:
    """A published model by its name, or None."""
    found = next((known for key, known in shapes().items() if plain(key) == plain(name)), None)
    return Decoder(name, **found) if found else None


def stated_parameters(case: Case) -> float:
    """Parameters as the configuration states them, or as the name of the model says ("…-14b"), or 0."""
    stated = case.get("params_b", 0) * 1e9 or case.get("params_m", 0) * 1e6 or case.get("params", 0)
    word = re.search(r"(\d+(?:\.\d+)?)\s*([bm])\b", str(case.get("model", "")).lower())
    return stated or (float(word[1]) * {"b": 1e9, "m": 1e6}[word[2]] if word else 0.0)


def decoder(case: Case) -> Decoder:
    """The model of a case: by name, by its stated shape, or a typical shape of its size."""
    named = shape(str(case.get("model", "")))
    if named is not None:
        return named
    parameters = stated_parameters(case)
    for name, known in shapes().items():  # a name hidden in the source, and the right size
        found = Decoder(name, **known)
        if parameters and name.split()[0] in case.source.lower().replace("deepseek-v3", "deepseek") and abs(size(found).parameters / parameters - 1) < 0.08:
            return found
    if case.get("layers") and case.get("hidden"):
        heads = case.get("heads") or max(1, case.get("hidden") // 128)
        extra = {k: case.get(k) for k in ("kv_heads", "head_dim") if case.get(k)}
        return Decoder(str(case.get("model", case.id)), case.need("layers"), case.need("hidden"), heads, vocabulary=case.get("vocab", 50257), **extra)
    if not parameters:
        raise Unmodelled("neither the shape nor the size of the model is stated")
    return typical_shape(parameters)
