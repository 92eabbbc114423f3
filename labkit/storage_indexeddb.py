"""Logs in the browser's IndexedDB, from Python in a Pyodide worker.

Database "mlsys-labs", stores with keys beside their values: "logs" [lab id, attempt] → the log's JSON text,
"current" lab id → attempt, "kept" [lab id, attempt, time] → what could not be read, as it was.

A transaction ends as soon as the browser is idle, so nothing may be awaited inside one: what follows from a value read
is done in the request's own callback. That also makes read, join and write one step that no other tab can enter.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

import js
from pyodide.ffi import JsException, create_proxy, to_js

from labkit.log import Log, LogRefused, utc_now
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
    read_stored,
    unreadable,
)

DATABASE, VERSION = "mlsys-labs", 1
STORES = ("logs", "current", "kept")
PATIENCE_S = 15  # a browser may leave a request unanswered; the page must not wait for ever


class BrowserError(Exception):
    """What the browser reported, by the name of its DOMException."""

    def __init__(self, name: str, message: str = ""):
        super().__init__(f"{name}: {message}" if message else name)
        self.name = name


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

    async def save(self, log: Log) -> Saved | SavingOff:
        """Store the log, joined with what another tab stored for its attempt; done only once the browser has written it."""
        written: list[Log] = []

        def start(t: Transaction) -> None:
            def write(value) -> None:
                joined, data, readable = join_stored(log, None if value is None else _bytes(value))
                if not readable:
                    self._set_aside(t, log.attempt, value)
                t.store("logs").put(data.decode(), _key(self.lab_id, log.attempt))
                t.store("current").put(log.attempt, self.lab_id)
                written.append(joined)

            t.then(t.store("logs").get(_key(self.lab_id, log.attempt)), write)

        try:
            await self.run("readwrite", start)
            return Saved(utc_now(), written[0])
        except Exception as error:
            return SavingOff(_reason(error))

    async def attempts(self) -> tuple[Attempt, ...]:
        """Every stored attempt at the lab, oldest first."""
        current: list = []
        found = await self._all("logs", lambda t: t.then(t.store("current").get(self.lab_id), current.append))
        return oldest_first([read_attempt(key[1], data, self.lab_id, key[1] in current) for key, data in found])

    async def kept(self) -> tuple[Kept, ...]:
        """What was set aside because it could not be read."""
        return tuple(Kept(".".join(key[1:]), data) for key, data in await self._all("kept"))

    async def run(self, mode: str, start: Callable[[Transaction], object]) -> None:
        """One transaction: `start` makes its first requests; return when the browser has completed it, or raise."""
        for last_try in (False, True):
            if self._database is None:
                self._database = await _open(lambda: setattr(self, "_database", None))
            try:
                transaction = Transaction(self._database, mode)
                break
            except JsException as error:  # the browser closed the database, say because its data were cleared
                self._database = None
                if last_try:
                    raise _named(error) from None
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


class Events:
    """Python functions lent to JavaScript as event handlers, and the future that one of them settles."""

    def __init__(self):
        self.done = asyncio.get_running_loop().create_future()
        self._lent: list = []

    def on(self, action: Callable[[], object]):
        """A handler for JavaScript that calls `action`."""
        self._lent.append(create_proxy(lambda event: action()))
        return self._lent[-1]

    def settle(self, value=None, error: Exception | None = None) -> None:
        """End the wait; only the first call counts."""
        if not self.done.done():
            self.done.set_result(value) if error is None else self.done.set_exception(error)

    async def wait(self):
        """What `settle` was given. The handlers stay lent if the browser did not answer: it may still call them."""
        try:
            value = await asyncio.wait_for(self.done, PATIENCE_S)
        except TimeoutError:
            raise BrowserError("TimeoutError", f"no answer in {PATIENCE_S} s") from None
        except BrowserError:
            self.end()
            raise
        self.end()
        return value

    def end(self) -> None:
        """Take the handlers back."""
        for proxy in self._lent:
            proxy.destroy()
        self._lent.clear()


class Transaction:
    """One transaction over all stores."""

    def __init__(self, database, mode: str):
        self._transaction = database.transaction(to_js(list(STORES)), mode)
        self._events = Events()
        self._failure: BrowserError | None = None

    def store(self, name: str):
        """One of its object stores."""
        return self._transaction.objectStore(name)

    def then(self, request, action: Callable[[object], object]) -> None:
        """When `request` succeeds, call `action` with its result, inside the transaction."""
        request.onsuccess = self._events.on(lambda: self._guarded(lambda: action(request.result)))

    async def finish(self, start: Callable[[Transaction], object]) -> None:
        """Run `start`, then wait until everything is written, or raise BrowserError with nothing written."""
        transaction, events = self._transaction, self._events
        transaction.oncomplete = events.on(events.settle)
        transaction.onabort = events.on(lambda: events.settle(error=self._failure or _named(transaction.error)))
        self._guarded(lambda: start(self))
        await events.wait()

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # an exception would be lost in JavaScript, and the transaction half done
            self._failure = _named(error)
            with contextlib.suppress(JsException):  # where it is aborting already, the event is on its way
                self._transaction.abort()


async def _open(on_close: Callable[[], None]):
    factory = getattr(js, "indexedDB", None)
    if not factory:
        raise BrowserError("Missing")
    try:
        request = factory.open(DATABASE, VERSION)
    except JsException as error:
        raise _named(error) from None
    events = Events()

    def upgrade() -> None:
        for name in STORES:
            if not request.result.objectStoreNames.contains(name):
                request.result.createObjectStore(name)

    def opened() -> None:
        if events.done.done():
            request.result.close()  # too late: nobody waits for it, and an open database blocks others
        else:
            events.settle(request.result)

    request.onupgradeneeded = events.on(upgrade)
    request.onsuccess = events.on(opened)
    request.onerror = events.on(lambda: events.settle(error=_named(request.error)))
    database = await events.wait()

    def give_way(event=None) -> None:
        database.close()
        on_close()

    database.onversionchange = database.onclose = create_proxy(give_way)  # lent as long as the page lives
    return database


def _key(*parts: str):
    return to_js(list(parts))


def _bytes(value) -> bytes:
    text = value if isinstance(value, str) else js.JSON.stringify(value)
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""


def _named(error) -> BrowserError:
    if isinstance(error, BrowserError):
        return error
    name, message = getattr(error, "name", None), getattr(error, "message", None)
    if isinstance(message, str) and (thrown := re.search(r"\b([A-Z]\w*Error): ", message)):
        name = thrown[1]  # Pyodide wraps a DOMException that is thrown; its name is then in the text only
    if isinstance(name, str):
        return BrowserError(name, message if isinstance(message, str) else "")
    return BrowserError(type(error).__name__ if isinstance(error, Exception) else "AbortError", str(error) if error else "")


_REASONS = {
    "Missing": "this browser offers this page no storage (a private window or a restricted frame)",
    "SecurityError": "this browser forbids this page to store anything (a private window, a restricted frame, or blocked site data)",
    "InvalidStateError": "this browser's storage is not available to this page (often a private window)",
    "QuotaExceededError": "this browser's storage is full",
    "VersionError": "a newer version of these labs has stored work here; reload the page",
    "TimeoutError": "this browser's storage does not answer; closing other tabs of these labs may help",
    "UnknownError": "this browser could not write to its storage (the disk may be full)",
}


def _reason(error: Exception) -> str:
    error = _named(error)
    return f"Saving is off: {_REASONS.get(error.name, f'the browser reported {error}')}. {STILL}"
