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
app = marimo.App(app_title="The fleet review", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html")

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import fleet_events, fleet_frontier, fleet_levers, fleet_parts, fleet_review
    from mlsysim.units import fmt

    EVERY = {600: "10 min", 1200: "20 min", 1800: "30 min", 3600: "60 min"}
    NODES = lk.steps("Nodes of eight H100", fleet_parts.NODES, default=160)
    TENSOR = lk.choice("Tensor parallelism", fleet_parts.TENSOR, default=8)
    MORE = dict(
        serving_share=lk.steps("Nodes that serve, of all", fleet_parts.SHARES, default=0.25, unit="share", more=True), pipeline=lk.choice("Pipeline stages", fleet_parts.PIPELINE, default=4, more=True),
        oversubscription=lk.choice("Oversubscription, to 1", fleet_parts.OVERSUBSCRIPTION, default=2, more=True), interval_s=lk.choice("Checkpoint every", EVERY, default=3600, more=True),
        saving=lk.choice("A checkpoint", fleet_parts.SAVING, default="blocking", more=True), recovery=lk.choice("Recovery", fleet_parts.RECOVERY, default="manual", more=True),
        cap_share=lk.choice("Power cap, of 700 W", fleet_parts.CAPS, default=1.0, unit="share", more=True), region=lk.choice("Region", fleet_parts.REGIONS, default="california", more=True),
        number_format=lk.choice("Numbers", fleet_parts.FORMATS, default="bf16", more=True), spares=lk.choice("Spare nodes", fleet_parts.SPARES, default=0, more=True),
        lending=lk.toggle("Lend nodes: to training at night, to serving in need", more=True),
    )
    SHORT = dict(zip(fleet_frontier.ALL_OPTIONS, ("nodes", "serving", "tensor", "stages", "oversubscr.", "saves every", "saving", "recovery", "power cap", "region", "numbers", "lending", "spares"), strict=True))
    LIMITS = (
        lk.at_most("stressed_days", "days_limit", "model trained, six events"), lk.at_most("hours_outside", fleet_events.OUTSIDE_LIMIT_H, "outside the SLO"),
        lk.at_most("cost_usd", fleet_frontier.COST_LIMIT_USD, "cost"), lk.at_most("carbon_t", "carbon_limit_t", "carbon"), lk.at_most("memory_bytes", fleet_parts.given()["memory_limit_bytes"], "memory of a GPU"),
    )  # fmt: skip
    EVENT_SETS = {
        fleet_frontier.ALL_EVENTS: "all six", **{e: f"only: {t}" for e, t in fleet_events.EVENTS.items()}, **{"+".join(n for n in fleet_events.EVENTS if n != e): f"all but: {t}" for e, t in fleet_events.EVENTS.items()}, "none": "none",
    }  # fmt: skip
    UNITS = {"days": ("Days of the run", "days"), "cost": ("Cost", "$"), "carbon": ("Carbon", "t")}
    LEADS = {
        "The finance lead": lambda r, given: f"You ask for {lk.show(r, 'cost_usd')}, and {lk.show(r, 'delivered_share')} of the peak that we pay for becomes the model. {r.worst_layer.capitalize()} lose most of the rest. Why should I not take nodes away until you are at the limit of {fmt(given['days_limit'], 'days')}?",
        "The reliability lead": lambda r, given: f"With six events you end after {lk.show(r, 'stressed_days')} in place of {lk.show(r, 'days')}, {lk.show(r, 'hours_outside')} outside the SLO, and serving takes up to {r.taken_nodes} nodes from training. Which seventh event breaks this design, and what would you see first?",
        "The sustainability lead": lambda r, given: f"{lk.show(r, 'carbon_t')} of carbon, of {fmt(given['carbon_limit_t'], 't')} granted. Which of your choices lowered it, which only moved it to another place or another ledger, and what did each cost?",
    }
    EARLIER = (
        lk.Earlier("lab_02_compute_infra", "power cap", lambda c, r: dict(cap_share=lk.nearest(c["cap_w"] / 700, fleet_parts.CAPS))),
        lk.Earlier("lab_03_communication", "oversubscription", lambda c, r: dict(oversubscription=lk.nearest(c["oversubscription"], fleet_parts.OVERSUBSCRIPTION))),
        lk.Earlier("lab_04_data_storage", "checkpoints, if lab 06 has none", lambda c, r: dict(interval_s=lk.nearest(c["interval_min"] * 60, fleet_parts.INTERVALS_S), saving="asynchronous" if c["asynchronous"] else "blocking")),
        lk.Earlier("lab_05_dist_train", "layout", lambda c, r: dict(tensor=lk.nearest(c["tensor"], fleet_parts.TENSOR), pipeline=lk.nearest(c["pipeline"], fleet_parts.PIPELINE))),
        lk.Earlier("lab_06_fault_tolerance", "checkpoints, recovery", lambda c, r: dict(interval_s=lk.nearest(c["interval_s"], fleet_parts.INTERVALS_S), saving=c["saving"], recovery=c["recovery"])),
        lk.Earlier("lab_07_fleet_orch", "lending, if you kept a reserve", lambda c, r: dict(lending=c["reserve"] > 0)),
        lk.Earlier("lab_09_perf_engineering", "number format", lambda c, r: dict(number_format="fp8" if c["number_format"].startswith("fp8") else "bf16")),
        lk.Earlier("lab_14_sustainable_ai", "region, cap in place of lab 02’s", lambda c, r: dict(region=c["region"], cap_share=lk.nearest(c["cap_share"], fleet_parts.CAPS))),
    )


@app.function
@lk.experiment(
    "A",
    "What share of a fleet’s peak becomes the model?",
    scenario="Between the peak and the model stand ten layers: nodes that serve, GPUs without a place in the layout, the clock, kernels, a batch that does not divide evenly, exchanges inside a node, the pipeline, the network, failures, slow nodes. "
    "The last design: 160 nodes of eight H100, a quarter of them serving, tensor parallelism of 8, four pipeline stages, a blocking checkpoint every hour, recovery by hand.",
    controls=dict(nodes=NODES, tensor=TENSOR, **{k: MORE[k] for k in ("pipeline", "serving_share", "number_format", "cap_share", "interval_s", "saving", "recovery", "oversubscription", "lending", "spares")}),
    predict=lk.predict_number("1,280 H100, bf16 peak 1.27 EFLOP/s. No layer alone loses more than half. What share of this peak becomes model FLOP of the training run?", "delivered_share", low=1, high=100, unit="%", log=True),
    idea=lambda r: f"Shares multiply. {r.worst_layer.capitalize()} lose most, yet no single layer is to blame: ten layers that keep most of what they get leave {lk.show(r, 'delivered_share')}, and the model takes {lk.show(r, 'days')} of the 90. Which layer would you mend first?",
    readouts=(("delivered_share", "Of the peak, delivered"), ("days", "Model trained after"), ("memory_bytes", "Memory of a GPU"), ("ttft_s", "First token, p99"), ("cost_usd", "Cost"), ("carbon_t", "Carbon")),
    failures=(
        lk.failure(fleet_review.FULL, lambda r: r.state == fleet_review.FULL, "More tensor parallelism or more stages lead out.", lambda r: f"a GPU needs {lk.show(r, 'memory_bytes')}, usable are 76 GB"),
        lk.failure(fleet_review.OUTSIDE, lambda r: r.state == fleet_review.OUTSIDE, "More nodes that serve, fp8 or a higher cap lead out.", lambda r: f"{lk.show(r, 'requests_per_s')} ask, {lk.show(r, 'capacity_per_s')} can be served"),
        lk.failure(fleet_review.LATE, lambda r: r.state == fleet_review.LATE, "A faster step or more nodes that train lead out.", lambda r: f"the model takes {lk.show(r, 'days')}"),
    ),
    explain=lk.explain("Which of these layers loses most here?", {k: fleet_parts.LAYERS[k] for k in fleet_parts.FIVE}, lambda r: r.worst_of_five),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: {"exchange": "data", "kernels": "arithmetic"}.get(r.worst_of_five, "overhead"), instruments=lambda r, said: draw_layers(r, said),
)
def delivered(nodes, tensor, pipeline, serving_share, number_format, cap_share, interval_s, saving, recovery, oversubscription, lending, spares):
    """A quarter of one design, layer by layer."""
    return fleet_review.review_fleet(nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, fleet_parts.HOME, number_format, lending, spares)


@app.function
@lk.experiment(
    "B",
    "Which change saves most days?",
    scenario="The model takes 76 days. Four teams each ask for the next month of engineering. Every lever below is the whole fleet computed anew with one thing changed.",
    controls=dict(
        lever=lk.choice("Lever", fleet_levers.LEVERS, default="kernels"),
        improvement_share=lk.slider("Size of an improvement", 0.05, 1.0, step=0.05, default=0.1, unit="share"),
        tensor=TENSOR, nodes=lk.steps("Nodes of eight H100", fleet_parts.NODES, default=160, more=True),
        **{k: MORE[k] for k in ("pipeline", "oversubscription", "number_format", "interval_s", "saving", "recovery")},
    ),
    predict=lk.predict_choice("What saves most of the 76.1 days?", fleet_levers.ASKED, lambda r: r.best_asked),
    idea=lambda r: f"The layout is a setting, costs nothing, and saves {lk.show(r, 'tensor_days')}: narrower products and longer exchanges were the price of a tensor parallelism of 8. Kernels 10 % better save {lk.show(r, 'kernels_days')}, no failure at all {lk.show(r, 'no_failures_days')}, twice the gradient network {lk.show(r, 'network_days')}. An improvement counts only where the fleet waits.",
    readouts=(("saved_days", "Saved by the lever"), ("extra_usd", "It costs"), ("usd_per_day", "A day saved costs"), ("best", "Saves most of all")),
    failures=(
        lk.failure(fleet_levers.NOTHING, lambda r: r.state == fleet_levers.NOTHING, "Another lever leads out; or a design in which this layer is waited for.", lambda r: f"{lk.show(r, 'extra_usd')} for {lk.show(r, 'saved_days')}"),
        lk.failure(fleet_levers.NOT, lambda r: r.state == fleet_levers.NOT, "Taken already, at its end, or too little memory: choose another.", lambda r: fleet_levers.LEVERS[r.lever]),
    ),
    explain=lk.explain("Why does a faster network for gradients count as little, or as much, as it does here?", fleet_levers.WHY, lambda r: r.why),
    terms=("data", "arithmetic", "overhead"), instruments=lambda r, said: draw_levers(r),
)
def levers(lever, improvement_share, tensor, nodes, pipeline, oversubscription, number_format, interval_s, saving, recovery):
    """What each lever saves at one design."""
    return fleet_levers.fleet_levers(lever, improvement_share, nodes, 0.25, tensor, pipeline, oversubscription, interval_s, saving, recovery, number_format=number_format)


@app.function
@lk.experiment(
    "C",
    "Six events in ten days: for how long is the service out?",
    scenario="Each event alone was rehearsed: demand doubles for four days; a heat wave halves the power for five; failures come six times as often; a spine fault leaves a quarter of the network; slow storage makes saves 20 and recovery 4 times as long; a poisoned checkpoint throws the run back by 18 h. "
    "The promise (**SLO**): a load below 95 %, the first token within 2 s in 99 of 100 requests. Events are illustrative.",
    controls=dict(
        events=lk.choice("Events", EVENT_SETS, default=fleet_frontier.ALL_EVENTS), timing=lk.choice("They come", fleet_events.TIMINGS, default="together"),
        lending=lk.toggle("Serving may take nodes from training (and lends its own at night)"),
        nodes=lk.steps("Nodes of eight H100", fleet_parts.NODES, default=160, more=True), **{k: MORE[k] for k in ("serving_share", "number_format", "cap_share", "recovery", "spares")},
    ),
    predict=lk.predict_number("Each event alone costs 0 hours outside the SLO. All six now fall into the same ten days. For how many hours is the service outside its SLO?", "hours_outside", low=0, high=240),
    idea=lambda r: f"{lk.show(r, 'hours_outside')}, where the six alone add up to {lk.show(r, 'sum_of_hours')}. Doubled demand alone fits, half the power alone fits; together {r.highest_demand_per_s:.0f} requests/s meet a capacity of {r.lowest_capacity_per_s:.0f}. Each event was survivable because of slack that another one spends. "
    f"Training is different: its delays nearly add, {lk.show(r, 'delay_days')} against {lk.show(r, 'sum_of_delays_days')}. Leave events out one by one: which of them make the outage?",
    readouts=(("hours_outside", "Outside the SLO"), ("stressed_days", "Model trained after"), ("delay_days", "Delay by the events"), ("taken_nodes", "Most nodes taken from training")),
    failures=(lk.failure(fleet_events.OUT, lambda r: r.state == fleet_events.OUT, "Nodes from training, fp8 or more nodes that serve lead out.", lambda r: f"{lk.show(r, 'hours_outside')} outside the SLO, 6 h are allowed"),),
    explain=lk.explain("What is the least that must happen together for an hour outside the SLO?", fleet_events.PAIRS, lambda r: tuple(r.needed.split(" or "))),
    terms=("arithmetic", "overhead"), binding=lambda r: "arithmetic", instruments=lambda r, said: draw_events(r, said),
)
def six_events(events, timing, lending, nodes, serving_share, number_format, cap_share, recovery, spares):
    """A quarter of one design with events."""
    return fleet_events.stress_fleet(events, timing, nodes, serving_share, recovery=recovery, cap_share=cap_share, number_format=number_format, lending=lending, spares=spares)


@app.function
@lk.experiment(
    "D",
    "How many random designs beat the team’s?",
    scenario="The preset was made by an experienced team, layer by layer. Against it: 300 designs in which each of the thirteen choices is drawn at random, without any thought. A design **beats** another if it is nowhere worse in days, dollars and tonnes, and better somewhere.",
    controls=dict(
        seed=lk.slider("Sample", 1, 100, step=1, default=61), axes=lk.choice("Axes", {"days-cost": "days and cost", "days-carbon": "days and carbon", "cost-carbon": "cost and carbon"}, default="days-cost", display=True),
        only=lk.choice("Compare with designs in", {"all": "all regions", **fleet_parts.REGIONS}, default="all"),
        nodes=lk.steps("Nodes of eight H100", fleet_parts.NODES, default=160, more=True), tensor=lk.choice("Tensor parallelism", fleet_parts.TENSOR, default=8, more=True),
        **{k: MORE[k] for k in ("region", "number_format", "cap_share", "lending", "oversubscription")},
    ),
    predict=lk.predict_number("300 random designs; 134 of them fit into memory and can serve. How many of these beat the team’s design in days, cost and carbon at once?", "dominating", low=0, high=134),
    idea=lambda r: f"{r.dominating} of {r.feasible} beat it in everything. Each choice of the team was sensible for its own layer; the interplay nobody searched. {r.frontier} designs of the sample are beaten by none: among those, and only there, more of one thing costs another. Change the design (under “More controls”) until none beats yours.",
    readouts=(("dominating", "Designs that beat yours"), ("days_rank_share", "Faster than yours"), ("cost_rank_share", "Cheaper than yours"), ("carbon_rank_share", "Cleaner than yours")),
    failures=(
        lk.failure(fleet_frontier.DOMINATED, lambda r: r.state == fleet_frontier.DOMINATED, "Move towards what beats it.", lambda r: f"{lk.show(r, 'dominating')} designs are better in everything"),
        lk.failure(fleet_frontier.IMPOSSIBLE, lambda r: r.state == fleet_frontier.IMPOSSIBLE, "More tensor parallelism, more nodes or a higher cap lead out.", lambda r: "memory or serving do not hold"),
    ),
    explain=lk.explain("Which objective did this design pay for: where do the fewest of the sample beat it?", fleet_frontier.OBJECTIVES, lambda r: tuple(r.best_objective.split(" or "))),
    terms=("data", "arithmetic", "overhead"), instruments=lambda r, said: draw_sample(r, said),
)
def random_designs(seed, axes, only, nodes, tensor, region, number_format, cap_share, lending, oversubscription):
    """One design among 300 random ones."""
    return fleet_frontier.fleet_frontier(seed, only, axes, nodes, 0.25, tensor, 4, oversubscription, cap_share=cap_share, region=region, number_format=number_format, lending=lending)


@app.function
@lk.decision(
    "The fleet that you defend",
    scenario="{requests_per_s} all quarter. With all six events within ten days the model must be trained after {days_limit} and serving at most 6 h outside its SLO; {carbon_limit_t} and $4.9 million are granted; a GPU holds 76 GB. **Among designs that hold, the board wants the {goal}.** "
    "It begins with what you decided in earlier labs, at the nearest option (the table below says what). Moving out of California takes three days and $200,000; its grid and that of Texas count power stations only, Sweden’s and Poland’s what lies upstream, too. Surcharges, lease, lending and the gain of fp8 are illustrative.",
    controls=dict(nodes=NODES, number_format=lk.choice("Numbers", fleet_parts.FORMATS, default="bf16"), region=lk.choice("Region", fleet_parts.REGIONS, default="california"),
                  tensor=lk.choice("Tensor parallelism", fleet_parts.TENSOR, default=8, more=True), **{k: v for k, v in MORE.items() if k not in ("number_format", "region")}),
    given=lambda d: dict(goal=d.choice(list(fleet_frontier.GOALS)), requests_per_s=d.choice([260, 270, 280, 290, 300]), days_limit=d.integer(70, 76), carbon_limit_t=d.integer(47, 56) * 10),
    given_units=dict(requests_per_s="requests/s", days_limit="days", carbon_limit_t="t"), constraints=LIMITS, objective=("lowest", "goal_share"),
    labels={"goal_share": "figure of the board’s priority, as a share of its limit"},
    readouts=(("goal_share", "Board’s priority, of its limit"), ("days", "Without events"), ("taken_nodes", "Most nodes taken from training"), ("delivered_share", "Of the peak, delivered"), ("worst_layer", "Loses most")),
    instruments=lambda r, given, now: draw_board(r, given, now),
)
def defended(nodes, number_format, region, tensor, serving_share, pipeline, oversubscription, interval_s, saving, recovery, cap_share, lending, spares, requests_per_s, goal, days_limit, carbon_limit_t):
    """One design before the board."""
    return fleet_frontier.board_fleet(nodes, serving_share, tensor, pipeline, oversubscription, interval_s, saving, recovery, cap_share, region, number_format, lending, spares, requests_per_s, goal, days_limit, carbon_limit_t)


@app.function
@lk.drill(
    "product",
    "Serving leaves {serving} of a fleet to training. Kernels reach {kernels} of the peak, exchanges leave {exchange} of a step, the pipeline {bubble}, failures {useful}. What share of the fleet’s peak becomes the model?",
    draw=lambda d: dict(serving=d.number(0.6, 0.85, step=0.05), kernels=d.number(0.4, 0.65, step=0.05), exchange=d.number(0.7, 0.95, step=0.05), bubble=d.number(0.75, 0.95, step=0.05), useful=d.number(0.86, 0.98, step=0.02)),
    unit="%", tolerance=0.01, show=dict(serving="share", kernels="share", exchange="share", bubble="share", useful="share"),
)
def product(serving, kernels, exchange, bubble, useful):
    """Product of five shares."""
    return fleet_review.delivered(serving, kernels, exchange, bubble, useful)


@app.function
@lk.drill(
    "capacity",
    "A replica answers {batch} users at once, {token_s} a token of each, 300 tokens a request. A prompt takes {prefill_s} of the replica at full clock. Under a power cap the clock is {clock_share}; it slows the prompts, not the tokens. How many requests a second can one replica take?",
    draw=lambda d: dict(batch=d.choice([64, 128, 256]), token_s=d.choice([0.02, 0.025, 0.03, 0.04]), prefill_s=d.choice([0.06, 0.08, 0.1, 0.12]), clock_share=d.choice([0.6, 0.7, 0.75, 0.8, 0.9])),
    tolerance=0.02, show=dict(batch="1", token_s="s", prefill_s="s", clock_share="share"),
)
def capacity(batch, token_s, prefill_s, clock_share):
    """Requests a second under a lower clock."""
    return fleet_parts.requests_per_replica(batch, prefill_s, token_s, 300, clock_share)


@app.function
@lk.drill(
    "scaling",
    "A run takes {days} on {nodes} nodes; {fixed_share} of that time does not shrink with more nodes. How many days does it take on {more} nodes?",
    draw=lambda d: dict(days=d.integer(60, 110), nodes=d.choice([96, 112, 128]), fixed_share=d.number(0.1, 0.4, step=0.05), more=d.choice([144, 160, 192, 224])),
    tolerance=0.02, show=dict(days="days", fixed_share="share", nodes="1", more="1"),
)
def days_on_more(days, nodes, fixed_share, more):
    """Amdahl's law over nodes."""
    return fleet_review.days_on(days, nodes, fixed_share, more)


@app.cell
async def _():
    lab = await lk.open_lab("lab_16_fleet_synthesis", [delivered, levers, six_events, random_designs, defended], [product, capacity, days_on_more], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Compose training, communication, failures, serving, power and cost into one fleet, and find the layer that binds.",
         "Rank changes by their effect on the whole fleet, and test a design under events that come together.",
         "Defend one design in a report whose every number replays."),
        "The board grants one quarter: 90 days. In it the fleet trains a model of 70.6 billion parameters on 4 trillion tokens, and serves the predecessor of the same size at 280 requests/s throughout. The finance lead, the reliability lead and the sustainability lead each hold a veto. You inherit the last team’s design; at the end you replace it by your own.",
    )


@app.cell
async def _(lab):
    found = await lk.starts(EARLIER)
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments[:4])
    e = lk.panel_for(lab, defended, lk.start_controls(defended, found))
    drill_inputs, log_inputs, answers = lk.drill_panel(lab, lab.drills), lk.log_panel(lab), lk.leads_panel(lab, LEADS)
    return a, answers, b, c, d, drill_inputs, e, found, log_inputs


@app.function
def draw_layers(r, said):
    """From the peak to what is delivered, and the days of every layout."""
    days = fleet_review.days_by_layout(fleet_review.design_of(r))
    return (
        ins.waterfall(
            [("Delivered", [("Peak", 1.0, "edge:open"), *[(name, change, "data:solid" if change > 0 else "arithmetic:hatch") for name, change in fleet_review.falls(r.layers)]])],
            title=f"{lk.show(r, 'delivered_share')} of the peak becomes the model; {r.worst_layer} lose most", unit="share", quantity="Share of the peak", prediction=lk.said_si(said) if said else None,
        ),
        ins.phase_map(
            [f"{t}" for t in fleet_parts.TENSOR], [f"{p}" for p in fleet_parts.PIPELINE], title=f"Tensor parallelism {r.tensor}, {r.pipeline} stages: {lk.show(r, 'days')}", x_name="Tensor parallelism", y_name="pipeline stages",
            value_name="days", values=days, void=fleet_review.voids(days), best="min", you=(fleet_parts.TENSOR.index(r.tensor), fleet_parts.PIPELINE.index(r.pipeline)),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, delivered, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, delivered, a, log())


@app.function
def draw_levers(r):
    """Days that every lever saves, and how far improvements carry."""
    return (
        ins.bars_from_zero([(fleet_levers.LEVERS[k], saved, fleet_levers.words(saved, usd)) for k, saved, usd in r.rows if saved is not None], title=f"Of all levers {r.best} saves most: {lk.show(r, 'best_days')} of {lk.show(r, 'days')}", quantity="Days saved", unit="days", ordered=True),
        ins.curve(
            [ins.Series(fleet_levers.LEVERS[k], points) for k, points in r.curves], title=f"Even twice as good: a faster gradient network saves {fmt(dict(r.curves)['network'][-1][1], 'days')}, rarer failures {fmt(dict(r.curves)['failures'][-1][1], 'days')}",
            x_name="Size of the improvement", x_unit="share", y_name="Days saved", y_unit="days", y_zero=True, height=200.0,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.predict(lab, levers, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, levers, b, log())


@app.function
def draw_events(r, said):
    """The quarter in four lanes, and the hours of each event alone."""
    rows = [(f"only: {name}", hours, f"{fmt(hours, 'h')}, {fmt(days, 'days')} late") for name, hours, days in r.alone]
    return (
        ins.panels(
            [
                ins.Panel("Events at work", fleet_events.lane(r, "events"), "1", low=0, high=6, height=26),
                ins.Panel("Capacity to serve; dashed: demand, requests/s", fleet_events.lane(r, "capacity"), "1", second=fleet_events.lane(r, "demand"), state=r.state, colour="data", low=0, height=62, ticks=True),
                ins.Panel("Training, of its undisturbed rate", fleet_events.lane(r, "rate"), "share", colour="arithmetic", low=0, high=1, height=44, ticks=True),
                ins.Panel("Power", fleet_events.lane(r, "power"), "W", colour="overhead", low=0, height=34, state=f"{fmt(min(row[5] for row in r.lanes), 'W')} at the lowest"),
            ],
            title=f"{lk.show(r, 'hours_outside')} outside the SLO; the model is trained after {lk.show(r, 'stressed_days')}", x_name="Day, until all is quiet", x_unit="days",
        ),
        ins.bars_from_zero(
            [*rows, ("as chosen", r.hours_outside, f"{lk.show(r, 'hours_outside')}, {lk.show(r, 'delay_days')} late")], title=f"Alone they add up to {lk.show(r, 'sum_of_hours')} and {lk.show(r, 'sum_of_delays_days')}; so they make {lk.show(r, 'hours_outside')} and {lk.show(r, 'delay_days')}",
            quantity="Hours outside the SLO", unit="h", prediction=said.value if said else None,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.predict(lab, six_events, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, six_events, c, log())


@app.function
def draw_sample(r, said):
    """The sample, its frontier, and where the design stands."""
    (x_name, x_unit), (y_name, y_unit) = (UNITS[k] for k in r.axes.split("-"))
    beat, front, rest = (fleet_frontier.drawn(r, kind) for kind in fleet_frontier.KINDS)
    links = [([(*fleet_frontier.drawn(r, "yours")[0], *fleet_frontier.drawn(r, "better")[0])], "control", "dash")] if r.dominating else []
    notes = (("Dashed: to the nearest that beats yours", "muted"),) if r.dominating else ()
    return ins.scatter(
        [ins.Group("beaten by others", rest, "edge", "ring"), ins.Group("unbeaten", front, "ink", "dot", 40), ins.Group("beat yours", beat, "arithmetic", "dot", 46), ins.Group("yours", fleet_frontier.drawn(r, "yours"), "control", "dot", 130)],
        title=f"{r.dominating} of {r.feasible} random designs beat yours in days, cost and carbon" if r.feasible else "No random design of this region can run", x_name=x_name, x_unit=x_unit, y_name=y_name, y_unit=y_unit, item="design", links=links, notes=(*notes, (f"You said {lk.said(said)} of the first sample", "prediction")) if said else notes, height=260.0,
    )


@app.cell
def _(d, lab, log):
    lk.predict(lab, random_designs, d, log())


@app.cell
def _(d, lab, log):
    lk.explore(lab, random_designs, d, log())


@app.function
def draw_board(r, given, now):
    """How much of each limit the design uses, and what one step of each choice would break."""
    broken = [limit for limit in LIMITS if not limit.holds(r, given)]
    count = lambda x: None if x is None else sum(not limit.holds(x, given) for limit in LIMITS)  # noqa: E731 - three uses in this function
    steps = [(SHORT[name], count(back), count(on)) for name, back, on in fleet_frontier.steps_away(now, **given)]
    tried, words = [n for _, *pair in steps for n in pair if n is not None], {None: "–", 0: "holds"}
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS],
            title="Every limit holds" if not broken else f"{len(broken)} of {len(LIMITS)} limits are broken: {'; '.join(limit.words for limit in broken)}", quantity="Share of the limit in use", limit=(1.0, "limit"), most=1.6),
        ins.phase_map(
            ["one step back", "as it is", "one step on"], [name for name, *_ in steps], title=f"The best single step leaves {min(tried)} of {len(broken)} limits broken" if broken else f"{len([n for n in tried if n])} of {len(tried)} single steps would break a limit",
            x_name="The design with one choice a step away", y_name="choice", letters=[[words.get(n, f"{n} broken") for n in (back, len(broken), on)] for _, back, on in steps],
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, defended, e, log())


@app.cell
def _(found):
    lk.starts_table(defended, found)


@app.cell
def _(answers, lab, log):
    lk.leads(lab, defended, answers, LEADS, log())


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _():
    chapters = {
        "What binds": ("A", lambda r, c, g: [f"Of the fleet’s peak {lk.show(r, 'delivered_share')} becomes the model; {r.worst_layer} lose most.", "", *lk.md_table(("layer", "keeps"), [(fleet_parts.LAYERS[k], fmt(kept, "share")) for k, kept in fleet_review.review_fleet(**c, requests_per_s=g["requests_per_s"]).layers])]),
        "Interventions considered": ("B", lambda r, c, g: lk.md_table(("largest levers from this design, improvements of 10 %", "days and dollars"), fleet_levers.largest(fleet_levers.fleet_levers(**c)))),
        "Stress log": ("C", lambda r, c, g: [f"Six events within ten days: trained after {lk.show(r, 'stressed_days')} ({lk.show(r, 'days')} without), {lk.show(r, 'hours_outside')} outside the SLO.", "", *lk.md_table(("day", "what happens"), [(fmt(day, ""), what) for day, what in fleet_events.stress_fleet(fleet_frontier.ALL_EVENTS, "together", **c, requests_per_s=g["requests_per_s"]).log])]),
        "Position on the frontier": ("D", lambda r, c, g: fleet_frontier.position(fleet_frontier.fleet_frontier(**c))),
    }
    return (chapters,)


@app.cell
def _(chapters, found, lab, log, log_inputs):
    lk.export(lab, log_inputs, log(), paper=lambda: lk.review_report(lab, defended, found, chapters, LEADS))


if __name__ == "__main__":
    app.run()
