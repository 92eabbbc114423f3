"""Training on a phone: the layers of MobileNetV2, and what each choice of trained parameters keeps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import convnet, phone_training
from mlsysim.errors import Infeasible, MlsysimError

PARTS = st.sampled_from(phone_training.STRATEGIES)
ABOUT = {"rel": 5e-3}


def test_mobilenet_v2_has_the_published_size():
    net = convnet.mobilenet_v2()
    assert net.layer_count == 53
    assert net.macs == pytest.approx(300e6, rel=0.01) and net.weights == pytest.approx(3.50e6, **ABOUT)  # Sandler et al. 2018: 300 M, 3.4 M
    assert convnet.mobilenet_v2(224, 100).macs == pytest.approx(299.6e6, **ABOUT)


@pytest.mark.parametrize(("part", "megabytes"), [("full", 497), ("norm", 272), ("bias", 64.9), ("last", 58.1)])
def test_memory_of_a_batch_of_eight(part, megabytes):
    assert phone_training.adapt(part).memory_bytes == pytest.approx(megabytes * 1e6, **ABOUT)


def test_parameters_and_a_small_image():
    assert phone_training.adapt().parameters == pytest.approx(2.35e6, **ABOUT)
    assert phone_training.trained_parameters("norm") == pytest.approx(0.162e6, **ABOUT)
    assert phone_training.trained_parameters("bias") == pytest.approx(0.145e6, **ABOUT)
    assert phone_training.adapt(side_px=96).memory_bytes == pytest.approx(107e6, **ABOUT)


def test_few_parameters_do_not_mean_little_memory():
    norm = phone_training.adapt("norm")
    assert norm.trained_share == pytest.approx(0.069, **ABOUT) and norm.of_full_share == pytest.approx(0.547, **ABOUT)


@settings(max_examples=50)
@given(PARTS, st.integers(1, 64), st.sampled_from([96, 128, 160, 192, 224]), st.sampled_from(list(phone_training.COPIES)))
def test_the_parts_add_up_and_the_largest_batch_is_the_largest(part, batch, side, optimizer):
    r = phone_training.adapt(part, batch, side, optimizer)
    assert sum(r.kept) == pytest.approx(r.activations_bytes) and r.of_full_share <= 1
    assert sum(r.kept) + sum(r.spared) == pytest.approx(r.full_parts[2])
    fits = phone_training.adapt(part, max(1, r.largest_batch), side, optimizer).memory_bytes
    assert fits <= r.cap_bytes < phone_training.adapt(part, r.largest_batch + 1, side, optimizer).memory_bytes
    assert (r.state == "fits") == (batch <= r.largest_batch)


@settings(max_examples=50)
@given(st.floats(1e6, 1e9), st.floats(0, 1e8), st.floats(1e5, 1e8), st.floats(0, 1e7))
def test_one_more_image_would_not_fit(cap, fixed, stored, buffer):
    try:
        n = phone_training.largest_batch(cap, fixed, stored, buffer)
    except Infeasible:
        assert fixed + stored + buffer > cap
    else:
        assert fixed + n * (stored + buffer) <= cap * (1 + 1e-12) and fixed + (n + 1) * (stored + buffer) > cap * (1 - 1e-12)


@pytest.mark.parametrize("wrong", [{"trained_part": "some"}, {"batch": 0}, {"batch": 2.5}, {"side_px": 8}, {"optimizer": "lion"}, {"batch": True}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(MlsysimError):
        phone_training.adapt(**wrong)
