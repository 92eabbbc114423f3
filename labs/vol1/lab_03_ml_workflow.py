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
    app_title="A date for the director",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import best_of_many, project_chain, project_checks, project_loop, project_plan, project_promise
    from mlsysim.units import fmt

    STAGES = {s.id: s.name for s in project_plan.stages()}
    PLAN = ", ".join(f"{s.name} {s.weeks}" for s in project_plan.stages())
    FINDS = {s: [f"{c.name} ({fmt(c.chance, 'share', 2)}, back to {c.back})" for c in project_plan.causes() if c.found == s] for s in STAGES}
    CAUSES = " ".join(f"**{STAGES[s].capitalize()}**: {' or '.join(found)}." for s, found in FINDS.items() if found)
    NORMAL = best_of_many.try_ideas()
    CHECKS = dict(
        device=lk.toggle("Device test, 1 week"), privacy=lk.toggle("Privacy review, 1 week"), labels=lk.toggle("Label pilot, 2 weeks"), skeleton=lk.toggle("Skeleton, 2 weeks"),
    )


@app.function
@lk.experiment(
    "A",
    "How often does a plan of twenty weeks hold?",
    scenario=f"The plan in weeks: {PLAN}. Six ordinary reasons send it back from the stage that finds them; each chance holds at every visit. {CAUSES} From there the project walks through every later stage again (all illustrative).",
    controls=dict(
        rework_share=lk.slider("Work done again takes", 0, 1, step=0.05, default=0.5, unit="share", help="of the time it took at first"),
        chance_factor=lk.slider("Chances of return, times", 0, 1.4, step=0.1, default=1, unit="×"),
        faster=lk.choice("Stage made faster", {"none": "none", **STAGES}, default="none"),
        speedup=lk.steps("How much faster", (2, 5, 10), default=10, unit="×", more=True),
        never=lk.choice("Never happens", {"none": "all can happen", **{c.id: c.name for c in project_plan.causes()}}, default="none", more=True),
        shown_share=lk.choice("Project drawn", {0.05: "a quick one (p5)", 0.2: "p20", 0.5: "the median", 0.8: "p80", 0.95: "a slow one (p95)"}, default=0.5, more=True),
    ),
    predict=lk.predict_number(
        "A stage takes 70 to 130 % of its planned time, every value equally likely; work that is done again takes half of that. What share of such projects is done within the 20 weeks?",
        "on_time_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Small chances multiply: {lk.show(r, 'straight_share')} of projects are never sent back, and about half of those run late anyway. A return opens every later door again, so the average "
    f"project is sent back {lk.show(r, 'returns')} times and takes {lk.show(r, 'mean_weeks')}. Half are done in {lk.show(r, 'p50_weeks')}, four of five in {lk.show(r, 'p80_weeks')}. A date without a probability says nothing.",
    readouts=(("on_time_share", "Done in 20 weeks"), ("mean_weeks", "Mean"), ("loop_weeks", "of it repeated work"), ("p50_weeks", "p50, half are done"), ("p80_weeks", "p80, four of five are done")),
    failures=(
        lk.failure("the director was told 20", lambda r: r.state == project_loop.MISLED, "Fewer returns, or repeated work that costs almost nothing, lead out.", lambda r: f"one in five projects needs more than {lk.show(r, 'p80_weeks')}"),
    ),
    explain=lk.explain(
        "You may have one of these. Which shortens the average project most from here?",
        {"data": "data work ten times faster", "model": "model development ten times faster", "chances": "half the chance of every return", "rework": "repeated work in half the time"},
        lambda r: r.best_changes,
    ),
    terms=("arithmetic", "overhead"),
    binding=lambda r: "overhead" if r.loop_weeks > r.plan_weeks else "arithmetic",
    instruments=lambda r, said: draw_loop(r, said),
)
def looped_project(rework_share, chance_factor, faster, speedup, never, shown_share):
    """A thousand projects that go back."""
    return project_loop.run_projects(rework_share, chance_factor, faster, speedup, never, shown_share)


@app.function
@lk.experiment(
    "B",
    "What is the best of two hundred ideas worth?",
    scenario="In the model stage the team tries ideas: another loss, another crop, another schedule. Each is measured once against the baseline on the same validation images, and the best is shipped. "
    f"Truly, most ideas do nothing or harm: their gains average {fmt(NORMAL.mean_points, 'points', 1)}, with a standard deviation of {fmt(NORMAL.spread_points, 'points', 1)} (illustrative).",
    controls=dict(
        ideas=lk.steps("Ideas tried", best_of_many.IDEAS, default=200),
        images=lk.steps("Validation images", (100, 500, 1000, 2000, 5000, 10_000, 20_000), default=500),
        retest_images=lk.choice("Measure the winner again on", {0: "nothing", 500: "500 fresh images", 5000: "5,000 fresh images"}, default=0, more=True),
    ),
    predict=lk.predict_number(
        f"The team tries 200 ideas and measures each on 500 images; model and baseline differ on a tenth of them. The best idea shows +{NORMAL.measured_points:.2f} points. By how many points is it really better, on average over many such teams?",
        "true_points", low=-1, high=5, unit="points",
    ),
    idea=lambda r: f"The maximum of many noisy measurements is mostly noise: 500 images measure a gain to ± {lk.show(r, 'noise_points')}, the ideas themselves differ by ± {lk.show(r, 'spread_points')}. So the winner is above all the "
    f"luckiest. In the run that is drawn, {r.better_ideas} of the {r.ideas} ideas are better than the one picked. (Where models are few and test sets large, luck stays small: Recht et al. 2019 measured ImageNet models again and found their order kept.)",
    readouts=(("measured_points", "Best measured gain, expected"), ("true_points", "Its true gain, expected"), ("luck_points", "Luck in it"), ("noise_points", "Noise of one measurement")),
    failures=(lk.failure("you shipped a step back", lambda r: r.state == best_of_many.BACK, "More validation images lead out; more ideas hardly do.", lambda r: f"shows {lk.show(r, 'measured_points')}, is worth {lk.show(r, 'true_points')}"),),
    explain=lk.explain(
        "What would raise the true gain of the shipped idea most from here?",
        {"ideas": "five times the ideas", "images": "ten times the validation images", "retest": "measuring the winner again on fresh images"},
        lambda r: r.best_changes,
    ),
    terms=("arithmetic",),
    instruments=lambda r, said: draw_ideas(r, said),
)
def best_idea(ideas, images, retest_images):
    """Ship the idea that measures best."""
    return best_of_many.try_ideas(ideas, images, retest_images)


@app.function
@lk.experiment(
    "C",
    "What does a week of checking buy?",
    scenario="Some of the six reasons can be looked for in the first stage, at the price of weeks there. A **device test** runs a stub model on the real tablet and prevents four of five misfits; a **privacy review** four of five "
    "refusals; a **label pilot** three of four wrong targets. A **skeleton**, a thin version of every stage, prevents half of the data gaps and half of the poor data. The project is that of part A (all illustrative).",
    controls=dict(**CHECKS, rework_share=lk.slider("Work done again takes", 0, 1, step=0.05, default=0.5, unit="share", more=True)),
    predict=lk.predict_number(
        "At deployment a quarter of the visits find that the model does not fit the tablet: back to the model stage, and model, evaluation and deployment, 9 weeks of plan, are done again in half the time. "
        "One week in the first stage, with a stub model on a real tablet, prevents four of five such returns. How many weeks shorter is the average project, the week itself deducted?",
        "device_gain_weeks", low=-2, high=20, unit="weeks",
    ),
    idea=lambda r: f"On paper the test saves 0.25 · 0.8 · {lk.show(r, 'device_return_paper_weeks')} = {lk.show(r, 'device_paper_weeks')}, less than it costs. But the average project arrives at that door {r.device_arrivals:.2f} times, and one return costs "
    f"not {lk.show(r, 'device_return_paper_weeks')} but {lk.show(r, 'device_return_weeks')}, because every door behind it can send the work back again. Whoever prevents a return prevents its whole family.",
    readouts=(("mean_weeks", "Mean"), ("gain_weeks", "Gained by the checks"), ("paper_gain_weeks", "Gained on paper"), ("check_weeks", "Weeks of checks"), ("p80_weeks", "p80, four of five are done")),
    failures=(lk.failure("checked late", lambda r: r.state == project_checks.LATE, "More checks lead out; so does cheaper repeated work.", lambda r: f"{lk.show(r, 'mean_weeks')} on average, above 40"),),
    explain=lk.explain(
        "You may add one check to those that are on. Which gains most?",
        {"device": "device test", "privacy": "privacy review", "labels": "label pilot", "skeleton": "skeleton", "none": "none pays for itself"},
        lambda r: r.best_next,
        asked=lambda r: r.name != "all four",
    ),
    terms=("overhead",),
    instruments=lambda r, said: draw_checks(r, said),
)
def early_checks(device, privacy, labels, skeleton, rework_share):
    """Checks in the first stage against returns later."""
    return project_checks.check_early(device, privacy, labels, skeleton, rework_share)


@app.function
@lk.decision(
    "The date that she may promise",
    scenario="Name the date. At least {kept_limit_share} of projects must keep it, and it must lie within {date_limit_weeks}. The shipped idea must truly gain {gain_limit_points}; dermatologists’ labels may cost {label_limit_usd}, "
    "and the checks may take {check_limit_weeks}. In this network the model does not fit the tablet in {device_share} of the visits to deployment, and privacy is refused in {privacy_share}; the rest is as in part A. "
    "5,000 images are labelled in a week, 80 ideas tried in a week (all illustrative).",
    controls=dict(
        **CHECKS,
        promised_weeks=lk.slider("Date promised", 20, 60, step=1, default=20, unit="weeks"),
        ideas=lk.steps("Ideas tried", project_promise.IDEAS, default=200),
        images=lk.steps("Validation images", project_promise.IMAGES, default=500, help="a label costs $1.50"),
    ),
    given=lambda d: dict(
        gain_limit_points=d.choice([0.5, 0.6, 0.65]), label_limit_usd=d.choice([8000, 16_000]), check_limit_weeks=d.choice([2, 3, 4]),
        device_share=d.choice([0.1, 0.2, 0.3]), privacy_share=d.choice([0.05, 0.15, 0.25]), date_limit_weeks=52, kept_limit_share=0.8,
    ),
    given_units=dict(gain_limit_points="points", label_limit_usd="$", check_limit_weeks="weeks", device_share="share", privacy_share="share", date_limit_weeks="weeks", kept_limit_share="share"),
    constraints=(
        lk.at_least("kept_share", "kept_limit_share", "projects that keep the date"),
        lk.at_most("promised_weeks", "date_limit_weeks", "date promised"),
        lk.at_least("true_points", "gain_limit_points", "true gain, expected"),
        lk.at_most("cost_usd", "label_limit_usd", "validation labels"),
        lk.at_most("check_weeks", "check_limit_weeks", "weeks of checks"),
    ),
    objective=("lowest", "promised_weeks"),
    labels={"promised_weeks": "date promised"},
    readouts=(("p80_weeks", "p80, four of five are done"), ("mean_weeks", "Mean")),
    instruments=lambda r, given, now: draw_promise(r, given),
)
def director_date(device, privacy, labels, skeleton, promised_weeks, ideas, images, device_share, privacy_share):
    """How often a project keeps the date, and what it ships."""
    return project_promise.promise(device, privacy, labels, skeleton, ideas, images, promised_weeks, device_share, privacy_share)


@app.function
@lk.drill(
    "visits",
    "Each time that a stage ends, it is done again with a chance of {chance}. How many times is it done on average?",
    draw=lambda d: dict(chance=d.number(0.1, 0.7, step=0.05)),
    unit="1", show=dict(chance="share"),
)
def visits_of_a_stage(chance):
    """Mean visits of a stage that repeats itself."""
    return project_chain.repeated_visits(chance)


@app.function
@lk.drill(
    "noise",
    "A new model and the baseline differ on {differ} of {images} validation images. What is the standard error of the measured gain? σ = 100·√(q/n) points",
    draw=lambda d: dict(differ=d.number(0.02, 0.2, step=0.02), images=d.choice([200, 500, 1000, 2000, 5000, 10_000, 20_000])),
    unit="points", show=dict(differ="share"),
)
def measured_noise(differ, images):
    """The noise of one measured gain."""
    return best_of_many.noise_points(differ, images)


@app.function
@lk.drill(
    "shrink",
    "Ideas gain 0 points on average, with a standard deviation of τ = {spread}. One of them measures +{measured}, with noise of σ = {noise}. What is its expected true gain? m·τ²/(τ² + σ²)",
    draw=lambda d: dict(measured=d.number(1, 5, step=0.5), spread=d.number(0.3, 1, step=0.1), noise=d.number(0.3, 2, step=0.1)),
    unit="points", show=dict(measured="points", spread="points", noise="points"),
)
def shrunk_gain(measured, spread, noise):
    """What a measured gain is worth."""
    return best_of_many.shrunk_points(measured, spread, noise)


@app.cell
async def _():
    lab = await lk.open_lab("lab_03_ml_workflow", [looped_project, best_idea, early_checks, director_date], [visits_of_a_stage, measured_noise, shrunk_gain], __file__)
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
        ("Simulate a project as a loop through six stages, and quote a date with a probability instead of a sum.",
         "Compute how much of the best of many validation results is luck, and choose the size of a validation set.",
         "Value an early check by the loops that it prevents, and compare that with the estimate on paper."),
        "A hospital network wants a model on tablets that sorts photographs of skin lesions by urgency. The project lead’s plan adds up to 20 weeks. The clinical director asks for a date that she may promise to "
        "the wards. You are asked what can be promised, and what to change before week one. The Iron Law is read at the scale of a project here: $O$ is the work of the stages, $L_{lat}$ what each loop back costs.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.function
def draw_loop(r, said):
    """How many projects are done by each week, and one project with its returns."""
    told = lk.show(r, "told_weeks")
    return (
        ins.curve(
            [ins.Series("", r.done, "control", "solid"), ins.Series("", [(r.told_weeks, 0.0), (r.told_weeks, 1.0)], "muted", "dash")],
            title=f"{lk.show(r, 'on_time_share')} of projects are done in {told}, four of five in {lk.show(r, 'p80_weeks')}",
            x_name="Weeks since the start", x_unit="weeks", y_name="Share of projects done", y_unit="share", y_zero=True,
            you=(r.told_weeks, r.on_time_share), you_label=f"{lk.show(r, 'on_time_share')} by the plan",
            prediction=(r.told_weeks, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}",
            published=[(r.p80_weeks, 0.8, f"four of five: {lk.show(r, 'p80_weeks')}")],
        ),
        ins.loops(
            list(STAGES.values()), r.bars, r.backs, title=f"One of the thousand: {r.shown_returns} {'return' if r.shown_returns == 1 else 'returns'}, done after {lk.show(r, 'shown_weeks')}", unit="weeks", x_name="Weeks",
            notes=r.visit_notes, reference=(r.told_weeks, "the plan"),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, looped_project, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, looped_project, a, log())
    return


@app.function
def draw_ideas(r, said):
    """What the best shows and what it is worth over the number of ideas, and one drawn run."""
    pick, rest = r.cloud[0], r.cloud[1:]
    groups = [
        ins.Group("ideas no better than your pick", [p for p in rest if p[0] <= pick[0]], "muted", "ring"), ins.Group("truly better than your pick", [p for p in rest if p[0] > pick[0]], "ink"),
        ins.Group("your pick", [pick], "control", size=200),
    ]
    groups += [ins.Group("your pick, measured again", [(pick[0], r.retest_points)], "ink", "cross", size=60)] if r.retest_points is not None else []
    return (
        ins.curve(
            [ins.Series("what the best shows", r.measured_curve), ins.Series("what it is worth", r.true_curve, "control", "solid")],
            title=f"The best of {r.ideas:,} ideas shows {lk.show(r, 'measured_points')} and is worth {lk.show(r, 'true_points')}", x_name="Ideas tried", x_unit="1", y_name="Gain over the baseline", y_unit="points",
            x_log=True, y_zero=True, x_ticks=(10, 50, 200, 1000), band=(r.true_curve, r.measured_curve, "luck"), you=(r.ideas, r.true_points), prediction=said.value,
        ),
        ins.scatter(
            groups, title=f"In this run {r.better_ideas} of {r.ideas:,} ideas are better than the one picked, which shows {lk.show(r, 'drawn_measured_points')} and is worth {lk.show(r, 'drawn_true_points')}",
            x_name="True gain", x_unit="points", y_name="Measured gain", y_unit="points", item="idea", border=([(-1.0, -1.0), (1.0, 1.0)], "measured = true"),
        ),
    )


@app.cell
def _(b, lab, log):
    lk.predict(lab, best_idea, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, best_idea, b, log())
    return


@app.function
def draw_checks(r, said):
    """All sixteen choices of checks, and what each cause of return costs."""
    worst = max(r.by_cause, key=lambda row: row[2])
    return (
        ins.pareto(
            [ins.Design(name, weeks, mean) for name, weeks, mean in r.plans], title=f"With {r.name} the average project takes {lk.show(r, 'mean_weeks')}",
            x_name="Weeks of checks", x_unit="weeks", y_name="Mean length", y_unit="weeks", y_better="low", y_limit=(40.0, "checked late"), you=r.name,
            prediction=(project_checks.check_weeks(("device",)), r.bare_mean_less(said.value)),
        ),
        ins.pairs(
            r.by_cause, title=f"“{worst[0].capitalize()}” costs {fmt(worst[2], 'weeks')} of the mean; on paper it would be {fmt(worst[1], 'weeks')}" if worst[2] else "Returns cost nothing here", quantity="Weeks of the mean",
            unit="weeks", upper="on paper", lower="with its loops",
        ),
    )


@app.cell
def _(c, lab, log):
    lk.predict(lab, early_checks, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, early_checks, c, log())
    return


@app.function
def draw_promise(r, given):
    """How often the date is kept, and what ideas and images buy."""
    return (
        ins.curve(
            [ins.Series("", r.done, "control", "solid"), ins.Series("four of five", [(0.0, given["kept_limit_share"]), (r.done[-1][0], given["kept_limit_share"])], "ink", "dash")],
            title=f"{lk.show(r, 'kept_share')} of projects keep the date of {lk.show(r, 'promised_weeks')}; four of five are done in {lk.show(r, 'p80_weeks')}", x_name="Weeks since the start", x_unit="weeks",
            y_name="Share of projects done", y_unit="share", y_zero=True, x_limit=(given["date_limit_weeks"], "latest date"), you=(r.promised_weeks, r.kept_share), you_label=f"{lk.show(r, 'kept_share')} by your date",
        ),
        ins.pareto(
            [ins.Design(f"{k} ideas, {n:,} images", mean, gain, usd <= given["label_limit_usd"]) for k, n, mean, gain, usd in r.options],
            title=f"{r.ideas} ideas on {r.images:,} images truly gain {lk.show(r, 'true_points')}; crosses cost too much", x_name="Mean length with your checks", x_unit="weeks", y_name="True gain", y_unit="points",
            y_limit=(given["gain_limit_points"], "gain wanted", "below"), you=f"{r.ideas} ideas, {r.images:,} images",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, director_date, d, log())
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
