"""The page's first script is read by browsers that know no newer JavaScript, and stands before everything else."""

import re
from pathlib import Path

import pytest
from sitebuild.page_guard import SCRIPT

GUARD = Path(__file__).parents[2] / "sitebuild" / "guard.js"
NEWER = {
    "arrow function": r"=>", "const, let or class": r"\b(?:const|let|class|async|await|import|export|of)\s+[\w{\[#]", "template": r"`", "spread": r"\.\.\.",
    "optional chaining": r"\?\.[a-z\[(]", "operator": r"\?\?|\*\*|\|\|=|&&=", "catch without a name": r"catch\s*\{", "private name": r"\.#",
    "method in short": r"^\s*(?!function|if|for|while|switch|catch|get|set)\w+\([\w, ]*\) \{", "trailing comma": r",\s*\)",
}  # fmt: skip


def code_alone(source: str) -> str:
    """The script without comments, patterns and what stands in quotes."""
    source = re.sub(r"/\*.*?\*/|//[^\n\"]*$", "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', source)
    return re.sub(r"(?<=[(=] )/[^/\n*]+/|(?<=\()/[^/\n*]+/", "/x/", source)


@pytest.mark.parametrize("kind", NEWER)
def test_nothing_in_it_is_newer_than_2009(kind):
    found = re.search(NEWER[kind], code_alone(GUARD.read_text(encoding="utf-8")), re.MULTILINE)
    assert not found, f"{kind}: {found[0]}"


def test_such_a_thing_would_be_found():
    modern = 'const a = (b) => { c?.d; e ?? f; try { g(...h) } catch { } };\n  short(n) { this.#p; return `x` },\n k(1,)'
    assert not [kind for kind, pattern in NEWER.items() if not re.search(pattern, code_alone(modern), re.MULTILINE)]


def test_it_is_the_first_script_of_a_page(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    assert page.index("<script") == page.index(SCRIPT)
    assert page.index(SCRIPT) < page.index("<link") and page.index(SCRIPT) < page.index("data-lk=")
