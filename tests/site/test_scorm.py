"""SCORM packages: their files, their manifests, and what is refused. tests/browser/test_scorm.py runs them in a system."""

import re
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
from sitebuild.course import read_course
from sitebuild.errors import BuildError
from sitebuild.scorm import VERSIONS, checked_address, write_packages


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
