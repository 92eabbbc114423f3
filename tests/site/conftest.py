"""A small course in a temporary folder, built with the real runtime."""

import shutil
from pathlib import Path

import pytest
from sitebuild.build import build_site
from sitebuild.frontend import frontend_folder
from sitebuild.paths import Paths

ROOT = Path(__file__).resolve().parents[2]

NOTEBOOK = '''import marimo

app = marimo.App(app_title="Small", css_file="small.css", html_head_file="small.html")

with app.setup:
    import marimo as mo


@app.cell
def _():
    n = mo.ui.slider(1, 9, value=3, label="n")
    n
    return (n,)


@app.cell
def _(n):
    mo.md(f"twice n is {2 * n.value}")
    return
'''
COURSE = '''title = "Small course"

[[lab]]
id = "lab_00_small"
title = "A small lab & more"
volume = 1
part = "I"
week = 3
chapter = "Small things"
minutes = 5
ideas = ["one idea"]
terms = ["data"]
'''


@pytest.fixture
def small_course(tmp_path: Path) -> Path:
    """A labs folder with one notebook, its stylesheet and its head file."""
    return _write_course(tmp_path)


@pytest.fixture(scope="session")
def write_course():
    """Writes such a folder into a folder, for sites that several tests look at."""
    return _write_course


def _write_course(folder: Path) -> Path:
    labs = folder / "labs"
    (labs / "vol1").mkdir(parents=True)
    (labs / "course.toml").write_text(COURSE, encoding="utf-8")
    (labs / "vol1" / "lab_00_small.py").write_text(NOTEBOOK, encoding="utf-8")
    (labs / "vol1" / "small.css").write_text("h1 { color: rgb(1, 2, 3) }", encoding="utf-8")
    (labs / "vol1" / "small.html").write_text("<script>window.smallLab = 1</script>", encoding="utf-8")
    return labs


@pytest.fixture
def small_paths(small_course: Path, tmp_path: Path) -> Paths:
    """Its site goes into the temporary folder; downloads come from the repository's cache."""
    return Paths.of(ROOT, out=tmp_path / "site", labs=small_course)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The site of such a course, built once: for tests that only look at it."""
    folder = tmp_path_factory.mktemp("small")
    return build_site(Paths.of(ROOT, out=folder / "site", labs=_write_course(folder)), say=lambda line: None)


@pytest.fixture
def built_here(small_paths: Paths) -> Path:
    """The site of `small_paths`, for tests that build it again."""
    return build_site(small_paths, say=lambda line: None)


@pytest.fixture
def front_script(tmp_path):
    """Gives the one script of the installed front end that holds a mark, alone in a folder."""

    def copied(mark: str) -> Path:
        (found,) = [p for p in frontend_folder()[1].glob("*.js") if mark in p.read_text(encoding="utf-8")]
        return Path(shutil.copy(found, tmp_path))

    return copied
