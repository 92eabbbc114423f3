"""Each lab gets the part of the simulator that it uses."""

from pathlib import Path

import pytest
from labkit.catalogue import lab_paths
from sitebuild.by_lab import closure, imported, split_by_lab
from sitebuild.paths import Paths
from sitebuild.wheels import local_wheels

ROOT = Path(__file__).parents[2]
WHEEL = "sim-1.0-py3-none-any.whl"


def files(**modules: str) -> dict[str, bytes]:
    return {f"sim/{name}.py": source.encode() for name, source in modules.items()} | {"sim/data/units.json": b"{}"}


@pytest.fixture
def labs(tmp_path):
    (tmp_path / "a.py").write_text("from sim import shared, only_a")
    (tmp_path / "b.py").write_text("from sim import shared\nimport sim.only_b")
    return {name: tmp_path / f"{name}.py" for name in "ab"}


def test_what_one_lab_imports_comes_with_it_and_what_two_import_with_all(labs):
    sources = files(__init__="", shared="", only_a="def f():\n    from sim.behind_a import x", behind_a="", only_b="", nobody="", kit="")
    parts = split_by_lab(WHEEL, sources, [b"from sim.kit import x"], labs)
    assert {name: sorted(p.removeprefix("sim/").removesuffix(".py") for p in part) for name, part in parts.items()} == {
        WHEEL: ["__init__", "data/units.json", "kit", "shared"], "sim_a.later.zip": ["behind_a", "only_a"],
        "sim_b.later.zip": ["only_b"], "sim_rest.later.zip": ["nobody"],
    }  # fmt: skip


def test_nothing_of_the_simulator_is_lost_or_twice():
    paths = Paths.of(ROOT)
    wheels = local_wheels(ROOT, paths.simulator, paths.kit, paths.labs)
    wheel, sources = wheels["mlsysim"]
    parts = split_by_lab(wheel, sources, [d for p, d in wheels["mlsys-labs"][1].items() if p.endswith(".py")], {p.stem: p for p in lab_paths(paths.labs)})
    there = [path for part in parts.values() for path in part]
    assert sorted(there) == sorted(sources)
    assert all(path.startswith("mlsysim/") for part in parts if part != wheel for path in parts[part])


def test_an_import_is_found_wherever_it_stands_and_however_it_is_written():
    known = ("a", "b", "c", "d", "e")
    source = "import sim.a\nfrom sim import b as x\nfrom sim.c import y\ndef f():\n    from sim import d, unknown\nimport other.e"
    assert imported(source, "sim", known) == {"a", "b", "c", "d"}
    assert closure(["a"], {"a": {"b"}, "b": {"a"}, "c": set()}) == {"a", "b"}
