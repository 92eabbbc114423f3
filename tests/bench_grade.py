"""What grading 10,000 logs costs on two processes: processor time, wall time, memory. Nothing here is asserted.

A made-up class over all labs is written first (not timed); `--logs` makes it smaller and `--lab` names the labs. Each process
reads each lab and searches its decision once, so many logs of few labs show what a log costs and few logs of many labs show
what a lab costs. On a busy machine the processor time is the measure: two free cores take half of it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from labkit.catalogue import lab_paths
from labkit.grade.command import Progress
from labkit.grade.gradebook import gradebook
from labkit.grade.session import grade, write_sample

LABS = Path(__file__).resolve().parents[1] / "labs"


def spent_s() -> float:
    """Processor time of this process and of those that it started and that have ended."""
    return sum(r.ru_utime + r.ru_stime for r in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--logs", type=int, default=10_000)
    options.add_argument("--lab", nargs="+", help="all logs of these labs, of each alike (default: of every lab)")
    options.add_argument("--workers", type=int, default=2)
    asked = options.parse_args()
    labs = asked.lab or [path.stem for path in lab_paths(LABS)]
    with tempfile.TemporaryDirectory() as folder:
        bar = Progress("logs written", asked.logs)
        written, each = 0, -(-asked.logs // len(labs))
        for lab in labs:
            written += write_sample(LABS, Path(folder), each, lab, on_done=lambda done, before=written: bar(before + done))
        bar.end()
        bar, began, before = Progress("logs replayed", written), time.perf_counter(), spent_s()
        book = gradebook(grade(folder, LABS, workers=asked.workers, on_done=bar))
        bar.end()
    wall, cpu = time.perf_counter() - began, spent_s() - before
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"{'logs graded':34}{book.height:>12,}")
    print(f"{'processor time':34}{cpu:>12,.1f} s, {cpu / book.height * 1e3:.1f} ms a log")
    print(f"{f'wall time with {asked.workers} processes':34}{wall:>12,.1f} s")
    print(f"{'memory of the largest process':34}{peak:>12,.0f} MB")


if __name__ == "__main__":
    main()
