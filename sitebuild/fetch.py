"""Fetch the files of the lock into the cache through the ordinary clients: npm and pip. Neither runs code of a package."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import BuildError, missing_tool
from .lock import LockedFile, verify_file, verify_folder
from .packages import NATIVE_PLATFORM, PLATFORM, PYTHON, STRIPPED, WHEEL


def fetch(files: tuple[LockedFile, ...], root: Path, cache: Path) -> dict[str, Path]:
    """Download what the cache lacks, verify every file, and return where each lies (by file name).

    The cache is addressed by content: another version of a package is another place, so an update leaves nothing in the way.
    """
    where = {f.file: cache / "files" / f.sha256 / f.file for f in files if f.origin in ("npm", WHEEL, STRIPPED)}
    for origin in ("npm", WHEEL, STRIPPED):
        missing = [f for f in files if f.origin == origin and not where[f.file].is_file()]
        if missing:
            _download(origin, missing, root, cache, where)
    for entry in files:
        if entry.file in where:
            verify_file(entry, where[entry.file])
    return where


def _download(origin: str, missing: list[LockedFile], root: Path, cache: Path, where: dict[str, Path]) -> None:
    """Fetch files into a scratch folder; only when exactly these came, unchanged, do they enter the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        folder = Path(scratch, "files")
        folder.mkdir()
        if origin == "npm":
            fetch_npm(root, folder, [f.file for f in missing])
        else:
            pip_download([f"{f.name}=={f.version} --hash=sha256:{f.sha256}" for f in missing], folder, native=origin == STRIPPED)
        verify_folder(missing, folder)
        for entry in missing:
            where[entry.file].parent.mkdir(parents=True, exist_ok=True)
            (folder / entry.file).replace(where[entry.file])


def fetch_npm(root: Path, folder: Path, names: list[str]) -> None:
    """Copy files of the npm package pyodide; npm checks the package against package-lock.json."""
    npm = shutil.which("npm")
    if npm is None:
        raise missing_tool("npm", "sudo apt-get install nodejs npm", "brew install node")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, scratch)
        _run([npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], "npm could not fetch the package pyodide", cwd=scratch)
        for name in names:
            source = Path(scratch, "node_modules", "pyodide", name)
            if not source.is_file():
                raise BuildError(f"{name} is missing from the npm package pyodide; the runtime lock lists it.")
            shutil.copyfile(source, folder / name)


def pip_download(lines: list[str], folder: Path, native: bool = False) -> None:
    """Download wheels for the browser's Python (or native ones, to be stripped). Hashes in the lines are checked by pip."""
    requirements = folder.parent / f"download-{folder.name}.txt"
    requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", PYTHON,
        "--implementation", "cp", "--platform", NATIVE_PLATFORM if native else PLATFORM, "--dest", str(folder), "-r", str(requirements),
    ]
    _run(command, "pip could not fetch the packages of the browser's runtime")
    requirements.unlink()


def _run(command: list[str], what: str, cwd: str | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    if done.returncode:
        if "No module named pip" in done.stderr:
            raise missing_tool("pip", "sudo apt-get install python3-pip", "python3 -m ensurepip")
        said = (done.stderr or done.stdout).strip()
        raise BuildError(f"{what}:\n{said[-1500:]}")
