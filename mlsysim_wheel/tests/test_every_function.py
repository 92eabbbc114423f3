"""Every public function: its examples are true, and as called there but with one argument wrong it raises one of our errors."""

import doctest
import functools
import importlib
import inspect
import math

import pytest
from mlsysim import _rooms
from mlsysim.errors import MlsysimError

# No functions of the simulator: the checks themselves, and what the command line is made of
NOT_ASKED = ("errors", "command_catalog", "command_estimate", "command_layout", "command_output", "command_validate")
ALSO_GOOD = {("feed", "nodes", 1)}  # a number of nodes, or a word
WRONG = {
    bool: (1, "True", math.nan, [True]),
    float: (math.nan, "1", b"1", True, 1j, [1.0], {}),
    int: (math.nan, "1", b"1", True, 1j, [1.0], {}),
    str: (1, b"x", [1], math.nan),
}


def examples(room: str):
    """The examples of a module that did not hold, and for each of its public functions the arguments of the first call in them."""
    module, calls, report = importlib.import_module(f"mlsysim.{room}"), {}, []

    def recorded(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            calls.setdefault(function, inspect.signature(function).bind(*args, **kwargs))
            return result

        return call

    public = {n: f for n, f in vars(module).items() if not n.startswith("_") and inspect.isfunction(f) and f.__module__ == module.__name__}
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder().find(module):
        test.globs.update({name: recorded(f) for name, f in public.items()})
        runner.run(test, out=report.append)
    return report, calls


@pytest.mark.parametrize("room", sorted(_rooms.GENERAL + _rooms.COURSE))
def test_examples_are_true_and_a_wrong_argument_is_refused(room):
    report, calls = examples(room)
    assert not report, "".join(report)
    if room in NOT_ASKED:
        return
    taken = []
    for function, call in calls.items():
        call.apply_defaults()
        for name, good in call.arguments.items():
            parameter = inspect.signature(function).parameters[name]
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or good is None:
                continue
            for wrong in (*WRONG.get(type(good), ()), object()) + ((None,) if parameter.default is not None else ()):
                if isinstance(wrong, int) and (function.__name__, name, wrong) in ALSO_GOOD:
                    continue
                bad = inspect.signature(function).bind(*call.args, **call.kwargs)
                bad.arguments[name] = wrong
                try:
                    function(*bad.args, **bad.kwargs)
                    taken.append(f"{function.__name__}({name}={wrong!r}) is taken")
                except MlsysimError:
                    pass
                except Exception as error:
                    taken.append(f"{function.__name__}({name}={wrong!r}) raises {type(error).__name__}: {error}")
    assert not taken, "\n".join(taken)
