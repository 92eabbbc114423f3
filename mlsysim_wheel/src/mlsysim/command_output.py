"""What the command line prints: tables for eyes, JSON for programs, errors as sentences."""

from __future__ import annotations

import json
import math
import sys

from mlsysim.errors import Infeasible
from mlsysim.quantity import show_work
from mlsysim.units import THIN, fmt


class Usage(Exception):
    """A command line that makes no sense; its text is the sentence to print."""


def print_json(value) -> None:
    """One line of strict JSON; an infinite number becomes the text "infinite"."""
    print(json.dumps(_strict(value), ensure_ascii=False, allow_nan=False))


def print_table(columns: list[str], rows: list[tuple]) -> None:
    """Columns with a header, numbers to the right, None as a dash."""
    cells = [["–" if c is None else str(c) for c in row] for row in rows]
    right = [all(isinstance(row[i], Number) or row[i] is None for row in rows) for i in range(len(columns))]
    widths = [max(len(line[i]) for line in [columns, *cells]) for i in range(len(columns))]
    head = [columns, ["─" * w for w in widths]] if any(columns) else []
    for line in [*head, *cells]:
        print("  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)).rstrip())


def print_sourced(columns: list[str], rows: list[tuple]) -> None:
    """A table whose last column is a source: each is numbered, and stands in full once below the table."""
    notes = list(dict.fromkeys(row[-1] for row in rows if row[-1]))
    print_table([*columns, "source"], [(*row[:-1], f"[{notes.index(row[-1]) + 1}]" if row[-1] else "") for row in rows])
    for i, note in enumerate(notes, start=1):
        print(f"[{i}] {note}")


class Number(str):
    """A number ready to print; a table sets it flush right."""

    __slots__ = ()


def shown(value, unit: str = "") -> Number | None:
    """A number with its unit, None as it is."""
    return None if value is None else Number(fmt(value, unit).replace(THIN, " "))


def steps(result) -> list[dict]:
    """The work of a result for JSON, one object a quantity."""
    keys = ("name", "value", "unit", "formula", "source", "doc")
    return [{key: getattr(step, key) for key in keys} for step in show_work(result)]


def print_result(result, *, as_json: bool, asked: dict, full: bool) -> None:
    """A result as the answer to `asked`: its numbers with units, with `full` also how each came about."""
    if as_json:
        print_json({"asked": asked, "values": {s.name: s.value for s in show_work(result)}, "work": steps(result)})
        return
    rows = []
    for s in show_work(result):
        numeric = isinstance(s.value, (int, float)) and not isinstance(s.value, bool)
        rows.append((s.name, shown(s.value, s.unit) if numeric else Number(s.value), s.doc, s.source or "given"))
    if full:
        print_sourced(["quantity", "value", "meaning"], rows)
    else:
        print_table(["", "", ""], [row[:3] for row in rows])


def report_error(error: Exception, *, as_json: bool) -> int:
    """Print the sentence of an error and return its exit code: 1 for what cannot exist, 2 for a wrong request."""
    impossible = isinstance(error, Infeasible)
    if as_json:
        kind = "Usage" if isinstance(error, Usage) else type(error).__name__
        more = {"needed": error.needed, "available": error.available, "unit": error.unit} if impossible else {}
        print_json({"error": kind, "message": _plain(error), **more, "near": list(getattr(error, "near", ()))})
    print(_plain(error), file=sys.stderr)
    return 1 if impossible else 2


def _plain(error: Exception) -> str:
    return str(error).replace(THIN, " ")


def _strict(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "infinite" if value > 0 else "minus infinite" if value < 0 else None
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_strict(v) for v in value]
    return value
