"""marimo's front end: taken from the installed package, checked as one tree against the lock."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .errors import BuildError
from .hashing import sha256_tree
from .lock import FIX, LockedFile

NAME = "marimo-frontend"


def frontend_folder() -> tuple[str, Path]:
    """The installed marimo's version and its folder of scripts, styles and fonts."""
    try:
        spec, installed = find_spec("marimo"), version("marimo")
    except PackageNotFoundError:
        spec, installed = None, ""
    if spec is None or spec.origin is None:
        raise BuildError("marimo is not installed for this Python. Run: make setup, then: .venv/bin/python build_site.py")
    return installed, Path(spec.origin).parent / "_static" / "assets"


def frontend_entry() -> LockedFile:
    """The entry of the lock for what is installed now."""
    installed, folder = frontend_folder()
    return LockedFile(NAME, installed, "installed", "labs/assets", sha256_tree(folder))


def checked_frontend(files: tuple[LockedFile, ...]) -> tuple[str, Path]:
    """The installed front end, once it is the one that the lock names."""
    listed = next((f for f in files if f.name == NAME), None)
    if listed is None:
        raise BuildError(f"The runtime lock does not list {NAME}. {FIX}")
    installed, folder = frontend_folder()
    if installed != listed.version:
        raise BuildError(f"marimo {installed} is installed, the runtime lock names {listed.version}. Run: make setup. {FIX}")
    found = sha256_tree(folder)
    if found != listed.sha256:
        raise BuildError(
            f"The front end in {folder} is not that of marimo {listed.version}: a file was changed, added or removed "
            f"(SHA-256 of the tree {found}, expected {listed.sha256}). Reinstall it: rm -r .venv, then make setup. {FIX}"
        )
    return installed, folder


def worker_script(assets: Path) -> str:
    """The file name of the script that Python runs in."""
    found = [p.name for p in sorted(assets.glob("worker-*.js")) if "[transport-id]" in p.read_text(encoding="utf-8")]
    if len(found) != 1:
        raise BuildError(f"marimo's front end has {len(found)} scripts that could be Python's worker, expected one. Adapt sitebuild/start.js.")
    return found[0]
