"""A SCORM package in a learning management system (scorm-again): launch, work, leave, resume elsewhere, finish; and a system that fails."""

import base64
import hashlib
import http.server
import json
import shutil
import threading
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.lab import Lab
from labkit.log_file import import_bytes
from labkit.log_types import Simulator
from labkit.storage import NoStorage
from sitebuild.course import read_course
from sitebuild.scorm import write_package
from sitebuild.scorm_self import write_self_packages
from sitebuild.server import Serving
from student import Student

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LAB_ID = "lab_11_hw_accel"
ABOUT = next(entry for entry in read_course(ROOT / "labs")[1] if entry.id == LAB_ID)

NAME, NUMBER = "Lovelace, Ada", "s-1815"
LMS = """<!DOCTYPE html><title>LMS</title><script src="lms.js"></script><script>
const api = new {api}({{ autocommit: false, logLevel: 5 }}), commits = [];
api.loadFromJSON({held});
window.{name} = api;
const held = () => JSON.parse(JSON.stringify(api.cmi));
api.on("{commit}", () => commits.push(held()));
</script><iframe name="sco" title="Lab" width="1200" height="800" src="package/index.html"></iframe>"""
NAMES = {"1.2": ("Scorm12API", "API", "LMSCommit", "scorm12.js"), "2004": ("Scorm2004API", "API_1484_11", "Commit", "scorm2004.js")}
FAILING = """() => {
    globalThis.whole = { LMSSetValue: API.LMSSetValue, LMSCommit: API.LMSCommit };
    API.LMSSetValue = () => { throw new Error("The session is gone."); };
    API.LMSCommit = () => ({ answer: 500 });
}"""


class PlainFiles(http.server.SimpleHTTPRequestHandler):
    """Files as many systems send them: the types of old, everything else as data, and no browser may guess."""

    TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    def guess_type(self, path):
        return self.TYPES.get(Path(path).suffix, "application/octet-stream")

    def end_headers(self):
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def plainly_served(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: PlainFiles(*a, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def scorm_again(npm_package) -> Path:
    """The scripts of scorm-again, the learning management system."""
    return npm_package("scorm-again") / "dist"


@pytest.fixture(scope="module")
def lab():
    return read_lab(ROOT / "labs" / "vol1" / f"{LAB_ID}.py")


class Launched:
    """A lab that the system has opened for a student."""

    def __init__(self, page, address, lab, version):
        self.page, self.late = page, version != "1.2"
        page.goto(address)
        self.sco = page.frame("sco")
        self.sco.locator("iframe").wait_for()
        page.wait_for_function("frames[0].length === 1")
        self.student = Student(page, lab, self.sco.child_frames[0])
        self.student.wait_awake()

    def says(self, words: str):
        self.sco.locator("#said").filter(has_text=words).wait_for()

    def committed(self, entries: int) -> dict:
        """What the system holds once a log with so many entries was committed."""
        for _ in range(240):
            for held in reversed(self.page.evaluate("commits")):
                if held["suspend_data"].startswith("log:") and len(unpacked(held).entries) >= entries:
                    return held
            self.page.wait_for_timeout(250)
        raise AssertionError(f"no log with {entries} entries was committed; the page says: {self.sco.locator('#said').inner_text()}")

    def leave(self) -> dict:
        """Close the lab; what the system holds then."""
        self.page.wait_for_timeout(1500)  # what the lab still fetches would count as failed
        self.page.evaluate("document.querySelector('iframe').remove()")
        self.page.wait_for_timeout(300)
        return self.page.evaluate("held()")


@pytest.fixture
def launch(context, site, lab, scorm_again, tmp_path):
    """Opens the package in a system that holds these values; `elsewhere` on a machine that knows nothing of the lab."""
    with Serving(tmp_path) as address:
        context.route(f"{address}/**", lambda route: route.continue_())

        def launched(version: str, held: dict, elsewhere: bool = False) -> Launched:
            write_package(tmp_path / "package.zip", ABOUT, version, f"{site}/labs/{ABOUT.path}.html?embed=1")
            uploaded(tmp_path, version, held, scorm_again)
            if elsewhere:
                context.clear_cookies()
                page = context.new_page()
                page.goto(f"{site}/schema/decision-log-1.0.json")
                page.evaluate("new Promise((done) => { indexedDB.deleteDatabase('mlsys-labs').onsuccess = done })")
                page.close()
            return Launched(context.new_page(), f"{address}/lms.html", lab, version)

        yield launched


def uploaded(folder: Path, version: str, held: dict, scorm_again: Path) -> None:
    """The folder's package.zip as a system has it: unpacked, with a page that launches it, which holds these values."""
    api, name, commit, script = NAMES[version]
    zipfile.ZipFile(folder / "package.zip").extractall(folder / "package")
    shutil.copyfile(scorm_again / script, folder / "lms.js")
    (folder / "lms.html").write_text(LMS.format(api=api, name=name, commit=commit, held=json.dumps(held)), encoding="utf-8")


def student_of(version: str) -> dict:
    return {"core": {"student_id": NUMBER, "student_name": NAME}} if version == "1.2" else {"learner_id": NUMBER, "learner_name": NAME}


def unpacked(held: dict):
    assert held["suspend_data"].startswith("log:")
    return import_bytes(zlib.decompress(base64.b64decode(held["suspend_data"][4:])), LAB_ID)


def packed(data: bytes) -> str:
    return "log:" + base64.b64encode(zlib.compress(json.dumps(json.loads(data), ensure_ascii=False, separators=(",", ":")).encode())).decode()


def standing(held: dict) -> tuple:
    core = held.get("core", held)
    states = (core["lesson_status"],) if "core" in held else (held["completion_status"], held["success_status"])
    return (*states, core["score"]["raw"], core["exit"])


def nearly_done(read) -> bytes:
    """The log of a student who has one drill left."""
    log = logs.start(LAB_ID, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""), name=f"{NAME} ({NUMBER})")
    experiments = [SimpleNamespace(experiment=e) for e in (*read.parts, read.decision)]
    lab = Lab(LAB_ID, experiments, [SimpleNamespace(drill=d) for d in read.drills], NoStorage("Saving is off: a test."), log)
    for exp in read.parts:
        q = exp.predict
        assert not lab.lock(exp, (q.low + q.high) / 2, q.low, q.high)
        keys = exp.explain.keys(lab.result(exp, exp.defaults))
        assert not lab.record(exp, exp.defaults, keys[0], "One term is far longer than the others.")
    design = read.decision.defaults
    assert not lab.set_aside(read.decision, design)
    assert not lab.decide(read.decision, {**design, "rewritten": not design["rewritten"]}, "It holds more limits.", "Another camera.")
    for drill in read.drills[:-1]:
        assert lab.answer(drill, drill.truth(drill.parameters(log.seed))) == "Right."
    return lab.export()


@pytest.mark.parametrize("version", NAMES)
def test_launch_work_leave_and_resume_on_another_machine(version, lab, launch):
    sco = launch(version, student_of(version))
    sco.says("will be reported")
    sco.student.lock(lab.parts[0])
    held = sco.committed(1)
    assert unpacked(held).learner.name == f"{NAME} ({NUMBER})"
    assert standing(held)[-2] == "10" and standing(held)[0] == "incomplete"
    sco.says("is in the course system")
    left = sco.leave()
    assert unpacked(left).entries == unpacked(held).entries

    again = launch(version, student_of(version) | {"suspend_data": left["suspend_data"]}, elsewhere=True)
    again.student.view.locator("#part-A .lk-reveal").wait_for()
    again.student.lock(lab.parts[1])
    log = unpacked(again.committed(2))
    assert (log.attempt, log.entries[0]) == (unpacked(held).attempt, unpacked(held).entries[0])


@pytest.mark.parametrize("version", NAMES)
def test_finish(version, lab, launch):
    data = nearly_done(lab)
    before = import_bytes(data, LAB_ID)
    sco = launch(version, student_of(version) | {"suspend_data": packed(data)})
    held = sco.committed(len(before.entries))
    assert standing(held)[:-1] == (("completed", "90") if version == "1.2" else ("completed", "unknown", "90"))
    sco.student.answer(len(lab.drills) - 1, lab.drills[-1], before.seed)
    held = sco.committed(len(before.entries) + 1)
    assert standing(held)[:-1] == (("passed", "100") if version == "1.2" else ("completed", "passed", "100"))
    if version == "2004":
        assert float(held["score"]["scaled"]) == float(held["progress_measure"]) == 1
    assert unpacked(sco.leave()).entries == unpacked(held).entries


def test_a_system_that_fails_costs_no_entry(lab, launch):
    sco = launch("1.2", student_of("1.2") | {"suspend_data": "log:these are no letters of base64!"})
    sco.says("could not be read")
    sco.page.evaluate(FAILING)
    sco.student.lock(lab.parts[0])
    sco.says("did not take the last entry")
    assert len(import_bytes(sco.student.view.locator(".lk-log").text_content().encode(), LAB_ID).entries) == 1
    sco.page.evaluate("Object.assign(API, globalThis.whole)")
    assert len(unpacked(sco.committed(1)).entries) == 1, "what was refused is offered again"

    sco.student.record(lab.parts[0], "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(120)))
    sco.page.wait_for_function("commits.at(-1).suspend_data.startsWith('head:')")
    point = json.loads(sco.leave()["suspend_data"].removeprefix("head:"))
    assert point["entries"] == 2 and len(point["head_hash"]) == 64, "too long for version 1.2: what is left is the hash and where to go on"


def test_work_that_was_too_long_for_the_system_is_named_where_it_is_missing(lab, launch):
    point = "head:" + json.dumps({"attempt": "7b0c8f52-6d1f-4f0e-9b55-2f1f0a6f3f11", "head_hash": "0" * 64, "entries": 9, "at": "2026-03-02T10:00:00Z"})
    sco = launch("1.2", student_of("1.2") | {"suspend_data": point})
    sco.says("Your earlier work (9 entries) was too long for the course system")
    sco.student.lock(lab.parts[1])
    assert sco.leave()["suspend_data"] == point, "the better record stays"


def test_a_package_with_the_lab_inside_needs_no_other_host_and_no_types(lab, site_folder, context, scorm_again, tmp_path):
    write_self_packages(site_folder, tmp_path / "made", [ABOUT])
    (tmp_path / "made" / f"{LAB_ID}.1.2.zip").rename(tmp_path / "package.zip")
    uploaded(tmp_path, "1.2", student_of("1.2"), scorm_again)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    with plainly_served(tmp_path) as address:
        context.route(f"{address}/**", lambda route: route.continue_())
        sco = Launched(context.new_page(), f"{address}/lms.html", lab, "1.2")
        sco.student.lock(lab.parts[0])
        held = sco.committed(1)
        assert unpacked(held).learner.name == f"{NAME} ({NUMBER})" and standing(held)[-2] == "10"
        left = sco.leave()
        sco.page.close()
        uploaded(tmp_path, "1.2", student_of("1.2") | {"suspend_data": left["suspend_data"]}, scorm_again)
        again = Launched(context.new_page(), f"{address}/lms.html", lab, "1.2")
        again.student.view.locator("#part-A .lk-reveal").wait_for()
        assert again.student.bar().startswith("saved")
    assert any(url.endswith("pyodide.asm.wasm") for url in asked)
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
