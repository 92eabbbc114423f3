"""How a model is cut over GPUs, and which cuts can exist."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.errors import Infeasible, flag, instance, one_of, whole
from mlsysim.transformer import RECOMPUTATION, Transformer, as_transformer


@dataclass(frozen=True, slots=True)
class Layout:
    """How a model is cut: `tensor` × `pipeline` GPUs a replica, microbatches, recomputation, chunks, ZeRO-1."""

    tensor: int = 1
    pipeline: int = 1
    microbatch: int = 1  # sequences
    recomputation: str = "full"
    chunks: int = 1  # virtual stages a device; more than one means the interleaved schedule
    zero1: bool = False  # optimiser state divided over the replicas

    def __post_init__(self):
        for name in ("tensor", "pipeline", "microbatch", "chunks"):
            object.__setattr__(self, name, whole(name, getattr(self, name), high=10**6))
        one_of("recomputation", self.recomputation, RECOMPUTATION)
        flag("zero1", self.zero1)


def as_layout(layout) -> Layout:
    """The layout itself, or an error that says what was expected."""
    instance("layout", layout, Layout, "a Layout")
    return layout


def replicas_and_microbatches(model: Transformer, layout: Layout, gpus: int, batch: int, gpus_per_node: int = 8) -> tuple[int, int]:
    """Replicas d = N/(tp) and microbatches m = B/(db) of each, or the reason why the layout cannot exist.

    Tensor groups must fill a node evenly or whole nodes, and divide the heads; replicas must divide the GPUs,
    microbatches the batch, chunks the layers; the interleaved schedule needs m in multiples of p > 1.
    Errors: Infeasible, OutOfRange. Source: Narayanan et al., SC21, section 3.

    >>> replicas_and_microbatches(Transformer("175B", 96, 12288, 96), Layout(8, 8), 1024, 1536)
    (16, 96)
    """
    mod = as_transformer(model)
    return divided(mod.heads, mod.layers, layout, gpus, batch, gpus_per_node)


def divided(heads: int, layers: int, layout: Layout, gpus: int, batch: int, gpus_per_node: int = 8) -> tuple[int, int]:
    """The same for a stack of any shape with so many attention heads and layers.

    >>> divided(96, 96, Layout(8, 8), 1024, 1536)
    (16, 96)
    """
    layout, heads, layers = as_layout(layout), whole("heads", heads), whole("layers", layers)
    gpus, batch, node = whole("gpus", gpus), whole("batch", batch), whole("gpus_per_node", gpus_per_node)
    t, p, b, v = layout.tensor, layout.pipeline, layout.microbatch, layout.chunks
    if (node % t) if t <= node else (t % node):
        raise Infeasible(f"Tensor parallelism {t} neither divides a node of {node} GPUs nor fills whole nodes")
    if heads % t:
        raise Infeasible(f"Tensor parallelism {t} does not divide the {heads} attention heads")
    if gpus % (t * p):
        raise Infeasible(f"Replicas of {t} × {p} = {t * p} GPUs do not divide {gpus} GPUs")
    d = gpus // (t * p)
    if batch % (d * b):
        raise Infeasible(f"A batch of {batch} sequences is no whole number of microbatches of {b} on each of {d} replicas")
    m = batch // (d * b)
    if layers % (p * v):
        raise Infeasible(f"{layers} layers do not divide into {p} stages of {v} chunks")
    if v > 1 and p == 1:
        raise Infeasible(f"{v} chunks need a pipeline of at least 2 stages")
    if v > 1 and m % p:
        raise Infeasible(f"Interleaving needs microbatches in multiples of the {p} stages, not {m}")
    return d, m
