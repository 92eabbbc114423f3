"""The class's decisions against the frontier, for the class report: words, a chart without a script, and its table."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence

from labkit.grade.frontier import NEAR, Plane, Point, Standing, spread
from labkit.grade.judge import Row
from labkit.html import typed
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 320, 86, 30, 48
LARGEST = 11.0  # radius of a dot
ROWS = 12  # of the table
WIDE = 30.0  # largest over smallest from which an axis is logarithmic


def decisions_shown(rows: Sequence[Row]) -> str:
    """The section of one lab's report; empty where no decision can be placed."""
    standings = [(r.standing, bool(r.feasible)) for r in rows if r.standing is not None]
    found = {p for s, _ in standings for p in s.front}
    if not found:
        return ""
    plane = standings[0][0].plane
    good = [s for s, feasible in standings if feasible]
    words = said(plane, good, len(standings) - len(good))
    line = plane.unbeaten(found)
    return f"<h3>Decisions and the frontier</h3><p>{_text(words)}</p>{_chart(plane, standings, found, line, words)}{_table(plane, line, good)}"


def said(plane: Plane, good: Sequence[Standing], broken: int) -> str:
    """The share of the decisions on and near the frontier, each under its own student's limits."""
    on = sum(s.gap <= 1e-9 for s in good)
    near = sum(1e-9 < s.gap <= NEAR for s in good)
    if not good:
        share = "No decision that can be drawn holds every constraint."
    else:
        better, less = "lower" if plane.y_better == "low" else "higher", "more" if plane.x_better == "low" else "less"
        share = (
            f"Of {len(good)} decisions that hold every constraint, {100 * on / len(good):.0f} % ({on}) are on the frontier and "
            f"{100 * near / len(good):.0f} % ({near}) within {100 * NEAR:.0f} % of it. On the frontier is a decision for which the search finds "
            f"no {better} “{plane.y_name}” without {less} “{plane.x_name}”, under the same limits."
        )
    return share + (f" {broken} more break{'s' if broken == 1 else ''} a constraint." if broken else "")


def _chart(plane: Plane, standings: Sequence[tuple[Standing, bool]], found: Iterable[Point], line: Sequence[Point], words: str) -> str:
    places = [*found, *(s.point for s, feasible in standings if feasible)]
    x, y = (_scale([p[i] for p in places], *axis) for i, axis in enumerate(((plane.x_unit, plane.x_name), (plane.y_unit, plane.y_name))))
    def at(p: Point) -> tuple[float, float]:
        return LEFT + x.at(x.clip(p[0])) * (WIDTH - LEFT - 16), HEIGHT - BOTTOM - y.at(y.clip(p[1])) * (HEIGHT - TOP - BOTTOM)
    # between two designs on the frontier one can have the worse of either, never the better of both
    corners = [c for a, b in zip(line, line[1:], strict=False) for c in ((b[0], a[1]) if plane.x_better == "low" else (a[0], b[1]), b)]
    path = " ".join(f"{'L' if i else 'M'}{u:.1f} {v:.1f}" for i, (u, v) in enumerate(map(at, [*line[:1], *corners])))
    marks = [f"<path d='{path}' fill='none' stroke='var(--lk-edge)' stroke-width='2'/>"]
    marks += [f"<rect x='{u - 3.5:.1f}' y='{v - 3.5:.1f}' width='7' height='7' fill='var(--lk-paper)' stroke='var(--lk-{'ink' if p in line else 'edge'})'/>"
              for p in sorted(found) for u, v in [at(p)]]  # fmt: skip
    dots = Counter((tuple(round(c, 1) for c in at(s.point)), "broken" if not feasible else "near" if s.gap <= NEAR else "off") for s, feasible in standings)
    most = max(dots.values())
    for ((u, v), kind), count in sorted(dots.items(), key=lambda d: -d[1]):
        marks.append(_dot(u, v, kind, min(LARGEST, 3.5 * count**0.5) if most <= 9 else 3.5 + (LARGEST - 3.5) * (count / most) ** 0.5))
    better = f"better: {'lower' if plane.y_better == 'low' else 'higher'} and further {'left' if plane.x_better == 'low' else 'right'}"
    alt = (
        f"{plane.y_name} against {plane.x_name}; {better}. {words} On the frontier of the class: "
        + "; ".join(f"{fmt(px, plane.x_unit)}, {fmt(py, plane.y_unit)}" for px, py in spread(line, ROWS)) + "."
    )  # fmt: skip
    key = (
        "Squares are designs that the search finds, those joined are beaten by none under any student’s limits. Dots are students’ decisions, larger where "
        f"several agree: filled on the frontier or within {100 * NEAR:.0f} % of it under the student’s own limits, hollow further off; "
        "a cross breaks a constraint (beyond the axes it stands at the edge)."
    )
    return (
        f"<figure><svg viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' role='img' aria-label='{_text(alt)}' font-size='12' fill='var(--lk-ink)'>"
        f"{_axes(x, y, at)}<text x='{WIDTH - 16}' y='14' text-anchor='end' fill='var(--lk-muted)'>{better}</text>{''.join(marks)}</svg>"
        f"<figcaption>{_text(key)}</figcaption></figure>"
    )


def _dot(u: float, v: float, kind: str, r: float) -> str:
    if kind == "broken":
        return f"<path d='M{u - 4:.1f} {v - 4:.1f}l8 8m0 -8l-8 8' stroke='var(--lk-muted)' stroke-width='1.5'/>"
    fill = "var(--lk-control)" if kind == "near" else "none"
    return f"<circle cx='{u:.1f}' cy='{v:.1f}' r='{r:.1f}' fill='{fill}' fill-opacity='.55' stroke='var(--lk-control)' stroke-width='1.5'/>"


def _axes(x: Scale, y: Scale, at) -> str:
    foot = HEIGHT - BOTTOM
    lines = [f"<line x1='{LEFT}' x2='{WIDTH - 16}' y1='{foot}' y2='{foot}' stroke='var(--lk-edge)'/>"]
    for value, word in x.ticks:
        u = at((value, y.lo))[0]
        lines.append(f"<line x1='{u:.1f}' x2='{u:.1f}' y1='{foot}' y2='{foot + 4}' stroke='var(--lk-edge)'/>")
        lines.append(f"<text x='{u:.1f}' y='{foot + 17}' text-anchor='middle'>{_text(word)}</text>")
    for value, word in y.ticks:
        v = at((x.lo, value))[1]
        lines.append(f"<line x1='{LEFT}' x2='{WIDTH - 16}' y1='{v:.1f}' y2='{v:.1f}' stroke='var(--lk-rule)'/>")
        lines.append(f"<text x='{LEFT - 8}' y='{v + 4:.1f}' text-anchor='end'>{_text(word)}</text>")
    titles = f"<text x='{WIDTH - 16}' y='{HEIGHT - 8}' text-anchor='end'>{_text(x.title)}</text><text x='0' y='14'>{_text(y.title)}</text>"
    return "".join(lines) + titles


def _scale(values: list[float], unit: str, name: str) -> Scale:
    low, high = min(values), max(values)
    return number_scale(values, unit, name, log=low > 0 and high / low > WIDE, pad=0.08)


def _table(plane: Plane, line: Sequence[Point], good: Sequence[Standing]) -> str:
    def read(point: Point) -> tuple[str, str]:
        return fmt(point[0], plane.x_unit), fmt(point[1], plane.y_unit)
    made = Counter(read(s.point) for s in good)  # as written: what reads the same is one design to the reader
    shown = [read(p) for p in spread(line, ROWS)]
    cells = "".join(f"<tr><td class='n'>{_text(x)}</td><td class='n'>{_text(y)}</td><td class='n'>{made[x, y]}</td></tr>" for x, y in shown)
    more = f"; {ROWS} of {len(line)}, evenly chosen" if len(line) > ROWS else ""
    return (
        f"<div class='scroll'><table><caption>Designs on the frontier{more}</caption><tr><th class='n'>{_text(plane.x_name)}</th>"
        f"<th class='n'>{_text(plane.y_name)}</th><th class='n'>decisions there</th></tr>{cells}</table></div>"
    )


def _text(value: object) -> str:
    return html.escape(typed(value), quote=True)
