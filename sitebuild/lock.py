"""runtime.lock.json: every file that the browser's runtime is made of, with its version, origin and SHA-256.

Nothing else gets into the site: a file that is changed, missing or not listed stops the build. Our own two wheels
(origin "local") are built from this checkout, so they carry a version here and their hash in the site's own lock.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .hashing import sha256_file

ORIGINS = ("npm", "pypi-wheel", "pypi-wheel-stripped", "installed", "local")
FIX = "If the change is meant, run: python build_site.py --update-lock"


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One file of the runtime. `sha256` is that of the file as downloaded, empty for a wheel built from this checkout."""

    name: str
    version: str
    origin: str
    file: str
    sha256: str


def read_lock(path: Path) -> tuple[LockedFile, ...]:
    """The entries of the lock, checked for shape, doubles and known origins."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(LockedFile(**row) for row in data["files"])
    except FileNotFoundError:
        raise BuildError(f"{path.name} is missing. It lists every file of the browser's runtime. {FIX}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{path.name} cannot be read: {error}. {FIX}") from None
    seen: set[str] = set()
    for entry in files:
        if entry.file in seen:
            raise BuildError(f"{path.name} lists {entry.file} twice. {FIX}")
        seen.add(entry.file)
        if entry.origin not in ORIGINS:
            raise BuildError(f"{path.name} gives {entry.file} the origin {entry.origin!r}; known are {', '.join(ORIGINS)}.")
        if entry.origin != "local" and (len(entry.sha256) != 64 or set(entry.sha256) - set("0123456789abcdef")):
            raise BuildError(f"{path.name} gives {entry.file} no SHA-256. {FIX}")
    return files


def write_lock(path: Path, files: list[LockedFile]) -> None:
    """Write the lock in a fixed order, one entry a line, so that a change reads well in a diff."""
    rows = sorted(files, key=lambda f: (ORIGINS.index(f.origin), f.name.lower(), f.file))
    lines = ",\n".join("  " + json.dumps({k: getattr(f, k) for k in ("name", "version", "origin", "file", "sha256")}) for f in rows)
    path.write_text(f'{{"format": 1, "files": [\n{lines}\n]}}\n', encoding="utf-8")


def verify_file(entry: LockedFile, path: Path) -> None:
    """Stop unless the file is there and has the hash that the lock states."""
    if not path.is_file():
        raise BuildError(f"{entry.file} ({entry.name} {entry.version}) is missing: the runtime lock lists it, it is not in {path.parent}.")
    found = sha256_file(path)
    if found != entry.sha256:
        raise BuildError(
            f"{entry.file} ({entry.name} {entry.version}) is not the file that the runtime lock names: "
            f"its SHA-256 is {found}, expected {entry.sha256}. Delete {path} and build again; if it stays, do not trust the source."
        )


def verify_folder(files: list[LockedFile], folder: Path) -> None:
    """Stop unless the folder has exactly the files of the lock, each with its hash."""
    for entry in files:
        verify_file(entry, folder / entry.file)
    extra = sorted({p.name for p in folder.iterdir()} - {f.file for f in files})
    if extra:
        raise BuildError(f"{extra[0]} in {folder} is not listed in the runtime lock. Delete it, or list it. {FIX}")
