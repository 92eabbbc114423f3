"""Search over parallel layouts: the map of tensor × pipeline, the best layout under constraints, and what would help.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, replace

from mlsysim.clusters import Cluster, as_cluster, load_cluster
from mlsysim.errors import Infeasible, WrongType, instance, positive
from mlsysim.layout import Layout, as_layout
from mlsysim.parallelism import LayoutEstimate, estimate_layout
from mlsysim.quantity import quantity, series, sources
from mlsysim.transformer import Transformer

TENSOR = (1, 2, 4, 8, 16, 32)
PIPELINE = (1, 2, 4, 8, 16, 32)
CURES = ("half the bubble", "free tensor all-reduces", "no recomputation")

Cell = namedtuple("Cell", "tensor pipeline state time_s memory_bytes reason")
Cell.__doc__ = "One layout of a map: state is ok, OOM or void; a void one has a reason and no numbers (None)."
Found = namedtuple("Found", "layout time_s memory_bytes gpus_per_replica")
Found.__doc__ = "One layout that a search found, with the results that constraints and objective use."


@dataclass(frozen=True, slots=True)
class Cures:
    """Step times of one layout under three counterfactuals, memory ignored."""

    time_s: float = quantity("T", "s", source="the layout as it is")
    half_bubble_time_s: float = quantity(r"T_{b/2}", "s", source="the bubble part halved")
    free_tensor_time_s: float = quantity(r"T_{t=0}", "s", source="the all-reduces of the tensor group take no time")
    no_recomputation_time_s: float = quantity(r"T_{k=1}", "s", source="nothing computed twice, 4 all-reduces a layer")
    best: str = quantity(r"\text{best}", "", source="smallest of the three times; the first of equals")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class LayoutStudy:
    """One layout, its place on the map of tensor × pipeline, and what would shorten its step."""

    estimate: LayoutEstimate
    cures: Cures
    reference_tensor: int = quantity("t_0", "1")
    reference_time_s: float | None = quantity("T_0", "s", source="the same layout with the reference's tensor parallelism, if it exists")
    relative: float | None = quantity("T/T_0", "×", source="definition")
    feasible: int = quantity("n", "1", source="cells of the map that exist and fit")
    best_tensor: int | None = quantity("t^*", "1", source="fastest feasible cell")
    best_pipeline: int | None = quantity("p^*", "1", source="fastest feasible cell")
    best_time_s: float | None = quantity("T^*", "s", source="fastest feasible cell")
    worst_time_s: float | None = quantity("T_{max}", "s", source="slowest feasible cell")
    cells: tuple = series("s", doc="Cell(tensor, pipeline, state, time_s, memory_bytes, reason) of the map")
    waterfall: tuple = series("s", doc="(part, seconds) of the step in the order of a waterfall")
    sources: dict = sources()


def waterfall(estimate: LayoutEstimate) -> tuple[tuple[str, float], ...]:
    """The parts of a step, which add up to its time.

    >>> from mlsysim.published_training import megatron_model
    >>> e = estimate_layout(megatron_model("174.6B"), Layout(8, 8), gpus=1024, batch=1536)
    >>> [part for part, _ in waterfall(e)]
    ['compute', 'tensor', 'bubble', 'point-to-point', 'data', 'head']
    """
    instance("estimate", estimate, LayoutEstimate, "a LayoutEstimate")
    e = estimate
    return (
        ("compute", e.compute_s),
        ("tensor", e.tensor_s),
        ("bubble", e.bubble_s),
        ("point-to-point", e.point_to_point_s),
        ("data", e.data_s),
        ("head", e.head_s),
        *((("update", e.optimizer_s),) if e.optimizer_s else ()),
    )


def cures(model: Transformer, layout: Layout, *, gpus: int, batch: int, cluster: Cluster | None = None) -> Cures:
    """Recompute the step with half the bubble, with free tensor all-reduces, and without recomputation.

    Errors, source: as estimate_layout.

    >>> from mlsysim.published_training import megatron_model
    >>> cures(megatron_model("174.6B"), Layout(8, 8), gpus=1024, batch=1536).best
    'no recomputation'
    """
    return _cures(model, layout, estimate_layout(model, layout, gpus=gpus, batch=batch, cluster=cluster), cluster)


def study_layout(
    model: Transformer,
    layout: Layout,
    *,
    gpus: int,
    batch: int,
    cluster: Cluster | None = None,
    reference_tensor: int = 8,
    tensor: tuple = TENSOR,
    pipeline: tuple = PIPELINE,
) -> LayoutStudy:
    """Everything about one layout: its estimate, the map around it, the same with another tensor degree, the cures.

    Map and reference keep the layout's other settings. A reference that cannot exist, or a map on which nothing fits,
    leaves None. Errors: Infeasible if the layout itself cannot exist. Source: as estimate_layout.

    >>> from mlsysim.published_training import megatron_model
    >>> s = study_layout(megatron_model("174.6B"), Layout(16, 8), gpus=1024, batch=1536)
    >>> f"{s.relative:.2f}x; {s.feasible} fit, best {s.best_tensor} x {s.best_pipeline}"
    '1.39x; 15 fit, best 4 x 16'
    """
    here = estimate_layout(model, layout, gpus=gpus, batch=batch, cluster=cluster)
    try:
        reference = estimate_layout(model, replace(layout, tensor=reference_tensor), gpus=gpus, batch=batch, cluster=cluster).time_s
    except Infeasible:
        reference = None
    cells = layout_map(model, layout, gpus=gpus, batch=batch, cluster=cluster, tensor=tensor, pipeline=pipeline)
    fitting = sorted((c for c in cells if c.state == "ok"), key=lambda c: c.time_s)
    best = fitting[0] if fitting else None
    return LayoutStudy(
        estimate=here,
        cures=_cures(model, layout, here, cluster),
        reference_tensor=reference_tensor,
        reference_time_s=reference,
        relative=None if reference is None else here.time_s / reference,
        feasible=len(fitting),
        best_tensor=best and best.tensor,
        best_pipeline=best and best.pipeline,
        best_time_s=best and best.time_s,
        worst_time_s=fitting[-1].time_s if fitting else None,
        cells=cells,
        waterfall=waterfall(here),
    )


def layout_map(
    model: Transformer,
    layout: Layout,
    *,
    gpus: int,
    batch: int,
    cluster: Cluster | None = None,
    tensor: tuple = TENSOR,
    pipeline: tuple = PIPELINE,
) -> tuple[Cell, ...]:
    """The cells tensor × pipeline, all else as in `layout`: ok, OOM (time ignores that) or void with the reason.

    >>> from mlsysim.published_training import megatron_model
    >>> cells = layout_map(megatron_model("174.6B"), Layout(), gpus=1024, batch=1536)
    >>> [(c.tensor, c.pipeline) for c in cells if c.state == "void"]
    [(1, 1)]
    """
    as_layout(layout)
    tensor, pipeline = _options("tensor", tensor), _options("pipeline", pipeline)
    cells = []
    for t in tensor:
        for p in pipeline:
            try:
                e = estimate_layout(model, replace(layout, tensor=t, pipeline=p), gpus=gpus, batch=batch, cluster=cluster)
            except Infeasible as why:
                cells.append(Cell(t, p, "void", None, None, str(why)))
            else:
                cells.append(Cell(t, p, "ok" if e.fits else "OOM", e.time_s, e.memory_bytes, ""))
    return tuple(cells)


def search_layouts(
    model: Transformer,
    *,
    gpus: int,
    batch: int,
    max_time_s: float | None = None,
    max_memory_bytes: float | None = None,
    cluster: Cluster | None = None,
    tensor: tuple = TENSOR,
    pipeline: tuple = PIPELINE,
    microbatch: tuple = (1, 2, 4),
    recomputation: tuple = ("full", "selective", "none"),
    chunks: tuple = (1, 2, 3, 6),
    zero1: tuple = (False, True),
) -> tuple[Found, ...]:
    """All layouts out of the options that exist and meet the limits, fastest first (then least memory).

    Without limits on memory the cluster's own holds. No result means that nothing is feasible.
    Errors: OutOfRange. Source: as estimate_layout.

    >>> from mlsysim.published_training import megatron_model
    >>> best = search_layouts(megatron_model("174.6B"), gpus=1024, batch=1536, recomputation=("full",), microbatch=(1,),
    ...                       chunks=(1,), zero1=(False,))[0]
    >>> best.layout.tensor, best.layout.pipeline, round(best.time_s, 1)
    (4, 16, 27.9)
    """
    cluster = load_cluster() if cluster is None else as_cluster(cluster)
    limit = cluster.memory_limit_bytes if max_memory_bytes is None else positive("max_memory_bytes", max_memory_bytes)
    slowest = None if max_time_s is None else positive("max_time_s", max_time_s)
    tensor, pipeline, microbatch = _options("tensor", tensor), _options("pipeline", pipeline), _options("microbatch", microbatch)
    recomputation, chunks, zero1 = _options("recomputation", recomputation), _options("chunks", chunks), _options("zero1", zero1)
    found = []
    for t in tensor:
        for p in pipeline:
            for v in chunks:
                for b in microbatch:
                    for r in recomputation:
                        for z in zero1:
                            layout = Layout(t, p, b, r, v, z)
                            try:
                                e = estimate_layout(model, layout, gpus=gpus, batch=batch, cluster=cluster)
                            except Infeasible:
                                continue
                            if e.memory_bytes <= limit and (slowest is None or e.time_s <= slowest):
                                found.append(Found(layout, e.time_s, e.memory_bytes, e.gpus_per_replica))
    return tuple(sorted(found, key=lambda f: (f.time_s, f.memory_bytes)))


def _options(name: str, values) -> tuple:
    if not isinstance(values, (tuple, list, range)) or not values:
        raise WrongType(f"{name} is {values!r}, but must be a list of options with at least one.")
    return tuple(values)


def _cures(model, layout, e: LayoutEstimate, cluster) -> Cures:
    waves = e.microbatches + (e.pipeline - 1) / e.chunks
    half = e.time_s - e.bubble_s / 2
    free = e.time_s - waves * e.stage_tensor_s
    bare = e.time_s
    if layout.recomputation == "full":
        bare = estimate_layout(model, replace(layout, recomputation="none"), gpus=e.gpus, batch=e.batch, cluster=cluster).time_s
    times = (half, free, bare)
    return Cures(
        time_s=e.time_s, half_bubble_time_s=half, free_tensor_time_s=free, no_recomputation_time_s=bare, best=CURES[times.index(min(times))]
    )
