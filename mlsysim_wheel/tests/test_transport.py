"""One remote answer: round trips, transmission, arithmetic."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.transport import changes, remote_call, rtt_s, upload_rounds

MS = 1e-3
LINKS = ("fibre", "5g", "lte")


def test_a_cold_photo_over_lte_round_by_round():
    call = remote_call()
    assert call.setup_s == pytest.approx(130 * MS)
    starts = [leg.leaves_s for leg in call.legs[2:]]
    lasted = [b - a for a, b in zip(starts, [*starts[1:], call.setup_s + call.upload_s], strict=True)]
    assert lasted == pytest.approx([65 * MS, 65 * MS, 65 * MS, 38.3 * MS], rel=5e-3)
    assert call.time_s == pytest.approx(396 * MS, rel=5e-3)
    assert call.round_trips == 6


@pytest.mark.parametrize(
    ("change", "ms"),
    [
        (dict(link="5g"), 273), (dict(link="fibre"), 139), (dict(connection="warm"), 174), (dict(distance_km=8000), 1030),
        (dict(server="h100_sxm"), 395.9), (dict(distance_km=0), 315), (dict(link="fibre", connection="warm", distance_km=50), 26.6),
        (dict(link="5g", connection="warm", distance_km=50, upload_bytes=14e3), 36.9),
    ],
)  # fmt: skip
def test_one_change_at_a_time(change, ms):
    assert remote_call(**change).time_s == pytest.approx(ms * MS, rel=5e-3)


def test_the_simulated_requests_follow_the_stated_draws():
    call = remote_call()  # numbers 201, 381 and 397 of 400 in ascending order
    assert [call.times_s[i] for i in (200, 380, 396)] == pytest.approx([458 * MS, 678 * MS, 796 * MS], rel=5e-3)
    near = remote_call("fibre", "warm", 50)
    assert near.times_s[380] == pytest.approx(32.9 * MS, rel=5e-3)


def test_percentiles_are_those_of_the_house():
    call = remote_call()
    assert (call.p50_s, call.p95_s, call.p99_s) == (call.times_s[199], call.times_s[379], call.times_s[395])


def test_without_loss_a_request_only_stretches_with_its_round_trip():
    call = remote_call(loss_share=0.0)
    assert call.times_s[0] > call.time_s  # jitter adds, it never takes away
    mean = math.fsum(call.times_s) / call.requests
    trips = call.setup_trips + 3 + 0.5 + 0.5  # round trips in the default's time, its last round but half a one, then half for the answer
    assert mean - call.time_s == pytest.approx(0.2 * trips * call.rtt_s, rel=0.15)


def test_what_single_changes_save():
    here = changes(remote_call())
    assert (here.gpu_s, here.near_s, here.open_s) == pytest.approx((0.4 * MS, 81.6 * MS, 223 * MS), rel=0.1)
    assert here.open_s == pytest.approx(223 * MS, rel=5e-3)
    assert here.best == ("open",)
    assert changes(remote_call("fibre", "warm", 8000)).best == ("near",)
    assert changes(remote_call("lte", "warm", 50)).best == ("small",)
    assert changes(remote_call("lte", "warm", 0, 14e3, "h100_sxm")).best == ()


def test_the_phone_of_2019_is_195_times_sooner():
    assert remote_call().times_phone == pytest.approx(195, rel=5e-3)


@pytest.mark.parametrize(("kilobytes", "rounds"), [(10, 1), (14.6, 1), (14.7, 2), (43.8, 2), (44, 3), (102, 3), (103, 4), (200, 4)])
def test_rounds_of_slow_start(kilobytes, rounds):
    assert upload_rounds(kilobytes * 1e3) == rounds
    assert upload_rounds(kilobytes * 1e3) == math.ceil(math.log2(kilobytes / 14.6 + 1) - 1e-12)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(LINKS), st.sampled_from(("cold", "warm")), st.floats(0, 20000), st.floats(1, 1e6), st.floats(0, 1))
def test_no_answer_beats_light_and_bandwidth(link, connection, km, size, loss):
    call = remote_call(link, connection, km, size, "t4", loss)
    assert call.time_s == pytest.approx(call.setup_s + call.upload_s + call.service_s + call.answer_s)
    assert call.time_s > 2 * km / 299792.458 + call.transmission_s * (1 - 1e-9)
    assert call.times_s[0] >= call.time_s - 1e-12
    assert call.p50_s <= call.p95_s <= call.p99_s
    assert call.legs[-1].arrived_s == pytest.approx(call.setup_s + call.upload_s)
    assert sum(leg.data_bytes for leg in call.legs) == pytest.approx(size)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(LINKS), st.floats(0, 10000), st.floats(1e3, 1e6))
def test_an_open_connection_is_never_slower(link, km, size):
    assert remote_call(link, "warm", km, size).time_s < remote_call(link, "cold", km, size).time_s
    assert rtt_s(link, km) >= rtt_s(link, 0)


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(remote_call())}
    assert "RFC 6928" in steps["window_bytes"].source and "illustrative" in steps["uplink_bit_per_s"].source
    assert steps["time_s"].substituted


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: remote_call("wifi"), "wifi"), (lambda: remote_call(None), "None"), (lambda: remote_call(connection="lukewarm"), "connection"),
        (lambda: remote_call(distance_km=-1), "distance_km"), (lambda: remote_call(upload_bytes=0), "upload_bytes"),
        (lambda: remote_call(upload_bytes=float("nan")), "upload_bytes"), (lambda: remote_call(server="t5"), "t5"),
        (lambda: remote_call(loss_share=1.5), "loss_share"), (lambda: remote_call(loss_share=True), "loss_share"),
        (lambda: remote_call(model="resnet"), "resnet"), (lambda: upload_rounds(-1), "upload_bytes"), (lambda: upload_rounds(1, 0), "window_bytes"),
        (lambda: rtt_s("lte", "far"), "distance_km"), (lambda: changes(None), "RemoteCall"),
    ],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
