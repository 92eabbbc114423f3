"""ZeRO steps against published runs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.clusters import load_cluster
from mlsysim.errors import Infeasible, MlsysimError, UnknownName
from mlsysim.published_training import megatron_model, megatron_runs
from mlsysim.quantity import show_work
from mlsysim.sharding import zero3_network_bound_gpus, zero_step

GPT3, LARGER, SMALL = megatron_model("174.6B"), megatron_model("529.6B"), megatron_model("7.5B")


@pytest.mark.parametrize("gpus, seconds, tflops", [(384, 81.9, 143.5), (768, 66.6, 88.1), (1536, 66.7, 44.0)])
def test_zero3_of_the_model_that_was_fitted(gpus, seconds, tflops):
    step = zero_step(GPT3, gpus, 3, 1536)
    assert step.time_s == pytest.approx(seconds, rel=5e-3)
    assert step.flop_per_s_per_gpu == pytest.approx(tflops * 1e12, rel=5e-3)


@pytest.mark.parametrize("gpus, batch, tflops", [(640, 2560, 143.5), (1120, 2240, 87.2), (2240, 2240, 43.6)])
def test_zero3_of_the_model_that_was_not_fitted(gpus, batch, tflops):
    assert zero_step(LARGER, gpus, 3, batch).flop_per_s_per_gpu == pytest.approx(tflops * 1e12, rel=5e-3)


def test_every_published_zero3_run_is_within_12_percent():
    for run in megatron_runs("zero3"):
        rate = zero_step(run.model, run.gpus, 3, run.batch).flop_per_s_per_gpu
        assert rate == pytest.approx(run.flop_per_s_per_gpu, rel=0.12)
        assert not run.fit or rate == pytest.approx(run.flop_per_s_per_gpu, rel=0.005)


def test_four_times_the_gpus_are_hardly_faster():
    step = zero_step(GPT3, 1536, 3, 1536)
    assert (step.speedup, step.binding) == (pytest.approx(1.23, rel=5e-3), "network")


def test_a_larger_batch_makes_the_gpus_pay_again():
    step = zero_step(GPT3, 1536, 3, 6144)
    assert (step.flop_per_s_per_gpu, step.binding) == (pytest.approx(143.5e12, rel=5e-3), "compute")


@pytest.mark.parametrize("stage, gigabytes", [(0, 120), (1, 31.4), (2, 16.6), (3, 1.88)])
def test_state_of_7_5_billion_parameters(stage, gigabytes):
    assert zero_step(SMALL, 64, stage, 512).state_bytes == pytest.approx(gigabytes * 1e9, rel=5e-3)


def test_stage_2_runs_out_of_memory_and_stage_3_does_not():
    step = zero_step(GPT3, 384, 2, 1536)
    assert (step.state_bytes, step.fits, step.binding) == (pytest.approx(355.6e9, rel=5e-3), False, "memory")
    assert zero_step(GPT3, 384, 3, 1536).fits


def test_the_curve_carries_the_published_runs_and_leaves_out_what_cannot_be():
    step = zero_step(GPT3, 384, 3, 512)
    assert max(step.curve_gpus) <= 512 and len(step.curve_gpus) == len(step.curve_flop_per_s)
    assert step.curve_flop_per_s[step.curve_gpus.index(384)] == step.flop_per_s_per_gpu
    assert len(step.published) == 6


def test_the_gpus_where_the_network_starts_to_bind():
    limit = zero3_network_bound_gpus(1536 * 2048, 15.7e9)
    assert limit == pytest.approx(8 * 1536 * 2048 * 15.7e9 / (6 * 0.46 * 312e12))
    assert zero_step(GPT3, math.floor(limit) - 5, 3, 1536).binding == "compute"
    assert zero_step(GPT3, math.ceil(limit * 1.05), 3, 1536).binding == "network"  # attention and head shift it a little


@given(
    st.sampled_from([GPT3, LARGER, SMALL]), st.integers(2, 2000), st.sampled_from([0, 1, 2, 3]), st.floats(2e9, 50e9), st.floats(0.3, 0.7)
)
@settings(max_examples=50, deadline=None)
def test_no_step_beats_its_peak_and_more_gpus_never_slow_it_by_more_than_the_ring(model, gpus, stage, bandwidth, efficiency):
    here = zero_step(model, gpus, stage, 6144, bandwidth_bytes_per_s=bandwidth, efficiency=efficiency)
    twice = zero_step(model, 2 * gpus, stage, 6144, bandwidth_bytes_per_s=bandwidth, efficiency=efficiency)
    assert here.flop_per_s_per_gpu <= here.peak_flop_per_s * efficiency * (1 + 1e-12)
    assert here.time_s >= here.exchange_s and math.isfinite(here.memory_bytes)
    assert twice.time_s <= here.time_s * (1 - 0.5 / gpus) / (1 - 1 / gpus) * (1 + 1e-12)
    assert twice.memory_bytes <= here.memory_bytes
    faster = zero_step(model, gpus, stage, 6144, bandwidth_bytes_per_s=2 * bandwidth, efficiency=efficiency)
    assert faster.time_s <= here.time_s


def test_every_figure_shows_its_source():
    steps = show_work(zero_step(GPT3, 1536, 3, 1536))
    named = {s.name: s.source for s in steps}
    assert "Table 2" in named["efficiency"] and "datasheet" in named["peak_flop_per_s"]
    given_here = {s.name: s.source for s in show_work(zero_step(GPT3, 1536, 3, 1536, efficiency=0.5))}
    assert given_here["efficiency"] == ""


def test_the_cluster_says_what_was_fitted():
    cluster = load_cluster("selene_a100")
    assert {"efficiency_ceiling", "zero_efficiency", "zero_bytes_per_s"} <= set(cluster.fitted)
    assert not {"peak_flop_per_s", "memory_bytes"} & set(cluster.fitted)
    assert all(cluster.sources.values())
    with pytest.raises(UnknownName, match="selene"):
        load_cluster("selena_a100")


def test_impossible_steps_say_why():
    with pytest.raises(Infeasible, match="512 sequences leaves 1120 GPUs less than one"):
        zero_step(GPT3, 1120, 3, 512)
    for bad in (0, -1, float("nan"), True, "1", 2.5):
        with pytest.raises(MlsysimError, match="gpus"):
            zero_step(GPT3, bad, 3, 1536)
    for keyword in ({"efficiency": 0}, {"efficiency": 1.1}, {"bandwidth_bytes_per_s": 0}, {"cluster": "selene"}):
        with pytest.raises(MlsysimError):
            zero_step(GPT3, 384, 3, 1536, **keyword)
    with pytest.raises(MlsysimError, match="stage"):
        zero_step(GPT3, 384, 4, 1536)
