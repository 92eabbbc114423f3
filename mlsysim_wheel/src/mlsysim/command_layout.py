"""`mlsysim layout MODEL DEVICE --gpus N`: the fastest ways to cut a training step that exist and fit."""

from __future__ import annotations

from dataclasses import asdict

from mlsysim.command_estimate import add_training_options, asked, model_and_cluster
from mlsysim.command_output import Number, print_json, print_table, shown
from mlsysim.errors import Infeasible, whole


def add_to(commands, parents) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("layout", parents=parents, help="the best parallel layouts of a model on many devices")
    command.add_argument("model", metavar="MODEL")
    command.add_argument("device", metavar="DEVICE")
    add_training_options(command)
    command.add_argument("--max-time", type=float, metavar="S", help="only layouts whose step takes at most so many seconds")
    command.add_argument("--top", type=int, default=10, help="how many to print (default 10)")
    command.set_defaults(run=_layout)


def _layout(options) -> int:
    from mlsysim.layout_search import search_layouts

    whole("--top", options.top, high=10_000)
    model, cluster = model_and_cluster(options)
    found = search_layouts(model, gpus=options.gpus, batch=options.batch, max_time_s=options.max_time, cluster=cluster)
    if not found:
        raise Infeasible(f"No layout of {model.name} on {options.gpus} devices exists, fits the memory and meets the limits")
    best = found[: options.top]
    if options.json:
        rows = [{**asdict(f.layout), **{k: getattr(f, k) for k in ("time_s", "memory_bytes", "gpus_per_replica")}} for f in best]
        print_json({"asked": asked(options), "cluster": cluster.name, "feasible": len(found), "layouts": rows})
        return 0
    print(f"{model.name} on {options.gpus} × {cluster.name}, {options.batch} sequences a step: {len(found)} layouts fit")
    rows = [
        (
            Number(f.layout.tensor),
            Number(f.layout.pipeline),
            Number(options.gpus // f.gpus_per_replica),
            Number(f.layout.microbatch),
            f.layout.recomputation,
            Number(f.layout.chunks),
            "yes" if f.layout.zero1 else "no",
            shown(f.time_s, "s"),
            shown(f.memory_bytes, "B"),
        )
        for f in best
    ]
    print_table(["tensor", "pipeline", "data", "microbatch", "recomputation", "chunks", "ZeRO-1", "step", "memory"], rows)
    return 0
