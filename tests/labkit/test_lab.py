"""One lab in a student's hands: what an action does, and what it says when it does nothing."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from labkit import log as logs
from labkit.catalogue import read_lab
from labkit.drafts import Drafts
from labkit.lab import KEPT_RESULTS, Lab
from labkit.log_types import Simulator
from labkit.storage import Saved, SavingOff

PATH = Path(__file__).parents[2] / "labs" / "vol1" / "lab_11_hw_accel.py"
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


class Store:
    """A storage that does as it is told."""

    def __init__(self):
        self.answer = None

    async def save(self, log):
        return self.answer or Saved(NOW, log)

    async def keep_drafts(self, changes):
        return None


class Functions:
    """Declared functions, as a notebook passes them."""

    def __init__(self, **declared):
        self.__dict__.update(declared)


@pytest.fixture
def lab(monkeypatch):
    monkeypatch.delenv("LABKIT_STORAGE", raising=False)
    file = read_lab(PATH)
    log = logs.start(file.id, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""), now=NOW)
    store = Store()
    made = Lab(file.id, [Functions(experiment=e) for e in file.experiments], [Functions(drill=d) for d in file.drills], store, log, drafts=Drafts(store))
    state = [log]
    made.log, made._set = (lambda: state[0]), (lambda new: state.__setitem__(0, new))  # marimo's state outside a notebook
    return made


def part(lab, key="A"):
    return next(e for e in lab.experiments if e.key == key)


def lock(lab, key="A"):
    exp = part(lab, key)
    return lab.lock(exp, exp.predict.low * 2, exp.predict.low, exp.predict.high)


def test_a_prediction_locks_once(lab):
    assert lock(lab) == ""
    assert "locked already" in lock(lab)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [((None, 1, 2), "all three"), ((5, 6, 7), "must hold"), ((5, 1e-9, 7), "lie between"), ((float("nan"), 1, 2), "all three"), (("5", 1, 9), "all three")],
)
def test_a_prediction_that_makes_no_sense_is_not_locked(lab, numbers, says):
    assert says in lab.lock(part(lab), *numbers)
    assert not lab.log().entries


def test_nothing_is_recorded_before_the_lock_or_without_words(lab):
    exp = part(lab)
    assert "Lock a prediction" in lab.record(exp, exp.defaults, "A", "Because.")
    lock(lab)
    assert "Choose what binds" in lab.record(exp, exp.defaults, None, "Because.")
    assert "one sentence" in lab.record(exp, exp.defaults, "A", "  ")
    assert lab.record(exp, exp.defaults, "A", "Because.") == ""
    assert [e.__struct_config__.tag for e in lab.log().entries] == ["prediction", "observation"]


def test_a_decision_needs_an_alternative_of_its_own_and_reasons(lab):
    exp = next(e for e in lab.experiments if e.is_decision)
    name, control = next(iter(exp.controls.items()))
    other = {**exp.defaults, name: next(v for v in control.values if v != control.default)}
    assert "alternative" in lab.decide(exp, exp.defaults, "why", "when")
    assert lab.set_aside(exp, exp.defaults) == ""
    assert "same design" in lab.decide(exp, exp.defaults, "why", "when")
    assert "Write why" in lab.decide(exp, other, "", "when")
    assert lab.decide(exp, other, "why", "when") == ""
    assert lab.log().entries[-1].rejected.controls == exp.defaults


def test_a_drill_counts_every_try(lab):
    drill = lab.drills[0]
    truth = drill.truth(drill.parameters(lab.log().seed))
    assert "Type a number" in lab.answer(drill, None)
    assert "Not yet" in lab.answer(drill, truth * 2 + 1)
    assert lab.answer(drill, truth) == "Right."
    assert logs.drills(lab.log())[drill.key].tries == 2


def test_the_name_stays_once_drills_have_used_its_numbers(lab):
    assert lab.rename("Ada", "B") == ""
    drill = lab.drills[0]
    lab.answer(drill, 1.0)
    assert "the name stays" in lab.rename("Grace", "B")
    assert lab.log().learner.name == "Ada"


def test_what_another_tab_recorded_appears_here(lab):
    mine = lab.log()
    theirs = logs.append(mine, "prediction", part="B", value=50.0, low=0.0, high=100.0, unit="%")
    lab.storage.answer = Saved(NOW, theirs)
    asyncio.run(lab.save(mine))
    assert logs.prediction(lab.log(), "B").value == 50.0


def test_saving_that_is_off_says_so_and_export_still_works(lab):
    lock(lab)
    lab.storage.answer = SavingOff("Saving is off: no room. Export before you close this page.")
    saved, words = asyncio.run(lab.save(lab.log()))
    assert not saved and "no room" in words
    assert b"mlsys-decision-log" in lab.export()


def test_a_foreign_file_changes_nothing(lab):
    lock(lab)
    before = lab.log()
    assert lab.take(b"{}").endswith("Nothing here was changed.")
    assert lab.log() is before


def exported(log) -> bytes:
    return logs.export_bytes(log, {})


def another() -> bytes:
    log = logs.start(PATH.stem, "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))
    return exported(logs.append(log, "note", text="elsewhere"))


def test_an_older_copy_of_this_log_takes_nothing_away(lab):
    lock(lab)
    older = exported(lab.log())
    lock(lab, "B")
    here = lab.log().entries
    assert "was read" in lab.take(older)
    assert lab.log().entries == here


def test_a_copy_that_went_on_elsewhere_is_joined(lab):
    lock(lab)
    elsewhere = exported(logs.append(lab.log(), "note", text="on the other machine"))
    lock(lab, "B")
    assert "was read" in lab.take(elsewhere)
    assert [type(e).__name__ for e in lab.log().entries].count("Prediction") == 2
    assert [e.text for e in logs.notes(lab.log())] == ["on the other machine"]


def test_another_log_is_not_taken_while_what_is_here_is_stored_nowhere(lab):
    lock(lab)
    before = lab.log()
    lab.storage.answer = SavingOff("Saving is off.")
    asyncio.run(lab.save(before))
    assert "stored nowhere else" in lab.take(another()) and lab.log() is before
    lab.storage.answer = None
    asyncio.run(lab.save(before))
    assert "was read" in lab.take(another()) and logs.notes(lab.log())


def test_what_no_lab_would_read_again_is_not_recorded(lab):
    lock(lab)
    exp = part(lab)
    lab.drafts.keep("A.text", "🙂" * 1_300_000)
    assert "more than 5 MB" in lab.record(exp, exp.defaults, "A", "🙂" * 1_300_000)
    assert len(lab.log().entries) == 1 and lab.drafts.text("A.text"), "the words stay where they were typed"
    assert lab.record(exp, exp.defaults, "A", "🙂" * 25_000) == ""
    assert lab.take(lab.export()).startswith("The log was read")


def test_a_name_has_an_end(lab):
    assert "at most 200" in lab.rename("🙂" * 25_000, "") and lab.log().learner.name is None
    assert lab.rename("🙂" * 200, "") == ""


def test_after_the_stored_data_were_cleared_the_drafts_are_stored_again(lab):
    kept = []

    async def keep_drafts(changes):
        kept.append(dict(changes))

    lab.drafts.keep("A.text", "typed")
    lab.drafts._storage.keep_drafts = keep_drafts

    async def save():
        lab.storage.answer = Saved(NOW, lab.log(), gone=True)
        await lab.save(lab.log())
        await lab.drafts.settled()

    asyncio.run(save())
    assert kept == [{"A.text": "typed"}]


def test_few_results_are_kept_and_those_in_use_are_among_them(lab):
    exp = part(lab)
    first = lab.result(exp, exp.defaults)
    for seed in range(100):
        lab.result(exp, exp.defaults, seed + 1)
        assert lab.result(exp, exp.defaults) is first
    assert len(lab._results) == KEPT_RESULTS
