"""A weight-stationary systolic array: which layers fill it, and which leave it idle.

A P×P array holds a K×N piece of the weights; M rows of inputs stream through it. One piece takes M cycles to stream
plus 2P − 2 to fill and drain, and pieces run one after another. Source: Jouppi et al., ISCA 2017 (the array);
Gupta and Akin 2020 (depthwise layers on arrays).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from mlsysim.convnet import DEPTHWISE, FC, Layer, Network, mobilenet_v1
from mlsysim.errors import flag, instance, one_of, whole
from mlsysim.quantity import quantity, series, sources

IDLE_BELOW = 0.05
LARGE_BATCH = 8
_CYCLES = r"\left\lceil\frac{<k>}{<side>}\right\rceil\cdot\left\lceil\frac{<n>}{<side>}\right\rceil\cdot(<m> + 2\cdot<side> - 2)"
_JOUPPI = "weight-stationary array: Jouppi et al., ISCA 2017; fill and drain not overlapped"


@dataclass(frozen=True, slots=True)
class Product:
    """One matrix product M×K by K×N on a P×P array."""

    m: int = quantity("M", "1", doc="rows that stream through")
    k: int = quantity("K", "1", doc="length of the sum, along the rows of the array")
    n: int = quantity("N", "1", doc="outputs, along the columns of the array")
    side: int = quantity("P", "1", doc="side of the array")
    passes: int = quantity(
        "p",
        "1",
        formula=r"\left\lceil\frac{<k>}{<side>}\right\rceil\cdot\left\lceil\frac{<n>}{<side>}\right\rceil",
        source="weight-stationary array: Jouppi et al., ISCA 2017",
    )
    cycles: int = quantity("c", "1", formula=_CYCLES, source=_JOUPPI)
    macs: int = quantity("O", "MAC", formula=r"<m>\cdot<k>\cdot<n>", source="definition")
    utilisation: float = quantity("u", "share", formula=r"\frac{<macs>}{<cycles>\cdot<side>^2}", source="multiply-adds of cells × cycles")


@dataclass(frozen=True, slots=True)
class LayerRun:
    """One layer on the array."""

    name: str = quantity(r"\text{layer}", "")
    kind: str = quantity(r"\text{kind}", "")
    side: int = quantity("P", "1", doc="side of the array")
    m: int = quantity("M", "1", doc="rows that stream through: output pixels times batch")
    k: int = quantity("K", "1", doc="length of the sum")
    n: int = quantity("N", "1", doc="output channels")
    channels_at_once: int = quantity(
        "g", "1", doc="depthwise channels that share one pass (1 for other layers)", source="packing along the diagonal: Gupta and Akin 2020"
    )
    passes: int = quantity("p", "1", doc="pieces of weights loaded one after another", source="weight-stationary array: Jouppi et al., ISCA 2017")
    cycles: int = quantity("c", "1", formula=r"<passes>\cdot(<m> + 2\cdot<side> - 2)", source=_JOUPPI)
    macs: int = quantity("O", "MAC", source="convnet")
    utilisation: float = quantity("u", "share", formula=r"\frac{<macs>}{<cycles>\cdot<side>^2}", source="multiply-adds of cells × cycles")
    occupied_cells: int = quantity("q", "1", doc="cells that hold a weight in the fullest pass", source="fullest pass")
    occupied_share: float = quantity("s_q", "share", formula=r"\frac{<occupied_cells>}{<side>^2}", source="definition")
    mac_share: float = quantity("s_O", "share", doc="of the network's multiply-adds", source="definition")
    cycle_share: float = quantity("s_c", "share", doc="of the network's cycles", source="definition")
    occupied: tuple[tuple[int, int, int, int], ...] = series("1", doc="filled rectangles: row, row end, column, column end")


@dataclass(frozen=True, slots=True)
class ArrayRun:
    """A network on the array, layer after layer."""

    network: str = quantity(r"\text{network}", "")
    side: int = quantity("P", "1", doc="side of the array")
    batch: int = quantity("B", "1", doc="images at once")
    packed: bool = quantity(r"\text{packed}", "", doc="depthwise channels share the array")
    macs: int = quantity("O", "MAC", doc="sum over the layers and the batch", source="sum")
    cycles: int = quantity("c", "1", doc="sum over the layers", source=_JOUPPI)
    cycles_per_image: float = quantity("c/B", "1", formula=r"\frac{<cycles>}{<batch>}", source="definition")
    utilisation: float = quantity("u", "share", formula=r"\frac{<macs>}{<cycles>\cdot<side>^2}", source="multiply-adds of cells × cycles")
    depthwise_macs: int = quantity("O_{dw}", "MAC", doc="sum over the depthwise layers and the batch", source="sum")
    depthwise_cycles: int = quantity("c_{dw}", "1", doc="sum over the depthwise layers", source="sum")
    depthwise_mac_share: float = quantity("s_{O,dw}", "share", formula=r"\frac{<depthwise_macs>}{<macs>}", source="definition")
    depthwise_cycle_share: float = quantity("s_{c,dw}", "share", formula=r"\frac{<depthwise_cycles>}{<cycles>}", source="definition")
    half_side_cycles: int = quantity("c_{P/2}", "1", doc="the same on an array of half the side", source="the same run at half the side")
    speed_vs_previous_size: float = quantity("S", "×", formula=r"\frac{<half_side_cycles>}{<cycles>}", doc="for 4 times the multipliers", source="definition")
    state: str = quantity(r"\text{state}", "", doc="idle below 5 % utilisation, else ok", source="illustrative threshold")
    layers: tuple[LayerRun, ...] = series("", doc="layers in execution order")
    mac_share_by_layer: tuple[float, ...] = series("share", doc="each layer's share of the multiply-adds")
    cycle_share_by_layer: tuple[float, ...] = series("share", doc="each layer's share of the cycles")
    utilisation_by_layer: tuple[float, ...] = series("share", doc="each layer's utilisation")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class MobilenetRun(ArrayRun):
    """MobileNetV1 1.0/224, or its twin with full convolutions, on the array; and what would fill it better."""

    utilisation_batch: float = quantity("u_B", "share", doc=f"with batch {LARGE_BATCH}", source="the same run with one change")
    utilisation_smaller_array: float = quantity("u_{P/2}", "share", doc="with half the side", source="the same run with one change")
    utilisation_packing: float = quantity("u_{pack}", "share", doc="with depthwise channels packed", source="the same run with one change")
    utilisation_full: float = quantity("u_{full}", "share", doc="with 3×3 convolutions in place of depthwise layers", source="the same run with one change")
    best_change: str = quantity(r"\text{best}", "", doc="the single change with the highest utilisation", source="largest of the four")
    macs_vs_separable: float = quantity("O/O_{sep}", "×", doc="multiply-adds against the separable network", source="definition")
    cycles_vs_separable: float = quantity("c/c_{sep}", "×", doc="cycles against the separable network, same array", source="definition")


def product(m, k, n, side=128) -> Product:
    """Cycles and utilisation of one matrix product M×K by K×N on a `side` × `side` array.

    Counts are whole; utilisation is a share in (0, 1]. Raises OutOfRange or WrongType for a count below 1.

    >>> product(196, 512, 512, 128).cycles
    7200
    """
    m, k, n, side = whole("m", m), whole("k", k), whole("n", n), whole("side", side, high=4096)
    passes, macs = _pieces(k, side) * _pieces(n, side), m * k * n
    cycles = passes * (m + 2 * side - 2)
    return Product(m, k, n, side, passes, cycles, macs, macs / (cycles * side * side))


def run(network: Network, side=128, batch=1, packed=True) -> ArrayRun:
    """Run every layer of a `convnet.Network` on a `side` × `side` array with `batch` images at once.

    A convolution is a product with M = output pixels × batch, K = kernel² × input channels, N = output channels. In a
    depthwise layer a channel fills kernel² rows of one column; with `packed`, ⌊side/kernel²⌋ channels share the array
    along its diagonal. Raises OutOfRange or WrongType for a side outside 2–4096, a batch below 1, or another network.

    >>> from mlsysim.convnet import mobilenet_v1
    >>> r = run(mobilenet_v1(), side=128)
    >>> r.cycles, round(r.depthwise_cycle_share, 3)
    (368391, 0.664)
    """
    instance("network", network, Network, "a Network of mlsysim.convnet")
    side, batch = whole("side", side, low=2, high=4096), whole("batch", batch, high=65536)
    flag("packed", packed)
    macs, cycles = network.macs * batch, _cycles(network, side, batch, packed)
    layers = tuple(_layer_run(layer, side, batch, packed, macs, cycles) for layer in network.layers)
    depthwise = sum(layer.cycles for layer in layers if layer.kind == DEPTHWISE)
    half, utilisation = _cycles(network, side // 2, batch, packed), macs / (cycles * side * side)
    return ArrayRun(
        network=network.name, side=side, batch=batch, packed=packed, macs=macs, cycles=cycles, cycles_per_image=cycles / batch,
        utilisation=utilisation, depthwise_macs=network.depthwise_macs * batch, depthwise_cycles=depthwise,
        depthwise_mac_share=network.depthwise_mac_share, depthwise_cycle_share=depthwise / cycles,
        half_side_cycles=half, speed_vs_previous_size=half / cycles, state="idle" if utilisation < IDLE_BELOW else "ok",
        layers=layers, mac_share_by_layer=network.mac_share_by_layer,
        cycle_share_by_layer=tuple(layer.cycle_share for layer in layers),
        utilisation_by_layer=tuple(layer.utilisation for layer in layers),
    )  # fmt: skip


def run_mobilenet(side=128, batch=1, network="separable", packed=True) -> MobilenetRun:
    """MobileNetV1 1.0/224 ("separable") or its twin with full 3×3 convolutions ("full") on the array.

    Besides the run itself: the utilisation after each single change (batch 8, half the side, packing, full
    convolutions) and the best of them: "larger batch", "smaller array", "packing" or "replacing depthwise".
    Raises OutOfRange or WrongType as `run` does, and for another network name.

    >>> r = run_mobilenet(side=256, network="full")
    >>> round(r.macs_vs_separable, 2), round(r.cycles_vs_separable, 2)
    (8.56, 1.4)
    """
    one_of("network", network, ("separable", "full"))
    separable, full = mobilenet_v1(), mobilenet_v1(full=True)
    here = full if network == "full" else separable
    base = run(here, side, batch, packed)
    side, batch = base.side, base.batch
    half = side // 2
    changes = {
        "larger batch": here.macs * LARGE_BATCH / (_cycles(here, side, LARGE_BATCH, packed) * side**2),
        "smaller array": base.macs / (base.half_side_cycles * half**2),
        "packing": base.macs / (_cycles(here, side, batch, True) * side**2),
        "replacing depthwise": full.macs * batch / (_cycles(full, side, batch, packed) * side**2),
    }
    return MobilenetRun(
        **{f.name: getattr(base, f.name) for f in fields(base)},
        utilisation_batch=changes["larger batch"], utilisation_smaller_array=changes["smaller array"],
        utilisation_packing=changes["packing"], utilisation_full=changes["replacing depthwise"],
        best_change=max(changes, key=changes.get), macs_vs_separable=here.macs / separable.macs,
        cycles_vs_separable=base.cycles / _cycles(separable, side, batch, packed),
    )  # fmt: skip


def _shape(layer: Layer, side: int, batch: int, packed: bool) -> tuple[int, int, int, int, int]:
    """M, K, N, the channels of one depthwise pass, and the passes of a layer."""
    m = batch if layer.kind == FC else layer.side_out**2 * batch
    k = layer.kernel**2 * (layer.c_in // layer.groups)
    if layer.kind != DEPTHWISE:
        return m, k, layer.c_out, 1, _pieces(k, side) * _pieces(layer.c_out, side)
    group = max(1, side // k) if packed else 1
    group = min(group, layer.c_out)
    return m, k, layer.c_out, group, _pieces(layer.c_out, group) * _pieces(k, side)  # an array below k rows needs several passes


def _cycles(network: Network, side: int, batch: int, packed: bool) -> int:
    total = 0
    for layer in network.layers:
        m, _, _, _, passes = _shape(layer, side, batch, packed)
        total += passes * (m + 2 * side - 2)
    return total


def _layer_run(layer: Layer, side: int, batch: int, packed: bool, network_macs: int, network_cycles: int) -> LayerRun:
    m, k, n, group, passes = _shape(layer, side, batch, packed)
    cycles, macs, rows = passes * (m + 2 * side - 2), layer.macs * batch, min(k, side)
    if layer.kind == DEPTHWISE:
        occupied = tuple((i * rows, (i + 1) * rows, i, i + 1) for i in range(group))
        cells = group * rows
    else:
        occupied = ((0, rows, 0, min(n, side)),)
        cells = rows * min(n, side)
    return LayerRun(
        name=layer.name, kind=layer.kind, side=side, m=m, k=k, n=n, channels_at_once=group, passes=passes, cycles=cycles,
        macs=macs, utilisation=macs / (cycles * side * side), occupied_cells=cells, occupied_share=cells / side**2,
        mac_share=macs / network_macs, cycle_share=cycles / network_cycles, occupied=occupied,
    )  # fmt: skip


def _pieces(length: int, side: int) -> int:
    return -(-length // side)
