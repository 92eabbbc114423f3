r"""One hundred leaf scanners in two regions: a complete system, from labels to spare stations, on one card.

Hardware and network set the time of a picture and the top-1 accuracy; accuracy, labels and the age of the data set how far ill scores
lie from healthy ones (d′); the thresholds turn that into sensitivity and false alarms of each region; retraining, audits, spare stations,
energy and the making of it all set detection, availability, cost and carbon. The parts come from their own modules.
Source: data/leaf_scanner.json (illustrative), microcontroller, edge, throttling, queue_simulation, drift, retraining, fairness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import convnet, edge
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.drift import expected_detection_week
from mlsysim.errors import Infeasible, named, number, one_of, positive, whole
from mlsysim.fairness import false_alarm_share, sensitivity, threshold_of
from mlsysim.microcontroller import MOST_PRUNED, PRUNE, on_board
from mlsysim.quantity import quantity, sources
from mlsysim.queue_simulation import fifo, poisson_unit_arrivals
from mlsysim.queueing import percentile
from mlsysim.retraining import mean_age_days
from mlsysim.throttling import mean_speed, trace
from mlsysim.units import DAY, HOUR, WEEK

FILE = "leaf_scanner.json"
LABELS = (200, 800, 2000, 5000)
THRESHOLDS = {"one": "one threshold for both", "each": "one for each region"}
INTERVALS, AUDITS, SPARES = (7, 14, 28, 42, 56, 91), (0, 20, 40, 80, 160), (0, 2, 3, 5, 10)
GOALS = ("fewest false alarms", "lowest cost", "lowest carbon")
CARBON_LIMIT_KG = 600
NEVER_WEEKS = 520  # what "never" counts as: ten years
STABLE, UNSTABLE, NO_ROOM = "stable", "the queue grows without end", "does not fit"
_SEED = 15
_THRESHOLD = "where 88 % of the ill are found, in both regions together or in this one"
_SCORES = "normal distribution of scores, as in fairness"


@dataclass(frozen=True, slots=True)
class Card:
    """What one design is, does, costs and emits."""

    hardware: str = quantity(r"\text{hardware}", "")
    model: str = quantity(r"\text{network}", "", doc="MobileNetV1, width and side")
    precision: str = quantity(r"\text{numbers}", "")
    top1_share: float = quantity("a", "share", doc="top-1 after pruning", source="data/convnet_top1.json less the loss to pruning of data/tiny_camera.json")
    memory_share: float = quantity(
        "u", "share", source="largest of arena over fast memory and weights over flash; of 8 GB on larger boards", doc="of the memory in use"
    )
    latency_s: float = quantity("T", "s", source="as on the board, or the platform's own model", doc="of one picture; ∞ where it does not fit")
    p99_s: float = quantity("T_{99}", "s", source="2,000 random arrivals, one after the other; ∞ without an end to the queue")
    data_age_days: float = quantity(r"\bar A", "days", source="label delay + (T − 1)/2, as in retraining", doc="mean age of the newest data")
    separation_north: float = quantity("d'_N", "1", source="(2 + 4(a − 0.5))·(1 − 0.5·√(50/labels))·(1 − 0.004·age), illustrative")
    separation_south: float = quantity("d'_S", "1", source="the same with the South's labels, × 0.9 for its older cameras, illustrative")
    threshold_north: float = quantity("t_N", "1", source=_THRESHOLD, doc="a score, may be below zero")
    threshold_south: float = quantity("t_S", "1", source=_THRESHOLD, doc="a score, may be below zero")
    sensitivity_north: float = quantity("s_N", "share", source=_SCORES)
    sensitivity_south: float = quantity("s_S", "share", source=_SCORES)
    lowest_sensitivity: float = quantity("s", "share", formula=r"\min(<sensitivity_north>, <sensitivity_south>)", source="definition")
    sensitivity_gap: float = quantity(r"\Delta s", "share", formula=r"|<sensitivity_north> - <sensitivity_south>|", source="definition")
    false_alarms_north: float = quantity("f_N", "share", source=_SCORES)
    false_alarms_south: float = quantity("f_S", "share", source=_SCORES)
    most_false_alarms: float = quantity(
        "f", "share", formula=r"\max(<false_alarms_north>, <false_alarms_south>)", source="definition", doc="of the healthy plants, in the region that has more"
    )
    detection_weeks: int = quantity(
        "w", "weeks", source="first week whose expected four-week mean is below the audit's limit, plus the label delay; never counts as 520"
    )
    detected: str = quantity(r"\text{drift known}", "", source="the same in words")
    spare_stations: int = quantity("s", "1")
    availability: float = quantity("A", "share", source="binomial: at least 97 of 100 and the spares work, each in 97 %")
    energy_day_wh: float = quantity("E", "Wh", source="18,000 pictures and ten hours of idling", doc="of one station")
    stations_usd: float = quantity("C_h", "$", source="(100 + spares)·price over three years", doc="a year")
    labels_usd: float = quantity("C_l", "$", source="$0.30 each")
    operations_usd: float = quantity("C_o", "$", source="retraining and audits of a year")
    power_usd: float = quantity("C_p", "$", source="panels and batteries, a year")
    cost_usd_per_year: float = quantity("C", "$", formula="<stations_usd>+<labels_usd>+<operations_usd>+<power_usd>", source="sum")
    carbon_kg_per_year: float = quantity("c", "kg", source="making over three years, training, and solar power of a year")
    goal: str = quantity(r"\text{goal}", "", doc="what the board puts first")
    goal_share: float = quantity("z", "share", source="the goal's figure over its limit", doc="of the limit of what the board puts first")
    state: str = quantity(r"\text{state}", "", source="comparison with memory, and load of the queue against 1")
    sources: dict = sources()


def hardware() -> dict[str, str]:
    """Names of the hardware with their words and prices.

    >>> hardware()["xiao"]
    'XIAO ESP32S3, $25'
    """
    return {name: f"{entry['label']}, ${entry['price_usd']['value']}" for name, entry in load(FILE)["hardware"].items()}


def models() -> tuple[str, ...]:
    """The sixteen published networks, "<width>/<side>", from the least work to the most.

    >>> models()[0], models()[-1]
    ('0.25/128', '1/224')
    """
    table = load("convnet_top1.json")["mobilenet_v1"]
    pairs = [(w, r) for w in table["widths"] for r in table["resolutions"]]
    return tuple(f"{w:g}/{r}" for w, r in sorted(pairs, key=lambda p: convnet.mobilenet_v1(*p).macs))


def scanner(
    hardware="xiao", model="0.5/160", thresholds="one", labels_south=200, labels_north=800, precision="int8", prune_where="none", prune_share=0.5,
    interval_days=28, audits=0, spare_stations=0, goal="lowest cost", false_alarm_limit=0.30, cost_limit_usd=15_000,
) -> Card:  # fmt: skip
    """The card of one design.

    Names as in `hardware`, `models`, `THRESHOLDS` and `GOALS`; numbers and pruning as in `microcontroller.on_board`; labels 50 … 100,000;
    retraining every 1 … 364 days; audits a week 0 … 5,000; spares 0 … 1,000. Infeasible: fp32 on a Coral. Errors: UnknownName, OutOfRange,
    WrongType.

    >>> c = scanner("xiao", "0.75/128", labels_south=2000, audits=80, spare_stations=5)
    >>> round(c.p99_s, 2), round(c.separation_north, 2), round(c.separation_south, 2), round(c.cost_usd_per_year)
    (2.54, 1.8, 1.71, 9832)
    """
    known, nets = load(FILE)["hardware"], models()
    named("hardware", hardware, known)
    named("network with a published accuracy", model, nets)
    options_of = {"thresholds": THRESHOLDS, "precision": ("fp32", "int8"), "prune_where": PRUNE, "goal": GOALS}
    for (name, options), value in zip(options_of.items(), (thresholds, precision, prune_where, goal), strict=True):
        one_of(name, value, options)
    share = single(number, "prune_share", prune_share, low=0.0, high=MOST_PRUNED)
    share = share if prune_where != "none" else 0.0
    counts = [whole(n, v, low=50, high=100_000) for n, v in (("labels_north", labels_north), ("labels_south", labels_south))]
    counts += [whole("interval_days", interval_days, high=364), whole("audits", audits, low=0, high=5000)]
    counts.append(whole("spare_stations", spare_stations, low=0, high=1000))
    limits = single(positive, "false_alarm_limit", false_alarm_limit, high=1.0), single(positive, "cost_limit_usd", cost_limit_usd)
    return _card(hardware, model, precision, prune_where, share, thresholds, *counts, goal, *limits)


@lru_cache(maxsize=4096)
def _card(name, model, precision, where, share, thresholds, north, south, interval, audits, spares, goal, false_limit, cost_limit) -> Card:
    memory, latency, picture_j, idle_w = _machine(name, model, precision, where, share)
    p99 = _p99_s(latency)
    age = mean_age_days(interval, _value("label_delay_days"))
    top1 = _top1(model, precision, where, share)
    d_n, d_s = _separation(top1, north, age), _separation(top1, south, age) * _value("old_camera")
    t_n, t_s = _thresholds(thresholds, d_n, d_s)
    found, false = (sensitivity(t_n, d_n), sensitivity(t_s, d_s)), (false_alarm_share(t_n), false_alarm_share(t_s))
    week = expected_detection_week(audits, _value("drift_per_week")) if audits else None
    detection = NEVER_WEEKS if week is None else week + math.ceil(_value("label_delay_days") * DAY / WEEK)
    entry, hours, rate = load(FILE)["hardware"][name], _value("hours_a_day"), _value("pictures_per_s")
    busy_j = 0.0 if math.isinf(latency) else hours * HOUR * rate * picture_j
    energy = (busy_j + idle_w * hours * HOUR) / HOUR
    many, trainings = _value("stations") + spares, 364 // interval
    stations = many * entry["price_usd"]["value"] / _value("life_years")
    labels = _value("label_usd") * (north + south)
    operations = _value("training_usd") * trainings + 52 * audits * _value("audit_usd")
    power = _value("stations") * energy * _value("panel_usd_per_wh")
    cost = stations + labels + operations + power
    carbon = many * entry["embodied_kg"]["value"] / _value("life_years") + _value("training_kwh") * trainings * _value("training_kg_per_kwh")
    carbon += _value("stations") * energy * 0.365 * _value("solar_kg_per_kwh")
    aims = {"fewest false alarms": max(false) / false_limit, "lowest cost": cost / cost_limit, "lowest carbon": carbon / CARBON_LIMIT_KG}
    return Card(
        hardware=name, model=model, precision=precision, top1_share=top1, memory_share=memory, latency_s=latency, p99_s=p99, data_age_days=age,
        separation_north=d_n, separation_south=d_s, threshold_north=t_n, threshold_south=t_s, sensitivity_north=found[0], sensitivity_south=found[1],
        lowest_sensitivity=min(found), sensitivity_gap=abs(found[0] - found[1]), false_alarms_north=false[0], false_alarms_south=false[1],
        most_false_alarms=max(false), detection_weeks=detection, detected="never" if week is None else f"after {detection} weeks", spare_stations=spares,
        availability=availability(spares), energy_day_wh=energy, stations_usd=stations, labels_usd=labels, operations_usd=operations, power_usd=power,
        cost_usd_per_year=cost, carbon_kg_per_year=carbon, goal=goal, goal_share=aims[goal],
        state=NO_ROOM if math.isinf(latency) else UNSTABLE if math.isinf(p99) else STABLE,
        sources={"stations_usd": source_of(entry["price_usd"]), "carbon_kg_per_year": source_of(entry["embodied_kg"])},
    )  # fmt: skip


@remembered(256)
def availability(spares) -> float:
    """Chance that at least 97 of 100 stations and `spares` more work, each in 97 % of the days. Errors: OutOfRange.

    >>> [round(availability(s), 3) for s in (0, 2, 3, 5)]
    [0.647, 0.913, 0.964, 0.996]
    """
    n, p = _value("stations") + whole("spares", spares, low=0, high=1000), _value("works_share")
    broken = n - _value("working_wanted")  # the fewer terms
    return min(1.0, math.fsum(math.comb(n, j) * (1 - p) ** j * p ** (n - j) for j in range(broken + 1)))


def _value(name: str):
    return load(FILE)[name]["value"]


def _separation(top1: float, labels: int, age: float) -> float:
    network = _value("separation_at_half") + _value("separation_per_top1") * (top1 - 0.5)
    return network * (1 - 0.5 * math.sqrt(_value("first_labels") / labels)) * (1 - _value("lost_per_day") * age)


def _top1(model, precision, where, share) -> float:
    width, side = _shape(model)
    lost = load("tiny_camera.json")["lost_top1"][where] * share / MOST_PRUNED
    return convnet.top1("mobilenet_v1", width=width, resolution=side, precision="int8" if precision == "int8" else "float") - lost


def _shape(model: str) -> tuple[float, int]:
    width, side = model.split("/")
    return float(width), int(side)


@lru_cache(maxsize=1024)
def _thresholds(rule: str, d_n: float, d_s: float) -> tuple[float, float]:
    """Where 88 % of the ill are found: in each region, or with one threshold in both (equally many plants, so by prevalence)."""
    wanted = _value("sensitivity_wanted")
    t_n, t_s = threshold_of(wanted, d_n), threshold_of(wanted, d_s)
    if rule == "each":
        return t_n, t_s
    ill = load(FILE)["prevalence"]
    low, high = min(t_n, t_s), max(t_n, t_s)
    for _ in range(50):
        t = (low + high) / 2
        found = (ill["north"] * sensitivity(t, d_n) + ill["south"] * sensitivity(t, d_s)) / (ill["north"] + ill["south"])
        low, high = (t, high) if found > wanted else (low, t)
    return (low + high) / 2, (low + high) / 2


@lru_cache(maxsize=1024)
def _machine(name, model, precision, where, share) -> tuple[float, float, float, float]:
    """Share of the memory in use, seconds and joules of a picture, and idle watts of a station."""
    entry, (width, side) = load(FILE)["hardware"][name], _shape(model)
    if entry["kind"] == "board":
        r = on_board(width, side, precision, where, share or 0.5, board=entry["board"])
        memory = max(r.arena_bytes / r.sram_bytes, r.flash_bytes / r.flash_limit_bytes)
        return (memory, r.latency_s, r.energy_j, 0.0) if r.state == "ok" else (memory, math.inf, 0.0, 0.0)
    kept = None if not share else tuple(1 - share if b in PRUNE[where] else 1.0 for b in range(14))
    net = convnet.mobilenet_v1(width, side, kept=kept)
    value_bytes = 4 if precision == "fp32" else 1
    memory, idle = (net.weights + net.peak_activation_elements) * value_bytes / _value("host_memory_bytes"), entry["idle_power_w"]["value"]
    platforms, tpu = load("edge/gate_platforms.json"), load("edge/edge_tpu.json")
    capture = platforms["capture_s"]["value"]
    if entry["kind"] == "host":
        rate = tpu["hosts"]["raspberry_pi_5"]["value"] if precision == "int8" else entry["fp32_mac_per_s"]["value"]
        return memory, net.macs / (rate * _sustained()) + capture, entry["busy_power_w"]["value"] * net.macs / rate, idle
    if entry["kind"] == "edge_tpu":
        if precision != "int8":
            raise Infeasible("A Coral computes in int8 only, and this network is fp32")
        link, chip = tpu["links"]["usb_3"]["value"], {key: tpu["edge_tpu"][key]["value"] for key in ("peak_op_per_s", "efficiency", "fixed_s", "cache_bytes")}
        seconds = 3 * side**2 / link + chip["fixed_s"] + 2 * net.macs / (chip["peak_op_per_s"] * chip["efficiency"])
        return memory, seconds + edge.streaming_s(float(net.weights), link, chip["cache_bytes"]) + capture, entry["picture_j"]["value"], idle
    box = platforms["platforms"]["orin_nano_8gb"]
    peak = box["peak_op_per_s"]["value"] if precision == "int8" else entry["fp32_op_per_s"]["value"]
    compute = 2 * net.macs / (peak * box["efficiency"]["value"])
    moved = net.weights * value_bytes / (box["memory_bytes_per_s"]["value"] * box["memory_efficiency"]["value"])
    return memory, max(compute, moved) + box["fixed_s"]["value"] + capture, entry["picture_j"]["value"], idle


@lru_cache(maxsize=1)
def _sustained() -> float:
    """Share of its full clock that a Pi 5 keeps in a sealed case in the field."""
    found = trace(_value("field_c"), _value("case_k_per_w"))
    return mean_speed(found, len(found.speeds) - 300, len(found.speeds))


@lru_cache(maxsize=1024)
def _p99_s(service_s: float) -> float:
    """99th percentile of the wait and the service of one picture after another."""
    if math.isinf(service_s) or _value("pictures_per_s") * service_s >= 1:
        return math.inf
    arrivals = [t / _value("pictures_per_s") for t in poisson_unit_arrivals(_value("requests"), _SEED)]
    return percentile(sorted(fifo(arrivals, [service_s] * len(arrivals)).responses_s), 0.99)


def steps_away(**design) -> tuple[tuple[str, Card | None, Card | None], ...]:
    """For each row of the card: the design with that row one step lower, and one step higher, the rest as it is; None where there is no step.

    `design` are arguments of `scanner`. A step to a combination that cannot exist (fp32 on a Coral) is None too. Errors: as `scanner`.

    >>> rows = {name: (back, on) for name, back, on in steps_away(hardware="xiao", spare_stations=2)}
    >>> rows["spare_stations"][0].spare_stations, rows["spare_stations"][1].spare_stations, rows["audits"][0]
    (0, 3, None)
    """
    scanner(**design)
    found = []
    for name, options in _rows().items():
        at = options.index(design[name]) if design.get(name) in options else options.index(_PRESET[name])
        pair = []
        for i in (at - 1, at + 1):
            try:
                pair.append(scanner(**{**design, name: options[i]}) if 0 <= i < len(options) else None)
            except Infeasible:
                pair.append(None)
        found.append((name, *pair))
    return tuple(found)


_PRESET = {
    "hardware": "xiao", "model": "0.5/160", "precision": "int8", "labels_north": 800, "labels_south": 200, "thresholds": "one", "interval_days": 28,
    "audits": 0, "spare_stations": 0,
}  # fmt: skip


def _rows() -> dict[str, tuple]:
    """The options of each row in the order of its steps."""
    return {
        "hardware": tuple(load(FILE)["hardware"]), "model": models(), "precision": ("int8", "fp32"), "labels_north": LABELS, "labels_south": LABELS,
        "thresholds": tuple(THRESHOLDS), "interval_days": INTERVALS, "audits": AUDITS, "spare_stations": SPARES,
    }  # fmt: skip
