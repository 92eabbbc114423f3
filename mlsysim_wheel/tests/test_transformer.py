"""Parameters, arithmetic and activations of a transformer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError, OutOfRange
from mlsysim.published_training import megatron_model, megatron_runs
from mlsysim.transformer import RECOMPUTATION, Transformer, layer_activations, parameters, training_work

GPT3 = megatron_model("174.6B")


@pytest.mark.parametrize("name", sorted({run.model.name for run in megatron_runs()}))
def test_parameters_reproduce_the_name_of_every_published_model(name):
    model = megatron_model(name)
    assert parameters(model) == pytest.approx(model.nominal_parameters, rel=0.04)  # 1.7B is 1.65


def test_parameters_are_the_sum_over_the_matrices():
    h, layers, vocabulary = 64, 3, 1000
    attention = 4 * (h * h + h)  # query, key, value, output, with biases
    feed_forward = h * 4 * h + 4 * h + 4 * h * h + h
    norms = 2 * 2 * h
    total = layers * (attention + feed_forward + norms) + vocabulary * h
    assert parameters(Transformer("tiny", layers, h, 4, 128, vocabulary)) == pytest.approx(total)


def test_flop_of_a_step_with_full_recomputation():
    assert training_work(GPT3, 1536).hardware_flop == pytest.approx(4.51e18, rel=5e-3)


def test_closed_form_of_narayanan_equation_3():
    s, layers, h, vocabulary = 2048, 96, 12288, 51200
    closed = 96 * 1536 * s * layers * h**2 * (1 + s / (6 * h) + vocabulary / (16 * layers * h))
    assert training_work(GPT3, 1536).hardware_flop == pytest.approx(closed, rel=1e-12)


def test_six_flop_a_parameter_and_token_when_sequences_are_short():
    model = Transformer("wide", 4, 8192, 64, sequence=16, vocabulary=1)
    assert training_work(model, 1, "none").model_flop == pytest.approx(6 * parameters(model) * 16, rel=1e-3)


def test_scores_take_half_of_the_arithmetic_at_six_times_the_width():
    model = Transformer("wide", 32, 4096, 32, sequence=6 * 4096)
    assert training_work(model, 1).attention_share == pytest.approx(0.5)


def test_selective_recomputation_repeats_little():
    work = {mode: training_work(GPT3, 1, mode).recomputed_flop for mode in RECOMPUTATION}
    assert work["none"] == 0 < work["selective"] < 0.03 * work["full"]


def test_scores_are_70_percent_of_the_activations_of_gpt3():
    assert layer_activations(GPT3, 1, "none").scores_share == pytest.approx(0.70, abs=0.005)  # Korthikanti et al. 2023


def test_scores_take_half_of_the_activations_at_34h_over_5a():
    model = Transformer("4096", 32, 4096, 32, sequence=870)
    assert layer_activations(model, 1).scores_share == pytest.approx(0.5, rel=1e-3)


def test_arrays_work():
    batches = np.array([1.0, 2.0, 4.0])
    assert training_work(GPT3, batches).hardware_flop == pytest.approx(batches * training_work(GPT3, 1).hardware_flop)


@given(st.floats(0.01, 1e4), st.sampled_from(RECOMPUTATION), st.sampled_from([1, 2, 4, 8, 16, 32]))
@settings(max_examples=50)
def test_recomputation_trades_kept_bytes_for_arithmetic(batch, mode, tensor):
    none, here = layer_activations(GPT3, batch, "none", 1), layer_activations(GPT3, batch, mode, tensor)
    assert 0 < here.kept_bytes <= none.kept_bytes
    work = training_work(GPT3, batch, mode)
    assert work.model_flop <= work.hardware_flop < 4 / 3 * work.model_flop


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), True, "2", None])
def test_senseless_batches_are_refused(bad):
    for call in (training_work, layer_activations):
        with pytest.raises(MlsysimError, match="batch"):
            call(GPT3, bad)


def test_senseless_models_are_refused():
    with pytest.raises(OutOfRange, match="divide the hidden width"):
        Transformer("odd", 2, 100, 3)
    with pytest.raises(OutOfRange, match="layers"):
        Transformer("flat", 0, 64, 4)
    with pytest.raises(OutOfRange, match="attention heads"):
        layer_activations(GPT3, 1, "full", 5)
    with pytest.raises(OutOfRange, match="recomputation"):
        training_work(GPT3, 1, "some")
    with pytest.raises(MlsysimError, match="Transformer"):
        parameters("GPT")
