"""The built site in a real Chromium that can reach no other host.

Every test ends by proving what it was promised: no console error, no failed request, no request to another host.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlparse

import pytest
from browser_bench import chromium, profile
from sitebuild.hashing import sha256_file
from sitebuild.server import make_server

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site_folder() -> Path:
    """The built site."""
    folder = Path(os.environ.get("LABS_SITE", ROOT / "_site"))  # another build, while one works on it
    assert (folder / "index.html").is_file(), "There is no site to test. Build it first: make site"
    return folder


@pytest.fixture(scope="session")
def site(site_folder):
    """The address of the served site."""
    server = make_server(site_folder, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium where there is one, Playwright's own elsewhere."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def npm_package():
    """Gives the folder of a development package as package-lock.json pins it; npm checks its hash, once for all of them."""
    kept = ROOT / ".cache" / "npm" / sha256_file(ROOT / "package-lock.json")[:16]
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as scratch:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(ROOT / name, scratch)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=scratch, check=True)
            kept.parent.mkdir(exist_ok=True)
            try:
                Path(scratch, "node_modules").rename(kept)
            except OSError:  # another worker of the tests was first
                if not kept.is_dir():
                    raise
    return lambda name: kept / name


@pytest.fixture(scope="session")
def axe(npm_package) -> str:
    """The source of axe-core."""
    return (npm_package("axe-core") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def context(browser, site):
    """A fresh profile; whatever asks another host, fails or complains makes the test fail."""
    context = profile(browser, viewport={"width": 1280, "height": 900}, accept_downloads=True, service_workers="block")  # test_offline.py allows them
    trouble, given_up, own = [], [], urlparse(site).netloc

    def gate(route):
        url = urlparse(route.request.url)
        if url.scheme in ("http", "https") and url.netloc != own:
            trouble.append(f"asked another host: {route.request.url}")
            return route.abort()
        return route.continue_()

    def watch(page):
        asked, moves = {}, [0]  # how often the page had moved on when it asked

        def failed(request):
            if request.failure == "net::ERR_ABORTED":  # right if the page was left or reloaded after it had asked
                given_up.append((request, lambda: not page.is_closed() and asked.get(request) == moves[0]))
            else:
                trouble.append(f"failed: {request.url} {request.failure}")

        page.on("framenavigated", lambda frame: moves.__setitem__(0, moves[0] + 1))
        page.on("request", lambda r: asked.setdefault(r, moves[0]))
        page.on("requestfailed", failed)
        page.on("console", lambda m: m.type == "error" and trouble.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: trouble.append(f"error: {e}"))
        page.on("response", lambda r: r.status >= 400 and trouble.append(f"status {r.status}: {r.url}"))

    context.route("**/*", gate)
    context.on("page", watch)
    yield context
    trouble += [f"given up: {request.url}" for request, stayed in given_up if stayed()]
    context.close()
    assert not trouble, trouble
