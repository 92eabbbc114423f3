"""One answer to one question, whichever door it is asked at: modules that meet must agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import (
    catalog,
    clusters,
    collectives,
    comparison,
    convnet,
    decoder,
    duty,
    edge,
    fixed_batching,
    inference_cards,
    iron_law,
    kv_cache,
    language_training,
    layout_search,
    phases,
    queue_simulation,
    queueing,
    roofline,
    serving,
    sharding,
    stations,
    systolic,
    token_generation,
)
from mlsysim.layout import Layout
from mlsysim.parallelism import estimate_layout
from mlsysim.pipeline_schedule import fewest_microbatches, simulate_pipeline
from mlsysim.published_training import megatron_model, megatron_runs
from mlsysim.training_memory import activation_memory, training_state
from mlsysim.transformer import Transformer, parameters, training_work

LLAMA, RESNET, GPT3 = catalog.model("llama3_8b"), catalog.model("resnet50"), megatron_model("174.6B")
L4, H100, T4 = catalog.device("l4"), catalog.device("h100_sxm"), catalog.device("t4")


def same(value):
    return pytest.approx(value, rel=1e-12)


# --- time of a piece of work ------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.floats(1, 1e15), st.floats(1, 1e12), st.floats(1e6, 1e16), st.floats(1e6, 1e13), st.floats(0.01, 1))
def test_the_iron_law_without_overhead_and_overlapped_is_the_roofline(operations, traffic, peak, bandwidth, efficiency):
    law = iron_law.estimate(data_bytes=traffic, bandwidth_bytes_per_s=bandwidth, operations=operations, peak_ops_per_s=peak, efficiency=efficiency)
    roof = roofline.estimate(
        operations=operations, traffic_bytes=traffic, peak_flop_per_s=peak, bandwidth_bytes_per_s=bandwidth, compute_efficiency=efficiency
    )
    assert law.overlapped_s == same(roof.time_s)
    assert {"data": "memory", "arithmetic": "compute"}[law.binding] == roof.binding or law.data_s == same(law.arithmetic_s)
    assert roofline.attainable(operations / traffic, peak * efficiency, bandwidth) == same(roof.attainable_flop_per_s)


def test_an_array_of_questions_has_the_answers_of_its_questions():
    work, traffic = np.logspace(3, 15, 40), np.logspace(12, 3, 40)
    roof = roofline.on_device(work, traffic, H100, "bf16")
    law = iron_law.estimate(data_bytes=traffic, bandwidth_bytes_per_s=1e12, operations=work, peak_ops_per_s=1e15, overhead_s=1e-6)
    for i, (w, t) in enumerate(zip(work.tolist(), traffic.tolist(), strict=True)):
        one = roofline.on_device(w, t, H100, "bf16")
        assert (roof.time_s[i], roof.binding[i], roof.peak_share[i], roof.attainable_flop_per_s[i]) == (
            one.time_s, one.binding, one.peak_share, one.attainable_flop_per_s,
        )  # fmt: skip
        two = iron_law.estimate(data_bytes=t, bandwidth_bytes_per_s=1e12, operations=w, peak_ops_per_s=1e15, overhead_s=1e-6)
        assert (law.time_s[i], law.overlapped_s[i], law.binding[i]) == (two.time_s, two.overlapped_s, two.binding)


def test_a_decode_step_is_the_same_for_roofline_iron_law_and_serving():
    run = serving.serve_slots("static", 1, 512, answers=1, gpu="l4", model="llama3_8b")
    middle = 512 + run.wanted_tokens / 2  # tokens in the cache half way through the answer
    step = run.token_time_s - run.overhead_s
    below, above = (phases.phase_on_device(LLAMA, L4, "decode", tokens=int(n)) for n in (middle, middle + 1))
    assert below.time_s * (1 - 1e-12) <= step <= above.time_s
    w = below.work
    law = iron_law.estimate(
        data_bytes=w.traffic_bytes, bandwidth_bytes_per_s=L4.bandwidth(), operations=w.operations, peak_ops_per_s=L4.peak("fp16")
    )
    assert law.overlapped_s == same(below.time_s) and law.binding == "data"


@pytest.mark.parametrize(("chip", "model"), [("h100_sxm", "llama3_8b"), ("a100_sxm_80gb", "llama2_13b"), ("a100_sxm_80gb", "llama2_7b")])
@pytest.mark.parametrize("batch", [1, 16, 64])
def test_a_calibrated_phase_lies_between_the_bound_and_the_kernels(chip, model, batch):
    """What is missing to the kernels is launches and elementwise passes: a few to fifteen per cent of a token."""
    device, entry = catalog.device(chip), catalog.model(model)
    bound, reached = (phases.phase_on_device(entry, device, "decode", fmt="fp16", batch=batch, calibrated=c) for c in (False, True))
    kernels = token_generation.decode_step(decoder.from_catalog(entry, gated=True, tied=False), device, fmt="fp16", batch=batch, context=512)
    assert bound.time_s < reached.time_s < kernels.time_s < 1.17 * reached.time_s


def test_a_prompt_costs_the_same_arithmetic_at_both_doors():
    run = serving.serve_slots(prompt_tokens=512, gpu="l4", model="llama3_8b", answers=1)
    work = phases.phase_work(LLAMA, "prefill", tokens=512)
    without_scores = work.batch * work.new_tokens * work.item_flop
    assert run.prefill_s == pytest.approx(without_scores / (run.efficiency * run.peak_flop_per_s), rel=1e-3)
    assert work.operations / without_scores < 1.02, "scores of a short prompt are small"


def test_no_measured_card_beats_the_roofline():
    for name, device in (("t4", T4), ("v100", catalog.device("v100_sxm2_32gb"))):
        card = inference_cards.inference_card(name)
        for batch in (1, 8, 32, 128):
            assert card.batch_time_s(batch) >= phases.phase_on_device(RESNET, device, "inference", fmt="fp16", batch=batch).time_s


def test_a_trip_takes_the_same_time_in_five_modules():
    machine, job = catalog.machine("t4"), iron_law.Job.of(catalog.model("mobilenet_v1"))
    law = iron_law.on_machine(job, machine, 4)
    assert duty.station(job, machine, rate_per_s=30, batch=4).trip_s == law.time_s
    assert stations.station("t4", "mobilenet_v1", 4, 30).trip_s == law.time_s
    assert fixed_batching.fixed_batching(4, 30, job=job, machine=machine, items=40).trip_s == law.time_s
    assert comparison.better_part(job, machine, "data", 2).time_s == iron_law.on_machine(job, machine).time_s
    assert comparison.compare(job, machine, "h100_sxm").first_time_s == iron_law.on_machine(job, machine).time_s


# --- memory -----------------------------------------------------------------------------------------------------------


def test_bytes_of_a_token_are_the_same_everywhere():
    token = kv_cache.kv_token(LLAMA).token_bytes
    assert serving.serve_slots(answers=1).token_bytes == phases.phase_work(LLAMA, "decode").token_bytes == token
    assert 2 * decoder.size(decoder.from_catalog(LLAMA)).cached_values == token


def test_users_of_a_card_are_the_same_for_cache_and_serving():
    capacity = serving.model_capacity(8192, gpu="l4", model="llama3_8b")
    direct = kv_cache.kv_capacity(
        memory_bytes=L4.memory_bytes, weights_bytes=LLAMA.weights_at(2), token_bytes=kv_cache.kv_token(LLAMA).token_bytes, context_tokens=8192
    )
    assert capacity == direct
    run = serving.serve_slots(slots=10_000, answers=4, prompt_tokens=7192)
    assert run.reserved_slots == direct.users and run.room_bytes == direct.room_bytes


def test_state_of_a_layout_is_that_of_zero():
    for zero1, stage in ((False, 0), (True, 1)):
        e = estimate_layout(GPT3, Layout(8, 8, zero1=zero1), gpus=1024, batch=1536)
        assert e.state_bytes == same(training_state(parameters(GPT3) / 64, 16, stage).state_bytes)
        acts = activation_memory(GPT3, 1, "full", layers_on_gpu=12, in_flight=8, tensor=8)
        assert e.activation_bytes == same(acts.activation_bytes)


def test_a_model_on_one_gpu_needs_the_same_memory_under_both_kinds_of_parallelism():
    model = Transformer("small", 24, 2048, 16)
    layout = estimate_layout(model, Layout(), gpus=8, batch=8)
    zero = sharding.zero_step(model, 8, 0, 8, baseline_gpus=8)
    assert layout.memory_bytes == same(zero.memory_bytes)


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recomputation", ["none", "full"])
def test_a_step_on_one_device_is_its_arithmetic(recomputation):
    model = Transformer("small", 24, 2048, 16)
    e = estimate_layout(model, Layout(recomputation=recomputation), gpus=1, batch=8)
    work = training_work(model, 8, recomputation)
    assert e.tensor_s == e.bubble_s == e.point_to_point_s == e.data_s == 0
    assert e.time_s == same(work.hardware_flop / (e.peak_flop_per_s * e.efficiency))
    assert roofline.mfu(work.model_flop, e.time_s, e.peak_flop_per_s).mfu_share == same(e.mfu_share)


def test_messages_of_a_step_are_those_of_the_collectives():
    e = estimate_layout(GPT3, Layout(16, 8), gpus=1024, batch=1536)
    selene = clusters.load_cluster()
    wire = {"node_latency_s": selene.message_latency_s, "network_latency_s": selene.message_latency_s}
    wire |= {"node_bytes_per_s": selene.node_bytes_per_s, "network_bytes_per_s": selene.network_bytes_per_s}
    assert e.all_reduce_s == collectives.hierarchical_all_reduce(e.message_bytes, 8, 2, **wire).time_s
    gradients = 2 * parameters(GPT3) / 128
    assert e.data_s == same(collectives.all_reduce(gradients, 8, 0.0, selene.network_bytes_per_s).time_s)
    assert training_state(1e9, 64, 1).traffic_bytes == same(collectives.all_reduce(2e9, 64, 0.0, 1.0).moved_bytes)


@pytest.mark.parametrize(("p", "m"), [(2, 8), (4, 12), (8, 24)])
def test_the_bubble_of_an_estimate_is_that_of_the_simulated_schedule(p, m):
    model = Transformer("small", 48, 2048, 16)
    for chunks, schedule in ((1, "1f1b"), (2, "interleaved")):
        e = estimate_layout(model, Layout(1, p, chunks=chunks), gpus=p, batch=m)
        run = simulate_pipeline(schedule, p, m, chunks=chunks)
        assert e.bubble_s / (e.compute_s + e.tensor_s + e.bubble_s) == same(run.bubble_share)
    assert fewest_microbatches(p, round(100 * simulate_pipeline("1f1b", p, m).bubble_share) + 1) <= m


def test_the_map_the_study_and_the_search_hold_the_same_estimate():
    e = estimate_layout(GPT3, Layout(8, 8), gpus=1024, batch=1536)
    study = layout_search.study_layout(GPT3, Layout(8, 8), gpus=1024, batch=1536)
    assert study.estimate == e and study.relative == 1.0
    assert [c.time_s for c in study.cells if (c.tensor, c.pipeline) == (8, 8)] == [e.time_s]
    assert sum(seconds for _, seconds in study.waterfall) == same(e.time_s)


def test_a_cluster_built_of_the_same_device_is_the_measured_one():
    built, selene = clusters.cluster_of(catalog.device("a100_sxm_80gb")), clusters.load_cluster()
    for name in ("peak_flop_per_s", "memory_bytes", "node_bytes_per_s", "network_bytes_per_s", "zero_bytes_per_s", "memory_limit_bytes"):
        assert getattr(built, name) == pytest.approx(getattr(selene, name), rel=1e-9)


@pytest.mark.parametrize("chip", ["a100_sxm_80gb", "h100_sxm", "v100_sxm2_32gb"])
@pytest.mark.parametrize(
    ("layout", "gpus", "batch"),
    [
        (Layout(8, 8), 1024, 1536), (Layout(4, 16, 2, "none"), 1024, 1536), (Layout(2, 4, 1, "selective", 3), 64, 256), (Layout(16, 3), 96, 64),
        (Layout(1, 1, 2, "none"), 8, 64), (Layout(1, 1, 1, "full", zero1=True), 256, 512), (Layout(8, 1, 4, "none", zero1=True), 64, 256),
        (Layout(), 1, 8),
    ],
)  # fmt: skip
def test_a_training_step_is_the_same_by_layout_and_by_kernels(chip, layout, gpus, batch):
    device = catalog.device(chip)
    fmt = "bf16" if "bf16" in device.peak_flop_per_s else "fp16"
    cluster, gpt = clusters.cluster_of(device, fmt=fmt), Transformer("GPT", 48, 6144, 48)
    whole = estimate_layout(gpt, layout, gpus=gpus, batch=batch, cluster=cluster)
    step = language_training.training_step(
        decoder.Decoder("GPT", 48, 6144, 48, vocabulary=51_200), device, gpus=gpus, batch=batch, sequence=2048, microbatch=layout.microbatch,
        tensor=layout.tensor, pipeline=layout.pipeline, chunks=layout.chunks, recomputation=layout.recomputation, fmt=fmt,
        sharding="optimizer" if layout.zero1 else "none", node_bytes_per_s=cluster.node_bytes_per_s,
        network_bytes_per_s=cluster.network_bytes_per_s, latency_s=cluster.message_latency_s,
    )  # fmt: skip
    assert (whole.data_parallel, whole.microbatches) == (step.data_parallel, step.microbatches)
    for there, here in (
        (whole.stage_compute_s + whole.stage_tensor_s, step.stage_s), (whole.bubble_s, step.bubble_s), (whole.tensor_s, step.microbatches * step.tensor_s),
        (whole.point_to_point_s, step.microbatches * step.send_s), (whole.head_s, step.microbatches * step.head_s),
    ):  # fmt: skip
        assert there == same(here)
    # The layout's count of parameters has biases and norms too, a few in ten thousand of what is exchanged and updated.
    assert whole.data_s == pytest.approx(step.data_s, rel=2e-3) and whole.optimizer_s == pytest.approx(step.optimizer_s, rel=2e-3)
    assert whole.time_s == pytest.approx(step.time_s, rel=1e-4)


def test_the_fitted_efficiency_of_a_cluster_and_its_kernels_tell_the_same_story():
    """Two kinds of arithmetic under the same exchanges. The runs of Narayanan et al. had no fused attention, so the kernels of a
    library of today are somewhat faster on each."""
    for run in megatron_runs("ptd"):
        layout = Layout(run.tensor, run.pipeline)
        fitted = estimate_layout(run.model, layout, gpus=run.gpus, batch=run.batch)
        timed = estimate_layout(run.model, layout, gpus=run.gpus, batch=run.batch, cluster=clusters.cluster_of(catalog.device("a100_sxm_80gb"), fmt="fp16"))
        assert 0.88 < timed.time_s / fitted.time_s < 1, run


# --- queues -----------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.floats(0.05, 0.95), st.floats(1e-3, 10))
def test_queues_meet_where_their_assumptions_do(load, service):
    rate = load / service
    one = queueing.mm1(rate, service)
    assert queueing.mmc(rate, service, 1) == queueing.mg1(rate, service, 1.0) == queueing.mgc(rate, service, 1.0, 1) == one
    assert one.response_s == pytest.approx(service / (1 - load)) and queueing.erlang_c(1, load) == pytest.approx(load)
    assert queueing.mg1_wait_s(load, service, 1.0) == pytest.approx(one.wait_s)
    assert duty.duty_cycle(trip_s=service, rate_per_s=rate, idle_power_w=0, full_power_w=1).load == same(one.load)


def test_a_simulated_pool_names_the_theory_of_the_closed_form():
    run = queue_simulation.two_point_queue(0.6, requests=100)
    mean, cs2 = queue_simulation.two_point_moments(0.01, 11, 0.1)
    assert run.theory_mean_s == same(queueing.mg1(0.6 / mean, mean, cs2).response_s)


# --- networks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "network"), [("resnet50", convnet.resnet50()), ("vgg16", convnet.vgg16()), ("mobilenet_v1", convnet.mobilenet_v1())])
def test_layers_add_up_to_the_catalog(name, network):
    entry = catalog.model(name)
    assert 2 * network.macs == pytest.approx(entry.operations_per_item, rel=0.03)
    assert network.weights == pytest.approx(entry.parameters, rel=0.02)


def test_a_network_computes_the_same_everywhere():
    net = convnet.mobilenet_v1()
    assert systolic.run(net).macs == systolic.run_mobilenet().macs == edge.frame().macs == edge.gate_box().macs == net.macs


def test_parameters_of_gpt3_are_the_same_by_formula_by_layers_and_by_catalog():
    entry = catalog.model("gpt3_175b")
    formula = parameters(phases.transformer_of(entry))
    assert formula == pytest.approx(entry.parameters, rel=0.01)
    assert decoder.size(decoder.from_catalog(entry)).parameters == pytest.approx(formula, rel=0.001)
