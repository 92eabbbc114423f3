"""The plan of one project: six stages with their weeks, and six causes that send it back. Every figure is illustrative.

That machine learning projects are loops, and that data send them back most, is reported by Amershi et al. 2019
(*Software Engineering for Machine Learning*) and Sambasivan et al. 2021 (data cascades).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import number, one_of

FILE = "projects/skin_triage.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the project and its planned weeks."""

    id: str
    name: str
    weeks: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason to go back: in which stage it is found, to which stage it leads, how likely it is on each visit."""

    id: str
    name: str
    found: str
    back: str
    chance: float


@lru_cache(maxsize=1)
def stages() -> tuple[Stage, ...]:
    """The six stages in order.

    >>> [s.weeks for s in stages()]
    [2, 8, 4, 2, 3, 1]
    """
    return tuple(Stage(s["id"], s["name"], s["plan_weeks"]) for s in load(FILE)["stages"])


@lru_cache(maxsize=1)
def causes() -> tuple[Cause, ...]:
    """The six causes of return, in the order in which a stage finds them.

    >>> causes()[0].name, causes()[0].chance
    ('gap in the data', 0.2)
    """
    return tuple(Cause(**c) for c in load(FILE)["causes"])


def plan_weeks() -> tuple[float, ...]:
    """Planned weeks of each stage.

    >>> sum(plan_weeks())
    20
    """
    return tuple(s.weeks for s in stages())


def cause_chances(factor=1.0, never="none") -> tuple[float, ...]:
    """Chance of each cause times `factor` (0 … 1.6), with one cause (`never`, its id) left out.

    Errors: OutOfRange for another factor or cause.

    >>> cause_chances(2 / 2, never="privacy")
    (0.2, 0.25, 0.25, 0.25, 0.0, 0.2)
    """
    factor = single(number, "factor", factor, low=0.0, high=1.6)
    one_of("never", never, ("none", *(c.id for c in causes())))
    return tuple(0.0 if c.id == never else c.chance * factor for c in causes())
