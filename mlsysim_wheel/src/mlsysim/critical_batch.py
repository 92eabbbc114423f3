"""Batch size: few long steps or many short ones, and the batch that reaches the target soonest.

A batch averages the noise of its examples. Below the critical batch B_c doubling it nearly halves the steps; above, the
average is already good enough, and more examples a step are wasted. A card with a fixed overhead a step wants a large
batch. Time to target multiplies the two. Sources: McCandlish et al. 2018; Kaplan et al. 2020 (B_c of language models).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import pipeline_data
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import named, positive
from mlsysim.quantity import quantity, series, sources

_FILE = "training/batch_tradeoff.json"
_LARGE = "McCandlish et al. 2018"
TAKES = ("overhead", "needed", "waste")
_SPAN = (4, 23)  # powers of two: the batches along the curves, unless the data end long before


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """A training run with one batch size."""

    job: str = quantity(r"\text{job}", "")
    item: str = quantity(r"\text{item}", "", doc="what the batch counts")
    batch: float = quantity("B", "1", doc="images or tokens")
    critical_batch: float = quantity("B_c", "1", source=_LARGE)
    fewest_items: float = quantity(r"E_{min}", "1", doc="examples to the target at a very small batch")
    rate_per_s: float = quantity("r", "1/s", doc="examples a second of a card that no overhead stops")
    overhead_s: float = quantity("t_0", "s", doc="fixed time of a step")
    fewest_steps: float = quantity(
        r"S_{min}", "1", formula=r"\frac{<fewest_items>}{<critical_batch>}", source=_LARGE, doc="steps to the target at a very large batch"
    )
    steps: float = quantity("S", "1", formula=r"<fewest_steps> \left(1 + \frac{<critical_batch>}{<batch>}\right)", source=_LARGE)
    items: float = quantity("E", "1", formula=r"<steps> \cdot <batch>", source=_LARGE, doc="examples read until the target")
    waste: float = quantity(r"E/E_{min}", "×", formula=r"\frac{<items>}{<fewest_items>}", source="definition", doc="examples read, against the fewest")
    step_s: float = quantity("t", "s", formula=r"<overhead_s> + \frac{<batch>}{<rate_per_s>}", source="overhead and arithmetic follow each other")
    throughput_per_s: float = quantity("X", "1/s", formula=r"\frac{<batch>}{<step_s>}", source="definition", doc="examples a second")
    time_s: float = quantity("T", "s", formula=r"<steps> \cdot <step_s>", source="definition", doc="to the target")
    hardware_batch: float = quantity(r"B_{hw}", "1", formula=r"<overhead_s> \cdot <rate_per_s>", source="half of the rate is reached there")
    best_batch: float = quantity("B^*", "1", formula=r"\sqrt{<critical_batch> \cdot <hardware_batch>}", source="dT/dB = 0")
    best_time_s: float = quantity("T^*", "s", source="T at B*")
    slower: float = quantity("T/T^*", "×", formula=r"\frac{<time_s>}{<best_time_s>}", source="definition")
    data_limit: float = quantity("m", "×", source="illustrative", doc="examples that exist, over the fewest")
    exhausted: bool = quantity(r"\text{exhausted}", "", source="E/E_min against the data that exist")
    limit_batch: float = quantity(r"B_m", "1", formula=r"<critical_batch> (<data_limit> - 1)", source="E = m·E_min", doc="largest batch that the data allow")
    overhead_total_s: float = quantity("T_0", "s", formula=r"<steps> \cdot <overhead_s>", source="definition", doc="of T, overhead of all steps")
    needed_s: float = quantity("T_n", "s", formula=r"\frac{<fewest_items>}{<rate_per_s>}", source="definition", doc="of T, examples that any batch must read")
    waste_s: float = quantity(
        "T_w", "s", formula=r"\frac{<items> - <fewest_items>}{<rate_per_s>}", source="definition", doc="of T, examples that only this batch needs"
    )
    takes: str = quantity(r"\text{most}", "", source="largest of overhead, needed, waste", doc="what takes most of the time")
    throughput_curve: tuple[tuple[float, float], ...] = series("1/s", doc="(batch, examples a second)")
    time_curve: tuple[tuple[float, float], ...] = series("s", doc="(batch, time to target)")
    overhead_curve: tuple[tuple[float, float], ...] = series("s", doc="(batch, overhead of all steps)")
    waste_curve: tuple[tuple[float, float], ...] = series("s", doc="(batch, time of the examples that only this batch needs)")
    sources: dict = sources()

    def times_as_long(self, factor: float) -> float:
        """Seconds of a run that takes `factor` times as long, for a mark beside the curve."""
        return factor * self.time_s


def jobs() -> dict[str, str]:
    """Names of the jobs that `choose` knows, with their titles.

    >>> list(jobs())
    ['cifar10', 'imagenet', 'gpt2']
    """
    return {name: job["title"] for name, job in load(_FILE)["jobs"].items()}


def preset(job: str) -> tuple[float, float, float, float]:
    """Critical batch, fewest examples, rate and overhead of a job. Raises UnknownName for another.

    >>> [round(x, 3) for x in preset("cifar10")]
    [900.0, 500000.0, 30000.0, 0.008]
    """
    data = _job(job)
    critical = critical_tokens(data["loss_nats"]["value"]) if "loss_nats" in data else float(data["critical_batch"]["value"])
    rate = pipeline_data.gpu_rate(data["rate_per_s"]["measured"]) if "measured" in data["rate_per_s"] else float(data["rate_per_s"]["value"])
    return critical, float(data["fewest_items"]["value"]), rate, float(data["overhead_s"]["value"])


def critical_tokens(loss_nats: float) -> float:
    """Critical batch of a language model at a loss: 2.1e8 tokens / L^(1/0.21). Errors: OutOfRange.

    >>> round(critical_tokens(3.3), -3)
    713000.0
    """
    law = load(_FILE)["critical_tokens"]
    return law["scale"] / single(positive, "loss_nats", loss_nats, high=100.0) ** (1 / law["exponent"])


def items_to_target(batch: float, fewest_items: float, critical_batch: float) -> float:
    """Examples that a run with this batch reads until the target: E_min (1 + B/B_c). Errors: OutOfRange.

    >>> items_to_target(900, 500_000, 900)
    1000000.0
    """
    batch, critical = single(positive, "batch", batch), single(positive, "critical_batch", critical_batch)
    return single(positive, "fewest_items", fewest_items) * (1 + batch / critical)


def best_batch(critical_batch: float, overhead_s: float, rate_per_s: float) -> float:
    """The batch that reaches the target soonest: √(B_c·t₀·r). Errors: OutOfRange.

    >>> round(best_batch(900, 0.008, 30_000))
    465
    """
    critical = single(positive, "critical_batch", critical_batch)
    return math.sqrt(critical * single(positive, "overhead_s", overhead_s) * single(positive, "rate_per_s", rate_per_s))


def choose(job: str = "cifar10", batch: float = 256, overhead_factor: float = 1.0) -> BatchChoice:
    """Time to target of a job at a batch (images or tokens a step), with its overhead of a step times `overhead_factor`.

    Errors: UnknownName for a job, OutOfRange. Source: McCandlish et al. 2018.

    >>> small, large = choose("cifar10", 256), choose("cifar10", 8192)
    >>> f"{large.throughput_per_s / small.throughput_per_s:.2f} times the images a second, {large.time_s / small.time_s:.2f} times as long"
    '1.88 times the images a second, 4.18 times as long'
    """
    _job(job)
    return _choose(job, single(positive, "batch", batch, high=1e12), single(positive, "overhead_factor", overhead_factor, high=1e6))


def _job(name: str) -> dict:
    known = load(_FILE)["jobs"]
    named("training job", name, known)
    return known[name]


def _time(batch: float, critical: float, fewest: float, rate: float, overhead: float) -> float:
    return items_to_target(batch, fewest, critical) / batch * (overhead + batch / rate)


@lru_cache(maxsize=512)
def _choose(job: str, batch: float, factor: float) -> BatchChoice:
    data, (critical, fewest, rate, own) = _job(job), preset(job)
    overhead = own * factor
    now, best = _time(batch, critical, fewest, rate, overhead), best_batch(critical, overhead, rate)
    limit = load(_FILE)["data_limit"]["value"]
    items = items_to_target(batch, fewest, critical)
    parts = (items / batch * overhead, fewest / rate, (items - fewest) / rate)
    far = max(batch, 4 * critical * (limit - 1))
    span = [2.0 ** (i / 2) for i in range(2 * _SPAN[0], 2 * _SPAN[1] + 1) if 2.0 ** (i / 2) <= far * 1.001]
    words = {k: source_of(data[k]) for k in ("critical_batch", "fewest_items", "rate_per_s", "overhead_s") if k in data}
    return BatchChoice(
        job=data["title"], item=data["item"], batch=batch, critical_batch=critical, fewest_items=fewest, rate_per_s=rate, overhead_s=overhead,
        fewest_steps=fewest / critical, steps=items / batch, items=items, waste=items / fewest, step_s=overhead + batch / rate,
        throughput_per_s=batch / (overhead + batch / rate), time_s=now, hardware_batch=overhead * rate, best_batch=best,
        best_time_s=_time(best, critical, fewest, rate, overhead), slower=now / _time(best, critical, fewest, rate, overhead), data_limit=float(limit),
        exhausted=items > limit * fewest, limit_batch=critical * (limit - 1), overhead_total_s=parts[0], needed_s=parts[1], waste_s=parts[2],
        takes=TAKES[parts.index(max(parts))], throughput_curve=tuple((b, b / (overhead + b / rate)) for b in span),
        time_curve=tuple((b, _time(b, critical, fewest, rate, overhead)) for b in span),
        overhead_curve=tuple((b, items_to_target(b, fewest, critical) / b * overhead) for b in span),
        waste_curve=tuple((b, (items_to_target(b, fewest, critical) - fewest) / rate) for b in span),
        sources=words if "critical_batch" in words else {**words, "critical_batch": load(_FILE)["critical_tokens"]["source"]},
    )  # fmt: skip
