"""Write sitebuild/lab_assets.txt anew: the scripts, styles and fonts of marimo's front end that a lab fetches from its
start to its export. They are what a device keeps to open labs without a network. And sitebuild/edit_assets.txt: what the page
of a lab's code fetches beyond them.

    python tests/record_assets.py [SITE] [LAB ...]        SITE is _site unless given; build it first
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser_bench import START_MS, chromium, student  # noqa: E402
from labkit.catalogue import lab_paths, read_lab  # noqa: E402
from labkit.seed import seed_of  # noqa: E402
from sitebuild.offline import ASSETS, EDIT_ASSETS  # noqa: E402
from sitebuild.server import Serving  # noqa: E402

FEW = ("lab_00_introduction", "lab_03_ml_workflow", "lab_11_hw_accel", "lab_15_responsible_engr", "lab_05_dist_train")


def fetched(browser, address: str, path: Path, scheme: str) -> set[str]:
    """The file names below labs/assets/ that a student's work in one lab asks for."""
    names: set[str] = set()
    lab = read_lab(path)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, color_scheme=scheme)
    context.on("request", lambda r: names.add(r.url.rpartition("/labs/assets/")[2]) if "/labs/assets/" in r.url else None)
    hands = student()(context.new_page(), lab)
    hands.open(f"{address}/labs/{path.parent.name}/{path.stem}.html")
    for exp in lab.parts:
        hands.lock(exp)
        hands.record(exp, "The chart shows what binds.")
    for i, drill in enumerate(lab.drills):
        hands.answer(i, drill, seed_of(None, lab.id))
    with TemporaryDirectory() as folder:
        hands.export(Path(folder))
    context.close()
    return names


def fetched_by_the_editor(browser, address: str, path: Path, scheme: str) -> set[str]:
    """The same for the page of its code: a cell is added, something is completed, a menu opened."""
    names: set[str] = set()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    context.on("request", lambda r: names.add(r.url.rpartition("/labs/assets/")[2]) if "/labs/assets/" in r.url else None)
    page = context.new_page()
    page.goto(f"{address}/labs/{path.parent.name}/{path.stem}.edit.html")
    page.locator("#export[data-lk-awake='yes']").wait_for(timeout=START_MS)
    page.locator(".marimo-cell").last.locator(".cm-content").click()
    page.keyboard.press("Control+Shift+P")
    page.keyboard.type("import math; math.s")
    page.locator(".cm-tooltip-autocomplete").wait_for(timeout=START_MS)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.locator("#lk-copy-said").filter(has_text="was kept").wait_for(timeout=START_MS)
    page.locator("[data-testid=notebook-menu-dropdown]").first.click()
    page.wait_for_load_state("networkidle")
    context.close()
    return names


def main(site: str = "_site", *labs: str) -> None:
    names: set[str] = set()
    code: set[str] = set()
    with Serving(Path(site)) as address, chromium() as browser:
        for path in lab_paths(ROOT / "labs"):
            if path.stem in (labs or FEW):
                for scheme in ("light", "dark"):
                    names |= fetched(browser, address, path, scheme)
                print(f"{path.stem}: {len(names)} files so far")
                code = code or fetched_by_the_editor(browser, address, path, "light") | fetched_by_the_editor(browser, address, path, "dark")
    ASSETS.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    EDIT_ASSETS.write_text("".join(f"{name}\n" for name in sorted(code - names)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
