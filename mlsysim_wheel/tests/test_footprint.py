"""Carbon of three deployments: the checks of the lab, and what must hold for every life, grid and power."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import footprint as module
from mlsysim.battery_camera import battery_camera
from mlsysim.errors import MlsysimError
from mlsysim.footprint import electric_share, footprint

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731


def test_three_years_on_the_default_grid():
    assert [footprint(d).kg_total for d in ("nodes", "boxes", "server")] == [near(3100), near(5600), near(3280)]
    assert footprint().electric_share == near(0.0322)
    assert footprint("boxes").kg_per_year == near(1870)
    assert footprint("nodes", 2).kg_per_year == near(1530)


def test_levers_of_a_node_and_of_a_server():
    node, server = dict(footprint().savings), dict(footprint("server").savings)
    assert (node["life"], node["grid"]) == (near(0.484), near(0.0289))
    assert (server["grid"], server["life"]) == (near(0.585), near(0.175))
    assert (footprint().levers, footprint("server").levers) == ("life or embodied", "grid")


def test_power_of_a_node_is_that_of_the_battery_camera():
    camera = battery_camera("0.5/160", "int8")
    assert footprint().power_w == pytest.approx(camera.day_j / 86400, rel=1e-9)
    assert footprint().power_w == near(3.92e-3)


@given(st.sampled_from(list(module.deployments())), st.floats(0.5, 10), st.floats(0.001, 1), st.floats(0, 500), st.floats(0.1, 4))
@settings(max_examples=50, deadline=None)
def test_shares_and_savings(deployment, years, grid, training, factor):
    f = footprint(deployment, years, grid, training, factor)
    assert f.kg_total == pytest.approx(f.made_kg + f.used_kg + f.trained_kg)
    saved = dict(f.savings)
    assert all(-1e-9 <= s < 1 for s in saved.values())
    assert saved["life"] == pytest.approx(saved["embodied"])  # twice the life is half the making, year by year
    assert saved["life"] == pytest.approx((1 - f.electric_share) / 2) and saved["grid"] == pytest.approx(0.9 * f.electric_share)
    assert footprint(deployment, years, grid, 0, factor).electric_share == pytest.approx(electric_share(f.devices, f.embodied_kg, f.power_w, years, grid))


def test_budget():
    assert footprint("boxes").state == module.OVER and footprint("boxes", grid_kg_per_kwh=0.1).state == module.WITHIN


@pytest.mark.parametrize(
    "wrong",
    [dict(deployment="phone"), dict(deployment=None), dict(years=0), dict(grid_kg_per_kwh=-0.1), dict(training_kwh=float("nan")), dict(power_factor=True)],
)
def test_bad_input_is_a_sentence(wrong):
    with pytest.raises(MlsysimError, match=r"[.?]$"):
        footprint(**wrong)
