r"""An alarm on a metric that remembers: how often it rings for nothing, and how long it stays silent.

A metric in standard errors of its window follows x ← ρx + √(1 − ρ²)·ε. An alert opens when k samples in a row lie beyond z and
closes at the first one inside, so its rate is P(one inside, then k outside): integrals over the normal density, done here by the
midpoint rule. How long a true drop stays unseen is simulated. Many listed settings are kept in `data/operations/simulated.json`.
Source: the transition density of a first-order autoregression; Shewhart 1931 (3σ); Beyer et al. 2016 (two incidents a shift).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import number, one_of, whole
from mlsysim.model_releases import FILE
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import fmt

FAMILIES = ("CTR", "LLM", "fraud")
THRESHOLDS = (2.0, 2.5, 3.0, 3.5, 4.0)
IN_A_ROW = (1, 2, 3, 5)
CORRELATIONS = (0.0, 0.3, 0.5, 0.9, 0.97)
DROPS = (0.01, 0.03, 0.05)
WINDOW_S, DAY_S = 300.0, 86400.0
CAP_STEPS = 2016  # a week of windows: what a search for a drop lasts at most
FATIGUE, BLIND, BOTH, FINE = "alert fatigue", "blind", "alert fatigue and blind", "fine"
_CELLS, _FAR, _STREAMS, _BUDGET = 400, 8.0, 40, 9000
_RARE = 1e-6  # a day: what a chart still shows
_NORMAL = NormalDist()
_STORED = "operations/simulated.json"
_ENTRIES = {"grouped": "monitors_per_page", "samples": "families", "success_share": "families", "label_delay_s": "families"}


def false_alerts_per_day(correlation, threshold, in_a_row) -> float:
    """Alerts a day of one metric in which nothing changes, at a sample every five minutes.

    Errors: OutOfRange for a correlation outside 0 … 0.99, a threshold outside 1 … 6, more than 10 in a row; WrongType.

    >>> [round(false_alerts_per_day(0.9, 3, k), 3) for k in (1, 2, 3)]
    [0.426, 0.167, 0.082]
    """
    rho, z, k = _rule(correlation, threshold, in_a_row)
    place = _place(rho, z, k)
    rate = _rates(rho, z, k)[k - 1] if place is None else load(_STORED)["alerts_per_sample"][place]
    return rate * DAY_S / WINDOW_S


def detection_steps(shift_sigmas, correlation, threshold, in_a_row) -> int:
    """Samples until a drop by so many standard errors is seen: the upper median of up to 40 simulated streams, 2,016 at most.

    Errors: as false_alerts_per_day; OutOfRange for a shift that is not in 0 … 50.

    >>> d = shift_in_sigmas(0.04, 200_000, 0.03)
    >>> detection_steps(d, 0.9, 4, 1), detection_steps(d, 0.9, 3, 2)
    (42, 8)
    """
    rho, z, k = _rule(correlation, threshold, in_a_row)
    return _steps(single(number, "shift_sigmas", shift_sigmas, low=0.0, high=50.0), rho, z, k)


def shift_in_sigmas(success_share, samples, drop_share) -> float:
    """A relative drop of a share in standard errors of a window: δp/√(p(1 − p)/n). Errors: OutOfRange.

    >>> round(shift_in_sigmas(0.04, 200_000, 0.03), 2), round(shift_in_sigmas(0.85, 50, 0.03), 2)
    (2.74, 0.5)
    """
    p = single(number, "success_share", success_share, low=1e-6, high=0.999)
    n = whole("samples", samples)
    return single(number, "drop_share", drop_share, low=0.0, high=1.0) * p / math.sqrt(p * (1 - p) / n)


def _rule(correlation, threshold, in_a_row) -> tuple[float, float, int]:
    rho = single(number, "correlation", correlation, low=0.0, high=0.99)
    return rho, single(number, "threshold", threshold, low=1.0, high=6.0), whole("in_a_row", in_a_row, high=10)


def _place(rho: float, z: float, k: int) -> int | None:
    """Where a listed rule stands in the stored outcomes."""
    if rho not in CORRELATIONS or z not in THRESHOLDS or k not in IN_A_ROW:
        return None
    return (CORRELATIONS.index(rho) * len(THRESHOLDS) + THRESHOLDS.index(z)) * len(IN_A_ROW) + IN_A_ROW.index(k)


@lru_cache(maxsize=64)
def _rates(rho: float, z: float, most: int) -> tuple[float, ...]:
    """P(one sample inside, then k outside) for k = 1 … most."""
    s, cdf, exp = math.sqrt(1 - rho * rho), _NORMAL.cdf, math.exp
    h = (_FAR - z) / _CELLS
    xs = [z + (i + 0.5) * h for i in range(_CELLS)]
    g = [exp(-y * y / 2) / math.sqrt(2 * math.pi) * (cdf((z - rho * y) / s) - cdf((-z - rho * y) / s)) for y in xs]
    rates, c = [2 * h * sum(g)], 1 / (s * math.sqrt(2 * math.pi))
    kernel = [[c * (exp(-(((y - rho * x) / s) ** 2) / 2) + exp(-(((y + rho * x) / s) ** 2) / 2)) for x in xs] for y in xs] if most > 1 else []
    for _ in range(most - 1):
        g = [h * sum(a * b for a, b in zip(g, row, strict=True)) for row in kernel]
        rates.append(2 * h * sum(g))
    return tuple(rates)


@lru_cache(maxsize=512)
def _steps(d: float, rho: float, z: float, k: int) -> int:
    """Simulated, or from the stored outcomes for the shifts of the listed families and drops."""
    place, shifts = _place(rho, z, k), [_shift(family, drop) for family in FAMILIES for drop in DROPS]
    if place is not None and d in shifts:
        return load(_STORED)["detection_steps"][shifts.index(d)][place]
    return _simulated_steps(d, rho, z, k)


def _simulated_steps(d: float, rho: float, z: float, k: int) -> int:
    draw, s, found, left = Random(4).random, math.sqrt(1 - rho * rho), [], _BUDGET
    while len(found) < _STREAMS and left > 0:
        x, row, n = _NORMAL.inv_cdf(draw() or 1e-12), 0, 0
        while row < k and n < CAP_STEPS and left > 0:
            x = rho * x + s * _NORMAL.inv_cdf(draw() or 1e-12)
            n, left = n + 1, left - 1
            row = row + 1 if x - d < -z else 0
        found.append(n)
    return sorted(found)[len(found) // 2]


def _shift(family: str, drop: float) -> float:
    p, n, *_ = load(FILE)["families"]["value"][family]
    return shift_in_sigmas(p, n, drop)


@dataclass(frozen=True, slots=True)
class Alerts:
    """One rule on one family of models: what rings for nothing, and what stays unseen."""

    threshold: float = quantity("z", "σ", doc="beyond which a sample breaches")
    in_a_row: int = quantity("k", "1", doc="breaches that open an alert")
    family: str = quantity(r"\text{family}", "")
    correlation: float = quantity(r"\rho", "1", doc="of neighbouring samples")
    drop_share: float = quantity("r", "share", doc="relative drop that should be seen")
    models: int = quantity("M", "1")
    success_share: float = quantity("p", "share")
    samples: int = quantity("n", "1", doc="in a window of five minutes")
    shift_sigmas: float = quantity(
        "d",
        "σ",
        formula=r"\frac{<drop_share>\cdot<success_share>}{\sqrt{<success_share>(1-<success_share>)/<samples>}}",
        source="standard error of a share",
        doc="the drop in standard errors of a window",
    )
    alerts_per_day: float = quantity("a", "1/day", source="P(one sample inside, then k outside), 288 samples a day", doc="false ones, of one metric")
    single_per_day: float = quantity("a_1", "1/day", source="the same for one breach")
    fewer: float = quantity(
        "a_1/a", "×", formula=r"\frac{<single_per_day>}{<alerts_per_day>}", source="definition", doc="fewer false alerts than with one breach"
    )
    three_fewer: float = quantity("a_1/a_3", "×", source="the same for three breaches in a row")
    independent_fewer: float = quantity("a_1/a_3", "×", source="the same without memory")
    rings: str = quantity(r"a \text{ in words}", "", source="the same")
    drawn_per_day: float = quantity("a_d", "1/day", source="the same, at least one in a million days", doc="where a chart puts it")
    metrics: int = quantity("w", "1", doc="watched a model")
    grouped: int = quantity("b", "1", doc="monitors whose alerts make one page")
    pages_per_day: float = quantity("P", "1/day", formula=r"\frac{<models>\cdot<metrics>\cdot<alerts_per_day>}{<grouped>}", source="definition")
    pages: str = quantity(r"P \text{ in words}", "", source="the same")
    seen_after_s: float = quantity("t_s", "s", source="median of up to 40 simulated streams, 168 h at most")
    label_delay_s: float = quantity("t_l", "s", doc="until the label of a sample is known")
    delay_s: float = quantity("t", "s", formula="<seen_after_s>+<label_delay_s>", source="sum", doc="from the drop to the alert")
    delay: str = quantity(r"t \text{ in words}", "", source="the same; at least so long where no stream saw the drop in a week")
    limited_by: str = quantity(
        r"\text{limit}", "", source="the label where it is later than the rule; else the samples where the drop is below one standard error; else the rule"
    )
    state: str = quantity(r"\text{state}", "", source="fatigue above 4 pages a day (Beyer et al. 2016), blind after a day")
    by_row: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series(
        "1/day", doc="false alerts over the breaches in a row, with this memory and without, below one in a million days left out; what the pager bears"
    )
    strip: tuple[tuple[float, float], ...] = series("σ", doc="(days, sample) of one metric; the drop begins in the middle; the farthest of each three")
    opened: tuple[tuple[float, float], ...] = series("σ", doc="(days, sample) at which alerts open, the last one the first after the drop")
    fine_cells: int = quantity("q", "1", source="rules of the map that are neither too loud nor too late")
    opened_before: int = quantity("o", "1", source="in the strip, before the drop", doc="false alerts of the strip")
    cells: tuple[tuple[str, ...], ...] = series("", doc="per k the state at each threshold")
    sources: dict = sources()

    def said_per_day(self, fewer: float) -> float:
        """The alerts a day that a guess of so many times fewer means."""
        return self.single_per_day / single(number, "fewer", fewer, low=1e-9, high=1e15)

    def bad_cells(self, words: dict[str, str]) -> dict[tuple[int, int], str]:
        """The rules of the map that are too loud or too late, (column, row) to the word for it."""
        return {(i, j): words.get(cell, cell) for j, row in enumerate(self.cells) for i, cell in enumerate(row) if cell != FINE}


def watch_metric(threshold=3.0, in_a_row=1, family="CTR", correlation="family", drop_share=0.03, models=120) -> Alerts:
    """An alert rule on every metric of a family of `FAMILIES`; the correlation is "family" (its own) or a number.

    Errors: OutOfRange for another family, a correlation outside 0 … 0.99, a threshold outside 1 … 6, more than 10 in a row, a
    drop outside 0.001 … 0.5, more than 100,000 models; WrongType.

    >>> w = watch_metric()
    >>> round(w.alerts_per_day, 3), round(w.three_fewer, 1), round(w.pages_per_day, 1)
    (0.426, 5.2, 6.1)
    """
    data, family = load(FILE), one_of("family", family, FAMILIES)
    p, n, own, delay_h = data["families"]["value"][family]
    rho, z, k = _rule(own if isinstance(correlation, str) and correlation == "family" else correlation, threshold, in_a_row)
    drop, m = single(number, "drop_share", drop_share, low=0.001, high=0.5), whole("models", models, high=100_000)
    d, metrics, grouped = shift_in_sigmas(p, n, drop), data["metrics"]["value"], data["monitors_per_page"]["value"]
    borne = data["pages_per_day"]["value"]
    tolerable = borne * grouped / (m * metrics)
    label, pages = delay_h * 3600.0, lambda a: m * metrics * a / grouped

    def outcome(threshold: float, row: int) -> tuple[float, float]:
        return pages(false_alerts_per_day(rho, threshold, row)), detection_steps(d, rho, threshold, row) * WINDOW_S

    rang, seen = outcome(z, k)
    cells = tuple(tuple(_state(often, late + label) for often, late in (outcome(t, row) for t in THRESHOLDS)) for row in IN_A_ROW)
    one, three = (false_alerts_per_day(rho, z, row) for row in (1, 3))
    capped = seen >= CAP_STEPS * WINDOW_S
    strip, opened = _strip(d, rho, z, k)
    limits = [word for word, holds in (("labels", label and label >= seen), ("samples", d < 1 and seen >= label), ("rule", d >= 1 and not label)) if holds]
    return Alerts(
        threshold=z,
        in_a_row=k,
        family=family,
        correlation=rho,
        drop_share=drop,
        models=m,
        success_share=p,
        samples=n,
        shift_sigmas=d,
        alerts_per_day=false_alerts_per_day(rho, z, k),
        single_per_day=one,
        fewer=one / false_alerts_per_day(rho, z, k),
        three_fewer=one / three,
        independent_fewer=false_alerts_per_day(0.0, z, 1) / false_alerts_per_day(0.0, z, 3),
        rings=_often(false_alerts_per_day(rho, z, k)),
        drawn_per_day=max(_RARE, false_alerts_per_day(rho, z, k)),
        metrics=metrics,
        grouped=grouped,
        pages_per_day=rang,
        pages=_often(rang),
        seen_after_s=seen,
        label_delay_s=label,
        delay_s=seen + label,
        delay=("≥ " if capped else "") + fmt(seen + label, "s"),
        limited_by=" or ".join(limits),
        state=_state(rang, seen + label),
        by_row=(
            ("with its memory", _over_rows(rho, z)),
            ("without memory", _over_rows(0.0, z)),
            (f"{borne} pages a day", ((1.0, tolerable), (5.0, tolerable))),
        ),
        strip=strip,
        opened=opened,
        opened_before=sum(at < CAP_STEPS / 2 * WINDOW_S / DAY_S for at, _ in opened),
        cells=cells,
        fine_cells=sum(row.count(FINE) for row in cells),
        sources={name: source_of(data[_ENTRIES.get(name, name)]) for name in ("metrics", *_ENTRIES)},
    )


def _over_rows(rho: float, z: float) -> tuple[tuple[float, float], ...]:
    found = ((float(row), false_alerts_per_day(rho, z, row)) for row in IN_A_ROW)
    return tuple((row, rate) for row, rate in found if rate > _RARE)


def _often(per_day: float) -> str:
    if per_day >= 0.001:
        return f"{per_day:.3g} a day"
    return f"once in {1 / (365 * per_day):.3g} years" if per_day > 1 / 365_000 else "not once in 1,000 years"


def _state(pages: float, delay_s: float) -> str:
    tired, blind = pages > load(FILE)["pages_per_day"]["value"], delay_s > load(FILE)["blind_after_s"]["value"]
    return BOTH if tired and blind else FATIGUE if tired else BLIND if blind else FINE


@lru_cache(maxsize=16)
def _noise(rho: float) -> tuple[float, ...]:
    draw, s, x, xs = Random(41).random, math.sqrt(1 - rho * rho), 0.0, []
    for i in range(CAP_STEPS):
        e = _NORMAL.inv_cdf(draw() or 1e-12)
        x = rho * x + s * e if i else e
        xs.append(x)
    return tuple(xs)


@lru_cache(maxsize=64)
def _strip(d: float, rho: float, z: float, k: int) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    """A week of one metric, thinned to the farthest of each three samples, and where alerts open: all before the drop, one after."""
    xs = [x - d * (i >= CAP_STEPS // 2) for i, x in enumerate(_noise(rho))]
    places = [max(range(i, i + 3), key=lambda j: abs(xs[j])) for i in range(0, CAP_STEPS, 3)]
    row, opened = 0, []
    for i, x in enumerate(xs):
        row = row + 1 if abs(x) > z else 0
        if row == k and (i < CAP_STEPS // 2 or not opened or opened[-1] < CAP_STEPS // 2):
            opened.append(i)
    days = WINDOW_S / DAY_S
    return tuple((i * days, xs[i]) for i in places), tuple((i * days, xs[i]) for i in opened)
