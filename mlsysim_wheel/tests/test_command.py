"""The command line: tables for eyes, JSON for programs, exit codes, sentences."""

import json
import subprocess
import sys

import mlsysim
import pytest
from mlsysim import catalog, command_validate
from mlsysim.__main__ import main, parser
from mlsysim.phases import phase_on_device, phase_work, transformer_of
from mlsysim.serving import serve_slots


def run(capsys, *arguments):
    code = main(list(arguments))
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def test_lists_show_every_entry(capsys):
    for command, names in (("devices", catalog.device_names()), ("models", catalog.model_names())):
        code, out, _ = run(capsys, command)
        assert code == 0 and [line.split()[0] for line in out.splitlines()[2:]] == list(names)
        code, out, _ = run(capsys, command, "--json")
        assert code == 0 and [entry["name"] for entry in json.loads(out)] == list(names)


def test_show_gives_the_source_of_every_figure(capsys):
    code, out, _ = run(capsys, "show", "H100-SXM")
    assert code == 0 and "3.35 TB/s" in out and "device h100_sxm" in out and "machine h100_sxm" in out and "[1] " in out
    code, out, _ = run(capsys, "show", "nvlink4", "--json")
    assert code == 0 and json.loads(out)[0]["what"] == "link"


ANSWERED = [
    "estimate roofline h100_sxm llama3_8b",
    "estimate roofline h100_sxm llama3_8b --phase prefill --tokens 4096 --precision bf16 --weights fp8",
    "estimate roofline t4 resnet50 --batch 32 --precision int8",
    "estimate roofline h100_sxm llama3_8b --calibrated",
    "estimate iron-law h100_sxm llama3_8b --batch 4",
    "estimate training h100_sxm gpt2_xl --gpus 16 --batch 64 --zero1",
    "estimate serving l4 llama3_8b --slots 8 --answers 20",
    "layout gpt2_xl a100_sxm_80gb --gpus 8 --batch 64 --top 3",
]


@pytest.mark.parametrize("line", ANSWERED)
def test_an_answer_is_a_table_or_json(line, capsys):
    code, out, err = run(capsys, *line.split())
    assert code == 0 and not err and len(out.splitlines()) > 3
    code, out, err = run(capsys, *line.split(), "--json")
    answer = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert code == 0 and not err and answer["asked"]["command"] in ("estimate", "layout")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("estimate roofline t4 llama3_70b", "141 GB"),
        ("estimate roofline v100_sxm2_32gb resnet50 --precision fp8", "does not compute in fp8"),
        ("estimate roofline h100_sxm resnet50 --phase decode", "has no tokens"),
        ("estimate training h100_sxm gpt3_175b --gpus 8 --batch 8", "does not fit"),
        ("estimate training h100_sxm gpt2_xl --gpus 8 --batch 8 --tensor 8", "does not divide the 25 attention heads"),
        ("estimate training t4 resnet50", "no dense transformer"),
        ("estimate serving t4 llama3_70b", "Not one prompt"),
        ("layout gpt3_175b t4 --gpus 8 --batch 8", "No layout"),
    ],
)
def test_what_cannot_exist_is_exit_code_1_and_a_sentence(line, words, capsys):
    code, out, err = run(capsys, *line.split())
    assert code == 1 and words in err and not out
    code, out, _ = run(capsys, *line.split(), "--json")
    assert code == 1 and json.loads(out)["error"] == "Infeasible" and words in json.loads(out)["message"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("devces", "Did you mean devices"),
        ("show h10_sxm", "h100_sxm"),
        ("devices --kind gpuu", "Did you mean gpu"),
        ("estimate", "QUESTION"),
        ("estimate rofline h100_sxm llama3_8b", "Did you mean roofline"),
        ("estimate roofline h100 lama3_8b", "llama3_8b"),
        ("estimate roofline h100_sxm llama3_8b --precision fp32x", "fp32"),
        ("estimate roofline h100_sxm llama3_8b --batch 0", "batch is 0"),
        ("estimate roofline h100_sxm llama3_8b --batch many", "many"),
        ("estimate roofline h100_sxm llama3_8b --compute-efficiency 1.5", "compute_efficiency is 1.5"),
        ("estimate roofline h100_sxm llama3_8b --calibrated --memory-efficiency 0.9", "must stay 1"),
        ("estimate roofline groq_lpu tinyllama_1_1b --calibrated", "no calibrated device named 'groq_lpu'"),
        ("show h100", "Did you mean h100_nvl, h100_pcie or h100_sxm"),
        ("estimate serving l4 llama3_8b --slots -1", "slots is -1"),
        ("layout gpt2_xl a100_sxm_80gb --top 0", "--top is 0"),
        ("layout gpt2_xl a100_sxm_80gb --network hdrr", "hdr"),
        ("", "COMMAND"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2_and_a_sentence(line, words, capsys):
    code, out, err = run(capsys, *line.split())
    assert code == 2 and words in err and not out
    code, out, _ = run(capsys, *line.split(), "--json")
    assert code == 2 and words in json.loads(out)["message"]


def test_validation_needs_the_checkout_and_says_so(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(command_validate, "__file__", str(tmp_path / "site-packages" / "mlsysim" / "command_validate.py"))
    code, _, err = run(capsys, "validate")
    assert code == 2 and "clone the repository" in err


def test_validation_runs_the_checkouts_own_program(capfd, monkeypatch, tmp_path):
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "__main__.py").write_text("import sys; print('measured', sys.argv[1:]); sys.exit(0)")
    monkeypatch.setattr(command_validate, "__file__", str(tmp_path / "src" / "mlsysim" / "command_validate.py"))
    assert main(["validate", "--json"]) == 0 and "measured ['--json']" in capfd.readouterr().out


def test_the_module_runs_and_help_names_every_command():
    text = subprocess.run([sys.executable, "-m", "mlsysim", "--help"], capture_output=True, text=True, check=True).stdout
    assert all(word in text for word in ("devices", "models", "show", "estimate", "layout", "validate"))
    assert mlsysim.__version__ in subprocess.run([sys.executable, "-m", "mlsysim", "--version"], capture_output=True, text=True, check=True).stdout
    assert parser().prog == "mlsysim"


def test_the_answer_is_that_of_the_library(capsys):
    _, out, _ = run(capsys, "estimate", "roofline", "h100_sxm", "llama3_8b", "--tokens", "1000", "--batch", "8", "--json")
    direct = phase_on_device(catalog.model("llama3_8b"), catalog.device("h100_sxm"), "decode", tokens=1000, batch=8)
    assert json.loads(out)["values"]["time_s"] == direct.time_s
    _, out, _ = run(capsys, "estimate", "serving", "l4", "llama3_8b", "--json")
    assert json.loads(out)["values"]["time_s"] == serve_slots("continuous", 16, 512, allocation="paged").time_s


# --- phases, which the command line stands on ---


def test_one_token_of_llama_3_8b_reads_its_weights_once():
    w = phase_work(catalog.model("llama3_8b"), "decode", tokens=1)
    assert w.weights_read_bytes == 2 * 8.03e9 and w.context_bytes == 2 * 32 * 8 * 128 * 2
    assert w.operations == pytest.approx(2 * 8.03e9, rel=1e-3)


def test_experts_are_read_when_they_are_hit():
    moe = catalog.model("mixtral_8x7b")
    read = [phase_work(moe, "decode", batch=b).read_parameters for b in (1, 2, 8, 1000)]
    assert read[0] == pytest.approx(12.9e9) and read == sorted(read) and read[-1] == pytest.approx(46.7e9)


def test_a_catalog_transformer_has_the_published_shape():
    gpt3 = transformer_of(catalog.model("gpt3_175b"))
    assert (gpt3.layers, gpt3.hidden, gpt3.heads, gpt3.sequence) == (96, 12288, 96, 2048)
