"""Silent data corruption and what is left to return to: which of the kept checkpoints were written before it struck.

Corruption spoils every checkpoint written after it, and is noticed only later. The last K checkpoints reach back K intervals; what was
noticed later than that cannot be undone from them. One checkpoint a day, kept for eight days, reaches further and is coarser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.catalog import model
from mlsysim.errors import flag, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, HOUR, MINUTE

DAILIES = 8
RUN_S = 540 * DAY
REPLAY = "replay of 540 days of corruptions"
CHANGES = ("falls", "stays", "rises")


@dataclass(frozen=True, slots=True)
class Incident:
    """One corruption, as ages at the moment when it was noticed."""

    age_s: float = quantity("d", "s", doc="from corruption to notice")
    newest_s: float = quantity("a_1", "s", doc="age of the newest checkpoint")
    oldest_s: float = quantity("a_K", "s", doc="age of the oldest of the last K")
    dailies_s: tuple = series("s", doc="ages of the daily checkpoints")
    back_s: float = quantity("L", "s", doc="age of the newest clean checkpoint: lost work; −1 where none is clean")


@dataclass(frozen=True, slots=True)
class Rollbacks:
    """What a rule for keeping checkpoints is worth against corruption that is noticed late."""

    kept: int = quantity("K", "1", doc="newest checkpoints that are kept")
    dailies: bool = quantity(r"\text{dailies}", "", doc="one a day is kept for eight days")
    interval_s: float = quantity(r"\tau", "s")
    detection_s: float = quantity(r"\ell", "s", doc="mean time until a corruption is noticed, exponential")
    between_s: float = quantity("P", "s", doc="mean time between corruptions, exponential")
    reach_s: float = quantity("W", "s", formula=r"<kept> \cdot <interval_s>", source="definition", doc="how far the last K reach back at most")
    corruptions: int = quantity("n", "1", source=REPLAY)
    recoverable_share: float = quantity("r", "share", source=REPLAY, doc="one clean checkpoint is left")
    expected_share: float = quantity(
        "r_e",
        "share",
        formula=r"1 - e^{-(<kept> - 1) <interval_s>/<detection_s>} \frac{1 - e^{-<interval_s>/<detection_s>}}{<interval_s>/<detection_s>}",
        source="expectation over exponential delays, without dailies",
    )
    lost_s: float = quantity("L", "s", source=REPLAY, doc="mean work lost where it can be undone; 0 where it never can")
    half_interval_share: float = quantity("r_{1/2}", "share", source=REPLAY + " with half the interval, as many kept")
    change: str = quantity(r"\text{change}", "", source="within one percentage point it stays", doc="of the recoverable share at half the interval")
    checkpoint_bytes: float = quantity("D", "B")
    stored_bytes: float = quantity("S", "B", source="(K + 8 dailies) checkpoints, or K", doc="all kept checkpoints")
    incidents: tuple = series("s", doc="one Incident a corruption, in the order of their delays")
    sources: dict = sources()


def llama_checkpoint_bytes() -> float:
    """Weights and optimiser state of Llama 3.1 405B on disk, 14 bytes a parameter.

    >>> round(llama_checkpoint_bytes() / 1e12, 2)
    5.68
    """
    return model("llama3_405b").parameters * float(load("reliability/fault_tolerance.json")["bytes_per_parameter"]["value"])


def days_between_corruptions() -> float:
    """Silent corruptions of Llama 3's pre-training: six in 54 days.

    >>> days_between_corruptions()
    9.0
    """
    raw = load("reliability/llama3_pretraining.json")
    return raw["days"] / raw["silent_corruptions"]


def replay_rollbacks(
    kept: int = 3, dailies: bool = False, detection_s: float = 6 * HOUR, interval_s: float = 30 * MINUTE, between_s: float | None = None, *, seed: int = 21
) -> Rollbacks:
    """540 days of silent corruptions, each followed by a rollback to the newest clean checkpoint, if there is one.

    Checkpoints are written at multiples of `interval_s`, dailies at midnight. Without `between_s`, that of Llama 3's pre-training. Errors:
    OutOfRange. Source: Grattafiori et al. 2024 for the rate; detection times are illustrative.

    >>> r = replay_rollbacks()
    >>> r.corruptions, round(r.recoverable_share, 3), round(replay_rollbacks(12).recoverable_share, 3), r.change
    (48, 0.146, 0.646, 'falls')
    """
    kept, dailies = whole("kept", kept, high=1000), flag("dailies", dailies)
    latency, tau = single(positive, "detection_s", detection_s), single(positive, "interval_s", interval_s)
    between = days_between_corruptions() * DAY if between_s is None else single(positive, "between_s", between_s)
    whole("540 days over between_s", math.ceil(RUN_S / between), high=10**5)
    seed = whole("seed", seed, low=0)
    found = _replay(kept, dailies, latency, tau, between, seed)
    clean = [i.back_s for i in found if i.back_s >= 0.0]
    share = len(clean) / len(found) if found else 1.0
    half = _replay(kept, dailies, latency, tau / 2, between, seed)
    half_share = sum(i.back_s >= 0.0 for i in half) / len(half) if half else 1.0
    data, size = load("reliability/fault_tolerance.json"), llama_checkpoint_bytes()
    return Rollbacks(
        kept=kept,
        dailies=dailies,
        interval_s=tau,
        detection_s=latency,
        between_s=between,
        reach_s=kept * tau,
        corruptions=len(found),
        recoverable_share=share,
        expected_share=1.0 + math.exp(-(kept - 1) * tau / latency) * math.expm1(-tau / latency) * latency / tau,
        lost_s=math.fsum(clean) / len(clean) if clean else 0.0,
        half_interval_share=half_share,
        change="stays" if abs(half_share - share) <= 0.01 else "falls" if half_share < share else "rises",
        checkpoint_bytes=size,
        stored_bytes=(kept + DAILIES * dailies) * size,
        incidents=found,
        sources={
            "checkpoint_bytes": "Llama 3.1 405B, 14 bytes a parameter: " + data["bytes_per_parameter"]["source"],
            "between_s": load("reliability/llama3_pretraining.json")["source"] if between_s is None else "given",
            "detection_s": source_of(data["detection_s"] | {"illustrative": False}),
        },
    )


@lru_cache(maxsize=256)
def _replay(kept: int, dailies: bool, latency: float, tau: float, between: float, seed: int) -> tuple[Incident, ...]:
    draw, t, found = Random(seed).random, 0.0, []
    while True:
        t -= math.log(1.0 - draw()) * between
        delay = -math.log(1.0 - draw()) * latency
        now = t + delay
        if now > RUN_S:
            break
        last, midnight = math.floor(now / tau), math.floor(now / DAY)
        oldest = max(0, last - kept + 1)  # nothing is older than the start, which is clean
        days = tuple(now - k * DAY for k in range(midnight, max(-1, midnight - DAILIES), -1)) if dailies else ()
        clean = min(last, math.floor(t / tau))
        ages = [now - clean * tau] if clean >= oldest else []
        ages += [age for age in days if age >= delay]
        found.append(Incident(delay, now - last * tau, now - oldest * tau, days, min(ages, default=-1.0)))
        t = now
    return tuple(sorted(found, key=lambda i: i.age_s))
