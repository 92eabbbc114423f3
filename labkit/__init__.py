"""What every lab shares: experiments, predictions, controls, instruments and the decision log.

The rule of the house: a lab declares, the simulator computes, the kit shows and keeps. `labkit` imports `mlsysim`,
never a lab; what needs marimo is imported only when a notebook asks for it, so a grader can read logs without it.
"""

from __future__ import annotations

from labkit.controls import choice, log_slider, slider, steps, toggle
from labkit.experiment import at_least, at_most, decision, drill, experiment, explain, failure, predict_choice, predict_number

_IN_NOTEBOOKS = {
    "open_lab": "lab", "Lab": "lab", "panel_for": "panel", "drill_panel": "panel", "log_panel": "panel",
    "header": "views", "bar": "views", "predict": "views", "explore": "views", "decide": "views", "drills": "views", "export": "views",
    "leads_panel": "review", "leads": "review", "review_report": "review", "md_table": "review",
    "Earlier": "earlier", "starts": "earlier", "starts_table": "earlier", "start_controls": "earlier", "nearest": "earlier",
}  # fmt: skip

__all__ = [
    "at_least", "at_most", "choice", "decision", "drill", "experiment", "explain", "failure", "log_slider", "predict_choice", "predict_number",
    "said", "said_si", "show", "slider", "square", "steps", "toggle", *_IN_NOTEBOOKS,
]  # fmt: skip


def __getattr__(name: str):
    if name not in _IN_NOTEBOOKS:
        raise AttributeError(f"labkit has no {name!r}; it has {', '.join(__all__)}")
    import importlib

    module = importlib.import_module(f"labkit.{_IN_NOTEBOOKS[name]}")
    return getattr(module, {"drills": "drill"}.get(name, name))


def show(result, name: str) -> str:
    """One field of a result with its unit, for a sentence: `show(r, "time_s")` → "3.20 ms"."""
    from labkit.units_shown import shown
    from mlsysim.quantity import unit_of

    return shown(getattr(result, name), unit_of(result, name))


def said(prediction) -> str:
    """A locked prediction with its unit, for a mark in a chart."""
    from labkit.units_shown import plain

    return plain(prediction.value, prediction.unit or "")


def said_si(prediction) -> float:
    """A locked prediction in the simulator's own unit, for a place in a chart."""
    from labkit.units_shown import to_si

    return to_si(prediction.value, prediction.unit or "")


def square(cells) -> list:
    """The cells of a square matrix, row by row, as rows."""
    n = round(len(cells) ** 0.5)
    return [list(cells[i * n : (i + 1) * n]) for i in range(n)]
