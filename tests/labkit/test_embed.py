"""What a page around a lab may ask, without a browser: a log to go on from, and a name."""

import asyncio
import json

import pytest
from labkit import embed
from labkit import log as logs
from labkit.drafts import open_drafts
from labkit.lab import Lab
from labkit.log_types import Simulator
from labkit.storage import NoStorage
from labkit.storage_file import open_place

LAB = "lab_00_introduction"


def begun(name=None, entries=1):
    log = logs.start(LAB, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""), name=name)
    for n in range(entries):
        log = logs.append(log, "note", text=f"entry {n}")
    return log


def exported(log) -> str:
    return logs.export_bytes(log, {}).decode()


@pytest.fixture(params=["stored", "stored nowhere"])
def lab(request, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))

    async def opened():
        storage = await open_place(LAB) if request.param == "stored" else NoStorage("Saving is off: a test.")
        return Lab(LAB, [], [], storage, begun(entries=0), drafts=await open_drafts(storage))

    return asyncio.run(opened())


def ask(lab, **asked) -> dict:
    asyncio.run(embed.hear(lab, json.dumps(asked)))
    return lab.answered


def test_a_log_is_taken_and_answered_with_the_number_of_the_request(lab):
    theirs = begun(entries=3)
    assert ask(lab, n=7, type="restore", log=exported(theirs)) == {"n": 7, "ok": True, "reason": ""}
    assert lab.log().entries == theirs.entries


def test_the_same_attempt_is_joined_in_both_directions(lab):
    first = begun(entries=1)
    lab.show(logs.append(first, "note", text="here"))
    assert ask(lab, n=1, type="restore", log=exported(logs.append(first, "note", text="there")))["ok"]
    assert sorted(e.text for e in lab.log().entries) == ["entry 0", "here", "there"]


def test_another_attempt_replaces_only_what_is_stored(lab):
    mine = begun(entries=2)
    lab.show(mine)
    answer = ask(lab, n=1, type="restore", log=exported(begun()))
    if lab.storage.off:
        assert not answer["ok"] and lab.log() == mine
    else:
        assert answer["ok"] and asyncio.run(lab.storage.load(mine.attempt)).log.entries == mine.entries


@pytest.mark.parametrize("wrong", ["", "{", "[]", '{"schema": "mlsys-decision-log/9.0"}', "\ud800", exported(begun()).replace("entry 0", "entry 9")])
def test_what_does_not_fit_is_refused_with_a_reason_and_changes_nothing(lab, wrong):
    mine = begun()
    lab.show(mine)
    answer = ask(lab, n=1, type="restore", log=wrong)
    assert not answer["ok"] and answer["reason"].endswith("Nothing here was changed.") and lab.log() == mine


@pytest.mark.parametrize("said", ["", "7", "[1]", "null", '{"type": "dance"}', '{"type": "restore", "log": 7}', '{"type": "learner"}'])
def test_anything_else_that_is_said_changes_nothing(lab, said):
    mine = begun()
    lab.show(mine)
    asyncio.run(embed.hear(lab, said))
    assert lab.answered["ok"] is False and lab.answered["reason"] and lab.log() == mine


def test_a_name_is_taken_and_gives_the_seed(lab):
    assert ask(lab, n=1, type="learner", name="  Ada   L. ") == {"n": 1, "ok": True, "reason": "", "reload": False}
    assert lab.log().learner.name == "Ada L." and lab.log().seed == logs.seed_of("Ada L.", LAB)
    before = lab.log()
    assert ask(lab, n=2, type="learner", name="Ada L.")["reload"] is False and lab.log() == before


def test_another_student_gets_a_log_of_their_own_and_the_first_one_comes_back_to_theirs(lab):
    ada = begun("Ada", 2)
    lab.show(ada)
    lab.drafts.keep("A.text", "Ada was typing")
    answer = ask(lab, n=1, type="learner", name="Grace")
    if lab.storage.off:
        assert not answer["ok"] and lab.log() == ada and lab.drafts.text("A.text")
        return
    assert answer["reload"] and lab.log().learner.name == "Grace" and not lab.log().entries
    assert lab.drafts.text("A.text") == "", "one student does not see what another typed"
    assert ask(lab, n=2, type="learner", name="Ada")["ok"]
    assert (lab.log().attempt, lab.log().entries) == (ada.attempt, ada.entries)
