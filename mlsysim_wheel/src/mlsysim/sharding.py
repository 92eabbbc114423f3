"""A data-parallel training step with its state sharded (ZeRO): time, rate, memory, and what binds.

The exchange overlaps the computation, so a step takes the longer of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.clusters import Cluster, as_cluster, load_cluster
from mlsysim.errors import Infeasible, number, positive, whole
from mlsysim.published_training import megatron_runs
from mlsysim.quantity import quantity, series, sources
from mlsysim.training_memory import activation_memory, training_state
from mlsysim.transformer import Transformer, as_transformer, parameters, training_work

CURVE_GPUS = (64, 80, 96, 128, 160, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1120, 1280, 1536, 1792, 2048, 2240)


@dataclass(frozen=True, slots=True)
class ZeroStep:
    """One step of data-parallel training with full recomputation under a ZeRO stage."""

    model: str = quantity(r"\text{model}", "")
    gpus: int = quantity("N", "1")
    stage: int = quantity(r"\text{ZeRO}", "1")
    batch: int = quantity("B", "1", doc="sequences a step")
    parameters: float = quantity("P", "1")
    peak_flop_per_s: float = quantity("R", "FLOP/s")
    efficiency: float = quantity(r"\eta", "share")
    bandwidth_bytes_per_s: float = quantity("BW", "B/s", doc="of the exchange, a GPU")
    memory_limit_bytes: float = quantity("M_{max}", "B")
    work_flop: float = quantity("F", "FLOP", source="Narayanan et al., SC21, equation 3", doc="of all GPUs, with full recomputation")
    compute_s: float = quantity(
        "T_c", "s", formula=r"\frac{<work_flop>}{<gpus> \cdot <peak_flop_per_s> \cdot <efficiency>}", source="Iron Law"
    )
    traffic_bytes: float = quantity("D_{vol}", "B", source="Rajbhandari et al. 2020: 4P(N−1)/N, stage 3 6P(N−1)/N", doc="a GPU and step")
    exchange_s: float = quantity("T_x", "s", formula=r"\frac{<traffic_bytes>}{<bandwidth_bytes_per_s>}", source="Iron Law")
    time_s: float = quantity("T", "s", formula=r"\max(<compute_s>, <exchange_s>)", source="overlap of computation and exchange")
    baseline_gpus: int = quantity("N_0", "1")
    baseline_time_s: float = quantity("T_0", "s", source="the same step on the baseline's GPUs")
    speedup: float = quantity("S", "×", formula=r"\frac{<baseline_time_s>}{<time_s>}", source="definition")
    flop_per_s_per_gpu: float = quantity("R_{eff}", "FLOP/s", formula=r"\frac{<work_flop>}{<gpus> \cdot <time_s>}", source="definition")
    weights_bytes: float = quantity("M_w", "B", source="Rajbhandari et al. 2020")
    gradients_bytes: float = quantity("M_g", "B", source="Rajbhandari et al. 2020")
    optimizer_bytes: float = quantity("M_o", "B", source="Rajbhandari et al. 2020")
    state_bytes: float = quantity("M_s", "B", formula=r"<weights_bytes> + <gradients_bytes> + <optimizer_bytes>", source="sum")
    microbatch: float = quantity("b", "1", formula=r"<batch> / <gpus>", source="definition", doc="mean sequences a GPU")
    activation_bytes: float = quantity("A", "B", source="Korthikanti et al. 2023: 2sbhl + sbh(34 + 5as/h)")
    memory_bytes: float = quantity("M", "B", formula=r"<state_bytes> + <activation_bytes>", source="sum")
    fits: bool = quantity(r"M \le M_{max}", "", source="comparison")
    binding: str = quantity(r"\text{binds}", "", source="memory if it does not fit, else the longer of computation and exchange")
    curve_gpus: tuple = series("1", doc="GPU counts at which the batch gives each at least one sequence")
    curve_flop_per_s: tuple = series("FLOP/s", doc="rate a GPU at these, memory ignored")
    published: tuple = series("FLOP/s", doc="(model, GPUs, batch, measured rate a GPU) of all published ZeRO-3 runs")
    sources: dict = sources()


def zero_step(
    model: Transformer,
    gpus: int,
    stage: int,
    batch: int,
    *,
    bandwidth_bytes_per_s: float | None = None,
    efficiency: float | None = None,
    baseline_gpus: int = 384,
    cluster: Cluster | None = None,
) -> ZeroStep:
    """A step on `gpus` data-parallel GPUs: T = max(F/(N·R·η), traffic/bandwidth), memory = state + activations.

    Bandwidth (B/s) and efficiency come from the cluster (Selene by default) unless given; the limit is the whole
    memory of a GPU. P is the model's nominal count if it has one. A step that does not fit is still timed, with
    `binding` "memory". Errors: OutOfRange; Infeasible for fewer than one sequence a GPU, at N or at the baseline.
    Source: Rajbhandari et al. 2020; calibrated on two rows of Narayanan et al., SC21, Table 2.

    >>> from mlsysim.published_training import megatron_model
    >>> step = zero_step(megatron_model("174.6B"), 1536, 3, 1536)
    >>> f"{step.time_s:.1f} s, {step.speedup:.2f}x, {step.binding}"
    '66.7 s, 1.23x, network'
    """
    m = as_transformer(model)
    cluster = load_cluster() if cluster is None else as_cluster(cluster)
    gpus, batch, baseline_gpus = whole("gpus", gpus), whole("batch", batch), whole("baseline_gpus", baseline_gpus)
    for n in (gpus, baseline_gpus):
        if batch < n:
            raise Infeasible(f"A batch of {batch} sequences leaves {n} GPUs less than one sequence each")
    given_sources = {
        "peak_flop_per_s": cluster.sources.get("peak_flop_per_s", "given"),
        "memory_limit_bytes": cluster.sources.get("memory_bytes", "given"),
    }
    if bandwidth_bytes_per_s is None:
        bandwidth_bytes_per_s = cluster.zero_bytes_per_s
        given_sources["bandwidth_bytes_per_s"] = cluster.sources.get("zero_bytes_per_s", "given")
    if efficiency is None:
        efficiency = cluster.zero_efficiency
        given_sources["efficiency"] = cluster.sources.get("zero_efficiency", "given")
    bandwidth = number("bandwidth_bytes_per_s", bandwidth_bytes_per_s, low=1.0, high=1e30)
    eta = number("efficiency", efficiency, low=1e-6, high=1.0)
    count = m.nominal_parameters or parameters(m)
    work = training_work(m, batch, "full").hardware_flop
    rate = cluster.peak_flop_per_s * eta

    def times(n: int) -> tuple[float, float]:
        return work / (n * rate), training_state(count, n, stage).traffic_bytes / bandwidth

    state = training_state(count, gpus, stage)
    compute, exchange = times(gpus)
    time, base = max(compute, exchange), max(times(baseline_gpus))
    activations = activation_memory(m, batch / gpus, "full").activation_bytes
    memory = state.state_bytes + activations
    fits = memory <= cluster.memory_bytes
    curve = tuple(n for n in CURVE_GPUS if n <= batch)
    return ZeroStep(
        model=m.name,
        gpus=gpus,
        stage=state.stage,
        batch=batch,
        parameters=count,
        peak_flop_per_s=cluster.peak_flop_per_s,
        efficiency=eta,
        bandwidth_bytes_per_s=bandwidth,
        memory_limit_bytes=cluster.memory_bytes,
        work_flop=work,
        compute_s=compute,
        traffic_bytes=state.traffic_bytes,
        exchange_s=exchange,
        time_s=time,
        baseline_gpus=baseline_gpus,
        baseline_time_s=base,
        speedup=base / time,
        flop_per_s_per_gpu=work / (gpus * time),
        weights_bytes=state.weights_bytes,
        gradients_bytes=state.gradients_bytes,
        optimizer_bytes=state.optimizer_bytes,
        state_bytes=state.state_bytes,
        microbatch=batch / gpus,
        activation_bytes=activations,
        memory_bytes=memory,
        fits=fits,
        binding="memory" if not fits else ("network" if exchange > compute else "compute"),
        curve_gpus=curve,
        curve_flop_per_s=tuple(work / (n * max(times(n))) for n in curve),
        published=tuple((r.model.name, r.gpus, r.batch, r.flop_per_s_per_gpu) for r in megatron_runs("zero3")),
        sources=given_sources,
    )


def zero3_network_bound_gpus(
    tokens: float,
    bandwidth_bytes_per_s: float,
    *,
    peak_flop_per_s: float = 312e12,
    efficiency: float = 0.46,
) -> float:
    """GPUs beyond which a ZeRO-3 step is network-bound: (8PD/(Rη))/(6P/BW), where the parameters cancel.

    `tokens` D a step, 8PD FLOP with full recomputation, 6P bytes a GPU (N large). Errors: OutOfRange.
    Source: equating computation and exchange of `zero_step`.

    >>> round(zero3_network_bound_gpus(1536 * 2048, 15.7e9))
    459
    """
    tokens = positive("tokens", tokens, high=1e15)
    bandwidth = number("bandwidth_bytes_per_s", bandwidth_bytes_per_s, low=1.0, high=1e30)
    rate = number("peak_flop_per_s", peak_flop_per_s, low=1.0, high=1e30) * number("efficiency", efficiency, low=1e-6, high=1.0)
    return 8 * tokens * bandwidth / (6 * rate)
