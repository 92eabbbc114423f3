"""What every instrument returns, and the options that instruments share.

An instrument turns numbers into a chart, a sentence, a text alternative and a table. It computes nothing about the
system it shows: whoever calls it did that, in the simulator.

Specifications are written as Vega-Lite dictionaries, not through Altair's classes: a chart of ten layers costs Altair
about 100 ms here, 400 ms in a browser, and a slider must feel immediate. The tests read every specification back with
`alt.Chart.from_dict(spec, validate=True)`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlsysim.units import fmt


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table under a chart; `unit` as in `mlsysim.units.fmt`, empty for words."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A chart, its sentence, its text alternative and the numbers behind it."""

    spec: dict
    title: str
    alt: str
    columns: tuple[Column, ...]
    rows: tuple[tuple, ...]

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"a table row has {len(wrong[0])} cells for {len(self.columns)} columns: {wrong[0]!r}")


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that must not be crossed: the side named by `forbidden` ("above" or "below" the value) is hatched."""

    value: float
    label: str
    forbidden: str = "above"

    def breaks(self, value: float) -> bool:
        """Whether a value lies on the forbidden side."""
        return value > self.value if self.forbidden == "above" else value < self.value


LimitLike = Limit | tuple | None


def as_limit(limit: LimitLike) -> Limit | None:
    """A `Limit`, or a tuple (value, label) or (value, label, "above" | "below") in its place."""
    if limit is None or isinstance(limit, Limit):
        found = limit
    else:
        found = Limit(*limit)
    if found is not None and found.forbidden not in ("above", "below"):
        raise ValueError(f'forbidden side {found.forbidden!r}: a limit forbids "above" or "below"')
    return found


def you_said(value: float, unit: str) -> str:
    """The label of a prediction mark, the same words in every chart."""
    return f"you said {fmt(value, unit)}"


def need(items: Iterable, what: str) -> tuple:
    """The items as a tuple, with an error that says what is missing when there are none."""
    found = tuple(items)
    if not found:
        raise ValueError(f"nothing to draw: {what} is empty")
    return found


def finite(value: float, what: str) -> float:
    """The value, if it is a number that has a place on an axis."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what} is {value!r}: a chart needs a finite number")
    return value


def inside(name: str) -> str:
    """A name as it stands inside a sentence: "Latency" → "latency", while "GPUs" stays."""
    first = name.split(" ")[0]
    return name if first[1:] != first[1:].lower() else name[:1].lower() + name[1:]


def sentence_list(words: Sequence[str], limit: int = 12) -> str:
    """Words joined for a text alternative; long lists are cut with the count that is left out."""
    if len(words) > limit:
        return "; ".join(words[:limit]) + f"; and {len(words) - limit} more in the table"
    return "; ".join(words)


def limit_sentence(limit: Limit | None, unit: str, values: Iterable[float] = ()) -> str:
    """A limit in words: its label, its value, the forbidden side."""
    if limit is None:
        return ""
    broken = any(limit.breaks(value) for value in values)
    state = " It is broken." if broken else ""
    return f" Limit: {limit.label}, {fmt(limit.value, unit)}; {limit.forbidden} it is forbidden.{state}"
