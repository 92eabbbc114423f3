r"""One answer from a remote server: round trips, transmission, arithmetic.

A new connection costs round trips before the first byte of the request leaves (TCP, TLS), and then sends only a small
window a round trip, twice as much in the next one, until the window covers what the link can carry (slow start). What
an open connection saves is round trips, whatever the bandwidth. Sources: RFC 6928, RFC 8446, RFC 5681.
"""

from __future__ import annotations

import math
import random
from collections import namedtuple
from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog, iron_law
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import fraction, instance, named, non_negative, one_of, positive
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import percentile

REQUESTS, SEED, SMALL_PHOTO_BYTES = 400, 5, 40e3
SLOW_START = "TCP slow start: a window a round trip, doubled each time (RFC 5681, RFC 6928)"

Leg = namedtuple("Leg", "what data_bytes leaves_s left_s arrives_s arrived_s back_s")
Leg.__doc__ = "One way to the server: first and last byte leave and arrive; `back_s` is when the reply is back (None: none is awaited)."


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """One request with its upload, its answer, and the times of many such requests under jitter and loss."""

    link: str = quantity(r"\text{link}", "")
    connection: str = quantity(r"\text{connection}", "", doc="cold: opened for this request; warm: open already")
    model: str = quantity(r"\text{model}", "")
    server: str = quantity(r"\text{server}", "")
    distance_km: float = quantity("d", "km")
    upload_bytes: float = quantity("D", "B")
    uplink_bit_per_s: float = quantity(r"\mathrm{BW}", "bit/s")
    access_rtt_s: float = quantity("r_0", "s", doc="round trip of the access network")
    fibre_km_per_s: float = quantity("c_g", "km/s", doc="light in glass")
    path_factor: float = quantity("k", "×", doc="cable over straight line")
    rtt_s: float = quantity(
        "r", "s", formula=r"<access_rtt_s> + \frac{2 \cdot <distance_km> \cdot <path_factor>}{<fibre_km_per_s>}", source="there and back"
    )
    setup_trips: int = quantity("n_0", "1", doc="round trips before the first byte")
    setup_s: float = quantity("T_0", "s", formula=r"<setup_trips> \cdot <rtt_s>", source="TCP, then TLS 1.3")
    window_bytes: float = quantity("w", "B", doc="what may leave in the first round")
    rounds: int = quantity("n", "1", source=SLOW_START)
    round_trips: int = quantity("N", "1", formula="<setup_trips> + <rounds>", source="the last round trip brings the answer")
    upload_s: float = quantity("T_D", "s", source=SLOW_START, doc="until the last byte has arrived")
    transmission_s: float = quantity(
        "t_D", "s", formula=r"\frac{8 \cdot <upload_bytes>}{<uplink_bit_per_s>}", source="definition of bandwidth", doc="at the full rate"
    )
    service_s: float = quantity("T_O", "s", source=iron_law.LAW, doc="the network on the server")
    answer_s: float = quantity("T_a", "s", formula=r"\frac{<rtt_s>}{2}", source="one way back")
    time_s: float = quantity("T", "s", formula="<setup_s> + <upload_s> + <service_s> + <answer_s>", source="one after the other")
    waiting_s: float = quantity(
        "t_L", "s", formula="<time_s> - <transmission_s> - <service_s>", source="what is neither bytes nor arithmetic", doc="for round trips"
    )
    service_share: float = quantity(r"s_O", "share", formula=r"\frac{<service_s>}{<time_s>}", source="definition")
    phone_alone_s: float = quantity("T_p", "s", doc="a phone that answers by itself")
    times_phone: float = quantity("S", "×", formula=r"\frac{<time_s>}{<phone_alone_s>}", source="definition")
    loss_share: float = quantity("p", "share", doc="rounds that lose a packet and take one more round trip")
    requests: int = quantity("m", "1", doc="simulated with jitter and loss")
    p50_s: float = quantity("T_{50}", "s", source="simulated")
    p95_s: float = quantity("T_{95}", "s", source="simulated")
    p99_s: float = quantity("T_{99}", "s", source="simulated; rests on the four slowest")
    binding: str = quantity(r"\text{binds}", "", source="largest of bytes, arithmetic, waiting")
    times_s: tuple[float, ...] = series("s", doc="times of the simulated requests, ascending")
    legs: tuple[Leg, ...] = series("s", doc="what travels, without jitter and loss")
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class Changes:
    """What single changes would save."""

    gpu_s: float = quantity(r"\Delta_O", "s", doc="an H100 as the server")
    near_s: float = quantity(r"\Delta_d", "s", doc="a server next door")
    open_s: float = quantity(r"\Delta_0", "s", doc="the connection kept open")
    small_s: float = quantity(r"\Delta_D", "s", doc="a photo of 40 kB")
    best: tuple[str, ...] = series("", doc="gpu, near, open, small: those that save most; none if nothing saves")
    sources: dict = sources()


def links() -> dict[str, str]:
    """Names of the access networks with their words."""
    return {name: entry["label"] for name, entry in load("access_networks.json")["networks"].items()}


def rtt_s(link, distance_km) -> float:
    """Round trip in seconds over an access network ("fibre", "5g", "lte") and a distance in km.

    Raises UnknownName for another link, OutOfRange or WrongType for a distance below zero.

    >>> round(rtt_s("lte", 1000), 4)
    0.065
    """
    data = load("access_networks.json")
    return network(link)["rtt_s"]["value"] + 2 * non_negative("distance_km", distance_km) * data["path_factor"]["value"] / data["fibre_km_per_s"]["value"]


def network(link) -> dict:
    """The data of one access network; raises UnknownName."""
    table = load("access_networks.json")["networks"]
    named("access network", link, table)
    return table[link]


def upload_rounds(upload_bytes, window_bytes=14600.0) -> int:
    """Rounds in which an upload leaves if each round sends twice the window of the one before.

    >>> upload_rounds(108e3)
    4
    """
    return _walk(0.0, math.inf, single(positive, "upload_bytes", upload_bytes), single(positive, "window_bytes", window_bytes))[1]


def remote_call(link="lte", connection="cold", distance_km=1000, upload_bytes=108e3, server="t4", loss_share=0.02, model="resnet50") -> RemoteCall:
    """One request: open the connection (unless warm), upload, think, answer; and 400 such requests with jitter and loss.

    `link` is "fibre", "5g" or "lte", `connection` "cold" or "warm", `server` a machine and `model` a network of the
    catalog. A round sends min(window, rest) and takes the longer of a round trip and its transmission, the last one its
    transmission and half a round trip; then the window doubles. In the simulation a request's round trip is
    1 + Exp(0.2) times the usual one; a round that loses a packet takes one round trip more and leaves the window.
    Raises UnknownName, OutOfRange or WrongType.

    >>> call = remote_call()
    >>> round(call.time_s * 1e3), call.round_trips, round(call.service_s * 1e3, 2)
    (396, 6, 0.56)
    """
    data, access = load("access_networks.json"), network(link)
    opened = data["connections"][one_of("connection", connection, tuple(data["connections"]))]
    distance_km, upload_bytes = single(non_negative, "distance_km", distance_km), single(positive, "upload_bytes", upload_bytes)
    loss_share = single(fraction, "loss_share", loss_share)
    law = iron_law.on_machine(iron_law.Job.of(catalog.model(model)), catalog.machine(server))
    rate, trip = access["uplink_bit_per_s"]["value"], rtt_s(link, distance_km)
    setup_trips, window = opened["setup_trips"]["value"], opened["window_bytes"]["value"]
    legs: list[Leg] = []
    clock = 0.0
    for what in ("open (TCP)", "agree on keys (TLS)")[:setup_trips]:
        legs.append(Leg(what, 0.0, clock, clock, clock + trip / 2, clock + trip / 2, clock + trip))
        clock += trip
    upload_s, rounds = _walk(trip, rate, upload_bytes, window, legs=legs, clock=clock)
    service_s, setup_s = law.time_s, setup_trips * trip
    time_s = setup_s + upload_s + service_s + trip / 2
    transmission_s = 8 * upload_bytes / rate
    times = tuple(t + service_s for t in _sample(trip, rate, upload_bytes, window, setup_trips, loss_share, data["jitter_share"]["value"]))
    terms = {"data": transmission_s, "arithmetic": service_s, "overhead": time_s - transmission_s - service_s}
    phone = data["phone_alone_s"]["value"]
    return RemoteCall(
        link=link, connection=connection, model=model, server=server, distance_km=distance_km, upload_bytes=upload_bytes, uplink_bit_per_s=rate,
        access_rtt_s=access["rtt_s"]["value"], fibre_km_per_s=data["fibre_km_per_s"]["value"], path_factor=data["path_factor"]["value"], rtt_s=trip,
        setup_trips=setup_trips, setup_s=setup_s, window_bytes=window, rounds=rounds, round_trips=setup_trips + rounds, upload_s=upload_s,
        transmission_s=transmission_s, service_s=service_s, answer_s=trip / 2, time_s=time_s, waiting_s=terms["overhead"],
        service_share=service_s / time_s, phone_alone_s=phone, times_phone=time_s / phone, loss_share=loss_share, requests=len(times),
        p50_s=percentile(times, 0.5), p95_s=percentile(times, 0.95), p99_s=percentile(times, 0.99), binding=max(terms, key=terms.get),
        times_s=times, legs=tuple(legs),
        sources={
            "uplink_bit_per_s": source_of(access["uplink_bit_per_s"]), "access_rtt_s": source_of(access["rtt_s"]),
            **{name: source_of(data[name]) for name in ("fibre_km_per_s", "path_factor", "phone_alone_s")},
            **{name: source_of(opened[name]) for name in ("setup_trips", "window_bytes")},
            "service_s": f"{iron_law.LAW}; rate of {server}: {catalog.machine(server).source('peak_ops_per_s')}",
        },
    )  # fmt: skip


def changes(call: RemoteCall) -> Changes:
    """What one change would save: an H100, a server next door, an open connection, a photo of 40 kB (never a larger one).

    >>> c = changes(remote_call())
    >>> [round(1e3 * s, 1) for s in (c.gpu_s, c.near_s, c.open_s, c.small_s)], c.best
    ([0.4, 81.6, 222.8, 110.4], ('open',))
    """
    instance("call", call, RemoteCall, "a RemoteCall")
    now = dict(link=call.link, connection=call.connection, distance_km=call.distance_km, upload_bytes=call.upload_bytes, server=call.server, model=call.model)
    others = {
        "gpu": {"server": "h100_sxm"},
        "near": {"distance_km": 0},
        "open": {"connection": "warm"},
        "small": {"upload_bytes": min(SMALL_PHOTO_BYTES, call.upload_bytes)},
    }
    saved = {name: call.time_s - _time_s(**{**now, **other}) for name, other in others.items()}
    most = max(saved.values())
    best = tuple(name for name, s in saved.items() if most > 1e-9 and s > most - 1e-9)
    return Changes(saved["gpu"], saved["near"], saved["open"], saved["small"], best)


def _time_s(link, connection, distance_km, upload_bytes, server, model) -> float:
    opened, trip = load("access_networks.json")["connections"][connection], rtt_s(link, distance_km)
    upload_s, _ = _walk(trip, network(link)["uplink_bit_per_s"]["value"], upload_bytes, opened["window_bytes"]["value"])
    service_s = iron_law.on_machine(iron_law.Job.of(catalog.model(model)), catalog.machine(server)).time_s
    return opened["setup_trips"]["value"] * trip + upload_s + service_s + trip / 2


def _walk(trip, rate, rest, window, *, rng=None, loss=0.0, legs=None, clock=0.0) -> tuple[float, int]:
    """Seconds until the last byte has arrived, and rounds."""
    start, rounds = clock, 0
    while rest > 0:
        sent = min(window, rest)
        rest -= sent
        rounds += 1
        transmission = 8 * sent / rate
        end = clock + (max(trip, transmission) if rest > 0 else transmission + trip / 2)
        if legs is not None:
            legs.append(Leg("photo", sent, clock, clock + transmission, clock + trip / 2, clock + transmission + trip / 2, end if rest > 0 else None))
        clock = end
        if rng is not None and rng.random() < loss:
            clock += trip
        else:
            window *= 2
    return clock - start, rounds


@lru_cache(maxsize=256)
def _sample(trip, rate, upload_bytes, window, setup_trips, loss, jitter) -> tuple[float, ...]:
    """Times of the simulated requests without service, ascending. Per request one draw for the jitter, then one a round."""
    rng, found = random.Random(SEED), []
    for _ in range(REQUESTS):
        slow = trip * (1 - jitter * math.log(1 - rng.random()))
        upload_s, _ = _walk(slow, rate, upload_bytes, window, rng=rng, loss=loss)
        found.append(setup_trips * slow + upload_s + slow / 2)
    return tuple(sorted(found))
