"""One training step of a GPT-2 on one card: what is in memory at every moment, and how long the step takes.

The training state lies in memory all the time. Forward, each layer leaves what its backward pass will need; the head
adds the logits; backward, the layers give back what they kept. With recomputation a layer keeps less and is computed
again just before its backward pass, so its missing bytes come back, one layer at a time. The peak is the highest
moment of that walk. The rate rises with the tokens of a micro-batch towards a ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._remembered import remembered
from mlsysim.catalog_entries import Device
from mlsysim.errors import OutOfRange, UnknownName, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.transformer import KORTHIKANTI, RECOMPUTATION, Transformer, layer_activations, parameters

MODELS = ("gpt2_small", "gpt2_medium", "gpt2_large", "gpt2_xl")
FORMATS = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2}  # bytes of an activation; TF32 shortens products, not what is stored
STATE_BYTES = {"adam": 16.0, "adam_8bit": 10.0, "momentum": 12.0}  # a parameter: weight, gradient, master copy, moments
POSITIONS = 1024  # rows of the table of positions, learnt with the model
CONTEXT_BYTES = 1.5e9  # CUDA context, workspace of the kernels, fragmentation (illustrative)
CEILING, HALF_TOKENS, HALF_AT = 0.55, 1024.0, 312e12  # efficiency towards 55 %; half of it at 1,024 tokens on a peak of 312 TFLOP/s
BANDWIDTH_SHARE = 0.8  # of the memory bandwidth that an update reaches (illustrative)
BLOCKS = ("state", "activations", "head", "recompute")
_SHAPE = "Radford et al. 2019"
_BYTES = "bytes a parameter: weight and gradient 2 + 2, master copy 4, moments 4 + 4 (Adam), 1 + 1 (8-bit Adam), 4 (momentum); fp32: 4 each"


@dataclass(frozen=True, slots=True)
class Moment:
    """What is in memory at one moment of the walk."""

    name: str = quantity(r"\text{moment}", "")
    state_bytes: float = quantity("M_s", "B")
    context_bytes: float = quantity("M_c", "B")
    activation_bytes: float = quantity("M_a", "B", doc="kept for the backward pass")
    head_bytes: float = quantity("M_h", "B")
    recompute_bytes: float = quantity("M_r", "B", doc="of the layer that is being computed again")
    total_bytes: float = quantity("M", "B", formula="<state_bytes> + <context_bytes> + <activation_bytes> + <head_bytes> + <recompute_bytes>", source="sum")


@dataclass(frozen=True, slots=True)
class GptStep:
    """Memory and time of a training step on one card."""

    model: str = quantity(r"\text{model}", "")
    device: str = quantity(r"\text{device}", "")
    format: str = quantity(r"\text{format}", "")
    recomputation: str = quantity(r"\text{recomputation}", "", doc="none, selective (attention core), full (all but the layer inputs)")
    optimizer: str = quantity(r"\text{optimizer}", "")
    batch: int = quantity("b", "1", doc="sequences of a micro-batch")
    sequence: int = quantity("s", "1", doc="tokens a sequence")
    layers: int = quantity("L", "1", source=_SHAPE)
    hidden: int = quantity("h", "1", source=_SHAPE)
    heads: int = quantity("a", "1", source=_SHAPE)
    vocabulary: int = quantity("V", "1", source=_SHAPE)
    parameters: float = quantity("N", "1", source="12Lh² + 13Lh + Vh (Narayanan et al., SC21) and 1,024 h of positions")
    state_bytes_per_parameter: float = quantity("k", "B", source=_BYTES)
    state_bytes: float = quantity("M_s", "B", formula=r"<state_bytes_per_parameter> \cdot <parameters>", source=_BYTES)
    context_bytes: float = quantity("M_c", "B", source="illustrative", doc="CUDA context, workspace, fragmentation")
    layer_bytes: float = quantity(
        "A", "B", source="(34 s h + 5 a s²) b in 16 bit, (66 s h + 9 a s²) b in 32 bit (masks stay one byte)", doc="what one layer's backward pass needs"
    )
    kept_bytes: float = quantity("K", "B", source="none: A; selective: without the scores; full: the input of the layer", doc="what one layer keeps until then")
    recompute_bytes: float = quantity(
        "M_r", "B", formula="<layer_bytes> - <kept_bytes>", source=KORTHIKANTI, doc="comes back while the layer is computed again"
    )
    activation_bytes: float = quantity("M_a", "B", formula=r"<layers> \cdot <kept_bytes>", source=KORTHIKANTI, doc="kept at the end of the forward pass")
    head_bytes: float = quantity("M_h", "B", source="b·s·V times 6 in 16 bit (logits 2, softmax in fp32 4), 8 in 32 bit", doc="logits and softmax")
    peak_bytes: float = quantity(
        r"M_{peak}",
        "B",
        formula=r"<state_bytes> + <context_bytes> + <activation_bytes> + \max(<head_bytes>, <recompute_bytes>)",
        source="highest moment of the walk",
    )
    peak_at: str = quantity(r"\text{peak at}", "", source="walk")
    largest_block: str = quantity(r"\text{largest}", "", source="largest of state, activations, head, recompute at the peak")
    capacity_bytes: float = quantity("C", "B", doc="of the card")
    fits: bool = quantity(r"\text{fits}", "", source="peak against capacity")
    full_at: str = quantity(r"\text{full at}", "", source="first moment of the walk above the capacity", doc="empty if the step fits")
    sequence_bytes: float = quantity(
        r"m_1", "B", source="activations and the larger of head and recomputed layer, over b", doc="peak a sequence, without what is fixed"
    )
    largest_batch: int = quantity(
        r"b_{max}",
        "1",
        formula=r"\left\lfloor \frac{<capacity_bytes> - <state_bytes> - <context_bytes>}{<sequence_bytes>} \right\rfloor",
        source="every sequence adds the same",
    )
    peak_flop_per_s: float = quantity("R", "FLOP/s")
    bandwidth_bytes_per_s: float = quantity("BW", "B/s")
    sequence_flop: float = quantity(
        "F",
        "FLOP",
        formula=r"<sequence> (6 <parameters> + 12 <layers> <hidden> <sequence>)",
        source="Chowdhery et al. 2022",
        doc="forward and backward, nothing twice",
    )
    extra_share: float = quantity("x", "share", source="none 0; selective 4Lhs/(6N + 12Lhs); full 1/3", doc="arithmetic done again")
    efficiency: float = quantity(
        r"\eta", "share", formula=r"\frac{0.55 \cdot <batch> <sequence>}{<batch> <sequence> + 1024 \cdot <peak_flop_per_s> / 312\cdot 10^{12}}",
        source="illustrative: published runs reach 45–55 %; small micro-batches fill less of the card",
    )  # fmt: skip
    micro_step_s: float = quantity(
        r"t_\mu",
        "s",
        formula=r"\frac{<batch> <sequence_flop> (1 + <extra_share>)}{<peak_flop_per_s> <efficiency>}",
        source="O/(R·η)",
        doc="forward and backward of a micro-batch",
    )
    update_bytes: float = quantity(
        "U",
        "B",
        source="read: all of the state but the 16-bit weights; written: all but the gradients",
        doc="passed by the optimizer: 28, 16 or 20 bytes a parameter",
    )
    update_s: float = quantity(
        "t_u", "s", formula=r"\frac{<update_bytes>}{0.8 \cdot <bandwidth_bytes_per_s>}", source="D/BW; 80 % of the bandwidth is illustrative"
    )
    step_s: float = quantity("t", "s", formula="<micro_step_s> + <update_s>", source="the update follows", doc="one micro-batch and its update")
    tokens_per_s: float = quantity("r", "tokens/s", source="b·s over the time of a micro-batch; 0 where the step does not fit")
    walk: tuple[Moment, ...] = series("B", doc="every moment: forward, head, backward")
    sources: dict = sources()


def step(model: str = "gpt2_xl", batch: int = 1, recomputation: str = "none", *, sequence: int = 1024, optimizer: str = "adam",
         device: str | Device = "a100_sxm_80gb", format: str = "bf16") -> GptStep:  # fmt: skip
    """A training step over `batch` sequences on a card of the catalog.

    Model one of MODELS; recomputation none, selective or full; optimizer adam, adam_8bit or momentum; format one of
    FORMATS (fp32 and tf32 keep 4-byte activations; the state of Adam is 16 bytes a parameter in each of them).
    Errors: OutOfRange, UnknownName. Source: Korthikanti et al. 2023 (activations); Micikevicius et al. 2018 (state).

    >>> r = step("gpt2_xl", 5)
    >>> f"{r.peak_bytes / 1e9:.1f} GB at {r.peak_at}; at most {r.largest_batch} sequences"
    '72.8 GB at the head; at most 5 sequences'
    """
    one_of("model", model, MODELS)
    batch, sequence = whole("batch", batch, high=10**6), whole("sequence", sequence, low=16, high=10**6)
    one_of("recomputation", recomputation, RECOMPUTATION)
    one_of("optimizer", optimizer, STATE_BYTES)
    one_of("format", format, FORMATS)
    if optimizer != "adam" and FORMATS[format] == 4:
        raise OutOfRange(f"optimizer is {optimizer!r}, but must be 'adam' in {format}: the other layouts are those of 16-bit training.")
    card = device if isinstance(device, Device) else catalog.device(device)
    if format not in card.peak_flop_per_s:
        raise UnknownName(f"rate of {card.title}", format, card.peak_flop_per_s)
    return _step(model, batch, recomputation, sequence, optimizer, card, format)


def largest_batch(model: str = "gpt2_xl", recomputation: str = "none", **options) -> int:
    """Sequences of the largest micro-batch that fits; 0 if not even one does. Options and errors as `step`.

    >>> [largest_batch("gpt2_xl", mode) for mode in RECOMPUTATION]
    [5, 17, 114]
    """
    return step(model, 1, recomputation, **options).largest_batch


def rates(model: str = "gpt2_xl", recomputation: str = "none", **options) -> tuple[tuple[int, float], ...]:
    """(sequences, tokens a second) from 1 to the largest micro-batch that fits, two points a doubling.

    >>> found = rates("gpt2_xl", "full")
    >>> found[-1][0], round(found[-1][1], -2)
    (114, 12400.0)
    """
    most = largest_batch(model, recomputation, **options)
    points = sorted({min(most, round(2 ** (i / 2))) for i in range(32)} - {0}) if most else []
    return tuple((b, step(model, b, recomputation, **options).tokens_per_s) for b in points)


@dataclass(frozen=True, slots=True)
class ModeRates:
    """One way of recomputing at the micro-batches that it can afford."""

    recomputation: str = quantity(r"\text{recomputation}", "")
    largest_batch: int = quantity(r"b_{max}", "1", source="memory of the walk", doc="sequences; 0 if none fits")
    tokens_per_s: float = quantity("r", "tokens/s", source="rate at the largest micro-batch; 0 if none fits")
    rates: tuple[tuple[int, float], ...] = series("tokens/s", doc="(sequences, tokens a second), up to the largest")


def compare_modes(model: str = "gpt2_xl", **options) -> tuple[ModeRates, ...]:
    """Rate over the micro-batch for none, selective and full recomputation. Options and errors as `step`.

    >>> max(compare_modes("gpt2_xl"), key=lambda mode: mode.tokens_per_s).recomputation
    'selective'
    """
    found = []
    for mode in RECOMPUTATION:
        points = rates(model, mode, **options)
        found.append(ModeRates(mode, *(points[-1] if points else (0, 0.0)), points))
    return tuple(found)


def training_state_bytes(parameters: float, optimizer: str = "adam") -> float:
    """Bytes of weights, gradients, master copy and moments in 16-bit mixed precision: k·N.

    Errors: OutOfRange for another optimizer or what is not positive. Source: Micikevicius et al. 2018; Rajbhandari et al. 2020.

    >>> training_state_bytes(1e9)
    16000000000.0
    """
    return STATE_BYTES[one_of("optimizer", optimizer, STATE_BYTES)] * positive("parameters", parameters, high=1e15)


@remembered(64)
def shape(model: str, sequence: int) -> Transformer:
    """A model of MODELS as `transformer` has it, at a sequence length.

    >>> shape("gpt2_xl", 1024).heads
    25
    """
    entry = catalog.model(model)
    return Transformer(entry.title, entry.shape("layers"), entry.shape("hidden"), entry.shape("heads"), sequence, entry.shape("vocab"))


def _layer(m: Transformer, batch: int, recomputation: str, value_bytes: int) -> tuple[float, float]:
    """(needed by a layer's backward pass, kept until then)."""
    if value_bytes == 2:
        a = layer_activations(m, batch, recomputation)
        return a.full_bytes, a.kept_bytes
    linear, scores = 66.0 * m.sequence * m.hidden * batch, 9.0 * m.heads * m.sequence**2 * batch
    return linear + scores, {"none": linear + scores, "selective": linear, "full": 4.0 * m.sequence * m.hidden * batch}[recomputation]


@lru_cache(maxsize=512)
def _step(model, batch, recomputation, sequence, optimizer, card: Device, format) -> GptStep:
    m, value_bytes = shape(model, sequence), FORMATS[format]
    n = parameters(m) + POSITIONS * m.hidden
    k = STATE_BYTES[optimizer]
    state = k * n
    layer, kept = _layer(m, batch, recomputation, value_bytes)
    again, activations = layer - kept, m.layers * kept
    head = (6.0 if value_bytes == 2 else 8.0) * batch * sequence * m.vocabulary
    walk = _walk(m.layers, state, kept, again, head)
    top = max(walk, key=lambda moment: moment.total_bytes)
    blocks = dict(zip(BLOCKS, (top.state_bytes, top.activation_bytes, top.head_bytes, top.recompute_bytes), strict=True))
    capacity = card.memory_bytes
    each = (activations + max(head, again)) / batch
    full_at = next((moment.name for moment in walk if moment.total_bytes > capacity), "")
    peak_rate, tokens = card.peak_flop_per_s[format], batch * sequence
    attention = 12.0 * m.layers * m.hidden * sequence
    flop = sequence * (6.0 * n + attention)
    extra = {"none": 0.0, "selective": attention / 3 / (6.0 * n + attention), "full": 1 / 3}[recomputation]
    efficiency = CEILING * tokens / (tokens + HALF_TOKENS * peak_rate / HALF_AT)
    micro = batch * flop * (1 + extra) / (peak_rate * efficiency)
    passed = 2 * (k - 2.0) * n  # Adam in fp32 reads 16 and writes 12 bytes: 28 as well
    update = passed / (BANDWIDTH_SHARE * card.memory_bandwidth_bytes_per_s)
    return GptStep(
        model=m.name, device=card.title, format=format, recomputation=recomputation, optimizer=optimizer, batch=batch, sequence=sequence,
        layers=m.layers, hidden=m.hidden, heads=m.heads, vocabulary=m.vocabulary, parameters=n, state_bytes_per_parameter=k, state_bytes=state,
        context_bytes=CONTEXT_BYTES, layer_bytes=layer, kept_bytes=kept, recompute_bytes=again, activation_bytes=activations, head_bytes=head,
        peak_bytes=top.total_bytes, peak_at=top.name, largest_block=max(blocks, key=blocks.get), capacity_bytes=capacity, fits=not full_at,
        full_at=full_at, sequence_bytes=each, largest_batch=max(0, int((capacity - state - CONTEXT_BYTES) // each)), peak_flop_per_s=peak_rate,
        bandwidth_bytes_per_s=card.memory_bandwidth_bytes_per_s, sequence_flop=flop, extra_share=extra, efficiency=efficiency, micro_step_s=micro,
        update_bytes=passed, update_s=update, step_s=micro + update, tokens_per_s=0.0 if full_at else tokens / micro, walk=walk,
        sources=dict.fromkeys(("peak_flop_per_s", "bandwidth_bytes_per_s", "capacity_bytes"), f"data of {card.title}"),
    )  # fmt: skip


def _walk(layers: int, state: float, kept: float, again: float, head: float) -> tuple[Moment, ...]:
    """Forward layer by layer, head, backward: each layer as it is worked on, then freed."""

    def moment(name, held, on_head=0.0, repeated=0.0):
        return Moment(name, state, CONTEXT_BYTES, held, on_head, repeated, state + CONTEXT_BYTES + held + on_head + repeated)

    forward = [moment(f"layer {i} forward", i * kept) for i in range(1, layers + 1)]
    backward = []
    for i in range(layers, 0, -1):
        backward.append(moment(f"layer {i} backward", i * kept, 0.0, again))
        if again:  # without recomputation the next layer's moment says the same
            backward.append(moment(f"layer {i} freed", (i - 1) * kept))
    return (*forward, moment("the head", layers * kept, head), *backward)
