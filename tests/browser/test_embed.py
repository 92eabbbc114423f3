"""A lab inside another page: what it says to the page around, what it takes from it, and what happens in a strict frame."""

from pathlib import Path

import pytest
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.log_file import export_bytes, import_bytes
from labkit.log_types import Simulator
from sitebuild.server import Serving
from student import Student

HERE = Path(__file__).parent
LAB_ID = "lab_11_hw_accel"
PAGE = f"labs/vol1/{LAB_ID}.html"

RECOMMENDED = "allow-scripts allow-same-origin allow-downloads allow-forms"
STRICT = "allow-scripts"
COURSE = """<!DOCTYPE html><title>Course</title><iframe name="lab" title="Lab" width="1100" height="400" sandbox="{sandbox}" src="{src}"></iframe>
<script>
const heard = [], frame = document.querySelector("iframe");
addEventListener("message", ({{ source, data }}) => {{
  if (source !== frame.contentWindow) return;
  heard.push(data);
  if (data.type === "height") frame.height = data.height;
}});
const ask = (message) => frame.contentWindow.postMessage({{ target: "mlsys-lab", version: 1, ...message }}, "*");
</script>"""


@pytest.fixture(scope="module")
def lab():
    return read_lab(HERE.parents[1] / "labs" / "vol1" / f"{LAB_ID}.py")


@pytest.fixture
def course(context, site, lab, tmp_path):
    """A page around the lab: on another site (localhost is another one than 127.0.0.1), where this browser lets a frame
    store nothing; or at another address of the same site, where it does."""
    with Serving(tmp_path) as address:

        def opened(sandbox: str, host: str = "127.0.0.1") -> Course:
            around = address.replace("127.0.0.1", host)
            context.route(f"{around}/**", lambda route: route.continue_())
            (tmp_path / "course.html").write_text(COURSE.format(sandbox=sandbox, src=f"{site}/{PAGE}?embed=1"), encoding="utf-8")
            return Course(context.new_page(), f"{around}/course.html", lab)

        yield opened


class Course:
    """What stands around the lab, and what it heard."""

    def __init__(self, page, address, lab):
        self.page = page
        self.page.goto(address)
        self.student = Student(self.page, lab, self.page.frame("lab"))
        self.wait("ready")
        self.student.wait_awake()

    def heard(self, kind: str) -> list[dict]:
        return self.page.evaluate("(kind) => heard.filter((m) => m.type === kind)", kind)

    def lti(self, subject: str) -> list[dict]:
        return self.page.evaluate("(subject) => heard.filter((m) => m.subject === subject)", subject)

    def wait(self, kind: str, count: int = 1) -> dict:
        """The latest message of this kind, once there are so many."""
        self.page.wait_for_function("([kind, count]) => heard.filter((m) => m.type === kind).length >= count", arg=[kind, count])
        return self.heard(kind)[-1]

    def ask(self, **message):
        self.page.evaluate("(message) => ask(message)", message)


def a_log(lab_id: str = LAB_ID, name: str | None = None) -> str:
    log = logs.start(lab_id, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""), name=name)
    return export_bytes(logs.append(log, "prediction", part="A", value=5.0, low=2.0, high=20.0, unit="×"), {}).decode()


def test_the_page_around_hears_what_happens_and_the_frame_is_as_high_as_the_lab(lab, course, tmp_path):
    course = course(RECOMMENDED)
    ready = course.heard("ready")[0]
    assert ready == {"source": "mlsys-lab", "version": 1, "type": "ready", "lab": LAB_ID, "done": 0, "total": 10, "entries": 0}
    assert course.student.view.locator(".lk-next").count() == 0, "what comes next is the course's to say"

    course.student.lock(lab.parts[0])
    assert course.wait("progress", 2)["done"] == 1
    assert course.wait("entry")["entry"]["kind"] == "prediction"
    assert len(import_bytes(course.wait("log", 2)["log"].encode(), LAB_ID).entries) == 1
    course.student.bar_says("saved")
    course.page.wait_for_function("heard.some((m) => m.subject === 'lti.screenReaderAlert')")
    assert "You said" in course.lti("lti.screenReaderAlert")[0]["body"]

    course.student.quiet(500)
    inner = course.student.view.evaluate("() => { const a = document.getElementById('App'); return [a.scrollHeight, a.clientHeight] }")
    assert inner[0] <= inner[1] + 1, "nothing is left to scroll inside of the frame"
    assert inner[1] - course.heard("height")[-1]["height"] < 8
    assert course.lti("lti.frameResize")[-1]["height"] == course.heard("height")[-1]["height"]

    told = len(course.heard("log"))
    course.ask(type="log?")
    asked = course.wait("log", told + 1)["log"]
    assert import_bytes(course.student.export(tmp_path), LAB_ID).entries == import_bytes(asked.encode(), LAB_ID).entries
    assert not course.heard("complete")


def test_the_page_around_gives_a_log_and_nothing_that_does_not_fit_is_taken(lab, course):
    course = course(RECOMMENDED)
    course.ask(type="learner", name="Ada L.")
    assert course.wait("learner")["ok"]
    course.student.lock(lab.parts[1])
    course.student.bar_says("saved")
    mine = course.wait("entry") and course.heard("log")[-1]["log"]

    refused = {
        "is not JSON": mine[: len(mine) // 2],
        "belongs to another lab": a_log("lab_00_introduction"),
        "was changed or damaged": mine.replace('"part": "B"', '"part": "C"', 1),
    }
    for n, (reason, text) in enumerate(refused.items(), 1):
        course.ask(type="restore", log=text)
        answer = course.wait("restored", n)
        assert not answer["ok"] and reason in answer["reason"] and answer["reason"].endswith("Nothing here was changed.")
    for n, wrong in enumerate(({"type": "dance"}, {"type": "restore", "log": 7}, {"type": "log?", "version": 2}), 1):
        course.ask(**wrong)
        course.wait("refused", n)
    course.ask(type="log?")
    assert import_bytes(course.wait("log")["log"].encode(), LAB_ID).entries == import_bytes(mine.encode(), LAB_ID).entries

    theirs, before = a_log(name="Ada L."), len(course.heard("entry"))
    course.ask(type="restore", log=theirs)
    assert course.wait("restored", 4)["ok"]
    assert import_bytes(course.heard("log")[-1]["log"].encode(), LAB_ID).entries == import_bytes(theirs.encode(), LAB_ID).entries
    course.student.view.locator("#part-A .lk-reveal").wait_for()
    assert len(course.heard("entry")) == before, "what is restored was recorded before"


def test_another_student_at_the_same_machine_begins_anew_and_the_first_ones_work_stays(lab, course):
    course = course(RECOMMENDED)
    course.ask(type="learner", name="Ada L.")
    course.wait("learner")
    course.ask(type="restore", log=a_log(name="Ada L."))
    course.wait("restored")
    course.ask(type="learner", name="Grace H.")
    course.wait("ready", 2)
    assert course.heard("ready")[-1]["entries"] == 0
    course.ask(type="learner", name="Grace H.")
    assert course.wait("learner", 2)["ok"], "it is the name now"
    course.ask(type="learner", name="Ada L.")
    assert course.wait("ready", 3)["entries"] == 1, "the first one's work is still there"


@pytest.mark.parametrize("sandbox", (STRICT, RECOMMENDED))
def test_a_strict_frame_runs_the_lab_says_what_it_forbids_and_gives_the_log_as_text(sandbox, lab, course):
    course = course(sandbox, "localhost")
    view = course.student.view
    assert "Saving is off" in course.student.bar()
    assert "This frame lets the lab store nothing" in view.locator(".lk-frame").inner_text()
    text = a_log()
    course.ask(type="restore", log=text)
    assert course.wait("restored")["ok"]
    view.locator("#part-A .lk-reveal").wait_for()
    shown = view.locator(".lk-log").text_content()
    assert import_bytes(shown.encode(), LAB_ID).entries == import_bytes(text.encode(), LAB_ID).entries
    view.get_by_role("button", name="Copy the log").click()
    view.locator("[data-lk-copied]").filter(has_text="text file").wait_for()
    selected = view.evaluate("getSelection().toString()")
    assert import_bytes(selected.encode(), LAB_ID) == import_bytes(shown.encode(), LAB_ID), "what is selected, and copied where the frame may, is the log"

    course.student.lock(lab.parts[1])
    course.wait("entry")
    course.ask(type="restore", log=a_log())
    answer = course.wait("restored", 2)
    assert not answer["ok"] and "stored nowhere else" in answer["reason"]
    course.ask(type="restore", log=text)
    assert course.wait("restored", 3)["ok"], "an older copy of the same attempt is joined with what is here"
    assert len(import_bytes(view.locator(".lk-log").text_content().encode(), LAB_ID).entries) == 2


def test_the_instructors_page_writes_the_html_of_a_frame(site, context):
    page = context.new_page()
    page.goto(f"{site}/instructors.html")
    code = page.locator("#embed-code")
    page.locator("#embed [name=lab]").select_option(PAGE.removeprefix("labs/").removesuffix(".html"))
    assert f'src="{site}/{PAGE}?embed=1"' in code.input_value() and "<script>" in code.input_value()
    page.locator("#embed [name=high]").uncheck()
    page.locator("#embed [name=sandbox]").check()
    assert f'sandbox="{RECOMMENDED}"' in code.input_value() and "<script>" not in code.input_value()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
