"""SCORM packages that need no hosted site: each zip holds one lab with everything that it runs on.

The files are those of a built site that the list for offline use names (offline.py): what every lab needs, what this one
adds, and the rest of the Python packages. They lie in `site/`, beside the page and the script of the thin package
(scorm.py). Learning management systems send files with types of their own choosing; the site relies on none but those of
pages, styles and `.js` (worker_network.py).
"""

import html
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from .course import Lab
from .errors import BuildError
from .scorm import VERSIONS, add, write_package

ABOUT = re.compile(r"(?<=data-lk=')[^']*(?=')")
FOUND_BY_BROWSERS = ("favicon.svg", "licenses.html")  # beside what the lab itself asks for
PACKED = (".whl", ".zip", ".woff2", ".woff", ".png")  # compressed already


def write_self_packages(site: Path, folder: Path, labs: list[Lab]) -> int:
    """Write `<lab>.<version>.zip` into a new `folder`, from the built `site`; how many."""
    (listed,) = site.glob("offline.*.json")
    about = json.loads(listed.read_text(encoding="utf-8"))
    own = {path for paths in about["labs"].values() for path in paths}
    shared = [p for p in (*about["core"], *about["rest"]) if p.startswith("labs/") and p not in own]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        base = Path(scratch, "base.zip")  # what all have in common is compressed once
        with zipfile.ZipFile(base, "w") as package:
            put(package, site, [*FOUND_BY_BROWSERS, *shared])
        for lab in labs:
            whole = Path(scratch, "lab.zip")
            shutil.copyfile(base, whole)
            with zipfile.ZipFile(whole, "a") as package:
                put(package, site, about["labs"][lab.id])
            for version in VERSIONS:
                write_package(folder / f"{lab.id}.{version}.zip", lab, version, f"site/labs/{lab.path}.html?embed=1", whole)
    return len(labs) * len(VERSIONS)


def put(package: zipfile.ZipFile, site: Path, paths: list[str]) -> None:
    """Add files of the site; a lab's page starts no service worker from inside a package."""
    for path in paths:
        data = (site / path).read_bytes()
        if path.endswith(".html") and path.startswith("labs/"):
            data = adapted(data.decode("utf-8"), path).encode()
        add(package, f"site/{path}", data, pack=not path.endswith(PACKED))


def adapted(page: str, path: str) -> str:
    """The page of a lab, told of no service worker; BuildError where nothing tells what it starts."""
    page, done = ABOUT.subn(without_service_worker, page, count=1)
    if not done:
        raise BuildError(f"{path} has no script with data-lk, so it is unknown what it starts. Adapt sitebuild/scorm_self.py to pages.py.")
    return page


def without_service_worker(found: re.Match) -> str:
    """What start.js is told, but for the service worker: a system asks for a session before it gives a file away."""
    about = json.loads(html.unescape(found[0]))
    about.pop("offline")
    return html.escape(json.dumps(about), quote=True)
