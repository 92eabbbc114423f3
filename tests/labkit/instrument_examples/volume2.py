"""Examples of instruments of Volume II."""

from __future__ import annotations

import math
import random

from labkit.instruments.bands import Band, bands
from labkit.instruments.bars_from_zero import bars_from_zero
from labkit.instruments.base import Instrument
from labkit.instruments.comb import comb
from labkit.instruments.dependency_graph import dependency_graph
from labkit.instruments.dumbbell import dumbbell
from labkit.instruments.fabric_map import fabric_map
from labkit.instruments.forest import forest
from labkit.instruments.gpu_gantt import gpu_gantt
from labkit.instruments.group_bars import group_bars
from labkit.instruments.hours_taken import hours_taken
from labkit.instruments.many_ends import many_ends
from labkit.instruments.mirrored import mirrored
from labkit.instruments.node_grid import node_grid
from labkit.instruments.occasions import occasions
from labkit.instruments.pool_map import pool_map
from labkit.instruments.ridge_map import ridge_map
from labkit.instruments.roc import roc
from labkit.instruments.rollbacks import rollbacks
from labkit.instruments.sampled_bars import sampled_bars
from labkit.instruments.split_rows import split_rows
from labkit.instruments.stack_over_time import stack_over_time


def kept_checkpoints() -> Instrument:
    ages = [("all", [86_400.0 * d for d in range(54, -1, -1)]), ("last three", [7200.0, 3600.0, 0.0])]
    return occasions(
        ages, title="What is kept at the end, by age", start=300.0, end=54 * 86_400.0, quantity="Age", unit="s", event="checkpoints", you="all",
        flag=(864_000.0, "ten days ago"),
    )  # fmt: skip


def new_lengths() -> Instrument:
    rows = [("exact", [float(i * i % 997) for i in range(1, 90)]), ("first 8", [1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 9.0, 12.0]), ("dynamic", [1.0])]
    return occasions(rows, title="New lengths come to the end", end=1000.0, quantity="Request", event="compilations", you="exact")


def levels_and_values() -> Instrument:
    draw = random.Random(10)
    values, step = [draw.gauss(0, 1) for _ in range(992)], 0.8
    outliers = [60 * draw.gauss(0, 0.8) for _ in range(32)]
    return comb(values, outliers, step, 127, sorted({round(v / step) for v in values}), title="The ordinary values meet 9 of 255 levels", prediction=100.0)


def memory_and_parameters() -> Instrument:
    layers = [(f"layer {i}", 307e3 / (1 + 0.3 * i), 2e3 * 1.3**i) for i in range(24)]
    return mirrored(
        layers, title="Layer 0 sets the peak: 307 kB", up="working memory", down="parameters", x_name="Layers, by block", groups=(("first", 12), ("last", 12)),
        limit=(330e3, "SRAM 330 kB"), marked=("layer 0", "layer 1"), marked_name="channels removed", prediction=(20, "you said 50 %"),
    )  # fmt: skip


def kept_events() -> Instrument:
    draw, centres = random.Random(4), [(name, 3.6 * math.cos(math.pi * g / 3), 3.6 * math.sin(math.pi * g / 3)) for g, name in enumerate("abcdef")]
    points = []
    for i in range(400):
        name, x, y = centres[i % 6]
        points.append((x + draw.gauss(0, 1), y + draw.gauss(0, 1), name, "a" if i % 12 == 1 else name, i % 9 == 1))
    return pool_map(points, centres, title="15 of 45 kept events carry a wrong label", groups=[(name, 1 / 6) for name in "abcdef"], notes=(("first of three pools", "ink"),))


def worst_of_six() -> Instrument:
    rows = [("rain", 0.95, (0.96, 0.92, 0.97), "40 % of events"), ("ship", 0.9, (0.88, 0.9, 0.92), "25 %"), ("leak", 0.28, (0.2, 0.24, 0.4), "4 %")]
    return group_bars(rows, title="The mean of 87 % hides the leaks", quantity="Recognised", mean=(0.87, "mean"), floor=(0.6, "wanted"), prediction=0.5)


def ridge_of_a_crawl() -> Instrument:
    xs = [5 * 2 ** (i / 3) for i in range(27)]
    rows = [(f"{10 * k} %", [(x, 1 / (1 + abs(math.log(x / (4 * 2**k))))) for x in xs]) for k in range(1, 11)]
    ridge = [(x, max(range(1, 11), key=lambda k: rows[k - 1][1][i][1])) for i, x in enumerate(xs)]
    return ridge_map(
        rows, title="The best part to keep grows with the training", x_name="Training tokens", x_unit="billion tokens", y_name="Kept", value_name="worth, over the best",
        ridge=ridge, contours=(("4 epochs", [(40.0 * k, k) for k in range(1, 11)]),), you=(400.0, 1), you_label="you: 10 %",
    )  # fmt: skip


def regions_apart() -> Instrument:
    rows = [("Sensitivity", 0.9, 0.9), ("False-alarm rate", 0.236, 0.236), ("Alarms that are real", 0.167, 0.488)]
    return dumbbell(rows, title="An alarm is worth less in the North", groups=("North", "South"), too_far=0.1, prediction=(2, 0, 0.45))


def thresholds_of_two_regions() -> Instrument:
    ts = [-1 + i / 10 for i in range(41)]
    same = Band("equal false alarms", [(t, t - 0.15, t + 0.15) for t in ts], "data")
    other = Band("equal precision", [(t, t - 1.6, t - 1.2) for t in ts], "arithmetic", "dot")
    return bands([same, other], title="No pair of thresholds does both", x_name="Threshold North", y_name="Threshold South", you=(0.72, 0.72))


def cells_of_an_audit() -> Instrument:
    rows = [(f"cell {i}", k, 0.9 - 0.02 * i, 0.9 - 0.02 * i - 0.3 / k, min(1.0, 0.9 - 0.02 * i + 0.3 / k), i > 8, i == 5) for i, k in enumerate((66, 66, 36, 36, 20, 9, 9, 4, 2, 1))]
    return forest(
        rows, title="One cell seems to fall short", quantity="Measured sensitivity", count="Ill plants", limit=(0.85, "85 %", "below"), truth=(0.9, "true 90 %"),
        mean=(0.41, "lowest, on average"), prediction=0.8, missing="6 cells have no ill plant and no row",
    )  # fmt: skip


def making_and_running() -> Instrument:
    rows = [("1,000 nodes", "1,030 kg a year", (41.0, 59.0, 3000.0)), ("1 server", "1,090 kg a year", (2072.0, 59.0, 1150.0))]
    parts = (("to run", "data:solid"), ("to train", "arithmetic:hatch"), ("making", "edge:open"))
    return split_rows(rows, title="Of the nodes’ carbon 3 % is electricity", parts=parts, you="1,000 nodes", prediction=("1,000 nodes", 0.6))


def limits_in_use() -> Instrument:
    rows = [("p99", 0.5, "1.51 s of 3 s"), ("gap", 2.27, "6.8 of 3 points"), ("drift known", math.inf, "never, within 13 weeks")]
    return bars_from_zero(rows, title="Two limits are broken", quantity="Share of the limit in use", limit=(1.0, "limit"), most=1.6)


def hot_links() -> Instrument:
    nics, inner, leaves = [0.286] * 64, [0.02 * (g % 8) for g in range(64)], [0.7, 0.8, 1.0, 0.7, 0.9, 0.7, 0.0, 0.7]
    return fabric_map(
        8, nics, inner, leaves, [g % 8 for g in range(64)], title="A leaf’s uplink takes longest", hot="leaf 2 up, 147 ms", spine="spine 4:1"
    )


def checkpoints_to_return_to() -> Instrument:
    hours = (0.4, 1.1, 2.9, 6.5, 14.0, 30.0)
    rows = [(h * 3600, 900.0, 6300.0, (20e3, 106.4e3, 192.8e3), 6300.0 if h < 1.7 else 20e3 if h < 5 else 106.4e3 if h < 29 else -1.0) for h in hours]
    return rollbacks(rows, title="A clean checkpoint is left in 5 of 6", x_name="Before it was noticed", youngest=600.0, prediction=0.9)


def gangs_on_a_cluster() -> Instrument:
    h = 3600.0
    jobs = [(8, 0.0, 0.0, 9 * h, 0, 8), (128, 2 * h, 2 * h, 20 * h, 64, 192), (32, 3 * h, 8 * h, 30 * h, 8, 40), (64, 21 * h, 21 * h, 48 * h, 100, 164)]
    return gpu_gantt(jobs, [(0.0, 0), (3 * h, 64), (21 * h, 0)], (0.0, 48 * h), title="A quarter of the GPU time idles while jobs wait", gpus=256, sizes=(8, 64))


def holes_in_nodes() -> Instrument:
    return node_grid([[8], [4, 2, 1], [], [2, 1, 1], [1], []] * 6, title="Twelve whole nodes", when="At the last arrival", notes=[("✓ framed: free", "control")])


def lent_at_night() -> Instrument:
    hours = [i / 2 for i in range(97)]
    need = [100 - 60 * math.cos(2 * math.pi * (h - 4) / 24) for h in hours]
    lent = [64.0 if n < 90 else 0.0 for n in need]
    return stack_over_time(
        hours, [("serving", need, "data:solid"), ("lent", lent, "control:solid"), ("idle", [192 - n - v for n, v in zip(need, lent, strict=True)], "edge:open")],
        title="A third is lent", quantity="GPUs", x_ticks=(0, 12, 24, 36, 48, 60), marks=([17.0, 41.5], "too few replicas"),
    )


def models_that_read_each_other() -> Instrument:
    nodes = [("user", 0, 0.05, "1 d"), ("item", 0, 0.5, "4 d"), ("retrieval", 1, 0.2, "6 d"), ("CTR", 2, 0.6, "2 d"), ("blender", 3, 0.95, "0 d")]
    edges = [(0, 2, True), (1, 2, False), (0, 3, True), (1, 3, False), (2, 3, False), (3, 4, True)]
    return dependency_graph(nodes, edges, title="Three edges join versions that never met", broken="edges are skewed", whole="trained together", words="age")


def clean_hours_of_a_day() -> Instrument:
    levels = [300 - 120 * math.sin(math.pi * max(0, min(12, h % 24 - 6)) / 12) for h in range(72)]
    hours = sorted(sorted(range(48), key=levels.__getitem__)[:20])
    return hours_taken(levels, hours, hours[-1] + 1, title="Twenty clean hours", quantity="Carbon of an hour", unit="kg", held_share=0.3, window=48, at_once=20, notes=(("■ runs", "data"),))


def audits_of_many_agencies() -> Instrument:
    paths = [[(0.0, 0.5), (100.0, 0.2 + 0.05 * i), (730.0, 0.18 + 0.055 * i)] for i in range(12)]
    return many_ends(
        paths, title="The share freezes where chance left it", x_name="Cases found", x_unit="1", y_name="Region 1’s share",
        band=(0.24, 0.73, "Bracket: 5th to 95th percentile"),
        truth=(0.5, "true share"), prediction=(0.1, "you said 10 points"), item="agency",
    )  # fmt: skip


def groups_on_a_curve() -> Instrument:
    line = [(i / 20, (i / 20) ** 0.5) for i in range(21)]
    return roc(
        line, [("A", 0.49, 0.7), ("B", 0.16, 0.4)], title="One curve, two places", x_name="Honest claims flagged", y_name="Wrong claims flagged",
        published=([(0.45, 0.72, "published A")], "published"), prediction=(0.3, "you said 1.9× B"),
    )  # fmt: skip


def reasons_sampled_again() -> Instrument:
    rows = [(f"reason {i}", v, [v - 0.05, v + 0.02, v + 0.06]) for i, v in enumerate((-0.38, -0.14, 0.11, 0.07, 0.0))]
    return sampled_bars(rows, title="The third reason is not sure", quantity="Change of the answer")
