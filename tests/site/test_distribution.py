"""numpy and polars from a Pyodide distribution: here a made-up one with tiny files."""

import json
from pathlib import Path

import pytest
from sitebuild.build import build_site
from sitebuild.distribution import distribution_entries
from sitebuild.errors import BuildError
from sitebuild.hashing import sha256_bytes
from sitebuild.pyodide_lock import INFO
from sitebuild.server import Serving
from sitebuild.wheels import pack


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    folder = tmp_path / "distribution"
    folder.mkdir()
    packages = {}
    for name, depends in (("numpy", []), ("polars", ["Libarrow", "narwhals"]), ("libarrow", []), ("scipy", ["numpy"])):
        file = f"{name}-1.0.zip" if name == "libarrow" else f"{name}-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
        about = {f"{name}-1.0.dist-info/METADATA": f"Name: {name}\nLicense-Expression: BSD-3-Clause\n".encode()}
        data = pack(folder / file, {"libarrow.so": b""} if name == "libarrow" else {f"{name}/__init__.py": b"", **about}).read_bytes()
        packages[name] = {
            "name": name, "version": "1.0", "file_name": file, "install_dir": "site", "sha256": sha256_bytes(data),
            "package_type": "package", "imports": [name], "depends": depends, "unvendored_tests": False,
        }  # fmt: skip
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": INFO, "packages": packages}))
    return folder


def entries(source, tmp_path: Path) -> list[dict]:
    (tmp_path / "runtime").mkdir()
    return distribution_entries(str(source), tmp_path / "runtime", tmp_path / "cache", {"narwhals"})


def test_both_and_what_they_need_are_taken_and_nothing_else(distribution, tmp_path):
    found = entries(distribution, tmp_path)
    assert [e["name"] for e in found] == ["libarrow", "numpy", "polars"], "not narwhals, which is here already; not scipy, which nobody asked for"
    for entry in found:
        assert sha256_bytes((tmp_path / "runtime" / entry["file_name"]).read_bytes()) == entry["sha256"]


def test_an_address_serves_as_well_as_a_folder(distribution, tmp_path):
    with Serving(distribution) as address:
        assert [e["name"] for e in entries(address, tmp_path)] == ["libarrow", "numpy", "polars"]


def test_a_changed_file_stops_the_build(distribution, tmp_path):
    (distribution / "numpy-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl").write_bytes(b"changed")
    with pytest.raises(BuildError, match=r"numpy-1\.0.*is not the file that its pyodide-lock\.json names"):
        entries(distribution, tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lock: lock["info"].update(abi_version="2025_0"), "distribution for abi_version 2025_0"),
        (lambda lock: lock["packages"].pop("polars"), "does not list polars"),
        (lambda lock: lock.pop("info"), "is not the lock of a Pyodide distribution"),
    ],
)
def test_a_wrong_distribution_is_named(distribution, tmp_path, change, sentence):
    path = distribution / "pyodide-lock.json"
    lock = json.loads(path.read_text())
    change(lock)
    path.write_text(json.dumps(lock))
    with pytest.raises(BuildError, match=sentence):
        entries(distribution, tmp_path)


def test_a_missing_distribution_is_named(tmp_path):
    with pytest.raises(BuildError, match="cannot be read from"):
        entries(tmp_path / "nowhere", tmp_path)


def test_the_built_site_lists_them_and_no_page_asks_for_them(small_paths, distribution):
    site = build_site(small_paths, say=lambda line: None, distribution=str(distribution))
    (lock,) = (site / "labs/runtime").glob("pyodide-lock.*.json")
    packages = json.loads(lock.read_text())["packages"]
    assert packages["numpy"]["file_name"].startswith("distribution/")
    assert not [name for name, entry in packages.items() if name != "numpy" and "numpy" in entry["depends"]]
    assert "distribution/" not in (site / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    licenses = {c["name"]: c["licenses"] for c in json.loads((site / "sbom.json").read_text())["components"]}
    assert licenses["numpy"] == licenses["polars"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert licenses["libarrow"] == [{"expression": "LicenseRef-Unstated"}]
