"""Fine-tuning with noisy gradients: what it reveals, what it costs in accuracy, memory and time.

DP-SGD clips the gradient of every example and adds noise to their sum. ε comes from `privacy_accounting`. The loss of accuracy
follows x = √(E·B·N/(256·60,000))/σ, a fit to three published MNIST runs that is borrowed for another model: illustrative.
Source: Abadi et al. 2016 (DP-SGD); Li et al. 2022 (ghost clipping).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import instance, one_of, positive
from mlsysim.privacy_accounting import PrivacyLoss, privacy_loss
from mlsysim.quantity import quantity, sources
from mlsysim.training_memory import GRADIENT_BYTES, OPTIMIZER_BYTES, WEIGHT_BYTES

FILE = "private_assistant.json"
CLIPPINGS = ("per-example", "ghost")
BATCHES, EPOCHS = (64, 256, 512, 1024, 4096, 16384), (5, 10, 20, 40, 80)
FULL, MEANINGLESS, OK = "out of memory", "no meaningful guarantee", "ok"
WEAK_EPSILON = 10.0  # the tutorial of TensorFlow Privacy: "usually less than 10"
SAVERS = ("batch", "epochs", "same")
_FELT = 1.05
_FLOAT_BYTES = 4.0


@dataclass(frozen=True, slots=True)
class PrivateRun:
    """One run of DP-SGD."""

    privacy: PrivacyLoss
    clipping: str = quantity(r"\text{clipping}", "")
    parameters: float = quantity("P", "1", doc="that are trained")
    noise_multiplier: float = quantity(r"\sigma", "1")
    batch: float = quantity("B", "1")
    epochs: float = quantity("E", "1")
    records: float = quantity("N", "1")
    epsilon: float = quantity(r"\epsilon", "1", source="Rényi accounting, see the lines of the privacy loss")
    gradient_bytes: float = quantity("M_g", "B", source="4·B·P with gradients of every example; 0 with ghost clipping")
    state_bytes: float = quantity(
        "M_s", "B", formula=rf"{WEIGHT_BYTES + GRADIENT_BYTES + OPTIMIZER_BYTES:g} <parameters>", source="Rajbhandari et al. 2020: Adam in mixed precision"
    )
    fixed_bytes: float = quantity("M_0", "B")
    memory_bytes: float = quantity("M", "B", formula="<gradient_bytes> + <state_bytes> + <fixed_bytes>", source="sum")
    capacity_bytes: float = quantity("C", "B")
    slowdown: float = quantity("s", "×", doc="against training without clipping")
    records_per_s: float = quantity("r", "1/s", doc="without clipping")
    time_s: float = quantity("t", "s", formula=r"\frac{<slowdown> <epochs> <records>}{<records_per_s>}", source="definition of a rate")
    noise_ratio: float = quantity(
        "n",
        "×",
        formula=r"\frac{<noise_multiplier> \sqrt{<parameters>}}{<batch>}",
        source="length of a Gaussian vector",
        doc="noise on the averaged gradient over the clipping norm",
    )
    signal: float = quantity(
        "x",
        "1",
        formula=r"\frac{1}{<noise_multiplier>}\sqrt{\frac{<epochs> <batch> <records>}{256 \cdot 60000}}",
        source="as the gradient sums up over the noise",
    )
    loss_points: float = quantity("L", "points", doc="accuracy lost against training without noise")
    state: str = quantity(r"\text{state}", "", source="memory above the GPU's; else ε above 10")
    sources: dict = sources()


@remembered(512)
def train_privately(
    batch: float = 256, noise_multiplier: float = 1.0, epochs: float = 20, records: float = 100_000, clipping: str = "per-example"
) -> PrivateRun:
    """ε (at δ = 10⁻⁶), accuracy loss, memory and time of `epochs` passes with samples of mean size `batch`.

    Errors: OutOfRange for a batch above the records, noise below 0.1, another clipping. Source: Abadi et al. 2016.

    >>> [round(train_privately(b).epsilon, 2) for b in (256, 1024, 4096)]
    [1.92, 3.77, 8.16]
    """
    one_of("clipping", clipping, CLIPPINGS)
    data = load(FILE)
    given = {name: data[name]["value"] for name in ("parameters", "fixed_bytes", "capacity_bytes", "records_per_s")}
    privacy = privacy_loss(records, batch, epochs, noise_multiplier, data["delta"]["value"])
    kind, batch, epochs, records, noise = data["clipping"][clipping], privacy.batch, privacy.epochs, privacy.examples, privacy.noise_multiplier
    gradients = _FLOAT_BYTES * batch * given["parameters"] if kind["gradients"] else 0.0
    held = (WEIGHT_BYTES + GRADIENT_BYTES + OPTIMIZER_BYTES) * given["parameters"]
    memory = gradients + held + given["fixed_bytes"]
    slowdown, rate = kind["slowdown"], given["records_per_s"]
    signal, loss = _accuracy(batch, noise, epochs, records)
    state = FULL if memory > given["capacity_bytes"] else MEANINGLESS if privacy.epsilon > WEAK_EPSILON else OK
    return PrivateRun(
        privacy, clipping, given["parameters"], noise, batch, epochs, records, privacy.epsilon, gradients, held, given["fixed_bytes"], memory,
        given["capacity_bytes"], slowdown, rate, slowdown * epochs * records / rate, noise * math.sqrt(given["parameters"]) / batch, signal, loss, state,
        sources={**{name: source_of(data[name]) for name in given}, "slowdown": kind["source"], "loss_points": data["accuracy"]["source"]},
    )  # fmt: skip


def accuracy_loss(batch: float, noise_multiplier: float, epochs: float, records: float) -> float:
    """Points of accuracy that noise costs: 4.0·(2.635/x)^0.65 with x = √(E·B·N/(256·60,000))/σ, at most 89 (guessing among ten).

    Errors: OutOfRange. Source: fit to the tutorial of TensorFlow Privacy (4.0, 2.4 and 1.7 points); borrowed for other models.

    >>> [round(accuracy_loss(256, s, e, 60_000), 2) for s, e in ((1.2, 10), (1.12, 60), (0.6, 30))]
    [4.0, 2.14, 1.78]
    """
    given = (("batch", batch), ("noise_multiplier", noise_multiplier), ("epochs", epochs), ("records", records))
    return _accuracy(*(single(positive, name, value, high=1e15) for name, value in given))[1]


def _accuracy(batch, noise, epochs, records) -> tuple[float, float]:
    fit = load(FILE)["accuracy"]
    signal = math.sqrt(epochs * batch * records / (fit["batch"] * fit["records"])) / noise
    return signal, min(fit["most_points"], fit["points"] * (fit["signal"] / signal) ** fit["exponent"])


def over_batches(run: PrivateRun) -> tuple[tuple[float, tuple[tuple[float, float], ...]], ...]:
    """ε of other batches and epochs with the noise and records of a run: (epochs, ((batch, ε), …)), fewest epochs first.

    >>> [round(points[1][1], 2) for _, points in over_batches(train_privately())]
    [1.52, 1.65, 1.92, 2.47, 3.4]
    """
    _is_run(run)
    return _lines(run.noise_multiplier, run.records)


@lru_cache(maxsize=64)
def _lines(noise: float, records: float):
    return tuple((e, tuple((b, privacy_loss(records, b, e, noise, load(FILE)["delta"]["value"]).epsilon) for b in BATCHES if b <= records)) for e in EPOCHS)


def which_saves(run: PrivateRun) -> str:
    """Which lowers ε more, a quarter of the batch or a quarter of the epochs: one of SAVERS ("same": within 5 %).

    >>> which_saves(train_privately()), which_saves(train_privately(4096, 4.0, 80))
    ('batch', 'same')
    """
    _is_run(run)
    by_batch = train_privately(run.batch / 4, run.noise_multiplier, run.epochs, run.records, run.clipping).epsilon
    by_epochs = train_privately(run.batch, run.noise_multiplier, run.epochs / 4, run.records, run.clipping).epsilon
    return SAVERS[0] if by_epochs > _FELT * by_batch else SAVERS[1] if by_batch > _FELT * by_epochs else SAVERS[2]


def _is_run(run) -> None:
    instance("run", run, PrivateRun, "a result of train_privately")
