"""The decision log as a file: exported at any stage, imported whole or refused with its reason."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labkit.canonical import canonical_sha256
from labkit.log import LogRefused, append, export_bytes, import_bytes, stored_bytes
from made_logs import LAB, document, new, sealed, worked


class TestExportAndImport:
    @pytest.mark.parametrize("make", [new, worked])
    def test_a_round_trip_loses_nothing_at_any_stage(self, make):
        log = make()
        back = import_bytes(export_bytes(log, {"part a": True, "decision": False}), LAB, "1.2")
        assert back.entries == log.entries
        assert (back.lab, back.simulator, back.runtime, back.learner, back.seed, back.attempt, back.started_at) == (
            log.lab, log.simulator, log.runtime, log.learner, log.seed, log.attempt, log.started_at,
        )  # fmt: skip
        assert back.complete == {"part a": True, "decision": False}
        assert import_bytes(stored_bytes(log), LAB).entries == log.entries

    def test_the_file_is_as_the_contract_says(self):
        doc = document(worked(), decision=True)
        assert doc["schema"] == "mlsys-decision-log/1.0"
        assert {"lab", "simulator", "runtime", "learner", "seed", "attempt", "started_at", "exported_at"} <= doc.keys()
        assert {"entries", "complete", "head_hash"} <= doc.keys()
        assert doc["head_hash"] == canonical_sha256({k: v for k, v in doc.items() if k not in ("complete", "head_hash")})
        assert [entry["kind"] for entry in doc["entries"]] == ["prediction", "observation", "drill", "decision", "note"]

    def test_work_goes_on_after_an_import(self):
        log = append(import_bytes(export_bytes(worked(), {}), LAB), "note", text="more")
        assert import_bytes(export_bytes(log, {}), LAB).entries == log.entries

    def test_spelling_and_order_in_the_file_do_not_matter(self):
        doc = dict(reversed(document().items()))
        assert import_bytes(b"\xef\xbb\xbf" + json.dumps(doc, indent=7).encode(), LAB).entries

    def test_what_a_later_minor_version_added_survives(self):
        doc = document() | {"schema": "mlsys-decision-log/1.3", "mood": {"a": [1]}, "unknown": {"unknown": 1}}
        doc["lab"]["colour"] = "blue"
        doc["entries"][0]["confidence"] = 0.8
        doc["entries"][3]["constraints"][0]["slack"] = 2
        doc["entries"][3]["rejected"]["why"] = "dear"
        doc["entries"][2]["answers"][0]["hint"] = True
        doc["entries"].append({"n": 6, "at": "2026-03-01T12:00:00Z", "kind": "sketch", "strokes": [[0, 1]], "unknown": 3})
        log = append(import_bytes(sealed(doc), LAB), "note", text="after")
        again = document(log)
        again["entries"].pop()
        for key in ("schema", "mood", "unknown", "lab"):
            assert again[key] == doc[key]
        for ours, theirs in zip(again["entries"][:5], doc["entries"][:5], strict=True):
            assert ours == theirs
        sketch = again["entries"][5]
        assert (sketch["kind"], sketch["strokes"], sketch["unknown"]) == ("sketch", [[0, 1]], 3)
        assert import_bytes(export_bytes(log, {}), LAB).entries == log.entries

    def test_the_grader_reads_logs_of_any_lab(self):
        assert import_bytes(export_bytes(new("lab_01"), {}), None).lab.id == "lab_01"


def change(**path_to_value):
    def edit(doc):
        for path, value in path_to_value.items():
            *way, last = path.split("__")
            place = doc
            for step in way:
                place = place[int(step) if step.isdigit() else step]
            place[last] = value

    return edit


SEALED_BUT_WRONG = {
    "another lab": (change(lab__id="lab_06_nn_arch"), "another lab.*lab_06_nn_arch.*lab_05_nn_compute"),
    "a newer format": (change(schema="mlsys-decision-log/2.0"), "newer format.*2.0"),
    "an older format": (change(schema="mlsys-decision-log/0.9"), "older format"),
    "another format": (change(schema="notebook/4"), "not a decision log.*notebook/4"),
    "no format": (lambda doc: doc.pop("schema"), "not a decision log"),
    "a newer lab": (change(lab__version="2.0"), "newer version of this lab"),
    "text for a number": (change(entries__0__low="8"), r"entries\[0\]\.low: expected `float"),
    "no seed": (lambda doc: doc.pop("seed"), "seed"),
    "a fractional seed": (change(seed=1.5), "seed"),
    "a huge seed": (change(seed=2**53), "seed"),
    "an attempt that is a path": (change(attempt="../../etc/passwd"), "attempt"),
    "an unknown kind": (change(entries__0__kind="guess"), r"entries\[0\]"),
    "our own kind for later ones": (change(entries__0__kind="later"), "entries.*kind.*later"),
    "a kind that is a list": (change(entries__0__kind=[]), r"entries\[0\]"),
    "an entry that is a number": (lambda doc: doc["entries"].insert(1, 5), r"entries\[1\]"),
    "entries that are an object": (change(entries={"0": {}}), "entries"),
    "an entry without time": (lambda doc: doc["entries"][0].pop("at"), r"entries\[0\].*at"),
    "a time without zone": (change(entries__4__at="2026-03-01T12:00:00"), r"entries\[4\]\.at"),
    "a time of nowhere": (change(started_at="2026-13-01T12:00:00Z"), "started_at"),
    "lab that is a list": (change(lab=[]), "lab"),
    "half a character": (change(learner__name="\ud800"), "learner.name.*surrogate"),
}


PLACES = {"schema", "lab", "seed", "attempt", "entries", "learner", "complete", "head_hash", "started_at", "runtime"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["kind", "n", "at", "id", "unknown"]), inner, max_size=3),
    max_leaves=5,
)


class TestRefusals:
    @pytest.mark.parametrize("case", SEALED_BUT_WRONG)
    def test_a_log_that_is_not_as_it_should_be(self, case):
        edit, pattern = SEALED_BUT_WRONG[case]
        doc = document()
        edit(doc)
        try:
            data = sealed(doc)
        except ValueError:  # no hash can be made of half a character
            data = json.dumps(doc).encode()
        with pytest.raises(LogRefused, match=pattern) as refusal:
            import_bytes(data, LAB, "1.2")
        assert str(refusal.value).endswith("Nothing was imported.")

    @pytest.mark.parametrize(
        ("data", "pattern"),
        [
            (b"", "not JSON"),
            (b"\xff\xfe{}", "not UTF-8"),
            (b"PK\x03\x04", "not JSON"),
            (b"[1]", "not an object"),
            (b"null", "not an object"),
            (b'{"a": NaN}', "NaN"),
            (b'{"a": -Infinity}', "-Infinity"),
            (b'{"a": 1, "a": 2}', "'a' twice"),
            (b'{"a": 1', "not JSON: line 1"),
            (b"[" * 100_000, "nested 100000 levels"),
            (b'{"a":' * 100_000, "nested 100000 levels"),
            (b'"' + b'\\"' * 1_000_000, "not JSON"),
            (b" " * 5_000_001, "too large.*5.0 MB.*at most 5 MB"),
            (b'{"schema": "mlsys-decision-log/1.0"}', "not the shape"),
        ],
    )  # fmt: skip
    def test_a_file_that_is_no_log(self, data, pattern):
        with pytest.raises(LogRefused, match=pattern):
            import_bytes(data, LAB)

    def test_brackets_in_a_text_are_no_nesting(self):
        log = append(new(), "note", text='[{"\\' * 1000)
        assert import_bytes(export_bytes(log, {}), LAB).entries == log.entries

    @pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
    def test_a_number_that_no_double_holds(self, number):
        data = json.dumps(document()).replace("0.30000000000000004", number).encode()
        with pytest.raises(LogRefused, match=r"entries\[1\]\.result\.p99_ms"):
            import_bytes(data, LAB)

    @pytest.mark.parametrize(
        "edit",
        [
            change(entries__0__value=74.0),
            change(entries__4__text="Done"),
            change(learner__name="Eve"),
            change(exported_at="2026-03-01T12:00:00Z"),
            change(head_hash="0" * 64),
            change(note="added"),
            lambda doc: doc["entries"].pop(),
            lambda doc: doc["entries"].reverse(),
        ],
    )
    def test_a_log_that_was_changed(self, edit):
        doc = document()
        edit(doc)
        with pytest.raises(LogRefused, match="changed or damaged"):
            import_bytes(json.dumps(doc).encode(), LAB)

    def test_a_log_without_hash(self):
        doc = document()
        del doc["head_hash"]
        with pytest.raises(LogRefused, match="no hash"):
            import_bytes(json.dumps(doc).encode(), LAB)

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def test_a_damaged_file_is_refused_and_never_half_read(self, data):
        file = bytearray(FILE)
        place = data.draw(st.integers(0, len(file) - 1))
        file[place] = data.draw(st.integers(0, 255))
        try:
            log = import_bytes(bytes(file), LAB)
        except LogRefused:
            return
        assert document(log)["entries"] == json.loads(FILE)["entries"]  # white space, or the checklist

    @settings(max_examples=50, deadline=None)
    @given(st.binary(max_size=200))
    def test_no_bytes_make_it_fail_otherwise(self, data):
        with pytest.raises(LogRefused):
            import_bytes(data, LAB)

    @settings(max_examples=50, deadline=None)
    @given(st.sampled_from(sorted(PLACES)), ANYTHING)
    def test_any_value_in_any_place_is_refused_with_a_sentence(self, key, value):
        doc = copy.deepcopy(json.loads(FILE)) | {key: value}
        try:
            import_bytes(json.dumps(doc).encode(), LAB)
        except LogRefused as refusal:
            assert str(refusal)


FILE = export_bytes(worked(), {"part a": True})
