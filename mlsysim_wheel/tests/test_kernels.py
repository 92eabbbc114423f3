"""Kernels: below the roof, monotone, quantised in waves; the crossover from memory to arithmetic."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, kernels, show_work
from mlsysim.errors import Infeasible, MlsysimError, UnknownName

A100, H100 = catalog.device("a100_sxm_80gb"), catalog.device("h100_sxm")
side = st.integers(1, 20_000)


@given(side, side, side)
@settings(max_examples=60, deadline=None)
def test_no_product_beats_the_peak_the_bandwidth_or_the_calibrated_ceiling(m, n, k):
    kernel = kernels.product(m, n, k, A100)
    assert kernel.efficiency <= kernel.product_share <= 1
    assert kernel.time_s >= kernel.operations / kernel.peak_flop_per_s
    assert kernel.time_s >= kernel.traffic_bytes / kernel.bandwidth_bytes_per_s
    assert kernel.operations == 2.0 * m * n * k


@given(side, side)
@settings(max_examples=40, deadline=None)
def test_twice_the_inner_dimension_never_takes_less_time(n, k):
    assert kernels.product(4096, n, 2 * k, A100).time_s >= kernels.product(4096, n, k, A100).time_s


def test_one_tile_more_than_a_wave_costs_almost_a_wave():
    # 108 multiprocessors take 108 tiles of 256×128 at once; the inner dimension is too short to be split.
    full, over = kernels.product(256 * 108, 128, 256, A100), kernels.product(256 * 108 + 1, 128, 256, A100)
    assert full.shape_share == pytest.approx(1.0)
    assert over.shape_share < 0.85


def test_a_narrow_product_reaches_less_than_a_wide_one():
    assert kernels.product(8192, 768, 768, A100).efficiency < kernels.product(8192, 8192, 8192, A100).efficiency


def test_small_batches_are_bound_by_memory_and_large_ones_by_arithmetic():
    binding = [kernels.product(batch, 4096, 4096, H100).binding for batch in (1, 16, 64, 1024, 4096)]
    assert binding[:2] == ["memory", "memory"] and binding[-2:] == ["compute", "compute"]
    # By the nominal roofline the two meet at 2mnk/R = 2(mn + nk + mk)/B: m = 295·… for bf16 on this card, by ours at about its ridge.
    crossover = next(m for m in range(1, 2000) if kernels.product(m, 8192, 8192, H100).binding == "compute")
    assert 0.4 < crossover / (H100.ridge("bf16") / 1.0) < 1.5


def test_an_empty_stream_costs_its_launches_alone():
    kernel = kernels.stream(0.0, A100, 3)
    assert kernel.time_s == pytest.approx(3 * kernels.calibration(A100).kernel_s) and kernel.binding == "launch"


def test_quantised_weights_move_fewer_bytes():
    wide, narrow = kernels.product(1, 8192, 8192, A100), kernels.product(1, 8192, 8192, A100, weight_bytes=0.5)
    assert 3 < wide.memory_s / narrow.memory_s < 4.1


def test_every_calibrated_device_is_in_the_catalog_and_states_sources():
    from mlsysim._datafile import load

    for name in load("calibration/gpus.json")["devices"]:
        cal = kernels.calibration(catalog.device(name))
        assert 0 < cal.attention_share < 1 and set(cal.sources) >= {"product_share", "memory_share", "kernel_s"}
        assert all(0 < share <= 1 for share in cal.product_share.values())
        assert set(cal.product_share) <= set(catalog.device(name).peak_flop_per_s) | {"fp8", "tf32", "bf16", "int8"}


def test_a_kernel_shows_its_work():
    assert "product_share" in show_work(kernels.product(64, 64, 64, A100)).text()


@pytest.mark.parametrize("arguments", [(0, 1, 1), (1, 1.5, 1), (True, 1, 1), (1, 1, float("nan"))])
def test_a_product_without_size_is_refused(arguments):
    with pytest.raises(MlsysimError):
        kernels.product(*arguments, A100)


def test_what_is_not_calibrated_is_said():
    with pytest.raises(UnknownName, match="calibrated device"):
        kernels.calibration("esp32_s3")
    with pytest.raises(Infeasible, match="fp8"):
        kernels.product(1, 1, 1, A100, "fp8")
