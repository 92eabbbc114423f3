"""How far model, data and machine carry a learned model: loss as a sum of power laws, and the best use of a budget.

L(N, D) = E + A/N^α + B/D^β nats a token, for N parameters trained once over D tokens. The floor E stays; the rest, R, can
be reduced. The machine lowers nothing by itself: its C = 6·N·D operations buy parameters and tokens.
Sources: Hoffmann et al. 2022 (fit and best split), Besiroglu et al. 2024 (second fit), Kaplan et al. 2020 (6·N·D).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim.errors import named, positive
from mlsysim.quantity import quantity, series, sources

LEVERS = ("data", "model", "machine")
NONE = "none"
_FILE = "scaling/language_loss.json"
_FARTHEST = 1e12  # the largest factor of computation that the search for half of R tries


@dataclass(frozen=True, slots=True)
class LossFit:
    """Constants of L(N, D) as one paper fitted them."""

    name: str
    title: str
    floor: float
    model_scale: float
    model_exponent: float
    data_scale: float
    data_exponent: float
    source: str


@dataclass(frozen=True, slots=True)
class Levers:
    """The best model that a machine, a stock of text and a size limit allow, and which of the three is short."""

    compute_flop: float = quantity("C", "operations", doc="the machine: operations of the whole training")
    available_tokens: float = quantity("D_{max}", "tokens", doc="text that exists")
    largest_parameters: float = quantity("N_{max}", "parameters", doc="largest model that fits where it must run")
    fit: str = quantity(r"\text{fit}", "", doc="paper that fitted the constants")
    floor_nats: float = quantity("E", "nats", doc="what no lever reduces")
    model_scale: float = quantity("A", "1")
    model_exponent: float = quantity(r"\alpha", "1")
    data_scale: float = quantity("B", "1")
    data_exponent: float = quantity(r"\beta", "1")
    flop_per_parameter_and_token: float = quantity("c", "operations")
    parameters: float = quantity("N", "parameters", source="Hoffmann et al. 2022: G·(C/6)^(β/(α+β)), moved to the caps where they bind")
    tokens: float = quantity("D", "tokens", source="the rest of the machine, or the text that exists")
    used_flop: float = quantity("C_u", "operations", formula="<flop_per_parameter_and_token> <parameters> <tokens>", source="Kaplan et al. 2020")
    used_share: float = quantity("u", "share", formula=r"\frac{<used_flop>}{<compute_flop>}", doc="of the machine, by this model")
    model_nats: float = quantity("R_N", "nats", formula=r"\frac{<model_scale>}{<parameters>^{<model_exponent>}}", doc="because the model is finite")
    data_nats: float = quantity("R_D", "nats", formula=r"\frac{<data_scale>}{<tokens>^{<data_exponent>}}", doc="because the text is finite")
    reducible_nats: float = quantity("R", "nats", formula="<model_nats> + <data_nats>")
    loss_nats: float = quantity("L", "nats", formula="<floor_nats> + <reducible_nats>")
    half_nats: float = quantity("R/2", "nats", formula=r"\frac{<reducible_nats>}{2}")
    compute_exponent: float = quantity(
        r"\gamma", "1", formula=r"\frac{<model_exponent> <data_exponent>}{<model_exponent> + <data_exponent>}", source="R falls as C^(−γ) without caps"
    )
    halving_factor: float = quantity("f", "×", source="bisection", doc="times the machine that halve R with the caps held; ∞ if no machine does")
    gain_data_nats: float = quantity(r"\Delta_D", "nats", source="ten times the text", doc="R lost by ten times the text")
    gain_model_nats: float = quantity(r"\Delta_N", "nats", source="ten times the size limit")
    gain_machine_nats: float = quantity(r"\Delta_C", "nats", source="ten times the machine")
    binding: str = quantity(r"\text{binds}", "", doc="the lever with the largest gain, or none")
    next_binding: str = quantity(r"\text{binds then}", "", source="the same, after ten times of what binds now")
    gpu_days: float = quantity("t", "H100-days", doc="of one H100 at the stated share of its dense bf16 peak")
    curve: tuple[tuple[float, float], ...] = series("nats", doc="(C, R) with the caps held")
    free_curve: tuple[tuple[float, float], ...] = series("nats", doc="(C, R) without caps")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class LeverMap:
    """Which lever binds over machine (columns) and text (rows), for one size limit."""

    compute_flop: tuple[float, ...]
    tokens: tuple[float, ...]
    binding: tuple[tuple[str, ...], ...]  # [row][column]
    contours: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]  # level of R, then (C, D) along it


def fit_names() -> tuple[str, ...]:
    """Names that `fit` takes.

    >>> fit_names()
    ('hoffmann_2022', 'besiroglu_2024')
    """
    return tuple(load(_FILE)["fits"])


def loss_fit(name="hoffmann_2022") -> LossFit:
    """A published fit by name. Raises UnknownName for another.

    >>> loss_fit("hoffmann_2022").data_exponent
    0.28
    """
    named("fit", name, fit_names())
    return _fit(name)


@cache
def _fit(name: str) -> LossFit:
    return LossFit(name, **load(_FILE)["fits"][name])


def reducible_nats(parameters, tokens, fit="hoffmann_2022"):
    """R = A/N^α + B/D^β, nats a token, of numbers or arrays. Errors: OutOfRange unless both are above zero.

    >>> round(reducible_nats(1.82e9, 9.14e10), 3)
    0.639
    """
    f = loss_fit(fit)
    return f.model_scale / positive("parameters", parameters) ** f.model_exponent + f.data_scale / positive("tokens", tokens) ** f.data_exponent


def size_limited_nats(parameters):
    """L = (N_c/N)^α, nats a token, of a model of N parameters without embeddings that has seen enough text; numbers or arrays.

    The tokens are those of GPT-2, the text WebText2. Errors: OutOfRange unless above zero. Source: Kaplan et al. 2020, equation 1.1.

    >>> round(size_limited_nats(1.5e9), 2)
    2.3
    """
    law = load(_FILE)["size_law"]
    return (law["scale"] / positive("parameters", parameters)) ** law["exponent"]


def training_flop(parameters, tokens):
    """C = 6·N·D operations for one pass (Kaplan et al. 2020). Errors: OutOfRange unless both are above zero.

    >>> training_flop(70e9, 1.4e12)
    5.88e+23
    """
    return _per_pair() * positive("parameters", parameters) * positive("tokens", tokens)


def best_split(compute_flop, available_tokens=math.inf, largest_parameters=math.inf, fit="hoffmann_2022") -> tuple[float, float]:
    """Parameters and tokens that lower the loss most for a machine of `compute_flop`, under the two caps (or none).

    Errors: OutOfRange for what is not above zero, UnknownName for a fit that is not in `fit_names`.

    >>> n, d = best_split(1e21)
    >>> f"{n:.3g}, {d:.3g}"
    '1.82e+09, 9.14e+10'
    """
    positive("compute_flop", compute_flop)
    for name, cap in (("available_tokens", available_tokens), ("largest_parameters", largest_parameters)):
        if cap is not math.inf:
            positive(name, cap)
    return _split(compute_flop, available_tokens, largest_parameters, loss_fit(fit))


def gpu_hours(compute_flop, device=None, efficiency=None) -> float:
    """Hours of one GPU for so many operations, at a share of its dense bf16 peak (default: an H100 at 40 %, illustrative).

    >>> round(gpu_hours(1e21) / 24, 1)
    29.3
    """
    data = load(_FILE)
    peak = catalog.device(device or data["training_gpu"]["value"]).peak("bf16")
    share = data["training_efficiency"]["value"] if efficiency is None else positive("efficiency", efficiency, high=1.0)
    return positive("compute_flop", compute_flop) / (peak * share * 3600)


def study_levers(compute_flop=1e21, available_tokens=1e13, largest_parameters=1e12, fit="hoffmann_2022") -> Levers:
    """The best model under the caps, the machine that would halve R, and the gain of ten times each lever.

    Errors: OutOfRange for what is not above zero, UnknownName for the fit.

    >>> r = study_levers(1e21)
    >>> round(r.reducible_nats, 3), round(r.halving_factor, 1), r.binding
    (0.639, 91.3, 'machine')
    """
    c, d_max = positive("compute_flop", compute_flop), positive("available_tokens", available_tokens)
    n_max = positive("largest_parameters", largest_parameters)
    f, data = loss_fit(fit), load(_FILE)
    n, d = _split(c, d_max, n_max, f)
    gains = _gains(c, d_max, n_max, f)
    span = [10 ** (19 + i / 8) for i in range(65)]  # 1e19 … 1e27: what the machine's control reaches, and a guess beyond it
    return Levers(
        compute_flop=c, available_tokens=d_max, largest_parameters=n_max, fit=f.name, floor_nats=f.floor, model_scale=f.model_scale,
        model_exponent=f.model_exponent, data_scale=f.data_scale, data_exponent=f.data_exponent, flop_per_parameter_and_token=_per_pair(),
        parameters=n, tokens=d, used_flop=_per_pair() * n * d, used_share=min(1.0, _per_pair() * n * d / c), model_nats=f.model_scale / n**f.model_exponent,
        data_nats=f.data_scale / d**f.data_exponent, reducible_nats=_reducible(n, d, f), loss_nats=f.floor + _reducible(n, d, f),
        half_nats=_reducible(n, d, f) / 2, compute_exponent=f.model_exponent * f.data_exponent / (f.model_exponent + f.data_exponent),
        halving_factor=_halving(c, d_max, n_max, f), gain_data_nats=gains[0], gain_model_nats=gains[1], gain_machine_nats=gains[2],
        binding=_binding(gains), next_binding=_binding(_gains(*_tenfold(_binding(gains), c, d_max, n_max), f)), gpu_days=gpu_hours(c) / 24,
        curve=tuple((x, _best(x, d_max, n_max, f)) for x in span), free_curve=tuple((x, _best(x, math.inf, math.inf, f)) for x in span),
        sources={
            **{k: f.source for k in ("floor_nats", "model_scale", "model_exponent", "data_scale", "data_exponent")},
            "flop_per_parameter_and_token": source_of(data["flop_per_parameter_and_token"]), "gpu_days": source_of(data["training_efficiency"]),
        },
    )  # fmt: skip


@remembered(64)
def lever_map(largest_parameters=1e12, fit="hoffmann_2022") -> LeverMap:
    """The binding lever for machines of 1e19 … 1e25 operations and 1e9 … 1e13 tokens, four steps a decade, and contours of R.

    >>> m = lever_map(7e9)
    >>> m.binding[0][-1], m.binding[-1][0], m.binding[-1][-1]
    ('data', 'machine', 'model')
    """
    n_max, f = positive("largest_parameters", largest_parameters), loss_fit(fit)
    xs = tuple(10 ** (19 + i / 4) for i in range(25))
    ys = tuple(10 ** (9 + i / 4) for i in range(17))
    # ten times a lever is four places further on the same grid, so each place is computed once
    table = [[_best(10 ** (19 + i / 4), 10 ** (9 + j / 4), n_max, f) for i in range(len(xs) + 4)] for j in range(len(ys) + 4)]

    def word(i: int, j: int) -> str:
        now = table[j][i]
        return _binding((now - table[j + 4][i], now - _best(xs[i], ys[j], 10 * n_max, f), now - table[j][i + 4]))

    words = tuple(tuple(word(i, j) for i in range(len(xs))) for j in range(len(ys)))
    rows = {y: table[j][: len(xs)] for j, y in enumerate(ys)}
    return LeverMap(xs, ys, words, tuple((level, _contour(level, xs, rows, n_max, f)) for level in (1.6, 0.8, 0.4, 0.2)))


def _contour(level: float, xs: tuple, rows: dict, n_max: float, f: LossFit) -> tuple:
    """The machine at which R falls to a level, in each row in which it does."""
    points = []
    for y, row in rows.items():
        i = next((i for i in range(1, len(xs)) if row[i - 1] > level >= row[i]), None)
        if i is not None:
            low, high = xs[i - 1], xs[i]
            for _ in range(12):
                middle = math.sqrt(low * high)
                low, high = (middle, high) if _best(middle, y, n_max, f) > level else (low, middle)
            points.append((high, y))
    return tuple(points)


def _per_pair() -> float:
    return load(_FILE)["flop_per_parameter_and_token"]["value"]


def _split(c: float, d_max: float, n_max: float, f: LossFit) -> tuple[float, float]:
    a, b, pairs = f.model_exponent, f.data_exponent, c / _per_pair()
    n = (a * f.model_scale / (b * f.data_scale)) ** (1 / (a + b)) * pairs ** (b / (a + b))
    d = pairs / n
    if d > d_max:
        n, d = pairs / d_max, d_max
    if n > n_max:
        n, d = n_max, min(pairs / n_max, d_max)
    return n, d


def _reducible(n: float, d: float, f: LossFit) -> float:
    return f.model_scale / n**f.model_exponent + f.data_scale / d**f.data_exponent


def _best(c: float, d_max: float, n_max: float, f: LossFit) -> float:
    return _reducible(*_split(c, d_max, n_max, f), f)


def _gains(c: float, d_max: float, n_max: float, f: LossFit) -> tuple[float, float, float]:
    """How much ten times the text, the size limit or the machine lowers R."""
    now = _best(c, d_max, n_max, f)
    return (
        max(0.0, now - _best(c, 10 * d_max, n_max, f)), max(0.0, now - _best(c, d_max, 10 * n_max, f)), max(0.0, now - _best(10 * c, d_max, n_max, f))
    )  # fmt: skip


def _binding(gains: tuple[float, float, float]) -> str:
    largest = max(gains)
    return LEVERS[gains.index(largest)] if largest >= load(_FILE)["negligible_nats"]["value"] else NONE


def _tenfold(lever: str, c: float, d_max: float, n_max: float) -> tuple[float, float, float]:
    """Machine, text and size limit after ten times of one of them."""
    return (10 * c if lever == "machine" else c, 10 * d_max if lever == "data" else d_max, 10 * n_max if lever == "model" else n_max)


def _halving(c: float, d_max: float, n_max: float, f: LossFit) -> float:
    """The factor of computation that halves R, or infinity where no factor up to 1e12 does."""
    goal = _best(c, d_max, n_max, f) / 2
    low, high = 0.0, math.log(_FARTHEST)
    if _best(c * _FARTHEST, d_max, n_max, f) > goal:
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _best(c * math.exp(middle), d_max, n_max, f) > goal else (low, middle)
    return math.exp(high)
