"""SCORM packages that need no hosted site: each zip holds one lab with everything that it runs on.

The files are those of a built site that the list for offline use names (offline.py): what every lab needs, what this one
adds, and the rest of the Python packages. They lie in `site/`, beside the page and the script of the thin package
(scorm.py). Learning management systems send files with types of their own choosing, so the package has no module named
`.mjs`, which many send as data and no browser then runs, and Python's WebAssembly is taken whole, whatever its type.
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

MODULE = ".mjs"
STREAMED = re.compile(r"(?P<answer>[\w$]+)\?await WebAssembly\.instantiateStreaming\((?P=answer),(?P<imports>[\w$]+)\)")
ABOUT = re.compile(r"(?<=data-lk=')[^']*(?=')")
FOUND_BY_BROWSERS = ("favicon.svg", "licenses.html")  # beside what the lab itself asks for
PACKED = (".whl", ".zip", ".woff2", ".woff", ".png", ".ico")  # compressed already


def write_self_packages(site: Path, folder: Path, labs: list[Lab]) -> int:
    """Write `<lab>.<version>.zip` into a new `folder`, from the built `site`; how many."""
    (listed,) = site.glob("offline.*.json")
    about = json.loads(listed.read_text(encoding="utf-8"))
    own = {path for paths in about["labs"].values() for path in paths}
    shared = [p for p in (*about["core"], *about["rest"]) if p.startswith("labs/") and p not in own]
    renamed = {Path(p).name for p in shared if p.endswith(MODULE)}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        base = Path(scratch, "base.zip")  # what all have in common is compressed once
        with zipfile.ZipFile(base, "w") as package:
            put(package, site, [*FOUND_BY_BROWSERS, *shared], renamed)
        for lab in labs:
            whole = Path(scratch, "lab.zip")
            shutil.copyfile(base, whole)
            with zipfile.ZipFile(whole, "a") as package:
                put(package, site, [f"labs/vol{lab.volume}/favicon.ico", *about["labs"][lab.id]], renamed)
            for version in VERSIONS:
                write_package(folder / f"{lab.id}.{version}.zip", lab, version, f"site/labs/{lab.path}.html?embed=1", whole)
    return len(labs) * len(VERSIONS)


def put(package: zipfile.ZipFile, site: Path, paths: list[str], renamed: set[str]) -> None:
    """Add files of the site as the package wants them."""
    for path in paths:
        data = (site / path).read_bytes()
        if path.endswith((".html", ".js", MODULE)):
            data = adapted(data.decode("utf-8"), path, renamed).encode()
        add(package, f"site/{re.sub(rf'{MODULE}$', '.js', path)}", data, pack=not path.endswith(PACKED))


def adapted(text: str, path: str, renamed: set[str]) -> str:
    """The text of a page or script: modules under their names in the package, WebAssembly of any type, no service worker.

    >>> adapted("import('./pyodide.asm.mjs');n?await WebAssembly.instantiateStreaming(n,e):0", "worker.js", {"pyodide.asm.mjs"})
    "import('./pyodide.asm.js');n?await WebAssembly.instantiate(await(await n).arrayBuffer(),e):0"
    """
    for name in renamed:
        text = text.replace(name, name.removesuffix(MODULE) + ".js")
    text = STREAMED.sub(r"\g<answer>?await WebAssembly.instantiate(await(await \g<answer>).arrayBuffer(),\g<imports>)", text)
    if path.endswith(".html") and path.startswith("labs/"):
        text, done = ABOUT.subn(without_service_worker, text, count=1)
        if not done:
            raise BuildError(f"{path} has no script with data-lk, so it is unknown what it starts. Adapt sitebuild/scorm_self.py to pages.py.")
    return text


def without_service_worker(found: re.Match) -> str:
    """What start.js is told, but for the service worker: a system asks for a session before it gives a file away."""
    about = json.loads(html.unescape(found[0]))
    about.pop("offline")
    return html.escape(json.dumps(about), quote=True)

