"""A deep network small enough to run: how signal and gradient change from layer to layer.

Forward, each layer computes z = W·x and x ← f(z); backward, δ = γ ∘ f′(z) and γ ← Wᵀδ, from γ = (1, …, 1). Weights are
drawn evenly around zero with variance g²/width. A random network stands for a trained one at its first step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from random import Random

from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.numerics import number_format
from mlsysim.quantity import quantity, series, sources

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
WIDTH = 32
SEED = 8
DEEPEST = 64
TOP_GRADIENT = 0.01  # size of the gradient in the last layer, to which the others are scaled (illustrative)
FACTOR = 100.0  # within 1/100 … 100 first and last layer learn at comparable speed
_BACK = "backpropagation: Rumelhart et al. 1986"
_GLOROT = "Glorot and Bengio 2010; Hochreiter 1991"
# where the weights alone would not shrink a gradient, the slope does; ReLU passes half, which the gain √2 makes good
_SLOPES = {"sigmoid": "slope", "tanh": "slope", "relu": "slope or scale"}


@dataclass(frozen=True, slots=True)
class GradientFlow:
    """Signal and gradient through a deep random network."""

    activation: str = quantity(r"f", "")
    depth: int = quantity("L", "1", doc="layers")
    width: int = quantity("w", "1", doc="units a layer")
    gain: float = quantity("g", "1", doc="weights have the variance g²/width")
    floor: str = quantity(r"\text{floor}", "", doc="format whose smallest number cuts gradients off")
    floor_value: float = quantity(r"x_{min}", "1", doc="smallest number above zero of that format (0: no floor)")
    signal_last: float = quantity("s_L", "1", doc="root mean square of what leaves the last layer")
    gradient_last: float = quantity("G_L", "1", doc="root mean square of the gradient in the last layer", source="illustrative: 0.01")
    ratio: float = quantity("r", "1", doc="gradient in the last layer over that in the first", source=_BACK)
    gradient_first: float = quantity("G_1", "1", formula=r"\frac{<gradient_last>}{<ratio>}", doc="gradient in the first layer")
    lost_decades: float = quantity(r"\lg r", "powers of ten", formula=r"\log_{10} <ratio>", doc="how far the gradient shrinks on its way down")
    layer_factor: float = quantity(
        "c", "×", formula=r"<ratio>^{-1/(<depth> - 1)}", doc="what one layer leaves of the gradient, on average", source=_GLOROT
    )
    linear_ratio: float = quantity("r_{lin}", "1", doc="the same ratio with a linear activation: what the weights alone do")
    lost_layers: int = quantity("n_0", "1", doc="layers whose gradient lies under the floor: they see a zero")
    state: str = quantity(r"\text{state}", "", doc="lost (the first layer sees zero), vanishing, exploding or ok")
    cause: str = quantity(r"\text{cause}", "", doc="slope of the activation, scale of the weights, slope or scale, nothing")
    signals: tuple[float, ...] = series("1", doc="root mean square after each layer, first layer first")
    gradients: tuple[float, ...] = series("1", doc="gradient of each layer, scaled so that the last one is 0.01")
    sources: dict = sources()


def gradient_flow(activation: str = "sigmoid", depth: int = 20, gain: float = 1.0, floor: str = "none") -> GradientFlow:
    """Forward and backward through `depth` layers (2 to 64) of 32 units.

    Activation: sigmoid, tanh, relu, linear; `gain` in (0, 10]; `floor`: none or a number format (fp16, bf16, …).
    The ratio is infinite where no gradient at all reaches the first layer. Raises OutOfRange or UnknownName otherwise.
    Source: Rumelhart et al. 1986; Glorot and Bengio 2010; He et al. 2015 (gain √2 for ReLU).

    >>> r = gradient_flow()
    >>> f"{r.ratio:.3g} times smaller, {r.layer_factor:.2f} a layer, because of the {r.cause}"
    '8.81e+11 times smaller, 0.24 a layer, because of the slope'
    """
    activation = one_of("activation", activation, ACTIVATIONS)
    depth, gain = whole("depth", depth, low=2, high=DEEPEST), float(positive("gain", gain, high=10.0))
    smallest = 0.0 if isinstance(floor, str) and floor == "none" else number_format(floor).smallest
    return _flow(activation, depth, gain, floor if isinstance(floor, str) else floor.name, smallest)


@lru_cache(maxsize=256)
def _flow(activation, depth, gain, floor, smallest) -> GradientFlow:
    signals, raw = _pass(activation, depth, gain)
    linear = _ratio(_pass("linear", depth, gain)[1])
    ratio = _ratio(raw)
    scaled = tuple(TOP_GRADIENT * g / raw[-1] if raw[-1] else 0.0 for g in raw)
    lost = sum(g < smallest or g == 0.0 for g in scaled)
    if comparable(ratio):
        state, cause = "ok", "nothing"
    else:
        state = "exploding" if ratio < 1 else "vanishing"
        cause = "scale" if ratio < 1 or linear > FACTOR or activation == "linear" else _SLOPES[activation]
    if scaled[0] < smallest or scaled[0] == 0.0:
        state = "lost"
    return GradientFlow(
        activation=activation, depth=depth, width=WIDTH, gain=gain, floor=floor, floor_value=smallest, signal_last=signals[-1],
        gradient_last=TOP_GRADIENT, ratio=ratio, gradient_first=scaled[0], lost_decades=math.log10(ratio),
        layer_factor=ratio ** (-1 / (depth - 1)), linear_ratio=linear, lost_layers=lost, state=state, cause=cause,
        signals=signals, gradients=scaled,
    )  # fmt: skip


def first_gradient(decades: float) -> float:
    """The gradient in the first layer if it shrinks by this many powers of ten (−300 to 300) on its way from the last.

    >>> first_gradient(3)
    1e-05
    """
    return TOP_GRADIENT / 10.0 ** number("decades", decades, low=-300.0, high=300.0)


def decades_lost(factor: float, layers: int) -> float:
    """Powers of ten by which a gradient shrinks over layers that each leave a share `factor` (0 < factor ≤ 1).

    >>> round(decades_lost(0.1, 7), 6)
    7.0
    """
    return -whole("layers", layers, high=10**6) * math.log10(fraction("factor", factor, open_low=True))


def comparable(ratio: float) -> bool:
    """Whether the gradients of the first and the last layer are within a factor of 100 of each other."""
    if ratio != math.inf:  # a last gradient of zero
        number("ratio", ratio, low=0.0)
    return 1 / FACTOR <= ratio <= FACTOR


@lru_cache(maxsize=1)
def _draws() -> tuple[list, list, list]:
    """An input and one matrix a layer, all from one stream of numbers (u − 0.5), and the matrices transposed."""
    stream = Random(SEED)
    first = [stream.random() - 0.5 for _ in range(WIDTH)]
    matrices = [[[stream.random() - 0.5 for _ in range(WIDTH)] for _ in range(WIDTH)] for _ in range(DEEPEST)]
    return first, matrices, [list(zip(*matrix, strict=True)) for matrix in matrices]


@lru_cache(maxsize=256)
def _pass(activation, depth, gain) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Root mean squares of signal and gradient, first layer first. `fsum` gives the same digits on every machine."""
    first, matrices, turned = _draws()
    value, slope = _FUNCTIONS[activation]
    scale = 2 * math.sqrt(3) * gain / math.sqrt(WIDTH)  # even draws on ±½ have the variance 1/12
    x, slopes, signals = [math.sqrt(12) * u for u in first], [], []
    for matrix in matrices[:depth]:
        z = [scale * math.fsum(map(mul, row, x)) for row in matrix]
        x = [value(v) for v in z]
        slopes.append([slope(v, y) for v, y in zip(z, x, strict=True)])
        signals.append(_rms(x))
    gamma, gradients = [1.0] * WIDTH, []
    for slope_of, column in zip(reversed(slopes), reversed(turned[:depth]), strict=True):
        delta = list(map(mul, gamma, slope_of))
        gradients.append(_rms(delta))
        gamma = [scale * math.fsum(map(mul, row, delta)) for row in column]
    return tuple(signals), tuple(reversed(gradients))


def _ratio(gradients) -> float:
    return gradients[-1] / gradients[0] if gradients[0] else math.inf


def _rms(values) -> float:
    return math.sqrt(math.fsum(v * v for v in values) / len(values))


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else (e := math.exp(z)) / (1 + e)


_FUNCTIONS = {  # value at z, and slope from z and that value
    "sigmoid": (_sigmoid, lambda z, y: y * (1 - y)),
    "tanh": (math.tanh, lambda z, y: 1 - y * y),
    "relu": (lambda z: max(z, 0.0), lambda z, y: 1.0 if z > 0 else 0.0),
    "linear": (lambda z: z, lambda z, y: 1.0),
}
