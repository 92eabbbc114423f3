"""A training step over the number of GPUs and the batch: what shrinks, what does not, and what a larger batch costs in tokens.

A step of B sequences on N GPUs takes s + c·B/N: work that is divided over the GPUs, and a fixed part that is not (pipeline
fill, exchange that is not hidden, optimiser). With B fixed this is Amdahl's law; with B growing along with N, Gustafson's.
A larger batch needs more tokens for the same loss (`critical_batch`). s and c are solved from two published rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, critical_batch
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import OutOfRange, non_negative, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import HOUR

_FILE = "training/large_fleets.json"
GPUS = (256, 512, 768, 1024, 2048, 4096, 6144, 8192, 12288)
BATCHES = (384, 768, 1536, 3072, 6144, 12288)
REFERENCE = (1024, 768)  # GPUs and sequences that speed-ups are counted from
AMDAHL, GUSTAFSON = "Amdahl 1967", "Gustafson 1988"
BETTER = ("smaller", "keep", "larger")


@dataclass(frozen=True, slots=True)
class StepScaling:
    """One step, and the run that it makes, at a number of GPUs and a batch."""

    gpus: int = quantity("N", "GPUs")
    batch: int = quantity("B", "1", doc="sequences a step")
    sequence: int = quantity("q", "1", doc="tokens a sequence")
    fixed_s: float = quantity("s", "s", source="solved from two published rows", doc="of a step, whatever the GPUs")
    work_s: float = quantity("c", "s", source="solved from two published rows", doc="of one GPU, a sequence")
    shrinking_s: float = quantity("T_p", "s", formula=r"\frac{<work_s> \cdot <batch>}{<gpus>}", source=AMDAHL, doc="divided over the GPUs")
    step_s: float = quantity("T", "s", formula="<fixed_s> + <shrinking_s>", source=AMDAHL)
    fixed_share: float = quantity("s/T", "share", formula=r"\frac{<fixed_s>}{<step_s>}", source="definition")
    reference_s: float = quantity("T_0", "s", source="the model at 1,024 GPUs and 768 sequences", doc="step")
    speedup: float = quantity(
        "S", "×", formula=r"\frac{<reference_s>}{<step_s>} \cdot \frac{<batch>}{768}", source=f"{AMDAHL}; with a growing batch {GUSTAFSON}",
        doc="sequences a second, against 1,024 GPUs and 768 sequences",
    )  # fmt: skip
    loss_nats: float = quantity("L", "nats", doc="at which the critical batch is taken")
    critical_tokens: float = quantity("B_c", "tokens", source="Kaplan et al. 2020", doc="batch at which steps and examples are traded evenly")
    batch_tokens: float = quantity("b", "tokens", formula=r"<batch> \cdot <sequence>", source="definition")
    fewest_tokens: float = quantity(r"E_{min}", "tokens", source="3e11 at a batch of 1,536 sequences", doc="to the target, at a very small batch")
    tokens: float = quantity(
        "E",
        "tokens",
        formula=r"<fewest_tokens> \left(1 + \frac{<batch_tokens>}{<critical_tokens>}\right)",
        source="McCandlish et al. 2018",
        doc="to the target loss",
    )
    steps: float = quantity("n", "1", formula=r"\frac{<tokens>}{<batch_tokens>}", source="definition")
    run_s: float = quantity("T_r", "s", formula=r"<steps> \cdot <step_s>", source="definition", doc="without failures")
    usd_per_gpu_hour: float = quantity("p", "$", doc="a GPU-hour")
    cost_usd: float = quantity("C", "$", formula=r"<gpus> \cdot <usd_per_gpu_hour> \cdot \frac{<run_s>}{3600}", source="rent")
    half_batch_run_s: float = quantity(r"T_r(B/2)", "s", source="the run with half the batch")
    double_batch_run_s: float = quantity(r"T_r(2B)", "s", source="the run with twice the batch")
    better_batch: str = quantity(
        r"\text{better}", "", source="the shortest of the three runs", doc="batch for these GPUs: smaller (half), keep, larger (double)"
    )
    worst_error_share: float = quantity("e", "share", source="largest error of the step time over all published rows")
    curve: tuple[tuple[float, float], ...] = series("s", doc="(GPUs, step) at this batch")
    ideal: tuple[tuple[float, float], ...] = series("s", doc="(GPUs, step) if all of the step at 256 GPUs were divided")
    published: tuple[tuple[float, float, str], ...] = series("s", doc="(GPUs, step, batch) as published")
    batch_curve: tuple[tuple[float, float], ...] = series("s", doc="(batch, run) on these GPUs")
    sources: dict = sources()

    def step_at_speedup(self, factor: float) -> float:
        """The step in seconds that would make this batch `factor` times as fast, for a mark in the chart."""
        return self.reference_s / factor * self.batch / REFERENCE[1]


def split(gpus: float, step_s: float, more_gpus: float, shorter_s: float) -> tuple[float, float]:
    """Fixed part (seconds) and divided part (GPU-seconds) of a step, from two measured times at the same batch.

    Errors: OutOfRange where the second has not more GPUs, or is faster than in proportion to them. Source: Amdahl 1967.

    >>> s, work = split(256, 40.0, 1024, 11.9)
    >>> round(s, 3), round(work)
    (2.533, 9591)
    """
    n1, t1 = single(positive, "gpus", gpus, high=1e12), single(positive, "step_s", step_s, high=1e12)
    n2, t2 = single(positive, "more_gpus", more_gpus, high=1e12), single(positive, "shorter_s", shorter_s, high=1e12)
    if n2 <= n1:
        raise OutOfRange(f"more_gpus is {more_gpus!r}, but must be above gpus, {gpus!r}.")
    if not t1 * n1 / n2 * (1 - 1e-9) <= t2 <= t1:  # with room for rounding
        raise OutOfRange(f"shorter_s is {shorter_s!r}, but must lie between {t1 * n1 / n2:g}, in proportion to the GPUs, and {t1:g}.")
    fixed = max(0.0, (n2 * t2 - n1 * t1) / (n2 - n1))
    return fixed, (t1 - fixed) * n1


def step_at(gpus: float, fixed_s: float, work_s: float) -> float:
    """Seconds of a step: fixed part and `work_s` GPU-seconds divided over the GPUs. Errors: OutOfRange. Source: Amdahl 1967.

    >>> round(step_at(12288, *split(256, 40.0, 1024, 11.9)), 2)
    3.31
    """
    n = single(positive, "gpus", gpus, high=1e12)
    return single(non_negative, "fixed_s", fixed_s, high=1e15) + single(non_negative, "work_s", work_s, high=1e15) / n


def fitted() -> tuple[float, float]:
    """Fixed seconds of a step of a 175-billion model, and GPU-seconds a sequence, from the first and fourth published row.

    >>> [round(x, 2) for x in fitted()]
    [2.53, 12.49]
    """
    data = load(_FILE)["steps"]
    (n1, batch, t1), (n2, _, t2) = (data["rows"][i] for i in data["fit"])
    fixed, work = split(n1, t1, n2, t2)
    return fixed, work / batch


def tokens_to_target(batch: float, loss_nats: float = 2.0) -> float:
    """Tokens that a batch (sequences of 2,048 tokens) reads to the same loss; 3e11 at 1,536. Errors: OutOfRange. Source: McCandlish et al. 2018.

    >>> f"{tokens_to_target(6144):.3g}"
    '5.6e+11'
    """
    tokens, fewest, critical = _law(single(positive, "batch", batch, high=1e9), single(positive, "loss_nats", loss_nats, high=10.0))
    return critical_batch.items_to_target(tokens, fewest, critical)


def scale_step(gpus: int = 12288, batch: int = 768, loss_nats: float = 2.0, usd_per_gpu_hour: float = 2.0) -> StepScaling:
    """A step of a 175-billion model on `gpus` A100s with `batch` sequences, and the run to the target loss.

    The loss (nats a token) sets the critical batch. Errors: OutOfRange. Source: Amdahl 1967, McCandlish et al. 2018.

    >>> r = scale_step()
    >>> f"{r.step_s:.2f} s, {r.speedup:.2f} times as fast on 12 times the GPUs"
    '3.31 s, 3.59 times as fast on 12 times the GPUs'
    """
    return _scale(
        whole("gpus", gpus, high=10**7), whole("batch", batch, high=10**7), single(positive, "loss_nats", loss_nats, high=10.0),
        single(positive, "usd_per_gpu_hour", usd_per_gpu_hour, high=1e6),
    )  # fmt: skip


def _law(batch: float, loss: float) -> tuple[float, float, float]:
    """Tokens of the batch, fewest tokens to the target, critical batch."""
    data = load(_FILE)["steps"]
    critical = critical_batch.critical_tokens(loss)
    return batch * data["sequence"], data["tokens"] / critical_batch.items_to_target(data["tokens_batch"] * data["sequence"], 1.0, critical), critical


def _run(gpus: float, batch: float, loss: float, fixed: float, work: float) -> float:
    return tokens_to_target(batch, loss) / (batch * load(_FILE)["steps"]["sequence"]) * step_at(gpus, fixed, work * batch)


@lru_cache(maxsize=2048)
def _scale(gpus: int, batch: int, loss: float, usd: float) -> StepScaling:
    data, (fixed, work) = load(_FILE)["steps"], fitted()
    size, fewest, critical = _law(batch, loss)
    step, tokens, run = step_at(gpus, fixed, work * batch), tokens_to_target(batch, loss), _run(gpus, batch, loss, fixed, work)
    half, double = (_run(gpus, b, loss, fixed, work) for b in (batch / 2, 2 * batch))
    first = step_at(GPUS[0], fixed, work * batch)
    batches = [BATCHES[0] * 2.0 ** (i / 4) for i in range(21)]
    return StepScaling(
        gpus=gpus, batch=batch, sequence=data["sequence"], fixed_s=fixed, work_s=work, shrinking_s=step - fixed, step_s=step, fixed_share=fixed / step,
        reference_s=step_at(REFERENCE[0], fixed, work * REFERENCE[1]), speedup=step_at(REFERENCE[0], fixed, work * REFERENCE[1]) / step * batch / REFERENCE[1],
        loss_nats=loss, critical_tokens=critical, batch_tokens=size, fewest_tokens=fewest, tokens=tokens, steps=tokens / size, run_s=run,
        usd_per_gpu_hour=usd, cost_usd=gpus * usd * run / HOUR, half_batch_run_s=half, double_batch_run_s=double,
        better_batch=BETTER[(half, run, double).index(min(half, run, double))],
        worst_error_share=max(abs(step_at(n, fixed, work * b) / t - 1) for n, b, t in data["rows"]),
        curve=tuple((float(n), step_at(n, fixed, work * batch)) for n in GPUS), ideal=tuple((float(n), first * GPUS[0] / n) for n in (GPUS[0], GPUS[-1])),
        published=tuple((float(n), t, f"{b:,}") for n, b, t in data["rows"]),
        batch_curve=tuple((b, _run(gpus, b, loss, fixed, work)) for b in batches),
        sources={
            "fixed_s": data["source"], "work_s": data["source"], "fewest_tokens": data["tokens_source"],
            "critical_tokens": load("training/batch_tradeoff.json")["critical_tokens"]["source"],
            "usd_per_gpu_hour": f"asked; $2: {catalog.price(load(_FILE)['price']).source('usd')}",
        },
    )  # fmt: skip
