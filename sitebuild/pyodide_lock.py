"""The lock that Pyodide reads in the browser: each package with its file, hash, imports and dependencies."""

import json
from pathlib import Path

from packaging.requirements import Requirement

from .errors import BuildError
from .hashing import sha256_bytes, sha256_file
from .packages import PACKAGES, normal
from .wheels import read_archive, requirements, top_level

BROWSER = {  # what a wheel's dependency markers are judged by
    "python_version": "3.14", "python_full_version": "3.14.0", "sys_platform": "emscripten", "platform_system": "Emscripten",
    "os_name": "posix", "implementation_name": "cpython", "platform_python_implementation": "CPython", "platform_machine": "wasm32",
    "extra": "",
}
INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.0"}  # as in the npm package


def lock_entry(name: str, version: str, wheel: Path, url: str, known: set[str], imports: list[str] | None = None) -> dict:
    """One package of the lock. A dependency that the runtime lacks stops the build.

    `imports` are the names it lets one import, where not all of them are in the wheel itself.
    """
    declared = next((p.depends for p in PACKAGES if p.name == name), None)
    if declared is None:
        parsed = [Requirement(line) for line in requirements(wheel)]
        declared = tuple(r.name for r in parsed if r.marker is None or r.marker.evaluate(BROWSER))
    depends = sorted({normal(d) for d in declared})
    lacking = [d for d in depends if d not in known]
    if lacking:
        raise BuildError(f"{name} {version} needs {lacking[0]}, which is not among the packages of the runtime (sitebuild/packages.py).")
    return {
        "name": name, "version": version, "file_name": url, "install_dir": "site", "sha256": sha256_file(wheel), "package_type": "package",
        "imports": top_level(read_archive(wheel)) if imports is None else imports, "depends": depends, "unvendored_tests": False,
    }


def browser_lock(entries: list[dict]) -> tuple[str, bytes]:
    """The lock's file name (with its hash, so that no cache serves an old one) and its bytes."""
    packages = {normal(e["name"]): e for e in sorted(entries, key=lambda e: normal(e["name"]))}
    data = json.dumps({"info": INFO, "packages": packages}, separators=(",", ":"), sort_keys=True).encode()
    return f"pyodide-lock.{sha256_bytes(data)[:12]}.json", data
