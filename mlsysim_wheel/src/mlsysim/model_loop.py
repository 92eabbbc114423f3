r"""One year of the loop around a model: retrain, audit, release through a canary, and answer the alarms.

What the parts do comes from their own modules: drift (chance alarms, detection), retraining (age of the data), canary (false
rollbacks, days to a verdict, lost successes). Here they share one bill and one calendar. Times are in days and weeks.
Source: the parts' own; the prices are illustrative (`data/operations/housing_office.json`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim.canary import false_rollback_share, needed_requests, verdict_days
from mlsysim.drift import FILE, chance_alarm_share, expected_detection_week
from mlsysim.errors import whole
from mlsysim.quantity import quantity, sources
from mlsysim.retraining import mean_age_days
from mlsysim.units import DAY, WEEK

INTERVALS = (1, 3, 7, 14, 21, 28, 42, 56)
AUDITS = (0, 20, 40, 80, 160, 320)
NEVER_WEEKS = 520  # what "never" counts as: ten years
_PRICES = {
    "training_usd": "training_usd", "stale_usd": "staleness_usd_per_day2", "audit_usd": "audit_usd", "lost_usd": "failed_release_share",
    "alarm_usd": "false_alarm_usd",
}  # fmt: skip
BLIND, WATCHED = "blind: nobody would ever notice", "watched"


@dataclass(frozen=True, slots=True)
class Loop:
    """Cost, detection, verdict and false alarms of one year."""

    interval_days: int = quantity("T", "days", doc="between retrainings")
    audits: int = quantity("a", "1", doc="answers checked by hand each week")
    canary_share: float = quantity("f", "share")
    z_limit: float = quantity("z", "1")
    samples: int = quantity("n", "1", doc="inputs a week in each feature's PSI")
    releases: int = quantity("r", "1", source="⌊364/T⌋")
    family_alarm_share: float = quantity("P", "share", source="chance alarms of 50 features, as in drift")
    false_rollback_share: float = quantity("R", "share", source="14 daily looks, as in canary")
    lost_successes: float = quantity("l", "1", source="as in canary", doc="of one bad release")
    false_alarms: float = quantity("A", "1", formula=r"52\cdot<family_alarm_share>+<releases>\cdot<false_rollback_share>", source="sum over a year")
    training_usd: float = quantity("C_t", "$", source="r·price of a retraining")
    stale_usd: float = quantity("C_s", "$", source="k·(L + (T − 1)/2)·364")
    audit_usd: float = quantity("C_a", "$", source="52·a·price of an audit")
    lost_usd: float = quantity("C_l", "$", source="share of bad releases·r·l·price of a success")
    alarm_usd: float = quantity("C_f", "$", source="A·price of a false alarm")
    cost_usd: float = quantity("C", "$", formula="<training_usd>+<stale_usd>+<audit_usd>+<lost_usd>+<alarm_usd>", source="sum")
    detection_weeks: int = quantity(
        "w", "weeks", source="first week whose expected four-week mean is below the audit's limit, plus the label delay; never counts as 520"
    )
    detected: str = quantity(r"\text{detected}", "", source="the same in words")
    verdict_days: float = quantity("t", "days", source="as in canary")
    state: str = quantity(r"\text{state}", "", source="blind without audits")
    sources: dict = sources()


@remembered(4096)
def run_loop(interval_days=7, audits=0, canary_share=0.01, z_limit=1.96, samples=200) -> Loop:
    """A year of the loop with 50 watched features, labels after 21 days, 5 % bad releases. Errors: OutOfRange, WrongType.

    >>> loop = run_loop(14, 160, 0.25, samples=400)
    >>> round(loop.cost_usd, -2), loop.detection_weeks, round(loop.verdict_days, 2), round(loop.false_alarms, 1)
    (37700.0, 11, 9.94, 5.8)
    """
    data = load(FILE)
    value = {k: v["value"] for k, v in data["loop"].items()}
    days = data["days"]["value"]
    t, a, n = whole("interval_days", interval_days, high=days), whole("audits", audits, low=0, high=5000), whole("samples", samples, high=5000)
    releases, delay = days // t, value["label_delay_days"]
    rates = value["success_share"], value["drop_share"]
    lost = needed_requests(z_limit, *rates, canary_share) * rates[0] * rates[1]
    family = chance_alarm_share(n, value["threshold"], value["bins"], value["features"])
    false = false_rollback_share(value["looks"], z_limit)
    alarms = days * DAY / WEEK * family + releases * false
    week = expected_detection_week(a, value["drift_per_week"]) if a else None
    detection = NEVER_WEEKS if week is None else week + math.ceil(delay * DAY / WEEK)
    parts = {
        "training_usd": value["training_usd"] * releases,
        "stale_usd": value["staleness_usd_per_day2"] * mean_age_days(t, delay) * days,
        "audit_usd": days * DAY / WEEK * a * value["audit_usd"],
        "lost_usd": value["failed_release_share"] * releases * lost * value["lost_success_usd"],
        "alarm_usd": value["false_alarm_usd"] * alarms,
    }
    return Loop(
        interval_days=t, audits=a, canary_share=float(canary_share), z_limit=float(z_limit), samples=n, releases=releases, family_alarm_share=family,
        false_rollback_share=false, lost_successes=lost, false_alarms=alarms, **parts, cost_usd=sum(parts.values()), detection_weeks=detection,
        detected="never" if week is None else f"after {detection} weeks", verdict_days=verdict_days(canary_share, value["requests_per_day"], *rates, z_limit),
        state=BLIND if week is None else WATCHED, sources={k: source_of(data["loop"][v]) for k, v in _PRICES.items()},
    )  # fmt: skip


@remembered(256)
def interval_options(audits, canary_share, z_limit, samples) -> tuple[tuple[str, float, float], ...]:
    """(name, false alarms a year, cost in dollars) of each interval, the rest of the loop as given. Errors: OutOfRange, WrongType.

    >>> [name for name, _, _ in interval_options(80, 0.25, 1.96, 400)][:4]
    ['1 d', '3 d', '7 d', '14 d']
    """
    found = [run_loop(t, audits, canary_share, z_limit, samples) for t in INTERVALS]
    return tuple((option_name(x.interval_days), x.false_alarms, x.cost_usd) for x in found)


def option_name(interval_days) -> str:
    """An interval, short. Errors: OutOfRange.

    >>> option_name(21)
    '21 d'
    """
    return f"{whole('interval_days', interval_days)} d"
