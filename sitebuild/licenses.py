"""The licences of everything that the site ships: licenses.html for readers, sbom.json (CycloneDX 1.6) for machines.

What a wheel says in its metadata is taken from there, with the texts of its licence files; Pyodide's from package-lock.json;
what states no licence of its own, or lies inside another package, stands in licenses.json with its source.
"""

import html
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .guide import page
from .hashing import sha256_bytes, sha256_file
from .lock import LockedFile
from .packages import PACKAGES, normal
from .paths import Paths
from .wheels import read_archive

RECORDED = Path(__file__).with_name("licenses.json")
SPDX = {"MIT": "MIT", "Mozilla Public License Version 2.0": "MPL-2.0"}  # the older field of a wheel's metadata → SPDX
TEXT = re.compile(r"(^|/)(licen[cs]e|copying|notice|third_party_licen[cs]es)[^/]*$", re.IGNORECASE)
URL = {"pypi": "https://pypi.org/project/{name}/{version}/", "npm": "https://www.npmjs.com/package/{name}/v/{version}"}


@dataclass(frozen=True, slots=True)
class Shipped:
    """One package: its licence as an SPDX expression, where that stands, and the licence texts that came with it."""

    name: str
    version: str
    kind: str  # "pypi", "npm", or "generic" for what no registry has under this name
    license: str
    source: str
    files: tuple[LockedFile, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    inside: tuple[dict, ...] = ()

    @property
    def purl(self) -> str:
        return f"pkg:{self.kind}/{normal(self.name) if self.kind == 'pypi' else self.name}@{self.version}"


def write_licenses(site: Path, files: Iterable[LockedFile], fetched: dict[str, Path], paths: Paths, course: str, fonts: str = "") -> None:
    """Write both files into a built site."""
    packages = shipped(files, fetched, paths, site / "labs" / "runtime" / "distribution")
    (site / "licenses.html").write_text(page("Licences", licenses_html(packages), course, fonts), encoding="utf-8")
    (site / "sbom.json").write_text(json.dumps(bill_of_materials(packages, course), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def shipped(files: Iterable[LockedFile], fetched: dict[str, Path], paths: Paths, distribution: Path | None = None) -> list[Shipped]:
    """Every package of the lock, and of a Pyodide distribution where the site takes numpy and polars from one."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    by_name: dict[str, list[LockedFile]] = {}
    for entry in files:
        by_name.setdefault(entry.name, []).append(entry)
    found = [_package(name, tuple(entries), fetched, paths, recorded) for name, entries in by_name.items()]
    for archive in sorted(distribution.iterdir()) if distribution and distribution.is_dir() else ():
        name, version = archive.stem.split("-")[:2]  # a wheel, or a zip of a shared library
        entry = LockedFile(name, version, "distribution", archive.name, sha256_file(archive))
        found.append(_wheel(name, version, (entry,), archive, recorded, unstated="not stated in the file; the distribution's recipe says it"))
    return sorted(found, key=lambda p: p.name.lower())


def _package(name: str, entries: tuple[LockedFile, ...], fetched: dict[str, Path], paths: Paths, recorded: dict) -> Shipped:
    first = entries[0]
    inside = tuple(row for row in recorded["inside"] if row["in"] == name)
    if first.origin == "npm":
        locked = json.loads((paths.root / "package-lock.json").read_text(encoding="utf-8"))["packages"][f"node_modules/{name}"]
        return Shipped(name, first.version, "npm", locked["license"], "package-lock.json", entries, inside=inside)
    if first.origin == "installed":  # the front end comes inside marimo's wheel, under marimo's licence
        base = next(path for file, path in fetched.items() if file.startswith("marimo_base-"))
        text = next(data.decode() for n, data in read_archive(base).items() if n.endswith("third_party_licenses.txt"))
        terms = (("marimo/third_party_licenses.txt", text),)
        license = _wheel(name, first.version, entries, base, recorded).license
        return Shipped(name, first.version, "generic", license, "marimo's wheel", entries, terms, inside)
    if first.origin == "local":
        project = next(p for p in (paths.root / "mlsysim_wheel", paths.root) if _about(p)["name"] == name)
        terms = (("LICENSE", (paths.root / "LICENSE").read_text(encoding="utf-8")),)
        return Shipped(name, first.version, "generic", _about(project)["license"], "pyproject.toml", entries, terms)
    return _wheel(name, first.version, entries, fetched[first.file], recorded)


def _about(project: Path) -> dict:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _wheel(name: str, version: str, entries: tuple[LockedFile, ...], wheel: Path, recorded: dict, unstated: str = "") -> Shipped:
    """What a wheel says about itself. One that says nothing stops the build, unless `unstated` says where to look instead."""
    contents = read_archive(wheel)
    metadata = next((data.decode() for n, data in contents.items() if n.endswith(".dist-info/METADATA")), "").split("\n\n")[0]
    said = {key: value.strip() for key, value in re.findall(r"^(License-Expression|License): (.*)$", metadata, re.MULTILINE)}
    row = recorded["wheels"].get(normal(name))
    license, source = said.get("License-Expression") or SPDX.get(said.get("License", "")), "the wheel's metadata"
    if row:
        license, source = row["license"], row["source"]
    if not license and unstated:
        license, source = "LicenseRef-Unstated", unstated
    if not license:
        raise BuildError(f"{wheel.name} states no licence that sitebuild/licenses.py can read. Read its licence file and add it to {RECORDED.name}.")
    drop = next((p.drop for p in PACKAGES if p.name == name), ())
    texts = [n for n in sorted(contents) if TEXT.search(n) and not n.endswith(".py") and not (drop and n.startswith(drop))]
    return Shipped(name, version, "pypi", license, source, entries, tuple((n, contents[n].decode("utf-8", "replace")) for n in texts))


def licenses_html(packages: list[Shipped]) -> str:
    """A table of the packages, one of what they have inside, and the texts."""
    rows = "".join(_row(_link(p), p.version, p.license, p.source) for p in packages)
    inner = "".join(
        _row(_esc(r["name"]), p.name, r["license"], r["source"] + ("" if r["known"] == "read" else " (recalled)")) for p in packages for r in p.inside
    )
    texts = "".join(
        f'<details><summary>{_esc(p.name)}: {_esc(name)}</summary><pre tabindex="0">{_esc(text)}</pre></details>' for p in packages for name, text in p.texts
    )
    return f"""<h1>Licences</h1>
<p>What this site ships, and under which terms. The same as a list for machines: <a href="sbom.json">sbom.json</a> (CycloneDX 1.6).
The sources of Pyodide are at <a href="https://github.com/pyodide/pyodide" rel="noreferrer">github.com/pyodide/pyodide</a>.</p>
<h2>Packages</h2>
{_table("Package", "Version", rows)}
<h2>Inside them</h2>
<p>Compiled or bundled into a package above. marimo publishes no list of what its front end contains: these were found in its files.
Where a licence is marked as recalled, it was not read at the place named. Their texts are at those places, not below.</p>
{_table("Part", "Inside", inner)}
<h2>Texts</h2>
{texts}"""


def _table(first: str, second: str, rows: str) -> str:
    head = "".join(f'<th scope="col">{words}</th>' for words in (first, second, "Licence", "Stated in"))
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(name: str, *cells: str) -> str:
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{_esc(cell)}</td>" for cell in cells)}</tr>'


def _link(package: Shipped) -> str:
    if package.kind not in URL:
        return _esc(package.name)
    return f'<a href="{URL[package.kind].format(name=package.name, version=package.version)}" rel="noreferrer">{_esc(package.name)}</a>'


def _esc(words: str) -> str:
    return html.escape(words, quote=False)


def bill_of_materials(packages: list[Shipped], course: str) -> dict:
    """The same packages as a CycloneDX 1.6 document; its serial number follows from its contents."""
    own = next((p for p in packages if p.name == "mlsys-labs"), None)
    root = {"type": "application", "bom-ref": "site", "name": course, "version": own.version if own else "0"}
    components = [_component(p) for p in packages]
    depends = [{"ref": "site", "dependsOn": [p.purl for p in packages]}, *({"ref": p.purl} for p in packages)]
    digest = sha256_bytes(json.dumps(components, sort_keys=True).encode())
    serial = f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}", "version": 1, "metadata": {"component": root}, "components": components, "dependencies": depends,
    }  # fmt: skip


def _component(package: Shipped) -> dict:
    made = {"type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version, "purl": package.purl}
    made["licenses"] = _choice(package.license)
    hashed = [f for f in package.files if f.sha256 and f.origin != "installed"]
    files = [{"type": "file", "name": f.file, "hashes": [{"alg": "SHA-256", "content": f.sha256}]} for f in hashed]
    inside = [{"type": "library"} | {k: r[k] for k in ("name", "version") if k in r} | {"licenses": _choice(r["license"])} for r in package.inside]
    if files or inside:
        made["components"] = files + inside
    tree = [{"name": "sha256 of the folder as one tree", "value": f.sha256} for f in package.files if f.origin == "installed"]
    return made | ({"properties": tree} if tree else {})


def _choice(expression: str) -> list[dict]:
    return [{"expression": expression}] if " " in expression or expression.startswith("LicenseRef-") else [{"license": {"id": expression}}]
