"""Simulations take one number where a formula would take an array."""

from __future__ import annotations

from mlsysim.errors import WrongType


def single(check, name: str, value, **limits) -> float:
    """`check(name, value, **limits)` as a plain float; an array raises `WrongType`."""
    checked = check(name, value, **limits)
    if getattr(checked, "shape", ()) != ():
        raise WrongType(f"{name} is an array, but must be one number: the model is evaluated point by point.")
    return float(checked)
