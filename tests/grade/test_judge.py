"""One log, one row; and a file made to do harm is one row as well."""

import json

import pytest
from labkit.grade.collect import Submission
from labkit.grade.judge import Judge
from labkit.log_file import head_hash


@pytest.fixture(scope="module")
def judge(lab):
    return Judge({lab.id: lab})


def row(judge, data, place="a.json"):
    return judge.row(Submission(place, "by name", data))


def test_an_honest_log_is_complete_and_replays(judge, sample):
    rows = [row(judge, data) for _, kind, data in sample if kind == "honest"]
    assert all(r.reason == "" and r.replays for r in rows)
    assert any(r.complete == 1 and r.feasible for r in rows)
    assert all(0 <= r.complete <= 1 and r.words > 0 for r in rows)


def test_a_tampered_log_does_not_replay(judge, sample):
    assert not any(row(judge, data).replays for _, kind, data in sample if kind == "tampered")


def test_the_checklist_is_counted_again_and_not_believed(judge, honest):
    document = json.loads(honest)
    document["entries"] = []
    document["complete"] = {"Everything": True}
    document["head_hash"] = head_hash(document)
    assert row(judge, json.dumps(document).encode()).complete == 0


def test_a_distance_is_zero_at_the_best_and_never_negative(judge, sample):
    distances = [r.distance for _, _, data in sample for r in [row(judge, data)] if r.distance is not None]
    assert distances and min(distances) == 0 and all(d >= 0 for d in distances)


HARM = {
    "empty": b"",
    "no JSON": b"\x00\xff",
    "a long string": json.dumps({"schema": "x" * 10_000_000}).encode(),
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "NaN": b'{"schema": NaN}',
    "a number without end": b'{"schema": ' + b"9" * 100_000 + b"}",
    "another format": b'{"schema": "mlsys-decision-log/9.0"}',
    "a list": b"[1, 2, 3]",
    "twice the same key": b'{"schema": "mlsys-decision-log/1.0", "schema": "x"}',
}


@pytest.mark.parametrize("data", HARM.values(), ids=HARM)
def test_a_file_made_to_do_harm_is_one_row_with_its_reason(judge, data):
    found = row(judge, data)
    assert found.reason and found.student == "by name" and not found.replays


def test_a_text_of_megabytes_is_judged_and_its_row_stays_a_row(judge, honest):
    document = json.loads(honest)
    next(e for e in document["entries"] if e["kind"] == "observation")["text"] = "word " * 300_000
    document["head_hash"] = head_hash(document)
    found = row(judge, json.dumps(document).encode())
    assert found.reason or found.words >= 300_000


def test_files_made_to_be_large_do_not_add_up_in_memory():
    from labkit.grade import parallel

    chunks = list(parallel._chunks(Submission(f"{n}.json", data=b" " * 4_000_000) for n in range(9)))
    assert max(sum(len(s.data) for s in chunk) for chunk in chunks) <= parallel.CHUNK_BYTES and sum(map(len, chunks)) == 9


def test_a_million_entries_are_refused_by_their_size(judge, honest):
    document = json.loads(honest)
    document["entries"] = document["entries"][:1] * 100_000
    assert "too large" in row(judge, json.dumps(document).encode()).reason


def test_code_in_a_text_field_stays_text(judge, honest, tmp_path):
    document = json.loads(honest)
    document["learner"]["name"] = "=HYPERLINK('x')<script>alert(1)</script>"
    document["head_hash"] = head_hash(document)
    from labkit.grade.class_report import class_report
    from labkit.grade.gradebook import gradebook
    from labkit.grade.weights import Weights

    found = row(judge, json.dumps(document).encode())
    assert gradebook([found])["student"][0].startswith("'=")
    page = class_report([found], Weights(), {})
    assert "<script>" not in page


def test_a_log_of_an_unknown_lab_says_so(judge, honest):
    document = json.loads(honest)
    document["lab"]["id"] = "lab_99_nothing"
    document["head_hash"] = head_hash(document)
    assert "no lab" in row(judge, json.dumps(document).encode()).reason
