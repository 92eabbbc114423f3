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
    app_title="What a hall can hold", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import machine_choice, machine_hall, own_or_rent, roofline
    from mlsysim.units import fmt

    CHIPS = {name: title for name, (title, _) in machine_choice.CHIPS.items()}
    WORK = ((0.25, "rows"), (1.0, "decoding"), (32.0, "32 at once"), (100.0, "images"), (600.0, "training"))
    UNIT = {"rate": "FLOP/s", "watt": "FLOP/s/W", "dollar": "FLOP/s/$"}
    FOURTHS = {"15": 0.15, "35": 0.35, "50": 0.5, "75": 0.75, "90": 0.9}


@app.function
@lk.experiment(
    "A",
    "What does a watt of each chip do?",
    scenario="A chip takes power from the hall by its rating, whether it is busy or not. An A100 is rated 400 W, computes 312 TFLOP/s (16 bit) and reads 2.04 TB/s; an H100 700 W, 989 TFLOP/s and 3.35 TB/s. "
    "How much of that a program can use depends on its arithmetic intensity: operations for each byte that it reads.",
    controls=dict(
        intensity=lk.log_slider("Arithmetic intensity", 0.1, 1000, default=1, per_decade=20, unit="FLOP/B"),
        worth=lk.choice("Compare by", {"rate": "rate", "watt": "rate a watt", "dollar": "rate a dollar"}, default="watt"),
        chip=lk.choice("Your chip", CHIPS, default="h100"),
        other=lk.choice("Compare with", CHIPS, default="a100", more=True),
        price_share=lk.slider("Price of your chip, of the list", 0.5, 1.5, step=0.05, default=1.0, unit="share", more=True),
    ),
    predict=lk.predict_number("Decoding one sequence does about 1 FLOP for each byte. For each rated watt, how many times as many tokens a second does an H100 give as an A100?", "ratio", low=0.2, high=10, unit="×", log=True),
    idea=lambda r: f"At {lk.show(r, 'intensity_flop_per_byte')} the {r.chip} runs at bandwidth × intensity and uses {lk.show(r, 'peak_share')} of its peak. It has {lk.show(r, 'bandwidth_ratio')} the bandwidth of the {r.other} and reserves "
    f"{lk.show(r, 'power_ratio')} the watts. Where both reach their peak, as in training, the same step is worth {lk.show(r, 'peak_ratio')}. Rated watts are what the hall must reserve; "
    "a chip that waits for memory draws less, so this says nothing about joules.",
    readouts=(("attainable_flop_per_s", "Attainable rate"), ("per_watt", "A rated watt"), ("per_dollar", "A dollar of price"), ("peak_share", "Share of the peak in use")),
    failures=(lk.failure("under 1 % of the peak you paid for", lambda r: r.peak_share < 0.01, "More intensity leads out: a larger batch reuses each byte.", lambda r: f"the {r.chip} uses {lk.show(r, 'peak_share')} of {lk.show(r, 'peak_flop_per_s')}"),),
    explain=lk.explain("Which line of your chip's datasheet would have to be better for a higher rate here?", {"peak": "arithmetic peak", "bandwidth": "memory bandwidth", "capacity": "memory capacity"}, lambda r: r.binding),
    terms=("data", "arithmetic"), binding=lambda r: "data" if r.binding == "bandwidth" else "arithmetic",
    instruments=lambda r, said: draw_chips(r, said),
)
def chips_ranked(intensity, worth, chip, other, price_share):
    """Chips at one arithmetic intensity, by rate, rate a watt or rate a dollar."""
    return machine_choice.rank(intensity, worth, chip, other, price_share)


@app.function
@lk.experiment(
    "B",
    "How many GPUs run in a hall of 20 MW?",
    scenario="The hall has 800 positions for racks; the air takes 20 kW from each. With air cooling every kilowatt of machines costs 1.5 kW at the meter (that factor is the PUE), and 12 % of the machines' power goes to network, storage and CPU servers. "
    "A server holds eight H100 of 700 W each and draws 10.2 kW. Caps, cooling limits and PUEs are illustrative.",
    controls=dict(
        cooling=lk.choice("Cooling", machine_hall.COOLING, default="air"),
        servers_per_rack=lk.slider("Servers a rack", 1, 8, step=1, default=1),
        cap_w=lk.slider("Power cap of a GPU", 350, 700, step=25, default=700, unit="W"),
        meter_w=lk.slider("Utility power", 5e6, 100e6, step=5e6, default=20e6, unit="W", more=True),
        racks=lk.slider("Rack positions", 100, 2000, step=50, default=800, more=True),
        other_share=lk.slider("Network, storage, CPU servers", 0.05, 0.25, step=0.01, default=0.12, unit="share", more=True),
    ),
    predict=lk.predict_number("20 MW at the meter, 800 positions, 20 kW of air a rack, eight GPUs in a server of 10.2 kW. How many GPUs run?", "gpus", low=1000, high=30000),
    idea=lambda r: f"The meter would feed {lk.show(r, 'gpus_by_power')}. But a rack may give off {lk.show(r, 'rack_limit_w')}, a server takes {lk.show(r, 'server_w')}, and two of them are just too hot. "
    f"So each rack stands half empty, and {lk.show(r, 'used_share')} of the meter is used. The tightest of three limits decides, and it need not be the meter.",
    readouts=(("gpus", "GPUs that run"), ("effective_flop_per_s", "Rate of the hall"), ("speed_share", "Speed under the cap"), ("rack_heat_w", "Heat of a rack"), ("used_share", "Of the meter in use")),
    failures=(lk.failure("thermal shutdown", lambda r: r.binding == "heat", "Fewer servers a rack, a lower cap or other cooling lead out.", lambda r: f"{lk.show(r, 'rack_heat_w')} into a rack that is cooled for {lk.show(r, 'rack_limit_w')}"),),
    explain=lk.explain("What binds here?", machine_hall.BINDING, lambda r: r.binding),
    terms=("arithmetic",),
    instruments=lambda r, said: draw_hall(r, said),
)
def hall_filled(cooling, servers_per_rack, cap_w, meter_w, racks, other_share):
    """Servers in a hall under its meter, its positions and its cooling."""
    return machine_hall.hall(cooling, servers_per_rack, cap_w, meter_w, racks, other_share)


@app.function
@lk.experiment(
    "C",
    "Which servers should hold the tables?",
    scenario="A recommender keeps a row of numbers for every user and item, and each request reads some rows at random places of these tables. A CPU server keeps 1.5 TB of them, reads 0.15 TB/s "
    "and costs $20,000. A server of eight H100 keeps 0.576 TB, reads 10.7 TB/s and costs $300,000. Rates of random reads and prices are illustrative.",
    controls=dict(
        table_bytes=lk.log_slider("Size of the tables", 1e11, 1e14, default=1e13, per_decade=10, unit="B"),
        requests_per_s=lk.log_slider("Requests", 1e4, 1e8, default=1e6, per_decade=10, unit="1/s"),
        row_bytes=lk.choice("Bytes of a row", (64, 128, 256, 512), default=512, unit="B"),
        rows=lk.steps("Rows a request reads", (10, 50, 200, 500, 1000, 2000, 5000), default=2000, more=True),
        cpu_price_usd=lk.slider("Price of a CPU server", 10_000, 40_000, step=5_000, default=20_000, unit="$", more=True),
        gpu_price_usd=lk.slider("Price of a GPU server", 150_000, 450_000, step=50_000, default=300_000, unit="$", more=True),
    ),
    predict=lk.predict_number("10 TB of tables; a million requests a second read 2,000 rows of 512 B each. What does a fleet of GPU servers cost, as a multiple of a fleet of CPU servers that does the same?", "cost_ratio", low=0.1, high=100, unit="×", log=True),
    idea=lambda r: f"Nobody multiplies here, so the FLOP/s do not matter. {lk.show(r, 'table_bytes')} take {r.gpu_servers} GPU servers to hold, and the rows that are read keep {lk.show(r, 'gpu_bandwidth_share')} of their "
    f"bandwidth busy. {r.cpu_servers} CPU servers hold the same and just read it fast enough. Tables are bound by capacity first, then by bandwidth.",
    readouts=(("cost_ratio", "GPU fleet against CPU fleet"), ("cpu_servers", "CPU servers"), ("gpu_servers", "GPU servers"), ("gpu_bandwidth_share", "GPU bandwidth in use")),
    failures=(lk.failure("GPUs bought as memory", lambda r: r.gpu_bandwidth_share < 0.05, "Smaller tables or more requests lead out.", lambda r: f"{r.gpu_servers} GPU servers use {lk.show(r, 'gpu_bandwidth_share')} of their bandwidth"),),
    explain=lk.explain("The requests double. What does the GPU fleet need?", {"nothing": "nothing", "more": "more servers, but fewer than twice as many", "twice": "twice the servers"}, lambda r: r.when_doubled),
    terms=("data",), binding=lambda r: "data",
    instruments=lambda r, said: draw_tables(r, said),
)
def tables_held(table_bytes, requests_per_s, row_bytes, rows, cpu_price_usd, gpu_price_usd):
    """CPU servers and GPU servers for the same tables and requests."""
    return machine_choice.table_fleet(table_bytes, requests_per_s, row_bytes, rows, cpu_price_usd, gpu_price_usd)


@app.function
@lk.experiment(
    "D",
    "How many GPUs should you own?",
    scenario="Language traffic rises by day, sleeps at weekends and bursts now and then. What you do not own you rent by the hour; what you own costs money busy or idle. "
    "The demand and every part of the owned hour are illustrative; rents are $2.50 (market), $4.92 (capacity block) and $12.29 (on demand).",
    controls=dict(
        owned_gpus=lk.slider("GPUs that you own", 0, 2800, step=20, default=0),
        rent_usd=lk.steps("Rent of a GPU-hour", (1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 4.92, 6.0, 8.0, 10.0, 12.29), default=2.5, unit="$"),
        electricity_usd=lk.slider("Electricity, a kWh", 0.04, 0.24, step=0.01, default=0.08, unit="$"),
        burst=lk.slider("Size of bursts", 0, 2, step=0.25, default=1, unit="×", more=True),
        price_usd=lk.slider("Price of a GPU with its share of a server", 20_000, 60_000, step=2_500, default=37_500, unit="$", more=True),
        life_years=lk.slider("Life of a server", 2, 8, step=1, default=4, unit="years", more=True),
        pue=lk.slider("PUE", 1.1, 1.6, step=0.05, default=1.3, more=True),
        operations_share=lk.slider("Operations a year, of the price", 0.02, 0.2, step=0.01, default=0.08, unit="share", more=True),
    ),
    predict=lk.predict_number("An hour of an owned GPU costs $1.81, busy or idle; a rented hour $2.50. Demand averages 1,000 GPUs and peaks at 2,657. How many should you own for the cheapest year?", "best_gpus", low=0, high=2800),
    idea=lambda r: f"The last GPU that you own must be busy {lk.show(r, 'break_even_share')} of the hours, {lk.show(r, 'owned_usd_per_h')} over {lk.show(r, 'rent_usd_per_h')}, to cost no more than renting. "
    f"GPU number {r.best_gpus:,} is the last one that is. Owning that many costs {lk.show(r, 'best_usd')} a year, renting everything {lk.show(r, 'rent_all_usd')}. Electricity is {lk.show(r, 'electricity_share')} of the owned hour.",
    readouts=(("cost_usd", "Cost of the year"), ("against_renting", "Against renting all"), ("utilisation_share", "Owned GPUs are busy"), ("owned_usd_per_h", "An owned GPU-hour"), ("electricity_share", "Electricity in it")),
    failures=(lk.failure("owning loses to renting", lambda r: r.cost_usd > r.rent_all_usd, "Own fewer, or wait for a higher rent.", lambda r: f"{lk.show(r, 'cost_usd')} a year, renting everything costs {lk.show(r, 'rent_all_usd')}"),),
    explain=lk.explain(
        "You own the cheapest number for these prices. About how many of the hours is the last of these GPUs busy?",
        {**{k: f"{k} %" for k in FOURTHS}, "none": "there is no such GPU: rent everything"}, lambda r: "none" if r.best_gpus == 0 else min(FOURTHS, key=lambda k: abs(FOURTHS[k] - r.last_busy_share)),
    ),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_year(r, said),
)
def year_of_demand(owned_gpus, rent_usd, electricity_usd, burst, price_usd, life_years, pue, operations_share):
    """A year of demand on owned and rented GPUs."""
    return own_or_rent.own_or_rent(owned_gpus, rent_usd, electricity_usd, burst, price_usd, life_years, pue, operations_share)


@app.function
@lk.decision(
    "A fleet for the spring",
    scenario="Deliver {wanted_flop_per_s} of H100 class all year. What the hall does not deliver is rented at $4.92 a GPU-hour. The budget is {cost_limit_usd} a year, and from spring on the utility grants {meter_limit_w} at the meter. "
    "Another cooling is paid for the whole hall, over ten years.",
    controls=dict(
        cooling=lk.choice("Cooling", machine_hall.COOLING, default="air"),
        servers_per_rack=lk.choice("Servers a rack", machine_hall.PLANS["servers_per_rack"], default=1),
        cap_w=lk.steps("Power cap of a GPU", machine_hall.PLANS["cap_w"], default=700, unit="W"),
        filled_share=lk.steps("Filled, of what would run", machine_hall.PLANS["filled_share"], default=1.0, unit="share"),
    ),
    given=lambda d: dict(wanted_flop_per_s=d.choice([8.5e18, 9e18, 9.5e18]), cost_limit_usd=d.choice([165e6, 170e6, 175e6]), meter_limit_w=d.choice([16.5e6, 18.5e6, 20e6])),
    given_units=dict(wanted_flop_per_s="FLOP/s", cost_limit_usd="$", meter_limit_w="W"),
    constraints=(lk.at_most("cost_usd", "cost_limit_usd", "cost a year"), lk.at_most("meter_peak_w", "meter_limit_w", "peak draw at the meter"), lk.at_most("rack_heat_share", 1.0, "rack heat, of what the cooling carries")),
    objective=("lowest", "cost_usd"), labels={"cost_usd": "cost a year"},
    readouts=(("gpus", "GPUs owned"), ("rented_gpus", "GPUs rented all year"), ("rent_usd", "Rent"), ("meter_peak_w", "Peak draw")),
    instruments=lambda r, given, now: draw_plan(r, given),
)
def spring_fleet(cooling, servers_per_rack, cap_w, filled_share, wanted_flop_per_s):
    """A year of the hall and of what is rented on top."""
    return machine_hall.hall_plan(cooling, servers_per_rack, cap_w, filled_share, wanted_flop_per_s)


@app.function
@lk.drill(
    "attainable",
    "A chip computes {peak_flop_per_s} and reads {bandwidth_bytes_per_s}. What rate does it attain at {intensity_flop_per_byte}?",
    draw=lambda d: dict(peak_flop_per_s=d.choice([65e12, 121e12, 312e12, 989e12, 2250e12]), bandwidth_bytes_per_s=d.choice([0.3e12, 0.9e12, 2.04e12, 3.35e12, 8e12]), intensity_flop_per_byte=d.choice([2, 20, 60, 150, 400, 800])),
    unit="TFLOP/s", tolerance=0.02, show=dict(peak_flop_per_s="FLOP/s", bandwidth_bytes_per_s="B/s", intensity_flop_per_byte="FLOP/B"),
)
def attained(peak_flop_per_s, bandwidth_bytes_per_s, intensity_flop_per_byte):
    """The roof at an intensity."""
    return roofline.attainable(intensity_flop_per_byte, peak_flop_per_s, bandwidth_bytes_per_s)


@app.function
@lk.drill(
    "meter",
    "A hall has {meter_w} at the meter and a PUE of {pue}; 12 % of the machines' power goes to network, storage and CPU servers. How many GPUs can run in servers of eight that draw 10.2 kW, if racks are no limit?",
    draw=lambda d: dict(meter_w=d.integer(5, 60) * 1e6, pue=d.number(1.1, 1.6, step=0.05)), tolerance=0.01, show=dict(meter_w="W"),
)
def fed(meter_w, pue):
    """GPUs that a meter feeds."""
    return machine_hall.gpus_on_meter(meter_w, pue)


@app.function
@lk.drill(
    "break-even",
    "An owned GPU-hour costs {owned_usd} busy or idle, a rented one {rent_usd}. How busy must an owned GPU be to pay for itself?",
    draw=lambda d: dict(owned_usd=d.number(1.5, 2.45, step=0.05), rent_usd=d.number(2.5, 12.5, step=0.25)), unit="%", tolerance=0.02, show=dict(owned_usd="$", rent_usd="$"),
)
def busy_enough(owned_usd, rent_usd):
    """Busy hours that pay for an owned GPU."""
    return own_or_rent.break_even_share(owned_usd, rent_usd)


@app.cell
async def _():
    parts = [chips_ranked, hall_filled, tables_held, year_of_demand, spring_fleet]
    lab = await lk.open_lab("lab_02_compute_infra", parts, [attained, fed, busy_enough], __file__)
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
        ("Rank accelerators for a workload by performance a watt and a dollar, from its arithmetic intensity.",
         "Find which of utility power, rack cooling and rack positions limits a hall.",
         "Derive how much to own and how much to rent from a load-duration curve."),
        "A company that recommends and talks owns an air-cooled hall of 20 MW, built for racks of 20 kW. By spring you must deliver about 9 EFLOP/s of H100 class, some 9,000 GPUs. "
        "The facility engineer says “power is not your problem”, the finance lead “electricity will eat us”, an architect “put everything on GPUs”.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, d, drill_inputs, e, log_inputs


@app.cell
def _(a, lab, log):
    lk.predict(lab, chips_ranked, a, log())


@app.function
def draw_chips(r, said):
    """How much more than the other chip each does over the intensity, and all chips in order where the student stands."""
    unit, worth = UNIT[r.worth], machine_choice.WORTH[r.worth]
    shown = [x for x in r.lines if x[1] == r.chip] + [x for x in r.lines if x[1] == r.other != r.chip] + [x for x in r.lines if x[0] in ("l4", "h200", "b200") and x[1] not in (r.chip, r.other)]
    style = {r.other: ("ink", "dash"), r.chip: ("control", "solid")}
    return (
        ins.curve(
            [ins.Series(title, points, *style.get(title, ("", ""))) for _, title, points in shown],
            title=f"{r.chip} against {r.other}: {lk.show(r, 'ratio')} at {lk.show(r, 'intensity_flop_per_byte')}, {lk.show(r, 'peak_ratio')} where both reach their peak",
            x_name="Arithmetic intensity, FLOP/B", x_unit="1", y_name=f"{worth.capitalize()}, {r.other} = 1", y_unit="×", x_log=True, y_zero=True,
            you=(r.intensity_flop_per_byte, r.ratio), flags=WORK, prediction=(1.0, said.value) if (r.worth, r.other) == ("watt", "A100") else None, prediction_label=f"you said {lk.said(said)}",
        ),
        ins.bars_from_zero(
            [(f"{title} (yours)" if title == r.chip else title, value, fmt(value, unit)) for _, title, value in r.values],
            title=f"{r.best} is first; the {r.chip} is number {r.rank} of {len(r.values)}", quantity=worth.capitalize(), unit=unit, ordered=True,
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, chips_ranked, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, hall_filled, b, log())


@app.function
def draw_hall(r, said):
    """The three limits in GPUs, the map of caps and servers a rack, and where the meter's power goes."""
    rows = machine_hall.hall_map(r.cooling, r.meter_w, r.racks, r.other_share)
    top = machine_hall.best_of(rows)
    title = {"power": "The meter is the tightest", "positions": "The rack positions are the tightest", "heat": "The racks are too hot"}[r.binding]
    return (
        ins.bars_from_zero(
            [("the meter feeds", r.gpus_by_power, f"{r.gpus_by_power:,}"), (f"the positions hold, {r.servers_per_rack} a rack", r.gpus_by_racks, f"{r.gpus_by_racks:,}"),
             ("the racks’ cooling carries at most", r.gpus_by_cooling, f"{r.gpus_by_cooling:,}")],
            title=f"{title}: {r.gpus:,} GPUs run", quantity="GPUs", unit="1", most=30_000, prediction=said.value,
        ),
        ins.phase_map(
            [f"{k}" for k in machine_hall.SERVERS], [f"{row[0].cap_w} W" for row in rows], title=f"Rate in EFLOP/s, cooling by {machine_hall.COOLING[r.cooling]}: at most {lk.show(top, 'effective_flop_per_s')}",
            x_name="Servers a rack", y_name="Cap of a GPU", value_name="EFLOP/s", values=machine_hall.exaflops(rows), best="max",
            void={(i, j): "hot" for j, row in enumerate(rows) for i, h in enumerate(row) if h.binding == "heat"},
            you=(r.servers_per_rack - 1, machine_hall.CAPS_W[::-1].index(r.cap_w)),
        ),
        ins.memory_stack(
            [("at the meter", [(part, watts, style) for (part, watts), style in zip(r.parts[:-1], ("arithmetic:hatch", "data:solid", "muted:solid", "overhead:dots"), strict=True)])],
            title=f"{lk.show(r, 'used_share')} of the meter is in use", capacity=(r.meter_w, "the meter"), unit="W", quantity="Power",
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, hall_filled, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, tables_held, c, log())


@app.function
def draw_tables(r, said):
    """Which fleet is cheaper over size and requests, and what the two cost."""
    sizes, rates, words = machine_choice.table_map(r.request_bytes, r.cpu_price_usd, r.gpu_price_usd)
    return (
        ins.region_map(
            sizes, rates, words, title=f"{r.cheaper} servers are cheaper here: the GPU fleet costs {lk.show(r, 'cost_ratio')} the CPU fleet", x_name="Size of the tables", x_unit="B", y_name="Requests a second", y_unit="1/s",
            regions={"CPU capacity": ("CPU, for their memory", "data:solid"), "CPU bandwidth": ("CPU, for their bandwidth", "data:hatch"),
                     "GPU capacity": ("GPU, memory", "arithmetic:solid"), "GPU bandwidth": ("GPU, bandwidth", "arithmetic:hatch")},
            you=(r.table_bytes, r.requests_per_s), you_label="you",
        ),
        ins.bars_from_zero(
            [(f"CPU servers: {r.cpu_servers:,}, set by {r.cpu_binding}", r.cpu_cost_usd, lk.show(r, "cpu_cost_usd")),
             (f"GPU servers: {r.gpu_servers:,}, set by {r.gpu_binding}", r.gpu_cost_usd, lk.show(r, "gpu_cost_usd"))],
            title=f"{lk.show(r, 'gpu_bandwidth_share')} of the GPUs’ bandwidth is in use", quantity="Cost of the servers", unit="$", most=1.2 * max(r.cpu_cost_usd, r.gpu_cost_usd), prediction=r.cpu_cost_usd * said.value,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, tables_held, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, year_of_demand, d, log())


@app.function
def draw_year(r, said):
    """The hours by falling demand with what is owned, the cost of every number, and what moves the owned hour."""
    over = [(x, demand) for x, demand in r.duration if demand >= r.owned_gpus]
    worst = max(r.changes, key=lambda c: max(c[1:]))
    current = {name: (less, more) for name, less, more in r.changes}
    return (
        ins.curve(
            [ins.Series("", r.duration), ins.Series(f"you own {r.owned_gpus:,}", [(0.0, r.owned_gpus), (1.0, r.owned_gpus)], "control", "solid")],
            title=f"One more owned GPU would be busy {lk.show(r, 'own_last_share')} of the hours; it pays from {lk.show(r, 'break_even_share')}", x_name="Hours, highest demand first", x_unit="share", y_name="GPUs in demand", y_unit="1", y_zero=True,
            band=([(x, r.owned_gpus) for x, _ in over], over, "rented") if len(over) > 1 else None, flags=((min(1.0, r.break_even_share), "an owned GPU pays"),), prediction=said.value,
        ),
        ins.curve(
            [ins.Series("", r.costs), ins.Series("rent everything", [(0, r.rent_all_usd), (r.costs[-1][0], r.rent_all_usd)], "muted", "dash")],
            title=f"{r.best_gpus:,} owned GPUs are the cheapest: {lk.show(r, 'best_usd')} a year", x_name="GPUs owned", x_unit="1", y_name="Cost of the year", y_unit="$", y_zero=True,
            you=(r.owned_gpus, r.cost_usd), height=170.0,
        ),
        ins.bars_from_zero(
            [(name, max(pair), f"×0.5: {fmt(pair[0], 'share')}, ×1.5: {fmt(pair[1], 'share')}") for name, pair in current.items()],
            title=f"The {worst[0]} moves the owned hour most; electricity at 1.5 times its price adds {fmt(current['electricity'][1], 'share')}", quantity="Added to an owned GPU-hour", ordered=True,
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, year_of_demand, d, log())


@app.function
def draw_plan(r, given):
    """The plan among those with one choice changed, and what its year costs."""
    costs = [("servers, network, operations", r.servers_usd), ("electricity", r.electricity_usd), ("other cooling", r.retrofit_usd), ("rent", r.rent_usd)]
    near = [(name, p) for name, p in machine_hall.plans_near(r) if p.rack_heat_share <= 1 or name == "yours"]
    return (
        ins.pareto(
            [ins.Design(name, p.meter_peak_w, p.cost_usd, p.rack_heat_share <= 1 and p.cost_usd <= given["cost_limit_usd"] and p.meter_peak_w <= given["meter_limit_w"]) for name, p in near],
            title=f"Your plan: {lk.show(r, 'cost_usd')} a year, {lk.show(r, 'meter_peak_w')} at the meter, among plans with one choice changed", x_name="Peak draw", x_unit="W", y_name="Cost a year", y_unit="$",
            y_better="low", x_limit=(given["meter_limit_w"], "granted"), y_limit=(given["cost_limit_usd"], "budget"), you="yours",
        ),
        ins.memory_stack(
            [("a year", [c for c in costs if c[1]])], title=f"{r.gpus:,} owned and {r.rented_gpus:,.0f} rented GPUs", capacity=(given["cost_limit_usd"], "budget"), unit="$", quantity="Cost a year", you="a year",
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, spring_fleet, e, log())


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
