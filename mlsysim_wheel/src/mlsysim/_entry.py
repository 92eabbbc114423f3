"""What all entries of the catalog share: where figures come from, and strict loading from a file's dictionary."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from mlsysim.errors import WrongType


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from: `status` is "confirmed" (read on the day `read`) or "recalled" (`read` is None)."""

    title: str
    url: str | None
    status: str
    read: str | None
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.title} ({f'read {self.read}' if self.read else 'recalled'})"


def arguments(cls, name: str, data: dict, *, used: tuple[str, ...] = (), **ready) -> dict:
    """The constructor's arguments: `ready` ones as given, lists frozen, whole numbers of quantities made floats.

    A file must have exactly the fields of the class that are not `ready`, and may have the keys in `used`. A missing or a
    misspelt key raises, so that no figure is silently lost.
    """
    wanted = [f.name for f in fields(cls) if f.name != "name" and f.name not in ready]
    missing, unknown = set(wanted) - set(data), set(data) - set(wanted) - set(ready) - set(used)
    if missing or unknown:
        wrong = "; ".join(f"{what} {', '.join(sorted(keys))}" for what, keys in (("lacks", missing), ("has unknown", unknown)) if keys)
        raise WrongType(f"The data file of the {cls.__name__} {name} {wrong}.")
    out = {"name": name, **ready}
    for key in wanted:
        value = data[key]
        if key == "sources":
            value = tuple(Source(s["title"], s["url"], s["status"], s["read"], tuple(s["fields"])) for s in value)
        elif isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, int) and key != "year":
            value = float(value)
        out[key] = value
    return out


@lru_cache(maxsize=4096)
def source_of(entry, field: str) -> str:
    """Where one field of an entry comes from, in words: its source, "estimate", "illustrative" or "unpublished"."""
    if not any(f.name == field for f in fields(entry)):
        raise WrongType(f"{type(entry).__name__} {entry.name} has no field {field!r}.")
    if field in getattr(entry, "illustrative", ()):
        return "illustrative"
    found = "; ".join(str(s) for s in entry.sources if field in s.fields)
    if field in getattr(entry, "estimates", ()):
        return f"estimate; {found}" if found else "estimate"
    return found or ("unpublished" if getattr(entry, field) is None else entry.title)
