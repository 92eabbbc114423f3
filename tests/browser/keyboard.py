"""A student without a mouse: Tab, Shift+Tab, arrows, Enter, Space, and letters into fields. Every stop must show its focus."""

import json
from pathlib import Path

from labkit.experiment import ChoiceQuestion
from student import Student

FOCUS = """([within, kinds, words]) => {
    const place = document.querySelector(within), stop = document.activeElement;
    let e = stop;
    while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    const look = getComputedStyle(e), kind = e.getAttribute('role') ?? e.localName, name = e.getAttribute('aria-label') ?? e.innerText ?? '';
    const where = place?.compareDocumentPosition(stop) ?? 0;
    return {
        at: `${kind} ${name.slice(0, 60)}`,
        shown: e === document.body || look.outlineStyle !== 'none' || look.boxShadow !== 'none',
        there: (place?.contains(stop) ?? false) && kinds.includes(kind) && name.includes(words),
        passed: (where & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && (where & Node.DOCUMENT_POSITION_CONTAINED_BY) === 0,
    };
}"""
FARTHEST = 400  # stops from the head of the longest lab to its foot, and some more


class KeyboardStudent(Student):
    """Does everything that a student does, by keys alone."""

    @property
    def keys(self):
        return self.page.keyboard

    def reach(self, within: str, *kinds: str, words: str = ""):
        """Press Tab, or Shift+Tab where the place lies behind, until a control of such a kind and name in it has the focus."""
        self.view.locator(within).first.wait_for(state="attached")
        wanted, key = [within, kinds, words], None
        for _ in range(FARTHEST):
            focus = self.view.evaluate(FOCUS, wanted)
            assert focus["shown"], f"the focus on {focus['at']} cannot be seen"
            if focus["there"]:
                return
            key = key or ("Shift+Tab" if focus["passed"] else "Tab")
            self.keys.press(key)
        raise AssertionError(f"{key} never reaches {kinds} {words!r} in {within}; it ends at {focus['at']}")

    def write(self, within: str, kind: str, words: str, label: str = ""):
        """Type into the field; it is left with the next Tab."""
        self.reach(within, kind, words=label)
        self.keys.type(words)

    def push(self, within: str, button: str, seen=None):
        """Press a button with Enter and wait for what it brings."""
        self.reach(within, "button", "a", words=button)
        self.keys.press("Enter")
        if seen:
            seen.wait_for()

    def press_lock(self, exp):
        part, q = f"#part-{exp.key} .lk-predict", exp.predict
        if isinstance(q, ChoiceQuestion):
            self.reach(part, "radio")
            self.keys.press("Space")
        else:
            middle = (q.low * q.high) ** 0.5 if q.log and q.low > 0 else (q.low + q.high) / 2
            for label, value in (("Your guess", middle), ("Surely above", q.low), ("Surely below", q.high)):
                self.write(part, "input", plain(value, 4), label)
        self.push(part, "Lock prediction")

    def place(self, exp, name: str = "") -> str:
        """The instrument of a part, or the field of one of its controls."""
        instrument = f".lk-instrument[data-lk-part='{exp.key}']"
        return f"{instrument} .lk-field[data-lk-name={json.dumps(exp.controls[name].label, ensure_ascii=False)}]" if name else instrument

    def set(self, exp, name, value):
        control, place = exp.controls[name], self.place(exp, name)
        if control.more and not self.instrument(exp).locator("details.lk-more").get_attribute("open") is not None:
            self.reach(self.place(exp), "summary", words="More controls")
            self.keys.press("Enter")
        self.reach(place, "slider", "select", "switch")
        now = self.view.locator(place).first.get_attribute("data-lk-now")
        steps = control.values.index(value) - [control.show(v) for v in control.values].index(now)
        self.turn(control, steps)
        self.view.locator(f"{place}[data-lk-now={json.dumps(control.show(value), ensure_ascii=False)}]").first.wait_for(state="attached")
        self.quiet(600)  # the chart follows in some frames, and what changed is spoken when the control rests

    def turn(self, control, steps: int):
        """Move the control that has the focus by so many of its values."""
        keys = {"slider": ("ArrowLeft", "ArrowRight"), "choice": ("ArrowUp", "ArrowDown"), "toggle": ("Space", "Space")}[control.kind]
        for _ in range(abs(steps)):
            self.keys.press(keys[steps > 0])

    def record(self, exp, sentence: str):
        box = f"{self.place(exp)} ~ .lk-record"
        if self.recorder(exp).get_by_role("radio").count():
            self.reach(box, "radio")
            self.keys.press("Space")
        self.write(box, "textarea", sentence)
        self.push(box, "Record this run", self.recorder(exp).locator(".lk-done"))

    def decide(self, exp, name, value):
        box, record = f"{self.place(exp)} ~ .lk-record", self.recorder(exp)
        self.push(box, "Keep as my rejected alternative", record.locator(".lk-aside"))
        self.set(exp, name, value)
        self.write(box, "textarea", "It breaks fewer limits than the one that I rejected.", "Why this design")
        self.write(box, "textarea", "Twice the load would.", "What would make you revisit it")
        self.push(box, "Record decision", record.locator(".lk-done"))

    def answer(self, number, drill, seed):
        item = f"#drill li:nth-child({number + 1})"
        self.write(item, "input", plain(drill.truth(drill.parameters(seed)), 9))
        self.push(item, "Check answer", self.view.locator(f"{item} .lk-done"))

    def export(self, folder: Path) -> bytes:
        self.reach("#export", "button", "a", words="Export log")
        with self.page.expect_download() as waiting:
            self.keys.press("Enter")
        waiting.value.save_as(folder / "log.json")
        return (folder / "log.json").read_bytes()


def plain(value: float, digits: int) -> str:
    """A number as one types it: no exponent, no zeros at its end."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
