"""Split packages: what every lab imports goes into the first download, the rest into archives that are fetched on import.

`first_modules.txt` lists what the labs import, recorded in a browser: `python tests/record_modules.py`. A module that is
missing there still works: sitecustomize.py fetches the rest of its package when it is imported.
"""

from collections.abc import Mapping
from pathlib import Path

from .hashing import sha256_file

HERE = Path(__file__).parent
FIRST = HERE / "first_modules.txt"
HOOK = HERE / "sitecustomize.py"
INDEX = "_later_index.py"
SITE, LIBRARY = "/lib/python3.14/site-packages", "/lib/python3.14"
SUFFIX = ".later.zip"

Contents = dict[str, bytes]


def first_modules() -> frozenset[str]:
    """The source files that every lab imports, by their place in an archive."""
    return frozenset(FIRST.read_text(encoding="utf-8").split())


def split(name: str, files: Contents, first: frozenset[str]) -> dict[str, Contents]:
    """One archive as two: the modules needed first with their packages' data, and the rest. A description stays first."""
    used = {path.split("/")[0] for path in files if path in first}
    rest = {
        path: data for path, data in files.items()
        if path not in first and ".dist-info/" not in path and (path.endswith(".py") or path.split("/")[0] not in used)
    }  # fmt: skip
    kept = {path: data for path, data in files.items() if path not in rest}
    return {name: kept, name + SUFFIX: rest} if rest else {name: kept}


def published(archive: str, path: Path) -> str:
    """Where an archive of the rest is below the runtime folder; its hash keeps caches apart."""
    stem = archive.removesuffix(SUFFIX).removesuffix(".whl").removesuffix(".zip").split("-")[0]
    return f"later/{stem}.{sha256_file(path)[:12]}.zip"


def index(made: Mapping[str, Path], archives: Mapping[str, Contents], library: str) -> bytes:
    """The index that the browser's hook reads: a Python module with one dictionary."""
    found = {}
    for archive, path in sorted(made.items()):
        if archive.endswith(SUFFIX):
            folder = LIBRARY if archive == library + SUFFIX else SITE
            found[published(archive, path)] = [folder, sha256_file(path), sorted(module(p) for p in archives[archive] if p.endswith(".py"))]
    return f"INDEX = {found!r}\n".encode()


def module(path: str) -> str:
    """
    >>> module("pygments/lexers/__init__.py"), module("csv.py")
    ('pygments.lexers', 'csv')
    """
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
