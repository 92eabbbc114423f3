"""What an entry of the catalog is: devices, machines, models, links, and where their figures come from.

Grids stand in `catalog_grids`, storage tiers and data sets in `catalog_storage`, prices in `catalog_prices`.

Units: bytes, bytes per second and direction, operations per second, watts, dollars, seconds. Rates are dense: a figure
that a maker prints "with sparsity" is halved. Integer formats count operations as floating-point formats count FLOP,
two for a multiply-add. `None` says that a figure is not published.

A source is "confirmed" if a copy of it was read (with the date), "recalled" if it was not; a field listed under
`estimates` is derived or illustrative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlsysim._entry import Source, arguments, source_of
from mlsysim.errors import Infeasible, OutOfRange, one_of, positive

FORMATS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4", "int8", "int4")
BYTES_OF_FORMAT = MappingProxyType(
    {"fp64": 8.0, "fp32": 4.0, "tf32": 4.0, "fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "fp4": 0.5, "int8": 1.0, "int4": 0.5}
)


@dataclass(frozen=True, slots=True)
class Port:
    """A link that a device has; bandwidth counts one direction."""

    name: str
    bandwidth_bytes_per_s: float


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Device:
    """A chip or board as its maker describes it."""

    name: str
    title: str
    kind: str
    year: int
    peak_flop_per_s: Mapping[str, float]
    memory_bytes: float
    memory_bandwidth_bytes_per_s: float | None
    on_chip_memory_bytes: float | None
    links: tuple[Port, ...]
    power_w: float | None
    idle_power_w: float | None
    price_usd: float | None
    price_date: str | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    def peak(self, fmt: str) -> float:
        """Dense peak in a number format, operations per second.

        Raises `OutOfRange` for a word that is no format, `Infeasible` for a format that this device does not compute in.
        """
        rate = self.peak_flop_per_s.get(fmt) if isinstance(fmt, str) else None
        if rate is None:
            one_of("format", fmt, FORMATS)
            raise Infeasible(f"{self.title} does not compute in {fmt}; it has {', '.join(self.peak_flop_per_s)}")
        return rate

    def bandwidth(self) -> float:
        """Memory bandwidth, bytes per second; raises `Infeasible` where it is unpublished."""
        if self.memory_bandwidth_bytes_per_s is None:
            raise Infeasible(f"The memory bandwidth of {self.title} is not published, so no time can be derived from it")
        return self.memory_bandwidth_bytes_per_s

    def ridge(self, fmt: str) -> float:
        """Arithmetic intensity at which memory and arithmetic take equally long, operations per byte."""
        return self.peak(fmt) / self.bandwidth()

    def source(self, field: str) -> str:
        """Where one field comes from, in words, for the page: the source, or that it is an estimate."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Device:
        peaks = {f: float(data["peak_flop_per_s"][f]) for f in FORMATS if f in data["peak_flop_per_s"]}
        ports = tuple(Port(p["name"], float(p["bandwidth_bytes_per_s"])) for p in data["links"])
        return cls(**arguments(cls, name, data, peak_flop_per_s=MappingProxyType(peaks), links=ports))


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Machine:
    """A device as a program meets it: what the Iron Law needs beside the work itself.

    `efficiency` is the share of the peak that real kernels reach, `overhead_s` the fixed time of one call. Fields named
    in `illustrative` are plausible, not measured.
    """

    name: str
    title: str
    device: Device
    format: str
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float
    efficiency: float
    overhead_s: float
    weights_capacity_bytes: float
    idle_power_w: float
    full_power_w: float
    price_usd: float
    sources: tuple[Source, ...]
    illustrative: tuple[str, ...]

    def source(self, field: str) -> str:
        """Where one field comes from, in words: a source, the device's source, or "illustrative"."""
        below = {"peak_ops_per_s": "peak_flop_per_s", "bandwidth_bytes_per_s": "memory_bandwidth_bytes_per_s"}.get(field)
        return self.device.source(below) if below else source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict, device: Device) -> Machine:
        fmt = data["format"]
        return cls(**arguments(cls, name, data, device=device, peak_ops_per_s=device.peak(fmt), bandwidth_bytes_per_s=device.bandwidth()))


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Model:
    """A network as a workload. `kind` is the family of its architecture, `task` what it is for, `item` what one input is.

    `weights_bytes` are those of `weight_format`; `activation_bytes` are the intermediate values that one item moves. In the
    architecture of a transformer, `gated` and `tied` are 1 or 0, `ffn` is the width of one expert where there are experts,
    and `latent` the width of what a layer caches a token with compressed keys and values.
    """

    name: str
    title: str
    kind: str
    task: str
    item: str
    year: int
    operations_per_item: float
    parameters: float
    weights_bytes: float
    weight_format: str
    activation_bytes: float | None
    architecture: Mapping[str, float]
    top1_share: float | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    def weights_at(self, bytes_per_parameter: float) -> float:
        """Bytes of the weights in another format, e.g. 2 for fp16; formats of llama.cpp have fractional widths."""
        return self.parameters * positive("bytes_per_parameter", bytes_per_parameter)

    def shape(self, key: str) -> float:
        """One number of the architecture (layers, hidden, heads, kv_heads, head_dim, ffn, vocab, context …)."""
        if key not in self.architecture:
            raise OutOfRange(f"{self.title} has no {key!r} in its architecture; it has {', '.join(self.architecture) or 'none'}.")
        return self.architecture[key]

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Model:
        return cls(**arguments(cls, name, data, architecture=MappingProxyType(dict(data["architecture"]))))


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Link:
    """A bus, chip-to-chip link, network port, radio or access line, one direction. `effective_…` is what programs measure.

    Of a radio: watts while it sends, and joules to wake and attach it before the first byte.
    """

    name: str
    title: str
    kind: str
    bandwidth_bytes_per_s: float
    effective_bandwidth_bytes_per_s: float | None
    latency_s: float | None
    transmit_power_w: float | None
    wake_energy_j: float | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Link:
        return cls(**arguments(cls, name, data))
