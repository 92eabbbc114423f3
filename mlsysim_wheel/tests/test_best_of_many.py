"""The best of many measurements: order statistics against a simulation, shrinkage, and what raises the true gain."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.best_of_many import expected_maximum, noise_points, shrunk_points, true_gain_points, try_ideas
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

near = lambda x: pytest.approx(x, rel=5e-3)  # noqa: E731 - three significant digits
ideas, images = st.sampled_from([1, 10, 50, 200, 1000]), st.sampled_from([100, 500, 5000, 20_000])


@pytest.mark.parametrize(("k", "n", "measured", "true"), [(200, 500, 3.92, 0.258), (200, 5000, 1.64, 0.823), (200, 20_000, 1.30, 1.05)])
def test_what_the_best_shows_and_what_it_is_worth(k, n, measured, true):
    r = try_ideas(k, n)
    assert (r.measured_points, r.true_points) == (near(measured), near(true)) and r.state == "ok"


TABLE = [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi)), (20, 1.867), (50, 2.249), (200, 2.746), (1000, 3.241)]


@pytest.mark.parametrize(("k", "e"), TABLE)
def test_the_expected_maximum_is_that_of_the_tables(k, e):
    assert expected_maximum(k) == pytest.approx(e, rel=1e-3, abs=1e-9)


def test_a_few_images_ship_a_step_back_and_more_ideas_hardly_help():
    r = try_ideas(10, 100)
    assert (r.measured_points, r.true_points) == (near(4.73), near(-0.080)) and r.state == "a step back"
    assert try_ideas(10, 1000).true_points == near(0.144)
    assert (try_ideas(1000, 100).measured_points, try_ideas(1000, 100).true_points) == (near(10.2), near(0.053))


def test_ten_times_the_images_beat_five_times_the_ideas_until_the_noise_is_small():
    r = try_ideas()
    assert (r.more_images_points, r.more_ideas_points) == (near(0.823), near(0.340)) and r.best_changes == ("images",)
    assert try_ideas(200, 20_000).best_changes == ("ideas",)


def test_many_simulated_teams_agree():
    """Independent oracle: 400 teams that ship their best idea."""
    rng, shown, worth = random.Random(3), 0.0, 0.0
    for _ in range(400):
        gains = [rng.gauss(-0.2, 0.5) for _ in range(200)]
        best = max((g + rng.gauss(0, 100 * math.sqrt(0.1 / 500)), g) for g in gains)
        shown, worth = shown + best[0] / 400, worth + best[1] / 400
    r = try_ideas(200, 500)
    assert shown == pytest.approx(r.measured_points, abs=0.1) and worth == pytest.approx(r.true_points, abs=0.1)


def test_the_drawn_run():
    r = try_ideas()
    assert r.better_ideas == 68 and len(r.cloud) == 200 and r.cloud[0] == (r.drawn_true_points, r.drawn_measured_points)
    assert r.drawn_measured_points == max(m for _, m in r.cloud) and r.retest_points is None
    tight = [abs(try_ideas(200, 500, n).retest_points - r.drawn_true_points) for n in (500, 5000)]
    assert tight[1] == pytest.approx(tight[0] / math.sqrt(10))


@given(ideas, images)
@settings(max_examples=40, deadline=None)
def test_nobody_ships_more_than_is_shown_and_nothing_beats_perfect_measurement(k, n):
    r = try_ideas(k, n)
    assert r.true_points <= r.measured_points + 1e-12
    assert r.true_points <= r.mean_points + r.spread_points * r.maximum + 1e-9
    assert r.luck_points == pytest.approx(r.noise_points**2 / math.hypot(r.spread_points, r.noise_points) * r.maximum)
    assert true_gain_points(k, 10 * n) >= r.true_points - 1e-12


def test_drills():
    assert noise_points(0.1, 500) == near(1.41) and shrunk_points(4, 0.5, 0.5) == 2 and shrunk_points(3, 1, 0) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: try_ideas(0), lambda: try_ideas(2.5), lambda: try_ideas(200, 0), lambda: try_ideas(200, 500, -1), lambda: try_ideas("all"),
        lambda: try_ideas(True),
        lambda: expected_maximum(0), lambda: noise_points(1.5, 100), lambda: noise_points(0.1, math.nan), lambda: shrunk_points(math.inf, 1, 1),
        lambda: shrunk_points(1, 0, 1), lambda: shrunk_points(1, 1, -1), lambda: true_gain_points(10, 0),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(try_ideas()))
