"""Replay: every recorded number computed again by the lab's own experiments, and what differs.

A replay that agrees shows that these inputs give these results in this simulator. It does not show who typed them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from labkit import log as logs
from labkit.catalogue import LabFile
from labkit.controls import ControlError
from labkit.experiment import ChoiceQuestion, Experiment
from labkit.grade.kept import Kept
from labkit.log_types import Decision, Drill, Log, Observation, Prediction
from mlsysim.errors import MlsysimError

SAME = 1e-9  # relative; the mathematics library of a browser may differ from ours in the last bit
RESULTS = 300  # results kept a lab; some hold a whole simulated day
SCALARS = 5_000  # what a log stores of a result, and the explanations that it agrees with: kept a lab


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that replay found: the entry's number, a code, and a sentence."""

    n: int
    code: str  # "number", "controls", "verdict", "drill", "prediction", "order", "seed"
    words: str


class Replayer:
    """Replays logs of one lab. Results are kept: a class stands at the same settings again and again."""

    def __init__(self, lab: LabFile):
        self.lab = lab
        self.experiments = {e.key: e for e in lab.experiments}
        self.drills = {d.key: d for d in lab.drills}
        self._results, self._scalars, self._agreed = Kept(RESULTS), Kept(SCALARS), Kept(SCALARS)
        self._given, self._truths = Kept(SCALARS), Kept(SCALARS)

    def findings(self, log: Log) -> list[Finding]:
        """What in this log does not follow from its inputs; empty if everything does."""
        found = [Finding(0, "order", words) for words in logs.order_flags(log)]
        if log.seed != logs.seed_of(log.learner.name, log.lab.id):
            found.append(Finding(0, "seed", f"The seed {log.seed} is not that of the name {log.learner.name or '(none)'!r}."))
        predicted: set[str] = set()
        for entry in log.entries:
            try:
                if isinstance(entry, Prediction):
                    found += self._prediction(entry, predicted)
                elif isinstance(entry, Observation):
                    found += self._observation(entry)
                elif isinstance(entry, Decision):
                    found += self._decision(entry, log.seed)
                elif isinstance(entry, Drill):
                    found += self._drill(entry, log.seed)
            except ControlError as error:
                found.append(Finding(entry.n, "controls", str(error)))
            except MlsysimError as error:
                found.append(Finding(entry.n, "controls", f"These controls have no result. {error}"))
        return found

    def truth(self, part: str):
        """The answer to a part's question."""
        exp = self.experiments[part]
        return self._truths.get(part, lambda: exp.predict.truth(self.result(exp, exp.defaults)))

    def given(self, seed: int) -> dict:
        """The decision's drawn values for a seed."""
        return self._given.get(seed, lambda: self.lab.decision.draw(seed))

    def result(self, exp: Experiment, controls: dict, given: dict | None = None):
        """The experiment's result at checked controls; raises what the simulator raises."""

        def run():
            try:
                return exp.result(controls, given)
            except MlsysimError as error:
                return error

        found = self._results.get(_key(exp, controls, given), run)
        if isinstance(found, MlsysimError):
            raise found
        return found

    def scalars(self, exp: Experiment, controls: dict, given: dict | None = None) -> dict:
        """What a log stores of the result."""
        return self._scalars.get(_key(exp, controls, given), lambda: logs.plain_result(exp.log_result(self.result(exp, controls, given))))

    def agreed(self, exp: Experiment, controls: dict) -> tuple:
        """The explanations that the simulator agrees with at these controls."""
        return self._agreed.get(_key(exp, controls, None), lambda: tuple(exp.explain.keys(self.result(exp, controls))) if exp.explain else ())

    def _experiment(self, part: str, n: int) -> Experiment:
        exp = self.experiments.get(part)
        if exp is None or exp.is_decision:
            raise ControlError(f"Entry {n} is of part {part!r}; this lab has {', '.join(k for k, e in self.experiments.items() if not e.is_decision)}.")
        return exp

    def _prediction(self, entry: Prediction, predicted: set[str]) -> list[Finding]:
        exp, n = self._experiment(entry.part, entry.n), entry.n
        if entry.part in predicted:
            return [Finding(n, "prediction", f"Part {entry.part} is predicted a second time; the first one counts.")]
        predicted.add(entry.part)
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            return [] if entry.choice in q.options else [Finding(n, "prediction", f"{entry.choice!r} is no option of part {entry.part}.")]
        numbers = (entry.low, entry.value, entry.high)
        if None in numbers or not q.low <= entry.low <= entry.value <= entry.high <= q.high:
            return [Finding(n, "prediction", f"The prediction {numbers} is not within the scale {q.low:g} to {q.high:g} and its own interval.")]
        return []

    def _observation(self, entry: Observation) -> list[Finding]:
        exp = self._experiment(entry.part, entry.n)
        controls = exp.check(entry.controls)
        found = self._differences(entry.n, entry.result, self.scalars(exp, controls))
        keys = self.agreed(exp, controls)
        if entry.right is not None and entry.right != (entry.explanation in keys):
            found.append(Finding(entry.n, "verdict", f"The explanation {entry.explanation!r} is marked {entry.right}, and is {entry.explanation in keys}."))
        return found

    def _decision(self, entry: Decision, seed: int) -> list[Finding]:
        exp, given = self.lab.decision, self.given(seed)
        controls = exp.check(entry.controls)
        result = self.result(exp, controls, given)
        found = self._differences(entry.n, entry.result, self.scalars(exp, controls, given))
        held = {c.name: c.holds for c in entry.constraints}
        for limit in exp.constraints:
            if held.get(limit.words) is not limit.holds(result, given):
                found.append(
                    Finding(entry.n, "verdict", f"The constraint {limit.words!r} is recorded as {held.get(limit.words)}, and is {limit.holds(result, given)}.")
                )
        if entry.rejected:
            found += self._differences(entry.n, entry.rejected.result, self.scalars(exp, exp.check(entry.rejected.controls), given))
        return found

    def _drill(self, entry: Drill, seed: int) -> list[Finding]:
        drill = self.drills.get(entry.question)
        if drill is None:
            return [Finding(entry.n, "drill", f"This lab has no drill {entry.question!r}.")]
        parameters = drill.parameters(seed)
        if not _same(logs.plain(parameters), dict(entry.parameters)):
            return [Finding(entry.n, "drill", f"The numbers of drill {entry.question!r} are not those of this seed.")]
        wrong = [a for a in entry.answers if a.right != drill.right(parameters, a.value)]
        if wrong or entry.right != any(a.right for a in entry.answers):
            return [Finding(entry.n, "drill", f"An answer to drill {entry.question!r} is marked otherwise than it is.")]
        return []

    @staticmethod
    def _differences(n: int, recorded, ours: dict) -> list[Finding]:
        keys = [k for k in ours.keys() | recorded.keys() if not _same(recorded.get(k, _ABSENT), ours.get(k, _ABSENT))]
        if not keys:
            return []
        k = min(keys)
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        return [Finding(n, "number", f"{k} is recorded as {_short(recorded.get(k, 'nothing'))}, and is {_short(ours.get(k, 'nothing'))}{more}.")]


def _key(exp: Experiment, controls: dict, given: dict | None) -> tuple:
    return (exp.key, tuple(controls.items()), tuple(exp.passed_along(given or {}, controls).items()))


_ABSENT = object()


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _same(a, b) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or math.isclose(a, b, rel_tol=SAME, abs_tol=1e-300)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(v, b[k]) for k, v in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return a == b
