"""Export labs with a cache: a page is made again only if its notebook, labkit, mlsysim or marimo changed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .course import Lab
from .errors import BuildError
from .hashing import sha256_file, sha256_parts, sha256_tree
from .paths import Paths


def shared_key(paths: Paths, marimo_version: str) -> str:
    """What every export depends on besides its own notebook."""
    here = Path(__file__).with_name("export_lab.py")
    course = paths.labs / "course.toml"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    trees = [sha256_tree(paths.simulator), sha256_tree(paths.kit)]
    return sha256_parts([*trees, sha256_file(course), sha256_file(here), marimo_version, python])


def export_all(labs: list[Lab], paths: Paths, marimo_version: str, say: Callable[[str], None]) -> dict[str, Path]:
    """The exported page of each lab (by lab id), from the cache where nothing changed; two at a time otherwise."""
    folder = paths.cache / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    shared = shared_key(paths, marimo_version)
    pages = {lab.id: folder / f"{lab.id}.{sha256_parts([sha256_file(lab.source), *_companions(lab), shared])[:20]}.html" for lab in labs}
    due = [lab for lab in labs if not pages[lab.id].is_file()]
    if len(due) < len(labs):
        say(f"labs      {len(labs) - len(due)} unchanged")
    if due:
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda lab: _export(lab, pages[lab.id], paths, say), due))
        for lab in due:
            for old in folder.glob(f"{lab.id}.*.html"):
                if old != pages[lab.id]:
                    old.unlink()
    return pages


def _companions(lab: Lab) -> list[str]:
    """Stylesheets and scripts beside a notebook, which marimo writes into its page."""
    return [f"{p.name}\0{sha256_file(p)}" for p in sorted(lab.source.parent.iterdir()) if p.suffix in (".css", ".html", ".js", ".json")]


def _export(lab: Lab, page: Path, paths: Paths, say: Callable[[str], None]) -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=page.parent) as scratch:
        # A home of its own: the page carries marimo's configuration, and a developer's own must not get into the site.
        env = os.environ | {
            "HOME": scratch, "XDG_CONFIG_HOME": scratch, "XDG_CACHE_HOME": scratch, "XDG_STATE_HOME": scratch, "XDG_DATA_HOME": scratch,
            "PYTHONPATH": os.pathsep.join([str(paths.root), str(paths.simulator.parent)]), "PYTHONHASHSEED": "0", "LABKIT_STORAGE": "off",
        }
        made = Path(scratch, "page.html")
        command = [sys.executable, "-m", "sitebuild.export_lab", str(lab.source), str(made)]
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=paths.root)
        if done.returncode or not made.is_file():
            said = (done.stderr + done.stdout).strip()
            raise BuildError(f"{lab.path} could not be exported: a cell failed. See it with: python {lab.source}\n{said[-3000:]}")
        made.replace(page)
    say(f"labs      {lab.path} exported in {time.perf_counter() - began:.1f} s")
