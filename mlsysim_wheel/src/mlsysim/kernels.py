"""How long one kernel takes on a real device: matrix products by shape, streaming passes, launches.

A product reaches less than the peak for four reasons that have nothing to do with its model: the clock falls under full load
(the ceiling of a generation), tiles that do not fill the last wave of the multiprocessors, a short inner dimension, and a
fixed time to fill and drain the chip. The few constants are those of a chip generation; `data/calibration/gpus.json` states
where each comes from and on which families of published measurements it was fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.catalog_entries import BYTES_OF_FORMAT, Device
from mlsysim.errors import Infeasible, UnknownName, WrongType, fraction, instance, named, non_negative, positive, whole
from mlsysim.quantity import quantity, sources

# (rows, columns, share of the full tile's rate): a smaller tile reuses less of what it loads into shared memory.
TILES = ((256, 128, 1.0), (128, 256, 1.0), (128, 128, 0.95), (64, 256, 0.9), (128, 64, 0.8), (64, 64, 0.65), (16, 128, 0.5), (16, 64, 0.4))
SPLITS = (1, 2, 4, 8, 16)  # of the inner dimension over multiprocessors, when there are too few tiles
WIDTH_RULE = "tiles in waves over the multiprocessors; the library picks the best tile and split"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What kernels of a chip generation reach; every figure with its source."""

    name: str
    multiprocessors: int
    product_share: dict  # of the dense peak that large products reach, by format
    inner_half: float  # inner dimension at which half of that is reached
    memory_share: float  # of the nominal bandwidth that long streams reach
    kernel_s: float  # filling and draining the chip between dependent kernels
    attention_share: float  # of the peak that fused attention reaches, forward and backward
    sources: dict = field(default_factory=dict, repr=False, compare=False)


def calibration(device) -> Calibration:
    """The calibration of a device's generation, by Device or name of the catalog. Errors: UnknownName for one without.

    >>> calibration("a100_sxm_80gb").multiprocessors
    108
    """
    name = device.name if isinstance(device, Device) else device
    if not isinstance(name, str):
        raise WrongType(f"device is {device!r}, but must be a Device or its name.")
    return _calibration(name)


def software(name: str) -> float:
    """One figure of what software adds, from `data/calibration/software.json`. Errors: UnknownName.

    >>> software("unpack_share")
    0.85
    """
    data = load("calibration/software.json")
    return data[named("figure of the software", name, [key for key in data if key != "about"])]["value"]


@cache
def _calibration(name: str) -> Calibration:
    data = load("calibration/gpus.json")
    devices = data["devices"]
    if name not in devices:
        raise UnknownName("calibrated device", name, devices)
    raw = data["generations"][devices[name]["generation"]]
    return Calibration(
        name=devices[name]["generation"],
        multiprocessors=devices[name]["multiprocessors"],
        product_share=dict(raw["product_share"]["value"]),
        **{key: raw[key]["value"] for key in ("inner_half", "memory_share", "kernel_s", "attention_share")},
        sources={key: entry["source"] for key, entry in raw.items() if isinstance(entry, dict)},
    )


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel: arithmetic and traffic overlap, the fixed time comes on top."""

    operations: float = quantity("O", "FLOP")
    traffic_bytes: float = quantity("Q", "B")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense")
    bandwidth_bytes_per_s: float = quantity("B", "B/s", doc="nominal")
    product_share: float = quantity(r"\eta_0", "share", doc="ceiling of the generation")
    shape_share: float = quantity(r"\eta_1", "share", source=WIDTH_RULE, doc="waves and tile")
    inner_share: float = quantity(r"\eta_2", "share", source="k over k plus half-depth", doc="short inner dimension")
    memory_share: float = quantity(r"\mu", "share", doc="of the bandwidth that streams reach")
    kernel_s: float = quantity("t_0", "s", doc="fill and drain")
    compute_s: float = quantity(
        "t_c", "s", formula=r"\frac{<operations>}{<peak_flop_per_s> <product_share> <shape_share> <inner_share>}", source="definition of a rate"
    )
    memory_s: float = quantity("t_m", "s", formula=r"\frac{<traffic_bytes>}{<bandwidth_bytes_per_s> <memory_share>}", source="definition of a rate")
    time_s: float = quantity("T", "s", formula=r"\max(<compute_s>, <memory_s>) + <kernel_s>", source="roofline, and a fixed time")
    efficiency: float = quantity(r"\eta", "share", formula=r"\frac{<operations>}{<time_s> <peak_flop_per_s>}", source="definition")
    binding: str = quantity(r"\text{binds}", "", source="the longer of the two, or the fixed time")
    sources: dict = sources()


def product(
    m: int, n: int, k: int, device: Device, fmt: str = "bf16", *, weight_bytes: float | None = None, result_bytes: float | None = None,
    count: int = 1,
) -> Kernel:  # fmt: skip
    """Time of `count` products C = A·B, A m×k and B k×n (the weights), launched together.

    `weight_bytes` is the width of a weight in memory when it differs from that of the arithmetic (quantised weights),
    `result_bytes` that of a result. Errors: OutOfRange, UnknownName. Source: see `data/calibration/gpus.json`; tiles and
    waves: NVIDIA, Matrix Multiplication Background (2023).

    >>> from mlsysim import catalog
    >>> a100 = catalog.device("a100_sxm_80gb")
    >>> product(8192, 12288, 4096, a100).binding, product(1, 12288, 4096, a100).binding
    ('compute', 'memory')
    """
    cal, peak = _device(device), device.peak(fmt)
    m, n, k, count = whole("m", m), whole("n", n), whole("k", k), whole("count", count)
    width = BYTES_OF_FORMAT[fmt]
    weights = width if weight_bytes is None else single(positive, "weight_bytes", weight_bytes, high=16.0)
    results = max(width, 2.0) if result_bytes is None else single(non_negative, "result_bytes", result_bytes, high=16.0)
    traffic = count * (m * k * width + n * k * weights + m * n * results)
    shape = _shape_share(m, n, k, cal.multiprocessors, count)
    return _kernel(2.0 * m * n * k * count, traffic, device, cal, fmt, peak, shape, k / (k + cal.inner_half), unpacked=weights < width)


def stream(traffic_bytes: float, device: Device, passes: int = 1) -> Kernel:
    """Time of elementwise kernels that move `traffic_bytes` in all in `passes` launches.

    >>> from mlsysim import catalog
    >>> stream(1e9, catalog.device("a100_sxm_80gb")).binding
    'memory'
    """
    cal = _device(device)
    traffic_bytes, passes = single(non_negative, "traffic_bytes", traffic_bytes, high=1e30), whole("passes", passes, low=0)
    fmt = next(f for f in ("bf16", "fp16", "fp32", "int8") if f in device.peak_flop_per_s)
    return _kernel(0.0, traffic_bytes, device, cal, fmt, device.peak(fmt), 1.0, 1.0, passes)


def attention(operations: float, traffic_bytes: float, device: Device, fmt: str = "bf16") -> Kernel:
    """Time of a fused attention kernel (scores stay on the chip) that does `operations` and moves `traffic_bytes`.

    >>> from mlsysim import catalog
    >>> round(attention(1e12, 1e8, catalog.device("a100_sxm_80gb")).efficiency, 2) < 0.7
    True
    """
    cal = _device(device)
    operations, traffic_bytes = single(non_negative, "operations", operations), single(non_negative, "traffic_bytes", traffic_bytes)
    peak = device.peak(fmt)
    return _kernel(operations, traffic_bytes, device, cal, fmt, peak, cal.attention_share / _share(cal, device, fmt), 1.0)


def _kernel(operations, traffic, device, cal, fmt, peak, shape, inner, launches=1, unpacked=False) -> Kernel:
    share = _share(cal, device, fmt)
    compute = operations / (peak * share * shape * inner)
    reached = cal.memory_share * (software("unpack_share") if unpacked else 1.0)  # unpacking and scaling narrow weights
    memory = traffic / (device.bandwidth() * reached)
    fixed = launches * cal.kernel_s
    time = max(compute, memory) + fixed
    return Kernel(
        operations, traffic, peak, device.bandwidth(), share, shape, inner, reached, fixed, compute, memory, time,
        operations / (time * peak) if time else 0.0,
        "launch" if fixed > max(compute, memory) else ("compute" if compute >= memory else "memory"),
        sources={"product_share": cal.sources["product_share"], "memory_share": cal.sources["memory_share"], "kernel_s": cal.sources["kernel_s"]},
    )  # fmt: skip


def _share(cal: Calibration, device: Device, fmt: str) -> float:
    if fmt not in cal.product_share:
        raise Infeasible(f"{device.title} has no calibrated rate in {fmt}; it has {', '.join(cal.product_share)}")
    return fraction("product_share", cal.product_share[fmt], open_low=True)


@lru_cache(maxsize=65536)
def _shape_share(m: int, n: int, k: int, multiprocessors: int, count: int) -> float:
    """Share of the full rate that the best tile and split of the inner dimension reach on so many multiprocessors."""
    best = 0.0
    for rows, columns, rate in TILES:
        tiles = count * -(-m // rows) * -(-n // columns)
        for split in SPLITS:
            if split > 1 and k // split < 256:
                break
            waves = -(-tiles * split // multiprocessors) / split
            best = max(best, rate * (0.97 if split > 1 else 1.0) * count * m * n / (waves * multiprocessors * rows * columns))
    return min(1.0, best)


def _device(device) -> Calibration:
    instance("device", device, Device, "a Device of the catalog")
    return calibration(device)
