"""Each lab as its student uses it: predict, explore, fail and recover, record, come back, take the log home."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest
from labkit.catalogue import lab_paths, read_lab
from labkit.log_file import import_bytes
from labkit.schema import json_schema
from mlsysim.errors import MlsysimError

HERE = Path(__file__).parent
PATHS = lab_paths(HERE.parents[1] / "labs")
_spec = importlib.util.spec_from_file_location("student", HERE / "student.py")
student_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(student_module)
Student = student_module.Student


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


@pytest.mark.parametrize("path", PATHS, ids=[p.stem for p in PATHS])
def test_a_student_does_the_lab(path, site, context, tmp_path):
    lab = read_lab(path)
    page = context.new_page()
    student = Student(page, lab)
    student.open(f"{site}/labs/{path.parent.name}/{path.stem}.html")
    exp, name, bad, good = road(lab)
    assert student.instrument(exp).count() == 0, "the instrument must stay closed before the lock"

    student.lock(exp)
    student.set(exp, name, bad)
    broken, drawn = student.state(exp), student.chart(exp)
    assert any(f.name in broken for f in exp.failures)
    student.set(exp, name, good)
    assert student.state(exp) != broken
    assert student.chart(exp) != drawn, "a moved control must move the chart"

    student.record(exp, "Moving one control changed what binds, because the other terms stayed.")
    page.reload()
    student.wait_awake()
    student.instrument(exp).locator("svg").first.wait_for(timeout=60_000)
    assert "Run 1 recorded" in page.locator("body").inner_text()

    data = student.export(tmp_path)
    document = json.loads(data)
    jsonschema.validate(document, json_schema())
    assert [e["kind"] for e in document["entries"]] == ["prediction", "observation"]
    log = import_bytes(data, lab.id)
    replayed = exp.log_result(exp.result(exp.check(log.entries[1].controls)))
    assert dict(log.entries[1].result) == json.loads(json.dumps(replayed)), "browser and native results differ"


def test_sliders_speak_their_label_and_their_value(site, context):
    lab = read_lab(next(p for p in PATHS if p.stem == "lab_11_hw_accel"))
    student = Student(context.new_page(), lab)
    student.open(f"{site}/labs/vol1/lab_11_hw_accel.html")
    exp = lab.parts[0]
    student.lock(exp)
    thumb = student.field(exp, "cache_lines").get_by_role("slider")
    assert thumb.get_attribute("aria-label") == "Cache lines"
    assert thumb.get_attribute("aria-valuetext") == "16"
    thumb.press("ArrowRight")
    student.page.wait_for_timeout(900)
    assert thumb.get_attribute("aria-valuetext") == "32"
