"""One realistic call of every instrument, with numbers of the labs; shared by the tests."""

from __future__ import annotations

import math
import random

from labkit.instruments.along import blocks, columns
from labkit.instruments.bands import Band, bands
from labkit.instruments.bars_from_zero import bars_from_zero
from labkit.instruments.base import Instrument, Limit
from labkit.instruments.comb import comb
from labkit.instruments.conversation import Message, conversation
from labkit.instruments.curve import Series, curve
from labkit.instruments.dependency_graph import dependency_graph
from labkit.instruments.depth_profile import depth_profile
from labkit.instruments.distribution import distribution
from labkit.instruments.dumbbell import dumbbell
from labkit.instruments.exponents import exponents, scale_log
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


def training_step() -> Instrument:
    up = [0.5 + 1.1 * i for i in range(21)]
    kept = [*up, *reversed(up), 0.5]
    grads = [0.0] * 21 + [0.1 * min(1.0, i / 15) for i in range(1, 22)] + [0.1]
    return mountain(
        [f"step {i}" for i in range(43)],
        [("weights", [0.1e9] * 43, "data:solid"), ("gradients", [g * 1e9 for g in grads], "muted:solid"), ("activations", [k * 1e9 for k in kept], "data:dots")],
        title="Activations make the mountain", phases=(("forward", 21), ("backward", 21), ("update", 1)),
        capacity=(16e9, "card 16 GB"), at=9, prediction=0.4e9,
    )


def stuck_sum() -> Instrument:
    grid = (253.0, 254.0, 255.0, 256.0, 258.0, 260.0, 262.0)
    return number_line(256.0, grid, 1.0, 2.0, title="From 256 on, adding 1 changes nothing", format_name="bf16")


def vanishing() -> Instrument:
    gradient = [0.01 * 0.24**i for i in reversed(range(20))]
    return depth_profile([0.5] * 20, gradient, title="11 layers see a zero", floor=(5.96e-8, "smallest fp16"), prediction=(1e-5, "you said 3 powers of ten"))


def short_lever() -> Instrument:
    machines, texts = [10 ** (19 + i / 2) for i in range(13)], [10 ** (9 + i / 2) for i in range(9)]
    words = [["model" if i > 8 and j > 4 else "data" if i > j + 2 else "machine" for i in range(13)] for j in range(9)]
    return region_map(
        machines, texts, words, title="Where you stand, the text is short", x_name="Machine", x_unit="operations", y_name="Text that exists", y_unit="tokens",
        regions={"data": ("text is short", "data:solid"), "machine": ("machine is short", "arithmetic:hatch"), "model": ("model is too small", "ink:open")},
        contours=[("R = 0.4", [(1e22, 1e12), (1e22, 1e13), (3e22, 1e11)])], you=(1e22, 1e10), you_label="you",
        dots=[(1e21, 1e10, "a small run"), (1e23, 1e12, "a large run")],
    )  # fmt: skip


def silent_loss() -> Instrument:
    draw = random.Random(11)
    truth = [(float(t), 0.95 - 0.0025 * max(0, t - 8)) for t in range(1, 33)]
    audits = [(t, min(1.0, a + draw.gauss(0, 0.022))) for t, a in truth[:20]]
    board = [Panel("Availability", [(1.0, 0.998), (32.0, 0.998)], state="99.8 % · ok"), Panel("Error rate", [(1.0, 0.001), (32.0, 0.001)], state="0.1 % · ok")]
    answers = Panel("Right answers", truth, dots=audits, second=audits[3:], limit=(0.917, "alarm below", "below"), colour="data", height=110.0, ticks=True)
    return panels(
        [*board, answers], title="The dashboard never changes", x_name="Weeks", x_unit="weeks", flags=[(8.0, "change", "muted"), (22.0, "alarm known", "control")],
        prediction=10.0, prediction_label="you said 2 weeks", strip=([18.0, 20.0, 20.0, 22.0, 22.0, 22.0, 25.0], "Alarm known, 7 years"),
    )  # fmt: skip


def remote_call() -> Instrument:
    messages = [Message("open (TCP)", 0.0, 0.0, 0.0325, 0.0325, 0.065, "L"), Message("agree on keys (TLS)", 0.065, 0.065, 0.0975, 0.0975, 0.13, "L")]
    at = 0.13
    for label, sending, back in (("14.6 kB", 0.0146, True), ("29.2 kB", 0.0292, True), ("58.4 kB", 0.0584, True), ("5.80 kB", 0.0058, False)):
        messages.append(Message(label, at, at + sending, at + 0.0325, at + sending + 0.0325, at + 0.065 if back else None))
        at += 0.065
    return conversation(
        messages, title="6 round trips of 65.0 ms; the T4 thinks for 560 µs", parties=("phone", "T4, 1,000 km away"), thinking=(0.3633, 0.36386),
        end=0.39636, limit=(0.1, "100 ms"), prediction=0.17,
    )  # fmt: skip


PLACES = ("photo", "stem", "pool", *(f"block {i}" for i in range(1, 17)), "average", "all local")


def bytes_along_a_network() -> Instrument:
    amounts = (108e3, 803e3, 201e3, *(803e3,) * 3, *(401e3,) * 4, *(201e3,) * 6, *(100e3,) * 3, 2.05e3, 0.0)
    return blocks(
        [(name, amount, "data:open") for name, amount in zip(PLACES, amounts, strict=True)], title="Cut after “stem”: 803 kB travel",
        quantity="Bytes that leave", level=(108e3, "the photo, 108 kB"), cut="stem", prediction=50e3,
    )  # fmt: skip


def bytes_on_the_way_out() -> Instrument:
    return blocks(
        [("recorded", 2.76e9, "data:open"), ("sent", 802.0, "control:solid"), ("about the owl", 235.0, "data:open")],
        title="802 B a day leave the box", quantity="Bytes a day", limit=(3.24e9, "LTE-M may carry 3.24 GB a day"),
    )  # fmt: skip


def time_of_every_cut() -> Instrument:
    times = [(name, (0.0065 * i, 0.0 if name == "all local" else 0.366 if i in (1, 3, 4, 5) else 0.125, 0.0005)) for i, name in enumerate(PLACES)]
    return columns(
        times, title="Sending the photo is best", parts=(("Pi", "O"), ("wire", "D"), ("T4", "edge:open")), level=(0.126, "send the photo"),
        you="stem", best="all local",
    )  # fmt: skip


def bits_that_hurt() -> Instrument:
    shares = {15: 0.04, 14: 0.76, 9: 0.2}
    return columns(
        [(f"bit {i}", (shares.get(i, 0.0),)) for i in reversed(range(16))], title="Bit 14 causes 76 % of the changed answers", unit="share",
        parts=(("changed answers", "ink:solid"),), quantity="Share of all changed answers", path="bit position", prediction=0.3,
        groups=(("sign", 1), ("exponent", 8), ("mantissa", 7)),
    )  # fmt: skip


def reads_of_a_cache() -> Instrument:
    draw = random.Random(4)
    reads = [(draw.random(), draw.random()) for _ in range(250)]
    hits = [p for p in reads if p[0] * (1 - p[1]) > 0.5]
    return scatter(
        [Group("miss", [p for p in reads if p not in hits], "edge", "ring"), Group("hit", hits, "control")],
        title="Hits were read late last time and early this time", x_name="Place in the epoch before", x_unit="share",
        y_name="Place in this epoch", y_unit="share", item="read", border=([(0.5 + i / 80, 1 - 0.5 / (0.5 + i / 80)) for i in range(41)], "large sets"),
    )  # fmt: skip


def neighbours() -> Instrument:
    draw = random.Random(2)
    pairs = [(draw.gauss(0, 1), draw.gauss(0, 1), draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(40)]
    return scatter(
        [Group("recognised", [p[:2] for p in pairs[:30]], "control"), Group("wrong", [p[:2] for p in pairs[30:]], "ink", "cross")],
        title="A quarter of the clips is not recognised", x_name="First dimension", x_unit="1", y_name="Second dimension", y_unit="1",
        item="clip", links=((pairs[:20], "control", "solid"), (pairs[20:], "edge", "short")), notes=(("Lines lead to the nearest neighbour", "muted"),),
    )  # fmt: skip


def project_that_goes_back() -> Instrument:
    visits = (("problem", 2.1, False), ("data", 7.4, False), ("model", 4.9, False), ("evaluation", 2.0, False), ("model", 1.8, True), ("evaluation", 1.1, True))
    bars, at = [], 0.0
    for lane, weeks, again in visits:
        bars.append((lane, at, at + weeks, again))
        at += weeks
    backs = [(bars[3][2], "evaluation", "model", "weak model")]
    return loops(
        ["problem", "data", "model", "evaluation"], bars, backs, title="One return makes two visits of two stages", unit="weeks", x_name="Weeks",
        notes={"model": "2 visits"}, reference=(16.0, "the plan"),
    )  # fmt: skip


def causes_of_return() -> Instrument:
    rows = [("gap in the data", 1.2, 6.25), ("poor data", 1.75, 10.4), ("misfit with the tablet", 1.13, 8.03)]
    return pairs(rows, title="“Poor data” costs 10.4 weeks", quantity="Weeks of the mean", unit="weeks", upper="on paper", lower="with the loops that follow")


def looks_at_a_canary() -> Instrument:
    draw, paths = random.Random(14), []
    for _ in range(40):
        total, path = 0.0, []
        for day in range(1, 15):
            total += draw.gauss(0, 1)
            path.append((float(day), total / math.sqrt(day)))
            if abs(path[-1][1]) > 1.96:
                break
        paths.append(path)
    share = [(float(day), 0.22 * (1 - math.exp(-day / 5))) for day in range(15)]
    return walks(
        paths, title="Daily looks roll back 20.6 % of harmless releases", x_name="Days", x_unit="days", name="z of 40 harmless releases", limit=1.96,
        share=share, share_name="Rolled back so far, of 1,000", level=(0.05, "one look: 5.00 %"), prediction=0.05, item="release",
    )  # fmt: skip


def layers_of_a_network() -> Instrument:
    marks = [LayerMark(f"depthwise {i}", "depthwise", 2.2, 3.5e12, 0.05, "data") for i in range(1, 7)]
    marks += [LayerMark(f"pointwise {i}", "pointwise", 25.0 * i, 28e12 * i, 0.06, "data" if i < 4 else "arithmetic") for i in range(1, 7)]
    return layer_cloud(
        Roof("peak", 312e12, 2.039e12), [*marks, LayerMark("fc", "fc", 57.0, 26e12, 0.006, "overhead")], title="MobileNetV1 reaches 25 % of the peak",
        kinds=(("pointwise", "square"), ("depthwise", "circle"), ("fc", "diamond")), whole=(55.0, 78e12, "whole network"), reached=(187e12, "reached at best"),
    )  # fmt: skip


def cone_of_a_value() -> Instrument:
    rows = [((112 - i - 0.7, 112 + i + 0.7),) for i in range(25)]
    return light_cone(
        rows, 224, 49 / 224, title="After 24 layers a value sees 49 of 224 pixels", x_name="Place in the picture", x_unit="px", prediction=(10, "you said 10 layers")
    )


def scores_take_over() -> Instrument:
    lengths = [128.0 * 2**i for i in range(11)]
    walls = [
        Wall("Share of the arithmetic", [(n, n / (24_576 + n)) for n in lengths], 24_576, 0.077, "arithmetic"),
        Wall("Share of the memory", [(n, n / (870 + n)) for n in lengths], 870, 0.7, taken=False),
    ]
    return share_walls(
        walls, title="Half of the memory at 870 tokens", part="scores", rest="everything else", x_name="Tokens", x_unit="tokens", at=2048, apart="28.2×",
        prediction=(9000, "you said 9,000 tokens"),
    )  # fmt: skip


def gradients_in_a_format() -> Instrument:
    bins = [(e, math.exp(-((e + 21.5) ** 2) / 32) / 10) for e in range(-38, -6)]
    return exponents(bins, [("fp16", -25.0, 16.0), ("bf16", -134.0, 128.0)], title="22.7 % of the gradients become 0", chosen="fp16", lost=0.227, largest=3.4)


def scale_that_adapts() -> Instrument:
    draw = random.Random(8)
    path = [(0, 16), (0, 15), (40, 14), (910, 13), (2911, 14), (3500, 13), (6000, 13)]
    room = [(60 * i, 14.5 + draw.gauss(0, 0.7)) for i in range(100)]
    return scale_log(path, room, [0, 40, 910, 3500], title="4 of 6,000 steps skipped")


def modes_as_far_as_they_fit() -> Instrument:
    rate = lambda b, top: top * b / (b + 1.0)  # noqa: E731 - one shape for three lines
    lines = [(name, [(b, rate(b, top)) for b in (1, 2, 4, 8, 16, 32, 64, 114) if b <= most], f"{name}: {most} fit") for name, top, most in
             (("none", 16_700, 5), ("selective", 16_200, 17), ("full", 12_500, 114))]  # fmt: skip
    return reach(
        lines, title="Selective recomputation is fastest at its own largest batch", x_name="Micro-batch", x_unit="sequences", y_name="Tokens a second",
        y_unit="tokens/s", ends="the card is full", you=(1, 8350.0), prediction=40.0, prediction_label="you said 40",
    )  # fmt: skip


def launches() -> Instrument:
    items, free = [], 0.0
    for i in range(12):
        handed = 72e-6 * (i + 1)
        start = max(free, handed)
        free = start + (9e-6 if i < 4 else 140e-6)
        items.append(Handover(f"operation {i + 1}", 72e-6 * i, handed, start, free))
    return handover(items, title="From the fifth operation on the GPU lags behind", above="host", below="V100")


def values_that_travel() -> Instrument:
    return trips(
        ("+ b", "^3", "·c", "+", "tanh", "·m"), [(1, 3), (4, 6)], [("x", 1), ("t1", 4), ("t3", 4), ("m", 6)], [("t1", 1), ("t3", 3), ("y", 6)],
        [("t1", 1, 2), ("t2", 2, 3), ("t1", 1, 4), ("t3", 3, 4), ("t4", 4, 5), ("t5", 5, 6)], title="A print after line 3 costs four trips", breaks=[3],
    )  # fmt: skip


def half_of_the_work() -> Instrument:
    return two_scales(
        [("call", 0.0, 0.4e-3, "overhead:dots"), ("Edge TPU, layers 1 to 15", 0.49, 1e-3, "control:solid"), ("CPU, layers 16 to 29", 0.51, 83e-3, "arithmetic:hatch")],
        title="Half of the work takes 98 % of the time", above="Work", below="Time", marks=(0.1, 0.2, 0.35, 0.49, 0.7, 0.9), flag=(0.49, "layer 16"),
    )  # fmt: skip


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


EXAMPLES = (
    heartbeat,
    bars,
    improvement,
    layout_parts,
    machine_roof,
    tail,
    spread,
    pipeline,
    one_frame,
    slots,
    layouts,
    binding,
    designs,
    memory,
    scaling,
    u_shape,
    cache,
    array,
    macs_and_cycles,
    energy,
    training_step,
    stuck_sum,
    vanishing,
    remote_call,
    bytes_along_a_network,
    bytes_on_the_way_out,
    time_of_every_cut,
    bits_that_hurt,
    reads_of_a_cache,
    neighbours,
    project_that_goes_back,
    causes_of_return,
    looks_at_a_canary,
    layers_of_a_network,
    cone_of_a_value,
    scores_take_over,
    gradients_in_a_format,
    scale_that_adapts,
    modes_as_far_as_they_fit,
    launches,
    values_that_travel,
    half_of_the_work,
    new_lengths,
    kept_checkpoints,
    levels_and_values,
    memory_and_parameters,
    kept_events,
    worst_of_six,
    ridge_of_a_crawl,
    regions_apart,
    thresholds_of_two_regions,
    cells_of_an_audit,
    making_and_running,
    limits_in_use,
    hot_links,
    checkpoints_to_return_to,
    gangs_on_a_cluster,
    holes_in_nodes,
    lent_at_night,
    models_that_read_each_other,
    clean_hours_of_a_day,
    audits_of_many_agencies,
    groups_on_a_curve,
    reasons_sampled_again,
)

__all__ = ["EXAMPLES", "Limit"]
