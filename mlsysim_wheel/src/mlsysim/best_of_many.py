"""The best of many noisy measurements: how much of it is luck.

An idea's true gain is normal, g ~ N(μ, τ²); n validation images measure it with noise of σ = 100·√(q/n) points, q the
share of images on which idea and baseline differ. Whoever ships the best of K measurements ships an idea that was good
or lucky. Gains are in points of accuracy. Source: order statistics and shrinkage of normal variables (textbook); the
reuse of one validation set: Dwork et al. 2015. μ, τ and q are illustrative.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import fraction, non_negative, number, positive, whole
from mlsysim.project_plan import FILE
from mlsysim.quantity import quantity, series, sources

IDEAS = (10, 20, 50, 100, 200, 400, 1000)
CHANGES = ("ideas", "images")
BETTER, BACK = "ok", "a step back"
_ORDER = "order statistics of normal variables"
_SHRINK = "shrinkage of normal variables"
_STEPS, _REACH = 1600, 8.0  # of the integral, on each side of zero


@remembered(128)
def expected_maximum(count) -> float:
    """Mean of the largest of `count` standard normal numbers: e_K = ∫ x·K·φ(x)·Φ(x)^(K−1) dx, by the trapezoidal rule.

    Errors: OutOfRange unless a whole number from 1 to 1e6. Source: order statistics (David and Nagaraja 2003).

    >>> [round(expected_maximum(k), 2) for k in (20, 50, 200, 1000)]
    [1.87, 2.25, 2.75, 3.24]
    """
    k, step = whole("count", count, high=10**6), 2 * _REACH / _STEPS
    total = 0.0
    for i in range(1, _STEPS):  # the integrand vanishes at both ends
        x = -_REACH + i * step
        below = 0.5 * math.erfc(-x / math.sqrt(2))
        total += x * k * math.exp(-x * x / 2) * below ** (k - 1)
    return total * step / math.sqrt(2 * math.pi)


def noise_points(differ_share, images) -> float:
    """Standard error of a measured gain, in points: σ = 100·√(q/n). Errors: OutOfRange.

    >>> round(noise_points(0.10, 500), 2)
    1.41
    """
    return 100 * math.sqrt(single(fraction, "differ_share", differ_share) / whole("images", images))


def shrunk_points(measured_points, spread_points, noise) -> float:
    """Expected true gain of a measured one, where ideas average 0: m·τ²/(τ² + σ²). Errors: OutOfRange.

    >>> shrunk_points(4.0, 0.5, 0.5)
    2.0
    """
    tau = single(positive, "spread_points", spread_points, high=100.0)
    sigma = single(non_negative, "noise", noise, high=100.0)
    return single(number, "measured_points", measured_points, low=-100.0, high=100.0) * tau**2 / (tau**2 + sigma**2)


def true_gain_points(ideas, images) -> float:
    """Expected true gain of the idea that measures best: μ + τ²/√(τ² + σ²)·e_K points. Errors: OutOfRange.

    >>> round(true_gain_points(200, 500), 3)
    0.258
    """
    value = load(FILE)
    mu, tau = value["idea_mean_points"]["value"], value["idea_spread_points"]["value"]
    sigma = noise_points(value["differ_share"]["value"], images)
    return mu + tau**2 / math.hypot(tau, sigma) * expected_maximum(whole("ideas", ideas, high=10**6))


@dataclass(frozen=True, slots=True)
class BestOfMany:
    """The idea that measured best: what it showed, what it is worth, and one run of the search."""

    ideas: int = quantity("K", "1", doc="ideas tried")
    images: int = quantity("n", "1", doc="validation images")
    retest_images: int = quantity("n_{test}", "1", doc="fresh images on which the winner is measured again; 0: none")
    mean_points: float = quantity(r"\mu", "points", doc="mean true gain of an idea; below zero, most ideas do harm")
    spread_points: float = quantity(r"\tau", "points", doc="standard deviation of the true gains")
    differ_share: float = quantity("q", "share", doc="images on which idea and baseline differ")
    noise_points: float = quantity(r"\sigma", "points", formula=r"100 \sqrt{\frac{<differ_share>}{<images>}}", source="binomial, as images differ or not")
    maximum: float = quantity("e_K", "1", source=f"∫ x·K·φ(x)·Φ(x)^(K−1) dx, {_ORDER}", doc="mean of the largest of K standard normals")
    measured_points: float = quantity(
        r"\hat g", "points", formula=r"<mean_points> + \sqrt{<spread_points>^2 + <noise_points>^2} \cdot <maximum>", source=_ORDER,
        doc="measured gain of the best, expected; may be below zero",
    )  # fmt: skip
    true_points: float = quantity(
        "g", "points", formula=r"<mean_points> + \frac{<spread_points>^2}{\sqrt{<spread_points>^2 + <noise_points>^2}} <maximum>", source=_SHRINK,
        doc="its true gain, expected; below zero, a step back",
    )  # fmt: skip
    luck_points: float = quantity(r"\hat g - g", "points", formula="<measured_points> - <true_points>", source="definition", doc="luck in the measured gain")
    more_ideas_points: float = quantity("g_{5K}", "points", source=_SHRINK, doc="true gain with five times the ideas; may be below zero")
    more_images_points: float = quantity("g_{10n}", "points", source=_SHRINK, doc="true gain with ten times the images; may be below zero")
    drawn_measured_points: float = quantity("m", "points", source="one drawn run", doc="measured gain of its winner; may be below zero")
    drawn_true_points: float = quantity("g_m", "points", source="one drawn run", doc="true gain of its winner; may be below zero")
    better_ideas: int = quantity("B", "1", source="one drawn run", doc="ideas that are truly better than its winner")
    retest_points: float | None = quantity("m_{test}", "points", source="one drawn run", doc="the winner, measured again; may be below zero")
    state: str = quantity(r"\text{state}", "", source="a step back if the expected true gain is not above zero")
    cloud: tuple[tuple[float, float], ...] = series("points", doc="(true, measured) of each idea of the drawn run, the winner first")
    measured_curve: tuple[tuple[float, float], ...] = series("points", doc="(ideas, expected measured gain of the best)")
    true_curve: tuple[tuple[float, float], ...] = series("points", doc="(ideas, its expected true gain)")
    sources: dict = sources()

    @property
    def best_changes(self) -> tuple[str, ...]:
        """What raises the true gain more: five times the ideas or ten times the images; both where they differ by < 0.02 points."""
        found = dict(zip(CHANGES, (self.more_ideas_points, self.more_images_points), strict=True))
        return tuple(name for name, points in found.items() if points >= max(found.values()) - 0.02)


def try_ideas(ideas=200, images=500, retest_images=0) -> BestOfMany:
    """Try many ideas on one validation set and ship the best: expected gains, and one drawn run.

    Errors: OutOfRange for counts below 1 (ideas up to 10,000), a negative number of fresh images.

    >>> r = try_ideas(200, 500)
    >>> round(r.measured_points, 2), round(r.true_points, 3)
    (3.92, 0.258)
    """
    k, n = whole("ideas", ideas, high=10_000), whole("images", images)
    fresh = whole("retest_images", retest_images, low=0)
    value = load(FILE)
    mu, tau, q = (value[name]["value"] for name in ("idea_mean_points", "idea_spread_points", "differ_share"))
    sigma = noise_points(q, n)
    spread, peak = math.hypot(tau, sigma), expected_maximum(k)
    cloud, retest = _run(k, n, fresh)
    measured, true = mu + spread * peak, true_gain_points(k, n)
    grid = sorted({*IDEAS, k})
    return BestOfMany(
        ideas=k, images=n, retest_images=fresh, mean_points=mu, spread_points=tau, differ_share=q, noise_points=sigma, maximum=peak,
        measured_points=measured, true_points=true, luck_points=measured - true, more_ideas_points=true_gain_points(5 * k, n),
        more_images_points=true_gain_points(k, 10 * n), drawn_measured_points=cloud[0][1], drawn_true_points=cloud[0][0],
        better_ideas=sum(g > cloud[0][0] for g, _ in cloud), retest_points=retest, state=BETTER if true > 0 else BACK, cloud=cloud,
        measured_curve=tuple((float(x), mu + spread * expected_maximum(x)) for x in grid), true_curve=tuple((float(x), true_gain_points(x, n)) for x in grid),
        sources={
            "mean_points": source_of(value["idea_mean_points"]), "spread_points": source_of(value["idea_spread_points"]),
            "differ_share": source_of(value["differ_share"]),
        },
    )  # fmt: skip


@lru_cache(maxsize=32)
def _run(ideas: int, images: int, fresh: int):
    """One run, the winner first, and its re-test."""
    value = load(FILE)
    mu, tau, q = (value[name]["value"] for name in ("idea_mean_points", "idea_spread_points", "differ_share"))
    sigma, rng = noise_points(q, images), random.Random(value["ideas_seed"]["value"])
    cloud = []
    for _ in range(ideas):
        true = rng.gauss(mu, tau)
        cloud.append((true, true + rng.gauss(0.0, sigma)))
    best = max(range(ideas), key=lambda i: cloud[i][1])
    retest = cloud[best][0] + noise_points(q, fresh) * rng.gauss(0.0, 1.0) if fresh else None
    return (cloud[best], *cloud[:best], *cloud[best + 1 :]), retest
