"""What a student decided in earlier labs, as the start of a later one: read from the stored logs, replayed before it is used.

    EARLIER = (lk.Earlier("lab_14_ml_ops", "operations", lambda c, r: dict(audits=c["audits"])),)
    found = await lk.starts(EARLIER)
    d = lk.panel_for(lab, part, lk.start_controls(part, found))

A record that cannot be read, or that the simulator does not confirm, is shown and not used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labkit import log as logs
from labkit.controls import ControlError
from labkit.html import table
from labkit.storage import open_storage
from mlsysim.errors import MlsysimError
from mlsysim.quantity import values


def _modules(name: str):
    import importlib  # only where a record was found: a lab needs few of these

    return importlib.import_module(f"mlsysim.{name}")


def _layout(tensor, pipeline, recomputation, chunks, zero1, microbatch):
    layout = _modules("layout").Layout(tensor, pipeline, microbatch, recomputation, chunks, zero1)
    return _modules("parallelism").estimate_layout(_modules("published_training").megatron_model("174.6B"), layout, gpus=1024, batch=1536)


# lab → (recorded controls, recorded result) → the result computed anew. The names of those labs' controls stand here and in their own
# files only; tests/labkit/test_earlier.py compares the two.
REPLAYS: dict[str, Callable[[dict, dict], object]] = {
    "lab_02_compute_infra": lambda c, r: _modules("machine_hall").hall_plan(**c, wanted_flop_per_s=r["wanted_flop_per_s"]),
    "lab_03_communication": lambda c, r: _modules("fabric_purchase").fabric_purchase(**c, expert_bytes=r["expert_bytes"]),
    "lab_04_data_storage": lambda c, r: _modules("store_design").store_design(**c),
    "lab_05_dist_train": lambda c, r: _layout(**c),
    "lab_06_fault_tolerance": lambda c, r: _modules("recovery_plan").plan_recovery(**c),
    "lab_07_fleet_orch": lambda c, r: _modules("fleet_policy").plan_fleet(**c),
    "lab_09_perf_engineering": lambda c, r: _modules("speed_plan").speed_plan(**c),
    "lab_10_model_compress": lambda c, r: _modules("battery_camera").battery_camera(**c, sram_limit_bytes=r["on_board.sram_bytes"]),
    "lab_11_hw_accel": lambda c, r: _modules("edge").gate_box(**c),
    "lab_12_perf_bench": lambda c, r: _modules("measurement_protocol").protocol(**c, site_c=r["site_c"]),
    "lab_13_model_serving": lambda c, r: _modules("batching").fleet(r["arrivals_per_s"], **c),
    "lab_14_sustainable_ai": lambda c, r: _modules("green_run").green_run(**c, goal=r["goal"], carbon_limit_t=r["carbon_limit_t"]),
    "lab_14_ml_ops": lambda c, r: _modules("model_loop").run_loop(c["interval"], c["audits"], c["share"], c["limit"], c["samples"]),
}


@dataclass(frozen=True)
class Earlier:
    """The decision of one earlier lab; `start` says which controls here begin with what of the recorded controls and result."""

    lab: str  # one of REPLAYS
    row: str  # the part of this lab's design that begins with it
    start: Callable[[dict, dict], dict] = lambda controls, result: {}
    says: Callable[[object], str] | None = None  # the result, computed anew → words to add


@dataclass(frozen=True)
class Start:
    """What was found: the controls to begin with (none without a record that holds), and where they come from in words."""

    row: str
    controls: dict
    words: str


async def starts(sources: Sequence[Earlier]) -> tuple[Start, ...]:
    """The latest recorded decision of each lab, replayed."""
    return tuple([await _start(one) for one in sources])


async def _start(source: Earlier) -> Start:
    where = f"lab {source.lab.split('_')[1]}"
    attempts = await (await open_storage(source.lab)).attempts()
    current = [a for a in attempts if a.log and a.current] or [a for a in attempts if a.log]
    made = logs.decisions(current[-1].log) if current else ()
    if not made:
        return Start(source.row, {}, f"no decision of {where} is stored here")
    controls, recorded = dict(made[-1].controls), dict(made[-1].result)
    try:
        result = REPLAYS[source.lab](controls, recorded)
        if not agree(recorded, values(result)):
            return Start(source.row, {}, f"the record of {where} does not replay, so it is not used")
        words = f"your record of {where}, replayed" + (f": {source.says(result)}" if source.says else "")
        return Start(source.row, source.start(controls, recorded), words)
    except (MlsysimError, KeyError, TypeError, ValueError, AttributeError):
        return Start(source.row, {}, f"the record of {where} is of another version, so it is not used")


def agree(recorded: dict, again: dict) -> bool:
    """Whether every number that both have is the same, and they share at least one."""
    both = [(recorded[k], again[k]) for k in recorded.keys() & again.keys() if _finite(recorded[k]) and _finite(again[k])]
    return bool(both) and all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in both)


def start_controls(part, found: Sequence[Start]) -> dict:
    """The controls of a part with which it begins; a value that a control cannot take is left out."""
    exp = part.experiment
    out = {}
    for one in found:
        for name, value in one.controls.items():
            try:
                out[name] = exp.controls[name].check(value)
            except (ControlError, KeyError):
                continue
    return out


def starts_table(part, found: Sequence[Start]):
    """The rows of a design with their values at the start and where each comes from, as HTML for one cell."""
    import marimo as mo

    exp, begun = part.experiment, start_controls(part, found)
    rows = []
    for one in found:
        value = ", ".join(f"{exp.controls[n].label}: {exp.controls[n].show(begun[n])}" for n in one.controls if n in begun)
        rows.append([one.row, value or "preset", one.words])
    return mo.Html(f"<div class='lk-page'>{table(['row', 'begins with', 'from'], rows, 'Where the design begins')}</div>")


def nearest(value: float, options: Sequence[float]) -> float:
    """The option next to a value; the smaller of two that are equally near."""
    return min(options, key=lambda option: (abs(option - value), option))


def _finite(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
