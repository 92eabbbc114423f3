"""Machines side by side on one job: which is sooner, what binds on each, what a better part buys.

Every time is the Iron Law's sum. A machine on which a job does not fit never ends it: its time is infinite.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass

from mlsysim import catalog, iron_law
from mlsysim._datafile import load
from mlsysim.catalog_entries import Machine
from mlsysim.errors import OutOfRange, WrongType, a_list, instance, one_of, positive
from mlsysim.iron_law import Job
from mlsysim.quantity import quantity, series, sources

SHELF = ("arduino_nano_33_ble", "stm32h743", "raspberry_pi_5", "a17_pro", "jetson_orin_nano_8gb", "t4", "h100_sxm")
LENSES = ("clock", "heartbeat")
NO_ROOM = "does not fit"
EVERYDAY = (  # seconds, words
    (0.1, "a blink"),
    (1.0, "a heartbeat"),
    (4.0, "a breath"),
    (240.0, "a song"),
    (7200.0, "a film"),
    (86400.0, "a day"),
    (7 * 86400.0, "a week"),
    (91 * 86400.0, "a season"),
    (365.25 * 86400.0, "a year"),
)

Rung = namedtuple("Rung", "name fits data_s arithmetic_s overhead_s time_s paper_s everyday")
Rung.__doc__ = "One machine of a shelf, its times as seen through the lens; `paper_s` is the arithmetic alone at the full peak."


@dataclass(frozen=True, slots=True)
class Comparison:
    """One job on two machines, and on a whole shelf."""

    job: str = quantity(r"\text{job}", "")
    first: str = quantity(r"\text{first}", "")
    second: str = quantity(r"\text{second}", "")
    needed_bytes: float = quantity("W", "B", doc="weights of the job")
    first_room_bytes: float = quantity(r"\mathrm{cap}_1", "B")
    second_room_bytes: float = quantity(r"\mathrm{cap}_2", "B")
    room_bytes: float = quantity(
        r"\mathrm{cap}", "B", formula=r"\min(<first_room_bytes>, <second_room_bytes>)", source="both machines must hold the weights"
    )
    tightest: str = quantity(r"\text{tightest}", "", source="machine with less room")
    first_peak_ops_per_s: float = quantity("R_1", "OP/s", doc="dense peak")
    second_peak_ops_per_s: float = quantity("R_2", "OP/s", doc="dense peak")
    first_data_s: float = quantity("t_{D,1}", "s", source=iron_law.LAW)
    first_arithmetic_s: float = quantity("t_{O,1}", "s", source=iron_law.LAW)
    first_overhead_s: float = quantity("t_{L,1}", "s", source=iron_law.LAW)
    first_time_s: float = quantity(
        "T_1", "s", formula=r"<first_data_s> + <first_arithmetic_s> + <first_overhead_s>", source=iron_law.LAW
    )
    second_data_s: float = quantity("t_{D,2}", "s", source=iron_law.LAW)
    second_arithmetic_s: float = quantity("t_{O,2}", "s", source=iron_law.LAW)
    second_overhead_s: float = quantity("t_{L,2}", "s", source=iron_law.LAW)
    second_time_s: float = quantity(
        "T_2", "s", formula=r"<second_data_s> + <second_arithmetic_s> + <second_overhead_s>", source=iron_law.LAW
    )
    second_binding: str = quantity(r"\text{binds}", "", source="largest of the second machine's terms")
    peak_ratio: float = quantity(r"R_2/R_1", "×", formula=r"\frac{<second_peak_ops_per_s>}{<first_peak_ops_per_s>}", source="definition")
    ratio: float = quantity(r"T_1/T_2", "×", formula=r"\frac{<first_time_s>}{<second_time_s>}", source="infinite if neither fits")
    state: str = quantity(r"\text{state}", "", source="fits if both machines hold the weights")
    lens: str = quantity(r"\text{lens}", "", doc="clock time, or the fastest of the shelf takes 1 s")
    shelf: tuple = series("s", doc="a Rung for every machine")
    pair: tuple = series("", doc="names of the two machines")
    sources: dict = sources()

    def bracket(self, ratio) -> tuple[float, float] | None:
        """From the second machine's time (as the lens shows it) to `ratio` times it; None if the job does not fit there.

        >>> compare("ds_cnn_s", "stm32h743", "h100_sxm").bracket(10)[1] > 0.001
        True
        """
        positive("ratio", ratio)
        rung = next((r for r in self.shelf if r.name == self.pair[1] and r.fits), None)
        return (rung.time_s, rung.time_s * ratio) if rung else None


def compare(job: Job | str, first: Machine | str, second: Machine | str, *, lens: str = "clock", shelf: tuple = SHELF) -> Comparison:
    """Times of one item on two machines, their ratio, and the times of a shelf that holds both, in seconds.

    A job that does not fit takes infinitely long there. `lens` "heartbeat" stretches the shelf's times until the fastest
    machine takes 1 s, and those on paper until the highest peak does. Errors: UnknownName, WrongType, OutOfRange.
    Source: Iron Law.

    >>> r = compare("ds_cnn_s", "arduino_nano_33_ble", "h100_sxm", lens="heartbeat")
    >>> round(r.ratio), r.second_binding, f"{r.shelf[0].time_s / 60:.1f} min", r.shelf[0].everyday
    (735, 'overhead', '12.3 min', 'a song')
    """
    job, first, second = as_job(job), as_machine("first", first), as_machine("second", second)
    one_of("lens", lens, LENSES)
    instance("shelf", shelf, (tuple, list), "a list of machines")
    machines = [as_machine("a machine of the shelf", m) for m in shelf]
    machines += [m for m in dict.fromkeys((first, second)) if m not in machines]
    one, two = _terms(job, first), _terms(job, second)
    if sum(two) == 0:
        raise OutOfRange(f"{job.name} takes no time on {second.title}, so there is no ratio.")
    tightest = min(first, second, key=lambda m: m.weights_capacity_bytes)
    ratio = math.inf if math.isinf(sum(one)) else sum(one) / sum(two)
    return Comparison(
        job.name,
        first.title,
        second.title,
        job.weights_bytes,
        first.weights_capacity_bytes,
        second.weights_capacity_bytes,
        tightest.weights_capacity_bytes,
        tightest.title,
        first.peak_ops_per_s,
        second.peak_ops_per_s,
        *one,
        sum(one),
        *two,
        sum(two),
        iron_law.on_machine(job, second).binding if iron_law.fits(job, second) else NO_ROOM,
        second.peak_ops_per_s / first.peak_ops_per_s,
        ratio,
        iron_law.fits(job, tightest).word,
        lens,
        _rungs(job, machines, lens),
        (first.name, second.name),
        sources={
            "needed_bytes": job.source,
            "first_overhead_s": first.source("overhead_s"),
            "second_overhead_s": second.source("overhead_s"),
        },
    )


@dataclass(frozen=True, slots=True)
class BetterPart:
    """One job on one machine before and after one of its parts got better."""

    job: str = quantity(r"\text{job}", "")
    machine: str = quantity(r"\text{machine}", "")
    data_s: float = quantity("t_D", "s", source=iron_law.LAW)
    arithmetic_s: float = quantity("t_O", "s", source=iron_law.LAW)
    overhead_s: float = quantity("t_L", "s", source=iron_law.LAW)
    time_s: float = quantity("T", "s", formula=r"<data_s> + <arithmetic_s> + <overhead_s>", source=iron_law.LAW, doc="before")
    binding: str = quantity(r"\text{binds}", "", source="largest of the three terms")
    part: str = quantity(r"\text{part}", "")
    factor: float = quantity("k", "×")
    term_s: float = quantity("t", "s", doc="the term that the part speeds up", source="the term of the part")
    improved_s: float = quantity(
        "T'", "s", formula=r"<time_s> - <term_s> + \frac{<term_s>}{<factor>}", source="only its own term shrinks"
    )
    speedup: float = quantity("S", "×", formula=r"\frac{<time_s>}{<improved_s>}", source="Amdahl 1967")
    ceiling: float = quantity(
        r"S_\mathrm{max}", "×", formula=r"\frac{<time_s>}{<time_s> - <term_s>}", source="Amdahl 1967, factor without limit"
    )
    binding_speedup: float = quantity("S_b", "×", source="Amdahl 1967", doc="if the binding term got k times better instead")
    items_per_s: float = quantity("X", "items/s", formula=r"\frac{1}{<time_s>}", source="one at a time", doc="before")
    improved_items_per_s: float = quantity("X'", "items/s", formula=r"\frac{1}{<improved_s>}", source="one at a time", doc="after")
    after: tuple = series("s", doc="data, arithmetic and overhead with the better part")
    place: tuple = series("", doc="names of job and machine")
    sources: dict = sources()

    def time_at(self, speedup) -> float:
        """The time after a speed-up of this factor, seconds."""
        return self.time_s / positive("speedup", speedup)


def better_part(job: Job | str, machine: Machine | str, part: str, factor) -> BetterPart:
    """What a part ("data", "arithmetic" or "overhead") that is `factor` times better buys on one job and machine.

    Seconds and items a second; `factor` is at least 1. Errors: Infeasible if the job does not fit, UnknownName,
    WrongType, OutOfRange. Source: Iron Law; Amdahl 1967.

    >>> r = better_part("llama3_8b", "h100_sxm", "arithmetic", 10)
    >>> f"{r.speedup:.2f} instead of {r.binding_speedup:.2f}"
    '1.02 instead of 5.83'
    """
    name = job if isinstance(job, str) else None
    job, machine = as_job(job), as_machine("machine", machine)
    law = iron_law.on_machine(job, machine)
    gain = iron_law.improve(law, part, factor)
    return BetterPart(
        job.name,
        machine.title,
        law.data_s,
        law.arithmetic_s,
        law.overhead_s,
        law.time_s,
        law.binding,
        part,
        gain.factor,
        gain.term_s,
        gain.improved_s,
        gain.speedup,
        gain.ceiling,
        iron_law.improve(law, law.binding, factor).speedup,
        1.0 / law.time_s,
        1.0 / gain.improved_s,
        tuple([law.term_s(p) / factor if p == part else law.term_s(p) for p in iron_law.PARTS]),
        (name or job.name, machine.name),
        sources={"data_s": job.source, "arithmetic_s": machine.source("efficiency"), "overhead_s": machine.source("overhead_s")},
    )


def binding_map(jobs, machines) -> tuple[tuple[str, ...], ...]:
    """Which term binds, "D", "O" or "L", or "✕" where a job does not fit: one row a machine, one column a job.

    >>> binding_map(["ds_cnn_s", "llama3_8b"], ["arduino_nano_33_ble", "h100_sxm"])
    (('O', '✕'), ('L', 'D'))
    """
    letter = {"data": "D", "arithmetic": "O", "overhead": "L"}
    jobs, machines = [as_job(j) for j in a_list("jobs", jobs)], [as_machine("a machine", m) for m in a_list("machines", machines)]
    return tuple(
        tuple(letter[iron_law.on_machine(j, m).binding] if iron_law.fits(j, m) else "✕" for j in jobs) for m in machines
    )


def measured_items_per_s(job: str, machine: str) -> tuple[float, str]:
    """A published measurement of a job on a machine: items a second, and its source.

    Errors: UnknownName where nobody measured that pair. Source: data/published/item_rates.json.

    >>> measured_items_per_s("llama3_8b", "raspberry_pi_5")[0]
    1.99
    """
    rows = {f"{row['job']} on {row['machine']}": row for row in load("published/item_rates.json")["rows"]}
    row = rows[one_of("job and machine", f"{job} on {machine}", tuple(rows))]
    return row["items_per_s"], row["source"]


def cut_largest(data_s, arithmetic_s, overhead_s, factor) -> float:
    """Speed-up when the largest of three times, in seconds, is cut to one part in `factor`. Source: Amdahl 1967.

    >>> round(cut_largest(0.02, 0.01, 0.01, 2), 2)
    1.33
    """
    terms = dict(data_bytes=data_s, operations=arithmetic_s, overhead_s=overhead_s)
    law = iron_law.estimate(bandwidth_bytes_per_s=1.0, peak_ops_per_s=1.0, **terms)
    return iron_law.improve(law, law.binding, factor).speedup


def everyday(seconds) -> str:
    """The everyday duration that is nearest by ratio.

    >>> everyday(735), everyday(7.73e6)
    ('a song', 'a season')
    """
    positive("seconds", seconds)
    return min(EVERYDAY, key=lambda known: abs(math.log(seconds / known[0])))[1]


def as_job(job: Job | str) -> Job:
    """A `Job`, or the name of a model of the catalog in its place."""
    return job if isinstance(job, Job) else Job.of(catalog.model(job))


def as_machine(name: str, machine: Machine | str) -> Machine:
    """A `Machine`, or its name in the catalog."""
    if isinstance(machine, Machine):
        return machine
    if not isinstance(machine, str):
        raise WrongType(f"{name} is {machine!r}, but must be a machine of the catalog or its name.")
    return catalog.machine(machine)


def _terms(job: Job, machine: Machine) -> tuple[float, float, float]:
    if not iron_law.fits(job, machine):
        return (math.inf, math.inf, math.inf)
    law = iron_law.on_machine(job, machine)
    return (law.data_s, law.arithmetic_s, law.overhead_s)


def _rungs(job: Job, machines: list[Machine], lens: str) -> tuple[Rung, ...]:
    fitting = [m for m in machines if iron_law.fits(job, m)]
    stretch = stretch_paper = 1.0
    if lens == "heartbeat" and fitting:
        stretch = 1.0 / min(sum(_terms(job, m)) for m in fitting)
        fastest = max(m.peak_ops_per_s for m in fitting)
        stretch_paper = fastest / job.operations if job.operations else 1.0
    out = []
    for m in machines:
        data, arithmetic, overhead = (t * stretch for t in _terms(job, m))
        total, paper = data + arithmetic + overhead, job.operations / m.peak_ops_per_s * stretch_paper
        out.append(Rung(m.name, m in fitting, data, arithmetic, overhead, total, paper, everyday(total) if 0 < total < math.inf else ""))
    return tuple(out)
