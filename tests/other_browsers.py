"""A lab in a browser other than the tests' Chromium: by WebDriver, which Safari, WebKitGTK, Firefox and Chrome speak.

`make other-browsers DRIVER=/usr/bin/WebKitWebDriver` (or safaridriver, geckodriver, chromedriver): predict in every part,
record, move controls, reload, and reload once more when the server is gone. Prints what was done, ends with an error at
the first thing that does not happen. Continuous integration has Chromium only; run this after a change of the front end.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from labkit.catalogue import read_lab
from labkit.experiment import ChoiceQuestion, Experiment
from sitebuild.server import Serving

ROOT = Path(__file__).parents[1]
LABS = ("vol1/lab_05_nn_compute", "vol2/lab_08_inference")
MINIBROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"  # Debian's place for WebKitGTK's test browser
BROWSERS = {  # driver's name → what it is asked for
    "WebKitWebDriver": {"browserName": "MiniBrowser", "webkitgtk:browserOptions": {"binary": MINIBROWSER, "args": ["--automation"]}},
    "safaridriver": {"browserName": "Safari"},
    "geckodriver": {"browserName": "firefox", "moz:firefoxOptions": {"args": ["-headless"]}},
    "chromedriver": {"browserName": "chrome", "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox"]}},
}
TAB, END, HOME = "\ue004", "\ue010", "\ue011"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's name of an element reference

# WebDriver looks into no shadow root by itself, and marimo's widgets live in them.
FIND = """
const deep = (selector, root) => [...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].flatMap((e) => e.shadowRoot ? deep(selector, e.shadowRoot) : [])];
const within = (selector, place) => { const root = document.querySelector(place); return root ? deep(selector, root) : []; };
const button = (words, place) => within("button", place).find((b) => b.textContent.trim() === words);
"""


class Page:
    """One page of a browser, over WebDriver's HTTP."""

    def __init__(self, address: str):
        self.address = address

    def ask(self, path: str, body: dict | None = None, method: str = "POST"):
        """One command; what it gives, or a RuntimeError with the browser's words."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()[:600]}") from None

    def script(self, text: str, *args):
        """What a script returns."""
        return self.ask("/execute/sync", {"script": FIND + text, "args": list(args)})

    def until(self, text: str, *args, seconds: float = 60):
        """What a script returns, once that is something."""
        end = time.monotonic() + seconds
        while not (found := self.script(text, *args)):
            if time.monotonic() > end:
                raise SystemExit(f"After {seconds:g} s there is still nothing for: {text.strip()}\nThe page says: {self.script(SAYS)}")
            time.sleep(0.3)
        return found

    def keys(self, element: dict, text: str) -> None:
        """Focus an element and type."""
        self.script("arguments[0].scrollIntoView({ block: 'center' }); arguments[0].focus()", element)
        self.ask(f"/element/{element[ELEMENT]}/value", {"text": text})

    def awake(self) -> float:
        """Wait until Python has run the last cell; how long that took."""
        start = time.monotonic()
        self.until("return document.querySelector('#export[data-lk-awake=yes]') !== null", seconds=180)
        return time.monotonic() - start


SAYS = "return [document.querySelector('#lk-start'), document.querySelector('.lk-bar [role=status]')].map((e) => e?.innerText ?? '').join(' ')"


@contextmanager
def browser(driver: str):
    """A page of the browser that this driver starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen([driver, "-p" if "safari" in driver else f"--port={port}", *([str(port)] if "safari" in driver else [])])
    page = Page(f"http://127.0.0.1:{port}")
    try:
        for last in (*[False] * 50, True):
            try:
                page.ask("/status", method="GET")
                break
            except (OSError, RuntimeError):
                if last:
                    raise
                time.sleep(0.2)
        session = page.ask("/session", {"capabilities": {"alwaysMatch": BROWSERS[Path(driver).name]}})
        print(session["capabilities"]["browserName"], session["capabilities"]["browserVersion"])
        page.address += f"/session/{session['sessionId']}"
        yield page
        page.ask("", method="DELETE")
    finally:
        running.terminate()


FIELDS = "return [...document.querySelectorAll(arguments[0] + ' .lk-number')].map((place) => deep('input', place)[0])"
SLIDER = "return within('[role=slider]', arguments[0]).find((e) => e.checkVisibility()) ?? null"
CHART = "within('svg.marks', arguments[0]).map((drawing) => drawing.outerHTML).join('')"
SHOWN = CHART + " + document.querySelector(arguments[0]).innerText"


def lock(page: Page, exp: Experiment) -> None:
    """Predict; the reveal and the chart come."""
    part = f"#part-{exp.key}"
    q = exp.predict
    if isinstance(q, ChoiceQuestion):
        page.script("within('[role=radio], input[type=radio]', arguments[0])[0].click()", part)
    else:
        middle = (q.low * q.high) ** 0.5 if q.log and q.low > 0 else (q.low + q.high) / 2
        for field, value in zip(page.script(FIELDS, part), (middle, q.low, q.high), strict=True):
            page.keys(field, f"{value:.4f}".rstrip("0").rstrip(".") + TAB)
    page.until("const b = button('Lock prediction', arguments[0]); b?.click(); return Boolean(b)", part)
    page.until("return document.querySelector(arguments[0] + ' .lk-reveal') !== null", part)
    page.until(f"return {CHART}", instrument(exp))


def instrument(exp: Experiment) -> str:
    """Where the instrument of a part stands."""
    return f".lk-instrument[data-lk-part='{exp.key}']"


def move(page: Page, exp: Experiment) -> bool:
    """The first slider to its other end: charts or figures follow. False if there is no slider."""
    slider = page.script(SLIDER, instrument(exp))
    if not slider:
        return False
    before = page.script(f"return {SHOWN}", instrument(exp))
    at_end = page.script("return arguments[0].getAttribute('aria-valuenow') === arguments[0].getAttribute('aria-valuemax')", slider)
    page.keys(slider, HOME if at_end else END)
    page.until(f"return ({SHOWN}) !== arguments[1]", instrument(exp), before)
    return True


def recorder(exp: Experiment) -> str:
    """Where a run of a part is recorded."""
    return f"{instrument(exp)} ~ .lk-record"


def journey(page: Page, lab, address: str, serving: Serving) -> None:
    """A lab from the first look to its reload without a network."""
    page.ask("/url", {"url": address})
    print(f"{lab.id}: awake after {page.awake():.1f} s", end="", flush=True)
    for exp in lab.parts:
        lock(page, exp)
    print(f", {len(lab.parts)} predictions", end="", flush=True)
    exp = lab.parts[0]
    page.script("within('[role=radio], input[type=radio]', arguments[0])[0]?.click()", recorder(exp))
    page.keys(page.until("return within('textarea', arguments[0])[0] ?? null", recorder(exp)), "It is what the chart shows." + TAB)
    page.script("button('Record this run', arguments[0]).click()", recorder(exp))
    page.until("return document.body.innerText.includes('Run 1 recorded')")
    print(f", recorded, {sum(move(page, exp) for exp in lab.parts)} sliders moved", end="", flush=True)
    page.until("return document.querySelector('.lk-bar [role=status]').innerText.startsWith('saved')")
    page.until("return navigator.serviceWorker?.controller?.state === 'activated'")
    page.ask("/refresh")
    page.awake()
    page.until("return document.body.innerText.includes('Run 1 recorded')")
    print(", kept", end="", flush=True)
    serving.__exit__()
    page.ask("/refresh")
    page.awake()
    page.until("return document.body.innerText.includes('Run 1 recorded')")
    page.until(f"return {CHART}", instrument(exp))
    print(", opens without a network")


def main(driver: str, *labs: str) -> None:
    """The journey in each lab."""
    for place in labs or LABS:
        lab = read_lab(ROOT / "labs" / f"{place}.py")
        serving = Serving(ROOT / "_site")
        with browser(driver) as page:
            journey(page, lab, f"{serving.__enter__()}/labs/{place}.html", serving)


if __name__ == "__main__":
    if len(sys.argv) < 2 or Path(sys.argv[1]).name not in BROWSERS:
        raise SystemExit(f"Say which driver: make other-browsers DRIVER=path of one of {', '.join(BROWSERS)}.")
    main(*sys.argv[1:])
