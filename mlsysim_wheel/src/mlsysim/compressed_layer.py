r"""One compressed layer: how small it becomes, and how fast a kernel runs it.

A layer of 4096 × 4096 weights multiplies the vectors of B tokens at once. Six methods change the bytes that are read, the
work that is left, and the rate at which a kernel does it: three different things. Time is the longer of memory and
arithmetic, plus a fixed start: T = max(D_vol/BW, O/(R_peak·η)) + L_lat.
Source: Gale et al., SC 2020 (sparse kernels); NVIDIA A100 whitepaper 2020 (2:4 sparsity).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, iron_law
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.catalog_entries import BYTES_OF_FORMAT
from mlsysim.errors import named, number, one_of, whole
from mlsysim.quantity import quantity, series, sources

METHODS = {
    "int8": "INT8",
    "int4": "INT4 weights",
    "zeros": "Zeros, dense kernel",
    "sparse": "Zeros, sparse kernel",
    "two_of_four": "2:4 sparsity",
    "channels": "Channels removed",
}
MAP_SPARSITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
MAP_BATCHES = (1, 4, 16, 64, 512)
HIGHEST = 0.99
_GALE = "Gale et al., SC 2020; NVIDIA A100 whitepaper 2020"


@dataclass(frozen=True, slots=True)
class CompressedLayer:
    """Size and time of a compressed layer beside the dense one."""

    method: str = quantity(r"\text{method}", "")
    device: str = quantity(r"\text{device}", "")
    sparsity: float = quantity("s", "share", doc="of the weights that are gone; sparse kernel and channels only")
    batch: int = quantity("B", "1", doc="tokens at once")
    dense_weight_bytes: float = quantity("W_0", "B", source="weights times bytes a weight", doc="16 bit on the A100, 32 bit on the Pi")
    weight_bytes: float = quantity("W", "B", source="values and indices that the kernel reads")
    activation_bytes: float = quantity("A", "B", source="inputs and outputs of the layer")
    work_op: float = quantity("O", "OP", source="two for a multiply-add that is done")
    rate_op_per_s: float = quantity("R", "OP/s", source=_GALE, doc="that the kernel reaches")
    dense_rate_op_per_s: float = quantity("R_0", "OP/s", doc="that the dense kernel reaches", source="share of the device's peak")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    overhead_s: float = quantity(r"L_\mathrm{lat}", "s")
    memory_s: float = quantity("t_D", "s", formula=r"\frac{<weight_bytes> + <activation_bytes>}{<bandwidth_bytes_per_s>}", source="definition of bandwidth")
    compute_s: float = quantity("t_O", "s", formula=r"\frac{<work_op>}{<rate_op_per_s>}", source="definition of a rate")
    time_s: float = quantity("T", "s", formula=r"\max(<memory_s>, <compute_s>) + <overhead_s>", source="memory and arithmetic overlap, the start does not")
    dense_time_s: float = quantity("T_0", "s", source="the same formula for the dense layer")
    size_ratio: float = quantity("w", "×", formula=r"\frac{<weight_bytes>}{<dense_weight_bytes>}", source="definition", doc="of the dense layer")
    speedup: float = quantity("S", "×", formula=r"\frac{<dense_time_s>}{<time_s>}", source="definition", doc="against the dense layer")
    times_longer: float = quantity("1/S", "×", formula=r"\frac{<time_s>}{<dense_time_s>}", source="definition")
    break_even_sparsity: float = quantity(
        "s^*", "share", doc="smallest sparsity, in steps of 0.1 %, at which the sparse kernel is as fast as the dense one", source="search"
    )
    binding: str = quantity(r"\text{binds}", "", doc="data, arithmetic or overhead", source="largest of the three terms")
    methods: tuple[tuple[str, float, float], ...] = series("×", doc="method, size ratio, speedup at these settings")
    follows_size: tuple[tuple[float, float], ...] = series("×", doc="the line on which speed would follow size: (size ratio, its inverse)")
    map_speedups: tuple[tuple[float, ...], ...] = series("×", doc="sparse kernel: rows over MAP_BATCHES, columns over MAP_SPARSITIES")
    sources: dict = sources()


def devices() -> dict[str, str]:
    """Names of the devices with their words."""
    return {name: entry["label"] for name, entry in load("compressed_layer.json")["devices"].items()}


def compressed_layer(method="sparse", sparsity=0.8, batch=64, device="a100_sxm_80gb") -> CompressedLayer:
    """A 4096 × 4096 layer after one of METHODS; `sparsity` in [0, 0.99], `batch` tokens at once.

    Raises UnknownName for a device that is not in `devices()`, OutOfRange or WrongType for the rest.

    >>> r = compressed_layer("sparse", 0.8, 64)
    >>> round(r.size_ratio, 2), round(r.speedup, 3), r.break_even_sparsity
    (0.4, 0.237, 0.962)
    """
    one_of("method", method, METHODS)
    sparsity = single(number, "sparsity", sparsity, low=0.0, high=HIGHEST)
    batch = whole("batch", batch, high=2**20)
    known = load("compressed_layer.json")["devices"]
    named("device with sparse kernels", device, known)
    entry, chip = known[device], catalog.device(device)
    dense, law = _law("dense", 0.0, batch, device), _law(method, sparsity, batch, device)
    dense_bytes, dense_s, time_s = _bytes("dense", 0.0, device), _time(dense), _time(law)
    weight_bytes, smallest = _bytes(method, sparsity, device), min(METHODS, key=lambda m: _bytes(m, sparsity, device))
    return CompressedLayer(
        method=method, device=device, sparsity=sparsity, batch=batch, dense_weight_bytes=dense_bytes, weight_bytes=weight_bytes,
        activation_bytes=law.data_bytes - weight_bytes, work_op=law.operations, rate_op_per_s=law.peak_ops_per_s * law.efficiency,
        dense_rate_op_per_s=dense.peak_ops_per_s * dense.efficiency,
        bandwidth_bytes_per_s=law.bandwidth_bytes_per_s, overhead_s=law.overhead_s, memory_s=law.data_s, compute_s=law.arithmetic_s, time_s=time_s,
        dense_time_s=dense_s, size_ratio=weight_bytes / dense_bytes, speedup=dense_s / time_s, times_longer=time_s / dense_s,
        break_even_sparsity=_break_even(batch, device), binding=law.binding,
        methods=tuple((m, _bytes(m, sparsity, device) / dense_bytes, dense_s / _time(_law(m, sparsity, batch, device))) for m in METHODS),
        follows_size=tuple((x, 1 / x) for x in (_bytes(smallest, sparsity, device) / dense_bytes, 1.0)), map_speedups=_map(device),
        sources={
            "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"), "overhead_s": source_of(entry["overhead_s"]),
            "rate_op_per_s": source_of(entry["sparse_flop_per_s"]) if method == "sparse" else source_of(entry["efficiency"]),
        },
    )  # fmt: skip


def map_place(sparsity, batch) -> tuple[int, int] | None:
    """Column and row of the map that lie nearest; None where no column lies within 5 points of the sparsity.

    >>> map_place(0.8, 64), map_place(0.2, 64)
    ((3, 3), None)
    """
    near = lambda value, of: min(range(len(of)), key=lambda i: abs(of[i] - value))  # noqa: E731 - used twice, here
    column = near(single(number, "sparsity", sparsity, low=0.0, high=HIGHEST), MAP_SPARSITIES)
    row = near(whole("batch", batch, high=2**20), MAP_BATCHES)
    return (column, row) if abs(MAP_SPARSITIES[column] - sparsity) <= 0.05 + 1e-9 else None


def indexed_size_ratio(sparsity, weight_bytes=1.0, index_bytes=2.0) -> float:
    """Size of a sparse file over the dense one when each kept weight carries an index: (1 − s)·(w + i)/w.

    >>> round(indexed_size_ratio(0.8), 2), round(indexed_size_ratio(0.8, 2.0), 2)
    (0.6, 0.4)
    """
    sparsity = single(number, "sparsity", sparsity, low=0.0, high=1.0)
    weight = single(number, "weight_bytes", weight_bytes, low=0.0, high=64.0, open_low=True)
    return (1 - sparsity) * (weight + single(number, "index_bytes", index_bytes, low=0.0, high=64.0)) / weight


@dataclass(frozen=True, slots=True)
class PublishedSpeed:
    """Llama 2 7B on an A100, one token after another, with shorter weights."""

    bf16_tokens_per_s: float = quantity("r_{16}", "tokens/s")
    int4_tokens_per_s: float = quantity("r_4", "tokens/s")
    bytes_ratio: float = quantity("w", "share", source="4 of 16 bits", doc="bytes of a weight")
    speedup: float = quantity("S", "×", formula=r"\frac{<int4_tokens_per_s>}{<bf16_tokens_per_s>}", source="definition")
    sources: dict = sources()


def published_llama() -> PublishedSpeed:
    """A measured case: a quarter of the bytes, and what it bought.

    >>> round(published_llama().speedup, 2)
    1.88
    """
    case = load("compressed_layer.json")["llama2_7b_a100"]
    before, after = case["tokens_per_s"]["bf16"], case["tokens_per_s"]["int4"]
    bytes_ratio = BYTES_OF_FORMAT["int4"] / BYTES_OF_FORMAT["bf16"]
    return PublishedSpeed(before, after, bytes_ratio, after / before, sources=dict.fromkeys(("bf16_tokens_per_s", "int4_tokens_per_s"), case["source"]))


def _bytes(method, sparsity, device) -> float:
    """Bytes of weights that the kernel reads."""
    data = load("compressed_layer.json")
    side, width = data["side"]["value"], BYTES_OF_FORMAT[data["devices"][device]["weight_format"]]
    weights = side**2
    if method == "sparse":
        return weights * width * indexed_size_ratio(sparsity, width, data["index_bytes"]["value"]) + 4.0 * side  # row starts: 4 bytes each
    return {
        "dense": weights * width, "zeros": weights * width, "int8": weights, "int4": weights * (BYTES_OF_FORMAT["int4"] + data["int4_scale_bytes"]["value"]),
        "two_of_four": weights * width / 2 + weights / 8, "channels": (1 - sparsity) * weights * width,
    }[method]  # fmt: skip


@lru_cache(maxsize=4096)
def _law(method, sparsity, batch, device) -> iron_law.IronLaw:
    data = load("compressed_layer.json")
    entry, chip = data["devices"][device], catalog.device(device)
    width, side = BYTES_OF_FORMAT[entry["weight_format"]], data["side"]["value"]
    work, values = 2.0 * side**2 * batch, 2.0 * side * batch
    efficiency, peak = entry["efficiency"]["value"], chip.peak(entry["weight_format"])
    if method == "int8":
        width, peak = 1.0, chip.peak("int8")
    elif method == "sparse":
        work, peak, efficiency = (1 - sparsity) * work, entry["sparse_flop_per_s"]["value"], 1.0
    elif method == "two_of_four":
        peak *= entry["structured_factor"]["value"]  # half of the products are skipped; counted as a higher rate
    elif method == "channels":
        work, values = (1 - sparsity) * work, values * (2 - sparsity) / 2  # outputs are removed, inputs stay
    return iron_law.estimate(
        data_bytes=_bytes(method, sparsity, device) + values * width, bandwidth_bytes_per_s=chip.bandwidth(), operations=work, peak_ops_per_s=peak,
        efficiency=efficiency, overhead_s=entry["overhead_s"]["value"],
    )  # fmt: skip


def _time(law: iron_law.IronLaw) -> float:
    return max(law.data_s, law.arithmetic_s) + law.overhead_s


@lru_cache(maxsize=64)
def _break_even(batch, device) -> float:
    """By halving: the sparse kernel gets faster with every weight that goes."""
    dense, low, high = _time(_law("dense", 0.0, batch, device)), 0, 1000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _time(_law("sparse", middle / 1000, batch, device)) <= dense else (middle, high)
    return high / 1000


@lru_cache(maxsize=8)
def _map(device) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(_time(_law("dense", 0.0, b, device)) / _time(_law("sparse", s, b, device)) for s in MAP_SPARSITIES) for b in MAP_BATCHES
    )  # fmt: skip
