"""The class report: one HTML file without a script, to read before the next lecture."""

from __future__ import annotations

import html
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from labkit import theme
from labkit.grade.frontier_chart import decisions_shown
from labkit.grade.judge import Row
from labkit.grade.weights import Weights
from labkit.html import typed

STYLE = """
body{margin:0;background:var(--lk-paper);color:var(--lk-ink);font:1rem/1.55 "PT Sans",system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:62rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.3rem;border-top:1px solid var(--lk-rule);padding-top:1.25rem;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
p{max-width:68ch}.soft,caption,figcaption{color:var(--lk-muted)}table{border-collapse:collapse;font-size:.95rem}caption{text-align:left}
th,td{text-align:left;padding:.2rem 1.25rem .2rem 0;border-bottom:1px solid var(--lk-rule);vertical-align:top}td.n,th.n{text-align:right}
figure{margin:1rem 0}svg{max-width:100%;height:auto}.scroll{overflow-x:auto}@media print{main{padding:0}}
"""


def class_report(rows: Sequence[Row], weights: Weights, titles: Mapping[str, str]) -> str:
    """The report as one HTML document: per lab what was misjudged most, calibration, decisions, time; then the flags."""
    read = [r for r in rows if not r.reason]
    labs = sorted({r.lab for r in read})
    body = "".join(_lab(lab, titles.get(lab, lab), [r for r in read if r.lab == lab], weights) for lab in labs)
    students = len({r.student for r in read})
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width,initial-scale=1'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Class report</title><style>{theme.css()}@media (prefers-color-scheme:dark){{:root{{{_dark()}}}}}{STYLE}</style></head><body><main>"
        f"<h1>Class report</h1><p>{len(read)} logs of {students} students in {len(labs)} lab{'s' if len(labs) != 1 else ''}; {len(rows) - len(read)} files could not be read.</p>"
        f"{body}{_flags(read)}{_unread(rows)}</main></body></html>"
    )


def _lab(lab: str, title: str, rows: list[Row], weights: Weights) -> str:
    done = sum(r.complete >= 1 for r in rows)
    times = sorted(r.minutes for r in rows)
    points = sorted(weights.points(r) for r in rows)
    lead = (
        f"<p>{len(rows)} logs, {done} complete. Half of them took {median(times):.0f} minutes or less (pauses left out); "
        f"the median is {median(points):.0f} of {sum(getattr(weights, f) for f in weights.__dataclass_fields__):g} points. "
        f"{sum(r.replays for r in rows)} replay to the same numbers.</p>"
    )
    return f"<section><h2>{_text(title)}</h2>{lead}{_misjudged(rows)}{_calibration(rows)}{_decisions(rows)}</section>"


def _misjudged(rows: list[Row]) -> str:
    parts = defaultdict(list)
    for row in rows:
        for guess in row.guesses:
            parts[guess.part].append(guess)
    lines = []
    for part, found in parts.items():
        off = sorted(g.off for g in found if g.off is not None)
        hits = sum(g.right for g in found) / len(found)
        lines.append((median(off) if off else -math.log(max(hits, 1e-3)), part, len(found), off, hits))
    cells = "".join(
        f"<tr><td>Part {_text(part)}</td><td class='n'>{n}</td><td class='n'>{f'{math.exp(median(off)):.2f}×' if off else '–'}</td>"
        f"<td class='n'>{f'{math.exp(off[int(0.9 * (len(off) - 1))]):.1f}×' if off else '–'}</td><td class='n'>{hits:.0%}</td></tr>"
        for _, part, n, off, hits in sorted(lines, reverse=True)
    )
    return (
        "<div class='scroll'><table><caption>What was misjudged most, worst first</caption><tr><th>Part</th><th class='n'>predictions</th>"
        f"<th class='n'>median factor off</th><th class='n'>worst tenth</th><th class='n'>interval held it</th></tr>{cells}</table></div>"
    )


def _calibration(rows: list[Row]) -> str:
    """Each number prediction as said against true, by its factor: a strip of dots around 1×."""
    signed = [
        (g.part, max(-4.0, min(4.0, math.log10(g.said / g.truth))))
        for r in rows for g in r.guesses if g.off is not None and isinstance(g.said, float) and g.truth
    ][:4000]  # fmt: skip
    if not signed:
        return ""
    parts = sorted({p for p, _ in signed})
    height, left, width = 34 * len(parts) + 40, 60, 640
    def x(v):
        return left + (v + 4) / 8 * (width - left - 10)
    bands = []
    for i, part in enumerate(parts):
        values = sorted(v for p, v in signed if p == part)
        y = 20 + 34 * i
        low, mid, high = (values[int(q * (len(values) - 1))] for q in (0.1, 0.5, 0.9))
        dots = "".join(f"<circle cx='{x(v):.1f}' cy='{y + 5 * ((j * 7919) % 5 - 2) / 2:.1f}' r='2'/>" for j, v in enumerate(values[:: max(1, len(values) // 300)]))
        bands.append(
            f"<text x='0' y='{y + 4}'>Part {_text(part)}</text><g fill='var(--lk-prediction)' opacity='.45'>{dots}</g>"
            f"<line x1='{x(low):.1f}' x2='{x(high):.1f}' y1='{y}' y2='{y}' stroke='var(--lk-ink)' stroke-width='2'/>"
            f"<circle cx='{x(mid):.1f}' cy='{y}' r='5' fill='var(--lk-ink)'/>"
        )
    ticks = "".join(
        f"<line x1='{x(v)}' x2='{x(v)}' y1='8' y2='{height - 26}' stroke='var(--lk-{'ink' if v == 0 else 'rule'})'/>"
        f"<text x='{x(v)}' y='{height - 10}' text-anchor='middle'>{word}</text>"
        for v, word in ((-3, "÷ 1,000"), (-2, "÷ 100"), (-1, "÷ 10"), (0, "exact"), (1, "× 10"), (2, "× 100"), (3, "× 1,000"))
    )
    alt = "Predictions over truth, from too low to too high, a row a part: dots are students, the bar holds eight of ten, the large dot is the median."
    return f"<figure><svg viewBox='0 0 {width} {height}' width='{width}' role='img' aria-label='{alt}' font-size='12' fill='var(--lk-ink)'>{ticks}{''.join(bands)}</svg><figcaption>{alt}</figcaption></figure>"


def _decisions(rows: list[Row]) -> str:
    made = [r for r in rows if r.feasible is not None]
    if not made:
        return "<p>Nobody has recorded a decision yet.</p>"
    good = [r for r in made if r.feasible]
    near = sum(r.distance is not None and r.distance <= 0.05 for r in good)
    return (
        f"<p>Decisions: {len(made)} recorded, {len(good)} hold every constraint, {near} of these are within 5 % of the best design that a search finds "
        f"under the same limits.</p>{decisions_shown(made)}"
    )


def _flags(rows: list[Row]) -> str:
    flagged = [r for r in rows if r.flags]
    if not flagged:
        return "<section><h2>Flags</h2><p>No log was flagged.</p></section>"
    lines = "".join(f"<tr><td>{_text(r.student or r.place)}</td><td>{_text(r.lab)}</td><td>{'<br>'.join(_text(f) for f in r.flags[:5])}</td></tr>" for r in flagged[:500])
    more = f"<p class='soft'>The first 500 of {len(flagged)}; all are in the gradebook.</p>" if len(flagged) > 500 else ""
    return (
        "<section><h2>Flags</h2><p>A flag is a reason to look, with its evidence. It proves nothing by itself.</p>"
        f"<div class='scroll'><table><tr><th>Student</th><th>Lab</th><th>What was found</th></tr>{lines}</table></div>{more}</section>"
    )


def _unread(rows: Sequence[Row]) -> str:
    broken = [r for r in rows if r.reason]
    if not broken:
        return ""
    lines = "".join(f"<tr><td>{_text(r.place)}</td><td>{_text(r.reason)}</td></tr>" for r in broken[:500])
    return f"<section><h2>Files that could not be read</h2><div class='scroll'><table><tr><th>File</th><th>Why</th></tr>{lines}</table></div></section>"


def _dark() -> str:
    return ";".join(f"--lk-{name}:{value}" for name, value in theme.DARK.items())


def _text(value: object) -> str:
    return html.escape(typed(value), quote=True)
