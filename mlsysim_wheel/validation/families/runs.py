"""GPU-hours of whole runs: only model, tokens and GPU are known, so the layout is a usual one."""

from __future__ import annotations

from mlsysim import kernels
from mlsysim.decoder import size
from mlsysim.language_training import training_step
from mlsysim.run_account import run_days

from validation.cases import Case, Unmodelled
from validation.common import decoder, device, links
from validation.families.training import guarded
from validation.family import Family


def usual_step(case: Case):
    """The fastest of the usual layouts that fit: 8 thousand tokens a microbatch, weights sharded over all GPUs, a layer on one
    GPU or on eight, activations kept or recomputed; experts on 64 GPUs."""
    gpu = device(case)
    node, network = links(gpu)
    model = decoder(case)
    sequence = case.get("seq", 2048)
    activations = 34.0 * sequence * model.hidden * model.layers  # bytes of one sequence without stored scores
    gpus = max(64, min(case.get("gpus", 256), 2048)) // 64 * 64
    room = 0.9 * gpu.memory_bytes - (0 if model.experts > 1 else 16.0 * size(model).parameters / gpus)
    steps = []
    for tensor in (1, 8):
        for mode in ("none", "full"):
            kept = activations / tensor if mode == "none" else activations / 17
            micro = min(max(1, 8192 // sequence), int(room // kept))
            if micro < 1 or model.heads % tensor or (model.experts > 1 and tensor > 1):
                continue
            batch = gpus // tensor * micro * 4
            options = dict(expert=64, sharding="optimizer") if model.experts > 1 else {}
            steps.append(
                training_step(
                    model, gpu, gpus=gpus, batch=batch, sequence=sequence, microbatch=micro, tensor=tensor, recomputation=mode,
                    sequence_parallel=tensor > 1, fmt="fp8" if "fp8" in str(case.get("precision")) else "bf16",
                    node_bytes_per_s=node["bandwidth_bytes_per_s"], network_bytes_per_s=network["bandwidth_bytes_per_s"], **options,
                )  # fmt: skip
            )
    if not steps:
        raise Unmodelled("no usual layout fits the memory")
    return max(steps, key=lambda step: step.tokens_per_s_per_gpu)


def gpu_hours(case: Case) -> float:
    """Hours of all GPUs together, or tokens a second and GPU."""
    if "implausibly low" in case.notes:
        raise Unmodelled("the published hours cover more than one pre-training pass")
    step = usual_step(case)
    if case.unit.startswith("tokens/s"):
        return step.tokens_per_s_per_gpu
    return case.need("tokens") / step.tokens_per_s_per_gpu / 3600 / kernels.software("run_share")


def projected_days(case: Case) -> float:
    """8PT/(nX) of Narayanan et al."""
    return run_days(case.need("params_b") * 1e9, case.need("tokens"), case.need("gpus"), case.need("tflops_per_gpu") * 1e12)


def compute(case: Case) -> float:
    """6ND."""
    from mlsysim.scaling_laws import training_flop

    return training_flop(case.need("params_b") * 1e9, case.need("tokens"))


FAMILIES = (
    Family("Whole runs, layout not stated", lambda c: c.area == "training" and ("hours" in c.unit or ("tokens/s" in c.unit and c.get("params_b"))),
           guarded(gpu_hours), "fitted",
           "share of a step's rate that a run keeps, on Llama 1 and 2", 
           remark="Layout, software and lost time differ from run to run and are not published; one usual layout stands for all."),
    Family("Projected days", lambda c: "projected training time" in c.metric, guarded(projected_days)),
    Family("Training FLOP", lambda c: c.metric == "training compute", guarded(compute)),
)  # fmt: skip
