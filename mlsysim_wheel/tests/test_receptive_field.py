"""How far a value sees: against a network in which each dependency is followed one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import convnet
from mlsysim.errors import MlsysimError
from mlsysim.receptive_field import KINDS, field, reach, steps_needed

CONVOLUTIONS = ("plain", "dilated", "pooled")
KERNELS = st.sampled_from((3, 5, 7))


def followed(kind, kernel, depth):
    """The inputs that one value depends on, layer by layer, each cell by its own list."""
    cells = {0}
    for layer in range(depth, 0, -1):
        if kind == "pooled" and layer % 2 == 0:
            cells = {2 * c + i for c in cells for i in (0, 1)}
        apart = 2 ** (layer - 1) if kind == "dilated" else 1
        cells = {c + apart * i for c in cells for i in range(-(kernel // 2), kernel // 2 + 1)}
    return cells


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@pytest.mark.parametrize("kernel", (3, 5, 7))
def test_reach_is_what_following_each_dependency_finds(kind, kernel):
    for depth in range(1, 9):
        cells = followed(kind, kernel, depth)
        assert max(cells) - min(cells) + 1 == reach(kind, kernel, depth) == len(cells)


def test_numbers_that_the_lab_states():
    stated = {32: [16, 5, 6], 224: [112, 7, 12], 4096: [2048, 12, 20]}
    assert {n: [steps_needed(kind, n) for kind in CONVOLUTIONS] for n in stated} == stated
    assert field("plain", 224, 3, 24).field == 49 and not field("plain", 224, 3, 24).covers
    assert [steps_needed(kind, 224) for kind in ("attention", "recurrent")] == [1, 223]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KINDS), st.integers(2, 5000), KERNELS)
def test_the_steps_needed_suffice_and_one_less_does_not(kind, width, kernel):
    steps = steps_needed(kind, width, kernel)
    assert kind == "attention" or reach(kind, kernel, steps) >= width
    assert steps == 1 or reach(kind, kernel, steps - 1) < width


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from((32, 224, 1024, 4096)), KERNELS, st.integers(1, 128))
def test_rows_grow_towards_the_picture_and_end_with_the_field(kind, width, kernel, depth):
    r = field(kind, width, kernel, depth)
    assert len(r.rows) == depth + 1 and all(0 <= a < b <= width for row in r.rows for a, b in row)
    spans = [row[-1][1] - row[0][0] for row in r.rows]
    assert all(b >= a - 1e-9 for a, b in zip(spans, spans[1:], strict=False))
    covered = sum(b - a for a, b in r.rows[-1])
    assert covered == pytest.approx(r.field, abs=max(1.5, width / 100))
    assert len(r.rows[-1]) == 1  # what is heard has no holes


def test_growth_by_kind():
    for width in (32, 224, 1024, 4096):
        for kernel in (3, 5, 7):
            assert [field(kind, width, kernel, 8).growth for kind in KINDS] == ["double", "few", "few", "same", "double"]


def test_separable_and_dense_layers():
    assert convnet.separable_share(3, 512) == pytest.approx(1 / 512 + 1 / 9)
    net, full = convnet.mobilenet_v1(), convnet.mobilenet_v1(full=True)
    pair, one = net.layers[1:3], full.layers[1]
    assert sum(la.macs for la in pair) / one.macs == pytest.approx(convnet.separable_share(3, 64))
    assert convnet.dense_over_convolution(32, 256, 3, 16) == pytest.approx((32 * 32 * 3 * 256) / (9 * 3 * 16))


@pytest.mark.parametrize(
    "call",
    [lambda v=v: field("plain", v) for v in (1, 0, -3, 2.5, True, "9", 10**9)]
    + [lambda v=v: field("plain", 224, v) for v in (1, 4, 17, 3.5, None)]
    + [lambda: field("seen"), lambda: field("plain", 224, 3, 0), lambda: field("plain", 224, 3, 1025), lambda: steps_needed("plain", 1)]
    + [lambda: reach("plain", 3, 0),
       lambda: convnet.separable_share(0, 5), lambda: convnet.dense_over_convolution(32, 0, 3, 16)],
)  # fmt: skip
def test_wrong_input_raises_a_sentence(call):
    with pytest.raises(MlsysimError, match="must be"):
        call()
