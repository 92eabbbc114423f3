"""A board that slows down when hot: stated speeds, the steady state by Newton's law, and bounds that hold anywhere."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import throttling as th
from mlsysim.errors import MlsysimError


@pytest.mark.parametrize(("ambient", "resistance", "sustained", "first"), [(25, 9, 0.800, 164), (45, 9, 0.500, 35), (45, 4, 0.960, 316), (35, 9, 0.671, 91)])
def test_speeds_that_the_lab_states(ambient, resistance, sustained, first):
    w = th.watch(ambient, resistance)
    assert w.sustained_share == pytest.approx(sustained, rel=5e-3) and w.first_throttle_s == first


def test_a_throttled_inference_takes_less_energy():
    assert th.watch().energy_per_inference_ratio == pytest.approx(0.797, rel=5e-3)
    assert th.watch().burst_share == 1.0


def test_below_the_trip_the_temperature_is_newtons_exponential():
    found = th.trace(25, 4, 9, 400)
    assert set(found.speeds) == {1.0}
    for second in (50, 150, 399):
        exact = 25 + 36 - (36 - 12) * math.exp(-(second + 1) / (4 * 25))
        assert found.temperatures_c[second] == pytest.approx(exact, abs=0.2)
    assert th.steady_c(25, 9, 4) == 61.0 == th.watch(25, 4).steady_c


@settings(max_examples=50, deadline=None)
@given(st.floats(-10, 50), st.floats(1, 12), st.floats(4, 12))
def test_speed_stays_between_its_bounds_and_cooling_never_hurts(ambient, resistance, power):
    found = th.trace(ambient, resistance, power)
    assert all(0.5 <= f <= 1.0 for f in found.speeds)
    w = th.watch(ambient, resistance, 60, power)
    assert th.watch(max(-40, ambient - 20), resistance, 60, power).sustained_share >= w.sustained_share - 0.02  # the clock hunts around the trip
    assert (w.best_remedy == "nothing") == (w.sustained_share == 1.0)
    if w.steady_c < w.trip_c - 0.1 and ambient + 3 * resistance < 80:
        assert w.state == th.COOL and w.first_throttle_s == 1200


def test_a_longer_run_reports_what_remains():
    speeds = th.trace(35, 9).speeds
    assert set(speeds[:92]) == {1.0} and speeds[92] == 0.98  # the clock goes down after the second in which the trip is passed
    for run_s in (60, 180, 1200):
        assert th.watch(35, 9, run_s).run_share == pytest.approx(sum(speeds[:run_s]) / run_s)
    assert th.watch(35, 9, 60).overstated > th.watch(35, 9, 180).overstated > th.watch(35, 9, 1200).overstated > 1
    assert th.watch(35, 9, 1200).run_share == pytest.approx(th.watch(35, 9).scores[-1][1])


def test_states():
    assert (th.watch().state, th.watch(45, 4).state, th.watch(15, 4).state, th.watch(50, 12).state) == (th.THROTTLED, th.SLOWED, th.COOL, th.OVERHEATED)


def test_bad_input_is_refused():
    for wrong in (dict(ambient_c=math.inf), dict(resistance_k_per_w=0), dict(run_s=0), dict(run_s=1.5), dict(run_s=5000), dict(full_power_w=1)):
        with pytest.raises(MlsysimError):
            th.watch(**wrong)
    with pytest.raises(MlsysimError):
        th.mean_speed(th.trace(35, 9), 100, 100)
