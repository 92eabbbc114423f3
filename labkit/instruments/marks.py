"""Marks of a chart as layers of Vega-Lite, written as dictionaries: boxes, lines, points, words, patterns, hatching.

Label places are computed for the narrowest page (320 px), so that a wide page only gets more air.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from labkit import theme
from labkit.instruments.scales import Scale

NARROW, WIDE = 250.0, 560.0  # px of plotting width on a phone, and for the angle of hatching
FEW = 8  # segments that are drawn one by one
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


HALO = {"color": theme.var("paper"), "stroke": theme.var("paper"), "strokeWidth": 5, "strokeJoin": "round"}


def style_of(style: str) -> tuple[str, str]:
    """Colour and pattern of a style: a term "D", "O", "L"; "you", "other", "idle"; or "colour:pattern"."""
    if style in STYLES:
        return STYLES[style]
    colour, _, pattern = style.partition(":")
    if colour not in theme.LIGHT or (pattern or "solid") not in PATTERNS:
        raise ValueError(f"style {style!r}: use {', '.join(STYLES)}, or colour:pattern with the pattern one of {', '.join(PATTERNS)}")
    return colour, pattern or "solid"


@lru_cache(16_384)  # most of a chart's points stay where they are when a slider moves
def short(value: float) -> float:
    """Six digits are more than a screen has; they halve the size of a chart."""
    return float(f"{value:.6g}")


class Marks:
    """The layers of a chart with one x and one y scale, in the order in which they are painted."""

    def __init__(self, x: Scale, y: Scale, height: float) -> None:
        self.x, self.y, self.height = x, y, float(height)
        # painted in this order: marks, lines with labels, words, then what must never be covered
        self.layers: list[dict] = []
        self.poles: list[dict] = []
        self.words: list[dict] = []
        self.top_layers: list[dict] = []
        self._scales = (x.vega(), y.vega())  # for the frame: what it says of a scale holds for the layers over it, which name no more than the type
        self._types = [{"scale": {"type": scale["type"]}} if "type" in scale else {} for scale in self._scales]

    def _channel(self, name: str) -> dict:
        if name in ("x2", "y2"):
            return {"field": name}
        which = 0 if name == "x" else 1
        channel = {"field": name, "type": "quantitative", **self._types[which]}
        # a layer's `axis: null` would remove the axis that the frame draws
        return channel if (self.x, self.y)[which].ticks else {**channel, "axis": None}

    def add(
        self, mark: dict, values: list[dict], channels: Sequence[str] = ("x", "y"), *, to: list[dict] | None = None, **more: object
    ) -> None:
        """One layer; nothing when there are no values."""
        if values:
            encoding = {name: self._channel(name) for name in channels}
            (self.layers if to is None else to).append({"data": {"values": values}, "mark": mark, "encoding": {**encoding, **more}})

    def rects(
        self,
        boxes: Iterable[tuple],
        colour: str,
        *,
        opacity: float = 1.0,
        stroke: str | None = None,
        width: float = 1.0,
        dash: str = "solid",
    ) -> None:
        """Boxes (x1, x2, y1, y2) in data coordinates; opacity 0 leaves the outline."""
        mark = {"type": "rect", "fill": theme.var(colour), "fillOpacity": opacity}
        if stroke:
            mark |= {"stroke": theme.var(stroke), "strokeWidth": width}
            if DASHES[dash]:
                mark["strokeDash"] = DASHES[dash]
        self.add(mark, [{"x": short(a), "x2": short(b), "y": short(c), "y2": short(d)} for a, b, c, d in boxes], ("x", "x2", "y", "y2"))

    def rules(
        self, segments: Iterable[tuple], colour: str, *, width: float = 1.0, dash: str = "solid", opacity: float = 1.0, top: bool = False
    ) -> None:
        """Straight segments (x1, y1, x2, y2)."""
        mark = {"type": "rule", "color": theme.var(colour), "strokeWidth": width, "opacity": opacity}
        if DASHES[dash]:
            mark["strokeDash"] = DASHES[dash]
        self._segments(mark, list(segments), self.top_layers if top else None)

    def line(
        self, points: Sequence[tuple], colour: str, *, width: float = 2.0, dash: str = "solid", opacity: float = 1.0, step: bool = False
    ) -> None:
        """A line through (x, y) in the order given, or a step that holds each value until the next."""
        mark: dict = {"type": "line", "color": theme.var(colour), "strokeWidth": width, "opacity": opacity, "clip": True}
        if DASHES[dash]:
            mark["strokeDash"] = DASHES[dash]
        if step:
            mark["interpolate"] = "step-after"
        values = [{"x": short(a), "y": short(b), "i": i} for i, (a, b) in enumerate(points)]
        self.add(mark, values, order={"field": "i", "type": "quantitative"})

    def points(
        self,
        points: Iterable[tuple],
        colour: str,
        *,
        shape: str = "circle",
        size: float = 60.0,
        filled: bool = True,
        opacity: float = 1.0,
        top: bool = False,
    ) -> None:
        """Marks at (x, y); filled ones get an edge in the colour of the page, so that they stand off lines."""
        mark: dict = {"type": "point", "shape": shape, "size": size, "opacity": opacity, "strokeWidth": 1.5, "filled": filled}
        mark |= (
            {"fill": theme.var(colour), "stroke": theme.var("paper")} if filled else {"stroke": theme.var(colour), "fill": "transparent"}
        )
        if shape == "cross" and not filled:
            mark |= {"shape": "M-1,-1L1,1M1,-1L-1,1", "size": size / 3}
        self.add(mark, [{"x": short(a), "y": short(b)} for a, b in points], to=self.top_layers if top else None)

    def texts(
        self,
        items: Iterable[tuple],
        colour: str = "ink",
        *,
        align: str = "left",
        dx: float = 0,
        dy: float = 0,
        size: float = theme.SMALL_SIZE,
        bold: bool = False,
        halo: bool = False,
        top: bool = False,
        from_width: float = 0,
    ) -> None:
        """Words at (x, y, text); a halo in the colour of the page keeps them legible on lines.

        They appear once the plot is `from_width` pixels wide.
        """
        values = [{"x": short(a), "y": short(b), "t": t} for a, b, t in items]
        mark = {
            "type": "text",
            "align": align,
            "baseline": "middle",
            "dx": dx,
            "dy": dy,
            "fontSize": size,
            "fontWeight": "bold" if bold else "normal",
        }
        if from_width:
            mark["opacity"] = {"expr": f"width >= {round(from_width)} ? 1 : 0"}
        words, to = {"text": {"field": "t", "type": "nominal"}}, self.top_layers if top else self.words
        if halo:
            self.add({**mark, **HALO}, values, to=to, **words)
        self.add({**mark, "color": theme.word_var(colour)}, values, to=to, **words)

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
        mark = {
            "type": "rule",
            "color": theme.var(colour),
            "strokeWidth": width,
            "strokeDash": dash,
            "strokeDashOffset": -1.5,
            "strokeCap": cap,
            "opacity": opacity,
        }
        self._segments(mark, [(a, m, b, m) for a, b, m in items], None)

    def _segments(self, mark: dict, segments: list[tuple], to: list[dict] | None) -> None:
        """Segments (x1, y1, x2, y2): a rule each, or one broken path where there are many, which a browser draws as one thing."""
        if len(segments) <= FEW:
            values = [{"x": short(a), "y": short(b), "x2": short(c), "y2": short(d)} for a, b, c, d in segments]
            self.add(mark, values, ("x", "x2", "y", "y2"), to=to)
            return
        values = []
        for a, b, c, d in segments:
            i = len(values)
            values += [{"x": short(a), "y": short(b), "i": i}, {"x": short(c), "y": short(d), "i": i + 1}, {"x": None, "y": None, "i": i + 2}]
        path = {**mark, "type": "line", "invalid": "break-paths-show-path-domains"}
        self.add(path, values, to=to, order={"field": "i", "type": "quantitative"})

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
