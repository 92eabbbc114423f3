"""Comparisons of two programs on a drifting machine: stated shares, and formulas and a plain replay as oracles."""

import math
import random
from statistics import NormalDist, mean, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import measurement as me
from mlsysim.errors import MlsysimError


@pytest.mark.parametrize(
    ("runs", "order", "statistic", "wrong"),
    [
        (30, "blocked", "mean", 0.175), (3, "blocked", "mean", 0.0875), (10, "blocked", "mean", 0.1125), (20, "blocked", "mean", 0.160),
        (3, "interleaved", "mean", 0.055), (5, "interleaved", "mean", 0.0125), (10, "interleaved", "mean", 0.0), (30, "interleaved", "minimum", 0.0675),
    ],
)  # fmt: skip
def test_shares_that_the_lab_states(runs, order, statistic, wrong):
    assert me.compare_runs(runs, order, statistic).wrong_share == wrong


def test_spreads_that_the_lab_states():
    assert (me.ratio_spread(20, "blocked"), me.ratio_spread(5, "interleaved")) == pytest.approx((0.0322, 0.0129), rel=5e-3)


@pytest.mark.parametrize(("order", "statistic"), [("blocked", "mean"), ("interleaved", "median"), ("blocked", "minimum")])
def test_a_plain_replay_finds_the_same_ratios(order, statistic):
    draw, normal = random.Random(12), NormalDist()
    z = lambda: normal.inv_cdf(min(1 - 1e-9, max(1e-9, draw.random())))  # noqa: E731
    stat = {"mean": mean, "median": median, "minimum": min}[statistic]
    found = []
    for _ in range(400):
        d, times = 0.04 * z(), {"A": [], "B": []}
        for who in ("AAAAABBBBB" if order == "blocked" else "ABABABABAB"):
            d = 0.95 * d + math.sqrt(1 - 0.95**2) * 0.04 * z()
            times[who].append(math.exp(d + 0.02 * z()) * (1.03 if who == "B" else 1.0))
        found.append(stat(times["B"]) / stat(times["A"]))
    got = me.compare_runs(5, order, statistic)
    assert got.ratios == pytest.approx(sorted(found), rel=1e-9)
    assert got.wrong_share == sum(r < 1 for r in found) / 400
    assert (got.interval_low, got.interval_high) == pytest.approx((sorted(found)[10], sorted(found)[390]), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([0.01, 0.02, 0.05]), st.sampled_from([0.03, 0.05, 0.08]), st.sampled_from([3, 5, 10]))
def test_without_drift_the_share_is_that_of_independent_runs(gap, noise, runs):
    simulated = me.compare_runs(runs, "blocked", "mean", gap, 0.0, 0.0, noise).wrong_share
    assert simulated == pytest.approx(me.wrong_winner_probability(gap, noise, runs), abs=0.07)


def test_blocks_of_a_slow_drift_are_worst_at_one_and_at_many_runs():
    shares = dict(me.wrong_by_runs())
    assert min(shares, key=shares.get) == 3 and shares[1] > shares[3] < shares[30]
    alternating = [share for _, share in me.wrong_by_runs("interleaved")]
    assert alternating == sorted(alternating, reverse=True)


def test_the_cause_is_what_helps_most():
    assert me.compare_runs().cause == "drift" and me.compare_runs(3, "interleaved").cause == "noise"
    assert me.compare_runs(30, "interleaved", "minimum", noise_share=0.0, drift_share=0.08).cause == "drift+statistic"  # either remedy ends them
    assert me.compare_runs(10, "interleaved").cause == "nothing"
    assert me.compare_runs().state == me.DOUBTFUL and me.compare_runs(10, "interleaved").state == me.SUPPORTED


def test_the_example_alternates_as_the_order_says():
    blocked, alternating = me.compare_runs(5), me.compare_runs(5, "interleaved")
    assert [i for i, _ in blocked.example_b] == [6, 7, 8, 9, 10] and [i for i, _ in alternating.example_a] == [1, 3, 5, 7, 9]


def test_bad_input_is_refused():
    bad = [dict(runs=0), dict(runs=31), dict(runs=True), dict(order="random"), dict(statistic="mode"), dict(gap_share=-0.1), dict(correlation=1.0)]
    for wrong in [*bad, dict(drift_share=math.nan), dict(noise_share="2")]:
        with pytest.raises(MlsysimError):
            me.compare_runs(**wrong)
    with pytest.raises(MlsysimError):
        me.wrong_winner_probability(0, 0.1, 3)
