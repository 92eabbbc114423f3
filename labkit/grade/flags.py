"""What only shows across logs: the same words, the same log, the same attempt; and times that no person works in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from labkit.grade.judge import Row

FASTEST_MINUTES = 4.0  # a whole lab, read and done
ENOUGH = 0.8  # complete enough for its time to mean something
LONG_TEXT = 6  # words: shorter sentences agree by chance


def with_flags(rows: Iterable[Row]) -> list[Row]:
    """The rows with what comparison found. A flag is a reason to look, with its evidence; it is no verdict."""
    rows = list(rows)
    texts, hashes, attempts = defaultdict(set), defaultdict(list), defaultdict(list)
    for i, row in enumerate(rows):
        for text in row.texts:
            if len(text.split()) >= LONG_TEXT:
                texts[row.lab, normal(text)].add(i)
        if row.head_hash:
            hashes[row.head_hash].append(i)
        if row.attempt:
            attempts[row.attempt].append(i)
    found: dict[int, list[str]] = defaultdict(list)
    for (_, text), who in texts.items():
        students = {rows[i].student or rows[i].place for i in who}
        if len(students) > 1:
            for i in who:
                others = sorted(students - {rows[i].student or rows[i].place})
                found[i].append(f"text: The same words as {_list(others)}: “{text[:80]}”.")
    for same in hashes.values():
        for i in same[1:] if len(same) > 1 else ():
            found[i].append(f"copy: The same log as {rows[same[0]].place}.")
    for same in attempts.values():
        students = {rows[i].student for i in same}
        if len(students) > 1:
            for i in same:
                others = sorted(rows[j].student or rows[j].place for j in same if rows[j].student != rows[i].student)
                found[i].append(f"attempt: The same attempt as {_list(others)}.")
    for i, row in enumerate(rows):
        if not row.reason and row.complete >= ENOUGH and row.minutes < FASTEST_MINUTES:
            found[i].append(f"time: {row.complete:.0%} of the lab in {row.minutes:.1f} minutes.")
    return [replace(row, flags=row.flags + tuple(found[i])) if i in found else row for i, row in enumerate(rows)]


def normal(text: str) -> str:
    """Words alone, in lower case: what spacing, case and punctuation do not change."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _list(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
