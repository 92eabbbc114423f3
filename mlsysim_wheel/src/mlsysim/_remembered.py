"""Results that are remembered: `functools.lru_cache` for functions that still have to look at what they are given."""

from __future__ import annotations

from functools import lru_cache, wraps

from mlsysim.errors import MlsysimError


def remembered(maxsize: int | None):
    """Remember the last `maxsize` results of a public function.

    True is not remembered as 1, and what cannot be a key of the memory (a list, say) reaches the function, which refuses it.
    """

    def around(function):
        kept = lru_cache(maxsize=maxsize, typed=True)(function)

        @wraps(function)
        def call(*args, **kwargs):
            try:
                return kept(*args, **kwargs)
            except MlsysimError:
                raise
            except TypeError:
                return function(*args, **kwargs)

        call.cache_clear = kept.cache_clear
        return call

    return around
