"""What a training run with noisy gradients reveals: ε of DP-SGD by Rényi accounting.

Each step is a Gaussian mechanism on a random sample of the examples. Its Rényi divergence at integer orders adds up over the
steps, and the smallest conversion to (ε, δ) counts. The classic conversion is used; the tighter one of Balle et al. (2020)
gives 10 to 30 % less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import OutOfRange, fraction, positive, whole
from mlsysim.quantity import quantity, sources

ORDERS = (*range(2, 65), 80, 96, 128, 256)
MIRONOV = "Mironov, Talwar, Zhang 2019"


@dataclass(frozen=True, slots=True)
class PrivacyLoss:
    """The guarantee after a run."""

    examples: float = quantity("N", "1")
    batch: float = quantity("B", "1", doc="mean size of a sample")
    epochs: float = quantity("E", "1")
    noise_multiplier: float = quantity(r"\sigma", "1", doc="standard deviation of the noise over the clipping norm")
    delta: float = quantity(r"\delta", "1", doc="chance that the guarantee does not hold")
    sampling_share: float = quantity("q", "share", formula=r"\frac{<batch>}{<examples>}", source="definition")
    steps: float = quantity("T", "1", formula=r"\frac{<epochs> <examples>}{<batch>}", source="definition")
    order: int = quantity("a", "1", source="the order whose conversion is smallest")
    step_divergence: float = quantity(
        r"\rho", "nats", source=f"{MIRONOV}: ln Σ C(a,k) q^k (1−q)^(a−k) exp(k(k−1)/(2σ²)) / (a−1)", doc="Rényi divergence of one step"
    )
    epsilon: float = quantity(
        r"\epsilon", "1", formula=r"<steps> <step_divergence> + \frac{\ln(1/<delta>)}{<order> - 1}", source="Mironov 2017, proposition 3"
    )
    sources: dict = sources()


def privacy_loss(examples, batch, epochs, noise_multiplier, delta=1e-5) -> PrivacyLoss:
    """ε of `epochs` passes over `examples` with Poisson samples of mean size `batch` and noise `noise_multiplier`.

    Errors: OutOfRange for a batch above the examples, noise below 0.1, δ outside (0, 1). Source: Mironov, Talwar, Zhang 2019.

    >>> round(privacy_loss(60_000, 256, 60, 1.12).epsilon, 2)
    2.92
    """
    examples, batch = single(positive, "examples", examples, high=1e15), single(positive, "batch", batch, high=1e15)
    epochs, noise = single(positive, "epochs", epochs, high=1e9), single(positive, "noise_multiplier", noise_multiplier, high=1e6)
    delta = single(fraction, "delta", delta, open_low=True)
    if batch > examples:
        raise OutOfRange(f"batch is {batch!r}, but must be at most the {examples:g} examples.")
    if noise < 0.1:
        raise OutOfRange(f"noise_multiplier is {noise!r}, but must be at least 0.1: with less there is no guarantee worth a number.")
    if delta >= 1:
        raise OutOfRange(f"delta is {delta!r}, but must be below 1.")
    share, steps = batch / examples, epochs * examples / batch
    divergences = _divergences(share, noise)
    epsilon, order, divergence = min((steps * d - math.log(delta) / (a - 1), a, d) for a, d in zip(ORDERS, divergences, strict=True))
    return PrivacyLoss(examples, batch, epochs, noise, delta, share, steps, order, divergence, epsilon)


def composed_epsilon(releases, epsilon, delta_slack=1e-6) -> float:
    """ε of `releases` answers of ε each: the sum, or advanced composition with `delta_slack` more δ where that is smaller.

    √(2k ln(1/δ'))·ε + kε(e^ε − 1). Errors: OutOfRange for fewer than one release, ε above 100, δ' outside (0, 1).
    Source: Dwork, Rothblum, Vadhan 2010, theorem III.3.

    >>> round(composed_epsilon(400, 0.05), 2), composed_epsilon(4, 0.5)
    (6.28, 2.0)
    """
    k, each = whole("releases", releases), single(positive, "epsilon", epsilon, high=100.0)
    slack = single(fraction, "delta_slack", delta_slack, open_low=True)
    if slack >= 1:
        raise OutOfRange(f"delta_slack is {delta_slack!r}, but must be below 1.")
    return min(k * each, math.sqrt(-2 * k * math.log(slack)) * each + k * each * math.expm1(each))


@lru_cache(maxsize=1)
def _binomials() -> tuple[tuple[int, tuple[float, ...]], ...]:
    """Each order with the logarithms of its binomial coefficients."""
    lgamma = math.lgamma
    return tuple((a, tuple(lgamma(a + 1) - lgamma(k + 1) - lgamma(a - k + 1) for k in range(a + 1))) for a in ORDERS)


@lru_cache(maxsize=1024)
def _divergences(share: float, noise: float) -> tuple[float, ...]:
    """Of one step at every integer order, by the logarithm of a sum of exponentials."""
    if share == 1.0:
        return tuple(a / (2 * noise**2) for a in ORDERS)
    half, rest, exp = 1 / (2 * noise**2), math.log1p(-share), math.exp
    tilt, found = math.log(share) - rest - half, []
    for order, binomials in _binomials():
        terms = [c + k * (tilt + k * half) for k, c in enumerate(binomials)]
        top = max(terms)
        log_sum = order * rest + top + math.log(math.fsum([exp(t - top) for t in terms]))
        found.append(max(0.0, log_sum / (order - 1)))
    return tuple(found)
