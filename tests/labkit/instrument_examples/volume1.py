"""Examples of instruments of Volume I."""

from __future__ import annotations

import math
import random

from labkit.instruments.along import blocks, columns
from labkit.instruments.base import Instrument
from labkit.instruments.conversation import Message, conversation
from labkit.instruments.depth_profile import depth_profile
from labkit.instruments.exponents import exponents, scale_log
from labkit.instruments.handover import Handover, handover
from labkit.instruments.layer_cloud import LayerMark, layer_cloud
from labkit.instruments.light_cone import light_cone
from labkit.instruments.loops import loops
from labkit.instruments.mountain import mountain
from labkit.instruments.number_line import number_line
from labkit.instruments.pairs import pairs
from labkit.instruments.panels import Panel, panels
from labkit.instruments.reach import reach
from labkit.instruments.region_map import region_map
from labkit.instruments.roofline import Roof
from labkit.instruments.scatter import Group, scatter
from labkit.instruments.share_walls import Wall, share_walls
from labkit.instruments.trips import trips
from labkit.instruments.two_scales import two_scales
from labkit.instruments.walks import walks

PLACES = ("photo", "stem", "pool", *(f"block {i}" for i in range(1, 17)), "average", "all local")


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
