"""Carbon of training runs: life cycle, clean hours, power caps, rebound, and the run that composes them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, clean_hours, green_run, power_cap, rebound, run_footprint
from mlsysim.errors import MlsysimError

few = settings(max_examples=50, deadline=None)
close = lambda x: pytest.approx(x, rel=5e-3)  # noqa: E731


# the life cycle of a published run


def test_the_published_terms_of_bloom():
    f = run_footprint.run_footprint()
    assert (f.dynamic_t, f.idle_t, f.embodied_t, f.total_t) == (close(24.7), close(14.6), close(11.2), close(50.5))
    assert f.dynamic_share == close(0.489)


@pytest.mark.parametrize(("grid", "dynamic"), [(0.02, 0.346), (0.394, 0.603)])
def test_the_grid_decides_what_the_meter_misses(grid, dynamic):
    assert run_footprint.run_footprint(grid).dynamic_share == close(dynamic)


def test_making_outweighs_energy_on_the_cleanest_grid():
    assert run_footprint.run_footprint(0.02).embodied_share == close(0.448)


def test_terms_are_equal_where_it_says_so():
    f = run_footprint.run_footprint(run_footprint.run_footprint().equal_kg_per_kwh)
    assert f.dynamic_t == pytest.approx(f.embodied_t)


@pytest.mark.parametrize(("arguments", "lever"), [((), "grid"), ((0.02,), "hours"), ((0.02, 0.0, 3, 0.3), "life"), ((0.713, 1.0, 8, 1.0), "grid or idle")])
def test_the_best_lever_changes_with_the_grid(arguments, lever):
    assert lever in run_footprint.run_footprint(*arguments).levers


@few
@given(st.floats(0.005, 1.5), st.floats(0, 2), st.floats(1, 10), st.floats(0.1, 1))
def test_shares_are_a_whole_and_a_dirtier_grid_emits_more(grid, idle, life, used):
    f = run_footprint.run_footprint(grid, idle, life, used)
    assert f.dynamic_share + f.idle_share + f.embodied_share == pytest.approx(1)
    assert run_footprint.run_footprint(min(2, grid * 1.1), idle, life, used).total_t > f.total_t


# clean hours


def test_waiting_in_california_makes_it_worse():
    s = clean_hours.shift()
    assert (s.now_t, s.total_t, s.end_h) == (close(19.3), close(22.9), 90)
    assert s.change_share == close(0.186)


@pytest.mark.parametrize(("region", "change"), [("california", -0.0899), ("texas", -0.0247), ("virginia", 0.0372)])
def test_without_draw_while_paused_the_grid_decides(region, change):
    assert clean_hours.shift(region, paused_share=0.0).change_share == close(change)


@pytest.mark.parametrize(("extra", "change"), [(0.25, 0.056), (2.0, 0.416)])
def test_more_patience_does_more_harm(extra, change):
    assert clean_hours.shift(extra_share=extra).change_share == close(change)


def test_a_week_keeps_the_mean_of_its_grid():
    for region in clean_hours.REGIONS:
        assert math.fsum(clean_hours.week(region)) / 168 == pytest.approx(catalog.grid(region).carbon_kg_per_kwh)


extras, resumes = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0]), st.sampled_from([0.0, 0.25, 1.0, 3.0])
settings_of_a_shift = (st.sampled_from(clean_hours.REGIONS), extras, st.floats(0, 1), resumes)


@few
@given(*settings_of_a_shift, st.integers(1, 160))
def test_the_run_gets_its_work_and_its_resumes(region, extra, paused, resume, work):
    s = clean_hours.shift(region, extra, paused, resume, work)
    assert s.run_h >= work + resume * s.pauses - 1e-9
    assert s.end_h <= s.window_h <= 168
    assert s.total_t == pytest.approx(s.running_t + s.paused_t + s.embodied_t)


@few
@given(*settings_of_a_shift)
def test_no_other_choice_of_as_many_hours_is_cleaner(region, extra, paused, resume):
    s = clean_hours.shift(region, extra, paused, resume)
    assert s.running_t <= s.full_kw / 1e3 * math.fsum(sorted(s.intensity[: s.window_h])[: s.run_h]) + 1e-9 or extra == 0


@few
@given(st.sampled_from(clean_hours.REGIONS), st.sampled_from([0.25, 0.5, 1.0]))
def test_waiting_changes_nothing_at_the_break_even_draw(region, extra):
    s = clean_hours.shift(region, extra)
    if s.break_even_share > 0:
        assert clean_hours.shift(region, extra, s.break_even_share).change_share == pytest.approx(0, abs=1e-9)
    else:
        assert clean_hours.shift(region, extra, 0.0).change_share >= 0


def test_the_causes():
    causes = {clean_hours.shift(*a).cause for a in (("california",), ("virginia",), ("california", 1.0, 0.0), ("india", 0.0))}
    assert causes == {"draw", "flat", "none"}
    assert clean_hours.released(clean_hours.shift()).cause == "none"


# power caps


def test_half_the_power_costs_a_fifth_of_the_speed():
    s = power_cap.capped_step()
    assert (s.clock_share, s.step, s.gpu_energy, s.energy) == (close(0.753), close(1.21), close(0.607), close(0.789))


@pytest.mark.parametrize(("host", "best"), [(300, 0.32), (600, 0.44)])
def test_the_best_cap_rises_with_the_host(host, best):
    assert power_cap.capped_step(host_w=host).best_cap_share == pytest.approx(best)


@few
@given(st.floats(0.2, 1), st.floats(0, 0.9), st.floats(0, 1000))
def test_no_cap_beats_the_best_and_none_is_faster_than_none(cap, fixed, host):
    s = power_cap.capped_step(round(cap, 2), fixed, host)
    assert s.step >= 1 and s.best_energy <= min(1.0, *(e for _, _, e in power_cap.trade_off(fixed, host)))
    assert s.gpu_energy == pytest.approx(s.cap_share * s.step)


def test_what_a_lower_cap_would_do():
    assert {power_cap.capped_step(c, b, h).lower for c, b, h in ((1.0, 0.35, 300), (0.3, 0.35, 300), (0.44, 0.35, 600))} == {"less", "late", "more"}


# rebound


@pytest.mark.parametrize(("arguments", "electricity"), [({}, 1.88), ({"elasticity": 0.5}, 0.455), ({"passed_on_share": 0.6}, 0.512)])
def test_electricity_after_six_years(arguments, electricity):
    assert rebound.rebound(**arguments).electricity == close(electricity)


def test_the_connection_is_full_in_the_sixteenth_quarter():
    assert rebound.rebound().full_after_years == 4.0
    assert rebound.rebound(elasticity=1.0).full_after_years == 0.0


@few
@given(st.floats(1.05, 2), st.floats(0, 3))
def test_the_closed_form_where_the_price_follows(gain, elasticity):
    r = rebound.rebound(gain, elasticity)
    assert r.electricity == pytest.approx(rebound.electricity_after(gain**6, elasticity))
    if abs(r.electricity - 1) > 1e-6 and elasticity > 1e-6:  # away from the borders between the kinds
        assert r.kind == ("backfire" if elasticity > 1 else "partial")


@few
@given(st.floats(1.05, 2), st.floats(0.2, 1), st.floats(0, 0.2))
def test_electricity_stays_at_the_neutral_elasticity(gain, passed_on, growth):
    neutral = rebound.rebound(gain, 1.0, passed_on, growth).neutral_elasticity
    if 0 <= neutral <= 10:
        assert rebound.rebound(gain, neutral, passed_on, growth).electricity == pytest.approx(1)


# the run that composes them


@pytest.mark.parametrize(
    ("design", "carbon", "end", "cost"),
    [
        (("california", 0.0, "hold", 1.0), 19.3, 48, 98_304),
        (("california", 1.0, "release", 0.5), 14.9, 114, 143_667),
        (("sweden", 0.0, "hold", 1.0), 4.66, 95.1, 108_304),
    ],
)
def test_published_designs(design, carbon, end, cost):
    r = green_run.green_run(*design)
    assert (r.total_t, r.end_h, r.cost_usd) == (close(carbon), close(end), close(cost))


def test_the_winner_changes_with_the_goal():
    designs = [(a, b, c, d) for a in clean_hours.REGIONS for b in green_run.EXTRA for c in green_run.PAUSED for d in green_run.CAPS]

    def best(goal):
        runs = {d: green_run.green_run(*d, goal, 17.0) for d in designs}
        fine = {d: r for d, r in runs.items() if r.total_t <= 17.0 and r.end_h <= green_run.END_LIMIT_H and r.cost_usd <= green_run.COST_LIMIT_USD}
        return min(fine, key=lambda d: fine[d].goal_share)

    winners = [best(goal) for goal in green_run.GOALS]
    assert len(set(winners)) == 4
    assert [w[0] for w in winners] == ["california", "sweden", "sweden", "california"]


def test_goals_order_designs():
    here, there = green_run.green_run(), green_run.green_run("sweden")
    assert there.goal_share > here.goal_share and there.total_t < here.total_t  # the data moved


def test_drills():
    assert run_footprint.ratio_of_totals(1e6, 0.4, 0.04, 0) == pytest.approx(10)
    assert run_footprint.payback_months(1, 2, 4, 2) == pytest.approx(12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: run_footprint.run_footprint(0), lambda: run_footprint.run_footprint(idle_ratio=-1), lambda: run_footprint.run_footprint(life_years=math.nan),
        lambda: run_footprint.embodied_t(1, 1, 0, 1, 1), lambda: run_footprint.payback_months(1, 0, 1, 1), lambda: clean_hours.shift("atlantis"),
        lambda: clean_hours.shift(extra_share=-0.1), lambda: clean_hours.shift(paused_share=1.1), lambda: clean_hours.shift(work_h=169),
        lambda: clean_hours.choose("france", 50, 48, 0.0), lambda: clean_hours.shift(released=1), lambda: power_cap.capped_step(0.1),
        lambda: power_cap.capped_step(fixed_time_share=1.0), lambda: power_cap.trade_off(host_w=-1), lambda: rebound.rebound(1.0),
        lambda: rebound.rebound(elasticity=-1),
        lambda: rebound.rebound(passed_on_share=0), lambda: green_run.green_run(policy="sleep"),
        lambda: green_run.green_run(goal="fame"), lambda: green_run.green_run(cap_share=True),
    ],
)  # fmt: skip
def test_bad_input_raises_a_sentence(call):
    with pytest.raises(MlsysimError, match=r"\.$"):
        call()
