"""How good a decision could have been: the best feasible design that a search finds for a student's own limits.

A full search for every seed would cost hours, so designs that are good somewhere are found once, over a few draws of
the limits, and each student's limits are then held against that pool. The search is seeded: twice run, twice the same.
"""

from __future__ import annotations

import itertools
import math
import random

from labkit.grade.kept import Kept
from labkit.grade.replay import Replayer
from mlsysim.errors import MlsysimError

TRIED = 600  # designs tried for each of a few draws of the limits
DRAWS = 6
POOL = 40  # designs kept
LIMITS = 5_000  # students' limits whose best is kept


class Best:
    """The best objective values of one lab's decision."""

    def __init__(self, replayer: Replayer):
        self._replayer, self._exp = replayer, replayer.lab.decision
        self._lowest = self._exp.objective[0] == "lowest"
        self._pool: list[dict] | None = None
        self._known = Kept(LIMITS)

    def value(self, given: dict) -> float | None:
        """The best objective that a feasible design reaches under these limits; None if the search found none."""

        def found():
            values = [v for design in self.pool() if (v := self._feasible(design, given)) is not None]
            return (min(values) if self._lowest else max(values)) if values else None

        return self._known.get(tuple(given.items()), found)

    def distance(self, value: float, given: dict) -> float | None:
        """How far an objective value is from the best, as a share of the best: 0 at the best (or better), 0.5 half as far again."""
        best = self.value(given)
        if best is None or not math.isfinite(value):
            return None
        gap = value - best if self._lowest else best - value
        return max(0.0, gap) / abs(best) if best else (0.0 if gap <= 0 else math.inf)

    def pool(self) -> list[dict]:
        """Designs that are among the best somewhere, found once."""
        if self._pool is None:
            rng = random.Random(20)
            names = list(self._exp.controls)
            size = math.prod(len(self._exp.controls[n].values) for n in names)
            if size <= TRIED:
                designs = [dict(zip(names, d, strict=True)) for d in itertools.product(*(self._exp.controls[n].values for n in names))]
            else:
                designs = [{n: rng.choice(self._exp.controls[n].values) for n in names} for _ in range(TRIED)]
            kept: list[dict] = []
            for i in range(DRAWS):
                given = self._replayer.given(i * 7919 + 1)
                scored = [(v, j) for j, d in enumerate(designs) if (v := self._feasible(d, given)) is not None]
                scored.sort(key=lambda s: (s[0] if self._lowest else -s[0], s[1]))
                kept += [designs[j] for _, j in scored[: POOL // DRAWS] if designs[j] not in kept]
            self._pool = kept
        return self._pool

    def _feasible(self, design: dict, given: dict) -> float | None:
        try:
            result = self._exp.result(design, given)  # not kept: each is asked for once
        except MlsysimError:
            return None
        if not all(c.holds(result, given) for c in self._exp.constraints):
            return None
        value = float(getattr(result, self._exp.objective[1]))
        return value if math.isfinite(value) else None
