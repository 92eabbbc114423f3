"""The contrast of a chart's words with what is painted under them, read from its specification."""

from __future__ import annotations

import math
import re

from labkit import theme
from labkit.instruments.marks import CHAR, WIDE

MODES = {"light": theme.LIGHT, "dark": theme.DARK}


def too_faint(spec: dict, least: float = 4.5) -> list[str]:
    """The words of a chart that do not reach `least` to 1 in a mode; each word is judged at its middle."""
    found = []
    layers = spec["layer"]
    for n, layer in enumerate(layers):
        if layer["mark"]["type"] != "text" or "stroke" in layer["mark"]:  # a stroke makes it a halo, which is judged with its words
            continue
        haloed = "stroke" in layers[n - 1]["mark"] and layers[n - 1]["data"] == layer["data"]
        for row in layer["data"]["values"]:
            text = layer["encoding"]["text"]
            words = text["value"] if "value" in text else row["t"]
            under = [] if haloed else _fills(layers[:n], _middle(spec, layer, row, words), spec)
            for mode, palette in MODES.items():
                ratio = theme.contrast(palette[_name(layer["mark"]["color"])], _painted(under, palette))
                if ratio < least:
                    found.append(f"{words!r} in {mode}: {ratio:.2f}")
    return found


def _name(var: str) -> str:
    return re.fullmatch(r"var\(--lk-(\w+)\)", var)[1]


def _fills(layers: list[dict], place: tuple[float, float], spec: dict) -> list[tuple[str, float]]:
    """Colour and opacity of the boxes that hold this place, in the order in which they are painted."""
    found = []
    for layer in layers:
        if layer["mark"]["type"] == "rect":
            for box in layer["data"]["values"]:
                (x1, x2), (y1, y2) = (sorted(_pixels(spec, axis, box[k]) for k in (axis, f"{axis}2")) for axis in "xy")
                if x1 < place[0] < x2 and y1 < place[1] < y2:
                    found.append((_name(layer["mark"]["fill"]), layer["mark"]["fillOpacity"] * layer["mark"].get("opacity", 1)))
    return found


def _painted(fills: list[tuple[str, float]], palette: dict[str, str]) -> str:
    """The colour that these fills make on paper."""
    colour = palette["paper"]
    for name, share in fills:
        parts = (round(share * int(palette[name][i : i + 2], 16) + (1 - share) * int(colour[i : i + 2], 16)) for i in (1, 3, 5))
        colour = "#" + "".join(f"{part:02x}" for part in parts)
    return colour


def _middle(spec: dict, layer: dict, row: dict, words: str) -> tuple[float, float]:
    """Where the middle of the words stands, in pixels of a wide chart."""
    mark, places = layer["mark"], []
    for axis in "xy":
        channel = layer["encoding"].get(axis, {})
        places.append(channel["value"] if "value" in channel else _pixels(spec, axis, row[axis]))
    half = CHAR * max(map(len, str(words).split("\n"))) / 2
    return places[0] + mark.get("dx", 0) + {"left": half, "right": -half}.get(mark["align"], 0), places[1] + mark.get("dy", 0)


def _pixels(spec: dict, axis: str, value: float) -> float:
    scale = spec["layer"][0]["encoding"][axis]["scale"]  # the frame says it for all layers
    (low, high), bend = scale["domain"], math.log if scale.get("type") == "log" else float
    share = (bend(value) - bend(low)) / (bend(high) - bend(low))
    start, end = (0.0, WIDE) if axis == "x" else scale["range"]
    return start + share * (end - start)
