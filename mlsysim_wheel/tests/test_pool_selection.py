"""The selections and the votes against a plain retelling, and the figures that the lab states."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import label_plan, pool_selection
from mlsysim.errors import MlsysimError
from mlsysim.pool_selection import POLICIES, select

GROUPS = pool_selection.group_names()


@pytest.mark.parametrize(
    ("policy", "kept", "noise", "wrong", "mean", "worst"),
    [
        ("random", 40, 0.08, 0.108, 0.873, 0.280),
        ("hardest", 40, 0.08, 0.658, 0.129, 0.0),
        ("coverage", 40, 0.08, 0.0583, 0.867, 0.507),
        ("margin", 60, 0.08, 0.0722, 0.683, 0.0533),
        ("hardest", 60, 0.02, 0.178, 0.652, 0.173),
        ("hardest", 60, 0.04, 0.283, 0.479, 0.0933),
        ("hardest", 60, 0.16, 0.867, 0.0428, 0.0),
    ],
)
def test_figures_that_the_lab_states(policy, kept, noise, wrong, mean, worst):
    s = select(policy, kept, noise)
    assert (s.mislabelled_share, s.mean_accuracy, s.worst_group_accuracy) == pytest.approx((wrong, mean, worst), rel=5e-3)


def test_checking_lifts_spread_points_more_than_random_ones():
    spread, chance = select("coverage", 40, verified=True), select("random", 40, verified=True)
    assert (spread.mean_accuracy, spread.worst_group_accuracy) == pytest.approx((0.914, 0.613), rel=5e-3)
    assert chance.mean_accuracy == pytest.approx(0.897, rel=5e-3)
    assert spread.mean_accuracy - select("coverage", 40).mean_accuracy > chance.mean_accuracy - select("random", 40).mean_accuracy


def plain(policy, kept, noise, copies, verified, seed):
    """The oracle: rank everything anew, sort all kept events for each test event, count three votes."""
    pool, order = pool_selection._pool(seed, noise, copies), pool_selection._order()
    place = [p[:2] for p in pool]
    if policy == "random":
        chosen = list(order[:kept])
    elif policy == "coverage":
        chosen = [order[0]]
        while len(chosen) < kept:
            chosen.append(max(range(len(pool)), key=lambda i: min(math.dist(place[i], place[j]) for j in chosen[-kept:])))
    else:
        members = [(pool[i][3], place[i]) for i in order[:40]]
        labels = {label for label, _ in members}
        mean = {g: [sum(p[axis] for la, p in members if la == g) / sum(la == g for la, _ in members) for axis in (0, 1)] for g in labels}
        near = lambda i: sorted(math.dist(place[i], m) for m in mean.values())  # noqa: E731
        if policy == "margin":
            score = {i: near(i)[1] - near(i)[0] for i in order}
        else:
            score = {i: near(i)[0] - math.dist(place[i], mean[pool[i][3]]) if pool[i][3] in mean else -9.0 for i in order}
        chosen = sorted(order, key=score.__getitem__)[:kept]
    hits = []
    for g, tests in enumerate(pool_selection._tests()):
        right = 0
        for test in tests:
            three = [pool[i][2 if verified else 3] for i in sorted(chosen, key=lambda i: math.dist(test, place[i]))[:3]]
            most = max(three.count(v) for v in three)
            right += next(v for v in three if three.count(v) == most) == g
        hits.append(right / len(tests))
    return sum(pool[i][2] != pool[i][3] for i in chosen) / kept, hits


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("kept", "noise", "copies", "verified"), [(20, 0.16, 0.0, False), (30, 0.08, 0.2, True), (50, 0.04, 0.4, False)])
def test_the_walk_along_one_ranking_agrees_with_sorting_every_time(policy, kept, noise, copies, verified):
    told = [plain(policy, kept, noise, copies, verified, seed) for seed in (17, 18, 19)]
    s = select(policy, kept, noise, copies, verified)
    assert s.mislabelled_share == pytest.approx(sum(w for w, _ in told) / 3)
    assert s.worst_group_accuracy == pytest.approx(sum(min(h) for _, h in told) / 3)
    for i, (_, share, accuracy, each, _) in enumerate(s.groups):
        assert each == pytest.approx([h[i] for _, h in told]) and accuracy == pytest.approx(sum(h[i] for _, h in told) / 3) and 0 < share < 1


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(POLICIES), st.integers(4, 100), st.sampled_from([0.0, 0.08, 0.3]), st.sampled_from([0.0, 0.2]), st.booleans())
def test_what_holds_for_every_selection(policy, kept, noise, copies, verified):
    s = select(policy, kept, noise, copies, verified)
    assert 0 <= s.worst_group_accuracy <= s.mean_accuracy <= 1 and 0 <= s.mislabelled_share <= 1
    assert s.mislabelled + s.right == pytest.approx(kept) and sum(p[4] for p in s.points) == kept
    assert sum(k for *_, k in s.groups) == pytest.approx(kept)
    assert s.verified_worst_accuracy == (s.worst_group_accuracy if verified else select(policy, kept, noise, copies, True).worst_group_accuracy)
    assert noise > 0 or (s.mislabelled_share == 0 and s.worst_group_accuracy == s.verified_worst_accuracy)


def test_coverage_and_chance_do_not_look_at_labels():
    for policy in ("random", "coverage"):
        kept = [[p[4] for p in select(policy, 40, noise).points] for noise in (0.0, 0.16)]
        assert kept[0] == kept[1]


@pytest.mark.parametrize("bad", [{"policy": "best"}, {"kept": 3}, {"kept": 101}, {"noise_share": 0.6}, {"duplicate_share": -0.1}, {"verified": 1}])
def test_bad_input_is_refused(bad):
    with pytest.raises(MlsysimError):
        select(**bad)


def test_plans_that_the_lab_states():
    few, many, chance = label_plan.plan("coverage", 30, True), label_plan.plan("coverage", 70), label_plan.plan()
    assert (few.cost_usd, few.mean_accuracy, few.worst_group_accuracy) == pytest.approx((9.0, 0.902, 0.600), rel=5e-3)
    assert (many.cost_usd, many.mean_accuracy, many.worst_group_accuracy) == pytest.approx((10.0, 0.901, 0.747), rel=5e-3)
    assert (chance.cost_usd, chance.mean_accuracy, chance.worst_group_accuracy) == pytest.approx((6.0, 0.883, 0.267), rel=5e-3)


@pytest.mark.parametrize("noise", [0.04, 0.08, 0.12])
def test_no_random_plan_reaches_the_worst_group(noise):
    assert all(p.worst_group_accuracy < 0.54 for p in label_plan.alternatives(noise, 0.1, ("random",)))


def test_few_and_checked_and_many_and_unchecked_both_win_somewhere():
    cheapest = set()
    for noise in (0.04, 0.08, 0.12):
        for check in (0.04, 0.1):
            good = [p for p in label_plan.alternatives(noise, check) if p.worst_group_accuracy >= 0.58 and p.mean_accuracy >= 0.88]
            cheapest.add(min(good, key=lambda p: p.cost_usd).verified)
    assert cheapest == {False, True}


@pytest.mark.parametrize("bad", [{"check_usd": -1}, {"verified": "yes"}, {"policy": "none"}])
def test_bad_plans_are_refused(bad):
    with pytest.raises(MlsysimError):
        label_plan.plan(**bad)
