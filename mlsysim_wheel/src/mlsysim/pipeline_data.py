"""An input pipeline, batch by batch: a disk reads, worker cores decode, one GPU trains, and batches arrive in order.

Batch b belongs to worker b mod w, which holds at most two batches: it starts the next one when it is free and the GPU has
taken batch b − 2w. The disk serves batches in their order; a share of the images may come from memory instead. The GPU takes
batches in their order, so one slow worker makes everybody wait. Decode times vary by ±20 %.
Sources: PyTorch DataLoader documentation (in-order delivery, prefetch_factor 2); Mohan et al. 2021, Analyzing and
Mitigating Data Stalls in DNN Training. Rates: data/input_pipeline.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, named, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

BATCH, BATCHES, SEED = 256, 200, 9
DISKS = (250e6, 1e9, 3e9)  # bytes a second
CHANGES = ("gpu", "cores", "disk", "format")
NOTHING, IDLE, OK = "nothing", "paying for idle", "ok"
DATASET = "imagenet_1k"
_HALF, _WINDOW = 100, 140  # rates: batches 100 to 199; what is drawn: 100 to 139
_MOST_WORKERS = 100  # more would still be working on their first batches when the second half begins
_SIMULATED = "discrete events, second half of 200 batches, at most the slowest stage"


@dataclass(frozen=True, slots=True)
class StoredFormat:
    """A way to keep the images: bytes of one, how fast a core makes it ready, and what it costs in accuracy."""

    name: str
    title: str
    item_bytes: float
    decode_per_core_per_s: float
    loss_points: float
    sources: dict


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a pipeline delivers to its GPU."""

    gpu_per_s: float = quantity("G", "images/s", doc="what the GPU could train on")
    workers: int = quantity("w", "1", doc="cores that decode")
    decode_per_core_per_s: float = quantity("d", "images/s", doc="of one core, on average")
    disk_bytes_per_s: float = quantity("B", "B/s")
    item_bytes: float = quantity("s", "B", doc="of a stored image")
    hit_share: float = quantity("h", "share", doc="images found in memory")
    decode_per_s: float = quantity("R_d", "images/s", formula=r"<workers> \cdot <decode_per_core_per_s>", source="all cores together")
    disk_per_s: float = quantity(
        "R_s", "images/s", formula=r"\frac{<disk_bytes_per_s>}{(1 - <hit_share>) <item_bytes>}", source="rate over size", doc="no limit when all is in memory"
    )
    slowest_per_s: float = quantity(
        "R", "images/s", formula=r"\min(<gpu_per_s>, <decode_per_s>, <disk_per_s>)", source="a pipeline is as fast as its slowest stage"
    )
    images_per_s: float = quantity("r", "images/s", source=_SIMULATED)
    gpu_share: float = quantity(r"\eta", "share", formula=r"\frac{<images_per_s>}{<gpu_per_s>}", source="definition", doc="of its time, the GPU works")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class Feed:
    """One GPU with its pipeline: the epoch, the same with each GPU, and what one change would bring."""

    gpu: str = quantity(r"\text{GPU}", "")
    stored: str = quantity(r"\text{format}", "")
    workers: int = quantity("w", "1", doc="cores that decode")
    decode_per_core_per_s: float = quantity("d", "images/s", doc="of one core, on average")
    item_bytes: float = quantity("s", "B", doc="of a stored image")
    disk_bytes_per_s: float = quantity("B", "B/s")
    gpu_per_s: float = quantity("G", "images/s", doc="what the GPU could train on")
    decode_per_s: float = quantity("R_d", "images/s", formula=r"<workers> \cdot <decode_per_core_per_s>", source="all cores together")
    disk_per_s: float = quantity("R_s", "images/s", formula=r"\frac{<disk_bytes_per_s>}{<item_bytes>}", source="rate over size")
    slowest_per_s: float = quantity(
        "R", "images/s", formula=r"\min(<gpu_per_s>, <decode_per_s>, <disk_per_s>)", source="a pipeline is as fast as its slowest stage"
    )
    slowest: str = quantity(r"\text{slowest}", "", source="the stage with the lowest rate of its own: gpu, cores or disk")
    images_per_s: float = quantity("r", "images/s", source=_SIMULATED)
    gpu_share: float = quantity(r"\eta", "share", formula=r"\frac{<images_per_s>}{<gpu_per_s>}", source="definition", doc="of its time, the GPU works")
    images: int = quantity("N", "images", doc="of an epoch")
    epoch_s: float = quantity("T", "s", formula=r"\frac{<images>}{<images_per_s>}", source="definition of a rate")
    v100_epoch_s: float = quantity("T_V", "s", source=_SIMULATED, doc="the same pipeline with a V100")
    a100_epoch_s: float = quantity("T_A", "s", source=_SIMULATED, doc="the same pipeline with an A100")
    swap_factor: float = quantity(
        r"T_V/T_A", "×", formula=r"\frac{<v100_epoch_s>}{<a100_epoch_s>}", source="definition", doc="how many times sooner after the swap"
    )
    faster_gpu_per_s: float = quantity("r_G", "images/s", source=_SIMULATED, doc="with a GPU twice as fast")
    more_cores_per_s: float = quantity("r_w", "images/s", source=_SIMULATED, doc="with twice the cores")
    faster_disk_per_s: float = quantity("r_B", "images/s", source=_SIMULATED, doc="with the next faster disk")
    raw_per_s: float = quantity("r_s", "images/s", source=_SIMULATED, doc="with raw pixels on this disk")
    best_change: str = quantity(r"\text{best}", "", source="the highest of the four rates; nothing if none gains 2 %")
    blocker: int = quantity("b", "1", doc="the batch that kept the GPU waiting longest, of those drawn")
    blocker_wait_s: float = quantity("t_b", "s", source=_SIMULATED, doc="how long")
    state: str = quantity(r"\text{state}", "", source="paying for idle: the GPU works less than half of the time")
    window_s: float = quantity("t", "s", doc="length of what is drawn: batches 100 to 139 at the GPU")
    epochs: tuple = series("s", doc="(GPU, epoch spent computing, epoch spent waiting), in s")
    reads: tuple = series("s", doc="(batch, start, end) at the disk")
    decodes: tuple = series("s", doc="(batch, worker, start, end)")
    trains: tuple = series("s", doc="(batch, start, end) at the GPU")
    sources: dict = sources()


def gpu_names() -> tuple[str, ...]:
    """Names of the GPUs whose training rate was measured.

    >>> gpu_names()
    ('v100', 'a100')
    """
    return tuple(load("input_pipeline.json")["gpus"])


def format_names() -> tuple[str, ...]:
    """Names that `stored_format` takes.

    >>> format_names()
    ('jpeg', 'small_jpeg', 'raw')
    """
    return tuple(load("input_pipeline.json")["formats"])


def stored_format(name: str = "jpeg") -> StoredFormat:
    """A stored format by name. Errors: UnknownName for another.

    >>> stored_format("jpeg").item_bytes
    108000.0
    """
    named("stored format", name, format_names())
    return _format(name)


@cache
def _format(name: str) -> StoredFormat:
    entry = load("input_pipeline.json")["formats"][name]
    found = {key: entry[key]["value"] for key in ("decode_per_core_per_s", "loss_points")}
    said = {key: source_of(entry[key]) for key in entry if key != "title"}
    if "item_bytes" in entry:
        found["item_bytes"] = float(entry["item_bytes"]["value"])
    else:
        found["item_bytes"] = catalog.dataset(DATASET).item_bytes
        said["item_bytes"] = f"mean of {catalog.dataset(DATASET).title}"
    return StoredFormat(name, entry["title"], sources=said, **found)


def gpu_rate(name: str = "a100") -> float:
    """Images a second on which a GPU trains ResNet-50 when nothing keeps it waiting. Errors: UnknownName for another.

    >>> gpu_rate("a100")
    2470.0
    """
    named("GPU", name, gpu_names())
    return float(load("input_pipeline.json")["gpus"][name]["images_per_s"]["value"])


def deliver(gpu_per_s: float, workers: int, disk_bytes_per_s: float, item_bytes: float, decode_per_core_per_s: float, hit_share: float = 0.0) -> Delivery:
    """What arrives at the GPU, from rates alone; `hit_share` of the images need no disk. Errors: OutOfRange.

    >>> round(deliver(2470, 12, 250e6, 108e3, 110).images_per_s)
    1209
    """
    gpu_per_s = single(positive, "gpu_per_s", gpu_per_s)
    workers = whole("workers", workers, high=_MOST_WORKERS)
    disk_bytes_per_s = single(positive, "disk_bytes_per_s", disk_bytes_per_s)
    item_bytes = single(positive, "item_bytes", item_bytes)
    core = single(positive, "decode_per_core_per_s", decode_per_core_per_s)
    hit_share = single(fraction, "hit_share", hit_share)
    read = (1 - hit_share) * item_bytes
    disk_per_s = disk_bytes_per_s / read if read else float("inf")
    rate = _rate(gpu_per_s, workers, disk_bytes_per_s, item_bytes, core, hit_share)
    return Delivery(
        gpu_per_s,
        workers,
        core,
        disk_bytes_per_s,
        item_bytes,
        hit_share,
        workers * core,
        disk_per_s,
        min(gpu_per_s, workers * core, disk_per_s),
        rate,
        rate / gpu_per_s,
    )


def feed(gpu: str = "a100", workers: int = 12, disk_bytes_per_s: float = 250e6, stored: str = "jpeg") -> Feed:
    """One GPU fed from a disk in `DISKS` by `workers` cores. Errors: UnknownName, OutOfRange.

    >>> f = feed()
    >>> round(f.images_per_s), f"{f.gpu_share:.3f}", f"{f.swap_factor:.2f}", f.best_change
    (1209, '0.489', '1.04', 'cores')
    """
    rate, kept = gpu_rate(gpu), stored_format(stored)
    workers, disk = whole("workers", workers, high=_MOST_WORKERS // 2), one_of("disk_bytes_per_s", disk_bytes_per_s, DISKS)
    return _feed(gpu, rate, workers, disk, kept.name)


@lru_cache(maxsize=512)
def _feed(gpu: str, rate: float, workers: int, disk: float, stored: str) -> Feed:
    kept, data = stored_format(stored), load("input_pipeline.json")["gpus"]
    images = round(catalog.dataset(DATASET).items)
    item, core = kept.item_bytes, kept.decode_per_core_per_s
    now = _rate(rate, workers, disk, item, core, 0.0)
    epochs = {name: images / _rate(gpu_rate(name), workers, disk, item, core, 0.0) for name in gpu_names()}
    raw = stored_format("raw")
    after = (
        _rate(2 * rate, workers, disk, item, core, 0.0),
        _rate(rate, 2 * workers, disk, item, core, 0.0),
        _rate(rate, workers, DISKS[min(DISKS.index(disk) + 1, len(DISKS) - 1)], item, core, 0.0),
        _rate(rate, workers, disk, raw.item_bytes, raw.decode_per_core_per_s, 0.0),
    )
    best = CHANGES[after.index(max(after))] if max(after) >= 1.02 * now else NOTHING
    stages = {"gpu": rate, "cores": workers * core, "disk": disk / item}
    reads, decodes, trains, blocker, wait, window = _drawn(rate, workers, disk, item, core)
    return Feed(
        gpu=data[gpu]["title"],
        stored=kept.title,
        workers=workers,
        decode_per_core_per_s=core,
        item_bytes=item,
        disk_bytes_per_s=disk,
        gpu_per_s=rate,
        decode_per_s=stages["cores"],
        disk_per_s=stages["disk"],
        slowest_per_s=min(stages.values()),
        slowest=min(stages, key=stages.get),
        images_per_s=now,
        gpu_share=now / rate,
        images=images,
        epoch_s=images / now,
        v100_epoch_s=epochs["v100"],
        a100_epoch_s=epochs["a100"],
        swap_factor=epochs["v100"] / epochs["a100"],
        faster_gpu_per_s=after[0],
        more_cores_per_s=after[1],
        faster_disk_per_s=after[2],
        raw_per_s=after[3],
        best_change=best,
        blocker=blocker,
        blocker_wait_s=wait,
        state=IDLE if now < 0.5 * rate else OK,
        window_s=window,
        epochs=tuple((data[n]["title"], images / gpu_rate(n), max(0.0, epochs[n] - images / gpu_rate(n))) for n in gpu_names()),
        reads=reads,
        decodes=decodes,
        trains=trains,
        sources={"gpu_per_s": data[gpu]["images_per_s"]["source"], "images": catalog.dataset(DATASET).source("items")}
        | {key: said for key, said in kept.sources.items() if key != "loss_points"},
    )


@cache
def _draws() -> tuple[float, ...]:
    draw = Random(SEED).random
    return tuple(0.8 + 0.4 * draw() for _ in range(_WINDOW + 2 * _MOST_WORKERS))


def _events(gpu_per_s: float, workers: int, disk: float, item: float, core: float, hit: float, batches: int = BATCHES):
    """Start and end of reading, end of decoding, start and end of training, of each batch."""
    read_s, decode_s, train_s = (1 - hit) * BATCH * item / disk, BATCH / core, BATCH / gpu_per_s
    free, events = [0.0] * workers, []
    disk_free = gpu_free = 0.0
    for b, factor in enumerate(_draws()[:batches]):
        worker = b % workers
        start = free[worker] if b < 2 * workers else max(free[worker], events[b - 2 * workers][3])
        begin = max(start, disk_free)
        disk_free = begin + read_s
        free[worker] = ready = disk_free + decode_s * factor
        take = max(ready, gpu_free)
        gpu_free = take + train_s
        events.append((begin, disk_free, ready, take, gpu_free))
    return events


@lru_cache(maxsize=4096)
def _rate(gpu_per_s: float, workers: int, disk: float, item: float, core: float, hit: float) -> float:
    events = _events(gpu_per_s, workers, disk, item, core, hit)
    second_half = BATCH * (BATCHES - _HALF) / (events[-1][4] - events[_HALF - 1][4])
    # a hundred batches may draw on what was read or decoded before them; in the long run no stage is beaten
    disk_per_s = disk / ((1 - hit) * item) if hit < 1 else gpu_per_s
    return min(gpu_per_s, workers * core, disk_per_s, second_half)


def _drawn(gpu_per_s: float, workers: int, disk: float, item: float, core: float):
    """What happens while the GPU is at batches 100 to 139, from time 0, and the batch that it waits for longest."""
    events = _events(gpu_per_s, workers, disk, item, core, 0.0, _WINDOW + 2 * workers)  # as far ahead as the workers are
    origin, end = events[_HALF - 1][4], events[_WINDOW - 1][4]
    cut = lambda start, stop: (max(0.0, start - origin), min(stop, end) - origin)  # noqa: E731 - one line, used thrice
    inside = [(b, e) for b, e in enumerate(events) if e[4] > origin and e[0] < end]
    reads = tuple((b, *cut(e[0], e[1])) for b, e in inside if e[1] > origin)
    decodes = tuple((b, b % workers, *cut(e[1], e[2])) for b, e in inside if e[2] > origin and e[1] < end)
    trains = tuple((b, *cut(e[3], e[4])) for b, e in inside if e[3] < end)
    wait, blocker = max(((events[b][3] - events[b - 1][4], b) for b in range(_HALF, _WINDOW)), key=lambda w: w[0])
    return reads, decodes, trains, blocker, max(0.0, wait), end - origin
