r"""The roofline: a kernel runs at the lower of the arithmetic peak and intensity × bandwidth.

Source: Williams, Waterman, Patterson, Roofline, CACM 2009; energy form: Choi, Bedard, Fowler, Vuduc, IPDPS 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._arrays import is_array, ordinary, where
from mlsysim.catalog_entries import BYTES_OF_FORMAT, Device
from mlsysim.errors import OutOfRange, fraction, instance, non_negative, positive, whole
from mlsysim.quantity import quantity, sources

PAPER = "Williams, Waterman, Patterson 2009"


@dataclass(frozen=True, slots=True)
class Roofline:
    """One kernel under one roof."""

    operations: float = quantity("O", "FLOP")
    traffic_bytes: float = quantity("Q", "B", doc="moved between memory and chip")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense peak times compute efficiency")
    bandwidth_bytes_per_s: float = quantity("B", "B/s", doc="bandwidth times its efficiency")
    intensity_flop_per_byte: float = quantity("I", "FLOP/B", formula=r"\frac{<operations>}{<traffic_bytes>}", source="definition")
    ridge_flop_per_byte: float = quantity("I^*", "FLOP/B", formula=r"\frac{<peak_flop_per_s>}{<bandwidth_bytes_per_s>}", source=PAPER)
    attainable_flop_per_s: float = quantity(
        r"R_\mathrm{att}",
        "FLOP/s",
        formula=r"\min(<peak_flop_per_s>, <intensity_flop_per_byte> \cdot <bandwidth_bytes_per_s>)",
        source=PAPER,
    )
    time_s: float = quantity(
        "T",
        "s",
        formula=r"\max\left(\frac{<operations>}{<peak_flop_per_s>}, \frac{<traffic_bytes>}{<bandwidth_bytes_per_s>}\right)",
        source=PAPER,
    )
    peak_share: float = quantity(
        "u", "share", formula=r"\frac{<attainable_flop_per_s>}{<peak_flop_per_s>}", source="share of the roof's flat part"
    )
    binding: str = quantity(r"\text{binds}", "", source="memory left of the ridge, compute from the ridge on")
    sources: dict = sources()


def estimate(
    *,
    operations,
    traffic_bytes,
    peak_flop_per_s,
    bandwidth_bytes_per_s,
    compute_efficiency=1.0,
    memory_efficiency=1.0,
    given: dict | None = None,
) -> Roofline:
    """Time and rate of one kernel: FLOP, bytes, FLOP/s, bytes/s; efficiencies are shares in (0, 1].

    Any of the six may be a numpy array: the results are then arrays, `binding` one of words.
    Raises `OutOfRange` or `WrongType` for input that makes no sense. Source: Williams et al. 2009.

    >>> r = estimate(operations=2e9, traffic_bytes=1e9, peak_flop_per_s=312e12, bandwidth_bytes_per_s=2.039e12)
    >>> r.binding, round(r.time_s * 1e6), round(r.ridge_flop_per_byte)
    ('memory', 490, 153)
    """
    positive("operations", operations)
    positive("traffic_bytes", traffic_bytes)
    positive("peak_flop_per_s", peak_flop_per_s)
    positive("bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    rate = peak_flop_per_s * fraction("compute_efficiency", compute_efficiency, open_low=True)
    speed = bandwidth_bytes_per_s * fraction("memory_efficiency", memory_efficiency, open_low=True)
    compute_s, memory_s = operations / rate, traffic_bytes / speed
    intensity, ridge = operations / traffic_bytes, rate / speed
    memory_binds = memory_s > compute_s
    attainable = where(memory_binds, intensity * speed, rate)
    time_s = where(memory_binds, memory_s, compute_s)
    if not (ordinary(time_s) and ordinary(attainable) and ordinary(ridge)):
        raise OutOfRange("The result is beyond what a floating-point number holds; check the units of the arguments.")
    return Roofline(
        operations,
        traffic_bytes,
        rate,
        speed,
        intensity,
        ridge,
        attainable,
        time_s,
        attainable / rate,
        where(memory_binds, "memory", "compute"),
        sources={} if given is None else instance("given", given, dict, "a dict of sources by argument"),
    )


def on_device(operations, traffic_bytes, device: Device, fmt: str, *, compute_efficiency=1.0, memory_efficiency=1.0) -> Roofline:
    """`estimate` with peak (in the number format `fmt`) and bandwidth of a catalog device.

    >>> from mlsysim import catalog
    >>> on_device(1e12, 1e9, catalog.device("a100_sxm_80gb"), "bf16").binding
    'compute'
    """
    _check(device)
    given = {"peak_flop_per_s": device.source("peak_flop_per_s"), "bandwidth_bytes_per_s": device.source("memory_bandwidth_bytes_per_s")}
    return estimate(
        operations=operations,
        traffic_bytes=traffic_bytes,
        peak_flop_per_s=device.peak(fmt),
        bandwidth_bytes_per_s=device.bandwidth(),
        compute_efficiency=compute_efficiency,
        memory_efficiency=memory_efficiency,
        given=given,
    )


def attainable(intensity_flop_per_byte, peak_flop_per_s, bandwidth_bytes_per_s):
    """The roof itself, FLOP/s at an intensity in FLOP/B; numpy arrays of intensities work as well as numbers.

    >>> attainable(100, 312e12, 2e12) / 1e12
    200.0
    """
    non_negative("intensity_flop_per_byte", intensity_flop_per_byte)
    positive("peak_flop_per_s", peak_flop_per_s)
    positive("bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    slope = intensity_flop_per_byte * bandwidth_bytes_per_s
    return where(slope > peak_flop_per_s, peak_flop_per_s, slope)


def gemm(m: int, n: int, k: int, device: Device, fmt: str, *, compute_efficiency=1.0, memory_efficiency=1.0) -> Roofline:
    """C = A·B with A m×k, B k×n: 2mnk FLOP; every matrix crosses the memory bus once (ideal reuse on the chip).

    Operands and result are held in `fmt`. Source: Williams et al. 2009; traffic is the compulsory one.

    >>> from mlsysim import catalog
    >>> gemm(1, 4096, 4096, catalog.device("h100_sxm"), "bf16").binding
    'memory'
    """
    _check(device)
    m, n, k = whole("m", m), whole("n", n), whole("k", k)
    peak = device.peak(fmt)  # an unknown format is reported before its width is needed
    traffic = (m * k + k * n + m * n) * BYTES_OF_FORMAT[fmt]
    given = {"peak_flop_per_s": device.source("peak_flop_per_s"), "bandwidth_bytes_per_s": device.source("memory_bandwidth_bytes_per_s")}
    given |= {"operations": "2mnk, two for a multiply-add", "traffic_bytes": "each matrix once"}
    return estimate(
        operations=2.0 * m * n * k,
        traffic_bytes=traffic,
        peak_flop_per_s=peak,
        bandwidth_bytes_per_s=device.bandwidth(),
        compute_efficiency=compute_efficiency,
        memory_efficiency=memory_efficiency,
        given=given,
    )


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Model FLOP utilisation: what a run achieved of what its chips could do at most."""

    operations: float = quantity("O", "FLOP", doc="model FLOP, recomputation not counted")
    time_s: float = quantity("T", "s")
    chips: int = quantity("N", "1")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense peak of one chip")
    achieved_flop_per_s: float = quantity("r", "FLOP/s", formula=r"\frac{<operations>}{<time_s> \cdot <chips>}", source="a chip's share")
    mfu_share: float = quantity(
        r"\mathrm{MFU}", "share", formula=r"\frac{<achieved_flop_per_s>}{<peak_flop_per_s>}", source="Chowdhery et al. 2022 (PaLM)"
    )
    sources: dict = sources()


def mfu(operations, time_s, peak_flop_per_s, chips: int = 1) -> Utilisation:
    """Model FLOP utilisation of a measured run; raises `OutOfRange` if it would beat the peak.

    >>> round(mfu(4.0e15, 1.0, 989e12, 8).mfu_share, 3)
    0.506
    """
    positive("operations", operations)
    positive("time_s", time_s)
    positive("peak_flop_per_s", peak_flop_per_s)
    chips = whole("chips", chips)
    rate = operations / time_s / chips
    share = rate / peak_flop_per_s
    if share.max() > 1 + 1e-9 if is_array(share) else share > 1 + 1e-9:
        reached = f"{rate:.3g} FLOP/s a chip, but the peak is {peak_flop_per_s:.3g}" if not is_array(share) else "more than the peak"
        raise OutOfRange(f"The run would reach {reached}: time, work or peak is wrong.")
    return Utilisation(operations, time_s, chips, peak_flop_per_s, rate, where(share > 1, 1.0, share))


@dataclass(frozen=True, slots=True)
class EnergyRoofline:
    """Energy of one kernel: arithmetic, traffic, and idle power over its time."""

    operations: float = quantity("O", "FLOP")
    traffic_bytes: float = quantity("Q", "B")
    time_s: float = quantity("T", "s")
    joules_per_flop: float = quantity(r"\epsilon_O", "J")
    joules_per_byte: float = quantity(r"\epsilon_Q", "J")
    idle_power_w: float = quantity(r"P_0", "W")
    energy_j: float = quantity(
        "E",
        "J",
        source="Choi et al. 2013",
        formula=r"<operations> \cdot <joules_per_flop> + <traffic_bytes> \cdot <joules_per_byte> + <idle_power_w> \cdot <time_s>",
    )
    arithmetic_share: float = quantity(
        "a", "share", formula=r"\frac{<operations> \cdot <joules_per_flop>}{<energy_j>}", source="part of the energy"
    )
    sources: dict = sources()


def energy(operations, traffic_bytes, time_s, *, joules_per_flop, joules_per_byte, idle_power_w=0.0) -> EnergyRoofline:
    """Energy roofline, joules: unlike time, the parts of energy always add up. Source: Choi et al. 2013.

    >>> round(energy(27648, 1.0, 1e-3, joules_per_flop=2.3e-12, joules_per_byte=160e-12).energy_j * 1e9, 1)
    63.8
    """
    positive("operations", operations)
    non_negative("traffic_bytes", traffic_bytes)
    positive("time_s", time_s)
    positive("joules_per_flop", joules_per_flop)
    non_negative("joules_per_byte", joules_per_byte)
    non_negative("idle_power_w", idle_power_w)
    arithmetic_j = operations * joules_per_flop
    total_j = arithmetic_j + traffic_bytes * joules_per_byte + idle_power_w * time_s
    return EnergyRoofline(
        operations, traffic_bytes, time_s, joules_per_flop, joules_per_byte, idle_power_w, total_j, arithmetic_j / total_j
    )


def _check(device) -> None:
    instance("device", device, Device, "a Device of the catalog")
