"""The tables of labs say what course.toml says today."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("generate_lab_tables", ROOT / "tools" / "generate_lab_tables.py")
tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tables)


def test_readme_and_coverage_are_current():
    stale = [path.name for path, text in tables.files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_every_lab_has_its_row_and_its_file():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for lab in tables.labs():
        path = f"labs/vol{lab['volume']}/{lab['id']}.py"
        assert f"]({path})" in readme and (ROOT / path).is_file()
