"""The small drawing kit under the instruments: layers of a Vega-Lite chart, written as dictionaries.

A `Plot` has one x and one y scale. Marks are added in the order in which they are painted; lines with labels are
collected and placed last, when it is known how many rows of labels the chart needs. Label places are computed for the
narrowest page (320 px), so that a wide page only gets more air.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labkit import theme
from labkit.instruments.base import Limit, finite, you_said
from labkit.instruments.scales import Scale

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
NARROW, WIDE = 250.0, 560.0  # px of plotting width on a phone, and for the angle of hatching
CHAR, LINE = 6.4, 15.0  # px: mean width of a letter at 12 px, height of a line of labels
DASHES = {"solid": None, "dash": [6, 4], "dot": [1.5, 3.5], "short": [3, 3]}
PATTERNS = ("solid", "hatch", "dots", "open", "idle")
STYLES = {
    "D": ("data", "solid"),
    "O": ("arithmetic", "hatch"),
    "L": ("overhead", "dots"),
    "you": ("control", "solid"),
    "other": ("edge", "open"),
    "idle": ("muted", "idle"),
}


_HALO = {"color": theme.var("paper"), "stroke": theme.var("paper"), "strokeWidth": 5, "strokeJoin": "round"}


def style_of(style: str) -> tuple[str, str]:
    """Colour and pattern of a style: a term "D", "O", "L"; "you", "other", "idle"; or "colour:pattern"."""
    if style in STYLES:
        return STYLES[style]
    colour, _, pattern = style.partition(":")
    if colour not in theme.LIGHT or (pattern or "solid") not in PATTERNS:
        raise ValueError(f"style {style!r}: use {', '.join(STYLES)}, or colour:pattern with the pattern one of {', '.join(PATTERNS)}")
    return colour, pattern or "solid"


def short(value: float) -> float:
    """Six digits are more than a screen has; they halve the size of a chart."""
    return float(f"{value:.6g}")


class Plot:
    """A chart in the making; `spec(alt)` ends it."""

    def __init__(self, x: Scale, y: Scale, height: float, *, y_axis: dict | None = None, x_axis: dict | None = None) -> None:
        self.x, self.y, self.height = x, y, float(height)
        # painted in this order: marks, lines with labels, words, then what must never be covered
        self.layers: list[dict] = []
        self.poles: list[dict] = []
        self.words: list[dict] = []
        self.top_layers: list[dict] = []
        self._notes: list[tuple[str, str]] = []
        self._flags: list[tuple[float, str, str, str]] = []
        self._left: list[tuple[float, str, str]] = []
        self._right: list[tuple[float, str, str, float]] = []
        self._axes = (x_axis or {}, y_axis or {})
        self._scales = (x.vega(), y.vega())

    # marks

    def _channel(self, name: str) -> dict:
        if name in ("x2", "y2"):
            return {"field": name}
        which = 0 if name == "x" else 1
        channel = {"field": name, "type": "quantitative", "scale": self._scales[which]}
        # a layer's `axis: null` would remove the axis that the frame draws
        return channel if (self.x, self.y)[which].ticks else {**channel, "axis": None}

    def add(self, mark: dict, values: list[dict], channels: Sequence[str] = ("x", "y"), *, to: list[dict] | None = None, **more: object) -> None:
        """One layer; nothing when there are no values."""
        if values:
            encoding = {name: self._channel(name) for name in channels}
            (self.layers if to is None else to).append({"data": {"values": values}, "mark": mark, "encoding": {**encoding, **more}})

    def rects(self, boxes: Iterable[tuple], colour: str, *, opacity: float = 1.0, stroke: str | None = None, width: float = 1.0, dash: str = "solid") -> None:
        """Boxes (x1, x2, y1, y2) in data coordinates; opacity 0 leaves the outline."""
        mark = {"type": "rect", "fill": theme.var(colour), "fillOpacity": opacity}
        if stroke:
            mark |= {"stroke": theme.var(stroke), "strokeWidth": width}
            if DASHES[dash]:
                mark["strokeDash"] = DASHES[dash]
        self.add(mark, [{"x": short(a), "x2": short(b), "y": short(c), "y2": short(d)} for a, b, c, d in boxes], ("x", "x2", "y", "y2"))

    def rules(self, segments: Iterable[tuple], colour: str, *, width: float = 1.0, dash: str = "solid", opacity: float = 1.0, top: bool = False) -> None:
        """Straight segments (x1, y1, x2, y2)."""
        mark = {"type": "rule", "color": theme.var(colour), "strokeWidth": width, "opacity": opacity}
        if DASHES[dash]:
            mark["strokeDash"] = DASHES[dash]
        self.add(mark, [{"x": short(a), "y": short(b), "x2": short(c), "y2": short(d)} for a, b, c, d in segments], ("x", "x2", "y", "y2"),
                 to=self.top_layers if top else None)

    def line(self, points: Sequence[tuple], colour: str, *, width: float = 2.0, dash: str = "solid", opacity: float = 1.0, step: bool = False) -> None:
        """A line through (x, y) in the order given, or a step that holds each value until the next."""
        mark: dict = {"type": "line", "color": theme.var(colour), "strokeWidth": width, "opacity": opacity, "clip": True}
        if DASHES[dash]:
            mark["strokeDash"] = DASHES[dash]
        if step:
            mark["interpolate"] = "step-after"
        values = [{"x": short(a), "y": short(b), "i": i} for i, (a, b) in enumerate(points)]
        self.add(mark, values, order={"field": "i", "type": "quantitative"})

    def points(self, points: Iterable[tuple], colour: str, *, shape: str = "circle", size: float = 60.0, filled: bool = True, opacity: float = 1.0,
               top: bool = False) -> None:
        """Marks at (x, y); filled ones get an edge in the colour of the page, so that they stand off lines."""
        mark: dict = {"type": "point", "shape": shape, "size": size, "opacity": opacity, "strokeWidth": 1.5, "filled": filled}
        mark |= {"fill": theme.var(colour), "stroke": theme.var("paper")} if filled else {"stroke": theme.var(colour), "fill": "transparent"}
        if shape == "cross" and not filled:
            mark |= {"shape": "M-1,-1L1,1M1,-1L-1,1", "size": size / 3}
        self.add(mark, [{"x": short(a), "y": short(b)} for a, b in points], to=self.top_layers if top else None)

    def texts(self, items: Iterable[tuple], colour: str = "ink", *, align: str = "left", dx: float = 0, dy: float = 0, size: float = theme.SMALL_SIZE,
              bold: bool = False, halo: bool = False, top: bool = False, from_width: float = 0) -> None:
        """Words at (x, y, text); a halo in the colour of the page keeps them legible on lines.

        They appear once the plot is `from_width` pixels wide.
        """
        values = [{"x": short(a), "y": short(b), "t": t} for a, b, t in items]
        mark = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "dy": dy, "fontSize": size, "fontWeight": "bold" if bold else "normal"}
        if from_width:
            mark["opacity"] = {"expr": f"width >= {round(from_width)} ? 1 : 0"}
        words, to = {"text": {"field": "t", "type": "nominal"}}, self.top_layers if top else self.words
        if halo:
            self.add({**mark, **_HALO}, values, to=to, **words)
        self.add({**mark, "color": theme.var(colour)}, values, to=to, **words)

    def bars(self, items: Iterable[tuple], thickness: float, *, opacity: float = 1.0) -> None:
        """Horizontal bars (x1, x2, y of the middle, style) whose pattern has the same grain at every width.

        Vega has no pattern fills. A rule as thick as the bar, dashed, is a row of strokes that ends exactly where the
        bar ends; a rule with round dots is a row of dots.
        """
        groups: dict[tuple[str, str], list[tuple]] = {}
        for a, b, middle, style in items:
            groups.setdefault(style_of(style), []).append((a, b, middle))
        half = thickness / 2 * (self.y.hi - self.y.lo) / self.height
        for (colour, pattern), found in groups.items():
            boxes = [(a, b, m - half, m + half) for a, b, m in found]
            if pattern == "solid":
                self.rects(boxes, colour, opacity=opacity, stroke="paper" if thickness > 6 else None, width=0.5)
                continue
            if pattern == "idle":
                self._stroke(found, colour, thickness, [1, 6], opacity * 0.55)
                continue
            self.rects(boxes, colour, opacity=0.1 * opacity, stroke=colour, width=1)
            if pattern == "hatch":
                self._stroke(found, colour, thickness, [2, 3], opacity)
            elif pattern == "dots":
                rows = 1 if thickness < 9 else 2 if thickness < 16 else 3
                for i in range(rows):
                    shift = (i - (rows - 1) / 2) * half * 2 / rows
                    self._stroke([(a, b, m + shift) for a, b, m in found], colour, 2.6, [0.1, 5], opacity, cap="round")

    def _stroke(self, items: Sequence[tuple], colour: str, width: float, dash: list[float], opacity: float, cap: str = "butt") -> None:
        mark = {"type": "rule", "color": theme.var(colour), "strokeWidth": width, "strokeDash": dash, "strokeDashOffset": -1.5, "strokeCap": cap,
                "opacity": opacity}
        self.add(mark, [{"x": short(a), "x2": short(b), "y": short(m)} for a, b, m in items], ("x", "x2", "y"))

    def hatch(self, boxes: Iterable[tuple], *, spacing: float = 9.0, opacity: float = 0.5, colour: str = "edge") -> None:
        """Diagonal lines cut to the boxes (x1, x2, y1, y2): what is void or forbidden."""
        segments = []
        for x1, x2, y1, y2 in boxes:
            u1, u2 = sorted((self.x.at(self.x.clip(x1)) * WIDE, self.x.at(self.x.clip(x2)) * WIDE))
            v1, v2 = sorted((self._down(y1), self._down(y2)))
            if u2 - u1 < 0.5 or v2 - v1 < 0.5:
                continue
            c = (int((u1 + v1) / spacing) + 1) * spacing
            while c < u2 + v2:
                a, b = max(u1, c - v2), min(u2, c - v1)
                segments.append((self.x.back(a / WIDE), self._up(c - a), self.x.back(b / WIDE), self._up(c - b)))
                c += spacing
        self.rules(segments, colour, opacity=opacity)

    def _down(self, y: float) -> float:
        """Pixels from the top of the plot."""
        place = self.y.at(self.y.clip(y))
        return self.height * (place if self.y.reverse else 1 - place)

    def _up(self, pixels: float) -> float:
        place = pixels / self.height
        return self.y.back(place if self.y.reverse else 1 - place)

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
        self._right.append((self.y.clip(y), label, colour, -9.0))

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
        if self.x.at(x) > 0.75:  # names of lines at the right edge keep clear of the mark and of its label
            self._right += [(y, "", "control", -9.0), (y, "", "control", 6.0)]
        if label:
            right = self.x.at(x) > 0.5
            low = self.y.at(y) > 0.85
            self.texts([(x, y, label)], "control", align="right" if right else "left", dx=-11 if right else 11, dy=13 if low else -13, bold=True, halo=True,
                       top=True)

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
                "y": {"datum": self.y.lo, "type": "quantitative", "scale": y_scale, "axis": self._axis(self.y, {**self._axes[1], "title": None})},
            },
        }
        return {
            "$schema": SCHEMA,
            "description": alt,
            "usermeta": {"embedOptions": dict(theme.EMBED_OPTIONS)},
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
            self.add({**mark, **_HALO}, [{"x": short(x)}], ("x",), to=self.top_layers, **words)
        self.add({**mark, "color": theme.var(colour)}, [{"x": short(x)}], ("x",), to=self.top_layers, **words)

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
        left = [(y, label, colour, -9.0) for y, label, colour in self._left]
        for items, x, align, dx in ((left, self.x.lo, "left", 5), (self._right, self.x.hi, "right", -5)):
            places = sorted((top + self._down(y) + shift, label, colour) for y, label, colour, shift in items)
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
                if label:
                    self._fixed(x, y, label, align, dx, colour, True)
