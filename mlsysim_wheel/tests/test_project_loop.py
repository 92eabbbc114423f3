"""A project that goes back: the exact chain, the thousand simulated projects, and each against the other."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.project_chain import (
    expected_visits,
    mean_returns,
    mean_weeks,
    quantile_weeks,
    repeated_visits,
    route_of,
    sampled_weeks,
    share_within,
    shares_by_week,
    straight_share,
    weeks_ahead,
)
from mlsysim.project_loop import run_projects
from mlsysim.project_plan import cause_chances, causes, plan_weeks, stages
from mlsysim.quantity import show_work

near = lambda *x: pytest.approx(x if len(x) > 1 else x[0], rel=5e-3)  # noqa: E731 - three significant digits
chance_sets = st.tuples(*[st.floats(0, 0.3)] * 6)
shares = st.floats(0, 1)


def test_the_plan_of_twenty_weeks_is_kept_by_one_project_in_twelve():
    r = run_projects()
    assert (r.sample_mean_weeks, r.mean_weeks, r.p50_weeks, r.p80_weeks, r.p95_weeks, r.on_time_share) == near(45.0, 44.2, 36.3, 62.9, 102, 0.086)
    assert r.told_weeks == 20 and r.state == "the promised date misleads"


def test_expected_visits():
    assert expected_visits(cause_chances()) == near(1.25, 3.65, 5.21, 4.17, 2.08, 1.25)


@pytest.mark.parametrize(("phi", "mean"), [(0, 20.0), (0.25, 32.1), (0.75, 56.3), (1, 68.3)])
def test_cheaper_rework_shortens_the_mean_in_proportion(phi, mean):
    assert mean_weeks(plan_weeks(), cause_chances(), phi) == near(mean)


@pytest.mark.parametrize(("stage", "mean"), [("data", 27.4), ("model", 33.0), ("evaluation", 39.5)])
def test_one_stage_ten_times_faster(stage, mean):
    assert run_projects(faster=stage).mean_weeks == near(mean)


def test_no_single_faster_stage_saves_the_promise():
    assert run_projects(faster="data").p80_weeks == near(38.3)
    assert all(run_projects(faster=s.id).p80_weeks > 30 for s in stages())
    assert run_projects(rework_share=0.1).state == "ok" == run_projects(chance_factor=0.4).state


def test_what_shortens_a_project_most_depends_on_where_it_stands():
    assert run_projects().best_changes == ("chances",)
    assert run_projects(rework_share=0.3).best_changes == ("data",)
    assert run_projects(faster="data").best_changes == ("model",)


def test_a_chain_walked_by_hand_agrees():
    """Independent oracle: a walk through tables written here, other dice."""
    doors = {2: [(1, 0.2)], 3: [(1, 0.25), (2, 0.25)], 4: [(2, 0.25), (1, 0.15)], 5: [(0, 0.2)]}
    plan, dice, runs, total, straight = (2, 8, 4, 2, 3, 1), random.Random(7), 20_000, 0.0, 0
    for _ in range(runs):
        stage, seen, back = 0, set(), False
        while stage < 6:
            total += plan[stage] * (0.5 if stage in seen else 1.0)
            seen.add(stage)
            luck, went = dice.random(), stage + 1
            for to, p in doors.get(stage, ()):
                if 0 <= luck < p:
                    went, back = to, True
                luck -= p
            stage = went
        straight += not back
    assert mean_weeks(plan_weeks(), cause_chances(), 0.5) == pytest.approx(total / runs, rel=0.02)
    assert straight_share(cause_chances()) == pytest.approx(straight / runs, rel=0.05)


def test_without_returns_a_project_is_its_plan():
    r = run_projects(chance_factor=0)
    assert (r.mean_weeks, r.returns, r.straight_share) == (20, 0, 1) and not r.backs
    assert 0.45 < r.on_time_share < 0.55 and all(14 <= x <= 26 for x in sampled_weeks(plan_weeks(), cause_chances(0), 1))


@given(chance_sets, shares)
@settings(max_examples=50, deadline=None)
def test_the_equations_of_the_chain_hold(chances, phi):
    visits, ahead, plan = expected_visits(chances), weeks_ahead(plan_weeks(), chances), plan_weeks()
    assert all(v >= 1 - 1e-9 for v in visits)
    assert ahead[0] == pytest.approx(sum(p * v for p, v in zip(plan, visits, strict=True)))
    assert mean_weeks(plan, chances, phi) == pytest.approx((1 - phi) * sum(plan) + phi * ahead[0])
    leaving = 1 - sum(p for p, c in zip(chances, causes(), strict=True) if c.found == "acceptance")
    assert visits[-1] * leaving == pytest.approx(1)  # every project ends once
    assert mean_returns(chances) >= 0 and 0 <= straight_share(chances) <= 1


@given(shares, shares)
@settings(max_examples=25, deadline=None)
def test_a_drawn_project_is_gapless_and_has_its_rank(phi, share):
    route, lengths = route_of(plan_weeks(), cause_chances(), phi, share), sampled_weeks(plan_weeks(), cause_chances(), phi)
    assert all(a[2] == b[1] for a, b in zip(route, route[1:], strict=False))
    assert route[-1][2] == pytest.approx(lengths[min(999, int(share * 1000))])
    for (stage, _, _, cause), after in zip(route, route[1:], strict=False):
        assert stages()[after[0]].id == (causes()[cause].back if cause >= 0 else stages()[stage + 1].id)


def test_visits_of_the_drawn_project_are_counted_for_each_stage():
    r = run_projects()
    assert r.visit_notes["problem"] == "1 visit (average 1.25)" and len(r.visit_notes) == 6
    assert sum(int(note.split()[0]) for note in r.visit_notes.values()) == len(r.bars) and len(r.backs) == r.shown_returns


def test_shares_rise_to_nearly_all():
    done = run_projects().done
    assert done[0] == (0.0, 0.0) and done[-1][1] >= 0.98 and all(a[1] <= b[1] for a, b in zip(done, done[1:], strict=False))
    assert dict(done)[20.0] == 0.086 == share_within(sampled_weeks(plan_weeks(), cause_chances(), 0.5), 20)


def test_repeated_visits_sum_a_geometric_series():
    assert repeated_visits(0.7) == pytest.approx(sum(0.7**k for k in range(200)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: run_projects(1.5), lambda: run_projects(math.nan), lambda: run_projects(True), lambda: run_projects(chance_factor=2),
        lambda: run_projects(faster="luck"),
        lambda: run_projects(speedup=0), lambda: run_projects(never="rain"), lambda: run_projects(shown_share=-1), lambda: expected_visits((0.1,)),
        lambda: expected_visits((0, 0.5, 0.5, 0, 0, 0)), lambda: expected_visits("many"), lambda: weeks_ahead((1, 2), cause_chances()),
        lambda: mean_weeks((2, 8, 4, 2, 3, -1), cause_chances(), 0.5), lambda: repeated_visits(1), lambda: share_within((), 1), lambda: shares_by_week(()),
        lambda: quantile_weeks((1.0,), 2), lambda: route_of(plan_weeks(), cause_chances(), 0.5, None), lambda: cause_chances(None),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(run_projects()))
