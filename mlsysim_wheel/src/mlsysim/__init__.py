"""mlsysim: a first-principles simulator of machine learning systems.

The rule of the house: plain SI floats in, a frozen result out, and every number of a result can show its work
(`mlsysim.show_work(result)`). Bad input never gives a number; it raises a sentence. No result beats physics.

Modules are named after what they model and load when first used: `mlsysim.roofline.on_device(...)`.
"""

from __future__ import annotations

__version__ = "1.0.0"
DISTRIBUTION = "mlsysim of ML Systems Labs"  # tells this package from another one of the same name on the public index

_MODULES = (
    "accumulation", "all_reduce_study", "attention_layer", "attention_walls", "audits", "batching", "battery_camera",
    "best_of_many", "cache", "canary", "card_contest", "card_training", "catalog", "catalog_entries",
    "catalog_grids", "catalog_prices", "catalog_storage", "clusters", "collectives", "command_catalog",
    "command_estimate", "command_layout", "command_output", "command_validate", "comparison",
    "compiled_replica", "compressed_layer", "convnet", "crawl_filter", "critical_batch", "decoder", "dispatch",
    "drift", "duty", "edge", "edge_latency", "epoch_cache", "errors", "explore", "fairness", "fallback",
    "fixed_batching", "footprint", "fusion", "gpt_step", "inference_cards", "iron_law", "kernels", "kv_cache",
    "label_plan", "language_training", "launch_plan", "layer_walk", "layout", "layout_search", "leaf_scanner",
    "load_test", "loss_scaling", "measurement", "measurement_protocol", "memory_walk", "microcontroller",
    "mixed_precision", "model_loop", "numerics", "parallelism", "pareto", "phases", "pipeline_data",
    "pipeline_schedule", "placement", "pool_selection", "privacy_accounting", "project_chain", "project_checks",
    "project_loop", "project_plan", "project_promise", "published_training", "quantity", "quantization",
    "queue_simulation", "queueing", "receptive_field", "recurrent", "reliability", "rented_run", "retraining",
    "roofline", "run_account", "scaling_laws", "selection_bill", "sensor_node", "sequence_race",
    "sequence_reader", "serving", "shape_stream", "sharding", "slot_simulation", "speaker_split",
    "speculative_decoding", "split_inference", "start_date", "stations", "subgroup_audit", "switch_reduction",
    "systolic", "throttling", "tinynet", "token_generation", "topology", "training_memory", "training_server",
    "transformer", "transport", "units", "vision_throughput", "wake_words",
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
