"""Made-up classes: logs as a class might hand them in, to try the grader with and to test it.

    python -m labkit.grade --sample 30 --labs labs/ --out sample/

Honest students predict near the truth, explore and write their own words. Careless ones leave much undone. Copied logs
carry another's words; tampered ones a changed number with a hash that fits again, as one does who knows the format.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from labkit import log as logs
from labkit.catalogue import LabFile
from labkit.experiment import ChoiceQuestion, Experiment
from labkit.grade.best import Best
from labkit.grade.judge import checklist
from labkit.grade.replay import Replayer
from labkit.log_types import Log, Observation, Runtime, Simulator
from mlsysim.errors import MlsysimError

KINDS = ("honest", "careless", "copied", "tampered")
WEIGHTS = (0.7, 0.2, 0.06, 0.04)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORDS = (
    "the term that binds sets the time while every other part waits for it here memory traffic grows with batch and "
    "arithmetic does not so doubling one leaves the rest because queue load latency bandwidth share limits more than peak"
).split()


class Author:
    """Writes logs of one lab."""

    def __init__(self, lab: LabFile):
        import mlsysim
        from mlsysim import catalog

        self.lab, self.replayer = lab, Replayer(lab)
        self._best = Best(self.replayer)
        self._simulator = Simulator(name="mlsysim", version=mlsysim.__version__, sha256=catalog.fingerprint())
        self._runtime = Runtime(marimo="0.25.2", python="3.14.0", platform="emscripten")

    def log(self, name: str, rng: random.Random, *, effort: float = 1.0) -> Log:
        """One student's log; `effort` is the share of the steps done."""
        log = logs.start(self.lab.id, "1.0", simulator=self._simulator, runtime=self._runtime, name=name, section=rng.choice("AB"), now=START)
        log = msgspec.structs.replace(log, attempt=_uuid(rng))
        self._clock = START
        for exp in self.lab.parts:
            if rng.random() <= effort:
                log = self._predict(log, exp, rng)
                log = self._observe(log, exp, rng)
        if rng.random() <= effort:
            log = self._decide(log, rng)
        for drill in self.lab.drills:
            if rng.random() <= effort:
                log = self._answer(log, drill, rng)
        return log

    def _later(self, rng: random.Random) -> datetime:
        self._clock += timedelta(seconds=rng.uniform(40, 300))
        return self._clock.replace(microsecond=0)

    def _predict(self, log: Log, exp: Experiment, rng: random.Random) -> Log:
        q, truth = exp.predict, self.replayer.truth(exp.key)
        if isinstance(q, ChoiceQuestion):
            return logs.append(log, "prediction", now=self._later(rng), part=exp.key, choice=rng.choice(list(q.options)))
        if q.log and q.low > 0:
            value = truth * math.exp(rng.gauss(0, 0.8))
            low, high = value / 2.5, value * 2.5
        else:
            value = truth + rng.gauss(0, 0.2) * (q.high - q.low)
            low, high = value - 0.15 * (q.high - q.low), value + 0.15 * (q.high - q.low)
        value, low, high = (min(max(v, q.low), q.high) for v in (value, low, high))
        return logs.append(
            log, "prediction", now=self._later(rng), part=exp.key, value=value, low=low, high=high, unit=q.unit or "1", field=q.result or None,
            controls=exp.defaults,
        )  # fmt: skip

    def _observe(self, log: Log, exp: Experiment, rng: random.Random) -> Log:
        controls, result = self._somewhere(exp, rng, {})
        keys = exp.explain.keys(result) if exp.explain else ()
        choice = (keys[0] if rng.random() < 0.7 else rng.choice(list(exp.explain.options))) if keys else None
        return logs.append(
            log, "observation", now=self._later(rng), part=exp.key, controls=controls, result=exp.log_result(result), explanation=choice,
            right=choice in keys if keys else None, text=_sentence(rng),
        )  # fmt: skip

    def _decide(self, log: Log, rng: random.Random) -> Log:
        exp, given = self.lab.decision, self.replayer.given(log.seed)
        pool = self._best.pool()
        controls = dict(rng.choice(pool)) if pool and rng.random() < 0.8 else exp.defaults
        result = self.replayer.result(exp, controls, given)
        other, aside = self._somewhere(exp, rng, given)
        held = [
            {"name": c.words, "holds": c.holds(result, given), "limit": c.bound(given),
             "value": logs.plain_result({"v": getattr(result, c.field)})["v"], "unit": "1"}
            for c in exp.constraints
        ]
        return logs.append(
            log, "decision", now=self._later(rng), controls=controls, result=exp.log_result(result), constraints=held,
            rejected={"controls": other, "result": exp.log_result(aside)}, rationale=_sentence(rng), revisit_when=_sentence(rng),
        )  # fmt: skip

    def _answer(self, log: Log, drill, rng: random.Random) -> Log:
        parameters = drill.parameters(log.seed)
        truth = drill.truth(parameters)
        while True:
            value = truth if rng.random() < 0.75 else truth * 1.5 + 1
            right = drill.right(parameters, value)
            at = self._later(rng)
            answers = [{"value": float(value), "at": at, "right": right}]
            log = logs.append(log, "drill", now=at, question=drill.key, parameters=parameters, answers=answers, right=right, unit=drill.unit or "1")
            if right or rng.random() < 0.1:
                return log

    def _somewhere(self, exp: Experiment, rng: random.Random, given: dict):
        for _ in range(50):
            controls = {n: (rng.choice(c.values) if rng.random() < 0.4 else c.default) for n, c in exp.controls.items()}
            try:
                return controls, self.replayer.result(exp, controls, given)
            except MlsysimError:
                continue
        return exp.defaults, self.replayer.result(exp, exp.defaults, given)


def sample_class(lab: LabFile, students: int, seed: int = 1) -> Iterator[tuple[str, str, bytes]]:
    """(file name as Canvas writes it, kind, bytes) of each student; the same seed gives the same class."""
    rng, author, honest = random.Random(f"{seed} {lab.id}"), Author(lab), []  # each lab's own, or its attempts would be another's
    for i in range(students):
        kind = rng.choices(KINDS, WEIGHTS)[0] if i > 2 else "honest"
        name = f"Student {i + 1:05d}"
        log = author.log(name, rng, effort=0.5 if kind == "careless" else 1.0)
        if kind == "copied" and honest:
            log = _with_words_of(rng.choice(honest), log)
        elif kind == "tampered":
            log = _tampered(log, rng)
        else:
            honest.append(log)
            honest = honest[-20:]
        data = logs.export_bytes(log, checklist(log, lab), now=log.entries[-1].at if log.entries else START)
        yield f"student{i + 1:05d}_{10_000 + i}_{20_000 + i}_{lab.id}.json", kind, data


def _with_words_of(source: Log, log: Log) -> Log:
    words = {e.part: e.text for e in source.entries if isinstance(e, Observation)}
    entries = tuple(msgspec.structs.replace(e, text=words.get(e.part, e.text)) if isinstance(e, Observation) else e for e in log.entries)
    return msgspec.structs.replace(log, entries=entries)


def _tampered(log: Log, rng: random.Random) -> Log:
    """One number of one observation changed by a tenth."""
    places = [(i, k) for i, e in enumerate(log.entries) if isinstance(e, Observation) for k, v in e.result.items() if isinstance(v, float) and v]
    if not places:
        return log
    i, k = rng.choice(places)
    entry = log.entries[i]
    changed = msgspec.structs.replace(entry, result={**entry.result, k: entry.result[k] * 1.1})
    return msgspec.structs.replace(log, entries=(*log.entries[:i], changed, *log.entries[i + 1 :]))


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(7, 16))).capitalize() + "."


def _uuid(rng: random.Random) -> str:
    import uuid

    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
