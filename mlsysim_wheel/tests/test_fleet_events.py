"""Events on a fleet's timeline: known stresses, and the same quarter replayed hour by hour."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import fleet_frontier, fleet_parts
from mlsysim._datafile import load
from mlsysim.errors import MlsysimError
from mlsysim.fleet_events import EVENTS, lane, stress_fleet
from mlsysim.fleet_parts import PRESET, Strain

ALL = "+".join(EVENTS)
RAW = load(fleet_parts.FILE)["events"]
designs = st.builds(fleet_parts.Design, *[st.sampled_from(options) for options in fleet_frontier.ALL_OPTIONS.values()])
few = settings(max_examples=25, deadline=None)


def by_the_hour(design, names, timing, rate):
    """(hour at which the model is trained, hours outside the SLO), one hour after the other."""
    spans = {n: (RAW[n][f"{timing}_h"], RAW[n][f"{timing}_h"] + RAW[n]["hours"]) for n in names}
    begin, train, serve = (0 if design.region == "california" else 72), fleet_parts.training_nodes(design), fleet_parts.serving_nodes(design)
    restart_h = min(1.0, {"manual": 1800, "automatic": 600, "standby": 240}[design.recovery] / 3600)
    calm, done, outside, before, end, hour = fleet_parts.tokens_per_s(design, train), 0.0, 0, 0, None, 0
    if not fleet_parts.holds_slo(*fleet_parts.serving_of(serve, design.number_format, design.cap_share, rate)[1:]) and design.lending:
        calm = None  # nodes move without any event
    while end is None or hour < 2160:
        active = [n for n, (a, b) in spans.items() if a <= hour < b]
        strain = Strain(**{k: v for n in active for k, v in RAW[n].items() if k in Strain._fields})
        cap, demand, taken = min(design.cap_share, strain.cap), rate * strain.demand, 0

        def serving(taken, cap=cap, demand=demand):
            return fleet_parts.serving_of(serve + taken, design.number_format, cap, demand)[1:]

        if design.lending and not fleet_parts.holds_slo(*serving(0)):
            while train - taken - 4 >= 16 and not (serving(taken)[0] < 0.9 and serving(taken)[1] <= 2):
                taken += 4
        speed = fleet_parts.tokens_per_s(design, train - taken, strain, lent=not taken)
        calm = calm or speed
        if end is None and hour >= begin:
            work = speed * (1 - (restart_h if taken != before else 0)) * 3600
            work -= sum(calm * 3600 * RAW[n].get("lost_h", 0) for n in active)
            before = taken
            done += work
            end = hour + 1 if done >= 4e12 * (1 - 1e-12) else None
        outside += hour < 2160 and not fleet_parts.holds_slo(*serving(taken))
        hour += 1
        if hour > 2160 and end is None and not any(b > hour for _, b in spans.values()):
            end = hour + math.ceil((4e12 - done) / (speed * 3600) - 1e-9)
    return end, outside


def test_all_six_events_on_the_preset():
    s = stress_fleet()
    assert s.hours_outside == 72 and s.sum_of_hours == 0 and s.needed == "demand+heat"
    assert s.delay_days == pytest.approx(3.21, rel=5e-3) and stress_fleet(timing="apart").hours_outside == 0
    assert stress_fleet(timing="apart").delay_days == pytest.approx(3.50, rel=5e-3)


def test_each_event_alone():
    delays = {n: stress_fleet(n).delay_days for n in EVENTS}
    assert delays == pytest.approx({"demand": 0, "heat": 1.04, "failures": 0.375, "network": 0, "storage": 1.33, "rollback": 0.75}, rel=5e-3)
    assert not any(stress_fleet(n).hours_outside for n in EVENTS)


def test_serving_is_saved_by_nodes_of_training_which_then_is_later():
    without, with_ = stress_fleet(), stress_fleet(lending=True)
    assert with_.hours_outside == 0 < without.hours_outside and with_.taken_nodes == 12 and with_.delay_days > without.delay_days


@few
@given(designs, st.sampled_from(["together", "apart"]), st.sampled_from([250, 280, 300]), st.sets(st.sampled_from(list(EVENTS))))
def test_the_same_hour_by_hour(design, timing, rate, names):
    names = tuple(n for n in EVENTS if n in names)
    s = stress_fleet("+".join(names) or "none", timing, *design, requests_per_s=rate)
    end, outside = by_the_hour(design, names, timing, rate)
    assert s.hours_outside == outside and abs(24 * s.stressed_days - end) <= 1


@few
@given(designs)
def test_events_never_help(design):
    s = stress_fleet(ALL, "together", *design)
    assert s.delay_days >= 0 and s.hours_outside >= stress_fleet("none", "together", *design).hours_outside and s.lowest_rate_share <= 1 + 1e-12


def test_lanes_cover_the_time_of_the_events():
    points = lane(stress_fleet(), "events")
    assert max(v for _, v in points) == 5 and points[0] == (0.0, 0.0) and points[-1][0] == 37.0
    assert lane(stress_fleet("none"), "power")[-1][0] == 90.0


def test_needed_is_the_smallest_set():
    assert stress_fleet("demand", serving_share=0.15).needed == "one" and stress_fleet("none", nodes=96, serving_share=0.15).needed == "calm"
    assert stress_fleet("heat+failures").needed == "none"


def test_two_designs_under_stress():
    a = PRESET._replace(
        nodes=128, tensor=4, oversubscription=8, interval_s=600, saving="asynchronous", recovery="automatic", cap_share=0.8, number_format="fp8"
    )
    b = PRESET._replace(nodes=144, tensor=4, interval_s=600, saving="asynchronous", recovery="automatic", region="sweden", lending=True)
    assert stress_fleet(ALL, "together", *a, requests_per_s=300).stressed_days == pytest.approx(65.6, rel=5e-3)
    assert stress_fleet(ALL, "together", *b, requests_per_s=270).stressed_days == pytest.approx(68.8, rel=5e-3)


@pytest.mark.parametrize("wrong", ["flood", "demand+demand", "", None, 1, "demand heat"])
def test_unknown_events_are_refused(wrong):
    with pytest.raises(MlsysimError, match="events"):
        stress_fleet(wrong)
