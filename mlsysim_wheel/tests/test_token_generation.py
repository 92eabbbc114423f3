"""Decode and prefill: bytes that must be read, exchanges that must be paid, where batch and tensor groups stop paying."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, show_work, token_generation
from mlsysim.decoder import Decoder, size
from mlsysim.errors import MlsysimError, UnknownName
from mlsysim.token_generation import decode_step, exchange_time, generate, memory_bound_step

A100, H100 = catalog.device("a100_sxm_80gb"), catalog.device("h100_sxm")
LLAMA = Decoder("Llama 2 7B", 32, 4096, 32, ffn=11008, vocabulary=32_000, gated=True, tied=False)
WIDE = Decoder("Llama 2 70B", 80, 8192, 64, kv_heads=8, ffn=28672, vocabulary=32_000, gated=True, tied=False)


@given(st.integers(1, 512), st.floats(1, 8192), st.sampled_from([1, 2, 4, 8]), st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=50, deadline=None)
def test_a_step_takes_at_least_the_reading_of_weights_and_cache(batch, context, tensor, width):
    step = decode_step(LLAMA, H100, batch=batch, context=context, tensor=tensor, weight_bytes=width)
    assert step.time_s > (step.weights_bytes + step.cache_bytes) / H100.bandwidth()
    assert step.weights_bytes == pytest.approx(width * size(LLAMA).active_parameters / tensor, rel=1e-9)
    assert step.time_s == pytest.approx(step.products_s + step.attention_s + step.elementwise_s + step.exchange_s)


def test_decode_turns_from_memory_to_arithmetic_with_the_batch():
    # Far below the ridge a larger batch is free; far above it costs in proportion.
    times = [decode_step(LLAMA, H100, batch=b, context=1).products_s for b in (1, 16, 1024, 4096)]
    assert times[1] / times[0] < 1.1 and times[3] / times[2] > 3.0


def test_a_tensor_group_speeds_up_a_large_model_and_stops_paying_for_a_small_one():
    small = Decoder("300M", 24, 1024, 16)
    big = [decode_step(WIDE, A100, tensor=t, link="nvlink3").time_s for t in (1, 2, 4, 8)]
    little = [decode_step(small, A100, tensor=t, link="nvlink3").time_s for t in (1, 2, 4, 8)]
    assert big == sorted(big, reverse=True) and big[0] / big[3] > 4
    assert little[3] > little[0]


def test_a_small_message_takes_the_tree_and_a_large_one_the_ring():
    from mlsysim.collectives import all_reduce, crossover_bytes

    alpha, beta = 1e-6, 235e9
    turn = crossover_bytes(64, alpha, beta)
    assert all_reduce(turn / 4, 64, alpha, beta, "binary tree").time_s < all_reduce(turn / 4, 64, alpha, beta).time_s
    assert all_reduce(turn * 4, 64, alpha, beta).time_s < all_reduce(turn * 4, 64, alpha, beta, "binary tree").time_s
    assert exchange_time(1e3, 8, "nvlink3") < 2e-5 and exchange_time(1e9, 8, "nvlink3") == pytest.approx(1.75e9 / beta, rel=0.02)


def test_grouped_queries_read_one_cache_a_group_unless_the_engine_cannot():
    shared, apart = (decode_step(WIDE, H100, batch=64, context=2048, group_reads=g).cache_bytes for g in (True, False))
    assert apart / shared == pytest.approx(8.0)


def test_a_batch_of_one_reads_the_experts_it_visits_and_a_large_batch_all():
    moe = Decoder("moe", 8, 1024, 8, experts=8, active_experts=2, ffn=4096)
    one, many = (decode_step(moe, H100, batch=b).weights_bytes for b in (1, 64))
    parts = size(moe)
    assert many - one == pytest.approx(2.0 * 8 * parts.feed_forward_parameters * 6 / 8)


def test_the_answer_of_a_batch_is_prefill_and_steps():
    g = generate(LLAMA, H100, batch=8, prompt_tokens=512, answer_tokens=64)
    assert g.time_s == pytest.approx(g.prefill_s + g.decode_s)
    assert g.decode_s == pytest.approx(64 * decode_step(LLAMA, H100, batch=8, context=544).time_s)
    assert "prefill_s" in show_work(g).text()


def test_the_short_form_is_weights_over_bandwidth_and_launches():
    assert memory_bound_step(1e9, 1e11, memory_share=0.5, launches=100, launch_s=1e-5).time_s == pytest.approx(0.021)


@pytest.mark.parametrize("bad", [{"batch": 0}, {"context": 0}, {"tensor": 3}, {"cache_bytes": float("inf")}, {"group_reads": 1}, {"fmt": "fp3"}])
def test_wrong_steps_are_refused(bad):
    with pytest.raises(MlsysimError):
        decode_step(LLAMA, H100, **bad)


def test_an_unknown_link_is_named():
    with pytest.raises(UnknownName, match="calibrated link"):
        token_generation.exchange_time(1e6, 8, "string and cans")
