"""labs/course.toml: the real one is complete; a wrong entry is named."""

from pathlib import Path

import pytest
from sitebuild.course import read_course
from sitebuild.errors import BuildError

ROOT = Path(__file__).resolve().parents[2]


def test_the_course_lists_its_labs_in_order():
    title, labs = read_course(ROOT / "labs")
    assert title == "ML Systems Labs"
    assert [lab.path for lab in labs] == sorted(lab.path for lab in labs)
    assert all(lab.source.is_file() for lab in labs)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("week = 3", 'week = "3"', "lab_00_small needs week as a whole number, and has '3'"),
        ("minutes = 5", "", "needs minutes"),
        ('["data"]', '["money"]', "Iron Law term 'money'"),
        ("[[lab]]", "[[lab", "not valid TOML"),
    ],
)
def test_a_wrong_entry_is_named(small_course, old, new, sentence):
    path = small_course / "course.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(BuildError, match=sentence):
        read_course(small_course)


def test_a_notebook_without_an_entry_is_named(small_course):
    (small_course / "vol1" / "lab_09_stray.py").write_text("")
    with pytest.raises(BuildError, match="lab_09_stray.py in vol1 is not listed"):
        read_course(small_course)
