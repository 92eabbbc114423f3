"""Fetch the files of the lock into the cache through the ordinary clients: npm and pip. Neither runs code of a package."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import BuildError, missing_tool
from .lock import LockedFile, verify_folder
from .packages import NATIVE_PLATFORM, PLATFORM, PYTHON, STRIPPED, WHEEL

FOLDERS = {"npm": "npm", WHEEL: "wheels", STRIPPED: "native"}


def fetch(files: tuple[LockedFile, ...], root: Path, cache: Path) -> dict[str, Path]:
    """Download what the cache lacks, verify every file, and return where each lies (by file name)."""
    where: dict[str, Path] = {}
    for origin, folder_name in FOLDERS.items():
        entries = [f for f in files if f.origin == origin]
        folder = cache / folder_name
        folder.mkdir(parents=True, exist_ok=True)
        _drop_superseded(entries, folder)
        missing = [f for f in entries if not (folder / f.file).is_file()]
        if missing:
            if origin == "npm":
                fetch_npm(root, folder, [f.file for f in missing])
            else:
                lines = [f"{f.name}=={f.version} --hash=sha256:{f.sha256}" for f in missing]
                pip_download(lines, folder, native=origin == STRIPPED)
        verify_folder(entries, folder)
        where |= {f.file: folder / f.file for f in entries}
    return where


def _drop_superseded(entries: list[LockedFile], folder: Path) -> None:
    """Remove other versions of listed packages: they were listed once, and an update of the lock leaves them behind."""
    wanted = {f.file for f in entries}
    stems = {f.file.split("-")[0].lower() for f in entries}
    for path in folder.glob("*.whl"):
        if path.name not in wanted and path.name.split("-")[0].lower() in stems:
            path.unlink()


def fetch_npm(root: Path, folder: Path, names: list[str]) -> None:
    """Copy files of the npm package pyodide; npm checks the package against package-lock.json."""
    npm = shutil.which("npm")
    if npm is None:
        raise missing_tool("npm", "sudo apt-get install nodejs npm", "brew install node")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, scratch)
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], "npm could not fetch the package pyodide", cwd=scratch)
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
