r"""One run of 48 hours on 1,024 H100, moved in time and place and slowed down: carbon, end and cost.

The cap lengthens the work (power_cap), the work takes hours (clean_hours); outside California the data follow first. Goals rank designs
that hold; "least data moved" looks at carbon next. Figures in data/training/run_carbon.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.clean_hours import FILE, REGIONS, TITLES, shift
from mlsysim.errors import instance, number, one_of, positive
from mlsysim.power_cap import capped_step
from mlsysim.quantity import quantity, sources

_DATA = load(FILE)
_RUN, _MOVE = _DATA["run"], _DATA["move"]
HOME = "california"
EXTRA, CAPS = (0.0, 0.25, 0.5, 1.0), (1.0, 0.8, 0.6, 0.5, 0.4, 0.3)
PAUSED = {"hold": "held, at 30 %", "release": "released to others"}
GOALS = ("least data moved, then least carbon", "least carbon", "least cost", "earliest result")
END_LIMIT_H, COST_LIMIT_USD = 120.0, 145_000.0


@dataclass(frozen=True, slots=True)
class GreenRun:
    """The run under one design."""

    region: str = quantity(r"\text{region}", "")
    extra_share: float = quantity("x", "share")
    policy: str = quantity(r"\text{policy}", "", doc="of paused hours")
    cap_share: float = quantity("c", "share")
    goal: str = quantity(r"\text{goal}", "")
    step: float = quantity("t", "×", source="power_cap")
    base_h: int = quantity("w_0", "h", doc="of work without a cap")
    work_h: int = quantity("w", "h", formula=r"\left\lceil <base_h> \cdot <step> \right\rceil", source="whole hours")
    gpu_w: float = quantity("W", "W", source="cap times 700 W, and the host", doc="of a GPU with its host")
    run_h: int = quantity("h_r", "h", source="clean_hours")
    held_h: int = quantity("h_e", "h", source="clean_hours", doc="from the first hour to the last")
    running_t: float = quantity("C_r", "t", source="clean_hours")
    paused_t: float = quantity("C_p", "t", source="clean_hours")
    embodied_t: float = quantity("C_e", "t", source="clean_hours", doc="making the hardware")
    moved_bytes: float = quantity("B", "B", doc="out of California")
    transfer_h: float = quantity("h_m", "h", source="bytes over the rate of the line, after the approval", doc="before the run may start")
    moved_t: float = quantity("C_m", "t", source="bytes times electricity of the network times its grids")
    total_t: float = quantity("C", "t", formula="<running_t> + <paused_t> + <embodied_t> + <moved_t>", source="sum")
    end_h: float = quantity("h", "h", formula="<transfer_h> + <held_h>", source="sum", doc="from now")
    gpus: int = quantity("N", "1")
    usd_per_gpu_h: float = quantity("p", "$", doc="a GPU-hour, held")
    paid_gpu_h: float = quantity("H", "1", source="GPUs times hours held; if released, hours that run times 1.15", doc="GPU-hours at that price")
    move_usd: float = quantity(r"\$_m", "$")
    cost_usd: float = quantity(r"\$", "$", formula=r"<usd_per_gpu_h> \cdot <paid_gpu_h> + <move_usd>", source="sum")
    carbon_limit_t: float = quantity("C_{max}", "t")
    goal_share: float = quantity(
        "z", "share", source="figure of the goal over its limit; moved data count 1 before", doc="of the limit of the goal; above 1 it breaks it or moves data",
    )
    sources: dict = sources()


def green_run(region=HOME, extra_share=0.0, policy="hold", cap_share=1.0, goal=GOALS[0], carbon_limit_t=16.0) -> GreenRun:
    """`region` in clean_hours.REGIONS, `extra_share` 0 … 2, policy "hold" or "release", `cap_share` 0.2 … 1. Errors: OutOfRange, WrongType.

    >>> r = green_run("california", 1.0, "release", 0.5)
    >>> round(r.total_t, 1), r.end_h, round(r.cost_usd)
    (14.9, 114.0, 143667)
    """
    return _run(
        one_of("region", region, REGIONS), single(number, "extra_share", extra_share, low=0.0, high=2.0), one_of("policy", policy, tuple(PAUSED)),
        single(number, "cap_share", cap_share, low=0.2, high=1.0), one_of("goal", goal, GOALS), single(positive, "carbon_limit_t", carbon_limit_t, high=1e6),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _run(region, extra, policy, cap, goal, limit) -> GreenRun:
    chip, price, release = capped_step(cap, _RUN["fixed_time_share"]["value"], _RUN["host_w"]["value"]), catalog.price("deepseek_h800"), policy == "release"
    base, gpus = _RUN["work_h"]["value"], _RUN["gpus"]["value"]
    work, gpu_w = math.ceil(base * chip.step - 1e-9), cap * chip.rated_w + _RUN["host_w"]["value"]
    s = shift(region, extra, _RUN["paused_share"]["value"], _RUN["resume_h"]["value"], work, gpu_w, release)
    move = {n: entry["value"] * (region != HOME) for n, entry in _MOVE.items() if n in ("bytes", "approval_h", "usd")}
    transfer = move["approval_h"] + move["bytes"] / _MOVE["bytes_per_s"]["value"] / 3600
    moved_t = move["bytes"] / 1e9 * _MOVE["kwh_per_gb"]["value"] * _MOVE["kg_per_kwh"]["value"] / 1e3
    paid = gpus * (_RUN["release_price"]["value"] * s.run_h if release else s.end_h)
    total, end, cost = s.total_t + moved_t, transfer + s.end_h, price.usd_per_accelerator_hour * paid + move["usd"]
    figures = (total / limit + (region != HOME), total / limit, cost / COST_LIMIT_USD, end / END_LIMIT_H)
    return GreenRun(
        region=region, extra_share=extra, policy=policy, cap_share=cap, goal=goal, step=chip.step, base_h=base, work_h=work, gpu_w=gpu_w, run_h=s.run_h,
        held_h=s.end_h, running_t=s.running_t, paused_t=s.paused_t, embodied_t=s.embodied_t, moved_bytes=move["bytes"], transfer_h=transfer,
        moved_t=moved_t, total_t=total, end_h=end, gpus=gpus, usd_per_gpu_h=price.usd_per_accelerator_hour, paid_gpu_h=paid, move_usd=move["usd"],
        cost_usd=cost, carbon_limit_t=limit, goal_share=dict(zip(GOALS, figures, strict=True))[goal],
        sources={"usd_per_gpu_h": price.source("usd"), "base_h": source_of(_RUN["work_h"])}
        | {"moved_bytes": source_of(_MOVE["bytes"]), "move_usd": source_of(_MOVE["usd"])},
    )  # fmt: skip


def near(r: GreenRun) -> tuple[tuple[str, GreenRun], ...]:
    """The design, named "yours", and those that differ from it in one choice, named by it; what emits over twice the limit is left out.

    >>> [name for name, _ in near(green_run())][:3]
    ['yours', 'Sweden', 'France']
    """
    instance("r", r, GreenRun, "a result of green_run")
    own = {"region": r.region, "extra_share": r.extra_share, "policy": r.policy, "cap_share": r.cap_share}
    options = {"region": REGIONS, "extra_share": EXTRA, "policy": tuple(PAUSED), "cap_share": CAPS}
    words = {"region": TITLES.get, "extra_share": "wait +{:.0%}".format, "policy": {"hold": "hold", "release": "release"}.get, "cap_share": "cap {:.0%}".format}
    found = [("yours", r)]
    for name, values in options.items():
        found += [(words[name](v), green_run(**own | {name: v}, goal=r.goal, carbon_limit_t=r.carbon_limit_t)) for v in values if v != own[name]]
    return tuple((name, x) for name, x in found if x is r or x.total_t <= 2 * r.carbon_limit_t)
