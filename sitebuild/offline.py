"""What a device keeps to open labs without a network: the service worker and the list it goes by.

The list names every file with the hash of its contents, so that a device never mixes two builds: what comes first on any
device (`core`), what each lab adds (`labs`), and the rest that "keep all labs" fetches (`rest`). Front-end files that no
lab asks for are in none of them; `python tests/record_assets.py` recorded which those are.

The pages of the labs' code have a list of their own, which only a device that opened one of them fetches.
"""

import json
from pathlib import Path

from .errors import BuildError
from .hashing import sha256_bytes, sha256_file

HERE = Path(__file__).parent
ASSETS = HERE / "lab_assets.txt"
EDIT_ASSETS = HERE / "edit_assets.txt"  # what the editor fetches beyond them
FRONT = ("index.html", "front.js", "favicon.svg", "favicon.ico")


def front_size(site: Path) -> int:
    """The bytes of the front-end files that a lab asks for."""
    return sum(p.stat().st_size for name in ASSETS.read_text(encoding="utf-8").split() if (p := site / "labs/assets" / name).is_file())


def write_offline(site: Path, labs: dict[str, list[str]]) -> None:
    """Write the lists and the service worker into a built site; `labs` gives each lab's files below the site."""
    recorded = _recorded(ASSETS, site)
    runtime = site / "labs" / "runtime"
    core = [*(site / name for name in FRONT), *(site / "labs/assets" / name for name in recorded)]
    core += (site / "labs").glob("*.js")  # for labs inside other pages
    core += [p for p in runtime.rglob("*") if p.is_file() and p.parent.name != "later"]
    own = {path for paths in labs.values() for path in paths}
    rest = [p for p in [*(runtime / "later").iterdir(), *site.glob("*.html"), *site.glob("*.svg"), *site.glob("embed_code.js")] if p.is_file()]
    names = {kind: sorted(p.relative_to(site).as_posix() for p in paths) for kind, paths in (("core", core), ("rest", rest))}
    names["rest"] = [name for name in names["rest"] if name not in own and name not in names["core"]]
    every = sorted({*names["core"], *names["rest"], *own})
    data = _packed({"files": _files(site, every), "labs": labs, **names})
    code = _packed(_code(site, labs))
    build = sha256_bytes(data + code)[:16]
    (site / f"offline.{build}.json").write_bytes(data)
    (site / f"offline-edit.{build}.json").write_bytes(code)
    (site / "sw.js").write_text((HERE / "sw.js").read_text(encoding="utf-8").replace("@BUILD@", build), encoding="utf-8")


def _code(site: Path, labs: dict[str, list[str]]) -> dict:
    """The same for the pages of the labs' code: `lab_x.edit` adds its page and the editor to what its lab needs."""
    shared = [f"labs/assets/{name}" for name in _recorded(EDIT_ASSETS, site)]
    shared += sorted(p.relative_to(site).as_posix() for p in (site / "labs/runtime/later").iterdir())  # whatever a cell may import
    pages = {}
    for lab, (page, *own) in labs.items():
        copy = page.removesuffix(".html") + ".edit.html"
        if (site / copy).is_file():
            pages[f"{lab}.edit"] = [copy, *own, *shared]
    return {"files": _files(site, sorted({path for paths in pages.values() for path in paths})), "labs": pages}


def _recorded(names: Path, site: Path) -> list[str]:
    recorded = names.read_text(encoding="utf-8").split()
    if lacking := [name for name in recorded if not (site / "labs/assets" / name).is_file()]:
        raise BuildError(f"sitebuild/{names.name} names {lacking[0]}, which marimo's front end does not have. Run: python tests/record_assets.py")
    return recorded


def _files(site: Path, names: list[str]) -> dict[str, list]:
    return {name: [sha256_file(site / name)[:32], (site / name).stat().st_size] for name in names}


def _packed(about: dict) -> bytes:
    return json.dumps(about, separators=(",", ":")).encode()
