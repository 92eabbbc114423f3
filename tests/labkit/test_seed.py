"""The seed and the draws: the same everywhere, for ever. The fixed values below may never change within version 1."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labkit.seed import Draw, seed_of


def test_seeds_are_fixed():
    assert seed_of("Ada Lovelace", "lab_05_nn_compute") == 1542062652167688
    assert seed_of(None, "lab_05_nn_compute") == 3165876523058395


def test_draws_are_fixed():
    draw = Draw(1234567890123456, "drill 1")
    assert [draw.integer(1, 100) for _ in range(5)] == [7, 63, 78, 69, 4]
    assert draw.uniform() == 0.20449748508466026
    assert draw.choice("abcdef") == "b"
    assert draw.number(0.5, 5, step=0.1) == 2.2
    assert draw.sample(range(10), 3) == [9, 3, 4]


@pytest.mark.parametrize("spelling", ["ada lovelace", "  Ada   LOVELACE ", "ADA\tLOVELACE"])
def test_case_and_spaces_make_no_difference(spelling):
    assert seed_of(spelling, "lab_01") == seed_of("Ada Lovelace", "lab_01")


def test_one_name_spelled_with_composed_or_combining_accents_is_one_seed():
    assert seed_of("Zo\u00eb", "lab_01") == seed_of("Zoe\u0308", "lab_01")


def test_names_and_labs_differ():
    assert len({seed_of(name, lab) for name in ("Ada", "Bo", None) for lab in ("lab_01", "lab_02")}) == 6


def test_a_name_with_half_a_character_has_a_seed():
    assert 0 <= seed_of("a\ud800", "lab_01") < 2**53


@settings(max_examples=50)
@given(st.text(), st.text())
def test_a_seed_fits_a_json_number(name, lab):
    assert 0 <= seed_of(name, lab) < 2**53


def test_labels_are_independent_streams():
    assert [Draw(1, "a").integer(0, 10**6), Draw(1, "b").integer(0, 10**6)] == [Draw(1, x).integer(0, 10**6) for x in "ab"]
    assert Draw(1, "a").integer(0, 10**6) != Draw(1, "b").integer(0, 10**6)


def test_integers_are_spread_evenly():
    draw = Draw(7, "spread")
    counts = Counter(draw.integer(1, 6) for _ in range(6000))
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert all(850 < n < 1150 for n in counts.values())


@settings(max_examples=50)
@given(st.integers(0, 2**53 - 1), st.integers(1, 50), st.integers(1, 200))
def test_a_stepped_number_is_on_the_grid_and_reaches_both_ends(seed, tenths, steps):
    low, step = 0.5, tenths / 10
    high = low + steps * step
    value = Draw(seed, "x").number(low, high, step=step)
    assert low <= value <= high + 1e-9
    assert abs((value - low) / step - round((value - low) / step)) < 1e-6


def test_both_ends_of_a_stepped_range_are_drawn():
    draw = Draw(3, "ends")
    assert {draw.number(0.1, 0.3, step=0.1) for _ in range(60)} == {0.1, 0.2, 0.3}


@settings(max_examples=50)
@given(st.integers(0, 2**53 - 1))
def test_a_sample_has_no_repeats(seed):
    assert len(set(Draw(seed, "s").sample("abcdefgh", 5))) == 5


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: Draw(-1, "x"), "seed"),
        (lambda: Draw(2**53, "x"), "seed"),
        (lambda: Draw(True, "x"), "seed"),
        (lambda: Draw(1, "x").integer(3, 2), "high"),
        (lambda: Draw(1, "x").integer(1.0, 2), "low"),
        (lambda: Draw(1, "x").choice([]), "options"),
        (lambda: Draw(1, "x").sample("ab", 3), "count"),
        (lambda: Draw(1, "x").number(0, float("inf")), "finite"),
        (lambda: Draw(1, "x").number(2, 1), "high"),
        (lambda: Draw(1, "x").number(0, 1, step=0), "step"),
    ],
)
def test_senseless_draws_are_refused(call, word):
    with pytest.raises(ValueError, match=word):
        call()
