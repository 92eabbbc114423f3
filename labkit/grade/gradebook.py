"""The gradebook: one row a student a lab, as CSV, Parquet, or the import columns of an LMS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl
from labkit.grade.judge import Row
from labkit.grade.weights import Weights

# A spreadsheet would run a cell that begins so, whatever invisible stands before it; one that separates by semicolons begins a cell after each.
FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠]|[\t\r\n])")


def gradebook(rows: Iterable[Row], weights: Weights | None = None) -> pl.DataFrame:
    """Rows in the order of lab and student. Columns: see docs/instructors.md."""
    weights = weights or Weights()
    table = [
        {
            "student": _cell(r.student), "section": _cell(r.section), "lab": _cell(r.lab), "points": weights.points(r) if not r.reason else None,
            "complete": r.complete if not r.reason else None, "missing": ", ".join(r.missing), "replays": r.replays if not r.reason else None,
            "predictions": len(r.guesses), "interval_hits": r.interval_hits, "log_error": r.log_error, "observations": r.observations,
            "explained": r.explained, "explained_right": r.explained_right, "decision_feasible": r.feasible, "decision_distance": r.distance,
            "drills_right": r.drills_right, "drill_tries": r.drill_tries, "words": r.words, "minutes": round(r.minutes, 1),
            "flags": _cell(" ".join(r.flags)), "unreadable": _cell(r.reason), "file": _cell(r.place), "attempt": _cell(r.attempt),
        }
        for r in rows
    ]  # fmt: skip
    return pl.DataFrame(table, schema=SCHEMA).sort(["lab", "student", "file"], maintain_order=True)


SCHEMA = {
    "student": pl.String, "section": pl.String, "lab": pl.String, "points": pl.Float64, "complete": pl.Float64, "missing": pl.String,
    "replays": pl.Boolean, "predictions": pl.Int64, "interval_hits": pl.Float64, "log_error": pl.Float64, "observations": pl.Int64,
    "explained": pl.Int64, "explained_right": pl.Int64, "decision_feasible": pl.Boolean, "decision_distance": pl.Float64,
    "drills_right": pl.Int64, "drill_tries": pl.Int64, "words": pl.Int64, "minutes": pl.Float64, "flags": pl.String, "unreadable": pl.String,
    "file": pl.String, "attempt": pl.String,
}  # fmt: skip


def write(table: pl.DataFrame, out: Path) -> None:
    """CSV or Parquet, by the ending of the name."""
    if out.suffix.lower() == ".parquet":
        table.write_parquet(out)
    else:
        out.write_bytes("\ufeff".encode() + table.write_csv().encode("utf-8"))  # with the mark, spreadsheets read it as UTF-8


def lms_columns(table: pl.DataFrame, lms: str) -> pl.DataFrame:
    """The best attempt of each student, one column a lab, under the names that an LMS imports.

    `lms` is canvas ("Student", "Section"), moodle ("Identifier") or blackboard ("Username").
    """
    names = {"canvas": "Student", "moodle": "Identifier", "blackboard": "Username"}
    best = table.filter(pl.col("unreadable") == "").group_by("student", "lab").agg(pl.col("points").max(), pl.col("section").first())
    wide = best.pivot(on="lab", index="student", values="points").sort("student")
    if lms == "canvas":
        sections = best.group_by("student").agg(pl.col("section").first().alias("Section"))
        wide = wide.join(sections, on="student").select("student", "Section", pl.exclude("student", "Section"))
    return wide.rename({"student": names[lms]})


def _cell(text: str) -> str:
    """Text for a cell: what a spreadsheet would take for a formula has an apostrophe before it, which makes it text."""
    return FORMULA.sub(r"\1'", text)
