"""A tensor-parallel replica and a fleet of them: stated values, the ceilings of the machine, the formulas by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog
from mlsysim.errors import MlsysimError
from mlsysim.tensor_replica import FITS, FULL, GPUS, WEIGHTS, assistant_fleet, replica_step, small_fleets, users


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


def test_weights_are_paid_once_and_the_rest_is_room_for_users():
    assert [users(t, 4096).users for t in GPUS] == [0, 2, 109, 323]
    assert math.floor((72e9 * 4 - 141.2e9) / (327_680 * 4096)) == 109


@pytest.mark.parametrize(("gpus", "batch", "tpot_ms", "usd"), [(8, 1, 8.58, 47.7), (8, 128, 18.1, 0.786), (4, 109, 29.9, 0.762)])
def test_time_and_price_of_a_token(gpus, batch, tpot_ms, usd):
    step = replica_step(gpus, batch)
    assert (step.tpot_s * 1e3, step.usd_per_million) == (about(tpot_ms), about(usd))


def test_four_times_the_gpus_are_not_four_times_as_fast():
    two, eight = replica_step(2, 2), replica_step(8, 2)
    assert (two.tpot_s * 1e3, eight.tpot_s * 1e3, two.tpot_s / eight.tpot_s) == (about(28.8), about(8.66), about(3.32))
    assert eight.exchange_s * 1e3 == about(1.94)


@pytest.mark.parametrize(("gpus", "acceptance", "gain"), [(8, 0.7, 1.62), (8, 0.3, 0.83), (4, 0.7, 1.74), (4, 0.3, 0.89)])
def test_speculation_pays_only_if_the_drafts_are_accepted(gpus, acceptance, gain):
    assert replica_step(gpus, speculation=True, acceptance=acceptance).speculation_gain == about(gain)


def test_what_binds_and_what_fits():
    assert [replica_step(8, b).binds for b in (1, 128)] == ["weights", "KV"]
    assert replica_step(8, 323, 1024, weights="fp8").binds == "compute"
    assert [replica_step(t, b).state for t, b in ((1, 1), (2, 2), (2, 4), (4, 109), (4, 110))] == [FULL, FITS, FULL, FITS, FULL]
    assert replica_step(1, 1, weights="fp8").state == FITS


def test_a_fleet_of_small_and_one_of_large_replicas():
    small, large = assistant_fleet(4, 64, 7), assistant_fleet(8, 96, 4)
    for fleet, stated in ((small, (28, 23.8, 0.773, 0.902, 1.62)), (large, (32, 15.7, 0.610, 0.813, 1.85))):
        assert (fleet.gpus, fleet.tpot_s * 1e3, fleet.load, fleet.load_one_lost, fleet.usd_per_million) == about(stated)
    first = assistant_fleet(2, 2, 16)
    assert (first.load, first.tpot_s * 1e3, first.gpus) == (about(10.9), about(28.8), 32)


def test_small_fleets_hold_and_one_replica_less_does_not():
    for fleet in small_fleets(40.0):
        assert fleet.load <= 0.8 and fleet.load_one_lost <= 0.95 and fleet.unused_users >= 0
        less = assistant_fleet(fleet.gpus_per_replica, fleet.batch, fleet.replicas - 1, 40.0)
        assert less.load > 0.8 or less.load_one_lost > 0.95
    assert small_fleets(1e6) == ()


def test_a_single_replica_has_nothing_left_when_it_is_lost():
    alone = assistant_fleet(8, 256, 1, 1.0)
    assert alone.load < 1 and alone.load_one_lost == math.inf and alone.state != "stable"


@settings(max_examples=50)
@given(st.sampled_from(GPUS), st.integers(1, 400), st.integers(1, 200_000), st.sampled_from(WEIGHTS), st.booleans(), st.floats(0, 1))
def test_no_token_beats_the_peak_of_memory_and_arithmetic(gpus, batch, context, weights, speculation, acceptance):
    chip, step = catalog.device("h100_sxm"), replica_step(gpus, batch, context, weights=weights, speculation=speculation, acceptance=acceptance)
    assert step.tpot_s * step.accepted_tokens >= (step.weights_bytes + step.cache_bytes) / (gpus * chip.bandwidth())
    assert step.tpot_s * step.accepted_tokens >= 2 * step.parameters * step.rows / (gpus * chip.peak("bf16"))
    assert 1 <= step.accepted_tokens <= 5 and (step.state == FITS) == (step.weights_bytes + step.cache_bytes <= step.memory_bytes)
    assert (speculation or step.speculation_gain == 1) and step.users >= users(gpus, context + 1, weights).users


@settings(max_examples=50)
@given(st.sampled_from(GPUS), st.integers(1, 300), st.integers(2, 40), st.floats(0.1, 100))
def test_a_lost_replica_loads_the_others(gpus, batch, replicas, rate):
    fleet = assistant_fleet(gpus, batch, replicas, rate)
    assert fleet.load_one_lost == about(fleet.load * replicas / (replicas - 1), rel=1e-12)
    assert fleet.capacity_per_s * fleet.answer_tokens <= replica_step(gpus, batch).tokens_per_s


@pytest.mark.parametrize(
    ("f", "bad"),
    [(replica_step, {"gpus": 3}), (replica_step, {"gpus": True}), (replica_step, {"batch": 0}), (replica_step, {"context_tokens": math.nan}),
     (replica_step, {"weights": "int4"}), (replica_step, {"speculation": 1}), (replica_step, {"acceptance": 1.5}), (users, {"gpus": 0, "context_tokens": 1}),
     (users, {"context_tokens": "x", "gpus": 2}), (users, {"token_bytes": 0, "gpus": 2, "context_tokens": 1}),
     (users, {"weights": 2, "gpus": 2, "context_tokens": 1})],
)  # fmt: skip
def test_bad_input_is_refused_with_its_name(f, bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        f(**bad)
    for args in ((0.0,), (40.0, 0.0), (40.0, 0.8, 1.5), (40.0, 0.8, 0.9, 0), (math.nan,)):
        with pytest.raises(MlsysimError):
            small_fleets(*args)
    for args in ((4, 64, 0), (4, 0, 7), (5, 64, 7), (4, 64, 7, math.inf)):
        with pytest.raises(MlsysimError):
            assistant_fleet(*args)
