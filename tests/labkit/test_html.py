"""Text on a page is text; an author's three marks are marks."""

import json
from html.parser import HTMLParser

import pytest
from labkit.html import attr, prose, table, text


def test_what_a_student_types_is_never_markup():
    assert text("<script>&") == "&lt;script&gt;&amp;"
    assert attr("' onload='x") == "&#x27; onload=&#x27;x"


@pytest.mark.parametrize("words", ["'> <b x='1'>", '{"a": "b"}', "&quot; &amp;quot; &#39;", '"', "\n\u2028<!--"])
def test_an_attribute_between_single_quotes_gives_back_its_words(words):
    tags = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attrs: tags.append((tag, attrs))
    reader.feed(f"<p title='{attr(words)}' id='next'></p>")
    assert tags == [("p", [("title", words), ("id", "next")])]


def test_a_chart_in_an_attribute_is_hardly_longer_than_its_words():
    chart = json.dumps({"values": [{"x": i, "y": i} for i in range(99)]})
    assert len(attr(chart)) == len(chart)


def test_an_author_has_bold_italic_and_formulas():
    shown = prose("**All** of *it* is $x^2$.")
    assert "<strong>All</strong>" in shown and "<em>it</em>" in shown and "marimo-tex" in shown


@pytest.mark.parametrize("words", ["A word costs $2.50, a check $1.00.", "From $5–$10 an hour", "$3 only", "at $ 4 and $ 5"])
def test_dollars_stay_dollars(words):
    assert prose(words) == words


def test_a_star_in_a_product_is_no_mark():
    assert prose("3 * 4 * 5") == "3 * 4 * 5"


def test_a_table_has_a_caption_and_escapes_its_cells():
    shown = table(("a", "b"), (("<b>", 1),), "Cap")
    assert "<caption>Cap</caption>" in shown and "&lt;b&gt;" in shown and "scope='col'" in shown


def test_a_tables_rows_keep_their_cells_empty_ones_too():
    assert "<tbody><tr><td>1</td><td></td><td></td></tr><tr><td></td><td>a &amp; b</td><td>None</td></tr></tbody>" in table(
        ("a", "b", "c"), ((1, "", ""), ("", "a & b", None)), "Cap"
    )
    assert "<tbody></tbody>" in table(("a",), (), "Cap")
