"""python -m labkit.grade: what an instructor types."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from labkit.catalogue import lab_paths, read_lab


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
    from labkit.grade.collect import submissions
    from labkit.grade.flags import with_flags
    from labkit.grade.gradebook import gradebook, lms_columns, write
    from labkit.grade.parallel import judge_all, judge_on_dask
    from labkit.grade.weights import Weights, read_weights

    if asked.logs is None:
        raise ValueError("Name a folder of logs, a zip from your LMS, or one log.")
    if not lab_paths(asked.labs):
        raise FileNotFoundError(f"{asked.labs} holds no labs (vol1/lab_….py). Give the labs folder of the project with --labs.")
    weights = read_weights(asked.weights) if asked.weights else Weights()
    bar = _Progress()
    handed_in = submissions(asked.logs)
    if asked.dask:
        found = judge_on_dask(handed_in, asked.labs, asked.dask, on_done=bar)
    else:
        found = judge_all(handed_in, asked.labs, workers=asked.workers, on_done=bar)
    rows = with_flags(found)
    bar.end()
    if not rows:
        raise ValueError(f"{asked.logs} holds no JSON file.")
    table = gradebook(rows, weights)
    write(table, asked.out)
    written = [asked.out]
    if asked.lms:
        path = asked.out.with_name(f"{asked.out.stem}-{asked.lms}.csv")
        write(lms_columns(table, asked.lms), path)
        written.append(path)
    if asked.report:
        titles = {path.stem: _title(path.stem) for path in lab_paths(asked.labs)}
        asked.report.write_text(class_report(rows, weights, titles), encoding="utf-8")
        written.append(asked.report)
    broken = sum(bool(r.reason) for r in rows)
    flagged = sum(bool(r.flags) for r in rows)
    print(f"{len(rows)} files: {len(rows) - broken} graded, {broken} not readable, {flagged} flagged. Written: {', '.join(map(str, written))}")
    return 1 if broken else 0


def _sample(asked) -> int:
    from labkit.grade.classes import sample_class

    asked.out.mkdir(parents=True, exist_ok=True)
    paths = [p for p in lab_paths(asked.labs) if not asked.lab or p.stem == asked.lab]
    if not paths:
        raise ValueError(f"{asked.labs} holds no lab {asked.lab or ''}. Labs: {', '.join(p.stem for p in lab_paths(asked.labs)) or 'none'}.")
    count = 0
    for path in paths:
        for name, _, data in sample_class(read_lab(path), asked.sample, asked.seed):
            (asked.out / name).write_bytes(data)
            count += 1
    print(f"{count} made-up logs in {asked.out}")
    return 0


def _title(lab_id: str) -> str:
    from labkit.course import lab_info

    try:
        return lab_info(lab_id).title
    except LookupError:
        return lab_id


class _Progress:
    """One line on a terminal, nothing in a pipe."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        if self._shown:
            print(f"\r{done:,} logs replayed", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shown:
            print(file=sys.stderr)


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
