"""One entry of the log as its file holds it, each line beside what it means."""

from __future__ import annotations

import json

import msgspec
from labkit import log as logs
from labkit.html import text
from labkit.log_types import Log

MEANING = {
    "kind": "what you did",
    "n": "its number; entries are only added, never changed",
    "at": "when, in universal time",
    "part": "the part of the lab",
    "value": "your guess",
    "choice": "your choice",
    "low": "the lowest value that you would still believe",
    "high": "the highest value that you would still believe",
    "unit": "the unit of the three numbers",
    "field": "the result that answers the question; a grader computes it again",
    "controls": "where the controls stood for the question",
}


def first_prediction(log: Log) -> str:
    """The first prediction as JSON beside its meaning, or "" where there is none yet."""
    entry = next((e for e in log.entries if isinstance(e, logs.Prediction)), None)
    if entry is None:
        return ""
    rows = "".join(
        f"<tr><td><code>{text(json.dumps(key))}: {text(json.dumps(value, ensure_ascii=False))}</code></td><td>{MEANING.get(key, '')}</td></tr>"
        for key, value in msgspec.to_builtins(entry).items()
        if value is not None
    )
    return f"<p>Your log is a plain text file. This is its first prediction:</p><div class='lk-scroll' tabindex='0' role='region' aria-label='The first prediction in the log'><table class='lk-entry'><tr><th scope='col'>in the file</th><th scope='col'>what it means</th></tr>{rows}</table></div>"
