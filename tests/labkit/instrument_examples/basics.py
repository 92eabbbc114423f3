"""Examples of the instruments that many labs share."""

from __future__ import annotations

import math
import random

from labkit.instruments.base import Instrument
from labkit.instruments.curve import Series, curve
from labkit.instruments.distribution import distribution
from labkit.instruments.grid import array_occupancy, matrices
from labkit.instruments.ladder import ladder
from labkit.instruments.memory_stack import memory_stack
from labkit.instruments.pareto import Design, pareto
from labkit.instruments.phase_map import phase_map
from labkit.instruments.roofline import Roof, Work, roofline
from labkit.instruments.shares import paired_shares, split_bar
from labkit.instruments.terms import TermRow, stacked
from labkit.instruments.timeline import Bar, Event, Quantity, timeline
from labkit.instruments.waterfall import before_after, waterfall

MACHINES = ("Arduino Nano 33 BLE", "STM32H743", "Raspberry Pi 5", "Phone", "Jetson Orin Nano", "T4", "H100 SXM")


def heartbeat() -> Instrument:
    rows = [
        TermRow("Arduino Nano 33 BLE", 0.713e-3, 72.7e-3, 0.1e-3, "12.3 minutes", ghost=21e-3),
        TermRow("STM32H743", void="does not fit"),
        TermRow("Raspberry Pi 5", 11e-6, 80e-6, 0.5e-3),
        TermRow("Phone", 3.6e-6, 0.8e-6, 1e-3),
        TermRow("Jetson Orin Nano", 2.7e-6, 0.9e-6, 0.5e-3),
        TermRow("T4", 0.57e-6, 0.14e-6, 0.2e-3),
        TermRow("H100 SXM", 54.5e-9, 9.1e-9, 0.1e-3),
    ]
    return ladder(rows, title="On the H100 the fixed overhead is all there is", you="H100 SXM", bracket=(0.1e-3, 10e-3, "you said 100×"))


def bars() -> Instrument:
    rows = [TermRow("H100 SXM", 1.47e-3, 0.027e-3, 0.1e-3), TermRow("T4", 15.4e-3, 0.4e-3, 0.2e-3), TermRow("Phone", 96e-3, 2.3e-3, 1e-3)]
    return stacked(rows, title="Moving data binds on all three", you="T4", prediction=0.03, limit=(0.05, "deadline 50 ms"))


def improvement() -> Instrument:
    return before_after(
        TermRow("before", 1.47e-3, 0.027e-3, 0.1e-3),
        TermRow("10× arithmetic", 1.47e-3, 0.0027e-3, 0.1e-3),
        title="Ten times the arithmetic buys 2 %",
        prediction=0.5e-3,
    )


def layout_parts() -> Instrument:
    steps = [("compute", 24.0, "O"), ("tensor", 3.56, "D"), ("bubble", 2.01, "idle"), ("data", 0.45, "D"), ("head", 0.51, "O")]
    return waterfall([("step", steps)], title="Compute takes 79 % of the step", you="step", limit=(21.5, "budget 21.5 s"))


def machine_roof() -> Instrument:
    roofs = [Roof("H100 bf16", 989e12, 3.35e12), Roof("H100 fp32", 67e12, 3.35e12)]
    works = [Work("decode, batch 1", 1.0), Work("decode, batch 64", 62.0, 150e12), Work("prefill", 1800.0, 640e12)]
    return roofline(
        roofs, works, title="Batch 64 is still left of the ridge", you="decode, batch 64", prediction=500e12, ghost=[Work("", 8.0)]
    )


def tail() -> Instrument:
    draw = random.Random(13)
    service = [0.11 if draw.random() < 0.1 else 0.01 for _ in range(4000)]
    wait, waits = 0.0, []
    for s in service:
        waits.append(wait + s)
        wait = max(0.0, wait + s + math.log(1 - draw.random()) * 0.025)
    return distribution(
        waits,
        title="One request in a hundred waits longer than half a second",
        reference=(service, "service alone"),
        prediction=0.09,
        limit=(0.3, "promise 300 ms"),
        ghost=[w * 0.6 for w in waits],
    )


def spread() -> Instrument:
    draw = random.Random(3)
    return distribution(
        [draw.gauss(0.021, 0.003) for _ in range(2000)],
        title="Most runs take 18 to 24 ms",
        kind="histogram",
        log=False,
        quantity="Run time",
        mark=(0.0215, "theory 21.5 ms"),
    )


def pipeline() -> Instrument:
    stages, micro, bars_, held = 8, 16, [], [(0.0, 0.0)]
    for s in range(stages):
        for i in range(micro):
            bars_.append(Bar(str(s + 1), s + i, s + i + 1, str(i + 1), "control:solid"))
            start = stages + micro - 1 + 2 * (stages - 1 - s) + 2 * i
            bars_.append(Bar(str(s + 1), start, start + 2, str(i + 1), "muted:hatch"))
    held += [(i + 1.0, i + 1.0) for i in range(micro)] + [(39.0 + 2 * i, 15.0 - i) for i in range(micro)]
    return timeline(
        [str(s + 1) for s in range(stages)],
        bars_,
        title="GPipe idles 30 % of the time",
        unit="units",
        below=Quantity("microbatches held by stage 1", held, limit=(12, "room for 12")),
        key=(("control:solid", "forward"), ("muted:hatch", "backward"), ("idle", "idle")),
        prediction=55.0,
    )


def one_frame() -> Instrument:
    bars_ = [
        Bar("host", 0.0, 0.4e-3, "in", "L"),
        Bar("link", 0.4e-3, 0.78e-3, "", "D"),
        Bar("Edge TPU", 0.78e-3, 2.6e-3, "first half", "O"),
        Bar("link", 2.6e-3, 2.85e-3, "", "D"),
        Bar("host", 2.85e-3, 12.2e-3, "the rest on the CPU", "L"),
    ]
    return timeline(
        ["host", "link", "Edge TPU"],
        bars_,
        title="The host takes 80 % of the frame",
        reference=(16.7e-3, "CPU only 16.7 ms"),
        you="host",
        limit=(14e-3, "frame budget 14 ms"),
        events=[Event("host", 0.0), Event("host", 12.2e-3, True)],
    )


def slots() -> Instrument:
    draw, bars_ = random.Random(13), []
    for slot in range(32):
        at = 0.0
        for _ in range(3):
            length = min(1000, max(1, int(-200 * math.log(1 - draw.random()))))
            bars_.append(Bar(f"{slot + 1}", at, at + length, "", "control:solid"))
            at += 700
    return timeline(
        [f"{s + 1}" for s in range(32)], bars_, title="A third of the slot-steps make a token", unit="steps", quantity_x="Decode steps"
    )


def layouts() -> Instrument:
    sizes = ("1", "2", "4", "8", "16", "32")
    values = [[None if i * j > 16 or i + j > 8 else 27.9 + (i - 2) ** 2 * 1.9 + (j - 3) ** 2 * 2.1 for i in range(6)] for j in range(6)]
    void = {(i, j): "OOM" for i in range(6) for j in range(6) if i + j < 4}
    return phase_map(
        sizes,
        sizes,
        title="The best layout keeps tensor parallelism in the node",
        x_name="tensor",
        y_name="pipeline",
        value_name="step time",
        unit="s",
        values=values,
        void=void,
        you=(4, 3),
        prediction=(3, 4),
        ghost=(3, 3),
    )


def binding() -> Instrument:
    jobs = ("hear a call", "spot a person", "name a bird", "name a bird, carefully", "say one word")
    letters = [list("OOOO✕"), list("OOO✕✕"), list("LOOOD"), list("LLLLD"), list("LLLDD"), list("LLLLD"), list("LLLLD")]
    void = {(i, j): "does not fit" for j, row in enumerate(letters) for i, c in enumerate(row) if c == "✕"}
    return phase_map(
        jobs,
        MACHINES,
        title="Overhead binds wherever the job is small",
        x_name="job",
        y_name="machine",
        value_name="binding term",
        letters=letters,
        void={k: "✕" for k in void},
        you=(4, 6),
    )


def designs() -> Instrument:
    points = [
        Design("Pi 5 + V1", 5.6, 70.6),
        Design("Orin + ResNet", 5.77, 76.1),
        Design("H100 + ResNet", 100.0, 76.1),
        Design("Pi 5 + V1-0.25", 3.1, 41.5),
        Design("T4 + V1", 11.0, 70.6),
        Design("Nano", 0.02, 41.5, False),
        Design("Phone + V1", 1.2, 70.6),
    ]
    return pareto(
        points,
        title="Two designs meet every limit",
        x_name="Power",
        x_unit="W",
        y_name="Top-1",
        y_unit="%",
        x_log=True,
        you="Orin + ResNet",
        x_limit=(10.0, "10 W"),
        y_limit=(70.0, "at least 70 %", "below"),
        prediction=(7.0, 80.0),
    )


def memory() -> Instrument:
    parts = [("weights", 349e9 / 8), ("gradients", 349e9 / 8), ("optimiser", 5e9), ("activations", 12e9)]
    return memory_stack(
        [("ZeRO-1", parts), ("ZeRO-3", [("weights", 1e9), ("gradients", 1e9), ("optimiser", 5e9), ("activations", 12e9)])],
        title="ZeRO-1 needs 104 GB, the card has 80",
        capacity=(80e9, "80 GB"),
        you="ZeRO-1",
        prediction=60e9,
        ghost=92.8e9,
    )


def scaling() -> Instrument:
    counts = (384, 512, 640, 768, 896, 1120, 1536)
    model = [(float(n), min(143.5e12, 143.5e12 * 470 / n)) for n in counts]
    more = [(float(n), min(143.5e12, 143.5e12 * 760 / n)) for n in counts]
    return curve(
        [Series("174.6B", model), Series("529.6B", more, dots=True)],
        title="Past 470 GPUs the network binds",
        x_name="GPUs",
        x_unit="",
        y_name="Rate a GPU",
        y_unit="FLOP/s",
        x_log=True,
        y_log=True,
        you=(1536.0, 43.9e12),
        published=[(384.0, 144e12, "144"), (768.0, 88e12, "88"), (1536.0, 44e12, "")],
        prediction=100e12,
        x_ticks=(384, 768, 1536),
        ghost_point=(768.0, 87.8e12),
    )


def u_shape() -> Instrument:
    batches = (1, 2, 4, 8, 16, 20, 24, 32, 40, 48, 64, 128)
    time = [(float(b), 0.03 + 0.3 / b + 0.0012 * b) for b in batches]
    lower, upper = [(float(b), 0.0125 + 0.0001 * b) for b in batches], [(float(b), 0.0125 + 0.0003 * b) for b in batches]
    return curve(
        [Series("p95", time)],
        title="Between 8 and 40 photos nobody is late",
        x_name="Photos per trip",
        x_unit="",
        y_name="Latency",
        y_unit="s",
        x_log=True,
        y_zero=True,
        y_limit=(0.1, "deadline 100 ms"),
        you=(16.0, 0.03 + 0.3 / 16 + 0.0012 * 16),
        prediction=(32.0, 0.2),
        band=(lower, upper, "one trip"),
        ghost=[Series("", [(b, t * 1.2) for b, t in time])],
    )


def cache() -> Instrument:
    hot = [[3 + (k % 8 == 0) for k in range(24)] for _ in range(24)]
    grids = [("A", [[1] * 24 for _ in range(24)]), ("B", [[24 if (j // 8) % 2 else 18 for j in range(24)] for _ in range(24)]), ("C", hot)]
    return matrices(grids, title="B is fetched seven times as often as A")


def array() -> Instrument:
    return array_occupancy(
        128, [(9 * i, 9 * i + 9, i, i + 1) for i in range(14)] + [(0, 27, 64, 96)], title="A depthwise layer fills a corner of the array"
    )


def macs_and_cycles() -> Instrument:
    items = [(f"layer {n + 1}", 0.01 if n % 2 else 0.07, 0.05 if n % 2 else 0.025, "L" if n % 2 else "other") for n in range(28)]
    return paired_shares(
        items,
        title="3 % of the MACs take 66 % of the cycles",
        up="share of MACs",
        down="share of cycles",
        you="layer 6",
        prediction=0.03,
        key=(("L", "depthwise"), ("other", "other layers")),
    )


def energy() -> Instrument:
    return split_bar(
        [("multiply-add", 0.064e-6, "O"), ("SRAM", 0.2e-6, "L"), ("DRAM", 80e-6, "D")],
        title="DRAM takes 99.7 % of the energy",
        prediction=("multiply-add", 0.4),
    )
