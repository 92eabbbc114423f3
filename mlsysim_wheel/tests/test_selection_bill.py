"""The bill of a selection: figures that the lab states, a bill written by hand, and what must hold for every one."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import selection_bill as sb
from mlsysim.errors import MlsysimError
from mlsysim.selection_bill import random_share, study_bill


@pytest.mark.parametrize(
    ("controls", "hours", "ratio"),
    [
        ({}, 13.03, 1.005),
        ({"scorer": "proxy"}, 7.81, 0.602),
        ({"kept_share": 0.7}, 15.63, 1.205),
        ({"runs": 3}, 26.0, 0.668),
        ({"kept_share": 0.3, "scorer": "embedding", "storage": "hdd"}, 5.63, 0.326),
        ({"kept_share": 0.1, "scorer": "proxy", "storage": "hdd", "repacked": False}, 31.9, 1.85),
        ({"kept_share": 0.1, "scorer": "proxy", "storage": "hdd"}, 10.78, 0.623),
    ],
)
def test_figures_that_the_lab_states(controls, hours, ratio):
    b = study_bill(**controls)
    assert b.total_s / 3600 == pytest.approx(hours, rel=5e-3) and b.ratio == pytest.approx(ratio, rel=5e-3)


def test_a_tenth_read_at_random_from_a_hard_disk_takes_longer_than_everything_in_order():
    b = study_bill(0.1, "none", "hdd", False)
    assert (b.epoch_s, b.full_epoch_s, b.epoch_factor, b.break_even_share) == pytest.approx((923, 692, 1.334, 0.0749), rel=5e-3)


def test_a_bill_by_hand():
    n, size, rate, read, reads = 1_281_167, 108e3, 2470, 0.5e9, 1000
    train = 5 * 2 * max(0.4 * n / rate, 0.4 * n * (1 / reads + size / read))
    score = 2.5 * max(n / (5 * rate), n * size / read) + max(n / (15 * rate), n * size / read)
    b = study_bill(0.4, "proxy", "object_store", False, 2, 5)
    assert b.total_s == pytest.approx(score + train) and b.full_s == pytest.approx(10 * max(n / rate, n * size / read))
    assert b.largest == "disk" and b.epoch_limit == "disk"


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 1), st.sampled_from(sb.SCORERS), st.sampled_from(list(sb.storage_names())), st.booleans(), st.integers(1, 20), st.integers(1, 90))
def test_what_holds_for_every_bill(share, scorer, storage, repacked, runs, epochs):
    b = study_bill(share, scorer, storage, repacked, runs, epochs)
    assert b.total_s == pytest.approx(b.score_s + b.repack_s + b.train_s) and math.isfinite(b.total_s)
    assert b.train_s >= runs * epochs * share * b.compute_all_s * (1 - 1e-12)  # no disk beats the GPU
    assert (b.state == sb.PAYS) == (b.ratio < 1)
    if b.break_even_runs <= 1000:
        first = int(b.break_even_runs)
        assert study_bill(share, scorer, storage, repacked, first, epochs).ratio < 1
        assert first == 1 or study_bill(share, scorer, storage, repacked, first - 1, epochs).ratio >= 1 - 1e-12
    assert b.full_runs[-1][2] == pytest.approx(b.full_s) and b.selected_runs[-1][2] == pytest.approx(b.total_s)
    assert b.score_s <= study_bill(share, "same", storage, repacked, runs, epochs).score_s * (1 + 1e-12)


@pytest.mark.parametrize("storage", list(sb.storage_names()))
def test_the_share_at_which_random_reads_take_as_long_as_everything(storage):
    f = random_share(108e3, storage)
    if f < 1:
        assert study_bill(f, "none", storage, False).epoch_factor == pytest.approx(1)


@pytest.mark.parametrize("bad", [{"kept_share": 0}, {"kept_share": 1.1}, {"scorer": "best"}, {"storage": "tape"}, {"repacked": 1}, {"runs": 0}])
def test_bad_input_is_refused(bad):
    with pytest.raises(MlsysimError):
        study_bill(**bad)
    with pytest.raises(MlsysimError):
        random_share(0)
