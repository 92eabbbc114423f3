"""Logs in files under the user's data folder: `<folder>/<lab id>/<attempt>.json`, `current` naming the last one saved, and `drafts.json`."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

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

_ATTEMPT = re.compile(r"[0-9a-f-]{36}")
_THREADS = threading.Lock()  # `marimo run` serves every tab from one process


def data_folder() -> Path:
    """Where logs go: LABKIT_DATA if set, else the platform's folder for a user's data."""
    if chosen := os.environ.get("LABKIT_DATA", ""):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME", "")
        base = base if os.path.isabs(base) else Path.home() / ".local" / "share"  # a relative one is to be ignored (XDG)
    return Path(base) / "mlsys-labs"


async def open_place(lab_id: str) -> FileStorage | NoStorage:
    """The folder for the logs of this lab, made and tried; NoStorage with the reason if it cannot be written."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*", lab_id):
        raise ValueError(f"lab_id is {lab_id!r}, but must be lower-case letters, digits, _ and - (and / between parts).")
    try:
        folder = data_folder() / lab_id
        folder.mkdir(parents=True, exist_ok=True)
        handle, probe = tempfile.mkstemp(prefix=".probe-", dir=folder)
        os.close(handle)
        os.unlink(probe)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home folder; ValueError: a NUL in the path
        return NoStorage(_reason(error))
    return FileStorage(lab_id, folder)


class FileStorage:
    """Logs of one lab in one folder (see labkit.storage.Storage)."""

    def __init__(self, lab_id: str, folder: Path):
        self.lab_id, self.folder = lab_id, folder
        self.off: str | None = None
        self._stored: set[str] = set()  # attempts that this page has stored

    async def load(self, attempt: str | None = None) -> Restored:
        """The attempt last saved, or the one named. What cannot be read is set aside and reported."""
        try:
            with self._locked():
                return self._load(attempt)
        except OSError as error:
            return Restored(None, f"Earlier work could not be read: {_what(error)}. It was left as it is.")

    def _load(self, attempt: str | None) -> Restored:
        name = attempt or self._current()
        data = self._read(name)
        if data is None:
            return Restored(None, None)
        try:
            return Restored(read_stored(data, self.lab_id), None)
        except LogRefused as error:
            self._set_aside(name)
            return Restored(None, unreadable(error))

    async def begin(self, log: Log) -> Log:
        """Store this new log as the current attempt, unless another tab has begun one meanwhile: that one then."""
        try:
            with self._locked():
                if found := self._load(None).log:
                    return found
                self._write(f"{log.attempt}.json", stored_bytes(log))
                self._write("current", log.attempt.encode())
        except Exception:  # the next save says what is wrong
            pass
        return log

    async def save(self, log: Log) -> Saved | SavingOff:
        """Store the log, joined with what is stored for its attempt, whole or not at all."""
        try:
            with self._locked():
                stored = self._read(log.attempt)
                joined, data, readable = join_stored(log, stored)
                if not readable:
                    self._set_aside(log.attempt)
                self._write(f"{log.attempt}.json", data)
                if self._current() != log.attempt:
                    self._write("current", log.attempt.encode())
            gone = stored is None and log.attempt in self._stored
            self._stored.add(log.attempt)
            return Saved(utc_now(), joined, gone)
        except Exception as error:  # whatever happens, the page goes on and says that saving is off
            return SavingOff(_reason(error))

    async def attempts(self) -> tuple[Attempt, ...]:
        """Every stored attempt at the lab, oldest first."""
        try:
            with self._locked():
                current = self._current()
                found = [(p.stem, self._read(p.stem)) for p in self.folder.glob("*.json") if _ATTEMPT.fullmatch(p.stem)]
        except OSError:
            return ()
        return oldest_first([read_attempt(name, data, self.lab_id, name == current) for name, data in found if data is not None])

    async def kept(self) -> tuple[Kept, ...]:
        """What was set aside because it could not be read, by the time it was."""
        try:
            return tuple(Kept(p.name, p.read_bytes()) for p in sorted(self.folder.glob("*.unreadable"), key=lambda p: p.stem.rpartition(".")[2]))
        except OSError:
            return ()

    async def drafts(self) -> dict:
        """The lab's drafts by name; none where they cannot be read."""
        try:
            with self._locked():
                return self._drafts()
        except OSError:
            return {}

    async def keep_drafts(self, changes: Mapping) -> None:
        """Store each draft, or remove it where its value is None; as far as that can be done."""
        with contextlib.suppress(Exception), self._locked():
            now = {name: value for name, value in {**self._drafts(), **changes}.items() if value is not None}
            self._write("drafts.json", json.dumps(now, ensure_ascii=False).encode())

    def _drafts(self) -> dict:
        try:
            found = read_draft((self.folder / "drafts.json").read_bytes())
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}

    def _current(self) -> str:
        try:
            name = (self.folder / "current").read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
        return name if _ATTEMPT.fullmatch(name) else ""

    def _read(self, name: str) -> bytes | None:
        if not _ATTEMPT.fullmatch(name):
            return None
        try:
            return (self.folder / f"{name}.json").read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.folder / name)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def _set_aside(self, name: str) -> None:
        stamp = utc_now().strftime("%Y%m%dT%H%M%S%f")
        os.replace(self.folder / f"{name}.json", self.folder / f"{name}.{stamp}.unreadable")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One reader or writer at a time, in this process and, where the system has file locks, among all."""
        with _THREADS, open(self.folder / ".lock", "ab") as file:
            try:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            except (ImportError, OSError):
                pass
            yield


def _what(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"Saving is off: the disk is full. {STILL}"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Saving is off: the folder for your work ({_folder_name()}) may not be written. {STILL}"
    return f"Saving is off: {_what(error)}. {STILL}"


def _folder_name() -> str:
    try:
        return str(data_folder())
    except RuntimeError:
        return "of your user account"
