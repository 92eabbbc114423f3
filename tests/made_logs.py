"""Logs that several tests read: an empty one, one with an entry of every kind, and files of them."""

import json

from labkit.canonical import canonical_sha256
from labkit.log import Answer, Constraint, Design, Simulator, append, export_bytes, start, utc_now

LAB = "lab_05_nn_compute"


def new(lab=LAB, **kw):
    return start(lab, "1.2", "ab" * 32, simulator=Simulator(name="mlsysim", version="1.0.0", sha256="cd" * 32), **kw)


def worked():
    log = append(new(name="Ada", section="B"), "prediction", part="a", value=12, low=8, high=20, unit="ms", field="p99_ms")
    log = append(log, "observation", part="a", controls={"rate_per_s": 400}, result={"p99_ms": 0.1 + 0.2, "fits": True},
                 explanation="queue", right=True, text="…")  # fmt: skip
    log = append(log, "drill", question="1", parameters={"x_ms": 0.5}, answers=[Answer(value=3.0, at=utc_now(), right=False)], right=False)
    log = append(log, "decision", controls={"b": 8}, result={"cost_usd": 9.0}, constraints=[Constraint(name="c", holds=True)],
                 rejected=Design(controls={"b": 1}, result={}))  # fmt: skip
    return append(log, "note", text="done")


def document(log=None, **checklist):
    return json.loads(export_bytes(log or worked(), checklist))


def sealed(doc):
    """A log file with the hash that fits its content."""
    doc = {key: value for key, value in doc.items() if key != "head_hash"}
    doc["head_hash"] = canonical_sha256({key: value for key, value in doc.items() if key != "complete"})
    return json.dumps(doc).encode()
