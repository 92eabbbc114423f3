"""Measurements of our own: the lines that `tools/measure_gpu.py` writes, as cases like any published one.

A file put into `validation/measured/` is scored by `make validate` beside the published cases; `--measured FILE` scores one that
lies elsewhere. A line that says what failed is left out: it measured nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

from validation.cases import Case

FOLDER = Path(__file__).with_name("measured")
AREA = "own measurement"


def files() -> list[Path]:
    """What lies in the folder, in the order of names."""
    return sorted(FOLDER.glob("*.jsonl"))


def cases() -> list[Case]:
    """All of them."""
    return [case for file in files() for case in read(file)]


def read(path: Path) -> list[Case]:
    """The cases of one file: seconds of a call, or watts where power was the question."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    return [_case(path.stem, number, line) for number, line in enumerate(lines, start=1) if "failed" not in line and _value(line) is not None]


def _value(line: dict) -> float | None:
    return line.get("power_w") if line["part"] == "power" else line["time_s"]


def _case(name: str, number: int, line: dict) -> Case:
    watts = line["part"] == "power"
    return Case(
        id=f"own.{name}.{number}",
        area=AREA,
        config=line,
        metric="mean power" if watts else "median time of a call",
        value=_value(line),
        unit="W" if watts else "s",
        source=f"tools/measure_gpu.py on {line['device']}, {line['date']}, driver {line['driver']}, PyTorch {line['torch']}, CUDA {line['cuda']}",
        locator=f"line {number}",
        verified="primary",
        notes="[measured]",
    )
