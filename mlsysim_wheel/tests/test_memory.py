"""Training state under ZeRO, and activations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.published_training import megatron_model
from mlsysim.training_memory import activation_memory, training_state

GPT3 = megatron_model("174.6B")


@pytest.mark.parametrize("stage, gigabytes", [(0, 120), (1, 31.4), (2, 16.6), (3, 1.88)])
def test_figure_1_of_the_zero_paper(stage, gigabytes):
    assert training_state(7.5e9, 64, stage).state_bytes == pytest.approx(gigabytes * 1e9, rel=5e-3)


def test_stage_2_never_holds_gpt3():
    assert training_state(174.6e9, 384, 2).state_bytes == pytest.approx(355.6e9, rel=5e-3)
    assert training_state(174.6e9, 10**9, 2).state_bytes > 80e9


def test_stage_3_costs_half_as_much_traffic_again():
    traffic = [training_state(1e9, 8, stage).traffic_bytes for stage in range(4)]
    assert traffic[0] == traffic[1] == traffic[2] == 4e9 * 7 / 8
    assert traffic[3] == 1.5 * traffic[0]


def test_one_gpu_exchanges_nothing_and_shards_nothing():
    assert {training_state(1e9, 1, stage).state_bytes for stage in range(4)} == {16e9}
    assert training_state(1e9, 1, 3).traffic_bytes == 0


@given(st.floats(1e3, 1e13), st.integers(2, 10**5))
@settings(max_examples=50)
def test_each_stage_holds_less_and_all_gpus_together_hold_everything(parameters, gpus):
    states = [training_state(parameters, gpus, stage) for stage in range(4)]
    held = [s.state_bytes for s in states]
    assert held == sorted(held, reverse=True)
    assert held[3] * gpus == pytest.approx(16 * parameters)
    assert states[3].traffic_bytes < 6 * parameters


def test_activations_with_full_recomputation():
    s, b, h, layers, a = 2048, 4, 12288, 96, 96
    closed = 2 * s * b * h * layers + s * b * h * (34 + 5 * a * s / h)
    assert activation_memory(GPT3, b).activation_bytes == pytest.approx(closed)


def test_recomputation_saves_memory_in_its_order():
    full, selective, none = (activation_memory(GPT3, 1, mode).activation_bytes for mode in ("full", "selective", "none"))
    assert full < selective < none


@pytest.mark.parametrize(
    "call",
    [
        lambda: training_state(0, 8, 1),
        lambda: training_state(1e9, 0, 1),
        lambda: training_state(1e9, 2.5, 1),
        lambda: training_state(1e9, 8, 4),
        lambda: training_state(1e9, 8, True),
        lambda: training_state(float("nan"), 8, 1),
        lambda: activation_memory(GPT3, 1, layers_on_gpu=97),
        lambda: activation_memory(GPT3, 1, in_flight=0),
    ],
)
def test_senseless_inputs_are_refused(call):
    with pytest.raises(MlsysimError):
        call()
