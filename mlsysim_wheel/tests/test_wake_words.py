"""Signal detection and Poisson bounds against the standard library, tables, and a simulated test."""

import math
import random
from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import wake_words as ww
from mlsysim.errors import MlsysimError


def test_numbers_that_the_lab_states():
    d = ww.study_detector()
    assert d.false_wakes_per_day == pytest.approx(430, rel=5e-3) and d.state == ww.BROKEN and d.missing == ww.DETECTOR
    assert ww.allowed_false_share(1, 50) == pytest.approx(7.61e-9, rel=5e-3)
    assert ww.allowed_false_share(30, 50) == pytest.approx(2.28e-7, rel=5e-3)
    assert d.needed_threshold == pytest.approx(5.66, rel=1e-3)
    assert ww.threshold_for(ww.allowed_false_share(30, 50)) == pytest.approx(5.04, rel=1e-3)
    missed = [ww.study_detector(separation=s).missed_at_promise_share for s in (5, 6, 7, 8)]
    assert missed == pytest.approx([0.745, 0.367, 0.0900, 0.00962], rel=5e-3)
    assert [ww.hours_to_prove(1, j) for j in (0, 1, 5)] == pytest.approx([2190, 3470, 7680], rel=5e-3)
    assert ww.hours_to_prove(1, 0) * 3600 * ww.AUDIO_BYTES_PER_S == pytest.approx(252e9, rel=5e-3)


@pytest.mark.parametrize(("seen", "bound"), [(0, 2.996), (1, 4.744), (2, 6.296), (5, 10.513), (10, 16.962), (100, 118.079)])
def test_upper_bounds_are_garwoods(seen, bound):
    assert ww.poisson_upper(seen) == pytest.approx(bound, rel=1e-3)


def test_the_bound_is_continuous_where_the_approximation_takes_over():
    steps = [ww.poisson_upper(j) for j in range(46, 56)]
    assert all(1.0 < b - a < 1.13 for a, b in pairwise(steps))


def test_rule_of_three_by_simulation():
    """Of many tests in a world whose mean is the bound, one in twenty sees nothing."""
    draw, mean = random.Random(5), ww.poisson_upper(0)
    quiet = sum(draw.random() < math.exp(-mean) for _ in range(20_000)) / 20_000
    assert quiet == pytest.approx(0.05, abs=0.006)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 7.5), st.floats(0, 9))
def test_tails_agree_with_the_standard_library(z, separation):
    normal = NormalDist()
    assert ww.false_share(z) == pytest.approx(normal.cdf(-z), rel=1e-9)
    assert ww.missed_share(z, separation) == pytest.approx(normal.cdf(z - separation), rel=1e-6, abs=1e-12)
    assert ww.threshold_for(ww.false_share(z)) == pytest.approx(z, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(2, 7), st.floats(4, 9), st.floats(10, 1e5))
def test_a_proof_is_never_better_than_the_truth_nor_than_silence(z, separation, hours):
    d = ww.study_detector(z, separation, hours)
    assert d.bound_per_month >= ww.poisson_upper(0) * ww.MONTH_HOURS / hours * (1 - 1e-9)
    if d.seen > 0:
        assert d.bound_per_month > d.false_wakes_per_month * (1 - 0.5 / d.seen)
    assert d.state != ww.OK or (d.false_wakes_per_month <= 1 and d.missed_share <= 0.1 and d.bound_per_month <= 1)


def test_each_thing_can_be_what_is_missing():
    assert ww.study_detector(6, 8, 200).missing == ww.AUDIO and ww.study_detector(6, 8, 200).state == ww.UNPROVEN
    assert ww.study_detector(6, 8, 5000).missing == ww.NOTHING and ww.study_detector(6, 8, 5000).state == ww.OK
    assert ww.study_detector(5, 8, 5000).missing == ww.THRESHOLD
    deaf = ww.study_detector(7, 8, 5000)
    assert deaf.missing == ww.THRESHOLD and deaf.state == ww.DEAF


def test_a_detector_that_just_keeps_the_promise_cannot_be_shown_to_keep_it():
    exact = ww.study_detector(5.66, 8, 2200)
    assert exact.false_wakes_per_month < 1 < exact.bound_per_month
    assert exact.missing == ww.AUDIO and exact.threshold_also  # a stricter threshold has room to spare, and then the audio is enough


def test_bad_input_is_refused():
    nan = float("nan")
    for call in (
        lambda: ww.study_detector(nan),
        lambda: ww.study_detector(audio_h=0),
        lambda: ww.poisson_upper(-1),
        lambda: ww.threshold_for(0),
        lambda: ww.false_share("4"),
    ):
        with pytest.raises(MlsysimError):
            call()
