r"""Where one product thinks: a box at the place, a server near by, or a cloud, with the bill of a month.

A camera at a bicycle crossing classifies frames while something moves. Prices and traffic: data/crossing.json.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import catalog, convnet, iron_law
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import named, positive
from mlsysim.quantity import quantity, sources
from mlsysim.transport import network as access_network
from mlsysim.transport import remote_call
from mlsysim.units import DAY, GB, HOUR, KILO

POLE = "pole"


@dataclass(frozen=True, slots=True)
class Crossing:
    """One design for the crossing: answer time, accuracy, load, and dollars a month."""

    place: str = quantity(r"\text{place}", "")
    model: str = quantity(r"\text{network}", "")
    link: str = quantity(r"\text{link}", "", doc="none where the pole answers")
    distance_km: float = quantity("d", "km")
    photo_bytes: float = quantity("D", "B", doc="a frame on the wire; 0 where the pole answers")
    frames_per_s: float = quantity("f", "1/s", doc="while something moves")
    hours_per_day: float = quantity("h", "h", doc="something moves")
    service_s: float = quantity("T_O", "s", source=iron_law.LAW, doc="the network on its machine")
    p95_s: float = quantity("T_{95}", "s", source="pole: the network's time; remote: simulated requests on an open connection with 2 % loss")
    busy_s: float = quantity("t_b", "s", source="of the pole's machine, or of the link, by one frame")
    load_share: float = quantity(r"\rho", "share", formula=r"<frames_per_s> \cdot <busy_s>", source="utilisation law", doc="while something moves")
    published_top1_share: float = quantity("a_0", "share", doc="ImageNet top-1, int8")
    photo_cost_share: float = quantity(r"\Delta a", "share", doc="lost by compressing harder")
    top1_share: float = quantity("a", "share", formula="<published_top1_share> - <photo_cost_share>", source="definition")
    power_w: float = quantity("P", "W", source="idle, and the busy share of what full load adds", doc="of the box at the pole, mean of the day")
    traffic_bytes: float = quantity("V", "B", source="frames of a month times bytes", doc="a month")
    box_usd: float = quantity(r"\$_b", "$", doc="box over its life and its energy, a month")
    link_usd: float = quantity(r"\$_l", "$", doc="contract and data, a month")
    server_usd: float = quantity(r"\$_s", "$", doc="its share of a server, a month")
    cost_usd: float = quantity(r"\$", "$", formula="<box_usd> + <link_usd> + <server_usd>", source="sum", doc="a month")
    bicycle_m_per_s: float = quantity("v", "m/s")
    ridden_m: float = quantity("x", "m", formula=r"<bicycle_m_per_s> \cdot <p95_s>", source="speed times time", doc="a bicycle goes on until the answer")
    sources: dict = sources()


def places() -> dict[str, str]:
    """Names of the places with their words."""
    return {name: entry["label"] for name, entry in load("crossing.json")["places"].items()}


def crossing(place="cloud", model="resnet50", link="lte", photo="full", frames_per_s=5, hours_per_day=4) -> Crossing:
    """One design for the crossing.

    `place` is "pole", "near" or "cloud", `model` "mobilenet_v1" or "resnet50", `link` "fibre", "5g" or "lte", `photo`
    "small" (40 kB) or "full" (108 kB). At the pole, link and photo do not matter. Raises UnknownName, OutOfRange or WrongType.

    >>> c = crossing("pole", "mobilenet_v1")
    >>> round(c.p95_s * 1e3, 1), round(c.cost_usd, 2)
    (18.2, 2.83)
    """
    data = load("crossing.json")
    where, shot, contract = (_entry(kind, name, data[f"{kind}s"]) for kind, name in (("place", place), ("photo", photo), ("link", link)))
    _entry("network", model, data["networks"])
    frames_per_s = single(positive, "frames_per_s", frames_per_s, high=1000)
    hours_per_day = single(positive, "hours_per_day", hours_per_day, high=24)
    machine = catalog.machine(where["machine"])
    service_s = iron_law.on_machine(iron_law.Job.of(catalog.model(model)), machine).time_s
    moving, month_h = hours_per_day * HOUR / DAY, data["hours_per_month"]["value"]
    published = convnet.top1(model, precision="int8")
    local = place == POLE
    if local:
        sent, p95_s, busy_s, lost, traffic, link_usd, server_usd = 0.0, service_s, service_s, 0.0, 0.0, 0.0, 0.0
        added_w = (machine.full_power_w - machine.idle_power_w) * min(1.0, frames_per_s * busy_s) * moving
        power_w = machine.idle_power_w + added_w
        energy_usd = power_w / KILO * month_h * data["energy_usd_per_kwh"]["value"]
        box_usd = machine.price_usd / data["write_off_months"]["value"] + energy_usd
    else:
        sent, lost = shot["bytes"]["value"], shot["top1_cost_share"]["value"]
        p95_s = remote_call(link, "warm", where["distance_km"], sent, where["machine"], model=model).p95_s
        busy_s, power_w, box_usd = 8 * sent / access_network(link)["uplink_bit_per_s"]["value"], 0.0, 0.0
        traffic = frames_per_s * sent * month_h * HOUR * moving
        link_usd = contract["fixed_usd"]["value"] + contract["per_gb_usd"]["value"] * traffic / GB
        hourly_usd = data["server_usd_per_h"]["value"] * where["price_factor"]["value"]
        server_usd = hourly_usd * month_h * frames_per_s * moving * service_s / data["server_use_share"]["value"]
    speed = data["bicycle_m_per_s"]["value"]
    return Crossing(
        place=place, model=model, link="none" if local else link, distance_km=float(where.get("distance_km", 0)), photo_bytes=sent,
        frames_per_s=frames_per_s, hours_per_day=hours_per_day, service_s=service_s, p95_s=p95_s, busy_s=busy_s, load_share=frames_per_s * busy_s,
        published_top1_share=published, photo_cost_share=lost, top1_share=published - lost, power_w=power_w, traffic_bytes=traffic, box_usd=box_usd,
        link_usd=link_usd, server_usd=server_usd, cost_usd=box_usd + link_usd + server_usd, bicycle_m_per_s=speed, ridden_m=speed * p95_s,
        sources={
            "photo_cost_share": source_of(shot["top1_cost_share"]), "bicycle_m_per_s": source_of(data["bicycle_m_per_s"]),
            "published_top1_share": "TensorFlow Slim (MobileNetV1); about one point below the float network (ResNet-50, illustrative)",
            "box_usd": f"price {machine.source('price_usd')}; {source_of(data['write_off_months'])}; {source_of(data['energy_usd_per_kwh'])}",
            "link_usd": f"{source_of(contract['fixed_usd'])}; {source_of(contract['per_gb_usd'])}",
            "server_usd": "; ".join(source_of(x) for x in (data["server_usd_per_h"], data["server_use_share"], where.get("price_factor")) if x),
            "power_w": machine.source("full_power_w"),
        },
    )  # fmt: skip


def _entry(kind: str, name, table: dict) -> dict:
    named(kind, name, table)
    return table[name]
