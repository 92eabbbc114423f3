"""The worker asks again for what does not arrive, and Pyodide's script has a name that every server knows, or the build stops."""

import json
import shutil

import pytest
from sitebuild.errors import BuildError
from sitebuild.frontend import frontend_folder
from sitebuild.worker_network import PUBLISHED, SCRIPT, ask_again


@pytest.fixture
def assets(tmp_path):
    """The installed front end's scripts that load Pyodide."""
    for script in frontend_folder()[1].glob("*.js"):
        if SCRIPT in script.read_text(encoding="utf-8"):
            shutil.copy(script, tmp_path)
    return tmp_path


def test_every_script_that_loads_pyodide_asks_again(assets):
    before = {p.name: p.read_text(encoding="utf-8") for p in assets.iterdir()}
    ask_again(assets)
    assert sorted(name.rsplit("-", 1)[0] for name in before) == ["save-worker", "worker"]
    for name, text in before.items():
        after = (assets / name).read_text(encoding="utf-8")
        assert SCRIPT not in after and after.count(f"{{e.indexURL}}{PUBLISHED}") == 1
        assert "await import(e),`loadScript`" not in after and after.count("self.lkImport,`loadScript`") == 1
        assert len(after) - len(text) < 3_000, "what goes before it is small"


@pytest.mark.parametrize("old, new", [(SCRIPT, "pyodide.mjs"), (",`loadScript`)", ",`load`)")], ids=["another name", "another way to load"])
def test_a_worker_that_loads_pyodide_otherwise_stops_the_build(assets, old, new):
    (worker,) = assets.glob("worker-*.js")
    worker.write_text(worker.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(BuildError, match="worker"):
        ask_again(assets)


def test_the_site_relies_on_no_mjs_and_its_page_knows_how_much_python_needs(built):
    runtime = built / "labs" / "runtime"
    assert not list(built.rglob("*.mjs"))
    assert SCRIPT not in (runtime / PUBLISHED).read_text(encoding="utf-8")
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    size = json.loads(page.split("data-lk='")[1].split("'")[0].replace("&quot;", '"'))["bytes"]
    first = ("pyodide.asm.wasm", PUBLISHED, "python_stdlib.zip")
    assert sum((runtime / name).stat().st_size for name in first) < size < sum(p.stat().st_size for p in runtime.rglob("*") if p.is_file())
