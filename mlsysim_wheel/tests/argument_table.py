"""Functions of every module, arguments that are fine, and what an argument may not be."""

import math

import mlsysim as sim

NAN, INF = math.nan, math.inf
ANY = (NAN, INF, -INF, "1", None, True, [1.0], b"1", 1j, {})  # no number at all, or none that is finite
NUMBER = (*ANY, 10**400)
POSITIVE = (*NUMBER, 0, -1, -1e-9)
NON_NEGATIVE = (*NUMBER, -1, -1e-9)
SHARE = (*NUMBER, -0.1, 1.1)
WHOLE = (*ANY, 0, -1, 1.5, 10**400)
SEED = (*ANY, -1, 1.5)
WORD = (None, 1, True, 1.5, "nonsense", "", [1])
FLAG = (None, 0, 1, "True", 1.5)
ENTRY = (None, 1, True, 2.5, [1])

GPT = sim.published_training.megatron_model("174.6B")
H100, T4, LLAMA = sim.catalog.device("h100_sxm"), sim.catalog.machine("t4"), sim.catalog.model("llama3_8b")
JOB = sim.iron_law.Job.of(LLAMA)
LAW = sim.iron_law.on_machine(JOB, sim.catalog.machine("h100_sxm"))
WIRE = {"message_bytes": 1e6, "gpus": 8, "latency_s": 1e-6, "bandwidth_bytes_per_s": 1e9}
WIRE_BAD = {"message_bytes": POSITIVE, "gpus": WHOLE, "latency_s": NON_NEGATIVE, "bandwidth_bytes_per_s": POSITIVE}
POOL = {"load": 0.5, "long_factor": 11, "long_share": 0.1, "servers": 1, "short_s": 0.01, "requests": 50, "seed": 1}
POOL_BAD = {"load": POSITIVE, "long_factor": (*NUMBER, 0.5, -1), "long_share": SHARE, "servers": WHOLE, "short_s": POSITIVE}
POOL_BAD |= {"requests": WHOLE, "seed": SEED}
CARD = {"max_batch": 4, "wait_limit_s": 0.0, "card": "t4", "cards": 1, "precision": "mixed", "requests": 50, "seed": 1}
CARD_BAD = {"max_batch": WHOLE, "wait_limit_s": NON_NEGATIVE, "card": ("t5", None, 1), "cards": WHOLE, "precision": WORD}
CARD_BAD |= {"requests": WHOLE, "seed": SEED}
EFFICIENCY = {"compute_efficiency": (*SHARE, 0), "memory_efficiency": (*SHARE, 0)}
NET = {"tensor": 8, "pipeline": 8}

# function, arguments that are fine, and for some of them what is not
TABLE = [
    (
        sim.roofline.estimate,
        {"operations": 1e9, "traffic_bytes": 1e9, "peak_flop_per_s": 1e12, "bandwidth_bytes_per_s": 1e12},
        {k: POSITIVE for k in ("operations", "traffic_bytes", "peak_flop_per_s", "bandwidth_bytes_per_s")} | EFFICIENCY,
    ),
    (
        sim.roofline.on_device,
        {"operations": 1e9, "traffic_bytes": 1e9, "device": H100, "fmt": "bf16"},
        {"operations": POSITIVE, "traffic_bytes": POSITIVE, "device": (*ENTRY, "h100_sxm"), "fmt": (None, 1, "bf17")} | EFFICIENCY,
    ),
    (
        sim.roofline.attainable,
        {"intensity_flop_per_byte": 1.0, "peak_flop_per_s": 1.0, "bandwidth_bytes_per_s": 1.0},
        {"intensity_flop_per_byte": NON_NEGATIVE, "peak_flop_per_s": POSITIVE, "bandwidth_bytes_per_s": POSITIVE},
    ),
    (sim.roofline.gemm, {"m": 1, "n": 1, "k": 1, "device": H100, "fmt": "bf16"}, {"m": WHOLE, "n": WHOLE, "k": WHOLE, "device": ENTRY}),
    (
        sim.roofline.mfu,
        {"operations": 1.0, "time_s": 1.0, "peak_flop_per_s": 1e12, "chips": 1},
        {"operations": POSITIVE, "time_s": POSITIVE, "peak_flop_per_s": POSITIVE, "chips": WHOLE},
    ),
    (
        sim.roofline.energy,
        {"operations": 1.0, "traffic_bytes": 1.0, "time_s": 1.0, "joules_per_flop": 1.0, "joules_per_byte": 1.0, "idle_power_w": 1.0},
        {"operations": POSITIVE, "traffic_bytes": NON_NEGATIVE, "time_s": POSITIVE, "joules_per_flop": POSITIVE, "joules_per_byte": NON_NEGATIVE}
        | {"idle_power_w": NON_NEGATIVE},
    ),
    (
        sim.iron_law.estimate,
        {"data_bytes": 1.0, "bandwidth_bytes_per_s": 1.0, "operations": 1.0, "peak_ops_per_s": 1.0, "efficiency": 0.5, "overhead_s": 0.0},
        {"data_bytes": NON_NEGATIVE, "bandwidth_bytes_per_s": POSITIVE, "operations": NON_NEGATIVE, "peak_ops_per_s": POSITIVE}
        | {"efficiency": (*SHARE, 0), "overhead_s": NON_NEGATIVE},
    ),
    (sim.iron_law.on_machine, {"job": JOB, "machine": T4, "batch": 1}, {"job": ENTRY, "machine": (*ENTRY, "t4"), "batch": WHOLE}),
    (sim.iron_law.fits, {"job": JOB, "machine": T4}, {"job": ENTRY, "machine": ENTRY}),
    (sim.iron_law.improve, {"law": LAW, "part": "data", "factor": 2.0}, {"law": ENTRY, "part": WORD, "factor": (*NUMBER, 0.5, 0, -1)}),
    (
        sim.iron_law.Job,
        {"name": "job", "operations": 1.0, "weights_bytes": 1.0},
        {"operations": NON_NEGATIVE, "weights_bytes": NON_NEGATIVE, "activation_bytes": NON_NEGATIVE},
    ),
    (
        sim.phases.phase_work,
        {"model": LLAMA, "phase": "decode", "batch": 1, "tokens": 8, "weight_format": "fp16"},
        {"model": (*ENTRY, "llama3_8b"), "phase": WORD, "batch": WHOLE, "tokens": WHOLE, "weight_format": WORD},
    ),
    (
        sim.phases.phase_on_device,
        {"model": LLAMA, "device": H100, "phase": "decode"},
        {"device": (*ENTRY, "h100_sxm"), "batch": WHOLE, "tokens": WHOLE, "calibrated": FLAG} | EFFICIENCY,
    ),
    (
        sim.phases.phase_on_device,
        {"model": LLAMA, "device": H100, "phase": "decode", "calibrated": True},
        {"compute_efficiency": (0.5, "1"), "memory_efficiency": (0.9, None)},
    ),
    (sim.scaling_laws.size_limited_nats, {"parameters": 1e9}, {"parameters": POSITIVE}),
    (sim.language_training.head_s, {"model": sim.decoder.Decoder("tiny", 2, 256, 4), "device": H100, "fmt": "bf16", "tokens": 128},
     {"model": ENTRY, "tokens": WHOLE, "tensor": WHOLE}),
    (sim.language_training.optimizer_s, {"parameters": 1e9, "device": H100}, {"parameters": POSITIVE}),
    (sim.language_training.layer_step, {"layer": {"products": 1.0, "core": 1.0, "core_back": 1.0, "elementwise": 1.0}, "recomputation": "none",
     "attention": "fused"}, {"recomputation": WORD, "attention": WORD}),
    (sim.layout.divided, {"heads": 32, "layers": 32, "layout": sim.layout.Layout(), "gpus": 8, "batch": 8},
     {"heads": WHOLE, "layers": WHOLE, "layout": ENTRY, "gpus": WHOLE, "batch": WHOLE, "gpus_per_node": WHOLE}),
    (sim.phases.transformer_of, {"model": LLAMA}, {"model": ENTRY, "sequence": tuple(v for v in WHOLE if v is not None)}),
    (sim.clusters.load_cluster, {}, {"name": WORD}),
    (sim.clusters.cluster_of, {"device": H100}, {"device": (*ENTRY, "h100_sxm"), "network": WORD, "gpus_per_node": WHOLE, "like": WORD}),
    *((f, WIRE, WIRE_BAD) for f in (sim.collectives.reduce_scatter, sim.collectives.all_gather, sim.collectives.all_to_all)),
    (sim.collectives.all_reduce, WIRE, WIRE_BAD | {"algorithm": WORD}),
    (
        sim.collectives.hierarchical_all_reduce,
        {"message_bytes": 1e6, "gpus_per_node": 8, "nodes": 2, "node_latency_s": 0.0, "node_bytes_per_s": 1e9}
        | {"network_latency_s": 0.0, "network_bytes_per_s": 1e9},
        {"message_bytes": POSITIVE, "gpus_per_node": WHOLE, "nodes": WHOLE, "node_latency_s": NON_NEGATIVE, "node_bytes_per_s": POSITIVE}
        | {"network_latency_s": NON_NEGATIVE, "network_bytes_per_s": POSITIVE},
    ),
    (
        sim.collectives.crossover_bytes,
        {"gpus": 8, "latency_s": 1e-6, "bandwidth_bytes_per_s": 1e9},
        {"gpus": (*WHOLE, 1), "latency_s": NON_NEGATIVE, "bandwidth_bytes_per_s": POSITIVE},
    ),
    (
        sim.transformer.Transformer,
        {"name": "GPT", "layers": 2, "hidden": 8, "heads": 2},
        {"name": ENTRY, "layers": WHOLE, "hidden": WHOLE, "heads": (*WHOLE, 3), "sequence": WHOLE, "vocabulary": WHOLE},
    ),
    (sim.transformer.parameters, {"model": GPT}, {"model": (*ENTRY, "174.6B")}),
    (sim.transformer.training_work, {"model": GPT, "batch": 1}, {"model": ENTRY, "batch": POSITIVE, "recomputation": WORD}),
    (sim.transformer.layer_activations, {"model": GPT, "microbatch": 1}, {"microbatch": POSITIVE, "recomputation": WORD, "tensor": (*WHOLE, 7)}),
    (
        sim.training_memory.training_state,
        {"parameters": 1e9, "gpus": 8, "stage": 1},
        {"parameters": POSITIVE, "gpus": WHOLE, "stage": (4, -1, None, "1", True, 1.5)},
    ),
    (
        sim.training_memory.activation_memory,
        {"model": GPT, "microbatch": 1, "layers_on_gpu": 1},
        {"microbatch": POSITIVE, "layers_on_gpu": (NAN, 0, -1, "1", 1e9), "in_flight": POSITIVE, "tensor": WHOLE},
    ),
    (sim.layout.Layout, {}, {k: WHOLE for k in ("tensor", "pipeline", "microbatch", "chunks")} | {"recomputation": WORD, "zero1": FLAG}),
    (
        sim.layout.replicas_and_microbatches,
        {"model": GPT, "layout": sim.layout.Layout(8, 8), "gpus": 1024, "batch": 1536},
        {"model": ENTRY, "layout": ENTRY, "gpus": WHOLE, "batch": WHOLE, "gpus_per_node": WHOLE},
    ),
    (
        sim.parallelism.estimate_layout,
        {"model": GPT, "layout": sim.layout.Layout(8, 8), "gpus": 1024, "batch": 1536},
        {"model": ENTRY, "layout": (*ENTRY, (8, 8)), "gpus": WHOLE, "batch": WHOLE, "cluster": (1, "selene_a100", True)},
    ),
    (
        sim.layout_search.search_layouts,
        {"model": GPT, "gpus": 1024, "batch": 1536, "recomputation": ("full",), "microbatch": (1,)},
        {"gpus": WHOLE, "max_time_s": (NAN, 0, -1, "1", True), "max_memory_bytes": (NAN, 0, -1, "1"), "tensor": ((0,), ("8",), 8, None)}
        | {"zero1": ((1,), True), "chunks": ((), (-1,))},
    ),
    (
        sim.layout_search.study_layout,
        {"model": GPT, "layout": sim.layout.Layout(8, 8), "gpus": 1024, "batch": 1536},
        {"reference_tensor": WHOLE, "layout": ENTRY, "pipeline": ((0,), 8, None)},
    ),
    (sim.layout_search.waterfall, {"estimate": None}, {"estimate": ENTRY}),
    (
        sim.sharding.zero_step,
        {"model": GPT, "gpus": 384, "stage": 3, "batch": 1536},
        {"gpus": WHOLE, "stage": (4, None, "3"), "batch": WHOLE, "bandwidth_bytes_per_s": (NAN, 0, -1, "1", True)}
        | {"efficiency": (NAN, 0, -1, 1.1, "1", True), "baseline_gpus": WHOLE},
    ),
    (
        sim.sharding.zero3_network_bound_gpus,
        {"tokens": 1e6, "bandwidth_bytes_per_s": 1e9},
        {"tokens": POSITIVE, "bandwidth_bytes_per_s": POSITIVE, "peak_flop_per_s": POSITIVE, "efficiency": (*SHARE, 0)},
    ),
    (
        sim.pipeline_schedule.simulate_pipeline,
        {"schedule": "1f1b", "stages": 4, "microbatches": 4},
        {"schedule": WORD, "stages": WHOLE, "microbatches": WHOLE, "chunks": WHOLE, "heavy": (*NUMBER, 0.5, -1), "backward": POSITIVE},
    ),
    (sim.pipeline_schedule.fewest_microbatches, {"stages": 8, "bubble_percent": 10}, {"stages": WHOLE, "bubble_percent": (*WHOLE, 100)}),
    (
        sim.kv_cache.kv_token,
        {"layers": 1, "kv_heads": 1, "head_dim": 1},
        {"layers": WHOLE, "kv_heads": WHOLE, "head_dim": WHOLE, "value_bytes": POSITIVE, "model": (1, "llama3_8b", True)},
    ),
    (
        sim.kv_cache.kv_capacity,
        {"memory_bytes": 1e9, "weights_bytes": 1e8, "token_bytes": 1e3, "context_tokens": 1e3},
        {k: POSITIVE for k in ("memory_bytes", "weights_bytes", "token_bytes", "context_tokens")} | {"usable_share": (*SHARE, 0)},
    ),
    (
        sim.serving.serve_slots,
        {"answers": 4},
        {"policy": WORD, "allocation": WORD, "slots": WHOLE, "prompt_tokens": WHOLE, "weight_bits": (4, 0, None, "16", True), "answers": WHOLE}
        | {"seed": SEED, "gpu": ("l5", None, 1, True), "model": ("llama9", None, 1)},
    ),
    (sim.serving.model_capacity, {"context_tokens": 8192}, {"context_tokens": WHOLE, "weight_bits": (4, "16"), "usable_share": (*SHARE, 0), "gpu": ("l5",)}),
    (sim.queue_simulation.two_point_queue, POOL, POOL_BAD | {"window_s": NON_NEGATIVE}),
    (sim.queue_simulation.tail_remedies, POOL, POOL_BAD),
    (
        sim.queue_simulation.two_point_moments,
        {"short_s": 1.0, "long_factor": 2.0, "long_share": 0.5},
        {"short_s": POSITIVE, "long_factor": (*NUMBER, 0.5), "long_share": SHARE},
    ),
    (sim.queueing.erlang_c, {"servers": 2, "load": 0.5}, {"servers": WHOLE, "load": NON_NEGATIVE}),
    (sim.queueing.mm1, {"arrivals_per_s": 1.0, "service_s": 0.5}, {"arrivals_per_s": POSITIVE, "service_s": POSITIVE}),
    (
        sim.queueing.mgc,
        {"arrivals_per_s": 1.0, "service_s": 0.5, "cs2": 1.0, "servers": 2},
        {"arrivals_per_s": POSITIVE, "service_s": POSITIVE, "cs2": NON_NEGATIVE, "servers": WHOLE},
    ),
    (
        sim.queueing.mm1_percentile_s,
        {"arrivals_per_s": 1.0, "service_s": 0.5, "share": 0.5},
        {"arrivals_per_s": POSITIVE, "service_s": POSITIVE, "share": (*SHARE, 1.0)},
    ),
    (sim.queueing.percentile, {"ordered": [1.0], "share": 0.5}, {"share": (*SHARE, 0), "ordered": (1, None)}),
    (sim.queueing.ecdf, {"ordered": [1.0], "points": 10}, {"points": (*WHOLE, 1), "ordered": (1, None)}),
    (sim.batching.dynamic_batching, {"arrivals_per_s": 10.0} | CARD, {"arrivals_per_s": POSITIVE, "window_s": NON_NEGATIVE} | CARD_BAD),
    (sim.batching.latency_curve, CARD | {"points": 2}, CARD_BAD | {"points": (*WHOLE, 1)}),
    (sim.batching.fleet, {"arrivals_per_s": 10.0} | CARD, {"arrivals_per_s": POSITIVE} | CARD_BAD),
    (sim.inference_cards.inference_card, {"name": "t4"}, {"name": ("t5", None, 1, True), "precision": WORD}),
    (
        sim.fixed_batching.fixed_batching,
        {"batch": 4, "arrivals_per_s": 100.0, "items": 50},
        {"batch": WHOLE, "arrivals_per_s": POSITIVE, "deadline_s": POSITIVE, "items": WHOLE, "seed": SEED, "machine": ("v101", 1, None)},
    ),
    (sim.fixed_batching.batch_sizes, {"arrivals_per_s": 100.0, "items": 200}, {"batches": (None, 8, (), ("8",), (0,)), "arrivals_per_s": POSITIVE}),
    (
        sim.duty.duty_cycle,
        {"trip_s": 0.1, "rate_per_s": 1.0, "idle_power_w": 1.0, "full_power_w": 2.0},
        {"trip_s": POSITIVE, "rate_per_s": POSITIVE, "idle_power_w": (*NON_NEGATIVE, 3.0), "full_power_w": (*NON_NEGATIVE, 0.5), "batch": WHOLE},
    ),
    (sim.stations.station, {"machine": "t4", "model": "mobilenet_v1", "batch": 1, "rate_per_s": 30}, {"rate_per_s": POSITIVE, "batch": WHOLE}),
    (sim.comparison.compare, {"job": "ds_cnn_s", "first": "t4", "second": "h100_sxm"}, {"lens": WORD, "first": ENTRY, "second": ENTRY, "shelf": (1, None)}),
    (
        sim.comparison.better_part,
        {"job": "ds_cnn_s", "machine": "t4", "part": "data", "factor": 2},
        {"part": WORD, "factor": (*NUMBER, 0.5), "machine": ENTRY},
    ),
    (sim.comparison.everyday, {"seconds": 1.0}, {"seconds": POSITIVE}),
    (sim.cache.replay_matmul, {"n": 8, "tile": 4}, {"order": WORD, "cache_lines": (*WHOLE, 2), "tile": (*WHOLE, 9), "n": (*WHOLE, 65)}),
    (sim.convnet.mobilenet_v1,
     {}, {"width": (*POSITIVE, 5), "resolution": (*WHOLE, 31, 1025), "classes": WHOLE, "full": FLAG, "kept": (1, (1.0,), [2.0] * 14)}),
    (sim.convnet.resnet50, {}, {"resolution": (*WHOLE, 31), "classes": WHOLE}),
    (sim.convnet.top1, {"model": "mobilenet_v1"}, {"width": (*POSITIVE, 0.3), "resolution": (*WHOLE, 225), "precision": WORD, "model": ("vgg", None, 1)}),
    (sim.edge.frame, {}, {"model": WORD, "unsupported_at_share": tuple(v for v in SHARE if v is not None), "link": WORD, "host": WORD}),
    (sim.edge.gate_box, {}, {"platform": WORD, "model": WORD, "rewritten": FLAG}),
    (sim.edge.streaming_s,
     {"weight_bytes": 1.0, "link_bytes_per_s": 1.0}, {"weight_bytes": NON_NEGATIVE, "link_bytes_per_s": POSITIVE, "cache_bytes": NON_NEGATIVE}),
    (sim.edge.path_speedup, {"mapped_share": 0.5, "accelerator_factor": 2}, {"mapped_share": SHARE, "accelerator_factor": POSITIVE}),
    (sim.systolic.product, {"m": 1, "k": 1, "n": 1, "side": 8}, {"m": WHOLE, "k": WHOLE, "n": WHOLE, "side": (*WHOLE, 4097)}),
    (sim.systolic.run, {"network": sim.convnet.mobilenet_v1()}, {"network": ENTRY, "side": (*WHOLE, 1), "batch": WHOLE, "packed": FLAG}),
    (sim.systolic.run_mobilenet, {}, {"network": WORD, "side": WHOLE, "batch": WHOLE, "packed": FLAG}),
    *((f, {"name": None}, {"name": (None, 1, True, "nonsense", "")}) for f in (sim.catalog.device, sim.catalog.machine, sim.catalog.model, sim.catalog.link)),
    *((f, {}, {"kind": ("nonsense", 1, True, "")}) for f in (sim.catalog.devices, sim.catalog.models, sim.catalog.links)),
    (sim.published_training.megatron_model, {"name": "174.6B"}, {"name": (None, 1, "174B", [1])}),
    (sim.published_training.megatron_runs, {}, {"method": (1, "zero2", [1])}),
    (sim.quantity.show_work, {"result": None}, {"result": (None, 1, "text", float)}),
]  # fmt: skip
