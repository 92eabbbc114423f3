r"""A sharded training step as three things at once: a CPU that launches, a GPU that computes, a network that gathers weights.

Each layer's weights are gathered before it runs, forward and backward, and its gradients are reduce-scattered after it.
What is longest at each moment forms the critical path; a kernel beside it can become faster without shortening the step.
Gathers and scatters are streams of their own that do not slow each other (an idealisation).
Source: Zhao et al., PyTorch FSDP, 2023; virtual speed-up: Curtsinger and Berger, Coz, SOSP 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.attention_tiles import FILE, KERNELS
from mlsysim.collectives import all_gather, all_reduce, reduce_scatter
from mlsysim.edge import path_speedup
from mlsysim.errors import flag, fraction, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.step_kernels import EXECUTIONS, FORMATS, MOST_TOKENS, layer, llama

TARGETS = ("GEMM", "attention", "elementwise", "communication", "launch")
GROUPS = (64, 8)
STARVED_FROM = 1.5
STREAMS = {"launch": "CPU launches", "gather": "gather weights", "scatter": "scatter gradients"}  # of an operation's name; else the GPU
LANES = {"compute": "compute", "communication": "communication", "launch": "CPU launches"}
HEAD_LAUNCHES = 3
_WALK = "event walk: an operation starts when what it needs has ended"
_PATH = "walk back from the end over what each operation waited for"


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk itself: its end, its operations (lane, start, end, name, on the critical path), seconds of the path by lane."""

    end_s: float
    busy_s: float
    operations: tuple[tuple[str, float, float, str, bool], ...]
    path_s: dict[str, float]


@dataclass(frozen=True, slots=True)
class OverlappedStep:
    """One step of a GPU, with one part of it made faster by a factor."""

    tokens: int = quantity("t", "tokens", doc="a GPU and step")
    target: str = quantity(r"\text{faster}", "", doc="the part that is made faster")
    factor: float = quantity("k", "×")
    group: int = quantity("n", "1", doc="GPUs that share one copy of weights and optimizer state")
    launch_s: float = quantity("c", "s", doc="the CPU needs for a kernel")
    prefetch: int = quantity("q", "1", doc="layers gathered ahead; with 0 a layer is gathered when the one before has ended")
    number_format: str = quantity(r"\text{format}", "")
    execution: str = quantity(r"\text{execution}", "")
    layers: int = quantity("L", "1", source="Llama 3 8B")
    forward_s: float = quantity("F", "s", source="mlsysim.step_kernels", doc="a layer")
    backward_s: float = quantity("B", "s", source="mlsysim.step_kernels", doc="a layer")
    head_s: float = quantity("t_h", "s", source="mlsysim.step_kernels")
    gather_s: float = quantity("g", "s", source="all-gather of a layer's 2p bytes", doc="weights of a layer")
    scatter_s: float = quantity(
        "g_r", "s", source="reduce-scatter of 2p bytes; in a group of 8 also an all-reduce of each eighth over 8 nodes", doc="gradients of a layer"
    )
    optimizer_s: float = quantity("t_o", "s", source="24 B a parameter of the own shard, over the memory bandwidth")
    busy_s: float = quantity("T_b", "s", formula=r"<layers> \cdot (<forward_s> + <backward_s>) + <head_s>", source="sum", doc="the GPU computes")
    step_s: float = quantity("T", "s", source=_WALK)
    idle_share: float = quantity("w", "share", source="1 − (busy + optimizer)/step", doc="of the step the GPU waits")
    tokens_per_s: float = quantity("f", "tokens/s", formula=r"\frac{<tokens>}{<step_s>}", source="definition")
    before_s: float = quantity("T_0", "s", source=_WALK, doc="without the speed-up")
    gain_share: float = quantity(r"\Delta", "share", formula=r"\frac{<before_s>}{<step_s>} - 1", source="definition", doc="more throughput, may be above 1")
    part_share: float = quantity("x", "share", source="sum over the layers", doc="of busy time that the part takes, before; 0 off the GPU")
    expected_share: float = quantity(r"\Delta^*", "share", formula=r"\frac{1}{1 - <part_share> + <part_share>/<factor>} - 1", source="Amdahl 1967",
                                     doc="more throughput, by Amdahl's law on busy time; may be above 1")  # fmt: skip
    path_compute_s: float = quantity("P_c", "s", source=_PATH, doc="of the critical path on the GPU")
    path_communication_s: float = quantity("P_n", "s", source=_PATH, doc="on the network")
    path_launch_s: float = quantity("P_l", "s", source=_PATH, doc="on the CPU")
    path_lane: str = quantity(r"\text{path}", "", source="lane with most seconds of the critical path")
    best_target: str = quantity(r"\text{best}", "", source="target with the largest gain at this factor; the first of equals")
    state: str = quantity(r"\text{state}", "", source=f"starved where the step takes more than {STARVED_FROM} times the busy time")
    gains: tuple[tuple[str, float, float], ...] = series("share", doc="target, expected gain, real gain")
    path_lanes: tuple[str, ...] = series("", doc="lanes with at least 0.9 of the longest lane's seconds on the critical path")
    bars: tuple[tuple[str, float, float, str, bool], ...] = series("s", doc="stream, start, end, name, on the critical path; launches in a row together")
    sources: dict = sources()


def overlapped_step(
    tokens: int = 4096, target: str = "GEMM", factor: float = 1.5, *, group: int = 64, launch_s: float = 6e-6, prefetch: int = 2,
    number_format: str = "bf16", execution: str = "fused",
) -> OverlappedStep:  # fmt: skip
    """A step of Llama 3 8B on one of 256 H100s, `tokens` a GPU, with `target` made `factor` times faster.

    `target` is one of TARGETS, `group` 64 (over the network) or 8 (over NVLink), `prefetch` 0 to 32 layers. The head is never
    scaled. Errors: OutOfRange, WrongType. Source: Zhao et al. 2023 (order of gathers); Curtsinger and Berger 2015.

    >>> r = overlapped_step(4096, "GEMM", 1.5)
    >>> f"{r.before_s * 1e3:.0f} ms, expected {r.expected_share:.1%}, real {r.gain_share:.2%}"
    '642 ms, expected 31.6%, real 0.39%'
    """
    return _study(
        whole("tokens", tokens, high=MOST_TOKENS), one_of("target", target, TARGETS), single(number, "factor", factor, low=1.0, high=100.0),
        one_of("group", group, GROUPS),
        single(positive, "launch_s", launch_s, high=1.0), whole("prefetch", prefetch, low=0, high=32), one_of("number_format", number_format, FORMATS),
        one_of("execution", execution, EXECUTIONS),
    )  # fmt: skip


def gather_s(parameters, gpus: int, bandwidth_bytes_per_s) -> float:
    """Time of one all-gather of `parameters` bf16 weights: 2p(n − 1)/n over the bandwidth of a port.

    >>> round(gather_s(218.1e6, 64, 45e9) * 1e3, 2)
    9.54
    """
    return all_gather(2.0 * positive("parameters", parameters), gpus, 0.0, bandwidth_bytes_per_s).time_s


def hidden_gain(part_share, factor, covered: bool) -> float:
    """More throughput as a share (above 1 is possible) if a part of the busy time gets faster: none under longer communication.

    >>> hidden_gain(0.5, 2, False), hidden_gain(0.5, 2, True)
    (0.33333333333333326, 0.0)
    """
    gain = path_speedup(fraction("part_share", part_share), single(number, "factor", factor, low=1.0)) - 1
    return 0.0 if flag("covered", covered) else gain


def walk(
    tokens: int = 4096, number_format: str = "bf16", execution: str = "fused", attention: str = "shared", group: int = 64, *, launch_s: float = 6e-6,
    prefetch: int = 2, recompute: bool = False, target: str = "", factor: float = 1.0,
) -> Walk:  # fmt: skip
    """The bare event walk of a step, with or without a part made faster. Errors: OutOfRange, WrongType. Source: Zhao et al. 2023.

    >>> round(walk(4096).end_s, 3)
    0.642
    """
    return _walk(
        whole("tokens", tokens, high=MOST_TOKENS), one_of("number_format", number_format, FORMATS), one_of("execution", execution, EXECUTIONS),
        one_of("attention", attention, KERNELS), one_of("group", group, GROUPS), single(positive, "launch_s", launch_s, high=1.0),
        whole("prefetch", prefetch, low=0, high=32), flag("recompute", recompute), one_of("target", target, ("", *TARGETS)),
        single(number, "factor", factor, low=1.0, high=100.0),
    )  # fmt: skip


def exchange_s(group: int = 64) -> tuple[float, float]:
    """Seconds to gather a layer's weights and to scatter its gradients in a group of 64 or 8. Source: α-β model without latency.

    >>> [round(s * 1e3, 2) for s in exchange_s(8)]
    [1.0, 3.12]
    """
    return _exchange_s(one_of("group", group, GROUPS))


@lru_cache(maxsize=2)
def _exchange_s(group: int) -> tuple[float, float]:
    data, p = load(FILE), llama().layer_parameters
    wire = data["group_network_efficiency"]["value"] * catalog.link(data["network"]).bandwidth_bytes_per_s
    if group == 64:
        return gather_s(p, 64, wire), reduce_scatter(2.0 * p, 64, 0.0, wire).time_s
    own = gather_s(p, 8, data["node_bytes_per_s"]["value"])
    return own, own + all_reduce(2.0 * p / 8, 8, 0.0, wire).time_s


def optimizer_s(group: int = 64) -> float:
    """Seconds of memory traffic of the optimizer for one GPU's shard: 24 B a parameter (illustrative efficiency of memory).

    >>> round(optimizer_s(64) * 1e3, 2)
    1.06
    """
    data = load(FILE)
    speed = data["memory_efficiency"]["value"] * catalog.device(data["device"]).bandwidth()
    return 24.0 * llama().parameters / one_of("group", group, GROUPS) / speed


@lru_cache(maxsize=4096)
def _times(tokens: int, form: str, run: str, attention: str, group: int, launch: float, recompute: bool, target: str, k: float):
    """Forward, backward, launches of both, head, gather, scatter, launch: with the target made faster."""
    at, (gather, scatter) = layer(tokens, form, run, attention), exchange_s(group)
    fast = lambda parts: sum(s / k if name == target else s for name, s in parts.items())  # noqa: E731 - forward and backward alike
    forward, backward, more = fast(at.forward), fast(at.backward), at.backward_launches
    if recompute:
        backward, more = backward + forward, more + at.forward_launches
    if target == "communication":
        gather, scatter = gather / k, scatter / k
    return forward, backward, at.forward_launches, more, at.head_s, gather, scatter, launch / k if target == "launch" else launch


@lru_cache(maxsize=2048)
def _walk(tokens: int, form: str, run: str, attention: str, group: int, launch: float, prefetch: int, recompute: bool, target: str, k: float) -> Walk:
    forward, backward, k_f, k_b, head, gather, scatter, c = _times(tokens, form, run, attention, group, launch, recompute, target, k)
    layers, lanes, start, end, before, names = llama().layers, [], [], [], [], []

    def add(lane: str, seconds: float, name: str, *after: int) -> int:
        """One operation behind those that it waits for; it remembers the last of them."""
        last = max(after, key=end.__getitem__) if after else -1
        lanes.append(lane), names.append(name), before.append(last)
        start.append(end[last] if after else 0.0)
        end.append(start[-1] + seconds)
        return len(end) - 1

    cpu = add("launch", 0.0, "")
    com, gpu, begins = -1, -1, []
    for i in range(layers):  # forward: weights are gathered at most `prefetch` layers ahead
        com = add("communication", gather, "gather", *(x for x in (com, gpu if not prefetch else begins[i - prefetch] if i >= prefetch else -1) if x >= 0))
        first = add("launch", c, "launch", cpu)
        begins.append(add("", 0.0, "", *(x for x in (gpu, com, first) if x >= 0)))
        cpu = add("launch", (k_f - 1) * c, "launch", first)
        gpu = add("", 0.0, "", add("compute", forward, "forward", begins[-1]), cpu)
    ready = add("launch", HEAD_LAUNCHES * c, "launch", cpu)
    gpu, cpu, begins, scattered = add("compute", head, "head", gpu, ready), ready, [], -1
    for j in range(layers):  # backward: the last layer's weights are still there
        if j:
            com = add("communication", gather, "gather", com, begins[max(0, j - prefetch)] if prefetch else gpu)
        first = add("launch", c, "launch", cpu)
        begins.append(add("", 0.0, "", *((gpu, com, first) if j else (gpu, first))))
        cpu = add("launch", (k_b - 1) * c, "launch", first)
        gpu = add("", 0.0, "", add("compute", backward, "backward", begins[-1]), cpu)
        scattered = add("communication", scatter, "scatter", *(x for x in (scattered, gpu) if x >= 0))
    last = add("compute", optimizer_s(group), "optimizer", gpu, scattered)
    path, at = set(), last
    while at >= 0:
        path.add(at)
        at = before[at]
    seconds = dict.fromkeys(LANES, 0.0)
    for n in path:
        if lanes[n]:
            seconds[lanes[n]] += end[n] - start[n]
    found = tuple((lanes[n], start[n], end[n], names[n], n in path) for n in range(len(end)) if end[n] > start[n])
    return Walk(end[last], layers * (forward + backward) + head, found, seconds)


def _bars(found: Walk) -> tuple[tuple[str, float, float, str, bool], ...]:
    """The operations by stream; launches one after the other, alike on the path or off it, are one bar."""
    bars, open_at = [], -1
    for _, start, end, name, on in found.operations:
        stream = STREAMS.get(name, "GPU")
        if name == "launch" and open_at >= 0 and bars[open_at][4] == on and bars[open_at][2] >= start * (1 - 1e-12):
            bars[open_at] = (stream, bars[open_at][1], end, name, on)
            continue
        open_at = len(bars) if name == "launch" else open_at
        bars.append((stream, start, end, name, on))
    return tuple(bars)


@lru_cache(maxsize=1024)
def _study(tokens: int, target: str, k: float, group: int, launch: float, prefetch: int, form: str, run: str) -> OverlappedStep:
    given = (tokens, form, run, "shared", group, launch)
    before, at = _walk(*given, prefetch, False, "", 1.0), layer(tokens, form, run)
    gains, shares = [], {}
    for name in TARGETS:
        shares[name] = llama().layers * (at.forward.get(name, 0.0) + at.backward.get(name, 0.0)) / before.busy_s
        gains.append((name, path_speedup(shares[name], k) - 1, max(0.0, before.end_s / _walk(*given, prefetch, False, name, k).end_s - 1)))
    own = _walk(*given, prefetch, False, target, k)
    forward, backward, _, _, head, gather, scatter, _ = _times(*given, False, target, k)
    tail, data = optimizer_s(group), load(FILE)
    expected, real = next((e, r) for name, e, r in gains if name == target)
    return OverlappedStep(
        tokens=tokens, target=target, factor=k, group=group, launch_s=launch, prefetch=prefetch, number_format=form, execution=run,
        layers=llama().layers, forward_s=forward, backward_s=backward, head_s=head, gather_s=gather, scatter_s=scatter, optimizer_s=tail,
        busy_s=own.busy_s, step_s=own.end_s, idle_share=max(0.0, 1 - (own.busy_s + tail) / own.end_s), tokens_per_s=tokens / own.end_s,
        before_s=before.end_s, gain_share=real, part_share=shares[target], expected_share=expected,
        path_compute_s=own.path_s["compute"], path_communication_s=own.path_s["communication"], path_launch_s=own.path_s["launch"],
        path_lane=max(LANES, key=own.path_s.get), best_target=max(gains, key=lambda g: g[2])[0],
        state="starved" if own.end_s > STARVED_FROM * own.busy_s else "working", gains=tuple(gains),
        path_lanes=tuple(lane for lane in LANES if own.path_s[lane] >= 0.9 * max(own.path_s.values())), bars=_bars(own),
        sources={"launch_s": "illustrative", "gather_s": f"α-β model; {source_of(data['group_network_efficiency' if group == 64 else 'node_bytes_per_s'])}"},
    )  # fmt: skip
