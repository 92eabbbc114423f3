"""At the ends of what an argument may be, a result is a number: finite, or infinite where the model says so (an unstable queue)."""

import dataclasses
import itertools
import math

import pytest
from argument_table import NUMBER, TABLE
from mlsysim.errors import LARGEST, SMALLEST, MlsysimError

ENDS = (SMALLEST, LARGEST)
AT_MOST = 64  # settings of a function with many numbers; one of them at an end comes first


def numbers_of(wrong: dict) -> list[str]:
    """The arguments that are checked as numbers."""
    return [name for name, values in wrong.items() if values[: len(NUMBER)] == NUMBER]


def settings(numbers: list[str]):
    """One argument at an end, then all of them."""
    for name in numbers:
        yield from ({name: end} for end in ENDS)
    yield from itertools.islice((dict(zip(numbers, ends, strict=True)) for ends in itertools.product(ENDS, repeat=len(numbers))), AT_MOST)


def not_finite(result, place: str = ""):
    """The fields of a result, at any depth, that are no finite number, and what they are instead."""
    if isinstance(result, float):
        if not math.isfinite(result):
            yield place or "the result", result
    elif dataclasses.is_dataclass(result):
        for field in dataclasses.fields(result):
            yield from not_finite(getattr(result, field.name), f"{place}.{field.name}")
    elif isinstance(result, (list, tuple)):
        for value in result:
            yield from not_finite(value, f"{place}[]")


CASES = [(f, good, numbers) for f, good, wrong in TABLE if (numbers := numbers_of(wrong))]
# A queue that cannot keep up waits for ever, a pool with a machine lost may be one; both say it in their docstrings.
FOR_EVER = {"mm1", "mgc", "mm1_percentile_s", "fleet"}


@pytest.mark.parametrize("case", CASES, ids=[f"{f.__module__.split('.')[-1]}.{f.__qualname__}" for f, _, _ in CASES])
def test_at_the_ends_a_result_is_a_number_or_there_is_none(case):
    f, good, numbers = case
    for extremes in settings(numbers):
        try:
            result = f(**{**good, **extremes})
        except MlsysimError:
            continue
        for place, value in not_finite(result):
            assert f.__name__ in FOR_EVER and value == math.inf, f"{place} is {value} at {extremes}"
