"""A small made-up class of one lab, made once."""

from pathlib import Path

import pytest
from labkit.catalogue import read_lab
from labkit.grade.classes import sample_class

LABS = Path(__file__).parents[2] / "labs"
LAB_ID = "lab_11_hw_accel"


@pytest.fixture(scope="session")
def labs():
    return LABS


@pytest.fixture(scope="session")
def lab():
    return read_lab(LABS / "vol1" / f"{LAB_ID}.py")


@pytest.fixture(scope="session")
def sample(lab):
    """(file name, kind, bytes) of sixty students, some of every kind."""
    found = list(sample_class(lab, 60, seed=4))
    assert {kind for _, kind, _ in found} == {"honest", "careless", "copied", "tampered"}
    return found


@pytest.fixture(scope="session")
def honest(sample):
    """The bytes of one honest log."""
    return next(data for _, kind, data in sample if kind == "honest")
