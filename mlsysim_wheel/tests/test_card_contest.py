"""Two cards in one benchmark: stated ratios, the measured rows, and what must hold in every measure."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import card_contest as cc
from mlsysim.errors import MlsysimError


@pytest.mark.parametrize(
    ("batch", "rate", "energy", "price"),
    [(1, 1.01, 0.235, 0.142), (16, 1.05, 0.245, 0.148), (32, 2.10, 0.490, 0.296), (64, 2.84, 0.663, 0.401), (256, 2.84, 0.663, 0.401)],
)
def test_ratios_that_the_lab_states(batch, rate, energy, price):
    c = cc.contest(batch)
    assert (c.rate_ratio, c.energy_ratio, c.price_ratio) == pytest.approx((rate, energy, price), rel=5e-3)


def test_latencies_and_energies_that_the_lab_states():
    assert cc.contest(128).t4_s == pytest.approx(0.108, rel=5e-3) and cc.contest(256).v100_s == pytest.approx(0.0757, rel=5e-3)
    assert cc.contest(128, "energy", 1e9).kwh_per_day == pytest.approx(16.3, rel=5e-3)
    assert cc.contest(1, "rate", 1e9).kwh_per_day == pytest.approx(1067, rel=5e-3)
    assert cc.contest().energy_span == pytest.approx(65, rel=5e-3)


def test_the_law_is_near_every_measured_row():
    law = {name: dict(points) for name, points in cc.contest().times}
    for batch, measured, card in cc.contest().measured_times:
        assert law[card][batch] == pytest.approx(measured, rel=0.2)
    for batch, ratio in cc.contest().measured_ratios:
        assert cc.contest(batch).rate_ratio == pytest.approx(ratio, rel=0.16)


@settings(max_examples=50)
@given(st.integers(1, 256), st.sampled_from(list(cc.METRICS)), st.floats(1e3, 1e12), st.floats(0, 1000))
def test_the_winner_is_the_better_one_and_its_day_adds_up(batch, metric, images, carbon):
    c = cc.contest(batch, metric, images, carbon)
    assert (c.winner == "V100") == (c.ratio > 1)
    seconds = images / c.images_per_s
    assert c.kwh_per_day == pytest.approx(seconds * c.winner_power_w / 3.6e6)
    assert c.kg_co2e_per_day == pytest.approx(c.kwh_per_day * carbon / 1000)
    assert {"neither": batch < 15.3, "t4": 15.3 < batch < 43.3, "both": batch > 43.2}[c.flat_out]


def test_the_faster_card_never_wins_energy_or_price():
    assert all(ratio < 1 for metric, points in cc.contest().ratios if metric != "rate" for _, ratio in points)


def test_bad_input_is_refused():
    for wrong in (dict(batch=0), dict(batch=257), dict(metric="speed"), dict(images_per_day=0), dict(carbon_g_per_kwh=-1), dict(images_per_day=math.nan)):
        with pytest.raises(MlsysimError):
            cc.contest(**wrong)
