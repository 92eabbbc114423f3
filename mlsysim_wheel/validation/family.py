"""A family: cases that one function predicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from validation.cases import Case


@dataclass(frozen=True)
class Family:
    """One kind of case. The first family that `takes` a case predicts it, in the unit of the case.

    `role` is "fitted" if a global constant was fitted on some of it, "in sample" if on all of it, else "checked". `fitted` names those constants. A family with
    `reason` holds what the simulator does not model.
    """

    name: str
    takes: Callable[[Case], bool]
    predict: Callable[[Case], float] | None = None
    role: str = "checked"
    fitted: str = ""
    remark: str = ""  # why it misses, in a sentence
    formula: bool = False  # arithmetic on the numbers of the case itself: it tests an equation, not the world
    reason: str = ""  # why there is no prediction
