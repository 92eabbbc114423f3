r"""One fleet for a quarter: it trains a model and serves its predecessor, and every layer of it composes.

A design is thirteen choices. The step is that of tensor × pipeline × data parallelism with its exchanges; failures and checkpoints
leave a share of the time (`reliability`); serving is a queue of replicas (`tensor_replica`, `queueing`); power, dollars and carbon
are those of all nodes. Factors multiply from peak to delivered FLOP, so the fleet delivers the product of what its layers keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import a_list, fraction, instance, named, positive, whole
from mlsysim.fleet_parts import (
    FILE,
    FIVE,
    HOME,
    LAMBDA,
    LAYERS,
    PIPELINE,
    TENSOR,
    Design,
    Step,
    as_design,
    availability,
    borrowed,
    figures,
    fits,
    given,
    holds_slo,
    memory_of,
    node_w,
    replica_of,
    serving_nodes,
    serving_of,
    step_of,
    training_nodes,
)  # fmt: skip
from mlsysim.quantity import quantity, series, sources
from mlsysim.reliability import DALY
from mlsysim.step_scaling import step_at

FULL, LATE, OUTSIDE, RUNS = "out of memory", "not done in the quarter", "outside the SLO", "runs"
_SC21 = "Narayanan et al., SC21"


@dataclass(frozen=True, slots=True)
class FleetReview:
    """A quarter of one design, undisturbed."""

    nodes: int = quantity("n", "1")
    serving_share: float = quantity("s", "share")
    tensor: int = quantity("t", "1", doc="GPUs that share a layer")
    pipeline: int = quantity("p", "1", doc="stages")
    oversubscription: int = quantity("o", "1")
    interval_s: float = quantity(r"\tau", "s", doc="between checkpoints")
    saving: str = quantity(r"\text{saving}", "")
    recovery: str = quantity(r"\text{recovery}", "")
    cap_share: float = quantity("x", "share", doc="power cap of a GPU, of 700 W")
    region: str = quantity(r"\text{region}", "")
    number_format: str = quantity(r"\text{format}", "")
    lending: bool = quantity(r"\text{lending}", "", doc="idle serving nodes train at night, training nodes help serving in need")
    spares: int = quantity("n_x", "1", doc="spare nodes")
    requests_per_s: float = quantity(r"\lambda", "1/s")
    serving_nodes: int = quantity("n_s", "1", source="nodes times the share, rounded")
    training_nodes: int = quantity("n_t", "1", formula="<nodes> - <serving_nodes> - <spares>", source="definition")
    gpus: int = quantity("N", "GPUs", formula=r"8 \cdot <training_nodes>", source="eight GPUs a node", doc="that train")
    replicas: int = quantity("d", "1", formula=r"\left\lfloor \frac{<gpus>}{<tensor> \cdot <pipeline>} \right\rfloor", source="definition", doc="data parallel")
    batch: int = quantity("B", "1", doc="sequences a step")
    microbatches: int = quantity("m", "1", formula=r"\left\lceil \frac{<batch>}{<replicas>} \right\rceil", source="definition", doc="of a replica")
    clock_share: float = quantity("f", "share", source="mlsysim.machine_hall.speed_at_cap: dynamic power ∝ clock³")
    efficiency_share: float = quantity(
        r"\eta", "share", source="fitted to Narayanan et al., SC21: narrow products reach less; fp8 × 1.3", doc="kernels, of the bf16 peak"
    )
    stage_compute_s: float = quantity("t_c", "s", source=_SC21, doc="a microbatch on a stage")
    stage_exchange_s: float = quantity("t_t", "s", source="four all-reduces a layer over NVLink (mlsysim.collectives)", doc="a microbatch on a stage")
    send_s: float = quantity("t_p", "s", source=_SC21, doc="a microbatch between stages")
    gradient_s: float = quantity("g", "s", source="ring all-reduce of the gradients (mlsysim.collectives); slower from an oversubscription of 4 on")
    exposed_s: float = quantity(
        "e", "s", formula=r"\max(0, <gradient_s> - 0.5 \cdot <microbatches> \cdot <stage_compute_s>)", source="half of the computation hides it (illustrative)"
    )
    step_s: float = quantity(
        "T",
        "s",
        formula=r"(<microbatches> + <pipeline> - 1)(<stage_compute_s> + <stage_exchange_s>) + <microbatches> \cdot <send_s> + <exposed_s>",
        source=_SC21,
    )
    memory_bytes: float = quantity("M", "B", source="ZeRO-1 state and selective activations (mlsysim.training_memory, transformer)", doc="of a GPU")
    mtbf_s: float = quantity("M_f", "s", source="mlsysim.reliability.run_mtbf_s", doc="between interruptions of the run")
    stall_s: float = quantity("C", "s", source="mlsysim.interval_study.checkpoint_stall_s", doc="of a checkpoint")
    restart_s: float = quantity("R", "s", source="of the recovery; a free spare halves it (mlsysim.reliability.any_slow_probability)")
    useful_share: float = quantity("u", "share", source=DALY, doc="useful time")
    borrowed: float = quantity(
        "l", "×", source="1 + 0.35 · 0.8 · serving nodes over training nodes with lending (illustrative)", doc="progress from lent nodes"
    )
    tokens: float = quantity("D", "tokens")
    tokens_per_s: float = quantity("q", "tokens/s", source="batch over step, times useful time, slow nodes and lent nodes")
    moving_days: float = quantity("t_m", "days", source="3 outside California (illustrative)")
    days: float = quantity(
        "t_d", "days", formula=r"\frac{<tokens>}{86400 \cdot <tokens_per_s>} + <moving_days>", source="definition", doc="until the model is trained"
    )
    delivered_share: float = quantity("P", "share", source="model FLOP of the run over the peak of all nodes", doc="of the fleet's peak")
    peak_flop_per_s: float = quantity("R_0", "FLOP/s", source="bf16, dense", doc="of all nodes")
    worst_layer: str = quantity(r"\text{loses most}", "", source="the smallest factor")
    worst_of_five: str = quantity(r"\text{loses most of five}", "", source="the smallest of kernels, exchange, bubble, failures and serving")
    serving_batch: int = quantity("b", "1", source="mlsysim.tensor_replica.users, at most 256")
    tpot_s: float = quantity("T_o", "s", source="mlsysim.tensor_replica.replica_step", doc="time per output token")
    prefill_s: float = quantity("t_f", "s", source="2 FLOP a parameter and token", doc="of a prompt")
    capacity_per_s: float = quantity("c", "1/s", source="replicas over the time that a request takes of one", doc="of serving")
    load: float = quantity(r"\rho", "share", formula=r"\frac{<requests_per_s>}{<capacity_per_s>}", source="utilisation law, Little 1961")
    ttft_s: float = quantity("T_f", "s", source="99th percentile of the wait (Erlang 1917) and prefill; infinite at load 1", doc="time to first token, p99")
    power_w: float = quantity("W", "W", source="nodes under the cap with PUE", doc="while training")
    lease_usd: float = quantity(r"\$_l", "$", source="$1.75 a GPU-hour (illustrative)")
    network_usd: float = quantity(r"\$_n", "$", source="$1,500 a GPU over the oversubscription, a sixteenth a quarter (illustrative)")
    energy_kwh: float = quantity("E", "kWh", source="training nodes until the run ends, serving nodes all the time, spares at 30 %")
    electricity_usd: float = quantity(r"\$_e", "$", source="price of the region")
    extra_usd: float = quantity(r"\$_x", "$", source="software, recovery, moving, validation (illustrative)")
    cost_usd: float = quantity(r"\$", "$", formula="<lease_usd> + <network_usd> + <electricity_usd> + <extra_usd>", source="sum")
    used_t: float = quantity("C_u", "t", source="energy times the region's yearly mean")
    embodied_t: float = quantity("C_m", "t", source="mlsysim.run_footprint.embodied_t", doc="making the hardware")
    carbon_t: float = quantity("C", "t", formula="<used_t> + <embodied_t>", source="sum")
    state: str = quantity(r"\text{state}", "", source="memory, the SLO, the quarter, in this order")
    layers: tuple[tuple[str, float], ...] = series("share", doc="(layer, factor that it keeps)")
    sources: dict = sources()


def review_fleet(
    nodes=160, serving_share=0.25, tensor=8, pipeline=4, oversubscription=2, interval_s=3600, saving="blocking", recovery="manual", cap_share=1.0,
    region=HOME, number_format="bf16", lending=False, spares=0, requests_per_s=LAMBDA,
) -> FleetReview:  # fmt: skip
    """A quarter of a design: days of the run, memory, time to first token, dollars and carbon. Arguments are those of `Design`.

    `nodes` 40 … 1,000, `serving_share` 0.05 … 0.6, `interval_s` 60 … 86,400, `cap_share` 0.2 … 1; `requests_per_s` up to 1e6. Times in
    seconds and days. Errors: OutOfRange, WrongType. Source: Narayanan et al., SC21; Daly 2006; Erlang 1917; figures in data/fleet_review.json.

    >>> r = review_fleet()
    >>> f"{r.step_s:.2f} s, {r.useful_share:.3f}, {r.days:.1f} days, {r.delivered_share:.1%} of the peak"
    '6.30 s, 0.942, 76.1 days, 23.5% of the peak'
    """
    design = as_design(
        nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
    )
    return _review(design, single(positive, "requests_per_s", requests_per_s, high=1e6))


@lru_cache(maxsize=2048)
def _review(design: Design, requests_per_s: float) -> FleetReview:
    s, n, found = given(), training_nodes(design), figures(design)
    step = step_of(n, design.tensor, design.pipeline, design.oversubscription, design.cap_share, design.number_format)
    mtbf, stall, restart, useful = availability(n, design.interval_s, design.saving, design.recovery, design.spares)
    memory = memory_of(design.tensor, design.pipeline, step.replicas, step.microbatches)
    b, tpot, prefill, _ = replica_of(design.number_format, design.cap_share)
    capacity, load, ttft = serving_of(serving_nodes(design), design.number_format, design.cap_share, requests_per_s)
    layers = layer_factors(design, step, useful)
    late, slo = found.days > s["quarter_days"], holds_slo(load, ttft)
    raw = load_sources()
    return FleetReview(
        **design._asdict(), requests_per_s=requests_per_s, serving_nodes=serving_nodes(design), training_nodes=n, gpus=8 * n, replicas=step.replicas,
        batch=s["batch"], microbatches=step.microbatches, clock_share=step.clock, efficiency_share=step.efficiency, stage_compute_s=step.compute_s,
        stage_exchange_s=step.exchange_s, send_s=step.send_s, gradient_s=step.gradient_s, exposed_s=step.exposed_s, step_s=step.step_s, memory_bytes=memory,
        mtbf_s=mtbf, stall_s=stall, restart_s=restart, useful_share=useful, borrowed=borrowed(design, n), tokens=s["tokens"], tokens_per_s=found.tokens_per_s,
        moving_days=0.0 if design.region == HOME else s["moving_days"], days=found.days,
        delivered_share=found.tokens_per_s * s["flop"] / (8 * design.nodes * s["peak"]), peak_flop_per_s=8 * design.nodes * s["peak"],
        worst_layer=LAYERS[min(layers, key=lambda f: f[1])[0]],
        worst_of_five=min((f for f in layers if f[0] in FIVE), key=lambda f: f[1])[0],
        serving_batch=b, tpot_s=tpot, prefill_s=prefill, capacity_per_s=capacity, load=load,
        ttft_s=ttft, power_w=(n + serving_nodes(design) + s["spare_draw"] * design.spares) * node_w(design.cap_share),
        lease_usd=found.lease_usd, network_usd=found.network_usd, energy_kwh=found.energy_kwh, electricity_usd=found.electricity_usd, extra_usd=found.extra_usd,
        cost_usd=found.cost_usd, used_t=found.used_t, embodied_t=found.embodied_t, carbon_t=found.carbon_t,
        state=FULL if memory > s["memory_limit_bytes"] else OUTSIDE if not slo else LATE if late else RUNS, layers=layers, sources=raw,
    )  # fmt: skip


@lru_cache(maxsize=1)
def load_sources() -> dict:
    """Where the figures of a review come from, by field."""
    raw = load(FILE)
    chip = catalog.device(raw["device"])
    named = {
        "tokens": "tokens",
        "batch": "batch",
        "lease_usd": "gpu_hour_usd",
        "network_usd": "network_usd",
        "moving_days": "moving_days",
        "borrowed": "lent_share",
    }
    return {f: source_of(raw[k]) for f, k in named.items()} | {
        "peak_flop_per_s": chip.source("peak_flop_per_s"),
        "electricity_usd": "EIA 2023 (California, Texas); estimates",
    }


def delivered(*factors) -> float:
    """What is left of a peak after layers that keep these shares of it: their product. Errors: OutOfRange, WrongType.

    >>> round(delivered(0.75, 0.53, 0.79, 0.86, 0.94), 3)
    0.254
    """
    return math.prod(single(fraction, "factors", f) for f in factors)


def layer_factors(design: Design, step: Step, useful: float) -> tuple[tuple[str, float], ...]:
    """(layer, share that it keeps) from peak to delivered; with lending the nights count as a layer above 1."""
    s, n = given(), training_nodes(design)
    instance("step", step, Step, "a Step"), fraction("useful", useful)
    m, p = step.microbatches, design.pipeline
    work = step.compute_s + step.exchange_s
    kept = {
        "serving": n / design.nodes, "layout": step.replicas * design.tensor * p / (8 * n), "clock": step.clock, "kernels": step.efficiency,
        "batch": s["batch"] / (step.replicas * m), "exchange": step.compute_s / work, "bubble": m / (m + p - 1),
        "network": (m + p - 1) * work / step.step_s, "failures": useful, "stragglers": s["straggler_share"],
    }  # fmt: skip
    return tuple(kept.items()) + ((("lent", borrowed(design, n)),) if design.lending else ())


def days_by_layout(design: Design) -> tuple[tuple[float | None, ...], ...]:
    """Days for each pipeline (rows) and tensor (columns) with the rest of the design; none where a GPU's memory is too small.

    >>> [d and round(d) for d in days_by_layout(Design())[2]]
    [None, 66, 76]
    """
    instance("design", design, Design, "a Design")
    return tuple(tuple(figures(d).days if fits(d) else None for d in (design._replace(tensor=t, pipeline=p) for t in TENSOR)) for p in PIPELINE)


def falls(layers) -> tuple[tuple[str, float], ...]:
    """(layer in words, how far it lowers what is left of the peak) of the layers that change anything; `layers` as in `layer_factors`.

    >>> falls((("serving", 0.75), ("layout", 1.0), ("kernels", 0.5)))
    (('nodes that serve', -0.25), ('kernels', -0.375))
    """
    found, left = [], 1.0
    for pair in a_list("layers", layers):
        name, kept = pair if isinstance(pair, (tuple, list)) and len(pair) == 2 else (None, None)
        named("layer", name, LAYERS), positive("share that a layer keeps", kept)
        if abs(kept - 1) > 1e-12:
            found.append((LAYERS[name], left * (kept - 1)))
        left *= kept
    return tuple(found)


def voids(days) -> dict[tuple[int, int], str]:
    """(column, row) of the layouts in `days_by_layout` whose memory is too small, with the word for it.

    >>> sorted(voids(days_by_layout(Design())))[:2]
    [(0, 0), (0, 1)]
    """
    return {(i, j): "no memory" for j, row in enumerate(a_list("days", days)) for i, value in enumerate(row) if value is None}


def design_of(result) -> Design:
    """The design of a result that repeats its choices."""
    return Design(*[getattr(result, name) for name in Design._fields])


def days_on(days, nodes, fixed_share, more_nodes) -> float:
    """Days on another number of nodes if a share of the time does not shrink: Amdahl's law. Errors: OutOfRange, WrongType.

    >>> round(days_on(76, 128, 0.2, 160), 2)
    63.84
    """
    whole_time, fixed = single(positive, "days", days, high=1e6), single(fraction, "fixed_share", fixed_share)
    return step_at(whole("more_nodes", more_nodes), fixed * whole_time, (1 - fixed) * whole_time * whole("nodes", nodes))
