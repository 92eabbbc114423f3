r"""When an operations platform pays: a team that costs from the first month, and models that move to it over the years.

By hand every model takes some of an engineer, and every pair of models a little more. A platform team is paid while it builds;
then models move, each team at its own pace and never all. Models that moved cost less and no longer meddle with the others.
Source: the shape after Hermann and Del Balso 2017 (Michelangelo) and Sculley et al. 2015; every rate is illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import OutOfRange, non_negative, number, one_of, whole
from mlsysim.model_releases import FILE
from mlsysim.quantity import quantity, series, sources

PATTERNS = ("manual", "central", "hybrid")
NEVER, PAYS, NONE = "never pays back", "pays back", "no platform"


def monthly_people(pattern, models, months) -> float:
    """Engineers that operations take in one month, so many months after a platform team has started.

    Errors: OutOfRange for another pattern, negative models or months; WrongType.

    >>> [round(monthly_people("manual", n, 0), 2) for n in (20, 40, 120)], round(monthly_people("hybrid", 120, 40), 1)
    ([5.8, 13.2, 58.8], 23.2)
    """
    pattern, n = one_of("pattern", pattern, PATTERNS), single(non_negative, "models", models, high=1e6)
    return _people(pattern, n, single(non_negative, "months", months, high=1e4), _rates())


def idle_cost_extra_usd(pool_hours, hour_usd, own_hours, other_hours) -> float:
    """What a team pays more when two teams share the idle cost of a pool by use than when each pays half: cGa/(a + b) − ca − c(G − a − b)/2.

    It is below zero for the team that uses less. Errors: OutOfRange for a pool smaller than its use, a use or a price below zero.

    >>> round(idle_cost_extra_usd(10_000, 2.0, 6000, 2000))
    1000
    """
    a, b = (single(number, name, value, low=0.0, high=1e12, open_low=True) for name, value in (("own_hours", own_hours), ("other_hours", other_hours)))
    pool, usd = single(number, "pool_hours", pool_hours, low=0.0, high=1e13), single(non_negative, "hour_usd", hour_usd, high=1e9)
    if pool < a + b:
        raise OutOfRange(f"pool_hours is {pool:g}, but must be at least the {a + b:g} hours that the two teams use.")
    return usd * pool * a / (a + b) - usd * a - usd * (pool - a - b) / 2


def _rates(**other) -> dict[str, float]:
    return {name: entry["value"] for name, entry in load(FILE)["platform"].items()} | other


def _adoption(pattern: str, k: float, rate: dict[str, float]) -> float:
    if pattern == "manual" or k <= rate["build_months"]:
        return 0.0
    return rate[f"{pattern}_cap"] * (1 - math.exp(-(k - rate["build_months"]) / rate["adoption_months"]))


def _people(pattern: str, n: float, k: float, rate: dict[str, float]) -> float:
    a = _adoption(pattern, k, rate)
    by_hand = rate["manual_people"] * (1 - a) * n + rate["pair_people"] * ((1 - a) * n) ** 2
    if pattern == "manual":
        return by_hand
    return by_hand + rate["moved_people"] * a * n + rate["people"] + (n / rate["models_per_embedded"] if pattern == "hybrid" else 0.0)


def _savings(pattern: str, growth: float, start: int, models: float, rate: dict[str, float]) -> list[float]:
    """Cumulative saving against running all by hand, after 0, 1, … 48 months."""
    saved, usd = [0.0], load(FILE)["month_usd"]["value"]
    for m in range(1, rate["months"] + 1):
        n = models * (1 + growth) ** m
        hand = _people("manual", n, 0, rate)
        saved.append(saved[-1] + usd * (hand - (_people(pattern, n, m - start, rate) if m > start else hand)))
    return saved


def _payback(saved: list[float]) -> int:
    """The month after the last one that is below zero; 0 where that is the last of all."""
    below = [m for m, v in enumerate(saved) if v < 0]
    return 0 if not below or below[-1] == len(saved) - 1 else below[-1] + 1


@dataclass(frozen=True, slots=True)
class Payback:
    """Four years of operations with a platform, against the same by hand."""

    pattern: str = quantity(r"\text{pattern}", "")
    growth_share: float = quantity("g", "share", doc="growth of the portfolio a month")
    start_month: int = quantity("m_0", "1", doc="month in which the team starts")
    models: int = quantity("N_0", "1", doc="models today")
    month_usd: float = quantity("e", "$", doc="an engineer for a month")
    models_end: float = quantity("N", "1", formula=r"<models>(1+<growth_share>)^{48}", source="compound growth", doc="after 48 months")
    manual_people: float = quantity("h", "1", source="0.25 N + 0.002 N²", doc="engineers that the last month takes by hand")
    people: float = quantity("h_p", "1", source="0.25 (1 − a)N + 0.06 aN + 0.002 ((1 − a)N)² + 7, hybrid also N/25", doc="engineers that it takes here")
    adoption_share: float = quantity("a", "share", source="cap·(1 − exp(−(k − 8)/6)), k months after the start", doc="models on the platform in the end")
    payback_months: int = quantity("m^*", "months", source="month after the last one whose cumulative saving is below zero; 0 where there is none")
    payback: str = quantity(r"m^* \text{ in words}", "", source="the same")
    saving_usd: float = quantity("S", "$", source="sum over 48 months of (by hand − here)", doc="may be below zero")
    dip_usd: float = quantity("S_{min}", "$", source="lowest cumulative saving", doc="below zero while the platform costs more than it saved")
    best_lever: str = quantity(
        r"\text{lever}",
        "",
        source="largest gain in saving of hybrid, a start now, a team smaller by two and a build in half the time, each computed; none where no change helps",
    )
    state: str = quantity(r"\text{state}", "", source="whether the cumulative saving stays above zero within 48 months")
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("$", doc="per pattern the cumulative saving over the months")
    bills: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("1", doc="per pattern the engineers over the months")
    sources: dict = sources()


def pay_platform(pattern="central", growth_share=0.04, start_month=0, models=20) -> Payback:
    """48 months of a growing portfolio. `best_lever` is "pattern", "start", "team", "build" or "none".

    Errors: OutOfRange for another pattern, growth outside 0 … 0.2, a start outside 0 … 47, models outside 1 … 10,000; WrongType.

    >>> p, h = pay_platform(), pay_platform("hybrid")
    >>> p.payback_months, round(p.saving_usd, -4), h.payback_months, round(h.saving_usd, -4)
    (40, 3640000.0, 35, 7770000.0)
    """
    rate, pattern = _rates(), one_of("pattern", pattern, PATTERNS)
    growth, start = single(non_negative, "growth_share", growth_share, high=0.2), whole("start_month", start_month, low=0, high=rate["months"] - 1)
    n, end = whole("models", models, high=10_000), rate["months"]
    saved = _savings(pattern, growth, start, n, rate)
    month = _payback(saved)
    smaller, sooner = (_rates(people=rate["people"] - 2), _rates(build_months=rate["build_months"] / 2))
    gains = {
        "pattern": _savings("hybrid", growth, start, n, rate)[-1], "start": _savings(pattern, growth, 0, n, rate)[-1],
        "team": _savings(pattern, growth, start, n, smaller)[-1], "build": _savings(pattern, growth, start, n, sooner)[-1],
    }  # fmt: skip
    best = max(gains, key=gains.get)
    last = n * (1 + growth) ** end
    return Payback(
        pattern=pattern,
        growth_share=growth,
        start_month=start,
        models=n,
        month_usd=load(FILE)["month_usd"]["value"],
        models_end=last,
        manual_people=_people("manual", last, 0, rate),
        people=_people(pattern, last, end - start, rate),
        adoption_share=_adoption(pattern, end - start, rate),
        payback_months=month,
        payback="no platform" if pattern == "manual" else f"month {month}" if month else f"not within {end} months",
        saving_usd=saved[-1],
        dip_usd=min(saved),
        best_lever=best if gains[best] > saved[-1] + 1 else "none",
        state=NONE if pattern == "manual" else PAYS if month else NEVER,
        curves=tuple((name, tuple((float(m), v) for m, v in enumerate(_savings(name, growth, start, n, rate)))) for name in PATTERNS),
        bills=tuple(
            (name, tuple((float(m), _people(name if m > start else "manual", n * (1 + growth) ** m, max(0, m - start), rate)) for m in range(end + 1)))
            for name in PATTERNS
        ),
        sources={"month_usd": source_of(load(FILE)["month_usd"])},
    )
