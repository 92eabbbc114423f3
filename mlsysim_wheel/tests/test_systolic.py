"""Layers on a weight-stationary systolic array."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.convnet import mobilenet_v1, resnet50
from mlsysim.errors import MlsysimError
from mlsysim.systolic import product, run, run_mobilenet

SIDES = (16, 32, 64, 128, 256)


@pytest.mark.parametrize(("side", "cycles"), [(64, 658_445), (128, 368_391), (256, 253_232)])
def test_cycles_of_mobilenet(side, cycles):
    assert run_mobilenet(side).cycles == cycles


def test_few_depthwise_multiply_adds_take_most_cycles():
    r = run_mobilenet()
    assert r.depthwise_mac_share == pytest.approx(0.0306, rel=5e-3)
    assert r.depthwise_cycle_share == pytest.approx(0.664, rel=5e-3)
    assert run_mobilenet(packed=False).depthwise_cycle_share == pytest.approx(0.963, rel=5e-3)


def test_batch_of_eight():
    r = run_mobilenet(128, 8)
    assert (r.utilisation, r.depthwise_cycle_share) == pytest.approx((0.151, 0.713), rel=5e-3)


def test_sixteen_times_the_multipliers_give_2_6_times_the_speed():
    small, large = run_mobilenet(64), run_mobilenet(256)
    assert small.cycles / large.cycles == pytest.approx(2.60, rel=5e-3)
    assert (small.utilisation, large.utilisation) == pytest.approx((0.211, 0.0343), rel=5e-3)


def test_full_convolutions_on_the_largest_array():
    r = run_mobilenet(256, network="full")
    assert (r.macs_vs_separable, r.cycles_vs_separable) == pytest.approx((8.56, 1.40), rel=5e-3)


def test_silicon_is_idle_below_five_percent_and_the_state_can_be_left():
    assert run_mobilenet(256).state == "idle"
    assert {run_mobilenet(128).state, run_mobilenet(256, 8).state, run_mobilenet(256, network="full").state} == {"ok"}


def test_best_change_is_the_highest_utilisation_after_one_change():
    for side in SIDES:
        for batch in (1, 4, 8):
            for network in ("separable", "full"):
                for packed in (True, False):
                    r = run_mobilenet(side, batch, network, packed)
                    after = {
                        "larger batch": run_mobilenet(side, 8, network, packed).utilisation,
                        "smaller array": run_mobilenet(side // 2, batch, network, packed).utilisation,
                        "packing": run_mobilenet(side, batch, network, True).utilisation,
                        "replacing depthwise": run_mobilenet(side, batch, "full", packed).utilisation,
                    }
                    assert after[r.best_change] == pytest.approx(max(after.values()))
                    assert sorted(after.values())[-2] < max(after.values())  # one right answer
                    assert max(after.values()) > r.utilisation  # and it helps
    assert run_mobilenet().best_change == "replacing depthwise"
    assert run_mobilenet(network="full").best_change == "larger batch"
    assert run_mobilenet(network="full", batch=8).best_change == "smaller array"


def test_speed_against_the_previous_size_is_two_runs():
    for side in SIDES[1:]:
        assert run_mobilenet(side).speed_vs_previous_size == pytest.approx(run_mobilenet(side // 2).cycles / run_mobilenet(side).cycles)


def test_a_pointwise_layer_is_one_product():
    layer = next(x for x in run(mobilenet_v1()).layers if x.name == "pointwise 8")
    one = product(layer.m, layer.k, layer.n, 128)
    assert (layer.m, layer.k, layer.n) == (196, 512, 512)
    assert (layer.cycles, layer.macs, layer.utilisation) == (one.cycles, one.macs, one.utilisation)
    assert one.utilisation == 196 * 512 * 512 / (math.ceil(512 / 128) ** 2 * (196 + 254) * 128**2)


def test_the_picture_of_a_depthwise_layer_is_a_diagonal_of_columns():
    packed = next(x for x in run(mobilenet_v1(), 128).layers if x.kind == "depthwise")
    assert packed.channels_at_once == 14
    assert packed.occupied[:2] == ((0, 9, 0, 1), (9, 18, 1, 2))
    single = next(x for x in run(mobilenet_v1(), 128, packed=False).layers if x.kind == "depthwise")
    assert (single.occupied, single.occupied_cells) == (((0, 9, 0, 1),), 9)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 300), st.integers(1, 16), st.booleans(), st.booleans())
def test_no_layer_beats_the_array(side, batch, packed, full):
    r = run(mobilenet_v1(full=full), side, batch, packed)
    assert 0 < r.utilisation <= 1
    assert r.speed_vs_previous_size <= (side / (side // 2)) ** 2 * (1 + 1e-9)
    assert sum(x.cycles for x in r.layers) == r.cycles
    assert sum(x.macs for x in r.layers) == r.macs
    assert sum(r.mac_share_by_layer) == pytest.approx(1)
    assert sum(r.cycle_share_by_layer) == pytest.approx(1)
    for x in r.layers:
        assert 0 < x.utilisation <= x.occupied_share <= 1
        assert all(0 <= top < bottom <= side and 0 <= left < right <= side for top, bottom, left, right in x.occupied)
        assert sum((bottom - top) * (right - left) for top, bottom, left, right in x.occupied) == x.occupied_cells


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 512))
def test_a_product_never_exceeds_the_peak(m, k, n, side):
    r = product(m, k, n, side)
    assert 0 < r.utilisation <= 1
    assert r.cycles >= r.macs / side**2


def test_a_larger_batch_never_lowers_utilisation():
    for network in (mobilenet_v1(), mobilenet_v1(full=True), resnet50()):
        shares = [run(network, 128, batch).utilisation for batch in range(1, 9)]
        assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: run("mobilenet"), "network"),
        (lambda: run(mobilenet_v1(), 1), "side"),
        (lambda: run(mobilenet_v1(), 64.5), "side"),
        (lambda: run(mobilenet_v1(), 64, 0), "batch"),
        (lambda: run(mobilenet_v1(), 64, True), "batch"),
        (lambda: run(mobilenet_v1(), 64, 1, 1), "packed"),
        (lambda: run_mobilenet(network="dense"), "network"),
        (lambda: run_mobilenet(float("nan")), "side"),
        (lambda: product(0, 1, 1), "m is"),
        (lambda: product(1, -1, 1), "k is"),
        (lambda: product(1, 1, "1"), "n is"),
        (lambda: product(1, 1, 1, float("inf")), "side"),
    ],
)
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
