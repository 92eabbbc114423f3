"""What the browser benches share: Chromium, waiting until a lab is awake, medians, and moving a slider."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
START_MS = 180_000
PATIENCE_MS = 60_000  # for what takes a moment when nothing else runs

# Notes when a heading can first be read (a frame after it stands), and when Python has run the last cell. In the page, because it is exact there.
CLOCK = """
(() => {
  const times = (window.lkTimes = {});
  const seen = (e) => e.textContent.trim() && e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const heading = () => [...document.querySelectorAll("h1, h2")].find(seen);
  const look = () => {
    if (!times.readable && heading()) requestAnimationFrame(() => setTimeout(() => (times.readable ??= performance.now())));
    if (!times.awake && document.querySelector("#export[data-lk-awake='yes']")) times.awake = performance.now();
    if (!(times.readable && times.awake)) setTimeout(look, 10);
  };
  look();
})();
"""


def program() -> str | None:
    """Debian's Chromium where there is one; None is Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium where there is one, Playwright's own elsewhere."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        yield browser
        browser.close()


def profile(browser: Browser, **options) -> BrowserContext:
    """A fresh profile that waits as long as a loaded machine may need."""
    return patient(browser.new_context(**options))


def patient(context: BrowserContext) -> BrowserContext:
    """The same profile, waiting so long."""
    context.set_default_timeout(PATIENCE_MS)
    return context


def awake(page: Page) -> None:
    """Wait until Python has run the last cell of a lab."""
    page.locator("#export[data-lk-awake='yes']").wait_for(state="attached", timeout=START_MS)


def student():
    """The class of tests/browser/student.py: what a student does on a page."""
    spec = importlib.util.spec_from_file_location("student", Path(__file__).parent / "browser" / "student.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Student


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed.

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.95)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]
