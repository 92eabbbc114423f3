"""Build the site: runtime, labs, pages; into a new folder that takes the place of the old one only when it is whole."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import icon
from .course import Lab, read_course
from .errors import BuildError
from .exports import export_all
from .fetch import fetch
from .frontend import checked_frontend
from .hashing import sha256_file
from .index import font_faces, front_page
from .lock import FIX, LockedFile, read_lock
from .packages import PACKAGES, PYODIDE_FILES, STRIPPED, normal
from .pages import lab_page
from .paths import Paths
from .pyodide_lock import browser_lock, lock_entry
from .wheels import local_wheels, strip_wheel


def build_site(paths: Paths, only: list[str] | None = None, say: Callable[[str], None] = print) -> Path:
    """Build everything (or the labs named in `only`) and return the site's folder."""
    began = time.perf_counter()
    course, labs = read_course(paths.labs)
    labs = _chosen(labs, only)
    files = read_lock(paths.lock)
    _complete(files)
    marimo_version, frontend = checked_frontend(files)
    fetched = fetch(files, paths.root, paths.cache)
    say(f"runtime   {len(fetched)} files verified")
    pages = export_all(labs, paths, marimo_version, say)

    new = paths.out.with_name(paths.out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    runtime = new / "labs" / "runtime"
    runtime.mkdir(parents=True)
    lock_name, first = _lay_runtime(files, fetched, runtime, paths)
    shutil.copytree(frontend, new / "labs" / "assets")
    for lab in labs:
        target = new / "labs" / f"{lab.path}.html"
        target.parent.mkdir(exist_ok=True)
        target.write_text(lab_page(pages[lab.id].read_text(encoding="utf-8"), lab, course, lock_name, first), encoding="utf-8")
    (new / "index.html").write_text(front_page(course, labs, font_faces(frontend)), encoding="utf-8")
    (new / "favicon.svg").write_text(icon.SVG, encoding="utf-8")
    for folder in {new} | {new / "labs" / f"vol{lab.volume}" for lab in labs}:
        (folder / "favicon.ico").write_bytes(icon.ico())
    (new / ".nojekyll").touch()  # some hosts hide files whose names start with an underscore, unless this is here
    _write_schema(new, paths)
    _swap(new, paths.out)
    size = sum(p.stat().st_size for p in paths.out.rglob("*") if p.is_file())
    say(f"site      {len(labs)} labs, {size / 1e6:.0f} MB in {paths.out.name}/, {time.perf_counter() - began:.1f} s")
    return paths.out


def _chosen(labs: list[Lab], only: list[str] | None) -> list[Lab]:
    if only:
        known = [lab.id for lab in labs]
        if wrong := [name for name in only if name not in known]:
            raise BuildError(f"course.toml has no lab {wrong[0]!r}; it lists {', '.join(known)}.")
        labs = [lab for lab in labs if lab.id in only]
    for lab in labs:
        if not lab.source.is_file():
            raise BuildError(f"{lab.source} is missing; course.toml lists it. Add the notebook, or remove the entry.")
    return labs


def _complete(files: tuple[LockedFile, ...]) -> None:
    """The lock must have what packages.py names, in the same versions, and nothing else."""
    wanted = {(p.name, p.version, p.origin) for p in PACKAGES} | {("pyodide", name, "npm") for name in PYODIDE_FILES}
    listed = {(f.name, f.file if f.origin == "npm" else f.version, f.origin) for f in files if f.origin not in ("local", "installed")}
    if lacking := sorted(wanted - listed):
        raise BuildError(f"The runtime lock does not list {' '.join(lacking[0][:2])}. {FIX}")
    if extra := sorted(listed - wanted):
        raise BuildError(f"The runtime lock lists {' '.join(extra[0][:2])}, which sitebuild/packages.py does not name. {FIX}")


def _lay_runtime(files: tuple[LockedFile, ...], fetched: dict[str, Path], runtime: Path, paths: Paths) -> tuple[str, list[str]]:
    """Put Pyodide, the wheels and the browser's lock into the runtime folder; say which files a lab needs first."""
    for name in PYODIDE_FILES:
        shutil.copyfile(fetched[name], runtime / name)
    wheels: list[tuple[LockedFile, Path, str]] = []
    own = local_wheels(paths.root, paths.simulator, paths.kit, paths.labs, runtime)
    for entry in files:
        if entry.origin == "local":
            made = own.get(entry.name)
            if made is None or made.name != entry.file:
                builds = made.name if made else "no such wheel"
                raise BuildError(f"The runtime lock lists {entry.file}, this checkout builds {builds}. {FIX}")
            # Its name stays while its contents change from build to build, so a folder named by the hash keeps caches apart.
            folder = runtime / sha256_file(made)[:12]
            folder.mkdir()
            wheels.append((entry, made.rename(folder / made.name), f"{folder.name}/{made.name}"))
        elif entry.origin == STRIPPED:
            drop = next(p.drop for p in PACKAGES if p.name == entry.name)
            wheel = strip_wheel(fetched[entry.file], runtime, entry.name, entry.version, drop)
            wheels.append((entry, wheel, wheel.name))
        elif entry.origin not in ("npm", "installed"):
            shutil.copyfile(fetched[entry.file], runtime / entry.file)
            wheels.append((entry, runtime / entry.file, entry.file))
    known = {normal(entry.name) for entry, _, _ in wheels}
    lock_name, data = browser_lock([lock_entry(e.name, e.version, wheel, url, known) for e, wheel, url in wheels])
    (runtime / lock_name).write_bytes(data)
    return lock_name, [lock_name, *PYODIDE_FILES]


def _write_schema(new: Path, paths: Paths) -> None:
    """The decision log's published JSON Schema, generated from labkit's types."""
    for folder in (paths.simulator.parent, paths.kit.parent):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    from labkit.schema import json_schema

    target = new / "schema" / "decision-log-1.0.json"
    target.parent.mkdir()
    target.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _swap(new: Path, out: Path) -> None:
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
