"""The report: what the log holds, in words, with nothing that a student typed taken for markup."""

import html
import re

import pytest
from labkit.log import Answer, Constraint, Design, Simulator, append, export_bytes, import_bytes, start, utc_now
from labkit.report import escape, factor_off, report


def new(**kw):
    return start("lab_05", "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""), **kw)


def observed(**kw):
    log = append(new(), "prediction", part="a", value=12, low=8, high=20, unit="ms", field="p99_ms", **kw)
    return append(log, "observation", part="a", controls={"rate_per_s": 400}, result={"p99_ms": 74.4},
                  explanation="queue", right=False, text="It waits.")  # fmt: skip


def test_a_prediction_is_set_against_what_was_observed():
    text = report(observed())
    assert "**Predicted:** 12 ms (between 8 and 20 ms). It is 74.4 ms: 6.2× off. The interval misses it." in text
    assert "- What binds: queue (the simulator disagrees)" in text
    assert "> It waits." in text


def test_before_any_observation_nothing_is_revealed():
    text = report(append(new(), "prediction", part="a", value=12, unit="ms"))
    assert "**Predicted:** 12 ms." in text and "It is" not in text


def test_the_simulators_own_answer_goes_first():
    assert "It is 24 ms: 2× off" in report(observed(), truths={"a": 24.0})


def test_an_observation_at_another_point_is_no_answer():
    assert "It is" not in report(observed(controls={"rate_per_s": 800}))
    assert "It is 74.4" in report(observed(controls={"rate_per_s": 400}))


def test_decision_drill_notes_and_what_is_open():
    log = append(observed(), "decision", controls={"b": 8}, result={"cost_usd": 1234.5}, rationale="cheap", revisit_when="prices move",
                 constraints=[Constraint(name="deadline", holds=False, limit=0.2, value=0.25, unit="s")],
                 rejected=Design(controls={"b": 1}, result={"cost_usd": None}))  # fmt: skip
    tries = [Answer(value=v, at=utc_now(), right=v > 2) for v in (1.0, 3.0)]
    log = append(log, "drill", question="T of a step", parameters={"x_ms": 0.5}, answers=tries, right=True)
    log = import_bytes(export_bytes(append(log, "note", text="a\n\nb"), {"part a": True, "part b": False}), "lab_05")
    text = report(log, title="Nerves")
    assert text.startswith("# Nerves\n")
    assert "- deadline: does not hold, reached 0.25 s, limit 0.2 s" in text
    assert "**Rejected**" in text and "> cheap" in text and "> prices move" in text
    assert "| T of a step | x\\_ms 0.5 | 1 ✗, 3 ✓ | right, 2 tries |" in text
    assert "> a\n>\n> b" in text
    assert "- Still open: part b" in text


def test_a_wrong_order_is_said():
    assert "before it was predicted" in report(append(new(), "observation", part="b", controls={}, result={}))


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**bold** _it_ `code`", "[link](javascript:alert(1))", "![i](http://x/y)",
    "a | b | c", "# title", "- item", "1. item", "2) item", "> quote", "--- ", "$x^2$", "~~gone~~", "&lt;b&gt;", "a\n\n# title\n- x",
    "{: .cls }", "/// html", "--8<-- 'file'", "\\*not\\*", "a\u202eb", "tab\there\x00\x07", "<!-- x", "```\ncode",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_student_types_is_never_markup(text):
    markdown = pytest.importorskip("markdown")
    log = append(new(name=text, section=text), "note", text=text)
    answers = [Answer(value=text, at=utc_now(), right=True)]
    log = append(log, "drill", question=text[:50], parameters={text: text}, answers=answers, right=True)
    page = markdown.markdown(report(log, title=text), extensions=["tables", "attr_list", "fenced_code"])
    assert set(re.findall(r"<(\w+)", page)) <= {"h1", "h2", "ul", "li", "p", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.count("<h1") == 1 and page.count("<td") == 4 and " href" not in page and "class=" not in page
    typed = "".join(text.replace("\u202e", "").replace("\x00", "").replace("\x07", "").split())
    assert typed in "".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())  # and it reads as it was typed


def test_escape_keeps_one_line():
    assert escape("a\r\nb\u2028c") == "a b c"


@pytest.mark.parametrize(
    ("said", "truth", "factor"),
    [(12, 74.4, 6.2), (74.4, 12, 6.2), (-2, -4, 2), (5, 5, 1), (0, 3, None), (3, 0, None), (-1, 2, None), (1e-300, 1e300, None)],
)
def test_the_factor_is_at_least_one_or_none(said, truth, factor):
    assert factor_off(said, truth) == factor
