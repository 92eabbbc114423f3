"""A convolutional network walked layer by layer under the roofline of a device: where the operations are, where the time goes.

A layer takes the longer of its arithmetic and its traffic, and a fixed time on top; layers follow one another and none is
fused. Traffic is the least that must move: weights once a batch, input and output of every picture once. Whether the
weights fit the device is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim.catalog_entries import BYTES_OF_FORMAT
from mlsysim.convnet import CONV, DEPTHWISE, FC, POINTWISE, Network, mobilenet_v1, resnet50, vgg16
from mlsysim.errors import named, whole
from mlsysim.quantity import quantity, series, sources

POOL = "pool"
KINDS = (POINTWISE, DEPTHWISE, CONV, FC, POOL)
NETWORKS = {"mobilenet_v1": mobilenet_v1, "resnet50": resnet50, "vgg16": vgg16}
TERMS = ("arithmetic", "data", "overhead")
IDLE_BELOW = 0.05
FOLLOWS = 0.9  # a ratio of times within 10 % of the ratio of operations follows it
_ROOF = "Williams, Waterman, Patterson 2009, and a fixed time a layer"


@dataclass(frozen=True, slots=True)
class LayerTime:
    """One layer at one batch."""

    name: str = quantity(r"\text{layer}", "")
    kind: str = quantity(r"\text{kind}", "")
    operations: float = quantity("O", "FLOP", doc="two for a multiply-add", source="layer list of convnet")
    traffic_bytes: float = quantity("D", "B", doc="weights once, input and output of every picture", source="layer list of convnet")
    arithmetic_s: float = quantity("t_O", "s", doc="operations at the rate that is reached", source=_ROOF)
    data_s: float = quantity("t_D", "s", doc="traffic at the bandwidth", source=_ROOF)
    overhead_s: float = quantity("t_L", "s", doc="fixed time a layer", source=_ROOF)
    time_s: float = quantity("t", "s", formula=r"\max(<arithmetic_s>, <data_s>) + <overhead_s>", source=_ROOF)
    term: str = quantity(r"\text{binds}", "", doc="arithmetic, data or overhead: the largest", source="largest of the three")
    intensity_flop_per_byte: float = quantity("I", "FLOP/B", formula=r"\frac{<operations>}{<traffic_bytes>}", source="definition")
    rate_flop_per_s: float = quantity("r", "FLOP/s", formula=r"\frac{<operations>}{<time_s>}", source="definition")


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """A network on a device, layer after layer."""

    network: str = quantity(r"\text{network}", "")
    device: str = quantity(r"\text{device}", "")
    batch: int = quantity("B", "1", doc="pictures at once")
    value_bytes: float = quantity("b", "B", doc="of a weight and of a value between layers")
    peak_flop_per_s: float = quantity("R", "FLOP/s", doc="dense, in that format")
    efficiency: float = quantity(r"\eta", "share", doc="of the peak that the arithmetic of a layer reaches")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    ridge_flop_per_byte: float = quantity("I^*", "FLOP/B", formula=r"\frac{<peak_flop_per_s>}{<bandwidth_bytes_per_s>}", source="Williams et al. 2009")
    layer_s: float = quantity("l", "s", doc="fixed time a layer")
    layer_count: int = quantity("n", "1", doc="with the pooling before the classifier, where it counts", source="count")
    macs: int = quantity("m", "MAC", doc="multiply-adds of one picture", source="sum over the layers")
    operations: float = quantity("O", "FLOP", formula=r"2 \cdot <macs> \cdot <batch>", source="two for a multiply-add")
    traffic_bytes: float = quantity("D", "B", doc="sum over the layers", source="weights once, values of every picture")
    arithmetic_s: float = quantity("T_O", "s", doc="of the layers whose arithmetic takes longer than their traffic", source=_ROOF)
    data_s: float = quantity("T_D", "s", doc="of the layers whose traffic takes longer", source=_ROOF)
    overhead_s: float = quantity("T_L", "s", formula=r"<layer_count> \cdot <layer_s>", source=_ROOF)
    time_s: float = quantity("T", "s", formula="<arithmetic_s> + <data_s> + <overhead_s>", source=_ROOF)
    images_per_s: float = quantity("f", "pictures/s", formula=r"\frac{<batch>}{<time_s>}", source="definition")
    reached_share: float = quantity("u", "share", formula=r"\frac{<operations>}{<time_s> \cdot <peak_flop_per_s>}", source="definition", doc="of the peak")
    ceiling_flop_per_s: float = quantity(r"R\eta", "FLOP/s", formula=r"<peak_flop_per_s> \cdot <efficiency>", source="definition", doc="at best")
    intensity_flop_per_byte: float = quantity("I", "FLOP/B", formula=r"\frac{<operations>}{<traffic_bytes>}", source="definition", doc="of the whole")
    rate_flop_per_s: float = quantity("r", "FLOP/s", formula=r"\frac{<operations>}{<time_s>}", source="definition", doc="of the whole")
    depthwise_mac_share: float = quantity("s_O", "share", doc="of the multiply-adds", source="sum over the depthwise layers")
    depthwise_time_share: float = quantity("s_T", "share", doc="of the time", source="sum over the depthwise layers")
    binding: str = quantity(r"\text{binds}", "", doc="arithmetic, data or overhead", source="largest of the three")
    operations_ratio: float = quantity(r"r_O", "×", doc="ResNet-50 over MobileNetV1, multiply-adds", source="layer lists of convnet")
    time_ratio: float = quantity(r"r_T", "×", doc="ResNet-50 over MobileNetV1, time on this device at this batch", source=_ROOF)
    spoiler: str = quantity(
        r"\text{spoiler}", "", doc="what keeps the ratio of times below that of operations: nothing (within 10 %), or MobileNetV1's data or overhead"
    )
    shares_by_kind: tuple[tuple[str, float, float], ...] = series("share", doc="kind, share of the operations, share of the time")
    layers: tuple[LayerTime, ...] = series("s", doc="layers in execution order")
    time_shares: tuple[float, ...] = series("share", doc="each layer's share of the time")
    sources: dict = sources()


def devices() -> dict[str, str]:
    """Names that `walk` takes, with their titles.

    >>> devices()["a100"]
    'A100'
    """
    return {name: entry["title"] for name, entry in load("layer_walk.json")["devices"].items()}


def walk(network: str = "mobilenet_v1", device: str = "a100", batch: int = 64) -> NetworkTime:
    """Time of a batch of pictures (224 pixels a side), layer by layer.

    `network` is mobilenet_v1, resnet50 or vgg16; `device` a100, h100, cortex_m7 or raspberry_pi_5; batch 1 to 4096.
    A layer: max(2mB/(Rη), (p + B(in + out))·b/BW) + l. Raises UnknownName or OutOfRange otherwise.
    Source: Williams et al. 2009; η and l in data/layer_walk.json.

    >>> r = walk("mobilenet_v1", "a100", 64)
    >>> f"{r.time_s * 1e3:.3f} ms, depthwise {r.depthwise_mac_share:.1%} of the work, {r.depthwise_time_share:.1%} of the time"
    '0.932 ms, depthwise 3.1% of the work, 39.2% of the time'
    """
    for what, name, known in (("network", network, NETWORKS), ("device", device, devices())):
        named(what, name, known)
    return _walk(network, device, whole("batch", batch, high=4096))


@lru_cache(maxsize=256)
def _walk(network: str, device: str, batch: int) -> NetworkTime:
    net, layers, known = NETWORKS[network](), _layers(network, device, batch), _device(device)
    light, heavy = (_seconds(_layers(name, device, batch)) for name in ("mobilenet_v1", "resnet50"))
    operations_ratio, time_ratio = resnet50().macs / mobilenet_v1().macs, sum(heavy.values()) / sum(light.values())
    spent = _seconds(layers)
    time, operations, traffic = sum(spent.values()), 2.0 * net.macs * batch, sum(la.traffic_bytes for la in layers)
    by_kind = tuple(
        (kind, sum(la.operations for la in of) / operations, sum(la.time_s for la in of) / time)
        for kind in KINDS
        if (of := [la for la in layers if la.kind == kind])
    )
    depthwise = next(((o, t) for kind, o, t in by_kind if kind == DEPTHWISE), (0.0, 0.0))
    return NetworkTime(
        network=network, device=device, batch=batch, value_bytes=known["value_bytes"], peak_flop_per_s=known["peak"], efficiency=known["efficiency"],
        bandwidth_bytes_per_s=known["bandwidth"], ridge_flop_per_byte=known["peak"] / known["bandwidth"], layer_s=known["layer_s"],
        layer_count=len(layers), macs=net.macs, operations=operations, traffic_bytes=traffic,
        arithmetic_s=spent["arithmetic"], data_s=spent["data"], overhead_s=spent["overhead"], time_s=time, images_per_s=batch / time,
        reached_share=operations / (time * known["peak"]), ceiling_flop_per_s=known["peak"] * known["efficiency"],
        intensity_flop_per_byte=operations / traffic, rate_flop_per_s=operations / time, depthwise_mac_share=depthwise[0], depthwise_time_share=depthwise[1],
        binding=max(TERMS, key=spent.get), operations_ratio=operations_ratio, time_ratio=time_ratio,
        spoiler="nothing" if time_ratio >= FOLLOWS * operations_ratio else max(("data", "overhead"), key=light.get),
        shares_by_kind=by_kind, layers=layers, time_shares=tuple(la.time_s / time for la in layers), sources=known["sources"],
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _layers(network: str, device: str, batch: int) -> tuple[LayerTime, ...]:
    known = _device(device)
    rate, bandwidth, fixed, width = known["peak"] * known["efficiency"], known["bandwidth"], known["layer_s"], known["value_bytes"]
    found = []
    for name, kind, macs, weights, values in _work(NETWORKS[network]()):
        operations, traffic = 2.0 * macs * batch, (weights + batch * values) * width
        arithmetic, data = operations / rate, traffic / bandwidth
        term = max(zip((arithmetic, data, fixed), TERMS, strict=True))[1]
        time = max(arithmetic, data) + fixed
        found.append(LayerTime(name, kind, operations, traffic, arithmetic, data, fixed, time, term, operations / traffic, operations / time))
    return tuple(found)


def _work(net: Network):
    """Name, kind, multiply-adds, weights and values of each layer; MobileNetV1 pools its last image before it classifies."""
    for layer in net.layers:
        if layer.kind == FC and net.depthwise_macs:
            before = net.layers[-2]
            yield POOL, POOL, 0, 0, before.output_elements + before.c_out
        yield layer.name, layer.kind, layer.macs, layer.kernel_weights, layer.input_elements + layer.output_elements


def _seconds(layers) -> dict[str, float]:
    """Time by term: each layer's longer half, and the fixed times."""
    found = dict.fromkeys(TERMS, 0.0)
    for la in layers:
        found["arithmetic" if la.arithmetic_s >= la.data_s else "data"] += max(la.arithmetic_s, la.data_s)
        found["overhead"] += la.overhead_s
    return found


@lru_cache(maxsize=8)
def _device(name: str) -> dict:
    entry = load("layer_walk.json")["devices"][name]
    chip, machine = catalog.device(entry["device"]), entry["machine"] and catalog.machine(entry["machine"])
    return {
        "peak": chip.peak(entry["format"]), "bandwidth": chip.bandwidth(), "value_bytes": BYTES_OF_FORMAT[entry["format"]],
        "efficiency": machine.efficiency if machine else entry["efficiency"]["value"], "layer_s": entry["layer_s"]["value"],
        "sources": {
            "peak_flop_per_s": chip.source("peak_flop_per_s"), "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"),
            "value_bytes": f"format {entry['format']}", "efficiency": machine.source("efficiency") if machine else source_of(entry["efficiency"]),
            "layer_s": source_of(entry["layer_s"]),
        },
    }  # fmt: skip
