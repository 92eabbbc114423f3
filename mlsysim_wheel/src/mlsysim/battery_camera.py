r"""A camera on a cell: which compressed network fits the board, answers in time, is right often enough, and lasts.

The camera sleeps, wakes for one picture every minute, classifies it on the XIAO ESP32S3, and sleeps again.
Source: data/tiny_camera.json; accuracies from data/convnet_top1.json.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import convnet
from mlsysim._datafile import load, source_of
from mlsysim.errors import named, positive
from mlsysim.microcontroller import OnBoard, on_board
from mlsysim.quantity import quantity, sources
from mlsysim.units import DAY

BOARD = "xiao_esp32s3"


@dataclass(frozen=True, slots=True)
class BatteryCamera:
    """One network on the camera: memory, latency, accuracy and days on a cell."""

    model: str = quantity(r"\text{network}", "", doc="MobileNetV1, width and side")
    on_board: OnBoard = quantity("", "")
    arena_bytes: float = quantity("M", "B", source="as on the board", doc="peak of working memory")
    flash_bytes: float = quantity("F", "B", source="as on the board")
    latency_s: float = quantity("T", "s", source="as on the board")
    frame_j: float = quantity("E", "J", source="as on the board", doc="a picture")
    published_top1_share: float = quantity("a_0", "share", doc="ImageNet top-1 without pruning", source="TensorFlow Slim mobilenet_v1.md (read 2026-11-25)")
    lost_top1_share: float = quantity("d", "share", doc="top-1 lost to pruning")
    top1_share: float = quantity("a", "share", formula="<published_top1_share> - <lost_top1_share>", source="definition")
    frames_per_day: float = quantity("n", "1", doc="one a minute")
    sleep_power_w: float = quantity("P_s", "W")
    sleep_day_j: float = quantity("E_s", "J", formula=r"<sleep_power_w> \cdot 86400\,\text{s}", source="power times time", doc="a day")
    day_j: float = quantity("E_d", "J", formula=r"<frames_per_day> \cdot <frame_j> + <sleep_day_j>", source="sum")
    cell_j: float = quantity(r"E_\mathrm{cell}", "J")
    life_s: float = quantity("L", "s", formula=r"\frac{<cell_j>}{<day_j>} \cdot 86400\,\text{s}", source="energy over power; 0 where it cannot run")
    sources: dict = sources()


def models() -> tuple[str, ...]:
    """Names of the networks: "<width>/<side>", the sixteen published pairs."""
    table = load("convnet_top1.json")["mobilenet_v1"]
    return tuple(f"{w:g}/{r}" for w in table["widths"] for r in table["resolutions"])


def battery_camera(model="0.5/160", precision="fp32", prune_where="none", prune_share=0.5, sram_limit_bytes=330e3) -> BatteryCamera:
    """The camera with MobileNetV1 `model` ("0.5/160": width and side), numbers and pruning as in `microcontroller.on_board`;
    `sram_limit_bytes` of fast memory are free for the arena.

    Raises UnknownName for a network without a published accuracy, OutOfRange or WrongType for the rest.

    >>> c = battery_camera("0.75/128", "int8", "late", 0.3)
    >>> round(c.top1_share, 3), round(c.latency_s, 3), round(c.life_s / 86400, 1)
    (0.589, 0.59, 36.9)
    """
    named("network with a published accuracy", model, models())
    width, side = float(model.split("/")[0]), int(model.split("/")[1])
    r = on_board(width, side, precision, prune_where, prune_share, board=BOARD, sram_bytes=positive("sram_limit_bytes", sram_limit_bytes))
    data = load("tiny_camera.json")
    entry, lost = data["boards"][BOARD], data["lost_top1"]
    published = convnet.top1("mobilenet_v1", width=width, resolution=side, precision="int8" if precision == "int8" else "float")
    gone = lost[prune_where] * r.prune_share / 0.5
    frames, asleep, cell = DAY / data["frame_every_s"]["value"], entry["sleep_power_w"]["value"], data["cell_j"]["value"]
    day = frames * r.energy_j + asleep * DAY
    return BatteryCamera(
        model=model, on_board=r, arena_bytes=r.arena_bytes, flash_bytes=r.flash_bytes, latency_s=r.latency_s, frame_j=r.energy_j,
        published_top1_share=published, lost_top1_share=gone, top1_share=round(published - gone, 9),  # 57.7 − 1.2 is 56.5, also in binary
        frames_per_day=frames, sleep_power_w=asleep, sleep_day_j=asleep * DAY, day_j=day, cell_j=cell, life_s=cell / day * DAY,
        sources={
            "lost_top1_share": source_of(lost), "frames_per_day": source_of(data["frame_every_s"]), "sleep_power_w": source_of(entry["sleep_power_w"]),
            "cell_j": source_of(data["cell_j"]),
        },
    )  # fmt: skip
