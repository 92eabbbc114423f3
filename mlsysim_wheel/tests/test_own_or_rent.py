"""Own the base, rent the peak: stated numbers, and the rule of the last GPU against a count of every hour."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import own_or_rent as oo
from mlsysim.errors import MlsysimError


def test_the_price_of_an_owned_hour():
    o = oo.own_or_rent().owned_usd_per_h
    assert o == pytest.approx(1.81, rel=5e-3)
    assert oo.own_or_rent(pue=1.58).owned_usd_per_h / o == pytest.approx(1.014, rel=5e-4)
    assert oo.own_or_rent(electricity_usd_per_kwh=0.16).owned_usd_per_h / o == pytest.approx(1.066, rel=5e-4)


@pytest.mark.parametrize(("rent", "best", "million"), [(2.5, 620, 18.6), (4.92, 960, 24.9), (12.29, 1700, 32.7)])
def test_the_cheapest_number_to_own(rent, best, million):
    f = oo.own_or_rent(rent_usd_per_h=rent)
    assert f.best_gpus == best and f.best_usd / 1e6 == pytest.approx(million, rel=5e-3)


@pytest.mark.parametrize(("owned", "million"), [(2657, 42.0), (0, 21.8), (1000, 20.5), (1200, 22.5)])
def test_the_cost_of_a_year(owned, million):
    assert oo.own_or_rent(owned).cost_usd / 1e6 == pytest.approx(million, rel=5e-3)


def test_owning_loses_from_1140_on_at_the_market_price():
    assert oo.own_or_rent(1120).against_renting < 1 < oo.own_or_rent(1140).against_renting
    assert oo.own_or_rent(rent_usd_per_h=1.5).best_gpus == 0


def test_what_moves_the_owned_hour():
    found = {name: (less, more) for name, less, more in oo.own_or_rent().changes}
    assert found["price of the server"] == pytest.approx((-0.434, 0.434), rel=5e-3) and found["life of the server"] == pytest.approx((0.679, -0.226), rel=5e-3)
    for name, size in (("operations", 0.095), ("network", 0.044), ("electricity", 0.033), ("facility", 0.033)):
        assert found[name] == pytest.approx((-size, size), abs=6e-4)


@settings(max_examples=25)
@given(st.integers(0, 3000), st.floats(1, 15), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_the_year_is_the_sum_of_its_hours(owned, rent, burst):
    f = oo.own_or_rent(owned, rent, burst=burst)
    hours = oo._demand(burst)[0]
    assert sum(hours) / len(hours) == pytest.approx(1000) and hours[0] == f.peak_gpus
    rented = sum(max(0.0, d - owned) for d in hours)
    assert f.rented_gpu_hours == pytest.approx(rented, abs=1e-3)
    assert f.cost_usd == pytest.approx(owned * f.owned_usd_per_h * 8736 + rent * rented)
    assert 0 <= f.utilisation_share <= 1 + 1e-12 and f.best_usd <= min(f.rent_all_usd, max(c for _, c in f.costs))


@settings(max_examples=25)
@given(st.floats(1.9, 15), st.sampled_from([0.0, 1.0, 2.0]))
def test_the_last_owned_gpu_is_busy_enough_and_the_next_is_not(rent, burst):
    f = oo.own_or_rent(rent_usd_per_h=rent, burst=burst)
    busy = lambda k: sum(d > k for d in oo._demand(burst)[0]) / 8736  # noqa: E731
    assert busy(f.best_gpus + 20) <= f.break_even_share + 1e-9
    assert f.best_gpus == 0 or busy(f.best_gpus - 20) >= f.break_even_share - 1e-9
    assert f.last_busy_share == busy(f.best_gpus)


def test_bad_input_is_refused():
    bad = (dict(owned_gpus=-1), dict(owned_gpus=1.5), dict(rent_usd_per_h=0), dict(electricity_usd_per_kwh=-0.1), dict(burst=math.nan), dict(price_usd=0))
    for wrong in (*bad, dict(life_years=0), dict(pue=0.9), dict(operations_share=-1), dict(rent_usd_per_h=True), dict(pue="1.3")):
        with pytest.raises(MlsysimError):
            oo.own_or_rent(**wrong)
    for wrong in ((0, 1), (1, 0), (1, math.inf)):
        with pytest.raises(MlsysimError):
            oo.break_even_share(*wrong)
