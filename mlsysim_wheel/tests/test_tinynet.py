"""Signal and gradient in a deep random network, checked against finite differences and closed forms."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import tinynet
from mlsysim.errors import MlsysimError
from mlsysim.tinynet import ACTIVATIONS, gradient_flow

ROOT2 = math.sqrt(2)


@pytest.mark.parametrize(
    ("activation", "gain", "depth", "ratio"),
    [
        ("sigmoid", 1, 5, 394), ("sigmoid", 1, 10, 4.17e5), ("sigmoid", 1, 20, 8.81e11), ("sigmoid", 1, 40, 5.01e24), ("sigmoid", 4, 20, 1.57e4),
        ("tanh", 1, 20, 3.16), ("relu", 1, 20, 241), ("relu", ROOT2, 5, 0.808), ("relu", ROOT2, 10, 0.440), ("relu", ROOT2, 20, 0.333),
        ("relu", ROOT2, 40, 2.64), ("linear", 1.2, 40, 1 / 876), ("relu", ROOT2, 16, 0.415), ("sigmoid", 1, 16, 3.02e9),
    ],
)  # fmt: skip
def test_ratio_of_the_gradients(activation, gain, depth, ratio):
    assert gradient_flow(activation, depth, gain).ratio == pytest.approx(ratio, rel=5e-3)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "linear"])
def test_backward_agrees_with_finite_differences(activation):
    """The gradient of the sum of all outputs with respect to the pre-activations of the first layer."""
    first, matrices, _ = tinynet._draws()
    value, _ = tinynet._FUNCTIONS[activation]
    scale, depth, step = 2 * math.sqrt(3) / math.sqrt(tinynet.WIDTH), 4, 1e-6

    def total(z):
        x = [value(v) for v in z]
        for matrix in matrices[1:depth]:
            x = [value(scale * sum(w * v for w, v in zip(row, x, strict=True))) for row in matrix]
        return sum(x)

    z = [scale * sum(w * math.sqrt(12) * v for w, v in zip(row, first, strict=True)) for row in matrices[0]]
    slopes = []
    for i in range(tinynet.WIDTH):
        up, down = list(z), list(z)
        up[i], down[i] = z[i] + step, z[i] - step
        slopes.append((total(up) - total(down)) / (2 * step))
    assert tinynet._pass(activation, depth, 1.0)[1][0] == pytest.approx(math.sqrt(sum(s * s for s in slopes) / len(slopes)), rel=1e-5)


@pytest.mark.parametrize("gain", [0.5, 1.1, 2.0])
def test_a_linear_network_scales_with_the_gain(gain):
    """A gain multiplies every matrix, so the ratio falls by the gain to the power of L − 1."""
    one, other = gradient_flow("linear", 12, 1.0), gradient_flow("linear", 12, gain)
    assert other.ratio == pytest.approx(one.ratio / gain**11, rel=1e-9)


def test_a_sigmoid_passes_at_most_a_quarter():
    """The slope of a sigmoid is at most 1/4, so twenty layers cost more than what the weights alone do times 4¹⁹ / 100."""
    r = gradient_flow()
    assert r.layer_factor == pytest.approx(0.235, rel=5e-3)
    assert r.ratio > 4**19 * r.linear_ratio


def test_states_and_causes():
    assert (gradient_flow(floor="fp16").state, gradient_flow().state) == ("lost", "vanishing")
    assert gradient_flow("linear", 40, 1.2).state == "exploding"
    assert gradient_flow("relu", 40, ROOT2, "fp16").state == "ok"
    found = {(a, g): gradient_flow(a, 20, g).cause for a in ACTIVATIONS for g in (1.0, ROOT2, 4.0)}
    assert found["sigmoid", 1.0] == found["sigmoid", ROOT2] == "slope"  # larger weights do not make a sigmoid pass more
    assert found["relu", 1.0] == "slope or scale" and found["relu", ROOT2] == "nothing"
    assert found["linear", 4.0] == found["tanh", 4.0] == "scale"


def test_the_floor_cuts_off_what_is_smaller_than_its_smallest_number():
    half, brain = gradient_flow(floor="fp16"), gradient_flow(floor="bf16")
    assert half.lost_layers == sum(g < 2.0**-24 for g in half.gradients) == 11
    assert brain.lost_layers == 0 and gradient_flow(depth=40, floor="bf16").lost_layers == 0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ACTIVATIONS), st.integers(2, 40), st.floats(0.3, 3), st.sampled_from(("none", "fp16", "bf16")))
def test_results_hang_together(activation, depth, gain, floor):
    r = gradient_flow(activation, depth, gain, floor)
    assert len(r.signals) == len(r.gradients) == depth
    assert r.gradients[-1] == pytest.approx(r.gradient_last)
    assert r.gradients[0] == pytest.approx(r.gradient_last / r.ratio)
    assert r.layer_factor ** (depth - 1) == pytest.approx(1 / r.ratio)
    assert 10**r.lost_decades == pytest.approx(r.ratio)
    assert (r.cause == "nothing") == (0.01 <= r.ratio <= 100)


@pytest.mark.parametrize(
    "call",
    [
        lambda: gradient_flow("softplus"), lambda: gradient_flow("relu", 1), lambda: gradient_flow("relu", 65), lambda: gradient_flow("relu", 10, 0.0),
        lambda: gradient_flow("relu", 10, math.nan), lambda: gradient_flow("relu", 10, 1.0, "int8"), lambda: gradient_flow("relu", True),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
