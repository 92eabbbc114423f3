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
    app_title="Failure is the workload", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import backup_nodes, interval_study, recovery_plan, reliability, retry_storm, rollback

    SAVING = {"blocking": "blocking, stalls 149 s", "asynchronous": "asynchronous, stalls 6.3 s"}
    SERVICES = {"features": "features: a retry costs 1", "assistant": "assistant: a retry costs 1.5"}
    FALLBACKS = {"default value": "default value, worth 0.70", "stale cache": "stale cache, worth 0.98 and falling"}
    RETRIES = ("no retry", "1 retry", "2 retries", "3 retries")
    SAID_BACK = {"at once": 90.0, "half a minute": 120.0, "minutes": 240.0, "never": 600.0}  # after a dip of 30 s that begins at 60 s
    STRIP_STYLES = {"kept": "D", "lost": "O", "down": "L"}
    LIMITS = (
        lk.at_least("useful_share", "useful_limit", "useful time"),
        lk.at_most("stored_bytes", "stored_limit_bytes", "checkpoints stored"),
        lk.at_least("recoverable_share", 0.95, "corruptions undone"),
        lk.at_most("extra_usd", "extra_limit_usd", "extra cost"),
    )


@app.function
@lk.experiment(
    "A",
    "How often should a run be saved?",
    scenario="A run of 54 days on 16,384 GPUs stops whenever one of them fails: once in 3.1 h, the rate of Llama 3's pre-training. "
    "A checkpoint stops it too. After a failure it restarts from the last checkpoint, and what came after that is done again.",
    controls=dict(
        interval_s=lk.steps("Interval between checkpoints", interval_study.GRID_S, default=3600.0, unit="s"),
        saving=lk.choice("Checkpoint", SAVING, default="blocking"),
        restart_s=lk.slider("Restart: detect, replace, reload", 60, 3600, step=60, default=900, unit="s"),
        devices=lk.choice("GPUs", (1024, 4096, 16384, 131072), default=16384, more=True),
        seed=lk.slider("Trace of failures", 1, 50, step=1, default=3, more=True),
    ),
    predict=lk.predict_number(
        "A failure every 3.1 h, a checkpoint that stops the run for 149 s, a restart of 15 min. Which interval between checkpoints leaves most useful time?",
        "grid_best_s", low=1, high=300, unit="min", log=True,
    ),
    idea=lambda r: f"Saving wastes C/τ, lost work τ/2M, restarts R/M. The first two balance at √(2CM) = {lk.show(r, 'best_interval_s')}, where {lk.show(r, 'grid_best_share')} "
    f"of the time is useful. The interval has no say over the third: restarts take {lk.show(r, 'down_share')} however often you save. Make saving cheap, then look at what is left.",
    readouts=(("useful_share", "Useful"), ("saving_share", "Saving"), ("lost_share", "Lost work"), ("down_share", "Restarts"), ("failures", "Failures")),
    failures=(
        lk.failure("less than half is useful", lambda r: r.useful_share < 0.5, "Restart faster, save cheaply and more often, or use fewer GPUs.", lambda r: f"{lk.show(r, 'useful_share')} of the time; {lk.show(r, 'down_share')} are restarts, {lk.show(r, 'lost_share')} lost work"),
        lk.failure("busy saving", lambda r: r.saving_share > 0.25, "A longer interval or asynchronous saving leads out.", lambda r: f"{lk.show(r, 'saving_share')} of the time saves"),
    ),
    explain=lk.explain("You may halve one of three. Which?", {"checkpoint": "the stall of a checkpoint", "interval": "the interval", "restart": "the restart"}, interval_study.best_halves),
    terms=("arithmetic",), instruments=lambda r, said: draw_interval(r, said),
)
def saved_run(interval_s, saving, restart_s, devices, seed):
    """A long run through one trace of failures, beside the same run with other intervals."""
    return interval_study.study_interval(devices, interval_s, saving, restart_s, seed=seed)


@app.function
@lk.experiment(
    "B",
    "What does one slow step in a thousand cost?",
    scenario="In synchronous training a step ends when the last node has answered. Now and then a node is slow for one step: a page fault, a retransmission, a hot chip. "
    "Backup nodes compute too; a step ends as soon as enough have answered, and the results of the last are dropped. How often nodes hiccup is illustrative.",
    controls=dict(
        backups=lk.slider("Backup workers", 0, 64, step=1, default=0),
        slow_probability=lk.log_slider("Steps in which a node is slow, share", 1e-5, 1e-2, default=1e-3, per_decade=8),
        nodes=lk.choice("Nodes", (16, 128, 512, 1024, 2048, 16384), default=2048),
        slow_factor=lk.slider("How slow, against a normal step", 1.1, 5.0, step=0.1, default=2.0, unit="×", more=True),
        always_slow=lk.slider("Workers that are slow in every step", 0, 16, step=1, default=0, more=True),
        replica_nodes=lk.choice("A worker is", {1: "one node", 4: "4 nodes with one replica", 16: "16 nodes with one replica"}, default=1, more=True),
    ),
    predict=lk.predict_number("2,048 nodes, each twice as slow in one step of a thousand. How many times as long is the average step?", "step", low=1, high=5, unit="×"),
    idea=lambda r: f"A step takes as long as its slowest node, and among {r.nodes:,} somebody is slow in {lk.show(r, 'wait_share')} of the steps. What is rare for a node is "
    "normal for a fleet. Waiting for nearly everybody is a different thing: find out how few backups it takes.",
    readouts=(("step", "Average step"), ("wait_share", "Steps that wait"), ("cost", "Node time, with backups"), ("dropped_share", "Batch dropped"), ("backup_nodes", "Nodes bought")),
    failures=(
        lk.failure("most steps wait", lambda r: r.wait_share > 0.5, "A few backups, or fewer hiccups, lead out.", lambda r: f"{lk.show(r, 'wait_share')} of the steps wait for a slow worker"),
        lk.failure("backups cost more than waiting", lambda r: r.cost > r.bare_step, "Buy fewer backups.", lambda r: f"{lk.show(r, 'cost')} the node time; without them {lk.show(r, 'bare_step')}"),
    ),
    explain=lk.explain(
        "From now on one more worker is slow in every step. What does that do to the average step?",
        {"longer": "more than 1 % longer", "absorbed": "next to nothing: a backup takes its place", "waits anyway": "next to nothing: nearly every step waits as it is"},
        lambda r: r.another,
    ),
    terms=("overhead",), binding=lambda r: "overhead" if r.wait_share > 0.5 else "",
    instruments=lambda r, said: draw_steps(r, said),
)
def waiting_step(backups, slow_probability, nodes, slow_factor, always_slow, replica_nodes):
    """The average synchronous step among nodes that hiccup, with backups."""
    return backup_nodes.backup_step(slow_probability, nodes, backups, slow_factor=slow_factor, always_slow=always_slow, replica_nodes=replica_nodes)


@app.function
@lk.experiment(
    "C",
    "Which checkpoint can you go back to?",
    scenario="Some faults make no noise: a chip computes a wrong number, the weights go bad, and the loss shows it only later. Then you must return to a checkpoint from before "
    "the fault. Llama 3's pre-training met six in 54 days. A checkpoint of its 405 billion parameters takes 5.68 TB, so old ones are deleted. Detection times are illustrative.",
    controls=dict(
        kept=lk.choice("Newest checkpoints kept", (1, 3, 6, 12, 24, 48), default=3),
        dailies=lk.toggle("Also one a day, for 8 days"),
        detection_s=lk.steps("Noticed after, on average", (1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800), default=21600, unit="s"),
        interval_s=lk.choice("Interval between checkpoints", (600, 1800, 3600, 7200), default=1800, unit="s", more=True),
        between_s=lk.slider("Between corruptions, on average", 86400, 5184000, step=86400, default=777600, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "Corruption strikes every 9 days and is noticed 6 hours later on average. You keep the last three half-hourly checkpoints. In what share of the cases is one of them clean?",
        "recoverable_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Three half-hourly checkpoints reach back {lk.show(r, 'reach_s')} at most. Noticed {lk.show(r, 'detection_s')} later on average, the fault is in all of them in most cases. "
    "What you can return to depends on how far back you keep, not on how often you save.",
    readouts=(("recoverable_share", "Can be undone"), ("lost_s", "Work lost then, mean"), ("stored_bytes", "Stored"), ("reach_s", "Newest ones reach back"), ("corruptions", "Corruptions")),
    failures=(lk.failure("no way back", lambda r: r.recoverable_share < 0.5, "Keep more, keep some for longer, or notice sooner.",
                         lambda r: f"only {lk.show(r, 'recoverable_share')} of the corruptions can be undone"),),
    explain=lk.explain(
        "You save twice as often and keep as many. What happens to the share that can be undone?", {"rises": "it rises", "stays": "it stays, within one point", "falls": "it falls"},
        lambda r: r.change,
    ),
    terms=("arithmetic",), instruments=lambda r, said: draw_rollbacks(r, said),
)
def kept_checkpoints(kept, dailies, detection_s, interval_s, between_s):
    """540 days of silent corruption under a rule for keeping checkpoints."""
    return rollback.replay_rollbacks(kept, dailies, detection_s, interval_s, between_s)


@app.function
@lk.experiment(
    "D",
    "When is a service back?",
    scenario="A feature store answers 1,000 requests a second at most. Clients wait one second, then give up and send the next attempt; the store, which cannot know, still works on the first. "
    "For half a minute it loses most of its capacity, then it is whole again.",
    controls=dict(
        load=lk.slider("Load before the dip", 0.2, 0.95, step=0.05, default=0.7, unit="share"),
        retries=lk.slider("Retries", 0, 3, step=1, default=3),
        protection=lk.choice("Protection", {"none": "none", "retry budget": "retry budget: 10 % of new requests", "circuit breaker": "circuit breaker with fallback",
                                            "queue limit": "queue limit with fallback"}, default="none"),
        dip_capacity=lk.slider("Capacity in the dip", 0.1, 0.9, step=0.1, default=0.4, unit="share", more=True),
        dip_s=lk.slider("Length of the dip", 5, 120, step=5, default=30, unit="s", more=True),
        fallback=lk.choice("Fallback", FALLBACKS, default="default value", more=True, help="Values are illustrative."),
        service=lk.choice("Service", SERVICES, default="features", more=True),
    ),
    predict=lk.predict_choice(
        "The store runs at 70 % load, drops to 40 % capacity for 30 s, then is whole again. Clients time out after 1 s and retry up to three times. When does it answer 99 % in time again?",
        {"at once": "at once", "half a minute": "after about 30 s", "minutes": "after 2 to 3 minutes", "never": "not within the next eight minutes"},
        lambda r: "never" if not r.recovered else "at once" if r.recovery_s < 5 else "half a minute" if r.recovery_s < 75 else "minutes",
    ),
    idea=lambda r: f"While requests wait too long, each brings up to three more: the store is asked for {lk.show(r, 'worst_load')} of what it can do, and spends its time on answers that nobody waits for. "
    "The dip is over; the overload feeds itself. Such a failure is called metastable. A checkpoint does not help here: shed load, or serve something cheaper.",
    readouts=(("state", "Back"), ("recovery_s", "Down after the dip"), ("after_share", "In time after the dip"), ("peak_load", "Highest demand"), ("fallback_share", "Answered by fallback"), ("value_share", "Value served")),
    failures=(lk.failure("metastable", lambda r: not r.recovered, "Fewer retries, a protection, or less load lead out.",
                         lambda r: f"not back {lk.show(r, 'recovery_s')} after the dip; {lk.show(r, 'after_share')} of the requests get an answer in time"),),
    explain=lk.explain(
        "What keeps the service down after the dip?",
        {"capacity": "lost capacity", "retries": "retries: together more than the capacity", "backlog": "old requests, until they are worked off", "refusing": "the breaker, until it closes", "nothing": "nothing: it is back at once"},
        lambda r: r.keeps_down,
    ),
    terms=("overhead",), instruments=lambda r, said: draw_storm(r, said),
)
def dipping_service(load, retries, protection, dip_capacity, dip_s, fallback, service):
    """Ten minutes of a service around a dip in its capacity."""
    return retry_storm.simulate_storm(load, retries, protection, dip_capacity=dip_capacity, dip_s=dip_s, fallback=fallback, service=service)


@app.function
@lk.decision(
    "A plan for the next run",
    scenario="The run of 16,384 GPUs goes on under a plan of yours: at least {useful_limit} of its time useful, at most {stored_limit_bytes} of checkpoints, 95 % of the corruptions undone, at most {extra_limit_usd} extra. "
    "Asynchronous saving costs $0.4 million, automatic recovery $0.3 million, a hot standby $0.7 million, a backup node $0.05 million (illustrative). Each of the 2,048 nodes counts as one worker; part B shows what larger workers change.",
    controls=dict(
        interval_s=lk.steps("Interval between checkpoints", (300, 600, 900, 1200, 1800, 3600, 7200), default=3600, unit="s"),
        saving=lk.choice("Checkpoint", SAVING, default="blocking"),
        recovery=lk.choice("Recovery", {"manual": "by hand, 30 min", "automatic": "automatic, 10 min", "standby": "hot standby, 4 min"}, default="manual"),
        backups=lk.choice("Backup nodes", (0, 4, 8, 16), default=0),
        kept=lk.choice("Newest checkpoints kept", (3, 6, 12, 24), default=3),
        dailies=lk.toggle("Also one a day, for 8 days"),
    ),
    given=lambda d: dict(useful_limit=d.choice([0.68, 0.70, 0.71]), stored_limit_bytes=d.choice([80e12, 100e12, 115e12]), extra_limit_usd=d.choice([0.7e6, 0.8e6, 0.9e6, 1.1e6])),
    given_units=dict(useful_limit="share", stored_limit_bytes="B", extra_limit_usd="$"),
    constraints=LIMITS, objective=("highest", "useful_share"), labels={"useful_share": "useful time"},
    readouts=(("running_share", "Useful after failures"), ("step_cost", "Node time of a step"), ("lost_s", "Lost to a rollback")),
    instruments=lambda r, given, now: draw_plan(r, given),
)
def next_run(interval_s, saving, recovery, backups, kept, dailies):
    """Useful time, storage and cost of one plan."""
    return recovery_plan.plan_recovery(interval_s, saving, recovery, backups, kept, dailies)


@app.function
@lk.drill(
    "interval", "A checkpoint stops a run of {gpus} GPUs for {checkpoint_s}; a GPU fails once in 50,677 hours. After which interval should the run be saved, to first order?",
    draw=lambda d: dict(gpus=d.choice([512, 1024, 2048, 4096, 8192, 16384, 32768]), checkpoint_s=d.integer(1, 60) * 5), unit="min", show=dict(checkpoint_s="s"),
)
def first_order_interval(gpus, checkpoint_s):
    """Young's interval at the failure rate of Llama 3's pre-training."""
    return reliability.best_interval_s(checkpoint_s, reliability.run_mtbf_s(gpus))


@app.function
@lk.drill(
    "somebody", "Each of {nodes} nodes is slow in {slow_share} of the steps, independently of the others. In what share of the steps is at least one slow?",
    draw=lambda d: dict(nodes=d.choice([16, 64, 128, 256, 512, 1024]), slow_share=d.choice([2e-4, 5e-4, 1e-3, 2e-3, 5e-3])), unit="%", tolerance=0.02, show=dict(slow_share="share"),
)
def somebody_slow(nodes, slow_share):
    """At least one of n independent nodes."""
    return backup_nodes.any_of(nodes, slow_share)


@app.function
@lk.drill(
    "retries", "A service runs at {load} load. What is the largest number of retries that cannot keep an overload alive, even if every request uses all its attempts?",
    draw=lambda d: dict(load=d.choice([0.18, 0.22, 0.28, 0.31, 0.36, 0.42, 0.46, 0.55, 0.65])), tolerance=0, show=dict(load="share"),
)
def harmless_retries(load):
    """The largest r with (1 + r)·load below 1."""
    return retry_storm.most_retries(load)


@app.cell
async def _():
    parts = [saved_run, waiting_step, kept_checkpoints, dipping_service, next_run]
    lab = await lk.open_lab("lab_06_fault_tolerance", parts, [first_order_interval, somebody_slow, harmless_retries], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Find the interval between checkpoints that leaves most useful time, and name what is left when checkpoints become cheap.",
         "Quantify what rare hiccups cost a synchronous step, and what a few backup nodes buy.",
         "Predict which failures outlast their cause, and choose the protection."),
        "A run on 16,384 GPUs loses more than half of its time. It is restarted by hand, saved every hour, and the last three checkpoints are kept. "
        "Last week the feature store of the ranking service broke down for 30 seconds and took the product with it for an hour. Both teams ask for the same thing: more checkpoints.",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, saved_run, a, log())


@app.function
def draw_interval(r, said):
    """Useful time over the interval for both ways to save, and the first 48 hours of the run."""
    off = "as good as it gets" if r.useful_share > 0.995 * r.grid_best_share else f"every {lk.show(r, 'grid_best_s')} it would be {lk.show(r, 'grid_best_share')}"
    lines = [ins.Series(name, points, "ink" if name == r.saving else "muted", "solid" if name == r.saving else "dash", spot=points[1]) for name, points in r.curves]
    stops = [event for event in r.events if event[0] < interval_study.STRIP_S]
    return (
        ins.curve(
            lines, title=f"Saved every {lk.show(r, 'interval_s')}, {lk.show(r, 'useful_share')} of the time is useful; {off}",
            x_name="Interval between checkpoints", x_unit="s", y_name="Useful time", y_unit="share", x_log=True, you=(r.interval_s, r.useful_share),
            flags=[(r.best_interval_s, f"√(2CM) = {lk.show(r, 'best_interval_s')}")], x_ticks=(60, 300, 900, 1800, 3600, 7200, 14400),
            prediction=said and (lk.said_si(said), r.grid_best_share), prediction_label=f"you said {lk.said(said)}" if said else "",
        ),
        ins.timeline(
            ["the first 48 hours"], [ins.Bar("the first 48 hours", start, end, "", STRIP_STYLES[kind]) for kind, start, end in r.strip],
            title=f"{len(stops)} failures in two days; over the whole run {lk.show(r, 'lost_share')} of the time is lost work and {lk.show(r, 'down_share')} are restarts",
            key=(("D", "work, saves"), ("O", "lost"), ("L", "restart")), end=interval_study.STRIP_S,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, saved_run, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, waiting_step, b, log())


@app.function
def draw_steps(r, said):
    """The average step over the number of nodes, and slow workers in each of 500 steps."""
    lines = [ins.Series(f"{count} backups" if count else "no backup", points, "control" if count == r.backups else "") for count, points in r.curves]
    return (
        ins.curve(
            lines, title=f"{lk.show(r, 'wait_share')} of the steps wait; the average step takes {lk.show(r, 'step')} its time", x_name="Nodes", x_unit="1",
            y_name="Average step", y_unit="×", x_log=True, you=(r.nodes, r.step), x_ticks=(16, 128, 1024, 16384), prediction=said and said.value,
        ),
        ins.distribution(
            r.slow_counts, title=f"500 steps, {r.workers + r.backups:,} workers: a step waits when {f'more than {r.backups} are' if r.backups else 'any is'} slow", unit="1", quantity="Slow workers in a step", name="steps",
            kind="histogram", log=False, percentiles=(), limit=(r.backups + 0.5, "waits"), bins=96,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, waiting_step, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, kept_checkpoints, c, log())


@app.function
def draw_rollbacks(r, said):
    """Every corruption, looked back on from the moment when it was noticed."""
    rows = [(i.age_s, i.newest_s, i.oldest_s, i.dailies_s, i.back_s) for i in r.incidents]
    return ins.rollbacks(
        rows, title=f"{lk.show(r, 'recoverable_share')} of {r.corruptions} corruptions can be undone" + (f", for {lk.show(r, 'lost_s')} of work" if r.lost_s else ""),
        x_name="Before it was noticed", youngest=600.0, prediction=said and lk.said_si(said), item="corruption",
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, kept_checkpoints, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, dipping_service, d, log())


@app.function
def draw_storm(r, said):
    """Demand, answers in time and capacity over ten minutes, and where the attempts of all clients exceed the capacity."""
    end = {"at once": "the service is back at once", "later": f"the service is back after {lk.show(r, 'recovery_s')}", "stays down": "the service does not come back"}[r.state]
    return (
        ins.curve(
            [ins.Series("capacity", r.capacity, "muted", "dash", step=True), ins.Series("asked for", r.offered, "arithmetic", "short"), ins.Series("in time", r.answered, "data", "solid")],
            title=f"The dip lasts {lk.show(r, 'dip_s')}; {end}", x_name="Time", x_unit="s", y_name="Share of the capacity", y_unit="share", y_zero=True,
            flags=[(r.dip_at_s, "dip"), (r.dip_end_s, "whole again")], prediction=said and (SAID_BACK[said.choice], r.load), prediction_label="you said: back" if said and said.choice != "never" else "you said: not in time",
        ),
        ins.curve(
            [ins.Series(RETRIES[n] if n != r.retries else "", points, "control" if n == r.retries else "muted", "solid" if n == r.retries else "short") for n, points in retry_storm.attempt_lines(r.service)],
            title=f"If all attempts time out, they ask for {lk.show(r, 'worst_load')} of the capacity; the dip does harm from {lk.show(r, 'trigger_load')} load",
            x_name="Load", x_unit="share", y_name="Asked for if all attempts time out", y_unit="share", y_zero=True, you=(r.load, r.worst_load), you_label=f"{RETRIES[r.retries]}: {lk.show(r, 'worst_load')}", y_limit=(1.0, "feeds itself"),
            flags=[(r.trigger_load, "dip does harm")],
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, dipping_service, d, log())


@app.function
def draw_plan(r, given):
    """Where the time of the run goes under the plan, and how much of each limit it uses."""
    steps = [("all the time", 1.0, "other"), ("failures: saving, lost work, restarts", -r.failures_share, "O"), ("slow nodes and backups", -r.slow_share, "L"), ("rollbacks", -r.rollback_share, "D")]
    return (
        ins.waterfall([("useful", steps)], title=f"{lk.show(r, 'useful_share')} of the run is useful", unit="share", quantity="Time of the run", you="useful"),
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS], title="Every limit holds" if all(limit.holds(r, given) for limit in LIMITS) else f"Broken: {', '.join(limit.words for limit in LIMITS if not limit.holds(r, given))}", quantity="Share of the limit in use", limit=(1.0, "limit"), most=2.0,
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, next_run, e, log())


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
