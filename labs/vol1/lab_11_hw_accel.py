# /// script
# requires-python = ">=3.11"
# dependencies = ["marimo", "mlsysim", "mlsysim-course", "mlsys-labs"]
# [tool.uv.sources]
# mlsysim = { path = "../../mlsysim_wheel" }
# mlsysim-course = { path = "../../mlsysim_wheel/course" }
# mlsys-labs = { path = "../.." }
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    app_title="Peak is a place few layers visit",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import cache, edge, systolic


@app.function
@lk.experiment(
    "A",
    "Does the order of three loops matter?",
    scenario="Both programs below multiply the same two matrices and do the same 27,648 operations. They differ in the order in which they walk.",
    controls=dict(
        order=lk.choice("Loop order", ("i-j-k", "i-k-j", "j-k-i", "tiled"), default="i-j-k"),
        cache_lines=lk.steps("Cache lines", (8, 16, 32, 64, 128), default=16),
        tile=lk.steps("Tile side (tiled only)", (2, 4, 6, 8, 12, 24), default=8),
    ),
    predict=lk.predict_number(
        "Multiply two 24×24 matrices: 27,648 FLOP. The cache holds 16 lines of 32 bytes. How many times more bytes does the loop order j-k-i move than an 8×8 tiled order?",
        low=1, high=1000, unit="×", log=True,
        answer=lambda r: cache.replay_matmul("j-k-i", r.cache_lines).traffic_bytes / cache.replay_matmul("tiled", r.cache_lines, 8).traffic_bytes,
    ),
    idea=lambda r: f"Loop order and tile decide traffic and energy; the arithmetic is the same. At these settings it takes {lk.show(r, 'arithmetic_share')} of the energy; the rest moves data.",
    readouts=(("misses", "Cache misses"), ("traffic_bytes", "Bytes from memory"), ("intensity", "Intensity"), ("energy_j", "Energy"), ("arithmetic_share", "Energy in arithmetic")),
    failures=(lk.failure("thrashing", lambda r: r.state == "thrashing", "Another order, a tile that fits, or more lines lead out.", lambda r: f"{lk.show(r, 'times_floor')} the bytes that must move"),),
    explain=lk.explain(
        "Which matrix causes the misses?",
        {"A": "A", "B": "B", "C": "C", "equal": "all equally"},
        lambda r: "equal" if len(r.hot_matrices) == 3 else r.hot_matrices,
    ),
    terms=("data",),
    instruments=lambda r, said: (
        ins.matrices([(m, lk.square(cells)) for m, cells in (("A", r.fetches_a), ("B", r.fetches_b), ("C", r.fetches_c))], title=f"Misses come from {r.hot_matrix}"),
        ins.split_bar([("multiply-add", r.arithmetic_energy_j), ("cache", r.sram_energy_j), ("memory", r.dram_energy_j)], title=f"{lk.show(r, 'dram_share')} of the energy goes to memory"),
    ),
)
def loop_order(order, cache_lines, tile):
    """Misses, traffic and energy of one matrix product under an exact LRU cache."""
    return cache.replay_matmul(order, cache_lines, tile)


@app.function
@lk.experiment(
    "B",
    "Where do the cycles of an image network go?",
    scenario="A systolic array multiplies in a square grid of cells. MobileNetV1 has 28 layers; some of them filter each channel on its own (depthwise).",
    controls=dict(
        side=lk.steps("Array side", (16, 32, 64, 128, 256), default=128),
        network=lk.choice("Network", {"separable": "MobileNetV1 (separable)", "full": "same shape, full 3×3"}, default="separable"),
        batch=lk.slider("Batch", 1, 8, step=1, default=1),
        packed=lk.toggle("Pack depthwise channels", default=True, more=True),
    ),
    predict=lk.predict_number(
        "MobileNetV1 on a 128×128 array. Depthwise layers hold 3.06 % of the MACs. What share of the cycles do they take, with channels packed as densely as possible?",
        "depthwise_cycle_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"An array is filled by inputs × outputs; a depthwise layer has one of each a channel and fills almost nothing. The whole network uses {lk.show(r, 'utilisation')} of the array.",
    readouts=(("utilisation", "Utilisation"), ("cycles", "Cycles"), ("depthwise_cycle_share", "Depthwise cycles"), ("speed_vs_previous_size", "Faster than half the side")),
    failures=(lk.failure("silicon idle", lambda r: r.state == "idle", "A smaller array would do; so would a larger batch or the full network.", lambda r: f"{lk.show(r, 'utilisation')} of the cells work"),),
    explain=lk.explain(
        "What would raise utilisation most?",
        {"larger batch": "a batch of 8", "smaller array": "half the array side", "packing": "packing depthwise channels", "replacing depthwise": "replacing depthwise layers"},
        lambda r: r.best_change,
    ),
    terms=("arithmetic",),
    binding=lambda r: "arithmetic",
    instruments=lambda r, said: ins.paired_shares(
        [(f"{i} {layer.kind}", layer.mac_share, layer.cycle_share) for i, layer in enumerate(r.layers, 1)],
        title=f"Depthwise layers: {lk.show(r, 'depthwise_mac_share')} of the work, {lk.show(r, 'depthwise_cycle_share')} of the cycles", up="share of MACs", down="share of cycles",
    ),
)
def systolic_array(side, network, batch, packed):
    """MobileNetV1 layer by layer on a weight-stationary array."""
    return systolic.run_mobilenet(side, batch, network, packed)


@app.function
@lk.experiment(
    "C",
    "What does an accelerator on a cable bring?",
    scenario="A Coral Edge TPU runs the layers before the first operation that it does not support. The rest stays with the host.",
    controls=dict(
        model=lk.choice("Model", {"mobilenet_v1_0.5_160": "MobileNetV1 0.5/160", "mobilenet_v1_1.0_224": "MobileNetV1 1.0/224", "resnet50": "ResNet-50"}, default="mobilenet_v1_1.0_224"),
        unsupported_at=lk.choice("Unsupported op at", {"none": "nowhere", **{f"{p}": f"{p} % of the layers" for p in range(0, 101, 5)}}, default="50"),
        link=lk.choice("Link", {"usb_2": "USB 2.0", "usb_3": "USB 3.0", "pcie_gen2_x1": "PCIe Gen2 ×1"}, default="usb_3"),
        host=lk.choice("Host", {"raspberry_pi_4": "Raspberry Pi 4", "raspberry_pi_5": "Raspberry Pi 5"}, default="raspberry_pi_5", more=True),
    ),
    predict=lk.predict_number(
        "Pi 5 alone needs 16.7 ms for MobileNetV1. With Coral and full support it is 6.5× faster. One unsupported op sits half way through the layer list. How much faster than the Pi alone?",
        "speedup", low=0.5, high=50, unit="×", log=True,
    ),
    idea=lambda r: f"The accelerator sees one contiguous piece of the graph: {lk.show(r, 'mapped_mac_share')} of the multiply-adds here. The first unsupported op sends the rest to the host, which then takes {lk.show(r, 'host_s')} of {lk.show(r, 'latency_s')}.",
    readouts=(("latency_s", "Latency"), ("speedup", "Against the host alone"), ("mapped_mac_share", "Multiply-adds mapped"), ("frames_per_s", "Inferences a second")),
    failures=(lk.failure("slower than no accelerator", lambda r: r.speedup < 1, "Rewrite the op, take another link, or take no accelerator.", lambda r: f"{lk.show(r, 'speedup')} the speed of the host alone"),),
    explain=lk.explain("Which lane binds?", {"host": "host", "link": "link", "accelerator": "accelerator"}, lambda r: r.binding_lane),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: {"host": "arithmetic", "link": "data", "accelerator": "arithmetic"}[r.binding_lane],
    instruments=lambda r, said: ins.timeline(
        ["host", "link", "accelerator"], [ins.Bar(lane, start, end, what) for lane, what, start, end in r.events],
        title=f"The {r.binding_lane} takes most of the {lk.show(r, 'latency_s')}", reference=(r.host_only_s, "host alone"),
    ),
)
def coral_on_a_cable(model, unsupported_at, link, host):
    """One frame across host, link and Edge TPU."""
    return edge.frame(model, None if unsupported_at == "none" else int(unsupported_at) / 100, link, host)


@app.function
@lk.decision(
    "The box at the gate",
    scenario="The port wants {frames_per_s_limit} at {top1_limit} top-1 or better, inside {power_limit_w} and {price_limit_usd}. One operation at 30 % of the layers is unsupported until somebody rewrites it, which costs one point of accuracy (illustrative).",
    controls=dict(
        platform=lk.choice("Platform", {"pi_5": "Raspberry Pi 5", "pi_5_coral": "Pi 5 + Coral (USB 3.0)", "orin_nano_8gb": "Jetson Orin Nano", "pc_l4": "PC with an L4"}, default="pi_5_coral"),
        model=lk.choice("Model", {m: m.replace("mobilenet_v1_", "MobileNetV1 ").replace("_", "/").replace("resnet50", "ResNet-50") for m in edge.models()}, default="mobilenet_v1_1.0_224"),
        rewritten=lk.toggle("Rewrite the unsupported op"),
    ),
    given=lambda d: dict(frames_per_s_limit=d.integer(50, 60), top1_limit=d.number(0.63, 0.665, step=0.005), power_limit_w=d.integer(8, 12), price_limit_usd=150),
    given_units=dict(frames_per_s_limit="frames/s", top1_limit="share", power_limit_w="W", price_limit_usd="$"),
    constraints=(
        lk.at_least("frames_per_s", "frames_per_s_limit", "frame rate"),
        lk.at_least("top1_share", "top1_limit", "top-1 accuracy"),
        lk.at_most("power_w", "power_limit_w", "power"),
        lk.at_most("price_usd", "price_limit_usd", "price"),
    ),
    objective=("highest", "top1_share"),
    labels={"top1_share": "top-1 accuracy, then the lowest power"},
    instruments=lambda r, given, now: ins.pareto(
        [ins.Design(p, x.power_w, x.top1_share, x.frames_per_s >= given["frames_per_s_limit"]) for p in ("pi_5", "pi_5_coral", "orin_nano_8gb") for x in [edge.gate_box(p, now["model"], now["rewritten"])]],
        title=f"Your box: {r.frames_per_s:.1f} frames/s at {lk.show(r, 'power_w')}", x_name="Power", x_unit="W", y_name="Top-1", y_unit="share",
        x_limit=(given["power_limit_w"], "power limit"), y_limit=(given["top1_limit"], "accuracy wanted", "below"), you=now["platform"],
    ),
)
def gate_box(platform, model, rewritten):
    """Frames, accuracy, watts and dollars of one box."""
    return edge.gate_box(platform, model, rewritten)


@app.function
@lk.drill(
    "utilisation",
    "A layer multiplies {m} rows by a {k} × {n} weight matrix on a {side} × {side} array. What utilisation does it reach?",
    draw=lambda d: dict(m=d.choice([49, 196, 784, 3136]), k=d.choice([32, 64, 96, 200, 512]), n=d.choice([16, 64, 100, 256]), side=d.choice([64, 128, 256])),
    unit="%",
)
def layer_utilisation(m, k, n, side):
    """Utilisation of one product on the array."""
    return systolic.product(m, k, n, side).utilisation


@app.function
@lk.drill(
    "streaming",
    "A model of {weight_bytes} runs on the Edge TPU, which keeps 8.00 MB on the chip. How long does one inference stream weights over a link of {link_bytes_per_s}?",
    draw=lambda d: dict(weight_bytes=d.integer(9, 60) * 1e6, link_bytes_per_s=d.choice([35e6, 400e6, 467e6])),
    unit="ms", show=dict(weight_bytes="B", link_bytes_per_s="B/s"),
)
def weight_streaming(weight_bytes, link_bytes_per_s):
    """Time for the weights that do not fit on the chip."""
    return edge.streaming_s(weight_bytes, link_bytes_per_s)


@app.function
@lk.drill(
    "path",
    "{mapped_share} of the work moves to an accelerator that is {accelerator_factor} as fast. How many times faster is the whole?",
    draw=lambda d: dict(mapped_share=d.number(0.2, 0.95, step=0.05), accelerator_factor=d.integer(3, 50)),
    unit="×", show=dict(mapped_share="share", accelerator_factor="×"),
)
def whole_path(mapped_share, accelerator_factor):
    """Amdahl's law over the mapped share."""
    return edge.path_speedup(mapped_share, accelerator_factor)


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_11_hw_accel", [loop_order, systolic_array, coral_on_a_cable, gate_box], [layer_utilisation, weight_streaming, whole_path], __file__
    )
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())
    return


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Predict the memory traffic of a loop order and a tile from a cache replay.",
         "Compute the utilisation of a systolic array layer by layer, and say which layers waste it.",
         "Trace one inference across host, link and accelerator, and find what limits it."),
        "A container port wants gate cameras at 50–60 frames/s in a sealed box with a small power budget. The shortlist: a Raspberry Pi 5, the same with a Coral USB accelerator, a Jetson Orin Nano. A vendor slide says “4 TOPS, so 3,500 frames/s”. The integration lead wants to know what arrives at the gate.",
    )
    return


@app.cell
def _(lab):
    a = lk.panel_for(lab, loop_order)
    return (a,)


@app.cell
def _(a, lab, log):
    lk.predict(lab, loop_order, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, loop_order, a, log())
    return


@app.cell
def _(lab):
    b = lk.panel_for(lab, systolic_array)
    return (b,)


@app.cell
def _(b, lab, log):
    lk.predict(lab, systolic_array, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, systolic_array, b, log())
    return


@app.cell
def _(lab):
    c = lk.panel_for(lab, coral_on_a_cable)
    return (c,)


@app.cell
def _(c, lab, log):
    lk.predict(lab, coral_on_a_cable, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, coral_on_a_cable, c, log())
    return


@app.cell
def _(lab):
    d = lk.panel_for(lab, gate_box)
    return (d,)


@app.cell
def _(d, lab, log):
    lk.decide(lab, gate_box, d, log())
    return


@app.cell
def _(lab):
    drill_inputs = lk.drill_panel(lab, lab.drills)
    log_inputs = lk.log_panel(lab)
    return drill_inputs, log_inputs


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())
    return


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())
    return


if __name__ == "__main__":
    app.run()
