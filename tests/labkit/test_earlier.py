"""A later lab begins with what was decided in earlier ones, if the simulator confirms it."""

import asyncio
from pathlib import Path

import pytest
from labkit import earlier
from labkit import log as logs
from labkit.catalogue import lab_paths, read_lab
from labkit.log_types import Simulator
from labkit.storage import open_storage
from mlsysim.quantity import values

LABS = {p.stem: p for p in lab_paths(Path(__file__).parents[2] / "labs")}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.delenv("LABKIT_STORAGE", raising=False)


def decided(lab_id, **changed):
    """Store a log of that lab in which its default design is decided; the recorded result may be changed."""
    exp = read_lab(LABS[lab_id]).decision
    log = logs.start(lab_id, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))
    result = {k: v for k, v in exp.log_result(exp.result(exp.defaults, exp.draw(log.seed))).items() if v != float("inf")} | changed
    rejected = {"controls": exp.defaults, "result": result}
    log = logs.append(log, "decision", controls=exp.defaults, result=result, constraints=[], rejected=rejected, rationale="a", revisit_when="b")

    async def keep():
        await (await open_storage(lab_id)).save(log)

    asyncio.run(keep())
    return exp


def found(lab_id, start=lambda c, r: c):
    return asyncio.run(earlier.starts([earlier.Earlier(lab_id, "row", start)]))[0]


def test_nothing_stored_is_the_preset(folder):
    assert found("lab_14_ml_ops") == earlier.Start("row", {}, "no decision of lab 14 is stored here")


@pytest.mark.parametrize("lab_id", sorted(earlier.REPLAYS))
def test_the_record_of_each_lab_replays(folder, lab_id):
    exp = decided(lab_id)
    one = found(lab_id)
    assert one.words.startswith(f"your record of lab {lab_id.split('_')[1]}, replayed") and one.controls == exp.defaults


@pytest.mark.parametrize("lab_id", sorted(earlier.REPLAYS))
def test_replays_are_those_of_the_labs_themselves(lab_id):
    exp = read_lab(LABS[lab_id]).decision
    for seed in (1, 2):
        result = exp.result(exp.defaults, exp.draw(seed))
        assert values(earlier.REPLAYS[lab_id](exp.defaults, exp.log_result(result))) == values(result)


def test_a_changed_result_is_shown_and_not_used(folder):
    decided("lab_14_ml_ops", cost_usd=1.0)
    assert found("lab_14_ml_ops") == earlier.Start("row", {}, "the record of lab 14 does not replay, so it is not used")


def test_controls_of_another_version_are_not_used(folder):
    decided("lab_14_ml_ops")
    assert "another version" in found("lab_14_ml_ops", lambda c, r: {"audits": c["checks"]}).words


def test_only_values_that_a_control_can_take_begin_a_design():
    part = read_lab(LABS["lab_15_responsible_engr"]).decision.run
    begun = earlier.start_controls(
        part, [earlier.Start("a", {"audits": 80, "interval_days": 3, "colour": "red"}, ""), earlier.Start("b", {"spare_stations": 5}, "")]
    )
    assert begun == {"audits": 80, "spare_stations": 5}


def test_nearest_option():
    assert [earlier.nearest(t, (7, 14, 28)) for t in (1, 10.5, 20, 22, 99)] == [7, 7, 14, 28, 28]
