"""One lab in the hands of one student: its log, what may be recorded, and where it is kept.

A notebook holds one `Lab`. It is made once and never re-made; what changes is the log, which lives in marimo's state.
Cells that show something of the log call `log()`, so marimo re-runs them whenever an entry is added.
"""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path

import marimo as mo
import mlsysim
from labkit import log as logs
from labkit.controls import ControlError
from labkit.course import lab_info
from labkit.drafts import Drafts, open_drafts
from labkit.editable import BAR, WHY, is_copy
from labkit.every_change import keep_every_change
from labkit.experiment import ChoiceQuestion, Drill, Experiment
from labkit.guard import Broke
from labkit.log_file import MAX_BYTES, LogRefused, export_bytes, import_bytes
from labkit.log_types import Log, Prediction, Simulator
from labkit.storage import Kept, NoStorage, Saved, open_storage
from labkit.trail import Trail
from mlsysim import catalog
from mlsysim.errors import MlsysimError
from mlsysim.quantity import unit_of

KEPT_RESULTS = 16  # a part's question and its present setting, each part; one result may take a megabyte
LONGEST_NAME = 200  # characters
UNSAVED = "This lab holds work that is stored nowhere else, because saving is off here. Export it, reload the lab, then try again."


class Lab:
    """The experiments, the drills, the log, and the student's actions on it.

    Every action returns "" when it was done, or the sentence that says why not.
    """

    def __init__(self, lab_id: str, experiments, drills, storage, log: Log, problem: str = "", drafts: Drafts | None = None, copy: bool = False):
        self.info = lab_info(lab_id)
        self.experiments: tuple[Experiment, ...] = tuple(f.experiment for f in experiments)
        self.drills: tuple[Drill, ...] = tuple(f.drill for f in drills)
        self.storage, self.problem = storage, problem
        self.copy = copy  # an editable copy: what is recorded stays on the page (labkit.editable)
        self.log, self._set = mo.state(log, allow_self_loops=True)
        self.drafts = drafts or Drafts(storage)
        self.alternative = self._alternative()  # controls of the tested design that the student set aside
        self.trail = Trail()
        self.notices: dict[str, str] = {}  # what the last action in each part had to say
        self.answered: dict | None = None  # what the page around asked last, and the answer (labkit.embed)
        self.prerendering = os.environ.get("LABKIT_STORAGE") == "off"  # the page is made, no student has opened it
        self._results: dict = {}
        self._stored: Log | None = None  # what the storage holds for sure
        self._settled: Log | None = None  # the log before entries that are still to be saved
        self.set_aside_logs: tuple[Kept, ...] = ()  # stored work that could not be read, to be taken as files

    # --- what the simulator says -------------------------------------------------------------------------------

    def result(self, exp: Experiment, controls: dict, seed: int = 0):
        """The experiment's result at these controls, or the error where there is none: the simulator's own, or the lab's (`Broke`)."""
        key = (exp.key, seed, tuple(controls.items()))
        try:
            found = self._results.pop(key) if key in self._results else exp.result(controls, exp.draw(seed))
        except MlsysimError as error:
            found = error
        except Exception as error:  # not kept: memory that lacks now may be there at the next try
            return Broke(error)
        self._results[key] = found  # the last one used stands last
        if len(self._results) > KEPT_RESULTS:
            del self._results[next(iter(self._results))]
        return found

    def truth(self, exp: Experiment):
        """The answer to the part's question, from the same call that draws its chart; MlsysimError where there is none."""
        result = self.result(exp, exp.defaults)
        if isinstance(result, MlsysimError):
            raise result
        try:
            return exp.predict.truth(result)
        except Exception as error:
            raise Broke(error) from error

    def truths(self, log: Log) -> dict:
        """The answers to the questions of all parts that are predicted, as far as there are any."""
        found = {}
        for exp in self.experiments:
            if self.prediction(log, exp):
                try:
                    found[exp.key] = self.truth(exp)
                except MlsysimError:  # the part itself says so
                    continue
        return found

    def prediction(self, log: Log, exp: Experiment) -> Prediction | None:
        """The locked prediction of a part: the first that answers its question as this version of the lab asks it."""
        return next((p for p in logs.predictions(log) if exp.predict and p.part == exp.key and exp.predict.fits(p)), None)

    # --- what the student does ---------------------------------------------------------------------------------

    def lock(self, exp: Experiment, value, low=None, high=None) -> str:
        """Lock a prediction: a number with its interval, or the key of a choice."""
        if self.prediction(self.log(), exp):
            return "This prediction is locked already."
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            if value not in q.options:
                return "Choose one of the options first."
            return self._append("prediction", part=exp.key, choice=value)
        if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in (value, low, high)):
            return "Fill in all three numbers: your guess, and the lowest and the highest that you would still believe."
        if not low <= value <= high:
            return f"The interval must hold your guess: {q.exact(low)} to {q.exact(high)} does not hold {q.exact(value)}."
        if not q.low <= low or not high <= q.high:
            return f"Answers here lie between {q.exact(q.low)} and {q.exact(q.high)}; yours reaches from {q.exact(low)} to {q.exact(high)}."
        return self._append(
            "prediction", part=exp.key, value=float(value), low=float(low), high=float(high), unit=q.unit or "1", field=q.result or None,
            controls=exp.defaults,
        )  # fmt: skip

    def record(self, exp: Experiment, controls: dict, choice: str | None, sentence: str) -> str:
        """Record what stands on the instrument now."""
        if exp.predict and not self.prediction(self.log(), exp):
            return "Lock a prediction first; the instrument opens then."
        result = self.result(exp, controls)
        if isinstance(result, MlsysimError):
            return f"There is no result to record here. {result}"
        keys = exp.explain.keys(result) if exp.explain else ()
        if keys and not choice:
            return "Choose what binds here before you record."
        if not sentence.strip():
            return "Write one sentence of your own before you record."
        right = choice in keys if keys else None
        said = self._append(
            "observation", part=exp.key, controls=controls, result=exp.log_result(result), explanation=choice if keys else None, right=right,
            text=sentence.strip(),
        )  # fmt: skip
        if not said:
            self.drafts.drop(f"{exp.key}.text")
        return said

    def set_aside(self, exp: Experiment, controls: dict) -> str:
        """Keep this tested design as the alternative that is rejected."""
        result = self.result(exp, controls, self.log().seed)
        if isinstance(result, MlsysimError):
            return f"This design has no result to reject. {result}"
        self.alternative = dict(controls)
        self.drafts.keep(f"{exp.key}.rejected", self.alternative)
        return ""

    def decide(self, exp: Experiment, controls: dict, rationale: str, revisit_when: str) -> str:
        """Record the chosen design, the alternative rejected, and why."""
        seed = self.log().seed
        result = self.result(exp, controls, seed)
        if isinstance(result, MlsysimError):
            return f"This design has no result. {result}"
        if self.alternative is None:
            return "Set one tested alternative aside first: move the controls to it and press “Keep as my rejected alternative”."
        rejected = self.result(exp, self.alternative, seed)
        if isinstance(rejected, MlsysimError):  # the seed may have changed since it was set aside
            return f"The alternative has no result any more; set another one aside. {rejected}"
        if self.alternative == controls:
            return "The alternative and the choice are the same design. Move a control, then record."
        if not rationale.strip() or not revisit_when.strip():
            return "Write why you choose this design, and what would make you revisit it."
        given = exp.draw(seed)
        held = [
            {"name": c.words, "holds": c.holds(result, given), "limit": c.bound(given),
             "value": finite(getattr(result, c.field)), "unit": unit_of(result, c.field)} for c in exp.constraints
        ]  # fmt: skip
        said = self._append(
            "decision", controls=controls, result=exp.log_result(result), constraints=held,
            rejected={"controls": self.alternative, "result": exp.log_result(rejected)}, rationale=rationale.strip(), revisit_when=revisit_when.strip(),
        )  # fmt: skip
        if not said:
            self.drafts.drop(*(f"{exp.key}.{name}" for name in ("why", "revisit", "rejected")))
        return said

    def answer(self, drill: Drill, value) -> str:
        """Log one try at a drill."""
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            return "Type a number first."
        parameters = drill.parameters(self.log().seed)
        right = drill.right(parameters, value)
        answers = [{"value": float(value), "at": logs.utc_now(), "right": right}]
        said = self._append("drill", question=drill.key, parameters=parameters, answers=answers, right=right, unit=drill.unit or "1")
        return said or ("Right." if right else "Not yet. Look at the units, then try again.")

    def rename(self, name: str, section: str) -> str:
        """Set the learner's name and section; the seed follows the name."""
        log = self.log()
        if logs.drills(log) or logs.decisions(log):
            return "Drills or a decision are recorded with the present numbers, so the name stays. Export this log to start another."
        if too_long := [word for word, typed in (("name", name), ("section", section)) if len(typed) > LONGEST_NAME]:
            return f"The {too_long[0]} is too long: at most {LONGEST_NAME} characters. Nothing was changed."
        self._set(logs.with_learner(log, name.strip() or None, section.strip() or None))
        self.drafts.drop("name", "section")
        return ""

    def show(self, log: Log) -> None:
        """Go on with this log; the cells that show it run again."""
        self._set(log)

    def take(self, data: bytes) -> str:
        """Continue from an exported log; what is here stays stored as another attempt."""
        try:
            log = import_bytes(data, self.info.id, self.info.version)
        except LogRefused as refused:
            return f"{refused} Nothing here was changed."
        if not self.follow(log):
            return UNSAVED
        return "The log was read; you continue where it ended."

    def follow(self, log: Log) -> bool:
        """Go on from another copy of this attempt, joined with what is here, or from another attempt if what is here is stored."""
        here = self.log()
        if log.attempt == here.attempt:
            self._set(logs.merge(here, log))
        elif not here.entries or self._stored is here:
            self._set(log)
        else:
            return False
        return True

    def settled(self, log: Log) -> Log:
        """What a page may show as recorded: the log without entries that are not saved yet. Saving comes first among the cells
        that follow the log, but those of the pressed button's part run before them."""
        return self._settled or log

    # --- what is done and where it is kept ---------------------------------------------------------------------

    def checklist(self, log: Log) -> dict[str, bool]:
        """What the lab asks for, and whether it is done."""
        done = {}
        for exp in self.experiments:
            if exp.is_decision:
                done["Decision"] = bool(logs.decisions(log))
            else:
                done[f"Part {exp.key}: predict"] = bool(self.prediction(log, exp))
                done[f"Part {exp.key}: record"] = bool(logs.observations(log, exp.key))
        tries = logs.drills(log)
        for i, drill in enumerate(self.drills, 1):
            done[f"Drill {i}"] = drill.key in tries and tries[drill.key].right
        return done

    def export(self) -> bytes:
        """The log as it stands, as a file."""
        return export_bytes(self.log(), self.checklist(self.log()))

    async def save(self, log: Log) -> tuple[bool, str]:
        """Store the log; (whether it is stored, the words for the bar)."""
        if self.prerendering:
            return True, "Python is starting, and looks for earlier work"
        if self.copy:
            self._settled = None
            return True, BAR
        outcome = await self.storage.save(log)
        self._settled = None
        if isinstance(outcome, Saved):
            self._stored = outcome.log
            if outcome.gone:  # and what was typed beside it
                self.drafts.keep_again()
            if outcome.log.entries != log.entries and self.log() is log:
                self._set(outcome.log)  # another tab recorded something: show it here too
            return True, f"saved {outcome.at.astimezone():%H:%M}" if log.entries else "nothing recorded yet"
        return False, outcome.reason

    def _alternative(self) -> dict | None:
        for exp in self.experiments:
            found = self.drafts.controls(f"{exp.key}.rejected") if exp.is_decision else None
            try:
                if found is not None:
                    return exp.check(found)
            except ControlError:  # the lab has changed since
                pass
        return None

    def _append(self, kind: str, **fields) -> str:
        log = logs.append(self.log(), kind, **fields)
        if len(export_bytes(log, self.checklist(log))) > MAX_BYTES:
            return f"With this your log would have more than {MAX_BYTES / 1e6:g} MB, which no lab reads again. Nothing was recorded; shorten your text."
        self._settled = self._settled or self.log()
        self._set(log)
        return ""


async def open_lab(lab_id: str, experiments, drills=(), notebook: str = "") -> Lab:
    """Open a lab: find earlier work in this browser (or on this disk) and continue it, else begin an empty log."""
    info = lab_info(lab_id)
    keep_every_change()
    copy = is_copy(notebook)
    storage = NoStorage(WHY) if copy else await open_storage(lab_id)
    restored = await storage.load()
    log = restored.log or await storage.begin(
        logs.start(lab_id, info.version, _sha256(notebook), simulator=Simulator(name="mlsysim", version=mlsysim.__version__, sha256=catalog.fingerprint()))
    )
    lab = Lab(lab_id, experiments, drills, storage, log, restored.problem or "", await open_drafts(storage), copy)
    lab.set_aside_logs = await storage.kept()
    return lab


def finite(value):
    """A number that JSON can hold; an endless time (a lost last card, say) has none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sha256(notebook: str) -> str:
    path = Path(notebook)
    return hashlib.sha256(path.read_bytes()).hexdigest() if notebook and path.is_file() else ""
