"""What may befall a lab in use: its tab dies, its store is cleared, damaged or replaced, its clock goes wrong, memory lacks, its own code fails.

Nothing that was recorded is lost in any of these. Where the browser refuses to store at all: test_storage.py; where the network goes: test_offline.py.
"""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import quote, unquote

import browser_bench
import pytest
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.grade.classes import sample_class
from labkit.log_file import import_bytes
from labkit.seed import seed_of
from playwright.sync_api import Error
from student import Student, gone

LABS = Path(__file__).parents[2] / "labs"
LAB_ID, CAPSTONE = "lab_00_introduction", "lab_16_fleet_synthesis"
PAGE = f"labs/vol1/{LAB_ID}.html"
DATABASE = """const opened = (version, stores = []) => new Promise((done, failed) => {
    const opening = indexedDB.open('mlsys-labs', version);
    opening.onupgradeneeded = () => stores.forEach((name) => opening.result.createObjectStore(name));
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => failed(opening.error);
});
const over = (t) => new Promise((done, failed) => { t.oncomplete = done; t.onabort = () => failed(t.error); });
"""
DAMAGE = (
    """async ([from, to]) => { """
    + DATABASE
    + """
    const db = await opened(), t = db.transaction('logs', 'readwrite');
    t.objectStore('logs').openCursor().onsuccess = ({ target: { result: at } }) => { if (at) { at.update(at.value.split(from).join(to)); at.continue(); } };
    await over(t);
    db.close();
}"""
)
FIRST_VERSION = (
    """async ([lab, attempt, log]) => { """
    + DATABASE
    + """
    const db = await opened(1, ['logs', 'current']), t = db.transaction(['logs', 'current'], 'readwrite');
    t.objectStore('logs').put(log, [lab, attempt]);
    t.objectStore('current').put(attempt, lab);
    await over(t);
    db.close();
}"""
)
LATER_VERSION = "async () => { " + DATABASE + " (await opened(3, ['more'])).close(); }"
LITTLE_MEMORY = "--js-flags=--wasm-max-mem-pages=1024"  # of 64 KiB for Python, which has 52 MiB when a lab is awake and may ask for 4 GiB
HEAP = "() => self.pyodide._module.HEAP8.length"
TAKE_ALL = """() => self.pyodide.runPython(`
ballast = []
for size in (1 << 20, 1 << 16, 1 << 12):
    try:
        while True:
            ballast.append(bytearray(size))
    except MemoryError:
        pass`)"""
AN_HOUR_BACK = "() => { const now = Date.now; Date.now = () => now() - 3600e3; }"


@pytest.fixture(scope="module")
def lab():
    return read_lab(LABS / "vol1" / f"{LAB_ID}.py")


def opened(context, lab, address: str) -> Student:
    student = Student(context.new_page(), lab)
    student.open(address)
    return student


def killed_and_reopened(student: Student, address: str) -> Student:
    """The same lab in a new tab, after the old one died as when the browser kills it: no event tells the page."""
    context = student.page.context
    with student.page.expect_event("crash"):
        try:
            student.page.goto("chrome://crash")
        except Error:  # that page never answers
            pass
    student.page.close()
    return opened(context, student.lab, address)


def kinds(data: bytes) -> Counter:
    return Counter(type(entry).__name__.lower() for entry in import_bytes(data, None).entries)


def test_a_tab_that_dies_loses_nothing_that_it_has_shown_as_recorded(lab, site, context, tmp_path):
    address = f"{site}/{PAGE}"
    student = opened(context, lab, address)
    part, decision = lab.parts[0], lab.decision

    student.name_field().fill("Ada")
    student.view.get_by_role("button", name="Use this name").click()
    student.view.locator("#export").get_by_text("come from the name Ada").wait_for()
    student.lock(part)
    student = killed_and_reopened(student, address)
    said = student.view.locator("#part-A .lk-reveal").inner_text()

    student.record(part, "The first run.")
    student = killed_and_reopened(student, address)
    assert student.view.locator("#part-A .lk-reveal").inner_text() == said
    assert "Run 1 recorded. You said" in student.recorder(part).locator(".lk-done").inner_text()

    for other in lab.parts[1:]:
        student.lock(other)
    student.recorder(decision).get_by_role("textbox").first.wait_for()
    why, revisit = student.recorder(decision).get_by_role("textbox").all()
    student.type(student.recorder(part).get_by_role("textbox"), "Typed, not recorded.")
    student.type(why, "Because.")
    student.type(revisit, "Then.")
    student.recorder(decision).get_by_role("button", name="rejected").click()
    student.recorder(decision).locator(".lk-aside").wait_for()
    student.wait_drafts("A.text,decision.rejected,decision.revisit,decision.why")
    student = killed_and_reopened(student, address)
    assert [t.input_value() for t in student.recorder(decision).get_by_role("textbox").all()] == ["Because.", "Then."]

    student.set(decision, "batch", 1)
    student.press(student.recorder(decision).get_by_role("button", name="Record decision"), student.recorder(decision).locator(".lk-done"))
    item = student.view.locator("#drill li").first
    student.type(item.locator("input").first, "123456")
    student.press(item.get_by_role("button", name="Check answer"), item.get_by_text("Not yet"))
    student = killed_and_reopened(student, address)

    student.answer(0, lab.drills[0], seed_of("Ada", LAB_ID))
    student = killed_and_reopened(student, address)
    assert "Right after 2 tries." in student.view.locator("#drill").inner_text()
    assert student.recorder(part).get_by_role("textbox").input_value() == "Typed, not recorded."
    data = student.export(tmp_path)
    assert kinds(data) == {"prediction": 3, "observation": 1, "decision": 1, "drill": 2}
    log = import_bytes(data, LAB_ID)
    assert log.learner.name == "Ada" and logs.decisions(log)[0].rationale == "Because." and logs.observations(log)[0].explanation


def test_answers_to_the_leads_survive_as_well(site, context, tmp_path):
    capstone = read_lab(LABS / "vol2" / f"{CAPSTONE}.py")
    address = f"{site}/labs/vol2/{CAPSTONE}.html"
    student = opened(context, capstone, address)
    done = next(data for _, kind, data in sample_class(capstone, 1) if kind == "honest")
    student.take("log.json", done, "you continue where it ended")
    leads = student.view.locator("#leads")
    leads.get_by_role("textbox").first.wait_for()  # the recorded design is worked out once more first
    for field in leads.get_by_role("textbox").all():
        student.type(field, "a word " * 25)
    student.press(leads.get_by_role("button", name="Record my answers"), leads.get_by_text("Recorded.", exact=True))
    answers = leads.get_by_role("textbox").count()
    student = killed_and_reopened(student, address)
    assert kinds(student.export(tmp_path)) == kinds(done) + Counter(note=answers)


def test_what_the_browser_cleared_meanwhile_is_stored_again(lab, site, context, tmp_path):
    student = opened(context, lab, f"{site}/{PAGE}")
    student.lock(lab.parts[0])
    student.type(student.recorder(lab.parts[0]).get_by_role("textbox"), "Typed, not recorded.")
    student.wait_drafts("A.text")
    student.bar_says("saved")
    context.new_cdp_session(student.page).send("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "indexeddb"})
    assert gone(lambda: student.page.evaluate("indexedDB.databases()")) == [], "the browser clears behind its answer"
    student.lock(lab.parts[1])
    student.bar_says("saved")
    student.wait_drafts("A.text")
    student = killed_and_reopened(student, f"{site}/{PAGE}")
    assert kinds(student.export(tmp_path)) == {"prediction": 2}
    assert student.recorder(lab.parts[0]).get_by_role("textbox").input_value() == "Typed, not recorded."


def test_a_stored_log_that_cannot_be_read_is_set_aside_and_can_be_taken_as_a_file(lab, site, context, tmp_path):
    student = opened(context, lab, f"{site}/{PAGE}")
    student.lock(lab.parts[0])
    student.bar_says("saved")
    for number, (change, reason) in enumerate(
        {("}\n", ""): "is not JSON", ("mlsys-decision-log/1.0", "mlsys-decision-log/2.0"): "of a newer format (mlsys-decision-log/2.0)"}.items(), 1
    ):
        student.page.evaluate(DAMAGE, list(change))
        student.page.reload()
        student.wait_awake()
        assert reason in student.view.get_by_role("alert").first.inner_text()
        student.view.locator("#export details").first.evaluate("d => d.open = true")
        with student.page.expect_download() as waiting:
            student.view.locator("#export").get_by_text(f"Set aside {number}", exact=True).click()
        kept = Path(waiting.value.path()).read_text()
        assert '"kind": "prediction"' in kept and change[1] in kept
        student.lock(lab.parts[0])
        student.bar_says("saved")
    assert kinds(student.export(tmp_path)) == {"prediction": 1}


def test_a_store_of_an_older_version_is_taken_over_and_one_of_a_newer_version_is_left_alone(lab, site, context, tmp_path):
    log = logs.append(logs.start(LAB_ID, "1.0", simulator=logs.Simulator(name="mlsysim", version="1.0.0", sha256="")), "note", text="from the first version")
    other = context.new_page()
    other.goto(f"{site}/storage.html")
    other.evaluate(FIRST_VERSION, [LAB_ID, log.attempt, logs.stored_bytes(log).decode()])
    student = opened(context, lab, f"{site}/{PAGE}")
    student.lock(lab.parts[0])
    student.bar_says("saved")
    assert kinds(student.export(tmp_path)) == {"note": 1, "prediction": 1}

    other.evaluate(LATER_VERSION)  # as a newer build of the site does in another tab
    student.lock(lab.parts[1])
    student.bar_says("a newer version of these labs has stored work here; reload the page")
    assert kinds(student.export(tmp_path)) == {"note": 1, "prediction": 2}


def test_two_tabs_one_with_its_clock_set_back_keep_one_log_of_everything(lab, site, context, tmp_path):
    one, two = (Student(context.new_page(), lab) for _ in range(2))
    for student in (one, two):  # at once, so that neither finds what the other begins
        student.page.goto(f"{site}/{PAGE}", wait_until="commit")
    for student in (one, two):
        student.wait_awake()
    two.page.workers[0].evaluate(AN_HOUR_BACK)
    a, b, _ = lab.parts
    one.lock(a)
    two.lock(b)
    two.view.locator("#part-A .lk-reveal").wait_for()  # what the other tab recorded comes with the next save
    one.record(a, "Seen in the first tab.")
    one.view.locator("#part-B .lk-reveal").wait_for()
    two.record(b, "Seen in the second tab.")
    student = killed_and_reopened(one, f"{site}/{PAGE}")
    for tab in (student, two):
        log = import_bytes(tab.export(tmp_path), LAB_ID)
        assert kinds(tab.export(tmp_path)) == {"prediction": 2, "observation": 2}
        assert logs.order_flags(log) == () and all(x.at < y.at for x, y in zip(log.entries, log.entries[1:]))
        assert {e.text for e in logs.observations(log)} == {"Seen in the first tab.", "Seen in the second tab."}


def with_code(change):
    """Serve a lab whose notebook is changed."""

    def handle(route):
        head, mark, rest = route.fetch().text().partition('<marimo-code hidden="">')
        code, end, tail = rest.partition("</marimo-code>")
        route.fulfill(content_type="text/html", body=head + mark + quote(change(unquote(code)), safe="") + end + tail)

    return handle


FOCUSED = "(e) => e.getRootNode().activeElement === e"


def test_an_experiment_that_fails_says_so_and_the_other_parts_live(lab, site, context, tmp_path):
    def change(code: str) -> str:
        for line, when, error in (
            ("return comparison.compare(", "second == 't4'", "ZeroDivisionError('a fault of <b>ours</b>')"),
            ("sizes = fixed_batching.batch_sizes(", "r.batch == 2", "MemoryError"),
        ):
            code, times = re.subn(rf"^( *)({re.escape(line)})", rf"\1if {when}:\n\1    raise {error}\n\1\2", code, flags=re.MULTILINE)
            assert times == 1
        return code

    context.route(f"**/{LAB_ID}.html", with_code(change))
    student = opened(context, lab, f"{site}/{PAGE}")
    a, b, c = lab.parts
    student.lock(a)
    student.set(a, "second", "t4")
    assert "ZeroDivisionError: a fault of <b>ours</b>" in student.state(a) and "Everything recorded is kept" in student.state(a)
    assert student.recorder(a).count() == 0, "there is nothing to record"
    student.lock(b)
    student.record(b, "Part B does not mind.")
    student.lock(c)
    student.set(c, "batch", 2)
    assert "not enough memory" in student.state(c)
    assert student.field(c, "batch").get_by_role("slider").evaluate(FOCUSED), "the way back is one key away"
    student.set(c, "batch", 4)
    student.record(c, "And works again.")
    student.set(a, "second", "h100_sxm")
    assert student.state(a) == "within limits" and student.instrument(a).locator(".lk-figure").count(), "the way back leads out"
    student.record(a, "As before.")
    assert kinds(student.export(tmp_path)) == {"prediction": 3, "observation": 3}


@pytest.fixture
def small(browser):
    """A profile of a Chromium that gives Python little memory."""
    running = browser.browser_type.launch(executable_path=browser_bench.program(), args=[*browser_bench.FLAGS, LITTLE_MEMORY])
    yield browser_bench.profile(running, accept_downloads=True, service_workers="block")
    running.close()


def test_where_memory_runs_out_the_part_says_so_and_nothing_recorded_is_lost(lab, site, small, tmp_path):
    def hungry(code: str) -> str:
        code, times = re.subn(
            r"^( *)(sizes = fixed_batching.batch_sizes\()",
            r"\1if r.batch == 2:\n\1    hoard = [bytearray(1 << 20) for _ in range(4096)]\n\1\2",
            code,
            flags=re.MULTILINE,
        )
        assert times == 1
        return code

    small.route(f"**/{LAB_ID}.html", with_code(hungry))
    student = opened(small, lab, f"{site}/{PAGE}")
    (worker,) = student.page.workers
    a, b, c = lab.parts
    student.lock(c)
    student.set(c, "batch", 2)
    student.instrument(c).get_by_text("There is not enough memory for this").first.wait_for()
    assert worker.evaluate(HEAP) <= 1024 * 65536, "the browser gave no more"
    student.set(c, "batch", 4)
    student.record(c, "It works again.")
    student.lock(a)
    student.bar_says("saved")
    before = import_bytes(student.export(tmp_path), LAB_ID).entries
    assert len(before) == 3

    worker.evaluate(TAKE_ALL)  # not even marimo can answer now
    student.press_lock(b)
    student.page.reload()
    student.wait_awake()
    after = import_bytes(student.export(tmp_path), LAB_ID).entries
    assert after[:3] == before and len(after) <= 4, "what was pressed in vain may have come through whole"
    student.record(a, "There is room after a reload.")
