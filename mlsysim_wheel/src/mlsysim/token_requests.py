"""Requests that arrive at a language model on one GPU: static batches, or a batch that is refilled at every step.

Prompts and answers are lognormal, so a static batch waits for the longest of its answers, and a request that comes while it
runs waits for all of them. Continuous batching admits at every step whoever finds a slot and memory. `mlsysim.serving` answers
a queue that is full from the start; here requests arrive over time, so that waiting can be measured.
Source: Yu et al., Orca, OSDI 2022 (iteration-level batching); Kwon et al., SOSP 2023 (paged KV cache).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import Infeasible, non_negative, one_of, positive, whole
from mlsysim.kv_cache import kv_token
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import percentile

POLICIES, ALLOCATIONS = ("static", "continuous"), ("paged", "reserved")
LIMITS = ("slots", "KV memory", "arrivals", "finished members")
FILE = "serving/inference.json"
SHOWN_S = 20.0
_RUN, _RANK = "simulation, step by step", "sample number ⌈q·n⌉ of the run"


@dataclass(frozen=True, slots=True)
class TokenRequests:
    """One simulated run of a trace, with the other policy beside it."""

    policy: str = quantity(r"\text{policy}", "")
    slots: int = quantity("B", "1", doc="batch limit")
    arrivals_per_s: float = quantity(r"\lambda", "1/s", doc="offered")
    kv_bytes: float = quantity(r"M_{kv}", "B", doc="memory for keys and values")
    allocation: str = quantity(r"\text{KV}", "", doc="set aside: prompt and answer as long as they will be, or the longest answer (static always)")
    wait_s: float = quantity("w", "s", doc="a static batch that is not full waits for more until its oldest has waited this long")
    seed: int = quantity(r"\text{seed}", "1")
    requests: int = quantity("n", "1")
    parameters: float = quantity("N", "1")
    token_bytes: float = quantity("m", "B", source="2 · layers · KV heads · head width · 2 B", doc="of KV cache, a token")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s", doc="that decode reaches")
    rate_flop_per_s: float = quantity("R", "FLOP/s", doc="that prefill reaches")
    overhead_s: float = quantity(r"L_{lat}", "s", doc="of one step")
    tokens: int = quantity("A", "1", source=_RUN, doc="of all answers")
    span_s: float = quantity("T", "s", source=_RUN, doc="first arrival to last answer")
    tokens_per_s: float = quantity("r", "tokens/s", formula=r"\frac{<tokens>}{<span_s>}", source="definition")
    static_tokens_per_s: float = quantity("r_s", "tokens/s", source=_RUN, doc="of static batches at the same settings")
    relative: float = quantity("r/r_s", "×", formula=r"\frac{<tokens_per_s>}{<static_tokens_per_s>}", source="definition")
    ttft_p50_s: float = quantity("F_{50}", "s", source=_RANK, doc="time to the first token")
    ttft_p99_s: float = quantity("F_{99}", "s", source=_RANK, doc="time to the first token")
    latency_p50_s: float = quantity("T_{50}", "s", source=_RANK, doc="arrival to last token")
    latency_p99_s: float = quantity("T_{99}", "s", source=_RANK, doc="arrival to last token")
    occupied_slots: float = quantity("b", "1", source=_RUN, doc="slots that produce tokens, mean over the span")
    held_slots: float = quantity("b_h", "1", source=_RUN, doc="slots of finished members, mean over the span")
    waiting_share: float = quantity("q", "share", source=_RUN, doc="of the time until the last admission with a request that finds no place")
    binds: str = quantity(
        r"\text{binds}", "",
        source="arrivals if the waiting share is below one half; else finished members if they hold more slots than work, or what refused for longest",
    )
    ttft_s: tuple[float, ...] = series("s", doc="time to the first token of every request, ascending")
    other_ttft_s: tuple[float, ...] = series("s", doc="the same under the other policy")
    bars: tuple[tuple[int, float, float, float], ...] = series("s", doc="(slot, admitted, last token, slot free), cut at 20 s")
    waiting: tuple[tuple[float, int], ...] = series("1", doc="(time in s, requests that wait from then on) within the first 20 s")
    sources: dict = sources()


@remembered(128)
def serve_requests(
    policy: str = "continuous", slots: int = 32, arrivals_per_s: float = 20.0, *, kv_bytes: float = 20e9, allocation: str = "paged", wait_s: float = 0.1,
    seed: int = 12,
) -> TokenRequests:  # fmt: skip
    """200 requests to Llama 3 8B on one H100, from the first arrival to the last token.

    A step with b answers and k tokens in the cache takes max((W + m·k)/BW, 2Nb/R) + overhead, the prefill of the admitted 2N·p/R.
    Static: up to `slots` requests whose prompts and longest answers fit `kv_bytes`, until the last of them has answered.
    Continuous: at each step whoever finds a slot and memory ("paged": for prompt and answer, as if its length were known).
    Errors: OutOfRange, WrongType; Infeasible where one request exceeds the memory. Source: Yu et al., OSDI 2022.

    >>> r = serve_requests()
    >>> f"{r.tokens_per_s:.0f} tokens/s, {r.relative:.2f}×"
    '1726 tokens/s, 3.12×'
    """
    one_of("policy", policy, POLICIES)
    one_of("allocation", allocation, ALLOCATIONS)
    slots, seed = whole("slots", slots, high=10_000), whole("seed", seed, low=0)
    rate = single(positive, "arrivals_per_s", arrivals_per_s, high=1e6)
    room, wait_s = single(positive, "kv_bytes", kv_bytes), single(non_negative, "wait_s", wait_s, high=1e6)
    data, machine, (parameters, token) = load(FILE), _machine(), _model()
    trace = [(t / rate, prompt, answer) for t, prompt, answer in draw_requests(seed)]
    longest = data["requests"]["longest_answer"]
    most = max(prompt for _, prompt, _ in trace) + longest
    if most * token > room:
        raise Infeasible("The keys and values of the longest request do not fit", needed=most * token, available=room, unit="B")
    static = _run_static(slots, room / token, wait_s, longest, *machine, tuple(trace))
    continuous = _run_continuous(slots, room / token, longest if allocation == "reserved" else 0, *machine, tuple(trace))
    run, other = (static, continuous) if policy == POLICIES[0] else (continuous, static)
    tokens, begin = sum(answer for *_, answer in trace), trace[0][0]
    span, static_span = max(run.ends) - begin, max(static.ends) - begin
    latency = sorted([end - arrived for end, (arrived, *_) in zip(run.ends, trace, strict=True)])
    first = tuple(sorted(run.first))
    worked = sum(end - start for _, start, end, _ in run.bars)
    held = sum(free - end for _, _, end, free in run.bars)
    waited = run.slots_s + run.memory_s
    admitting = max(start for _, start, _, _ in run.bars) - begin
    binds = LIMITS[2] if waited < admitting / 2 else LIMITS[3] if held > worked else LIMITS[0] if run.slots_s >= run.memory_s else LIMITS[1]
    chip = catalog.device(data["device"])
    return TokenRequests(
        policy, slots, rate, room, allocation, wait_s, seed, len(trace), parameters, token, machine[2], machine[3], machine[4], tokens, span, tokens / span,
        tokens / static_span, static_span / span, percentile(first, 0.5), percentile(first, 0.99), percentile(latency, 0.5), percentile(latency, 0.99),
        worked / span, held / span, min(1.0, waited / admitting), binds, first, tuple(sorted(other.first)),
        tuple([(slot, start, min(SHOWN_S, end), min(SHOWN_S, free)) for slot, start, end, free in run.bars if start < SHOWN_S]), _waiting(trace, run.bars),
        sources={
            "requests": data["requests"]["source"], "parameters": catalog.model(data["requests"]["model"]).source("parameters"),
            "bandwidth_bytes_per_s": f"{source_of(data['memory_share'])}; {chip.source('memory_bandwidth_bytes_per_s')}",
            "rate_flop_per_s": f"{source_of(data['compute_share'])}; {chip.source('peak_flop_per_s')}", "overhead_s": source_of(data["step_overhead_s"]),
        },
    )  # fmt: skip


@remembered(64)
def draw_requests(seed: int = 12) -> tuple[tuple[float, int, int], ...]:
    """(arrival at one request a second in s, prompt tokens, answer tokens) of 200 requests; all draws come from `seed`.

    In this order a request draws its gap −ln(1 − u), prompt and answer, each of them int(median·e^(σz)) cut to its bounds.

    >>> sum(answer for *_, answer in draw_requests()) // 200
    214
    """
    data, draw, inverse = load(FILE)["requests"], Random(whole("seed", seed, low=0)).random, NormalDist().inv_cdf
    time, found = 0.0, []
    for _ in range(data["count"]):
        time -= math.log(1 - draw())
        lengths = []
        for kind in ("prompt", "answer"):
            shape = data[kind]
            tokens = int(shape["median"] * math.exp(shape["sigma"] * inverse(draw() or 0.5)))  # a draw of 0 has no quantile
            lengths.append(min(shape["high"], max(shape["low"], tokens)))
        found.append((time, *lengths))
    return tuple(found)


@lru_cache(maxsize=1)
def _machine() -> tuple[float, float, float, float, float]:
    """Weights in B, B of a token, B/s, FLOP/s, overhead in s."""
    data = load(FILE)
    chip, (parameters, token) = catalog.device(data["device"]), _model()
    bandwidth, flop_per_s = data["memory_share"]["value"] * chip.bandwidth(), data["compute_share"]["value"] * chip.peak("bf16")
    return 2 * parameters, token, bandwidth, flop_per_s, data["step_overhead_s"]["value"]


@lru_cache(maxsize=1)
def _model() -> tuple[float, float]:
    model = catalog.model(load(FILE)["requests"]["model"])
    return model.parameters, kv_token(model).token_bytes


@dataclass(slots=True)
class _Run:
    first: list[float]  # time to the first token of each request
    ends: list[float]  # time of its last token
    bars: list[tuple[int, float, float, float]]
    slots_s: float = 0.0  # time with a request that waits because slots are missing
    memory_s: float = 0.0


def _steps_s(steps: int, active: int, held: float, weights, token, bandwidth, flop_per_s, overhead) -> float:
    """Time of decode steps with `active` answers, whose cache grows from `held` tokens by `active` each step."""
    compute = weights * active / flop_per_s  # 2 FLOP and 2 B a parameter, so weights in B are FLOP of a token
    base, slope = (weights + token * held) / bandwidth, token * active / bandwidth
    free = min(steps, max(0, math.floor((compute - base) / slope)))  # steps in which arithmetic outlasts the reading
    rest = steps - free
    return steps * overhead + free * compute + rest * base + slope * (free + 1 + steps) * rest / 2


@lru_cache(maxsize=64)
def _run_static(slots, room, wait_s, longest, weights, token, bandwidth, flop_per_s, overhead, trace) -> _Run:
    count, time, i = len(trace), 0.0, 0
    run = _Run([0.0] * count, [0.0] * count, [])
    cost = (weights, token, bandwidth, flop_per_s, overhead)
    while i < count:
        time, patience = max(time, trace[i][0]), trace[i][0] + wait_s
        j, used, cut = i, 0, False
        while j < count and j - i < slots:
            need = trace[j][1] + longest
            cut = used + need > room
            if cut or trace[j][0] > max(time, patience):
                break
            time, used, j = max(time, trace[j][0]), used + need, j + 1
        if j - i < slots and not cut:
            time = max(time, patience)
        batch, begun = trace[i:j], time
        prompts, steps = sum(p for _, p, _ in batch), max(a for *_, a in batch)
        time += weights * prompts / flop_per_s
        start, first = time, time + _steps_s(1, j - i, prompts, *cost)
        time = start + _steps_s(steps, j - i, prompts, *cost)
        for slot, (arrived, _, answer) in enumerate(batch):
            run.first[i + slot] = first - arrived
            run.ends[i + slot] = start + _steps_s(answer, j - i, prompts, *cost)
            run.bars.append((slot, begun, run.ends[i + slot], time))
        i = j
        if i < count:
            blocked = max(0.0, time - max(begun, trace[i][0]))
            if cut:
                run.memory_s += blocked
            else:
                run.slots_s += blocked
    return run


@lru_cache(maxsize=64)
def _run_continuous(slots, room, longest, weights, token, bandwidth, flop_per_s, overhead, trace) -> _Run:
    count, time, i, step, used, held = len(trace), 0.0, 0, 0, 0, 0
    run = _Run([0.0] * count, [0.0] * count, [(0, 0.0, 0.0, 0.0)] * count)
    cost, active, free, starts = (weights, token, bandwidth, flop_per_s, overhead), [], list(range(slots)), {}
    while i < count or active:
        if not active:
            time = max(time, trace[i][0])
        new, prompts, begun, full = [], 0, time, False
        while i < count and trace[i][0] <= time and free:
            _, prompt, answer = trace[i]
            need = prompt + (longest or answer)
            if used + need > room:
                full = True
                break
            heapq.heappush(active, (step + answer, i, need))
            starts[i] = (heapq.heappop(free), time)
            new.append(i)
            used, prompts, i = used + need, prompts + prompt, i + 1
        time += weights * prompts / flop_per_s
        held += prompts
        ahead = active[0][0] - step
        if new:
            ahead = 1  # the first step gives the first tokens
        elif i < count and free and not full and trace[i][0] <= time + _steps_s(ahead, len(active), held, *cost):
            low, high = 0, ahead  # the first step that ends when somebody has come
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if time + _steps_s(middle, len(active), held, *cost) >= trace[i][0] else (middle, high)
            ahead = high
        time += _steps_s(ahead, len(active), held, *cost)
        held += ahead * len(active)
        step += ahead
        for n in new:
            run.first[n] = time - trace[n][0]
        if i < count and (full or not free):
            blocked = max(0.0, time - max(begun, trace[i][0]))
            if full:
                run.memory_s += blocked
            else:
                run.slots_s += blocked
        while active and active[0][0] == step:
            _, n, need = heapq.heappop(active)
            used, held, run.ends[n] = used - need, held - trace[n][1] - trace[n][2], time
            slot, start = starts.pop(n)
            run.bars[n] = (slot, start, time, time)
            heapq.heappush(free, slot)
    return run


def _waiting(trace, bars) -> tuple[tuple[float, int], ...]:
    """Steps of the number of requests that have come and are not admitted, up to the end of the window."""
    moves = sorted([(t, 1) for t, *_ in trace] + [(start, -1) for _, start, _, _ in bars])
    found, waiting = [(0.0, 0)], 0
    for time, change in moves:
        if time > SHOWN_S:
            break
        waiting += change
        found.append((time, waiting))
    return tuple(found)
