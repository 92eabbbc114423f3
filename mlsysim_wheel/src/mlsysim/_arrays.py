"""What formulas need so that they take numpy arrays as well as numbers, without importing numpy for the numbers."""

from __future__ import annotations

import math


def is_array(value) -> bool:
    """Whether a value has numpy's interface and at least one dimension."""
    return getattr(value, "shape", ()) != ()


def where(condition, yes, no):
    """`yes` where the condition holds, else `no`: for one condition, or element by element."""
    if not is_array(condition):
        return yes if condition else no
    import numpy

    return numpy.where(condition, yes, no)


def ordinary(value) -> bool:
    """Whether a number, or every number of an array, is above zero and finite."""
    if is_array(value):
        return bool(((value > 0) & (value < math.inf)).all())
    return 0 < value < math.inf
