"""Write sitebuild/first_modules.txt anew: what the labs of a built site import until a first prediction is locked, and on
the next visit.

    python tests/record_modules.py [SITE]        SITE is _site unless given; build it first

Modules of our own packages are left out, as they travel whole. What a lab imports later still arrives, just later.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser_bench import awake, chromium, student  # noqa: E402
from labkit.catalogue import read_lab  # noqa: E402
from sitebuild.later import FIRST  # noqa: E402
from sitebuild.server import Serving  # noqa: E402

OWN = ("labkit", "mlsysim")
ASK = """self.pyodide.runPython(`
import json, sys
asked = next((f.asked for f in sys.meta_path if type(f).__name__ == "Later"), [])
json.dumps([[m.__spec__.origin or "" for m in sys.modules.values() if getattr(m, "__spec__", None)], asked])
`)"""


def source(origin: str) -> str:
    """The place in its archive of a module's source, from where it was loaded; empty for one that is built in or ours.

    >>> source("/lib/python3.14/site-packages/yaml/__init__.pyc"), source("/lib/python314.zip/csv.pyc"), source("frozen")
    ('yaml/__init__.py', 'csv.py', '')
    """
    for root in ("/site-packages/", "/python314.zip/", "/lib/python3.14/"):
        _, found, path = origin.partition(root)
        if found:
            return path.removesuffix("c") if path.endswith(".pyc") and path.split("/")[0] not in OWN else ""
    return ""


def main(site: Path) -> None:
    modules: set[str] = set()
    with Serving(site) as address, chromium() as browser:
        for lab in sorted(p for p in (site / "labs").glob("vol*/lab_*.html") if not p.name.endswith(".edit.html")):
            page = browser.new_page()
            hands = student()(page, read_lab(ROOT / "labs" / lab.parent.name / f"{lab.stem}.py"))
            page.goto(f"{address}/labs/{lab.parent.name}/{lab.name}")
            for visit in ("first", "second"):
                awake(page)
                if visit == "first":
                    hands.lock(hands.lab.parts[0])  # with something to save, and to find at the second visit
                    page.wait_for_timeout(1000)
                origins, asked = json.loads(page.workers[0].evaluate(ASK))
                found = {source(o) for o in origins} - {""}
                theirs = [name for name in asked if name.split(".")[0] not in OWN]  # also those that then failed
                attempts = {f"{name.replace('.', '/')}{end}" for name in theirs for end in (".py", "/__init__.py")}
                modules |= found | attempts
                print(f"{lab.stem}, {visit} visit: {len(found)} modules, fetched later: {', '.join(asked) or 'none'}")
                page.reload()
            page.close()
    if not modules:
        sys.exit(f"There is no built lab in {site}. Build it first: make site")
    FIRST.write_text("\n".join(sorted(modules)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_site")
