"""The page of a lab's code, made from the lab's own export."""

import json
import re
from urllib.parse import unquote

import pytest
from labkit.editable import MARK, is_copy
from sitebuild.csp import POLICY
from sitebuild.edit_page import NOSCRIPT, SETTINGS, editable
from sitebuild.errors import BuildError

PAGE = "labs/vol1/lab_00_small"


@pytest.fixture
def page(built):
    return (built / f"{PAGE}.edit.html").read_text(encoding="utf-8")


def setting(page: str, key: str):
    at = re.search(rf'^ *"{key}": ', page, re.MULTILINE).end()
    return json.JSONDecoder().raw_decode(page[at:])[0]


def test_it_is_the_same_notebook_in_the_editor(page):
    assert setting(page, "mode") == "edit" and "lkNotebook({" in page
    assert "n = mo.ui.slider(1, 9" in setting(page, "notebook")["cells"][1]["code"]
    assert f'content="{POLICY}"' in page
    config = setting(page, "config")
    for key, values in SETTINGS.items():
        assert values.items() <= config[key].items(), key


def test_its_code_says_that_it_is_a_copy(page, tmp_path):
    code = unquote(re.search('<marimo-code hidden="">([^<]*)<', page)[1])
    assert code.startswith(MARK)
    copy = tmp_path / "copy.py"
    copy.write_text(code)
    assert is_copy(str(copy))
    copy.write_text(code.replace(MARK, ""))
    assert not is_copy(str(copy))


def test_without_javascript_it_shows_the_code_and_no_outputs(page):
    shown = page[page.index('<div id="lk-copy"') : page.index('<div id="root">')]
    assert "A small lab &amp; more: the code" in shown and "n = mo.ui.slider(1, 9" in shown
    assert '<a href="lab_00_small.html">' in shown and NOSCRIPT in shown.partition("<noscript>")[2]
    assert "twice n is 6" not in page, "outputs belong to the lab's own page"


def test_the_lab_itself_is_not_heavier_for_it(built):
    lab = (built / f"{PAGE}.html").read_text(encoding="utf-8")
    assert "lkNotebook" not in lab and "lk-copy" not in lab and setting(lab, "mode") == "read"
    (main,) = built.glob("offline.*.json")
    listed = json.loads(main.read_text())
    assert not [name for name in listed["files"] if "edit" in name.rpartition("/")[2] and name not in listed["core"]]


def test_a_device_that_opened_it_can_keep_it(built):
    (path,) = built.glob("offline-edit.*.json")
    listed = json.loads(path.read_text())
    needed = listed["labs"]["lab_00_small.edit"]
    assert needed[0] == f"{PAGE}.edit.html" and len(needed) > 40
    assert set(needed) <= set(listed["files"]) and all((built / name).is_file() for name in needed)


def test_another_export_than_expected_stops_the_build():
    with pytest.raises(BuildError, match="expected once. Adapt sitebuild/edit_page.py"):
        editable('"mode": "other"', "vol1/lab_x")
