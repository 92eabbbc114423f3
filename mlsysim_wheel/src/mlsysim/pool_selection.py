"""Which examples of a noisy pool to keep, and what a classifier learns from them: a real selection and a real classifier.

Six groups of events lie on a ring, two features each, unit variance; some labels are wrong, some events are near copies of others.
A policy keeps k of 400: at random, where a first model is least sure (margin), where it errs most (hardest), or spread over the
space (coverage: the farthest point next). The three nearest kept points then vote on clean test events. Every figure is the mean
of three pools. Sources: Sener and Savarese 2018 (coverage by k-centre greedy); Settles 2009 (margin); Paul et al. 2021 (hard
examples carry label noise); Northcutt et al. 2021 (label errors). The pools: data/selection/river_pool.json, illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import flag, number, one_of, whole
from mlsysim.quantity import quantity, series, sources

POLICIES = ("random", "margin", "hardest", "coverage")
LABELS, MISSING, FEW, NOTHING = "label errors", "missing group", "too few", "nothing"
BLIND, OK = "blind to a group", "ok"
GOOD_WORST, HELPS = 0.6, 0.1  # worst group that is good enough; what verifying must add to count
FEWEST, MOST = 4, 100  # kept examples
_FILE = "selection/river_pool.json"
_SHOWN = 1  # the pool that is drawn: nearest to the mean of the three
_RUN = "a real selection and a real classifier, mean of three pools"
_MADE_UP = "made-up pool of sensor events, mlsysim data (illustrative)"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a policy keeps, and how well the classifier that learns from it does, group by group."""

    policy: str = quantity(r"\text{policy}", "")
    kept: int = quantity("k", "examples", doc="kept of the pool")
    noise_share: float = quantity(r"\nu", "share", doc="of the pool's labels drawn wrong")
    duplicate_share: float = quantity("d", "share", doc="of the pool are near copies")
    verified: bool = quantity(r"\text{verified}", "", doc="the kept labels are checked and corrected")
    events: int = quantity("n", "examples", doc="in the pool")
    mislabelled_share: float = quantity("w", "share", source=_RUN, doc="of the kept labels are wrong, before any check")
    mislabelled: float = quantity("n_w", "examples", formula=r"<mislabelled_share> \cdot <kept>", source="definition")
    right: float = quantity("n_r", "examples", formula="<kept> - <mislabelled>", source="definition", doc="kept with a right label")
    mean_accuracy: float = quantity("a", "share", source=_RUN, doc="weighted by how common the groups are")
    worst_group_accuracy: float = quantity("a_{min}", "share", source=_RUN, doc="the lowest of the six groups of each pool")
    worst_group: str = quantity(r"\text{worst}", "", source="lowest accuracy over the three pools together")
    rare_share: float = quantity("r", "share", source=_RUN, doc="of the kept are of the two rarest groups")
    fewest_kept: int = quantity("k_{min}", "examples", source=_RUN, doc="of any group in any of the three pools")
    verified_worst_accuracy: float = quantity("a_{min}^v", "share", source=_RUN, doc="the same selection with its labels checked")
    gap_accuracy: float = quantity(r"\Delta a", "share", formula="<mean_accuracy> - <worst_group_accuracy>", source="definition")
    binding: str = quantity(
        r"\text{binds}", "",
        source="nothing from 60 %; label errors if checking adds 10 points; a missing group if one has fewer than 2 kept; else too few",
    )  # fmt: skip
    state: str = quantity(r"\text{state}", "", source="blind: the worst group is never recognised")
    groups: tuple = series("share", doc="(group, share of the events, accuracy, accuracy in each pool, mean number kept)")
    points: tuple = series("1", doc="second pool: (first feature, second feature, group, given label, kept)")
    centres: tuple = series("1", doc="(group, first feature, second feature) in its middle")
    sources: dict = sources()


def group_names() -> tuple[str, ...]:
    """The groups, the most common first.

    >>> group_names()
    ('rain', 'ship', 'weir', 'debris', 'spill', 'leak')
    """
    return tuple(g["name"] for g in load(_FILE)["groups"])


def select(policy="random", kept=40, noise_share=0.08, duplicate_share=0.2, verified=False) -> Selection:
    """Keep `kept` of 400 events by a policy, train on them, test on clean events.

    `noise_share` up to 0.5, `duplicate_share` up to 0.8, `kept` from 4 to 100. Errors: OutOfRange for what is outside, or for another policy.

    >>> s = select("hardest", 40)
    >>> f"{s.mislabelled_share:.3f} {s.mean_accuracy:.3f} {s.worst_group_accuracy:.3f} {s.state}"
    '0.658 0.129 0.000 blind to a group'
    """
    policy = one_of("policy", policy, POLICIES)
    k = whole("kept", kept, low=FEWEST, high=MOST)
    noise = single(number, "noise_share", noise_share, low=0.0, high=0.5)
    copies = single(number, "duplicate_share", duplicate_share, low=0.0, high=0.8)
    return _select(policy, k, noise, copies, flag("verified", verified))


@lru_cache(maxsize=512)
def _select(policy: str, k: int, noise: float, copies: float, verified: bool) -> Selection:
    data, names = load(_FILE), group_names()
    shares = [g["share"] for g in data["groups"]]
    pools = [_pool(seed, noise, copies) for seed in data["pool_seeds"]]
    found = [_ranking(policy, seed, noise, copies)[:k] for seed in data["pool_seeds"]]
    hits = [_accuracy(policy, seed, noise, copies, k) for seed in data["pool_seeds"]]  # for each pool: given labels, true labels
    count, mine = len(pools), [h[verified] for h in hits]
    wrong = sum(sum(p[i][2] != p[i][3] for i in idx) for p, idx in zip(pools, found, strict=True)) / (count * k)
    kept_of = [[sum(p[i][2] == g for i in idx) for p, idx in zip(pools, found, strict=True)] for g in range(len(names))]
    mean = sum(sum(s * a for s, a in zip(shares, h, strict=True)) for h in mine) / count
    worst = sum(map(min, mine)) / count
    checked = sum(min(h[True]) for h in hits) / count
    by_group = [sum(h[g] for h in mine) / count for g in range(len(names))]
    fewest = min(map(min, kept_of))
    kept_here = set(found[_SHOWN])
    return Selection(
        policy=policy, kept=k, noise_share=noise, duplicate_share=copies, verified=verified, events=data["events"],
        mislabelled_share=wrong, mislabelled=wrong * k, right=k - wrong * k, mean_accuracy=mean, worst_group_accuracy=worst,
        worst_group=names[by_group.index(min(by_group))], rare_share=sum(map(sum, kept_of[-2:])) / (count * k), fewest_kept=fewest,
        verified_worst_accuracy=checked, gap_accuracy=mean - worst,
        binding=NOTHING if worst >= GOOD_WORST else LABELS if checked - worst >= HELPS else MISSING if fewest < 2 else FEW,
        state=BLIND if worst == 0 else OK,
        groups=tuple((n, shares[g], by_group[g], tuple(h[g] for h in mine), sum(kept_of[g]) / count) for g, n in enumerate(names)),
        points=tuple((x, y, names[g], names[given], i in kept_here) for i, (x, y, g, given) in enumerate(pools[_SHOWN])),
        centres=_centres(),
        sources=dict.fromkeys(("events",), _MADE_UP),
    )  # fmt: skip


def _centres() -> tuple[tuple[str, float, float], ...]:
    """(group, first feature, second feature) in the middle of each group, on a ring."""
    radius = load(_FILE)["ring_radius"]
    return tuple((name, radius * math.cos(math.pi * g / 3), radius * math.sin(math.pi * g / 3)) for g, name in enumerate(group_names()))


def _normal(draw: Random) -> float:
    from statistics import NormalDist  # heavy to import, and only needed here

    return NormalDist().inv_cdf(min(1 - 1e-9, max(1e-9, draw.random())))


@lru_cache(maxsize=64)
def _pool(seed: int, noise: float, copies: float) -> tuple[tuple[float, float, int, int], ...]:
    """(x, y, group, given label) of each event. Where points lie does not depend on the noise: every event takes the same draws."""
    data, draw, centres = load(_FILE), Random(seed), _centres()
    edges, at = [], 0.0
    for g in data["groups"]:
        at += g["share"]
        edges.append(at)
    found: list[tuple[float, float, int, int]] = []
    for _ in range(data["events"]):
        u_copy, u_group, u_noise, u_flip = (draw.random() for _ in range(4))
        if found and u_copy < copies:
            x, y, group, given = found[int(u_group * len(found))]
            spread = data["copy_spread"]
            found.append((x + spread * _normal(draw), y + spread * _normal(draw), group, given))
            continue
        group = next((i for i, edge in enumerate(edges) if u_group < edge), len(edges) - 1)
        x, y = centres[group][1] + _normal(draw), centres[group][2] + _normal(draw)
        found.append((x, y, group, (group + 1 + int(5 * u_flip)) % 6 if u_noise < noise else group))
    return tuple(found)


@lru_cache(maxsize=1)
def _order() -> tuple[int, ...]:
    """One shuffled order of the events for all pools (Fisher–Yates from the end)."""
    data = load(_FILE)
    draw, order = Random(data["order_seed"]), list(range(data["events"]))
    for i in range(len(order) - 1, 0, -1):
        j = int(draw.random() * (i + 1))
        order[i], order[j] = order[j], order[i]
    return tuple(order)


def _ranking(policy: str, seed: int, noise: float, copies: float) -> tuple[int, ...]:
    """The first hundred events that a policy keeps, in its order: what it keeps of k is the first k of these."""
    if policy == "random":
        return _order()[:MOST]
    return _spread(seed, copies) if policy == "coverage" else _by_first_model(policy, seed, noise, copies)


@lru_cache(maxsize=16)
def _spread(seed: int, copies: float) -> tuple[int, ...]:
    """k-centre greedy: next the event farthest from all that are kept. Labels play no part."""
    places = [(p[0], p[1]) for p in _pool(seed, 0.0, copies)]
    kept = [_order()[0]]
    far = [math.inf] * len(places)
    while True:
        a, b = places[kept[-1]]
        far = [d if d < (e := (x - a) * (x - a) + (y - b) * (y - b)) else e for d, (x, y) in zip(far, places, strict=True)]
        if len(kept) == MOST:
            return tuple(kept)
        kept.append(far.index(max(far)))


@lru_cache(maxsize=128)
def _by_first_model(policy: str, seed: int, noise: float, copies: float) -> tuple[int, ...]:
    """Events by what a first model, the centroids of the first forty given labels, makes of them."""
    pool, order = _pool(seed, noise, copies), _order()
    members: dict[int, list] = {}
    for i in order[: load(_FILE)["first_model_examples"]]:
        members.setdefault(pool[i][3], []).append(pool[i])
    centroids = {label: (sum(p[0] for p in ps) / len(ps), sum(p[1] for p in ps) / len(ps)) for label, ps in members.items()}

    def score(i: int) -> float:
        distance = {label: math.dist(pool[i][:2], c) for label, c in centroids.items()}
        if policy == "margin":
            first, second = sorted(distance.values())[:2]
            return second - first
        own = distance.get(pool[i][3])
        return -9.0 if own is None else min(distance.values()) - own  # an error, largest first

    return tuple(sorted(order, key=score)[:MOST])


@lru_cache(maxsize=1)
def _tests() -> tuple[tuple[tuple[float, float], ...], ...]:
    data = load(_FILE)
    draw = Random(data["test_seed"])
    return tuple(tuple((x + _normal(draw), y + _normal(draw)) for _ in range(data["test_per_group"])) for _, x, y in _centres())


def _accuracy(policy: str, seed: int, noise: float, copies: float, k: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Accuracy of each group with the given labels, and with the true ones."""
    pool, per_group = _pool(seed, noise, copies), load(_FILE)["test_per_group"]
    # without a first model neither the ranking nor the places depend on the labels
    near = [[_at(found, k) for found in tests] for tests in _nearest(policy, seed, noise if policy in ("margin", "hardest") else 0.0, copies)]
    both = []
    for which in (3, 2):
        hits = []
        for g, tests in enumerate(near):
            votes = ((pool[a][which], pool[b][which], pool[c][which]) for a, b, c in tests)
            hits.append(sum((b if b == c else a) == g for a, b, c in votes) / per_group)  # three different ones: the nearest
        both.append(tuple(hits))
    return both[0], both[1]


@lru_cache(maxsize=48)
def _nearest(policy: str, seed: int, noise: float, copies: float) -> tuple:
    """For each test event, group by group: (number kept, the three nearest kept events) from each number on at which these change.

    What is kept of k is the first k of one ranking, so a single walk along it serves every k. No two distances are equal.
    """
    pool = _pool(seed, noise, copies)
    ranking = _ranking(policy, seed, noise, copies)
    places = [(pool[i][0], pool[i][1]) for i in ranking]

    def walk(a: float, b: float) -> tuple:
        d1 = d2 = d3 = math.inf
        i1 = i2 = i3 = 0
        found = []
        for n, d in enumerate([(x - a) * (x - a) + (y - b) * (y - b) for x, y in places]):
            if d < d3:
                if d < d1:
                    d1, d2, d3, i1, i2, i3 = d, d1, d2, ranking[n], i1, i2
                elif d < d2:
                    d2, d3, i2, i3 = d, d2, ranking[n], i2
                else:
                    d3, i3 = d, ranking[n]
                found.append((n + 1, i1, i2, i3))
        return tuple(found)

    return tuple(tuple(walk(a, b) for a, b in tests) for tests in _tests())


def _at(found: tuple, k: int) -> tuple[int, int, int]:
    """The three nearest of the first k."""
    return next(three for n, *three in reversed(found) if n <= k)
