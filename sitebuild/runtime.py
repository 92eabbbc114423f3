"""Lay out what Python needs in the browser: Pyodide, the packages as bytecode, the lock that lists them."""

import json
import shutil
from pathlib import Path

from .by_lab import own_index, split_by_lab
from .bytecode import compile_archives
from .distribution import ABSENT, WANTED, distribution_entries
from .errors import BuildError
from .hashing import sha256_file
from .later import HOOK, INDEX, SUFFIX, first_modules, index, published, split
from .lazy_completion import without_jedi
from .lock import FIX, LockedFile
from .packages import PACKAGES, PYODIDE_FILES, STDLIB, STRIPPED, WHEEL, normal
from .paths import Paths
from .pyodide_lock import browser_lock, lock_entry
from .wheels import lean, local_wheels, read_archive, stripped, top_level
from .worker_network import PUBLISHED, SCRIPT, published_script

Laid = list[tuple[LockedFile, Path, str, list[str]]]  # a package, its wheel, where that is below the runtime folder, what it lets one import


def lay_runtime(files: tuple[LockedFile, ...], fetched: dict[str, Path], runtime: Path, paths: Paths, labs: dict[str, Path], distribution: str = "") -> str:
    """Put Pyodide, the wheels and the browser's lock into the runtime folder; the lock's file name.

    `labs` are the notebooks' files by lab: what only one of them uses comes with it alone.
    With a Pyodide `distribution`, numpy and polars are in it too.
    """
    for name in PYODIDE_FILES:
        if name == SCRIPT:
            published_script(fetched[name], runtime)
        elif name != STDLIB:
            shutil.copyfile(fetched[name], runtime / name)
    (runtime / "later").mkdir()
    wheels = _foreign_wheels(files, fetched, runtime, paths, not distribution) + _own_wheels(files, fetched, runtime, paths, labs)
    known = {normal(entry.name) for entry, *_ in wheels}
    entries = [lock_entry(e.name, e.version, wheel, url, known, imports) for e, wheel, url, imports in wheels]
    if distribution:
        entries += distribution_entries(distribution, runtime, paths.cache, known)
    lock_name, data = browser_lock(entries)
    (runtime / lock_name).write_bytes(data)
    return lock_name


def start_size(runtime: Path, lock_name: str) -> int:
    """The bytes that a page fetches until Python runs: Pyodide, the standard library, marimo and what that needs."""
    packages = json.loads((runtime / lock_name).read_text(encoding="utf-8"))["packages"]
    needed, due = set(), ["marimo-base", "micropip"]
    while due:
        name = due.pop()
        if name not in needed:
            needed.add(name)
            due += packages[name]["depends"]
    files = [PUBLISHED, "pyodide.asm.wasm", STDLIB, lock_name, *(packages[name]["file_name"] for name in needed)]
    return sum((runtime / name).stat().st_size for name in files)


def _foreign_wheels(files: tuple[LockedFile, ...], fetched: dict[str, Path], runtime: Path, paths: Paths, excuse: bool) -> Laid:
    """The packages of the lock and the standard library as bytecode, each without what no lab imports.

    `excuse`: an import of numpy or polars is answered with the reason why it is not there.
    """
    first, entries, archives = first_modules(), {}, split(STDLIB, read_archive(fetched[STDLIB]), first_modules())
    archives[STDLIB][HOOK.name] = HOOK.read_bytes()
    for entry in files:
        if entry.origin not in (STRIPPED, WHEEL):
            continue
        drop = next(p.drop for p in PACKAGES if p.name == entry.name)
        if entry.origin == STRIPPED:
            name, contents = stripped(fetched[entry.file], entry.name, entry.version, drop)
        else:
            name, contents = entry.file, lean(read_archive(fetched[entry.file]), drop)
        entries[name] = entry, top_level(contents)
        if entry.name == "marimo-base":
            contents = without_jedi(contents)
        archives |= split(name, contents, first)
    absent = {name: ABSENT.format(name=name) for name in WANTED} if excuse else {}
    archives[STDLIB]["_absent_index.py"] = f"ABSENT = {absent!r}\n".encode()
    made = compile_archives(archives, fetched, paths.cache, STDLIB, lambda done: {INDEX: index(done, archives, STDLIB)})
    _publish(made, runtime)
    return [(entry, runtime / name, name, imports) for name, (entry, imports) in entries.items()]


def _publish(made: dict[str, Path], runtime: Path) -> None:
    for name, path in made.items():
        shutil.copyfile(path, runtime / (published(name, path) if name.endswith(SUFFIX) else name))


def _own_wheels(files: tuple[LockedFile, ...], fetched: dict[str, Path], runtime: Path, paths: Paths, labs: dict[str, Path]) -> Laid:
    """Our two packages from this checkout as bytecode; of the simulator's, what one lab alone uses lies apart."""
    local = local_wheels(paths.root, paths.simulator, paths.kit, paths.labs)
    entries = {entry.file: entry for entry in files if entry.origin == "local"}
    for entry in entries.values():
        builds = local[entry.name][0] if entry.name in local else "no such wheel"
        if builds != entry.file:
            raise BuildError(f"The runtime lock lists {entry.file}, this checkout builds {builds}. {FIX}")
    simulator, kit = local["mlsysim"], local["mlsys-labs"]
    archives = split_by_lab(*simulator, [data for path, data in kit[1].items() if path.endswith(".py")], labs) | dict([kit])
    made = compile_archives(archives, fetched, paths.cache, simulator[0], lambda done: own_index(done, archives, "mlsysim"), kind="own")
    _publish({name: path for name, path in made.items() if name.endswith(SUFFIX)}, runtime)
    laid: Laid = []
    for name, entry in entries.items():
        # Its name stays while its contents change from build to build, so a folder named by the hash keeps caches apart.
        folder = runtime / sha256_file(made[name])[:12]
        folder.mkdir()
        shutil.copyfile(made[name], folder / name)
        laid.append((entry, folder / name, f"{folder.name}/{name}", top_level(read_archive(made[name]))))
    return laid
