"""What training reads from a store, keeps in it and pays for it: feeds, fleet caches, checkpoints, table tiers, one design."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import checkpoint_pile, embedding_tiers, fleet_cache, store_design, store_feed
from mlsysim.errors import MlsysimError

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731 - three digits


# demand and supply


def test_one_image_node_reads_more_than_a_language_fleet():
    llm, image = store_feed.feed(), store_feed.feed("resnet50", nodes=1)
    assert llm.fleet_bytes_per_s == near(9.94e6) and image.fleet_bytes_per_s == near(1.80e9)
    assert store_feed.gpu_bytes_per_s("llm_405b") == near(606) and store_feed.gpu_bytes_per_s("llm_8b") == near(26.2e3)
    assert llm.image_factor == near(181)


@pytest.mark.parametrize(
    ("workload", "size", "share", "readers", "bill"),
    [
        ("resnet50", 108e3, 0.123, 519, 138e3),
        ("resnet50", 4e6, 1, 33.4, 3720),
        ("resnet50", 256e6, 1, 20.2, 58.2),
        ("recommender", 4e6, 0.208, 307, None),
        ("recommender", 256e6, 0.345, 185, None),
    ],
)
def test_feeds_from_the_object_store(workload, size, share, readers, bill):
    f = store_feed.feed(workload, "object_store", size)
    assert f.utilisation_share == near(share) and f.readers_needed == near(readers)
    assert bill is None or f.request_usd_per_month == near(bill)
    assert store_feed.feed("resnet50").supply_bytes_per_s == near(2.22e8) and store_feed.feed("resnet50").decode_bytes_per_s == near(2.07e9)


def test_what_binds_is_found_in_order():
    feed = store_feed.feed
    assert feed().binding == "nothing" and feed("resnet50").binding == "latency"
    assert feed("resnet50", object_bytes=64e6, readers=8).binding == "stream"
    assert feed("resnet50", object_bytes=4e6, cores=32).binding == "decode"
    assert feed("recommender", object_bytes=1e9, readers=512).binding == "node limit"


def test_little_by_a_simulation_of_readers():
    """Readers that fetch one object after the other deliver the demand when there are as many as Little's law says."""
    demand, size, first, stream = 50e6, 1e6, 0.03, 90e6
    readers, span = round(store_feed.readers_needed(demand, size, first, stream)), 200.0
    rng, delivered = random.Random(2), 0
    for _ in range(readers):
        t = rng.random() * 0.04
        while t < span:
            t += first + size / stream
            delivered += size
    assert delivered / span == pytest.approx(demand, rel=0.3 / readers + 0.01)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e3, 1e9), st.integers(1, 512), st.sampled_from(store_feed.STORES))
def test_supply_grows_with_objects_and_readers_up_to_the_port(size, readers, store):
    now = store_feed.supply_bytes_per_s(store, size, readers)
    port = store_feed.catalog.storage_tier(store).bandwidth_bytes_per_s
    assert now <= store_feed.supply_bytes_per_s(store, 2 * size, readers) <= port and now <= store_feed.supply_bytes_per_s(store, size, 2 * readers)


# caches of a fleet


def kept_list(f, eviction, nodes, order, lookup, n=2000):
    """The oracle: plain lists, searched from front to back."""
    rng, base = random.Random(fleet_cache.SEED), list(range(n))
    rng.shuffle(base)
    caches, hits = [[] for _ in range(1 if lookup == "all" else nodes)], 0
    room = round(f * n / len(caches))
    for epoch in range(fleet_cache.EPOCHS):
        if order == "reshuffled":
            rng.shuffle(base)
        for place in range(n):
            x = int(rng.random() * n) if order == "with replacement" else base[place]
            held = caches[0 if lookup == "all" else place % nodes]
            if x in held:
                hits += epoch > 0
                if eviction == "lru":
                    held.remove(x)
                    held.append(x)
            elif room and (len(held) < room or eviction != "never"):
                if len(held) == room:
                    held.pop(0)
                held.append(x)
    return hits / (n * (fleet_cache.EPOCHS - 1))


@pytest.mark.parametrize(("share", "hit"), [(0.2, 0.021), (0.5, 0.148), (0.8, 0.478), (0.9, 0.667), (0.95, 0.799)])
def test_one_cache_that_forgets_what_it_will_need(share, hit):
    assert round(sum(fleet_cache.replay(share)), 3) == hit
    assert sum(fleet_cache.replay(share)) == pytest.approx(fleet_cache.lru_hit_share(share), abs=0.01)


@pytest.mark.parametrize(
    ("eviction", "order", "hit"),
    [("fifo", "reshuffled", 0.660), ("never", "reshuffled", 0.800), ("lru", "with replacement", 0.787), ("lru", "same order", 0.0)],
)
def test_other_rules_and_orders(eviction, order, hit):
    assert sum(fleet_cache.replay(0.8, eviction, order)) == pytest.approx(hit, abs=5e-4) == kept_list(0.8, eviction, 1, order, "own")


@pytest.mark.parametrize("eviction", fleet_cache.EVICTIONS)
@pytest.mark.parametrize("lookup", fleet_cache.LOOKUPS)
def test_eight_nodes_against_lists(eviction, lookup):
    assert sum(fleet_cache.replay(0.6, eviction, nodes=8, lookup=lookup)) == pytest.approx(kept_list(0.6, eviction, 8, "reshuffled", lookup))


def test_own_drives_find_what_the_last_epoch_gave_to_this_node():
    s = fleet_cache.study_caches()
    assert s.never_share == pytest.approx(fleet_cache.own_hit_share(0.8, 8), abs=0.01) and s.hit_share < 0.05
    assert fleet_cache.study_caches(0.8, "never", "all").hit_share == pytest.approx(0.8)
    assert fleet_cache.study_caches(0.8, "never", "own", "fixed shares").own_share == pytest.approx(0.8)
    assert fleet_cache.study_caches(0.8, "never", "all").peer_share == pytest.approx(0.7, abs=0.01)


def test_the_failure_and_the_best_change_depend_on_the_setting():
    study, best = fleet_cache.study_caches, fleet_cache.best_changes
    assert study(0.7, "lru", "all").state == fleet_cache.GAINED_NOTHING and study(0.75, "lru", "all").state == fleet_cache.OK
    assert best(study()) == ("share", "fixed shares") and best(study(0.8, "lru", "all")) == ("never evict",)
    assert best(study(0.8, "never", "all")) == ("more cache",) and best(study(1.0, "never", "all")) == ("nothing",)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 20).map(lambda i: i / 20),
    st.sampled_from(fleet_cache.EVICTIONS),
    st.sampled_from(fleet_cache.LOOKUPS),
    st.sampled_from(fleet_cache.ORDERS),
    st.sampled_from([1, 2, 8, 32]),
)
def test_drives_answer_no_more_than_they_hold_and_luck(share, eviction, lookup, order, nodes):
    s = fleet_cache.study_caches(share, eviction, lookup, order, nodes)
    assert 0 <= s.hit_share <= share + 0.03 and (lookup == "all" or s.peer_share == 0)  # a finite set: three points of luck
    assert s.slowdown >= 1 and all(math.isclose(sum(parts), 1) for _, *parts in s.rules)


# checkpoints


def kept_by_rule(interval, retention, mode, days):
    """The oracle: at each checkpoint, ask of every one whether it is kept."""
    a_day = 1440 // interval
    end = days * a_day
    day_first = lambda j: (j - 1) // a_day * a_day + 1  # noqa: E731
    total = 0.0
    for k in range(1, end + 1):
        held = {
            j
            for j in range(1, k + 1)
            if retention == "all" or j > k - 3 or (retention == "grandfather" and (j % (7 * a_day) == 0 or (j % a_day == 0 and k - j <= 7 * a_day)))
        }
        if mode == "difference":
            held |= {day_first(j) for j in held}
        stored = sum(1.0 if mode == "full" or (mode == "difference" and j == day_first(j)) else {"8-bit": 0.32, "difference": 0.12}[mode] for j in held)
        total += stored
    return len(held), stored, total / a_day


@pytest.mark.parametrize("retention", checkpoint_pile.RETENTIONS)
@pytest.mark.parametrize("mode", checkpoint_pile.MODES)
def test_lifetimes_against_every_checkpoint_of_every_moment(retention, mode):
    found = checkpoint_pile.keep(120, retention, mode, days=23)
    assert (found.count, found.stored, found.checkpoint_days) == pytest.approx(kept_by_rule(120, retention, mode, 23))


def test_piles_that_the_lab_states():
    pile = checkpoint_pile.pile
    p = pile()
    assert (p.stored_bytes, p.run_usd, p.month_usd, p.dataset_factor) == (near(14.7e15), near(301e3), near(339e3), near(236))
    assert p.older == 2111
    g = pile(retention="grandfather")
    assert (g.stored_bytes, g.run_usd, g.month_usd) == (near(90.9e12), near(2770), near(2090)) and (g.kept, g.older) == (16, 6)
    three = pile(retention="last 3")
    assert three.stored_bytes == near(17.0e12) and three.older == 0 and three.oldest_s == 3600
    assert pile(tiered=True).month_usd == near(92.2e3)
    assert pile(model="recommender").stored_bytes == near(31.1e15) and pile(model="recommender", mode="difference").stored_bytes == near(4.30e15)
    assert pile(mode="8-bit").stored_bytes == near(4.71e15)
    assert p.stored_bytes == pytest.approx(checkpoint_pile.pile_of_all_bytes(405.85e9, 54, 30))


def test_a_slow_store_is_overrun_and_left():
    slow = checkpoint_pile.pile(5, write_bytes_per_s=1e10)
    assert slow.duty_share == near(1.89) and slow.state == checkpoint_pile.OVERRUN
    assert checkpoint_pile.pile(5, mode="8-bit", write_bytes_per_s=1e10).state == checkpoint_pile.OK
    assert checkpoint_pile.pile(15, write_bytes_per_s=1e10).state == checkpoint_pile.OK


@settings(max_examples=30, deadline=None)
@given(st.sampled_from((30, 60, 120)), st.sampled_from(checkpoint_pile.RETENTIONS), st.sampled_from(checkpoint_pile.MODES), st.integers(1, 30))
def test_tiers_and_days_add_up(interval, retention, mode, days):
    k = checkpoint_pile.keep(interval, retention, mode, days)
    assert sum(k.tiers_end) == pytest.approx(k.stored) == k.by_day[-1] and k.by_day[0] == 0 and len(k.by_day) == days + 1
    assert k.stored <= checkpoint_pile.keep(interval, "all", mode, days).stored + 1e-9 and k.ages_s[-1] == 0


# tables over tiers


def test_two_per_cent_of_the_lookups():
    t = embedding_tiers.tiered_table()
    assert (t.hbm_share, t.dram_share, t.nvme_share) == (near(0.946), near(0.0331), near(0.0213))
    assert (t.hbm_s, t.dram_s, t.nvme_s) == (near(0.178e-3), near(0.444e-3), near(10.5e-3)) and t.nvme_work_share == near(0.944)
    table = embedding_tiers.tiered_table
    assert table(zipf_exponent=0.8).batch_s == near(84.5e-3) and table(dram_bytes=5e12).batch_s == near(0.731e-3) and table(1e11).batch_s == near(32.7e-3)
    assert table(dram_bytes=4e12).batch_s == near(1.39e-3) and table(row_bytes=128).batch_s == near(0.070e-3)


@pytest.mark.parametrize("exponent", [0.7, 0.95, 1.0, 1.05, 1.3])
def test_partial_sums_by_adding(exponent):
    added = lambda n: math.fsum(i**-exponent for i in range(1, n + 1))  # noqa: E731
    zeta = embedding_tiers.partial_zeta
    assert zeta(20_000, exponent) == pytest.approx(added(20_000), rel=0.03)
    assert zeta(20_000, exponent) - zeta(2_000, exponent) == pytest.approx(added(20_000) - added(2_000), rel=2e-3)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e8, 1e11), st.floats(0.7, 1.3), st.floats(0.5e12, 8e12), st.sampled_from([64.0, 128.0, 512.0]), st.floats(0, 0.6e12))
def test_shares_are_a_whole_and_more_memory_never_slows_the_drives(rows, exponent, dram, row, hbm):
    t = embedding_tiers.tiered_table(rows, exponent, dram, row, hbm)
    assert t.hbm_share + t.dram_share + t.nvme_share == pytest.approx(1) and t.batch_s == max(t.hbm_s, t.dram_s, t.nvme_s) > 0
    assert embedding_tiers.tiered_table(rows, exponent, 2 * dram, row, hbm).nvme_s <= t.nvme_s + 1e-12


def test_the_best_change_to_a_table_depends_on_the_tier():
    best, table = embedding_tiers.best_changes, embedding_tiers.tiered_table
    assert best(table()) == ("twice the DRAM",) and best(table(1e11)) == ("twice the NVMe reads",)
    assert best(table(dram_bytes=5e12)) == ("faster DRAM",) and best(table(1e8)) == ("nothing",)


# one design


def test_designs_that_the_lab_states():
    design = store_design.store_design
    first = design()
    assert first.idle_share == near(0.877) and first.cost_usd == near(141_600)
    big = design(64e6, 0.5, "never", 30, True, "grandfather")
    assert (big.cost_usd, big.read_bytes_per_s) == (near(7560), near(57.4e9)) and big.oldest_s >= 7 * 86_400
    small = design(4e6, 0.8, "never", 30, True, "grandfather")
    assert (small.cost_usd, small.read_bytes_per_s) == (near(13_800), near(23.0e9))
    assert design(64e6, 0.5, "lru", 30, True, "grandfather").read_bytes_per_s == near(97.3e9)
    assert design(4e6, 0.8, "lru", 30, True, "grandfather").cost_usd == near(23_400)
    none = design(64e6, 0.0, "never", 30, True, "grandfather")
    assert (none.cost_usd, none.read_bytes_per_s) == (near(6490), near(115e9))


def test_bad_input_is_refused():
    refused = (
        lambda: store_feed.feed("llm"), lambda: store_feed.feed(store="tape_lto9"),
        lambda: store_feed.feed(nodes=0), lambda: store_feed.feed(object_bytes=math.nan),
        lambda: store_feed.feed(readers=True), lambda: fleet_cache.replay(1.1), lambda: fleet_cache.replay(0.5, "mru"), lambda: fleet_cache.best_changes(0.5),
        lambda: fleet_cache.own_hit_share(0.5, 0), lambda: checkpoint_pile.pile(7),
        lambda: checkpoint_pile.pile(model="gpt"), lambda: checkpoint_pile.pile(tiered=1),
        lambda: checkpoint_pile.keep(30, "some"), lambda: embedding_tiers.tiered_table(0), lambda: embedding_tiers.tiered_table(zipf_exponent="1"),
        lambda: embedding_tiers.best_changes(None), lambda: store_design.store_design(cache_share=-0.1), lambda: store_design.store_design(eviction="fifo"),
    )  # fmt: skip
    for call in refused:
        with pytest.raises(MlsysimError):
            call()
