"""Colour, type and the chart configuration that every lab shares.

Colours are CSS custom properties, so one chart serves the light and the dark page: a chart says `var(--lk-ink)` and the
browser resolves it, also when the student switches the theme. That works because charts are drawn as SVG.

The three terms of the Iron Law keep one colour and one pattern everywhere: data solid blue, arithmetic hatched
vermilion, overhead dotted green. They come from the Okabe-Ito set and are moved in lightness until they reach 4.5:1
against the page, in both modes, so that the same colour may carry text.
"""

from __future__ import annotations

LIGHT: dict[str, str] = {
    "paper": "#ffffff",
    "ink": "#1b1b1a",
    "muted": "#5b5b58",
    "rule": "#d8d8d4",
    "edge": "#858581",
    "control": "#9b3f76",
    "prediction": "#8a6000",
    "data": "#0067a3",
    "arithmetic": "#b44a00",
    "overhead": "#00755a",
}
DARK: dict[str, str] = {
    "paper": "#181c1a",
    "ink": "#eceeed",
    "muted": "#b0b4b1",
    "rule": "#3b403d",
    "edge": "#7f8581",
    "control": "#e69ac6",
    "prediction": "#f0b429",
    "data": "#62b9ee",
    "arithmetic": "#ff9255",
    "overhead": "#41c49c",
}

TEXT_COLOURS = ("ink", "muted", "control", "prediction", "data", "arithmetic", "overhead")  # 4.5:1 against paper
MARK_COLOURS = (*TEXT_COLOURS, "edge")  # 3:1 against paper; `rule` is decoration: grid lines only

TERM_COLOUR = {"D": "data", "O": "arithmetic", "L": "overhead"}
TERM_PATTERN = {"D": "solid", "O": "hatch", "L": "dots"}
TERM_NAME = {"D": "moving data", "O": "arithmetic", "L": "overhead"}

FONT = "PT Sans, system-ui, sans-serif"  # the text face that the front end ships; by name, because Vega measures text with it
FONT_SIZE = 13
SMALL_SIZE = 12


def var(name: str) -> str:
    """The CSS reference of a colour: `var("ink")` → `"var(--lk-ink)"`."""
    if name not in LIGHT:
        raise KeyError(f"no colour {name!r}; the palette has {', '.join(LIGHT)}")
    return f"var(--lk-{name})"


def word_var(name: str) -> str:
    """The colour of words about marks in this colour: its own, or the nearest that reaches 4.5:1, as `edge` does not."""
    return var(name if name in TEXT_COLOURS or name == "paper" else "muted")


def css() -> str:
    """The custom properties of both modes. marimo puts the class `dark` on the body; it decides, also for theme "system"."""
    light = ";".join(f"--lk-{name}:{value}" for name, value in LIGHT.items())
    dark = ";".join(f"--lk-{name}:{value}" for name, value in DARK.items())
    return f":root{{{light}}}\n.dark,[data-theme=dark]{{{dark}}}\n@media print{{:root,.dark,[data-theme=dark]{{{light}}}}}"


def vega_config() -> dict:
    """The part of a Vega-Lite specification that is the same in every chart."""
    text = {"font": FONT, "fontSize": SMALL_SIZE, "fontWeight": "normal"}
    return {
        "aria": False,  # the chart has one description; its marks are not read out one by one
        "background": "transparent",
        "font": FONT,
        "lineBreak": "\n",
        "padding": {"left": 4, "right": 10, "top": 4, "bottom": 4},
        "view": {"stroke": None, "fill": None},
        "axis": {
            "labelColor": var("muted"),
            "titleColor": var("ink"),
            "labelFont": FONT,
            "titleFont": FONT,
            "labelFontSize": SMALL_SIZE,
            "titleFontSize": FONT_SIZE,
            "titleFontWeight": "normal",
            "titlePadding": 6,
            "gridColor": var("rule"),
            "gridOpacity": 1,
            "domainColor": var("edge"),
            "tickColor": var("edge"),
            "tickSize": 4,
            "labelLimit": 220,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
            "labelFlush": False,
        },
        "text": {**text, "color": var("ink")},
        "rule": {"color": var("edge")},
        "line": {"color": var("ink"), "strokeWidth": 2},
        "rect": {"color": var("ink")},
    }


EMBED_OPTIONS = {"renderer": "svg", "actions": False}


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance).

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
