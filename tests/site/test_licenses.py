"""Everything that is shipped occurs in licenses.html and in sbom.json, with a licence that is stated somewhere."""

import dataclasses
import json
import re
import uuid
from pathlib import Path

import pytest
from sitebuild.build import build_site
from sitebuild.course import read_course
from sitebuild.errors import BuildError
from sitebuild.licenses import RECORDED, _wheel, bill_of_materials, shipped
from sitebuild.lock import read_lock
from sitebuild.packages import PACKAGES
from sitebuild.paths import Paths
from sitebuild.wheels import described, pack

SPDX = re.compile(r"(LicenseRef-)?[A-Za-z0-9.+-]+( (AND|OR) (LicenseRef-)?[A-Za-z0-9.+-]+)*")


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A site with one lab, and the lock that it was made from."""
    paths = Paths.of(ROOT, out=tmp_path_factory.mktemp("licences") / "site")
    return build_site(paths, ["lab_00_introduction"], say=lambda line: None), read_lock(paths.lock)


def test_every_shipped_package_occurs_in_both(whole):
    site, files = whole
    page = (site / "licenses.html").read_text(encoding="utf-8")
    bom = json.loads((site / "sbom.json").read_text(encoding="utf-8"))
    listed = {c["name"]: c for c in bom["components"]}
    assert set(listed) == {f.name for f in files} >= {p.name for p in PACKAGES}
    for entry in files:
        assert re.search(rf'<th scope="row">(<a [^>]*>)?{re.escape(entry.name)}(</a>)?</th><td>{re.escape(entry.version)}</td>', page), entry.name
        component = listed[entry.name]
        assert component["version"] == entry.version
        if entry.origin in ("npm", "pypi-wheel", "pypi-wheel-stripped"):
            assert {"type": "file", "name": entry.file, "hashes": [{"alg": "SHA-256", "content": entry.sha256}]} in component["components"]
    assert 'href="licenses.html"' in (site / "index.html").read_text(encoding="utf-8").split("<footer>")[1]


def test_what_lies_inside_a_package_is_there_and_listed(whole):
    site, _ = whole
    page = (site / "licenses.html").read_text(encoding="utf-8")
    listed = {(c["name"], inner["name"]) for c in json.loads((site / "sbom.json").read_text())["components"] for inner in c.get("components", ())}
    texts: dict[str, bytes] = {}
    for row in json.loads(RECORDED.read_text(encoding="utf-8"))["inside"]:
        if row["files"] not in texts:
            texts[row["files"]] = b"\n".join(p.read_bytes() for p in sorted(site.glob(row["files"])))
        assert row["mark"].encode() in texts[row["files"]], f"{row['name']} is listed, but nothing of it is shipped"
        assert (row["in"], row["name"]) in listed and f">{row['name']}</th>" in page
        assert row["known"] in ("read", "recalled") and row["source"]


def test_the_bill_has_the_shape_of_cyclonedx_1_6(whole):
    bom = json.loads((whole[0] / "sbom.json").read_text(encoding="utf-8"))
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1)
    assert uuid.UUID(bom["serialNumber"].removeprefix("urn:uuid:")).variant == uuid.RFC_4122
    refs = [bom["metadata"]["component"]["bom-ref"], *(c["bom-ref"] for c in bom["components"])]
    assert len(set(refs)) == len(refs)
    assert {d["ref"] for d in bom["dependencies"]} == set(refs)
    for component in bom["components"]:
        for part in (component, *component.get("components", ())):
            for choice in part.get("licenses", ()):
                said = choice.get("expression") or choice["license"]["id"]
                assert SPDX.fullmatch(said), said


def test_the_bill_follows_from_the_lock_alone(whole):
    site, files = whole
    paths, course = Paths.of(ROOT), read_course(ROOT / "labs")[0]
    fetched = {f.file: paths.cache / "files" / f.sha256 / f.file for f in files if f.origin in ("npm", "pypi-wheel", "pypi-wheel-stripped")}
    again = bill_of_materials(shipped(files, fetched, paths), course)
    assert again == json.loads((site / "sbom.json").read_text(encoding="utf-8"))
    other = shipped(files, fetched, paths)
    other[0] = dataclasses.replace(other[0], version="0")
    assert bill_of_materials(other, course)["serialNumber"] != again["serialNumber"]


def test_a_wheel_that_states_no_licence_stops_the_build(tmp_path):
    name, files = described("nameless", "1.0", {"nameless.py": b""}, "Metadata-Version: 2.1\nName: nameless\nVersion: 1.0\n\n")
    with pytest.raises(BuildError, match="states no licence"):
        _wheel("nameless", "1.0", (), pack(tmp_path / name, files), {"wheels": {}})
