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
    app_title="One law, seven machines",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    from dataclasses import replace

    import labkit as lk
    from labkit import instruments as ins
    from labkit.units_shown import to_si
    from mlsysim import catalog, comparison, duty, fixed_batching, iron_law, stations
    from mlsysim.units import fmt

    MACHINES = {
        "arduino_nano_33_ble": "Arduino Nano 33 BLE", "stm32h743": "STM32H743", "raspberry_pi_5": "Raspberry Pi 5",
        "a17_pro": "Phone (A17 Pro)", "jetson_orin_nano_8gb": "Jetson Orin Nano", "t4": "T4", "h100_sxm": "H100",
    }  # fmt: skip
    JOBS = {"ds_cnn_s": "hear a call", "mobilenet_v1_025_96": "spot a person", "mobilenet_v1": "name a bird", "resnet50": "name a bird, carefully", "llama3_8b": "say one word"}
    PARTS = {"arithmetic": "arithmetic", "data": "memory bandwidth", "overhead": "overhead"}
    NETWORKS = {"mobilenet_v1_025_128": "MobileNetV1 0.25, 128 px", "mobilenet_v1": "MobileNetV1", "resnet50": "ResNet-50"}


@app.function
@lk.experiment(
    "A",
    "How much sooner is a faster machine done?",
    coach=dict(
        predict="*Predict.* Commit first. A wrong number that you wrote down teaches more than a right one you were told.",
        explore="*Explore.* Move one control at a time. The letter stands at the longest of a machine’s three bars: that term binds.",
        explain="*Explain.* Say what binds where you stand now; the simulator checks it.",
        record="*Record.* This keeps the controls, the results and your sentence. Record as often as you like; exploring on is free.",
    ),
    controls=dict(
        job=lk.choice("Job", JOBS, default="ds_cnn_s"),
        first=lk.choice("First machine", MACHINES, default="arduino_nano_33_ble"),
        second=lk.choice("Second machine", MACHINES, default="h100_sxm"),
        lens=lk.choice("Lens", {"heartbeat": "the fastest takes one heartbeat", "clock": "clock time"}, default="heartbeat", more=True, display=True),
    ),
    predict=lk.predict_number(
        "On paper the H100 does 7.73 million times as many operations per second as the Arduino. Both hear one call. How many times sooner is the H100 done?",
        "ratio", low=1, high=1e7, unit="×", log=True,
    ),
    idea=lambda r: (
        f"The law adds three very different times. Of {lk.show(r, 'second_time_s')} the H100 computes for {lk.show(r, 'second_arithmetic_s')} "
        f"and moves data for {lk.show(r, 'second_data_s')}; the rest is fixed overhead, so the fastest machine mostly waits. "
        f"The Arduino computes for {lk.show(r, 'first_arithmetic_s')} of {lk.show(r, 'first_time_s')}. A ratio of peaks, here {lk.show(r, 'peak_ratio')}, compares one term of three."
    ),
    readouts=(("ratio", "First over second"), ("first_time_s", "First machine"), ("second_time_s", "Second machine"), ("peak_ratio", "Ratio of the peaks")),
    failures=(
        lk.failure("does not fit", lambda r: r.state == "does not fit", "Choose a smaller job or a machine with more room.", lambda r: f"{lk.show(r, 'needed_bytes')} into {lk.show(r, 'room_bytes')} on {r.tightest}"),
    ),
    explain=lk.explain(
        "What is the second machine doing most of the time here?",
        {"data": "moving data", "arithmetic": "arithmetic", "overhead": "fixed overhead", "does not fit": "it does not fit"},
        lambda r: r.second_binding,
    ),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: r.second_binding,
    instruments=lambda r, said: ladder(r, said),
)
def heartbeat_lens(job, first, second, lens):
    """One job on two machines, and on the whole shelf."""
    return comparison.compare(job, first, second, lens=lens)


@app.function
@lk.experiment(
    "B",
    "What does a better part buy?",
    scenario="A vendor improves one part of a machine and leaves the others. One word is one token of a language model with 8 billion parameters in 4 bits.",
    controls=dict(
        job=lk.choice("Job", JOBS, default="llama3_8b"),
        machine=lk.choice("Machine", MACHINES, default="h100_sxm"),
        part=lk.choice("Part to improve", PARTS, default="arithmetic"),
        factor=lk.steps("Times better", (2, 5, 10, 20, 50, 100), default=10, unit="×", more=True),
    ),
    predict=lk.predict_number(
        "The office assistant says one word on an H100. The vendor offers a chip with ten times the arithmetic and the same memory. How many times faster is a word?",
        "speedup", low=1, high=10, unit="×",
    ),
    idea=lambda r: (
        f"A better part shortens its own term and leaves the rest: arithmetic is {lk.show(r, 'arithmetic_s')} of {lk.show(r, 'time_s')}, "
        f"so no chip however fast gains more than {lk.show(r, 'ceiling')}. "
        f"Ten times the bandwidth gives {lk.show(r, 'binding_speedup')}. Is the law honest? It lets a Raspberry Pi 5 say "
        f"{comparison.better_part('llama3_8b', 'raspberry_pi_5', 'data', 10).items_per_s:.2f} words a second; "
        "measured: {:.2f} ({}).".format(*comparison.measured_items_per_s("llama3_8b", "raspberry_pi_5"))
    ),
    readouts=(("speedup", "Speed-up"), ("ceiling", "Ceiling of this part"), ("items_per_s", "Before"), ("improved_items_per_s", "After")),
    failures=(
        lk.failure("money burned", lambda r: r.speedup < 1.05 and r.factor >= 10, "Improve the term that binds.", lambda r: f"{lk.show(r, 'speedup')} as fast for a part {lk.show(r, 'factor')} as good; on the binding term it gives {lk.show(r, 'binding_speedup')}"),
    ),
    explain=lk.explain("Which part is worth improving here?", {"data": "D: bandwidth", "arithmetic": "O: arithmetic", "overhead": "L: overhead"}, lambda r: r.binding),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: r.binding,
    instruments=lambda r, said: before_and_after(r, said),
)
def better_part(job, machine, part, factor):
    """The three terms before and after one part got better."""
    return comparison.better_part(job, machine, part, factor)


@app.function
@lk.experiment(
    "C",
    "Do photos travel better together?",
    scenario="A V100 runs ResNet-50 in 16 bits from an eager program. Photos come one after the other; a trip leaves when it is full and the server is free.",
    controls=dict(
        batch=lk.steps("Photos per trip", fixed_batching.BATCHES, default=1, unit="photos"),
        arrivals_per_s=lk.steps("Photos arriving", (30, 100, 300, 600, 1000, 1500), default=600, unit="photos/s"),
        deadline_s=lk.slider("Deadline", 0.05, 0.5, step=0.01, default=0.1, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "A V100 server needs 12.9 ms to name the bird in one photo. How long for 32 photos in one go?",
        low=10, high=1000, unit="ms", log=True,
        answer=lambda r: fixed_batching.fixed_batching(32, r.arrivals_per_s).trip_s,
        also=lambda r: [(trip.overlapped_s, trip.trip_s) for trip in [fixed_batching.fixed_batching(32, r.arrivals_per_s)]][0],
    ),
    idea=lambda r: "".join(
        f"Weights and overhead are paid once a trip, so passengers share the fare: "
        f"32 photos take {lk.show(trip, 'overlapped_s')} if everything overlaps and {lk.show(trip, 'trip_s')} if nothing does. "
        f"NVIDIA measured {fmt(dict(fixed_batching.measured_batches())[32], 's')}; any guess in that band is as good as the law. "
        f"The two forms differ by at most a factor 3, which is often all you need. The price of sharing: the first passenger waits for the last."
        for trip in [fixed_batching.fixed_batching(32, r.arrivals_per_s)]
    ),
    readouts=(("trip_s", "One trip"), ("capacity_per_s", "Photos a second at most"), ("load", "Load"), ("p95_s", "Latency, p95")),
    failures=(
        lk.failure("queue grows without end", lambda r: r.load > 1, "More photos a trip, or fewer arriving, lead out.", lambda r: f"{fmt(r.arrivals_per_s, 'photos/s')} arrive, {fmt(r.capacity_per_s, 'photos/s')} at most are served"),
        lk.failure("late", lambda r: r.p95_s > r.deadline_s, "A trip that fills sooner leads out; so does a later deadline.", lambda r: f"p95 {lk.show(r, 'p95_s')}, deadline {lk.show(r, 'deadline_s')}"),
    ),
    explain=lk.explain(
        "Why are photos late here?",
        {"server too slow": "the server is too slow for this trip size", "batch fills too slowly": "the bus waits too long to fill", "nobody is late": "nobody is late"},
        lambda r: r.cause,
    ),
    terms=("data", "arithmetic", "overhead"),
    instruments=lambda r, said: bus_and_band(r, said),
)
def full_bus(batch, arrivals_per_s, deadline_s):
    """Two thousand photos that ride in full trips."""
    return fixed_batching.fixed_batching(batch, arrivals_per_s, deadline_s)


@app.function
@lk.decision(
    "One station",
    scenario="The warden wants one bird station: {rate_per_s} arrive, the first of a trip is named within {latency_limit_s}, the load stays at or below 80 %, "
    "on at most {power_limit_w} and {price_limit_usd}, with a top-1 accuracy of 70 % or better. Prices, overheads and some powers are illustrative.",
    controls=dict(
        machine=lk.choice("Machine", MACHINES, default="h100_sxm"),
        model=lk.choice("Network", NETWORKS, default="resnet50"),
        batch=lk.steps("Photos per trip", (1, 2, 4, 8, 16, 32), default=32, unit="photos"),
    ),
    given=lambda d: dict(rate_per_s=d.choice([20, 25, 30, 35, 40]), latency_limit_s=d.choice([0.15, 0.2, 0.25, 0.3]), power_limit_w=d.choice([9, 10, 11, 12]), price_limit_usd=d.choice([300, 400, 500])),
    given_units=dict(rate_per_s="photos/s", latency_limit_s="s", power_limit_w="W", price_limit_usd="$"),
    constraints=(
        lk.at_most("memory_share", 1.0, "room for the weights"),
        lk.at_most("load", 0.8, "load"),
        lk.at_most("latency_s", "latency_limit_s", "latency"),
        lk.at_most("power_w", "power_limit_w", "power"),
        lk.at_most("price_usd", "price_limit_usd", "price"),
        lk.at_least("top1_share", 0.7, "top-1 accuracy"),
    ),
    objective=("highest", "top1_share"),
    labels={"top1_share": "top-1 accuracy, then the lowest power"},
    instruments=lambda r, given, now: ins.pareto(
        [ins.Design(MACHINES[m], x.power_w, x.load, x.load <= 0.8) for m, _, x in stations.stations(MACHINES, [now["model"]], now["batch"], given["rate_per_s"])],
        title=f"Your station: {lk.show(r, 'load')} loaded at {lk.show(r, 'power_w')}", x_name="Power", x_unit="W", y_name="Load", y_unit="share",
        x_log=True, y_log=True, y_better="low", x_limit=(given["power_limit_w"], "power limit"), y_limit=(0.8, "load limit"), you=MACHINES[now["machine"]],
    ),
)
def bird_station(machine, model, batch, rate_per_s):
    """Room, load, latency, power, price and accuracy of one machine."""
    return stations.station(machine, model, batch, rate_per_s)


@app.function
@lk.drill(
    "law",
    "Spot a person takes 15.0 million operations and moves 684 kB. An STM32H743 does 1.92 GOP/s at its peak, reaches 29 % of it, and moves 1.92 GB/s. Its fixed overhead is {overhead_s}. How long does one take?",
    draw=lambda d: dict(overhead_s=d.number(0.0005, 0.005, step=0.0001)),
    unit="ms", show=dict(overhead_s="s"),
)
def one_job(overhead_s):
    """The Iron Law's sum with another overhead."""
    return iron_law.on_machine(comparison.as_job("mobilenet_v1_025_96"), replace(catalog.machine("stm32h743"), overhead_s=overhead_s)).time_s


@app.function
@lk.drill(
    "part",
    "Moving data takes {data_s}, arithmetic {arithmetic_s}, overhead {overhead_s}. The largest of the three is cut to one part in {factor}. How many times faster is the whole?",
    draw=lambda d: {**{term: d.number(0.001, 0.05, step=0.001) for term in ("data_s", "arithmetic_s", "overhead_s")}, "factor": d.choice([2, 4, 10])},
    unit="×", show=dict(data_s="s", arithmetic_s="s", overhead_s="s"),
)
def largest_cut(data_s, arithmetic_s, overhead_s, factor):
    """Amdahl's law on the binding term."""
    return comparison.cut_largest(data_s, arithmetic_s, overhead_s, factor)


@app.function
@lk.drill(
    "bus",
    "{rate_per_s} arrive at the server of Part C and ride in trips of {batch}; the server is free and nothing overlaps. How long after its arrival is the first of a full trip named?",
    draw=lambda d: dict(batch=d.choice([8, 16, 32]), rate_per_s=d.choice(range(100, 801, 100))),
    unit="ms", show=dict(batch="photos", rate_per_s="photos/s"),
)
def worst_wait(batch, rate_per_s):
    """Filling and riding, for the first on board."""
    return duty.station(fixed_batching.resnet50_fp16(), catalog.machine("v100_eager"), rate_per_s=rate_per_s, batch=batch).latency_s


@app.cell
async def _():
    lab = await lk.open_lab("lab_00_introduction", [heartbeat_lens, better_part, full_bus, bird_station], [one_job, largest_cut, worst_wait], __file__)
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
        ("Compute the three terms of the Iron Law for a job on a machine, and name the one that binds.",
         "Predict, as a factor, what a ten times better part buys, and correct the prediction against the simulator.",
         "Use the grammar of every later lab: predict, explore, explain, record, decide, export."),
        "A nature reserve wants machines that listen and look: a collar that hears one call, a station that names birds, an office assistant that answers in words. The warden has one shelf with seven computers on it, from a $40 board that runs on a coin-sized battery to a datacentre GPU, and one question: “Which one, and how would you know before we buy?” You have one equation.",
    )
    return


@app.cell
def _(lab):
    a = lk.panel_for(lab, heartbeat_lens)
    return (a,)


@app.cell
def _(a, lab, log):
    lk.predict(lab, heartbeat_lens, a, log())
    return


@app.function
def ladder(r, said):
    """One rung a machine; the prediction spans from the second machine's bar."""
    span = r.bracket(said.value)
    return ins.ladder(
        [ins.TermRow(MACHINES[x.name], x.data_s, x.arithmetic_s, x.overhead_s, note=x.everyday if r.lens == "heartbeat" else "", ghost=x.paper_s) if x.fits
         else ins.TermRow(MACHINES[x.name], void="does not fit") for x in r.shelf],
        title=f"{MACHINES[r.pair[0]]} takes {lk.show(r, 'ratio')} as long as {MACHINES[r.pair[1]]}" if r.state == "fits"
        else f"{lk.show(r, 'needed_bytes')} of weights do not fit on {r.tightest}",
        quantity="Fastest = one heartbeat, faint: on paper" if r.lens == "heartbeat" else "Time, faint: on paper",
        you=MACHINES[r.pair[1]], bracket=span and (*span, f"you said {lk.said(said)}"),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, heartbeat_lens, a, log())
    return


@app.cell
def _(lab):
    b = lk.panel_for(lab, better_part)
    return (b,)


@app.cell
def _(b, lab, log):
    lk.predict(lab, better_part, b, log())
    return


@app.function
def before_and_after(r, said):
    """Two waterfalls on one axis, and what binds everywhere else."""
    letters = comparison.binding_map(JOBS, MACHINES)
    return (
        ins.before_after(
            ins.TermRow("before", r.data_s, r.arithmetic_s, r.overhead_s), ins.TermRow("after", *r.after), prediction=r.time_at(said.value),
            title=f"{PARTS[r.part].capitalize()} {lk.show(r, 'factor')} as good: {lk.show(r, 'speedup')} as fast",
        ),
        ins.phase_map(
            list(JOBS.values()), list(MACHINES.values()), x_name="job", y_name="machine", letters=letters, best=None, you=(list(JOBS).index(r.place[0]), list(MACHINES).index(r.place[1])),
            void={(i, j): letter for j, row in enumerate(letters) for i, letter in enumerate(row) if letter == "✕"},
            title=f"Which term binds: {r.binding} for this job on this machine (✕ does not fit)",
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, better_part, b, log())
    return


@app.cell
def _(lab):
    c = lk.panel_for(lab, full_bus)
    return (c,)


@app.cell
def _(c, lab, log):
    lk.predict(lab, full_bus, c, log())
    return


@app.function
def bus_and_band(r, said):
    """The first trips, latency over trip size, and the law's band with what was measured."""
    sizes = fixed_batching.batch_sizes(r.arrivals_per_s, batches=(*fixed_batching.BATCHES, 256))
    lanes = [f"trip {i}" for i, _ in enumerate(r.trips, 1)]
    boarded = [next(seat[0] for seat in r.passengers if seat[3] == i) for i, _ in enumerate(r.trips)]
    return (
        ins.timeline(
            lanes,
            [ins.Bar(lane, first, start, "waits") for lane, first, (start, _, _) in zip(lanes, boarded, r.trips)]
            + [ins.Bar(lane, start, end, "rides", "ink:solid") for lane, (start, end, _) in zip(lanes, r.trips)],
            events=[ins.Event(lanes[trip], at, late) for at, _, _, trip, late in r.passengers], idle=False, key=(("other", "waits"), ("ink:solid", "rides")),
            title=f"{lk.show(r, 'late_share')} of the photos are late; crosses are the late ones among the first six trips",
        ),
        ins.curve(
            [ins.Series("p95", list(zip(sizes.batches, sizes.p95_s)), dots=True)],
            x_name="Photos per trip", x_unit="1", y_name="Latency, p95", y_unit="s", x_log=True, y_log=True,
            you=(r.batch, r.p95_s), y_limit=(r.deadline_s, "deadline"), title=f"At {fmt(r.arrivals_per_s, 'photos/s')} in trips of {r.batch}, 95 % take at most {lk.show(r, 'p95_s')}",
        ),
        ins.curve(
            [ins.Series("nothing overlaps", list(zip(sizes.batches, sizes.trip_s))), ins.Series("all overlaps", list(zip(sizes.batches, sizes.overlapped_s)))],
            x_name="Photos per trip", x_unit="1", y_name="One trip", y_unit="s", x_log=True, y_log=True,
            you=(r.batch, r.trip_s), prediction=(32, to_si(said.value, "ms")),
            band=(list(zip(sizes.batches, sizes.overlapped_s)), list(zip(sizes.batches, sizes.trip_s)), ""), published=[(b, s, "") for b, s in sizes.measured],
            title=f"A trip of {r.batch} takes {lk.show(r, 'overlapped_s')} to {lk.show(r, 'trip_s')} by the law; crosses are NVIDIA’s measurements",
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, full_bus, c, log())
    return


@app.cell
def _(lab):
    d = lk.panel_for(lab, bird_station)
    return (d,)


@app.cell
def _(d, lab, log):
    lk.decide(lab, bird_station, d, log())
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
    lk.export(lab, log_inputs, log(), show_entry=True)
    return


if __name__ == "__main__":
    app.run()
