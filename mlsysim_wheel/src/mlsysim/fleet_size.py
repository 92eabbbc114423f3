"""How many GPUs a training run needs, and why: the state must fit, and the work must end in time.

Adam in 16-bit mixed precision holds 16 bytes a parameter, divided over all GPUs; training asks 6P + 12·L·h·s FLOP a token.
Both grow with the parameters, so which of the two asks for more GPUs is decided by the tokens, not by the size of the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.training_memory import training_state
from mlsysim.units import HOUR

_FILE = "training/large_fleets.json"
DEVICES = ("a100_sxm_80gb", "h100_sxm", "b200")
WALLS = ("one", "memory", "time")
_TOKENS, _PARAMETERS = (1e9, 3e13), (1e9, 1e12)
_CELLS = (60, 40)


@dataclass(frozen=True, slots=True)
class FleetSize:
    """The GPUs that a run needs, with the map of what decides over tokens and parameters."""

    model: str = quantity(r"\text{model}", "")
    device: str = quantity(r"\text{device}", "")
    parameters: float = quantity("P", "1")
    tokens: float = quantity("D", "tokens")
    deadline_s: float = quantity("T", "s")
    mfu_share: float = quantity(r"\eta", "share", doc="of the peak that the run reaches")
    attention_flop: float = quantity("a", "FLOP", source="12·L·h·s (Narayanan et al., SC21)", doc="attention, a token")
    flop_per_token: float = quantity(
        "f", "FLOP", formula=r"6 \cdot <parameters> + <attention_flop>", source="Narayanan et al., SC21; forward and backward pass"
    )
    peak_flop_per_s: float = quantity("R", "FLOP/s")
    state_bytes: float = quantity("M_s", "B", formula=r"16 \cdot <parameters>", source="Rajbhandari et al. 2020")
    usable_bytes: float = quantity("M", "B", doc="of a GPU's memory for the state; the rest is for activations")
    memory_gpus: int = quantity("N_{mem}", "GPUs", formula=r"\left\lceil \frac{<state_bytes>}{<usable_bytes>} \right\rceil", source="the state must fit")
    gpu_time_s: float = quantity(
        "W", "s", formula=r"\frac{<flop_per_token> \cdot <tokens>}{<peak_flop_per_s> \cdot <mfu_share>}", source="Iron Law", doc="of one GPU for all the work"
    )
    gpu_hours: float = quantity("H", "GPU-h", formula=r"\frac{<gpu_time_s>}{3600}", source="definition")
    time_gpus: int = quantity("N_{time}", "GPUs", formula=r"\left\lceil \frac{<gpu_time_s>}{<deadline_s>} \right\rceil", source="the work must end in time")
    gpus: int = quantity("N", "GPUs", formula=r"\max(<memory_gpus>, <time_gpus>)", source="both must hold")
    boundary_tokens: float = quantity(
        "D^*", "tokens", formula=r"\frac{<state_bytes>}{<usable_bytes>} \cdot \frac{<peak_flop_per_s> \cdot <mfu_share> \cdot <deadline_s>}{<flop_per_token>}",
        source="N_mem = N_time before rounding", doc="tokens from which time asks for more GPUs than memory",
    )  # fmt: skip
    wall: str = quantity(r"\text{wall}", "", source="the larger of both; one: a single GPU is enough", doc="what forces the run onto many GPUs")
    both_doubled: str = quantity(
        r"2P, 2T", "", source="N computed again", doc="the GPUs if model and deadline are twice as large: doubles, grows (by less) or stays"
    )
    published: str = quantity(r"\text{published}", "", source="the run's own report", doc="what the model's own training took")
    map_tokens: tuple[float, ...] = series("tokens", doc="columns of the map")
    map_parameters: tuple[float, ...] = series("1", doc="rows of the map")
    map_walls: tuple[tuple[str, ...], ...] = series("", doc="what decides: one, memory or time, a row for each number of parameters")
    memory_curve: tuple[tuple[float, float], ...] = series("GPUs", doc="(tokens, GPUs for the state)")
    time_curve: tuple[tuple[float, float], ...] = series("GPUs", doc="(tokens, GPUs for the deadline, at least one)")
    published_runs: tuple[tuple[float, float, str], ...] = series("1", doc="(tokens, parameters, name) of published runs")
    sources: dict = sources()


def models() -> dict[str, str]:
    """Models with published training runs, with their titles.

    >>> list(models())
    ['llama2_7b', 'llama2_70b', 'gpt3_175b', 'llama3_405b']
    """
    return {name: catalog.model(name).title for name in load(_FILE)["runs"]}


def token_stops(per_decade: int = 10) -> tuple[float, ...]:
    """Numbers of tokens in even ratios from 1e9 to 3e13, those of the published runs among them.

    >>> 1.56e13 in token_stops(), len(token_stops())
    (True, 48)
    """
    low, high = _TOKENS
    whole("per_decade", per_decade, high=1000)
    even = {float(f"{low * 10 ** (i / per_decade):.2g}") for i in range(math.floor(per_decade * math.log10(high / low)) + 1)}
    return tuple(sorted(even | {high} | {float(run["tokens"]) for run in load(_FILE)["runs"].values()}))


def least_gpus(parameters: float, device: str = "h100_sxm") -> int:
    """GPUs that hold the training state of a model: ⌈16P / (0.8·M)⌉. Errors: OutOfRange, UnknownName. Source: Rajbhandari et al. 2020.

    >>> least_gpus(69e9)
    18
    """
    return math.ceil(_state(single(positive, "parameters", parameters, high=1e18)) / _usable(device))


def fleet_size(
    model: str = "llama2_70b", tokens: float = 2e12, deadline_s: float = 30 * 24 * HOUR, mfu_share: float = 0.4, device: str = "h100_sxm"
) -> FleetSize:
    """GPUs that training a model on `tokens` needs, done within the deadline (seconds), at a share of the GPU's bf16 peak.

    Errors: OutOfRange, UnknownName. Source: Rajbhandari et al. 2020 (state), Narayanan et al., SC21 (FLOP).

    >>> r = fleet_size()
    >>> r.memory_gpus, r.time_gpus, r.wall
    (18, 871, 'time')
    """
    one_of("model", model, load(_FILE)["runs"])
    one_of("device", device, DEVICES)
    return _size(
        model, single(positive, "tokens", tokens, high=1e18), single(positive, "deadline_s", deadline_s, high=1e12),
        single(fraction, "mfu_share", mfu_share, open_low=True), device,
    )  # fmt: skip


def _state(parameters: float) -> float:
    return training_state(parameters, 1, 0).state_bytes


def _usable(device: str) -> float:
    return load(_FILE)["memory_share"]["value"] * catalog.device(device).memory_bytes


@lru_cache(maxsize=1024)
def _size(name: str, tokens: float, deadline: float, mfu: float, device: str) -> FleetSize:
    model, gpu, run, share = catalog.model(name), catalog.device(device), load(_FILE)["runs"][name], load(_FILE)["memory_share"]
    attention = 12.0 * model.shape("layers") * model.shape("hidden") * run["sequence"]
    flop, rate = 6.0 * model.parameters + attention, gpu.peak("bf16") * mfu
    state, usable = _state(model.parameters), _usable(device)
    by_memory, by_time = state / usable, flop * tokens / (rate * deadline)
    memory, time = math.ceil(by_memory), math.ceil(by_time)
    grown = max(math.ceil(2 * by_memory), time) / max(memory, time)  # twice the work in twice the time
    columns, rows = (_even(*_TOKENS, _CELLS[0]), _even(*_PARAMETERS, _CELLS[1]))
    # A cell's attention is in proportion to that of the chosen model; both counts are proportional to the parameters.
    each_memory, each_time = by_memory / model.parameters, by_time / (model.parameters * tokens)
    walls = tuple([tuple([_wall(each_memory * p, each_time * p * d) for d in columns]) for p in rows])
    return FleetSize(
        model=model.title, device=gpu.title, parameters=model.parameters, tokens=tokens, deadline_s=deadline, mfu_share=mfu, attention_flop=attention,
        flop_per_token=flop, peak_flop_per_s=gpu.peak("bf16"), state_bytes=state, usable_bytes=usable, memory_gpus=memory,
        gpu_time_s=flop * tokens / rate, gpu_hours=flop * tokens / rate / HOUR, time_gpus=time, gpus=max(memory, time),
        boundary_tokens=by_memory * tokens / by_time, wall=_wall(by_memory, by_time),
        both_doubled="doubles" if grown > 1.9 else "grows" if grown > 1.02 else "stays", published=run["published"],
        map_tokens=columns, map_parameters=rows, map_walls=walls,
        memory_curve=tuple((d, max(1.0, by_memory)) for d in _TOKENS), time_curve=tuple((d, max(1.0, by_time * d / tokens)) for d in columns),
        published_runs=tuple((r["tokens"], catalog.model(n).parameters, catalog.model(n).title) for n, r in load(_FILE)["runs"].items()),
        sources={
            "parameters": model.source("parameters"), "peak_flop_per_s": gpu.source("peak_flop_per_s"), "published": run["source"],
            "tokens": f"asked; published: {run['source']}",
            "usable_bytes": f"{gpu.source('memory_bytes')}; {share['value']} of it: {source_of(share)}",
        },
    )  # fmt: skip


def _wall(by_memory: float, by_time: float) -> str:
    return "one" if max(by_memory, by_time) <= 1 else "memory" if by_memory >= by_time else "time"


def _even(low: float, high: float, count: int) -> tuple[float, ...]:
    return tuple([low * (high / low) ** (i / (count - 1)) for i in range(count)])
