"""Where the scores of attention take over: stated numbers, a search as oracle, and the published 70 %."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import attention_walls
from mlsysim.attention_walls import CARD_BYTES, LONGEST, MODELS, tokens_at_share, walls
from mlsysim.errors import MlsysimError


def close(value):
    return pytest.approx(value, rel=5e-3)


def test_numbers_that_the_lab_states():
    r = walls(2048, "large")
    assert (r.half_memory_tokens, r.half_arithmetic_tokens, r.apart) == close((870, 24_576, 28.2))
    assert (r.memory_bytes, r.memory_share, r.arithmetic_share) == close((30.6e9, 0.702, 0.0769))
    small = walls(1024, "small")
    assert (small.half_memory_tokens, small.memory_bytes, small.memory_share) == close((435, 1.08e9, 0.702))
    assert (r.longest_stored, r.longest_tiled) == (3541, 17_951) and not walls(3542, "large").fits and walls(3542, "large", "tiled").fits


def test_the_saving_that_korthikanti_et_al_report_for_the_175_billion_model():
    assert walls(2048, "huge").memory_share == close(0.70)


@pytest.mark.parametrize("model", MODELS)
def test_halves_and_longest_texts_by_search(model):
    r = walls(2048, model)
    half = next(s for s in range(1, LONGEST) if walls(s, model).memory_share >= 0.5)
    assert half - 1 < r.half_memory_tokens <= half
    assert walls(round(r.half_arithmetic_tokens), model).arithmetic_share == pytest.approx(0.5, abs=1e-4)
    for longest, scores in ((r.longest_stored, "stored"), (r.longest_tiled, "tiled")):
        assert walls(longest, model, scores).memory_bytes <= CARD_BYTES < walls(longest + 1, model, scores).memory_bytes


def test_the_distance_of_the_walls_counts_the_heads():
    assert [walls(1, m).apart / MODELS[m][1] for m in MODELS] == pytest.approx([30 / 34] * 3)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, LONGEST), st.sampled_from(list(MODELS)))
def test_shares_are_shares_and_tiling_saves_just_the_scores(tokens, model):
    stored, tiled = walls(tokens, model), walls(tokens, model, "tiled")
    assert 0 < stored.arithmetic_share < stored.memory_share < 1
    assert tiled.memory_bytes == pytest.approx(stored.memory_bytes * (1 - stored.memory_share))
    assert {"little": 0, "middle": 1, "much": 2}[stored.saving] == (stored.memory_share >= 1 / 3) + (stored.memory_share > 2 / 3)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20_000), st.floats(0.01, 0.99))
def test_tokens_at_a_share_are_those_of_the_share(hidden, share):
    s = tokens_at_share(hidden, share)
    assert s / (6 * hidden + s) == pytest.approx(share)


@pytest.mark.parametrize(
    "call",
    [lambda v=v: walls(v) for v in (0, -1, 1.5, True, "1", float("inf"), LONGEST + 1)]
    + [lambda: walls(1, "tiny"), lambda: walls(1, "large", "lost")]
    + [lambda: tokens_at_share(4096, 1.0), lambda: tokens_at_share(4096, 0), lambda: tokens_at_share(0, 0.5)],
)
def test_wrong_input_raises_a_sentence(call):
    with pytest.raises(MlsysimError, match=r"(must be|There is no)"):
        call()


def test_curves_reach_over_the_whole_axis():
    for model in MODELS:
        tokens = [p[0] for p in attention_walls.walls(1, model).curve]
        assert tokens[0] == 128 and tokens[-1] == 131_072 and tokens == sorted(tokens)
