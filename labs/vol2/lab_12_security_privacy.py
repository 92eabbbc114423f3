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
    app_title="What the model remembers, what the API sells",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import logit_extraction, membership, privacy_accounting, private_release, private_training
    from mlsysim.units import fmt

    RELEASE_LIMITS = (
        lk.at_most("epsilon", "epsilon_limit", "ε"), lk.at_most("loss_points", "loss_limit", "accuracy lost"), lk.at_most("memory_bytes", "memory_limit", "memory"),
        lk.at_most("time_s", "time_limit", "training time"), lk.at_least("scores", "score_limit", "scores in an answer"),
        lk.at_least("cost_usd", "usd_limit", "price of the output layer"), lk.at_most("changed_share", "changed_limit", "answers changed by noise"),
    )


@app.function
@lk.experiment(
    "A",
    "What does a larger batch do to the privacy of one record?",
    scenario="DP-SGD draws a random batch, clips the gradient of every record in it, and adds noise of σ clipping norms to the sum. ε bounds what the finished model can tell about any one record: "
    "nothing is more than $e^\\varepsilon$ times as likely with the record as without it, but for a chance δ. Losses of accuracy follow three published MNIST runs, borrowed for this model (illustrative).",
    controls=dict(
        batch=lk.steps("Batch", private_training.BATCHES, default=256, unit="records"),
        noise=lk.steps("Noise multiplier σ", (0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0), default=1.0),
        epochs=lk.steps("Epochs", private_training.EPOCHS, default=20),
        records=lk.steps("Records", (25_000, 100_000, 400_000), default=100_000, more=True),
        clipping=lk.choice("Clipping", {"per-example": "keep every record's gradient", "ghost": "ghost: norms only, slower"}, default="per-example", more=True),
    ),
    predict=lk.predict_number(
        "100,000 records, batch 256, σ = 1.0, 20 epochs, δ = 10⁻⁶: ε = 1.92. Raise the batch to 4,096 and leave σ and epochs as they are. What is ε then?",
        low=0.1, high=50, log=True, answer=lambda r: private_training.train_privately(4096).epsilon),
    idea=lambda r: "Sixteen times the batch takes a record into sixteen times as large a share of the steps. There are sixteen times fewer steps, but what a step reveals grows with the square of that share, and ε about with the root of the sum. "
    f"ε goes from {lk.show(r, 'epsilon')} to {lk.show(private_training.train_privately(4096), 'epsilon')}. Four times the batch gives {lk.show(private_training.train_privately(1024), 'epsilon')}, "
    f"four times the epochs {lk.show(private_training.train_privately(epochs=80), 'epsilon')}. "
    f"What the batch buys: the noise on the averaged gradient falls from {lk.show(r, 'noise_ratio')} to {lk.show(private_training.train_privately(4096), 'noise_ratio')} the clipping norm. Spend that on a larger σ: "
    f"at σ = 4 and the same accuracy, ε is {lk.show(private_training.train_privately(4096, 4.0), 'epsilon')}.",
    readouts=(("epsilon", "ε at δ = 10⁻⁶"), ("loss_points", "Accuracy lost"), ("memory_bytes", "Memory"), ("noise_ratio", "Noise over clipping norm, averaged gradient"), ("time_s", "Training time")),
    failures=(
        lk.failure("out of memory", lambda r: r.state == private_training.FULL, "Ghost clipping or a smaller batch leads out.", lambda r: f"needs {lk.show(r, 'memory_bytes')}, has {lk.show(r, 'capacity_bytes')}"),
        lk.failure("no meaningful guarantee", lambda r: r.state == private_training.MEANINGLESS, "More noise, fewer epochs or a smaller batch lead out.", lambda r: f"ε is {lk.show(r, 'epsilon')}"),
    ),
    explain=lk.explain(
        "Cut the batch to a quarter, or the epochs to a quarter: which lowers ε more from here?",
        {"batch": "a quarter of the batch", "epochs": "a quarter of the epochs", "same": "the same, within 5 %"}, lambda r: private_training.which_saves(r)),
    terms=("data", "arithmetic"), binding=lambda r: "data" if r.state == private_training.FULL else "arithmetic",
    instruments=lambda r, said: draw_budget(r, said), coach={"explore": "Set batch 4,096, then find the σ that brings ε back to 1.92, and compare the accuracy."},
)
def private_run(batch, noise, epochs, records, clipping):
    """One run of DP-SGD over the notes."""
    return private_training.train_privately(batch, noise, epochs, records, clipping)


@app.function
@lk.experiment(
    "B",
    "Whom can an attacker name?",
    scenario="An attacker scores people by how well the model knows their notes and names those above a threshold. Outsiders score around 0, typical patients around 0.3, a few unusual patients around 4, "
    "all with a spread of 1 (illustrative). AUC is the chance that a patient scores above an outsider.",
    controls=dict(
        epsilon=lk.choice("Private training", {"none": "none", "8": "ε = 8", "4": "ε = 4", "2": "ε = 2", "1": "ε = 1", "0.5": "ε = 0.5"}, default="none"),
        unusual=lk.slider("Unusual among the patients", 0, 0.05, step=0.005, default=0.02, unit="share"),
        false_positive=lk.steps("Outsiders that are named", (1e-4, 1e-3, 1e-2, 1e-1), default=1e-3, unit="share"),
        shift=lk.slider("Mean score of typical patients", 0, 1, step=0.1, default=0.3, unit="σ", more=True),
        prior=lk.steps("Patients among the candidates", (0.01, 0.1, 0.5), default=0.5, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "The attack has an AUC of 0.59; a coin has 0.5. 2 % of the patients are unusual. The threshold is so high that it names 0.1 % of the outsiders. Half of the candidates are patients. "
        "Of those named, what share are patients?", "member_share", low=50, high=100, unit="%"),
    idea=lambda r: f"An average over all patients says nothing about the few. Of 100,000 patients the attack names {r.named_members:,.0f}, most of them unusual ones, and it is right {lk.show(r, 'member_share')} of the time; "
    f"without unusual patients it would be {lk.show(membership.attack(unusual_share=0.0), 'member_share')}. An unusual patient is named {lk.show(r, 'unusual_named_share')} of the time, and "
    f"{lk.show(membership.attack(2.0), 'unusual_named_share')} at most where training had ε = 2, whatever the attack. ε = 8 promises {lk.show(membership.attack(8.0), 'bound_share')} at most: as a worst case, nothing.",
    readouts=(("member_share", "Patients among those named"), ("unusual_named_share", "An unusual patient is named"), ("named_share", "Patients named (true positives)"),
              ("ceiling_share", "Patients among those named, best conceivable attack"), ("auc", "AUC without private training")),
    failures=(lk.failure("people are exposed", lambda r: r.state == membership.EXPOSED, "Train with a small ε, or have no patient stand out.", lambda r: f"{lk.show(r, 'member_share')} of those named are patients"),),
    explain=lk.explain(
        "People are exposed where more than 90 % of those named are patients. What prevents that here?",
        {"nothing": "nothing does", "bound": "private training: without it they would be exposed", "leakage": "little leakage: the scores would not suffice in any case"}, lambda r: membership.what_protects(r)),
    instruments=lambda r, said: draw_attack(r, said),
)
def named(epsilon, unusual, false_positive, shift, prior):
    """A membership attack at a low false-positive rate."""
    return membership.attack(None if epsilon == "none" else float(epsilon), unusual, false_positive, shift, prior)


@app.function
@lk.experiment(
    "C",
    "What does it take to copy a model's last layer?",
    scenario="The assistant answers with the log-probabilities of the five likeliest of 50,257 tokens, and customers may add a bias to the logit of any token. It is 2,048 wide. "
    "An answer costs two tokens (illustrative), a million tokens $0.40.",
    controls=dict(
        api=lk.choice("The API returns", {a: a for a in logit_extraction.APIS}, default="top-5 + bias"),
        noise=lk.steps("Noise on the logits, fresh in every answer", (0, 0.01, 0.1, 0.3, 1.0), default=0, unit="nats"),
        rate=lk.steps("Queries a customer may send", (1, 5, 20, 100), default=20, unit="1/s"),
        width=lk.steps("Hidden width", (1024, 2048, 4096), default=2048, more=True),
    ),
    predict=lk.predict_number(
        "A competitor wants the output layer, a matrix of 2,048 × 50,257 numbers. As many full vectors of logits as the model is wide are enough. What do the queries cost?",
        "cost_usd", low=1, high=10_000_000, unit="$", log=True),
    idea=lambda r: f"Every answer is a product of the same matrix with {r.width:,} hidden numbers, so {r.width:,} full vectors span all that it can say. A bias lifts four further tokens beside a reference into each answer: "
    f"{fmt(r.queries / 1e6, 'million')} queries, {lk.show(r, 'cost_usd')}, {lk.show(r, 'time_s')}. What the training cost plays no part. Two such models were read for under $20 in 2024.",
    readouts=(("cost_usd", "Price of the layer"), ("time_s", "Time at this rate"), ("toy_width", "Width read in the toy (true: 12)"), ("cliff", "Height of the cliff"), ("changed_share", "Top answers changed by the noise")),
    failures=(lk.failure("cheap to take", lambda r: r.state == logit_extraction.CHEAP, "Hide more, add noise, or slow the queries down.", lambda r: f"{lk.show(r, 'cost_usd')} and {lk.show(r, 'time_s')}"),),
    explain=lk.explain(
        "What stops a competitor with $1,000 and 90 days here?",
        {"nothing": "nothing", "money": "money", "time": "time alone", "information": "information that is missing"}, lambda r: logit_extraction.what_stops(r)),
    instruments=lambda r, said: draw_layer(r, said), coach={"explore": "Find the least noise that makes the layer dear, then the least that hides the width. What does each cost the users?"},
)
def last_layer(api, noise, rate, width):
    """The output layer through the API, and a toy of the attack."""
    return logit_extraction.extract(api, noise, rate, width)


@app.function
@lk.decision(
    "The assistant goes on sale",
    scenario="The data protection officer accepts ε of {epsilon_limit} at most, the clinic loses {loss_limit} of accuracy at most. One GPU of 80 GB is free for {time_limit}. Customers want scores, "
    "at least {score_limit} an answer. Finance wants the output layer to cost a competitor {usd_limit} or more.",
    controls=dict(
        batch=lk.steps("Batch", (256, 512, 1024, 4096, 16384), default=256, unit="records"),
        noise=lk.steps("Noise multiplier σ", (1.0, 1.2, 1.5, 2.0, 3.0, 4.0), default=1.0),
        epochs=lk.steps("Epochs", (10, 20, 40, 80), default=20),
        clipping=lk.choice("Clipping", {"per-example": "keep every record's gradient", "ghost": "ghost: norms only, slower"}, default="per-example"),
        api=lk.choice("The API returns", {a: a for a in logit_extraction.APIS}, default="top-5 + bias"),
        logit_noise=lk.steps("Noise on the logits", (0, 0.01, 0.1, 0.3, 1.0), default=0, unit="nats"),
    ),
    given=lambda d: dict(epsilon_limit=d.number(2.7, 4.0, step=0.1), loss_limit=1.8, memory_limit=80e9, time_limit=d.choice([0.8 * 3600, 1.2 * 3600]), score_limit=5,
                         usd_limit=d.choice([1000, 5000, 15000]), changed_limit=0.01),
    given_units=dict(epsilon_limit="1", loss_limit="points", memory_limit="B", time_limit="s", score_limit="1", usd_limit="$", changed_limit="share"),
    constraints=RELEASE_LIMITS, objective=("lowest", "loss_points"), labels={"loss_points": "accuracy lost; of equals, one that keeps the bias for paying users"},
    readouts=(("ceiling_share", "Patients among those named, best conceivable attack (part B)"), ("noise_ratio", "Noise over clipping norm")),
    instruments=lambda r, given, now: draw_release(r, given, now),
)
def on_sale(batch, noise, epochs, clipping, api, logit_noise):
    """Training and API of the assistant together."""
    return private_release.release(batch, noise, epochs, clipping, api, logit_noise)


@app.function
@lk.drill(
    "releases",
    "A registry answers k = {releases} questions about the same patients, each with ε = {epsilon}. What is ε of all together, by the smaller of the sum and √(2k ln(1/δ′)) ε + k ε (e^ε − 1) with δ′ = 10⁻⁶?",
    draw=lambda d: dict(releases=d.choice([4, 10, 50, 100, 365, 1000]), epsilon=d.choice([0.01, 0.02, 0.05, 0.1, 0.2, 0.5])), show=dict(releases="1", epsilon="1"),
)
def all_releases(releases, epsilon):
    """ε of many answers."""
    return privacy_accounting.composed_epsilon(releases, epsilon)


@app.function
@lk.drill(
    "bound",
    "Training had ε = {epsilon} and δ = 10⁻⁶. An attack names {false_positive} of the outsiders. With what chance, at most, does it name any one patient?",
    draw=lambda d: dict(epsilon=d.number(0.5, 4.0, step=0.25), false_positive=d.choice([0.0005, 0.001, 0.002, 0.005, 0.01])), unit="%", tolerance=0.02, show=dict(epsilon="1", false_positive="share"),
)
def most_named(epsilon, false_positive):
    """The bound on any test."""
    return membership.named_at_most(epsilon, false_positive)


@app.function
@lk.drill(
    "queries",
    "A model is {width} wide and knows {vocabulary} tokens. An answer holds the {top} likeliest, one of which serves as the reference; a bias lifts the others. How many queries give its output layer?",
    draw=lambda d: dict(width=d.choice([768, 1024, 2048, 4096, 8192]), vocabulary=d.choice([32_000, 50_257, 100_277, 128_256]), top=d.choice([2, 3, 5, 20])), tolerance=0.01, show=dict(width="1", vocabulary="1", top="1"),
)
def queries_of_layer(width, vocabulary, top):
    """Queries for as many vectors as the model is wide."""
    return logit_extraction.queries_for_layer(width, vocabulary, top)


@app.function
def draw_budget(r, said):
    """ε over the batch for all numbers of epochs, and the memory of the run."""
    lines = [ins.Series(f"{epochs} epochs", points, "control" if epochs == r.epochs else "ink", "solid" if epochs == r.epochs else "dot") for epochs, points in private_training.over_batches(r)]
    return (
        ins.curve(
            lines, title=f"Batch {r.batch:,.0f}, {r.epochs:g} epochs, σ = {r.noise_multiplier:g}: ε is {lk.show(r, 'epsilon')}, and noise costs {lk.show(r, 'loss_points')} of accuracy",
            x_name="Batch (records)", x_unit="1", y_name="ε at δ = 10⁻⁶", y_unit="1", x_log=True, y_log=True, you=(r.batch, r.epsilon), you_label=f"ε {lk.show(r, 'epsilon')}",
            y_limit=(private_training.WEAK_EPSILON, "hardly a guarantee"), prediction=(4096, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}", x_ticks=private_training.BATCHES,
        ),
        ins.memory_stack(
            [("your run", [(name, amount) for name, amount in (("gradients of every record", r.gradient_bytes), ("adapter and optimiser", r.state_bytes), ("frozen model, activations", r.fixed_bytes)) if amount])],
            title=f"{lk.show(r, 'memory_bytes')}: {'the GPU has ' + lk.show(r, 'capacity_bytes') if r.state == private_training.FULL else 'it fits'}", capacity=(r.capacity_bytes, "one GPU"), you="your run",
        ),
    )


@app.function
def draw_attack(r, said):
    """Patients against outsiders named on two log axes, the scores on a log axis, and who is named."""
    curves = {name: [(f, row[i]) for f, *row in membership.roc(r)] for i, name in enumerate(("all patients", "unusual patients", "bound", "90 %"))}
    outsiders, members = membership.scores(r)
    said_at = membership.needed_for(lk.said_si(said), r.false_positive_share, r.prior_share)
    return (
        ins.curve(
            [ins.Series("all patients", curves["all patients"], "control", "solid", spot=curves["all patients"][1]), ins.Series("unusual", curves["unusual patients"], "arithmetic", "dash", spot=curves["unusual patients"][30]),
             ins.Series("90 % right", curves["90 %"], "ink", "dot", spot=curves["90 %"][6])],
            title=f"Of those named, {lk.show(r, 'member_share')} are patients; an unusual one is named {lk.show(r, 'unusual_named_share')} of the time", x_name="Outsiders named", x_unit="share", y_name="Patients named", y_unit="share",
            x_log=True, y_log=True, you=(r.false_positive_share, r.named_share), you_label=f"{lk.show(r, 'member_share')} right", prediction=(r.false_positive_share, said_at), prediction_label=f"you said {lk.said(said)}",
            band=(curves["bound"], [(f, 1.0) for f, _ in curves["bound"]], f"no attack gets here (ε = {r.epsilon:g})") if r.private else None,
        ),
        ins.split_bar(membership.named_people(r), title=f"Those named, of 100,000 candidates: {lk.show(r, 'member_share')} are patients", unit="people", quantity="People named"),
        ins.curve(
            [ins.Series("outsiders", outsiders, spot=outsiders[20]), ins.Series("patients", members, "control", "solid", spot=members[36])], title=f"AUC {r.auc:.2f}: nearly the same scores, but for the far end" if r.unusual_share else f"AUC {r.auc:.2f}: nearly the same scores",
            x_name="Score of the attack, without private training", x_unit="σ", y_name="Density", y_unit="1", y_log=True, x_limit=(membership.threshold(r), "named"), height=170.0,
        ),
    )


@app.function
def draw_layer(r, said):
    """Pivots of the toy attack, and the price through every API."""
    pivots = list(enumerate(r.pivots, 1))
    prices = logit_extraction.ladder(r)
    return (
        ins.curve(
            [ins.Series("", pivots, "ink", dots=True)], title=f"Toy of width 12: the magnitudes fall by a factor of {lk.show(r, 'cliff')} after number {r.toy_width}, so the width reads {r.toy_width}", x_name="Step of the elimination", x_unit="1",
            y_name="Pivot over the first", y_unit="1", y_log=True, flags=((r.toy_width + 0.5, f"width read: {r.toy_width}"),), height=200.0,
        ),
        ins.blocks(
            [(name, usd, "control:solid" if name == r.api else "data:open") for name, usd in prices], title=f"Through “{r.api}” the layer costs {lk.show(r, 'cost_usd')}" if r.api in dict(prices) else f"“{r.api}” gives too little away at any price",
            quantity="Price of the layer", unit="$", path="API", limit=(logit_extraction.CHEAP_USD, "cheap", "below"), prediction=lk.said_si(said),
        ),
    )


@app.function
def draw_release(r, given, now):
    """ε and accuracy of other batches and σ with the same epochs and clipping (good: the four limits of training hold), and how much of each limit is in use."""
    options = [(b, s, private_release.release(b, s, now["epochs"], now["clipping"], now["api"], now["logit_noise"])) for b in (256, 512, 1024, 4096, 16384) for s in (1.0, 1.2, 1.5, 2.0, 3.0, 4.0)]
    shown = [(f"{b:,} σ {s:g}", x) for b, s, x in options if RELEASE_LIMITS[0].used(x, given) < 1.8 and RELEASE_LIMITS[1].used(x, given) < 1.5 or (b, s) == (now["batch"], now["noise"])]
    return (
        ins.pareto(
            [ins.Design(name, x.epsilon, x.loss_points, all(limit.holds(x, given) for limit in RELEASE_LIMITS[:4])) for name, x in shown], title=f"Batch {now['batch']:,}, σ {now['noise']:g}, {now['epochs']} epochs: ε {lk.show(r, 'epsilon')}, {lk.show(r, 'loss_points')} lost",
            x_name="ε at δ = 10⁻⁶", x_unit="1", y_name="Accuracy lost", y_unit="points", y_better="low", x_log=True, x_limit=(given["epsilon_limit"], "ε accepted"), y_limit=(given["loss_limit"], "loss accepted"),
            you=f"{now['batch']:,} σ {now['noise']:g}",
        ),
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in RELEASE_LIMITS], title=f"{sum(limit.holds(r, given) for limit in RELEASE_LIMITS)} of {len(RELEASE_LIMITS)} limits hold", quantity="Limit in use",
            limit=(1.0, "limit"), most=2.0,
        ),
    )


@app.cell
async def _():
    lab = await lk.open_lab("lab_12_security_privacy", [private_run, named, last_layer, on_sale], [all_releases, most_named, queries_of_layer], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Compute the privacy loss of a run with noisy gradients, and predict which setting spends it.",
         "Judge a membership attack at a low false-positive rate, and state what ε promises there.",
         "Price the copy of a model's output layer through its API, and choose a defence by what it costs."),
        "A hospital group fine-tunes a clinical assistant, a language model 2,048 wide with 25 million adapter weights, on the notes of 100,000 patients, and sells access by API. "
        "The data protection officer asks what one patient risks. The finance lead asks what a competitor can take.",
    )


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, private_run, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, private_run, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, named, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, named, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, last_layer, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, last_layer, c, log())


@app.cell
def _(d, lab, log):
    lk.decide(lab, on_sale, d, log())


@app.cell
def _(lab):
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return drill_inputs, log_inputs


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
