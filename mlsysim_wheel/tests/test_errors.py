"""Every check names the argument, the value, and what is allowed."""

import enum
import math
import pickle
from fractions import Fraction

import pytest
from mlsysim import errors, units
from mlsysim.errors import Infeasible, MlsysimError, OutOfRange, UnknownName, WrongType


def test_a_number_is_returned_as_it_is():
    assert errors.number("x", 3) == 3 and errors.number("x", -2.5) == -2.5
    assert errors.number("x", Fraction(1, 4)) == 0.25


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 10**400, -(10**5000), Fraction(10**400)], ids=lambda b: type(b).__name__)
def test_not_finite(bad):
    with pytest.raises(OutOfRange, match="x is"):
        errors.number("x", bad)


@pytest.mark.parametrize("bad", [True, "3", b"3", None, [1], {}, 1j])
def test_not_a_number(bad):
    with pytest.raises(WrongType, match="x is"):
        errors.number("x", bad)


def test_bounds_are_said():
    with pytest.raises(OutOfRange, match="x is 5, but must be at least 1 and at most 4"):
        errors.number("x", 5, low=1, high=4)
    with pytest.raises(OutOfRange, match="finite and above 0"):
        errors.positive("x", 0)
    with pytest.raises(OutOfRange, match="finite and at most 4"):
        errors.number("x", 5, high=4)
    with pytest.raises(OutOfRange, match="above 0 and at most 1"):
        errors.fraction("x", 0, open_low=True)
    assert errors.fraction("x", 1) == 1 and errors.non_negative("x", 0) == 0


def test_what_no_quantity_reaches_is_out_of_range():
    """So that a product or a quotient of what was accepted is a number."""
    np = pytest.importorskip("numpy")
    assert errors.positive("x", 1e75) * errors.positive("y", 1e75) / errors.positive("z", 1e-75) < math.inf
    with pytest.raises(OutOfRange, match=r"x is 1e\+76, but must be above 0 and at most 1e\+75"):
        errors.positive("x", 1e76)
    with pytest.raises(OutOfRange, match=r"x is -1e\+76, but must be at least -1e\+75 and at most 1e\+75"):
        errors.number("x", -1e76)
    with pytest.raises(OutOfRange, match="x is 1e-76, but must be finite and at least 1e-75"):
        errors.positive("x", 1e-76)
    assert errors.non_negative("x", 1e-300) == 1e-300, "a probability may be as small as it likes"
    for bad in (np.array([1.0, 1e76]), np.array([1.0, 1e-76])):
        with pytest.raises(OutOfRange, match="x holds"):
            errors.positive("x", bad)
    with pytest.raises(OutOfRange, match=r"x\[1\] is 1e\+76"):
        errors.finite_list("x", [1.0, 1e76])


def test_numpy_values():
    np = pytest.importorskip("numpy")
    values = np.array([1.0, 2.0])
    assert errors.positive("x", values) is values
    assert type(errors.positive("x", np.float64(2))) is float
    short = np.array([1.0, 6e4], dtype=np.float16)
    assert errors.positive("x", short) is short and errors.positive("x", short.astype(np.float32)).dtype == np.float32
    for bad in (*(np.array([1.0, np.inf], dtype=kind) for kind in (np.float16, np.float32)), np.array([1.0, np.nan]), np.array([0.0]), np.array([np.inf])):
        with pytest.raises(OutOfRange, match="x holds"):
            errors.positive("x", bad)
    for bad in (np.array([True]), np.bool_(True), np.array(["a"]), np.array([1 + 1j])):
        with pytest.raises(WrongType, match="x is"):
            errors.positive("x", bad)
    with pytest.raises(WrongType, match="one whole number"):
        errors.whole("x", values)
    assert errors.whole("x", np.int64(4)) == 4


def test_whole():
    assert errors.whole("n", 8.0) == 8 and type(errors.whole("n", 8.0)) is int
    for bad in (0, 1.5, -1, 10**10, math.nan, 10**400):
        with pytest.raises(OutOfRange, match="n is"):
            errors.whole("n", bad)
    for bad in (True, "3", None):
        with pytest.raises(WrongType, match="n is"):
            errors.whole("n", bad)


class Size(enum.IntEnum):
    SMALL = 1


def test_one_of():
    assert errors.one_of("x", "a", ["a", "b"]) == "a"
    assert type(errors.one_of("x", 1.0, [1, 2])) is int, "the option counts, not what equals it"
    assert errors.one_of("x", Size.SMALL, [1, 2]) == 1
    for bad, options in (("c", "ab"), (True, (1, 2)), (1, (True, False)), ([], ("a",)), (None, ("a",))):
        with pytest.raises(OutOfRange, match="x is .* must be one of"):
            errors.one_of("x", bad, options)
    np = pytest.importorskip("numpy")
    with pytest.raises(OutOfRange):
        errors.one_of("x", np.array([1, 2]), (1, 2))


def test_flag():
    assert errors.flag("x", True) is True
    for bad in (1, 0, "True", None):
        with pytest.raises(WrongType, match="True or False"):
            errors.flag("x", bad)


def test_a_name_that_was_begun_comes_before_one_that_looks_alike():
    e = UnknownName("device", "h100", ["mi100", "h100_sxm", "h100_pcie", "k80"])
    assert e.near == ("h100_pcie", "h100_sxm", "mi100") and UnknownName("device", "h", ["h100_sxm", "k80"]).near == ()


def test_unknown_name_offers_what_is_near():
    e = UnknownName("device", "h10", ["h100_sxm", "t4", "h200_sxm", "h100"])
    assert "Did you mean h100" in str(e) and e.near[0] == "h100"
    assert "Known: a, b." in str(UnknownName("device", "zzz", ["b", "a"]))
    assert isinstance(e, LookupError) and isinstance(e, ValueError)


def test_infeasible_says_needed_against_available():
    e = Infeasible("The model does not fit", needed=92.8e9, available=80e9, unit="B")
    assert str(e).replace(units.THIN, " ") == "The model does not fit: it needs 92.8 GB, and 80.0 GB is available."


@pytest.mark.parametrize(
    "e", [UnknownName("device", "h10", ["h100"]), Infeasible("No room", needed=2.0, available=1.0, unit="B"), OutOfRange("x")]
)
def test_errors_cross_a_process_boundary(e):
    again = pickle.loads(pickle.dumps(e))
    assert type(again) is type(e) and str(again) == str(e) and isinstance(again, MlsysimError)
