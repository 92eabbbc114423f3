"""Drills: drawn from the seed, answered by the simulator, tolerant as stated and no more."""

import math

from labkit.seed import seed_of


def test_every_draw_has_an_answer_that_counts_as_right(drill):
    for i in range(100):
        parameters = drill.parameters(seed_of(f"student {i}", "lab"))
        truth = drill.truth(parameters)
        assert math.isfinite(truth)
        assert drill.right(parameters, truth)
        assert not drill.right(parameters, truth * (1 + 2 * drill.tolerance) + 1e-6 + (drill.tolerance == 0))
        assert "{" not in drill.question(parameters)


def test_students_get_different_numbers(drill):
    assert len({str(drill.parameters(seed_of(f"student {i}", "lab"))) for i in range(30)}) > 3


def test_the_same_seed_draws_the_same_numbers(drill):
    assert drill.parameters(77) == drill.parameters(77)
