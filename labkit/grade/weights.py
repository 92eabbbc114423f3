"""What counts how much: points out of 100, by default or by a weighting file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from labkit.grade.judge import Row


@dataclass(frozen=True, slots=True)
class Weights:
    """Points a lab can bring. A prediction is paid for being made, not for being right: a guess is the way in, not the goal."""

    complete: float = 40.0  # the share of the checklist that is done
    replays: float = 20.0  # every number follows from its inputs
    explained: float = 15.0  # share of explanations that the simulator agrees with
    decision: float = 15.0  # a feasible design; the nearer to the best, the more of its second half
    drills: float = 10.0  # three of three, however many tries

    def points(self, row: Row) -> float:
        """Points of one row."""
        explained = row.explained_right / row.explained if row.explained else 0.0
        near = 0.0 if row.distance is None else max(0.0, 1.0 - row.distance)
        decision = 0.5 + 0.5 * near if row.feasible else 0.0
        return round(
            self.complete * row.complete + self.replays * (row.replays and row.complete > 0) + self.explained * explained
            + self.decision * decision + self.drills * min(1.0, row.drills_right / 3),
            2,
        )  # fmt: skip


def read_weights(path: Path | str) -> Weights:
    """Weights from a TOML file with some of complete, replays, explained, decision, drills. ValueError says what is wrong."""
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"The weighting file {path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"The weighting file {path} is not valid TOML: {error}.") from None
    known = [f.name for f in fields(Weights)]
    for key, value in raw.items():
        if key not in known:
            raise ValueError(f"The weighting file {path} has {key!r}; it may have {', '.join(known)}.")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e6:
            raise ValueError(f"The weighting file {path} gives {key} as {value!r}, but it must be a number from 0 on.")
    return Weights(**{k: float(v) for k, v in raw.items()})
