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
    app_title="Three levers, a clock and an alarm",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import audits, launch_plan, scaling_laws, start_date

    FOUR = dict(per_decade=4)  # steps a decade


@app.function
@lk.experiment(
    "A",
    "What does more of everything buy?",
    scenario="The error of a language model has a floor, which the language itself sets, and a part that can be reduced, R. Three levers reduce it: "
    "more text to learn from (the data), more parameters (the model), and more operations to train with (the machine).",
    controls=dict(
        machine=lk.log_slider("Machine", 1e19, 1e25, default=1e21, unit="operations", **FOUR),
        text=lk.log_slider("Text that exists", 1e9, 1e13, default=1e13, unit="tokens", **FOUR),
        largest=lk.log_slider("Largest model that fits", 1e8, 1e12, default=1e12, unit="parameters", **FOUR),
        fit=lk.choice("Fitted by", {"hoffmann_2022": "Hoffmann et al. 2022", "besiroglu_2024": "Besiroglu et al. 2024"}, default="hoffmann_2022", more=True),
    ),
    predict=lk.predict_number(
        "R is a sum of two terms: one falls as parameters to the power −0.34, the other as text to the power −0.28. Training takes operations in proportion to parameters × text. "
        "You may enlarge model and text together, in the best proportion. How many times the operations halve R?",
        "halving_factor", low=1, high=10_000, unit="×", log=True,
        also=lambda r: sorted(scaling_laws.study_levers(fit=f).halving_factor for f in scaling_laws.fit_names()),
    ),
    idea=lambda r: f"The machine lowers nothing by itself; it buys parameters and text, and must buy both. So R falls only as operations to the power −{r.compute_exponent:.2f}, "
    f"and half of R costs {lk.show(r, 'halving_factor')} the machine. Another fit of the same runs (Besiroglu et al. 2024) says "
    f"{lk.show(scaling_laws.study_levers(fit='besiroglu_2024'), 'halving_factor')}; a guess between the two counts as exact. Now let the text run out.",
    readouts=(("reducible_nats", "Reducible error R"), ("halving_factor", "Machine that halves R"), ("parameters", "Best model"), ("tokens", "Text it reads"), ("gpu_days", "On one H100")),
    failures=(lk.failure("no machine is enough", lambda r: r.halving_factor == float("inf"), "More text, or room for a larger model, leads out.", lambda r: f"R is {lk.show(r, 'reducible_nats')}, and never half of that"),),
    explain=lk.explain(
        "Suppose that you get ten times of what is short here. Of what does ten times lower the error most then?",
        {"data": "the text", "model": "the size limit of the model", "machine": "the machine", "none": "nothing makes a difference then"},
        lambda r: r.next_binding,
    ),
    terms=("data", "arithmetic"),
    binding=lambda r: {"data": "data", "machine": "arithmetic"}.get(r.binding, ""),
    instruments=lambda r, said: draw_levers(r, said),
)
def which_lever(machine, text, largest, fit):
    """The best model under a machine, a stock of text and a size limit."""
    return scaling_laws.study_levers(machine, text, largest, fit)


@app.function
@lk.experiment(
    "B",
    "When should a long run start?",
    scenario="The library’s whole archive is to be read by a model. Machines and methods get better every year, so whoever starts later computes faster. "
    "A programmer offers a trick that fits this archive only: it makes the run cheaper today, takes months to build, and gains nothing from better methods.",
    controls=dict(
        run_years=lk.steps("Run, with today’s means", (1, 2, 5, 10, 20, 30, 50, 100), default=10, unit="years"),
        start_months=lk.slider("Your start", 0, 120, step=1, default=0, unit="months"),
        trick=lk.choice("Hand-made trick", {1: "none", **{f: f"{f} times cheaper today" for f in (2, 4, 8, 16)}}, default=1),
        improves=lk.choice("What improves", {"both": "machines and methods", "machines": "machines only", "methods": "methods only"}, default="both", more=True),
        pace=lk.choice("Methods double every", {"image_2020": "16 months (images, 2020)", "language_2024": "8 months (language, 2024)"}, default="image_2020", more=True),
        build_months=lk.slider("The trick takes", 0, 36, step=1, default=9, unit="months", more=True),
        purchases=lk.choice("Spend the money in", {k: f"{k} parts" if k > 1 else "one part" for k in (1, 2, 3, 4)}, default=1, more=True),
        apart_years=lk.choice("Years between parts", (1.0, 1.5, 2.0), default=1.0, unit="years", more=True),
    ),
    predict=lk.predict_number(
        "With this year’s machines and methods the run takes 10 years. The money can be spent only once, on any day; what was bought stays as it is. Machines double per dollar every 2.46 years, "
        "methods double in efficiency every 16 months. In how many years from today can the result be there at the earliest?",
        "best_finish_years", low=1, high=10, unit="years", log=True,
    ),
    idea=lambda r: f"Two exponentials multiply: together they double every {lk.show(r, 'doubling_years')}. Any run longer than {lk.show(r, 'pays_above_years')} should wait. The best plan does nothing for "
    f"{lk.show(r, 'best_start_years')}, then runs {lk.show(r, 'best_run_years')}. Can a clever trick beat patience? It gains from machines alone. The rates are fits of the past; a forecast they are not.",
    readouts=(("finish_years", "Your plan ends after"), ("best_finish_years", "Best date ends after"), ("best_start_years", "Best start"), ("doubling_years", "Doubling time")),
    failures=(lk.failure("the grant is over", lambda r: r.finish_years > r.grant_years, "Another start, or a shorter run, leads out.", lambda r: f"your plan ends after {lk.show(r, 'finish_years')}, the grant after {lk.show(r, 'grant_years')}"),),
    explain=lk.explain("Suppose that the run were three times as long. Which plan is done first then?", {"now": "start now", "wait": "wait, then use the general method", "trick": "the hand-made trick"}, lambda r: r.winner_longer),
    terms=("arithmetic",),
    binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_start(r, said),
)
def when_to_start(run_years, start_months, trick, improves, pace, build_months, purchases, apart_years):
    """Start now, on your date, on the best date, or with a trick."""
    return start_date.plan_start(run_years, start_months, trick, improves, build_months, purchases, apart_years, pace)


@app.function
@lk.experiment(
    "C",
    "How long until somebody notices?",
    scenario="After week 8 the assistant’s answers get worse, a little every week: the catalogue moves on, the model does not. The operators watch a dashboard. "
    "Besides, a librarian checks a few answers by hand each week (the audit). Traffic, loss and dashboard are made up for teaching.",
    controls=dict(
        checked=lk.steps("Answers checked a week", (25, 50, 100, 150, 200, 300, 400, 600, 800, 1000, 2500), default=100),
        strictness=lk.slider("The alarm rings at", 1.5, 3.5, step=0.5, default=3.0, unit="standard errors"),
        drift=lk.steps("Right answers lost a week", (0.001, 0.0025, 0.005, 0.01), default=0.0025, unit="share"),
        breaks=lk.choice("What breaks", {"drift": "the answers get worse", "crash": "the server crashes"}, default="drift", more=True),
    ),
    predict=lk.predict_number(
        "The assistant is right on 95 % of 200,000 questions a day. From week 8 it loses a quarter of a point a week. Each week 100 answers are checked by hand; the results are there two weeks later; "
        "the alarm rings when the four-week mean is three standard errors low. How many weeks after the loss begins is the alarm known, in the median of many such years?",
        "lag_weeks", low=0, high=52, unit="weeks",
    ),
    idea=lambda r: f"Software that crashes says so in a minute. A learned system that is wrong answers as fast and as politely as before: only a sample of the truth shows it, and a small sample is mostly noise. "
    f"By the time that the alarm is known, {r.extra_wrong:,.0f} answers more than usual were wrong. Would you rather lose faster? Try.",
    readouts=(("alarm_after", "Alarm known after"), ("accuracy_at_alarm_share", "Right answers by then"), ("extra_wrong", "More wrong answers by then"), ("false_alarm_share", "Years with a false alarm")),
    failures=(
        lk.failure("cried wolf", lambda r: r.false_alarm_share > 0.1, "A stricter alarm leads out.", lambda r: f"{lk.show(r, 'false_alarm_share')} of quiet years have a false alarm"),
        lk.failure("never mind the dashboard", lambda r: r.extra_wrong > 300_000, "More checked answers lead out.", lambda r: f"{r.extra_wrong:,.0f} wrong answers too many before the alarm, 300,000 are tolerable"),
    ),
    explain=lk.explain(
        "Suppose that answers get worse four times as fast. What happens to the damage before the alarm?",
        {"more": "more than twice as much", "same": "about the same, within a factor of two", "less": "less than half"},
        lambda r: "more" if r.faster_ratio > 2 else "less" if r.faster_ratio < 0.5 else "same",
        asked=lambda r: r.breaks != "crash",
    ),
    instruments=lambda r, said: draw_watch(r, said),
)
def nothing_is_red(checked, strictness, drift, breaks):
    """An audit of sampled answers beside a dashboard."""
    return audits.watch_answers(checked, strictness, drift, breaks)


@app.function
@lk.decision(
    "The plan for year one",
    scenario="The director asks for one plan: a loss of at most {loss_limit_nats}, an alarm within {lag_limit_weeks} of a quarter-point loss, at most {false_alarm_limit} of years with a false one, "
    "for at most {cost_limit_usd}. A billion tokens of text cost {token_usd_per_billion}, each month without the assistant {wait_usd_per_month}, an H100-hour $2.50, a checked answer $1.00 "
    "(all illustrative). The model may have 7 billion parameters.",
    controls=dict(
        machine=lk.log_slider("Machine", 1e20, 1e23, default=1e21, unit="operations", **FOUR),
        text=lk.log_slider("Text bought", 1e9, 1e12, default=1e10, unit="tokens", **FOUR),
        checked=lk.steps("Answers checked a week", (25, 50, 100, 150, 200, 300, 400, 600, 800, 1000), default=100),
        strictness=lk.slider("The alarm rings at", 2.0, 3.5, step=0.5, default=3.0, unit="standard errors", more=True),
        start_months=lk.slider("Start of the training", 0, 12, step=3, default=0, unit="months", more=True),
    ),
    given=lambda d: dict(
        loss_limit_nats=d.choice([2.28, 2.30, 2.32]), lag_limit_weeks=d.choice([10, 11, 12]), false_alarm_limit=d.choice([0.05, 0.2]),
        token_usd_per_billion=d.choice([20, 60, 100]), wait_usd_per_month=d.choice([150, 500]), cost_limit_usd=d.choice([45_000, 48_000]),
    ),
    given_units=dict(loss_limit_nats="nats", lag_limit_weeks="weeks", false_alarm_limit="share", token_usd_per_billion="$", wait_usd_per_month="$", cost_limit_usd="$"),
    constraints=(
        lk.at_most("loss_nats", "loss_limit_nats", "loss of the model"),
        lk.at_most("lag_weeks", "lag_limit_weeks", "alarm known after"),
        lk.at_most("false_alarm_share", "false_alarm_limit", "years with a false alarm"),
        lk.at_most("cost_usd", "cost_limit_usd", "cost of year one"),
    ),
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "cost of year one"},
    readouts=(("parameters", "Model"), ("tokens", "Text it reads"), ("compute_usd", "GPU time"), ("audit_usd", "Checked answers")),
    instruments=lambda r, given, now: draw_plan(r, given, now),
)
def year_one(machine, text, checked, strictness, start_months, token_usd_per_billion, wait_usd_per_month):
    """Loss, alarm and bill of a plan."""
    return launch_plan.launch_plan(machine, text, checked, strictness, start_months, token_usd_per_billion, wait_usd_per_month)


@app.function
@lk.drill(
    "reducible",
    "R = 406.4/N^0.34 + 410.7/D^0.28 nats. How large is R for N = {parameters} parameters and D = {tokens} tokens?",
    draw=lambda d: dict(parameters=d.choice([1e8, 3e8, 1e9, 3e9, 1e10, 3e10, 1e11]), tokens=d.choice([1e9, 3e9, 1e10, 3e10, 1e11, 3e11, 1e12])),
    unit="nats", show=dict(parameters="1", tokens="1"),
)
def reducible_part(parameters, tokens):
    """The reducible part of the loss."""
    return scaling_laws.reducible_nats(parameters, tokens)


@app.function
@lk.drill(
    "wait",
    "A run takes {run} today; what a dollar computes doubles every {doubling}. After how many years should it start to end as early as possible? w* = (τ/ln 2)·ln(T·ln 2/τ)",
    draw=lambda d: dict(run=d.integer(5, 50), doubling=d.number(0.5, 2, step=0.1)),
    unit="years", show=dict(run="years", doubling="years"),
)
def best_wait(run, doubling):
    """The start that ends first."""
    return start_date.best_wait_years(run, doubling)


@app.function
@lk.drill(
    "threshold",
    "A model is right on {accuracy} of its answers; {checked} are checked each week. The alarm rings when the mean of four weeks is {strictness} standard errors low. Below which share is that?",
    draw=lambda d: dict(accuracy=d.number(0.85, 0.97, step=0.01), checked=d.choice([50, 100, 200, 400, 1000]), strictness=d.choice([2, 3])),
    unit="%", tolerance=0.005, show=dict(accuracy="share"),
)
def threshold(accuracy, checked, strictness):
    """The share below which the alarm rings."""
    return audits.alarm_threshold(accuracy, checked, strictness)


@app.cell
async def _():
    lab = await lk.open_lab("lab_01_ml_intro", [which_lever, when_to_start, nothing_is_red, year_one], [reducible_part, best_wait, threshold], __file__)
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
        ("Diagnose which of data, model and machine limits a learning system, and estimate what ten times of each buys.",
         "Compute when to start a long computation on improving machines, and judge when a hand-made trick beats a general method.",
         "Explain why a learning system fails without an error message, and size the audit that notices."),
        "A public library service wants an assistant for catalogue questions. The director has one grant and three voices in the room: the data lead wants more text, the model lead a larger "
        "network, the infrastructure lead more GPUs. A fourth voice, the on-call engineer, asks who will notice when it goes wrong. You write the plan for year one.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.function
def draw_levers(r, said):
    """R over the machine with the student's caps and without, and the map of the short lever."""
    where = scaling_laws.lever_map(r.largest_parameters, r.fit)
    halves = f"Half of R takes {lk.show(r, 'halving_factor')} this machine" if r.halving_factor < float("inf") else "No machine halves R: the curve goes flat first"
    short = {"data": "the text is short", "model": "the model is too small", "machine": "the machine is short", "none": "no single lever helps"}[r.binding]
    return (
        ins.curve(
            [ins.Series("your text and size", r.curve, "control", "solid"), ins.Series("no limit", r.free_curve, "muted", "dash"),
             ins.Series("half of your R", [(r.curve[0][0], r.half_nats), (r.curve[-1][0], r.half_nats)], "ink", "dot")],
            title=halves, x_name="Machine", x_unit="operations", y_name="Reducible error R", y_unit="nats", x_log=True, y_log=True,
            you=(r.compute_flop, r.reducible_nats), prediction=(r.compute_flop * said.value, r.half_nats), prediction_label=f"you said {lk.said(said)}",
        ),
        ins.region_map(
            where.compute_flop, where.tokens, where.binding, title=f"Where you stand, {short}",
            x_name="Machine", x_unit="operations", y_name="Text that exists", y_unit="tokens",
            regions={"data": ("text is short", "data:solid"), "machine": ("machine is short", "arithmetic:hatch"), "model": ("model is too small", "ink:open"), "none": ("nothing is short", "edge:open")},
            contours=[(f"R = {level:g}", points) for level, points in where.contours], you=(r.compute_flop, r.available_tokens), you_label="you",
        ),
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, which_lever, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, which_lever, a, log())
    return


@app.function
def draw_start(r, said):
    """The plans as bars over time, and the end over the start."""
    plans = [("Start now", 0.0, 0.0, r.run_years), ("Your plan", 0.0, r.start_years, r.finish_years), ("Best date", 0.0, r.best_start_years, r.best_finish_years)]
    plans += [("The trick", r.build_years, r.trick_start_years, r.trick_finish_years)] if r.trick_factor > 1 else []
    lanes = {name: f"{name} · done after {end:.3g} years" for name, _, _, end in plans}
    bars = [ins.Bar(lanes[n], 0.0, built, "", "overhead:dots") for n, built, _, _ in plans] + [ins.Bar(lanes[n], built, start, "", "edge:open") for n, built, start, _ in plans]
    bars += [ins.Bar(lanes[n], start, end, "", "control:solid" if n == "Your plan" else "arithmetic:hatch") for n, _, start, end in plans]
    return (
        ins.timeline(
            list(lanes.values()), bars, title={"now": "Starting now is first", "wait": f"Waiting {lk.show(r, 'best_start_years')} is first", "trick": "The hand-made trick is first"}[r.winner], unit="years", quantity_x="Years from today", idle=False,
            events=[ins.Event(lanes["Your plan"], at) for at in r.purchase_dates], limit=(r.grant_years, "the grant ends"), you=lanes["Your plan"],
            prediction=said.value, end=max(r.finish_years, r.best_finish_years, r.grant_years), key=[("edge:open", "waiting"), ("arithmetic:hatch", "running")] + [("overhead:dots", "building")] * (r.trick_factor > 1),
        ),
        ins.curve(
            [ins.Series("general method", r.curve)] + ([ins.Series("the trick", r.trick_curve)] if r.trick_curve else []),
            title=f"The general method ends first if it starts after {lk.show(r, 'best_start_years')}", x_name="Start", x_unit="years", y_name="End", y_unit="years", y_zero=True,
            you=(r.start_years, r.finish_years), y_limit=(r.grant_years, "the grant ends"), height=170.0,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.predict(lab, when_to_start, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, when_to_start, b, log())
    return


@app.function
def draw_watch(r, said):
    """What the operators see above what is true, and when the alarm is known."""
    crash = r.breaks == "crash"
    states = {"Availability": f"{lk.show(r, 'availability_share')} · ok", "Latency, 95th percentile": f"{lk.show(r, 'p95_s')} · ok", "Error rate": "100 % · alarm in one minute" if crash else f"{lk.show(r, 'error_share')} · ok"}
    board = [ins.Panel(name, points, unit, state="down" if crash and name == "Availability" else states[name]) for name, unit, points in r.dashboard]
    truth = ins.Panel(
        "Right answers" if crash else "Right answers; dots: audits, dashed: their mean of four weeks", r.truth, colour="data", height=110.0, ticks=True,
        dots=() if crash else r.audits, second=() if crash else r.means, limit=None if crash else (r.threshold_share, "alarm below", "below"),
    )
    title = "A crash rings within a minute" if crash else f"The dashboard never changes; the audit’s alarm is known after {r.alarm_after}"
    return ins.panels(
        [*board, truth], title=title, x_name="Weeks", x_unit="weeks", flags=[(r.change_week, "change", "muted"), (r.alarm_week, "alarm known", "control")],
        prediction=r.change_week + said.value, prediction_label=f"you said {lk.said(said)}", strip=None if crash else (r.known_weeks, "Alarm known, 200 simulated years"),
    )


@app.cell
def _(c, lab, log):
    lk.predict(lab, nothing_is_red, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, nothing_is_red, c, log())
    return


@app.function
def draw_plan(r, given, now):
    """Where loss and budget hold, and what the money goes to."""
    xs, ys, words = launch_plan.plan_map(now["checked"], now["start_months"], given["token_usd_per_billion"], given["wait_usd_per_month"], given["loss_limit_nats"], given["cost_limit_usd"])
    return (
        ins.region_map(
            xs, ys, words, title=f"Your plan: loss {lk.show(r, 'loss_nats')} for {lk.show(r, 'cost_usd')}", x_name="Machine", x_unit="operations", y_name="Text bought", y_unit="tokens",
            regions={"fits": ("loss and cost hold", "control:solid"), "loss too high": ("loss too high", "edge:open"), "too dear": ("too dear", "edge:hatch")}, you=(r.compute_flop, r.bought_tokens), you_label="you",
        ),
        ins.split_bar(
            [("GPU time", r.compute_usd, "O"), ("text", r.text_usd, "D"), ("checked answers", r.audit_usd, "L"), ("months without assistant", r.wait_usd, "idle")],
            title=f"The bill: {lk.show(r, 'audit_usd')} of {lk.show(r, 'cost_usd')} pay for checking answers", unit="$", quantity="Cost",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, year_one, d, log())
    return


@app.cell
def _(lab):
    drill_inputs = lk.drill_panel(lab, lab.drills)
    log_inputs = lk.log_panel(lab)
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
