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
    app_title="Twelve times the machines", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import failure_coupling, fleet_quote, fleet_size, reliability, step_scaling
    from mlsysim.units import DAY, HOUR, MINUTE

    GPU_NAMES = {"a100_sxm_80gb": "A100, 80 GB", "h100_sxm": "H100, 80 GB", "b200": "B200, 180 GB"}
    REGIONS = {"one": ("one GPU is enough", "edge:open"), "memory": ("memory decides", "data:solid"), "time": ("time decides", "arithmetic:hatch")}
    WORK = {"kept": ("work kept", "other"), "lost": ("work lost", "arithmetic:solid"), "restart": ("restart", "L")}
    LEAVES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
    # What the lab can be short of: days until the model is due, dollars, billions of tokens that there are.
    BRIEFS = {
        "budget": ((14.5, 15, 15.5, 16), (1.75e6, 1.8e6, 1.85e6), (320, 360, 400)),
        "corpus": ((13.9, 14.2, 15, 16), (2e6, 2.05e6, 2.1e6), (260, 270, 280)),
        "date": ((8.8, 9, 9.2, 9.4), (1.84e6, 1.88e6, 1.92e6), (390, 400, 420)),
        "race": ((5.8, 6), (2.4e6, 2.5e6), (390, 400, 420)),
    }


@app.function
def brief(draw):
    """What this student's lab is short of, and its three limits."""
    days, usd, tokens = (draw.choice(options) for options in BRIEFS[draw.choice(tuple(BRIEFS))])
    return dict(time_limit_s=days * DAY, cost_limit_usd=usd, tokens_limit=tokens)


@app.function
@lk.experiment(
    "A",
    "How many GPUs does a training run need?",
    scenario="Adam in 16-bit mixed precision holds 16 bytes a parameter, and the GPUs can share them. Training takes about 6 FLOP a parameter and token, "
    "and the GPUs share those, too. MFU is the share of a GPU's peak that a run reaches.",
    controls=dict(
        model=lk.choice("Model", fleet_size.models(), default="llama2_70b"),
        tokens=lk.steps("Training tokens", fleet_size.token_stops(), default=2e12, unit="tokens"),
        days=lk.slider("Deadline", 1, 180, step=1, default=30, unit="days"),
        device=lk.choice("GPU", GPU_NAMES, default="h100_sxm", more=True),
        mfu_share=lk.slider("MFU", 0.2, 0.6, step=0.01, default=0.4, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "Llama 2 70B, 2 trillion tokens, H100s (80 GB, 989 TFLOP/s) at 40 % MFU, done in 30 days. How many GPUs?", "gpus", low=1, high=100_000, unit="GPUs", log=True,
    ),
    idea=lambda r: f"Two walls force a run onto many GPUs. The state of {lk.show(r, 'state_bytes')} fits into {lk.show(r, 'memory_gpus')}; to end in time it takes "
    f"{lk.show(r, 'time_gpus')}. Both counts grow with the parameters, so the size of the model does not decide between them: up to {lk.show(r, 'boundary_tokens')} memory "
    "asks for more, whatever the model, beyond them time does.",
    readouts=(
        ("gpus", "GPUs"), ("memory_gpus", "For the state"), ("time_gpus", "For the deadline"), ("gpu_hours", "GPU-hours"), ("published", "The published run took"),
    ),
    failures=(
        lk.failure("no such fleet", lambda r: r.gpus > 16384, "A later deadline, fewer tokens or another GPU lead out.",
                   lambda r: f"{lk.show(r, 'gpus')}, more than the 16,384 of the published Llama 3 run"),
    ),
    explain=lk.explain(
        "The model gets twice as large and the deadline twice as long; tokens and GPU stay. What happens to the number of GPUs?",
        {"doubles": "it doubles", "grows": "it grows, by less", "stays": "it stays as it is"}, lambda r: r.both_doubled,
    ),
    terms=("arithmetic",),
    binding=lambda r: "arithmetic" if r.wall == "time" else "",
    instruments=lambda r, said: draw_walls(r, said),
)
def walls(model, tokens, days, device, mfu_share):
    """GPUs that the state and the deadline ask for."""
    return fleet_size.fleet_size(model, tokens, days * DAY, mfu_share, device)


@app.function
@lk.experiment(
    "B",
    "Twelve times the GPUs: how much sooner?",
    scenario="A model of 175 billion parameters trains on A100s. With a batch of 768 sequences, a published step took 40.0 s on 256 GPUs and 11.9 s on 1,024.",
    controls=dict(
        gpus=lk.choice("GPUs", step_scaling.GPUS, default=12288),
        batch=lk.choice("Batch, sequences of 2,048 tokens", step_scaling.BATCHES, default=768),
        loss_nats=lk.slider("Loss that sets the critical batch", 1.8, 2.4, step=0.1, default=2.0, unit="nats", more=True),
        usd_per_gpu_hour=lk.slider("Price of a GPU-hour", 1.0, 12.0, step=0.5, default=2.0, unit="$", more=True),
    ),
    predict=lk.predict_number("From 1,024 to 12,288 GPUs, still 768 sequences a step: how many times faster is a step?", "speedup", low=1, high=12, unit="×"),
    idea=lambda r: f"A step has a part that more GPUs divide and a part that they do not: the pipeline's fill, exchange that nothing hides, the optimiser. {lk.show(r, 'fixed_s')} of "
    f"a step stay, on {lk.show(r, 'gpus')} {lk.show(r, 'fixed_share')} of it (Amdahl). A larger batch gives the fleet more to divide (Gustafson), and asks for more tokens "
    "until the same loss. The line is solved from two published steps; the other six lie within "
    f"{lk.show(r, 'worst_error_share')} of it.",
    readouts=(("speedup", "Throughput, against 1,024 GPUs"), ("step_s", "Step"), ("fixed_share", "Fixed part"), ("tokens", "Tokens to the target"), ("run_s", "Run, without failures"), ("cost_usd", "Rent")),
    failures=(
        lk.failure("larger batch, later and dearer", lambda r: r.run_s > r.half_batch_run_s, "A smaller batch leads out.",
                   lambda r: f"{lk.show(r, 'run_s')}; half the batch would take {lk.show(r, 'half_batch_run_s')} on the same GPUs"),
    ),
    explain=lk.explain(
        "On these GPUs, which batch ends the run sooner?", {"larger": "twice the batch", "smaller": "half the batch", "keep": "neither of the two"}, lambda r: r.better_batch,
    ),
    terms=("arithmetic", "overhead"),
    binding=lambda r: "overhead" if r.fixed_share > 0.5 else "arithmetic",
    instruments=lambda r, said: draw_scaling(r, said),
)
def scaling(gpus, batch, loss_nats, usd_per_gpu_hour):
    """Step, tokens, run and rent on a number of GPUs with a batch."""
    return step_scaling.scale_step(gpus, batch, loss_nats, usd_per_gpu_hour)


@app.function
@lk.experiment(
    "C",
    "What does a rare failure cost?",
    scenario="In Llama 3's training, a GPU interrupted the job once in 5.8 years on average. One job on all GPUs stops with each of them. Independent replicas do not. "
    "A request that asks many leaf servers waits for the slowest.",
    controls=dict(
        gpus=lk.choice("GPUs", failure_coupling.FLEETS, default=16384),
        coupling=lk.choice("Coupling", {"job": "one job on all GPUs", "replicas": "independent replicas", "requests": "requests that ask many leaves"}, default="job"),
        restart_min=lk.slider("Restart", 6, 120, step=6, default=30, unit="min"),
        checkpoint_min=lk.steps("Checkpoint every", (15, 30, 60, 120, 240), default=30, unit="min", more=True),
        repair_h=lk.slider("Repair of a replica", 1, 48, step=1, default=4, unit="h", more=True),
        slow_leaf_share=lk.log_slider("Slow answers of one leaf", 0.0001, 0.05, default=0.01, per_decade=6, unit="share", more=True),
        leaves=lk.steps("Leaves that a request asks", LEAVES, default=100, more=True),
    ),
    predict=lk.predict_number(
        "One job on 16,384 GPUs, each of which stops it once in 5.8 years. Every stop costs a restart of 30 minutes and the work since the last half-hourly checkpoint. "
        "What share of 30 days is lost?", "lost_share", low=0, high=100, unit="%",
        also=lambda r: tuple(sorted((r.job_expected_share, r.job_lost_share))),
    ),
    idea=lambda r: f"Parts that fail rarely make a whole that fails often: every {lk.show(r, 'mtbf_s')} here. What a failure costs is decided by the coupling. "
    f"One job loses {lk.show(r, 'job_lost_share')} of its time, independent replicas {lk.show(r, 'replicas_lost_share')} of their capacity whatever their number, "
    f"and {lk.show(r, 'requests_slow_share')} of the requests that ask {lk.show(r, 'fan_out')} leaves meet a slow one.",
    readouts=(("lost_share", "Lost"), ("mtbf_s", "Between failures of the fleet"), ("failures", "Failures in 30 days"), ("untouched_day_share", "Chance of a day without one")),
    failures=(
        lk.failure("working less than half the time", lambda r: r.coupling == "job" and r.lost_share > 0.5, "Checkpoints more often, a faster restart or fewer GPUs lead out.",
                   lambda r: f"{lk.show(r, 'lost_share')} of 30 days are restarts and repeated work"),
        lk.failure("most requests are slow", lambda r: r.coupling == "requests" and r.lost_share > 0.5, "Fewer leaves or better leaves lead out.",
                   lambda r: f"{lk.show(r, 'lost_share')} of the requests meet a slow leaf"),
    ),
    explain=lk.explain(
        "The number of GPUs doubles. What happens to the share that is lost?",
        {"doubles": "it about doubles", "less": "it grows, by far less", "same": "it stays as it is", "fan-out": "it depends on the leaves asked, not on the GPUs"}, lambda r: r.doubled,
    ),
    terms=("overhead",),
    binding=lambda r: "overhead",
    instruments=lambda r, said: draw_coupling(r, said),
)
def coupling_study(gpus, coupling, restart_min, checkpoint_min, repair_h, slow_leaf_share, leaves):
    """Thirty days of failures under three couplings."""
    return failure_coupling.couple(gpus, coupling, restart_min * MINUTE, checkpoint_min * MINUTE, repair_h * HOUR, slow_leaf_share, leaves)


@app.function
@lk.decision(
    "Sign for a fleet",
    scenario="The 175-billion model is due in {time_limit_s}, for {cost_limit_usd} at most, and there are {tokens_limit} to train on. A GPU-hour costs $2. Restarts take "
    "2 hours by hand, 30 minutes automatically ($60,000), 6 minutes with hot spares ($60,000 and 3 % more GPUs; plans and prices illustrative). "
    "Checkpoints are half-hourly, GPUs fail as in part C.",
    controls=dict(
        gpus=lk.choice("GPUs", fleet_quote.GPUS, default=1024),
        batch=lk.choice("Batch, sequences of 2,048 tokens", step_scaling.BATCHES, default=768),
        recovery=lk.choice("Recovery", fleet_quote.recoveries(), default="manual"),
    ),
    given=lambda d: brief(d),
    given_units=dict(time_limit_s="s", cost_limit_usd="$", tokens_limit="billion tokens"),
    constraints=(lk.at_most("time_s", "time_limit_s", "done in"), lk.at_most("cost_usd", "cost_limit_usd", "bill"), lk.at_most("tokens_billion", "tokens_limit", "reads")),
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "bill"},
    readouts=(("interruptions", "Interruptions"), ("useful_share", "Useful time"), ("step_s", "Step")),
    instruments=lambda r, given, now: draw_quote(r, given, now),
)
def quote(gpus, batch, recovery):
    """Date, bill and tokens of one run."""
    return fleet_quote.quote(gpus, batch, recovery)


@app.function
@lk.drill(
    "state",
    "A model of {billions} billion parameters trains with Adam in 16-bit mixed precision: 16 bytes a parameter. An H100 has 80 GB; a fifth stays free for activations. How many H100s hold the state, at least?",
    draw=lambda d: dict(billions=d.integer(3, 200)), unit="GPUs", tolerance=0,
)
def least_for_state(billions):
    """GPUs that hold the training state."""
    return fleet_size.least_gpus(billions * 1e9)


@app.function
@lk.drill(
    "amdahl",
    "A step takes {first_s} on {gpus} GPUs. On four times as many, with the same batch, it takes {second_share} of that. How long does it take on sixteen times as many?",
    draw=lambda d: dict(first_s=d.number(20, 60, step=0.5), second_share=d.number(0.28, 0.35, step=0.01), gpus=d.choice((64, 128, 256, 512))),
    unit="s", show=dict(first_s="s", second_share="share"),
)
def sixteen_times(first_s, second_share, gpus):
    """Step time on sixteen times the GPUs, by Amdahl's law through two measurements."""
    return step_scaling.step_at(16 * gpus, *step_scaling.split(gpus, first_s, 4 * gpus, second_share * first_s))


@app.function
@lk.drill(
    "interval",
    "One GPU interrupts its job once in {mtbf_hours} hours on average. A job runs on {gpus} of them. How many hours pass between two interruptions, on average?",
    draw=lambda d: dict(mtbf_hours=d.integer(40, 60) * 1000, gpus=d.choice((1024, 2048, 4096, 8192, 16384, 32768))), unit="h",
)
def between_interruptions(mtbf_hours, gpus):
    """Mean time between interruptions of a job."""
    return reliability.run_mtbf_s(gpus, mtbf_hours * HOUR)


@app.cell
async def _():
    lab = await lk.open_lab("lab_01_introduction", [walls, scaling, coupling_study, quote], [least_for_state, sixteen_times, between_interruptions], __file__)
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
        ("Compute which resource forces a training run onto many machines.",
         "Fit Amdahl's law to published step times, and predict a fleet that is twelve times as large.",
         "Distinguish three ways in which the parts of a fleet are coupled, and quantify what a failure costs in each."),
        "A lab wants a model of 175 billion parameters and holds quotes for fleets of 256 to 12,288 GPUs. The finance lead asks one question: “If I pay for twelve times the "
        "machines, do I get it twelve times sooner?” You name a fleet, a batch and a recovery plan.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, walls, a, log())
    return


@app.function
def draw_walls(r, said):
    """The map of what decides, with published runs; and the two counts against the prediction."""
    words = {
        "one": "One GPU is enough", "memory": f"Memory decides: {lk.show(r, 'memory_gpus')} hold the state",
        "time": f"Time decides: {lk.show(r, 'time_gpus')}, where memory asks for {lk.show(r, 'memory_gpus')}",
    }
    return (
        ins.region_map(
            r.map_tokens, r.map_parameters, r.map_walls, title=f"{words[r.wall]}. Dots: published runs", x_name="Training tokens", x_unit="tokens",
            y_name="Parameters", y_unit="1", regions=REGIONS, you=(r.tokens, r.parameters), dots=r.published_runs,
        ),
        ins.curve(
            [ins.Series("for the deadline", r.time_curve, "arithmetic", "solid"), ins.Series("for the state", r.memory_curve, "data", "dash")],
            title=f"{r.model}: from {lk.show(r, 'boundary_tokens')} on, the deadline asks for more GPUs than the state", x_name="Training tokens", x_unit="tokens", y_name="GPUs", y_unit="GPUs",
            x_log=True, y_log=True, you=(r.tokens, r.gpus), y_limit=(16384, "published Llama 3 run"), prediction=said.value, height=190.0,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, walls, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, scaling, b, log())
    return


@app.function
def draw_scaling(r, said):
    """Step time over the fleet with the published steps, the parts of a step, and the run over the batch."""
    return (
        ins.curve(
            [ins.Series(f"batch {r.batch:,}", r.curve), ins.Series("ideal", r.ideal, "muted", "dash")],
            title=f"{lk.show(r, 'gpus')}, batch {r.batch:,}: {lk.show(r, 'step_s')} a step. Crosses: published, left with batch 768, right with 6,144", x_name="GPUs", x_unit="1", y_name="Step", y_unit="s",
            x_log=True, y_log=True, x_ticks=(256, 1024, 4096, 12288), you=(r.gpus, r.step_s),
            published=[(n, t, "") for n, t, _ in r.published],
            prediction=(r.gpus, r.step_at_speedup(said.value)), prediction_label=f"you said {lk.said(said)}",
        ),
        ins.split_bar([("divided over the GPUs", r.shrinking_s, "O"), ("the same on any fleet", r.fixed_s, "L")], title=f"{lk.show(r, 'fixed_share')} of the step would stay on any fleet", unit="s", quantity="Step"),
        ins.curve(
            [ins.Series(lk.show(r, "gpus"), r.batch_curve)], title=f"Batch {r.batch:,}: {lk.show(r, 'steps')} steps, {lk.show(r, 'tokens')}, {lk.show(r, 'run_s')} until the target loss", x_name="Batch, sequences",
            x_unit="1", y_name="Run", y_unit="s", x_log=True, y_zero=True, x_ticks=step_scaling.BATCHES, you=(r.batch, r.run_s), height=190.0,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, scaling, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, coupling_study, c, log())
    return


@app.function
def draw_coupling(r, said):
    """What is lost over the size of the fleet, and the first three days; of requests, what is slow over the leaves asked."""
    if r.coupling == "requests":
        return ins.curve(
            [ins.Series(f"{lk.show(r, 'slow_leaf_share')} of a leaf's answers slow", r.requests_curve)], title=f"{lk.show(r, 'requests_slow_share')} of requests that ask {lk.show(r, 'fan_out')} leaves are slow, on any number of GPUs",
            x_name="Leaves that a request asks", x_unit="1", y_name="Slow requests", y_unit="share", x_log=True, y_zero=True, you=(r.fan_out, r.lost_share), y_limit=(0.5, "half of the requests"),
        )
    job = r.coupling == "job"
    whole = f"One job loses {lk.show(r, 'job_lost_share')} of 30 days" if job else f"Replicas lose {lk.show(r, 'replicas_lost_share')} of their capacity, on any number of GPUs"
    return (
        ins.curve(
            [ins.Series("one job, mean", r.job_curve, spot=r.job_curve[12]), ins.Series("independent replicas", r.replicas_curve)], title=f"{whole}: a failure every {lk.show(r, 'mtbf_s')}", x_name="GPUs", x_unit="1", y_name="Lost", y_unit="share", x_log=True, y_log=True,
            x_ticks=(8, 256, 4096, 65536), you=(r.gpus, r.lost_share or r.job_expected_share), you_label=lk.show(r, "lost_share"), y_limit=(0.5, "half the time"),
            prediction=(16384, lk.said_si(said)) if said.value else None, prediction_label=f"you said {lk.said(said)}",
        ),
        ins.timeline(
            ["one job on all GPUs"], [ins.Bar("one job on all GPUs", start, end, "", WORK[kind][1]) for kind, start, end in r.first_days],
            title="The first three days: each failure stops the whole job, or takes one replica away", key=[(style, word) for word, style in WORK.values()], end=failure_coupling.SHOWN_S,
            below=ins.Quantity(f"Replicas under repair, of {r.gpus:,} (at most {r.most_away} at once)", r.away),
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, coupling_study, c, log())
    return


@app.function
def draw_quote(r, given, now):
    """Date and bill of your quote and of those with one choice changed."""
    fits = lambda q: q.time_s <= given["time_limit_s"] and q.cost_usd <= given["cost_limit_usd"] and q.tokens <= given["tokens_limit"]  # noqa: E731
    return ins.pareto(
        [ins.Design(name or "your quote", q.time_s, q.cost_usd, fits(q)) for name, q in fleet_quote.neighbours(**now)],
        title=f"{r.gpus:,} GPUs, batch {r.batch:,}, {r.recovery}: {lk.show(r, 'time_s')}, {lk.show(r, 'cost_usd')}, {r.interruptions:.0f} interruptions",
        x_name="Done after", x_unit="s", y_name="Bill", y_unit="$", y_better="low", x_log=True, y_log=True, x_limit=(given["time_limit_s"], "due"), y_limit=(given["cost_limit_usd"], "budget"),
        you="your quote",
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, quote, d, log())
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
