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
    app_title="Three customers, one store", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import checkpoint_pile, embedding_tiers, fleet_cache, store_design, store_feed
    from mlsysim.units import fmt

    STORES = {"object_store": "object store", "parallel_file_system": "parallel file system", "node_nvme": "local NVMe"}
    FLEETS = {"deployed": "as the customer runs it", 1: "1", 8: "8", 64: "64", 512: "512", 2048: "2,048"}
    EVICTIONS = {"lru": "least recently used leaves (LRU)", "fifo": "oldest leaves", "never": "nothing ever leaves"}
    LOOKUPS = {"own": "on its own drives", "all": "on the drives of all nodes"}
    ORDERS = {"reshuffled": "dealt out anew, in a new order", "fixed shares": "fixed shares, each in a new order", "same order": "dealt out in the same order", "with replacement": "drawn with replacement"}
    RULES = {"all": "all", "last 3": "the last three", "grandfather": "grandfather"}
    MODES = {"full": "full", "8-bit": "8 bits: 0.32 of the bytes", "difference": "difference to the day’s first: 0.12"}
    INTERVALS = {m: f"{m} min" for m in checkpoint_pile.INTERVALS_MIN}
    CUSTOMERS = {"llm_405b": "LLM, 405B: 5.68 TB", "llm_8b": "LLM, 8B: 112 GB", "recommender": "recommender: 12 TB"}
    SIZES = {108e3: "108 kB: one image", 1e6: "1 MB", 4e6: "4 MB", 64e6: "64 MB"}
    SHARES = {0.0: "no cache", 0.25: "25 %", 0.5: "50 %", 0.8: "80 %"}
    LIMITS = (
        lk.at_most("idle_share", "idle_limit", "GPUs idle"), lk.at_most("cost_usd", "cost_limit_usd", "cost a month"),
        lk.at_most("interval_s", "interval_limit_s", "between checkpoints"), lk.at_most("read_bytes_per_s", "read_limit_bytes_per_s", "read from the store"),
        lk.at_most("object_bytes", "object_limit_bytes", "object size"), lk.at_least("oldest_s", "oldest_limit_s", "age of the oldest checkpoint"),
    )  # fmt: skip


@app.function
@lk.experiment(
    "A",
    "Who needs the fast store?",
    scenario="A store answers a **request** after a wait for the first byte; then the object streams in. A node has many readers, each with one request under way, until its port is full. Latencies and rates of the stores are illustrative.",
    controls=dict(
        workload=lk.choice("Customer", {"llm_405b": "LLM, 405B", "llm_8b": "LLM, 8B", "resnet50": "ResNet-50", "recommender": "recommender"}, default="llm_405b"),
        store=lk.choice("Store", STORES, default="object_store"),
        object_bytes=lk.log_slider("Object, one request", 32e3, 1e9, per_decade=6, default=108e3, unit="B"),
        readers=lk.steps("Readers a node", (8, 16, 32, 64, 128, 256, 512), default=64, more=True), nodes=lk.choice("Nodes of eight GPUs", FLEETS, default="deployed", more=True),
        decode_per_core_per_s=lk.slider("A core decodes", 50, 1000, step=50, default=150, unit="images/s", more=True), cores=lk.steps("Cores a node", (32, 64, 128, 256), default=128, more=True),
    ),
    predict=lk.predict_number("16,384 H100s train a model of 405 billion parameters at 400 TFLOP/s each; a token takes about 2.6 TFLOP and has 4 bytes. How many bytes of training tokens does the whole fleet read per second?",
        "fleet_bytes_per_s", low=0.001, high=10_000_000, unit="MB/s", log=True),
    idea=lambda r: f"Demand is samples a second times bytes a sample, and a language model computes for a long time on four bytes: {lk.show(r, 'fleet_bytes_per_s')} for the whole fleet, which one laptop drive delivers. "
    f"A single node of eight A100s that trains ResNet-50 reads {lk.show(r, 'image_node_bytes_per_s')}, {lk.show(r, 'image_factor')} as much. Feed that one from objects of one image each, and see what binds.",
    readouts=(("node_bytes_per_s", "A node asks for"), ("supply_bytes_per_s", "A node gets at most"), ("utilisation_share", "GPUs work"), ("readers_needed", "Readers at work, on average"), ("request_usd_per_month", "Requests, a month at full feed")),
    failures=(lk.failure("GPUs starve", lambda r: r.state == store_feed.STARVED, "Larger objects, more readers or another store lead out.", lambda r: f"they work {lk.show(r, 'utilisation_share')} of the time"),),
    explain=lk.explain("What binds?", {"latency": "the wait for the first byte", "stream": "the rate of one stream", "node limit": "the port of the node", "decode": "decoding", "nothing": "nothing: the GPUs are fed"}, lambda r: r.binding),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: {"latency": "overhead", "stream": "data", "node limit": "data"}.get(r.binding, "arithmetic"), instruments=lambda r, said: draw_feed(r, said),
)
def appetite(workload, store, object_bytes, readers, nodes, decode_per_core_per_s, cores):
    """Demand of a customer, supply of a store."""
    return store_feed.feed(workload, store, object_bytes, readers, nodes, decode_per_core_per_s, cores)


@app.function
@lk.experiment(
    "B",
    "What do the drives of the nodes answer?",
    scenario="Every node keeps on its own drives what it has read. An **epoch** reads each sample once: it deals them out to the nodes, one after the other, in a new random order.",
    controls=dict(
        cache_share=lk.slider("All drives together hold", 0, 1, step=0.05, default=0.8, unit="share"),
        eviction=lk.choice("When a drive is full", EVICTIONS, default="lru"),
        lookup=lk.choice("A node looks", LOOKUPS, default="own"),
        order=lk.choice("Each epoch, samples are", ORDERS, default="reshuffled", more=True),
        nodes=lk.steps("Nodes", (1, 2, 4, 8, 16, 32), default=8, more=True),
        demand_bytes_per_s=lk.slider("A node asks for", 0.1e9, 20e9, step=0.1e9, default=1.8e9, unit="B/s", more=True), store_bytes_per_s=lk.slider("The store gives a node", 0.1e9, 20e9, step=0.1e9, default=0.5e9, unit="B/s", more=True),
    ),
    predict=lk.predict_number("Eight nodes train together. Their drives together hold 80 % of the data set; when a drive is full, the least recently used sample leaves. A node looks on its own drives, then asks the store. What share of its reads does it find on its own drives, from the second epoch on?",
        "hit_share", low=0, high=100, unit="%"),
    idea=lambda r: f"Two things go wrong at once. A sample lies on one node, and the next epoch gives it to any of {r.nodes}: drives from which nothing ever leaves would hit {lk.show(r, 'never_share')}. "
    f"And what has not been used for longest is what a shuffled epoch still has to bring: even one cache for all nodes would hit {lk.show(r, 'lru_share')}. Together: {lk.show(r, 'hit_share')}. (2,000 samples replayed.)",
    readouts=(("hit_share", "Reads that drives answer"), ("missed_bytes_per_s", "A node asks the store for"), ("slowdown", "An epoch takes"), ("peer_bytes_per_s", "From other nodes’ drives")),
    failures=(lk.failure("cache bought, nothing gained", lambda r: r.state == fleet_cache.GAINED_NOTHING, "Look on all drives, keep shares fixed, or let nothing leave.", lambda r: f"{lk.show(r, 'cache_share')} of the set on drives, {lk.show(r, 'hit_share')} of the reads"),),
    explain=lk.explain("Which change alone would let the drives answer most?", {"share": "looking on the drives of all nodes", "never evict": "letting nothing leave", "fixed shares": "fixed shares of samples", "more cache": "room for another tenth of the set", "nothing": "none of these"},
        lambda r: fleet_cache.best_changes(r)),
    terms=("data",), binding=lambda r: "data" if r.slowdown > 1 else "", instruments=lambda r, said: draw_caches(r, said),
)
def drives_of_the_nodes(cache_share, eviction, lookup, order, nodes, demand_bytes_per_s, store_bytes_per_s):
    """Four epochs over the caches of a fleet."""
    return fleet_cache.study_caches(cache_share, eviction, lookup, order, nodes, demand_bytes_per_s=demand_bytes_per_s, store_bytes_per_s=store_bytes_per_s)


@app.function
@lk.experiment(
    "C",
    "What fills the store?",
    scenario="A **checkpoint** is all that a run needs to go on: weights and optimiser state, here 14 bytes a parameter. A rule of retention says which ones stay; **grandfather** keeps the last three, the last of each day for a week, and the last of each week for ever. Storage costs $0.023 a GB-month.",
    controls=dict(
        interval_min=lk.choice("A checkpoint every", INTERVALS, default=30),
        retention=lk.choice("Keep", RULES, default="all"), mode=lk.choice("Write", MODES, default="full"),
        model=lk.choice("Model", CUSTOMERS, default="llm_405b", more=True),
        write_bytes_per_s=lk.log_slider("The store takes", 0.01e12, 7e12, per_decade=6, default=2e12, unit="B/s", more=True),
        asynchronous=lk.toggle("Train on while it is written", default=True, more=True, help="training waits only for a copy to host memory"),
        tiered=lk.toggle("Move what is older to cheaper storage", more=True, help="a week old: archive; the last three: file system at $0.145"),
    ),
    predict=lk.predict_number("A model of 405 billion parameters trains for 54 days on 62 TB of tokens. It writes a checkpoint of 14 bytes a parameter every 30 minutes, and nobody deletes any. How much lies in the store at the end?",
        "stored_bytes", low=0.01, high=100, unit="PB", log=True),
    idea=lambda r: f"A language model writes more than it reads. {r.checkpoints:,} checkpoints of {lk.show(r, 'checkpoint_bytes')} are {lk.show(r, 'stored_bytes')}, {lk.show(r, 'dataset_factor')} the training tokens, "
    f"and cost {lk.show(r, 'month_usd')} a month from then on. The interval says what an interruption costs; the rule of retention says what storage costs.",
    readouts=(("stored_bytes", "Stored at the end"), ("run_usd", "Storage during the run"), ("month_usd", "Storage, each month after"), ("lost_s", "An interruption loses"), ("blocked_share", "Training stands still"), ("duty_share", "The store is busy writing"), ("oldest_s", "Oldest kept")),
    failures=(lk.failure("the next one starts before the last one is written", lambda r: r.state == checkpoint_pile.OVERRUN, "A faster store, a longer interval or smaller checkpoints lead out.", lambda r: f"{lk.show(r, 'write_s')} of writing every {lk.show(r, 'interval_s')}"),),
    explain=lk.explain("The model broke ten days before the end, and nobody saw it. How many checkpoints from before do you still have?", {"none": "none", "few": "a few, up to twenty", "hundreds": "hundreds or more"},
        lambda r: "none" if not r.older else "few" if r.older <= 20 else "hundreds"),
    terms=("data",), binding=lambda r: "data" if r.state != checkpoint_pile.OK or not r.asynchronous else "", instruments=lambda r, said: draw_pile(r, said),
)
def pile_of_checkpoints(interval_min, retention, mode, model, write_bytes_per_s, asynchronous, tiered):
    """The checkpoints of a run of 54 days."""
    return checkpoint_pile.pile(interval_min, retention, mode, model, write_bytes_per_s, asynchronous, tiered)


@app.function
@lk.experiment(
    "D",
    "Where does a batch of lookups spend its time?",
    scenario="A recommender looks up rows of **embedding tables**: learnt vectors, one a user or item. The most popular rows lie in HBM, the next in DRAM, the rest on NVMe. A node with eight H100s fetches random rows at 10.7 TB/s from HBM and 150 GB/s from DRAM, and makes 8 million reads a second from NVMe (illustrative rates).",
    controls=dict(
        rows=lk.log_slider("Rows", 1e8, 1e11, per_decade=6, default=1e10, unit="1"),
        zipf_exponent=lk.slider("Skew of popularity (Zipf)", 0.7, 1.3, step=0.05, default=1.05, unit="1"),
        dram_bytes=lk.slider("DRAM for rows", 0.5e12, 8e12, step=0.5e12, default=1.5e12, unit="B"),
        row_bytes=lk.steps("A row", (64, 128, 256, 512), default=512, unit="B", more=True), hbm_bytes=lk.slider("HBM for rows", 0, 0.576e12, step=0.064e12, default=0.512e12, unit="B", more=True),
        nvme_reads_per_s=lk.slider("NVMe reads", 1e6, 20e6, step=1e6, default=8e6, unit="1/s", more=True),
    ),
    predict=lk.predict_number("10 billion rows of 512 bytes. HBM serves 94.6 % of the lookups, DRAM 3.3 %, NVMe 2.1 %. Add up the time that each of the three works: what share of it is NVMe’s?",
        "nvme_work_share", low=0, high=100, unit="%"),
    idea=lambda r: f"Popularity is skewed, so the fast tier serves most lookups; speed is skewed far more. NVMe takes {lk.show(r, 'nvme_s')} for its {lk.show(r, 'nvme_share')}, HBM {lk.show(r, 'hbm_s')} for its {lk.show(r, 'hbm_share')}: the batch waits for the tail. "
    f"Only the recommender has this problem: in DLRM (Criteo 1TB) tables hold {lk.show(r, 'table_factor')} the numbers of its dense layers; a language model’s vocabulary is a table too, but a small part of it.",
    readouts=(("batch_s", "A batch takes"), ("nvme_work_share", "Work of NVMe"), ("nvme_share", "Lookups on NVMe"), ("table_bytes", "Tables"), ("slowest", "Slowest tier")),
    failures=(lk.failure("batch late", lambda r: r.state == embedding_tiers.LATE, "More DRAM, shorter rows or faster drives lead out.", lambda r: f"takes {lk.show(r, 'batch_s')}, has {fmt(embedding_tiers.LIMIT_S, 's')}"),),
    explain=lk.explain("Which change alone would shorten the batch most?", {"twice the HBM": "twice the HBM for rows", "twice the DRAM": "twice the DRAM for rows", "twice the NVMe reads": "twice the NVMe reads", "faster DRAM": "DRAM twice as fast", "nothing": "none of these"},
        lambda r: embedding_tiers.best_changes(r)),
    terms=("data", "overhead"), binding=lambda r: "overhead" if r.slowest == "NVMe" else "data", instruments=lambda r, said: draw_tiers(r, said),
)
def rows_on_tiers(rows, zipf_exponent, dram_bytes, row_bytes, hbm_bytes, nvme_reads_per_s):
    """One batch of lookups over HBM, DRAM and NVMe."""
    return embedding_tiers.tiered_table(rows, zipf_exponent, dram_bytes, row_bytes, hbm_bytes, nvme_reads_per_s)


@app.function
@lk.decision(
    "A store for the image cluster",
    scenario="64 nodes train on 200 TB of images in the object store, with 64 readers each; a checkpoint has 112 GB and is written at 10 GB/s, for 28 days. GPUs may idle {idle_limit}, a month may cost {cost_limit_usd}, a checkpoint is due every {interval_limit_s} at the latest. "
    "The store is shared: read at most {read_limit_bytes_per_s}. Samples of one object are shuffled only among themselves, so the image team takes objects up to {object_limit_bytes}. A state from {oldest_limit_s} ago must still be there. Nodes read from each other’s caches; a TB of cache costs $20 a month (illustrative).",
    controls=dict(
        object_bytes=lk.choice("Object size", SIZES, default=108e3),
        cache_share=lk.choice("Caches hold, of the set", SHARES, default=0.0),
        eviction=lk.choice("When a cache is full", {k: EVICTIONS[k] for k in store_design.EVICTIONS}, default="lru"),
        interval_min=lk.choice("A checkpoint every", {m: INTERVALS[m] for m in (10, 30, 60, 120)}, default=120),
        asynchronous=lk.toggle("Train on while it is written"), retention=lk.choice("Keep", RULES, default="all"),
    ),
    given=lambda d: dict(
        idle_limit=d.choice([0.01, 0.02, 0.03]), cost_limit_usd=d.choice([15_000, 18_000, 21_000]), interval_limit_s=d.choice([1800, 3600]),
        read_limit_bytes_per_s=d.choice([60e9, 90e9, 120e9]), object_limit_bytes=d.choice([4e6, 64e6]), oldest_limit_s=604_800,
    ),
    given_units=dict(idle_limit="share", cost_limit_usd="USD", interval_limit_s="s", read_limit_bytes_per_s="B/s", object_limit_bytes="B", oldest_limit_s="s"),
    constraints=LIMITS, objective=("lowest", "cost_usd"), labels={"cost_usd": "cost a month"},
    readouts=(("hit_share", "Reads that caches answer"), ("request_usd", "Requests, a month"), ("stored_bytes", "Checkpoints at day 28")),
    instruments=lambda r, given, now: draw_decision(r, given, now),
)
def chosen_store(object_bytes, cache_share, eviction, interval_min, asynchronous, retention):
    """A month of the image cluster at its store."""
    return store_design.store_design(object_bytes, cache_share, eviction, interval_min, asynchronous, retention)


@app.function
@lk.drill("readers",
    "A node asks for {demand_bytes_per_s}. An object has {object_bytes}; its first byte comes after {first_byte_s}, then one reader streams {stream_bytes_per_s}. How many readers must be at work?",
    draw=lambda d: dict(demand_bytes_per_s=d.number(0.2e9, 5e9, step=0.1e9), object_bytes=d.choice([50e3, 108e3, 250e3, 1e6, 4e6, 8e6]), first_byte_s=d.choice([0.5e-3, 5e-3, 20e-3, 30e-3]), stream_bytes_per_s=d.choice([90e6, 150e6, 1e9])),
    show=dict(demand_bytes_per_s="B/s", object_bytes="B", first_byte_s="s", stream_bytes_per_s="B/s"),
)
def enough_readers(demand_bytes_per_s, object_bytes, first_byte_s, stream_bytes_per_s):
    """Little's law."""
    return store_feed.readers_needed(demand_bytes_per_s, object_bytes, first_byte_s, stream_bytes_per_s)


@app.function
@lk.drill("drives",
    "{nodes} nodes keep on their own drives what they read, and nothing ever leaves; together that is {cache_share} of the set. Every epoch deals the samples out anew. What share of its reads does a node find on its own drives?",
    draw=lambda d: dict(nodes=d.choice([2, 4, 5, 8, 10, 16, 20, 32, 40, 64]), cache_share=d.number(0.2, 0.95, step=0.05)), unit="%", show=dict(cache_share="share"),
)
def own_drives(nodes, cache_share):
    """Any of the nodes may be the next to need a sample."""
    return fleet_cache.own_hit_share(cache_share, nodes)


@app.function
@lk.drill("pile",
    "{billions} billion parameters, 14 bytes each in a checkpoint, one every {interval_min} min for {days} days, and nobody deletes. How much lies in the store?",
    draw=lambda d: dict(billions=d.choice([7, 13, 30, 70, 175, 300, 500]), interval_min=d.choice([10, 15, 20, 30, 60, 120]), days=d.integer(10, 90)), unit="PB", tolerance=0.02,
)
def all_of_them(billions, interval_min, days):
    """Parameters, bytes and intervals."""
    return checkpoint_pile.pile_of_all_bytes(billions * 1e9, days, interval_min)


@app.cell
async def _():
    lab = await lk.open_lab("lab_04_data_storage", [appetite, drives_of_the_nodes, pile_of_checkpoints, rows_on_tiers, chosen_store], [enough_readers, own_drives, all_of_them], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab, ("Derive bytes a second, requests a second and their price from a workload.",
         "Predict what a fleet’s caches answer, and choose who looks where and what leaves.",
         "Plan interval and retention of checkpoints from size, bandwidth, money and the oldest state you may need."),
        "One storage team serves three customers: a fleet that trains language models, a cluster that trains on images, and a recommender. "
        "The platform lead has bought the same fast file system for all of them. The bill and the stalls went up together. Who needs what?",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, appetite, a, log())


@app.function
def draw_feed(r, said):
    """What each customer reads, what a node gets at every object size, and one request."""
    fleets = [(name, amount, "you" if name == r.workload else "D") for name, _, amount in r.demands]
    return (
        ins.blocks(
            fleets, title=f"{r.workload} reads {lk.show(r, 'fleet_bytes_per_s')} with {r.nodes:,} node{'s' if r.nodes > 1 else ''}", quantity="Read by the whole fleet", unit="B/s", path=f"customer, on {', '.join(f'{nodes:,}' for _, nodes, _ in r.demands)} nodes",
            prediction=said and lk.said_si(said), height=170,
        ),
        ins.curve(
            [ins.Series(name, points) for name, points in r.curves],
            title=f"From objects of {lk.show(r, 'object_bytes')} a node gets up to {lk.show(r, 'supply_bytes_per_s')}; {r.workload} asks for {lk.show(r, 'node_bytes_per_s')}",
            x_name="Object size", x_unit="B", y_name="Supply of a node", y_unit="B/s", x_log=True, y_log=True,
            you=(r.object_bytes, r.supply_bytes_per_s), y_limit=(r.node_bytes_per_s, f"{r.workload} asks for this", "below"), height=210,
        ),
        ins.split_bar([("wait for the first byte", r.first_byte_s, "L"), ("transfer", r.transfer_s, "D")], title=f"One request of one reader: it gets {lk.show(r, 'reader_bytes_per_s')}", unit="s", quantity="Time of a request"),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, appetite, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, drives_of_the_nodes, b, log())


@app.function
def draw_caches(r, said):
    """Hits over the share that is cached, and who answers the reads under each rule."""
    names = {"lru": "least recently used leaves", "fifo": "oldest leaves", "never": "nothing leaves"}
    return (
        ins.split_rows(
            [(names[rule], f"the drives answer {fmt(own + peer, 'share')}", (own, peer, store)) for rule, own, peer, store in r.rules], title=f"Drives that hold {lk.show(r, 'cache_share')} of the set answer {lk.show(r, 'hit_share')} of the reads",
            parts=(("own drives", "D"), ("other nodes’", "O"), ("store", "other")), you=names[r.eviction], prediction=said and (names["lru"], lk.said_si(said)),
        ),
        ins.curve(
            [ins.Series("your setting", r.curve, "control", dots=True), ins.Series("one LRU cache for all", r.lru_curve, "data", "dash", spot=(0.3, 0.2)), ins.Series("all that is held", ((0, 0), (1, 1)), "edge", "dot", spot=(0.4, 0.56))],
            title=f"Hits over what the drives hold: {r.nodes} node{'s, each looks' if r.nodes > 1 else ' looks'} {LOOKUPS[r.lookup]}",
            x_name="All drives together hold", x_unit="share", y_name="Reads answered", y_unit="share", y_zero=True, you=(r.cache_share, r.hit_share), height=210,
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, drives_of_the_nodes, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, pile_of_checkpoints, c, log())


@app.function
def draw_pile(r, said):
    """Bytes in the store over the run under each rule, and how old the kept checkpoints are."""
    end, names = r.run_s, {"all": "all", "last 3": "last three", "grandfather": "grandfather"}
    lines = [ins.Series(names[name], [(end * day / (len(amounts) - 1), amount) for day, amount in enumerate(amounts) if day]) for name, amounts in r.days]
    return (
        ins.curve(
            [*lines, ins.Series("training tokens", ((end / 54, r.dataset_bytes), (end, r.dataset_bytes)), "muted", "dot")],
            title=f"{lk.show(r, 'stored_bytes')} at the end, {lk.show(r, 'dataset_factor')} the training tokens", x_name="Time", x_unit="s", y_name="In the store", y_unit="B", y_log=True,
            you=(end, r.stored_bytes), prediction=said and (end, lk.said_si(said)),
        ),
        ins.occasions(
            [(names[name], ages) for name, ages in r.ages], title=f"What is kept at the end, by age: {r.kept:,} of {r.checkpoints:,}, {r.older:,} of them from before ten days ago",
            start=300.0, end=end, quantity="Age", unit="s", event="checkpoints", you=names[r.retention], flag=(checkpoint_pile.BROKEN_AGO_S, "ten days ago"),
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, pile_of_checkpoints, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, rows_on_tiers, d, log())


@app.function
def draw_tiers(r, said):
    """The three tiers' parts of rows, lookups and work, and how lookups gather on popular rows."""
    work = [
        ("Rows", f"{lk.show(r, 'table_bytes')} of tables", (r.nvme_rows, r.dram_rows, r.hbm_rows)),
        ("Lookups", f"{r.lookups:,} a batch", (r.nvme_share, r.dram_share, r.hbm_share)),
        ("Work", f"NVMe {lk.show(r, 'nvme_s')}, DRAM {lk.show(r, 'dram_s')}, HBM {lk.show(r, 'hbm_s')}", (r.nvme_s, r.dram_s, r.hbm_s)),
    ]
    return (
        ins.split_rows(
            work, title=f"NVMe serves {lk.show(r, 'nvme_share')} of the lookups and does {lk.show(r, 'nvme_work_share')} of the work; {r.slowest} sets the batch time, {lk.show(r, 'batch_s')}",
            parts=(("NVMe", "L"), ("DRAM", "O"), ("HBM", "D")), prediction=said and ("Work", lk.said_si(said)),
        ),
        ins.curve(
            [ins.Series("", r.popularity)], title=f"The {lk.show(r, 'hbm_rows')} most popular rows get {lk.show(r, 'hbm_share')} of the lookups", x_name="Rows, the most popular first", x_unit="1", y_name="Share of the lookups", y_unit="share",
            x_log=True, y_zero=True, flags=[(max(1.0, at), words) for at, words in ((r.hbm_rows, "HBM ends"), (r.hbm_rows + r.dram_rows, "DRAM ends")) if at < r.rows], height=190,
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, rows_on_tiers, d, log())


@app.function
def draw_decision(r, given, now):
    """Your design among those with another object size or cache, and where its money goes."""
    near = {f"{fmt(size, 'B')}, {words}": store_design.store_design(**{**now, "object_bytes": size, "cache_share": share}) for size in SIZES for share, words in SHARES.items()}
    return (
        ins.pareto(
            [ins.Design(name, x.read_bytes_per_s, x.cost_usd, all(limit.holds(x, given) for limit in LIMITS)) for name, x in near.items()],
            title=f"Yours reads {lk.show(r, 'read_bytes_per_s')} from the store for {lk.show(r, 'cost_usd')} a month; GPUs idle {lk.show(r, 'idle_share')}. Object size and cache vary",
            x_name="Read from the store", x_unit="B/s", y_name="Cost a month", y_unit="USD", y_better="low", y_log=True,
            x_limit=(given["read_limit_bytes_per_s"], "the store gives this"), y_limit=(given["cost_limit_usd"], "cost limit"), you=f"{fmt(r.object_bytes, 'B')}, {SHARES[r.cache_share]}",
        ),
        ins.waterfall(
            [("a month", [("images in the store", r.base_usd, "D"), ("caches", r.cache_usd, "O"), ("requests", r.request_usd, "L"), ("checkpoints", r.checkpoint_usd, "D")])], you="a month",
            title=f"A month costs {lk.show(r, 'cost_usd')}", unit="USD", quantity="Cost", limit=(given["cost_limit_usd"], "cost limit"),
        ),
    )


@app.cell
def _(e, lab, log):
    lk.decide(lab, chosen_store, e, log())


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
