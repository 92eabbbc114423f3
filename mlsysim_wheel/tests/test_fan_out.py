"""Fan-out, caching and hedging against stated values, a simulation and the mathematics of the slowest of n."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.fan_out import BINDS, any_slow_share, asked, fan_out


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


@pytest.mark.parametrize(("hit", "p99_ms"), [(0, 11.0), (0.9, 10.7), (0.98, 9.09), (0.99, 8.27)])
def test_a_cache_cuts_the_tail_only_when_shards_are_left_out(hit, p99_ms):
    assert fan_out(hit).p99_s * 1e3 == about(p99_ms)


@pytest.mark.parametrize(("hit", "touched"), [(0, 32), (0.9, 25.5), (0.99, 4.70)])
def test_shards_asked(hit, touched):
    assert fan_out(hit).shards_asked == about(touched)


@pytest.mark.parametrize(("shards", "p99_ms"), [(1, 6.5), (8, 8.97), (128, 13.4)])
def test_more_shards_have_a_longer_tail(shards, p99_ms):
    assert fan_out(0, shards=shards).p99_s * 1e3 == about(p99_ms)


def test_a_hedge_cuts_the_tail_for_a_few_more_requests():
    late, early = fan_out(0, 0.0025), fan_out(0, 0.0015)
    assert (late.p99_s * 1e3, early.p99_s * 1e3) == (about(7.29), about(6.72))
    assert (late.extra_share, early.extra_share) == (about(0.0498), about(0.182))


def test_the_model_binds_when_it_outlasts_the_fetch():
    assert [fan_out(h, rest_s=r).binds for h, r in ((0.9, 0.0025), (0.98, 0.0025), (0.99, 0.008))] == [BINDS[0], BINDS[1], BINDS[2]]


def test_one_of_a_hundred_shards_is_slow_for_most_requests():
    assert any_slow_share(100, 0.99) == about(0.634)


def test_a_simulated_request_has_the_computed_tail():
    draw, result = Random(3), fan_out(0, 0.0025, 8)

    def shard():
        return result.median_s * math.exp(result.sigma * draw.gauss(0, 1))

    def hedged():
        first = shard()
        return first if first <= result.hedge_s else min(first, result.hedge_s + shard())

    slowest = sorted(max(hedged() for _ in range(8)) for _ in range(20_000))
    assert slowest[19_799] == about(result.fetch_p99_s, rel=0.03) and slowest[9_999] == about(result.fetch_p50_s, rel=0.01)


def test_balls_thrown_at_random_hit_the_expected_number_of_boxes():
    draw = Random(5)
    hits = [len({draw.randrange(32) for _ in range(50)}) for _ in range(2_000)]
    assert sum(hits) / len(hits) == about(asked(32, 50), rel=0.01)


@settings(max_examples=50)
@given(st.integers(1, 200), st.floats(0, 1), st.floats(0, 0.01), st.integers(1, 2000))
def test_more_hits_and_an_earlier_hedge_never_hurt(shards, hit, hedge, rows):
    with_hedge, without = fan_out(hit, hedge, shards, rows=rows), fan_out(hit, 0.0, shards, rows=rows)
    assert with_hedge.p99_s <= without.p99_s + 1e-12
    assert fan_out(min(1.0, hit + 0.05), hedge, shards, rows=rows).p99_s <= with_hedge.p99_s + 1e-12
    assert 0 <= with_hedge.shards_asked <= min(shards, max(1, rows)) + 1e-9
    assert all(b[1] <= a[1] for a, b in zip(with_hedge.request_tail, with_hedge.request_tail[1:], strict=False))


@pytest.mark.parametrize(
    "bad",
    [{"hit_share": 1.1}, {"hit_share": math.nan}, {"hedge_s": -1}, {"shards": 0}, {"shards": 1.5}, {"rows": True}, {"median_s": 0}, {"shard_p99_s": 0.0008},
     {"rest_s": "1"}, {"rest_s": math.inf}],
)  # fmt: skip
def test_bad_input_is_refused_with_its_name(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        fan_out(**bad)
    for f in (lambda: any_slow_share(0, 0.5), lambda: any_slow_share(3, 1), lambda: asked(0, 1), lambda: asked(3, -1)):
        with pytest.raises(MlsysimError):
            f()
