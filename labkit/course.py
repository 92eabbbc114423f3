"""What the course says of each lab: the entries of `labs/course.toml`, which travels inside the package."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

_PLACES = (Path(__file__).with_name("course.toml"), Path(__file__).parents[1] / "labs" / "course.toml")


@dataclass(frozen=True)
class LabInfo:
    """One lab of the course."""

    id: str
    title: str
    volume: int
    week: int
    chapter: str
    minutes: int
    terms: tuple[str, ...]
    version: str = "1.0"


@functools.cache
def course() -> tuple[LabInfo, ...]:
    """Every lab, in course order."""
    path = next((p for p in _PLACES if p.is_file()), None)
    if path is None:
        raise FileNotFoundError("labs/course.toml is missing: reinstall the package, or run from a checkout of the project.")
    known = LabInfo.__dataclass_fields__
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["lab"]
    return tuple(LabInfo(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k in known}) for row in rows)


def lab_info(lab_id: str) -> LabInfo:
    """The entry of one lab, by its id."""
    for info in course():
        if info.id == lab_id:
            return info
    raise LookupError(f"The course has no lab {lab_id!r}; labs/course.toml lists {', '.join(i.id for i in course())}.")


def next_lab(lab_id: str) -> LabInfo | None:
    """The lab that follows in the course, or None after the last."""
    ids = [info.id for info in course()]
    after = ids.index(lab_info(lab_id).id) + 1
    return course()[after] if after < len(ids) else None
