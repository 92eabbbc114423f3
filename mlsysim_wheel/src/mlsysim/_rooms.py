"""The rooms of mlsysim, and which of its two distributions brings each.

`mlsysim` has the general models. `mlsysim-course` has the scenes of the labs: rooms that put general models together for one
question of the course. Both install into the package `mlsysim`; an import of a room that is not installed says what brings it.
"""

from __future__ import annotations

import sys

GENERAL = (
    "accumulation", "attention_tiles", "audits", "batching", "bit_flips", "cache", "canary", "catalog",
    "catalog_entries", "catalog_grids", "catalog_prices", "catalog_storage", "clusters", "collectives",
    "command_catalog", "command_estimate", "command_layout", "command_output", "command_validate",
    "compressed_layer", "conformal", "convnet", "critical_batch", "decoder", "dispatch", "drift", "edge",
    "edge_latency", "epoch_cache", "errors", "explore", "fair_sharing", "fairness", "fan_out", "federated",
    "fusion", "gang_replay", "inference_cards", "iron_law", "kernels", "kv_cache", "language_training",
    "layout", "layout_search", "load_test", "logit_extraction", "loss_scaling", "machine_hall", "measurement",
    "membership", "microcontroller", "numerics", "own_or_rent", "parallelism", "pareto", "phases",
    "pipeline_data", "pipeline_schedule", "privacy_accounting", "private_training", "published_training",
    "quantity", "quantization", "queue_simulation", "queueing", "recurrent", "reliability", "retraining",
    "roofline", "routing", "run_account", "run_footprint", "scaling_laws", "scheduling", "serving", "shapley",
    "sharding", "slot_simulation", "smoothing", "speculative_decoding", "switch_reduction", "systolic",
    "tensor_replica", "throttling", "tinynet", "token_generation", "token_requests", "topology",
    "training_memory", "transformer", "units", "vision_throughput",
)  # fmt: skip

COURSE = (
    "alert_rules", "all_reduce_study", "attention_layer", "attention_walls", "audit_urn", "backup_nodes",
    "battery_camera", "best_of_many", "calibrated_cuts", "capacity_lending", "card_contest", "card_training",
    "checkpoint_pile", "claim_flags", "clean_hours", "comparison", "compiled_replica", "crawl_filter", "duty",
    "embedding_tiers", "fabric_purchase", "failure_coupling", "fallback", "federated_plan", "federated_round",
    "fixed_batching", "fleet_cache", "fleet_events", "fleet_frontier", "fleet_levers", "fleet_parts",
    "fleet_policy", "fleet_quote", "fleet_review", "fleet_size", "footprint", "gpt_step", "gradient_buckets",
    "gradient_compression", "green_run", "interval_study", "label_plan", "launch_plan", "layer_walk",
    "leaf_scanner", "machine_choice", "measurement_protocol", "memory_walk", "mixed_precision", "model_loop",
    "model_releases", "node_packing", "operations_plan", "overlapped_step", "phone_training", "placement",
    "platform_payback", "pool_selection", "power_cap", "private_release", "project_chain", "project_checks",
    "project_loop", "project_plan", "project_promise", "rebound", "receptive_field", "recovery_plan",
    "rented_run", "retry_storm", "rollback", "selection_bill", "sensor_node", "sequence_race",
    "sequence_reader", "shape_stream", "shipped_wins", "speaker_split", "speed_plan", "split_inference",
    "start_date", "stations", "step_kernels", "step_scaling", "store_design", "store_feed", "subgroup_audit",
    "track_inspection", "training_server", "transport", "wake_words",
)  # fmt: skip

ABSENT = (
    "mlsysim.{room} belongs to the labs of the course and is not installed. It comes with the distribution mlsysim-course:"
    " in a checkout of the labs run `pip install ./mlsysim_wheel/course` (not by name: the public index has other packages)."
)


class Absent:
    """The last to be asked for a module: answers for the course's rooms, in a sentence."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package, _, room = name.rpartition(".")
        if package == "mlsysim" and room in COURSE:
            raise ModuleNotFoundError(ABSENT.format(room=room), name=name)


sys.meta_path.append(Absent)
