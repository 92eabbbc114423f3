"""Instruments: charts that come with a sentence, a text alternative and the table of their numbers."""

from labkit.instruments.along import blocks, columns
from labkit.instruments.bands import Band, bands
from labkit.instruments.bars_from_zero import bars_from_zero
from labkit.instruments.base import Column, Instrument, Limit
from labkit.instruments.comb import comb
from labkit.instruments.conversation import Message, conversation
from labkit.instruments.curve import Series, curve
from labkit.instruments.dependency_graph import dependency_graph
from labkit.instruments.depth_profile import depth_profile
from labkit.instruments.distribution import distribution
from labkit.instruments.dumbbell import dumbbell
from labkit.instruments.exponents import exponents, power, scale_log
from labkit.instruments.fabric_map import fabric_map
from labkit.instruments.forest import forest
from labkit.instruments.gpu_gantt import gpu_gantt
from labkit.instruments.grid import array_occupancy, matrices
from labkit.instruments.group_bars import group_bars
from labkit.instruments.handover import Handover, handover
from labkit.instruments.hours_taken import hours_taken
from labkit.instruments.ladder import ladder
from labkit.instruments.layer_cloud import LayerMark, layer_cloud
from labkit.instruments.light_cone import light_cone
from labkit.instruments.loops import loops
from labkit.instruments.many_ends import many_ends
from labkit.instruments.memory_stack import memory_stack
from labkit.instruments.mirrored import mirrored
from labkit.instruments.mountain import mountain
from labkit.instruments.node_grid import node_grid
from labkit.instruments.number_line import number_line
from labkit.instruments.occasions import occasions
from labkit.instruments.pairs import pairs
from labkit.instruments.panels import Panel, panels
from labkit.instruments.pareto import Design, pareto
from labkit.instruments.phase_map import phase_map
from labkit.instruments.pool_map import pool_map
from labkit.instruments.reach import reach
from labkit.instruments.region_map import region_map
from labkit.instruments.ridge_map import ridge_map
from labkit.instruments.roc import roc
from labkit.instruments.rollbacks import rollbacks
from labkit.instruments.roofline import Roof, Work, roofline
from labkit.instruments.sampled_bars import sampled_bars
from labkit.instruments.scatter import Group, scatter
from labkit.instruments.share_walls import Wall, share_walls
from labkit.instruments.shares import paired_shares, split_bar
from labkit.instruments.split_rows import split_rows
from labkit.instruments.stack_over_time import stack_over_time
from labkit.instruments.terms import TermRow, stacked
from labkit.instruments.timeline import Bar, Event, Quantity, timeline
from labkit.instruments.trips import trips
from labkit.instruments.two_scales import two_scales
from labkit.instruments.walks import walks
from labkit.instruments.waterfall import before_after, waterfall

__all__ = [
    "Band", "Bar", "Column", "Design", "Event", "Group", "Handover", "Instrument", "LayerMark", "Limit",
    "Message", "Panel", "Quantity", "Roof", "Series", "TermRow", "Wall", "Work", "array_occupancy", "bands",
    "bars_from_zero", "before_after", "blocks", "columns", "comb", "conversation", "curve", "dependency_graph", "depth_profile",
    "distribution", "dumbbell", "exponents", "fabric_map", "forest", "gpu_gantt", "group_bars", "handover", "hours_taken", "ladder", "layer_cloud",
    "light_cone", "loops", "many_ends", "matrices", "memory_stack", "mirrored", "mountain", "node_grid", "number_line", "occasions",
    "paired_shares", "pairs", "panels", "pareto", "phase_map", "pool_map", "power", "reach", "region_map",
    "ridge_map", "roc", "rollbacks", "roofline", "sampled_bars", "scale_log", "scatter", "share_walls", "split_bar", "split_rows", "stack_over_time", "stacked",
    "timeline", "trips", "two_scales", "walks", "waterfall",
]  # fmt: skip
