"""SHA-256 of bytes, files and trees."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

IGNORED = ("__pycache__", "__marimo__", ".DS_Store")


def sha256_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_files(folder: Path) -> list[Path]:
    """The files under a folder in a fixed order, without caches."""
    found = (p for p in folder.rglob("*") if p.is_file() and not any(part in IGNORED for part in p.parts) and p.suffix != ".pyc")
    return sorted(found, key=lambda p: p.relative_to(folder).as_posix())


def sha256_tree(folder: Path) -> str:
    """One hash over names and contents of every file under a folder."""
    return sha256_parts(f"{p.relative_to(folder).as_posix()}\0{sha256_file(p)}" for p in tree_files(folder))


def sha256_parts(parts: Iterable[str]) -> str:
    """One hash over a sequence of strings, each closed by a line end so that two sequences never run together."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() + b"\n")
    return total.hexdigest()
