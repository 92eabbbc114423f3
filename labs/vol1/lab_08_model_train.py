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
    app_title="The step, the stack and the target", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import critical_batch, gpt_step, loss_scaling, mixed_precision, rented_run
    from mlsysim.units import fmt

    MODELS = {"gpt2_small": "GPT-2 small, 124 million", "gpt2_medium": "GPT-2 medium, 355 million", "gpt2_large": "GPT-2 large, 774 million", "gpt2_xl": "GPT-2 XL, 1.56 billion"}
    MODES = {"none": "none: keep all that backward needs", "selective": "selective: the attention scores again", "full": "full: keep only each layer’s input"}
    CARDS = {"l4": "L4, 24 GB", "a100_sxm_40gb": "A100, 40 GB", "a100_sxm_80gb": "A100, 80 GB", "h100_sxm": "H100, 80 GB"}
    OPTIMIZERS = {"adam": "Adam, 16 bytes a parameter", "adam_8bit": "8-bit Adam, 10 bytes", "momentum": "SGD with momentum, 12 bytes"}
    FORMATS = {"fp32": "fp32", "tf32": "TF32: 32 bits stored, short products", "fp16": "fp16", "bf16": "bf16"}
    BLOCKS = {"state": "training state: weights, gradients, optimizer", "activations": "activations kept for backward", "head": "the head: logits and softmax", "recompute": "the layer that is computed again"}
    BATCHES = tuple(2**i for i in range(4, 23))


@app.function
@lk.experiment(
    "A",
    "How many sequences fit on one card?",
    scenario="Training runs forward through the layers and then back. On its way forward each layer keeps its intermediate values (activations), because its backward pass needs them. "
    "Recomputation keeps fewer and works them out again on the way back. A micro-batch is what is on the card at once.",
    controls=dict(
        batch=lk.slider("Micro-batch, sequences", 1, 128, step=1, default=1, unit="1"),
        recomputation=lk.choice("Recomputation", MODES, default="none"),
        model=lk.choice("Model", MODELS, default="gpt2_xl"),
        sequence=lk.choice("Tokens a sequence", (512, 1024, 2048), default=1024, more=True),
        optimizer=lk.choice("Optimizer", OPTIMIZERS, default="adam", more=True),
        device=lk.choice("Card", CARDS, default="a100_sxm_80gb", more=True),
    ),
    predict=lk.predict_number(
        "GPT-2 XL has 1.56 billion weights, 3.1 GB in 16 bits. It trains with Adam in 16-bit mixed precision on sequences of 1,024 tokens, without recomputation, "
        "on one A100 with 80 GB. What is the largest micro-batch that fits?",
        "largest_batch", low=1, high=256, unit="sequences", log=True,
    ),
    idea=lambda r: f"The weights are a small part. The training state takes {lk.show(r, 'state_bytes')}, {lk.show(r, 'state_bytes_per_parameter')} a parameter; then every sequence leaves "
    f"{lk.show(r, 'sequence_bytes')} at the peak, so {r.largest_batch} fit. Full recomputation fits {{0}} and still trains more slowly than {r.largest_batch} sequences do ({{1}} against {{2}}): "
    "it repeats a third of the arithmetic. The context of 1.5 GB and the curve of the rate are illustrative.".format(
        *(shown for none, _, full in [gpt_step.compare_modes()] for shown in (full.largest_batch, lk.show(full, "tokens_per_s"), lk.show(none, "tokens_per_s")))
    ),
    readouts=(("peak_bytes", "Peak"), ("largest_batch", "Largest micro-batch that fits"), ("tokens_per_s", "Tokens a second"), ("efficiency", "Share of the card’s peak rate")),
    failures=(lk.failure("out of memory", lambda r: not r.fits, "Fewer sequences, recomputation, a smaller optimizer state or a larger card lead out.",
                         lambda r: f"at {r.full_at}; the peak needs {lk.show(r, 'peak_bytes')}, the card has {lk.show(r, 'capacity_bytes')}"),),
    explain=lk.explain("What is the largest block at your peak?", BLOCKS, lambda r: r.largest_block),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: (draw_walk(r), draw_modes(r, said)),
)
def memory_of_a_step(batch, recomputation, model, sequence, optimizer, device):
    """Memory over one step, layer by layer, and its speed."""
    return gpt_step.step(model, batch, recomputation, sequence=sequence, optimizer=optimizer, device=device)


@app.function
@lk.experiment(
    "B",
    "What do sixteen bits leave of the peak?",
    scenario="Mixed precision computes and keeps activations in 16 bits. fp16 has few exponents: what is smaller than its smallest number becomes 0. Multiplying the loss by 2ᵏ, "
    "the loss scale, moves all gradients up by k powers of two; the largest must not leave the range, or the step is skipped. A dynamic scale halves at each skipped step and doubles after a number of good ones.",
    controls=dict(
        format=lk.choice("Format", FORMATS, default="fp16"),
        scale_exponent=lk.slider("Loss scale 2ᵏ, k at the start", 0, 24, step=1, default=0, unit="1"),
        dynamic=lk.toggle("Dynamic scale"),
        growth_interval=lk.choice("Good steps until it doubles", (50, 200, 2000), default=2000, unit="1", more=True),
        median_exponent=lk.slider("Median gradient, as a power of two", -30, -14, step=1, default=-22, unit="1", more=True),
    ),
    predict=lk.predict_number(
        "A step of GPT-2 XL on two sequences, with Adam and without recomputation, peaks at 60.3 GB in fp32. What percentage of that peak remains with fp16 mixed precision?", "peak_share", low=0, high=100, unit="%"
    ),
    idea=lambda r: f"Activations shrink to {lk.show(r, 'activation_share')}, the training state stays at {lk.show(r, 'state_bytes')}: the weights are held twice now, in 16 bits and as a master copy in 32, "
    f"and Adam’s numbers stay in 32. So {lk.show(r, 'peak_share')} remains. The gain is elsewhere: the step is {lk.show(r, 'speedup')} faster. The price: with this scale {lk.show(r, 'lost_share')} of the gradients become 0. "
    "The distribution of the gradients is illustrative, in the shape of published histograms.",
    readouts=(("peak_bytes", "Peak"), ("step_s", "Time of a step"), lk.at_most("lost_share", 0.05, "Gradients that become 0"), lk.at_most("skipped_share", 0.10, "Steps skipped")),
    failures=(
        lk.failure("diverged: the scale is too high", lambda r: r.state == "diverged", "A lower scale, a dynamic one, or a format with more exponents leads out.",
                   lambda r: f"{r.skipped_steps:,} of {r.steps:,} steps skipped"),
        lk.failure("updates stall", lambda r: r.state == "stalls", "A higher scale, or a format with more exponents, leads out.", lambda r: f"{lk.show(r, 'lost_share')} of the gradients become 0"),
    ),
    explain=lk.explain(
        "From fp32 to your format: which is the largest block that did not shrink?",
        {"state": BLOCKS["state"], "activations": BLOCKS["activations"], "head": BLOCKS["head"], "none": "every block shrank"},
        lambda r: None if r.format == "fp32" else r.unshrunk, asked=lambda r: r.format != "fp32",
    ),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_formats(r, said),
)
def half_the_bits(format, scale_exponent, dynamic, growth_interval, median_exponent):
    """Memory and time of a step in a format, and 6,000 steps of its gradients."""
    return mixed_precision.study(format, scale_exponent, dynamic, growth_interval, median_exponent)


@app.function
@lk.experiment(
    "C",
    "Which batch reaches the target first?",
    scenario="A step averages the gradients of a batch: the more examples, the less noise, and the fewer steps to the target accuracy. A step takes a fixed overhead and then the time of its examples. "
    "The learning rate is tuned for every batch.",
    controls=dict(
        batch=lk.steps("Batch (images or tokens)", BATCHES, default=256, unit="1"),
        job=lk.choice("Job", critical_batch.jobs(), default="cifar10"),
        overhead_factor=lk.choice("Overhead of a step", {0.25: "a quarter", 0.5: "half", 1.0: "as measured or assumed", 2.0: "twice", 4.0: "four times"}, default=1.0),
    ),
    predict=lk.predict_number(
        "A small ResNet trains on CIFAR-10. With a batch of 8,192 the card handles 1.88× as many images a second as with 256. How long does the run to the target accuracy take, "
        "relative to the run with 256? (Above 1 is longer, below 1 is shorter.)",
        low=0.1, high=10, unit="×", log=True, answer=lambda r: critical_batch.choose("cifar10", 8192).time_s / r.time_s,
    ),
    idea=lambda r: "A batch trades steps for examples. Up to about the critical batch ({} images here) twice the batch nearly halves the steps; beyond it the average is good enough already. "
    "With 8,192 the run reads {} the images that a small batch would, so it takes {} instead of {}. Best is {}, the geometric mean of the critical batch and the batch of half the card’s rate. "
    "The speed and the images needed are illustrative.".format(
        lk.show(r, "critical_batch"), *(lk.show(critical_batch.choose("cifar10", 8192), name) for name in ("waste", "time_s")), lk.show(r, "time_s"), f"{r.best_batch:.0f}"
    ),
    readouts=(("time_s", "Time to target"), ("slower", "Against the best batch"), ("throughput_per_s", "Examples a second"), ("waste", "Examples read, against the fewest")),
    failures=(lk.failure("data exhausted before the target", lambda r: r.exhausted, "A smaller batch leads out.",
                         lambda r: f"the run needs {lk.show(r, 'waste')} the fewest examples, there are {lk.show(r, 'data_limit')}"),),
    explain=lk.explain(
        "What takes most of the time to the target here?",
        {"overhead": "the fixed overhead of the steps", "needed": "examples that any batch must read", "waste": "further examples that only this batch needs"},
        lambda r: r.takes,
    ),
    terms=("arithmetic", "overhead"),
    binding=lambda r: "overhead" if r.takes == "overhead" else "arithmetic",
    instruments=lambda r, said: draw_batches(r, said),
)
def batch_and_target(batch, job, overhead_factor):
    """Steps, examples and time to the target at one batch."""
    return critical_batch.choose(job, batch, overhead_factor)


@app.function
@lk.decision(
    "One card for the archive",
    scenario="The publisher’s GPT-2 XL trains on to a fixed loss. It must be done {deadline_s} from now, for at most {budget_usd} of rent, and the licence allows {tokens_limit} to be read. "
    "The A100 with 80 GB and the L4 are free now, the A100 with 40 GB in {a100_40gb_wait_s}, the H100 in {h100_wait_s}. The peak may fill 92 % of the card. "
    "Prices are list prices of 2025; the tokens needed, and 5 % more of them with 8-bit Adam, are illustrative.",
    controls=dict(
        device=lk.choice("Card", CARDS, default="a100_sxm_80gb"),
        micro_batch=lk.steps("Micro-batch, sequences", (1, 2, 4, 8, 16, 32), default=1, unit="1"),
        accumulation=lk.steps("Micro-batches until an update", tuple(2**i for i in range(9)), default=1, unit="1"),
        recomputation=lk.choice("Recomputation", MODES, default="none", more=True),
        optimizer=lk.choice("Optimizer", {o: OPTIMIZERS[o] for o in ("adam", "adam_8bit")}, default="adam", more=True),
    ),
    given=lambda d: dict(
        deadline_s=d.choice([37_800, 39_600, 41_400, 43_200]), budget_usd=d.number(15.5, 17, step=0.25), tokens_limit=d.choice([4.15e8, 4.3e8, 4.5e8]),
        h100_wait_s=d.choice([7_200, 36_000, 36_000]), a100_40gb_wait_s=d.choice([600, 14_400]), memory_limit=0.92,
    ),
    given_units=dict(deadline_s="s", budget_usd="$", tokens_limit="tokens", h100_wait_s="s", a100_40gb_wait_s="s", memory_limit="share"),
    constraints=(
        lk.at_most("memory_share", "memory_limit", "peak on the card"), lk.at_most("done_s", "deadline_s", "done after"),
        lk.at_most("cost_usd", "budget_usd", "rent"), lk.at_most("tokens", "tokens_limit", "text read"),
    ),
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "rent"},
    readouts=(("run_s", "The run itself"), ("efficiency", "Share of the card’s peak rate"), ("update_share", "Time in updates"), ("batch_tokens", "Tokens a step")), terms=("data", "arithmetic"),
    binding=lambda r: "data" if r.updates_s > r.arithmetic_s else "arithmetic",
    instruments=lambda r, given, now: draw_run(r, given, now),
)
def one_rented_card(device, micro_batch, accumulation, recomputation, optimizer, h100_wait_s, a100_40gb_wait_s):
    """The run on one card: memory, hours, dollars, tokens."""
    waits = {"h100_sxm": h100_wait_s, "a100_sxm_40gb": a100_40gb_wait_s}
    return rented_run.rent(device, micro_batch, accumulation, recomputation, optimizer, waits.get(device, 0))


@app.function
@lk.drill(
    "state",
    "A model has {parameters}. How much memory do its weights, gradients, master copy and Adam’s two numbers take in 16-bit mixed precision?",
    draw=lambda d: dict(parameters=d.number(0.3e9, 3e9, step=1e8)), unit="GB", tolerance=0.02, show=dict(parameters="parameters"),
)
def state_of_a_model(parameters):
    """Training state of a model under Adam."""
    return gpt_step.training_state_bytes(parameters)


@app.function
@lk.drill(
    "lost",
    "log₂ of the gradients is normal with a median of {median_exponent} and a standard deviation of 4. The loss is scaled by 2 to the power of {scale_exponent}. "
    "fp16 turns what is below 2 to the power of −25 into 0. Which share is lost?",
    draw=lambda d: dict(median_exponent=d.integer(-26, -20), scale_exponent=d.integer(1, 4)), unit="%", tolerance=0.05,
)
def lost_gradients(median_exponent, scale_exponent):
    """Share of the gradients that becomes zero in fp16."""
    return loss_scaling.lost_share(median_exponent, scale_exponent)


@app.function
@lk.drill(
    "batch",
    "A job has a critical batch of {critical}. A step has an overhead of {overhead_s}, and the card handles {rate_per_s} besides. Which batch reaches the target first?",
    draw=lambda d: dict(critical=d.choice([300, 900, 2000, 6000, 15_000]), overhead_s=d.choice([0.004, 0.008, 0.02, 0.05]), rate_per_s=d.choice([800, 2500, 10_000, 30_000])),
    tolerance=0.05, show=dict(critical="1", overhead_s="s", rate_per_s="images/s"),
)
def soonest_batch(critical, overhead_s, rate_per_s):
    """The batch with the shortest time to target."""
    return critical_batch.best_batch(critical, overhead_s, rate_per_s)


@app.function
def draw_walk(r):
    """Memory over the step, from the first layer forward to the first layer backward."""
    blocks = (("state", "state_bytes", "data:solid"), ("context", "context_bytes", "muted:solid"), ("activations", "activation_bytes", "arithmetic:hatch"), ("head", "head_bytes", "overhead:dots"),
              ("computed again", "recompute_bytes", "control:solid"))
    return ins.mountain(
        [m.name for m in r.walk], [(name, [getattr(m, field) for m in r.walk], style) for name, field, style in blocks if any(getattr(m, field) for m in r.walk)],
        title=f"The peak, {lk.show(r, 'peak_bytes')}, is at {r.peak_at}" if r.fits else f"Out of memory at {r.full_at}: the peak needs {lk.show(r, 'peak_bytes')}",
        phases=(("forward", r.layers), ("", 1), ("backward", len(r.walk[r.layers + 1 :]))), x_name="One step, layer by layer", capacity=(r.capacity_bytes, f"card: {lk.show(r, 'capacity_bytes')}"),
    )


@app.function
def draw_modes(r, said):
    """Speed over the micro-batch for the three ways of recomputing, each as far as it fits."""
    options = dict(sequence=r.sequence, optimizer=r.optimizer, device=next(c for c, title in rented_run.cards().items() if title == r.device))
    modes = gpt_step.compare_modes(next(m for m in MODELS if gpt_step.shape(m, r.sequence).name == r.model), **options)
    best = max(modes, key=lambda mode: mode.tokens_per_s)
    return ins.reach(
        [(m.recomputation, m.rates, f"{m.recomputation}: {m.largest_batch} fit") for m in modes],
        title=f"Fastest at its own largest batch: {best.recomputation}, {lk.show(best, 'tokens_per_s')} with {best.largest_batch}" if best.largest_batch else "Not even one sequence fits, whatever is computed again",
        x_name="Micro-batch", x_unit="sequences", y_name="Tokens a second", y_unit="tokens/s", ends="the card is full",
        you=(r.batch, r.tokens_per_s), you_label="" if r.fits else "does not fit", prediction=said.value, prediction_label=f"you said {fmt(said.value)}",
    )


@app.function
def draw_formats(r, said):
    """Blocks against fp32, gradients against the windows of the formats, and the scale over the steps."""
    yours, kind = f"{r.format} (yours)", "fp32" if r.format == "tf32" else r.format
    def stack(kept, head):
        return [("state", r.state_bytes, "data:solid"), ("activations", kept, "arithmetic:hatch"), ("head", head, "overhead:dots"), ("context", r.context_bytes, "edge:open")]
    return (
        ins.memory_stack(
            [("fp32", stack(r.fp32_activation_bytes, r.fp32_head_bytes)), (yours, stack(r.activation_bytes, r.head_bytes))], capacity=(r.capacity_bytes, "card"), you=yours,
            title=f"{lk.show(r, 'peak_share')} of the peak is left in {r.format}; the state stays", prediction=r.share_of_fp32(lk.said_si(said)),
        ),
        ins.exponents(
            r.histogram, [(f, loss_scaling.floor_exponent(f), loss_scaling.end_exponent(f)) for f in dict.fromkeys(("fp16", "bf16", kind))],
            title=f"{lk.show(r, 'lost_share')} of the gradients become 0 in {r.format}", chosen=kind, lost=r.lost_share, largest=r.scaled_top_exponent,
        ),
        ins.scale_log(r.scale_path, r.room_path, r.skips, title=f"{r.skipped_steps:,} of {r.steps:,} steps skipped; the scale ends at {ins.power(r.final_exponent)}"),
    )


@app.function
def draw_batches(r, said):
    """Throughput and time to target over the batch, with what the time consists of."""
    first = critical_batch.choose("cifar10", 256)
    common = dict(x_name=f"Batch, {r.item}", x_unit="1", x_log=True, y_log=True)
    marks = ((r.hardware_batch, f"half the card’s rate: {fmt(r.hardware_batch, '1')}"), (r.best_batch, f"best: {fmt(r.best_batch, '1')}"), (r.critical_batch, f"critical batch: {fmt(r.critical_batch, '1')}"))
    own = r.job == first.job
    return (
        ins.curve(
            [ins.Series("total", r.time_curve, "ink"), ins.Series("overhead", r.overhead_curve, "overhead", "dot"), ins.Series("needed", [(b, r.needed_s) for b, _ in r.time_curve], "arithmetic", "short"),
             ins.Series("wasted", r.waste_curve[4:], "arithmetic", "dash")],
            title=f"{lk.show(r, 'time_s')} to the target, {lk.show(r, 'slower')} the best possible", y_name="Time to target, and its parts", y_unit="s", you=(r.batch, r.time_s), flags=marks,
            x_limit=(r.limit_batch, "data exhausted"), prediction=(8192, first.times_as_long(said.value)) if own else None, prediction_label=f"you said {lk.said(said)}" if own else "", **common,
        ),
        ins.curve(
            [ins.Series("", r.throughput_curve)], title=f"Meanwhile the card handles {fmt(r.throughput_per_s, r.item + '/s')}", y_name="Throughput", y_unit=f"{r.item}/s",
            you=(r.batch, r.throughput_per_s), height=130, **common,
        ),
    )


@app.function
def draw_run(r, given, now):
    """The four cards under the plan chosen now, and where the time of the run goes."""
    plan = {name: value for name, value in now.items() if name != "device"}
    waits = {"h100_sxm": given["h100_wait_s"], "a100_sxm_40gb": given["a100_40gb_wait_s"]}
    runs = {card: rented_run.rent(card, **plan, wait_s=waits.get(card, 0)) for card in CARDS}
    return (
        ins.pareto(
            [ins.Design(CARDS[card], x.cost_usd, x.done_s, x.memory_share <= given["memory_limit"]) for card, x in runs.items()],
            title=f"Done after {lk.show(r, 'done_s')} for {lk.show(r, 'cost_usd')} of rent", x_name="Rent", x_unit="$", y_name="Done after", y_unit="s", y_better="low", x_log=True, y_log=True,
            x_limit=(given["budget_usd"], "budget"), y_limit=(given["deadline_s"], "deadline"), you=CARDS[now["device"]],
        ),
        ins.split_bar([("forward and backward", r.arithmetic_s, "O"), ("updates of the weights", r.updates_s, "D")], title=f"Updates take {lk.show(r, 'update_share')} of the run", unit="s", quantity="Time"),
    )


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_08_model_train", [memory_of_a_step, half_the_bits, batch_and_target, one_rented_card], [state_of_a_model, lost_gradients, soonest_batch], __file__
    )
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Account for every byte at the peak of a training step, and predict the largest micro-batch.",
         "Explain which bytes mixed precision saves, and choose a loss scale from a histogram of gradients.",
         "Choose a batch size by its time to the target instead of by throughput."),
        "A publisher wants GPT-2 XL, 1.56 billion parameters, trained further on its own archive. The team may rent one accelerator. The finance lead asks for a run that fits, "
        "meets the date and stays inside the money. Which accelerator, which batch, which memory plan?",
    )


@app.cell
def _(lab):
    a = lk.panel_for(lab, memory_of_a_step)
    return (a,)


@app.cell
def _(a, lab, log):
    lk.predict(lab, memory_of_a_step, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, memory_of_a_step, a, log())


@app.cell
def _(lab):
    b = lk.panel_for(lab, half_the_bits)
    return (b,)


@app.cell
def _(b, lab, log):
    lk.predict(lab, half_the_bits, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, half_the_bits, b, log())


@app.cell
def _(lab):
    c = lk.panel_for(lab, batch_and_target)
    return (c,)


@app.cell
def _(c, lab, log):
    lk.predict(lab, batch_and_target, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, batch_and_target, c, log())


@app.cell
def _(lab):
    d = lk.panel_for(lab, one_rented_card)
    return (d,)


@app.cell
def _(d, lab, log):
    lk.decide(lab, one_rented_card, d, log())


@app.cell
def _(lab):
    drill_inputs = lk.drill_panel(lab, lab.drills)
    log_inputs = lk.log_panel(lab)
    return drill_inputs, log_inputs


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
