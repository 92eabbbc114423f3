"""A canary: what daily looks cost, how many requests a verdict needs, and what a small share does not spare."""

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.canary import false_rollback_share, needed_requests, run_canary, verdict_days
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work


@pytest.mark.parametrize(("looks", "limit", "share"), [(1, 1.96, 0.05), (7, 1.96, 0.17), (14, 1.96, 0.221), (28, 1.96, 0.289), (14, 2.8, 0.036)])
def test_share_of_harmless_releases_that_are_rolled_back(looks, limit, share):
    assert false_rollback_share(looks, limit) == pytest.approx(share, rel=5e-3)


@pytest.mark.parametrize(("looks", "share"), [(1, 0.050), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248)])
def test_agrees_with_the_published_table_of_repeated_looks(looks, share):
    """Armitage, McPherson and Rowe 1969, table 2, at the nominal 5 % level; 1,000 releases leave noise of about one point."""
    assert false_rollback_share(looks, 1.96) == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / 1000))


def test_independent_draws_give_the_same_share():
    draw, back = random.Random(5), 0
    for _ in range(4000):
        total = 0.0
        for i in range(1, 15):
            total += draw.gauss(0, 1)
            if abs(total) / math.sqrt(i) > 1.96:
                back += 1
                break
    assert back / 4000 == pytest.approx(false_rollback_share(14, 1.96), abs=0.04)


@pytest.mark.parametrize(("share", "days", "lost"), [(0.01, 188, 377), (0.1, 20.7, 414), (0.25, 9.94, 497), (0.5, 7.46, 746)])
def test_a_small_canary_waits_and_spares_nobody(share, days, lost):
    c = run_canary(share)
    assert c.verdict_days == pytest.approx(days, rel=5e-3) and c.lost_successes == pytest.approx(lost, rel=5e-3)


def test_requests_that_a_verdict_needs():
    n = needed_requests(1.96, 0.05, 0.02, 0.25)
    assert n == pytest.approx(497_000, rel=5e-3)
    # oracle: with n in the canary and 3n beside it, the drop lies z + z(80 %) standard errors from zero
    error = math.sqrt(0.05 * 0.95 * (1 / n + 1 / (3 * n)))
    assert 0.05 * 0.02 / error == pytest.approx(1.96 + NormalDist().inv_cdf(0.8), rel=1e-4)


@given(st.floats(0.01, 0.25), st.floats(0.01, 0.5), st.floats(0.005, 0.2), st.sampled_from([1.645, 1.96, 2.8]))
@settings(max_examples=50, deadline=None)
def test_a_larger_canary_is_sooner_and_costs_more(share, success, drop, limit):
    assert verdict_days(2 * share, 1e5, success, drop, limit) < verdict_days(share, 1e5, success, drop, limit)
    assert needed_requests(limit, success, drop, 2 * share) > needed_requests(limit, success, drop, share)


def test_each_lever_is_the_best_one_somewhere():
    assert (run_canary().best_lever, run_canary(0.5).best_lever, run_canary(0.5, z_limit=2.8).best_lever) == ("share", "drop", "limit")


def test_states_are_reached_and_left():
    assert [run_canary(*x).state for x in ((0.01, 14, 1.96), (0.01, 14, 2.8), (0.5, 14, 2.8))] == ["crying wolf", "next release is already out", "fine"]


def test_paths_end_where_they_cross_and_the_share_adds_up():
    c = run_canary(looks=14)
    assert all(abs(v) <= 1.96 for path in c.paths for _, v in path[:-1])
    assert c.rolled_back[-1] == (14.0, c.false_rollback_share) and all(len(p) == 14 or abs(p[-1][1]) > 1.96 for p in c.paths)


@pytest.mark.parametrize(
    "call",
    [
        lambda: run_canary(0), lambda: run_canary(0.6), lambda: run_canary(looks=0), lambda: run_canary(z_limit=math.nan),
        lambda: run_canary(requests_per_day=0),
        lambda: run_canary(success_share=1), lambda: run_canary(drop_share="2 %"),
        lambda: false_rollback_share(1.5, 1.96), lambda: false_rollback_share(14, -1),
        lambda: needed_requests(1.96, 0, 0.02), lambda: verdict_days(True, 1e5, 0.05, 0.02),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc or s.name == "requests_per_day" for s in show_work(run_canary()))
