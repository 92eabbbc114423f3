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
    app_title="Flagged, and asked why", width="full", css_file="../../labkit/assets/labkit.css", html_head_file="../../labkit/assets/head.html"
)

with app.setup:
    import labkit as lk
    from labkit import instruments as ins
    from mlsysim import audit_urn, calibrated_cuts, claim_flags, shapley
    from mlsysim.units import fmt

    POINTS = {0.02: "2 points", 0.03: "3 points", 0.05: "5 points", 0.08: "8 points", 0.1: "10 points"}
    STYLES = {"false positives": ("equal false positives", "data", "solid"), "false negatives": ("equal false negatives", "overhead", "dash"), "precision": ("equal precision", "arithmetic", "dot"), "cuts": ("", "overhead", "dash")}
    CLOSE = {"false positives": "false positives", "precision": "precisions", "cuts": "cuts"}
    REASONS = ("hours worked", "children", "months claimed", "hourly rate", "changes of address", "late forms", "income declared", "second job", "amount claimed", "earlier corrections")
    LIMITS = (
        lk.at_most("cut_difference", "cut_limit", "cuts of the groups apart"),
        lk.at_most("false_positive_apart", "false_positive_limit", "false-positive rates apart"),
        lk.at_most("precision_apart", 0.10, "precisions apart"),
        lk.at_least("accuracy", 0.615, "accuracy"),
        lk.at_least("flagged_share", 0.14, "claims flagged"),
        lk.at_most("width", 0.15, "spread of the audit share"),
        lk.at_least("top_three_share", "stable_limit", "top three reasons right"),
        lk.at_most("growth", "growth_limit", "model calls"),
    )


@app.function
@lk.experiment(
    "A",
    "What does one cut do to two groups?",
    scenario="A score says how probable it is that a claim is wrong. It is **calibrated**: of all claims that read 46 %, in either group, 46 % are wrong. Claims above a **cut** are flagged. "
    "The **false-positive rate** is the share of honest claims that are flagged, the **false-negative rate** the share of wrong ones that are not; **precision** is the share of the flags that are right.",
    controls=dict(
        cut_a=lk.slider("Cut for group A", 0.2, 0.8, step=0.02, default=0.46, unit="share"),
        cut_b=lk.slider("Cut for group B", 0.2, 0.8, step=0.02, default=0.46, unit="share"),
        tolerance=lk.choice("Counts as equal", POINTS, default=0.03),
        separation=lk.slider("Separation d′", 0.25, 3, step=0.25, default=0.75, unit="1", more=True, help="distance of the scores of wrong and honest claims, in standard deviations"),
        base_rate_a=lk.slider("Wrong claims, group A", 0.1, 0.9, step=0.002, default=0.514, unit="share", more=True),
        base_rate_b=lk.slider("Wrong claims, group B", 0.1, 0.9, step=0.002, default=0.394, unit="share", more=True),
    ),
    predict=lk.predict_number(
        "51.4 % of the claims of group A are wrong, 39.4 % of those of group B. The score is calibrated, blind to the group, and separates equally well in both. Everyone above 46 % is flagged. "
        "By what factor is the false-positive rate of group A that of group B?",
        "false_positive_ratio", low=0.5, high=5, unit="×", log=True,
    ),
    idea=lambda r: f"Of the honest claims {lk.show(r, 'false_positive_a')} are flagged in group A and {lk.show(r, 'false_positive_b')} in group B, {lk.show(r, 'false_positive_ratio')} as many. A flag means nearly the same in both ({lk.show(r, 'precision_a')} and {lk.show(r, 'precision_b')} are right), and that is why: "
    "where more claims are wrong, honest ones look suspicious too. The crosses are what ProPublica published of a score that US courts use. "
    f"Of 961 pairs of cuts, {r.pairs_two} bring two of the three gaps within {POINTS[r.tolerance]}, and {r.pairs_three or 'none'} all three. Which gap do you accept, and who pays for it?",
    readouts=(("false_positive_gap", "False positives, A − B"), ("false_negative_gap", "False negatives, A − B"), ("precision_gap", "Precision, A − B"), ("accuracy", "Accuracy")),
    failures=(lk.failure("no rule satisfied", lambda r: r.state == calibrated_cuts.FEW, "Two cuts, or more tolerance, lead out.", lambda r: f"{r.within or 'none'} of the three gaps is within {POINTS.get(r.tolerance, 'the tolerance')}"),),
    explain=lk.explain("You may change one thing. What would leave the smallest widest gap?", {**calibrated_cuts.CHANGES, "none": "none of these helps"}, lambda r: tuple(r.best_change.split(" or "))),
    instruments=lambda r, said: draw_groups(r, said),
)
def two_groups(cut_a, cut_b, tolerance, separation, base_rate_a, base_rate_b):
    """Error rates and precision of two groups at their cuts."""
    return calibrated_cuts.two_groups(cut_a, cut_b, tolerance, separation, base_rate_a, base_rate_b)


@app.function
@lk.experiment(
    "B",
    "Where do the audits go after a year?",
    scenario="Agencies send auditors where cases were found before. What is found joins the file and steers the next audit. Here 60 agencies do this for a year, each with the same two regions and the same file at the start; only luck differs. Rates are illustrative.",
    controls=dict(
        policy=lk.choice("Audits go", audit_urn.POLICIES, default="proportional"),
        random_share=lk.slider("Audits at random", 0, 0.5, step=0.1, default=0, unit="share", help="half of them to each region"),
        rate_1=lk.choice("Wrong claims, region 1", {0.1: "10 %", 0.11: "11 %", 0.12: "12 %", 0.15: "15 %"}, default=0.1, help="region 2: 10 %"),
        on_file=lk.choice("Cases on file at the start", (5, 20, 50), default=5, more=True, help="of each region"),
        finds=lk.choice("Cases found in the year", (100, 365, 730), default=730, more=True),
    ),
    predict=lk.predict_number(
        "In both regions 10 % of the claims are wrong, and 5 cases of each are on file. Audits follow the share of the cases on file. After 730 more finds, how many percentage points lie between the 5th and the 95th percentile of region 1’s share of the audits?",
        "width", low=0, high=100, unit="%",
    ),
    idea=lambda r: f"With the same rates and the same start, region 1 ends with {lk.show(r, 'p5')} of the audits in one agency and {lk.show(r, 'p95')} in another. The first few finds decide; later ones are found where one looks, so they confirm the share instead of correcting it. "
    "Each agency has data to prove that it is right. Now try a region that is a little worse, and a file that counts a find by how hard one looked.",
    readouts=(("width", "5th to 95th percentile"), ("median", "Middle agency"), ("true_share", "True share"), ("off", "Middle agency off by")),
    failures=(
        lk.failure("chance decides", lambda r: r.state == audit_urn.CHANCE, "Audits at random or a corrected file lead out.", lambda r: f"{fmt(100 * r.width, '')} points between agencies that have the same regions"),
        lk.failure("runaway", lambda r: r.state == audit_urn.RUNAWAY, "Audits at random or a corrected file lead out.", lambda r: f"the middle agency sends {lk.show(r, 'median')} where {lk.show(r, 'true_share')} of the cases are"),
    ),
    explain=lk.explain(
        "What would ten times the finds do to the spread between the agencies here?", {"narrows": "narrow it by more than a fifth", "stays": "leave it about as it is", "widens": "widen it by more than a fifth"}, lambda r: audit_urn.ten_times(r),
    ),
    instruments=lambda r, said: draw_audits(r, said),
)
def sixty_agencies(policy, random_share, rate_1, on_file, finds):
    """A year of audits that follow earlier finds, sixty times."""
    return audit_urn.audit_regions(policy, random_share, rate_1, on_file, finds)


@app.function
@lk.experiment(
    "C",
    "What does a reason cost?",
    scenario="A **Shapley value** says how much a feature moved the answer: the mean change when it joins the others, over all orders in which they can join. Sampling tries some orders at random, and each step of an order is one call of the model. "
    "The model, its ten features and the time of a call are made up for teaching.",
    controls=dict(
        permutations=lk.steps("Orders sampled", shapley.PERMUTATIONS, default=100, unit="1"),
        explained_share=lk.choice("Requests explained", {0.005: "0.5 %", 0.01: "1 %", 0.05: "5 %", 0.2: "20 %"}, default=0.05),
        parallel=lk.choice("Model calls at a time", (16, 64, 256), default=64, more=True),
        call_s=lk.steps("Time of a call", tuple(ms / 1000 for ms in range(1, 21)), default=0.004, unit="s", more=True),
    ),
    predict=lk.predict_number(
        "5 % of the requests get an explanation: Shapley values of 10 features from 100 sampled orders. By what factor does the number of model calls grow?",
        "growth", low=1, high=1000, unit="×", log=True,
    ),
    idea=lambda r: f"One explanation takes {r.evaluations:,} calls of the model, so explaining {lk.show(r, 'explained_share')} of the requests multiplies all calls by {lk.show(r, 'growth')}. Reasons, not answers, now size the fleet. "
    f"Fewer orders are cheaper, and from {r.smallest_stable} on the three strongest reasons mostly agree when you ask again. Below that, the letter that a person gets depends on the dice.",
    readouts=(("growth", "Model calls"), ("latency_s", "Until the reason is there"), ("top_one_share", "Strongest reason right"), ("top_three_share", "Top three right")),
    failures=(
        lk.failure("unstable reasons", lambda r: "unstable" in r.limit, "More orders lead out.", lambda r: f"the top three are right in {lk.show(r, 'top_three_share')} of {r.repeats} repeats; 85 % are asked for"),
        lk.failure("fleet too small", lambda r: "fleet" in r.limit, "Fewer orders or fewer explanations lead out.", lambda r: f"needs {lk.show(r, 'growth')} the model calls, has 40×"),
        lk.failure("reason too late", lambda r: "waiting" in r.limit, "Fewer orders, faster calls or more of them at a time lead out.", lambda r: f"{lk.show(r, 'latency_s')}, 100 ms are allowed"),
    ),
    explain=lk.explain(
        "Of all that is asked for (the top three right in 85 % of the repeats, at most 40× the calls, a reason within 100 ms), what stops this setting?", shapley.LIMITS, lambda r: tuple(r.limit.split(" and ")),
    ),
    terms=("arithmetic", "overhead"), binding=lambda r: "arithmetic",
    instruments=lambda r, said: draw_reasons(r, said),
)
def explained_requests(permutations, explained_share, parallel, call_s):
    """Model calls, waiting time and stability of sampled reasons."""
    return shapley.explain_requests(permutations, explained_share, parallel, call_s)


@app.function
@lk.decision(
    "A rule that you would defend in public",
    scenario="The agency asks for one design. **Every flagged claim gets its reasons.** Groups are as in part A; 11 % of the claims are wrong in region 1 and 10 % in region 2. False-positive rates may lie {false_positive_limit} apart, precisions 10 points, the cuts of the two groups {cut_limit}; "
    "at least 61.5 % of the claims must be judged rightly and 14 % flagged; agencies may differ by 15 points in their audits; the top three reasons must be right in {stable_limit} of the repeats, with at most {growth_limit} the model calls. Limits are illustrative. "
    "Different cuts for different groups may be unlawful where you live, and one cut for all has its price too: in your reasons say who bears it, and why you would defend this design in public.",
    controls=dict(
        cut_a=lk.slider("Cut for group A", 0.4, 0.72, step=0.02, default=0.46, unit="share"),
        cut_b=lk.slider("Cut for group B", 0.4, 0.72, step=0.02, default=0.46, unit="share"),
        permutations=lk.choice("Orders sampled for a reason", claim_flags.ORDERS, default=3),
        policy=lk.choice("Audits go", audit_urn.POLICIES, default="proportional", more=True),
        random_share=lk.steps("Audits at random", claim_flags.RANDOM_SHARES, default=0.0, unit="share", more=True),
    ),
    given=lambda d: dict(
        zip(("stable_limit", "growth_limit"), d.choice([(0.85, 30), (0.85, 40), (0.95, 60), (0.95, 90)]), strict=True), false_positive_limit=d.number(0.09, 0.14, step=0.01), cut_limit=d.choice([0.02, 0.06, 0.12]),
    ),
    given_units=dict(stable_limit="share", growth_limit="×", false_positive_limit="share", cut_limit="share"),
    constraints=LIMITS, objective=("highest", "accuracy"),
    readouts=(("accuracy", "Accuracy"), ("flagged_share", "Flagged"), ("false_positive_gap", "False positives, A − B"), ("false_negative_gap", "False negatives, A − B"), ("growth", "Model calls")),
    instruments=lambda r, given, now: draw_design(r, given),
)
def flag_design(cut_a, cut_b, permutations, policy, random_share):
    """Cuts, audits and reasons of one design."""
    return claim_flags.design_flags(cut_a, cut_b, policy, random_share, permutations)


@app.function
@lk.drill(
    "implied", "In a group {base_rate} of the claims are wrong. {precision} of its flags are right, and {false_negative} of the wrong claims get no flag. What share of the honest claims is flagged?",
    draw=lambda d: dict(base_rate=d.number(0.2, 0.5, step=0.02), precision=d.number(0.5, 0.8, step=0.05), false_negative=d.number(0.2, 0.5, step=0.05)),
    unit="%", tolerance=0.02, show=dict(base_rate="share", precision="share", false_negative="share"),
)
def implied_false_positives(base_rate, precision, false_negative):
    """Base rate, precision and false negatives leave no freedom."""
    return calibrated_cuts.false_positive_of(base_rate, precision, false_negative)


@app.function
@lk.drill(
    "urn", "Two regions have equal rates and {on_file} cases each on file; audits follow the file for ever. Region 1’s share converges to a random value with the variance 1/(4(2c + 1)), c cases each. What is its standard deviation, in percentage points?",
    draw=lambda d: dict(on_file=d.integer(2, 60)), unit="%", tolerance=0.03, show=dict(on_file="1"),
)
def spread_of_shares(on_file):
    """Pólya's urn in the limit."""
    return audit_urn.limiting_deviation(on_file)


@app.function
@lk.drill(
    "growth", "{explained_share} of the requests are explained by Shapley values of {features} features from {permutations} sampled orders, each explanation with one more call to start from. By what factor do the model calls grow?",
    draw=lambda d: dict(explained_share=d.choice([0.005, 0.01, 0.02, 0.05, 0.1, 0.2]), features=d.integer(5, 40), permutations=d.choice([5, 10, 20, 50, 100, 200])),
    unit="×", tolerance=0.01, show=dict(explained_share="share", features="1", permutations="1"),
)
def growth_of_calls(explained_share, features, permutations):
    """Calls with explanations against calls without."""
    return shapley.growth(explained_share, permutations, features)


@app.cell
async def _():
    lab = await lk.open_lab(
        "lab_15_responsible_ai", [two_groups, sixty_agencies, explained_requests, flag_design], [implied_false_positives, spread_of_shares, growth_of_calls], __file__
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
        ("Show on a map of cuts which fairness criteria can hold together for groups with different base rates.",
         "Explain what a loop that learns from its own audits converges to, and repair it.",
         "Size the serving fleet for explanations, and say how many samples a stable reason needs."),
        "A benefits agency flags claims for audit. The score is calibrated and uses no group attribute. The ombudsman asks why people in one region are audited more often, the legal team wants reasons for every flag, and the finance lead wants to know what those reasons cost. "
        "You will propose the rule that goes public.",
    )


@app.cell
def _(lab):
    a, b, c, d = (lk.panel_for(lab, exp) for exp in lab.experiments)
    return a, b, c, d


@app.cell
def _(a, lab, log):
    lk.predict(lab, two_groups, a, log())


@app.function
def draw_groups(r, said):
    """Both groups on one curve of trade-offs, and where in the plane of two cuts each gap closes."""
    return (
        ins.roc(
            r.roc, [("A", r.false_positive_a, r.found_a), ("B", r.false_positive_b, r.found_b)], title=f"{lk.show(r, 'false_positive_a')} of the honest claims are flagged in A, {lk.show(r, 'false_positive_b')} in B: {lk.show(r, 'false_positive_ratio')}",
            x_name="Honest claims flagged", y_name="Wrong claims flagged", published=(r.published, "published of COMPAS, two groups"), prediction=(calibrated_cuts.guessed_rate(r, lk.said_si(said)), f"you said A at {lk.said(said)} B") if said else None,
        ),
        ins.bands(
            [ins.Band(STYLES[name][0], points, *STYLES[name][1:]) for name, points in r.bands], title=f"{r.pairs_three or 'No'} of 961 pairs of cuts close all three gaps to {POINTS[r.tolerance]}; {r.pairs_two} close two", x_name="Cut for group A", y_name="Cut for group B",
            you=(r.cut_a, r.cut_b), all_label="all three", unit="share", diagonal="one cut for both",
        ),
    )


@app.cell
def _(a, lab, log):
    lk.explore(lab, two_groups, a, log())


@app.cell
def _(b, lab, log):
    lk.predict(lab, sixty_agencies, b, log())


@app.function
def draw_audits(r, said):
    """Every agency's share of audits over the year, and where they all end."""
    return ins.many_ends(
        r.paths, title=f"Region 1 gets {fmt(r.p5, 'share', 2)} of the audits in one agency, {fmt(r.p95, 'share', 2)} in another; {lk.show(r, 'true_share')} of the cases are there", x_name="Cases found", x_unit="1", y_name="Audits in region 1",
        band=(r.p5, r.p95, f"Bracket: 5th to 95th percentile, {fmt(100 * r.width, '')} points"), truth=(r.true_share, "true share"), prediction=(lk.said_si(said), f"you said {fmt(said.value, '')} points") if said else None, item="agency", height=280,
    )


@app.cell
def _(b, lab, log):
    lk.explore(lab, sixty_agencies, b, log())


@app.cell
def _(c, lab, log):
    lk.predict(lab, explained_requests, c, log())


@app.function
def draw_reasons(r, said):
    """Exact reasons of one claim with every repeat of the sampling, and what more orders cost and bring."""
    return (
        ins.sampled_bars(
            list(zip(REASONS, r.exact, r.sampled, strict=True)), title=f"Why this claim is flagged: the three strongest reasons come out right in {lk.show(r, 'top_three_share')} of {r.repeats} repeats",
            quantity=f"Moves the probability of being in order ({fmt(r.without_share, 'share', 2)} → {fmt(r.answer_share, 'share', 2)})", repeat="repeat",
        ),
        ins.pareto(
            [ins.Design(f"{n} order{'s' if n > 1 else ''}", calls, right, right >= shapley.STABLE and calls <= shapley.MOST_GROWTH) for n, calls, right in r.by_permutations],
            title=f"{r.permutations} orders: {lk.show(r, 'growth')} the model calls for {lk.show(r, 'explained_share')} of the requests", x_name="Model calls against no reasons", x_unit="×", y_name="Top three right", y_unit="share", you=f"{r.permutations} order{'s' if r.permutations > 1 else ''}",
            x_limit=(shapley.MOST_GROWTH, "fleet"), y_limit=(shapley.STABLE, "stable", "below"), x_log=True, prediction=(lk.said_si(said), r.top_three_share) if said else None,
        ),
    )


@app.cell
def _(c, lab, log):
    lk.explore(lab, explained_requests, c, log())


@app.function
def draw_design(r, given):
    """How much of each limit the design uses, and where in the plane of cuts the groups' limits hold."""
    broken = [limit.words for limit in LIMITS if not limit.holds(r, given)]
    return (
        ins.bars_from_zero(
            [(limit.words, limit.used(r, given), limit.says(r, given)) for limit in LIMITS],
            title=f"{len(broken)} of {len(LIMITS)} limits are broken: {'; '.join(broken)}" if broken else f"Every limit holds, and {lk.show(r, 'accuracy')} of the claims are judged rightly", quantity="Share of the limit in use", limit=(1.0, "limit"), most=2.0,
        ),
        ins.bands(
            [ins.Band(CLOSE[name], points, *STYLES[name][1:]) for name, points in claim_flags.cut_bands(given["false_positive_limit"], 0.10, given["cut_limit"])],
            title=f"Wrong claims without a flag: {lk.show(r, 'missed_a')} in A, {lk.show(r, 'missed_b')} in B. No limit asks about them", x_name="Cut for group A", y_name="Cut for group B", you=(r.cut_a, r.cut_b), all_label="groups’ limits hold", unit="share", diagonal="one cut",
        ),
    )


@app.cell
def _(d, lab, log):
    lk.decide(lab, flag_design, d, log())


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
