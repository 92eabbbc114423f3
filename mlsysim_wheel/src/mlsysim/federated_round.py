"""One round of federated training: more phones are asked than needed, and the round closes when enough have answered.

A phone's time is its work, by class and with a lognormal spread, and its upload. It may leave the round. A round in which fewer
phones answer than needed fails: all its work is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

BONAWITZ = "Bonawitz et al. 2019, Towards federated learning at scale"
ROUNDS, NEEDED, SEED, FAILS_SHARE, FEWER_SHARE, WASTE_SHARE = 60, 100, 11, 0.10, 0.25, 0.05
CLASSES = tuple(load("edge/phone_fleet.json")["classes"]["names"])


@dataclass(frozen=True, slots=True)
class RoundStudy:
    """Many simulated rounds of one design: how long they take, what they throw away, whose updates count."""

    over_selection: float = quantity("f", "×", doc="phones asked for each that is needed")
    needed: int = quantity("k", "1", doc="updates that close the round")
    asked: int = quantity("n", "1", formula=r"\lceil <over_selection> \cdot <needed> \rceil", source="definition")
    work_s: float = quantity("t_w", "s", doc="local training of a median flagship")
    update_bytes: float = quantity("U", "B", doc="that a phone sends")
    dropout: float = quantity("d", "share", doc="phones that leave a round")
    entry_asked_share: float = quantity("p_e", "share", doc="entry-level phones among those asked")
    median_s: float = quantity("t_{50}", "s", source=BONAWITZ + ", simulated", doc="time of a round; up to the last answer where it fails")
    p95_s: float = quantity("t_{95}", "s", source=BONAWITZ + ", simulated")
    mean_s: float = quantity(r"\bar{t}", "s", source=BONAWITZ + ", simulated")
    failed_share: float = quantity("q", "share", source="simulated", doc="rounds that never get enough answers")
    wasted_share: float = quantity("w", "share", source="simulated", doc="device time, up to the close, of phones whose update is not used")
    entry_share: float = quantity("a_e", "share", source="simulated", doc="entry-level phones among the updates used; 0 if no round closes")
    state: str = quantity(r"\text{state}", "", source="up to 10 % failed rounds count as closing")
    payer: str = quantity(r"\text{pays}", "", source="schedule if rounds fail, entry below 25 % of the updates, battery from 5 % waste")
    closes_s: float = quantity("t_1", "s", source="simulated", doc="time of the first round, drawn in the chart")
    first_fails: bool = quantity(r"\text{fails}", "", source="simulated", doc="whether the first round fails")
    arrivals: tuple = series("share", doc="(class, ((time, share of the class that has answered), …)) in the first round")
    limit_shares: tuple = series("share", doc="(class, ((over-selection, share of the updates), …)) among endlessly many phones")
    sources: dict = sources()


def close_early(
    over_selection: float = 1.3,
    work_s: float = 40.0,
    update_bytes: float = 20e6,
    dropout: float = 0.08,
    *,
    needed: int = NEEDED,
    rounds: int = ROUNDS,
) -> RoundStudy:
    """Rounds that ask `over_selection` (1–10) times as many phones as needed and close at the last one needed.

    Work 0.001–10⁶ s, dropout 0–0.9, up to 1,000 phones needed, up to 1,000 rounds. Draws from Random(11), for each phone its class,
    its spread and whether it leaves. Errors: OutOfRange, WrongType. Source: Bonawitz et al. 2019; classes of phones illustrative.

    >>> r = close_early()
    >>> round(r.median_s), round(r.entry_share, 4), round(r.wasted_share, 3)
    (249, 0.1955, 0.332)
    """
    f = single(number, "over_selection", over_selection, low=1.0, high=10.0)
    work = single(number, "work_s", work_s, low=1e-3, high=1e6)
    update, drop = single(positive, "update_bytes", update_bytes, high=1e12), single(number, "dropout", dropout, low=0.0, high=0.9)
    return _study(f, work, update, drop, whole("needed", needed, high=1000), whole("rounds", rounds, high=1000))


def asked(over_selection: float, needed: int) -> int:
    """Phones asked: the product, rounded up (1.1 × 100 is 110, whatever floating point says). Errors: OutOfRange.

    >>> asked(1.1, 100), asked(1.3, 10)
    (110, 13)
    """
    return math.ceil(single(number, "over_selection", over_selection, low=1.0, high=10.0) * whole("needed", needed, high=10**6) - 1e-9)


def kth_arrival_s(mean_s: float, phones: int, k: int) -> float:
    """Expected time of the k-th of some independent, exponentially distributed times: τ·(1/n + … + 1/(n − k + 1)).

    Errors: OutOfRange. Source: Rényi 1953, order statistics.

    >>> round(kth_arrival_s(60.0, 130, 100), 1)
    87.2
    """
    n = whole("phones", phones, high=10**6)
    return single(positive, "mean_s", mean_s) * math.fsum(1 / i for i in range(n - whole("k", k, high=n) + 1, n + 1))


def limit_share(phone_class: str, over_selection: float, work_s: float = 40.0, update_bytes: float = 20e6, dropout: float = 0.08) -> float:
    """Share of the used updates that a class sends when endlessly many phones are asked; needs f·(1 − dropout) > 1.

    Errors: OutOfRange. Source: law of large numbers: the close solves f (1 − d) Σ p F(t) = 1, here by bisection.

    >>> round(limit_share("entry-level", 1.3), 3)
    0.198
    """
    drop = single(number, "dropout", dropout, low=0.0, high=0.9)
    index = CLASSES.index(one_of("phone_class", phone_class, CLASSES))
    f = single(number, "over_selection", over_selection, low=1.0, high=10.0)
    wanted = 1 / (single(fraction, "1 − dropout", 1 - drop) * f)
    if wanted >= 1:
        number("over_selection", f, low=1 / (1 - drop), high=10.0, open_low=True)
    work, uploads = single(number, "work_s", work_s, low=1e-3, high=1e6), _uploads(single(positive, "update_bytes", update_bytes, high=1e12))
    low, high = min(uploads), min(uploads) + 1e9 * work
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(_answered(middle, work, uploads)) < wanted else (low, middle)
    return _answered(high, work, uploads)[index] / wanted


@lru_cache(maxsize=4096)
def _study(f, work, update, drop, needed, rounds) -> RoundStudy:
    n, fleet = asked(f, needed), load("edge/phone_fleet.json")
    slower, uploads, draws = [work * s for s in fleet["classes"]["slower"]], _uploads(update), _devices(n * rounds)
    times, entry, failed, used_s, all_s, first = [], 0, 0, 0.0, 0.0, None
    for r in range(rounds):
        phones = [(slower[c] * x + uploads[c], c, u) for c, x, u in draws[r * n : (r + 1) * n]]
        answers = sorted([(t, c) for t, c, u in phones if u >= drop])
        closes = answers[needed - 1][0] if len(answers) >= needed else answers[-1][0] if answers else max(phones)[0]
        if len(answers) >= needed:
            used = answers[:needed]
            entry += sum([c == 2 for _, c in used])
            used_s += sum([t for t, _ in used])
        else:
            failed += 1
        all_s += sum([t if t < closes else closes for t, _, _ in phones])
        times.append(closes)
        first = first or (closes, answers, [sum(c == k for _, c, _ in phones) for k in range(3)])
    ordered, q = sorted(times), failed / rounds
    entry_share = entry / (needed * (rounds - failed)) if failed < rounds else 0.0
    wasted = max(0.0, 1 - used_s / all_s)
    return RoundStudy(
        over_selection=f, needed=needed, asked=n, work_s=work, update_bytes=update, dropout=drop, entry_asked_share=fleet["classes"]["shares"][2],
        median_s=ordered[rounds // 2], p95_s=ordered[min(rounds - 1, int(0.95 * rounds))], mean_s=math.fsum(times) / rounds, failed_share=q,
        wasted_share=wasted, entry_share=entry_share, state="rounds fail" if q > FAILS_SHARE else "closes",
        payer="schedule" if failed else "entry" if entry_share < FEWER_SHARE else "battery" if wasted >= WASTE_SHARE else "nobody",
        closes_s=first[0], first_fails=len(first[1]) < needed, arrivals=_by_class(first[1], first[2]), limit_shares=_limit(work, update, drop),
        sources={"entry_asked_share": source_of(fleet["classes"]), "dropout": source_of(fleet["dropout"])},
    )  # fmt: skip


_drawn: list[tuple[int, float, float]] = []
_random, _normal = Random(SEED).random, NormalDist().inv_cdf


def _devices(count: int) -> list:
    """Class, spread of the work, and the number that decides whether the phone leaves; drawn when first asked for."""
    kinds = load("edge/phone_fleet.json")["classes"]
    flagship, mid, sigma = kinds["shares"][0], sum(kinds["shares"][:2]), kinds["sigma"]
    while len(_drawn) < count:
        u = _random()
        x = math.exp(sigma * _normal(min(1 - 1e-12, max(1e-12, _random()))))
        _drawn.append((0 if u < flagship else 1 if u < mid else 2, x, _random()))
    return _drawn


def _uploads(update: float) -> list[float]:
    return [8 * update / rate for rate in load("edge/phone_fleet.json")["classes"]["link_bit_per_s"]]


def _by_class(answers, counts) -> tuple:
    found = []
    for k, name in enumerate(CLASSES):
        times = [t for t, c in answers if c == k]
        found.append((name, tuple((t, (i + 1) / counts[k]) for i, t in enumerate(times))))
    return tuple(found)


def _answered(t: float, work: float, uploads) -> list[float]:
    """Share of all phones, by class, that would have answered by t if none left."""
    kinds, cdf = load("edge/phone_fleet.json")["classes"], NormalDist(0.0, load("edge/phone_fleet.json")["classes"]["sigma"]).cdf
    return [p * cdf(math.log((t - u) / (work * s))) if t > u else 0.0 for p, s, u in zip(kinds["shares"], kinds["slower"], uploads, strict=True)]


@lru_cache(maxsize=256)
def _limit(work, update, drop) -> tuple:
    """Shares over the over-selection from just above 1/(1 − dropout) to 3: one point for each of some closing times."""
    shares, uploads = load("edge/phone_fleet.json")["classes"]["shares"], _uploads(update)
    lines, end = [[(1 / (1 - drop), p)] for p in shares], min(uploads)
    for i in range(48):
        answered = _answered(end + work * 40 * 0.86**i, work, uploads)
        f = 1 / ((1 - drop) * sum(answered)) if sum(answered) > 0 else math.inf
        if f > 3.2:
            break
        for line, a in zip(lines, answered, strict=True):
            line.append((f, a / sum(answered)))
    return tuple(zip(CLASSES, map(tuple, lines), strict=True))
