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
    app_title="Wrong without a warning", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import bit_flips, conformal, smoothing, track_inspection, units

    PERIODS_S = (3600, 21600, 86400, 604800, 2592000)
    POLICIES = {"static": "static: the threshold stays", "adaptive": "adaptive: labels move it"}
    SIGNALS = {"size": "only the set size", "people": "only the share to people", "either": "both of them", "none": "neither of them"}
    MOVED = {"size": "only the set size moves", "people": "only the queue moves", "either": "set size and queue move", "none": "set size and queue hardly move"}
    NOISES = {sigma: f"{sigma:g}" for sigma in smoothing.SIGMAS}
    STAIR_SPOTS = {0.25: (0.06, 0.7), 0.5: (1.53, 0.33), 1.0: (2.03, 0.23)}  # where the lines of the staircase are named
    LIMITS = (
        lk.at_most("wrong_per_year", "wrong_limit", "wrong answers by flipped bits"),
        lk.at_least("coverage_share", "coverage_limit", "coverage"),
        lk.at_most("people_share", "people_limit", "share to people"),
        lk.at_least("radius", "radius_limit", "certified radius"),
        lk.at_least("certified_share", "certified_limit", "images certified"),
        lk.at_most("compute", "compute_limit", "compute"),
    )


@app.function
@lk.experiment(
    "A",
    "What does a flipped bit do to a classifier?",
    scenario="Some chips compute wrongly without any error message. Here such a chip flips one bit of one weight. Every bit position is tried, 24 times each, on 20 images. "
    "A random network of 640 weights stands for the classifier; each of the 2,000 GPUs gives 50 answers a second (illustrative).",
    controls=dict(
        weight_format=lk.choice("Weight format", bit_flips.WEIGHT_FORMATS, default="bf16"),
        clamped=lk.toggle("Clamp to the clean range", help="Activations and damaged logits may not exceed what clean images produce."),
        period_s=lk.steps("Self-test every", PERIODS_S, default=86400, unit="s"),
        gpus=lk.slider("GPUs", 500, 20000, step=500, default=2000, more=True),
        coverage=lk.slider("Faults that a self-test finds", 0.2, 0.95, step=0.05, default=0.6, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "One random bit flips in one random bf16 weight of a small classifier. Over all such flips, what share of the changed answers is caused by the worst of the 16 bit positions?",
        "worst_share", low=6, high=100, unit="%",
    ),
    idea=lambda r: f"Bit {r.worst_bit}, the top bit of the exponent, causes {lk.show(r, 'worst_share')} of the changed answers. It is 0 in every weight below 2; set, it multiplies the weight by 2¹²⁸. "
    f"The other 15 positions hardly matter: a flip changes {lk.show(r, 'mean_changed_share')} of the answers on average. Fewer bits need not be more fragile: int8 has no exponent, so no flip can leave the range of the weights.",
    readouts=(("mean_changed_share", "Answers a flip changes"), ("worst_share", "Caused by the worst bit"), ("detection_s", "Until a fault is found"), ("wrong_per_year", "Wrong answers")),
    failures=(lk.failure("too many wrong answers", lambda r: r.state != "ok", "Another format, or a clamp and more frequent self-tests, lead out.",
                         lambda r: f"{lk.show(r, 'wrong_per_year')}; the safety board accepts 100,000"),),
    explain=lk.explain(
        "What would reduce wrong answers most from here?",
        {"int8": "weights in int8", "clamp": "the clamp", "period": "self-tests twice as often", "coverage": "a self-test that finds twice as many faults, at most 95 %"},
        lambda r: r.best_change,
    ),
    terms=("overhead",),
    instruments=lambda r, said: draw_flips(r, said),
)
def flipped_bits(weight_format, clamped, period_s, gpus, coverage):
    """Fault injection at every bit position, and a year of silent corruption in a fleet."""
    return bit_flips.study_flips(weight_format, clamped, period_s, gpus, coverage)


@app.function
@lk.experiment(
    "B",
    "Does a promise hold when the images change?",
    scenario="The model answers with a set of classes that is to hold the true one in 90 % of the cases. The threshold was set on 500 labelled images; a set with other than one class goes to a person. "
    "After 200 images a new camera joins. On its images the model is sure of a wrong class. Scores are drawn, not measured (illustrative).",
    controls=dict(
        shifted_share=lk.slider("Images from the new camera", 0, 0.6, step=0.05, default=0.3, unit="share"),
        alpha=lk.choice("Promised coverage", {0.05: "95 %", 0.1: "90 %", 0.2: "80 %"}, default=0.1),
        policy=lk.choice("Threshold", POLICIES, default="static"),
        gamma=lk.choice("Step of the adaptation", (0.005, 0.02, 0.05), default=0.02, more=True),
    ),
    predict=lk.predict_number(
        "The sets cover 90 % and hold 1.06 classes on average. Then 30 % of the images come from a new camera, on which the model is confidently wrong. What is the coverage now?",
        "coverage_share", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"Coverage falls to {lk.show(r, 'coverage_share')}, and the sets stay as small as before: {lk.show(r, 'mean_size')}, usually {lk.show(r, 'usual_size')}. The promise holds only while new images are like those it was calibrated on. "
    f"A model that is sure of a wrong class does not ask for help, so nothing that you can see without labels warns you: {lk.show(r, 'automatic_error_share')} of the answers that no person checks are wrong. The adaptive threshold moves because it is told the labels.",
    readouts=(("coverage_share", "Coverage"), ("mean_size", "Mean set size"), ("people_share", "To people"), ("automatic_error_share", "Wrong, and nobody looks")),
    failures=(
        lk.failure("promise broken", lambda r: r.state == "promise broken", "Fewer new images, or the adaptive threshold, lead out.", lambda r: f"{lk.show(r, 'coverage_share')} covered, {lk.show(r, 'promise_share')} promised"),
        lk.failure("queue overflows", lambda r: r.state == "queue overflows", "Fewer new images, or a smaller promise, lead out.", lambda r: f"{lk.show(r, 'people_share')} of the images wait for a person; the inspectors can see 40.0 %"),
    ),
    explain=lk.explain("You look at set size and queue only. Which of them has moved by more than a quarter?", SIGNALS, lambda r: r.signal),
    terms=("overhead",),
    instruments=lambda r, said: draw_stream(r, said),
)
def shifted_stream(shifted_share, alpha, policy, gamma):
    """Conformal sets over a stream of 800 images."""
    return conformal.run_stream(shifted_share, alpha, policy, gamma)


@app.function
@lk.experiment(
    "C",
    "What does a certificate cost?",
    scenario="Somebody may paint patterns on sleepers. Randomised smoothing adds noise of size σ to an image n times and lets the classifier vote. "
    "The votes prove a radius: no change of the image that is smaller can overturn the winner. The proof is wrong once in a thousand.",
    controls=dict(
        samples=lk.steps("Samples an image", smoothing.SAMPLES, default=1000),
        sigma=lk.choice("Noise σ", NOISES, default=0.5),
        vote_share=lk.slider("Votes for the winner", 0.5, 1.0, step=0.01, default=0.99, unit="share"),
    ),
    predict=lk.predict_number(
        "σ = 1, all votes agree, confidence 99.9 %. You go from 100 to 100,000 samples an image. By which factor does the certified radius grow?",
        "", low=1, high=1000, unit="×", log=True, answer=lambda r: smoothing.unanimous_gain(100, 100_000),
    ),
    idea=lambda r: f"A thousand times the samples buy {units.fmt(smoothing.unanimous_gain(100, 100_000), '×')} the radius. The radius is σ times the normal quantile of the proven probability, and that quantile grows like √ln n even if every vote agrees. "
    f"With {lk.show(r, 'vote_share')} of the votes there is a ceiling. More noise widens the radius at the same votes, but costs votes and accuracy: the staircase shows what was reached in practice.",
    readouts=(("bound_share", "Proven probability"), ("radius", "Certified radius"), ("gpu_s", "GPU time an image"), ("images_per_s", "Images of one GPU"), ("accuracy_share", "Published top-1 at σ")),
    failures=(lk.failure("abstains", lambda r: r.state == "abstains", "More samples or clearer votes lead out.", lambda r: f"the votes prove no more than {lk.show(r, 'bound_share')}; half is needed"),),
    explain=lk.explain(
        "What would raise the radius more?",
        {"samples": "ten times the samples", "votes": "one point more of the votes", "nothing": "nothing is certified here"}, lambda r: r.limits,
    ),
    terms=("arithmetic",), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_certificate(r, said),
)
def certified_image(samples, sigma, vote_share):
    """Radius and price of one certificate."""
    return smoothing.certify(samples, sigma, vote_share)


@app.function
@lk.decision(
    "One budget, three threats",
    scenario="The board asks for a plan for 2,000 GPUs when a tenth of the images comes from the new camera: at most {wrong_limit} wrong answers by flipped bits, {coverage_limit} covered, at most {people_limit} to people, "
    "a certified radius of {radius_limit} for at least {certified_limit} of the images, at most {compute_limit} the compute of plain bf16 answers. "
    "An int8 answer costs 0.6 of one in bf16 and a point of accuracy, a self-test two minutes, the clamp 2 % (illustrative); 99 % of the votes agree.",
    controls=dict(
        weight_format=lk.choice("Weight format", track_inspection.FORMATS, default="bf16"),
        clamped=lk.toggle("Clamp to the clean range"),
        period_s=lk.steps("Self-test every", PERIODS_S[:-1], default=86400, unit="s"),
        policy=lk.choice("Threshold", POLICIES, default="static"),
        alpha=lk.choice("Promised coverage", {0.05: "95 %", 0.1: "90 %", 0.2: "80 %"}, default=0.1),
        sigma=lk.choice("Noise σ", NOISES, default=0.25),
        samples=lk.steps("Samples a certificate", (100, 1000, 10000), default=100),
        certified_share=lk.choice("Images certified", {0.001: "0.1 %", 0.003: "0.3 %", 0.01: "1 %"}, default=0.01),
    ),
    given=lambda d: dict(
        zip(("coverage_limit", "people_limit"), d.choice([(0.88, 0.28), (0.88, 0.36), (0.895, 0.36), (0.895, 0.45)]), strict=True),
        wrong_limit=d.integer(6, 12) * 10_000, radius_limit=d.choice([0.45, 0.6, 0.9]), certified_limit=d.choice([0.001, 0.003, 0.01]), compute_limit=d.choice([1.5, 2.2, 2.6]),
    ),
    given_units=dict(wrong_limit="1/year", coverage_limit="share", people_limit="share", radius_limit="1", certified_limit="share", compute_limit="×"),
    constraints=LIMITS, objective=("highest", "accuracy_share"), labels={"accuracy_share": "top-1 of the smoothed classifier, then the lowest compute"},
    readouts=(("wrong_per_year", "Wrong by flipped bits"), ("coverage_share", "Coverage"), ("radius", "Certified radius"), ("accuracy_share", "Top-1, smoothed"), ("compute", "Compute")),
    instruments=lambda r, given, now: draw_plan(r, given),
)
def safety_plan(weight_format, clamped, period_s, policy, alpha, sigma, samples, certified_share):
    """Promises and compute of one plan against all three threats."""
    return track_inspection.plan_inspection(weight_format, clamped, period_s, policy, alpha, sigma, samples, certified_share)


@app.function
@lk.drill(
    "corruption", "A GPU meets a silent corruption once in {between_s} on average. What is the probability of at least one on {gpus} GPUs within {time_s}?",
    draw=lambda d: dict(gpus=d.choice([256, 500, 1000, 2000, 4000]), time_s=d.choice([7, 14, 21, 30, 60]) * 86400.0, between_s=d.integer(300, 600) * units.YEAR),
    unit="%", tolerance=0.02, show=dict(time_s="s", between_s="s"),
)
def any_corruption(gpus, time_s, between_s):
    """At least one event of a constant rate."""
    return bit_flips.any_corruption(gpus, time_s, between_s)


@app.function
@lk.drill(
    "radius", "All of {samples} noisy copies vote for the same class, σ = {sigma}, and the certificate may be wrong with probability {alpha}. Which radius is certified? (Φ⁻¹ is NormalDist().inv_cdf in Python.)",
    draw=lambda d: dict(samples=d.choice([50, 100, 200, 500, 1000, 2000, 5000]), sigma=d.choice([0.12, 0.25, 0.5, 0.75, 1.0]), alpha=d.choice([0.001, 0.005, 0.01, 0.05])), tolerance=0.02, show=dict(alpha="share"),
)
def agreed_radius(samples, sigma, alpha):
    """The radius of unanimous votes."""
    return smoothing.unanimous_radius(sigma, samples, alpha)


@app.function
@lk.drill(
    "mixture", "Sets keep a promise of {promise} on known images and cover {shifted_coverage} of images from a new camera. {shifted_share} of the images are new. What is the coverage overall?",
    draw=lambda d: dict(promise=d.choice([0.8, 0.9, 0.95]), shifted_coverage=d.number(0.1, 0.5, step=0.05), shifted_share=d.number(0.05, 0.6, step=0.05)),
    unit="%", tolerance=0.01, show=dict(promise="share", shifted_coverage="share", shifted_share="share"),
)
def overall_coverage(promise, shifted_coverage, shifted_share):
    """Coverage of a mixture of two kinds of images."""
    return conformal.mixed_coverage(promise, shifted_coverage, shifted_share)


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_13_robust_ai", [flipped_bits, shifted_stream, certified_image, safety_plan], [any_corruption, agreed_radius, overall_coverage], __file__
    )
    log = lab.log
    return lab, log


@app.cell
async def _(lab, log):
    await lk.bar(lab, log())


@app.cell
def _(lab):
    lk.header(
        lab,
        ("Locate the bits whose flips change answers, and compute what a faulty chip costs until it is found.",
         "Measure what becomes of a coverage promise when the images change, and which signals show it.",
         "Price a robustness certificate in samples, and choose where it is worth paying."),
        "A rail operator inspects images of its tracks on 2,000 GPUs. A missed crack is dangerous, a false alarm stops a line. Chips fail silently, a new camera arrives next month, and somebody may paint patterns on sleepers. "
        "The safety board wants to know which of the three the budget should address.",
    )


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, flipped_bits, a, log())


@app.function
def draw_flips(r, said):
    """Which bit positions cause the changed answers, and wrong answers a year over the self-test period in every format."""
    lines = [ins.Series(name, points, "control" if name == r.weight_format else "muted", "solid" if name == r.weight_format else "dash") for name, points in r.curves]
    return (
        ins.columns(
            [(bit, (share,)) for bit, _, share in r.shares], title=f"{r.weight_format}: {lk.show(r, 'worst_share')} of the changed answers come from bit {r.worst_bit} ({r.worst_kind}); a flip changes {lk.show(r, 'mean_changed_share')}, {r.changed} of {r.trials:,} tried",
            parts=(("changed answers", "ink:solid"),), groups=r.groups, quantity="Share of all changed answers", unit="share", path="bit position", prediction=said and lk.said_si(said),
        ),
        ins.curve(
            lines, title=f"Corruptions: {lk.show(r, 'incidents_per_year')}, each for {lk.show(r, 'detection_s')}. Wrong answers: {lk.show(r, 'wrong_per_year')}", x_name="Self-test every", x_unit="s", y_name="Wrong answers",
            y_unit="1/year", x_log=True, y_log=True, x_ticks=PERIODS_S, you=(r.period_s, r.wrong_per_year), y_limit=(bit_flips.MOST_WRONG_PER_YEAR, "accepted"),
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, flipped_bits, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, shifted_stream, b, log())


@app.function
def draw_stream(r, said):
    """Above what labels would show, below what the operator sees without them."""
    return (
        ins.curve(
            [ins.Series("", r.coverage_line, "ink", "solid")], title=f"{lk.show(r, 'coverage_share')} of the sets hold the truth; {lk.show(r, 'promise_share')} were promised", x_name="Image", x_unit="1",
            y_name="Coverage of the last 50", y_unit="share", flags=[(conformal.SHIFT_AT, "new camera")], y_limit=(r.promise_share, "promised", "below"), prediction=said and lk.said_si(said), height=210,
        ),
        ins.panels(
            [
                ins.Panel("Set size, last 50", r.size_line, "classes", state=f"{lk.show(r, 'mean_size')}, usually {lk.show(r, 'usual_size')}", low=0.0, high=max(4.0, *(size for _, size in r.size_line)), height=56, ticks=True),
                ins.Panel("To people, last 50", r.people_line, limit=(conformal.MOST_PEOPLE, "inspectors' limit"), state=f"{lk.show(r, 'people_share')}, usually {lk.show(r, 'usual_people_share')}", low=0.0, high=1.0, height=56),
            ],
            title=f"{'Seen without labels' if r.policy == 'static' else 'Labels move the threshold'}: {MOVED[r.signal]}", x_name="Image", x_unit="1",
            flags=[(conformal.SHIFT_AT, "new camera", "muted")],
        ),
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, shifted_stream, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, certified_image, c, log())


@app.function
def draw_certificate(r, said):
    """The radius over the samples for several shares of the votes, and accuracies that were published."""
    lines = [ins.Series(f"{units.fmt(share, 'share', 2)} agree", points, "control" if share == r.vote_share else "muted", "solid" if share == r.vote_share else "dash") for share, points in r.curves]
    ceiling = [ins.Series("ceiling", r.ceiling, "control", "dot")] if r.ceiling else []
    found = f"{r.votes:,} of {r.samples:,} votes certify a radius of {lk.show(r, 'radius')}" if r.radius else f"{r.votes:,} of {r.samples:,} votes prove {lk.show(r, 'bound_share')}: the classifier abstains"
    return (
        ins.curve(
            [*lines, *ceiling], title=found, x_name="Samples an image", x_unit="1", y_name="Certified radius", y_unit="1", x_log=True, y_log=True, x_ticks=smoothing.SAMPLES,
            you=(r.samples, r.radius) if r.radius else None, prediction=said and (smoothing.SAMPLES[-1], smoothing.unanimous_gain(smoothing.SAMPLES[0], smoothing.SAMPLES[-1], said.value, r.sigma)),
            prediction_label=f"you said {lk.said(said)}, if all agree" if said else "", height=280,
        ),
        ins.curve(
            [ins.Series(f"σ = {sigma:g}", points, "control" if sigma == r.sigma else "muted", "solid" if sigma == r.sigma else "dash", dots=True, spot=STAIR_SPOTS[sigma]) for sigma, points in r.staircase],
            title=f"ImageNet, published: σ = {r.sigma:g} is right on {lk.show(r, 'accuracy_share')}; the further the guarantee, the fewer images keep it", x_name="Radius", x_unit="1", y_name="Right and certified", y_unit="share",
            y_zero=True, flags=[(r.radius, "your radius")] if r.radius else [],
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, certified_image, c, log())


@app.function
def draw_plan(r, given):
    """How much of each limit the plan uses, and what it spends on which threat."""
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS],
            title="Every limit holds" if all(limit.holds(r, given) for limit in LIMITS) else f"Broken: {', '.join(limit.words for limit in LIMITS if not limit.holds(r, given))}",
            quantity="Share of the limit in use", limit=(1.0, "limit"), most=2.0,
        ),
        ins.split_bar(
            [("the answers themselves", 1.0, "other"), ("self-tests", r.test_work, "L"), ("clamp", r.clamp_work, "D"), ("certificates", r.certificate_work, "O")],
            title=f"{lk.show(r, 'compute')} the compute of plain bf16 answers; an answer in {r.weight_format} costs {lk.show(r, 'answer_work')}", unit="answers", quantity="Work of an answer",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, safety_plan, d, log())


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
