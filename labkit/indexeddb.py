"""IndexedDB from Python in a Pyodide worker: open the database, run one transaction, name what went wrong.

A transaction ends as soon as the browser is idle, so nothing may be awaited inside one: what follows from a value read
is done in the request's own callback.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

import js
from pyodide.ffi import JsException, create_proxy, to_js

DATABASE, VERSION = "mlsys-labs", 2  # a later version adds stores; it changes none
STORES = ("logs", "current", "kept", "drafts")
PATIENCE_S = 15  # a browser may leave a request unanswered; the page must not wait for ever


class BrowserError(Exception):
    """What the browser reported, by the name of its DOMException."""

    def __init__(self, name: str, message: str = ""):
        super().__init__(f"{name}: {message}" if message else name)
        self.name = name


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
        transaction.onabort = events.on(lambda: events.settle(error=self._failure or named(transaction.error)))
        self._guarded(lambda: start(self))
        await events.wait()

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # an exception would be lost in JavaScript, and the transaction half done
            self._failure = named(error)
            with contextlib.suppress(JsException):  # where it is aborting already, the event is on its way
                self._transaction.abort()


async def open_database(on_close: Callable[[], None]):
    """The database, its stores made where they lack; `on_close` is called when it must give way. BrowserError says why not."""
    factory = getattr(js, "indexedDB", None)
    if not factory:
        raise BrowserError("Missing")
    try:
        request = factory.open(DATABASE, VERSION)
    except JsException as error:
        raise named(error) from None
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
    request.onerror = events.on(lambda: events.settle(error=named(request.error)))
    database = await events.wait()

    def give_way(event=None) -> None:
        database.close()
        on_close()

    database.onversionchange = database.onclose = create_proxy(give_way)  # lent as long as the page lives
    return database


def named(error) -> BrowserError:
    """What was thrown or reported, as a BrowserError."""
    if isinstance(error, BrowserError):
        return error
    name, message = getattr(error, "name", None), getattr(error, "message", None)
    if isinstance(message, str) and (thrown := re.search(r"\b([A-Z]\w*Error): ", message)):
        name = thrown[1]  # Pyodide wraps a DOMException that is thrown; its name is then in the text only
    if isinstance(name, str):
        return BrowserError(name, message if isinstance(message, str) else "")
    return BrowserError(type(error).__name__ if isinstance(error, Exception) else "AbortError", str(error) if error else "")
