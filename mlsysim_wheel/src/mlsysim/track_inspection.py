"""A fleet that inspects rail tracks, guarded on three sides: against bits that flip, images that change, patterns that attack.

Composes fault injection, conformal sets and smoothing certificates, and prices all three in compute against one plain
answer in bf16. What an int8 answer, a self-test and a clamp cost is illustrative.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import bit_flips, conformal, smoothing
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import fraction, one_of
from mlsysim.quantity import quantity

FORMATS = ("bf16", "int8")
VOTE_SHARE = 0.99  # illustrative
_PRICES = "illustrative"


@dataclass(frozen=True, slots=True)
class InspectionPlan:
    """What one plan keeps of its promises, and what it costs."""

    weight_format: str = quantity(r"\text{format}", "")
    period_s: float = quantity(r"\tau", "s", doc="between self-tests")
    certified_share: float = quantity("f", "share", doc="images that get a certificate")
    samples: int = quantity("n", "1", doc="votes for one certificate")
    shifted_share: float = quantity("s", "share", doc="images from the new camera")
    wrong_per_year: float = quantity("W", "1/year", source="fault injection", doc="answers that flipped bits change")
    coverage_share: float = quantity("c", "share", source="simulated stream", doc="sets that hold the true class")
    people_share: float = quantity("h", "share", source="simulated stream", doc="images that a person looks at")
    radius: float = quantity("r", "1", source="Cohen et al. 2019; 99 % of the votes for the winner (illustrative)", doc="certified radius")
    accuracy_share: float = quantity("a", "share", source="Cohen et al. 2019; one point less in int8 (illustrative)", doc="top-1, smoothed")
    answer_work: float = quantity("g", "×", source=_PRICES, doc="work of an answer in the format against bf16")
    test_work: float = quantity("w_t", "1", source="two minutes a period; " + _PRICES, doc="self-tests, in answers")
    clamp_work: float = quantity("w_c", "1", source=_PRICES, doc="clamp, in answers")
    certificate_work: float = quantity("w_r", "1", formula=r"<certified_share> <samples>", source="product", doc="certificates, in answers")
    compute: float = quantity(
        "C", "×", formula=r"<answer_work> (1 + <test_work> + <clamp_work> + <certificate_work>)", source="sum", doc="compute against one plain bf16 answer"
    )


def plan_inspection(
    weight_format: str, clamped: bool, period_s: float, policy: str, alpha: float, sigma: float, samples: int, certified_share: float,
    shifted_share: float = 0.1,
) -> InspectionPlan:  # fmt: skip
    """One plan for 2,000 GPUs. Formats: bf16, int8; the others as in `bit_flips`, `conformal`, `smoothing`. Errors: OutOfRange.

    >>> p = plan_inspection("int8", False, 86400, "static", 0.05, 0.5, 100, 0.01)
    >>> f"{p.wrong_per_year:,.0f} wrong, {p.coverage_share:.1%} covered, radius {p.radius:.3f}, compute {p.compute:.2f}"
    '13,004 wrong, 89.0% covered, radius 0.675, compute 1.20'
    """
    fmt, share = one_of("weight_format", weight_format, FORMATS), single(fraction, "certified_share", certified_share)
    flips = bit_flips.study_flips(fmt, clamped, period_s)
    stream = conformal.run_stream(shifted_share, alpha, policy)
    smooth = smoothing.certify(samples, sigma, VOTE_SHARE)
    raw = {name: float(entry["value"]) for name, entry in load(bit_flips.FILE).items() if "value" in entry}
    work, loss = (raw["int8_work"], raw["int8_accuracy_loss"]) if fmt == "int8" else (1.0, 0.0)
    test, clamp, certificates = raw["self_test_s"] / flips.period_s, raw["clamp_work"] if clamped else 0.0, share * smooth.samples
    return InspectionPlan(
        fmt, flips.period_s, share, smooth.samples, stream.shifted_share, flips.wrong_per_year, stream.coverage_share, stream.people_share,
        smooth.radius, smooth.accuracy_share - loss, work, test, clamp, certificates, work * (1 + test + clamp + certificates),
    )  # fmt: skip
