"""Where a student's log is kept between visits: IndexedDB in the browser, a file natively, or nowhere, with the reason.

    storage = await open_storage("lab_05_nn_compute")
    restored = await storage.load()      # Restored(log or None, problem or None)
    outcome = await storage.save(log)    # Saved(at, log) or SavingOff(reason); never raises

A save joins what another tab has stored for the same attempt; the joined log comes back in Saved.log.
What is stored but cannot be read is set aside and reported, never deleted.

Beside the logs, each lab has drafts (see labkit.drafts): a name and a JSON value each.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from labkit.log import Log, LogRefused, import_bytes, merge, stored_bytes

STILL = "Your work on this page goes on; export the log before you leave."


class Restored(NamedTuple):
    """What was found. `problem` is a sentence for the student about what could not be read."""

    log: Log | None
    problem: str | None


class Saved(NamedTuple):
    """The log is stored. `log` is what is stored now: the one given, joined with what another tab had stored.

    `gone` says that what this page had stored before was no longer there, because the site's data were cleared meanwhile.
    """

    at: datetime
    log: Log
    gone: bool = False


class SavingOff(NamedTuple):
    """The log is not stored; `reason` is a sentence for the student. Exporting works all the same."""

    reason: str


class Attempt(NamedTuple):
    """One stored attempt at the lab. Without `log` it could not be read, for `problem`."""

    attempt: str
    log: Log | None
    current: bool
    problem: str | None


class Kept(NamedTuple):
    """Stored bytes that could not be read, as they are."""

    name: str
    data: bytes


class Storage(Protocol):
    """What every place of storage does. No method raises."""

    off: str | None  # why nothing can be stored at all, or None

    async def load(self, attempt: str | None = None) -> Restored:
        """The attempt last saved, or the one named."""

    async def begin(self, log: Log) -> Log:
        """Store this new log as the current attempt, unless another tab has begun one meanwhile: that one then."""

    async def save(self, log: Log) -> Saved | SavingOff:
        """Store the log and make its attempt the current one."""

    async def attempts(self) -> tuple[Attempt, ...]:
        """Every stored attempt at the lab, oldest first."""

    async def kept(self) -> tuple[Kept, ...]:
        """What was set aside because it could not be read."""

    async def drafts(self) -> dict:
        """The lab's drafts by name; what cannot be read is left out."""

    async def keep_drafts(self, changes: Mapping) -> None:
        """Store each draft, or remove it where its value is None; as far as that can be done."""


class NoStorage:
    """Nothing is stored, and `off` says why."""

    def __init__(self, reason: str):
        self.off: str | None = reason

    async def load(self, attempt: str | None = None) -> Restored:
        """Nothing is there; that saving is off is said by `off`."""
        return Restored(None, None)

    async def begin(self, log: Log) -> Log:
        """The log, stored nowhere."""
        return log

    async def save(self, log: Log) -> SavingOff:
        """The reason why the log is not stored."""
        return SavingOff(self.off)

    async def attempts(self) -> tuple[Attempt, ...]:
        """None."""
        return ()

    async def kept(self) -> tuple[Kept, ...]:
        """None."""
        return ()

    async def drafts(self) -> dict:
        """None."""
        return {}

    async def keep_drafts(self, changes: Mapping) -> None:
        """Nothing is stored."""


async def open_storage(lab_id: str) -> Storage:
    """The place for the logs of this lab on this platform; NoStorage with its reason where there is none."""
    if os.environ.get("LABKIT_STORAGE", "").strip().lower() == "off":
        return NoStorage(f"Saving is switched off (LABKIT_STORAGE=off). {STILL}")
    if sys.platform == "emscripten":
        from labkit import storage_indexeddb as place
    else:
        from labkit import storage_file as place
    return await place.open_place(lab_id)


def read_stored(data: bytes, lab_id: str) -> Log:
    """A log as it was stored; LogRefused says why not. No limit of size: what a student recorded is read back."""
    return import_bytes(data, lab_id, max_bytes=None)


def join_stored(log: Log, stored: bytes | None) -> tuple[Log, bytes, bool]:
    """The log joined with what is stored for its attempt, its bytes, and whether the stored bytes could be read."""
    if stored is None:
        return log, stored_bytes(log), True
    try:
        joined = merge(log, read_stored(stored, log.lab.id))
    except ValueError:
        return log, stored_bytes(log), False
    return joined, stored_bytes(joined), True


def read_draft(data: bytes):
    """The JSON value of what was stored as a draft, or None. A damaged draft is not worth stopping for."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def unreadable(error: Exception) -> str:
    """The sentence for stored work that could not be read and was set aside."""
    reason = str(error).removesuffix(" Nothing was imported.")
    return (
        f"Earlier work was found, but could not be read: {reason} It was set aside, not deleted; a new log was begun. "
        "You can take the old one as a file, at the foot of the page beside the import."
    )


def read_attempt(name: str, data: bytes, lab_id: str, current: bool) -> Attempt:
    """One stored attempt for the list of them."""
    try:
        return Attempt(name, read_stored(data, lab_id), current, None)
    except LogRefused as error:
        return Attempt(name, None, current, str(error).removesuffix(" Nothing was imported."))


def oldest_first(found: list[Attempt]) -> tuple[Attempt, ...]:
    """Attempts by their start; unreadable ones last."""
    return tuple(sorted(found, key=lambda a: (a.log is None, a.log.started_at.timestamp() if a.log else 0, a.attempt)))
