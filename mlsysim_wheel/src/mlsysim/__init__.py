"""mlsysim: a first-principles simulator of machine learning systems.

The rule of the house: plain SI floats in, a frozen result out, and every number of a result can show its work
(`mlsysim.show_work(result)`). Bad input never gives a number; it raises a sentence. No result beats physics.

Modules are named after what they model and load when first used: `mlsysim.roofline.on_device(...)`.
"""

from __future__ import annotations

from mlsysim._rooms import COURSE, GENERAL

__version__ = "1.0.0"
DISTRIBUTION = "mlsysim of ML Systems Labs"  # tells this package from another one of the same name on the public index

_MODULES = tuple(sorted(GENERAL + COURSE))

__all__ = ["DISTRIBUTION", "__version__", "show_work", *GENERAL]


def __getattr__(name: str):
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"mlsysim.{name}")
    if name in ("show_work", "fmt"):
        home = "quantity" if name == "show_work" else "units"
        return getattr(importlib.import_module(f"mlsysim.{home}"), name)
    raise AttributeError(f"mlsysim has no {name!r}; it has DISTRIBUTION, __version__, show_work, {', '.join(_MODULES)}")
