r"""Federated averaging on a fleet of clients with different data, small enough to be exact.

Client k has a quadratic loss in eight dimensions with curvature a and optimum c of its own. E gradient steps take it from w to
c + q(w − c) with q = (1 − γa)^E; the server averages what m drawn clients send. Everything is linear in w, so the mean over all
possible draws follows exactly from the first two moments: with p = (1 − q)c and s = (N − m)/(m(N − 1)),
E w′² = (q̄² + s Var q) w² + 2(q̄p̄ + s Cov) w + p̄² + s Var p.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import fsum
from random import Random
from statistics import NormalDist

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import number, one_of, whole
from mlsysim.quantity import quantity, series, sources

MCMAHAN = "McMahan et al. 2017, federated averaging"
LI = "Li et al. 2020, convergence of FedAvg on different data"
CLIENTS, DIMENSIONS, LONGEST, OTHERS_LONGEST, WINDOW, TARGET = 100, 8, 300, 100, 10, 0.02
FLEET_SEED, FIRST_SEED, SEEDS = 7, 8, 5
STEPS, DRAWN = (1, 2, 3, 5, 10, 20, 50), (5, 10, 20, 30, 50, 100)  # of the map
SHOWN_LEAST, NOTHING = 1e-5, 1e-9  # the chart ends there; less counts as 0
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Averaging:
    """Rounds of federated averaging until the excess loss is 2 % of its start, and where it settles."""

    local_steps: int = quantity("E", "1", doc="gradient steps a round")
    drawn: int = quantity("m", "1", doc="clients that take part in a round, of 100")
    heterogeneity: float = quantity(r"\eta_h", "1", doc="spread of the clients' optima")
    learning_rate: float = quantity(r"\gamma", "1")
    target_share: float = quantity(r"\epsilon", "share", doc="of the excess loss at the start", source="chosen")
    rounds: int = quantity(
        "R", "1", doc="first round at which the mean of ten is below the target; 300, the end of the run, if there is none", source=MCMAHAN + ", simulated"
    )
    rounds_said: str = quantity("R", "", doc="the same in words", source="this draw of clients")
    spread_said: str = quantity("R_5", "", doc="fewest and most rounds of five draws of clients", source="five runs, four of them up to 100 rounds")
    uploads: int = quantity("U", "1", formula=r"<rounds> \cdot <drawn>", source="definition", doc="by clients; at least, if the target is never reached")
    plateau_share: float = quantity("L", "share", doc="mean excess loss of the last 50 of 300 rounds", source=MCMAHAN + ", simulated")
    mean_plateau_share: float = quantity(r"\bar{L}", "share", doc="mean over all draws, after endless rounds", source="moments of a linear map, exact")
    floor_share: float = quantity("L_0", "share", doc="excess loss at the average's own fixed point, all clients drawn", source=LI)
    held_up_by: str = quantity(r"\text{held up by}", "", source="nothing below 0.1 %; curvature where the floor is over half; else the draw")
    state: str = quantity(r"\text{state}", "", source="reached within 300 rounds or not")
    path: tuple = series("share", doc="(round, excess loss) of this draw")
    mean_path: tuple = series("share", doc="(round, excess loss), mean over all draws")
    rounds_map: tuple = series("1", doc="rounds of the mean over all draws, a row for each m, a column for each E; None: never")
    sources: dict = sources()


def average(local_steps: int = 1, drawn: int = 10, heterogeneity: float = 1.0, learning_rate: float = 0.1) -> Averaging:
    """300 rounds of federated averaging on 100 clients with quadratic losses.

    Local steps 1–1000, drawn clients 1–100, heterogeneity 0–10, learning rate in (0, 0.5] (a step must not overshoot the steepest
    curvature, 2). Errors: OutOfRange, WrongType. Source: McMahan et al. 2017; the fleet is drawn from Random(7), the clients of a
    round from Random(8); made up to be exact, not fitted to a network (illustrative).

    >>> [average(steps).rounds_said for steps in (1, 2, 5, 10)]
    ['24', '17', '79', 'never']
    """
    steps, m, spread, rate = _checked(local_steps, drawn, heterogeneity, learning_rate)
    return _average(steps, m, spread, rate)


def rounds_needed(local_steps: int = 1, drawn: int = 10, heterogeneity: float = 1.0, learning_rate: float = 0.1) -> int | None:
    """Rounds until the mean excess loss of ten rounds is 2 % of the start; None if 300 are not enough. As `average`, only faster.

    >>> rounds_needed(10, 30), rounds_needed(10, 10)
    (11, None)
    """
    steps, m, spread, rate = _checked(local_steps, drawn, heterogeneity, learning_rate)
    return _reached(steps, m, spread, rate, FIRST_SEED)


def factor_class(rounds: int | None, before: int) -> str:
    """How a number of rounds compares with one before: never, same (within 30 %), tenth, fewer or more.

    >>> factor_class(None, 24), factor_class(11, 24), factor_class(3, 24)
    ('never', 'fewer', 'tenth')
    """
    before = whole("before", before)
    if rounds is None:
        return NEVER
    factor = whole("rounds", rounds) / before
    return "tenth" if factor < 0.15 else "fewer" if factor < 0.7 else "same" if factor <= 1.3 else "more"


def published_rounds(data: str, passes: int) -> int:
    """Rounds of a CNN on MNIST in McMahan et al. 2017 (recalled): data "split" by label or "mixed", 1 or 5 local passes.

    >>> published_rounds("split", 5)
    1000
    """
    table = load("edge/phone_fleet.json")["published_rounds"]
    return table[one_of("data", data, ("split", "mixed"))][str(one_of("passes", passes, (1, 5)))]


def _checked(steps, m, spread, rate):
    return (
        whole("local_steps", steps, high=1000), whole("drawn", m, high=CLIENTS), single(number, "heterogeneity", spread, low=0.0, high=10.0),
        single(number, "learning_rate", rate, low=0.0, high=0.5, open_low=True),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _average(steps, m, spread, rate) -> Averaging:
    maps, weights, moments = _maps(steps, spread, rate), _curvature(), _moments(steps, spread, rate)
    losses = list(_losses(maps, m, weights, _start(spread), _drawn(m, FIRST_SEED)))
    reached = _first(losses)
    others = range(FIRST_SEED + 1, FIRST_SEED + SEEDS) if m < CLIENTS else ()
    found = sorted({r or LONGEST for r in (reached, *(_reached(steps, m, spread, rate, seed, OTHERS_LONGEST) for seed in others))})
    said = [f"over {OTHERS_LONGEST}" if r > OTHERS_LONGEST else str(r) for r in (found[0], found[-1])]
    settled = fsum(losses[-50:]) / 50, _settled(moments, CLIENTS, spread), _settled(moments, m, spread)
    plateau, floor, mean = (value if value > NOTHING else 0.0 for value in settled)
    return Averaging(
        local_steps=steps, drawn=m, heterogeneity=spread, learning_rate=rate, target_share=TARGET, rounds=reached or LONGEST,
        rounds_said=str(reached or NEVER), spread_said=said[0] if said[0] == said[1] else " to ".join(said), uploads=(reached or LONGEST) * m,
        plateau_share=plateau, mean_plateau_share=mean, floor_share=floor,
        held_up_by="nothing" if plateau < 1e-3 else "curvature" if floor > plateau / 2 else "draw", state="reached" if reached else NEVER,
        path=_shown(losses), mean_path=_shown(list(_mean_losses(moments, m, spread))), rounds_map=_map(spread, rate),
        sources={"heterogeneity": "illustrative", "learning_rate": "illustrative"},
    )  # fmt: skip


@lru_cache(maxsize=1)
def _fleet() -> tuple:
    """Of each client: eight curvatures, and eight standard normal numbers for its optima."""
    rng, normal = Random(FLEET_SEED), NormalDist().inv_cdf
    return tuple((tuple(0.2 + 1.8 * rng.random() for _ in range(DIMENSIONS)), tuple(normal(rng.random()) for _ in range(DIMENSIONS))) for _ in range(CLIENTS))


@lru_cache(maxsize=1)
def _curvature() -> tuple[float, ...]:
    """Half the mean curvature in each dimension: what a deviation costs."""
    return tuple(fsum(column) / (2 * CLIENTS) for column in zip(*(a for a, _ in _fleet()), strict=True))


@lru_cache(maxsize=1)
def _best() -> tuple[float, ...]:
    """The best w is 1 + spread times this."""
    pairs = [(fsum(a[j] * z[j] for a, z in _fleet()), fsum(a[j] for a, _ in _fleet())) for j in range(DIMENSIONS)]
    return tuple(az / a for az, a in pairs)


def _start(spread) -> list[float]:
    """w = 0, as its distance from the best w."""
    return [-1.0 - spread * b for b in _best()]


@lru_cache(maxsize=64)
def _maps(steps, spread, rate) -> tuple:
    """Of each client: eight factors q and eight shifts p of v = w − w*, with v ← q·v + p."""
    best, found = _best(), []
    for a, z in _fleet():
        q = [(1 - rate * x) ** steps for x in a]
        found.append((*q, *((1 - f) * spread * (zj - b) for f, zj, b in zip(q, z, best, strict=True))))
    return tuple(found)


class _Draws:
    """Clients of each round, by a partial Fisher–Yates shuffle; rounds are drawn when first asked for."""

    def __init__(self, m: int, seed: int):
        self.m, self.random, self.rounds = m, Random(seed).random, []

    def __getitem__(self, t: int) -> list[int]:
        while len(self.rounds) <= t:
            order = list(range(CLIENTS))
            for i in range(self.m):
                j = i + int(self.random() * (CLIENTS - i))
                order[i], order[j] = order[j], order[i]
            self.rounds.append(order[: self.m])
        return self.rounds[t]


_drawn = lru_cache(maxsize=64)(_Draws)


def _losses(maps, m, weights, v, draws):
    """Excess loss over its start, before the first round and after each of 300."""
    first = fsum(w * x * x for w, x in zip(weights, v, strict=True))
    everyone = [fsum(column) for column in zip(*maps, strict=True)] if m == CLIENTS else None
    yield 1.0
    for t in range(LONGEST):
        sums = everyone or list(map(sum, zip(*[maps[k] for k in draws[t]])))  # noqa: B905, the hot line
        v = [(q * x + p) / m for q, x, p in zip(sums, v, sums[DIMENSIONS:])]  # noqa: B905
        yield sum([w * x * x for w, x in zip(weights, v)]) / first  # noqa: B905


def _first(losses) -> int | None:
    """The first round from the tenth on at which the mean of the last ten losses is below the target."""
    last = deque(maxlen=WINDOW)
    for t, loss in enumerate(losses):
        last.append(loss)
        if t >= WINDOW and loss <= TARGET * WINDOW and sum(last) <= TARGET * WINDOW:
            return t
    return None


@lru_cache(maxsize=2048)
def _reached(steps, m, spread, rate, seed, longest=LONGEST) -> int | None:
    return _first(islice(_losses(_maps(steps, spread, rate), m, _curvature(), _start(spread), _drawn(m, seed)), longest + 1))


@lru_cache(maxsize=64)
def _moments(steps, spread, rate) -> tuple:
    """Of each dimension: means of q and p over the clients, their variances, their covariance."""
    columns, found = list(zip(*_maps(steps, spread, rate), strict=True)), []
    for q, p in zip(columns[:DIMENSIONS], columns[DIMENSIONS:], strict=True):
        mq, mp = fsum(q) / CLIENTS, fsum(p) / CLIENTS
        dq, dp = [x - mq for x in q], [x - mp for x in p]
        found.append((mq, mp, *(fsum(map(float.__mul__, x, y)) / CLIENTS for x, y in ((dq, dq), (dp, dp), (dq, dp)))))
    return tuple(found)


def _squares(moments, m):
    """Coefficients of E v′² = a v² + b v + c and of E v′ = q v + p, of each dimension."""
    s = (CLIENTS - m) / (m * (CLIENTS - 1))
    return [(q * q + s * vq, 2 * (q * p + s * c), p * p + s * vp, q, p) for q, p, vq, vp, c in moments]


def _mean_losses(moments, m, spread):
    """As `_losses`, the mean over all draws."""
    start = _start(spread)
    state = [(w, x * x, x, *of) for w, x, of in zip(_curvature(), start, _squares(moments, m), strict=True)]
    first = fsum(w * x2 for w, x2, *_ in state)
    yield 1.0
    for _ in range(LONGEST):
        state = [(w, a * x2 + b * x + c, q * x + p, a, b, c, q, p) for w, x2, x, a, b, c, q, p in state]
        yield sum([s[0] * s[1] for s in state]) / first


def _settled(moments, m, spread) -> float:
    """The mean over all draws after endless rounds."""
    first = fsum(w * x * x for w, x in zip(_curvature(), _start(spread), strict=True))
    at = [(w, a, b, c, p / (1 - q)) for w, (a, b, c, q, p) in zip(_curvature(), _squares(moments, m), strict=True)]
    return max(0.0, fsum(w * (b * x + c) / (1 - a) for w, a, b, c, x in at)) / first


@lru_cache(maxsize=64)
def _map(spread, rate) -> tuple:
    """Rounds of the mean over all draws for each (m, E); None where it settles above the target."""
    rows = []
    for m in DRAWN:
        found = [(m, _moments(steps, spread, rate)) for steps in STEPS]
        rows.append(tuple(None if _settled(of, m, spread) > TARGET else _first(_mean_losses(of, m, spread)) for m, of in found))
    return tuple(rows)


def _shown(losses) -> tuple:
    """Every round up to 40, then every fourth, not below what the chart shows."""
    return tuple((t, max(loss, SHOWN_LEAST)) for t, loss in enumerate(losses) if 1 <= t <= 40 or (t and t % 4 == 0))
