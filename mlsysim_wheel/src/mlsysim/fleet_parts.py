r"""The parts of a fleet that trains a model and serves its predecessor: step, memory, failures, serving, power, dollars, carbon.

A `Design` is thirteen choices. Each part is the model of its own module, put together here once; `fleet_review` shows the whole. The
functions take checked designs (`as_design`) and remember what they computed.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from mlsysim import catalog
from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.clusters import load_cluster
from mlsysim.collectives import all_reduce
from mlsysim.errors import flag, fraction, instance, number, one_of, positive, whole
from mlsysim.interval_study import checkpoint_stall_s
from mlsysim.machine_hall import STATIC, speed_at_cap
from mlsysim.queueing import mmc_wait_percentile_s
from mlsysim.reliability import any_slow_probability, run_mtbf_s, useful_share
from mlsysim.run_footprint import embodied_t
from mlsysim.tensor_replica import replica_step, users
from mlsysim.training_memory import GRADIENT_BYTES, training_state
from mlsysim.transformer import Transformer, layer_activations
from mlsysim.units import DAY, HOUR

FILE = "fleet_review.json"
NODES, SHARES = (96, 112, 128, 144, 160, 176, 192, 208, 224), (0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
TENSOR, PIPELINE, OVERSUBSCRIPTION = (2, 4, 8), (1, 2, 4, 8), (1, 2, 4, 8, 16)
INTERVALS_S, SAVING = (600, 1200, 1800, 3600), {"blocking": "stops the run", "asynchronous": "asynchronous"}
RECOVERY = {"manual": "by hand, 30 min", "automatic": "automatic, 10 min", "standby": "hot standby, 4 min"}
CAPS, FORMATS, SPARES = (1.0, 0.8, 0.7, 0.6, 0.5), ("bf16", "fp8"), (0, 2, 4)
REGIONS = {"sweden": "Sweden", "texas": "Texas", "california": "California", "poland": "Poland"}
HOME, LAMBDA = "california", 280
LAYERS = {
    "serving": "nodes that serve", "layout": "GPUs without a place", "clock": "clock under the cap", "kernels": "kernels", "batch": "uneven batch",
    "exchange": "tensor exchange", "bubble": "pipeline bubble", "network": "network", "failures": "failures", "stragglers": "slow nodes",
    "lent": "lent nights",
}  # fmt: skip
FIVE = ("kernels", "exchange", "bubble", "failures", "serving")


class Design(NamedTuple):
    """The thirteen choices of a fleet; times in seconds, shares from 0 to 1."""

    nodes: int = 160
    serving_share: float = 0.25
    tensor: int = 8
    pipeline: int = 4
    oversubscription: int = 2
    interval_s: int = 3600
    saving: str = "blocking"
    recovery: str = "manual"
    cap_share: float = 1.0
    region: str = HOME
    number_format: str = "bf16"
    lending: bool = False
    spares: int = 0


PRESET = Design()


class Strain(NamedTuple):
    """What an hour does to a fleet: factors of demand, failures, network, checkpoint stall and recovery; a cap of the power."""

    demand: float = 1.0
    cap: float = 1.0
    failures: float = 1.0
    network: float = 1.0
    stall: float = 1.0
    recovery: float = 1.0


CALM = Strain()


def as_design(
    nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares
) -> Design:
    """The checked choices as a `Design`; arguments as in `review_fleet`."""
    return Design(
        whole("nodes", nodes, low=40, high=1000), single(number, "serving_share", serving_share, low=0.05, high=0.6),
        one_of("tensor", tensor, TENSOR),
        one_of("pipeline", pipeline, PIPELINE), whole("oversubscription", oversubscription, high=64),
        single(number, "interval_s", interval_s, low=60, high=86_400),
        one_of("saving", saving, SAVING), one_of("recovery", recovery, RECOVERY), single(number, "cap_share", cap_share, low=0.2, high=1.0),
        one_of("region", region, REGIONS), one_of("number_format", number_format, FORMATS), flag("lending", lending), whole("spares", spares, low=0, high=16),
    )  # fmt: skip


class Step(NamedTuple):
    """A training step and what makes it."""

    replicas: int
    microbatches: int
    compute_s: float
    exchange_s: float
    send_s: float
    gradient_s: float
    exposed_s: float
    step_s: float
    clock: float
    efficiency: float


@lru_cache(maxsize=1)
def given() -> dict:
    """The scenario's figures by name, those of the model and of the machine among them; read-only."""
    raw, cluster = load(FILE), load_cluster()
    model, chip = catalog.model(raw["model"]), catalog.device(raw["device"])
    plain = {k: v["value"] for k, v in raw.items() if isinstance(v, dict) and "value" in v}
    layers, hidden = model.shape("layers"), model.shape("hidden")
    return plain | {k: v["value"] for k, v in raw["serving"].items()} | {
        "parameters": model.parameters, "layers": layers, "hidden": hidden, "flop": 6.0 * model.parameters + 12.0 * layers * hidden * plain["sequence"],
        "peak": chip.peak("bf16"), "peak_fp8": chip.peak("fp8"), "gpu_w": chip.power_w, "static_w": STATIC["value"],
        "ceiling": cluster.efficiency_ceiling, "half": cluster.efficiency_half_width,
        "node_link": catalog.link(raw["node_link"]), "port": catalog.link(raw["network"]).effective_bandwidth_bytes_per_s, "extra": raw["extra_usd"],
        "restart": load("reliability/fault_tolerance.json")["restart_s"], "compute_share": load("serving/inference.json")["compute_share"]["value"],
        "shape": Transformer(model.title, layers, hidden, model.shape("heads"), plain["sequence"], model.shape("vocab")), "quarters": raw["network_quarters"],
    }  # fmt: skip


@lru_cache(maxsize=256)
def _parts(t: int, p: int, cap: float, number_format: str, kernels: float) -> tuple[float, ...]:
    """Clock, efficiency, seconds of computing, of exchanging and of sending one microbatch of one sequence on one stage."""
    s = given()
    clock, width = speed_at_cap(cap, s["static_w"] / s["gpu_w"]), s["hidden"] / t
    efficiency = s["ceiling"] * kernels * width / (width + s["half"]) * (s["fp8_gain"] if number_format == "fp8" else 1.0)
    compute = s["flop"] * s["sequence"] / (t * p) / (s["peak"] * efficiency * clock)
    message, link = 2.0 * s["sequence"] * s["hidden"], s["node_link"]
    exchange = 4 * s["layers"] / p * all_reduce(message, t, link.latency_s, link.effective_bandwidth_bytes_per_s).time_s
    return clock, efficiency, compute, exchange, 2 * message / t / s["port"] if p > 1 else 0.0


@lru_cache(maxsize=8192)
def step_of(training_nodes: int, t: int, p: int, o: int, cap: float, number_format: str, network=1.0, gradient=1.0, kernels=1.0) -> Step:
    """A step on so many nodes; `network` multiplies the ports' rate, `gradient` that of gradients alone, `kernels` the efficiency."""
    s = given()
    clock, efficiency, compute, exchange, send = _parts(t, p, cap, number_format, kernels)
    d = 8 * training_nodes // (t * p)
    m = math.ceil(s["batch"] / d)
    ring = 2 * (d - 1) / d * GRADIENT_BYTES * s["parameters"] / (t * p) / s["port"]  # all_reduce without latency, as in `parallelism`
    wire = ring / (network * gradient) * max(1.0, o / s["rail_ports"])
    exposed = max(0.0, wire - s["hidden_share"] * m * compute)
    return Step(d, m, compute, exchange, send / network, wire, exposed, (m + p - 1) * (compute + exchange) + m * send / network + exposed, clock, efficiency)


@lru_cache(maxsize=4096)
def memory_of(t: int, p: int, d: int, m: int) -> float:
    """Bytes of a GPU: state of its part of the model under ZeRO-1, and activations of the microbatches in flight."""
    s = given()
    kept = layer_activations(s["shape"], 1, "selective", t).kept_bytes
    return training_state(s["parameters"] / (t * p), d, 1).state_bytes + min(m, p) * kept * s["layers"] / p


@lru_cache(maxsize=4096)
def availability(training_nodes: int, interval_s: float, saving: str, recovery: str, spares: int, failures=1.0, stall=1.0, slower=1.0) -> tuple[float, ...]:
    """Seconds between interruptions, of a checkpoint's stall and of a restart; useful share of the time. The last three are factors."""
    s = given()
    mtbf, stop, back = run_mtbf_s(8 * training_nodes) / failures, checkpoint_stall_s(saving) * stall, s["restart"][recovery] * slower
    if spares:  # mean number in repair is Poisson: with how many spares is one free?
        taken = any_slow_probability(min(1.0, s["repair_h"] * HOUR * failures / run_mtbf_s(8)), training_nodes, spares)
        back *= 1 - s["spare_gain"] * (1 - taken)
    return mtbf, stop, back, useful_share(interval_s, stop, back, mtbf)


def requests_per_replica(batch, prefill_s, token_s, answer_tokens=300, clock_share=1.0) -> float:
    """Requests a second of a replica: 1/(t_p/f + a·t/b); a lower clock f stretches the prefill alone. Errors: OutOfRange, WrongType.

    >>> round(requests_per_replica(256, 0.0892, 0.0307), 2)
    7.99
    """
    rate = single(fraction, "clock_share", clock_share, open_low=True)
    answer = single(positive, "answer_tokens", answer_tokens) * single(positive, "token_s", token_s) / whole("batch", batch)
    return 1 / (single(positive, "prefill_s", prefill_s) / rate + answer)


@lru_cache(maxsize=64)
def replica_of(number_format: str, cap: float) -> tuple[float, ...]:
    """Batch, seconds a token, seconds of a prefill, requests a second of one replica."""
    s = given()
    b = min(int(s["batch_limit"]), users(s["gpus"], s["context_tokens"], number_format).users)
    tpot = replica_step(s["gpus"], b, s["context_tokens"], weights=number_format).tpot_s
    rate = s["gpus"] * s["compute_share"] * s["peak_fp8" if number_format == "fp8" else "peak"] * speed_at_cap(cap, s["static_w"] / s["gpu_w"])
    prefill = 2 * s["parameters"] * s["prompt_tokens"] / rate
    return b, tpot, prefill, requests_per_replica(b, prefill, tpot, s["answer_tokens"])


@lru_cache(maxsize=8192)
def serving_of(serving_nodes: int, number_format: str, cap: float, requests_per_s: float) -> tuple[float, float, float]:
    """Capacity in requests a second, load, p99 of the time to first token (without end at load 1)."""
    s, (_, _, prefill, rate) = given(), replica_of(number_format, cap)
    servers = 8 * serving_nodes // s["gpus"]
    return servers * rate, requests_per_s / (servers * rate), mmc_wait_percentile_s(requests_per_s, 1 / rate, servers, 0.99) + prefill


def holds_slo(load: float, ttft_s: float) -> bool:
    """Whether serving keeps its promise: load below 0.95, first token within 2 s."""
    number("load", load, low=0.0)
    if ttft_s != math.inf:  # beyond load 1 the wait has no end
        positive("ttft_s", ttft_s)
    return load < given()["load_limit"] and ttft_s <= given()["ttft_limit_s"]


def serving_nodes(design: Design) -> int:
    """Nodes that serve, rounded half to even."""
    return round(instance("design", design, Design, "a Design").nodes * design.serving_share)


def borrowed(design: Design, training_nodes: int) -> float:
    """Progress with lent nodes over that without."""
    s, serving, n = given(), serving_nodes(design), whole("training_nodes", training_nodes)
    return 1 + s["night_share"] * s["lent_share"] * serving / n if design.lending else 1.0


def tokens_per_s(design: Design, training_nodes: int, strain: Strain = CALM, *, kernels=1.0, gradient=1.0, lent: bool = True) -> float:
    """Tokens a second of the run on so many nodes under a strain; `kernels` and `gradient` improve those layers."""
    instance("design", design, Design, "a Design"), whole("training_nodes", training_nodes)
    s, cap = given(), min(design.cap_share, instance("strain", strain, Strain, "a Strain").cap)
    step = step_of(training_nodes, design.tensor, design.pipeline, design.oversubscription, cap, design.number_format, strain.network, gradient, kernels)
    useful = availability(training_nodes, design.interval_s, design.saving, design.recovery, design.spares, strain.failures, strain.stall, strain.recovery)[3]
    return s["batch"] * s["sequence"] / step.step_s * useful * s["straggler_share"] * (borrowed(design, training_nodes) if lent else 1.0)


def node_w(cap: float) -> float:
    """Watts of a node under a cap, at the meter."""
    s, cap = given(), fraction("cap", cap, open_low=True)
    return (8 * s["gpu_w"] * cap + s["host_w"]) * s["pue"]


class Figures(NamedTuple):
    """What the three leads look at, and the parts of the bill."""

    days: float
    cost_usd: float
    carbon_t: float
    tokens_per_s: float
    lease_usd: float
    network_usd: float
    energy_kwh: float
    electricity_usd: float
    extra_usd: float
    used_t: float
    embodied_t: float


def training_nodes(design: Design) -> int:
    """Nodes that train: those that neither serve nor stand by."""
    serving = serving_nodes(design)  # which looks at the design
    return design.nodes - serving - design.spares


def figures(design: Design, more_nodes: int = 0) -> Figures:
    """Days, dollars and carbon of a checked design, undisturbed; `more_nodes` train on top of its own."""
    s, at_home = given(), design.region == HOME
    n = training_nodes(design) + more_nodes
    rate = tokens_per_s(design, n)
    days = s["tokens"] / rate / DAY
    quarter, gpus = s["quarter_days"], 8 * (design.nodes + more_nodes)
    node_days = n * min(days, quarter) + (serving_nodes(design) + s["spare_draw"] * design.spares) * quarter
    kwh = node_days * 24 * node_w(design.cap_share) / 1e3
    grid, extra = catalog.grid(design.region), s["extra"]
    more = sum(extra.get(k, 0) for k in (design.saving, design.recovery, "moved" if not at_home else "", design.number_format))
    lease = s["gpu_hour_usd"] * gpus * 24 * quarter
    network = s["network_usd"] * gpus / design.oversubscription / s["quarters"]
    power = kwh * grid.price_usd_per_kwh
    used = kwh * grid.carbon_kg_per_kwh / 1e3
    made = embodied_t(gpus * 24 * quarter, s["life_years"], 1.0, s["gpu_kg"], s["server_kg"])
    return Figures(
        days + (0 if at_home else s["moving_days"]), lease + network + power + more, used + made, rate, lease, network, kwh, power, more, used, made,
    )  # fmt: skip


def fits(design: Design) -> bool:
    """Whether a GPU holds its part of the model and its activations."""
    step = step_of(training_nodes(design), design.tensor, design.pipeline, design.oversubscription, design.cap_share, design.number_format)
    return memory_of(design.tensor, design.pipeline, step.replicas, step.microbatches) <= given()["memory_limit_bytes"]
