"""A network cut in two."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, iron_law
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.split_inference import feature_map_bytes, places, split

MS = 1e-3


@pytest.mark.parametrize(
    ("place", "kilobytes"),
    [
        ("photo", 108), ("stem", 803), ("pool", 201), ("block 3", 803), ("block 7", 401), ("block 13", 201), ("block 16", 100), ("average", 2.05),
        ("all local", 0),
    ],
)  # fmt: skip
def test_what_leaves_each_place(place, kilobytes):
    assert split(place).wire_bytes / 1e3 == pytest.approx(kilobytes, rel=5e-3)


@pytest.mark.parametrize(("place", "ms"), [("photo", 88.8), ("stem", 371), ("pool", 130), ("block 9", 199), ("all local", 124)])
def test_time_over_5g_with_8_bits(place, ms):
    assert split(place).total_s == pytest.approx(ms * MS, rel=5e-3)


def test_where_the_best_cut_is():
    assert split().best_region == "camera"
    lte = split(link="lte")
    assert (lte.best_region, lte.best_s, lte.photo_s) == ("device", pytest.approx(124 * MS, rel=5e-3), pytest.approx(174 * MS, rel=5e-3))
    assert split("pool", 2).total_s == pytest.approx(69.7 * MS, rel=5e-3)
    assert split(bits=2).best_place == "pool"


def test_a_raw_frame_turns_the_verdict_as_in_early_studies():
    raw = split("pool", 4, photo="raw")
    assert (raw.best_place, raw.total_s, raw.photo_s) == ("pool", pytest.approx(89.8 * MS, rel=5e-3), pytest.approx(286 * MS, rel=5e-3))


def test_both_ends_agree_with_the_iron_law_of_the_catalog():
    job = iron_law.Job.of(catalog.model("resnet50"))
    assert split("all local").total_s == pytest.approx(iron_law.on_machine(job, catalog.machine("raspberry_pi_5")).time_s, rel=5e-3)
    assert split("photo").server_s == pytest.approx(iron_law.on_machine(job, catalog.machine("t4")).time_s, rel=1e-2)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(places()), st.sampled_from((8, 4, 2)), st.sampled_from(("fibre", "5g", "lte")), st.sampled_from(("jpeg", "raw")))
def test_the_best_is_the_best_and_nothing_beats_the_wire(place, bits, link, photo):
    s = split(place, bits, link, photo)
    assert s.total_s == pytest.approx(s.device_s + s.wire_s + s.server_s)
    assert s.best_s == min(p.total_s for p in s.points) <= s.total_s
    assert s.wire_s >= 8 * s.wire_bytes / s.uplink_bit_per_s
    assert (s.state == "ok") == (s.total_s <= s.photo_s)
    assert all(a.device_s <= b.device_s for a, b in itertools.pairwise(s.points))
    assert all(a.server_s >= b.server_s for a, b in itertools.pairwise(s.points))


def test_feature_maps():
    assert feature_map_bytes(64, 112) == 802816
    assert feature_map_bytes(2048, 7, 4) == 2048 * 49 / 2


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(split())}
    assert "recalled" in steps["photo_bytes"].source and steps["total_s"].substituted


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: split("block 17"), "block 17"), (lambda: split(3), "3"), (lambda: split("stem", 3), "bits"), (lambda: split("stem", True), "bits"),
        (lambda: split("stem", 8, "wifi"), "wifi"), (lambda: split("stem", 8, "lte", "png"), "photo"), (lambda: feature_map_bytes(0, 7), "channels"),
        (lambda: feature_map_bytes(3, 7.5), "side"), (lambda: feature_map_bytes(3, 7, -8), "bits"),
    ],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
