r"""A power cap on a training step: power falls with the cube of the clock, part of the step does not follow the clock, and the host burns on.

t = β + (1 − β)/f with f the clock under the cap; energy per step E = (x·700 W + host)·t against (700 W + host).
Source: dynamic power ∝ clock³, as in Mudge 2001; You et al. 2023 (Zeus) on power limits of training. Figures in data/training/run_carbon.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import non_negative, number
from mlsysim.machine_hall import STATIC, speed_at_cap
from mlsysim.quantity import quantity, sources

_RUN = load("training/run_carbon.json")["run"]
LOWEST, STEP = 0.2, 0.02  # of the caps among which the best is sought
CAPS = tuple(round(LOWEST + STEP * i, 2) for i in range(41))
STEP_LIMIT = _RUN["step_limit"]["value"]
BELOW, ABOVE = "below the optimum", "at or above the optimum"


@dataclass(frozen=True, slots=True)
class CappedStep:
    """A training step under a power cap, against one without."""

    cap_share: float = quantity("x", "share", doc="cap, of the rated power")
    fixed_time_share: float = quantity(r"\beta", "share", doc="of an uncapped step that does not follow the clock")
    host_w: float = quantity("h", "W", doc="server and network of one GPU")
    rated_w: float = quantity("P", "W", doc="of the GPU")
    static_w: float = quantity("P_s", "W", doc="that does not depend on the clock")
    clock_share: float = quantity(
        "f", "share", formula=r"\left(\frac{<cap_share> \cdot <rated_w> - <static_w>}{<rated_w> - <static_w>}\right)^{1/3}", source="dynamic power ∝ clock³"
    )
    step: float = quantity(
        "t", "×", formula=r"<fixed_time_share> + \frac{1 - <fixed_time_share>}{<clock_share>}", source="Amdahl's law", doc="of an uncapped step",
    )
    slowdown_share: float = quantity("t - 1", "share", formula="<step> - 1", source="definition", doc="longer step; above 1 it is more than twice as long")
    gpu_energy: float = quantity("E_g", "×", formula=r"<cap_share> \cdot <step>", source="power times time", doc="of the GPU, a step")
    energy: float = quantity(
        "E", "×", formula=r"\frac{<cap_share> \cdot <rated_w> + <host_w>}{<rated_w> + <host_w>} \cdot <step>", source="power times time",
        doc="GPU and host, a step",
    )
    best_cap_share: float = quantity("x^*", "share", source="search over the caps from 20 % in steps of 2 %")
    best_step: float = quantity("t^*", "×", source="as the step, at the best cap")
    best_energy: float = quantity("E^*", "×", source="as the energy, at the best cap")
    lower: str = quantity(r"\text{lower}", "", source="step and energy with a cap 2 points lower: late, less or more")
    state: str = quantity(r"\text{state}", "", source="cap against the best one")
    sources: dict = sources()


def capped_step(cap_share=0.5, fixed_time_share=0.35, host_w=300.0) -> CappedStep:
    """A step of an H100 capped at `cap_share` (0.15 … 1) of 700 W; `fixed_time_share` 0 … 0.99, `host_w` 0 … 10,000. Errors: OutOfRange, WrongType.

    >>> s = capped_step()
    >>> round(s.slowdown_share, 3), round(s.gpu_energy, 3), round(s.energy, 3), s.best_cap_share
    (0.214, 0.607, 0.789, 0.32)
    """
    return _step(
        single(number, "cap_share", cap_share, low=0.15, high=1.0), single(number, "fixed_time_share", fixed_time_share, low=0.0, high=0.99),
        single(non_negative, "host_w", host_w, high=10_000.0),
    )  # fmt: skip


def _law(cap: float, fixed: float, host: float, rated: float) -> tuple[float, float, float]:
    """Clock, step and energy of a step."""
    clock = speed_at_cap(cap, STATIC["value"] / rated)
    step = fixed + (1 - fixed) / clock
    return clock, step, (cap * rated + host) / (rated + host) * step


@remembered(64)
def trade_off(fixed_time_share=0.35, host_w=300.0) -> tuple[tuple[float, float, float], ...]:
    """(cap, step, energy of a step) for the caps from 20 to 100 %; arguments as in `capped_step`.

    >>> trade_off()[-1]
    (1.0, 1.0, 1.0)
    """
    fixed, host = single(number, "fixed_time_share", fixed_time_share, low=0.0, high=0.99), single(non_negative, "host_w", host_w, high=10_000.0)
    rated = catalog.device("h100_sxm").power_w
    return tuple((cap, *_law(cap, fixed, host, rated)[1:]) for cap in CAPS)


@lru_cache(maxsize=512)
def _step(cap: float, fixed: float, host: float) -> CappedStep:
    chip = catalog.device("h100_sxm")
    clock, step, energy = _law(cap, fixed, host, chip.power_w)
    best = min(trade_off(fixed, host), key=lambda c: c[2])
    _, later, then = _law(max(0.14, cap - STEP), fixed, host, chip.power_w)
    return CappedStep(
        cap_share=cap, fixed_time_share=fixed, host_w=host, rated_w=chip.power_w, static_w=STATIC["value"], clock_share=clock, step=step,
        slowdown_share=step - 1, gpu_energy=cap * step, energy=energy, best_cap_share=best[0], best_step=best[1], best_energy=best[2],
        lower="late" if later > STEP_LIMIT else "less" if then < energy else "more", state=BELOW if cap < best[0] - 1e-9 else ABOVE,
        sources={"rated_w": chip.source("power_w"), "static_w": source_of(STATIC)},
    )  # fmt: skip
