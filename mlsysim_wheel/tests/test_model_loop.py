"""One year of the loop: it agrees with its parts, and two very different designs hold."""

import math

import pytest
from mlsysim.canary import run_canary
from mlsysim.drift import watch_drift
from mlsysim.errors import MlsysimError
from mlsysim.model_loop import AUDITS, INTERVALS, interval_options, option_name, run_loop
from mlsysim.quantity import show_work
from mlsysim.retraining import replay_year


def test_the_default_is_cheap_green_and_blind():
    loop = run_loop()
    assert loop.cost_usd == pytest.approx(40_400, rel=5e-3) and loop.verdict_days == pytest.approx(188, rel=5e-3)
    assert loop.false_alarms == pytest.approx(42, rel=2e-2) and loop.detected == "never" and loop.state.startswith("blind")


@pytest.mark.parametrize(
    ("design", "cost", "weeks", "days", "alarms"), [((14, 160, 0.25, 1.96, 400), 37_700, 11, 9.94, 5.8), ((42, 160, 0.5, 2.8, 400), 41_500, 11, 12.6, 0.31)]
)
def test_two_designs_that_hold(design, cost, weeks, days, alarms):
    loop = run_loop(*design)
    assert loop.cost_usd == pytest.approx(cost, rel=5e-3) and loop.detection_weeks == weeks
    assert loop.verdict_days == pytest.approx(days, rel=5e-3) and loop.false_alarms == pytest.approx(alarms, rel=1e-2)


def test_the_parts_are_those_of_their_own_modules():
    for t in INTERVALS:
        loop, canary, drift = run_loop(t, 80, 0.25), run_canary(0.25), watch_drift()
        assert loop.verdict_days == canary.verdict_days and loop.lost_successes == canary.lost_successes
        assert loop.false_rollback_share == canary.false_rollback_share and loop.family_alarm_share == drift.family_alarm_share
        assert loop.stale_usd == pytest.approx(replay_year(t).mean_age_days * 2 * 364)


def test_more_audits_know_sooner():
    weeks = [run_loop(7, a).detection_weeks for a in AUDITS]
    assert weeks == sorted(weeks, reverse=True) and weeks[-1] == 9


def test_options_are_the_loops_that_they_name():
    assert {name: cost for name, _, cost in interval_options(80, 0.25, 1.96, 400)}[option_name(21)] == run_loop(21, 80, 0.25, 1.96, 400).cost_usd


@pytest.mark.parametrize(
    "call",
    [
        lambda: run_loop(0), lambda: run_loop(7, -1), lambda: run_loop(7, 0, 0.9),
        lambda: run_loop(7, 0, 0.1, math.nan), lambda: run_loop(samples=0.5), lambda: run_loop(True),
    ],
)
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc or s.symbol in ("f", "z") for s in show_work(run_loop()))
