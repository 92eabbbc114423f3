"""Build the site: runtime, labs, pages; into a new folder that takes the place of the old one only when it is whole."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from . import icon
from .course import Lab, read_course, read_weeks
from .edit_page import edit_page, file_name
from .errors import BuildError
from .exports import export_all
from .fetch import fetch
from .frontend import checked_frontend, worker_script
from .guide import write_guides
from .hashing import sha256_bytes
from .index import font_faces, front_page, script
from .lean_outline import outline_where_headings_are
from .licenses import write_licenses
from .lock import FIX, LockedFile, read_lock
from .offline import front_size, write_offline
from .packages import PACKAGES, PYODIDE_BUILD_FILES
from .pages import Start, lab_page
from .paths import Paths
from .quiet_messages import keep_no_messages
from .quiet_tab import leave_the_tab_alone
from .redraw import keep_views
from .runtime import lay_runtime, start_size
from .scorm import SELF, checked_address, write_packages
from .scorm_self import write_self_packages
from .steady_output import keep_outputs_steady
from .wheels import SCHEMA, log_schema
from .worker_memory import keep_notebook_in_memory
from .worker_network import ask_again


def build_site(
    paths: Paths, only: list[str] | None = None, say: Callable[[str], None] = print, distribution: str = "", scorm: str = "",
    scorm_labs: list[str] | None = None,
) -> Path:  # fmt: skip
    """Build everything (or the labs named in `only`) and return the site's folder.

    `distribution` is the folder or address of a Pyodide distribution that has numpy and polars. With `scorm`, the address at
    which the site will be hosted, or "self", there are packages for learning management systems too, for `scorm_labs` or all.
    """
    began = time.perf_counter()
    if scorm and scorm != SELF:
        checked_address(scorm)
    course, labs = read_course(paths.labs)
    labs = _chosen(labs, only)
    packed = _chosen(labs, scorm_labs)
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
    lock_name = lay_runtime(files, fetched, runtime, paths, {lab.id: lab.source for lab in labs}, distribution)
    shutil.copytree(frontend, new / "labs" / "assets")
    keep_notebook_in_memory(new / "labs" / "assets")
    ask_again(new / "labs" / "assets")
    keep_no_messages(new / "labs" / "assets")
    leave_the_tab_alone(new / "labs" / "assets")
    outline_where_headings_are(new / "labs" / "assets")
    keep_views(new / "labs" / "assets")
    keep_outputs_steady(new / "labs" / "assets")
    worker, size = worker_script(new / "labs" / "assets"), start_size(runtime, lock_name) + front_size(new)
    start = Start(f"runtime/{lock_name}", f"assets/{worker}", marimo_version, size=size)
    embed = (Path(__file__).parent / "embed.js").read_bytes()
    start = replace(start, embed=f"embed.{sha256_bytes(embed)[:12]}.js")
    (new / "labs" / start.embed).write_bytes(embed)
    own_archives: dict[str, str] = {}
    for lab in labs:
        target = new / "labs" / f"{lab.path}.html"
        target.parent.mkdir(exist_ok=True)
        own = own_archives[lab.id] = next((f"runtime/later/{p.name}" for p in (runtime / "later").glob(f"*_{lab.id}.*.zip")), "")
        exported, here = pages[lab.id].read_text(encoding="utf-8"), replace(start, lab=lab.id, own=own)
        target.write_text(lab_page(exported, lab, course, here), encoding="utf-8")
        (new / "labs" / file_name(lab)).write_text(edit_page(exported, lab, course, here), encoding="utf-8")
    fonts = font_faces(frontend)
    parts = {lab.id: lab.source.read_text(encoding="utf-8").count("@lk.experiment(") for lab in labs}
    (new / "index.html").write_text(front_page(course, labs, read_weeks(paths.labs), fonts, parts), encoding="utf-8")
    (new / "front.js").write_text(script(), encoding="utf-8")
    write_guides(paths.root / "docs", new, course, fonts, labs)
    write_licenses(new, files, fetched, paths, course, fonts)
    (new / "favicon.svg").write_text(icon.SVG, encoding="utf-8")
    (new / "favicon.ico").write_bytes(icon.ico())
    (new / ".nojekyll").touch()  # some hosts hide files whose names start with an underscore, unless this is here
    _write_schema(new, paths)
    write_offline(new, {lab.id: [f"labs/{lab.path}.html", *([f"labs/{own_archives[lab.id]}"] if own_archives[lab.id] else [])] for lab in labs})
    if scorm and scorm != SELF:
        say(f"scorm     {write_packages(new, packed, scorm)} packages in {paths.out.name}/scorm/")
    _swap(new, paths.out)
    if scorm == SELF:
        folder = paths.out.with_name(f"{paths.out.name}-scorm")  # not in the site: they are uploaded elsewhere
        count = write_self_packages(paths.out, folder, packed)
        size = sum(p.stat().st_size for p in folder.iterdir())
        say(f"scorm     {count} packages in {folder.name}/, {size / 1e6:.0f} MB")
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
    wanted = {(p.name, p.version, p.origin) for p in PACKAGES} | {("pyodide", name, "npm") for name in PYODIDE_BUILD_FILES}
    listed = {(f.name, f.file if f.origin == "npm" else f.version, f.origin) for f in files if f.origin not in ("local", "installed")}
    if lacking := sorted(wanted - listed):
        raise BuildError(f"The runtime lock does not list {' '.join(lacking[0][:2])}. {FIX}")
    if extra := sorted(listed - wanted):
        raise BuildError(f"The runtime lock lists {' '.join(extra[0][:2])}, which sitebuild/packages.py does not name. {FIX}")


def _write_schema(new: Path, paths: Paths) -> None:
    target = new / "schema" / SCHEMA
    target.parent.mkdir()
    target.write_bytes(log_schema(paths.simulator, paths.kit))


def _swap(new: Path, out: Path) -> None:
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
