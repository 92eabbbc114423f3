"""Judging many files on every core, or on a Dask cluster; memory stays bounded because files are judged in chunks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from pathlib import Path

from labkit.catalogue import lab_paths
from labkit.grade.collect import Submission
from labkit.grade.judge import Judge, Row

CHUNK = 100  # files a task
CHUNK_BYTES = 8_000_000  # and about so much, so that files made to be large do not add up
AHEAD = 4  # chunks waiting a worker
PATIENCE = "20s"  # until a Dask scheduler must have answered

_judge: Judge | None = None
_judged_labs = ""


def judge_chunk(labs: str, chunk: list[Submission]) -> list[Row]:
    """Judge some files in this process; a lab is read once a process."""
    global _judge, _judged_labs
    if _judge is None or _judged_labs != labs:
        if not (paths := lab_paths(labs)):
            raise FileNotFoundError(f"{labs} holds no labs.")
        _judge, _judged_labs = Judge({path.stem: path for path in paths}), labs
    return [_judge.row(s) for s in chunk]


def judge_all(
    handed_in: Iterable[Submission], labs: Path | str, *, workers: int | None = None, on_done: Callable[[int], None] = lambda n: None
) -> Iterator[Row]:
    """Rows in the order of the files. `on_done` is told how many are done."""
    labs, chunks, done = str(Path(labs).resolve()), _chunks(handed_in), 0
    workers = workers or os.cpu_count() or 1
    begin = list(islice(chunks, 2))
    chunks = chain(begin, chunks)
    if workers == 1 or len(begin) < 2:  # a seminar needs no pool
        for rows in (judge_chunk(labs, c) for c in chunks):
            done += len(rows)
            on_done(done)
            yield from rows
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from _in_order(lambda c: pool.submit(judge_chunk, labs, c), chunks, workers * AHEAD, on_done)


def judge_on_dask(handed_in: Iterable[Submission], labs: Path | str, address: str, *, on_done: Callable[[int], None] = lambda n: None) -> Iterator[Row]:
    """The same on an existing Dask cluster, whose workers see the same `labs` folder and have this package.

    RuntimeError says what to install where Dask is missing, and what is wrong with a cluster that cannot do it.
    """
    try:
        from distributed import Client
    except ImportError:
        raise RuntimeError("Grading on a cluster needs Dask. Install it: pip install 'mlsys-labs[grade-cluster]'") from None
    labs = str(Path(labs).resolve())
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise RuntimeError(f"No Dask scheduler answers at {address} ({str(error)[:200] or type(error).__name__}).") from None
    with client:
        size = max(1, len(client.scheduler_info()["workers"])) * AHEAD
        try:
            yield from _in_order(lambda c: client.submit(judge_chunk, labs, c, pure=False), _chunks(handed_in), size, on_done)
        except FileNotFoundError as error:
            raise RuntimeError(f"A worker of the cluster sees no labs in {labs}: share the folder with every worker. {error}") from None
        except ImportError as error:
            raise RuntimeError(f"A worker of the cluster lacks a package that grading needs ({error}). Install mlsys-labs[grade] and mlsysim there.") from None


def _in_order(submit, chunks: Iterator[list[Submission]], ahead: int, on_done) -> Iterator[Row]:
    waiting, done = [submit(c) for c in islice(chunks, ahead)], 0
    while waiting:
        rows = waiting.pop(0).result()
        waiting += [submit(c) for c in islice(chunks, 1)]
        done += len(rows)
        on_done(done)
        yield from rows


def _chunks(items: Iterable[Submission]) -> Iterator[list[Submission]]:
    chunk, size = [], 0
    for item in items:
        chunk.append(item)
        size += len(item.data)
        if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
