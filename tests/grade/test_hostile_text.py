"""A class whose names, words and file names try to be something else: the gradebook and the class report hold them as text."""

import csv
import json
import os
import re
from html.parser import HTMLParser

import pytest
from hostile_texts import TEXTS
from labkit.grade.command import main
from labkit.grade.gradebook import FORMULA
from labkit.log import import_bytes, with_learner
from labkit.log_file import export_bytes, head_hash

STARTS = re.compile(r"(^|[;\t\r\n])[\s\0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠]")
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "section", "div", "table", "caption", "tr", "th", "td", "br",
    "figure", "svg", "line", "rect", "circle", "text", "figcaption", "g", "path",
}  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.seen, self.events = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.events += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href", "srcdoc")]


@pytest.fixture
def graded(honest, labs, tmp_path, capsys):
    """A class of one honest log under every name, its words in every field, twice, so that comparison quotes them."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = import_bytes(honest, None)
    for i, words in enumerate(TEXTS.values()):
        doc = json.loads(export_bytes(with_learner(log, words, words), {}))
        known = words.encode("utf-8", "replace").decode()
        doc["learner"] = {"name": known, "section": known}
        for entry in doc["entries"]:
            for field in {"text", "rationale", "revisit_when"} & entry.keys():
                entry[field] = known * (7 if len(known) < 5_000 else 1) + " so many words that others would not say them"
        doc["head_hash"] = head_hash(doc)
        (folder / f"{i}.json").write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    (folder / "=cmd|' <b>x.json").write_text("{")
    with open(os.path.join(os.fsencode(folder), b"\xff\xfe_1_2_x.json"), "wb") as file:  # a name that is no text
        file.write(b"[]")
    book, report = tmp_path / "book.csv", tmp_path / "class.html"
    assert main([str(folder), "--labs", str(labs), "--out", str(book), "--report", str(report), "--lms", "canvas", "--workers", "1"]) == 1
    assert f"{len(TEXTS)} graded, 2 not readable" in capsys.readouterr().out
    return book, report


def test_no_cell_is_a_formula_and_every_row_is_one(graded):
    book, _ = graded
    csv.field_size_limit(10**7)
    for path in (book, book.with_name("book-canvas.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len({len(row) for row in rows}) == 1 and None not in rows[0]
        assert not [cell for row in rows for cell in row.values() if STARTS.search(cell) and not re.fullmatch(r"-?\d[\d.e+-]*", cell)]
    assert len(rows) == len(TEXTS)
    assert {row["Student"].replace("'", "") for row in rows} == {t.encode("utf-8", "replace").decode().replace("'", "") for t in TEXTS.values()}


def test_an_apostrophe_stands_only_where_a_formula_would_begin():
    assert FORMULA.sub(r"\1'", "Anne-Marie O'Neil; B+ (2 = 3)") == "Anne-Marie O'Neil; B+ (2 = 3)"


def test_the_class_report_holds_no_markup_but_its_own(graded):
    html = graded[1].read_text(encoding="utf-8")
    page = Tags(html)
    assert page.seen <= TAGS and not page.events, (page.seen - TAGS, page.events)
    assert "&lt;script&gt;" in html and not re.search("[\u202a-\u202e\u2066-\u2069]", html)
