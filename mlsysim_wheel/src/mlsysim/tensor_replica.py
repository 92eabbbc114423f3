"""A replica of a large language model on a tensor-parallel group of GPUs: room for users, time of a token, price, and a fleet of them.

The weights are read once a step for the whole batch, the keys and values of every user for that user alone. More GPUs divide
both, and every further byte of memory is room for users; the two all-reduces a layer do not shrink. `mlsysim.token_generation`
sums the kernels of a step; this is the short form with two shares of peak, which fits a page.
Source: Pope et al., MLSys 2023; Shoeybi et al. 2019 (two all-reduces a layer); Leviathan et al. 2023 (speculation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.collectives import all_reduce
from mlsysim.errors import flag, fraction, one_of, positive, whole
from mlsysim.kv_cache import KvCapacity, kv_capacity, kv_token
from mlsysim.quantity import quantity, series, sources
from mlsysim.speculative_decoding import LEVIATHAN, speculate
from mlsysim.token_requests import FILE

GPUS, WEIGHTS = (1, 2, 4, 8), ("bf16", "fp8")
FITS, FULL = "fits", "out of memory"
DRAFTED = 4  # tokens that the draft model proposes a round
FLEET_BATCHES = (2, 4, 8, 16, 32, 64, 96, 128, 192, 256)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


@dataclass(frozen=True, slots=True)
class ReplicaStep:
    """One decode step of Llama 3 70B on a group of H100s."""

    gpus: int = quantity("t", "1", doc="tensor parallel")
    batch: int = quantity("b", "1", doc="users answered at once")
    context_tokens: int = quantity("c", "1", doc="kept by a user")
    weights: str = quantity(r"\text{weights}", "")
    speculation: bool = quantity(r"\text{draft}", "", doc="a small model drafts four tokens")
    acceptance: float = quantity(r"\alpha", "share", doc="of the drafted tokens")
    parameters: float = quantity("N", "1")
    token_bytes: float = quantity("m", "B", source="2 · layers · KV heads · head width · 2 B", doc="of KV cache, a token")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s", doc="that decode reaches on a GPU")
    rate_flop_per_s: float = quantity("R", "FLOP/s", doc="that large products reach on a GPU")
    weight_bytes: float = quantity("w", "B", source="definition of a format", doc="a weight")
    rows: int = quantity("r", "1", source="the batch; with speculation five tokens of each user", doc="tokens in a step")
    memory_bytes: float = quantity("M", "B", source="usable memory of the group")
    weights_bytes: float = quantity("W", "B", formula=r"<parameters> <weight_bytes>", source="definition of a width")
    cache_bytes: float = quantity("C", "B", formula=r"<batch> \cdot <context_tokens> \cdot <token_bytes>", source="Kwon et al., SOSP 2023", doc="of the batch")
    users: int = quantity("U", "1", source="mlsysim.kv_cache.kv_capacity", doc="whole contexts that fit beside the weights")
    weights_s: float = quantity(
        "t_w", "s", formula=r"\frac{<weights_bytes>}{<gpus> <bandwidth_bytes_per_s>}", source="every weight once", doc="reading the weights"
    )
    cache_s: float = quantity(
        "t_c", "s", formula=r"\frac{<cache_bytes>}{<gpus> <bandwidth_bytes_per_s>}", source="every user's once", doc="reading keys and values"
    )
    compute_s: float = quantity("t_a", "s", formula=r"\frac{2 <parameters> <rows>}{<gpus> <rate_flop_per_s>}", source="2 FLOP a parameter and token")
    exchange_s: float = quantity("t_x", "s", source="two all-reduces a layer, each a fixed time and a ring's transfer (mlsysim.collectives)", doc="all-reduces")
    draft_s: float = quantity("t_d", "s", source="four steps of the draft model, each reading its weights", doc="0 without speculation")
    accepted_tokens: float = quantity("g", "1", source=LEVIATHAN, doc="tokens of a user a step; 1 without speculation")
    tpot_s: float = quantity(
        "T", "s", formula=r"\frac{\max(<weights_s> + <cache_s>, <compute_s>) + <exchange_s> + <draft_s>}{<accepted_tokens>}",
        source="Pope et al., MLSys 2023", doc="time per output token of a user",
    )
    speculation_gain: float = quantity("s", "×", source="time per token without speculation over that with it")
    tokens_per_s: float = quantity("q", "tokens/s", formula=r"\frac{<batch>}{<tpot_s>}", source="definition", doc="of the group")
    usd_per_gpu_hour: float = quantity("p", "$/h")
    usd_per_million: float = quantity(
        "P", "$", formula=r"\frac{10^6 \cdot <gpus> <usd_per_gpu_hour>}{3600 \cdot <tokens_per_s>}", source="definition", doc="for a million tokens"
    )
    binds: str = quantity(r"\text{binds}", "", source="the longest of reading (weights or KV, the larger), compute and all-reduce")
    state: str = quantity(r"\text{state}", "", source="out of memory where more users are asked for than fit")
    frontier: tuple[tuple[int, tuple[tuple[float, float, int], ...]], ...] = series("s",
        doc="per number of GPUs (time per token in s, dollars a million, users)")
    sources: dict = sources()


@remembered(512)
def replica_step(
    gpus: int = 4, batch: int = 1, context_tokens: int = 4096, *, weights: str = "bf16", speculation: bool = False, acceptance: float = 0.7
) -> ReplicaStep:
    """Users, time per token and price of a group of 1, 2, 4 or 8 GPUs; an impossible batch is timed as if it fitted, and `state` says so.

    `acceptance` is the chance that a drafted token is accepted; speculation sends five tokens of each user through the
    large model and four steps through Llama 3 8B. Errors: OutOfRange, WrongType. Source: Pope et al., MLSys 2023.

    >>> r = replica_step(4, 109)
    >>> f"{r.users} users, {r.tpot_s * 1e3:.1f} ms, ${r.usd_per_million:.3f}"
    '109 users, 29.9 ms, $0.762'
    """
    t, b, context = one_of("gpus", gpus, GPUS), whole("batch", batch, high=10**6), whole("context_tokens", context_tokens, high=10**9)
    one_of("weights", weights, WEIGHTS)
    plain = _step(t, b, context, weights, False, single(fraction, "acceptance", acceptance))
    step = _step(t, b, context, weights, True, float(acceptance)) if flag("speculation", speculation) else plain
    memory, compute, exchange, draft, accepted, tpot = step
    data, room = load(FILE), users(t, context, weights)
    model, token, bandwidth, flop_per_s, price = _given()
    cache = b * context * token
    reading = "weights" if room.weights_bytes >= cache else "KV"
    longest = max((memory, reading), (compute, "compute"), (exchange, "all-reduce"), key=lambda item: item[0])[1]
    lines = []
    for g in GPUS:
        most = users(g, context, weights).users
        stops = [n for n in BATCHES if n < most] + [most] if most else []
        timed = [(_step(g, n, context, weights, speculation, float(acceptance))[5], n) for n in stops]
        lines.append((g, tuple([(s, 1e6 * g * price / (3600 * n / s), n) for s, n in timed])))
    chip = catalog.device(data["device"])
    return ReplicaStep(
        t, b, context, weights, speculation, float(acceptance), model.parameters, token, bandwidth, flop_per_s, _width(weights),
        b * (DRAFTED + 1 if speculation else 1), room.memory_bytes, room.weights_bytes, cache, room.users, room.weights_bytes / (t * bandwidth),
        cache / (t * bandwidth), compute, exchange, draft, accepted, tpot, plain[5] / tpot, b / tpot, price, 1e6 * t * price / (3600 * b / tpot), longest,
        FITS if b <= room.users else FULL, tuple(lines),
        sources={
            "parameters": model.source("parameters"),
            "bandwidth_bytes_per_s": f"{source_of(data['memory_share'])}; {chip.source('memory_bandwidth_bytes_per_s')}",
            "rate_flop_per_s": f"{source_of(data['compute_share'])}; {chip.source('peak_flop_per_s')}", "memory_bytes": source_of(data["usable_bytes"]),
            "exchange_s": f"{source_of(data['all_reduce_s'])}; {catalog.link(data['link']).source('effective_bandwidth_bytes_per_s')}",
            "usd_per_gpu_hour": catalog.price(data["price"]).source("usd"),
        },
    )  # fmt: skip


def users(gpus: int, context_tokens: int, weights: str = "bf16", token_bytes: float | None = None) -> KvCapacity:
    """Users whose whole context fits beside the weights of Llama 3 70B on a group of GPUs with 72 GB each.

    `token_bytes` of KV cache; that of the model unless given. Errors: OutOfRange, WrongType.

    >>> [users(t, 4096).users for t in (1, 2, 4, 8)]
    [0, 2, 109, 323]
    """
    t, model = whole("gpus", gpus, high=10**4), _given()[0]
    token = _given()[1] if token_bytes is None else single(positive, "token_bytes", token_bytes)
    return kv_capacity(
        memory_bytes=load(FILE)["usable_bytes"]["value"] * t, weights_bytes=model.parameters * _width(one_of("weights", weights, WEIGHTS)), token_bytes=token,
        context_tokens=whole("context_tokens", context_tokens, high=10**9), usable_share=1.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssistantFleet:
    """Replicas of the assistant under a rate of requests, with all of them up and with one lost."""

    gpus_per_replica: int = quantity("t", "1")
    batch: int = quantity("b", "1", doc="batch limit of a replica")
    replicas: int = quantity("n", "1")
    requests_per_s: float = quantity(r"\lambda", "1/s")
    prompt_tokens: int = quantity("p", "1")
    answer_tokens: int = quantity("a", "1")
    tpot_s: float = quantity("T", "s", source="mlsysim.tensor_replica.replica_step with a full batch", doc="time per output token")
    prefill_s: float = quantity("t_p", "s", source="2 FLOP a parameter and token", doc="of a prompt, which stops the batch")
    users: int = quantity("U", "1", source="mlsysim.kv_cache.kv_capacity", doc="that fit in the memory of a replica")
    unused_users: int = quantity("U - b", "1", formula="<users> - <batch>", source="definition", doc="below 0: more than fit")
    capacity_per_s: float = quantity(
        "c", "1/s", formula=r"\frac{1}{<answer_tokens> <tpot_s> / <batch> + <prefill_s>}", source="time that a request takes of a replica", doc="of a replica"
    )
    load: float = quantity(r"\rho", "share", formula=r"\frac{<requests_per_s>}{<replicas> <capacity_per_s>}", source="utilisation law, Little 1961")
    load_one_lost: float = quantity(
        r"\rho_{-1}", "share", source="the same with one replica less; without limit where none is left", doc="with one replica lost"
    )
    gpus: int = quantity("G", "1", formula=r"<replicas> \cdot <gpus_per_replica>", source="definition")
    usd_per_gpu_hour: float = quantity("p_h", "$/h")
    usd_per_million: float = quantity(
        "P", "$", formula=r"\frac{10^6 \cdot <gpus> <usd_per_gpu_hour>}{3600 \cdot <requests_per_s> <answer_tokens>}",
        source="definition", doc="for a million output tokens"
    )
    state: str = quantity(r"\text{state}", "", source="stable if one replica may fail and the load stays below 1")
    sources: dict = sources()


def assistant_fleet(gpus_per_replica: int, batch: int, replicas: int, requests_per_s: float = 40.0) -> AssistantFleet:
    """Load, time per token and price of `replicas` groups of 2, 4 or 8 GPUs, 400 prompt and 300 answer tokens a request, bf16.

    A user keeps 4,096 tokens of state. Errors: OutOfRange, WrongType. Source: Pope et al., MLSys 2023.

    >>> f = assistant_fleet(4, 64, 7)
    >>> f"{f.gpus} GPUs, load {f.load:.3f}, {f.load_one_lost:.3f} after a loss, ${f.usd_per_million:.2f}"
    '28 GPUs, load 0.773, 0.902 after a loss, $1.62'
    """
    t, b = one_of("gpus_per_replica", gpus_per_replica, GPUS), whole("batch", batch, high=10**6)
    n, rate = whole("replicas", replicas, high=10**6), single(positive, "requests_per_s", requests_per_s, high=1e9)
    job, (model, _, _, flop_per_s, price) = load(FILE)["assistant"], _given()
    tpot, most = _step(t, b, job["reserved_tokens"], "bf16", False, 0.0)[5], users(t, job["reserved_tokens"]).users
    prefill = 2 * model.parameters * job["prompt_tokens"] / (t * flop_per_s)
    capacity = 1 / (job["answer_tokens"] * tpot / b + prefill)
    lost = rate / ((n - 1) * capacity) if n > 1 else math.inf
    return AssistantFleet(
        t, b, n, rate, job["prompt_tokens"], job["answer_tokens"], tpot, prefill, most, most - b, capacity, rate / (n * capacity), lost, n * t, price,
        1e6 * n * t * price / (3600 * rate * job["answer_tokens"]), "stable" if lost < 1 else "overloaded",
        sources={"prompt_tokens": job["source"], "answer_tokens": job["source"], "usd_per_gpu_hour": catalog.price(load(FILE)["price"]).source("usd")},
    )  # fmt: skip


@remembered(64)
def small_fleets(requests_per_s: float, load_limit: float = 0.80, lost_limit: float = 0.95, most_replicas: int = 20) -> tuple[AssistantFleet, ...]:
    """For 2, 4 and 8 GPUs and each batch that fits: the fewest replicas inside both load limits, where `most_replicas` do.

    Errors: OutOfRange, WrongType.

    >>> min(f.gpus for f in small_fleets(40.0) if f.tpot_s <= 0.024)
    28
    """
    rate, most = single(positive, "requests_per_s", requests_per_s, high=1e9), whole("most_replicas", most_replicas, high=10**4)
    load_limit, lost_limit = (single(fraction, n, v, open_low=True) for n, v in (("load_limit", load_limit), ("lost_limit", lost_limit)))
    found = []
    for t in GPUS[1:]:
        for b in FLEET_BATCHES:
            one = assistant_fleet(t, b, 1, rate)
            need = max(math.ceil(one.load / load_limit - 1e-9), 1 + math.ceil(one.load / lost_limit - 1e-9))
            if one.unused_users >= 0 and need <= most:
                found.append(assistant_fleet(t, b, need, rate))
    return tuple(found)


@lru_cache(maxsize=4096)
def _step(t: int, b: int, context: int, weights: str, speculation: bool, acceptance: float) -> tuple[float, float, float, float, float, float]:
    """Seconds of reading, compute, all-reduces and draft; tokens of a user a step; seconds a token."""
    data, (model, token, bandwidth, flop_per_s, _) = load(FILE), _given()
    rows = b * (DRAFTED + 1) if speculation else b
    memory = (model.parameters * _width(weights) + b * context * token) / (t * bandwidth)
    compute = 2 * model.parameters * rows / (t * flop_per_s)
    link = catalog.link(data["link"]).effective_bandwidth_bytes_per_s
    fixed = data["all_reduce_s"]["value"] if t > 1 else 0.0
    # a ring of latency 0: the fixed time of an all-reduce inside a node stands beside it
    exchange = 2 * model.shape("layers") * (fixed + all_reduce(2.0 * model.shape("hidden") * rows, t, 0.0, link).time_s)
    draft, accepted = 0.0, 1.0
    if speculation:
        small = catalog.model(data["replica"]["draft"])
        draft = DRAFTED * (2 * small.parameters / (t * bandwidth) + 2 * small.shape("layers") * fixed)
        accepted = speculate(DRAFTED, acceptance).accepted_tokens
    return memory, compute, exchange, draft, accepted, (max(memory, compute) + exchange + draft) / accepted


@lru_cache(maxsize=1)
def _given():
    """Model, bytes of a token, bandwidth and rate that are reached, price of a GPU's hour."""
    data = load(FILE)
    chip, model = catalog.device(data["device"]), catalog.model(data["replica"]["model"])
    rates = data["memory_share"]["value"] * chip.bandwidth(), data["compute_share"]["value"] * chip.peak("bf16")
    return model, kv_token(model).token_bytes, *rates, catalog.price(data["price"]).usd


def _width(weights: str) -> float:
    return 2.0 if weights == "bf16" else 1.0
