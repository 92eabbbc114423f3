"""A network on an accelerator that does not support one of its operations: who runs which layers, and what that takes.

With the rule "first" everything from the unsupported operation on falls back to the CPU; with "return" the accelerator takes
over again behind it. The accelerator needs a fixed time a call and a time by its share of the multiply-adds, the CPU a time by
its share, and each border moves the tensor that crosses it. Nothing overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from mlsysim._datafile import load, source_of
from mlsysim.convnet import FC, mobilenet_v1, top1
from mlsysim.errors import flag, fraction, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

RULES = {"first": "the rest stays on the CPU", "return": "only this operation leaves"}
ACCELERATOR, CPU = "Edge TPU", "CPU"
PARTS = ("accelerator", "cpu", "transfer", "call")
LAYERS = 29


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive layers, counted from 1, on one processor."""

    processor: str = quantity(r"\text{processor}", "")
    first: int = quantity("i", "1")
    last: int = quantity("j", "1")
    mac_share: float = quantity("s", "share", doc="of the multiply-adds", source="sum over the layers")
    time_s: float = quantity("t", "s", doc="without call and border", source="share times the processor's time")
    border_bytes: float = quantity(
        "D", "B", doc="tensor that enters from the other processor; 0 for the first stretch", source="8-bit values of the layer list"
    )
    border_s: float = quantity("t_b", "s", doc="that tensor's way", source="definition of bandwidth")
    call_s: float = quantity("t_c", "s", doc="start of the accelerator; 0 on the CPU")


@dataclass(frozen=True, slots=True)
class Split:
    """One picture through MobileNetV1 with one unsupported operation."""

    position: int = quantity("p", "1", doc="of the unsupported operation, from 1")
    operation: str = quantity(r"\text{operation}", "", doc="the layer there", source="layer list of convnet")
    rule: str = quantity(r"\text{rule}", "")
    replaced: bool = quantity(r"\text{replaced}", "", doc="a supported operation stands in its place")
    accelerator_work_s: float = quantity("t_a", "s", doc="the whole network, without the call")
    cpu_work_s: float = quantity("t_p", "s", doc="the whole network on the CPU")
    border_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    place_share: float = quantity("x", "share", doc="of the multiply-adds before the middle of the operation", source="sum over the layers before it")
    mapped_share: float = quantity("s", "share", doc="multiply-adds on the accelerator", source="sum over its layers")
    accelerator_s: float = quantity("T_a", "s", formula=r"<accelerator_work_s> \cdot <mapped_share>", source="in proportion to the multiply-adds")
    cpu_s: float = quantity("T_p", "s", formula=r"<cpu_work_s> \cdot (1 - <mapped_share>)", source="in proportion to the multiply-adds")
    moved_bytes: float = quantity("D", "B", doc="across all borders", source="8-bit values of the layer list")
    transfer_s: float = quantity("T_D", "s", formula=r"\frac{<moved_bytes>}{<border_bytes_per_s>}", source="definition of bandwidth")
    calls: int = quantity("k", "1", doc="stretches on the accelerator", source="count")
    call_s: float = quantity("t_c", "s", doc="of one call")
    calls_s: float = quantity("T_c", "s", formula=r"<calls> \cdot <call_s>", source="one start a call")
    time_s: float = quantity("T", "s", formula="<accelerator_s> + <cpu_s> + <transfer_s> + <calls_s>", source="nothing overlaps")
    supported_s: float = quantity("T_0", "s", doc="were every operation supported", source="published")
    slowdown: float = quantity("S", "×", formula=r"\frac{<time_s>}{<supported_s>}", source="definition")
    deadline_s: float = quantity("T_f", "s", doc="of a frame")
    top1_share: float = quantity("a", "share", doc="ImageNet top-1, int8")
    binding: str = quantity(r"\text{binds}", "", doc="accelerator, cpu, transfer or call: the largest part", source="largest of the four")
    detour: str = quantity(
        r"\text{detour}", "", doc="cpu, transfer or call: the largest; nothing where every operation is supported", source="largest of the three"
    )
    state: str = quantity(r"\text{state}", "", doc="late where a frame takes longer than 1/30 s", source="comparison")
    stretches: tuple[Stretch, ...] = series("s", doc="in order")
    starts: tuple[float, ...] = series("share", doc="of the multiply-adds before each layer")
    sources: dict = sources()


def split(position: int = 16, rule: str = "first", replaced: bool = False) -> Split:
    """One picture through MobileNetV1 (224 pixels, 29 layers) on an Edge TPU and the CPU beside it.

    `position` of the unsupported operation 1 to 29, `rule` "first" or "return"; `replaced` puts a supported one there, at a
    little accuracy. Raises OutOfRange or WrongType otherwise. Source: Coral, Edge TPU performance benchmarks, and compiler guide
    (the network is cut at the first unsupported operation).

    >>> s = split()
    >>> s.operation, f"{s.time_s * 1e3:.1f} ms", f"{s.mapped_share:.0%} on the accelerator"
    ('depthwise 8', '84.7 ms', '49% on the accelerator')
    """
    return _split(whole("position", position, high=LAYERS), one_of("rule", rule, RULES), flag("replaced", replaced))


def over_positions(rule: str) -> tuple[tuple[int, float], ...]:
    """Position of the unsupported operation, seconds of a picture.

    >>> len(over_positions("first"))
    29
    """
    one_of("rule", rule, RULES)
    return tuple((p, _split(p, rule, False).time_s) for p in range(1, LAYERS + 1))


def time_in_parts(accelerator_s: float, cpu_s: float, mapped_share: float) -> float:
    """Time of a network whose share `mapped_share` runs on an accelerator that needs `accelerator_s` for all of it.

    >>> round(time_in_parts(2e-3, 100e-3, 0.5), 6)
    0.051
    """
    share = fraction("mapped_share", mapped_share)
    return positive("accelerator_s", accelerator_s) * share + positive("cpu_s", cpu_s) * (1 - share)


@lru_cache(maxsize=128)
def _split(position: int, rule: str, replaced: bool) -> Split:
    data, layers = load("edge/fallback.json"), _layers()
    call, bandwidth = data["call_s"]["value"], data["border_bytes_per_s"]["value"]
    supported, cpu = data["accelerator_s"]["value"], data["cpu_s"]["value"]
    work = supported - call
    stretches = []
    for processor, first, last in _runs(position, rule, replaced):
        own = ACCELERATOR == processor
        share = sum(s for _, s, _ in layers[first - 1 : last])
        entering = float(layers[first - 1][2]) if stretches else 0.0
        seconds = share * (work if own else cpu)
        stretches.append(Stretch(processor, first, last, share, seconds, entering, entering / bandwidth, call if own else 0.0))
    on_it = [s for s in stretches if s.processor == ACCELERATOR]
    mapped, moved = sum((s.mac_share for s in on_it), 0.0), sum(s.border_bytes for s in stretches)
    spent = {"accelerator": mapped * work, "cpu": (1 - mapped) * cpu, "transfer": moved / bandwidth, "call": len(on_it) * call}
    time, starts = sum(spent.values()), (0.0, *accumulate(share for _, share, _ in layers[:-1]))
    return Split(
        position=position, operation=layers[position - 1][0], rule=rule, replaced=replaced, accelerator_work_s=work, cpu_work_s=cpu,
        border_bytes_per_s=bandwidth, place_share=starts[position - 1] + layers[position - 1][1] / 2, mapped_share=mapped,
        accelerator_s=spent["accelerator"], cpu_s=spent["cpu"], moved_bytes=moved,
        transfer_s=spent["transfer"], calls=len(on_it), call_s=call, calls_s=spent["call"], time_s=time, supported_s=supported, slowdown=time / supported,
        deadline_s=data["deadline_s"]["value"], top1_share=top1("mobilenet_v1") - (data["replacement_cost_share"]["value"] if replaced else 0.0),
        binding=max(PARTS, key=spent.get), detour="nothing" if replaced else max(PARTS[1:], key=spent.get),
        state="late" if time > data["deadline_s"]["value"] else "ok", stretches=tuple(stretches), starts=starts,
        sources={
            "accelerator_work_s": f"{source_of(data['accelerator_s'])}, less one call", "cpu_work_s": source_of(data["cpu_s"]),
            "call_s": source_of(data["call_s"]),
            "border_bytes_per_s": source_of(data["border_bytes_per_s"]), "supported_s": source_of(data["accelerator_s"]),
            "deadline_s": source_of(data["deadline_s"]),
            "top1_share": "TensorFlow Slim" + (f", less {source_of(data['replacement_cost_share'])}" if replaced else ""),
        },
    )  # fmt: skip


def _runs(position: int, rule: str, replaced: bool) -> list[tuple[str, int, int]]:
    if replaced:
        return [(ACCELERATOR, 1, LAYERS)]
    before, after = (ACCELERATOR, 1, position - 1), (ACCELERATOR, position + 1, LAYERS)
    runs = [before, (CPU, position, LAYERS)] if rule == "first" else [before, (CPU, position, position), after]
    return [r for r in runs if r[1] <= r[2]]


@lru_cache(maxsize=1)
def _layers() -> tuple[tuple[str, float, int], ...]:
    """Name, share of the multiply-adds, and values that enter, of the 29 layers: those of convnet and the pooling before the classifier."""
    net, found = mobilenet_v1(), []
    for layer in net.layers:
        if layer.kind == FC:
            found.append(("pool", 0.0, net.layers[-2].output_elements))
        found.append((layer.name, layer.macs / net.macs, layer.input_elements))
    return tuple(found)
