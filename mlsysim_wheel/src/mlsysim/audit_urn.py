r"""Audits that make their own data: two regions, and audits sent where cases were found before.

A region's share s of the audits follows the cases on file, c₁/(c₁ + c₂), or goes wholly to the region with more of them; a part ε is
placed at random, half to each. The next case is found in region 1 with probability sλ₁/(sλ₁ + (1 − s)λ₂) and joins the file. That is
Pólya's urn: with equal rates the share converges, but to a value that chance chose. A corrected file counts each case 0.5/s, by the
inverse of how closely its region was watched, and follows the true rates λ.
Source: Ensign et al., Runaway feedback loops in predictive policing, 2018; Horvitz and Thompson 1952 (inverse probability).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import instance, number, one_of, whole
from mlsysim.quantity import quantity, series, sources

POLICIES = {"proportional": "in proportion to the cases on file", "highest": "all to the region with more cases", "corrected": "in proportion, file corrected"}
RATE_2 = 0.10  # true rate of region 2
RUNS, SEED = 60, 41
LEAST_WATCHED = 0.02  # a corrected case counts at most 25
WIDE, OFF = 0.30, 0.10  # from here on chance decides; the loop runs away
CHANGED = 0.2  # a width that changes by less is "about as it is"
CHANCE, RUNAWAY, STEADY = "chance decides", "runaway", "near the true share"
_RUNS = "60 simulated agencies"


@dataclass(frozen=True, slots=True)
class AuditUrn:
    """Where sixty agencies with the same regions send their audits in the end."""

    policy: str = quantity(r"\text{policy}", "", doc="proportional, highest, or corrected")
    random_share: float = quantity(r"\varepsilon", "share", doc="of the audits, placed at random")
    rate_1: float = quantity(r"\lambda_1", "share", doc="true rate of region 1")
    rate_2: float = quantity(r"\lambda_2", "share", doc="true rate of region 2")
    on_file: int = quantity("c", "1", doc="cases of each region on file at the start")
    finds: int = quantity("n", "1", doc="cases found in the time simulated")
    true_share: float = quantity(r"s^*", "share", formula=r"\frac{<rate_1>}{<rate_1> + <rate_2>}", doc="region 1's share of what there is to find")
    p5: float = quantity("s_5", "share", source=_RUNS, doc="5th percentile of region 1's share of the audits")
    median: float = quantity("s_{50}", "share", source=_RUNS)
    p95: float = quantity("s_{95}", "share", source=_RUNS)
    width: float = quantity("w", "share", formula="<p95> - <p5>", source="definition")
    off: float = quantity(r"\delta", "share", formula="|<median> - <true_share>|", source="definition", doc="middle agency from the true share")
    most_watched: float = quantity(r"s_{max}", "share", source=_RUNS, doc="largest share of region 1")
    least_watched: float = quantity(r"s_{min}", "share", source=_RUNS, doc="smallest share of region 1")
    state: str = quantity(r"\text{state}", "", source="width above 30 points, else median more than 10 points off (illustrative)")
    paths: tuple[tuple[tuple[float, float], ...], ...] = series("share", doc="(finds, region 1's share), one an agency")
    ends: tuple[float, ...] = series("share", doc="region 1's share at the end, sorted")
    sources: dict = sources()


def limiting_deviation(on_file) -> float:
    """Standard deviation of the share to which Pólya's urn converges from c cases each: √(1/(4(2c + 1))). Errors: OutOfRange.

    >>> round(limiting_deviation(5), 4), round(limiting_deviation(50), 4)
    (0.1508, 0.0498)
    """
    return math.sqrt(1 / (4 * (2 * whole("on_file", on_file, high=10**6) + 1)))


def audit_regions(policy="proportional", random_share=0.0, rate_1=0.10, on_file=5, finds=730) -> AuditUrn:
    """Sixty agencies under one policy; the draws are the same for every call.

    Errors: OutOfRange for another policy, ε outside 0 … 1, a rate outside 0.01 … 0.99, cases outside 1 … 1000, finds outside 10 … 20,000.

    >>> r = audit_regions()
    >>> round(r.p5, 3), round(r.p95, 3), r.state
    (0.268, 0.757, 'chance decides')
    """
    one_of("policy", policy, POLICIES)
    eps, rate = single(number, "random_share", random_share, low=0.0, high=1.0), single(number, "rate_1", rate_1, low=0.01, high=0.99)
    return _audit(policy, eps, rate, whole("on_file", on_file, high=1000), whole("finds", finds, low=10, high=20_000))


def ten_times(r: AuditUrn) -> str:
    """What ten times the finds do to the width: "narrows" or "widens" by more than a fifth, or "stays".

    Errors: OutOfRange for more than 2,000 finds.

    >>> ten_times(audit_regions("corrected", finds=100)), ten_times(audit_regions(random_share=0.1, finds=365))
    ('narrows', 'stays')
    """
    instance("r", r, AuditUrn, "a result of audit_regions")
    many = audit_regions(r.policy, r.random_share, r.rate_1, r.on_file, 10 * whole("finds", r.finds, high=2000)).width
    return "narrows" if many < (1 - CHANGED) * r.width else "widens" if many > (1 + CHANGED) * r.width else "stays"


@lru_cache(maxsize=64)
def _audit(policy, eps, rate_1, on_file, finds) -> AuditUrn:
    draw, paths, ends = random.Random(SEED).random, [], []
    marks = sorted({round(finds * (i / 18) ** 2) for i in range(19)})  # dense at the start, where the share still moves
    even, rest = eps / 2, 1 - eps
    for _ in range(RUNS):
        a = b = float(on_file)
        path, s = [], 0.5
        for start, end in zip(marks, marks[1:], strict=False):
            path.append((float(start), s))
            for _ in range(end - start):
                if policy == "highest":
                    s = 1.0 if a > b else 0.0 if b > a else 0.5
                else:
                    s = a / (a + b)
                s = rest * s + even
                if draw() < s * rate_1 / (s * rate_1 + (1 - s) * RATE_2):
                    a += 0.5 / max(s, LEAST_WATCHED) if policy == "corrected" else 1.0
                else:
                    b += 0.5 / max(1 - s, LEAST_WATCHED) if policy == "corrected" else 1.0
            s = (1.0 if a > b else 0.0 if b > a else 0.5) if policy == "highest" else a / (a + b)
            s = rest * s + even
        paths.append((*path, (float(finds), s)))
        ends.append(s)
    ends.sort()
    p5, median, p95 = (ends[min(RUNS - 1, int(RUNS * q))] for q in (0.05, 0.5, 0.95))
    true = rate_1 / (rate_1 + RATE_2)
    off = abs(median - true)
    return AuditUrn(
        policy=policy, random_share=eps, rate_1=rate_1, rate_2=RATE_2, on_file=on_file, finds=finds, true_share=true, p5=p5, median=median, p95=p95,
        width=p95 - p5, off=off, most_watched=ends[-1], least_watched=ends[0], state=CHANCE if p95 - p5 > WIDE else RUNAWAY if off > OFF else STEADY,
        paths=tuple(paths), ends=tuple(ends), sources={"rate_2": "illustrative"},
    )  # fmt: skip
