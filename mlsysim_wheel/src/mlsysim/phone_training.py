"""Training a network on a phone: what the backward pass keeps, layer by layer, for each choice of trained parameters.

The gradient of a convolution needs its input, that of a norm's scale the norm's input; a bias needs neither, only which outputs a
ReLU6 let through (one bit each). What is not kept is not counted: transient buffers beside the largest one, code, frameworks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.convnet import FC, Network, mobilenet_v2
from mlsysim.errors import Infeasible, non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

STRATEGIES = ("full", "norm", "bias", "last")
COPIES = {"sgd": 1, "momentum": 2, "adam": 3}
PARTS = ("weights", "optimizer", "activations", "buffer")
CLASSES, BYTES = 100, 4  # classes of household objects; FP32
CAI = "Cai et al. 2020 (TinyTL), sections 3.1 and 3.2"


@dataclass(frozen=True, slots=True)
class PhoneTraining:
    """Memory of one training step of MobileNetV2 with 100 classes in FP32."""

    trained_part: str = quantity(r"\text{trained}", "")
    batch: int = quantity("B", "1")
    side_px: int = quantity("r", "px")
    optimizer: str = quantity(r"\text{optimizer}", "")
    cap_bytes: float = quantity("M_{cap}", "B", doc="that the app may use")
    parameters: int = quantity("P", "1")
    trained: int = quantity("P_t", "1", doc="trained parameters", source="count over the layers")
    trained_share: float = quantity("p", "share", formula=r"\frac{<trained>}{<parameters>}", source="definition")
    copies: int = quantity("c", "1", doc="gradient and what the optimizer keeps", source="SGD 1, momentum 2, Adam 3 (Kingma and Ba 2015)")
    stored_elements: float = quantity("S", "1", doc="kept for the backward pass, an image", source=CAI)
    widest_elements: int = quantity("W", "1", doc="input and output of the largest layer, an image", source="largest of the layers")
    weights_bytes: float = quantity("M_w", "B", formula=r"4\,\text{B} \cdot <parameters>", source="FP32")
    optimizer_bytes: float = quantity("M_o", "B", formula=r"4\,\text{B} \cdot <trained> \cdot <copies>", source="FP32")
    activations_bytes: float = quantity("M_a", "B", formula=r"4\,\text{B} \cdot <batch> \cdot <stored_elements>", source=CAI)
    buffer_bytes: float = quantity("M_b", "B", formula=r"4\,\text{B} \cdot <batch> \cdot <widest_elements>", source="the layer at work")
    memory_bytes: float = quantity("M", "B", formula="<weights_bytes> + <optimizer_bytes> + <activations_bytes> + <buffer_bytes>", source="sum")
    full_bytes: float = quantity("M_f", "B", doc="with all parameters trained", source="the same model")
    of_full_share: float = quantity("m", "share", formula=r"\frac{<memory_bytes>}{<full_bytes>}", source="definition")
    largest_batch: int = quantity("B_{max}", "1", doc="images that fit; 0 where none does", source="largest batch under the cap")
    largest_part: str = quantity(r"\text{largest}", "", source="largest of the four parts")
    state: str = quantity(r"\text{state}", "", doc="fits, or killed", source="memory against the cap")
    kept: tuple[float, ...] = series("B", doc="kept by each layer, in order")
    spared: tuple[float, ...] = series("B", doc="that full training would keep in addition")
    full_parts: tuple[float, ...] = series("B", doc="the four parts with all parameters trained")
    sources: dict = sources()


def adapt(trained_part: str = "full", batch: int = 8, side_px: int = 224, optimizer: str = "sgd") -> PhoneTraining:
    """Memory to train a part of MobileNetV2: full, norm (scales and shifts), bias (shifts), or last (the classifier, in all of them).

    Batch 1–4096 images of 32–1024 pixels, optimizer sgd, momentum or adam. Errors: OutOfRange, WrongType.
    Source: Sandler et al. 2018 (layers); Cai et al. 2020, TinyTL (what each gradient needs).

    >>> [round(adapt(part).memory_bytes / 1e6, 1) for part in STRATEGIES]
    [497.2, 272.0, 64.9, 58.1]
    """
    part, optimizer = one_of("trained_part", trained_part, STRATEGIES), one_of("optimizer", optimizer, COPIES)
    batch, side = whole("batch", batch, high=4096), whole("side_px", side_px, low=32, high=1024)
    net, data = mobilenet_v2(side, CLASSES), load("edge/phone_fleet.json")
    parts, full = _parts(net, part, batch, COPIES[optimizer]), _parts(net, "full", batch, COPIES[optimizer])
    stored, everything = _stored(side, part), _stored(side, "full")
    memory, cap = sum(parts), data["memory_cap_bytes"]["value"]
    fixed, each = parts[0] + parts[1], (parts[2] + parts[3]) / batch
    return PhoneTraining(
        trained_part=part, batch=batch, side_px=side, optimizer=optimizer, cap_bytes=cap, parameters=net.weights,
        trained=trained_parameters(part), trained_share=trained_parameters(part) / net.weights, copies=COPIES[optimizer],
        stored_elements=sum(stored), widest_elements=_widest(net), weights_bytes=parts[0], optimizer_bytes=parts[1],
        activations_bytes=parts[2], buffer_bytes=parts[3], memory_bytes=memory, full_bytes=sum(full), of_full_share=memory / sum(full),
        largest_batch=int((cap - fixed) // each) if cap > fixed else 0, largest_part=PARTS[parts.index(max(parts))],
        state="fits" if memory <= cap else "killed",
        kept=tuple(BYTES * batch * s for s in stored), spared=tuple(BYTES * batch * (f - s) for f, s in zip(everything, stored, strict=True)),
        full_parts=full, sources={"cap_bytes": source_of(data["memory_cap_bytes"]), "parameters": net.sources["weights"] + ", 100 classes"},
    )  # fmt: skip


@remembered(8)
def trained_parameters(trained_part: str) -> int:
    """How many parameters of MobileNetV2 with 100 classes a choice trains. Errors: OutOfRange.

    >>> [trained_parameters(part) for part in STRATEGIES]
    [2351972, 162212, 145156, 128100]
    """
    part = one_of("trained_part", trained_part, STRATEGIES)
    net = mobilenet_v2(224, CLASSES)
    head, channels = net.layers[-1].weights, sum(layer.c_out for layer in net.layers[:-1])
    return {"full": net.weights, "norm": 2 * channels + head, "bias": channels + head, "last": head}[part]


def largest_batch(cap_bytes: float, fixed_bytes: float, stored_bytes: float, buffer_bytes: float) -> int:
    """Images that fit under a cap beside a fixed part, when each keeps `stored_bytes` and works in `buffer_bytes`.

    Errors: OutOfRange; Infeasible where not even one fits. Source: definition.

    >>> largest_batch(256e6, 18e6, 54e6, 6e6)
    3
    """
    cap, fixed = single(positive, "cap_bytes", cap_bytes), single(non_negative, "fixed_bytes", fixed_bytes)
    each = single(positive, "stored_bytes", stored_bytes) + single(non_negative, "buffer_bytes", buffer_bytes)
    if fixed + each > cap:
        raise Infeasible("One image does not fit", needed=fixed + each, available=cap, unit="B")
    return int((cap - fixed) / each)


@lru_cache(maxsize=64)
def _stored(side: int, part: str) -> tuple[float, ...]:
    """Elements that each layer keeps of one image; the classifier keeps its input whatever is trained."""
    keeps = {
        "full": lambda layer: float(layer.input_elements + layer.output_elements),
        "norm": lambda layer: float(layer.output_elements),
        "bias": lambda layer: layer.output_elements / 32,
        "last": lambda layer: 0.0,
    }[part]
    return tuple(float(layer.input_elements) if layer.kind == FC else keeps(layer) for layer in mobilenet_v2(side, CLASSES).layers)


def _parts(net: Network, part: str, batch: int, copies: int) -> tuple[float, ...]:
    """Bytes of weights, gradient and optimizer, kept activations, working buffer."""
    elements = (net.weights, trained_parameters(part) * copies, batch * sum(_stored(net.resolution, part)), batch * _widest(net))
    return tuple(float(BYTES * e) for e in elements)


def _widest(net: Network) -> int:
    return max(layer.input_elements + layer.output_elements for layer in net.layers)
