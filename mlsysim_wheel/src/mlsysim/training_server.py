"""The server around one A100: cores, disk, stored format and memory against the GPU's time, the network and the bill.

The cache's exact hit share goes into the pipeline's events. A stored copy (anything but the originals) is made anew whenever the
crop changes: all images are read, decoded as JPEG and written, and the GPU waits. Prices a core, a disk and a GB of memory, and
the accuracy that smaller images lose, are illustrative. Sources: mlsysim.pipeline_data, mlsysim.epoch_cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, epoch_cache, pipeline_data
from mlsysim._single import single
from mlsysim.errors import non_negative, one_of, whole
from mlsysim.quantity import quantity, sources
from mlsysim.units import DAY, GB

GPU = "a100"
_PRICES = {250e6: "disk_250_mb_s", 1e9: "disk_1000_mb_s", 3e9: "disk_3000_mb_s"}


@dataclass(frozen=True, slots=True)
class TrainingServer:
    """A training server for an average day: what its GPU gets, what the network carries, what it costs."""

    cores: int = quantity("w", "1")
    disk_bytes_per_s: float = quantity("B", "B/s")
    stored: str = quantity(r"\text{format}", "")
    memory_bytes: float = quantity("M", "B", doc="for the cache")
    policy: str = quantity(r"\text{policy}", "", doc="lru or pinned, under a new shuffle each epoch")
    crop_changes_per_day: int = quantity("c", "1", doc="the stored copy is made anew that often")
    stored_bytes: float = quantity("S", "B", source="images times the size of one")
    cache_share: float = quantity("f", "share", formula=r"\min(1, \frac{<memory_bytes>}{<stored_bytes>})", source="definition")
    hit_share: float = quantity("h", "share", source="mlsysim.epoch_cache, exact for large sets")
    images_per_s: float = quantity("r", "images/s", source="mlsysim.pipeline_data, discrete events")
    gpu_per_s: float = quantity("G", "images/s")
    rebuild_s: float = quantity("t_c", "s", source="the slower of decoding all JPEG files and of reading them and writing the copy", doc="0 for the originals")
    rebuild_share: float = quantity(
        "q", "share", formula=r"\min(1, \frac{<crop_changes_per_day> \cdot <rebuild_s>}{86400})", source="definition", doc="of the day, while the GPU waits"
    )
    gpu_share: float = quantity(
        r"\eta", "share", formula=r"\frac{<images_per_s>}{<gpu_per_s>} (1 - <rebuild_share>)", source="definition", doc="of the day, the GPU trains"
    )
    network_bytes_per_s: float = quantity("b", "B/s", source="(1 − h)·size·images/s", doc="read from the disk while it trains")
    loss_points: float = quantity(r"\Delta a", "points", doc="of accuracy, against the originals")
    core_usd_per_h: float = quantity("p_w", "$", doc="a core, an hour")
    disk_usd_per_h: float = quantity("p_B", "$", doc="an hour")
    memory_usd_per_gb_h: float = quantity("p_M", "$", doc="a GB, an hour")
    cost_usd_per_h: float = quantity(
        "C",
        "$",
        formula=r"<cores> <core_usd_per_h> + <disk_usd_per_h> + \frac{<memory_bytes>}{10^9} <memory_usd_per_gb_h>",
        source="sum",
        doc="an hour, besides the GPU",
    )
    sources: dict = sources()


def study_server(
    cores: int = 12, disk_bytes_per_s: float = 250e6, stored: str = "jpeg", memory_bytes: float = 64e9, policy: str = "lru", crop_changes_per_day: int = 1
) -> TrainingServer:
    """One A100 on ImageNet-1k with this server around it. Errors: UnknownName, OutOfRange.

    >>> s = study_server()
    >>> f"{s.gpu_share:.3f} {s.hit_share:.3f} {s.cost_usd_per_h:.2f}"
    '0.495 0.129 0.85'
    """
    kept = pipeline_data.stored_format(stored)
    cores, disk = whole("cores", cores, high=100), one_of("disk_bytes_per_s", disk_bytes_per_s, pipeline_data.DISKS)
    memory = single(non_negative, "memory_bytes", memory_bytes, high=1e15)
    policy = one_of("policy", policy, epoch_cache.POLICIES)
    return _study(cores, disk, kept.name, memory, policy, whole("crop_changes_per_day", crop_changes_per_day, low=0, high=1000))


@lru_cache(maxsize=4096)
def _study(cores: int, disk: float, stored: str, memory: float, policy: str, changes: int) -> TrainingServer:
    kept, jpeg, data = pipeline_data.stored_format(stored), pipeline_data.stored_format("jpeg"), catalog.dataset(pipeline_data.DATASET)
    size, rate = data.items * kept.item_bytes, pipeline_data.gpu_rate(GPU)
    share = min(1.0, memory / size)
    hit = epoch_cache.hit_share(share, policy)
    run = pipeline_data.deliver(rate, cores, disk, kept.item_bytes, kept.decode_per_core_per_s, hit)
    rebuild = 0.0 if kept is jpeg else max(data.items / (cores * jpeg.decode_per_core_per_s), (data.stored_bytes + size) / disk)
    lost = min(1.0, changes * rebuild / DAY)
    core, drive, gigabyte = (catalog.price(name) for name in ("cpu_core", _PRICES[disk], "memory_gb"))
    return TrainingServer(
        cores=cores,
        disk_bytes_per_s=disk,
        stored=kept.title,
        memory_bytes=memory,
        policy=policy,
        crop_changes_per_day=changes,
        stored_bytes=size,
        cache_share=share,
        hit_share=hit,
        images_per_s=run.images_per_s,
        gpu_per_s=rate,
        rebuild_s=rebuild,
        rebuild_share=lost,
        gpu_share=run.gpu_share * (1 - lost),
        network_bytes_per_s=(1 - hit) * kept.item_bytes * run.images_per_s,
        loss_points=float(kept.loss_points),
        core_usd_per_h=core.usd,
        disk_usd_per_h=drive.usd,
        memory_usd_per_gb_h=gigabyte.usd,
        cost_usd_per_h=cores * core.usd + drive.usd + memory / GB * gigabyte.usd,
        sources={
            "core_usd_per_h": f"{core.title}, illustrative",
            "disk_usd_per_h": f"{drive.title}, illustrative",
            "memory_usd_per_gb_h": f"{gigabyte.title}, illustrative",
        }
        | {"loss_points": kept.sources["loss_points"], "gpu_per_s": "NVIDIA DeepLearningExamples, 2021"},
    )
