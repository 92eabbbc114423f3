"""The decision log as bytes: export, import, and every reason for which an import is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
from labkit.canonical import NotCanonical, canonical_bytes, canonical_sha256
from labkit.log_types import MAJOR, MINOR, Log, from_document, to_document
from msgspec import UNSET

MAX_BYTES = 5_000_000
MAX_DEPTH = 32
_NOT_HASHED = ("complete", "head_hash")
_STRUCTURE = re.compile(rb'"(?:[^"\\]+|\\.)*"?|[\[\]{}]', re.DOTALL)  # strings whole, so that brackets in them do not count


class LogRefused(ValueError):
    """A file that is not taken as this lab's log; the message is a sentence for the student."""


def head_hash(document: Mapping) -> str:
    """SHA-256 over the canonical JSON of a log's head and entries: all of the file but `complete` and `head_hash`."""
    return canonical_sha256(_hashed(document))


def _hashed(document: Mapping, is_hashed: bool = True) -> dict:
    return {key: value for key, value in document.items() if (key not in _NOT_HASHED) is is_hashed}


def export_bytes(log: Log, checklist: Mapping[str, bool], *, now: datetime | None = None) -> bytes:
    """The log as the JSON file that a student hands in: with its time of export, its checklist and its hash.

    Complete or not: `checklist` maps each thing that the lab asks for to whether it is done.
    """
    from labkit.log import utc_now

    complete = {str(key): bool(done) for key, done in checklist.items()}
    return _bytes(msgspec.structs.replace(log, exported_at=now or utc_now(), complete=complete, head_hash=UNSET))


def stored_bytes(log: Log) -> bytes:
    """The log as autosave keeps it: the same format, with its hash, without export time and checklist."""
    return _bytes(msgspec.structs.replace(log, exported_at=UNSET, complete=UNSET, head_hash=UNSET))


def _bytes(log: Log) -> bytes:
    document = to_document(log)
    document["head_hash"] = head_hash(document)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2).encode("utf-8") + b"\n"


def import_bytes(data: bytes, lab_id: str | None, lab_version: str | None = None, *, max_bytes: int | None = MAX_BYTES) -> Log:
    """The log in `data`, whole and checked, or LogRefused with the reason; never a part of it.

    `lab_id` None takes the log of any lab (the grader). `lab_version` refuses logs of a later major version
    of the lab. A later minor version of the format is read, and what it added is kept for the next export.
    """
    document = _parse(data, max_bytes)
    newer = _version(document)
    _same_lab(document, lab_id, lab_version)
    try:
        found = head_hash(document)  # NotCanonical for what JSON cannot hold, here and in the rest
        canonical_bytes(_hashed(document, False))
        log = from_document(document, later_kinds=newer)
    except NotCanonical as error:
        raise LogRefused(f"This log holds something that no lab writes: {error}. Nothing was imported.") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise LogRefused(f"This file has not the shape of a decision log: {_place(str(error))}. Nothing was imported.") from None
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        raise LogRefused(f"This file has not the shape of a decision log: {_cut(str(error))}. Nothing was imported.") from None
    if log.head_hash is UNSET:
        raise LogRefused("This log has no hash (head_hash), so it cannot be told whether it is whole. Nothing was imported.")
    if log.head_hash != found:
        raise LogRefused(
            "This log was changed or damaged after it was exported: its hash does not fit its content. "
            "Nothing was imported. Import the file as the lab exported it."
        )
    return log


def _parse(data: bytes, max_bytes: int | None) -> dict:
    if max_bytes is not None and len(data) > max_bytes:
        raise LogRefused(
            f"This file is too large for a decision log: {len(data) / 1e6:.1f} MB, and at most {max_bytes / 1e6:g} MB is read. "
            "Nothing was imported."
        )
    try:
        text = bytes(data).decode("utf-8-sig")  # editors on Windows put a mark in front
    except UnicodeDecodeError as error:
        raise LogRefused(f"This file is not UTF-8 text (byte {error.start} is no part of it). Nothing was imported.") from None
    depth = deepest = 0
    for match in _STRUCTURE.finditer(data):
        first = match.group()[:1]
        depth += (first in b"[{") - (first in b"]}")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise LogRefused(f"This file is nested {deepest} levels deep; a decision log has at most {MAX_DEPTH}. Nothing was imported.")
    try:
        document = json.loads(text, parse_constant=_no_constant, parse_int=_whole, object_pairs_hook=_no_repeats)
    except json.JSONDecodeError as error:
        raise LogRefused(f"This file is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Nothing was imported.") from None
    if not isinstance(document, dict):
        raise LogRefused("This file is JSON, but not a decision log: it is not an object. Nothing was imported.")
    return document


def _no_constant(word: str):
    raise LogRefused(f"This log holds {word}, which is not a number. Nothing was imported.")


def _whole(digits: str) -> int | float:
    number = int(digits) if len(digits) <= 17 else 2**60
    return number if abs(number) <= 2**53 else float(digits)  # JSON numbers are doubles


def _no_repeats(pairs: list) -> dict:
    document = dict(pairs)
    if len(document) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise LogRefused(f"This log names {_short(twice)} twice in one object, so it cannot be told which one counts. Nothing was imported.")
    return document


def _version(document: dict) -> bool:
    """Whether the log is of a later minor version; LogRefused for another major one."""
    name = document.get("schema")
    match = re.fullmatch(r"mlsys-decision-log/([0-9]{1,6})\.([0-9]{1,6})", name) if isinstance(name, str) else None
    if not match:
        raise LogRefused(f"This file is not a decision log: its schema is {_short(name)}. Nothing was imported.")
    major, minor = int(match[1]), int(match[2])
    if major != MAJOR:
        age = "a newer" if major > MAJOR else "an older"
        raise LogRefused(f"This log is of {age} format ({name}); this lab reads version {MAJOR}. Nothing was imported.")
    return minor > MINOR


def _same_lab(document: dict, lab_id: str | None, lab_version: str | None) -> None:
    lab = document.get("lab")
    if not isinstance(lab, dict):
        return  # the shape is checked next, and its message names the place
    theirs = lab.get("id")
    if lab_id is not None and isinstance(theirs, str) and theirs != lab_id:
        raise LogRefused(f"This log belongs to another lab ({_short(theirs)}); this is {lab_id}. Nothing was imported.")
    if lab_version is not None and _major(lab.get("version")) > _major(lab_version):
        raise LogRefused(
            f"This log was made by a newer version of this lab ({_short(lab['version'])}; this is {lab_version}). Nothing was imported."
        )


def _major(version) -> int:
    match = re.match(r"[0-9]{1,6}", version) if isinstance(version, str) else None
    return int(match[0]) if match else 0


def _place(message: str) -> str:
    """msgspec's "Expected …, got … - at `$.entries[3].low`" with the place first."""
    what, at, where = message.rpartition(" - at ")
    what, where = (what, where) if at else (where, "")
    what = _cut(what[:1].lower() + what[1:])
    where = where.strip("`").removeprefix("$").removeprefix(".")
    return f"{_cut(where)}: {what}" if where else what


def _short(value) -> str:
    return _cut(repr(value), 60)


def _cut(text: str, most: int = 200) -> str:
    """Not more of a file in a sentence than a person reads, and no half characters."""
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.encode("utf-8", "replace").decode()
