"""The lab files themselves: complete, short, and running as plain Python with every part open."""

import asyncio
import os
import re
import subprocess
import sys

from labkit.course import course, lab_info


def test_the_course_lists_exactly_the_labs_that_exist(labs_folder):
    listed = {(f"vol{i.volume}", i.id) for i in course()}
    assert listed == {(p.parent.name, p.stem) for p in labs_folder.glob("vol*/lab_*.py")}


def test_a_lab_is_complete(lab):
    assert 3 <= len(lab.parts) <= 4 and len(lab.drills) == 3 and lab.decision
    assert lab_info(lab.id).title


def test_a_lab_file_is_prose_and_declarations(lab):
    source = lab.path.read_text(encoding="utf-8")
    assert 150 <= source.count("\n") <= 400
    for foreign in ("<div", "style=", "indexedDB", "localStorage", "import numpy", "open("):
        assert foreign not in re.sub(r"lk\.open_lab\(", "", source)


def test_a_lab_runs_natively_with_every_part_open(lab, tmp_path):
    """`python lab.py` with a log in which all predictions are locked, so that every instrument is drawn."""
    env = {**os.environ, "LABKIT_DATA": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("LABKIT_STORAGE", None)
    asyncio.run(lock_everything(lab, tmp_path))
    done = subprocess.run([sys.executable, str(lab.path)], capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


async def lock_everything(lab, folder):
    from labkit import log as logs
    from labkit.experiment import ChoiceQuestion
    from labkit.log_types import Simulator
    from labkit.storage import open_storage

    log = logs.start(lab.id, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))
    for exp in lab.parts:
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            log = logs.append(log, "prediction", part=exp.key, choice=next(iter(q.options)))
        else:
            log = logs.append(log, "prediction", part=exp.key, value=q.high, low=q.low, high=q.high, unit=q.unit or "1")
    before = {k: os.environ.pop(k, None) for k in ("LABKIT_DATA", "LABKIT_STORAGE")}
    os.environ["LABKIT_DATA"] = str(folder)
    try:
        assert "SavingOff" not in type(await (await open_storage(lab.id)).save(log)).__name__
    finally:
        os.environ.pop("LABKIT_DATA")
        os.environ.update({k: v for k, v in before.items() if v is not None})
