"""Kernels, phases and training steps of one GPU, as `tools/measure_gpu.py` measures them."""

from __future__ import annotations

from mlsysim import kernels
from mlsysim._datafile import load
from mlsysim.catalog_entries import BYTES_OF_FORMAT
from mlsysim.decoder import Decoder
from mlsysim.language_training import training_step
from mlsysim.token_generation import decode_step, generate

from validation.cases import Case, Unmodelled
from validation.common import device, links
from validation.families.training import guarded
from validation.family import Family
from validation.measured import AREA

BACKWARD = 3  # a training step launches forward, and twice as much backward
FORMAT = "bf16"  # of everything but the products, which state theirs


def product_s(case: Case) -> float:
    """One matrix product by shape and format."""
    return kernels.product(case.need("m"), case.need("n"), case.need("k"), device(case), case.need("fmt")).time_s


def stream_s(case: Case) -> float:
    """A copy, a sum, a fill, or a kernel that passes over its input once."""
    return kernels.stream(case.need("traffic_bytes"), device(case)).time_s


def launch_s(case: Case) -> float:
    """Dependent kernels in a graph cost what it takes to fill and drain the chip; the host's own time is not modelled."""
    if case.need("kind") != "graph":
        raise Unmodelled("what the host needs for one launch depends on its processor, which the line does not state")
    return kernels.calibration(device(case)).kernel_s


def attention_s(case: Case) -> float:
    """Fused attention; its traffic is queries, keys, values and results, twice as much again backward."""
    values = case.need("batch") * case.need("heads") * case.need("sequence") * case.need("head_dim")
    passes = 4 + (8 if case.need("backward") else 0)
    return kernels.attention(case.need("work_flop"), passes * values * BYTES_OF_FORMAT[FORMAT], device(case), FORMAT).time_s


def shape_of(case: Case) -> Decoder:
    """The transformer that was timed."""
    return Decoder(case.need("model"), case.need("layers"), case.need("hidden"), case.need("heads"), vocabulary=case.need("vocabulary"), tied=False)


def host_s(model: Decoder, passes: int = 1) -> float:
    """Launches of an eager framework, which the GPU waits for when its own work is shorter."""
    engine = load("calibration/engines.json")["engines"]["eager"]
    return passes * engine["kernels_a_layer"] * model.layers * engine["kernel_s"]


def phase_s(case: Case) -> float:
    """Reading a prompt, or one token more after as many."""
    model, gpu, batch, tokens = shape_of(case), device(case), case.need("batch"), case.need("tokens")
    if case.need("phase") == "decode":
        return max(decode_step(model, gpu, batch=batch, context=tokens + 1, fmt=FORMAT).time_s, host_s(model))
    return max(generate(model, gpu, batch=batch, prompt_tokens=tokens, answer_tokens=1, fmt=FORMAT).prefill_s, host_s(model))


def training_s(case: Case) -> float:
    """Forward, backward and update on one GPU."""
    model, gpu, batch = shape_of(case), device(case), case.need("batch")
    node, network = links(gpu)  # nothing crosses them
    step = training_step(
        model, gpu, gpus=1, batch=batch, sequence=case.need("sequence"), microbatch=batch, sharding="none", fmt=FORMAT,
        recomputation="full" if case.need("recomputation") else "none",
        node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    return max(step.time_s, host_s(model, BACKWARD))


def power_w(case: Case) -> float:
    """Large products without a pause draw the rated power."""
    gpu, kind = device(case), case.need("kind")
    watts = {"products": gpu.power_w, "idle": gpu.idle_power_w}.get(kind)
    if watts is None:
        raise Unmodelled(f"the power of {gpu.title} under {kind!r} is not in the catalog")
    return watts


def _part(name: str):
    return lambda case: case.area == AREA and case.get("part") == name


FAMILIES = (
    Family("Matrix products on one GPU", _part("products"), guarded(product_s)),
    Family("Streams on one GPU", _part("memory"), guarded(stream_s)),
    Family("Kernels that pass once", _part("normalisation"), guarded(stream_s)),
    Family("Launches", _part("launch"), guarded(launch_s)),
    Family("Fused attention on one GPU", _part("attention"), guarded(attention_s)),
    Family("Prefill and decode of a small transformer", _part("inference"), guarded(phase_s)),
    Family("Training steps on one GPU", _part("training"), guarded(training_s)),
    Family("Power of one GPU", _part("power"), guarded(power_w)),
)
