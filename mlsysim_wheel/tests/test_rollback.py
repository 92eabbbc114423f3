"""Corruptions that are noticed late: stated shares, the expectation over many traces, a replay that lists every checkpoint."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.rollback import CHANGES, days_between_corruptions, llama_checkpoint_bytes, replay_rollbacks

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(("kept", "share"), [(3, 0.146), (12, 0.646), (48, 0.958)])
def test_how_much_can_be_undone(kept, share):
    found = replay_rollbacks(kept)
    assert found.corruptions == 48 and found.recoverable_share == pytest.approx(share, rel=5e-3)


def test_one_a_day_reaches_far_and_is_coarse():
    found = replay_rollbacks(dailies=True)
    assert found.recoverable_share == 1.0 and found.lost_s / HOUR == pytest.approx(15.9, rel=5e-3) and found.change == "stays"


def test_saving_twice_as_often_undoes_less():
    found = replay_rollbacks()
    assert found.half_interval_share == pytest.approx(0.0833, rel=5e-3) and found.change == "falls"


def test_sizes_and_rates():
    assert llama_checkpoint_bytes() == pytest.approx(5.68e12, rel=5e-3) and days_between_corruptions() == 9.0
    assert replay_rollbacks(6, True).stored_bytes == pytest.approx(79.5e12, rel=5e-3)


@pytest.mark.parametrize(("kept", "hours"), [(3, 6), (12, 6), (1, 1), (24, 24)])
def test_many_traces_average_to_the_expectation(kept, hours):
    runs = [replay_rollbacks(kept, detection_s=hours * HOUR, between_s=4 * DAY, seed=s) for s in range(30)]
    share = sum(r.recoverable_share * r.corruptions for r in runs) / sum(r.corruptions for r in runs)
    assert share == pytest.approx(runs[0].expected_share, abs=0.025)


@pytest.mark.parametrize(("kept", "dailies", "tau"), [(3, False, 1800.0), (6, True, 600.0), (24, False, 7200.0)])
def test_a_replay_that_lists_every_checkpoint_agrees(kept, dailies, tau):
    draw, t, clean = Random(21).random, 0.0, []
    while True:
        t += -math.log(1 - draw()) * 9 * DAY
        now = t - math.log(1 - draw()) * 6 * HOUR
        if now > 540 * DAY:
            break
        written = [k * tau for k in range(int(now // tau) + 1)][-kept:]
        written += [k * DAY for k in range(int(now // DAY) + 1)][-8:] if dailies else []
        good = [at for at in written if at <= t]
        clean.append(now - max(good) if good else None)
        t = now
    found = replay_rollbacks(kept, dailies, interval_s=tau)
    lost = [x for x in clean if x is not None]
    assert found.corruptions == len(clean) and found.recoverable_share == pytest.approx(len(lost) / len(clean))
    assert found.lost_s == pytest.approx(sum(lost) / len(lost))


@given(st.integers(1, 60), st.booleans(), st.floats(600, 2e5), st.floats(300, 10_000), st.floats(1, 60), st.integers(0, 30))
@settings(max_examples=50, deadline=None)
def test_keeping_more_never_undoes_less(kept, dailies, detection, tau, days, seed):
    found = replay_rollbacks(kept, dailies, detection, tau, days * DAY, seed=seed)
    assert 0.0 <= found.recoverable_share <= 1.0 and 0.0 <= found.expected_share <= 1.0 and found.change in CHANGES
    assert replay_rollbacks(kept + 3, dailies, detection, tau, days * DAY, seed=seed).recoverable_share >= found.recoverable_share
    assert replay_rollbacks(kept, True, detection, tau, days * DAY, seed=seed).recoverable_share >= found.recoverable_share
    assert all(i.back_s < 0 or i.back_s >= i.age_s - 1e-6 for i in found.incidents)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 0, "1", None])
def test_wrong_input_never_gives_a_number(bad):
    calls = [
        lambda: replay_rollbacks(bad),
        lambda: replay_rollbacks(dailies=bad),
        lambda: replay_rollbacks(detection_s=bad),
        lambda: replay_rollbacks(interval_s=bad),
        lambda: replay_rollbacks(between_s=bad if bad is not None else -1),
    ]
    for call in calls:
        with pytest.raises(MlsysimError):
            call()
