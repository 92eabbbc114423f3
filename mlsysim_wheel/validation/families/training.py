"""Steps of language-model training with a stated layout."""

from __future__ import annotations

from mlsysim import catalog
from mlsysim.decoder import Decoder, size
from mlsysim.errors import MlsysimError
from mlsysim.language_training import training_step
from mlsysim.transformer import Transformer, training_work

from validation.cases import Case, Unmodelled
from validation.common import decoder, device, links
from validation.family import Family

TERA = 1e12
AMPERE = "ceiling of matrix products and of fused attention on Ampere, contention of exchanges, bytes a logit, elementwise bytes"


def _is_a100(case: Case) -> bool:
    return "a100" in str(case.get("gpu", "")).lower()


def _sharded(case: Case) -> bool:
    return case.area == "training" and bool(case.get("microbatch")) and "activation_checkpointing" in case.config


def fsdp(case: Case) -> float:
    """Tokens a second and GPU with full sharding, from model, batch and sequence."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    once = case.need("gpus") * case.need("microbatch")
    batch = max(1, round(case.need("global_batch_seqs") / once)) * once
    step = training_step(
        model, gpu, gpus=case.need("gpus"), batch=batch, sequence=case.need("seq"), microbatch=case.need("microbatch"),
        recomputation="full" if case.get("activation_checkpointing") else "none", fmt="fp8" if "fp8" in str(case.get("precision")) else "bf16",
        node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    if case.unit.startswith("tokens/s"):
        return step.tokens_per_s_per_gpu * (1 if "GPU" in case.unit else step.gpus)
    if case.unit == "%":
        return 100 * step.mfu_share
    raise Unmodelled(f"a rate in {case.unit} is not defined for this family")


def _megatron(case: Case) -> bool:
    return case.area == "training" and case.get("tp") and case.get("pp") and case.unit == "TFLOP/s/GPU" and case.get("scheme", "PTD-P") == "PTD-P"


def chunks_of(layers: int, pipeline: int, microbatches: int) -> int:
    """Layer blocks a GPU in an interleaved schedule where a paper does not state them: two, where that divides."""
    here = layers // pipeline
    return 2 if pipeline > 1 and here % 2 == 0 and microbatches % pipeline == 0 else 1


def hardware_rate(case: Case, model: Decoder, step) -> float:
    """TFLOP/s a GPU as Narayanan et al. count: a full recomputation included."""
    gpt = Transformer("as published", model.layers, model.hidden, model.heads, case.get("seq", 2048), model.vocabulary)
    return training_work(gpt, step.batch, "full").hardware_flop / (step.gpus * step.time_s) / TERA


def three_dimensional(case: Case) -> float:
    """Hardware TFLOP/s a GPU under tensor, pipeline and data parallelism; microbatch 1 (4 without a pipeline) unless stated."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    t, p, n, batch = case.need("tp"), case.need("pp"), case.need("gpus"), case.need("global_batch_seqs")
    d = n // (t * p)
    micro = case.get("microbatch") or (1 if p > 1 else 4)
    step = training_step(
        model, gpu, gpus=n, batch=batch, sequence=case.get("seq", 2048), microbatch=micro, tensor=t, pipeline=p,
        chunks=chunks_of(model.layers, p, batch // (d * micro)), recomputation="full", sharding="none", attention="unfused", fmt="fp16",
        node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    return hardware_rate(case, model, step)


def zero3(case: Case) -> float:
    """Hardware TFLOP/s a GPU with ZeRO-3 as of 2021: three gathers a microbatch through one network port of a node."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    step = training_step(
        model, gpu, gpus=case.need("gpus"), batch=case.need("global_batch_seqs"), sequence=case.get("seq", 2048), microbatch=case.need("microbatch"),
        recomputation="full", sharding="full", weight_gathers=3, rails=1, attention="unfused", fmt="fp16",
        node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    return hardware_rate(case, model, step)


def _tpu(case: Case) -> bool:
    return "TPU" in str(case.get("accelerator", "")) and case.area == "training"


def tpu(case: Case) -> float:
    """PaLM and Gopher: groups of 12 (PaLM) or 8 chips share a layer, weights sharded over the rest, everything recomputed."""
    chip = device(case)
    model = decoder(case)
    chips = case.get("chips", 4096)
    group = 12 if "12-way" in str(case.get("parallelism", "")) else 8
    while model.heads % group or chips % group:
        group //= 2
    port = chip.links[0].bandwidth_bytes_per_s if chip.links else 70e9
    batch = case.get("global_batch_seqs") or 2048
    replicas = chips // group
    # The layer's group lies along the torus and has all links of a chip; the weights come along one axis of two or three: a quarter.
    step = training_step(
        model, chip, gpus=chips, batch=max(1, round(batch / replicas)) * replicas, sequence=case.get("seq", 2048), tensor=group,
        recomputation="full", sharding="full", attention="unfused", node_bytes_per_s=port, network_bytes_per_s=port / 4, latency_s=1e-6,
        gpus_per_node=group, sequence_parallel=True,
    )  # fmt: skip
    if case.unit == "tokens/s":
        return step.tokens_per_s_per_gpu * chips
    if case.unit == "chip-hours":
        return case.need("tokens") / step.tokens_per_s_per_gpu / 3600
    flop = step.tokens_per_s_per_gpu * (6 * size(model).active_parameters + 12 * model.layers * model.heads * model.head_dim * case.get("seq", 2048))
    if case.metric.startswith("HFU"):
        flop *= 4 / 3
    return 100 * flop / chip.peak("bf16")


def _partly_stated(case: Case) -> bool:
    return case.area == "training" and case.unit in ("%", "TFLOP/s/GPU") and bool(case.get("params_b"))


def partly_stated(case: Case) -> float:
    """Rate of a run of which only model and GPU are stated, in groups of eight with full recomputation."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    if not case.get("gpus"):
        raise Unmodelled("neither the number of GPUs nor the layout or the network of this run is published")
    n = case.need("gpus")
    t = 8 if model.heads % 8 == 0 and n % 8 == 0 else 1
    replicas = n // t
    recent = "a100" in gpu.name or "h100" in gpu.name
    fmt = "bf16" if recent else "fp16"
    step = training_step(
        model, gpu, gpus=n, batch=replicas * 8, sequence=case.get("seq", 2048), microbatch=8, tensor=t, recomputation="full", sharding="full",
        attention="unfused", fmt=fmt, node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    if "utilization" in case.metric:
        return hardware_rate(case, model, step)
    model_rate = step.tokens_per_s_per_gpu * 6 * size(model).active_parameters
    return model_rate / TERA if case.unit == "TFLOP/s/GPU" else 100 * model_rate / gpu.peak(fmt)


def _replicated(case: Case) -> bool:
    return case.area == "training" and "tokens_per_iter" in case.config


def replicated(case: Case) -> float:
    """Days of a run with replicated weights (DDP)."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    sequence = case.need("seq")
    batch = case.need("tokens_per_iter") // sequence
    step = training_step(
        model, gpu, gpus=case.need("gpus"), batch=batch, sequence=sequence, microbatch=case.need("microbatch"), sharding="none",
        node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
    )  # fmt: skip
    return step.time_s * case.need("iters") / 86400


def _scaling(case: Case) -> bool:
    return "scaling efficiency" in case.metric


def scaling(case: Case) -> float:
    """Strong scaling of BERT pre-training from one node: the same global batch on more nodes, lengths of 128 tokens."""
    gpu = catalog.device("a100_sxm_40gb")
    node, network = links(gpu)
    model = decoder(case)
    nodes = case.need("gpus") // 8
    times = []
    for n in (8, 8 * nodes):
        step = training_step(
            model, gpu, gpus=n, batch=case.need("global_batch_seqs"), sequence=128, microbatch=64, sharding="none", attention="unfused", causal=False,
            node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"],
        )  # fmt: skip
        times.append(step.time_s)
    return 100 * times[0] / (times[1] * nodes)


def guarded(predict):
    """A layout that the simulator refuses is a case that it does not represent, with its reason."""

    def run(case: Case) -> float:
        try:
            return predict(case)
        except MlsysimError as error:
            raise Unmodelled(str(error)) from error

    return run


FAMILIES = (
    Family("FSDP training, A100", lambda c: _sharded(c) and _is_a100(c), guarded(fsdp), "fitted", AMPERE,
           "70B on 64 GPUs of 40 GB runs out of room for gathered weights, which is not modelled."),
    Family("FSDP training, H100", _sharded, guarded(fsdp), "fitted", "ceiling of matrix products and of fused attention on Hopper",
           "One sequence of 8,192 tokens a GPU of the 30B model, and 8-bit training, are slower than their kernels."),
    Family("ZeRO-3 training, 2021", lambda c: "ZeRO-3" in str(c.get("scheme")), guarded(zero3), remark="With a microbatch of four the"
           " prediction hides all gathers behind the computation; the run did not."),
    Family("Tensor, pipeline and data parallelism, 2021", _megatron, guarded(three_dimensional)),
    Family("Training on TPU", _tpu, guarded(tpu), remark="The chip-hours of PaLM hold time that is no step, and the layout of Gopher is assumed."),
    Family("Training rate, layout not stated", lambda c: _partly_stated(c) and "hours" not in c.unit, guarded(partly_stated),
           remark="The paper says \"up to\"."),
    Family("Data-parallel training of a small model", _replicated, guarded(replicated), remark="The author says \"about\" four days, with evaluation"
           " and logging in them."),
    Family("Strong scaling of BERT", _scaling, guarded(scaling)),
)  # fmt: skip
