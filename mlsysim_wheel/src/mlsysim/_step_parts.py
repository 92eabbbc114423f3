"""The parts of a training step that are the same however long its products take: exchanges, sends, bubble, update.

`parallelism` and `language_training` both put their steps together from these, so they differ in the arithmetic alone.
"""

from __future__ import annotations

from mlsysim.collectives import all_reduce, hierarchical_all_reduce

BACKWARD_SHARE = 0.6  # of a stage: the backward pass of all layers but the last, behind which gradients are exchanged


def tensor_all_reduces(recomputation: str) -> int:
    """All-reduces of a tensor group a layer: two forward, two backward, two more for a repeated forward pass (Shoeybi et al. 2019)."""
    return 6 if recomputation == "full" else 4


def tensor_all_reduce_s(message_bytes, tensor, gpus_per_node, latency_s, node_bytes_per_s, network_bytes_per_s) -> float:
    """One of them: a ring in the node, hierarchical over several."""
    if tensor == 1:
        return 0.0
    inner = min(tensor, gpus_per_node)
    return hierarchical_all_reduce(
        message_bytes, inner, tensor // inner, node_latency_s=latency_s, node_bytes_per_s=node_bytes_per_s,
        network_latency_s=latency_s, network_bytes_per_s=network_bytes_per_s,
    ).time_s  # fmt: skip


def send_s(message_bytes, tensor, pipeline, chunks, network_bytes_per_s) -> float:
    """What a microbatch waits for between stages: forward and backward, once a chunk, divided over the tensor group."""
    return 2.0 * chunks * message_bytes / tensor / network_bytes_per_s if pipeline > 1 else 0.0


def bubble_s(pipeline, chunks, stage_s) -> float:
    """Filling and draining (Narayanan et al., SC21)."""
    return (pipeline - 1) / chunks * stage_s


def gradient_rate(tensor, pipeline, replicas, gpus_per_node, rails, node_bytes_per_s, network_bytes_per_s) -> float:
    """Bytes a second and GPU of an exchange among replicas: a whole node shares its ports where its GPUs hold the same weights."""
    if replicas * tensor * (pipeline if tensor > 1 else 1) <= gpus_per_node:
        return node_bytes_per_s
    return network_bytes_per_s if tensor > 1 else min(node_bytes_per_s, rails * network_bytes_per_s)


def gradient_exchange_s(gradient_bytes, replicas, rate) -> float:
    """Ring all-reduce of a GPU's gradients over the replicas; with ZeRO-1 the same bytes, as reduce-scatter and all-gather."""
    return all_reduce(gradient_bytes, replicas, 0.0, rate).time_s


def hidden_exchange_s(exchange_s, stage_s, pipeline, zero1) -> float:
    """What of it the last backward pass hides, without a pipeline; weights that ZeRO-1 gathers after the update are not hidden."""
    return min(exchange_s / 2 if zero1 else exchange_s, BACKWARD_SHARE * stage_s) if pipeline == 1 else 0.0
