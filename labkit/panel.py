"""The widgets of a part: made once, in a cell that does not read the log, so that recording never resets them."""

from __future__ import annotations

from dataclasses import replace

import marimo as mo
from labkit import embed
from labkit.controls import Control
from labkit.experiment import ChoiceQuestion, Drill, Experiment
from labkit.guard import sentence
from labkit.lab import Lab


def widget(control: Control):
    """marimo's widget for a control; its value is an index or an option's words, read back by `value_of`."""
    index = control.values.index(control.default)
    if control.kind == "slider":
        return mo.ui.slider(0, len(control.values) - 1, step=1, value=index, full_width=True)
    if control.kind == "toggle":
        return mo.ui.switch(value=control.default)
    words = [control.show(v) for v in control.values]
    return mo.ui.dropdown(words, value=words[index], allow_select_none=False, full_width=True)


def value_of(control: Control, raw):
    """The control's value behind its widget's."""
    if control.kind == "slider":
        return control.values[int(raw)]
    if control.kind == "toggle":
        return bool(raw)
    return control.values[[control.show(v) for v in control.values].index(raw)]


def controls_of(exp: Experiment, panel) -> dict:
    """The values of all controls of a panel."""
    return {name: value_of(c, panel[name].value) for name, c in exp.controls.items()}


def _button(lab: Lab, key: str, label: str, act, kind: str = "neutral"):
    def press(count):
        try:
            lab.notices[key] = act()
        except Exception as error:
            lab.notices[key] = sentence(error)
        return (count or 0) + 1

    return mo.ui.button(label=label, on_click=press, value=0, kind=kind)


def _sentences(lab: Lab, draft: str, rows: int):
    """A text area that begins with what was typed in it before, and keeps what is typed."""
    return mo.ui.text_area(lab.drafts.text(draft), rows=rows, full_width=True, on_change=lambda typed: lab.drafts.keep(draft, typed))


def _line(lab: Lab, draft: str, recorded: str | None):
    """The same for one line, whose recorded text stands there at first."""
    return mo.ui.text(lab.drafts.text(draft, recorded or ""), full_width=True, on_change=lambda typed: lab.drafts.keep(draft, typed))


def panel_for(lab: Lab, part, start: dict | None = None):
    """Controls, prediction, explanation and buttons of one part, as one marimo dictionary; `start` replaces some defaults."""
    exp: Experiment = part if isinstance(part, Experiment) else part.experiment
    made = {name: widget(replace(c, default=start[name]) if start and name in start else c) for name, c in exp.controls.items()}
    box: list = []

    def raw(name):
        return box[0][name].value

    q = exp.predict
    if isinstance(q, ChoiceQuestion):
        made["_choice"] = mo.ui.radio({words: key for key, words in q.options.items()})
        made["_lock"] = _button(lab, f"{exp.key}.predict", "Lock prediction", lambda: lab.lock(exp, raw("_choice")), "success")
    elif q:
        for name in ("_value", "_low", "_high"):
            made[name] = mo.ui.number(value=None, full_width=True)
        made["_lock"] = _button(
            lab, f"{exp.key}.predict", "Lock prediction", lambda: lab.lock(exp, raw("_value"), raw("_low"), raw("_high")), "success"
        )
    if exp.is_decision:
        made["_why"] = _sentences(lab, f"{exp.key}.why", rows=3)
        made["_revisit"] = _sentences(lab, f"{exp.key}.revisit", rows=2)
        made["_reject"] = _button(lab, "decision", "Keep as my rejected alternative", lambda: lab.set_aside(exp, controls_of(exp, box[0])))
        made["_record"] = _button(
            lab, "decision", "Record decision", lambda: lab.decide(exp, controls_of(exp, box[0]), raw("_why"), raw("_revisit")), "success"
        )
    else:
        if exp.explain:
            made["_explain"] = mo.ui.radio({words: key for key, words in exp.explain.options.items()})
        made["_text"] = _sentences(lab, f"{exp.key}.text", rows=2)
        made["_record"] = _button(
            lab, exp.key, "Record this run",
            lambda: lab.record(exp, controls_of(exp, box[0]), raw("_explain") if exp.explain else None, raw("_text")), "success",
        )  # fmt: skip
    made["_work"] = mo.ui.switch(value=False)
    box.append(mo.ui.dictionary(made))
    return box[0]


def drill_panel(lab: Lab, drills: tuple[Drill, ...]):
    """A number field and a button a drill."""
    box: list = []
    made = {}
    for d in drills:
        made[d.key] = mo.ui.number(value=None, full_width=True)
        made[f"_{d.key}"] = _button(lab, f"drill.{d.key}", "Check answer", lambda d=d: lab.answer(d, box[0][d.key].value), "success")
    box.append(mo.ui.dictionary(made))
    return box[0]


def log_panel(lab: Lab):
    """Name, section, import."""
    box: list = []
    made = {
        "name": _line(lab, "name", lab.log().learner.name),
        "section": _line(lab, "section", lab.log().learner.section),
        "_use": _button(lab, "name", "Use this name", lambda: lab.rename(box[0]["name"].value, box[0]["section"].value)),
        "file": mo.ui.file(filetypes=[".json"], max_size=6_000_000),
        "_around": embed.field(lab),
        "_import": _button(lab, "import", "Import log", lambda: _import(lab, box[0]["file"].value)),
    }
    box.append(mo.ui.dictionary(made))
    return box[0]


def _import(lab: Lab, files) -> str:
    return lab.take(files[0].contents) if files else "Choose a log file first."
