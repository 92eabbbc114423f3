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
    app_title="Where the thinking lives",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import placement, sensor_node, split_inference, transport
    from mlsysim.units import fmt

    LINKS = transport.links()
    SERVERS = {"t4": "T4", "h100_sxm": "H100"}
    BITS = {8: "8 bit", 4: "4 bit", 2: "2 bit"}
    REGIONS = {"camera": "sending the photo", "inside": "a cut inside the network", "device": "no wire at all"}
    CUT_WORDS = {"photo": "Send the photo", "all local": "The Pi runs all of it"}
    PLACES = {"pole": "at the pole (Raspberry Pi 5)", "near": "server 50 km away", "cloud": "cloud 1,000 km away"}


@app.function
@lk.experiment(
    "A",
    "What does a remote answer wait for?",
    scenario="A phone app names the tree in a photo. The network, ResNet-50, runs on a T4 in a data centre 1,000 km away. LTE carries 8 Mbit/s up here and takes 50 ms there "
    "and back; the fibre behind it adds 15 ms there and back (illustrative). The connection is *cold*: nothing has been sent over it yet.",
    controls=dict(
        link=lk.choice("Access", LINKS, default="lte"),
        connection=lk.choice("Connection", {"cold": "cold: opened for this photo", "warm": "warm: kept open"}, default="cold"),
        distance_km=lk.steps("Distance", (0, 50, 300, 1000, 3000, 8000), default=1000, unit="km"),
        upload_bytes=lk.steps("Photo", (14e3, 20e3, 40e3, 108e3, 200e3), default=108e3, unit="B", more=True),
        server=lk.choice("Server", SERVERS, default="t4", more=True),
        loss_share=lk.slider("Rounds that lose a packet", 0, 0.05, step=0.01, default=0.02, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "The tap opens a connection and sends a photo of 108 kB. The T4 needs 0.56 ms for the network. How long after the tap does the phone have its answer?",
        "time_s", low=10, high=2000, unit="ms", log=True,
    ),
    idea=lambda r: f"A remote answer is a conversation, and its length is counted in round trips: {r.round_trips} of {lk.show(r, 'rtt_s')} here. "
    f"{r.setup_trips} of them open the connection (TCP, then TLS); then TCP sends {lk.show(r, 'window_bytes')} in the first round and twice as much in each further one (slow start). "
    f"At the full rate the photo takes {lk.show(r, 'transmission_s')}; the T4 takes {lk.show(r, 'service_share')} of the time. "
    f"A phone of 2019 that runs MobileNetV1 by itself answers in {lk.show(r, 'phone_alone_s')} (measured), {r.times_phone:.0f} times sooner.",
    readouts=(lk.at_most("time_s", 0.1, "Answer after"), ("round_trips", "Round trips"), ("service_share", "Share of arithmetic"), ("p95_s", "p95 with jitter and loss")),
    failures=(lk.failure("too late", lambda r: r.time_s > 0.1, "Save round trips first: an open connection, then a faster access and a nearer server.",
                         lambda r: f"the answer takes {lk.show(r, 'time_s')}, a person waits for 100 ms"),),
    explain=lk.explain(
        "Which single change would save most here?",
        {"gpu": "an H100 as the server", "near": "a server next door (0 km)", "open": "a connection kept open", "small": "a photo of 40 kB"},
        lambda r: transport.changes(r).best,
        asked=lambda r: bool(transport.changes(r).best),
    ),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: r.binding,
    instruments=lambda r, said: draw_conversation(r, said),
)
def remote_answer(link, connection, distance_km, upload_bytes, server, loss_share):
    """One request, round by round, and 400 of them with jitter and loss."""
    return transport.remote_call(link, connection, distance_km, upload_bytes, server, loss_share)


@app.function
@lk.experiment(
    "B",
    "What does a byte by radio cost a battery?",
    scenario="A box on a tree listens for a rare owl, on two AA cells; a ranger changes them once a month. It can *stream* all sound to the cloud and think there. Or its microcontroller runs a keyword network of "
    "5.4 million operations several times a second, and the box sends a two-second *clip* of each detection, or a 12-byte *label*. "
    "Some detections are false: a car, a dog, rain.",
    controls=dict(
        radio=lk.choice("Radio", {"ble": "BLE, some 50 m far", "lora": "LoRa, kilometres far", "lte_m": "LTE-M, where there is a mast"}, default="lora"),
        policy=lk.choice("What is sent", {"stream": "stream: all sound", "clip": "clip: 2 s a detection", "label": "label: 12 B a detection"}, default="stream"),
        false_wakes_per_h=lk.steps("False detections an hour", (0, 1, 2, 5, 10, 30, 60), default=2, help="A stream sends everything anyway."),
        runs_per_s=lk.choice("The network runs", {1: "once a second", 2: "twice a second", 5: "5 times a second", 10: "10 times a second"}, default=5, more=True,
                             help="Not when it streams. How many calls it then misses is not modelled."),
    ),
    predict=lk.predict_number(
        "The microcontroller draws 10 mW while it computes, the LoRa radio 96 mW while it sends. For the energy of sending one byte, how many operations of the network can the microcontroller do?",
        "operations_per_byte", low=1, high=1e8, log=True,
    ),
    idea=lambda r: f"LoRa reaches far because it is slow: at {fmt(r.radio_bit_per_s, 'bit/s')} a byte occupies the radio so long that it takes {lk.show(r, 'byte_energy_j')}, "
    f"the energy of {lk.show(r, 'operations_per_byte')}. The power of the two chips differs by a factor of ten; their rates do the rest. "
    f"So bytes are dear and operations are cheap. Once the box thinks for itself, something else empties the battery: find out what.",
    readouts=(("life_s", "Two AA cells last"), ("sent_bytes", "Sent a day"), ("airtime_share", "Airtime"), ("day_j", "Energy a day")),
    failures=(
        lk.failure("link too thin", lambda r: r.state == sensor_node.TOO_THIN, "Send less, or take a faster radio. Energy and life are stated as if the link could carry it.",
                   lambda r: f"the bytes of a day need {lk.show(r, 'airtime_share')} of it"),
        lk.failure("not allowed", lambda r: r.state == sensor_node.NOT_ALLOWED, "Send labels, or leave this band.",
                   lambda r: f"{lk.show(r, 'airtime_share')} of airtime, the European band allows {lk.show(r, 'airtime_limit_share')}"),
        lk.failure("empty before the visit", lambda r: r.state == sensor_node.EMPTY, "Send less, or wake less often for nothing.", lambda r: f"the cells last {lk.show(r, 'life_s')}"),
    ),
    explain=lk.explain(
        "What empties the battery here?",
        {"microphone": "the microphone", "thinking": "thinking", "radio bytes": "bytes on the radio", "wake-ups": "wake-ups of the radio"},
        lambda r: r.binding,
    ),
    terms=("data", "arithmetic"),
    instruments=lambda r, said: draw_node(r, said),
)
def listening_box(radio, policy, false_wakes_per_h, runs_per_s):
    """A month of listening, hour by hour, as a mean day."""
    return sensor_node.listen(radio, policy, false_wakes_per_h, runs_per_s)


@app.function
@lk.experiment(
    "C",
    "Where should a network be cut in two?",
    scenario="A camera watches a bicycle crossing. A Raspberry Pi 5 on its pole can run the first layers of ResNet-50 and send what they put out, its *feature map*, to a T4 "
    "1,000 km away, which runs the rest. A layer turns the picture into many small pictures (channels). There are 21 places to cut, from “send the photo” to “all local”.",
    controls=dict(
        cut=lk.steps("Cut after", split_inference.places(), default="stem"),
        bits=lk.choice("Bits a value on the wire", BITS, default=8, help="What fewer bits do to accuracy is not modelled."),
        link=lk.choice("Access", LINKS, default="5g", more=True),
        photo=lk.choice("Photo", {"jpeg": "JPEG, 108 kB", "raw": "raw floats, 602 kB"}, default="jpeg", more=True),
    ),
    predict=lk.predict_number(
        "The photo has 108 kB as a JPEG. Instead, the Pi runs the first layer (the stem) and sends the result as 8-bit values. How many kB travel?",
        "wire_bytes", low=1, high=10_000, unit="kB", log=True,
    ),
    idea=lambda r: f"The stem halves the picture’s sides but makes 64 channels of it: {r.values:,} values, {lk.show(r, 'wire_bytes')}, {lk.show(r, 'times_photo')} the photo. "
    f"Feature maps grow before they shrink, and a JPEG is small already. A cut pays where the wire beats what you had to send anyway.",
    readouts=(("wire_bytes", "On the wire"), ("total_s", "Time of a frame"), ("photo_s", "If the photo is sent"), ("best_place", "Best cut")),
    failures=(lk.failure("worse than sending the photo", lambda r: r.total_s > r.photo_s, "Send the photo; or ship fewer bits after the pooling; or find what you had to send anyway.",
                         lambda r: f"{lk.show(r, 'total_s')} against {lk.show(r, 'photo_s')}"),),
    explain=lk.explain(
        "Where is the best cut at these settings?",
        {"camera": "before the network: send the photo", "inside": "inside the network", "device": "after the network: run all of it on the Pi"},
        lambda r: r.best_region,
    ),
    terms=("data", "arithmetic", "overhead"),
    binding=lambda r: "data" if r.wire_s > r.device_s else "arithmetic",
    instruments=lambda r, said: draw_cut(r, said),
)
def cut_network(cut, bits, link, photo):
    """One frame of ResNet-50, cut at every place."""
    return split_inference.split(cut, bits, link, photo)


@app.function
@lk.decision(
    "The crossing",
    scenario="The camera must warn a driver of a bicycle: p95 within {deadline_s}, top-1 of at least {top1_limit}, for at most {cost_limit_usd} a month. It sends or sees "
    "{frames_per_s} while something moves, {hours_per_day} a day; machine and link may be busy at most {load_limit} of that time. A box on the pole works offline; "
    "a server is replaced from a desk. Connections are kept open. Prices and the accuracy of the small photo are illustrative.",
    controls=dict(
        place=lk.choice("Where it thinks", PLACES, default="cloud"),
        model=lk.choice("Network", {"mobilenet_v1": "MobileNetV1", "resnet50": "ResNet-50"}, default="resnet50"),
        link=lk.choice("Access", LINKS, default="lte", help="The pole needs none."),
        photo=lk.choice("Photo sent", {"small": "40 kB, −1.5 points", "full": "108 kB"}, default="full"),
    ),
    given=lambda d: dict(
        deadline_s=d.choice([0.06, 0.08, 0.1, 0.13]), top1_limit=d.choice([0.69, 0.72, 0.73]), frames_per_s=d.choice([2, 5, 8]),
        hours_per_day=d.choice([2, 4, 8]), cost_limit_usd=d.choice([45, 50, 60]), load_limit=0.8,
    ),
    given_units=dict(deadline_s="s", top1_limit="share", frames_per_s="frames/s", hours_per_day="h", cost_limit_usd="$", load_limit="share"),
    constraints=(
        lk.at_most("p95_s", "deadline_s", "p95"),
        lk.at_least("top1_share", "top1_limit", "top-1 accuracy"),
        lk.at_most("load_share", "load_limit", "load"),
        lk.at_most("cost_usd", "cost_limit_usd", "cost a month"),
    ),
    objective=("lowest", "cost_usd"),
    labels={"cost_usd": "cost a month"},
    readouts=(("ridden_m", "A bicycle goes on by"), ("traffic_bytes", "Traffic a month")),
    instruments=lambda r, given, now: draw_crossing(r, given, now),
)
def chosen_crossing(place, model, link, photo, frames_per_s, hours_per_day):
    """p95, accuracy, load and the monthly bill of one design."""
    return placement.crossing(place, model, link, photo, frames_per_s, hours_per_day)


@app.function
@lk.drill(
    "rounds",
    "A cold connection sends up to 14.6 kB in its first round trip, up to twice as much in the next, and so on. In how many rounds does an upload of {upload_bytes} leave? (A whole number.)",
    draw=lambda d: dict(upload_bytes=d.integer(10, 200) * 1000), tolerance=0, show=dict(upload_bytes="B"),
)
def rounds_of_an_upload(upload_bytes):
    """Rounds of slow start."""
    return transport.upload_rounds(upload_bytes)


@app.function
@lk.drill(
    "battery",
    "Two AA cells hold 27,000 J. Microphone and sleep draw 1.23 mW all the time, the microcontroller 10 mW more for {duty_share} of the time. How long do the cells last?",
    draw=lambda d: dict(duty_share=d.number(0.02, 0.9, step=0.02)), unit="days", show=dict(duty_share="share"),
)
def battery_days(duty_share):
    """Energy over mean power."""
    return sensor_node.battery_life_s(duty_share)


@app.function
@lk.drill(
    "feature map",
    "A feature map has {channels} channels of {side} × {side} values, each sent in {bits} bits. How many kB travel?",
    draw=lambda d: dict(channels=d.choice([32, 64, 128, 256, 512, 1024, 2048]), side=d.choice([7, 14, 28, 56, 112]), bits=d.choice([2, 4, 8])), unit="kB",
)
def feature_map(channels, side, bits):
    """Channels times side squared, in bytes."""
    return split_inference.feature_map_bytes(channels, side, bits)


@app.function
def draw_conversation(r, said):
    """The request as a sequence diagram to scale, and the spread of 400 requests."""
    messages = [ins.Message(x.what if not x.data_bytes else f"{fmt(x.data_bytes, 'B')}", *x[2:], "D" if x.data_bytes else "L") for x in r.legs]
    arrived = r.legs[-1].arrived_s
    return (
        ins.conversation(
            messages, title=f"{r.round_trips} round {'trip' if r.round_trips == 1 else 'trips'} of {lk.show(r, 'rtt_s')}; the {SERVERS[r.server]} thinks for {lk.show(r, 'service_s')}",
            parties=("phone", f"{SERVERS[r.server]}, {r.distance_km:,.0f} km away"), thinking=(arrived, arrived + r.service_s), end=r.time_s,
            limit=(0.1, "100 ms"), prediction=lk.said_si(said),
        ),
        ins.distribution(r.times_s, title=f"With jitter and loss, 5 of 100 requests take longer than {lk.show(r, 'p95_s')}", name="400 requests", limit=(0.1, "100 ms")),
    )


@app.function
def draw_node(r, said):
    """What one byte costs in operations, what empties the battery in a day, and how many bytes leave."""
    prices = [(words, sensor_node.listen(name, r.policy, r.false_wakes_per_h, r.runs_per_s).operations_per_byte, "control:solid" if name == r.radio else "data:open") for name, words in sensor_node.radios().items()]
    sent = r.policy != "stream" and r.sent_bytes
    return (
        ins.memory_stack(
            [("a day", [("microphone", r.microphone_j, "edge:open"), ("thinking", r.thinking_j, "O"), ("radio bytes", r.radio_bytes_j, "D"), ("wake-ups", r.wakeups_j, "L")])],
            title=f"{lk.show(r, 'day_j')} a day: two AA cells last {lk.show(r, 'life_s')}, and most goes to {r.binding}", capacity=(r.budget_j, "empty in a month"),
            unit="J", quantity="Energy a day",
        ),
        ins.blocks(
            [("recorded", r.recorded_bytes, "data:open"), ("sent", r.sent_bytes, "control:solid")] + ([("about the owl", r.wanted_bytes, "data:open")] if sent else []),
            title=f"Of {lk.show(r, 'recorded_bytes')} of sound a day, {lk.show(r, 'sent_bytes')} leave the box", quantity="Bytes a day", path="on the way out",
            limit=(r.room_bytes, f"{sensor_node.radios()[r.radio]} may carry {lk.show(r, 'room_bytes')} a day"),
        ),
        ins.blocks(
            [("one run of the network", r.run_operations, "O")] + prices, title=f"A byte by {sensor_node.radios()[r.radio]} costs as much as {lk.show(r, 'operations_per_byte')}",
            quantity="Operations for the same energy", unit="OP", path="one byte by …", prediction=said.value, height=150.0,
        ),
    )


@app.function
def draw_cut(r, said):
    """The bytes that leave each place, and the time of a frame for every cut."""
    return (
        ins.blocks(
            [(p.place, p.wire_bytes, "data:open") for p in r.points],
            title=f"{CUT_WORDS.get(r.place, f'Cut after “{r.place}”')}: {lk.show(r, 'wire_bytes')} {'travels' if r.wire_bytes == 0 else 'travel'}"
            + ("" if r.place in CUT_WORDS else f", {lk.show(r, 'times_photo')} the photo"),
            quantity="Bytes that leave", path="place of the cut (numbers: blocks of ResNet-50)", level=(r.photo_bytes, f"the photo, {lk.show(r, 'photo_bytes')}"), cut=r.place,
            prediction=lk.said_si(said), height=150.0,
        ),
        ins.columns(
            [(p.place, (p.device_s, p.wire_s, p.server_s)) for p in r.points], title=f"A frame takes {lk.show(r, 'total_s')}; {REGIONS[r.best_region]} is best, {lk.show(r, 'best_s')}",
            parts=(("Pi", "O"), ("wire", "D"), ("T4", "edge:open")), path="place of the cut (numbers: blocks of ResNet-50)",
            level=(r.photo_s, "send the photo"), you=r.place, best=r.best_place, height=150.0,
        ),
    )


@app.function
def draw_crossing(r, given, now):
    """Your network and photo at every place and over every access."""
    designs = []
    for place in PLACES:
        for link in LINKS if place != "pole" else ("lte",):
            x = placement.crossing(place, now["model"], link, now["photo"], given["frames_per_s"], given["hours_per_day"])
            fits = x.p95_s <= given["deadline_s"] and x.top1_share >= given["top1_limit"] and x.load_share <= given["load_limit"] and x.cost_usd <= given["cost_limit_usd"]
            designs.append(ins.Design(place if place == "pole" else f"{place}, {LINKS[link]}", x.cost_usd, x.p95_s, fits))
    return ins.pareto(
        designs, title=f"{lk.show(r, 'p95_s')} for {lk.show(r, 'cost_usd')} a month; crosses break a limit",
        x_name="Cost a month", x_unit="$", y_name="p95", y_unit="s", y_better="low", x_log=True, y_log=True,
        x_limit=(given["cost_limit_usd"], "budget"), y_limit=(given["deadline_s"], "deadline"), you="pole" if now["place"] == "pole" else f"{now['place']}, {LINKS[now['link']]}",
    )


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_02_ml_systems", [remote_answer, listening_box, cut_network, chosen_crossing], [rounds_of_an_upload, battery_days, feature_map], __file__
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
        ("Decompose the answer time of a remote model into round trips, transmission and arithmetic, and say which one a faster GPU changes.",
         "Compare the energy of sending a byte with the energy of an operation, and size a battery.",
         "Decide between a box on the spot, a nearby server and a cloud for one product, and cut a network in two where that pays."),
        "A city wants eyes and ears: an app that names trees, a box that reports the call of a rare owl, a camera at a bicycle crossing that must warn in time. "
        "The finance lead wants all three to think in one cloud region. The radio engineer wants none of them there. Each part is one of the three; the crossing is yours to decide.",
    )
    return


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, remote_answer, a, log())
    return


@app.cell
def _(a, lab, log):
    lk.explore(lab, remote_answer, a, log())
    return


@app.cell
def _(b, lab, log):
    lk.predict(lab, listening_box, b, log())
    return


@app.cell
def _(b, lab, log):
    lk.explore(lab, listening_box, b, log())
    return


@app.cell
def _(c, lab, log):
    lk.predict(lab, cut_network, c, log())
    return


@app.cell
def _(c, lab, log):
    lk.explore(lab, cut_network, c, log())
    return


@app.cell
def _(d, lab, log):
    lk.decide(lab, chosen_crossing, d, log())
    return


@app.cell
def _(lab):
    drill_inputs, log_inputs = lk.drill_panel(lab, lab.drills), lk.log_panel(lab)
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
