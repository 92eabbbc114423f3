"""Grids, storage tiers, data sets and prices of the catalog."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog
from mlsysim.catalog_grids import SCOPES
from mlsysim.catalog_prices import TERMS
from mlsysim.errors import Infeasible, OutOfRange, WrongType
from mlsysim.units import KWH

GRIDS = st.sampled_from(catalog.grid_names())
DATE = re.compile(r"20\d\d(-\d\d(-\d\d)?)?")


@pytest.mark.parametrize("grid", [pytest.param(g, id=g.name) for g in catalog.grids()])
def test_grid(grid):
    assert 0 < grid.carbon_kg_per_kwh <= 1.3 and grid.scope in SCOPES and 2014 <= grid.year <= 2026
    assert grid.kind in ("country", "state", "cloud region", "power source", "world")
    assert 0 <= grid.evening_rise_share <= 0.3 and 0 <= grid.midday_dip_share <= 0.5
    assert {"evening_rise_share", "midday_dip_share"} <= set(grid.estimates), "the shape of a day is illustrative, and says so"
    assert (grid.price_usd_per_kwh is None) == (grid.price_date is None)
    assert grid.price_usd_per_kwh is None or (0.01 < grid.price_usd_per_kwh < 0.6 and DATE.fullmatch(grid.price_date))
    assert grid.carbon_kg_per_j * KWH == pytest.approx(grid.carbon_kg_per_kwh)


@settings(max_examples=50)
@given(GRIDS)
def test_a_day_keeps_the_mean(name):
    grid = catalog.grid(name)
    day = grid.day_kg_per_kwh()
    assert len(day) == 24 and min(day) > 0
    assert math.fsum(day) / 24 == pytest.approx(grid.carbon_kg_per_kwh)
    assert max(day) <= 2 * grid.carbon_kg_per_kwh


@settings(max_examples=50)
@given(GRIDS, st.floats(0, 24), st.floats(0, 2))
def test_more_sun_never_makes_a_grid_dirtier(name, hour, sun):
    grid = catalog.grid(name)
    assert grid.relative(hour, sun) <= grid.relative(hour, 0.0)
    if not 6 <= hour <= 18:
        assert grid.relative(hour, sun) == grid.relative(hour)


def test_hours_that_are_none():
    with pytest.raises(OutOfRange, match="hour"):
        catalog.grid("texas").relative(25)
    with pytest.raises(OutOfRange, match="sun"):
        catalog.grid("texas").relative(12, -1)
    with pytest.raises(WrongType):
        catalog.grid("texas").relative("noon")


def test_order_of_the_grids():
    clean_first = ("quebec", "sweden", "france", "california", "virginia", "germany", "texas", "poland", "india")
    values = [catalog.grid(name).carbon_kg_per_kwh for name in clean_first]
    assert values == sorted(values) == [0.002, 0.041, 0.056, 0.236, 0.276, 0.381, 0.385, 0.662, 0.713]


@pytest.mark.parametrize("tier", [pytest.param(t, id=t.name) for t in catalog.storage_tiers()])
def test_storage_tier(tier):
    assert tier.kind in ("memory", "flash", "disk", "tape", "file system", "object store")
    assert tier.first_byte_s > 0 and 0 < tier.stream_bytes_per_s <= tier.bandwidth_bytes_per_s
    assert tier.random_bandwidth_bytes_per_s is None or tier.random_bandwidth_bytes_per_s <= tier.bandwidth_bytes_per_s
    prices = (tier.price_usd_per_gb, tier.price_usd_per_gb_month, tier.request_usd)
    assert all(p is None or p > 0 for p in prices)
    assert (tier.price_date is None) == all(p is None for p in prices)
    if tier.random_reads_per_s:  # blocks of 4 KiB at that rate do not exceed what the device moves, within a fifth
        assert tier.random_reads_per_s * 4096 <= 1.4 * tier.bandwidth_bytes_per_s


def test_a_cheaper_tier_makes_you_wait():
    ladder = [catalog.storage_tier(n) for n in ("hbm3", "ddr5", "nvme_gen4", "sata_ssd", "hdd", "tape_lto9")]
    for rate in ("bandwidth_bytes_per_s",):
        values = [getattr(t, rate) for t in ladder[:5]]
        assert values == sorted(values, reverse=True)
    waits = [t.first_byte_s for t in ladder[1:]]
    assert waits == sorted(waits)
    buy = [t.price_usd_per_gb for t in ladder[1:] if t.name != "sata_ssd"]
    assert buy == sorted(buy, reverse=True)
    gens = [catalog.storage_tier(f"nvme_gen{n}").bandwidth_bytes_per_s for n in (3, 4, 5)]
    assert gens == sorted(gens)


@pytest.mark.parametrize("data", [pytest.param(d, id=d.name) for d in catalog.datasets()])
def test_dataset(data):
    assert data.items >= 1 and data.stored_bytes > 0 and data.item_bytes >= 1
    assert data.item_bytes == data.stored_bytes / data.items
    assert data.tokens is None or (data.task == "language" and 0.5 <= data.stored_bytes / data.tokens <= 12), "bytes a token"


@pytest.mark.parametrize(
    "name, item_bytes",
    [("imagenet_1k", 108e3), ("mnist", 785), ("cifar10", 3073), ("coco_2017", 163e3), ("llama3_tokens", 4), ("criteo_1tb", 297)],
)
def test_mean_item(name, item_bytes):
    assert catalog.dataset(name).item_bytes == pytest.approx(item_bytes, rel=5e-3)


@pytest.mark.parametrize("price", [pytest.param(p, id=p.name) for p in catalog.prices()])
def test_price(price):
    assert price.usd > 0 and DATE.fullmatch(price.date) and price.terms in TERMS and price.provider
    assert price.unit in ("h", "GB-month", "GB", "request", "token", "kWh")
    assert (price.accelerator is None) == (price.accelerators is None)
    if price.accelerator is None:
        with pytest.raises(Infeasible, match="no price of an accelerator's hour"):
            _ = price.usd_per_accelerator_hour
    else:
        assert catalog.device(price.accelerator) and 0.05 < price.usd_per_accelerator_hour < 15
    if price.terms == "spot" or not price.sources:
        assert "usd" in price.estimates


def test_commitment_is_cheaper():
    for stem in ("aws_p4d_24xlarge", "gcp_t4", "gcp_tpu_v4", "gcp_tpu_v5p"):
        steps = [catalog.price(f"{stem}_{t}") for t in ("on_demand", "reserved_1y", "reserved_3y") if f"{stem}_{t}" in catalog.price_names()]
        values = [p.usd for p in steps]
        assert len(values) >= 2 and values == sorted(values, reverse=True)
    for name in catalog.price_names():
        if name.endswith("_spot"):
            assert catalog.price(name).usd < catalog.price(name.replace("_spot", "_on_demand")).usd
