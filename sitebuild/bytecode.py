"""Ship bytecode, not source: the browser then imports without compiling, which is most of what a start would wait for.

The compiler is the browser's own Python (Pyodide in node), as bytecode belongs to one version of Python. Everything that
depends on the same sources is compiled in one run in a fixed order, so that the same sources give the same bytes.
"""

import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import BuildError, missing_tool
from .hashing import sha256_bytes, sha256_file, sha256_parts
from .packages import PYODIDE_BUILD_FILES
from .pyodide_lock import INFO
from .wheels import EPOCH, pack

HERE = Path(__file__).parent
RECIPE = ("bytecode.py", "compile.py", "compile.mjs", "wheels.py", "later.py")  # what the bytes depend on besides the sources

KEPT = 6  # sets of compiled archives: whoever goes back and forth between two versions does not wait

Contents = dict[str, bytes]  # the files of one archive, by path


def compile_archives(
    archives: Mapping[str, Contents],
    pyodide: Mapping[str, Path],
    cache: Path,
    library: str = "",
    about: Callable[[dict[str, Path]], Contents] = lambda made: {},
    kind: str = "packages",
) -> dict[str, Path]:
    """Each archive (by file name) with bytecode in place of source, as files in the cache.

    `pyodide` gives the verified files of the runtime by name. Nothing is run when the cache has this set of archives.
    The archive `library` is packed last; `about` says from the other ones what else goes into it. `kind` names the sets
    of which the cache keeps the last few.
    """
    recipe = [sha256_file(HERE / name) for name in RECIPE] + [sha256_file(pyodide[name]) for name in PYODIDE_BUILD_FILES]
    sources = [f"{name}\0{path}\0{sha256_bytes(data)}" for name, files in sorted(archives.items()) for path, data in sorted(files.items())]
    folder = cache / "compiled" / f"{kind}.{sha256_parts([*recipe, *sources])[:20]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            done = Path(scratch, "done")
            done.mkdir()
            bytecode = _compile({n: {p: d for p, d in files.items() if p.endswith(".py")} for n, files in archives.items()}, pyodide, Path(scratch))
            for name in sorted(archives, key=lambda n: (n == library, n)):
                kept = {p: d for p, d in archives[name].items() if p + "c" not in bytecode[name]}
                more = about({p.name: p for p in done.iterdir()}) if name == library else {}
                pack(done / name, kept | bytecode[name] | more)
            try:
                done.rename(folder)
            except OSError:  # another build was faster, with the same bytes
                if not folder.is_dir():
                    raise
        made = sorted(folder.parent.glob(f"{kind}.*"), key=lambda p: p.stat().st_mtime)
        for old in made[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return {name: folder / name for name in archives}


def _compile(sources: Mapping[str, Contents], pyodide: Mapping[str, Path], scratch: Path) -> dict[str, Contents]:
    node = shutil.which("node")
    if node is None:
        raise missing_tool("node", "sudo apt-get install nodejs npm", "brew install node")
    runtime, work = scratch / "pyodide", scratch / "work"
    for place in (runtime, work / "in", work / "out"):
        place.mkdir(parents=True)
    for name in PYODIDE_BUILD_FILES:
        shutil.copyfile(pyodide[name], runtime / name)
    (work / "no-packages.json").write_text(json.dumps({"info": INFO, "packages": {}}))
    names = {f"{n}.zip": name for n, name in enumerate(sorted(sources))}
    for short, name in names.items():
        with zipfile.ZipFile(work / "in" / short, "w") as archive:
            for path, data in sorted(sources[name].items()):
                archive.writestr(zipfile.ZipInfo(path, EPOCH), data)
    command = [node, str(HERE / "compile.mjs"), str(runtime), str(work), str(HERE / "compile.py")]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise BuildError(f"The browser's Python could not compile the runtime's packages:\n{done.stderr.strip()[-1500:]}")
    made: dict[str, Contents] = {}
    for short, name in names.items():
        with zipfile.ZipFile(work / "out" / short) as archive:
            made[name] = {path: archive.read(path) for path in archive.namelist()}
    return made
