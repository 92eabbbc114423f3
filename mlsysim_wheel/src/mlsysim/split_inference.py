r"""Cutting a network in two: the device runs the first layers, a server the rest, the feature map travels.

ResNet-50 at 224 px on a Raspberry Pi 5 and a T4, both in int8. A feature map of c channels and side h has c·h² values,
each sent in a few bits. What fewer bits do to accuracy is not modelled. Idea: Kang et al. 2017 (Neurosurgeon).
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, convnet, iron_law
from mlsysim._single import single
from mlsysim.errors import OutOfRange, UnknownName, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.transport import network, rtt_s

DEVICE, SERVER, DISTANCE_KM = "raspberry_pi_5", "t4", 1000
PHOTOS = {"jpeg": 108e3, "raw": 4.0 * 3 * 224**2}  # bytes: mean JPEG of ImageNet (recalled); 32-bit floats, three colours
CAMERA, INSIDE, WHOLE = "camera", "inside", "device"

Point = namedtuple("Point", "place wire_bytes device_s wire_s server_s total_s")
Point.__doc__ = "One place to cut: what travels, and the three parts of the time."


@dataclass(frozen=True, slots=True)
class Split:
    """ResNet-50 cut at one place, and all other places for comparison."""

    place: str = quantity(r"\text{cut}", "", doc="after this")
    bits: int = quantity("b", "bit", doc="a value on the wire")
    link: str = quantity(r"\text{link}", "")
    photo: str = quantity(r"\text{photo}", "")
    photo_bytes: float = quantity("D_0", "B", doc="what leaves if the photo is sent")
    values: int = quantity("v", "1", source="channels times side squared", doc="values that leave at the cut; 0 for the photo and for all local")
    wire_bytes: float = quantity("D", "B", source="values times bits over 8; the photo itself; nothing when all is local")
    times_photo: float = quantity("x", "×", formula=r"\frac{<wire_bytes>}{<photo_bytes>}", source="definition")
    uplink_bit_per_s: float = quantity(r"\mathrm{BW}", "bit/s")
    rtt_s: float = quantity("r", "s", doc="there and back, connection open")
    device_share: float = quantity("s_O", "share", source="multiply-adds before the cut over all")
    device_s: float = quantity("T_d", "s", source=iron_law.LAW)
    wire_s: float = quantity("T_w", "s", source="8 D / BW and a round trip; none when all is local")
    server_s: float = quantity("T_s", "s", source=iron_law.LAW)
    total_s: float = quantity("T", "s", formula="<device_s> + <wire_s> + <server_s>", source="one after the other")
    photo_s: float = quantity("T_0", "s", source="cut before the first layer", doc="send the photo")
    local_s: float = quantity("T_n", "s", source="cut after the last layer", doc="run everything on the device")
    best_place: str = quantity(r"\text{best}", "", source="least total of the 21 places")
    best_s: float = quantity(r"T_\mathrm{min}", "s", source="least total of the 21 places")
    best_region: str = quantity(r"\text{where}", "", doc="camera, inside or device")
    state: str = quantity(r"\text{state}", "", source="compared with sending the photo")
    points: tuple[Point, ...] = series("", doc="the 21 places in order")
    sources: dict = sources()


def places() -> tuple[str, ...]:
    """The places where the network can be cut, from the camera to the device's own answer.

    >>> len(places()), places()[:4]
    (21, ('photo', 'stem', 'pool', 'block 1'))
    """
    return tuple(name for name, *_ in _places())


def split(cut="stem", bits=8, link="5g", photo="jpeg") -> Split:
    """Time of one frame if the network is cut after `cut`, one of `places()`, and of every other cut.

    `bits` a value on the wire (8, 4 or 2), `link` "fibre", "5g" or "lte" to a server 1,000 km away, `photo` "jpeg" or
    "raw". Raises OutOfRange, WrongType or UnknownName.

    >>> s = split()
    >>> round(s.wire_bytes / 1e3), round(s.total_s * 1e3), round(s.photo_s * 1e3, 1)
    (803, 371, 88.8)
    """
    rows = _places()
    if cut not in places():
        raise UnknownName("place to cut", cut, places())
    cut = places().index(cut)
    one_of("bits", bits, (8, 4, 2))
    photo_bytes = PHOTOS[one_of("photo", photo, tuple(PHOTOS))]
    rate, trip = network(link)["uplink_bit_per_s"]["value"], rtt_s(link, DISTANCE_KM)
    points = []
    for name, values, _, device_s, server_s in rows:
        sent = photo_bytes if name == "photo" else values * bits / 8
        wire_s = 8 * sent / rate + trip if sent else 0.0
        points.append(Point(name, sent, device_s, wire_s, server_s, device_s + wire_s + server_s))
    here, best = points[cut], min(points, key=lambda p: p.total_s)
    region = CAMERA if best is points[0] else WHOLE if best is points[-1] else INSIDE
    state = "worse than sending the photo" if here.total_s > points[0].total_s else "ok"
    return Split(
        place=here.place, bits=bits, link=link, photo=photo, photo_bytes=photo_bytes, values=rows[cut][1], wire_bytes=here.wire_bytes,
        times_photo=here.wire_bytes / photo_bytes, uplink_bit_per_s=rate, rtt_s=trip, device_share=rows[cut][2], device_s=here.device_s,
        wire_s=here.wire_s, server_s=here.server_s, total_s=here.total_s, photo_s=points[0].total_s, local_s=points[-1].total_s,
        best_place=best.place, best_s=best.total_s, best_region=region, state=state, points=tuple(points),
        sources={
            "photo_bytes": "mean JPEG of ImageNet, recalled" if photo == "jpeg" else "224 × 224 pixels, three colours, four bytes",
            "uplink_bit_per_s": "access network (illustrative)", "rtt_s": "access network and 1,000 km of fibre (illustrative)",
        },
    )  # fmt: skip


def feature_map_bytes(channels, side, bits=8) -> float:
    """Bytes of a feature map of `channels` × `side` × `side` values.

    >>> feature_map_bytes(64, 112)
    802816.0
    """
    return whole("channels", channels) * whole("side", side, high=10**5) ** 2 * single(positive, "bits", bits) / 8


@lru_cache(maxsize=1)
def _places() -> tuple[tuple, ...]:
    """Name, values that leave, share of the multiply-adds done, seconds on the device, seconds on the server, for each place."""
    net = convnet.resnet50()
    by_block: dict[int, list] = {}
    for layer in net.layers:
        by_block.setdefault(layer.block, []).append(layer)
    stem, *blocks, head = by_block.values()
    pooled = blocks[0][0].input_elements
    groups = [("stem", stem, stem[-1].output_elements, 0), ("pool", [], pooled, pooled)]
    for i, layers in enumerate(blocks, start=1):
        groups.append((f"block {i}", layers, next(x.output_elements for x in layers if x.name == f"expand {i}"), 0))
    groups += [("average", [], head[0].input_elements, head[0].input_elements), ("all local", head, 0, 0)]
    macs, moved = [0], [0]  # moved: int8 weights once, every output written and read again
    for _, layers, _, extra in groups:
        macs.append(macs[-1] + sum(x.macs for x in layers))
        moved.append(moved[-1] + sum(x.kernel_weights for x in layers) + 2 * (sum(x.output_elements for x in layers) + extra))
    if macs[-1] != net.macs:
        raise OutOfRange("The places of the cut do not add up to the network.")  # a changed layer list would end here
    device, server = catalog.machine(DEVICE), catalog.machine(SERVER)
    rows = [("photo", 0, 0.0, 0.0, _time_s(server, macs[-1], moved[-1]))]
    for i, (name, _, values, _) in enumerate(groups, start=1):
        rest = _time_s(server, macs[-1] - macs[i], moved[-1] - moved[i]) if name != "all local" else 0.0
        rows.append((name, values, macs[i] / macs[-1], _time_s(device, macs[i], moved[i]), rest))
    return tuple(rows)


def _time_s(machine, macs: int, moved: float) -> float:
    return iron_law.estimate(
        data_bytes=moved, bandwidth_bytes_per_s=machine.bandwidth_bytes_per_s, operations=2 * macs, peak_ops_per_s=machine.peak_ops_per_s,
        efficiency=machine.efficiency, overhead_s=machine.overhead_s,
    ).time_s  # fmt: skip
