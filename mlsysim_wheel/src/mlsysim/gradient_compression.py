"""Compressed gradients: what a method sends through a node's network, what it costs, and how soon the target is reached.

Gradients of GPT-2 XL from nodes of eight A100. A sparse gradient cannot be summed on its way; every GPU gathers those of
all the others. Sources: Agarwal et al., MLSys 2022; Vogels et al. 2019 (PowerSGD).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import non_negative, number, one_of, positive, whole
from mlsysim.gradient_buckets import GPUS_PER_NODE, training_job
from mlsysim.quantity import quantity, series, sources

METHODS = ("none", "int8", "top-k", "PowerSGD")
NODES = (2, 4, 8, 16, 32, 64)
BANDWIDTHS = tuple(1.25e9 * (188 / 1.25) ** (i / 23) for i in range(24))  # B/s a node
RANK, PAIR_BYTES, PASSES = 4, 8, 6  # of PowerSGD; value and index of top-k; bytes that scaling reads and writes a value
SOME_GAIN = 1.5


@dataclass(frozen=True, slots=True)
class CompressedStep:
    """A step under one method, beside the three others."""

    method: str = quantity(r"\text{method}", "")
    nodes: int = quantity("m", "1", doc="of eight A100")
    network_bytes_per_s: float = quantity("b", "B/s", doc="of a node, each way")
    kept_share: float = quantity("k", "share", doc="of the values, by top-k")
    topk_extra_share: float = quantity("x_k", "share", doc="steps that top-k needs more")
    parameters: float = quantity("P", "1", source="Radford et al. 2019")
    gpus: int = quantity("N", "1", formula=r"8 \cdot <nodes>", source="definition")
    dense_bytes: float = quantity("D_0", "B", formula=r"\frac{4 \cdot <parameters> \cdot (<nodes> - 1)}{<nodes>}", source="ring over the nodes, bf16")
    gathered_bytes: float = quantity(
        "D_k", "B", formula=rf"(<gpus> - 8) \cdot <kept_share> \cdot {PAIR_BYTES} \cdot <parameters>", source="all-gather of values and indices"
    )
    moved_bytes: float = quantity("D", "B", source="dense; int8: half; top-k: gathered; PowerSGD: both factors, rank 4", doc="through a node's network")
    bytes_ratio: float = quantity("D/D_0", "×", formula=r"\frac{<moved_bytes>}{<dense_bytes>}", source="definition")
    compute_s: float = quantity("t_c", "s", source="FLOP of the step over 45 % of the peak")
    hideable_s: float = quantity("t_h", "s", source="80 % of the backward pass (illustrative)", doc="communication that it can hide")
    cost_s: float = quantity(
        "t_x", "s", source="int8: 6 B a value through memory; top-k: 10¹⁰ values/s; PowerSGD: 8P·rank FLOP at 5 % and 6 B a value", doc="of compressing"
    )
    exposed_s: float = quantity("t_e", "s", formula=r"\max(0, \frac{<moved_bytes>}{<network_bytes_per_s>} - <hideable_s>)", source="definition")
    step_s: float = quantity("t", "s", formula="<compute_s> + <cost_s> + <exposed_s>", source="definition")
    extra_share: float = quantity("x", "share", doc="more steps to the same loss", source="of top-k as set; PowerSGD 3 % (illustrative); else none")
    target_s: float = quantity("T", "s", formula=r"<step_s> \cdot (1 + <extra_share>)", source="definition", doc="to the same progress")
    none_s: float = quantity("T_0", "s", source="the same without compression")
    relative: float = quantity("T/T_0", "×", formula=r"\frac{<target_s>}{<none_s>}", source="definition")
    best_method: str = quantity(r"\text{best}", "", source="shortest of the four")
    gain: float = quantity("g", "×", source="time of none over that of the best compressor")
    gain_class: str = quantity(r"\text{gain}", "", source="none up to 1, some up to 1.5, else more")
    state: str = quantity(r"\text{state}", "", source="time to target against none")
    rows: tuple[tuple[str, float, float, float, float], ...] = series("s", doc="(method, compute, compressing, exposed, extra steps)")
    ratios: tuple[tuple[str, tuple[tuple[int, float], ...]], ...] = series("×", doc="method and (nodes, bytes against dense)")
    winners: tuple[tuple[str, ...], ...] = series("", doc="best method for NODES (rows) and BANDWIDTHS (columns)")
    sources: dict = sources()


@remembered(256)
def compressed_step(
    method: str = "top-k", nodes: int = 32, network_bytes_per_s: float = 40e9, kept_share: float = 0.01, topk_extra_share: float = 0.05
) -> CompressedStep:
    """Bytes (B) and time (s) of a step under `method`, one of METHODS; `kept_share` and `topk_extra_share` are those of top-k.

    Errors: OutOfRange, WrongType. Source: Agarwal et al., MLSys 2022; throughput of the compressors illustrative.

    >>> r = compressed_step("top-k", 32, 40e9)
    >>> round(r.bytes_ratio, 2), round(r.target_s, 2), r.best_method
    (5.12, 1.27, 'none')
    """
    method, m = one_of("method", method, METHODS), whole("nodes", nodes, low=2, high=10**5)
    wire = single(positive, "network_bytes_per_s", network_bytes_per_s, high=1e15)
    k = single(number, "kept_share", kept_share, low=0.0, high=1.0, open_low=True)
    extra = single(non_negative, "topk_extra_share", topk_extra_share, high=100.0)
    job = training_job()
    hidden = _hideable_s()
    steps = {name: _row(name, m, wire, k, extra) for name in METHODS}
    moved, cost, exposed, more, target = steps[method]
    times = {name: row[4] for name, row in steps.items()}
    gain = times["none"] / min(times[name] for name in METHODS[1:])
    return CompressedStep(
        method=method, nodes=m, network_bytes_per_s=wire, kept_share=k, topk_extra_share=extra, parameters=job.parameters, gpus=GPUS_PER_NODE * m,
        dense_bytes=_bytes("none", m, k), gathered_bytes=_bytes("top-k", m, k), moved_bytes=moved, bytes_ratio=moved / _bytes("none", m, k),
        compute_s=job.compute_s, hideable_s=hidden, cost_s=cost, exposed_s=exposed, step_s=job.compute_s + cost + exposed, extra_share=more,
        target_s=target, none_s=times["none"], relative=target / times["none"], best_method=min(times, key=times.get), gain=gain,
        gain_class="none" if gain <= 1 else "some" if gain <= SOME_GAIN else "more",
        state="negative return" if target > times["none"] * (1 + 1e-12) else "working",
        rows=tuple((name, job.compute_s, c, e, t - job.compute_s - c - e) for name, (_, c, e, _, t) in steps.items()), winners=_winners(k, extra),
        ratios=tuple((name, tuple((n, _bytes(name, n, k) / _bytes("none", n, k)) for n in NODES)) for name in METHODS),
    )  # fmt: skip


def break_even_share(nodes: int) -> float:
    """Largest share of values that top-k may keep without sending more than a dense bf16 ring: 4(m−1)/m/(8(N−8)).

    Errors: OutOfRange for fewer than two nodes. Source: gathered bytes against those of the ring.

    >>> round(break_even_share(32), 5)
    0.00195
    """
    m = whole("nodes", nodes, low=2, high=10**5)
    return _bytes("none", m, 1.0) / _bytes("top-k", m, 1.0)


def _bytes(method: str, m: int, k: float) -> float:
    """Through a node's network, each way."""
    job = training_job()
    dense = 4.0 * job.parameters * (m - 1) / m
    if method == "top-k":
        return (GPUS_PER_NODE * (m - 1)) * k * PAIR_BYTES * job.parameters
    # a layer of h × 4h values becomes factors of (h + 4h)·rank values, in fp32: twice the bytes of bf16
    return dense * {"none": 1.0, "int8": 0.5, "PowerSGD": 2 * RANK * 5 / (4 * job.hidden)}[method]


def _hideable_s() -> float:
    return load("communication/experts.json")["hideable_share"]["value"] * training_job().backward_s


def _row(method: str, m: int, wire: float, k: float, extra: float) -> tuple[float, float, float, float, float]:
    """(bytes, compressing, exposed, extra steps as a share, time to target)."""
    job, data = training_job(), load("communication/experts.json")
    card = catalog.device("a100_sxm_80gb")
    passes = PASSES * job.parameters / card.memory_bandwidth_bytes_per_s
    products = 8 * job.parameters * RANK / (data["powersgd_efficiency"]["value"] * card.peak("bf16"))
    cost = {"none": 0.0, "int8": passes, "top-k": job.parameters / data["topk_values_per_s"]["value"], "PowerSGD": products + passes}[method]
    more = {"top-k": extra, "PowerSGD": data["powersgd_extra_share"]["value"]}.get(method, 0.0)
    moved = _bytes(method, m, k)
    exposed = max(0.0, moved / wire - _hideable_s())
    return moved, cost, exposed, more, (job.compute_s + cost + exposed) * (1 + more)


@lru_cache(maxsize=64)
def _winners(k: float, extra: float) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(min(METHODS, key=lambda name: _row(name, m, wire, k, extra)[4]) for wire in BANDWIDTHS) for m in NODES)
