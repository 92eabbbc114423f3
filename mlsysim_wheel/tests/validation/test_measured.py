"""Lines of tools/measure_gpu.py become cases, and each part has a family that predicts them or says why not."""

import json
import math

import pytest
from mlsysim import catalog
from validation import measured
from validation.cases import Unmodelled
from validation.families import one_gpu
from validation.score import headline, predict, predict_all, score

MACHINE = {"date": "2026-11-01", "device": "NVIDIA H100 80GB HBM3", "driver": "570.1", "torch": "2.13.0", "cuda": "13.0"}
MODEL = {"model": "small", "layers": 12, "hidden": 768, "heads": 12, "vocabulary": 50_304}
LINES = (
    {"part": "products", "fmt": "bf16", "m": 8192, "n": 8192, "k": 8192, "work_flop": 2.0 * 8192**3},
    {"part": "memory", "kind": "copy", "bytes": 2**30, "traffic_bytes": 2.0**31},
    {"part": "launch", "kind": "graph"},
    {"part": "attention", "batch": 8, "heads": 16, "sequence": 8192, "head_dim": 128, "causal": True, "backward": True, "work_flop": 1.5e13},
    {"part": "normalisation", "kind": "softmax", "rows": 65536, "width": 4096, "traffic_bytes": 4.0 * 65536 * 4096},
    {"part": "inference", "phase": "prefill", "batch": 16, "tokens": 1024, **MODEL},
    {"part": "inference", "phase": "decode", "batch": 64, "tokens": 4096, **MODEL},
    {"part": "training", "batch": 8, "sequence": 1024, "recomputation": True, **MODEL},
    {"part": "power", "kind": "products", "seconds": 10, "power_w": 690.0},
)
UNMODELLED = ({"part": "launch", "kind": "empty stream"}, {"part": "power", "kind": "stream", "power_w": 400.0})
H100 = catalog.device("h100_sxm")


def cases_of(tmp_path, *lines):
    file = tmp_path / "h100.jsonl"
    file.write_text("\n".join(json.dumps({"time_s": 1e-3, **line, **MACHINE}) for line in lines) + "\n")
    return measured.read(file)


def value(case) -> float:
    return predict(case).predicted


def test_every_part_is_predicted_by_a_family_of_its_own(tmp_path):
    results = predict_all(cases_of(tmp_path, *LINES))
    assert all(r.predicted > 0 and r.family in one_gpu.FAMILIES for r in results)
    assert len({r.family.name for r in results}) == len(one_gpu.FAMILIES) == len({line["part"] for line in LINES})


@pytest.mark.parametrize("line", UNMODELLED, ids=lambda line: line["kind"])
def test_what_is_not_modelled_says_why(tmp_path, line):
    (result,) = predict_all(cases_of(tmp_path, line))
    assert result.predicted is None and len(result.reason) > 20


def test_predictions_stay_below_the_device(tmp_path):
    product, stream, _, attention, norm, *_ = cases_of(tmp_path, *LINES)
    assert product.config["work_flop"] / value(product) < H100.peak("bf16")
    assert attention.config["work_flop"] / value(attention) < H100.peak("bf16")
    for passed in (stream, norm):
        assert passed.config["traffic_bytes"] / value(passed) < H100.bandwidth()


def test_a_case_is_scored_like_any_other(tmp_path):
    (case,) = cases_of(tmp_path, LINES[0])
    right, twice = value(case), 2 * value(case)
    results = predict_all(cases_of(tmp_path, {**LINES[0], "time_s": right}, {**LINES[0], "time_s": twice}))
    (found,) = score(results)
    assert found.measured and found.n == 2 and found.max_log == pytest.approx(math.log(2)) and results[0].error == 0
    assert headline([found])["families"] == 1


def test_more_work_takes_longer(tmp_path):
    def phase(**more):
        return value(cases_of(tmp_path, {"part": "inference", "phase": "prefill", "batch": 16, "tokens": 1024, **MODEL, **more})[0])

    def step(**more):
        return value(cases_of(tmp_path, {"part": "training", "batch": 32, "sequence": 1024, "recomputation": False, **MODEL, **more})[0])

    assert phase() < phase(tokens=4096) < phase(tokens=4096, batch=64)
    assert step(batch=8) < step() < step(recomputation=True)
    assert phase(batch=1, tokens=1, phase="decode") == one_gpu.host_s(one_gpu.shape_of(cases_of(tmp_path, {**LINES[5]})[0]))


def test_what_failed_measured_nothing(tmp_path):
    failed = {"part": "products", "fmt": "fp8", "m": 1, "n": 1, "k": 1, "failed": "RuntimeError: not on this card"}
    unread = {"part": "power", "kind": "idle"}
    assert cases_of(tmp_path, failed, unread, LINES[0])[0].locator == "line 3"
    assert len(cases_of(tmp_path, failed, unread)) == 0


def test_a_line_names_where_it_comes_from(tmp_path):
    (case,) = cases_of(tmp_path, LINES[2])
    assert "H100" in case.source and "570.1" in case.source and case.verified == "primary" and case.measured
    assert case.id == "own.h100.1"


def test_another_card_is_said_to_be_unknown(tmp_path):
    (case,) = cases_of(tmp_path, LINES[0])
    other = type(case)(**{**{f: getattr(case, f) for f in case.__dataclass_fields__}, "config": {**case.config, "device": "Quadro 4000"}})
    with pytest.raises(Unmodelled, match="no calibrated device"):
        one_gpu.product_s(other)


def test_files_of_the_folder_are_scored_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    published = len(predict_all())
    assert len(cases_of(tmp_path, *LINES)) == len(LINES)
    assert measured.files() == [tmp_path / "h100.jsonl"]
    assert len(predict_all()) == published + len(LINES)
