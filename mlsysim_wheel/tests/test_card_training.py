"""Training a deep dense network on one card."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog
from mlsysim.card_training import train_on_card
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

ROOT2 = math.sqrt(2)


def test_relu_in_bf16_with_a_master_copy():
    r = train_on_card("relu", ROOT2, "bf16", True, 16, 256)
    assert (r.memory_bytes / 1e9, r.gradient_ratio, r.update_error) == pytest.approx((4.33, 0.415, 5.49e-4), rel=5e-3)


@pytest.mark.parametrize(("format", "gigabytes", "error"), [("fp32", 4.37, 4.67e-5), ("fp16", 3.26, 0.0234), ("bf16", 3.26, 1.0)])
def test_formats_without_a_master_copy(format, gigabytes, error):
    r = train_on_card("relu", ROOT2, format, False, 16, 256)
    assert (r.memory_bytes / 1e9, r.update_error) == pytest.approx((gigabytes, error), rel=5e-3)


def test_an_update_is_traffic_and_takes_most_of_a_small_batch():
    """28 bytes a weight at 300 GB/s: 25 ms for 0.27 billion weights, whatever the batch."""
    small, large = (train_on_card("relu", ROOT2, "bf16", True, 16, n) for n in (64, 1024))
    assert small.update_s == large.update_s == pytest.approx(28 * 16 * (4096**2 + 4096) / 300e9)
    assert (small.binding, large.binding) == ("data", "arithmetic")


def test_fp32_is_its_own_master_copy():
    one, two = (train_on_card("relu", 1.0, "fp32", m, 8, 64) for m in (False, True))
    assert (one.memory_bytes, one.step_s, one.update_error) == (two.memory_bytes, two.step_s, two.update_error)


def test_the_sigmoid_at_the_default_fails_twice():
    r = train_on_card("sigmoid", 1.0, "bf16", False, 16, 256)
    assert r.gradient_imbalance == pytest.approx(3.02e9, rel=5e-3) and r.update_error == 1.0


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(("sigmoid", "tanh", "relu")), st.sampled_from((1.0, ROOT2)), st.sampled_from(("fp32", "bf16", "fp16")), st.booleans(),
    st.sampled_from((8, 12, 16, 24, 32)), st.sampled_from((64, 128, 256, 512, 1024)), st.sampled_from(("l4", "a100_sxm_80gb", "h100_sxm")),
)  # fmt: skip
def test_no_step_beats_the_card(activation, gain, format, master, layers, batch, card):
    r, device = train_on_card(activation, gain, format, master, layers, batch, card), catalog.device(card)
    assert 6 * r.parameters * batch / r.step_s <= device.peak_flop_per_s[format]
    passed = (r.update_bytes_per_parameter + 3 * r.value_bytes) * r.parameters
    assert passed / r.step_s <= device.memory_bandwidth_bytes_per_s * (1 + 1e-12)
    assert r.state_bytes_per_parameter in (12.0, 16.0) and r.gradient_imbalance >= 1
    assert len(show_work(r)) > 20


@pytest.mark.parametrize(
    "call",
    [
        lambda: train_on_card("relu", 1.0, "fp8", False, 8, 64), lambda: train_on_card("relu", 1.0, "bf16", 1, 8, 64),
        lambda: train_on_card("gelu", 1.0, "bf16", True, 8, 64), lambda: train_on_card("relu", 1.0, "bf16", True, 1, 64),
        lambda: train_on_card("relu", 1.0, "bf16", True, 8, 0), lambda: train_on_card("relu", 1.0, "bf16", True, 8, 64, "l5"),
        lambda: train_on_card("relu", -1.0, "bf16", True, 8, 64),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
