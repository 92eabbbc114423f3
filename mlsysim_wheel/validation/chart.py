"""The chart as SVG, written directly: predicted against published, and below it the ratio by family."""

from __future__ import annotations

import math
from html import escape

from validation.score import FamilyScore

WIDTH, LEFT, TOP, SIDE = 860, 70, 56, 560
LOW, HIGH = -1, 8  # powers of ten on both axes of the upper panel
ROW, LABELS, STRIP = 19, 350, 470  # the lower panel: height of a family, room for names, width of the axis
SPAN = math.log(4)  # ratios from 1/4 to 4
STYLE = """
 .t { font: 12px system-ui, sans-serif; fill: #24292f } .s { font-size: 11px; fill: #57606a } .h { font-size: 15px; font-weight: 600 }
 .g { stroke: #d0d7de; stroke-width: 1 } .d { stroke: #57606a; stroke-width: 1.2 } .b { fill: #57606a; opacity: .10 }
 .fitted { fill: #bf5b04; stroke: #fff; stroke-width: .6 } .checked { fill: #0969da; stroke: #fff; stroke-width: .6 } .m { stroke: #24292f; stroke-width: 2.5 }
 @media (prefers-color-scheme: dark) {
  .t { fill: #e6edf3 } .s { fill: #9da7b3 } .g { stroke: #373e47 } .d { stroke: #9da7b3 } .b { fill: #9da7b3 }
  .fitted { fill: #f0883e; stroke: #0d1117 } .checked { fill: #58a6ff; stroke: #0d1117 } .m { stroke: #e6edf3 }
 }
"""


def svg(scores: list[FamilyScore]) -> str:
    """The chart of all families of measurements."""
    shown = [s for s in scores if s.measured]
    below = TOP + SIDE + 92
    height = below + ROW * len(shown) + 44
    points = sum(s.n for s in shown)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">Predicted against published: {points} measurements in {len(shown)} families</title>',
        '<desc id="desc">Upper panel: each measurement as a point on logarithmic axes, with the line of equality and a band of 25 percent.'
        " Lower panel: the ratio of predicted to published for each family, its median as a bar.</desc>",
        f"<style>{STYLE}</style>",
        f'<text class="t h" x="{LEFT}" y="24">Predicted against published, each in its own unit</text>',
        *_legend(),
    ]
    out += _scatter(shown) + _strip(shown, below)
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _legend() -> list[str]:
    out = []
    for i, (role, words) in enumerate((("checked", "checked: nothing fitted on the family"), ("fitted", "fitted: a global constant was"))):
        x = LEFT + i * 260
        out.append(_mark(role, x + 5, 40) + f'<text class="t s" x="{x + 14}" y="44">{words}</text>')
    return out


def _mark(role: str, x: float, y: float, title: str = "") -> str:
    """A circle for what is checked, a square for what is fitted: the difference does not rest on colour."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    if role == "checked":
        return f'<circle class="checked" cx="{x:.1f}" cy="{y:.1f}" r="4">{inside}</circle>'
    return f'<rect class="fitted" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7">{inside}</rect>'


def _x(value: float) -> float:
    return LEFT + (min(max(math.log10(value), LOW), HIGH) - LOW) / (HIGH - LOW) * SIDE


def _y(value: float) -> float:
    return TOP + SIDE - (_x(value) - LEFT)


def _scatter(shown: list[FamilyScore]) -> list[str]:
    out = []
    for power in range(LOW, HIGH + 1):
        x, y = _x(10.0**power), _y(10.0**power)
        label = {-1: "0.1", 0: "1", 1: "10", 2: "100", 3: "1,000", 4: "10⁴", 5: "10⁵", 6: "10⁶", 7: "10⁷", 8: "10⁸"}[power]
        out += [
            f'<line class="g" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + SIDE}"/>',
            f'<line class="g" x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + SIDE}" y2="{y:.1f}"/>',
            f'<text class="t s" x="{x:.1f}" y="{TOP + SIDE + 18}" text-anchor="middle">{label}</text>',
            f'<text class="t s" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>',
        ]
    low, high, up, down = 10.0**LOW, 10.0**HIGH, 1.25, 1 / 1.25
    corners = ((low, low * up), (high / up, high), (high, high), (high, high * down), (low * up, low), (low, low))
    out.append(f'<polygon class="b" points="{" ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in corners)}"/>')
    out.append(f'<line class="d" x1="{_x(low):.1f}" y1="{_y(low):.1f}" x2="{_x(high):.1f}" y2="{_y(high):.1f}"/>')
    out.append(f'<text class="t" x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 38}" text-anchor="middle">published</text>')
    out.append(f'<text class="t" x="18" y="{TOP + SIDE / 2}" text-anchor="middle" transform="rotate(-90 18 {TOP + SIDE / 2})">predicted</text>')
    for s in shown:
        for r in s.results:
            words = f"{r.case.id}: published {r.case.value:g}, predicted {r.predicted:.4g} {r.case.unit}"
            out.append(_mark(s.family.role, _x(r.case.value), _y(r.predicted), words))
    return out


def _strip(shown: list[FamilyScore], top: float) -> list[str]:
    def at(ratio: float) -> float:
        return LABELS + (min(max(math.log(ratio), -SPAN), SPAN) + SPAN) / (2 * SPAN) * STRIP

    bottom = top + ROW * len(shown)
    out = [
        f'<text class="t h" x="{LEFT}" y="{top - 22}">Predicted over published, by family (bar: median)</text>',
        f'<rect class="b" x="{at(0.8):.1f}" y="{top}" width="{at(1.25) - at(0.8):.1f}" height="{bottom - top}"/>',
    ]
    for ratio, label in ((0.25, "≤ ¼"), (0.5, "½"), (0.8, "0.8"), (1, "1"), (1.25, "1.25"), (2, "2"), (4, "≥ 4")):
        kind = "d" if ratio == 1 else "g"
        out.append(f'<line class="{kind}" x1="{at(ratio):.1f}" y1="{top}" x2="{at(ratio):.1f}" y2="{bottom}"/>')
        out.append(f'<text class="t s" x="{at(ratio):.1f}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    for i, s in enumerate(shown):
        y = top + ROW * (i + 0.5)
        out.append(f'<text class="t s" x="{LABELS - 14}" y="{y + 4:.1f}" text-anchor="end">{escape(s.family.name)} ({s.n})</text>')
        ratios = sorted(r.predicted / r.case.value for r in s.results)
        for r in s.results:
            out.append(_mark(s.family.role, at(r.predicted / r.case.value), y, f"{r.case.id}: {r.predicted / r.case.value:.2f}"))
        middle = at(ratios[len(ratios) // 2])
        out.append(f'<line class="m" x1="{middle:.1f}" y1="{y - 7:.1f}" x2="{middle:.1f}" y2="{y + 7:.1f}"/>')
    return out
