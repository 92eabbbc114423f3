"""The catalog: complete, plausible, dense, and honest about where its figures come from."""

import json
import os
import subprocess
import sys
from dataclasses import fields

import pytest
from mlsysim import catalog
from mlsysim.catalog_entries import FORMATS
from mlsysim.errors import Infeasible, OutOfRange, UnknownName, WrongType

DATA = os.path.join(os.path.dirname(catalog.__file__), "data")
KINDS = {"microcontroller", "board", "phone", "cpu", "gpu", "tpu", "accelerator", "wafer"}
ROOMS = {
    "devices": catalog.devices,
    "machines": catalog.machines,
    "models": catalog.models,
    "links": catalog.links,
    "grids": catalog.grids,
    "storage": catalog.storage_tiers,
    "datasets": catalog.datasets,
    "prices": catalog.prices,
}
WORDS = {"name", "title", "kind", "task", "item", "scope", "provider", "terms", "unit", "date", "price_date", "year", "format", "device"}
WORDS |= {"weight_format", "notes", "sources", "estimates", "illustrative", "accelerator", "accelerators"}


def entries():
    return [pytest.param(load(), id=room) for room, load in ROOMS.items()]


def test_from_a_microcontroller_to_a_wafer():
    assert len(catalog.devices()) >= 70
    assert {d.kind for d in catalog.devices()} == KINDS
    assert len(catalog.models()) >= 50 and len(catalog.links()) >= 40
    assert len(catalog.grids()) >= 30 and len(catalog.storage_tiers()) >= 12
    assert len(catalog.datasets()) >= 20 and len(catalog.prices()) >= 40


@pytest.mark.parametrize("room", entries())
def test_every_entry_names_its_sources(room):
    for entry in room:
        assert entry.title and (entry.sources or getattr(entry, "estimates", ()) or getattr(entry, "illustrative", ())), entry.name
        for source in entry.sources:
            assert source.title and source.status in ("confirmed", "recalled"), entry.name
            assert (source.read is not None) == (source.status == "confirmed"), f"{entry.name}: only what was read has a date of reading"
            assert source.url or source.status == "recalled", entry.name
            assert source.fields and all(hasattr(entry, f) for f in source.fields), entry.name
        for field in getattr(entry, "estimates", getattr(entry, "illustrative", ())):
            assert hasattr(entry, field.split(".")[0]), entry.name


@pytest.mark.parametrize("room", entries())
def test_every_figure_of_an_entry_says_where_it_comes_from(room):
    for entry in room:
        for field in (f.name for f in fields(entry) if f.name not in WORDS):
            value = getattr(entry, field)
            if value not in ((), None, {}):
                assert entry.source(field) not in ("", entry.title, "unpublished"), f"{entry.name}: {field} = {value}"


@pytest.mark.parametrize("device", [pytest.param(d, id=d.name) for d in catalog.devices()])
def test_every_figure_of_a_device_is_positive_and_has_a_source(device):
    assert device.title and device.kind in KINDS and 2010 <= device.year <= 2026
    assert device.peak_flop_per_s and set(device.peak_flop_per_s) <= set(FORMATS)
    figures = ["memory_bytes", "memory_bandwidth_bytes_per_s", "on_chip_memory_bytes", "power_w", "idle_power_w", "price_usd"]
    for field in figures:
        value = getattr(device, field)
        assert value is None or value > 0
        assert device.source(field) not in ("", device.title), field
    assert all(rate > 0 for rate in device.peak_flop_per_s.values())
    assert all(p.bandwidth_bytes_per_s > 0 for p in device.links)
    assert (device.price_usd is None) == (device.price_date is None)
    if device.idle_power_w is not None:
        assert device.idle_power_w < device.power_w


@pytest.mark.parametrize("device", [pytest.param(d, id=d.name) for d in catalog.devices()])
def test_plausible(device):
    rates = device.peak_flop_per_s
    for wide, narrow in (("fp64", "fp32"), ("fp32", "fp16"), ("fp16", "fp8"), ("bf16", "fp8"), ("tf32", "bf16"), ("int8", "int4")):
        if wide in rates and narrow in rates:
            assert rates[wide] <= rates[narrow], f"{narrow} is at least as fast as {wide}"
    if device.memory_bandwidth_bytes_per_s:
        ridge = max(rate for fmt, rate in rates.items() if fmt not in ("int4", "fp4")) / device.memory_bandwidth_bytes_per_s
        assert 0.3 <= ridge <= 3000, f"ridge {ridge:.3g} operations a byte"  # the TPU v1 has 2,700, and says so in its paper
    if device.power_w and device.kind not in ("microcontroller",):
        assert 1e9 < max(rates.values()) / device.power_w < 2e13


def test_no_peak_counts_sparsity():
    """A 2:4 figure is twice the dense one: halving the width of a format doubles a dense rate, and no more."""
    half_rate = {"rtx_3090", "rtx_4090", "rtx_5090", "a10g"}  # accumulate fp16 products in fp32 at half speed, int8 in full
    for device in catalog.devices("gpu"):
        rates = device.peak_flop_per_s
        for wide, narrow in (("fp16", "fp8"), ("bf16", "fp8"), ("tf32", "bf16"), ("int8", "int4")):
            if wide in rates and narrow in rates:
                assert rates[narrow] <= 2.05 * rates[wide], f"{device.name}: {narrow} against {wide}"
        if "tf32" in rates and "int8" in rates and device.name not in half_rate:
            assert rates["int8"] <= 2.05 * rates["fp16"], device.name
        if "fp4" in rates and device.name not in half_rate:
            assert rates["fp4"] <= 3.05 * rates["fp8"], f"{device.name}: Blackwell Ultra triples fp4, nothing does more"


def test_only_one_device_hides_its_bandwidth():
    assert [d.name for d in catalog.devices() if d.memory_bandwidth_bytes_per_s is None] == ["coral_edge_tpu"]
    with pytest.raises(Infeasible, match="not published"):
        catalog.device("coral_edge_tpu").bandwidth()


@pytest.mark.parametrize(
    "name, fmt, dense",
    [
        ("h100_sxm", "bf16", 989e12),  # the data sheet prints 1,979 with sparsity
        ("h100_sxm", "int8", 1979e12),
        ("a100_sxm_80gb", "bf16", 312e12),  # not 624
        ("l4", "fp16", 121e12),  # not 242
        ("l4", "int8", 242e12),  # not 485
        ("jetson_orin_nano_8gb", "int8", 20e12),  # not 40
        ("b200", "bf16", 2250e12),  # not 4,500
        ("v100_sxm2_32gb", "fp16", 125e12),
        ("t4", "fp16", 65e12),
        ("tpu_v4", "bf16", 275e12),
        ("epyc_9654", "fp32", 7.37e12),
        ("raspberry_pi_5", "int8", 614e9),
        ("coral_edge_tpu", "int8", 4e12),
        ("gb200", "bf16", 2500e12),  # not 5,000
        ("b300", "fp4", 13125e12),  # not 18,000
        ("h100_nvl", "bf16", 835.5e12),  # not 1,671
        ("mi355x", "fp8", 5033.2e12),  # not 10,066
        ("jetson_agx_thor", "fp4", 1035e12),  # not 2,070
        ("jetson_orin_nano_super", "int8", 33.5e12),  # not 67
        ("rtx_5090", "fp4", 1676e12),  # not 3,352
        ("tpu_v7", "fp8", 4614e12),
    ],
)
def test_rates_are_dense(name, fmt, dense):
    assert catalog.device(name).peak(fmt) == pytest.approx(dense, rel=1e-3)


@pytest.mark.parametrize(
    "name, bandwidth, memory",
    [
        ("l4", 0.3e12, 24e9),
        ("a100_sxm_80gb", 2.039e12, 80e9),
        ("a100_sxm_40gb", 1.555e12, 40e9),
        ("h100_sxm", 3.35e12, 80e9),
        ("h200_sxm", 4.8e12, 141e9),
        ("b200", 8e12, 180e9),
        ("t4", 0.32e12, 16e9),
        ("v100_sxm2_32gb", 0.9e12, 32e9),
        ("jetson_orin_nano_8gb", 68e9, 8e9),
        ("raspberry_pi_5", 17.1e9, 8e9),
    ],
)
def test_memories(name, bandwidth, memory):
    device = catalog.device(name)
    assert (device.bandwidth(), device.memory_bytes) == (bandwidth, memory)


def test_links_of_devices_exist_or_are_proprietary():
    known = set(catalog.link_names())
    for name in ("nvlink3", "nvlink4", "hdr", "ndr", "pcie_gen4_x16", "usb2", "usb3"):
        assert name in known
    for device in catalog.devices():
        for port in device.links:
            if port.name in known and port.name.startswith(("nvlink", "pcie")):
                assert port.bandwidth_bytes_per_s == catalog.link(port.name).bandwidth_bytes_per_s
    for link in catalog.links():
        effective = link.effective_bandwidth_bytes_per_s
        assert effective is None or effective < link.bandwidth_bytes_per_s, "no program beats the wire"
        assert link.bandwidth_bytes_per_s > 0 and (link.latency_s is None or 0 < link.latency_s < 10)
        assert (link.transmit_power_w is not None) == (link.kind == "radio") == (link.wake_energy_j is not None)


@pytest.mark.parametrize(
    "generations",
    [
        ("nvlink1", "nvlink2", "nvlink3", "nvlink4", "nvlink5", "nvlink6"),
        ("sdr", "ddr", "qdr", "fdr", "edr", "hdr", "ndr", "xdr"),
        ("pcie_gen1_x16", "pcie_gen2_x16", "pcie_gen3_x16", "pcie_gen4_x16", "pcie_gen5_x16", "pcie_gen6_x16"),
        ("ethernet_1g", "ethernet_10g", "ethernet_25g", "ethernet_40g", "ethernet_50g", "ethernet_100g", "ethernet_200g", "ethernet_400g", "ethernet_800g"),
        ("usb2", "usb3", "thunderbolt4"),
        ("lora_sf12", "lora_sf7", "nb_iot", "zigbee", "ble_1m", "ble_2m", "wifi_4", "wifi_6"),
        ("mobile_lte", "mobile_5g", "fibre"),
    ],
)
def test_a_later_generation_is_faster(generations):
    rates = [catalog.link(name).bandwidth_bytes_per_s for name in generations]
    assert rates == sorted(rates) and len(set(rates)) == len(rates)


def test_lanes_add_up():
    for generation in ("gen3", "gen4", "gen5"):
        lanes = {n: catalog.link(f"pcie_{generation}_x{n}").bandwidth_bytes_per_s for n in (4, 8, 16)}
        assert lanes[16] == pytest.approx(2 * lanes[8]) == pytest.approx(4 * lanes[4])


def test_machines_stand_on_devices():
    for m in catalog.machines():
        assert m.device is catalog.device(m.device.name)
        assert m.peak_ops_per_s == m.device.peak(m.format) and m.bandwidth_bytes_per_s == m.device.bandwidth()
        assert 0 < m.efficiency < 1 and 0 < m.overhead_s < 1 and 0 < m.idle_power_w < m.full_power_w
        assert m.weights_capacity_bytes <= m.device.memory_bytes
        assert all(m.source(f) for f in ("efficiency", "overhead_s", "peak_ops_per_s", "price_usd"))
    assert catalog.machine("t4").source("overhead_s") == "illustrative"
    assert "Lai" in catalog.machine("stm32h743").source("efficiency")


def test_names_forgive_case_and_hyphens_and_nothing_else():
    assert catalog.device("H100-SXM") is catalog.device("h100 sxm") is catalog.device("h100_sxm")
    with pytest.raises(UnknownName, match="h100_sxm") as raised:
        catalog.device("h100_sxn")
    assert "h100_sxm" in raised.value.near
    with pytest.raises(UnknownName):
        catalog.device("../devices/h100_sxm")
    with pytest.raises(WrongType):
        catalog.model(5)
    for get, near in ((catalog.grid, "swedn"), (catalog.storage_tier, "object_stor"), (catalog.dataset, "imagenet1k"), (catalog.price, "lambda_h100")):
        with pytest.raises(UnknownName, match="Did you mean"):
            get(near)
    with pytest.raises(OutOfRange, match="kind"):
        catalog.devices("gpus")


def test_a_missing_format_is_a_sentence():
    with pytest.raises(Infeasible, match="does not compute in bf16; it has fp64, fp32, fp16"):
        catalog.device("v100_sxm2_32gb").peak("bf16")
    with pytest.raises(OutOfRange, match="format is 'fp12'"):
        catalog.device("t4").peak("fp12")


def test_entries_cannot_be_changed():
    with pytest.raises(AttributeError):
        catalog.device("t4").year = 2030
    with pytest.raises(TypeError):
        catalog.device("t4").peak_flop_per_s["fp16"] = 1e18


def test_files_are_read_one_at_a_time():
    catalog._device.cache_clear()
    catalog.device("t4")
    assert catalog._device.cache_info().currsize == 1


def test_a_lookup_reads_one_file_and_importing_none():
    code = (
        "import sys, mlsysim.catalog as c; assert 'json' not in sys.modules; c.grid('sweden'); c.model('vit_b_16'); c.price('s3_get');"
        "kept = (c._device, c._machine, c._model, c._link, c._grid, c._storage_tier, c._dataset, c._price);"
        "print(*(f.cache_info().currsize for f in kept))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0", "1", "0", "1", "0", "0", "1"]


def test_a_misspelt_or_missing_key_is_an_error():
    data = catalog._read("grids", "sweden")
    with pytest.raises(WrongType, match="has unknown carbon"):
        catalog.Grid.from_data("x", {**data, "carbon": 1})
    with pytest.raises(WrongType, match="lacks carbon_kg_per_kwh"):
        catalog.Grid.from_data("x", {k: v for k, v in data.items() if k != "carbon_kg_per_kwh"})


def test_files_are_plain_json_without_nan():
    for path in catalog._all_files():
        with open(os.path.join(DATA, path), encoding="utf-8") as file:
            json.load(file, parse_constant=lambda word, path=path: pytest.fail(f"{word} in {path}"))


def test_fingerprint_is_stable_and_counts_every_byte(tmp_path, monkeypatch):
    assert catalog.fingerprint() == catalog.fingerprint.__wrapped__()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_text("{}")
    monkeypatch.setattr(catalog, "_DATA", str(tmp_path))
    monkeypatch.setattr(catalog, "PACKED", ())
    before = catalog.fingerprint.__wrapped__()
    (tmp_path / "a" / "x.json").write_text("{} ")
    assert catalog.fingerprint.__wrapped__() != before
