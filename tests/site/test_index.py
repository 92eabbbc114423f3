"""The front page."""

import re
from pathlib import Path

from sitebuild.course import read_course, read_weeks
from sitebuild.guide import write_guides
from sitebuild.index import PAGES, front_page, style
from sitebuild.pictures import LABS

ROOT = Path(__file__).resolve().parents[2]


def test_every_lab_has_its_link_week_and_minutes():
    title, labs = read_course(ROOT / "labs")
    page = front_page(title, labs)
    for lab in labs:
        assert f'href="labs/{lab.path}.html"' in page
        assert f"Week {lab.week} ·" in page and f"{lab.minutes} min" in page
    assert page.count("<li ") == len(labs) == page.count("<svg ")


def test_the_page_loads_nothing_but_its_own_script():
    title, labs = read_course(ROOT / "labs")
    page = front_page(title, labs, read_weeks(ROOT / "labs"))
    assert re.findall(r"<script[^>]*>", page) == ['<script src="front.js">']
    assert "default-src 'none'" in page and "connect-src" not in page
    assert not re.search(r'(?:src|action|data)="[a-z]+://', page)
    assert "://" not in re.sub(r'<a href="https://mlsysbook[^>]*>', "", page + style())


def test_every_week_of_both_semesters_names_its_chapter_and_its_lab():
    title, labs = read_course(ROOT / "labs")
    weeks = read_weeks(ROOT / "labs")
    assert [w.week for w in weeks if w.volume == 1] == [w.week for w in weeks if w.volume == 2] == list(range(1, 17))
    assert all(w.read and w.lab for w in weeks)
    assert {lab.id for lab in labs} <= {w.lab for w in weeks}
    assert set(LABS) == {w.lab for w in weeks}, "each lab of the course has its picture"


def test_the_pages_beside_it_link_back_and_run_no_script_but_the_embed_code(tmp_path):
    write_guides(ROOT / "docs", tmp_path, "Course", labs=read_course(ROOT / "labs")[1])
    assert {p.name for p in tmp_path.glob("*.html")} == {f"{name}.html" for name in PAGES}
    for path in tmp_path.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        own = ['<script src="embed_code.js">'] if path.stem == "instructors" else []
        assert re.findall(r"<script[^>]*>", page) == own and ("script-src 'self'" in page) == bool(own)
        assert 'href="index.html"' in page and ".md" not in "".join(re.findall(r'href="([^"]*)"', page))
    assert (tmp_path / "validation.svg").is_file()


def test_titles_are_escaped(small_course):
    page = front_page(*read_course(small_course))
    assert "A small lab &amp; more" in page
    assert "<title>Small course</title>" in page
