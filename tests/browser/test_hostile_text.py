"""Whatever is typed into a lab, or stands in a file given to it, is shown as text and does nothing."""

import json
from pathlib import Path

from hostile_texts import TEXTS
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.html import typed
from labkit.log_file import import_bytes
from student import Student

LAB_ID = "lab_00_introduction"
SHORT = {kind: words for kind, words in TEXTS.items() if kind != "100 kB of emoji"}


def in_a_field(words: str) -> str:
    """A text as a browser's field holds it: line ends in one spelling, whole characters."""
    return logs.plain(words).replace("\r\n", "\n").replace("\r", "\n")


def test_whatever_is_typed_is_text(site, context, tmp_path):
    lab = read_lab(Path(__file__).parents[2] / "labs" / "vol1" / f"{LAB_ID}.py")
    student = Student(context.new_page(), lab)
    page = student.page
    student.open(f"{site}/labs/vol1/{LAB_ID}.html")
    part = lab.parts[0]
    student.lock(part)
    box = student.recorder(part)
    box.get_by_role("radio").first.click()
    for run, words in enumerate(TEXTS.values(), 1):
        student.type(box.get_by_role("textbox"), words)
        box.get_by_role("button", name="Record this run").click()
        box.locator(".lk-done").filter(has_text=f"Run {run} recorded").wait_for()
    recorded = [e.text for e in logs.observations(import_bytes(student.export(tmp_path), LAB_ID))]
    assert recorded == [in_a_field(words).strip() for words in TEXTS.values()]

    for words in SHORT.values():
        name = " ".join(logs.plain(words).split())
        student.type(student.name_field(), words)
        page.get_by_role("button", name="Use this name").click()
        page.wait_for_function("(name) => document.querySelector('#export bdi')?.textContent === name", arg=typed(name).replace("\0", ""))
    student.type(student.name_field(), TEXTS["100 kB of emoji"])
    page.get_by_role("button", name="Use this name").click()
    page.get_by_role("alert").filter(has_text="at most 200 characters").wait_for()

    document = json.loads(student.export(tmp_path))
    for words in SHORT.values():
        said = student.take("x.json", json.dumps({"schema": words}).encode(), "Nothing here was changed")
        assert "is not a decision log" in said

    with page.expect_download() as waiting:
        page.locator("#export").get_by_text("Export report", exact=True).click()
    report = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert "<script" not in report and report.count("**Recorded**") == len(TEXTS)

    student.type(box.get_by_role("textbox"), TEXTS["HTML"])
    student.wait_drafts("A.text,name")
    page.reload()
    student.wait_awake()
    assert student.recorder(part).get_by_role("textbox").input_value() == TEXTS["HTML"]
    assert json.loads(student.export(tmp_path))["entries"] == document["entries"]
    assert page.evaluate("window.caught") is None and page.locator("iframe, [onload], [onerror]").count() == 0
    student.type(student.name_field(), "Ada")
