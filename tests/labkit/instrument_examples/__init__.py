"""One realistic call of every instrument, with numbers of the labs; shared by the tests."""

from inspect import isfunction

from . import basics, volume1, volume2

EXAMPLES = tuple(f for room in (basics, volume1, volume2) for f in vars(room).values() if isfunction(f) and f.__module__ == room.__name__)
