"""What a student's work comes to where the browser's storage is forbidden, full or broken: never lost without a word."""

import json
from pathlib import Path

import pytest
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.log_file import head_hash, import_bytes
from labkit.log_types import Simulator
from student import Student

HERE = Path(__file__).parent
LAB_ID = "lab_00_introduction"
PAGE = f"labs/vol1/{LAB_ID}.html"

OFF = "Saving is off: "
REFUSALS = {
    "the getter throws": (
        "Object.defineProperty(globalThis, 'indexedDB', {get() { throw new DOMException('The operation is insecure.', 'SecurityError') }});",
        "forbids this page to store anything",
    ),
    "undefined": ("Object.defineProperty(globalThis, 'indexedDB', {value: undefined});", "offers this page no storage"),
    "open throws": (
        "IDBFactory.prototype.open = () => { throw new DOMException('Access is denied.', 'SecurityError') };",
        "forbids this page to store anything",
    ),
    "open fails": (
        """IDBFactory.prototype.open = () => {
            const request = {error: new DOMException('A mutation operation was attempted.', 'InvalidStateError')};
            setTimeout(() => request.onerror?.({target: request, preventDefault() {}}));
            return request;
        };""",
        "not available to this page",
    ),
}
FULL = """() => {
    globalThis.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException('The quota has been exceeded.', 'QuotaExceededError') };
}"""
HIDDEN = """() => {
    Object.defineProperty(document, 'visibilityState', {value: 'hidden'});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture(scope="module")
def lab():
    return read_lab(HERE.parents[1] / "labs" / "vol1" / f"{LAB_ID}.py")


def kinds(data: bytes) -> list[str]:
    return [type(entry).__name__.lower() for entry in import_bytes(data, LAB_ID).entries]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_without_indexeddb_the_lab_works_and_says_that_saving_is_off(refusal, lab, site, context, tmp_path):
    script, reason = REFUSALS[refusal]
    context.add_init_script(script)

    def refused_in_the_worker_too(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=script + answer.text())

    context.route("**/assets/*worker-*.js", refused_in_the_worker_too)
    student = Student(context.new_page(), lab)
    student.open(f"{site}/{PAGE}")
    assert student.bar().startswith(OFF) and reason in student.bar() and student.bar().count(OFF) == 1
    student.lock(lab.parts[0])
    assert student.bar().startswith(OFF)
    assert kinds(student.export(tmp_path)) == ["prediction"]


def test_a_sandboxed_frame_without_an_origin_runs_the_lab(lab, site, context, tmp_path):
    frame = f"<iframe name='lab' width='1200' height='850' sandbox='allow-scripts allow-downloads' src='{site}/{PAGE}'></iframe>"
    context.route("**/course.html", lambda route: route.fulfill(content_type="text/html", body=f"<title>Course</title>{frame}"))
    page = context.new_page()
    page.goto(f"{site}/course.html")
    student = Student(page, lab, page.frame("lab"))
    student.wait_awake()
    assert student.bar().startswith(OFF) and "a restricted frame" in student.bar()
    student.lock(lab.parts[0])
    assert kinds(student.export(tmp_path)) == ["prediction"]


def test_when_storage_is_full_the_page_says_so_and_keeps_the_work(lab, site, context, tmp_path):
    exp = lab.parts[0]
    student = Student(context.new_page(), lab)
    student.open(f"{site}/{PAGE}")
    student.lock(exp)
    student.bar_says("saved")
    (worker,) = student.page.workers
    worker.evaluate(FULL)
    student.record(exp, "The disk is full and I go on.")
    student.bar_says("storage is full")
    assert student.bar().startswith(OFF)
    assert kinds(student.export(tmp_path)) == ["prediction", "observation"]

    worker.evaluate("() => { IDBObjectStore.prototype.put = globalThis.put }")
    student.lock(lab.parts[1])
    student.bar_says("saved")
    student.page.reload()
    student.wait_awake()
    assert kinds(student.export(tmp_path)) == ["prediction", "observation", "prediction"], "the next save stores what the full one could not"


def exported(lab_id: str, version: str, schema: str | None = None) -> bytes:
    log = logs.start(lab_id, version, simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))
    document = json.loads(logs.export_bytes(logs.append(log, "note", text="from elsewhere"), {}))
    if schema:
        document["schema"] = schema
        document["head_hash"] = head_hash(document)
    return json.dumps(document).encode()


def test_a_log_that_does_not_fit_is_refused_with_its_reason_and_nothing_is_lost(lab, site, context, tmp_path):
    student = Student(context.new_page(), lab)
    student.open(f"{site}/{PAGE}")
    student.lock(lab.parts[0])
    student.bar_says("saved")
    mine = student.export(tmp_path)
    refused = {
        "foreign.json": (exported("lab_11_hw_accel", "1.0"), "belongs to another lab ('lab_11_hw_accel')"),
        "cut.json": (mine[: len(mine) // 2], "is not JSON"),
        "edited.json": (mine.replace(b'"part": "A"', b'"part": "B"', 1), "was changed or damaged after it was exported"),
        "newer.json": (exported(LAB_ID, "1.0", "mlsys-decision-log/2.0"), "of a newer format (mlsys-decision-log/2.0)"),
        "later_lab.json": (exported(LAB_ID, "99.0"), "made by a newer version of this lab"),
    }
    for name, (data, reason) in refused.items():
        said = student.take(name, data, reason)
        assert said.endswith("Nothing here was changed."), said
    assert import_bytes(student.export(tmp_path), LAB_ID).entries == import_bytes(mine, LAB_ID).entries
    student.page.reload()
    student.wait_awake()
    assert import_bytes(student.export(tmp_path), LAB_ID).entries == import_bytes(mine, LAB_ID).entries
    student.take("mine.json", mine, "you continue where it ended")


def test_what_is_typed_but_not_recorded_survives_a_reload_until_it_is_recorded(lab, site, context):
    page = context.new_page()
    student = Student(page, lab)
    student.open(f"{site}/{PAGE}")
    for exp in lab.parts:
        student.lock(exp)
    part, decision = lab.parts[0], lab.decision
    words = "Overhead binds: “nothing” helps,\nnot even a H100 <b>."
    student.type(student.recorder(part).get_by_role("textbox"), words)
    why, revisit = student.recorder(decision).get_by_role("textbox").all()
    student.type(why, "It is cheap.")
    student.type(revisit, "When prices fall.")
    student.recorder(decision).get_by_role("button", name="rejected").click()
    student.recorder(decision).locator(".lk-aside").wait_for()
    aside = student.recorder(decision).locator(".lk-aside").inner_text()
    student.name_field().fill("Ada")
    page.evaluate(HIDDEN)  # the cursor still stands in the field
    kept = "A.text,decision.rejected,decision.revisit,decision.why,name"
    student.wait_drafts(kept)

    page.reload()
    student.wait_awake()
    assert student.recorder(part).get_by_role("textbox").input_value() == words
    assert [t.input_value() for t in student.recorder(decision).get_by_role("textbox").all()] == ["It is cheap.", "When prices fall."]
    assert student.recorder(decision).locator(".lk-aside").inner_text() == aside
    assert student.name_field().input_value() == "Ada"

    student.recorder(part).get_by_role("radio").first.click()
    student.recorder(part).get_by_role("button", name="Record this run").click()
    student.recorder(part).locator(".lk-done").wait_for()
    student.wait_drafts(kept.removeprefix("A.text,"))
