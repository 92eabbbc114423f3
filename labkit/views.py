"""What a lab shows: each function returns HTML for one cell and decides nothing that the log does not say.

The order inside a part is fixed: title, question, prediction, and only after the lock the instrument, the read-outs,
the idea, the explanation and the button that records.
"""

from __future__ import annotations

import json

import marimo as mo
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work, unit_of
from mlsysim.units import fmt

from labkit import log as logs
from labkit.controls import field_html
from labkit.experiment import ChoiceQuestion, Experiment, Limit
from labkit.html import attr, prose, table, tex, text
from labkit.instruments.base import Instrument
from labkit.lab import Lab
from labkit.panel import controls_of
from labkit.report import factor_off
from labkit.units_shown import from_si

TERMS = {  # symbol, name, and what it means in ten words
    "data": (r"\frac{D_{vol}}{BW}", "data", "bytes moved, divided by the bandwidth that moves them"),
    "arithmetic": (r"\frac{O}{R_{peak}\,\eta}", "arithmetic", "operations, divided by peak rate times the share you reach"),
    "overhead": (r"L_{lat}", "overhead", "what each job waits for, however small it is"),
}
DONE, OPEN = "●", "○"


def header(lab: Lab, objectives: tuple[str, ...], scenario: str) -> mo.Html:
    """Title, what you will be able to do, and the situation."""
    info = lab.info
    goals = "".join(f"<li>{prose(o)}</li>" for o in objectives)
    return mo.Html(
        f"<header class='lk-page'><p class='lk-kicker'>Volume {'I' * info.volume} · {text(info.chapter)} · {info.minutes} minutes</p>"
        f"<h1>{text(info.title)}</h1>{iron_law(info.terms)}<p>After this lab you can:</p><ol class='lk-goals'>{goals}</ol>"
        f"<p class='lk-scenario'>{prose(scenario)}</p></header>"
    )


def iron_law(terms: tuple[str, ...], binding: str = "") -> str:
    """The Iron Law as a line: the terms in play in ink, the binding one underlined and named."""
    parts = []
    for key, (latex, name, meaning) in TERMS.items():
        state = "binds" if key == binding else "on" if key in terms else "off"
        word = f"<span class='lk-binds'>{name} binds</span>" if state == "binds" else ""
        parts.append(f"<span class='lk-term lk-{key} lk-{state}' tabindex='0' title='{attr(meaning)}' aria-label='{name}: {attr(meaning)}'>{tex(latex)}{word}</span>")
    return f"<div class='lk-law' role='group' aria-label='Iron Law'>{tex('T =')}{'<span>+</span>'.join(parts)}</div>"


async def bar(lab: Lab, log) -> mo.Html:
    """The slim bar: parts done, whether the work is saved. It saves first, so it never claims what is not so."""
    saved, words = await lab.save(log)
    state = "waiting" if words.startswith("Python is starting") else "saved" if saved else "unsaved"
    done = lab.checklist(log)
    dots = " ".join(DONE if ok else OPEN for ok in done.values())
    problem = f"<p class='lk-notice' role='alert'>{text(lab.problem)}</p>" if lab.problem else ""
    return mo.Html(
        f"<div class='lk-bar'><strong>{text(lab.info.title)}</strong><span aria-label='{sum(done.values())} of {len(done)} steps done'>{dots}</span>"
        f"<span role='status' class='lk-{state}'>{text(words)}</span></div>{problem}"
    )


def predict(lab: Lab, part, panel, log) -> mo.Html:
    """The part's title and question; after the lock, what was said and how far off it is."""
    exp = declared(part)
    q, said = exp.predict, logs.prediction(log, exp.key)
    head = f"<h2>Part {exp.key} · {text(exp.title)}</h2>" + (f"<p>{prose(exp.scenario)}</p>" if exp.scenario else "")
    ask = f"<p class='lk-question'>{prose(q.asks)}</p>"
    if said:
        return mo.Html(f"<section class='lk-part lk-page' id='part-{exp.key}'>{head}{ask}{_reveal(lab, exp, said)}</section>")
    if isinstance(q, ChoiceQuestion):
        inputs = field_html(panel["_choice"].text, "Your prediction", kind="radio")
    else:
        unit = f" in {q.unit}" if q.unit not in ("", "1", "×") else " (factor)" if q.unit == "×" else ""
        inputs = "".join(
            field_html(panel[name].text, f"{words}{unit}", kind="number")
            for name, words in (("_value", "Your guess"), ("_low", "Surely above"), ("_high", "Surely below"))
        )
        inputs = f"<div class='lk-row'>{inputs}</div><p class='lk-hint'>Answers lie between {q.show(q.low)} and {q.show(q.high)}{' (a log scale)' if q.log else ''}.</p>"
    return mo.Html(
        f"<section class='lk-part lk-page' id='part-{exp.key}'>{head}{ask}<div class='lk-predict'>{inputs}{panel['_lock'].text}{_notice(lab, exp.key + '.predict')}</div></section>"
    )


def explore(lab: Lab, part, panel, log) -> mo.Html:
    """The instrument with its controls, once the prediction is locked."""
    exp = declared(part)
    said = logs.prediction(log, exp.key)
    if exp.predict and not said:
        return mo.Html("<p class='lk-gate lk-page'>The instrument opens when your prediction is locked.</p>")
    controls = controls_of(exp, panel)
    result = lab.result(exp, controls)
    if isinstance(result, MlsysimError):
        middle = f"<div class='lk-chart'><p class='lk-state lk-bad' role='status'>{text(result)}</p></div>"
        side = ""
    else:
        middle = f"<div class='lk-chart'>{_charts(exp.instruments(result, said))}</div>"
        side = _state(exp, result) + _readouts(exp, result, {})
    main = f"<div class='lk-instrument' data-lk-part='{exp.key}'><div class='lk-side'>{_controls(exp, panel, controls)}{side}</div>{middle}</div>"
    if isinstance(result, MlsysimError):
        return mo.Html(main + _notice(lab, exp.key))
    return mo.Html(main + _work(panel, result) + _record(lab, exp, panel, result, log))


def decide(lab: Lab, part, panel, log) -> mo.Html:
    """The design challenge: live constraints, the alternative set aside, the reasons."""
    exp = declared(part)
    waiting = [e.key for e in lab.experiments if e.predict and not logs.prediction(log, e.key)]
    if waiting:  # the decision composes the parts, so it would answer their questions
        return mo.Html(
            f"<section class='lk-part lk-page' id='decision'><h2>Decision · {text(exp.title)}</h2>"
            f"<p class='lk-gate'>The decision opens when every prediction is locked; part {' and '.join(waiting)} still to go.</p></section>"
        )
    given, controls = exp.draw(log.seed), controls_of(exp, panel)
    result = lab.result(exp, controls, log.seed)
    if isinstance(result, MlsysimError):
        middle, side = f"<p class='lk-state lk-bad' role='status'>{text(result)}</p>", ""
    else:
        middle, side = _charts(exp.instruments(result, given, controls)), _constraints(exp, result, given) + _readouts(exp, result, given)
    words = {k: fmt(v, exp.given_units.get(k, "")) if not isinstance(v, str) else v for k, v in given.items()}
    aside = ""
    if lab.alternative:
        aside = "<p class='lk-aside'>Rejected so far: " + text(", ".join(f"{c.label} {c.show(lab.alternative['controls'][n])}" for n, c in exp.controls.items())) + "</p>"
    made = f"<p class='lk-done'>{len(logs.decisions(log))} decision recorded.</p>" if logs.decisions(log) else ""
    return mo.Html(
        f"<section class='lk-part lk-page' id='decision'><h2>Decision · {text(exp.title)}</h2><p>{prose(exp.scenario.format(**words))}</p></section>"
        f"<div class='lk-instrument' data-lk-part='decision'><div class='lk-side'>{_controls(exp, panel, controls)}{side}</div><div class='lk-chart'>{middle}</div></div>"
        f"<div class='lk-page lk-record'>{panel['_reject'].text}{aside}{field_html(panel['_why'].text, 'Why this design', kind='text')}"
        f"{field_html(panel['_revisit'].text, 'What would make you revisit it', kind='text')}{panel['_record'].text}{_notice(lab, 'decision')}{made}</div>"
    )


def drill(lab: Lab, panel, log) -> mo.Html:
    """Three short questions with the student's own numbers."""
    tries, items = logs.drills(log), []
    for i, d in enumerate(lab.drills, 1):
        t = tries.get(d.key)
        state = f"<p class='lk-done'>Right after {len(t.answers)} {'try' if len(t.answers) == 1 else 'tries'}.</p>" if t and t.right else ""
        unit = f" in {d.unit}" if d.unit not in ("", "1") else ""
        items.append(
            f"<li><p>{prose(d.question(d.parameters(log.seed)))}</p><div class='lk-row'>{field_html(panel[d.key].text, f'Answer {i}{unit}', kind='number')}"
            f"{panel['_' + d.key].text}</div>{_notice(lab, 'drill.' + d.key)}{state}</li>"
        )
    return mo.Html(f"<section class='lk-part lk-page' id='drill'><h2>Drill</h2><ol class='lk-drill'>{''.join(items)}</ol></section>")


def export(lab: Lab, panel, log) -> mo.Html:
    """What is still open, the log as a file, the report, and the way back from a file."""
    from labkit.report import report

    open_ = [name for name, ok in lab.checklist(log).items() if not ok]
    still = "Everything is done." if not open_ else "Still open: " + ", ".join(open_) + "."
    stem = lab.info.id.replace("/", "_")
    down = mo.download(data=lab.export, filename=f"{stem}.json", mimetype="application/json", label="Export log")
    truths = {e.key: lab.truth(e) for e in lab.experiments if e.predict and logs.prediction(log, e.key)}
    paper = mo.download(data=lambda: report(log, title=lab.info.title, truths=truths).encode(), filename=f"{stem}.md", mimetype="text/markdown", label="Export report")
    awake = "no" if lab.prerendering else "yes"
    who = f"Your drills and limits come from the name {log.learner.name}." if log.learner.name else "Without a name everyone gets the same numbers."
    return mo.Html(
        f"<section class='lk-part lk-page' id='export' data-lk-awake='{awake}'><h2>Export</h2><p role='status'>{text(still)}</p><div class='lk-row'>{down.text}{paper.text}</div>"
        f"<details><summary>Name, section, import</summary><p class='lk-hint'>{text(who)} The name stays in the log and goes nowhere else.</p>"
        f"<div class='lk-row'>{field_html(panel['name'].text, 'Name or number (optional)', kind='text')}{field_html(panel['section'].text, 'Section (optional)', kind='text')}{panel['_use'].text}</div>"
        f"{_notice(lab, 'name')}<div class='lk-row'>{field_html(panel['file'].text, 'A log that you exported', kind='file')}{panel['_import'].text}</div>{_notice(lab, 'import')}</details></section>"
    )


def declared(part) -> Experiment:
    """The declaration behind a lab's function (or the declaration itself)."""
    return part if isinstance(part, Experiment) else part.experiment


def _charts(drawn) -> str:
    found = (drawn,) if isinstance(drawn, Instrument) else tuple(drawn)
    return "".join(_chart(i) for i in found)


def _chart(ins: Instrument) -> str:
    spec = attr(json.dumps(json.dumps(ins.spec, separators=(",", ":"), ensure_ascii=False), ensure_ascii=False))
    mime = "&quot;application/vnd.vegalite.v6+json&quot;"
    columns = [f"{c.name}" for c in ins.columns]
    rows = [[fmt(v, c.unit) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v, c in zip(row, ins.columns, strict=True)] for row in ins.rows[:60]]
    more = f"<p class='lk-hint'>The first 60 of {len(ins.rows)} rows.</p>" if len(ins.rows) > 60 else ""
    return (
        f"<figure class='lk-figure' role='group' aria-label='{attr(ins.title)}'><figcaption>{text(ins.title)}</figcaption>"
        f"<div role='img' aria-label='{attr(ins.alt)}'><marimo-mime-renderer data-mime='{mime}' data-data='{spec}'></marimo-mime-renderer></div>"
        f"<details><summary>Table and description</summary><p>{text(ins.alt)}</p>{table(columns, rows, ins.title)}{more}</details></figure>"
    )


def _controls(exp: Experiment, panel, controls: dict) -> str:
    def one(name):
        c = exp.controls[name]
        return field_html(panel[name].text, c.label, kind=c.kind, control=c, value=controls[name])

    front = "".join(one(n) for n, c in exp.controls.items() if not c.more)
    more = "".join(one(n) for n, c in exp.controls.items() if c.more)
    return front + (f"<details class='lk-more'><summary>More controls</summary>{more}</details>" if more else "")


def _state(exp: Experiment, result) -> str:
    failed = exp.state(result)
    if not failed:
        words = "within limits" if exp.failures else ""
        return f"<p class='lk-state lk-good' role='status'>{words}</p>" if words else ""
    said = f" · {failed.says(result)}" if failed.says else ""
    return f"<p class='lk-state lk-bad' role='status'><strong>{text(failed.name)}</strong>{text(said)}. {text(failed.leave)}</p>"


def _readouts(exp: Experiment, result, given: dict) -> str:
    items = []
    for r in exp.readouts:
        name = r.field if isinstance(r, Limit) else r[0] if isinstance(r, tuple) else r
        label = r[1] if isinstance(r, tuple) else exp.label(name)
        mark = ""
        if isinstance(r, Limit):
            label, bound = r.words, fmt(r.bound(given), unit_of(result, r.field))
            mark = f"<span class='lk-limit'>{'within' if r.holds(result, given) else 'breaks'} {bound}</span>"
        items.append(f"<div><dt>{text(label)}</dt><dd>{text(exp.show(result, name))}{mark}</dd></div>")
    law = iron_law(exp.terms, exp.binding(result)) if exp.binding else ""
    return f"<dl class='lk-readouts' aria-live='polite'>{''.join(items)}</dl>{law}"


def _constraints(exp: Experiment, result, given: dict) -> str:
    items = []
    for c in exp.constraints:
        unit = unit_of(result, c.field)
        ok = c.holds(result, given)
        side = "at most" if c.most is not None else "at least"
        items.append(
            f"<li class='lk-{'good' if ok else 'bad'}'><strong>{'holds' if ok else 'broken'}</strong> {text(c.words)}: {text(exp.show(result, c.field))} ({side} {text(fmt(c.bound(given), unit))})</li>"
        )
    goal = f"<li>Goal: {exp.objective[0]} {text(exp.label(exp.objective[1]))}</li>" if exp.objective else ""
    return f"<ul class='lk-constraints' role='status'>{''.join(items)}{goal}</ul>"


def _reveal(lab: Lab, exp: Experiment, said) -> str:
    q, truth = exp.predict, lab.truth(exp)
    if isinstance(q, ChoiceQuestion):
        lead = f"You said “{q.show(said.choice)}”; it is “{q.show(truth)}”."
    else:
        off = factor_off(said.value, truth)
        inside = said.low <= truth <= said.high
        band = q.also(lab.result(exp, exp.defaults)) if q.also else None
        if band:  # two forms of one law bound the truth: a guess between them is as right as the model
            low, high = (from_si(v, q.unit) for v in band)
            off = 1.0 if low <= said.value <= high else off
        far = f": {fmt(off, '×')} off" if off and off >= 1.05 else ": as good as exact" if off else ""
        lead = f"You said {q.show(said.value)}; it is {q.show(truth)}{far}. Your interval {q.show(said.low)} – {q.show(said.high)} {'holds it' if inside else 'misses it'}."
    idea = f"<p>{prose(exp.idea(lab.result(exp, exp.defaults)))}</p>" if exp.idea else ""
    return f"<div class='lk-reveal' role='status'><p><strong>{text(lead)}</strong></p>{idea}</div>"


def _work(panel, result) -> str:
    shown = ""
    if panel["_work"].value:
        rows = []
        for s in show_work(result):
            value = fmt(s.value, s.unit) if isinstance(s.value, (int, float)) and not isinstance(s.value, bool) else s.value
            how = tex(f"{s.symbol} = {s.formula} = {s.substituted}") if s.formula else tex(s.symbol)
            rows.append(f"<li>{how} <strong>{text(value)}</strong> <span class='lk-hint'>{text(s.doc)} {text(s.source or 'set by you')}</span></li>")
        shown = f"<ul class='lk-work'>{''.join(rows)}</ul>"
    return f"<div class='lk-page'>{field_html(panel['_work'].text, 'Show the work', kind='toggle')}{shown}</div>"


def _record(lab: Lab, exp: Experiment, panel, result, log) -> str:
    ask = ""
    if exp.explain and exp.explain.keys(result):
        ask = field_html(panel["_explain"].text, exp.explain.asks, kind="radio")
    seen = logs.observations(log, exp.key)
    judged = ""
    if seen and seen[-1].explanation:
        word = "The simulator agrees" if seen[-1].right else "The simulator does not agree: look again at what changes the result most"
        judged = f"<p class='lk-done' role='status'>Run {len(seen)} recorded. You said “{text(exp.explain.options[seen[-1].explanation])}”. {word}.</p>"
    elif seen:
        judged = f"<p class='lk-done' role='status'>Run {len(seen)} recorded.</p>"
    return f"<div class='lk-page lk-record'>{ask}{field_html(panel['_text'].text, 'In one sentence of your own: what did you see, and why', kind='text')}{panel['_record'].text}{_notice(lab, exp.key)}{judged}</div>"


def _notice(lab: Lab, key: str) -> str:
    said = lab.notices.get(key, "")
    return f"<p class='lk-notice' role='alert'>{text(said)}</p>" if said else ""
