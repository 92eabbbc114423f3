"""A lab starts, or says in the page what is wrong and what to do; the text can always be read."""

import json
import os
import re
from pathlib import Path

import pytest
from browser_bench import FLAGS, patient, profile, program
from faulty_server import breaking_server, plain_server
from labkit.catalogue import read_lab
from playwright.sync_api import expect
from student import Student

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("LABS_SITE", ROOT / "_site"))
LAB_ID = "lab_00_introduction"
PAGE = f"labs/vol1/{LAB_ID}.html"

BREAKS_AFTER = (1, 8, 50, 120, 170, 184, 190, 196, 250, 328)  # of the 330 requests of a first start: page, styles, scripts, Python, packages, archives
WAITED_OUT = (1, 184, 328)  # the line comes back only when the page has given up


@pytest.fixture(scope="module")
def lab():
    return read_lab(ROOT / "labs/vol1" / f"{LAB_ID}.py")


@pytest.fixture
def visit(browser):
    """Opens a new profile; nothing is kept for use without a network unless a test wants it."""
    contexts = []

    def visit(**options):
        contexts.append(profile(browser, viewport={"width": 1280, "height": 900}, **({"service_workers": "block"} | options)))
        return contexts[-1].new_page()

    yield visit
    for context in contexts:
        context.close()


def start_line(page):
    return page.locator("#lk-start")


def says(page, words: str, timeout: int = 60_000):
    expect(start_line(page)).to_contain_text(re.compile(words), timeout=timeout)


def is_readable(page):
    """Its heading stands in the window, and nothing lies over it."""
    assert page.evaluate("""() => {
        const heading = document.querySelector("h1"), { left, top, width, height } = heading.getBoundingClientRect();
        return width > 0 && heading.contains(document.elementFromPoint(left + Math.min(width, 40) / 2, top + height / 2));
    }"""), "the heading cannot be seen"


@pytest.mark.parametrize("after", BREAKS_AFTER)
def test_a_line_that_breaks_during_the_start_and_comes_back(after, visit, lab):
    with breaking_server(SITE) as (address, line):
        page = visit()
        line.cut(after, torn=after % 4 == 0)
        page.goto(f"{address}/{PAGE}", wait_until="commit")
        says(page, "Trying again")
        is_readable(page)
        if after in WAITED_OUT:
            says(page, "did not arrive. .*Check the connection")
            is_readable(page)
            line.mend()
            page.get_by_role("button", name="Try again").click()
        else:
            line.mend()
        student = Student(page, lab)
        student.wait_awake()
        assert start_line(page).count() == 0


def test_without_a_connection_the_button_says_so_again_and_what_was_recorded_is_kept(visit, lab):
    with breaking_server(SITE) as (address, line):
        student = Student(visit(), lab)
        student.open(f"{address}/{PAGE}")
        student.lock(lab.parts[0])
        student.bar_says("saved")
        line.cut(after=1, first=PAGE)
        page = student.page
        page.reload(wait_until="commit")
        says(page, "What you recorded before is kept")
        button = page.get_by_role("button", name="Try again")
        button.click()
        says(page, "There is no connection to 127.0.0.1")
        line.mend()
        page.context.set_offline(True)
        page.context.set_offline(False)  # the browser notices by itself that there is a network again
        student.wait_awake()
        page.locator(f"#part-{lab.parts[0].key} .lk-reveal").wait_for()


OLD_WORKER = "window.Worker = class { constructor(place, options) {} postMessage() {} addEventListener() {} }"  # looks at no option
NO_WORKER = "window.Worker = class { constructor(place, { type }) { throw new DOMException('no', 'SecurityError') } }"
LACKS = {
    "an old browser": ("delete Array.prototype.toSorted", "too old for the labs. Update it"),
    "no modules in workers": (OLD_WORKER, "too old for the labs"),
    "no workers": (NO_WORKER, "web worker"),
}


@pytest.mark.parametrize("lacks", LACKS)
def test_a_browser_that_lacks_something_says_what(lacks, visit, site):
    taken, words = LACKS[lacks]
    page = visit()
    page.add_init_script(taken)
    cannot_start(page, f"{site}/{PAGE}", words)


def cannot_start(page, address: str, words: str):
    """These words and the text are there, nothing goes on, and no script of the front end was run."""
    page.goto(address)
    says(page, words)
    says(page, "The text stays readable")
    is_readable(page)
    assert page.locator("#root").inner_html() == "" and not page.get_by_role("button", name="Try again").is_visible()


def test_a_browser_without_webassembly_says_what(browser, site):
    other = browser.browser_type.launch(executable_path=program(), args=[*FLAGS, "--js-flags=--jitless"])
    cannot_start(profile(other).new_page(), f"{site}/{PAGE}", "WebAssembly is switched off in this browser")
    other.close()


FORBIDS = {"worker-src 'none'": "does not let the page run Python in the background", "script-src 'self' 'unsafe-inline'": "WebAssembly is switched off"}


@pytest.mark.parametrize("policy", FORBIDS)
def test_a_server_with_a_policy_of_its_own(policy, visit, site):
    def answer(route):
        given = route.fetch()
        route.fulfill(response=given, headers=given.headers | {"content-security-policy": policy})

    page = visit()
    page.route(f"**/{PAGE}", answer)
    cannot_start(page, f"{site}/{PAGE}", FORBIDS[policy])


def test_a_page_opened_as_a_file_says_where_labs_run(visit):
    cannot_start(visit(), (SITE / PAGE).as_uri(), "opened as a file")


def test_without_javascript_the_page_says_so(visit, site):
    page = visit(java_script_enabled=False)
    page.goto(f"{site}/{PAGE}")
    note = page.locator("noscript p")
    box = note.bounding_box()
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent", [box["x"] + 20, box["y"] + 15]).startswith("JavaScript is switched off")
    is_readable(page)


def test_where_site_data_is_blocked_the_lab_works_and_says_that_nothing_is_saved(browser, site, lab, tmp_path):
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked), encoding="utf-8")
    context = patient(browser.browser_type.launch_persistent_context(str(tmp_path), executable_path=program(), args=FLAGS))
    page = context.new_page()
    page.goto(f"{site}/{PAGE}", wait_until="commit")
    says(page, "lets the page store nothing, so your work will not be saved")
    student = Student(page, lab)
    student.wait_awake()
    assert "Saving is off" in student.bar()
    says(page, "only with a network: .* blocks what it needs")  # the service worker is refused as well
    page.get_by_role("button", name="Close").click()
    student.lock(lab.parts[0])
    context.close()


def test_an_address_without_https_says_that_the_lab_is_not_kept(browser, site, lab):
    other = browser.browser_type.launch(executable_path=program(), args=[*FLAGS, "--host-resolver-rules=MAP labs.test 127.0.0.1"])
    student = Student(profile(other).new_page(), lab)
    student.open(f"{site.replace('127.0.0.1', 'labs.test')}/{PAGE}")
    says(student.page, "does not begin with https")
    student.lock(lab.parts[0])
    student.page.reload()
    student.wait_awake()
    student.page.wait_for_function("sessionStorage.getItem('lk-refused')")
    assert start_line(student.page).count() == 0, "it was told once"
    other.close()


@pytest.mark.parametrize("wrong", ("text/plain", "application/octet-stream"))
def test_a_plain_file_server_runs_the_lab_from_a_subfolder_whatever_it_knows_of_types(wrong, visit, lab, tmp_path):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "some labs").symlink_to(SITE)
    page, complaints = visit(), []
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    page.on("response", lambda r: r.status >= 400 and complaints.append(r.url))
    with plain_server(tmp_path, {".mjs": wrong, ".wasm": wrong, ".whl": wrong, ".zip": wrong}) as address:
        student = Student(page, lab)
        student.open(f"{address}/course/some%20labs/{PAGE}")
        student.lock(lab.parts[0])
        names = {url.split("/")[-1] for url in page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")}
        assert not [name for name in names if name.endswith(".mjs")]
    assert not complaints, complaints


def test_on_a_slow_line_the_text_is_there_first_and_the_page_says_how_far_it_is(visit, lab):
    with breaking_server(SITE) as (address, line):
        line.slow(bits_per_s=1.5e6, delay_s=0.3)
        page = visit()
        page.goto(f"{address}/{PAGE}", wait_until="commit")
        says(page, "You can read already")
        is_readable(page)
        assert line.sent < 1_000_000, "of 11 MB"
        says(page, r"Python is loading, \d+ % is here")
        first = int(re.search(r"(\d+) %", start_line(page).inner_text())[1])
        page.wait_for_function("first => Number(/(\\d+) %/.exec(document.getElementById('lk-start').textContent)?.[1]) > first", arg=first, timeout=60_000)
        line.slow(0, 0)
        Student(page, lab).wait_awake()


def test_a_processor_that_is_six_times_slower_only_takes_longer(visit, site, lab):
    page = visit()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.goto(f"{site}/{PAGE}", wait_until="commit")
    says(page, "You can read already")
    is_readable(page)
    Student(page, lab).wait_awake()


@pytest.mark.parametrize("times", [1, 4])
def test_no_control_can_be_used_before_it_is_awake(times, visit, site, lab):
    page = visit()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})
    page.add_init_script("""addEventListener("DOMContentLoaded", () => new MutationObserver((_, watcher) => {
        if (document.getElementById("lk-first")) return;
        watcher.disconnect();
        window.lkState = document.querySelector("#root #export").dataset.lkAwake;
    }).observe(document.body, { childList: true, subtree: true }))""")
    page.goto(f"{site}/{PAGE}")
    page.wait_for_function("window.lkState", timeout=120_000)
    assert page.evaluate("window.lkState") == "yes", "what is typed into a control that Python has not made is gone when it has"
    box = page.locator(".lk-number input").first
    box.fill("5")
    box.press("Tab")
    page.wait_for_timeout(1500)
    assert box.input_value() == "5"


BEHIND = """
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    window.asked = [];
    window.Notification = class { static permission = "default"; static async requestPermission() { window.asked.push(new Error().stack); return "denied"; } };
    addEventListener("DOMContentLoaded", () => {
        const icon = document.querySelector("link[rel=icon]"), icons = (window.icons = [icon.href]);
        new MutationObserver(() => icons.push(icon.href)).observe(icon, { attributes: true, attributeFilter: ["href"] });
    });
"""


@pytest.mark.parametrize("page_name", (PAGE, PAGE.replace(".html", ".edit.html")))
def test_a_lab_that_starts_behind_other_tabs_asks_for_nothing_and_keeps_its_icon(page_name, visit, site, lab):
    page = visit()
    page.add_init_script(BEHIND)
    Student(page, lab).open(f"{site}/{page_name}")
    assert page.evaluate("window.asked") == [], "marimo would ask to show notifications at the end of each run"
    assert {icon.rpartition("/")[2] for icon in page.evaluate("window.icons")} == {"favicon.svg"}


def test_a_strict_frame_on_a_host_that_does_not_answer_such_frames_links_to_a_window(visit, tmp_path):
    (tmp_path / "labs-site").symlink_to(SITE)
    (tmp_path / "course.html").write_text(f'<iframe name="lab" width="900" height="500" sandbox="allow-scripts" src="labs-site/{PAGE}"></iframe>')
    with plain_server(tmp_path, {}) as address:
        page = visit()
        page.goto(f"{address}/course.html")
        line = page.frame_locator("iframe").locator("#lk-start")
        expect(line).to_contain_text("cannot start inside this page", timeout=60_000)
        assert line.get_by_role("link").get_attribute("href") == f"{address}/labs-site/{PAGE}"
        assert page.frame_locator("iframe").locator("h1").first.is_visible()
