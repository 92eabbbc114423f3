"""Clusters of GPUs as `data/clusters/` describes them: datasheet figures, and the few that were fitted."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from mlsysim._datafile import load
from mlsysim.errors import UnknownName, WrongType, instance, number, whole


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes of GPUs with a fast fabric inside and a slower network between them, one port a GPU."""

    name: str
    peak_flop_per_s: float  # dense, 16 bit
    memory_bytes: float
    usable_share: float  # of the memory, for state and activations
    gpus_per_node: int
    node_bytes_per_s: float  # effective, each way, a GPU
    network_bytes_per_s: float  # effective, each way, a GPU
    message_latency_s: float
    efficiency_ceiling: float  # share of the peak that infinitely wide matrix products reach
    efficiency_half_width: float  # width a GPU at which half of the ceiling is reached
    zero_efficiency: float  # share of the peak in data-parallel ZeRO runs
    zero_bytes_per_s: float  # effective bandwidth a GPU of their collectives
    kernels: str = ""  # the catalog's device whose kernels are timed one by one; "" means the two fitted efficiencies above
    fmt: str = "bf16"  # of those kernels
    sources: dict = field(default_factory=dict, repr=False, compare=False)
    fitted: tuple = field(default=(), repr=False, compare=False)  # names of fields that no datasheet states

    def __post_init__(self):
        for name in ("name", "kernels", "fmt"):
            if not isinstance(getattr(self, name), str):
                raise WrongType(f"{name} is {getattr(self, name)!r}, but must be a word.")
        object.__setattr__(self, "gpus_per_node", whole("gpus_per_node", self.gpus_per_node, high=10**6))
        for name in ("usable_share", "efficiency_ceiling", "zero_efficiency"):
            number(name, getattr(self, name), low=1e-6, high=1.0)
        for name in ("peak_flop_per_s", "memory_bytes", "node_bytes_per_s", "network_bytes_per_s", "zero_bytes_per_s"):
            number(name, getattr(self, name), low=1.0, high=1e30)
        number("message_latency_s", self.message_latency_s, low=0.0, high=1e3)
        number("efficiency_half_width", self.efficiency_half_width, low=0.0, high=1e9)

    @property
    def memory_limit_bytes(self) -> float:
        """Memory of a GPU that state and activations may take."""
        return self.usable_share * self.memory_bytes


def as_cluster(cluster) -> Cluster:
    """The cluster itself, or an error that says what was expected."""
    instance("cluster", cluster, Cluster, "a Cluster")
    return cluster


_LOADED: dict[str, Cluster] = {}


def load_cluster(name: str = "selene_a100") -> Cluster:
    """A cluster from the data files by name, with the source of every figure. Errors: UnknownName.

    >>> selene = load_cluster("selene_a100")
    >>> selene.peak_flop_per_s, selene.gpus_per_node, "zero_bytes_per_s" in selene.fitted
    (312000000000000.0, 8, True)
    """
    instance("name", name, str, "the name of a cluster")
    if name not in _LOADED:
        _LOADED[name] = _read(name)
    return _LOADED[name]


def cluster_of(device, *, network: str = "hdr", gpus_per_node: int = 8, fmt: str = "bf16", like: str = "selene_a100") -> Cluster:
    """A cluster of a catalog device that is otherwise like a measured one: its own peak, memory and ports.

    Ports reach the share of their line rate that those of `like` do: an extrapolation, which the sources say. Products take what
    the kernels of a calibrated device take (`kernels`, as in `language_training`); on any other they reach the efficiency of
    `like`. `network` is a link of the catalog, one port a device.
    Errors: WrongType, UnknownName, OutOfRange; Infeasible for a device that has no link or does not compute in `fmt`.

    >>> from mlsysim import catalog
    >>> h100 = cluster_of(catalog.device("h100_sxm"), network="ndr")
    >>> round(h100.peak_flop_per_s / 1e12), round(h100.network_bytes_per_s / 1e9)
    (989, 45)
    """
    from mlsysim import catalog
    from mlsysim.catalog_entries import Device
    from mlsysim.errors import Infeasible

    instance("device", device, Device, "a Device of the catalog")
    known, port_rate = load_cluster(like), max((p.bandwidth_bytes_per_s for p in device.links), default=0.0)
    if not port_rate:
        raise Infeasible(f"{device.title} has no link in the catalog, so it makes no cluster")
    wire = catalog.link(network)
    carried = f"as on {known.name}"
    node_share = known.node_bytes_per_s / catalog.link("nvlink3").bandwidth_bytes_per_s
    network_share = known.network_bytes_per_s / catalog.link("hdr").bandwidth_bytes_per_s
    given = {name: f"{carried}: {source}" for name, source in known.sources.items()}
    given |= {
        "peak_flop_per_s": device.source("peak_flop_per_s"),
        "memory_bytes": device.source("memory_bytes"),
        "gpus_per_node": "asked",
        "node_bytes_per_s": f"{device.source('links')}; {node_share:.0%} of it {carried}",
        "network_bytes_per_s": f"{wire.source('bandwidth_bytes_per_s')}; {network_share:.0%} of it {carried}",
    }
    speed = wire.bandwidth_bytes_per_s * network_share
    return Cluster(
        name=f"{device.title}, {gpus_per_node} a node, {wire.title}",
        peak_flop_per_s=device.peak(fmt),
        memory_bytes=device.memory_bytes,
        usable_share=known.usable_share,
        gpus_per_node=gpus_per_node,
        node_bytes_per_s=port_rate * node_share,
        network_bytes_per_s=speed,
        message_latency_s=known.message_latency_s,
        efficiency_ceiling=known.efficiency_ceiling,
        efficiency_half_width=known.efficiency_half_width,
        zero_efficiency=known.zero_efficiency,
        zero_bytes_per_s=speed * known.zero_bytes_per_s / known.network_bytes_per_s,
        kernels=device.name if _has_kernels(device, fmt) else "",
        fmt=fmt,
        sources=given,
        fitted=known.fitted,
    )


def _has_kernels(device, fmt: str) -> bool:
    """Whether the calibration of `mlsysim.kernels` knows this very device in this format."""
    from mlsysim import catalog

    known = load("calibration/gpus.json")
    place = known["devices"].get(device.name)
    return bool(place) and device == catalog.device(device.name) and fmt in known["generations"][place["generation"]]["product_share"]["value"]


def _read(name: str) -> Cluster:
    import os

    folder = os.path.join(os.path.dirname(__file__), "data", "clusters")
    known = [file.removesuffix(".json") for file in os.listdir(folder) if file.endswith(".json")]
    if name not in known:
        raise UnknownName("cluster", name, known)
    raw = load(f"clusters/{name}.json")
    given = raw["fields"]
    wanted = [f.name for f in fields(Cluster) if f.name not in ("name", "kernels", "fmt", "sources", "fitted")]
    return Cluster(
        name=raw["name"],
        **{key: given[key]["value"] for key in wanted},
        sources={key: given[key]["source"] for key in wanted},
        fitted=tuple(key for key in wanted if given[key]["fitted"]),
    )
