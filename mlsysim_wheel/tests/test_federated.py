"""Federated averaging, the closing of a round, and a night of both."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import federated, federated_plan, federated_round
from mlsysim.errors import MlsysimError

ABOUT = {"rel": 5e-3}


@pytest.mark.parametrize(("steps", "rounds"), [(1, 24), (2, 17), (5, 79), (10, None), (20, None)])
def test_ten_clients_a_round(steps, rounds):
    assert federated.rounds_needed(steps, 10) == rounds
    assert federated.average(steps, 10).rounds_said == str(rounds or "never")


def test_more_clients_lower_the_plateau():
    found = [federated.average(10, m).plateau_share for m in (10, 30, 100)]
    assert found == pytest.approx([0.0479, 0.0140, 0.000450], **ABOUT)
    assert federated.average(10, 30).rounds == 11


def test_equal_optima_need_ever_fewer_rounds():
    assert [federated.rounds_needed(steps, 10, 0.0) for steps in (1, 2, 5, 10, 50)] == [23, 15, 11, 10, 10]


def test_what_holds_the_loss_up():
    assert federated.average(10, 10).held_up_by == "draw"
    assert federated.average(50, 100).held_up_by == "curvature"
    assert federated.average(10, 100).held_up_by == federated.average(50, 10, 0.0).held_up_by == "nothing"


def test_one_draw_differs_from_another_and_both_from_the_mean():
    r = federated.average(5, 10)
    assert r.spread_said == "19 to over 100" and r.state == "reached" and r.mean_plateau_share > r.target_share
    assert r.rounds_map[federated.DRAWN.index(10)][federated.STEPS.index(5)] is None


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([1, 2, 5, 10]), st.sampled_from([5, 10, 20]), st.floats(0.2, 1.5))
def test_the_exact_mean_is_the_mean_of_many_draws(steps, m, spread):
    """An oracle of its own: samples drawn with random.sample, each client stepping through its E gradient steps."""
    rng, fleet, rate = random.Random(5), federated._fleet(), 0.1
    best = [1 + spread * b for b in federated._best()]
    half = federated._curvature()
    loss = lambda w: sum(h * (x - b) ** 2 for h, x, b in zip(half, w, best, strict=True))  # noqa: E731
    found, rounds = [], 6
    for _ in range(40):
        w = [0.0] * 8
        for _ in range(rounds):
            ends = []
            for a, z in rng.sample(fleet, m):
                v = list(w)
                for _ in range(steps):
                    v = [x - rate * aj * (x - 1 - spread * zj) for x, aj, zj in zip(v, a, z, strict=True)]
                ends.append(v)
            w = [sum(column) / m for column in zip(*ends, strict=True)]
        found.append(loss(w) / loss([0.0] * 8))
    mean = math.fsum(found) / len(found)
    error = math.sqrt(sum((f - mean) ** 2 for f in found) / (len(found) - 1) / len(found))
    exact = federated.average(steps, m, spread).mean_path[rounds - 1][1]
    assert abs(mean - exact) < 5 * error + 1e-9


def test_with_all_clients_one_draw_is_the_mean():
    r = federated.average(5, 100)
    assert [loss for _, loss in r.path] == pytest.approx([loss for _, loss in r.mean_path], rel=1e-6)


@pytest.mark.parametrize(
    ("f", "median", "entry", "failed"), [(1.1, 444, 0.275, 0.283), (1.2, 298, 0.235, 0), (1.3, 249, 0.1955, 0), (2.0, 147, 0.0455, 0)]
)
def test_closing_early(f, median, entry, failed):
    r = federated_round.close_early(f)
    assert (r.median_s, r.entry_share, r.failed_share) == pytest.approx((median, entry, failed), **ABOUT)


def test_the_default_round_and_one_without_spares():
    r = federated_round.close_early()
    assert (r.p95_s, r.wasted_share) == pytest.approx((295, 0.332), **ABOUT) and r.payer == "entry"
    alone = federated_round.close_early(1.0)
    assert (alone.failed_share, alone.wasted_share, alone.entry_share, alone.payer) == (1.0, 1.0, 0.0, "schedule")
    assert federated_round.close_early(1.0, dropout=0.0).payer == "nobody" and federated_round.close_early(1.1, 40.0, 0.5e6, 0.04).payer == "battery"


@settings(max_examples=20, deadline=None)
@given(st.floats(1.2, 3.0), st.floats(5, 120), st.floats(1e5, 5e7))
def test_many_phones_approach_the_limit(f, work, update):
    shares = [federated_round.limit_share(name, f, work, update) for name in federated_round.CLASSES]
    assert sum(shares) == pytest.approx(1, abs=1e-6)
    assert federated_round.close_early(f, work, update, needed=1000, rounds=5).entry_share == pytest.approx(shares[2], abs=0.03)


def test_kth_arrival_against_a_simulation():
    rng, n, k = random.Random(3), 20, 8
    found = [sorted(rng.expovariate(1 / 60) for _ in range(n))[k - 1] for _ in range(4000)]
    assert federated_round.kth_arrival_s(60, n, k) == pytest.approx(sum(found) / len(found), rel=0.03)


def test_a_night_that_works_and_one_that_does_not():
    plan = federated_plan.night("norm", 4, 2, 10, 1.2)
    assert (plan.memory_bytes, plan.work_s) == pytest.approx((141e6, 47.9), **ABOUT) and plan.rounds == 17
    default = federated_plan.night()
    assert default.memory_bytes == pytest.approx(497e6, **ABOUT) and default.state == "never" and default.rounds == 300


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["full", "norm", "bias", "last"]), st.sampled_from([1, 4, 16]), st.sampled_from([1, 2]), st.sampled_from([1.15, 1.3, 2.0]))
def test_more_spare_phones_are_faster_and_leave_more_owners_out(part, batch, passes, f):
    few, many = federated_plan.night(part, batch, passes, 30, f), federated_plan.night(part, batch, passes, 30, f + 0.5)
    assert many.round_s < few.round_s and many.entry_share < few.entry_share and many.traffic_bytes > few.traffic_bytes * (1 - few.failed_share)


@pytest.mark.parametrize(
    "call",
    [
        lambda: federated.average(0), lambda: federated.average(1, 101), lambda: federated.average(1, 10, -0.1), lambda: federated.average(1, 10, 1, 0.6),
        lambda: federated.average(1, 10, math.nan), lambda: federated_round.close_early(0.9), lambda: federated_round.close_early(dropout=1.0),
        lambda: federated_round.close_early(work_s=0), lambda: federated_round.limit_share("entry-level", 1.05), lambda: federated_round.limit_share("old", 2),
        lambda: federated_round.kth_arrival_s(60, 10, 11), lambda: federated_plan.night("all"), lambda: federated_plan.night(over_selection=1.0),
        lambda: federated_plan.upload_bytes(1, 1e6, 1, 0.5), lambda: federated.factor_class(0, 3), lambda: federated.published_rounds("iid", 1),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call):
    with pytest.raises(MlsysimError):
        call()
