r"""How often to retrain: stale data against the price and the risk of a release, replayed day by day over a year.

Every T days a model is trained on all data whose labels are known, which are L days old, and released. On day d the newest
data that the live model knows are L + (d mod T) days old; each such day costs k. A retraining costs c and fails with
probability p, at a damage. On three days something changes at once; each day until a model with data from that day is live
costs the shock price. Times are in days, money in dollars.
Source: the interval is an order size (square-root rule, Harris 1913), applied to retraining here.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.drift import FILE
from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

IN_BUDGET, TOO_DEAR = "pays", "the loop costs more than it saves"
LUCK = {"usual": 17, "lucky": 14, "unlucky": 21}  # seeds of the failed releases of three years: about as many as expected, fewer, more
_SAME = 0.02  # two levers within 2 % of each other count as equally good


def mean_age_days(interval_days, delay_days) -> float:
    """Mean age of the newest data that the live model knows: L + (T − 1)/2. Errors: OutOfRange.

    >>> mean_age_days(7, 21)
    24.0
    """
    return single(number, "delay_days", delay_days, low=0.0, high=3650.0) + (whole("interval_days", interval_days, high=3650) - 1) / 2


def staleness_saved_share(from_days, to_days, delay_days) -> float:
    """Share of the staleness that goes away when retraining every `from_days` becomes every `to_days`. Errors: OutOfRange.

    1 − (L + (T₂ − 1)/2)/(L + (T₁ − 1)/2); zero where there was none. Below zero, staleness grows.

    >>> staleness_saved_share(7, 1, 21)
    0.125
    """
    before = mean_age_days(from_days, delay_days)
    return 1 - mean_age_days(to_days, delay_days) / before if before else 0.0


@dataclass(frozen=True, slots=True)
class RetrainedYear:
    """A year of retraining: what it costs on average and in the replayed year, and what would lower it most."""

    interval_days: int = quantity("T", "days", doc="between retrainings")
    delay_days: int = quantity("L", "days", doc="until a label is known")
    retraining_usd: float = quantity("c", "$", doc="one retraining")
    stale_usd_per_day2: float = quantity("k", "$/day per day of age")
    failure_share: float = quantity("p", "share", doc="releases that fail")
    damage_usd: float = quantity("D", "$", doc="of one failed release")
    shock_usd_per_day: float = quantity("s", "$/day", doc="until a model knows of the change")
    luck: str = quantity(r"\text{luck}", "", doc="which year is replayed")
    days: int = quantity("N", "days", doc="length of the year")
    releases: int = quantity("r", "1", source="days T, 2T, … of the year")
    mean_age_days: float = quantity(
        r"\bar A", "days", formula=r"<delay_days> + \frac{<interval_days>-1}{2}", source="mean of a saw-tooth", doc="of the newest data the live model knows"
    )
    delay_usd: float = quantity(
        "K_L", "$", formula=r"<stale_usd_per_day2>\cdot<delay_days>\cdot<days>", source="definition", doc="staleness that no interval removes"
    )
    interval_usd: float = quantity("K_T", "$", source="k·Σ (d mod T)", doc="staleness between retrainings")
    staleness_usd: float = quantity("K", "$", formula="<delay_usd> + <interval_usd>", source="definition")
    training_usd: float = quantity("C", "$", formula=r"<releases>\cdot<retraining_usd>", source="definition")
    expected_failures: float = quantity(r"\bar f", "1", formula=r"<releases>\cdot<failure_share>", source="definition")
    failed: int = quantity("f", "1", source="drawn for this year", doc="failed releases of the replayed year")
    failure_usd: float = quantity("F", "$", formula=r"<failed>\cdot<damage_usd>", source="definition", doc="in the replayed year")
    expected_failure_usd: float = quantity(r"\bar F", "$", formula=r"<expected_failures>\cdot<damage_usd>", source="definition")
    shock_usd: float = quantity("S", "$", source="s·days until a model with data from the day of the change is live")
    total_usd: float = quantity("G", "$", formula="<staleness_usd>+<training_usd>+<failure_usd>+<shock_usd>", source="definition", doc="the replayed year")
    expected_usd: float = quantity(
        r"\bar G", "$", formula="<staleness_usd>+<training_usd>+<expected_failure_usd>+<shock_usd>", source="definition", doc="failures at their mean"
    )
    rule_days: float = quantity(
        "T^*", "days", formula=r"\sqrt{\frac{2(<retraining_usd>+<failure_share>\cdot<damage_usd>)}{<stale_usd_per_day2>}}", source="Harris 1913",
        doc="square-root rule; the label delay drops out",
    )
    best_interval: int = quantity("T_{best}", "days", source="lowest expected cost of all intervals up to 60 days")
    best_usd: float = quantity(r"\bar G_{best}", "$", source="expected cost at the best interval")
    daily_saving_share: float = quantity("e", "share", source="1 − L/(L + (T − 1)/2)", doc="of the staleness, if retraining were daily")
    state: str = quantity(r"\text{state}", "", source="expected cost above $60,000 a year (illustrative)")
    best_levers: str = quantity(r"\text{lever}", "", source="largest saving; within 2 % they are equal", doc="what to halve")
    savings: tuple[tuple[str, float], ...] = series("$", doc="(lever, expected saving of a year)")
    age: tuple[tuple[float, float], ...] = series("days", doc="(day, age of the newest data the live model knows)")
    failed_marks: tuple[tuple[float, float], ...] = series("days", doc="(day, age of the newest data) of the failed releases")
    shock_days: tuple[float, ...] = series("days", doc="changes at once")
    shock_ends: tuple[float, ...] = series("days", doc="when a model that knows of each is live, or the end of the year")
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("$", doc="(part, (interval, expected cost of a year)), the whole first")
    sources: dict = sources()

    def staleness_left_usd(self, saved_share) -> float:
        """The staleness that would be left if this share of it were saved. Errors: OutOfRange."""
        return self.staleness_usd * (1 - single(fraction, "saved_share", saved_share))


def replay_year(
    interval_days=7, delay_days=21, retraining_usd=300, stale_usd_per_day2=2, failure_share=0.05, damage_usd=4000, shock_usd_per_day=100, luck="usual"
) -> RetrainedYear:
    """A year of 364 days at one interval, with the luck of that year and without.

    `best_levers` names what to halve for the largest expected saving: the label "delay", the "price" of a retraining, the
    "failures", or to halve or double the "interval". Errors: OutOfRange for an interval outside 1 … 364, a delay outside
    0 … 364, money below zero, k not above zero, a share outside 0 … 1, another word for the luck; WrongType.

    >>> r = replay_year(14, luck="lucky")
    >>> round(r.total_usd), round(r.expected_usd), r.failed, r.best_interval
    (34720, 39720, 0, 17)
    """
    days = load(FILE)["days"]["value"]
    t, lag = whole("interval_days", interval_days, high=days), whole("delay_days", delay_days, low=0, high=days)
    money = {"retraining_usd": retraining_usd, "damage_usd": damage_usd, "shock_usd_per_day": shock_usd_per_day}
    c, damage, shock = (single(number, name, value, low=0.0, high=1e9) for name, value in money.items())
    k, p = single(positive, "stale_usd_per_day2", stale_usd_per_day2, high=1e6), single(fraction, "failure_share", failure_share)
    draw = random.Random(LUCK[one_of("luck", luck, LUCK)]).random
    price = (lag, c, k, p, damage, shock)
    parts = _parts(t, *price)
    failed = [float(day) for day in range(t, days, t) if draw() < p]
    longest = load(FILE)["longest_interval_days"]["value"]
    whole_cost = {n: math.fsum(_parts(n, *price)) for n in range(1, longest + 1)}
    best, expected = min(whole_cost, key=whole_cost.get), math.fsum(parts)
    other = min(math.fsum(_parts(n, *price)) for n in (max(1, t // 2), min(days, 2 * t)))
    savings = (
        ("delay", expected - math.fsum(_parts(t, lag // 2, *price[1:]))),
        ("interval", expected - other),
        ("price", parts[2] / 2),
        ("failures", parts[3] / 2),
    )
    most = max(s for _, s in savings)
    shocks = load(FILE)["shock_days"]["value"]
    rule = math.sqrt(2 * (c + p * damage) / k)
    return RetrainedYear(
        interval_days=t, delay_days=lag, retraining_usd=c, stale_usd_per_day2=k, failure_share=p, damage_usd=damage, shock_usd_per_day=shock, luck=luck,
        days=days, releases=_releases(t, days), mean_age_days=mean_age_days(t, lag), delay_usd=parts[0], interval_usd=parts[1],
        staleness_usd=parts[0] + parts[1], training_usd=parts[2], expected_failures=_releases(t, days) * p, failed=len(failed),
        failure_usd=len(failed) * damage, expected_failure_usd=parts[3],
        shock_usd=parts[4], total_usd=math.fsum(parts) - parts[3] + len(failed) * damage, expected_usd=expected, rule_days=rule, best_interval=best,
        best_usd=whole_cost[best], daily_saving_share=staleness_saved_share(t, 1, lag),
        state=TOO_DEAR if expected > load(FILE)["loop_costs_above_usd"]["value"] else IN_BUDGET,
        best_levers=" or ".join(name for name, s in savings if s > 0 and s >= (1 - _SAME) * most) or "none", savings=savings,
        age=tuple((float(d), float(lag + d % t)) for d in range(days)), failed_marks=tuple((day, float(lag)) for day in failed),
        shock_days=tuple(float(d) for d in shocks),
        shock_ends=tuple(float(min(days, _knows(d, t, lag))) for d in shocks), curves=_curves(price, longest),
        sources={"days": source_of(load(FILE)["days"]), "shock_usd": source_of(load(FILE)["shock_days"])},
    )  # fmt: skip


def _releases(t: int, days: int) -> int:
    return (days - 1) // t


def _knows(day: int, t: int, lag: int) -> int:
    """First release whose model has data from that day."""
    return max(t, -(-(day + lag) // t) * t)


def _parts(t: int, lag: int, c: float, k: float, p: float, damage: float, shock: float) -> tuple[float, ...]:
    """Expected cost of a year: staleness from the delay, from the interval, trainings, failed releases, shocks."""
    data = load(FILE)
    days, (cycles, rest) = data["days"]["value"], divmod(data["days"]["value"], t)
    waited = cycles * t * (t - 1) // 2 + rest * (rest - 1) // 2
    blind = sum(min(days, _knows(day, t, lag)) - day for day in data["shock_days"]["value"])
    n = _releases(t, days)
    return k * lag * days, k * waited, n * c, n * p * damage, shock * blind


@lru_cache(maxsize=64)
def _curves(price: tuple[float, ...], longest: int) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """Expected cost of every interval, whole and in parts."""
    found = [(float(t), _parts(t, *price)) for t in range(1, longest + 1)]
    names = {"whole": range(5), "stale": (0, 1), "releases": (2, 3), "shocks": (4,)}
    return tuple((name, tuple((t, math.fsum(parts[i] for i in picked)) for t, parts in found)) for name, picked in names.items())
