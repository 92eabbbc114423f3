"""The catalog: devices, machines, models and links by name, every figure with its source.

Each entry is one JSON file under `data/`; it is read when its name is first asked for and then kept. Names are the
file stems (`h100_sxm`); upper case, spaces and hyphens do not matter. What an entry looks like stands in
`mlsysim.catalog_entries`.

    >>> device("H100 SXM").peak("bf16")
    989000000000000.0
    >>> machine("raspberry_pi_5").efficiency
    0.11
"""

from __future__ import annotations

import os
from functools import cache

from mlsysim.catalog_entries import Device, Link, Machine, Model
from mlsysim.errors import UnknownName, WrongType, one_of

_DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


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
    """A bus, chip-to-chip link or network port; bandwidth in bytes per second and direction."""
    return _link(_resolve("link", "links", name))


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


def devices(kind: str | None = None) -> list[Device]:
    """All devices, or those of one kind ("microcontroller", "board", "phone", "cpu", "gpu", "tpu", "accelerator", "wafer").

    >>> [d.name for d in devices("wafer")]
    ['wse2', 'wse3']
    """
    return _of_kind([_device(n) for n in device_names()], kind)


def machines() -> list[Machine]:
    """All machine profiles."""
    return [_machine(n) for n in machine_names()]


def models(kind: str | None = None) -> list[Model]:
    """All models, or those of one kind ("convnet", "transformer")."""
    return _of_kind([_model(n) for n in model_names()], kind)


def links(kind: str | None = None) -> list[Link]:
    """All links, or those of one kind ("bus", "chip to chip", "network")."""
    return _of_kind([_link(n) for n in link_names()], kind)


@cache
def fingerprint() -> str:
    """SHA-256 over all data files of the simulator (path and bytes, in the order of the paths): logs store it.

    >>> len(fingerprint())
    64
    """
    import hashlib

    digest = hashlib.sha256()
    for path in sorted(_all_files()):
        with open(os.path.join(_DATA, *path.split("/")), "rb") as file:
            content = file.read()
        # Lengths go first, so that no other split of the same bytes into names and contents has this digest.
        digest.update(f"{len(path.encode())}:{path}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _all_files():
    for folder, _, files in os.walk(_DATA):
        inside = os.path.relpath(folder, _DATA).replace(os.sep, "/")
        for file in files:
            if file.endswith(".json"):
                yield file if inside == "." else f"{inside}/{file}"


@cache
def _names(room: str) -> tuple[str, ...]:
    return tuple(sorted(f[:-5] for f in os.listdir(os.path.join(_DATA, room)) if f.endswith(".json")))


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

    with open(os.path.join(_DATA, room, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


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


def _of_kind(entries: list, kind: str | None) -> list:
    if kind is None:
        return entries
    one_of("kind", kind, sorted({e.kind for e in entries}))
    return [e for e in entries if e.kind == kind]
