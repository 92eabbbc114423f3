"""The Pareto frontier of many designs: those that no other one betters in every respect.

Natively only: numpy is imported when it is first asked for. Two columns take one sort, three a sort and a staircase.
Source: Pareto 1906; Kung, Luccio, Preparata 1975 on maxima.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

from mlsysim._optional import optional
from mlsysim.errors import WrongType


def pareto(costs):
    """Indices of the rows that no other row equals or betters in every column and betters in one; smaller is better.

    Of equal rows the first stays; ascending in the first column. Errors: WrongType for what is no table of numbers.

    >>> import numpy
    >>> pareto(numpy.array([[1, 5], [2, 2], [3, 3], [5, 1], [2, 2]])).tolist()
    [0, 1, 3]
    """
    np = optional("numpy")
    try:
        costs = np.asarray(costs, dtype=float)
    except (TypeError, ValueError):
        costs = np.asarray(math.nan)
    if costs.ndim != 2 or np.isnan(costs).any():
        raise WrongType("costs must be a table of numbers with one row a design, and none may be missing.")
    order = np.lexsort(costs.T[::-1])  # by the first column, ties by the next: what betters a row stands before it
    if costs.shape[1] == 1 or not len(order):
        return order[:1]
    if costs.shape[1] == 2:
        last = costs[order, -1]
        keep = last < np.concatenate([[np.inf], np.minimum.accumulate(last)[:-1]])
        keep[0] = True
        return order[keep]
    order = _without_the_clearly_worse(np, costs, order)
    return _staircase(np, costs, order) if costs.shape[1] == 3 else _one_by_one(np, costs, order)


def _without_the_clearly_worse(np, costs, order, tries: int = 32):
    """Drop what a few all-round good rows better; most of a large table goes here, at the price of a few passes."""
    rank = np.empty(len(order))
    total = np.zeros(len(order))
    for column in costs[order].T:
        rank[np.argsort(column, kind="stable")] = np.arange(len(order))
        total += rank
    for here in order[np.argsort(total, kind="stable")[:tries]]:
        if (order == here).any():
            order = order[(costs[order] < costs[here]).any(axis=1) | (order == here)]
    return order


def _staircase(np, costs, order):
    """Three columns: a row stays if no earlier one lies below it in the last two, which a staircase of those tells."""
    seconds, thirds, keep = [-math.inf], [math.inf], []  # seconds ascend, thirds descend
    for place, (second, third) in enumerate(costs[order, 1:].tolist()):
        step = bisect_right(seconds, second)
        if thirds[step - 1] <= third and keep:
            continue
        keep.append(place)
        end = bisect_left(seconds, second)
        while end < len(seconds) and thirds[end] >= third:
            end += 1
        start = bisect_left(seconds, second)
        seconds[start:end], thirds[start:end] = [second], [third]
    return order[keep]


def _one_by_one(np, costs, order):
    out = []
    while len(order):
        here = order[0]
        out.append(here)
        order = order[(costs[order] < costs[here]).any(axis=1)]
    return np.array(out, dtype=int)
