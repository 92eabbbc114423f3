"""A server that freezes, seen by two testers: stated latencies, a slow replay as oracle, and what must hold at any setting."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import load_test as lt
from mlsysim.errors import MlsysimError


def test_latencies_that_the_lab_states():
    closed, open_ = lt.replay(), lt.replay("open")
    assert (closed.p99_s, closed.p999_s) == pytest.approx((0.010, 1.01), rel=5e-3)
    assert (open_.p50_s, open_.p99_s, open_.share_over_100ms) == pytest.approx((0.0139, 0.969, 0.177), rel=5e-3)
    assert closed.open_p99_s == open_.p99_s and closed.hidden_factor == pytest.approx(97, rel=5e-3)
    assert lt.replay("open", 80).p99_s == pytest.approx(1.01, rel=5e-3)
    assert lt.replay(freeze_s=0.5).open_p99_s == pytest.approx(0.469, rel=5e-3)
    assert lt.replay(freeze_s=0.1).open_p99_s == pytest.approx(0.0708, rel=5e-3)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([10, 37, 80]), st.sampled_from([0.05, 0.5, 1.0]), st.sampled_from([5.0, 10.0, 30.0]))
def test_a_replay_in_small_steps_finds_the_same(rate, freeze, period):
    """Work is done only outside freezes: integrate the working time in steps of 0.1 ms."""
    draw, now, arrivals = random.Random(12), 0.0, []
    while (now := now - math.log(1 - draw.random()) / rate) < 12.0:
        arrivals.append(now)
    step, finishes, queue, done, t = 1e-4, [], list(arrivals), 0.0, 0.0
    while len(finishes) < len(arrivals):
        frozen = t >= 5 and (t - 5) % period < freeze
        if queue and queue[0] <= t and not frozen:
            done += step
            if done >= 0.01 - 1e-9:
                finishes.append(t)
                queue.pop(0)
                done = 0.0
        t += step
    found = [late for at, late in lt._open(float(rate), freeze, period) if at < 12.0]
    assert found == pytest.approx([f - a for f, a in zip(finishes, arrivals, strict=True)], abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(lt.TESTERS)), st.floats(5, 85), st.floats(0, 2), st.floats(5, 60))
def test_no_answer_is_faster_than_the_service_and_percentiles_rise(tester, rate, freeze, period):
    r = lt.replay(tester, rate, freeze, period)
    assert 0.01 - 1e-9 <= r.p50_s <= r.p99_s <= r.p999_s
    assert r.open_tail[0][1] >= 0.01 - 1e-9 and len(r.open_window) < 700
    assert all(a[1] <= b[1] for a, b in zip(r.open_tail, r.open_tail[1:], strict=False))


def test_the_closed_tester_takes_one_slow_sample_a_freeze():
    assert sum(late > 0.1 for _, late in lt._closed(1.0, 10.0)) == 10


def test_what_the_closed_tester_leaves_out():
    assert lt.replay(freeze_s=0.0).missing == "none" and lt.replay().missing == "during the freeze"
    busy = lt.replay(rate_per_s=80, freeze_s=0.0)  # no freeze, and yet some users queue for more than 100 ms
    assert busy.missing == "queue" and busy.open_share_over_100ms == busy.calm_share_over_100ms > 0


def test_states():
    assert lt.replay().state == lt.SLOW and lt.replay(freeze_s=0.1).state == lt.KEPT
    assert lt.replay(rate_per_s=80, freeze_s=2, period_s=5).state == lt.OVERLOADED


def test_share_that_meets_a_freeze_against_the_replay():
    shares = [lt.replay("open", float(rate), 2.0, 20.0).share_over_100ms for rate in range(5, 16)]  # slow enough to keep queues short
    assert sum(shares) / len(shares) == pytest.approx(lt.slow_share(2.0, 20.0, 0.1), abs=0.015)
    assert lt.slow_share(0.05, 10, 0.1) == 0.0


def test_bad_input_is_refused():
    bad = [dict(tester="half"), dict(rate_per_s=0), dict(rate_per_s=95), dict(freeze_s=-1), dict(period_s=4)]
    for wrong in [*bad, dict(freeze_s=math.nan), dict(rate_per_s=True)]:
        with pytest.raises(MlsysimError):
            lt.replay(**wrong)
    with pytest.raises(MlsysimError):
        lt.slow_share(11, 10, 0.1)
