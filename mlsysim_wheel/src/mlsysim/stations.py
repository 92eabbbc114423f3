"""A station: one machine, one network, a steady stream of images; room, load, latency, power, price, accuracy."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import catalog, duty, iron_law
from mlsysim.catalog_entries import Machine
from mlsysim.comparison import as_job, as_machine
from mlsysim.errors import Infeasible, a_list
from mlsysim.iron_law import Job
from mlsysim.quantity import quantity, sources


@dataclass(frozen=True, slots=True)
class Station:
    """One machine with one network at a steady stream of items: room, load, latency, power, price, accuracy."""

    machine: str = quantity(r"\text{machine}", "")
    model: str = quantity(r"\text{model}", "")
    batch: int = quantity("b", "1", doc="items a trip")
    rate_per_s: float = quantity(r"\lambda", "1/s", doc="items arriving")
    needed_bytes: float = quantity("W", "B", doc="weights")
    room_bytes: float = quantity(r"\mathrm{cap}", "B", doc="space for weights")
    memory_share: float = quantity("u", "share", formula=r"\frac{<needed_bytes>}{<room_bytes>}", source="used of available")
    trip_s: float = quantity("T(b)", "s", source=iron_law.LAW, doc="one trip")
    fill_s: float = quantity(
        r"t_\mathrm{fill}", "s", formula=r"\frac{<batch> - 1}{<rate_per_s>}", source="the first item waits for the last"
    )
    latency_s: float = quantity("L", "s", formula=r"<fill_s> + <trip_s>", source="of the first item, if the machine is free")
    load: float = quantity(r"\rho", "share", formula=r"\frac{<rate_per_s> \cdot <trip_s>}{<batch>}", source="utilisation law")
    idle_power_w: float = quantity(r"P_\mathrm{idle}", "W")
    full_power_w: float = quantity(r"P_\mathrm{full}", "W")
    power_w: float = quantity(
        "P", "W", formula=r"<idle_power_w> + (<full_power_w> - <idle_power_w>) \cdot \min(1, <load>)", source="linear in the busy share"
    )
    price_usd: float = quantity("p", "$")
    top1_share: float = quantity(r"\text{top-1}", "share", doc="ImageNet")
    sources: dict = sources()


def station(machine: Machine | str, model: str, batch: int, rate_per_s) -> Station:
    """One machine that classifies `rate_per_s` images a second in trips of `batch`: `duty.station` with price and accuracy.

    Errors: Infeasible if the weights do not fit or the model has no top-1, UnknownName, WrongType, OutOfRange.
    Source: Iron Law, utilisation law.

    >>> s = station("raspberry_pi_5", "mobilenet_v1", 1, 30)
    >>> round(s.latency_s * 1e3, 1), round(s.load, 3), round(s.power_w, 2), s.price_usd
    (18.2, 0.546, 5.6, 80.0)
    """
    machine, entry = as_machine("machine", machine), catalog.model(model)
    job = Job.of(entry)
    day = duty.station(job, machine, rate_per_s=rate_per_s, batch=batch)
    if entry.top1_share is None:
        raise Infeasible(f"{entry.title} does not classify ImageNet, so it has no top-1 accuracy")
    fit = iron_law.fits(job, machine)
    given = {name: machine.source(name) for name in ("idle_power_w", "full_power_w", "price_usd")}
    return Station(
        machine.title,
        entry.title,
        day.batch,
        day.rate_per_s,
        fit.needed_bytes,
        fit.available_bytes,
        fit.share,
        day.trip_s,
        day.fill_s,
        day.latency_s,
        day.load,
        day.idle_power_w,
        day.full_power_w,
        day.power_w,
        machine.price_usd,
        entry.top1_share,
        sources={**given, "needed_bytes": job.source, "top1_share": entry.source("top1_share")},
    )


def stations(machines, models, batch: int, rate_per_s) -> tuple[tuple[str, str, Station], ...]:
    """Every pair of machine and model on which the weights fit, as (machine name, model name, its `Station`).

    >>> [(m, n) for m, n, _ in stations(["stm32h743", "t4"], ["mobilenet_v1"], 1, 30)]
    [('t4', 'mobilenet_v1')]
    """
    pairs = [(m, n) for m in a_list("machines", machines) for n in a_list("models", models) if iron_law.fits(as_job(n), as_machine("a machine", m))]
    return tuple((m, n, station(m, n, batch, rate_per_s)) for m, n in pairs)
