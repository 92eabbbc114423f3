"""Drift and its alarms: the chance of a PSI alarm, the drift it cannot see, the audit that can."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.drift import (
    accuracy_after,
    audit_limit_share,
    chance_alarm_share,
    chance_psi,
    chi_square_tail,
    earlier_change,
    expected_detection_week,
    watch_drift,
)
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work


def alarms(*args, **more):
    w = watch_drift(*args, **more)
    return w.psi_alarms_before + w.psi_alarms_after


def test_chance_of_an_alarm():
    assert chi_square_tail(20, 9) == pytest.approx(0.0179, rel=5e-3)
    assert chance_alarm_share(100, 0.2, features=50) == chance_alarm_share(200, 0.1, features=50) == pytest.approx(0.595, rel=5e-3)
    assert chance_alarm_share(300, 0.1, features=50) == pytest.approx(0.0217, rel=5e-3)


@pytest.mark.parametrize(("value", "degrees", "share"), [(3.841, 1, 0.05), (5.991, 2, 0.05), (16.919, 9, 0.05), (30.144, 19, 0.05), (21.666, 9, 0.01)])
def test_tail_agrees_with_printed_tables(value, degrees, share):
    assert chi_square_tail(value, degrees) == pytest.approx(share, rel=2e-3)


@given(st.floats(0, 200), st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_tail_is_a_share_that_falls_with_the_value_and_rises_with_the_degrees(value, degrees):
    tail = chi_square_tail(value, degrees)
    assert 0 <= tail <= 1 and chi_square_tail(value + 1, degrees) <= tail + 1e-12 and tail <= chi_square_tail(value, degrees + 1) + 1e-12


def test_quiet_weeks_ring_about_as_often_as_the_formula_says():
    """Independent oracle: counts of normal draws in ten bins, without the module's code."""
    draw, rang, weeks = random.Random(3), 0, 4000
    for _ in range(weeks):
        counts = [0] * 10
        for _ in range(100):
            counts[int(10 * draw.random())] += 1
        rang += sum(((c + 0.5) / 105 - 0.1) * math.log((c + 0.5) / 10.5) for c in counts) > 0.1
    assert rang / weeks == pytest.approx(chance_alarm_share(100, 0.1), rel=0.2)  # the 0.5 that spares empty bins takes some away


@pytest.mark.parametrize(("samples", "count"), [(100, 26), (200, 1), (400, 0)])
def test_alarms_when_nothing_changes(samples, count):
    assert alarms("none", samples) == count


def test_more_bins_more_noise():
    assert alarms(bins=20) == 31


def test_psi_cannot_see_that_the_rule_moves():
    w = watch_drift("concept")
    assert alarms("concept") == alarms("none") == 1
    assert w.accuracy_end_share == pytest.approx(0.623, rel=5e-3) and w.state == "silent failure" and earlier_change(w) == "audits"


def test_psi_rings_when_inputs_move_and_nothing_is_lost():
    w = watch_drift("covariate")
    assert alarms("covariate") == 40 and [t for t, _ in w.psi_alarms if t > w.change_week][0] == 63
    assert {a for _, a in w.accuracy} == {0.9}


@pytest.mark.parametrize(("audits", "week"), [(50, 68), (100, 65), (200, 63)])
def test_audits_find_the_moved_rule(audits, week):
    w = watch_drift("concept", audits=audits)
    assert w.audit_found == f"week {week}" and w.audit_week == week and w.state != "silent failure"


@pytest.mark.parametrize(("audits", "weeks"), [(40, 16), (80, 13), (160, 11), (320, 9)])
def test_expected_detection(audits, weeks):
    assert expected_detection_week(audits, 0.02) + 3 == weeks


def test_an_audit_that_rings_while_all_is_well_is_called_false():
    w = watch_drift("covariate", 100, 10, 0.2)
    assert w.audit_found.endswith("falsely") and earlier_change(w) != "audits"


def test_every_answer_to_what_would_have_told_earlier_occurs():
    found = {earlier_change(watch_drift(d, n, a, t)) for d in ("covariate", "concept", "both") for n in (150, 300) for a in (0, 200) for t in (0.05, 0.2)}
    assert found == {"samples", "threshold", "audits", "none"}
    assert earlier_change(watch_drift("none")) == earlier_change(watch_drift("both", speed_per_week=0)) == ""


@given(st.floats(-4, 4), st.floats(-4, 4))
@settings(max_examples=50, deadline=None)
def test_accuracy_stays_between_the_right_and_the_wrong_side(shift, boundary):
    assert 0.1 - 1e-12 <= accuracy_after(shift, boundary) <= 0.9 == accuracy_after(shift, 0)


def test_fatigue_ends_with_more_samples():
    assert watch_drift().state == "alarm fatigue" and watch_drift(samples=400).state == "steady"
    assert chance_psi(10, 200) == watch_drift().chance_psi and audit_limit_share(50) == pytest.approx(0.9 - 3 * math.sqrt(0.09 / 200))


@pytest.mark.parametrize(
    "call",
    [
        lambda: watch_drift("luck"), lambda: watch_drift(samples=0), lambda: watch_drift(audits=-1), lambda: watch_drift(threshold=0),
        lambda: watch_drift(bins=1), lambda: watch_drift(features=0), lambda: watch_drift(speed_per_week=math.nan), lambda: watch_drift(delay_weeks=1.5),
        lambda: chance_psi(1, 10), lambda: chance_psi(10, True), lambda: chi_square_tail(-1, 9), lambda: chi_square_tail(1, 0),
        lambda: chance_alarm_share(10, "0.1"), lambda: accuracy_after(math.inf, 0), lambda: audit_limit_share(0), lambda: earlier_change("concept"),
        lambda: expected_detection_week(0, 0.02),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc or s.name in ("bins",) for s in show_work(watch_drift("both", audits=50)))
