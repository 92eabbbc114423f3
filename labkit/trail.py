"""What stood on an instrument before the last move, so that a page can show what the move changed."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.instruments.base import Instrument


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting of an instrument: its controls, its result, its charts."""

    controls: dict
    result: object
    charts: tuple[Instrument, ...]


class Trail:
    """The setting shown now and the one before it, a part each. Redrawing the same setting is no move."""

    def __init__(self) -> None:
        self._now: dict[str, Shown] = {}
        self._before: dict[str, Shown] = {}

    def move(self, key: str, shown: Shown) -> Shown | None:
        """Note what is shown; what was shown before the last move, or None if nothing has moved yet."""
        now = self._now.get(key)
        if now is not None and now.controls != shown.controls:
            self._before[key] = now
        self._now[key] = shown
        return self._before.get(key)

    def forget(self, key: str) -> None:
        """What could not be shown is not compared with."""
        self._now.pop(key, None)
        self._before.pop(key, None)


def with_ghost(chart: Instrument, old: Instrument | None) -> dict:
    """The chart's specification with the student's earlier point as a faint ring under the present one."""
    yours, before = _yours(chart), old and _yours(old)
    if not yours or not before or before["data"] == yours["data"]:
        return chart.spec
    frame, *layers = chart.spec["layer"]
    (left, right), (low, high) = (frame["encoding"][axis]["scale"]["domain"] for axis in ("x", "y"))
    inside = [p for p in before["data"]["values"] if left <= p["x"] <= right and low <= p["y"] <= high]
    mark = {**yours["mark"], "fill": "transparent", "stroke": yours["mark"]["fill"], "opacity": 0.5, "filled": False}
    ring = {"data": {"values": inside}, "mark": mark, "encoding": yours["encoding"]}
    return {**chart.spec, "layer": [frame, ring, *layers]} if inside else chart.spec


def _yours(chart: Instrument) -> dict | None:
    return next((layer for layer in chart.spec["layer"] if layer.get("name") == "you"), None)
