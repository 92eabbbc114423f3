"""Alarms on a metric with memory: exact rates, simulated delays, and what is kept of both in a file."""

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import alert_rules
from mlsysim._datafile import load
from mlsysim.alert_rules import BLIND, CORRELATIONS, DROPS, FAMILIES, FATIGUE, FINE, IN_A_ROW, THRESHOLDS, detection_steps, shift_in_sigmas, watch_metric
from mlsysim.alert_rules import false_alerts_per_day as alerts
from mlsysim.canary import sign_after_s
from mlsysim.errors import MlsysimError

CTR_DROP = shift_in_sigmas(0.04, 200_000, 0.03)


@pytest.mark.parametrize(("rho", "z", "k", "rate"), [(0.9, 3, 1, 0.426), (0.9, 3, 2, 0.167), (0.9, 3, 3, 0.0818), (0.9, 2.5, 5, 0.152), (0, 3, 1, 0.775)])
def test_false_alerts_a_day(rho, z, k, rate):
    assert alerts(rho, z, k) == pytest.approx(rate, rel=5e-3)


def test_three_in_a_row_buy_little_from_a_metric_with_memory():
    w = watch_metric()
    assert w.three_fewer == pytest.approx(5.2, rel=5e-3) and w.independent_fewer == pytest.approx(137_000, rel=5e-3)


@pytest.mark.parametrize(("z", "k", "hours"), [(4, 1, 3.50), (3, 2, 0.667)])
def test_delay_until_a_drop_of_the_click_rate_is_seen(z, k, hours):
    assert watch_metric(z, k).delay_s / 3600 == pytest.approx(hours, rel=5e-3)


@pytest.mark.parametrize(("z", "k"), [(2.0, 1), (3.0, 1), (2.0, 3)])
def test_without_memory_the_rate_has_a_closed_form(z, k):
    q = 2 * (1 - NormalDist().cdf(z))
    assert alerts(0, z, k) == pytest.approx(288 * (1 - q) * q**k, rel=2e-3)


@pytest.mark.parametrize(("rho", "z", "k"), [(0.9, 2.0, 2), (0.5, 2.0, 1), (0.7, 1.5, 3)])
def test_agrees_with_a_simulated_metric(rho, z, k):
    draw, x, row, opened, n = random.Random(9), 0.0, 0, 0, 150_000
    for _ in range(n):
        x = rho * x + math.sqrt(1 - rho * rho) * draw.gauss(0, 1)
        row = row + 1 if abs(x) > z else 0
        opened += row == k
    assert opened / n * 288 == pytest.approx(alerts(rho, z, k), rel=5 / math.sqrt(opened))


def test_what_the_file_keeps_is_what_the_functions_compute():
    stored, draw = load("operations/simulated.json"), random.Random(2)
    assert len(stored["alerts_per_sample"]) == 100 and [len(row) for row in stored["detection_steps"]] == [100] * 9
    for rho, z in ((0.9, 3.0), (0.3, 2.0), (0.97, 4.0)):
        first = alert_rules._place(rho, z, 1)
        assert stored["alerts_per_sample"][first : first + 4] == pytest.approx([alert_rules._rates(rho, z, 5)[k - 1] for k in IN_A_ROW], rel=1e-5)
    for _ in range(60):
        n, rule = draw.randrange(9), (draw.choice(CORRELATIONS), draw.choice(THRESHOLDS), draw.choice(IN_A_ROW))
        d = alert_rules._shift(FAMILIES[n // 3], DROPS[n % 3])
        assert stored["detection_steps"][n][alert_rules._place(*rule)] == alert_rules._simulated_steps(d, *rule) == detection_steps(d, *rule)


def test_a_drop_that_is_far_beyond_the_line_is_seen_as_soon_as_the_rule_allows():
    assert [detection_steps(12.0, 0.5, 3.0, k) for k in (1, 2, 7)] == [1, 2, 7]


@given(st.sampled_from(CORRELATIONS), st.sampled_from(THRESHOLDS[:-1]), st.sampled_from(IN_A_ROW[:-1]))
@settings(max_examples=50, deadline=None)
def test_stricter_rules_ring_less(rho, z, k):
    assert alerts(rho, z + 0.5, k) < alerts(rho, z, k)
    assert alerts(rho, z, IN_A_ROW[IN_A_ROW.index(k) + 1]) < alerts(rho, z, k)


def test_one_rule_is_loud_for_some_and_deaf_for_others():
    assert watch_metric().state == FATIGUE and watch_metric().pages_per_day == pytest.approx(6.1, rel=6e-3)
    assert watch_metric(4, 1).state == watch_metric(3, 2).state == FINE
    deaf = watch_metric(3, 3, "LLM")
    assert deaf.state == BLIND and deaf.delay == "≥ 7.00\u202fdays" and deaf.limited_by == "samples"
    assert watch_metric(family="fraud").limited_by == "labels" and watch_metric(4, 1, "fraud").limited_by == "labels or samples"
    assert not any(FINE in row for row in watch_metric(family="fraud").cells)


def test_the_strip_shows_a_usual_week():
    w = watch_metric()
    assert w.opened_before == pytest.approx(3.5 * w.alerts_per_day, abs=1)
    assert w.said_per_day(w.three_fewer) == pytest.approx(alerts(0.9, 3, 3))


def test_a_canary_stands_out_after_three_standard_errors():
    c, rate, p, risen = 0.05, 200.0, 0.01, 0.025
    n = sign_after_s(c, rate, p, risen) * c * rate
    assert (risen - p) / math.sqrt(p * (1 - p) / n) == pytest.approx(3)
    with pytest.raises(MlsysimError, match="risen_share"):
        sign_after_s(c, rate, p, p)


@pytest.mark.parametrize(
    "bad", [dict(threshold=0.5), dict(in_a_row=0), dict(family="spam"), dict(correlation=1.0), dict(correlation="high"), dict(drop_share=0), dict(models=0)]
)
def test_refuses(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        watch_metric(**bad)
