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
    app_title="Where the carbon goes", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import clean_hours, green_run, power_cap, rebound, run_footprint
    from mlsysim.units import fmt

    LOWER = {"less": "yes: a step takes less energy still", "more": "no: the host burns longer than the GPU saves", "late": "no: steps 1.3 times as long are too late"}
    CAUSES = {"draw": "what the paused GPUs draw", "flat": "the grid: even with no draw, its hours differ too little", "none": "it does not raise them"}
    LIMITS = (
        lk.at_most("total_t", "carbon_limit_t", "carbon"),
        lk.at_most("end_h", green_run.END_LIMIT_H, "result"),
        lk.at_most("cost_usd", green_run.COST_LIMIT_USD, "cost"),
    )


@app.function
@lk.experiment(
    "A",
    "What is the footprint of a run made of?",
    scenario="A meter at the GPUs sees their **dynamic** energy. The life cycle of a run has two more terms: energy of nodes that idle and of the infrastructure, and the carbon of making the hardware "
    "(**embodied**), of which a run bears the share of the hardware’s life that it used. BLOOM-176B is one of few large models whose authors published all three.",
    controls=dict(
        grid_kg_per_kwh=lk.choice("Grid", run_footprint.GRIDS, default=0.057),
        idle_ratio=lk.choice("Idle energy per dynamic energy", (0.0, 0.2, 0.4, 0.5925, 0.8, 1.0), default=0.5925, unit="1"),
        life_years=lk.choice("Life of the hardware", (3, 4, 5, 6, 8), default=6, unit="years"),
        utilisation_share=lk.slider("Used, of its life", 0.3, 1.0, step=0.05, default=0.85, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "BLOOM-176B took 1.08 million A100-hours at 400 W, on the French grid with 57 g of CO₂ per kWh. What share of its life-cycle footprint is this dynamic energy?",
        "dynamic_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"GPU-hours × power × grid is {lk.show(r, 'dynamic_t')} of {lk.show(r, 'total_t')}. Idle nodes and infrastructure add {lk.show(r, 'idle_t')}, making the hardware {lk.show(r, 'embodied_t')}. "
    f"The grid decides the shares: below {fmt(r.equal_kg_per_kwh * 1000, 'g/kWh')} making the GPUs outweighs running them, and a cleaner grid no longer helps much.",
    readouts=(("total_t", "Life cycle"), ("dynamic_share", "Dynamic"), ("idle_share", "Idle, infrastructure"), ("embodied_share", "Embodied")),
    failures=(lk.failure(run_footprint.HIDDEN, lambda r: r.state == run_footprint.HIDDEN, "Less idle energy, a longer life or a dirtier grid lead out. Why is the last of them no success?",
                         lambda r: f"it shows {lk.show(r, 'dynamic_t')} of {lk.show(r, 'total_t')}"),),
    explain=lk.explain("You may have one of four changes. Which saves most tonnes here?", run_footprint.LEVERS, lambda r: tuple(r.levers.split(" or "))),
    terms=("arithmetic",), instruments=lambda r, said: draw_ledger(r, said),
)
def ledger(grid_kg_per_kwh, idle_ratio, life_years, utilisation_share):
    """Three terms of the carbon of BLOOM's training."""
    return run_footprint.run_footprint(grid_kg_per_kwh, idle_ratio, life_years, utilisation_share)


@app.function
@lk.experiment(
    "B",
    "What does waiting for cleaner hours change?",
    scenario="Your run: 48 hours on 1,024 H100, 1.3 kW each with its host, in a hall with a PUE of 1.2 (power at the meter over power of the machines). It may pause in dirty hours and run in the cleanest ones of its window. "
    "Yearly means are published and rounded, the shape of a day is illustrative. American states count power stations only, the other regions what lies upstream, too: compare hours rather than places.",
    controls=dict(
        region=lk.choice("Region", clean_hours.TITLES, default="california"),
        extra_share=lk.choice("Extra time allowed, of 48 h", (0.0, 0.25, 0.5, 1.0, 2.0), default=1.0, unit="share"),
        paused_share=lk.slider("Draw while paused, of full", 0.0, 0.4, step=0.05, default=0.3, unit="share"),
        resume_h=lk.slider("Work lost at a resume", 0.0, 1.0, step=0.25, default=0.25, unit="h", more=True),
    ),
    predict=lk.predict_number(
        "California’s grid swings between 111 and 295 g/kWh in this week. The run may take twice as long and takes the cleanest hours only. Paused GPUs stay yours and draw 30 %. By how much do the total emissions change?",
        "change_share", low=-60, high=40, unit="%",
    ),
    idea=lambda r: f"The hours that run are cleaner, but {lk.show(r, 'paused_t')} leak out in the pauses, and making the hardware is borne for {r.borne_h} hours in place of {r.work_h}: {lk.show(r, 'now_t')} become {lk.show(r, 'total_t')}. "
    f"Waiting pays while paused GPUs draw less than {lk.show(r, 'break_even_share')}. With the paused GPUs released to others, the same hours would emit {against(clean_hours.released(r))}.",
    readouts=(("change_share", "Change against at once"), ("total_t", "Carbon"), ("now_t", "Carbon, at once"), ("break_even_share", "Draw at which waiting breaks even"), ("end_h", "Result after"), ("pauses", "Pauses")),
    failures=(lk.failure(clean_hours.DIRTIER, lambda r: r.state == clean_hours.DIRTIER, "A lower draw while paused or no waiting lead out, on some grids the latter only.",
                         lambda r: f"{lk.show(r, 'total_t')}, at once {lk.show(r, 'now_t')}"),),
    explain=lk.explain("What makes waiting raise the emissions here?", CAUSES, lambda r: r.cause),
    terms=("arithmetic", "overhead"), instruments=lambda r, said: draw_hours(r, said),
)
def waiting(region, extra_share, paused_share, resume_h):
    """The run in the cleanest hours of its window."""
    return clean_hours.shift(region, extra_share, paused_share, resume_h)


@app.function
@lk.experiment(
    "C",
    "What does a power cap do to a step?",
    scenario="An H100 draws up to 700 W. Under a cap it lowers its clock until it fits; 90 W do not depend on the clock (illustrative). Part of a step waits for memory and network and does not follow the clock at all. "
    "Server and network burn on for as long as the step takes. The research lead accepts steps up to 1.3 times as long.",
    controls=dict(
        cap_share=lk.slider("Power cap, of 700 W", 0.2, 1.0, step=0.02, default=0.5, unit="share"),
        fixed_time_share=lk.slider("Memory and network, of a step", 0.0, 0.8, step=0.05, default=0.35, unit="share"),
        host_w=lk.choice("Server and network, a GPU", (0, 300, 600, 1000), default=300, unit="W"),
    ),
    predict=lk.predict_number("An H100 is capped at 350 W of 700 W. 35 % of a step is memory and network time. By how many per cent does the step get longer?", "slowdown_share", low=0, high=120, unit="%"),
    idea=lambda r: f"Power falls with the cube of the clock: at {lk.show(r, 'cap_share')} of the power the clock is still {lk.show(r, 'clock_share')}, and only part of the step feels it. GPU energy a step is {lk.show(r, 'gpu_energy')}, "
    f"with the host {lk.show(r, 'energy')}. Energy has a minimum, {lk.show(r, 'best_cap_share')} here: below it the host burns longer than the GPU saves.",
    readouts=(("step", "Step, of an uncapped one"), ("energy", "Energy with host"), ("gpu_energy", "Energy of the GPU"), ("best_cap_share", "Cap of least energy")),
    failures=(lk.failure("too late", lambda r: r.step > power_cap.STEP_LIMIT, "Raise the cap.", lambda r: f"steps take {lk.show(r, 'step')} the time, {fmt(power_cap.STEP_LIMIT, '×')} is accepted"),
              lk.failure(power_cap.BELOW, lambda r: r.state == power_cap.BELOW, "Raise the cap.", lambda r: f"slower, and {lk.show(r, 'energy')} the energy where {lk.show(r, 'best_cap_share')} would take {lk.show(r, 'best_energy')}"),),
    explain=lk.explain("Would you lower the cap by another two points?", LOWER, lambda r: r.lower),
    terms=("data", "arithmetic"), instruments=lambda r, said: draw_cap(r, said),
)
def capped(cap_share, fixed_time_share, host_w):
    """A training step under a power cap."""
    return power_cap.capped_step(cap_share, fixed_time_share, host_w)


@app.function
@lk.experiment(
    "D",
    "What do more efficient chips do to the electricity bill?",
    scenario="A vendor promises more tokens per joule every year. Tokens get cheaper, and people use more of what is cheaper: with an **elasticity** of 1.4, a price that is 1 % lower brings 1.4 % more demand. "
    "The site’s grid connection carries 1.5 times today’s electricity. Elasticities are illustrative; nobody has measured that of tokens over years.",
    controls=dict(
        gain_per_year=lk.slider("Tokens per joule, a year", 1.05, 1.6, step=0.05, default=1.3, unit="×"),
        elasticity=lk.slider("Elasticity of demand", 0, 3, step=0.1, default=1.4, unit="1"),
        passed_on_share=lk.slider("Of the price, falls with the energy", 0.2, 1.0, step=0.1, default=1.0, unit="share"),
        growth_share=lk.slider("Demand grows anyway, a year", 0, 0.2, step=0.02, default=0, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "Tokens per joule grow 1.3 times a year, for six years: 4.83 times. The price of a token falls in proportion, the elasticity is 1.4. How much electricity is used in the end, with today’s as 1?",
        "electricity", low=0.1, high=10, unit="×", log=True,
    ),
    idea=lambda r: f"A token takes {lk.show(r, 'efficiency')} less energy, and {lk.show(r, 'demand')} as many are asked for: {lk.show(r, 'electricity')} the electricity. With unchanged demand it would have been {lk.show(r, 'unchanged')}. "
    f"Above an elasticity of {lk.show(r, 'neutral_elasticity')} efficiency raises the bill. If other costs keep the price up, far less comes back: try it.",
    readouts=(("electricity", "Electricity"), ("demand", "Tokens"), ("efficiency", "Tokens per joule"), ("neutral_elasticity", "Elasticity that changes nothing")),
    failures=(lk.failure(rebound.OVER, lambda r: r.state == rebound.OVER, "A lower elasticity, or a price that follows less, leads out.", lambda r: f"after {fmt(r.full_after_years, 'years')}; {lk.show(r, 'peak')} at the peak, it carries {lk.show(r, 'connection')}"),),
    explain=lk.explain("What becomes of the engineers’ saving here?", rebound.KINDS, lambda r: r.kind),
    terms=("arithmetic",), instruments=lambda r, said: draw_rebound(r, said),
)
def cheaper_tokens(gain_per_year, elasticity, passed_on_share, growth_share):
    """Six years of more efficient chips, and the demand that they create."""
    return rebound.rebound(gain_per_year, elasticity, passed_on_share, growth_share)


@app.function
@lk.decision(
    "Cut the footprint of the run",
    scenario="48 hours on 1,024 H100 in California: at most {carbon_limit_t} in all, a result within 120 h, at most $145,000. You may move, wait, give paused GPUs back (15 % dearer by the hour) and cap the power; 35 % of a step does not follow the clock. "
    "A GPU-hour costs $2. Elsewhere, 500 TB of data follow first: 36 h for the approval, 11 h on the line, $10,000. **Among designs that hold, the priority is: {goal}.** In your reasons name what the ledger leaves out.",
    controls=dict(
        region=lk.choice("Region", clean_hours.TITLES, default="california"),
        extra_share=lk.choice("Extra time allowed", green_run.EXTRA, default=0.0, unit="share"),
        policy=lk.choice("Paused GPUs", green_run.PAUSED, default="hold"),
        cap_share=lk.choice("Power cap, of 700 W", green_run.CAPS, default=1.0, unit="share"),
    ),
    given=lambda d: dict(goal=d.choice(list(green_run.GOALS)), carbon_limit_t=d.number(15.2, 17.2, step=0.2)), given_units=dict(carbon_limit_t="t"),
    constraints=LIMITS, objective=("lowest", "goal_share"), labels={"goal_share": "share of the priority’s limit (moved data add 100 % where they come first)"},
    readouts=(("goal_share", "Priority, of its limit"), ("work_h", "Hours of work"), ("moved_bytes", "Data that leave the state"), ("step", "Step, of an uncapped one")),
    instruments=lambda r, given, now: draw_designs(r, given, now),
)
def greener_run(region, extra_share, policy, cap_share, goal, carbon_limit_t):
    """Carbon, end and cost of one design."""
    return green_run.green_run(region, extra_share, policy, cap_share, goal, carbon_limit_t)


@app.function
@lk.drill(
    "ratio",
    "A run uses {energy_kwh}, and making its hardware emitted {made_t}. How many times as much does it emit in all on a grid of {dirty} as on one of {clean}?",
    draw=lambda d: dict(energy_kwh=d.choice([100_000, 200_000, 400_000, 1_000_000]), dirty=d.choice([0.394, 0.5, 0.662, 0.713]), clean=d.choice([0.02, 0.041, 0.056, 0.1]), made_t=d.choice([5, 10, 20, 40])),
    unit="×", tolerance=0.02, show=dict(energy_kwh="kWh", dirty="kg/kWh", clean="kg/kWh", made_t="t"),
)
def dirty_over_clean(energy_kwh, dirty, clean, made_t):
    """Ratio of two life cycles."""
    return run_footprint.ratio_of_totals(energy_kwh, dirty, clean, made_t)


@app.function
@lk.drill(
    "payback",
    "New nodes compute {new_flop_per_s} each, the old ones {old_flop_per_s}; you buy as many as do the same work. Making a new one emits {made_t}; each old node that goes saves {saved_t} a year. After how many months have the new ones paid back their carbon?",
    draw=lambda d: dict(old_flop_per_s=d.choice([1e15, 2e15, 2.5e15]), new_flop_per_s=d.choice([4e15, 5e15, 8e15]), made_t=d.choice([2.5, 3, 3.8, 5]), saved_t=d.choice([0.3, 0.5, 1, 2, 4])), unit="",
    show=dict(old_flop_per_s="FLOP/s", new_flop_per_s="FLOP/s", made_t="t", saved_t="t"),
)
def months_to_pay_back(old_flop_per_s, new_flop_per_s, made_t, saved_t):
    """Embodied carbon against what the old nodes emit."""
    return run_footprint.payback_months(old_flop_per_s, new_flop_per_s, made_t, saved_t)


@app.function
@lk.drill(
    "rebound",
    "Chips become {efficiency} as efficient, the price falls in proportion, the elasticity of demand is {elasticity}. How many times as much electricity is used?",
    draw=lambda d: dict(efficiency=d.choice([1.5, 2, 3, 4, 5, 8]), elasticity=d.choice([0.3, 0.5, 0.8, 1.2, 1.5, 2])), unit="×", tolerance=0.02, show=dict(efficiency="×", elasticity="1"),
)
def electricity_then(efficiency, elasticity):
    """k to the power of elasticity minus one."""
    return rebound.electricity_after(efficiency, elasticity)


@app.function
def draw_ledger(r, said):
    """From the meter to the life cycle, and the shares on every grid."""
    sweep = run_footprint.over_grids(r.idle_ratio, r.life_years, r.utilisation_share)
    terms = [(name, [(1000 * row[0], row[i]) for row in sweep]) for i, name in enumerate(("dynamic", "idle", "embodied"), 1)]
    return (
        ins.waterfall(
            [("Life cycle", [("Dynamic", r.dynamic_t, "data:solid"), ("Idle, infrastructure", r.idle_t, "overhead:dots"), ("Embodied", r.embodied_t, "edge:open")])],
            title=f"The meter at the GPUs shows {lk.show(r, 'dynamic_t')}, the life cycle is {lk.show(r, 'total_t')}", unit="t", quantity="Carbon", you="Life cycle",
        ),
        ins.curve(
            [ins.Series(name, points, spot=points[spot]) for (name, points), spot in zip(terms, (18, 15, 2), strict=True)],
            title=f"Below {fmt(1000 * r.equal_kg_per_kwh, 'g/kWh')} making outweighs running; here the meter shows {lk.show(r, 'dynamic_share')}", x_name="Grid", x_unit="g/kWh", x_log=True, y_name="Share of the life cycle",
            y_unit="share", y_zero=True, you=(1000 * r.grid_kg_per_kwh, r.dynamic_share), prediction=(57.0, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}",
            flags=[(1000 * r.equal_kg_per_kwh, "embodied = dynamic")] if 10 < 1000 * r.equal_kg_per_kwh < 950 else (), height=200.0,
        ),
    )


@app.function
def against(r):
    """The change against running at once, in words."""
    if abs(r.change_share) < 1e-9:
        return "as much as at once"
    return f"{fmt(abs(r.change_share), 'share')} {'more' if r.change_share > 0 else 'less'} than at once"


@app.function
def draw_hours(r, said):
    """The hours that the run takes, what it emits against at once, and the same policy on every grid."""
    at_once, everywhere = clean_hours.shift(r.region, 0.0, r.paused_share, r.resume_h), clean_hours.everywhere(r)
    steps = lambda s: [("running", s.running_t, "data:solid"), *([("paused", s.paused_t, "arithmetic:hatch")] if s.paused_t else []), ("making", s.embodied_t, "edge:open")]  # noqa: E731
    return (
        ins.hours_taken(
            clean_hours.by_the_hour(r), r.hours, r.end_h, title=f"{clean_hours.TITLES[r.region]}: {r.run_h} hours run, {r.paused_h} are paused, the result is there after {r.end_h}",
            quantity="Carbon of an hour at full power", unit="kg", held_share=r.paused_share, window=r.window_h, at_once=r.work_h,
            notes=((f"■ runs, {lk.show(r, 'running_t')}", "data"), (f"■ paused, {lk.show(r, 'paused_t')}", "arithmetic")),
        ),
        ins.waterfall(
            [("At once", steps(at_once)), ("In clean hours", steps(r))], title=f"In clean hours {lk.show(r, 'total_t')}, {against(r)} (you said {lk.said(said)}, California at 30 % draw)",
            unit="t", quantity="Carbon", you="In clean hours",
        ),
        ins.bars_from_zero(
            [(clean_hours.TITLES[s.region], s.change_share, f"{lk.show(s, 'total_t')}, {against(s)}") for s in everywhere],
            title=f"The same policy emits more on {sum(s.state == clean_hours.DIRTIER for s in everywhere)} of {len(everywhere)} grids", quantity="Change against at once",
        ),
    )


@app.function
def draw_cap(r, said):
    """Energy against step time along the caps, and where the energy of a step goes."""
    line = power_cap.trade_off(r.fixed_time_share, r.host_w)
    marks = [(step, energy, f"{cap:.0%}") for cap, step, energy in line if cap in (0.3, 0.7, 1.0)]
    return ins.curve(
        [ins.Series("GPU and host", [(s, e) for _, s, e in line], "control"), ins.Series("GPU alone", [(s, c * s) for c, s, _ in line])],
        title=f"A cap of {lk.show(r, 'cap_share')}: a step takes {lk.show(r, 'step')} the time and {lk.show(r, 'energy')} the energy; least energy at {lk.show(r, 'best_cap_share')}",
        x_name="Time of a step", x_unit="×", y_name="Energy of a step", y_unit="×", y_zero=True, you=(r.step, r.energy), you_label=f"cap {lk.show(r, 'cap_share')}", published=marks,
        flags=[(r.best_step, f"least energy, cap {lk.show(r, 'best_cap_share')}")], x_limit=(power_cap.STEP_LIMIT, "too late"), prediction=(1 + lk.said_si(said), 0.0), prediction_label=f"you said {lk.said(said)} longer",
    )


@app.function
def draw_rebound(r, said):
    """Efficiency, demand and electricity over the years, and electricity over the elasticity."""
    lines = [(name, [(p[0], p[i]) for p in r.path]) for i, name in ((1, "tokens per joule"), (2, "tokens"), (3, "electricity"))]
    return (
        ins.curve(
            [ins.Series(name, points, "control" if name == "electricity" else "", spot=points[at]) for (name, points), at in zip(lines, (9, 14, 16), strict=True)],
            title=f"{lk.show(r, 'efficiency')} as efficient, {lk.show(r, 'demand')} the tokens, {lk.show(r, 'electricity')} the electricity", x_name="Years from now", x_unit="1", y_name="Against today", y_unit="×",
            y_log=True, you=(float(r.years), r.electricity), y_limit=(r.connection, "grid connection"), prediction=(float(r.years), lk.said_si(said)), prediction_label=f"you said {lk.said(said)}",
        ),
        ins.curve(
            [ins.Series("after six years", rebound.over_elasticities(r.gain_per_year, r.passed_on_share, r.growth_share))],
            title=f"Electricity stays at today’s with an elasticity of {lk.show(r, 'neutral_elasticity')}", x_name="Elasticity of demand", x_unit="1", y_name="Electricity against today", y_unit="×", y_log=True,
            you=(r.elasticity, r.electricity), y_limit=(r.connection, "grid connection"), flags=[(r.neutral_elasticity, "no change")] if 0 < r.neutral_elasticity < 3 else (), height=190.0,
        ),
    )


@app.function
def draw_designs(r, given, now):
    """Designs one choice away, by end and carbon, and the parts of the chosen one."""
    steps = [("running", r.running_t, "data:solid"), *([("paused", r.paused_t, "arithmetic:hatch")] if r.paused_t else []), ("making", r.embodied_t, "edge:open"), *([("moving data", r.moved_t, "overhead:dots")] if r.moved_t else [])]
    return (
        ins.pareto(
            [ins.Design(name, d.end_h, d.total_t, all(limit.holds(d, given) for limit in LIMITS)) for name, d in green_run.near(r)], x_name="Result after", x_unit="h", y_name="Carbon", y_unit="t", y_better="low", y_log=True,
            title=f"{lk.show(r, 'total_t')}, a result after {lk.show(r, 'end_h')}, {lk.show(r, 'cost_usd')}; around it the designs that differ in one choice", x_limit=(green_run.END_LIMIT_H, "five days"),
            y_limit=(given["carbon_limit_t"], "carbon limit"), you="yours",
        ),
        ins.waterfall([("Yours", steps)], title=f"{r.run_h} of {r.held_h} hours run, at {lk.show(r, 'gpu_w')} a GPU with its host", unit="t", quantity="Carbon", you="Yours"),
    )


@app.cell
async def _():
    lab = await lk.open_lab("lab_14_sustainable_ai", [ledger, waiting, capped, cheaper_tokens, greener_run], [dirty_over_clean, months_to_pay_back, electricity_then], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Build a life-cycle ledger of a training run and say which term rules on which grid.",
         "Decide when pausing for clean hours helps, and compute when it harms.",
         "Find the power cap of least energy, and predict whether an efficiency gain lowers total electricity."),
        "A lab in California trains a model: 48 hours on 1,024 H100. The sustainability lead wants the footprint cut, the research lead wants the result within five days, and vendors offer cleaner hours, slower clocks and more efficient chips as green options.",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, ledger, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, ledger, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, waiting, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, waiting, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, capped, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, capped, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, cheaper_tokens, d, log())


@app.cell
def _(d, lab, log):
    lk.explore(lab, cheaper_tokens, d, log())


@app.cell
def _(e, lab, log):
    lk.decide(lab, greener_run, e, log())


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
