"""One grading, from what was handed in to rows, for the command and the notebook alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labkit.catalogue import lab_paths
from labkit.course import lab_info
from labkit.grade.collect import submissions
from labkit.grade.flags import with_flags
from labkit.grade.judge import Row
from labkit.grade.parallel import judge_all, judge_on_dask


def grade(
    logs: Path | str, labs: Path | str, *, workers: int | None = None, dask: str = "", on_done: Callable[[int], None] = lambda n: None
) -> list[Row]:
    """A row for each file that was handed in, with what comparison found. `on_done` is told how many are done.

    FileNotFoundError and ValueError say what is not there; RuntimeError what a Dask cluster lacks.
    """
    if not lab_paths(labs):
        raise FileNotFoundError(f"{labs} holds no labs (vol1/lab_….py). Give the labs folder of the project with --labs.")
    handed_in = submissions(logs)
    found = judge_on_dask(handed_in, labs, dask, on_done=on_done) if dask else judge_all(handed_in, labs, workers=workers, on_done=on_done)
    rows = with_flags(found)
    if not rows:
        raise ValueError(f"{logs} holds no JSON file.")
    return rows


def write_sample(labs: Path | str, out: Path, students: int, lab: str | None = None, seed: int = 1, on_done: Callable[[int], None] = lambda n: None) -> int:
    """Write a made-up class of `students` for each lab, or for one, into a folder; how many logs."""
    from labkit.catalogue import read_lab
    from labkit.grade.classes import sample_class

    paths = [p for p in lab_paths(labs) if not lab or p.stem == lab]
    if not paths:
        raise ValueError(f"{labs} holds no lab {lab or ''}. Labs: {', '.join(p.stem for p in lab_paths(labs)) or 'none'}.")
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in paths:
        for name, _, data in sample_class(read_lab(path), students, seed):
            (out / name).write_bytes(data)
            count += 1
            on_done(count)
    return count


def titles(labs: Path | str) -> dict[str, str]:
    """The title of each lab, by its id."""
    found = {}
    for path in lab_paths(labs):
        try:
            found[path.stem] = lab_info(path.stem).title
        except LookupError:
            found[path.stem] = path.stem
    return found
