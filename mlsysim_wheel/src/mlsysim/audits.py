"""A learned system that gets worse without an error message, and the audit of sampled answers that notices.

Accuracy a(t) falls by s a week after a change. Each week n answers are checked by hand; the share found right is a
normal draw around a(t) with variance a(1 − a)/n. The alarm rings when the mean of the last weeks lies z standard errors
below what it should be; it is known when the checks are reported. Monte Carlo over many such histories.
Times are in weeks. Source: a Shewhart control chart (Shewhart 1931) on a moving mean of samples.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, WEEK

BREAKS = ("drift", "crash")
SIGNALS = (("Availability", "share", "availability_share"), ("Latency, 95th percentile", "s", "p95_s"), ("Error rate", "share", "error_share"))
_FILE = "audits/library_assistant.json"
_CRY = 11  # seed of the histories with a change
_QUIET = 12  # seed of the years without one


@dataclass(frozen=True, slots=True)
class Watch:
    """What an audit notices after a change, when, and what it costs until then."""

    breaks: str = quantity(r"\text{breaks}", "", doc="drift: answers get worse; crash: answers are error messages")
    checked_per_week: int = quantity("n", "1", doc="answers checked by hand")
    strictness: float = quantity("z", "1", doc="standard errors below which the alarm rings")
    drift_share_per_week: float = quantity("s", "share", doc="of right answers, lost each week")
    accuracy_share: float = quantity("a_0", "share", doc="before the change")
    window_weeks: int = quantity("v", "weeks", doc="audits in the mean")
    report_weeks: int = quantity("d", "weeks", doc="until a week's checks are reported")
    questions_per_week: float = quantity("Q", "1/week")
    standard_error_share: float = quantity(
        r"\sigma", "share", formula=r"\sqrt{\frac{<accuracy_share>(1-<accuracy_share>)}{<window_weeks> <checked_per_week>}}", source="binomial"
    )
    threshold_share: float = quantity(
        r"a_{min}", "share", formula=r"<accuracy_share> - <strictness>\cdot<standard_error_share>", source="Shewhart 1931", doc="the alarm rings below"
    )
    lag_weeks: float = quantity("T", "weeks", source="median of the simulated histories", doc="from the change to a known alarm")
    alarm_week: float = quantity("t_T", "weeks", formula="<change_week> + <lag_weeks>", doc="the median alarm is known")
    lag_p90_weeks: float = quantity("T_{90}", "weeks", source="nine of ten histories are not slower")
    alarm_after: str = quantity(r"\text{known after}", "", source="the median, in words")
    accuracy_at_alarm_share: float = quantity(r"a_T", "share", source="a₀ − s·T for drift; 0 after a crash", doc="when the alarm is known")
    extra_wrong: float = quantity("W", "1", source="Q·Σ s·k for k = 1 … T; a crash: Q for one minute", doc="wrong answers, beyond the usual, until then")
    false_alarm_share: float = quantity("p", "share", source="share of simulated years without a change that ring")
    faster_extra_wrong: float = quantity("W_4", "1", source="the same, drift four times as fast")
    faster_ratio: float = quantity("W_4/W", "×", formula=r"\frac{<faster_extra_wrong>}{<extra_wrong>}")
    change_week: int = quantity("t_0", "weeks", doc="last week before the change")
    availability_share: float = quantity("A", "share", doc="on the dashboard, week after week")
    p95_s: float = quantity("t_{95}", "s", doc="on the dashboard: latency that 95 of 100 answers keep")
    error_share: float = quantity("e", "share", doc="on the dashboard: error messages")
    truth: tuple[tuple[float, float], ...] = series("share", doc="(week, share of right answers)")
    audits: tuple[tuple[float, float], ...] = series("share", doc="(week, share found right), the history whose alarm is the median one")
    dashboard: tuple[tuple[str, str, tuple[tuple[float, float], ...]], ...] = series("", doc="(name, unit, (week, value)) of each measure that operators see")
    means: tuple[tuple[float, float], ...] = series("share", doc="(week, mean of the last audits), the same history")
    known_weeks: tuple[float, ...] = series("weeks", doc="when the alarm is known, one a history")
    sources: dict = sources()


def alarm_threshold(accuracy_share, checked_per_week, strictness, window_weeks=4) -> float:
    """Mean of the last weeks below which the alarm rings: a₀ − z·√(a₀(1 − a₀)/(v·n)). Source: Shewhart 1931.

    Errors: OutOfRange for a share outside 0 … 1, a strictness outside 0 … 100, a count below 1.

    >>> round(alarm_threshold(0.95, 100, 3), 4)
    0.9173
    """
    a = fraction("accuracy_share", accuracy_share)
    n = whole("checked_per_week", checked_per_week) * whole("window_weeks", window_weeks, high=1000)
    return a - positive("strictness", strictness, high=100.0) * math.sqrt(a * (1 - a) / n)


def watch_answers(checked_per_week=100, strictness=3.0, drift_share_per_week=0.0025, breaks="drift") -> Watch:
    """The library's assistant under an audit: median lag of the alarm, damage until then, false alarms a year.

    `breaks` is "drift", or "crash": from the change on every answer is an error message, which monitoring sees in a
    minute. Errors: OutOfRange for n outside 1 … 1e6, z outside 0 … 10, a drift outside 1e-4 … 0.05, another word.

    >>> w = watch_answers()
    >>> w.lag_weeks, round(w.extra_wrong), round(w.false_alarm_share, 3)
    (14, 367500, 0.03)
    """
    n, z = whole("checked_per_week", checked_per_week, high=10**6), positive("strictness", strictness, high=10)
    s = number("drift_share_per_week", drift_share_per_week, low=1e-4, high=0.05)
    one_of("breaks", breaks, BREAKS)
    data = load(_FILE)
    value = {k: v["value"] for k, v in data.items() if isinstance(v, dict) and "value" in v}
    a0, change, per_week = value["accuracy_share"], value["change_week"], value["questions_per_day"] * WEEK / DAY
    lags, audits = _histories(n, z, s)
    if breaks == "crash":
        lag = p90 = value["crash_alarm_s"] / WEEK
        wrong, faster, words, at_alarm = per_week * lag, per_week * lag, "one minute", 0.0
        truth = _spike(a0, 0.0, change, lag)
        audits, known = tuple((float(t), a0) for t in range(1, change + 1)), (change + lag,)
    else:
        lag, p90 = _median(lags), lags[int(0.9 * len(lags))]
        wrong, faster = per_week * _lost(s, lag), per_week * _lost(4 * s, _median(_histories(n, z, 4 * s)[0]))
        words, at_alarm = f"{lag} weeks", _accuracy(a0, s, lag)
        end = min(value["horizon_weeks"], max(change + p90 + 4, change + 24))
        truth = tuple((float(t), _accuracy(a0, s, max(0, t - change))) for t in range(1, end + 1))
        known = tuple(float(change + x) for x in lags)
    board = data["dashboard"]
    seen = {"availability_share": 0.0, "p95_s": board["p95_s"]["value"], "error_share": 1.0}  # during a crash
    return Watch(
        breaks=breaks, checked_per_week=n, strictness=z, drift_share_per_week=s, accuracy_share=a0, window_weeks=value["window_weeks"],
        report_weeks=value["report_weeks"], questions_per_week=per_week, standard_error_share=math.sqrt(a0 * (1 - a0) / (value["window_weeks"] * n)),
        threshold_share=alarm_threshold(a0, n, z, value["window_weeks"]), lag_weeks=lag, lag_p90_weeks=p90, alarm_after=words,
        accuracy_at_alarm_share=at_alarm, extra_wrong=wrong, false_alarm_share=false_alarm_share(z), faster_extra_wrong=faster,
        faster_ratio=faster / wrong, change_week=change, availability_share=board["availability_share"]["value"], p95_s=board["p95_s"]["value"],
        error_share=board["error_share"]["value"], alarm_week=change + lag, truth=truth, audits=audits,
        means=_moving_mean(audits, value["window_weeks"]),
        known_weeks=known,
        dashboard=tuple(
            (name, unit, _spike(board[key]["value"], seen[key], change, lag) if breaks == "crash" else tuple((t, board[key]["value"]) for t, _ in truth))
            for name, unit, key in SIGNALS
        ),
        sources={
            "accuracy_share": source_of(data["accuracy_share"]), "questions_per_week": source_of(data["questions_per_day"]),
            "window_weeks": source_of(data["window_weeks"]), "report_weeks": source_of(data["report_weeks"]), "change_week": source_of(data["change_week"]),
            **{k: source_of(board[k]) for k in board},
        },
    )  # fmt: skip


def median_lag_weeks(checked_per_week, strictness, drift_share_per_week) -> int:
    """Weeks from the change to a known alarm, in the median history (a history that never rings counts as 72).

    Errors: OutOfRange, as in `watch_answers`.

    >>> median_lag_weeks(400, 3, 0.0025)
    10
    """
    n, z = whole("checked_per_week", checked_per_week, high=10**6), positive("strictness", strictness, high=10)
    return _median(_histories(n, z, number("drift_share_per_week", drift_share_per_week, low=1e-4, high=0.2))[0])


@remembered(64)
def false_alarm_share(strictness) -> float:
    """Share of years without any change in which the alarm rings. It depends on z alone: n scales noise and limit alike.

    Errors: OutOfRange unless 0 < z ≤ 10.

    >>> false_alarm_share(2.5)
    0.17
    """
    z, data = positive("strictness", strictness, high=10), load(_FILE)
    window, runs, draw = data["window_weeks"]["value"], data["runs"]["value"], random.Random(_QUIET).gauss
    limit = -z * math.sqrt(window)  # of the sum of the last draws, each of unit variance
    rang = 0
    for _ in range(runs):
        last: list[float] = []
        for week in range(1, data["year_weeks"]["value"] + 1):
            last.append(draw(0, 1))
            if week >= window and sum(last[-window:]) < limit:
                rang += 1
                break
    return rang / runs


def _moving_mean(points: tuple[tuple[float, float], ...], window: int) -> tuple[tuple[float, float], ...]:
    return tuple((points[i][0], sum(v for _, v in points[i + 1 - window : i + 1]) / window) for i in range(window - 1, len(points)))


def _spike(usual: float, broken: float, change: float, lag: float) -> tuple[tuple[float, float], ...]:
    """A value that changes at the end of the change week and is mended when the alarm rings."""
    return ((1.0, usual), (change, usual), (change, broken), (change + lag, broken), (change + lag, usual), (change + 2.0, usual))


def _accuracy(a0: float, s: float, weeks: float) -> float:
    return max(0.0, a0 - s * weeks)


def _lost(s: float, lag: int) -> float:
    """Weeks' worth of wrong answers until the alarm: Σ s·k for k = 1 … lag."""
    return s * lag * (lag + 1) / 2


def _median(lags: tuple[int, ...]) -> int:
    return lags[len(lags) // 2]


@lru_cache(maxsize=256)
def _histories(n: int, z: float, s: float) -> tuple[tuple[int, ...], tuple[tuple[float, float], ...]]:
    """Sorted lags of all histories, and the audits of one whose lag is the median. False alarms before the change are left out."""
    value = {k: v["value"] for k, v in load(_FILE).items() if isinstance(v, dict) and "value" in v}
    a0, change, window, report = (value[k] for k in ("accuracy_share", "change_week", "window_weeks", "report_weeks"))
    limit, draw = window * alarm_threshold(a0, n, z, window), random.Random(_CRY).gauss
    means = [_accuracy(a0, s, max(0, t - change)) for t in range(value["horizon_weeks"] + 1)]
    spread = [math.sqrt(a * (1 - a) / n) for a in means]
    lags, kept = [], {}
    for _ in range(value["runs"]):
        found, rang, total = [], None, 0.0
        for t in range(1, value["horizon_weeks"] + 1):
            audit = means[t] + draw(0.0, 1.0) * spread[t]
            found.append(audit)
            total += audit
            if t > window:
                total -= found[-window - 1]
            if total < limit and t >= window:
                rang = t
                break
        if rang is not None and rang <= change:
            continue
        lag = (rang if rang is not None else value["horizon_weeks"]) + report - change
        lags.append(lag)
        kept.setdefault(lag, found)
    lags.sort()
    return tuple(lags), tuple((float(t), min(1.0, audit)) for t, audit in enumerate(kept[_median(lags)], 1))
