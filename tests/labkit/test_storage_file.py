"""Logs in files: saved whole, restored after a restart, joined with another tab's, never lost, never raising."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from labkit import storage_file
from labkit.log import Simulator, append, export_bytes, start
from labkit.storage import NoStorage, Saved, SavingOff, open_storage

LAB = "lab_05_nn_compute"


def run(awaitable):
    return asyncio.run(awaitable)


def new(lab=LAB, **kw):
    return start(lab, "1.0", simulator=Simulator(name="mlsysim", version="1", sha256=""), **kw)


def texts(log):
    return [entry.text for entry in log.entries]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.delenv("LABKIT_STORAGE", raising=False)
    return tmp_path / LAB


@pytest.fixture
def storage(folder):
    return run(open_storage(LAB))


def test_nothing_is_there_at_first(storage):
    assert storage.off is None
    assert run(storage.load()) == (None, None)
    assert run(storage.attempts()) == ()


def test_what_is_saved_is_restored_after_a_restart(storage):
    log = append(new(name="Ada"), "prediction", part="a", value=0.1 + 0.2, unit="s")
    saved = run(storage.save(log))
    assert isinstance(saved, Saved) and saved.log == log
    restored = run(run(open_storage(LAB)).load())
    assert restored.problem is None
    assert restored.log.entries == log.entries and restored.log.learner == log.learner and restored.log.seed == log.seed


def test_labs_do_not_see_each_other(storage):
    run(storage.save(new()))
    assert run(run(open_storage("lab_06_nn_arch")).load()) == (None, None)


def test_a_new_attempt_becomes_current_and_the_old_one_stays(storage):
    first = append(new(now=datetime(2026, 1, 1, tzinfo=UTC)), "note", text="first")
    second = append(new(now=datetime(2026, 1, 2, tzinfo=UTC)), "note", text="second")
    run(storage.save(first))
    run(storage.save(second))
    assert texts(run(storage.load()).log) == ["second"]
    assert texts(run(storage.load(first.attempt)).log) == ["first"]
    assert [(a.attempt, a.current) for a in run(storage.attempts())] == [(first.attempt, False), (second.attempt, True)]


def test_two_tabs_of_one_attempt_lose_nothing(storage):
    base = append(new(), "note", text="both")
    run(storage.save(base))
    one, two = append(base, "note", text="one"), append(base, "note", text="two")
    run(storage.save(one))
    joined = run(storage.save(two)).log
    assert sorted(texts(joined)) == ["both", "one", "two"]
    assert [entry.n for entry in joined.entries] == [1, 2, 3]
    assert run(storage.save(one)).log.entries == joined.entries  # the other tab arrives at the same log


@pytest.mark.parametrize(
    "stored",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"schema": "mlsys-decision-log/2.0"}', b"\0" * 100],
    ids=["empty", "cut off", "not text", "no log", "newer", "zeros after a crash"],
)
def test_what_cannot_be_read_is_set_aside_and_reported(storage, folder, stored):
    log = append(new(), "note", text="new")
    run(storage.save(log))
    (folder / f"{log.attempt}.json").write_bytes(stored)
    restored = run(storage.load())
    assert restored.log is None
    assert "set aside, not deleted" in restored.problem and "imported" not in restored.problem
    assert [kept.data for kept in run(storage.kept())] == [stored]
    assert run(storage.load()) == (None, None)  # said once
    assert isinstance(run(storage.save(log)), Saved)


def test_a_save_over_what_cannot_be_read_keeps_both(storage, folder):
    log = append(new(), "note", text="mine")
    run(storage.save(log))
    (folder / f"{log.attempt}.json").write_bytes(b"broken")
    assert isinstance(run(storage.save(log)), Saved)
    assert texts(run(storage.load()).log) == ["mine"]
    assert [kept.data for kept in run(storage.kept())] == [b"broken"]


def test_unreadable_attempts_are_listed_with_their_reason(storage, folder):
    log = new()
    run(storage.save(log))
    (folder / f"{log.attempt}.json").write_bytes(b"broken")
    (attempt,) = run(storage.attempts())
    assert attempt.log is None and "JSON" in attempt.problem


def test_a_crash_while_writing_leaves_the_old_log(storage, folder, monkeypatch):
    log = append(new(), "note", text="old")
    run(storage.save(log))

    def crash(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(storage_file.os, "replace", crash)
    assert isinstance(run(storage.save(append(log, "note", text="new"))), SavingOff)
    monkeypatch.undo()
    monkeypatch.setenv("LABKIT_DATA", str(folder.parent))
    assert texts(run(storage.load()).log) == ["old"]
    assert not [name for name in os.listdir(folder) if "json-" in name]  # no half-written file is left


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written"), (errno.EACCES, "may not be written"), (errno.EIO, "error")],
)
def test_a_save_that_fails_says_why_and_the_next_one_may_work(storage, monkeypatch, number, words):
    log = append(new(), "note", text="x")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(storage_file.os, "fsync", fail)
        outcome = run(storage.save(log))
    assert isinstance(outcome, SavingOff)
    assert outcome.reason.startswith("Saving is off: ") and words in outcome.reason and "export the log" in outcome.reason
    assert export_bytes(log, {})
    assert isinstance(run(storage.save(log)), Saved)


def test_a_folder_that_cannot_be_made_means_no_storage(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "file"))
    storage = run(open_storage(LAB))
    assert isinstance(storage, NoStorage) and storage.off.startswith("Saving is off: ")
    log = new()
    assert run(storage.save(log)) == SavingOff(storage.off)
    assert run(storage.load()) == (None, None) and run(storage.attempts()) == () and run(storage.kept()) == ()


def test_saving_can_be_switched_off(folder, monkeypatch):
    monkeypatch.setenv("LABKIT_STORAGE", "off")
    storage = run(open_storage(LAB))
    assert isinstance(storage, NoStorage) and "LABKIT_STORAGE" in storage.off
    assert not folder.exists()


@pytest.mark.parametrize("lab_id", ["../x", "/etc", "", "a//b", "Lab", "a\0b", "a/.."])
def test_a_lab_id_cannot_leave_the_folder(folder, lab_id):
    with pytest.raises(ValueError, match="lab_id"):
        run(open_storage(lab_id))


def test_a_damaged_pointer_to_the_current_attempt_is_no_way_out(storage, folder):
    folder.joinpath("current").write_text("../../secret")
    assert run(storage.load()) == (None, None)
    assert run(storage.load("../../secret")) == (None, None)


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/mlsys-labs"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/home/ada/.local/share/mlsys-labs"),
        ("linux", {}, "/home/ada/.local/share/mlsys-labs"),
        ("darwin", {}, "/home/ada/Library/Application Support/mlsys-labs"),
        ("win32", {"LOCALAPPDATA": "/appdata"}, "/appdata/mlsys-labs"),
        ("win32", {}, "/home/ada/AppData/Local/mlsys-labs"),
        ("linux", {"LABKIT_DATA": "~/logs"}, "/home/ada/logs"),
    ],
)
def test_the_folder_is_the_platforms(monkeypatch, platform, env, expected):
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "LABKIT_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/ada", **env}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storage_file.sys, "platform", platform)
    assert storage_file.data_folder().as_posix() == expected


def test_two_processes_saving_at_once_lose_nothing(storage, folder):
    base = append(new(), "note", text="base")
    run(storage.save(base))
    code = (
        "import asyncio, sys\n"
        "from labkit.log import append\nfrom labkit.storage import open_storage\n"
        "async def go():\n"
        "    storage = await open_storage(sys.argv[1])\n"
        "    log = (await storage.load()).log\n"
        "    for i in range(8):\n"
        "        log = append(log, 'note', text=f'{sys.argv[2]}{i}')\n"
        "        await storage.save(log)\n"
        "asyncio.run(go())\n"
    )
    path = os.pathsep.join(filter(None, sys.path))
    processes = [subprocess.Popen([sys.executable, "-c", code, LAB, who], env={**os.environ, "PYTHONPATH": path}) for who in "ab"]
    assert [process.wait(30) for process in processes] == [0, 0]
    log = run(storage.load()).log
    assert sorted(texts(log)) == sorted(["base", *(f"{who}{i}" for who in "ab" for i in range(8))])


def test_the_stored_file_is_a_log_that_can_be_imported(storage, folder):
    log = append(new(), "note", text="é")
    run(storage.save(log))
    assert json.loads((folder / f"{log.attempt}.json").read_text("utf-8"))["entries"][0]["text"] == "é"


def test_two_tabs_that_begin_at_once_share_one_attempt(storage):
    mine, theirs = new(), new()
    assert run(storage.begin(mine)) == mine
    assert run(run(open_storage(LAB)).begin(theirs)).attempt == mine.attempt
    assert run(storage.load()).log.attempt == mine.attempt and len(run(storage.attempts())) == 1


def test_one_begins_where_what_was_there_cannot_be_read(storage, folder):
    old, mine = new(), new()
    run(storage.save(old))
    (folder / f"{old.attempt}.json").write_bytes(b"{")
    assert run(storage.begin(mine)) == mine and run(storage.load()).log.attempt == mine.attempt
    assert [kept.data for kept in run(storage.kept())] == [b"{"]


def test_a_save_says_that_what_it_had_stored_was_cleared_away(storage, folder):
    log = append(new(), "note", text="one")
    assert not run(storage.save(log)).gone and not run(storage.save(log)).gone
    for file in folder.glob("*.json"):
        file.unlink()
    assert run(storage.save(log)).gone and not run(storage.save(log)).gone
    assert run(storage.load()).log.entries == log.entries
