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
    app_title="Smaller, faster, fits", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import battery_camera, compressed_layer, microcontroller, quantization
    from mlsysim.units import fmt

    SCHEMES = {"per_tensor": "one scale for all", "smoothed": "smoothed (outlier shared with the weights)", "mixed": "mixed (outlier channel in 16 bit)"}
    SHORT = {"per_tensor": "one scale", "smoothed": "smoothed", "mixed": "mixed"}
    NUMBERS = {"fp32": "fp32, 4 bytes", "int8": "int8, 1 byte"}
    PRUNE = {"none": "nowhere", "early": "early, blocks 0–3", "late": "late, blocks 8–13", "uniform": "in every block"}
    BLOCKS = (("0", 1), *((f"{b}" if b % 2 == 0 else "", 2) for b in range(1, 14)), ("fc", 1))
    LIMITS = (
        lk.at_most("arena_bytes", "sram_limit_bytes", "working memory"),
        lk.at_most("flash_bytes", 6.5e6, "flash"),
        lk.at_most("latency_s", 0.85, "latency"),
        lk.at_least("top1_share", "top1_limit", "top-1 accuracy"),
        lk.at_least("life_s", "life_limit_s", "life of a cell"),
    )


@app.function
@lk.experiment(
    "A",
    "How many levels do ordinary values meet?",
    scenario="Quantising puts every value on the nearest of a few evenly spaced levels. A scale sets their distance: the largest value of the tensor gets the outermost level. "
    "Here 32 tokens with 32 channels each (random values, fixed seed) are quantised and multiplied by a weight matrix.",
    controls=dict(
        bits=lk.slider("Bits", 2, 8, step=1, default=8),
        outlier_ratio=lk.log_slider("Outlier: one channel is larger by", 1, 100, default=60, unit="×"),
        scheme=lk.choice("Scheme", SCHEMES, default="per_tensor"),
    ),
    predict=lk.predict_number(
        "INT8 has 255 levels, from −127 to 127. One of 32 channels is 60× larger than the others, and one scale serves the whole tensor. "
        "How many different levels do the values of the 31 ordinary channels use?",
        "levels_used", low=1, high=255, log=True,
        also=lambda r: (quantization.levels_of_ordinary(r.bits, r.outlier_ratio), r.levels_used),
    ),
    idea=lambda r: f"The scale follows the largest value, {lk.show(r, 'largest')}; no ordinary value is larger than {lk.show(r, 'largest_ordinary')}. So they meet "
    f"{r.levels_used} of {r.levels_offered} levels, worth {lk.show(r, 'effective_bits')}, and {lk.show(r, 'zero_share')} of them become 0. The product is off by {lk.show(r, 'relative_error')}: "
    f"eight bits with this outlier do worse than four bits without one ({lk.show(r, 'clean_4_bit_error')}). Such channels are real: large language models have a few (Dettmers et al. 2022).",
    readouts=(("levels_used", "Levels in use"), ("effective_bits", "Worth"), ("zero_share", "Ordinary values that become 0"), lk.at_most("relative_error", quantization.ERROR_LIMIT, "Error of the product")),
    failures=(
        lk.failure("too inaccurate", lambda r: r.relative_error > r.error_limit, "Another scheme, more bits or a smaller outlier lead out.",
                   lambda r: f"the product is off by {lk.show(r, 'relative_error')}, the budget is {lk.show(r, 'error_limit')} (illustrative)"),
    ),
    explain=lk.explain(
        "What sets the error now?",
        {"outlier": "the outlier sets the scale", "bits": "too few bits for ordinary values and weights", "tokens": "the noise of single tokens", "nothing": "nothing: it is within the budget"},
        lambda r: r.cause,
    ),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_levels(r, said),
)
def outlier_channel(bits, outlier_ratio, scheme):
    """A block of activations with one outlier channel, quantised and multiplied."""
    return quantization.outlier_block(bits, outlier_ratio, scheme)


@app.function
@lk.experiment(
    "B",
    "How fast does a pruned layer run?",
    scenario="A layer of 4096 × 4096 weights, as in a language model, multiplies the vectors of several tokens at once. Six methods compress it: "
    "shorter numbers (INT8 for weights and inputs, INT4 for weights only), single weights set to zero, two of every four neighbours set to zero (2:4), or whole output channels removed. A kernel is the program that runs it: a dense one multiplies every weight, a sparse one only those that are kept, each stored with a 16-bit index.",
    controls=dict(
        method=lk.choice("Method", compressed_layer.METHODS, default="sparse"),
        sparsity=lk.slider("Weights removed (sparse kernel, channels)", 0, 0.99, step=0.01, default=0.8, unit="share"),
        batch=lk.steps("Tokens at once", (1, 4, 16, 64, 512), default=64, unit="1"),
        device=lk.choice("Device", compressed_layer.devices(), default="a100_sxm_80gb", more=True),
    ),
    predict=lk.predict_number(
        "An A100 runs the layer in fp16, 64 tokens at once. Then 80 % of the weights are removed one by one, and a sparse kernel skips them. "
        "What is its speed as a multiple of the dense layer’s? (2 is twice as fast, 0.5 half as fast.)",
        "speedup", low=0.05, high=10, unit="×", log=True,
    ),
    idea=lambda r: f"Size follows the weights that are kept, each with its index: {lk.show(r, 'size_ratio')}. Time follows what the kernel can use. Scattered weights miss the matrix units, so the sparse kernel "
    f"does {lk.show(r, 'rate_op_per_s')} where the dense one does {lk.show(r, 'dense_rate_op_per_s')} (illustrative rates), and the layer takes {lk.show(r, 'times_longer')} as long. At {r.batch} tokens it pays only from "
    f"{lk.show(r, 'break_even_sparsity')} sparsity on. Measured elsewhere: Llama 2 7B with {lk.show(compressed_layer.published_llama(), 'bytes_ratio')} of the bytes (int4, one token at a time) runs {lk.show(compressed_layer.published_llama(), 'speedup')} as fast.",
    readouts=(("size_ratio", "Size, of the dense layer"), ("speedup", "Speed, of the dense layer"), ("time_s", "Time"), ("break_even_sparsity", "Sparse kernel pays from")),
    failures=(
        lk.failure("slower than dense", lambda r: r.speedup < 1, "Fewer tokens at once, far more sparsity, or a method that the hardware knows lead out.",
                   lambda r: f"{lk.show(r, 'times_longer')} as long, at {lk.show(r, 'size_ratio')} the size"),
    ),
    explain=lk.explain(
        "Which term binds the compressed layer?",
        {"data": "memory: bytes over bandwidth", "arithmetic": "arithmetic: work over the kernel’s rate", "overhead": "overhead: the start of the kernel"},
        lambda r: r.binding,
    ),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: r.binding,
    instruments=lambda r, said: draw_speed(r, said),
)
def pruned_layer(method, sparsity, batch, device):
    """Size and speed of one compressed layer."""
    return compressed_layer.compressed_layer(method, sparsity, batch, device)


@app.function
@lk.experiment(
    "C",
    "What does a small network need on a small board?",
    scenario="The XIAO ESP32S3 has 512 kB of fast memory (SRAM), of which about 330 kB are free, 8 MB of slow memory (PSRAM), and flash for the weights. While a layer runs, its inputs and outputs "
    "stand in working memory together. MobileNetV1 0.5/160 has half the usual channels and takes pictures of 160 × 160 pixels.",
    controls=dict(
        prune_where=lk.choice("Remove channels", PRUNE, default="none"),
        precision=lk.choice("Numbers", NUMBERS, default="fp32"),
        resolution=lk.steps("Side of the picture", (96, 128, 160, 192, 224), default=160, unit="px"),
        width=lk.choice("Width of the network", (0.25, 0.5, 0.75, 1.0), default=0.5, more=True),
        prune_share=lk.slider("Channels removed there", 0, 0.5, step=0.1, default=0.5, unit="share", more=True),
        kernels=lk.choice("Kernels (int8 on the XIAO)", {"vector": "vector instructions", "reference": "plain loops"}, default="vector", more=True),
        board=lk.choice("Board", microcontroller.boards(), default="xiao_esp32s3", more=True),
        classes=lk.choice("Classes", (2, 1000), default=1000, more=True),
    ),
    predict=lk.predict_number(
        "MobileNetV1 0.5/160 consists of 14 blocks. Halving the channels of its first four brings the peak of working memory down by half. What share of all parameters goes with those channels?",
        "early_parameters", low=0.1, high=100, unit="%", log=True,
    ),
    idea=lambda r: f"One early layer sets the peak, and most parameters sit in late layers. Halving the channels of blocks 0–3 takes {lk.show(r, 'early_parameters')} of the parameters and {lk.show(r, 'early_arena')} "
    f"of the peak. Halving blocks 8–13 takes {lk.show(r, 'late_parameters')} of the parameters and {lk.show(r, 'late_arena')} of the peak. The desk’s {r.precision} network needs {lk.show(r, 'arena_bytes')} "
    f"and lands in {r.place}: {lk.show(r, 'latency_s')} a picture.",
    readouts=(("arena_bytes", "Peak of working memory"), ("flash_bytes", "Weights in flash"), ("latency_s", "Time of a picture"), ("energy_j", "Energy of a picture")),
    failures=(
        lk.failure("flash is full", lambda r: r.state == "flash", "Shorter numbers, a narrower network or fewer late channels lead out.",
                   lambda r: f"the weights need {lk.show(r, 'flash_bytes')}, flash has {lk.show(r, 'flash_limit_bytes')}"),
        lk.failure("no memory holds it", lambda r: r.state == "nowhere", "Shorter numbers, smaller pictures or fewer early channels lead out.",
                   lambda r: f"needs {lk.show(r, 'arena_bytes')}, the board has {lk.show(r, 'sram_bytes')} and no slow memory for more"),
        lk.failure("not in fast memory", lambda r: r.state == "slow memory", "Shorter numbers, smaller pictures or fewer early channels lead out.",
                   lambda r: f"needs {lk.show(r, 'arena_bytes')}, SRAM has {lk.show(r, 'sram_bytes')}; PSRAM halves the speed (illustrative)"),
    ),
    explain=lk.explain(
        "Which single change lowers the peak most now?",
        {"int8": "one byte a value instead of four", "early": "half the channels of blocks 0–3 instead", "late": "half the channels of blocks 8–13 instead", "classes": "2 classes instead of 1000", "none": "none of these, by even 1 %"},
        lambda r: r.best_change,
    ),
    terms=("data", "arithmetic"),
    binding=lambda r: {"ok": "arithmetic", "slow memory": "data"}.get(r.state, ""),
    instruments=lambda r, said: draw_walk(r, said),
)
def network_on_board(prune_where, precision, resolution, width, prune_share, kernels, board, classes):
    """Memory, flash, time and energy of MobileNetV1 on a microcontroller."""
    return microcontroller.on_board(width, resolution, precision, prune_where, prune_share, kernels, board, classes)


@app.function
@lk.decision(
    "The camera at the showcase",
    scenario="The XIAO wakes once a minute, looks, and sleeps; a cell holds 3.7 Wh. The radio’s firmware leaves {sram_limit_bytes} of SRAM. The museum wants a top-1 accuracy (share of pictures whose first "
    "guess is right, on ImageNet) of {top1_limit}, an answer within 850 ms, and {life_limit_s} on one cell. Illustrative: half the channels cost 1.5 points of accuracy late, 2 early, 10 everywhere, fewer in proportion.",
    controls=dict(
        model=lk.choice("Network: width / side of the picture", battery_camera.models(), default="0.5/160"),
        precision=lk.choice("Numbers", NUMBERS, default="fp32"),
        prune_where=lk.choice("Remove channels", PRUNE, default="none"),
        prune_share=lk.slider("Channels removed there", 0.1, 0.5, step=0.1, default=0.5, unit="share", more=True),
    ),
    given=lambda d: dict(sram_limit_bytes=d.choice([250e3, 300e3, 330e3]), top1_limit=d.number(0.55, 0.58, step=0.005), life_limit_s=d.integer(24, 30) * 86400),
    given_units=dict(sram_limit_bytes="B", top1_limit="share", life_limit_s="s"),
    constraints=LIMITS,
    objective=("highest", "life_s"),
    labels={"life_s": "life of a cell"},
    readouts=(("frame_j", "Energy of a picture"), ("sleep_day_j", "Sleep, a day"), ("published_top1_share", "Accuracy before pruning"), ("lost_top1_share", "Lost to pruning")),
    terms=("data", "arithmetic"),
    instruments=lambda r, given, now: draw_camera(r, given, now),
)
def camera(model, precision, prune_where, prune_share, sram_limit_bytes):
    """One compressed network on the battery camera."""
    return battery_camera.battery_camera(model, precision, prune_where, prune_share, sram_limit_bytes)


@app.function
@lk.drill(
    "levels",
    "Ordinary values lie within ±m; one channel reaches ±{ratio}·m. INT8 with levels −127 … 127, one scale, rounding to the nearest. How many different levels can the ordinary values take, zero included?",
    draw=lambda d: dict(ratio=d.integer(4, 64)),
    tolerance=0,
)
def ordinary_levels(ratio):
    """Levels that an outlier leaves for the rest."""
    return quantization.levels_of_ordinary(8, ratio)


@app.function
@lk.drill(
    "file",
    "{sparsity} of a layer’s int8 weights are removed one by one; each that is kept is stored with a 16-bit index. How large is the file, as a multiple of the dense int8 file?",
    draw=lambda d: dict(sparsity=d.number(0.5, 0.95, step=0.01)),
    unit="×", show=dict(sparsity="share"),
)
def sparse_file(sparsity):
    """Size of a sparse file with indices over the dense one."""
    return compressed_layer.indexed_size_ratio(sparsity, 1.0, 2.0)


@app.function
@lk.drill(
    "peak",
    "MobileNetV1 in int8, width {width}, pictures of {side} × {side}. Its memory peaks in the layer that turns 32·width channels into 64·width, both half as high and wide as the picture. How large is the peak?",
    draw=lambda d: dict(width=d.choice([0.25, 0.5, 0.75, 1.0]), side=d.choice([96, 128, 160, 192, 224])),
    unit="kB", tolerance=0.02,
)
def peak_of_memory(width, side):
    """Arena of MobileNetV1 in int8."""
    return microcontroller.mobilenet_arena_bytes(width, side)


@app.cell
async def _():
    lab = await lk.open_lab("lab_10_model_compress", [outlier_channel, pruned_layer, network_on_board, camera], [ordinary_levels, sparse_file, peak_of_memory], __file__)
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
        ("Count the levels that the values of a quantised tensor use, and choose a scheme that keeps its product exact enough.",
         "Compute size and speed of six compression methods separately, and name the sparsity at which a sparse kernel breaks even.",
         "Find the layer that sets the peak of memory on a microcontroller, and prune the right place."),
        "A museum wants battery cameras that recognise visitors’ gestures, on a Seeed XIAO ESP32S3, a board the size of a stamp. The network on the desk is MobileNetV1 0.5/160 in fp32. "
        "“Compress it,” says the hardware lead, “but tell me which compression makes it fit, run and last, not which one makes the file small.”",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, outlier_channel, a, log())
    return


@app.function
def draw_levels(r, said):
    """The comb of levels over the values, and the error over the bits."""
    return (
        ins.comb(
            r.ordinary, r.outliers, r.step, r.highest_level, r.levels, title=f"The ordinary values meet {r.levels_used} of {r.levels_offered} levels",
            prediction=said.value if said else None,
        ),
        ins.curve(
            [ins.Series(SHORT[name], tuple(zip(r.error_bits, errors, strict=True))) for name, errors in r.errors],
            title=f"{SHORT[r.scheme].capitalize()}, {r.bits} bits: an error of {lk.show(r, 'relative_error')}; without the outlier {lk.show(r, 'clean_error')}",
            x_name="Bits", x_unit="1", y_name="Error of the product", y_unit="share", y_log=True, x_ticks=quantization.BITS,
            you=(r.bits, r.relative_error), published=[(4, r.clean_4_bit_error, "no outlier, 4 bits")], y_limit=(r.error_limit, f"budget {lk.show(r, 'error_limit')}"),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, outlier_channel, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, pruned_layer, b, log())
    return


@app.function
def draw_speed(r, said):
    """Size and speed of six methods, and where the sparse kernel pays."""
    words, device = compressed_layer.METHODS, compressed_layer.devices()[r.device]
    asked = said and r.device == "a100_sxm_80gb" and r.batch == 64
    return (
        ins.pareto(
            [ins.Design(words[m], size, speed, speed >= 1) for m, size, speed in r.methods],
            title=f"{words[r.method]}: {lk.show(r, 'size_ratio')} the size, {lk.show(r, 'speedup')} the speed", x_name="Size, of the dense layer", x_unit="×", y_name="Speed, of the dense layer", y_unit="×",
            x_log=True, y_log=True, you=words[r.method], guide=(r.follows_size, "speed follows size"),
            prediction=(compressed_layer.indexed_size_ratio(0.8, 2.0), lk.said_si(said)) if asked else None,
        ),
        ins.phase_map(
            [fmt(s, "share", 2) for s in compressed_layer.MAP_SPARSITIES], [f"{b}" for b in compressed_layer.MAP_BATCHES], title=f"{device}: a sparse kernel for {r.batch} tokens pays from {lk.show(r, 'break_even_sparsity')} on",
            x_name="Weights removed", y_name="Tokens at once", value_name="speed of the sparse kernel", unit="×", values=r.map_speedups, best=None, log=True, digits=2,
            border=(1.0, "as fast as the dense layer"), you=compressed_layer.map_place(r.sparsity, r.batch) if r.method == "sparse" else None,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, pruned_layer, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, network_on_board, c, log())
    return


@app.function
def draw_layers(r, title, prediction=None):
    """Working memory and parameters, layer by layer."""
    return ins.mirrored(
        r.layers, title=title, up="working memory", down="parameters", x_name="Layers, by block", groups=BLOCKS, limit=(r.sram_bytes, f"SRAM {lk.show(r, 'sram_bytes')}"),
        marked=r.pruned_layers, marked_name=f"channels removed: {PRUNE[r.prune_where]}", prediction=prediction,
    )


@app.function
def draw_walk(r, said):
    """The two mountains of memory and parameters."""
    return draw_layers(
        r, f"{r.peak_layer.capitalize()} sets the peak: {lk.show(r, 'arena_bytes')}, which {'fits SRAM' if r.place == 'SRAM' else 'exceeds SRAM' if r.place == 'PSRAM' else 'fits nowhere'}",
        (microcontroller.layers_holding(lk.said_si(said)), f"you said {lk.said(said)}") if said else None,
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, network_on_board, c, log())
    return


@app.function
def draw_camera(r, given, now):
    """The published networks that run with your numbers and pruning, and the layers of yours."""
    every = {m: battery_camera.battery_camera(m, now["precision"], now["prune_where"], now["prune_share"], given["sram_limit_bytes"]) for m in battery_camera.models()}
    return (
        ins.pareto(
            [ins.Design(m, x.top1_share, x.life_s, all(c.holds(x, given) for c in LIMITS)) for m, x in every.items() if x.life_s],
            title=f"{r.model}: right in {lk.show(r, 'top1_share')}, lasts {lk.show(r, 'life_s')}", x_name="Top-1 accuracy", x_unit="share", y_name="Life of a cell", y_unit="s", x_better="high", y_log=True, you=r.model,
            x_limit=(given["top1_limit"], "accuracy wanted", "below"), y_limit=(given["life_limit_s"], "life wanted", "below"),
        ),
        draw_layers(r.on_board, f"Working memory peaks at {lk.show(r, 'arena_bytes')} in {r.on_board.peak_layer}"),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, camera, d, log())
    return


@app.cell
def _(lab):
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
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
