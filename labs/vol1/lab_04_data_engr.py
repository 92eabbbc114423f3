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
    app_title="Feeding, remembering, proving",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import epoch_cache, pipeline_data, speaker_split, training_server, wake_words
    from mlsysim.units import fmt

    DISKS = {250e6: "250 MB/s", 1e9: "1,000 MB/s", 3e9: "3,000 MB/s"}
    FORMATS = {name: pipeline_data.stored_format(name).title for name in pipeline_data.format_names()}
    POLICIES = {"lru": "least recently used leaves", "pinned": "what came first stays"}
    CORES = (4, 8, 12, 16, 24, 32, 48)


@app.function
@lk.experiment(
    "A",
    "How much sooner does an epoch end?",
    scenario="An epoch is one pass over 1,281,167 images. Each is read from the disk, decoded by a CPU core, and trained on by the GPU, in batches of 256. Every core works on batches of its own and may be two ahead; the GPU takes the batches in order.",
    controls=dict(
        gpu=lk.choice("GPU", {"v100": "V100, 1,200 images/s", "a100": "A100, 2,470 images/s"}, default="a100"),
        workers=lk.steps("Cores that decode", CORES, default=12),
        disk=lk.choice("Disk", DISKS, default=250e6),
        stored=lk.choice("Stored as", FORMATS, default="jpeg", more=True),
    ),
    predict=lk.predict_number(
        "A V100 trains on 1,200 images a second, an A100 on 2,470 (NVIDIA’s measurements of ResNet-50, mixed precision). Twelve cores decode; a core does 110 images a second (illustrative). The files, 108 kB each, come from a 250 MB/s disk across the network. How many times sooner does an epoch end after the swap from V100 to A100?", "swap_factor", low=0.8, high=3, unit="×",
    ),
    idea=lambda r: f"A pipeline runs at its slowest stage. The disk could deliver {lk.show(r, 'disk_per_s')}, the twelve cores {lk.show(r, 'decode_per_s')}, the A100 takes {lk.show(r, 'gpu_per_s')} "
    f"and gets {lk.show(r, 'images_per_s')}: less than the slowest stage alone, because batches arrive in order and one slow core holds up the rest. Your newer GPU works {lk.show(r, 'gpu_share')} of the time.",
    readouts=(("gpu_share", "GPU works"), ("images_per_s", "Delivered"), ("epoch_s", "Epoch"), ("decode_per_s", "Cores could do"), ("disk_per_s", "Disk could do")),
    failures=(lk.failure("paying for idle", lambda r: r.state == pipeline_data.IDLE, "More cores lead out, then a faster disk; so does another format.", lambda r: f"the {r.gpu} works {lk.show(r, 'gpu_share')} of the time"),),
    explain=lk.explain("What alone would speed this up most?", {"gpu": "a GPU twice as fast", "cores": "twice the cores", "disk": "the next faster disk", "format": "raw pixels on this disk", "nothing": "none of these alone"}, lambda r: r.best_change),
    terms=("data", "arithmetic"), binding=lambda r: "arithmetic" if r.gpu_share > 0.95 else "data",
    instruments=lambda r, said: draw_feed(r, said),
)
def feed_the_gpu(gpu, workers, disk, stored):
    """Two hundred batches through disk, cores and GPU."""
    return pipeline_data.feed(gpu, workers, disk, stored)


@app.function
@lk.experiment(
    "B",
    "How many reads does a cache answer?",
    scenario="What the server has read it can keep in memory, so that the next epoch need not ask the disk again. The images take 138 GB; the memory holds a share of them. A full memory has to drop something for each new image, or to refuse the new one.",
    controls=dict(
        cache_share=lk.slider("Memory holds", 0.05, 0.95, step=0.05, default=0.5, unit="share"),
        policy=lk.choice("When it is full", POLICIES, default="lru"),
        order=lk.choice("Each epoch reads", {"shuffled": "in a new random order", "same": "in the same order"}, default="shuffled"),
    ),
    predict=lk.predict_number(
        "The memory holds half of the images. Each epoch reads every image once, in a new random order; when the memory is full the least recently used image leaves. What share of the reads finds its image in memory, from the second epoch on?", "hit_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Recency says nothing about what a fresh shuffle reads next, and every image enters as the newest: half of the memory serves {lk.show(r, 'hit_share')} of the reads. A hit needs luck twice, late in the last epoch and early in this one; the second chart shows it. (4,000 images replayed; a large set follows f + (1 − f)·ln(1 − f), with f the share held.)",
    readouts=(("hit_share", "Reads from memory"), ("cache_share", "Images in memory"), ("memory_bytes", "Memory"), ("read_s", "Disk reads an epoch in")),
    failures=(lk.failure("the cache that never hits", lambda r: r.state == epoch_cache.NEVER, "Keep what came first, or shuffle.", lambda r: f"{lk.show(r, 'memory_bytes')} of memory, no hit: what is needed next is what just left"),),
    explain=lk.explain("Start from “least recently used” and new shuffles, with your memory. Which change brings most hits?", {"more memory": "40 % more memory", "pinned": "keep what came first", "same order": "the same order each epoch"}, lambda r: r.best_change),
    terms=("data",), binding=lambda r: "data",
    instruments=lambda r, said: draw_cache(r, said),
)
def remember_the_images(cache_share, policy, order):
    """Four epochs over a cache."""
    return epoch_cache.study_cache(cache_share, policy, order)


@app.function
@lk.experiment(
    "C",
    "How often does a good detector wake by mistake?",
    scenario="The keyword detector scores the sound of the last second, many times a second, and wakes the device when the score passes a threshold. The product lead promises one false wake a month, and that nine of ten keywords are heard.",
    controls=dict(
        threshold=lk.slider("Threshold", 2, 7, step=0.01, default=3.72, unit="σ", help="in standard deviations of the score of other sounds"),
        separation=lk.slider("Detector: the word scores higher by", 4, 9, step=0.5, default=6, unit="σ"),
        audio_h=lk.steps("Test audio without the word", (10, 50, 100, 200, 500, 1000, 2000, 2200, 3000, 5000, 10_000, 30_000, 100_000), default=200, unit="hours"),
        decisions_per_s=lk.steps("Decisions", (1, 10, 50), default=50, unit="1/s", more=True),
    ),
    predict=lk.predict_number(
        "On sounds without the wake word the detector is right in 99.99 % of its decisions. It decides 50 times a second, day and night. How many false wakes a day does that make?", "false_wakes_per_day", low=0.01, high=10_000, unit="", log=True,
    ),
    idea=lambda r: f"Fifty decisions a second are four million a day, and one in ten thousand of them is wrong. One false wake a month allows {fmt(r.allowed_share)} of the decisions to be wrong: eight nines. "
    f"And even a detector that good must be shown to be: without a single false wake it takes {lk.show(r, 'fewest_h')} of test audio to promise one a month with 95 % confidence. (Scores are normal and windows independent: illustrative.)",
    readouts=(("false_wakes_per_day", "False wakes a day"), ("missed_share", "Keywords missed"), ("seen", "Heard in the test audio"), ("bound_per_month", "Test proves fewer than"), ("fewest_h", "Audio, at the least")),
    failures=(
        lk.failure("promise broken", lambda r: r.state == wake_words.BROKEN, "A higher threshold leads out.", lambda r: f"{lk.show(r, 'false_wakes_per_month')}, promised is one"),
        lk.failure("deaf", lambda r: r.state == wake_words.DEAF, "A lower threshold or a better detector leads out.", lambda r: f"{lk.show(r, 'missed_share')} of the keywords are missed"),
        lk.failure("not proven", lambda r: r.state == wake_words.UNPROVEN, "More audio, or a detector with room to spare, leads out.", lambda r: f"{lk.show(r, 'audio_h')} of audio only rule out {lk.show(r, 'bound_per_month')}"),
    ),
    explain=lk.explain("What is missing first to make the promise?", {"detector": "a better detector: no threshold will do", "threshold": "another threshold", "audio": "more test audio", "nothing": "nothing"}, lambda r: (r.missing, wake_words.THRESHOLD) if r.threshold_also else r.missing),
    instruments=lambda r, said: draw_detector(r, said),
)
def prove_the_promise(threshold, separation, audio_h, decisions_per_s):
    """False wakes, missed words, and what the test audio proves."""
    return wake_words.study_detector(threshold, separation, audio_h, decisions_per_s)


@app.function
@lk.experiment(
    "D",
    "What does a test score say about strangers?",
    scenario="The team recorded people saying four keywords. The recognizer takes a new clip for the keyword of the most similar clip that it was trained on. A fifth of the clips is kept for the test. (Clips are points, made up for teaching.)",
    controls=dict(
        split=lk.choice("Test set", {"clip": "a fifth of the clips", "speaker": "all clips of a fifth of the people"}, default="clip"),
        people=lk.choice("People × clips of each", {n: f"{n} × {each}" for n, each in speaker_split.LAYOUTS.items()}, default=40),
        voice_spread=lk.steps("How much voices differ", speaker_split.VOICES, default=1.2, help="keywords differ by 1, clips of one person by 0.25"),
    ),
    predict=lk.predict_number(
        "320 clips of 40 people, eight of each. Split at random into 80 % for training and 20 % for the test, the recognizer scores 90.6 %. What will it score on the clips of people it has never heard?", "speaker_accuracy_share", low=25, high=100, unit="%",
    ),
    idea=lambda r: f"In a random split every tested person has other clips in training, and {r.same_person} of {r.test_clips} test clips lie nearest to another clip of the same person: the recognizer knows voices, not words. "
    f"On strangers it scores {lk.show(r, 'speaker_accuracy_share')}, give or take {lk.show(r, 'error_points')}. Split by what will be new in use.",
    readouts=(("clip_accuracy_share", "Score, split by clip"), ("speaker_accuracy_share", "Score, split by people"), ("known_share", "Tested people known from training"), ("same_person", "Nearest to the same person")),
    failures=(lk.failure("flattered", lambda r: r.state == speaker_split.FLATTERED, "Fewer clips of more people, or voices more alike, lead out.", lambda r: f"the random split scores {lk.show(r, 'gap_points')} higher"),),
    explain=lk.explain("Which score may go on the box?", {"clip": "the split by clip", "speaker": "the split by people", "agree": "either, they agree within 3 points"}, lambda r: r.trusted),
    instruments=lambda r, said: draw_split(r, said),
)
def score_strangers(split, people, voice_spread):
    """One recognizer, two ways to test it."""
    return speaker_split.study_split(split, people, speaker_split.LAYOUTS[people], voice_spread)


@app.function
@lk.decision(
    "The server around the GPU",
    scenario="Choose what stands around the A100. It must train {gpu_share_limit} of the day, read at most {network_limit_bytes_per_s} over the shared network, lose at most {loss_limit_points} of accuracy and cost at most {cost_limit_usd} an hour. The team changes the crop of the images {crop_changes_per_day} a day; each time a stored copy (anything but the JPEG files as collected) is made anew, and the GPU waits. A core costs 4 cents an hour, a GB of memory half a cent, the disks 5, 25 and 60 cents; small JPEG files lose 0.4 points, raw pixels 0.3 (all illustrative).",
    controls=dict(
        cores=lk.steps("Cores", CORES, default=12),
        disk=lk.choice("Disk", DISKS, default=250e6),
        stored=lk.choice("Stored as", FORMATS, default="jpeg"),
        memory=lk.steps("Memory for the cache", (16e9, 32e9, 64e9, 128e9, 256e9), default=64e9, unit="B", more=True),
        policy=lk.choice("When it is full", POLICIES, default="lru", more=True),
    ),
    given=lambda d: dict(
        gpu_share_limit=d.choice([0.90, 0.93, 0.96]), network_limit_bytes_per_s=d.choice([150e6, 300e6, 600e6]), loss_limit_points=d.choice([0.2, 0.35, 0.5]),
        crop_changes_per_day=d.choice([2, 4, 12]), cost_limit_usd=d.choice([1.75, 1.90]),
    ),
    given_units=dict(gpu_share_limit="share", network_limit_bytes_per_s="B/s", loss_limit_points="points", crop_changes_per_day="times", cost_limit_usd="$"),
    constraints=(
        lk.at_least("gpu_share", "gpu_share_limit", "GPU trains"), lk.at_most("network_bytes_per_s", "network_limit_bytes_per_s", "network"),
        lk.at_most("loss_points", "loss_limit_points", "accuracy lost"), lk.at_most("cost_usd_per_h", "cost_limit_usd", "cost an hour"),
    ),
    objective=("lowest", "cost_usd_per_h"),
    labels={"cost_usd_per_h": "cost an hour"},
    readouts=(("hit_share", "Reads from memory"), ("images_per_s", "Delivered"), ("rebuild_s", "Making the copy takes"), ("rebuild_share", "Of the day, making copies")),
    instruments=lambda r, given, now: draw_servers(r, given, now),
)
def around_the_gpu(cores, disk, stored, memory, policy, crop_changes_per_day):
    """GPU time, network, accuracy and cost of one server."""
    return training_server.study_server(cores, disk, stored, memory, policy, crop_changes_per_day)


@app.function
@lk.drill(
    "stages",
    "A GPU takes {gpu_per_s}. {workers} cores decode {core_per_s} each. The disk reads {disk_bytes_per_s}, an image has {item_bytes}. At most how many images a second arrive?",
    draw=lambda d: dict(gpu_per_s=d.choice([1200, 2470]), workers=d.choice([4, 8, 12, 16, 24, 32]), core_per_s=d.choice([110, 330]), disk_bytes_per_s=d.choice([250e6, 1e9]), item_bytes=d.choice([40e3, 108e3, 197e3])),
    unit="images/s", show=dict(gpu_per_s="images/s", core_per_s="images/s", disk_bytes_per_s="B/s", item_bytes="B"),
)
def slowest_stage(gpu_per_s, workers, core_per_s, disk_bytes_per_s, item_bytes):
    """The rate of the slowest stage."""
    return pipeline_data.deliver(gpu_per_s, workers, disk_bytes_per_s, item_bytes, core_per_s).slowest_per_s


@app.function
@lk.drill(
    "cache",
    "The memory holds {cache_share} of a large set; the least recently used item leaves, and each epoch has a new order. What share of the reads does it answer? f + (1 − f)·ln(1 − f)",
    draw=lambda d: dict(cache_share=d.number(0.1, 0.95, step=0.05)),
    unit="%", show=dict(cache_share="share"),
)
def cache_hits(cache_share):
    """The exact hit share."""
    return epoch_cache.lru_hit_share(cache_share)


@app.function
@lk.drill(
    "voices",
    "Each person gave {clips_each} clips. A random {test_share} of a large collection is the test set. What share of the test clips comes from people of whom the training set has a clip too?",
    draw=lambda d: dict(clips_each=d.choice([2, 3, 4, 5, 6]), test_share=d.choice([0.2, 0.3, 0.4, 0.5])),
    unit="%", show=dict(clips_each="1", test_share="share"),
)
def known_voices(clips_each, test_share):
    """The share of test clips whose speaker is known."""
    return speaker_split.known_speaker_share(clips_each, test_share)


@app.cell
async def _():
    lab = await lk.open_lab("lab_04_data_engr", [feed_the_gpu, remember_the_images, prove_the_promise, score_strangers, around_the_gpu], [slowest_stage, cache_hits, known_voices], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Find the slowest stage of an input pipeline from its timeline, and predict what a faster GPU buys.",
         "Compute the hit rate of a cache under shuffled reading, and choose a policy.",
         "Size the recorded audio that proves a promise, and choose a split that lets a test speak for new people."),
        "One team, two products. An image classifier trains on one GPU from a disk across the network; the finance lead has just approved a newer GPU “to halve the time”. A keyword detector waits for its wake word in 100,000 homes; the product lead promises “one false wake a month”. Both promises are about data, and both are yours to check.",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.function
def draw_feed(r, said):
    """Disk, cores and GPU over time, and the epoch with each GPU."""
    style = lambda batch: "ink:solid" if batch == r.blocker and r.blocker_wait_s > 0.01 else "edge:open"  # noqa: E731
    bars = [ins.Bar("disk", start, end, f"{batch}", "data:solid") for batch, start, end in r.reads]
    bars += [ins.Bar(f"{worker + 1}", start, end, f"{batch}", style(batch)) for batch, worker, start, end in r.decodes]
    bars += [ins.Bar("GPU", start, end, f"{batch}", "arithmetic:hatch") for batch, start, end in r.trains]
    waits = f"batch {r.blocker} keeps it waiting {fmt(r.blocker_wait_s, 's')}" if r.blocker_wait_s > 0.01 else "no batch keeps it waiting"
    return (
        ins.timeline(
            ["disk", *(f"{n}" for n in range(1, r.workers + 1)), "GPU"], bars, title=f"The {r.gpu} works {lk.show(r, 'gpu_share')} of the time; {waits}", end=r.window_s, quantity_x="Time, 40 batches at the GPU",
            key=(("data:solid", "read"), ("edge:open", "decode"), ("arithmetic:hatch", "train"), ("idle", "wait")),
        ),
        ins.timeline(
            [name for name, _, _ in r.epochs],
            [bar for name, busy, wait in r.epochs for bar in (ins.Bar(name, 0.0, busy, "trains", "arithmetic:hatch"), ins.Bar(name, busy, busy + wait, "waits for data", "edge:open"))],
            title=f"The A100 ends an epoch {lk.show(r, 'swap_factor')} as fast as the V100", idle=False, quantity_x="Epoch", you=r.gpu,
            prediction=r.v100_epoch_s / said.value, prediction_label=f"you said {lk.said(said)} for the A100",
        ),
    )


@app.function
def draw_cache(r, said):
    """Hit share over cache share, and when hits happen."""
    hits = [(u, v) for u, v, hit in r.reads if hit]
    return (
        ins.curve(
            [ins.Series("what came first stays", [(0.0, 0.0), (0.95, 0.95)], "overhead", "dash"), ins.Series("least recently used leaves", r.lru_curve, "data", "solid"),
             ins.Series("the same, in the same order", [(0.0, 0.0), (0.95, 0.0)], "muted", "short")],
            title=f"{lk.show(r, 'cache_share')} of the images in memory, {lk.show(r, 'hit_share')} of the reads from memory", x_name="Share of the images in memory", x_unit="share",
            y_name="Share of reads from memory", y_unit="share", you=(r.cache_share, r.hit_share), prediction=(0.5, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}",
            published=[(x, y, "") for x, y in r.lru_dots],
        ),
        ins.scatter(
            [ins.Group("from the disk", [(u, v) for u, v, hit in r.reads if not hit], "edge", "ring"), ins.Group("from memory", hits, "control", "dot", 60)],
            title="No read finds its image" if not hits else "A hit was read late last time and early this time" if r.border else "Hits are the images that came first",
            x_name="Place in the epoch before", x_unit="share", y_name="Place in this epoch", y_unit="share", item="read",
            border=(r.border, "how far back memory reaches") if r.border else None,
        ),
    )


@app.function
def draw_detector(r, said):
    """Keywords heard over false wakes, and what a test proves as it grows longer."""
    unproven = [r.silent_per_day, *(x for x, _ in r.roc if x < r.silent_per_day)]
    return (
        ins.curve(
            [ins.Series("", r.roc, "data", "solid")], title=f"False wakes: {lk.show(r, 'false_wakes_per_day')}. Keywords missed: {lk.show(r, 'missed_share')}",
            x_name="False wakes", x_unit="a day", y_name="Keywords heard", y_unit="share", x_log=True, x_limit=(r.promised_per_day, "one a month"), y_limit=(0.9, "nine of ten", "below"),
            you=(r.false_wakes_per_day, r.detected_share), you_label="you", prediction=(said.value, r.detected_share), prediction_label=f"you said {lk.said(said)}",
            band=([(x, 0.0) for x in unproven], [(x, 1.0) for x in unproven], "too rare for this test") if len(unproven) > 2 else None,
        ),
        ins.curve(
            [ins.Series("the test rules out this and more", r.proof, "ink", "solid"), ins.Series("what is true", [(h, r.false_wakes_per_month) for h, _ in r.proof], "data", "dash")],
            title=f"{lk.show(r, 'audio_h')} of audio, {r.seen:,} false wakes heard: fewer than {lk.show(r, 'bound_per_month')} proven", x_name="Test audio", x_unit="hours",
            y_name="False wakes", y_unit="a month", x_log=True, y_log=True, y_limit=(r.promised_per_month, "promise: one a month"), you=(r.audio_h, r.bound_per_month),
        ),
    )


@app.function
def draw_split(r, said):
    """Both scores over the difference of voices, and each test clip with its nearest neighbour."""
    known, other = ([t[:4] for t in r.tested if t[5] is same] for same in (True, False))
    return (
        ins.curve(
            [ins.Series("split by clip", r.clip_curve, "data", "dash", dots=True), ins.Series("split by people", r.speaker_curve, "ink", "solid", dots=True)],
            title=f"{r.speakers} people, {r.clips_each} clips each: {lk.show(r, 'clip_accuracy_share')} by clip, {lk.show(r, 'speaker_accuracy_share')} on strangers",
            x_name="How much voices differ", x_unit="1", y_name="Test clips recognised", y_unit="share", you=(r.voice_spread, r.accuracy_share), x_ticks=speaker_split.VOICES,
            prediction=lk.said_si(said), y_limit=(0.25, "guessing", "below"),
        ),
        ins.scatter(
            [ins.Group("trained on", r.training, "edge", "ring", 22), ins.Group("test clip, recognised", [t[:2] for t in r.tested if t[4]], "control", "dot", 46), ins.Group("test clip, wrong", [t[:2] for t in r.tested if not t[4]], "ink", "cross", 46)],
            title=f"{len(known)} of {r.test_clips} test clips lie nearest to the same person", x_name="First of four dimensions", x_unit="1", y_name="Second dimension", y_unit="1", item="clip",
            links=((other, "edge", "short"), (known, "control", "solid")), notes=(("Lines lead to the nearest clip, in four dimensions: solid to the same person", "muted"),),
        ),
    )


@app.function
def draw_servers(r, given, now):
    """Each format along the number of cores, at the student's disk and memory: cost against GPU time."""
    lines = []
    for stored, title in FORMATS.items():
        along = [training_server.study_server(cores, now["disk"], stored, now["memory"], now["policy"], given["crop_changes_per_day"]) for cores in CORES]
        wrong = "loses too much" if along[0].loss_points > given["loss_limit_points"] else "reads too much" if along[CORES.index(now["cores"])].network_bytes_per_s > given["network_limit_bytes_per_s"] else ""
        lines.append(ins.Series(f"{title.split(',')[0]}{', ' if wrong else ''}{wrong}", [(s.cost_usd_per_h, s.gpu_share) for s in along], dash="short" if wrong else "solid", dots=True))
    return ins.curve(
        lines, title=f"Your server: the GPU trains {lk.show(r, 'gpu_share')} of the day for {lk.show(r, 'cost_usd_per_h')} an hour", x_name="Cost an hour, from 4 to 48 cores", x_unit="$", y_name="GPU trains, share of the day", y_unit="share",
        x_limit=(given["cost_limit_usd"], "budget"), y_limit=(given["gpu_share_limit"], "wanted", "below"), you=(r.cost_usd_per_h, r.gpu_share), you_label=f"{r.cores} cores",
    )


@app.cell
def _(a, lab, log):
    lk.predict(lab, feed_the_gpu, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, feed_the_gpu, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, remember_the_images, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, remember_the_images, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, prove_the_promise, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, prove_the_promise, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, score_strangers, d, log())


@app.cell
def _(d, lab, log):
    lk.explore(lab, score_strangers, d, log())


@app.cell
def _(e, lab, log):
    lk.decide(lab, around_the_gpu, e, log())


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
