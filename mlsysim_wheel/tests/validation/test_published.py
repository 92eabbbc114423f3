"""Published measurements: every case is predicted or has its reason, and no family gets worse than it was."""

import json
from collections import Counter
from pathlib import Path

import pytest
from validation import cases, chart, measured, report
from validation.families import FAMILIES, one_gpu
from validation.score import headline, predict, predict_all, score

# Cases predicted and a bound a little above the median relative error when it was recorded. A bound may only go down.
RECORDED = {
    "FSDP training, A100": (17, 0.03),
    "FSDP training, H100": (16, 0.07),
    "ZeRO-3 training, 2021": (6, 0.09),
    "Tensor, pipeline and data parallelism, 2021": (16, 0.05),
    "Training on TPU": (5, 0.13),
    "Training rate, layout not stated": (1, 0.17),
    "Data-parallel training of a small model": (1, 0.27),
    "Strong scaling of BERT": (1, 0.05),
    "Whole runs, layout not stated": (21, 0.16),
    "Projected days": (2, 0.01),
    "Training FLOP": (1, 0.01),
    "ResNet-50 training": (10, 0.11),
    "ResNet-50 inference": (4, 0.12),
    "ImageNet in minutes (FFCV)": (5, 0.13),
    "BERT inference": (1, 0.09),
    "Static batches, TensorRT-LLM": (16, 0.12),
    "Decode at batch 1, compiled": (6, 0.08),
    "llama.cpp on CUDA": (11, 0.06),
    "llama.cpp on Metal": (8, 0.03),
    "ollama on boards and desktops": (11, 0.11),
    "Latency of the largest models": (4, 0.2),
    "Half the layers (DistilBERT)": (1, 0.21),
    "Speculative decoding": (1, 0.02),
    "Edge TPU": (3, 0.01),
    "Networks on one core (phones, boards, desktop)": (27, 0.21),
    "Training state (ZeRO)": (27, 0.01),
    "KV cache": (2, 0.04),
    "Quantised files": (7, 0.01),
    "Weights in a GPU": (1, 0.01),
    "Selective recomputation": (1, 0.01),
    "Checkpoint size": (1, 0.01),
    "Bus bandwidth": (6, 0.12),
    "Energy of training runs": (5, 0.01),
    "Energy at rated power": (1, 0.01),
    "Emissions from hours or energy": (8, 0.03),
    "Energy of a resident service": (1, 0.69),
    "Slow requests of a fan-out": (2, 0.06),
    "First TPU under the roofline": (7, 0.2),
    "Memory bandwidth": (1, 0.06),
    "Cost at a rate": (3, 0.01),
    "Time to failure of a job": (4, 1.25),
    "Privacy loss of DP-SGD": (3, 0.01),
    "Constants of the loss fit": (5, 0.01),
    "Loss of GPT-2 by its size": (4, 0.1),
    "Mean size of an image": (1, 0.01),
    "Parameters of half the layers": (1, 0.01),
    "Life cycle of a run": (1, 0.01),
    "Compute-optimal tokens": (1, 0.03),
    "Read rate of training": (1, 0.01),
}
RESULTS = predict_all()
SCORES = score(RESULTS)


def test_every_case_is_predicted_or_has_a_reason():
    assert sum(r.case.area != measured.AREA for r in RESULTS) == 388
    assert len({r.case.id for r in RESULTS}) == len(RESULTS)
    for r in RESULTS:
        assert (r.predicted is not None and r.predicted > 0) or len(r.reason) > 10, r.case.id


def test_at_least_as_many_cases_are_predicted_as_were():
    assert sum(r.predicted is not None for r in RESULTS) >= sum(n for n, _ in RECORDED.values())


def test_every_case_keeps_its_source():
    for case in cases.read():
        assert case.source and case.unit is not None and case.verified in ("primary", "paper text", "secondary", "unconfirmed") and case.kind, case.id


@pytest.mark.parametrize("family", sorted(RECORDED))
def test_a_family_is_no_worse_than_recorded(family):
    found = next(s for s in SCORES if s.family.name == family)
    n, bound = RECORDED[family]
    assert found.n >= n and found.median_error <= bound


def test_no_family_is_without_a_record():
    assert {s.family.name for s in SCORES if s.family not in one_gpu.FAMILIES} == set(RECORDED)


def test_the_goals_over_families_of_measurements():
    h = headline(SCORES)
    assert h["families"] >= 27 and h["median_of_medians"] <= 0.10 and h["share_within_25_percent"] >= 0.90


def test_formulas_agree_with_what_their_authors_computed():
    for s in SCORES:
        if not s.measured:
            assert s.median_error <= 0.06, s.family.name


def test_every_miss_is_explained_in_a_sentence():
    for s in SCORES:
        if s.median_error > 0.125 or s.max_error > 0.27:
            assert s.family.remark.endswith("."), f"{s.family.name} misses by {s.median_error:.0%} and {s.max_error:.0%}"


def test_fitted_families_name_what_was_fitted():
    for f in FAMILIES:
        assert f.role in ("checked", "fitted", "in sample") and bool(f.fitted) == (f.role != "checked"), f.name
        assert bool(f.predict) != bool(f.reason), f.name


def test_no_prediction_reads_what_it_predicts():
    # The same configuration with another published number gives the same prediction.
    import dataclasses

    for r in RESULTS:
        other = predict(dataclasses.replace(r.case, value=r.case.value * 3 + 1, id="another"))
        assert other.predicted == r.predicted, r.case.id


def test_the_page_and_the_chart_show_every_measured_case():
    page, picture = report.page(RESULTS, SCORES), chart.svg(SCORES)
    shown = [r.case.id for s in SCORES if s.measured for r in s.results]
    assert all(f"`{r.case.id}`" in page for r in RESULTS if r.predicted is not None)
    assert all(i in picture for i in shown) and "prefers-color-scheme: dark" in picture and "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    import xml.etree.ElementTree as tree

    tree.fromstring(picture)


def test_the_page_in_docs_is_the_one_that_the_code_writes():
    docs = Path(__file__).parents[3] / "docs"
    assert (docs / "validation.md").read_text(encoding="utf-8") == report.page(RESULTS, SCORES), "run `make validate`"
    assert (docs / "validation.svg").read_text(encoding="utf-8") == chart.svg(SCORES), "run `make validate`"


def test_the_results_are_json():
    data = json.loads(json.dumps(report.as_json(RESULTS, SCORES)))
    assert Counter(c["predicted"] is None for c in data["cases"]) == {False: sum(s.n for s in SCORES), True: len(RESULTS) - sum(s.n for s in SCORES)}
