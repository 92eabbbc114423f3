"""Reads the JSON files under `data/`, each once."""

from __future__ import annotations

from functools import cache


@cache
def load(name: str) -> dict:
    """The content of `data/<name>`; callers treat it as read-only."""
    import json
    import os

    with open(os.path.join(os.path.dirname(__file__), "data", *name.split("/")), encoding="utf-8") as file:
        return json.load(file)


def source_of(entry: dict) -> str:
    """The source of one entry `{"value", "source", "illustrative"}` as a reader should see it."""
    return entry["source"] + (" (illustrative)" if entry.get("illustrative") else "")
