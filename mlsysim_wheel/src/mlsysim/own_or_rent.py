r"""Own the base, rent the peak: what an owned GPU-hour costs, and how many GPUs to own under a demand that rises and falls.

The k-th owned GPU pays for itself if it is busy more than the share o/r of the hours, o the price of an owned hour, r of a rented
one. Every figure of the owned hour is illustrative. Source: Weinman 2011 (rent or own under variable demand); critical fractile of the newsvendor.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, number, positive, whole
from mlsysim.quantity import quantity, series, sources

_DATA = load("machine_hall.json")
OWN = {name: entry["value"] for name, entry in _DATA["own"].items()}
HOURS, YEAR_HOURS = 8760, 8736  # of a calendar year; of the 52 weeks of demand
GRID = tuple(range(0, 2801, 20))  # numbers of GPUs among which the cheapest is sought
MEAN_GPUS = 1000.0
_GPU_KW = _DATA["server"]["power_w"]["value"] / _DATA["server"]["gpus"]["value"] / 1000 * (1 + OWN["other_share"])


@dataclass(frozen=True, slots=True)
class Fleet:
    """A year of demand, served by owned GPUs and rented ones."""

    owned_gpus: int = quantity("K", "1")
    rent_usd_per_h: float = quantity("r", "$", doc="a GPU-hour, rented")
    price_usd: float = quantity("p", "$", doc="of a GPU with its share of a server")
    network_share: float = quantity("s_n", "share", doc="network, of the servers' price")
    life_years: float = quantity("y", "years")
    operations_share: float = quantity("s_o", "share", doc="of the price, a year")
    electricity_usd_per_kwh: float = quantity("e", "$", doc="a kWh")
    pue: float = quantity(r"\mathrm{PUE}", "1")
    gpu_kw: float = quantity("w", "kW", doc="of a GPU with its share of server, network, storage")
    load_share: float = quantity("l", "share", doc="mean draw of the rated one")
    facility_usd_per_w: float = quantity("b", "$", doc="a watt of the hall")
    facility_years: float = quantity("y_b", "years")
    server_usd_per_h: float = quantity(
        "o_s", "$", formula=r"\frac{<price_usd> \cdot (1 + <network_share>)}{<life_years> \cdot 8760}", source="straight depreciation", doc="a GPU-hour",
    )
    facility_usd_per_h: float = quantity(
        "o_b", "$", formula=r"\frac{1000 \cdot <facility_usd_per_w> \cdot <gpu_kw>}{<facility_years> \cdot 8760}",
        source="straight depreciation", doc="a GPU-hour",
    )
    electricity_usd_per_h: float = quantity(
        "o_e", "$", formula=r"<gpu_kw> \cdot <load_share> \cdot <pue> \cdot <electricity_usd_per_kwh>", source="energy of an hour", doc="a GPU-hour",
    )
    operations_usd_per_h: float = quantity("o_o", "$", formula=r"\frac{<price_usd> \cdot <operations_share>}{8760}", source="definition", doc="a GPU-hour")
    owned_usd_per_h: float = quantity(
        "o", "$", formula="<server_usd_per_h> + <facility_usd_per_h> + <electricity_usd_per_h> + <operations_usd_per_h>",
        source="sum", doc="a GPU-hour, busy or not",
    )
    electricity_share: float = quantity(
        "o_e/o", "share", formula=r"\frac{<electricity_usd_per_h>}{<owned_usd_per_h>}", source="definition", doc="of an owned GPU-hour",
    )
    break_even_share: float = quantity(
        "u^*", "share", formula=r"\frac{<owned_usd_per_h>}{<rent_usd_per_h>}", source="busy hours that pay for an owned GPU", doc="above 1 it never pays",
    )
    rented_gpu_hours: float = quantity("H_r", "1", source="sum over the hours of what exceeds K", doc="GPU-hours")
    utilisation_share: float = quantity("u", "share", source="busy over all hours of the owned; 0 where none is owned")
    cost_usd: float = quantity(
        r"\$", "$", formula=r"8736 \cdot <owned_gpus> \cdot <owned_usd_per_h> + <rent_usd_per_h> \cdot <rented_gpu_hours>", source="52 weeks",
    )
    rent_all_usd: float = quantity(r"\$_0", "$", source="as the cost, K = 0")
    against_renting: float = quantity(r"\$/\$_0", "×", formula=r"\frac{<cost_usd>}{<rent_all_usd>}", source="definition", doc="of renting everything")
    best_gpus: int = quantity("K^*", "1", source="search over 0, 20, … 2,800")
    best_usd: float = quantity(r"\$^*", "$", source="as the cost, at the best number")
    last_busy_share: float = quantity(
        "u_{K^*}", "share", source="hours in which the demand exceeds the best number", doc="of the hours, the last of the best number of owned GPUs",
    )
    own_last_share: float = quantity(
        "u_K", "share", source="hours in which the demand exceeds what is owned", doc="of the hours, the next GPU after those that are owned",
    )
    mean_gpus: float = quantity(r"\bar d", "1", source="scale of the demand (illustrative)")
    peak_gpus: float = quantity("d_{max}", "1", source="highest hour of the demand")
    duration: tuple = series("1", doc="(share of the hours, demand that is reached or exceeded in them)")
    costs: tuple = series("$", doc="(owned GPUs, cost of the year)")
    changes: tuple = series("share", doc="(input, change of o with half of it, with half as much again)")
    sources: dict = sources()


@lru_cache(maxsize=16)
def _demand(burst: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The hours of the year by falling demand, and their running sums."""
    rng, left, height, hours = random.Random(5), 0, 0.0, []
    for h in range(YEAR_HOURS):
        if left == 0:
            if rng.random() < 1 / 400:
                left, height = int(24 + rng.random() * 240), 0.5 + rng.random() * 1.5
            else:
                height = 0.0
        if left > 0:
            left -= 1
        weekday = 1.0 if h // 24 % 7 < 5 else 0.6
        hours.append((0.55 + 0.25 * math.sin(2 * math.pi * (h % 24 - 8) / 24)) * weekday + 0.3 + burst * height * (left > 0))
    scale = MEAN_GPUS * YEAR_HOURS / sum(hours)
    falling = tuple(sorted((x * scale for x in hours), reverse=True))
    return falling, (0.0, *accumulate(falling))


def _above(burst: float, owned: float) -> tuple[int, float]:
    """Hours whose demand exceeds the owned GPUs, and the GPU-hours above them."""
    falling, sums = _demand(burst)
    n = bisect_left(falling, -owned, key=lambda x: -x)
    return n, sums[n] - n * owned


def _hour(price, network, life, operations, electricity, pue, facility) -> tuple[float, ...]:
    """Parts of the price of an owned GPU-hour: server and network, facility, electricity, operations."""
    return (
        price * (1 + network) / life / HOURS, 1000 * facility * _GPU_KW / OWN["facility_years"] / HOURS, _GPU_KW * OWN["load_share"] * pue * electricity,
        price * operations / HOURS,
    )  # fmt: skip


_INPUTS = ("price of the server", "network", "life of the server", "operations", "electricity", "", "facility")


_FIELDS = Fleet.__slots__


def own_or_rent(
    owned_gpus=0, rent_usd_per_h=2.5, electricity_usd_per_kwh=None, burst=1.0, price_usd=None, life_years=None, pue=None, operations_share=None
) -> Fleet:  # fmt: skip
    """A year of demand (mean 1,000 GPUs; `burst` scales its bursts, 0 … 10) with `owned_gpus` (0 … 100,000), the rest rented by the hour.

    Dollars an hour and a kWh; what is None is taken from OWN. Errors: OutOfRange, WrongType. Source: Weinman 2011.

    >>> f = own_or_rent(620)
    >>> round(f.owned_usd_per_h, 2), f.best_gpus, round(f.cost_usd / 1e6, 1)
    (1.81, 620, 18.6)
    """
    given = {"price_usd": price_usd, "life_years": life_years, "operations_share": operations_share, "pue": pue}
    given["electricity_usd_per_kwh"] = electricity_usd_per_kwh
    found = {name: OWN[name] if value is None else value for name, value in given.items()}
    for name in ("price_usd", "life_years"):
        found[name] = single(positive, name, found[name], high=1e9)
    for name in ("operations_share", "electricity_usd_per_kwh"):
        found[name] = single(non_negative, name, found[name], high=1e3)
    found["pue"] = single(number, "pue", found["pue"], low=1.0, high=10.0)
    owned, rent = whole("owned_gpus", owned_gpus, low=0, high=100_000), single(positive, "rent_usd_per_h", rent_usd_per_h, high=1e6)
    burst = single(non_negative, "burst", burst, high=10.0)
    rates = (found[n] for n in ("life_years", "operations_share", "electricity_usd_per_kwh", "pue"))
    inputs = (found["price_usd"], OWN["network_share"], *rates, OWN["facility_usd_per_w"])
    parts = _hour(*inputs)
    o = sum(parts)
    changes = [(name, *(sum(_hour(*inputs[:i], inputs[i] * f, *inputs[i + 1 :])) / o - 1 for f in (0.5, 1.5))) for i, name in enumerate(_INPUTS) if name]
    cost = lambda k: k * o * YEAR_HOURS + rent * _above(burst, k)[1]  # noqa: E731 - the one definition of the cost of a year
    costs = tuple((k, cost(k)) for k in GRID)
    best, least = min(costs, key=lambda c: c[1])
    (over, rented), yours, falling = _above(burst, owned), cost(owned), _demand(burst)[0]
    busy = min(1.0, (MEAN_GPUS * YEAR_HOURS - rented) / (owned * YEAR_HOURS)) if owned else 0.0  # the running sums carry rounding
    return Fleet(
        owned_gpus=owned, rent_usd_per_h=rent, **found, network_share=OWN["network_share"], gpu_kw=_GPU_KW, load_share=OWN["load_share"],
        facility_usd_per_w=OWN["facility_usd_per_w"], facility_years=OWN["facility_years"], server_usd_per_h=parts[0], facility_usd_per_h=parts[1],
        electricity_usd_per_h=parts[2], operations_usd_per_h=parts[3], owned_usd_per_h=o, electricity_share=parts[2] / o, break_even_share=o / rent,
        rented_gpu_hours=rented, against_renting=yours / costs[0][1], peak_gpus=falling[0],
        utilisation_share=busy, cost_usd=yours, rent_all_usd=costs[0][1],
        best_gpus=best, best_usd=least, own_last_share=over / YEAR_HOURS, last_busy_share=_above(burst, best)[0] / YEAR_HOURS, mean_gpus=MEAN_GPUS,
        duration=tuple((i / YEAR_HOURS, falling[min(i, YEAR_HOURS - 1)]) for i in range(0, YEAR_HOURS + 1, 56)), costs=costs, changes=tuple(changes),
        sources={n: source_of(_DATA["own"][n]) for n in OWN if n in _FIELDS and given.get(n) is None}
        | {"gpu_kw": f"10.2 kW a server of eight, and {100 * OWN['other_share']:.0f} % for {source_of(_DATA['own']['other_share'])}"},
    )  # fmt: skip


def break_even_share(owned_usd_per_h, rent_usd_per_h) -> float:
    """Share of the hours that an owned GPU must be busy to cost no more than renting: o/r. Errors: OutOfRange, WrongType.

    >>> break_even_share(1.5, 2.5)
    0.6
    """
    return single(positive, "owned_usd_per_h", owned_usd_per_h) / single(positive, "rent_usd_per_h", rent_usd_per_h)
