"""Where things lie."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one build. Tests give other ones; everything else derives from the repository's root."""

    root: Path
    out: Path
    cache: Path
    labs: Path

    @classmethod
    def of(cls, root: Path, out: Path | None = None, labs: Path | None = None, cache: Path | None = None) -> "Paths":
        root = root.resolve()
        return cls(root, (out or root / "_site").resolve(), (cache or root / ".cache").resolve(), (labs or root / "labs").resolve())

    @property
    def lock(self) -> Path:
        return self.root / "runtime.lock.json"

    @property
    def simulator(self) -> Path:
        return self.root / "mlsysim_wheel" / "src" / "mlsysim"

    @property
    def kit(self) -> Path:
        return self.root / "labkit"
