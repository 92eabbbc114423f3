"""Replay agrees with what the lab computed and finds whatever was changed."""

import json
import random

import pytest
from labkit import log as logs
from labkit.grade.replay import Replayer
from labkit.log_file import head_hash, import_bytes


def changed(data: bytes, change) -> logs.Log:
    """The log after `change` did something to its JSON, with a hash that fits again."""
    document = json.loads(data)
    change(document)
    document["head_hash"] = head_hash(document)
    return import_bytes(json.dumps(document).encode(), None)


def codes(lab, log):
    return {f.code for f in Replayer(lab).findings(log)}


def first(document, kind):
    return next(e for e in document["entries"] if e["kind"] == kind)


def test_an_honest_log_replays(lab, honest):
    assert Replayer(lab).findings(import_bytes(honest, None)) == []


def test_every_number_of_every_result_is_checked(lab, honest):
    rng = random.Random(2)
    document = json.loads(honest)
    for i, entry in enumerate(document["entries"]):
        numbers = [k for k, v in entry.get("result", {}).items() if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if not numbers:
            continue
        key = rng.choice(numbers)

        def change(d, i=i, key=key):
            d["entries"][i]["result"][key] = d["entries"][i]["result"][key] * 1.0001 + 1e-6

        findings = Replayer(lab).findings(changed(honest, change))
        assert [(f.n, f.code) for f in findings] == [(entry["n"], "number")] and key in findings[0].words


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("observation", lambda e: e.update(right=not e["right"]), "verdict"),
        ("observation", lambda e: e["controls"].update({next(iter(e["controls"])): "no such setting"}), "controls"),
        ("observation", lambda e: e["controls"].update(extra=1), "controls"),
        ("observation", lambda e: e["result"].update(extra=1.0), "number"),
        ("decision", lambda e: e["constraints"][0].update(holds=not e["constraints"][0]["holds"]), "verdict"),
        ("decision", lambda e: e["rejected"]["result"].update({next(iter(e["rejected"]["result"])): "other"}), "number"),
        ("drill", lambda e: e["answers"][0].update(value=e["answers"][0]["value"] * 3 + 1, right=True), "drill"),
        ("drill", lambda e: e["parameters"].update({next(iter(e["parameters"])): 12345}), "drill"),
        ("prediction", lambda e: e.update(low=-1e9), "prediction"),
    ],
)
def test_a_change_is_found_and_named(lab, honest, kind, change, code):
    assert codes(lab, changed(honest, lambda d: change(first(d, kind)))) == {code}


def test_another_name_than_the_seeds_is_flagged(lab, honest):
    assert "seed" in codes(lab, changed(honest, lambda d: d["learner"].update(name="Somebody Else")))


def test_an_observation_before_its_prediction_is_flagged(lab, honest):
    def swap(d):
        a, b = d["entries"][0], d["entries"][1]
        a["n"], b["n"] = b["n"], a["n"]
        a["at"], b["at"] = b["at"], a["at"]
        d["entries"][:2] = [b, a]

    assert "order" in codes(lab, changed(honest, swap))
