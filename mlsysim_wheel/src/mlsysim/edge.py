"""One inference across a host, a link and an edge accelerator, and the platforms of a camera box.

An Edge TPU runs the layers before the first unsupported operation; the rest of the network runs on the host.
Parameters above the on-chip memory cross the link again for every inference. Source: coral.ai, Edge TPU compiler guide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim import convnet
from mlsysim._datafile import load, source_of
from mlsysim.errors import flag, fraction, named, non_negative, positive
from mlsysim.quantity import quantity, series, sources

LANES = ("host", "link", "accelerator")


@dataclass(frozen=True, slots=True)
class Frame:
    """One inference, part by part; nothing overlaps."""

    model: str = quantity(r"\text{model}", "")
    link: str = quantity(r"\text{link}", "")
    host: str = quantity(r"\text{host}", "")
    layer_count: int = quantity("n", "1", source="count")
    mapped_layers: int = quantity(
        "n_m", "1", doc="layers before the first unsupported operation", source="Edge TPU compiler guide: up to the first unsupported operation"
    )
    macs: int = quantity("O", "MAC", source="sum over the layers")
    mapped_macs: int = quantity("O_m", "MAC", doc="of the mapped layers", source="sum over the mapped layers")
    mapped_mac_share: float = quantity("s_m", "share", formula=r"\frac{<mapped_macs>}{<macs>}", source="definition")
    mapped_weight_bytes: float = quantity("W_m", "B", doc="int8 parameters of the mapped layers", source="one byte a parameter")
    cache_bytes: float = quantity("W_{chip}", "B", doc="parameters that stay on the accelerator")
    streamed_bytes: float = quantity(
        "W_s", "B", formula=r"\max(0, <mapped_weight_bytes> - <cache_bytes>)", source="Edge TPU compiler guide: what the memory does not hold"
    )
    input_bytes: int = quantity("D_{in}", "B", doc="the image, three bytes a pixel", source="side² · 3")
    returned_bytes: float = quantity("D_{out}", "B", doc="feature map at the cut, or the result")
    link_bytes_per_s: float = quantity("BW", "B/s", doc="effective")
    host_mac_per_s: float = quantity("R_h", "MAC/s", doc="effective, int8")
    peak_op_per_s: float = quantity("R_{peak}", "OP/s", doc="accelerator, int8")
    efficiency: float = quantity(r"\eta", "share", doc="of the accelerator's peak")
    fixed_s: float = quantity("L_{lat}", "s", doc="paid every inference")
    input_s: float = quantity("T_{in}", "s", formula=r"\frac{<input_bytes>}{<link_bytes_per_s>}", source="definition of bandwidth")
    streaming_s: float = quantity("T_s", "s", formula=r"\frac{<streamed_bytes>}{<link_bytes_per_s>}", source="definition of bandwidth")
    accelerator_s: float = quantity(
        "T_a", "s", formula=r"<fixed_s> + \frac{2\cdot<mapped_macs>}{<peak_op_per_s>\cdot<efficiency>}", source="iron law"
    )
    output_s: float = quantity("T_{out}", "s", formula=r"\frac{<returned_bytes>}{<link_bytes_per_s>}", source="definition of bandwidth")
    host_s: float = quantity("T_h", "s", formula=r"\frac{<macs> - <mapped_macs>}{<host_mac_per_s>}", source="definition of a rate")
    link_s: float = quantity("T_l", "s", formula="<input_s> + <streaming_s> + <output_s>", source="sum")
    latency_s: float = quantity("T", "s", formula="<link_s> + <accelerator_s> + <host_s>", source="nothing overlaps")
    host_only_s: float = quantity("T_0", "s", formula=r"\frac{<macs>}{<host_mac_per_s>}", doc="without accelerator", source="definition of a rate")
    speedup: float = quantity("S", "×", formula=r"\frac{<host_only_s>}{<latency_s>}", source="definition")
    frames_per_s: float = quantity("f", "1/s", formula=r"\frac{1}{<latency_s>}", source="one frame after another")
    binding_lane: str = quantity(r"\text{binds}", "", doc="host, link or accelerator: the largest total", source="largest of the three")
    state: str = quantity(r"\text{state}", "", doc="slower if the accelerator slows the system, else ok", source="comparison with the host alone")
    events: tuple[tuple[str, str, float, float], ...] = series("s", doc="lane, what, start, end of each piece of the frame")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class GateBox:
    """A camera box: one platform, one network, every frame classified."""

    platform: str = quantity(r"\text{platform}", "")
    model: str = quantity(r"\text{model}", "")
    rewritten: bool = quantity(r"\text{rewritten}", "", doc="the unsupported operation is replaced")
    macs: int = quantity("O", "MAC", source="sum over the layers")
    inference_s: float = quantity("T", "s", doc="by the platform's own model")
    host_s: float = quantity("T_h", "s", doc="host share of an inference beside an accelerator; 0 on a GPU", source="as edge.frame")
    capture_s: float = quantity("T_c", "s", doc="capture and post-processing")
    frame_s: float = quantity("T_f", "s", formula="<inference_s> + <capture_s>", source="nothing overlaps")
    frames_per_s: float = quantity("f", "1/s", formula=r"\frac{1}{<frame_s>}", source="one frame after another")
    published_top1_share: float = quantity("a_0", "share", doc="ImageNet top-1, int8", source="data/convnet_top1.json: TensorFlow Slim; ResNet-50 illustrative")
    rewrite_cost_share: float = quantity("d", "share", doc="top-1 lost by the rewrite; 0 without it")
    top1_share: float = quantity("a", "share", formula="<published_top1_share> - <rewrite_cost_share>", source="definition")
    mapped_mac_share: float = quantity("s_m", "share", doc="multiply-adds off the host", source="1 on a GPU, 0 on a host, else as edge.frame")
    idle_power_w: float = quantity("P_0", "W", doc="without host computation beside an accelerator")
    host_power_w: float = quantity("P_h", "W", doc="added while the host computes beside an accelerator")
    power_w: float = quantity("P", "W", formula=r"<idle_power_w> + <host_power_w>\cdot\frac{<host_s>}{<inference_s>}", source="linear in the busy share")
    price_usd: float = quantity(r"\$", "$")
    sources: dict = sources()


def models() -> tuple[str, ...]:
    """Names that `frame` and `gate_box` take: MobileNetV1 as "mobilenet_v1_<width>_<side>", and "resnet50"."""
    table = load("convnet_top1.json")["mobilenet_v1"]
    return *(f"mobilenet_v1_{w}_{r}" for w in table["widths"] for r in table["resolutions"]), "resnet50"


def frame(model="mobilenet_v1_1.0_224", unsupported_at_share=0.5, link="usb_3", host="raspberry_pi_5") -> Frame:
    """One inference on host + link + Edge TPU, with the pieces of the frame as `events` for a Gantt chart.

    `unsupported_at_share` places one unsupported operation at 0..1 of the layer list, None = all supported: the first
    ⌊share·n⌋ of n layers run on the accelerator. `link` is "usb_2", "usb_3" or "pcie_gen2_x1", `host` is
    "raspberry_pi_4" or "raspberry_pi_5". Source of every rate: data/edge/edge_tpu.json (coral.ai 2019, Allan 2023).
    Raises UnknownName for another name, OutOfRange or WrongType for a share outside [0, 1].

    >>> f = frame("mobilenet_v1_1.0_224", None)
    >>> round(f.latency_s * 1e3, 2), round(f.speedup, 2)
    (2.58, 6.49)
    """
    network, data = _network(model), load("edge/edge_tpu.json")
    wire, cpu, tpu = _entry("link", link, data["links"]), _entry("host", host, data["hosts"]), data["edge_tpu"]
    cut = unsupported_at_share is not None
    if cut:
        fraction("unsupported_at_share", unsupported_at_share)
    n = network.layer_count
    mapped = math.floor(unsupported_at_share * n + 1e-9) if cut else n  # 0.55·20 is 11, also in binary
    macs = sum(layer.macs for layer in network.layers[:mapped])
    weights = float(sum(layer.weights for layer in network.layers[:mapped]))
    rate, bandwidth = cpu["value"], wire["value"]
    peak, efficiency, fixed, cache = (tpu[key]["value"] for key in ("peak_op_per_s", "efficiency", "fixed_s", "cache_bytes"))
    back = data["cut_return_bytes" if cut else "result_return_bytes"]
    input_bytes, streamed = 3 * network.resolution**2, max(0.0, weights - cache)
    parts = (
        ("link", "input", input_bytes / bandwidth),
        ("link", "weights", streaming_s(weights, bandwidth, cache)),
        ("accelerator", "mapped layers", fixed + 2 * macs / (peak * efficiency)),
        ("link", "output", back["value"] / bandwidth),
        ("host", "remaining layers", (network.macs - macs) / rate),
    )
    seconds = {what: length for _, what, length in parts}
    lane_s = {lane: sum(length for where, _, length in parts if where == lane) for lane in LANES}
    latency, alone, events, clock = sum(lane_s.values()), network.macs / rate, [], 0.0
    for lane, what, length in parts:
        if length > 0:
            events.append((lane, what, clock, clock + length))
            clock += length
    return Frame(
        model=network.name, link=link, host=host, layer_count=n, mapped_layers=mapped, macs=network.macs, mapped_macs=macs,
        mapped_mac_share=macs / network.macs, mapped_weight_bytes=weights, cache_bytes=cache, streamed_bytes=streamed,
        input_bytes=input_bytes, returned_bytes=back["value"], link_bytes_per_s=bandwidth, host_mac_per_s=rate,
        peak_op_per_s=peak, efficiency=efficiency, fixed_s=fixed, input_s=seconds["input"], streaming_s=seconds["weights"],
        accelerator_s=seconds["mapped layers"], output_s=seconds["output"], host_s=seconds["remaining layers"],
        link_s=lane_s["link"], latency_s=latency, host_only_s=alone, speedup=alone / latency, frames_per_s=1 / latency,
        binding_lane=max(LANES, key=lane_s.get), state="slower" if alone < latency else "ok", events=tuple(events),
        sources={
            "link_bytes_per_s": source_of(wire), "host_mac_per_s": source_of(cpu), "returned_bytes": source_of(back),
            **{key: source_of(tpu[key]) for key in ("peak_op_per_s", "efficiency", "fixed_s", "cache_bytes")},
        },
    )  # fmt: skip


def streaming_s(weight_bytes, link_bytes_per_s, cache_bytes=8e6) -> float:
    """Seconds a link needs, every inference, for the parameters that exceed the accelerator's memory.

    Raises OutOfRange or WrongType for a negative size or a bandwidth that is not above zero.

    >>> streaming_s(28e6, 0.4e9)
    0.05
    """
    non_negative("weight_bytes", weight_bytes)
    return max(0.0, weight_bytes - non_negative("cache_bytes", cache_bytes)) / positive("link_bytes_per_s", link_bytes_per_s)


def path_speedup(mapped_share, accelerator_factor) -> float:
    """Speedup of the whole path if a share of its time runs `accelerator_factor` times faster (Amdahl 1967).

    Raises OutOfRange or WrongType for a share outside [0, 1] or a factor that is not above zero.

    >>> path_speedup(0.5, 10)
    1.8181818181818181
    """
    share = fraction("mapped_share", mapped_share)
    return 1 / ((1 - share) + share / positive("accelerator_factor", accelerator_factor))


def gate_box(platform="pi_5_coral", model="mobilenet_v1_1.0_224", rewritten=False) -> GateBox:
    """Frames per second, top-1, watts and dollars of a camera box.

    `platform` is "pi_5", "pi_5_coral", "orin_nano_8gb" or "pc_l4". One operation of the network is unsupported: it
    costs time only beside an Edge TPU, where it ends the mapped part at 30 % of the layers; `rewritten` removes it for
    one point of top-1 on every platform. Figures and which of them are illustrative: data/edge/gate_platforms.json.
    Raises UnknownName for another platform or model, WrongType if `rewritten` is no bool.

    >>> b = gate_box("pi_5_coral", "mobilenet_v1_1.0_224")
    >>> round(b.frames_per_s, 1), round(b.power_w, 1)
    (43.3, 8.6)
    """
    network, data = _network(model), load("edge/gate_platforms.json")
    box = _entry("platform", platform, data["platforms"])
    flag("rewritten", rewritten)
    capture, loss = data["capture_s"], data["rewrite_top1_cost"]
    host_s, host_power = 0.0, box.get("host_power_w", {"value": 0.0, "source": "no host beside an accelerator"})
    mapped_share, given = 1.0, {}
    if box["kind"] == "host":
        rate = load("edge/edge_tpu.json")["hosts"][box["host"]]
        inference = host_s = network.macs / rate["value"]
        mapped_share, given = 0.0, {"inference_s": f"multiply-adds / effective host rate; {source_of(rate)}"}
    elif box["kind"] == "edge_tpu":
        path = frame(model, None if rewritten else data["unsupported_at_share"]["value"], box["link"], box["host"])
        inference, host_s, mapped_share = path.latency_s, path.host_s, path.mapped_mac_share
        given = {"inference_s": "host + link + Edge TPU, nothing overlapped: edge.frame"}
    else:
        compute = 2 * network.macs / (box["peak_op_per_s"]["value"] * box["efficiency"]["value"])
        memory = network.weights / (box["memory_bytes_per_s"]["value"] * box["memory_efficiency"]["value"])
        inference = max(compute, memory) + box["fixed_s"]["value"]
        given = {"inference_s": f"roofline + fixed cost; {source_of(box['peak_op_per_s'])}"}
    published, cost = _top1(model), loss["value"] if rewritten else 0.0
    power = box["power_w"]["value"] + host_power["value"] * host_s / inference
    return GateBox(
        platform=platform, model=network.name, rewritten=rewritten, macs=network.macs, inference_s=inference, host_s=host_s,
        capture_s=capture["value"], frame_s=inference + capture["value"], frames_per_s=1 / (inference + capture["value"]),
        published_top1_share=published, rewrite_cost_share=cost, top1_share=published - cost, mapped_mac_share=mapped_share,
        idle_power_w=box["power_w"]["value"], host_power_w=host_power["value"], power_w=power, price_usd=box["price_usd"]["value"],
        sources={
            **given, "capture_s": source_of(capture), "rewrite_cost_share": source_of(loss),
            "idle_power_w": source_of(box["power_w"]), "host_power_w": source_of(host_power), "price_usd": source_of(box["price_usd"]),
        },
    )  # fmt: skip


def _parse(model) -> tuple[float, int] | None:
    """Width and side of a MobileNetV1 name, None for ResNet-50."""
    named("network", model, models())
    if model == "resnet50":
        return None
    _, _, width, side = model.split("_")
    return float(width), int(side)


def _network(model) -> convnet.Network:
    shape = _parse(model)
    return convnet.resnet50() if shape is None else convnet.mobilenet_v1(*shape)


def _top1(model) -> float:
    shape = _parse(model)
    return convnet.top1("resnet50") if shape is None else convnet.top1("mobilenet_v1", width=shape[0], resolution=shape[1])


def _entry(kind: str, name, table: dict) -> dict:
    named(kind, name, table)
    return table[name]
