"""Random actions in a few labs, one after the other: no error, and the log stays whole. `make soak` goes on for thousands and measures."""

from pathlib import Path

import pytest
from labkit.catalogue import lab_paths, read_lab
from labkit.log_file import import_bytes
from soak import ACTIONS, Soak
from student import Student

PATHS = {p.stem: p for p in lab_paths(Path(__file__).parents[2] / "labs")}
LABS = ("lab_00_introduction", "lab_13_model_serving", "lab_16_fleet_synthesis")


@pytest.mark.parametrize("lab_id", LABS)
def test_every_action_and_some_more_by_chance_make_no_error(lab_id, site, context):
    path = PATHS[lab_id]
    student = Student(context.new_page(), read_lab(path))
    student.open(f"{site}/labs/{path.parent.name}/{lab_id}.html")
    soak = Soak(student, seed=3)
    soak.begin()
    for name in soak.rng.sample(list(ACTIONS), len(ACTIONS)):
        soak.do(name)
    for _ in range(9):
        soak.act()
    student.bar_says("saved")
    soak.check()
    last = import_bytes(soak.export(None), lab_id)
    assert len(last.entries) > len(student.lab.parts)
    student.page.reload()
    student.wait_awake()
    assert import_bytes(soak.export(None), lab_id).entries == last.entries
