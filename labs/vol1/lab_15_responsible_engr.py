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
    app_title="The design card",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import fairness, footprint, leaf_scanner, subgroup_audit
    from mlsysim.units import fmt

    REGIONS = ("North", "South")
    WORST = {"sensitivity": "sensitivity", "false alarms": "false-alarm rate", "precision": "share of real alarms"}
    PARTS = (("running", "data:solid"), ("training", "arithmetic:hatch"), ("making", "edge:open"))
    ROWS = {
        "hardware": "hardware", "model": "network", "precision": "numbers", "labels_north": "labels, North", "labels_south": "labels, South",
        "thresholds": "thresholds", "interval_days": "retraining", "audits": "audits", "spare_stations": "spares",
    }
    LIMITS = (
        lk.at_most("memory_share", 1.0, "memory in use"),
        lk.at_most("p99_s", 3.0, "p99 of an answer"),
        lk.at_least("lowest_sensitivity", 0.85, "ill plants found, worse region"),
        lk.at_most("sensitivity_gap", 0.03, "difference between the regions"),
        lk.at_most("most_false_alarms", "false_alarm_limit", "false alarms, worse region"),
        lk.at_most("detection_weeks", 13, "drift of the rule known (520 weeks: never)"),
        lk.at_least("availability", 0.95, "days with 97 stations at work"),
        lk.at_most("cost_usd_per_year", "cost_limit_usd", "cost of a year"),
        lk.at_most("carbon_kg_per_year", leaf_scanner.CARBON_LIMIT_KG, "carbon of a year"),
    )
    PLATFORMS = {"pi_5": "pi_5", "pi_5_coral": "pi_5_coral", "orin_nano_8gb": "orin_nano", "pc_l4": "orin_nano"}
    EARLIER = (
        lk.Earlier("lab_10_model_compress", "model, compression", lambda c, r: c),
        lk.Earlier("lab_11_hw_accel", "hardware (a PC with an L4 becomes an Orin Nano)", lambda c, r: dict(hardware=PLATFORMS[c["platform"]])),
        lk.Earlier("lab_13_model_serving", "spares (5 if your service survived one lost card)", lambda c, r: dict(spare_stations=5 if (r.get("one_lost_p99_s") or 1.0) <= 0.1 else 0)),
        lk.Earlier("lab_14_ml_ops", "operations (nearest options)", lambda c, r: dict(interval_days=lk.nearest(c["interval"], leaf_scanner.INTERVALS), audits=lk.nearest(c["audits"], leaf_scanner.AUDITS))),
        lk.Earlier("lab_12_perf_bench", "verification plan", says=lambda p: f"{p.runs} runs of {fmt(p.run_s, 's')} a box, {fmt(p.minutes, 'min')} of lab time, rates off by {fmt(p.error_share, 'share')}"),
    )


@app.function
@lk.experiment(
    "A",
    "What is an alarm worth in each region?",
    scenario="The scanner gives each leaf a score and raises an alarm above a threshold. **Sensitivity** is the share of ill plants that raise an alarm; the **false-alarm rate** is the share of healthy plants that do. "
    "Scores of ill plants lie on average $d'$ standard deviations above those of healthy ones. Regions and scores are made up for teaching.",
    controls=dict(
        prevalence_north=lk.slider("Ill plants, North", 0.01, 0.30, step=0.01, default=0.05, unit="share"),
        separation_south=lk.slider("Separation d′, South", 1.0, 2.5, step=0.1, default=2.0, unit="1", help="older cameras separate less"),
        policy=lk.choice("Threshold policy", fairness.POLICIES, default="one threshold"),
        threshold=lk.steps("Alarm above a score of", fairness.thresholds(), default=fairness.DEFAULT_THRESHOLD, unit="1", more=True),
        separation_north=lk.slider("Separation d′, North", 1.0, 4.0, step=0.1, default=2.0, unit="1", more=True),
        prevalence_south=lk.slider("Ill plants, South", 0.01, 0.40, step=0.01, default=0.20, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "Sensitivity is 90 % and the false-alarm rate 23.6 %, the same in both regions. In the South, where 20 % of the plants are ill, 48.8 % of the alarms are real. What share of the alarms is real in the North, where 5 % are ill?",
        "precision_north", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Same model, same threshold, same rates; yet an alarm is real in {lk.show(r, 'precision_south')} of cases in the South and in {lk.show(r, 'precision_north')} in the North, because there are more healthy plants there to raise false ones. "
    f"With base rates this far apart, {'no pair of thresholds brings' if not r.fair_pairs else f'{r.fair_pairs} pairs of thresholds bring'} all three shares within five points of each other. Which of them do you give up, and who pays for it?",
    readouts=(("precision_north", "Alarms that are real, North"), ("precision_south", "Alarms that are real, South"), ("largest_gap", "Widest gap"), ("fair_pairs", "Pairs of thresholds that close all gaps")),
    failures=(lk.failure("one region carries the cost", lambda r: r.state == fairness.BURDEN, "Another policy moves the cost to another place; base rates or scores that are closer remove it.", lambda r: f"the {WORST[r.worst]} differs by {fmt(r.largest_gap * 100, '')} points"),),
    explain=lk.explain(
        "You may change one thing. What would leave the smallest widest gap?",
        {"policy": "the best of the other three policies", "prevalence": "disease as common in the North as in the South", "cameras": "the better of the two separations in both regions", "none": "none of these helps"},
        lambda r: tuple(r.remedies.split(" or ")),
    ),
    instruments=lambda r, said: draw_regions(r, said),
)
def two_regions(prevalence_north, separation_south, policy, threshold, separation_north, prevalence_south):
    """Sensitivity, false alarms and precision of two regions under one policy."""
    return fairness.two_regions(prevalence_north, separation_south, policy, threshold, separation_north, prevalence_south)


@app.function
@lk.experiment(
    "B",
    "What does an audit of ten thousand plants see?",
    scenario="Before the stations go out, a test set is split into 36 **cells**: 3 districts × 2 kinds of light × 3 varieties × 2 cameras. For each cell the audit measures the sensitivity with its interval of confidence, and claims a shortfall "
    "where even the upper end lies below 85 %. Shares of the cells are made up for teaching.",
    controls=dict(
        plants=lk.steps("Test plants", subgroup_audit.SIZES, default=10_000, unit="1"),
        sampling=lk.choice("Test plants are drawn", subgroup_audit.SAMPLING, default="population"),
        rule=lk.choice("Interval", {"single": "95 % for each cell", "corrected": "corrected for 36 looks"}, default="single"),
        weak_sensitivity=lk.slider("True sensitivity of one rare cell", 0.5, 0.9, step=0.05, default=0.9, unit="share", more=True, help="0.3 % of the plants; all other cells have 90 %"),
        prevalence=lk.steps("Ill plants", (0.02, 0.05, 0.1, 0.2), default=0.05, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "10,000 test plants, 5 % of them ill, in 36 cells; the rarest hold 0.15 % of the plants. The true sensitivity is 90 % in every single cell. What is the lowest sensitivity that the audit measures in any cell, on average?",
        "worst_measured", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Ten thousand plants are {r.ill} ill ones, and the smallest cell holds {r.smallest_cell}. Among {r.cells} cells some are unlucky: the lowest reads {lk.show(r, 'worst_measured')} on average, and {lk.show(r, 'false_claims')} of such audits accuse a cell that is as good as all others. "
    "And a cell that is really weak? Make one (under “More controls”), and see how often it is found.",
    readouts=(("worst_measured", "Lowest measured, on average"), ("false_claims", "Audits that accuse a healthy cell"), ("found_weak", "Audits that find the weak cell"), ("cells_without_ill", "Cells without an ill plant")),
    failures=(
        lk.failure("unaudited", lambda r: r.state == subgroup_audit.UNAUDITED, "More plants or equally many per cell lead out.", lambda r: f"{r.cells_without_ill} cells hold no ill plant, so nothing is known about them"),
        lk.failure("accuses by chance", lambda r: r.state == subgroup_audit.ACCUSES, "A corrected rule, more plants or equally many per cell lead out.", lambda r: f"{lk.show(r, 'false_claims')} of such audits claim a shortfall where there is none"),
        lk.failure("overlooks the weak cell", lambda r: r.state == subgroup_audit.BLIND, "More ill plants in that cell lead out.", lambda r: f"found in {lk.show(r, 'found_weak')} of such audits"),
    ),
    explain=lk.explain(
        "You may change one thing. What helps this audit most? (Counted: weak cell found, minus healthy cells accused.)",
        {"plants": "five times the test plants", "equal": "equally many plants per cell", "corrected": "intervals corrected for 36 looks", "fewer": "18 cells: both cameras counted together", "none": "none of these helps"},
        lambda r: tuple(r.best_help.split(" or ")),
    ),
    instruments=lambda r, said: draw_audit(r, said),
)
def test_set(plants, sampling, rule, weak_sensitivity, prevalence):
    """An audit of 36 cells: what it finds, and what it makes up."""
    return subgroup_audit.audit(plants, sampling, rule, weak_sensitivity, prevalence)


@app.function
@lk.experiment(
    "C",
    "What is a footprint made of?",
    scenario="A device emits carbon when it is made (its **embodied** carbon) and whenever it draws electricity. Three ways to look at leaves: 1,000 camera nodes on cells (the board of lab 10), 100 boxes with a Raspberry Pi 5 and a Coral, "
    "one server with an L4. Embodied figures are illustrative, of the order of published studies.",
    controls=dict(
        deployment=lk.choice("Deployment", footprint.deployments(), default="nodes"),
        years=lk.slider("Used for", 1, 8, step=1, default=3, unit="years"),
        grid_kg_per_kwh=lk.steps("Electricity", (0.02, 0.05, 0.1, 0.2, 0.3, 0.394, 0.5, 0.6, 0.7, 0.8), default=0.394, unit="kg/kWh", help="hydropower 0.02, coal 0.8"),
        training_kwh=lk.slider("Training, a year", 0, 500, step=50, default=50, unit="kWh", more=True),
        power_factor=lk.steps("Power of a device", (0.25, 0.5, 1.0, 1.5, 2.0), default=1.0, unit="×", more=True),
    ),
    predict=lk.predict_number(
        "1,000 camera nodes take a picture every minute for three years, on electricity of 0.394 kg of carbon dioxide per kWh; the model is retrained every month. Making a node emits 3 kg. What share of the whole footprint is electricity?",
        "electric_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"A node draws {fmt(r.power_w, 'W')}. In three years all thousand of them use {fmt(r.used_kwh, 'kWh')}, {lk.show(r, 'used_kg')} of carbon, and making them took {lk.show(r, 'made_kg')}: electricity is {lk.show(r, 'electric_share')} of the whole, training included. "
    "Clean power and a smaller model hardly touch that; longer life does. Now try the server.",
    readouts=(("kg_per_year", "Carbon a year"), ("electric_share", "of it electricity"), ("kg_total", "Carbon over the life")),
    failures=(lk.failure("over the cooperative’s budget", lambda r: r.state == footprint.OVER, "A longer life, a cleaner grid or less power lead out.", lambda r: f"{lk.show(r, 'kg_per_year')}, the budget is {lk.show(r, 'budget_kg_per_year')}"),),
    explain=lk.explain("You may pull one lever. Which saves most each year here?", footprint.LEVERS, lambda r: tuple(r.levers.split(" or "))),
    instruments=lambda r, said: draw_carbon(r, said),
)
def carbon_of(deployment, years, grid_kg_per_kwh, training_kwh, power_factor):
    """Making, running and training of one deployment."""
    return footprint.footprint(deployment, years, grid_kg_per_kwh, training_kwh, power_factor)


@app.function
@lk.decision(
    "One page for the board",
    scenario="100 stations, a picture every two seconds for ten hours a day, data from the North at first. Memory must suffice and p99 stay within 3 s; both regions must find 85 % of the ill, within 3 points of each other, with at most {false_alarm_limit} "
    "false alarms; a drift of the rule must be known within 13 weeks; 97 stations must work on 95 % of the days; at most {cost_limit_usd} and 600 kg a year. **The board’s priority among designs that hold: {goal}.** "
    "In your reasons name who bears the remaining error, and what the scanner must never be used for. Prices, separation and carbon are illustrative.",
    controls=dict(
        hardware=lk.choice("Hardware", leaf_scanner.hardware(), default="xiao"),
        model=lk.steps("Network: width/side of the picture", leaf_scanner.models(), default="0.5/160"),
        thresholds=lk.choice("Thresholds", leaf_scanner.THRESHOLDS, default="one"),
        labels_north=lk.steps("Labels from the North", leaf_scanner.LABELS, default=800, unit="1", more=True),
        labels_south=lk.steps("Labels from the South", leaf_scanner.LABELS, default=200, unit="1", more=True),
        precision=lk.choice("Numbers", ("int8", "fp32"), default="int8", more=True),
        prune_where=lk.choice("Remove channels", {"none": "nowhere", "early": "blocks 0–3", "late": "blocks 8–13", "uniform": "everywhere"}, default="none", more=True),
        prune_share=lk.slider("Channels removed there", 0.1, 0.5, step=0.1, default=0.5, unit="share", more=True),
        interval_days=lk.steps("Retraining every", leaf_scanner.INTERVALS, default=28, unit="days", more=True),
        audits=lk.steps("Audited plants a week", leaf_scanner.AUDITS, default=0, unit="1", more=True),
        spare_stations=lk.steps("Spare stations", leaf_scanner.SPARES, default=0, unit="1", more=True),
    ),
    given=lambda d: dict(goal=d.choice(list(leaf_scanner.GOALS)), false_alarm_limit=d.number(0.30, 0.34, step=0.01), cost_limit_usd=d.integer(29, 32) * 500),
    given_units=dict(false_alarm_limit="share", cost_limit_usd="$"),
    constraints=LIMITS,
    objective=("lowest", "goal_share"),
    labels={"goal_share": "figure of the board’s priority, as a share of its limit"},
    readouts=(("goal_share", "Board’s priority, of its limit"), ("detected", "Drift of the rule known"), ("false_alarms_north", "False alarms, North"), ("false_alarms_south", "False alarms, South"), ("latency_s", "Time of a picture"), ("energy_day_wh", "Energy of a station, a day"), ("top1_share", "Top-1 of the network")),
    failures=(lk.failure("it does not run", lambda r: r.state != leaf_scanner.STABLE, "Less work for a picture leads out, or other hardware.", lambda r: r.state),),
    instruments=lambda r, given, now: draw_card(r, given, now),
)
def leaf_scanners(hardware, model, thresholds, labels_north, labels_south, precision, prune_where, prune_share, interval_days, audits, spare_stations, goal, false_alarm_limit, cost_limit_usd):
    """One hundred stations, from labels to spares."""
    return leaf_scanner.scanner(hardware, model, thresholds, labels_south, labels_north, precision, prune_where, prune_share, interval_days, audits, spare_stations, goal, false_alarm_limit, cost_limit_usd)


@app.function
@lk.drill(
    "precision",
    "{prevalence} of the plants are ill. The scanner finds {sensitivity_share} of the ill and raises a false alarm on {false_alarm_share} of the healthy. What share of its alarms is real?",
    draw=lambda d: dict(prevalence=d.number(0.01, 0.30, step=0.01), sensitivity_share=d.number(0.80, 0.98, step=0.01), false_alarm_share=d.number(0.05, 0.40, step=0.01)),
    unit="%", tolerance=0.02, show=dict(prevalence="share", sensitivity_share="share", false_alarm_share="share"),
)
def real_alarms(prevalence, sensitivity_share, false_alarm_share):
    """Bayes' rule."""
    return fairness.precision(prevalence, sensitivity_share, false_alarm_share)


@app.function
@lk.drill(
    "cell",
    "A test set has {plants} plants, {prevalence} of them ill. How many ill plants fall, on average, into the cell of a district with {district} of the plants, a kind of light with {light}, and a variety with {variety}?",
    draw=lambda d: dict(plants=d.choice([2000, 5000, 10_000, 20_000, 50_000]), prevalence=d.choice([0.02, 0.05, 0.1]), district=d.choice([0.15, 0.2, 0.3]), light=d.choice([0.4, 0.5, 0.6]), variety=d.choice([0.05, 0.1, 0.3])),
    unit="1", tolerance=0.03, show=dict(plants="1", prevalence="share", district="share", light="share", variety="share"),
)
def ill_plants(plants, prevalence, district, light, variety):
    """Ill plants in a cell."""
    return subgroup_audit.ill_in_cell(plants, (district, light, variety), prevalence)


@app.function
@lk.drill(
    "electric",
    "{devices} devices emit {embodied_kg} each when they are made, draw {power_w} each, and are used for {years} on electricity of {grid} (a year has 8,766 hours). What share of the footprint is electricity?",
    draw=lambda d: dict(devices=d.choice([10, 100, 1000]), embodied_kg=d.choice([3, 10, 30, 150, 1000]), power_w=d.choice([0.1, 0.5, 2, 5, 50, 200]), years=d.integer(2, 8), grid=d.choice([0.05, 0.1, 0.25, 0.4, 0.7])),
    unit="%", tolerance=0.03, show=dict(devices="1", embodied_kg="kg", power_w="W", years="years", grid="kg/kWh"),
)
def electricity(devices, embodied_kg, power_w, years, grid):
    """Electricity's share of a footprint."""
    return footprint.electric_share(devices, embodied_kg, power_w, years, grid)


@app.cell
async def _():
    lab = await lk.open_lab("lab_15_responsible_engr", [two_regions, test_set, carbon_of, leaf_scanners], [real_alarms, ill_plants, electricity], __file__)
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
        ("Show with numbers which fairness criteria a threshold can and cannot meet at once.",
         "Size an audit so that small groups are seen and chance is not mistaken for harm.",
         "Compose a complete system (data, model, compression, hardware, serving, operations, responsibility) and defend it on one page."),
        "A farmers’ cooperative will place 100 leaf scanners that spot cassava disease early. In Region North the disease is rare (5 % of plants), in Region South common (20 %), and the South’s cameras are older. A missed plant spreads disease, a false alarm pulls up a healthy crop. "
        "The board asks for one page: what was built, why it is good enough for both regions, and what would make you change it.",
    )
    return


@app.cell
async def _(lab):
    found = await lk.starts(EARLIER)
    a, b, c = (lk.panel_for(lab, exp) for exp in lab.experiments[:3])
    d = lk.panel_for(lab, leaf_scanners, lk.start_controls(leaf_scanners, found))
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, d, drill_inputs, found, log_inputs


@app.function
def draw_regions(r, said):
    """Three shares of two regions, and the plane of the two thresholds."""
    north, south, lines = r.north, r.south, dict(r.bands)
    rows = [("Sensitivity", north.sensitivity, south.sensitivity), ("False-alarm rate", north.false_alarms, south.false_alarms), ("Alarms that are real", north.precision, south.precision)]
    return (
        ins.dumbbell(
            rows, title=f"Of 100 alarms {fmt(100 * north.precision, '', 2)} are real in the North and {fmt(100 * south.precision, '', 2)} in the South",
            groups=REGIONS, too_far=fairness.LIMIT, prediction=(2, 0, lk.said_si(said)) if said else None,
        ),
        ins.bands(
            [ins.Band("equal sensitivity", lines["sensitivity"], "overhead", "dash"), ins.Band("equal false alarms", lines["false alarms"], "data"), ins.Band("equal precision", lines["precision"], "arithmetic", "dot")],
            title=f"{r.fair_pairs or 'None'} of 1,681 pairs of thresholds close all three gaps and find half of the ill", x_name="Threshold North", y_name="Threshold South", you=(north.threshold, south.threshold), all_label="all three",
            x_limit=(north.separation, "finds under half"), y_limit=(south.separation, "finds under half"),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, two_regions, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, two_regions, a, log())
    return


@app.function
def draw_audit(r, said):
    """One audit, cell by cell, and what audits of other sizes would do."""
    curves = dict(r.curves)
    series = [ins.Series("accuse a healthy cell", curves["false claims"], "arithmetic", "solid", dots=True)]
    if "weak cell found" in curves:
        series.append(ins.Series("find the weak cell", curves["weak cell found"], "overhead", "dash", dots=True))
    count = {0: "no cell falls short", 1: "one cell seems to fall short"}.get(r.claims_drawn, f"{r.claims_drawn} cells seem to fall short")
    return (
        ins.forest(
            r.forest, title=f"In this one audit {count}; on average the lowest cell reads {lk.show(r, 'worst_measured')}", quantity="Measured sensitivity", count="Ill plants",
            limit=(subgroup_audit.LIMIT, "short: below 85 %", "below"), truth=(subgroup_audit.HEALTHY, "true 90 %"), mean=(r.worst_measured, "lowest, on average"), prediction=lk.said_si(said) if said else None,
            missing=f"{r.cells_without_ill} cells have no ill plant and no row" if r.cells_without_ill else "",
        ),
        ins.curve(
            series, title=f"With {r.plants:,} plants {lk.show(r, 'false_claims')} of audits accuse a healthy cell", x_name="Test plants", x_unit="1", y_name="Share of audits", y_unit="share", x_log=True, y_zero=True,
            you=(r.plants, r.false_claims), y_limit=(subgroup_audit.FALSE_LIMIT, "false claims: at most 20 %") if r.weak_sensitivity >= subgroup_audit.LIMIT else None, x_ticks=(1000, 10_000, 100_000), height=170.0,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.predict(lab, test_set, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, test_set, b, log())
    return


@app.function
def draw_carbon(r, said):
    """What each deployment's carbon consists of, and what it is a year over the life."""
    names = footprint.deployments()
    every = {n: footprint.footprint(n, r.years, r.grid_kg_per_kwh, r.training_kwh) if n != r.deployment else r for n in names}
    return (
        ins.split_rows(
            [(names[n], f"{lk.show(x, 'kg_per_year')}", (x.used_kg, x.trained_kg, x.made_kg)) for n, x in every.items()],
            title=f"{names[r.deployment]}: {lk.show(r, 'electric_share')} of {lk.show(r, 'kg_per_year')} is electricity", parts=PARTS, you=names[r.deployment],
            prediction=(names["nodes"], lk.said_si(said)) if said else None, said=f"you said {lk.said(said)} electricity" if said else "",
        ),
        ins.curve(
            [ins.Series(names[n], footprint.over_life(n, r.grid_kg_per_kwh, r.training_kwh, r.power_factor if n == r.deployment else 1.0)) for n in names],
            title=f"Used for {r.years:g} years: {lk.show(r, 'kg_per_year')}, where the budget allows {lk.show(r, 'budget_kg_per_year')}", x_name="Used for", x_unit="years", y_name="Carbon a year", y_unit="kg", y_log=True,
            you=(r.years, r.kg_per_year), y_limit=(r.budget_kg_per_year, "budget"), height=200.0,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.predict(lab, carbon_of, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, carbon_of, c, log())
    return


@app.function
def draw_card(r, given, now):
    """How much of each limit the design uses, and what one step of each row would break."""
    broken = [limit for limit in LIMITS if not limit.holds(r, given)]
    used = [(limit.words.partition(" (")[0], limit.used(r, given), limit.says(r, given) if limit.field != "detection_weeks" else f"{r.detected}, wanted within 13 weeks") for limit in LIMITS]
    words = {None: "–", 0: "holds"}

    def count(card):
        return None if card is None else sum(not limit.holds(card, given) for limit in LIMITS)

    steps = [(name, count(back), count(on)) for name, back, on in leaf_scanner.steps_away(**now, **given)]
    tried = [n for _, *pair in steps for n in pair if n is not None]
    return (
        ins.bars_from_zero(
            used, title="Every limit holds" if not broken else f"{len(broken)} of {len(LIMITS)} limits are broken: {'; '.join(limit.words.partition(' (')[0] for limit in broken)}", quantity="Share of the limit in use", limit=(1.0, "limit"), most=1.6,
        ),
        ins.phase_map(
            ["one step back", "as it is", "one step on"], [ROWS[name] for name, _, _ in steps], title=f"The best single step leaves {min(tried)} of {len(broken)} limits broken" if broken else f"{len([n for n in tried if n])} of {len(tried)} single steps would break a limit", x_name="The design with one row a step away", y_name="row of the card",
            letters=[[words.get(n, f"{n} broken") for n in (back, len(broken), on)] for _, back, on in steps],
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, leaf_scanners, d, log())
    return


@app.cell
def _(found):
    lk.starts_table(leaf_scanners, found)
    return


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
