"""A built site: pages, runtime, cache, and what stops a build."""

import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest
from sitebuild.build import build_site
from sitebuild.csp import POLICY
from sitebuild.errors import BuildError
from sitebuild.pages import NO_INDEX


def tree(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_page_stands_in_its_folder_and_finds_everything(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    assert "<title>A small lab &amp; more · Small course</title>" in page
    assert f'content="{POLICY}"' in page
    assert "twice n is 6" in page, "pre-rendered, readable before Python has started"
    assert "rgb(1, 2, 3)" in page and "window.smallLab = 1" in page, "stylesheet and head file are inlined"
    head = page.split("</head>")[0].replace(NO_INDEX, "../runtime/")  # where nothing is on purpose
    for reference in re.findall(r'(?:src|href|url)="(\.[^"]*)"', head):
        assert (built / "labs/vol1" / reference).resolve().exists(), reference
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', head)


def test_controls_shown_before_python_runs_are_none_of_those_that_it_makes(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    ids = re.findall(r"object-id='([^']+)'", page)
    assert ids and all(i.startswith("rendered-") for i in ids), "the front end would show their values in place of the kernel's"


def test_the_browser_lock_names_files_that_are_there_with_their_hashes(built):
    runtime = built / "labs/runtime"
    (lock,) = runtime.glob("pyodide-lock.*.json")
    packages = json.loads(lock.read_text())["packages"]
    listed = {entry["file_name"] for entry in packages.values()}
    for entry in packages.values():
        assert hashlib.sha256((runtime / entry["file_name"]).read_bytes()).hexdigest() == entry["sha256"], entry["name"]
        assert set(entry["depends"]) <= set(packages), entry["name"]
    assert {p.relative_to(runtime).as_posix() for p in runtime.rglob("*.whl")} == listed
    assert {"yaml", "markupsafe", "jedi", "mlsysim", "labkit"} <= {name for entry in packages.values() for name in entry["imports"]}


def test_our_own_wheel_leaves_the_grader_out(built):
    (kit,) = (built / "labs/runtime").rglob("mlsys_labs-*.whl")
    names = zipfile.ZipFile(kit).namelist()
    assert "labkit/course.toml" in names
    assert not [n for n in names if n.startswith("labkit/grade/")]


def test_the_log_schema_is_published(built):
    schema = json.loads((built / "schema/decision-log-1.0.json").read_text(encoding="utf-8"))
    assert "$defs" in schema


def test_the_same_sources_give_the_same_bytes_and_come_from_the_cache(small_paths, built_here):
    before = tree(built_here)
    said: list[str] = []
    build_site(small_paths, say=said.append)
    assert tree(built_here) == before
    assert "labs      1 unchanged" in said


def test_an_export_does_not_depend_on_the_run(small_paths, built_here):
    before = tree(built_here)
    for page in (small_paths.cache / "exports").glob("lab_00_small.*.html"):
        page.unlink()
    build_site(small_paths, say=lambda line: None)
    assert tree(built_here) == before


def test_a_failing_lab_is_named_and_the_old_site_stays(small_paths, built_here):
    before = tree(built_here)
    notebook = small_paths.labs / "vol1/lab_00_small.py"
    notebook.write_text(notebook.read_text().replace("2 * n.value", "1 / 0"))
    with pytest.raises(BuildError, match="vol1/lab_00_small could not be exported"):
        build_site(small_paths, say=lambda line: None)
    assert tree(built_here) == before


def test_a_listed_lab_without_a_notebook_is_named(small_paths):
    (small_paths.labs / "vol1/lab_00_small.py").unlink()
    with pytest.raises(BuildError, match=r"lab_00_small\.py is missing; course\.toml lists it"):
        build_site(small_paths, say=lambda line: None)


def test_only_takes_known_labs(small_paths):
    with pytest.raises(BuildError, match="no lab 'lab_77'"):
        build_site(small_paths, only=["lab_77"], say=lambda line: None)
