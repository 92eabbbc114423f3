"""mlsysim: a first-principles simulator of machine learning systems.

The rule of the house: plain SI floats in, a frozen result out, and every number of a result can show its work
(`mlsysim.show_work(result)`). Bad input never gives a number; it raises a sentence. No result beats physics.

Modules are named after what they model and load when first used: `mlsysim.roofline.on_device(...)`.
"""

from __future__ import annotations

__version__ = "1.0.0"
DISTRIBUTION = "mlsysim of ML Systems Labs"  # tells this package from another one of the same name on the public index

_MODULES = (
    "accumulation", "alert_rules", "all_reduce_study", "attention_layer", "attention_tiles", "attention_walls",
    "audit_urn", "audits", "backup_nodes", "batching", "battery_camera", "best_of_many", "bit_flips", "cache",
    "calibrated_cuts", "canary", "capacity_lending", "card_contest", "card_training", "catalog", "catalog_entries",
    "catalog_grids", "catalog_prices", "catalog_storage", "checkpoint_pile", "claim_flags", "clean_hours",
    "clusters", "collectives", "command_catalog", "command_estimate", "command_layout", "command_output",
    "command_validate", "comparison", "compiled_replica", "compressed_layer", "conformal", "convnet",
    "crawl_filter", "critical_batch", "decoder", "dispatch", "drift", "duty", "edge", "edge_latency",
    "embedding_tiers", "epoch_cache", "errors", "explore", "fabric_purchase", "failure_coupling", "fair_sharing",
    "fairness", "fallback", "fan_out", "federated", "federated_plan", "federated_round", "fixed_batching",
    "fleet_cache", "fleet_events", "fleet_frontier", "fleet_levers", "fleet_parts", "fleet_policy", "fleet_quote",
    "fleet_review", "fleet_size", "footprint", "fusion", "gang_replay", "gpt_step", "gradient_buckets",
    "gradient_compression", "green_run", "inference_cards", "interval_study", "iron_law", "kernels", "kv_cache",
    "label_plan", "language_training", "launch_plan", "layer_walk", "layout", "layout_search", "leaf_scanner",
    "load_test", "logit_extraction", "loss_scaling", "machine_choice", "machine_hall", "measurement",
    "measurement_protocol", "membership", "memory_walk", "microcontroller", "mixed_precision", "model_loop",
    "model_releases", "node_packing", "numerics", "operations_plan", "overlapped_step", "own_or_rent",
    "parallelism", "pareto", "phases", "phone_training", "pipeline_data", "pipeline_schedule", "placement",
    "platform_payback", "pool_selection", "power_cap", "privacy_accounting", "private_release", "private_training",
    "project_chain", "project_checks", "project_loop", "project_plan", "project_promise", "published_training",
    "quantity", "quantization", "queue_simulation", "queueing", "rebound", "receptive_field", "recovery_plan",
    "recurrent", "reliability", "rented_run", "retraining", "retry_storm", "rollback", "roofline", "routing",
    "run_account", "run_footprint", "scaling_laws", "scheduling", "selection_bill", "sensor_node", "sequence_race",
    "sequence_reader", "serving", "shape_stream", "shapley", "sharding", "shipped_wins", "slot_simulation",
    "smoothing", "speaker_split", "speculative_decoding", "speed_plan", "split_inference", "start_date", "stations",
    "step_kernels", "step_scaling", "store_design", "store_feed", "subgroup_audit", "switch_reduction", "systolic",
    "tensor_replica", "throttling", "tinynet", "token_generation", "token_requests", "topology", "track_inspection",
    "training_memory", "training_server", "transformer", "transport", "units", "vision_throughput", "wake_words",
)  # fmt: skip

__all__ = ["DISTRIBUTION", "__version__", "show_work", *_MODULES]


def __getattr__(name: str):
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"mlsysim.{name}")
    if name in ("show_work", "fmt"):
        home = "quantity" if name == "show_work" else "units"
        return getattr(importlib.import_module(f"mlsysim.{home}"), name)
    raise AttributeError(f"mlsysim has no {name!r}; it has {', '.join(__all__)}")
