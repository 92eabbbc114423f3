"""Chips by what they attain, and servers that hold tables: stated numbers, and what must hold for any of them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import machine_choice as mc
from mlsysim.errors import Infeasible, MlsysimError


@pytest.mark.parametrize(
    ("intensity", "chip", "giga_per_watt"),
    [(1, "a100", 5.10), (1, "h100", 4.79), (1, "h200", 6.86), (1, "b200", 8.00), (1, "l4", 4.17),
     (600, "v100", 417), (600, "l4", 1680), (600, "h100", 1413), (600, "b200", 2250)],
)
def test_rate_of_a_rated_watt(intensity, chip, giga_per_watt):
    assert mc.rank(intensity, chip=chip).per_watt / 1e9 == pytest.approx(giga_per_watt, rel=5e-3)


def test_a_newer_chip_is_not_always_better_a_watt():
    assert mc.rank(1).ratio == pytest.approx(0.939, rel=5e-3) and mc.rank(600).ratio == pytest.approx(1.81, rel=5e-3)
    assert mc.rank(1, chip="b200", other="v100").ratio == pytest.approx(2.67, rel=5e-3)
    assert mc.rank(600, chip="b200", other="v100").ratio == pytest.approx(5.40, rel=5e-3)


@settings(max_examples=50)
@given(st.floats(0.1, 1000), st.sampled_from(list(mc.WORTH)), st.sampled_from([c for c in mc.CHIPS if c not in ("tpu_v4", "a100")]), st.floats(0.5, 1.5))
def test_the_order_is_one_and_nothing_beats_its_peak(intensity, worth, chip, price_share):
    r = mc.rank(intensity, worth, chip, "a100", price_share)
    found = [v for *_, v in r.values]
    assert found == sorted(found, reverse=True) and r.values[r.rank - 1][2] == r.value and r.values[0][1] == r.best
    assert r.attainable_flop_per_s <= r.peak_flop_per_s and r.attainable_flop_per_s <= intensity * r.bandwidth_bytes_per_s * (1 + 1e-12)
    better = {"bandwidth": r.bandwidth_bytes_per_s * intensity, "peak": r.peak_flop_per_s}[r.binding]
    assert r.attainable_flop_per_s == pytest.approx(better)
    assert r.ratio == pytest.approx(mc.rank(intensity, worth, "a100", chip).ratio ** -1 / (price_share if worth == "dollar" else 1))


def test_a_chip_that_is_not_sold_has_no_rate_a_dollar():
    assert mc.rank(worth="watt", chip="tpu_v4").per_dollar == 0
    with pytest.raises(Infeasible, match="TPU v4"):
        mc.rank(worth="dollar", chip="tpu_v4")
    assert "TPU v4" not in [title for _, title, _ in mc.rank(worth="dollar").values]


def test_fleets_that_the_lab_states():
    f = mc.table_fleet()
    assert (f.cpu_servers, f.cpu_binding, f.gpu_servers, f.gpu_binding) == (7, "capacity", 18, "capacity")
    assert (f.cost_ratio, f.gpu_bandwidth_share) == pytest.approx((38.6, 0.0053), rel=5e-3)
    assert mc.table_fleet(requests_per_s=1e7).cost_ratio == pytest.approx(3.91, rel=5e-3)
    assert mc.table_fleet(0.5e12, 5e6).cost_ratio == pytest.approx(0.429, rel=5e-3)


@settings(max_examples=50)
@given(st.floats(1e11, 1e14), st.floats(1e4, 1e8), st.sampled_from([64, 512]), st.integers(10, 5000))
def test_a_fleet_holds_and_reads_everything_and_one_server_fewer_does_not(tables, requests, row, rows):
    f = mc.table_fleet(tables, requests, row, rows)
    for n, capacity, rate in ((f.cpu_servers, f.cpu_capacity_bytes, f.cpu_bytes_per_s), (f.gpu_servers, f.gpu_capacity_bytes, f.gpu_bytes_per_s)):
        assert n * capacity >= tables * (1 - 1e-12) and n * rate >= requests * row * rows * (1 - 1e-12)
        assert n == 1 or (n - 1) * capacity < tables or (n - 1) * rate < requests * row * rows
    twice = mc.table_fleet(tables, 2 * requests, row, rows).gpu_servers
    assert f.doubled_servers == twice
    assert {"nothing": twice == f.gpu_servers, "twice": twice == 2 * f.gpu_servers, "more": f.gpu_servers < twice < 2 * f.gpu_servers}[f.when_doubled]


def test_the_map_agrees_with_the_fleets():
    sizes, rates, words = mc.table_map(1_024_000, 20e3, 300e3)
    for j in range(0, 40, 7):
        for i in range(0, 40, 7):
            f = mc.table_fleet(sizes[i], rates[j])
            assert words[j][i] == f"{f.cheaper} {f.cpu_binding if f.cheaper == 'CPU' else f.gpu_binding}"
    assert len({word for row in words for word in row}) == 4


def test_bad_input_is_refused():
    for wrong in (dict(intensity_flop_per_byte=0), dict(worth="joule"), dict(chip="h300"), dict(other=3), dict(price_share=-1)):
        with pytest.raises(MlsysimError):
            mc.rank(**wrong)
    for wrong in (dict(table_bytes=0), dict(requests_per_s=-1), dict(row_bytes=True), dict(rows="1"), dict(cpu_price_usd=0), dict(gpu_price_usd=math.inf)):
        with pytest.raises(MlsysimError):
            mc.table_fleet(**wrong)
