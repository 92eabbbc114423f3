"""Twelve models that read each other: skew, age, versions and hours under three ways to release."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim._datafile import load
from mlsysim.errors import MlsysimError
from mlsysim.model_releases import FILE, PERIODS, POLICIES, SPLIT, release_means, replay_releases
from mlsysim.quantity import show_work


@pytest.mark.parametrize(("embeddings", "others", "loss", "skewed"), [(14, 7, 5.44, 9.77), (1, 7, 7.50, 21.0), (7, 7, 6.18, 14.6)])
def test_a_team_that_releases_more_often_makes_the_product_worse(embeddings, others, loss, skewed):
    r = replay_releases(embeddings, others)
    assert 100 * r.loss_share == pytest.approx(loss, rel=5e-3) and r.mean_skewed == pytest.approx(skewed, rel=5e-3)
    assert r.state == SPLIT and r.consistent_share == 0


@pytest.mark.parametrize(("embeddings", "hours"), [(14, 6510), (1, 53_900)])
def test_gpu_hours_of_thirty_days(embeddings, hours):
    assert replay_releases(embeddings).gpu_hours == pytest.approx(hours, rel=5e-3)


@pytest.mark.parametrize(("embeddings", "others", "policy", "loss"), [(7, 7, "cascade", 4.37), (7, 7, "pinned", 4.47), (14, 3, "pinned", 2.99)])
def test_releases_that_keep_the_edges_whole(embeddings, others, policy, loss):
    r = replay_releases(embeddings, others, policy)
    assert 100 * r.loss_share == pytest.approx(loss, rel=5e-3)
    assert r.mean_skewed == r.skew_loss_share == 0 and r.consistent_share == 1


def test_all_of_them_daily_is_the_freshest_and_always_skewed():
    r = replay_releases(1, 1)
    assert r.mean_skewed == r.edges_all == 26 and r.mean_age_days == 0


def plain_walk(embedding_days, other_days, pinned):
    """The same days told without any shortcut: (loss, live versions)."""
    models = load(FILE)["models"]["value"]
    live = {i: -((5 * i) % 7) - 1 for i in range(12)}
    reads = {(i, j): live[j] for i, (_, providers, _) in enumerate(models) for j in providers}
    losses, versions = [], []
    for t in range(182):
        due = [i for i in range(12) if (t + 5 * i) % (embedding_days if i < 4 else other_days) == 0]
        yesterday = dict(live)
        reads |= {(i, j): yesterday[j] for i, j in reads if i in due}
        live |= dict.fromkeys(due, t)
        served = {j: {v for (_, k), v in reads.items() if k == j} for j in range(12)}
        skewed = 0 if pinned else sum(v != live[j] for (_, j), v in reads.items())
        age = sum(t - (min(served[j], default=live[j]) if pinned else live[j]) for j in range(12))
        losses.append(0.003 * skewed + 0.0005 * age)
        versions.append(sum(len(served[j] | {live[j]}) for j in range(11)))
    return sum(losses) / 182, sum(versions) / 182


@pytest.mark.parametrize("policy", ["independent", "pinned"])
@pytest.mark.parametrize(("embeddings", "others"), [(1, 1), (3, 14), (7, 3), (14, 7), (28, 28), (5, 11)])
def test_agrees_with_a_walk_without_shortcuts(embeddings, others, policy):
    loss, _, versions = release_means(embeddings, others, policy)
    assert (loss, versions) == pytest.approx(plain_walk(embeddings, others, policy == "pinned"))


def test_a_cascade_ignores_the_other_period_and_keeps_one_version_a_provider():
    assert release_means(7, 1, "cascade") == release_means(7, 28, "cascade")
    assert release_means(7, 7, "cascade")[2] == 11


def test_each_group_is_the_next_to_speed_up_somewhere():
    found = {replay_releases(e, o, policy).next_group for e in PERIODS for o in PERIODS for policy in POLICIES}
    assert found == {"embeddings", "others", "neither"}


@given(st.sampled_from(PERIODS), st.sampled_from(PERIODS), st.sampled_from(POLICIES), st.integers(0, 181))
@settings(max_examples=50, deadline=None)
def test_a_day_and_the_mean_tell_the_same_story(embeddings, others, policy, day):
    r = replay_releases(embeddings, others, policy, day=day)
    assert r.day_skewed == sum(cut for *_, cut in r.edges) <= r.edges_all
    assert r.loss_share == pytest.approx(r.skew_loss_share + r.age_loss_share) and r.best_loss_share <= r.loss_share
    assert all(age >= 0 for _, age in r.models[:4])
    assert dict(r.curves[POLICIES.index(policy)][1])[float(embeddings)] == r.loss_share


def test_shows_its_work_and_marks_what_is_illustrative():
    sources = {step.name: step.source for step in show_work(replay_releases())}
    assert "illustrative" in sources["skew_cost_share"] and "illustrative" in sources["age_cost_share"]


@pytest.mark.parametrize("bad", [dict(embedding_days=0), dict(other_days=183), dict(policy="daily"), dict(skew_cost_share=0.5), dict(day=182), dict(day=True)])
def test_refuses(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        replay_releases(**bad)
