"""labs/course.toml: which labs there are, in course order."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError

FIELDS = {"id": str, "title": str, "volume": int, "part": str, "week": int, "chapter": str, "minutes": int, "ideas": list, "terms": list}
KINDS = {str: "a text", int: "a whole number", list: "a list"}
TERMS = {"data": "D_vol/BW", "arithmetic": "O/(R_peak·η)", "overhead": "L_lat"}


@dataclass(frozen=True, slots=True)
class Lab:
    """One entry of course.toml and where its notebook lies."""

    id: str
    title: str
    volume: int
    part: str
    week: int
    chapter: str
    minutes: int
    ideas: tuple[str, ...]
    terms: tuple[str, ...]
    source: Path

    @property
    def path(self) -> str:
        """Where the page is below /labs/, without its ending."""
        return f"vol{self.volume}/{self.id}"


def read_course(labs: Path) -> tuple[str, list[Lab]]:
    """The course's title and its labs. A wrong entry stops with a sentence that names it."""
    path = labs / "course.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildError(f"{path} is missing; it lists the labs of the course.") from None
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path} is not valid TOML: {error}.") from None
    found: list[Lab] = []
    for row in data.get("lab", []):
        name = row.get("id", "an entry without id")
        for key, kind in FIELDS.items():
            if not isinstance(row.get(key), kind) or row[key] in ("", []):
                raise BuildError(f"course.toml: {name} needs {key} as {KINDS[kind]}, and has {row.get(key)!r}.")
        if unknown := set(row["terms"]) - set(TERMS):
            raise BuildError(f"course.toml: {name} names the Iron Law term {sorted(unknown)[0]!r}; known are {', '.join(TERMS)}.")
        if any(lab.id == name for lab in found):
            raise BuildError(f"course.toml lists {name} twice.")
        values = {k: tuple(row[k]) if kind is list else row[k] for k, kind in FIELDS.items()}
        found.append(Lab(**values, source=labs / f"vol{row['volume']}" / f"{row['id']}.py"))
    if not found:
        raise BuildError(f"{path} lists no lab.")
    listed = {lab.source for lab in found}
    for notebook in sorted(labs.glob("vol*/lab_*.py")):
        if notebook not in listed:
            raise BuildError(f"{notebook.name} in {notebook.parent.name} is not listed in course.toml. Add an entry, or move it.")
    return data.get("title", "Labs"), found


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the book and its address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a semester: what is read, and the lab that goes with it."""

    volume: int
    week: int
    part: str
    read: tuple[Chapter, ...]
    lab: str


def read_weeks(labs: Path) -> list[Week]:
    """course_map.toml, or nothing where there is none. A wrong entry stops with a sentence."""
    path = labs / "course_map.toml"
    if not path.is_file():
        return []
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["week"]
        return [Week(r["volume"], r["week"], r["part"], tuple(Chapter(c["name"], c["url"]) for c in r["read"]), r["lab"]) for r in rows]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BuildError(f"{path} is not as it should be ({error}). Each [[week]] has volume, week, part, read and lab.") from None
