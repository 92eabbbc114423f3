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
    app_title="Between two lines of Python",
    width="full",
    css_file="../../labkit/assets/labkit.css",
    html_head_file="../../labkit/assets/head.html",
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import compiled_replica, dispatch, fallback, fusion, shape_stream
    from mlsysim.units import fmt

    BREAKS = {0: "none", **{n: f"after line {n}" for n in range(1, 11)}}
    POLICIES = {"eager": "eager: no compiler", "exact": "exact: code for each length", "limit": "limit: the first 8 lengths, then eager",
                "buckets": "buckets: padded to the next multiple", "dynamic": "dynamic: one code for all lengths"}
    SHORT = {"eager": "eager", "exact": "exact", "limit": "limit 8", "buckets": "buckets", "dynamic": "dynamic"}


@app.function
@lk.experiment(
    "A", "What does a faster GPU do for one picture?",
    scenario="The prototype recognises exhibits with ResNet-50, in plain Python. One pass is 176 operations: convolutions, normalisations, ReLUs and sums. "
    "The host program hands each to the GPU as its line is reached; that is called *eager* execution.",
    controls=dict(
        gpu=lk.choice("GPU", dispatch.gpus(), default="v100"),
        batch=lk.steps("Batch", dispatch.BATCHES, default=1),
        execution=lk.choice("Execution", dispatch.EXECUTIONS, default="eager",
                            help="Fused: normalisation, ReLU and sums run inside the kernel of a layer. Replay: all launches are recorded once, then started by one call."),
        dispatch_s=lk.slider("Time of one launch", 5e-6, 1e-4, step=1e-6, default=72e-6, unit="s", more=True, help="Eager and fused only. The default is set by the measurements (illustrative)."),
    ),
    predict=lk.predict_number("NVIDIA measured 12.96 ms for one picture on a T4 (65 TFLOP/s, 320 GB/s), eager, 16 bit. How long does the same program take on a V100 (125 TFLOP/s, 900 GB/s)?",
                              "time_s", low=0.5, high=20, unit="ms"),
    idea=lambda r: "The host needs {} to hand over each of {} operations, and the GPU has finished each long before the next one comes: it works {} of {}. "
    "A faster GPU only waits longer. NVIDIA measured {} on the V100. The model lets host and GPU overlap perfectly, so it is a lower edge: at 32 pictures it says {}, "
    "without any overlap {} (the simpler story of the first lab), and {} were measured.".format(
        lk.show(r, "dispatch_s"), r.operation_count, lk.show(r, "busy_share"), lk.show(r, "time_s"), fmt(dict(dispatch.measured("v100"))[1], "s", 4),
        lk.show(dispatch.run("v100", 32), "time_s"), lk.show(dispatch.run("v100", 32), "apart_s"), fmt(dict(dispatch.measured("v100"))[32], "s"),
    ),
    readouts=(("time_s", "One batch"), ("busy_share", "GPU busy"), ("images_per_s", "Pictures a second"), ("operation_count", "Operations launched")),
    failures=(lk.failure("launch-bound", lambda r: r.state == "launch-bound", "More pictures at once, fewer operations or cheaper launches lead out; a faster GPU does not.",
                         lambda r: f"the GPU works {lk.show(r, 'busy_share')} of the time"),),
    explain=lk.explain("Which one change would save most at this point?", {"gpu": "the next faster GPU of the three", "dispatch": "launches in half the time", "fusion": "fusion: one kernel a layer"},
                       lambda r: None if r.best_change == "nothing" else r.best_change),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: r.binding,
    instruments=lambda r, said: draw_pass(r, said),
)
def one_pass(gpu, batch, execution, dispatch_s):
    """A batch through ResNet-50, launch by launch."""
    return dispatch.run(gpu, batch, execution, dispatch_s)


@app.function
@lk.experiment(
    "B", "What do eleven lines over one tensor cost?",
    scenario="Behind a matrix product of the text model stand bias, GELU, dropout and the residual sum, written line by line: t1 = x + b, t2 = t1³, t3 = c·t2, t4 = t1 + t3, "
    "t5 = k·t4, t6 = tanh t5, t7 = 1 + t6, t8 = t1·t7, t9 = t8/2, t10 = t9·m, y = t10 + r. All but the short b are tensors of the same size. Eager, each line is one kernel: "
    "it reads its tensors from memory and writes one back.",
    controls=dict(
        break_after=lk.choice("A print stands", BREAKS, default=0, help="It makes the compiler stop, hand back the values and start anew: a graph break."),
        values=lk.log_slider("Values in a tensor", 1e4, 2.0**27, default=2.0**27, per_decade=4),
        execution=lk.choice("Execution", fusion.EXECUTIONS, default="fused"),
        second_break=lk.choice("A second print", BREAKS, default=0, more=True),
        most=lk.slider("Most lines in a kernel", 2, 11, step=1, default=11, more=True),
    ),
    predict=lk.predict_number("134 million values of 16 bit, on an A100. A compiler fuses the eleven lines into one kernel. How many times faster does the chain run?",
                              "speedup", low=1, high=12, unit="×"),
    idea=lambda r: f"Count the trips, not the operations. Line by line {r.eager_trips} tensors cross the memory bus; fused, x, m and r go up and y comes down: {r.trips}. "
    f"All {r.line_count} operations are still there; their intermediate values stay in registers. So the time falls from {lk.show(r, 'eager_s')} to {lk.show(r, 'time_s')}.",
    readouts=(("time_s", "Time"), ("trips", "Tensors moved"), ("moved_bytes", "Bytes moved"), ("kernel_count", "Kernels"), ("speedup", "Against line by line")),
    failures=(lk.failure("a dear print", lambda r: r.state == "dear", "Move it to a place where fewer values are alive, or take it out.", lambda r: f"the breaks make the chain {lk.show(r, 'slowdown')} slower"),),
    explain=lk.explain("What does fusing mostly save at this size?", {"launches": "launches of kernels", "bytes": "bytes to and from memory", "operations": "arithmetic operations"},
                       lambda r: r.saves),
    terms=("data", "overhead"), binding=lambda r: "data" if r.data_s > r.launches_s else "overhead",
    instruments=lambda r, said: draw_chain(r, said),
)
def eleven_lines(break_after, values, execution, second_break, most):
    """The chain cut into kernels, and the values that travel."""
    return fusion.chain(values, break_after, execution, second_break, most)


@app.function
@lk.experiment(
    "C", "What if every request has another length?",
    scenario="Visitors type questions: half are shorter than 180 tokens, nine in ten have between 67 and 490. A compiler makes code for the shape that it meets; "
    "a request of a new length waits until that is done. Times and lengths are illustrative.",
    controls=dict(
        policy=lk.choice("Policy", POLICIES, default="exact", help="Dynamic code takes three times as long to compile and runs 15 % slower."),
        bucket_tokens=lk.steps("Bucket", shape_stream.BUCKETS, default=64, unit="tokens", help="Requests are padded to its next multiple, under buckets."),
        requests=lk.steps("Requests so far", (100, 300, 1000, 3000, 10_000), default=1000),
        compile_s=lk.steps("One compilation", (1, 2, 5, 10, 20, 40, 80, 120), default=20, unit="s", more=True),
        spread=lk.slider("Spread of the lengths", 0, 1, step=0.1, default=0.6, more=True, help="Standard deviation of the logarithm."),
    ),
    predict=lk.predict_number("Eager, the first 1,000 requests take 11.0 s in all. Now each new length is compiled once, 20 s each, and then runs about three times faster. How long do the first 1,000 take?",
                              "total_s", low=1, high=100_000, unit="s", log=True),
    idea=lambda r: f"The first {r.requests:,} requests have {r.distinct_lengths} different lengths. Running them takes {lk.show(r, 'running_s')}, "
    f"compiling for them {lk.show(r, 'compiling_s')}. Code for one length pays once some {fmt(r.pays_after_requests, '1')} requests of that length have come; the commonest comes {r.commonest_count} times.",
    readouts=(("total_s", "Total"), ("times_eager", "Against eager"), ("compilations", "Compilations"), ("mean_s", "Mean, not waiting"), ("p95_s", "p95, not waiting"), ("waste_share", "Padding")),
    failures=(lk.failure("slower than not compiling", lambda r: r.state == "slower", "Fewer shapes and more requests lead out; so does no compiler.",
                         lambda r: f"{lk.show(r, 'total_s')} against {lk.show(r, 'eager_total_s')}"),),
    explain=lk.explain("With buckets, in which direction lies a lower total here?", {"larger": "larger buckets: fewer compilations", "smaller": "smaller buckets: less padding", "neither": "neither: within 2 % of this one"},
                       lambda r: r.better_bucket),
    terms=("arithmetic", "overhead"), binding=lambda r: r.binding,
    instruments=lambda r, said: draw_stream(r, said),
)
def varying_lengths(policy, bucket_tokens, requests, compile_s, spread):
    """The stream of requests under one policy, beside the others."""
    return shape_stream.run(policy, bucket_tokens, requests, compile_s, spread)


@app.function
@lk.experiment(
    "D", "What if the chip does not know one operation?",
    scenario="The box in the wall has an Edge TPU and a small CPU. Its picture network is MobileNetV1, 29 layers. Somebody changed one of them: the new operation is as light as the old one, "
    "but the Edge TPU does not support it. The vendor's compiler accepts the network all the same.",
    controls=dict(
        position=lk.slider("The operation is layer", 1, 29, step=1, default=16),
        rule=lk.choice("Behind it", fallback.RULES, default="first"),
        replaced=lk.toggle("Replace it by one that is supported", help="Costs 0.3 points of accuracy (illustrative)."),
    ),
    predict=lk.predict_number("MobileNetV1 takes 2.4 ms on the Edge TPU and 164 ms on the CPU beside it (Coral's benchmarks). One operation in the middle, with 49 % of the work before it, is not supported. How long does a picture take now?",
                              "time_s", low=1, high=1000, unit="ms", log=True),
    idea=lambda r: f"The compiler cuts the network at the first operation that it does not know, and the CPU takes everything from there: {lk.show(r, 'cpu_s')} of {lk.show(r, 'time_s')}. The Edge TPU does {lk.show(r, 'mapped_share')} of the work in {lk.show(r, 'accelerator_s')}. One layer of 29 makes the network {lk.show(r, 'slowdown')} slower, and no message says so. "
    f"Calls of {lk.show(r, 'call_s')} and borders at {lk.show(r, 'border_bytes_per_s')} are illustrative.",
    readouts=(lk.at_most("time_s", 1 / 30, "One picture"), ("mapped_share", "Work on the Edge TPU"), ("moved_bytes", "Across borders"), ("top1_share", "Top-1 accuracy")),
    failures=(lk.failure("30 frames a second missed", lambda r: r.state == "late", "A later place, a way back to the accelerator, or another operation lead out.",
                         lambda r: f"a picture takes {lk.show(r, 'time_s')}, a frame lasts {lk.show(r, 'deadline_s')}"),),
    explain=lk.explain("What does the unsupported operation cost most of?", {"cpu": "work on the CPU", "transfer": "tensors across the border", "call": "calls of the accelerator"},
                       lambda r: None if r.detour == "nothing" else r.detour),
    terms=("data", "arithmetic", "overhead"), binding=lambda r: {"accelerator": "arithmetic", "cpu": "arithmetic", "transfer": "data", "call": "overhead"}[r.binding],
    instruments=lambda r, said: draw_split(r, said),
)
def unsupported(position, rule, replaced):
    """One picture, layer by layer, on the chip or on the CPU."""
    return fallback.split(position, rule, replaced)


@app.function
@lk.decision(
    "The guide goes live",
    scenario="A replica of the text guide answers the 10,000 requests of part C, then makes way for a new one. No visitor may wait for a compiler. It must be ready {ready_limit_s} after its start, with "
    "a mean of {mean_limit_s} and a p95 of {p95_limit_s} at most, and {memory_limit_bytes} for compiled code (0.15 GB a shape, illustrative).",
    controls=dict(
        policy=lk.choice("Policy", POLICIES, default="exact"),
        bucket_tokens=lk.steps("Bucket", shape_stream.BUCKETS, default=64, unit="tokens"),
        longest_compiled=lk.steps("Longest length with code", (256, 512, 1024, 2048), default=2048, unit="tokens", help="Longer requests run eager."),
        before=lk.toggle("Compile before taking traffic", help="Off: when a request needs it."),
    ),
    given=lambda d: dict(ready_limit_s=d.choice([90, 180, 340]), mean_limit_s=d.choice([5.3e-3, 6e-3]), p95_limit_s=d.choice([7.5e-3, 8e-3, 8.5e-3]),
                         memory_limit_bytes=d.choice([0.7e9, 1.3e9, 2.5e9]), stalled_limit=0),
    given_units=dict(ready_limit_s="s", mean_limit_s="s", p95_limit_s="s", memory_limit_bytes="B", stalled_limit="1"),
    constraints=(
        lk.at_most("stalled_requests", "stalled_limit", "requests that wait for a compiler"), lk.at_most("ready_s", "ready_limit_s", "ready after"),
        lk.at_most("mean_s", "mean_limit_s", "mean"), lk.at_most("p95_s", "p95_limit_s", "p95"), lk.at_most("memory_bytes", "memory_limit_bytes", "memory for code"),
    ),
    objective=("lowest", "mean_s"), labels={"mean_s": "mean of a request"},
    readouts=(("graphs", "Compiled shapes"), ("eager_share", "Requests that run eager")),
    instruments=lambda r, given, now: draw_replicas(r, given, now),
)
def live_replica(policy, bucket_tokens, longest_compiled, before):
    """A replica's start, its memory, and its requests."""
    return compiled_replica.replica(policy, bucket_tokens, longest_compiled, before)


@app.function
@lk.drill(
    "busy", "A program launches thousands of equal kernels of {kernel_s}, one every {dispatch_s}. Which share of the time is the GPU busy?",
    draw=lambda d: dict(kernel_s=d.integer(2, 60) * 1e-6, dispatch_s=d.integer(20, 80) * 1e-6), unit="%", show=dict(kernel_s="s", dispatch_s="s"),
)
def gpu_busy(kernel_s, dispatch_s):
    """The kernel over the longer of kernel and launch."""
    return dispatch.busy_share(kernel_s, dispatch_s)


@app.function
@lk.drill(
    "break even", "A compilation takes {compile_s}; a request then takes {compiled_s} instead of {eager_s}. After how many requests has it paid for itself?",
    draw=lambda d: dict(compile_s=d.integer(5, 120), eager_s=d.integer(8, 20) * 1e-3, compiled_s=d.integer(2, 6) * 1e-3), show=dict(compile_s="s", eager_s="s", compiled_s="s"),
)
def requests_to_break_even(compile_s, eager_s, compiled_s):
    """The compilation over what a request saves."""
    return shape_stream.break_even(compile_s, eager_s, compiled_s)


@app.function
@lk.drill(
    "fallback", "A network takes {accelerator_s} on an accelerator and {cpu_s} on the CPU. The first {mapped_share} of its work run on the accelerator, the rest on the CPU. How long does it take? (Leave borders and calls out.)",
    draw=lambda d: dict(accelerator_s=d.integer(1, 5) * 1e-3, cpu_s=d.choice([50, 80, 120, 164, 200, 300]) * 1e-3, mapped_share=d.number(0.1, 0.9, step=0.05)),
    unit="ms", show=dict(accelerator_s="s", cpu_s="s", mapped_share="share"),
)
def network_in_parts(accelerator_s, cpu_s, mapped_share):
    """Share by share."""
    return fallback.time_in_parts(accelerator_s, cpu_s, mapped_share)


@app.function
def draw_pass(r, said):
    """The first launches and kernels, and the time of every batch on every GPU."""
    names, rows, eager = dispatch.gpus(), dispatch.over_batches(r.execution, r.dispatch_s), r.execution == "eager"
    own = rows[r.gpu]
    measured = dispatch.measured(r.gpu) if eager else ()
    return (
        ins.handover(
            [ins.Handover(h.name, h.called_s, h.launched_s, h.start_s, h.end_s) for h in r.first], above="host", below=names[r.gpu],
            title=f"The first {len(r.first)} of {r.operation_count} operations: over the whole pass the {names[r.gpu]} is busy {lk.show(r, 'busy_share')} of the time",
        ),
        ins.curve(
            [ins.Series(names[gpu], [(p.batch, p.time_s) for p in row]) for gpu, row in rows.items()], x_log=True, y_log=True, x_ticks=(1, 4, 16, 64, 256),
            title=f"Batch {r.batch} on the {names[r.gpu]}: {lk.show(r, 'time_s')}" + (f"; crosses are measured on the {names[r.gpu]}" if measured else ""),
            x_name="Pictures in a batch", x_unit="1", y_name="Time of a batch", y_unit="s", you=(r.batch, r.time_s), published=[(b, t, "") for b, t in measured], prediction=(1, lk.said_si(said)),
            band=([(p.batch, p.time_s) for p in own], [(p.batch, p.apart_s) for p in own], "full overlap to none") if eager else None,
        ),
    )


@app.function
def draw_chain(r, said):
    """The trips between kernels and memory, and the speed-up at every size."""
    kernels, lines = r.kernels, [ins.Series("in one kernel", fusion.over_sizes(r, whole_chain=True), "muted", "dash")]
    return (
        ins.trips(
            fusion.operations(), [(k.first, k.last) for k in kernels], [t for k in kernels for t in k.reads], [t for k in kernels for t in k.writes], fusion.used(),
            title=f"{r.line_count} lines in {r.kernel_count} {'kernel' if r.kernel_count == 1 else 'kernels'}: {r.trips} tensors cross the memory bus, line by line {r.eager_trips}",
            breaks=[k.last for k in kernels[:-1]] if r.execution == "fused" else [], break_word="break",
        ),
        ins.curve(
            lines + ([ins.Series("yours", fusion.over_sizes(r))] if r.kernel_count > 1 else []), x_log=True, y_zero=True, you=(r.values, r.speedup),
            title=f"Up to {fmt(r.crossover_values, '1')} values fusing mostly saves launches, above that bytes" if r.crossover_values else "Nothing is fused",
            x_name="Values in a tensor", x_unit="1", y_name="Times faster than line by line", y_unit="×", prediction=said.value, height=170.0,
        ),
    )


@app.function
def draw_stream(r, said):
    """Time since the first request under each policy, the requests that wait, and the lengths as they are run."""
    names, padded = {**SHORT, "buckets": f"buckets of {r.bucket_tokens}"}, r.policy == "buckets"
    return (
        ins.curve(
            [ins.Series(names[policy], points) for policy, points in r.paths], x_log=True, y_log=True, you=(r.requests, r.total_s), prediction=(1000, lk.said_si(said)), prediction_label=f"you said {lk.said(said)}",
            title=f"{fmt(r.requests, '1')} requests, {names[r.policy]}: {lk.show(r, 'total_s')}; eager {lk.show(r, 'eager_total_s')}",
            x_name="Requests", x_unit="1", y_name="Time since the first", y_unit="s",
        ),
        ins.occasions(
            [(names[policy], moments) for policy, moments in r.compiled_at], end=float(r.requests), quantity="Request", event="compilations", you=names[r.policy],
            title=f"{names[r.policy][0].upper()}{names[r.policy][1:]}: {r.compilations} of {fmt(r.requests, '1')} requests wait for a compilation",
        ),
        ins.distribution(
            r.lengths, title=f"Padding adds {lk.show(r, 'waste_share')} to the tokens" if padded else f"{r.distinct_lengths} different lengths, none padded",
            kind="histogram", unit="tokens", quantity="Length", name="requests", percentiles=(50, 95), reference=(r.padded, "as run") if padded else None,
        ),
    )


@app.function
def draw_split(r, said):
    """Work and time of each stretch, and the time for every place of the operation."""
    parts = []
    for s in r.stretches:
        chip, layers = s.processor == fallback.ACCELERATOR, f"layers {s.first} to {s.last}" if s.last > s.first else f"layer {s.first}"
        parts += [(f"{fmt(s.border_bytes, 'B')} across the border", 0.0, s.border_s, "data:solid")] if s.border_bytes else []
        parts += [("call of the Edge TPU", 0.0, s.call_s, "overhead:dots")] if chip else []
        parts.append((f"{s.processor}, {layers}", s.mac_share, s.time_s, "control:solid" if chip else "arithmetic:hatch"))
    return (
        ins.two_scales(
            parts, title=f"{lk.show(r, 'mapped_share')} of the work on the Edge TPU takes {lk.show(r, 'accelerator_s')} of {lk.show(r, 'time_s')}",
            above="Work", below="Time", marks=r.starts, mark_word="layers", flag=None if r.replaced else (r.place_share, f"layer {r.position}, {r.operation}"),
        ),
        ins.curve(
            [ins.Series(fallback.RULES[rule], fallback.over_positions(rule), spot=spot) for rule, spot in (("first", (1.5, 0.09)), ("return", (1.5, 0.0027)))], y_log=True, you=(r.position, r.time_s), height=190.0,
            title=f"{'Replaced' if r.replaced else f'At layer {r.position}'}: {lk.show(r, 'time_s')}, {fmt(r.slowdown, '×')} the time with every layer supported",
            x_name="Layer that is not supported", x_unit="1", y_name="One picture", y_unit="s", y_limit=(r.deadline_s, "30 frames a second"), prediction=(16, lk.said_si(said)),
        ),
    )


@app.function
def draw_replicas(r, given, now):
    """Buckets of every size and dynamic code at this longest length, compiled before traffic; and your design."""
    designs, mine, limits = {}, "", {f: given[k] for f, k in zip(("ready_s", "mean_s", "p95_s", "memory_bytes"), given, strict=False)}
    for policy, bucket, before in [("dynamic", 64, True), *(("buckets", g, True) for g in shape_stream.BUCKETS), (now["policy"], now["bucket_tokens"], now["before"])]:
        x = compiled_replica.replica(policy, bucket, now["longest_compiled"], before)
        mine = SHORT[policy] + (f" {bucket}" if policy == "buckets" else "") + ("" if before else ", as met")
        if x.ready_s <= 2 * given["ready_limit_s"] and x.mean_s <= 2 * given["mean_limit_s"]:
            designs[mine] = ins.Design(mine, x.ready_s, x.mean_s, x.stalled_requests == 0 and all(getattr(x, f) <= bound for f, bound in limits.items()))
    return ins.pareto(
        list(designs.values()), title=f"Ready after {lk.show(r, 'ready_s')}; mean {lk.show(r, 'mean_s')}, p95 {lk.show(r, 'p95_s')}; crosses break a limit",
        x_name="Ready after", x_unit="s", y_name="Mean of a request", y_unit="s", y_better="low",
        x_limit=(given["ready_limit_s"], "ready"), y_limit=(given["mean_limit_s"], "mean"), you=mine if mine in designs else None,
    )


@app.cell
async def _():
    parts = [one_pass, eleven_lines, varying_lengths, unsupported, live_replica]
    lab = await lk.open_lab("lab_07_ml_frameworks", parts, [gpu_busy, requests_to_break_even, network_in_parts], __file__)
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab, ("Read a two-lane timeline of host and GPU, and tell what a program waits for.",
         "Compute the memory traffic of a chain of lines from its data flow, whole and cut in pieces.",
         "Decide when compiling pays for requests of varying shape, and estimate what one unsupported operation costs."),
        "A museum guide answers questions by text and recognises exhibits by picture. The prototype is plain Python. The platform lead wants faster GPUs, the application lead wants the compiler "
        "switched on, the device lead wants the picture network on a chip in the wall. All three orders rest on one question: what does a framework do between two lines?",
    )


@app.cell
def _(lab):
    a, b, c, d, e = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d, e


@app.cell
def _(a, lab, log):
    lk.predict(lab, one_pass, a, log())


@app.cell
def _(a, lab, log):
    lk.explore(lab, one_pass, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, eleven_lines, b, log())


@app.cell
def _(b, lab, log):
    lk.explore(lab, eleven_lines, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, varying_lengths, c, log())


@app.cell
def _(c, lab, log):
    lk.explore(lab, varying_lengths, c, log())


@app.cell
def _(d, lab, log):
    lk.predict(lab, unsupported, d, log())


@app.cell
def _(d, lab, log):
    lk.explore(lab, unsupported, d, log())


@app.cell
def _(e, lab, log):
    lk.decide(lab, live_replica, e, log())


@app.cell
def _(lab):
    drill_inputs = lk.drill_panel(lab, lab.drills)
    log_inputs = lk.log_panel(lab)
    return drill_inputs, log_inputs


@app.cell
def _(drill_inputs, lab, log):
    lk.drills(lab, drill_inputs, log())


@app.cell
def _(lab, log, log_inputs):
    lk.export(lab, log_inputs, log())


if __name__ == "__main__":
    app.run()
