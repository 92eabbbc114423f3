"""Logs in the browser's IndexedDB, from Python in a Pyodide worker.

Database "mlsys-labs", stores with keys beside their values: "logs" [lab id, attempt] → the log's JSON text,
"current" lab id → attempt, "kept" [lab id, attempt, time] → what could not be read, as it was,
"drafts" [lab id, name] → the draft's JSON text.

Read, join and write are one transaction, a step that no other tab can enter.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping

import js
from labkit.indexeddb import Transaction, named, open_database
from labkit.log import Log, LogRefused, stored_bytes, utc_now
from labkit.storage import (
    STILL,
    Attempt,
    Kept,
    NoStorage,
    Restored,
    Saved,
    SavingOff,
    join_stored,
    oldest_first,
    read_attempt,
    read_draft,
    read_stored,
    unreadable,
)
from pyodide.ffi import JsException, to_js


async def open_place(lab_id: str) -> IndexedDbStorage | NoStorage:
    """The browser's database for the logs of this lab; NoStorage with the reason where the browser allows none."""
    storage = IndexedDbStorage(lab_id)
    try:
        # Some private windows open a database and then refuse every write: try one.
        await storage.run("readwrite", lambda t: t.store("kept").delete(_key(lab_id, "", "")))
    except Exception as error:  # whatever happens, the page goes on and says that saving is off
        return NoStorage(_reason(error))
    return storage


class IndexedDbStorage:
    """Logs of one lab in the browser (see labkit.storage.Storage)."""

    def __init__(self, lab_id: str):
        self.lab_id = lab_id
        self.off: str | None = None
        self._database = None
        self._stored: set[str] = set()  # attempts that this page has stored

    async def load(self, attempt: str | None = None) -> Restored:
        """The attempt last saved, or the one named. What cannot be read is set aside and reported."""
        found: list[Restored] = []

        def start(t: Transaction) -> None:
            def take(name: str, value) -> None:
                if value is None:
                    return
                try:
                    found.append(Restored(read_stored(_bytes(value), self.lab_id), None))
                except LogRefused as error:
                    self._set_aside(t, name, value)
                    found.append(Restored(None, unreadable(error)))

            def read(name) -> None:
                if isinstance(name, str):
                    t.then(t.store("logs").get(_key(self.lab_id, name)), lambda value: take(name, value))

            if attempt is None:
                t.then(t.store("current").get(self.lab_id), read)
            else:
                read(attempt)

        try:
            await self.run("readwrite", start)
        except Exception as error:
            return Restored(None, f"Earlier work could not be read. {_reason(error)}")
        return found[0] if found else Restored(None, None)

    async def begin(self, log: Log) -> Log:
        """Store this new log as the current attempt, unless another tab has begun one meanwhile: that one then."""
        found: list[Log] = []

        def start(t: Transaction) -> None:
            def store() -> None:
                t.store("logs").put(stored_bytes(log).decode(), _key(self.lab_id, log.attempt))
                t.store("current").put(log.attempt, self.lab_id)

            def take(value) -> None:
                try:
                    found.append(read_stored(_bytes(value), self.lab_id))
                except LogRefused:  # or there is none; `load` sets aside what cannot be read
                    store()

            def read(name) -> None:
                if isinstance(name, str):
                    t.then(t.store("logs").get(_key(self.lab_id, name)), take)
                else:
                    store()

            t.then(t.store("current").get(self.lab_id), read)

        with contextlib.suppress(Exception):  # the next save says what is wrong
            await self.run("readwrite", start)
        return found[0] if found else log

    async def save(self, log: Log) -> Saved | SavingOff:
        """Store the log, joined with what another tab stored for its attempt; done only once the browser has written it."""
        written: list[tuple[Log, bool]] = []

        def start(t: Transaction) -> None:
            def write(value) -> None:
                joined, data, readable = join_stored(log, None if value is None else _bytes(value))
                if not readable:
                    self._set_aside(t, log.attempt, value)
                t.store("logs").put(data.decode(), _key(self.lab_id, log.attempt))
                t.store("current").put(log.attempt, self.lab_id)
                written.append((joined, value is None and log.attempt in self._stored))

            t.then(t.store("logs").get(_key(self.lab_id, log.attempt)), write)

        try:
            await self.run("readwrite", start)
            self._stored.add(log.attempt)
            return Saved(utc_now(), *written[0])
        except Exception as error:
            return SavingOff(_reason(error))

    async def attempts(self) -> tuple[Attempt, ...]:
        """Every stored attempt at the lab, oldest first."""
        current: list = []
        found = await self._all("logs", lambda t: t.then(t.store("current").get(self.lab_id), current.append))
        return oldest_first([read_attempt(key[1], data, self.lab_id, key[1] in current) for key, data in found])

    async def kept(self) -> tuple[Kept, ...]:
        """What was set aside because it could not be read, by the time it was."""
        return tuple(Kept(".".join(key[1:]), data) for key, data in sorted(await self._all("kept"), key=lambda found: str(found[0][-1])))

    async def drafts(self) -> dict:
        """The lab's drafts by name; what cannot be read is left out."""
        found = {key[1]: read_draft(data) for key, data in await self._all("drafts")}
        return {name: value for name, value in found.items() if value is not None}

    async def keep_drafts(self, changes: Mapping) -> None:
        """Store each draft, or remove it where its value is None; as far as that can be done."""

        def start(t: Transaction) -> None:
            for name, value in changes.items():
                if value is None:
                    t.store("drafts").delete(_key(self.lab_id, name))
                else:
                    t.store("drafts").put(json.dumps(value), _key(self.lab_id, name))

        with contextlib.suppress(Exception):  # the bar says whether the browser stores anything
            await self.run("readwrite", start)

    async def run(self, mode: str, start: Callable[[Transaction], object]) -> None:
        """One transaction: `start` makes its first requests; return when the browser has completed it, or raise."""
        for last_try in (False, True):
            if self._database is None:
                self._database = await open_database(lambda: setattr(self, "_database", None))
            try:
                transaction = Transaction(self._database, mode)
                break
            except JsException as error:  # the browser closed the database, say because its data were cleared
                self._database = None
                if last_try:
                    raise named(error) from None
        await transaction.finish(start)

    async def _all(self, store: str, also: Callable[[Transaction], object] = lambda t: None) -> list[tuple[list[str], bytes]]:
        keys: list[list[str]] = []
        values: list[bytes] = []

        def start(t: Transaction) -> None:
            mine = js.IDBKeyRange.bound(_key(self.lab_id), to_js([self.lab_id, []]))  # an array sorts after every string
            t.then(t.store(store).getAllKeys(mine), lambda found: keys.extend([str(k) for k in key] for key in found))
            t.then(t.store(store).getAll(mine), lambda found: values.extend(_bytes(value) for value in found))
            also(t)

        try:
            await self.run("readonly", start)
        except Exception:
            return []
        return list(zip(keys, values, strict=True))

    def _set_aside(self, t: Transaction, attempt: str, value) -> None:
        t.store("kept").put(value, _key(self.lab_id, attempt, utc_now().isoformat()))
        t.store("logs").delete(_key(self.lab_id, attempt))


def _key(*parts: str):
    return to_js(list(parts))


def _bytes(value) -> bytes:
    text = value if isinstance(value, str) else js.JSON.stringify(value)
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""


_REASONS = {
    "Missing": "this browser offers this page no storage (a private window or a restricted frame)",
    "SecurityError": "this browser forbids this page to store anything (a private window, a restricted frame, or blocked site data)",
    "InvalidStateError": "this browser's storage is not available to this page (often a private window)",
    "QuotaExceededError": "this browser's storage is full",
    "VersionError": "a newer version of these labs has stored work here; reload the page",
    "TimeoutError": "this browser's storage does not answer; closing other tabs of these labs may help",
    "UnknownError": "this browser could not use its storage (blocked site data, or a full disk)",
}


def _reason(error: Exception) -> str:
    error = named(error)
    return f"Saving is off: {_REASONS.get(error.name, f'the browser reported {error}')}. {STILL}"
