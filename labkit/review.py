"""The capstone's report: eight headings, each filled from what was recorded, readable in five minutes; what is missing says so.

leads = {"The finance lead": lambda r, given: f"{lk.show(r, 'cost_usd')} for …?"}
o = lk.leads_panel(lab, leads)                                  # in a cell that does not read the log
lk.leads(lab, part, o, leads, log())                            # their objections, from the recorded decision, and the answers
paper = lambda: lk.review_report(lab, part, found, chapters, leads)    # for lk.export(..., paper=paper)
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping, Sequence

import marimo as mo
from labkit import log as logs
from labkit.controls import field_html
from labkit.course import course
from labkit.earlier import Start, start_controls
from labkit.html import prose, text
from labkit.lab import Lab
from labkit.log_types import Decision, Log, Prediction
from labkit.panel import _button, _sentences
from labkit.report import escape, factor_off
from labkit.storage import open_storage
from labkit.units_shown import from_si, shown
from mlsysim.errors import MlsysimError
from mlsysim.quantity import unit_of
from mlsysim.units import fmt

FEWEST_WORDS = 40
SAID = "Each of them holds a veto. Their words come from your recorded design, your answers go into the report."
# heading → (the part whose recorded runs belong under it, the lines that the recorded design says: result, controls, drawn values → Markdown)
Chapters = Mapping[str, tuple[str, Callable]]
Leads = Mapping[str, Callable]


def md_table(columns: Sequence[str], rows) -> list[str]:
    """A Markdown table; numbers are written before."""
    return ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns), *("| " + " | ".join(_cell(c) for c in row) + " |" for row in rows), ""]


def _cell(words) -> str:
    """Text in a cell: there a number needs no guard against being read as a numbered list."""
    return re.sub(r"^(\d+)\\([.)])", r"\1\2", escape(words))


def leads_panel(lab: Lab, leads: Leads):
    """A text field for the answer to each lead, and one button."""
    box: list = []
    made = {name: _sentences(lab, f"lead.{name}", rows=5) for name in leads}
    made["_record"] = _button(lab, "leads", "Record my answers", lambda: answer_leads(lab, {name: box[0][name].value for name in leads}), "success")
    box.append(mo.ui.dictionary(made))
    return box[0]


def answer_leads(lab: Lab, answers: Mapping[str, str]) -> str:
    """Record each answer that is new, as a note; the sentence that says what is still too short."""
    before = answered(lab.log())
    short = []
    for name, words in answers.items():
        words = (words or "").strip()
        if len(words.split()) < FEWEST_WORDS:
            short.append(f"{name}: {len(words.split())}")
        elif words != before.get(name):
            if said := lab._append("note", text=words, part=name):
                return said
    return f"Each lead wants at least {FEWEST_WORDS} words; so far {', '.join(short)}." if short else "Recorded."


def answered(log: Log) -> dict[str, str]:
    """The last answer to each lead."""
    return {note.part: note.text for note in logs.notes(log) if note.part}


def leads(lab: Lab, part, panel, leads: Leads, log: Log) -> mo.Html:
    """What each lead objects to in the recorded design, and the student's answers."""
    head = "<section class='lk-part lk-page' id='leads'><h2>The leads object</h2>"
    made = logs.decisions(log)
    if not made:
        return mo.Html(f"{head}<p class='lk-gate'>They speak when a decision is recorded.</p></section>")
    exp, given = part.experiment, part.experiment.draw(log.seed)
    result = lab.result(exp, dict(made[-1].controls), log.seed)
    done = answered(log)
    fields = "".join(
        f"<p><strong>{text(name)}.</strong> {prose(objects(result, given))}</p>"
        + field_html(panel[name].text, f"Your answer, at least {FEWEST_WORDS} words{' (recorded)' * (name in done)}", kind="text")
        for name, objects in leads.items()
    )
    said = lab.notices.get("leads", "")
    notice = f"<p class='lk-notice' role='alert'>{text(said)}</p>" if said else ""
    return mo.Html(
        f"{head}<p>{SAID}</p>{fields}{panel['_record'].text}{notice}</section>"
    )


async def review_report(lab: Lab, part, found: Sequence[Start], chapters: Chapters, leads: Leads) -> str:
    """The report as Markdown, with the calibration over every lab that is stored here."""
    kept = [(lab.info, lab.log())]
    for info in course():
        if info.id != lab.info.id:
            attempts = [a for a in await (await open_storage(info.id)).attempts() if a.log]
            current = [a for a in attempts if a.current] or attempts
            kept += [(info, current[-1].log)] if current else []
    return write_review(lab, part, found, chapters, leads, kept)


def write_review(lab: Lab, part, found: Sequence[Start], chapters: Chapters, leads: Leads, kept) -> str:
    """The report from this lab's log and those in `kept`, (lab, log) each."""
    log, exp = lab.log(), part.experiment
    made = logs.decisions(log)
    design, given = (made[-1] if made else None), exp.draw(log.seed)
    result = lab.result(exp, exp.check(dict(design.controls)), log.seed) if design else None
    who = ", ".join(escape(x) for x in (log.learner.name, log.learner.section) if x) or "no name given"
    lines = [
        f"# {escape(lab.info.title)}: the report",
        "",
        f"{who} · seed {log.seed} · {escape(log.simulator.name)} {_cell(log.simulator.version)} · every number replays",
        "",
    ]
    lines += _verdict(exp, design, result, given) + ["", "## 1 The design, and where each value comes from", ""]
    lines += _design(exp, design, part, found) if design else _missing("no decision is recorded")
    for n, (heading, (key, says)) in enumerate(chapters.items(), 2):
        lines += ["", f"## {n} {heading}", ""]
        if isinstance(result, MlsysimError):
            lines += _missing(f"the recorded design has no result: {result}")
        else:
            lines += [*says(result, dict(design.controls), given)] if design else _missing("no decision is recorded")
        lines += ["", *_seen(lab, log, key)]
        if n == 3:  # interventions: the alternative is one of them
            lines += _rejected(exp, design, result) if design and not isinstance(result, MlsysimError) else []
    n = len(chapters) + 2
    lines += ["", f"## {n} Objections and answers", ""]
    said = answered(log)
    for name, objects in leads.items():
        lines += [f"**{name}.** {objects(result, given)}" if design else f"**{name}.**", ""]
        lines += [f"> {escape(said[name])}", ""] if name in said else [*_missing("no answer is recorded"), ""]
    lines += _earlier_decisions(lab, kept)
    lines += ["", f"## {n + 1} What would make me revisit it", ""]
    lines += [f"> {escape(design.revisit_when)}"] if design else _missing("no decision is recorded")
    lines += ["", f"## {n + 2} Calibration", "", *_calibration(lab, kept)]
    return "\n".join(lines).rstrip() + "\n"


def _missing(what: str) -> list[str]:
    return [f"*Missing: {escape(what)}.*"]


def _verdict(exp, design: Decision | None, result, given: dict) -> list[str]:
    if design is None:
        return _missing("no decision is recorded")
    words = [(c.words, c.holds(result, given), c.says(result, given)) for c in exp.constraints]
    held = sum(ok for _, ok, _ in words)
    lead = "**Every limit holds.**" if held == len(words) else f"**{held} of {len(words)} limits hold.**"
    goal = f" Priority: {escape(given['goal'])}." if "goal" in given else ""
    return [
        lead + goal,
        "",
        *md_table(("limit", "reached", ""), [(name, says, "holds" if ok else "BROKEN") for name, ok, says in words]),
        f"> {escape(design.rationale)}",
    ]


def _design(exp, design: Decision, part, found: Sequence[Start]) -> list[str]:
    begun, rows = start_controls(part, found), []
    origin = {name: one.words for one in found for name in one.controls if name in begun}
    for name, control in exp.controls.items():
        value = design.controls[name]
        if name in begun:
            where = origin[name] if value == begun[name] else f"changed here; {origin[name].partition(',')[0]} had {control.show(begun[name])}"
        else:
            where = "preset, kept" if value == control.default else f"changed here; the preset has {control.show(control.default)}"
        rows.append((control.label, control.show(value), where))
    unused = [f"- {escape(one.row)}: {escape(one.words)}" for one in found if not any(n in begun for n in one.controls) and "not used" in one.words]
    return md_table(("choice", "value", "from"), rows) + unused


def _rejected(exp, design: Decision, result) -> list[str]:
    if design.rejected is None:
        return _missing("no rejected alternative")
    differs = [f"{c.label}: {c.show(design.rejected.controls[n])}" for n, c in exp.controls.items() if design.rejected.controls[n] != design.controls[n]]
    both = []
    for field in dict.fromkeys(c.field for c in exp.constraints):
        mine, other = design.result.get(field), design.rejected.result.get(field)
        both.append((next(c.words for c in exp.constraints if c.field == field), *(_value(result, field, v) for v in (mine, other))))
    return [f"Rejected alternative: {escape('; '.join(differs))}.", "", *md_table(("", "chosen", "rejected"), both)]


def _value(result, field: str, value) -> str:
    return shown(value, unit_of(result, field)) if isinstance(value, (int, float)) else "none"


def _seen(lab: Lab, log: Log, key: str) -> list[str]:
    """The last recorded run of a part: the student's sentence, and whether the simulator agreed."""
    exp = next((e for e in lab.experiments if e.key == key), None)
    if exp is None:
        return []
    seen = logs.observations(log, key)
    if not seen:
        return [*_missing(f"no run of part {key} is recorded"), ""]
    last, judged = seen[-1], ""
    if last.explanation and exp.explain:
        verdict = "the simulator agrees" if last.right else "the simulator disagrees"
        judged = f" {escape(exp.explain.asks)} {escape(exp.explain.options.get(last.explanation, last.explanation))} ({verdict})."
    return [f"Seen in part {key} ({len(seen)} {'run' if len(seen) == 1 else 'runs'}): “{escape(last.text)}”{judged}", ""]


def _earlier_decisions(lab: Lab, kept) -> list[str]:
    rows = []
    for info, log in kept:
        made = logs.decisions(log)
        if made and info.volume == lab.info.volume and info.id != lab.info.id:
            held = made[-1].constraints
            broken = [c.name for c in held if not c.holds]
            rows.append((f"{info.week} {info.title}", "all hold" if not broken else f"broken: {', '.join(broken)}"))
    return (
        ["Decisions of this volume, as recorded:", "", *md_table(("lab", "limits"), rows)] if rows else _missing("no decision of an earlier lab is stored here")
    )


def guesses(lab: Lab, info, log: Log) -> list[tuple[float | None, bool]]:
    """(factor off, whether the interval held) of each numeric prediction whose truth is known: by the lab itself, or by a run at the same point."""
    found = []
    for guess in logs.predictions(log):
        truth = _truth(lab, info, log, guess)
        if truth is not None and guess.value is not None:
            found.append((factor_off(guess.value, truth), guess.low <= truth <= guess.high))
    return found


def _truth(lab: Lab, info, log: Log, guess: Prediction) -> float | None:
    if info.id == lab.info.id:
        exp = next((e for e in lab.experiments if e.key == guess.part and e.predict), None)
        truth = lab.truth(exp) if exp else None
        return truth if isinstance(truth, (int, float)) else None
    for seen in logs.observations(log, guess.part):
        at_point = guess.controls is None or guess.controls.items() <= seen.controls.items()
        value = seen.result.get(guess.field)
        if at_point and isinstance(value, (int, float)) and not isinstance(value, bool):
            return from_si(value, guess.unit or "")
    return None


def _calibration(lab: Lab, kept) -> list[str]:
    rows, everything = [], []
    for info, log in kept:
        asked = [g for g in logs.predictions(log) if g.value is not None]
        known = guesses(lab, info, log)
        everything += known
        if asked:
            rows.append(
                (
                    f"{'I' * info.volume}.{info.week} {info.title}",
                    f"{len(known)} of {len(asked)}",
                    _off(known),
                    f"{sum(h for _, h in known)} of {len(known)}" if known else "–",
                )
            )
    if not rows:
        return _missing("no prediction is stored here")
    whole = f"**Over all labs: {_off(everything)} off at the median, {sum(h for _, h in everything)} of {len(everything)} intervals held the truth.**"
    note = "Compared are predictions of numbers whose truth is known here: in this lab all, in others those with a recorded run at the question’s own settings."
    return [whole, "", *md_table(("lab", "compared", "median factor of error", "intervals that held"), rows), note]


def _off(known) -> str:
    factors = [f for f, _ in known if f is not None]
    return fmt(statistics.median(factors), "×") if factors else "–"
