"""A quote for a training run: GPUs, batch and recovery plan become a date, a bill and a number of interruptions.

Composed of `step_scaling` (step, tokens) and `reliability` (failures of one coupled job).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, step_scaling
from mlsysim._datafile import load
from mlsysim.errors import named, whole
from mlsysim.quantity import quantity, sources
from mlsysim.reliability import DALY, run_mtbf_s, useful_share
from mlsysim.units import HOUR

_FILE = "training/large_fleets.json"
GPUS = (256, 512, 1024, 2048, 4096, 8192, 12288)
_SCALING = "mlsysim.step_scaling"


@dataclass(frozen=True, slots=True)
class FleetQuote:
    """One run of a 175-billion model on a rented fleet."""

    gpus: int = quantity("N", "GPUs")
    batch: int = quantity("B", "1", doc="sequences of 2,048 tokens a step")
    recovery: str = quantity(r"\text{recovery}", "")
    tokens: float = quantity("E", "tokens", source=_SCALING, doc="to the target loss")
    tokens_billion: float = quantity("E_9", "billion tokens", formula=r"\frac{<tokens>}{10^9}", source="definition")
    step_s: float = quantity("T", "s", source=_SCALING)
    run_s: float = quantity("T_r", "s", source=_SCALING, doc="without failures")
    restart_s: float = quantity("R", "s", doc="after an interruption")
    interval_s: float = quantity(r"\tau", "s", doc="between checkpoints")
    mtbf_s: float = quantity("M", "s", source="419 interruptions in 54 days on 16,384 GPUs (Grattafiori et al. 2024)", doc="between interruptions of the job")
    useful_share: float = quantity("u", "share", source=DALY, doc="of the time, with restarts and repeated work")
    time_s: float = quantity("T_w", "s", formula=r"\frac{<run_s>}{<useful_share>}", source="definition", doc="with failures")
    interruptions: float = quantity("n", "1", formula=r"\frac{<time_s>}{<mtbf_s>}", source="mean")
    spare_share: float = quantity("x", "share", doc="GPUs that wait as spares, over those that work")
    usd_per_gpu_hour: float = quantity("p", "$", doc="a GPU-hour")
    recovery_usd: float = quantity("C_p", "$", doc="of the recovery plan")
    cost_usd: float = quantity(
        "C", "$", formula=r"<gpus> (1 + <spare_share>) \cdot <usd_per_gpu_hour> \cdot \frac{<time_s>}{3600} + <recovery_usd>", source="rent and plan"
    )
    sources: dict = sources()


def recoveries() -> dict[str, str]:
    """Recovery plans with their titles.

    >>> list(recoveries())
    ['manual', 'automatic', 'hot']
    """
    return {name: plan["title"] for name, plan in load(_FILE)["recovery"].items() if isinstance(plan, dict)}


def quote(gpus: int = 1024, batch: int = 768, recovery: str = "manual") -> FleetQuote:
    """Date and bill of a run to the loss that 3e11 tokens reach at a batch of 1,536 sequences.

    Errors: OutOfRange, UnknownName for a recovery plan. Source: Amdahl 1967, McCandlish et al. 2018, Daly 2006.

    >>> r = quote(2048, 1536, "automatic")
    >>> f"{r.time_s / 86400:.1f} days, ${r.cost_usd / 1e6:.2f} million, {r.interruptions:.0f} interruptions"
    '13.5 days, $1.39 million, 13 interruptions'
    """
    named("recovery plan", recovery, recoveries())
    return _quote(whole("gpus", gpus, high=10**6), whole("batch", batch, high=10**6), recovery)


def neighbours(gpus: int, batch: int, recovery: str) -> tuple[tuple[str, FleetQuote], ...]:
    """The quote itself, named "", then those with one of its three choices changed, named after it. Errors: as `quote`.

    >>> [name for name, _ in neighbours(1024, 768, "manual")][::4]
    ['', '4,096 GPUs', 'batch 1,536', 'automatic restart']
    """
    here = quote(gpus, batch, recovery)
    others = [(f"{n:,} GPUs", (n, batch, recovery)) for n in GPUS] + [(f"batch {b:,}", (gpus, b, recovery)) for b in step_scaling.BATCHES]
    others += [(title, (gpus, batch, name)) for name, title in recoveries().items()]
    return (("", here), *((name, quote(*other)) for name, other in others if other != (gpus, batch, recovery)))


@lru_cache(maxsize=1024)
def _quote(gpus: int, batch: int, recovery: str) -> FleetQuote:
    data, price = load(_FILE)["recovery"], catalog.price(load(_FILE)["price"])
    plan, made = data[recovery], step_scaling.scale_step(gpus, batch, usd_per_gpu_hour=price.usd)
    mtbf = run_mtbf_s(gpus)
    useful = useful_share(data["interval_s"], 0.0, plan["restart_s"], mtbf)
    time = made.run_s / useful
    rent = gpus * (1 + plan["more_gpus_share"]) * price.usd * time / HOUR
    return FleetQuote(
        gpus=gpus, batch=batch, recovery=plan["title"], tokens=made.tokens, tokens_billion=made.tokens / 1e9, step_s=made.step_s, run_s=made.run_s,
        restart_s=plan["restart_s"],
        interval_s=data["interval_s"], mtbf_s=mtbf, useful_share=useful, time_s=time, interruptions=time / mtbf, spare_share=plan["more_gpus_share"],
        usd_per_gpu_hour=price.usd, recovery_usd=plan["usd"], cost_usd=rent + plan["usd"],
        sources=dict.fromkeys(("restart_s", "interval_s", "spare_share", "recovery_usd"), data["source"])
        | {"usd_per_gpu_hour": f"{price.title}: {price.source('usd')}"},
    )  # fmt: skip
