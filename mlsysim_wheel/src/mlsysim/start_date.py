"""When to start a long computation while machines and methods improve.

A computation of T₀ years at today's rate takes T₀·2^(−w/τ) years when it starts w years from now on what can be bought
then, so it ends at F(w) = w + T₀·2^(−w/τ). Waiting pays while dF/dw < 0, that is while the run would still take more
than τ/ln 2. A hand-made trick makes today's problem f times cheaper and then rides the machines alone.
Times are in years, the natural unit of a doubling time. Sources: Gottbrath et al. 1999; Sutton 2019 (The Bitter Lesson).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim.errors import named, non_negative, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

IMPROVES = ("both", "machines", "methods")
NOW, WAIT, TRICK = "now", "wait", "trick"
_FILE = "progress/doubling_times.json"
SLACK = "Gottbrath et al. 1999, The Effects of Moore's Law and Slacking on Large Computations"


@dataclass(frozen=True, slots=True)
class Start:
    """One computation, four plans: start now, your date, the best date, a hand-made trick at its best date."""

    run_years: float = quantity("T_0", "years", doc="with today's machines and methods")
    improves: str = quantity(r"\text{improves}", "", doc="machines, methods or both")
    doubling_years: float = quantity(r"\tau", "years", source="rates of doubling add: 1/τ = 1/τ machines + 1/τ methods")
    start_years: float = quantity("w", "years", doc="your start")
    purchases: int = quantity("k", "1", doc="equal parts in which the money is spent")
    apart_years: float = quantity("u", "years", doc="between purchases")
    your_run_years: float = quantity(
        "T", "years", formula=r"<run_years> \cdot 2^{-<start_years>/<doubling_years>}", source=SLACK, doc="your run, if all is bought on your date"
    )
    finish_years: float = quantity("F", "years", source="w + T for one purchase; several: summed in steps of 1/48 year", doc="your plan ends")
    best_start_years: float = quantity("w^*", "years", source="search over every month")
    best_finish_years: float = quantity("F^*", "years", source="search over every month")
    best_run_years: float = quantity("T^*", "years", formula="<best_finish_years> - <best_start_years>")
    pays_above_years: float = quantity(
        r"\tau/\ln 2", "years", formula=r"\frac{<doubling_years>}{\ln 2}", source="dF/dw = 0", doc="a run longer than this should wait"
    )
    trick_factor: int = quantity("f", "×", doc="1: no trick")
    build_years: float = quantity("m", "years", doc="to build the trick")
    trick_start_years: float = quantity("w_f", "years", source="search over every month from m on")
    trick_finish_years: float = quantity("F_f", "years", source="w + T₀/f, halved with every doubling of machines only; ∞ without a trick")
    winner: str = quantity(r"\text{first}", "", doc="now, wait or trick: the earliest end")
    winner_longer: str = quantity(r"\text{first}_3", "", source="the same search for three times the run", doc="first if the run were three times as long")
    grant_years: float = quantity("G", "years", doc="the grant ends")
    purchase_dates: tuple[float, ...] = series("years", doc="when your parts of the money are spent")
    curve: tuple[tuple[float, float], ...] = series("years", doc="(start, end) of the general method")
    trick_curve: tuple[tuple[float, float], ...] = series("years", doc="(start, end) of the trick")
    sources: dict = sources()


def pace_names() -> tuple[str, ...]:
    """Published paces of methods that `doubling_years` takes.

    >>> pace_names()
    ('image_2020', 'language_2024')
    """
    return tuple(load(_FILE)["methods"])


def doubling_years(improves="both", pace="image_2020") -> float:
    """Years in which the result per dollar doubles, if machines, methods or both improve: the rates of doubling add.

    Errors: OutOfRange for another word, UnknownName for another pace. Source: Hobbhahn and Besiroglu 2022 (machines),
    Hernandez and Brown 2020 or Ho et al. 2024 (methods).

    >>> round(doubling_years("both"), 3)
    0.865
    """
    one_of("improves", improves, IMPROVES)
    named("pace of methods", pace, pace_names())
    machines, methods = load(_FILE)["machines_doubling_years"]["value"], load(_FILE)["methods"][pace]["months"] / 12
    rates = {"machines": 1 / machines, "methods": 1 / methods, "both": 1 / machines + 1 / methods}
    return 1 / rates[improves]


def finish_years(start_years, run_years, doubling_years):
    """F(w) = w + T₀·2^(−w/τ), of numbers or arrays. Errors: OutOfRange for a negative start, a run or τ not above zero.

    >>> finish_years(0, 10, 2.46)
    10.0
    """
    w = non_negative("start_years", start_years)
    return w + positive("run_years", run_years) * 2.0 ** (-w / positive("doubling_years", doubling_years))


def best_wait_years(run_years, doubling_years) -> float:
    """The start that ends first, w* = (τ/ln 2)·ln(T₀·ln 2/τ), or 0 where waiting never pays (Gottbrath et al. 1999).

    >>> round(best_wait_years(10, 2.46), 2)
    3.68
    """
    scale = positive("doubling_years", doubling_years) / math.log(2)
    return max(0.0, scale * math.log(positive("run_years", run_years) / scale))


def staged_finish_years(start_years, run_years, doubling_years, purchases, apart_years) -> float:
    """When the run ends if the money is spent in equal parts, `apart_years` from each other, and all machines keep running.

    Whole steps of 1/48 year. Errors: OutOfRange, as in `finish_years`; start up to 100 years, run up to 10,000, doubling
    at least 0.1, purchases 1 … 100, up to 10 years apart.

    >>> round(staged_finish_years(0, 10, doubling_years("both"), 3, 1), 2)
    5.15
    """
    w, run = non_negative("start_years", start_years, high=100.0), positive("run_years", run_years, high=1e4)
    tau, u, k = number("doubling_years", doubling_years, low=0.1), non_negative("apart_years", apart_years, high=10.0), whole("purchases", purchases, high=100)
    return _staged(w, run, tau, k, u)


@lru_cache(maxsize=512)
def _staged(w: float, run: float, tau: float, k: int, u: float) -> float:
    per_year = load(_FILE)["steps_per_year"]["value"]
    parts = [(per_year * (w + i * u), 2.0 ** ((w + i * u) / tau) / (per_year * k)) for i in range(k)]
    done, step = 0.0, math.floor(parts[0][0] + 1e-9)
    while done < run - 1e-9:
        done += sum(rate for bought, rate in parts if bought <= step + 1e-9)
        step += 1
    return step / per_year


def plan_start(run_years=10, start_months=0, trick=1, improves="both", build_months=9, purchases=1, apart_years=1.0, pace="image_2020") -> Start:
    """Four plans for one computation; `trick` is how many times cheaper the hand-made trick makes it today (1: none).

    Errors: OutOfRange for run_years not above zero, months outside 0 … 360, trick below 1, purchases outside 1 … 100,
    another word for `improves`; UnknownName for the pace. Source: see the module.

    >>> p = plan_start(10)
    >>> round(p.best_start_years * 12), round(p.best_finish_years, 2)
    (31, 3.84)
    """
    run, data = positive("run_years", run_years, high=1e6), load(_FILE)
    last = data["last_month"]["value"]
    months, build = whole("start_months", start_months, low=0, high=last), whole("build_months", build_months, low=0, high=last)
    factor, k = number("trick", trick, low=1), whole("purchases", purchases, high=100)
    u, tau = non_negative("apart_years", apart_years, high=100), doubling_years(improves, pace)
    w = months / 12
    (best_w, best_f), (trick_w, trick_f) = _earliest(run, tau, 0, last), _earliest_trick(run, factor, improves, build, last)
    mine = finish_years(w, run, tau) if k == 1 else staged_finish_years(w, run, tau, k, u)
    dates = tuple(w + i * u for i in range(k) if w + i * u < mine)
    span = max(1, round(12 * max(w, best_w, trick_w, 2.0) * 1.25))
    grid = [m / 12 for m in range(0, span + 1, max(1, span // 60))]
    return Start(
        run_years=run, improves=improves, doubling_years=tau, start_years=w, purchases=k, apart_years=u, your_run_years=run * 2.0 ** (-w / tau),
        finish_years=mine, best_start_years=best_w, best_finish_years=best_f, best_run_years=best_f - best_w, pays_above_years=tau / math.log(2),
        trick_factor=factor, build_years=build / 12, trick_start_years=trick_w, trick_finish_years=trick_f, winner=_first(run, best_f, trick_f),
        winner_longer=_first(3 * run, _earliest(3 * run, tau, 0, last)[1], _earliest_trick(3 * run, factor, improves, build, last)[1]),
        grant_years=float(data["grant_years"]["value"]), purchase_dates=dates, curve=tuple((x, finish_years(x, run, tau)) for x in grid),
        trick_curve=() if factor == 1 else tuple((x, _trick_finish(x, run / factor, improves)) for x in grid if x >= build / 12),
        sources={
            "doubling_years": f"{source_of(data['machines_doubling_years'])}; {source_of(data['methods'][pace])}",
            "grant_years": source_of(data["grant_years"]),
        },
    )  # fmt: skip


def _first(now: float, wait: float, trick: float) -> str:
    ends = {NOW: now, WAIT: wait, TRICK: trick}
    return min(ends, key=ends.get)


def _earliest_trick(run: float, factor: float, improves: str, build: int, last: int) -> tuple[float, float]:
    """The best start of the trick and its end; never without a trick, at once when machines do not improve."""
    if factor == 1:
        return 0.0, math.inf
    if improves == "methods":
        return build / 12, _trick_finish(build / 12, run / factor, improves)
    return _earliest(run / factor, doubling_years("machines"), build, last)


def _trick_finish(w: float, run: float, improves: str) -> float:
    """End of the trick's run from w on; better methods are no help to it."""
    return w + run if improves == "methods" else finish_years(w, run, doubling_years("machines"))


@lru_cache(maxsize=512)
def _earliest(run: float, tau: float, first: int, last: int) -> tuple[float, float]:
    """The month from `first` on whose start ends first, and that end; F is convex, so the search stops when it rises."""
    best = (first / 12, finish_years(first / 12, run, tau))
    for month in range(first + 1, last + 1):
        end = finish_years(month / 12, run, tau)
        if end > best[1]:
            break
        best = (month / 12, end)
    return best
