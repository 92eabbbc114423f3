"""The pages of docs/simulator/ are what the docstrings say today."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("generate_simulator_docs", ROOT / "tools" / "generate_simulator_docs.py")
docs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(docs)


def test_every_page_is_current():
    there = {p.name: p.read_text(encoding="utf-8") for p in docs.OUT.glob("*.md")}
    wanted = docs.pages()
    stale = sorted(n for n in there.keys() | wanted.keys() if there.get(n) != wanted.get(n))
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_a_page_has_signature_equations_units_sources_and_an_example():
    page = docs.pages()["roofline.md"]
    assert "roofline.estimate(\n    *,\n    operations,\n" in page and ">>> r = estimate(" in page
    assert "| `ridge_flop_per_byte` | $I^*$ | FLOP/B | $\\frac{R}{B}$ | Williams, Waterman, Patterson 2009 |" in page
    assert "`time_s`" in page and "<operations>" not in page


def test_the_index_links_every_module():
    pages = docs.pages()
    assert all(f"[`{name[:-3]}`]({name})" in pages["index.md"] for name in pages if name != "index.md")
