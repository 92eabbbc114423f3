r"""Which machine for a workload: chips ranked by what they attain at an intensity, and servers counted for tables of embeddings.

A chip is worth min(R, I·BW), not R; per watt and per dollar that is divided by its rated power or its price. A fleet that holds
tables needs servers for their size or for the rows that are read, whichever are more.
Source: Williams et al. 2009 (roofline); roles of CPU and GPU servers: Naumov et al. 2019 (DLRM), Mudigere et al. 2022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import Infeasible, named, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.roofline import attainable

CHIPS = {
    "v100": ("V100", "v100_sxm2_32gb"), "t4": ("T4", "t4"), "a100": ("A100", "a100_sxm_80gb"), "l4": ("L4", "l4"), "h100": ("H100", "h100_sxm"),
    "h200": ("H200", "h200_sxm"), "b200": ("B200", "b200"), "tpu_v4": ("TPU v4", "tpu_v4"), "epyc": ("EPYC 9654", "epyc_9654"),
}  # fmt: skip
WORTH = {"rate": "rate", "watt": "rate a watt", "dollar": "rate a dollar"}
_ALONG = tuple(10 ** (-1 + i / 20) for i in range(81))  # FLOP/B, of the lines
_DEFINED, _COUNTED = "definition", "count"


@dataclass(frozen=True, slots=True)
class Ranking:
    """One chip against another at one arithmetic intensity, and all chips in order."""

    intensity_flop_per_byte: float = quantity("I", "FLOP/B")
    worth: str = quantity(r"\text{worth}", "", doc="what is compared")
    chip: str = quantity(r"\text{chip}", "")
    other: str = quantity(r"\text{other}", "")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense, 16 bit")
    bandwidth_bytes_per_s: float = quantity("BW", "B/s")
    power_w: float = quantity("W", "W", doc="rated: what the hall must reserve, not what is drawn")
    price_usd: float = quantity("p", "$", doc="0 where it is not sold")
    ridge_flop_per_byte: float = quantity("I^*", "FLOP/B", formula=r"\frac{<peak_flop_per_s>}{<bandwidth_bytes_per_s>}", source="Williams et al. 2009")
    attainable_flop_per_s: float = quantity(
        "a", "FLOP/s", formula=r"\min(<peak_flop_per_s>, <intensity_flop_per_byte> \cdot <bandwidth_bytes_per_s>)", source="Williams et al. 2009"
    )
    per_watt: float = quantity("a/W", "FLOP/s/W", formula=r"\frac{<attainable_flop_per_s>}{<power_w>}", source=_DEFINED)
    per_dollar: float = quantity("a/p", "FLOP/s/$", source="attainable rate over price; 0 where it is not sold")
    peak_share: float = quantity("a/R", "share", formula=r"\frac{<attainable_flop_per_s>}{<peak_flop_per_s>}", source=_DEFINED, doc="of the peak, in use")
    value: float = quantity("v", "1", source="rate, rate a watt or rate a dollar")
    other_value: float = quantity("v_o", "1", source="the same of the other chip")
    ratio: float = quantity("v/v_o", "×", formula=r"\frac{<value>}{<other_value>}", source=_DEFINED)
    peak_ratio: float = quantity("V", "×", source="the ratio at an intensity at which both reach their peak")
    bandwidth_ratio: float = quantity("BW/BW_o", "×", source=_DEFINED)
    power_ratio: float = quantity("W/W_o", "×", source=_DEFINED, doc="of the rated powers")
    rank: int = quantity("n", "1", source=_COUNTED, doc="of the chip among those that are compared")
    best: str = quantity(r"\text{best}", "", source="the highest value of all chips")
    binding: str = quantity(r"\text{binds}", "", source="bandwidth left of the ridge, peak from the ridge on")
    values: tuple = series("1", doc="(key, title, value), best first")
    lines: tuple = series("×", doc="(key, title, (intensity, value over that of the other chip) …)")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class TableFleet:
    """Servers with CPUs and servers with GPUs that hold the same tables and serve the same requests."""

    table_bytes: float = quantity("T", "B")
    requests_per_s: float = quantity("q", "1/s")
    row_bytes: int = quantity("b", "B")
    rows: int = quantity("m", "1", doc="rows a request reads")
    request_bytes: float = quantity("b_q", "B", formula=r"<rows> \cdot <row_bytes>", source=_DEFINED, doc="that a request reads")
    demand_bytes_per_s: float = quantity("B", "B/s", formula=r"<requests_per_s> \cdot <request_bytes>", source=_DEFINED)
    cpu_capacity_bytes: float = quantity("C_c", "B", doc="of a CPU server, for tables")
    cpu_bytes_per_s: float = quantity("B_c", "B/s", doc="of a CPU server, random rows")
    cpu_price_usd: float = quantity("p_c", "$", doc="of a CPU server")
    gpu_capacity_bytes: float = quantity("C_g", "B", doc="of a server of eight H100, for tables")
    gpu_bytes_per_s: float = quantity("B_g", "B/s", doc="of a server of eight H100, random rows")
    gpu_price_usd: float = quantity("p_g", "$", doc="of a server of eight H100")
    cpu_servers: int = quantity(
        "n_c", "1",
        formula=r"\max\left(\lceil<table_bytes> / <cpu_capacity_bytes>\rceil, \lceil<demand_bytes_per_s> / <cpu_bytes_per_s>\rceil\right)",
        source=_COUNTED,
    )
    gpu_servers: int = quantity(
        "n_g", "1",
        formula=r"\max\left(\lceil<table_bytes> / <gpu_capacity_bytes>\rceil, \lceil<demand_bytes_per_s> / <gpu_bytes_per_s>\rceil\right)",
        source=_COUNTED,
    )
    cpu_binding: str = quantity(r"\text{binds}_c", "", source="capacity if it needs at least as many servers as bandwidth")
    gpu_binding: str = quantity(r"\text{binds}_g", "", source="capacity if it needs at least as many servers as bandwidth")
    cpu_cost_usd: float = quantity(r"\$_c", "$", formula=r"<cpu_servers> \cdot <cpu_price_usd>", source=_DEFINED)
    gpu_cost_usd: float = quantity(r"\$_g", "$", formula=r"<gpu_servers> \cdot <gpu_price_usd>", source=_DEFINED)
    cost_ratio: float = quantity(r"\$_g/\$_c", "×", formula=r"\frac{<gpu_cost_usd>}{<cpu_cost_usd>}", source=_DEFINED)
    cheaper: str = quantity(r"\text{cheaper}", "", source="the lower cost; CPU where both are equal")
    gpu_bandwidth_share: float = quantity(
        "u_g", "share", formula=r"\frac{<demand_bytes_per_s>}{<gpu_servers> \cdot <gpu_bytes_per_s>}",
        source=_DEFINED, doc="of the GPU fleet's bandwidth, in use",
    )
    doubled_servers: int = quantity("n_{g,2}", "1", source="the same count for twice the requests", doc="GPU servers for twice the requests")
    when_doubled: str = quantity(r"\text{then}", "", source="comparison of the two counts", doc="nothing, more servers, or twice as many")
    sources: dict = sources()


def rank(intensity_flop_per_byte=1.0, worth="watt", chip="h100", other="a100", price_share=1.0) -> Ranking:
    """Chips at an intensity by `worth`, a key of WORTH; `chip` and `other` are keys of CHIPS, `price_share` scales the price of `chip`.

    Rates are dense and 16 bit. Errors: UnknownName, OutOfRange, WrongType, Infeasible for the price of a chip that is not sold.

    >>> r = rank()
    >>> round(r.ratio, 3), r.binding, round(rank(600).ratio, 2)
    (0.939, 'bandwidth', 1.81)
    """
    intensity, share = single(positive, "intensity_flop_per_byte", intensity_flop_per_byte, high=1e9), single(positive, "price_share", price_share, high=1e3)
    one_of("worth", worth, WORTH)
    for name in (chip, other):
        named("chip", name, CHIPS)
        if worth == "dollar" and not _figures(name)[3]:
            raise Infeasible(f"{CHIPS[name][0]} is only rented, not sold, so it has no rate a dollar")
    sold = [n for n in CHIPS if worth != "dollar" or _figures(n)[3]]
    value = lambda n, i: attainable(i, *_roof(n)) / _divisor(n, worth, share if n == chip else 1.0)  # noqa: E731
    order = sorted(((n, CHIPS[n][0], value(n, intensity)) for n in sold), key=lambda v: -v[2])
    under = [(i, value(other, i)) for i in _ALONG]
    lines = tuple((n, CHIPS[n][0], tuple((i, value(n, i) / v) for i, v in under)) for n in sold)
    device, (peak, bandwidth) = catalog.device(CHIPS[chip][1]), _roof(chip)
    a, mine, theirs, price = attainable(intensity, peak, bandwidth), value(chip, intensity), value(other, intensity), (device.price_usd or 0.0) * share
    return Ranking(
        intensity_flop_per_byte=intensity, worth=worth, chip=CHIPS[chip][0], other=CHIPS[other][0], peak_flop_per_s=peak, bandwidth_bytes_per_s=bandwidth,
        power_w=device.power_w, price_usd=price, ridge_flop_per_byte=peak / bandwidth, attainable_flop_per_s=a, per_watt=a / device.power_w,
        per_dollar=a / price if price else 0.0, peak_share=a / peak, value=mine, other_value=theirs,
        ratio=mine / theirs, peak_ratio=value(chip, 1e9) / value(other, 1e9),
        bandwidth_ratio=bandwidth / _roof(other)[1], power_ratio=device.power_w / _figures(other)[2],
        rank=1 + [n for n, *_ in order].index(chip), best=order[0][1], binding="bandwidth" if intensity < peak / bandwidth else "peak", values=tuple(order),
        lines=lines,
        sources={n: device.source(n) for n in ("peak_flop_per_s", "power_w", "price_usd")}
        | {"bandwidth_bytes_per_s": device.source("memory_bandwidth_bytes_per_s")},
    )  # fmt: skip


@lru_cache(maxsize=len(CHIPS))
def _figures(chip: str) -> tuple[float, float, float, float]:
    """Peak, bandwidth, rated power and price (0 where it is not sold) of a chip."""
    device = catalog.device(CHIPS[chip][1])
    return device.peak("bf16" if "bf16" in device.peak_flop_per_s else "fp16"), device.bandwidth(), device.power_w, device.price_usd or 0.0


def _roof(chip: str) -> tuple[float, float]:
    return _figures(chip)[:2]


def _divisor(chip: str, worth: str, price_share: float) -> float:
    return {"rate": 1.0, "watt": _figures(chip)[2], "dollar": _figures(chip)[3] * price_share}[worth]


def _count(tables: float, demand: float, capacity: float, bandwidth: float) -> tuple[int, str]:
    """Servers, and what sets their number."""
    held, read = max(1, math.ceil(tables / capacity)), math.ceil(demand / bandwidth)
    return max(held, read), "capacity" if held >= read else "bandwidth"


@lru_cache(maxsize=1)
def _servers() -> tuple[tuple[float, float, float], ...]:
    """Capacity, random bandwidth and price of a CPU server and of a GPU server."""
    cpu, gpu, chip = *(load("machine_hall.json")["tables"][n] for n in ("cpu", "gpu")), catalog.device("h100_sxm")
    held, read = (gpu["gpus"] * full * gpu[part]["value"] for full, part in ((chip.memory_bytes, "capacity_share"), (chip.bandwidth(), "bandwidth_share")))
    return (
        (cpu["capacity_bytes"]["value"], cpu["random_bytes_per_s"]["value"], cpu["price_usd"]["value"]),
        (held, read, gpu["price_usd"]["value"]),
    )  # fmt: skip


def table_fleet(table_bytes=10e12, requests_per_s=1e6, row_bytes=512, rows=2000, cpu_price_usd=None, gpu_price_usd=None) -> TableFleet:
    """Servers of either kind for tables of `table_bytes` from which each request reads `rows` rows of `row_bytes`.

    Prices of a server in dollars, those of the data where None. Errors: OutOfRange, WrongType. Source: Naumov et al. 2019; servers illustrative.

    >>> f = table_fleet()
    >>> f.cpu_servers, f.gpu_servers, round(f.cost_ratio, 1)
    (7, 18, 38.6)
    """
    tables, requests = single(positive, "table_bytes", table_bytes, high=1e18), single(positive, "requests_per_s", requests_per_s, high=1e12)
    row, rows = single(positive, "row_bytes", row_bytes, high=1e9), single(positive, "rows", rows, high=1e9)
    (cc, cb, cp), (gc, gb, gp) = _servers()
    cp = cp if cpu_price_usd is None else single(positive, "cpu_price_usd", cpu_price_usd, high=1e9)
    gp = gp if gpu_price_usd is None else single(positive, "gpu_price_usd", gpu_price_usd, high=1e9)
    demand = requests * rows * row
    (nc, binds_c), (ng, binds_g) = _count(tables, demand, cc, cb), _count(tables, demand, gc, gb)
    twice = _count(tables, 2 * demand, gc, gb)[0]
    data = load("machine_hall.json")["tables"]
    return TableFleet(
        table_bytes=tables, requests_per_s=requests, row_bytes=row_bytes, rows=rows, request_bytes=row * rows, demand_bytes_per_s=demand,
        cpu_capacity_bytes=cc, cpu_bytes_per_s=cb, cpu_price_usd=cp,
        gpu_capacity_bytes=gc, gpu_bytes_per_s=gb, gpu_price_usd=gp, cpu_servers=nc, gpu_servers=ng, cpu_binding=binds_c, gpu_binding=binds_g,
        cpu_cost_usd=nc * cp,
        gpu_cost_usd=ng * gp, cost_ratio=ng * gp / (nc * cp), cheaper="GPU" if ng * gp < nc * cp else "CPU", gpu_bandwidth_share=demand / (ng * gb),
        doubled_servers=twice, when_doubled="nothing" if twice == ng else "twice" if twice == 2 * ng else "more",
        sources={
            "cpu_capacity_bytes": source_of(data["cpu"]["capacity_bytes"]), "cpu_bytes_per_s": source_of(data["cpu"]["random_bytes_per_s"]),
            "cpu_price_usd": source_of(data["cpu"]["price_usd"]),
            "gpu_capacity_bytes": source_of(data["gpu"]["capacity_share"]), "gpu_bytes_per_s": source_of(data["gpu"]["bandwidth_share"]),
            "gpu_price_usd": source_of(data["gpu"]["price_usd"]),
        },
    )  # fmt: skip


@remembered(32)
def table_map(bytes_per_request, cpu_price_usd, gpu_price_usd, cells=40) -> tuple[tuple, tuple, tuple]:
    """Sizes (100 GB … 100 TB), request rates (10⁴ … 10⁸ a second), and "CPU capacity", "GPU bandwidth" … by rate and size: the cheaper fleet and what sets it.

    >>> sizes, rates, words = table_map(1024000.0, 20e3, 300e3)
    >>> words[0][-1], words[-1][0]
    ('CPU capacity', 'GPU bandwidth')
    """
    whole("cells", cells, low=2, high=1000)
    sizes = tuple(10 ** (11 + 3 * i / (cells - 1)) for i in range(cells))
    rates = tuple(10 ** (4 + 4 * i / (cells - 1)) for i in range(cells))
    per, kinds = single(positive, "bytes_per_request", bytes_per_request), _servers()
    prices = (single(positive, "cpu_price_usd", cpu_price_usd), single(positive, "gpu_price_usd", gpu_price_usd))
    rows = []
    for q in rates:
        row = []
        for t in sizes:
            (nc, bc), (ng, bg) = (_count(t, q * per, capacity, bandwidth) for capacity, bandwidth, _ in kinds)
            row.append(f"GPU {bg}" if ng * prices[1] < nc * prices[0] else f"CPU {bc}")
        rows.append(tuple(row))
    return sizes, rates, tuple(rows)
