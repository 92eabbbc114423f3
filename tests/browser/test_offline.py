"""The network may vanish: what was opened opens again, updates come whole, and never under an open page."""

import json
import shutil
from pathlib import Path

import pytest
from browser_bench import profile
from labkit.catalogue import read_lab
from labkit.log_file import import_bytes
from sitebuild.offline import write_offline
from sitebuild.server import Serving
from student import Student, until

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LAB_ID = "lab_00_introduction"
PAGE = f"labs/vol1/{LAB_ID}.html"

KEPT = """(lab) => new Promise(async (done) => {
    const { active } = await navigator.serviceWorker.ready;
    const ask = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => (data.kept?.includes(lab) ? done(data.kept) : setTimeout(ask, 200));
        active.postMessage({ ask: "kept" }, [port2]);
    };
    ask();
})"""
UPDATED = """() => new Promise(async (done) => {
    const registration = await navigator.serviceWorker.ready;
    registration.addEventListener("updatefound", () => {
        const coming = registration.installing;
        coming.addEventListener("statechange", () => ["installed", "redundant"].includes(coming.state) && done(coming.state));
    });
    registration.update().catch((error) => done(String(error)));
})"""

CHANGING = "() => { window.changed = new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true })) }"
FORGET = """async () => {
    for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
}"""


@pytest.fixture
def device(browser):
    """A browser profile that may keep the site."""
    context = profile(browser, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def published(tmp_path):
    """A copy of the site, to publish other builds over it; and its address."""
    folder = tmp_path / "site"
    shutil.copytree(ROOT / "_site", folder, copy_function=lambda a, b: Path(b).hardlink_to(a))
    with Serving(folder) as address:
        yield folder, address


def publish(folder: Path, words: str):
    """Another build: its front page says these words, and so does a lab's page in a meta element."""
    (old,) = folder.glob("offline.*.json")
    labs = json.loads(old.read_text())["labs"]
    front, page = (folder / "index.html").read_text(), (folder / PAGE).read_text()
    for path in (old, folder / "index.html", folder / PAGE, folder / "sw.js"):
        path.unlink()  # the files are links to the built site's
    (folder / "index.html").write_text(front.replace("<footer>", f"<footer><p>{words}</p>", 1))
    (folder / PAGE).write_text(page.replace("</head>", f'<meta name="test-build" content="{words}"></head>', 1))
    write_offline(folder, labs)


def opened(device, address: str) -> Student:
    student = Student(device.new_page(), read_lab(ROOT / "labs/vol1" / f"{LAB_ID}.py"))
    student.open(f"{address}/{PAGE}")
    student.page.evaluate(KEPT, LAB_ID)
    return student


def test_a_lab_that_was_opened_opens_and_works_with_the_network_off(device, site):
    student = opened(device, site)
    missing = []
    device.on("requestfailed", lambda request: missing.append(request.url))
    device.new_cdp_session(student.page).send("Network.clearBrowserCache")  # only what the service worker keeps is certain to be there
    device.set_offline(True)
    student.page.reload()
    student.wait_awake()
    student.lock(student.lab.parts[0])
    assert not missing, "a start would wait for these, and ask again and again"
    student.page.goto(f"{site}/labs/vol1/lab_11_hw_accel.html")
    assert "not on this device" in student.page.locator("h1").inner_text(), "a lab that was never opened says so"
    student.page.goto(f"{site}/")
    student.page.get_by_text("1 of ").filter(has_text="labs open on this device").wait_for()


def test_all_labs_can_be_kept_with_one_button(device, site):
    page = device.new_page()
    page.goto(f"{site}/")
    page.get_by_role("button", name="Keep all labs on this device").click()
    count = page.locator(".lab").count()
    page.get_by_text(f"{count} of {count} labs open").wait_for(timeout=120_000)
    device.set_offline(True)
    student = Student(page, read_lab(ROOT / "labs/vol1/lab_11_hw_accel.py"))
    student.open(f"{site}/labs/vol1/lab_11_hw_accel.html")
    student.lock(student.lab.parts[0])


def test_an_update_waits_for_open_pages_and_comes_whole(device, published):
    folder, address = published
    student = opened(device, address)
    publish(folder, "the second build")
    assert student.page.evaluate(UPDATED) == "installed"
    front = device.new_page()
    front.goto(f"{address}/")
    assert "the second build" not in front.content(), "a lab of the first build is still open"
    for page in device.pages:
        page.close()

    def next_visit() -> str:
        page = device.new_page()
        page.goto(f"{address}/")
        shown = page.content()
        page.close()  # the last page of the older build lets the newer one in
        return shown

    assert "the second build" in until(lambda shown: "the second build" in shown, next_visit)
    front = device.new_page()
    front.goto(f"{address}/")
    front.get_by_text("1 of ").filter(has_text="labs open on this device").wait_for()  # what was kept stays kept


def test_half_an_update_is_none(device, published):
    folder, address = published
    student = opened(device, address)
    publish(folder, "the second build")
    page = (folder / "index.html").read_text()
    (folder / "index.html").write_text(page.replace("second", "third"))  # the list knows it differently, as on a host that is being copied to
    assert student.page.evaluate(UPDATED) == "redundant"
    device.set_offline(True)
    student.page.reload()
    student.wait_awake()
    student.page.goto(f"{address}/")
    assert "build" not in student.page.locator("footer").inner_text()


def test_a_lab_in_use_goes_on_whatever_becomes_of_its_service_worker(device, published, tmp_path):
    folder, address = published
    student = opened(device, address)
    page, (a, b, c) = student.page, student.lab.parts
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))

    def entries():
        student.bar_says("saved")
        return import_bytes(student.export(tmp_path), LAB_ID).entries

    student.lock(a)
    publish(folder, "the second build")
    assert page.evaluate(UPDATED) == "installed"
    student.lock(b)  # another build waits

    page.evaluate(CHANGING)
    developer = device.new_cdp_session(page)
    developer.send("ServiceWorker.enable")
    developer.send("ServiceWorker.skipWaiting", {"scopeURL": f"{address}/"})
    page.evaluate("window.changed")
    student.record(a, "Forced in under the open lab.")
    before = entries()
    assert len(before) == 3

    device.set_offline(True)  # the new build is here whole, the lab too
    page.reload()
    student.wait_awake()
    assert page.locator("meta[name=test-build]").get_attribute("content") == "the second build"
    assert entries() == before
    student.record(b, "In the second build.")
    device.set_offline(False)

    page.evaluate(FORGET)
    student.lock(c)
    student.record(c, "Without a service worker and all that it kept.")
    before = entries()
    assert len(before) == 6
    page.reload()
    student.wait_awake()
    assert entries() == before
    assert not trouble
