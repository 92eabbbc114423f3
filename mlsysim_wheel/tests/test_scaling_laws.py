"""Loss over model, data and machine: published constants, the best split, and which lever is short."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.scaling_laws import LEVERS, NONE, best_split, fit_names, gpu_hours, lever_map, loss_fit, reducible_nats, study_levers, training_flop

machines = st.floats(19, 25).map(lambda e: 10**e)
texts = st.floats(9, 13).map(lambda e: 10**e)
sizes = st.floats(8, 12).map(lambda e: 10**e)


def test_without_caps_half_of_the_reducible_error_costs_91_times_the_machine():
    r = study_levers(1e21)
    assert (r.parameters, r.tokens, r.reducible_nats, r.loss_nats, r.halving_factor) == pytest.approx((1.82e9, 9.14e10, 0.639, 2.33, 91.3), rel=5e-3)
    assert r.gpu_days == pytest.approx(29.3, rel=5e-3) and r.binding == "machine"


def test_the_other_published_fit_says_49_so_a_large_factor_is_no_accident_of_one_fit():
    assert study_levers(1e21, fit="besiroglu_2024").halving_factor == pytest.approx(48.8, rel=5e-3)


def test_short_text_binds():
    r = study_levers(1e21, 2e10, 7e9)
    assert r.binding == "data"
    assert (r.gain_data_nats, r.gain_model_nats) == pytest.approx((0.0799, 0.0105), rel=5e-3) and r.gain_machine_nats == 0


def test_a_small_model_binds():
    r = study_levers(1e24, 1e12, 7e9)
    assert r.binding == "model"
    assert (r.gain_model_nats, r.gain_data_nats) == pytest.approx((0.0992, 0.0852), rel=5e-3)


@pytest.mark.parametrize(("tokens", "factor"), [(1e11, math.inf), (10**11.25, math.inf), (10**11.5, 206), (10**11.75, 108)])
def test_no_machine_is_enough_until_there_is_more_text(tokens, factor):
    assert study_levers(1e21, tokens).halving_factor == pytest.approx(factor, rel=5e-3)


def test_a_hundred_times_the_machine_helps_little_where_the_text_ends():
    assert [study_levers(c, 1e11).reducible_nats for c in (1e21, 1e23)] == pytest.approx([0.639, 0.404], rel=5e-3)


def test_ten_times_the_machine_moves_the_shortage_to_the_text():
    r = study_levers(1e21, 3.2e10)
    assert r.binding == "machine" and r.next_binding == "data" == study_levers(1e22, 3.2e10).binding


@given(machines)
@settings(max_examples=40)
def test_the_split_beats_every_other_split_of_the_same_machine(c):
    n, d = best_split(c)
    assert training_flop(n, d) == pytest.approx(c)
    best = reducible_nats(n, d)
    assert all(reducible_nats(n * k, d / k) > best for k in (0.5, 0.9, 1.1, 2.0))


@given(machines)
@settings(max_examples=40)
def test_without_caps_error_is_a_power_of_the_machine(c):
    r = study_levers(c, 1e40, 1e40)
    assert r.halving_factor == pytest.approx(2 ** (1 / r.compute_exponent), rel=1e-6)
    assert r.used_share == pytest.approx(1)


@given(machines, texts, sizes, st.sampled_from(fit_names()))
@settings(max_examples=50)
def test_caps_hold_and_no_lever_does_harm(c, d_max, n_max, fit):
    r = study_levers(c, d_max, n_max, fit)
    assert r.tokens <= d_max * (1 + 1e-9) and r.parameters <= n_max * (1 + 1e-9) and r.used_flop <= c * (1 + 1e-9)
    assert r.reducible_nats >= reducible_nats(*best_split(c, fit=fit), fit) * (1 - 1e-12)
    assert r.binding in (*LEVERS, NONE) and min(r.gain_data_nats, r.gain_model_nats, r.gain_machine_nats) >= 0
    assert r.loss_nats > loss_fit(fit).floor
    if math.isfinite(r.halving_factor):
        assert study_levers(c * r.halving_factor, d_max, n_max, fit).reducible_nats == pytest.approx(r.half_nats, rel=1e-6)


def test_the_map_agrees_with_the_study_of_each_place():
    m = lever_map(7e9)
    for j, i in ((0, 0), (4, 9), (16, 24), (16, 0), (10, 20)):
        assert m.binding[j][i] == study_levers(m.compute_flop[i], m.tokens[j], 7e9).binding
    for level, points in m.contours:
        for c, d in points:
            assert study_levers(c, d, 7e9).reducible_nats == pytest.approx(level, rel=0.01)


def test_a_machine_at_its_peak_is_two_and_a_half_times_one_at_40_percent():
    assert gpu_hours(1e21) / gpu_hours(1e21, efficiency=1.0) == pytest.approx(2.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: study_levers(0), lambda: study_levers(math.nan), lambda: study_levers(1e21, -1), lambda: study_levers(1e21, 1e9, "7B"),
        lambda: study_levers(1e21, fit="chinchilla"), lambda: best_split(math.inf), lambda: best_split(1e21, available_tokens=0),
        lambda: reducible_nats(True, 1e9),
        lambda: training_flop(1e9, 0), lambda: gpu_hours(1e21, "abacus"), lambda: lever_map(0), lambda: gpu_hours(1e21, efficiency=1.5),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(study_levers()))
