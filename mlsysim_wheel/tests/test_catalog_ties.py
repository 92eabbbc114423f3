"""Figures that stand in two data files agree: the catalog, and the files of one subject."""

import pytest
from mlsysim import catalog, transformer
from mlsysim._datafile import load
from mlsysim.published_training import megatron_runs


def test_the_edge_tpu():
    tpu, coral = load("edge/edge_tpu.json")["edge_tpu"], catalog.device("coral_edge_tpu")
    assert tpu["peak_op_per_s"]["value"] == coral.peak("int8")
    assert tpu["cache_bytes"]["value"] == coral.on_chip_memory_bytes == coral.memory_bytes


@pytest.mark.parametrize("ours, link", [("usb_2", "usb2"), ("usb_3", "usb3"), ("pcie_gen2_x1", "pcie_gen2_x1")])
def test_links_of_the_edge_tpu(ours, link):
    assert load("edge/edge_tpu.json")["links"][ours]["value"] == catalog.link(link).effective_bandwidth_bytes_per_s


@pytest.mark.parametrize("platform, device", [("orin_nano_8gb", "jetson_orin_nano_8gb"), ("pc_l4", "l4")])
def test_platforms_of_a_camera_box(platform, device):
    box, chip = load("edge/gate_platforms.json")["platforms"][platform], catalog.device(device)
    assert box["peak_op_per_s"]["value"] == chip.peak("int8")
    assert box["memory_bytes_per_s"]["value"] == chip.bandwidth()


def test_prices_and_power_of_a_camera_box():
    boxes = load("edge/gate_platforms.json")["platforms"]
    pi, coral, orin, l4 = (catalog.device(n) for n in ("raspberry_pi_5", "coral_edge_tpu", "jetson_orin_nano_8gb", "l4"))
    assert boxes["pi_5"]["price_usd"]["value"] == pi.price_usd
    assert boxes["pi_5_coral"]["price_usd"]["value"] == pi.price_usd + coral.price_usd
    assert boxes["orin_nano_8gb"]["price_usd"]["value"] == orin.price_usd
    assert boxes["orin_nano_8gb"]["power_w"]["value"] == orin.power_w
    assert boxes["pc_l4"]["power_w"]["value"] == l4.power_w + 60  # the PC around it


def test_the_cluster_of_a100():
    cluster, a100 = load("clusters/selene_a100.json")["fields"], catalog.device("a100_sxm_80gb")
    assert cluster["peak_flop_per_s"]["value"] == a100.peak("bf16")
    assert cluster["memory_bytes"]["value"] == a100.memory_bytes
    assert cluster["node_bytes_per_s"]["value"] == catalog.link("nvlink3").effective_bandwidth_bytes_per_s
    assert cluster["network_bytes_per_s"]["value"] == catalog.link("hdr").effective_bandwidth_bytes_per_s


@pytest.mark.parametrize("ours, link", [("fibre", "fibre"), ("5g", "mobile_5g"), ("lte", "mobile_lte")])
def test_access_networks(ours, link):
    network, access = load("access_networks.json")["networks"][ours], catalog.link(link)
    assert network["uplink_bit_per_s"]["value"] == 8 * access.bandwidth_bytes_per_s
    assert network["rtt_s"]["value"] == 2 * access.latency_s


@pytest.mark.parametrize("ours, link", [("ble", "ble_1m"), ("lora", "lora_sf7"), ("lte_m", "lte_m")])
def test_radios_of_the_sensor_node(ours, link):
    radio, entry = load("sensor_node.json")["radios"][ours], catalog.link(link)
    assert radio["power_w"]["value"] == entry.transmit_power_w
    assert radio["bit_per_s"]["value"] == 8 * (entry.effective_bandwidth_bytes_per_s or entry.bandwidth_bytes_per_s)
    assert radio["wake_j"]["value"] == entry.wake_energy_j
    assert load("sensor_node.json")["active_power_w"]["value"] == catalog.device("nrf52840").power_w


@pytest.mark.parametrize("card, price", [("t4", "gcp_t4_on_demand"), ("v100", "gcp_v100_on_demand")])
def test_prices_of_the_serving_cards(card, price):
    assert load("serving/cards.json")["cards"][card]["price_usd_per_h"]["value"] == catalog.price(price).usd


@pytest.mark.parametrize("tier, price", [("object_store", "s3_standard"), ("object_store_archive", "s3_glacier_flexible"), ("block_volume", "ebs_gp3"),
                                         ("parallel_file_system", "fsx_lustre_ssd"), ("object_store_express", "s3_express")])  # fmt: skip
def test_rent_of_storage(tier, price):
    assert catalog.storage_tier(tier).price_usd_per_gb_month == catalog.price(price).usd


def test_requests_of_the_object_store():
    assert catalog.storage_tier("object_store").request_usd == catalog.price("s3_get").usd
    assert catalog.storage_tier("object_store_express").request_usd == catalog.price("s3_express_get").usd


@pytest.mark.parametrize("tier, device", [("hbm2e", "a100_sxm_80gb"), ("hbm3", "h100_sxm"), ("hbm3e", "b200"), ("gddr6", "l4")])
def test_memory_tiers_are_those_of_their_devices(tier, device):
    assert catalog.storage_tier(tier).bandwidth_bytes_per_s == catalog.device(device).bandwidth()
    assert catalog.storage_tier(tier).capacity_bytes == catalog.device(device).memory_bytes


def test_a_node_of_eight():
    node, one = catalog.storage_tier("node_hbm"), catalog.device("h100_sxm")
    assert (node.bandwidth_bytes_per_s, node.capacity_bytes) == (8 * one.bandwidth(), 8 * one.memory_bytes)


def test_published_training_runs_hang_together():
    """Each run's name follows from its shape, its devices divide into replicas, and no run beats its device."""
    peak = catalog.device("a100_sxm_80gb").peak("bf16")
    for run in megatron_runs():
        assert transformer.parameters(run.model) == pytest.approx(run.model.nominal_parameters, rel=0.035)  # the names are rounded: 1.65e9 is "1.7B"
        assert run.gpus % (run.tensor * run.pipeline) == 0
        assert run.batch % (run.gpus // (run.tensor * run.pipeline)) == 0
        assert 0.1 * peak < run.flop_per_s_per_gpu < 0.6 * peak
