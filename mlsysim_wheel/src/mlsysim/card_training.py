"""Training a deep dense network on one card: memory, time of a step, and whether its numbers can learn at all.

A step computes forward and backward (6 FLOP a weight and example) while it reads the weights, then updates every
weight, which is pure memory traffic: gradient, weight and the optimizer's numbers pass once. The same layout of bytes
decides what the card must hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim.accumulation import accumulate
from mlsysim.errors import flag, instance, one_of, positive, whole
from mlsysim.quantity import quantity, sources
from mlsysim.tinynet import ACTIVATIONS, gradient_flow

WIDTH = 4096
UTILISATION = 0.4  # share of the peak rate that the matrix products reach (illustrative)
FORMATS = {"fp32": 4, "bf16": 2, "fp16": 2}  # bytes a number
ADAM_BYTES = 8  # two numbers of 4 bytes a parameter
MASTER_BYTES = 4
UPDATES, UPDATE = 1000, 0.001  # the test of the update: a weight of 1 that should reach 2
_MIXED = "Micikevicius et al. 2018"
_STANDS_FOR = "tinynet: 32 units stand for 4096 (illustrative)"


@dataclass(frozen=True, slots=True)
class CardTraining:
    """A network, a format and a batch on one card."""

    activation: str = quantity("f", "")
    gain: float = quantity("g", "1", doc="weights have the variance g²/width")
    format: str = quantity(r"\text{format}", "", doc="of weights, gradients and activations")
    master: bool = quantity(r"\text{master}", "", doc="a copy of the weights in fp32 takes the updates")
    layers: int = quantity("L", "1")
    batch: int = quantity("n", "1")
    width: int = quantity("w", "1", doc="units a layer")
    value_bytes: int = quantity("b", "B", doc="of a number in the format")
    parameters: int = quantity("P", "1", formula=r"<layers> \cdot (<width>^2 + <width>)")
    state_bytes_per_parameter: float = quantity("u", "B", doc="weight and gradient in the format, 8 of Adam, 4 of a master copy", source=_MIXED)
    state_bytes: float = quantity("M_s", "B", formula=r"<state_bytes_per_parameter> \cdot <parameters>")
    activation_bytes: float = quantity("M_a", "B", formula=r"<batch> \cdot (<layers> + 1) \cdot <width> \cdot <value_bytes>")
    memory_bytes: float = quantity("M", "B", formula="<state_bytes> + <activation_bytes>")
    rate_flop_per_s: float = quantity(r"R_{peak}", "FLOP/s", doc="of the card in this format")
    utilisation: float = quantity(r"\eta", "share", source="illustrative: 0.4")
    bandwidth_bytes_per_s: float = quantity("BW", "B/s")
    arithmetic_s: float = quantity(
        "T_O", "s", formula=r"\frac{6 \cdot <parameters> \cdot <batch>}{<rate_flop_per_s> \cdot <utilisation>}", doc="forward and backward"
    )
    weights_s: float = quantity(
        "T_w", "s", formula=r"\frac{3 \cdot <value_bytes> \cdot <parameters>}{<bandwidth_bytes_per_s>}",
        doc="weights read forward and backward, gradients written, while the arithmetic runs",
    )  # fmt: skip
    passes_s: float = quantity("T_p", "s", formula=r"\max(<arithmetic_s>, <weights_s>)", doc="forward and backward", source="roofline")
    passes_term: str = quantity(r"\text{passes}", "", doc="data or arithmetic: what the passes take")
    update_bytes_per_parameter: float = quantity(
        "v", "B", doc="passed by an update: gradient read, weight written, Adam's numbers and the master copy (or the weight) read and written"
    )
    update_s: float = quantity("T_u", "s", formula=r"\frac{<update_bytes_per_parameter> \cdot <parameters>}{<bandwidth_bytes_per_s>}")
    step_s: float = quantity("T", "s", formula=r"<passes_s> + <update_s>", source="the update follows the passes")
    speed_per_s: float = quantity("S", "examples/s", formula=r"\frac{<batch>}{<step_s>}")
    gradient_ratio: float = quantity("r", "1", doc="gradient in the last layer over that in the first", source=_STANDS_FOR)
    gradient_imbalance: float = quantity(
        r"r_{\pm}", "1", formula=r"\max(<gradient_ratio>, 1/<gradient_ratio>)", doc="how far the first and the last layer are apart"
    )
    update_error: float = quantity(
        r"\epsilon", "1", doc="a weight of 1 plus 1,000 updates of 0.001: how far it ends from 2", source="accumulation, step by step"
    )
    binding: str = quantity(r"\text{binds}", "", doc="data or arithmetic: which takes more of a step")
    sources: dict = sources()


def train_on_card(activation: str, gain: float, format: str, master: bool, layers: int, batch: int, card: str = "l4") -> CardTraining:
    """One step of a dense network of width 4096 with Adam on a card of the catalog.

    Format fp32, bf16 or fp16 (fp32 is its own master copy); layers 2 to 64, batch 1 to 1,000,000. Kernels reach 40 %
    of the peak (illustrative); traffic of activations is left out. Raises OutOfRange or UnknownName otherwise.
    Source: Micikevicius et al. 2018 (bytes); Williams et al. 2009 (roofline).

    >>> r = train_on_card("relu", 2**0.5, "bf16", True, 16, 256)
    >>> f"{r.memory_bytes / 1e9:.2f} GB, {r.speed_per_s:.0f} examples/s, {r.update_error:.2g} off"
    '4.33 GB, 7623 examples/s, 0.00055 off'
    """
    layers, batch = whole("layers", layers, low=2, high=64), whole("batch", batch, high=10**6)
    instance("card", card, str, "the name of a device")
    activation, format = one_of("activation", activation, ACTIVATIONS), one_of("format", format, FORMATS)
    return _train(activation, float(positive("gain", gain, high=10.0)), format, flag("master", master), layers, batch, card)


@lru_cache(maxsize=512)
def _train(activation, gain, format, master, layers, batch, card) -> CardTraining:
    flow = gradient_flow(activation, layers, gain)
    device = catalog.device(card)
    b, copied = FORMATS[format], master and format != "fp32"
    parameters = layers * (WIDTH * WIDTH + WIDTH)
    per_parameter = 2 * b + ADAM_BYTES + (MASTER_BYTES if copied else 0)
    passed = b + b + 2 * ADAM_BYTES + (2 * MASTER_BYTES if copied else b)
    rate, bandwidth = device.peak_flop_per_s[format], device.memory_bandwidth_bytes_per_s
    arithmetic = 6.0 * parameters * batch / (rate * UTILISATION)
    weights, update = 3.0 * b * parameters / bandwidth, passed * parameters / bandwidth
    passes = max(arithmetic, weights)
    step = passes + update
    state, kept = float(per_parameter * parameters), float(batch * (layers + 1) * WIDTH * b)
    sum_of_updates = accumulate(1.0, UPDATE, UPDATES, format, "master" if copied else "none")
    data = update + (weights if weights > arithmetic else 0.0)
    return CardTraining(
        activation=activation, gain=gain, format=format, master=master, layers=layers, batch=batch, width=WIDTH, value_bytes=b, parameters=parameters,
        state_bytes_per_parameter=float(per_parameter), state_bytes=state, activation_bytes=kept, memory_bytes=state + kept, rate_flop_per_s=rate,
        utilisation=UTILISATION, bandwidth_bytes_per_s=bandwidth, arithmetic_s=arithmetic, weights_s=weights, passes_s=passes,
        passes_term="data" if weights > arithmetic else "arithmetic", update_bytes_per_parameter=float(passed),
        update_s=update, step_s=step, speed_per_s=batch / step, gradient_ratio=flow.ratio, gradient_imbalance=max(flow.ratio, 1 / flow.ratio),
        update_error=abs(sum_of_updates.stored - (1.0 + UPDATES * UPDATE)), binding="data" if data > step - data else "arithmetic",
        sources=dict.fromkeys(("rate_flop_per_s", "bandwidth_bytes_per_s"), f"data of {device.title}"),
    )  # fmt: skip
