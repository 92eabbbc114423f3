"""The roofline: never above the peak, never above the bandwidth."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, roofline
from mlsysim.errors import Infeasible, MlsysimError, OutOfRange, WrongType
from mlsysim.quantity import show_work

size = st.floats(1, 1e20)
rate = st.floats(1e6, 1e18)
share = st.floats(0.01, 1)


@settings(max_examples=60, deadline=None)
@given(size, size, rate, rate, share, share)
def test_no_kernel_beats_physics(operations, traffic, peak, bandwidth, compute, memory):
    r = roofline.estimate(
        operations=operations,
        traffic_bytes=traffic,
        peak_flop_per_s=peak,
        bandwidth_bytes_per_s=bandwidth,
        compute_efficiency=compute,
        memory_efficiency=memory,
    )
    slack = 1 + 1e-9
    assert r.attainable_flop_per_s <= peak * compute * slack
    assert operations / r.time_s <= peak * compute * slack and traffic / r.time_s <= bandwidth * memory * slack
    assert r.attainable_flop_per_s == pytest.approx(operations / r.time_s)
    assert 0 < r.peak_share <= slack
    if r.intensity_flop_per_byte < r.ridge_flop_per_byte * (1 - 1e-9):
        assert r.binding == "memory"
    if r.intensity_flop_per_byte > r.ridge_flop_per_byte * (1 + 1e-9):
        assert r.binding == "compute" and r.peak_share == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1 << 16), st.integers(1, 1 << 16), st.integers(1, 1 << 16))
def test_gemm_moves_each_matrix_once(m, n, k):
    h100 = catalog.device("h100_sxm")
    r = roofline.gemm(m, n, k, h100, "bf16")
    assert r.operations == 2 * m * n * k and r.traffic_bytes == 2 * (m * k + k * n + m * n)
    assert r.attainable_flop_per_s <= 989e12 * (1 + 1e-9)
    assert roofline.gemm(m, n, k, h100, "fp8").time_s <= r.time_s * (1 + 1e-9)


def test_published_ridges():
    assert catalog.device("v100_sxm2_32gb").ridge("fp16") == pytest.approx(139, rel=5e-3)
    assert catalog.device("a100_sxm_80gb").ridge("bf16") == pytest.approx(153, rel=5e-3)
    assert catalog.device("h100_sxm").ridge("bf16") == pytest.approx(295, rel=5e-3)


def test_b200_over_v100_at_two_intensities():
    old, new = (catalog.device(n) for n in ("v100_sxm2_32gb", "b200"))
    power = {old: 300, new: 1000}

    def per_watt(device, intensity):
        return roofline.attainable(intensity, device.peak("fp16"), device.bandwidth()) / power[device]

    assert per_watt(new, 1) / per_watt(old, 1) == pytest.approx(2.67, rel=5e-3)
    assert per_watt(new, 600) / per_watt(old, 600) == pytest.approx(5.40, rel=5e-3)


def test_decode_is_bound_by_memory_and_prefill_by_arithmetic():
    a100 = catalog.device("a100_sxm_80gb")
    assert roofline.gemm(1, 4096, 4096, a100, "bf16").binding == "memory"
    assert roofline.gemm(4096, 4096, 4096, a100, "bf16").binding == "compute"


def test_the_roof_takes_arrays():
    numpy = pytest.importorskip("numpy")
    roof = roofline.attainable(numpy.array([1.0, 100.0, 1000.0]), 312e12, 2e12)
    assert roof.tolist() == [2e12, 200e12, 312e12]


def test_mfu_never_beats_the_peak():
    assert roofline.mfu(4.0e15, 1.0, 989e12, 8).mfu_share == pytest.approx(0.5056, rel=1e-3)
    with pytest.raises(OutOfRange, match="the peak is"):
        roofline.mfu(4.0e15, 1.0, 989e12, 4)


def test_energy_always_adds_up():
    e = roofline.energy(1e9, 1e8, 1e-3, joules_per_flop=1e-12, joules_per_byte=1e-10, idle_power_w=10)
    assert e.energy_j == pytest.approx(1e-3 + 1e-2 + 1e-2)
    assert e.arithmetic_share == pytest.approx(1e-3 / 2.1e-2)


GOOD = dict(
    operations=1.0, traffic_bytes=1.0, peak_flop_per_s=1.0, bandwidth_bytes_per_s=1.0, compute_efficiency=1.0, memory_efficiency=1.0
)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 0, True, "1", None])
def test_wrong_input_gives_no_number(name, bad):
    with pytest.raises(MlsysimError, match=name):
        roofline.estimate(**{**GOOD, name: bad})


def test_more_wrong_input():
    t4 = catalog.device("t4")
    with pytest.raises(WrongType, match="device"):
        roofline.gemm(1, 1, 1, "t4", "fp16")
    with pytest.raises(OutOfRange, match="format"):
        roofline.gemm(1, 1, 1, t4, "fp17")
    with pytest.raises(Infeasible, match="bf16"):
        roofline.gemm(1, 1, 1, t4, "bf16")
    with pytest.raises(Infeasible, match="not published"):
        roofline.on_device(1e9, 1e6, catalog.device("coral_edge_tpu"), "int8")
    for bad in (0, 1.5, -3, True):
        with pytest.raises(MlsysimError, match="k is"):
            roofline.gemm(1, 1, bad, t4, "fp16")
    np = pytest.importorskip("numpy")
    with np.errstate(over="ignore"), pytest.raises(OutOfRange, match="beyond"):
        roofline.estimate(**{**GOOD, "operations": np.float32([1e30]), "peak_flop_per_s": np.float32([1e-30])})


def test_the_work_can_be_shown():
    text = show_work(roofline.gemm(64, 64, 64, catalog.device("t4"), "fp16")).text()
    assert "Williams" in text and "Geektopia" in text
