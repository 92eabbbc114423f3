"""The design of flags: what it takes from its three parts, and the designs of the lab."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import audit_urn, calibrated_cuts, claim_flags, shapley
from mlsysim.claim_flags import cut_bands, design_flags
from mlsysim.errors import MlsysimError

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731


def test_the_default_breaks_three_limits():
    d = design_flags()
    assert (d.false_positive_gap, d.width, d.top_three_share) == (near(0.234), near(0.439), near(0.675))


def test_two_cuts_and_a_corrected_file():
    d = design_flags(0.58, 0.48, "corrected", 0.0, 10)
    assert (d.false_positive_gap, d.precision_gap, d.accuracy) == (near(0.0327), near(0.0967), near(0.651))
    assert (d.flagged_share, d.growth, d.width) == (near(0.339), near(35.2), near(0.0542))


def test_one_cut_for_all_and_audits_at_random():
    d = design_flags(0.66, 0.66, "proportional", 0.3, 10)
    assert (d.false_positive_gap, d.precision_gap, d.accuracy) == (near(0.0847), near(0.0175), near(0.620))
    assert (d.flagged_share, d.growth, d.width, d.cut_difference) == (near(0.152), near(16.3), near(0.140), 0)


@given(st.sampled_from(calibrated_cuts.CUTS), st.sampled_from(calibrated_cuts.CUTS), st.sampled_from(claim_flags.ORDERS))
@settings(max_examples=30, deadline=None)
def test_it_is_made_of_its_parts(a, b, orders):
    d, groups = design_flags(a, b, "corrected", 0.1, orders), calibrated_cuts.two_groups(a, b)
    assert (d.accuracy, d.flagged_share, d.missed_a) == (groups.accuracy, groups.flagged_share, groups.false_negative_a)
    assert d.width == audit_urn.audit_regions("corrected", 0.1, claim_flags.RATE_1).width
    assert d.growth == pytest.approx(shapley.growth(groups.flagged_share, orders))


def test_bands_hold_what_the_limits_hold():
    bands = dict(cut_bands(0.1, 0.08, 0.06))
    for i, a in enumerate(calibrated_cuts.CUTS):
        for b in calibrated_cuts.CUTS[::3]:
            r = calibrated_cuts.two_groups(a, b)
            for name, gap, most in (("false positives", r.false_positive_apart, 0.1), ("precision", r.precision_apart, 0.08), ("cuts", abs(a - b), 0.06)):
                _, low, high = bands[name][i]
                if low + 2e-3 < b < high - 2e-3:
                    assert gap <= most + 1e-3
                elif not low - 2e-3 <= b <= high + 2e-3:
                    assert gap >= most - 1e-3


def test_bad_input_gives_no_number():
    for bad in ({"cut_a": 0}, {"policy": "none"}, {"random_share": 2}, {"permutations": 4}, {"permutations": True}):
        with pytest.raises(MlsysimError):
            design_flags(**bad)
    for bad in ((0, 0.1, 0.1), (0.1, float("nan"), 0.1), (0.1, 0.1, -1)):
        with pytest.raises(MlsysimError):
            cut_bands(*bad)
