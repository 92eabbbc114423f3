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
app = marimo.App(app_title="One step, four bottlenecks", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html")

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import attention_tiles, overlapped_step, speed_plan, step_kernels

    BINDS = {"bandwidth": "HBM bandwidth", "compute": "tensor cores", "chip": "memory on the chip", "capacity": "capacity of HBM"}
    ATTENTION = {"materialised": "materialised: scores stored", "tiled": "tiled", "shared": "tiled, reads shared"}
    FASTER = {"GEMM": "GEMMs", "attention": "Attention", "elementwise": "Elementwise", "communication": "Communication", "launch": "Launches"}
    FORMATS, EXECUTIONS = {"bf16": "bf16", "fp8": "fp8"}, {"eager": "eager", "fused": "fused"}


@app.function
@lk.experiment(
    "A",
    "How many bytes does an attention kernel move?",
    scenario="Attention compares each of s tokens with every other: an s × s matrix of scores. Kernel 1 writes that matrix to HBM (the memory of the GPU) and reads it back. "
    "Kernel 2 works in tiles: one of the 132 multiprocessors holds a few rows of queries on the chip, walks over all keys and values, and keeps the scores to itself. "
    "A third kernel lets all tiles that run at the same time share one read of keys and values through the L2 cache (an idealisation).",
    controls=dict(
        tokens=lk.steps("Sequence s", tuple(1024 << n for n in range(8)), default=16384, unit="tokens"),
        tile_rows=lk.choice("Rows in a tile Br", attention_tiles.TILE_ROWS, default=64),
        kernel=lk.choice("Kernel", ATTENTION, default="tiled"),
        head_width=lk.choice("Width of a head d", (64, 128), default=128, more=True),
    ),
    predict=lk.predict_number(
        "16,384 tokens, 32 heads of width 128. Kernel 1 writes the score matrix and reads it back. Kernel 2 keeps it on the chip, in tiles of 64 rows; blocks share nothing. By what factor does the HBM traffic fall?",
        "traffic_cut", low=1, high=1000, unit="×", log=True,
    ),
    idea=lambda r: f"A tile keeps its scores, but reads all keys and values again: {r.reads:,} times here. "
    f"On a long sequence tiling divides traffic by 2·Br/d, {lk.show(r, 'long_cut')} here: with tiles of d/2 rows nothing is saved. Its intensity is about its height, {lk.show(r, 'intensity_flop_per_byte')}; "
    f"the ridge stands at {lk.show(r, 'ridge_flop_per_byte')}. What every tile saves is room: the matrix would take {lk.show(r, 'matrix_bytes')}.",
    readouts=(("traffic_bytes", "HBM traffic"), ("traffic_cut", "Fewer bytes than stored scores"), ("intensity_flop_per_byte", "Intensity"), ("time_s", "Time"), ("peak_share", "Share of peak")),
    failures=(
        lk.failure("score matrix does not fit", lambda r: r.state == attention_tiles.SCORES, "A tiled kernel or a shorter sequence leads out.",
                   lambda r: f"it takes {lk.show(r, 'scores_bytes')}, and {lk.show(r, 'scores_limit_bytes')} are free"),
        lk.failure("registers spill", lambda r: r.state == attention_tiles.SPILL, "A lower tile or a narrower head leads out.",
                   lambda r: f"a tile needs {lk.show(r, 'register_bytes')} of registers, has {lk.show(r, 'register_limit_bytes')}"),
    ),
    explain=lk.explain("What binds here?", BINDS, lambda r: r.binds),
    terms=("data", "arithmetic"),
    binding=lambda r: {"bandwidth": "data", "compute": "arithmetic"}.get(r.binds, ""),
    instruments=lambda r, said: draw_attention(r, said),
)
def attention(tokens, tile_rows, kernel, head_width):
    """Bytes, time and on-chip memory of one attention kernel."""
    return attention_tiles.attention_kernel(tokens, tile_rows, kernel, head_width)


@app.function
@lk.experiment(
    "B",
    "What does a faster number format bring?",
    scenario="H100 tensor cores multiply fp8 numbers twice as fast as bf16: 1,979 against 989 TFLOP/s. Matrix products (GEMMs) can use it; attention, norms, gates and the output head stay in bf16. "
    "A value becomes fp8 by a cast: find the largest value, scale, round, and store a transposed copy. Eager code runs each of these as a kernel of its own; a compiler fuses them with their neighbours. "
    "Communication and memory are left out until later parts, also that of a sequence of 8,192 tokens divided over several GPUs. Shares of peak and numbers of passes are illustrative.",
    controls=dict(
        number_format=lk.choice("Format of the GEMMs", FORMATS, default="bf16"),
        execution=lk.choice("Execution", EXECUTIONS, default="eager"),
        tokens=lk.steps("Tokens per GPU t", (512, 1024, 2048, 4096, 8192, 16384, 32768), default=8192, unit="tokens"),
    ),
    predict=lk.predict_number(
        "8,192 tokens a GPU, eager code. Switch every GEMM of the layers from bf16 to fp8 and change nothing else. How many times faster is the step?",
        "format_speedup", low=0.8, high=2, unit="×",
    ),
    idea=lambda r: f"Twice the peak speeds up the GEMMs alone, and brings casts with it: {lk.show(r, 'eager_format_speedup')} in eager code. Speed-ups do not multiply: fusion alone brings "
    f"{lk.show(r, 'fused_speedup')}, and both together {lk.show(r, 'both_speedup')}, not {lk.show(r, 'product_speedup')}, because fusion also makes the casts cheap. Measured on Llama 3.1 8B: compiling "
    f"{lk.show(r, 'measured_fused_speedup')}, then float8 {lk.show(r, 'measured_format_speedup')} more (torchtitan, 8 GPUs with 2.4 TB/s at 500 W; communication and clocks are not in this model).",
    readouts=(("step_s", "Step"), ("tokens_per_s", "Tokens a second"), ("speedup", "Over eager bf16"), ("gemm_share", "Of it GEMMs"), ("format_speedup", "fp8 over bf16 here")),
    failures=(lk.failure("the format does not pay", lambda r: r.state != "working", "More tokens or fusion lead out.", lambda r: f"fp8 gains {lk.show(r, 'format_speedup')}, less than 1.05×"),),
    explain=lk.explain("GEMMs apart, which segment limits the next gain?", {"cast": "casts", "attention": "attention", "elementwise": "elementwise kernels", "head": "the output head"}, lambda r: r.next_part),
    terms=("data", "arithmetic"),
    binding=lambda r: "arithmetic" if r.gemm_share > 0.5 else "data",
    instruments=lambda r, said: draw_format(r, said),
)
def number_formats(number_format, execution, tokens):
    """One step walked kernel by kernel."""
    return step_kernels.step(tokens, number_format, execution)


@app.function
@lk.experiment(
    "C",
    "Which kernel is worth making faster?",
    scenario="Now the step as it runs. 64 GPUs share one copy of the weights: each layer’s are gathered over the network before it runs, forward and again backward, and its gradients are scattered afterwards. "
    "A CPU launches the kernels. All three go on at once. A virtual speed-up asks what the step would gain if one kind of work were faster. Memory is left aside until the decision.",
    controls=dict(
        tokens=lk.steps("Tokens per GPU t", (1024, 2048, 4096, 8192, 16384), default=4096, unit="tokens"),
        target=lk.choice("Make faster", FASTER, default="GEMM"),
        factor=lk.slider("By a factor of", 1.0, 4.0, step=0.1, default=1.5, unit="×"),
        group=lk.choice("Weights shared by", {64: "64 GPUs, over the network", 8: "8 GPUs, over NVLink"}, default=64, more=True),
        launch_s=lk.steps("CPU time of a launch", (2e-6, 4e-6, 6e-6, 10e-6, 20e-6, 50e-6, 100e-6), default=6e-6, unit="s", more=True),
        prefetch=lk.choice("Layers gathered ahead", {0: "0: gather, then compute", 1: "1", 2: "2"}, default=2, more=True),
        number_format=lk.choice("Format of the GEMMs", FORMATS, default="bf16", more=True),
        execution=lk.choice("Execution", EXECUTIONS, default="fused", more=True),
    ),
    predict=lk.predict_number(
        "4,096 tokens a GPU, fused bf16. The profile says: the layers’ GEMMs take 72 % of the time in which the GPU is busy. Make each of them 1.5 times faster. By how many per cent does throughput rise?",
        "gain_share", low=0, high=50, unit="%",
    ),
    idea=lambda r: f"Only work on the critical path shortens a step, and a profile of busy time does not show the path. {FASTER[r.target]} {lk.show(r, 'factor')} faster: the busy share promises {lk.show(r, 'expected_share')} more throughput, "
    f"the step gives {lk.show(r, 'gain_share')}, as the GPU waits {lk.show(r, 'idle_share')} of the step. Gathering one layer takes {lk.show(r, 'gather_s')}; computing it forward takes {lk.show(r, 'forward_s')}.",
    readouts=(("step_s", "Step"), ("busy_s", "Of it the GPU computes"), ("gain_share", "Throughput gained"), ("expected_share", "Promised by the busy share"), ("path_lane", "Most of the critical path")),
    failures=(lk.failure("starved", lambda r: r.state != "working", "More tokens, a group of 8 GPUs or cheaper launches lead out.", lambda r: f"the GPU computes {lk.show(r, 'busy_s')} of {lk.show(r, 'step_s')}"),),
    explain=lk.explain("Which lane carries most of the critical path?", overlapped_step.LANES, lambda r: r.path_lanes),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: {"compute": "arithmetic", "communication": "data", "launch": "overhead"}[r.path_lane],
    instruments=lambda r, said: draw_overlap(r, said),
)
def virtual_speedup(tokens, target, factor, group, launch_s, prefetch, number_format, execution):
    """One sharded step with a part of it made faster."""
    return overlapped_step.overlapped_step(tokens, target, factor, group=group, launch_s=launch_s, prefetch=prefetch, number_format=number_format, execution=execution)


@app.function
@lk.decision(
    "Nine engineer-weeks",
    scenario="256 H100s train Llama 3 8B at 5,700 tokens/s each, with eager bf16 code and stored scores. The finance lead wants {rate_limit} and grants {weeks_limit} of engineering: fusion takes 3 weeks, fp8 4, "
    "a tiled attention kernel 2 (with shared reads 3), groups of 8 GPUs 2, recomputing activations 1 (illustrative). A GPU may fill {memory_limit_bytes}; the learning rate allows a batch of {batch_limit_tokens}. Fewest weeks win, then throughput.",
    controls=dict(
        tokens=lk.steps("Tokens per GPU t", (4096, 8192, 16384, 32768), default=8192, unit="tokens"),
        execution=lk.choice("Execution", EXECUTIONS, default="eager"),
        number_format=lk.choice("Format of the GEMMs", FORMATS, default="bf16"),
        attention=lk.choice("Attention kernel", ATTENTION, default="materialised"),
        group=lk.choice("Weights shared by", {64: "64 GPUs, over the network", 8: "8 GPUs, over NVLink"}, default=64),
        recompute=lk.toggle("Recompute activations"),
    ),
    given=lambda d: dict(rate_limit=10000 + 100 * d.integer(0, 14), memory_limit_bytes=d.choice([62e9, 76e9]), weeks_limit=9, batch_limit_tokens=2.2e6),
    given_units=dict(rate_limit="tokens/s", memory_limit_bytes="B", weeks_limit="weeks", batch_limit_tokens="tokens"),
    constraints=(
        lk.at_least("tokens_per_s", "rate_limit", "throughput of a GPU"),
        lk.at_most("memory_bytes", "memory_limit_bytes", "memory of a GPU"),
        lk.at_most("weeks", "weeks_limit", "engineering"),
        lk.at_most("batch_tokens", "batch_limit_tokens", "batch of all GPUs"),
    ),
    objective=("lowest", "weeks"),
    readouts=(("step_s", "Step"), ("idle_share", "GPU does not compute"), ("path_lane", "Most of the critical path")),
    labels={"weeks": "weeks, then the highest throughput"},
    instruments=lambda r, given, now: draw_plan(r, given),
)
def nine_weeks(tokens, execution, number_format, attention, group, recompute):
    """Throughput, memory and weeks of one plan."""
    return speed_plan.speed_plan(tokens, execution, number_format, attention, group, recompute)


@app.function
@lk.drill(
    "tile",
    "A tiled attention kernel with tiles of {tile_rows} rows and heads of width {head_width}; blocks share nothing and the sequence is long. How many times fewer bytes does it move than a kernel that stores the scores?",
    draw=lambda d: dict(tile_rows=d.choice([16, 32, 48, 64, 80, 96, 112, 128, 160, 192]), head_width=d.choice([64, 96, 128, 192, 256])), unit="×",
)
def tile_cut(tile_rows, head_width):
    """2·Br/d."""
    return attention_tiles.traffic_cut(tile_rows, head_width)


@app.function
@lk.drill(
    "hidden",
    "GEMMs take {part_share} of a GPU’s busy time and become {factor} as fast. {case} By how many per cent does throughput rise?",
    draw=lambda d: dict(
        part_share=d.number(0.4, 0.8, step=0.02), factor=d.choice([1.2, 1.5, 2.0, 3.0]),
        case=d.choice(["Nothing in the step waits for anything but the GPU.", "Nothing waits: communication ends long before the GPU does.", "Communication ends last, before and after, and waits for no kernel."]),
    ),
    unit="%", tolerance=0.05, show=dict(part_share="share", factor="×"),
)
def hidden_kernel(part_share, factor, case):
    """Amdahl’s law, or nothing under communication that ends last."""
    return overlapped_step.hidden_gain(part_share, factor, case.startswith("Communication"))


@app.function
@lk.drill(
    "gather",
    "A layer has {parameters} parameters in bf16, divided over {gpus} GPUs whose ports move {bandwidth_bytes_per_s}. How long does one all-gather of the layer take, without latency?",
    draw=lambda d: dict(parameters=d.integer(10, 90) * 1e7, gpus=d.choice([8, 16, 32, 64, 128]), bandwidth_bytes_per_s=d.choice([22e9, 45e9, 90e9, 380e9])),
    unit="ms", show=dict(parameters="", bandwidth_bytes_per_s="B/s"),
)
def one_gather(parameters, gpus, bandwidth_bytes_per_s):
    """2p(n − 1)/n over the bandwidth."""
    return overlapped_step.gather_s(parameters, gpus, bandwidth_bytes_per_s)


@app.cell
async def _():
    lab = await lk.open_lab("lab_09_perf_engineering", [attention, number_formats, virtual_speedup, nine_weeks], [tile_cut, hidden_kernel, one_gather], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Derive the arithmetic intensity of a tiled attention kernel from the height of its tiles, and compute when it becomes compute-bound.",
         "Explain with a walk over the layers what a number format of twice the peak does to a step.",
         "Locate the critical path of an overlapped training step, and reject an optimisation that the profile recommends."),
        "A team continues to train Llama 3 8B on 256 H100 GPUs, with the training state divided over groups of 64. The first version is eager PyTorch code in bf16. "
        "The finance lead grants nine engineer-weeks for performance work. Which work is worth doing?",
    )


@app.cell
def _(lab):
    a, b, c, design = (lk.panel_for(lab, exp) for exp in lab.experiments)
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, design, drill_inputs, log_inputs


@app.cell
def _(a, lab, log):
    lk.predict(lab, attention, a, log())


@app.function
def draw_attention(r, said):
    """The roofline with every tile height, the bytes saved over the tile height, and what the tile needs."""
    lines = [ins.Series({"tiled": "tiled", "shared": "reads shared"}[name], points, dots=True) for name, points in r.cuts]
    words = lambda used, limit: f"{lk.show(r, used)} of {lk.show(r, limit)}"  # noqa: E731 - rows alike
    needs = (("score matrix in HBM", "scores_bytes", "scores_limit_bytes"), ("shared memory of a tile", "shared_bytes", "shared_limit_bytes"), ("registers of a tile", "register_bytes", "register_limit_bytes"))
    return (
        ins.curve(
            lines, title=f"{lk.show(r, 'traffic_bytes')} of HBM traffic; with stored scores {lk.show(r, 'materialised_bytes')}", x_name="Rows in a tile", x_unit="1",
            y_name="Times fewer bytes than stored scores", y_unit="×", x_log=True, y_log=True, x_ticks=attention_tiles.TILE_ROWS, you=(r.tile_rows, r.traffic_cut), y_limit=(1, "nothing saved", "below"),
            prediction=said and (64, said.value),
        ),
        ins.roofline(
            [ins.Roof("reached", r.roof_flop_per_s, r.bandwidth_bytes_per_s)], [ins.Work(name, intensity, rate) for name, intensity, rate in r.dots],
            title=f"Dots: rows in a tile. Yours: {lk.show(r, 'intensity_flop_per_byte')}, {lk.show(r, 'peak_share')} of the peak; {BINDS[r.binds]} {'bind' if r.binds == 'compute' else 'binds'}", you=r.dot,
        ),
        ins.bars_from_zero(
            [(name, getattr(r, used) / getattr(r, limit), words(used, limit)) for name, used, limit in needs], title="It fits" if r.state == attention_tiles.WORKING else r.state.capitalize(),
            quantity="Share of what there is", limit=(1.0, "all there is"), most=1.5,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, attention, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, number_formats, b, log())


@app.function
def draw_format(r, said):
    """Four steps as stacks of their kernels, and what each change brings alone and together."""
    parts = (("GEMM", "arithmetic:hatch"), ("cast", "overhead:dots"), ("attention", "ink:open"), ("elementwise", "data:solid"), ("head on top", "muted:solid"))
    gains = (
        ("fp8 in eager code", "eager_format_speedup", ""), ("fusion in bf16", "fused_speedup", "measured_fused_speedup"), ("fp8 in fused code", "fused_format_speedup", "measured_format_speedup"),
        ("both", "both_speedup", ""), ("if the first two multiplied", "product_speedup", ""),
    )
    words = lambda field, real: lk.show(r, field) + (f", measured {lk.show(r, real)}" if real else "")  # noqa: E731 - rows alike
    return (
        ins.columns(
            [(f"{run} {form}", amounts) for run, form, amounts in r.cases], title=f"{r.execution.capitalize()} {r.number_format}: {lk.show(r, 'step_s')}, after the GEMMs most for {r.next_part} ({lk.show(r, 'next_s')})",
            parts=parts, path="code and format", you=f"{r.execution} {r.number_format}",
        ),
        ins.bars_from_zero(
            [(name, getattr(r, field), words(field, real)) for name, field, real in gains],
            title=f"Together {lk.show(r, 'both_speedup')}; the product of both alone would be {lk.show(r, 'product_speedup')}", quantity="Speed-up", unit="×", prediction=said and said.value,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, number_formats, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, virtual_speedup, c, log())


@app.function
def draw_overlap(r, said):
    """The step as streams with its critical path, and promised and real gain of every speed-up."""
    bars = [ins.Bar(stream, start, end, name if name in ("head", "optimizer") else "", "ink:solid" if on else "edge:open") for stream, start, end, name, on in r.bars]
    return (
        ins.timeline(
            ("CPU launches", "gather weights", "GPU", "scatter gradients"), bars, idle=False, reference=(r.before_s, "before"), key=(("ink:solid", "critical path"), ("edge:open", "beside it")),
            title=f"The critical path runs over {overlapped_step.LANES[r.path_lane]}: {lk.show(r, 'step_s')} a step, of which the GPU computes {lk.show(r, 'busy_s')}",
        ),
        ins.pairs(
            r.gains, title=f"{FASTER[r.target]} {lk.show(r, 'factor')} faster: {lk.show(r, 'expected_share')} promised, {lk.show(r, 'gain_share')} real", quantity="Throughput gained", unit="share",
            upper="by busy share", lower="real", you=r.target, prediction=said and lk.said_si(said),
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, virtual_speedup, c, log())


@app.function
def draw_plan(r, given):
    """What one change more or less would do, and what fills the memory."""
    fits = lambda memory: memory <= given["memory_limit_bytes"]  # noqa: E731 - one comparison for all designs
    parts = [("state", r.state_bytes), ("activations", r.activation_bytes), ("logits", r.logits_bytes), ("gathered layers", r.gathered_bytes), ("scores", r.scores_bytes)]
    return (
        ins.pareto(
            [ins.Design("yours", r.weeks, r.tokens_per_s, fits(r.memory_bytes)), *(ins.Design(name, weeks, rate, fits(memory)) for name, weeks, rate, memory in r.others)],
            title=f"Yours: {lk.show(r, 'tokens_per_s')} for {lk.show(r, 'weeks')}; the others change one thing. Crosses do not fit", x_name="Engineering", x_unit="weeks", y_name="Throughput of a GPU", y_unit="tokens/s",
            x_limit=(given["weeks_limit"], "weeks granted"), y_limit=(given["rate_limit"], "wanted", "below"), you="yours",
        ),
        ins.memory_stack([("a GPU", [p for p in parts if p[1] > 0])], title=f"{lk.show(r, 'memory_bytes')} of a GPU in use", capacity=(given["memory_limit_bytes"], "may be filled"), you="a GPU"),
    )


@app.cell
def _(design, lab, log):
    lk.decide(lab, nine_weeks, design, log())


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
