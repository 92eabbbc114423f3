"""Randomised smoothing: a certificate that no small change of an image changes the answer, bought with samples.

The classifier votes on n noisy copies of an image. If k votes fall on the winner, its probability is at least p with
confidence 1 − α (Clopper and Pearson), and within the radius σ·Φ⁻¹(p) no change of the image can overturn it.
Source: Cohen, Rosenfeld, Kolter, Certified Adversarial Robustness via Randomized Smoothing, ICML 2019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

FILE = "robustness.json"
ALPHA = 0.001  # a certificate may be wrong in one case of a thousand
SIGMAS = (0.25, 0.5, 1.0)  # noise for which accuracies are published
SAMPLES = (100, 1_000, 10_000, 100_000)
MOST_SAMPLES = 10**7
_GRID = tuple(round(10 ** (2 + i / 4)) for i in range(13))
_NORMAL = NormalDist()
_COHEN = "Cohen et al. 2019"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One image, certified by votes on noisy copies."""

    samples: int = quantity("n", "1", doc="noisy copies of the image")
    sigma: float = quantity(r"\sigma", "1", doc="standard deviation of the noise, in units of the pixel range")
    vote_share: float = quantity("v", "share", doc="votes for the winner; illustrative")
    alpha: float = quantity(r"\alpha", "share", doc="risk that the certificate is wrong")
    votes: int = quantity("k", "1", formula=r"\mathrm{round}(<samples> <vote_share>)", source="definition")
    bound_share: float = quantity("p", "share", source="Clopper and Pearson 1934: p with I_p(k, n − k + 1) = α", doc="the winner's least probability")
    radius: float = quantity("r", "1", formula=r"<sigma>\,\Phi^{-1}(<bound_share>)", source=_COHEN + "; 0 if p ≤ 0.5", doc="certified radius (ℓ2)")
    operations: float = quantity("O", "FLOP", doc="one answer of ResNet-50")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense bf16 peak of the GPU")
    efficiency: float = quantity(r"\eta", "share", doc="share of the peak reached")
    gpu_s: float = quantity(
        "t", "s", formula=r"\frac{<samples> <operations>}{<efficiency> <peak_flop_per_s>}", source="Iron Law, arithmetic", doc="GPU time of one image"
    )
    images_per_s: float = quantity("q", "1/s", formula=r"\frac{1}{<gpu_s>}", source="definition", doc="certified images of one GPU")
    accuracy_share: float = quantity("a", "share", doc="top-1 of the smoothed classifier on clean images")
    more_samples_radius: float = quantity("r_n", "1", source="n × 10", doc="radius with ten times the samples")
    clearer_radius: float = quantity("r_v", "1", source="v + 1 point", doc="radius with one point more votes, at most all")
    limits: str = quantity(r"\text{limits}", "", doc="what would raise the radius most: samples or votes; nothing, if nothing is certified")
    state: str = quantity(r"\text{state}", "", doc="abstains (p ≤ 0.5) or certified")
    curves: tuple[tuple[float, tuple], ...] = series("1", doc="(vote share, points (samples, radius)), certified ones only")
    ceiling: tuple[tuple[float, float], ...] = series("1", doc="points (samples, σΦ⁻¹(v)): what endless samples would certify; empty without such a ceiling")
    staircase: tuple[tuple[float, tuple], ...] = series("share", doc="(σ, points (radius, published certified accuracy))")
    sources: dict = sources()


def least_probability(votes: int, samples: int, alpha: float = ALPHA) -> float:
    """The p that a share of votes proves with confidence 1 − α: P(at least k of n) = α. Errors: OutOfRange.

    >>> round(least_probability(100, 100), 4), round(least_probability(900, 1000), 3)
    (0.9333, 0.867)
    """
    n = whole("samples", samples, high=MOST_SAMPLES)
    return _bound(whole("votes", votes, low=0, high=n), n, single(number, "alpha", alpha, low=1e-12, high=0.5))


def radius(sigma: float, votes: int, samples: int, alpha: float = ALPHA) -> float:
    """Certified radius σΦ⁻¹(p); 0 where p ≤ 0.5 and the classifier must abstain. Errors: OutOfRange.

    >>> round(radius(1.0, 100, 100), 2), round(radius(1.0, 100_000, 100_000), 2), radius(1.0, 60, 100)
    (1.5, 3.81, 0.0)
    """
    return _radius(single(positive, "sigma", sigma, high=1e6), least_probability(votes, samples, alpha))


def unanimous_radius(sigma: float, samples: int, alpha: float = ALPHA) -> float:
    """Radius if all votes agree: σΦ⁻¹(α^(1/n)). Errors: OutOfRange.

    >>> round(unanimous_radius(0.5, 1000), 2)
    1.23
    """
    return radius(sigma, samples, samples, alpha)


def unanimous_gain(few: int, many: int, factor: float | None = None, sigma: float = 1.0) -> float:
    """How many times the radius of `few` agreeing votes that of `many` is; with `factor`, that radius times the factor.

    >>> round(unanimous_gain(100, 100_000), 2), round(unanimous_gain(100, 100_000, 1000.0), 0)
    (2.54, 1500.0)
    """
    first, many = unanimous_radius(sigma, few), whole("many", many)
    if factor is not None:
        return first * single(positive, "factor", factor, high=1e9)
    return unanimous_radius(sigma, many) / first if first else math.inf


def certify(samples: int = 1000, sigma: float = 0.5, vote_share: float = 0.99) -> Certificate:
    """Radius, price and published accuracy of a certificate. σ: 0.25, 0.5 or 1.0; confidence 99.9 %.

    Errors: OutOfRange. Source: Cohen et al. 2019; GPU time: ResNet-50 on an H100 at 30 % of its peak (illustrative).

    >>> c = certify(1000, 0.5, 0.9)
    >>> f"p {c.bound_share:.3f}, radius {c.radius:.3f}, {c.gpu_s * 1e3:.1f} ms; limited by {c.limits}"
    'p 0.867, radius 0.557, 27.6 ms; limited by samples'
    """
    return _certify(whole("samples", samples, high=MOST_SAMPLES), one_of("sigma", sigma, SIGMAS), single(fraction, "vote_share", vote_share))


@lru_cache(maxsize=512)
def _certify(n, sigma, share) -> Certificate:
    raw, network, card = load(FILE), catalog.model("resnet50"), catalog.device("h100_sxm")
    operations, peak, efficiency = float(network.operations_per_item), card.peak("bf16"), float(raw["efficiency"]["value"])
    p = _voted(share, n)
    reached, table = _radius(sigma, p), raw["certified_accuracy"]
    more, clearer = _radius(sigma, _voted(share, 10 * n)), _radius(sigma, _voted(min(1.0, share + 0.01), n))
    limits = "nothing" if p <= 0.5 else "samples" if more >= clearer else "votes"
    stairs = tuple((s, tuple(zip(table["radii"], table[str(s)], strict=True))) for s in SIGMAS)
    lines = [(v, tuple((float(m), r) for m in _GRID if (r := _radius(sigma, _voted(v, m))) > 0)) for v in dict.fromkeys((share, 0.75, 0.95, 1.0))]
    cost = operations / (efficiency * peak)
    return Certificate(
        n, sigma, share, ALPHA, round(n * share), p, reached, operations, peak, efficiency, n * cost, 1 / (n * cost),
        dict(stairs)[sigma][0][1], more, clearer, limits,
        "abstains" if p <= 0.5 else "certified", tuple(line for line in lines if line[1]),
        tuple((float(m), _radius(sigma, share)) for m in (_GRID[0], _GRID[-1])) if 0.5 < share < 1 else (), stairs,
        sources={
            "operations": "He et al. 2016", "peak_flop_per_s": "NVIDIA, H100 SXM datasheet",
            "efficiency": source_of(raw["efficiency"]), "accuracy_share": table["source"],
        },
    )  # fmt: skip


def _voted(share: float, n: int) -> float:
    return _bound(round(n * share), n, ALPHA)


def _radius(sigma: float, p: float) -> float:
    return sigma * _NORMAL.inv_cdf(p) if p > 0.5 else 0.0


@lru_cache(maxsize=4096)
def _bound(k: int, n: int, alpha: float) -> float:
    """Newton's method on the binomial tail, kept inside a bracket."""
    if k == 0:
        return 0.0
    if k == n:
        return alpha ** (1 / n)
    a, b = k, n - k + 1
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    low, high = 0.0, k / n
    p = max(high / 2, high + _NORMAL.inv_cdf(alpha) * math.sqrt(high * (1 - high) / n))
    for _ in range(60):
        tail = _tail(p, a, b, log_beta)
        low, high = (p, high) if tail < alpha else (low, p)
        # the tail is nearly exponential in p, so the step is taken on its logarithm
        slope = math.exp((a - 1) * math.log(p) + (b - 1) * math.log1p(-p) - log_beta - math.log(tail)) if tail > 0 else math.inf
        new = p - math.log(tail / alpha) / slope if tail > 0 else low
        new = new if low < new < high else 0.5 * (low + high)
        if abs(new - p) < 1e-13:
            break
        p = new
    return p


def _tail(p: float, a: float, b: float, log_beta: float) -> float:
    """Regularised incomplete beta function I_p(a, b), by its continued fraction (Lentz); here always p < a/(a + b)."""
    front = math.exp(a * math.log(p) + b * math.log1p(-p) - log_beta) / a
    c, d = 1.0, 1.0 / (1.0 - (a + b) * p / (a + 1))
    h = d
    for m in range(1, 10_000):
        for coefficient in (m * (b - m) * p / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1.0 / (1.0 + coefficient * d)
            c = 1.0 + coefficient / c
            h *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return front * h
