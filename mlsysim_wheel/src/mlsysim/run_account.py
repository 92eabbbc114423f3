"""The account of a training run: days, energy, emissions, money, from a rate and a power."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import non_negative, number, positive
from mlsysim.quantity import quantity, sources
from mlsysim.units import KWH

DAY_S, HOUR_S = 86_400.0, 3_600.0


@dataclass(frozen=True, slots=True)
class RunAccount:
    """What a run of `chip_hours` costs."""

    chip_hours: float = quantity("H", "h", doc="chips times hours")
    power_w: float = quantity("P", "W", doc="of a chip with its share of the host")
    pue: float = quantity(r"\mathrm{PUE}", "1", doc="power of the building over power of the machines")
    carbon_kg_per_kwh: float = quantity("g", "kg/kWh", doc="of the grid")
    price_usd_per_h: float = quantity("p", "USD/h", doc="of a chip")
    energy_j: float = quantity("E", "J", formula=r"3600 \cdot <chip_hours> <power_w> <pue>", source="power over time")
    emissions_kg: float = quantity("C", "kg", formula=r"\frac{<energy_j>}{3.6 \cdot 10^6} <carbon_kg_per_kwh>", source="Patterson et al. 2021")
    cost_usd: float = quantity("K", "USD", formula=r"<chip_hours> <price_usd_per_h>", source="hours at a rate")
    sources: dict = sources()


def run_account(chip_hours, power_w, pue=1.0, carbon_kg_per_kwh=0.0, price_usd_per_h=0.0) -> RunAccount:
    """Energy, emissions and cost of `chip_hours` at a mean power. Errors: OutOfRange. Source: Patterson et al. 2021.

    >>> round(run_account(512 * 20 * 24, 310, 1.12).energy_j / 3.6e9, 1)
    85.3
    """
    hours = single(positive, "chip_hours", chip_hours, high=1e15)
    power = single(non_negative, "power_w", power_w, high=1e9)
    pue = single(number, "pue", pue, low=1.0, high=10.0)
    carbon = single(non_negative, "carbon_kg_per_kwh", carbon_kg_per_kwh, high=10.0)
    price = single(non_negative, "price_usd_per_h", price_usd_per_h, high=1e6)
    energy = HOUR_S * hours * power * pue
    return RunAccount(hours, power, pue, carbon, price, energy, energy / KWH * carbon, hours * price)


def run_days(parameters, tokens, gpus, flop_per_s_per_gpu, passes=4.0) -> float:
    """Days of a run: 2·passes·P·T/(n·X), passes 3 without and 4 with full recomputation (8PT/nX).

    Errors: OutOfRange. Source: Narayanan et al., SC21, equation 4.

    >>> round(run_days(175e9, 300e9, 1024, 140e12))
    34
    """
    parameters, tokens = single(positive, "parameters", parameters, high=1e30), single(positive, "tokens", tokens, high=1e30)
    gpus, rate = single(positive, "gpus", gpus, high=1e9), single(positive, "flop_per_s_per_gpu", flop_per_s_per_gpu, high=1e30)
    passes = single(positive, "passes", passes, high=100.0)
    return 2.0 * passes * parameters * tokens / (gpus * rate) / DAY_S
