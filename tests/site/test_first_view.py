"""The text that a page shows before any script has run."""

import html
import json
import re
from html.parser import HTMLParser

import pytest
from sitebuild.first_view import first_view, formula, inert, stand_in


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p onclick='x()' style='color:red' id='a' class='b'>Hi</p>", '<p class="b">Hi</p>'),
        ("<script>alert(1)</script><p>after</p>", "<p>after</p>"),
        ("<iframe src='//x'><p>inside</p></iframe>out", "out"),
        ("<a href='javascript:x()'>word</a>", "word"),
        ("<a href='../vol2/lab_01_x.html' onclick='y()'>next</a>", '<a href="../vol2/lab_01_x.html">next</a>'),
        ("<a href='//x/lab_01.html'>word</a>", "word"),
        ("<img src=x onerror=y>", ""),
        ("a &lt;script&gt; &amp; b", "a &lt;script&gt; &amp; b"),
        ("<p title='\"><script>x</script>'>t</p>", '<p title="&quot;&gt;&lt;script&gt;x&lt;/script&gt;">t</p>'),
        ("<section><p>left open", "<section><p>left open</p></section>"),
        ("</section><p>closed twice</p></p>", "<p>closed twice</p>"),
    ],
)
def test_only_text_and_structure_pass(source, expected):
    assert inert(source) == expected


def test_controls_become_stand_ins_with_their_words():
    assert stand_in("button", {"data-label": '"<b>Lock &amp; go</b>"'}) == '<span class="lk-ghost lk-ghost-button">Lock &amp; go</span>'
    assert "<span>one</span><span>&lt;two&gt;</span>" in stand_in("radio", {"data-options": '["one", "<two>"]'})
    assert stand_in("something-new", {}) == ""


def test_the_iron_law_reads_as_a_formula():
    assert formula(r"||(\frac{D_{vol}}{BW}||)") == '<span class="lk-frac"><i>D<sub>vol</sub></i><i>BW</i></span>'
    assert "<sub>lat</sub>" in formula("||(L_{lat}||)")


def test_a_page_shows_its_outputs_before_the_front_end_and_names_what_loads(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    first = page[page.index('<div id="lk-first">') : page.index('<div id="root">')]
    assert "twice n is 6" in html.unescape(re.sub("<[^>]*>", "", first))
    assert 'role="status"' in first and "<noscript>" in first
    assert "<script" not in first and "marimo-slider" not in first
    assert page.index("lkParsed()</script></body>") > page.index("__MARIMO_MOUNT_CONFIG__")


def test_the_stylesheets_come_before_the_scripts_that_load(built):
    head = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8").split("</head>")[0]
    sheets = [m.start() for m in re.finditer('<link rel="stylesheet"', head)]
    assert sheets and max(sheets) < min(head.index("<script data-lk"), head.index("modulepreload"))


def test_python_starts_from_files_that_are_there(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    about = json.loads(html.unescape(re.search(r"<script data-lk='([^']*)'", page)[1]))
    for key in ("worker", "runtime", "lock"):
        assert (built / "labs/vol1" / about[key]).exists(), key


def test_the_first_view_is_well_formed(built):
    page = (built / "labs/vol1/lab_00_small.html").read_text(encoding="utf-8")
    balance: list[str] = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag != "br":
                balance.append(tag)

        def handle_endtag(self, tag):
            assert balance.pop() == tag

    Check().feed(page[page.index('<div id="lk-first">') : page.index('<div id="lk-start"')])
    assert not balance


def test_an_export_without_outputs_has_no_first_view():
    assert first_view("<html></html>") == ""
    assert first_view('"session": {"cells": [{"outputs": [{"data": {"text/plain": ""}}]}]}') == ""
