r"""A machine that works part of the time: load, waiting for a full batch, average power.

Items come at a steady rate and ride in trips of `batch`; one trip takes the time that the Iron Law gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import iron_law
from mlsysim.catalog_entries import Machine
from mlsysim.errors import OutOfRange, non_negative, positive, whole
from mlsysim.quantity import quantity, sources


@dataclass(frozen=True, slots=True)
class Duty:
    """One machine, one job, a steady stream of items."""

    batch: int = quantity("b", "1", doc="items a trip")
    rate_per_s: float = quantity(r"\lambda", "1/s", doc="items arriving")
    trip_s: float = quantity("T(b)", "s", doc="one trip", source=iron_law.LAW)
    idle_power_w: float = quantity(r"P_\mathrm{idle}", "W")
    full_power_w: float = quantity(r"P_\mathrm{full}", "W")
    fill_s: float = quantity(
        r"t_\mathrm{fill}", "s", formula=r"\frac{<batch> - 1}{<rate_per_s>}", source="the first item waits for the last"
    )
    latency_s: float = quantity("L", "s", formula=r"<fill_s> + <trip_s>", source="of the first item, if the machine is free")
    load: float = quantity(r"\rho", "share", formula=r"\frac{<rate_per_s> \cdot <trip_s>}{<batch>}", source="utilisation law")
    power_w: float = quantity(
        "P", "W", formula=r"<idle_power_w> + (<full_power_w> - <idle_power_w>) \cdot \min(1, <load>)", source="linear in the busy share"
    )
    state: str = quantity(r"\text{state}", "", source="stable if the load is below 1")
    sources: dict = sources()


def duty_cycle(*, trip_s, rate_per_s, idle_power_w, full_power_w, batch: int = 1, given: dict | None = None) -> Duty:
    """Latency of the first item, load and mean power of a machine that serves a steady stream in trips of `batch`.

    Seconds, items a second, watts. A load of 1 or more is stated as "overloaded": the queue then grows without end, and
    `latency_s` holds for the first trip only. Source: utilisation law (Little 1961); power linear in the busy share.

    >>> d = duty_cycle(trip_s=0.0182, rate_per_s=30, idle_power_w=2.7, full_power_w=8.0)
    >>> round(d.load, 3), round(d.power_w, 2), d.state
    (0.546, 5.59, 'stable')
    """
    positive("trip_s", trip_s)
    positive("rate_per_s", rate_per_s)
    non_negative("idle_power_w", idle_power_w)
    non_negative("full_power_w", full_power_w)
    batch = whole("batch", batch)
    if full_power_w < idle_power_w:
        raise OutOfRange(f"full_power_w is {full_power_w!r}, but must be at least idle_power_w, {idle_power_w!r}.")
    fill_s = (batch - 1) / rate_per_s
    load = rate_per_s * trip_s / batch
    power_w = idle_power_w + (full_power_w - idle_power_w) * min(1.0, load)
    state = "stable" if load < 1 else "overloaded"
    return Duty(batch, rate_per_s, trip_s, idle_power_w, full_power_w, fill_s, fill_s + trip_s, load, power_w, state, sources=given or {})


def station(job: iron_law.Job, machine: Machine, *, rate_per_s, batch: int = 1) -> Duty:
    """`duty_cycle` of a job on a catalog machine; raises `Infeasible` if the weights do not fit.

    >>> from mlsysim import catalog
    >>> d = station(iron_law.Job.of(catalog.model("mobilenet_v1")), catalog.machine("raspberry_pi_5"), rate_per_s=30)
    >>> round(d.latency_s * 1e3, 1), round(d.power_w, 2)
    (18.2, 5.6)
    """
    law = iron_law.on_machine(job, machine, batch)
    given = {name: machine.source(name) for name in ("idle_power_w", "full_power_w")}
    return duty_cycle(
        trip_s=law.time_s,
        rate_per_s=rate_per_s,
        idle_power_w=machine.idle_power_w,
        full_power_w=machine.full_power_w,
        batch=batch,
        given=given,
    )
