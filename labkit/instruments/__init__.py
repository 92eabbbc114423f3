"""Instruments: charts that come with a sentence, a text alternative and the table of their numbers."""

from __future__ import annotations

_HOME = {
    "Bar": "timeline", "Event": "timeline", "Quantity": "timeline", "timeline": "timeline", "Series": "curve", "curve": "curve",
    "distribution": "distribution", "phase_map": "phase_map", "Design": "pareto", "pareto": "pareto", "memory_stack": "memory_stack",
    "TermRow": "terms", "stacked": "terms", "ladder": "terms", "matrices": "grid", "array_occupancy": "grid", "paired_shares": "shares",
    "split_bar": "shares", "waterfall": "waterfall", "before_after": "waterfall", "Step": "waterfall", "roofline": "roofline", "Roof": "roofline",
    "Work": "roofline", "Instrument": "base", "Limit": "base", "Column": "base",
}  # fmt: skip

__all__ = list(_HOME)


def __getattr__(name: str):
    import importlib

    if name not in _HOME:
        raise AttributeError(f"labkit.instruments has no {name!r}; it has {', '.join(__all__)}")
    found = getattr(importlib.import_module(f"labkit.instruments.{_HOME[name]}"), name)
    globals()[name] = found  # so that importing a submodule of the same name later cannot hide the function
    return found
