"""Instruments: charts that come with a sentence, a text alternative and the table of their numbers."""

from labkit.instruments.base import Column, Instrument, Limit
from labkit.instruments.curve import Series, curve
from labkit.instruments.distribution import distribution
from labkit.instruments.grid import array_occupancy, matrices
from labkit.instruments.memory_stack import memory_stack
from labkit.instruments.pareto import Design, pareto
from labkit.instruments.phase_map import phase_map
from labkit.instruments.roofline import Roof, Work, roofline
from labkit.instruments.shares import paired_shares, split_bar
from labkit.instruments.terms import TermRow, ladder, stacked
from labkit.instruments.timeline import Bar, Event, Quantity, timeline
from labkit.instruments.waterfall import before_after, waterfall

__all__ = [
    "Bar", "Column", "Design", "Event", "Instrument", "Limit", "Quantity", "Roof", "Series", "TermRow", "Work", "array_occupancy", "before_after",
    "curve", "distribution", "ladder", "matrices", "memory_stack", "paired_shares", "pareto", "phase_map", "roofline", "split_bar", "stacked",
    "timeline", "waterfall",
]  # fmt: skip
