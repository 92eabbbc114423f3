"""A replica that answers a stream of requests with compiled code: when it is ready, what it holds, how fast it answers.

Code may be compiled before the replica takes traffic, or when a request needs it, which then waits. Requests above a length
may be left to the eager program, so that fewer lengths need code.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from mlsysim._datafile import load, source_of
from mlsysim.errors import flag, one_of, whole
from mlsysim.quantity import quantity, sources
from mlsysim.shape_stream import POLICIES, cost_s, seconds_by_length, stream_lengths

_REPLAY = "the stream, request by request"


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica over the whole stream."""

    policy: str = quantity(r"\text{policy}", "")
    bucket_tokens: int = quantity("g", "tokens", doc="lengths are padded to its multiples, under buckets")
    longest_compiled: int = quantity("s_c", "tokens", doc="longer requests run eager")
    before: bool = quantity(r"\text{before}", "", doc="everything is compiled before traffic comes")
    requests: int = quantity("n", "1", doc="in the replica's life")
    graphs: int = quantity(
        "k", "1", doc="compiled lengths, buckets, or one for all",
        source="before traffic every bucket up to the longest that is compiled; else as met in the stream"
    )
    compile_s: float = quantity("t_c", "s", doc="of one compilation; 0 without a compiler")
    compiling_s: float = quantity("T_c", "s", formula=r"<graphs> \cdot <compile_s>", source="one after another")
    ready_s: float = quantity("T_r", "s", doc="from start to first answer: the compilations, if made before", source="compilations before traffic")
    stalled_requests: int = quantity("n_w", "1", doc="requests that wait for a compilation", source=_REPLAY)
    graph_bytes: float = quantity("b", "B", doc="of one")
    memory_bytes: float = quantity("M", "B", formula=r"<graphs> \cdot <graph_bytes>", source="each is kept")
    mean_s: float = quantity(r"\bar{t}", "s", doc="of a request that does not wait", source=_REPLAY)
    p95_s: float = quantity("t_{95}", "s", doc="of a request that does not wait", source=_REPLAY)
    eager_share: float = quantity("u", "share", doc="of the requests that run eager", source=_REPLAY)
    sources: dict = sources()


def replica(policy: str = "exact", bucket_tokens: int = 64, longest_compiled: int = 2048, before: bool = False) -> Replica:
    """A replica under a policy of shape_stream.POLICIES.

    `bucket_tokens` and `longest_compiled` 1 to 2048 tokens; `before` compiles everything before traffic. Raises OutOfRange or
    WrongType otherwise. Source: Ansel et al. 2024 (PyTorch 2); data/shape_stream.json (illustrative).

    >>> r = replica("buckets", 256, 2048, True)
    >>> r.graphs, r.ready_s, f"{r.mean_s * 1e3:.2f} ms"
    (8, 160, '5.09 ms')
    """
    longest = load("shape_stream.json")["longest_tokens"]["value"]
    return _replica(
        one_of("policy", policy, POLICIES), whole("bucket_tokens", bucket_tokens, high=longest), whole("longest_compiled", longest_compiled, high=longest),
        flag("before", before),
    )


@lru_cache(maxsize=1024)
def _replica(policy: str, bucket: int, longest: int, before: bool) -> Replica:
    data, lengths = load("shape_stream.json"), _counts()
    compile_s, size, most = (data[name]["value"] for name in ("compile_s", "graph_bytes", "longest_tokens"))
    eager, fast = seconds_by_length("eager"), seconds_by_length("dynamic" if policy == "dynamic" else "compiled")
    run = {s: min(most, -(-s // bucket) * bucket) if policy == "buckets" else s for s in lengths}
    coded = [] if policy == "eager" else [s for s in lengths if s <= longest]  # lengths with code, in the order in which they come
    if policy == "limit":
        coded = coded[: data["shape_limit"]["value"]]
    kept = set(coded)
    took = sorted((fast[run[s]] if s in kept else eager[s], count) for s, count in lengths.items())
    n, met = sum(lengths.values()), min(1, len(coded)) if policy == "dynamic" else len({run[s] for s in coded})
    graphs, each = -(-longest // bucket) if policy == "buckets" and before else met, cost_s(policy, compile_s)
    up_to = accumulate(count for _, count in took)
    p95 = next(seconds for (seconds, _), reached in zip(took, up_to, strict=True) if reached > int(0.95 * n))
    return Replica(
        policy=policy, bucket_tokens=bucket, longest_compiled=longest, before=before, requests=n, graphs=graphs, compile_s=each, compiling_s=graphs * each,
        ready_s=graphs * each if before else 0.0, stalled_requests=0 if before else met, graph_bytes=size, memory_bytes=graphs * size,
        mean_s=sum(seconds * count for seconds, count in took) / n, p95_s=p95, eager_share=sum(c for s, c in lengths.items() if s not in kept) / n,
        sources={"compile_s": source_of(data["compile_s"]), "graph_bytes": source_of(data["graph_bytes"])},
    )  # fmt: skip


@lru_cache(maxsize=1)
def _counts() -> dict[int, int]:
    """How often each length comes, in the order in which they first come."""
    return dict(Counter(stream_lengths(load("shape_stream.json")["spread"]["value"])))
