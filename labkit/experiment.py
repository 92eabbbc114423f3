"""What a part of a lab is, as data: one pure function, its controls, its question, its limits.

From one declaration come the widgets, the check of a log, the replay of a log, and the tests over every control. A
declaration is a decorator on the function that runs the simulator, so a lab file reads as a list of experiments:

    @lk.experiment("A", "What does the slowest of a hundred requests wait?", controls=..., predict=..., ...)
    def tail_latency(load, servers): return ms.queueing.two_point(...)

The decorated function stays a plain function; `fn.experiment` holds the declaration.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from labkit.controls import Control, ControlError
from labkit.seed import Draw
from labkit.units_shown import exact, from_si, plain, shown
from mlsysim.quantity import unit_of, values


@dataclass(frozen=True)
class NumberQuestion:
    """A prediction that is a number with an interval, in `unit`, on a scale from `low` to `high`."""

    asks: str
    result: str  # the field of the result that answers it, or "" with `answer`
    low: float
    high: float
    unit: str = ""
    log: bool = False
    answer: Callable | None = None  # result at the defaults → SI value, where no single field is the answer
    also: Callable | None = None  # result → an interval in SI within which a guess is as right as the model

    def truth(self, result) -> float:
        """The answer at this result, in the question's own unit."""
        value = self.answer(result) if self.answer else getattr(result, self.result)
        return from_si(value, self.unit)

    def fits(self, said) -> bool:
        """Whether a prediction answers this question; one of another version of the lab may not."""
        numbers = (self.low, said.low, said.value, said.high, self.high)
        return None not in numbers and list(numbers) == sorted(numbers) and said.unit == (self.unit or "1")

    def show(self, value: float) -> str:
        return plain(value, self.unit)

    def exact(self, value: float) -> str:
        """What somebody said or set, without digits that only a measurement needs."""
        return exact(plain(value, self.unit))


@dataclass(frozen=True)
class ChoiceQuestion:
    """A prediction that is one of a few options: key → words."""

    asks: str
    options: dict
    answer: Callable

    def truth(self, result) -> str:
        return self.answer(result)

    def fits(self, said) -> bool:
        """Whether a prediction answers this question; one of another version of the lab may not."""
        return said.choice in self.options

    def show(self, value: str) -> str:
        return self.options[value]


@dataclass(frozen=True)
class Explain:
    """What binds where the student stands: options, and the function that says which one the simulator holds true.

    `right` returns one key, a tuple of keys where several are equally true, or None where there is nothing to ask.
    It may cost simulations of its own, so it runs when a run is recorded; `asked` says at once whether to ask at all.
    """

    asks: str
    options: dict
    right: Callable
    asked: Callable | None = None  # result → whether there is something to ask; always, unless given

    def keys(self, result) -> tuple[str, ...]:
        """Every answer that holds at this result; none where there is nothing to ask."""
        if self.asked and not self.asked(result):
            return ()
        found = self.right(result)
        return () if found is None else (found,) if isinstance(found, str) else tuple(found)


@dataclass(frozen=True)
class Limit:
    """A line that a result must not cross; `bound` is a number or the name of one of the seed's `given` values."""

    field: str
    words: str
    most: float | str | None = None
    least: float | str | None = None

    def bound(self, given: dict) -> float:
        raw = self.most if self.most is not None else self.least
        return given[raw] if isinstance(raw, str) else raw

    def holds(self, result, given: dict) -> bool:
        value, bound = getattr(result, self.field), self.bound(given)
        return value <= bound if self.most is not None else value >= bound

    def used(self, result, given: dict) -> float:
        """How much of the limit is in use: 1 at the line, above 1 beyond it, whichever side is forbidden."""
        value, bound = getattr(result, self.field), self.bound(given)
        over, under = (value, bound) if self.most is not None else (bound, value)
        return over / under if under else math.inf

    def says(self, result, given: dict) -> str:
        """The value and the limit in words: "1.51 s of 3.00 s", "64.7 %, at least 95.0 %"."""
        unit = unit_of(result, self.field)
        return f"{shown(getattr(result, self.field), unit)}{' of' if self.most is not None else ', at least'} {shown(self.bound(given), unit)}"


@dataclass(frozen=True)
class Failure:
    """A state in which the system does not do its job, and how to leave it."""

    name: str  # "out of memory"
    when: Callable  # result → bool
    leave: str  # what leads out
    says: Callable | None = None  # result → the state in numbers: "needs 92.8 GB, has 80 GB"


@dataclass(frozen=True)
class Experiment:
    """One part of a lab, or its decision."""

    key: str
    title: str
    run: Callable
    controls: dict[str, Control]
    predict: NumberQuestion | ChoiceQuestion | None = None
    idea: Callable | None = None  # result at the defaults → the idea, shown after the lock
    readouts: tuple = ()  # field names, or (field, label), or Limit
    failures: tuple[Failure, ...] = ()
    explain: Explain | None = None
    terms: tuple[str, ...] = ()  # Iron Law terms in play: "data", "arithmetic", "overhead"
    binding: Callable | None = None  # result → which term binds
    given: Callable | None = None  # decision: Draw → values drawn from the seed
    constraints: tuple[Limit, ...] = ()
    objective: tuple[str, str] | None = None  # ("lowest", field)
    given_units: dict = field(default_factory=dict)
    scenario: str = ""
    labels: dict = field(default_factory=dict)  # field → words for it
    coach: dict = field(default_factory=dict)  # step ("predict", "explore", "explain", "record") → one line that names it
    instruments: Callable | None = None  # (result, prediction entry) → instruments; decision: (result, drawn values, controls)

    @property
    def defaults(self) -> dict:
        return {name: c.default for name, c in self.controls.items()}

    @property
    def is_decision(self) -> bool:
        return self.given is not None

    def check(self, controls: dict) -> dict:
        """Exactly these controls, each with a value that it can take; otherwise a ControlError that says which."""
        if not isinstance(controls, dict) or set(controls) != set(self.controls):
            raise ControlError(f"Part {self.key} has the controls {', '.join(self.controls)}; got {', '.join(map(str, controls)) or 'none'}.")
        return {name: c.check(controls[name]) for name, c in self.controls.items()}

    def result(self, controls: dict, given: dict | None = None):
        """Run the simulator at these controls; the drawn values that the function names are passed along."""
        return self.run(**controls, **self.passed_along(given or {}, controls))

    def passed_along(self, given: dict, controls: dict) -> dict:
        """The drawn values that the function names and that are no control."""
        return {k: v for k, v in given.items() if k in self._parameters and k not in controls}

    def draw(self, seed: str) -> dict:
        """The decision's drawn values for a student's seed."""
        return self.given(Draw(seed, self.key)) if self.given else {}

    @functools.cached_property
    def _parameters(self):
        return inspect.signature(self.run).parameters

    def state(self, result) -> Failure | None:
        """The failure state in which the system is, if any."""
        return next((f for f in self.failures if f.when(result)), None)

    def label(self, name: str) -> str:
        return self.labels.get(name) or name.rsplit("_", 1)[0].replace("_", " ")

    def log_result(self, result) -> dict:
        """The scalars of a result as a log stores them."""
        return {k: v for k, v in values(result).items() if isinstance(v, (int, float, str, bool))}

    def show(self, result, name: str) -> str:
        return shown(getattr(result, name), unit_of(result, name))


@dataclass(frozen=True)
class Drill:
    """A short numeric question with numbers drawn from the seed, answered by a function of the simulator."""

    key: str
    asks: str  # with {name} holes for the drawn values
    draw: Callable
    answer: Callable
    unit: str = ""
    tolerance: float = 0.03
    show: dict = field(default_factory=dict)  # drawn name → its unit

    def parameters(self, seed: str) -> dict:
        return self.draw(Draw(seed, self.key))

    def question(self, parameters: dict) -> str:
        return self.asks.format(**{k: shown(v, self.show.get(k, "")) for k, v in parameters.items()})

    def truth(self, parameters: dict) -> float:
        """The answer in the drill's own unit."""
        return from_si(self.answer(**parameters), self.unit)

    def right(self, parameters: dict, value: float) -> bool:
        truth = self.truth(parameters)
        return abs(value - truth) <= self.tolerance * abs(truth) + (0 if self.tolerance else 1e-9)


def experiment(key: str, title: str, *, controls: dict[str, Control], **declared):
    """Declare the decorated function as a part of the lab."""

    def declare(run):
        run.experiment = Experiment(key, title, run, controls, **declared)
        return run

    return declare


def decision(title: str, *, controls: dict[str, Control], given, constraints, objective, **declared):
    """Declare the decorated function as the lab's design challenge."""
    return experiment("decision", title, controls=controls, given=given, constraints=tuple(constraints), objective=objective, **declared)


def drill(key: str, asks: str, *, draw, unit: str = "", tolerance: float = 0.03, show: dict | None = None):
    """Declare the decorated function (drawn values → SI answer) as a drill."""

    def declare(answer):
        answer.drill = Drill(key, asks, draw, answer, unit, tolerance, show or {})
        return answer

    return declare


def predict_number(asks: str, result: str = "", *, low: float, high: float, unit: str = "", log: bool = False, answer=None, also=None) -> NumberQuestion:
    """Ask for a number with an interval."""
    return NumberQuestion(asks, result, low, high, unit, log, answer, also)


def predict_choice(asks: str, options: dict, answer) -> ChoiceQuestion:
    """Ask for one of a few options."""
    return ChoiceQuestion(asks, options, answer)


def explain(asks: str, options: dict, right, *, asked=None) -> Explain:
    """Ask what binds at the point where the student stands, where `asked(result)` holds."""
    return Explain(asks, options, right, asked)


def failure(name: str, when, leave: str, says=None) -> Failure:
    """Name a failure state."""
    return Failure(name, when, leave, says)


def at_most(field: str, bound, words: str) -> Limit:
    """A result that must not exceed a number or a drawn value."""
    return Limit(field, words, most=bound)


def at_least(field: str, bound, words: str) -> Limit:
    """A result that must reach a number or a drawn value."""
    return Limit(field, words, least=bound)
