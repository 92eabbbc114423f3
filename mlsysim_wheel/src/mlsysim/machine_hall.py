r"""A hall of GPU servers: how many fit under its meter, its rack positions and its cooling, and what a fleet in it costs a year.

A capped GPU keeps the cube root of the power that its clock may still take. Cooling, prices and the cap's law are illustrative.
Source: NVIDIA, DGX H100 user guide (10.2 kW a server); power of a clock: P ∝ f³, as in Mudge 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import a_list, fraction, instance, named, non_negative, number, positive, whole
from mlsysim.own_or_rent import HOURS, OWN
from mlsysim.quantity import quantity, series, sources

_FILE = "machine_hall.json"
STATIC = load(_FILE)["cap"]["static_w"]  # one figure for every room that caps an H100
COOLING = {name: entry["title"] for name, entry in load(_FILE)["cooling"].items()}
SERVERS, CAPS_W = tuple(range(1, 9)), tuple(range(350, 701, 25))  # of the map
BINDING = {"power": "utility power", "positions": "rack positions", "heat": "rack heat"}
PLANS = {"servers_per_rack": (1, 2, 3, 4, 6, 8), "cap_w": (400, 450, 500, 550, 600, 650, 675, 700), "filled_share": (0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)}


@dataclass(frozen=True, slots=True)
class Hall:
    """Servers that run in a hall, and which of its limits they meet first."""

    cooling: str = quantity(r"\text{cooling}", "")
    servers_per_rack: int = quantity("k", "1")
    cap_w: int = quantity("c", "W", doc="power limit of a GPU")
    meter_w: float = quantity("P", "W", doc="that the utility delivers")
    racks: int = quantity("N_r", "1", doc="positions")
    other_share: float = quantity("s_o", "share", doc="of the power behind the cooling: network, storage, CPU servers")
    pue: float = quantity(r"\mathrm{PUE}", "1", doc="power at the meter over power of the machines")
    rack_limit_w: float = quantity("H", "W", doc="heat that a rack may give off")
    rated_w: float = quantity("W", "W", doc="of a GPU")
    fixed_share: float = quantity("s_f", "share", doc="of a GPU's power that no cap lowers")
    uncapped_server_w: int = quantity("w_0", "W", doc="of a server of eight")
    server_w: int = quantity("w", "W", formula=r"<uncapped_server_w> - 8 \cdot (<rated_w> - <cap_w>)", source="the cap takes it from the GPUs alone")
    rack_heat_w: int = quantity("h", "W", formula=r"<servers_per_rack> \cdot <server_w>", source="all power becomes heat")
    rack_heat_share: float = quantity(
        "h/H", "share", formula=r"\frac{<rack_heat_w>}{<rack_limit_w>}", source="definition", doc="of what the cooling takes away; above 1 a rack overheats",
    )
    servers_by_power: int = quantity(
        "n_P", "1", formula=r"\left\lfloor \frac{<meter_w> \cdot (1 - <other_share>)}{<pue> \cdot <server_w>} \right\rfloor",
        source="power that is left for servers"
    )
    servers_by_racks: int = quantity("n_R", "1", formula=r"<racks> \cdot <servers_per_rack>", source="count")
    servers: int = quantity("n", "1", source="the smaller of the two; none where a rack overheats")
    gpus: int = quantity("N", "1", formula=r"8 \cdot <servers>", source="count")
    speed_share: float = quantity(
        "p", "share", formula=r"\left(\frac{<cap_w>/<rated_w> - <fixed_share>}{1 - <fixed_share>}\right)^{1/3}",
        source="dynamic power ∝ clock³ (illustrative)", doc="of the uncapped rate"
    )
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="of an uncapped GPU, dense 16-bit")
    effective_flop_per_s: float = quantity("E", "FLOP/s", formula=r"<gpus> \cdot <speed_share> \cdot <peak_flop_per_s>", source="definition", doc="of the hall")
    used_w: float = quantity(
        "P_u", "W", formula=r"\frac{<servers> \cdot <server_w> \cdot <pue>}{1 - <other_share>}", source="definition of PUE", doc="at the meter",
    )
    used_share: float = quantity("P_u/P", "share", formula=r"\frac{<used_w>}{<meter_w>}", source="definition")
    gpus_by_power: int = quantity("N_P", "1", formula=r"8 \cdot <servers_by_power>", source="count", doc="that the meter feeds")
    gpus_by_racks: int = quantity("N_R", "1", formula=r"8 \cdot <servers_by_racks>", source="count", doc="that stand in the positions")
    gpus_by_cooling: int = quantity(
        "N_H", "1", formula=r"8 \cdot <racks> \left\lfloor \frac{<rack_limit_w>}{<server_w>} \right\rfloor",
        source="whole servers a rack that the cooling carries",
        doc="that the racks' cooling carries"
    )
    binding: str = quantity(r"\text{binds}", "", source="heat first, then the smaller count")
    parts: tuple = series("W", doc="where the power of the meter goes: (part, watts)")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class HallPlan:
    """A year of a fleet in the hall, with what must be rented on top."""

    wanted_flop_per_s: float = quantity("E_w", "FLOP/s")
    filled_share: float = quantity("f", "share", doc="of the servers that would fit")
    hall: Hall = quantity(r"\text{hall}", "")
    gpus: int = quantity("N", "1", source="8 times the whole servers of that share")
    cap_w: int = quantity("c", "W")
    owned_flop_per_s: float = quantity("E_o", "FLOP/s", source="GPUs · rate under the cap")
    rented_gpus: float = quantity("N_r", "1", source="what is missing, over the rate of an uncapped GPU")
    rack_heat_share: float = quantity("h/H", "share", source="Hall", doc="above 1 a rack overheats")
    meter_peak_w: float = quantity("P_u", "W", source="Hall, for the share that is filled", doc="at the meter, all servers at their cap")
    servers_usd: float = quantity(r"\$_s", "$", source="own_or_rent: servers, network, operations", doc="a year")
    electricity_usd: float = quantity(r"\$_e", "$", source="own_or_rent: mean load, PUE and tariff", doc="a year")
    retrofit_usd: float = quantity(r"\$_c", "$", source="cooling for the whole hall, over its life (illustrative)", doc="a year")
    rent_usd: float = quantity(r"\$_r", "$", doc="a year")
    cost_usd: float = quantity(r"\$", "$", formula="<servers_usd> + <electricity_usd> + <retrofit_usd> + <rent_usd>", source="sum", doc="a year")
    sources: dict = sources()


def speed_at_cap(cap_share, fixed_share) -> float:
    """Clock of a capped chip over its full clock: ((c − s)/(1 − s))^(1/3); power is s fixed and 1 − s ∝ clock³.

    Both are shares of the rated power, the cap above the fixed part. Errors: OutOfRange, WrongType.

    >>> round(speed_at_cap(0.5, 0.3), 3)
    0.659
    """
    fixed = single(number, "fixed_share", fixed_share, low=0.0, high=0.99)
    return ((single(number, "cap_share", cap_share, low=fixed, high=1.0, open_low=True) - fixed) / (1 - fixed)) ** (1 / 3)


def servers_on_meter(meter_w, pue, other_share, server_w) -> int:
    """Whole servers that a meter feeds: ⌊P·(1 − s)/(PUE·w)⌋, watts. Errors: OutOfRange, WrongType.

    >>> servers_on_meter(20e6, 1.5, 0.12, 10_200)
    1150
    """
    left = single(positive, "meter_w", meter_w, high=1e12) * (1 - single(number, "other_share", other_share, low=0.0, high=0.99))
    return int(left / single(number, "pue", pue, low=1.0, high=10.0) / single(number, "server_w", server_w, low=1.0))


def gpus_on_meter(meter_w, pue, other_share=0.12) -> int:
    """GPUs of uncapped servers of eight that a meter feeds, where racks are no limit. Errors: as `servers_on_meter`.

    >>> gpus_on_meter(20e6, 1.15)
    12000
    """
    server = load(_FILE)["server"]
    return server["gpus"]["value"] * servers_on_meter(meter_w, pue, other_share, server["power_w"]["value"])


def hall(cooling="air", servers_per_rack=1, cap_w=700, meter_w=20e6, racks=800, other_share=0.12) -> Hall:
    """Servers of eight H100 in a hall: `cooling` a key of COOLING, k servers a rack (1 … 100), GPUs capped at `cap_w` (250 … 700 W).

    A rack hotter than its cooling leaves no server running (`binding` "heat"). Errors: UnknownName, OutOfRange, WrongType.

    >>> h = hall()
    >>> h.gpus, h.binding, round(h.effective_flop_per_s / 1e15)
    (6400, 'positions', 6330)
    """
    named("cooling", cooling, COOLING)
    return _hall(
        cooling, whole("servers_per_rack", servers_per_rack, high=100), whole("cap_w", cap_w, low=250, high=700),
        single(positive, "meter_w", meter_w, high=1e12),
        whole("racks", racks, high=10**6), single(number, "other_share", other_share, low=0.0, high=0.99),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _hall(cooling: str, k: int, cap_w: int, meter_w: float, racks: int, other: float) -> Hall:
    data, chip = load(_FILE), catalog.device("h100_sxm")
    kind, full, fixed, size = data["cooling"][cooling], data["server"]["power_w"], STATIC["value"] / chip.power_w, data["server"]["gpus"]["value"]
    server_w = full["value"] - size * (chip.power_w - cap_w)
    by_power, by_racks = servers_on_meter(meter_w, kind["pue"], other, server_w), racks * k
    binding = "heat" if k * server_w > kind["rack_w"] else "power" if by_power <= by_racks else "positions"
    n = 0 if binding == "heat" else min(by_power, by_racks)
    speed, peak = speed_at_cap(cap_w / chip.power_w, fixed), chip.peak("bf16")
    machines = n * server_w / (1 - other)
    used, gpus_w = machines * kind["pue"], float(n * size * cap_w)
    parts = (
        ("GPUs", gpus_w), ("rest of the servers", n * server_w - gpus_w), ("network, storage, CPU", machines - n * server_w),
        ("cooling and losses", used - machines),
        ("not used", meter_w - used),
    )  # fmt: skip
    said = source_of(data["cooling_source"])
    return Hall(
        cooling=cooling, servers_per_rack=k, cap_w=cap_w, meter_w=meter_w, racks=racks, other_share=other, pue=kind["pue"], rack_limit_w=kind["rack_w"],
        rated_w=chip.power_w,
        fixed_share=fixed, uncapped_server_w=full["value"], server_w=server_w, rack_heat_w=k * server_w, rack_heat_share=k * server_w / kind["rack_w"],
        servers_by_power=by_power, servers_by_racks=by_racks, servers=n, gpus=size * n, speed_share=speed, peak_flop_per_s=peak,
        effective_flop_per_s=size * n * speed * peak,
        used_w=used, used_share=used / meter_w, gpus_by_power=size * by_power, gpus_by_racks=size * by_racks,
        gpus_by_cooling=size * racks * int(kind["rack_w"] // server_w), binding=binding, parts=parts,
        sources={
            "pue": said, "rack_limit_w": said, "rated_w": chip.source("power_w"), "fixed_share": source_of(STATIC), "uncapped_server_w": source_of(full),
            "peak_flop_per_s": chip.source("peak_flop_per_s"),
        },
    )  # fmt: skip


def hall_map(cooling="air", meter_w=20e6, racks=800, other_share=0.12) -> tuple[tuple[Hall, ...], ...]:
    """The hall under every cap of CAPS_W (rows, highest first) with every number of servers a rack in SERVERS.

    >>> best_of(hall_map()).cap_w
    425
    """
    return tuple(tuple(hall(cooling, k, c, meter_w, racks, other_share) for k in SERVERS) for c in reversed(CAPS_W))


def best_of(rows) -> Hall:
    """The hall of a map with the highest rate.

    >>> best_of(hall_map("liquid")).cap_w
    425
    """
    return max((h for row in a_list("rows", rows) for h in row), key=lambda h: h.effective_flop_per_s)


def exaflops(rows) -> list[list[float | None]]:
    """The rates of a map in EFLOP/s, None where a rack overheats.

    >>> exaflops(hall_map())[0][:2]
    [6.3296, None]
    """
    return [[None if h.binding == "heat" else h.effective_flop_per_s / 1e18 for h in row] for row in a_list("rows", rows)]


def hall_plan(cooling="air", servers_per_rack=1, cap_w=700, filled_share=1.0, wanted_flop_per_s=9e18) -> HallPlan:
    """A year of a 20 MW hall with 800 positions of which `filled_share` is filled; what is missing of the wanted rate is rented all year.

    Rent: the price of a capacity block, $4.92 a GPU-hour. Errors: as `hall`.

    >>> p = hall_plan("air", 2, 675)
    >>> round(p.cost_usd / 1e6, 1), round(p.meter_peak_w / 1e6, 1)
    (140.5, 20.0)
    """
    filled, wanted = single(fraction, "filled_share", filled_share, open_low=True), single(non_negative, "wanted_flop_per_s", wanted_flop_per_s, high=1e24)
    h, data, block = hall(cooling, servers_per_rack, cap_w), load(_FILE), catalog.price("aws_p5_48xlarge_capacity_block")
    n = int(filled * h.servers)
    gpus, machines_w = 8 * n, n * h.server_w / (1 - h.other_share)
    owned = gpus * h.speed_share * h.peak_flop_per_s
    rented = max(0.0, wanted - owned) / h.peak_flop_per_s
    servers = gpus * OWN["price_usd"] * ((1 + OWN["network_share"]) / OWN["life_years"] + OWN["operations_share"])
    electricity = machines_w / 1000 * OWN["load_share"] * h.pue * HOURS * OWN["electricity_usd_per_kwh"]
    retrofit = data["cooling"][cooling]["retrofit_usd_per_kw"] * h.meter_w / 1000 / h.pue / data["retrofit_years"]["value"]
    rent = rented * block.usd_per_accelerator_hour * HOURS
    return HallPlan(
        wanted_flop_per_s=wanted, filled_share=filled, hall=h, gpus=gpus, cap_w=h.cap_w, owned_flop_per_s=owned, rented_gpus=rented,
        rack_heat_share=h.rack_heat_share,
        meter_peak_w=machines_w * h.pue, servers_usd=servers, electricity_usd=electricity, retrofit_usd=retrofit, rent_usd=rent,
        cost_usd=servers + electricity + retrofit + rent, sources={"rent_usd": block.source("usd")},
    )  # fmt: skip


def plans_near(plan: HallPlan) -> tuple[tuple[str, HallPlan], ...]:
    """The plan, named "yours", and every plan that differs from it in one choice, named by that choice.

    >>> [name for name, _ in plans_near(hall_plan("liquid", 2))][:4]
    ['yours', 'air', 'rear-door heat exchanger', '1 a rack']
    """
    instance("plan", plan, HallPlan, "a result of hall_plan")
    own = {"cooling": plan.hall.cooling, "servers_per_rack": plan.hall.servers_per_rack, "cap_w": plan.cap_w, "filled_share": plan.filled_share}
    words = {"cooling": COOLING.get, "servers_per_rack": "{} a rack".format, "cap_w": "{} W".format, "filled_share": "{:.0%} filled".format}
    found = [("yours", plan)]
    for name, options in {"cooling": tuple(COOLING), **PLANS}.items():
        found += [(words[name](x), hall_plan(**own | {name: x}, wanted_flop_per_s=plan.wanted_flop_per_s)) for x in options if x != own[name]]
    return tuple(found)
