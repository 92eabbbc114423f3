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
app = marimo.App(app_title="The price of choosing", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html")

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import crawl_filter, label_plan, pool_selection, selection_bill
    from mlsysim.units import fmt

    POLICIES = {"random": "at random", "margin": "least sure first", "hardest": "hardest first", "coverage": "spread out (coverage)"}
    HOW = "At random; where a first model is least sure; where it errs most; or always the event farthest from all kept so far."
    SCORERS = {"none": "none: choose at random", "embedding": "an embedding that exists", "proxy": "a proxy, 5× as fast", "same": "the same model, half the epochs"}
    WAITS = {"compute": "O", "disk": "D"}
    LIMITS = (
        lk.at_least("worst_group_accuracy", "worst_limit", "worst group"),
        lk.at_least("mean_accuracy", "mean_limit", "mean accuracy"),
        lk.at_most("cost_usd", "budget_usd", "cost a station"),
    )


@app.function
@lk.experiment(
    "A",
    "Which forty examples?",
    scenario="A station has 400 events of six kinds, from rain (40 % of them) to leaks (4 %). Each was labelled in haste. A first model, trained on 40 of them taken at random, "
    "scores the rest. Then 40 are kept to train the classifier that runs at the station. (A made-up pool with two features; the selection and the classifier are real.)",
    controls=dict(
        policy=lk.choice("Keep", POLICIES, default="hardest", help=HOW),
        kept=lk.slider("Events kept", 20, 100, step=10, default=40, unit="1"),
        noise_share=lk.slider("Wrong labels in the pool", 0, 0.16, step=0.02, default=0.08, unit="share"),
        duplicate_share=lk.slider("Near copies", 0, 0.4, step=0.1, default=0.2, unit="share", more=True),
        verified=lk.toggle("Check the kept labels", more=True, help="A second person corrects the kept ones."),
    ),
    predict=lk.predict_number(
        "8 % of the pool’s labels are wrong. You keep the 40 events on which the first model errs most, the “hardest”. What share of these 40 carries a wrong label?",
        "mislabelled_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: "A large error means rare or wrong, and the score cannot tell which: {wrong} of the {kept} hardest labels are wrong. Coverage looks at no label and keeps {spread}. "
    "Its worst group is recognised {worst} of the time, that of a random choice {chance}, though their means ({mean} and {chance_mean}) hardly differ.".format(
        wrong=lk.show(r, "mislabelled_share"), kept=r.kept, **compare(r)
    ),
    readouts=(("mislabelled_share", "Wrong labels among the kept"), ("mean_accuracy", "Mean accuracy"), lk.at_least("worst_group_accuracy", pool_selection.GOOD_WORST, "Worst group"), ("rare_share", "Kept: spills and leaks")),
    failures=(lk.failure("blind to a group", lambda r: r.state == pool_selection.BLIND, "Another policy, more events or fewer wrong labels lead out.", lambda r: f"in each pool a group is never recognised; the mean is {lk.show(r, 'mean_accuracy')}"),),
    explain=lk.explain(
        "What holds the worst group down where you stand?",
        {"label errors": "wrong labels among the kept", "missing group": "a group of which almost nothing is kept", "too few": "too few examples of every group", "nothing": "nothing: the worst group reaches 60 %"},
        lambda r: r.binding,
    ),
    terms=("arithmetic",),
    instruments=lambda r, said: draw_pool(r, said),
)
def which_examples(policy, kept, noise_share, duplicate_share, verified):
    """Keep, train, test: the mean of three pools."""
    return pool_selection.select(policy, kept, noise_share, duplicate_share, verified)


@app.function
@lk.experiment(
    "B",
    "How long does a part of the data take?",
    scenario="The partner trains ResNet-50 on ImageNet, 90 epochs on one A100 with an NVMe disk. To find the best images it first trains the same model on all of them for 45 epochs, "
    "passes once over everything to score it, and writes the chosen images to a new file, in order. The bill holds time; accuracy is not part of it.",
    controls=dict(
        kept_share=lk.slider("Images kept", 0.1, 1.0, step=0.1, default=0.5, unit="share"),
        scorer=lk.choice("Scored by", SCORERS, default="same"),
        storage=lk.choice("Disk", selection_bill.storage_names(), default="nvme"),
        repacked=lk.toggle("Repack the chosen images", default=True, more=True, help="Off: they are read where they lie, one by one."),
        runs=lk.slider("Trainings on this selection", 1, 10, step=1, default=1, unit="1", more=True),
        epochs=lk.steps("Epochs of a training", (1, 5, 15, 30, 60, 90), default=90, unit="1", more=True),
    ),
    predict=lk.predict_number(
        "You keep half of the images. How long do scoring, repacking and training on that half take together, as a share of training on everything?",
        "ratio_share", low=20, high=300, unit="%", log=True,
    ),
    idea=lambda r: "Choosing must cost less than it saves. Training on half saves {saved}; the scoring alone takes {score}, and the smaller trainings must share it: choosing pays from training {runs} on. "
    "And the disk has a say: on a hard disk, a tenth of the images picked at random takes {random} an epoch, all of them in order {order}.".format(
        saved=lk.show(r, "saved_s"), score=lk.show(r, "score_s"), runs=lk.show(r, "break_even_runs"), **hard_disk(),
    ),
    readouts=(("total_s", "Selected: total"), ("full_s", "Everything: total"), ("ratio_share", "Selected over everything"), ("break_even_runs", "Pays from training"), ("epoch_factor", "Epoch, chosen over all")),
    failures=(lk.failure("selection loses", lambda r: r.state == selection_bill.LOSES, "A cheaper scorer, fewer images, repacking or more trainings lead out.", lambda r: f"it takes {lk.show(r, 'longer_s')} longer than training on everything"),),
    explain=lk.explain(
        "Which block of the selected row should be cut first?",
        {"score": "the scoring", "repack": "the repacking", "disk": "training that waits for the disk", "compute": "training that waits for the GPU"},
        lambda r: r.largest,
    ),
    terms=("data", "arithmetic"),
    binding=lambda r: "data" if r.epoch_limit == selection_bill.DISK else "arithmetic",
    instruments=lambda r, said: draw_bill(r, said),
)
def selection_time(kept_share, scorer, storage, repacked, runs, epochs):
    """Score, repack and train, against training on everything."""
    return selection_bill.study_bill(kept_share, scorer, storage, repacked, runs, epochs)


@app.function
@lk.experiment(
    "C",
    "What is a text worth the fortieth time?",
    scenario="The same question for a language model of 1 billion parameters. A crawl holds 100 billion tokens, sorted into ten tenths, the best first; a token of the last tenth is worth a tenth "
    "of one of the first (illustrative). Keep little, and you repeat it; keep much, and you dilute it.",
    controls=dict(
        training_billion=lk.steps("Tokens trained on", (5, 7, 10, 15, 20, 30, 40, 70, 100, 150, 200, 300, 400, 700, 1000, 1500, 2000), default=400, unit="billion tokens"),
        kept_parts=lk.slider("Tenths of the crawl kept", 1, 10, step=1, default=1, unit="1"),
        worst_quality=lk.slider("Worth of the last tenth", 0.05, 1.0, step=0.05, default=0.1, unit="share", help="of a token of the best"),
        model_billion=lk.steps("Model", (0.1, 0.3, 1, 3, 10), default=1, unit="billion parameters", more=True),
    ),
    predict=lk.predict_number(
        "You keep the best 10 billion tokens and train on 400 billion: 40 epochs. How many fresh tokens of the same quality would be worth as much?",
        "effective_billion", low=10, high=1000, unit="billion tokens", log=True,
    ),
    idea=lambda r: "Repeats lose their worth: four epochs count {four}, forty {forty}. So with more training, more of the crawl should stay, although it is worse: "
    "{keep10} of it for 10 billion tokens of training, {best} for {tokens}, {keep2000} for 2 trillion. “High quality first” is right only for a short training.".format(
        tokens=lk.show(r, "training_billion"), best=lk.show(r, "best_share"), **keeps(r)
    ),
    readouts=(("effective_billion", "Worth in fresh tokens"), ("epochs", "Epochs"), ("loss_nats", "Loss"), ("best_share", "Best to keep"), ("lost_share", "Worth given away")),
    failures=(lk.failure("outside the measured range", lambda r: r.state == crawl_filter.BEYOND, "Keep more, or train less.", lambda r: f"every token is read {lk.show(r, 'epochs')}; more repetition adds almost nothing"),),
    explain=lk.explain(
        "What limits the worth of this training?",
        {"quality dilution": "dilution: too much poor text is kept", "repetition": "repetition: too little text is kept", "neither": "neither: this part is the best for this training"},
        lambda r: r.binding,
    ),
    terms=("arithmetic", "data"),
    instruments=lambda r, said: draw_crawl(r, said),
)
def crawl_kept(training_billion, kept_parts, worst_quality, model_billion):
    """Quality against repetition for one amount of training."""
    return crawl_filter.study_crawl(training_billion, kept_parts, worst_quality, model_billion)


@app.function
@lk.decision(
    "A label plan for the stations",
    scenario="The authority buys labels for each station: $0.10 a label, of which {noise_share} come out wrong. A second person checks a label for {check_usd}. Looking at the whole pool to choose costs "
    "$3 a station for coverage, $4 for the hardest or the least sure. The classifier must recognise {mean_limit} of all events and {worst_limit} of the worst group, for at most {budget_usd}. (Prices illustrative.)",
    controls=dict(policy=lk.choice("Keep", POLICIES, default="random"), kept=lk.slider("Events labelled", 20, 100, step=10, default=60, unit="1"), verified=lk.toggle("Check every label")),
    given=lambda d: dict(noise_share=d.choice([0.04, 0.08, 0.12]), check_usd=d.choice([0.04, 0.06, 0.08, 0.1]), worst_limit=d.choice([0.54, 0.58, 0.64]), mean_limit=0.88, budget_usd=d.number(13, 14.5, step=0.5)),
    given_units=dict(noise_share="share", check_usd="$", worst_limit="share", mean_limit="share", budget_usd="$"),
    constraints=LIMITS,
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "cost a station"},
    readouts=(("mislabelled_share", "Wrong labels among the kept"), ("labels_usd", "Labels"), ("checks_usd", "Checks"), ("fee_usd", "Choosing")),
    terms=("arithmetic",),
    instruments=lambda r, given, now: draw_plans(r, given, now),
)
def label_buying(policy, kept, verified, noise_share, check_usd):
    """Cost and accuracy of one plan."""
    return label_plan.plan(policy, kept, verified, noise_share, check_usd)


@app.function
@lk.drill(
    "bill",
    "ResNet-50 on ImageNet, one A100, NVMe, 90 epochs. You score with the same model (45 epochs on everything, then one forward pass), keep {kept_share}, repack, and train {runs} models on it. "
    "How long does all that take, as a share of training {runs} models on everything?",
    draw=lambda d: dict(kept_share=d.number(0.2, 0.8, step=0.1), runs=d.integer(1, 5)), unit="%", show=dict(kept_share="share", runs="1"),
)
def bill_share(kept_share, runs):
    """Total over full time."""
    return selection_bill.study_bill(kept_share, "same", "nvme", True, runs).ratio_share


@app.function
@lk.drill(
    "disk",
    "A hard disk does 150 random reads a second, or 200 MB/s in order. 1,281,167 images of {image_bytes} train at 2,470 a second, and reading overlaps with training. "
    "Which share of the images, read at random, takes as long as an epoch of all of them in order?",
    draw=lambda d: dict(image_bytes=d.integer(6, 60) * 5e3), unit="%", tolerance=0.05, show=dict(image_bytes="B"),
)
def random_reads(image_bytes):
    """Share at which random reads take as long as everything in order."""
    return selection_bill.random_share(image_bytes, "hdd")


@app.function
@lk.drill(
    "repeats",
    "{unique} billion tokens are read {epochs} times. How many fresh tokens, in billions, are worth as much? U·(1 + R·(1 − exp(−(e − 1)/R))) with R = 15.39.",
    draw=lambda d: dict(unique=d.integer(5, 50), epochs=d.integer(2, 40)), unit="billion tokens",
)
def repeated(unique, epochs):
    """Effective tokens, in billions."""
    return crawl_filter.effective(unique, epochs)


@app.cell
async def _():
    parts = [which_examples, selection_time, crawl_kept, label_buying]
    lab = await lk.open_lab("lab_09_data_selection", parts, [bill_share, random_reads, repeated], __file__)
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
        ("Compare ways of choosing examples by mean and by worst-group accuracy, and say what “hard” examples really are.",
         "Compute when a selection pays, with scoring, repacking and random reads in the bill.",
         "Choose how much of a crawl to keep for a given amount of training."),
        "A river authority has 400 sensor events a station, labelled in haste, and money to keep a few dozen and perhaps check them. Its cloud partner offers to train “on the best 10 % of everything”. "
        "You lead the data work: say which examples, how many, and whether choosing them costs less than using them all.",
    )
    return


@app.function
def compare(r):
    """Coverage and chance at the same settings, in words."""
    spread, chance = (pool_selection.select(p, r.kept, r.noise_share, r.duplicate_share) for p in ("coverage", "random"))
    words = dict(spread=lk.show(spread, "mislabelled_share"), worst=lk.show(spread, "worst_group_accuracy"), mean=lk.show(spread, "mean_accuracy"))
    return words | dict(chance=lk.show(chance, "worst_group_accuracy"), chance_mean=lk.show(chance, "mean_accuracy"))


@app.function
def hard_disk():
    """An epoch on a hard disk: a tenth at random, and everything in order."""
    r = selection_bill.study_bill(0.1, "none", "hdd", False)
    return dict(random=lk.show(r, "epoch_s"), order=lk.show(r, "full_epoch_s"))


@app.function
def keeps(r):
    """What four and forty epochs are worth, and the best part at both ends of the training."""
    few, many = (crawl_filter.study_crawl(d, 1, r.worst_quality) for d in (40, 400))
    short, long = (crawl_filter.study_crawl(d, 1, r.worst_quality) for d in (10, 2000))
    return dict(four=lk.show(few, "fresh_epochs"), forty=lk.show(many, "fresh_epochs"), keep10=lk.show(short, "best_share"), keep2000=lk.show(long, "best_share"))


@app.cell
def _(lab):
    a, b, c, d = lk.panel_for(lab, which_examples), lk.panel_for(lab, selection_time), lk.panel_for(lab, crawl_kept), lk.panel_for(lab, label_buying)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, which_examples, a, log())
    return


@app.function
def draw_pool(r, said):
    """The first pool, the labels among the kept, and accuracy group by group."""
    asked = (r.policy, r.kept, r.noise_share) == ("hardest", 40, 0.08)
    label = "wrong, corrected" if r.verified else "wrong label"
    return (
        ins.pool_map(
            r.points, r.centres, groups=[g[:2] for g in r.groups], corrected=r.verified,
            title=f"Kept {POLICIES[r.policy]}: {lk.show(r, 'rare_share')} are spills or leaks, {lk.show(r, 'mislabelled_share')} carry a wrong label", notes=(("The second of three pools, in its two features", "muted"),),
        ),
        ins.split_bar(
            [(label, r.mislabelled, "ink:solid"), ("right label", r.right, "edge:open")], unit="1", quantity="Kept events",
            title=f"Of {r.kept} kept labels {fmt(r.mislabelled)} are wrong, on average over three pools", prediction=(label, lk.said_si(said)) if asked else None,
        ),
        ins.group_bars(
            [(name, hit, each, f"{kept:.1f} kept") for name, _, hit, each, kept in r.groups], quantity="Recognised",
            title=f"{lk.show(r, 'mean_accuracy')} of the events are recognised, {lk.show(r, 'worst_group_accuracy')} of each pool’s worst group",
            mean=(r.mean_accuracy, "mean"), floor=(pool_selection.GOOD_WORST, "wanted of the worst"),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, which_examples, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, selection_time, b, log())
    return


@app.function
def draw_bill(r, said):
    """Both rows of the bill, and an epoch over the share kept."""
    asked = (r.kept_share, r.scorer, r.storage, r.runs, r.epochs, r.repacked) == (0.5, "same", "nvme", 1, 90, True)
    verdict = f"takes {lk.show(r, 'longer_s')} longer than everything" if r.state == selection_bill.LOSES else f"pays: {lk.show(r, 'total_s')} against {lk.show(r, 'full_s')}"
    pieces = [(f"train {n}" if r.runs > 1 else "train", start, end, WAITS[r.epoch_limit]) for n, start, end in r.selected_runs]
    return (
        ins.timeline(
            ["everything", "selected"],
            [ins.Bar("everything", start, end, f"train {n}" if r.runs > 1 else "train", WAITS[r.full_limit]) for n, start, end in r.full_runs]
            + [ins.Bar("selected", start, end, what, style) for what, start, end, style in (("score", 0.0, r.score_s, "L"), ("repack", r.score_s, r.ready_s, "muted:solid"), *pieces)],
            title=f"Choosing {lk.show(r, 'kept_share')} {verdict}", idle=False, you="selected",
            key=(("L", "score"), ("muted:solid", "repack"), ("O", "GPU"), ("D", "disk")),
            prediction=lk.said_si(said) * r.full_s if asked else None, prediction_label=f"you said {lk.said(said)}",
        ),
        ins.curve(
            [ins.Series("picked at random", r.random_curve), ins.Series("repacked", r.order_curve)],
            title=f"An epoch of the chosen takes {lk.show(r, 'epoch_s')}, {lk.show(r, 'epoch_factor')} an epoch of everything", x_name="Images kept", x_unit="share", y_name="Time of an epoch", y_unit="s",
            x_log=True, y_log=True, you=(r.kept_share, r.epoch_s), y_limit=(r.full_epoch_s, "everything, in order"),
            flags=[(r.break_even_share, f"at random no faster from {lk.show(r, 'break_even_share')}")] if r.break_even_share < 1 else (), height=190.0,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, selection_time, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, crawl_kept, c, log())
    return


@app.function
def draw_crawl(r, said):
    """Worth over training for several parts kept, and the map of what to keep."""
    asked = (r.training_billion, r.kept_parts) == (400, 1)
    return (
        ins.curve(
            [ins.Series("all fresh, all best", r.fresh_curve, "muted", "dot"), ins.Series("keep the best part for each", r.best_curve, "data", "dash"),
             ins.Series("keep everything", r.all_curve, "arithmetic", "short"), ins.Series(f"keep {lk.show(r, 'kept_share')}", r.curve, "ink", "solid")],
            title=f"Training on {lk.show(r, 'training_billion')} is worth {lk.show(r, 'effective_billion')} of fresh text", x_name="Trained on", x_unit="billion tokens", y_name="Worth in fresh text",
            y_unit="billion tokens", x_log=True, y_log=True, you=(r.training_billion, r.effective_billion), prediction=(r.training_billion, said.value) if asked else None,
        ),
        ins.ridge_map(
            [(f"{10 * k} %", points) for k, points in enumerate(r.rows, 1)], title=f"For this training it is best to keep {lk.show(r, 'best_share')}; you keep {lk.show(r, 'kept_share')}",
            x_name="Trained on", x_unit="billion tokens", y_name="Kept of the crawl", value_name="worth more, against the best for that training", ridge=r.ridge, ridge_name="best to keep",
            contours=[(f"{e} epochs" if e > 1 else "1 epoch", points) for e, points in r.contours], you=(r.training_billion, r.kept_parts), you_label=f"you: {lk.show(r, 'kept_share')}",
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, crawl_kept, c, log())
    return


@app.function
def draw_plans(r, given, now):
    """Cost against the worst group of many plans, and yours group by group."""
    policies = tuple(dict.fromkeys(("random", "coverage", r.policy)))
    def name(x):
        return f"{x.policy} {x.kept}{' checked' if x.verified else ''}"

    return (
        ins.pareto(
            [ins.Design(name(x), x.cost_usd, x.worst_group_accuracy, x.mean_accuracy >= given["mean_limit"]) for x in label_plan.alternatives(given["noise_share"], given["check_usd"], policies)],
            title=f"{name(r)[:1].upper()}{name(r)[1:]}: {lk.show(r, 'cost_usd')}, mean {lk.show(r, 'mean_accuracy')}, worst group {lk.show(r, 'worst_group_accuracy')}",
            x_name="Cost a station", x_unit="$", y_name="Worst group (a cross: the mean is too low)", y_unit="share", x_limit=(given["budget_usd"], "budget"), y_limit=(given["worst_limit"], "wanted", "below"), you=name(r),
        ),
        ins.group_bars(
            [(group, hit, each, f"{kept:.1f} labelled") for group, _, hit, each, kept in r.groups], title=f"Of six groups, {r.worst_group} is recognised least", quantity="Recognised",
            mean=(r.mean_accuracy, "mean"), floor=(given["worst_limit"], "wanted of the worst"),
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, label_buying, d, log())
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
