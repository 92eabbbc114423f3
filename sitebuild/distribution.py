"""numpy and polars from a Pyodide distribution, for sites whose authors have one: `build_site.py --pyodide-dist`.

Neither has a wheel for the browser on the package index. The distribution's own lock names each file with its hash; the
site takes these two and what they need, and a page fetches them only when a notebook imports them.
"""

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from .errors import BuildError
from .hashing import sha256_bytes, sha256_file
from .packages import PYODIDE, normal
from .pyodide_lock import INFO

WANTED = ("numpy", "polars")
LOCK = "pyodide-lock.json"
FOLDER = "distribution"  # below the runtime folder
ABSENT = (
    "{name} is not part of this site: the labs do without it, and its build for the browser exists only in Pyodide's own distribution. "
    "Whoever builds the site can add it: build_site.py --pyodide-dist; on your own machine it is there after: pip install {name}"
)


def distribution_entries(source: str, runtime: Path, cache: Path, known: set[str]) -> list[dict]:
    """Copy numpy, polars and what they need (beyond the packages `known`) into the runtime; their entries for the lock."""
    try:
        data = json.loads(_read(source, LOCK))
        info, packages = data["info"], {normal(name): entry for name, entry in data["packages"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BuildError(f"{LOCK} in {source} is not the lock of a Pyodide distribution.") from None
    for key in ("abi_version", "arch"):
        if info.get(key) != INFO[key]:
            raise BuildError(f"{source} is a distribution for {key} {info.get(key)}; this site runs Pyodide {PYODIDE}, which needs {INFO[key]}.")
    due, chosen = list(WANTED), {}
    while due:
        name = normal(due.pop(0))
        if name in chosen or name in known:
            continue
        if name not in packages:
            raise BuildError(f"{LOCK} in {source} does not list {name}.")
        chosen[name] = packages[name]
        due += packages[name].get("depends", [])
    (runtime / FOLDER).mkdir()
    return [_entry(chosen[name], source, runtime, cache) for name in sorted(chosen)]


def _entry(listed: dict, source: str, runtime: Path, cache: Path) -> dict:
    file, expected = Path(listed["file_name"]).name, listed["sha256"]
    kept = cache / "files" / expected / file
    if not kept.is_file() or sha256_file(kept) != expected:
        data = _read(source, listed["file_name"])
        if (found := sha256_bytes(data)) != expected:
            raise BuildError(f"{file} in {source} is not the file that its {LOCK} names: its SHA-256 is {found}, expected {expected}.")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
    shutil.copyfile(kept, runtime / FOLDER / file)
    return {**listed, "file_name": f"{FOLDER}/{file}", "depends": [normal(d) for d in listed.get("depends", [])]}


def _read(source: str, name: str) -> bytes:
    """A file of the distribution, from a folder or an address."""
    try:
        if "://" in source:
            with urllib.request.urlopen(f"{source.rstrip('/')}/{name}", timeout=60) as answer:
                return answer.read()
        return Path(source, name).read_bytes()
    except (OSError, urllib.error.URLError) as error:
        raise BuildError(f"{name} cannot be read from {source}: {error}.") from None
