"""The decision log, version 1: its types. From them come the reading, the writing and the published JSON Schema."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

SCHEMA = "mlsys-decision-log/1.0"
MAJOR, MINOR = 1, 0

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, 64 lower-case hexadecimal digits")]
LabId = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$", description="id of the lab, as in course.toml")]
Attempt = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="UUID of this attempt at the lab")]
SchemaName = Annotated[str, Meta(pattern=r"^mlsys-decision-log/[0-9]+\.[0-9]+$", description="format and its version")]
Instant = Annotated[datetime, Meta(tz=True, description="date and time with its offset from UTC (RFC 3339)")]
PartName = Annotated[str, Meta(min_length=1, max_length=100, description="key of the part, such as a, b, c")]
Controls = Annotated[dict[str, Any], Meta(description="control name to the value it stood at")]
Result = Annotated[
    dict[str, Any], Meta(description="result name (unit in the name) to value, full precision; null where no finite value exists")
]


class Open(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object that keeps what a later minor version added to it."""

    unknown: dict[str, Any] = {}  # fields of the JSON object that this version does not know; written back on export


class LabRef(Open, frozen=True, kw_only=True, omit_defaults=True):
    """The lab that the log belongs to."""

    id: LabId
    version: str
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$", description="SHA-256 of the notebook; empty if unknown")]


class Simulator(Open, frozen=True, kw_only=True, omit_defaults=True):
    """The simulator that computed every result of the log."""

    name: str
    version: str
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$", description="SHA-256 of its data files; empty if unknown")]


class Runtime(Open, frozen=True, kw_only=True, omit_defaults=True):
    """What the lab ran on."""

    marimo: str
    python: str
    platform: str


class Learner(Open, frozen=True, kw_only=True, omit_defaults=True):
    """Who worked, as far as they said so. An empty name is one that was typed and then removed."""

    name: str | None = None
    section: str | None = None


class Entry(Open, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """One thing that the student recorded. Entries are appended, never changed."""

    n: Annotated[int, Meta(ge=1, description="position in the log, from 1")]
    at: Instant


class Prediction(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="prediction"):
    """A guess, locked before the experiment opened: a value with its interval, or a choice."""

    part: PartName
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    choice: str | None = None
    field: Annotated[str | None, Meta(description="name of the result that is predicted")] = None
    controls: Annotated[dict[str, Any] | None, Meta(description="the point that the question asks about")] = None


class Observation(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="observation"):
    """A run that the student recorded, with what they say binds there and why."""

    part: PartName
    controls: Controls
    result: Result
    explanation: Annotated[str | None, Meta(description="the option chosen in the explain question")] = None
    right: Annotated[bool | None, Meta(description="whether the simulator agrees with the explanation")] = None
    text: str = ""


class Design(Open, frozen=True, kw_only=True, omit_defaults=True):
    """A configuration and what the simulator says of it."""

    controls: Controls
    result: Result


class Constraint(Open, frozen=True, kw_only=True, omit_defaults=True):
    """One constraint of the decision, and whether the chosen design held it."""

    name: str
    holds: bool
    limit: Annotated[Any, Meta(description="the limit, as drawn from the seed")] = None
    value: Annotated[Any, Meta(description="what the design reached")] = None
    unit: str | None = None


class Decision(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="decision"):
    """The design that the student chose, the one they rejected, and why."""

    controls: Controls
    result: Result
    constraints: tuple[Constraint, ...] = ()
    rejected: Design | None = None
    rationale: str = ""
    revisit_when: str = ""


class Answer(Open, frozen=True, kw_only=True, omit_defaults=True):
    """One try at a drill question."""

    value: float | str
    at: Instant
    right: bool


class Drill(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="drill"):
    """Tries at one drill question since its last entry. All entries of a question together are all its tries."""

    question: Annotated[str, Meta(min_length=1, max_length=100, description="id of the question")]
    parameters: Annotated[dict[str, Any], Meta(description="what was drawn from the seed")]
    answers: tuple[Answer, ...]
    right: Annotated[bool, Meta(description="whether the last answer was right")]
    unit: str | None = None


class Note(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """Free text."""

    text: str
    part: str | None = None


class Later(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="later"):
    """An entry of a kind that a later minor version added: kept as it is (in `unknown`), not understood."""


AnyEntry = Prediction | Observation | Decision | Drill | Note | Later
KINDS: dict[str, type[Entry]] = {c.__struct_config__.tag: c for c in (Prediction, Observation, Decision, Drill, Note)}


class Log(Open, frozen=True, kw_only=True, omit_defaults=True):
    """A student's work in one attempt at one lab."""

    schema: SchemaName
    lab: LabRef
    simulator: Simulator
    runtime: Runtime
    learner: Learner
    seed: Annotated[int, Meta(ge=0, lt=2**53, description="from the learner's name and the lab's id")]
    attempt: Attempt
    started_at: Instant
    exported_at: Instant | UnsetType = UNSET
    entries: tuple[AnyEntry, ...]
    complete: Annotated[dict[str, bool], Meta(description="what the lab asks for, and whether it is done")] | UnsetType = UNSET
    head_hash: Sha256 | UnsetType = UNSET


# Where typed objects sit inside typed objects: what the walkers below follow.
_INSIDE: dict[type, dict[str, type]] = {
    Log: {"lab": LabRef, "simulator": Simulator, "runtime": Runtime, "learner": Learner, "entries": Entry},
    Decision: {"constraints": Constraint, "rejected": Design},
    Drill: {"answers": Answer},
}


def to_document(log: Log) -> dict:
    """The JSON object of a log, with the fields that only a later version knows back in their places."""
    return _fold(msgspec.to_builtins(log), Log)


def from_document(document: dict, *, later_kinds: bool = False) -> Log:
    """The log of a JSON object; msgspec.ValidationError names the place that is not as it should be.

    With `later_kinds`, entries of unknown kinds are kept as `Later`; without, they are errors.
    """
    return msgspec.convert(_unfold(document, Log, later_kinds), Log)


def entry_document(entry: Entry) -> dict:
    """The JSON object of one entry."""
    return _fold(msgspec.to_builtins(entry), Entry)


def _kind(raw: dict, cls: type, later: bool = False) -> type:
    if cls is not Entry:
        return cls
    kind = raw.get("kind")
    known = KINDS.get(kind) if isinstance(kind, str) else None
    return known or (Later if later and isinstance(kind, str) else Entry)


def _each(raw, cls: type, walk):
    if isinstance(raw, dict):
        return walk(raw, cls)
    return [_each(item, cls, walk) for item in raw] if isinstance(raw, (list, tuple)) else raw


def _unfold(raw, cls: type, later: bool):
    """Move the fields that `cls` does not know into its `unknown`, so that converting does not drop them."""
    if not isinstance(raw, dict):
        return raw
    cls = _kind(raw, cls, later)
    if cls is Entry and raw.get("kind") == "later":  # the tag is ours, not a kind that a file may name
        raise msgspec.ValidationError("Invalid value 'later' - at `$.entries[...].kind`")
    known = set(cls.__struct_fields__) - {"unknown"} | ({"kind"} if issubclass(cls, Entry) and cls is not Later else set())
    unknown = {key: value for key, value in raw.items() if key not in known}
    inside = _INSIDE.get(cls, {})
    out = {
        key: _each(value, inside[key], lambda r, c: _unfold(r, c, later)) if key in inside else value
        for key, value in raw.items()
        if key in known
    }
    if cls is Later:
        out["kind"] = "later"
    return out | ({"unknown": unknown} if unknown else {})


def _fold(raw: dict, cls: type) -> dict:
    """The inverse of `_unfold`."""
    cls = _kind(raw, cls)
    inside = _INSIDE.get(cls, {})
    out = {key: _each(value, inside[key], _fold) if key in inside else value for key, value in raw.items() if key != "unknown"}
    return out | raw.get("unknown", {})
