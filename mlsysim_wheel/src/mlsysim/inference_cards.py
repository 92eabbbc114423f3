"""Accelerator cards as an inference benchmark measured them: time of a batch of images, and what an hour costs.

A batch of b images takes t(b) = max(t₀, b/r): the floor t₀ is the launch of every kernel, whatever the batch; r is the
rate of a card that is full. `InferenceCard.measured` has the rows that the two were fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import UnknownName, instance, non_negative, number, one_of, positive

PRECISIONS = ("mixed", "fp32")
BATCH_LAW = "fit max(t₀, b/r) to the measured rows"


@dataclass(frozen=True, slots=True)
class InferenceCard:
    """A card that serves one network at one precision."""

    name: str
    title: str
    precision: str
    floor_s: float  # time of a batch of one
    rate_per_s: float  # items a second of a full card
    price_usd_per_h: float
    measured: tuple[tuple[int, float], ...] = ()  # (batch, seconds)
    sources: dict = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "floor_s", single(positive, "floor_s", self.floor_s))
        object.__setattr__(self, "rate_per_s", single(positive, "rate_per_s", self.rate_per_s))
        object.__setattr__(self, "price_usd_per_h", single(non_negative, "price_usd_per_h", self.price_usd_per_h))

    def batch_time_s(self, batch: float) -> float:
        """t(b) = max(t₀, b/r) in seconds; a mean batch may be fractional. Errors: OutOfRange below 1."""
        return max(self.floor_s, single(number, "batch", batch, low=1.0) / self.rate_per_s)

    def capacity_per_s(self, batch: float) -> float:
        """Items a second with batches of this size: b/t(b), the highest rate at which the queue stays finite."""
        return batch / self.batch_time_s(batch)


def inference_card(name: str, precision: str = "mixed") -> InferenceCard:
    """A measured card ("t4" or "v100") serving ResNet-50 in "mixed" precision or "fp32". Errors: UnknownName, OutOfRange.

    Source: NVIDIA DeepLearningExamples, ResNet-50 v1.5 (2021); price: Google Cloud list 2024.

    >>> card = inference_card("T4")
    >>> [round(card.batch_time_s(b) * 1e3, 1) for b in (1, 16, 64)]
    [12.9, 13.4, 53.8]
    """
    one_of("precision", precision, PRECISIONS)
    instance("card", name, str, "the name of a card or an InferenceCard")
    return _card(name.lower(), precision)


def card_names() -> tuple[str, ...]:
    """The names of the measured cards."""
    return tuple(load("serving/cards.json")["cards"])


def as_card(card, precision: str) -> InferenceCard:
    """The card itself, or the measured card of that name."""
    one_of("precision", precision, PRECISIONS)
    return card if isinstance(card, InferenceCard) else inference_card(card, precision)


@cache
def _card(name: str, precision: str) -> InferenceCard:
    data = load("serving/cards.json")
    if name not in data["cards"]:
        raise UnknownName("inference card", name, data["cards"])
    raw = data["cards"][name]
    rate = raw["rate_per_s"][precision]
    return InferenceCard(
        name=name,
        title=raw["title"],
        precision=precision,
        floor_s=raw["floor_s"]["value"],
        rate_per_s=rate["value"],
        price_usd_per_h=raw["price_usd_per_h"]["value"],
        measured=tuple((batch, time_s) for batch, time_s in raw["measured"][precision]),
        sources={
            "floor_s": f"{data['source']}: {raw['floor_s']['source']}",
            "rate_per_s": f"{data['source']}: {rate['source']}",
            "price_usd_per_h": raw["price_usd_per_h"]["source"],
        },
    )
