"""Generating tokens: prefill and decode of a language model from its kernels, on one GPU or a tensor group.

Prefill is training's forward pass. A decode step multiplies as many rows as there are sequences, reads every weight once and the
keys and values of every sequence once; what no roofline has are the fixed times of some ten kernels a layer and of two
all-reduces. `memory_bound_step` is the short form for a machine of which only the bandwidth is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import kernels
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.catalog_entries import BYTES_OF_FORMAT, Device
from mlsysim.collectives import all_reduce
from mlsysim.decoder import Decoder, as_decoder, size
from mlsysim.errors import Infeasible, flag, fraction, named, non_negative, positive, whole
from mlsysim.language_training import layer_times
from mlsysim.quantity import quantity, sources

GRAPH_PASSES = 4  # kernels a layer besides products and attention in a compiled engine: two norms with residual, rotation, activation
_KERNELS = "sum of the kernels (mlsysim.kernels)"


@dataclass(frozen=True, slots=True)
class DecodeStep:
    """One token for each of `batch` sequences."""

    batch: int = quantity("B", "1", doc="sequences")
    context: float = quantity("n", "1", doc="tokens in the cache of each")
    tensor: int = quantity("t", "1", doc="GPUs")
    weights_bytes: float = quantity("W", "B", doc="read by a GPU")
    cache_bytes: float = quantity(r"M_{kv}", "B", doc="read by a GPU")
    products_s: float = quantity("t_p", "s", source=_KERNELS, doc="weight products and output head")
    attention_s: float = quantity("t_a", "s", source=_KERNELS, doc="keys and values through the memory")
    elementwise_s: float = quantity("t_e", "s", source=_KERNELS)
    exchange_s: float = quantity("t_x", "s", source="two all-reduces a layer (Shoeybi et al. 2019)")
    time_s: float = quantity("T", "s", formula=r"<products_s> + <attention_s> + <elementwise_s> + <exchange_s>", source="sum")
    tokens_per_s: float = quantity(r"\text{rate}", "1/s", formula=r"\frac{<batch>}{<time_s>}", source="definition", doc="of the group")
    sources: dict = sources()


def decode_step(
    model: Decoder, device: Device, *, batch: int = 1, context: float = 1.0, fmt: str = "bf16", weight_bytes: float | None = None,
    cache_bytes: float = 2.0, tensor: int = 1, link: str = "nvlink4", group_reads: bool = True,
) -> DecodeStep:  # fmt: skip
    """Time of one decode step. `weight_bytes` and `cache_bytes` are the widths of a weight and of a cached value.

    `group_reads` False is an engine whose attention reads keys and values again for every query head of a group, as before the
    grouped kernels of 2024. Experts: a batch of B meets min(E, B·a) of the E experts of a layer, whose weights are read.
    Errors: OutOfRange, UnknownName, Infeasible for a group that does not divide the heads.

    >>> from mlsysim import catalog
    >>> llama = Decoder("Llama 2 7B", 32, 4096, 32, ffn=11008, vocabulary=32000, gated=True, tied=False)
    >>> step = decode_step(llama, catalog.device("a100_sxm_80gb"), context=100)
    >>> 90 < step.tokens_per_s < 130
    True
    """
    m = as_decoder(model)
    kernels.product(1, 1, 1, device, fmt)  # an unknown device or format is named before a width is needed
    batch, t = whole("batch", batch), whole("tensor", tensor)
    context = single(positive, "context", context, high=1e9)
    cache_bytes = single(positive, "cache_bytes", cache_bytes, high=16.0)
    width = BYTES_OF_FORMAT[fmt] if weight_bytes is None else single(positive, "weight_bytes", weight_bytes, high=16.0)
    if m.heads % t:
        raise Infeasible(f"{m.heads} attention heads cannot be divided over {t} GPUs")
    products = sum(_product(name, n, k, m, device, fmt, batch, t, width) for name, n, k in _met(m, batch)) * m.layers
    products += kernels.product(batch, max(1, m.vocabulary // t), m.hidden, device, fmt, weight_bytes=width).time_s
    s = size(m)
    shared = max(1, t // m.kv_heads) if not m.latent else t  # a cache head that several GPUs need is on each of them
    cache = batch * context * s.cached_values * cache_bytes / t * shared
    if not flag("group_reads", group_reads) and not m.latent:
        cache *= max(1, m.heads // m.kv_heads) / shared
    attention = kernels.stream(cache, device, m.layers).time_s
    elementwise = kernels.stream(2.0 * batch * m.layers * (14.0 * m.hidden + 3.0 * m.ffn / t), device, GRAPH_PASSES * m.layers).time_s
    exchange = 2 * m.layers * exchange_time(2.0 * batch * m.hidden, t, link)
    experts = min(m.experts, batch * m.active_experts) / m.experts
    read = width * (m.layers * (s.attention_parameters + experts * s.feed_forward_parameters) + s.head_parameters) / t
    time = products + attention + elementwise + exchange
    return DecodeStep(batch, context, t, read, cache, products, attention, elementwise, exchange, time, batch / time)


def exchange_time(message_bytes: float, gpus: int, link: str = "nvlink4") -> float:
    """Seconds of an all-reduce as a library does it: the faster of ring and double tree, and the kernel's own time.

    Errors: UnknownName for a link without calibration. Source: `data/calibration/links.json`.

    >>> 5e-6 < exchange_time(8192, 8) < 30e-6 < exchange_time(64e6, 8)
    True
    """
    known = load("calibration/links.json")["links"]
    named("calibrated link", link, known)
    single(positive, "message_bytes", message_bytes)
    if whole("gpus", gpus) == 1:
        return 0.0
    raw = known[link]
    times = (all_reduce(message_bytes, gpus, raw["latency_s"], raw["bandwidth_bytes_per_s"], a).time_s for a in ("ring", "double binary tree"))
    return raw["kernel_s"] + min(times)


@dataclass(frozen=True, slots=True)
class Generation:
    """A batch of prompts, read and answered together (static batch)."""

    batch: int = quantity("B", "1")
    prompt_tokens: int = quantity("p", "1")
    answer_tokens: int = quantity("a", "1")
    tensor: int = quantity("t", "1")
    prefill_s: float = quantity("T_p", "s", source=_KERNELS, doc="time to the first token")
    decode_s: float = quantity("T_d", "s", source=_KERNELS, doc="all steps; the cache grows from p to p + a")
    time_s: float = quantity("T", "s", formula=r"<prefill_s> + <decode_s>", source="sum")
    tokens_per_s_per_gpu: float = quantity(
        r"\text{rate}", "1/s", formula=r"\frac{<batch> <answer_tokens>}{<tensor> <time_s>}", source="definition", doc="answer tokens"
    )
    sources: dict = sources()


def generate(
    model: Decoder, device: Device, *, batch: int, prompt_tokens: int, answer_tokens: int, fmt: str = "bf16", weight_bytes: float | None = None,
    cache_bytes: float = 2.0, tensor: int = 1, link: str = "nvlink4", group_reads: bool = True,
) -> Generation:  # fmt: skip
    """Throughput of a static batch: prefill, then `answer_tokens` steps, timed at the mean length of the cache.

    >>> from mlsysim import catalog
    >>> gptj = Decoder("GPT-J 6B", 28, 4096, 16, vocabulary=50400)
    >>> g = generate(gptj, catalog.device("h100_sxm"), batch=64, prompt_tokens=128, answer_tokens=128)
    >>> g.decode_s > g.prefill_s
    True
    """
    batch, prompt, answer = whole("batch", batch), whole("prompt_tokens", prompt_tokens), whole("answer_tokens", answer_tokens)
    m, t = as_decoder(model), whole("tensor", tensor)
    layer = layer_times(m, device, fmt, batch, prompt, t)
    first = m.layers * (layer["products"] + layer["core"] + layer["elementwise"])
    first += 2 * m.layers * exchange_time(2.0 * batch * prompt * m.hidden, t, link)
    first += kernels.product(batch, max(1, m.vocabulary // t), m.hidden, device, fmt).time_s
    options = dict(batch=batch, fmt=fmt, weight_bytes=weight_bytes, cache_bytes=cache_bytes, tensor=t, link=link, group_reads=group_reads)
    decode = answer * decode_step(m, device, context=prompt + answer / 2, **options).time_s
    return Generation(batch, prompt, answer, t, first, decode, first + decode, batch * answer / (t * (first + decode)))


@dataclass(frozen=True, slots=True)
class MemoryBoundStep:
    """One token at batch 1 on a machine of which only the bandwidth is known."""

    weights_bytes: float = quantity("W", "B")
    cache_bytes: float = quantity(r"M_{kv}", "B")
    bandwidth_bytes_per_s: float = quantity("B", "B/s", doc="nominal")
    memory_share: float = quantity(r"\mu", "share", doc="that the engine reaches")
    launches: float = quantity("k", "1", doc="kernels a token")
    launch_s: float = quantity("t_0", "s", doc="fixed time of one")
    memory_s: float = quantity(
        "t_m", "s", formula=r"\frac{<weights_bytes> + <cache_bytes>}{<bandwidth_bytes_per_s> <memory_share>}", source="every weight once"
    )
    fixed_s: float = quantity("t_k", "s", formula=r"<launches> <launch_s>", source="launches do not overlap with short kernels")
    time_s: float = quantity("T", "s", formula=r"<memory_s> + <fixed_s>", source="sum")
    tokens_per_s: float = quantity(r"\text{rate}", "1/s", formula=r"1 / <time_s>", source="definition")
    sources: dict = sources()


def memory_bound_step(weights_bytes, bandwidth_bytes_per_s, *, memory_share=0.85, launches=0.0, launch_s=0.0, cache_bytes=0.0) -> MemoryBoundStep:
    """Time of a token when reading the weights is all there is, but for the launches.

    >>> round(memory_bound_step(3.82e9, 1.008e12, memory_share=0.9, launches=960, launch_s=2.5e-6).tokens_per_s)
    151
    """
    weights_bytes = single(positive, "weights_bytes", weights_bytes)
    cache_bytes = single(non_negative, "cache_bytes", cache_bytes)
    bandwidth = single(positive, "bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    share = single(fraction, "memory_share", memory_share, open_low=True)
    launches, launch_s = single(non_negative, "launches", launches, high=1e9), single(non_negative, "launch_s", launch_s, high=1.0)
    memory, fixed = (weights_bytes + cache_bytes) / (bandwidth * share), launches * launch_s
    return MemoryBoundStep(weights_bytes, cache_bytes, bandwidth, share, launches, launch_s, memory, fixed, memory + fixed, 1 / (memory + fixed))


def _met(m: Decoder, batch: int):
    """The products of a layer as a batch meets them: attention once, each expert that some token visits."""
    products = m.products
    yield from products[:2]
    met = min(m.experts, batch * m.active_experts)
    for _ in range(met):
        yield from products[2:4]


def _product(name, n, k, m: Decoder, device, fmt, batch, t, width) -> float:
    rows = batch
    if m.experts > 1 and name.startswith("feed-forward"):
        rows = max(1, round(batch * m.active_experts / min(m.experts, batch * m.active_experts)))
    n, k = (n // t, k) if name in ("queries, keys, values", "feed-forward in") else (n, k // t)
    return kernels.product(rows, max(1, n), max(1, k), device, fmt, weight_bytes=width).time_s
