"""Usable by everyone: axe-core finds nothing, the keyboard suffices, nothing runs off a narrow page, a change is spoken once.

Three labs with different instruments; `ACCESS=all` takes every lab that the site has. docs/accessibility.md says criterion
by criterion what this shows and what it does not.
"""

import os
import re
from pathlib import Path

import pytest
from labkit.catalogue import lab_paths, read_lab
from labkit.experiment import ChoiceQuestion
from labkit.log_file import import_bytes
from labkit.outcome import change_in_words
from labkit.seed import seed_of
from labkit.trail import Shown
from mlsysim.errors import MlsysimError
from student import Student

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

ALL = os.environ.get("ACCESS") == "all"
EVERY = lab_paths(ROOT / "labs")
FEW = ("lab_00_introduction", "lab_11_hw_accel", "lab_05_dist_train")
BY_KEYBOARD = [p for p in EVERY if ALL or p.stem == FEW[0]]
AUDITED = [p for p in EVERY if p not in BY_KEYBOARD and p.stem in FEW]
PAGES = ("index", "instructors", "simulator", "storage", "accessibility", "licenses")

# Violations that lie in marimo's own components and that labkit/assets cannot mend: (axe's rule, part of the target, reason).
KNOWN: tuple[tuple[str, str, str], ...] = ()

AUDIT = """async () => (await axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})).violations
    .flatMap(v => v.nodes.map(n => [v.id, JSON.stringify(n.target), `${v.help}: ${n.html.slice(0, 200)}`]))"""
OVERFLOW = """() => {
    const width = document.documentElement.clientWidth, page = document.getElementById('App') ?? document.documentElement;
    const up = (e) => e.parentElement ?? e.getRootNode().host, found = [];
    const scrolls = (e) => {
        for (let p = up(e); p && p !== page && p !== document.body; p = up(p)) if (getComputedStyle(p).overflowX !== 'visible') return true;
    };
    const walk = (root) => { for (const e of root.querySelectorAll('*')) {
        const box = e.getBoundingClientRect();
        if (box.width && box.right > width + 1 && !scrolls(e)) found.push(`${e.tagName} ${e.textContent.slice(0, 40)} ends at ${Math.round(box.right)}`);
        if (e.shadowRoot) walk(e.shadowRoot);
    } };
    walk(document);
    return [...(page.scrollWidth > width ? [`the page is ${page.scrollWidth} wide`] : []), ...found.slice(0, 5)];
}"""
LISTEN = """() => {
    const heard = window.heard = [], live = '[role=status],[role=alert],[role=log],[aria-live]:not([aria-live=off]),output';
    const say = (e) => e.textContent.trim() && heard.push(e.textContent);
    new MutationObserver((changes) => {
        const changed = new Set();
        for (const { target, addedNodes } of changes) {
            const region = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
            if (region) changed.add(region);
            for (const node of addedNodes) if (node.nodeType === 1) [node, ...node.querySelectorAll(live)].forEach((e) => e.matches(live) && changed.add(e));
        }
        changed.forEach(say);
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
FOCUS = """() => {
    let e = document.activeElement;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    const ring = getComputedStyle(e);
    return {name: (e.getAttribute('aria-label') ?? e.innerText ?? '').trim(), kind: e.getAttribute('role') ?? e.localName, text: e.innerText ?? '',
            shown: e === document.body || ring.outlineStyle !== 'none' || ring.boxShadow !== 'none'};
}"""
FOREIGN_INK = """() => {
    const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const colour = (value) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = value; pen.fillRect(0, 0, 1, 1); return pen.getImageData(0, 0, 1, 1).data.join(); };
    const own = new Set(['Canvas', 'CanvasText', 'LinkText', 'VisitedText', 'GrayText'].map(colour)), found = [];
    const walk = (root) => { for (const e of root.querySelectorAll('*')) {
        if (e.matches('svg text') && !own.has(colour(getComputedStyle(e).fill))) found.push(`${e.textContent} in ${getComputedStyle(e).fill}`);
        if (e.shadowRoot) walk(e.shadowRoot);
    } };
    document.querySelectorAll('.lk-chart').forEach(walk);
    return found;
}"""


@pytest.fixture(scope="session")
def axe(npm_package) -> str:
    """The source of axe-core."""
    return (npm_package("axe-core") / "axe.min.js").read_text(encoding="utf-8")


def violations(page, axe: str) -> list[str]:
    """What axe finds in both colour schemes, without what is known to lie in marimo."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(400)  # charts and theme follow
        page.evaluate(axe)
        for rule, target, says in page.evaluate(AUDIT):
            if not any(rule == known and part in target for known, part, _ in KNOWN):
                found.append(f"{scheme}: {rule} at {target}: {says}")
    return found


def overflow(page, width: int, height: int, zoom: int = 1) -> list[str]:
    """What runs off a page of this width; `zoom` device pixels make a pixel of the page."""
    screen = page.context.new_cdp_session(page)
    screen.send("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": False})
    page.wait_for_timeout(800)
    found = page.evaluate(OVERFLOW)
    screen.send("Emulation.clearDeviceMetricsOverride")
    screen.detach()
    return found


def opened(path, site, context) -> Student:
    student = Student(context.new_page(), read_lab(path))
    student.open(f"{site}/labs/{path.parent.name}/{path.stem}.html")
    return student


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_site_has_no_violation_and_fits(name, site, context, axe):
    page = context.new_page()
    page.goto(f"{site}/{name}.html")
    assert violations(page, axe) == []
    assert overflow(page, 320, 600) == []
    assert overflow(page, 640, 450, zoom=2) == []


@pytest.mark.parametrize("path", AUDITED, ids=[p.stem for p in AUDITED])
def test_an_open_lab_has_no_violation_and_fits_and_speaks_a_change_once(path, site, context, axe):
    student = opened(path, site, context)
    for exp in student.lab.parts:
        student.lock(exp)
    student.instrument(student.lab.decision).locator("svg").first.wait_for(timeout=30_000)
    speaks_once(student)
    judge(student.page, axe)


def judge(page, axe: str):
    """Everything that can be unfolded is; then axe, narrow pages, and the reader's own colours."""
    page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
    assert page.locator("#export input[autocomplete=name]").count() == 1
    assert violations(page, axe) == []
    assert overflow(page, 320, 600) == []
    assert overflow(page, 640, 450, zoom=2) == []
    page.emulate_media(forced_colors="active")
    assert page.evaluate(FOREIGN_INK) == [], "a chart's words take the reader's own colours"


def speaks_once(student: Student):
    """A slider moves by one step: its change is said once, in the words of the result; nothing on the page is in motion."""
    page = student.page
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(1000)  # what the lock brought has been said
    page.evaluate(LISTEN)
    exp, name, key, says = audible_step(student.lab)
    student.field(exp, name).get_by_role("slider").press(key)
    assert page.evaluate("document.getAnimations().length") == 0
    page.wait_for_function("window.heard.length", timeout=30_000)
    page.wait_for_timeout(1000)
    (heard,) = page.evaluate("window.heard")
    assert heard.startswith(says), "first the state and the figures, then what the charts say"


def audible_step(lab):
    """A slider's step that changes a figure: the part, the slider, the key, and the words that must be heard."""
    for exp in lab.parts:
        for name, control in exp.controls.items():
            at = control.values.index(control.default)
            for i, key in ((at + 1, "ArrowRight"), (at - 1, "ArrowLeft")):
                if control.kind == "slider" and not control.more and 0 <= i < len(control.values):
                    was, now = exp.defaults, {**exp.defaults, name: control.values[i]}
                    before, after = (Shown(c, exp.result(c), ()) for c in (was, now))
                    words = change_in_words(exp, after, before, {})
                    if re.search(r"\d", words):
                        return exp, name, key, words
    raise AssertionError("no slider changes a figure")


class Keyboard:
    """A student without a mouse: Tab, arrows, Enter, Space, and letters into fields."""

    def __init__(self, page):
        self.page, self.keys = page, page.keyboard

    def reach(self, kind: tuple[str, ...], words: str = "", key: str = "Tab") -> str:
        """Press Tab until a control of this kind and name has the focus; everything on the way must show that it has it."""
        for _ in range(150):
            self.keys.press(key)
            at = self.page.evaluate(FOCUS)
            assert at["shown"], f"the focus on {at} cannot be seen"
            if at["kind"] in kind and words in (at["name"] or at["text"]):
                return at["kind"]
        raise AssertionError(f"Tab never reaches {kind} {words!r}")

    def write(self, words: str, field: str = ""):
        self.reach(("input",), field)
        self.keys.type(words)

    def press(self, button: str, seen):
        self.reach(("button", "a"), button)
        self.keys.press("Enter")
        seen.wait_for(timeout=60_000)


def plain(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("path", BY_KEYBOARD, ids=[p.stem for p in BY_KEYBOARD])
def test_a_lab_is_done_from_start_to_finish_by_keyboard_and_judged(path, site, context, axe, tmp_path):
    student = opened(path, site, context)
    page, lab, hands = student.page, student.lab, Keyboard(student.page)
    for exp in lab.parts:
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            hands.reach(("radio",))
            hands.keys.press("Space")
        else:
            for value in ((q.low * q.high) ** 0.5 if q.log and q.low > 0 else (q.low + q.high) / 2, q.low, q.high):
                hands.write(f"{value:.4f}".rstrip("0").rstrip("."))
        hands.press("Lock prediction", page.locator(f"#part-{exp.key} .lk-reveal"))
        student.instrument(exp).locator("svg").first.wait_for(timeout=30_000)
        hands.reach(("slider", "select", "switch"), next(c.label for c in exp.controls.values() if not c.more))
        record = student.recorder(exp)
        if exp.explain and record.get_by_role("radio").count():
            hands.reach(("radio",))
            hands.keys.press("Space")
        hands.reach(("textarea",))
        hands.keys.type("One term is far longer than the others, so the others hardly matter.")
        hands.press("Record this run", record.locator(".lk-done"))
    name, steps = step_to_another_design(lab)
    control = lab.decision.controls[name]
    record = student.recorder(lab.decision)
    hands.press("Keep as my rejected alternative", record.locator(".lk-aside"))
    kind = hands.reach(("slider", "select", "switch"), control.label, key="Shift+Tab")
    for _ in range(abs(steps)):
        hands.keys.press({"switch": ("Space", "Space"), "slider": ("ArrowLeft", "ArrowRight"), "select": ("ArrowUp", "ArrowDown")}[kind][steps > 0])
    page.wait_for_timeout(1500)
    for words in ("It breaks fewer limits than the one that I rejected.", "Twice the load would."):
        hands.reach(("textarea",))
        hands.keys.type(words)
    hands.press("Record decision", record.locator(".lk-done"))
    seed = seed_of(None, lab.id)
    for i, drill in enumerate(lab.drills):
        item = page.locator("#drill > ol > li").nth(i)
        hands.write(plain(drill.truth(drill.parameters(seed))), f"Answer {i + 1}")
        hands.press("Check answer", item.locator(".lk-done"))
    page.locator("#export").get_by_text("Everything is done.").wait_for()
    hands.reach(("button", "a"), "Export log")
    with page.expect_download(timeout=30_000) as waiting:
        hands.keys.press("Enter")
    waiting.value.save_as(tmp_path / "log.json")
    assert len(import_bytes((tmp_path / "log.json").read_bytes(), lab.id).entries) == 2 * len(lab.parts) + 1 + len(lab.drills)
    judge(page, axe)


def step_to_another_design(lab) -> tuple[str, int]:
    """A control of the decision and how many steps from its default another design with a result lies."""
    exp, given = lab.decision, lab.decision.draw(seed_of(None, lab.id))
    for name, control in exp.controls.items():
        at = control.values.index(control.default)
        for i in sorted(range(len(control.values)), key=lambda i: abs(i - at)):
            if i != at and not control.more:
                try:
                    exp.result({**exp.defaults, name: control.values[i]}, given)
                except MlsysimError:
                    continue
                return name, i - at
    raise AssertionError("no control leads from the default to another design with a result")
