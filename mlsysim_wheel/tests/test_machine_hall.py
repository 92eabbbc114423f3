"""A hall and its three limits, and a year of a fleet in it: stated numbers, and what must hold for every hall."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import machine_hall as mh
from mlsysim.errors import MlsysimError

HALLS = (st.sampled_from(list(mh.COOLING)), st.integers(1, 8), st.integers(300, 700), st.floats(5e6, 1e8), st.integers(100, 2000), st.floats(0.05, 0.25))


@pytest.mark.parametrize(
    ("cooling", "per_rack", "cap_w", "gpus", "peta"),
    [("air", 1, 700, 6400, 6330), ("air", 2, 675, 9384, 9152), ("air", 2, 400, 12032, 9496),
     ("liquid", 4, 700, 12000, 11868), ("liquid", 4, 600, 13024, 12134)],
)  # GPUs as in the lab's specification; the rates are for the 90 W of fixed power that all rooms share, where it had 210 W
def test_halls_that_the_lab_states(cooling, per_rack, cap_w, gpus, peta):
    h = mh.hall(cooling, per_rack, cap_w)
    assert h.gpus == gpus and h.effective_flop_per_s / 1e15 == pytest.approx(peta, rel=5e-4)


def test_two_servers_are_just_too_hot_and_a_small_cap_cools_them():
    hot, capped = mh.hall("air", 2, 700), mh.hall("air", 2, 675)
    assert (hot.binding, hot.gpus, hot.rack_heat_w) == ("heat", 0, 20_400)
    assert (capped.binding, capped.rack_heat_w) == ("power", 20_000)  # exactly the limit, in whole watts
    assert capped.effective_flop_per_s / mh.hall().effective_flop_per_s == pytest.approx(1.44, rel=5e-3)


def test_a_lower_cap_feeds_more_gpus_until_their_fixed_power_eats_the_gain():
    rates = [mh.hall("air", 2, c).effective_flop_per_s for c in mh.CAPS_W[:-1]]
    assert mh.CAPS_W[rates.index(max(rates))] == 425 and max(rates) / rates[-1] == pytest.approx(1.04, abs=0.005)


def test_every_room_that_caps_an_h100_takes_the_same_fixed_power():
    from mlsysim import fleet_parts, power_cap

    assert mh.hall().fixed_share * 700 == pytest.approx(power_cap.capped_step().static_w) == fleet_parts.given()["static_w"]
    assert power_cap.capped_step(400 / 700).clock_share == pytest.approx(mh.hall("air", 2, 400).speed_share)


@settings(max_examples=50)
@given(*HALLS)
def test_a_hall_keeps_every_limit_and_its_power_adds_up(cooling, k, cap_w, meter_w, racks, other):
    h = mh.hall(cooling, k, cap_w, meter_w, racks, other)
    assert sum(w for _, w in h.parts) == pytest.approx(meter_w) and all(w >= -1e-6 for _, w in h.parts)
    assert h.used_w <= meter_w * (1 + 1e-12) and h.servers <= racks * k and h.gpus <= min(h.gpus_by_power, h.gpus_by_racks)
    assert h.effective_flop_per_s <= h.gpus * h.peak_flop_per_s
    if h.binding == "heat":
        assert h.rack_heat_w > h.rack_limit_w and h.servers == 0
    else:
        assert h.gpus == min(h.gpus_by_power, h.gpus_by_racks) <= h.gpus_by_cooling


@given(st.floats(0.31, 1), st.floats(0, 0.3))
def test_a_cap_takes_more_power_than_speed(cap_share, fixed_share):
    speed = mh.speed_at_cap(cap_share, fixed_share)
    assert 0 < speed <= 1 and fixed_share + (1 - fixed_share) * speed**3 == pytest.approx(cap_share)


@pytest.mark.parametrize(
    ("plan", "million", "mega"), [(("air", 2, 675), 140.5, 20.0), (("liquid", 2, 700, 0.75), 142.0, 15.0), (("rear_door", 2, 700), 159.8, 20.0)]
)
def test_plans_that_the_lab_states(plan, million, mega):
    p = mh.hall_plan(*plan)
    assert (p.cost_usd / 1e6, p.meter_peak_w / 1e6) == pytest.approx((million, mega), rel=5e-3) and p.rack_heat_share <= 1


def test_the_plan_of_the_start_is_too_dear_for_every_wish():
    assert [round(mh.hall_plan(wanted_flop_per_s=w * 1e18).cost_usd / 1e6) for w in (8.5, 9, 9.5)] == [191, 212, 234]


@settings(max_examples=50)
@given(st.sampled_from(list(mh.COOLING)), st.integers(1, 4), st.integers(400, 700), st.floats(0.1, 1), st.floats(1e18, 2e19))
def test_what_is_wanted_is_owned_or_rented(cooling, k, cap_w, filled, wanted):
    p = mh.hall_plan(cooling, k, cap_w, filled, wanted)
    assert p.owned_flop_per_s + p.rented_gpus * p.hall.peak_flop_per_s >= wanted * (1 - 1e-12)
    assert p.cost_usd == pytest.approx(p.servers_usd + p.electricity_usd + p.retrofit_usd + p.rent_usd)
    assert p.meter_peak_w <= p.hall.used_w * (1 + 1e-12) and p.gpus == 8 * int(filled * p.hall.servers)


def test_neighbours_differ_in_one_choice():
    near = mh.plans_near(mh.hall_plan("air", 2, 675, 0.9, 8.5e18))
    choices = [(p.hall.cooling, p.hall.servers_per_rack, p.cap_w, p.filled_share) for _, p in near]
    assert near[0][0] == "yours" and len(set(choices)) == len(choices) == 1 + 2 + 5 + 7 + 6
    assert all(sum(a != b for a, b in zip(choices[0], c, strict=True)) == 1 for c in choices[1:]) and all(p.wanted_flop_per_s == 8.5e18 for _, p in near)


def test_bad_input_is_refused():
    bad = (dict(cooling="ice"), dict(cooling=1), dict(servers_per_rack=0), dict(cap_w=701), dict(meter_w=0), dict(racks=1.5), dict(other_share=1))
    for wrong in (*bad, dict(cap_w=200), dict(meter_w=math.nan)):
        with pytest.raises(MlsysimError):
            mh.hall(**wrong)
    for wrong in (dict(filled_share=0), dict(filled_share=1.1), dict(wanted_flop_per_s=-1), dict(wanted_flop_per_s=math.inf), dict(cooling=None)):
        with pytest.raises(MlsysimError):
            mh.hall_plan(**wrong)
    for wrong in ((0.3, 0.3), (1.1, 0.3), (0.5, -0.1), ("1", 0.3)):
        with pytest.raises(MlsysimError):
            mh.speed_at_cap(*wrong)
    for wrong in ((0, 1.2), (1e6, 0.9), (1e6, math.nan), (True, 1.2)):
        with pytest.raises(MlsysimError):
            mh.gpus_on_meter(*wrong)
