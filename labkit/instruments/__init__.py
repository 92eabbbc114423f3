"""Instruments: charts that come with a sentence, a text alternative and the table of their numbers.

A lab draws with five of some fifty, so each module is imported when its first name is asked for: all of them at once would
take a tenth of a second here, and several times that in a browser.
"""

import importlib
import sys
from types import ModuleType

_MODULES = {  # module: the names that it gives
    "along": "blocks columns",
    "bands": "Band bands",
    "bars_from_zero": "bars_from_zero",
    "base": "Column Instrument Limit",
    "comb": "comb",
    "conversation": "Message conversation",
    "curve": "Series curve",
    "dependency_graph": "dependency_graph",
    "depth_profile": "depth_profile",
    "distribution": "distribution",
    "dumbbell": "dumbbell",
    "exponents": "exponents power scale_log",
    "fabric_map": "fabric_map",
    "forest": "forest",
    "gpu_gantt": "gpu_gantt",
    "grid": "array_occupancy matrices",
    "group_bars": "group_bars",
    "handover": "Handover handover",
    "hours_taken": "hours_taken",
    "ladder": "ladder",
    "layer_cloud": "LayerMark layer_cloud",
    "light_cone": "light_cone",
    "loops": "loops",
    "many_ends": "many_ends",
    "memory_stack": "memory_stack",
    "mirrored": "mirrored",
    "mountain": "mountain",
    "node_grid": "node_grid",
    "number_line": "number_line",
    "occasions": "occasions",
    "pairs": "pairs",
    "panels": "Panel panels",
    "pareto": "Design pareto",
    "phase_map": "phase_map",
    "pool_map": "pool_map",
    "reach": "reach",
    "region_map": "region_map",
    "ridge_map": "ridge_map",
    "roc": "roc",
    "rollbacks": "rollbacks",
    "roofline": "Roof Work roofline",
    "sampled_bars": "sampled_bars",
    "scatter": "Group scatter",
    "share_walls": "Wall share_walls",
    "shares": "paired_shares split_bar",
    "split_rows": "split_rows",
    "stack_over_time": "stack_over_time",
    "terms": "TermRow stacked",
    "timeline": "Bar Event Quantity timeline",
    "trips": "trips",
    "two_scales": "two_scales",
    "walks": "walks",
    "waterfall": "before_after waterfall",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [*_HOME]  # noqa: PLE0604


class _Lazy(ModuleType):
    """A module whose functions are found on demand, also where a module has the same name."""

    def __getattr__(self, name: str):
        if name not in _HOME:
            raise AttributeError(f"There is no instrument {name!r}; there are {', '.join(sorted(_HOME))}.")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):  # importing comb.py must not hide the function comb
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Lazy
