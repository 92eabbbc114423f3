"""Networks under a roofline, layer by layer: published sizes, an independent sum, and what no roof allows."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, layer_walk
from mlsysim.errors import MlsysimError
from mlsysim.layer_walk import NETWORKS, devices, walk

NAMES, DEVICES = st.sampled_from(list(NETWORKS)), st.sampled_from(list(devices()))


def ms(seconds):
    return pytest.approx(seconds * 1e-3, rel=5e-3)


def test_numbers_that_the_lab_states():
    r, one = walk("mobilenet_v1", "a100", 64), walk("mobilenet_v1", "a100", 1)
    assert r.time_s == ms(0.932) and (r.reached_share, r.depthwise_time_share, r.depthwise_mac_share) == pytest.approx((0.250, 0.392, 0.0306), rel=5e-3)
    assert one.time_s == ms(0.131) and (one.reached_share, one.depthwise_time_share) == pytest.approx((0.0279, 0.436), rel=5e-3)
    assert walk("mobilenet_v1", "h100", 64).depthwise_time_share == pytest.approx(0.454, rel=5e-3)
    assert walk("mobilenet_v1", "cortex_m7", 1).depthwise_time_share == pytest.approx(0.0306, rel=5e-3)
    assert walk("mobilenet_v1", "cortex_m7", 1).time_s == ms(2040)
    assert walk("resnet50", "a100", 64).time_s == ms(3.21) and walk("vgg16", "a100", 64).time_s == ms(10.8)


def test_where_fewest_operations_is_the_right_rule():
    ratios = {(d, b): walk("mobilenet_v1", d, b).time_ratio for d in devices() for b in (1, 64)}
    stated = {("cortex_m7", 1): 7.19, ("raspberry_pi_5", 1): 7.00, ("a100", 64): 3.44, ("a100", 1): 2.09, ("h100", 64): 2.60}
    assert {k: ratios[k] for k in stated} == pytest.approx(stated, rel=5e-3)
    assert walk("mobilenet_v1", "a100", 1).operations_ratio == pytest.approx(7.19, rel=5e-3)
    spoilers = [walk("vgg16", d, b).spoiler for d, b in (("cortex_m7", 1), ("raspberry_pi_5", 1), ("a100", 64), ("a100", 1))]
    assert spoilers == ["nothing", "nothing", "data", "overhead"]


def test_reached_shares_around_the_idle_state():
    assert [walk("mobilenet_v1", "a100", b).reached_share for b in (1, 2, 4)] == pytest.approx([0.028, 0.051, 0.087], rel=2e-2)
    assert walk("resnet50", "a100", 1).reached_share == pytest.approx(0.096, rel=5e-3)


def test_networks_have_their_published_size():
    """Weights without normalisation and biases: 4.21, 25.5 and 138 million (Howard 2017, He 2016, Simonyan 2015)."""
    weights = [sum(la.kernel_weights for la in net().layers) / 1e6 for net in NETWORKS.values()]
    assert weights == pytest.approx([4.21, 25.5, 138], rel=5e-3)
    assert [walk(n, "a100", 1).macs / 1e9 for n in NETWORKS] == pytest.approx([0.569, 4.09, 15.5], rel=5e-3)
    assert [walk(n, "a100", 1).layer_count for n in NETWORKS] == [29, 54, 16]


def test_mobilenet_by_hand():
    """The walk written out once more, from Table 1 of Howard et al. instead of the layer list."""
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    rows, side, c = [(9 * 3 * 32 * 112**2, 9 * 3 * 32, 3 * 224**2 + 32 * 112**2)], 112, 32
    for out, stride in blocks:
        after = side // stride
        rows.append((9 * c * after**2, 9 * c, c * side**2 + c * after**2))
        rows.append((c * out * after**2, c * out, c * after**2 + out * after**2))
        side, c = after, out
    rows += [(0, 0, 1024 * 49 + 1024), (1024 * 1000, 1024 * 1000, 1024 + 1000)]
    times = [max(2 * m * 64 / (312e12 * 0.6), (p + 64 * v) * 2 / 2.039e12) + 4e-6 for m, p, v in rows]
    assert walk("mobilenet_v1", "a100", 64).time_s == pytest.approx(sum(times), rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(NAMES, DEVICES, st.integers(1, 4096))
def test_no_layer_beats_the_roof_and_the_parts_make_the_whole(network, device, batch):
    r = walk(network, device, batch)
    assert r.reached_share <= r.efficiency * (1 + 1e-12)
    for la in r.layers:
        assert la.rate_flop_per_s <= min(r.ceiling_flop_per_s, la.intensity_flop_per_byte * r.bandwidth_bytes_per_s) * (1 + 1e-12)
    assert sum(la.time_s for la in r.layers) == pytest.approx(r.time_s)
    assert sum(r.time_shares) == pytest.approx(1) and sum(t for _, _, t in r.shares_by_kind) == pytest.approx(1)
    assert r.time_s <= batch * walk(network, device, 1).time_s * (1 + 1e-12)
    assert 1 < r.time_ratio <= r.operations_ratio * (1 + 1e-12)


def test_rates_are_those_of_the_catalog():
    for name, chip in (("a100", "a100_sxm_80gb"), ("h100", "h100_sxm"), ("cortex_m7", "stm32h743"), ("raspberry_pi_5", "raspberry_pi_5")):
        assert walk("vgg16", name, 1).peak_flop_per_s == catalog.device(chip).peak("fp16" if name in ("a100", "h100") else "int8")


BATCHES = (0, 1.5, True, "1", float("nan"), 5000)


@pytest.mark.parametrize("wrong", [("alexnet", "a100", 1), ("vgg16", "tpu", 1), ("vgg16", None, 1), *(("vgg16", "a100", b) for b in BATCHES)])
def test_wrong_input_raises_a_sentence(wrong):
    with pytest.raises(MlsysimError, match=r"(must be|There is no)"):
        walk(*wrong)


def test_every_setting_of_the_lab_is_quick_and_whole():
    for network, device, batch in itertools.product(NETWORKS, devices(), (1, 256)):
        assert layer_walk.walk(network, device, batch).time_s > 0
