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
    app_title="The tail, the batch and the last replica",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import fan_out, queueing, routing, tensor_replica, token_requests
    from mlsysim.units import fmt

    SLOTS = [f"{n}" for n in range(1, 201)]
    FLEET_LIMITS = (
        lk.at_most("tpot_s", "tpot_limit_s", "time per token"), lk.at_most("gpus", "gpu_limit", "GPUs"), lk.at_least("unused_users", "least", "users that would still fit"),
        lk.at_most("load", "load_limit", "load"), lk.at_most("load_one_lost", "lost_limit", "load with one replica lost"),
    )


@app.function
@lk.experiment(
    "A",
    "What does a cache do to the slowest of a hundred requests?",
    scenario="The feed ranker gathers 500 feature rows, spread at random over 32 shards (machines that hold a part of the table each), asks them all at once and waits for the last. "
    "Then it runs a small model. A hedge sends a second request to a copy of a shard that has not answered by a set time, and takes whichever answer comes first.",
    controls=dict(
        hit_share=lk.choice("Rows that the cache answers", {h: fmt(h, "share") for h in fan_out.HIT_SHARES}, default=0.9),
        hedge_s=lk.choice("Hedge after", {0.0: "never", 0.0015: "1.5 ms", 0.0025: "2.5 ms", 0.004: "4.0 ms"}, default=0.0),
        shards=lk.choice("Shards", (1, 4, 8, 16, 32, 64, 128), default=32),
        rows=lk.slider("Rows of a request", 50, 2000, step=50, default=500, more=True), median_s=lk.slider("Median of one shard", 0.0002, 0.002, step=0.0001, default=0.0008, unit="s", more=True),
        shard_p99_s=lk.slider("p99 of one shard", 0.001, 0.02, step=0.0005, default=0.004, unit="s", more=True), rest_s=lk.slider("The model", 0, 0.008, step=0.0005, default=0.0025, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "500 feature rows on 32 shards. One shard answers within 0.8 ms half of the time and within 4 ms 99 times of 100; the model takes 2.5 ms. "
        "The p99 of the request is 11.0 ms. Now a cache answers 90 % of the rows. What is the new p99?",
        "p99_s", low=2, high=12, unit="ms"),
    idea=lambda r: f"A request waits for its slowest shard, and the {r.missed_rows:g} rows that miss the cache still ask {r.shards_asked:.1f} of the {r.shards} shards: p99 is {lk.show(r, 'p99_s')}. "
    f"A cache removes rows, and a shard only once it is asked for none. A hedge cuts the tail itself: sent after 2.5 ms, it gives {lk.show(fan_out.fan_out(0, 0.0025), 'p99_s')} "
    f"without any cache, for {lk.show(fan_out.fan_out(0, 0.0025), 'extra_share')} more requests.",
    readouts=(lk.at_most("p99_s", fan_out.LIMIT_S, "p99 of the request"), ("p50_s", "p50 of the request"), ("shards_asked", "Shards asked, mean"), ("fetch_p99_s", "p99 of the fetch"),
              ("any_slow_share", "Requests that meet a slow shard"), ("extra_share", "Extra requests by the hedge")),
    failures=(lk.failure("limit missed", lambda r: r.p99_s > fan_out.LIMIT_S, "A hedge, fewer shards, a cache that leaves shards alone or a shorter model lead out.", lambda r: f"p99 is {lk.show(r, 'p99_s')}, promised are 10 ms"),),
    explain=lk.explain(
        "What makes up most of the slowest requests here?",
        {"most shards": "the slowest of most shards: they are still asked", "few shards": "the slowest of a few shards: the cache spares the others", "misses": "misses are slower than hits",
         "model": "the model, not the fetch"}, lambda r: r.binds,
    ),
    terms=("overhead",), binding=lambda r: "arithmetic" if r.binds == "model" else "overhead", instruments=lambda r, said: draw_fan_out(r, said),
)
def ranking_request(hit_share, hedge_s, shards, rows, median_s, shard_p99_s, rest_s):
    """Tail of one request that fans out over shards."""
    return fan_out.fan_out(hit_share, hedge_s, shards, rows=rows, median_s=median_s, shard_p99_s=shard_p99_s, rest_s=rest_s)


@app.function
@lk.experiment(
    "B",
    "What does it change when a batch takes in newcomers?",
    scenario="200 requests arrive at a language model of 8 billion parameters on one H100. Prompts and answers are of any length: half of the answers are under 120 tokens, some have 1,000. "
    "A static batch starts together and ends when its last member does. Continuous batching admits whoever waits at every token, as soon as a slot is free. The trace is illustrative.",
    controls=dict(
        policy=lk.choice("Batching", {"static": "static", "continuous": "continuous"}, default="continuous"),
        slots=lk.choice("Batch limit, slots", (1, 4, 8, 16, 32, 64, 128), default=32),
        arrivals_per_s=lk.slider("Requests offered", 1, 40, step=1, default=20, unit="requests/s"),
        kv_bytes=lk.steps("Memory for keys and values", (2e9, 3e9, 4e9, 5e9, 6e9, 8e9, 10e9, 15e9, 20e9, 40e9), default=20e9, unit="B", more=True),
        allocation=lk.choice("Memory set aside (continuous)", {"paged": "for each request’s own length", "reserved": "for the longest answer"}, default="paged", more=True),
        wait_s=lk.slider("A static batch waits for more", 0, 2, step=0.1, default=0.1, unit="s", more=True), seed=lk.slider("Trace", 1, 50, step=1, default=12, more=True),
    ),
    predict=lk.predict_number(
        "Llama 3 8B on one H100, at most 32 requests in a batch, 20 requests a second offered. How many times as many tokens a second does continuous batching give as static batching?",
        "relative", low=0.5, high=10, unit="×", log=True),
    idea=lambda r: f"Same GPU, same batch limit: {lk.show(r, 'tokens_per_s')} against {lk.show(r, 'static_tokens_per_s')}. A step costs nearly the same whoever is in it. In a static batch most slots soon hold "
    f"members that have finished: on average {fmt(token_requests.serve_requests('static').occupied_slots, '1')} of 32 produce tokens. "
    f"Nor does batching always help those who wait: at 2 requests a second a static batch makes half of them wait {lk.show(token_requests.serve_requests('static', arrivals_per_s=2), 'ttft_p50_s')} or longer.",
    readouts=(("tokens_per_s", "Tokens a second"), ("relative", "Against static"), lk.at_most("ttft_p99_s", 10.0, "p99 to the first token"), ("ttft_p50_s", "p50 to the first token"),
              ("latency_p99_s", "p99 to the last token"), ("occupied_slots", "Slots that produce tokens, mean"), ("held_slots", "Slots of finished members, mean")),
    failures=(lk.failure("nobody waits that long", lambda r: r.ttft_p99_s > 10, "Continuous batching, more slots or fewer requests lead out.", lambda r: f"one of 100 waits {lk.show(r, 'ttft_p99_s')} or longer for a first token; the limit is 10 s"),),
    explain=lk.explain(
        "What limits the tokens a second here?",
        {"slots": "too few slots", "KV memory": "memory for keys and values", "arrivals": "the requests that come", "finished members": "slots that finished members hold"}, lambda r: r.binds),
    terms=("data", "overhead"), binding=lambda r: "data", instruments=lambda r, said: draw_batch(r, said),
)
def arriving_requests(policy, slots, arrivals_per_s, kv_bytes, allocation, wait_s, seed):
    """200 requests, step by step, under one batching policy and beside it the other."""
    return token_requests.serve_requests(policy, slots, arrivals_per_s, kv_bytes=kv_bytes, allocation=allocation, wait_s=wait_s, seed=seed)


@app.function
@lk.experiment(
    "C",
    "What do two more GPUs bring?",
    scenario="The assistant has 70 billion parameters and spans several GPUs: tensor parallelism cuts every matrix, and the GPUs sum their parts twice a layer (an all-reduce). "
    "Each conversation keeps its keys and values (KV cache) in memory. A step gives each user one token and reads all weights once for everybody.",
    controls=dict(
        gpus=lk.choice("GPUs of a replica", (1, 2, 4, 8), default=4),
        batch=lk.steps("Users answered at once", (1, 2, 4, 8, 16, 32, 64, 96, 109, 128, 192, 256, 323), default=1),
        context_tokens=lk.choice("Tokens a user keeps", (1024, 4096, 16384, 65536, 131072), default=4096),
        weights=lk.choice("Weights", {"bf16": "bf16, 2 bytes", "fp8": "fp8, 1 byte"}, default="bf16", more=True), speculation=lk.toggle("A small model drafts four tokens", more=True),
        acceptance=lk.slider("Drafted tokens accepted", 0.1, 0.95, step=0.05, default=0.7, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "Llama 3 70B in bf16, conversations of 4,096 tokens; 72 GB of each GPU are usable. Two GPUs hold two conversations. How many do four GPUs hold?",
        "users", low=1, high=1000, log=True),
    idea=lambda r: f"The weights, {lk.show(r, 'weights_bytes')}, are paid once; every further GPU is room for state: {r.users} conversations on four GPUs, {tensor_replica.users(8, 4096).users} on eight. "
    f"Speed grows by less than the GPUs. With two users, eight GPUs need {lk.show(tensor_replica.replica_step(8, 2), 'tpot_s')} a token, two need {lk.show(tensor_replica.replica_step(2, 2), 'tpot_s')}: "
    f"the all-reduces take {lk.show(tensor_replica.replica_step(8, 2), 'exchange_s')} on eight and shrink for nobody.",
    readouts=(("users", "Users that fit"), ("tpot_s", "Time per token"), ("weights_s", "Reading weights"), ("cache_s", "Reading KV"), ("compute_s", "Arithmetic"), ("exchange_s", "All-reduces"),
              ("tokens_per_s", "Tokens a second"), ("usd_per_million", "A million tokens"), ("speculation_gain", "Faster by drafting")),
    failures=(lk.failure("out of memory", lambda r: r.state == tensor_replica.FULL, "More GPUs, fp8 weights, fewer users or shorter conversations lead out. Times are given as if it fitted.", lambda r: f"{r.batch} users asked for, {r.users} fit beside {lk.show(r, 'weights_bytes')} of weights"),),
    explain=lk.explain(
        "What takes most of the time of a step?",
        {"weights": "reading the weights", "KV": "reading keys and values", "compute": "arithmetic", "all-reduce": "the all-reduces"}, lambda r: r.binds),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: {"weights": "data", "KV": "data", "compute": "arithmetic", "all-reduce": "overhead"}[r.binds], instruments=lambda r, said: draw_replica(r, said),
)
def replica(gpus, batch, context_tokens, weights, speculation, acceptance):
    """Room, time and price of a token on a group of GPUs."""
    return tensor_replica.replica_step(gpus, batch, context_tokens, weights=weights, speculation=speculation, acceptance=acceptance)


@app.function
@lk.experiment(
    "D",
    "What is an answer worth during a peak?",
    scenario="16 replicas, each with its own queue. An answer after 6 s is useless: the user has gone. A router picks the replica; power of two asks two at random and takes the one with fewer outstanding requests. "
    "An admission rule may refuse a request at once. The peak has 4,000 requests and lasts nearly four minutes; times and limits are illustrative.",
    controls=dict(
        router=lk.choice("Router", routing.ROUTERS, default="power of two"),
        load_share=lk.slider("Load", 0.5, 1.2, step=0.05, default=1.1, unit="share"),
        admission=lk.choice("Admission", {"none": "everybody", "limit the wait": "refuse who would wait over 4 s", "paid first": "the same, free users over 1 s"}, default="none"),
        cs2=lk.slider("Variability of the work, c²", 1, 8, step=0.5, default=4, more=True, help="variance over mean squared; 1 is exponential"),
        saving_share=lk.slider("Work saved when a session returns", 0, 0.8, step=0.1, default=0.5, unit="share", more=True, help="to the replica that holds its prompt; session routers only"),
        sessions=lk.steps("Sessions", (20, 50, 100, 200, 500, 1000, 2000), default=200, more=True, help="shared prompts, the first the most popular; session routers only"),
        paid_share=lk.slider("Paid requests", 0, 1, step=0.1, default=0.3, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "16 replicas, power of two choices, a service of 1 s on average. For nearly four minutes (4,000 requests) 110 % of what the fleet can serve arrives, and everybody is admitted. "
        "What share of the requests is answered within 6 s?",
        "in_time_share", low=0, high=100, unit="%"),
    idea=lambda r: f"Above 100 % the queues grow as long as the peak lasts, so soon everybody is served, and served too late. Refusing {lk.show(routing.route(admission='limit the wait'), 'refused_share')} "
    f"of the requests at once lifts the share in time to {lk.show(routing.route(admission='limit the wait'), 'in_time_share')}. Overload has no steady state: after four times as many requests, "
    f"only {lk.show(routing.route(requests=16_000), 'in_time_share')} would be in time.",
    readouts=(("in_time_share", "Answered in time"), ("paid_in_time_share", "Paid, in time"), ("free_in_time_share", "Free, in time"), ("refused_share", "Refused"), ("mean_s", "Mean response"),
              ("p99_s", "p99 of the answered"), ("central_wait_s", "Mean wait behind one queue, theory")),
    failures=(lk.failure("busy and useless", lambda r: r.state == routing.USELESS, "An admission rule, a better router or less load lead out.", lambda r: f"{lk.show(r, 'in_time_share')} of the requests are answered in time"),),
    explain=lk.explain(
        "Compare “paid first” with the plain limit at this load and router: who gets fewer answers in time (by more than one point)?",
        {"free": "free users", "paid": "paying users", "both": "both", "nobody": "nobody"}, lambda r: routing.who_pays(r)),
    terms=("overhead",), binding=lambda r: "overhead", instruments=lambda r, said: draw_peak(r, said), coach={"explore": "Set the load to 85 % and order the six routers by their mean response, before you try each."},
)
def peak(router, load_share, admission, cs2, saving_share, sessions, paid_share):
    """4,000 requests to 16 replicas."""
    return routing.route(router, load_share, admission, cs2=cs2, saving_share=saving_share, sessions=sessions, paid_share=paid_share)


@app.function
@lk.decision(
    "GPUs for the assistant",
    scenario="At peak {requests_per_s} come in, with 400 tokens of prompt and 300 of answer, and 4,096 tokens of state reserved for each. A token may take {tpot_limit_s}. "
    "Each replica is loaded to 80 % at most, and to 95 % on the day one of them is lost. There are {gpu_limit} GPUs. Weights stay in bf16.",
    controls=dict(
        gpus_per_replica=lk.choice("GPUs of a replica", (2, 4, 8), default=2),
        batch=lk.steps("Batch limit", (2, 4, 8, 16, 32, 64, 96, 128, 192, 256), default=2),
        replicas=lk.slider("Replicas", 1, 20, step=1, default=16),
    ),
    given=lambda d: dict(requests_per_s=d.choice([36, 38, 40, 42, 44]), tpot_limit_s=d.choice([0.024, 0.026, 0.028]), gpu_limit=d.choice([32, 34, 36]), load_limit=0.80, lost_limit=0.95, least=0), given_units=dict(requests_per_s="requests/s", tpot_limit_s="s", gpu_limit="1", load_limit="share", lost_limit="share", least="1"),
    constraints=FLEET_LIMITS, objective=("lowest", "gpus"), labels={"gpus": "number of GPUs"}, readouts=(("usd_per_million", "A million output tokens"), ("capacity_per_s", "Requests a replica can take")),
    instruments=lambda r, given, now: draw_fleets(r, given, now),
)
def assistant(gpus_per_replica, batch, replicas, requests_per_s):
    """Load and time per token of a fleet of replicas."""
    return tensor_replica.assistant_fleet(gpus_per_replica, batch, replicas, requests_per_s)


@app.function
@lk.drill(
    "any",
    "A request asks {shards} shards at once. Each answers within its target {within} of the time. How often does at least one miss the target?",
    draw=lambda d: dict(shards=d.choice([5, 10, 20, 40, 64, 100, 200]), within=d.choice([0.9, 0.95, 0.98, 0.99, 0.995, 0.999])), unit="%", tolerance=0.02, show=dict(within="share"),
)
def any_shard_slow(shards, within):
    """Share of requests that meet a slow shard."""
    return fan_out.any_slow_share(shards, within)


@app.function
@lk.drill(
    "users",
    "{gpus} GPUs with 72 GB each hold the 141.2 GB of weights of a model once; a token of state takes {token_bytes} bytes. How many users with {context_tokens} tokens each fit? (A whole number.)",
    draw=lambda d: dict(gpus=d.choice([2, 3, 4, 6, 8]), token_bytes=d.choice([81920, 163840, 327680]), context_tokens=d.choice([1000, 2000, 4000, 8000])), tolerance=0, show=dict(token_bytes="1", context_tokens="1"),
)
def users_that_fit(gpus, token_bytes, context_tokens):
    """Whole contexts beside the weights of Llama 3 70B."""
    return tensor_replica.users(gpus, context_tokens, token_bytes=token_bytes).users


@app.function
@lk.drill(
    "erlang",
    "{servers} replicas behind one queue, each {load} busy; a service takes 1 s on average, exponentially spread. How long is the mean wait? (Erlang C)",
    draw=lambda d: dict(servers=d.choice([4, 8, 12, 16, 24, 32]), load=d.number(0.7, 0.95, step=0.05)), unit="ms", show=dict(load="share"),
)
def central_wait(servers, load):
    """Mean wait of M/M/c with a service of 1 s."""
    return queueing.mmc(load * servers, 1.0, servers).wait_s


@app.function
def draw_fan_out(r, said):
    """Tails of a shard and of the request, shards asked by one request, p99 over the misses."""
    return (
        ins.curve(
            [ins.Series("one shard", r.shard_tail, spot=r.shard_tail[20]), ins.Series("the request", r.request_tail, "control", spot=r.request_tail[0])], title=f"One of 100 requests takes {lk.show(r, 'p99_s')} or longer; half take {lk.show(r, 'p50_s')} or less",
            x_name="Time", x_unit="s", y_name="Take longer", y_unit="share", x_log=True, y_log=True, x_limit=(fan_out.LIMIT_S, "promised"),
            you=(r.p99_s, 0.01), you_label=f"p99 {lk.show(r, 'p99_s')}", prediction=(lk.said_si(said), 0.01), prediction_label=f"you said {lk.said(said)}",
        ),
        ins.columns(
            [(f"shard {n}", (rows,)) for n, rows in enumerate(r.example, 1)], title=f"{r.missed_rows:g} rows miss the cache and fall on {r.shards_asked:.1f} of {r.shards} shards on average; here one request",
            parts=(("rows asked", "ink:solid"),), quantity="Rows asked", unit="1", path="Shard", height=90.0),
        ins.curve(
            [ins.Series("no hedge", [(m, p) for m, _, p in r.over_misses]), *([ins.Series("with your hedge", [(m, p) for m, p, _ in r.over_misses], "control")] if r.hedge_s else [])],
            title=f"With {fmt(r.hit_share, 'share')} of the rows cached, p99 is {lk.show(r, 'p99_s')}", x_name="Rows that miss the cache", x_unit="share", y_name="p99 of the request", y_unit="s",
            x_log=True, y_zero=True, you=(1 - r.hit_share, r.p99_s), y_limit=(fan_out.LIMIT_S, "promised"), height=180.0,
        ),
    )


@app.function
def draw_batch(r, said):
    """Slots over the first twenty seconds with the queue, and times to the first token."""
    lanes = SLOTS[: max(slot for slot, *_ in r.bars) + 1]
    bars = [ins.Bar(lanes[slot], start, end, "", "data:solid") for slot, start, end, _ in r.bars] + [ins.Bar(lanes[slot], end, free, "", "other") for slot, _, end, free in r.bars]
    return (
        ins.timeline(
            lanes, bars, title=f"{fmt(r.occupied_slots, '1')} of {r.slots} slots produce tokens on average: {lk.show(r, 'tokens_per_s')}, {lk.show(r, 'relative')} static (you said {lk.said(said)})",
            end=token_requests.SHOWN_S, key=(("data:solid", "answering"), ("other", "finished, held"), ("idle", "empty")), below=ins.Quantity("Requests that wait", r.waiting),
        ),
        ins.distribution(
            r.ttft_s, title=f"Half of the requests see a first token within {lk.show(r, 'ttft_p50_s')}, one of 100 waits {lk.show(r, 'ttft_p99_s')} or longer", quantity="Time to the first token",
            name=r.policy, percentiles=(50, 99), reference=(r.other_ttft_s, "continuous" if r.policy == "static" else "static"), limit=(10.0, "too long"),
        ),
    )


@app.function
def one(n, what):
    """A number of things: "1 user", "4 GPUs"."""
    return f"{n} {what}{'s' if n > 1 else ''}"


@app.function
def draw_replica(r, said):
    """Memory of the group, and price against time per token for every number of GPUs."""
    lines = [ins.Series(f" {one(gpus, 'GPU')}", [(s, usd) for s, usd, _ in points], dots=True, spot=points[-1][:2]) for gpus, points in r.frontier if points]
    guess = tensor_replica.replica_step(r.gpus, max(1, round(said.value)), r.context_tokens, weights=r.weights)
    stacks = [(one(s.batch, "user") + words, [("weights", s.weights_bytes), ("KV cache", s.cache_bytes, "edge:open")]) for s, words in ((r, ""), (guess, ", as you said for four"))]
    return (
        ins.memory_stack(stacks, title=f"{one(r.gpus, 'GPU')}: {one(r.users, 'user') if r.users else 'nobody'} with {r.context_tokens:,} tokens fit{'' if r.users > 1 else 's'}" + (f", {r.batch} do not" if r.state == tensor_replica.FULL and r.users else ""),
            capacity=(r.memory_bytes, f"usable on {r.gpus}"), you=stacks[0][0]),
        ins.curve(lines, title=f"{one(r.batch, 'user')} on {one(r.gpus, 'GPU')}: {lk.show(r, 'tpot_s')} a token, {lk.show(r, 'usd_per_million')} a million{' if it fitted' if r.state == tensor_replica.FULL else ''}. Lines end where memory does",
            x_name="Time per token", x_unit="s", y_name="A million tokens", y_unit="$", x_log=True, y_log=True, you=(r.tpot_s, r.usd_per_million)),
    )


@app.function
def draw_peak(r, said):
    """Response times beside the random router's, and the share in time while the peak lasts."""
    everybody, by_chance = routing.beside(r)
    lines = [ins.Series("your rule" if r.admission != "none" else "everybody admitted", r.over_time, "control")]
    return (
        ins.curve(
            lines + ([ins.Series("everybody admitted", everybody.over_time)] if r.admission != "none" else []),
            title=f"{lk.show(r, 'in_time_share')} of all requests are answered in time, {lk.show(r, 'refused_share')} are refused at once", x_name="Time since the peak began", x_unit="s",
            y_name="Answered in time", y_unit="share", y_zero=True, prediction=lk.said_si(said), prediction_label=f"you said {lk.said(said)} overall",
        ),
        ins.distribution(
            r.response_s, title=f"{r.router.capitalize()}: half of the answers within {lk.show(r, 'p50_s')}, one of 100 after {lk.show(r, 'p99_s')}", quantity="Response", name=r.router, percentiles=(50, 99), log=False,
            reference=(by_chance.response_s, "random router") if r.router != "random" else None, limit=(r.deadline_s, "useless"),
        ),
    )


@app.function
def draw_fleets(r, given, now):
    """The chosen fleet, and the smallest ones with its batch or its replica that hold the load."""
    near = [f for f in tensor_replica.small_fleets(r.requests_per_s, given["load_limit"], given["lost_limit"]) if f.batch == r.batch or f.gpus_per_replica == r.gpus_per_replica]
    found = {f"{f.replicas} × {f.gpus_per_replica}, batch {f.batch}": f for f in (*near, r)}
    return ins.pareto(
        [ins.Design(name, f.gpus, f.tpot_s, all(limit.holds(f, given) for limit in FLEET_LIMITS)) for name, f in found.items()], x_name="GPUs", x_unit="1", y_name="Time per token", y_unit="s", y_better="low", x_log=True,
        title=f"{r.gpus} GPUs: {lk.show(r, 'tpot_s')} a token, load {lk.show(r, 'load')}, {lk.show(r, 'load_one_lost')} with one replica lost",
        x_limit=(given["gpu_limit"], "GPUs there are"), y_limit=(given["tpot_limit_s"], "promised"), you=f"{r.replicas} × {r.gpus_per_replica}, batch {r.batch}",
    )


@app.cell
async def _():
    lab = await lk.open_lab("lab_08_inference", [ranking_request, arriving_requests, replica, peak, assistant], [any_shard_slow, users_that_fit, central_wait], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Compute the tail of a request that fans out, and choose between caching and hedging.",
         "Compare static and continuous batching by simulation, and size tensor parallelism by memory for state.",
         "Choose a router and an admission rule that keep answers useful under overload."),
        "One company serves a feed ranker, billions of requests a day at 10 ms each, and an assistant of 70 billion parameters, some 40 requests a second at peak. The ranker misses its limit by one millisecond. "
        "The assistant is slow and expensive, and useless during peaks. The serving lead may change software this week and add GPUs next quarter.",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, ranking_request, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, ranking_request, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, arriving_requests, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, arriving_requests, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, replica, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, replica, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, peak, d, log())


@app.cell
def _(d, lab, log):
    lk.explore(lab, peak, d, log())


@app.cell
def _(e, lab, log):
    lk.decide(lab, assistant, e, log())


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
