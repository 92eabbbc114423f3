"""One interval between checkpoints among others: the best of a grid, two ways to save, and what halving a cause would bring.

All of it is read off one trace of failures, so that a difference is the interval's doing and no luck.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from mlsysim._datafile import load
from mlsysim.errors import instance, one_of
from mlsysim.quantity import quantity, series
from mlsysim.reliability import RUN, RunReplay, replay_run
from mlsysim.units import HOUR, MINUTE

GRID_S = tuple(m * MINUTE for m in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 180, 240))
SAVING = ("blocking", "asynchronous")
CAUSES = ("checkpoint", "interval", "restart")
STRIP_S = 48 * HOUR


@dataclass(frozen=True, slots=True)
class IntervalStudy(RunReplay):
    """A replayed run with its neighbours: other intervals, the other way to save, half of each cause."""

    saving: str = quantity(r"\text{saving}", "", doc="blocking or asynchronous", kw_only=True)
    grid_best_s: float = quantity(r"\tau_g", "s", source=RUN + ", the best of 22 intervals", kw_only=True)
    grid_best_share: float = quantity("u_g", "share", source=RUN + ", at that interval", kw_only=True)
    half_checkpoint_share: float = quantity("u_C", "share", source=RUN + " with half the stall", doc="useful", kw_only=True)
    half_interval_share: float = quantity(r"u_\tau", "share", source=RUN + " with half the interval", doc="useful", kw_only=True)
    half_restart_share: float = quantity("u_R", "share", source=RUN + " with half the restart", doc="useful", kw_only=True)
    best_half: str = quantity(r"\text{halve}", "", source="the largest of the three", doc="checkpoint, interval or restart", kw_only=True)
    curves: tuple = series("share", doc="(way to save, ((interval, useful share), …)) for both", kw_only=True)
    strip: tuple = series("s", doc="(kind, from, to) of the first 48 hours: work that stays, work that is lost, no work", kw_only=True)


def checkpoint_stall_s(saving: str) -> float:
    """How long a checkpoint stops the run, in seconds: 148.8 blocking, 6.3 asynchronous. Errors: OutOfRange.

    Source: PyTorch and IBM Research 2024, a model of 7 billion parameters.

    >>> checkpoint_stall_s("asynchronous")
    6.3
    """
    return load("reliability/fault_tolerance.json")["checkpoint_s"][one_of("saving", saving, SAVING)]


def study_interval(
    devices: int = 16_384, interval_s: float = HOUR, saving: str = "blocking", restart_s: float = 15 * MINUTE, *, seed: int = 3
) -> IntervalStudy:
    """A run of 54 days and what would make more of it useful. Errors: OutOfRange. Source: Young 1974; stalls as in `checkpoint_stall_s`.

    >>> study = study_interval()
    >>> study.grid_best_s / 60, round(study.grid_best_share, 3), study.best_half
    (30.0, 0.788, 'interval')
    """
    stall = checkpoint_stall_s(saving)
    run = replay_run(devices, interval_s, stall, restart_s, seed=seed)
    curves = tuple((way, _curve(run.devices, way, run.restart_s, seed)) for way in SAVING)
    best_s, best_share = max(dict(curves)[saving], key=lambda point: point[1])
    half = dict(
        checkpoint=replay_run(devices, interval_s, stall / 2, restart_s, seed=seed).useful_share,
        interval=replay_run(devices, interval_s / 2, stall, restart_s, seed=seed).useful_share,
        restart=replay_run(devices, interval_s, stall, restart_s / 2, seed=seed).useful_share,
    )
    sources = run.sources | {"checkpoint_s": load("reliability/fault_tolerance.json")["checkpoint_s"]["source"]}
    return IntervalStudy(
        **{f.name: getattr(run, f.name) for f in fields(run) if f.name != "sources"},
        saving=saving,
        grid_best_s=best_s,
        grid_best_share=best_share,
        **{f"half_{cause}_share": half[cause] for cause in CAUSES},
        best_half=max(CAUSES, key=half.get),
        curves=curves,
        strip=_strip(run),
        sources=sources,
    )


def best_halves(study: IntervalStudy) -> tuple[str, ...]:
    """The causes whose halving brings most, with those that bring as much within 0.2 points of the time.

    >>> best_halves(study_interval())
    ('interval',)
    """
    instance("study", study, IntervalStudy, "a result of study_interval")
    shares = {cause: getattr(study, f"half_{cause}_share") for cause in CAUSES}
    return tuple(cause for cause, share in shares.items() if share >= max(shares.values()) - 0.002)


@lru_cache(maxsize=64)
def _curve(devices: int, saving: str, restart_s: float, seed: int) -> tuple:
    """(interval, useful share) over the grid."""
    stall = checkpoint_stall_s(saving)
    return tuple((tau, replay_run(devices, tau, stall, restart_s, seed=seed).useful_share) for tau in GRID_S)


def _strip(run: RunReplay) -> tuple:
    """What became of the first hours: stretches of work up to the last checkpoint, lost work, restarts."""
    found, at, segment = [], 0.0, run.interval_s + run.checkpoint_s
    for failed, back in run.events:
        saved = at + int((failed - at) / segment) * segment
        found += [("kept", at, saved), ("lost", saved, failed), ("down", failed, back)]
        at = back
        if at >= STRIP_S:
            break
    else:
        found.append(("kept", at, run.run_s))
    return tuple((kind, a, min(b, STRIP_S)) for kind, a, b in found if a < min(b, STRIP_S))
