"""A lab's output is not faded while Python works, or the build stops."""

import pytest
from sitebuild.errors import BuildError
from sitebuild.steady_output import MARK, READING, keep_outputs_steady


@pytest.fixture
def script(front_script):
    return front_script(MARK)


def test_where_one_reads_an_output_is_never_stale(script):
    before = script.read_text(encoding="utf-8")
    keep_outputs_steady(script.parent)
    after = script.read_text(encoding="utf-8")
    at = after.index(READING)
    added = after[at : after.index(";", at) + 1]
    assert after == before[:at] + added + before[at:], "nothing else is touched"
    names = added.split("&&(")[1].split("=!1")[0].split("=")
    assert f"stale:{names[0]},loading:{names[1]}," in after[at - 200 : at]


def test_outputs_shown_in_another_way_stop_the_build(script):
    script.write_text(script.read_text(encoding="utf-8").replace(",loading:", ",busy:"), encoding="utf-8")
    with pytest.raises(BuildError, match=r"0 times, expected once.*Adapt sitebuild/steady_output.py"):
        keep_outputs_steady(script.parent)


def test_the_site_is_built_so(built):
    assert sum(READING in p.read_text(encoding="utf-8") for p in (built / "labs" / "assets").glob("*.js")) == 1
