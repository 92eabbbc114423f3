"""The catalog: devices, machines, models, links, grids, storage, data sets and prices by name, every figure with its source.

Each device, machine and model is one JSON file under `data/` (in the wheel one line of one file), each of the others one line
of a JSON file; an entry is parsed when its name is first asked for and then kept. Upper case, spaces and hyphens in a name
(`h100_sxm`) do not matter. What an entry looks like stands in `mlsysim.catalog_entries`, `catalog_grids`, `catalog_storage` and
`catalog_prices`.

    >>> device("H100 SXM").peak("bf16")
    989000000000000.0
    >>> machine("raspberry_pi_5").efficiency
    0.11
"""

from __future__ import annotations

import os
from functools import cache

from mlsysim.catalog_entries import Device, Link, Machine, Model
from mlsysim.catalog_grids import Grid
from mlsysim.catalog_prices import Price
from mlsysim.catalog_storage import Dataset, StorageTier
from mlsysim.errors import UnknownName, WrongType, one_of

_DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
PACKED = ("devices", "machines", "models")  # one file a thing in the source tree, one line a thing in the wheel


def device(name: str) -> Device:
    """One chip or board as its maker describes it. Unknown names raise `UnknownName` with the nearest ones."""
    return _device(_resolve("device", "devices", name))


def machine(name: str) -> Machine:
    """A device as a program meets it: achieved efficiency, fixed overhead, room for weights, power, price.

    >>> machine("t4").peak_ops_per_s
    130000000000000.0
    """
    return _machine(_resolve("machine", "machines", name))


def model(name: str) -> Model:
    """A network as a workload: operations, parameters, bytes, architecture. `model("resnet50").parameters` is 25.5e6."""
    return _model(_resolve("model", "models", name))


def link(name: str) -> Link:
    """A bus, chip-to-chip link, network port, radio or access line; bandwidth in bytes per second and direction."""
    return _link(_resolve("link", "links", name))


def grid(name: str) -> Grid:
    """An electricity grid: a country, a state, a province or a cloud region. `grid("sweden").carbon_kg_per_kwh` is 0.041."""
    return _grid(_resolve("grid", "grids", name))


def storage_tier(name: str) -> StorageTier:
    """A place for bytes: latency, rates, size, price. `storage_tier("object_store").first_byte_s` is 0.03."""
    return _storage_tier(_resolve("storage tier", "storage", name))


def dataset(name: str) -> Dataset:
    """A published data set: items, bytes, tokens. `dataset("imagenet_1k").items` is 1281167."""
    return _dataset(_resolve("data set", "datasets", name))


def price(name: str) -> Price:
    """What something cost, where, on which terms and when. `price("lambda_h100_sxm").usd` is 2.99, an hour."""
    return _price(_resolve("price", "prices", name))


def device_names() -> tuple[str, ...]:
    """The names of all devices, sorted."""
    return _names("devices")


def machine_names() -> tuple[str, ...]:
    """The names of all machine profiles, sorted."""
    return _names("machines")


def model_names() -> tuple[str, ...]:
    """The names of all models, sorted."""
    return _names("models")


def link_names() -> tuple[str, ...]:
    """The names of all links, sorted."""
    return _names("links")


def grid_names() -> tuple[str, ...]:
    """The names of all grids, sorted."""
    return _names("grids")


def storage_tier_names() -> tuple[str, ...]:
    """The names of all storage tiers, sorted."""
    return _names("storage")


def dataset_names() -> tuple[str, ...]:
    """The names of all data sets, sorted."""
    return _names("datasets")


def price_names() -> tuple[str, ...]:
    """The names of all prices, sorted."""
    return _names("prices")


def devices(kind: str | None = None) -> list[Device]:
    """All devices, or those of one kind ("microcontroller", "board", "phone", "cpu", "gpu", "tpu", "accelerator", "wafer").

    >>> [d.name for d in devices("wafer")]
    ['wse2', 'wse3']
    """
    return _of_kind([_device(n) for n in device_names()], kind)


def machines() -> list[Machine]:
    """All machine profiles."""
    return [_machine(n) for n in machine_names()]


def models(kind: str | None = None, task: str | None = None) -> list[Model]:
    """All models, or those of one kind ("convnet", "transformer", "recurrent", …) or task ("language", "vision", "tiny", …).

    >>> [m.name for m in models(task="recommendation")]
    ['dlrm_criteo_1tb', 'ncf_movielens_20m']
    """
    return _of_kind(_of_kind([_model(n) for n in model_names()], kind), task, "task")


def links(kind: str | None = None) -> list[Link]:
    """All links, or those of one kind ("bus", "chip to chip", "network", "radio", "access")."""
    return _of_kind([_link(n) for n in link_names()], kind)


def grids(kind: str | None = None) -> list[Grid]:
    """All grids, or those of one kind ("country", "state", "cloud region", "power source", "world")."""
    return _of_kind([_grid(n) for n in grid_names()], kind)


def storage_tiers(kind: str | None = None) -> list[StorageTier]:
    """All storage tiers, or those of one kind ("memory", "flash", "disk", "tape", "file system", "object store")."""
    return _of_kind([_storage_tier(n) for n in storage_tier_names()], kind)


def datasets(task: str | None = None) -> list[Dataset]:
    """All data sets, or those for one task ("language", "vision", "speech", "recommendation", "graph", "tiny", …)."""
    return _of_kind([_dataset(n) for n in dataset_names()], task, "task")


def prices(kind: str | None = None) -> list[Price]:
    """All prices, or those of one kind ("instance", "storage", "network", "electricity", "rate")."""
    return _of_kind([_price(n) for n in price_names()], kind)


@cache
def fingerprint() -> str:
    """SHA-256 over all data that is installed (path and content, in the order of the paths): logs store it.

    The same whether a room is packed or one file a thing; the labs need, and so their logs name, the data of both distributions.

    >>> len(fingerprint())
    64
    """
    import hashlib

    digest = hashlib.sha256()
    for path, content in sorted(_all_data()):
        # Lengths go first, so that no other split of the same bytes into names and contents has this digest.
        digest.update(f"{len(path.encode())}:{path}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _all_data():
    """Every path and its content; of a packed room each thing by itself."""
    for room in PACKED:
        yield from ((f"{room}/{name}.json", _text(room, name).encode()) for name in _names(room))
    for path in _all_files():
        if path.split("/")[0].removesuffix(".json") not in PACKED:
            with open(os.path.join(_DATA, *path.split("/")), "rb") as file:
                yield path, file.read()


def _all_files():
    for folder, _, files in os.walk(_DATA):
        inside = os.path.relpath(folder, _DATA).replace(os.sep, "/")
        for file in files:
            if file.endswith(".json"):
                yield file if inside == "." else f"{inside}/{file}"


@cache
def _names(room: str) -> tuple[str, ...]:
    folder = os.path.join(_DATA, room)
    return tuple(sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".json")) if os.path.isdir(folder) else sorted(_lines(room)))


@cache
def _lines(room: str) -> dict[str, str]:
    """The entries of a room that is one file, by name, each still the text of its line: `"name": {…},`."""
    with open(os.path.join(_DATA, room + ".json"), encoding="utf-8") as file:
        return {line[1 : line.index('"', 1)]: line for line in file if line.startswith('"')}


def _resolve(what: str, room: str, name) -> str:
    if not isinstance(name, str):
        raise WrongType(f"A {what} is asked for by its name, a text, but the name given is {name!r}.")
    known = _names(room)
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    if plain not in known:
        raise UnknownName(what, name, known)
    return plain


def _read(room: str, name: str) -> dict:
    import json

    return json.loads(_text(room, name))


def _text(room: str, name: str) -> str:
    """An entry as JSON on one line, from its own file or from its line of the room's."""
    path = os.path.join(_DATA, room, name + ".json")
    if not os.path.isdir(os.path.dirname(path)):
        return _lines(room)[name].partition(": ")[2].rstrip(",\n")
    with open(path, encoding="utf-8") as file:
        return "".join(line.strip() for line in file)


@cache
def _device(name: str) -> Device:
    return Device.from_data(name, _read("devices", name))


@cache
def _machine(name: str) -> Machine:
    data = _read("machines", name)
    return Machine.from_data(name, data, _device(data["device"]))


@cache
def _model(name: str) -> Model:
    return Model.from_data(name, _read("models", name))


@cache
def _link(name: str) -> Link:
    return Link.from_data(name, _read("links", name))


@cache
def _grid(name: str) -> Grid:
    return Grid.from_data(name, _read("grids", name))


@cache
def _storage_tier(name: str) -> StorageTier:
    return StorageTier.from_data(name, _read("storage", name))


@cache
def _dataset(name: str) -> Dataset:
    return Dataset.from_data(name, _read("datasets", name))


@cache
def _price(name: str) -> Price:
    return Price.from_data(name, _read("prices", name))


def _of_kind(entries: list, word: str | None, field: str = "kind") -> list:
    if word is None:
        return entries
    one_of(field, word, sorted({getattr(e, field) for e in entries}))
    return [e for e in entries if getattr(e, field) == word]
