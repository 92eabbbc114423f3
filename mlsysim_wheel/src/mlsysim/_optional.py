"""Packages that a few native modules use and the rest of the simulator does not need."""

from __future__ import annotations

import importlib

from mlsysim.errors import MlsysimError


class MissingPackage(MlsysimError, ImportError):
    """A package that only this part of the simulator needs is not installed."""


def optional(name: str):
    """The module, or `MissingPackage` with what to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingPackage(f"This search needs {name}: run `pip install numpy polars` (the rest of mlsysim needs neither).") from None
