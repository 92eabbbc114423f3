"""Taking the output layer of a language model through its API: queries, dollars, days, and what noise on the answers prevents.

All logit vectors of a model lie in a subspace as wide as its last hidden layer, so that as many full vectors give the width and the
output matrix (up to a change of basis). An API that hides most logits is asked again: a bias lifts other tokens into the list of the
likeliest. Noise that is fresh in every answer is averaged away. Source: Carlini et al. 2024, Stealing part of a production language
model (widths of 1024 and 2048 recovered for under $20); Finlayson, Ren, Swayamdipta 2024.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import instance, non_negative, one_of, positive, whole
from mlsysim.private_training import FILE
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY

APIS = ("full logits", "top-5 + bias", "top-5 only", "argmax + bias", "argmax only")
CHEAP, OK = "cheap to take", "ok"
CHEAP_USD, CHEAP_DAYS = 1000.0, 90.0
NOTHING, MONEY, TIME, INFORMATION = "nothing", "money", "time", "information"
_FLOOR = 1e-12  # a pivot below this share of the first is rounding
_NONE = 1e-9  # a smaller share of changed answers counts as none


@dataclass(frozen=True, slots=True)
class Extraction:
    """The price of an output layer through one API, and a toy of the attack with its noise."""

    api: str = quantity(r"\text{API}", "")
    scores: int = quantity("k", "1", doc="scores in an answer")
    noise_nats: float = quantity(r"\eta", "nats", doc="standard deviation, fresh in every answer")
    rate_per_s: float = quantity("r", "1/s", doc="queries that one customer may send")
    width: int = quantity("h", "1", doc="of the last hidden layer")
    vocabulary: int = quantity("V", "1")
    queries_per_vector: float = quantity(
        "v", "1", source="1 with full logits; ⌈V/4⌉ with four new tokens beside a reference; 10V by binary search; no limit without a bias"
    )
    repeats: float = quantity("n", "1", source="max(1, (η/0.01)²): the mean of n answers has η/√n left")
    queries: float = quantity("Q", "1", formula="<width> <queries_per_vector> <repeats>", source="Carlini et al. 2024: as many vectors as the layer is wide")
    tokens_per_query: float = quantity("k_q", "tokens")
    usd_per_token: float = quantity("c", "$")
    cost_usd: float = quantity("C", "$", formula="<queries> <tokens_per_query> <usd_per_token>", source="price list")
    time_s: float = quantity("t", "s", formula=r"\frac{<queries>}{<rate_per_s>}", source="definition of a rate")
    changed_share: float = quantity(
        "x", "share", source="Φ(−1/(√2·η)) for a gap of 1 nat between the two likeliest tokens (illustrative)", doc="top answers that the noise changes"
    )
    toy_width: int = quantity("w", "1", source="index of the largest ratio of neighbouring pivots", doc="read from full vectors of a model of width 12")
    cliff: float = quantity("j", "1", source="elimination with full pivoting", doc="largest ratio of neighbouring pivots")
    state: str = quantity(r"\text{state}", "", source="cheap to take: below $1,000 and below 90 days")
    pivots: tuple[float, ...] = series("1", doc="magnitudes, in the order of elimination, over the first")
    sources: dict = sources()


@remembered(512)
def extract(api: str = "top-5 + bias", noise_nats: float = 0.0, rate_per_s: float = 20.0, width: int = 2048) -> Extraction:
    """What the output layer (width × 50,257) costs through an API, and what the toy attack reads under the noise.

    Errors: OutOfRange. Source: Carlini et al. 2024.

    >>> [round(extract(a).cost_usd, 4) for a in ("full logits", "top-5 + bias", "argmax + bias")]
    [0.0016, 20.5865, 823.4107]
    """
    one_of("api", api, APIS)
    noise, rate = single(non_negative, "noise_nats", noise_nats, high=1e3), single(positive, "rate_per_s", rate_per_s, high=1e9)
    width, data = whole("width", width, high=10**6), load(FILE)["api"]
    vocabulary, top = data["vocabulary"], data["top"]
    each = {APIS[0]: 1.0, APIS[1]: float(_lists(vocabulary, top)), APIS[3]: float(data["search_steps"] * vocabulary)}.get(api, math.inf)
    scores = {APIS[0]: vocabulary, APIS[1]: top, APIS[2]: top}.get(api, 0)
    repeats = max(1.0, (noise / data["reading_noise_nats"]) ** 2)
    queries = width * each * repeats
    cost, time = queries * data["tokens_per_query"] * data["usd_per_token"], queries / rate
    pivots = _toy_pivots(noise)
    ratios = [a / b for a, b in zip(pivots, pivots[1:], strict=False)]
    cliff = max(ratios)
    changed = NormalDist().cdf(-data["gap_nats"] / (math.sqrt(2) * noise)) if noise else 0.0
    return Extraction(
        api, scores, noise, rate, width, vocabulary, each, repeats, queries, data["tokens_per_query"], data["usd_per_token"],
        cost, time, changed if changed > _NONE else 0.0, ratios.index(cliff) + 1, cliff,
        CHEAP if cost < CHEAP_USD and time < CHEAP_DAYS * DAY else OK, pivots,
        sources=dict.fromkeys(("width", "vocabulary", "tokens_per_query", "usd_per_token"), data["source"]),
    )  # fmt: skip


def queries_for_layer(width: int, vocabulary: int, top: int) -> int:
    """Queries for `width` full vectors when an answer holds the `top` likeliest tokens and a bias can lift others: h·⌈V/(K − 1)⌉.

    Errors: OutOfRange for fewer than two tokens in an answer. Source: Carlini et al. 2024, section 5: one token is the reference.

    >>> queries_for_layer(2048, 50_257, 5)
    25733120
    """
    return whole("width", width) * _lists(whole("vocabulary", vocabulary, low=2), whole("top", top, low=2))


def _lists(vocabulary: int, top: int) -> int:
    return math.ceil(vocabulary / (top - 1))


def ladder(extraction: Extraction) -> tuple[tuple[str, float], ...]:
    """Dollars for the layer through every API that gives enough away, at the noise and width of one extraction.

    >>> [name for name, _ in ladder(extract())]
    ['full logits', 'top-5 + bias', 'argmax + bias']
    """
    _is_extraction(extraction)
    found = ((a, extract(a, extraction.noise_nats, extraction.rate_per_s, extraction.width).cost_usd) for a in APIS)
    return tuple((name, usd) for name, usd in found if usd < math.inf)


def what_stops(extraction: Extraction) -> str:
    """INFORMATION if no number of queries is enough, NOTHING if it is cheap, MONEY from $1,000, else TIME.

    >>> [what_stops(extract(*s)) for s in (("top-5 only",), (), ("top-5 + bias", 0.1), ("top-5 + bias", 0, 1))]
    ['information', 'nothing', 'money', 'time']
    """
    _is_extraction(extraction)
    e = extraction
    return INFORMATION if e.cost_usd == math.inf else NOTHING if e.state == CHEAP else MONEY if e.cost_usd >= CHEAP_USD else TIME


@lru_cache(maxsize=16)
def _toy_pivots(noise: float) -> tuple[float, ...]:
    """Pivots of the 24 × 48 matrix of toy answers: W row by row, then per query x and, per logit, noise if there is any."""
    toy, normal = load(FILE)["toy"], NormalDist().inv_cdf
    draw = Random(toy["seed"]).random
    weights = [[normal(draw()) for _ in range(toy["width"])] for _ in range(toy["vocabulary"])]
    rows = []
    for _ in range(toy["queries"]):
        x = [normal(draw()) for _ in range(toy["width"])]
        rows.append([sum(map(mul, w, x)) + (noise * normal(draw()) if noise else 0.0) for w in weights])
    return _eliminate(rows)


def _eliminate(rows: list[list[float]]) -> tuple[float, ...]:
    """Magnitudes of the pivots of elimination with full pivoting, over the first; at the first one below rounding it ends."""
    pivots, first = [], 0.0
    while rows:
        big, r = max((max(max(row), -min(row)), r) for r, row in enumerate(rows))
        c = next(i for i, v in enumerate(rows[r]) if abs(v) == big)
        first = first or big
        pivots.append(max(_FLOOR, big / first))
        if pivots[-1] <= _FLOOR:
            break
        pivot = rows.pop(r)
        for i, row in enumerate(rows):
            factor = row[c] / pivot[c]
            rows[i] = [v - factor * p for v, p in zip(row, pivot, strict=True)]
            rows[i][c] = 0.0
    return tuple(pivots)


def _is_extraction(extraction) -> None:
    instance("extraction", extraction, Extraction, "a result of extract")
