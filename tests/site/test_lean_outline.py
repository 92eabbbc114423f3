"""Only an output with headings is parsed for the outline, or the build stops."""

import pytest
from sitebuild.errors import BuildError
from sitebuild.lean_outline import MARK, outline_where_headings_are

TEST = "||!/<h[1-6]/i.test("


@pytest.fixture
def script(front_script):
    return front_script(MARK)


def test_an_output_is_looked_at_before_it_is_parsed(script):
    before = script.read_text(encoding="utf-8")
    outline_where_headings_are(script.parent)
    after = script.read_text(encoding="utf-8")
    at = after.index(TEST)
    test = after[at : after.index(")", at) + 1]
    assert after == before[:at] + test + before[at:], "nothing else is touched"
    parameter = test.removeprefix(TEST).removesuffix(")")
    assert after[at:].startswith(f"{test})return null;") and f".parseFromString({parameter},`text/html`)" in after[at : at + 200]


def test_an_outline_made_in_another_way_stops_the_build(script):
    script.write_text(script.read_text(encoding="utf-8").replace("typeof DOMParser>`u`", "!globalThis.DOMParser"), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{script.name} of marimo's front end has .* 0 times, expected once.*Adapt sitebuild/lean_outline.py"):
        outline_where_headings_are(script.parent)


def test_the_site_is_built_so(built):
    assert sum(TEST in p.read_text(encoding="utf-8") for p in (built / "labs" / "assets").glob("*.js")) == 1
