"""A night of federated training on phones, from the trained part to the morning: memory, hours, traffic, and who takes part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.convnet import mobilenet_v2
from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.federated import LONGEST, NEVER, average, rounds_needed
from mlsysim.federated_round import asked, close_early
from mlsysim.phone_training import CLASSES, STRATEGIES, adapt, trained_parameters
from mlsysim.quantity import quantity, series, sources

UPDATES = 3000  # simulated updates a design: enough that shares hold to one point
PASSES = {"full": 3, "norm": 2, "bias": 2, "last": 1}  # forward; gradient of the activations; gradient of the weights
DEMANDS = (  # accuracy, memory, entry-level share, traffic: pairs of a strict and a loose one
    (0.85, 256e6, 0.24, 4e9), (0.88, 256e6, 0.24, 4e9), (0.85, 128e6, 0.21, 8e9), (0.88, 128e6, 0.22, 8e9),
    (0.88, 128e6, 0.21, 4e9), (0.85, 256e6, 0.25, 12e9), (0.88, 256e6, 0.21, 8e9), (0.85, 128e6, 0.24, 2.5e9),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NightPlan:
    """One design of a federated night."""

    trained_part: str = quantity(r"\text{trained}", "")
    batch: int = quantity("B", "1")
    passes: int = quantity("E", "1", doc="local passes over the photos of a phone")
    needed: int = quantity("m", "1", doc="updates a round")
    over_selection: float = quantity("f", "×")
    photos: int = quantity("n", "1", doc="on one phone")
    macs: int = quantity("O", "MAC", doc="forward, an image")
    products: int = quantity("c", "1", doc="matrix products a layer: 3 with weight gradients, 2 without, 1 forward only", source="back-propagation")
    rate_flop_per_s: float = quantity("R", "FLOP/s", doc="of a flagship, at large batches")
    half_batch: float = quantity("h", "1", doc="batch with half of that rate")
    work_s: float = quantity(
        "t_w", "s", formula=r"\frac{<passes> \cdot <photos> \cdot <products> \cdot 2 \cdot <macs>}{<rate_flop_per_s> \cdot <batch>/(<batch> + <half_batch>)}",
        source="work over rate", doc="of a median flagship, a round",
    )  # fmt: skip
    trained: int = quantity("P_t", "1", doc="trained parameters", source="count over the layers")
    expansion: float = quantity("x", "×", doc="of secure aggregation")
    update_bytes: float = quantity("U", "B", formula=r"<expansion> \cdot 4\,\text{B} \cdot <trained>", source="FP32")
    weights_bytes: float = quantity("W", "B", doc="that each phone asked downloads", source="FP32")
    memory_bytes: float = quantity("M", "B", doc="on the phone", source="phone_training")
    rounds: int = quantity("N", "1", doc="until 2 % excess loss; at least, if 300 are not enough", source="federated, one pass as one step (illustrative)")
    round_s: float = quantity("t", "s", doc="mean over the simulated rounds", source="federated_round, simulated")
    failed_share: float = quantity("q", "share", doc="rounds that fail and are repeated", source="federated_round, simulated")
    entry_share: float = quantity("a", "share", doc="entry-level phones among the updates used", source="federated_round, simulated")
    server_s: float = quantity("t_s", "s", doc="between rounds")
    time_s: float = quantity("T", "s", formula=r"\frac{<rounds>}{1 - <failed_share>} (<round_s> + <server_s>)", source="sum of the rounds")
    asked: int = quantity("k", "1", doc="phones a round", formula=r"\lceil <over_selection> \cdot <needed> \rceil", source="definition")
    traffic_bytes: float = quantity(
        "D", "B", formula=r"\frac{<rounds>}{1 - <failed_share>} <asked> (<weights_bytes> + <update_bytes>)", source="download and upload of all phones asked"
    )
    quality_share: float = quantity("A", "share", doc="accuracy after adaptation")
    state: str = quantity(r"\text{state}", "", doc="reached, or never", source="federated")
    path: tuple = series("share", doc="(round, excess loss)")
    sources: dict = sources()


def night(trained_part: str = "full", batch: int = 8, passes: int = 10, needed: int = 10, over_selection: float = 1.3) -> NightPlan:
    """Memory, hours, traffic and accuracy of a federated night with MobileNetV2 at 224 pixels.

    Batch 1–4096, passes 1–1000, 1–100 updates a round, over-selection 1.05–10. Errors: OutOfRange, WrongType.
    Source: phone_training, federated (heterogeneity 1, learning rate 0.1) and federated_round, put together.

    >>> plan = night("norm", 4, 2, 10, 1.2)
    >>> plan.rounds, round(plan.memory_bytes / 1e6), round(plan.time_s / 3600, 2)
    (17, 141, 1.65)
    """
    part, batch, passes = one_of("trained_part", trained_part, STRATEGIES), whole("batch", batch, high=4096), whole("passes", passes, high=1000)
    return _night(part, batch, passes, whole("needed", needed, high=100), single(number, "over_selection", over_selection, low=1.05, high=10.0))


def upload_bytes(needed: int, update_bytes: float, rounds: int, expansion: float = 1.73) -> float:
    """What a server receives: updates a round × bytes × rounds × the factor of secure aggregation. Errors: OutOfRange.

    >>> upload_bytes(100, 1e6, 50)
    8650000000.0
    """
    return whole("needed", needed) * single(positive, "update_bytes", update_bytes) * whole("rounds", rounds) * single(number, "expansion", expansion, low=1.0)


@lru_cache(maxsize=4096)
def _night(part, batch, passes, needed, f) -> NightPlan:
    data, net, trained = load("edge/phone_fleet.json"), mobilenet_v2(224, CLASSES), trained_parameters(part)
    rate, half, photos = data["sustained_flop_per_s"]["value"], data["half_batch"]["value"], data["photos"]["value"]
    work = passes * photos * PASSES[part] * 2 * net.macs / (rate * batch / (batch + half))
    expansion, server = data["expansion"]["value"], data["server_s"]["value"]
    update, weights = expansion * 4 * trained, 4.0 * net.weights
    study = close_early(f, work, update, data["dropout"]["value"], needed=needed, rounds=min(1000, UPDATES // needed))
    reached = rounds_needed(passes, needed)
    rounds, tried = reached or LONGEST, 1 / fraction("closed", max(1 - study.failed_share, 1e-3), open_low=True)
    return NightPlan(
        trained_part=part, batch=batch, passes=passes, needed=needed, over_selection=f, photos=photos, macs=net.macs, products=PASSES[part],
        rate_flop_per_s=rate, half_batch=half, work_s=work, trained=trained, expansion=expansion, update_bytes=update, weights_bytes=weights,
        memory_bytes=adapt(part, batch).memory_bytes, rounds=rounds, round_s=study.mean_s, failed_share=study.failed_share,
        entry_share=study.entry_share, server_s=server, time_s=rounds * tried * (study.mean_s + server), asked=asked(f, needed),
        traffic_bytes=rounds * tried * asked(f, needed) * (weights + update), quality_share=data["quality"][part],
        state="reached" if reached else NEVER, path=average(passes, needed).path,
        sources={
            "photos": source_of(data["photos"]), "rate_flop_per_s": source_of(data["sustained_flop_per_s"]), "half_batch": source_of(data["half_batch"]),
            "macs": "Sandler et al. 2018 (MobileNetV2), Table 2", "expansion": source_of(data["expansion"]), "server_s": source_of(data["server_s"]),
            "quality_share": source_of(data["quality"]),
        },
    )  # fmt: skip
