"""Quantisation with an outlier: levels, zeros, error of the product."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.quantization import ALPHA, BITS, SCHEMES, _draws, levels_of_ordinary, outlier_block


@pytest.mark.parametrize(
    ("bits", "ratio", "scheme", "levels", "zeros", "error"),
    [(8, 60, "per_tensor", 9, 0.338, 0.238), (8, 20, "per_tensor", 24, None, None), (8, 100, "per_tensor", 6, None, None),
     (4, 1, "per_tensor", None, None, 0.175),
     (4, 60, "smoothed", None, None, 0.919), (8, 60, "smoothed", None, None, 0.0500), (8, 60, "mixed", None, None, 0.0101)],
)  # fmt: skip
def test_levels_zeros_and_error(bits, ratio, scheme, levels, zeros, error):
    r = outlier_block(bits, ratio, scheme)
    assert levels is None or r.levels_used == levels
    assert zeros is None or r.zero_share == pytest.approx(zeros, rel=5e-3)
    assert error is None or r.relative_error == pytest.approx(error, rel=5e-3)


def test_eight_bits_with_an_outlier_are_worse_than_four_without():
    r = outlier_block(8, 60)
    assert r.relative_error > r.clean_4_bit_error == outlier_block(4, 1).relative_error
    assert r.effective_bits == pytest.approx(math.log2(9))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("bits", "ratio"), [(8, 60.0), (4, 10.0), (2, 100.0)])
def test_numpy_finds_the_same_error(scheme, bits, ratio):
    channels, weights = (np.array(v) for v in _draws())
    x, w = channels.T.copy(), weights
    ordinary, highest = x.copy(), 2 ** (bits - 1) - 1
    x[:, 0] *= ratio
    ordinary[:, 0] = 0
    exact = x @ w
    if scheme == "smoothed":
        s = abs(x).max(0) ** ALPHA / abs(w).max(1) ** (1 - ALPHA)
        x, w = x / s, w * s[:, None]
    kept = x[:, :1] @ w[:1] if scheme == "mixed" else 0
    if scheme == "mixed":
        x, w = x[:, 1:], w[1:]
    step, scales = abs(x).max() / highest, abs(w).max(0) / highest
    got = (np.rint(x / step) * step) @ (np.rint(w / scales) * scales) + kept
    error = np.linalg.norm(got - exact) / np.linalg.norm(ordinary @ weights)
    assert outlier_block(bits, ratio, scheme).relative_error == pytest.approx(error, rel=1e-9)


def test_what_sets_the_error():
    assert outlier_block(8, 60).cause == "outlier"
    assert outlier_block(4, 1).cause == "bits"
    assert outlier_block(8, 60, "smoothed").cause == "nothing"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(BITS), st.floats(1, 100), st.sampled_from(SCHEMES))
def test_a_comb_has_no_more_levels_than_it_offers(bits, ratio, scheme):
    r = outlier_block(bits, ratio, scheme)
    assert 1 <= r.levels_used <= r.levels_offered == 2 * r.highest_level + 1
    assert max(map(abs, r.levels)) <= r.highest_level
    assert r.step * r.highest_level == pytest.approx(r.largest)
    assert all(abs(v / r.step - round(v / r.step)) <= 0.5 for v in r.ordinary)
    assert (r.cause == "nothing") == (r.relative_error <= r.error_limit)


def test_what_stays_in_16_bit_adds_no_error():
    assert outlier_block(8, 100, "mixed").relative_error == outlier_block(8, 1, "mixed").relative_error


@given(st.integers(2, 16), st.integers(1, 300))
def test_levels_of_the_rest_by_counting(bits, ratio):
    highest = 2 ** (bits - 1) - 1
    count = sum(abs(n) <= highest / ratio + 0.5 for n in range(-highest, highest + 1))
    assert levels_of_ordinary(bits, ratio) == count


def test_results_show_their_work():
    steps = {s.name: s for s in show_work(outlier_block())}
    assert steps["step"].substituted and "illustrative" in steps["error_limit"].source


@pytest.mark.parametrize(
    ("call", "name"),
    [(lambda: outlier_block(1), "bits"), (lambda: outlier_block(9), "bits"), (lambda: outlier_block(8, 0.5), "outlier_ratio"),
     (lambda: outlier_block(8, math.nan), "outlier_ratio"),
     (lambda: outlier_block(8, 60, "none"), "scheme"), (lambda: outlier_block(True), "bits"), (lambda: levels_of_ordinary(8, 0), "outlier_ratio"),
     (lambda: levels_of_ordinary("8", 4), "bits")],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
