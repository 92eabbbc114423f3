"""Training steps from kernels: parts add up, layouts behave as they should, published orders of magnitude hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, show_work
from mlsysim.decoder import Decoder
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.language_training import layer_times, training_step

A100 = catalog.device("a100_sxm_80gb")
LINKS = {"node_bytes_per_s": 235e9, "network_bytes_per_s": 22.5e9}
GPT = Decoder("18B", 40, 6144, 48, vocabulary=51_200)


def step(model=GPT, **more):
    options = {"gpus": 64, "batch": 128, "sequence": 2048, "recomputation": "full", **LINKS, **more}
    return training_step(model, A100, **options)


@given(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4, 8]), st.sampled_from(["none", "optimizer", "full"]), st.sampled_from(["fused", "unfused"]))
@settings(max_examples=50, deadline=None)
def test_parts_add_up_and_no_step_beats_the_peak(tensor, pipeline, sharding, attention):
    s = step(tensor=tensor, pipeline=pipeline, sharding=sharding, attention=attention)
    stage = s.products_s + s.attention_s + s.elementwise_s + s.tensor_s
    assert s.stage_s == pytest.approx(stage)
    assert s.time_s == pytest.approx(s.microbatches * s.microbatch_s + s.bubble_s + s.data_s + s.optimizer_s)
    assert 0 < s.mfu_share < 0.9
    assert s.tokens_per_s_per_gpu * s.gpus * s.time_s == pytest.approx(s.batch * s.sequence)


def test_full_recomputation_costs_a_third_of_the_products():
    assert step().products_s / step(recomputation="none").products_s == pytest.approx(4 / 3)


def test_a_pipeline_of_p_stages_idles_p_minus_1_over_m_of_the_stage_time():
    s = step(pipeline=8, tensor=8, batch=32, sharding="none")
    assert s.bubble_s / (s.microbatches * s.stage_s) == pytest.approx(7 / 32)
    assert step(pipeline=8, tensor=8, batch=32, chunks=5, sharding="none").bubble_s == pytest.approx(s.bubble_s / 5)


def test_tensor_parallelism_stops_paying_where_its_all_reduces_outgrow_what_it_saves():
    # The work of a GPU is constant; a wider group adds exchanges and narrows products, across nodes it pays the network.
    narrow = Decoder("1B", 24, 2048, 16)
    rates = [step(narrow, tensor=t, microbatch=1).tokens_per_s_per_gpu for t in (1, 2, 4, 8)]
    assert rates == sorted(rates, reverse=True) and rates[0] / rates[-1] > 1.3


def test_gathers_through_one_port_bind_when_the_microbatch_is_small():
    slow = [step(Decoder("175B", 96, 12288, 96), gpus=384, batch=384 * b, microbatch=b, rails=1, weight_gathers=3, attention="unfused") for b in (1, 8)]
    assert slow[0].microbatch_s == pytest.approx(slow[0].gather_s) and slow[1].microbatch_s > slow[1].gather_s


def test_unfused_attention_is_slower_and_the_gap_grows_with_the_sequence():
    gaps = []
    for sequence in (1024, 8192):
        fused, unfused = (layer_times(GPT, A100, "bf16", 1, sequence, 1, mode)["core"] for mode in ("fused", "unfused"))
        gaps.append(unfused - fused)
    assert 0 < gaps[0] < gaps[1]


def test_experts_compute_like_their_active_part_and_exchange_tokens():
    dense = Decoder("dense", 16, 4096, 32, ffn=2 * 14336, gated=True)
    sparse = Decoder("sparse", 16, 4096, 32, ffn=14336, gated=True, experts=64, active_experts=2)
    one, two = step(dense, sharding="optimizer"), step(sparse, sharding="optimizer", expert=64)
    assert two.products_s == pytest.approx(one.products_s, rel=0.1) and two.expert_s > 0 == one.expert_s


def test_a_step_shows_its_work():
    assert "microbatch_s" in show_work(step()).text()


@pytest.mark.parametrize(
    "bad",
    [{"gpus": 65, "tensor": 8}, {"tensor": 5}, {"pipeline": 7}, {"batch": 100}, {"expert": 8}, {"chunks": 7, "pipeline": 8, "tensor": 8}],
)
def test_layouts_that_cannot_be_are_refused_with_the_reason(bad):
    with pytest.raises(Infeasible, match="divide|whole number"):
        step(**bad)


@pytest.mark.parametrize("bad", [{"fmt": "fp17"}, {"sharding": "some"}, {"causal": 1}, {"rails": 9}, {"network_bytes_per_s": 0}, {"latency_s": -1.0}])
def test_wrong_words_and_numbers_are_refused(bad):
    with pytest.raises(MlsysimError):
        step(**bad)
