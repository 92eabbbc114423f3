r"""A network on a microcontroller: where its memory peaks, whether it fits, how long a picture takes.

A layer needs its inputs and its outputs in memory at the same time; the largest such sum is the arena. Weights stay in
flash. The arena goes to fast memory on the chip (SRAM) if it fits, else to slower memory beside it (PSRAM), else nowhere.
Source: Lin et al., MCUNet, NeurIPS 2020 (peak memory); rates from measured runs, data/tiny_camera.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import convnet
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.catalog_entries import BYTES_OF_FORMAT
from mlsysim.errors import named, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

PRUNE = {"none": (), "early": range(4), "late": range(8, 14), "uniform": range(14)}  # blocks of MobileNetV1 that lose channels
KERNELS = ("reference", "vector")
MOST_PRUNED = 0.5
SRAM, PSRAM, NOWHERE = "SRAM", "PSRAM", "nowhere"
_LAYERS = "layer by layer (mlsysim.convnet)"


@dataclass(frozen=True, slots=True)
class OnBoard:
    """MobileNetV1 on a board: memory, flash, time and energy of one picture."""

    board: str = quantity(r"\text{board}", "")
    width: float = quantity(r"\alpha", "1", doc="width multiplier")
    resolution: int = quantity("r", "1", doc="side of the picture in pixels")
    precision: str = quantity(r"\text{numbers}", "")
    prune_where: str = quantity(r"\text{pruned}", "")
    prune_share: float = quantity("p", "share", doc="of the channels of the pruned blocks; 0 without pruning")
    macs: int = quantity("O", "MAC", source=_LAYERS)
    parameters: int = quantity("N", "1", source=_LAYERS)
    value_bytes: float = quantity("b", "B", source="4 for fp32, 1 for int8")
    arena_elements: int = quantity("A", "1", source="largest input + output of a layer")
    arena_bytes: float = quantity("M", "B", formula=r"<arena_elements> \cdot <value_bytes>", source="definition", doc="peak of working memory")
    peak_layer: str = quantity(r"\text{peak}", "", source="largest of the layers")
    sram_bytes: float = quantity(r"M_\mathrm{max}", "B", doc="fast memory for the arena")
    place: str = quantity(r"\text{arena in}", "", source="SRAM if it fits, else PSRAM, else nowhere")
    flash_bytes: float = quantity("F", "B", formula=r"<parameters> \cdot <value_bytes>", source="definition")
    flash_limit_bytes: float = quantity(r"F_\mathrm{max}", "B")
    clock_hz: float = quantity("f", "Hz")
    macs_per_cycle: float = quantity("m", "1", doc="of these kernels, in SRAM")
    memory_speed: float = quantity("v", "1", doc="share of that speed where the arena is")
    latency_s: float = quantity(
        "T", "s", formula=r"\frac{<macs>}{<macs_per_cycle> \cdot <clock_hz> \cdot <memory_speed>}", source="definition of a rate; ∞ where it cannot run"
    )
    run_power_w: float = quantity("P", "W")
    energy_j: float = quantity("E", "J", formula=r"<run_power_w> \cdot <latency_s>", source="power times time", doc="a picture")
    early_parameters: float = quantity("n_e", "share", source=_LAYERS, doc="parameters that go with half the channels of blocks 0 to 3, nothing else pruned")
    early_arena: float = quantity("a_e", "share", source=_LAYERS, doc="arena that goes with them")
    late_parameters: float = quantity("n_l", "share", source=_LAYERS, doc="parameters that go with half the channels of blocks 8 to 13")
    late_arena: float = quantity("a_l", "share", source=_LAYERS, doc="arena that goes with them")
    best_change: str = quantity(
        r"\text{best}", "", doc="int8, early, late, classes or none", source="largest fall of the arena, one thing changed; none below 1 %"
    )
    state: str = quantity(r"\text{state}", "", source="comparison with flash and memory", doc="flash, nowhere, slow memory or ok")
    layers: tuple[tuple[str, float, float], ...] = series("B", doc="layer, working memory, bytes of parameters")
    pruned_layers: tuple[str, ...] = series("", doc="layers of the blocks that lose channels")
    sources: dict = sources()


def boards() -> dict[str, str]:
    """Names of the boards with their words."""
    return {name: entry["label"] for name, entry in load("tiny_camera.json")["boards"].items()}


def on_board(
    width=0.5, resolution=160, precision="fp32", prune_where="none", prune_share=0.5, kernels="vector", board="xiao_esp32s3", classes=1000, *, sram_bytes=None
) -> OnBoard:
    """MobileNetV1 on a microcontroller.

    `width` in (0, 4], `resolution` 32 to 1024 pixels, `precision` fp32 or int8; `prune_where` none, early (blocks 0–3), late
    (8–13) or uniform removes `prune_share` (0 to 0.5) of the channels there. `kernels` (reference, vector) matter for int8 on
    the ESP32-S3. `sram_bytes` replaces what the board leaves for the arena. Raises UnknownName, OutOfRange or WrongType otherwise.

    >>> r = on_board(0.5, 160, "int8")
    >>> round(r.arena_bytes / 1e3), r.peak_layer, r.place, round(r.latency_s, 2), round(r.early_arena, 2)
    (307, 'pointwise 1', 'SRAM', 0.55, 0.5)
    """
    one_of("precision", precision, ("fp32", "int8"))
    one_of("prune_where", prune_where, PRUNE)
    one_of("kernels", kernels, KERNELS)
    share = single(number, "prune_share", prune_share, low=0.0, high=MOST_PRUNED)
    known = load("tiny_camera.json")["boards"]
    named("board", board, known)
    whole("classes", classes, high=10**6)
    fast = known[board]["sram_bytes"]["value"] if sram_bytes is None else single(positive, "sram_bytes", sram_bytes, high=1e12)
    _network(width, resolution, "none", 0.0, classes)  # checks width and resolution before the cache compares them
    return _on_board(float(width), int(resolution), precision, prune_where, share if prune_where != "none" else 0.0, kernels, board, int(classes), fast)


def layers_holding(share, width=0.5) -> int:
    """How many layers from the first one on hold this share of the parameters of MobileNetV1 together.

    >>> layers_holding(0.01), layers_holding(0.5), layers_holding(1.0)
    (9, 27, 28)
    """
    share, net = single(number, "share", share, low=0.0, high=1.0), convnet.mobilenet_v1(width)
    held = 0
    for n, weights in enumerate(net.weights_by_layer, start=1):
        held += weights
        if held >= share * net.weights * (1 - 1e-12):
            return n
    return net.layer_count


def mobilenet_arena_bytes(width, resolution) -> float:
    """Arena of MobileNetV1 in int8, one byte a value.

    >>> mobilenet_arena_bytes(0.5, 192)
    442368.0
    """
    return float(convnet.mobilenet_v1(width, resolution).peak_activation_elements)


@lru_cache(maxsize=1024)
def _on_board(width, resolution, precision, where, share, kernels, board, classes, fast) -> OnBoard:
    entry = load("tiny_camera.json")["boards"][board]
    net, value_bytes = _network(width, resolution, where, share, classes), BYTES_OF_FORMAT[precision]
    arena, flash = net.peak_activation_elements * value_bytes, net.weights * value_bytes
    get = lambda key: entry[key]["value"]  # noqa: E731 - eight short look-ups
    place = SRAM if arena <= fast else PSRAM if arena <= get("psram_bytes") else NOWHERE
    rate, rate_source = _rate(entry, precision, kernels)
    speed = get("psram_speed") if place == PSRAM else 1.0
    runs = place != NOWHERE and flash <= get("flash_bytes")
    latency = net.macs / (rate * get("clock_hz") * speed) if runs else math.inf
    state = "flash" if flash > get("flash_bytes") else {SRAM: "ok", PSRAM: "slow memory", NOWHERE: "nowhere"}[place]
    base = _network(width, resolution, "none", 0.0, classes)
    gone = {w: _network(width, resolution, w, MOST_PRUNED, classes) for w in ("early", "late")}
    less = lambda w, field: 1 - getattr(gone[w], field) / getattr(base, field)  # noqa: E731 - four uses below
    changes = {
        "int8": _arena(width, resolution, where, share, classes) * BYTES_OF_FORMAT["int8"],
        "early": _arena(width, resolution, "early", MOST_PRUNED, classes) * value_bytes,
        "late": _arena(width, resolution, "late", MOST_PRUNED, classes) * value_bytes,
        "classes": _arena(width, resolution, where, share, 2) * value_bytes,
    }
    best = min(changes, key=changes.get)
    return OnBoard(
        board=board, width=width, resolution=resolution, precision=precision, prune_where=where, prune_share=share, macs=net.macs, parameters=net.weights,
        value_bytes=value_bytes, arena_elements=net.peak_activation_elements, arena_bytes=arena, peak_layer=net.peak_layer, sram_bytes=fast,
        place=place, flash_bytes=flash, flash_limit_bytes=get("flash_bytes"), clock_hz=get("clock_hz"), macs_per_cycle=rate, memory_speed=speed,
        latency_s=latency, run_power_w=get("run_power_w"), energy_j=get("run_power_w") * latency, early_parameters=less("early", "weights"),
        early_arena=less("early", "peak_activation_elements"), late_parameters=less("late", "weights"), late_arena=less("late", "peak_activation_elements"),
        best_change=best if changes[best] < 0.99 * arena else "none", state=state,
        layers=tuple(
            (layer.name, elements * value_bytes, layer.weights * value_bytes)
            for layer, elements in zip(net.layers, net.activation_elements_by_layer, strict=True)
        ),
        pruned_layers=tuple(layer.name for layer in net.layers if share and layer.block in PRUNE[where]),
        sources={
            "sram_bytes": source_of(entry["sram_bytes"]), "flash_limit_bytes": source_of(entry["flash_bytes"]), "clock_hz": source_of(entry["clock_hz"]),
            "macs_per_cycle": rate_source, "memory_speed": source_of(entry["psram_speed"]), "run_power_w": source_of(entry["run_power_w"]),
        },
    )  # fmt: skip


def _network(width, resolution, where, share, classes) -> convnet.Network:
    kept = None if where == "none" or share == 0 else tuple(1 - share if b in PRUNE[where] else 1.0 for b in range(14))
    return convnet.mobilenet_v1(width, resolution, classes, kept=kept)


def _arena(width, resolution, where, share, classes) -> int:
    return _network(width, resolution, where, share, classes).peak_activation_elements


def _rate(entry, precision, kernels) -> tuple[float, str]:
    """Multiply-adds a cycle in SRAM. Where a whole run was measured, its multiply-adds over its cycles."""
    if precision == "fp32":
        return entry["fp32_macs_per_cycle"]["value"], source_of(entry["fp32_macs_per_cycle"])
    if "int8_macs_per_cycle" in entry:
        return entry["int8_macs_per_cycle"]["value"], source_of(entry["int8_macs_per_cycle"])
    measured = entry[f"int8_{kernels}_s"]
    person_detection = convnet.mobilenet_v1(0.25, 96, 2).macs
    return person_detection / (measured["value"] * entry["clock_hz"]["value"]), source_of(measured)
