r"""Drift of a model's inputs and of its rule, and the two alarms that watch for it: the PSI, and an audit of answers.

The population stability index of a feature compares the shares p of a week's n samples in B bins with the shares e = 1/B
of the reference: PSI = Σ (p − e)·ln(p/e). Without any change n·PSI is about χ² with B − 1 degrees of freedom, so an alarm
above a fixed threshold rings by chance. Inputs are N(μ, 1), the rule is a boundary at c; the model keeps the old one at 0,
so it is wrong where the two differ. Covariate drift moves μ (and leaves the rule), concept drift moves c (and leaves the
inputs). Audits are four-week means of sampled answers against three standard errors. Times are in weeks.
Source: Yurdakul and Naranjo 2020 (PSI); Moreno-Torres et al. 2012 (kinds of drift); Shewhart 1931 (audit).
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.audits import alarm_threshold
from mlsysim.errors import instance, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

FILE = "operations/housing_office.json"
DRIFTS = ("none", "covariate", "concept", "both")
STEADY, SILENT, FATIGUE = "steady", "silent failure", "alarm fatigue"
MORE_SAMPLES, LOWER_THRESHOLD, SMALL_AUDIT = 400, 0.05, 50  # what the four suggested changes of a loop are
_SEED, _OTHERS = 14, 15  # of the simulated weeks, and of the other features' chance alarms
_NORMAL = NormalDist()


def chance_psi(bins, samples) -> float:
    """Mean PSI of a feature that does not change: (B − 1)/n. Errors: OutOfRange. Source: Yurdakul and Naranjo 2020.

    >>> chance_psi(10, 200)
    0.045
    """
    return (whole("bins", bins, low=2, high=1000) - 1) / whole("samples", samples)


def chi_square_tail(value, degrees) -> float:
    """P(χ² > value) for whole degrees of freedom, by the exact recurrence Q(k + 2) = Q(k) + (x/2)^(k/2)·e^(−x/2)/Γ(k/2 + 1).

    Errors: OutOfRange for a value below zero or degrees outside 1 … 1000. Source: Abramowitz and Stegun 1964, 26.4.4–26.4.5.

    >>> round(chi_square_tail(20, 9), 4)
    0.0179
    """
    half = single(number, "value", value, low=0.0, high=1e6) / 2
    degrees = whole("degrees", degrees, high=1000)
    k = 1 if degrees % 2 else 2
    tail = math.erfc(math.sqrt(half)) if k == 1 else math.exp(-half)
    while k < degrees and half > 0:
        tail += math.exp(k / 2 * math.log(half) - half - math.lgamma(k / 2 + 1))
        k += 2
    return min(1.0, tail)


def chance_alarm_share(samples, threshold, bins=10, features=1) -> float:
    """Share of weeks in which at least one of F unchanged, independent features has a PSI above the threshold.

    1 − (1 − P(χ² > threshold·n))^F with B − 1 degrees of freedom. Errors: OutOfRange. Source: Yurdakul and Naranjo 2020.

    >>> round(chance_alarm_share(200, 0.1, features=50), 3)
    0.595
    """
    n, bins = whole("samples", samples), whole("bins", bins, low=2, high=1000)
    one = chi_square_tail(single(positive, "threshold", threshold, high=10.0) * n, bins - 1)
    return -math.expm1(whole("features", features) * math.log1p(-one)) if one < 1 else 1.0


def accuracy_after(shift, boundary) -> float:
    """Share of right answers when inputs lie around `shift` and the rule has moved to `boundary`, both in σ.

    a = a₀·(1 − q) + a₁·q, where q = |Φ(c − μ) − Φ(−μ)| is the share of inputs between the old rule and the new.
    Errors: OutOfRange beyond ±20 σ.

    >>> round(accuracy_after(0, 1.02), 3), accuracy_after(1.02, 0)
    (0.623, 0.9)
    """
    mu, c = (single(number, name, value, low=-20.0, high=20.0) for name, value in (("shift", shift), ("boundary", boundary)))
    moved = abs(_NORMAL.cdf(c - mu) - _NORMAL.cdf(-mu))
    return _value("accuracy_share") * (1 - moved) + _value("wrong_side_share") * moved


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """Two years of one feature, of the model's accuracy, and of the alarms on both."""

    drift: str = quantity(r"\text{drift}", "", doc="what moves after the change week")
    samples: int = quantity("n", "1", doc="inputs a week in each feature's PSI")
    audits: int = quantity("a", "1", doc="answers checked by hand each week")
    threshold: float = quantity(r"\theta", "1", doc="PSI above which an alarm rings")
    bins: int = quantity("B", "1")
    features: int = quantity("F", "1", doc="independent features under watch")
    speed_per_week: float = quantity("v", "σ/week", doc="how fast inputs or rule move")
    delay_weeks: int = quantity("d", "weeks", doc="until the truth about a week's answers is known")
    change_week: int = quantity("t_0", "weeks", doc="last week before the drift")
    chance_psi: float = quantity(
        r"\overline{PSI}", "1", formula=r"\frac{<bins>-1}{<samples>}", source="Yurdakul and Naranjo 2020", doc="without any change"
    )
    chance_share: float = quantity(
        "p", "share", source="P(χ² > θ·n), B − 1 degrees of freedom; Yurdakul and Naranjo 2020", doc="weeks in which one unchanged feature rings"
    )
    family_alarm_share: float = quantity(
        "P", "share", formula=r"1-(1-<chance_share>)^{<features>}", source="independent features", doc="weeks in which at least one unchanged feature rings"
    )
    psi_alarms_before: int = quantity("A_0", "1", source="simulated weeks, the one feature", doc="alarms of the feature up to the change week")
    psi_alarms_after: int = quantity("A_1", "1", source="simulated weeks, the one feature", doc="alarms of the feature after it")
    accuracy_end_share: float = quantity("a_{end}", "share", source="a₀·(1 − q) + a₁·q", doc="in the last week")
    audit_found: str = quantity(
        r"\text{audit}", "", source="first four-week mean below the limit after the change, plus the label delay", doc="when its alarm is known"
    )
    state: str = quantity(r"\text{state}", "", source="silent: accuracy below 80 % and no audit alarm; fatigue: P above 20 % (illustrative)")
    psi: tuple[tuple[float, float], ...] = series("1", doc="(week, PSI of the feature that may move)")
    psi_top: float = series("1", doc="where an axis for it ends, with room above the threshold")
    psi_alarms: tuple[tuple[float, float], ...] = series("1", doc="the same, alarms only")
    accuracy: tuple[tuple[float, float], ...] = series("share", doc="(week, true share of right answers)")
    found: tuple[tuple[float, float], ...] = series("share", doc="(week, share of audited answers found right)")
    means: tuple[tuple[float, float], ...] = series("share", doc="(week, mean of the last four audits)")
    audit_limit_share: float | None = series("share", doc="mean below which the audit's alarm rings")
    audit_week: float | None = series("weeks", doc="when the audit's alarm is known")
    busy_weeks: tuple[float, ...] = series("weeks", doc="weeks in which at least one of the features rings, one draw")
    family_curve: tuple[tuple[float, float], ...] = series("share", doc="(samples a week, share of weeks with a chance alarm)")
    single_curve: tuple[tuple[float, float], ...] = series("share", doc="the same for one feature")
    sources: dict = sources()

    @property
    def drifts(self) -> bool:
        """Whether anything moves at all."""
        return self.drift != "none" and self.speed_per_week > 0


def watch_drift(drift="none", samples=200, audits=0, threshold=0.1, bins=10, features=50, speed_per_week=0.02, delay_weeks=4) -> DriftWatch:
    """Two years, week by week: the PSI of one feature, the accuracy nobody sees, and the audit, whose alarm is known after the delay.

    After week 52 inputs ("covariate"), rule ("concept") or "both" move by `speed_per_week` σ. Errors: OutOfRange
    for another word, n outside 1 … 5000, a outside 0 … 5000, θ not above 0, B outside 2 … 50, F outside 1 … 10000, a speed
    outside 0 … 0.2, a delay outside 0 … 52; WrongType.

    >>> w = watch_drift("concept", audits=50)
    >>> w.psi_alarms_before + w.psi_alarms_after, w.audit_found, round(w.accuracy_end_share, 3)
    (2, 'week 68', 0.623)
    """
    one_of("drift", drift, DRIFTS)
    n, a = whole("samples", samples, high=5000), whole("audits", audits, low=0, high=5000)
    theta, bins = single(positive, "threshold", threshold, high=10.0), whole("bins", bins, low=2, high=50)
    features, delay = whole("features", features, high=10_000), whole("delay_weeks", delay_weeks, low=0, high=52)
    v = single(number, "speed_per_week", speed_per_week, low=0.0, high=0.2)
    change, weeks = _value("change_week"), _value("weeks")
    psi, found = _weeks(drift, n, a, bins, v)
    truth = _accuracies(drift, v)
    alarms = [t for t, x in enumerate(psi) if x > theta]
    known = _audit_week(found, a, delay)
    p, other = chance_alarm_share(n, theta, bins), random.Random(_OTHERS).random
    rest = -math.expm1((features - 1) * math.log1p(-p)) if p < 1 else float(features > 1)
    busy = tuple(float(t) for t in range(weeks) if (other() < rest) | (psi[t] > theta))
    family = chance_alarm_share(n, theta, bins, features)
    silent = truth[-1] < _value("silent_below_share") and known is None
    window = _value("window_weeks")
    data = load(FILE)
    return DriftWatch(
        drift=drift, samples=n, audits=a, threshold=theta, bins=bins, features=features, speed_per_week=v, delay_weeks=delay, change_week=change,
        chance_psi=chance_psi(bins, n), chance_share=p, family_alarm_share=family, psi_alarms_before=sum(t <= change for t in alarms),
        psi_alarms_after=sum(t > change for t in alarms), accuracy_end_share=truth[-1],
        audit_found="no audits" if not a else "never" if known is None else f"week {known}" if truth[-1] < truth[0] else f"week {known}, falsely",
        state=SILENT if silent else FATIGUE if family > _value("fatigue_above_share") else STEADY,
        psi=tuple((float(t), x) for t, x in enumerate(psi)), psi_alarms=tuple((float(t), psi[t]) for t in alarms), psi_top=max(1.6 * theta, *psi),
        accuracy=tuple((float(t), x) for t, x in enumerate(truth)), found=tuple((float(t), x) for t, x in enumerate(found)),
        means=tuple((float(t), math.fsum(found[t + 1 - window : t + 1]) / window) for t in range(window - 1, len(found))),
        audit_limit_share=audit_limit_share(a) if a else None, audit_week=None if known is None else float(known), busy_weeks=busy,
        family_curve=_family_curve(theta, bins, features), single_curve=_family_curve(theta, bins, 1),
        sources={"change_week": source_of(data["change_week"]), "accuracy_end_share": source_of(data["accuracy_share"])},
    )  # fmt: skip


def earlier_change(watch: DriftWatch) -> str:
    """Which change of the loop would have revealed this drift first, and before the loop as it is; "none", or "" where nothing drifts.

    Simulated: "samples" (400 a week), "threshold" (0.05), "audits" (50 a week, or twice as many). More features see no more of
    this one. The PSI reveals drift in the second of two alarm weeks in a row, unless two in a row came before any drift; an
    audit in its first alarm, known after the delay, and only a drift that costs accuracy. Audits win a tie. Errors: WrongType.

    >>> earlier_change(watch_drift("concept")), earlier_change(watch_drift("covariate", 150))
    ('audits', 'samples')
    """
    instance("watch", watch, DriftWatch, "a result of watch_drift")
    if not watch.drifts:
        return ""
    now, *changes = _reveals(watch.drift, watch.samples, watch.audits, watch.threshold, watch.bins, watch.speed_per_week, watch.delay_weeks)
    found = {k: t for k, t in reversed(changes) if t is not None and (now[1] is None or t < now[1])}  # audits first
    return min(found, key=found.get) if found else "none"


def audit_limit_share(audits) -> float:
    """Four-week mean below which the audit of `audits` answers a week rings. Errors: OutOfRange. Source: Shewhart 1931.

    >>> round(audit_limit_share(50), 4)
    0.8364
    """
    return alarm_threshold(_value("accuracy_share"), audits, _value("audit_sigmas"), _value("window_weeks"))


def expected_detection_week(audits, speed_per_week) -> int | None:
    """First week after a concept drift begins whose expected four-week mean lies below the audit's limit; None within 520 weeks.

    No luck is in it: the mean of 0.9 − 0.8·|Φ(v·w) − ½| over four weeks. Errors: OutOfRange for a below 1, v outside 0 … 0.2.

    >>> expected_detection_week(160, 0.02), expected_detection_week(160, 0)
    (8, None)
    """
    limit, v = audit_limit_share(audits), single(number, "speed_per_week", speed_per_week, low=0.0, high=0.2)
    window = _value("window_weeks")
    for week in range(521) if v else ():
        if math.fsum(accuracy_after(0.0, min(20.0, v * max(0, week - j))) for j in range(window)) / window < limit:
            return week
    return None


def _value(name: str):
    return load(FILE)[name]["value"]


def _moved(drift: str, v: float, week: int) -> tuple[float, float]:
    """(shift of the inputs, place of the rule) in a week."""
    s = v * max(0, week - _value("change_week"))
    return (s if drift in ("covariate", "both") else 0.0), (s if drift in ("concept", "both") else 0.0)


@lru_cache(maxsize=64)
def _accuracies(drift: str, v: float) -> tuple[float, ...]:
    return tuple(accuracy_after(*_moved(drift, v, t)) for t in range(_value("weeks")))


@lru_cache(maxsize=256)
def _weeks(drift: str, n: int, a: int, bins: int, v: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """PSI of each week, and the share found right in each week's audit (nothing without audits)."""
    draw, e = random.Random(_SEED).random, 1 / bins
    edges = [_NORMAL.inv_cdf(i / bins) for i in range(1, bins)]
    truth, psi, found = _accuracies(drift, v), [], []
    whole_n = n + 0.5 * bins
    cuts, last = [], None
    for week in range(_value("weeks")):
        mu = _moved(drift, v, week)[0]
        if mu != last:
            cuts, last = [_NORMAL.cdf(edge - mu) for edge in edges], mu
        drawn = sorted([draw() for _ in range(n)])
        places = [0, *(bisect_left(drawn, cut) for cut in cuts), n]
        index = 0.0
        for low, high in zip(places, places[1:], strict=False):
            share = (high - low + 0.5) / whole_n
            index += (share - e) * math.log(share / e)
        psi.append(index)
        if a:
            right = truth[week]
            found.append(sum([draw() < right for _ in range(a)]) / a)
    return tuple(psi), tuple(found)


def _audit_week(found: tuple[float, ...], a: int, delay: int) -> int | None:
    """Week in which the first audit alarm after the change is known, if that is within the watched time."""
    if not a:
        return None
    window, limit = _value("window_weeks"), audit_limit_share(a)
    for t in range(_value("change_week") + 1, len(found)):
        if math.fsum(found[t + 1 - window : t + 1]) / window < limit:
            return t + delay if t + delay < _value("weeks") else None
    return None


def _psi_week(psi: tuple[float, ...], theta: float) -> int | None:
    """Second of two alarm weeks in a row after the change; None if two in a row came before it, for then nobody looks."""
    change = _value("change_week")
    twice = [t for t in range(1, len(psi)) if psi[t] > theta and psi[t - 1] > theta]
    return None if twice and twice[0] <= change else twice[0] if twice else None


def _reveals(drift: str, n: int, a: int, theta: float, bins: int, v: float, delay: int) -> tuple[tuple[str, int | None], ...]:
    """When the loop as it is, and each of four changes of it, reveals the drift. More features see no more of this one."""
    audits, harms = max(SMALL_AUDIT, 2 * a), drift != "covariate"  # an audit that rings while all answers are as before reveals nothing
    now = _psi_week(_weeks(drift, n, a, bins, v)[0], theta)
    audit_now = _audit_week(_weeks(drift, n, a, bins, v)[1], a, delay) if harms else None
    return (
        ("now", min((t for t in (now, audit_now) if t is not None), default=None)),
        ("samples", _psi_week(_weeks(drift, MORE_SAMPLES, 0, bins, v)[0], theta) if n < MORE_SAMPLES else now),
        ("threshold", _psi_week(_weeks(drift, n, a, bins, v)[0], min(theta, LOWER_THRESHOLD))),
        ("features", now),
        ("audits", _audit_week(_weeks(drift, n, audits, bins, v)[1], audits, delay) if harms else None),
    )


@lru_cache(maxsize=64)
def _family_curve(theta: float, bins: int, features: int) -> tuple[tuple[float, float], ...]:
    return tuple((float(n), chance_alarm_share(n, theta, bins, features)) for n in range(50, 551, 10))
