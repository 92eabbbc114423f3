"""The instructors' notebook, run as a program: it asks, and grades what the command line names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "labkit" / "grade" / "notebook.py"


def cells(*arguments):
    """Run every cell in a process of its own; what the cells define, as marimo gives it."""
    code = (
        "import sys; sys.argv = ['notebook.py', *sys.argv[1:]]\n"
        "from labkit.grade.notebook import app\n"
        "_, found = app.run()\n"
        "print(len(found['rows']), found['book'].height, 'Class report' in found['report'])"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "mlsysim_wheel" / "src")])}
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture
def handed_in(sample, tmp_path):
    for name, _, data in sample[:12]:
        (tmp_path / name).write_bytes(data)
    (tmp_path / "broken.json").write_text("{")
    return tmp_path


def test_it_grades_what_the_command_line_names_and_writes_the_report(handed_in, labs):
    assert cells("--logs", handed_in, "--labs", labs).endswith("13 13 True")
