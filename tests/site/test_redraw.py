"""A chart is asked for through redraw.js, or the build stops. What that draws is tested in tests/browser/test_redraw.py."""

import pytest
from sitebuild.errors import BuildError
from sitebuild.redraw import EMBEDS, MARK, keep_views


@pytest.fixture
def script(front_script):
    return front_script(MARK)


def test_a_chart_is_asked_for_through_ours(script):
    before = script.read_text(encoding="utf-8")
    call = EMBEDS.search(before)
    keep_views(script.parent)
    ours, after = script.read_text(encoding="utf-8").split("\nimport", 1)
    assert "function lkRedraw(embed, element, spec, options) {" in ours
    assert f"import{after}" == before[: call.start("embed")] + f"lkRedraw({call['embed']}," + before[call.start("element") :], "nothing else is touched"


def test_charts_embedded_in_another_way_stop_the_build(script):
    script.write_text(script.read_text(encoding="utf-8").replace(".current,", ".element,"), encoding="utf-8")
    with pytest.raises(BuildError, match=r"0 times, expected once.*Adapt sitebuild/redraw.py"):
        keep_views(script.parent)


def test_the_site_is_built_so(built):
    assert sum("await lkRedraw(" in p.read_text(encoding="utf-8") for p in (built / "labs" / "assets").glob("*.js")) == 1
