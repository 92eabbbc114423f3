"""How good a decision could have been: the best feasible design that a search finds for a student's own limits.

A full search for every seed would cost hours, so designs that are good somewhere are found once, over a few draws of
the limits, and each student's limits are then held against that pool. The search is seeded: twice run, twice the same.
"""

from __future__ import annotations

import itertools
import math
import random
from statistics import median
from types import SimpleNamespace

from labkit.experiment import Limit
from labkit.grade.frontier import Plane, Point, Standing, short_of, spread
from labkit.grade.kept import Kept
from labkit.grade.replay import Replayer
from mlsysim.errors import MlsysimError

TRIED = 600  # designs tried for each of a few draws of the limits
DRAWS = 6
POOL = 40  # designs kept for their objective, and at most as many for what they trade it for
LIMITS = 5_000  # students' limits whose best is kept
MEASURED = 20_000  # measures of designs of the pool that are kept, for the next student whose draw changes only limits


class Best:
    """The best objective values of one lab's decision, and what they cost in the constraint that binds most."""

    def __init__(self, replayer: Replayer):
        self._replayer, self._exp = replayer, replayer.lab.decision
        self._lowest = self._exp.objective[0] == "lowest"
        self._pool: list[dict] | None = None
        self._limit: Limit | None = None
        self._plane: Plane | None = None
        self._known, self._measured = Kept(LIMITS), Kept(MEASURED)
        self._fields = {c.field for c in self._exp.constraints} | {self._exp.objective[1]}

    def value(self, given: dict) -> float | None:
        """The best objective that a feasible design reaches under these limits; None if the search found none."""
        return self._reached(given)[0]

    def distance(self, value: float, given: dict) -> float | None:
        """How far an objective value is from the best, as a share of the best: 0 at the best (or better), 0.5 half as far again."""
        best = self.value(given)
        return None if best is None or not math.isfinite(value) else short_of(value, best, self._lowest)

    def standing(self, result, given: dict) -> Standing | None:
        """Where a decision's result stands among the designs found under its limits; None where there is nothing to draw."""
        front = self._reached(given)[1]
        if self._plane is None or not all(map(math.isfinite, point := self._point(result))):
            return None
        return Standing(self._plane, point, front)

    def pool(self) -> list[dict]:
        """Designs that are among the best somewhere, or that no other one beats in the plane of `standing`; found once."""
        if self._pool is None:
            names = list(self._exp.controls)
            size = math.prod(len(self._exp.controls[n].values) for n in names)
            rng = random.Random(20)
            if size <= TRIED:
                designs = [dict(zip(names, d, strict=True)) for d in itertools.product(*(self._exp.controls[n].values for n in names))]
            else:
                designs = [{n: rng.choice(self._exp.controls[n].values) for n in names} for _ in range(TRIED)]
            self._pool = [designs[j] for j in self._search(designs)]
        return self._pool

    def _search(self, designs: list[dict]) -> list[int]:
        """The numbers of the designs to keep; chooses the plane on the way, from draws that are the same for every class."""
        others = [c for c in self._exp.constraints if c.field != self._exp.objective[1]]
        draws: list[list[tuple]] = []  # of each draw: (objective, design, quantity of each other constraint, how much of it is in use)
        some = None
        for i in range(DRAWS):
            given, scored = self._replayer.given(i * 7919 + 1), []
            for j, design in enumerate(designs):
                if (result := self._feasible(design, given)) is not None:
                    some = result  # for its units
                    scored.append((self._objective(result), j, [float(getattr(result, c.field)) for c in others], [c.used(result, given) for c in others]))
            draws.append(sorted(scored, key=lambda s: (s[0] if self._lowest else -s[0], s[1])))
        if some is not None and others:
            k = _tightest([d for d in draws if d])
            self._limit, self._plane = others[k], Plane.of(self._exp, others[k], some)
        kept = {j: None for scored in draws for _, j, *_ in scored[: POOL // DRAWS]}  # a dict keeps their order
        for scored in draws if self._plane else ():
            at = {(s[2][k], s[0]): s[1] for s in reversed(scored) if math.isfinite(s[2][k])}
            kept |= dict.fromkeys(at[p] for p in spread(self._plane.unbeaten(at), POOL // DRAWS))
        return list(kept)

    def _reached(self, given: dict) -> tuple[float | None, tuple[Point, ...]]:
        """The best objective under these limits, and the frontier of the feasible designs."""

        def found():
            results = [m for design in self.pool() if (m := self._measures(design, given)) is not None and self._holds(m, given)]
            values = [self._objective(r) for r in results]
            points = [p for r in results if math.isfinite((p := self._point(r))[0])] if self._plane else []
            return ((min(values) if self._lowest else max(values)) if values else None, self._plane.unbeaten(points) if points else ())

        return self._known.get(tuple(given.items()), found)

    def _feasible(self, design: dict, given: dict):
        """The result of a design that holds every constraint, or None."""
        try:
            result = self._exp.result(design, given)  # not kept: each is asked for once
        except MlsysimError:
            return None
        return result if self._holds(result, given) else None

    def _holds(self, result, given: dict) -> bool:
        return all(c.holds(result, given) for c in self._exp.constraints) and math.isfinite(self._objective(result))

    def _measures(self, design: dict, given: dict) -> SimpleNamespace | None:
        """The fields of a pool design's result that are judged, or None where there is none; run once for what the simulator is given."""

        def run():
            try:
                result = self._exp.result(design, given)
            except MlsysimError:
                return None
            return SimpleNamespace(**{f: getattr(result, f) for f in self._fields})

        return self._measured.get((tuple(design.values()), tuple(self._exp.passed_along(given, design).items())), run)

    def _objective(self, result) -> float:
        return float(getattr(result, self._exp.objective[1]))

    def _point(self, result) -> Point:
        return float(getattr(result, self._limit.field)), self._objective(result)


def _tightest(draws: list[list[tuple]]) -> int:
    """The constraint of which the best designs use most, among those whose quantity designs differ in; the first if none does."""
    places = range(len(draws[0][0][2]))
    free = [k for k in places if any(len({s[2][k] for s in scored}) > 1 for scored in draws)]
    return max(free or [0], key=lambda k: median(scored[0][3][k] for scored in draws))
