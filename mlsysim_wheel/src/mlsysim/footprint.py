r"""Carbon of a deployment over its life: made once, run every hour, its model trained every year.

kg = n·embodied + (n·W·8,766 h·years + training·years)·grid. Spread over the years, a device that lives twice as long emits as if
it had been made at half the carbon. Source: Gupta et al. 2022 (embodied and operational carbon); figures in data/footprint.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import named, non_negative, number, positive, whole
from mlsysim.microcontroller import on_board
from mlsysim.quantity import quantity, series, sources

FILE = "footprint.json"
LEVERS = {
    "life": "use it twice as long",
    "grid": "a grid ten times cleaner",
    "power": "half the power",
    "embodied": "make it at half the carbon",
    "training": "no training",
}
OVER, WITHIN = "over the budget", "within the budget"
_SAME = 0.005  # levers within half a point count as equal
_DEFINITION = "definition"


def deployments() -> dict[str, str]:
    """Names of the deployments with their words.

    >>> deployments()["server"]
    '1 server with an L4'
    """
    return {name: entry["label"] for name, entry in load(FILE)["deployments"].items()}


def electric_share(devices, embodied_kg, power_w, years, grid_kg_per_kwh) -> float:
    """Share of the life-time footprint that is electricity, without training. Errors: OutOfRange.

    >>> round(electric_share(1, 1150, 200, 3, 0.394), 3)
    0.643
    """
    n, made = whole("devices", devices), single(positive, "embodied_kg", embodied_kg)
    hours = single(positive, "years", years) * load(FILE)["hours_per_year"]["value"]
    used = single(non_negative, "power_w", power_w) / 1e3 * hours * single(non_negative, "grid_kg_per_kwh", grid_kg_per_kwh)
    return n * used / (n * made + n * used)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Making, running and training of one deployment, and what five changes would save each year."""

    deployment: str = quantity(r"\text{deployment}", "")
    devices: int = quantity("n", "1")
    years: float = quantity("L", "years", doc="how long the devices are used")
    grid_kg_per_kwh: float = quantity("g", "kg/kWh")
    embodied_kg: float = quantity("m", "kg", doc="of making one device")
    power_factor: float = quantity("x", "×", doc="on the devices' power")
    power_w: float = quantity("W", "W", doc="of one device, mean over the day, with that factor")
    training_kwh: float = quantity("E_t", "kWh", doc="a year, for retraining")
    hours_per_year: int = quantity("h", "h")
    made_kg: float = quantity("C_m", "kg", formula=r"<devices> \cdot <embodied_kg>", source=_DEFINITION)
    used_kwh: float = quantity(
        "E_u", "kWh", formula=r"\frac{<devices> \cdot <power_w> \cdot <hours_per_year> \cdot <years>}{1000}", source="power times time", doc="over the life"
    )
    used_kg: float = quantity("C_u", "kg", formula=r"<used_kwh> \cdot <grid_kg_per_kwh>", source=_DEFINITION)
    trained_kg: float = quantity("C_t", "kg", formula=r"<training_kwh> \cdot <years> \cdot <grid_kg_per_kwh>", source=_DEFINITION)
    kg_total: float = quantity("C", "kg", formula="<made_kg> + <used_kg> + <trained_kg>", source="sum", doc="over the life")
    kg_per_year: float = quantity("c", "kg/year", formula=r"\frac{<kg_total>}{<years>}", source=_DEFINITION)
    electric_share: float = quantity(
        "e", "share", formula=r"\frac{<used_kg> + <trained_kg>}{<kg_total>}", source=_DEFINITION, doc="of the footprint that is electricity"
    )
    budget_kg_per_year: float = quantity("B", "kg/year")
    levers: str = quantity(r"\text{lever}", "", source="largest saving a year of five changes, each computed; within half a point they are equal")
    state: str = quantity(r"\text{state}", "", source="kg a year against the budget")
    savings: tuple[tuple[str, float], ...] = series("share", doc="(change, share of the yearly footprint that it saves)")
    sources: dict = sources()


def footprint(deployment="nodes", years=3, grid_kg_per_kwh=0.394, training_kwh=50, power_factor=1.0) -> Footprint:
    """Carbon of one deployment: "nodes" (1,000 battery cameras), "boxes" (100 Pi 5 + Coral) or "server" (one, with an L4).

    `years` of use (0.5 … 30), the grid in kg/kWh (0 … 2), `training_kwh` a year (0 … 1e6), `power_factor` on the devices' power (0.01 … 100).
    Raises UnknownName, OutOfRange or WrongType otherwise.

    >>> f = footprint()
    >>> round(f.kg_total), round(f.electric_share, 3), f.levers
    (3100, 0.032, 'life or embodied')
    """
    known = load(FILE)["deployments"]
    named("deployment", deployment, known)
    return _footprint(
        deployment, single(number, "years", years, low=0.5, high=30.0), single(number, "grid_kg_per_kwh", grid_kg_per_kwh, low=0.0, high=2.0),
        single(number, "training_kwh", training_kwh, low=0.0, high=1e6), single(number, "power_factor", power_factor, low=0.01, high=100.0),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _footprint(deployment, years, grid, training, factor) -> Footprint:
    data = load(FILE)
    entry, hours, budget = data["deployments"][deployment], data["hours_per_year"], data["budget_kg_per_year"]
    power, power_source = _power(deployment)
    n, made = entry["devices"], entry["embodied_kg"]["value"]

    def parts(made=made, years=years, grid=grid, power=power * factor, training=training) -> tuple[float, float, float]:
        return n * made, n * power / 1e3 * hours["value"] * years * grid, training * years * grid

    now, total = parts(), sum(parts())
    changed = {
        "life": sum(parts(years=2 * years)) / (2 * years), "grid": sum(parts(grid=grid / 10)) / years, "power": sum(parts(power=power * factor / 2)) / years,
        "embodied": sum(parts(made=made / 2)) / years, "training": sum(parts(training=0.0)) / years,
    }  # fmt: skip
    savings = tuple((lever, 1 - kg * years / total) for lever, kg in changed.items())
    most = max(s for _, s in savings)
    return Footprint(
        deployment=deployment, devices=n, years=years, grid_kg_per_kwh=grid, embodied_kg=made, power_factor=factor, power_w=power * factor,
        training_kwh=training,
        hours_per_year=hours["value"],
        made_kg=now[0], used_kwh=n * power * factor / 1e3 * hours["value"] * years, used_kg=now[1], trained_kg=now[2], kg_total=total,
        kg_per_year=total / years,
        electric_share=(now[1] + now[2]) / total, budget_kg_per_year=budget["value"], levers=" or ".join(lever for lever, s in savings if s >= most - _SAME),
        state=OVER if total / years > budget["value"] else WITHIN, savings=savings,
        sources={"embodied_kg": source_of(entry["embodied_kg"]), "power_w": power_source, "hours_per_year": source_of(hours),
        "budget_kg_per_year": source_of(budget)},
    )  # fmt: skip


def over_life(deployment="nodes", grid_kg_per_kwh=0.394, training_kwh=50, power_factor=1.0) -> tuple[tuple[float, float], ...]:
    """(years, kg a year) for lives of 1 to 8 years; arguments and errors as in `footprint`.

    >>> [round(kg) for _, kg in over_life()[:3]]
    [3033, 1533, 1033]
    """
    return tuple((float(y), footprint(deployment, y, grid_kg_per_kwh, training_kwh, power_factor).kg_per_year) for y in range(1, 9))


def _power(deployment: str) -> tuple[float, str]:
    """Mean power of one device; that of a node from the pictures that it takes and its sleep between them."""
    entry = load(FILE)["deployments"][deployment]
    if "power_w" in entry:
        return entry["power_w"]["value"], source_of(entry["power_w"])
    board, model = load("tiny_camera.json")["boards"][entry["board"]], entry["model"]
    picture = on_board(model["width"], model["resolution"], model["precision"], board=entry["board"])
    return picture.energy_j / load(FILE)["frame_every_s"]["value"] + board["sleep_power_w"][
        "value"
    ], "one picture a minute and the sleep between, as in battery_camera"
