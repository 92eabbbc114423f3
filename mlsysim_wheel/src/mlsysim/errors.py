"""What mlsysim raises, and the checks that raise it.

Every public function checks what it is given before it computes: a wrong input never yields a number.
Each message is a sentence that names the argument, the value, and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

LARGEST, SMALLEST = 1e75, 1e-75  # no quantity of the field is beyond, and products of four, or quotients, stay finite


class MlsysimError(ValueError):
    """Base of every error that the simulator raises on purpose."""


class OutOfRange(MlsysimError):
    """A number is NaN, infinite, or outside the range in which the model holds."""


class WrongType(MlsysimError, TypeError):
    """A value of a type from which no number can be computed."""


class UnknownName(MlsysimError, LookupError):
    """A name that is in no table; the message lists the nearest names."""

    def __init__(self, kind: str, name: object, known: Iterable[str]):
        import difflib  # only when a name is wrong: importing it costs milliseconds

        known = sorted(known)
        typed = str(name).lower()
        begun = [k for k in known if k.startswith(typed)] if len(typed) > 2 else []  # h100 means an h100_sxm sooner than an mi100
        near = (begun + [k for k in difflib.get_close_matches(typed, known, n=3, cutoff=0.5) if k not in begun])[:3]
        hint = f"Did you mean {_either(near)}?" if near else f"Known: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}."
        super().__init__(f"There is no {kind} named {name!r}. {hint}")
        self.kind, self.name, self.near, self._known = kind, name, tuple(near), tuple(known)

    def __reduce__(self):  # so that it crosses a process boundary whole
        return type(self), (self.kind, self.name, self._known)


class Infeasible(MlsysimError):
    """The request is well formed but cannot exist: more is needed than there is."""

    def __init__(self, what: str, *, needed: float | None = None, available: float | None = None, unit: str = ""):
        from mlsysim.units import fmt

        amount = "" if needed is None else f": it needs {fmt(needed, unit)}, and {fmt(available, unit)} is available"
        super().__init__(f"{what}{amount}.")
        self.needed, self.available, self.unit = needed, available, unit
        self._what = what

    def __reduce__(self):
        return _infeasible, (type(self), self._what, self.needed, self.available, self.unit)


def _infeasible(cls, what, needed, available, unit):
    return cls(what, needed=needed, available=available, unit=unit)


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def number(name: str, value, *, low: float = -math.inf, high: float = math.inf, open_low: bool = False):
    """Return `value` if it is a number in [low, high] (or (low, high] with `open_low`), at most 1e75 in size.

    What is above zero is at least 1e-75 with `open_low`, so that what is divided by it stays finite.

    Arrays with numpy's interface are checked element by element and returned as they are.
    """
    if type(value) is float or type(value) is int:
        if (low < value and not 0 < value < SMALLEST if open_low else low <= value) and value <= high and -LARGEST <= value <= LARGEST:
            return value
        if LARGEST < abs(value) < math.inf:
            low, high = max(low, -LARGEST), min(high, LARGEST)
        elif open_low and low < value < SMALLEST:
            low, open_low = SMALLEST, False
        raise OutOfRange(f"{name} is {_shown(value)}, but must be {_allowed(low, high, open_low)}.")
    if isinstance(value, (bool, str, bytes)) or value is None or getattr(getattr(value, "dtype", None), "kind", "f") not in "iuf":
        raise WrongType(f"{name} is {_shown(value)}, but must be a number that is {_allowed(low, high, open_low)}.")
    if _is_array(value):
        ok = ((value > low) if open_low else (value >= low)) & (value <= high) & (abs(value) < math.inf)
        if value.dtype.itemsize >= 8:  # no shorter number reaches these ends, and none can be compared with them
            ok = ok & (abs(value) <= LARGEST) & (not open_low or (value <= 0) | (value >= SMALLEST))
        if not ok.all():
            raise OutOfRange(f"{name} holds a value outside what is allowed: each must be {_allowed(low, high, open_low)}.")
        return value
    try:
        plain = float(value)
    except (TypeError, ValueError):
        raise WrongType(f"{name} is {_shown(value)}, but must be a number that is {_allowed(low, high, open_low)}.") from None
    except OverflowError:
        raise OutOfRange(f"{name} is {_shown(value)}, but must be {_allowed(low, high, open_low)}.") from None
    return number(name, plain, low=low, high=high, open_low=open_low)


def positive(name: str, value, *, high: float = math.inf):
    """A number above zero."""
    return number(name, value, low=0.0, high=high, open_low=True)


def non_negative(name: str, value, *, high: float = math.inf):
    """A finite number that is zero or more."""
    return number(name, value, low=0.0, high=high)


def fraction(name: str, value, *, open_low: bool = False):
    """A share or a probability: within [0, 1], or (0, 1] with `open_low`."""
    return number(name, value, low=0.0, high=1.0, open_low=open_low)


def whole(name: str, value, *, low: int = 1, high: int = 10**9) -> int:
    """A whole number within [low, high]; 8.0 counts as 8, True does not count."""
    if type(value) is not int:
        number(name, value, low=low, high=high)
        if _is_array(value):
            raise WrongType(f"{name} is an array, but must be one whole number.")
        if float(value) != int(value):
            raise OutOfRange(f"{name} is {value!r}, but must be a whole number {_allowed(low, high, False)}.")
        value = int(value)
    if not low <= value <= high:
        raise OutOfRange(f"{name} is {_shown(value)}, but must be a whole number {_allowed(low, high, False)}.")
    return value


def one_of(name: str, value, options: Iterable):
    """A value out of a fixed set."""
    options = tuple(options)
    for option in options:
        # True equals 1 in Python, but a switch is no number; what merely equals an option counts as that option.
        if isinstance(value, bool) == isinstance(option, bool) and not _is_array(value) and value == option:
            return option
    raise OutOfRange(f"{name} is {_shown(value)}, but must be one of {', '.join(map(repr, options))}.")


def flag(name: str, value) -> bool:
    """A switch: True or False and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise WrongType(f"{name} is {_shown(value)}, but must be True or False.")
    return value


def instance(name: str, value, kind: type | tuple[type, ...], what: str):
    """A value of one class; `what` says in words which, "a Model of the catalog" or "a result of watch_drift"."""
    if not isinstance(value, kind):
        raise WrongType(f"{name} is {_shown(value)}, but must be {what}.")
    return value


def named(kind: str, name, known):
    """A name that is in a table of `kind`s."""
    if not isinstance(name, str) or name not in known:
        raise UnknownName(kind, name, known)
    return name


def a_list(name: str, values):
    """A list with at least one entry: also a tuple, a range, or a dict for its keys."""
    if not instance(name, values, (tuple, list, range, dict), "a list with at least one entry"):
        raise OutOfRange(f"{name} is {values!r}, but must be a list with at least one entry.")
    return values


def finite_list(name: str, values, *, low: float = -math.inf, high: float = math.inf, length: int | None = None):
    """A list or tuple of finite numbers in [low, high]: at least one, or exactly `length`."""
    instance(name, values, (tuple, list), "a list of numbers")
    if not values or length not in (None, len(values)):
        raise OutOfRange(f"{name} holds {len(values)} numbers, but must hold {length or 'at least one'}.")
    if not all(type(value) is float and low <= value <= high and abs(value) <= LARGEST for value in values):  # the quick way first
        for i, value in enumerate(values):
            number(f"{name}[{i}]", value, low=low, high=high)
    return values


def _is_array(value) -> bool:
    return hasattr(value, "__array__") and getattr(value, "shape", ()) != ()


def _shown(value) -> str:
    """The value for a message, its beginning if it is long; a whole number beyond what is accepted in words (Python refuses to print the longest)."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a whole number beyond 1e75"
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _allowed(low: float, high: float, open_low: bool) -> str:
    if low == -math.inf:
        return "finite" if high == math.inf else f"finite and at most {high:g}"
    lower = f"above {low:g}" if open_low else f"at least {low:g}"
    if high == math.inf:
        return f"finite and {lower}"
    return f"{lower} and at most {high:g}"
