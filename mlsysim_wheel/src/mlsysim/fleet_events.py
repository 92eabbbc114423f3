r"""Events on the timeline of a fleet's quarter: each hour has its strain, serving takes its nodes first, training does what is left.

Between the starts and ends of events nothing changes, so the replay goes from one to the next in whole hours. Where serving fails its
promise and may take nodes, it takes four at a time from training; each change of the number costs training a restart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import OutOfRange, instance, one_of, positive
from mlsysim.fleet_parts import (
    CALM,
    FILE,
    HOME,
    LAMBDA,
    Design,
    Strain,
    as_design,
    given,
    holds_slo,
    node_w,
    serving_nodes,
    serving_of,
    tokens_per_s,
    training_nodes,
)  # fmt: skip
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import HOUR

_RAW = load(FILE)["events"]
EVENTS = {k: v["title"] for k, v in _RAW.items() if isinstance(v, dict)}
TIMINGS = {"together": "within ten days", "apart": "one after the other"}
TAKEN_AT_ONCE, FEWEST = 4, 16  # nodes that serving takes in a step; nodes that stay with training
CALM_LOAD, OUTSIDE_LIMIT_H = 0.9, 6.0
LONGEST_H = 24 * 1000
LANES = {"demand": 2, "capacity": 3, "rate": 4, "power": 5, "events": 0}
HELD, OUT = "the SLO holds", "an outage"
PAIRS = {
    "none": "no hour is outside here", "calm": "none is needed: serving is too small without any", "one": "one event alone is enough",
    "demand+heat": "doubled demand and heat", "demand+failures": "doubled demand and failures", "heat+network": "heat and the spine fault",
    "failures+storage": "failures and slow storage", "more": "three or more must meet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stressed:
    """A quarter of a design with events."""

    events: str = quantity(r"\text{events}", "", doc="that happen, joined by +; none where none does")
    timing: str = quantity(r"\text{timing}", "")
    lending: bool = quantity(r"\text{lending}", "", doc="serving may take nodes of training, and lends them at night")
    requests_per_s: float = quantity(r"\lambda", "1/s")
    undisturbed_days: float = quantity("t_0", "days", source="mlsysim.fleet_review", doc="of the run without events, in whole hours")
    stressed_days: float = quantity("t_d", "days", source="replay from event to event, in whole hours", doc="until the model is trained")
    delay_days: float = quantity(r"\Delta", "days", formula="<stressed_days> - <undisturbed_days>", source="definition; below 0 impossible but for rounding")
    sum_of_delays_days: float = quantity(r"\Sigma", "days", source="one replay for each event alone", doc="of every event alone")
    hours_outside: int = quantity("h_o", "h", source="replay", doc="outside the SLO, of the quarter")
    sum_of_hours: int = quantity(r"\Sigma h", "h", source="one replay for each event alone", doc="outside the SLO with every event alone")
    taken_nodes: int = quantity("n_e", "1", source="replay", doc="most nodes that serving took from training")
    lowest_capacity_per_s: float = quantity("c_{min}", "1/s", source="replay", doc="of serving, with the nodes it took")
    highest_demand_per_s: float = quantity(r"\lambda_{max}", "1/s", source="replay")
    lowest_rate_share: float = quantity("q_{min}", "share", source="replay", doc="of the undisturbed rate of training; above 1 impossible")
    needed: str = quantity(
        r"\text{needed}", "", source="replays of each event alone and of each pair", doc="the smallest set of events that puts hours outside"
    )
    state: str = quantity(r"\text{state}", "", source="hours outside against 6")
    lanes: tuple = series("", doc="(from hour, to hour, demand, capacity, rate of training as a share, power in W, holds, nodes taken)")
    alone: tuple = series("h", doc="(event, hours outside, days of delay) of each event alone")
    log: tuple = series("days", doc="(day, what happens)")
    sources: dict = sources()


def stress_fleet(
    events="demand+heat+failures+network+storage+rollback", timing="together", nodes=160, serving_share=0.25, tensor=8, pipeline=4, oversubscription=2,
    interval_s=3600, saving="blocking", recovery="manual", cap_share=1.0, region=HOME, number_format="bf16", lending=False, spares=0, requests_per_s=LAMBDA,
) -> Stressed:  # fmt: skip
    """A design through events (names of EVENTS joined by +, or none) within ten days or one after the other.

    The other arguments are those of `fleet_review.review_fleet`. Errors: OutOfRange, WrongType.

    >>> s = stress_fleet()
    >>> s.hours_outside, s.sum_of_hours, round(s.delay_days, 2), s.needed
    (72, 0, 3.21, 'demand+heat')
    """
    design = as_design(
        nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
    )
    return _stress(_names(events), one_of("timing", timing, TIMINGS), design, single(positive, "requests_per_s", requests_per_s, high=1e6))


def _names(events) -> tuple[str, ...]:
    instance("events", events, str, "names joined by +")
    asked = () if events == "none" else tuple(events.split("+"))
    wrong = [name for name in asked if name not in EVENTS]
    if wrong or len(set(asked)) != len(asked):
        raise OutOfRange(f"events is {events!r}, but must be none, or some of {', '.join(EVENTS)} joined by +.")
    return tuple(name for name in EVENTS if name in asked)


def _strain(active) -> Strain:
    found = CALM._asdict()
    for name in active:
        found |= {k: v for k, v in _RAW[name].items() if k in found}
    return Strain(**found)


@lru_cache(maxsize=4096)
def _hour(design: Design, active: tuple[str, ...], requests_per_s: float) -> tuple:
    """One hour under some events: demand, capacity, nodes taken, whether the SLO holds, tokens a second, watts."""
    strain, n, own = _strain(active), training_nodes(design), serving_nodes(design)
    cap, demand = min(design.cap_share, strain.cap), requests_per_s * strain.demand
    taken, (capacity, load_, ttft) = 0, serving_of(own, design.number_format, cap, demand)
    holds = holds_slo(load_, ttft)
    if not holds and design.lending:
        while n - taken - TAKEN_AT_ONCE >= FEWEST and not (load_ < CALM_LOAD and ttft <= given()["ttft_limit_s"]):
            taken += TAKEN_AT_ONCE
            capacity, load_, ttft = serving_of(own + taken, design.number_format, cap, demand)
        holds = holds_slo(load_, ttft)
    rate = tokens_per_s(design, n - taken, strain, lent=not taken)
    watts = (n + own + given()["spare_draw"] * design.spares) * node_w(cap)
    return demand, capacity, taken, holds, rate, watts


@lru_cache(maxsize=2048)
def _replay(names: tuple[str, ...], timing: str, design: Design, requests_per_s: float) -> tuple:
    """Hour of the end, hours outside, stretches and log."""
    s = given()
    spans = {n: (_RAW[n][f"{timing}_h"], _RAW[n][f"{timing}_h"] + _RAW[n]["hours"]) for n in names}
    begin = 0 if design.region == HOME else round(24 * s["moving_days"])
    quarter = 24 * s["quarter_days"]
    cuts = sorted({0, begin, quarter, *(t for span in spans.values() for t in span)})
    undisturbed = _hour(design, (), requests_per_s)[4]
    back_h = min(1.0, s["restart"][design.recovery] / HOUR)
    done, end, outside, before, held, lanes, log = 0.0, None, 0, 0, True, [], []
    for start, stop in zip(cuts, (*cuts[1:], math.inf), strict=True):
        active = tuple(n for n, (a, b) in spans.items() if a <= start < b)
        demand, capacity, taken, holds, rate, watts = _hour(design, active, requests_per_s)
        log += [(start, f"{EVENTS[n]} begins") for n, (a, _) in spans.items() if a == start]
        log += [(start, f"{EVENTS[n]} ends") for n, (_, b) in spans.items() if b == start and n != "rollback"]
        if end is None and start >= begin:
            if taken != before:
                log.append((start, f"serving takes {taken} nodes" if taken > before else f"{before - taken} nodes return to training"))
                done -= rate * back_h * HOUR
            before = taken
            for n in active:
                done -= undisturbed * HOUR * _RAW[n].get("lost_h", 0) if spans[n][0] == start else 0.0
            left = math.ceil((s["tokens"] - done) / (rate * HOUR) - 1e-9)
            if start + left <= stop:
                end = start + left
                log.append((end, "the model is trained"))
            else:
                done += rate * HOUR * (stop - start)
        if not holds and start < quarter:
            outside += min(stop, quarter) - start
        if holds is not held and start < quarter:
            log.append((start, "the SLO holds again" if holds else f"outside the SLO: {demand:.0f} requests/s ask, {capacity:.0f} can be served"))
            held = holds
        if start < quarter:
            works = 0.0 if start < begin or (end is not None and end <= start) else rate / undisturbed
            lanes.append((start, min(stop, quarter), demand, capacity, works, watts, holds, taken))
    return end, outside, tuple(lanes), tuple(sorted(log, key=lambda item: item[0]))


def all_together(design: Design, requests_per_s: float) -> tuple[float, int, int]:
    """Days, hours outside the SLO, most nodes taken, with all six events within ten days; nothing else of `stress_fleet`.

    >>> all_together(Design(), 280.0)[1:]
    (72, 0)
    """
    instance("design", design, Design, "a Design"), positive("requests_per_s", requests_per_s)
    end, outside, lanes, _ = _replay(tuple(EVENTS), "together", design, requests_per_s)
    return end / 24, outside, max(row[7] for row in lanes)


@lru_cache(maxsize=1024)
def _stress(names: tuple[str, ...], timing: str, design: Design, requests_per_s: float) -> Stressed:
    end, outside, lanes, log = _replay(names, timing, design, requests_per_s)
    calm_h = _replay((), timing, design, requests_per_s)[0]
    alone = [_replay((n,), timing, design, requests_per_s) for n in names]
    return Stressed(
        events="+".join(names) or "none", timing=timing, lending=design.lending, requests_per_s=requests_per_s, undisturbed_days=calm_h / 24,
        stressed_days=end / 24, delay_days=(end - calm_h) / 24, sum_of_delays_days=sum(a[0] - calm_h for a in alone) / 24, hours_outside=outside,
        sum_of_hours=sum(a[1] for a in alone), taken_nodes=max(row[7] for row in lanes), lowest_capacity_per_s=min(row[3] for row in lanes),
        highest_demand_per_s=max(row[2] for row in lanes), lowest_rate_share=min([row[4] for row in lanes if row[4]] or [0.0]),
        needed=_needed(names, timing, design, requests_per_s, outside), state=OUT if outside > OUTSIDE_LIMIT_H else HELD, lanes=lanes,
        alone=tuple((EVENTS[n], a[1], (a[0] - calm_h) / 24) for n, a in zip(names, alone, strict=True)), log=tuple((h / 24, what) for h, what in log),
        sources={"events": _RAW["source"]},
    )  # fmt: skip


def _needed(names, timing, design, requests_per_s, outside) -> str:
    """The smallest sets of the events that put hours outside the SLO, joined by or."""
    if not outside:
        return "none"
    for size in range(len(names) + 1):
        found = [c for c in combinations(names, size) if _replay(c, timing, design, requests_per_s)[1]]
        if found:
            return "calm" if size == 0 else "one" if size == 1 else " or ".join("+".join(c) for c in found) if size == 2 else "more"
    return "none"


def lane(stressed: Stressed, column: str) -> tuple[tuple[float, float], ...]:
    """One lane of the replay as the corners of a line over days: demand, capacity, rate, power or events (how many are at work).

    With events it ends six days after the last one: nothing happens afterwards.

    >>> lane(stress_fleet("demand"), "demand")[1:3]
    ((25.0, 280.0), (25.0, 560.0))
    """
    one_of("column", column, LANES)
    instance("stressed", stressed, Stressed, "a result of stress_fleet")
    names = _names(stressed.events)
    spans = [(_RAW[n][f"{stressed.timing}_h"], _RAW[n][f"{stressed.timing}_h"] + _RAW[n]["hours"]) for n in names]
    found, end = [], max([b for _, b in spans], default=math.inf) + 144
    for row in stressed.lanes:
        value = sum(a <= row[0] < b for a, b in spans) if column == "events" else row[LANES[column]]
        found += [(row[0] / 24, float(value)), (min(row[1], end) / 24, float(value))]
    return tuple(found)
