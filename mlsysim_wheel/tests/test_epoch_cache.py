"""The replay by stack distances against a cache that is really kept, and both against the closed form."""

import random
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import epoch_cache
from mlsysim.epoch_cache import hit_share, lru_hit_share, study_cache
from mlsysim.errors import MlsysimError


def kept_cache(capacity, shuffled=True, items=epoch_cache.ITEMS, epochs=epoch_cache.EPOCHS):
    """The oracle: an ordered map, item by item."""
    rng, order, held, hits = random.Random(epoch_cache.SEED), list(range(items)), OrderedDict(), 0
    for epoch in range(epochs):
        if shuffled:
            rng.shuffle(order)
        for item in order:
            if item in held:
                held.move_to_end(item)
                hits += epoch > 0
            else:
                held[item] = True
                if len(held) > capacity:
                    held.popitem(last=False)
    return hits / (items * (epochs - 1))


@pytest.mark.parametrize(("share", "replayed", "exact"), [(0.25, 0.0358, 0.0342), (0.5, 0.154, 0.153), (0.75, 0.406, 0.403), (0.9, 0.670, 0.670)])
def test_shares_that_the_lab_states(share, replayed, exact):
    s = study_cache(share)
    assert s.hit_share == pytest.approx(replayed, rel=5e-3) and s.exact_share == pytest.approx(exact, rel=5e-3)
    assert s.hit_share == kept_cache(round(share * epoch_cache.ITEMS))


def test_the_same_order_never_hits_until_everything_fits():
    assert study_cache(0.95, "lru", "same").hit_share == kept_cache(3800, shuffled=False) == 0
    assert study_cache(0.95, "lru", "same").state == epoch_cache.NEVER
    assert study_cache(1.0, "lru", "same").hit_share == 1
    assert study_cache(0.3, "pinned", "same").hit_share == pytest.approx(0.3)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 1))
def test_lru_under_shuffling_never_beats_pinning(share):
    assert 0 <= lru_hit_share(share) <= share and hit_share(share, "pinned") == share
    assert lru_hit_share(share) >= lru_hit_share(share * 0.9)


def test_the_closed_form_is_the_integral_of_its_derivation():
    f, n = 0.6, 600
    inside = sum((i + 0.5) / n * (1 - (j + 0.5) / n) > 1 - f for i in range(n) for j in range(n)) / n**2
    assert lru_hit_share(f) == pytest.approx(inside, abs=2e-3)


def test_closed_form_takes_arrays():
    numpy = pytest.importorskip("numpy")
    shares = numpy.array([0.0, 0.25, 0.5, 1.0])
    assert lru_hit_share(shares) == pytest.approx([lru_hit_share(float(x)) for x in shares])


def test_the_best_change_turns_from_pinning_to_memory():
    assert study_cache(0.5).best_change == "pinned" and study_cache(0.5).more_memory_share == pytest.approx(0.339, rel=5e-3)
    assert study_cache(0.6).best_change == "pinned" and study_cache(0.65).best_change == "more memory"


def test_reads_hit_where_the_border_says():
    s = study_cache(0.5)
    wrong = sum((u * (1 - v) > 0.5) != hit for u, v, hit in s.reads)
    assert len(s.reads) == 250 and wrong <= 5  # only points close to the border: a finite set
    assert all(u * (1 - v) == pytest.approx(0.5) for u, v in s.border)


def test_bad_input_is_refused():
    for call in (lambda: study_cache(0), lambda: study_cache(0.5, "fifo"), lambda: hit_share(0.5, "lru", "random"), lambda: lru_hit_share(-0.1)):
        with pytest.raises(MlsysimError):
            call()
