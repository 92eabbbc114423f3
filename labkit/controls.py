"""Controls as data: what a student can change, over which values, from which default.

One declaration makes the widget, checks the value in a log, and lists the values that the tests try. The widgets
themselves are marimo's; their four faults for screen readers (a slider over `steps` speaks an index, a radio group
loses its label, number fields carry markup in their names, nothing is announced) are mended once, in
`assets/head.html`, which reads the attributes that `field_html` writes around each widget.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from labkit.html import attr, text
from labkit.units_shown import exact, shown


class ControlError(ValueError):
    """A value that this control cannot take; the sentence names control, value and what is allowed."""


@dataclass(frozen=True)
class Control:
    """One thing that a student can change."""

    label: str
    default: object
    values: tuple  # every value that it can take
    unit: str = ""
    more: bool = False  # folded away under "more"
    names: tuple[str, ...] = ()  # how the values read, where a unit alone does not say it
    kind: str = "slider"
    help: str = ""
    display: bool = False  # changes how a result is drawn, not the result

    def __post_init__(self):
        if self.default not in self.values:
            raise ControlError(f"{self.label}: the default {self.default!r} is not among the values {self.values}.")

    def check(self, value):
        """The value as declared (2.0 becomes 2 where 2 was declared), or an error that says what is allowed."""
        for own in self.values:
            if type(own) is bool or type(value) is bool or isinstance(own, str) or isinstance(value, str):
                if type(own) is type(value) and own == value:
                    return own
            elif isinstance(value, (int, float)) and math.isclose(own, value, rel_tol=1e-9, abs_tol=1e-12):
                return own
        allowed = ", ".join(map(repr, self.values[:6])) + (" …" if len(self.values) > 6 else "")
        raise ControlError(f"{self.label} is {value!r}, but must be one of {allowed}.")

    def show(self, value) -> str:
        """How the page writes one of the values."""
        return self.names[self.values.index(value)] if self.names else exact(shown(value, self.unit))

    @property
    def ends(self) -> tuple:
        """The values that tests drive it to: both ends, or every option of a choice."""
        return self.values if self.kind != "slider" else (self.values[0], self.values[-1])


def slider(label: str, low: float, high: float, *, step: float, default: float, unit: str = "", more: bool = False, help: str = "") -> Control:
    """Even steps from `low` to `high`."""
    n = round((high - low) / step)
    whole = all(float(x).is_integer() for x in (low, step))
    points = tuple(int(low + i * step) if whole else float(f"{low + i * step:.10g}") for i in range(n + 1))
    return Control(label, points[_nearest(points, default)], points, unit, more, help=help)


def log_slider(label: str, low: float, high: float, *, default: float, per_decade: int = 12, unit: str = "", more: bool = False) -> Control:
    """Even ratios from `low` to `high`, rounded to two digits, the default among them."""
    n = max(2, round(math.log10(high / low) * per_decade))
    points = {float(f"{low * (high / low) ** (i / n):.2g}") for i in range(n + 1)} | {float(low), float(high), float(default)}
    return Control(label, float(default), tuple(sorted(points)), unit, more)


def steps(label: str, values, *, default, unit: str = "", more: bool = False, help: str = "") -> Control:
    """A slider over these values and no others."""
    return Control(label, default, tuple(values), unit, more, help=help)


def choice(label: str, options, *, default, unit: str = "", more: bool = False, help: str = "", display: bool = False) -> Control:
    """One of a few options: a list of values, or a mapping from value to the words for it."""
    names = tuple(options.values()) if isinstance(options, dict) else ()
    return Control(label, default, tuple(options), unit, more, names, "choice", help, display)


def toggle(label: str, *, default: bool = False, more: bool = False, help: str = "") -> Control:
    """On or off."""
    return Control(label, default, (False, True), "", more, ("off", "on"), "toggle", help)


def field_html(element_html: str, label: str, *, kind: str, control: Control | None = None, value=None, help: str = "", fills: str = "") -> str:
    """A widget with its visible label and its value in words, and the attributes from which head.html gives it a name."""
    words = [control.show(v) for v in control.values] if control else []
    data = f" data-lk-values='{attr(json.dumps(words, ensure_ascii=False))}'" if control and kind == "slider" else ""
    data += f" data-lk-now='{attr(control.show(value))}'" if control else ""  # the value for which everything around was computed
    data += f" data-lk-fills='{attr(fills)}'" if fills else ""  # what the browser may fill in, as in HTML's autocomplete
    now = f"<span class='lk-value'>{text(control.show(value))}</span>" if control and kind == "slider" else ""
    hint = f"<span class='lk-hint'>{text(help or (control.help if control else ''))}</span>" if help or (control and control.help) else ""
    return (
        f"<div class='lk-field lk-{kind}' data-lk-name='{attr(label)}'{data}>"
        f"<span class='lk-label'>{text(label)}{now}</span>{element_html}{hint}</div>"
    )


def _nearest(points: tuple, value: float) -> int:
    index = min(range(len(points)), key=lambda i: abs(points[i] - value))
    if not math.isclose(points[index], value, rel_tol=1e-6, abs_tol=1e-9):
        raise ControlError(f"The default {value!r} is not on a step of the slider ({points[:3]} …).")
    return index


