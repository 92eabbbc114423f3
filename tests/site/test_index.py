"""The front page."""

import re
from pathlib import Path

from sitebuild.course import read_course
from sitebuild.index import front_page

ROOT = Path(__file__).resolve().parents[2]


def test_every_lab_has_its_link_week_and_minutes():
    title, labs = read_course(ROOT / "labs")
    page = front_page(title, labs)
    for lab in labs:
        assert f'href="labs/{lab.path}.html"' in page
        assert f"Week {lab.week}<" in page and f"{lab.minutes} min" in page
    assert page.count("<li>") == len(labs)


def test_the_page_has_no_script_and_no_other_host():
    page = front_page(*read_course(ROOT / "labs"))
    assert "<script" not in page
    assert "//" not in re.sub(r"<!DOCTYPE[^>]*>", "", page)
    assert "default-src 'none'" in page


def test_titles_are_escaped(small_course):
    page = front_page(*read_course(small_course))
    assert "A small lab &amp; more" in page
    assert "<title>Small course</title>" in page
