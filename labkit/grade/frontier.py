"""Where a decision stands: its objective against the constraint that costs most, and the designs that no other one beats there.

Nothing is computed for it a second time: the designs are those that the search for the best has run under the same limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labkit.experiment import Experiment, Limit
from labkit.instruments.pareto import Design, frontier
from mlsysim.quantity import unit_of

NEAR = 0.05  # as a share of the best objective: what counts as near
Point = tuple[float, float]  # the other constraint's quantity, the objective; SI


@dataclass(frozen=True, slots=True)
class Plane:
    """The two measures of a lab's decision: the constraint's quantity along, the objective up."""

    x_name: str
    x_unit: str
    x_better: str  # "low" or "high"
    y_name: str
    y_unit: str
    y_better: str

    @classmethod
    def of(cls, exp: Experiment, limit: Limit, result) -> Plane:
        """The plane of a decision's objective and one of its constraints, with the units that a result gives them."""
        better, field = exp.objective
        own = next((c.words for c in exp.constraints if c.field == field), exp.label(field))
        return cls(
            limit.words, unit_of(result, limit.field), "low" if limit.most is not None else "high",
            own, unit_of(result, field), "low" if better == "lowest" else "high",
        )  # fmt: skip

    def unbeaten(self, points: Iterable[Point]) -> tuple[Point, ...]:
        """The points that no other one beats, by rising quantity."""
        return tuple((d.x, d.y) for d in frontier([Design("", *p) for p in points], self.x_better, self.y_better))

    def gap(self, point: Point, front: Iterable[Point]) -> float:
        """How far the objective is from the best that the frontier reaches with no more of the other quantity; 0 where nothing beats it."""
        sign = 1 if self.x_better == "low" else -1
        open_to = [y for x, y in front if sign * x <= sign * point[0] + 1e-9 * abs(point[0])]
        if not open_to:
            return 0.0
        return short_of(point[1], min(open_to) if self.y_better == "low" else max(open_to), self.y_better == "low")


@dataclass(frozen=True, slots=True)
class Standing:
    """One decision in the plane, with the frontier under the student's own limits."""

    plane: Plane
    point: Point
    front: tuple[Point, ...]

    @property
    def gap(self) -> float:
        """See `Plane.gap`."""
        return self.plane.gap(self.point, self.front)


def short_of(value: float, best: float, lowest: bool) -> float:
    """How far an objective value is from the best, as a share of the best: 0 at the best (or better), 0.5 half as far again."""
    gap = value - best if lowest else best - value
    return max(0.0, gap) / abs(best) if best else (0.0 if gap <= 0 else float("inf"))


def spread(points: Sequence[Point], count: int) -> list[Point]:
    """At most so many of the points, evenly from the first to the last."""
    return list(points) if len(points) <= count else [points[round(i * (len(points) - 1) / (count - 1))] for i in range(count)]
