"""A fleet against designs drawn at random, and against what a board asks of it.

A design is good relative to what else could be had: a sample shows how many designs beat it in days, dollars and carbon at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import finite_list, instance, one_of, positive, whole
from mlsysim.fleet_events import EVENTS, all_together
from mlsysim.fleet_parts import (
    CAPS,
    FORMATS,
    HOME,
    INTERVALS_S,
    LAMBDA,
    NODES,
    OVERSUBSCRIPTION,
    PIPELINE,
    RECOVERY,
    REGIONS,
    SAVING,
    SHARES,
    SPARES,
    TENSOR,
    Design,
    as_design,
    figures,
    fits,
    given,
    serving_nodes,
    serving_of,
)  # fmt: skip
from mlsysim.fleet_review import review_fleet
from mlsysim.quantity import quantity, series, sources

DRAWN = 300
OPTIONS = {
    "nodes": (96, 112, 128, 144, 160, 176, 192, 224), "serving_share": SHARES, "tensor": TENSOR, "pipeline": PIPELINE, "oversubscription": OVERSUBSCRIPTION,
    "interval_s": tuple(INTERVALS_S), "saving": tuple(SAVING), "recovery": tuple(RECOVERY), "cap_share": CAPS, "region": tuple(REGIONS),
    "number_format": FORMATS,
    "lending": (False, True), "spares": SPARES,
}  # fmt: skip
ALL_OPTIONS = OPTIONS | {"nodes": NODES}
OBJECTIVES = {"days": "days", "cost_usd": "cost", "carbon_t": "carbon"}
ALL_EVENTS = "+".join(EVENTS)
COST_LIMIT_USD = 4.9e6
AXES = {"days-cost": (0, 1), "days-carbon": (0, 2), "cost-carbon": (1, 2)}
KINDS = ("beats yours", "unbeaten", "beaten by others")
GOALS = ("fewest days under all six events", "fewest dollars", "fewest tonnes")
DOMINATED, UNBEATEN, IMPOSSIBLE = "dominated", "unbeaten in this sample", "not feasible itself"


@dataclass(frozen=True, slots=True)
class Frontier:
    """One design among a random sample."""

    seed: int = quantity(r"\text{seed}", "1", doc="of the sample")
    only: str = quantity(r"\text{region}", "", doc="all, or the one region whose designs are compared")
    axes: str = quantity(r"\text{axes}", "", doc="two of days, cost and carbon, to draw")
    drawn: int = quantity("n", "1", source="the sample", doc="designs")
    feasible: int = quantity("n_f", "1", source="memory fits and serving has a load below 0.95")
    frontier: int = quantity("n_p", "1", source="Pareto 1906", doc="feasible designs that none beats in all three")
    dominating: int = quantity("n_d", "1", source="as good in days, cost and carbon, and better in one", doc="designs that beat yours in all three")
    days: float = quantity("t_d", "days", source="mlsysim.fleet_review")
    cost_usd: float = quantity(r"\$", "$", source="mlsysim.fleet_review")
    carbon_t: float = quantity("C", "t", source="mlsysim.fleet_review")
    days_rank_share: float = quantity("r_t", "share", source="share of the feasible designs that are better", doc="in days")
    cost_rank_share: float = quantity("r_c", "share", source="share of the feasible designs that are better", doc="in cost")
    carbon_rank_share: float = quantity("r_k", "share", source="share of the feasible designs that are better", doc="in carbon")
    best_objective: str = quantity(r"\text{best}", "", source="fewest better designs; equals joined by or", doc="days, cost_usd or carbon_t")
    better_days: float = quantity("t_b", "days", source="the nearest dominating design, else yours")
    better_cost_usd: float = quantity(r"\$_b", "$", source="the nearest dominating design, else yours")
    better_carbon_t: float = quantity("C_b", "t", source="the nearest dominating design, else yours")
    state: str = quantity(r"\text{state}", "", source="dominating designs against none")
    points: tuple = series("", doc="(days, cost in $, carbon in t, kind) of the feasible designs")
    better: tuple = series("", doc="(choice, its value) in which the nearest dominating design differs")
    sources: dict = sources()


@remembered(128)
def sample(seed: int) -> tuple[tuple[Design, tuple[float, float, float], bool], ...]:
    """300 designs, each choice int(random · options) in the order of `Design`: (design, (days, dollars, tonnes), feasible). Errors: OutOfRange.

    >>> sum(ok for _, _, ok in sample(61))
    134
    """
    draw, found = Random(whole("seed", seed, low=0)).random, []
    for _ in range(DRAWN):
        design = Design(*[options[int(draw() * len(options))] for options in OPTIONS.values()])
        found.append((design, figures(design)[:3], _feasible(design, float(LAMBDA))))
    return tuple(found)


def _feasible(design: Design, requests_per_s: float) -> bool:
    return fits(design) and serving_of(serving_nodes(design), design.number_format, design.cap_share, requests_per_s)[1] < given()["load_limit"]


def beats(a, b) -> bool:
    """Whether `a` is nowhere above `b` and somewhere below it.

    >>> beats((1, 2), (1, 3)), beats((1, 2), (1, 2)), beats((0, 4), (1, 2))
    (True, False, False)
    """
    finite_list("a", a), finite_list("b", b, length=len(a))
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


@lru_cache(maxsize=256)
def _front(seed: int, only: str) -> tuple:
    """Feasible (design, figures) of a sample, and whether each is on the frontier."""
    found = [(d, f) for d, f, ok in sample(seed) if ok and only in ("all", d.region)]
    front: list[tuple] = []
    for _, f in sorted(found, key=lambda item: item[1]):  # by days: what beats a design stands before it
        if not any(beats(g, f) for g in front):
            front.append(f)
    kept = set(front)
    return tuple((d, f, f in kept) for d, f in found)


def fleet_frontier(
    seed=61, only="all", axes="days-cost", nodes=160, serving_share=0.25, tensor=8, pipeline=4, oversubscription=2, interval_s=3600, saving="blocking",
    recovery="manual",
    cap_share=1.0, region=HOME, number_format="bf16", lending=False, spares=0,
) -> Frontier:  # fmt: skip
    """A design among 300 drawn with a seed, at 280 requests/s; `only` all or a region, the others as in `fleet_review.review_fleet`.

    Errors: OutOfRange, WrongType. Source: Pareto 1906.

    >>> f = fleet_frontier()
    >>> f.feasible, f.frontier, f.dominating
    (134, 23, 10)
    """
    design = as_design(
        nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
    )
    return _frontier(whole("seed", seed, low=0), one_of("only", only, ("all", *REGIONS)), one_of("axes", axes, AXES), design)


@lru_cache(maxsize=512)
def _frontier(seed: int, only: str, axes: str, design: Design) -> Frontier:
    rows, own = _front(seed, only), figures(design)[:3]
    over = [(d, f) for d, f, _ in rows if beats(f, own)]
    ranks = [sum(f[k] < own[k] for _, f, _ in rows) / len(rows) if rows else 0.0 for k in range(3)]
    lowest = min(ranks)
    near = min(over, key=lambda item: sum(math.log(a / b) ** 2 for a, b in zip(item[1], own, strict=True))) if over else (design, own)
    return Frontier(
        seed=seed, only=only, axes=axes, drawn=DRAWN, feasible=len(rows), frontier=sum(on for *_, on in rows), dominating=len(over), days=own[0],
        cost_usd=own[1],
        carbon_t=own[2], days_rank_share=ranks[0], cost_rank_share=ranks[1], carbon_rank_share=ranks[2],
        best_objective=" or ".join(k for k, r in zip(OBJECTIVES, ranks, strict=True) if r == lowest), better_days=near[1][0], better_cost_usd=near[1][1],
        better_carbon_t=near[1][2], state=IMPOSSIBLE if not _feasible(design, float(LAMBDA)) else DOMINATED if over else UNBEATEN,
        points=tuple((*f, KINDS[0] if beats(f, own) else KINDS[1] if on else KINDS[2]) for _, f, on in rows),
        better=tuple((k, v) for k, v in near[0]._asdict().items() if v != getattr(design, k)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardFleet:
    """A design before the board: the quarter as planned, and with all six events within ten days."""

    goal: str = quantity(r"\text{goal}", "", doc="the board's priority")
    requests_per_s: float = quantity(r"\lambda", "1/s")
    days: float = quantity("t_d", "days", source="mlsysim.fleet_review", doc="undisturbed")
    stressed_days: float = quantity(r"t_s", "days", source="mlsysim.fleet_events, all six within ten days")
    hours_outside: int = quantity("h_o", "h", source="mlsysim.fleet_events", doc="outside the SLO")
    taken_nodes: int = quantity("n_e", "1", source="mlsysim.fleet_events", doc="most nodes that serving took")
    cost_usd: float = quantity(r"\$", "$", source="mlsysim.fleet_review")
    carbon_t: float = quantity("C", "t", source="mlsysim.fleet_review")
    memory_bytes: float = quantity("M", "B", source="mlsysim.fleet_review", doc="of a GPU")
    delivered_share: float = quantity("P", "share", source="mlsysim.fleet_review", doc="of the fleet's peak")
    worst_layer: str = quantity(r"\text{loses most}", "", source="the smallest factor")
    load: float = quantity(r"\rho", "share", source="utilisation law, Little 1961", doc="of serving, undisturbed")
    goal_value: float = quantity("G", "1", source="days under events, dollars or tonnes, after the priority")
    goal_limit: float = quantity("G_0", "1", doc="limit of the same")
    goal_share: float = quantity("G/G_0", "1", formula=r"\frac{<goal_value>}{<goal_limit>}", source="definition", doc="the priority's figure, of its limit")
    state: str = quantity(r"\text{state}", "", source="as in mlsysim.fleet_review")
    sources: dict = sources()


def board_fleet(
    nodes=160, serving_share=0.25, tensor=8, pipeline=4, oversubscription=2, interval_s=3600, saving="blocking", recovery="manual", cap_share=1.0, region=HOME,
    number_format="bf16", lending=False, spares=0, requests_per_s=LAMBDA, goal=GOALS[0], days_limit=74.0, carbon_limit_t=500.0,
) -> BoardFleet:  # fmt: skip
    """A design with what the board looks at; the priority is one of GOALS. Other arguments as in `fleet_review.review_fleet`. Errors: OutOfRange, WrongType.

    >>> b = board_fleet(128, 0.25, 4, 4, 8, 600, "asynchronous", "automatic", 0.8, "california", "fp8")
    >>> round(b.stressed_days, 1), round(b.carbon_t), b.hours_outside
    (65.6, 461, 0)
    """
    design = as_design(
        nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
    )
    limits = (single(positive, "days_limit", days_limit), COST_LIMIT_USD, single(positive, "carbon_limit_t", carbon_limit_t))
    r = review_fleet(*design, requests_per_s=requests_per_s)
    stressed_days, outside, taken = all_together(design, r.requests_per_s)
    k = GOALS.index(one_of("goal", goal, GOALS))
    value = (stressed_days, r.cost_usd, r.carbon_t)[k]
    return BoardFleet(
        goal=goal, requests_per_s=r.requests_per_s, days=r.days, stressed_days=stressed_days, hours_outside=outside, taken_nodes=taken,
        cost_usd=r.cost_usd, carbon_t=r.carbon_t, memory_bytes=r.memory_bytes, delivered_share=r.delivered_share, worst_layer=r.worst_layer, load=r.load,
        goal_value=value, goal_limit=limits[k], goal_share=value / limits[k], state=r.state,
    )  # fmt: skip


def steps_away(design: dict, requests_per_s: float, goal: str, days_limit: float, carbon_limit_t: float) -> tuple:
    """(choice, the fleet one option back, the fleet one option on) for every choice; none at an end. Errors: as `board_fleet`.

    >>> [name for name, back, _ in steps_away(Design()._asdict(), 280, GOALS[0], 74.0, 500.0) if back is None][:2]
    ['saving', 'recovery']
    """
    found = []
    instance("design", design, dict, "a dict of the thirteen choices")
    for name, options in ALL_OPTIONS.items():
        place = options.index(one_of(name, design.get(name), options))
        pair = [design | {name: options[i]} if 0 <= i < len(options) else None for i in (place - 1, place + 1)]
        asked = {"requests_per_s": requests_per_s, "goal": goal, "days_limit": days_limit, "carbon_limit_t": carbon_limit_t}
        found.append((name, *[board_fleet(**d, **asked) if d else None for d in pair]))
    return tuple(found)


def drawn(f: Frontier, kind: str) -> tuple[tuple[float, float], ...]:
    """The points of a kind on the two axes of the result: one of KINDS, "yours", or "better" (the nearest that beats yours).

    >>> drawn(fleet_frontier(axes="days-carbon"), "yours") == ((fleet_frontier().days, fleet_frontier().carbon_t),)
    True
    """
    instance("f", f, Frontier, "a result of fleet_frontier")
    one_of("kind", kind, (*KINDS, "yours", "better"))
    own, better = (f.days, f.cost_usd, f.carbon_t), (f.better_days, f.better_cost_usd, f.better_carbon_t)
    rows = [own] if kind == "yours" else [better] if kind == "better" else [p for p in f.points if p[3] == kind]
    i, j = AXES[f.axes]
    return tuple((row[i], row[j]) for row in rows)


def position(f: Frontier) -> tuple[str, ...]:
    """Where a design stands in its sample, in sentences.

    >>> position(fleet_frontier())[0]
    '10 of 134 random designs that can run beat it in days, cost and carbon (sample 61).'
    """
    instance("f", f, Frontier, "a result of fleet_frontier")
    ranks = (("faster", f.days_rank_share), ("cheaper", f.cost_rank_share), ("cleaner", f.carbon_rank_share))
    said = [f"{f.dominating} of {f.feasible} random designs that can run beat it in days, cost and carbon (sample {f.seed})."]
    said.append("Of these designs " + ", ".join(f"{share:.0%} are {word}" for word, share in ranks) + ".")
    if f.dominating:
        said.append(f"The nearest that beats it: {f.better_days:.1f} days, ${f.better_cost_usd / 1e6:.2f} million, {f.better_carbon_t:.0f} t.")
    return tuple(said)
