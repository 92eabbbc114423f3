"""Leakage by speaker: stated scores, a plain nearest neighbour as oracle, and the share of known voices by counting."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import speaker_split as sp
from mlsysim.errors import MlsysimError


@pytest.mark.parametrize(
    ("speakers", "clips", "spread", "by_clip", "by_speaker"),
    [(40, 8, 1.2, 0.906, 0.672), (20, 16, 1.2, 0.953, 0.469), (40, 8, 0.6, 0.953, 0.906), (80, 4, 1.2, 0.656, 0.609)],
)
def test_scores_that_the_lab_states(speakers, clips, spread, by_clip, by_speaker):
    s = sp.study_split("clip", speakers, clips, spread)
    assert (s.clip_accuracy_share, s.speaker_accuracy_share) == pytest.approx((by_clip, by_speaker), rel=5e-3)


def test_the_split_drawn_says_who_is_known():
    assert sp.study_split("clip").known_share == 1.0 and sp.study_split("speaker").known_share == 0.0
    assert sp.study_split("speaker").same_person == 0 < sp.study_split("clip").same_person
    assert sp.study_split("speaker").accuracy_share == sp.study_split("clip").speaker_accuracy_share


def test_a_plain_nearest_neighbour_finds_the_same():
    clips, chosen = sp._clips(10, 32, 0.6), sp._test_set("speaker", 10, 32)
    right = 0
    for i in chosen:
        best = min((j for j in range(320) if j not in chosen), key=lambda j: sum((a - b) ** 2 for a, b in zip(clips[i][2], clips[j][2], strict=True)))
        right += clips[best][1] == clips[i][1]
    assert right / len(chosen) == sp.study_split("speaker", 10, 32, 0.6).speaker_accuracy_share


def test_states_and_what_may_be_trusted():
    assert sp.study_split().state == sp.FLATTERED and sp.study_split().trusted == "speaker"
    calm = sp.study_split("clip", 40, 8, 0.3)
    assert calm.state == sp.OK and calm.trusted == "agree"
    assert sp.study_split("clip", 80, 4, 1.2).state == sp.OK


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 8))
def test_share_of_known_speakers_by_counting(clips_each):
    speakers, rng = 4000, random.Random(1)
    pool = [s for s in range(speakers) for _ in range(clips_each)]
    test = [rng.random() < 0.2 for _ in pool]
    trained = {s for s, t in zip(pool, test, strict=True) if not t}
    tested = [s for s, t in zip(pool, test, strict=True) if t]
    assert sum(s in trained for s in tested) / len(tested) == pytest.approx(sp.known_speaker_share(clips_each), abs=0.03)


def test_bad_input_is_refused():
    for call in (
        lambda: sp.study_split("word"),
        lambda: sp.study_split(speakers=4),
        lambda: sp.study_split(speakers=100, clips_each=90),
        lambda: sp.known_speaker_share(0),
    ):
        with pytest.raises(MlsysimError):
            call()
