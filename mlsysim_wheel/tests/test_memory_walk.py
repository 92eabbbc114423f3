"""A training step as a walk through memory."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.convnet import resnet50
from mlsysim.errors import MlsysimError
from mlsysim.memory_walk import layer_training_bytes, stages, walk
from mlsysim.quantity import show_work

NETWORKS, OPTIMIZERS = ("digits", "dense", "picture"), ("sgd", "momentum", "adam")


@pytest.mark.parametrize(("batch", "gigabytes", "times"), [(256, 23.7, 232), (32, 3.25, 31.8), (1, 0.476, 4.67)])
def test_peak_of_the_picture_network(batch, gigabytes, times):
    r = walk("picture", batch)
    assert (r.peak_bytes / 1e9, r.times_weights) == pytest.approx((gigabytes, times), rel=5e-3)


@pytest.mark.parametrize(("optimizer", "gigabytes"), [("adam", 2.16), ("momentum", 1.62), ("sgd", 1.08)])
def test_peak_of_the_dense_network(optimizer, gigabytes):
    r = walk("dense", 256, optimizer=optimizer)
    assert r.peak_bytes / 1e9 == pytest.approx(gigabytes, rel=5e-3)
    assert r.best_change == ("optimizer" if optimizer != "sgd" else "weights")


def test_shares_of_activations():
    assert walk("picture").activation_share == pytest.approx(0.986, rel=5e-3)
    assert walk("dense").activation_share == pytest.approx(0.00389, rel=5e-3)


def test_inference_and_arithmetic():
    r = walk("picture", mode="inference")
    assert r.peak_bytes / 1e9 == pytest.approx(1.75, rel=5e-3) == walk("picture").inference_peak_bytes / 1e9
    assert walk("picture").step_flop == pytest.approx(6.28e12, rel=5e-3)
    assert r.step_flop * 3 == walk("picture").step_flop
    assert walk("picture").forward_flop == 2 * 256 * resnet50().macs


@pytest.mark.parametrize(("card", "batch"), [(16e9, 171), (24e9, 259), (80e9, 874)])
def test_largest_batch(card, batch):
    assert walk(card_bytes=card).largest_batch == batch
    assert walk("picture", batch, card_bytes=card).fits and not walk("picture", batch + 1, card_bytes=card).fits


def test_what_leads_out_of_sixteen_gigabytes():
    assert walk(value_bytes=2).peak_bytes / 1e9 == pytest.approx(11.9, rel=5e-3) and walk(value_bytes=2).fits
    assert walk(optimizer="sgd").peak_bytes / 1e9 == pytest.approx(23.5, rel=5e-3) and not walk(optimizer="sgd").fits


def test_where_the_peak_stands_depends_on_what_is_big():
    """Activations peak as the backward pass begins, gradients as it ends."""
    names = [m.name for m in walk("picture").moments]
    assert names.index(walk("picture").peak_step) < len(names) * 0.6
    assert walk("dense").peak_step == "backward layer 1"


def test_the_layers_of_the_picture_network():
    """Parameters and operations are those of the layer list, and no layer is counted twice."""
    found, net = stages("picture"), resnet50()
    assert len(found) == 20 and [s.name for s in found][:3] == ["stem", "pool", "block 1"]
    assert sum(s.parameters for s in found) == net.weights == 25_503_912
    assert sum(s.macs for s in found) == net.macs
    convolutions = sum(la.output_elements for la in net.layers if la.kind != "fc")
    assert sum(s.kept for s in found) == 2 * (convolutions + 64 * 56 * 56 + 2048) + 1000


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(NETWORKS), st.integers(1, 2000), st.sampled_from(OPTIMIZERS), st.sampled_from((2, 4)), st.floats(0, 1))
def test_a_walk_against_a_plain_loop(network, batch, optimizer, b, look_at):
    layers, first = stages(network), {"digits": 784, "dense": 4096, "picture": 150_528}[network]
    fixed = sum(s.parameters for s in layers) * (b + 4 * OPTIMIZERS.index(optimizer))
    now = fixed + batch * first * b
    seen = [now]
    for s in layers:
        now += batch * s.kept * b
        seen.append(now)
    for s in reversed(layers):
        now += s.parameters * b
        seen.append(now)
        now -= batch * s.kept * b
    r = walk(network, batch, "training", optimizer, b, 16e9, look_at)
    assert [m.total_bytes for m in r.moments] == pytest.approx([*seen, now])
    assert r.peak_bytes == pytest.approx(max(seen)) and r.here_bytes == r.moments[r.here].total_bytes <= r.peak_bytes
    assert r.fits == (r.batch <= r.largest_batch)
    assert r.inference_peak_bytes <= r.peak_bytes
    assert len(show_work(r)) > 20


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(NETWORKS), st.integers(2, 1024), st.sampled_from(("training", "inference")), st.sampled_from(OPTIMIZERS))
def test_the_best_change_is_the_smallest_peak(network, batch, mode, optimizer):
    r = walk(network, batch, mode, optimizer)
    after = {"batch": walk(network, batch // 2, mode, optimizer).peak_bytes, "optimizer": walk(network, batch, mode, "sgd").peak_bytes}
    after["weights"] = r.peak_bytes - r.weights_bytes / 2
    best = min(after.values())
    assert r.best_bytes == pytest.approx(best if best <= 0.99 * r.peak_bytes else r.peak_bytes)
    if r.best_change != "nothing":
        assert after[r.best_change] == pytest.approx(best)


def test_a_layer_by_hand():
    assert layer_training_bytes(64, 128, 256) == 16 * (64 * 128 + 128) + 4 * 256 * 128


@pytest.mark.parametrize(
    "call",
    [
        lambda: walk("transformer"), lambda: walk(["picture"]), lambda: walk("picture", 0), lambda: walk("picture", 1.5), lambda: walk(mode="sleep"),
        lambda: walk(optimizer="lion"), lambda: walk(value_bytes=1), lambda: walk(card_bytes=0.0), lambda: walk(look_at=1.1),
        lambda: walk(card_bytes=math.inf), lambda: stages(None), lambda: layer_training_bytes(0, 1, 1),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
