"""Which file goes into which of the two wheels: `mlsysim`, the general models, and `mlsysim-course`, the scenes of the labs.

Both come from one source tree and install into one package. Code is divided by `mlsysim/_rooms.py`; a data file goes along
with the course when only its rooms name it. A room of the catalog with one file a thing is written as one file, a line a
thing: installed, two hundred small files take three times their bytes, and the catalog reads either form.
"""

import ast
import runpy
from pathlib import Path

PACKED = ("devices", "machines", "models")  # the same three as in mlsysim/catalog.py


def wheel_files(package: Path) -> dict[str, dict[str, bytes]]:
    """The files of each distribution by their path in the wheel; the bytes depend on the sources alone."""
    course = frozenset(runpy.run_path(str(package / "_rooms.py"))["COURSE"])
    found = {p.relative_to(package).as_posix(): p.read_bytes() for p in sorted(package.rglob("*")) if p.is_file() and p.suffix in (".py", ".json")}
    apart = {f"{room}.py" for room in course} | _data_of(course, found)
    general = {path: content for path, content in found.items() if path not in apart}
    return {
        "mlsysim": {f"{package.name}/{path}": content for path, content in _packed(general).items()},
        "mlsysim-course": {f"{package.name}/{path}": found[path] for path in sorted(apart)},
    }


def _data_of(course: frozenset[str], files: dict[str, bytes]) -> set[str]:
    """The data files that the course's rooms name and no general room does."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for path, source in files.items():
        if path.endswith(".py"):
            words = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            named[path.removesuffix(".py") in course] |= {f"data/{w}" for w in words if w.endswith(".json")}
    return (named[True] - named[False]) & files.keys()


def _packed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files, but each packed room as one."""
    kept = dict(files)
    for room in PACKED:
        folder, lines = f"data/{room}/", []
        for path in sorted(p for p in files if p.startswith(folder)):
            text = "".join(line.strip() for line in kept.pop(path).decode("utf-8").splitlines())
            lines.append(f'"{path.removeprefix(folder).removesuffix(".json")}": {text}')
        kept[f"data/{room}.json"] = ("{\n" + ",\n".join(lines) + "\n}\n").encode()
    return dict(sorted(kept.items()))
