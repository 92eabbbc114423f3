"""Two machines on one job, a better part, and a station, against hand-computed rows."""

import doctest
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, comparison, iron_law, stations
from mlsysim.comparison import SHELF, better_part, binding_map, compare
from mlsysim.errors import Infeasible, MlsysimError, OutOfRange, UnknownName, WrongType
from mlsysim.quantity import show_work
from mlsysim.stations import station

JOBS = ("ds_cnn_s", "mobilenet_v1_025_96", "mobilenet_v1", "resnet50", "llama3_8b")
jobs, machines, parts = st.sampled_from(JOBS), st.sampled_from(SHELF), st.sampled_from(iron_law.PARTS)


def near(value):
    return pytest.approx(value, rel=5e-3)


def test_the_examples_in_the_documentation_hold():
    assert doctest.testmod(comparison).failed == doctest.testmod(stations).failed == 0


def test_a_million_times_the_peak_is_not_a_million_times_sooner():
    r = compare("ds_cnn_s", "arduino_nano_33_ble", "h100_sxm")
    assert (r.ratio, r.peak_ratio) == (near(735), near(7.73e6))
    assert (r.first_data_s, r.first_arithmetic_s, r.first_time_s) == (near(0.713e-3), near(72.7e-3), near(73.6e-3))
    assert (r.second_data_s, r.second_arithmetic_s, r.second_time_s) == (near(54.5e-9), near(9.10e-9), near(0.1e-3))
    assert r.second_binding == "overhead"
    times = {rung.name: rung.time_s for rung in r.shelf}
    assert (times["raspberry_pi_5"], times["a17_pro"], times["t4"]) == (near(0.591e-3), near(1.00e-3), near(0.201e-3))


def test_through_the_heartbeat_lens_the_fastest_takes_a_second():
    r = compare("ds_cnn_s", "arduino_nano_33_ble", "h100_sxm", lens="heartbeat")
    slow, fast = r.shelf[0], r.shelf[-1]
    assert (fast.time_s, fast.paper_s, fast.everyday) == (near(1), near(1), "a heartbeat")
    assert (slow.time_s / 60, slow.paper_s / 86400) == (near(12.3), near(89.5))
    assert r.bracket(100) == (near(1), near(100))


def test_a_job_that_does_not_fit_never_ends():
    r = compare("mobilenet_v1", "arduino_nano_33_ble", "h100_sxm")
    assert (r.state, r.ratio, r.first_time_s, r.room_bytes, r.tightest) == ("does not fit", math.inf, math.inf, 1e6, "Arduino Nano 33 BLE")
    back = compare("mobilenet_v1", "h100_sxm", "arduino_nano_33_ble")
    assert (back.ratio, back.second_binding, back.bracket(2)) == (0, "does not fit", None)
    assert compare("mobilenet_v1", "arduino_nano_33_ble", "arduino_nano_33_ble").ratio == math.inf


@pytest.mark.parametrize("part, speedup", [("arithmetic", 1.02), ("data", 5.83), ("overhead", 1.06)])
def test_a_tenfold_part_for_one_word_on_an_h100(part, speedup):
    r = better_part("llama3_8b", "h100_sxm", part, 10)
    assert (r.speedup, r.binding, r.binding_speedup) == (near(speedup), "data", near(5.83))
    assert (r.data_s, r.arithmetic_s, r.time_s) == (near(1.47e-3), near(0.0271e-3), near(1.60e-3))


def test_words_and_birds_on_a_raspberry_pi():
    word, bird = better_part("llama3_8b", "raspberry_pi_5", "data", 10), better_part("mobilenet_v1", "raspberry_pi_5", "arithmetic", 10)
    assert (word.data_s, word.arithmetic_s, word.time_s, word.items_per_s) == (near(0.288), near(0.238), near(0.526), near(1.90))
    assert (bird.time_s, bird.speedup) == (near(18.2e-3), near(6.02))


def test_the_map_of_the_shelf():
    rows = binding_map(JOBS, SHELF)
    assert rows[0] == ("O", "O", "✕", "✕", "✕")
    assert rows[-1][0] == "L" and rows[-1][-1] == "D"


def test_the_first_design_of_the_station_breaks_what_two_others_hold():
    default = station("h100_sxm", "resnet50", 32, 30)
    assert (default.latency_s, default.power_w, default.price_usd) == (near(1.03), near(100), 30000)
    pi, orin = station("raspberry_pi_5", "mobilenet_v1", 1, 30), station("jetson_orin_nano_8gb", "resnet50", 1, 30)
    assert (pi.latency_s, pi.load, pi.power_w) == (near(18.2e-3), near(0.546), near(5.60))
    assert (orin.load, orin.power_w, orin.top1_share, orin.price_usd) == (near(0.077), near(5.77), 0.761, 249)
    assert station("raspberry_pi_5", "mobilenet_v1", 1, 43).load < 0.8 < station("raspberry_pi_5", "mobilenet_v1", 1, 44).load


@given(jobs, machines, machines)
@settings(max_examples=50, deadline=None)
def test_a_ratio_turns_around_with_its_machines(job, a, b):
    there, back = compare(job, a, b), compare(job, b, a)
    if there.state == "fits":
        assert there.ratio * back.ratio == pytest.approx(1)
    assert {m.name for m in there.shelf} == set(SHELF)


@given(jobs, machines, parts, st.floats(1, 1e6))
@settings(max_examples=50, deadline=None)
def test_no_part_beats_its_ceiling_and_none_beats_the_binding_one(job, machine, part, factor):
    if not iron_law.fits(comparison.as_job(job), catalog.machine(machine)):
        with pytest.raises(Infeasible):
            better_part(job, machine, part, factor)
        return
    r = better_part(job, machine, part, factor)
    assert 1 <= r.speedup * (1 + 1e-12) and r.speedup <= r.ceiling * (1 + 1e-12) and r.speedup <= factor * (1 + 1e-12)
    assert r.speedup <= r.binding_speedup * (1 + 1e-12)
    assert sum(r.after) == pytest.approx(r.improved_s)
    assert r.time_at(r.speedup) == pytest.approx(r.improved_s)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: compare("ds_cnn", "t4", "h100_sxm"), UnknownName),
        (lambda: compare("ds_cnn_s", "t5", "h100_sxm"), UnknownName),
        (lambda: compare("ds_cnn_s", 4, "h100_sxm"), WrongType),
        (lambda: compare("ds_cnn_s", "t4", "h100_sxm", lens="sundial"), OutOfRange),
        (lambda: compare("ds_cnn_s", "t4", "h100_sxm", shelf="t4"), WrongType),
        (lambda: compare(iron_law.Job("nothing", 0, 0), "t4", "h100_sxm").bracket(0), OutOfRange),
        (lambda: better_part("ds_cnn_s", "t4", "cable", 10), OutOfRange),
        (lambda: better_part("ds_cnn_s", "t4", "data", 0.5), OutOfRange),
        (lambda: better_part("ds_cnn_s", "t4", "data", math.nan), OutOfRange),
        (lambda: better_part("ds_cnn_s", "t4", "data", True), WrongType),
        (lambda: better_part("ds_cnn_s", "t4", "data", 2).time_at(0), OutOfRange),
        (lambda: station("t4", "llama3_8b", 1, 30), Infeasible),
        (lambda: station("stm32h743", "resnet50", 1, 30), Infeasible),
        (lambda: station("t4", "resnet50", 0, 30), OutOfRange),
        (lambda: station("t4", "resnet50", 1, -30), OutOfRange),
        (lambda: comparison.cut_largest(-1, 1, 1, 2), OutOfRange),
        (lambda: comparison.everyday(0), OutOfRange),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(call, error):
    with pytest.raises(error) as refused:
        call()
    assert isinstance(refused.value, MlsysimError) and str(refused.value).endswith((".", "?"))


def test_every_result_shows_its_work():
    for r in (compare("ds_cnn_s", "t4", "h100_sxm"), better_part("ds_cnn_s", "t4", "data", 2), station("t4", "resnet50", 1, 30)):
        for step in show_work(r):
            assert step.formula == "" or step.source
