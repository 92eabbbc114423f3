"""A training step under tensor × pipeline × data parallelism: time in its parts, memory, rates.

The computation of a stage, the all-reduces of its tensor group, the bubble of the pipeline, the sends between stages,
the gradient exchange and the output head follow one another. On a measured cluster products reach a fitted efficiency and
nothing overlaps; on a cluster of a calibrated GPU (`clusters.cluster_of`) kernels are timed one by one, and the step is that of
`language_training`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import _step_parts
from mlsysim.clusters import Cluster, as_cluster, load_cluster
from mlsysim.errors import whole
from mlsysim.layout import Layout, as_layout, replicas_and_microbatches
from mlsysim.quantity import quantity, sources
from mlsysim.training_memory import GRADIENT_BYTES, activation_memory, training_state
from mlsysim.transformer import Transformer, as_transformer, parameters, training_work

SC21, KORTHIKANTI, FIT = "Narayanan et al., SC21", "Korthikanti et al. 2023", "fitted to Narayanan et al., SC21"


@dataclass(frozen=True, slots=True)
class LayoutEstimate:
    """Time and memory of one training step under a layout."""

    gpus: int = quantity("N", "1")
    batch: int = quantity("B", "1", doc="sequences a step")
    layers: int = quantity("L", "1")
    hidden: int = quantity("h", "1")
    sequence: int = quantity("s", "1")
    vocabulary: int = quantity("V", "1")
    tensor: int = quantity("t", "1")
    pipeline: int = quantity("p", "1")
    microbatch: int = quantity("b", "1", doc="sequences")
    recomputation: str = quantity(r"\text{recomputation}", "")
    chunks: int = quantity("v", "1")
    zero1: bool = quantity(r"\text{ZeRO-1}", "")
    peak_flop_per_s: float = quantity("R", "FLOP/s")
    node_bytes_per_s: float = quantity(r"\beta_{in}", "B/s")
    network_bytes_per_s: float = quantity(r"\beta_{out}", "B/s")
    message_latency_s: float = quantity(r"\alpha", "s")
    efficiency_ceiling: float = quantity(r"\eta_0", "share")
    efficiency_half_width: float = quantity("h_0", "1")
    memory_limit_bytes: float = quantity("M_{max}", "B")
    parameters: float = quantity("P", "1", source=SC21)
    gpus_per_replica: int = quantity(
        "tp", "1", formula=r"<tensor> \cdot <pipeline>", source="definition", doc="what one failure takes down"
    )
    data_parallel: int = quantity("d", "1", formula=r"<gpus> / <gpus_per_replica>", source="definition", doc="replicas")
    microbatches: int = quantity("m", "1", formula=r"\frac{<batch>}{<data_parallel> \cdot <microbatch>}", source="definition")
    efficiency: float = quantity(
        r"\eta",
        "share",
        formula=r"<efficiency_ceiling> \cdot \frac{<hidden>/<tensor>}{<hidden>/<tensor> + <efficiency_half_width>}",
        source=FIT,
        doc="narrow products reach less",
    )
    head_efficiency: float = quantity(r"\eta_h", "share", source="as the layers; of its own kernels where those are timed", doc="of the output head")
    recompute_factor: float = quantity("k", "1", source="4/3 with full recomputation, else 1")
    stage_compute_s: float = quantity(
        "t_c",
        "s",
        formula=r"\frac{72 \cdot <microbatch> \cdot <sequence> \cdot <hidden>^2 \cdot (1 + <sequence>/(6 \cdot <hidden>))"
        r" \cdot <recompute_factor> \cdot <layers>/<pipeline>}"
        r"{<tensor> \cdot <peak_flop_per_s> \cdot <efficiency>}",
        source=SC21,
        doc="a microbatch on a stage",
    )
    message_bytes: float = quantity(
        "n", "B", formula=r"2 \cdot <microbatch> \cdot <sequence> \cdot <hidden>", source="16-bit activations of a layer"
    )
    tensor_in_node: int = quantity("i", "1", source="min(t, GPUs of a node)", doc="GPUs of a tensor group in one node")
    tensor_nodes: int = quantity("q", "1", formula=r"<tensor> / <tensor_in_node>", source="definition", doc="nodes of a tensor group")
    all_reduce_s: float = quantity(
        "t_{ar}",
        "s",
        formula=r"2 \cdot \frac{<tensor_in_node> - 1}{<tensor_in_node>} \cdot \frac{<message_bytes>}{<node_bytes_per_s>}"
        r" + 2 \cdot \frac{<tensor_nodes> - 1}{<tensor_nodes>} \cdot \frac{<message_bytes>/<tensor_in_node>}{<network_bytes_per_s>}"
        r" + 2 \cdot (<tensor_in_node> + <tensor_nodes> - 2) \cdot <message_latency_s>",
        source="α-β model: ring in the node, hierarchical across nodes",
    )
    all_reduces: int = quantity("c", "1", source="Shoeybi et al. 2019: 4 a layer, 6 with full recomputation")
    stage_tensor_s: float = quantity("t_t", "s", formula=r"<all_reduce_s> \cdot <all_reduces> \cdot <layers>/<pipeline>", source=SC21)
    compute_s: float = quantity("T_c", "s", formula=r"<microbatches> \cdot <stage_compute_s>", source=SC21)
    tensor_s: float = quantity("T_t", "s", formula=r"<microbatches> \cdot <stage_tensor_s>", source=SC21)
    bubble_s: float = quantity(
        "T_b",
        "s",
        formula=r"\frac{<pipeline> - 1}{<chunks>} \cdot (<stage_compute_s> + <stage_tensor_s>)",
        source=SC21,
        doc="filling and draining",
    )
    point_to_point_s: float = quantity(
        "T_p", "s", source="2vn/t bytes a microbatch between stages, over the network", doc="zero with one stage"
    )
    head_s: float = quantity(
        "T_h",
        "s",
        formula=r"<microbatches> \cdot \frac{6 \cdot <microbatch> \cdot <sequence> \cdot <hidden> \cdot <vocabulary>}"
        r"{<tensor> \cdot <peak_flop_per_s> \cdot <head_efficiency>}",
        source=SC21,
    )
    data_bytes_per_s: float = quantity(
        r"\beta_d", "B/s", source="one port a GPU; with kernels also a whole node's ports, or its fabric", doc="of the gradient exchange"
    )
    hidden_s: float = quantity("T_o", "s", source="behind the last backward pass, where kernels are timed and no pipeline is", doc="of the exchange")
    data_s: float = quantity(
        "T_d",
        "s",
        formula=r"\frac{4 \cdot <parameters>}{<gpus_per_replica> \cdot <data_bytes_per_s>}"
        r" \cdot \frac{<data_parallel> - 1}{<data_parallel>} - <hidden_s>",
        source="ring all-reduce of the 16-bit gradients",
    )
    optimizer_s: float = quantity("T_u", "s", source="40 bytes a parameter through the memory; 0 where the fitted efficiency holds it", doc="update")
    time_s: float = quantity(
        "T",
        "s",
        formula=r"<compute_s> + <tensor_s> + <bubble_s> + <point_to_point_s> + <data_s> + <head_s> + <optimizer_s>",
        source="sum of the parts",
    )
    parameter_bytes: float = quantity("k_P", "B", source="Rajbhandari et al. 2020: 16, with ZeRO-1 4 + 12/d", doc="state a parameter")
    state_bytes: float = quantity(
        "M_s", "B", formula=r"\frac{<parameters>}{<gpus_per_replica>} \cdot <parameter_bytes>", source="definition"
    )
    in_flight: float = quantity(
        "f",
        "1",
        source="min(m, p), with interleaving times 1 + (p−1)/(pv) (Korthikanti et al. 2023)",
        doc="microbatches held at stage 0",
    )
    kept_bytes: float = quantity(r"A_{kept}", "B", source=KORTHIKANTI, doc="a layer and microbatch")
    working_bytes: float = quantity(r"A_{work}", "B", source=KORTHIKANTI, doc="the layer that is being recomputed")
    activation_bytes: float = quantity(
        "A", "B", formula=r"<kept_bytes> \cdot \frac{<layers>}{<pipeline>} \cdot <in_flight> + <working_bytes>", source=KORTHIKANTI
    )
    memory_bytes: float = quantity("M", "B", formula=r"<state_bytes> + <activation_bytes>", source="sum")
    fits: bool = quantity(r"M \le M_{max}", "", source="comparison")
    reported_flop: float = quantity("F_{96}", "FLOP", source=SC21, doc="counts a full recomputation, done or not, as published rates do")
    reported_flop_per_s_per_gpu: float = quantity(
        "R_{eff}", "FLOP/s", formula=r"\frac{<reported_flop>}{<gpus> \cdot <time_s>}", source=SC21
    )
    model_flop: float = quantity("F", "FLOP", source=SC21, doc="forward and backward, nothing twice")
    mfu_share: float = quantity(
        r"\text{MFU}",
        "share",
        formula=r"\frac{<model_flop>}{<gpus> \cdot <peak_flop_per_s> \cdot <time_s>}",
        source="Chowdhery et al. 2022",
    )
    sources: dict = sources()


def estimate_layout(model: Transformer, layout: Layout, *, gpus: int, batch: int, cluster: Cluster | None = None) -> LayoutEstimate:
    """Step time and memory of a model on `gpus` GPUs under a layout, a batch of `batch` sequences.

    T = (m + (p−1)/v)(t_c + t_t) + m(p2p + head) + data. A layout over the memory limit is estimated with `fits` False.
    The repeated attention core of selective recomputation (below 1 % of the FLOP here) is left out.
    Errors: Infeasible for a layout that cannot exist, with the reason. Source: Narayanan et al., SC21;
    Korthikanti et al. 2023; efficiencies fitted (see the cluster's `fitted`), or kernels timed (see its `kernels`).

    >>> from mlsysim.published_training import megatron_model
    >>> e = estimate_layout(megatron_model("174.6B"), Layout(tensor=8, pipeline=8), gpus=1024, batch=1536)
    >>> f"{e.time_s:.1f} s, {e.memory_bytes / 1e9:.1f} GB"
    '30.6 s, 48.8 GB'
    """
    mod = as_transformer(model)
    cluster = load_cluster() if cluster is None else as_cluster(cluster)
    layout = as_layout(layout)
    gpus, batch = whole("gpus", gpus), whole("batch", batch)
    t, p, b, v = layout.tensor, layout.pipeline, layout.microbatch, layout.chunks
    d, m = replicas_and_microbatches(mod, layout, gpus, batch, cluster.gpus_per_node)

    full = layout.recomputation == "full"
    one = training_work(mod, b, "full")  # of one microbatch
    layer_flop = one.matrix_flop + one.attention_flop
    factor = 4 / 3 if full else 1.0
    layers_on_gpu = mod.layers // p
    count = parameters(mod)
    shard = count / (t * p)
    node, network = cluster.node_bytes_per_s, cluster.network_bytes_per_s
    message = 2.0 * b * mod.sequence * mod.hidden
    exchange = _step_parts.tensor_all_reduce_s(message, t, cluster.gpus_per_node, cluster.message_latency_s, node, network)
    per_layer = _step_parts.tensor_all_reduces(layout.recomputation)
    stage_tensor = exchange * per_layer * layers_on_gpu
    ceiling, half_width, optimizer, rate, fitted = cluster.efficiency_ceiling, cluster.efficiency_half_width, 0.0, network, not cluster.kernels
    if fitted:
        width = mod.hidden / t
        eta = eta_head = ceiling * width / (width + half_width)
        stage_compute = factor * layer_flop / (p * t * cluster.peak_flop_per_s * eta)
        one_head = one.head_flop / (t * cluster.peak_flop_per_s * eta)
    else:
        one_layer, one_head = _kernels(cluster.kernels, cluster.fmt, mod, b, t, layout.recomputation)
        stage_compute = layers_on_gpu * one_layer
        optimizer = _update(cluster.kernels, shard / (d if layout.zero1 else 1))
        eta = factor * layer_flop / (p * t * cluster.peak_flop_per_s * stage_compute)
        eta_head = one.head_flop / (t * cluster.peak_flop_per_s * one_head)
        ceiling, half_width = eta, 0.0
        rate = _step_parts.gradient_rate(t, p, d, cluster.gpus_per_node, cluster.gpus_per_node, node, network)
    compute, tensor, head = m * stage_compute, m * stage_tensor, m * one_head
    bubble = _step_parts.bubble_s(p, v, stage_compute + stage_tensor)
    sends = m * _step_parts.send_s(message, t, p, v, network)
    gradients = _step_parts.gradient_exchange_s(GRADIENT_BYTES * shard, d, rate)
    hidden = 0.0 if fitted else _step_parts.hidden_exchange_s(gradients, stage_compute + stage_tensor, p, layout.zero1)
    data = gradients - hidden
    time = compute + tensor + bubble + sends + data + head + optimizer

    state = training_state(shard, d, 1 if layout.zero1 else 0).state_bytes
    in_flight = min(m, p) * (1 + (p - 1) / (p * v) if v > 1 else 1.0)
    acts = activation_memory(mod, b, layout.recomputation, layers_on_gpu=layers_on_gpu, in_flight=in_flight, tensor=t)
    memory = state + acts.activation_bytes
    scale = batch / b
    return LayoutEstimate(
        gpus=gpus,
        batch=batch,
        layers=mod.layers,
        hidden=mod.hidden,
        sequence=mod.sequence,
        vocabulary=mod.vocabulary,
        tensor=t,
        pipeline=p,
        microbatch=b,
        recomputation=layout.recomputation,
        chunks=v,
        zero1=layout.zero1,
        peak_flop_per_s=cluster.peak_flop_per_s,
        node_bytes_per_s=cluster.node_bytes_per_s,
        network_bytes_per_s=cluster.network_bytes_per_s,
        message_latency_s=cluster.message_latency_s,
        efficiency_ceiling=ceiling,
        efficiency_half_width=half_width,
        memory_limit_bytes=cluster.memory_limit_bytes,
        parameters=count,
        gpus_per_replica=t * p,
        data_parallel=d,
        microbatches=m,
        efficiency=eta,
        head_efficiency=eta_head,
        recompute_factor=factor,
        stage_compute_s=stage_compute,
        message_bytes=message,
        tensor_in_node=min(t, cluster.gpus_per_node),
        tensor_nodes=t // min(t, cluster.gpus_per_node),
        all_reduce_s=exchange,
        all_reduces=per_layer,
        stage_tensor_s=stage_tensor,
        compute_s=compute,
        tensor_s=tensor,
        bubble_s=bubble,
        point_to_point_s=sends,
        head_s=head,
        data_bytes_per_s=rate,
        hidden_s=hidden,
        data_s=data,
        optimizer_s=optimizer,
        time_s=time,
        parameter_bytes=state / shard,
        state_bytes=state,
        in_flight=in_flight,
        kept_bytes=acts.kept_bytes,
        working_bytes=acts.working_bytes,
        activation_bytes=acts.activation_bytes,
        memory_bytes=memory,
        fits=memory <= cluster.memory_limit_bytes,
        reported_flop=one.hardware_flop * scale,
        reported_flop_per_s_per_gpu=one.hardware_flop * scale / (gpus * time),
        model_flop=one.model_flop * scale,
        mfu_share=one.model_flop * scale / (gpus * time * cluster.peak_flop_per_s),
        sources=_given(cluster),
    )


@lru_cache(maxsize=4096)  # a search asks for the same layer under many pipelines
def _kernels(device: str, fmt: str, model: Transformer, microbatch: int, tensor: int, recomputation: str) -> tuple[float, float]:
    """Seconds of a layer and of the head over a microbatch, from the kernels of a calibrated device."""
    from mlsysim import catalog, language_training  # most layouts are of a measured cluster and need none of it
    from mlsysim.decoder import Decoder

    chip, gpt = catalog.device(device), Decoder(model.name, model.layers, model.hidden, model.heads, vocabulary=model.vocabulary)
    layer = language_training.layer_times(gpt, chip, fmt, microbatch, model.sequence, tensor)
    head = language_training.head_s(gpt, chip, fmt, microbatch * model.sequence, tensor)
    return sum(language_training.layer_step(layer, recomputation, "fused")), head


def _update(device: str, parameters: float) -> float:
    """Seconds of the optimiser on one GPU."""
    from mlsysim import catalog, language_training

    return language_training.optimizer_s(parameters, catalog.device(device))


def _given(cluster: Cluster) -> dict:
    """The cluster's sources of those fields that an estimate repeats."""
    given = dict(cluster.sources)
    if "memory_bytes" in given:
        given["memory_limit_bytes"] = f"{cluster.usable_share:.0%} of the memory: {given.pop('memory_bytes')}"
    if cluster.kernels:
        timed = f"kernels of {cluster.kernels}, timed one by one (mlsysim.kernels)"
        given |= {"efficiency_ceiling": f"{timed}: what this layout reaches", "efficiency_half_width": "none: widths are in the kernels"}
        given |= {"efficiency": timed, "head_efficiency": timed}
    return given
