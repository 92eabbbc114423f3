"""How much of a crawl to keep: better text repeated more often, against worse text seen once.

The crawl has ten parts of equal size, the best first; a token of part i is worth q_i of a token of the best one, falling in a line
to q_10. Keeping k parts gives U = k·10 billion tokens of mean quality q; training on D of them is e = D/U epochs. Repeats count
less and less: D_eff = q·U·(1 + R*·(1 − exp(−(e − 1)/R*))) from one epoch on, R* = 15.39, and q·D before.
Sources: Muennighoff et al. 2023 (worth of repeats); Goyal et al. 2024 (the best filter depends on the compute); Hoffmann et al.
2022 (loss, fitted for one epoch, used here with D_eff). The quality line and the combination of the three are illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import scaling_laws
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import number, positive, whole
from mlsysim.quantity import quantity, series, sources

DILUTION, REPETITION, NEITHER = "quality dilution", "repetition", "neither"
BEYOND, OK = "outside the measured range", "ok"
_FILE = "selection/crawl.json"
_LAW = "Muennighoff et al. 2023, section 3.1"
_RANGE = tuple(round(5 * 400 ** (i / 26), 4) for i in range(27))  # billion tokens, 5 to 2,000: what the map shows


@dataclass(frozen=True, slots=True)
class Crawl:
    """A training on the best part of a crawl: what its tokens are worth, and whether another part would be better."""

    training_billion: float = quantity("D", "billion tokens", doc="seen in training")
    kept_parts: int = quantity("k", "1", doc="of ten")
    kept_share: float = quantity("k/10", "share", formula=r"\frac{<kept_parts>}{10}", source="definition", doc="of the crawl")
    worst_quality: float = quantity("q_{10}", "share", doc="worth of a token of the worst part, of one of the best")
    model_billion: float = quantity("N", "billion parameters")
    part_billion: float = quantity("u", "billion tokens", doc="a tenth of the crawl")
    kept_billion: float = quantity("U", "billion tokens", formula="<kept_parts> <part_billion>", source="definition", doc="unique tokens kept")
    quality: float = quantity("q", "share", source="mean of the kept parts of a line from 1 to q_10", doc="mean worth of a kept token")
    epochs: float = quantity("e", "×", formula=r"\frac{<training_billion>}{<kept_billion>}", source="definition", doc="how often each kept token is seen")
    repeat_scale: float = quantity("R^*", "1")
    fresh_epochs: float = quantity("e_{eff}", "×", source=_LAW, doc="epochs of fresh text that the epochs are worth")
    effective_billion: float = quantity("D_{eff}", "billion tokens", source=_LAW, doc="fresh tokens of the best quality with the same worth")
    worth_share: float = quantity(
        "D_{eff}/D", "share", formula=r"\frac{<effective_billion>}{<training_billion>}", source="definition", doc="worth of a token trained on"
    )
    ceiling_billion: float = quantity(
        r"D_\infty", "billion tokens", formula=r"<quality> <kept_billion> (1 + <repeat_scale>)", source="D_eff after endless epochs"
    )
    loss_nats: float = quantity("L", "nats", source="Hoffmann et al. 2022, with D_eff for D (illustrative)", doc="a token")
    best_parts: int = quantity("k^*", "1", source="the largest D_eff of the ten")
    best_share: float = quantity("k^*/10", "share", formula=r"\frac{<best_parts>}{10}", source="definition", doc="best part to keep, at these training tokens")
    best_billion: float = quantity("D^*", "billion tokens", source=_LAW, doc="D_eff at that part")
    lost_share: float = quantity(
        "1 - D_{eff}/D^*", "share", formula=r"1 - \frac{<effective_billion>}{<best_billion>}", source="definition", doc="given away by this choice"
    )
    best_loss_nats: float = quantity("L^*", "nats", source="Hoffmann et al. 2022, with D* for D (illustrative)")
    binding: str = quantity(r"\text{limits}", "", source="repetition if one part more raises D_eff, else dilution if one less does, else neither")
    state: str = quantity(r"\text{state}", "", source="outside: more than 40 epochs")
    curve: tuple = series("billion tokens", doc="(D, D_eff) with this part")
    best_curve: tuple = series("billion tokens", doc="(D, D_eff) with the best part for each D")
    all_curve: tuple = series("billion tokens", doc="(D, D_eff) with everything")
    fresh_curve: tuple = series("billion tokens", doc="(D, D): fresh text of the best quality")
    rows: tuple = series("share", doc="for k = 1 … 10: (D, D_eff over the best for that D)")
    ridge: tuple = series("1", doc="(D, best k)")
    contours: tuple = series("1", doc="(epochs, ((D, k), …))")
    sources: dict = sources()


def effective(unique, epochs):
    """Tokens of `unique` distinct ones seen `epochs` times, as so many fresh ones; numbers. Errors: OutOfRange unless both are above zero.

    >>> round(effective(10.0, 40.0))
    152
    """
    u, e = single(positive, "unique", unique, high=1e15), single(positive, "epochs", epochs, high=1e9)
    return _effective(u, e)


def study_crawl(training_billion=400.0, kept_parts=1, worst_quality=0.1, model_billion=1.0) -> Crawl:
    """Train on `training_billion` tokens of the best `kept_parts` tenths of a crawl of 100 billion tokens.

    Errors: OutOfRange unless 1 to 10 parts are kept, the worst quality lies in (0, 1], and the sizes are above zero.

    >>> c = study_crawl(400)
    >>> f"{c.effective_billion:.0f} {c.best_parts} {c.binding}"
    '152 4 repetition'
    """
    d = single(positive, "training_billion", training_billion, high=1e6)
    k = whole("kept_parts", kept_parts, high=load(_FILE)["deciles"])
    q = single(number, "worst_quality", worst_quality, low=0.0, high=1.0, open_low=True)
    return _study(d, k, q, single(positive, "model_billion", model_billion, high=1e6))


def _effective(unique: float, epochs: float) -> float:
    if epochs <= 1:
        return unique * epochs
    scale = load(_FILE)["repeat_scale"]["value"]
    return unique * (1 + scale * -math.expm1(-(epochs - 1) / scale))


def _worth(d: float, k: int, worst: float) -> float:
    """D_eff of training on d billion tokens of the best k parts."""
    unique = k * _part()
    return _quality(k, worst) * _effective(unique, d / unique)


def _quality(k: int, worst: float) -> float:
    """Mean of 1 − (1 − worst)·i/9 over the first k parts."""
    return 1 - (1 - worst) * (k - 1) / 2 / (load(_FILE)["deciles"] - 1)


def _part() -> float:
    return load(_FILE)["decile_tokens"]["value"] / 1e9


def _best(d: float, worst: float) -> int:
    return max(range(1, load(_FILE)["deciles"] + 1), key=lambda k: _worth(d, k, worst))


@lru_cache(maxsize=32)
def _map(worst: float) -> tuple[tuple, tuple]:
    """For each k the share of the best D_eff over D, and the best k over D."""
    parts = range(1, load(_FILE)["deciles"] + 1)
    table = [[_worth(d, k, worst) for d in _RANGE] for k in parts]
    top = [max(column) for column in zip(*table, strict=True)]
    rows = tuple(tuple((d, v / t) for d, v, t in zip(_RANGE, row, top, strict=True)) for row in table)
    return rows, tuple((d, max(parts, key=lambda k: table[k - 1][i])) for i, d in enumerate(_RANGE))


@lru_cache(maxsize=1)
def _contours() -> tuple:
    """Where each amount of training sees the kept parts 1, 4, 16 and 40 times."""
    unique = [(k, k * _part()) for k in range(1, load(_FILE)["deciles"] + 1)]
    return tuple((e, tuple((e * u, k) for k, u in unique if _RANGE[0] <= e * u <= _RANGE[-1])) for e in (1, 4, 16, 40))


@lru_cache(maxsize=256)
def _study(d: float, k: int, worst: float, n: float) -> Crawl:
    data, parts = load(_FILE), load(_FILE)["deciles"]
    unique, mine, best = k * _part(), _worth(d, k, worst), _best(d, worst)
    top = _worth(d, best, worst)
    rows, ridge = _map(worst)
    more = k < parts and _worth(d, k + 1, worst) > mine
    less = k > 1 and _worth(d, k - 1, worst) > mine
    floor = scaling_laws.loss_fit(data["fit"]).floor
    loss = lambda tokens: floor + scaling_laws.reducible_nats(n * 1e9, tokens * 1e9, data["fit"])  # noqa: E731 - one formula, twice
    return Crawl(
        training_billion=d, kept_parts=k, kept_share=k / parts, worst_quality=worst, model_billion=n, part_billion=_part(), kept_billion=unique,
        quality=_quality(k, worst), epochs=d / unique, repeat_scale=data["repeat_scale"]["value"],
        fresh_epochs=_effective(unique, d / unique) / unique, effective_billion=mine, worth_share=mine / d,
        ceiling_billion=_quality(k, worst) * unique * (1 + data["repeat_scale"]["value"]), loss_nats=loss(mine), best_parts=best,
        best_share=best / parts, best_billion=top, lost_share=1 - mine / top, best_loss_nats=loss(top),
        binding=REPETITION if more else DILUTION if less else NEITHER, state=BEYOND if d / unique > data["measured_epochs"]["value"] else OK,
        curve=tuple((x, _worth(x, k, worst)) for x in _RANGE), best_curve=tuple((x, _worth(x, _best(x, worst), worst)) for x in _RANGE),
        all_curve=tuple((x, _worth(x, parts, worst)) for x in _RANGE), fresh_curve=tuple((x, x) for x in _RANGE), rows=rows, ridge=ridge,
        contours=_contours(),
        sources={"part_billion": source_of(data["decile_tokens"]), "repeat_scale": source_of(data["repeat_scale"]), "worst_quality": "illustrative"},
    )  # fmt: skip
