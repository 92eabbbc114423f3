"""Bad input never gives a number: each wrong argument raises a sentence that names it, its value, and what is allowed."""

import inspect

import pytest
from argument_table import TABLE
from mlsysim.errors import MlsysimError

CASES = [(f, good, argument, values) for f, good, bad in TABLE for argument, values in bad.items()]
# What a message may call an argument that is passed on under its parent's name
ALSO = {
    "fmt": ("format",), "name": ("name", "named", "card", "device", "machine", "model", "link"), "gpu": ("device",), "device": ("device",),
    "model": ("model", "network"), "batches": ("batch size",), "kept": ("kept",), "method": ("method",), "network": ("network", "link"),
    "estimate": ("estimate", "LayoutEstimate"), "link": ("link",), "like": ("name", "cluster"), "nodes": ("gpus",), "gpus_per_node": ("gpus",),
    "node_latency_s": ("latency_s",), "node_bytes_per_s": ("bandwidth_bytes_per_s",), "network_latency_s": ("latency_s",),
    "network_bytes_per_s": ("bandwidth_bytes_per_s",), "arrivals_per_s": ("load",), "precision": ("precision",), "result": ("result",),
    "machine": ("machine", "device"), "weight_format": ("format",), "zero1": ("zero1",), "reference_tensor": ("tensor",),
}  # fmt: skip
ALLOWED = ("must", "Known:", "Did you mean", "asked for by its name", "does not", "explains a result", "it has")


def _name(case):
    return f"{case[0].__module__.split('.')[-1]}.{case[0].__qualname__}({case[2]})" if isinstance(case, tuple) else None


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_wrong_argument_is_named_with_its_value_and_what_is_allowed(case):
    f, good, argument, values = case
    for value in values:
        with pytest.raises(MlsysimError) as raised:
            f(**{**good, argument: value})
        message = str(raised.value)
        assert any(word in message for word in (argument, *ALSO.get(argument, ()))), f"the argument is not named: {message}"
        assert any(shown in message for shown in _written(value)), f"the value {value!r} is not named: {message}"
        assert any(word in message for word in ALLOWED), f"what is allowed is not said: {message}"


def _written(value):
    """How a message may write a value: as Python does, as its type, or the number of a list that is wrong."""
    if isinstance(value, (tuple, list)):
        yield from map(repr, value)
        yield str(len(value))
    if isinstance(value, int) and abs(value) > 10**300:
        yield "beyond 1e75"
        return
    yield from (repr(value), type(value).__name__)
    if not isinstance(value, str):
        yield str(value)


def test_the_table_is_long_and_its_good_arguments_are_good():
    assert len(CASES) >= 150 and sum(len(case[3]) for case in CASES) >= 1500
    for f, good, bad in TABLE:
        assert set(bad) <= set(inspect.signature(f).parameters), f"{f.__qualname__} has no {set(bad) - set(inspect.signature(f).parameters)}"
        if None not in good.values():
            f(**good)
