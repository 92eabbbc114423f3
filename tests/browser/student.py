"""A student's hands: what the tests do on a page, told once."""

from pathlib import Path


from labkit.experiment import ChoiceQuestion

START_MS = 120_000  # a cold start on a loaded machine


class Student:
    """Works on one open lab page."""

    def __init__(self, page, lab):
        self.page, self.lab = page, lab

    def open(self, url: str):
        self.page.goto(url)
        self.wait_awake()

    def wait_awake(self):
        """Until Python has run the last cell; before, the page shows what was rendered when it was built."""
        self.page.locator("#export[data-lk-awake='yes']").wait_for(timeout=START_MS)

    def lock(self, exp):
        part = self.page.locator(f"#part-{exp.key}")
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            part.get_by_role("radio").first.click()
        else:
            middle = (q.low * q.high) ** 0.5 if q.log and q.low > 0 else (q.low + q.high) / 2
            for i, value in enumerate((middle, q.low, q.high)):
                box = part.locator(".lk-number input").nth(i)
                box.fill(f"{value:.4f}".rstrip("0").rstrip("."))  # the field takes no exponent
                box.press("Tab")
        self.page.wait_for_timeout(400)
        part.locator(".lk-predict").get_by_role("button", name="Lock prediction").click()
        self.instrument(exp).locator("svg").first.wait_for(timeout=30_000)

    def instrument(self, exp):
        return self.page.locator(f".lk-instrument[data-lk-part='{exp.key}']")

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
        self.page.wait_for_timeout(900)

    def chart(self, exp) -> str:
        return self.instrument(exp).locator(".lk-chart svg").first.inner_html()

    def state(self, exp) -> str:
        return self.instrument(exp).locator(".lk-state").first.inner_text()

    def record(self, exp, sentence: str):
        box = self.instrument(exp).locator("xpath=following-sibling::div[contains(@class, 'lk-record')]").first
        radios = box.get_by_role("radio")
        if radios.count():
            radios.first.click()
        text = box.get_by_role("textbox").first
        text.fill(sentence)
        text.press("Tab")
        self.page.wait_for_timeout(500)
        box.get_by_role("button", name="Record this run").click()
        box.locator(".lk-done").wait_for(timeout=30_000)

    def export(self, folder: Path) -> bytes:
        with self.page.expect_download(timeout=30_000) as waiting:
            self.page.locator("#export").get_by_text("Export log").click()
        path = folder / "log.json"
        waiting.value.save_as(path)
        return path.read_bytes()
