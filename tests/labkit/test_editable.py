"""Editable copies of a lab."""

import asyncio

from labkit.editable import BAR, MARK, WHY, is_copy
from labkit.lab import open_lab


def notebook(folder, first_line: str):
    path = folder / "lab.py"
    path.write_text(f"{first_line}\nimport marimo\n\napp = marimo.App()\n", encoding="utf-8")
    return str(path)


def test_the_mark_counts_only_above_the_notebook(tmp_path):
    assert is_copy(notebook(tmp_path, MARK))
    assert not is_copy(notebook(tmp_path, "# a lab"))
    assert not is_copy(notebook(tmp_path, f"import marimo\n{MARK}"))
    assert not is_copy("") and not is_copy(str(tmp_path / "gone.py"))


def test_a_copy_stores_nothing_and_finds_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("LABKIT_STORAGE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    lab = asyncio.run(open_lab("lab_00_introduction", [], [], notebook(tmp_path, MARK)))
    assert lab.copy and lab.storage.off == WHY
    assert asyncio.run(lab.save(lab.log())) == (True, BAR)
    assert not (tmp_path / "data").exists()
