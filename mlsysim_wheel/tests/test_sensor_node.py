"""A battery node that listens: bytes, energy, battery."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.quantity import show_work
from mlsysim.sensor_node import EMPTY, NOT_ALLOWED, OK, POLICIES, TOO_THIN, battery_life_s, listen
from mlsysim.units import DAY

RADIOS = ("ble", "lora", "lte_m")


@pytest.mark.parametrize(("radio", "microjoules", "operations"), [("ble", 0.165, 1210), ("lora", 140, 1.03e6), ("lte_m", 36.0, 2.64e5)])
def test_a_byte_in_joules_and_in_operations(radio, microjoules, operations):
    day = listen(radio)
    assert day.byte_energy_j * 1e6 == pytest.approx(microjoules, rel=5e-3)
    assert day.operations_per_byte == pytest.approx(operations, rel=5e-3)


@pytest.mark.parametrize(
    ("radio", "policy", "false", "days"),
    [
        ("lora", "stream", 2, 0.0697), ("lora", "clip", 2, 26.4), ("lora", "label", 2, 63.7), ("ble", "stream", 2, 48.1), ("lte_m", "clip", 2, 41.9),
        ("lte_m", "label", 2, 55.0), ("lora", "clip", 0, 45.4), ("lora", "clip", 10, 9.88), ("lora", "clip", 60, 2.01),
    ],
)  # fmt: skip
def test_how_long_two_cells_last(radio, policy, false, days):
    assert listen(radio, policy, false).life_s / DAY == pytest.approx(days, rel=5e-3)


def test_states():
    assert listen("lora", "stream").airtime_share == pytest.approx(46.81, rel=5e-3)
    assert listen("lora", "stream").state == TOO_THIN
    assert listen("lora", "clip").airtime_share == pytest.approx(0.0724, rel=5e-3)
    assert listen("lora", "clip").state == NOT_ALLOWED
    assert listen("lte_m", "clip", 60).state == EMPTY
    assert listen("lora", "label").state == OK


def test_what_empties_the_battery():
    assert (listen("lora", "clip").radio_bytes_j, listen("lora", "clip").day_j) == pytest.approx((598, 1022), rel=5e-3)
    assert (listen("lora", "label").thinking_j, listen("lora", "label").day_j) == pytest.approx((318, 424), rel=5e-3)
    assert {listen("lora", "clip").binding, listen("lora", "label").binding, listen("lora", "label", 2, 1).binding, listen("lte_m", "label", 60).binding} == {
        "radio bytes", "thinking", "microphone", "wake-ups",
    }  # fmt: skip
    assert listen("lora", "label", 2, 1).life_s / listen("lora", "label").life_s == pytest.approx(2.5, rel=5e-3)


def test_detections_are_poisson():
    """Over the month the number lies within four standard deviations of rate times time."""
    for false in (0, 5, 60):
        day = listen("ble", "label", false)
        for seen, mean in ((day.true_calls_per_day * 30, 20 * 30), ((day.messages_per_day - day.true_calls_per_day) * 30, false * 24 * 30)):
            assert abs(seen - mean) <= 4 * math.sqrt(mean)
    assert len(listen("ble", "label", 60).detections) == pytest.approx(listen("ble", "label", 60).messages_per_day * 30)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(RADIOS), st.sampled_from(POLICIES), st.floats(0, 100), st.floats(0.1, 13))
def test_energy_adds_up_and_is_conserved(radio, policy, false, runs):
    day = listen(radio, policy, false, runs)
    assert day.day_j == pytest.approx(day.microphone_j + day.thinking_j + day.radio_bytes_j + day.wakeups_j)
    assert day.life_s * day.day_j / DAY == pytest.approx(day.battery_j)
    assert day.sent_bytes <= day.room_bytes * (1 + 1e-9) or day.state in (TOO_THIN, NOT_ALLOWED)
    assert day.thinking_j <= day.active_power_w * DAY  # a processor cannot be busier than always
    assert (day.life_s < day.visit_days * DAY) == (day.day_j > day.budget_j)
    assert 0 <= day.wanted_bytes <= day.sent_bytes


def test_battery_life_of_the_drill():
    assert battery_life_s(0.5) / DAY == pytest.approx(27000 / (86400 * (1.23e-3 + 5e-3)))
    assert battery_life_s(0) > battery_life_s(1)


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(listen())}
    assert "SX1276" in steps["radio_power_w"].source and "illustrative" in steps["battery_j"].source
    assert steps["life_s"].substituted


def test_more_runs_than_a_second_holds_are_refused():
    with pytest.raises(Infeasible, match="cannot run"):
        listen("lora", "label", 2, 14)
    assert listen("lora", "stream", 2, 14).thinking_j == 0  # no detector runs


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: listen("wifi"), "wifi"), (lambda: listen("lora", "video"), "policy"), (lambda: listen("lora", "label", -1), "false_wakes_per_h"),
        (lambda: listen("lora", "label", float("inf")), "false_wakes_per_h"), (lambda: listen("lora", "label", 2, 0), "runs_per_s"),
        (lambda: listen("lora", "label", 2, True), "runs_per_s"), (lambda: battery_life_s(1.1), "duty_share"), (lambda: battery_life_s("half"), "duty_share"),
    ],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
