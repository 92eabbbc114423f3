"""python -m labkit.grade: what an instructor types."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from labkit.catalogue import lab_paths


def main(arguments: list[str] | None = None) -> int:
    """0: graded; 1: graded, and some file could not be read; 2: nothing was graded, with the reason."""
    asked = _parser().parse_args(arguments)
    try:
        return _sample(asked) if asked.sample else _grade(asked)
    except (FileNotFoundError, ValueError, RuntimeError, OSError) as error:
        print(f"Nothing was graded. {error}", file=sys.stderr)
        return 2


def _grade(asked) -> int:
    from labkit.grade.class_report import class_report
    from labkit.grade.collect import count
    from labkit.grade.gradebook import gradebook, lms_columns, write
    from labkit.grade.session import grade, titles
    from labkit.grade.weights import Weights, read_weights

    if asked.logs is None:
        raise ValueError("Name a folder of logs, a zip from your LMS, or one log.")
    weights = read_weights(asked.weights) if asked.weights else Weights()
    bar = Progress("logs replayed", count(asked.logs))
    rows = grade(asked.logs, asked.labs, workers=asked.workers, dask=asked.dask or "", on_done=bar)
    bar.end()
    table = gradebook(rows, weights)
    write(table, asked.out)
    written = [asked.out]
    if asked.lms:
        path = asked.out.with_name(f"{asked.out.stem}-{asked.lms}.csv")
        write(lms_columns(table, asked.lms), path)
        written.append(path)
    if asked.report:
        asked.report.write_text(class_report(rows, weights, titles(asked.labs)), encoding="utf-8")
        written.append(asked.report)
    broken = sum(bool(r.reason) for r in rows)
    flagged = sum(bool(r.flags) for r in rows)
    print(f"{len(rows)} files: {len(rows) - broken} graded, {broken} not readable, {flagged} flagged. Written: {', '.join(map(str, written))}")
    return 1 if broken else 0


def _sample(asked) -> int:
    from labkit.grade.session import write_sample

    bar = Progress("logs written", asked.sample * (1 if asked.lab else len(lab_paths(asked.labs))))
    count = write_sample(asked.labs, asked.out, asked.sample, asked.lab, asked.seed, on_done=bar)
    bar.end()
    print(f"{count} made-up logs in {asked.out}")
    return 0


class Progress:
    """A bar in one line on a terminal, nothing in a pipe. Called with the number that is done."""

    WIDTH = 30

    def __init__(self, what: str, total: int, out=None) -> None:
        self._what, self._total, self._out = what, total, out or sys.stderr
        self._shown = self._out.isatty()

    def __call__(self, done: int) -> None:
        total = max(self._total, done, 1)  # zips in zips were not counted
        full = self.WIDTH * done // total
        if self._shown:
            print(f"\r[{'#' * full}{'.' * (self.WIDTH - full)}] {done:,} of {total:,} {self._what}", end="", file=self._out, flush=True)

    def end(self) -> None:
        if self._shown:
            print(file=self._out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labkit.grade", description="Replay a class's decision logs and write a gradebook.")
    parser.add_argument("logs", nargs="?", type=Path, help="a folder, a zip from an LMS, or one log")
    parser.add_argument("--labs", type=Path, default=Path("labs"), help="the folder of the labs (default: labs)")
    parser.add_argument("--out", type=Path, default=Path("gradebook.csv"), help="gradebook, .csv or .parquet (default: gradebook.csv)")
    parser.add_argument("--report", type=Path, help="also write a class report as one HTML file")
    parser.add_argument("--lms", choices=("canvas", "moodle", "blackboard"), help="also write the LMS's own import columns")
    parser.add_argument("--weights", type=Path, help="a TOML file of points: complete, replays, explained, decision, drills")
    parser.add_argument("--workers", type=int, help="processes (default: one a core)")
    parser.add_argument("--dask", metavar="ADDRESS", help="replay on an existing Dask cluster")
    parser.add_argument("--sample", type=int, metavar="N", help="write N made-up logs a lab into the folder --out instead")
    parser.add_argument("--lab", help="with --sample: only this lab")
    parser.add_argument("--seed", type=int, default=1, help="with --sample: another class")
    return parser
