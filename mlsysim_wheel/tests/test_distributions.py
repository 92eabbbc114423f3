"""The two wheels of one source tree: what each holds, how large it is, and what an import of an absent room says."""

import ast
import os
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mlsysim import COURSE, GENERAL, _rooms, catalog

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "mlsysim"
FILES = runpy.run_path(str(PROJECT / "wheel_files.py"))["wheel_files"](PACKAGE)
LARGEST_BYTES = 400_000
FINGERPRINT = "from mlsysim import catalog; print(catalog.fingerprint(), len(catalog.models()), len(catalog.devices()), len(catalog.machines()))"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> dict[str, Path]:
    """Both, built as `pip install` builds them."""
    folder = tmp_path_factory.mktemp("wheels")
    made = {}
    for name, project in (("mlsysim", PROJECT), ("mlsysim-course", PROJECT / "course")):
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=project, check=True, capture_output=True)
        (made[name],) = folder.glob(f"{name.replace('-', '_')}-*.whl")
    return made


@pytest.fixture
def installed(wheels, tmp_path):
    """Puts wheels into an empty folder and runs a program with it alone."""

    def install(*names: str):
        for name in names:
            zipfile.ZipFile(wheels[name]).extractall(tmp_path)
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONDONTWRITEBYTECODE": "1"}
        code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        return lambda source: subprocess.run([sys.executable, "-S", "-c", code + source], capture_output=True, text=True, env=env, cwd=tmp_path)

    return install


def test_the_wheel_of_the_general_models_is_small(wheels):
    assert wheels["mlsysim"].stat().st_size <= LARGEST_BYTES


def test_each_wheel_holds_its_files_and_nothing_else(wheels):
    for name, wheel in wheels.items():
        archive = zipfile.ZipFile(wheel)
        assert {n: archive.read(n) for n in archive.namelist() if ".dist-info/" not in n} == FILES[name]


def test_every_source_file_is_in_exactly_one_wheel():
    there = [path for files in FILES.values() for path in files]
    packed = {f"mlsysim/data/{room}.json" for room in catalog.PACKED}
    loose = {p.relative_to(PACKAGE.parent).as_posix() for p in PACKAGE.rglob("*") if p.suffix in (".py", ".json")}
    loose = {p for p in loose if p.split("/")[2:3] not in ([r] for r in catalog.PACKED) or p.split("/")[1] != "data"}
    assert sorted(there) == sorted(loose | packed)


def test_a_general_room_imports_no_room_of_the_course():
    assert not set(GENERAL) & set(COURSE)
    for path in PACKAGE.glob("*.py"):
        if path.stem in COURSE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mlsysim."):
                names.append(node.module)
            assert not {n.removeprefix("mlsysim.") for n in names} & set(COURSE), path.name


def test_the_general_wheel_works_alone_and_names_what_brings_the_rest(installed):
    run = installed("mlsysim")
    every = "import importlib, mlsysim\nfor room in mlsysim.GENERAL: importlib.import_module('mlsysim.' + room)\n"
    done = run(every + "from mlsysim.layout import Layout; print(mlsysim.catalog.device('h100_sxm').peak('bf16'))")
    assert (done.stdout.strip(), done.returncode) == ("989000000000000.0", 0), done.stderr
    sentence = _rooms.ABSENT.format(room="wake_words")
    for form in ("from mlsysim import wake_words", "import mlsysim.wake_words", "from mlsysim.wake_words import promise", "import mlsysim; mlsysim.wake_words"):
        done = run(form)
        assert done.stderr.strip().splitlines()[-1] == f"ModuleNotFoundError: {sentence}", form
    assert "pip install ./mlsysim_wheel/course" in sentence


def test_both_wheels_together_are_the_whole_package_with_the_same_data(installed):
    run = installed("mlsysim", "mlsysim-course")
    done = run("import importlib, mlsysim\nfor room in mlsysim._MODULES: importlib.import_module('mlsysim.' + room)\n" + FINGERPRINT)
    numbers = len(catalog.models()), len(catalog.devices()), len(catalog.machines())
    assert done.stdout.split() == [catalog.fingerprint(), *map(str, numbers)], done.stderr


def test_the_command_line_works_from_the_general_wheel(installed):
    done = installed("mlsysim")("from mlsysim.__main__ import main; sys.exit(main(['show', 'h100_sxm']))")
    assert done.returncode == 0 and "H100" in done.stdout
