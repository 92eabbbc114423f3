"""The same failures under three couplings: replayed job, replicas away for repair, requests over many leaves."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.failure_coupling import COUPLINGS, FLEETS, RUN_S, SHOWN_S, couple

HOUR = 3600.0


@pytest.mark.parametrize(
    "asked, lost", [({}, 0.217), ({"restart_s": 2 * HOUR}, 0.484), ({"gpus": 1024}, 0.0191), ({"gpus": 65_536}, 0.576), ({"interval_s": 4 * HOUR}, 0.575)]
)
def test_what_one_job_loses(asked, lost):
    assert couple(**asked).lost_share == pytest.approx(lost, rel=5e-3)


def test_failures_of_the_default():
    r = couple()
    assert r.mtbf_s / HOUR == pytest.approx(3.09, rel=5e-3) and r.failures == 210
    assert r.untouched_day_share == pytest.approx(math.exp(-24 / 3.093), rel=5e-3)


def test_replicas_and_requests():
    assert couple(coupling="replicas").lost_share == pytest.approx(7.89e-5, rel=5e-3)
    assert couple(coupling="requests").lost_share == pytest.approx(0.634, rel=5e-3)
    assert couple(coupling="requests", slow_leaf_share=1e-4, fan_out=2000).lost_share == pytest.approx(0.181, rel=5e-3)


def job(n, restart, interval):
    """The 30 days of one job written out as a loop over failures, hours."""
    rng, rate, t, good = random.Random(7), n / (16_384 * 54 * 24 / 419), 0.0, 0.0
    while True:
        x = -math.log(1 - rng.random()) / rate
        if t + x >= 720:
            return 1 - (good + max(0.0, 720 - t)) / 720
        good += math.floor(x / interval) * interval
        t += x + restart


@pytest.mark.parametrize("n", FLEETS)
@pytest.mark.parametrize("restart, interval", [(0.5, 0.5), (2.0, 0.25), (0.1, 4.0)])
def test_a_loop_over_the_same_failures_loses_the_same(n, restart, interval):
    assert couple(n, "job", restart * HOUR, interval * HOUR).job_lost_share == pytest.approx(job(n, restart, interval), abs=1e-9)


def test_what_doubling_the_fleet_does():
    assert [couple(coupling=c).doubled for c in COUPLINGS] == ["doubles", "same", "fan-out"]
    assert couple(131_072).doubled == "less"


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(FLEETS),
    st.sampled_from(COUPLINGS),
    st.floats(0.1, 2),
    st.sampled_from((0.25, 0.5, 1.0, 2.0, 4.0)),
    st.floats(1, 48),
    st.floats(1e-4, 0.05),
    st.integers(1, 2000),
)
def test_shares_are_shares_and_the_strip_covers_three_days(n, coupling, restart, interval, repair, slow, leaves):
    r = couple(n, coupling, restart * HOUR, interval * HOUR, repair * HOUR, slow, leaves)
    assert all(0 <= x <= 1 for x in (r.lost_share, r.job_lost_share, r.replicas_lost_share, r.requests_slow_share, r.untouched_day_share))
    ends = [end for _, _, end in r.first_days]
    assert [0.0, *ends[:-1]] == pytest.approx([start for _, start, _ in r.first_days], abs=1e-6) and ends[-1] == pytest.approx(SHOWN_S)
    assert all(count >= 0 for _, count in r.away) and max(count for _, count in r.away) <= n
    assert [y for _, y in r.job_curve] == sorted(y for _, y in r.job_curve)
    assert [y for _, y in r.requests_curve] == sorted(y for _, y in r.requests_curve)


def test_lost_and_restarted_time_of_the_strip_is_a_part_of_the_whole():
    r = couple(16_384)
    lost = sum(end - start for kind, start, end in r.first_days if kind != "kept")
    assert 0.05 < lost / SHOWN_S < 0.5 and SHOWN_S < RUN_S


@pytest.mark.parametrize(
    "call",
    [
        lambda: couple(0), lambda: couple(True), lambda: couple(8, "marriage"), lambda: couple(8, "job", 0), lambda: couple(8, "job", math.nan),
        lambda: couple(8, "job", 1, 0),
        lambda: couple(8, "job", 1, 1, -1), lambda: couple(slow_leaf_share=0), lambda: couple(slow_leaf_share=1.5), lambda: couple(fan_out=0),
        lambda: couple(fan_out=2.5),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError):
        call()
