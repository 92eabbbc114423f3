r"""An attention kernel in tiles: which bytes it saves, which it reads again, and what its tile needs on the chip.

A fused kernel holds Br rows of queries on a multiprocessor and walks over all keys and values. It never stores the s × s
matrix of scores, but every tile row reads K and V once more, unless tiles that run at the same time share a read.
Source: Dao et al., FlashAttention, 2022; Dao, FlashAttention-2, 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim.errors import one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.roofline import Roofline, estimate

FILE = "training/step_kernels.json"
KERNELS = ("materialised", "tiled", "shared")
TILE_ROWS = (16, 32, 64, 128, 192, 256)
WORKING, SCORES, SPILL = "working", "scores do not fit", "registers spill"
DAO = "Dao et al. 2022"


@dataclass(frozen=True, slots=True)
class AttentionKernel:
    """Forward attention of one sequence on an H100, 32 heads, bf16, no mask."""

    tokens: int = quantity("s", "tokens")
    tile_rows: int = quantity("B_r", "1", doc="rows of queries in a tile")
    kernel: str = quantity(r"\text{kernel}", "", doc="materialised, tiled, or tiled with shared reads")
    head_width: int = quantity("d", "1")
    heads: int = quantity("H", "1", source="Llama 3 8B")
    columns: int = quantity("B_c", "1", doc="keys in a tile", source="illustrative")
    multiprocessors: int = quantity("n", "1")
    operations: float = quantity("O", "FLOP", formula=r"4 \cdot <tokens>^2 \cdot <head_width> \cdot <heads>", source="scores, and scores times values")
    tile_count: int = quantity("T_r", "1", formula=r"\lceil <tokens> / <tile_rows> \rceil", source="definition", doc="tile rows of a head")
    reads: int = quantity(
        "r", "1", doc="of K and V", source="tiled: one a tile row; shared: one a wave of tiles, one tile a multiprocessor (an idealisation); materialised: one"
    )
    traffic_bytes: float = quantity("Q", "B", source="materialised 2H(4sd + 4s²), tiled 2H(2sd + 2sdr): Q, K, V, O; scores four times or never")
    materialised_bytes: float = quantity(
        "Q_m", "B", formula=r"2 \cdot <heads> \cdot (4 \cdot <tokens> \cdot <head_width> + 4 \cdot <tokens>^2)", source=DAO, doc="with stored scores"
    )
    traffic_cut: float = quantity(
        "c", "×", formula=r"\frac{<materialised_bytes>}{<traffic_bytes>}", source="definition", doc="fewer bytes than with stored scores"
    )
    long_cut: float = quantity(
        "c^*", "×", formula=r"\frac{2 \cdot <tile_rows>}{<head_width>}", source="limit for long sequences", doc="of a tiled kernel without sharing"
    )
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense, bf16")
    efficiency: float = quantity(r"\eta", "share", doc="of the peak that the arithmetic reaches")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    ridge_flop_per_byte: float = quantity(
        "I^*", "FLOP/B", formula=r"\frac{<efficiency> \cdot <peak_flop_per_s>}{<bandwidth_bytes_per_s>}", source="Williams et al. 2009"
    )
    roof_flop_per_s: float = quantity(r"\eta R", "FLOP/s", formula=r"<efficiency> \cdot <peak_flop_per_s>", source="definition")
    intensity_flop_per_byte: float = quantity("I", "FLOP/B", formula=r"\frac{<operations>}{<traffic_bytes>}", source="definition")
    compute_s: float = quantity("t_c", "s", formula=r"\frac{<operations>}{<efficiency> \cdot <peak_flop_per_s>}", source="definition of a rate")
    memory_s: float = quantity("t_m", "s", formula=r"\frac{<traffic_bytes>}{<bandwidth_bytes_per_s>}", source="definition of bandwidth")
    time_s: float = quantity("T", "s", source="materialised: separate kernels, the sum; tiled: the longer", doc="as if everything fitted")
    rate_flop_per_s: float = quantity("P", "FLOP/s", formula=r"\frac{<operations>}{<time_s>}", source="definition")
    peak_share: float = quantity("u", "share", formula=r"\frac{<rate_flop_per_s>}{<peak_flop_per_s>}", source="definition")
    matrix_bytes: float = quantity("M_p", "B", formula=r"4 \cdot <heads> \cdot <tokens>^2", source=DAO, doc="scores of the sequence, and their softmax")
    scores_bytes: float = quantity("M_s", "B", source="the matrix where the scores are stored, else 0", doc="allocated for scores")
    scores_limit_bytes: float = quantity("M_s^*", "B", doc="there is for them")
    shared_bytes: float = quantity(
        "M_h", "B", source="2(B_r d + 4 B_c d): a tile of queries, two of K and of V; none if materialised", doc="shared memory of a tile"
    )
    shared_limit_bytes: float = quantity("M_h^*", "B")
    register_bytes: float = quantity("M_r", "B", source="4(B_r d + B_r B_c): sums and scores of a tile; none if materialised", doc="registers of a tile")
    register_limit_bytes: float = quantity("M_r^*", "B")
    binds: str = quantity(r"\text{binds}", "", doc="capacity, chip, bandwidth or compute", source="what does not fit, else the longer of t_m and t_c")
    state: str = quantity(r"\text{state}", "", source="comparison")
    dot: str = quantity(r"\text{dot}", "", doc="name of the own one among the dots")
    dots: tuple[tuple[str, float, float], ...] = series("FLOP/s", doc="name, intensity, rate: each tile of this kernel, equal ones together")
    cuts: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("×", doc="kernel, (rows, how many times fewer bytes than with stored scores)")
    sources: dict = sources()


def attention_kernel(tokens: int = 16384, tile_rows: int = 64, kernel: str = "tiled", head_width: int = 128) -> AttentionKernel:
    """Bytes, time and on-chip memory of a forward pass over `tokens` (1 to 2^20), tiles of `tile_rows` (1 to 1,024).

    `kernel` is one of KERNELS, `head_width` up to 512. What does not fit is timed as if it did, and `state` says so.
    Errors: OutOfRange, WrongType. Source: Dao et al. 2022; Shah et al. 2024 for the share of peak.

    >>> r = attention_kernel(16384, 64, "tiled")
    >>> f"{r.traffic_bytes / 1e9:.1f} GB, {r.traffic_cut:.3f}x fewer, {r.time_s * 1e3:.1f} ms"
    '69.0 GB, 1.004x fewer, 20.6 ms'
    """
    s, rows = whole("tokens", tokens, high=1 << 20), whole("tile_rows", tile_rows, high=1024)
    return _kernel(s, rows, one_of("kernel", kernel, KERNELS), whole("head_width", head_width, high=512))


def traffic_cut(tile_rows, head_width) -> float:
    """How many times fewer bytes tiling moves than stored scores, on a long sequence: 2·Br/d. Below 1 it moves more.

    >>> traffic_cut(64, 128)
    1.0
    """
    return 2.0 * positive("tile_rows", tile_rows) / positive("head_width", head_width)


@lru_cache(maxsize=1024)
def _kernel(s: int, rows: int, kernel: str, d: int) -> AttentionKernel:
    data, chip, stored = load(FILE)["tiles"], catalog.device(load(FILE)["device"]), kernel == "materialised"
    heads, columns, full = data["heads"], data["columns"], _timed(s, rows, "materialised", d)[0].traffic_bytes
    roof, reads, time = _timed(s, rows, kernel, d)
    memory = roof.traffic_bytes / roof.bandwidth_bytes_per_s
    compute = roof.operations / roof.peak_flop_per_s
    matrix, dots = 4.0 * heads * s * s, _dots(s, kernel, d, rows)
    scores = matrix if stored else 0.0
    shared, registers = (0.0, 0.0) if stored else (2.0 * (rows * d + 4 * columns * d), 4.0 * (rows * d + rows * columns))
    limits = {name: data[name]["value"] for name in ("scores_bytes", "shared_bytes", "register_bytes")}
    spills = shared > limits["shared_bytes"] or registers > limits["register_bytes"]
    lacking = scores > limits["scores_bytes"]
    return AttentionKernel(
        tokens=s, tile_rows=rows, kernel=kernel, head_width=d, heads=heads, columns=columns, multiprocessors=data["multiprocessors"]["value"],
        operations=roof.operations, tile_count=math.ceil(s / rows), reads=reads, traffic_bytes=roof.traffic_bytes, materialised_bytes=full,
        traffic_cut=full / roof.traffic_bytes, long_cut=traffic_cut(rows, d), peak_flop_per_s=chip.peak("bf16"), efficiency=data["efficiency"]["value"],
        bandwidth_bytes_per_s=roof.bandwidth_bytes_per_s, ridge_flop_per_byte=roof.ridge_flop_per_byte, roof_flop_per_s=roof.peak_flop_per_s,
        intensity_flop_per_byte=roof.intensity_flop_per_byte,
        compute_s=compute, memory_s=memory, time_s=time, rate_flop_per_s=roof.operations / time, peak_share=roof.operations / time / chip.peak("bf16"),
        matrix_bytes=matrix, scores_bytes=scores, scores_limit_bytes=limits["scores_bytes"], shared_bytes=shared, shared_limit_bytes=limits["shared_bytes"],
        register_bytes=registers, register_limit_bytes=limits["register_bytes"],
        binds="capacity" if lacking else "chip" if spills else "bandwidth" if memory > compute else "compute",
        state=SCORES if lacking else SPILL if spills else WORKING, dot=min(dots, key=lambda x: abs(x[1] - roof.intensity_flop_per_byte))[0], dots=dots,
        cuts=_cuts(s, d),
        sources={
            "multiprocessors": source_of(data["multiprocessors"]), "efficiency": source_of(data["efficiency"]),
            "peak_flop_per_s": chip.source("peak_flop_per_s"), "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"),
            "scores_limit_bytes": source_of(data["scores_bytes"]), "shared_limit_bytes": source_of(data["shared_bytes"]),
            "register_limit_bytes": source_of(data["register_bytes"]),
        },
    )  # fmt: skip


def _timed(s: int, rows: int, kernel: str, d: int) -> tuple[Roofline, int, float]:
    """The kernel under the roof, how often K and V are read, and its time: kernels one after the other do not overlap."""
    data, chip = load(FILE)["tiles"], catalog.device(load(FILE)["device"])
    tiles, heads = math.ceil(s / rows), data["heads"]
    reads = {"materialised": 1, "tiled": tiles, "shared": math.ceil(tiles / data["multiprocessors"]["value"])}[kernel]
    moved = 4 * s * d + 4 * s * s if kernel == "materialised" else 2 * s * d + 2 * s * d * reads
    roof = estimate(
        operations=4.0 * s * s * d * heads, traffic_bytes=2.0 * heads * moved, peak_flop_per_s=chip.peak("bf16"), bandwidth_bytes_per_s=chip.bandwidth(),
        compute_efficiency=data["efficiency"]["value"],
    )  # fmt: skip
    apart = roof.operations / roof.peak_flop_per_s + roof.traffic_bytes / roof.bandwidth_bytes_per_s
    return roof, reads, apart if kernel == "materialised" else roof.time_s


@lru_cache(maxsize=512)
def _dots(s: int, kernel: str, d: int, own: int) -> tuple[tuple[str, float, float], ...]:
    """Every tile height under the roof; heights of one intensity are one dot, the own one among them."""
    found: dict[tuple[float, float], list[int]] = {}
    for rows in sorted({*TILE_ROWS, own}):
        roof, _, time = _timed(s, rows, kernel, d)
        found.setdefault((roof.intensity_flop_per_byte, roof.operations / time), []).append(rows)
    if kernel == "materialised":
        return tuple(("stored scores", *at) for at in found)
    return tuple((f"{rows[0]}–{rows[-1]}" if len(rows) > 1 else f"{rows[0]}", *at) for at, rows in found.items())


@lru_cache(maxsize=64)
def _cuts(s: int, d: int) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """How many times fewer bytes than with stored scores, over the tile height."""
    full = _timed(s, 1, "materialised", d)[0].traffic_bytes
    return tuple((kernel, tuple((float(rows), full / _timed(s, rows, kernel, d)[0].traffic_bytes) for rows in TILE_ROWS)) for kernel in KERNELS[1:])
