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
    app_title="A number is an experiment",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import card_contest, load_test, measurement, measurement_protocol, throttling

    LIMITS = (
        lk.at_most("error_share", "error_limit", "error of the rates"), lk.at_most("half_width_share", "half_width_limit", "uncertainty of the ratio"),
        lk.at_most("unsteady_share", "unsteady_limit", "rate still moving"), lk.at_most("wrong_winner_share", "wrong_limit", "wrong box named"), lk.at_most("minutes", "minutes_limit", "lab time"),
    )


@app.function
@lk.experiment(
    "A", "Which of two cards is faster?",
    scenario="One benchmark, two accelerators: ResNet-50 sorts images in mixed precision, run by PyTorch line by line (eager), so the host launches every "
    "operation by itself. Images travel alone or together, in batches.",
    controls=dict(
        batch=lk.steps("Batch", card_contest.BATCHES, default=1),
        metric=lk.choice("Measure", card_contest.METRICS, default="rate"),
        images_per_day=lk.log_slider("Images a day", 1e5, 1e9, default=1e8, per_decade=3, more=True),
        carbon_g_per_kwh=lk.slider("CO₂e of the grid", 50, 800, step=2, default=394, unit="g/kWh", more=True),
    ),
    predict=lk.predict_number(
        "On paper a V100 has 1.92× the arithmetic and 2.8× the memory bandwidth of a T4. They classify one image at a time. How many times as many images a second does the V100 deliver? (Below 1 it delivers fewer.)", "rate_ratio", low=0.1, high=10, unit="×", log=True),
    idea=lambda r: f"Up to a batch of {r.t4_full_batch:.0f} the T4 waits for launches, up to {r.v100_full_batch:.0f} the V100 does; below that no peak shows. Counted by the joule or the dollar "
    f"the V100 never wins, and one image costs up to {r.energy_span:.0f} times the energy, by card and batch. A winner has a batch and a measure (the time of a batch has the ratio of the images a second). "
    "Energy is at rated power, an upper bound.",
    readouts=(("ratio", "V100 over T4"), ("latency_s", "A batch on the winner"), ("kwh_per_day", "Energy a day"), ("kg_co2e_per_day", "CO₂e a day")),
    failures=(lk.failure("too slow for an answer", lambda r: r.latency_s > card_contest.INTERACTIVE_S, "Somebody waits for this answer. A smaller batch leads out.", lambda r: f"a batch takes {lk.show(r, 'latency_s')}, a person gets 50 ms"),),
    explain=lk.explain("Which card computes flat out here, instead of waiting for launches?", {"neither": "neither", "t4": "the T4 alone", "both": "both"}, lambda r: r.flat_out),
    terms=("arithmetic", "overhead"), binding=lambda r: {"neither": "overhead", "t4": "", "both": "arithmetic"}[r.flat_out],
    instruments=lambda r, said: draw_cards(r, said),
)
def two_cards(batch, metric, images_per_day, carbon_g_per_kwh):
    """The V100 against the T4 at one batch, in one measure."""
    return card_contest.contest(batch, metric, images_per_day, carbon_g_per_kwh)


@app.function
@lk.experiment(
    "B", "How often does the slower program win?",
    scenario="Two versions of a program are timed on one machine. Single runs scatter by 2 %. The machine itself drifts slowly: clock, neighbours, temperature "
    "(figures illustrative).",
    controls=dict(
        runs=lk.steps("Runs of each", measurement.RUNS, default=30),
        order=lk.choice("Order", measurement.ORDERS, default="blocked"),
        statistic=lk.choice("Compared by", measurement.STATISTICS, default="mean"),
        gap_share=lk.slider("True gap", 0.01, 0.1, step=0.01, default=0.03, unit="share", more=True),
        correlation=lk.steps("Drift remembered from run to run", (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99), default=0.95, unit="share", more=True),
        drift_share=lk.slider("Drift", 0, 0.08, step=0.01, default=0.04, unit="share", more=True),
        noise_share=lk.slider("Noise of a run", 0, 0.06, step=0.01, default=0.02, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "A is truly 3 % faster. You run A thirty times, then B thirty times, and compare the means. Meanwhile the machine drifts by 4 % (one standard deviation). In how many % of such comparisons does B win?", "wrong_share", low=0, high=60, unit="%"),
    idea=lambda r: f"The drift outlives a run: A's runs saw one machine, B's runs another, and no number of runs averages that away. In blocks, {r.runs} runs each name the wrong program in "
    f"{lk.show(r, 'blocked_wrong_share')} of comparisons, 3 runs in {lk.show(measurement.compare_runs(3), 'wrong_share')}. Alternating, {r.runs} runs each: {lk.show(r, 'interleaved_wrong_share')}.",
    readouts=(lk.at_most("wrong_share", 0.05, "Wrong verdicts"), ("interleaved_wrong_share", "Wrong if alternating"), ("interval_low", "95 % of ratios from"), ("interval_high", "to")),
    failures=(lk.failure("claim not supported", lambda r: r.state == measurement.DOUBTFUL, "Alternate the runs, calm the machine, or claim a larger gap.", lambda r: f"{lk.show(r, 'wrong_share')} of the verdicts are wrong, 5 % may be"),),
    explain=lk.explain("What causes most of the wrong verdicts here?", {"drift": "drift that outlives a run", "noise": "noise of single runs", "statistic": "the statistic", "nothing": "nothing: at most 1 % are wrong"}, lambda r: tuple(r.cause.split("+"))),
    instruments=lambda r, said: draw_runs(r, said),
)
def drifting_machine(runs, order, statistic, gap_share, correlation, drift_share, noise_share):
    """400 comparisons of a faster and a slower program."""
    return measurement.compare_runs(runs, order, statistic, gap_share, correlation, drift_share, noise_share)


@app.function
@lk.experiment(
    "C", "What latency do the users of this server meet?",
    scenario="A server answers a request in 10 ms, and now and then it freezes (garbage collection, a snapshot). A closed tester sends a request, waits for the answer, sends the next. An open "
    "tester sends at random times of a given rate, as independent users do. (Figures illustrative.)",
    controls=dict(
        tester=lk.choice("Tester", load_test.TESTERS, default="closed"),
        rate_per_s=lk.slider("Requests of the users", 10, 80, step=10, default=50, unit="1/s"),
        freeze_s=lk.steps("A freeze lasts", (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0), default=1.0, unit="s"),
        period_s=lk.slider("Freezes every", 5, 60, step=5, default=10, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "Every 10 s the server freezes for 1 s. The closed test reports: 99 of 100 answers come within 10 ms (p99). Which p99 do 50 independent requests a second meet?", "open_p99_s", low=1, high=10_000, unit="ms", log=True),
    idea=lambda r: f"While the server hangs, the closed tester hangs with it: one slow sample a freeze, however long the freeze. Of its requests {lk.show(r, 'closed_share_over_100ms')} took more than 100 ms, "
    f"of the users' requests {lk.show(r, 'open_share_over_100ms')}. This is coordinated omission: the test leaves out exactly the requests that would have been slow.",
    readouts=(("p99_s", "p99 in the report"), lk.at_most("open_p99_s", 0.1, "p99 of the users"), ("hidden_factor", "The closed test hides"), ("share_over_100ms", "Over 100 ms, in the report")),
    failures=(
        lk.failure("queue grows without end", lambda r: r.state == load_test.OVERLOADED, "Shorter or rarer freezes, or fewer requests.", lambda r: f"frozen {lk.show(r, 'frozen_share')} of the time"),
        lk.failure("promise broken", lambda r: r.state == load_test.SLOW, "Shorter freezes lead out.", lambda r: f"the users' p99 is {lk.show(r, 'open_p99_s')}, promised are 100 ms"),
    ),
    explain=lk.explain("Which requests of more than 100 ms are missing in the closed test?", {"during the freeze": "those sent in a freeze or its backlog", "queue": "those that queue behind each other on a running server", "warm-up": "those of the warm-up", "none": "none"}, lambda r: r.missing),
    terms=("overhead",), binding=lambda r: "overhead" if r.open_p99_s > 2 * r.service_s else "",
    instruments=lambda r, said: draw_testers(r, said),
)
def two_testers(tester, rate_per_s, freeze_s, period_s):
    """100 seconds of one server, seen by two testers."""
    return load_test.replay(tester, rate_per_s, freeze_s, period_s)


@app.function
@lk.experiment(
    "D", "How fast is the box after a quarter of an hour?",
    scenario="A camera box without a fan sheds its heat through the case. Its thermal resistance says how many kelvin it warms up a watt. Above 80 °C the firmware lowers the clock. "
    "(A board of the Raspberry Pi 5 class; figures illustrative.)",
    controls=dict(
        ambient_c=lk.slider("Air around it", 15, 50, step=5, default=35, unit="°C"),
        resistance_k_per_w=lk.slider("Thermal resistance", 3, 12, step=1, default=9, unit="K/W", help="3 with a fan, 9 in a sealed box"),
        run_s=lk.slider("Length of the test", 60, 1200, step=60, default=60, unit="s"),
        full_power_w=lk.slider("Power at full speed", 5, 12, step=1, default=9, unit="W", more=True),
    ),
    predict=lk.predict_number(
        "A fanless box (9 K/W) draws 9 W and runs at full speed for its first minute, in air of 35 °C. How many % of that speed remain in minutes 15 to 20?", "sustained_share", low=0, high=100, unit="%"),
    idea=lambda r: f"At full speed it would settle at {lk.show(r, 'steady_c')}, which the firmware does not allow. It heats slowly: the clock first drops after {lk.show(r, 'first_throttle_s')}, so a test of one minute sees "
    f"nothing of it. A late inference takes {lk.show(r, 'energy_per_inference_ratio')} the energy of an early one: power falls faster than speed, so slow is not wasteful.",
    readouts=(("run_share", "Speed in the report"), lk.at_least("sustained_share", 0.7, "Speed that remains"), ("first_throttle_s", "Slows down after"), ("energy_per_inference_ratio", "Energy of an inference, late over early")),
    failures=(
        lk.failure("too hot", lambda r: r.state == throttling.OVERHEATED, "Even the lowest clock is too much. Cooler air, less resistance or less power lead out.", lambda r: "above 80 °C at the lowest clock"),
        lk.failure("throttled", lambda r: r.state == throttling.THROTTLED, "A fan, cooler air or less power lead out.", lambda r: f"{lk.show(r, 'sustained_share')} remain, 70 % are needed"),
    ),
    explain=lk.explain("What would raise the remaining speed most?", {"resistance": "2 K/W less resistance", "ambient": "air 10 K cooler", "power": "2 W less at full speed", "longer run": "a longer test", "nothing": "nothing, it never slows down"}, lambda r: tuple(r.best_remedy.split("+"))),
    terms=("arithmetic",), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_box(r, said),
)
def hot_box(ambient_c, resistance_k_per_w, run_s, full_power_w):
    """Twenty minutes of full work, second by second."""
    return throttling.watch(ambient_c, resistance_k_per_w, run_s, full_power_w)


@app.function
@lk.decision(
    "The protocol before the signature",
    scenario="Choose how to test. On site the boxes work all day in air of {site_c}; what counts there is whole frames a second. Your report may be off by {error_limit}, its ratio of X to Y uncertain by "
    "{half_width_limit}, and the rate may move by {unsteady_limit} at most while you count. It must name the slower box in no more than {wrong_limit} of cases, and the lab is yours for {minutes_limit}, "
    "with five minutes to cool before each run. Fewer minutes are better. (Boxes and drift are illustrative.)",
    controls=dict(
        run_s=lk.steps("A run lasts", measurement_protocol.RUN_LENGTHS_S, default=60, unit="s"),
        discarded_s=lk.steps("Thrown away at its start", (0, 30, 120, 300, 600, 900), default=0, unit="s"),
        runs=lk.steps("Runs of each box", measurement_protocol.REPEATS, default=3),
        order=lk.choice("Order", {"blocked": "XXX… then YYY…", "interleaved": "XYXY…"}, default="blocked", more=True),
        ambient_c=lk.choice("Air in the chamber", {25: "25 °C (desk)", 35: "35 °C", 40: "40 °C", 45: "45 °C"}, default=25, more=True),
        boundary=lk.choice("What is timed", measurement_protocol.BOUNDARIES, default="model", more=True),
    ),
    given=lambda d: dict(site_c=d.choice([35, 40, 45]), error_limit=d.number(0.025, 0.04, step=0.005), half_width_limit=d.choice([0.026, 0.035]), unsteady_limit=0.05, wrong_limit=0.01, minutes_limit=d.choice([250, 265, 280])),
    given_units=dict(site_c="°C", error_limit="share", half_width_limit="share", unsteady_limit="share", wrong_limit="share", minutes_limit="min"),
    constraints=LIMITS, objective=("lowest", "minutes"), labels={"minutes": "lab time"},
    readouts=(("reported_x_per_s", "X, reported"), ("true_x_per_s", "X, on site"), ("reported_y_per_s", "Y, reported"), ("true_y_per_s", "Y, on site")),
    instruments=lambda r, given, now: draw_protocol(r, given, now),
)
def box_protocol(run_s, discarded_s, runs, order, ambient_c, boundary, site_c):
    """What a protocol reports of the two boxes, and what it costs."""
    return measurement_protocol.protocol(run_s, discarded_s, runs, order, ambient_c, boundary, site_c)


@app.function
@lk.drill(
    "wrong_winner",
    "Two programs differ by {gap_share}. Single runs scatter by {spread_share} and are independent. You compare the means of {runs} runs each. In how many % of cases does the slower one win?",
    draw=lambda d: dict(gap_share=d.choice([0.01, 0.02, 0.03]), spread_share=d.choice([0.04, 0.05, 0.06, 0.08]), runs=d.choice([3, 5, 8, 10])),
    unit="%", tolerance=0.05, show=dict(gap_share="share", spread_share="share", runs="1"),
)
def wrong_winner(gap_share, spread_share, runs):
    """Probability that the slower of two programs has the better mean."""
    return measurement.wrong_winner_probability(gap_share, spread_share, runs)


@app.function
@lk.drill(
    "freeze",
    "A server freezes for {freeze_s} every {period_s}. Which share of independent requests waits for more than {above_s} of a freeze? Leave the queue after it out.",
    draw=lambda d: dict(freeze_s=d.choice([0.5, 0.8, 1.0, 1.5, 2.0]), period_s=d.choice([10, 20, 30, 60]), above_s=d.choice([0.1, 0.2, 0.3])),
    unit="%", show=dict(freeze_s="s", period_s="s", above_s="s"),
)
def slow_requests(freeze_s, period_s, above_s):
    """Share of requests with that much of a freeze still to go."""
    return load_test.slow_share(freeze_s, period_s, above_s)


@app.function
@lk.drill(
    "steady",
    "A box draws {power_w} in air of {ambient_c}; its thermal resistance is {resistance_k_per_w}. At which temperature would it settle if nothing slowed it down? (Above 80 °C something would.)",
    draw=lambda d: dict(power_w=d.integer(5, 12), ambient_c=d.integer(15, 45), resistance_k_per_w=d.integer(3, 10)),
    unit="°C", tolerance=0.01, show=dict(power_w="W", ambient_c="°C", resistance_k_per_w="K/W"),
)
def steady_temperature(power_w, ambient_c, resistance_k_per_w):
    """Air plus power times resistance."""
    return throttling.steady_c(ambient_c, power_w, resistance_k_per_w)


@app.function
def draw_cards(r, said):
    """V100 over T4 in the three measures, and the time of a batch on both with the measured rows."""
    points, times, measured = dict(r.ratios), dict(r.times), r.measured_ratios if r.metric == "rate" else ()
    lines = [ins.Series(card_contest.METRICS[m], points[m], "control" if m == r.metric else "muted", "solid" if m == r.metric else "dash") for m in points]
    return (
        ins.curve(
            [*lines, ins.Series("as good", tuple((b, 1.0) for b in card_contest.BATCHES), "edge", "dot")], x_name="Batch", x_unit="1", y_name="V100 over T4", y_unit="×", x_log=True, y_log=True,
            title=f"At batch {r.batch} the V100 delivers {lk.show(r, 'ratio')} the {card_contest.METRICS[r.metric]} of the T4", x_ticks=card_contest.BATCHES, you=(r.batch, r.ratio),
            prediction=lk.said_si(said), published=[(b, v, "measured" if b == 4 else "") for b, v in measured],
        ),
        ins.curve(
            [ins.Series("T4", times["t4"]), ins.Series("V100", times["v100"])], x_name="Batch", x_unit="1", y_name="Time of a batch", y_unit="s", x_log=True, y_log=True, x_ticks=card_contest.BATCHES,
            title=f"Launches hold the T4 up to a batch of {r.t4_full_batch:.0f}, the V100 up to {r.v100_full_batch:.0f}", you=(r.batch, r.latency_s), you_label=f"{r.winner} {lk.show(r, 'latency_s')}",
            y_limit=(card_contest.INTERACTIVE_S, "a person waits 50 ms"), published=[(b, t, "") for b, t, _ in r.measured_times], height=190.0,
        ),
    )


@app.function
def draw_runs(r, said):
    """Wrong verdicts over the number of runs, one comparison run by run, and all 400."""
    setting, each = (r.statistic, r.gap_share, r.correlation, r.drift_share, r.noise_share), "1 run each" if r.runs == 1 else f"{r.runs} runs each"
    return (
        ins.curve(
            [ins.Series(words, measurement.wrong_by_runs(order, *setting), dots=True) for order, words in (("blocked", "in blocks"), ("interleaved", "alternating"))],
            title=f"{each}, {'in blocks' if r.order == 'blocked' else 'alternating'}: the slower program wins {lk.show(r, 'wrong_share')} of comparisons", x_name="Runs of each program", x_unit="1",
            y_name="Wrong verdicts", y_unit="share", x_log=True, y_zero=True, x_ticks=measurement.RUNS, you=(r.runs, r.wrong_share), prediction=lk.said_si(said), y_limit=(0.05, "5 %, the usual limit"),
        ),
        ins.scatter(
            [ins.Group("A, the faster program", r.example_a, "control", size=46), ins.Group("B", r.example_b, "ink", "ring", size=46)], x_name="Run", x_unit="1", y_name="Time, 1 = A on a calm machine",
            y_unit="×", title=f"One of the comparisons: under {'two blocks' if r.order == 'blocked' else 'alternating runs'} the machine drifts", item="program", border=(r.example_drift, "the machine"), height=170.0,
        ),
        ins.distribution(
            r.ratios, title=f"400 comparisons, true ratio {1 + r.gap_share:.2f}: the middle 95 % read {lk.show(r, 'interval_low')} to {lk.show(r, 'interval_high')}", unit="×", name="comparisons",
            quantity="Time of B over time of A", kind="histogram", log=False, percentiles=(), limit=(1.0, "B wins", "below"),
        ),
    )


@app.function
def draw_testers(r, said):
    """Latency that one request in N reaches, and what each tester saw over time."""
    return (
        ins.curve(
            [ins.Series("users (open)", r.open_tail), ins.Series("closed test", r.closed_tail)], x_name="One request in", x_unit="1", y_name="takes this long or longer", y_unit="s", x_log=True, y_log=True,
            title=f"One request in 100 takes {lk.show(r, 'open_p99_s')} or more for users, {lk.show(r, 'closed_p99_s')} in the closed test", you=(100, r.p99_s), you_label=f"reported {lk.show(r, 'p99_s')}",
            y_limit=(0.1, "promised 100 ms"), prediction=(100, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}", flags=((2, "p50"), (100, "p99")),
        ),
        ins.scatter(
            [ins.Group("users (open)", r.open_window, "control", size=14), ins.Group("closed test", r.closed_window, "ink", "ring", size=70)], x_name="Sent at", x_unit="s", y_name="Latency", y_unit="s",
            title=f"A freeze of {lk.show(r, 'freeze_s')} every {lk.show(r, 'period_s')}: the closed test takes one slow sample each" if r.freeze_s else "No freeze: users still queue behind each other, the closed test never queues",
            item="tester", notes=(("Points thinned where they are dense", "muted"),), height=200.0,
        ),
    )


@app.function
def draw_box(r, said):
    """The clock with the score of a test that stops here, and the temperature against the trip."""
    later = f"; the clock goes down after {lk.show(r, 'first_throttle_s')}" if r.first_throttle_s < 1200 else ": it never slows down"
    return (
        ins.curve(
            [ins.Series("speed", r.speeds), ins.Series("score so far", r.scores)], x_name="Time", x_unit="s", y_name="Share of full speed", y_unit="share", you=(r.run_s, r.run_share),
            title=f"A test of {lk.show(r, 'run_s')} reports {lk.show(r, 'run_share')} of full speed; {lk.show(r, 'sustained_share')} remain", you_label=f"reported {lk.show(r, 'run_share')}",
            prediction=lk.said_si(said), y_limit=(0.7, "needed 70 %", "below"), flags=((900, "minutes 15 to 20 from here"),),
        ),
        ins.curve(
            [ins.Series("chip", r.temperatures, "arithmetic")], x_name="Time", x_unit="s", y_name="Temperature", y_unit="°C", y_limit=(r.trip_c, "clock goes down"), height=150.0,
            title=f"At full speed it would settle at {lk.show(r, 'steady_c')}{later}", flags=((r.run_s, "your test ends"),),
        ),
    )


@app.function
def draw_protocol(r, given, now):
    """What the protocol sees of the boxes and what they do on site; other lengths and repeats under the choices made now."""
    designs, limits = [], [(c.field, given[c.most]) for c in LIMITS]
    for p in measurement_protocol.alternatives(now["discarded_s"], now["order"], now["ambient_c"], now["boundary"], given["site_c"]):
        designs.append(ins.Design(f"{p.runs} × {lk.show(p, 'run_s')}", p.minutes, p.half_width_share, all(getattr(p, field) <= most for field, most in limits)))
    return (
        ins.curve(
            [ins.Series("X tested", r.tested_x, "data", "solid"), ins.Series("Y tested", r.tested_y, "arithmetic", "solid"), ins.Series("X on site", r.site_x, "data", "dot"), ins.Series("Y on site", r.site_y, "arithmetic", "dot")],
            title=f"Your report: X has {lk.show(r, 'reported_ratio')} the speed of Y. On site: {lk.show(r, 'true_ratio')}", x_name="Time since the start", x_unit="s", y_name="Frames a second", y_unit="frames/s",
            flags=((r.discarded_s, "counted from here"), (r.run_s, "to here")),
        ),
        ins.pareto(
            designs, title=f"{r.runs} runs of {lk.show(r, 'run_s')} take {lk.show(r, 'minutes')} and leave the ratio uncertain by ±{lk.show(r, 'half_width_share')}", x_name="Lab time", x_unit="min", x_log=True,
            y_name="Uncertainty of the ratio", y_unit="share", y_better="low", x_limit=(given["minutes_limit"], "lab time"), y_limit=(given["half_width_limit"], "uncertainty allowed"), you=f"{r.runs} × {lk.show(r, 'run_s')}",
        ),
    )


@app.cell
async def _():
    lab = await lk.open_lab("lab_12_perf_bench", [two_cards, drifting_machine, two_testers, hot_box, box_protocol], [wrong_winner, slow_requests, steady_temperature], __file__)
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
        ("Show how batch and measure decide which of two devices wins.",
         "Design repeats and their order so that a difference of 3 % is found.",
         "Find what a load test does not ask and a short test cannot see."),
        "A railway buys 500 sealed camera boxes. Vendor X sends a benchmark from its desk: 60 seconds, 20 % faster than vendor Y. The purchasing lead gives you one afternoon in the climate lab before "
        "she signs. Which measurement would you trust with 500 boxes?",
    )
    return


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, d, drill_inputs, e, log_inputs


@app.cell
def _(a, lab, log):
    lk.predict(lab, two_cards, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, two_cards, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, drifting_machine, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, drifting_machine, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, two_testers, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, two_testers, c, log())
    return


@app.cell
def _(d, lab, log):
    lk.predict(lab, hot_box, d, log())
    return


@app.cell
def _(d, lab, log):
    lk.explore(lab, hot_box, d, log())
    return


@app.cell
def _(e, lab, log):
    lk.decide(lab, box_protocol, e, log())
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
