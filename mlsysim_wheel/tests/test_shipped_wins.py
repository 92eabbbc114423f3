"""Which share of the shipped wins is noise: one look, many looks, and a screen before."""

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.canary import false_rollback_share
from mlsysim.errors import MlsysimError
from mlsysim.shipped_wins import IDEAS, NOISE, POLICIES, false_win_share, ship_wins, users_per_arm


def test_users_that_a_test_needs():
    n = users_per_arm(0.04, 0.01)
    assert n == pytest.approx(3.77e6, rel=5e-3)
    # oracle: the lift lies 1.96 + z(80 %) standard errors of the difference from zero
    assert 0.0004 / math.sqrt(2 * 0.04 * 0.96 / n) == pytest.approx(1.96 + NormalDist().inv_cdf(0.8), rel=1e-4)


@pytest.mark.parametrize(("policy", "tests", "true", "false"), [("fixed", 24.2, 1.93, 0.543), ("peeking", 29.9, 2.63, 3.32)])
def test_a_quarter_of_tests(policy, tests, true, false):
    s = ship_wins(policy)
    assert (s.tests, s.true_wins, s.false_wins) == pytest.approx((tests, true, false), rel=5e-3)


def test_share_of_noise():
    assert ship_wins().false_share == pytest.approx(0.558, rel=5e-3) and ship_wins().state == NOISE
    assert ship_wins("fixed").false_share == pytest.approx(0.220, rel=5e-3)
    screened = ship_wins("screen")
    assert screened.tests == pytest.approx(123, rel=5e-3) and screened.false_share == pytest.approx(0.0303, rel=5e-3)


def test_daily_looks_agree_with_the_published_table_and_with_the_canary():
    """Armitage, McPherson and Rowe 1969: ten looks reach significance in 19.3 % of cases, half of them upwards."""
    assert ship_wins(looks=10).null_win_share == pytest.approx(0.193 / 2, abs=3 * math.sqrt(0.0965 * 0.9 / 2000))
    assert ship_wins(looks=14).null_win_share == pytest.approx(false_rollback_share(14, 1.96) / 2, abs=0.02)


def test_independent_draws_give_the_same_wins():
    draw, wins, tests = random.Random(77), [0, 0], 3000
    for kind, shift in enumerate((0.0, 2.8016)):
        for _ in range(tests):
            total = 0.0
            for k in range(1, 15):
                total += shift / math.sqrt(14) + draw.gauss(0, 1)
                if abs(total) > 1.96 * math.sqrt(k):
                    wins[kind] += total > 0
                    break
    s = ship_wins()
    assert wins[0] / tests == pytest.approx(s.null_win_share, abs=0.03) and wins[1] / tests == pytest.approx(s.good_win_share, abs=0.03)


@given(st.sampled_from(POLICIES), st.floats(0.01, 0.25), st.sampled_from([0.005, 0.01, 0.05]), st.floats(1e5, 1e7))
@settings(max_examples=50, deadline=None)
def test_users_and_lift_change_the_count_and_never_the_share(policy, ideas, lift, users):
    s, more, larger = ship_wins(policy, ideas, lift, users), ship_wins(policy, ideas, lift, 2 * users), ship_wins(policy, ideas, 2 * lift, users)
    assert more.tests == pytest.approx(2 * s.tests) and larger.tests == pytest.approx(4 * s.tests)
    assert more.false_share == pytest.approx(s.false_share) == pytest.approx(larger.false_share)
    assert ship_wins(policy, 2 * ideas, lift, users).false_share < s.false_share
    assert s.false_share == pytest.approx(false_win_share(policy, ideas))


def test_the_best_change_depends_on_where_you_stand():
    assert {ship_wins(policy, ideas, looks=looks).best_lever for policy in POLICIES for ideas in IDEAS for looks in (2, 14)} == {"look once", "ideas"}


def test_walks_end_where_the_test_ends():
    peeking, fixed = ship_wins(), ship_wins("fixed")
    assert len(peeking.paths) == len(fixed.paths) == 40 and all(len(p) == 14 for p in fixed.paths)
    assert all(len(p) == 14 or abs(p[-1][1]) > 1.96 for p in peeking.paths) and any(len(p) < 14 for p in peeking.paths)
    assert peeking.won[-1][1] == peeking.null_win_share and fixed.won[-2][1] == 0


@pytest.mark.parametrize("bad", [dict(policy="guess"), dict(ideas_share=0), dict(lift_share=0), dict(users_per_day=0), dict(looks=0), dict(looks=1.5)])
def test_refuses(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        ship_wins(**bad)
