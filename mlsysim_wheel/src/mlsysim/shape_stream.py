"""A stream of requests of varying length, and when a compiler that specialises on the length pays for itself.

Requests follow one another. One that meets a length for which there is no code waits for its compilation. Policies: no
compiler (eager); code for each exact length; exact, but eager once eight lengths are compiled; lengths padded to the next
multiple of a bucket; one code for every length, a little slower (dynamic). All policies see the same requests.
Source: Ansel et al. 2024 (PyTorch 2), guards, recompilation and dynamic shapes.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import Infeasible, non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

POLICIES = {"eager": "eager", "exact": "each exact length", "limit": "the first 8 lengths", "buckets": "buckets", "dynamic": "dynamic"}
BUCKETS = (16, 32, 64, 128, 256, 512, 1024, 2048)
SAMPLES = tuple(sorted({round(10 ** (k / 8)) for k in range(33)}))
NEITHER = 0.02  # totals within 2 % are as good as equal
_SAMPLE = 1000
_REPLAY = "the stream, request by request"


@dataclass(frozen=True, slots=True)
class Stream:
    """The first requests of the stream under one policy."""

    policy: str = quantity(r"\text{policy}", "")
    bucket_tokens: int = quantity("g", "tokens", doc="lengths are padded to its multiples, under buckets")
    requests: int = quantity("n", "1")
    compile_s: float = quantity("t_c", "s", doc="of one compilation under this policy; 0 without a compiler")
    compilations: int = quantity("k", "1", doc="lengths, buckets or one for all that had to be compiled", source=_REPLAY)
    compiling_s: float = quantity("T_c", "s", formula=r"<compilations> \cdot <compile_s>", source="one wait a compilation")
    mean_s: float = quantity(r"\bar{t}", "s", doc="of a request, its compilation not counted", source=_REPLAY)
    running_s: float = quantity("T_r", "s", formula=r"<requests> \cdot <mean_s>", source="sum over the requests")
    total_s: float = quantity("T", "s", formula="<compiling_s> + <running_s>", source="requests follow one another")
    p95_s: float = quantity("t_{95}", "s", doc="of a request, its compilation not counted", source=_REPLAY)
    waste_share: float = quantity("w", "share", doc="tokens added by padding, over real tokens", source=_REPLAY)
    distinct_lengths: int = quantity("m", "1", doc="different lengths among the requests", source=_REPLAY)
    commonest_count: int = quantity("m_1", "1", doc="requests of the commonest length", source=_REPLAY)
    pays_after_requests: float = quantity(
        "n_1", "1", doc="requests of one length after which its compilation has paid", source="one compilation over what the mean request saves"
    )
    eager_mean_s: float = quantity(r"\bar{t}_e", "s", doc="of a request without a compiler", source=_REPLAY)
    eager_total_s: float = quantity("T_e", "s", formula=r"<requests> \cdot <eager_mean_s>", source="sum over the requests")
    times_eager: float = quantity("r", "×", formula=r"\frac{<total_s>}{<eager_total_s>}", source="definition", doc="against no compiler")
    break_even_requests: int = quantity(
        "n^*", "1", doc="first count at which this policy is ahead of eager; 0 where that never comes in 10,000", source=_REPLAY
    )
    better_bucket: str = quantity(
        r"\text{better}", "", doc="larger, smaller or neither (within 2 %): which bucket would lower the total",
        source="the stream with half and with double the bucket"
    )
    binding: str = quantity(r"\text{binds}", "", doc="overhead where compiling takes more than running, else arithmetic", source="the larger")
    state: str = quantity(r"\text{state}", "", doc="slower where the total exceeds eager's", source="comparison")
    lengths: tuple[int, ...] = series("tokens", doc="of the first requests, at most 1,000")
    padded: tuple[int, ...] = series("tokens", doc="the same, as this policy runs them")
    compiled_at: tuple[tuple[str, tuple[int, ...]], ...] = series("1", doc="policy, requests that waited for a compilation")
    paths: tuple[tuple[str, tuple[tuple[int, float], ...]], ...] = series("s", doc="policy, (requests, seconds since the first)")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class Replay:
    """The whole stream under one policy."""

    running_s: tuple[float, ...]  # up to each request
    run_lengths: tuple[int, ...]  # as this policy runs them
    moments: tuple[int, ...]  # requests, from 1, that wait for a compilation
    table: tuple[float, ...]  # seconds of a request by its length as run

    def compiled(self, requests: int) -> int:
        """Compilations among the first requests."""
        return bisect_right(self.moments, requests)


def run(policy: str = "exact", bucket_tokens: int = 64, requests: int = 1000, compile_s: float = 20.0, spread: float = 0.6) -> Stream:
    """The first `requests` (1 to 10,000) of the stream under a policy of POLICIES.

    `bucket_tokens` 1 to 2048; `compile_s` of one compilation for one length; `spread` of the logarithm of the length (0 to 2).
    Raises OutOfRange or WrongType otherwise. Source: data/shape_stream.json (illustrative, but for the limit of eight).

    >>> r = run("exact")
    >>> r.compilations, round(r.total_s), round(run("eager").total_s, 1)
    (388, 7764, 11.0)
    """
    one_of("policy", policy, POLICIES)
    bucket, requests = whole("bucket_tokens", bucket_tokens, high=_data("longest_tokens")), whole("requests", requests, high=_data("requests"))
    compile_s, spread = single(positive, "compile_s", compile_s, high=1e6), single(non_negative, "spread", spread, high=2.0)
    own, each, eager_total = replay(policy, bucket, spread), cost_s(policy, compile_s), replay("eager", 0, spread).running_s[requests - 1]

    def total(name: str, g: int, n: int = requests) -> float:
        seen = replay(name, g if name == "buckets" else 0, spread)
        return seen.running_s[n - 1] + seen.compiled(n) * cost_s(name, compile_s)

    running, compilations = own.running_s[requests - 1], own.compiled(requests)
    mean, seconds = running / requests, compilations * each + running
    lengths = stream_lengths(spread)[:requests]
    counts = Counter(lengths)
    return Stream(
        policy=policy, bucket_tokens=bucket, requests=requests, compile_s=each, compilations=compilations, compiling_s=compilations * each, mean_s=mean,
        running_s=running, total_s=seconds, p95_s=_p95(policy, bucket, spread, requests), waste_share=_waste(policy, bucket, spread, requests),
        distinct_lengths=len(counts), commonest_count=max(counts.values()),
        pays_after_requests=break_even(compile_s, eager_total / requests, replay("exact", 0, spread).running_s[requests - 1] / requests),
        eager_mean_s=eager_total / requests, eager_total_s=eager_total, times_eager=seconds / eager_total,
        break_even_requests=_ahead(policy, bucket, spread, each), better_bucket=_better(bucket, total),
        binding="overhead" if compilations * each > running else "arithmetic", state="slower" if seconds > eager_total else "ok",
        lengths=lengths[:_SAMPLE], padded=own.run_lengths[: min(requests, _SAMPLE)],
        compiled_at=tuple((name, seen.moments[: seen.compiled(requests)]) for name in POLICIES if name != "eager" for seen in [replay(name, bucket, spread)]),
        paths=tuple((name, tuple((n, total(name, bucket, n)) for n in SAMPLES)) for name in POLICIES),
        sources={"compile_s": {"eager": "no compiler", "dynamic": source_of(load("shape_stream.json")["dynamic_compile_factor"])}.get(policy, "chosen")},
    )  # fmt: skip


def cost_s(policy: str, compile_s: float) -> float:
    """Seconds of one compilation under a policy, where one for one length takes `compile_s`.

    >>> cost_s("dynamic", 20), cost_s("eager", 20)
    (60, 0.0)
    """
    one_of("policy", policy, POLICIES)
    positive("compile_s", compile_s)
    return 0.0 if policy == "eager" else compile_s * _data("dynamic_compile_factor") if policy == "dynamic" else compile_s


def break_even(compile_s: float, eager_s: float, compiled_s: float) -> float:
    """Requests after which a compilation has paid for itself. Raises Infeasible where compiled code is not faster.

    >>> round(break_even(60, 0.011, 0.005))
    10000
    """
    saved = positive("eager_s", eager_s) - positive("compiled_s", compiled_s)
    if saved <= 0:
        raise Infeasible("compiled code that is not faster never pays for its compilation", needed=compiled_s, available=eager_s, unit="s")
    return positive("compile_s", compile_s) / saved


@remembered(64)
def stream_lengths(spread: float) -> tuple[int, ...]:
    """Tokens of each request of the stream: log-normal about the median, from 1 to the longest that is taken."""
    spread = single(non_negative, "spread", spread, high=2.0)
    middle, longest, exp = _data("middle_tokens"), _data("longest_tokens"), math.exp
    return tuple([min(longest, max(1, round(middle * exp(spread * z)))) for z in _normals()])


@lru_cache(maxsize=1)
def _normals() -> tuple[float, ...]:
    """The draws behind the lengths, the same for every spread."""
    import random

    draw = random.Random(load("shape_stream.json")["seed"])
    return tuple(draw.gauss(0, 1) for _ in range(_data("requests")))


def replay(policy: str, bucket_tokens: int, spread: float) -> Replay:
    """The whole stream under a policy; the bucket matters only under buckets. Ranges and errors as in `run`."""
    one_of("policy", policy, POLICIES)
    bucket = whole("bucket_tokens", bucket_tokens, high=_data("longest_tokens")) if policy == "buckets" else 0
    return _replay(policy, bucket, single(non_negative, "spread", spread, high=2.0))


@lru_cache(maxsize=256)
def _replay(policy: str, bucket: int, spread: float) -> Replay:
    run = lengths = stream_lengths(spread)
    if bucket:
        longest = _data("longest_tokens")
        padded = [min(longest, -(-s // bucket) * bucket) for s in range(longest + 1)]
        run = tuple(map(padded.__getitem__, lengths))
    moments, table = [], seconds_by_length(policy if policy in ("eager", "dynamic") else "compiled")
    if policy == "dynamic":
        moments = [1]
    elif policy != "eager":
        moments = _first_of_each(run)
    if policy == "limit":
        moments = moments[: _data("shape_limit")]
        coded, table = table, list(seconds_by_length("eager"))
        for n in moments:
            table[run[n - 1]] = coded[run[n - 1]]
    return Replay(tuple(accumulate(map(table.__getitem__, run))), run, tuple(moments), tuple(table))


@remembered(3)
def seconds_by_length(kind: str) -> tuple[float, ...]:
    """Seconds of a request by its length in tokens, from 0: eager, compiled (for this length) or dynamic.

    >>> round(seconds_by_length("compiled")[512] * 1e3, 2)
    7.14
    """
    one_of("kind", kind, ("eager", "compiled", "dynamic"))
    rates, slower = load("shape_stream.json")["compiled" if kind == "dynamic" else kind], _data("dynamic_slowdown") if kind == "dynamic" else 1.0
    return tuple(slower * max(rates["floor_s"], rates["base_s"] + rates["token_s"] * s) for s in range(_data("longest_tokens") + 1))


def _first_of_each(lengths: tuple[int, ...]) -> list[int]:
    """The requests, from 1, that are the first of their length."""
    return sorted(dict(zip(reversed(lengths), range(len(lengths), 0, -1), strict=True)).values())


@lru_cache(maxsize=256)
def _ahead(policy: str, bucket: int, spread: float, each: float) -> int:
    """The first count of requests at which a policy has taken no longer than eager; 0 for never, or for eager itself."""
    own, eager, k, waiting = replay(policy, bucket, spread), replay("eager", bucket, spread), 0, set(replay(policy, bucket, spread).moments)
    for n, (a, b) in enumerate(zip(own.running_s, eager.running_s, strict=True), 1):
        k += n in waiting
        if a + k * each <= b and policy != "eager":
            return n
    return 0


@lru_cache(maxsize=512)
def _p95(policy: str, bucket: int, spread: float, n: int) -> float:
    seen = replay(policy, bucket, spread)
    return sorted(map(seen.table.__getitem__, seen.run_lengths[:n]))[int(0.95 * n)]


@lru_cache(maxsize=512)
def _waste(policy: str, bucket: int, spread: float, n: int) -> float:
    return sum(replay(policy, bucket, spread).run_lengths[:n]) / sum(stream_lengths(spread)[:n]) - 1.0


def _better(bucket: int, total) -> str:
    """Which neighbour of this bucket lowers the total by more than 2 %, and more than the other."""
    here, longest = total("buckets", bucket), _data("longest_tokens")
    there = {"larger": total("buckets", min(longest, 2 * bucket)), "smaller": total("buckets", max(1, bucket // 2))}
    best = min(there, key=there.get)
    return best if there[best] < (1 - NEITHER) * here else "neither"


def _data(name: str):
    return load("shape_stream.json")[name]["value"]
