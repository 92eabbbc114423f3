"""Embedding tables over memory tiers: the popular rows in HBM, the next in DRAM, the rest on NVMe.

Rows are looked up with Zipf's law: the row of rank i in proportion to i^(−s). Rows are placed by rank, so the lookups of a tier
are a difference of partial sums H(n, s) = Σ i^(−s), here by the formula of Euler and Maclaurin to its second term. HBM and DRAM are
limited by bytes at their random rate, NVMe by reads; the tiers work side by side, so the slowest one sets the time of a batch.
Sources: Naumov et al. 2019 and Mudigere et al. 2022 (tables, skewed access, tiers); rates in data/storage.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim import catalog
from mlsysim._single import single
from mlsysim.errors import instance, non_negative, number, positive
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import MS

TIERS = ("HBM", "DRAM", "NVMe")
PAIRS, TABLES = 65_536, 60  # a batch and the tables that each pair of user and item reads (illustrative)
LOOKUPS = PAIRS * TABLES
LIMIT_S = 2 * MS
LATE, OK = "batch late", "ok"
CHANGES = ("twice the HBM", "twice the DRAM", "twice the NVMe reads", "faster DRAM")
EULER = 0.5772156649015329
RECOMMENDER = "dlrm_criteo_1tb"
_TIE = 1.01


@dataclass(frozen=True, slots=True)
class TieredTable:
    """One batch of lookups over the tiers of a node."""

    rows: float = quantity("R", "1")
    zipf_exponent: float = quantity("s", "1", doc="popularity of the row of rank i: i^(−s)")
    row_bytes: float = quantity("w", "B")
    table_bytes: float = quantity("S", "B", formula=r"<rows> \cdot <row_bytes>", source="definition")
    hbm_bytes: float = quantity("M_h", "B", doc="for rows")
    dram_bytes: float = quantity("M_d", "B", doc="for rows")
    hbm_rows: float = quantity("a", "1", formula=r"\min(<rows>, \frac{<hbm_bytes>}{<row_bytes>})", source="what fits")
    dram_rows: float = quantity("b", "1", formula=r"\min(<rows> - <hbm_rows>, \frac{<dram_bytes>}{<row_bytes>})", source="what fits of the rest")
    nvme_rows: float = quantity("c", "1", formula="<rows> - <hbm_rows> - <dram_rows>", source="what is left")
    hbm_share: float = quantity("p_h", "share", source="H(a)/H(R)", doc="of the lookups")
    dram_share: float = quantity("p_d", "share", source="(H(a + b) − H(a))/H(R)", doc="of the lookups")
    nvme_share: float = quantity("p_n", "share", source="the rest", doc="of the lookups")
    lookups: int = quantity("L", "1", doc="of a batch: 65,536 pairs, 60 tables")
    hbm_bytes_per_s: float = quantity("B_h", "B/s", doc="random rows")
    dram_bytes_per_s: float = quantity("B_d", "B/s", doc="random rows")
    nvme_reads_per_s: float = quantity("Q", "1/s")
    hbm_s: float = quantity("t_h", "s", formula=r"\frac{<lookups> <hbm_share> <row_bytes>}{<hbm_bytes_per_s>}", source="rate")
    dram_s: float = quantity("t_d", "s", formula=r"\frac{<lookups> <dram_share> <row_bytes>}{<dram_bytes_per_s>}", source="rate")
    nvme_s: float = quantity("t_n", "s", formula=r"\frac{<lookups> <nvme_share>}{<nvme_reads_per_s>}", source="rate")
    batch_s: float = quantity("T", "s", formula=r"\max(<hbm_s>, <dram_s>, <nvme_s>)", source="tiers work side by side")
    nvme_work_share: float = quantity("v_n", "share", formula=r"\frac{<nvme_s>}{<hbm_s> + <dram_s> + <nvme_s>}", source="definition", doc="of the work")
    slowest: str = quantity(r"\text{slowest}", "", source="the tier with the longest time")
    table_factor: float = quantity("f", "×", source="rows × width over dense parameters of DLRM for Criteo 1TB", doc="numbers in the tables for each dense one")
    state: str = quantity(r"\text{state}", "")
    popularity: tuple = series("share", doc="(rank, share of the lookups up to it)")
    sources: dict = sources()


def partial_zeta(n: float, exponent: float) -> float:
    """H(n, s) = Σ i^(−s) for i = 1 … n; 0 for n = 0, the sum's integral and half its ends else. Errors: OutOfRange.

    Source: Euler and Maclaurin; within 1 % of the sum's value from n = 100 on, as differences and ratios nearer.

    >>> round(partial_zeta(1000, 1.0), 4)
    7.4855
    """
    n, s = single(non_negative, "n", n), single(number, "exponent", exponent, low=0.1, high=5.0)
    if n < 1:
        return n
    if s == 1:
        return math.log(n) + EULER + 0.5 / n
    return (n ** (1 - s) - 1) / (1 - s) + 0.5 * (1 + n**-s)


def tiered_table(
    rows: float = 1e10,
    zipf_exponent: float = 1.05,
    dram_bytes: float = 1.5e12,
    row_bytes: float = 512.0,
    hbm_bytes: float = 0.512e12,
    nvme_reads_per_s: float | None = None,
    *,
    dram_factor: float = 1.0,
) -> TieredTable:
    """A batch of lookups in a table that is placed by popularity; rates of a node with eight H100. Errors: OutOfRange.

    `dram_factor` multiplies the rate of DRAM.

    >>> t = tiered_table()
    >>> f"{t.nvme_share:.4f} {t.nvme_work_share:.3f} {1e3 * t.batch_s:.1f} ms"
    '0.0213 0.944 10.5 ms'
    """
    rows, s = single(number, "rows", rows, low=1.0, high=1e15), single(number, "zipf_exponent", zipf_exponent, low=0.1, high=5.0)
    row, dram = single(positive, "row_bytes", row_bytes), single(non_negative, "dram_bytes", dram_bytes)
    hbm = single(non_negative, "hbm_bytes", hbm_bytes)
    tiers = [catalog.storage_tier(name) for name in ("node_hbm", "node_dram", "node_nvme")]
    reads = tiers[2].random_reads_per_s if nvme_reads_per_s is None else single(positive, "nvme_reads_per_s", nvme_reads_per_s)
    hbm_rate = tiers[0].random_bandwidth_bytes_per_s
    dram_rate = tiers[1].random_bandwidth_bytes_per_s * single(positive, "dram_factor", dram_factor)
    a = min(rows, hbm / row)
    b = min(rows, a + dram / row)
    whole_sum = partial_zeta(rows, s)
    first, second = partial_zeta(a, s) / whole_sum, partial_zeta(b, s) / whole_sum
    shares = (first, max(0.0, second - first), max(0.0, 1 - second))
    times = (LOOKUPS * shares[0] * row / hbm_rate, LOOKUPS * shares[1] * row / dram_rate, LOOKUPS * shares[2] / reads)
    dlrm = catalog.model(RECOMMENDER)
    dense = dlrm.shape("dense_parameters")
    return TieredTable(
        rows=rows,
        zipf_exponent=s,
        row_bytes=row,
        table_bytes=rows * row,
        hbm_bytes=hbm,
        dram_bytes=dram,
        hbm_rows=a,
        dram_rows=b - a,
        nvme_rows=rows - b,
        hbm_share=shares[0],
        dram_share=shares[1],
        nvme_share=shares[2],
        lookups=LOOKUPS,
        hbm_bytes_per_s=hbm_rate,
        dram_bytes_per_s=dram_rate,
        nvme_reads_per_s=reads,
        hbm_s=times[0],
        dram_s=times[1],
        nvme_s=times[2],
        batch_s=max(times),
        nvme_work_share=times[2] / sum(times),
        slowest=TIERS[times.index(max(times))],
        table_factor=(dlrm.parameters - dense) / dense,
        state=LATE if max(times) > LIMIT_S else OK,
        popularity=tuple((rows ** (i / 48), partial_zeta(rows ** (i / 48), s) / whole_sum) for i in range(49)),
        sources={
            "hbm_bytes_per_s": tiers[0].source("random_bandwidth_bytes_per_s"),
            "dram_bytes_per_s": tiers[1].source("random_bandwidth_bytes_per_s"),
            "nvme_reads_per_s": tiers[2].source("random_reads_per_s") if nvme_reads_per_s is None else "given",
            "lookups": "illustrative",
        },
    )


def best_changes(table: TieredTable) -> tuple[str, ...]:
    """Which of `CHANGES`, one at a time, shortens the batch most; several where they are within one per cent, "nothing" where none does.

    Errors: WrongType for what is no `TieredTable`.

    >>> best_changes(tiered_table())
    ('twice the DRAM',)
    """
    instance("table", table, TieredTable, "a TieredTable")
    now = (table.rows, table.zipf_exponent, table.dram_bytes, table.row_bytes, table.hbm_bytes, table.nvme_reads_per_s)
    tried = (
        tiered_table(*now[:4], 2 * now[4], now[5]),
        tiered_table(*now[:2], 2 * now[2], *now[3:]),
        tiered_table(*now[:5], 2 * now[5]),
        tiered_table(*now, dram_factor=2.0),
    )
    best = min(t.batch_s for t in tried)
    if _TIE * best > table.batch_s:
        return ("nothing",)
    return tuple(name for name, t in zip(CHANGES, tried, strict=True) if t.batch_s <= _TIE * best)
