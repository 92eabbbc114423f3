"""Test clips whose speakers sit in the training set too: what a split by clip says, and what one by speaker says.

Four keywords have means in four dimensions, N(0, 1) each; a speaker says each keyword with an offset of their own, N(0, σ_s) a
dimension, and each clip adds N(0, 0.25). A clip is recognised as the keyword of its nearest neighbour in the training set (Cover
and Hart 1967). The numbers are made up for teaching; splitting by speaker is what Warden 2018 (Speech Commands) does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from mlsysim._single import single
from mlsysim.errors import OutOfRange, non_negative, number, one_of, whole
from mlsysim.quantity import quantity, series, sources

SPLITS = ("clip", "speaker")
KEYWORDS, DIMENSIONS, NOISE = 4, 4, 0.25
DATA_SEED, SPLIT_SEED, TEST_SHARE = 2, 3, 0.2
FLATTERED, OK = "flattered", "ok"
AGREE_POINTS, FLATTERED_POINTS = 3.0, 10.0
LAYOUTS = {10: 32, 20: 16, 40: 8, 80: 4}  # speakers: clips of each, 320 in all
VOICES = (0.3, 0.6, 1.2, 2.0)  # σ_s of the curve
_NEAREST = "one nearest neighbour, clip by clip"


@dataclass(frozen=True, slots=True)
class SpeakerSplit:
    """Both test scores of one recognizer, and the test set that one of the splits makes."""

    split: str = quantity(r"\text{split}", "", doc="by clip or by speaker: which test set is drawn")
    speakers: int = quantity("P", "people")
    clips_each: int = quantity("c", "clips", doc="of each person")
    voice_spread: float = quantity(r"\sigma_s", "1", doc="how much voices differ; keywords differ by 1, clips of one person by 0.25")
    clips: int = quantity("n", "clips", formula=r"<speakers> \cdot <clips_each>", source="product")
    test_clips: int = quantity("n_t", "clips", source="a fifth")
    clip_accuracy_share: float = quantity("a_c", "share", source=_NEAREST, doc="test clips drawn at random")
    speaker_accuracy_share: float = quantity("a_s", "share", source=_NEAREST, doc="test clips of people who are not in the training set")
    gap_points: float = quantity("g", "points", formula=r"100 \cdot |<clip_accuracy_share> - <speaker_accuracy_share>|", source="difference")
    accuracy_share: float = quantity("a", "share", source="of the split drawn")
    error_points: float = quantity(
        "e",
        "points",
        formula=r"100 \sqrt{\frac{<speaker_accuracy_share> (1 - <speaker_accuracy_share>)}{<test_clips>}}",
        source="binomial",
        doc="standard error of the score for new people",
    )
    known_share: float = quantity("k", "share", source="count", doc="test clips whose speaker has clips in training, in the split drawn")
    same_person: int = quantity("s", "clips", source="count", doc="test clips whose nearest neighbour is the same person, in the split drawn")
    trusted: str = quantity(r"\text{box}", "", source="agree if the two differ by at most 3 points, else speaker")
    state: str = quantity(r"\text{state}", "")
    training: tuple = series("1", doc="(x, y) of the training clips, first two dimensions")
    tested: tuple = series("1", doc="(x, y, neighbour x, neighbour y, right, same person) of each test clip")
    clip_curve: tuple = series("share", doc="(σ_s, score) split by clip")
    speaker_curve: tuple = series("share", doc="(σ_s, score) split by speaker")
    sources: dict = sources()


def known_speaker_share(clips_each: int, test_share: float = TEST_SHARE) -> float:
    """Share of test clips whose speaker also has a clip in training, in a random split of a large set: 1 − t^(c − 1).

    >>> round(known_speaker_share(3), 2)
    0.96
    """
    clips_each = whole("clips_each", clips_each, high=10**6)
    return 1.0 - single(number, "test_share", test_share, low=1e-9, high=1 - 1e-9) ** (clips_each - 1)


def study_split(split: str = "clip", speakers: int = 40, clips_each: int = 8, voice_spread: float = 1.2) -> SpeakerSplit:
    """Score the same clips by both splits. `split` says whose test set is drawn. Errors: OutOfRange.

    >>> s = study_split()
    >>> f"{s.clip_accuracy_share:.3f} {s.speaker_accuracy_share:.3f} {s.trusted}"
    '0.906 0.672 speaker'
    """
    split = one_of("split", split, SPLITS)
    speakers, clips_each = whole("speakers", speakers, low=5, high=200), whole("clips_each", clips_each, low=1, high=100)
    if speakers * clips_each > 1000:
        raise OutOfRange(f"speakers × clips_each is {speakers * clips_each}, but must be at most 1000 clips.")
    spread = single(non_negative, "voice_spread", voice_spread, high=100.0)
    scores = {s: _score(s, speakers, clips_each, spread) for s in SPLITS}
    by_clip, by_speaker = (scores[s][0] for s in SPLITS)
    _, known, same, training, tested = scores[split]
    gap = 100 * abs(by_clip - by_speaker)
    return SpeakerSplit(
        split=split,
        speakers=speakers,
        clips_each=clips_each,
        voice_spread=spread,
        clips=speakers * clips_each,
        test_clips=len(tested),
        clip_accuracy_share=by_clip,
        speaker_accuracy_share=by_speaker,
        gap_points=gap,
        accuracy_share=scores[split][0],
        error_points=100 * math.sqrt(by_speaker * (1 - by_speaker) / len(scores["speaker"][4])),
        known_share=known,
        same_person=same,
        trusted="agree" if gap <= AGREE_POINTS else "speaker",
        state=FLATTERED if by_clip > by_speaker and gap > FLATTERED_POINTS else OK,
        training=training,
        tested=tested,
        clip_curve=tuple((v, _score("clip", speakers, clips_each, v)[0]) for v in VOICES),
        speaker_curve=tuple((v, _score("speaker", speakers, clips_each, v)[0]) for v in VOICES),
    )


@lru_cache(maxsize=64)
def _clips(speakers: int, clips_each: int, spread: float) -> tuple[tuple[int, int, tuple[float, ...]], ...]:
    """(speaker, keyword, place) of each clip; all means are drawn first, then a speaker's offsets before their clips."""
    gauss, found, axes = Random(DATA_SEED).gauss, [], range(DIMENSIONS)
    means = [[gauss(0, 1) for _ in axes] for _ in range(KEYWORDS)]
    for speaker in range(speakers):
        offsets = [[gauss(0, spread) for _ in axes] for _ in range(KEYWORDS)]
        for j in range(clips_each):
            k = j % KEYWORDS
            found.append((speaker, k, tuple(means[k][d] + offsets[k][d] + gauss(0, NOISE) for d in axes)))
    return tuple(found)


def _test_set(split: str, speakers: int, clips_each: int) -> set[int]:
    """Which clips are kept for the test: a fifth of all clips, or all clips of a fifth of the speakers."""
    pool = list(range(speakers * clips_each if split == "clip" else speakers))
    Random(SPLIT_SEED).shuffle(pool)
    chosen = set(pool[: max(1, len(pool) // 5)])
    return chosen if split == "clip" else {i for i in range(speakers * clips_each) if i // clips_each in chosen}


@lru_cache(maxsize=128)
def _score(split: str, speakers: int, clips_each: int, spread: float):
    """Share recognised, share whose speaker is known, number whose neighbour is the same person, training clips, test clips."""
    clips, chosen = _clips(speakers, clips_each, spread), _test_set(split, speakers, clips_each)
    training = [c for i, c in enumerate(clips) if i not in chosen]
    places, people, dist = [c[2] for c in training], {c[0] for c in training}, math.dist
    tested, right, known, same = [], 0, 0, 0
    for i in sorted(chosen):
        speaker, keyword, place = clips[i]
        far = [dist(place, other) for other in places]
        neighbour = training[far.index(min(far))]
        right, known, same = right + (neighbour[1] == keyword), known + (speaker in people), same + (neighbour[0] == speaker)
        tested.append((*place[:2], *neighbour[2][:2], neighbour[1] == keyword, neighbour[0] == speaker))
    n = len(tested)
    return right / n, known / n, same, tuple(p[:2] for p in places), tuple(tested)
