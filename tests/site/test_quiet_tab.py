"""A lab asks for no notifications and keeps its icon, or the build stops."""

import re

import pytest
from sitebuild.errors import BuildError
from sitebuild.quiet_tab import ASKS, ICON, ICONS, MARK, leave_the_tab_alone


@pytest.fixture
def script(front_script):
    return front_script(MARK)


def test_the_end_of_a_run_is_never_told(script):
    before = script.read_text(encoding="utf-8")
    leave_the_tab_alone(script.parent)
    after = script.read_text(encoding="utf-8")
    ended = re.compile(r"function [\w$]+\([\w$]+\)\{return;let [\w$]+=async\(\)=>\{[\w$]+===0\?new Notification\(")
    assert ASKS.search(before) and not ended.search(before)
    assert ended.search(after) and not ASKS.search(after)


def test_every_state_of_the_kernel_has_the_page_s_own_icon(script):
    before = script.read_text(encoding="utf-8")
    leave_the_tab_alone(script.parent)
    after = script.read_text(encoding="utf-8")
    assert ICONS.search(before) and after.count(f"`{ICON}`") == 4 and "favicon.ico" not in after
    assert "{idle:`../../favicon.svg`,success:`../../favicon.svg`,running:`../../favicon.svg`,error:`../../favicon.svg`}" in after


@pytest.mark.parametrize(("found", "other"), (("`visible`", "`hidden`"), ("running:`data:", "busy:`data:")))
def test_runs_told_in_another_way_stop_the_build(script, found, other):
    script.write_text(script.read_text(encoding="utf-8").replace(found, other), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{script.name} of marimo's front end has .* 0 times, expected once.*Adapt sitebuild/quiet_tab.py"):
        leave_the_tab_alone(script.parent)


def test_the_site_is_built_so(built):
    scripts = [p.read_text(encoding="utf-8") for p in (built / "labs" / "assets").glob("*.js")]
    assert sum(MARK in text for text in scripts) == 1
    assert not [text for text in scripts if ASKS.search(text) or "favicon.ico" in text]
    assert (built / ICON.removeprefix("../../")).is_file()
