"""A training step of a language model from its kernels: what each layer launches, exchanges and repeats.

Every matrix product, the attention core, the elementwise passes, the logits and the optimiser are timed by `kernels` on the
real shapes of a GPU; collectives follow `collectives`. Products overlap with the exchanges of sharded data parallelism and of
experts, not with those of tensor parallelism. `parallelism` puts the same parts together (`_step_parts`): on a cluster of a
calibrated GPU with these kernels, so that both rooms give one answer; on a measured cluster with its fitted efficiency.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import _step_parts, kernels
from mlsysim._single import single
from mlsysim.catalog_entries import Device
from mlsysim.collectives import all_to_all
from mlsysim.decoder import Decoder, as_decoder, size
from mlsysim.errors import Infeasible, flag, instance, non_negative, number, one_of, positive, whole
from mlsysim.layout import Layout, divided
from mlsysim.quantity import quantity, sources
from mlsysim.transformer import RECOMPUTATION

SHARDINGS = ("none", "optimizer", "full")  # data parallelism with everything replicated, with ZeRO-1, with ZeRO-3 or FSDP
ATTENTION = ("fused", "unfused", "eager")  # one kernel; a fused softmax between two products; one operation at a time with its casts
BACKWARD_ATTENTION = 2.5  # matrix products of the backward pass over those of the forward one: five to two (FlashAttention)
SCORE_BYTES = 13.0  # of unfused attention, a score: written, softmax in and out, dropout with its mask, read
EAGER_SCORE_BYTES = 34.0  # under automatic mixed precision: scaled, masked, cast to 32 bit, softmax, cast back, read
EAGER_PASSES = 58.0  # of the hidden width, in and out, in a layer's forward pass: copies of q, k, v, norms in 32 bit, casts for every product
OPTIMIZER_BYTES = 40.0  # a parameter: Adam reads four and writes three 32-bit values, clipping and the 16-bit copy
CAST_BYTES = 4.0  # an operand of an 8-bit product: read in 16 bit, written twice in 8, the second time transposed
ELEMENTWISE_PASSES = 7  # kernels of a layer's forward pass besides products and attention
_KERNELS = "sum of the kernels (mlsysim.kernels)"


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Time of one step and where it goes."""

    gpus: int = quantity("N", "1")
    batch: int = quantity("B", "1", doc="sequences a step")
    sequence: int = quantity("s", "1", doc="tokens a sequence")
    microbatch: int = quantity("b", "1", doc="sequences")
    tensor: int = quantity("t", "1")
    pipeline: int = quantity("p", "1")
    chunks: int = quantity("v", "1")
    data_parallel: int = quantity("d", "1", formula=r"\frac{<gpus>}{<tensor> <pipeline>}", source="definition")
    microbatches: int = quantity("m", "1", formula=r"\frac{<batch>}{<data_parallel> <microbatch>}", source="definition")
    recomputation: str = quantity(r"\text{recomputation}", "")
    sharding: str = quantity(r"\text{sharding}", "")
    products_s: float = quantity("t_p", "s", source=_KERNELS, doc="matrix products of a stage and microbatch, forward, backward, repeated")
    attention_s: float = quantity("t_a", "s", source=_KERNELS, doc="attention core")
    elementwise_s: float = quantity("t_e", "s", source=_KERNELS, doc="norms, residuals, activations")
    tensor_s: float = quantity("t_t", "s", source="all-reduces of the activations (Shoeybi et al. 2019)", doc="of a stage and microbatch")
    expert_s: float = quantity("t_x", "s", source="all-to-all of the tokens of experts, α-β model", doc="of a microbatch, behind another")
    stage_s: float = quantity(
        "t", "s", formula=r"<products_s> + <attention_s> + <elementwise_s> + <tensor_s>", source="sum", doc="a microbatch on a stage"
    )
    head_s: float = quantity("t_h", "s", source=_KERNELS, doc="logits and loss of a microbatch, on the last stage")
    gather_s: float = quantity("t_g", "s", source="α-β model", doc="of weights and gradients for a microbatch, behind the computation")
    send_s: float = quantity("t_s", "s", source="2·v·(2bsh)/t bytes a microbatch", doc="between stages")
    contention_s: float = quantity(
        "t_k", "s", source="a share (data/calibration/software.json) of the time at full port speed", doc="gathers slow the products they overlap"
    )
    microbatch_s: float = quantity(
        r"t_\mu", "s", formula=r"\max(<stage_s> + <head_s> + <contention_s>, <gather_s> + <expert_s>) + <send_s>", source="gathers overlap"
    )
    bubble_s: float = quantity("T_b", "s", formula=r"\frac{<pipeline> - 1}{<chunks>} <stage_s>", source="Narayanan et al., SC21")
    data_s: float = quantity("T_d", "s", source="α-β model", doc="gradient all-reduce that the last backward pass does not hide")
    optimizer_s: float = quantity("T_o", "s", source="40 bytes a parameter through the memory", doc="update")
    time_s: float = quantity(
        "T", "s", formula=r"<microbatches> <microbatch_s> + <bubble_s> + <data_s> + <optimizer_s>", source="sum of the parts"
    )
    tokens_per_s_per_gpu: float = quantity(
        r"\text{rate}", "1/s", formula=r"\frac{<batch> <sequence>}{<gpus> <time_s>}", source="definition", doc="tokens"
    )
    peak_flop_per_s: float = quantity("R", "FLOP/s")
    model_flop: float = quantity("F", "FLOP", source="6 a parameter and token, 12·L·s·(h_q) of attention (no causal half)", doc="as printed utilisations count")
    mfu_share: float = quantity(
        r"\text{MFU}", "share", formula=r"\frac{<model_flop>}{<gpus> <time_s> <peak_flop_per_s>}", source="Chowdhery et al. 2022"
    )
    sources: dict = sources()


def training_step(
    model: Decoder, device: Device, *, gpus: int, batch: int, sequence: int, microbatch: int = 1, tensor: int = 1, pipeline: int = 1,
    chunks: int = 1, recomputation: str = "none", sharding: str = "full", attention: str = "fused", fmt: str = "bf16",
    weight_gathers: int | None = None, node_bytes_per_s: float, network_bytes_per_s: float, gpus_per_node: int = 8,
    rails: int | None = None, latency_s: float = 3e-6, causal: bool = True, expert: int = 1, sequence_parallel: bool = False,
) -> TrainingStep:  # fmt: skip
    """Time of a training step over `batch` sequences on `gpus` GPUs.

    `node_bytes_per_s` is what a GPU's port reaches inside the node, `network_bytes_per_s` between nodes; a collective uses
    `rails` network ports of a node at once (all by default). `weight_gathers` counts how often full sharding collects the
    weights a microbatch: 2, or 3 where a checkpointed layer is gathered again for its repeated forward pass. The experts of a
    layer lie on `expert` GPUs of the data-parallel group, which exchange tokens all to all. With `sequence_parallel` the
    norms and residuals are divided over the tensor group too.
    Errors: OutOfRange, Infeasible for a layout that does not divide. Source: the docstrings of `kernels` and `collectives`.

    >>> from mlsysim import catalog
    >>> mpt = Decoder("MPT-7B", 32, 4096, 32, vocabulary=50368)
    >>> step = training_step(mpt, catalog.device("a100_sxm_80gb"), gpus=8, batch=96, sequence=2048, microbatch=6,
    ...                      node_bytes_per_s=235e9, network_bytes_per_s=22.5e9)
    >>> 0.5 < step.mfu_share < 0.75
    True
    """
    m = as_decoder(model)
    gpus, batch, sequence, microbatch = whole("gpus", gpus), whole("batch", batch), whole("sequence", sequence), whole("microbatch", microbatch)
    t, p, v = whole("tensor", tensor), whole("pipeline", pipeline), whole("chunks", chunks)
    one_of("recomputation", recomputation, RECOMPUTATION)
    one_of("sharding", sharding, SHARDINGS)
    one_of("attention", attention, ATTENTION)
    flag("causal", causal)
    per_node = whole("gpus_per_node", gpus_per_node)
    rails = per_node if rails is None else whole("rails", rails, high=per_node)
    positive("node_bytes_per_s", node_bytes_per_s), positive("network_bytes_per_s", network_bytes_per_s)
    number("latency_s", latency_s, low=0.0, high=1.0)
    d, count = divided(m.heads, m.layers, Layout(t, p, microbatch, recomputation, v), gpus, batch, per_node)
    e = whole("expert", expert)
    flag("sequence_parallel", sequence_parallel)
    if d % e or m.experts < 2 <= e:
        raise Infeasible(f"{m.experts} experts cannot be divided over {e} of {d} replicas")
    gathers = (2 if weight_gathers is None else whole("weight_gathers", weight_gathers, high=9)) if sharding == "full" else 0

    tokens = microbatch * sequence
    layer = layer_times(m, device, fmt, microbatch, sequence, t, attention, causal, sequence_parallel)
    here = m.layers // p
    products, core, elementwise = (here * s for s in layer_step(layer, recomputation, attention))
    message = 2.0 * tokens * m.hidden
    exchange = _step_parts.tensor_all_reduce_s(message, t, per_node, latency_s, node_bytes_per_s, network_bytes_per_s)
    stage_tensor = here * exchange * _step_parts.tensor_all_reduces(recomputation)
    # Dispatch and combination of the tokens, forward and backward; each crosses the network once for every expert it visits.
    routed = 2.0 * tokens * m.hidden * (m.active_experts - 1 or 1) / t
    wire = node_bytes_per_s if e * t <= per_node else network_bytes_per_s
    stage_expert = here * 4 * all_to_all(routed, e, latency_s, wire).time_s if e > 1 else 0.0
    stage = products + core + elementwise + stage_tensor
    head = head_s(m, device, fmt, tokens, t)

    s = size(m)
    shard = (s.parameters - m.layers * s.feed_forward_parameters * (1 - 1 / e)) / (t * p)
    bandwidth = node_bytes_per_s if d * t <= per_node else min(node_bytes_per_s, rails * network_bytes_per_s)
    share = (d - 1) / d
    gather = (gathers + 1) * 2.0 * shard * share / bandwidth if gathers else 0.0
    rate = _step_parts.gradient_rate(t, p, d, per_node, rails, node_bytes_per_s, network_bytes_per_s)
    reduce = 0.0 if gathers else _step_parts.gradient_exchange_s(2.0 * shard, d, rate)
    sends = _step_parts.send_s(message, t, p, v, network_bytes_per_s)
    computed = stage + head
    # An exchange disturbs the products while it keeps the GPU's own port busy; what waits for a slow wire disturbs nobody.
    contention = kernels.software("contention_share") * (gather * bandwidth + stage_expert * wire) / node_bytes_per_s
    micro = max(computed + contention, gather + stage_expert) + sends
    # The gradients of all layers but the last computed are reduced while the last microbatch goes backward.
    exposed = reduce - _step_parts.hidden_exchange_s(reduce, stage, p, sharding == "optimizer")
    optimizer = optimizer_s(shard / (1 if sharding == "none" else d), device)
    bubble = _step_parts.bubble_s(p, v, stage)
    time = count * micro + bubble + exposed + optimizer
    flop = batch * sequence * (6.0 * s.active_parameters + 12.0 * m.layers * sequence * m.heads * m.head_dim)
    peak = device.peak(fmt)
    return TrainingStep(
        gpus=gpus, batch=batch, sequence=sequence, microbatch=microbatch, tensor=t, pipeline=p, chunks=v, data_parallel=d,
        microbatches=count, recomputation=recomputation, sharding=sharding, products_s=products, attention_s=core,
        elementwise_s=elementwise, tensor_s=stage_tensor, expert_s=stage_expert, stage_s=stage, head_s=head,
        gather_s=gather, send_s=sends, contention_s=contention, microbatch_s=micro,
        bubble_s=bubble, data_s=exposed, optimizer_s=optimizer, time_s=time, tokens_per_s_per_gpu=batch * sequence / (gpus * time),
        peak_flop_per_s=peak, model_flop=flop, mfu_share=flop / (gpus * time * peak),
        sources={"peak_flop_per_s": device.source("peak_flop_per_s")},
    )  # fmt: skip


def layer_step(layer: dict, recomputation: str, attention: str) -> tuple[float, float, float]:
    """Seconds of products, attention core and elementwise passes of a layer in a whole step, from its `layer_times`.

    >>> layer_step({"products": 1.0, "core": 2.0, "core_back": 5.0, "elementwise": 0.5}, "none", "fused")
    (3.0, 7.0, 1.5)
    """
    one_of("recomputation", recomputation, RECOMPUTATION)
    one_of("attention", attention, ATTENTION)
    for key in ("products", "core", "core_back", "elementwise"):
        non_negative(f"layer[{key!r}]", instance("layer", layer, dict, "a result of layer_times").get(key))
    again = 1 if recomputation == "full" else 0
    core_again = 1 if recomputation == "selective" and attention == "unfused" else again
    # Two products of the same size in the backward pass.
    return layer["products"] * (3 + again), layer["core"] * (1 + core_again) + layer["core_back"], layer["elementwise"] * (3 + again)


def head_s(model: Decoder, device: Device, fmt: str, tokens: int, tensor: int = 1) -> float:
    """Seconds of the logits and the loss of `tokens` tokens, forward and backward, on a GPU of a tensor group.

    >>> from mlsysim import catalog
    >>> head_s(Decoder("tiny", 2, 256, 4), catalog.device("t4"), "fp16", 128) > 0
    True
    """
    m, t, tokens = as_decoder(model), whole("tensor", tensor), whole("tokens", tokens)
    products = 3 * kernels.product(tokens, max(1, m.vocabulary // t), m.hidden, device, fmt).time_s
    return products + kernels.stream(kernels.software("logit_bytes") * tokens * m.vocabulary / t, device, 6).time_s


def optimizer_s(parameters: float, device: Device) -> float:
    """Seconds of Adam's update of `parameters` parameters on one GPU: 40 bytes each through its memory.

    >>> from mlsysim import catalog
    >>> round(optimizer_s(1e9, catalog.device("a100_sxm_80gb")) * 1e3)
    23
    """
    return kernels.stream(OPTIMIZER_BYTES * single(positive, "parameters", parameters, high=1e15), device, 4).time_s


def layer_times(
    model: Decoder, device: Device, fmt: str, microbatch: int, sequence: int, tensor: int = 1, mode: str = "fused", causal: bool = True,
    sequence_parallel: bool = False,
) -> dict:
    """Seconds of one layer and microbatch on a GPU of a tensor group: "products" forward, attention "core" forward and
    "core_back" backward, "elementwise" forward. Training and the prefill of `token_generation` are made of them.

    >>> from mlsysim import catalog
    >>> sorted(layer_times(Decoder("tiny", 2, 256, 4), catalog.device("t4"), "fp16", 1, 128))
    ['core', 'core_back', 'elementwise', 'products']
    """
    m, t = as_decoder(model), whole("tensor", tensor)
    microbatch, sequence = whole("microbatch", microbatch), whole("sequence", sequence)
    one_of("mode", mode, ATTENTION)
    flag("causal", causal), flag("sequence_parallel", sequence_parallel)
    tokens = microbatch * sequence
    products = cast = 0.0
    for name, n, k in m.products:
        cast += CAST_BYTES * (tokens * k + n * k) / t if fmt == "fp8" else 0.0
        cut = (n // t, k) if name in ("queries, keys, values", "feed-forward in") else (n, k // t)
        products += kernels.product(tokens, max(1, cut[0]), max(1, cut[1]), device, fmt).time_s
    width = m.heads * m.head_dim / t
    if mode == "fused":
        operations = 4.0 * tokens * sequence * width * (0.5 if causal else 1.0)
        core = kernels.attention(operations, 8.0 * tokens * width, device, _attention_format(fmt)).time_s
        back = kernels.attention(BACKWARD_ATTENTION * operations, 16.0 * tokens * width, device, _attention_format(fmt)).time_s
    else:  # every score passes through memory several times
        scores = tokens * sequence * m.heads / t
        one = kernels.product(sequence, sequence, m.head_dim, device, fmt, count=max(1, microbatch * m.heads // t)).time_s
        each = SCORE_BYTES if mode == "unfused" else EAGER_SCORE_BYTES
        core = 2 * one + kernels.stream(each * scores, device, 3).time_s
        back = 4 * one + kernels.stream(each * scores, device, 3).time_s
    gate = 3.0 if m.gated else 2.0
    # Two norms and two residual additions on the full width, layout changes of q, k, v, the activation on its share.
    moved = 2.0 * tokens * (16.0 * m.hidden / (t if sequence_parallel else 1) + gate * m.active_experts * m.ffn / t) + cast
    if mode == "eager":
        moved = 2.0 * tokens * EAGER_PASSES * m.hidden / (t if sequence_parallel else 1)
    return {"products": products, "core": core, "core_back": back, "elementwise": kernels.stream(moved, device, ELEMENTWISE_PASSES).time_s}


def _attention_format(fmt: str) -> str:
    return "bf16" if fmt == "fp8" else fmt
