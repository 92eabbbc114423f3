r"""A canary: a share of the requests goes to the new model, and the two success rates are compared.

Looking once at |z| > 1.96 rolls back 5 % of harmless releases. Looking every day at the sum so far gives chance a new try each
day: z after day i is Σ/√i of i standard normals, and the release goes back at the first day beyond the limit. How many
requests a fair verdict needs follows from the drop that it must find; a small share needs as many and waits for them.
Source: Armitage, McPherson and Rowe 1969 (repeated looks); Johari et al. 2017; Kohavi, Tang and Xu 2020 (sample size).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.drift import FILE
from mlsysim.errors import number, positive, whole
from mlsysim.quantity import quantity, series, sources

FINE, WOLF, LATE = "fine", "crying wolf", "next release is already out"
SHARES = (0.01, 0.05, 0.10, 0.25, 0.50)
LIMITS = (2.80, 1.96, 1.645)  # z limits from strict to loose: each lever step goes to the next
SHOWN = 40  # paths that a chart gets
_SEED = 14
_NORMAL = NormalDist()
_POWER_Z = 0.8416  # Φ⁻¹(0.8)
_LARGER_DROP = 1.25


def needed_requests(z_limit, success_share, drop_share, canary_share=0.5) -> float:
    """Requests in the canary for a verdict: n = (z + 0.8416)²·p(1 − p)/δ²·(1 + f/(1 − f)), δ = p·drop.

    A drop of this size is then found in 80 % of cases. Errors: OutOfRange for a share of 0 or 1 (a canary above 0.5 too), a
    limit not in 0 … 10. Source: two-sample test of proportions, Kohavi, Tang and Xu 2020.

    >>> round(needed_requests(1.96, 0.05, 0.02, 0.25), -3)
    497000.0
    """
    z, p, drop, f = _checked(z_limit, success_share, drop_share, canary_share)
    return (z + _POWER_Z) ** 2 * p * (1 - p) / (p * drop) ** 2 * (1 + f / (1 - f))


def verdict_days(canary_share, requests_per_day, success_share, drop_share, z_limit=1.96) -> float:
    """Days until the canary has the requests that a verdict needs. Errors: OutOfRange.

    >>> round(verdict_days(0.01, 200_000, 0.05, 0.02))
    188
    """
    needed = needed_requests(z_limit, success_share, drop_share, canary_share)
    return needed / (single(positive, "requests_per_day", requests_per_day, high=1e15) * float(canary_share))


def sign_after_s(canary_share, requests_per_s, error_share, risen_share) -> float:
    """Seconds until a canary's error rate stands three standard errors above the old one: 9p(1 − p)/(p′ − p)²/(cλ).

    Errors: OutOfRange for shares outside 0 … 1, a rate that is not positive, a risen share that is not above the old one.

    >>> round(sign_after_s(0.01, 1000, 0.01, 0.02) / 60, 2)
    1.48
    """
    p = single(number, "error_share", error_share, low=0.0, high=1.0)
    risen = single(number, "risen_share", risen_share, low=p, high=1.0, open_low=True)
    rate = single(number, "canary_share", canary_share, low=0.0, high=1.0, open_low=True) * single(
        number, "requests_per_s", requests_per_s, low=0.0, high=1e12, open_low=True
    )
    return 9 * p * (1 - p) / (risen - p) ** 2 / rate


@remembered(128)
def false_rollback_share(looks, z_limit) -> float:
    """Share of 1,000 harmless releases that are rolled back within so many daily looks. Errors: OutOfRange.

    >>> false_rollback_share(14, 1.96), false_rollback_share(1, 1.96)
    (0.221, 0.05)
    """
    days = _rollback_days(whole("looks", looks, high=100), single(positive, "z_limit", z_limit, high=10.0))
    return sum(d is not None for d in days) / len(days)


@dataclass(frozen=True, slots=True)
class Canary:
    """False alarms of repeated looks, and what a verdict takes."""

    canary_share: float = quantity("f", "share", doc="requests that the new model answers")
    looks: int = quantity("m", "1", doc="daily looks at a release")
    z_limit: float = quantity("z", "1", doc="rolled back beyond")
    requests_per_day: float = quantity("Q", "1/day")
    success_share: float = quantity("p", "share", doc="requests with a success")
    drop_share: float = quantity("r", "share", doc="relative drop that must be found")
    power_z: float = quantity("z_{80}", "1", source="Φ⁻¹(0.8): a drop is found in 80 % of cases")
    single_look_share: float = quantity(r"\alpha", "share", source="2·(1 − Φ(z))", doc="harmless releases rolled back by one look")
    false_rollback_share: float = quantity("R", "share", source="1,000 simulated harmless releases", doc="rolled back at some look")
    times_single: float = quantity(r"R/\alpha", "×", formula=r"\frac{<false_rollback_share>}{<single_look_share>}", source="definition")
    drop: float = quantity(r"\delta", "share", formula=r"<success_share>\cdot<drop_share>", source="definition", doc="in points of the success rate")
    canary_requests: float = quantity(
        "n", "1", formula=r"\frac{(<z_limit>+<power_z>)^2 <success_share>(1-<success_share>)}{<drop>^2}\left(1+\frac{<canary_share>}{1-<canary_share>}\right)",
        source="Kohavi, Tang and Xu 2020", doc="requests that the canary needs",
    )
    verdict_days: float = quantity("t", "days", formula=r"\frac{<canary_requests>}{<requests_per_day>\cdot<canary_share>}", source="definition")
    lost_successes: float = quantity("l", "1", formula=r"<canary_requests>\cdot<drop>", source="definition", doc="of a release that bad, until the verdict")
    state: str = quantity(r"\text{state}", "", source="more than 10 % false rollbacks; a verdict after 14 days (illustrative)")
    best_lever: str = quantity(r"\text{lever}", "", source="shortest verdict of four changes, each computed")
    paths: tuple[tuple[tuple[float, float], ...], ...] = series("1", doc="(day, z) of the first releases, to the day of their rollback")
    rolled_back: tuple[tuple[float, float], ...] = series("share", doc="(day, share of all harmless releases that are back by then)")
    options: tuple[tuple[str, float, float], ...] = series("days", doc="(canary share, days to the verdict, lost successes)")
    sources: dict = sources()


def run_canary(canary_share=0.01, looks=14, z_limit=1.96, requests_per_day=200_000, success_share=0.05, drop_share=0.02) -> Canary:
    """A canary of one share, looked at daily: 1,000 harmless releases simulated, a bad one computed.

    `best_lever`: the largest cut of the days to the verdict among "share" (twice, to at most a half), "looks" (half as many),
    "drop" (1.25 times as large) and "limit" (the next lower z). Errors: OutOfRange for a share outside 0 … 0.5, looks
    outside 1 … 100, a limit outside 0 … 10, rates of 0 or 1; WrongType.

    >>> c = run_canary()
    >>> c.false_rollback_share, round(c.verdict_days), round(c.lost_successes)
    (0.221, 188, 377)
    """
    z, p, drop, f = _checked(z_limit, success_share, drop_share, canary_share)
    m, q = whole("looks", looks, high=100), single(positive, "requests_per_day", requests_per_day, high=1e15)
    days, false = verdict_days(f, q, p, drop, z), false_rollback_share(m, z)
    levers = {
        "share": verdict_days(min(0.5, 2 * f), q, p, drop, z),
        "looks": days,
        "drop": verdict_days(f, q, p, min(0.999, _LARGER_DROP * drop), z),
        "limit": verdict_days(f, q, p, drop, next((lower for lower in LIMITS if lower < z - 1e-9), z)),
    }
    late = days > load(FILE)["verdict_within_days"]["value"]
    wolf = false > load(FILE)["wolf_above_share"]["value"]
    back = sorted(d for d in _rollback_days(m, z) if d is not None)
    return Canary(
        canary_share=f, looks=m, z_limit=z, requests_per_day=q, success_share=p, drop_share=drop, power_z=_POWER_Z,
        single_look_share=math.erfc(z / math.sqrt(2)), false_rollback_share=false, times_single=false / math.erfc(z / math.sqrt(2)),
        drop=p * drop, canary_requests=needed_requests(z, p, drop, f), verdict_days=days, lost_successes=needed_requests(z, p, drop, f) * p * drop,
        state=WOLF if wolf else LATE if late else FINE, best_lever=min(levers, key=levers.get), paths=_paths(m, z),
        rolled_back=((0.0, 0.0), *((float(i), sum(d <= i for d in back) / load(FILE)["releases"]["value"]) for i in range(1, m + 1))),
        options=tuple((f"{100 * s:.0f} %", verdict_days(s, q, p, drop, z), needed_requests(z, p, drop, s) * p * drop) for s in SHARES),
        sources={"false_rollback_share": source_of(load(FILE)["releases"]), "power_z": source_of(load(FILE)["power_share"])},
    )  # fmt: skip


def _checked(z_limit, success_share, drop_share, canary_share) -> tuple[float, float, float, float]:
    z = single(positive, "z_limit", z_limit, high=10.0)
    p, drop = (single(number, name, value, low=1e-6, high=0.999) for name, value in (("success_share", success_share), ("drop_share", drop_share)))
    return z, p, drop, single(number, "canary_share", canary_share, low=1e-6, high=0.5)


_drawn: list[float] = []  # one stream of standard normals for all simulations, drawn as far as anybody asked
_draw = random.Random(_SEED).random


def _normals(count: int) -> list[float]:
    while len(_drawn) < count:
        _drawn.append(_NORMAL.inv_cdf(min(1 - 1e-9, max(1e-9, _draw()))))
    return _drawn


@lru_cache(maxsize=128)
def _rollback_days(looks: int, z: float) -> tuple[int | None, ...]:
    """The look at which each harmless release goes back, or None; a release that is back draws no more."""
    releases, at, found = load(FILE)["releases"]["value"], 0, []
    normals = _normals(releases * looks)
    squares = [z * z * i for i in range(1, looks + 1)]
    for _ in range(releases):
        total, back = 0.0, None
        for i, bound in enumerate(squares, 1):
            total += normals[at]
            at += 1
            if total * total > bound:
                back = i
                break
        found.append(back)
    return tuple(found)


@lru_cache(maxsize=128)
def _paths(looks: int, z: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    """z after each look of the first releases."""
    at, paths = 0, []
    for back in _rollback_days(looks, z)[:SHOWN]:
        total, path = 0.0, []
        for i in range(1, (back or looks) + 1):
            total += _drawn[at]
            at += 1
            path.append((float(i), total / math.sqrt(i)))
        paths.append(tuple(path))
    return tuple(paths)
