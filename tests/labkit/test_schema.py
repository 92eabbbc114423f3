"""The published JSON Schema: every export fits it, and what is no log does not."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from labkit.log import Answer, Constraint, Design, Simulator, append, export_bytes, start, stored_bytes, utc_now
from labkit.schema import json_schema, main, schema_text


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def empty():
    return start("lab_05_nn_compute", "1.0", "0" * 64, simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))


def full():
    log = append(empty(), "prediction", part="a", value=12, low=8, high=20, unit="ms", field="p99_s", controls={"rate_per_s": 400})
    log = append(log, "prediction", part="b", choice="memory")
    log = append(log, "observation", part="a", controls={"rate_per_s": 400.0}, result={"p99_s": 0.074, "fits": True, "waits_s": (1, 2.5)},
                 explanation="queue", right=True, text="It waits.")  # fmt: skip
    log = append(log, "drill", question="1", parameters={"x_ms": 0.5}, right=False, unit="ms",
                 answers=[Answer(value=3.0, at=utc_now(), right=False), Answer(value="12", at=utc_now(), right=False)])  # fmt: skip
    log = append(log, "decision", controls={"b": 8}, result={"cost_usd": 12.5}, rationale="cheap", revisit_when="prices move",
                 constraints=[Constraint(name="deadline", holds=True, limit=0.2, value=0.1, unit="s")],
                 rejected=Design(controls={"b": 1}, result={"cost_usd": 90.0}))  # fmt: skip
    return append(log, "note", text="Ünïcode 💡", part="a")


@pytest.mark.parametrize("make", [empty, full])
def test_every_export_fits_at_every_stage(make, validator):
    validator.validate(json.loads(export_bytes(make(), {"part a": False})))
    validator.validate(json.loads(stored_bytes(make())))


def test_fields_of_a_later_minor_version_fit(validator):
    document = json.loads(export_bytes(full(), {})) | {"schema": "mlsys-decision-log/1.7", "mood": "calm"}
    document["entries"][0]["confidence"] = 0.8
    validator.validate(document)


BREAK = {
    "no seed": lambda d: d.pop("seed"),
    "seed is text": lambda d: d.update(seed="1"),
    "no hash": lambda d: d.pop("head_hash"),
    "hash is no hash": lambda d: d.update(head_hash="abc"),
    "lab id with a path": lambda d: d["lab"].update(id="../lab"),
    "unknown kind": lambda d: d["entries"][0].update(kind="guess"),
    "value is text": lambda d: d["entries"][0].update(value="12"),
    "entry without part": lambda d: d["entries"][0].pop("part"),
    "controls is a list": lambda d: d["entries"][2].update(controls=[]),
    "constraint without verdict": lambda d: d["entries"][4]["constraints"][0].pop("holds"),
    "entries is an object": lambda d: d.update(entries={}),
}


@pytest.mark.parametrize("how", BREAK)
def test_what_is_no_log_does_not_fit(how, validator):
    document = json.loads(export_bytes(full(), {}))
    BREAK[how](document)
    assert not validator.is_valid(document)


def test_the_schema_says_what_it_is():
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["title"] and schema["$id"] and schema["description"]
    assert all(definition["description"] for definition in schema["$defs"].values())
    assert set(schema["$defs"]) >= {"Prediction", "Observation", "Decision", "Drill", "Note"}
    assert all("unknown" not in definition["properties"] for definition in schema["$defs"].values())
    assert "Later" not in schema_text()


def test_the_command_writes_the_schema(tmp_path, capsys):
    assert main([str(tmp_path / "schema.json")]) == 0
    assert json.loads((tmp_path / "schema.json").read_text("utf-8")) == json_schema()
    assert main([]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert main(["--help"]) == 2
