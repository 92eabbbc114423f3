"""What was computed once stays, up to a number of things."""

import pytest
from labkit.grade.kept import Kept


def test_a_value_is_made_once_and_the_oldest_goes_first():
    kept, made = Kept(2), []

    def square(n):
        return kept.get(n, lambda: made.append(n) or n * n)

    assert [square(n) for n in (2, 3, 2, 4, 3, 2)] == [4, 9, 4, 16, 9, 4]
    assert made == [2, 3, 4, 2] and len(kept) == 2


def test_an_error_is_not_kept():
    kept = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("x", lambda: 1 / 0)
    assert kept.get("x", lambda: 1) == 1
