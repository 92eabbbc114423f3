"""What a lab shows: each function returns HTML for one cell and decides nothing that the log does not say.

The order inside a part is fixed: title, question, prediction, and only after the lock the instrument, the read-outs,
the idea, the explanation and the button that records.
"""

from __future__ import annotations

import sys

import marimo as mo
from labkit import embed
from labkit import log as logs
from labkit.controls import field_html
from labkit.course import next_lab
from labkit.editable import WHY
from labkit.entry_shown import first_prediction
from labkit.experiment import ChoiceQuestion, Experiment
from labkit.guard import Broke, sentence
from labkit.html import attr, prose, text, typed
from labkit.lab import Lab
from labkit.outcome import change_in_words, charts, constraints, drawn, iron_law, readouts, state, work
from labkit.panel import controls_of
from labkit.report import factor_off
from labkit.trail import Shown
from labkit.units_shown import from_si
from mlsysim.errors import MlsysimError
from mlsysim.units import fmt

DONE, OPEN = "●", "○"
_ALL_DONE = "Everything is done."


def header(lab: Lab, objectives: tuple[str, ...], scenario: str) -> mo.Html:
    """Title, what you will be able to do, and the situation."""
    info = lab.info
    goals = "".join(f"<li>{prose(o)}</li>" for o in objectives)
    return mo.Html(
        f"<div class='lk-page'><p class='lk-kicker'>Volume {'I' * info.volume} · {text(info.chapter)} · {info.minutes} minutes</p>"
        f"<h1>{text(info.title)}</h1>{iron_law(info.terms)}<p>After this lab you can:</p><ol class='lk-goals'>{goals}</ol>"
        f"<p class='lk-scenario'>{prose(scenario)}</p></div>"
    )


async def bar(lab: Lab, log) -> mo.Html:
    """The slim bar: parts done, whether the work is saved. It saves first, so it never claims what is not so."""
    saved, words = await lab.save(log)
    state = "waiting" if words.startswith("Python is starting") else "saved" if saved else "unsaved"
    done = lab.checklist(log)
    dots = " ".join(DONE if ok else OPEN for ok in done.values())
    problem = f"<p class='lk-notice' role='alert'>{text(lab.problem)}</p>" if lab.problem else ""
    return mo.Html(
        f"<div class='lk-bar'><strong>{text(lab.info.title)}</strong><span role='img' aria-label='{sum(done.values())} of {len(done)} steps done'>{dots}</span>"
        f"<span role='status' class='lk-{state}'>{text(words)}</span></div>{problem}"
    )


def predict(lab: Lab, part, panel, log) -> mo.Html:
    """The part's title and question; after the lock, what was said and how far off it is."""
    exp, log = declared(part), lab.settled(log)
    q, said = exp.predict, lab.prediction(log, exp)
    head = f"<h2>Part {exp.key} · {text(exp.title)}</h2>" + (f"<p>{prose(exp.scenario)}</p>" if exp.scenario else "")
    ask = _coach(exp, "predict") + f"<p class='lk-question'>{prose(q.asks)}</p>"
    if said:
        try:
            reveal = _reveal(lab, exp, said)
        except Exception as error:
            reveal = f"<div class='lk-reveal' role='status'>{_bad(error)}</div>"
        return mo.Html(f"<section class='lk-part lk-page' id='part-{exp.key}'>{head}{ask}{reveal}</section>")
    if isinstance(q, ChoiceQuestion):
        inputs = field_html(panel["_choice"].text, "Your prediction", kind="radio")
    else:
        unit = f" in {q.unit}" if q.unit not in ("", "1", "×") else " (factor)" if q.unit == "×" else ""
        inputs = "".join(
            field_html(panel[name].text, f"{words}{unit}", kind="number")
            for name, words in (("_value", "Your guess"), ("_low", "Surely above"), ("_high", "Surely below"))
        )
        inputs = f"<div class='lk-row'>{inputs}</div><p class='lk-hint'>Answers lie between {q.exact(q.low)} and {q.exact(q.high)}{' (a log scale)' if q.log else ''}.</p>"
    return mo.Html(
        f"<section class='lk-part lk-page' id='part-{exp.key}'>{head}{ask}{_spoken(exp.key + '.reveal')}<div class='lk-predict'>{inputs}{panel['_lock'].text}{_notice(lab, exp.key + '.predict')}</div></section>"
    )


def explore(lab: Lab, part, panel, log) -> mo.Html:
    """The instrument with its controls, once the prediction is locked."""
    exp, log = declared(part), lab.settled(log)
    said = lab.prediction(log, exp)
    if exp.predict and not said:
        return mo.Html("<p class='lk-gate lk-page'>The instrument opens when your prediction is locked.</p>")
    result, main = _instrument(
        lab, exp, panel, 0, {}, lambda found, now: exp.instruments(found, said), lambda found, before: state(exp, found) + readouts(exp, found, {}, before)
    )
    try:
        below = _notice(lab, exp.key) if isinstance(result, MlsysimError) else work(panel, result) + _record(lab, exp, panel, result, log)
    except Exception as error:
        below = _bad(error) + _notice(lab, exp.key)
    # Never the instrument alone: the page would make it anew, and the slider that led here would lose the focus and the pointer.
    return mo.Html(main + (below or "<div></div>"))


def decide(lab: Lab, part, panel, log) -> mo.Html:
    """The design challenge: live constraints, the alternative set aside, the reasons."""
    exp, log = declared(part), lab.settled(log)
    waiting = [e.key for e in lab.experiments if e.predict and not lab.prediction(log, e)]
    if waiting:  # the decision composes the parts, so it would answer their questions
        return mo.Html(
            f"<section class='lk-part lk-page' id='decision'><h2>Decision · {text(exp.title)}</h2>"
            f"<p class='lk-gate'>The decision opens when every prediction is locked; part {' and '.join(waiting)} still to go.</p></section>"
        )
    given = exp.draw(log.seed)
    main = _instrument(
        lab, exp, panel, log.seed, given, lambda found, now: exp.instruments(found, given, now),
        lambda found, before: constraints(exp, found, given) + readouts(exp, found, given, before),
    )[1]  # fmt: skip
    words = {k: fmt(v, exp.given_units.get(k, "")) if not isinstance(v, str) else v for k, v in given.items()}
    aside = ""
    if lab.alternative:
        aside = "Rejected so far: " + ", ".join(f"{c.label} {c.show(lab.alternative[n])}" for n, c in exp.controls.items())
    made = f"{len(logs.decisions(log))} decision recorded." if logs.decisions(log) else ""
    return mo.Html(
        f"<section class='lk-part lk-page' id='decision'><h2>Decision · {text(exp.title)}</h2><p>{prose(exp.scenario.format(**words))}</p></section>"
        f"{main}<div class='lk-page lk-record'>{panel['_reject'].text}{_spoken('decision.aside', aside, 'lk-aside')}{field_html(panel['_why'].text, 'Why this design', kind='text')}"
        f"{field_html(panel['_revisit'].text, 'What would make you revisit it', kind='text')}{panel['_record'].text}{_notice(lab, 'decision')}{_spoken('decision.made', made, 'lk-done')}</div>"
    )


def _instrument(lab: Lab, exp: Experiment, panel, seed: int, given: dict, draw, figures) -> tuple[object, str]:
    """The result (or the error) and its HTML: the controls beside what they lead to. Where that cannot be had, a sentence says so, and the controls lead out."""
    controls = controls_of(exp, panel)
    result = lab.result(exp, controls, seed)
    try:
        if isinstance(result, MlsysimError):
            raise result
        shown = Shown(controls, result, drawn(draw(result, controls)))
        before = lab.trail.move(exp.key, shown)
        middle, side, spoken = charts(shown, before), figures(result, before), change_in_words(exp, shown, before, given)
    except Exception as error:
        lab.trail.forget(exp.key)
        result = error if isinstance(error, MlsysimError) else Broke(error)
        middle, side, spoken = _bad(result), "", str(result)
    return result, (
        f"<div class='lk-instrument' data-lk-part='{exp.key}' data-lk-said='{attr(spoken)}'><div class='lk-side'>{_coach(exp, 'explore')}"
        f"{_controls(exp, panel, controls)}{side}</div><div class='lk-chart'>{middle}</div></div>"
    )


def drill(lab: Lab, panel, log) -> mo.Html:
    """Three short questions with the student's own numbers."""
    log = lab.settled(log)
    tries, items = logs.drills(log), []
    for i, d in enumerate(lab.drills, 1):
        t = tries.get(d.key)
        state = f"<p class='lk-done'>Right after {len(t.answers)} {'try' if len(t.answers) == 1 else 'tries'}.</p>" if t and t.right else ""
        unit = f" in {d.unit}" if d.unit not in ("", "1") else ""
        try:
            asks = f"<p>{prose(d.question(d.parameters(log.seed)))}</p>"
        except Exception as error:
            asks = _bad(error)
        items.append(
            f"<li>{asks}<div class='lk-row'>{field_html(panel[d.key].text, f'Answer {i}{unit}', kind='number')}"
            f"{panel['_' + d.key].text}</div>{_notice(lab, 'drill.' + d.key)}{state}</li>"
        )
    return mo.Html(f"<section class='lk-part lk-page' id='drill'><h2>Drill</h2><ol class='lk-drill'>{''.join(items)}</ol></section>")


def export(lab: Lab, panel, log, *, show_entry: bool = False, paper=None) -> mo.Html:
    """What is still open, the log as a file, the report, the way back from a file, and what comes next.

    `show_entry` adds the first prediction as the file holds it, beside its meaning. `paper`, an async function, writes another report.
    """
    from labkit.report import escape, report

    if lab.copy:
        return _copy_end(lab)

    open_ = [name for name, ok in lab.checklist(log).items() if not ok]
    still = f"Still open: {', '.join(open_)}." if open_ else _ALL_DONE
    stem = lab.info.id.replace("/", "_")
    down = mo.download(data=lab.export, filename=f"{stem}.json", mimetype="application/json", label="Export log")

    async def written() -> bytes:
        plain = report(log, title=lab.info.title, truths=lab.truths(log))
        try:
            return (await paper() if paper else plain).encode()
        except Exception as error:  # the record is worth having without the lab's own report
            return f"{plain}\n{escape(sentence(error))}\n".encode()

    paper_button = mo.download(data=written, filename=f"{stem}.md", mimetype="text/markdown", label="Export report")
    kept = "".join(
        mo.download(data=one.data, filename=f"{stem}-set-aside-{i}.json", mimetype="application/json", label=f"Set aside {i}").text
        for i, one in enumerate(lab.set_aside_logs, 1)
    )
    kept = kept and f"<p class='lk-hint'>Work that this lab could not read. A later version of it may; keep it as a file.</p><div class='lk-row'>{kept}</div>"
    awake = "no" if lab.prerendering else "yes"
    who = f"Your drills and limits come from the name <bdi>{text(typed(log.learner.name))}</bdi>." if log.learner.name else "Without a name everyone gets the same numbers."
    inside = embed.embedded()
    code = "" if inside else _code(lab)
    reaches = "goes to the course page around this lab, which receives what you record" if inside else "goes nowhere else"
    return mo.Html(
        f"<section class='lk-part lk-page' id='export' data-lk-awake='{awake}'><h2>Export</h2><p data-lk-part='export' data-lk-said='{'' if open_ else _ALL_DONE}'>{text(still)}</p><div class='lk-row'>{down.text}{paper_button.text}</div>{first_prediction(log) if show_entry else ''}"
        f"<details><summary>Name, section, import</summary><p class='lk-hint'>{who} The name stays in the log and {reaches}.</p>"
        f"<div class='lk-row'>{field_html(panel['name'].text, 'Name or number (optional)', kind='text', fills='name')}{field_html(panel['section'].text, 'Section (optional)', kind='text')}{panel['_use'].text}</div>"
        f"{_slot(_notice(lab, 'name'))}<div class='lk-row'>{field_html(panel['file'].text, 'A log that you exported', kind='file')}{panel['_import'].text}</div>{_notice(lab, 'import')}{kept}</details>{embed.element(lab, panel) if inside else _next(lab)}<p class='lk-hint lk-credit'>Made with marimo, Pyodide and Vega-Lite.{code}</p></section>"
    )


def _next(lab: Lab) -> str:
    """What to read, and the lab that follows; a link where there are pages (in the browser), words elsewhere."""
    read = f"Read the chapter <em>{text(lab.info.chapter)}</em>"
    following = next_lab(lab.info.id)
    if following is None:
        return f"<p class='lk-next'>{read}.</p>"
    name = text(following.title)
    if lab.prerendering or sys.platform == "emscripten":
        folder = "" if following.volume == lab.info.volume else f"../vol{following.volume}/"
        name = f"<a href='{folder}{following.id}.html'>{name}</a>"
    return f"<p class='lk-next'>{read}. Next lab: {name}.</p>"


def _code(lab: Lab) -> str:
    """The way to this lab's editable copy, where there are pages."""
    return f" <a href='{lab.info.id}.edit.html'>Open the code</a>" if lab.prerendering or sys.platform == "emscripten" else ""


def _copy_end(lab: Lab) -> mo.Html:
    """What stands in place of the export in an editable copy."""
    back = f" <a href='{lab.info.id}.html'>Back to the lab</a>" if sys.platform == "emscripten" else ""
    return mo.Html(
        f"<section class='lk-part lk-page' id='export' data-lk-awake='yes'><h2>Export</h2><p>{text(WHY)} "
        f"A log vouches for the lab as it is, and here its code may differ, so there is none to export.{back}</p></section>"
    )


def declared(part) -> Experiment:
    """The declaration behind a lab's function (or the declaration itself)."""
    return part if isinstance(part, Experiment) else part.experiment


def _coach(exp: Experiment, step: str) -> str:
    return f"<p class='lk-coach'>{prose(exp.coach[step])}</p>" if step in exp.coach else ""


def _controls(exp: Experiment, panel, controls: dict) -> str:
    def one(name):
        c = exp.controls[name]
        return field_html(panel[name].text, c.label, kind=c.kind, control=c, value=controls[name])

    front = "".join(one(n) for n, c in exp.controls.items() if not c.more)
    more = "".join(one(n) for n, c in exp.controls.items() if c.more)
    return front + (f"<details class='lk-more'><summary>More controls</summary>{more}</details>" if more else "")


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
        lead = f"You said {q.exact(said.value)}; it is {q.show(truth)}{far}. Your interval {q.exact(said.low)} – {q.exact(said.high)} {'holds it' if inside else 'misses it'}."
    idea = f"<p>{prose(exp.idea(lab.result(exp, exp.defaults)))}</p>" if exp.idea else ""
    return _spoken(exp.key + ".reveal", lead, html=f"<div class='lk-reveal'><p><strong>{text(lead)}</strong></p>{idea}</div>")


def _record(lab: Lab, exp: Experiment, panel, result, log) -> str:
    ask = _coach(exp, "explain")
    asked = exp.explain and (exp.explain.asked is None or exp.explain.asked(result))
    ask += _slot(field_html(panel["_explain"].text, exp.explain.asks, kind="radio") if asked else "")
    seen = logs.observations(log, exp.key)
    judged = ""
    if seen and seen[-1].explanation:
        word = "The simulator agrees" if seen[-1].right else "The simulator does not agree: look again at what changes the result most"
        judged = f"Run {len(seen)} recorded. You said “{exp.explain.options.get(seen[-1].explanation, seen[-1].explanation) if exp.explain else seen[-1].explanation}”. {word}."
    elif seen:
        judged = f"Run {len(seen)} recorded."
    return f"<div class='lk-page lk-record'>{ask}{field_html(panel['_text'].text, 'In one sentence of your own: what did you see, and why', kind='text')}{_coach(exp, 'record')}{panel['_record'].text}{_notice(lab, exp.key)}{_spoken(exp.key + '.recorded', judged, 'lk-done')}</div>"


def _slot(content: str) -> str:
    """What comes and goes before a widget. The page is redrawn element by element, by position: without a place that always
    stands there, the field after it would take over the words of its neighbour."""
    return f"<div class='lk-slot'>{content}</div>"


def _bad(error: Exception) -> str:
    """What stands where something could not be shown."""
    return f"<p class='lk-state lk-bad'>{text(sentence(error))}</p>"


def _spoken(key: str, words: str = "", kind: str = "", html: str = "") -> str:
    """A slot whose sentence the page's script speaks when it changes, from the region that all changes are spoken from.

    A live region that arrives together with its words is not spoken by every screen reader; this one stands from the start.
    """
    shown = html or (f"<p class='{kind}'>{text(words)}</p>" if words else "")
    return f"<div class='lk-slot' data-lk-part='{key}' data-lk-said='{attr(words)}'>{shown}</div>"


def _notice(lab: Lab, key: str) -> str:
    said = lab.notices.get(key, "")
    return f"<p class='lk-notice' role='alert'>{text(said)}</p>" if said else ""
