r"""The Iron Law of machine learning systems: T = D_vol/BW + O/(R_peak·η) + L_lat.

Data volume over bandwidth, operations over the arithmetic rate that is really reached, and a fixed overhead. The sum
says that nothing overlaps, the maximum that everything does: the truth lies between, at most a factor 3 apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._arrays import is_array, where
from mlsysim.catalog_entries import Machine, Model
from mlsysim.errors import Infeasible, OutOfRange, fraction, instance, non_negative, number, one_of, positive, whole
from mlsysim.quantity import quantity, sources

PARTS = ("data", "arithmetic", "overhead")
LAW = "Iron Law: data, arithmetic and overhead add up"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for one item: operations, bytes of weights (once a trip), bytes of intermediate values (per item)."""

    name: str
    operations: float
    weights_bytes: float
    activation_bytes: float = 0.0
    source: str = "given"

    def __post_init__(self):
        non_negative("operations", self.operations)
        non_negative("weights_bytes", self.weights_bytes)
        non_negative("activation_bytes", self.activation_bytes)

    @classmethod
    def of(cls, model: Model) -> Job:
        """The job that one item of a catalog model is; raises `Infeasible` if its intermediate values are unpublished."""
        instance("model", model, Model, "a Model of the catalog")
        if model.activation_bytes is None:
            raise Infeasible(f"The catalog has no intermediate values for {model.title}, so its data volume is unknown")
        where = model.source("operations_per_item")
        return cls(model.title, model.operations_per_item, model.weights_bytes, model.activation_bytes, where)


@dataclass(frozen=True, slots=True)
class IronLaw:
    """The three terms of one trip, their sum, and the one that binds."""

    data_bytes: float = quantity(r"D_\mathrm{vol}", "B", doc="weights once, intermediate values for every item")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    operations: float = quantity("O", "OP", doc="two for a multiply-add")
    peak_ops_per_s: float = quantity(r"R_\mathrm{peak}", "OP/s", doc="dense")
    efficiency: float = quantity(r"\eta", "share", doc="share of the peak that kernels reach")
    overhead_s: float = quantity(r"L_\mathrm{lat}", "s", doc="fixed time of one trip")
    data_s: float = quantity("t_D", "s", formula=r"\frac{<data_bytes>}{<bandwidth_bytes_per_s>}", source="definition of bandwidth")
    arithmetic_s: float = quantity(
        "t_O", "s", formula=r"\frac{<operations>}{<peak_ops_per_s> \cdot <efficiency>}", source="definition of a rate"
    )
    time_s: float = quantity("T", "s", formula=r"<data_s> + <arithmetic_s> + <overhead_s>", source=LAW)
    overlapped_s: float = quantity(
        r"T_\mathrm{max}", "s", formula=r"\max(<data_s>, <arithmetic_s>, <overhead_s>)", source="everything overlaps"
    )
    binding: str = quantity(r"\text{binds}", "", source="largest of the three terms")
    sources: dict = sources()

    def term_s(self, part: str) -> float:
        """The time of "data", "arithmetic" or "overhead"."""
        one_of("part", part, PARTS)
        return self.data_s if part == "data" else self.arithmetic_s if part == "arithmetic" else self.overhead_s


def estimate(
    *, data_bytes, bandwidth_bytes_per_s, operations, peak_ops_per_s, efficiency=1.0, overhead_s=0.0, given: dict | None = None
) -> IronLaw:
    """Time of one trip by the Iron Law, in seconds, as a sum (nothing overlaps) and a maximum (everything does).

    `efficiency` is a share in (0, 1]; `given` names the source of each argument. Numpy arrays give arrays, `binding` one of words.
    Wrong input raises `OutOfRange` or `WrongType`.

    >>> arduino = dict(bandwidth_bytes_per_s=0.256e9, peak_ops_per_s=0.256e9, efficiency=0.29, overhead_s=1e-4)
    >>> r = estimate(data_bytes=182.6e3, operations=5.4e6, **arduino)
    >>> round(r.time_s * 1e3, 1), r.binding
    (73.6, 'arithmetic')
    """
    non_negative("data_bytes", data_bytes)
    positive("bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    non_negative("operations", operations)
    positive("peak_ops_per_s", peak_ops_per_s)
    fraction("efficiency", efficiency, open_low=True)
    non_negative("overhead_s", overhead_s)
    data_s = data_bytes / bandwidth_bytes_per_s
    arithmetic_s = operations / (peak_ops_per_s * efficiency)
    time_s = data_s + arithmetic_s + overhead_s
    if not (time_s.max() if is_array(time_s) else time_s) < float("inf"):
        raise OutOfRange("The time is beyond what a floating-point number holds; check the units of the arguments.")
    longest = where(data_s >= arithmetic_s, data_s, arithmetic_s)
    longest = where(longest >= overhead_s, longest, overhead_s)
    binding = where(data_s == longest, "data", where(arithmetic_s == longest, "arithmetic", "overhead"))
    return IronLaw(
        data_bytes,
        bandwidth_bytes_per_s,
        operations,
        peak_ops_per_s,
        efficiency,
        overhead_s,
        data_s,
        arithmetic_s,
        time_s,
        longest,
        binding,
        sources={} if given is None else instance("given", given, dict, "a dict of sources by argument"),
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the weights of a job have room on a machine."""

    needed_bytes: float = quantity("W", "B", doc="weights of the job")
    available_bytes: float = quantity(r"\mathrm{cap}", "B", doc="space for weights")
    share: float = quantity("u", "share", formula=r"\frac{<needed_bytes>}{<available_bytes>}", source="used of available")
    word: str = quantity(r"\text{verdict}", "", source="fits if needed is at most available")
    sources: dict = sources()

    @property
    def fits(self) -> bool:
        return self.needed_bytes <= self.available_bytes

    def __bool__(self) -> bool:
        return self.fits


def fits(job: Job, machine: Machine) -> Fit:
    """Weights needed against space available; true in a condition if they fit.

    >>> from mlsysim import catalog
    >>> fits(Job.of(catalog.model("mobilenet_v1")), catalog.machine("arduino_nano_33_ble")).word
    'does not fit'
    """
    _check(job, machine)
    room = machine.weights_capacity_bytes
    word = "fits" if job.weights_bytes <= room else "does not fit"
    where = {"needed_bytes": job.source, "available_bytes": machine.source("weights_capacity_bytes")}
    return Fit(job.weights_bytes, room, job.weights_bytes / room, word, sources=where)


def on_machine(job: Job, machine: Machine, batch: int = 1) -> IronLaw:
    """One trip of `batch` items: weights are read once, intermediate values and operations count for every item.

    Raises `Infeasible` if the weights do not fit; ask `fits` first where that is a possible answer.

    >>> from mlsysim import catalog
    >>> r = on_machine(Job.of(catalog.model("llama3_8b")), catalog.machine("h100_sxm"))
    >>> round(r.time_s * 1e3, 2), r.binding
    (1.6, 'data')
    """
    _check(job, machine)
    whole("batch", batch)
    if job.weights_bytes > machine.weights_capacity_bytes:
        what = f"{job.name} does not fit on {machine.title}"
        raise Infeasible(what, needed=job.weights_bytes, available=machine.weights_capacity_bytes, unit="B")
    given = {name: machine.source(name) for name in ("bandwidth_bytes_per_s", "peak_ops_per_s", "efficiency", "overhead_s")}
    given["data_bytes"] = given["operations"] = job.source
    return estimate(
        data_bytes=job.weights_bytes + batch * job.activation_bytes,
        bandwidth_bytes_per_s=machine.bandwidth_bytes_per_s,
        operations=batch * job.operations,
        peak_ops_per_s=machine.peak_ops_per_s,
        efficiency=machine.efficiency,
        overhead_s=machine.overhead_s,
        given=given,
    )


@dataclass(frozen=True, slots=True)
class Improvement:
    """What a better part buys: its own term shrinks, the rest of the time stays (Amdahl's law)."""

    part: str = quantity(r"\text{part}", "")
    factor: float = quantity("k", "×")
    time_s: float = quantity("T", "s", doc="before")
    term_s: float = quantity("t", "s", doc="the term that the part speeds up", source="the term of the part")
    improved_s: float = quantity("T'", "s", formula=r"<time_s> - <term_s> + \frac{<term_s>}{<factor>}", source="only its own term shrinks")
    speedup: float = quantity("S", "×", formula=r"\frac{<time_s>}{<improved_s>}", source="Amdahl 1967")
    ceiling: float = quantity(
        r"S_\mathrm{max}", "×", formula=r"\frac{<time_s>}{<time_s> - <term_s>}", source="Amdahl 1967, factor without limit"
    )
    sources: dict = sources()


def improve(law: IronLaw, part: str, factor) -> Improvement:
    """Speed-up when one part ("data": bandwidth, "arithmetic": peak, "overhead": 1/L_lat) gets `factor` times better.

    `factor` is at least 1; the ceiling is infinite if nothing but this term takes time.

    >>> h100 = dict(bandwidth_bytes_per_s=3.35e12, peak_ops_per_s=1979e12, efficiency=0.3, overhead_s=1e-4)
    >>> law = estimate(data_bytes=4.92e9, operations=16.06e9, **h100)
    >>> [round(improve(law, p, 10).speedup, 2) for p in PARTS]
    [5.83, 1.02, 1.06]
    """
    instance("law", law, IronLaw, "an IronLaw")
    term_s = law.term_s(part)
    number("factor", factor, low=1.0)
    if law.time_s == 0:
        raise OutOfRange("The time is 0 s, so nothing can be made faster.")
    others = {
        "data": law.arithmetic_s + law.overhead_s,
        "arithmetic": law.data_s + law.overhead_s,
        "overhead": law.data_s + law.arithmetic_s,
    }[part]
    improved_s = others + term_s / factor
    ceiling = law.time_s / others if others else float("inf")
    return Improvement(part, factor, law.time_s, term_s, improved_s, law.time_s / improved_s, ceiling)


def _check(job, machine) -> None:
    instance("job", job, Job, "a Job")
    instance("machine", machine, Machine, "a Machine of the catalog")
