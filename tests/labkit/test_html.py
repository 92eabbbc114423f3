"""Text on a page is text; an author's three marks are marks."""

import pytest
from labkit.html import attr, prose, table, text


def test_what_a_student_types_is_never_markup():
    assert text("<script>&") == "&lt;script&gt;&amp;"
    assert attr("' onload='x") == "&#x27; onload=&#x27;x"


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
