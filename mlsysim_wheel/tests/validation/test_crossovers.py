"""Where one thing stops binding and another starts, against what the measurements show."""

import math

from mlsysim import catalog
from mlsysim.collectives import all_reduce, crossover_bytes
from mlsysim.token_generation import decode_step
from mlsysim.vision_throughput import image_batch
from validation.cases import read
from validation.common import decoder, shape
from validation.families.decode import compiled
from validation.families.training import zero3

CASES = {c.id: c for c in read()}


def test_small_images_batches_leave_the_host_between_one_and_256_as_measured():
    from mlsysim.convnet import resnet50

    v100 = catalog.device("v100_sxm2_32gb")
    measured = {b: b / CASES[f"inf.rn50.v100.amp.b{b}"].value for b in (1, 32, 256)}
    assert measured[32] < 1.3 * measured[1] and measured[256] > 4 * measured[1]  # flat, then in proportion
    times = {b: image_batch(resnet50(), v100, b) for b in (1, 32, 256)}
    assert [times[b].binding for b in (1, 32, 256)] == ["host", "host", "device"]


def test_decode_turns_from_memory_to_arithmetic_below_the_ridge_of_the_card():
    h100, llama = catalog.device("h100_sxm"), shape("llama 7b")
    per_token = {b: decode_step(llama, h100, batch=b, context=1).products_s / b for b in (1, 2**4, 2**11, 2**12)}
    assert per_token[16] < per_token[1] / 12  # memory: sixteen for the price of one
    assert per_token[2**12] > 0.8 * per_token[2**11]  # arithmetic: no more to gain
    turn = next(b for b in range(1, 4096) if decode_step(llama, h100, batch=b + 1, context=1).products_s > 2 * decode_step(llama, h100, context=1).products_s)
    assert 0.2 < turn / h100.ridge("bf16") < 2


def test_tensor_parallel_decode_gains_less_with_every_doubling_as_measured():
    ids = [f"inf.gptfast.7b.bf16.tp{t}" for t in (1, 2, 4, 8)]
    for rates in ([CASES[i].value for i in ids], [compiled(CASES[i]) for i in ids]):
        gains = [b / a for a, b in zip(rates, rates[1:], strict=False)]
        assert gains == sorted(gains, reverse=True) and 1.5 < gains[0] < 2 and 1.1 < gains[-1] < 1.5


def test_sharding_everything_stops_scaling_where_the_gathers_bind_as_measured():
    ids = [f"train.megatron21.t2.zero3.174.6B.{n}" for n in (384, 768, 1536)]
    measured, predicted = [CASES[i].value for i in ids], [zero3(CASES[i]) for i in ids]
    # Twice the GPUs with half the microbatch: half the rate each, once the wire binds.
    assert math.isclose(measured[2] / measured[1], 0.5, rel_tol=0.05) and math.isclose(predicted[2] / predicted[1], 0.5, rel_tol=0.05)


def test_ring_and_tree_cross_where_latency_and_bandwidth_balance():
    for gpus in (8, 64, 512):
        turn = crossover_bytes(gpus, 5e-6, 22.5e9)
        for factor, faster in ((0.5, "binary tree"), (2.0, "ring")):
            times = {a: all_reduce(turn * factor, gpus, 5e-6, 22.5e9, a).time_s for a in ("ring", "binary tree")}
            assert min(times, key=times.get) == faster


def test_names_of_models_are_read_in_their_common_spellings():
    for words in ("Llama-2-7B", "LLaMA-7B", "llama 7b", "llama2:7b", "Llama 2 7B"):
        assert shape(words) is not None and shape(words).ffn == 11008, words
    assert shape("llama3.1:8b").vocabulary == 128256 and shape("Llama-3-70B").kv_heads == 8 and shape("Mixtral-8x7B").experts == 8
    assert shape("llama3.2:3b").layers == 28 and shape("BLOOM-176B").layers == 70
    assert decoder(CASES["train.palm.tput"]).head_dim == 256
