"""Instruments: charts that come with a sentence, a text alternative and the table of their numbers."""

from labkit.instruments.along import blocks, columns
from labkit.instruments.base import Column, Instrument, Limit
from labkit.instruments.conversation import Message, conversation
from labkit.instruments.curve import Series, curve
from labkit.instruments.depth_profile import depth_profile
from labkit.instruments.distribution import distribution
from labkit.instruments.grid import array_occupancy, matrices
from labkit.instruments.ladder import ladder
from labkit.instruments.loops import loops
from labkit.instruments.memory_stack import memory_stack
from labkit.instruments.mountain import mountain
from labkit.instruments.number_line import number_line
from labkit.instruments.pairs import pairs
from labkit.instruments.panels import Panel, panels
from labkit.instruments.pareto import Design, pareto
from labkit.instruments.phase_map import phase_map
from labkit.instruments.region_map import region_map
from labkit.instruments.roofline import Roof, Work, roofline
from labkit.instruments.scatter import Group, scatter
from labkit.instruments.shares import paired_shares, split_bar
from labkit.instruments.terms import TermRow, stacked
from labkit.instruments.timeline import Bar, Event, Quantity, timeline
from labkit.instruments.waterfall import before_after, waterfall

__all__ = [
    "Bar", "Column", "Design", "Event", "Group", "Instrument", "Limit", "Message", "Panel", "Quantity", "Roof", "Series",
    "TermRow", "Work", "array_occupancy", "before_after", "blocks", "columns", "conversation", "curve", "depth_profile",
    "distribution", "ladder", "loops", "matrices", "memory_stack", "mountain", "number_line", "paired_shares", "pairs", "panels", "pareto",
    "phase_map", "region_map", "roofline", "scatter", "split_bar", "stacked", "timeline", "waterfall",
]  # fmt: skip
