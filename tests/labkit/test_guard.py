"""A lab's own code fails: the part says so in a sentence, the others work, and what was recorded stays."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from labkit import log as logs
from labkit import views
from labkit.catalogue import read_lab
from labkit.guard import Broke, sentence, what_failed
from labkit.lab import Lab
from labkit.log_file import import_bytes
from labkit.log_types import Simulator
from labkit.panel import drill_panel, log_panel, panel_for
from labkit.storage import NoStorage
from mlsysim.errors import OutOfRange

FILE = read_lab(Path(__file__).parents[2] / "labs" / "vol1" / "lab_11_hw_accel.py")


def broken(*args, **kwargs):
    return 1 / 0


def starved(*args, **kwargs):
    raise MemoryError


BREAKS = {
    "the simulator": dict(run=broken),
    "memory": dict(run=starved),
    "the chart": dict(instruments=broken),
    "the idea": dict(idea=broken),
    "a failure state": dict(failures=(replace(FILE.parts[0].failures[0], when=broken),)),
    "the answer": dict(predict=replace(FILE.parts[0].predict, answer=broken)),
    "the explanation": dict(explain=replace(FILE.parts[0].explain, right=broken, asked=broken)),
    "the binding term": dict(binding=broken),
}


def opened(exp, drills=FILE.drills) -> Lab:
    """The lab with this part A; both predictions of A and B locked."""
    parts = [SimpleNamespace(experiment=e) for e in (exp, *FILE.experiments[1:])]
    log = logs.start(FILE.id, "1.0", simulator=Simulator(name="mlsysim", version="1", sha256=""))
    lab = Lab(FILE.id, parts, [SimpleNamespace(drill=d) for d in drills], NoStorage("off"), log)
    state = [log]
    lab.log, lab._set = (lambda: state[0]), (lambda new: state.__setitem__(0, new))  # marimo's state outside of a notebook
    for one in lab.experiments[:2]:
        assert lab.lock(one, one.predict.low * 2 or 1, one.predict.low, one.predict.high) == ""
    asyncio.run(lab.save(lab.log()))
    return lab


def test_nothing_counts_as_recorded_on_the_page_before_it_is_saved():
    lab = opened(FILE.experiments[0])
    exp = lab.experiments[0]
    panel, key = panel_for(lab, exp), next(iter(exp.explain.options))
    assert lab.record(exp, exp.defaults, key, "Because.") == ""
    assert "Run 1 recorded" not in views.explore(lab, exp, panel, lab.log()).text
    asyncio.run(lab.save(lab.log()))
    assert "Run 1 recorded" in views.explore(lab, exp, panel, lab.log()).text, "saved, or refused with a reason"


@pytest.mark.parametrize("what", BREAKS)
def test_a_part_that_fails_says_so_and_the_rest_lives(what):
    lab = opened(replace(FILE.experiments[0], **BREAKS[what]))
    exp, other = lab.experiments[:2]
    panel, log = panel_for(lab, exp), lab.log()
    shown = views.predict(lab, exp, panel, log).text + views.explore(lab, exp, panel, log).text
    assert ("not enough memory" if what == "memory" else "The lab failed here") in shown and exp.title in shown
    assert "<marimo-slider" in shown or "<marimo-dropdown" in shown, "the controls stay, to lead out"
    healthy = views.predict(lab, other, panel_for(lab, other), log).text + views.explore(lab, other, panel_for(lab, other), log).text
    assert "failed here" not in healthy and "lk-figure" in healthy
    assert "Export log" in views.export(lab, log_panel(lab), log).text
    assert import_bytes(lab.export(), FILE.id).entries == log.entries


def test_what_fails_at_one_setting_works_again_at_the_next():
    exp = FILE.experiments[0]
    name, control = next((n, c) for n, c in exp.controls.items() if c.kind == "slider")
    bad = next(v for v in control.values if v != control.default)
    run = exp.run
    lab = opened(replace(exp, run=lambda **now: broken() if now[name] == bad else run(**now)))
    exp = lab.experiments[0]
    panel = panel_for(lab, exp)

    def at(value) -> str:
        panel._update({name: control.values.index(value)})
        return views.explore(lab, exp, panel, lab.log()).text

    assert "lk-figure" in at(control.default)
    assert "ZeroDivisionError" in at(bad) and "There is no result to record" in lab.record(exp, {**exp.defaults, name: bad}, None, "x")
    assert "lk-figure" in at(control.default)


def test_a_button_whose_action_fails_says_so(monkeypatch):
    lab = opened(FILE.experiments[0])
    panel = panel_for(lab, lab.experiments[0])
    monkeypatch.setattr(lab, "record", broken)
    panel._update({"_record": 1})
    assert "ZeroDivisionError" in lab.notices["A"] and "kept" in lab.notices["A"]


def test_a_drill_whose_question_fails_leaves_the_others():
    drills = (replace(FILE.drills[0], draw=broken), *FILE.drills[1:])
    lab = opened(FILE.experiments[0], drills)
    shown = views.drill(lab, drill_panel(lab, lab.drills), lab.log()).text
    assert shown.count("failed here") == 1 and shown.count("Check answer") == len(drills)


def test_the_report_comes_without_what_failed():
    lab = opened(replace(FILE.experiments[0], run=broken))
    assert set(lab.truths(lab.log())) == {"B"}


@pytest.mark.parametrize(
    "fields",
    [
        dict(choice="x"), dict(value=3.0), dict(value=3.0, low=4.0, high=5.0, unit="%"), dict(value=1e300, low=0, high=1e300, unit="%"),
        dict(value=1.0, low=1.0, high=1.0, unit="parsec"),
    ],  # fmt: skip
)
def test_a_prediction_of_another_version_of_the_question_stays_in_the_log_and_the_part_asks_again(fields):
    lab = opened(FILE.experiments[0])
    exp = lab.experiments[2]
    lab._set(logs.append(lab.log(), "prediction", part=exp.key, **fields))
    log = lab.log()
    assert lab.prediction(log, exp) is None and not lab.checklist(log)[f"Part {exp.key}: predict"]
    assert "Lock prediction" in views.predict(lab, exp, panel_for(lab, exp), log).text
    q = exp.predict
    assert lab.lock(exp, *(("x",) if hasattr(q, "options") else (q.high, q.low, q.high))) in ("", "Choose one of the options first.")
    assert log.entries[-1] in lab.log().entries


def test_an_explanation_that_is_no_longer_offered_is_shown_as_it_was():
    lab = opened(FILE.experiments[0])
    exp = lab.experiments[0]
    lab._set(logs.append(lab.log(), "observation", part="A", controls={}, result={}, explanation="<gone>", right=True, text="x"))
    assert "“&lt;gone&gt;”" in views.explore(lab, exp, panel_for(lab, exp), lab.log()).text


def test_the_sentence_is_short_and_says_where():
    try:
        broken()
    except ZeroDivisionError as error:
        assert what_failed(error).startswith("The lab failed here") and "test_guard.py" in what_failed(error)
    assert len(sentence(ValueError("x" * 10_000))) < 600
    assert sentence(OutOfRange("batch is 0.")) == "batch is 0."
    assert isinstance(Broke(ValueError("x")), ValueError)


def test_a_report_of_the_labs_own_that_fails_gives_the_plain_one(monkeypatch):
    lab = opened(FILE.experiments[0])

    async def paper():
        return broken()

    made = []
    monkeypatch.setattr(views.mo, "download", lambda **how: made.append(how) or SimpleNamespace(text=""))
    views.export(lab, log_panel(lab), lab.log(), paper=paper)
    written = asyncio.run(made[1]["data"]()).decode()
    assert "**Predicted:**" in written and "ZeroDivisionError" in written
