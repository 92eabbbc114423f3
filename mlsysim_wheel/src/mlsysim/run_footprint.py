r"""Life-cycle carbon of a training run: what the GPUs draw, what idles beside them, and what making them emitted.

Embodied carbon is shared out by time: h GPU-hours bear h/(life · utilisation) of the making of a GPU and of its eighth of a server.
Source: Luccioni, Viguier and Ligozat 2023, the life cycle of BLOOM-176B; figures in data/training/run_carbon.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, number, positive
from mlsysim.quantity import quantity, series, sources

FILE = "training/run_carbon.json"
HOURS = 8760  # of a calendar year
LEVERS = {"grid": "a grid with half the carbon", "idle": "nothing that idles", "hours": "a third fewer GPU-hours", "life": "hardware used twice as long"}
HIDDEN, SEEN = "the meter misses most", "the meter sees most"
GRIDS = {
    0.02: "20 g/kWh, hydropower",
    0.057: "57 g/kWh, France",
    0.236: "236 g/kWh, California",
    0.394: "394 g/kWh, United States",
    0.662: "662 g/kWh, Poland",
    0.713: "713 g/kWh, India",
}
_SWEEP = tuple(0.01 * 1.2**i for i in range(26))
_SAME = 1e-9  # savings closer than this are equal
_SHARE = "definition"


@dataclass(frozen=True, slots=True)
class RunFootprint:
    """The three terms of a run's carbon, and what four changes would save."""

    gpu_hours: int = quantity("h", "1")
    gpu_w: float = quantity("W", "W", doc="of a GPU")
    idle_ratio: float = quantity("i", "1", doc="idle and infrastructure energy per energy of the GPUs")
    grid_kg_per_kwh: float = quantity("g", "kg/kWh")
    life_years: float = quantity("L", "years")
    utilisation_share: float = quantity("u", "share", doc="of its life in which the hardware is used")
    gpu_kg: float = quantity("m_g", "kg", doc="of making a GPU")
    server_kg: float = quantity("m_s", "kg", doc="of making a server")
    gpus_per_server: int = quantity("n", "1")
    dynamic_kwh: float = quantity("E", "kWh", formula=r"\frac{<gpu_hours> \cdot <gpu_w>}{1000}", source="power times time")
    dynamic_t: float = quantity("C_d", "t", formula=r"\frac{<dynamic_kwh> \cdot <grid_kg_per_kwh>}{1000}", source="carbon of energy", doc="energy of the GPUs")
    idle_t: float = quantity("C_i", "t", formula=r"<idle_ratio> \cdot <dynamic_t>", source="measured ratio of the energies")
    embodied_t: float = quantity(
        "C_e", "t",
        formula=r"\frac{<gpu_hours>}{<life_years> \cdot 8760 \cdot <utilisation_share>} \cdot \frac{<gpu_kg> + <server_kg> / <gpus_per_server>}{1000}",
        source="shared out by time (Luccioni et al. 2023)",
    )  # fmt: skip
    total_t: float = quantity("C", "t", formula="<dynamic_t> + <idle_t> + <embodied_t>", source="sum")
    dynamic_share: float = quantity("d", "share", formula=r"\frac{<dynamic_t>}{<total_t>}", source=_SHARE)
    idle_share: float = quantity("s_i", "share", formula=r"\frac{<idle_t>}{<total_t>}", source=_SHARE)
    embodied_share: float = quantity("s_e", "share", formula=r"\frac{<embodied_t>}{<total_t>}", source=_SHARE)
    equal_kg_per_kwh: float = quantity(
        "g_=", "kg/kWh", formula=r"\frac{1000 \cdot <embodied_t>}{<dynamic_kwh>}", source="solved for equal terms",
        doc="the grid on which making the hardware weighs as much as the energy of the GPUs",
    )  # fmt: skip
    levers: str = quantity(r"\text{lever}", "", source="largest saving of four changes, each computed; equals joined by or")
    state: str = quantity(r"\text{state}", "", source="share of the GPUs' energy against one half")
    savings: tuple[tuple[str, float], ...] = series("share", doc="(change, share of the total that it saves)")
    sources: dict = sources()


def embodied_t(gpu_hours, life_years, utilisation_share, gpu_kg, server_kg, gpus_per_server=8) -> float:
    """Tonnes of making the hardware that so many GPU-hours bear. Errors: OutOfRange, WrongType.

    >>> round(embodied_t(1_082_990, 6, 0.85, 150, 2500), 1)
    11.2
    """
    life = single(positive, "life_years", life_years) * HOURS * single(number, "utilisation_share", utilisation_share, low=0.01, high=1.0)
    made = single(non_negative, "gpu_kg", gpu_kg) + single(non_negative, "server_kg", server_kg) / single(number, "gpus_per_server", gpus_per_server, low=1)
    return single(non_negative, "gpu_hours", gpu_hours) / life * made / 1e3


def run_footprint(grid_kg_per_kwh=0.057, idle_ratio=0.5925, life_years=6, utilisation_share=0.85) -> RunFootprint:
    """The 1.08 million A100-hours of BLOOM-176B on a grid (0 < g ≤ 2 kg/kWh), with idle energy per dynamic energy (0 … 10).

    `life_years` (0.5 … 30) and `utilisation_share` (0.05 … 1) share out the making of the hardware. Errors: OutOfRange, WrongType.

    >>> f = run_footprint()
    >>> round(f.total_t, 1), round(f.dynamic_share, 3), f.levers
    (50.5, 0.489, 'grid')
    """
    return _run(
        single(positive, "grid_kg_per_kwh", grid_kg_per_kwh, high=2.0), single(number, "idle_ratio", idle_ratio, low=0.0, high=10.0),
        single(number, "life_years", life_years, low=0.5, high=30.0), single(number, "utilisation_share", utilisation_share, low=0.05, high=1.0),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _run(grid: float, idle: float, life: float, used: float) -> RunFootprint:
    data, chip = load(FILE)["bloom"], catalog.device("a100_sxm_80gb")
    given = {name: data[name]["value"] for name in ("gpu_hours", "gpu_kg", "server_kg", "gpus_per_server")}
    kwh = given["gpu_hours"] * chip.power_w / 1e3

    def parts(hours=1.0, grid=grid, idle=idle, life=life) -> tuple[float, float, float]:
        energy = hours * kwh * grid / 1e3
        return energy, idle * energy, embodied_t(hours * given["gpu_hours"], life, used, given["gpu_kg"], given["server_kg"], given["gpus_per_server"])

    now = parts()
    total = sum(now)
    changed = {"grid": parts(grid=grid / 2), "idle": parts(idle=0.0), "hours": parts(hours=2 / 3), "life": parts(life=2 * life)}
    savings = tuple((lever, 1 - sum(p) / total) for lever, p in changed.items())
    most = max(s for _, s in savings)
    said = {n: source_of(data[n]) for n in (*given, "idle_ratio", "life_years", "utilisation_share")}
    return RunFootprint(
        gpu_w=chip.power_w, idle_ratio=idle, grid_kg_per_kwh=grid, life_years=life, utilisation_share=used, **given, dynamic_kwh=kwh,
        dynamic_t=now[0], idle_t=now[1], embodied_t=now[2], total_t=total, dynamic_share=now[0] / total, idle_share=now[1] / total,
        embodied_share=now[2] / total, equal_kg_per_kwh=1e3 * now[2] / kwh, levers=" or ".join(n for n, s in savings if s >= most - _SAME),
        state=HIDDEN if now[0] < total / 2 else SEEN, savings=savings, sources=said | {"gpu_w": chip.source("power_w")},
    )  # fmt: skip


def over_grids(idle_ratio=0.5925, life_years=6, utilisation_share=0.85) -> tuple[tuple[float, float, float, float], ...]:
    """(grid in kg/kWh, shares of dynamic, idle and embodied carbon) from hydropower to coal; arguments as in `run_footprint`.

    >>> cleanest = over_grids()[0]
    >>> cleanest[3] > cleanest[1]
    True
    """
    found = (run_footprint(g, idle_ratio, life_years, utilisation_share) for g in _SWEEP)
    return tuple((f.grid_kg_per_kwh, f.dynamic_share, f.idle_share, f.embodied_share) for f in found)


def ratio_of_totals(energy_kwh, dirty_kg_per_kwh, clean_kg_per_kwh, made_t) -> float:
    """Carbon of a run on one grid over that on another, making included. Errors: OutOfRange, WrongType.

    >>> ratio_of_totals(1e6, 0.4, 0.04, 40)
    5.5
    """
    energy, made = single(positive, "energy_kwh", energy_kwh) / 1e3, single(non_negative, "made_t", made_t)
    dirty, clean = (single(positive, n, v) * energy + made for n, v in (("dirty_kg_per_kwh", dirty_kg_per_kwh), ("clean_kg_per_kwh", clean_kg_per_kwh)))
    return dirty / clean


def payback_months(old_flop_per_s, new_flop_per_s, made_t, saved_t_per_year) -> float:
    """Months until new nodes have saved the carbon of their making: 12·e·(F_old/F_new)/s, for the same work.

    `made_t` a new node, `saved_t_per_year` for each old node that goes. Errors: OutOfRange, WrongType.

    >>> payback_months(1e15, 3e15, 3.0, 2.0)
    6.0
    """
    old, new = single(positive, "old_flop_per_s", old_flop_per_s), single(positive, "new_flop_per_s", new_flop_per_s)
    return 12 * single(non_negative, "made_t", made_t) * (old / new) / single(positive, "saved_t_per_year", saved_t_per_year)
