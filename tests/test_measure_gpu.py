"""tools/measure_gpu.py without a GPU: it compiles, lists what it would measure, and refuses wrong arguments in a sentence."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "measure_gpu.py"
sys.path.insert(0, str(TOOL.parent))  # as Python does for a script
SPEC = importlib.util.spec_from_file_location("measure_gpu", TOOL)
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)
sys.path.remove(str(TOOL.parent))


def test_a_dry_run_lists_every_part_as_json(capsys):
    assert tool.main(["--dry-run"]) == 0
    cases = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert tuple(dict.fromkeys(case["part"] for case in cases)) == tool.PARTS
    assert len(cases) == len({json.dumps(case, sort_keys=True) for case in cases}) > 200


@pytest.mark.parametrize("part", tool.PARTS)
def test_every_part_has_a_function_and_can_be_asked_for_alone(part, capsys):
    assert callable(getattr(tool, part)) and getattr(tool, part).__doc__
    assert tool.main(["--dry-run", "--only", part]) == 0
    assert {json.loads(line)["part"] for line in capsys.readouterr().out.splitlines()} == {part}


WRONG = [(["--only", "produkts"], "no part named 'produkts'"), (["--repeats", "0"], "must be at least 1"), (["--x"], "--x")]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_wrong_arguments_are_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        tool.main(arguments)
    assert stop.value.code == 2 and words in capsys.readouterr().err


def test_it_runs_without_pytorch_up_to_the_first_measurement():
    start = f"import runpy, sys; sys.modules['torch'] = None; sys.path.insert(0, {str(TOOL.parent)!r}); sys.argv = ['measure_gpu.py']; "
    code = start + f"runpy.run_path({str(TOOL)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "PyTorch is not installed" in done.stderr


def test_what_fails_is_a_line_that_says_so():
    class Torch:
        class cuda:
            empty_cache = staticmethod(lambda: None)

    line = tool.measure(Torch, {"part": "memory", "kind": "copy", "bytes": 64}, 1)
    assert line["failed"].startswith("AttributeError") and line["bytes"] == 64


def test_the_schedule_of_samples_and_their_percentiles():
    class Clock:
        clock = 0.0

        def __init__(self, enable_timing):
            pass

        def record(self):
            Clock.clock += 1.0
            self.at = Clock.clock

        def elapsed_time(self, other):
            return other.at - self.at

    class Torch:
        class cuda:
            Event = Clock
            synchronize = staticmethod(lambda: None)

    out = tool.timed(Torch, lambda: None, repeats=20, least_s=0.0)
    assert out == {"time_s": 1e-3, "p10_s": 1e-3, "p90_s": 1e-3, "repeats": 20, "calls_a_sample": 1}
