"""A training step as a walk: what is in memory after each layer, forward, backward and update.

Forward keeps what backward will need. Backward goes from the last layer to the first: it adds the gradients of a
layer's weights, then frees what the layer kept. So the mountain rises to the end of the forward pass and falls from
there, while gradients pile up in its shadow. Workspace of the kernels and fragmentation are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim.convnet import resnet50
from mlsysim.errors import fraction, named, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}  # numbers of 4 bytes that the optimizer keeps a parameter
INPUTS = {"digits": 784, "dense": 4096, "picture": 3 * 224 * 224}  # values of one example
VALUE_BYTES = (2, 4)
OPTIMIZER_BYTES = 4
GAIN = 0.01  # a change that shrinks the peak by less than 1 % counts as none
KEPT_PER_OUTPUT = 2  # the input of a convolution and that of its normalisation, in ResNet-50 (illustrative: frameworks differ)
_WALK = "walk over the layers; Griewank and Walther 2008 for backward = 2 × forward"
_RESNET = "He et al. 2016; two values kept an output (illustrative)"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the forward pass, for one example."""

    name: str = quantity(r"\text{layer}", "")
    parameters: int = quantity("p", "1")
    outputs: int = quantity("a", "1", doc="values that it hands on")
    kept: int = quantity("s", "1", doc="values that its backward pass needs")
    macs: int = quantity("m", "MAC")


@dataclass(frozen=True, slots=True)
class Moment:
    """Memory at one step of the walk."""

    phase: str = quantity(r"\text{phase}", "", doc="start, forward, backward or update")
    name: str = quantity(r"\text{step}", "")
    weights_bytes: float = quantity("M_w", "B")
    optimizer_bytes: float = quantity("M_o", "B")
    activation_bytes: float = quantity("M_a", "B", doc="what backward still needs, with the input batch")
    gradient_bytes: float = quantity("M_g", "B")
    total_bytes: float = quantity("M", "B", formula="<weights_bytes> + <optimizer_bytes> + <activation_bytes> + <gradient_bytes>", source="sum")


@dataclass(frozen=True, slots=True)
class MemoryWalk:
    """A step of training (or of inference), with its peak, and the place where somebody looks."""

    network: str = quantity(r"\text{network}", "")
    mode: str = quantity(r"\text{mode}", "", doc="training or inference")
    optimizer: str = quantity(r"\text{optimizer}", "")
    batch: int = quantity("n", "1", doc="examples a step")
    value_bytes: int = quantity("b", "B", doc="of a weight, an activation, a gradient; the optimizer keeps 4-byte numbers")
    parameters: int = quantity("P", "1", source="sum over the layers")
    weights_bytes: float = quantity("M_w", "B", formula=r"<value_bytes> \cdot <parameters>")
    optimizer_values: int = quantity("k", "1", doc="numbers a parameter that the optimizer keeps", source="SGD 0, momentum 1, Adam 2")
    optimizer_bytes: float = quantity("M_o", "B", formula=r"4 \cdot <optimizer_values> \cdot <parameters>")
    peak_step: str = quantity(r"\text{peak at}", "", doc="the step with the most memory")
    peak_activation_bytes: float = quantity("M_a", "B", doc="kept values and input batch at the peak", source=_WALK)
    peak_gradient_bytes: float = quantity("M_g", "B", doc="gradients at the peak", source=_WALK)
    peak_bytes: float = quantity(
        r"M_{peak}", "B", formula="<weights_bytes> + <optimizer_bytes> + <peak_activation_bytes> + <peak_gradient_bytes>", source=_WALK
    )
    times_weights: float = quantity(r"M_{peak}/M_w", "×", formula=r"\frac{<peak_bytes>}{<weights_bytes>}")
    activation_share: float = quantity("s_a", "share", formula=r"\frac{<peak_activation_bytes>}{<peak_bytes>}")
    card_bytes: float = quantity(r"M_{card}", "B")
    fits: bool = quantity(r"\text{fits}", "", doc="whether the peak fits the card")
    largest_batch: int = quantity(r"n_{max}", "1", doc="largest batch that fits the card (0: none)", source=_WALK)
    inference_peak_bytes: float = quantity(r"M_{inf}", "B", doc="peak of inference on the same batch: weights and two neighbouring outputs")
    forward_flop: float = quantity("O_f", "FLOP", doc="2 a multiply-add")
    step_flop: float = quantity("O", "FLOP", doc="forward once; in training, backward twice that", source=_WALK)
    here_step: str = quantity(r"\text{here}", "", doc="the step looked at")
    here_bytes: float = quantity("M_{here}", "B", doc="memory at that step")
    here: int = quantity("i", "1", doc="number of that step, from 0")
    best_change: str = quantity(r"\text{best}", "", doc="batch, optimizer, weights or nothing: what shrinks the peak most")
    best_bytes: float = quantity("M_{best}", "B", doc="peak after that change")
    moments: tuple[Moment, ...] = series("B", doc="every step of the walk")
    sources: dict = sources()


def stages(network: str) -> tuple[Stage, ...]:
    """The layers of digits (784–128–10), dense (eight 4096 × 4096) or picture (ResNet-50 at 224 px in 20 steps).

    Raises UnknownName for any other. Source: He et al. 2016, Table 1.

    >>> sum(s.parameters for s in stages("picture")), len(stages("picture"))
    (25503912, 20)
    """
    named("network", network, INPUTS)
    return _stages(network)


def walk(network: str = "picture", batch: int = 256, mode: str = "training", optimizer: str = "adam", value_bytes: int = 4,
         card_bytes: float = 16e9, look_at: float = 0.5) -> MemoryWalk:  # fmt: skip
    """Memory over one step. `value_bytes` 2 or 4; `look_at` is the place in the walk, 0 start to 1 end.

    Batch 1 to 1,000,000; optimizer sgd, momentum or adam. Raises OutOfRange or UnknownName otherwise.
    Source: the walk over the layers; ResNet-50 by He et al. 2016.

    >>> r = walk()
    >>> f"{r.peak_bytes / 1e9:.1f} GB, {r.times_weights:.0f} times the weights, at {r.peak_step}"
    '23.7 GB, 232 times the weights, at backward block 16'
    """
    layers = stages(network)
    batch, card_bytes = whole("batch", batch, high=10**6), float(positive("card_bytes", card_bytes, high=1e15))
    mode, optimizer = one_of("mode", mode, ("training", "inference")), one_of("optimizer", optimizer, OPTIMIZERS)
    value_bytes, look_at = one_of("value_bytes", value_bytes, VALUE_BYTES), fraction("look_at", look_at)
    k = OPTIMIZERS[optimizer] if mode == "training" else 0
    parameters = sum(s.parameters for s in layers)
    steps = _walk(network, mode)
    weights, state, b = float(value_bytes * parameters), float(OPTIMIZER_BYTES * k * parameters), value_bytes
    moments = tuple(
        Moment(name.split()[0], name, weights, state, float(batch * kept * b), float(grads * b), weights + state + batch * kept * b + grads * b)
        for name, kept, grads in steps
    )
    peak = max(moments, key=lambda m: m.total_bytes)
    here = round(look_at * (len(moments) - 1))
    changed = {
        "batch": _peak(steps, max(1, batch // 2), b, weights + state),
        "optimizer": _peak(steps, batch, b, weights),
        "weights": _peak(steps, batch, b, weights / 2 + state),
    }
    best = min(changed, key=changed.get)
    if changed[best] > peak.total_bytes * (1 - GAIN):
        best = "nothing"
    forward = 2.0 * batch * sum(s.macs for s in layers)
    return MemoryWalk(
        network=network, mode=mode, optimizer=optimizer, batch=batch, value_bytes=b, parameters=parameters, weights_bytes=weights,
        optimizer_values=k, optimizer_bytes=state, peak_step=peak.name, peak_activation_bytes=peak.activation_bytes,
        peak_gradient_bytes=peak.gradient_bytes, peak_bytes=peak.total_bytes, times_weights=peak.total_bytes / weights,
        activation_share=peak.activation_bytes / peak.total_bytes, card_bytes=card_bytes, fits=peak.total_bytes <= card_bytes,
        largest_batch=max(0, min(int((card_bytes - weights - state - g * b) // (s * b)) for _, s, g in steps if s)),
        inference_peak_bytes=_peak(_walk(network, "inference"), batch, b, weights), forward_flop=forward,
        step_flop=forward * (3 if mode == "training" else 1), here_step=moments[here].name, here_bytes=moments[here].total_bytes, here=here,
        best_change=best, best_bytes=changed.get(best, peak.total_bytes), moments=moments,
        sources={"parameters": _RESNET} if network == "picture" else {},
    )  # fmt: skip


def layer_training_bytes(inputs: int, outputs: int, batch: int) -> float:
    """Bytes of one fully connected layer in training with Adam in 4-byte numbers, at the end of its backward pass.

    Weights and biases, their gradients and Adam's two numbers: 16 (a·b + b); the kept outputs: 4·n·b. Raises
    OutOfRange for what is no whole number from 1.

    >>> layer_training_bytes(64, 128, 256)
    264192.0
    """
    a, b, n = whole("inputs", inputs), whole("outputs", outputs), whole("batch", batch)
    return float((4 + 4 + 4 * OPTIMIZERS["adam"]) * (a * b + b) + 4 * n * b)


def _peak(steps, batch, b, fixed) -> float:
    return fixed + max(batch * kept * b + grads * b for _, kept, grads in steps)


@lru_cache(maxsize=8)
def _walk(network: str, mode: str) -> tuple[tuple[str, int, int], ...]:
    """Step by step: name, values kept an example (with the input), parameters whose gradients exist."""
    layers, first = _stages(network), INPUTS[network]
    if mode == "inference":
        before = [first, *(s.outputs for s in layers)]
        return (("start", first, 0), *((f"forward {s.name}", before[i] + s.outputs, 0) for i, s in enumerate(layers)))
    found, kept, grads = [("start", first, 0)], first, 0
    for s in layers:
        kept += s.kept
        found.append((f"forward {s.name}", kept, 0))
    for s in reversed(layers):
        grads += s.parameters
        found.append((f"backward {s.name}", kept, grads))
        kept -= s.kept
    return (*found, ("update", kept, grads))


@lru_cache(maxsize=8)
def _stages(network: str) -> tuple[Stage, ...]:
    return _picture() if network == "picture" else _dense((784, 128, 10) if network == "digits" else (4096,) * 9)


def _dense(widths) -> tuple[Stage, ...]:
    return tuple(Stage(f"layer {i}", a * b + b, b, b, a * b) for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False), 1))


def _picture() -> tuple[Stage, ...]:
    """ResNet-50 in 20 steps. The layer list of `convnet` leaves out pooling, which has no weights but an output to keep."""
    groups: dict[int, list] = {}
    for layer in resnet50().layers:
        groups.setdefault(layer.block, []).append(layer)
    found = []
    for block, layers in sorted(groups.items()):
        outputs = [la for la in layers if not la.name.startswith("project")][-1].output_elements
        made = sum(la.output_elements for la in layers)
        name = "stem" if block == 0 else layers[0].name if layers[0].kind == "fc" else f"block {block}"
        kept = made if layers[0].kind == "fc" else KEPT_PER_OUTPUT * made
        if layers[0].kind == "fc":  # the average over the last image comes before the classifier
            pooled = layers[0].c_in
            found.append(Stage("average", 0, pooled, KEPT_PER_OUTPUT * pooled, 0))
        found.append(Stage(name, sum(la.weights for la in layers), outputs, kept, sum(la.macs for la in layers)))
        if block == 0:  # max pooling halves the side
            pooled = layers[0].output_elements // 4
            found.append(Stage("pool", 0, pooled, KEPT_PER_OUTPUT * pooled, 0))
    return tuple(found)
