"""A student's hands: what the tests do on a page, told once."""

import time
from pathlib import Path

from labkit.experiment import ChoiceQuestion

START_MS = 120_000  # a cold start on a loaded machine

# Whether these are the names of all drafts. A database that is not there (yet) is not made by looking.
DRAFTS = """(names) => new Promise((done) => {
    const opening = indexedDB.open('mlsys-labs');
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => done(false);
    opening.onsuccess = () => {
        const reading = opening.result.transaction('drafts').objectStore('drafts').getAllKeys();
        reading.onsuccess = () => { opening.result.close(); done(reading.result.map(k => k[1]).sort().join() === names) };
    };
})"""

# Resolves when nothing on the page has changed for so long, by the page's own clock: on a busy machine that takes longer.
QUIET = """(ms) => new Promise((done) => {
    const end = () => { watching.disconnect(); done(); };
    let timer = setTimeout(end, ms);
    const watching = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(end, ms); });
    watching.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
})"""


def until(good, ask, seconds: float = 20.0):
    """Ask until the answer is good or the time is over; the last answer. For what a page does at its own pace."""
    end = time.monotonic() + seconds
    while not good(answer := ask()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def gone(ask, seconds: float = 20.0) -> list:
    """What is still found when nothing should be found any more."""
    return until(lambda found: not found, ask, seconds)


class Student:
    """Works on one open lab: a page, or a frame of it."""

    def __init__(self, page, lab, frame=None):
        self.page, self.lab = page, lab
        self.view = frame or page

    def open(self, url: str):
        self.page.goto(url)
        self.wait_awake()

    def wait_awake(self):
        """Until Python has run the last cell; before, the page shows what was rendered when it was built."""
        self.view.locator("#export[data-lk-awake='yes']").wait_for(timeout=START_MS)
        self.view.locator("#lk-first").wait_for(state="detached")  # the text that stood there before

    def bar(self) -> str:
        """What the page says about saving."""
        return self.view.locator(".lk-bar [role=status]").inner_text()

    def bar_says(self, words: str):
        """Wait for these words in the bar."""
        self.view.locator(".lk-bar [role=status]").filter(has_text=words).wait_for()

    def lock(self, exp):
        self.press_lock(exp)
        self.view.locator(f"#part-{exp.key} .lk-reveal").wait_for()
        self.instrument(exp).locator("svg").first.wait_for()

    def press_lock(self, exp):
        """Fill in a prediction and press the button, without waiting for what comes."""
        part = self.view.locator(f"#part-{exp.key}")
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            part.get_by_role("radio").first.click()
        else:
            middle = (q.low * q.high) ** 0.5 if q.log and q.low > 0 else (q.low + q.high) / 2
            for i, value in enumerate((middle, q.low, q.high)):
                box = part.locator(".lk-number input").nth(i)
                box.fill(f"{value:.4f}".rstrip("0").rstrip("."))  # the field takes no exponent
                box.press("Tab")
        part.locator(".lk-predict").get_by_role("button", name="Lock prediction").click()

    def press(self, button, seen):
        """Press a button and wait for what it brings."""
        button.click()
        seen.wait_for()

    def instrument(self, exp):
        return self.view.locator(f".lk-instrument[data-lk-part='{exp.key}']")

    def field(self, exp, name):
        return self.instrument(exp).locator(f".lk-field[data-lk-name={exp.controls[name].label!r}]").first

    def set(self, exp, name, value):
        """Move a control by keyboard, or choose an option."""
        control = exp.controls[name]
        if control.more:
            self.instrument(exp).locator("details.lk-more").evaluate("d => d.open = true")
        if control.kind == "slider":
            thumb = self.field(exp, name).get_by_role("slider")
            thumb.focus()
            thumb.press("Home")
            for _ in range(control.values.index(value)):
                thumb.press("ArrowRight")
        elif control.kind == "toggle":
            switch = self.field(exp, name).get_by_role("switch")
            if (switch.get_attribute("aria-checked") == "true") != value:
                switch.click()
        else:
            self.field(exp, name).locator("select").select_option(label=control.show(value))
        self.quiet(900)

    def quiet(self, ms: int):
        """Wait until charts have followed and what changed was spoken: nothing changes any more."""
        self.view.evaluate(QUIET, ms)

    def chart(self, exp) -> str:
        return self.instrument(exp).locator(".lk-chart svg").first.inner_html()

    def tables(self, exp) -> str:
        """Open what stands under each chart; all of it in words."""
        below = self.instrument(exp).locator(".lk-chart details")
        for details in below.all():
            if details.get_attribute("open") is None:
                details.locator("summary").press("Enter")
            details.locator("tbody td").first.wait_for()
        return "\n".join(below.all_inner_texts())

    def state(self, exp) -> str:
        return self.instrument(exp).locator(".lk-state").first.inner_text()

    def recorder(self, exp):
        """What stands under the instrument: the explanation, the text and the button."""
        return self.instrument(exp).locator("xpath=following-sibling::div[contains(@class, 'lk-record')]").first

    def type(self, field, words: str):
        """Type into a text field and leave it."""
        field.fill(words)
        field.press("Tab")

    def record(self, exp, sentence: str):
        box = self.recorder(exp)
        radios = box.get_by_role("radio")
        if radios.count():
            radios.first.click()
        self.type(box.get_by_role("textbox").first, sentence)
        self.press(box.get_by_role("button", name="Record this run"), box.locator(".lk-done"))

    def decide(self, exp, name, value):
        """Keep the present design as the rejected alternative, move one control, give reasons, record."""
        box = self.recorder(exp)
        box.get_by_role("button", name="Keep as my rejected alternative").click()
        box.locator(".lk-aside").wait_for()
        self.set(exp, name, value)
        why, revisit = box.get_by_role("textbox").nth(0), box.get_by_role("textbox").nth(1)
        self.type(why, "It breaks fewer limits than the one that I rejected.")
        self.type(revisit, "Twice the load would.")
        assert why.input_value().startswith("It breaks"), "each field keeps its own words"
        self.press(box.get_by_role("button", name="Record decision"), box.locator(".lk-done"))

    def answer(self, number: int, drill, seed: int):
        """Give the right answer to a drill."""
        item = self.view.locator("#drill li").nth(number)
        self.type(item.locator("input").first, f"{drill.truth(drill.parameters(seed)):.9f}".rstrip("0").rstrip("."))
        self.press(item.get_by_role("button", name="Check answer"), item.locator(".lk-done"))

    def _details(self):
        """Name, section and import, unfolded."""
        details = self.view.locator("#export details")
        details.evaluate("d => { d.open = true }")
        return details

    def wait_drafts(self, names: str):
        """Until these drafts, and no others, are stored in this browser; the lab stores them behind what it shows."""
        self.page.wait_for_function(DRAFTS, arg=names)

    def name_field(self):
        return self._details().get_by_role("textbox").first

    def take(self, name: str, data: bytes, reason: str) -> str:
        """Import a file; what the page says about it, once it gives this reason."""
        details = self._details()
        details.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/json", "buffer": data})
        notice = self.view.locator("#export .lk-notice").filter(has_text=reason)
        for _ in range(15):  # nothing on the page tells that the browser has read the file, so press until it is the one that was meant
            details.get_by_role("button", name="Import log").click()
            try:
                notice.wait_for(timeout=2_000)
                break
            except TimeoutError:
                continue
        return notice.inner_text()

    def export(self, folder: Path) -> bytes:
        with self.page.expect_download() as waiting:
            self.view.locator("#export").get_by_text("Export log", exact=True).click()
        path = folder / "log.json"
        waiting.value.save_as(path)
        return path.read_bytes()
