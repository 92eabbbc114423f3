"""The page keeps no message between it and Python, or the build stops."""

import shutil

import pytest
from sitebuild.errors import BuildError
from sitebuild.quiet_messages import MARK, keep_no_messages


@pytest.fixture
def script(front_script):
    return front_script(MARK)


def test_no_message_is_written_to_the_console_any_more(script):
    before = script.read_text(encoding="utf-8")
    keep_no_messages(script.parent)
    after = script.read_text(encoding="utf-8")
    assert "[rpc]" in before and "[rpc]" not in after
    at = before.index(",_debugHooks:{onSend")
    assert after[:at] == before[:at] and before.endswith(after[at:]), "nothing else is touched"
    assert after[at:].startswith("})"), "the options that the hooks stood in are closed"


def test_messages_traced_in_another_way_stop_the_build(script):
    script.write_text(script.read_text(encoding="utf-8").replace("onReceive:", "onMessage:"), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{script.name} of marimo's front end has .* 0 times, expected once. Messages written to the console stay"):
        keep_no_messages(script.parent)


@pytest.mark.parametrize("scripts", [0, 2])
def test_one_script_talks_with_python(script, scripts):
    if scripts:
        shutil.copy(script, script.with_name("state-again.js"))
    else:
        script.unlink()
    with pytest.raises(BuildError, match=f"has {scripts} scripts with .*Messages written to the console stay.*adapt sitebuild/quiet_messages.py"):
        keep_no_messages(script.parent)


def test_the_site_is_built_so(built):
    assert not [p.name for p in (built / "labs" / "assets").glob("*.js") if MARK in p.read_text(encoding="utf-8")]
