"""What a catalog model asks of a catalog device in one phase: a prompt, one more token, a batch of images.

A phase is a number of operations and a number of bytes between memory and chip; the roofline makes a time of them.
Weights cross once a phase, whatever the batch; keys and values cross for every context. Attention counts every pair of
positions, as Narayanan et al. (SC21) do; a kernel that skips the masked half does less. By itself that is a bound; calibrated,
the roof is what the kernels of a chip generation reach.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.catalog_entries import BYTES_OF_FORMAT, FORMATS, Device, Model
from mlsysim.errors import Infeasible, OutOfRange, flag, fraction, instance, one_of, whole
from mlsysim.kv_cache import kv_token
from mlsysim.quantity import quantity, sources
from mlsysim.roofline import Roofline, on_device
from mlsysim.transformer import Transformer

PHASES = ("decode", "prefill", "inference")
SC21 = "Narayanan et al., SC21"
ROUTING = "all parameters; with experts, those that uniform routing is expected to touch (Shazeer et al. 2017)"


@dataclass(frozen=True, slots=True)
class PhaseWork:
    """Operations and bytes of one phase."""

    phase: str = quantity(r"\text{phase}", "", source="asked")
    batch: int = quantity("b", "1", source="asked", doc="contexts, or images")
    new_tokens: int = quantity("n", "1", source="decode 1, prefill the prompt, images 1", doc="items a context")
    context_tokens: int = quantity("c", "1", source="asked; 0 for images", doc="positions that a token attends to")
    item_flop: float = quantity("o", "FLOP", source="catalog", doc="one token or image through all weights")
    attention_width: float = quantity("w", "1", source="layers × heads × head width; 0 for images")
    weight_bytes_each: float = quantity("s", "B", source="width of the weight format")
    read_parameters: float = quantity("P_r", "1", source=ROUTING)
    token_bytes: float = quantity("m", "B", source="KV cache of a token, 16 bit; 0 for images")
    activation_bytes: float = quantity("a", "B", source="catalog; 0 for tokens", doc="intermediate values of an image")
    operations: float = quantity(
        "O",
        "FLOP",
        formula=r"<batch> \cdot <new_tokens> \cdot (<item_flop> + 4 \cdot <attention_width> \cdot <context_tokens>)",
        source=SC21,
    )
    weights_read_bytes: float = quantity("D_w", "B", formula=r"<read_parameters> \cdot <weight_bytes_each>", source="weights cross once")
    context_bytes: float = quantity(
        "D_c", "B", formula=r"<batch> \cdot (<context_tokens> \cdot <token_bytes> + <activation_bytes>)", source="each context crosses once"
    )
    traffic_bytes: float = quantity("D", "B", formula=r"<weights_read_bytes> + <context_bytes>", source="sum")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class PhaseEstimate:
    """One phase on one device: does it fit, how long does it take, what binds."""

    work: PhaseWork
    roof: Roofline
    held_bytes: float = quantity("M", "B", source="all weights, and keys and values or intermediate values of the batch")
    memory_bytes: float = quantity(r"M_{max}", "B", source="device")
    memory_share: float = quantity("u", "share", formula=r"\frac{<held_bytes>}{<memory_bytes>}", source="used of available")
    time_s: float = quantity("T", "s", source="roofline")
    items: int = quantity("N", "1", source="batch × new items of a context", doc="tokens or images of the phase")
    items_per_s: float = quantity("X", "1/s", formula=r"\frac{<items>}{<time_s>}", source="definition of a rate")
    sources: dict = sources()


def phase_work(model: Model, phase: str, *, batch: int = 1, tokens: int = 512, weight_format: str = "fp16") -> PhaseWork:
    """Operations and bytes of one decode step, of the prefill of `batch` prompts, or of a batch of images ("inference").

    `tokens` is the context of a decode step and the prompt of a prefill; images ignore it. FLOP and bytes.
    Errors: WrongType, OutOfRange; Infeasible for a phase that the model does not have. Source: Narayanan et al., SC21.

    >>> from mlsysim import catalog
    >>> w = phase_work(catalog.model("llama3_8b"), "decode", tokens=8192)
    >>> round(w.traffic_bytes / 1e9, 1), round(w.operations / 1e9, 1)
    (17.1, 20.4)
    """
    instance("model", model, Model, "a Model of the catalog")
    one_of("phase", phase, PHASES)
    batch, tokens = whole("batch", batch, high=10**7), whole("tokens", tokens, high=10**7)
    width = BYTES_OF_FORMAT[one_of("weight_format", weight_format, FORMATS)]
    if phase == "inference":
        if model.kind != "convnet":
            raise Infeasible(f"{model.title} answers in tokens: its phases are prefill and decode, not inference")
        if model.activation_bytes is None:
            raise Infeasible(f"The catalog has no intermediate values for {model.title}, so its data volume is unknown")
        new, context, attention, token_bytes, activation = 1, 0, 0.0, 0.0, model.activation_bytes
    else:
        if "kv_heads" not in model.architecture:
            raise Infeasible(f"{model.title} has no tokens: its phase is inference, not {phase}")
        new, context = (tokens if phase == "prefill" else 1), tokens
        attention = model.shape("layers") * model.shape("heads") * model.shape("head_dim")
        token_bytes, activation = kv_token(model).token_bytes, 0.0
    read = _read_parameters(model, batch * new)
    operations = batch * new * (model.operations_per_item + 4.0 * attention * context)
    weights, contexts = read * width, batch * (context * token_bytes + activation)
    return PhaseWork(
        phase=phase,
        batch=batch,
        new_tokens=new,
        context_tokens=context,
        item_flop=model.operations_per_item,
        attention_width=attention,
        weight_bytes_each=width,
        read_parameters=read,
        token_bytes=token_bytes,
        activation_bytes=activation,
        operations=operations,
        weights_read_bytes=weights,
        context_bytes=contexts,
        traffic_bytes=weights + contexts,
        sources={"item_flop": model.source("operations_per_item")},
    )


def phase_on_device(
    model: Model,
    device: Device,
    phase: str,
    *,
    fmt: str = "fp16",
    weight_format: str | None = None,
    batch: int = 1,
    tokens: int = 512,
    compute_efficiency: float = 1.0,
    memory_efficiency: float = 1.0,
    calibrated: bool = False,
) -> PhaseEstimate:
    """Time of one phase by the roofline, items a second, and the memory that it holds.

    Arithmetic runs in `fmt`; weights are stored in `weight_format` (the same by default). Efficiencies of 1 make it
    a lower bound; `calibrated` takes instead what kernels of the device's generation reach (`mlsysim.kernels`), still without
    launches and exchanges, which `token_generation` and `vision_throughput` count kernel by kernel.
    Errors: as `phase_work`; Infeasible if weights and contexts exceed the memory; with `calibrated` UnknownName or Infeasible where
    the device or its format has no calibration. Source: Williams et al. 2009.

    >>> from mlsysim import catalog
    >>> e = phase_on_device(catalog.model("llama3_8b"), catalog.device("h100_sxm"), "decode", tokens=1024)
    >>> e.roof.binding, round(e.items_per_s)
    ('memory', 207)
    >>> round(phase_on_device(catalog.model("llama3_8b"), catalog.device("h100_sxm"), "decode", tokens=1024, calibrated=True).items_per_s)
    186
    """
    instance("device", device, Device, "a Device of the catalog")
    if flag("calibrated", calibrated):
        compute_efficiency, memory_efficiency = _reached(device, fmt, compute_efficiency, memory_efficiency)
    fraction("compute_efficiency", compute_efficiency, open_low=True)
    fraction("memory_efficiency", memory_efficiency, open_low=True)
    device.peak(fmt)  # a format that the device lacks is reported before its width is needed
    work = phase_work(model, phase, batch=batch, tokens=tokens, weight_format=fmt if weight_format is None else weight_format)
    held = model.weights_at(work.weight_bytes_each) + work.context_bytes
    if held > device.memory_bytes:
        what = f"{model.title} with a batch of {work.batch} does not fit on {device.title}"
        raise Infeasible(what, needed=held, available=device.memory_bytes, unit="B")
    roof = on_device(
        work.operations, work.traffic_bytes, device, fmt, compute_efficiency=compute_efficiency, memory_efficiency=memory_efficiency
    )
    items = work.batch * work.new_tokens
    return PhaseEstimate(
        work=work,
        roof=roof,
        held_bytes=held,
        memory_bytes=device.memory_bytes,
        memory_share=held / device.memory_bytes,
        time_s=roof.time_s,
        items=items,
        items_per_s=items / roof.time_s,
        sources={"memory_bytes": device.source("memory_bytes")},
    )


def _reached(device: Device, fmt: str, compute: float, memory: float) -> tuple[float, float]:
    """Shares of peak and bandwidth that large kernels of the device's generation reach."""
    if (compute, memory) != (1.0, 1.0):
        raise OutOfRange(f"calibrated sets both efficiencies, so compute_efficiency and memory_efficiency must stay 1, but are {compute!r}, {memory!r}.")
    from mlsysim.kernels import calibration

    found = calibration(device)
    if device.peak(fmt) and fmt not in found.product_share:
        raise Infeasible(f"{device.title} has no calibrated rate in {fmt}; it has {', '.join(found.product_share)}")
    return found.product_share[fmt], found.memory_share


def transformer_of(model: Model, sequence: int | None = None) -> Transformer:
    """A decoder of the catalog as the training models see it: GPT-style blocks of its depth and width.

    `nominal_parameters` is the catalog's count; blocks with gated layers or grouped queries differ from 12Lh² by some
    per cent. `sequence` defaults to the model's context. Errors: WrongType, OutOfRange, Infeasible for other networks.

    >>> from mlsysim import catalog
    >>> transformer_of(catalog.model("gpt3_175b")).hidden
    12288
    """
    instance("model", model, Model, "a Model of the catalog")
    if "kv_heads" not in model.architecture or "experts" in model.architecture:
        raise Infeasible(f"{model.title} is no dense transformer, so the training layouts do not describe it")
    length = whole("sequence", model.shape("context") if sequence is None else sequence, high=10**8)
    shape = [int(model.shape(key)) for key in ("layers", "hidden", "heads")]
    return Transformer(model.title, *shape, length, int(model.shape("vocab")), model.parameters)


def _read_parameters(model: Model, tokens: int) -> float:
    """Parameters that `tokens` tokens touch: all, or of a mixture of experts the shared ones and the experts hit."""
    shape = model.architecture
    if "experts" not in shape:
        return model.parameters
    experts, chosen, active = shape["experts"], shape["active_experts"], shape["active_parameters"]
    one = (model.parameters - active) / (experts - chosen)  # P = S + E·x and A = S + k·x
    return model.parameters - experts * one * (1.0 - chosen / experts) ** tokens
