"""A platform that pays late, and one plan for releases, experiments and alarms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.operations_plan import plan_operations
from mlsysim.platform_payback import NEVER, PATTERNS, idle_cost_extra_usd, monthly_people, pay_platform


@pytest.mark.parametrize(("pattern", "month", "saving"), [("central", 40, 3.64e6), ("hybrid", 35, 7.77e6)])
def test_payback(pattern, month, saving):
    p = pay_platform(pattern)
    assert p.payback_months == month and p.saving_usd == pytest.approx(saving, rel=5e-3)


def test_waiting_a_year_saves_as_much_and_slow_growth_never_pays():
    assert pay_platform(start_month=12).saving_usd == pytest.approx(3.71e6, rel=5e-3)
    assert pay_platform(growth_share=0.03).state == NEVER


def test_saving_is_the_difference_of_two_payrolls():
    saved = 0.0
    for m in range(1, 49):
        n = 20 * 1.04**m
        saved += 250_000 / 12 * (monthly_people("manual", n, m) - monthly_people("hybrid", n, m))
        assert dict(dict(pay_platform("hybrid").curves)["hybrid"])[m] == pytest.approx(saved)


@given(st.sampled_from(PATTERNS), st.floats(0.0, 0.08), st.integers(0, 40), st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_the_payback_month_is_the_last_crossing(pattern, growth, start, models):
    p = pay_platform(pattern, growth, start, models)
    path = [v for _, v in dict(p.curves)[pattern]]
    assert p.saving_usd == path[-1] and p.dip_usd == min(path) <= 0
    if p.payback_months:
        assert min(path[p.payback_months :]) >= 0 > path[p.payback_months - 1]


def test_every_lever_is_the_best_one_somewhere():
    found = {pay_platform(pattern, g, s, n).best_lever for pattern in PATTERNS for g in (0.01, 0.03, 0.06) for s in (0, 12, 24) for n in (10, 20, 40)}
    assert found == {"pattern", "start", "team", "build", "none"}


def test_the_default_plan_breaks_three_limits_and_two_others_hold_them():
    p = plan_operations()
    assert (p.loss_share, p.cost_usd, p.pages_per_day, p.false_share) == pytest.approx((0.0618, 81_300, 6.13, 0.558), rel=5e-3)
    train = plan_operations(7, 7, "cascade", 3, 2, "fixed")
    assert (train.loss_share, train.cost_usd, train.pages_per_day, train.delay_s / 3600, train.false_share) == pytest.approx(
        (0.0437, 58_400, 2.40, 0.667, 0.22), rel=5e-3
    )
    pinned = plan_operations(14, 3, "pinned", 2.5, 5, "screen")
    assert (pinned.loss_share, pinned.cost_usd, pinned.pages_per_day, pinned.delay_s / 3600, pinned.false_share) == pytest.approx(
        (0.0299, 83_300, 2.19, 1.083, 0.0303), rel=5e-3
    )


def test_dear_versions_speak_for_the_train():
    cost = lambda usd, *release: plan_operations(*release, version_usd=usd).cost_usd  # noqa: E731 - one comparison, twice
    assert cost(0, 14, 3, "pinned") < cost(0, 1, 3, "cascade") and cost(4500, 14, 3, "pinned") > cost(4500, 1, 3, "cascade")


def test_idle_hours_by_use_or_half_each():
    # a uses 6,000 and b 2,000 of 10,000: of the 2,000 idle hours a pays 1,500 by use, 1,000 by halves
    assert idle_cost_extra_usd(10_000, 2.0, 6000, 2000) == pytest.approx(2.0 * (1500 - 1000))
    assert idle_cost_extra_usd(10_000, 2.0, 6000, 2000) == -idle_cost_extra_usd(10_000, 2.0, 2000, 6000)


@pytest.mark.parametrize("bad", [dict(pattern="none"), dict(growth_share=-0.1), dict(start_month=48), dict(models=0)])
def test_refuses_a_platform(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        pay_platform(**bad)


@pytest.mark.parametrize("bad", [dict(policy="x"), dict(embedding_days=0), dict(threshold=0), dict(testing="x"), dict(version_usd=-1)])
def test_refuses_a_plan(bad):
    with pytest.raises(MlsysimError, match="policy" if "testing" in bad else next(iter(bad))):
        plan_operations(**bad)


def test_refuses_a_pool_smaller_than_its_use():
    with pytest.raises(MlsysimError, match="pool_hours"):
        idle_cost_extra_usd(100, 1.0, 80, 80)
