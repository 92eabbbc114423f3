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
    app_title="Waiting is the workload",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from labkit.units_shown import to_si
    from mlsysim import batching, catalog, inference_cards, kv_cache, queue_simulation, queueing, serving
    from mlsysim.units import fmt

    CARDS = [f"card {n}" for n in range(1, 6)]
    SLOTS = [f"{n}" for n in range(1, 65)]
    CARD_NAMES = {"t4": "T4", "v100": "V100"}


@app.function
@lk.experiment(
    "A",
    "How long does the slowest of a hundred requests take?",
    scenario="Search requests queue for one machine. Most are short; a few ask for a long scan and take many times as long. The machine is busy for a set share of the time, its load.",
    controls=dict(
        load=lk.slider("Load", 0.1, 1.05, step=0.05, default=0.8, unit="share"),
        long_factor=lk.slider("A long request takes", 1, 21, step=1, default=11, unit="×", help="as long as a short one of 10 ms"),
        long_share=lk.slider("Long requests", 0, 0.2, step=0.01, default=0.1, unit="share"),
        servers=lk.choice("Servers (same load each)", (1, 2, 4), default=1, more=True),
    ),
    predict=lk.predict_number(
        "Nine of ten requests take 10 ms, one of ten takes 110 ms: 20 ms on average. They arrive at random (Poisson) and keep one server 80 % busy, first come first served. "
        "What is the p99 latency, which 99 of 100 requests stay within?",
        "p99_s", low=10, high=10_000, unit="ms", log=True,
    ),
    idea=lambda r: f"The tail is time spent behind rare long requests, not the server’s own speed: half of the requests end within {lk.show(r, 'p50_s')}, one of a hundred takes {lk.show(r, 'p99_s')} or longer. "
    f"The run is one sample of {r.requests:,} requests: its mean is {lk.show(r, 'mean_s')}, theory (Pollaczek–Khinchine) says {lk.show(r, 'theory_mean_s')}. "
    f"An endless run has its p99 at {fmt(queueing.mg1_response_percentile_s(r.arrivals_per_s, ((r.short_s, 1 - r.long_share), (r.short_s * r.long_factor, r.long_share)), 0.99), 's')}.",
    readouts=(("p99_s", "p99 latency"), ("p50_s", "p50 latency"), ("mean_s", "Mean of the run"), ("theory_mean_s", "Mean by theory"), ("cs2", "Service variability c²")),
    failures=(
        lk.failure("queue grows without end", lambda r: r.state == queueing.UNSTABLE, "Less load leads out. Above 100 % every percentile grows with the length of the run.", lambda r: f"load {lk.show(r, 'load')}"),
    ),
    explain=lk.explain(
        "What cuts p99 most here?",
        {"less load": "10 % less load", "no long requests": "every request takes the same mean time", "pools joined": "two such pools behind one queue"},
        lambda r: queue_simulation.tail_remedies(r.load, r.long_factor, r.long_share, r.servers).best,
    ),
    terms=("overhead",),
    binding=lambda r: "overhead",
    instruments=lambda r, said: (
        ins.distribution(
            r.response_s, title=f"99 of 100 requests end within {lk.show(r, 'p99_s')}, half of them within {lk.show(r, 'p50_s')}", name="wait and service",
            reference=([next(t for t, share in r.service_points if share > n / 100) for n in range(100)], "service alone"),
            mark=(r.theory_mean_s, "mean by theory") if r.state == queueing.STABLE else None, prediction=to_si(said.value, said.unit),
        ),
        ins.curve(
            [ins.Series("", r.queue_steps[:2000], step=True)], title=f"At most {max(n for _, n in r.queue_steps[:2000])} requests wait at once here, early in the run",
            x_name="Time", x_unit="s", y_name="Requests waiting", y_unit="1", y_zero=True, height=120.0,
        ),
    ),
)
def waiting_line(load, long_factor, long_share, servers):
    """20,000 requests, short and long, first come first served."""
    return queue_simulation.two_point_queue(load, long_factor, long_share, servers)


@app.function
@lk.experiment(
    "B",
    "What do larger batches do to latency?",
    scenario="ResNet-50 classifies images on a T4. A batch takes 12.9 ms at the least, and a full card does 1,190 images a second. "
    "A free card takes whoever waits, up to the largest batch; it may also wait a little for more.",
    controls=dict(
        arrivals_per_s=lk.log_slider("Requests", 10, 1500, default=70, unit="requests/s"),
        max_batch=lk.steps("Largest batch", (1, 4, 8, 16, 32, 64, 256), default=1),
        wait_limit_s=lk.steps("Wait for more, at most", (0.0, 0.005, 0.010, 0.020, 0.050), default=0.0, unit="s"),
        card=lk.choice("Card", CARD_NAMES, default="t4", more=True),
        cards=lk.slider("Cards", 1, 5, step=1, default=1, more=True),
        precision=lk.choice("Precision", {"mixed": "mixed", "fp32": "fp32"}, default="mixed", more=True),
    ),
    predict=lk.predict_number(
        "One T4 serves ResNet-50 at 70 requests/s. Image by image, p99 is 309 ms. Now a free card takes up to 16 waiting images at once and never waits for more. By what factor does p99 improve? (Above 1 is better, below 1 is worse.)",
        low=0.1, high=100, unit="×", log=True,
        answer=lambda r: r.p99_s / batching.dynamic_batching(r.arrivals_per_s, 16).p99_s,
    ),
    idea=lambda r: "A batch of 16 takes {full_batch}, one image {floor}: almost the same. So batching removes the queue that single images build up, and p99 falls to {p99}.".format(
        full_batch=lk.show(batching.dynamic_batching(r.arrivals_per_s, 16), "full_batch_s"), floor=lk.show(r, "floor_s"), p99=lk.show(batching.dynamic_batching(r.arrivals_per_s, 16), "p99_s")
    ),
    readouts=(lk.at_most("p99_s", 0.1, "p99 latency"), ("p50_s", "p50 latency"), ("mean_batch", "Mean batch"), ("capacity_per_s", "Capacity")),
    failures=(lk.failure("deadline missed", lambda r: r.p99_s > 0.1, "A larger batch, another card or less load leads out.", lambda r: f"p99 is {lk.show(r, 'p99_s')}, promised are 100 ms"),),
    explain=lk.explain(
        "What takes most of p99?",
        {"queue": "the queue", "batch service time": "the service time of a batch", "wait limit": "the wait for more"},
        lambda r: r.binding,
    ),
    terms=("arithmetic", "overhead"),
    binding=lambda r: "arithmetic" if r.binding == "batch service time" and r.batch_s > r.floor_s else "overhead",
    instruments=lambda r, said: (
        latency_over_rate(r),
        ins.timeline(
            CARDS[: r.cards], [ins.Bar(CARDS[lane], start, end, f"{items}", "arithmetic:hatch") for start, end, lane, items in r.batches],
            title=f"The first half second: a batch holds {lk.show(r, 'mean_batch')} images on average over the whole run", end=0.5, key=(("arithmetic:hatch", "a batch, with its size"),),
        ),
    ),
)
def dynamic_batches(arrivals_per_s, max_batch, wait_limit_s, card, cards, precision):
    """6,000 requests in batches on equal cards."""
    return batching.dynamic_batching(arrivals_per_s, max_batch, wait_limit_s, card=card, cards=cards, precision=precision)


@app.function
@lk.experiment(
    "C",
    "How busy are the slots of a reading assistant?",
    scenario="A language model answers several prompts at once, each in a slot, one token a step. Every token in use also occupies memory: its keys and values (KV "
    "cache). A static batch starts together and ends together; continuous batching refills a slot as soon as it is free.",
    controls=dict(
        policy=lk.choice("Batching", ("static", "continuous"), default="static"),
        slots=lk.slider("Slots wanted", 1, 64, step=1, default=16),
        prompt_tokens=lk.choice("Tokens a prompt", (128, 512, 2048, 8192), default=512),
        allocation=lk.choice("KV memory", {"reserved": "reserved for the longest answer", "paged": "paged, as answers grow"}, default="reserved", more=True),
        weight_bits=lk.choice("Weights", {16: "16 bit", 8: "8 bit"}, default=16, more=True),
        gpu=lk.choice("GPU", {"l4": "L4, 24 GB", "a100_sxm_80gb": "A100, 80 GB", "h100_sxm": "H100, 80 GB"}, default="l4", more=True),
    ),
    predict=lk.predict_number(
        "Llama 3 8B answers 96 queued prompts on an L4, in static batches of 16. Answers have 1–1,000 tokens, 184 on average. What share of the slot-steps produces a token that someone wants?",
        "slot_use", low=0, high=100, unit="%",
    ),
    idea=lambda r: "A static batch holds every slot until its longest answer ends: {} of the slot-steps count, at {}. Refilling each slot at once lifts that to {}, at {}. "
    "Each step reads all weights whoever is in it; the KV cache caps the slots.".format(
        lk.show(r, "slot_use"), fmt(r.tokens_per_s, "tokens/s"), lk.show(serving.serve_slots("continuous"), "slot_use"), fmt(serving.serve_slots("continuous").tokens_per_s, "tokens/s")
    )
    + " Illustrative here: 0.9 of the memory is usable, prompts reach half of peak, a step costs 2 ms extra.",
    readouts=(("tokens_per_s", "Tokens a second"), ("slot_use", "Slot use"), ("slots_possible", "Slots possible"), ("kv_peak_share", "KV room in use at the peak"), ("token_time_s", "Time of a step")),
    failures=(
        lk.failure("KV cache full", lambda r: r.slots_possible < r.slots_wanted, "Paged memory, shorter prompts, 8-bit weights or a bigger card lead out.",
                   lambda r: f"{r.slots_possible} slots possible, {r.slots_wanted} wanted"),
    ),
    explain=lk.explain(
        "Which limits the tokens a second?",
        {"idle slots": "idle slots", "KV capacity": "room for the KV cache", "weight reading": "reading the weights"},
        lambda r: r.limit,
    ),
    terms=("data", "overhead"),
    binding=lambda r: "",
    instruments=lambda r, said: (
        ins.timeline(
            SLOTS[: min(r.slots_wanted, r.slots_possible)], [ins.Bar(SLOTS[slot], start, end, f"{tokens}", "data:solid") for start, end, slot, tokens in r.bars],
            title=f"{lk.show(r, 'slot_use')} of the slot-steps produce a wanted token (you said {fmt(said.value, said.unit)}); {fmt(r.tokens_per_s, 'tokens/s')}",
            unit="1", quantity_x="Decode step", key=(("data:solid", "an answer"), ("idle", "idle slot")),
            below=ins.Quantity("KV cache held", r.kv_timeline, "B", step=False, limit=(r.room_bytes, "room")),
        ),
        ins.memory_stack(
            [("set aside", [("weights", r.weights_bytes), ("KV cache", r.kv_claimed_bytes, "edge:open")]), ("held at the peak", [("weights", r.weights_bytes), ("KV cache", r.kv_peak_bytes, "edge:open")])],
            title=f"Tokens hold {lk.show(r, 'kv_peak_bytes')} at the peak; {lk.show(r, 'kv_claimed_bytes')} were set aside for them", capacity=(r.memory_bytes, f"{r.gpu}"),
        ),
    ),
)
def slots_and_answers(policy, slots, prompt_tokens, allocation, weight_bits, gpu):
    """96 queued prompts, slot by slot."""
    return serving.serve_slots(policy, slots, prompt_tokens, allocation=allocation, weight_bits=weight_bits, gpu=gpu)


@app.function
@lk.decision(
    "Cards for the image search",
    scenario="At peak {arrivals_per_s} come in. The service lead promises p99 within {p99_limit_s}, and within {lost_limit_s} on the day one card dies, for at most "
    "{cost_limit_usd} an hour, in a server with room for {slots} cards. The list prices are of 2024; a single card has nothing left when it dies.",
    controls=dict(
        card=lk.choice("Card", {"t4": "T4, $0.35 an hour", "v100": "V100, $2.48 an hour"}, default="t4"),
        cards=lk.slider("Cards", 1, 5, step=1, default=2),
        max_batch=lk.steps("Largest batch", (1, 4, 8, 16, 32, 64, 256), default=16),
        wait_limit_s=lk.steps("Wait for more, at most", (0.0, 0.005, 0.010, 0.020, 0.050), default=0.0, unit="s", more=True),
        precision=lk.choice("Precision", {"mixed": "mixed", "fp32": "fp32"}, default="mixed", more=True),
    ),
    given=lambda d: dict(arrivals_per_s=d.integer(1400, 1700), p99_limit_s=d.number(0.035, 0.045, step=0.001), lost_limit_s=0.1, cost_limit_usd=5.2, slots=d.choice([2, 3, 4])),
    given_units=dict(arrivals_per_s="requests/s", p99_limit_s="s", lost_limit_s="s", cost_limit_usd="$", slots="1"),
    constraints=(
        lk.at_most("p99_s", "p99_limit_s", "p99 latency"),
        lk.at_most("one_lost_p99_s", "lost_limit_s", "p99 with one card lost"),
        lk.at_most("cost_usd_per_h", "cost_limit_usd", "cost an hour"),
        lk.at_most("cards", "slots", "cards in the server"),
    ),
    objective=("lowest", "cost_usd_per_h"),
    labels={"cost_usd_per_h": "cost an hour"},
    instruments=lambda r, given, now: ins.pareto(
        fleets(given, now), title=f"{r.cards} × {r.card}: p99 {lk.show(r, 'p99_s')} with all cards, {lk.show(r, 'one_lost_p99_s')} with one lost",
        x_name="Cost an hour", x_unit="$", y_name="p99 with one card lost", y_unit="s", y_better="low", x_log=True, y_log=True,
        x_limit=(given["cost_limit_usd"], "budget"), y_limit=(given["lost_limit_s"], "promised"), you=f"{now['cards']} × {CARD_NAMES[now['card']]}",
    ),
)
def image_search(card, cards, max_batch, wait_limit_s, precision, arrivals_per_s):
    """A good day, the day one card dies, and the bill."""
    return batching.fleet(arrivals_per_s, card=card, cards=cards, max_batch=max_batch, wait_limit_s=wait_limit_s, precision=precision)


@app.function
@lk.drill(
    "wait",
    "One server is {load} busy; a service takes {service_s} on average, with c² = {cs2} (variance over mean squared). Arrivals are Poisson. How long is the mean wait?",
    draw=lambda d: dict(load=d.number(0.5, 0.95, step=0.05), service_s=d.choice([0.005, 0.01, 0.02, 0.05]), cs2=d.choice([0.25, 1.0, 2.25, 4.0])),
    unit="ms", show=dict(load="share", service_s="s", cs2="1"),
)
def mean_wait(load, service_s, cs2):
    """Mean wait of M/G/1."""
    return queueing.mg1_wait_s(load, service_s, cs2)


@app.function
@lk.drill(
    "capacity",
    "A card needs {floor_s} for any batch, and does at most {rate_per_s} when it is full. Which rate of requests can it just sustain in batches of {batch}?",
    draw=lambda d: dict(floor_s=d.choice([0.008, 0.010, 0.0125, 0.016]), rate_per_s=d.choice([400, 800, 1200, 2400, 3400]), batch=d.choice([2, 4, 8, 16, 32])),
    unit="requests/s", show=dict(floor_s="s", rate_per_s="images/s", batch="1"),
)
def stable_rate(floor_s, rate_per_s, batch):
    """Items a second of a card that always serves this batch."""
    return inference_cards.InferenceCard("drill", "drill", "mixed", floor_s, rate_per_s, 0.0).capacity_per_s(batch)


@app.function
@lk.drill(
    "users",
    "A card has {memory_bytes}, of which 90 % are usable. It holds 8.03 billion weights of {weight_bytes} B each; a token of context takes 131,072 B. "
    "How many users with {context_tokens} tokens each fit? (A whole number.)",
    draw=lambda d: dict(memory_bytes=d.choice([24e9, 40e9, 48e9, 80e9]), weight_bytes=d.choice([1, 2]), context_tokens=d.choice([2048, 4096, 8192, 16384, 32768])),
    tolerance=0, show=dict(memory_bytes="B", weight_bytes="1", context_tokens="1"),
)
def users_that_fit(memory_bytes, weight_bytes, context_tokens):
    """Whole contexts beside the weights of Llama 3 8B."""
    model = catalog.model("llama3_8b")
    return kv_cache.kv_capacity(
        memory_bytes=memory_bytes, weights_bytes=model.weights_at(weight_bytes), token_bytes=kv_cache.kv_token(model).token_bytes, context_tokens=context_tokens
    ).users


@app.function
def fleets(given, now):
    """Two to five cards of either kind under the policy chosen now, as designs."""
    found = []
    for card in CARD_NAMES:
        for cards in (2, 3, 4, 5):
            fleet = batching.fleet(given["arrivals_per_s"], **{**now, "card": card, "cards": cards})
            fits = cards <= given["slots"] and fleet.p99_s <= given["p99_limit_s"] and fleet.one_lost_p99_s <= given["lost_limit_s"] and fleet.cost_usd_per_h <= given["cost_limit_usd"]
            found.append(ins.Design(f"{cards} × {CARD_NAMES[card]}", fleet.cost_usd_per_h, fleet.one_lost_p99_s, fits))
    return found


@app.function
def latency_over_rate(r):
    """p50 and p99 of the chosen policy over the rate of requests."""
    card = inference_cards.InferenceCard(r.card, r.card, r.precision, r.floor_s, r.rate_per_s, 0.0)
    found = batching.latency_curve(r.max_batch, r.wait_limit_s, card=card, cards=r.cards, precision=r.precision)
    return ins.curve(
        [
            ins.Series(name, tuple(sorted([*zip(found.rates_per_s, times), (r.arrivals_per_s, own)])))
            for name, times, own in (("p99", found.p99_s, r.p99_s), ("p50", found.p50_s, r.p50_s))
        ],
        title=f"At {fmt(r.arrivals_per_s, 'requests/s')} p99 is {lk.show(r, 'p99_s')}; this policy sustains {fmt(r.capacity_per_s, 'requests/s')}",
        x_name="Requests", x_unit="requests/s", y_name="Latency", y_unit="s", x_log=True, y_log=True, you=(r.arrivals_per_s, r.p99_s), y_limit=(0.1, "promised p99"),
        x_limit=(found.capacity_per_s, "capacity") if found.capacity_per_s < batching.FASTEST_RATE else None,
    )


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_13_model_serving", [waiting_line, dynamic_batches, slots_and_answers, image_search], [mean_wait, stable_rate, users_that_fit], __file__
    )
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
        ("Predict tail latency from load and service variability, and check it against theory.",
         "Choose a dynamic batching policy, and explain what it does to latency at a given rate.",
         "Compute how many conversations fit a GPU, and how much a batching policy wastes."),
        "A city library opens two services: image search, with 1,400–1,700 requests a second at peak, and a reading assistant. "
        "The service lead promises that 99 of 100 searches end within 35–45 ms, and wants a promise for the day one card dies as well. How many cards, and what does the scheduler do?",
    )
    return


@app.cell
def _(lab):
    a = lk.panel_for(lab, waiting_line)
    return (a,)


@app.cell
def _(a, lab, log):
    lk.predict(lab, waiting_line, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, waiting_line, a, log())
    return


@app.cell
def _(lab):
    b = lk.panel_for(lab, dynamic_batches)
    return (b,)


@app.cell
def _(b, lab, log):
    lk.predict(lab, dynamic_batches, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, dynamic_batches, b, log())
    return


@app.cell
def _(lab):
    c = lk.panel_for(lab, slots_and_answers)
    return (c,)


@app.cell
def _(c, lab, log):
    lk.predict(lab, slots_and_answers, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, slots_and_answers, c, log())
    return


@app.cell
def _(lab):
    d = lk.panel_for(lab, image_search)
    return (d,)


@app.cell
def _(d, lab, log):
    lk.decide(lab, image_search, d, log())
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
