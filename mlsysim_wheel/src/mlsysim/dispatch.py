"""A host program that feeds an accelerator: launches queue up, and the accelerator waits for the next one or works them off.

The host hands over one operation after another and does not wait for the result (asynchronous launch). An operation starts
when it has been handed over and the one before it has ended. Memory copies and the program around the network are left out.
Source: CUDA C++ Programming Guide, asynchronous execution and CUDA graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.catalog_entries import BYTES_OF_FORMAT
from mlsysim.convnet import FC, resnet50
from mlsysim.errors import named, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

EXECUTIONS = {"eager": "eager: line by line", "fused": "fused: one kernel a layer", "replay": "graph replay", "fused_replay": "fused + graph replay"}
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LAUNCH_BOUND_BELOW = 0.5
CHANGES = ("gpu", "dispatch", "fusion")
_ADDITIONS = ((3, 256 * 56**2), (4, 512 * 28**2), (6, 1024 * 14**2), (3, 2048 * 7**2))  # values of the residual sums (He et al. 2016)
_QUEUE = "launches in order: an operation starts when it is launched and the one before it has ended"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Handed:
    """One operation from the host's call to its end on the accelerator."""

    name: str = quantity(r"\text{operation}", "")
    called_s: float = quantity("t_0", "s", doc="the host begins to launch it", source=_QUEUE)
    launched_s: float = quantity("t_1", "s", doc="handed over", source=_QUEUE)
    start_s: float = quantity("t_2", "s", doc="starts on the accelerator", source=_QUEUE)
    end_s: float = quantity("t_3", "s", doc="ends on the accelerator", source=_QUEUE)


@dataclass(frozen=True, slots=True)
class Pass:
    """One batch of pictures through ResNet-50 on one accelerator."""

    gpu: str = quantity(r"\text{GPU}", "")
    execution: str = quantity(r"\text{execution}", "")
    batch: int = quantity("B", "1", doc="pictures at once")
    operation_count: int = quantity(
        "n", "1", doc="operations that the host launches", source="layers of ResNet-50, each with its normalisation and ReLU unless fused"
    )
    dispatch_s: float = quantity("d", "s", doc="from one launch to the next")
    start_s: float = quantity("d_0", "s", doc="before the first launch")
    efficiency: float = quantity(r"\eta", "share", doc="of the peak that arithmetic reaches")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense, 16 bit")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    kernel_s: float = quantity("t_k", "s", doc="no kernel is shorter")
    host_s: float = quantity(
        "T_h", "s", formula=r"<start_s> + <operation_count> \cdot <dispatch_s>", source="one launch after another", doc="the last operation is launched"
    )
    busy_s: float = quantity(
        "T_g", "s", doc="the accelerator computes", source="sum over the operations of the longest of arithmetic, traffic and shortest kernel"
    )
    time_s: float = quantity("T", "s", doc="from the first call to the last result", source=_QUEUE)
    apart_s: float = quantity("T_+", "s", formula="<host_s> + <busy_s>", source="sum", doc="if host and accelerator never overlapped")
    busy_share: float = quantity("u", "share", formula=r"\frac{<busy_s>}{<time_s>}", source="definition", doc="of the time the accelerator works")
    images_per_s: float = quantity("f", "pictures/s", formula=r"\frac{<batch>}{<time_s>}", source="definition")
    gpu_saves_s: float = quantity(r"\Delta_g", "s", doc="the next faster GPU", source="the same batch on it")
    dispatch_saves_s: float = quantity(r"\Delta_d", "s", doc="half the time from launch to launch", source="the same batch with it")
    fusion_saves_s: float = quantity(r"\Delta_f", "s", doc="normalisation, ReLU and sums inside the layers' kernels", source="the same batch with it")
    best_change: str = quantity(r"\text{best}", "", doc="gpu, dispatch or fusion; nothing where each saves less than 1 %", source="largest saving")
    binding: str = quantity(
        r"\text{binds}", "", doc="overhead where the accelerator idles at least half, else arithmetic or data", source="largest share of the busy time"
    )
    state: str = quantity(r"\text{state}", "", doc="launch-bound below a busy share of one half", source="comparison")
    first: tuple[Handed, ...] = series("s", doc="the first operations")
    sources: dict = sources()


def gpus() -> dict[str, str]:
    """Names that `run` takes, from slow to fast, with their titles.

    >>> gpus()
    {'t4': 'T4', 'v100': 'V100', 'a100': 'A100'}
    """
    return {name: entry["title"] for name, entry in load("dispatch.json")["gpus"].items()}


def run(gpu: str = "v100", batch: int = 1, execution: str = "eager", dispatch_s: float | None = None) -> Pass:
    """Time of one batch of pictures (224 pixels a side) through ResNet-50.

    `gpu` is t4, v100 or a100; `batch` 1 to 4096; `execution` a key of EXECUTIONS. `dispatch_s` is the time of one launch, for
    eager and fused execution (a replayed graph has its own); None takes that of the data. An operation takes
    max(B·FLOP/(Rη), (weights + B·values)·2/BW, shortest kernel). Raises UnknownName or OutOfRange otherwise.
    Source: CUDA C++ Programming Guide (asynchronous launch); latencies of NVIDIA DeepLearningExamples 2021 for the launch time.

    >>> r = run("v100", 1)
    >>> f"{r.time_s * 1e3:.1f} ms, busy {r.busy_share:.1%}"
    '12.7 ms, busy 3.5%'
    """
    named("GPU", gpu, gpus())
    one_of("execution", execution, EXECUTIONS)
    data = load("dispatch.json")
    step = data["dispatch_s"]["value"] if dispatch_s is None else single(positive, "dispatch_s", dispatch_s, high=1.0)
    return _run(gpu, whole("batch", batch, high=4096), execution, float(step))


def over_batches(execution: str = "eager", dispatch_s: float | None = None) -> dict[str, tuple[Pass, ...]]:
    """Every GPU at the batches of BATCHES.

    >>> [round(p.time_s * 1e3, 1) for p in over_batches()["t4"][-2:]]
    [87.1, 174.2]
    """
    return {gpu: tuple(run(gpu, batch, execution, dispatch_s) for batch in BATCHES) for gpu in gpus()}


def measured(gpu: str) -> tuple[tuple[int, float], ...]:
    """Published latencies of an eager program: (batch, seconds); none for a GPU without. Source: data/serving/cards.json.

    >>> measured("v100")[0]
    (1, 0.01278)
    """
    named("GPU", gpu, gpus())
    card = load("dispatch.json")["gpus"][gpu]["card"]
    return tuple(map(tuple, load("serving/cards.json")["cards"][card]["measured"]["mixed"])) if card else ()


def busy_share(kernel_s: float, dispatch_s: float) -> float:
    """Share of the time that an accelerator works on a long row of equal kernels: k/max(k, d).

    >>> busy_share(20e-6, 80e-6)
    0.25
    """
    kernel_s, dispatch_s = positive("kernel_s", kernel_s), positive("dispatch_s", dispatch_s)
    return kernel_s / max(kernel_s, dispatch_s)


@lru_cache(maxsize=1024)
def _run(gpu: str, batch: int, execution: str, eager_s: float) -> Pass:
    data, entry = load("dispatch.json"), load("dispatch.json")["gpus"][gpu]
    replayed, known = "replay" in execution, list(gpus())
    step = data["replay_step_s"]["value"] if replayed else eager_s
    begin = data["replay_start_s"]["value"] if replayed else 0.0
    chip = catalog.device(entry["device"])
    handed, (busy, arithmetic) = _queue(gpu, batch, "fused" in execution, begin, step)
    time, count = handed[-1].end_s, len(handed)
    host = begin + count * step
    faster = known[known.index(gpu) + 1 :][:1]
    saves = {
        "gpu": time - _end(faster[0], batch, execution, begin, step) if faster else 0.0,
        "dispatch": time - _end(gpu, batch, execution, begin, step / 2),
        "fusion": time - _end(gpu, batch, "fused_replay" if replayed else "fused", begin, step),
    }
    best = max(CHANGES, key=saves.get)
    launch_bound = busy / time < LAUNCH_BOUND_BELOW
    return Pass(
        gpu=gpu, execution=execution, batch=batch, operation_count=count, dispatch_s=step, start_s=begin, efficiency=data["efficiency"]["value"],
        peak_flop_per_s=chip.peak(data["format"]), bandwidth_bytes_per_s=chip.bandwidth(), kernel_s=data["kernel_s"]["value"],
        host_s=host, busy_s=busy, time_s=time, apart_s=host + busy, busy_share=busy / time, images_per_s=batch / time,
        gpu_saves_s=saves["gpu"], dispatch_saves_s=saves["dispatch"], fusion_saves_s=saves["fusion"],
        best_change=best if saves[best] > 0.01 * time else "nothing", binding="overhead" if launch_bound else "arithmetic" if arithmetic > busy / 2 else "data",
        state="launch-bound" if launch_bound else "ok", first=handed[:_SHOWN],
        sources={
            "dispatch_s": source_of(data["replay_step_s" if replayed else "dispatch_s"]),
            "start_s": source_of(data["replay_start_s"]) if replayed else "eager: none",
            "efficiency": source_of(data["efficiency"]), "kernel_s": source_of(data["kernel_s"]), "peak_flop_per_s": chip.source("peak_flop_per_s"),
            "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"),
        },
    )  # fmt: skip


def _queue(gpu: str, batch: int, fused: bool, begin: float, step: float) -> tuple[tuple[Handed, ...], tuple[float, float]]:
    """The operations from call to end; the accelerator's busy time, and how much of it is arithmetic."""
    handed, host, free, busy, arithmetic = [], begin, 0.0, 0.0, 0.0
    for name, seconds, computes in _kernels(gpu, batch, fused):
        called, host = host, host + step
        start = max(free, host)
        free = start + seconds
        busy += seconds
        arithmetic += seconds if computes else 0.0
        handed.append(Handed(name, called, host, start, free))
    return tuple(handed), (busy, arithmetic)


def _end(gpu: str, batch: int, execution: str, begin: float, step: float) -> float:
    host, free = begin, 0.0
    for _, seconds, _ in _kernels(gpu, batch, "fused" in execution):
        host += step
        free = max(free, host) + seconds
    return free


@lru_cache(maxsize=256)
def _kernels(gpu: str, batch: int, fused: bool) -> tuple[tuple[str, float, bool], ...]:
    """Name, seconds, and whether arithmetic takes them, of every operation."""
    data = load("dispatch.json")
    chip, width = catalog.device(data["gpus"][gpu]["device"]), BYTES_OF_FORMAT[data["format"]]
    rate, bandwidth, floor = chip.peak(data["format"]) * data["efficiency"]["value"], chip.bandwidth(), data["kernel_s"]["value"]
    found = []
    for name, macs, weights, values in _operations(fused):
        arithmetic, traffic = 2.0 * macs * batch / rate, (weights + batch * values) * width / bandwidth
        found.append((name, max(arithmetic, traffic, floor), arithmetic > max(traffic, floor)))
    return tuple(found)


@lru_cache(maxsize=2)
def _operations(fused: bool) -> tuple[tuple[str, int, int, int], ...]:
    """Name, multiply-adds, weights and values of each operation of ResNet-50; unfused, the residual sums stand at the end."""
    found = []
    for layer in resnet50().layers:
        found.append((layer.name, layer.macs, layer.kernel_weights, layer.input_elements + layer.output_elements))
        if layer.kind != FC and not fused:
            found += [(f"{what} after {layer.name}", 0, 0, 2 * layer.output_elements) for what in ("normalise", "ReLU")]
    if not fused:
        found += [("residual sum", 0, 0, 3 * values) for count, values in _ADDITIONS for _ in range(count)]
    return tuple(found)
