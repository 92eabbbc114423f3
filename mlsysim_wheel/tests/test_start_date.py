"""When to start a long computation: the search against the closed form, purchases in parts, the trick."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.start_date import best_wait_years, doubling_years, finish_years, pace_names, plan_start, staged_finish_years

runs = st.floats(0.5, 100)
taus = st.sampled_from([doubling_years(what, pace) for what in ("both", "machines", "methods") for pace in pace_names()])


def test_ten_years_of_work_are_done_in_four_by_whoever_waits():
    p = plan_start(10)
    assert round(12 * p.best_start_years) == 31
    assert (p.best_finish_years, p.best_run_years, p.doubling_years) == pytest.approx((3.84, 1.26, 0.865), rel=5e-3)
    assert p.winner == "wait" and p.finish_years == 10


def test_machines_alone():
    assert plan_start(10, improves="machines").best_finish_years == pytest.approx(7.23, rel=5e-3)
    assert best_wait_years(10, 2.46) == pytest.approx(3.68, rel=5e-3)


@pytest.mark.parametrize(("run", "end"), [(2, 1.84), (100, 6.72)])
def test_ten_times_the_run_ends_little_later(run, end):
    assert plan_start(run).best_finish_years == pytest.approx(end, rel=5e-3)


def test_waiting_still_wins_at_the_faster_pace_of_methods():
    assert plan_start(10, pace="language_2024").best_finish_years < plan_start(10).best_finish_years


@pytest.mark.parametrize(("run", "end", "first"), [(10, 2.77, "trick"), (30, 6.20, "wait")])
def test_a_trick_wins_the_short_race_and_loses_the_long_one(run, end, first):
    p = plan_start(run, trick=4)
    assert p.trick_finish_years == pytest.approx(end, rel=5e-3) and p.winner == first
    assert plan_start(10, trick=4).winner_longer == "wait"


def test_trick_and_patience_meet_at_nineteen_and_a_half_years():
    p = plan_start(19.5, trick=4)
    assert p.trick_finish_years == pytest.approx(p.best_finish_years, rel=1e-3)


def test_better_methods_do_not_help_the_trick():
    p = plan_start(8, trick=4, improves="methods", build_months=6)
    assert p.trick_finish_years == pytest.approx(0.5 + 2)


@pytest.mark.parametrize(("parts", "end"), [(3, 5.15), (4, 4.44)])
def test_money_spent_in_parts(parts, end):
    assert plan_start(10, purchases=parts).finish_years == pytest.approx(end, rel=5e-3)


def test_the_grant_is_met_by_starts_from_15_to_57_months():
    met = [m for m in range(121) if plan_start(10, m).finish_years <= 5]
    assert (met[0], met[-1]) == (15, 57)


@given(runs, taus)
@settings(max_examples=50)
def test_the_closed_form_is_the_lowest_point(run, tau):
    w = best_wait_years(run, tau)
    end = finish_years(w, run, tau)
    assert end <= finish_years(w + 0.1, run, tau) and end <= finish_years(max(0.0, w - 0.1), run, tau)


@given(runs, st.integers(0, 120))
@settings(max_examples=50)
def test_no_date_beats_the_best_one_and_nothing_is_done_before_it_starts(run, months):
    p = plan_start(run, months)
    assert p.best_finish_years <= p.finish_years + 1e-12 and p.finish_years > p.start_years
    assert p.best_finish_years == pytest.approx(finish_years(best_wait_years(run, p.doubling_years), run, p.doubling_years), abs=0.01)


@given(runs, taus, st.floats(0, 5))
@settings(max_examples=40, deadline=None)
def test_one_part_in_steps_is_the_formula_to_a_step(run, tau, start):
    start = round(48 * start) / 48
    assert staged_finish_years(start, run, tau, 1, 1.0) == pytest.approx(finish_years(start, run, tau), abs=1 / 48 + 1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: plan_start(0), lambda: plan_start(10, -1), lambda: plan_start(10, 0.5), lambda: plan_start(10, trick=0.5),
        lambda: plan_start(10, improves="hope"),
        lambda: plan_start(10, pace="fast"), lambda: plan_start(10, purchases=0), lambda: plan_start(math.nan), lambda: plan_start(10, apart_years=-1),
        lambda: finish_years(-1, 10, 1), lambda: best_wait_years(10, 0), lambda: staged_finish_years(0, 10, 1, 2.5, 1), lambda: doubling_years(True),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(plan_start(10, trick=4)))
