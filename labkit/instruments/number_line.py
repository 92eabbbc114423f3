"""A piece of the number line as a format sees it: its numbers as ticks, and whether an increment gets half way to the next."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, need
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels

HEIGHT, HALF_WAY, ARROW, AXIS = 132.0, 28.0, 64.0, 88.0  # px from the top: the label half way, the arrow, the line
_UP = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST = 14  # more numbers than this under one arrow are counted, not drawn


def number_line(
    value: float,
    grid: Sequence[float],
    increment: float,
    spacing: float,
    *,
    title: str,
    format_name: str,
    last: bool = False,
    note: str = "",
) -> Instrument:
    """The numbers of a format around `value` (`grid`, rising), the arrow of an increment from it, and the half-way mark.

    `spacing` is the distance to the next number; with `last` there is no next one, and what lies beyond is hatched.
    """
    grid = need(grid, "the list of numbers")
    value, increment, spacing = finite(value, "the value"), finite(increment, "the increment"), finite(spacing, "the spacing")
    target, half, following = value + increment, value + spacing / 2, value + spacing
    under = increment / spacing
    near = under <= MOST
    low = min([v for v in grid if v >= value - 2.2 * spacing], default=value) - 0.6 * spacing if near else value - 0.12 * increment
    high = max(value + 2.6 * spacing, target + 0.6 * spacing) if near else target + 0.12 * increment
    plot = Plot(Scale(low, high), pixels(HEIGHT), HEIGHT, y_axis={"domain": False, "ticks": False})
    if last:
        plot.hatch([(min(half, high), high, AXIS - 22, AXIS + 8)], opacity=0.6)
    plot.rules([(low, AXIS, high, AXIS)], "edge", width=1.5)
    ticks = [v for v in grid if low <= v <= high]
    ticks += [grid[-1] + spacing * i for i in range(1, MOST + 3) if near and not last and grid[-1] + spacing * i <= high]
    if near:
        plot.rules([(v, AXIS - 9, v, AXIS + 9) for v in ticks], "ink", width=2)
        if half <= high:
            plot.rules([(half, HALF_WAY + 8, half, AXIS + 9)], "muted", width=1.5, dash="short")
            plot.texts([(half, HALF_WAY, "half way")], "muted", align="center", halo=True)
        if not last and following <= high:
            plot.texts([(following, AXIS + 33, written(following))], align="center", halo=True)
        before = max((v for v in ticks if v < value), default=None)
        if before is not None:
            plot.texts([(before, AXIS + 33, written(before))], align="center", halo=True)
    else:
        words = f"{under:,.0f} numbers of {format_name} under this arrow"
        plot.texts([((value + target) / 2, AXIS - 13, words)], "muted", align="center", halo=True)
    plot.rules([(value, ARROW, target, ARROW)], "control", width=3, top=True)
    plot.points([(target, ARROW)], "control", shape="triangle-right", size=110, top=True)
    plot.texts([(value, ARROW - 13, f"+ {written(increment, 4)}")], "control", bold=True, halo=True, dx=1)
    plot.points([(value, AXIS)], "control", size=200, top=True)
    plot.texts([(value, AXIS + 19, written(value))], "control", align="center", bold=True, halo=True)
    plot.texts([(low, 8.0, note or f"Numbers of {format_name} around the sum")], halo=True, dx=1)
    reach = "beyond" if increment > spacing / 2 else "exactly to" if increment == spacing / 2 else "short of"
    alt = f"{title}. Number line of {format_name} around {written(value)}: the next number is "
    alt += f"{'none, it is the largest' if last else written(following)}, half way lies {written(spacing / 2)} on. "
    alt += f"The arrow of {written(increment)} reaches {reach} the half-way mark. {note}"
    rows = tuple((written(v), written(v - value), "the sum" if v == value else "") for v in grid)
    return Instrument(plot.spec(alt), title, alt, (Column("number of the format"), Column("away from the sum"), Column("")), rows)


def written(value: float, digits: int = 9) -> str:
    """A number with the digits that matter on a number line, where neighbours must not look alike: 1.97753906, 256."""
    text = f"{value:,.{digits}g}"
    if "e" not in text:
        return text.replace("-", "−")
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_UP)}".replace("-", "−")
