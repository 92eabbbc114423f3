r"""Twelve models that read each other: what happens to a consumer when its provider releases without it.

A consumer is trained on one version of each provider. While the provider serves another one, the edge between them is skewed.
Released independently, every model serves its newest version. Pinned, an old version stays served until its last consumer has
moved. In a cascade all models are trained in order and go live together. Days are walked one by one.
Source: Sculley et al. 2015, Hidden technical debt (correction cascades, undeclared consumers); weights illustrative.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import number, one_of, whole
from mlsysim.quantity import quantity, series, sources

FILE = "operations/video_service.json"
POLICIES = ("independent", "cascade", "pinned")
PERIODS = (1, 3, 7, 14, 28)
SPLIT, WHOLE = "never consistent", "consistent"
_MATTERS_SHARE = 0.0005
_SPREAD, _WEEK = 5, 7  # model i retrains 5i days into its period; the first releases lie within a week


@lru_cache(maxsize=1)
def _graph() -> tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[float, ...]]:
    """Edges (consumer, provider), depth of each model (0: an embedding), GPU hours of each."""
    models = load(FILE)["models"]["value"]
    depths: list[int] = []
    for _, providers, _ in models:
        depths.append(1 + max((depths[j] for j in providers), default=-1))
    edges = tuple((i, j) for i, (_, providers, _) in enumerate(models) for j in providers)
    return edges, tuple(depths), tuple(hours for *_, hours in models)


@dataclass(frozen=True, slots=True)
class _Day:
    skewed: tuple[int, ...]  # places in the list of edges
    live: tuple[int, ...]  # day of release of each model's newest version
    oldest: tuple[int, ...]  # the same of the oldest version that somebody still reads
    versions: int  # live or read, summed over the providers


@lru_cache(maxsize=1)
def _neighbours() -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """For each model the edges that it reads, and those by which it is read."""
    edges, depths, *_ = _graph()
    return tuple(tuple(tuple(e for e, edge in enumerate(edges) if edge[side] == m) for m in range(len(depths))) for side in (0, 1))


@lru_cache(maxsize=64)
def _single_releases(embedding_days: int, other_days: int) -> tuple[tuple[_Day, ...], float]:
    """Every day when each model releases alone, and the GPU hours of all retrainings."""
    edges, depths, hours = _graph()
    own, read_by = _neighbours()
    release = [-((_SPREAD * i) % _WEEK) - 1 for i in range(len(depths))]
    reads = [release[j] for _, j in edges]
    oldest, kept = list(release), [1 if found else 0 for found in read_by]
    spent, days, now = 0.0, [], _Day((), tuple(release), tuple(release), sum(kept))
    for t in range(load(FILE)["days"]["value"]):
        due = [i for i, depth in enumerate(depths) if (t + _SPREAD * i) % (other_days if depth else embedding_days) == 0]
        touched = set(due)
        for i in due:
            for e in own[i]:
                reads[e] = release[edges[e][1]]
                touched.add(edges[e][1])
        for i in due:
            release[i] = t
            spent += hours[i]
        for i in touched:
            served = {reads[e] for e in read_by[i]}
            oldest[i] = min(served, default=release[i])
            kept[i] = len(served | {release[i]}) if served else 0
        if due:
            skewed = tuple(e for e, (_, j) in enumerate(edges) if reads[e] != release[j])
            now = _Day(skewed, tuple(release), tuple(oldest), sum(kept))
        days.append(now)
    return tuple(days), spent


@lru_cache(maxsize=16)
def _joint_releases(every_days: int) -> tuple[tuple[_Day, ...], float]:
    """Every day when all models are trained in order of depth, a day a level, and go live together."""
    edges, depths, hours = _graph()
    release, start, spent, days = tuple(-((_SPREAD * i) % _WEEK) - 1 for i in range(len(depths))), None, 0.0, []
    for t in range(load(FILE)["days"]["value"]):
        if start is not None and t == start + max(depths) + 1:
            release, start, spent = tuple(start + depth for depth in depths), None, spent + sum(hours)
        if start is None and t % every_days == 0:
            start = t
        days.append(_Day((), release, release, len({j for _, j in edges})))
    return tuple(days), spent


@lru_cache(maxsize=512)
def _means(embedding_days: int, other_days: int, policy: str) -> tuple[float, float, float, float, float]:
    """Skewed edges and summed age on an average day, share of days without skew, GPU hours in 30 days, live versions."""
    days, spent = _joint_releases(embedding_days) if policy == "cascade" else _single_releases(embedding_days, other_days)
    skewed = [len(d.skewed) if policy == "independent" else 0 for d in days]
    ages = [t * len(d.live) - sum(d.oldest if policy == "pinned" else d.live) for t, d in enumerate(days)]
    n = len(days)
    return sum(skewed) / n, sum(ages) / n, skewed.count(0) / n, spent / n * 30, sum(d.versions for d in days) / n


@dataclass(frozen=True, slots=True)
class Releases:
    """Half a year of releases under one policy."""

    embedding_days: int = quantity("T_e", "days", doc="between retrainings of an embedding model")
    other_days: int = quantity("T_o", "days", doc="between retrainings of any other model")
    policy: str = quantity(r"\text{policy}", "")
    skew_cost_share: float = quantity("c_s", "share", doc="engagement lost while one edge is skewed")
    age_cost_share: float = quantity("c_a", "share", doc="engagement lost for a day of age of one model")
    edges_all: int = quantity("E", "1", source="pairs of a model and a provider that it reads")
    mean_skewed: float = quantity(r"\bar s", "1", source="mean over the days", doc="skewed edges")
    mean_age_days: float = quantity(
        r"\bar a", "days", source="mean over the days", doc="ages of all models, summed; pinned, those of the oldest version still read"
    )
    skew_loss_share: float = quantity("l_s", "share", formula=r"<skew_cost_share>\cdot<mean_skewed>", source="linear, illustrative")
    age_loss_share: float = quantity("l_a", "share", formula=r"<age_cost_share>\cdot<mean_age_days>", source="linear, illustrative")
    loss_share: float = quantity("l", "share", formula="<skew_loss_share>+<age_loss_share>", source="sum", doc="engagement lost on an average day")
    consistent_share: float = quantity("k", "share", source="days without a skewed edge")
    gpu_hours: float = quantity("H", "GPU h", source="GPU hours of all retrainings in 30 days")
    live_versions: float = quantity("v", "1", source="versions of the providers that are live or still read, on an average day")
    daily_loss_share: float = quantity("l_1", "share", source="the same walk with embeddings that retrain daily")
    daily_hours_times: float = quantity("H_1/H", "×", source="GPU hours with embeddings that retrain daily, over these")
    best_embedding_days: int = quantity("T^*", "days", source="lowest loss of the five periods", doc="for the embeddings, with the rest as it is")
    best_loss_share: float = quantity("l^*", "share", source="loss at that period")
    next_group: str = quantity(
        r"\text{next}", "", source="the group whose next shorter period lowers the loss most; neither where none lowers it by 0.05 points"
    )
    state: str = quantity(r"\text{state}", "", source="never consistent where no day is without a skewed edge")
    day: int = quantity("t", "1", doc="the day that is shown")
    day_skewed: int = quantity("s_t", "1", source="skewed edges on that day")
    day_loss_share: float = quantity("l_t", "share", source="as the mean, for that day")
    models: tuple[tuple[str, float], ...] = series("days", doc="(name, age) on that day; pinned, the age of the oldest version still read")
    edges: tuple[tuple[int, int, bool], ...] = series("1", doc="(provider, consumer, skewed) on that day, by place in models")
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("share", doc="per policy the loss over the embeddings' period")
    sources: dict = sources()


def replay_releases(embedding_days=14, other_days=7, policy="independent", skew_cost_share=0.003, age_cost_share=0.0005, day=90) -> Releases:
    """26 weeks of a stack of 12 models with 26 edges, retrained at two periods under one of `POLICIES`.

    In a cascade `embedding_days` is the period of the chain, and `other_days` has no effect. Costs are shares (0.003: 0.3 %).
    Errors: OutOfRange for periods outside 1 … 182 days, another policy, a day outside 0 … 181; WrongType.

    >>> r, daily = replay_releases(), replay_releases(1)
    >>> round(r.loss_share, 4), round(daily.loss_share, 4), round(daily.gpu_hours, -1)
    (0.0544, 0.075, 53870.0)
    """
    data = load(FILE)
    e, o, policy = *_periods(embedding_days, other_days), one_of("policy", policy, POLICIES)
    c_s, c_a = (single(number, name, value, low=0.0, high=0.01) for name, value in (("skew_cost_share", skew_cost_share), ("age_cost_share", age_cost_share)))
    day = whole("day", day, low=0, high=data["days"]["value"] - 1)

    def loss(period: int, rule: str, other: int = o) -> float:
        skewed, age, *_ = _means(period, other, rule)
        return c_s * skewed + c_a * age

    skewed, age, consistent, hours, versions = _means(e, o, policy)
    gains = {"embeddings": loss(e, policy) - loss(_shorter(e), policy), "others": loss(e, policy) - loss(e, policy, _shorter(o))}
    faster = max(gains, key=gains.get)
    best = min(PERIODS, key=lambda period: loss(period, policy))
    now = (_joint_releases(e) if policy == "cascade" else _single_releases(e, o))[0][day]
    ages = [day - r for r in (now.oldest if policy == "pinned" else now.live)]
    broken = set(now.skewed) if policy == "independent" else set()
    return Releases(
        embedding_days=e,
        other_days=o,
        policy=policy,
        skew_cost_share=c_s,
        age_cost_share=c_a,
        edges_all=len(_graph()[0]),
        mean_skewed=skewed,
        mean_age_days=age,
        skew_loss_share=c_s * skewed,
        age_loss_share=c_a * age,
        loss_share=loss(e, policy),
        consistent_share=consistent,
        gpu_hours=hours,
        live_versions=versions,
        daily_loss_share=loss(1, policy),
        daily_hours_times=_means(1, o, policy)[3] / hours,
        best_embedding_days=best,
        best_loss_share=loss(best, policy),
        next_group=faster if gains[faster] > _MATTERS_SHARE else "neither",
        state=WHOLE if consistent else SPLIT,
        day=day,
        day_skewed=len(broken),
        day_loss_share=c_s * len(broken) + c_a * sum(ages),
        models=tuple((m[0], float(a)) for m, a in zip(data["models"]["value"], ages, strict=True)),
        edges=tuple((j, i, n in broken) for n, (i, j) in enumerate(_graph()[0])),
        curves=tuple((rule, tuple((float(period), loss(period, rule)) for period in PERIODS)) for rule in POLICIES),
        sources={
            name: source_of(data[name])
            for name in ("skew_cost_share", "age_cost_share")
            if data[name]["value"] == {"skew_cost_share": c_s, "age_cost_share": c_a}[name]
        },
    )


def release_means(embedding_days, other_days, policy) -> tuple[float, float, float]:
    """Loss at the illustrative weights, GPU hours in 30 days, and live versions. Errors: OutOfRange, WrongType.

    >>> [round(v, 3) for v in release_means(7, 7, "cascade")]
    [0.044, 10157.143, 11.0]
    """
    skewed, age, _, hours, versions = _means(*_periods(embedding_days, other_days), one_of("policy", policy, POLICIES))
    return load(FILE)["skew_cost_share"]["value"] * skewed + load(FILE)["age_cost_share"]["value"] * age, hours, versions


def _shorter(period: int) -> int:
    """The next shorter one of the usual periods, or the same where there is none."""
    return max((p for p in PERIODS if p < period), default=period)


def _periods(embedding_days, other_days) -> tuple[int, int]:
    days = load(FILE)["days"]["value"]
    return whole("embedding_days", embedding_days, high=days), whole("other_days", other_days, high=days)
