"""What a device keeps to open labs without a network: the service worker and the list it goes by.

The list names every file with the hash of its contents, so that a device never mixes two builds: what comes first on any
device (`core`), what each lab adds (`labs`), and the rest that "keep all labs" fetches (`rest`). Front-end files that no
lab asks for are in none of them; `python tests/record_assets.py` recorded which those are.
"""

import json
from pathlib import Path

from .errors import BuildError
from .hashing import sha256_bytes, sha256_file

HERE = Path(__file__).parent
ASSETS = HERE / "lab_assets.txt"
FRONT = ("index.html", "front.js", "favicon.svg", "favicon.ico")


def front_size(site: Path) -> int:
    """The bytes of the front-end files that a lab asks for."""
    return sum(p.stat().st_size for name in ASSETS.read_text(encoding="utf-8").split() if (p := site / "labs/assets" / name).is_file())


def write_offline(site: Path, labs: dict[str, list[str]]) -> None:
    """Write the list and the service worker into a built site; `labs` gives each lab's files below the site."""
    recorded = ASSETS.read_text(encoding="utf-8").split()
    if lacking := [name for name in recorded if not (site / "labs/assets" / name).is_file()]:
        raise BuildError(f"sitebuild/lab_assets.txt names {lacking[0]}, which marimo's front end does not have. Run: python tests/record_assets.py")
    runtime = site / "labs" / "runtime"
    core = [*(site / name for name in FRONT), *(site / "labs/assets" / name for name in recorded)]
    core += (site / "labs").glob("*.js")  # for labs inside other pages
    core += [p for p in runtime.rglob("*") if p.is_file() and p.parent.name != "later"]
    own = {path for paths in labs.values() for path in paths}
    rest = [p for p in [*(runtime / "later").iterdir(), *site.glob("*.html"), *site.glob("*.svg"), *site.glob("embed_code.js")] if p.is_file()]
    names = {kind: sorted(p.relative_to(site).as_posix() for p in paths) for kind, paths in (("core", core), ("rest", rest))}
    names["rest"] = [name for name in names["rest"] if name not in own and name not in names["core"]]
    every = sorted({*names["core"], *names["rest"], *own})
    about = {"files": {name: [sha256_file(site / name)[:32], (site / name).stat().st_size] for name in every}, "labs": labs, **names}
    data = json.dumps(about, separators=(",", ":")).encode()
    build = sha256_bytes(data)[:16]
    (site / f"offline.{build}.json").write_bytes(data)
    (site / "sw.js").write_text((HERE / "sw.js").read_text(encoding="utf-8").replace("@BUILD@", build), encoding="utf-8")
