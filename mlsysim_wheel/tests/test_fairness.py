"""Two regions under one score: Bayes by counting, the checks of the lab, and what no threshold can do."""

import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import fairness
from mlsysim.errors import MlsysimError
from mlsysim.fairness import two_regions

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731


def test_default_is_ninety_percent_sensitive_in_both_regions():
    r = two_regions()
    assert fairness.DEFAULT_THRESHOLD == pytest.approx(fairness.threshold_of(0.9, 2.0), rel=1e-12)
    assert (r.north.sensitivity, r.north.false_alarms) == (near(0.9), near(0.236))
    assert (r.precision_north, r.precision_south, r.precision_gap) == (near(0.167), near(0.488), near(0.321))
    assert (r.state, r.worst, r.remedies) == (fairness.BURDEN, "precision", "prevalence")


def test_a_stricter_threshold():
    r = two_regions(threshold=1.5)
    assert (r.north.sensitivity, r.precision_north, r.precision_south) == (near(0.691), near(0.353), near(0.721))


def test_equal_precision_costs_the_north_its_sensitivity():
    r = two_regions(policy="precision")
    assert (r.north.threshold, r.north.sensitivity) == (near(1.88), near(0.550))
    assert r.precision_gap < 1e-9


def test_older_cameras():
    assert two_regions(separation_south=1.6).south.sensitivity == near(0.811)
    r = two_regions(separation_south=1.6, policy="sensitivity")
    assert (r.south.false_alarms, r.sensitivity_gap) == (near(0.375), pytest.approx(0, abs=1e-12))


@pytest.mark.parametrize(("prevalence", "pairs"), [(0.05, 0), (0.10, 0), (0.15, 8), (0.20, 91)])
def test_pairs_that_close_all_gaps(prevalence, pairs):
    assert two_regions(prevalence).fair_pairs == pairs


def test_a_much_better_score_softens_the_conflict():
    assert two_regions(0.05, 4.0, separation_north=4.0).fair_pairs == 30


def test_precision_agrees_with_counting_plants():
    draw, t, d, pi = random.Random(3), 0.7, 2.0, 0.2
    real = false = 0
    for _ in range(40_000):
        ill = draw.random() < pi
        if draw.gauss(d if ill else 0, 1) > t:
            real, false = real + ill, false + (not ill)
    assert real / (real + false) == pytest.approx(two_regions(prevalence_north=pi, threshold=t).precision_north, abs=0.012)


@given(st.floats(0.01, 0.3), st.floats(1, 2.5), st.sampled_from(list(fairness.POLICIES)), st.floats(-1, 3), st.floats(1, 4), st.floats(0.01, 0.4))
@settings(max_examples=50, deadline=None)
def test_a_policy_keeps_its_word(pi_n, d_s, policy, t, d_n, pi_s):
    r = two_regions(pi_n, d_s, policy, t, d_n, pi_s)
    gap = {
        "one threshold": abs(r.north.threshold - r.south.threshold),
        "sensitivity": r.sensitivity_gap,
        "false alarms": r.false_alarm_gap,
        "precision": r.precision_gap,
    }
    assert gap[policy] < 1e-6
    for region in (r.north, r.south):
        assert region.sensitivity == pytest.approx(1 - NormalDist().cdf(region.threshold - region.separation), abs=1e-12)
        assert 0 <= region.false_alarms <= region.sensitivity <= 1
        assert region.precision >= region.prevalence - 1e-12  # an alarm never makes illness less likely


@given(st.floats(0.02, 0.3), st.floats(1, 3))
@settings(max_examples=30, deadline=None)
def test_edges_of_the_bands_are_five_points_away(pi, d):
    r = two_regions(pi, d)
    for (name, band), measure in zip(r.bands, ("sensitivity", "false_alarms", "precision"), strict=True):
        for t, low, high in band[5:36:5]:
            assert low <= high, name
            if -1 < low and high < 3:
                at = {s: fairness._region(0.2, d, s) for s in (low, high)}
                north = getattr(fairness._region(pi, 2.0, t), measure)
                assert {round(abs(getattr(at[s], measure) - north), 3) for s in (low, high)} == {0.05}


def test_equal_regions_have_no_gap():
    r = two_regions(0.2)
    assert (r.largest_gap, r.state, r.remedies) == (0, fairness.EQUAL, "none")


@pytest.mark.parametrize(
    "wrong",
    [
        dict(policy="fair"),
        dict(prevalence_north=0.0),
        dict(prevalence_south=1.0),
        dict(threshold=float("nan")),
        dict(separation_south=True),
        dict(separation_north="2"),
    ],
)
def test_bad_input_is_a_sentence(wrong):
    with pytest.raises(MlsysimError, match=r"[.?]$"):
        two_regions(**wrong)


def test_parts_check_their_input():
    for call in (
        lambda: fairness.precision(0, 0.0, 0.0),
        lambda: fairness.precision(1.2, 0.5, 0.5),
        lambda: fairness.threshold_of(1.0, 2),
        lambda: fairness.sensitivity(99, 2),
        lambda: fairness.false_alarm_share(None),
    ):
        with pytest.raises(MlsysimError, match=r"[.?]$"):
            call()
