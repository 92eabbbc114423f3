"""Finding logs: a folder or a zip from an LMS, of any nesting and naming; each file is bytes or a reason."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labkit.log_file import MAX_BYTES

MAX_NESTING = 4  # zips in zips
MAX_ENTRIES = 200_000  # files in one zip
MAX_ZIP = 20 * MAX_BYTES  # of a zip in a zip
MAX_UNPACKED = 2_000_000_000  # bytes that are read out of one zip, with those in it
READ = (".json", ".zip")

# How the common systems name a handed-in file; the group `who` is the student.
_NAMES = (
    re.compile(r"^(?P<who>[^_/]+?)(?:_LATE)?_\d+_\d+_.+\.json$", re.I),  # Canvas: lovelaceada_123_4567_lab.json
    re.compile(r"^(?P<who>[^/]+?)_\d+_assignsubmission_[^/]*", re.I),  # Moodle: a folder or a prefix
    re.compile(r"^.+?_(?P<who>[^_/]+)_attempt_\d{4}(?:-\d{2}){5}.*$", re.I),  # Blackboard: Lab 5_ada_attempt_2026-…
)


@dataclass(frozen=True, slots=True)
class Submission:
    """One file that was handed in: where it lay, whose its name says it is, and its bytes or why there are none."""

    place: str
    who: str = ""
    data: bytes = b""
    reason: str = ""

    def __post_init__(self):  # a file's name may hold bytes that are no text, and no table can hold those
        object.__setattr__(self, "place", self.place.encode("utf-8", "backslashreplace").decode())
        object.__setattr__(self, "who", self.who.encode("utf-8", "backslashreplace").decode())


def submissions(source: Path | str) -> Iterator[Submission]:
    """Every JSON file under a folder, or in a zip, in the order of its place. Nothing is ever unpacked to disk.

    FileNotFoundError names a source that does not exist.
    """
    source = Path(source)
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            place = path.relative_to(source).as_posix()
            if path.suffix.lower() in READ and _wanted(place):
                if path.is_symlink() or not path.is_file():
                    yield Submission(place, owner(place), reason="This is a link or no plain file, so it was not read.")
                else:
                    yield from _file(path, place)
    elif source.is_file():
        if source.suffix.lower() == ".zip":
            with source.open("rb") as file:
                yield from _zip(file, "", 1, [MAX_UNPACKED])
        else:
            yield from _file(source, source.name)
    else:
        raise FileNotFoundError(f"{source} does not exist. Give a folder of logs, a zip from your LMS, or one log.")


def count(source: Path | str) -> int:
    """About how many files `submissions` gives, for a progress bar: zips are asked for their lists, zips in them are not."""
    source, found = Path(source), 0
    for path in source.rglob("*") if source.is_dir() else (source,):
        if path.suffix.lower() == ".json":
            found += 1
        elif path.suffix.lower() == ".zip":
            try:
                with zipfile.ZipFile(path) as archive:
                    found += sum(name.lower().endswith(".json") and _wanted(name) for name in archive.namelist())
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
                found += 1  # it is one row, with its reason
    return found


def owner(place: str) -> str:
    """Whose file this is by its name or its folder, as Canvas, Moodle and Blackboard write them; "" if they do not say.

    >>> owner("lovelaceada_123_4567_lab_05_nn_compute.json"), owner("Ada Lovelace_77_assignsubmission_file/log.json")
    ('lovelaceada', 'Ada Lovelace')
    """
    for piece in reversed(PurePosixPath(place).parts):
        for pattern in _NAMES:
            if found := pattern.match(piece):
                return found["who"].strip()
    return ""


def _wanted(place: str) -> bool:
    parts = PurePosixPath(place).parts
    return not any(p == "__MACOSX" or (p.startswith(".") and p != "..") for p in parts)


def _file(path: Path, place: str) -> Iterator[Submission]:
    try:
        if path.suffix.lower() == ".zip":
            with path.open("rb") as file:
                yield from _zip(file, place, 1, [MAX_UNPACKED])
        elif path.stat().st_size > MAX_BYTES:
            yield Submission(place, owner(place), reason=_too_large(path.stat().st_size))
        else:
            yield Submission(place, owner(place), path.read_bytes())
    except OSError as error:
        yield Submission(place, owner(place), reason=f"This file cannot be read: {error.strerror or error}.")


def _zip(file, place: str, depth: int, left: list[int]) -> Iterator[Submission]:
    """The files of a zip. `left[0]` is how many bytes may still be read out of the outermost one."""
    inside = f"{place}/" if place else ""
    try:
        archive = zipfile.ZipFile(file)
        members = sorted(archive.infolist(), key=lambda m: m.filename)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield Submission(place or "the zip", owner(place), reason="This zip is damaged or no zip.")
        return
    if len(members) > MAX_ENTRIES:
        yield Submission(place or "the zip", reason=f"This zip lists {len(members):,} files; at most {MAX_ENTRIES:,} are read.")
        return
    for member in members:
        name = inside + member.filename
        if member.is_dir() or not _wanted(name) or not name.lower().endswith(READ):
            continue
        limit = MAX_ZIP if name.lower().endswith(".zip") else MAX_BYTES
        if left[0] <= 0:
            yield Submission(place or "the zip", owner(place), reason="This zip unpacks to far more than logs need; the rest of it was not read.")
            return
        if member.file_size > limit:
            yield Submission(name, owner(name), reason=_too_large(member.file_size))
            continue
        try:
            with archive.open(member) as opened:
                data = opened.read(limit + 1)  # what a zip says of its sizes need not be true
        except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError, EOFError) as error:
            yield Submission(name, owner(name), reason=f"This file in the zip cannot be read: {type(error).__name__}.")
            continue
        left[0] -= len(data)
        if len(data) > limit:
            yield Submission(name, owner(name), reason=_too_large(len(data)))
        elif not name.lower().endswith(".zip"):
            yield Submission(name, owner(name), data)
        elif depth >= MAX_NESTING:
            yield Submission(name, owner(name), reason=f"Zips are nested more than {MAX_NESTING} deep; this one was not opened.")
        else:
            before = min(MAX_ZIP, max(0, left[0]))  # what one student handed in
            inner = [before]
            yield from _zip(io.BytesIO(data), name, depth + 1, inner)
            left[0] -= before - inner[0]


def _too_large(size: int) -> str:
    return f"This file has {size / 1e6:.1f} MB; a decision log has at most {MAX_BYTES / 1e6:g} MB."
