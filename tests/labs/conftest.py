"""Every lab, read once: the tests below run over the declarations and know no lab by name."""

from functools import cache
from pathlib import Path

import pytest
from labkit.catalogue import lab_paths, read_lab

LABS = Path(__file__).parents[2] / "labs"
PATHS = lab_paths(LABS)


@cache
def lab_of(path):
    return read_lab(path)


def pytest_generate_tests(metafunc):
    if "lab" in metafunc.fixturenames:
        metafunc.parametrize("lab", [lab_of(p) for p in PATHS], ids=[p.stem for p in PATHS])
    if "experiment" in metafunc.fixturenames:
        found = [(lab_of(p), e) for p in PATHS for e in lab_of(p).experiments]
        metafunc.parametrize("experiment", [e for _, e in found], ids=[f"{lab.id}-{e.key}" for lab, e in found])
    if "drill" in metafunc.fixturenames:
        found = [(lab_of(p), d) for p in PATHS for d in lab_of(p).drills]
        metafunc.parametrize("drill", [d for _, d in found], ids=[f"{lab.id}-{d.key}" for lab, d in found])


@pytest.fixture
def labs_folder():
    return LABS
