"""One log, one row: how complete, whether it replays, how well predicted, how good the decision."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from labkit import log as logs
from labkit.catalogue import LabFile, read_lab
from labkit.controls import ControlError
from labkit.experiment import ChoiceQuestion, NumberQuestion
from labkit.grade.best import Best
from labkit.grade.collect import Submission
from labkit.grade.frontier import Standing
from labkit.grade.replay import Replayer
from labkit.log_file import LogRefused, import_bytes
from labkit.log_types import Decision, Log, Observation, Prediction
from labkit.units_shown import to_si
from mlsysim.errors import MlsysimError


@dataclass(frozen=True, slots=True)
class Guess:
    """One locked prediction, held against the simulator."""

    part: str
    said: float | str
    truth: float | str
    right: bool  # the interval holds the truth; the choice is the right one
    off: float | None  # |ln(said/truth)|, or None where no ratio exists


@dataclass(frozen=True, slots=True)
class Row:
    """What the gradebook says of one file."""

    place: str
    student: str = ""
    section: str = ""
    lab: str = ""
    attempt: str = ""
    reason: str = ""  # why there is nothing to grade; empty for a log that was read
    complete: float = 0.0
    missing: tuple[str, ...] = ()
    replays: bool = False
    guesses: tuple[Guess, ...] = ()
    explained: int = 0  # explanations asked for and given
    explained_right: int = 0
    observations: int = 0
    feasible: bool | None = None  # the last decision; None if there is none
    distance: float | None = None  # 0 at the best design found, 1 twice as far from the goal
    drills_right: int = 0
    drill_tries: int = 0
    words: int = 0
    minutes: float = 0.0
    flags: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()  # what was written freely, for comparison across logs
    head_hash: str = ""
    objective: float | None = None
    standing: Standing | None = None  # the last decision against the frontier under its limits
    started: str = ""

    @property
    def interval_hits(self) -> float | None:
        """Share of the predictions whose interval held the truth (or whose choice was right)."""
        return sum(g.right for g in self.guesses) / len(self.guesses) if self.guesses else None

    @property
    def log_error(self) -> float | None:
        """Median |ln(said/truth)| of the number predictions."""
        known = sorted(g.off for g in self.guesses if g.off is not None)
        return known[len(known) // 2] if known else None


@dataclass
class Judge:
    """Judges logs with the labs that are there, by id; one that is given as a path is read when its first log comes."""

    labs: dict[str, LabFile | Path]
    _replayers: dict[str, Replayer] = field(default_factory=dict)
    _bests: dict[str, Best] = field(default_factory=dict)

    def row(self, handed_in: Submission) -> Row:
        """The row of one file; whatever is wrong with it becomes its reason, never an exception."""
        if handed_in.reason:
            return Row(handed_in.place, handed_in.who, reason=handed_in.reason)
        try:
            log = import_bytes(handed_in.data, None)
        except LogRefused as refused:
            return Row(handed_in.place, handed_in.who, reason=str(refused).replace(" Nothing was imported.", ""))
        except Exception as error:  # a file made to break the reader is still one row
            return Row(handed_in.place, handed_in.who, reason=f"This file cannot be read as a log ({type(error).__name__}).")
        lab = self._lab(log.lab.id)
        student = log.learner.name or handed_in.who
        if lab is None:
            reason = f"There is no lab {log.lab.id!r} among the labs given."
            return Row(handed_in.place, student, log.learner.section or "", log.lab.id, log.attempt, reason=reason)
        try:
            return self._judged(handed_in.place, student, log, lab)
        except Exception as error:
            return Row(
                handed_in.place, student, log.learner.section or "", log.lab.id, log.attempt,
                reason=f"This log cannot be judged ({type(error).__name__}: {str(error)[:200]}).",
            )  # fmt: skip

    def _lab(self, lab_id: str) -> LabFile | None:
        if isinstance(found := self.labs.get(lab_id), Path):
            found = self.labs[lab_id] = read_lab(found)
        return found

    def replayer(self, lab_id: str) -> Replayer:
        """The lab's replayer, made once."""
        if lab_id not in self._replayers:
            self._replayers[lab_id] = Replayer(self._lab(lab_id))
        return self._replayers[lab_id]

    def _judged(self, place: str, student: str, log: Log, lab: LabFile) -> Row:
        replayer = self.replayer(lab.id)
        findings = replayer.findings(log)
        done = checklist(log, lab)
        seen = [e for e in log.entries if isinstance(e, Observation)]
        texts = [e.text for e in seen] + [t for e in log.entries if isinstance(e, Decision) for t in (e.rationale, e.revisit_when)]
        tries = logs.drills(log)
        judged = [e for e in seen if e.right is not None]
        feasible, distance, objective, standing = self._decision(log, lab, replayer)
        flags = [f"{f.code}: {f.words}" for f in findings] + _version_flags(log)
        return Row(
            place=place,
            student=student,
            section=log.learner.section or "",
            lab=lab.id,
            attempt=log.attempt,
            complete=sum(done.values()) / len(done),
            missing=tuple(name for name, ok in done.items() if not ok),
            replays=not any(f.code in ("number", "controls", "verdict", "drill", "prediction") for f in findings),
            guesses=tuple(guesses(log, replayer)),
            explained=len(judged),
            explained_right=sum(bool(e.right) for e in judged),
            observations=len(seen),
            feasible=feasible,
            distance=distance,
            drills_right=sum(t.right for t in tries.values()),
            drill_tries=sum(t.tries for t in tries.values()),
            words=sum(len(t.split()) for t in texts),
            minutes=worked_minutes(log),
            flags=tuple(flags),
            texts=tuple(t for t in texts if len(t.split()) >= 4),
            head_hash=str(log.head_hash),
            objective=objective,
            standing=standing,
            started=log.started_at.isoformat(),
        )

    def _decision(self, log: Log, lab: LabFile, replayer: Replayer) -> tuple[bool | None, float | None, float | None, Standing | None]:
        made = logs.decisions(log)
        if not made:
            return None, None, None, None
        exp, given = lab.decision, replayer.given(log.seed)
        try:
            result = replayer.result(exp, exp.check(made[-1].controls), given)
        except (ControlError, MlsysimError):
            return False, None, None, None
        feasible = all(c.holds(result, given) for c in exp.constraints)
        if lab.id not in self._bests:
            self._bests[lab.id] = Best(replayer)
        value = float(getattr(result, exp.objective[1]))
        best = self._bests[lab.id]
        return feasible, best.distance(value, given) if feasible else None, value, best.standing(result, given)


def checklist(log: Log, lab: LabFile) -> dict[str, bool]:
    """What the lab asks for and whether the entries show it; what the file itself claims is not believed."""
    tries = logs.drills(log)
    done = {}
    for exp in lab.parts:
        done[f"Part {exp.key}: predict"] = bool(logs.prediction(log, exp.key))
        done[f"Part {exp.key}: record"] = bool(logs.observations(log, exp.key))
    done["Decision"] = bool(logs.decisions(log))
    for i, drill in enumerate(lab.drills, 1):
        done[f"Drill {i}"] = drill.key in tries and tries[drill.key].right
    return done


def guesses(log: Log, replayer: Replayer):
    """The first prediction of each part against the truth at the lab's defaults."""
    for exp in replayer.lab.parts:
        said, q = logs.prediction(log, exp.key), exp.predict
        if said is None:
            continue
        truth = replayer.truth(exp.key)
        if isinstance(q, ChoiceQuestion):
            yield Guess(exp.key, said.choice or "", truth, said.choice == truth, None)
        elif None not in (said.low, said.value, said.high):
            off = abs(math.log(said.value / truth)) if said.value > 0 and truth > 0 else None
            yield Guess(exp.key, said.value, truth, _holds(q, said, truth, replayer, exp), off)


def _holds(q: NumberQuestion, said: Prediction, truth: float, replayer: Replayer, exp) -> bool:
    if said.low <= truth <= said.high:
        return True
    band = q.also(replayer.result(exp, exp.defaults)) if q.also else None
    return bool(band) and band[0] <= to_si(said.value, q.unit) <= band[1]


def worked_minutes(log: Log, pause_s: float = 1200.0) -> float:
    """Minutes between the first and the last entry, a gap above twenty minutes counted as a pause of none."""
    at = [log.started_at, *(e.at for e in log.entries)]
    gaps = [(b - a).total_seconds() for a, b in zip(at, at[1:], strict=False)]
    return sum(g for g in gaps if 0 <= g <= pause_s) / 60


def _version_flags(log: Log) -> list[str]:
    import mlsysim

    if log.simulator.version != mlsysim.__version__:
        return [f"version: The log was made with simulator {log.simulator.version}; it was replayed with {mlsysim.__version__}."]
    return []
