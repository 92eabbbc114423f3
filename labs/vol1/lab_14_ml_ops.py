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
    app_title="A year after the launch",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import canary, drift, model_loop, retraining

    SHARES = {f: f"{100 * f:.0f} %" for f in canary.SHARES}
    LIMITS = {1.96: "|z| > 1.96", 2.80: "|z| > 2.80"}


@app.function
@lk.experiment(
    "A",
    "What does an alarm of the dashboard mean?",
    scenario="Every week the dashboard compares the inputs of the model with those of the first year. Per feature it computes the **population stability index** (PSI): how far the shares of the values in ten bins have moved. "
    "The rule of thumb says: above 0.1, look. Besides, answers can be checked by hand (**audits**): their alarm rings when the mean of four weeks (dashed) lies three standard errors low. The truth about a request is known four weeks later. Feature, rule and drift are made up for teaching.",
    controls=dict(
        moves=lk.choice("From week 52 on", {"none": "nothing drifts", "covariate": "the inputs drift (covariate)", "concept": "the rule drifts (concept)", "both": "inputs and rule drift"}, default="none"),
        samples=lk.steps("Samples a week", (50, 100, 150, 200, 300, 400), default=200),
        audits=lk.steps("Audited answers a week", (0, 10, 25, 50, 100, 200), default=0),
        threshold=lk.slider("Alarm at a PSI above", 0.05, 0.30, step=0.05, default=0.10, unit="1", more=True),
        features=lk.steps("Features watched", (1, 5, 10, 20, 50, 100, 200), default=50, more=True),
        bins=lk.choice("Bins of the PSI", (10, 20), default=10, more=True),
        speed=lk.slider("Drift a week", 0, 0.05, step=0.01, default=0.02, unit="standard deviations", more=True),
        delay=lk.slider("The truth is known after", 0, 12, step=1, default=4, unit="weeks", more=True),
    ),
    predict=lk.predict_number(
        "50 independent features, 200 samples a week, 10 bins, alarm at a PSI above 0.1. Nothing changes at all. In what share of the weeks does at least one feature raise an alarm?",
        "family_alarm_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"The PSI is a statistic, and a noisy one: without any change it is {r.chance_psi:.3g} on average. One feature passes the threshold in {lk.show(r, 'chance_share')} of the weeks; with {r.features} of them some feature does in "
    f"{lk.show(r, 'family_alarm_share')}. So much for alarms without a change. Is there a change without alarms? Let the rule drift, count the alarms, and look at the line that operators cannot see.",
    readouts=(("family_alarm_share", "Weeks with a chance alarm"), ("psi_alarms_before", "PSI alarms to week 52, one feature"), ("psi_alarms_after", "PSI alarms after it"), ("accuracy_end_share", "Right answers in the end"), ("audit_found", "Audit’s alarm known")),
    failures=(
        lk.failure("silent failure", lambda r: r.state == drift.SILENT, "Audits lead out.", lambda r: f"{lk.show(r, 'accuracy_end_share')} right in the end, and nobody was told"),
        lk.failure("alarm fatigue", lambda r: r.state == drift.FATIGUE, "More samples, a higher threshold or fewer features lead out.", lambda r: f"chance rings in {lk.show(r, 'family_alarm_share')} of the weeks"),
    ),
    explain=lk.explain(
        "Suppose that one thing had been different in these two years. What would have revealed this drift before your loop did? (The PSI counts from its second alarm week in a row, and not if it cried so before week 52.)",
        {"samples": "400 samples a week", "threshold": "a PSI threshold of 0.05", "audits": "50 audits a week, or twice yours", "features": "200 features", "none": "none of these"},
        lambda r: drift.earlier_change(r) or None, asked=lambda r: r.drifts,
    ),
    terms=("overhead",),
    instruments=lambda r, said: draw_alarms(r, said),
)
def green_dashboard(moves, samples, audits, threshold, features, bins, speed, delay):
    """Two years of a feature, of the accuracy, and of the alarms on both."""
    return drift.watch_drift(moves, samples, audits, threshold, bins, features, speed, delay)


@app.function
@lk.experiment(
    "B",
    "How often should the model learn again?",
    scenario="The office’s world moves on: each day costs $2 for every day of age of the newest data that the live model knows. Whether a request was urgent (its label) is known 21 days later. A retraining costs $300; one release in twenty fails, "
    "at $4,000. On three days of the year something changes at once, which costs $100 a day until a model has seen it. All of it is made up for teaching.",
    controls=dict(
        interval=lk.slider("Retraining every", 1, 60, step=1, default=7, unit="days"),
        delay=lk.slider("Labels arrive after", 0, 42, step=1, default=21, unit="days"),
        price=lk.slider("A retraining costs", 0, 3000, step=100, default=300, unit="$"),
        stale=lk.slider("Staleness, a day per day of age", 0.5, 10, step=0.5, default=2.0, unit="$", more=True),
        failing=lk.slider("Releases that fail", 0, 0.2, step=0.01, default=0.05, unit="share", more=True),
        damage=lk.slider("A failed release costs", 0, 10_000, step=1000, default=4000, unit="$", more=True),
        shock=lk.slider("A change at once costs, a day", 0, 500, step=50, default=100, unit="$", more=True),
        luck=lk.choice("Replayed year", {"usual": "a usual year", "lucky": "a lucky year", "unlucky": "an unlucky year"}, default="usual", more=True),
    ),
    predict=lk.predict_number(
        "Labels arrive after 21 days. You move from weekly to daily retraining. What share of the cost of staleness disappears?",
        "daily_saving_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"A model trained this morning knows nothing that is younger than its labels. Of {lk.show(r, 'staleness_usd')} of staleness a year, {lk.show(r, 'delay_usd')} come from the {r.delay_days} days of delay, and no interval touches them; "
    f"but every release can fail. On average the year costs {lk.show(r, 'expected_usd')}; retraining every {r.best_interval} days it would cost {lk.show(r, 'best_usd')}.",
    readouts=(("expected_usd", "Cost of an average year"), ("staleness_usd", "of it staleness"), ("releases", "Releases"), ("total_usd", "Cost of the replayed year"), ("failed", "Failed releases in it"), ("rule_days", "Square-root rule")),
    failures=(lk.failure("the loop costs more than it saves", lambda r: r.state == retraining.TOO_DEAR, "A longer interval leads out; so do cheaper or safer releases.", lambda r: f"{lk.show(r, 'expected_usd')} in an average year, above $60,000"),),
    explain=lk.explain(
        "You may halve one thing. What lowers the cost of an average year most?",
        {"delay": "the delay of the labels", "interval": "the interval (or double it, if that is cheaper)", "price": "the price of a retraining", "failures": "the share of releases that fail"},
        lambda r: None if r.best_levers == "none" else tuple(r.best_levers.split(" or ")),
    ),
    terms=("overhead",),
    binding=lambda r: "overhead",
    instruments=lambda r, said: draw_year(r, said),
)
def learn_again(interval, delay, price, stale, failing, damage, shock, luck):
    """A year of retraining at one interval."""
    return retraining.replay_year(interval, delay, price, stale, failing, damage, shock, luck)


@app.function
@lk.experiment(
    "C",
    "Is the new release worse?",
    scenario="A new release first answers a share of the requests (a **canary**). Each day the two success rates are compared: z counts standard errors between them, and beyond a limit the release is rolled back. The office answers 200,000 requests a day, "
    "5 % of them with a success that can be counted at once; the canary must find a relative drop of 2 % in four of five cases (made up for teaching).",
    controls=dict(
        share=lk.choice("Canary", SHARES, default=0.01),
        looks=lk.slider("Daily looks", 1, 28, step=1, default=14),
        limit=lk.choice("Rolled back at", LIMITS, default=1.96),
        requests=lk.steps("Requests a day", (20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000), default=200_000, unit="1", more=True),
        success=lk.steps("Requests with a success", (0.01, 0.02, 0.05, 0.1, 0.2), default=0.05, unit="share", more=True),
        drop=lk.steps("Relative drop to find", (0.005, 0.01, 0.02, 0.05, 0.1), default=0.02, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "A harmless release (exactly as good as the old one) is compared with it every day for 14 days, always on all the data so far, and rolled back at the first |z| > 1.96. What share of harmless releases is rolled back?",
        "false_rollback_share", low=0, high=60, unit="%",
    ),
    idea=lambda r: f"One look is wrong in {lk.show(r, 'single_look_share')} of cases; but {r.looks} looks are {r.looks} chances to be unlucky, and one is enough: {lk.show(r, 'times_single')} as many. And the small canary, is it at least safe? "
    f"It needs {r.canary_requests:,.0f} requests for its verdict like any other, waits {lk.show(r, 'verdict_days')} for them, and a bad release spoils {r.lost_successes:,.0f} successes meanwhile. Compare with 10 %.",
    readouts=(("false_rollback_share", "Harmless releases rolled back"), ("verdict_days", "Verdict after"), ("lost_successes", "Successes a bad release spoils till then")),
    failures=(
        lk.failure("crying wolf", lambda r: r.state == canary.WOLF, "A stricter limit or fewer looks lead out.", lambda r: f"{lk.show(r, 'false_rollback_share')} of harmless releases are rolled back"),
        lk.failure("the next release is already out", lambda r: r.state == canary.LATE, "A larger canary leads out.", lambda r: f"the verdict comes after {lk.show(r, 'verdict_days')}, the next release after 14"),
    ),
    explain=lk.explain(
        "Which change would bring the verdict soonest from here?",
        {"share": "twice the canary (to at most 50 %)", "looks": "half as many looks", "drop": "settling for drops 1.25 times as large", "limit": "the next lower limit (2.80 → 1.96 → 1.645)"},
        lambda r: r.best_lever,
    ),
    terms=("overhead",),
    binding=lambda r: "overhead",
    instruments=lambda r, said: draw_canary(r, said),
)
def watch_release(share, looks, limit, requests, success, drop):
    """A canary of one share, looked at daily."""
    return canary.run_canary(share, looks, limit, requests, success, drop)


@app.function
@lk.decision(
    "One year of the loop",
    scenario="Set the loop for a year. A drift of the rule (part A) must be known within {detection_limit_weeks}, a canary’s verdict within {verdict_limit_days}, and at most {false_alarm_limit} false alarms a year may ring; all for at most {cost_limit_usd}. "
    "A retraining costs $300, staleness $2 a day per day of age, an audited answer $1, a success that a bad release spoils $1 (one release in twenty is bad), and a false alarm $150. Labels arrive after 21 days; 50 features are watched at a PSI of 0.1; a canary gets 14 looks (illustrative).",
    controls=dict(
        interval=lk.steps("Retraining every", model_loop.INTERVALS, default=7, unit="days"),
        audits=lk.steps("Audited answers a week", model_loop.AUDITS, default=0),
        share=lk.choice("Canary", SHARES, default=0.01),
        limit=lk.choice("Rolled back at", LIMITS, default=1.96, more=True),
        samples=lk.choice("Samples a week", (200, 400), default=200, more=True),
    ),
    given=lambda d: dict(
        **d.choice([dict(verdict_limit_days=v, false_alarm_limit=a) for v, a in ((10, 2), (10, 4), (10, 6), (14, 2), (14, 3), (14, 4))]),
        detection_limit_weeks=d.choice([12, 13, 14]), cost_limit_usd=d.integer(46, 50) * 1000,
    ),
    given_units=dict(detection_limit_weeks="weeks", verdict_limit_days="days", false_alarm_limit="1", cost_limit_usd="$"),
    constraints=(
        lk.at_most("detection_weeks", "detection_limit_weeks", "drift of the rule known after"),
        lk.at_most("verdict_days", "verdict_limit_days", "verdict of the canary"),
        lk.at_most("false_alarms", "false_alarm_limit", "false alarms a year"),
        lk.at_most("cost_usd", "cost_limit_usd", "cost of the year"),
    ),
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "cost of the year"},
    readouts=(("detected", "Drift of the rule known"), ("releases", "Releases"), ("family_alarm_share", "Weeks with a chance PSI alarm"), ("false_rollback_share", "Harmless releases rolled back")),
    failures=(lk.failure("cheap, green and blind", lambda r: r.state == model_loop.BLIND, "Audits lead out.", lambda r: "no drift of the rule would ever be known"),),
    instruments=lambda r, given, now: draw_loop(r, given, now),
)
def year_of_the_loop(interval, audits, share, limit, samples):
    """Cost, detection, verdict and false alarms of a year."""
    return model_loop.run_loop(interval, audits, share, limit, samples)


@app.function
@lk.drill(
    "chance",
    "A feature does not change. How large is its PSI on average, with {bins} bins and {samples} samples a week? (B − 1)/n",
    draw=lambda d: dict(bins=d.choice([5, 10, 15, 20]), samples=d.choice([50, 100, 150, 200, 300, 400, 500])),
    unit="1", tolerance=0.05,
)
def psi_of_nothing(bins, samples):
    """The PSI that chance makes."""
    return drift.chance_psi(bins, samples)


@app.function
@lk.drill(
    "staleness",
    "Labels arrive after {delay}. Retraining every {before} becomes retraining every {after}. What share of the staleness disappears? 1 − (L + (T₂ − 1)/2)/(L + (T₁ − 1)/2)",
    draw=lambda d: dict(before=d.choice([14, 21, 28, 42, 56]), after=d.integer(1, 7), delay=d.integer(3, 42)),
    unit="%", show=dict(before="days", after="days", delay="days"),
)
def staleness_saved(before, after, delay):
    """The share of the staleness that a shorter interval removes."""
    return retraining.staleness_saved_share(before, after, delay)


@app.function
@lk.drill(
    "verdict",
    "A canary answers {share} of {requests} requests a day; {success} of requests succeed; it must find a relative drop of {drop} at |z| > 1.96. How many days until the verdict? n = (1.96 + 0.8416)²·p(1 − p)/δ²·(1 + f/(1 − f)), δ = p·drop",
    draw=lambda d: dict(share=d.choice([0.02, 0.05, 0.1, 0.2, 0.25, 0.5]), requests=d.choice([50_000, 100_000, 200_000, 400_000]), success=d.choice([0.02, 0.05, 0.1]), drop=d.choice([0.02, 0.03, 0.05])),
    unit="1", tolerance=0.05, show=dict(share="share", success="share", drop="share"),
)
def days_to_verdict(share, requests, success, drop):
    """The days that a canary needs."""
    return canary.verdict_days(share, requests, success, drop)


@app.cell
async def _():
    lab = await lk.open_lab("lab_14_ml_ops", [green_dashboard, learn_again, watch_release, year_of_the_loop], [psi_of_nothing, staleness_saved, days_to_verdict], __file__)
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
        ("Compute how often a drift alarm rings when nothing changed, and name the drift that it can never see.",
         "Choose a retraining interval under late labels and risky releases.",
         "Size a canary, and compute what looking at it every day costs."),
        "A housing office ranks repair requests with a model. The dashboard has been green for a year; a tenant group says that the answers became worse in spring. The head of operations may spend one year’s budget on monitors, "
        "labels, retraining and releases. What should the loop around the model look like? The Iron Law is read at the scale of that loop here: $L_{lat}$ is the time until the truth is known, found, and acted on.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.function
def draw_alarms(r, said):
    """The chance of an alarm over the samples, and two years of the PSI above the accuracy that nobody sees."""
    rings = "feature never rings" if not r.psi_alarms else f"feature rings {len(r.psi_alarms)} times" if len(r.psi_alarms) > 1 else "feature rings once"
    audited = ins.Panel(
        "Right answers, unseen" + (" (dots: audits)" if r.audits else ""), r.accuracy, colour="data", height=92.0, ticks=True, dots=r.found, second=r.means, low=None if r.audits else 0.5, high=None if r.audits else 1.0,
        limit=(r.audit_limit_share, "alarm below", "below") if r.audits else None,
    )
    index = ins.Panel("PSI of the feature that may drift; dots: alarms", r.psi, "1", dots=r.psi_alarms, limit=(r.threshold, f"alarm above {r.threshold:.2f}"), low=0.0, high=r.psi_top, height=72.0)
    return (
        ins.panels(
            [index, audited], title=f"The {rings} in two years; in the end {lk.show(r, 'accuracy_end_share')} of answers are right", x_name="Weeks", x_unit="weeks",
            flags=([(r.change_week, "drift begins", "muted")] if r.drifts else []) + ([(r.audit_week, "audit’s alarm known", "control")] if r.audit_week is not None else []),
            strip=(r.busy_weeks, f"Weeks in which one of {r.features} features rings: {len(r.busy_weeks)} of {len(r.psi)}") if r.busy_weeks else None,
        ),
        ins.curve(
            [ins.Series(f"{r.features} features", r.family_curve, "control", "solid"), ins.Series("1 feature", r.single_curve, "muted", "dash")],
            title=f"Without any change an alarm rings in {lk.show(r, 'family_alarm_share')} of the weeks", x_name="Samples a week", x_unit="1", y_name="Weeks with a chance alarm", y_unit="share", y_zero=True,
            you=(r.samples, r.family_alarm_share), prediction=lk.said_si(said), x_ticks=(50, 100, 200, 300, 400, 500), height=170.0,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, green_dashboard, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, green_dashboard, a, log())
    return


@app.function
def every(r):
    """The interval in words."""
    return "Every day" if r.interval_days == 1 else f"Every {r.interval_days} days"


@app.function
def draw_year(r, said):
    """The average cost over the interval in its parts, and the replayed year."""
    costs = dict(r.curves)
    series = [ins.Series("whole", costs["whole"], "control", "solid"), ins.Series("staleness", costs["stale"], "data", "solid"), ins.Series("releases", costs["releases"], "overhead", "dash"), ins.Series("changes at once", costs["shocks"], "muted", "dot")]
    return (
        ins.curve(
            [s for s in series if s.name == "whole" or min(v for _, v in s.points) > 0],
            title=f"{every(r)} costs {lk.show(r, 'expected_usd')} in an average year; every {r.best_interval} days is cheapest", x_name="Days between retrainings", x_unit="1", y_name="Cost of a year", y_unit="$", x_log=True, y_log=True,
            you=(r.interval_days, r.expected_usd), prediction=(1.0, r.staleness_left_usd(lk.said_si(said))) if r.staleness_left_usd(lk.said_si(said)) > 0 else None, prediction_label=f"you said −{lk.said(said)}",
            y_limit=(60_000, "costs more than it saves: $60k"), x_ticks=(1, 2, 5, 7, 14, 30, 60),
        ),
        ins.panels(
            [ins.Panel(f"Age in days; dots: {r.failed} failed releases", r.age, "days", colour="data", low=0.0, height=84.0, ticks=True, dots=r.failed_marks)],
            title=f"The replayed year: the newest data are {lk.show(r, 'mean_age_days')} old on average, {lk.show(r, 'total_usd')} in all", x_name="Days", x_unit="days", flags=[(day, "change", "muted") for day in r.shock_days],
        ),
    )


@app.cell
def _(b, lab, log):
    lk.predict(lab, learn_again, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, learn_again, b, log())
    return


@app.function
def draw_canary(r, said):
    """Harmless releases between the limits, and what each canary share costs."""
    return (
        ins.walks(
            r.paths, title=f"{r.looks} daily {'look rolls' if r.looks == 1 else 'looks roll'} back {lk.show(r, 'false_rollback_share')} of harmless releases", x_name="Days", x_unit="days", name="z of 40 harmless releases", limit=r.z_limit,
            share=r.rolled_back, share_name="Rolled back so far, of 1,000 harmless releases", level=(r.single_look_share, f"one look: {lk.show(r, 'single_look_share')}"), prediction=lk.said_si(said), item="release",
        ),
        ins.curve(
            [ins.Series("", [(days, lost) for _, days, lost in r.options], "edge", "solid")], title=f"A canary of {SHARES[r.canary_share]} takes {lk.show(r, 'verdict_days')}, and a bad release spoils {r.lost_successes:,.0f} successes till then",
            x_name="Days to the verdict", x_unit="1", y_name="Spoilt successes", y_unit="1", x_log=True, y_zero=True, x_limit=(14.0, "next release"), you=(r.verdict_days, r.lost_successes), you_label=SHARES[r.canary_share],
            published=[(days, lost, name) for name, days, lost in r.options if name != SHARES[r.canary_share]], height=150.0,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.predict(lab, watch_release, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, watch_release, c, log())
    return


@app.function
def draw_loop(r, given, now):
    """The bill, and every interval with the rest of your loop."""
    bill = [("staleness", r.stale_usd, "D"), ("retraining", r.training_usd, "O"), ("audits", r.audit_usd, "L"), ("bad releases", r.lost_usd, "edge:open"), ("false alarms", r.alarm_usd, "muted:solid")]
    return (
        ins.memory_stack([("your year", bill)], title=f"Your year costs {lk.show(r, 'cost_usd')}; a drift of the rule is known {r.detected}", capacity=(given["cost_limit_usd"], "budget"), unit="$", quantity="Cost", you="your year"),
        ins.pareto(
            [ins.Design(name, alarms, cost, r.verdict_days <= given["verdict_limit_days"] and alarms <= given["false_alarm_limit"] and cost <= given["cost_limit_usd"]) for name, alarms, cost in model_loop.interval_options(r.audits, r.canary_share, r.z_limit, r.samples)],
            title=f"{every(r)}: {r.false_alarms:.3g} false alarms a year; crosses break a limit", x_name="False alarms a year", x_unit="1", y_name="Cost of the year", y_unit="$", y_better="low",
            x_log=True, y_log=True, x_limit=(given["false_alarm_limit"], "at most"), y_limit=(given["cost_limit_usd"], "budget"), you=model_loop.option_name(r.interval_days),
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, year_of_the_loop, d, log())
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
