"""Drafts: typed but not recorded, restored after a restart, dropped when recorded, and harmless where nothing is stored."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from labkit.catalogue import read_lab
from labkit.drafts import Drafts, open_drafts
from labkit.lab import Lab
from labkit.log import Simulator, decisions, plain_result, start
from labkit.storage import NoStorage, open_storage

LAB = "lab_00_introduction"


def run(awaitable):
    return asyncio.run(awaitable)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.delenv("LABKIT_STORAGE", raising=False)
    return tmp_path / LAB


@pytest.fixture
def storage(folder):
    return run(open_storage(LAB))


def again() -> Drafts:
    """The drafts as the next visit finds them."""

    async def visit():
        return await open_drafts(await open_storage(LAB))

    return run(visit())


def test_what_was_kept_is_there_after_a_restart(storage):
    drafts = run(open_drafts(storage))
    drafts.keep("A.text", "half a “sentence”,\n\ud83d and more")
    drafts.keep("decision.rejected", {"batch": 8, "rate": 0.1 + 0.2, "on": True, "machine": "t4"})
    assert again().text("A.text") == "half a “sentence”,\n\ufffd and more"
    assert again().controls("decision.rejected") == {"batch": 8, "rate": 0.1 + 0.2, "on": True, "machine": "t4"}


def test_what_was_dropped_is_gone_and_the_rest_stays(storage):
    drafts = run(open_drafts(storage))
    for name in ("A.text", "B.text", "name"):
        drafts.keep(name, name)
    drafts.drop("A.text", "name", "never kept")
    assert (again().text("A.text"), again().text("B.text"), again().text("name", "Ada")) == ("", "B.text", "Ada")


def test_an_emptied_field_stays_empty_whatever_was_recorded(storage):
    run(open_drafts(storage)).keep("name", "")
    assert again().text("name", "Ada") == ""


def test_a_draft_of_another_kind_is_not_taken(storage):
    drafts = Drafts(storage, {"A.text": {"batch": 8}, "decision.rejected": "words"})
    assert drafts.text("A.text") == "" and drafts.controls("decision.rejected") is None


def test_two_tabs_keep_each_others_drafts(storage):
    one, two = run(open_drafts(storage)), run(open_drafts(storage))
    one.keep("A.text", "one")
    two.keep("B.text", "two")
    assert (again().text("A.text"), again().text("B.text")) == ("one", "two")


def test_storing_goes_on_behind_and_the_last_word_wins(storage):
    async def type_on():
        drafts = await open_drafts(storage)
        for length in range(1, 20):
            drafts.keep("A.text", "x" * length)
        drafts.keep("B.text", "y")
        drafts.drop("B.text")
        await drafts.settled()

    run(type_on())
    assert again().text("A.text") == "x" * 19 and again().text("B.text", "none") == "none"


@pytest.mark.parametrize("stored", [b"", b"{", b"[1]", b"\xff\xfe", b"\0" * 9, b"[" * 100_000], ids=["empty", "cut", "a list", "no text", "zeros", "deep"])
def test_damaged_drafts_are_none_and_do_not_stop_the_next(storage, folder, stored):
    (folder / "drafts.json").write_bytes(stored)
    drafts = again()
    assert drafts.text("A.text") == ""
    drafts.keep("A.text", "new")
    assert again().text("A.text") == "new"


def test_drafts_are_no_attempt_and_no_part_of_a_log(storage):
    run(open_drafts(storage)).keep("A.text", "draft")
    assert run(storage.attempts()) == () and run(storage.load()) == (None, None)


def test_without_storage_drafts_live_as_long_as_the_page():
    drafts = run(open_drafts(NoStorage("Saving is off: a test.")))
    drafts.keep("A.text", "words")
    assert drafts.text("A.text") == "words"
    drafts.drop("A.text")
    assert drafts.text("A.text") == ""


def test_a_folder_that_was_taken_away_is_no_error(storage, folder):
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    drafts = run(open_drafts(storage))
    drafts.keep("A.text", "words")
    assert drafts.text("A.text") == "words"


@pytest.fixture(scope="module")
def declared():
    """A real lab's parts and decision, as `Lab` takes them."""
    path = Path(__file__).parents[2] / "labs" / "vol1" / f"{LAB}.py"
    return [SimpleNamespace(experiment=e) for e in read_lab(path).experiments]


def opened(storage, declared) -> Lab:
    return Lab(LAB, declared, [], storage, start(LAB, "1.0", simulator=Simulator(name="mlsysim", version="1", sha256="")), drafts=again())


def moved(exp) -> dict:
    """The defaults with the last control elsewhere."""
    name, control = list(exp.controls.items())[-1]
    return {**exp.defaults, name: next(v for v in control.values if v != control.default)}


def test_a_text_is_dropped_when_its_run_is_recorded(storage, declared):
    lab = opened(storage, declared)
    exp = lab.experiments[0]
    lab.drafts.keep("A.text", "I saw it.")
    lab.drafts.keep("B.text", "not yet")
    assert lab.record(exp, exp.defaults, None, "I saw it.") == "Lock a prediction first; the instrument opens then."
    assert again().text("A.text") == "I saw it.", "what was refused is not dropped"
    assert lab.lock(exp, exp.predict.low, exp.predict.low, exp.predict.high) == ""
    assert lab.record(exp, exp.defaults, next(iter(exp.explain.options)), "I saw it.") == ""
    assert again().text("A.text", "gone") == "gone" and again().text("B.text") == "not yet"


def test_the_rejected_alternative_is_set_aside_again_until_the_decision_is_recorded(storage, declared):
    exp = declared[-1].experiment
    alternative = moved(exp)
    assert opened(storage, declared).set_aside(exp, alternative) == ""
    lab = opened(storage, declared)
    assert lab.alternative == alternative
    assert lab.decide(exp, exp.defaults, "Because.", "When it grows.") == ""
    (made,) = decisions(lab.log())
    assert made.rejected.controls == alternative and made.rejected.result == plain_result(exp.log_result(lab.result(exp, alternative, lab.log().seed)))
    assert opened(storage, declared).alternative is None


def test_a_changed_seed_counts_for_the_alternative_as_well(storage, declared):
    exp = declared[-1].experiment
    lab = opened(storage, declared)
    assert lab.set_aside(exp, moved(exp)) == ""
    before = lab.log().seed
    lab.drafts.keep("name", "Ada")
    assert lab.rename("Ada", "") == "" and lab.log().seed != before
    assert again().text("name", "recorded") == "recorded"
    assert lab.decide(exp, exp.defaults, "Because.", "When it grows.") == ""
    assert decisions(lab.log())[0].rejected.result == plain_result(exp.log_result(exp.result(moved(exp), exp.draw(lab.log().seed))))


@pytest.mark.parametrize(
    "kept", [{}, {"machine": "t4"}, {"machine": "gone", "model": "resnet50", "batch": 1}, {"machine": "t4", "model": "resnet50", "batch": "1"}, "words"]
)
def test_an_alternative_that_the_lab_no_longer_offers_is_left_out(storage, declared, kept):
    run(open_drafts(storage)).keep("decision.rejected", kept)
    assert opened(storage, declared).alternative is None
