"""SCORM packages: their files, their manifests, and what is refused. tests/browser/test_scorm.py runs them in a system."""

import html
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from sitebuild.build import build_site
from sitebuild.course import read_course
from sitebuild.errors import BuildError
from sitebuild.paths import Paths
from sitebuild.scorm import VERSIONS, checked_address, write_packages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def packages(small_course, tmp_path):
    labs = read_course(small_course)[1]
    assert write_packages(tmp_path, labs, "https://labs.example.org/mlsys") == 2
    return {version: zipfile.ZipFile(tmp_path / "scorm" / f"lab_00_small.{version}.zip") for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifest_stands_at_the_root_and_names_every_file_of_one_sco(packages, version):
    package = packages[version]
    names = package.namelist()
    assert sorted(names) == ["imsmanifest.xml", "index.html", "scorm.js"], "no notebook, no module of Python"
    manifest = ElementTree.fromstring(package.read("imsmanifest.xml"))
    space = manifest.tag.split("}")[0] + "}"
    (resource,) = manifest.iter(f"{space}resource")
    assert [f.get("href") for f in resource] == ["index.html", "scorm.js"] and resource.get("href") == "index.html"
    (item,) = manifest.iter(f"{space}item")
    assert item.get("identifierref") == resource.get("identifier") and item.find(f"{space}title").text == "A small lab & more"
    assert {"sco"} <= set(resource.attrib.values())
    assert manifest.find(f"{space}metadata/{space}schemaversion").text == {"1.2": "1.2", "2004": "2004 4th Edition"}[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_page_may_show_the_hosted_site_and_nothing_else(packages, version):
    page = packages[version].read("index.html").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.split("; ")[0] == "default-src 'none'" and policy.endswith("frame-src https://labs.example.org")
    assert "https://labs.example.org/mlsys/labs/vol1/lab_00_small.html?embed=1" in page


def test_the_same_lab_gives_the_same_bytes(small_course, tmp_path):
    labs = read_course(small_course)[1]
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_packages(tmp_path / name, labs, "http://localhost:8000")
        made.append([p.read_bytes() for p in sorted((tmp_path / name / "scorm").iterdir())])
    assert made[0] == made[1]


WRONG = ("labs.example.org", "ftp://labs.example.org", "https://", "https://a.example/?x=1", "https://a.example/#x", "https://a b/", "https://a;b/")


@pytest.mark.parametrize("address", WRONG)
def test_what_is_no_address_of_a_site_is_refused(address):
    with pytest.raises(BuildError, match="needs the address at which the site is hosted"):
        checked_address(address)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, write_course):
    """A package with the lab inside, and the site that it was made from."""
    folder = tmp_path_factory.mktemp("whole")
    labs = write_course(folder)
    site = build_site(Paths.of(ROOT, out=folder / "site", labs=labs), say=lambda line: None, scorm="self")
    return site, zipfile.ZipFile(folder / "site-scorm" / "lab_00_small.1.2.zip")


def test_a_package_with_the_lab_inside_has_all_that_a_device_keeps_for_it(whole):
    site, package = whole
    names = package.namelist()
    assert len(names) == len(set(names)) and not [n for n in names if n.endswith((".py", ".mjs", ".map"))]
    about = json.loads(next(site.glob("offline.*.json")).read_text(encoding="utf-8"))
    needed = {p.replace(".mjs", ".js") for p in (*about["core"], *about["labs"]["lab_00_small"]) if p.startswith("labs/")}
    assert needed <= {n.removeprefix("site/") for n in names}
    assert package.read("site/labs/runtime/pyodide.asm.wasm") == (site / "labs/runtime/pyodide.asm.wasm").read_bytes()
    manifest = ElementTree.fromstring(package.read("imsmanifest.xml"))
    assert sorted(f.get("href") for f in manifest.iter() if f.tag.endswith("}file")) == sorted(set(names) - {"imsmanifest.xml"})


def test_nothing_in_it_depends_on_the_type_of_a_module_or_of_webassembly(whole):
    _, package = whole
    scripts = {n: package.read(n).decode() for n in package.namelist() if n.endswith((".js", ".html")) and "/labs/" in n}
    assert not [n for n, text in scripts.items() if "pyodide.asm.mjs" in text]
    (worker,) = [text for n, text in scripts.items() if "/assets/worker-" in n and "pyodide.asm.wasm" in text]
    assert "pyodide.asm.js" in worker and 'headers: { "Content-Type": "application/wasm" }' in worker, "it gives WebAssembly its type itself"


def test_the_page_shows_the_lab_beside_it_and_asks_for_no_service_worker(whole):
    _, package = whole
    page = package.read("index.html").decode()
    assert "site/labs/vol1/lab_00_small.html?embed=1" in page and "frame-src 'self'" in page
    about = html.unescape(re.search("data-lk='([^']*)'", package.read("site/labs/vol1/lab_00_small.html").decode())[1])
    assert "offline" not in json.loads(about)


def test_packages_are_made_for_chosen_labs_only(small_course, tmp_path):
    with pytest.raises(BuildError, match="has no lab 'lab_07'"):
        build_site(Paths.of(ROOT, out=tmp_path / "site", labs=small_course), say=lambda line: None, scorm="self", scorm_labs=["lab_07"])
