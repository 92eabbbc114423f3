"""The page of a lab's code: a student changes it, adds to it, finds it again, and gets nothing of it into the log."""

from browser_bench import profile
from labkit.editable import BAR
from student import QUIET, START_MS

LAB_ID = "lab_00_introduction"
LAB = f"labs/vol1/{LAB_ID}.html"
PAGE = f"labs/vol1/{LAB_ID}.edit.html"
TITLE = "One law, seven machines"


def awake(page):
    page.locator("#export[data-lk-awake='yes']").wait_for(timeout=START_MS)


def write(page, cell, code: str):
    """Put this code in the place of a cell's own and run it."""
    cell.locator(".cm-content").click()
    cell.locator(".cm-focused").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    cell.locator(".cm-content").filter(has_text=code).wait_for()
    page.keyboard.press("Control+Enter")


def new_cell(page, code: str):
    """Add a cell at the end with this code and run it; the cell."""
    page.evaluate(QUIET, 500)  # outputs that still arrive above push the button away from under a click
    count = page.locator(".marimo-cell").count()
    page.get_by_role("button", name="Python", exact=True).last.press("Enter")
    cell = page.locator(".marimo-cell").nth(count)
    write(page, cell, code)
    return cell


def test_code_is_changed_added_kept_and_enters_no_log(context, site):
    page = context.new_page()
    page.goto(f"{site}/{LAB}")
    awake(page)
    page.locator("#lk-first").wait_for(state="detached")
    page.get_by_role("link", name="Open the code").click()
    page.wait_for_url(f"{site}/{PAGE}")
    awake(page)
    assert BAR in page.locator(".lk-bar").inner_text()
    assert page.get_by_role("button", name="Export log").count() == 0
    assert len(page.workers) == 1, "one Python, not a second one to save"

    # a cell of one's own, then its code changed: the result follows
    cell = new_cell(page, "'the answer is ' + str(6 * 7)")
    cell.get_by_text("the answer is 42").wait_for()
    write(page, cell, "f'{len(lab.experiments)} parts on {len(MACHINES)} machines'")
    cell.get_by_text("4 parts on 7 machines").wait_for()

    # a cell of the lab's: everything that uses it runs again
    setup = page.locator(".marimo-cell .cm-content").first
    setup.click()
    page.locator(".cm-focused").first.wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\ndel MACHINES['t4']")
    page.keyboard.press("Control+Enter")
    cell.get_by_text("4 parts on 6 machines").wait_for()

    # what the site lacks is answered with a sentence; the context's gate has seen no request to another host
    numpy = new_cell(page, "import numpy")
    numpy.get_by_text("numpy is not part of this site").first.wait_for()
    assert page.get_by_text("Missing packages").count() == 0

    page.locator("#lk-copy-said").filter(has_text="was kept in this browser").wait_for()
    page.wait_for_function(f"localStorage['mlsys-labs.edit.{LAB_ID}']?.includes('import numpy')")
    page.reload()
    page.locator("#lk-copy-said").filter(has_text="This is your code").wait_for()
    awake(page)
    page.get_by_text("4 parts on 6 machines").first.wait_for()
    assert "#code/" not in page.url

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take the lab’s own code").click()
    page.locator("#lk-copy-said").filter(has_text="What you change is kept").wait_for()
    awake(page)
    assert page.get_by_text("numpy is not part of this site").count() == 0
    assert page.get_by_text("4 parts on 6 machines").count() == 0


KEPT = """async (page) => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name), here = (await cache.keys()).map((request) => request.url);
        const list = here.find((url) => url.includes("/offline-edit."));
        const needed = list ? (await (await cache.match(list)).json()).labs[page] : null;
        if (needed?.every((path) => here.some((url) => url.endsWith(path)))) return true;
    }
    return false;
}"""


def test_it_opens_without_a_network_once_it_was_opened(browser, site):
    context = profile(browser)
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    awake(page)
    page.wait_for_function(KEPT, arg=f"{LAB_ID}.edit", timeout=START_MS)
    context.set_offline(True)
    page.reload()
    awake(page)
    new_cell(page, "6 * 7").get_by_text("42", exact=True).wait_for()
    context.close()


def test_the_code_can_be_read_without_javascript(browser, site):
    context = profile(browser, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    assert page.get_by_role("heading", name=f"{TITLE}: the code").is_visible()
    assert page.get_by_text("def heartbeat_lens(job, first, second, lens):").is_visible()
    page.get_by_role("link", name="Back to the lab").click()
    assert page.url == f"{site}/{LAB}"
    context.close()
