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
    app_title="Three failed runs", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from labkit.instruments.number_line import written
    from mlsysim import accumulation, card_training, memory_walk, numerics, tinynet
    from mlsysim.units import fmt

    NETWORKS = {"digits": "digits: 784–128–10", "dense": "dense: eight layers of 4096", "picture": "pictures: ResNet-50"}
    ACTIVATIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "linear": "linear"}
    FORMATS = {"fp32": "fp32, 24 significant bits", "bf16": "bf16, 8 significant bits", "fp16": "fp16, 11 significant bits", "fp8": "fp8 (E4M3), 4 significant bits"}
    ROOT_2 = 2**0.5  # a setting of the weights' scale
    GAINS = {0.9: "0.9", 1.0: "1", 1.1: "1.1", 1.2: "1.2", ROOT_2: "√2", 1.6: "1.6", 4.0: "4"}
    VARIANTS = (("fp32", False), ("fp16", False), ("bf16", True))
    BATCHES = (64, 128, 256, 512, 1024)
    LIMITS = (
        lk.at_least("layers", "layers_limit", "depth"),
        lk.at_most("memory_bytes", "memory_limit_bytes", "memory"),
        lk.at_least("speed_per_s", "speed_limit_per_s", "speed"),
        lk.at_most("gradient_imbalance", 100, "gradient, first against last layer"),
        lk.at_most("update_error", "error_limit", "error of the update"),
    )
    TERM_STYLE = {"data": "D", "arithmetic": "O"}


@app.function
@lk.experiment(
    "A",
    "How much memory does one training step need?",
    scenario="Forward, the network turns a picture into 11.1 million intermediate values, layer by layer. Backward, from the last layer to the first, "
    "it works out a gradient for every weight. Adam, the optimizer, keeps two more numbers a weight.",
    controls=dict(
        network=lk.choice("Network", NETWORKS, default="picture"),
        batch=lk.steps("Batch", tuple(2**i for i in range(11)), default=256, unit="1"),
        look_at=lk.slider("Walk through the step", 0.0, 1.0, step=0.025, default=0.3, unit="share"),
        mode=lk.choice("Mode", ("training", "inference"), default="training", more=True),
        optimizer=lk.choice("Optimizer", {"sgd": "SGD, keeps nothing", "momentum": "momentum, one number a weight", "adam": "Adam, two numbers a weight"}, default="adam", more=True),
        value_bytes=lk.choice("Bytes a value", (4, 2), default=4, more=True),
        card_bytes=lk.choice("Card", (16e9, 24e9, 80e9), default=16e9, unit="B", more=True),
    ),
    predict=lk.predict_number(
        "A picture network has 25.5 million weights, 102 MB in 32-bit numbers. Training uses batches of 256 pictures and Adam. How much memory is in use at the peak of a step?",
        "peak_bytes", low=0.1, high=1000, unit="GB", log=True,
    ),
    idea=lambda r: f"Forward must keep what backward will need, and a convolution uses each weight at every place of every picture. So {lk.show(r, 'activation_share')} of the peak "
    f"are kept values (with the pictures themselves), and the peak is {lk.show(r, 'times_weights')} the weights. It stands where forward has just ended, at {r.peak_step}. "
    "Two kept values an output are illustrative; frameworks differ.",
    readouts=(("peak_bytes", "Peak"), ("times_weights", "Against the weights"), ("largest_batch", "Largest batch that fits"), ("inference_peak_bytes", "Inference, same batch"), ("step_flop", "Arithmetic of the step")),
    failures=(
        lk.failure("out of memory", lambda r: not r.fits, "Fewer examples at once, shorter numbers or a larger card lead out.",
                   lambda r: f"needs {lk.show(r, 'peak_bytes')}, has {lk.show(r, 'card_bytes')}"),
    ),
    explain=lk.explain(
        "What would shrink the peak most here?",
        {"batch": "half the batch", "optimizer": "SGD, which keeps no numbers", "weights": "weights of half the bytes, all else as it is", "nothing": "none of these, by even 1 %"},
        lambda r: r.best_change,
    ),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_walk(r, said),
)
def memory_of_a_step(network, batch, look_at, mode, optimizer, value_bytes, card_bytes):
    """Memory over one step of training or inference, layer by layer."""
    return memory_walk.walk(network, batch, mode, optimizer, value_bytes, card_bytes, look_at)


@app.function
@lk.experiment(
    "B",
    "What does a running sum show at the end?",
    scenario="A format keeps a fixed number of significant bits: 24 in fp32, 11 in fp16, 8 in bfloat16 (bf16), which has the range of fp32. "
    "After each addition the sum is rounded to the nearest number that the format has; a tie goes to the even one.",
    controls=dict(
        format=lk.choice("Format", FORMATS, default="bf16"),
        case=lk.choice("Start and increment", {"0 + 1": "0, add 1", "1 + 0.001": "1, add 0.001: a weight and its update", "0 + 100": "0, add 100", "0 + 1e-8": "0, add 0.00000001: a small gradient"}, default="0 + 1"),
        remedy=lk.choice("Remedy", {"none": "none", "master": "master copy: sum in fp32", "stochastic": "round up or down by chance"}, default="none"),
        steps=lk.steps("Additions (at most 1,000 but for 0, add 1)", (10, 100, 1000, 10_000), default=10_000, unit="1", more=True),
    ),
    predict=lk.predict_number("Start at 0 in bfloat16 and add 1, ten thousand times. What is in the register?", "shown", low=1, high=100_000, log=True),
    idea=lambda r: f"A format has a fixed number of steps from one power of two to the next. From {written(r.shown)} on, the numbers of bf16 lie {written(r.spacing)} apart: "
    f"adding 1 gets half way, and the tie goes back, every time. Such losses do not cancel. A weight of 1 with 1,000 updates of 0.001 moves "
    f"{accumulation.run_case('1 + 0.001', 1000, 'bf16').last_change} times.",
    readouts=(("shown", "Register shows"), ("exact", "Exact sum"), ("last_change", "Last addition that moved it"), ("spacing", "Distance to the next number")),
    failures=(
        lk.failure("vanished", lambda r: r.state == "vanished", "Only a format that can hold the increment leads out.", lambda r: f"an increment of {fmt(r.increment)} is stored as 0"),
        lk.failure("overflow", lambda r: r.state == "overflow", "Only a format with a wider range leads out.", lambda r: f"infinite from addition {r.overflow_step:,} on"),
        lk.failure("stuck", lambda r: r.state == "stuck", "A remedy, or a format with more significant bits, leads out.",
                   lambda r: f"the last {fmt(r.steps - r.last_change)} of {fmt(r.steps)} additions change nothing"),
    ),
    explain=lk.explain(
        "Why did the sum stop?",
        {"stuck": "the increment gets no further than half way to the next number", "overflow": "the value left the range", "vanished": "the increment became zero", "moving": "it did not stop"},
        lambda r: r.state,
    ),
    terms=("arithmetic",),
    instruments=lambda r, said: draw_sum(r, said),
)
def running_sum(format, case, remedy, steps):
    """A sum in a short format, rounded after every addition."""
    return accumulation.run_case(case, steps, format, remedy)


@app.function
@lk.experiment(
    "C",
    "How much of the gradient arrives at the first layer?",
    scenario="Backward, each layer multiplies the gradient by its weights and by the slope of its activation. Weights are drawn at random around zero; "
    "with 32 inputs a unit, a variance of 1/32 keeps a signal at its size, were there no activation.",
    controls=dict(
        activation=lk.choice("Activation", ACTIVATIONS, default="sigmoid"),
        depth=lk.steps("Layers", (5, 10, 20, 40), default=20, unit="1"),
        gain=lk.choice("Scale g: the variance is g²/32", GAINS, default=1.0),
        floor=lk.choice("Gradients are kept in", {"none": "exact numbers", "fp16": "fp16", "bf16": "bf16"}, default="fp16", more=True),
    ),
    predict=lk.predict_number(
        "Twenty layers of 32 units, sigmoid, weights of variance 1/32. By how many powers of ten is the gradient smaller in the first layer than in the last? (3 means a thousand times.)",
        "lost_decades", low=0, high=20, unit="powers of ten",
    ),
    idea=lambda r: f"Depth multiplies. A sigmoid is nowhere steeper than 1/4, so each layer leaves a factor of {fmt(r.layer_factor)}, and nineteen such factors leave one part in {lk.show(r, 'ratio')}. "
    f"With linear layers and the same weights the ratio is {lk.show(r, 'linear_ratio')}. The last layer learns; in fp16 the first {r.lost_layers} see a zero "
    f"(a gradient of {lk.show(r, 'gradient_last')} in the last layer is illustrative).",
    readouts=(("ratio", "Last layer over first"), ("layer_factor", "Left by each layer"), ("gradient_first", "Gradient in the first layer"), ("lost_layers", "Layers that see a zero")),
    failures=(
        lk.failure("nothing reaches the first layer", lambda r: r.state == "lost", "Another activation, another scale or fewer layers lead out.",
                   lambda r: f"{lk.show(r, 'gradient_first')} arrives, {r.floor} holds nothing below {lk.show(r, 'floor_value')}"),
        lk.failure("exploding", lambda r: r.state == "exploding", "A smaller scale or fewer layers lead out.",
                   lambda r: f"the first layer gets {lk.show(r, 'gradient_first')}, the last {lk.show(r, 'gradient_last')}"),
    ),
    explain=lk.explain(
        "What spoils the gradient here?",
        {"slope": "the slope of the activation", "scale": "the scale of the weights", "format": "the number format", "nothing": "nothing: first and last layer are within a factor of 100"},
        lambda r: tuple(r.cause.split(" or ")),
    ),
    terms=("arithmetic",),
    instruments=lambda r, said: draw_depth(r, said),
)
def deep_gradient(activation, depth, gain, floor):
    """Signal and gradient through a deep random network."""
    return tinynet.gradient_flow(activation, depth, gain, floor)


@app.function
@lk.decision(
    "Retrain on a shared card",
    scenario="A dense network, 4096 units wide and at least {layers_limit} layers deep, is to train with Adam on an L4 that others use too: you may take {memory_limit_bytes}, and what "
    "you leave is theirs. You need {speed_limit_per_s}. A weight of 1 that gets 1,000 updates of 0.001 must end within {error_limit} of 2. Illustrative: matrix products reach "
    "40 % of peak; Part C’s 32 units stand for 4096.",
    controls=dict(
        format=lk.choice("Format", {f: FORMATS[f] for f in ("fp32", "bf16", "fp16")}, default="bf16"),
        master=lk.toggle("Master copy of the weights in fp32"),
        batch=lk.steps("Batch", BATCHES, default=256, unit="1"),
        layers=lk.steps("Layers", (8, 12, 16, 24, 32), default=16, unit="1"),
        activation=lk.choice("Activation", {a: ACTIVATIONS[a] for a in ("sigmoid", "tanh", "relu")}, default="sigmoid"),
        gain=lk.choice("Scale g of the weights", {1.0: "1", ROOT_2: "√2"}, default=1.0),
    ),
    given=lambda d: dict(layers_limit=d.choice([8, 12, 16]), memory_limit_bytes=d.choice([4.5e9, 5e9, 6e9]), speed_limit_per_s=d.choice([6000, 9000, 12_000]), error_limit=d.choice([0.01, 0.05])),
    given_units=dict(layers_limit="1", memory_limit_bytes="B", speed_limit_per_s="examples/s", error_limit="1"),
    constraints=LIMITS,
    objective=("lowest", "memory_bytes"),
    labels={"memory_bytes": "memory"},
    readouts=(("state_bytes", "Weights, gradients, optimizer"), ("activation_bytes", "Activations"), ("update_s", "Update of the weights"), ("passes_s", "Forward and backward")),
    terms=("data", "arithmetic"),
    binding=lambda r: r.binding,
    instruments=lambda r, given, now: draw_choice(r, given, now),
)
def shared_card(format, master, batch, layers, activation, gain):
    """Memory, speed and numerical health of one way to train."""
    return card_training.train_on_card(activation, gain, format, master, layers, batch)


@app.function
@lk.drill(
    "layer",
    "A fully connected layer turns {inputs} values into {outputs}, with a bias each, and trains with Adam in 4-byte numbers on a batch of {batch}. "
    "How much do its weights, gradients, Adam’s two numbers and its kept outputs take?",
    draw=lambda d: dict(inputs=d.choice([64, 128, 256, 512, 1024, 2048, 4096]), outputs=d.choice([64, 128, 256, 512, 1024, 2048, 4096]), batch=d.choice([32, 256, 1024, 8192])),
    unit="MB",
)
def layer_memory(inputs, outputs, batch):
    """Training state and kept outputs of one layer."""
    return memory_walk.layer_training_bytes(inputs, outputs, batch)


@app.function
@lk.drill(
    "sum",
    "A format has {bits} significant bits and a wide range. A sum starts at 0 and grows by {increment}, again and again. Which number does it never get past?",
    draw=lambda d: dict(bits=d.choice([4, 8, 11, 24]), increment=d.choice([1, 2, 4, 8])),
    tolerance=0,
)
def last_number(bits, increment):
    """Where a sum in steps of a power of two stands still."""
    return numerics.largest_count(bits, increment)


@app.function
@lk.drill(
    "depth",
    "On its way down, each of {layers} layers leaves {factor} of the gradient. By how many powers of ten has it shrunk after the last of them?",
    draw=lambda d: dict(layers=d.integer(5, 40), factor=d.number(0.2, 0.95, step=0.01)),
    unit="powers of ten", show=dict(factor="share"),
)
def lost_on_the_way(layers, factor):
    """Powers of ten that a factor a layer costs."""
    return tinynet.decades_lost(factor, layers)


@app.cell
async def _():
    parts = [memory_of_a_step, running_sum, deep_gradient, shared_card]
    lab = await lk.open_lab("lab_05_nn_compute", parts, [layer_memory, last_number, lost_on_the_way], __file__)
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
        ("Walk through forward, backward and update of a network, and compute the peak of memory and where it stands.",
         "Predict what a sum or a weight does in a 16-bit format, and choose the remedy.",
         "Estimate how a signal and its gradient change with depth, and repair it with activation and initial scale."),
        "A start-up trained a picture network on a borrowed card, and must now retrain it on a card of its own. “The weights are only 102 MB,” says the product lead. "
        "Three attempts fail, each in another way, and nobody can say why. You find the three mechanisms, then choose how to train.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, memory_of_a_step, a, log())
    return


@app.function
def draw_walk(r, said):
    """The mountain of memory over the steps of one training step."""
    kinds = (("weights", "weights_bytes", "D"), ("optimizer", "optimizer_bytes", "edge:open"), ("gradients", "gradient_bytes", "muted:solid"), ("activations", "activation_bytes", "data:dots"))
    return ins.mountain(
        [m.name for m in r.moments], [(name, [getattr(m, field) for m in r.moments], style) for name, field, style in kinds],
        title=f"The peak, {lk.show(r, 'peak_bytes')}, stands at {r.peak_step}: {lk.show(r, 'activation_share')} of it are activations",
        phases=[(name, sum(m.phase == name for m in r.moments)) for name in dict.fromkeys(m.phase for m in r.moments)],
        capacity=(r.card_bytes, f"card {lk.show(r, 'card_bytes')}"), at=r.here,
        prediction=lk.said_si(said) if said and r.network == "picture" and r.mode == "training" else None,
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, memory_of_a_step, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, running_sum, b, log())
    return


@app.function
def draw_sum(r, said):
    """The register over the additions, and the number line around the place where it stands."""
    end, shown, exact = written(numerics.number_format(r.format).largest, 6), written(r.shown, 6), written(r.exact, 6)
    at_end = {
        "stuck": f"Stuck at {shown} since addition {r.last_change:,}; the exact sum is {exact}",
        "overflow": f"Infinite from addition {r.overflow_step:,} on: {r.format} ends at {end}",
        "vanished": "The increment is stored as zero, so nothing is ever added",
        "moving": f"After {r.steps:,} additions the register shows {shown}; the exact sum is {exact}",
    }[r.state]
    ratio = r.start == 0 and r.state != "vanished"
    return (
        ins.curve(
            [ins.Series("register", r.path[ratio:], step=True), ins.Series("exact", r.exact_path[ratio:], "muted", "dash")], title=at_end,
            x_name="Additions", x_unit="1", y_name="Sum", y_unit="1", x_log=ratio, y_log=ratio,
            you=r.path[-1], you_label=" ", prediction=lk.said_si(said) if said and r.start == 0 and r.increment == 1 else None,
            y_limit=(numerics.number_format(r.format).largest, f"{r.format} ends here") if r.state == "overflow" else None,
        ),
        ins.number_line(
            r.held, r.grid, r.increment_stored or r.increment, r.spacing, format_name=r.sum_format, last=r.state == "overflow" and r.stored > r.held,
            title=f"At {written(r.held, 6)} the next number of {r.sum_format} lies {written(r.spacing, 3)} on; the increment is {written(r.increment_stored or r.increment, 3)}",
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, running_sum, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, deep_gradient, c, log())
    return


@app.function
def draw_depth(r, said):
    """Signal and gradient from layer to layer, and what the format still sees of them."""
    named = {"lost": f"the first {r.lost_layers} of {r.depth} layers see a zero", "vanishing": "the first layers barely learn", "exploding": "the first layers are thrown about", "ok": "all layers learn"}
    return ins.depth_profile(
        r.signals, r.gradients, title=f"Each layer leaves {fmt(r.layer_factor)} of the gradient: {named[r.state]}",
        floor=(r.floor_value, f"smallest number of {r.floor}") if r.floor != "none" else None,
        prediction=(tinynet.first_gradient(said.value), f"you said {lk.said(said)}") if said and r.activation == "sigmoid" and r.depth == 20 else None,
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, deep_gradient, c, log())
    return


@app.function
def draw_choice(r, given, now):
    """Your way to train among others with one thing changed, and the parts of its step."""
    copied = now["master"] and now["format"] != "fp32"  # fp32 is its own master copy
    variants = {f"{f} + copy" if m else f: {"format": f, "master": m} for f, m in VARIANTS} | {f"batch {n}": {"batch": n} for n in BATCHES}
    ways = {name: card_training.train_on_card(**{**now, **changed}) for name, changed in {"yours": {}, **variants}.items()}
    places = {(x.memory_bytes, x.speed_per_s): name for name, x in reversed(ways.items())}  # of two at one place, the first
    return (
        ins.pareto(
            [ins.Design(name, *place, all(c.holds(ways[name], given) for c in LIMITS)) for place, name in places.items()],
            title=f"{r.format}{' with a master copy' if copied else ''}, batch {r.batch}: {lk.show(r, 'memory_bytes')}, {lk.show(r, 'speed_per_s')}, an update off by {lk.show(r, 'update_error')}",
            x_name="Memory", x_unit="B", y_name="Speed", y_unit="examples/s", you="yours", y_log=True,
            x_limit=(given["memory_limit_bytes"], "memory allowed"), y_limit=(given["speed_limit_per_s"], "speed needed", "below"),
        ),
        ins.waterfall(
            [("step", [("forward and backward", r.passes_s, TERM_STYLE[r.passes_term]), ("update of the weights", r.update_s, "D")])], you="step",
            title=f"A step takes {lk.show(r, 'step_s')}; the update, all of it memory traffic, takes {lk.show(r, 'update_s')}",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, shared_card, d, log())
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
