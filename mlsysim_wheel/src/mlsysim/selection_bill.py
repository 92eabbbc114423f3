"""What it costs to choose: scoring every example, repacking the chosen ones, and reading them, against training on everything.

Training examples a second r, reading overlaps, so an epoch over m examples takes max(m/r, read). In order m examples of s bytes
read in m·s/B; picked at random in m·(1/IOPS + s/B). Scoring trains a model for half of the epochs (the same one, or a proxy v times
as fast) and then passes once over everything, forward only (3·r·v); an embedding that exists needs the pass alone. Repacking reads
everything and writes the chosen part in order: (1 + f)·read. The bill holds time; what the smaller set does to accuracy is not in it.
Sources: Coleman et al. 2020, Selection via Proxy; rates of `pipeline_data`; disks in data/selection/bill.json, illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, pipeline_data
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import flag, fraction, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

SCORERS = ("none", "embedding", "proxy", "same")
SCORE, REPACK, DISK, COMPUTE = "score", "repack", "disk", "compute"
LOSES, PAYS = "selection loses", "pays"
MOST_RUNS = 1000  # how far the search for the run that pays goes
_FILE = "selection/bill.json"


@dataclass(frozen=True, slots=True)
class Bill:
    """The time of a selection and of the trainings on it, against the same trainings on everything."""

    scorer: str = quantity(r"\text{scorer}", "")
    storage: str = quantity(r"\text{disk}", "")
    repacked: bool = quantity(r"\text{repacked}", "", doc="the chosen examples are written in order once")
    kept_share: float = quantity("f", "share")
    epochs: int = quantity("E", "1")
    runs: int = quantity("R", "1", doc="trainings that use the same selection")
    images: int = quantity("n", "images")
    image_bytes: float = quantity("s", "B", doc="of one image, on average")
    images_per_s: float = quantity("r", "images/s", doc="trained")
    random_reads_per_s: float = quantity("I", "reads/s")
    bytes_per_s: float = quantity("B", "B/s", doc="in order")
    proxy_factor: float = quantity("v", "×", doc="how much faster the scoring model is")
    read_all_s: float = quantity("t_{seq}", "s", formula=r"\frac{<images> <image_bytes>}{<bytes_per_s>}", source="rate", doc="everything, in order")
    random_all_s: float = quantity(
        "t_{rnd}", "s", formula=r"<images> \left(\frac{1}{<random_reads_per_s>} + \frac{<image_bytes>}{<bytes_per_s>}\right)", source="a seek each"
    )
    compute_all_s: float = quantity("t_c", "s", formula=r"\frac{<images>}{<images_per_s>}", source="rate", doc="training on everything once")
    full_epoch_s: float = quantity("T_1", "s", formula=r"\max(<compute_all_s>, <read_all_s>)", source="reading overlaps with training")
    kept_compute_s: float = quantity("f t_c", "s", formula="<kept_share> <compute_all_s>", source="rate", doc="training on the chosen once")
    kept_read_s: float = quantity("t_f", "s", source="the chosen part of t_seq if repacked, else of t_rnd", doc="reading the chosen once")
    epoch_s: float = quantity("T_f", "s", formula=r"\max(<kept_compute_s>, <kept_read_s>)", source="reading overlaps with training")
    score_s: float = quantity("T_s", "s", source="half of the epochs on everything, then one forward pass; the pass alone for an embedding")
    repack_s: float = quantity("T_r", "s", source="(1 + f)·t_seq if repacked, else 0")
    train_s: float = quantity("T_t", "s", formula="<epochs> <runs> <epoch_s>", source="definition", doc="all trainings on the chosen")
    ready_s: float = quantity("T_s + T_r", "s", formula="<score_s> + <repack_s>", source="definition", doc="before the first training starts")
    total_s: float = quantity("T", "s", formula="<score_s> + <repack_s> + <train_s>", source="one after another")
    full_s: float = quantity("T_{full}", "s", formula="<epochs> <runs> <full_epoch_s>", source="definition", doc="all trainings on everything")
    saved_s: float = quantity(
        r"T_{full} - T_t", "s", formula=r"\max(0, <full_s> - <train_s>)", source="definition", doc="by smaller trainings, choosing not counted"
    )
    longer_s: float = quantity("T - T_{full}", "s", formula=r"\max(0, <total_s> - <full_s>)", source="definition", doc="lost by choosing")
    ratio: float = quantity(r"T/T_{full}", "×", formula=r"\frac{<total_s>}{<full_s>}", source="definition")
    ratio_share: float = quantity(r"T/T_{full}", "share", formula=r"\frac{<total_s>}{<full_s>}", source="definition", doc="of the time on everything")
    break_even_runs: float = quantity("R^*", "1", source="fewest trainings for which the ratio is below 1, up to 1,000; else ∞")
    break_even_share: float = quantity(
        "f^*", "share", formula=r"\min\left(1, \frac{<full_epoch_s>}{<random_all_s>}\right)", source="T_1 = f·t_rnd",
        doc="above it, reading at random is slower than everything in order"
    )
    epoch_factor: float = quantity(
        "T_f/T_1", "×", formula=r"\frac{<epoch_s>}{<full_epoch_s>}", source="definition", doc="an epoch of the chosen over one of everything"
    )
    largest: str = quantity(r"\text{largest}", "", source="the longest of score, repack and training; training is disk or compute by what its epochs wait for")
    full_limit: str = quantity(r"\text{waits}", "", source="the longer of t_c and t_seq", doc="what an epoch of everything waits for")
    epoch_limit: str = quantity(r"\text{waits}_f", "", source="the longer of f·t_c and t_f", doc="what an epoch of the chosen waits for")
    state: str = quantity(r"\text{state}", "", source="loses: not faster than training on everything")
    full_runs: tuple = series("s", doc="(training, start, end) on everything")
    selected_runs: tuple = series("s", doc="(training, start, end) on the chosen")
    random_curve: tuple = series("s", doc="(share kept, an epoch of it, picked at random)")
    order_curve: tuple = series("s", doc="(share kept, an epoch of it, repacked in order)")
    sources: dict = sources()


def storage_names() -> dict[str, str]:
    """Disks by name, with their titles.

    >>> list(storage_names())
    ['hdd', 'sata_ssd', 'nvme', 'object_store']
    """
    return {name: entry["title"] for name, entry in load(_FILE)["storage"].items()}


def study_bill(kept_share=0.5, scorer="same", storage="nvme", repacked=True, runs=1, epochs=90) -> Bill:
    """ResNet-50 on ImageNet, one A100: choose a share, then train `runs` times for `epochs` epochs.

    Errors: OutOfRange for a share outside (0, 1], another scorer or disk, runs or epochs below 1 or above 1,000.

    >>> b = study_bill()
    >>> f"{b.total_s / 3600:.2f} h, {b.ratio:.3f}"
    '13.03 h, 1.005'
    """
    f = single(fraction, "kept_share", kept_share, open_low=True)
    scorer, storage = one_of("scorer", scorer, SCORERS), one_of("storage", storage, storage_names())
    return _bill(f, scorer, storage, flag("repacked", repacked), whole("runs", runs, high=1000), whole("epochs", epochs, high=1000))


def random_share(image_bytes, storage="hdd") -> float:
    """The share f of ImageNet-1k that takes as long to read at random as an epoch of everything in order, for images of this size.

    Above 1 even everything is read fast enough at random. Errors: OutOfRange unless `image_bytes` is above zero; another disk.

    >>> round(random_share(108e3), 4)
    0.0749
    """
    size = single(positive, "image_bytes", image_bytes, high=1e12)
    reads, rate = _disk(one_of("storage", storage, storage_names()))
    n, r = _images(), _rate()
    return max(n / r, n * size / rate) / (n * (1 / reads + size / rate))


@lru_cache(maxsize=512)
def _bill(f: float, scorer: str, storage: str, repacked: bool, runs: int, epochs: int) -> Bill:
    data = load(_FILE)
    job, disk = data["job"], data["storage"][storage]
    n, r, size = _images(), _rate(), pipeline_data.stored_format(job["stored"]).item_bytes
    reads, rate = _disk(storage)
    seq, rnd, compute = n * size / rate, n * (1 / reads + size / rate), n / r
    v, forward = (job["proxy_factor"]["value"] if scorer == "proxy" else 1), job["forward_factor"]["value"]
    one_pass = max(compute / (forward * v), seq)
    score = 0.0 if scorer == "none" else one_pass if scorer == "embedding" else epochs / 2 * max(compute / v, seq) + one_pass
    repack = (1 + f) * seq if repacked else 0.0
    full_epoch, read = max(compute, seq), f * (seq if repacked else rnd)
    epoch = max(f * compute, read)
    train, full = epochs * runs * epoch, epochs * runs * full_epoch
    total = score + repack + train
    limit, full_limit = (DISK if read > f * compute else COMPUTE), (DISK if seq > compute else COMPUTE)
    blocks = {SCORE: score, REPACK: repack, limit: train}
    shares = [10 ** (-2 + i / 20) for i in range(41)]
    return Bill(
        scorer=scorer, storage=storage, repacked=repacked, kept_share=f, epochs=epochs, runs=runs, images=n, image_bytes=size, images_per_s=r,
        random_reads_per_s=reads, bytes_per_s=rate, proxy_factor=v, read_all_s=seq, random_all_s=rnd, compute_all_s=compute, full_epoch_s=full_epoch,
        kept_compute_s=f * compute, kept_read_s=read, epoch_s=epoch, score_s=score, repack_s=repack, ready_s=score + repack, train_s=train,
        total_s=total, full_s=full, saved_s=max(0.0, full - train), longer_s=max(0.0, total - full),
        ratio=total / full, ratio_share=total / full, break_even_runs=_first_run(score + repack, epochs * epoch, epochs * full_epoch),
        break_even_share=min(1.0, full_epoch / rnd), epoch_factor=epoch / full_epoch, largest=max(blocks, key=blocks.__getitem__),
        full_limit=full_limit, epoch_limit=limit, state=PAYS if total < full else LOSES,
        full_runs=tuple((i + 1, i * full / runs, (i + 1) * full / runs) for i in range(runs)),
        selected_runs=tuple((i + 1, score + repack + i * train / runs, score + repack + (i + 1) * train / runs) for i in range(runs)),
        random_curve=tuple((x, x * max(compute, rnd)) for x in shares), order_curve=tuple((x, x * full_epoch) for x in shares),
        sources={
            "images": catalog.dataset(job["dataset"]).source("items"), "image_bytes": pipeline_data.stored_format(job["stored"]).sources["item_bytes"],
            "images_per_s": "NVIDIA DeepLearningExamples, as in mlsysim.pipeline_data", "random_reads_per_s": disk["source"], "bytes_per_s": disk["source"],
            "proxy_factor": source_of(job["proxy_factor"]) if scorer == "proxy" else "the same model",
        },
    )  # fmt: skip


def _first_run(fixed: float, chosen: float, everything: float) -> float:
    """The fewest runs R with fixed + R·chosen < R·everything."""
    if chosen >= everything:
        return math.inf
    runs = math.floor(fixed / (everything - chosen)) + 1
    return runs if runs <= MOST_RUNS else math.inf


def _disk(storage: str) -> tuple[float, float]:
    entry = load(_FILE)["storage"][storage]
    return float(entry["random_reads_per_s"]), float(entry["bytes_per_s"])


def _images() -> int:
    return int(catalog.dataset(load(_FILE)["job"]["dataset"]).items)


def _rate() -> float:
    return pipeline_data.gpu_rate(load(_FILE)["job"]["gpu"])
