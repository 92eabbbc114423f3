"""Dynamic batching: a free card takes whoever waits, up to a limit, and may wait a little for more.

A batch costs little more than one item until the card is full, so a batch does not trade latency for throughput as
long as a queue would form without it. Cards are those of `mlsysim.inference_cards`, with t(b) = max(t₀, b/r).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import non_negative, number, whole
from mlsysim.inference_cards import BATCH_LAW, InferenceCard, as_card
from mlsysim.quantity import quantity, series, sources
from mlsysim.queue_simulation import RANK, poisson_unit_arrivals
from mlsysim.queueing import STABLE, UNSTABLE, percentile

BINDINGS = ("queue", "batch service time", "wait limit")
SLOWEST_RATE, FASTEST_RATE = 10.0, 1500.0  # ends of a latency curve, requests a second


@dataclass(frozen=True, slots=True)
class DynamicBatching:
    """One simulated run of a dynamic batching policy on equal cards."""

    arrivals_per_s: float = quantity(r"\lambda", "1/s")
    max_batch: int = quantity(r"b_{max}", "1")
    wait_limit_s: float = quantity("w", "s", doc="longest time that the first of a batch waits for more")
    card: str = quantity(r"\text{card}", "")
    precision: str = quantity(r"\text{precision}", "")
    cards: int = quantity("c", "1")
    requests: int = quantity("n", "1", doc="simulated")
    floor_s: float = quantity("t_0", "s", doc="time of a batch of one")
    rate_per_s: float = quantity("r", "1/s", doc="items a second of a full card")
    full_batch_s: float = quantity(
        "t(b_{max})", "s", formula=r"\max(<floor_s>, \frac{<max_batch>}{<rate_per_s>})", source=BATCH_LAW, doc="time of the largest batch"
    )
    capacity_per_s: float = quantity(
        r"\lambda_{max}", "1/s", formula=r"\frac{<cards> <max_batch>}{<full_batch_s>}", source="every card always serves the largest batch"
    )
    load: float = quantity(r"\rho", "share", formula=r"\frac{<arrivals_per_s>}{<capacity_per_s>}", source="demand over capacity")
    p50_s: float = quantity("T_{50}", "s", source=RANK)
    p99_s: float = quantity("T_{99}", "s", source=RANK)
    mean_batch: float = quantity(r"\bar b", "1", source="requests over batches of the run")
    throughput_per_s: float = quantity("X", "1/s", source="requests over the time until the last is answered")
    batch_s: float = quantity(
        r"t(\bar b)", "s", formula=r"\max(<floor_s>, \frac{<mean_batch>}{<rate_per_s>})", source=BATCH_LAW, doc="time of a mean batch"
    )
    queue_s: float = quantity(
        "T_q", "s", formula=r"<p99_s> - <batch_s> - <wait_limit_s>", source="what is left of the p99", doc="spent in the queue"
    )
    binding: str = quantity(r"\text{binds}", "", source="largest of queue, batch service time, wait limit")
    state: str = quantity(r"\text{state}", "", source="stable if the rate is below the capacity")
    response_s: tuple = series("s", doc="arrival to answer of every request, ascending")
    batches: tuple = series("s", doc="batches that begin within the window, as (start, end, card, items)")
    sources: dict = sources()


def dynamic_batching(
    arrivals_per_s: float,
    max_batch: int = 1,
    wait_limit_s: float = 0.0,
    *,
    card: InferenceCard | str = "t4",
    cards: int = 1,
    precision: str = "mixed",
    requests: int = 6000,
    seed: int = 13,
    window_s: float = 0.5,
) -> DynamicBatching:
    """Latency, batch sizes and throughput of Poisson requests behind one queue, served in batches by equal cards.

    A free card starts at the latest of: free, first arrival waits, and the earlier of first arrival + `wait_limit_s`
    and the arrival that fills the batch; it takes all who have arrived, at most `max_batch`, and all leave together.
    Rates in requests a second, times in seconds. At a rate of the capacity or above the percentiles grow with
    `requests`. Errors: OutOfRange, UnknownName. Source: Crankshaw et al., NSDI 2017 (Clipper).

    >>> one, many = dynamic_batching(70), dynamic_batching(70, max_batch=16)
    >>> f"{one.p99_s * 1e3:.0f} ms becomes {many.p99_s * 1e3:.1f} ms: {one.p99_s / many.p99_s:.0f}×"
    '309 ms becomes 25.6 ms: 12×'
    """
    rate = single(number, "arrivals_per_s", arrivals_per_s, low=1e-3, high=1e9)
    max_batch, wait_s, card, cards, requests, seed = _checked(max_batch, wait_limit_s, card, precision, cards, requests, seed)
    window_s = single(non_negative, "window_s", window_s)
    responses, batches, last_s, bars = _simulate(rate, max_batch, wait_s, card, cards, requests, seed, window_s)
    full_batch_s = card.batch_time_s(max_batch)
    capacity = cards * max_batch / full_batch_s
    p99_s = percentile(responses, 0.99)
    mean_batch = requests / batches
    batch_s = card.batch_time_s(mean_batch)
    parts = (p99_s - batch_s - wait_s, batch_s, wait_s)
    return DynamicBatching(
        arrivals_per_s=rate,
        max_batch=max_batch,
        wait_limit_s=wait_s,
        card=card.title,
        precision=card.precision,
        cards=cards,
        requests=requests,
        floor_s=card.floor_s,
        rate_per_s=card.rate_per_s,
        full_batch_s=full_batch_s,
        capacity_per_s=capacity,
        load=rate / capacity,
        p50_s=percentile(responses, 0.5),
        p99_s=p99_s,
        mean_batch=mean_batch,
        throughput_per_s=requests / last_s,
        batch_s=batch_s,
        queue_s=parts[0],
        binding=BINDINGS[parts.index(max(parts))],
        state=STABLE if rate < capacity else UNSTABLE,
        response_s=tuple(responses),
        batches=tuple(bars),
        sources={name: card.sources[name] for name in ("floor_s", "rate_per_s") if name in card.sources},
    )


@dataclass(frozen=True, slots=True)
class LatencyCurve:
    """Latency percentiles of one policy over the rate of requests."""

    capacity_per_s: float = quantity(r"\lambda_{max}", "1/s", source="cards times largest batch over its time")
    requests: int = quantity("n", "1", doc="simulated at each rate")
    rates_per_s: tuple = series("1/s")
    p50_s: tuple = series("s")
    p99_s: tuple = series("s")
    sources: dict = sources()


def latency_curve(
    max_batch: int = 1,
    wait_limit_s: float = 0.0,
    *,
    card: InferenceCard | str = "t4",
    cards: int = 1,
    precision: str = "mixed",
    points: int = 9,
    requests: int = 6000,
    seed: int = 13,
) -> LatencyCurve:
    """p50 and p99 of a batching policy at `points` rates from 10/s to 5 % above its capacity, at most 1,500/s.

    The rates lie closer near the upper end, where the curve bends. Each point is the run that `dynamic_batching` makes
    at that rate, so a result of the one lies on the curve of the other; near the capacity both depend on `requests`.
    The last few curves are kept. Errors as there.

    >>> curve = latency_curve(max_batch=16)
    >>> len(curve.rates_per_s), round(curve.capacity_per_s)
    (9, 1190)
    """
    max_batch, wait_s, card, cards, requests, seed = _checked(max_batch, wait_limit_s, card, precision, cards, requests, seed)
    points = whole("points", points, low=2, high=1000)
    capacity = cards * card.capacity_per_s(max_batch)
    top = min(FASTEST_RATE, 1.05 * capacity)
    bottom = min(SLOWEST_RATE, top / 10)
    rates = tuple([bottom * (top / bottom) ** (1.0 - (1.0 - i / (points - 1)) ** 1.6) for i in range(points)])
    p50_s, p99_s = _percentiles(rates, max_batch, wait_s, card, cards, requests, seed)
    return LatencyCurve(capacity_per_s=capacity, requests=requests, rates_per_s=rates, p50_s=p50_s, p99_s=p99_s)


@lru_cache(maxsize=32)  # a slider that moves the rate asks for the same curve again and again
def _percentiles(rates, max_batch, wait_s, card, cards, requests, seed) -> tuple[tuple, tuple]:
    runs = [_simulate(rate, max_batch, wait_s, card, cards, requests, seed, -1.0)[0] for rate in rates]
    return tuple([percentile(run, 0.5) for run in runs]), tuple([percentile(run, 0.99) for run in runs])


@dataclass(frozen=True, slots=True)
class Fleet:
    """Equal cards with a batching policy: latency on a good day, latency with one card lost, cost."""

    arrivals_per_s: float = quantity(r"\lambda", "1/s")
    card: str = quantity(r"\text{card}", "")
    precision: str = quantity(r"\text{precision}", "")
    cards: int = quantity("c", "1")
    max_batch: int = quantity(r"b_{max}", "1")
    wait_limit_s: float = quantity("w", "s")
    price_usd_per_h: float = quantity("p", "$", doc="one card, an hour")
    capacity_per_s: float = quantity(r"\lambda_{max}", "1/s", source="cards times largest batch over its time")
    p99_s: float = quantity("T_{99}", "s", source=RANK)
    one_lost_p99_s: float = quantity("T_{99}'", "s", source=RANK + "; infinite if the only card is lost", doc="with one card fewer")
    cost_usd_per_h: float = quantity("C", "$", formula=r"<cards> <price_usd_per_h>", source="list price of every card", doc="an hour")
    response_s: tuple = series("s", doc="all cards, ascending")
    one_lost_response_s: tuple = series("s", doc="one card lost, ascending; empty if none is left")
    batches: tuple = series("s", doc="batches that begin in the first half second, as (start, end, card, items)")
    sources: dict = sources()


def fleet(
    arrivals_per_s: float,
    *,
    card: InferenceCard | str,
    cards: int,
    max_batch: int,
    wait_limit_s: float = 0.0,
    precision: str = "mixed",
    requests: int = 6000,
    seed: int = 13,
) -> Fleet:
    """Whether a set of cards keeps its promise also on the day one dies: two runs of `dynamic_batching`, and the bill.

    With a single card `one_lost_p99_s` is infinite. Errors as in `dynamic_batching`.

    >>> day = fleet(1400, card="t4", cards=2, max_batch=16)
    >>> f"{day.p99_s * 1e3:.1f} ms, one lost {day.one_lost_p99_s * 1e3:.0f} ms, ${day.cost_usd_per_h:.2f} an hour"
    '26.0 ms, one lost 832 ms, $0.70 an hour'
    """
    card = as_card(card, precision)
    policy = {"max_batch": max_batch, "wait_limit_s": wait_limit_s, "card": card, "precision": precision}
    policy |= {"requests": requests, "seed": seed}
    whole_day = dynamic_batching(arrivals_per_s, cards=cards, **policy)
    lost = dynamic_batching(arrivals_per_s, cards=whole_day.cards - 1, **policy) if whole_day.cards > 1 else None
    return Fleet(
        arrivals_per_s=whole_day.arrivals_per_s,
        card=whole_day.card,
        precision=whole_day.precision,
        cards=whole_day.cards,
        max_batch=whole_day.max_batch,
        wait_limit_s=whole_day.wait_limit_s,
        price_usd_per_h=card.price_usd_per_h,
        capacity_per_s=whole_day.capacity_per_s,
        p99_s=whole_day.p99_s,
        one_lost_p99_s=lost.p99_s if lost else math.inf,
        cost_usd_per_h=whole_day.cards * card.price_usd_per_h,
        response_s=whole_day.response_s,
        one_lost_response_s=lost.response_s if lost else (),
        batches=whole_day.batches,
        sources={name: where for name, where in card.sources.items() if name == "price_usd_per_h"},
    )


def _checked(max_batch, wait_limit_s, card, precision, cards, requests, seed) -> tuple:
    return (
        whole("max_batch", max_batch, high=10**6),
        single(non_negative, "wait_limit_s", wait_limit_s, high=1e6),
        as_card(card, precision),
        whole("cards", cards, high=1000),
        whole("requests", requests, high=10**7),
        whole("seed", seed, low=0),
    )


def _simulate(rate, max_batch, wait_s, card, cards, requests, seed, window_s) -> tuple[list[float], int, float, list[tuple]]:
    """Responses ascending, number of batches, time of the last answer, and the batches that begin by `window_s`."""
    scale = 1.0 / rate
    arrivals = [t * scale for t in poisson_unit_arrivals(requests, seed)]
    times = [max(card.floor_s, b / card.rate_per_s) for b in range(min(max_batch, requests) + 1)]
    free_at, lane, free = [0.0] * cards, 0, 0.0
    responses, bars, batches, last_s, first = [], [], 0, 0.0, 0
    add, extend = responses.append, responses.extend
    while first < requests:
        arrival = start = arrivals[first]
        if wait_s:
            start += wait_s
            if first + max_batch <= requests and arrivals[first + max_batch - 1] < start:
                start = arrivals[first + max_batch - 1]
        if free > start:
            start = free
        stop = first + 1
        if max_batch > 1 and stop < requests and arrivals[stop] <= start:
            stop = bisect_right(arrivals, start, stop, min(first + max_batch, requests))
            end = start + times[stop - first]
            extend([end - a for a in arrivals[first:stop]])
        else:
            end = start + times[1]
            add(end - arrival)
        if start <= window_s:
            bars.append((start, end, lane, stop - first))
        if end > last_s:
            last_s = end
        batches += 1
        first = stop
        if cards == 1:
            free = end
        else:
            free_at[lane] = end
            free = min(free_at)
            lane = free_at.index(free)
    responses.sort()
    return responses, batches, last_s, bars
