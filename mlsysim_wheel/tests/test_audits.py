"""An audit that notices a learned system getting worse: published chart rules, the simulated lag, false alarms."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.audits import alarm_threshold, false_alarm_share, median_lag_weeks, watch_answers
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work


@pytest.mark.parametrize(("checked", "lag", "late"), [(25, 21, 29), (100, 14, 19), (400, 10, 13), (1000, 8, 10)])
def test_sixteen_times_the_audit_halves_the_lag(checked, lag, late):
    w = watch_answers(checked)
    assert (w.lag_weeks, w.lag_p90_weeks) == (lag, late)
    assert w.alarm_after == f"{lag} weeks" and median_lag_weeks(checked, 3, 0.0025) == lag


@pytest.mark.parametrize(("strictness", "share"), [(2, 0.495), (2.5, 0.170), (3, 0.030), (3.5, 0.0)])
def test_false_alarms_depend_on_strictness_alone(strictness, share):
    assert false_alarm_share(strictness) == pytest.approx(share, abs=1e-9)
    assert watch_answers(25, strictness).false_alarm_share == watch_answers(1000, strictness).false_alarm_share


@pytest.mark.parametrize(("drift", "wrong"), [(0.001, 455_000), (0.0025, 367_500), (0.005, 385_000), (0.01, 392_000)])
def test_damage_hardly_depends_on_how_fast_the_answers_get_worse(drift, wrong):
    assert watch_answers(100, 3, drift).extra_wrong == pytest.approx(wrong, rel=5e-3)


def test_four_times_the_drift_does_four_times_nothing():
    assert watch_answers().faster_ratio == pytest.approx(392_000 / 367_500, rel=5e-3)


def test_a_crash_is_known_within_a_minute():
    w = watch_answers(breaks="crash")
    assert w.lag_weeks == pytest.approx(1 / 10_080) and w.extra_wrong == pytest.approx(139, rel=5e-3)
    assert max(v for name, _, points in w.dashboard if name == "Error rate" for _, v in points) == 1


def test_while_answers_get_worse_the_dashboard_stays_flat():
    w = watch_answers()
    assert all(len({v for _, v in points}) == 1 for _, _, points in w.dashboard)
    assert w.truth[0][1] > w.truth[-1][1]


def test_the_shown_history_rings_exactly_at_its_end():
    w = watch_answers()
    assert w.means[-1][1] < w.threshold_share and w.means[-1][0] + w.report_weeks == w.alarm_week
    assert all(mean >= w.threshold_share for _, mean in w.means[:-1])


def test_a_single_look_rings_as_often_as_the_normal_distribution_says():
    """Independent oracle: the chance per week that a standard normal lies below −z bounds a year of overlapping looks."""
    once = 0.5 * math.erfc(3 / math.sqrt(2))
    draw, rang = random.Random(1), 0
    for _ in range(4000):
        sums = [draw.gauss(0, 1) for _ in range(52)]
        rang += any(sum(sums[i : i + 4]) < -6 for i in range(49))
    exact = rang / 4000
    assert once < exact < 49 * once
    assert false_alarm_share(3) == pytest.approx(exact, abs=3 * math.sqrt(exact / 200))


@given(st.sampled_from([25, 100, 400, 2500]), st.sampled_from([1.5, 2.5, 3.5]), st.sampled_from([0.001, 0.005, 0.04]))
@settings(max_examples=20, deadline=None)
def test_lags_are_ordered_and_no_alarm_is_known_before_its_report(n, z, s):
    w = watch_answers(n, z, s)
    assert w.report_weeks < w.lag_weeks <= w.lag_p90_weeks <= 72
    assert 0 <= w.accuracy_at_alarm_share < w.accuracy_share and 0 < w.threshold_share < w.accuracy_share
    assert all(0 <= v <= 1 for _, v in (*w.truth, *w.audits))


def test_the_threshold_is_the_chart_rule():
    assert alarm_threshold(0.95, 100, 3) == pytest.approx(0.95 - 3 * math.sqrt(0.95 * 0.05 / 400))


@pytest.mark.parametrize(
    "call",
    [
        lambda: watch_answers(0), lambda: watch_answers(2.5), lambda: watch_answers(100, 0), lambda: watch_answers(100, 3, 0),
        lambda: watch_answers(100, 3, math.nan),
        lambda: watch_answers(breaks="luck"), lambda: watch_answers(True), lambda: alarm_threshold(1.2, 100, 3), lambda: false_alarm_share(-1),
        lambda: median_lag_weeks("many", 3, 0.01),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(watch_answers()))
