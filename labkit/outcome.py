"""What an instrument shows of one result: charts, state, figures, constraints, the work behind them."""

from __future__ import annotations

import json

from labkit.controls import field_html
from labkit.experiment import Experiment, Limit
from labkit.html import attr, table, tex, text
from labkit.instruments.base import Instrument
from labkit.trail import Shown, with_ghost
from labkit.units_shown import exact
from mlsysim.quantity import show_work, unit_of
from mlsysim.units import fmt

TERMS = {  # symbol, name, and what it means in ten words
    "data": (r"\frac{D_{vol}}{BW}", "data", "bytes moved, divided by the bandwidth that moves them"),
    "arithmetic": (r"\frac{O}{R_{peak}\,\eta}", "arithmetic", "operations, divided by peak rate times the share you reach"),
    "overhead": (r"L_{lat}", "overhead", "what each job waits for, however small it is"),
}

WITHIN = "within limits"
MIME = '"application/vnd.vegalite.v6+json"'


def drawn(found) -> tuple[Instrument, ...]:
    """What an experiment draws, as a tuple."""
    return (found,) if isinstance(found, Instrument) else tuple(found)


def charts(shown: Shown, before: Shown | None) -> str:
    """The charts of a setting, each with its table and its text alternative."""
    old = before.charts if before and len(before.charts) == len(shown.charts) else (None,) * len(shown.charts)
    return "".join(_chart(chart, with_ghost(chart, was)) for chart, was in zip(shown.charts, old, strict=True))


def _chart(ins: Instrument, drawn: dict) -> str:
    spec = attr(json.dumps(json.dumps(drawn, separators=(",", ":"), ensure_ascii=False), ensure_ascii=False))
    columns = [f"{c.name}" for c in ins.columns]
    rows = [[fmt(v, c.unit) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v, c in zip(row, ins.columns, strict=True)] for row in ins.rows[:40]]
    more = f"<p class='lk-hint'>The first 40 of {len(ins.rows)} rows.</p>" if len(ins.rows) > 40 else ""
    return (
        f"<figure class='lk-figure'><figcaption>{text(ins.title)}</figcaption>"
        f"<div role='img' aria-label='{attr(ins.alt)}'><marimo-mime-renderer aria-hidden='true' data-mime='{MIME}' data-data='{spec}'></marimo-mime-renderer></div>"
        f"<details><summary>Table and description</summary><p>{text(ins.alt)}</p><div data-lk-later='{attr(table(columns, rows, ins.title) + more)}'></div></details></figure>"
    )


def state(exp: Experiment, result) -> str:
    """Within limits, or the failure state in words and numbers and what leads out."""
    failed = exp.state(result)
    if not failed:
        return f"<p class='lk-state lk-good'>{WITHIN}</p>" if exp.failures else ""
    said = f" · {failed.says(result)}" if failed.says else ""
    return f"<p class='lk-state lk-bad'><strong>{text(failed.name)}</strong>{text(said)}. {text(failed.leave)}</p>"


def change_in_words(exp: Experiment, shown: Shown, before: Shown | None, given: dict) -> str:
    """What the last move changed, in words with their units: state, figures, limits, the charts' sentences.

    The page's script speaks it once, whenever it changes. Before the first move it is everything.
    """
    now, was = _sentences(exp, shown, given), _sentences(exp, before, given) if before else ()
    return " ".join(sentence for sentence in now if sentence not in was)


def _sentences(exp: Experiment, shown: Shown, given: dict) -> list[str]:
    result, failed = shown.result, exp.state(shown.result)
    found = [f"{failed.name}{f', {failed.says(result)}' if failed.says else ''}." if failed else f"{WITHIN}." if exp.failures else ""]
    found += [f"{label}: {exp.show(result, name)}." for name, label in (_named(exp, r) for r in exp.readouts)]
    found += [f"{c.words} {'holds' if c.holds(result, given) else 'broken'}: {exp.show(result, c.field)}." for c in exp.constraints]
    found += [f"{TERMS[exp.binding(result)][1]} binds."] if exp.binding and exp.binding(result) in TERMS else []
    return [*filter(None, found), *(f"{chart.title}." for chart in shown.charts)]


def _named(exp: Experiment, readout) -> tuple[str, str]:
    """A read-out's field and its words."""
    if isinstance(readout, Limit):
        return readout.field, readout.words
    return readout if isinstance(readout, tuple) else (readout, exp.label(readout))


def readouts(exp: Experiment, result, given: dict, before: Shown | None) -> str:
    """The figures of a result, each with its limit and what it was before the last move; then the Iron Law."""
    items = []
    for r in exp.readouts:
        name, label = _named(exp, r)
        mark = ""
        if isinstance(r, Limit):
            bound = fmt(r.bound(given), unit_of(result, r.field))
            mark = f"<span class='lk-limit'>{'within' if r.holds(result, given) else 'breaks'} {bound}</span>"
        now, was = exp.show(result, name), exp.show(before.result, name) if before else ""
        ghost = f"<span class='lk-was' aria-hidden='true'>was {text(was)}</span>" if was not in ("", now) else ""
        items.append(f"<div><dt>{text(label)}</dt><dd>{text(now)}{mark}{ghost}</dd></div>")
    law = iron_law(exp.terms, exp.binding(result)) if exp.binding else ""
    return f"<dl class='lk-readouts'>{''.join(items)}</dl>{law}"


def constraints(exp: Experiment, result, given: dict) -> str:
    """Each constraint of the decision, and whether it holds now."""
    items = []
    for c in exp.constraints:
        unit = unit_of(result, c.field)
        ok = c.holds(result, given)
        side = "at most" if c.most is not None else "at least"
        items.append(
            f"<li class='lk-{'good' if ok else 'bad'}'><strong>{'holds' if ok else 'broken'}</strong> {text(c.words)}: {text(exp.show(result, c.field))} ({side} {text(exact(fmt(c.bound(given), unit)))})</li>"
        )
    goal = f"<li>Goal: {exp.objective[0]} {text(exp.label(exp.objective[1]))}</li>" if exp.objective else ""
    return f"<ul class='lk-constraints'>{''.join(items)}{goal}</ul>"


def work(panel, result) -> str:
    """The switch that shows every figure's formula, numbers and source, and what it shows."""
    shown = ""
    if panel["_work"].value:
        rows = []
        for s in show_work(result):
            value = fmt(s.value, s.unit) if isinstance(s.value, (int, float)) and not isinstance(s.value, bool) else s.value
            how = tex(f"{s.symbol} = {s.formula} = {s.substituted}") if s.formula else tex(s.symbol)
            rows.append(f"<li>{how} <strong>{text(value)}</strong> <span class='lk-hint'>{text(s.doc)} {text(s.source or 'set by you')}</span></li>")
        shown = f"<ul class='lk-work' tabindex='0' aria-label='The work behind the figures'>{''.join(rows)}</ul>"
    return f"<div class='lk-page'>{field_html(panel['_work'].text, 'Show the work', kind='toggle')}{shown}</div>"


def iron_law(terms: tuple[str, ...], binding: str = "") -> str:
    """The Iron Law as a line: the terms in play in ink, the binding one underlined and named."""
    parts = []
    for key, (latex, name, meaning) in TERMS.items():
        state = "binds" if key == binding else "on" if key in terms else "off"
        word = f"<span class='lk-binds'>{name} binds</span>" if state == "binds" else ""
        said = f"{name}{' binds' if word else ''}: {attr(meaning)}"
        parts.append(f"<span class='lk-term lk-{key} lk-{state}' tabindex='0' role='img' title='{attr(meaning)}' aria-label='{said}'>{tex(latex)}{word}</span>")
    return f"<div class='lk-law' role='group' aria-label='Iron Law'>{tex('T =')}{'<span>+</span>'.join(parts)}</div>"
