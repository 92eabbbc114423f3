"""What only shows across logs."""

from labkit.grade.flags import normal, with_flags
from labkit.grade.judge import Row

WORDS = "The memory term binds because every token reads all weights."


def row(student, **more):
    return Row(f"{student}.json", student, lab="lab", attempt=student, head_hash=student, **more)


def test_the_same_words_are_flagged_for_both_whatever_the_spelling():
    a, b, c = with_flags([row("a", texts=(WORDS,)), row("b", texts=(WORDS.upper() + " ",)), row("c", texts=("Something else entirely, in words of my own.",))])
    assert "b" in a.flags[0] and "a" in b.flags[0] and not c.flags


def test_short_sentences_and_ones_own_words_are_not_flagged():
    assert not any(r.flags for r in with_flags([row("a", texts=("Memory binds here now.",)), row("b", texts=("Memory binds here now.",))]))
    own = [row("a", texts=(WORDS,)), Row("a2.json", "a", lab="lab", attempt="a2", texts=(WORDS,))]
    assert not any(r.flags for r in with_flags(own))


def test_the_same_log_and_the_same_attempt_under_two_names_are_flagged():
    a = row("a")
    copy = Row("other.json", "b", lab="lab", attempt="a", head_hash="a")
    first, second = with_flags([a, copy])
    assert any(f.startswith("copy") for f in second.flags) and any(f.startswith("attempt") for f in first.flags)


def test_a_whole_lab_in_two_minutes_is_flagged():
    assert "time" in with_flags([row("a", complete=1.0, minutes=2.0)])[0].flags[0]
    assert not with_flags([row("a", complete=1.0, minutes=30.0)])[0].flags


def test_normal_keeps_words_only():
    assert normal("  It's — MEMORY,\n memory!") == "it s memory memory"
