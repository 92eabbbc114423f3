"""The capstone's report: headings always there, what is missing says so, what a student typed stays text."""

from pathlib import Path

import pytest
from labkit import log as logs
from labkit import review
from labkit.catalogue import lab_paths, read_lab
from labkit.drafts import Drafts
from labkit.earlier import Start
from labkit.lab import Lab
from labkit.log_types import Simulator
from labkit.storage import NoStorage

NAME = "lab_16_fleet_synthesis"
DECLARED = read_lab(next(p for p in lab_paths(Path(__file__).parents[2] / "labs") if p.stem == NAME))
PART = DECLARED.decision.run
LEADS = {"The finance lead": lambda r, given: f"{r.cost_usd:.0f} dollars?"}
CHAPTERS = {
    "What binds": ("A", lambda r, c, g: [f"{r.worst_layer} lose most."]),
    "Interventions": ("B", lambda r, c, g: review.md_table(("a", "b"), [("1.5 days", "x|y")])),
}


def new_lab(log):
    parts = [e.run for e in DECLARED.experiments]
    return Lab(NAME, parts, [], NoStorage("off"), log, "", Drafts(NoStorage("off")))


def empty():
    return logs.start(NAME, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))


def decided(log):
    exp = PART.experiment
    given = exp.draw(log.seed)
    chosen, other = exp.defaults, exp.defaults | {"nodes": 144}
    results = [exp.log_result(exp.result(c, given)) for c in (chosen, other)]
    return logs.append(
        log, "decision", controls=chosen, result=results[0], constraints=[], rejected={"controls": other, "result": results[1]},
        rationale="It is *mine* <b>", revisit_when="later",
    )  # fmt: skip


def written(log, found=(), kept=None):
    lab = new_lab(log)
    return review.write_review(lab, PART, found, CHAPTERS, LEADS, kept or [(lab.info, log)])


def test_without_any_work_every_heading_says_what_is_missing():
    paper = written(empty())
    headings = [line[3:] for line in paper.splitlines() if line.startswith("## ")]
    assert headings == [
        "1 The design, and where each value comes from",
        "2 What binds",
        "3 Interventions",
        "4 Objections and answers",
        "5 What would make me revisit it",
        "6 Calibration",
    ]
    assert paper.count("*Missing:") >= 7


def test_a_decision_fills_the_chapters_and_stays_text():
    paper = written(
        decided(empty()),
        (Start("layout", {"tensor": 4}, "your record of lab 05, replayed"), Start("region", {}, "the record of lab 14 does not replay, so it is not used")),
    )
    assert "kernels lose most." in paper and "4 of 5 limits" not in paper and "limits hold" in paper
    assert "It is \\*mine\\* &#60;b&#62;" in paper and "<b>" not in paper
    assert "changed here; your record of lab 05 had 4" in paper and "not used" in paper
    assert "Rejected alternative: Nodes of eight H100: 144." in paper and "| 1.5 days | x&#124;y |" in paper


def test_calibration_counts_predictions_with_a_known_truth():
    log = empty()
    log = logs.append(log, "prediction", part="A", value=10.0, low=5.0, high=20.0, unit="%", field="delivered_share", controls=DECLARED.parts[0].defaults)
    assert review.guesses(new_lab(log), new_lab(log).info, log) == [(pytest.approx(2.345, rel=1e-3), False)]
    assert "0 of 1 intervals held" in written(log)


def test_answers_are_long_enough_before_they_are_recorded():
    lab = new_lab(decided(empty()))
    assert "3" in review.answer_leads(lab, {"The finance lead": "far too short"}) and not review.answered(lab.log())
    words = "one " * 40
    assert review.answer_leads(lab, {"The finance lead": words}) == "Recorded." and review.answered(lab.log()) == {"The finance lead": words.strip()}
    review.answer_leads(lab, {"The finance lead": words})
    assert len(logs.notes(lab.log())) == 1
