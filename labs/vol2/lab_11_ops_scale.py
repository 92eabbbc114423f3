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
    app_title="One hundred models and one pager", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import alert_rules, canary, model_releases, operations_plan, platform_payback, shipped_wins

    RELEASES = {"independent": "independent: each when it is trained", "cascade": "cascade: all at once, in order", "pinned": "pinned: an old version serves its readers"}
    TESTS = {"peeking": "look daily, stop at the first |z| > 1.96", "fixed": "look once, at the end", "screen": "interleaving screen, then look once"}
    TEST_NAMES = {"peeking": "daily looks", "fixed": "one look", "screen": "screened"}
    FAMILIES = {"CTR": "recommender: clicks", "LLM": "assistant: judged answers", "fraud": "fraud: found cases"}
    PATTERNS = {"manual": "no platform", "central": "central team", "hybrid": "hybrid: engineers in product teams"}
    STORY = {platform_payback.PAYS: "pays back", platform_payback.NEVER: "does not pay back", platform_payback.NONE: "means nothing to pay back"}
    PATTERN_NAMES = {"manual": "by hand", "central": "central", "hybrid": "hybrid"}
    WORDS = {alert_rules.FATIGUE: "pages", alert_rules.BLIND: "late", alert_rules.BOTH: "both", alert_rules.FINE: "fine"}
    # place of each model in the drawing: row from the embeddings down, and from left to right
    PLACES = ((0, 0.04), (0, 0.36), (0, 0.66), (0, 0.96), (1, 0.12), (1, 0.6), (2, 0.42), (3, 0.8), (3, 0.06), (1, 0.96), (4, 0.54), (5, 0.62))
    LIMITS = (
        lk.at_most("loss_share", "loss_limit", "engagement lost"), lk.at_most("cost_usd", "cost_limit_usd", "cost a month"), lk.at_most("pages_per_day", 4, "pages a day"),
        lk.at_most("delay_s", "delay_limit_s", "drop seen after"), lk.at_most("false_share", "false_limit", "shipped wins that are noise"),
    )


@app.function
@lk.experiment(
    "A",
    "Who retrains when?",
    scenario="A request passes 12 models. Each was trained on the outputs of the models that it reads, in their version of that day: 26 such edges, 16 of them from the four embedding models. "
    "When a provider releases a new version, its readers go on with numbers that they were not trained on, until they retrain: the edge is **skewed**. "
    "A skewed edge costs 0.3 % of engagement, every day of age of a model 0.05 % (illustrative).",
    controls=dict(
        embedding_days=lk.choice("Embeddings retrain every", model_releases.PERIODS, default=14, unit="days", help="In a cascade: a chain starts, and it takes six days."),
        other_days=lk.choice("The others retrain every", model_releases.PERIODS, default=7, unit="days", help="Without effect in a cascade."),
        policy=lk.choice("Release", RELEASES, default="independent"),
        skew_cost_share=lk.choice("A skewed edge costs", (0.0, 0.0005, 0.001, 0.002, 0.003, 0.005), default=0.003, unit="share", more=True),
        age_cost_share=lk.choice("A day of age costs", (0.0, 0.0001, 0.0005, 0.001, 0.002), default=0.0005, unit="share", more=True),
        day=lk.slider("Day in the graph", 0, 181, step=1, default=90, more=True),
    ),
    predict=lk.predict_number(
        "Everybody retrains weekly, only the four embedding models every 14 days. That loses 5.4 % of engagement on average: 2.9 % through skewed edges, 2.5 % through age. "
        "The embedding team moves to daily retraining and changes nothing else. What is lost then?", "daily_loss_share", low=0, high=12, unit="%",
    ),
    idea=lambda r: f"Fresher embeddings are younger, but whoever reads them is trained on yesterday's: the loss rises to {lk.show(r, 'daily_loss_share')}, at {lk.show(r, 'daily_hours_times')} the GPU hours. "
    "Each team improved its own model and the product got worse. Twelve models are not twelve times one model; the edges need a plan too. Find the release that keeps them whole, and what it costs.",
    readouts=(("loss_share", "Engagement lost"), ("skew_loss_share", "of it skew"), ("age_loss_share", "of it age"), ("gpu_hours", "Retraining, 30 days"), ("live_versions", "Provider versions kept")),
    failures=(lk.failure("never consistent", lambda r: r.state == model_releases.SPLIT, "A cascade or pinned versions lead out.", lambda r: f"no day without a skewed edge; {lk.show(r, 'mean_skewed')} of {r.edges_all} on average"),),
    explain=lk.explain(
        "One group may go to its next shorter period. Which one lowers the loss more?", {"embeddings": "the embeddings (in a cascade: the chain)", "others": "the other eight models", "neither": "neither, by at least 0.05 points"}, lambda r: r.next_group,
    ),
    terms=("arithmetic", "overhead"), instruments=lambda r, said: draw_releases(r, said),
)
def releases(embedding_days, other_days, policy, skew_cost_share, age_cost_share, day):
    """Half a year of releases of twelve models."""
    return model_releases.replay_releases(embedding_days, other_days, policy, skew_cost_share, age_cost_share, day)


@app.function
@lk.experiment(
    "B",
    "Which of the shipped wins are real?",
    scenario="Every idea is tested on users: half get it, half do not, and z counts the standard errors between them. Tests are sized so that an idea that works is found in 80 % of cases "
    "at |z| > 1.96; an idea that does nothing reaches +1.96 in 2.5 %. Some teams do not wait for the end. **Interleaving** mixes two rankings for one user: coarse, but with a fiftieth of the users (illustrative).",
    controls=dict(
        policy=lk.choice("Testing", TESTS, default="peeking"),
        ideas_share=lk.choice("Ideas that work", shipped_wins.IDEAS, default=0.1, unit="share"),
        lift_share=lk.choice("Lift of an idea that works", (0.005, 0.01, 0.02, 0.05), default=0.01, unit="share"),
        users_per_day=lk.choice("Users a day", {0.5e6: "0.5 million", 2e6: "2 million", 10e6: "10 million"}, default=2e6, more=True),
        looks=lk.choice("Daily looks until the end", (2, 7, 14, 28), default=14, more=True),
    ),
    predict=lk.predict_number(
        "One idea in ten works. Teams look at their test every day for 14 days, stop at the first |z| > 1.96, and ship if it is positive. What share of the shipped wins is noise?", "false_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"A 5 % level does not mean that 5 % of the wins are false. Nine ideas in ten do nothing, and {r.looks} looks let {lk.show(r, 'null_win_share')} of those win: {lk.show(r, 'false_share')} of what ships is noise. "
    f"A single look would still leave {lk.show(r, 'fixed_false_share')}. Find out what the second cure is.",
    readouts=(("false_share", "Wins that are noise"), ("tests", "Ideas tested a quarter"), ("true_wins", "True wins"), ("false_wins", "False wins"), ("arm_users", "Users in each arm")),
    failures=(lk.failure("more noise than signal", lambda r: r.state == shipped_wins.NOISE, "One look, a screen, or better ideas lead out.", lambda r: f"{lk.show(r, 'false_wins')} false wins a quarter, {lk.show(r, 'true_wins')} true ones"),),
    explain=lk.explain(
        "Testing stays as it is but for one change. Which lowers the share of noise most?",
        {"look once": "one look instead of many", "users": "twice the users", "lift": "ideas with twice the lift", "ideas": "twice as many ideas that work"}, lambda r: r.best_lever,
    ),
    terms=("overhead",), instruments=lambda r, said: draw_wins(r, said),
)
def launches(policy, ideas_share, lift_share, users_per_day, looks):
    """A quarter of experiments, and what they ship."""
    return shipped_wins.ship_wins(policy, ideas_share, lift_share, users_per_day, looks)


@app.function
@lk.experiment(
    "C",
    "When should an alarm ring?",
    scenario="120 models with 12 metrics each are sampled every five minutes, in standard errors (σ) of that window. An alert opens when so many samples in a row lie beyond the threshold, and closes at the first inside; "
    "100 monitors share a page, and a person bears four pages a day. A metric remembers: what is high now is likely high in five minutes. Windows, memory and labels of the families are illustrative.",
    controls=dict(
        threshold=lk.choice("Threshold", alert_rules.THRESHOLDS, default=3.0, unit="σ"), in_a_row=lk.choice("Breaches in a row", alert_rules.IN_A_ROW, default=1),
        family=lk.choice("Models", FAMILIES, default="CTR"),
        correlation=lk.choice("Memory ρ", {"family": "as the family has it", 0.0: "0", 0.3: "0.3", 0.5: "0.5", 0.9: "0.9", 0.97: "0.97"}, default="family", more=True),
        drop_share=lk.choice("Drop to be seen, relative", alert_rules.DROPS, default=0.03, unit="share", more=True),
        models=lk.slider("Number of models", 10, 200, step=10, default=120, more=True),
    ),
    predict=lk.predict_number(
        "A metric with an autocorrelation of 0.9 between samples gives 0.43 false alerts a day at 3 σ. You require three breaches in a row. How many times fewer false alerts is that?", "three_fewer", low=1, high=1_000_000, unit="×", log=True,
    ),
    idea=lambda r: f"Were samples independent, three in a row would divide the false alerts by {lk.show(r, 'independent_fewer')}. But the metric remembers: once beyond the line it stays there, and the next two breaches come nearly free. "
    f"It is {lk.show(r, 'three_fewer')}. One rule does not fit all: look at the assistant's judged answers and at fraud under the same rule.",
    readouts=(("rings", "False alerts of a metric"), ("pages", "Pages"), ("delay", "Drop seen after"), ("shift_sigmas", "The drop, in σ")),
    failures=(
        lk.failure("alert fatigue", lambda r: r.state in (alert_rules.FATIGUE, alert_rules.BOTH), "A higher threshold or more breaches in a row lead out.", lambda r: f"{r.pages_per_day:.3g} pages a day, a person bears 4"),
        lk.failure("blind", lambda r: r.state == alert_rules.BLIND, "A lower threshold leads out, unless the labels come late.", lambda r: f"the drop is seen after {r.delay}"),
    ),
    explain=lk.explain("What keeps this drop unseen?", {"rule": "the threshold rule", "samples": "too few samples in a window", "labels": "labels that come late"}, lambda r: tuple(r.limited_by.split(" or "))),
    terms=("overhead",), binding=lambda r: "overhead", instruments=lambda r, said: draw_alarm(r, said),
)
def alarms(threshold, in_a_row, family, correlation, drop_share, models):
    """An alert rule on every metric of a family of models."""
    return alert_rules.watch_metric(threshold, in_a_row, family, correlation, drop_share, models)


@app.function
@lk.experiment(
    "D",
    "When does a platform pay?",
    scenario="By hand a model takes a quarter of an engineer, and every pair of models a little more, because they depend on each other. A platform team of seven builds for eight months; then teams move to it, "
    "each at its own pace. A central team reaches 45 % of the models in the end, with platform engineers inside the product teams 85 %. All rates are illustrative; an engineer costs $250,000 a year.",
    controls=dict(
        pattern=lk.choice("Platform", PATTERNS, default="central"),
        growth_share=lk.slider("Growth of the portfolio, a month", 0.01, 0.06, step=0.005, default=0.04, unit="share"), start_month=lk.choice("The team starts in month", (0, 6, 12, 18, 24), default=0),
        models=lk.choice("Models today", (10, 20, 30, 40), default=20, more=True),
    ),
    predict=lk.predict_number(
        "20 models, growing 4 % a month. A central team of seven engineers starts today and builds for eight months. In which month has it paid for itself, and stays so?", "payback_months", low=6, high=60, unit="months",
    ),
    idea=lambda r: f"It pays back in {r.payback}, and stands at {lk.show(r, 'dip_usd')} before: the team is paid from the first day, models come one by one, and most of the saving comes when the portfolio is large. "
    "Whether it ever pays is decided by growth and by the teams that move, less by the tool.",
    readouts=(("payback", "Pays for itself"), ("saving_usd", "Saved in 48 months"), ("dip_usd", "Deepest point"), ("people", "Engineers in the end"), ("manual_people", "by hand")),
    failures=(lk.failure("never pays within 48 months", lambda r: r.state == platform_payback.NEVER, "Growth, more models or engineers in the product teams lead out.", lambda r: f"{lk.show(r, 'saving_usd')} after 48 months"),),
    explain=lk.explain(
        "You may change one thing about this plan. Which saves most within the 48 months?",
        {"pattern": "hybrid: engineers in the product teams", "start": "start today", "team": "a platform team of five", "build": "build in four months", "none": "none of these saves anything"}, lambda r: r.best_lever,
    ),
    instruments=lambda r, said: draw_payback(r, said),
)
def platform(pattern, growth_share, start_month, models):
    """Four years of operations with a platform, against the same by hand."""
    return platform_payback.pay_platform(pattern, growth_share, start_month, models)


@app.function
@lk.decision(
    "One plan for releases, experiments and alarms",
    scenario="120 recommender models (clicks, ρ 0.9), one idea in ten works. Lose at most {loss_limit} of engagement at {cost_limit_usd} a month; keep pages to four a day, see a drop of 3 % within {delay_limit_s}, "
    "and let at most {false_limit} of the shipped wins be noise. A GPU hour costs $2.50, a version of a provider that must be kept {version_usd} a month, the interleaving service $8,000 (illustrative).",
    controls=dict(
        embedding_days=lk.choice("Embeddings retrain every", model_releases.PERIODS, default=7, unit="days"), other_days=lk.choice("The others retrain every", model_releases.PERIODS, default=7, unit="days"),
        policy=lk.choice("Release", RELEASES, default="independent"),
        threshold=lk.choice("Threshold", alert_rules.THRESHOLDS, default=3.0, unit="σ"), in_a_row=lk.choice("Breaches in a row", alert_rules.IN_A_ROW, default=1),
        testing=lk.choice("Testing", TESTS, default="peeking"),
    ),
    given=lambda d: dict(
        **d.choice([dict(version_usd=v, cost_limit_usd=c) for v, c in ((2000, 60_000), (2000, 75_000), (3000, 72_000), (3000, 85_000), (4500, 88_000), (4500, 95_000))]),
        loss_limit=d.choice([0.044, 0.045, 0.046, 0.047, 0.048, 0.049, 0.05]), delay_limit_s=d.choice([4200, 4800, 5400]), false_limit=d.choice([0.1, 0.25]),
    ),
    given_units=dict(version_usd="$", cost_limit_usd="$", loss_limit="share", delay_limit_s="s", false_limit="share"),
    constraints=LIMITS, objective=("lowest", "loss_share"), labels={"loss_share": "engagement lost"}, readouts=(("gpu_hours", "Retraining, 30 days"), ("live_versions", "Provider versions kept")), instruments=lambda r, given, now: draw_plan(r, given),
)
def operations(embedding_days, other_days, policy, threshold, in_a_row, testing, version_usd=3000):
    """Loss, cost, pages, delay and noise of one plan."""
    return operations_plan.plan_operations(embedding_days, other_days, policy, threshold, in_a_row, testing, version_usd)


@app.function
@lk.drill(
    "noise", "{ideas_share} of the ideas work. Each test is looked at once: an idea that works wins in 80 % of cases, one that does nothing in 2.5 %. What share of the wins is noise?",
    draw=lambda d: dict(ideas_share=d.choice([0.01, 0.03, 0.04, 0.06, 0.08, 0.12, 0.15, 0.18, 0.25, 0.35])), unit="%", tolerance=0.02, show=dict(ideas_share="share"),
)
def noise_among_wins(ideas_share):
    """The false share of tests of fixed length."""
    return shipped_wins.false_win_share("fixed", ideas_share)


@app.function
@lk.drill(
    "canary", "A canary answers {canary_share} of {requests_per_s} requests a second. Its errors rise from {error_share} to {risen_share}. How many minutes until that is three standard errors? 9p(1 − p)/(p′ − p)²/(cλ)",
    draw=lambda d: dict(canary_share=d.choice([0.01, 0.02, 0.05]), requests_per_s=d.choice([20, 50, 100, 200]), error_share=d.choice([0.005, 0.01, 0.02]), risen_share=d.choice([0.025, 0.03, 0.04])),
    unit="min", show=dict(canary_share="share", error_share="share", risen_share="share"),
)
def canary_sign(canary_share, requests_per_s, error_share, risen_share):
    """Time until a canary's errors stand out."""
    return canary.sign_after_s(canary_share, requests_per_s, error_share, risen_share)


@app.function
@lk.drill(
    "charge", "Two teams share a platform of {pool_hours} GPU hours at {hour_usd} each. Team A uses {own_hours}, team B {other_hours}. How much more does A pay if the idle hours are shared in proportion to use, rather than half each?",
    draw=lambda d: dict(pool_hours=d.integer(10, 16) * 1000, hour_usd=d.choice([2.0, 2.5, 3.0]), own_hours=d.integer(50, 65) * 100, other_hours=d.integer(10, 30) * 100), unit="$", tolerance=0.02, show=dict(hour_usd="$"),
)
def idle_extra(pool_hours, hour_usd, own_hours, other_hours):
    """What a team pays more when idle cost follows use."""
    return platform_payback.idle_cost_extra_usd(pool_hours, hour_usd, own_hours, other_hours)


@app.cell
async def _():
    lab = await lk.open_lab("lab_11_ops_scale", [releases, launches, alarms, platform, operations], [noise_among_wins, canary_sign, idle_extra], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Trace what one model's release does to the models that read it, and choose a release policy for all of them.",
         "Compute which share of the shipped experiment wins is noise, under three ways to test.",
         "Set an alert rule from the memory and the sample size of a metric, and defend a platform team with a cash curve."),
        "A video service runs 12 models a request and 120 in all, next to an assistant and a fraud detector. Four teams release on their own schedules. Every team's own metric improves; the engagement of the product does not. "
        "The operations lead asks for one plan: releases, experiments, alarms. Here $L_{lat}$ is the time until somebody knows, and $O$ the work of retraining.",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, releases, a, log())


@app.function
def draw_releases(r, said):
    """The loss over the embeddings' period under each policy, and the graph of one day."""
    nodes = [(name, *PLACES[i], f"{age:.0f} d") for i, (name, age) in enumerate(r.models)]
    return (
        ins.curve(
            [ins.Series(name, points, "ink" if name == r.policy else "muted", {"independent": "solid", "cascade": "dash", "pinned": "dot"}[name]) for name, points in r.curves],
            title=f"{r.policy.capitalize()}: {lk.show(r, 'loss_share')} lost, {lk.show(r, 'skew_loss_share')} by skew and {lk.show(r, 'age_loss_share')} by age", x_name="Embeddings retrain every … days", x_unit="1",
            y_name="Engagement lost", y_unit="share", x_log=True, y_zero=True, you=(r.embedding_days, r.loss_share), prediction=said and (1.0, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}" if said else "",
            x_ticks=model_releases.PERIODS, height=200.0,
        ),
        ins.dependency_graph(
            nodes, r.edges, title=f"Day {r.day}: {r.day_skewed or 'none'} of {r.edges_all} edges {'is' if r.day_skewed == 1 else 'are'} skewed, {lk.show(r, 'day_loss_share')} is lost",
            broken="edges are skewed", whole="trained together", words="age",
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, releases, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, launches, b, log())


@app.function
def draw_wins(r, said):
    """The share of noise over the ideas that work, and tests of ideas that do nothing."""
    return (
        ins.curve(
            [ins.Series(TEST_NAMES[name], points, "ink" if name == r.policy else "muted", {"peeking": "solid", "fixed": "dash", "screen": "dot"}[name]) for name, points in r.curves],
            title=f"{lk.show(r, 'false_share')} of the shipped wins are noise: {lk.show(r, 'false_wins')} false, {lk.show(r, 'true_wins')} true a quarter", x_name="Ideas that work", x_unit="share", y_name="Shipped wins that are noise",
            y_unit="share", x_log=True, y_zero=True, you=(r.ideas_share, r.false_share), y_limit=(0.5, "more noise than signal"), prediction=said and (0.1, lk.said_si(said)),
            prediction_label=f"you said {lk.said(said)}" if said else "", x_ticks=shipped_wins.IDEAS, height=200.0,
        ),
        ins.walks(
            r.paths, title=f"{lk.show(r, 'null_win_share')} of the ideas that do nothing are shipped", x_name="Looks", x_unit="1", name=f"z of 40 useless ideas{', 9 in 10 screened out before' if r.policy == 'screen' else ''}", limit=1.96, share=r.won,
            share_name="Useless ideas shipped so far", level=(0.025, "one look: 2.50 %"), item="idea",
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, launches, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, alarms, c, log())


@app.function
def draw_alarm(r, said):
    """False alerts over the breaches in a row, a week of one metric, and every rule."""
    rang = "no false alert" if not r.opened_before else "one false alert" if r.opened_before == 1 else f"{r.opened_before} false alerts"
    return (
        ins.curve(
            [ins.Series(name, points, *style, dots=name != "4 pages a day") for (name, points), style in zip(r.by_row, (("ink", "solid"), ("muted", "dash"), ("arithmetic", "short")), strict=True)],
            title=f"{r.in_a_row} in a row beyond {r.threshold:g} σ: false alerts of a metric {r.rings}, pages {r.pages}",
            x_name="Breaches in a row", x_unit="1", y_name="False alerts a day, one metric", y_unit="1", y_log=True, you=(r.in_a_row, r.drawn_per_day), you_label=r.rings, x_ticks=alert_rules.IN_A_ROW,
            prediction=said and (3.0, r.said_per_day(lk.said_si(said))), prediction_label=f"you said {lk.said(said)} fewer" if said else "", height=190.0,
        ),
        ins.panels(
            [ins.Panel(f"One metric, σ; dots: alerts, beyond ±{r.threshold:g}", r.strip, "1", dots=r.opened, limit=(-r.threshold, "", "below"), height=110.0, ticks=True)],
            title=f"A week of one metric: {rang} before the drop", x_name="Days", x_unit="1", flags=[(3.5, f"drop of {lk.show(r, 'drop_share')}", "muted")],
        ),
        ins.phase_map(
            [f"{z:g} σ" for z in alert_rules.THRESHOLDS], [str(k) for k in alert_rules.IN_A_ROW], title=f"{FAMILIES[r.family].capitalize()}: {r.fine_cells} of 20 rules are neither too loud nor too late", x_name="threshold",
            y_name="in a row", letters=[[WORDS[word] for word in row] for row in r.cells], void=r.bad_cells(WORDS), you=(alert_rules.THRESHOLDS.index(r.threshold), alert_rules.IN_A_ROW.index(r.in_a_row)),
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, alarms, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, platform, d, log())


@app.function
def draw_payback(r, said):
    """Cumulative saving over the months under each pattern, and the engineers that each takes."""
    styles = {"manual": "dot", "central": "solid", "hybrid": "dash"}
    return (
        ins.curve(
            [ins.Series(PATTERN_NAMES[name], points, "ink" if name == r.pattern else "muted", styles[name]) for name, points in r.curves],
            title=f"{PATTERNS[r.pattern].split(':')[0].capitalize()} {STORY[r.state]}; {lk.show(r, 'saving_usd')} saved in the end", x_name="Month", x_unit="1", y_name="Saved so far", y_unit="$",
            you=(r.payback_months or 48, 0.0 if r.payback_months else r.saving_usd), you_label=r.payback if r.payback_months else " ", prediction=said and (said.value, 0.0), prediction_label=f"you said {lk.said(said)}" if said else "",
            flags=[(r.start_month + 8, "first models move")] if r.pattern != "manual" else (), x_ticks=(0, 12, 24, 36, 48),
        ),
        ins.curve(
            [ins.Series(PATTERN_NAMES[name], points, "ink" if name == r.pattern else "muted", styles[name]) for name, points in r.bills],
            title=f"{r.models_end:.0f} models in month 48 take {r.people:.0f} engineers, by hand {r.manual_people:.0f}", x_name="Month", x_unit="1", y_name="Engineers", y_unit="1", y_zero=True, x_ticks=(0, 12, 24, 36, 48), height=150.0,
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, platform, d, log())


@app.function
def draw_plan(r, given):
    """How much of each limit is in use, and the other ways to release."""
    broken = [limit.words for limit in LIMITS if not limit.holds(r, given)]
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS], title=f"Broken: {', '.join(broken)}" if broken else f"Every limit holds; {lk.show(r, 'loss_share')} is lost",
            quantity="Share of the limit in use", limit=(1.0, "limit"), most=2.0,
        ),
        ins.pareto(
            [ins.Design(name, cost, loss, cost <= given["cost_limit_usd"] and loss <= given["loss_limit"]) for name, cost, loss in r.options], title="Ways to release (embeddings/others, days), with the rest of your plan; crosses break a limit", x_name="Cost a month", x_unit="$",
            y_name="Engagement lost", y_unit="share", y_better="low", x_log=True, x_limit=(given["cost_limit_usd"], "budget"), y_limit=(given["loss_limit"], "at most"), you=operations_plan.option_name(r.embedding_days, r.other_days, r.policy),
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, operations, e, log())


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
