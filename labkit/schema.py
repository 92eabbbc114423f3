"""The JSON Schema of the decision log, generated from its types: `python -m labkit.schema [FILE]`."""

from __future__ import annotations

import json
import sys

import msgspec
from labkit.log_types import SCHEMA, Log


def json_schema() -> dict:
    """The JSON Schema (2020-12) that every exported log of this version fits.

    Objects may have further fields: a later minor version adds them, and a reader of this version keeps them.
    """
    schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Log)))  # tuples as lists
    defs = schema["$defs"]
    del defs["Later"]  # how this version holds what it does not know; no log says so
    for definition in defs.values():
        definition.get("properties", {}).pop("unknown", None)
    entries = defs["Log"]["properties"]["entries"]["items"]
    entries["anyOf"] = [kind for kind in entries["anyOf"] if kind["$ref"] != "#/$defs/Later"]
    entries.get("discriminator", {}).get("mapping", {}).pop("later", None)
    defs["Log"]["required"] = [*defs["Log"]["required"], "head_hash"]  # every log that is written has it
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "Decision log",
        "description": f"A student's work in one lab ({SCHEMA}). Numbers are full doubles; units stand in the keys.",
        **schema,
    }


def schema_text() -> str:
    """The schema as the file that is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema to the file named, or to standard output."""
    if len(arguments) > 1 or any(a.startswith("-") for a in arguments):
        print("usage: python -m labkit.schema [FILE]", file=sys.stderr)
        return 2
    if arguments:
        with open(arguments[0], "w", encoding="utf-8", newline="\n") as file:
            file.write(schema_text())
    else:
        sys.stdout.write(schema_text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
