"""Speculative decoding, processor cores, accounts of runs, sums in the switch: each against an oracle of its own."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import edge_latency, privacy_accounting, run_account, speculative_decoding, switch_reduction
from mlsysim.errors import MlsysimError


def test_expected_tokens_agree_with_a_simulation_of_the_rounds():
    rng, drafted, chance, rounds = random.Random(3), 5, 0.7, 40_000
    total = 0
    for _ in range(rounds):
        accepted = 0
        while accepted < drafted and rng.random() < chance:
            accepted += 1
        total += accepted + 1
    assert speculative_decoding.speculate(drafted, chance).accepted_tokens == pytest.approx(total / rounds, rel=0.01)


def test_published_speedup_of_speculation():
    assert speculative_decoding.speculate(7, 0.75, 0.007).speedup == pytest.approx(3.4, rel=0.05)  # Leviathan et al. 2023, T5-XXL


@given(st.integers(0, 50), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_a_round_yields_between_one_and_all_tokens(drafted, chance):
    assert 1 - 1e-9 <= speculative_decoding.speculate(drafted, chance).accepted_tokens <= drafted + 1 + 1e-9


@given(st.sampled_from(edge_latency.core_names()), st.floats(1e6, 1e11), st.sampled_from(["fp32", "int8"]))
@settings(max_examples=50, deadline=None)
def test_no_core_beats_its_vector_units(core, macs, fmt):
    r = edge_latency.core_latency(macs, core, fmt)
    assert r.time_s >= macs / (r.clock_hz * r.macs_per_cycle)
    assert edge_latency.core_latency(macs, core, fmt, threads=2).time_s == pytest.approx(r.time_s / 2)


def test_the_account_of_a_published_run():
    r = run_account.run_account(10_000 * 14.8 * 24, 330, 1.1, 0.429, 2.0)  # Patterson et al. 2021, GPT-3: 1,287 MWh, 552 t
    assert r.energy_j / 3.6e9 == pytest.approx(1287, rel=5e-3) and r.emissions_kg / 1e3 == pytest.approx(552, rel=5e-3)
    assert r.cost_usd == pytest.approx(2 * 10_000 * 14.8 * 24)


def test_the_days_of_a_trillion_parameters():
    assert run_account.run_days(1008e9, 450e9, 3072, 163e12) == pytest.approx(84, rel=5e-3)  # Narayanan et al., SC21


@given(st.integers(2, 64), st.floats(1e3, 1e10))
@settings(max_examples=40, deadline=None)
def test_the_bytes_of_a_sum_in_the_switch_are_those_of_its_messages(gpus, n):
    # Each GPU sums one Nth: it receives that Nth reduced, then all Nths arrive; what it sends mirrors this.
    into = n / gpus + gpus * (n / gpus)
    assert switch_reduction.switch_all_reduce(n, gpus, 0.0, 1e9).moved_bytes == pytest.approx(into)


def test_with_many_gpus_the_bus_bandwidth_comes_to_twice_the_wire():
    assert switch_reduction.switch_all_reduce(1e9, 10_000, 0.0, 1e11).bus_bytes_per_s == pytest.approx(2e11, rel=1e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: speculative_decoding.speculate(3, 1.2),
        lambda: speculative_decoding.speculate(-1, 0.5),
        lambda: edge_latency.core_latency(1e9, "abacus"),
        lambda: edge_latency.core_latency(float("nan"), "pixel_2"),
        lambda: run_account.run_account(1, 1, 0.9),
        lambda: run_account.run_days(0, 1, 1, 1),
        lambda: switch_reduction.switch_all_reduce(1e6, 1, 0.0, 1e9),
        lambda: privacy_accounting.privacy_loss(100, 101, 1, 1.0),
        lambda: privacy_accounting.privacy_loss(100, 10, 1, 0.01),
        lambda: privacy_accounting.privacy_loss(100, 10, 1, 1.0, 1.0),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(MlsysimError):
        call()


def test_privacy_loss_of_the_tutorial_of_tensorflow_privacy():
    for noise, epochs, epsilon in ((1.12, 60, 2.92), (0.6, 30, 9.74), (1.2, 10, 1.20)):
        assert privacy_accounting.privacy_loss(60_000, 256, epochs, noise).epsilon == pytest.approx(epsilon, rel=5e-3)


def test_without_sampling_it_is_the_plain_gaussian_mechanism():
    # ε(a) = T·a/(2σ²) + ln(1/δ)/(a−1): its minimum over real orders is T/(2σ²) + sqrt(2·T·ln(1/δ))/σ.
    import math

    r = privacy_accounting.privacy_loss(1000, 1000, 10, 10.0)
    closed = 10 / 200 + math.sqrt(2 * 10 * math.log(1e5)) / 10
    assert closed <= r.epsilon <= closed * 1.001


@given(st.floats(0.6, 5), st.floats(1, 50))
@settings(max_examples=15, deadline=None)
def test_more_noise_reveals_less_and_more_epochs_more(noise, epochs):
    base = privacy_accounting.privacy_loss(60_000, 256, epochs, noise).epsilon
    assert privacy_accounting.privacy_loss(60_000, 256, epochs, noise * 1.1).epsilon < base
    assert privacy_accounting.privacy_loss(60_000, 256, epochs * 1.1, noise).epsilon > base
