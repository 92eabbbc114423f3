"""python -m labkit.grade, as an instructor uses it."""

import io
import zipfile

import polars as pl
import pytest
from labkit.grade.command import main
from labkit.grade.weights import Weights, read_weights


@pytest.fixture
def handed_in(sample, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, _, data in sample[:20]:
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_becomes_a_gradebook_a_report_and_an_import_file(handed_in, labs, tmp_path, capsys):
    out, report = tmp_path / "book.csv", tmp_path / "class.html"
    assert main([str(handed_in), "--labs", str(labs), "--out", str(out), "--report", str(report), "--lms", "moodle", "--workers", "1"]) == 0
    book = pl.read_csv(out)
    assert book.height == 20 and book["replays"].sum() >= 15
    assert "What was misjudged most" in report.read_text(encoding="utf-8")
    assert pl.read_csv(tmp_path / "book-moodle.csv").columns == ["Identifier", "lab_11_hw_accel"]
    assert "20 graded" in capsys.readouterr().out


def test_a_zip_gives_the_same_rows_as_its_folder(handed_in, labs, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in handed_in.iterdir():
            archive.write(path, f"submissions/{path.name}")
    (tmp_path / "all.zip").write_bytes(out.getvalue())
    books = []
    for source in (handed_in, tmp_path / "all.zip"):
        main([str(source), "--labs", str(labs), "--out", str(tmp_path / "b.parquet"), "--workers", "1"])
        books.append(pl.read_parquet(tmp_path / "b.parquet").drop("file"))
    assert books[0].equals(books[1])


def test_several_processes_give_the_same_rows_as_one(lab, labs, tmp_path):
    from labkit.grade.classes import sample_class

    folder = tmp_path / "many"
    folder.mkdir()
    for name, _, data in sample_class(lab, 230, seed=9):
        (folder / name).write_bytes(data)
    books = []
    for workers in ("1", "2"):
        main([str(folder), "--labs", str(labs), "--out", str(tmp_path / "b.parquet"), "--workers", workers])
        books.append(pl.read_parquet(tmp_path / "b.parquet"))
    assert books[0].height == 230 and books[0].equals(books[1])


def test_a_broken_file_is_a_row_and_the_exit_code_says_so(handed_in, labs, tmp_path, capsys):
    (handed_in / "broken.json").write_text("{")
    assert main([str(handed_in), "--labs", str(labs), "--out", str(tmp_path / "b.csv")]) == 1
    assert pl.read_csv(tmp_path / "b.csv").filter(pl.col("unreadable") != "").height == 1


@pytest.mark.parametrize("arguments", [["nowhere"], [], ["."]])
def test_nothing_to_grade_is_a_sentence(arguments, labs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*arguments, "--labs", str(labs)]) == 2
    assert capsys.readouterr().err.startswith("Nothing was graded. ")


def test_a_weighting_file_sets_the_points(tmp_path):
    (tmp_path / "w.toml").write_text("complete = 100\nreplays = 0\n")
    assert read_weights(tmp_path / "w.toml").complete == 100
    (tmp_path / "w.toml").write_text("kindness = 3")
    with pytest.raises(ValueError, match="kindness"):
        read_weights(tmp_path / "w.toml")
    assert sum(getattr(Weights(), f) for f in Weights.__dataclass_fields__) == 100


def test_a_made_up_class_is_the_same_twice(labs, tmp_path):
    for name in ("one", "two"):
        main(["--sample", "5", "--lab", "lab_11_hw_accel", "--labs", str(labs), "--out", str(tmp_path / name)])
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert len(files) == 5
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_grows_on_a_terminal_and_a_pipe_gets_none():
    from labkit.grade.command import Progress

    seen = Terminal()
    bar = Progress("logs replayed", 200, seen)
    for done in (100, 200, 230):
        bar(done)
    lines = seen.getvalue().split("\r")[1:]
    assert [line.count("#") for line in lines] == [15, 30, 30]
    assert lines[0].endswith("100 of 200 logs replayed") and lines[2].endswith("230 of 230 logs replayed"), "zips in zips were not counted"
    piped = io.StringIO()
    Progress("logs replayed", 200, piped)(100)
    assert piped.getvalue() == ""
