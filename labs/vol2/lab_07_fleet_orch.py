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
    app_title="Whose turn is it?", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import capacity_lending, fair_sharing, fleet_policy, node_packing, scheduling

    POLICIES = {"no_gang": "no gangs: keep what you get", "fifo": "strict order of arrival", "backfill": "backfill (EASY)",
                "shortest": "shortest estimate first", "least_attained": "least attained service"}  # fmt: skip
    SHORT = {"fifo": "strict order", "backfill": "backfill", "shortest": "shortest first", "least_attained": "least attained", "no_gang": "no gangs"}
    RULES = {"spread": "spread: most GPUs free", "random": "random", "first_fit": "first that fits", "pack": "pack: fewest GPUs free"}
    SHARING = {"quota": "half of the GPUs each", "drf": "dominant resource fairness", "l_first": "team L first", "r_first": "team R first"}
    LIMITS = (
        lk.at_most("small_wait_s", "small_limit_s", "wait of small jobs"), lk.at_most("large_wait_s", "large_limit_s", "wait of large jobs"),
        lk.at_most("violation_min", "violation_limit_min", "too few replicas, a day"), lk.at_least("whole_share", "whole_limit_share", "a whole node is free"),
        lk.at_most("crowded_jobs", "crowded_limit", "jobs on the fullest node"),
    )  # fmt: skip


@app.function
@lk.experiment(
    "A", "How long does a job wait on a cluster that is half idle?",
    scenario="200 jobs reach 256 GPUs. One in five needs 16 to 128 of them, and a job starts only when all its GPUs are free together (a **gang**). In strict order nobody passes the head of the queue. "
    "**Backfill** lets later jobs start if, by the run times that users state, the head starts no later for it. **Least attained service** stops whoever has had most GPU-hours. Traces are synthetic, their mix of sizes is rounded after published ones.",
    controls=dict(
        policy=lk.choice("Who starts", POLICIES, default="fifo"),
        load=lk.slider("Work that arrives, of what the GPUs can do", 0.50, 0.95, step=0.05, default=0.50, unit="share"),
        over=lk.slider("Users overestimate run times up to", 1, 10, step=1, default=3, unit="×"),
        trace=lk.slider("Trace", 1, 50, step=1, default=19, more=True, help="19 is a usual one; 4, 7 and 31 are bad ones, 3 and 28 quiet ones."),
        resume=lk.steps("A stopped job needs, to run again", (0, 180, 360, 900, 1800, 3600), default=360, unit="s", more=True),
        threshold=lk.steps("Comes last after", (1, 2, 4, 8, 16, 32, 64), default=8, unit="GPU·h", more=True),
    ),
    predict=lk.predict_number(
        "The jobs of one trace bring half of the work that 256 GPUs can do. The median job of up to 8 GPUs runs half an hour, that of a larger job three hours. They start in strict order of arrival. How long does a job wait on average?",
        "mean_wait_s", low=0.1, high=1440, unit="min", log=True,
    ),
    idea=lambda r: f"A gang needs its GPUs all at once. While the head of the queue waits for them, GPUs idle, and in strict order everybody behind it waits along: {lk.show(r, 'mean_wait_s')} on average, {lk.show(r, 'large_wait_s')} for jobs of 64 GPUs and more, "
    f"and one job in twenty more than {lk.show(r, 'p95_wait_s')}. It is no bad luck: over 50 such traces the mean is {lk.show(r, 'strict_traces_s')}, in the worst {lk.show(r, 'strict_worst_s')}. Now let others pass. Then let users lie about their run times.",
    readouts=(("mean_wait_s", "Mean wait"), ("small_wait_s", "up to 8 GPUs"), ("large_wait_s", "from 64 GPUs"), ("p95_wait_s", "One job in twenty waits more than"), ("preemptions", "Jobs stopped"), ("finished_share", "Jobs that end")),
    failures=(lk.failure("deadlock", lambda r: r.state == scheduling.DEADLOCK, "Any policy with gangs leads out.", lambda r: f"every GPU is held, none works after {lk.show(r, 'last_end_s')}; {lk.show(r, 'finished_share')} of the jobs end"),),
    explain=lk.explain(
        "Compare your policy with strict order on this trace and load (where yours is strict order, compare backfill). Who pays: whose mean wait grows by more than 5 % and 3 minutes?",
        {"small": "jobs of up to 8 GPUs", "large": "jobs from 64 GPUs on", "both": "both", "nobody": "neither"},
        lambda r: scheduling.who_pays("backfill" if r.policy == "fifo" else r.policy, r.load_share, r.overestimate, r.trace, r.resume_s, r.threshold_gpu_h),
    ),
    terms=("overhead", "arithmetic"), binding=lambda r: "overhead",
    instruments=lambda r, said: draw_queue(r, said),
)
def gang_queue(policy, load, over, trace, resume, threshold):
    """One trace of gang jobs under a policy."""
    return scheduling.run_queue(policy, load, over, trace, resume, threshold)


@app.function
@lk.experiment(
    "B", "Half of the GPUs are free. How many nodes are?",
    scenario="Other nodes take jobs that fit into one node: 1, 2, 4 or all 8 of its GPUs. They arrive at random, stay four hours on average, and are turned away if no node has room (mix and stay are made up for teaching). "
    "The scheduler spreads load evenly: it takes the node with most GPUs free.",
    controls=dict(
        rule=lk.choice("Placement", RULES, default="spread"),
        requested=lk.slider("GPUs that jobs ask for, of all", 0.30, 0.95, step=0.05, default=0.50, unit="share"),
        eights=lk.slider("Jobs that need a whole node", 0.05, 0.40, step=0.05, default=0.15, unit="share"),
        nodes=lk.steps("Nodes", (8, 16, 32, 48, 64), default=32, more=True),
        seed=lk.slider("Seed", 1, 50, step=1, default=8, more=True),
    ),
    predict=lk.predict_number(
        "32 nodes of 8 GPUs. Jobs ask for half of the GPUs; 15 % of them need a whole node. The scheduler spreads them evenly. How many of the nodes are free as a whole, on average?",
        "whole_nodes", low=0, high=32,
    ),
    idea=lambda r: f"On average {r.free_gpus:.0f} of the GPUs are free, but they are holes: an even spread puts something on every node. Only {lk.show(r, 'whole_nodes')} of {r.nodes} nodes are whole, at least one in {lk.show(r, 'whole_share')} of the moments, and {lk.show(r, 'stranded_share')} of the jobs are turned away "
    f"with enough GPUs free in all. Packing mends it, at a price: watch the jobs on the fullest node ({r.crowded_jobs:.1f} here), which stop together when it fails.",
    readouts=(("whole_nodes", "Whole nodes free"), ("whole_share", "At least one, of the moments"), ("allocated_share", "GPUs in use"), ("stranded_share", "Turned away despite free GPUs"), ("crowded_jobs", "Jobs on the fullest node")),
    failures=(lk.failure("no node to rely on", lambda r: r.whole_share < node_packing.ENOUGH_SHARE, "First fit or packing leads out; so does less load.", lambda r: f"{r.free_gpus:.0f} GPUs free, a whole node in only {lk.show(r, 'whole_share')} of the moments"),),
    explain=lk.explain(
        "Which change makes a free whole node most likely from here?",
        {"pack": "packing", "load": "10 points less requested", "nodes": "half as many nodes again, with their share of jobs", "fewer_small": "10 points more of the jobs need a whole node"},
        lambda r: node_packing.best_change(r.rule, r.requested_share, r.eight_share, r.nodes, r.seed), asked=lambda r: r.whole_share < 0.99,
    ),
    terms=("arithmetic",), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_nodes(r, said),
)
def placed_jobs(rule, requested, eights, nodes, seed):
    """Small jobs placed on nodes of eight GPUs."""
    return node_packing.pack_nodes(rule, requested, eights, nodes, seed)


@app.function
@lk.experiment(
    "C", "Half of the GPUs each: how many of them work?",
    scenario="The two teams share 256 GPUs and the CPU cores beside them. Team L trains; team R preprocesses, with one GPU and many cores a task. Both always have more tasks waiting (sizes are made up for teaching). "
    "A team’s **dominant share** is the largest of its shares: of the GPUs or of the cores.",
    controls=dict(
        policy=lk.choice("Who gets the next task", SHARING, default="quota"),
        r_cores=lk.slider("Cores of an R task", 4, 120, step=4, default=60),
        cores=lk.slider("Cores in the cluster", 2048, 16384, step=512, default=4096),
        l_gpus=lk.slider("GPUs of an L task", 1, 16, step=1, default=8, more=True),
        l_cores=lk.slider("Cores of an L task", 8, 128, step=8, default=32, more=True),
    ),
    predict=lk.predict_number(
        "256 GPUs and 4,096 cores. A task of team L needs 8 GPUs and 32 cores, one of team R 1 GPU and 60 cores. Each team may use 128 GPUs. They add tasks in turn until nothing more fits. What share of the GPUs works?",
        "gpu_use_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Team R runs out of cores, not of GPUs: {r.r_tasks} tasks take {lk.show(r, 'r_core_share')} of the cores and {lk.show(r, 'r_gpu_share')} of the GPUs. The rest of its half is idle ({r.idle_gpus} GPUs), and team L may not have it. "
    f"Equal in one resource, the teams are far apart in what each needs most: dominant shares {lk.show(r, 'l_dominant_share')} and {lk.show(r, 'r_dominant_share')}.",
    readouts=(("gpu_use_share", "GPUs that work"), ("core_use_share", "Cores that work"), ("l_dominant_share", "Dominant share of L"), ("r_dominant_share", "of R"), ("l_tasks", "Tasks of L"), ("r_tasks", "of R")),
    failures=(lk.failure("stranded", lambda r: r.state == fair_sharing.STRANDED, "Another policy or more cores lead out.", lambda r: f"{r.idle_gpus} GPUs idle while a team waits"),),
    explain=lk.explain(
        "Which change puts most more GPUs to work from here?", {"gpus": "one eighth more GPUs", "cores": "one eighth more cores", "drf": "dominant resource fairness", "none": "none of these"}, lambda r: fair_sharing.best_change(r),
    ),
    terms=("arithmetic",), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_sharing(r, said),
)
def shared_cluster(policy, r_cores, cores, l_gpus, l_cores):
    """Tasks of two teams on one cluster."""
    return fair_sharing.share_cluster(policy, r_cores, cores, l_gpus, l_cores)


@app.function
@lk.experiment(
    "D", "What can training do with what serving leaves?",
    scenario="Serving has 192 GPUs and needs 40 of them at night, 160 at the peak, more in sudden spikes. A replica that is started answers only after its **cold start**, so some are kept warm in reserve. What is idle is lent to a training job, "
    "which takes and returns GPUs in whole gangs; a recall loses the work since the last checkpoint. Demand is synthetic.",
    controls=dict(
        gang=lk.choice("The borrower’s gang", {8: "8 GPUs (elastic)", 32: "32 GPUs", 64: "64 GPUs", 128: "128 GPUs (rigid)"}, default=128),
        reserve=lk.slider("Warm reserve, GPUs", 0, 48, step=4, default=16),
        cold=lk.choice("Cold start of a replica", {60: "1 min", 240: "4 min", 900: "15 min", 1800: "30 min"}, default=240),
        interval=lk.steps("Between checkpoints", (600, 1200, 1800, 3600, 7200, 14400), default=1800, unit="s", more=True),
        restart=lk.steps("Restart of the borrower", (60, 180, 360, 600, 1200, 1800), default=360, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "Serving needs 40 to 160 of 192 GPUs over the day, plus 16 in reserve. On average demand leaves 90 GPUs, or 2,155 GPU-hours a day. A rigid training job borrows in blocks of 128 GPUs and checkpoints every half hour. How many useful GPU-hours does it gain a day?",
        "useful_gpu_h", low=0, high=2400, unit="GPU·h",
    ),
    idea=lambda r: f"The mean is not lent, a block is: 128 GPUs are idle together only for a few hours of the night, and at each recall half an interval of work is lost. Of {lk.show(r, 'spare_gpu_h')} that demand leaves, {lk.show(r, 'useful_gpu_h')} are useful; "
    f"{r.idle_gpus:.0f} GPUs idle on average. Then take the reserve away, and see who pays for that.",
    readouts=(("useful_gpu_h", "Useful, a day"), ("lost_gpu_h", "Lost at recalls, a day"), ("recalls", "Gangs recalled"), ("violation_min", "Too few replicas, a day"), ("idle_gpus", "GPUs idle on average")),
    failures=(lk.failure("too few warm replicas", lambda r: r.state == capacity_lending.SHORT, "A larger reserve or a faster start leads out.", lambda r: f"{lk.show(r, 'violation_min')} a day, 60 are tolerated"),),
    explain=lk.explain(
        "What limits the gain most here? (Each is recomputed alone.)", {"gang": "the size of the gang (8 instead)", "reserve": "the reserve (none instead)", "recalls": "what recalls cost (nothing instead)"}, lambda r: capacity_lending.best_change(r),
    ),
    terms=("overhead", "arithmetic"), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_lending(r, said),
)
def lent_at_night(gang, reserve, cold, interval, restart):
    """Four days of lending idle serving GPUs to training."""
    return capacity_lending.lend_capacity(gang, reserve, cold, interval, restart)


@app.function
@lk.decision(
    "One scheduler for the fleet",
    scenario="The training cluster faces a bad trace (number 4) with work for 90 % of its GPUs; what the borrower does on lent GPUs need not run there. Jobs on single nodes ask for 60 % of theirs; a cold start takes 4 minutes. You promise: small jobs wait at most {small_limit_s}, "
    "large ones {large_limit_s} on average; serving lacks replicas for at most {violation_limit_min} a day; a whole node is free in {whole_limit_share} of the moments; the fullest node, whose jobs stop together if it fails, has at most {crowded_limit} on average.",
    controls=dict(
        policy=lk.choice("Who starts", {p: POLICIES[p] for p in ("fifo", "backfill", "shortest", "least_attained")}, default="fifo"),
        placement=lk.choice("Placement", RULES, default="spread"),
        reserve=lk.choice("Warm reserve, GPUs", (0, 8, 16, 24, 32), default=0),
        gang=lk.choice("The borrower’s gang, GPUs", (8, 32, 64, 128), default=128),
    ),
    given=lambda d: dict(zip(
        ("small_limit_s", "large_limit_s", "whole_limit_share", "crowded_limit", "violation_limit_min"),
        (*d.choice([(180, 14400), (360, 13680), (720, 13680)]), *d.choice([(0.85, 5), (0.9, 7), (0.95, 8)]), d.choice([6, 8, 10])),
    )),
    given_units=dict(small_limit_s="s", large_limit_s="s", violation_limit_min="min", whole_limit_share="share"),
    constraints=LIMITS, objective=("lowest", "large_wait_s"), labels={"large_wait_s": "mean wait of large jobs"},
    readouts=(("load_share", "Load left on the training cluster"), ("useful_gpu_h", "Useful on lent GPUs, a day"), ("preemptions", "Jobs stopped"), ("mean_wait_s", "Mean wait of all jobs")),
    instruments=lambda r, given, now: draw_plan(r, given, now),
)
def fleet_plan(policy, placement, reserve, gang):
    """Waits, whole nodes and violations of one plan for the whole fleet."""
    return fleet_policy.plan_fleet(policy, placement, reserve, gang)


@app.function
@lk.drill(
    "dominant", "A cluster has 256 GPUs and 4,096 cores. A team runs {tasks} tasks of {gpus} GPUs and {cores} cores each. What is its dominant share?",
    draw=lambda d: dict(tasks=d.integer(5, 24), gpus=d.integer(1, 10), cores=d.integer(8, 160)), unit="%", tolerance=0.01,
)
def dominant(tasks, gpus, cores):
    """The larger of a team's shares of GPUs and cores."""
    return fair_sharing.dominant_share(tasks, gpus, cores, 256, 4096)


@app.function
@lk.drill(
    "reserve", "Demand climbs by {tenths} GPUs every ten minutes; a new replica answers after {minutes} minutes. How many whole GPUs must be warm in reserve to cover the climb?",
    draw=lambda d: dict(tenths=d.integer(2, 20), minutes=d.integer(2, 30)), tolerance=0,
)
def reserve_for_a_ramp(tenths, minutes):
    """Warm replicas that a ramp needs during a cold start."""
    return capacity_lending.ramp_reserve(tenths, minutes)


@app.function
@lk.drill(
    "recall", "A job of {gpus} GPUs checkpoints every {interval} minutes and needs {restart} minutes to restart. How many GPU-hours does one recall cost on average, work lost and restart together?",
    draw=lambda d: dict(gpus=d.choice([8, 16, 32, 64, 128, 256]), interval=d.integer(2, 24) * 10, restart=d.integer(1, 30)), unit="GPU·h", tolerance=0.02,
)
def cost_of_a_recall(gpus, interval, restart):
    """Half an interval of work and the restart."""
    return capacity_lending.recall_loss_gpu_h(gpus, interval, restart)


@app.cell
async def _():
    parts, questions = [gang_queue, placed_jobs, shared_cluster, lent_at_night, fleet_plan], [dominant, reserve_for_a_ramp, cost_of_a_recall]
    lab = await lk.open_lab("lab_07_fleet_orch", parts, questions, __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Predict how long gang jobs wait, and what backfill changes for small and for large ones.",
         "Tell free GPUs from usable ones under a placement rule, and say what packing costs.",
         "Compute dominant shares, and the gain and the price of lending idle serving capacity to training."),
        "Two teams share 256 training GPUs beside a 192-GPU serving fleet. The dashboard says “50 % idle”, the users say “we wait for hours”, and the finance lead wants neither more machines nor more complaints. You own the scheduler.",
    )


@app.cell
def _(lab):
    a, b, c, d, plan = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, plan


@app.cell
def _(a, lab, log):
    lk.predict(lab, gang_queue, a, log())


@app.function
def draw_queue(r, said):
    """The cluster over 48 hours, and the mean wait over the load."""
    stuck = r.state == scheduling.DEADLOCK
    lines = [("your policy: " + SHORT[r.policy], r.curve)] if r.policy != "fifo" and len(r.curve) > 1 else []
    return (
        ins.gpu_gantt(
            r.blocks, r.waiting, r.window, gpus=r.gpus, sizes=(8, 64),
            title=f"After {lk.show(r, 'last_end_s')} every GPU is held and none works" if stuck else f"Two days: {lk.show(r, 'idle_share')} of the GPU time idles while jobs wait",
        ),
        ins.curve(
            [ins.Series(name, points) for name, points in (("strict order", r.strict_curve), *lines)],
            title=f"{lk.show(r, 'finished_share')} of the jobs end; the others wait for ever" if stuck else f"A job waits {lk.show(r, 'mean_wait_s')} on average",
            x_name="Work that arrives, of what the GPUs can do", x_unit="share", y_name="Mean wait", y_unit="s", y_zero=True,
            you=None if stuck else (r.load_share, r.mean_wait_s), prediction=said and lk.said_si(said), height=190.0,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, gang_queue, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, placed_jobs, b, log())


@app.function
def draw_nodes(r, said):
    """The nodes at the last arrival, and how often a whole one is free under each rule."""
    return (
        ins.node_grid(r.grid, title=f"On average {r.free_gpus:.0f} GPUs are free, and {lk.show(r, 'whole_nodes')} whole nodes", when="At the last arrival", notes=[("✓ framed: a whole node is free", "control")]),
        ins.curve(
            [ins.Series(rule.replace("_", " "), points) for rule, points in r.curves], title=f"At least one whole node is free in {lk.show(r, 'whole_share')} of the moments",
            x_name="GPUs that jobs ask for, of all", x_unit="share", y_name="Whole nodes free, on average", y_unit="1", y_zero=True, height=210.0,
            you=(r.requested_share, r.whole_nodes), prediction=said and said.value,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, placed_jobs, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, shared_cluster, c, log())


@app.function
def draw_sharing(r, said):
    """Who has which share of both resources, and the way there in dominant shares."""
    parts = (("GPUs", r.l_gpu_share, r.r_gpu_share, r.gpu_use_share), ("CPU cores", r.l_core_share, r.r_core_share, r.core_use_share))
    return (
        ins.memory_stack(
            [(name, [("team L", mine, "data:solid"), ("team R", theirs, "control:hatch")]) for name, mine, theirs, _ in parts],
            capacity=(1.0, "all"), unit="share", quantity="Share of the resource in use", prediction=said and lk.said_si(said),
            title=f"{r.idle_gpus} of {r.gpus} GPUs and {r.idle_cores:,} of {r.cores:,} cores idle",
        ),
        ins.curve(
            [ins.Series("GPUs used up", r.gpu_edge, "ink"), ins.Series("cores used up", r.core_edge, "data", "dash"), ins.Series("equal", ((0, 0), (1, 1)), "muted", "dot"), ins.Series("", r.path, "control", "solid")],
            title=f"L gets {lk.show(r, 'l_dominant_share')} of what it needs most, R {lk.show(r, 'r_dominant_share')}",
            x_name="Dominant share of L", x_unit="share", y_name="Dominant share of R", y_unit="share", y_zero=True,
            you=(r.l_dominant_share, r.r_dominant_share), you_label=f"{r.l_tasks} + {r.r_tasks} tasks", height=230.0,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, shared_cluster, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, lent_at_night, d, log())


@app.function
def draw_lending(r, said):
    """Two days of the serving fleet, and where its spare GPU-hours go."""
    hours, demand, spare, starting, borrowed, idle = zip(*r.layers)
    layers = (("serving", demand, "data:solid"), ("warm reserve", spare, "data:dots"), ("starting", starting, "overhead:solid"), ("lent", borrowed, "control:solid"), ("idle", idle, "edge:open"))
    return (
        ins.stack_over_time(
            hours, layers, title=f"{r.idle_gpus:.0f} of {r.gpus} GPUs idle on average; serving lacks replicas for {lk.show(r, 'violation_min')} a day",
            quantity="GPUs", x_name="Hours of two days", x_ticks=(0, 6, 12, 18, 24, 30, 36, 42, 48), marks=(r.violations_h, "too few warm replicas" if r.violations_h else ""),
        ),
        ins.bars_from_zero(
            [("left by demand", r.spare_gpu_h, lk.show(r, "spare_gpu_h")), ("lent", r.borrowed_gpu_h, lk.show(r, "borrowed_gpu_h")), ("useful", r.useful_gpu_h, lk.show(r, "useful_gpu_h")),
             *([("you said", said.value, lk.said(said))] if said else [])],
            title=f"{lk.show(r, 'useful_share')} of what demand leaves does useful work", quantity="GPU-hours a day", unit="1",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, lent_at_night, d, log())


@app.function
def draw_plan(r, given, now):
    """The share of each limit in use, and what the reserve trades at this gang."""
    plans = {**{f"{SHORT[p]}, {r.reserve}": fleet_policy.plan_fleet(p, r.placement, r.reserve, r.gang) for p in SHORT if p != "no_gang"},
             **{f"{SHORT[r.policy]}, {w}": fleet_policy.plan_fleet(r.policy, r.placement, w, r.gang) for w in (0, 8, 16, 24, 32)}}  # fmt: skip
    broken = sum(not limit.holds(r, given) for limit in LIMITS)
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS], quantity="Share of the limit in use", limit=(1.0, "limit"), most=2.0,
            title=f"{broken} of {len(LIMITS)} promises broken" if broken else "Every promise holds",
        ),
        ins.pareto(
            [ins.Design(name, p.violation_min, p.large_wait_s, all(limit.holds(p, given) for limit in LIMITS)) for name, p in plans.items()],
            title=f"Large jobs wait {lk.show(r, 'large_wait_s')}; serving lacks replicas for {lk.show(r, 'violation_min')} a day (policy, reserve)",
            x_name="Minutes a day with too few replicas", x_unit="min", y_name="Mean wait of large jobs", y_unit="s", y_better="low", x_log=True,
            x_limit=(given["violation_limit_min"], "promised"), y_limit=(given["large_limit_s"], "promised"), you=f"{SHORT[r.policy]}, {r.reserve}",
        ),
    )


@app.cell
def _(lab, log, plan):
    lk.decide(lab, fleet_plan, plan, log())


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
