"""Tokens a second of language models on GPUs, boards and laptops."""

from __future__ import annotations

import dataclasses
import re

from mlsysim import catalog
from mlsysim._datafile import load
from mlsysim.decoder import size
from mlsysim.speculative_decoding import speculate
from mlsysim.token_generation import decode_step, generate, memory_bound_step

from validation.cases import Case, Unmodelled
from validation.common import decoder, device, links, shape
from validation.families.training import guarded
from validation.family import Family

GIB = 2**30
TORUS_EXCHANGE_S = 30e-6  # all-reduce of one token among sixteen neighbours on a torus (recalled)
WEIGHT_BYTES = {"bf16": 2.0, "fp16": 2.0, "int8": 1.0, "fp8": 1.0}
MEMORY_GB = {"m1 max 24": 32, "m2 ultra": 192, "m3 max 40": 48, "m3 10": 16}  # of the machines in the table, as its notes state or imply


def _static(case: Case) -> bool:
    return case.area == "inference" and bool(case.get("input_len")) and bool(case.get("output_len"))


def static_batch(case: Case) -> float:
    """Answer tokens a second and GPU; an engine of 2023 reads keys and values for every query head."""
    gpu = device(case)
    fp8 = "fp8" in str(case.get("precision", ""))
    if fp8 and "fp8" not in gpu.peak_flop_per_s:
        raise Unmodelled(f"{gpu.title} does not compute in fp8")
    run = generate(
        decoder(case), gpu, batch=case.need("batch"), prompt_tokens=case.need("input_len"), answer_tokens=case.need("output_len"),
        fmt="fp8" if fp8 else "fp16", cache_bytes=1.0 if fp8 else 2.0, tensor=case.get("tp", 1), link=links(gpu)[0]["name"],
        group_reads="0.6" not in case.source and "0.5" not in case.source,
    )  # fmt: skip
    return run.tokens_per_s_per_gpu * (1 if "GPU" in case.unit else case.get("tp", 1))


def _compiled(case: Case) -> bool:
    return case.area == "inference" and case.get("batch") == 1 and bool(case.get("precision")) and "tok/s" in case.unit


def compiled(case: Case) -> float:
    """Tokens a second at batch 1 of a compiled engine, weights quantised or not."""
    gpu = device(case)
    word = str(case.need("precision"))
    group = re.search(r"int4 g(\d+)", word)
    width = 0.5 + 4.0 / int(group[1]) if group else 0.5 if "int4" in word else WEIGHT_BYTES.get(word)
    if width is None:
        raise Unmodelled(f"the precision {word!r} is not modelled")
    model = decoder(case)
    step = decode_step(model, gpu, context=case.get("prompt_len", 5) + 100.0, weight_bytes=width, tensor=case.get("tp", 1), link=links(gpu)[0]["name"])
    return step.tokens_per_s


def engine_of(name: str) -> str:
    """Which calibrated engine drives a machine, by the words of its name."""
    words = name.lower()
    if re.search(r"\bm[1-5]\b|mac", words):
        return "metal"
    if re.search(r"a100|h100|h200|gh200|v100|\ba30\b|mi\d+", words):
        return "cuda_hbm"
    if re.search(r"rtx|\b[345]0[5-9]0\b|a[2456]000|a4500|titan|gtx|\bl4\b|l40|\ba40\b|\ba10|\bt4\b", words):
        return "cuda_gddr"
    return "cpu"


def layers_of(case: Case) -> int:
    """Layers of the model by name, or of a typical one of that size."""
    known = shape(case.need("model"))
    return known.layers if known else decoder(case).layers


def memory_bound(case: Case) -> float:
    """Tokens a second at batch 1 from the file of weights, the bandwidth, and the launches of an engine."""
    name = case.need("device")
    if "offload" in name.lower():
        raise Unmodelled("part of the weights crosses PCIe or runs on the host; the split is not stated")
    weights = case.need("weights_gib") * GIB
    engine = load("calibration/engines.json")["engines"][engine_of(name)]
    held = next((gb for word, gb in MEMORY_GB.items() if word in name.lower()), None)
    if held and weights > engine.get("working_set_share", 1.0) * held * 1e9:
        raise Unmodelled(f"{weights / 1e9:.1f} GB exceed the working set of a machine of {held} GB: it pages")
    bandwidth = case.get("mem_bw_gbps")
    if bandwidth is None:
        raise Unmodelled("the configuration states no memory bandwidth")
    bandwidth *= 1e9
    cores = re.search(r"(\d+)-core", name)
    if cores and "core_bytes_per_s" in engine:
        bandwidth = min(bandwidth, int(cores[1]) * engine["core_bytes_per_s"] / engine["memory_share"])
    launches = engine["kernels_a_layer"] * layers_of(case)
    step = memory_bound_step(weights, bandwidth, memory_share=engine["memory_share"], launches=launches, launch_s=engine["kernel_s"])
    return step.tokens_per_s


def _sliced(case: Case) -> bool:
    return "latency per token" in case.metric or "latency autoregressive" in case.metric or ("speedup over FP16" in case.metric and bool(case.get("bits")))


def in_turn(name: str, bits: float, gpu) -> float:
    """Seconds a token with the layers spread over GPUs that work in turn; launches of an eager framework run ahead of them."""
    known = shape(name)
    if known is None:
        raise Unmodelled(f"no shape of {name}")
    engine = load("calibration/engines.json")["engines"]["eager"]
    step = memory_bound_step(size(known).parameters * bits / 8, gpu.bandwidth(), memory_share=engine["memory_share"])
    return max(step.time_s, engine["kernels_a_layer"] * known.layers * engine["kernel_s"])


def sliced(case: Case) -> float:
    """Milliseconds a token of the largest models, or what fewer bits gain; a tensor group in the case of TPUs."""
    if "TPU" in str(case.get("hw", "")):
        chip = catalog.device("tpu_v4")
        chips = int(re.search(r"(\d+)x", case.need("hw"))[1])
        model = shape("chinchilla 70b")
        step = memory_bound_step(2.0 * case.get("params_b", 70) * 1e9 / chips, chip.bandwidth(), memory_share=0.85)
        return 1e3 * (step.time_s + 2 * model.layers * TORUS_EXCHANGE_S)
    bits = case.get("bits") or (8 if "int8" in str(case.get("precision")) else 16)
    words = f"{case.get('gpu', '')} {case.get('precision', '')}".lower()
    gpu = catalog.device("a100_sxm_80gb")
    if "a6000" in words:
        gpu = dataclasses.replace(gpu, memory_bandwidth_bytes_per_s=768e9)
    name = case.need("model")
    if "speedup" in case.metric:
        return in_turn(name, 16, gpu) / in_turn(name, bits, gpu)
    return 1e3 * in_turn(name, bits, gpu)


def distilled(case: Case) -> float:
    """Seconds of a network with half the layers, from the teacher's: everything but the embeddings halves."""
    return case.need("teacher_time_s") / 2


def speculation(case: Case) -> float:
    """Speedup from the stated acceptance and the sizes of both models; a draft step costs its share of the weights."""
    large, small = (float(re.search(r"([\d.]+)\s*(B|M)", case.need(k))[1]) * (1e9 if " B" in f" {case.need(k)[-1]}" else 1e6) for k in ("target", "draft"))
    return speculate(case.need("gamma"), case.need("alpha"), small / large).speedup


ENGINE = "share of bandwidth and kernel time of the engine"
FAMILIES = (
    Family("Static batches, TensorRT-LLM", _static, guarded(static_batch),
           remark="The first release of the engine read keys and values once for every query head; caches in L2 make that cheaper than modelled."),
    Family("Decode at batch 1, compiled", _compiled, guarded(compiled), "fitted", "time to fill and drain a chip, share of"
           " bandwidth with narrow weights", "Products with 4-bit weights were slower in 2023 than their bytes say."),
    Family("llama.cpp on CUDA", lambda c: c.get("engine") == "llama.cpp" and engine_of(str(c.get("device"))).startswith("cuda"), guarded(memory_bound),
           "fitted", ENGINE),
    Family("llama.cpp on Metal", lambda c: c.get("engine") == "llama.cpp", guarded(memory_bound), "fitted", ENGINE,
           "The smaller M1 Max cannot draw its whole bandwidth in 16 bit."),
    Family("ollama on boards and desktops", lambda c: c.area == "edge" and "ollama" in str(c.get("quant", "")), guarded(memory_bound), "fitted",
           "share of bandwidth of a CPU", "The Raspberry Pi 400 is bound by arithmetic, not by memory."),
    Family("Latency of the largest models", _sliced, guarded(sliced),
           remark="LLM.int8 splits every product in two and adds casts, which the count of kernels does not have."),
    Family("Half the layers (DistilBERT)", lambda c: bool(c.get("teacher_time_s")), guarded(distilled), remark="Embeddings and start-up do not halve."),
    Family("Speculative decoding", lambda c: bool(c.get("gamma")) and bool(c.get("alpha")), guarded(speculation)),
)  # fmt: skip
