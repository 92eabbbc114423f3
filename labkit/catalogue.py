"""The declarations of a lab, read from its file as plain Python: for tests, the grader, and other labs."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from labkit.experiment import Drill, Experiment


@dataclass(frozen=True)
class LabFile:
    """What a lab file declares, in its own order."""

    path: Path
    id: str
    experiments: tuple[Experiment, ...]
    drills: tuple[Drill, ...]

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiments that ask for a prediction."""
        return tuple(e for e in self.experiments if not e.is_decision)

    @property
    def decision(self) -> Experiment:
        """The design challenge; a lab has exactly one."""
        return next(e for e in self.experiments if e.is_decision)


def read_lab(path: Path | str) -> LabFile:
    """Import a lab file and collect its declarations. No cell runs: `with app.setup` and the functions are enough."""
    path = Path(path).resolve()
    name = f"labs_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that pickling and inspect find the functions
    spec.loader.exec_module(module)
    found = list(vars(module).values())
    experiments = tuple(v.experiment for v in found if isinstance(getattr(v, "experiment", None), Experiment))
    drills = tuple(v.drill for v in found if isinstance(getattr(v, "drill", None), Drill))
    return LabFile(path, path.stem, experiments, drills)


def lab_paths(root: Path | str) -> list[Path]:
    """Every lab under a `labs/` folder, in course order."""
    return sorted(Path(root).glob("vol[12]/lab_*.py"))
