"""A model trained on records of people and sold by API: what it reveals about them, and what the API gives away.

Source: `private_training`, `membership` and `logit_extraction`, put together.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._remembered import remembered
from mlsysim.logit_extraction import extract
from mlsysim.membership import attack
from mlsysim.private_training import train_privately
from mlsysim.quantity import quantity, sources


@dataclass(frozen=True, slots=True)
class Release:
    """One way to train the assistant and to sell it."""

    epsilon: float = quantity(r"\epsilon", "1", source="private_training", doc="at δ = 10⁻⁶")
    ceiling_share: float = quantity(
        "p^*", "share", source="membership, at a false-positive rate of 0.1 % and equal odds", doc="of those named by the best conceivable attack, members"
    )
    loss_points: float = quantity("L", "points", source="private_training", doc="accuracy lost to the noise")
    memory_bytes: float = quantity("M", "B", source="private_training")
    time_s: float = quantity("t", "s", source="private_training")
    noise_ratio: float = quantity("n", "×", source="private_training", doc="noise on the averaged gradient over the clipping norm")
    scores: int = quantity("k", "1", source="logit_extraction", doc="scores in an answer")
    rate_per_s: float = quantity("r", "1/s", doc="queries that one customer may send")
    cost_usd: float = quantity("C", "$", source="logit_extraction", doc="to take the output layer")
    changed_share: float = quantity("x", "share", source="logit_extraction", doc="top answers that the noise changes")
    sources: dict = sources()


@remembered(4096)
def release(
    batch: float = 256,
    noise_multiplier: float = 1.0,
    epochs: float = 20,
    clipping: str = "per-example",
    api: str = "top-5 + bias",
    noise_nats: float = 0.0,
    rate_per_s: float = 20.0,
) -> Release:
    """Privacy, accuracy, memory and time of training on 100,000 records, and the price of the output layer through the API.

    Errors: OutOfRange, as in the three models. Source: `private_training`, `logit_extraction`.

    >>> r = release(512, 1.2, 40, api="top-5 only")
    >>> round(r.epsilon, 2), round(r.loss_points, 2), r.cost_usd
    (2.58, 1.72, inf)
    """
    run, taken = train_privately(batch, noise_multiplier, epochs, clipping=clipping), extract(api, noise_nats, rate_per_s)
    ceiling = attack(min(run.epsilon, 700.0)).ceiling_share
    return Release(
        run.epsilon,
        ceiling,
        run.loss_points,
        run.memory_bytes,
        run.time_s,
        run.noise_ratio,
        taken.scores,
        taken.rate_per_s,
        taken.cost_usd,
        taken.changed_share,
    )
