r"""A training step of Llama 3 8B on an H100, walked kernel by kernel: what a faster number format leaves as it was.

Only matrix products run at the rate of the number format. Casting to it, attention, elementwise kernels and the output head
stay; casts are new. Communication is left out here (`mlsysim.overlapped_step` adds it), and so is memory.
Source: torchtitan for the shape of the step; Micikevicius et al., FP8 Formats for Deep Learning, 2022. Shares illustrative.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim.attention_tiles import FILE, KERNELS, attention_kernel
from mlsysim.errors import one_of, whole
from mlsysim.quantity import quantity, series, sources

FORMATS, EXECUTIONS = ("bf16", "fp8"), ("eager", "fused")
PARTS = ("GEMM", "cast", "attention", "elementwise", "head")
PAYS_FROM = 1.05
MOST_TOKENS = 10**6
SOURCE = load(FILE)["measured"]["source"]
_WALK = "sum over the layers, forward and backward"


@dataclass(frozen=True, slots=True)
class Layer:
    """Seconds of one layer by kind of kernel, forward and backward, its launches, and the output head."""

    forward: dict[str, float]
    backward: dict[str, float]
    forward_launches: int
    backward_launches: int
    head_s: float

    @property
    def forward_s(self) -> float:
        return sum(self.forward.values())

    @property
    def backward_s(self) -> float:
        return sum(self.backward.values())


@dataclass(frozen=True, slots=True)
class Shape:
    """Llama 3 8B as the walk needs it."""

    layers: int
    hidden: int
    kv: int  # width of K and of V
    ffn: int
    vocabulary: int
    products: tuple[tuple[int, int], ...]  # inputs × outputs of the four products of a layer

    @property
    def layer_parameters(self) -> int:
        return sum(a * b for a, b in self.products)

    @property
    def parameters(self) -> int:
        return self.layers * self.layer_parameters + 2 * self.vocabulary * self.hidden


@lru_cache(maxsize=1)
def llama() -> Shape:
    """Shape of Llama 3 8B: grouped queries, a gated feed-forward, an output head of its own. Source: Grattafiori et al. 2024.

    >>> llama().layer_parameters, llama().parameters
    (218103808, 8029995008)
    """
    at = catalog.model(load(FILE)["model"]).shape
    h, kv, f = at("hidden"), at("kv_heads") * at("head_dim"), at("ffn")
    return Shape(at("layers"), h, kv, f, at("vocab"), ((h, h + 2 * kv), (h, h), (h, 2 * f), (f, h)))


@dataclass(frozen=True, slots=True)
class Step:
    """One step on one GPU without communication."""

    tokens: int = quantity("t", "tokens", doc="a GPU and step")
    number_format: str = quantity(r"\text{format}", "", doc="of the layers' matrix products")
    execution: str = quantity(r"\text{execution}", "")
    gemm_s: float = quantity("t_g", "s", source=_WALK, doc="matrix products")
    cast_s: float = quantity("t_k", "s", source=_WALK, doc="casts to fp8")
    attention_s: float = quantity("t_a", "s", source=_WALK, doc="a kernel with shared reads, always bf16")
    elementwise_s: float = quantity("t_e", "s", source=_WALK, doc="norms, rotary embedding, gate, residuals")
    head_s: float = quantity("t_h", "s", source="product with the vocabulary in bf16, and passes over the logits")
    step_s: float = quantity("T", "s", formula=r"<gemm_s> + <cast_s> + <attention_s> + <elementwise_s> + <head_s>", source="one kernel after the other")
    tokens_per_s: float = quantity("f", "tokens/s", formula=r"\frac{<tokens>}{<step_s>}", source="definition")
    gemm_share: float = quantity("x", "share", formula=r"\frac{<gemm_s>}{<step_s>}", source="definition")
    eager_bf16_s: float = quantity("T_0", "s", doc="eager, bf16", source="the same walk")
    speedup: float = quantity("S", "×", formula=r"\frac{<eager_bf16_s>}{<step_s>}", source="definition", doc="over eager bf16")
    format_speedup: float = quantity("S_f", "×", doc="fp8 over bf16 at this execution", source="the same walk")
    fused_speedup: float = quantity("S_x", "×", doc="fused over eager in bf16", source="the same walk")
    eager_format_speedup: float = quantity("S_e", "×", doc="fp8 over bf16, eager", source="the same walk")
    fused_format_speedup: float = quantity("S_{xf}", "×", doc="fp8 over bf16, fused", source="the same walk")
    both_speedup: float = quantity("S_b", "×", doc="fused fp8 over eager bf16", source="the same walk")
    product_speedup: float = quantity("S_p", "×", formula=r"<fused_speedup> \cdot <eager_format_speedup>", source="as if they multiplied")
    measured_fused_speedup: float = quantity("S_x'", "×", source=SOURCE, doc="measured: compiled over eager")
    measured_format_speedup: float = quantity("S_f'", "×", source=SOURCE, doc="measured: fp8 on compiled code")
    next_part: str = quantity(r"\text{next}", "", source="largest of cast, attention, elementwise and head")
    next_s: float = quantity("t_n", "s", source="the same", doc="of it")
    state: str = quantity(r"\text{state}", "", source=f"the format does not pay where fp8 is in use and gains less than {PAYS_FROM}×")
    cases: tuple[tuple[str, str, tuple[float, ...]], ...] = series("s", doc="execution, format, time of each of PARTS")
    sources: dict = sources()


def step(tokens: int = 8192, number_format: str = "bf16", execution: str = "eager") -> Step:
    """A step of `tokens` (1 to 10^6) a GPU; `number_format` bf16 or fp8, `execution` eager or fused.

    A product a × b takes 2tab FLOP forward and twice that backward; elementwise kernels take their bytes over the bandwidth.
    Errors: OutOfRange, WrongType. Source: H100 peaks; passes and shares illustrative.

    >>> r = step(8192, "fp8", "eager")
    >>> f"{r.step_s * 1e3:.0f} ms, {r.speedup:.2f}x"
    '653 ms, 1.20x'
    """
    return _step(whole("tokens", tokens, high=MOST_TOKENS), one_of("number_format", number_format, FORMATS), one_of("execution", execution, EXECUTIONS))


def measured() -> tuple[tuple[str, float], ...]:
    """Published tokens/s a GPU: what was switched on, rate. Source: torchtitan, December 2024.

    >>> [round(b / a, 2) for (_, a), (_, b) in zip(measured(), measured()[1:])]
    [1.16, 1.28]
    """
    return tuple((name, float(rate)) for name, rate in load(FILE)["measured"]["rows"])


def layer(tokens: int = 8192, number_format: str = "bf16", execution: str = "eager", attention: str = "shared") -> Layer:
    """Times of one layer and of the head; `attention` is one of the kernels of `mlsysim.attention_tiles`, tiles of 128 rows.

    Errors: OutOfRange, WrongType. Source: as `step`.

    >>> f"{layer(4096, 'bf16', 'fused').forward_s * 1e3:.2f} ms"
    '3.20 ms'
    """
    form, run = one_of("number_format", number_format, FORMATS), one_of("execution", execution, EXECUTIONS)
    return _layer(whole("tokens", tokens, high=MOST_TOKENS), form, run, one_of("attention", attention, KERNELS))


@lru_cache(maxsize=1024)
def _layer(t: int, form: str, run: str, attention: str) -> Layer:
    data, at, chip = load(FILE), llama(), catalog.device(load(FILE)["device"])
    speed = data["memory_efficiency"]["value"] * chip.bandwidth()
    column = 2.0 * t / speed  # moves one bf16 value of every token
    rate, bf16 = (data["gemm_efficiency"][name] * chip.peak(name) for name in (form, "bf16"))
    gemm = 2.0 * t * at.layer_parameters / rate
    passes = data["cast_passes"][run] if form == "fp8" else 0.0
    wide = data["widths"][run]
    moved = (wide["hidden"] * at.hidden + wide["query_key"] * (at.hidden + at.kv) + wide["ffn"] * at.ffn) * column
    mixing, backward_mixing = _attention_s(t, attention)
    launches, casts = data["launches"][run], (data["launches"][run]["casts"] if form == "fp8" else 0)
    count = len(at.products)
    kernels = (3, 6) if attention == "materialised" else (1, 2)  # scores, softmax, values; one fused kernel, two backward
    head = 6.0 * t * at.hidden * at.vocabulary / bf16 + data["head_passes"][run] * 4.0 * t * at.vocabulary / speed
    return Layer(
        {"GEMM": gemm, "cast": passes * sum(a * column + 2.0 * a * b / speed for a, b in at.products), "attention": mixing, "elementwise": moved},
        {"GEMM": 2 * gemm, "cast": passes * sum(b * column for _, b in at.products), "attention": backward_mixing, "elementwise": 2 * moved},
        launches["forward"] + count + kernels[0] + casts * count, launches["backward"] + 2 * count + kernels[1] + casts * 2 * count, head,
    )  # fmt: skip


def _attention_s(t: int, kernel: str) -> tuple[float, float]:
    """Causal attention within sequences, forward and backward; the backward pass of a tiled kernel recomputes the scores."""
    data, at, chip = load(FILE), llama(), catalog.device(load(FILE)["device"])
    peak, speed, s = chip.peak("bf16"), data["memory_efficiency"]["value"] * chip.bandwidth(), data["sequence"]
    if kernel == "materialised":  # the masked half is computed too; scores cross memory four times
        forward = 4.0 * s * at.hidden * t / (data["gemm_efficiency"]["bf16"] * peak) + 8.0 * s * data["tiles"]["heads"] * t / speed
        return forward, 2 * forward
    share = min(data["attention_efficiency"]["value"], attention_kernel(s, 128, kernel).intensity_flop_per_byte * speed / peak)
    forward = 2.0 * s * at.hidden * t / (share * peak)
    return forward, 2.5 * forward


def _parts(tokens: int, form: str, run: str) -> tuple[float, ...]:
    at = layer(tokens, form, run)
    return (*(llama().layers * (at.forward[p] + at.backward[p]) for p in PARTS[:-1]), at.head_s)


@lru_cache(maxsize=512)
def _step(tokens: int, form: str, run: str) -> Step:
    cases = {(r, f): _parts(tokens, f, r) for r in EXECUTIONS for f in FORMATS}
    total = {case: sum(parts) for case, parts in cases.items()}
    own, time, first = dict(zip(PARTS, cases[run, form], strict=True)), total[run, form], total["eager", "bf16"]
    rest, published = max(PARTS[1:], key=own.get), [rate for _, rate in measured()]
    format_speedup, fused, eager_format = total[run, "bf16"] / total[run, "fp8"], first / total["fused", "bf16"], first / total["eager", "fp8"]
    return Step(
        tokens=tokens, number_format=form, execution=run, gemm_s=own["GEMM"], cast_s=own["cast"], attention_s=own["attention"],
        elementwise_s=own["elementwise"], head_s=own["head"], step_s=time, tokens_per_s=tokens / time, gemm_share=own["GEMM"] / time,
        eager_bf16_s=first, speedup=first / time, format_speedup=format_speedup, fused_speedup=fused, eager_format_speedup=eager_format,
        measured_fused_speedup=published[1] / published[0], measured_format_speedup=published[2] / published[1],
        fused_format_speedup=total["fused", "bf16"] / total["fused", "fp8"], both_speedup=first / total["fused", "fp8"], product_speedup=fused * eager_format,
        next_part=rest, next_s=own[rest],
        state="the format does not pay" if form == "fp8" and format_speedup < PAYS_FROM else "working",
        cases=tuple((r, f, parts) for (r, f), parts in cases.items()),
        sources=_sources(),
    )  # fmt: skip


def _sources() -> dict:
    data = load(FILE)
    return {
        "gemm_s": f"{_WALK}: 2tab FLOP at {data['gemm_efficiency']['bf16']} of bf16, {data['gemm_efficiency']['fp8']} of fp8 peak (illustrative)",
        "cast_s": f"{_WALK}: {source_of(data['cast_passes'])}", "elementwise_s": f"{_WALK}: {source_of(data['widths'])}",
        "attention_s": f"{_WALK}: {source_of(data['attention_efficiency'])}", "head_s": source_of(data["head_passes"]),
    }  # fmt: skip
