"""Energy and emissions of training runs."""

from __future__ import annotations

import re

from mlsysim import catalog
from mlsysim.run_account import run_account
from mlsysim.run_footprint import run_footprint

from validation.cases import Case, Unmodelled
from validation.families.training import guarded
from validation.family import Family

USUAL_PUE = 1.1  # of a hyperscale building (recalled)


def training_energy(case: Case) -> float:
    """MWh from chips, days, mean power and the building's overhead."""
    chip_hours = case.need("chips") * case.need("days") * 24
    return run_account(chip_hours, case.need("avg_system_w_per_chip"), case.get("pue", 1.0)).energy_j / 3.6e9


def rated_energy(case: Case) -> float:
    """kWh from hours at rated power: an upper bound that the publisher used as the estimate."""
    return run_account(case.need("gpu_hours"), case.need("tdp_w")).energy_j / 3.6e6


def emissions(case: Case) -> float:
    """Tonnes: stated energy times the stated grid, or hours at rated power in a usual building on the grid of the United States."""
    if case.get("energy_kwh"):
        return case.need("energy_kwh") * case.need("grid_g_per_kwh") / 1e6
    if not case.get("tdp_w"):
        raise Unmodelled("the energy or the grid of the run is not in the configuration")
    factor = catalog.grid("united_states").carbon_kg_per_kwh
    return run_account(case.need("gpu_hours"), case.need("tdp_w"), USUAL_PUE, factor).emissions_kg / 1e3


def idle_service(case: Case) -> float:
    """kWh of a resident service: the idle power of its GPUs, day and night. Requests, hosts and fans are not in it."""
    found = re.match(r"(\d+)x", case.need("gpu"))
    gpu = catalog.device("a100_sxm_40gb")
    return run_account(int(found[1]) * case.need("days") * 24, gpu.idle_power_w).energy_j / 3.6e6


def life_cycle(case: Case) -> float:
    """t CO2e of BLOOM: energy of the GPUs, of what idles beside them, and the making of the hardware."""
    return run_footprint().total_t


FAMILIES = (
    Family("Energy of training runs", lambda c: c.metric == "training energy" and bool(c.get("avg_system_w_per_chip")), guarded(training_energy), formula=True),
    Family("Energy at rated power", lambda c: c.metric == "training energy" and bool(c.get("tdp_w")), guarded(rated_energy)),
    Family("Emissions from hours or energy", lambda c: c.area == "carbon" and c.unit == "tCO2e" and bool(c.get("tdp_w") or c.get("energy_kwh")),
           guarded(emissions)),
    Family("Life cycle of a run", lambda c: c.metric == "emissions, life cycle" and "embodied" in str(c.get("scope")), guarded(life_cycle), formula=True),
    Family("Energy of a resident service", lambda c: "inference deployment energy" in c.metric, guarded(idle_service),
           remark="A card that holds a model draws more than an idle one, and requests, hosts and fans are not in the prediction."),
)  # fmt: skip
