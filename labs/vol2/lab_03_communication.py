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
app = marimo.App(app_title="Wires, rings and rails", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html")

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import all_reduce_study, collectives, fabric_purchase, gradient_buckets, gradient_compression, topology

    MB = 1e6


@app.function
@lk.experiment(
    "A",
    "How long does a small all-reduce take?",
    scenario="An all-reduce leaves the sum of everybody’s buffer with everybody. A ring cuts the buffer into N pieces and passes them from neighbour to neighbour, "
    "N − 1 rounds to add and N − 1 to hand out. Each round waits for a message: software, two NICs (network cards), some switches, and then the bytes on the wire.",
    controls=dict(
        message_bytes=lk.log_slider("Buffer n", 1e3, 1e10, default=1e6, per_decade=6, unit="B"),
        gpus=lk.choice("GPUs N", (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096), default=512),
        algorithm=lk.choice("Algorithm", ("ring", "binary tree", "double binary tree", "parameter server"), default="ring"),
        software_s=lk.slider("Software of a message", 0.5e-6, 30e-6, step=0.5e-6, default=5e-6, unit="s", more=True),
        nic_s=lk.slider("One NIC", 0.2e-6, 2e-6, step=0.1e-6, default=0.7e-6, unit="s", more=True),
        switch_s=lk.slider("One switch", 0.1e-6, 1e-6, step=0.1e-6, default=0.2e-6, unit="s", more=True),
        hops=lk.slider("Switches on the way", 1, 5, step=1, default=3, more=True),
        bandwidth_bytes_per_s=lk.slider("Bandwidth β of a port", 1e9, 100e9, step=1e9, default=47e9, unit="B/s", more=True),
    ),
    predict=lk.predict_number("Ring all-reduce of 1 MB over 512 GPUs, 7 µs a message, 47 GB/s a port. How long does it take?", "time_s", low=0.01, high=100, unit="ms", log=True),
    idea=lambda r: f"T = messages × α + bytes ÷ β, and the algorithm sets both counts. {r.messages:,} messages in a row take {lk.show(r, 'latency_time_s')}; the bytes take "
    f"{lk.show(r, 'transfer_time_s')}. The ring uses {lk.show(r, 'bus_share')} of the port. It pays from {lk.show(r, 'crossover_bytes')} on; below, a tree of few rounds is faster.",
    readouts=(("time_s", "Time"), ("latency_share", "Of it latency"), ("bus_bytes_per_s", "Bus bandwidth"), ("bus_share", "Share of the port"), ("crossover_bytes", "Ring beats binary tree from")),
    failures=(lk.failure("the port idles", lambda r: r.state == "idle", "A larger buffer or an algorithm of fewer rounds fills it.", lambda r: f"{lk.show(r, 'bus_share')} of its bandwidth, less than 1 %"),),
    explain=lk.explain(
        "Which cure shortens the all-reduce at this point most?",
        {"latency": "half the latency of a message", "bandwidth": "twice the bandwidth", "algorithm": "the best of the other three algorithms"}, lambda r: r.best_cure,
    ),
    terms=("data", "overhead"),
    binding=lambda r: "overhead" if r.latency_time_s > r.transfer_time_s else "data",
    instruments=lambda r, said: draw_all_reduce(r, said),
)
def one_all_reduce(message_bytes, gpus, algorithm, software_s, nic_s, switch_s, hops, bandwidth_bytes_per_s):
    """Messages, bytes and time of one all-reduce."""
    return all_reduce_study.study_all_reduce(message_bytes, gpus, algorithm, software_s=software_s, nic_s=nic_s, switch_s=switch_s, hops=hops, bandwidth_bytes_per_s=bandwidth_bytes_per_s)


@app.function
@lk.experiment(
    "B",
    "Does it matter which GPU stands where?",
    scenario="64 GPUs in 8 nodes. In a node they talk over NVLink, 370 GB/s each; each GPU has a NIC of 47 GB/s. In a rail-optimised fabric leaf switch r holds NIC r of every node; "
    "in a rack fabric a leaf holds two whole nodes. Leaves meet in a spine; at 4:1 a leaf has four times more bandwidth down to its NICs than up. "
    "In order, the ring runs through a node and leaves it on the same rail. Experts need an all-to-all: every GPU sends each other one a different part; forwarding hands it over NVLink to the GPU on the receiver’s rail first.",
    controls=dict(
        collective=lk.choice("Collective", {
            "ring in order": "ring, neighbours in order", "ring shuffled": "ring, shuffled", "hierarchical": "hierarchical all-reduce", "parameter server": "parameter server",
            "all-to-all": "all-to-all", "all-to-all with forwarding": "all-to-all with forwarding"}, default="ring shuffled"),
        fabric=lk.choice("Fabric", {"rail": "rail-optimised", "rack": "rack"}, default="rail"),
        oversubscription=lk.steps("Oversubscription, to 1", (1, 2, 4, 8), default=4),
        message_bytes=lk.log_slider("Buffer n", 1e6, 1e10, default=1e9, per_decade=6, unit="B", more=True),
        seed=lk.slider("Shuffle number", 1, 20, step=1, default=3, more=True),
    ),
    predict=lk.predict_number(
        "64 GPUs in 8 nodes, rail-optimised fabric with a 4:1 spine. The scheduler hands out ring positions in random order. How many times slower is a 1 GB all-reduce than with neighbours in order?",
        "slowdown", low=1, high=100, unit="×", log=True,
    ),
    idea=lambda r: f"The most loaded link sets the time, and placement decides which link that is. Shuffled, the {lk.show(r, 'hottest')} needs {lk.show(r, 'time_s')}; in order no byte climbs to the spine, "
    f"and 4:1 costs nothing ({lk.show(topology.walk('ring in order'), 'time_s')}). The experts’ all-to-all does climb: {lk.show(topology.walk('all-to-all'), 'slowdown')} slower, "
    f"unless each byte first crosses NVLink to the right rail ({lk.show(topology.walk('all-to-all with forwarding'), 'slowdown')}): software, no cable.",
    readouts=(("time_s", "Time"), ("slowdown", "Against well placed, full spine"), ("hottest", "Busiest link"), ("spine_bytes", "Bytes through the spine"), ("balance_share", "Balance: mean link against busiest")),
    failures=(lk.failure("spine collapse", lambda r: r.state == "spine collapse", "An ordered ring, forwarding on rails or a full spine leads out.",
                         lambda r: f"a leaf’s link needs {lk.show(r, 'up_s')}, the busiest NIC {lk.show(r, 'nic_s')}"),),
    explain=lk.explain("Which link binds?", {"NVLink": "NVLink in a node", "NIC": "a NIC", "leaf": "a leaf’s link to the spine"}, lambda r: tuple(dict.fromkeys(k.split()[0] for k in r.hottest_kinds))),
    terms=("data",),
    binding=lambda r: "data",
    instruments=lambda r, said: draw_fabric(r, said),
)
def hot_link(collective, fabric, oversubscription, message_bytes, seed):
    """Load of every link under a collective."""
    return topology.walk(collective, fabric, oversubscription, message_bytes, seed)


@app.function
@lk.experiment(
    "C",
    "How large should a bucket of gradients be?",
    scenario="GPT-2 XL trains on nodes of eight A100, 8,192 tokens a GPU and step. The backward pass gives gradients layer by layer; a library collects them in buckets and "
    "all-reduces each full bucket while the pass goes on: a ring inside the node, then a ring over the nodes, each with 2(m − 1) messages. The last bucket waits for the end of the pass.",
    controls=dict(
        bucket_bytes=lk.steps("Bucket", gradient_buckets.SIZES, default=1 * MB, unit="B"),
        fabric=lk.choice("Network of a node", {"hdr": "8 × HDR, 188 GB/s, 7 µs", "cloud": "400 Gb/s cloud, 40 GB/s, 20 µs", "ethernet": "100 GbE, 11.25 GB/s, 25 µs"}, default="cloud"),
        overlap=lk.toggle("Send while the backward pass runs", default=True),
        nodes=lk.choice("Nodes m", (4, 8, 16, 32, 64), default=32, more=True),
    ),
    predict=lk.predict_number(
        "GPT-2 XL on 256 A100s behind 400 Gb/s a node. Compute takes 0.600 s a step; with one all-reduce at the end the step takes 0.780 s. "
        "Now it uses buckets of 1 MB (3,116 of them), each a ring over the 32 nodes at 20 µs a message. How long does a step take?",
        "step_s", low=0.3, high=10, unit="s", log=True,
    ),
    idea=lambda r: f"Overlap hides bytes, but every bucket pays its messages again: {r.buckets:,} buckets at {lk.show(r, 'bucket_latency_s')} are {lk.show(r, 'latency_busy_s')} of latency. "
    f"Too large, and the exchange starts too late. Here {lk.show(r, 'best_bucket_bytes')} is best: {lk.show(r, 'best_step_s')}.",
    readouts=(("step_s", "Step"), ("exposed_s", "Exposed communication"), ("buckets", "Buckets"), ("busy_s", "Network busy"), ("latency_busy_s", "Of it latency")),
    failures=(lk.failure("worse than no overlap", lambda r: r.state != "working", "Larger buckets lead out.", lambda r: f"{lk.show(r, 'step_s')}; one all-reduce at the end takes {lk.show(r, 'end_step_s')}"),),
    explain=lk.explain("What keeps communication exposed here?", {"latency": "latency of the messages", "late": "it starts too late", "bytes": "more bytes than the backward pass can hide"}, lambda r: r.cause),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: {"latency": "overhead", "late": "data", "bytes": "data"}[r.cause] if r.exposed_s > r.compute_s else "arithmetic",
    instruments=lambda r, said: draw_buckets(r, said),
)
def bucketed_step(bucket_bytes, fabric, overlap, nodes):
    """One step with its gradients in buckets."""
    return gradient_buckets.bucketed_step(bucket_bytes, fabric, overlap, nodes)


@app.function
@lk.experiment(
    "D",
    "What does a gradient compressor send?",
    scenario="The same job. Three compressors are on offer: int8 halves every value; top-k sends only the largest values, each with its index, and keeps the rest for later (error feedback); "
    "PowerSGD sends two thin factors of each matrix. Different GPUs pick different values, so top-k cannot add on the way: every GPU gathers the picks of all others.",
    controls=dict(
        method=lk.choice("Method", gradient_compression.METHODS, default="top-k"),
        nodes=lk.choice("Nodes m, eight GPUs each", gradient_compression.NODES, default=32),
        network_bytes_per_s=lk.choice("Network of a node", {188e9: "188 GB/s", 40e9: "40 GB/s", 11.25e9: "11.25 GB/s", 1.25e9: "1.25 GB/s"}, default=40e9),
        kept_share=lk.log_slider("Top-k keeps", 0.0001, 0.1, default=0.01, per_decade=6, unit="share", more=True),
        topk_extra_share=lk.slider("More steps with top-k", 0.0, 0.3, step=0.01, default=0.05, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "256 GPUs in 32 nodes. Each GPU sends the top 1 % of its own gradient, 4 bytes a value and 4 an index. How many bytes pass a node’s network, relative to a dense all-reduce in bf16?",
        "bytes_ratio", low=0.001, high=100, unit="×", log=True,
        answer=lambda r: gradient_compression.compressed_step("top-k", 32, 40e9).bytes_ratio,
    ),
    idea=lambda r: f"A ring sends each gradient about twice, however many GPUs add to it. Sparse picks are gathered, so their bytes grow with N: {r.gpus} GPUs × {lk.show(r, 'kept_share')} is more than the whole gradient, "
    f"{lk.show(r, 'bytes_ratio')} of dense. And here the backward pass hides a dense all-reduce anyway: the step takes {lk.show(r, 'none_s')} without, {lk.show(r, 'target_s')} with top-k.",
    readouts=(("bytes_ratio", "Bytes against dense"), ("step_s", "Step"), ("target_s", "Time to the same progress"), ("relative", "Against no compression"), ("best_method", "Fastest here")),
    failures=(lk.failure("negative return", lambda r: r.state != "working", "A slower network, another method or fewer nodes lead out; so does sending it as it is.",
                         lambda r: f"{lk.show(r, 'target_s')} for what takes {lk.show(r, 'none_s')} without"),),
    explain=lk.explain("What can the best of the three compressors gain here?", {"none": "nothing, it only adds", "some": "up to 1.5×", "more": "more than 1.5×"}, lambda r: r.gain_class),
    terms=("data", "arithmetic"),
    binding=lambda r: "data" if r.exposed_s > r.compute_s + r.cost_s else "arithmetic",
    instruments=lambda r, said: draw_compressors(r, said),
)
def compressed_step(method, nodes, network_bytes_per_s, kept_share, topk_extra_share):
    """Bytes and time under a compressor, beside the others."""
    return gradient_compression.compressed_step(method, nodes, network_bytes_per_s, kept_share, topk_extra_share)


@app.function
@lk.decision(
    "What the budget buys",
    scenario="32 nodes of eight H100. The next model sends {expert_bytes} a GPU in each of its 48 all-to-alls, and sums 24 GB of gradients under a backward pass of 0.4 s. A step may take "
    "{step_limit_s}, the network may cost {price_limit_usd}, and storage and other jobs want {spine_limit_bytes_per_s} of spine for every node. A rack leaf holds four nodes. "
    "Rails need a longer cable for every port; forwarding and the compressor are software. Prices are illustrative.",
    controls=dict(
        fabric=lk.choice("Fabric", {"rail": "rail-optimised", "rack": "rack"}, default="rail"),
        oversubscription=lk.steps("Oversubscription, to 1", fabric_purchase.OVERSUBSCRIPTION, default=4),
        forwarding=lk.toggle("Forward over NVLink to the right rail"),
        bucket_bytes=lk.steps("Bucket", (1 * MB, 5 * MB, 25 * MB, 100 * MB, 500 * MB, 2000 * MB), default=25 * MB, unit="B"),
        compression=lk.choice("Compression of gradients", fabric_purchase.COMPRESSION, default="none"),
    ),
    given=lambda d: dict(step_limit_s=d.choice([0.73, 0.74, 0.75]), price_limit_usd=d.choice([0.90e6, 0.92e6, 0.95e6]), spine_limit_bytes_per_s=d.choice([40e9, 80e9, 160e9]), expert_bytes=d.choice([56e6, 64e6, 80e6])),
    given_units=dict(step_limit_s="s", price_limit_usd="$", spine_limit_bytes_per_s="B/s", expert_bytes="B"),
    constraints=(lk.at_most("step_s", "step_limit_s", "step"), lk.at_most("price_usd", "price_limit_usd", "network"), lk.at_least("node_spine_bytes_per_s", "spine_limit_bytes_per_s", "spine for every node")),
    objective=("lowest", "price_usd"),
    readouts=(("exchange_s", "All-to-alls"), ("exposed_s", "Gradients exposed"), ("binds", "Busiest link of the all-to-all")),
    labels={"price_usd": "price, then the shortest step", "node_spine_bytes_per_s": "spine for every node"},
    instruments=lambda r, given, now: draw_purchase(r, given, now),
)
def purchase(fabric, oversubscription, forwarding, bucket_bytes, compression, expert_bytes):
    """Step, price and spine of one design."""
    return fabric_purchase.fabric_purchase(fabric, oversubscription, forwarding, bucket_bytes, compression, expert_bytes=expert_bytes)


@app.function
@lk.drill(
    "ring",
    "A ring all-reduce of {message_bytes} runs over {gpus} GPUs, {latency_s} a message, {bandwidth_bytes_per_s} a port. How long does it take?",
    draw=lambda d: dict(gpus=d.choice([16, 32, 64, 128, 256, 512, 1024]), message_bytes=d.choice([1e3, 1e5, 1e6, 1e7, 1e8, 1e9]), latency_s=d.integer(3, 30) * 1e-6, bandwidth_bytes_per_s=d.integer(10, 50) * 1e9),
    unit="ms", show=dict(message_bytes="B", latency_s="s", bandwidth_bytes_per_s="B/s"),
)
def ring_time(gpus, message_bytes, latency_s, bandwidth_bytes_per_s):
    """2(N−1)α + 2((N−1)/N)n/β."""
    return collectives.all_reduce(message_bytes, gpus, latency_s, bandwidth_bytes_per_s).time_s


@app.function
@lk.drill(
    "crossover",
    "{gpus} GPUs, {latency_s} a message, {bandwidth_bytes_per_s} a port. A binary tree takes 2⌈log2 N⌉ rounds that each send the whole buffer. From which buffer on is the ring faster?",
    draw=lambda d: dict(gpus=d.choice([16, 32, 64, 128, 256, 512, 1024]), latency_s=d.integer(3, 30) * 1e-6, bandwidth_bytes_per_s=d.integer(10, 50) * 1e9),
    unit="MB", tolerance=0.05, show=dict(latency_s="s", bandwidth_bytes_per_s="B/s"),
)
def ring_from(gpus, latency_s, bandwidth_bytes_per_s):
    """Size at which ring and binary tree take equally long."""
    return collectives.crossover_bytes(gpus, latency_s, bandwidth_bytes_per_s)


@app.function
@lk.drill(
    "sparse",
    "{nodes} nodes of eight GPUs gather each other’s top-k values, 8 bytes each with index; a dense all-reduce in bf16 sends 4(m − 1)/m bytes a parameter through a node. "
    "Up to which share of the values does top-k send fewer bytes?",
    draw=lambda d: dict(nodes=d.integer(2, 64)), unit="%",
)
def largest_share(nodes):
    """4(m−1)/m over 8(N−8)."""
    return gradient_compression.break_even_share(nodes)


@app.cell
async def _():
    lab = await lk.open_lab("lab_03_communication", [one_all_reduce, hot_link, bucketed_step, compressed_step, purchase], [ring_time, ring_from, largest_share], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Predict the time of an all-reduce from messages, bytes and algorithm, and find where one algorithm overtakes another.",
         "Locate the hot link of a collective on a given fabric and placement.",
         "Decide with numbers whether overlap or compression shortens a step."),
        "A mixture-of-experts run (each token travels to the GPU that holds its expert: an all-to-all) on 32 nodes of eight H100 takes 1.15 s a step; its arithmetic needs 0.6 s. "
        "The network engineer has three offers: a full-bandwidth spine, a software change, a gradient compressor. The budget does not pay for everything.",
    )


@app.cell
def _(lab):
    a, b, c, d, design = (lk.panel_for(lab, exp) for exp in lab.experiments)
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
    return a, b, c, d, design, drill_inputs, log_inputs


@app.cell
def _(a, lab, log):
    lk.predict(lab, one_all_reduce, a, log())


@app.function
def draw_all_reduce(r, said):
    """Time over the buffer for four algorithms, and what one message is made of."""
    spots = {"ring": (1.3e3, 1.5 * r.lines[0][1][0][1]), "parameter server": (1e7, 1.5 * r.lines[3][1][16][1])}
    return (
        ins.curve(
            [ins.Series(name, points, spot=spots.get(name)) for name, points in r.lines],
            title=f"{r.algorithm.capitalize()}: {lk.show(r, 'time_s')}, {lk.show(r, 'latency_share')} of it latency. Fastest here: {r.best_algorithm}, {lk.show(r, 'best_s')}",
            x_name="Buffer", x_unit="B", y_name="Time", y_unit="s", x_log=True, y_log=True, you=(r.message_bytes, r.time_s),
            published=[(r.crossover_bytes, r.crossover_s, "ring = tree")], prediction=said and lk.said_si(said),
        ),
        ins.waterfall(
            [("one round", [("software", r.software_s, "L"), ("two NICs", 2 * r.nic_s, "L"), (f"{r.hops} switches", r.hops * r.switch_s, "L"), ("bytes on the wire", r.round_transfer_s, "D")])],
            title=f"{r.messages:,} such rounds, one after the other",
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, one_all_reduce, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, hot_link, b, log())


@app.function
def draw_fabric(r, said):
    """The wired network, the slow-down over the oversubscription, and the busiest link of each kind."""
    shown = ("ring in order", "ring shuffled", "all-to-all", "all-to-all with forwarding")
    lines = [line for line in topology.slowdowns(r.fabric, r.seed) if line[0] in shown or line[0] == r.collective]
    times = (("NVLink", r.nvlink_s, "nvlink_s"), ("NIC", r.nic_s, "nic_s"), ("leaf to spine", r.up_s, "up_s"), ("spine to leaf", r.down_s, "down_s"))
    return (
        ins.fabric_map(
            topology.NODES, r.nic_shares, r.nvlink_shares, r.leaf_shares, r.leaf_of, title=f"Hot link: {r.hottest}", hot=f"{r.hottest}, {lk.show(r, 'time_s')}", spine=f"spine {r.oversubscription:g}:1",
        ),
        ins.bars_from_zero([(name, value, lk.show(r, field)) for name, value, field in times], title=f"The slowest link sets the time: {lk.show(r, 'time_s')}", quantity="Load over capacity", unit="s"),
        ins.curve(
            [ins.Series(name, points, dots=True) for name, points in lines],
            title=f"At {r.oversubscription:g}:1 this collective is {lk.show(r, 'slowdown')} as slow as well placed on a full spine", x_name="Oversubscription", x_unit="1",
            y_name="Times slower", y_unit="×", x_log=True, y_log=True, x_ticks=(1, 2, 4, 8), you=(r.oversubscription, r.slowdown), prediction=said and (4, said.value),
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, hot_link, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, bucketed_step, c, log())


@app.function
def draw_buckets(r, said):
    """The step as a Gantt chart, and the step over the bucket on three networks."""
    lanes = ("GPU", "buckets full", "network")
    computing = [ins.Bar("GPU", 0.0, r.compute_s - r.backward_s, "forward", "O"), ins.Bar("GPU", r.compute_s - r.backward_s, r.compute_s, "backward", "O")]
    sending = [bar for _, begin, middle, end in r.stretches for bar in (ins.Bar("network", begin, middle, "", "L"), ins.Bar("network", middle, end, "", "D"))]
    many = f" (each stretch: {r.per_stretch} buckets)" if r.per_stretch > 1 else ""
    return (
        ins.timeline(
            lanes, computing + sending, title=f"{lk.show(r, 'exposed_s')} of communication come after the {lk.show(r, 'compute_s')} of computing{many}",
            events=[ins.Event("buckets full", ready) for ready, *_ in r.stretches], idle=False, reference=(r.end_step_s, "one all-reduce at the end"),
            prediction=said and lk.said_si(said), key=(("O", "computing"), ("L", "latency"), ("D", "bytes")),
        ),
        ins.curve(
            [ins.Series(name, points, dots=True) for name, points in r.curves],
            title=f"Best of twelve sizes here: {lk.show(r, 'best_bucket_bytes')}, {lk.show(r, 'best_step_s')}", x_name="Bucket", x_unit="B", y_name="Step", y_unit="s",
            x_log=True, y_log=True, you=(r.bucket_bytes, r.step_s), y_limit=(r.end_step_s, "one all-reduce at the end"), prediction=said and (1 * MB, lk.said_si(said)),
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, bucketed_step, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, compressed_step, d, log())


@app.function
def draw_compressors(r, said):
    """Bytes over the nodes, the step under each method, and which method wins where."""
    styles = {"none": ("no compression", "ink:open"), "int8": ("int8", "arithmetic:hatch"), "top-k": ("top-k", "overhead:solid"), "PowerSGD": ("PowerSGD", "data:solid")}
    rows = [ins.TermRow(name, exposed, compute + cost, extra) for name, compute, cost, exposed, extra in r.rows]
    return (
        ins.curve(
            [ins.Series(name if name != "none" else "dense", points, dots=True) for name, points in r.ratios],
            title=f"{r.method} on {r.nodes} nodes: {lk.show(r, 'bytes_ratio')} the bytes of a dense all-reduce", x_name="Nodes", x_unit="1", y_name="Bytes against dense", y_unit="×",
            x_log=True, y_log=True, x_ticks=gradient_compression.NODES, you=(r.nodes, r.bytes_ratio), prediction=said and (32, said.value),
        ),
        ins.stacked(rows, title=f"{lk.show(r, 'target_s')} with {styles[r.method][0]}; fastest: {styles[r.best_method][0]}. D: exposed, O: also compressing, L: more steps", you=r.method),
        ins.region_map(
            gradient_compression.BANDWIDTHS, gradient_compression.NODES, r.winners, title=f"Fastest to the same progress where you stand: {styles[r.best_method][0]}",
            x_name="Network of a node", x_unit="B/s", y_name="Nodes", y_unit="1", regions={name: style for name, style in styles.items() if any(name in row for row in r.winners)},
            you=(r.network_bytes_per_s, r.nodes), you_label="you",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.explore(lab, compressed_step, d, log())


@app.function
def draw_purchase(r, given, now):
    """Every fabric at the student's software, and the parts of the step."""
    short = any(spine < given["spine_limit_bytes_per_s"] for *_, spine in r.others)
    parts = [("computing", r.compute_s, "O"), ("all-to-alls", r.exchange_s, "D"), ("gradients exposed", r.exposed_s, "D"), ("compressing", r.compressing_s, "O")]
    return (
        ins.pareto(
            [ins.Design(f"{f} {o}:1{' fwd' if on else ''}", price, step, spine >= given["spine_limit_bytes_per_s"]) for f, o, on, step, price, spine in r.others],
            title=f"Your fabric: {lk.show(r, 'step_s')} for {lk.show(r, 'price_usd')}{'. Crosses leave others too little spine' if short else ''}", x_name="Price", x_unit="$", y_name="Step", y_unit="s",
            y_better="low", x_limit=(given["price_limit_usd"], "budget"), y_limit=(given["step_limit_s"], "step allowed"),
            you=f"{r.fabric} {r.oversubscription}:1{' fwd' if r.forwarding else ''}",
        ),
        ins.waterfall([("step", [part for part in parts if part[1] > 0])], title=f"All-to-alls take {lk.show(r, 'exchange_s')}; exposed gradients {lk.show(r, 'exposed_s')}", limit=(given["step_limit_s"], "step allowed"), you="step"),
    )


@app.cell
def _(design, lab, log):
    lk.decide(lab, purchase, design, log())


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
