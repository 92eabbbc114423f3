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
    app_title="A million phones, one model",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import federated, federated_plan, federated_round, phone_training
    from mlsysim.units import fmt

    TRAINED = {"full": "everything", "norm": "scales and shifts of the norms", "bias": "biases (shifts only)", "last": "last layer only"}
    TERMS = {"weights": "weights", "optimizer": "gradient and optimizer", "activations": "kept activations", "buffer": "working buffer"}
    OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "adam": "Adam"}
    SAID_ROUNDS = {"tenth": 2.4, "fewer": 7.0, "same": 24.0, "never": 300.0}
    ASKED_FOR_100 = 1.3
    LIMITS = (
        lk.at_least("quality_share", "quality_limit", "accuracy"), lk.at_most("memory_bytes", "memory_limit_bytes", "memory on the phone"), lk.at_most("time_s", "time_limit_s", "time"),
        lk.at_least("entry_share", "entry_limit", "updates from entry-level phones"), lk.at_most("traffic_bytes", "traffic_limit_bytes", "traffic"), lk.at_most("failed_share", 0.10, "rounds that fail"),
    )


@app.function
@lk.experiment(
    "A",
    "What does a phone keep while it learns?",
    scenario="MobileNetV2 has 52 convolutions, each followed by a norm with one scale and one shift a channel, and a classifier. "
    "Training goes forward through all of them, keeps what the gradients will need, and comes back. The system lets the app use 256 MB in the background (illustrative).",
    controls=dict(
        trained_part=lk.choice("Train (always with the classifier)", TRAINED, default="norm"),
        batch=lk.steps("Images a batch", (1, 2, 4, 8, 16, 32), default=8),
        side_px=lk.steps("Side of an image", (96, 128, 160, 192, 224), default=224, unit="px"),
        optimizer=lk.choice("Optimizer", OPTIMIZERS, default="sgd", more=True),
    ),
    predict=lk.predict_number(
        f"Training everything on 8 images at a time needs {fmt(phone_training.adapt().memory_bytes, 'B')}. You train only the norms and the classifier instead: "
        f"{fmt(phone_training.adapt('norm').trained_share, 'share')} of the parameters. How much memory does that need?",
        "memory_bytes", low=20, high=600, unit="MB", log=True,
    ),
    idea=lambda r: f"{lk.show(r, 'trained_share')} of the parameters, {lk.show(r, 'of_full_share')} of the memory. A scale multiplies its input, so its gradient needs that input, in every layer. "
    f"A shift only adds: its gradient needs one bit for each value (did the ReLU6 let it through?), and training shifts alone takes {lk.show(phone_training.adapt('bias', r.batch, r.side_px, r.optimizer), 'memory_bytes')}. "
    "What a gradient needs decides the memory, not how many parameters move.",
    readouts=(lk.at_most("memory_bytes", 256e6, "Memory"), ("trained_share", "Parameters trained"), ("of_full_share", "Memory, of training everything"), ("largest_batch", "Largest batch that fits")),
    failures=(lk.failure("the system kills the app", lambda r: r.state == "killed", "Fewer or smaller images, or a part that keeps less.", lambda r: f"needs {lk.show(r, 'memory_bytes')}, may use {lk.show(r, 'cap_bytes')}"),),
    explain=lk.explain("Which part of the memory is largest here?", TERMS, lambda r: r.largest_part),
    terms=("data",), binding=lambda r: "data", instruments=lambda r, said: draw_memory(r, said),
)
def keep(trained_part, batch, side_px, optimizer):
    """Memory of one training step on a phone."""
    return phone_training.adapt(trained_part, batch, side_px, optimizer)


@app.function
@lk.experiment(
    "B",
    "How long should phones learn alone?",
    scenario="In federated averaging the server sends the model to some clients, each takes a few gradient steps on its own data, and the server averages what comes back: one round. "
    "Here 100 clients, each with its own optimum, make a problem small enough to be exact. The excess loss is what is left above the best common model.",
    controls=dict(
        local_steps=lk.steps("Local steps a round", federated.STEPS, default=10),
        drawn=lk.steps("Clients a round, of 100", federated.DRAWN, default=10),
        heterogeneity=lk.slider("How different the clients are", 0, 1.5, step=0.1, default=1.0),
        learning_rate=lk.choice("Learning rate", (0.05, 0.1, 0.2), default=0.1, more=True),
    ),
    predict=lk.predict_choice(
        f"100 clients with different data, 10 drawn for each round. With 1 local step a round, the fleet needs {federated.rounds_needed()} rounds to bring the excess loss down to 2 % of its start. How many rounds does it need with 10 local steps?",
        {"tenth": "2 or 3: ten times the work", "fewer": "5–10", "same": "about as many", "never": "it never gets there"},
        lambda r: federated.factor_class(federated.rounds_needed(r.local_steps, r.drawn, r.heterogeneity, r.learning_rate), federated.rounds_needed(1, r.drawn, r.heterogeneity, r.learning_rate)),
    ),
    idea=lambda r: f"With {r.local_steps} local steps the loss settles at {lk.show(r, 'plateau_share')}, on average over all draws at {lk.show(r, 'mean_plateau_share')}. Each client runs towards its own optimum, "
    f"and {r.drawn} of 100 optima do not average to the common one: the next draw pulls elsewhere. With 30 clients a round {federated.rounds_needed(r.local_steps, 30)} rounds do. What stays even with all 100, "
    f"{lk.show(r, 'floor_share')}, comes from curvature: steep clients run further. On a real network (McMahan et al. 2017, digits split by label) one pass a round took {federated.published_rounds('split', 1)} rounds "
    f"and five took {federated.published_rounds('split', 5):,}; on mixed data {federated.published_rounds('mixed', 1)} and {federated.published_rounds('mixed', 5)}.",
    readouts=(("rounds_said", "Rounds to 2 %"), ("spread_said", "The same in five draws of clients"), ("plateau_share", "Loss settles at"), ("uploads", "Models uploaded")),
    failures=(lk.failure("the target is never reached", lambda r: r.state == "never", "Fewer local steps, more clients a round, or a lower learning rate.", lambda r: f"settles at {lk.show(r, 'plateau_share')}, wanted {lk.show(r, 'target_share')}"),),
    explain=lk.explain(
        "What keeps the loss up in the end?",
        {"work": "too little work a round", "draw": "which clients happen to be drawn", "curvature": "clients of different curvature bias the average", "nothing": "nothing: it goes below 0.1 %"},
        lambda r: r.held_up_by,
    ),
    terms=("overhead",), binding=lambda r: "overhead", instruments=lambda r, said: draw_rounds(r, said),
    coach={"explore": "Keep 10 local steps and find the fewest clients a round that reach the target. Then go to 50."},
)
def learn_alone(local_steps, drawn, heterogeneity, learning_rate):
    """300 rounds of federated averaging."""
    return federated.average(local_steps, drawn, heterogeneity, learning_rate)


@app.function
@lk.experiment(
    "C",
    "Whose updates count?",
    scenario="A round needs the updates of 100 phones. Some phones leave (someone picks one up), so the server asks more than it needs and closes the round as soon as it has enough. "
    "20 % of the phones are flagships, 50 % mid-range at half the speed, 30 % entry-level at a quarter of it with slower links (illustrative).",
    controls=dict(
        over_selection=lk.steps("Phones asked for each one needed", (1.0, 1.1, 1.2, 1.3, 1.5, 2.0, 3.0), default=ASKED_FOR_100, unit="×"),
        work_s=lk.slider("Local work of a flagship", 5, 120, step=5, default=40, unit="s"),
        update_bytes=lk.steps("Size of an update", (0.5e6, 2e6, 5e6, 20e6, 50e6), default=20e6, unit="B"),
        dropout=lk.slider("Phones that leave a round", 0, 0.2, step=0.01, default=0.08, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "30 % of the phones are entry-level. The server asks 130 phones, 8 % of them leave, and the round closes with the 100th update. What share of the 100 updates comes from entry-level phones?",
        "entry_share", low=0, high=40, unit="%",
    ),
    idea=lambda r: f"{lk.show(r, 'entry_share')} instead of {lk.show(r, 'entry_asked_share')}: the phones that are cut off are the slow ones, and slow means cheap. "
    f"At twice as many asked it is {lk.show(federated_round.close_early(2.0, r.work_s, r.update_bytes, r.dropout), 'entry_share')}. The price of a fast round is {lk.show(r, 'wasted_share')} of the work thrown away, "
    "and a model that learns from the owners of fast phones.",
    readouts=(("entry_share", "Updates from entry-level phones"), ("median_s", "Round, median"), ("p95_s", "Round, 95th percentile"), ("wasted_share", "Work thrown away"), lk.at_most("failed_share", 0.10, "Rounds that fail")),
    failures=(lk.failure("rounds fail", lambda r: r.state == "rounds fail", "Ask more phones.", lambda r: f"{lk.show(r, 'failed_share')} of the rounds never get {r.needed} updates"),),
    explain=lk.explain(
        "Who pays for the way these rounds close?",
        {"battery": "batteries only: 5 % or more of the work is for nothing, but every class is heard", "entry": "entry-level users too: they send under 25 % of the updates", "schedule": "the schedule: some rounds fail", "nobody": "nobody: little is cut off"},
        lambda r: r.payer,
    ),
    terms=("arithmetic", "data", "overhead"), binding=lambda r: "overhead", instruments=lambda r, said: draw_round(r, said),
)
def close_round(over_selection, work_s, update_bytes, dropout):
    """60 rounds of 100 updates."""
    return federated_round.close_early(over_selection, work_s, update_bytes, dropout)


@app.function
@lk.decision(
    "A better model by morning",
    scenario="Tonight: {quality_limit} accuracy or better, at most {memory_limit_bytes} on a phone, done within {time_limit_s}, at most {traffic_limit_bytes} of traffic for the cohort. The accessibility lead asks "
    "that {entry_limit} of the updates come from entry-level phones. A phone holds 400 photos; a local pass over them counts as one step of part B; accuracy and speeds are illustrative.",
    controls=dict(
        trained_part=lk.choice("Train", TRAINED, default="full"),
        batch=lk.steps("Images a batch", (1, 2, 4, 8, 16), default=8),
        passes=lk.steps("Local passes a round", (1, 2, 5, 10, 20), default=10),
        needed=lk.steps("Updates a round", (10, 20, 30, 100), default=10),
        over_selection=lk.steps("Phones asked for each one needed", (1.1, 1.15, 1.2, 1.3, 1.5, 2.0), default=1.3, unit="×"),
    ),
    given=lambda d: dict(zip(("quality_limit", "memory_limit_bytes", "entry_limit", "traffic_limit_bytes"), d.choice(federated_plan.DEMANDS), strict=True)) | dict(time_limit_s=d.integer(24, 34) * 360),
    given_units=dict(quality_limit="share", memory_limit_bytes="B", entry_limit="share", traffic_limit_bytes="B", time_limit_s="s"),
    constraints=LIMITS, objective=("lowest", "time_s"), labels={"time_s": "time"}, readouts=(("rounds", "Rounds"), ("round_s", "A round, mean"), ("work_s", "Local work of a flagship")),
    instruments=lambda r, given, now: draw_night(r, given),
)
def night(trained_part, batch, passes, needed, over_selection):
    """A federated night."""
    return federated_plan.night(trained_part, batch, passes, needed, over_selection)


@app.function
@lk.drill(
    "batch",
    "An app may use {cap_bytes}. Weights and gradient take {fixed_bytes}; each image of the batch keeps {stored_bytes} and needs a working buffer of {buffer_bytes}. How large a batch fits? (A whole number.)",
    draw=lambda d: dict(cap_bytes=d.choice([192e6, 256e6, 384e6, 512e6]), fixed_bytes=d.integer(8, 30) * 1e6, stored_bytes=d.integer(12, 60) * 1e6, buffer_bytes=d.integer(2, 8) * 1e6),
    tolerance=0, show=dict(cap_bytes="B", fixed_bytes="B", stored_bytes="B", buffer_bytes="B"),
)
def batch_that_fits(cap_bytes, fixed_bytes, stored_bytes, buffer_bytes):
    """Whole images under the cap."""
    return phone_training.largest_batch(cap_bytes, fixed_bytes, stored_bytes, buffer_bytes)


@app.function
@lk.drill(
    "uploads",
    "{needed} phones a round send an update of {update_bytes}, which secure aggregation (the server sees only the sum) makes 1.73 times as large, for {rounds} rounds. How much arrives?",
    draw=lambda d: dict(needed=d.choice([10, 30, 100, 300]), update_bytes=d.choice([0.6e6, 2e6, 5e6, 9.4e6]), rounds=d.integer(12, 300)), unit="GB", tolerance=0.02, show=dict(update_bytes="B"),
)
def uploaded(needed, update_bytes, rounds):
    """Bytes that the server receives."""
    return federated_plan.upload_bytes(needed, update_bytes, rounds)


@app.function
@lk.drill(
    "arrival",
    "{phones} phones answer after exponentially distributed times with a mean of {mean_s}. When does the {k}th answer arrive, on average?",
    draw=lambda d: dict(phones=d.choice([12, 15, 20, 26]), mean_s=d.choice([30.0, 60.0, 90.0, 120.0]), k=d.choice([8, 10, 11])), unit="s", show=dict(mean_s="s"),
)
def arrival_of_kth(mean_s, phones, k):
    """Expected order statistic."""
    return federated_round.kth_arrival_s(mean_s, phones, k)


@app.function
def draw_memory(r, said):
    """The four parts against the cap, and what each layer keeps."""
    yours = [(words, part) for words, part in zip(TERMS.values(), (r.weights_bytes, r.optimizer_bytes, r.activations_bytes, r.buffer_bytes), strict=True)]
    stacks = [(TRAINED[r.trained_part], yours)] + ([("everything", list(zip(TERMS.values(), r.full_parts, strict=True)))] if r.trained_part != "full" else [])
    return (
        ins.memory_stack(
            stacks, title=f"{lk.show(r, 'trained_share')} of the parameters, {lk.show(r, 'of_full_share')} of the memory: {lk.show(r, 'memory_bytes')}",
            capacity=(r.cap_bytes, "the app may use"), you=TRAINED[r.trained_part], prediction=lk.said_si(said)),
        ins.columns(
            [(f"layer {n}", pair) for n, pair in enumerate(zip(r.kept, r.spared, strict=True), 1)], parts=(("kept here", "data:solid"), ("kept in addition if everything is trained", "edge:open")),
            title=f"The layers keep {lk.show(r, 'activations_bytes')}; the first ones see the largest images", quantity="Kept for the way back", unit="B", path="Layer", height=170.0),
    )


@app.function
def draw_rounds(r, said):
    """Loss against rounds, and the map of local steps and clients."""
    floor = [ins.Series("curvature alone", [(1, r.floor_share), (300, r.floor_share)], "muted", "dot", spot=(1.2, r.floor_share))] if r.floor_share > federated.SHOWN_LEAST else []
    rows = r.rounds_map
    words = {(i, j): "never" for j, row in enumerate(rows) for i, v in enumerate(row) if v is None}
    here = (federated.STEPS.index(r.local_steps), federated.DRAWN.index(r.drawn))
    lucky = here in words and r.state == "reached"
    return (
        ins.curve(
            [ins.Series("this draw", r.path, "control", spot=(1.4, r.path[0][1])), ins.Series("all draws", r.mean_path, "ink", "dash"), *floor],
            title=f"{r.local_steps} local steps, {r.drawn} clients: " + (f"the target is reached after {r.rounds_said} rounds" if r.state == "reached" else f"the loss settles at {lk.show(r, 'plateau_share')}"),
            x_name="Rounds", x_unit="1", y_name="Excess loss", y_unit="share", x_log=True, y_log=True, y_limit=(r.target_share, "target"),
            flags=[(SAID_ROUNDS[said.choice], "you said, for 10 steps")] if said.choice != "never" else [],
        ),
        ins.phase_map(
            [f"{e}" for e in federated.STEPS], [f"{m}" for m in federated.DRAWN], x_name="Local steps a round", y_name="Clients a round",
            title="Rounds to the target, mean of all draws" + (". Yours is a lucky draw: the mean of all stays above the target" if lucky else ": more clients a round allow more local steps"),
            value_name="rounds", unit="1", values=rows, void=words, best=None, you=here, log=True,
        ),
    )


@app.function
def draw_round(r, said):
    """Answers of one round by class of phone, and shares of the updates over the over-selection."""
    end = f"fails: the last answer after {lk.show(r, 'closes_s')}" if r.first_fails else f"closes after {lk.show(r, 'closes_s')}"
    return (
        ins.curve(
            [ins.Series(name, points, step=True, spot=points[round(place * (len(points) - 1))]) for place, (name, points) in zip((0.2, 0.5, 0.8), r.arrivals, strict=True)],
            title=f"One round of {r.asked} phones {end}", x_name="Time", x_unit="s", y_name="Have answered, of their class", y_unit="share", x_log=True, y_zero=True,
            flags=[(r.closes_s, "last answer" if r.first_fails else f"update {r.needed}")], height=200.0,
        ),
        ins.curve(
            [ins.Series(name, points, spot=points[place]) for place, (name, points) in zip((-4, -6, -4), r.limit_shares, strict=True)],
            title=f"{r.asked} asked for {r.needed}: " + ("no round closes" if r.failed_share == 1 else f"{lk.show(r, 'entry_share')} of the updates come from entry-level phones"), x_name="Phones asked for each one needed", x_unit="×", y_name="Share of the updates", y_unit="share", y_zero=True,
            you=(r.over_selection, r.entry_share) if r.failed_share < 1 else None, prediction=(ASKED_FOR_100, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}", height=220.0,
        ),
    )


@app.function
def draw_night(r, given):
    """How much of each limit the design uses, and its loss over the rounds."""
    broken = [limit.words for limit in LIMITS if not limit.holds(r, given)]
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS], title="Every limit holds" if not broken else f"{len(broken)} of {len(LIMITS)} limits are broken: {', '.join(broken)}",
            quantity="Share of the limit in use", limit=(1.0, "limit"), most=1.6,
        ),
        ins.curve(
            [ins.Series("", r.path, "control")], title=f"{r.rounds} rounds of {lk.show(r, 'round_s')} and a minute between them: {lk.show(r, 'time_s')}" if r.state == "reached" else "The target is never reached",
            x_name="Rounds", x_unit="1", y_name="Excess loss", y_unit="share", x_log=True, y_log=True, y_limit=(0.02, "target"), height=180.0,
        ),
    )


@app.cell
async def _():
    lab = await lk.open_lab("lab_10_edge_intelligence", [keep, learn_alone, close_round, night], [batch_that_fits, uploaded, arrival_of_kth], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Compute what training on a phone keeps, layer by layer, and choose which parameters to train from it.",
         "Predict when more local work stops saving rounds of federated averaging, and name both mechanisms.",
         "Quantify whose updates are left out when a round is closed early."),
        "A camera app adapts a network that names 100 household objects, on its users’ phones, at night. Photos may not leave a phone. "
        "The product lead wants a better model by morning; the accessibility lead wants it better for the owners of cheap phones too.",
    )


@app.cell
def _(lab):
    a = lk.panel_for(lab, keep)
    return (a,)


@app.cell
def _(a, lab, log):
    lk.predict(lab, keep, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, keep, a, log())


@app.cell
def _(lab):
    b = lk.panel_for(lab, learn_alone)
    return (b,)


@app.cell
def _(b, lab, log):
    lk.predict(lab, learn_alone, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, learn_alone, b, log())


@app.cell
def _(lab):
    c = lk.panel_for(lab, close_round)
    return (c,)


@app.cell
def _(c, lab, log):
    lk.predict(lab, close_round, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, close_round, c, log())


@app.cell
def _(lab):
    d = lk.panel_for(lab, night)
    return (d,)


@app.cell
def _(d, lab, log):
    lk.decide(lab, night, d, log())


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
