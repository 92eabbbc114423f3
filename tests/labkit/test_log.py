"""The decision log: begun, appended to, asked, joined with another copy of itself."""

from datetime import UTC, datetime, timedelta

import pytest
from labkit.log import (
    Answer,
    Constraint,
    Design,
    Simulator,
    append,
    decisions,
    drills,
    export_bytes,
    import_bytes,
    merge,
    observations,
    order_flags,
    plain,
    plain_result,
    prediction,
    start,
    stored_bytes,
    utc_now,
    with_learner,
)
from labkit.seed import seed_of
from msgspec import structs

LAB = "lab_05_nn_compute"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new(lab=LAB, **kw):
    return start(lab, "1.2", "ab" * 32, simulator=Simulator(name="mlsysim", version="1.0.0", sha256="cd" * 32), **kw)


def worked():
    log = append(new(name="Ada", section="B"), "prediction", part="a", value=12, low=8, high=20, unit="ms", field="p99_ms")
    log = append(log, "observation", part="a", controls={"rate_per_s": 400}, result={"p99_ms": 0.1 + 0.2, "fits": True},
                 explanation="queue", right=True, text="…")  # fmt: skip
    log = append(log, "drill", question="1", parameters={"x_ms": 0.5}, answers=[Answer(value=3.0, at=utc_now(), right=False)], right=False)
    log = append(log, "decision", controls={"b": 8}, result={"cost_usd": 9.0}, constraints=[Constraint(name="c", holds=True)],
                 rejected=Design(controls={"b": 1}, result={}))  # fmt: skip
    return append(log, "note", text="done")


class TestAppending:
    def test_numbers_and_times_are_assigned(self):
        log = worked()
        assert [entry.n for entry in log.entries] == [1, 2, 3, 4, 5]
        assert all(a.at < b.at for a, b in zip(log.entries, log.entries[1:], strict=False))

    def test_times_increase_even_if_the_clock_is_set_back(self):
        log = append(new(), "note", text="a", now=NOON)
        log = append(log, "note", text="b", now=NOON - timedelta(hours=1))
        assert log.entries[1].at == NOON + timedelta(milliseconds=1)

    def test_the_log_given_stays_as_it_was(self):
        log = new()
        append(log, "note", text="x")
        assert log.entries == ()

    @pytest.mark.parametrize(
        ("kind", "fields", "word"),
        [
            ("guess", {}, "kind"),
            ("later", {}, "kind"),
            ("note", {"text": "x", "mood": 1}, "mood"),
            ("note", {"text": "x", "n": 7}, "'n'"),
            ("note", {}, "text"),
            ("note", {"text": 5}, "text"),
            ("prediction", {"part": "a", "value": float("nan")}, "value"),
            ("prediction", {"part": "a", "low": float("-inf")}, "low"),
            ("prediction", {"part": "", "value": 1.0}, "part"),
            ("observation", {"part": "a", "controls": {"x": float("inf")}, "result": {}}, "controls.x"),
            ("observation", {"part": "a", "controls": {"x": object()}, "result": {}}, "controls.x"),
            ("drill", {"question": "1", "parameters": {}, "answers": [], "right": 1}, "right"),
        ],
    )
    def test_a_field_that_is_not_as_the_format_asks_is_named(self, kind, fields, word):
        with pytest.raises(ValueError, match=word):
            append(new(), kind, **fields)

    def test_a_result_without_a_finite_value_is_null(self):
        log = append(new(), "observation", part="a", controls={}, result={"p99_s": float("inf"), "waits_s": (1.0, float("nan"))})
        assert log.entries[0].result == {"p99_s": None, "waits_s": [1.0, None]}
        log = append(log, "decision", controls={}, result={}, rejected=Design(controls={}, result={"cost": float("inf")}))
        assert log.entries[1].rejected.result == {"cost": None}

    def test_numbers_are_kept_to_the_last_bit(self):
        log = append(new(), "observation", part="a", controls={}, result={"x": 0.1 + 0.2, "tiny": 5e-324, "flop": 314 * 10**21})
        result = import_bytes(export_bytes(log, {}), LAB).entries[0].result
        assert result == {"x": 0.1 + 0.2, "tiny": 5e-324, "flop": 3.14e23}

    def test_numpy_values_are_plain_numbers(self):
        np = pytest.importorskip("numpy")
        assert plain({"a": np.float64(1.5), "b": np.int64(2), "c": np.array([1.0, 2.0]), "d": np.bool_(True)}) == {
            "a": 1.5, "b": 2, "c": [1.0, 2.0], "d": True,
        }  # fmt: skip

    def test_half_a_character_in_a_text_does_not_cost_the_text(self):
        log = append(new(), "note", text="well \ud83d done")
        assert import_bytes(export_bytes(log, {}), LAB).entries[0].text == "well \ufffd done"

    def test_plain_result_is_what_the_log_holds(self):
        result = {"a": (1, 2), "b": float("inf"), "c": 2**60}
        log = append(new(), "observation", part="a", controls={}, result=result)
        assert plain_result(result) == log.entries[0].result


class TestTheSeed:
    def test_it_is_the_names_and_the_labs(self):
        assert new(name=" Ada ").seed == seed_of("Ada", LAB)
        assert new().seed == seed_of(None, LAB)

    def test_a_name_typed_later_changes_it_until_it_was_used(self):
        log = append(new(), "prediction", part="a", value=1.0)
        assert with_learner(log, "Ada").seed == seed_of("Ada", LAB)
        drilled = append(log, "drill", question="1", parameters={}, answers=[], right=False)
        named = with_learner(drilled, "Ada", "B")
        assert named.seed == log.seed and (named.learner.name, named.learner.section) == ("Ada", "B")

    def test_the_section_does_not_matter(self):
        assert new(name="Ada", section="x").seed == new(name="Ada").seed


class TestAsking:
    def test_the_first_prediction_of_a_part_is_the_one_that_counts(self):
        log = append(worked(), "prediction", part="a", value=99.0)
        assert prediction(log, "a").value == 12.0
        assert prediction(log, "b") is None
        assert prediction(log, "a", "other_s") is None

    def test_observations_and_decisions(self):
        log = append(worked(), "observation", part="b", controls={}, result={})
        assert [seen.part for seen in observations(log)] == ["a", "b"]
        assert len(observations(log, "a")) == 1
        assert [made.controls for made in decisions(log)] == [{"b": 8}]

    def test_drills_count_every_try(self):
        log = worked()
        right = [Answer(value=27.8, at=utc_now(), right=True)]
        log = append(log, "drill", question="1", parameters={"x_ms": 0.5}, answers=right, right=True)
        tries = drills(log)["1"]
        assert (tries.tries, tries.right, [answer.value for answer in tries.answers]) == (2, True, [3.0, 27.8])

    def test_an_observation_before_its_prediction_is_flagged(self):
        assert order_flags(worked()) == ()
        log = append(new(), "observation", part="a", controls={}, result={})
        log = append(log, "prediction", part="a", value=1.0)
        assert order_flags(log) == ("entry 1 observes part a before it was predicted",)


class TestJoining:
    def test_entries_of_both_once_in_time_order(self):
        base = append(new(), "note", text="0", now=NOON)
        ours = append(base, "note", text="2", now=NOON + timedelta(seconds=2))
        theirs = append(append(base, "note", text="1", now=NOON + timedelta(seconds=1)), "note", text="3", now=NOON + timedelta(seconds=3))
        joined = merge(ours, theirs)
        assert [(entry.n, entry.text) for entry in joined.entries] == [(1, "0"), (2, "1"), (3, "2"), (4, "3")]
        assert merge(theirs, ours).entries == joined.entries == merge(joined, ours).entries

    def test_nothing_new_gives_the_same_log(self):
        log = worked()
        assert merge(log, import_bytes(stored_bytes(log), LAB)) is log
        assert merge(log, structs.replace(log, entries=log.entries[:-1])) is log

    def test_a_name_typed_in_another_tab_is_kept_and_one_removed_stays_removed(self):
        log = new()
        named = with_learner(log, "Ada")
        assert merge(log, named).learner.name == "Ada" and merge(log, named).seed == named.seed
        assert not merge(with_learner(named, ""), named).learner.name

    def test_two_attempts_are_not_joined(self):
        with pytest.raises(ValueError, match="attempt"):
            merge(new(), new())


def test_a_lab_id_or_hash_of_another_shape_is_refused_at_the_start():
    with pytest.raises(ValueError, match=r"lab\.id"):
        new("../lab")
    with pytest.raises(ValueError, match=r"lab\.sha256"):
        start(LAB, "1", "abc", simulator=Simulator(name="m", version="1", sha256=""))
