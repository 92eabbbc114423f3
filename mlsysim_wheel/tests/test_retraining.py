"""A year of retraining: against a replay day by day, the square-root rule, and what a shorter interval leaves."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.retraining import mean_age_days, replay_year, staleness_saved_share


def by_days(interval, delay, price, stale, failing, damage, shock, seed):
    """Independent oracle: one day after another, as the words say it."""
    draw, last, newest, cost, failed, unknown = random.Random(seed).random, 0, -delay, 0.0, 0, []
    for day in range(364):
        if day in (90, 210, 300):
            unknown.append(day)
        if day > 0 and day - last >= interval:
            last, newest, cost = day, day - delay, cost + price
            if draw() < failing:
                failed, cost = failed + 1, cost + damage
        cost += stale * (day - newest)
        unknown = [d for d in unknown if newest < d]
        cost += shock * len(unknown)
    return cost, failed


@given(st.integers(1, 60), st.integers(0, 42), st.sampled_from([0, 300, 3000]), st.sampled_from([0.0, 0.05, 0.2]), st.sampled_from([0, 100, 500]))
@settings(max_examples=50, deadline=None)
def test_closed_form_is_the_replay(interval, delay, price, failing, shock):
    r = replay_year(interval, delay, price, 2, failing, 4000, shock, "unlucky")
    cost, failed = by_days(interval, delay, price, 2, failing, 4000, shock, 21)
    assert r.total_usd == pytest.approx(cost) and r.failed == failed
    assert r.expected_usd == pytest.approx(cost + 4000 * (r.releases * failing - failed))
    assert r.best_usd <= r.expected_usd + 1e-9


@pytest.mark.parametrize(("interval", "total", "expected"), [(7, 39_300, 49_500), (14, 34_700, 39_700), (28, 38_700, 41_100)])
def test_a_lucky_year_is_cheaper_than_the_average(interval, total, expected):
    r = replay_year(interval, luck="lucky")
    assert r.total_usd == pytest.approx(total, rel=5e-3) and r.expected_usd == pytest.approx(expected, rel=5e-3) and r.failed == 0


def test_daily_retraining_costs_most():
    r = replay_year(1, luck="lucky")
    assert (round(r.total_usd, -3), r.releases, r.failed, r.state) == (186_000, 363, 14, "the loop costs more than it saves")
    assert replay_year().state == "pays"


def test_labels_that_arrive_sooner_leave_more_to_gain():
    assert replay_year(7, 7, luck="lucky").total_usd == pytest.approx(24_900, rel=5e-3)
    assert (staleness_saved_share(7, 1, 7), staleness_saved_share(7, 1, 21)) == (pytest.approx(0.3), pytest.approx(0.125))
    assert replay_year().daily_saving_share == pytest.approx(0.125) and staleness_saved_share(1, 1, 0) == 0


def test_best_interval_lies_near_the_square_root_rule():
    r = replay_year()
    assert r.rule_days == pytest.approx(22.4, rel=5e-3) and r.best_interval == 17 and r.best_usd == pytest.approx(39_500, rel=5e-3)
    calm = replay_year(shock_usd_per_day=0)
    assert calm.best_interval == pytest.approx(calm.rule_days, rel=0.15)
    assert replay_year(delay_days=0, shock_usd_per_day=0).best_interval == calm.best_interval  # the delay drops out


def test_three_years_of_luck_at_the_default():
    lucky, usual, unlucky = (replay_year(luck=w).failed for w in ("lucky", "usual", "unlucky"))
    assert lucky < usual < unlucky and usual == pytest.approx(replay_year().expected_failures, abs=1)


def test_each_lever_is_the_best_one_somewhere():
    assert replay_year().best_levers == "delay" and replay_year(1).best_levers == "interval"
    assert "price" in replay_year(17, 0, 3000, damage_usd=0).best_levers and "failures" in replay_year(17, 0, 0, 2, 0.2).best_levers


def test_age_is_a_saw_tooth_above_the_delay():
    r = replay_year(10, 5)
    assert min(a for _, a in r.age) == 5 and max(a for _, a in r.age) == 14 and mean_age_days(10, 5) == r.mean_age_days == 9.5
    assert r.staleness_left_usd(0.25) == pytest.approx(0.75 * r.staleness_usd)


@pytest.mark.parametrize(
    "call",
    [
        lambda: replay_year(0), lambda: replay_year(1.5), lambda: replay_year(7, -1), lambda: replay_year(7, 21, -1), lambda: replay_year(7, 21, 300, 0),
        lambda: replay_year(failure_share=1.2), lambda: replay_year(damage_usd=math.nan), lambda: replay_year(shock_usd_per_day="100"),
        lambda: replay_year(luck="some"),
        lambda: mean_age_days(7, math.inf), lambda: staleness_saved_share(True, 1, 2), lambda: replay_year().staleness_left_usd(2),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc or s.unit.startswith("$") for s in show_work(replay_year()))
