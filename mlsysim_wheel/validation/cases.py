"""A published number with its configuration, as `cases.jsonl` holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("cases.jsonl")
# How the notes of a case begin: what was measured is evidence about the world, the rest only tests a formula.
MEASURED = ("measured", "expert statement", "energy x published grid factor")


class Unmodelled(Exception):
    """A case that the simulator cannot represent; the message says why."""


@dataclass(frozen=True)
class Case:
    """One published number."""

    id: str
    area: str
    config: dict
    metric: str
    value: float
    unit: str
    source: str
    locator: str
    verified: str
    notes: str

    @property
    def kind(self) -> str:
        """The tag that opens the notes: "measured", "derived", "price" …"""
        return self.notes.partition("[")[2].partition("]")[0]

    @property
    def measured(self) -> bool:
        """Whether the number is evidence about the world."""
        return self.kind.startswith(MEASURED)

    def get(self, key: str, default=None):
        """A value of the configuration, if it is given and not empty."""
        value = self.config.get(key)
        return default if value is None else value

    def need(self, key: str):
        """A value of the configuration without which there is no prediction."""
        value = self.config.get(key)
        if value is None:
            raise Unmodelled(f"the configuration does not state {key!r}")
        return value


def read(path: Path = FILE) -> list[Case]:
    """All cases of a file with one JSON object a line."""
    with open(path, encoding="utf-8") as file:
        return [Case(**json.loads(line)) for line in file if line.strip()]
