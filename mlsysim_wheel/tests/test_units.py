"""Numbers for people."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import units
from mlsysim.units import fmt, fmt_bytes, fmt_latex, fmt_time, significant


def plain(text):
    return text.replace(units.THIN, " ")


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (0.0032, "s", "3.20 ms"),
        (7200, "s", "2.00 h"),
        (0.9996, "s", "1.00 s"),
        (99.99, "s", "100 s"),
        (100.0, "s", "1.67 min"),
        (0, "s", "0 s"),
        (8e10, "B", "80.0 GB"),
        (999.9e9, "B", "1.00 TB"),
        (0, "B", "0 B"),
        (989e12, "FLOP/s", "989 TFLOP/s"),
        (77.7, "1/s", "77.7/s"),
        (0.546, "share", "54.6 %"),
        (1, "share", "100 %"),
        (12.5, "%", "12.5 %"),
        (735.2, "×", "735×"),
        (30000, "$", "$30,000"),
        (0.49, "$", "$0.49"),
        (2.5e6, "$", "$2.50 million"),
        (-5.0, "$", "−$5.00"),
        (5, "1", "5"),
        (12345, "", "12,345"),
        (-3.0, "W", "−3.00 W"),
        (math.nan, "W", "not a number"),
        (math.inf, "s", "∞"),
        (True, "s", "True"),
        ("fast", "", "fast"),
        (None, "s", "None"),
        (4.6e-12, "J", "4.60 pJ"),
        (5e-8, "s", "50.0 ns"),
    ],
)
def test_fmt(value, unit, text):
    assert plain(fmt(value, unit)) == text


def test_significant():
    assert [significant(v) for v in (0.000123, 9.999, 123456.0, 2.1e9, 5e-7, -4.0, 0)] == [
        "0.000123",
        "10.0",
        "123,000",
        "2.1 × 10⁹",
        "5 × 10⁻⁷",
        "−4.00",
        "0",
    ]


def test_times_without_end():
    assert fmt_time(math.nan) == "not a number" and fmt_time(-math.inf) == "−∞"
    assert plain(fmt_time(-0.0032)) == "−3.20 ms" and plain(fmt_time(3 * units.YEAR)) == "3.00 years"
    assert plain(fmt_bytes(92.8e9)) == "92.8 GB"


def test_latex():
    assert fmt_latex(0.0032, "s") == r"\text{3.20}\,\text{ms}"
    assert fmt_latex(0.5, "share") == r"\text{50.0}\,\text{\%}"
    assert fmt_latex(2.1e9) == r"\text{2.1 }\times \text{ 10}^{9}"
    assert fmt_latex(30000, "$") == r"\text{\$30,000}"


def test_numpy_scalars_are_numbers():
    np = pytest.importorskip("numpy")
    assert fmt(np.float32(0.5), "share") == fmt(0.5, "share") and fmt(np.int64(5), "1") == "5"


@settings(max_examples=80, deadline=None)
@given(st.floats(1e-12, 1e20), st.sampled_from(["B", "FLOP/s", "W", "J"]))
def test_prefixes_keep_the_mantissa_readable(value, unit):
    number = float(plain(fmt(value, unit)).split(" ")[0].replace(",", ""))
    assert 1 <= number < 1000 or value < 1e-12 or value >= 1e20


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-4, 9.99e8))
def test_three_significant_digits(value):
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=5.1e-3)


def test_constants():
    assert units.GB == 1e9 and units.GiB == 2**30 and units.KWH == 1000 * units.HOUR
