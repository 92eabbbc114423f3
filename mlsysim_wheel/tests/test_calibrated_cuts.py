"""One calibrated score, two groups: the lab's checks, counting claims, and what base rates forbid."""

import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import calibrated_cuts as cuts
from mlsysim.calibrated_cuts import false_positive_of, two_groups
from mlsysim.errors import MlsysimError

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731
cut, rate, distance = st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.25, 6)


def test_one_cut_flags_honest_claims_of_one_group_twice_as_often():
    r = two_groups()
    assert (r.false_positive_a, r.false_positive_b, r.false_positive_ratio) == (near(0.466), near(0.231), near(2.01))
    assert (r.false_negative_a, r.false_negative_b, r.precision_gap) == (near(0.254), near(0.494), pytest.approx(0.042, abs=5e-4))
    assert (r.state, r.widest_of, r.best_change) == (cuts.FEW, "false negatives", "rates")


def test_the_most_accurate_cut():
    r = two_groups(0.5, 0.5)
    assert (r.accuracy, r.false_positive_ratio) == (near(0.657), near(2.23))


def test_two_cuts_close_two_gaps_and_open_the_third():
    r = two_groups(0.58, 0.46)
    assert (r.false_positive_gap, r.false_negative_gap) == (pytest.approx(0.001, abs=5e-4), pytest.approx(-0.002, abs=5e-4))
    assert (r.precision_gap, r.state, r.widest_of) == (near(0.111), cuts.SOME, "precision")


@pytest.mark.parametrize(("tolerance", "two", "three"), [(0.03, 47, 0), (0.10, 157, 56)])
def test_pairs_of_cuts(tolerance, two, three):
    r = two_groups(tolerance=tolerance)
    assert (r.pairs_two, r.pairs_three) == (two, three)


def test_all_three_within_ten_points():
    r = two_groups(0.54, 0.46, 0.1)
    assert (r.state, r.accuracy) == (cuts.ALL, near(0.654))


def test_published_rates_lie_near_the_curve_of_the_default_separation():
    normal = NormalDist()
    for false, found, _ in two_groups().published:
        assert normal.inv_cdf(found) - normal.inv_cdf(false) == pytest.approx(0.75, abs=0.09)


def test_the_score_is_calibrated_and_the_rates_agree_with_counting():
    """Claims whose posterior lies near the cut are wrong as often as it says, in either group."""
    for p, found in ((0.514, two_groups().false_positive_a), (0.394, two_groups().false_positive_b)):
        draw, at, d, honest, flagged, near_cut, wrong_near = random.Random(7), cuts.cut_threshold(0.46, p, 0.75), 0.75, 0, 0, 0, 0
        for _ in range(60_000):
            wrong = draw.random() < p
            x = draw.gauss(d if wrong else 0, 1)
            honest, flagged = honest + (not wrong), flagged + (not wrong and x > at)
            if abs(x - at) < 0.1:
                near_cut, wrong_near = near_cut + 1, wrong_near + wrong
        assert flagged / honest == pytest.approx(found, abs=0.01)
        assert wrong_near / near_cut == pytest.approx(0.46, abs=0.025)


@given(cut, cut, st.floats(0.01, 0.2), distance, rate, rate)
@settings(max_examples=50, deadline=None)
def test_base_rate_precision_and_misses_fix_the_false_positives(a, b, tolerance, d, p_a, p_b):
    r = two_groups(a, b, tolerance, d, p_a, p_b)
    for p, v, m, f in ((p_a, r.precision_a, r.false_negative_a, r.false_positive_a), (p_b, r.precision_b, r.false_negative_b, r.false_positive_b)):
        assert v >= p - 1e-9  # a flag never makes a wrong claim less likely
        assert false_positive_of(p, v, m) == pytest.approx(f, rel=1e-6, abs=1e-12)
    assert r.widest == max(abs(r.false_positive_gap), abs(r.false_negative_gap), abs(r.precision_gap))
    for change, gap in r.after:
        assert gap >= 0 and change in cuts.CHANGES


@given(cut, distance, rate)
@settings(max_examples=40, deadline=None)
def test_equal_base_rates_and_one_cut_leave_no_gap(c, d, p):
    r = two_groups(c, c, 0.03, d, p, p)
    assert r.widest == 0 and r.within == 3 and r.best_change == "none"


@given(st.floats(0.02, 0.1), st.floats(0.5, 3), st.sampled_from(range(31)))
@settings(max_examples=40, deadline=None)
def test_edges_of_the_bands_lie_at_the_tolerance(tolerance, d, i):
    r = two_groups(tolerance=tolerance, separation=d)
    field = {"false positives": "false_positive_gap", "false negatives": "false_negative_gap", "precision": "precision_gap"}
    for name, band in r.bands:
        a, low, high = band[i]
        assert low <= high
        for edge in (low, high):
            if 0.2 < edge < 0.8:
                assert abs(getattr(two_groups(a, edge, tolerance, d), field[name])) == pytest.approx(tolerance, abs=2e-3)


def test_bad_input_gives_no_number():
    for bad in ({"cut_a": 0.0}, {"cut_b": 1.0}, {"cut_a": float("nan")}, {"tolerance": 0}, {"separation": 0.1}, {"base_rate_a": True}, {"base_rate_b": "0.3"}):
        with pytest.raises(MlsysimError):
            two_groups(**bad)
    for bad in ((1.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 1.1)):
        with pytest.raises(MlsysimError):
            false_positive_of(*bad)
