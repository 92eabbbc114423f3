"""How long a lab takes to start, against the same lab as plain `marimo export html-wasm` gives it.

    python tests/bench_start.py [--lab lab_13_model_serving] [--runs 5]

Plain: the page as exported, the wheels and the runtime as they were downloaded. Both sites come from the same server on
this machine, by turns, in one Chromium: a fresh profile for a cold start, a second visit in it for a warm one. A lab opens
its sliders when a prediction is locked, so "works" is the moment when every control on the page answers. Nothing is asserted.
"""

import argparse
import asyncio
import gzip
import re
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser_bench import CLOCK, awake, chromium  # noqa: E402
from sitebuild.build import build_site  # noqa: E402
from sitebuild.course import Lab, read_course  # noqa: E402
from sitebuild.fetch import fetch  # noqa: E402
from sitebuild.frontend import checked_frontend  # noqa: E402
from sitebuild.lock import read_lock  # noqa: E402
from sitebuild.packages import PYODIDE_FILES, STRIPPED, WHEEL, normal  # noqa: E402
from sitebuild.pages import MARIMO_TAG  # noqa: E402
from sitebuild.paths import Paths  # noqa: E402
from sitebuild.pyodide_lock import browser_lock, lock_entry  # noqa: E402
from sitebuild.server import PACKED, Serving  # noqa: E402
from sitebuild.wheels import local_wheels, pack, stripped  # noqa: E402


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a page."""

    readable_s: float
    works_s: float
    requests: int
    raw_bytes: int
    gzip_bytes: int


def plain_site(out: Path, lab: Lab, paths: Paths) -> None:
    """The lab as marimo exports it, with a copy of the runtime beside it in place of marimo's own server."""
    files = read_lock(paths.lock)
    _, frontend = checked_frontend(files)
    fetched = fetch(files, paths.root, paths.cache)
    runtime = out / "labs" / "runtime"
    runtime.mkdir(parents=True)
    for name in PYODIDE_FILES:
        shutil.copyfile(fetched[name], runtime / name)
    wheels = []
    for entry in files:
        if entry.origin == STRIPPED and "none-any" not in entry.file:  # it has no wheel for the browser
            name, contents = stripped(fetched[entry.file], entry.name, entry.version)
            wheels.append((entry, pack(runtime / name, contents)))
        elif entry.origin in (STRIPPED, WHEEL):
            wheels.append((entry, Path(shutil.copyfile(fetched[entry.file], runtime / entry.file))))
    local = local_wheels(paths.root, paths.simulator, paths.kit, paths.labs)
    for entry in files:
        if entry.origin == "local":
            wheels.append((entry, pack(runtime / local[entry.name][0], local[entry.name][1])))
    known = {normal(entry.name) for entry, _ in wheels}
    lock_name, data = browser_lock([lock_entry(e.name, e.version, wheel, wheel.name, known) for e, wheel in wheels])
    (runtime / lock_name).write_bytes(data)
    shutil.copytree(frontend, out / "labs" / "assets")
    page = re.sub(r'((?:src|href)=")\./', r"\1../", asyncio.run(_export(lab.source)))
    attributes = f'data-pyodide-index-url="../runtime/" data-pyodide-lockfile-url="../runtime/{lock_name}"'
    target = out / "labs" / f"{lab.path}.html"
    target.parent.mkdir()
    target.write_text(MARIMO_TAG.sub(f'<marimo-wasm hidden="" {attributes}>', page, count=1), encoding="utf-8")


async def _export(source: Path) -> str:
    from marimo._export.file import export_wasm
    from marimo._export.requests import WASMExportOptions, WASMFileExportRequest
    from marimo._utils.marimo_path import MarimoPath

    options = WASMExportOptions(mode="run", show_code=False)
    return (await export_wasm(WASMFileExportRequest(path=MarimoPath(str(source)), options=options, execution=None, stdout=sys.stderr))).text


def visit(context, site: Path, address: str, path: str) -> Visit:
    """Open the page and wait until it works."""
    page = context.new_page()
    page.add_init_script(CLOCK)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(urlparse(request.url).path) if request.url.startswith(address) else None)
    page.goto(f"{address}/{path}", wait_until="commit")
    awake(page)
    page.wait_for_function("window.lkTimes.awake && window.lkTimes.readable")
    times = page.evaluate("window.lkTimes")
    page.close()
    sizes = [_sizes(site / name.lstrip("/")) for name in set(asked)]
    return Visit(times["readable"] / 1e3, times["awake"] / 1e3, len(asked), sum(raw for raw, _ in sizes), sum(small for _, small in sizes))


def _sizes(file: Path) -> tuple[int, int]:
    """Bytes as they lie, and as a host sends them."""
    data = file.read_bytes() if file.is_file() else b""
    return len(data), len(data) if file.suffix in PACKED else len(gzip.compress(data, 6, mtime=0))


def report(name: str, visits: list[Visit]) -> None:
    readable, works = (statistics.median(getattr(v, key) for v in visits) for key in ("readable_s", "works_s"))
    spread = f"{min(v.works_s for v in visits):.1f}–{max(v.works_s for v in visits):.1f}"
    last = visits[-1]
    print(f"{name:<14}{readable:>10.2f} s{works:>10.2f} s{spread:>14} s{last.requests:>10}{last.raw_bytes / 1e6:>10.1f} MB{last.gzip_bytes / 1e6:>10.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lab", default="lab_13_model_serving")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    paths = Paths.of(ROOT)
    lab = next((lab for lab in read_course(paths.labs)[1] if lab.id == chosen.lab), None)
    if lab is None:
        sys.exit(f"course.toml has no lab {chosen.lab!r}.")
    with tempfile.TemporaryDirectory() as scratch:
        plain, ours = Path(scratch, "plain"), Path(scratch, "ours")
        plain_site(plain, lab, paths)
        build_site(Paths.of(ROOT, out=ours), [lab.id], lambda _: None)
        path, seen = f"labs/{lab.path}.html", {}
        with Serving(plain) as at_plain, Serving(ours) as at_ours, chromium() as browser:
            for run in range(chosen.runs + 1):
                for name, site, address in (("plain", plain, at_plain), ("ours", ours, at_ours)):
                    context = browser.new_context(viewport={"width": 1280, "height": 900})
                    for kind in ("cold", "warm"):
                        found = visit(context, site, address, path)
                        if run:  # the first round only fills the servers' memory with what they have compressed
                            seen.setdefault(f"{name}, {kind}", []).append(found)
                    context.close()
        print(f"{lab.id}, medians of {chosen.runs}")
        print(f"{'':<14}{'readable':>12}{'works':>12}{'min–max':>16}{'requests':>10}{'raw':>13}{'gzip':>13}")
        for name in ("plain, cold", "ours, cold", "plain, warm", "ours, warm"):
            report(name, seen[name])
        for kind in ("cold", "warm"):
            works = [statistics.median(v.works_s for v in seen[f"{name}, {kind}"]) for name in ("ours", "plain")]
            print(f"ours / plain, {kind}: {works[0] / works[1]:.2f} of the time until it works")
        print(f"a further lab adds its page: {_sizes(ours / path)[1] / 1e3:.0f} kB gzip")


if __name__ == "__main__":
    main()
