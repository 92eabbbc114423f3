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
    app_title="Cut it four ways", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import layout_search, pipeline_schedule, sharding, training_memory
    from mlsysim.layout import Layout
    from mlsysim.parallelism import estimate_layout
    from mlsysim.published_training import megatron_model

    SCHEDULES = {"gpipe": ("gpipe", 1), "1f1b": ("1f1b", 1), "interleaved_2": ("interleaved", 2), "interleaved_4": ("interleaved", 4)}
    PART_STYLE = {"compute": "O", "tensor": "D", "bubble": "idle", "point-to-point": "D", "data": "D", "head": "O"}


@app.function
@lk.experiment(
    "A",
    "What do more GPUs bring to a sharded step?",
    scenario="ZeRO divides the training state over all GPUs: stage 1 the optimiser state, stage 2 also the gradients, stage 3 also the weights. "
    "Full recomputation runs each forward pass twice, so that few activations need be kept.",
    controls=dict(
        gpus=lk.choice("GPUs", (64, 128, 384, 640, 768, 1120, 1536, 2240), default=1536),
        stage=lk.choice("ZeRO stage", (0, 1, 2, 3), default=3),
        batch=lk.choice("Batch, sequences a step", (512, 1536, 2240, 2560, 6144), default=1536),
        model=lk.choice("Model, parameters", {"7.5B": "7.5 billion", "174.6B": "174.6 billion", "529.6B": "529.6 billion"}, default="174.6B", more=True),
        bandwidth_bytes_per_s=lk.slider("Bandwidth a GPU", 2e9, 50e9, step=0.1e9, default=15.7e9, unit="B/s", more=True),
        efficiency=lk.slider("Share of peak that the kernels reach", 0.3, 0.7, step=0.01, default=0.46, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "174.6 billion parameters, ZeRO-3, batch fixed at 1,536 sequences. From 384 to 1,536 A100s: how many times faster is a step?",
        "speedup", low=1, high=4, unit="×",
    ),
    idea=lambda r: f"ZeRO-3 divides the state by the number of GPUs for 1.5 times the traffic of plain data parallelism. But a GPU's traffic does not shrink when "
    f"more share the work: {lk.show(r, 'traffic_bytes')} a step take {lk.show(r, 'exchange_s')}, while its computation is down to {lk.show(r, 'compute_s')}. "
    "Published runs fell from 144 to 44 TFLOP/s a GPU on the way.",
    readouts=(
        ("time_s", "Step"), ("speedup", "Faster than 384 GPUs"), ("flop_per_s_per_gpu", "Rate a GPU"), ("state_bytes", "State a GPU"),
        ("activation_bytes", "Activations a GPU"), ("traffic_bytes", "Traffic a GPU and step"), ("binding", "Binds"),
    ),
    failures=(
        lk.failure("out of memory", lambda r: not r.fits, "A higher ZeRO stage, more GPUs or a smaller batch lead out.",
                   lambda r: f"needs {lk.show(r, 'memory_bytes')}, has {lk.show(r, 'memory_limit_bytes')}"),
        lk.failure("GPUs added, nothing gained", lambda r: r.binding == "network", "A larger batch gives each GPU more to compute for the same traffic.",
                   lambda r: f"{lk.show(r, 'exchange_s')} of exchange outlast {lk.show(r, 'compute_s')} of computation"),
    ),
    explain=lk.explain("What binds here?", {"memory": "memory", "network": "network", "compute": "compute"}, lambda r: r.binding),
    terms=("data", "arithmetic"),
    binding=lambda r: {"network": "data", "compute": "arithmetic", "memory": ""}[r.binding],
    instruments=lambda r, said: draw_sharding(r, said),
)
def sharded_step(gpus, stage, batch, model, bandwidth_bytes_per_s, efficiency):
    """Time, rate and memory of one data-parallel step under a ZeRO stage."""
    return sharding.zero_step(megatron_model(model), gpus, stage, batch, bandwidth_bytes_per_s=bandwidth_bytes_per_s, efficiency=efficiency)


@app.function
@lk.experiment(
    "B",
    "What does a pipeline schedule change?",
    scenario="The layers are cut into stages, one GPU each; the batch into microbatches. GPipe runs all forward passes, then all backward passes. "
    "1F1B alternates as soon as it can. Interleaved 1F1B gives each GPU several smaller pieces of the model (virtual stages).",
    controls=dict(
        schedule=lk.choice("Schedule", {"gpipe": "GPipe", "1f1b": "1F1B", "interleaved_2": "interleaved, 2 pieces", "interleaved_4": "interleaved, 4 pieces"}, default="1f1b"),
        stages=lk.choice("Stages", (2, 4, 8, 12, 16), default=8),
        microbatches=lk.slider("Microbatches", 1, 64, step=1, default=16, help="Interleaving needs a multiple of the stages; it takes the next one up."),
        heavy=lk.slider("Work of the last (virtual) stage", 1.0, 2.0, step=0.05, default=1.0, unit="×", more=True),
        backward=lk.slider("Backward against forward pass", 1.0, 3.0, step=0.5, default=2.0, unit="×", more=True),
    ),
    predict=lk.predict_number(
        "8 stages, 16 microbatches, forward 1 unit, backward 2. GPipe takes 69 units. By how many percent does 1F1B shorten it?",
        "shortening_share", low=0, high=60, unit="%",
    ),
    idea=lambda r: "A schedule may change the order of the work, and with it memory, or its grain, and with it the bubble (the time that stages idle). 1F1B changes only "
    f"the order: {r.step:g} units as before, {lk.show(r, 'bubble_share')} of the time idle as before, but stage 0 holds {r.held_microbatches:g} microbatches, not {r.microbatches}.",
    readouts=(
        ("step", "Step, units"), ("shortening_share", "Shorter than GPipe"), ("bubble_share", "Bubble"), ("held_microbatches", "Held at stage 0, at most"),
        ("microbatches", "Microbatches run"), ("busiest_stage", "Busiest stage"),
    ),
    failures=(
        lk.failure("mostly idle", lambda r: r.bubble_share > 0.5, "More microbatches or an interleaved schedule fill the bubble.",
                   lambda r: f"{lk.show(r, 'bubble_share')} of the time is bubble, more than half"),
        lk.failure("out of memory", lambda r: r.held_microbatches > 12, "1F1B, fewer stages or fewer microbatches lead out.",
                   lambda r: f"stage 0 holds {r.held_microbatches:g} microbatches, room for 12"),
    ),
    explain=lk.explain(
        "Suppose that the last (virtual) stage gets 25 % heavier than the others. By how much does the step grow, roughly?", {g: f"{g} %" for g in ("3", "9", "17", "25")},
        lambda r: min(("3", "9", "17", "25"), key=lambda g: abs(int(g) / 100 - heavier(r).growth_share)),
    ),
    terms=("arithmetic",),
    binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_schedule(r, said),
)
def schedule_run(schedule, stages, microbatches, heavy, backward):
    """One step of a pipeline, simulated operation by operation."""
    name, chunks = SCHEDULES[schedule]
    run = pipeline_schedule.snap_microbatches(name, stages, microbatches)
    return pipeline_schedule.simulate_pipeline(name, stages, run, chunks=chunks, heavy=heavy, backward=backward)


@app.function
def heavier(r):
    """What a last stage that is 25 % heavier does to this pipeline."""
    return pipeline_schedule.imbalance(r.schedule, r.stages, r.microbatches, chunks=r.chunks, heavy=1.25, backward=r.backward)


@app.function
def study(r):
    """The map around a layout, its reference with tensor parallelism 8, and what would shorten its step."""
    cut = Layout(r.tensor, r.pipeline, r.microbatch, r.recomputation, r.chunks, r.zero1)
    return layout_search.study_layout(megatron_model("174.6B"), cut, gpus=r.gpus, batch=r.batch)


@app.function
@lk.experiment(
    "C",
    "What does more tensor parallelism do to a step?",
    scenario="Tensor parallelism cuts every matrix over a group of GPUs, which sum their parts (an all-reduce) several times a layer. "
    "Eight GPUs share a node and its fast links. What tensor × pipeline leaves over become replicas, each with its share of the batch.",
    controls=dict(
        tensor=lk.choice("Tensor parallelism", (1, 2, 4, 8, 16, 32), default=16),
        pipeline=lk.choice("Pipeline stages", (1, 2, 4, 8, 16, 32), default=8),
        recomputation=lk.choice("Recomputation", ("full", "selective", "none"), default="full"),
        microbatch=lk.choice("Microbatch, sequences", (1, 2, 4), default=1, more=True),
        chunks=lk.choice("Pieces a GPU (interleaving)", (1, 2, 3, 6), default=1, more=True),
        zero1=lk.toggle("ZeRO-1: divide the optimiser state over replicas", more=True),
        batch=lk.choice("Batch, sequences a step", (768, 1536, 3072), default=1536, more=True),
    ),
    predict=lk.predict_number(
        "1,024 A100s, 8 pipeline stages, full recomputation. Tensor parallelism goes from 8 (one node) to 16 (two nodes). The step takes how many times as long as before?",
        low=0.3, high=4, unit="×", log=True,
        answer=lambda r: study(r).relative,
    ),
    idea=lambda r: "The number of GPUs is fixed, so tensor parallelism does not shrink the work of a GPU. Half as many replicas remain, and each runs twice the microbatches "
    f"({r.microbatches}), all with all-reduces that nothing hides: {lk.show(r, 'tensor_s')} of {lk.show(r, 'time_s')}, because they cross the network between two nodes.",
    readouts=(("time_s", "Step"), ("memory_bytes", "Memory a GPU"), ("reported_flop_per_s_per_gpu", "Rate a GPU"), ("microbatches", "Microbatches a replica")),
    failures=(lk.failure("out of memory", lambda r: not r.fits, "More stages, more tensor parallelism, more recomputation or ZeRO-1 lead out.",
                         lambda r: f"needs {lk.show(r, 'memory_bytes')}, has {lk.show(r, 'memory_limit_bytes')} of 80 GB"),),
    explain=lk.explain(
        "What would shorten this step most, memory ignored?",
        {"half the bubble": "half the bubble", "free tensor all-reduces": "tensor all-reduces that take no time", "no recomputation": "no recomputation"},
        lambda r: study(r).cures.best, asked=lambda r: r.recomputation == "full" or r.tensor > 1 or r.pipeline > 1,
    ),
    terms=("data", "arithmetic"),
    binding=lambda r: "data" if r.tensor_s > r.compute_s else "arithmetic",
    instruments=lambda r, said: draw_layout(r, said),
)
def layout_step(tensor, pipeline, recomputation, microbatch, chunks, zero1, batch):
    """One step of the 174.6-billion-parameter model on 1,024 A100s under a layout."""
    return estimate_layout(megatron_model("174.6B"), Layout(tensor, pipeline, microbatch, recomputation, chunks, zero1), gpus=1024, batch=batch)


@app.function
@lk.decision(
    "A layout for 1,024 GPUs",
    scenario="The job that died must run: 174.6 billion parameters, 1,024 A100s, batch 1,536. A step may take {time_limit_s}, a GPU may hold {memory_limit_bytes}. "
    "The GPUs of one replica stop together when one of them fails, so look at their number before you sign.",
    controls=dict(
        tensor=lk.choice("Tensor parallelism", (1, 2, 4, 8, 16), default=8),
        pipeline=lk.choice("Pipeline stages", (1, 2, 4, 8, 16, 32), default=1),
        recomputation=lk.choice("Recomputation", ("full", "selective", "none"), default="full"),
        chunks=lk.choice("Pieces a GPU (interleaving)", (1, 2, 3, 6), default=1),
        zero1=lk.toggle("ZeRO-1: divide the optimiser state over replicas"),
        microbatch=lk.choice("Microbatch, sequences", (1, 2, 4), default=1, more=True),
    ),
    given=lambda d: dict(time_limit_s=d.choice([20.8, 21.5, 22.2]), memory_limit_bytes=d.choice([68e9, 70e9, 72e9])),
    given_units=dict(time_limit_s="s", memory_limit_bytes="B"),
    constraints=(lk.at_most("time_s", "time_limit_s", "step time"), lk.at_most("memory_bytes", "memory_limit_bytes", "memory a GPU")),
    objective=("lowest", "time_s"),
    readouts=(("gpus_per_replica", "GPUs a replica: one failure stops"), ("data_parallel", "Replicas"), ("reported_flop_per_s_per_gpu", "Rate a GPU")),
    labels={"time_s": "step time"},
    instruments=lambda r, given, now: draw_decision(r, given, now),
)
def chosen_layout(tensor, pipeline, recomputation, chunks, zero1, microbatch):
    """Time and memory of the layout that the team will run."""
    return estimate_layout(megatron_model("174.6B"), Layout(tensor, pipeline, microbatch, recomputation, chunks, zero1), gpus=1024, batch=1536)


@app.function
@lk.drill(
    "state",
    "{billions} billion parameters train with Adam, 16 bytes a parameter in all, on {gpus} data-parallel GPUs under ZeRO stage {stage}. How much state does a GPU hold?",
    draw=lambda d: dict(billions=d.choice([1.3, 7, 13, 30, 70, 175, 530]), gpus=d.choice([8, 16, 64, 128, 384, 512]), stage=d.choice([0, 1, 2, 3])),
    unit="GB", tolerance=0.02,
)
def state_of_a_gpu(billions, gpus, stage):
    """Weights, gradients and optimiser state on one GPU."""
    return training_memory.training_state(billions * 1e9, gpus, stage).state_bytes


@app.function
@lk.drill(
    "bubble",
    "A pipeline of {stages} stages idles (p−1)/(m+p−1) of the time with m microbatches. What is the smallest m for a bubble of at most {percent} %?",
    draw=lambda d: dict(stages=d.integer(4, 32), percent=d.integer(5, 25)), tolerance=0,
)
def fewest(stages, percent):
    """Fewest microbatches that keep the bubble inside a whole percentage."""
    return pipeline_schedule.fewest_microbatches(stages, percent)


@app.function
@lk.drill(
    "network",
    "{billions} billion parameters train under ZeRO-3 with full recomputation: 8 FLOP a parameter and token, 6 bytes a parameter exchanged by every GPU and step. A step takes "
    "{tokens} tokens; an A100 reaches 46 % of 312 TFLOP/s and exchanges {bandwidth_bytes_per_s}. Beyond how many GPUs does the network bind?",
    draw=lambda d: dict(billions=d.choice([13, 30, 70, 175, 530]), tokens=d.integer(1, 8) * 1_000_000, bandwidth_bytes_per_s=d.integer(5, 50) * 1e9),
    show=dict(bandwidth_bytes_per_s="B/s"),
)
def network_binds_beyond(billions, tokens, bandwidth_bytes_per_s):
    """GPUs at which exchange and computation take equally long; the parameters cancel."""
    return sharding.zero3_network_bound_gpus(tokens, bandwidth_bytes_per_s)


@app.cell
async def _():
    parts = [sharded_step, schedule_run, layout_step, chosen_layout]
    lab = await lk.open_lab("lab_05_dist_train", parts, [state_of_a_gpu, fewest, network_binds_beyond], __file__)
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
        ("Compute memory and traffic of the ZeRO stages, and find where sharding stops paying.",
         "Simulate pipeline schedules, and separate what they change: time, memory, or neither.",
         "Search layouts of tensor, pipeline and data parallelism, and explain why the best one is best."),
        "A model of 175 billion parameters is to train on 1,024 A100s. Today it runs with tensor parallelism 8 and 128 replicas, and dies: out of memory. "
        "One engineer says “just shard everything”, another “more tensor parallelism”, a third “a better pipeline schedule”. "
        "You test each claim against a simulator that is checked against published runs.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, sharded_step, a, log())
    return


@app.function
def draw_sharding(r, said):
    """The memory of a GPU, and the rate of a GPU over the number of GPUs."""
    what = {"memory": "it does not fit", "network": "the network binds", "compute": "computation binds"}[r.binding]
    parts = [("weights", r.weights_bytes), ("gradients", r.gradients_bytes), ("optimiser", r.optimizer_bytes), ("activations", r.activation_bytes)]
    return (
        ins.memory_stack(
            [(f"ZeRO-{r.stage}, {r.gpus:,} GPUs", parts)], capacity=(r.memory_limit_bytes, "a GPU has this"),
            title=f"A GPU needs {lk.show(r, 'memory_bytes')} and has {lk.show(r, 'memory_limit_bytes')}",
        ),
        ins.curve(
            [ins.Series(f"{r.model}, batch {r.batch:,}", list(zip(r.curve_gpus, r.curve_flop_per_s)))],
            title=f"{lk.show(r, 'flop_per_s_per_gpu')} a GPU on {r.gpus:,} GPUs: {what}. Crosses: published ZeRO-3 runs",
            x_name="GPUs", x_unit="1", y_name="Rate a GPU", y_unit="FLOP/s", x_log=True, y_log=True,
            you=(r.gpus, r.flop_per_s_per_gpu), x_ticks=(64, 128, 256, 512, 1024, 2048),
            published=[(gpus, rate, model if gpus in (768, 2240) else "") for model, gpus, _, rate in r.published],
            prediction=said and (r.gpus, r.flop_per_s_per_gpu * said.value / r.speedup) if r.gpus == 1536 else None,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, sharded_step, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, schedule_run, b, log())
    return


@app.function
def draw_schedule(r, said):
    """One lane a stage, forward and backward passes with their microbatch, and what stage 0 holds."""
    return ins.timeline(
        [f"S{s}" for s in range(r.stages)],
        [ins.Bar(f"S{x.stage}", x.start, x.end, f"{x.microbatch}", "O" if x.kind == "F" else "muted:solid") for x in r.bars],
        title=f"The stages idle {lk.show(r, 'bubble_share')} of the time; stage 0 holds up to {r.held_microbatches:g} microbatches",
        unit="1", quantity_x="Time, forward passes of a stage",
        below=ins.Quantity("Microbatches held at stage 0", r.held_over_time, limit=(12, "room for 12")), reference=(r.gpipe_step, "GPipe"),
        prediction=said and r.gpipe_step * (1 - said.value / 100), key=(("O", "forward"), ("muted:solid", "backward"), ("idle", "idle")),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, schedule_run, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, layout_step, c, log())
    return


@app.function
def draw_layout(r, said):
    """The map of tensor × pipeline, and the parts of this layout's step."""
    s, ts, ps = study(r), layout_search.TENSOR, layout_search.PIPELINE
    at = {(ps.index(x.pipeline), ts.index(x.tensor)): x for x in s.cells}
    best = f"{s.feasible} layouts fit; the fastest, {s.best_tensor} × {s.best_pipeline}, takes {lk.show(s, 'best_time_s')}" if s.feasible else "No layout of this map fits"
    than = "" if s.relative is None or r.tensor == s.reference_tensor else f", {lk.show(s, 'relative')} the time of tensor parallelism {s.reference_tensor}"
    return (
        ins.phase_map(
            [f"{p}" for p in ps], [f"{t}" for t in ts], title=f"{best} (tensor × pipeline)",
            x_name="Pipeline stages", y_name="Tensor parallelism", value_name="step time", unit="s",
            values=[[at[i, j].time_s for i in range(len(ps))] for j in range(len(ts))],
            void={place: x.state for place, x in at.items() if x.state != "ok"},
            you=(ps.index(r.pipeline), ts.index(r.tensor)), log=True,
        ),
        ins.waterfall(
            [("step", [(part, seconds, PART_STYLE[part]) for part, seconds in s.waterfall])], you="step",
            title=f"{r.tensor} × {r.pipeline}: a step takes {lk.show(r, 'time_s')}{than}",
            prediction=s.reference_time_s * said.value if said and s.reference_time_s else None,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, layout_step, c, log())
    return


@app.function
def draw_decision(r, given, now):
    """Your layout among those with one of its two degrees changed, and the parts of its step."""
    here, most_s, most_bytes = study(r), given["time_limit_s"], given["memory_limit_bytes"]
    near = [x for x in here.cells if x.state != "void" and x.tensor <= 16 and (x.tensor == r.tensor or x.pipeline == r.pipeline)]
    return (
        ins.pareto(
            [ins.Design(f"{x.tensor} × {x.pipeline}", x.memory_bytes, x.time_s, x.time_s <= most_s and x.memory_bytes <= most_bytes) for x in near],
            title=f"Your {r.tensor} × {r.pipeline}: {lk.show(r, 'time_s')} and {lk.show(r, 'memory_bytes')}, among layouts with one degree changed",
            x_name="Memory a GPU", x_unit="B", y_name="Step", y_unit="s", y_better="low", x_log=True,
            x_limit=(most_bytes, "memory limit"), y_limit=(most_s, "time limit"), you=f"{now['tensor']} × {now['pipeline']}",
        ),
        ins.waterfall(
            [("step", [(part, seconds, PART_STYLE[part]) for part, seconds in here.waterfall])], you="step",
            title=f"One failure stops {r.gpus_per_replica} GPUs; the step takes {lk.show(r, 'time_s')}", limit=(most_s, "time limit"),
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, chosen_layout, d, log())
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
