"""One interval among others: the grid against single replays, the halves against the closed form, the strip against the events."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.interval_study import CAUSES, GRID_S, STRIP_S, best_halves, checkpoint_stall_s, study_interval
from mlsysim.reliability import best_interval_s, replay_run, run_mtbf_s, useful_share


def test_the_default_and_its_best_interval():
    study = study_interval()
    assert study.useful_share == pytest.approx(0.744, rel=5e-3)
    assert study.grid_best_s == 1800.0 and study.best_interval_s / 60 == pytest.approx(30.3, rel=5e-3)


def test_with_cheap_checkpoints_only_the_restart_is_left_to_halve():
    study = study_interval(interval_s=360.0, saving="asynchronous")
    assert study.best_half == "restart" and study.down_share > 4 * study.saving_share
    assert (study.saving_share, study.lost_share, study.down_share) == (
        pytest.approx(0.016, abs=1e-3),
        pytest.approx(0.015, abs=1e-3),
        pytest.approx(0.0755, rel=5e-3),
    )


def test_what_to_halve_depends_on_where_one_stands():
    found = {study_interval(interval_s=tau, saving=way).best_half for tau in (300.0, 3600.0, 14400.0) for way in ("blocking", "asynchronous")}
    assert found == set(CAUSES)


@pytest.mark.parametrize("saving", ["blocking", "asynchronous"])
def test_the_curve_is_made_of_single_runs(saving):
    curve = dict(study_interval(saving=saving).curves)[saving]
    assert [tau for tau, _ in curve] == list(GRID_S)
    for tau, share in curve[::5]:
        assert share == replay_run(16_384, tau, checkpoint_stall_s(saving), 900.0).useful_share


@pytest.mark.parametrize("saving", ["blocking", "asynchronous"])
def test_over_many_traces_the_best_interval_is_youngs(saving):
    stall, mtbf = checkpoint_stall_s(saving), run_mtbf_s(16_384)
    found = [study_interval(saving=saving, seed=s).grid_best_s for s in range(1, 13)]
    mean = math.exp(math.fsum(map(math.log, found)) / len(found))
    assert mean == pytest.approx(best_interval_s(stall, mtbf), rel=0.3)
    top = max(useful_share(tau, stall, 900.0, mtbf) for tau in GRID_S)
    assert study_interval(saving=saving).grid_best_share == pytest.approx(top, abs=0.03)


@given(st.sampled_from(GRID_S), st.sampled_from(["blocking", "asynchronous"]), st.floats(60, 3600), st.sampled_from([1024, 16384]), st.integers(1, 50))
@settings(max_examples=12, deadline=None)
def test_the_first_hours_are_covered_once(tau, saving, restart, devices, seed):
    study = study_interval(devices, tau, saving, restart, seed=seed)
    ends = [(a, b) for _, a, b in study.strip]
    assert ends[0][0] == 0.0 and ends[-1][1] == pytest.approx(STRIP_S)
    assert all(b == pytest.approx(c) for (_, b), (c, _) in zip(ends, ends[1:], strict=False))
    assert study.half_restart_share >= study.useful_share - 0.005  # a shorter restart moves where the run ends in the trace
    assert study.best_half in best_halves(study)


@pytest.mark.parametrize("bad", [float("nan"), -1, True, "x", None])
def test_wrong_input_never_gives_a_number(bad):
    for call in (
        lambda: study_interval(bad),
        lambda: study_interval(interval_s=bad),
        lambda: study_interval(saving=bad),
        lambda: study_interval(restart_s=bad),
    ):
        with pytest.raises(MlsysimError):
            call()
