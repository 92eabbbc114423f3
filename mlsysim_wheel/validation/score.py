"""Predicted against published, case by case and family by family. A family counts once, however many cases it has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from validation import measured
from validation.cases import Case, Unmodelled, read
from validation.families import FAMILIES
from validation.family import Family


@dataclass(frozen=True)
class Result:
    """One case: a prediction, or the reason why there is none."""

    case: Case
    family: Family
    predicted: float | None
    reason: str = ""

    @property
    def log_ratio(self) -> float:
        """ln(predicted/published), infinite where the prediction has no sign in common with it."""
        if self.predicted is None or self.predicted <= 0 or self.case.value <= 0:
            return math.inf
        return math.log(self.predicted / self.case.value)

    @property
    def error(self) -> float:
        """Relative error, as a share."""
        return abs(self.predicted - self.case.value) / abs(self.case.value)


@dataclass(frozen=True)
class FamilyScore:
    """The cases of one family together."""

    family: Family
    measured: bool  # whether most of its cases were measured
    results: tuple[Result, ...]
    n: int
    median_log: float
    max_log: float
    median_error: float
    max_error: float


def predict(case: Case) -> Result:
    """The first family that takes the case predicts it."""
    family = next(f for f in FAMILIES if f.takes(case))
    if family.predict is None:
        return Result(case, family, None, family.reason)
    try:
        return Result(case, family, float(family.predict(case)))
    except Unmodelled as reason:
        return Result(case, family, None, str(reason))


def predict_all(cases: list[Case] | None = None) -> list[Result]:
    """Every case in its order; unless given, the published ones and then our own."""
    return [predict(case) for case in ([*read(), *measured.cases()] if cases is None else cases)]


def score(results: list[Result]) -> list[FamilyScore]:
    """Scores of the families that have predictions, in their order."""
    out = []
    for family in FAMILIES:
        mine = tuple(r for r in results if r.family is family and r.predicted is not None)
        if not mine:
            continue
        logs, errors = sorted(abs(r.log_ratio) for r in mine), sorted(r.error for r in mine)
        measured = not family.formula and sum(r.case.measured for r in mine) * 2 >= len(mine)
        out.append(FamilyScore(family, measured, mine, len(mine), median(logs), logs[-1], median(errors), errors[-1]))
    return out


def headline(scores: list[FamilyScore]) -> dict:
    """The two figures of merit over measured families, those left out that were fitted on every case of theirs."""
    scores = [s for s in scores if s.family.role != "in sample"]
    medians = sorted(s.median_error for s in scores if s.measured)
    return {
        "families": len(medians),
        "median_of_medians": median(medians),
        "share_within_25_percent": sum(m <= 0.25 for m in medians) / len(medians),
        "checked_only_median": median(s.median_error for s in scores if s.measured and s.family.role == "checked"),
    }
