"""The built site in a real Chromium that can reach no other host.

Every test ends by proving what it was promised: no console error, no failed request, no request to another host.
"""

import os
import shutil
import threading
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import sync_playwright
from sitebuild.server import make_server

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def site():
    """The address of the served site."""
    folder = Path(os.environ.get("LABS_SITE", ROOT / "_site"))  # another build, while one works on it
    assert (folder / "index.html").is_file(), "There is no site to test. Build it first: make site"
    server = make_server(folder, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium where there is one, Playwright's own elsewhere."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def context(browser, site):
    """A fresh profile; whatever asks another host, fails or complains makes the test fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, service_workers="block")  # test_offline.py allows them
    trouble, own = [], urlparse(site).netloc

    def gate(route):
        url = urlparse(route.request.url)
        if url.scheme in ("http", "https") and url.netloc != own:
            trouble.append(f"asked another host: {route.request.url}")
            return route.abort()
        return route.continue_()

    def watch(page):
        page.on("console", lambda m: m.type == "error" and trouble.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: trouble.append(f"error: {e}"))
        page.on("requestfailed", lambda r: trouble.append(f"failed: {r.url} {r.failure}"))
        page.on("response", lambda r: r.status >= 400 and trouble.append(f"status {r.status}: {r.url}"))

    context.route("**/*", gate)
    context.on("page", watch)
    yield context
    context.close()
    assert not trouble, trouble
