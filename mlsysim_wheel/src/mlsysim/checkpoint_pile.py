"""What checkpoints pile up in a store: how many are kept, how many bytes, what they cost, how old the oldest is.

Checkpoint j is written at the end of interval j and stays as long as a rule of retention says: all of them, the last three, or
grandfather-father-son (the last three, the last of each day for seven days, the last of each week for ever). A checkpoint that
stores only the difference to the first of its day needs that first one, which is kept with it.
Sources: Eisenman et al. 2022, Check-N-Run (differences and fewer bits); sizes and copies in data/store_customers.json; prices in
data/storage.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import flag, named, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.reliability import run_mtbf_s
from mlsysim.units import DAY, GB, MINUTE

INTERVALS_MIN = (5, 10, 15, 30, 60, 120)
RETENTIONS = ("all", "last 3", "grandfather")
MODES = ("full", "8-bit", "difference")
RUN_DAYS, WEEK_DAYS, LAST = 54, 7, 3
MONTH_DAYS = 30.4
TIERS = ("parallel_file_system", "object_store", "object_store_archive")  # hot, warm, cold
OVERRUN, OK = "the next one starts before the last one is written", "ok"
BROKEN_AGO_S = 10 * DAY
DATASET = "llama3_tokens"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rule of retention leaves of a run of checkpoints, in units of one full checkpoint."""

    count: int
    stored: float  # at the end
    checkpoint_days: float  # the sum over the run of what is stored, one entry a checkpoint, divided by checkpoints a day
    ages_s: tuple[float, ...]  # of the kept ones at the end, the oldest first
    by_day: tuple[float, ...]  # stored at the end of each day, from day 0 on
    tiers_end: tuple[float, float, float]  # stored at the end: the last three, up to a week old, older
    tiers_days: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pile:
    """The checkpoints of a run: writing, stalling, storing, paying, going back."""

    model: str = quantity(r"\text{model}", "")
    retention: str = quantity(r"\text{retention}", "")
    mode: str = quantity(r"\text{mode}", "")
    tiered: bool = quantity(r"\text{tiers}", "", doc="the last three in a file system, up to a week in the object store, older ones in the archive")
    asynchronous: bool = quantity(r"\text{asynchronous}", "", doc="training waits only for the copy to host memory")
    checkpoint_bytes: float = quantity("s", "B", doc="a full one")
    mean_share: float = quantity(r"\mu", "share", doc="bytes of a checkpoint, mean over a day, against a full one")
    written_bytes: float = quantity("s_w", "B", formula="<mean_share> <checkpoint_bytes>", source="definition", doc="mean of a checkpoint")
    interval_s: float = quantity(r"\tau", "s")
    run_s: float = quantity("T", "s")
    checkpoints: int = quantity("n", "1", formula=r"\frac{<run_s>}{<interval_s>}", source="definition", doc="written")
    kept: int = quantity("k", "1", source="rule of retention", doc="of them at the end")
    stored_bytes: float = quantity("S", "B", source="sum over the kept ones", doc="at the end")
    dataset_bytes: float = quantity("D", "B", doc="training tokens of Llama 3 405B")
    dataset_factor: float = quantity("S/D", "×", formula=r"\frac{<stored_bytes>}{<dataset_bytes>}", source="definition")
    run_usd: float = quantity("K", "USD", source="stored bytes · price, added up checkpoint by checkpoint", doc="storage during the run")
    month_usd: float = quantity("K_m", "USD", source="stored bytes · price a GB-month", doc="storage of the month after the run")
    write_bytes_per_s: float = quantity("W", "B/s", doc="of the whole fleet into the store")
    write_s: float = quantity("t_w", "s", formula=r"\frac{<written_bytes>}{<write_bytes_per_s>}", source="rate")
    duty_share: float = quantity(
        "d", "share", formula=r"\frac{<write_s>}{<interval_s>}", source="definition", doc="of the time the store is writing; 1 and more: load beyond it"
    )
    gpus: int = quantity("N", "1")
    host_copy_bytes_per_s: float = quantity("c", "B/s", doc="of one GPU to host memory")
    blocked_s: float = quantity("b", "s", source="blocking: the write; asynchronous: the copy of a GPU's part to host memory", doc="training stands still")
    blocked_share: float = quantity(r"\beta", "share", formula=r"\frac{<blocked_s>}{<interval_s> + <blocked_s>}", source="definition")
    mtbf_s: float = quantity(
        "M", "s", source="419 interruptions in 54 days on 16,384 H100 (Grattafiori et al. 2024), by number of GPUs", doc="between interruptions"
    )
    lost_s: float = quantity(
        "l", "s", formula=r"\frac{<interval_s>}{2}", source="a failure strikes anywhere in an interval", doc="work lost by an interruption, on average"
    )
    oldest_s: float = quantity("a", "s", source="rule of retention", doc="age of the oldest one kept")
    older: int = quantity("k_{10}", "1", source="rule of retention", doc="kept ones from before ten days ago")
    state: str = quantity(r"\text{state}", "")
    days: tuple = series("B", doc="(retention, stored at the end of each day)")
    ages: tuple = series("s", doc="(retention, ages of what is kept)")
    sources: dict = sources()


def checkpoint_names() -> tuple[str, ...]:
    """Names of the models whose checkpoints are known.

    >>> checkpoint_names()
    ('llm_405b', 'llm_8b', 'recommender')
    """
    return tuple(load("store_customers.json")["checkpoints"])


def state_bytes(parameters: float) -> float:
    """A full checkpoint with the optimiser's state: 14 bytes a parameter. Errors: OutOfRange. Source: BigScience 2022.

    >>> state_bytes(8.03e9)
    112420000000.0
    """
    return load("store_customers.json")["bytes_per_parameter"]["value"] * single(positive, "parameters", parameters)


def checkpoint_bytes(model: str) -> float:
    """A full checkpoint of a model by name. Errors: UnknownName.

    >>> round(checkpoint_bytes("llm_405b") / 1e12, 2)
    5.68
    """
    entry = _entry(model)
    return float(entry["bytes"]) if "bytes" in entry else state_bytes(catalog.model(entry["model"]).parameters)


def pile_of_all_bytes(parameters: float, days: float, interval_min: float) -> float:
    """What a run writes if nobody deletes: 14·P·days·1440/interval. Errors: OutOfRange.

    >>> round(pile_of_all_bytes(405.85e9, 54, 30) / 1e15, 1)
    14.7
    """
    return state_bytes(parameters) * single(positive, "days", days) * DAY / MINUTE / single(positive, "interval_min", interval_min)


def blocked_s(written_bytes: float, write_bytes_per_s: float, gpus: int, asynchronous: bool) -> float:
    """How long training stands still for a checkpoint: the write, or the copy of each GPU's part to host memory.

    Errors: OutOfRange. Source: rates; 25 GB/s a GPU (illustrative).

    >>> round(blocked_s(112.42e9, 10e9, 512, False), 2), round(blocked_s(112.42e9, 10e9, 512, True), 4)
    (11.24, 0.0088)
    """
    size, rate = single(positive, "written_bytes", written_bytes), single(positive, "write_bytes_per_s", write_bytes_per_s)
    gpus = whole("gpus", gpus)
    return size / gpus / load("store_customers.json")["host_copy"]["bytes_per_s"] if flag("asynchronous", asynchronous) else size / rate


def keep(interval_min: int, retention: str = "all", mode: str = "full", days: int = RUN_DAYS) -> Kept:
    """What is left of the checkpoints of a run of whole `days`. Errors: OutOfRange.

    >>> keep(30, "grandfather").count, keep(30, "last 3").count
    (16, 3)
    """
    interval = one_of("interval_min", interval_min, INTERVALS_MIN)
    return _keep(interval, one_of("retention", retention, RETENTIONS), one_of("mode", mode, MODES), whole("days", days, high=1000))


def pile(
    interval_min: int = 30,
    retention: str = "all",
    mode: str = "full",
    model: str = "llm_405b",
    write_bytes_per_s: float = 2e12,
    asynchronous: bool = True,
    tiered: bool = False,
) -> Pile:
    """The checkpoints of a run of 54 days. Errors: UnknownName, OutOfRange.

    >>> p = pile()
    >>> f"{p.stored_bytes / 1e15:.1f} PB, {p.dataset_factor:.0f} times the tokens, ${p.run_usd:,.0f}, ${p.month_usd:,.0f} a month"
    '14.7 PB, 236 times the tokens, $300,964, $338,732 a month'
    """
    interval, entry, size = one_of("interval_min", interval_min, INTERVALS_MIN), _entry(model), checkpoint_bytes(model)
    found = keep(interval, retention, mode)
    rate, tiered = single(positive, "write_bytes_per_s", write_bytes_per_s), flag("tiered", tiered)
    mean, tau = _mean_share(interval, mode), interval * MINUTE
    written, data = mean * size, catalog.dataset(DATASET)
    prices = [catalog.storage_tier(name).price_usd_per_gb_month for name in (TIERS if tiered else TIERS[1:2] * 3)]
    stall = blocked_s(written, rate, entry["gpus"], asynchronous)
    known = {name: found if name == retention else keep(interval, name, mode) for name in RETENTIONS}
    made = load("store_customers.json")
    return Pile(
        model=entry["title"],
        retention=retention,
        mode=mode,
        tiered=tiered,
        asynchronous=asynchronous,
        checkpoint_bytes=size,
        mean_share=mean,
        written_bytes=written,
        interval_s=tau,
        run_s=RUN_DAYS * DAY,
        checkpoints=round(RUN_DAYS * DAY / tau),
        kept=found.count,
        stored_bytes=found.stored * size,
        dataset_bytes=data.stored_bytes,
        dataset_factor=found.stored * size / data.stored_bytes,
        run_usd=sum(days * price for days, price in zip(found.tiers_days, prices, strict=True)) * size / GB / MONTH_DAYS,
        month_usd=sum(end * price for end, price in zip(found.tiers_end, prices, strict=True)) * size / GB,
        write_bytes_per_s=rate,
        write_s=written / rate,
        duty_share=written / rate / tau,
        gpus=entry["gpus"],
        host_copy_bytes_per_s=made["host_copy"]["bytes_per_s"],
        blocked_s=stall,
        blocked_share=stall / (tau + stall),
        mtbf_s=run_mtbf_s(entry["gpus"]),
        lost_s=tau / 2,
        oldest_s=found.ages_s[0],
        older=sum(age > BROKEN_AGO_S for age in found.ages_s),
        state=OVERRUN if written / rate >= tau else OK,
        days=tuple((name, tuple(x * size for x in k.by_day)) for name, k in known.items()),
        ages=tuple((name, k.ages_s) for name, k in known.items()),
        sources={
            "checkpoint_bytes": "an embedding table of 12 TB (illustrative)" if "bytes" in entry else made["bytes_per_parameter"]["source"],
            "mean_share": made["modes_source"],
            "dataset_bytes": data.source("stored_bytes"),
            "host_copy_bytes_per_s": made["host_copy"]["source"],
        },
    )


def _entry(model: str) -> dict:
    known = load("store_customers.json")["checkpoints"]
    named("model", model, known)
    return known[model]


def _mean_share(interval: int, mode: str) -> float:
    part, a_day = load("store_customers.json")["modes"][mode], round(DAY / MINUTE) // interval
    return (1 + (a_day - 1) * part) / a_day if mode == "difference" else part


@lru_cache(maxsize=256)
def _keep(interval: int, retention: str, mode: str, days: int) -> Kept:
    a_day = round(DAY / MINUTE) // interval
    end, week = days * a_day, WEEK_DAYS * a_day
    part = load("store_customers.json")["modes"][mode]
    last = [0] * (end + 1)  # number of the last checkpoint at whose writing j is still kept
    for j in range(1, end + 1):
        if retention == "all" or (retention == "grandfather" and j % week == 0):
            last[j] = end
        else:
            last[j] = min(end, j + (week if retention == "grandfather" and j % a_day == 0 else LAST - 1))
    size = [part if mode != "full" else 1.0] * (end + 1)
    if mode == "difference":
        for first in range(1, end + 1, a_day):
            size[first], last[first] = 1.0, max(last[first : first + a_day])
    by_day, tiers_days, tiers_end = [0.0] * (days + 1), [0.0] * 3, [0.0] * 3
    for j in range(1, end + 1):
        s, until = size[j], last[j]
        for d in range(-(-j // a_day), until // a_day + 1):
            by_day[d] += s
        hot, warm = min(until, j + LAST - 1), min(until, j + week)
        tiers_days[0] += s * (hot - j + 1)
        tiers_days[1] += s * (max(hot, warm) - hot)
        tiers_days[2] += s * (until - max(hot, warm))
    kept = [j for j in range(1, end + 1) if last[j] == end]
    for j in kept:
        tiers_end[0 if end - j < LAST else 1 if end - j <= week else 2] += size[j]
    stored = sum(size[j] for j in kept)
    ages = tuple((end - j) * interval * MINUTE for j in kept)
    spread = tuple(t / a_day for t in tiers_days)
    return Kept(len(kept), stored, sum(spread), ages, tuple(by_day), tuple(tiers_end), spread)
