"""Number formats, against the machine's own half and single precision and against closed forms."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.numerics import FORMATS, largest_count, neighbours, number_format, round_to, spacing

finite = st.floats(min_value=-1e30, max_value=1e30, allow_nan=False)


def through_bytes(x: float, code: str) -> float:
    """The same rounding by the machine: packed as IEEE binary16 (e) or binary32 (f), and read back."""
    try:
        return struct.unpack(code, struct.pack(code, x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


@pytest.mark.parametrize(("name", "code"), [("fp16", "<e"), ("fp32", "<f")])
def test_rounding_agrees_with_the_machine(name, code):
    @settings(max_examples=200, deadline=None)
    @given(finite | st.floats(min_value=-1e-3, max_value=1e-3) | st.floats(min_value=-7e4, max_value=7e4))
    def check(x):
        assert round_to(x, name) == through_bytes(x, code)

    check()


@settings(max_examples=200, deadline=None)
@given(finite)
def test_bfloat16_is_the_upper_half_of_a_single(x):
    """Rounded to nearest even on the bits: the usual integer trick, independent of the code under test."""
    single = through_bytes(round_to(x, "fp32"), "<f")
    bits = struct.unpack("<I", struct.pack("<f", single))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    twice_rounded = struct.unpack("<f", struct.pack("<I", bits))[0]
    assert round_to(single, "bf16") == twice_rounded


@pytest.mark.parametrize(
    ("name", "largest", "smallest"),
    [("fp32", 3.4028234663852886e38, 2.0**-149), ("bf16", 3.3895313892515355e38, 2.0**-133), ("fp16", 65504.0, 2.0**-24), ("fp8", 448.0, 2.0**-9)],
)
def test_range_of_the_formats(name, largest, smallest):
    f = number_format(name)
    assert (f.largest, f.smallest) == (largest, smallest)
    assert round_to(f.largest, name) == f.largest and round_to(f.smallest, name) == f.smallest
    assert round_to(f.largest * 1.2, name) == math.inf and round_to(f.smallest * 0.5, name) == 0.0


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(tuple(FORMATS)), st.floats(min_value=-400, max_value=400))
def test_rounding_is_idempotent_odd_and_off_by_at_most_half_a_step(name, x):
    y = round_to(x, name)
    assert round_to(y, name) == y and round_to(-x, name) == -y
    assert abs(y - x) <= spacing(x, name) / 2


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(tuple(FORMATS)), st.floats(min_value=0, max_value=400))
def test_neighbours_are_all_the_numbers_around(name, x):
    grid = neighbours(x, name, 3, 3)
    assert list(grid) == sorted(set(grid)) and round_to(x, name) in grid
    assert all(round_to(v, name) == v for v in grid)
    for a, b in zip(grid, grid[1:], strict=False):
        assert round_to(a + (b - a) * 0.49, name) == a and round_to(a + (b - a) * 0.51, name) == b


def test_neighbours_end_at_zero_and_at_the_largest():
    assert neighbours(0.0, "fp16", 2, 1) == (0.0, 2.0**-24)
    assert neighbours(65504.0, "fp16", 1, 2) == (65472.0, 65504.0)


@pytest.mark.parametrize("bits", [4, 8, 11, 24])
def test_counting_stops_at_two_to_the_significant_bits(bits):
    name = next(f.name for f in FORMATS.values() if f.significant_bits == bits)
    top = largest_count(bits)
    assert top == 2**bits
    if top < FORMATS[name].largest:
        assert round_to(top + 1, name) == top and round_to(top - 1, name) + 1 == top


@pytest.mark.parametrize(
    "call",
    [
        lambda: round_to(math.nan, "bf16"), lambda: round_to(math.inf, "bf16"), lambda: round_to("1", "bf16"), lambda: round_to(1.0, "fp64"),
        lambda: round_to(1.0, None), lambda: spacing(True, "bf16"), lambda: neighbours(-1.0, "bf16"), lambda: neighbours(1.0, "bf16", -1),
        lambda: largest_count(1), lambda: largest_count(8, 3.0), lambda: largest_count(8, 0.0), lambda: number_format(16),
    ],
)  # fmt: skip
def test_what_is_no_number_or_no_format_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
