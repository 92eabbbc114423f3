"""A compressed layer: size and speed are two different things."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.compressed_layer import MAP_BATCHES, MAP_SPARSITIES, METHODS, compressed_layer, devices, indexed_size_ratio, map_place, published_llama
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

PI = "raspberry_pi_5"


@pytest.mark.parametrize(
    ("method", "batch", "device", "speed"),
    [("sparse", 64, "a100_sxm_80gb", 0.237), ("int8", 64, "a100_sxm_80gb", 1.63), ("int4", 64, "a100_sxm_80gb", 1.48),
     ("two_of_four", 64, "a100_sxm_80gb", 1.49),
     ("channels", 64, "a100_sxm_80gb", 2.56), ("sparse", 512, "a100_sxm_80gb", 0.118), ("int8", 64, PI, 4.00), ("two_of_four", 64, PI, 1.00),
     ("sparse", 64, PI, 2.50)],
)  # fmt: skip
def test_speed_at_80_percent(method, batch, device, speed):
    assert compressed_layer(method, 0.8, batch, device).speedup == pytest.approx(speed, rel=5e-3)


def test_the_dense_layer_and_the_file():
    r = compressed_layer()
    assert r.dense_time_s == pytest.approx(22.0e-6, rel=5e-3)
    assert r.size_ratio == pytest.approx(0.40, rel=5e-3) and r.times_longer == pytest.approx(4.2, rel=5e-3)


@pytest.mark.parametrize(
    ("batch", "device", "sparsity"), [(1, "a100_sxm_80gb", 0.501), (16, "a100_sxm_80gb", 0.849), (64, "a100_sxm_80gb", 0.962), (512, "a100_sxm_80gb", 0.978),
    (1, PI, 0.334), (64, PI, 0.500)]
)  # fmt: skip
def test_break_even(batch, device, sparsity):
    assert compressed_layer("sparse", 0.8, batch, device).break_even_sparsity == sparsity


@pytest.mark.parametrize("device", devices())
@pytest.mark.parametrize("batch", [1, 4, 16, 64, 512, 4096])
def test_break_even_by_walking(batch, device):
    found = compressed_layer("sparse", 0.5, batch, device).break_even_sparsity
    if found <= 0.99:
        assert compressed_layer("sparse", found, batch, device).speedup >= 1 > compressed_layer("sparse", found - 0.001, batch, device).speedup


def test_each_term_binds_somewhere():
    found = [compressed_layer(method, 0.8, batch).binding for method, batch in (("sparse", 64), ("sparse", 1), ("channels", 1))]
    assert found == ["arithmetic", "data", "overhead"]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(tuple(METHODS)), st.floats(0, 0.99), st.integers(1, 2048), st.sampled_from(tuple(devices())))
def test_no_layer_beats_its_memory_or_its_arithmetic(method, sparsity, batch, device):
    r = compressed_layer(method, sparsity, batch, device)
    assert r.time_s == pytest.approx(max(r.memory_s, r.compute_s) + r.overhead_s)
    assert r.memory_s == pytest.approx((r.weight_bytes + r.activation_bytes) / r.bandwidth_bytes_per_s)
    assert r.compute_s == pytest.approx(r.work_op / r.rate_op_per_s)
    assert dict((m, (w, s)) for m, w, s in r.methods)[method] == pytest.approx((r.size_ratio, r.speedup))


def test_zeros_that_a_dense_kernel_multiplies_change_nothing():
    assert compressed_layer("zeros", 0.9).speedup == compressed_layer("zeros", 0.9).size_ratio == 1


def test_the_map_holds_the_same_numbers():
    r = compressed_layer("sparse", 0.9, 16)
    column, row = map_place(0.9, 16)
    assert (MAP_SPARSITIES[column], MAP_BATCHES[row]) == (0.9, 16)
    assert r.map_speedups[row][column] == pytest.approx(r.speedup)
    assert map_place(0.3, 16) is None and map_place(0.99, 600) == (6, 4)


def test_published_case_and_sources():
    assert published_llama().speedup == pytest.approx(196.80 / 104.9) and published_llama().bytes_ratio == 0.25
    assert "gpt-fast" in {s.name: s.source for s in show_work(published_llama())}["int4_tokens_per_s"]
    assert "illustrative" in {s.name: s.source for s in show_work(compressed_layer())}["overhead_s"]


def test_a_file_with_indices():
    assert [indexed_size_ratio(s) for s in (0.5, 0.95)] == pytest.approx([1.5, 0.15])


@pytest.mark.parametrize(
    ("call", "name"),
    [(lambda: compressed_layer("zip"), "method"), (lambda: compressed_layer("sparse", 1.0), "sparsity"),
     (lambda: compressed_layer("sparse", -0.1), "sparsity"), (lambda: compressed_layer("sparse", math.inf), "sparsity"),
     (lambda: compressed_layer("sparse", 0.5, 0), "batch"), (lambda: compressed_layer("sparse", 0.5, 1.5), "batch"),
     (lambda: compressed_layer("sparse", 0.5, 1, "h100"), "h100"), (lambda: map_place("x", 1), "sparsity"),
     (lambda: indexed_size_ratio(2), "sparsity"), (lambda: indexed_size_ratio(0.5, 0), "weight_bytes"),
     (lambda: indexed_size_ratio(0.5, 1, -1), "index_bytes")],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
