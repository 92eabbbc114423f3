"""Quality against repetition: figures that the lab states, limits of the law, and the best part found again by trying."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import scaling_laws
from mlsysim.crawl_filter import effective, study_crawl
from mlsysim.errors import MlsysimError


@pytest.mark.parametrize(("tokens", "parts", "worth"), [(400, 1, 152), (400, 4, 266), (400, 10, 205), (40, 1, 37.3)])
def test_figures_that_the_lab_states(tokens, parts, worth):
    assert study_crawl(tokens, parts).effective_billion == pytest.approx(worth, rel=5e-3)


def test_the_best_part_grows_with_the_training():
    assert [study_crawl(d).best_parts for d in (10, 100, 400, 1000, 2000)] == [1, 2, 4, 6, 8]


def test_each_repeat_is_worth_less_and_their_sum_ends():
    """The law as a sum: repeat x counts exp(−x/R*) of a fresh token, so the closed form is its integral."""
    steps = 20_000
    by_sum = 10 * (1 + sum(math.exp(-(i + 0.5) * 39 / steps / 15.39) * 39 / steps for i in range(steps)))
    assert effective(10, 40) == pytest.approx(by_sum, rel=1e-6)
    assert effective(10, 1) == 10 and effective(10, 0.3) == 3
    assert effective(10, 1e6) == pytest.approx(10 * 16.39)


@settings(max_examples=60, deadline=None)
@given(st.floats(1, 5000), st.integers(1, 10), st.floats(0.02, 1), st.floats(0.05, 50))
def test_what_holds_for_every_crawl(tokens, parts, worst, model):
    c = study_crawl(tokens, parts, worst, model)
    assert 0 < c.effective_billion <= min(c.training_billion, c.ceiling_billion) * (1 + 1e-12)
    assert c.effective_billion <= c.best_billion and c.loss_nats >= c.best_loss_nats > scaling_laws.loss_fit().floor
    assert c.best_billion == max(study_crawl(tokens, k, worst, model).effective_billion for k in range(1, 11))
    assert (c.binding == "neither") == (parts == c.best_parts) or c.effective_billion == pytest.approx(c.best_billion)
    assert study_crawl(tokens * 1.5, parts, worst, model).effective_billion >= c.effective_billion


def test_equal_quality_means_keeping_everything():
    for tokens in (150, 2000):
        assert study_crawl(tokens, 3, 1.0).best_parts == 10
    assert study_crawl(400, 4).loss_nats == pytest.approx(1.69 + 406.4 / 1e9**0.34 + 410.7 / 265.689e9**0.28, rel=1e-5)


@pytest.mark.parametrize("bad", [{"training_billion": 0}, {"kept_parts": 0}, {"kept_parts": 11}, {"worst_quality": 0}, {"worst_quality": 2}])
def test_bad_input_is_refused(bad):
    with pytest.raises(MlsysimError):
        study_crawl(**bad)
    with pytest.raises(MlsysimError):
        effective(10, 0)
