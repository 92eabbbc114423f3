r"""A run that waits for clean hours: which hours it takes, what the pauses cost, and what it emits in all.

The intensity of 168 hours has the yearly mean of its grid (rounded) and an illustrative shape. The run takes the cleanest hours of its
window; every pause costs a resume, so more pauses mean more hours. Hours that are held but paused draw power, too, and every hour held
bears its share of making the hardware. Source: Wiesner et al. 2021 (shifting in time); figures in data/training/run_carbon.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import flag, fraction, instance, non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.run_footprint import FILE, embodied_t

_RUN = load(FILE)["run"]
REGIONS = ("sweden", "france", "california", "virginia", "germany", "texas", "poland", "india")
TITLES = {name: catalog.grid(name).title for name in REGIONS}
WEEK_H = 168
DIRTIER, CLEANER = "greener hours, dirtier job", "no dirtier than at once"
_SERVER_KG = load(FILE)["bloom"]["server_kg"]
_CHOICE = "greedy choice of the cleanest hours"


@dataclass(frozen=True, slots=True)
class Shift:
    """A run in the cleanest hours of its window, against the same run at once."""

    region: str = quantity(r"\text{region}", "")
    extra_share: float = quantity("x", "share", doc="time that the run may take beyond its work; above 1 it is more than the work")
    paused_share: float = quantity("p", "share", doc="draw of a paused hour, of a full one")
    resume_h: float = quantity("r", "h", doc="work lost for each pause")
    released: bool = quantity(r"\text{released}", "", doc="paused GPUs serve others, who bear their making")
    gpus: int = quantity("N", "1")
    gpu_w: float = quantity("W", "W", doc="of a GPU with its host")
    pue: float = quantity(r"\mathrm{PUE}", "1")
    mean_kg_per_kwh: float = quantity("g", "kg/kWh", doc="of the grid")
    lowest_kg_per_kwh: float = quantity("g_{min}", "kg/kWh", source="week of hours", doc="in the week")
    highest_kg_per_kwh: float = quantity("g_{max}", "kg/kWh", source="week of hours", doc="in the week")
    work_h: int = quantity("w", "h")
    window_h: int = quantity("w_x", "h", source="work times one plus the extra share, at most a week")
    run_h: int = quantity("h_r", "h", source=_CHOICE, doc="work and resumes")
    pauses: int = quantity("n_p", "1", source=_CHOICE)
    end_h: int = quantity("h_e", "h", source=_CHOICE, doc="when the last hour ends")
    paused_h: int = quantity("h_p", "h", formula="<end_h> - <run_h>", source="definition", doc="before the last hour that runs")
    full_kw: float = quantity("P", "kW", formula=r"\frac{<gpus> \cdot <gpu_w> \cdot <pue>}{1000}", source="definition of PUE")
    running_t: float = quantity("C_r", "t", source="sum over the hours that run of intensity times power")
    paused_full_t: float = quantity("C_f", "t", source="sum over the paused hours of intensity times full power", doc="if pauses drew full power")
    paused_t: float = quantity("C_p", "t", formula=r"<paused_share> \cdot <paused_full_t>", source="definition")
    borne_h: int = quantity("h_b", "h", source="all hours until the end; if released, those that run", doc="of which the run bears the making")
    embodied_t: float = quantity("C_e", "t", source="run_footprint.embodied_t of the hours borne", doc="making the hardware")
    total_t: float = quantity("C", "t", formula="<running_t> + <paused_t> + <embodied_t>", source="sum")
    now_t: float = quantity("C_0", "t", source="as the total, the first hours", doc="of the same run at once")
    change_share: float = quantity(
        "c", "share", formula=r"\frac{<total_t>}{<now_t>} - 1", source="definition", doc="of the total; negative is a saving, above 1 more than twice",
    )
    break_even_share: float = quantity(
        "p_=", "share", formula=r"\max\left(0, \frac{<now_t> - <running_t> - <embodied_t>}{<paused_full_t>}\right)", source="solved for no change",
        doc="draw of a paused hour at which waiting changes nothing; 0 where it fails at any draw, 1 where nothing is paused",
    )  # fmt: skip
    cause: str = quantity(r"\text{cause}", "", source="change, and change with no draw while paused: none, draw or flat")
    state: str = quantity(r"\text{state}", "", source="sign of the change")
    hours: tuple = series("", doc="the hours that run")
    intensity: tuple = series("kg/kWh", doc="of the 168 hours of the week")
    sources: dict = sources()


@remembered(None)
def week(region: str) -> tuple[float, ...]:
    """Intensity in the 168 hours of a week, kg/kWh; hour 0 is midnight in the region. Errors: OutOfRange for an unknown region.

    >>> w = week("california")
    >>> round(min(w), 3), round(max(w), 3), round(sum(w) / 168, 3)
    (0.111, 0.295, 0.236)
    """
    grid, sun = catalog.grid(one_of("region", region, REGIONS)), _RUN["sun"]["value"]
    shape = [grid.relative(h % 24, sun[h // 24]) for h in range(WEEK_H)]
    return tuple(grid.carbon_kg_per_kwh * s * WEEK_H / math.fsum(shape) for s in shape)


@remembered(4096)
def choose(region: str, work_h: int, window_h: int, resume_h: float) -> tuple[int, ...]:
    """The cleanest hours that hold the work and a resume for each pause; the first hours where the window is the work.

    Work and window in whole hours (window ≤ 168, at least the work). Errors: OutOfRange, WrongType.

    >>> len(choose("california", 48, 96, 0.25))
    50
    """
    window = whole("window_h", window_h, high=WEEK_H)
    work, resume = whole("work_h", work_h, high=window), single(non_negative, "resume_h", resume_h, high=24.0)
    carbon, need = week(region), work
    order = sorted(range(window), key=lambda h: (carbon[h], h))
    while True:  # the number of hours only rises, up to the whole window, which has no pause
        taken = sorted(order[:need])
        wanted = min(window, max(need, work + math.ceil(resume * _pauses(taken))))
        if wanted == need:
            return tuple(taken)
        need = wanted


def _pauses(taken) -> int:
    """Gaps between hours that run."""
    return sum(b != a + 1 for a, b in zip(taken, taken[1:], strict=False))


def shift(region="california", extra_share=1.0, paused_share=0.3, resume_h=0.25, work_h=48, gpu_w=1300.0, released=False) -> Shift:
    """1,024 GPUs for `work_h` hours (1 … 168), within `extra_share` (0 … 4) more time, a week at most; `gpu_w` (1 … 1e5) with the host.

    `released`: paused GPUs draw nothing for this run and bear nothing of its making. Errors: OutOfRange, WrongType.

    >>> s = shift()
    >>> round(s.now_t, 1), round(s.total_t, 1), s.end_h, round(s.change_share, 3)
    (19.3, 22.9, 90, 0.186)
    """
    return _shift(
        one_of("region", region, REGIONS), single(non_negative, "extra_share", extra_share, high=4.0), single(fraction, "paused_share", paused_share),
        single(non_negative, "resume_h", resume_h, high=24.0), whole("work_h", work_h, high=WEEK_H), single(positive, "gpu_w", gpu_w, high=1e5),
        flag("released", released),
    )  # fmt: skip


@lru_cache(maxsize=2048)
def _shift(region, extra, paused, resume, work, gpu_w, released) -> Shift:
    carbon, grid = week(region), catalog.grid(region)
    window = min(WEEK_H, round(work * (1 + extra)))
    taken = choose(region, work, window, resume)
    end, full_kw = taken[-1] + 1, _RUN["gpus"]["value"] * gpu_w * _RUN["pue"]["value"] / 1e3

    def tonnes(hours) -> float:
        return full_kw * math.fsum(carbon[h] for h in hours) / 1e3

    def made(hours: int) -> float:
        shared_out = (_RUN[n]["value"] for n in ("life_years", "utilisation_share", "gpu_kg"))
        return embodied_t(_RUN["gpus"]["value"] * hours, *shared_out, _SERVER_KG["value"])

    running, now = tonnes(taken), tonnes(range(work)) + made(work)
    idle = sorted(set(range(end)) - set(taken))
    full, draw, borne = tonnes(idle), 0.0 if released else paused, len(taken) if released else end
    total = running + draw * full + made(borne)
    change, without = total / now - 1, (running + made(borne)) / now - 1
    return Shift(
        region=region, extra_share=extra, paused_share=draw, resume_h=resume, released=released, gpus=_RUN["gpus"]["value"], gpu_w=gpu_w,
        pue=_RUN["pue"]["value"], mean_kg_per_kwh=grid.carbon_kg_per_kwh, lowest_kg_per_kwh=min(carbon), highest_kg_per_kwh=max(carbon), work_h=work,
        window_h=window, run_h=len(taken), pauses=_pauses(taken), end_h=end,
        paused_h=len(idle), full_kw=full_kw, running_t=running, paused_full_t=full, paused_t=draw * full,
        borne_h=borne, embodied_t=made(borne), total_t=total, now_t=now, change_share=change,
        break_even_share=max(0.0, (now - running - made(borne)) / full) if full else 1.0,
        cause="none" if change <= 1e-12 else "draw" if without < 0 else "flat", state=DIRTIER if change > 1e-12 else CLEANER, hours=taken, intensity=carbon,
        sources={n: source_of(_RUN[n]) for n in ("gpus", "pue", "work_h", "paused_share", "resume_h")} | {"mean_kg_per_kwh": grid.source("carbon_kg_per_kwh")},
    )  # fmt: skip


def everywhere(s: Shift) -> tuple[Shift, ...]:
    """The same run with the same policy in each region.

    >>> [round(x.change_share, 3) for x in everywhere(shift(paused_share=0.0))][2:4]
    [-0.09, 0.037]
    """
    instance("s", s, Shift, "a result of shift")
    return tuple(shift(name, s.extra_share, s.paused_share, s.resume_h, s.work_h, s.gpu_w, s.released) for name in REGIONS)


def by_the_hour(s: Shift) -> tuple[float, ...]:
    """Carbon of each hour of the week at full power, kg.

    >>> round(by_the_hour(shift())[0])
    429
    """
    instance("s", s, Shift, "a result of shift")
    return tuple(s.full_kw * g for g in s.intensity)


def released(s: Shift) -> Shift:
    """The same hours, with paused GPUs given to others.

    >>> round(released(shift()).change_share, 3)
    -0.123
    """
    instance("s", s, Shift, "a result of shift")
    return shift(s.region, s.extra_share, s.paused_share, s.resume_h, s.work_h, s.gpu_w, True)
