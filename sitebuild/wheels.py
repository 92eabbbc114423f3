"""Read and write wheels: those of the lock as the browser gets them, and our own two from this checkout.

Packed here rather than by a build backend: the bytes are the same on every run, it takes milliseconds, and labkit's
grader (numpy and polars) stays out of the browser. A wheel is a dictionary of its files until `pack` writes it.
"""

import base64
import hashlib
import runpy
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from .errors import BuildError
from .hashing import tree_files

EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest date: the bytes depend on the contents alone
COMPILED = (".so", ".pyd", ".dylib")
UNUSED = (".c", ".pyx", ".pyi", ".h")  # nothing in the browser builds or type-checks
SCHEMA = "decision-log-1.0.json"


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """Write files as a zip archive whose bytes depend on them alone; a wheel gets its record of itself."""
    files = dict(sorted(files.items()))
    if info := next((n.split("/")[0] for n in files if n.endswith(".dist-info/METADATA")), None):
        files.pop(f"{info}/RECORD", None)
        record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items()) + f"{info}/RECORD,,\n"
        files[f"{info}/RECORD"] = record.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data, compresslevel=9)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def read_archive(path: Path) -> dict[str, bytes]:
    """The files of a wheel or zip, by path."""
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}


def lean(files: dict[str, bytes], drop: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files that the browser needs: without the folders in `drop`, stubs and sources in C."""
    return {n: data for n, data in files.items() if not n.endswith(UNUSED) and not (drop and n.startswith(drop))}


def described(name: str, version: str, files: dict[str, bytes], metadata: str) -> tuple[str, dict[str, bytes]]:
    """A pure-Python wheel of the given files: its file name, and its files with their description."""
    stem = name.replace("-", "_").lower()
    info = f"{stem}-{version}.dist-info"
    wheel = b"Wheel-Version: 1.0\nGenerator: sitebuild\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return f"{stem}-{version}-py3-none-any.whl", files | {f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": wheel}


def stripped(native: Path, name: str, version: str, drop: tuple[str, ...] = ()) -> tuple[str, dict[str, bytes]]:
    """A wheel without its compiled modules, the folders in `drop` and its old record of itself."""
    contents = read_archive(native)
    metadata = next(data.decode() for path, data in contents.items() if path.endswith(".dist-info/METADATA"))
    kept = {n: data for n, data in lean(contents, drop).items() if not n.endswith(COMPILED) and ".dist-info/" not in n}
    if not any(n.endswith(".py") for n in kept):
        raise BuildError(f"{native.name} has no Python files left without its compiled module: {name} cannot run in the browser from it.")
    return described(name, version, kept, metadata)


def local_wheels(root: Path, simulator: Path, kit: Path, labs: Path) -> dict[str, tuple[str, dict[str, bytes]]]:
    """Our own two wheels from this checkout, by project: file name and files."""
    wheels = {}
    for project, package, depends in ((root / "mlsysim_wheel", simulator, ()), (root, kit, ("mlsysim", "msgspec"))):
        about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if package == simulator:
            files = simulator_files(project, package)
        else:
            files = {f"{package.name}/{p.relative_to(package).as_posix()}": p.read_bytes() for p in tree_files(package)}
        if not files:
            raise BuildError(f"{package} has no files, so there is no {about['name']} to put into the site.")
        if package == kit:
            files = {n: data for n, data in files.items() if not n.startswith(f"{package.name}/grade/")}
            files[f"{package.name}/course.toml"] = (labs / "course.toml").read_bytes()
            files[f"{package.name}/{SCHEMA}"] = log_schema(simulator, kit)
        metadata = f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
        metadata += "".join(f"Requires-Dist: {d}\n" for d in depends)
        wheels[about["name"]] = described(about["name"], about["version"], files, metadata)
    return wheels


def simulator_files(project: Path, package: Path) -> dict[str, bytes]:
    """What its two distributions hold, as they hold it: the browser gets both, each lab its part (by_lab.py)."""
    parts = runpy.run_path(str(project / "wheel_files.py"))["wheel_files"](package) if package.is_dir() else {}
    return {path: content for part in parts.values() for path, content in part.items()}


def log_schema(simulator: Path, kit: Path) -> bytes:
    """The decision log's JSON Schema, generated from labkit's types."""
    for folder in (simulator.parent, kit.parent):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    from labkit.schema import schema_text

    return schema_text().encode()


def top_level(paths: Iterable[str]) -> list[str]:
    """The names that these files let one import.

    >>> top_level(["yaml/__init__.py", "six.pyc", "six-1.0.dist-info/METADATA"])
    ['six', 'yaml']
    """
    names = set()
    for path in paths:
        first, _, rest = path.partition("/")
        if rest and rest.endswith((".py", ".pyc", ".so")) and "." not in first:
            names.add(first)
        elif not rest and first.endswith((".py", ".pyc")):
            names.add(first.rpartition(".")[0])
    return sorted(names)


def requirements(wheel: Path) -> list[str]:
    """The Requires-Dist lines of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(archive.read(n).decode() for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
    head = metadata.split("\n\n")[0]
    return [line.split(":", 1)[1].strip() for line in head.splitlines() if line.startswith("Requires-Dist:")]
