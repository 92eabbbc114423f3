"""Protocols for two boxes: stated errors and costs, the reported rate by hand, and what a good protocol must have."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import measurement_protocol as mp
from mlsysim import throttling
from mlsysim.errors import Infeasible, MlsysimError


def test_the_default_names_the_wrong_box_with_certainty():
    p = mp.protocol()
    assert (p.reported_ratio, p.error_share, p.minutes) == pytest.approx((1.2, 1.48, 36.0), rel=5e-3)
    assert (p.reported_winner, p.true_winner) == ("X", "Y") and p.wrong_winner_share > 0.999
    assert (p.true_x_per_s, p.true_y_per_s) == pytest.approx((16.1, 26.7), rel=5e-3)


@pytest.mark.parametrize(
    ("discarded", "run", "runs", "error", "half", "minutes"), [(120, 180, 5, 0.042, 0.0253, 80), (300, 600, 3, 0.00243, 0.0344, 90)]
)
def test_protocols_that_the_lab_states(discarded, run, runs, error, half, minutes):
    p = mp.protocol(run, discarded, runs, "interleaved", 45, "frame")
    assert (p.error_share, p.half_width_share, p.minutes) == pytest.approx((error, half, minutes), rel=1e-2)
    assert p.wrong_winner_share < 1e-6


def test_the_reported_rate_by_hand():
    p, speeds = mp.protocol(300, 120, 5, "interleaved", 35, "frame"), throttling.trace(35, 9).speeds
    assert p.reported_x_per_s == pytest.approx(sum(speeds[120:300]) / 180 / 0.031)
    assert p.unsteady_share >= abs(sum(speeds[210:300]) / sum(speeds[120:210]) - 1) - 1e-12


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(mp.RUN_LENGTHS_S), st.sampled_from(mp.REPEATS), st.sampled_from([25, 35, 45]))
def test_long_runs_at_the_temperature_on_site_cannot_be_wrong(run, runs, site):
    p = mp.protocol(1200, 900, runs, "interleaved", site, "frame", site)
    assert p.error_share == 0 and p.reported_winner == p.true_winner
    assert mp.protocol(run, 0, runs).reported_x_per_s <= 40.0 + 1e-9  # never above full speed
    assert mp.protocol(run, 0, runs).minutes == 2 * runs * (run + 300) / 60


def test_interleaving_narrows_the_interval():
    for runs in (3, 5, 10, 20):
        assert mp.protocol(runs=runs, order="interleaved").half_width_share < mp.protocol(runs=runs).half_width_share


def test_nothing_left_to_count_is_said():
    with pytest.raises(Infeasible, match="leaves nothing to count"):
        mp.protocol(300, 300)


def test_bad_input_is_refused():
    bad = [dict(run_s=0), dict(run_s=1300), dict(discarded_s=-1), dict(runs=31), dict(order="x"), dict(boundary="all")]
    for wrong in [*bad, dict(ambient_c=math.nan), dict(site_c=99)]:
        with pytest.raises(MlsysimError):
            mp.protocol(**wrong)
