"""A network that reads long records: recurrence, dilated convolution or attention, as wide and as deep as wanted.

Time is one forward pass over eight records on an A100; the path is the number of layers or steps between the first and the
last sample of a record. Source: Vaswani et al. 2017, Table 1 (paths); van den Oord et al. 2016 (dilated convolution).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim.attention_layer import attention_layer, attention_parameters
from mlsysim.errors import one_of, whole
from mlsysim.quantity import quantity, sources
from mlsysim.receptive_field import reach
from mlsysim.recurrent import lstm_cell, lstm_parameters, rounds
from mlsysim.sequence_race import accelerator

FAMILIES = ("lstm", "convolution", "attention", "tiled")
RECORDS, KERNEL, VALUE_BYTES = 8, 3, 2
CONVOLUTION_KERNELS = 2  # launches a layer
VALUES_A_SAMPLE = {"lstm": 2, "convolution": 2, "attention": 10, "tiled": 10}  # of width h, live at once in a layer (illustrative)
_MODEL = "recurrent, attention_layer, or the roofline of a convolution"


@dataclass(frozen=True, slots=True)
class Reader:
    """One design."""

    family: str = quantity(r"\text{family}", "", doc="lstm, convolution (dilated, kernel 3), attention (stored scores) or tiled")
    width: int = quantity("h", "1")
    layers: int = quantity("L", "1")
    length: int = quantity("T", "samples", doc="of a record")
    records: int = quantity("B", "1", doc="records at once", source="8")
    parameters: int = quantity("P", "1", doc="weights: 8h²L, 3h²L or 12h²L", source="recurrent, attention_layer; kernel 3 of a convolution")
    layer_s: float = quantity("t", "s", doc="of one layer over the whole batch", source=_MODEL)
    time_s: float = quantity("T_f", "s", formula=r"<layers> \cdot <layer_s>", source=_MODEL)
    hears_samples: int = quantity("r", "samples", doc="that an output can depend on, no more than there are", source="receptive_field")
    hears_share: float = quantity("u", "share", formula=r"\frac{<hears_samples>}{<length>}", source="definition")
    path_steps: int = quantity("n", "steps", doc="between the ends of what it hears: T, L, or 1 with attention", source="Vaswani et al. 2017, Table 1")
    weights_bytes: float = quantity("M_w", "B", formula=r"2 \cdot <parameters>", source="16-bit numbers")
    values_bytes: float = quantity("M_v", "B", doc="live values of a layer", source="2 or 10 values a sample and unit of width, illustrative")
    scores_bytes: float = quantity("M_s", "B", doc="stored scores of one layer", source="attention_layer")
    memory_bytes: float = quantity("M", "B", formula="<weights_bytes> + <values_bytes> + <scores_bytes>", source="sum")
    sources: dict = sources()


def reader(family: str, width: int, layers: int, length: int = 4096) -> Reader:
    """Time, path, weights and memory of a design; width a multiple of 64 up to 4096, 1 to 64 layers, 1 to 131,072 samples.

    Raises OutOfRange otherwise. Source: Vaswani et al. 2017; van den Oord et al. 2016; Williams et al. 2009.

    >>> r = reader("convolution", 768, 16, 4096)
    >>> f"{r.time_s * 1e3:.1f} ms, {r.parameters / 1e6:.1f} M weights, {r.path_steps} steps, {r.memory_bytes / 1e9:.3f} GB"
    '10.0 ms, 28.3 M weights, 16 steps, 0.157 GB'
    """
    family = one_of("family", family, FAMILIES)
    return _reader(family, whole("width", width, high=4096), whole("layers", layers, high=64), whole("length", length, high=131_072))


@lru_cache(maxsize=4096)
def _reader(family, h, n, t) -> Reader:
    chip, scores = accelerator(), 0.0
    rate, bandwidth, kernel = chip.rate_flop_per_s, chip.bandwidth_bytes_per_s, chip.kernel_s
    if family == "lstm":
        parameters, heard, path = lstm_parameters(h, n), t, t
        layer_s = rounds(t, n, 1) * lstm_cell(h, RECORDS, rate, bandwidth, kernel).time_s / n
    elif family == "convolution":
        parameters, heard, path = KERNEL * h * h * n, min(t, reach("dilated", KERNEL, n)), n
        flop, moved = 2.0 * KERNEL * h * h * t * RECORDS, VALUE_BYTES * (KERNEL * h * h + 2.0 * h * t * RECORDS)
        layer_s = max(flop / rate, moved / bandwidth) + CONVOLUTION_KERNELS * kernel
    else:
        layer = attention_layer(h, t, RECORDS, rate, bandwidth, kernel, "tiled" if family == "tiled" else "stored")
        parameters, heard, path, layer_s = attention_parameters(h, n), t, 1, layer.time_s
        scores = layer.score_bytes if family == "attention" else 0.0
    weights, values = float(VALUE_BYTES * parameters), float(VALUES_A_SAMPLE[family] * t * RECORDS * h * VALUE_BYTES)
    return Reader(
        family=family, width=h, layers=n, length=t, records=RECORDS, parameters=parameters, layer_s=layer_s, time_s=n * layer_s, hears_samples=heard,
        hears_share=heard / t, path_steps=path, weights_bytes=weights, values_bytes=values, scores_bytes=scores, memory_bytes=weights + values + scores,
    )  # fmt: skip
