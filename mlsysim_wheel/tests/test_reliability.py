"""Failures of long runs: the closed forms against a replay, the best interval against a search."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.reliability import (
    any_slow_probability,
    best_interval_daly_s,
    best_interval_s,
    replay_run,
    run_mtbf_s,
    slowest_node_step,
    useful_share,
)

MINUTE, HOUR = 60.0, 3600.0
GRID = [m * MINUTE for m in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 180, 240)]


def about(value):
    return pytest.approx(value, rel=5e-3)


# --- stated values of the fault tolerance lab --------------------------------------------------------------------------


def test_the_default_run_loses_a_quarter():
    run = replay_run()
    assert (run.useful_share, run.saving_share, run.lost_share, run.down_share) == (about(0.744), about(0.0307), about(0.150), about(0.0752))
    assert run.failures == 390


@pytest.mark.parametrize(("minutes", "useful"), [(5, 0.606), (30, 0.788), (120, 0.632)])
def test_useful_share_of_a_blocking_checkpoint(minutes, useful):
    assert replay_run(interval_s=minutes * MINUTE).useful_share == about(useful)


def test_once_checkpoints_are_cheap_the_restart_is_what_is_left():
    assert replay_run(interval_s=6 * MINUTE, checkpoint_s=6.3).useful_share == about(0.894)
    assert replay_run(interval_s=6 * MINUTE, checkpoint_s=6.3, restart_s=3 * MINUTE).useful_share == about(0.952)


@pytest.mark.parametrize(("minutes", "restart", "useful"), [(10, 15, 0.479), (2, 3, 0.804)])
def test_a_hundred_thousand_devices(minutes, restart, useful):
    assert replay_run(131_072, minutes * MINUTE, 6.3, restart * MINUTE).useful_share == about(useful)


@pytest.mark.parametrize(("checkpoint", "minutes"), [(148.8, 30.3), (6.3, 6.24)])
def test_the_first_order_interval(checkpoint, minutes):
    assert best_interval_s(checkpoint, run_mtbf_s(16_384)) / MINUTE == about(minutes)


@pytest.mark.parametrize(
    ("p", "nodes", "backups", "waits"),
    [(1e-3, 2048, 0, 0.871), (1e-3, 2048, 4, 0.0575), (1e-3, 128, 0, 0.120), (1e-4, 2048, 0, 0.185), (1e-2, 2048, 32, 0.0081)],
)
def test_steps_that_wait_for_a_slow_node(p, nodes, backups, waits):
    assert any_slow_probability(p, nodes, backups) == pytest.approx(waits, rel=8e-3)


def test_eight_backups_leave_three_waits_in_ten_thousand():
    assert any_slow_probability(1e-3, 2048, 8) == pytest.approx(0.0003, abs=5e-5)
    assert slowest_node_step(1e-3, 2048, 2.0, 4) == about(1.06)


# --- oracles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [5, 30, 120])
def test_the_expected_share_is_what_many_runs_average(minutes):
    mtbf = run_mtbf_s(16_384)
    runs = [replay_run(interval_s=minutes * MINUTE, seed=s, run_s=2000 * HOUR).useful_share for s in range(60)]
    assert math.fsum(runs) / len(runs) == pytest.approx(useful_share(minutes * MINUTE, 148.8, 900.0, mtbf), rel=0.01)


@pytest.mark.parametrize("checkpoint", [6.3, 148.8, 900.0])
def test_young_and_daly_find_what_a_search_over_the_expectation_finds(checkpoint):
    mtbf = run_mtbf_s(16_384)
    fine = [30.0 * 1.01**i for i in range(600)]
    best = max(fine, key=lambda tau: useful_share(tau, checkpoint, 900.0, mtbf))
    top = useful_share(best, checkpoint, 900.0, mtbf)
    assert useful_share(best_interval_daly_s(checkpoint, mtbf), checkpoint, 900.0, mtbf) > 0.9999 * top
    assert useful_share(best_interval_s(checkpoint, mtbf), checkpoint, 900.0, mtbf) > 0.99 * top


@pytest.mark.parametrize("checkpoint", [20.0, 148.8])
def test_young_and_daly_find_what_drawn_failures_find(checkpoint):
    """Monte Carlo: the same 40 traces of failures for every interval, and the interval that leaves most useful time in them."""
    mtbf = run_mtbf_s(16_384)

    def drawn(tau):
        runs = [replay_run(interval_s=tau, checkpoint_s=checkpoint, seed=s, run_s=2000 * HOUR).useful_share for s in range(40)]
        return math.fsum(runs) / len(runs)

    young, daly = best_interval_s(checkpoint, mtbf), best_interval_daly_s(checkpoint, mtbf)
    shares = {tau: drawn(tau) for tau in [daly * 1.25**i for i in range(-6, 7)]}
    best = max(shares, key=shares.get)
    assert 1 / 1.6 < daly / best < 1.6  # the top is flat: a quarter to either side costs next to nothing
    assert drawn(daly) > shares[best] - 1e-3 and drawn(young) > shares[best] - 5e-3
    assert shares[daly * 1.25**-6] < shares[best] - 0.01 and shares[daly * 1.25**6] < shares[best] - 0.01


def test_waits_are_what_drawing_every_node_gives():
    draw, nodes, p, steps = Random(5).random, 200, 0.01, 4000
    waits = sum(sum(draw() < p for _ in range(nodes + 2)) > 2 for _ in range(steps)) / steps
    assert waits == pytest.approx(any_slow_probability(p, nodes, 2), abs=0.03)


# --- properties --------------------------------------------------------------------------------------------------------

times = st.floats(1.0, 1e5)


@given(times, st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.integers(1, 200_000), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_the_time_of_a_run_is_all_accounted_for(tau, checkpoint, restart, devices, seed):
    run = replay_run(devices, tau, checkpoint, restart, run_s=100 * HOUR, seed=seed)
    shares = (run.useful_share, run.saving_share, run.lost_share, run.down_share)
    assert all(0.0 <= s <= 1.0 + 1e-9 for s in shares) and math.fsum(shares) == pytest.approx(1.0, abs=1e-6)


@given(times, st.floats(0.1, 1e4), st.floats(0.0, 1e4), st.floats(10.0, 1e7))
@settings(max_examples=60, deadline=None)
def test_no_run_is_useful_all_the_time_and_more_failures_never_help(tau, checkpoint, restart, mtbf):
    share = useful_share(tau, checkpoint, restart, mtbf)
    assert 0.0 <= share < 1.0
    assert useful_share(tau, checkpoint, restart, mtbf / 2) <= share
    assert useful_share(tau, checkpoint, restart + 1.0, mtbf) <= share


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, True, "1", None])
def test_wrong_input_never_gives_a_number(bad):
    calls = [
        lambda: best_interval_s(bad, 1.0),
        lambda: best_interval_daly_s(1.0, bad),
        lambda: useful_share(bad, 1.0, 1.0, 1.0),
        lambda: replay_run(interval_s=bad),
        lambda: run_mtbf_s(bad),
        lambda: any_slow_probability(bad, 10),
        lambda: slowest_node_step(0.1, 10, bad),
    ]
    for call in calls:
        with pytest.raises(MlsysimError):
            call()


def test_a_trace_without_end_is_refused():
    with pytest.raises(MlsysimError):
        replay_run(10**9, run_s=1e9)
