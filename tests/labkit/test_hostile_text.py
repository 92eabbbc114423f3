"""Whatever is typed is shown as text: in the log, in the report, under any name."""

import re
from html.parser import HTMLParser

import markdown
import pytest
from hostile_texts import TEXTS
from labkit.html import attr, text, typed
from labkit.log import append, export_bytes, import_bytes, plain, with_learner
from labkit.report import report
from labkit.seed import Draw, seed_of
from made_logs import LAB, new


class Page(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.words = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.words += data


def written(words: str):
    """A log in which these words stand wherever a student types."""
    log = with_learner(append(new(), "prediction", part="a", value=1, low=1, high=2, unit="ms"), words, words)
    log = append(log, "observation", part="a", controls={}, result={}, text=words)
    log = append(log, "decision", controls={}, result={}, rationale=words, revisit_when=words)
    return append(log, "note", text=words, part=words[:100])


def seen(words: str) -> str:
    """Words as a reader sees them: what is no character, or turns the line around, is not there, and white space is white space."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", typed(plain(words))).split())


@pytest.mark.parametrize("kind", TEXTS)
def test_a_log_gives_back_what_was_typed(kind):
    log = written(TEXTS[kind])
    again = import_bytes(export_bytes(log, {}), LAB)
    assert again.entries == log.entries and again.learner == log.learner
    assert [again.entries[1].text, again.entries[2].rationale, again.entries[3].text] == [plain(TEXTS[kind])] * 3


@pytest.mark.parametrize("kind", TEXTS)
def test_the_report_shows_it_and_nothing_of_it_becomes_markup(kind):
    html = markdown.markdown(report(written(TEXTS[kind])), extensions=["extra", "admonition"])
    plain_one = markdown.markdown(report(written("word")), extensions=["extra", "admonition"])
    page, other = Page(html), Page(plain_one)
    extra = {tag for tag, _ in page.tags} - {tag for tag, _ in other.tags}
    assert not extra and all(not attrs for _, attrs in page.tags), extra
    assert seen(TEXTS[kind]) in " ".join(page.words.split())
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)


@pytest.mark.parametrize("kind", TEXTS)
def test_in_a_page_it_is_text(kind):
    words = plain(TEXTS[kind])
    page = Page(f"<p title='{attr(words)}'>{text(words)}</p>")
    assert [tag for tag, _ in page.tags] == ["p"] and page.words.rstrip() == words.rstrip()
    assert dict(page.tags[0][1])["title"] == words


@pytest.mark.parametrize("kind", TEXTS)
def test_any_name_gives_a_seed_that_is_the_same_however_it_is_spelt(kind):
    name = TEXTS[kind]
    seed = seed_of(name, LAB)
    assert seed == seed_of(f"  {name} ", LAB) == seed_of(name.upper().lower() if name.isascii() else name, LAB)
    assert 0 <= seed < 2**53 and seed != seed_of(None, LAB)
    assert Draw(seed, "drill 1").number(0, 1) == Draw(seed, "drill 1").number(0, 1)
    log = with_learner(new(), name)
    assert import_bytes(export_bytes(log, {}), LAB).seed == log.seed == seed_of(log.learner.name, LAB), "a grader finds the same seed in the file"
