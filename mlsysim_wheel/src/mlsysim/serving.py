"""Answers of a language model in slots: static or continuous batching, KV cache reserved or paged.

Decode reads all weights for every step, whoever is in the batch, so an idle slot wastes bandwidth. A static batch holds
its slots until the longest answer ends; continuous batching refills at every completion. The KV cache caps the slots:
reserved for the longest answer that could come, or paged, as the answers grow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim import catalog
from mlsysim.catalog_entries import Device, Model
from mlsysim.errors import WrongType, one_of, whole
from mlsysim.kv_cache import FITS, TOO_SMALL, USABLE_SHARE, KvCapacity, kv_capacity, kv_token
from mlsysim.quantity import quantity, series, sources
from mlsysim.slot_simulation import LONGEST_ANSWER, Cost, Plan, answer_lengths, idle_stretches, simulate

POLICIES, ALLOCATIONS, WEIGHT_BITS = ("static", "continuous"), ("reserved", "paged"), (16, 8)
LIMITS = ("idle slots", "KV capacity", "weight reading")
FULL = "KV cache full"
PREFILL_SHARE = 0.5  # of peak, in prefill and for the arithmetic of decode; illustrative
STEP_OVERHEAD_S = 0.002  # scheduling and launches of one decode step; illustrative
_RUN = "event simulation of the slots"


@dataclass(frozen=True, slots=True)
class SlotRun:
    """One simulated run: queued prompts answered on one GPU, slot by slot."""

    policy: str = quantity(r"\text{policy}", "")
    allocation: str = quantity(r"\text{KV}", "")
    gpu: str = quantity(r"\text{GPU}", "")
    slots_wanted: int = quantity("B", "1")
    prompt_tokens: int = quantity("p", "1")
    longest_tokens: int = quantity(r"a_{max}", "1", doc="longest answer that may come")
    answers: int = quantity("n", "1", doc="queued prompts")
    parameters: float = quantity("N", "1")
    weight_bits: int = quantity("w", "1", doc="bits a weight")
    memory_bytes: float = quantity("M", "B")
    usable_share: float = quantity("u", "share", source="illustrative")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    peak_flop_per_s: float = quantity(r"R_{peak}", "FLOP/s", doc="dense, 16 bit")
    efficiency: float = quantity(r"\eta", "share", source="illustrative", doc="share of the peak in prefill and batched decode")
    overhead_s: float = quantity(r"L_{lat}", "s", source="illustrative", doc="of one decode step")
    token_bytes: float = quantity("m", "B", source="2 · layers · KV heads · head width · 2 B", doc="of KV cache, a token")
    weights_bytes: float = quantity("W", "B", formula=r"<parameters> <weight_bits> / 8", source="definition of a width")
    room_bytes: float = quantity(
        r"M_{kv}", "B", formula=r"\max(0, <usable_share> <memory_bytes> - <weights_bytes>)", source="what the weights leave"
    )
    reserved_slots: int = quantity(
        "B_r",
        "1",
        formula=r"\left\lfloor \frac{<room_bytes>}{<token_bytes> (<prompt_tokens> + <longest_tokens>)} \right\rfloor",
        source="Kwon et al., SOSP 2023",
        doc="slots with memory reserved for the longest answer",
    )
    slots_possible: int = quantity(
        "B_p",
        "1",
        source="reserved: see there; paged: as many as wanted unless an admission waited for memory, then the most active at once",
    )
    prefill_s: float = quantity(
        "t_p",
        "s",
        formula=r"\frac{2 <parameters> <prompt_tokens>}{<efficiency> <peak_flop_per_s>}",
        source="2 FLOP a parameter and token",
        doc="a prompt",
    )
    wanted_tokens: int = quantity("A", "1", source=_RUN, doc="tokens of all answers")
    steps: int = quantity("k", "1", source=_RUN, doc="decode steps")
    slot_use: float = quantity(
        "U", "share", formula=r"\frac{<wanted_tokens>}{<steps> \min(<slots_wanted>, <slots_possible>)}", source="Yu et al., OSDI 2022"
    )
    time_s: float = quantity("T", "s", source=_RUN, doc="until the last answer ends")
    tokens_per_s: float = quantity("X", "1/s", formula=r"\frac{<wanted_tokens>}{<time_s>}", source="wanted tokens over time")
    token_time_s: float = quantity(r"t_{tok}", "s", source=_RUN, doc="mean decode step")
    kv_peak_bytes: float = quantity(r"M_{peak}", "B", source=_RUN, doc="most that the tokens held at once")
    kv_claimed_bytes: float = quantity(
        r"M_{claim}", "B", source="reserved: slots × longest context; paged: what tokens hold", doc="most that was set aside"
    )
    kv_peak_share: float = quantity(r"M_{peak}/M_{kv}", "share", formula=r"\frac{<kv_peak_bytes>}{<room_bytes>}", source="used over room")
    state: str = quantity(r"\text{state}", "", source="fits; KV cache full: fewer slots than wanted; does not fit: none")
    limit: str = quantity(
        r"\text{limit}", "", source="slot use below half: idle slots; fewer slots than wanted: KV capacity; else weight reading"
    )
    bars: tuple = series("1", doc="answers as (first step, last step, slot, tokens)")
    gaps: tuple = series("1", doc="idle stretches of a slot as (first step, last step, slot)")
    kv_timeline: tuple = series("B", doc="(step, bytes that tokens hold) at every event")
    sources: dict = sources()


def serve_slots(
    policy: str = "static",
    slots: int = 16,
    prompt_tokens: int = 512,
    *,
    allocation: str = "reserved",
    weight_bits: int = 16,
    gpu: Device | str = "l4",
    model: Model | str = "llama3_8b",
    answers: int = 96,
    seed: int = 13,
) -> SlotRun:
    """Answers `answers` queued prompts in order, and reports tokens a second, use of the slots and of the memory.

    Answer lengths are exponential with mean 200, cut to 1 … 1,000 tokens. Admitting a prompt blocks decode for its prefill.
    "static" admits only into an empty batch, "continuous" whenever a slot is free; "reserved" sets memory for the longest
    answer aside, "paged" admits while the tokens in use leave 5 % of the room for growth. A decode step takes the longer
    of reading (weights and cache)/BW and 2·N·b/(η·R_peak), and an overhead. If not one prompt fits, `state` says so and
    nothing is answered. Errors: OutOfRange, UnknownName; Infeasible if paged answers would outgrow the memory.
    Source: Yu et al., OSDI 2022 (iteration-level batching); Kwon et al., SOSP 2023 (paged KV cache).

    >>> runs = [serve_slots(policy) for policy in POLICIES]
    >>> [f"{r.slot_use:.1%}, {r.tokens_per_s:.0f}/s" for r in runs]
    ['32.4%, 85/s', '77.6%, 181/s']
    """
    one_of("policy", policy, POLICIES)
    one_of("allocation", allocation, ALLOCATIONS)
    slots = whole("slots", slots, high=10_000)
    prompt = whole("prompt_tokens", prompt_tokens, high=10**7)
    bits = one_of("weight_bits", weight_bits, WEIGHT_BITS)
    answers, seed = whole("answers", answers, high=10**5), whole("seed", seed, low=0)
    gpu, model = _gpu(gpu), _model(model)
    token = kv_token(model)
    kv = kv_capacity(
        memory_bytes=gpu.memory_bytes,
        weights_bytes=model.weights_at(bits / 8),
        token_bytes=token.token_bytes,
        context_tokens=prompt + LONGEST_ANSWER,
    )
    plan = Plan(policy == "continuous", allocation == "paged", slots, prompt, kv.room_tokens, kv.users)
    token_arithmetic_s = 2 * model.parameters / (PREFILL_SHARE * gpu.peak("fp16"))
    cost = Cost(kv.weights_bytes, token.token_bytes, gpu.bandwidth(), token_arithmetic_s, STEP_OVERHEAD_S)
    lengths = answer_lengths(answers, seed)
    run = simulate(plan, cost, lengths) if plan.starts else None
    possible = run.possible if run else 0
    wanted = sum(lengths)
    claimed = 0.0 if run is None else run.peak_tokens if plan.paged else run.most_active * (prompt + LONGEST_ANSWER)
    usable = min(slots, possible)
    use = wanted / (run.steps * usable) if run else 0.0
    return SlotRun(
        policy=policy,
        allocation=allocation,
        gpu=gpu.title,
        slots_wanted=slots,
        prompt_tokens=prompt,
        longest_tokens=LONGEST_ANSWER,
        answers=answers,
        parameters=model.parameters,
        weight_bits=bits,
        memory_bytes=gpu.memory_bytes,
        usable_share=USABLE_SHARE,
        bandwidth_bytes_per_s=cost.bandwidth,
        peak_flop_per_s=gpu.peak("fp16"),
        efficiency=PREFILL_SHARE,
        overhead_s=STEP_OVERHEAD_S,
        token_bytes=token.token_bytes,
        weights_bytes=kv.weights_bytes,
        room_bytes=kv.room_bytes,
        reserved_slots=kv.users,
        slots_possible=possible,
        prefill_s=prompt * cost.token_arithmetic_s,
        wanted_tokens=wanted,
        steps=run.steps if run else 0,
        slot_use=use,
        time_s=run.time_s if run else math.inf,
        tokens_per_s=wanted / run.time_s if run else 0.0,
        token_time_s=run.decode_s / run.steps if run else math.inf,
        kv_peak_bytes=run.peak_tokens * token.token_bytes if run else 0.0,
        kv_claimed_bytes=claimed * token.token_bytes,
        kv_peak_share=run.peak_tokens / kv.room_tokens if run else 0.0,
        state=TOO_SMALL if run is None else FULL if possible < slots else FITS,
        limit=LIMITS[0] if run and use < 0.5 else LIMITS[1] if possible < slots else LIMITS[2],
        bars=tuple(run.bars) if run else (),
        gaps=idle_stretches(run.bars, run.steps, usable) if run else (),
        kv_timeline=tuple([(step, tokens * token.token_bytes) for step, tokens in run.timeline]) if run else (),
        sources=_sources(gpu, model),
    )


def model_capacity(
    context_tokens: int,
    *,
    gpu: Device | str = "l4",
    model: Model | str = "llama3_8b",
    weight_bits: int = 16,
    usable_share: float = USABLE_SHARE,
) -> KvCapacity:
    """Users with `context_tokens` each that fit on a catalog GPU beside a catalog model, and the room in tokens.

    Errors: OutOfRange, UnknownName. Source: `mlsysim.kv_cache.kv_capacity`.

    >>> model_capacity(8192).users, model_capacity(8192, weight_bits=8).users
    (5, 12)
    """
    context = whole("context_tokens", context_tokens)
    bits = one_of("weight_bits", weight_bits, WEIGHT_BITS)
    gpu, model = _gpu(gpu), _model(model)
    return kv_capacity(
        memory_bytes=gpu.memory_bytes,
        weights_bytes=model.weights_at(bits / 8),
        token_bytes=kv_token(model).token_bytes,
        context_tokens=context,
        usable_share=usable_share,
        given={
            "memory_bytes": gpu.source("memory_bytes"),
            "weights_bytes": model.source("parameters"),
            "token_bytes": model.source("architecture"),
        },
    )


def _gpu(gpu) -> Device:
    if isinstance(gpu, Device):
        return gpu
    return catalog.device(gpu)


def _model(model) -> Model:
    model = model if isinstance(model, Model) else catalog.model(model)
    if "kv_heads" not in model.architecture:
        raise WrongType(f"model is {model.title}, but must be a decoder whose catalog entry has KV heads.")
    return model


def _sources(gpu: Device, model: Model) -> dict:
    return {
        "memory_bytes": gpu.source("memory_bytes"),
        "bandwidth_bytes_per_s": gpu.source("memory_bandwidth_bytes_per_s"),
        "peak_flop_per_s": gpu.source("peak_flop_per_s"),
        "parameters": model.source("parameters"),
        "token_bytes": model.source("architecture"),
    }
