"""A student who never stops: thousands of random actions in one open lab. No error, no growing memory, no slowing down.

    python tests/browser/soak.py [LAB ...] [--actions 2000] [--seed 1] [--site _site]

Without labs: one lab with all the actions, then every lab with a tenth of them. Prints memory and latency as it goes;
exit status 1 names what grew beyond 1.5 times what it was after the warm-up.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/browser")]

from browser_bench import chromium, profile  # noqa: E402
from labkit.catalogue import lab_paths, read_lab  # noqa: E402
from labkit.log_file import import_bytes  # noqa: E402
from sitebuild.server import Serving  # noqa: E402
from student import Student  # noqa: E402

GROWTH = 1.5
WARM_UP = 0.1  # of the actions: modules are imported, charts drawn for the first time, caches filled
LONG = "lab_13_model_serving"  # the lab of the long run
WORDS = ("memory binds", "because", "twice", "the batch", "<b>", "no", "=1+1", "überall", "🙂", "\u202e", "the queue grows", "**why**")
PYTHON = "(code) => self.pyodide.runPython(code)"
# How often: mostly moves, as students do.
ACTIONS = {"move": 12, "record": 3, "type": 2, "drill": 2, "decide": 1, "work": 1, "export": 0.3, "take": 0.2, "rename": 0.2}

# Resolves when the page has shown another instrument and then stayed as it is for a moment; the time to the first change, or null.
MOVED = """() => {
  const began = performance.now();
  let first = null, timer = 0;
  window.lkMoved = new Promise((done) => {
    const watching = new MutationObserver(() => { first ??= performance.now() - began; clearTimeout(timer); timer = setTimeout(end, 60); });
    const end = () => { watching.disconnect(); done(first); };
    watching.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-lk-said", "data-data", "aria-label"] });
    timer = setTimeout(end, 400);
  });
}"""


@dataclass
class Size:
    """What the lab holds in memory."""

    python_mb: float  # the heap of WebAssembly: Python and everything in it; it never shrinks
    objects: int  # that Python's collector knows, after a collection
    page_mb: float  # JavaScript of the page, after a collection
    nodes: int  # of the page's documents
    listeners: int

    def __str__(self) -> str:
        return f"Python {self.python_mb:.0f} MB, {self.objects:,} objects; page {self.page_mb:.1f} MB, {self.nodes:,} nodes, {self.listeners:,} listeners"


@dataclass
class Soak:
    """Random actions on one open lab."""

    student: Student
    seed: int = 1
    trouble: list[str] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)  # ms from a control's move to what the page shows of it
    done: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.lab, self.page = self.student.lab, self.student.page
        self.rng = random.Random(f"{self.seed} {self.lab.id}")
        self.page.on("console", lambda m: m.type == "error" and self.trouble.append(f"console: {m.text[:300]}"))
        self.page.on("pageerror", lambda e: self.trouble.append(f"error: {str(e)[:300]}"))
        self.page.on("crash", lambda: self.trouble.append("the tab crashed"))
        self.page.on("dialog", lambda d: self.trouble.append(f"dialog: {d.message}") or d.dismiss())

    def begin(self) -> None:
        """Lock every prediction, so that all instruments and the decision are open."""
        for exp in self.lab.parts:
            if not self.page.locator(f"#part-{exp.key} .lk-reveal").count():
                self.student.lock(exp)

    def act(self) -> None:
        """One action by chance."""
        self.do(self.rng.choices(list(ACTIONS), list(ACTIONS.values()))[0])

    def do(self, name: str) -> None:
        """This action, somewhere in the lab."""
        self.done[name] = self.done.get(name, 0) + 1
        getattr(self, name)(self.rng.choice(self.lab.experiments))

    def words(self) -> str:
        return " ".join(self.rng.choices(WORDS, k=self.rng.randint(1, 12)))

    def watch(self) -> None:
        self.page.evaluate(MOVED)

    def settled(self) -> float | None:
        return self.page.evaluate("window.lkMoved")

    def move(self, exp) -> None:
        """Another value of one control."""
        name, control = self.rng.choice(list(exp.controls.items()))
        field = self.student.field(exp, name)
        if control.more:
            self.student.instrument(exp).locator("details.lk-more").evaluate("d => { d.open = true }")
        if control.kind == "slider":
            thumb = field.get_by_role("slider")
            now, most = (int(thumb.get_attribute(f"aria-value{end}")) for end in ("now", "max"))
            key = self.rng.choice([k for k, can in (("ArrowRight", now < most), ("ArrowLeft", now > 0)) if can])
            thumb.focus()
            self.watch()
            thumb.press(key)
        elif control.kind == "toggle":
            self.watch()
            field.get_by_role("switch").click()
        else:
            select = field.locator("select")
            others = [w for w in map(control.show, control.values) if w != select.evaluate("s => s.selectedOptions[0]?.textContent")]
            self.watch()
            select.select_option(label=self.rng.choice(others))
        if (took := self.settled()) is not None:
            self.moves.append(took)

    def record(self, exp) -> None:
        box = self.student.recorder(exp)
        if exp.is_decision or not box.count():  # where there is no result, there is nothing to record
            return
        radios = box.get_by_role("radio")
        if radios.count():
            radios.nth(self.rng.randrange(radios.count())).click()
        self.student.type(box.get_by_role("textbox").first, self.words())
        self.press(box.get_by_role("button", name="Record this run"))

    def type(self, exp) -> None:
        box = self.student.recorder(exp)
        if box.count():
            self.student.type(box.get_by_role("textbox").last, self.words())

    def decide(self, exp) -> None:
        exp = self.lab.decision
        box = self.student.recorder(exp)
        if self.rng.random() < 0.4:
            return self.press(box.get_by_role("button", name="Keep as my rejected alternative"))
        for text in box.get_by_role("textbox").all():
            self.student.type(text, self.words())
        self.press(box.get_by_role("button", name="Record decision"))

    def drill(self, exp) -> None:
        item = self.page.locator("#drill li").nth(self.rng.randrange(len(self.lab.drills)))
        self.student.type(item.locator("input").first, f"{self.rng.uniform(0, 1000):.3f}")
        self.press(item.get_by_role("button", name="Check answer"))

    def work(self, exp) -> None:
        switches = self.page.get_by_role("switch", name="Show the work")
        if switches.count():
            self.press(switches.nth(self.rng.randrange(switches.count())))

    def rename(self, exp) -> None:
        self.student.type(self.student.name_field(), self.words())
        self.press(self.page.get_by_role("button", name="Use this name"))

    def export(self, exp) -> bytes:
        with self.page.expect_download() as waiting:
            self.page.locator("#export").get_by_text("Export log", exact=True).click()
        data = Path(waiting.value.path()).read_bytes()
        import_bytes(data, self.lab.id)
        return data

    def take(self, exp) -> None:
        self.student.take("log.json", self.export(exp), "you continue where it ended")

    def press(self, button) -> None:
        self.watch()
        button.click()
        self.settled()

    def rest(self) -> None:
        """Fold the work away, which chance unfolded: it can be half of the page."""
        unfolded = self.page.get_by_role("switch", name="Show the work", checked=True)
        while unfolded.count():
            self.press(unfolded.first)

    def size(self) -> Size:
        """What is held now, the work folded away and garbage collected."""
        self.rest()
        (worker,) = self.page.workers
        objects = worker.evaluate(PYTHON, "import gc; gc.collect(); len(gc.get_objects())")
        heap = worker.evaluate("self.pyodide._module.HEAP8.length")
        cdp = self.page.context.new_cdp_session(self.page)
        cdp.send("HeapProfiler.enable")
        for _ in range(2):
            cdp.send("HeapProfiler.collectGarbage")
        used, counted = cdp.send("Runtime.getHeapUsage"), cdp.send("Memory.getDOMCounters")
        cdp.detach()
        return Size(heap / 2**20, objects, used["usedSize"] / 2**20, counted["nodes"], counted["jsEventListeners"])

    def check(self) -> None:
        """AssertionError names what went wrong since the start."""
        shown = self.page.locator("body").inner_text()
        self.trouble += [f"the page says {w!r}" for w in ("The lab failed here", "Traceback", "This cell", "Saving is off") if w in shown]
        assert not self.trouble, self.trouble[:10]


def grown(before: Size, after: Size, moves: list[float]) -> list[str]:
    """What grew beyond the bound."""
    out = [f"{name}: {was:.5g} → {now:.5g}" for name, was, now in ((n, getattr(before, n), getattr(after, n)) for n in vars(before)) if now > GROWTH * was]
    fifth = len(moves) // 5
    first, last = statistics.median(moves[:fifth]), statistics.median(moves[-fifth:])
    print(f"  latency, median: {first:.0f} ms at the beginning, {last:.0f} ms at the end ({last / first:.2f} times)", flush=True)
    return out + ([f"latency: {first:.0f} → {last:.0f} ms"] if last > GROWTH * first else [])


def soak(browser, address: str, path: Path, actions: int, seed: int) -> list[str]:
    """One lab; what grew."""
    context = profile(browser, viewport={"width": 1280, "height": 900}, accept_downloads=True, service_workers="block")
    student = Student(context.new_page(), read_lab(path))
    run = Soak(student, seed)
    student.open(f"{address}/labs/{path.parent.name}/{path.stem}.html")
    run.begin()
    print(f"{path.stem}: {actions} actions", flush=True)
    before = None
    for n in range(1, actions + 1):
        run.act()
        if n == int(WARM_UP * actions):
            before, run.moves = run.size(), []
            print(f"  {n:>5} {before}", flush=True)
        elif n % max(1, actions // 5) == 0:
            run.check()
            print(f"  {n:>5} {run.size()}", flush=True)
    run.check()
    out = grown(before, run.size(), run.moves)
    entries = len(import_bytes(run.export(None), None).entries)
    print(f"  {', '.join(f'{n} {name}' for name, n in sorted(run.done.items()))}; the log has {entries} entries", flush=True)
    context.close()
    return [f"{path.stem}: {words}" for words in out]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labs", nargs="*", help="ids; unless given, one with all the actions and every lab with a tenth of them")
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--site", type=Path, default=ROOT / "_site")
    asked = parser.parse_args()
    here = [p for p in lab_paths(ROOT / "labs") if (asked.site / "labs" / p.parent.name / f"{p.stem}.html").is_file()]
    if asked.labs:
        runs = [(p, asked.actions) for p in here if p.stem in asked.labs]
    else:
        runs = [(p, asked.actions) for p in here if p.stem == LONG] + [(p, asked.actions // 10) for p in here]
    if not runs:
        sys.exit(f"There is no such lab in {asked.site}. Build it first: make site")
    found = []
    with Serving(asked.site) as address, chromium() as browser:
        for path, actions in runs:
            found += soak(browser, address, path, actions, asked.seed)
    print("\n".join(found) or "Nothing grew.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
