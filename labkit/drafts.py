"""What a student has typed or set aside but not recorded yet, kept beside the log so that a reload does not lose it.

Drafts are no part of the log: they have names ("A.text", "decision.rejected"), belong to the lab in this browser (or on
this disk), and are dropped when what they became is recorded. Where saving is off they live as long as the page.
"""

from __future__ import annotations

import asyncio

from labkit.log import plain
from labkit.storage import Storage


class Drafts:
    """The drafts of one lab. `keep` and `drop` return at once; the storing goes on behind them and never raises."""

    def __init__(self, storage: Storage, found: dict | None = None):
        self._storage = storage
        self._values: dict = dict(found or {})
        self._due: dict = {}  # name → value to store, None to remove
        self._writer: asyncio.Task | None = None

    def text(self, name: str, default: str = "") -> str:
        """The text kept under this name, or `default`."""
        value = self._values.get(name)
        return value if isinstance(value, str) else default

    def controls(self, name: str) -> dict | None:
        """The control values kept under this name."""
        value = self._values.get(name)
        return dict(value) if isinstance(value, dict) else None

    def names(self) -> tuple[str, ...]:
        """The names of all drafts."""
        return tuple(self._values)

    def keep(self, name: str, value: str | dict) -> None:
        """Keep a text or control values, in place of what had this name."""
        value = plain(value)  # half a character, which a browser may send and no file can hold, is replaced as in the log
        if self._values.get(name) != value:
            self._values[name] = value
            self._store({name: value})

    def drop(self, *names: str) -> None:
        """Forget these drafts."""
        had = [name for name in names if self._values.pop(name, None) is not None]
        if had:
            self._store(dict.fromkeys(had))

    def keep_again(self) -> None:
        """Store all of them, after what was stored has been taken away."""
        if self._values:
            self._store(dict(self._values))

    async def settled(self) -> None:
        """Return when everything is stored, as far as it can be."""
        if self._writer is not None:
            await self._writer

    def _store(self, changes: dict) -> None:
        self._due |= changes
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a plain script: nothing goes on behind it
            asyncio.run(self._write())
            return
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write())

    async def _write(self) -> None:
        while self._due:  # one write at a time, so that a later one is never overtaken
            changes, self._due = self._due, {}
            await self._storage.keep_drafts(changes)


async def open_drafts(storage: Storage) -> Drafts:
    """The drafts that this storage holds."""
    return Drafts(storage, await storage.drafts())
