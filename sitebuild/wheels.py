"""Write and read wheels: our own two from this checkout, and native ones without their compiled modules.

Packed here rather than by a build backend: the bytes are the same on every run, it takes milliseconds, and labkit's
grader (numpy and polars) stays out of the browser.
"""

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path

from .errors import BuildError
from .hashing import tree_files

EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest date: the bytes depend on the contents alone
COMPILED = (".so", ".pyd", ".dylib")


def write_wheel(target: Path, name: str, version: str, files: dict[str, bytes], metadata: str) -> Path:
    """Write a pure-Python wheel of the given files into a folder."""
    stem = name.replace("-", "_").lower()
    info = f"{stem}-{version}.dist-info"
    files = dict(sorted(files.items()))
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: sitebuild\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items()) + f"{info}/RECORD,,\n"
    files[f"{info}/RECORD"] = record.encode()
    path = target / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_in, data in files.items():
            entry = zipfile.ZipInfo(name_in, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data, compresslevel=9)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def strip_wheel(native: Path, target: Path, name: str, version: str, drop: tuple[str, ...] = ()) -> Path:
    """A wheel without its compiled modules, the folders in `drop` and its old record of itself."""
    with zipfile.ZipFile(native) as archive:
        contents = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
    metadata = next(data.decode() for path, data in contents.items() if path.endswith(".dist-info/METADATA"))
    kept = {n: data for n, data in contents.items() if not n.endswith((*COMPILED, ".c", ".pyx")) and ".dist-info/" not in n}
    kept = {n: data for n, data in kept.items() if not n.startswith(drop)} if drop else kept
    if not any(n.endswith(".py") for n in kept):
        raise BuildError(f"{native.name} has no Python files left without its compiled module: {name} cannot run in the browser from it.")
    return write_wheel(target, name, version, kept, metadata)


def local_wheels(root: Path, simulator: Path, kit: Path, labs: Path, target: Path) -> dict[str, Path]:
    """Our own two wheels, packed from this checkout."""
    wheels = {}
    for project, package, depends in ((root / "mlsysim_wheel", simulator, ()), (root, kit, ("mlsysim", "altair", "msgspec"))):
        about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        files = {f"{package.name}/{p.relative_to(package).as_posix()}": p.read_bytes() for p in tree_files(package)}
        if package == kit:
            files = {n: data for n, data in files.items() if not n.startswith(f"{package.name}/grade/")}
            files[f"{package.name}/course.toml"] = (labs / "course.toml").read_bytes()
        if not files:
            raise BuildError(f"{package} has no files, so there is no {about['name']} to put into the site.")
        metadata = f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
        metadata += "".join(f"Requires-Dist: {d}\n" for d in depends)
        wheels[about["name"]] = write_wheel(target, about["name"], about["version"], files, metadata)
    return wheels


def top_level(wheel: Path) -> list[str]:
    """The names that a wheel lets one import."""
    names = set()
    with zipfile.ZipFile(wheel) as archive:
        for path in archive.namelist():
            first, _, rest = path.partition("/")
            if rest and rest.endswith((".py", ".so")) and "." not in first:
                names.add(first)
            elif not rest and first.endswith(".py"):
                names.add(first[:-3])
    return sorted(names)


def requirements(wheel: Path) -> list[str]:
    """The Requires-Dist lines of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(archive.read(n).decode() for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
    head = metadata.split("\n\n")[0]
    return [line.split(":", 1)[1].strip() for line in head.splitlines() if line.startswith("Requires-Dist:")]
