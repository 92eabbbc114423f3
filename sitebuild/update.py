"""Write runtime.lock.json anew: fetch what packages.py names, hash it, record it. Run by hand, read in review."""

import shutil
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from .errors import BuildError
from .fetch import fetch_npm, pip_download
from .frontend import frontend_entry
from .hashing import sha256_file
from .lock import LockedFile, write_lock
from .packages import PACKAGES, PYODIDE, PYODIDE_BUILD_FILES, STRIPPED, normal
from .paths import Paths


def update_lock(paths: Paths, say: Callable[[str], None]) -> None:
    """Replace the lock by one made from fresh downloads."""
    paths.cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=paths.cache))
    try:
        files = _npm_entries(paths.root, scratch)
        for origin in sorted({p.origin for p in PACKAGES}):
            files += _wheel_entries(origin, scratch)
    finally:
        shutil.rmtree(scratch)
    files.append(frontend_entry())
    for project in (paths.root / "mlsysim_wheel", paths.root):
        about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        stem = about["name"].replace("-", "_")
        files.append(LockedFile(about["name"], about["version"], "local", f"{stem}-{about['version']}-py3-none-any.whl", ""))
    write_lock(paths.lock, files)
    say(f"lock      {paths.lock.name}: {len(files)} entries")


def _npm_entries(root: Path, scratch: Path) -> list[LockedFile]:
    folder = scratch / "npm"
    folder.mkdir()
    fetch_npm(root, folder, list(PYODIDE_BUILD_FILES))
    return [LockedFile("pyodide", PYODIDE, "npm", name, sha256_file(folder / name)) for name in PYODIDE_BUILD_FILES]


def _wheel_entries(origin: str, scratch: Path) -> list[LockedFile]:
    folder = scratch / origin
    folder.mkdir()
    wanted = [p for p in PACKAGES if p.origin == origin]
    pip_download([f"{p.name}=={p.version}" for p in wanted], folder, native=origin == STRIPPED)
    entries = []
    for package in wanted:
        found = [w for w in folder.glob("*.whl") if normal(w.name.split("-")[0]) == normal(package.name)]
        if len(found) != 1:
            raise BuildError(f"{package.name} {package.version}: expected one wheel, pip brought {len(found)}.")
        entries.append(LockedFile(package.name, package.version, origin, found[0].name, sha256_file(found[0])))
    return entries
