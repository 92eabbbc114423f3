r"""A battery node that listens: microphone, detector, radio, and how long two cells last.

The node hears all the time. What it sends is a policy: everything (`stream`), the sound around a detection (`clip`), or
the name alone (`label`). Sending a byte takes energy P·8/rate, whatever the distance; cellular radios add energy a
wake-up. Sources: datasheets named in data/sensor_node.json.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, iron_law
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import Infeasible, fraction, named, non_negative, one_of, positive
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, HOUR

POLICIES = ("stream", "clip", "label")
DETECTOR, MACHINE, SEED = "ds_cnn_s", "arduino_nano_33_ble", 3
TOO_THIN, NOT_ALLOWED, EMPTY, OK = "link too thin", "not allowed", "empty before the visit", "ok"


@dataclass(frozen=True, slots=True)
class NodeDay:
    """The mean day of a node over the simulated run: bytes, energy, battery."""

    radio: str = quantity(r"\text{radio}", "")
    policy: str = quantity(r"\text{sent}", "")
    runs_per_s: float = quantity("f_r", "1/s", doc="runs of the detector")
    false_wakes_per_h: float = quantity("f_w", "1/h", doc="detections of something else, on average")
    radio_power_w: float = quantity("P_r", "W", doc="while it sends")
    radio_bit_per_s: float = quantity("R", "bit/s")
    byte_energy_j: float = quantity("e_B", "J", formula=r"\frac{8 \cdot <radio_power_w>}{<radio_bit_per_s>}", source="power times time")
    wake_energy_j: float = quantity("e_w", "J", doc="a wake-up of the radio")
    active_power_w: float = quantity("P_c", "W", doc="of the microcontroller while it computes")
    run_s: float = quantity("t_r", "s", source=iron_law.LAW, doc="one run of the detector")
    run_operations: float = quantity("O", "OP")
    run_energy_j: float = quantity("e_r", "J", formula=r"<active_power_w> \cdot <run_s>", source="power times time")
    operation_energy_j: float = quantity("e_O", "J", formula=r"\frac{<run_energy_j>}{<run_operations>}", source="definition")
    operations_per_byte: float = quantity("N", "OP", formula=r"\frac{<byte_energy_j>}{<operation_energy_j>}", source="same energy")
    message_bytes: float = quantity("b", "B", doc="a message; all sound of a day when streaming")
    messages_per_day: float = quantity("m", "1", source="simulated: true calls and false wakes; one when streaming")
    true_calls_per_day: float = quantity("m_t", "1", source="simulated")
    recorded_bytes: float = quantity(r"D_\mathrm{mic}", "B", doc="a day of sound")
    sent_bytes: float = quantity("D", "B", formula=r"<messages_per_day> \cdot <message_bytes>", source="definition", doc="a day")
    wanted_bytes: float = quantity("D_t", "B", doc="of them about true calls")
    airtime_share: float = quantity(
        "a", "share", formula=r"\frac{8 \cdot <sent_bytes>}{<radio_bit_per_s> \cdot 86400\,\text{s}}", source="definition",
        doc="above 1 the link cannot carry it",
    )
    airtime_limit_share: float = quantity(r"a_\mathrm{max}", "share")
    room_bytes: float = quantity(
        r"D_\mathrm{max}", "B", formula=r"<airtime_limit_share> \cdot \frac{<radio_bit_per_s>}{8} \cdot 86400\,\text{s}", source="definition",
        doc="may leave a day",
    )
    always_on_power_w: float = quantity("P_m", "W", doc="microphone and sleep")
    microphone_j: float = quantity("E_m", "J", formula=r"<always_on_power_w> \cdot 86400\,\text{s}", source="power times time", doc="a day")
    thinking_j: float = quantity("E_c", "J", source="runs a day times energy a run; none when streaming", doc="a day")
    radio_bytes_j: float = quantity("E_B", "J", formula=r"<sent_bytes> \cdot <byte_energy_j>", source="as if the link could carry it", doc="a day")
    wakeups_j: float = quantity("E_w", "J", formula=r"<messages_per_day> \cdot <wake_energy_j>", source="definition", doc="a day")
    day_j: float = quantity("E", "J", formula="<microphone_j> + <thinking_j> + <radio_bytes_j> + <wakeups_j>", source="sum")
    battery_j: float = quantity(r"E_\mathrm{bat}", "J")
    visit_days: float = quantity("n_v", "1", doc="days until somebody changes the cells")
    budget_j: float = quantity(r"E_\mathrm{max}", "J", formula=r"\frac{<battery_j>}{<visit_days>}", source="definition", doc="a day may take")
    life_s: float = quantity("L", "s", formula=r"\frac{<battery_j>}{<day_j>} \cdot 86400\,\text{s}", source="energy over power")
    binding: str = quantity(r"\text{empties}", "", source="largest of the four")
    state: str = quantity(r"\text{state}", "", source="airtime against 1 and its limit, life against the visit")
    detections: tuple[tuple[float, bool], ...] = series("s", doc="time and whether it was the owl, over the run; empty when streaming")
    sources: dict = sources()


def radios() -> dict[str, str]:
    """Names of the radios with their words."""
    return {name: entry["label"] for name, entry in load("sensor_node.json")["radios"].items()}


def listen(radio="lora", policy="stream", false_wakes_per_h=2, runs_per_s=5) -> NodeDay:
    """A month of a listening node, hour by hour, as a mean day.

    `radio` is "ble", "lora" or "lte_m", `policy` "stream", "clip" or "label". Each hour draws true calls, then false
    wakes, both Poisson. Streaming needs neither detector nor wake-ups a detection. Raises UnknownName, OutOfRange or
    WrongType; Infeasible if the microcontroller cannot run the detector that often.

    >>> day = listen("lora", "label")
    >>> round(day.life_s / 86400, 1), day.binding, round(day.operations_per_byte / 1e6, 2)
    (63.7, 'thinking', 1.03)
    """
    data = load("sensor_node.json")
    named("radio", radio, data["radios"])
    one_of("policy", policy, POLICIES)
    false_wakes_per_h = single(non_negative, "false_wakes_per_h", false_wakes_per_h, high=500)
    runs_per_s, wire = single(positive, "runs_per_s", runs_per_s), data["radios"][radio]
    model, machine = catalog.model(DETECTOR), catalog.machine(MACHINE)
    run_s, operations, active_w = iron_law.on_machine(iron_law.Job.of(model), machine).time_s, model.operations_per_item, data["active_power_w"]["value"]
    streaming = policy == "stream"
    if not streaming and runs_per_s * run_s > 1:
        raise Infeasible("The microcontroller cannot run the detector that often", needed=runs_per_s * run_s, available=1.0, unit="share")
    power, rate, wake = (wire[key]["value"] for key in ("power_w", "bit_per_s", "wake_j"))
    days, visit = data["days"]["value"], data["visit_days"]["value"]
    detections = () if streaming else _month(data["true_calls_per_day"]["value"] / 24, false_wakes_per_h, days)
    recorded = data["audio_bytes_per_s"]["value"] * DAY
    message = recorded if streaming else data[f"{policy}_bytes"]["value"]
    messages = 1.0 if streaming else len(detections) / days
    true_calls = sum(wanted for _, wanted in detections) / days
    sent, byte_j, run_j = messages * message, 8 * power / rate, active_w * run_s
    always_on = data["microphone_power_w"]["value"] + data["sleep_power_w"]["value"]
    parts = {
        "microphone": always_on * DAY,
        "thinking": 0.0 if streaming else runs_per_s * DAY * run_j,
        "radio bytes": sent * byte_j,
        "wake-ups": messages * wake,
    }
    day_j, airtime, limit = sum(parts.values()), 8 * sent / (rate * DAY), wire["airtime_limit_share"]["value"]
    life = data["battery_j"]["value"] / day_j * DAY
    state = TOO_THIN if airtime > 1 else NOT_ALLOWED if airtime > limit else EMPTY if life < visit * DAY else OK
    return NodeDay(
        radio=radio, policy=policy, runs_per_s=runs_per_s, false_wakes_per_h=false_wakes_per_h, radio_power_w=power, radio_bit_per_s=rate,
        byte_energy_j=byte_j, wake_energy_j=wake, active_power_w=active_w, run_s=run_s, run_operations=operations, run_energy_j=run_j,
        operation_energy_j=run_j / operations, operations_per_byte=byte_j / (run_j / operations), message_bytes=message, messages_per_day=messages,
        true_calls_per_day=true_calls, recorded_bytes=recorded, sent_bytes=sent, wanted_bytes=true_calls * message, airtime_share=airtime,
        airtime_limit_share=limit, room_bytes=limit * rate / 8 * DAY, always_on_power_w=always_on, microphone_j=parts["microphone"],
        thinking_j=parts["thinking"], radio_bytes_j=parts["radio bytes"], wakeups_j=parts["wake-ups"], day_j=day_j,
        battery_j=data["battery_j"]["value"], visit_days=visit, budget_j=data["battery_j"]["value"] / visit, life_s=life,
        binding=max(parts, key=parts.get), state=state, detections=detections,
        sources={
            "radio_power_w": source_of(wire["power_w"]), "radio_bit_per_s": source_of(wire["bit_per_s"]), "wake_energy_j": source_of(wire["wake_j"]),
            "airtime_limit_share": source_of(wire["airtime_limit_share"]), "active_power_w": source_of(data["active_power_w"]),
            "battery_j": source_of(data["battery_j"]), "visit_days": source_of(data["visit_days"]), "always_on_power_w": source_of(data["microphone_power_w"]),
            "run_operations": model.source("operations_per_item"), "recorded_bytes": source_of(data["audio_bytes_per_s"]),
            "message_bytes": source_of(data["audio_bytes_per_s" if streaming else f"{policy}_bytes"]),
        },
    )  # fmt: skip


def battery_life_s(duty_share) -> float:
    """Seconds that the two cells last if the microcontroller computes this share of the time and nothing is sent.

    >>> round(battery_life_s(0.5) / 86400, 1)
    50.2
    """
    data = load("sensor_node.json")
    asleep = data["microphone_power_w"]["value"] + data["sleep_power_w"]["value"]
    return data["battery_j"]["value"] / (asleep + single(fraction, "duty_share", duty_share) * data["active_power_w"]["value"])


@lru_cache(maxsize=64)
def _month(calls_per_h: float, false_per_h: float, days: int) -> tuple[tuple[float, bool], ...]:
    """Detections hour by hour: one draw for the number of true calls, one for false wakes (none for a mean of 0).

    Within an hour the detections are spread evenly, for the picture only.
    """
    rng, found = random.Random(SEED), []
    for hour in range(24 * days):
        kinds = [True] * _poisson(rng, calls_per_h) + [False] * _poisson(rng, false_per_h)
        found.extend(((hour + (i + 0.5) / len(kinds)) * HOUR, wanted) for i, wanted in enumerate(kinds))
    return tuple(found)


def _poisson(rng, mean: float) -> int:
    """A Poisson number by inversion of one draw."""
    if mean == 0:
        return 0
    u, k, term = rng.random(), 0, math.exp(-mean)
    below = term
    while u > below and term > 0:
        k += 1
        term *= mean / k
        below += term
    return k
