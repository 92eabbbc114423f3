"""Layer lists of convolutional networks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.convnet import mobilenet_v1, resnet50, top1, vgg16
from mlsysim.errors import MlsysimError

# Million multiply-adds and parameters. Width 1 and 0.5: TensorFlow Slim mobilenet_v1.md. Width 0.75: Howard et al. 2017, Table 6
# (Slim states 317 million there, 2.6 % less than the architecture has; the paper states 325).
PUBLISHED = {
    (1.0, 224): (569, 4.24), (1.0, 192): (418, 4.24), (1.0, 160): (291, 4.24), (1.0, 128): (186, 4.24),
    (0.75, 224): (325, 2.6),
    (0.5, 224): (150, 1.34), (0.5, 192): (110, 1.34), (0.5, 160): (77, 1.34), (0.5, 128): (49, 1.34),
}  # fmt: skip


@pytest.mark.parametrize(("shape", "published"), PUBLISHED.items())
def test_mobilenet_has_the_published_size(shape, published):
    net = mobilenet_v1(*shape)
    assert net.macs / 1e6 == pytest.approx(published[0], rel=0.01)
    assert net.weights / 1e6 == pytest.approx(published[1], rel=0.01)


def test_mobilenet_has_28_layers_and_few_depthwise_multiply_adds():
    net = mobilenet_v1()
    assert net.layer_count == 28
    assert net.depthwise_mac_share == pytest.approx(0.0306, rel=5e-3)
    assert sum(layer.kernel_weights for layer in net.layers) / 1e6 == pytest.approx(4.21, rel=5e-3)


def test_full_convolutions_do_nearly_nine_times_the_multiply_adds():
    full = mobilenet_v1(full=True)
    assert full.layer_count == 15
    assert full.depthwise_macs == 0
    assert full.macs / mobilenet_v1().macs == pytest.approx(8.56, rel=5e-3)
    separable = mobilenet_v1().layers
    assert [x.side_out for x in full.layers] == [x.side_out for x in separable if x.kind != "depthwise"]


def test_resnet50_and_vgg16_have_the_published_size():
    net = resnet50()
    assert (net.layer_count, net.macs) == (54, 4_089_184_256)
    assert net.weights / 1e6 == pytest.approx(25.5, rel=5e-3)
    assert sum(net.weights_by_layer[:40]) / 1e6 == pytest.approx(7.4, rel=5e-3)
    assert vgg16().weights == 138_357_544  # the published parameter count, exactly
    assert vgg16().macs / 1e9 == pytest.approx(15.5, rel=5e-3)


def test_microcontroller_networks():
    net = mobilenet_v1(0.5, 192)
    assert (net.peak_activation_elements / 1e3, net.weights / 1e6, net.macs / 1e6) == pytest.approx((442, 1.33, 110), rel=5e-3)
    assert mobilenet_v1(0.25, 96, 2).macs / 1e6 == pytest.approx(7.49, rel=5e-3)
    assert net.peak_layer == "pointwise 1"


def test_pruning_early_blocks_cuts_activations_and_late_blocks_cut_parameters():
    whole = mobilenet_v1(0.5, 160)
    early = mobilenet_v1(0.5, 160, kept=(0.5,) * 4 + (1,) * 10)
    late = mobilenet_v1(0.5, 160, kept=(1,) * 8 + (0.5,) * 6)
    assert early.peak_activation_elements / whole.peak_activation_elements == 0.5
    assert 1 - early.weights / whole.weights == pytest.approx(0.008, abs=5e-4)
    assert late.peak_activation_elements == whole.peak_activation_elements
    assert 1 - late.weights / whole.weights == pytest.approx(0.557, abs=5e-4)


def test_published_accuracy():
    assert top1("mobilenet_v1", width=1.0, resolution=224) == 0.697
    assert top1("mobilenet_v1", width=1.0, resolution=224, precision="float") == 0.709
    assert top1("mobilenet_v1", width=0.75, resolution=128) == 0.598
    assert top1("resnet50") == 0.75
    for width in (1.0, 0.75, 0.5, 0.25):
        row = [top1("mobilenet_v1", width=width, resolution=side) for side in (224, 192, 160, 128)]
        assert row == sorted(row, reverse=True)
        assert all(q < top1("mobilenet_v1", width=width, resolution=s, precision="float") for q, s in zip(row, (224, 192, 160, 128)))


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 2), st.integers(32, 320), st.booleans())
def test_a_network_is_the_sum_of_its_layers(width, resolution, full):
    net = mobilenet_v1(width, resolution, full=full)
    assert sum(layer.macs for layer in net.layers) == net.macs
    assert sum(net.weights_by_layer) == net.weights
    assert sum(net.mac_share_by_layer) == pytest.approx(1)
    assert max(net.activation_elements_by_layer) == net.peak_activation_elements
    for before, after in zip(net.layers, net.layers[1:-1]):
        assert (before.c_out, before.side_out) == (after.c_in, after.side_in)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mobilenet_v1(0), "width"),
        (lambda: mobilenet_v1(float("nan")), "width"),
        (lambda: mobilenet_v1(True), "width"),
        (lambda: mobilenet_v1(1, 31), "resolution"),
        (lambda: mobilenet_v1(1, 224.5), "resolution"),
        (lambda: mobilenet_v1(1, 224, 0), "classes"),
        (lambda: mobilenet_v1(full=1), "full"),
        (lambda: mobilenet_v1(kept=0.5), "kept"),
        (lambda: mobilenet_v1(kept=(0.5,)), "kept"),
        (lambda: mobilenet_v1(kept=(0.0,) * 14), "kept"),
        (lambda: resnet50(float("inf")), "resolution"),
        (lambda: vgg16("224"), "resolution"),
        (lambda: top1("alexnet"), "alexnet"),
        (lambda: top1("mobilenet_v1", width=0.6), "width"),
        (lambda: top1("mobilenet_v1", resolution=100), "resolution"),
        (lambda: top1("resnet50", precision="int4"), "precision"),
    ],
)
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
