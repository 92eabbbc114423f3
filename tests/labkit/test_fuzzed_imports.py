"""Fifty thousand files that are nearly a log: each is refused with a sentence or read whole, and nothing else ever happens.

The same files come every time. FUZZ_SEED=2 makes others, FUZZ_FILES=500000 makes more.
"""

import copy
import json
import math
import os
import pickle
import random
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from labkit.canonical import NotCanonical, canonical_bytes
from labkit.log import append, drills, merge, order_flags
from labkit.log_file import MAX_BYTES, LogRefused, export_bytes, import_bytes
from labkit.log_types import to_document
from labkit.report import report
from made_logs import LAB, document, new, sealed, worked

SEED, FILES, SETS = int(os.environ.get("FUZZ_SEED", "1")), int(os.environ.get("FUZZ_FILES", "50000")), 10
CODE = "__import__('os').system('true') or ${7*7} {{7*7}} <script>alert(1)</script> !!python/object/apply:os.system"
TEXTS = (
    "", " ", "\0", "\n", "A\n", "a" * 3000, CODE, "=1+1", "\u202eabc", "\ufeff", "e\u0301", "👩‍👩‍👧‍👦" * 50, "\ud83d", "\udc00", "\ufffe", "NaN", "null",
    "__class__", "../../x", "9" * 20,
)  # fmt: skip
NUMBERS = (0, -0.0, 1, -1, 0.1, 1e308, 5e-324, 2**53, 2**53 + 1, -(2**63), 10**25, 1.5, 1e22, True, False)
LITERALS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400, "1" * 5000, "01", "1.", "+1", "0x10", "'a'", "undefined", '"\\ud800"',
    '"\\u0000"', '{"a":1,"a":1}',
)  # fmt: skip
TIMES = (
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999-23:59", "2026-02-30T00:00:00Z", "2016-12-31T23:59:60Z",
    "2026-03-01", "2026-03-01T12:00:00",
)  # fmt: skip
HOLE = "\u2302"  # where a literal goes that Python's json would not write


def bases() -> list[dict]:
    """An empty log, one with every kind of entry, and one of a later minor version with what only that one knows."""
    later = document() | {"schema": "mlsys-decision-log/1.4", "mood": {"a": [1]}}
    later["entries"][0]["confidence"] = 0.5
    later["entries"].append({"n": 6, "at": "2026-03-01T12:00:00Z", "kind": "sketch", "strokes": [[0, 1]]})
    made = [document(new()), document(worked(), part=True), later]
    for doc in made:  # the same in every run
        doc |= {"attempt": "0f2b1c3d-0000-4000-8000-00000000000a", "started_at": "2026-03-01T12:00:00Z", "exported_at": "2026-03-01T12:50:00Z"}
        doc["runtime"] = {"marimo": "0.25.2", "python": "3.14.0", "platform": "emscripten"}
        for entry in doc["entries"]:
            entry["at"] = f"2026-03-01T12:{entry['n']:02}:00Z"
            for answer in entry.get("answers", ()):
                answer["at"] = entry["at"]
    return made


def anything(r: random.Random, depth: int = 0):
    """Some JSON value: of any type, huge, nested, of any characters."""
    kind = r.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return r.choice(TEXTS)
    if kind < 4:
        return r.choice(NUMBERS) if r.random() < 0.8 else r.uniform(-1, 1) * 10.0 ** r.randrange(-320, 308)
    if kind == 4:
        return r.choice((None, [], {}, HOLE))
    if kind == 5:
        return r.choice(TIMES)
    if kind == 6:
        return [anything(r, depth + 1) for _ in range(r.randrange(4))]
    if kind == 7:
        return {r.choice((*TEXTS[:12], "kind", "n", "at", "unknown", "part", "tag")): anything(r, depth + 1) for _ in range(r.randrange(4))}
    deep = None
    for _ in range(r.choice((2, 25, 33, 60))):
        deep = r.choice(([deep], {"a": deep}))
    return deep


def places(value, found: list) -> list:
    """Every (container, key) of a document."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            places(inner, found)
    return found


def changed_structure(r: random.Random, doc: dict) -> None:
    """One change in place."""
    where, key = r.choice(places(doc, []))
    other_where, other = r.choice(places(doc, []))
    match r.randrange(9):
        case 0 | 1 | 2:
            where[key] = anything(r)
        case 3:
            del where[key]
        case 4:
            where[key] = copy.deepcopy(other_where[other])
        case 5 if isinstance(where, dict):
            where[r.choice((*TEXTS[:10], "unknown", "kind", "Part", key + " "))] = where.pop(key)
        case 5 | 6 if isinstance(where, list):
            where.insert(key, anything(r) if r.random() < 0.5 else copy.deepcopy(where[key]))
        case 6:
            where[r.choice(("unknown", "kind", "tag", "n", "text", "low", "head_hash", "x"))] = anything(r)
        case 7 if isinstance(where[key], str) and where[key]:
            text, at = where[key], r.randrange(len(where[key]))
            where[key] = text[:at] + r.choice(TEXTS) + text[at + r.randrange(2) :]
        case 7 if isinstance(where[key], (int, float)):
            where[key] = -where[key] * r.choice((1, 1e-300, 10**17, 0.5))
        case _:
            where[key] = [where[key]] if r.random() < 0.5 else str(where[key])


def changed_bytes(r: random.Random, data: bytes) -> bytes:
    """A few changes of bytes: other ones, missing ones, more of them, an end too early."""
    out = bytearray(data)
    for _ in range(r.choice((1, 1, 2, 5))):
        at, length = r.randrange(len(out) or 1), r.choice((1, 1, 4, 60))
        match r.randrange(6) if out else 5:
            case 0:
                out[at] = r.randrange(256)
            case 1:
                out[at] ^= 1 << r.randrange(8)
            case 2:
                del out[at : at + length]
            case 3:
                out[at:at] = r.choice((bytes(r.randrange(256) for _ in range(length)), out[at : at + length], b"[" * length, b'"', b"\\", b"\0"))
            case 4:
                out[at:at] = out[(other := r.randrange(len(out))) : other + length]
            case 5:
                del out[at + 1 :]
    return bytes(out)


def mutant(r: random.Random, base: dict) -> bytes:
    """One file: most have the hash that fits, so that what lies behind it is reached."""
    if r.random() < 0.25:
        return changed_bytes(r, json.dumps(base, ensure_ascii=r.random() < 0.5).encode())
    doc = json.loads(json.dumps(base))
    for _ in range(r.choice((1, 1, 1, 2, 4))):
        changed_structure(r, doc)
        if not doc:
            break
    try:
        data = sealed(doc) if r.random() < 0.85 else json.dumps(doc).encode()
    except ValueError:  # no hash can be made of it
        data = json.dumps(doc).encode()
    if r.random() < 0.05:  # a key twice
        key = r.choice(list(doc) or ["a"])
        data = data.replace(f'"{key}":'.encode(), f'"{key}": 1, "{key}":'.encode(), 1)
    return data.replace(json.dumps(HOLE).encode(), r.choice(LITERALS).encode()) if HOLE.encode("unicode_escape") in data else data


def said(value):
    """A document as its meaning: every number a double, every time an instant. A field without a value says as much as none."""
    if isinstance(value, dict):
        return {key: said(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [said(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return instant(value) if isinstance(value, str) and value[4:5] == "-" else value


def instant(text: str):
    """A time to the millisecond, as the labs write it; a log holds six digits of a second, rounded."""
    try:
        return round((datetime.fromisoformat(text) - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds(), 3)
    except (ValueError, TypeError):
        return text


def defaults_left_out(doc: dict) -> dict:
    """A log need not write an empty text, or an empty list of constraints."""
    empty = {"text": "", "rationale": "", "revisit_when": "", "constraints": []}
    entries = [{k: v for k, v in e.items() if k not in empty or v != empty[k] or e["kind"] == "note"} for e in doc["entries"]]
    return {**doc, "entries": entries}


class Forbidden:
    """While it is open: what a reader has no business to do, as Python's own audit events tell it."""

    NAMES = ("exec", "compile", "import", "open", "os.", "subprocess.", "socket.", "pickle.", "ctypes.", "marshal.")

    def __init__(self):
        self.seen, self.on = [], False
        sys.addaudithook(lambda event, args: self.seen.append((event, args)) if self.on and event.startswith(self.NAMES) else None)

    def __enter__(self):
        self.on = True
        return self

    def __exit__(self, *error):
        self.on = False


@pytest.fixture(scope="module")
def forbidden():
    return Forbidden()


def read(data: bytes, forbidden: Forbidden):
    """The log, or None where it was refused with a sentence."""
    with forbidden:
        try:
            log = import_bytes(data, LAB, "1.2")
        except LogRefused as refused:
            log, words = None, str(refused)
    assert not forbidden.seen, forbidden.seen
    if log is None:
        assert words.endswith(("Nothing was imported.", "as the lab exported it.")) and len(words) < 700, words
        words.encode()  # the page can show it
    return log


def lives_on(log) -> None:
    """What was read is a log like any other: it can be added to, joined, shown, exported and read again."""
    more = append(log, "note", text="on")
    assert more.entries[:-1] == log.entries and merge(more, log).entries == more.entries
    again = import_bytes(export_bytes(more, {}), LAB, "1.2")
    assert said(to_document(again)["entries"]) == said(to_document(more)["entries"])
    assert report(log) and order_flags(log) is not None and drills(log) is not None


@pytest.mark.parametrize("part", range(SETS))
def test_a_file_that_is_nearly_a_log_is_refused_or_read_whole(part, forbidden):
    r, made = random.Random(f"{SEED} {part}"), bases()
    for base in made:
        assert import_bytes(sealed(base), LAB)  # and modules that are imported when they are needed are there
    whole = refused = 0
    for n in range(FILES // SETS):
        data = mutant(r, made[n % len(made)])
        try:
            log = read(data, forbidden)
            if log is None:
                refused += 1
                continue
            whole += 1
            source = json.loads(data.decode("utf-8-sig"))
            assert defaults_left_out(said(to_document(log))) == defaults_left_out(said(source))
            if whole % 10 == 1:
                lives_on(log)
        except Exception as error:
            raise AssertionError(f"file {n} of set {part}, seed {SEED}: {data[:3000]!r}") from error
    assert whole > FILES // SETS / 50 and refused > FILES // SETS / 4, "the files must try both roads"


def bomb(inside: bytes) -> bytes:
    """A log of the largest size whose field `x` holds this over and over."""
    doc = sealed(document() | {"x": "HERE"})
    room = (MAX_BYTES - len(doc)) // len(inside) - 2
    return doc.replace(b'"HERE"', b"[" + b",".join([inside] * room)[: MAX_BYTES - len(doc)].rpartition(b",")[0] + b"]")


BOMBS = {
    "many empty lists": bomb(b"[]"),
    "many numbers": bomb(b"1.5"),
    "many texts": bomb(b'"\\n"'),
    "many keys": sealed(document())[:-1] + b', "x": {' + b",".join(b'"%d":0' % n for n in range(450_000)) + b"}}",
    "many keys, the last one twice": sealed(document())[:-1] + b', "x": {' + b",".join(b'"%d":0' % n for n in range(450_000)) + b',"449999":0}}',
    "a long key over many numbers": sealed(document())[:-1] + b', "x": {"' + b"k" * 2_000_000 + b'": [' + b"0," * 1_400_000 + b"null,NaN]}}",
    "a long key over half a character": sealed(document())[:-1] + b', "x": {"' + b"k" * 2_000_000 + b'": [' + b"0," * 1_400_000 + b'"\\ud800"]}}',
    "one long number": sealed(document())[:-1] + b', "x": ' + b"1" * 4_900_000 + b"}",
    "one long fraction": sealed(document())[:-1] + b', "x": 0.' + b"1" * 4_900_000 + b"}",
    "a long kind": json.dumps(document() | {"entries": [{"kind": "k" * 4_900_000, "n": 1, "at": "2026-03-01T12:00:00Z"}]}).encode(),
}


LIMITED = """
import pickle, resource, sys
from labkit.log_file import LogRefused, import_bytes
for name, data in pickle.load(sys.stdin.buffer).items():
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))  # a log of 5 MB in 1 GiB, all of Python included
    resource.setrlimit(resource.RLIMIT_CPU, (200, 200))  # seconds for all of them; what is quadratic takes hours
    try:
        import_bytes(data, "lab_05_nn_compute")
    except LogRefused as refused:
        if len(str(refused)) < 700:
            print(name)
"""


def test_the_largest_files_cost_bounded_memory_and_time():
    assert all(0.9 * MAX_BYTES < len(data) <= MAX_BYTES for data in BOMBS.values())
    done = subprocess.run([sys.executable, "-c", LIMITED], input=pickle.dumps(BOMBS), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert done.stdout.decode().splitlines() == list(BOMBS)


def test_a_number_that_only_looks_finite_is_none():
    with pytest.raises(NotCanonical):
        canonical_bytes({"a": math.inf})
