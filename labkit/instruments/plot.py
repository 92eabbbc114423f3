"""The drawing kit under the instruments: marks, lines with labels, and the finished specification.

Marks are added in the order in which they are painted; lines with labels are collected and placed last, when it is
known how many rows of labels the chart needs.
"""

from __future__ import annotations

from labkit import theme
from labkit.instruments.base import Limit, finite, you_said
from labkit.instruments.marks import CHAR, DASHES, HALO, LINE, NARROW, Marks, short
from labkit.instruments.scales import Scale

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


class Plot(Marks):
    """A chart in the making; `spec(alt)` ends it."""

    def __init__(self, x: Scale, y: Scale, height: float, *, y_axis: dict | None = None, x_axis: dict | None = None) -> None:
        super().__init__(x, y, height)
        self._axes = (x_axis or {}, y_axis or {})
        self._notes: list[tuple[str, str]] = []
        self._flags: list[tuple[float, str, str, str]] = []
        self._left: list[tuple[float, str, str]] = []
        self._right: list[tuple[float, str, str]] = []
        self._mine: tuple[float, float] | None = None

    # lines with labels

    def note(self, text: str, colour: str = "ink") -> None:
        """A line of words above the plot."""
        self._notes.append((text, colour))

    def flag(self, x: float, label: str, colour: str = "ink", dash: str = "solid") -> None:
        """A vertical line with its label in a row of its own above the plot; beyond the axis it stands at the end and says so."""
        if finite(x, label) != self.x.clip(x):
            label += " (beyond the axis)"
        self._flags.append((self.x.clip(x), label, colour, dash))

    def level(self, y: float, label: str, colour: str = "ink", dash: str = "solid", width: float = 1.5) -> None:
        """A horizontal line, labelled at its left end."""
        if finite(y, label) != self.y.clip(y):
            label += " (beyond the axis)"
        y = self.y.clip(y)
        self.rules([(self.x.lo, y, self.x.hi, y)], colour, width=width, dash=dash)
        self._left.append((y, label, colour))

    def end_label(self, y: float, label: str, colour: str) -> None:
        """The name of a line, at the right edge."""
        self._right.append((self.y.clip(y), label, colour))

    def limit_x(self, limit: Limit | None) -> None:
        """A limit on x: line, label, hatching on the forbidden side."""
        if limit is not None:
            edge = self.x.hi if limit.forbidden == "above" else self.x.lo
            self.hatch([(self.x.clip(limit.value), edge, self.y.lo, self.y.hi)], opacity=0.4)
            self.flag(limit.value, limit.label)

    def limit_y(self, limit: Limit | None) -> None:
        """A limit on y: line, label, hatching on the forbidden side."""
        if limit is not None:
            edge = self.y.hi if limit.forbidden == "above" else self.y.lo
            self.hatch([(self.x.lo, self.x.hi, self.y.clip(limit.value), edge)], opacity=0.4)
            self.level(limit.value, limit.label)

    def said_x(self, value: float | None, unit: str) -> None:
        """The student's prediction of an x."""
        if value is not None:
            self.flag(value, you_said(value, unit), "prediction", "dash")

    def said_y(self, value: float | None, unit: str) -> None:
        """The student's prediction of a y."""
        if value is not None:
            self.level(value, you_said(value, unit), "prediction", "dash", 2)

    def you(self, x: float, y: float, label: str) -> None:
        """The student's own point: the largest mark of the chart, with its label where there is room."""
        x, y = self.x.clip(x), self.y.clip(y)
        self.points([(x, y)], "control", size=230, top=True)
        self.top_layers[-1]["name"] = "you"  # what a later chart draws as the ghost of this move
        self._mine = (x, y)
        if label:
            right = self.x.at(x) > 0.5
            low = self.y.at(y) > 0.85
            self.texts(
                [(x, y, label)],
                "control",
                align="right" if right else "left",
                dx=-11 if right else 11,
                dy=13 if low else -13,
                bold=True,
                halo=True,
                top=True,
            )

    # the end

    def spec(self, alt: str) -> dict:
        """The finished specification; `alt` becomes its description."""
        top = self._place_flags()
        self._place_levels(top)
        view = self.height + top
        x_scale, y_scale = self._scales
        y_scale["range"] = [top, view] if self.y.reverse else [view, top]
        y_scale.pop("reverse", None)
        frame = {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "opacity": 0},
            "encoding": {
                "x": {"datum": self.x.lo, "type": "quantitative", "scale": x_scale, "axis": self._axis(self.x, self._axes[0])},
                "y": {
                    "datum": self.y.lo,
                    "type": "quantitative",
                    "scale": y_scale,
                    "axis": self._axis(self.y, {**self._axes[1], "title": None}),
                },
            },
        }
        return {
            "$schema": SCHEMA,
            "description": alt,
            "usermeta": {"embedOptions": dict(theme.EMBED_OPTIONS), "redraw": True},  # the site's sitebuild/redraw.js may hand it new numbers
            "width": "container",
            "height": view,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "config": theme.vega_config(),
            "layer": [frame, *self.layers, *self.poles, *self.words, *self.top_layers],
        }

    @staticmethod
    def _axis(scale: Scale, more: dict) -> dict | None:
        axis = scale.axis()
        return None if axis is None else {**axis, **more}

    def _fixed(self, x: float, y: float, text: str, align: str, dx: float, colour: str, halo: bool) -> None:
        """Words at an x in data coordinates and a y in pixels from the top of the chart."""
        mark = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "fontSize": theme.SMALL_SIZE}
        words = {"text": {"value": text}, "y": {"value": round(y, 1)}}
        if halo:
            self.add({**mark, **HALO}, [{"x": short(x)}], ("x",), to=self.top_layers, **words)
        self.add({**mark, "color": theme.word_var(colour)}, [{"x": short(x)}], ("x",), to=self.top_layers, **words)

    def _place_flags(self) -> float:
        """Give each flag the first row in which its label meets no other; return the height of the rows."""
        start = LINE + 4 if self.y.title and self.y.ticks else 2.0
        if start > 2:
            self._fixed(self.x.lo, LINE / 2, self.y.title, "left", 0, "ink", False)
        for text, colour in self._notes:
            self._fixed(self.x.lo, start + LINE / 2, text, "left", 0, colour, False)
            start += LINE
        rows: list[list[tuple[float, float]]] = []
        placed = []
        for x, label, colour, dash in sorted(self._flags):
            here, width = self.x.at(x) * NARROW, CHAR * len(label) + 8
            right = here + width > NARROW and here > NARROW / 2
            spot = (here - width, here) if right else (here, here + width)
            row = next((i for i, taken in enumerate(rows) if all(spot[1] <= a or spot[0] >= b for a, b in taken)), len(rows))
            if row == len(rows):
                rows.append([])
            rows[row].append(spot)
            placed.append((x, label, colour, dash, row, right))
        top = start + LINE * len(rows) + (3 if rows else 2)
        for x, label, colour, dash, row, right in placed:
            y = start + LINE * row + LINE / 2
            mark: dict = {"type": "rule", "color": theme.var(colour), "strokeWidth": 1.5 if colour != "prediction" else 2}
            if DASHES[dash]:
                mark["strokeDash"] = DASHES[dash]
            self.add(mark, [{"x": short(x)}], ("x",), y={"value": y - LINE / 2 + 1}, y2={"value": self.height + top}, to=self.poles)
            self._fixed(x, y, label, "right" if right else "left", -5 if right else 5, colour, True)
        return top

    def _place_levels(self, top: float) -> None:
        """Labels of horizontal lines (left) and of series (right), pushed apart until none overlap."""
        for items, x, align, dx in ((self._left, self.x.lo, "left", 5), (self._right, self.x.hi, "right", -5)):
            # in the order of the lines, also where one label moves away from the student's mark
            ordered = sorted(items, key=lambda item: self._down(item[0]))
            places = [(top + self._down(y) + (self._clear_of_mine(y) if align == "right" else -9), label, colour) for y, label, colour in ordered]
            floor = top + 7.0
            ys = []
            for y, _, _ in places:
                ys.append(max(y, floor))
                floor = ys[-1] + LINE
            ceiling = top + self.height - 7
            for i in range(len(ys) - 1, -1, -1):
                ys[i] = min(ys[i], ceiling)
                ceiling = ys[i] - LINE
            for y, (_, label, colour) in zip(ys, places, strict=True):
                self._fixed(x, y, label, align, dx, colour, True)

    def _clear_of_mine(self, y: float) -> float:
        """How far above the end of a line its name stands; farther, or below, where the student's mark is."""
        if self._mine is None or self.x.at(self._mine[0]) < 0.75 or abs(self._down(y) - self._down(self._mine[1])) > 16:
            return -9.0
        return 21.0 if self._down(y) < self.height - 32 else -30.0
