"""The Iron Law and the duty of a station against hand-computed rows."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, duty, iron_law
from mlsysim.errors import Infeasible, MlsysimError, OutOfRange, WrongType
from mlsysim.iron_law import Job, on_machine
from mlsysim.quantity import show_work

ROW = 5e-3
HEAR, SPOT, BIRD, CAREFUL, WORD = (
    Job.of(catalog.model(m)) for m in ("ds_cnn_s", "mobilenet_v1_025_96", "mobilenet_v1", "resnet50", "llama3_8b")
)
SHELF = {m.name: m for m in catalog.machines()}


def near(value):
    return pytest.approx(value, rel=ROW)


def test_hear_a_call_on_an_arduino():
    r = on_machine(HEAR, SHELF["arduino_nano_33_ble"])
    assert (r.data_s, r.arithmetic_s, r.overhead_s, r.time_s) == (near(0.713e-3), near(72.7e-3), near(0.1e-3), near(73.6e-3))
    assert r.binding == "arithmetic"


def test_hear_a_call_on_an_h100():
    r = on_machine(HEAR, SHELF["h100_sxm"])
    assert (r.data_s, r.arithmetic_s, r.time_s, r.binding) == (near(54.5e-9), near(9.10e-9), near(0.1e-3), "overhead")
    slow = on_machine(HEAR, SHELF["arduino_nano_33_ble"])
    assert slow.time_s / r.time_s == near(735)
    assert r.peak_ops_per_s / slow.peak_ops_per_s == near(7.73e6)


@pytest.mark.parametrize("name, time_s", [("raspberry_pi_5", 0.591e-3), ("a17_pro", 1.00e-3), ("t4", 0.201e-3)])
def test_hear_a_call_elsewhere(name, time_s):
    assert on_machine(HEAR, SHELF[name]).time_s == near(time_s)


def test_on_paper_a_season():
    paper = HEAR.operations / SHELF["arduino_nano_33_ble"].peak_ops_per_s / (HEAR.operations / SHELF["h100_sxm"].peak_ops_per_s)
    assert paper / 86400 == near(89.5)


def test_say_one_word():
    r = on_machine(WORD, SHELF["h100_sxm"])
    assert (r.data_s, r.arithmetic_s, r.time_s) == (near(1.47e-3), near(0.0271e-3), near(1.60e-3))
    assert [iron_law.improve(r, p, 10).speedup for p in ("arithmetic", "data", "overhead")] == [near(1.02), near(5.83), near(1.06)]
    pi = on_machine(WORD, SHELF["raspberry_pi_5"])
    assert (pi.data_s, pi.arithmetic_s, pi.time_s) == (near(0.288), near(0.238), near(0.526))
    assert 1 / pi.time_s == near(1.90)  # measured: 1.99 words a second


def test_name_a_bird_on_a_pi():
    r = on_machine(BIRD, SHELF["raspberry_pi_5"])
    assert r.time_s == near(18.2e-3)
    assert iron_law.improve(r, "arithmetic", 10).speedup == near(6.02)


def test_spot_a_person_on_a_microcontroller():
    r = on_machine(SPOT, SHELF["stm32h743"])
    assert r.data_s + r.arithmetic_s == near(27.3e-3)


@pytest.mark.parametrize("batch, total, longest", [(1, 12.9e-3, 12.5e-3), (32, 22.5e-3, 12.5e-3), (128, 52.5e-3, 33.5e-3)])
def test_photos_on_a_v100(batch, total, longest):
    photo = Job("name a bird, carefully, fp16", CAREFUL.operations, 51.0e6, 45.3e6)
    r = on_machine(photo, SHELF["v100_eager"], batch)
    assert (r.time_s, r.overlapped_s) == (near(total), near(longest))


def test_what_does_not_fit_has_no_time():
    assert not iron_law.fits(BIRD, SHELF["arduino_nano_33_ble"])
    fit = iron_law.fits(SPOT, SHELF["arduino_nano_33_ble"])
    assert fit and fit.word == "fits" and fit.share == near(0.22)
    with pytest.raises(Infeasible, match=r"does not fit on Arduino.*needs 4.20.MB, and 1.00.MB") as raised:
        on_machine(BIRD, SHELF["arduino_nano_33_ble"])
    assert (raised.value.needed, raised.value.available) == (4.2e6, 1e6)


def test_one_station():
    pi = duty.station(BIRD, SHELF["raspberry_pi_5"], rate_per_s=30)
    assert (pi.latency_s, pi.load, pi.power_w) == (near(18.2e-3), near(0.546), near(5.60))
    orin = duty.station(CAREFUL, SHELF["jetson_orin_nano_8gb"], rate_per_s=30)
    assert (orin.power_w, orin.load) == (near(5.77), near(0.077))
    default = duty.station(CAREFUL, SHELF["h100_sxm"], rate_per_s=30, batch=32)
    assert (default.latency_s, default.power_w) == (near(1.03), pytest.approx(100, rel=0.01))
    assert duty.station(BIRD, SHELF["raspberry_pi_5"], rate_per_s=44).load > 0.8
    assert duty.station(CAREFUL, SHELF["raspberry_pi_5"], rate_per_s=30).state == "overloaded"


positive = st.floats(1e-6, 1e18)


@settings(max_examples=50, deadline=None)
@given(positive, positive, positive, positive, st.floats(0.01, 1), st.floats(0, 1e3))
def test_sum_and_maximum_differ_by_three_at_most(data, bandwidth, operations, peak, efficiency, overhead):
    r = iron_law.estimate(
        data_bytes=data,
        bandwidth_bytes_per_s=bandwidth,
        operations=operations,
        peak_ops_per_s=peak,
        efficiency=efficiency,
        overhead_s=overhead,
    )
    assert r.overlapped_s <= r.time_s <= 3 * r.overlapped_s * (1 + 1e-12)
    assert r.term_s(r.binding) == r.overlapped_s
    assert operations / r.time_s <= peak * (1 + 1e-12) and data / r.time_s <= bandwidth * (1 + 1e-12)
    best = max(iron_law.PARTS, key=lambda p: iron_law.improve(r, p, 10).speedup)
    assert iron_law.improve(r, best, 10).speedup == pytest.approx(iron_law.improve(r, r.binding, 10).speedup)
    for part in iron_law.PARTS:
        better = iron_law.improve(r, part, 7)
        assert 1 - 1e-12 <= better.speedup <= min(7, better.ceiling) * (1 + 1e-9)


GOOD = dict(data_bytes=1.0, bandwidth_bytes_per_s=1.0, operations=1.0, peak_ops_per_s=1.0, efficiency=0.5, overhead_s=0.0)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, True, "1", None])
def test_wrong_input_gives_no_number(name, bad):
    with pytest.raises(MlsysimError, match=name):
        iron_law.estimate(**{**GOOD, name: bad})


def test_more_wrong_input():
    law = iron_law.estimate(**GOOD)
    for name, bad in (("bandwidth_bytes_per_s", 0), ("peak_ops_per_s", 0), ("efficiency", 0), ("efficiency", 1.1)):
        with pytest.raises(OutOfRange, match=name):
            iron_law.estimate(**{**GOOD, name: bad})
    np = pytest.importorskip("numpy")
    with np.errstate(over="ignore"), pytest.raises(OutOfRange, match="beyond"):
        iron_law.estimate(**{**GOOD, "data_bytes": np.float32([1e30]), "bandwidth_bytes_per_s": np.float32([1e-30])})
    for factor in (0.5, 0, -2, math.nan, math.inf, True, "2"):
        with pytest.raises(MlsysimError, match="factor"):
            iron_law.improve(law, "data", factor)
    with pytest.raises(OutOfRange, match="part"):
        iron_law.improve(law, "memory", 2)
    with pytest.raises(WrongType):
        iron_law.improve(3, "data", 2)
    with pytest.raises(WrongType):
        on_machine("resnet50", SHELF["t4"])
    with pytest.raises(WrongType):
        on_machine(HEAR, "t4")
    for batch in (0, 1.5, True, -1):
        with pytest.raises(MlsysimError, match="batch"):
            on_machine(HEAR, SHELF["t4"], batch)
    with pytest.raises(MlsysimError, match="operations"):
        Job("x", -1, 1)
    with pytest.raises(OutOfRange, match="full_power_w"):
        duty.duty_cycle(trip_s=1, rate_per_s=1, idle_power_w=5, full_power_w=4)
    with pytest.raises(Infeasible, match="intermediate values"):
        Job.of(catalog.model("vgg16"))


def test_a_single_term_has_no_ceiling():
    law = iron_law.estimate(data_bytes=1, bandwidth_bytes_per_s=1, operations=0, peak_ops_per_s=1)
    assert iron_law.improve(law, "data", 4).speedup == 4 and iron_law.improve(law, "data", 4).ceiling == math.inf


def test_the_work_can_be_shown():
    for result in (on_machine(HEAR, SHELF["t4"]), iron_law.fits(HEAR, SHELF["t4"]), duty.station(HEAR, SHELF["t4"], rate_per_s=9)):
        assert "<" not in show_work(result).markdown()
        assert all(s.source or not s.formula for s in show_work(result))
    assert "illustrative" in show_work(on_machine(HEAR, SHELF["t4"])).text()
