r"""Cheaper tokens and the demand that they create: does efficiency lower the electricity?

After n years of a gain a year, k = gain^n, a token costs p = 1 − σ + σ/k where a share σ of the price follows the efficiency. Demand is
(1 + growth)^n · p^(−e) with the elasticity e, electricity demand/k; with σ = 1 and no growth it is k^(e − 1).
Source: Jevons 1865; Greening, Greene and Difiglio 2000 (rebound). Elasticities are illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, number, positive
from mlsysim.quantity import quantity, series, sources

_DATA = load("training/run_carbon.json")["tokens"]
YEARS, CONNECTION = _DATA["years"]["value"], _DATA["connection"]["value"]
QUARTERS = 4 * YEARS
OVER, WITHIN = "grid connection exceeded", "within the grid connection"
KINDS = {
    "backfire": "backfire: more electricity than today",
    "partial": "partial rebound: demand eats some of the saving",
    "full": "the full saving of the engineers",
}
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Rebound:
    """Six years of more efficient chips."""

    gain_per_year: float = quantity("a", "×", doc="tokens per joule")
    elasticity: float = quantity("e", "1", doc="demand rises by e % where the price falls by 1 %")
    passed_on_share: float = quantity(r"\sigma", "share", doc="of the price that falls with the energy of a token")
    growth_share: float = quantity("w", "share", doc="of demand a year, at a constant price")
    years: int = quantity("n", "years")
    connection: float = quantity("B", "×", doc="what the grid connection carries, of today's electricity")
    efficiency: float = quantity("k", "×", formula="<gain_per_year>^{<years>}", source="compound growth", doc="tokens per joule")
    price: float = quantity("p", "×", formula=r"1 - <passed_on_share> + \frac{<passed_on_share>}{<efficiency>}", source="definition", doc="of a token")
    demand: float = quantity("D", "×", formula="(1 + <growth_share>)^{<years>} <price>^{-<elasticity>}", source="constant elasticity", doc="tokens")
    electricity: float = quantity("E", "×", formula=r"\frac{<demand>}{<efficiency>}", source="definition")
    unchanged: float = quantity("1/k", "×", formula=r"\frac{1}{<efficiency>}", source="definition", doc="electricity if demand stood still")
    neutral_elasticity: float = quantity(
        "e_=", "1", formula=r"\frac{\ln <efficiency> - <years> \ln(1 + <growth_share>)}{-\ln <price>}", source="solved for the electricity of today",
        doc="the elasticity at which electricity stays as it is; below zero where growth alone uses more",
    )  # fmt: skip
    peak: float = quantity("E_{max}", "×", source="largest of the quarters")
    full_after_years: float = quantity("n_B", "years", source="first quarter above the connection", doc="0: never")
    kind: str = quantity(r"\text{kind}", "", source="electricity against today's and against unchanged demand")
    state: str = quantity(r"\text{state}", "", source="peak against the connection")
    path: tuple = series("×", doc="(years, tokens per joule, demand, electricity), quarter by quarter")
    sources: dict = sources()


def _at(n: float, gain: float, e: float, sigma: float, growth: float) -> tuple[float, float, float, float]:
    """Efficiency, price, demand and electricity after n years."""
    k = gain**n
    price = 1 - sigma + sigma / k
    demand = (1 + growth) ** n * price**-e
    return k, price, demand, demand / k


def rebound(gain_per_year=1.3, elasticity=1.4, passed_on_share=1.0, growth_share=0.0) -> Rebound:
    """Six years; the gain 1 < a ≤ 4, elasticity 0 … 10, share of the price 0 < σ ≤ 1, growth 0 … 1 a year. Errors: OutOfRange, WrongType.

    >>> r = rebound()
    >>> round(r.efficiency, 2), round(r.electricity, 2), r.full_after_years
    (4.83, 1.88, 4.0)
    """
    return _rebound(
        single(number, "gain_per_year", gain_per_year, low=1.001, high=4.0), single(non_negative, "elasticity", elasticity, high=10.0),
        single(number, "passed_on_share", passed_on_share, low=0.01, high=1.0), single(non_negative, "growth_share", growth_share, high=1.0),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _rebound(gain: float, e: float, sigma: float, growth: float) -> Rebound:
    path = tuple((q / 4, *_at(q / 4, gain, e, sigma, growth)) for q in range(QUARTERS + 1))
    _, k, price, demand, electricity = path[-1]
    kind = "full" if abs(electricity - 1 / k) <= _SAME else "backfire" if electricity > 1 + _SAME else "partial"
    return Rebound(
        gain_per_year=gain, elasticity=e, passed_on_share=sigma, growth_share=growth, years=YEARS, connection=CONNECTION, efficiency=k, price=price,
        demand=demand, electricity=electricity, unchanged=1 / k, neutral_elasticity=(math.log(k) - YEARS * math.log1p(growth)) / -math.log(price),
        peak=max(p[4] for p in path), full_after_years=next((p[0] for p in path if p[4] > CONNECTION), 0.0), kind=kind,
        state=OVER if max(p[4] for p in path) > CONNECTION else WITHIN, path=tuple((p[0], p[1], p[3], p[4]) for p in path),
        sources={"connection": source_of(_DATA["connection"])},
    )  # fmt: skip


def over_elasticities(gain_per_year=1.3, passed_on_share=1.0, growth_share=0.0) -> tuple[tuple[float, float], ...]:
    """(elasticity, electricity after six years) for elasticities from 0 to 3; arguments as in `rebound`.

    >>> [round(e, 2) for _, e in over_elasticities()[::10]]
    [0.21, 1.0, 4.83, 23.3]
    """
    r = rebound(gain_per_year, 1.0, passed_on_share, growth_share)
    return tuple((i / 10, _at(YEARS, r.gain_per_year, i / 10, r.passed_on_share, r.growth_share)[3]) for i in range(31))


def electricity_after(efficiency, elasticity) -> float:
    """Electricity against today's when the price follows the efficiency in full: k^(e − 1). Errors: OutOfRange, WrongType.

    >>> round(electricity_after(4.0, 1.5), 3)
    2.0
    """
    return single(positive, "efficiency", efficiency, high=1e9) ** (single(non_negative, "elasticity", elasticity, high=10.0) - 1)
