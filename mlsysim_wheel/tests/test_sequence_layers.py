"""Recurrence, attention and dilated convolution in time: a scheduler as oracle, stated numbers, limits of physics."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import attention_layer, recurrent, sequence_race, sequence_reader
from mlsysim.errors import MlsysimError
from mlsysim.sequence_race import LONGEST, accelerator, race
from mlsysim.sequence_reader import reader

MS, US = 1e-3, 1e-6
SIZES = st.integers(1, 24), st.integers(1, 7), st.integers(1, 7)


def close(value):
    return pytest.approx(value, rel=5e-3)


def test_numbers_that_the_lab_states():
    r = race(512, 8)
    assert (r.cell_s, r.lstm_s, r.transformer_s, r.speedup) == close((12.3 * US, 25.2 * MS, 2.99 * MS, 8.42))
    assert race(512, 8, scores="tiled").transformer_s == close(2.58 * MS)
    assert (r.lstm_flop, r.transformer_flop) == close((275e9, 447e9)) and r.lstm_steps == 515
    assert (race(512, 64).speedup, race(512, 1).speedup) == close((1.15, 46.3))
    assert [race(4096, 8, lanes=n).lstm_s for n in (1, 4)] == close([201 * MS, 50.4 * MS])
    assert [race(4096, 8, scores=s).transformer_s for s in ("stored", "tiled")] == close([52.0 * MS, 29.6 * MS])
    assert race(512, 256).cell_arithmetic_s == close(22.9 * US) and race(512, 256).binding == "arithmetic" and r.binding == "data"
    kept = race(512, 8, "kept")
    assert (kept.cell_s, kept.speedup) == close((4.72 * US, 3.23)) and kept.binding == "overhead"
    assert race(32_768, 8).score_bytes == close(275e9) and not race(32_768, 8).fits and race(32_768, 8, scores="tiled").fits


def test_from_where_the_lstm_wins():
    assert [race(512, 8, scores=s).crossing for s in ("stored", "tiled")] == pytest.approx([22_000, 64_000], rel=0.02)
    assert race(512, 8, lanes=4).crossing == pytest.approx(3900, rel=0.01)
    for settings_ in itertools.product((1, 8, 64), ("read", "kept"), (1, 4), ("stored", "tiled")):
        at = race(512, *settings_).crossing
        if 1 < at < LONGEST:
            assert race(at, *settings_).speedup < 1 <= race(at - 1, *settings_).speedup


def by_list_scheduling(length, layers, lanes):
    """Diagonals one after another, each cell of a diagonal on the first free lane: when each cell ends."""
    ends, barrier = {}, 0
    for d in range(length + layers - 1):
        free = [barrier] * lanes
        for k in range(layers):
            if 0 <= d - k < length:
                lane = free.index(min(free))
                free[lane] = ends[d - k, k] = free[lane] + 1
        barrier = max(free)
    return ends


@settings(max_examples=50, deadline=None)
@given(*SIZES)
def test_the_closed_form_agrees_with_a_scheduler_and_respects_every_dependency(length, layers, lanes):
    ends = by_list_scheduling(length, layers, lanes)
    assert recurrent.rounds(length, layers, lanes) == max(ends.values())
    cells = recurrent.staircase(length, layers, lanes, 1.0)
    start = {(sample - 1, k - 1): s for k, sample, s, _ in cells}
    end = {(sample - 1, k - 1): e for k, sample, _, e in cells}
    assert len(cells) == length * layers and max(end.values()) == max(ends.values())
    for t, k in start:
        assert start[t, k] >= max(end.get((t - 1, k), 0), end.get((t, k - 1), 0))
    assert all(sum(s <= at < end[cell] for cell, s in start.items()) <= lanes for at in range(int(max(end.values()))))
    for after in range(int(max(end.values())) + 2):
        assert recurrent.samples_done(length, layers, lanes, after) <= sum(end[t, layers - 1] <= after for t in range(length))


@settings(max_examples=50, deadline=None)
@given(*SIZES[:2])
def test_lanes_lead_from_every_cell_to_the_chain(length, layers):
    assert recurrent.rounds(length, layers, 1) == length * layers
    assert recurrent.rounds(length, layers, layers) == recurrent.dependent_steps(length, layers) == length + layers - 1


@settings(max_examples=50, deadline=None)
@given(st.integers(1, LONGEST), st.integers(1, 4096), st.sampled_from(recurrent.WEIGHTS), st.integers(1, 4), st.sampled_from(attention_layer.SCORES))
def test_neither_beats_the_rate_of_the_card(length, batch, weights, lanes, scores):
    r, chip = race(length, batch, weights, lanes, scores), accelerator()
    assert r.transformer_flop / r.transformer_s <= chip.rate_flop_per_s * (1 + 1e-9)
    assert r.lstm_flop / r.lstm_s <= lanes * chip.rate_flop_per_s * (1 + 1e-9)
    assert 0 <= r.samples_meanwhile <= length and 0 <= r.layers_done <= 4
    assert race(length, batch, "kept", lanes, scores).lstm_s <= r.lstm_s


def test_a_layer_by_hand():
    t, n, h = 512, 8, 1024
    flop, moved = 24 * h * h * t * n / 187.2e12, (12 * h * h * 2 + 32 * h * t * n) / 2.039e12
    pairs, stored = 4 * t * t * h * n / 187.2e12, (4 * 16 * t * t * n * 2 + 8 * h * t * n) / 2.039e12
    layer = attention_layer.attention_layer(h, t, n, 187.2e12, 2.039e12, 4e-6)
    assert layer.time_s == pytest.approx(max(flop, moved) + max(pairs, stored) + 48e-6, rel=1e-12)


def test_designs_that_the_lab_states():
    conv, tiled, default = reader("convolution", 768, 16, 4096), reader("tiled", 768, 4, 4096), reader("lstm", 1024, 4, 4096)
    assert (conv.time_s, conv.parameters, conv.memory_bytes) == close((10.0 * MS, 28.3e6, 0.157e9)) and conv.path_steps == 16
    assert (tiled.time_s, tiled.parameters, tiled.memory_bytes) == close((18.9 * MS, 28.3e6, 0.560e9)) and tiled.path_steps == 1
    assert reader("tiled", 768, 4, 6144).time_s == close(34.9 * MS)
    assert default.time_s == close(201 * MS) and default.path_steps == 4096
    assert tiled.memory_bytes / conv.memory_bytes == close(3.56)


def test_lstm_and_attention_of_a_design_are_those_of_the_race():
    for t in (512, 4096):
        assert reader("lstm", 1024, 4, t).time_s == pytest.approx(race(t, 8).lstm_s)
        assert reader("tiled", 1024, 4, t).time_s == pytest.approx(race(t, 8, scores="tiled").transformer_s)


def test_every_limit_has_its_own_winner_and_two_designs():
    """Over all draws of the decision: at least two designs, and the fastest is not always of one family."""
    winners = set()
    for t, limit, path, least, memory in itertools.product((2048, 4096, 6144), (0.04, 0.05), (8, 12, 24), (20e6, 25e6), (2e9, 3e9)):
        found = [
            r
            for f, w, n in itertools.product(sequence_reader.FAMILIES, (256, 512, 768, 1024), (2, 4, 6, 8, 12, 16))
            for r in [reader(f, w, n, t)]
            if r.time_s <= limit and r.path_steps <= path and r.hears_share == 1 and r.parameters >= least and r.memory_bytes <= memory
        ]
        assert any(a.width != b.width and a.layers != b.layers for a, b in itertools.combinations(found, 2))
        best = min(found, key=lambda r: r.time_s)
        winners.add((best.family, best.width, best.layers))
    assert len(winners) >= 4 and {"convolution", "tiled"} <= {w[0] for w in winners}


@pytest.mark.parametrize(
    "call",
    [
        lambda: race(0, 8), lambda: race(LONGEST + 1), lambda: race(512, True), lambda: race(512, 8, "lost"), lambda: race(512, 8, lanes=5),
        lambda: race(512, 8, scores="some"), lambda: sequence_race.at_speedup(race(), 0), lambda: sequence_race.at_speedup(None, 1),
        lambda: recurrent.lstm_cell(1024, 8, 0, 1e12, 1e-6), lambda: recurrent.lstm_cell(1024, 8, 1e12, float("nan"), 1e-6),
        lambda: recurrent.lstm_cell(1024, 8, 1e12, 1e12, -1e-6), lambda: recurrent.staircase(100_000, 4, 1, 1.0), lambda: recurrent.rounds(5, 0),
        lambda: recurrent.samples_done(5, 2, 1, -1), lambda: attention_layer.attention_layer(100, 8, 1, 1e12, 1e12, 1e-6),
        lambda: reader("gru", 768, 4), lambda: reader("tiled", 100, 4), lambda: reader("lstm", 768, 65), lambda: reader("lstm", 768, 4, 2.5),
    ],
)  # fmt: skip
def test_wrong_input_raises_a_sentence(call):
    with pytest.raises(MlsysimError, match="must be"):
        call()
