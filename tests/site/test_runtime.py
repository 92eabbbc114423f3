"""What the browser's Python gets: bytecode in wheels that keep their names, what is needed first, and the rest on demand."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from sitebuild import later, lazy_completion
from sitebuild.bytecode import compile_archives
from sitebuild.errors import BuildError
from sitebuild.fetch import fetch
from sitebuild.lock import read_lock
from sitebuild.packages import PYODIDE_FILES, STDLIB
from sitebuild.wheels import described, pack, read_archive, top_level
from sitebuild.worker_network import PUBLISHED, SCRIPT

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pyodide() -> dict[str, Path]:
    return fetch(read_lock(ROOT / "runtime.lock.json"), ROOT, ROOT / ".cache")


def wheel() -> tuple[str, dict[str, bytes]]:
    files = {"small/__init__.py": b'"""Doc."""\nKINDS = {"a", "b", "c", "d"}\n', "small/data.txt": b"data", "small/template.py": b"{% not python %}"}
    return described("small", "1.0", files, "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")


def test_a_wheel_keeps_its_name_and_gets_bytecode_and_a_true_record(pyodide, tmp_path):
    name, files = wheel()
    made = compile_archives({name: files}, pyodide, tmp_path)[name]
    packed = read_archive(made)
    assert made.name == name == "small-1.0-py3-none-any.whl"
    assert set(packed) - set(files) == {"small/__init__.pyc", "small-1.0.dist-info/RECORD"}
    assert set(files) - set(packed) == {"small/__init__.py"}, "what is no Python stays as it is"
    magic, flags = packed["small/__init__.pyc"][:4], packed["small/__init__.pyc"][4:8]
    assert flags == b"\1\0\0\0", "found by the hash of its source, which is not looked for"
    assert int.from_bytes(magic[:2], "little") in range(3600, 3650), "Python 3.14"
    rows = [row.rsplit(",", 2) for row in packed["small-1.0.dist-info/RECORD"].decode().splitlines()]
    assert {path for path, *_ in rows} == set(packed)
    for path, digest, size in rows[:-1]:
        assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(packed[path]).digest()).rstrip(b"=").decode()
        assert int(size) == len(packed[path])


def test_the_same_sources_compile_to_the_same_bytes(pyodide, tmp_path):
    name, files = wheel()
    first = compile_archives({name: files}, pyodide, tmp_path / "a")[name].read_bytes()
    assert compile_archives({name: files}, pyodide, tmp_path / "b")[name].read_bytes() == first


def test_what_was_compiled_is_not_compiled_again(pyodide, tmp_path, monkeypatch):
    name, files = wheel()
    compile_archives({name: files}, pyodide, tmp_path)
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    compile_archives({name: files}, pyodide, tmp_path)
    with pytest.raises(BuildError, match="node is not installed"):
        compile_archives({name: files | {"small/more.py": b""}}, pyodide, tmp_path)


def test_packing_depends_on_the_contents_alone(tmp_path):
    name, files = wheel()
    one = pack(tmp_path / "one.whl", files).read_bytes()
    assert pack(tmp_path / "two.whl", dict(reversed(files.items()))).read_bytes() == one


def test_a_package_is_split_into_what_is_first_and_what_comes_later():
    files = {"p/__init__.py": b"", "p/rare.py": b"", "p/data.txt": b"", "q/__init__.py": b"", "q/data.txt": b"", "p-1.dist-info/METADATA": b""}
    parts = later.split("p.whl", files, frozenset({"p/__init__.py"}))
    assert set(parts["p.whl"]) == {"p/__init__.py", "p/data.txt", "p-1.dist-info/METADATA"}
    assert set(parts["p.whl.later.zip"]) == {"p/rare.py", "q/__init__.py", "q/data.txt"}


def test_the_index_names_every_archive_that_is_there_with_its_hash(built):
    runtime = built / "labs/runtime"
    with zipfile.ZipFile(runtime / STDLIB) as library:
        assert {"_later_index.py", "_absent_index.py", "sitecustomize.pyc"} <= {n.removesuffix("c") if n.startswith("_") else n for n in library.namelist()}
    (simulator,) = runtime.glob("*/mlsysim-*.whl")
    indices = _text(runtime / STDLIB, "_later_index") + _text(simulator, "_mlsysim_later")
    cached = re.findall(r"later/[\w.]+\.zip", indices)
    assert set(cached) == {p.relative_to(runtime).as_posix() for p in (runtime / "later").iterdir()}
    for path in cached:
        assert path.split(".")[-2] == hashlib.sha256((runtime / path).read_bytes()).hexdigest()[:12]


def test_nothing_is_lost_between_first_and_later(built):
    """Every module of the downloaded packages is in the site, save folders that packages.py drops."""
    runtime = built / "labs/runtime"
    (lock,) = runtime.glob("pyodide-lock.*.json")
    packages = json.loads(lock.read_text())["packages"]
    there = {n for p in [*runtime.rglob("*.whl"), *runtime.glob("later/*.zip")] for n in read_archive(p)}
    for entry in packages.values():
        for name in entry["imports"]:
            alone = any(n in there for n in (f"{name}.pyc", f"{name}.py", f"{name}/__init__.pyc", f"{name}/__init__.py"))
            assert alone or any(n.startswith(f"{name}/") for n in there), name
    assert {"jedi", "yaml", "altair", "docutils"} <= {name for entry in packages.values() for name in entry["imports"]}


def test_marimo_is_changed_only_where_its_source_is_as_expected():
    files = {}
    for path, old, _ in lazy_completion.CHANGES:
        files[path] = files.get(path, b"") + old.encode()
    changed = lazy_completion.without_jedi(files)
    assert b"import jedi  # type: ignore\n" not in changed["marimo/_runtime/complete.py"]
    compile(changed["marimo/_runtime/complete.py"], "complete.py", "exec")
    with pytest.raises(BuildError, match=r"patches\.py of marimo does not read"):
        lazy_completion.without_jedi(files | {"marimo/_runtime/patches.py": b"import os\n"})


def test_the_browsers_python_imports_first_later_and_absent_packages(built, pyodide, tmp_path):
    """In node, with the site's own files: jedi and yaml import, code completion works, numpy says why it is not there."""
    runtime = tmp_path / "runtime"
    shutil.copytree(built / "labs/runtime", runtime)
    for name in ("pyodide.mjs", "pyodide.asm.mjs"):  # as node looks for them; the site needs neither
        shutil.copyfile(pyodide[name], runtime / name)
    (lock,) = runtime.glob("pyodide-lock.*.json")
    script = tmp_path / "run.mjs"
    script.write_text(f"""
import {{ readFileSync }} from "node:fs";
globalThis.XMLHttpRequest = class {{  // as a worker has it
  open(method, url) {{ this.url = url }}
  send() {{ const b = readFileSync(this.url); this.response = b.buffer.slice(b.byteOffset, b.byteOffset + b.length); this.status = 200 }}
}};
const {{ loadPyodide }} = await import({json.dumps((runtime / "pyodide.mjs").as_uri())});
const options = {{ indexURL: {json.dumps(str(runtime))}, packageBaseUrl: {json.dumps(str(runtime) + "/")}, lockFileURL: {json.dumps(str(lock))} }};
const python = await loadPyodide({{ ...options, packages: ["marimo-base", "mlsys-labs"] }});
console.log(JSON.stringify(python.runPython(`
import importlib.util, sys
import marimo._runtime.complete as complete, marimo as mo, labkit
asleep = "jedi" not in sys.modules
import yaml, xml.dom.minidom, pygments.lexers.rust, unittest.mock
names = [c.name for c in complete.jedi.Script("import os; os.pat").complete()]
try:
    import numpy
except ModuleNotFoundError as error:
    said = str(error)
import mlsysim
from mlsysim import command_catalog  # no lab uses it: it comes from the simulator's own archive of the rest
[asleep, command_catalog.__file__.endswith(".pyc"), yaml.safe_load("a: 1")["a"], "path" in names, importlib.util.find_spec("numpy") is None, said]
`).toJs()));
""")
    done = subprocess.run(["node", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    *facts, said = json.loads(done.stdout.strip().splitlines()[-1])
    assert facts == [True, True, 1, True, True]
    assert said.startswith("numpy is not part of this site")


def test_the_lock_of_the_site_keeps_the_runtime_files(built):
    assert {p.name for p in (built / "labs/runtime").iterdir()} >= {PUBLISHED if name == SCRIPT else name for name in PYODIDE_FILES}


def test_top_level_names():
    assert top_level(["a/b.pyc", "c.py", "a-1.dist-info/RECORD", "d/x.so"]) == ["a", "c", "d"]


def _text(archive: Path, module: str) -> str:
    files = read_archive(archive)
    return next(data for name, data in files.items() if name.startswith(module)).decode("latin-1")
