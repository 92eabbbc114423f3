"""A training run on one rented card: when it is done, what it costs, how much text it reads.

A step is a number of micro-batches (accumulation), then one update. The tokens to the target grow with the batch of a
step, the share of the update shrinks with it, and the micro-batch decides memory and rate. Composed of `gpt_step`
(memory, time) and `critical_batch` (tokens). Prices are list prices of 2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, critical_batch, gpt_step
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import non_negative, one_of, whole
from mlsysim.quantity import quantity, sources
from mlsysim.transformer import RECOMPUTATION
from mlsysim.units import HOUR

_FILE = "training/further_training.json"
_STEP, _BATCH = "mlsysim.gpt_step", "McCandlish et al. 2018"
OPTIMIZERS = ("adam", "adam_8bit")


@dataclass(frozen=True, slots=True)
class RentedRun:
    """Further training of one model to a fixed loss, on one card."""

    device: str = quantity(r"\text{card}", "")
    micro_batch: int = quantity("b", "1", doc="sequences at once")
    accumulation: int = quantity("a", "1", doc="micro-batches until the update")
    recomputation: str = quantity(r"\text{recomputation}", "")
    optimizer: str = quantity(r"\text{optimizer}", "")
    sequence: int = quantity("s", "1", doc="tokens a sequence")
    batch_tokens: int = quantity("B", "tokens", formula=r"<micro_batch> \cdot <accumulation> \cdot <sequence>", source="definition", doc="of a step")
    critical_tokens: float = quantity("B_c", "tokens", source="Kaplan et al. 2020")
    fewest_tokens: float = quantity(r"E_{min}", "tokens", doc="at a small batch, with this optimizer")
    tokens: float = quantity(
        "E", "tokens", formula=r"<fewest_tokens> \left(1 + \frac{<batch_tokens>}{<critical_tokens>}\right)", source=_BATCH, doc="read until the loss is reached"
    )
    steps: float = quantity("S", "1", formula=r"\frac{<tokens>}{<batch_tokens>}", source="definition")
    micro_step_s: float = quantity(r"t_\mu", "s", source=_STEP)
    update_s: float = quantity("t_u", "s", source=_STEP)
    efficiency: float = quantity(r"\eta", "share", source=_STEP)
    arithmetic_s: float = quantity("T_O", "s", formula=r"<steps> \cdot <accumulation> \cdot <micro_step_s>", source="sum", doc="all micro-batches")
    updates_s: float = quantity("T_u", "s", formula=r"<steps> \cdot <update_s>", source="sum", doc="all updates")
    run_s: float = quantity("T", "s", formula="<arithmetic_s> + <updates_s>", source="sum")
    wait_s: float = quantity("W", "s", doc="until the card is free")
    done_s: float = quantity("T_d", "s", formula="<wait_s> + <run_s>", source="sum", doc="from now")
    price_usd_per_h: float = quantity("p", "$", doc="an hour")
    cost_usd: float = quantity("C", "$", formula=r"<price_usd_per_h> \cdot \frac{<run_s>}{3600}", source="rent, while it runs")
    peak_bytes: float = quantity(r"M_{peak}", "B", source=_STEP)
    capacity_bytes: float = quantity("M", "B")
    memory_share: float = quantity(r"M_{peak}/M", "share", formula=r"\frac{<peak_bytes>}{<capacity_bytes>}", source="definition")
    update_share: float = quantity("T_u/T", "share", formula=r"\frac{<updates_s>}{<run_s>}", source="definition")
    sources: dict = sources()


def cards() -> dict[str, str]:
    """Cards that can be rented, with their titles.

    >>> list(cards())
    ['l4', 'a100_sxm_40gb', 'a100_sxm_80gb', 'h100_sxm']
    """
    return {name: catalog.device(name).title for name in load(_FILE)["prices"]}


def rent(device: str = "a100_sxm_80gb", micro_batch: int = 1, accumulation: int = 1, recomputation: str = "none", optimizer: str = "adam",
         wait_s: float = 0.0) -> RentedRun:  # fmt: skip
    """The run on one card. Time and cost are also those of a plan that does not fit; `memory_share` says whether it does.

    Optimizer adam or adam_8bit (which needs 5 % more tokens, illustrative). Errors: OutOfRange, UnknownName.
    Source: McCandlish et al. 2018 (tokens over the batch); Korthikanti et al. 2023 (memory).

    >>> r = rent("h100_sxm", 16, 1, "selective", "adam_8bit")
    >>> f"{r.run_s / 3600:.2f} h, ${r.cost_usd:.2f}"
    '2.83 h, $8.45'
    """
    one_of("device", device, load(_FILE)["prices"])
    micro, many = whole("micro_batch", micro_batch, high=10**4), whole("accumulation", accumulation, high=10**6)
    one_of("recomputation", recomputation, RECOMPUTATION)
    one_of("optimizer", optimizer, OPTIMIZERS)
    return _rent(device, micro, many, recomputation, optimizer, single(non_negative, "wait_s", wait_s, high=1e9))


@lru_cache(maxsize=4096)
def _rent(device, micro, many, recomputation, optimizer, wait) -> RentedRun:
    data = load(_FILE)
    step = gpt_step.step(data["model"], micro, recomputation, sequence=data["sequence"], optimizer=optimizer, device=device)
    price = catalog.price(data["prices"][device])
    batch = micro * many * data["sequence"]
    critical = critical_batch.critical_tokens(data["loss_nats"]["value"])
    fewest = data["fewest_tokens"]["value"] * data["penalty"][optimizer]
    tokens = critical_batch.items_to_target(batch, fewest, critical)
    steps = tokens / batch
    arithmetic, updates = steps * many * step.micro_step_s, steps * step.update_s
    run = arithmetic + updates
    return RentedRun(
        device=step.device, micro_batch=micro, accumulation=many, recomputation=recomputation, optimizer=optimizer, sequence=data["sequence"],
        batch_tokens=batch, critical_tokens=critical, fewest_tokens=fewest, tokens=tokens, steps=steps, micro_step_s=step.micro_step_s,
        update_s=step.update_s, efficiency=step.efficiency, arithmetic_s=arithmetic, updates_s=updates, run_s=run, wait_s=wait, done_s=wait + run,
        price_usd_per_h=price.usd_per_accelerator_hour, cost_usd=price.usd_per_accelerator_hour * run / HOUR, peak_bytes=step.peak_bytes,
        capacity_bytes=step.capacity_bytes, memory_share=step.peak_bytes / step.capacity_bytes, update_share=updates / run,
        sources={
            "fewest_tokens": f"{source_of(data['fewest_tokens'])}; {source_of(data['penalty'])}", "capacity_bytes": f"data of {step.device}",
            "price_usd_per_h": f"{price.title}, {price.date}: {price.source('usd')}", "wait_s": "given",
        },
    )  # fmt: skip
