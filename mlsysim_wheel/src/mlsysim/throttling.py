r"""A passively cooled board: power warms it, and above a trip temperature it lowers its clock.

Each second, with f as the share of the full clock: P = P₀ + (P₁ − P₀)·f³, then T += (P − (T − T_amb)/R)/C. Above the trip
temperature f falls by a step, below the resume temperature it rises by one. R is the thermal resistance from chip to air,
C the heat capacity. One lump of heat; a real board has several, and heats up faster at first.
Source: Newton's law of cooling; dynamic power f·V² with V in proportion to f (Horowitz and Hill 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import instance, number, positive, whole
from mlsysim.quantity import quantity, series, sources

FILE = "measurement/camera_boxes.json"
OVERHEATED, THROTTLED, COOL, SLOWED = "too hot", "throttled", "full speed", "slowed down"
_REPLAY = "simulated second by second"
_SHOWN_S = 10


@dataclass(frozen=True, slots=True)
class Watch:
    """Twenty minutes of full work, second by second."""

    ambient_c: float = quantity(r"T_{amb}", "°C")
    resistance_k_per_w: float = quantity("R", "K/W", doc="chip to air")
    full_power_w: float = quantity("P_1", "W", doc="at full speed")
    run_s: float = quantity("d", "s", doc="how long the tester watches")
    trip_c: float = quantity(r"T_{trip}", "°C")
    steady_c: float = quantity(
        r"T_\infty", "°C", formula=r"<ambient_c> + <full_power_w> \cdot <resistance_k_per_w>", source="Newton's law of cooling",
        doc="where it would settle without a limit",
    )
    burst_share: float = quantity("f_{60}", "share", source=_REPLAY, doc="mean speed of the first minute")
    sustained_share: float = quantity(r"f_\infty", "share", source=_REPLAY, doc="mean speed of the last five of twenty minutes")
    run_share: float = quantity("f_d", "share", source=_REPLAY, doc="mean speed over the run: what the tester reports")
    overstated: float = quantity(r"f_d/f_\infty", "×", formula=r"\frac{<run_share>}{<sustained_share>}", source="definition", doc="reported over sustained")
    first_throttle_s: float = quantity("t_1", "s", source=_REPLAY, doc="first second with a lower clock; the length of the watch if there is none")
    burst_energy_j: float = quantity("E_{60}", "J", source=_REPLAY, doc="per second of full-speed work, first minute")
    sustained_energy_j: float = quantity(r"E_\infty", "J", source=_REPLAY, doc="per second of full-speed work, last five minutes")
    energy_per_inference_ratio: float = quantity(
        r"E_\infty/E_{60}", "×", formula=r"\frac{<sustained_energy_j>}{<burst_energy_j>}", source="definition",
        doc="energy of one inference, last minutes over the first",
    )
    best_remedy: str = quantity(r"\text{best}", "", source="highest sustained speed among four changes, each simulated; equals joined by +")
    state: str = quantity(r"\text{state}", "", source="temperature at the lowest clock against the trip; sustained speed against the limit and against 1")
    speeds: tuple = series("share", doc="(time in s, speed)")
    scores: tuple = series("share", doc="(run length in s, mean speed so far)")
    temperatures: tuple = series("°C", doc="(time in s, temperature)")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class Trace:
    """The seconds of a watch."""

    speeds: tuple = series("share", doc="speed during each second")
    powers_w: tuple = series("W", doc="power during each second")
    temperatures_c: tuple = series("°C", doc="temperature at the end of each second")
    first_throttle_s: float = quantity("t_1", "s", source=_REPLAY, doc="first second with a lower clock; the length of the watch if there is none")
    sources: dict = sources()


def trace(ambient_c, resistance_k_per_w, full_power_w=None, seconds=None) -> Trace:
    """Speed, power and temperature for so many seconds (None: twenty minutes) of full work; starts at idle temperature.

    Ambient in °C (−40 … 70), resistance in K/W, power in W (None: that of the data, never below idle). A steady state that
    is hotter than the trip at the lowest clock is returned as it is. Errors: OutOfRange, WrongType.

    >>> t = trace(35, 9)
    >>> t.speeds[0], round(max(t.temperatures_c), 1)
    (1.0, 81.1)
    """
    ambient, resistance, power = _checked(ambient_c, resistance_k_per_w, full_power_w)
    return _trace(ambient, resistance, power, whole("seconds", load(FILE)["watch_s"]["value"] if seconds is None else seconds, high=86_400))


def mean_speed(found: Trace, first_s: int, last_s: int) -> float:
    """Mean share of the full speed over the seconds first_s … last_s of a trace (last not included). Errors: OutOfRange.

    >>> round(mean_speed(trace(35, 9), 900, 1200), 3)
    0.671
    """
    instance("found", found, Trace, "a result of trace")
    last = whole("last_s", last_s, high=len(found.speeds))
    first = whole("first_s", first_s, low=0, high=last - 1)
    return math.fsum(found.speeds[first:last]) / (last - first)


def watch(ambient_c=35.0, resistance_k_per_w=9.0, run_s=60.0, full_power_w=None) -> Watch:
    """What a test of `run_s` seconds (1 … 1,200) reports, and what remains after a quarter of an hour.

    `best_remedy` is the change with the highest sustained speed: "resistance" (2 K/W less), "ambient" (10 K cooler), "power" (2 W
    less at full speed), "longer run"; equals are joined by "+"; "nothing" if it never slows down. Arguments as in `trace`.
    Source: Newton's law of cooling; constants illustrative.

    >>> w = watch()
    >>> round(w.burst_share, 3), round(w.sustained_share, 3), w.first_throttle_s
    (1.0, 0.671, 91.0)
    """
    ambient, resistance, power = _checked(ambient_c, resistance_k_per_w, full_power_w)
    return _watch(ambient, resistance, power, whole("run_s", run_s, high=load(FILE)["watch_s"]["value"]))


def steady_c(ambient_c, power_w, resistance_k_per_w) -> float:
    """Temperature at which a board settles at constant power, °C: T_amb + P·R. Errors: OutOfRange.

    >>> steady_c(35, 9, 4)
    71.0
    """
    rise = single(positive, "power_w", power_w, high=1e6) * single(positive, "resistance_k_per_w", resistance_k_per_w, high=1e3)
    return single(number, "ambient_c", ambient_c, low=-40.0, high=70.0) + rise


def _checked(ambient_c, resistance_k_per_w, full_power_w) -> tuple[float, float, float]:
    board = load(FILE)["board"]
    power = board["full_power_w"]["value"] if full_power_w is None else full_power_w
    return (
        single(number, "ambient_c", ambient_c, low=-40.0, high=70.0),
        single(positive, "resistance_k_per_w", resistance_k_per_w, high=1e3),
        single(number, "full_power_w", power, low=board["idle_power_w"]["value"], high=1e3),
    )


@lru_cache(maxsize=256)
def _trace(ambient: float, resistance: float, full_power: float, seconds: int) -> Trace:
    board = {name: entry["value"] for name, entry in load(FILE)["board"].items()}
    idle, step, lowest = board["idle_power_w"], board["clock_step"], board["lowest_clock"]
    trip, resume, exponent = board["trip_c"], board["resume_c"], board["power_exponent"]
    leak, per_j, swing = 1.0 / resistance, 1.0 / board["heat_capacity_j_per_k"], full_power - idle
    f, t, first = 1.0, ambient + idle * resistance, seconds
    speeds, powers, temperatures = [], [], []
    for second in range(seconds):
        power = idle + swing * f**exponent
        t += (power - (t - ambient) * leak) * per_j
        speeds.append(f)
        powers.append(power)
        temperatures.append(t)
        if t > trip:
            f = max(lowest, f - step)
            first = min(first, second)
        elif t < resume:
            f = min(1.0, f + step)
    return Trace(tuple(speeds), tuple(powers), tuple(temperatures), float(first))


@lru_cache(maxsize=256)
def _sustained(ambient: float, resistance: float, power: float) -> float:
    data = load(FILE)
    length = data["watch_s"]["value"]
    return mean_speed(_trace(ambient, resistance, power, length), length - data["sustained_s"]["value"], length)


@lru_cache(maxsize=256)
def _watch(ambient: float, resistance: float, power: float, run_s: int) -> Watch:
    data, board = load(FILE), load(FILE)["board"]
    length, burst_s, late = data["watch_s"]["value"], data["burst_s"]["value"], data["sustained_s"]["value"]
    found = _trace(ambient, resistance, power, length)
    sustained = _sustained(ambient, resistance, power)
    cooler = {
        "resistance": _sustained(ambient, max(0.5, resistance - 2), power),
        "ambient": _sustained(ambient - 10, resistance, power),
        "power": _sustained(ambient, resistance, max(board["idle_power_w"]["value"], power - 2)),
        "longer run": sustained,
    }
    energy = [math.fsum(found.powers_w[a:b]) / math.fsum(found.speeds[a:b]) for a, b in ((0, burst_s), (length - late, length))]
    at = list(range(0, length, _SHOWN_S)) + [length - 1]
    hot = found.speeds[-1] <= board["lowest_clock"]["value"] and found.temperatures_c[-1] > board["trip_c"]["value"]
    total, scores = 0.0, []
    for second, f in enumerate(found.speeds, 1):
        total += f
        if second % _SHOWN_S == 0:
            scores.append((float(second), total / second))
    return Watch(
        ambient_c=ambient, resistance_k_per_w=resistance, full_power_w=power, run_s=float(run_s), trip_c=board["trip_c"]["value"],
        steady_c=ambient + power * resistance, burst_share=mean_speed(found, 0, burst_s), sustained_share=sustained,
        run_share=mean_speed(found, 0, run_s), overstated=mean_speed(found, 0, run_s) / sustained, first_throttle_s=found.first_throttle_s,
        burst_energy_j=energy[0], sustained_energy_j=energy[1], energy_per_inference_ratio=energy[1] / energy[0],
        best_remedy="nothing" if sustained == 1.0 else "+".join(name for name, f in cooler.items() if f > max(cooler.values()) - 1e-3),
        state=OVERHEATED if hot else THROTTLED if sustained < data["throttled_below_share"]["value"] else COOL if sustained == 1.0 else SLOWED,
        speeds=tuple((float(s), found.speeds[s]) for s in at), scores=tuple(scores), temperatures=tuple((float(s), found.temperatures_c[s]) for s in at),
        sources={"trip_c": source_of(board["trip_c"]), "state": source_of(data["throttled_below_share"])},
    )  # fmt: skip
