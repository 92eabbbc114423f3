"""Gradients exchanged in buckets while the backward pass still runs: what it hides, and what each bucket costs.

GPT-2 XL on nodes of eight A100. Gradients appear in reverse order of the layers, the embeddings last. A full bucket is
all-reduced at once, one after the other; the last one waits for the end of the backward pass. Ready times rise evenly,
so the end of the queue is known from its first bucket, its last early one and the first that comes at the very end.
Source: Li et al., PyTorch Distributed, VLDB 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.collectives import hierarchical_all_reduce
from mlsysim.errors import flag, number, one_of, whole
from mlsysim.gpt_step import POSITIONS, shape, step
from mlsysim.quantity import quantity, series, sources

FABRICS = ("hdr", "cloud", "ethernet")
CAUSES = ("latency", "late", "bytes")
SIZES = (0.25e6, 1e6, 2.5e6, 5e6, 10e6, 25e6, 50e6, 100e6, 250e6, 500e6, 1000e6, 4000e6)  # of a bucket
GPUS_PER_NODE, SEQUENCES, DRAWN = 8, 8, 40  # sequences of a GPU and step; stretches of a drawing at most
_QUEUE = "one bucket after the other, each at its ready time or when the one before ends"


@dataclass(frozen=True, slots=True)
class Queue:
    """Buckets of one size behind a backward pass."""

    total_bytes: float
    tail_bytes: float  # that appear only at its end
    bucket_bytes: float
    backward_s: float
    latency_s: float  # of one all-reduce
    s_per_byte: float
    overlap: bool = True

    @property
    def buckets(self) -> int:
        return max(1, math.ceil(self.total_bytes / self.bucket_bytes - 1e-9))

    @property
    def last_bytes(self) -> float:
        return self.total_bytes - (self.buckets - 1) * self.bucket_bytes

    @property
    def early(self) -> int:
        """Buckets that are full before the backward pass ends; the last of all never counts."""
        return min(self.buckets - 1, math.floor((self.total_bytes - self.tail_bytes) / self.bucket_bytes + 1e-9))

    @property
    def busy_s(self) -> float:
        return self.buckets * self.latency_s + self.total_bytes * self.s_per_byte

    def ready_s(self, j: int) -> float:
        """When bucket j (from 0) is full, counted from the start of the backward pass."""
        return self.backward_s * (j + 1) * self.bucket_bytes / (self.total_bytes - self.tail_bytes) if j < self.early else self.backward_s

    def duration_s(self, j: int) -> float:
        return self.latency_s + self.s_per_byte * (self.bucket_bytes if j < self.buckets - 1 else self.last_bytes)

    def end_s(self, j: int) -> float:
        """When bucket j has been exchanged: the largest, over the buckets i up to j, of ready i plus what follows it."""
        own, full = self.duration_s(j), self.duration_s(0)
        if not self.overlap:
            return self.backward_s + j * full + own
        ends = [self.ready_s(j) + own, self.ready_s(0) + j * full + own]
        if j >= self.early:  # a jump in the ready times: the last early bucket and the first of the end
            ends.append(self.backward_s + (j - self.early) * full + own)
            if self.early:
                ends.append(self.ready_s(self.early - 1) + (j - self.early + 1) * full + own)
        return max(ends)

    @property
    def exposed_s(self) -> float:
        """What the exchange adds to the step."""
        return max(0.0, self.end_s(self.buckets - 1) - self.backward_s)


@dataclass(frozen=True, slots=True)
class BucketedStep:
    """One data-parallel step with its exchange of gradients."""

    bucket_bytes: float = quantity("b", "B")
    fabric: str = quantity(r"\text{fabric}", "")
    overlap: bool = quantity(r"\text{overlap}", "", doc="buckets go out while the backward pass runs")
    nodes: int = quantity("m", "1", doc="of eight A100")
    parameters: float = quantity("P", "1", source="Radford et al. 2019")
    gradient_bytes: float = quantity("G", "B", formula=r"2 \cdot <parameters>", source="bf16")
    embedding_bytes: float = quantity("E", "B", source="token and position tables, 2 B a value", doc="appear at the end of the backward pass")
    step_flop: float = quantity("F", "FLOP", source="Chowdhery et al. 2022", doc="forward and backward, a GPU")
    rate_flop_per_s: float = quantity("R", "FLOP/s", source="45 % of the A100's peak (illustrative)")
    compute_s: float = quantity("t_c", "s", formula=r"\frac{<step_flop>}{<rate_flop_per_s>}", source="definition of a rate")
    backward_s: float = quantity("t_b", "s", formula=r"\frac{2}{3} \cdot <compute_s>", source="a backward pass is two forward passes")
    node_bytes_per_s: float = quantity(r"\beta_{in}", "B/s", doc="of a GPU inside the node")
    network_bytes_per_s: float = quantity(r"\beta_{out}", "B/s", doc="of a node")
    message_s: float = quantity(r"\alpha", "s", doc="of a message between nodes")
    bucket_latency_s: float = quantity("l", "s", source="α-β model: 14 messages inside the node, 2(m−1) between nodes", doc="of one all-reduce")
    bucket_transfer_s: float = quantity("t_n", "s", source="α-β model: bytes of one full bucket")
    buckets: int = quantity("k", "1", formula=r"\lceil <gradient_bytes> / <bucket_bytes> \rceil", source="definition")
    latency_busy_s: float = quantity(r"k \cdot l", "s", formula=r"<buckets> \cdot <bucket_latency_s>", source="α-β model", doc="of all buckets")
    busy_s: float = quantity("t_n", "s", source="sum over the buckets", doc="the network works")
    exposed_s: float = quantity("t_e", "s", source=_QUEUE, doc="after the backward pass")
    step_s: float = quantity("T", "s", formula="<compute_s> + <exposed_s>", source="definition")
    end_step_s: float = quantity("T_1", "s", source="one all-reduce of everything after the backward pass")
    latency_exposed_s: float = quantity(r"e_\alpha", "s", source="exposed, less the same with messages that take no time")
    late_exposed_s: float = quantity("e_t", "s", source="rest of exposed", doc="starts too late")
    bytes_exposed_s: float = quantity("e_n", "s", source="transfer beyond the length of the backward pass")
    cause: str = quantity(r"\text{cause}", "", source="largest of the three parts of exposed")
    best_bucket_bytes: float = quantity("b^*", "B", source="shortest step of the twelve sizes")
    best_step_s: float = quantity("T^*", "s", source="shortest step of the twelve sizes")
    state: str = quantity(r"\text{state}", "", source="step against one all-reduce at the end")
    per_stretch: int = quantity("q", "1", doc="buckets that a drawing joins to one stretch")
    stretches: tuple[tuple[float, float, float, float], ...] = series("s", doc="(ready, start, end of its latency, end), from the start of the step")
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = series("s", doc="fabric and its (bucket, step)")
    sources: dict = sources()


@remembered(256)
def bucketed_step(bucket_bytes: float = 1e6, fabric: str = "cloud", overlap: bool = True, nodes: int = 32) -> BucketedStep:
    """One step (s) of GPT-2 XL, 8,192 tokens a GPU, gradients in buckets of `bucket_bytes` over `nodes` nodes.

    `fabric` is one of FABRICS, a bucket holds 1 kB or more. Errors: OutOfRange, WrongType. Source: Li et al., VLDB 2020; α-β model; rates illustrative.

    >>> r = bucketed_step(1e6)
    >>> round(r.step_s, 2), r.buckets, r.cause
    (4.46, 3116, 'latency')
    """
    bucket = single(number, "bucket_bytes", bucket_bytes, low=1e3, high=1e15)
    fabric, overlap, nodes = one_of("fabric", fabric, FABRICS), flag("overlap", overlap), whole("nodes", nodes, low=2, high=10**5)
    job, data = training_job(), load("communication/experts.json")
    queue, wire = _queue(bucket, fabric, overlap, nodes), data["fabrics"][fabric]
    free = Queue(queue.total_bytes, queue.tail_bytes, bucket, queue.backward_s, 0.0, queue.s_per_byte, overlap)
    over = max(0.0, free.busy_s - queue.backward_s)
    parts = dict(zip(CAUSES, (queue.exposed_s - free.exposed_s, free.exposed_s - over, over), strict=True))
    curves = {name: tuple((size, job.compute_s + _queue(size, name, overlap, nodes).exposed_s) for size in SIZES) for name in FABRICS}
    best = min(curves[fabric], key=lambda point: point[1])
    end = job.compute_s + _queue(job.gradient_bytes, fabric, False, nodes).exposed_s
    time = job.compute_s + queue.exposed_s
    each = math.ceil(queue.buckets / DRAWN)
    return BucketedStep(
        bucket_bytes=bucket, fabric=fabric, overlap=overlap, nodes=nodes, parameters=job.parameters, gradient_bytes=job.gradient_bytes,
        embedding_bytes=job.embedding_bytes, step_flop=job.step_flop, rate_flop_per_s=job.rate_flop_per_s, compute_s=job.compute_s, backward_s=job.backward_s,
        node_bytes_per_s=data["a100_node_bytes_per_s"]["value"], network_bytes_per_s=wire["bytes_per_s"], message_s=wire["message_s"],
        bucket_latency_s=queue.latency_s, bucket_transfer_s=queue.s_per_byte * min(bucket, queue.total_bytes), buckets=queue.buckets,
        latency_busy_s=queue.buckets * queue.latency_s, busy_s=queue.busy_s, exposed_s=queue.exposed_s, step_s=time, end_step_s=end,
        latency_exposed_s=parts["latency"], late_exposed_s=parts["late"], bytes_exposed_s=over, cause=max(parts, key=parts.get),
        best_bucket_bytes=best[0], best_step_s=best[1], state="worse than no overlap" if time > end * (1 + 1e-9) else "working", per_stretch=each,
        stretches=_stretches(queue, each, job.compute_s - job.backward_s), curves=tuple((data["fabrics"][name]["title"], curves[name]) for name in FABRICS),
        sources={
            "node_bytes_per_s": source_of(data["a100_node_bytes_per_s"]), "network_bytes_per_s": wire["source"], "message_s": wire["source"],
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """GPT-2 XL on one A100, 8,192 tokens a step."""

    parameters: float
    hidden: int
    gradient_bytes: float
    embedding_bytes: float
    step_flop: float
    rate_flop_per_s: float
    compute_s: float
    backward_s: float


@lru_cache(maxsize=1)
def training_job() -> TrainingJob:
    """The job that buckets and compressors serve: GPT-2 XL, eight sequences of 1,024 tokens a GPU, bf16.

    >>> round(training_job().compute_s, 3)
    0.6
    """
    gpt, model = step("gpt2_xl"), shape("gpt2_xl", 1024)
    rate = load("communication/experts.json")["efficiency"]["value"] * catalog.device("a100_sxm_80gb").peak("bf16")
    work = SEQUENCES * gpt.sequence_flop
    embeddings = 2.0 * (model.vocabulary + POSITIONS) * model.hidden
    return TrainingJob(gpt.parameters, model.hidden, 2 * gpt.parameters, embeddings, work, rate, work / rate, work / rate * 2 / 3)


@lru_cache(maxsize=1024)
def _queue(bucket: float, fabric: str, overlap: bool, nodes: int) -> Queue:
    job, data = training_job(), load("communication/experts.json")
    wire = data["fabrics"][fabric]
    one = hierarchical_all_reduce(
        min(bucket, job.gradient_bytes), GPUS_PER_NODE, nodes, node_latency_s=data["node_message_s"]["value"],
        node_bytes_per_s=data["a100_node_bytes_per_s"]["value"], network_latency_s=wire["message_s"],
        network_bytes_per_s=wire["bytes_per_s"] / GPUS_PER_NODE,
    )  # fmt: skip
    per_byte = (one.node_time_s + one.network_time_s) / one.message_bytes
    return Queue(job.gradient_bytes, job.embedding_bytes, bucket, job.backward_s, one.latency_time_s, per_byte, overlap)


def _stretches(queue: Queue, each: int, start_s: float) -> tuple[tuple[float, float, float, float], ...]:
    """The queue in at most DRAWN stretches of `each` buckets, moved to where the backward pass starts."""
    found = []
    for first in range(0, queue.buckets, each):
        last = min(first + each, queue.buckets) - 1
        end, latency = start_s + queue.end_s(last), (last - first + 1) * queue.latency_s
        begin = end - latency - sum(queue.duration_s(j) - queue.latency_s for j in (first, last)[: last - first + 1])
        begin -= max(0, last - first - 1) * (queue.duration_s(first) - queue.latency_s)
        found.append((start_s + queue.ready_s(last), begin, begin + latency, end))
    return tuple(found)
