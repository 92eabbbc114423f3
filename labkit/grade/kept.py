"""What was computed once, up to a number of things; the oldest goes when one more comes, so memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any


class Kept:
    """A cache with a limit.

    >>> squares = Kept(2)
    >>> [squares.get(n, lambda: n * n) for n in (2, 3, 2, 4)], len(squares)
    ([4, 9, 4, 16], 2)
    """

    def __init__(self, limit: int):
        self._limit, self._known = limit, {}

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value for a key, made if it is not kept. What `make` raises is not kept."""
        known = self._known
        try:
            return known[key]
        except KeyError:
            pass
        value = make()
        if len(known) >= self._limit:
            known.pop(next(iter(known)), None)
        known[key] = value
        return value

    def __len__(self) -> int:
        return len(self._known)
