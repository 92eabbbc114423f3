"""Each lab as its student uses it, by keyboard: predict, explore, fail and recover, record, come back, take the log home."""

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from access import LISTEN, audible_step, before_any_lock, handed, heard, judge, spoken, when_all_is_done
from keyboard import KeyboardStudent
from labkit.catalogue import lab_paths, read_lab
from labkit.grade.replay import Replayer
from labkit.log import observations
from labkit.log_file import import_bytes
from labkit.schema import json_schema
from labkit.seed import seed_of
from mlsysim.errors import MlsysimError
from student import Student, until

HERE = Path(__file__).parent
PATHS = lab_paths(HERE.parents[1] / "labs")


def failed(exp, controls) -> str:
    """The failure state at these controls: its name, "" if there is none, "!" where the simulator has no result."""
    try:
        found = exp.state(exp.result(controls))
    except MlsysimError:
        return "!"
    return found.name if found else ""


def road(lab):
    """A part and two moves of one control: into a failure state, and out of it again (or the other way round)."""
    for exp in lab.parts:
        for name, control in exp.controls.items():
            states = {value: failed(exp, {**exp.defaults, name: value}) for value in control.values}
            bad = [v for v, s in states.items() if s not in ("", "!")]
            good = [v for v, s in states.items() if s == ""]
            if bad and good:
                return exp, name, bad[0], good[0]
    raise AssertionError("no failure state is one move from the defaults")


def another_design(exp, seed):
    """A control and a value of it that gives a result and is not the default."""
    for name, control in exp.controls.items():
        for value in control.values:
            if value != control.default and not control.more:
                try:
                    exp.result({**exp.defaults, name: value}, exp.draw(seed))
                except MlsysimError:
                    continue
                return name, value
    raise AssertionError("no control leads from the default to another design with a result")


@pytest.mark.parametrize("path", PATHS, ids=[p.stem for p in PATHS])
def test_a_student_does_the_lab_by_keyboard(path, site, context, tmp_path, axe):
    """One journey for all that a lab promises, because what it costs is the start of Python. docs/accessibility.md says what it shows."""
    lab = read_lab(path)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    student = KeyboardStudent(page, lab)
    student.open(f"{site}/labs/{path.parent.name}/{path.stem}.html")
    page.evaluate(LISTEN)
    exp, name, bad, good = road(lab)
    at = {e.key: dict(e.defaults) for e in lab.experiments}
    assert student.instrument(exp).count() == 0, "the instrument must stay closed before the lock"
    assert handed(page) == before_any_lock(lab)

    student.lock(exp)
    heard(page, "You said ")
    student.set(exp, name, bad)
    broken, drawn, told = student.state(exp), student.chart(exp), student.tables(exp)
    assert any(f.name in broken for f in exp.failures)
    student.set(exp, name, good)
    at[exp.key][name] = good
    assert student.state(exp) != broken
    assert until(lambda now: now != drawn, lambda: student.chart(exp)) != drawn, "a moved control must move the chart"
    assert student.tables(exp) != told, "and what is told under it"

    spoken(page)
    student.record(exp, "Moving one control changed what binds, because the other terms stayed.")
    heard(page, "Run 1 recorded.")
    page.reload()
    student.wait_awake()
    page.evaluate(LISTEN)
    student.instrument(exp).locator("svg").first.wait_for()
    assert "Run 1 recorded" in page.locator("body").inner_text()
    at[exp.key] = dict(exp.defaults)  # what is recorded comes back, the controls begin anew

    others = [e for e in lab.parts if e is not exp]
    audible = next(e for e in others if audible_step(e, at[e.key]))
    for other in others:
        student.lock(other)
        heard(page, "You said ")
        if other is audible:
            moves_audibly(student, other, at[other.key])
        student.record(other, "The chart shows it: one term is far longer than the others.")
        heard(page, "Run 1 recorded.")
    name, value = another_design(lab.decision, seed_of(None, lab.id))
    student.decide(lab.decision, name, value)
    at["decision"][name] = value
    for i, drill in enumerate(lab.drills):
        student.answer(i, drill, seed_of(None, lab.id))
    page.locator("#export").get_by_text("Everything is done.").wait_for()

    page.wait_for_function("window.heard.some((said) => said.includes('Everything is done.'))")
    said = spoken(page)
    for words, times in (("Rejected so far: ", 1), ("1 decision recorded.", 1), ("Right.", len(lab.drills)), ("Everything is done.", 1)):
        assert sum(words in s for s in said) == times, (words, said)
    data = student.export(tmp_path)
    jsonschema.validate(json.loads(data), json_schema())
    log = import_bytes(data, lab.id)
    assert Counter(type(e).__name__ for e in log.entries) == {"Prediction": len(lab.parts), "Observation": len(lab.parts), "Decision": 1, "Drill": 3}
    assert Replayer(lab).findings(log) == [], "what the browser computed must replay natively"
    judge(page, axe)
    chosen = {run.part: run.explanation for run in observations(log) if run.part != exp.key}  # the reload has cleared that part's
    assert [h for h in handed(page) if not h[1].startswith("Your answer, at least")] == when_all_is_done(lab, at, chosen)


def moves_audibly(student, exp, at):
    """One step of a control: nothing on the page is in motion, and what it changed is spoken once, with its unit."""
    name, value, words = audible_step(exp, at)
    student.set(exp, name, value)
    at[name] = value
    assert student.page.evaluate("document.getAnimations().length") == 0
    heard(student.page, words)


AT_ONCE = """([fields, values, button]) => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    fields.forEach((field, i) => {
        field.focus();
        set.call(field, values[i]);
        field.dispatchEvent(new Event('input', {bubbles: true}));
        field.blur();
    });
    button.click();
}"""


def test_three_numbers_and_a_press_that_reach_python_together_all_count(site, context):
    """As when somebody types while Python is still busy with what came before."""
    path = PATHS[0].with_name("lab_11_hw_accel.py")
    page = context.new_page()
    Student(page, read_lab(path)).open(f"{site}/labs/vol1/{path.stem}.html")
    part = page.locator("#part-B")
    fields = [part.locator(".lk-number input").nth(i).element_handle() for i in range(3)]
    page.evaluate(AT_ONCE, [fields, ["30", "20", "60"], part.get_by_role("button", name="Lock prediction").element_handle()])
    part.locator(".lk-reveal").wait_for()
    assert "30" in part.locator(".lk-reveal").inner_text()
