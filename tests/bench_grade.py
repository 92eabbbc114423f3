"""What grading 10,000 logs costs on two processes: processor time, wall time, memory. Nothing here is asserted.

A made-up class over all labs is written first (not timed); `--logs` and `--labs` make it smaller. On a busy machine the
processor time is the measure: two free cores take half of it.
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
    options.add_argument("--lab", help="all logs of this lab (default: of every lab alike)")
    options.add_argument("--workers", type=int, default=2)
    asked = options.parse_args()
    labs = 1 if asked.lab else len(lab_paths(LABS))
    with tempfile.TemporaryDirectory() as folder:
        bar = Progress("logs written", asked.logs)
        written = write_sample(LABS, Path(folder), -(-asked.logs // labs), asked.lab, on_done=bar)
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
