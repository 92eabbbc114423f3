"""`mlsysim devices`, `mlsysim models` and `mlsysim show NAME`: the catalog in a terminal."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from mlsysim import catalog
from mlsysim.command_output import Number, print_json, print_sourced, print_table, shown
from mlsysim.errors import UnknownName

_UNITS = {
    "_bytes_per_s": "B/s",
    "_flop_per_s": "FLOP/s",
    "_ops_per_s": "OP/s",
    "_bytes": "B",
    "_w": "W",
    "_usd": "$",
    "_s": "s",
    "_share": "share",
}


def add_to(commands, parents) -> None:
    """Add the three commands to the command line."""
    for name, run, one in (("devices", _devices, "device"), ("models", _models, "model")):
        command = commands.add_parser(name, parents=parents, help=f"every {one} of the catalog")
        command.add_argument("--kind", help=f"only {one}s of this kind")
        command.set_defaults(run=run)
    command = commands.add_parser("show", parents=parents, help="one device, machine, model or link, with the source of every figure")
    command.add_argument("name", metavar="NAME")
    command.set_defaults(run=_show)


def _devices(options) -> int:
    entries = _of_kind(catalog.devices(), options.kind)
    if options.json:
        print_json([_as_dict(e) for e in entries])
        return 0
    rows = [
        (
            d.name,
            d.kind,
            Number(d.year),
            shown(d.memory_bytes, "B"),
            shown(d.memory_bandwidth_bytes_per_s, "B/s"),
            shown(*_widest(d)[:2]),
            _widest(d)[2],
            shown(d.power_w, "W"),
        )
        for d in entries
    ]
    print_table(["device", "kind", "year", "memory", "bandwidth", "peak, dense", "format", "power"], rows)
    return 0


def _of_kind(entries: list, kind: str | None) -> list:
    kinds = {e.kind for e in entries}
    if kind is not None and kind not in kinds:
        raise UnknownName("kind", kind, kinds)
    return [e for e in entries if kind in (None, e.kind)]


def _widest(device) -> tuple[float, str, str]:
    """The rate in 16 bit where there is one, else in the first format that the device has."""
    for fmt in ("bf16", "fp16", *device.peak_flop_per_s):
        if fmt in device.peak_flop_per_s:
            return device.peak(fmt), "OP/s" if fmt.startswith("int") else "FLOP/s", fmt
    raise AssertionError("every device has a peak")


def _models(options) -> int:
    entries = _of_kind(catalog.models(), options.kind)
    if options.json:
        print_json([_as_dict(e) for e in entries])
        return 0
    rows = [
        (
            m.name,
            m.kind,
            Number(m.year),
            shown(m.parameters, "1"),
            shown(m.operations_per_item, "FLOP"),
            shown(m.weights_bytes, "B"),
            m.weight_format,
        )
        for m in entries
    ]
    print_table(["model", "kind", "year", "parameters", "an item", "weights", "format"], rows)
    return 0


def find(name: str) -> list[tuple[str, object]]:
    """Every entry of that name as (what it is, entry), whichever part of the catalog it is in.

    >>> [what for what, _ in find("H100 SXM")]
    ['device', 'machine']
    """
    rooms = (
        ("device", catalog.device, catalog.device_names()),
        ("machine", catalog.machine, catalog.machine_names()),
        ("model", catalog.model, catalog.model_names()),
        ("link", catalog.link, catalog.link_names()),
    )
    found = []
    for what, get, _ in rooms:
        try:
            found.append((what, get(name)))
        except UnknownName:
            continue
    if not found:
        raise UnknownName("device, machine, model or link", name, {n for _, _, names in rooms for n in names})
    return found


def _show(options) -> int:
    entries = find(options.name)
    if options.json:
        print_json([{"what": what, **_as_dict(entry)} for what, entry in entries])
        return 0
    for i, (what, entry) in enumerate(entries):
        if i:
            print()
        print(f"{entry.title} ({what} {entry.name})")
        rows = []
        for key, value in _plain_fields(entry):
            if isinstance(value, dict):
                rows += [(f"{key}: {k}", shown(v, _unit(key)), entry.source(key)) for k, v in value.items()]
            elif isinstance(value, float) or value is None:
                rows.append((key, shown(value, _unit(key)), entry.source(key)))
            else:
                rows.append((key, Number(value), ""))
        print_sourced(["figure", "value"], rows)
        if getattr(entry, "notes", ""):
            print(entry.notes)
    return 0


def _plain_fields(entry):
    for f in fields(entry):
        value = getattr(entry, f.name)
        if f.name in ("name", "title", "sources", "estimates", "illustrative", "notes"):
            continue
        if f.name == "links":
            yield from ((f"link: {port.name}", shown(port.bandwidth_bytes_per_s, "B/s")) for port in value)
        elif is_dataclass(value):
            yield f.name, value.name
        else:
            yield f.name, dict(value) if hasattr(value, "items") else value


def _as_dict(entry) -> dict:
    out = {}
    for f in fields(entry):
        value = getattr(entry, f.name)
        if f.name == "sources":
            value = [str(s) for s in value]
        elif f.name == "links":
            value = {port.name: port.bandwidth_bytes_per_s for port in value}
        elif is_dataclass(value):
            value = value.name
        out[f.name] = value
    return out


def _unit(key: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), "FLOP" if key == "operations_per_item" else "")
