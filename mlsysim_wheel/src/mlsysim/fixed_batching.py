"""Fixed batches: a trip leaves when `batch` items are there, so passengers share the fare and the first waits for the last.

Overhead and weights are paid once a trip; the Iron Law gives the time of one, as a sum (nothing overlaps) and as a
maximum (everything does). Items come at a nearly steady rate, so that what makes them late is the batch, not chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random

from mlsysim import iron_law
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.catalog import machine as catalog_machine
from mlsysim.catalog_entries import Machine
from mlsysim.errors import OutOfRange, WrongType, number, positive, whole
from mlsysim.inference_cards import inference_card
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import STABLE, UNSTABLE

CAUSES = ("server too slow", "batch fills too slowly", "nobody is late")
BATCHES = (1, 2, 4, 8, 16, 20, 24, 32, 40, 48, 64, 128)
RANK = "the sample that more than a share q of the run does not exceed"
SHOWN_TRIPS = 6


@dataclass(frozen=True, slots=True)
class FixedBatching:
    """One simulated run of full batches on one server."""

    batch: int = quantity("b", "1", doc="items a trip")
    arrivals_per_s: float = quantity(r"\lambda", "1/s")
    deadline_s: float = quantity("d", "s")
    items: int = quantity("n", "1", doc="simulated")
    data_s: float = quantity("t_D", "s", source=iron_law.LAW, doc="a full trip moves data")
    arithmetic_s: float = quantity("t_O", "s", source=iron_law.LAW, doc="a full trip computes")
    overhead_s: float = quantity("t_L", "s", source=iron_law.LAW, doc="once a trip")
    trip_s: float = quantity(
        r"T_\Sigma", "s", formula=r"<data_s> + <arithmetic_s> + <overhead_s>", source="nothing overlaps", doc="a full trip"
    )
    overlapped_s: float = quantity(r"T_{max}", "s", formula=r"\max(<data_s>, <arithmetic_s>, <overhead_s>)", source="everything overlaps")
    capacity_per_s: float = quantity(r"\lambda_{max}", "1/s", formula=r"\frac{<batch>}{<trip_s>}", source="trips without a pause")
    load: float = quantity(r"\rho", "share", formula=r"\frac{<arrivals_per_s> <trip_s>}{<batch>}", source="utilisation law, Little 1961")
    worst_fill_s: float = quantity(
        "t_{fill}", "s", formula=r"\frac{<batch> - 1}{<arrivals_per_s>}", source="the first item waits for the last"
    )
    p50_s: float = quantity("T_{50}", "s", source=RANK)
    p95_s: float = quantity("T_{95}", "s", source=RANK)
    late_share: float = quantity(r"\text{late}", "share", source="items of the run beyond the deadline")
    cause: str = quantity(r"\text{cause}", "", source="load above 1: the server; else p95 beyond the deadline: the filling; else nobody")
    state: str = quantity(r"\text{state}", "", source="stable if the load is at most 1")
    response_s: tuple = series("s", doc="arrival to end of trip, ascending")
    trips: tuple = series("s", doc="the first six trips, as (start, end, items)")
    passengers: tuple = series("s", doc="their items, as (arrival, start, end, trip, late)")
    sources: dict = sources()


def fixed_batching(
    batch: int,
    arrivals_per_s: float,
    deadline_s: float = 0.1,
    *,
    job: iron_law.Job | None = None,
    machine: Machine | str = "v100_eager",
    items: int = 2000,
    seed: int = 7,
) -> FixedBatching:
    """Latency of items that come at `arrivals_per_s` and ride in trips of exactly `batch` (the last takes what is left).

    Gaps are (0.5 + u)/λ. A trip starts when it is full and the server is free, and lasts the Iron Law's sum for the
    items on board. The default job is one ResNet-50 image in fp16. Items a second, seconds. Beyond the capacity the
    percentiles grow with `items`. Errors: OutOfRange, WrongType, UnknownName; Infeasible if the weights do not fit.
    Source: Iron Law; the queue is Lindley's recursion (1952).

    >>> trip = fixed_batching(32, arrivals_per_s=600)
    >>> f"trip {trip.trip_s * 1e3:.1f} ms, p95 {trip.p95_s * 1e3:.1f} ms, {trip.cause}"
    'trip 22.5 ms, p95 72.3 ms, nobody is late'
    """
    batch, rate, deadline_s, job, machine, items, seed = _checked(batch, arrivals_per_s, deadline_s, job, machine, items, seed)
    law = iron_law.on_machine(job, machine, batch)
    responses, trips, passengers = _simulate(batch, rate, job, machine, items, seed, deadline_s)
    late = sum([r > deadline_s for r in responses])
    responses.sort()
    p95_s = _rank(responses, 0.95)
    load_share = rate * law.time_s / batch
    return FixedBatching(
        batch=batch,
        arrivals_per_s=rate,
        deadline_s=deadline_s,
        items=items,
        data_s=law.data_s,
        arithmetic_s=law.arithmetic_s,
        overhead_s=law.overhead_s,
        trip_s=law.time_s,
        overlapped_s=law.overlapped_s,
        capacity_per_s=batch / law.time_s,
        load=load_share,
        worst_fill_s=(batch - 1) / rate,
        p50_s=_rank(responses, 0.5),
        p95_s=p95_s,
        late_share=late / items,
        cause=CAUSES[0] if load_share > 1 else CAUSES[1] if p95_s > deadline_s else CAUSES[2],
        state=UNSTABLE if load_share > 1 else STABLE,
        response_s=tuple(responses),
        trips=tuple(trips),
        passengers=tuple(passengers),
        sources={"overhead_s": law.sources["overhead_s"]},
    )


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """One rate of arrivals, many batch sizes: the band of the Iron Law, what was measured, and the latency."""

    arrivals_per_s: float = quantity(r"\lambda", "1/s")
    batches: tuple = series("1")
    trip_s: tuple = series("s", doc="nothing overlaps")
    overlapped_s: tuple = series("s", doc="everything overlaps")
    p95_s: tuple = series("s")
    measured: tuple = series("s", doc="(batch, seconds) of the default job on the default machine, else empty")
    sources: dict = sources()


def batch_sizes(
    arrivals_per_s: float,
    *,
    batches: tuple = BATCHES,
    job: iron_law.Job | None = None,
    machine: Machine | str = "v100_eager",
    items: int = 2000,
    seed: int = 7,
) -> BatchSizes:
    """p95 of `fixed_batching` and the two forms of the Iron Law over batch sizes at one rate. Errors as there.

    >>> sizes = batch_sizes(600)
    >>> sizes.batches[sizes.p95_s.index(min(sizes.p95_s))]
    16
    """
    if not isinstance(batches, (tuple, list, range)) or not batches:
        raise WrongType(f"batches is {batches!r}, but must be a list of batch sizes.")
    batches = tuple([whole("a batch size", b, high=10**6) for b in batches])
    ours = job is None and machine == "v100_eager"
    _, rate, _, job, machine, items, seed = _checked(1, arrivals_per_s, 1.0, job, machine, items, seed)
    laws = [iron_law.on_machine(job, machine, b) for b in batches]
    return BatchSizes(
        arrivals_per_s=rate,
        batches=batches,
        trip_s=tuple([law.time_s for law in laws]),
        overlapped_s=tuple([law.overlapped_s for law in laws]),
        p95_s=tuple([_rank(sorted(_simulate(b, rate, job, machine, items, seed, math.inf)[0]), 0.95) for b in batches]),
        measured=measured_batches() if ours else (),
    )


@lru_cache(maxsize=1)
def resnet50_fp16() -> iron_law.Job:
    """One image through ResNet-50 in fp16: operations, weights, intermediate values.

    >>> resnet50_fp16().weights_bytes
    51000000.0
    """
    raw = load("serving/v100_eager_resnet50.json")
    amounts = {name: raw[name]["value"] for name in ("operations", "weights_bytes", "activation_bytes")}
    return iron_law.Job("ResNet-50, fp16", **amounts, source="; ".join(raw[name]["source"] for name in amounts))


def measured_batches() -> tuple[tuple[int, float], ...]:
    """(batch, seconds) that NVIDIA measured for ResNet-50 on a V100 in mixed precision, at three batch sizes.

    >>> measured_batches()
    ((1, 0.01278), (32, 0.01584), (256, 0.08414))
    """
    raw = load("serving/v100_eager_resnet50.json")
    return tuple(row for row in inference_card(raw["card"]).measured if row[0] in raw["measured_batches"])


def _checked(batch, arrivals_per_s, deadline_s, job, machine, items, seed) -> tuple:
    batch = whole("batch", batch, high=10**6)
    rate = single(number, "arrivals_per_s", arrivals_per_s, low=1e-3, high=1e9)
    deadline_s = single(positive, "deadline_s", deadline_s)
    items = whole("items", items, high=10**7)
    if batch > items:
        raise OutOfRange(f"batch is {batch}, but must be at most the number of items, {items}: no trip would ever be full.")
    job = resnet50_fp16() if job is None else job
    machine = catalog_machine(machine) if isinstance(machine, str) else machine
    return batch, rate, deadline_s, job, machine, items, whole("seed", seed, low=0)


@lru_cache(maxsize=4)
def _unit_arrivals(items: int, seed: int) -> tuple[float, ...]:
    draw = Random(seed).random
    return tuple(accumulate([0.5 + draw() for _ in range(items)]))


def _simulate(batch, rate, job, machine, items, seed, deadline_s) -> tuple[list[float], list[tuple], list[tuple]]:
    scale = 1.0 / rate
    arrivals = [t * scale for t in _unit_arrivals(items, seed)]
    full_s = iron_law.on_machine(job, machine, batch).time_s
    responses, trips, passengers, end = [], [], [], 0.0
    for first in range(0, items, batch):
        on_board = arrivals[first : first + batch]
        start = max(end, on_board[-1])
        end = start + (full_s if len(on_board) == batch else iron_law.on_machine(job, machine, len(on_board)).time_s)
        waited = [end - a for a in on_board]
        responses += waited
        if len(trips) < SHOWN_TRIPS:
            passengers += [(a, start, end, len(trips), r > deadline_s) for a, r in zip(on_board, waited)]
            trips.append((start, end, len(on_board)))
    return responses, trips, passengers


def _rank(ordered: list[float], share: float) -> float:
    return ordered[int(share * len(ordered))]
