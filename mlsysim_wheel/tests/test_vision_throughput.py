"""Images a second: host-bound small batches, activation passes, ceilings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, convnet
from mlsysim.errors import MlsysimError
from mlsysim.vision_throughput import image_batch

V100, A100 = catalog.device("v100_sxm2_32gb"), catalog.device("a100_sxm_80gb")
NET = convnet.resnet50()


@given(st.integers(1, 512), st.booleans(), st.sampled_from(["fp16", "fp32"]))
@settings(max_examples=30, deadline=None)
def test_no_batch_beats_the_peak_but_for_fewer_multiplications(batch, training, fmt):
    run = image_batch(NET, V100, batch, fmt, training=training)
    fewer = 2.25 if fmt == "fp32" else 1.0
    assert run.operations / fewer <= V100.peak(fmt) * run.time_s
    assert run.time_s >= run.host_s and run.images_per_s == pytest.approx(batch / run.time_s)


def test_a_small_batch_waits_for_the_host_and_a_large_one_for_the_card():
    floor = image_batch(NET, V100, 1).time_s
    assert image_batch(NET, V100, 8).time_s == floor and image_batch(NET, V100, 8).binding == "host"
    assert image_batch(NET, V100, 256).binding == "device"
    assert image_batch(NET, V100, 1, eager=False).time_s < floor / 5


def test_training_is_mostly_passes_over_activations():
    run = image_batch(NET, A100, 256, "fp16", training=True)
    assert run.passes_s > run.convolutions_s


def test_channels_first_costs_transposes_on_tensor_cores_only():
    last, first = (image_batch(NET, A100, 256, "tf32", layout=order).time_s for order in ("channels last", "channels first"))
    assert first > 1.1 * last
    assert image_batch(NET, A100, 256, "fp32", layout="channels first").time_s == image_batch(NET, A100, 256, "fp32").time_s


def test_resnet18_has_its_published_size():
    net = convnet.resnet18()
    assert net.macs / 1e9 == pytest.approx(1.81, rel=5e-3) and net.weights / 1e6 == pytest.approx(11.68, rel=5e-3)


@pytest.mark.parametrize("bad", [{"batch": 0}, {"fmt": "fp1"}, {"layout": "rows"}, {"training": 1}, {"network": "resnet50"}])
def test_wrong_batches_are_refused(bad):
    with pytest.raises(MlsysimError):
        image_batch(**{"network": NET, "device": V100, "batch": 8, **bad})
