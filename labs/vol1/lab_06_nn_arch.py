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
    app_title="Who hears whom, and what it costs", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import attention_walls, convnet, layer_walk, receptive_field, sequence_race, sequence_reader

    NETWORKS = {"mobilenet_v1": "MobileNetV1", "resnet50": "ResNet-50", "vgg16": "VGG-16"}
    KINDS = (("pointwise", "square"), ("depthwise", "circle"), ("conv", "triangle-up"), ("fc", "diamond"))
    KIND_STYLE = {"depthwise": "ink:solid", "pointwise": "edge:open", "conv": "muted:hatch", "fc": "muted:dots", "pool": "muted:solid"}
    TERM_STYLE = {"data": "D", "arithmetic": "O", "overhead": "L"}
    LSTM_LANES, BLOCK_LANES = ([f"{name} layer {n}" for n in range(1, 5)] for name in ("LSTM", "transformer"))
    SEES = {"plain": "plain convolutions", "dilated": "dilated convolutions", "pooled": "convolutions with pooling", "attention": "attention", "recurrent": "a recurrent layer"}
    FAMILIES = {"lstm": "LSTM", "convolution": "dilated convolution, k = 3", "attention": "attention, scores stored", "tiled": "attention, scores tiled"}
    SHORT = {"lstm": "LSTM", "convolution": "convolution", "attention": "stored", "tiled": "tiled"}
    WIDTHS, DEPTHS = (256, 512, 768, 1024), (2, 4, 6, 8, 12, 16)
    LIMITS = (
        lk.at_most("time_s", "time_limit_s", "time"),
        lk.at_least("hears_share", 1.0, "record heard"),
        lk.at_most("path_steps", "path_limit", "path from end to end"),
        lk.at_least("parameters", "parameters_limit", "weights, to learn enough"),
        lk.at_most("memory_bytes", "memory_limit_bytes", "memory"),
    )


@app.function
@lk.experiment(
    "A", "Where does the time of an image network go?",
    scenario="MobileNetV1 was built to do little arithmetic. It splits a convolution in two: a depthwise layer filters each channel on its own, "
    "a pointwise layer then mixes the channels. ResNet-50 does 7.19 times its operations.",
    controls=dict(
        network=lk.choice("Network", NETWORKS, default="mobilenet_v1"),
        device=lk.choice("Device", layer_walk.devices(), default="a100"),
        batch=lk.steps("Pictures at once", tuple(2**i for i in range(9)), default=64, unit="1"),
    ),
    predict=lk.predict_number("In MobileNetV1 the depthwise layers do 3.06 % of all multiply-adds. What share of the time do they take on an A100 with 64 pictures at once?", "depthwise_time_share", low=0, high=100, unit="%"),
    idea=lambda r: f"A layer’s time follows its operations a byte, not its share of the operations. A depthwise layer reads and writes whole pictures for a few operations a value, "
    f"so {lk.show(r, 'depthwise_mac_share')} of the work take {lk.show(r, 'depthwise_time_share')} of the time, and the card reaches {lk.show(r, 'reached_share')} of its peak. "
    "Illustrative: 60 % of peak at best on the GPUs, a fixed 4 µs a layer, no fusion. Whether the weights fit is not asked (none of the three fits the Cortex-M7’s flash).",
    readouts=(("time_s", "Time of a batch"), ("images_per_s", "Throughput"), ("reached_share", "Reached share of peak"), ("time_ratio", "ResNet-50 over MobileNetV1, time")),
    failures=(lk.failure("idle arithmetic", lambda r: r.reached_share < layer_walk.IDLE_BELOW, "More pictures at once, another network or a smaller device lead out.", lambda r: f"{lk.show(r, 'reached_share')} of the peak is reached"),),
    explain=lk.explain("ResNet-50 does 7.19 times the operations of MobileNetV1. On this device, at this batch: does the time follow?", {"nothing": "yes, within 10 %", "data": "no: MobileNetV1 waits for data", "overhead": "no: MobileNetV1 pays the fixed time of its layers"}, lambda r: r.spoiler),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: r.binding,
    instruments=lambda r, said: draw_layers(r, said),
)
def network_time(network, device, batch):
    """A network on a device, layer by layer under the roofline."""
    return layer_walk.walk(network, device, batch)


@app.function
@lk.experiment(
    "B", "One sample after another, or all at once?",
    scenario="Two networks read vibration records. An LSTM goes through a record sample by sample: a cell needs the state that the cell before it left. "
    "A transformer compares every sample with every other (a score for each pair), all in one go.",
    controls=dict(
        length=lk.steps("Length of a record", tuple(2**i for i in range(4, 18)), default=512, unit="samples"),
        batch=lk.choice("Records at once", (1, 8, 64, 256), default=8),
        weights=lk.choice("Weights of the LSTM", {"read": "read at every step", "kept": "kept on the chip, at best"}, default="read"),
        lanes=lk.choice("LSTM cells side by side", (1, 4), default=1, more=True),
        scores=lk.choice("Scores", {"stored": "stored in memory", "tiled": "tiled, never stored"}, default="stored", more=True),
    ),
    predict=lk.predict_number("Four LSTM layers, 1,024 wide, do 275 GFLOP on eight records of 512 samples. Four transformer layers of the same width do 447 GFLOP. "
                              "How many times as fast is the transformer on an A100? (Below 1: it is slower.)", "speedup", low=0.01, high=100, unit="×", log=True),
    idea=lambda r: "The LSTM is a chain of {steps} cells, the transformer one of {few} layers. A cell takes {cell}, of which {data} read its weights again and {launch} are fixed; its arithmetic would take {arithmetic}. "
    "Libraries do better, with the weights kept on the chip: at best {kept} a cell. Even then the transformer is {still} as fast.".format(
        steps=f"{r.lstm_steps:,}", few=r.transformer_steps, cell=lk.show(r, "cell_s"), data=lk.show(r, "cell_data_s"), launch=lk.show(r, "cell_launch_s"), arithmetic=lk.show(r, "cell_arithmetic_s"),
        kept=lk.show(sequence_race.race(weights="kept"), "cell_s"), still=lk.show(sequence_race.race(weights="kept"), "speedup"),
    ),
    readouts=(("lstm_s", "LSTM"), ("transformer_s", "Transformer"), ("flop_ratio", "Operations, transformer over LSTM"), ("lstm_steps", "Cells in a chain"), ("score_bytes", "Scores of a layer")),
    failures=(lk.failure("scores do not fit", lambda r: not r.fits, "Tiled scores, shorter records or fewer at once lead out.", lambda r: f"one layer’s scores need {lk.show(r, 'score_bytes')}, the card has {lk.show(r, 'memory_bytes')}"),),
    explain=lk.explain("What takes most of an LSTM cell here?", {"arithmetic": "its arithmetic", "data": "reading its weights again", "overhead": "the fixed time of a launch"}, lambda r: r.binding),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: r.binding,
    instruments=lambda r, said: draw_race(r, said),
)
def chain_or_block(length, batch, weights, lanes, scores):
    """Four LSTM layers against four transformer layers."""
    return sequence_race.race(length, batch, weights, lanes, scores)


@app.function
@lk.experiment(
    "C", "When do the scores of attention take over?",
    scenario="Attention keeps a score for every pair of tokens, so twice the text makes four times the scores. A summary of maintenance logs is to be trained on long texts; "
    "training keeps a layer’s values, scores included, until its backward pass.",
    controls=dict(
        tokens=lk.log_slider("Length of the text", 128, 131072, default=2048, per_decade=16, unit="tokens"),
        model=lk.choice("Model", {"small": "768 wide, 12 heads, 12 layers", "large": "4,096 wide, 32 heads, 32 layers", "huge": "12,288 wide, 96 heads, 96 layers"}, default="large"),
        scores=lk.choice("Scores", {"stored": "stored for the backward pass", "tiled": "tiled: computed again"}, default="stored"),
    ),
    predict=lk.predict_number("A model is 4,096 wide and has 32 heads. The scores take half of the arithmetic at 24,576 tokens. At how many tokens do they take half of the memory that training keeps?", "half_memory_tokens", low=100, high=100_000, unit="tokens", log=True),
    idea=lambda r: f"There are two walls, {lk.show(r, 'apart')} apart. Every head keeps a table of scores of its own, 5 bytes a pair, while more heads of less width mean no more arithmetic: "
    f"with {r.heads} heads memory turns quadratic first. At 2,048 tokens the scores are {lk.show(r, 'memory_share')} of what is kept and {lk.show(r, 'arithmetic_share')} of the arithmetic; the first figure is what Korthikanti et al. report as saved for their 175-billion model.",
    readouts=(("memory_bytes", "Kept for one text"), ("memory_share", "Scores, if stored: of the memory"), ("arithmetic_share", "Scores: of the arithmetic"), ("longest_stored", "Longest text, scores stored"), ("longest_tiled", "Longest text, tiled")),
    failures=(lk.failure("out of memory", lambda r: not r.fits, "Tiled scores, a shorter text or a smaller model lead out.", lambda r: f"one text needs {lk.show(r, 'memory_bytes')}, a card has {lk.show(r, 'card_bytes')}, weights not counted"),),
    explain=lk.explain("How much of the memory would you save here by storing no scores?", {"little": "less than a third", "middle": "a third to two thirds", "much": "more than two thirds"}, lambda r: r.saving),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_walls(r, said),
)
def two_shares(tokens, model, scores):
    """Shares of the scores in arithmetic and in memory."""
    return attention_walls.walls(round(tokens), model, scores)


@app.function
@lk.experiment(
    "D", "How far does one value see?",
    scenario="A 3 × 3 convolution joins neighbours: after one layer a value depends on 3 pixels across, and each further layer sees a little more. A crack may cross the whole blade, "
    "so at the end some value should depend on the whole width.",
    controls=dict(
        kind=lk.choice("Network of", SEES, default="plain", help="dilation doubles with every layer; pooling halves the picture after every second"),
        width=lk.steps("Width of the picture", (32, 224, 1024, 4096), default=224, unit="px"),
        depth=lk.steps("Layers (or samples, if recurrent)", (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 112, 128), default=24, unit="1"),
        kernel=lk.choice("Side of the kernel", (3, 5, 7), default=3, more=True),
    ),
    predict=lk.predict_number("Plain 3 × 3 convolutions, stride 1, no pooling. After how many layers can one value depend on the whole width of a 224-pixel picture?", "needed_plain", low=1, high=1000, unit="layers", log=True),
    idea=lambda r: f"A plain layer adds two pixels, however far there is to go; so the layers grow with the width. Dilation that doubles needs {r.needed_dilated} layers, a pooling after every second layer {r.needed_pooled}, "
    f"attention {r.needed_attention}, at the price of part C, and a recurrent layer {r.needed_recurrent} steps. What can be reached is not yet heard well: the middle weighs most.",
    readouts=(("field", "Sees"), ("seen_share", "Of the width"), ("needed", "Needed to see it all")),
    failures=(lk.failure("blind", lambda r: not r.covers, "More layers, another kind, a larger kernel or a smaller picture lead out.", lambda r: f"sees {r.field} of {r.width} pixels"),),
    explain=lk.explain("The picture becomes twice as wide. What happens to the layers that this network needs?", {"double": "about twice as many", "few": "one or two more", "same": "no more"}, lambda r: r.growth),
    terms=("overhead",),
    instruments=lambda r, said: draw_cone(r, said),
)
def sight(kind, width, depth, kernel):
    """What one value can depend on, layer by layer."""
    return receptive_field.field(kind, width, kernel, depth)


@app.function
@lk.decision(
    "The vibration reader",
    scenario="The operator wants one network that reads eight records of {length} at once on an A100, within {time_limit_s} and {memory_limit_bytes}. An output must hear the whole record, "
    "with at most {path_limit} between its ends, or it will not learn what belongs together (a rule of thumb). At least {parameters_limit} are wanted. Illustrative as in part B; convolutions pay two launches a layer.",
    controls=dict(
        family=lk.choice("Network", FAMILIES, default="lstm"),
        width=lk.steps("Width", WIDTHS, default=1024, unit="1"),
        layers=lk.steps("Layers", DEPTHS, default=4, unit="1"),
    ),
    given=lambda d: dict(length=d.choice([2048, 4096, 6144]), time_limit_s=d.choice([0.04, 0.045, 0.05]), path_limit=d.choice([8, 12, 24]),
                         parameters_limit=d.choice([20e6, 25e6]), memory_limit_bytes=d.choice([2e9, 3e9])),
    given_units=dict(length="samples", time_limit_s="s", path_limit="steps", parameters_limit="weights", memory_limit_bytes="B"),
    constraints=LIMITS,
    objective=("lowest", "time_s"),
    labels={"time_s": "time; or argue for the shortest path", "parameters": "weights"},
    terms=("data", "arithmetic", "overhead"),
    instruments=lambda r, given, now: draw_readers(r, given, now),
)
def vibration_reader(family, width, layers, length):
    """Time, path, weights and memory of one design."""
    return sequence_reader.reader(family, width, layers, length)


@app.function
@lk.drill(
    "separable", "A full {kernel} × {kernel} convolution to {c_out} channels becomes a depthwise and a pointwise layer. What share of its multiply-adds is left?",
    draw=lambda d: dict(kernel=d.choice([3, 5]), c_out=d.choice([64, 128, 256, 512, 1024])), unit="%",
)
def separable(kernel, c_out):
    """Depthwise-separable over full convolution."""
    return convnet.separable_share(kernel, c_out)


@app.function
@lk.drill(
    "half", "A transformer is {hidden} wide. At how many tokens do the scores take {share} of its arithmetic?",
    draw=lambda d: dict(hidden=d.choice([768, 4096, 12_288]), share=d.number(0.1, 0.8, step=0.05)), unit="tokens", show=dict(share="share"),
)
def scores_take(hidden, share):
    """Tokens at a share of the arithmetic."""
    return attention_walls.tokens_at_share(hidden, share)


@app.function
@lk.drill(
    "dense",
    "A fully connected layer takes a {resolution} × {resolution} colour picture to {units} units; a {kernel} × {kernel} convolution takes it to {channels} channels. "
    "How many times the weights does the fully connected layer have, biases left out?",
    draw=lambda d: dict(resolution=d.choice([32, 96, 224]), units=d.choice([256, 1024]), kernel=d.choice([3, 5, 7]), channels=d.choice([16, 64])), unit="×",
)
def dense_or_convolution(resolution, units, kernel, channels):
    """Weights of a fully connected layer over those of a convolution."""
    return convnet.dense_over_convolution(resolution, units, kernel, channels)


@app.cell
async def _():
    parts = [network_time, chain_or_block, two_shares, sight, vibration_reader]
    lab = await lk.open_lab("lab_06_nn_arch", parts, [separable, scores_take, dense_or_convolution], __file__)
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
        ("Locate each layer of an image network on a roofline, and say when fewer operations are fewer milliseconds.",
         "Compare recurrent, convolutional and attention layers by their chain of dependent steps, and predict where they cross.",
         "Compute from which length on attention’s scores take over, separately for arithmetic and for memory."),
        "A wind-farm operator classifies pictures of blades, reads vibration records of thousands of samples, and summarises maintenance logs. A consultant proposes: "
        "“Take the network with the fewest FLOPs for each.” You have one A100 and doubts.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, d, drill_inputs, e, log_inputs


@app.cell
def _(a, lab, log):
    lk.predict(lab, network_time, a, log())
    return


@app.function
def draw_layers(r, said):
    """The layers under the roofline, and their operations against their time."""
    marks = [ins.LayerMark(la.name, la.kind, la.intensity_flop_per_byte, la.rate_flop_per_s, share, la.term) for la, share in zip(r.layers, r.time_shares, strict=True) if la.operations]
    kinds = sorted(r.shares_by_kind, key=lambda k: list(KIND_STYLE).index(k[0]))
    spent = "Depthwise layers: {} of the operations, {} of the time".format(lk.show(r, "depthwise_mac_share"), lk.show(r, "depthwise_time_share"))
    return (
        ins.layer_cloud(
            ins.Roof("peak", r.peak_flop_per_s, r.bandwidth_bytes_per_s), marks, kinds=[k for k in KINDS if k[0] in {m.kind for m in marks}],
            title=f"{NETWORKS[r.network]} on the {layer_walk.devices()[r.device]}: {lk.show(r, 'time_s')}, {lk.show(r, 'reached_share')} of the peak",
            whole=(r.intensity_flop_per_byte, r.rate_flop_per_s, "whole network"), reached=(r.ceiling_flop_per_s, "reached at best"),
        ),
        ins.memory_stack(
            [("operations", [(kind, share, KIND_STYLE[kind]) for kind, share, _ in kinds]), ("time", [(kind, share, KIND_STYLE[kind]) for kind, _, share in kinds])],
            title=spent if r.network == "mobilenet_v1" else f"{NETWORKS[r.network]} has no depthwise layers", capacity=None, unit="share", quantity="Share of the whole",
            prediction=lk.said_si(said) if said and (r.network, r.device, r.batch) == ("mobilenet_v1", "a100", 64) else None,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, network_time, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, chain_or_block, b, log())
    return


@app.function
def draw_race(r, said):
    """The first samples as a timeline, and both times over the length of a record."""
    cells = [ins.Bar(LSTM_LANES[layer - 1], start, end, "", TERM_STYLE[r.binding]) for layer, _, start, end in r.cells]
    blocks = [ins.Bar(BLOCK_LANES[layer - 1], start, min(end, r.shown_s), f"all {r.length:,} samples" + (", not done" if end > r.shown_s else ""), "muted:solid") for layer, start, end in r.blocks if start < r.shown_s]
    ahead = f"The transformer is {lk.show(r, 'speedup')} as fast" if r.speedup >= 1 else f"The LSTM is faster: the transformer has {lk.show(r, 'speedup')} its speed"
    meets = [(r.crossing, f"the LSTM is faster from {r.crossing:,}")] if r.crossing > 1 else []
    return (
        ins.timeline(
            LSTM_LANES + BLOCK_LANES, cells + blocks, idle=False, end=r.shown_s, key=((TERM_STYLE[r.binding], "one LSTM cell"), ("muted:solid", "a transformer layer")),
            title=f"When the transformer has done all {r.length:,} samples, the LSTM has {'too' if r.speedup <= 1 else f'done {r.samples_meanwhile:,}'} (shown: its first {r.shown_samples})",
        ),
        ins.curve(
            [ins.Series("LSTM", [(n, t) for n, t, _ in r.curve], "data"), ins.Series("transformer", [(n, t) for n, _, t in r.curve], "ink", "dash")], title=ahead,
            x_name="Samples of a record", x_unit="1", y_name="Time", y_unit="s", x_log=True, y_log=True, flags=meets,
            you=(r.length, r.transformer_s), you_label="transformer, yours",
            prediction=(r.length, sequence_race.at_speedup(r, lk.said_si(said))) if said and (r.length, r.batch, r.weights, r.lanes, r.scores) == (512, 8, "read", 1, "stored") else None,
            prediction_label=f"you said {lk.said(said)}" if said else "",
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, chain_or_block, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, two_shares, c, log())
    return


@app.function
def draw_walls(r, said):
    """The scores' share of arithmetic and of memory over the length, and the memory itself."""
    return (
        ins.share_walls(
            [ins.Wall("Share of the arithmetic", [(n, o) for n, o, _ in r.curve], r.half_arithmetic_tokens, r.arithmetic_share, "arithmetic"),
             ins.Wall("Share of the memory kept", [(n, m) for n, _, m in r.curve], r.half_memory_tokens, r.memory_share, "data", taken=r.scores == "stored")],
            title=f"Half of the memory at {r.half_memory_tokens:,.0f} tokens, half of the arithmetic at {r.half_arithmetic_tokens:,.0f}", part="scores", rest="everything else",
            x_name="Tokens", x_unit="tokens", at=r.tokens, apart=lk.show(r, "apart"),
            prediction=(lk.said_si(said), f"you said {lk.said(said)}") if said and r.hidden == 4096 else None,
        ),
        ins.curve(
            [ins.Series("stored", [(n, m) for n, m, _ in r.memory_curve], "data"), ins.Series("tiled", [(n, m) for n, _, m in r.memory_curve], "ink", "dash")],
            title=f"One text fits up to {r.longest_stored:,} tokens with stored scores, up to {r.longest_tiled:,} with tiled ones", x_name="Tokens", x_unit="1", y_name="Kept for backward",
            y_unit="B", x_log=True, y_log=True, you=(r.tokens, r.memory_bytes), y_limit=(r.card_bytes, f"one card, {lk.show(r, 'card_bytes')}"), height=190.0,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, two_shares, c, log())
    return


@app.cell
def _(d, lab, log):
    lk.predict(lab, sight, d, log())
    return


@app.function
def draw_cone(r, said):
    """What one value depends on, row by row, and the layers needed over the width."""
    mine = said if said and (r.kind, r.width, r.kernel) == ("plain", 224, 3) else None
    seen = f"all {r.width:,} pixels" if r.covers else f"{r.field:,} of {r.width:,} pixels"
    one, what = ("step", "steps") if r.kind == "recurrent" else ("layer", "layers")
    return (
        ins.light_cone(
            r.rows, r.width, r.seen_share, title=f"After {r.depth} {what if r.depth > 1 else one} of {SEES[r.kind]} a value sees {seen}", x_name="Place in the picture", x_unit="px",
            step=one, prediction=(lk.said_si(mine), f"you said {lk.said(mine)}") if mine else None,
        ),
        ins.curve(
            [ins.Series(name, points) for name, points in r.curves], title=f"{SEES[r.kind][0].upper()}{SEES[r.kind][1:]}: {r.needed:,} {one if r.needed == 1 else what} to see {r.width:,} pixels",
            x_name="Width of the picture", x_unit="px", y_name="Layers (or steps) needed", y_unit="1", x_log=True, y_log=True, x_ticks=(32, 224, 1024, 4096),
            you=(r.width, r.needed), you_label=f"{r.kind}: {r.needed:,}", prediction=lk.said_si(mine) if mine else None,
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, sight, d, log())
    return


@app.function
def draw_readers(r, given, now):
    """Designs of the same width: time against path; and what fills the memory."""
    designs = {(f, n): sequence_reader.reader(f, now["width"], n, given["length"]) for f in FAMILIES for n in DEPTHS}
    return (
        ins.pareto(
            [ins.Design(f"{SHORT[f]} × {n}", x.time_s, x.path_steps, all(limit.holds(x, given) for limit in LIMITS)) for (f, n), x in designs.items()],
            title=f"{SHORT[r.family]} {r.width} × {r.layers}: {lk.show(r, 'time_s')}, a path of {lk.show(r, 'path_steps')}, {lk.show(r, 'hears_share')} of the record heard",
            x_name="Time of eight records", x_unit="s", y_name="Path from end to end", y_unit="steps", y_better="low", x_log=True, y_log=True,
            x_limit=(given["time_limit_s"], "time allowed"), y_limit=(given["path_limit"], "path allowed"), you=f"{SHORT[r.family]} × {r.layers}",
        ),
        ins.memory_stack(
            [("memory", [("weights", r.weights_bytes), ("values", r.values_bytes), ("scores", r.scores_bytes)])], you="memory",
            title=f"{lk.show(r, 'memory_bytes')} in use, {lk.show(r, 'scores_bytes')} of it scores", capacity=(given["memory_limit_bytes"], "memory allowed"),
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, vibration_reader, e, log())
    return


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
