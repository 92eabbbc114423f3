"""A student's decision log: begin one, append to it, ask it, join two copies of it. Logs are values; nothing changes in place."""

from __future__ import annotations

import math
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from labkit.canonical import canonical_bytes
from labkit.log_file import LogRefused, export_bytes, import_bytes, stored_bytes
from labkit.log_types import (
    KINDS,
    SCHEMA,
    Answer,
    Constraint,
    Decision,
    Design,
    Drill,
    Entry,
    LabRef,
    Learner,
    Log,
    Note,
    Observation,
    Prediction,
    Runtime,
    Simulator,
    entry_document,
    from_document,
    to_document,
)
from labkit.seed import seed_of
from msgspec import UNSET

__all__ = [
    "Answer", "Constraint", "Decision", "Design", "Drill", "Entry", "LabRef", "Learner", "Log", "LogRefused", "Note",
    "Observation", "Prediction", "Runtime", "Simulator", "Tries", "append", "decisions", "drills", "export_bytes",
    "import_bytes", "merge", "notes", "observations", "order_flags", "plain", "plain_result", "prediction",
    "predictions", "start", "stored_bytes", "this_runtime", "utc_now", "with_learner",
]  # fmt: skip

LAST = datetime(9999, 12, 30, tzinfo=UTC)  # a log may come from a clock that stood at the end of time
_HALVES = re.compile("[\ud800-\udfff]")


class Tries(NamedTuple):
    """All tries at one drill question."""

    question: str
    parameters: dict
    answers: tuple[Answer, ...]
    right: bool
    tries: int


def utc_now() -> datetime:
    """Now, in UTC, in whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def start(
    lab_id: str,
    lab_version: str,
    notebook_sha256: str = "",
    *,
    simulator: Simulator,
    runtime: Runtime | None = None,
    name: str | None = None,
    section: str | None = None,
    now: datetime | None = None,
) -> Log:
    """An empty log of a new attempt. ValueError names a field that is not as the format asks."""
    log = Log(
        schema=SCHEMA,
        lab=LabRef(id=lab_id, version=lab_version, sha256=notebook_sha256),
        simulator=simulator,
        runtime=runtime or this_runtime(),
        learner=Learner(),
        seed=seed_of(None, lab_id),
        attempt=str(uuid.uuid4()),
        started_at=now or utc_now(),
        entries=(),
    )
    return with_learner(_checked(log), name, section)


def this_runtime() -> Runtime:
    """What this process runs on."""
    from importlib import metadata

    for package in ("marimo", "marimo-base"):
        try:
            marimo = metadata.version(package)
            break
        except metadata.PackageNotFoundError:
            marimo = ""
    return Runtime(marimo=marimo, python=".".join(map(str, sys.version_info[:3])), platform=sys.platform)


def with_learner(log: Log, name: str | None, section: str | None = None) -> Log:
    """The log with the learner's name and section, and the seed of that name.

    Once a drill or a decision is recorded the seed stays: what was asked of the student must stay what was asked.
    """
    name, section = _typed(name, log.learner.name), _typed(section, log.learner.section)
    learner = msgspec.structs.replace(log.learner, name=name, section=section)
    seed = log.seed if _seed_used(log) else seed_of(name, log.lab.id)
    return _changed(log, learner=learner, seed=seed)


def append(log: Log, kind: str, *, now: datetime | None = None, **fields) -> Log:
    """The log with one more entry of `kind`: prediction, observation, decision, drill or note.

    `fields` are those of the kind's type. Number and time are assigned; times increase strictly, whatever the clock
    does. Tuples become lists and numpy scalars plain numbers; a number in a result that is not finite becomes None
    (JSON has no infinity), elsewhere it raises. ValueError names the field that is not as the format asks.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, but must be one of {', '.join(KINDS)}.")
    unexpected = fields.keys() - (set(KINDS[kind].__struct_fields__) - {"n", "at", "unknown"})
    if unexpected:
        raise ValueError(f"{kind} has no field {sorted(unexpected)[0]!r}; it has {', '.join(KINDS[kind].__struct_fields__[3:])}.")
    at = now or utc_now()
    if log.entries and at <= log.entries[-1].at:
        at = min(log.entries[-1].at, LAST) + timedelta(milliseconds=1)
    raw = {key: _plain(value, key, gaps=key == "result") for key, value in fields.items() if value is not None}
    raw |= {"kind": kind, "n": len(log.entries) + 1, "at": at}
    try:
        entry = msgspec.convert(raw, KINDS[kind])
    except msgspec.ValidationError as error:
        raise ValueError(f"{kind}: {error}") from None
    return _changed(log, entries=(*log.entries, entry))


def prediction(log: Log, part: str, field: str | None = None) -> Prediction | None:
    """The locked prediction of a part: the first one (of `field`, where a part asks for several)."""
    return next((p for p in predictions(log) if p.part == part and (field is None or p.field == field)), None)


def predictions(log: Log) -> tuple[Prediction, ...]:
    """Every prediction, in order."""
    return tuple(e for e in log.entries if isinstance(e, Prediction))


def observations(log: Log, part: str | None = None) -> tuple[Observation, ...]:
    """The observations of a part (or all), in order."""
    return tuple(e for e in log.entries if isinstance(e, Observation) and part in (None, e.part))


def decisions(log: Log) -> tuple[Decision, ...]:
    """The decisions, in order; the last one is the one that counts."""
    return tuple(e for e in log.entries if isinstance(e, Decision))


def notes(log: Log) -> tuple[Note, ...]:
    """The notes, in order."""
    return tuple(e for e in log.entries if isinstance(e, Note))


def drills(log: Log) -> dict[str, Tries]:
    """All tries at each drill question, in the order in which the questions were first answered.

    A question counts as right once any try was right.
    """
    found: dict[str, list[Drill]] = {}
    for entry in log.entries:
        if isinstance(entry, Drill):
            found.setdefault(entry.question, []).append(entry)
    out = {}
    for question, tried in found.items():
        answers = tuple(a for e in tried for a in e.answers)
        right = any(e.right for e in tried) or any(a.right for a in answers)
        out[question] = Tries(question, tried[-1].parameters, answers, right, len(answers))
    return out


def order_flags(log: Log) -> tuple[str, ...]:
    """What is odd about the order of entries: an observation before its part's prediction, numbers or times out of order."""
    flags, predicted = [], set()
    for index, entry in enumerate(log.entries):
        if entry.n != index + 1:
            flags.append(f"entry {index + 1} is numbered {entry.n}")
        if index and entry.at < log.entries[index - 1].at:
            flags.append(f"entry {index + 1} is earlier than the one before it")
        if isinstance(entry, Prediction):
            predicted.add(entry.part)
        elif isinstance(entry, Observation) and entry.part not in predicted:
            flags.append(f"entry {index + 1} observes part {entry.part} before it was predicted")
    return tuple(flags)


def merge(ours: Log, stored: Log) -> Log:
    """One log of two copies of the same attempt: every entry of both once, by time, renumbered.

    Entries are the same if all but their numbers is. `ours` gives name and section, unless none was ever typed there.
    """
    if ours.attempt != stored.attempt:
        raise ValueError(f"attempt is {stored.attempt}, but must be {ours.attempt}: two attempts are not joined.")
    have = {_identity(e) for e in ours.entries}
    extra = [e for e in stored.entries if _identity(e) not in have]
    entries = ours.entries
    if extra:  # times increase strictly in each copy, so both orders survive; ties fall the same way in every tab
        joined = sorted((*ours.entries, *extra), key=lambda e: (e.at, _identity(e)))
        entries = tuple(msgspec.structs.replace(e, n=i + 1) for i, e in enumerate(joined))
    learner, seed = ours.learner, ours.seed
    if learner == Learner():
        learner, seed = stored.learner, stored.seed
    for copy in (stored, ours):
        seed = copy.seed if _seed_used(copy) else seed
    unknown = {**stored.unknown, **ours.unknown}
    if (entries, learner, seed, unknown) == (ours.entries, ours.learner, ours.seed, ours.unknown):
        return ours
    return _changed(ours, entries=entries, learner=learner, seed=seed, unknown=unknown)


def plain(value):
    """`value` as the log holds it: tuples as lists, numpy scalars as numbers. ValueError for what JSON cannot hold."""
    return _plain(value, "the value", gaps=False)


def plain_result(result: Mapping) -> dict:
    """A result as the log holds it: like `plain`, with None for numbers that are not finite."""
    return _plain(result, "result", gaps=True)


def _plain(value, path: str, gaps: bool):
    if value is None or isinstance(value, (bool, datetime)):
        return value
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", str(value))
    if isinstance(value, int):
        return int(value) if abs(value) <= 2**53 else _plain(_float(value, path), path, gaps)
    if isinstance(value, float):
        if not math.isfinite(value):
            if gaps:
                return None
            raise ValueError(f"{path} is {value!r}, but must be finite.")
        return float(value)
    if isinstance(value, Mapping):
        return {_plain(str(k), path, gaps): _plain(v, f"{path}.{k}", gaps or k == "result") for k, v in value.items()}
    if isinstance(value, msgspec.Struct):
        return _plain(msgspec.structs.asdict(value), path, gaps)
    if callable(getattr(value, "tolist", None)):  # numpy scalars and arrays
        return _plain(value.tolist(), path, gaps)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [_plain(item, f"{path}[{i}]", gaps) for i, item in enumerate(value)]
    raise ValueError(f"{path} is a {type(value).__name__}, which a log cannot hold.")


def _float(value: int, path: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{path} is a whole number with {len(hex(value)) * 1.2:.0f} digits, beyond what a double holds.") from None


def _typed(text: str | None, before: str | None) -> str | None:
    text = _HALVES.sub("\ufffd", " ".join((text or "").split()))
    return text or (None if before is None else "")  # "" says: removed on purpose, so a merge does not bring it back


def _seed_used(log: Log) -> bool:
    return any(isinstance(e, (Drill, Decision)) for e in log.entries)


def _identity(entry: Entry) -> bytes:
    document = entry_document(entry)
    document.pop("n", None)
    return canonical_bytes(document)


def _changed(log: Log, **fields) -> Log:
    """A changed copy; what was said at the last export holds no longer."""
    return msgspec.structs.replace(log, **fields, exported_at=UNSET, complete=UNSET, head_hash=UNSET)


def _checked(log: Log) -> Log:
    try:
        return from_document(to_document(log))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
