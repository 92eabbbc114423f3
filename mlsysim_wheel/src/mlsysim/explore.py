"""Search of a declared design space: every combination or a random sample, limits, and the Pareto frontier.

Natively only: numpy and polars are imported when a search begins (`pip install numpy polars`). A score that takes arrays
is asked a chunk of candidates at a time, a million in seconds; one that takes numbers is asked candidate by candidate.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlsysim._optional import optional
from mlsysim.errors import MlsysimError, OutOfRange, UnknownName, WrongType, flag, instance, number, one_of, positive, whole
from mlsysim.pareto import pareto
from mlsysim.quantity import quantity, series, sources

DIRECTIONS = ("min", "max")
CHUNK = 131_072


@dataclass(frozen=True, slots=True)
class Between:
    """A continuous axis from `low` to `high`, or, with `log`, even in ratios; a grid takes `steps` points of it."""

    low: float
    high: float
    log: bool = False
    steps: int = 11

    def __post_init__(self):
        number("low", self.low)
        number("high", self.high, low=self.low)
        flag("log", self.log)
        whole("steps", self.steps, low=2, high=10**7)
        if self.log:
            positive("low", self.low)


@dataclass(frozen=True, slots=True)
class Exploration:
    """What a search found."""

    candidates: int = quantity("n", "1", source="asked", doc="designs that were scored")
    impossible: int = quantity("n_0", "1", source="count", doc="refused by the score, or without a number")
    feasible: int = quantity("n_1", "1", source="count", doc="possible, and within every limit")
    frontier_size: int = quantity("n_P", "1", source="count", doc="of those, bettered by none in every objective")
    time_s: float = quantity("T", "s", source="clock")
    rate_per_s: float = quantity("r", "1/s", formula=r"\frac{<candidates>}{<time_s>}", source="definition of a rate")
    frontier: object = series("", doc="polars table of the frontier: axes, scores; best in the first objective first")
    best: dict = series("", doc="the frontier's first design by name, empty if nothing is feasible")
    sources: dict = sources()


def explore(
    space: Mapping,
    score: Callable,
    objectives: Mapping[str, str],
    limits: Mapping[str, tuple] | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    arrays: bool = True,
    chunk: int = CHUNK,
    progress: bool | None = None,
) -> Exploration:
    """Score designs out of a space, and keep those within the limits that no other one betters in every objective.

    `space` maps each axis to its values or to a `Between`; `score` takes the axes by name and returns numbers by name (or
    a result with such fields), as arrays unless `arrays` is False. `objectives` maps a score to "min" or "max", `limits`
    a score or an axis to (low, high), None for open. Without `samples` every combination is scored, else that many drawn at
    random. Equal designs of a frontier are kept once. `progress` draws a bar on stderr, by default on a terminal.
    Errors: WrongType, OutOfRange, UnknownName, MissingPackage; what `score` refuses one by one counts as impossible.
    Source: Pareto 1906; Kung, Luccio, Preparata 1975 on maxima.

    >>> from mlsysim import roofline
    >>> def kernel(batch, bandwidth):
    ...     r = roofline.estimate(operations=2e9 * batch, traffic_bytes=1e9, peak_flop_per_s=1e14, bandwidth_bytes_per_s=bandwidth)
    ...     return {"time_s": r.time_s, "items_per_s": batch / r.time_s}
    >>> found = explore({"batch": [1, 2, 4, 8], "bandwidth": [1e12, 2e12]}, kernel, {"time_s": "min", "items_per_s": "max"})
    >>> found.candidates, found.frontier_size, found.best
    (8, 1, {'batch': 8, 'bandwidth': 2000000000000.0, 'time_s': 0.0005, 'items_per_s': 16000.0})
    """
    np, pl = optional("numpy"), optional("polars")
    axes, signs, bounds = _checked(np, space, score, objectives, limits)
    chunk, seed = whole("chunk", chunk, high=10**8), whole("seed", seed, low=0)
    flag("arrays", arrays)
    total = math.prod(_count(axis) for axis in axes.values())
    if samples is None and total > 10**10:
        raise OutOfRange(f"space has {total} combinations, but a grid must have at most 10000000000: give samples.")
    n = total if samples is None else whole("samples", samples, high=10**10)
    draw = np.random.default_rng(seed)
    bar = _Bar(n, sys.stderr.isatty() if progress is None else flag("progress", progress))
    asked = dict.fromkeys([*signs, *bounds])
    began, feasible, impossible, kept = time.perf_counter(), 0, 0, None
    for first in range(0, n, chunk):
        count = min(chunk, n - first)
        designs = _grid(np, axes, first, count) if samples is None else _random(np, axes, draw, count)
        columns = {**designs, **_scores(np, score, designs, count, arrays, [a for a in asked if a not in designs])}
        possible = np.ones(count, dtype=bool)
        for name in asked:
            possible &= _finite(np, columns[name])
        impossible += count - int(possible.sum())
        for name, (low, high) in bounds.items():
            possible &= (columns[name] >= low) & (columns[name] <= high)
        feasible += int(possible.sum())
        bar.show(first + count)
        if not possible.any():
            continue
        table = {name: column[possible] for name, column in columns.items()}
        if kept is not None:
            table = {name: np.concatenate([kept[name], table[name]]) for name in table}
        front = pareto(np.column_stack([sign * table[name] for name, sign in signs.items()]))
        kept = {name: column[front] for name, column in table.items()}
    seconds = max(time.perf_counter() - began, 1e-9)
    bar.close()
    frame = pl.DataFrame(kept if kept is not None else {name: [] for name in [*axes, *(a for a in asked if a not in axes)]})
    return Exploration(
        candidates=n,
        impossible=impossible,
        feasible=feasible,
        frontier_size=frame.height,
        time_s=seconds,
        rate_per_s=n / seconds,
        frontier=frame,
        best=frame.row(0, named=True) if frame.height else {},
    )


def _checked(np, space, score, objectives, limits):
    if not isinstance(space, Mapping) or not space:
        raise WrongType(f"space is {space!r}, but must map each axis to its values.")
    if not callable(score):
        raise WrongType(f"score is {score!r}, but must be a function of the axes.")
    if not isinstance(objectives, Mapping) or not objectives:
        raise WrongType(f"objectives is {objectives!r}, but must map at least one score to 'min' or 'max'.")
    axes = {}
    for name, values in space.items():
        if isinstance(values, Between):
            axes[name] = values
            continue
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__") or not len(values):
            raise WrongType(f"space[{name!r}] is {values!r}, but must be a list of values with at least one, or a Between.")
        axes[name] = np.asarray(list(values))
    signs = {name: 1.0 if one_of(f"objectives[{name!r}]", way, DIRECTIONS) == "min" else -1.0 for name, way in objectives.items()}
    bounds, limits = {}, {} if limits is None else instance("limits", limits, Mapping, "a mapping of scores or axes to (low, high)")
    for name, pair in limits.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise WrongType(f"limits[{name!r}] is {pair!r}, but must be (low, high), None where it is open.")
        low = -math.inf if pair[0] is None else number(f"limits[{name!r}] from", pair[0])
        bounds[name] = low, math.inf if pair[1] is None else number(f"limits[{name!r}] to", pair[1], low=low)
    return axes, signs, bounds


def _count(axis) -> int:
    return axis.steps if isinstance(axis, Between) else len(axis)


def _grid(np, axes, first: int, count: int) -> dict:
    """Combinations number `first` to `first + count`; the last axis turns fastest."""
    places = np.unravel_index(np.arange(first, first + count), [_count(a) for a in axes.values()])
    pairs = zip(axes.items(), places, strict=True)
    return {name: _at(np, axis, at / (axis.steps - 1)) if isinstance(axis, Between) else axis[at] for (name, axis), at in pairs}


def _random(np, axes, draw, count: int) -> dict:
    return {
        name: _at(np, axis, draw.random(count)) if isinstance(axis, Between) else axis[draw.integers(len(axis), size=count)] for name, axis in axes.items()
    }


def _at(np, axis: Between, share):
    """Points of a continuous axis at shares of its length."""
    if axis.log:
        return np.clip(axis.low * (axis.high / axis.low) ** share, axis.low, axis.high)
    return np.clip(axis.low + (axis.high - axis.low) * share, axis.low, axis.high)


def _scores(np, score, designs: dict, count: int, arrays: bool, wanted: list) -> dict:
    if arrays:
        rows = [_named(score(**designs))]
    else:
        plain, rows = {name: column.tolist() for name, column in designs.items()}, []
        for i in range(count):
            try:
                rows.append(_named(score(**{name: column[i] for name, column in plain.items()})))
            except MlsysimError:
                rows.append({})
    known = dict.fromkeys(name for row in rows for name in row if name not in designs)
    for name in wanted:
        if name not in known and (arrays or any(rows)):
            raise UnknownName("score or axis", name, {*known, *designs})
    if arrays:
        return {name: np.broadcast_to(rows[0][name], (count,)) for name in known}
    return {name: np.array([_number(row.get(name)) for row in rows]) for name in {**known, **dict.fromkeys(wanted)}}


def _named(result) -> dict:
    """Numbers by name, of a mapping or of a result's fields."""
    if not isinstance(result, Mapping):
        if not hasattr(result, "__dataclass_fields__"):
            raise WrongType(f"score returned {result!r}, but must return numbers by name or a result of mlsysim.")
        result = {name: getattr(result, name) for name in result.__dataclass_fields__}
    return {n: v for n, v in result.items() if isinstance(v, (int, float)) or getattr(getattr(v, "dtype", None), "kind", "no") in "iufb"}


def _number(value) -> float:
    return math.nan if value is None else float(value)


def _finite(np, column):
    return np.isfinite(column) if column.dtype.kind == "f" else np.ones(len(column), dtype=bool)


class _Bar:
    """A progress bar on stderr, redrawn at most ten times a second."""

    def __init__(self, total: int, on: bool):
        self.total, self.on, self.began, self.drawn = total, on, time.perf_counter(), 0.0

    def show(self, done: int) -> None:
        now = time.perf_counter()
        if not self.on or (now - self.drawn < 0.1 and done < self.total):
            return
        self.drawn, full = now, 30 * done // self.total
        rate = done / max(now - self.began, 1e-9)
        print(f"\r{'█' * full}{'·' * (30 - full)} {done:,} of {self.total:,}, {rate:,.0f}/s", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.on:
            print(file=sys.stderr)
