"""A remembered function computes once, and still looks at what it is given."""

import pytest
from mlsysim._remembered import remembered
from mlsysim.errors import MlsysimError, whole


@pytest.fixture
def squared():
    """A remembered function, and the arguments for which it was computed."""
    computed = []

    @remembered(2)
    def square(n):
        """n times n."""
        computed.append(n)
        return whole("n", n) ** 2

    return square, computed


def test_a_result_is_computed_once_and_only_the_last_are_kept(squared):
    square, computed = squared
    assert [square(n) for n in (2, 2, 3, 4, 2)] == [4, 4, 9, 16, 4]
    assert computed == [2, 3, 4, 2]


@pytest.mark.parametrize("wrong", [True, [1], {}, None, "1"])
def test_what_equals_a_remembered_argument_or_cannot_be_remembered_is_refused(squared, wrong):
    square, _ = squared
    assert square(1) == 1
    with pytest.raises(MlsysimError, match="n is "):
        square(wrong)


def test_it_keeps_its_name_and_its_words(squared):
    square, _ = squared
    assert square.__name__ == "square" and square.__doc__ == "n times n."


def test_an_error_of_the_code_itself_is_no_argument_error():
    @remembered(2)
    def broken(n):
        return n + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        broken(1)
