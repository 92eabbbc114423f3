"""How long one core of a phone, a board or a server needs for a network: multiply-adds over what its vector units sustain."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import named, one_of, positive, whole
from mlsysim.quantity import quantity, sources

FORMATS = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class CoreLatency:
    """One inference on the vector units of a processor."""

    core: str = quantity(r"\text{core}", "")
    macs: float = quantity("O", "MAC")
    clock_hz: float = quantity("f", "1/s")
    macs_per_cycle: float = quantity("w", "1", doc="of the vector units of a core")
    threads: int = quantity("n", "1")
    share: float = quantity(r"\eta", "share", doc="that a library sustains over a network")
    time_s: float = quantity("T", "s", formula=r"\frac{<macs>}{<clock_hz> <macs_per_cycle> <threads> <share>}", source="definition of a rate")
    sources: dict = sources()


def core_names() -> tuple[str, ...]:
    """The processors with a calibration."""
    return tuple(load("calibration/cpu_cores.json")["cores"])


def core_latency(macs: float, core: str, fmt: str = "fp32", threads: int = 1) -> CoreLatency:
    """Time of an inference of `macs` multiply-adds on `threads` cores, in "fp32" or "int8".

    Multiply-adds alone do not order latencies: networks of many small operations (NASNet, depthwise layers) are slower than this.
    Errors: UnknownName, OutOfRange. Source: `data/calibration/cpu_cores.json`.

    >>> round(core_latency(0.569e9, "pixel_2").time_s * 1e3)
    121
    """
    data = load("calibration/cpu_cores.json")
    named("calibrated core", core, data["cores"])
    one_of("fmt", fmt, FORMATS)
    macs, threads = single(positive, "macs", macs, high=1e18), whole("threads", threads, high=1024)
    raw, share = data["cores"][core], data["share"][fmt]
    rate = raw["clock_hz"] * raw["macs_per_cycle"][fmt] * threads * share["value"]
    title = f"{raw['title']} (recalled)"
    return CoreLatency(
        core, macs, raw["clock_hz"], raw["macs_per_cycle"][fmt], threads, share["value"], macs / rate,
        sources={"clock_hz": title, "macs_per_cycle": title, "share": share["source"]},
    )  # fmt: skip
