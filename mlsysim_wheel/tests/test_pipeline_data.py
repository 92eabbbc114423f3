"""An input pipeline against bounds, limits in closed form, and the numbers that the labs state."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlsysim import catalog, pipeline_data
from mlsysim.errors import MlsysimError, UnknownName
from mlsysim.pipeline_data import deliver, feed, stored_format

SLOW, MIDDLE = 250e6, 1e9


@pytest.mark.parametrize(
    ("settings_", "images_per_s"),
    [
        (("a100", 12, SLOW, "jpeg"), 1209),
        (("v100", 12, SLOW, "jpeg"), 1167),
        (("a100", 24, SLOW, "jpeg"), 2182),
        (("a100", 32, SLOW, "jpeg"), 2315),
        (("a100", 4, SLOW, "jpeg"), 415),
        (("a100", 12, MIDDLE, "jpeg"), 1290),
        (("a100", 12, SLOW, "raw"), 1269),
        (("a100", 32, MIDDLE, "jpeg"), 2470),
        (("a100", 12, MIDDLE, "raw"), 2470),
    ],
)
def test_rates_that_the_lab_states(settings_, images_per_s):
    assert feed(*settings_).images_per_s == pytest.approx(images_per_s, rel=5e-4)


def test_the_default_pays_for_idle_and_a_newer_gpu_brings_four_percent():
    f = feed()
    assert f.gpu_share == pytest.approx(0.489, rel=5e-3) and feed("v100").gpu_share == pytest.approx(0.972, rel=5e-3)
    assert f.swap_factor == pytest.approx(1.04, rel=5e-3) and f.state == pipeline_data.IDLE
    assert (f.best_change, f.slowest) == ("cores", "cores")


def test_the_swap_is_the_same_whichever_gpu_is_in_now():
    assert feed("v100", 24).swap_factor == feed("a100", 24).swap_factor


def test_constants_come_from_the_catalog_and_say_where_from():
    assert stored_format("jpeg").item_bytes == catalog.dataset("imagenet_1k").item_bytes
    assert stored_format("raw").item_bytes == pytest.approx(256 * 256 * 3, rel=5e-3)
    assert "illustrative" in stored_format("small_jpeg").sources["decode_per_core_per_s"]
    assert "DeepLearningExamples" in feed().sources["gpu_per_s"]


def test_unknown_names_are_refused():
    for call in (lambda: feed("a1000"), lambda: feed(stored="webp"), lambda: stored_format(None)):
        with pytest.raises(UnknownName):
            call()
    for call in (lambda: feed(disk_bytes_per_s=5e8), lambda: feed(workers=51), lambda: deliver(1, 101, 1, 1, 1), lambda: deliver(1, 1, 1, 1, 1, 1.1)):
        with pytest.raises(MlsysimError):
            call()


rates = st.floats(10, 1e4)


@settings(max_examples=60, deadline=None)
@given(rates, st.integers(1, 48), st.floats(1e7, 1e10), st.floats(1e4, 1e6), st.floats(10, 2000), st.floats(0, 1))
def test_no_pipeline_beats_its_slowest_stage(gpu, workers, disk, item, core, hit):
    d = deliver(gpu, workers, disk, item, core, hit)
    assert d.images_per_s <= d.slowest_per_s == min(d.gpu_per_s, d.disk_per_s, d.decode_per_s)
    assert 0 < d.gpu_share <= 1


@settings(max_examples=40, deadline=None)
@example(593.0, 20, 1787399529.0, 24.0)
@given(rates, st.integers(1, 24), st.floats(1e7, 1e10), st.floats(10, 2000))
def test_more_of_anything_never_slows_it(gpu, workers, disk, core):
    now = deliver(gpu, workers, disk, 108e3, core).images_per_s
    for more in (deliver(2 * gpu, workers, disk, 108e3, core), deliver(gpu, workers, 2 * disk, 108e3, core), deliver(gpu, workers, disk, 108e3, 2 * core)):
        assert more.images_per_s >= now * 0.95  # the window of the second half meets other draws: 3.1 % less in the example


def test_one_fast_stage_each_leaves_the_other_alone():
    """With two stages fast the third one's rate is exact: the oracle is division."""
    assert deliver(500, 48, 1e12, 1e3, 1e6).images_per_s == pytest.approx(500)
    assert deliver(1e9, 48, 250e6, 100e3, 1e6).images_per_s == pytest.approx(2500, rel=1e-3)
    assert deliver(1e9, 1, 1e15, 1e3, 100).images_per_s == pytest.approx(100, rel=0.02)  # one worker, the mean of 100 draws


def test_all_in_memory_needs_no_disk():
    d = deliver(2470, 32, 1.0, 108e3, 110, 1.0)
    assert d.disk_per_s == math.inf and d.images_per_s > 2400


def test_in_order_delivery_costs_what_the_stages_alone_would_not():
    f = feed()
    assert f.images_per_s < f.slowest_per_s
    assert f.blocker_wait_s > 0 and pipeline_data._HALF <= f.blocker < pipeline_data._WINDOW


def test_the_disk_reads_until_the_end_of_what_is_drawn():
    """The run does not end inside the picture, however far ahead the workers are."""
    for workers in (4, 12, 48):
        f = feed("a100", workers, MIDDLE, "raw")
        assert f.reads[-1][2] > 0.9 * f.window_s


def test_what_is_drawn_is_possible():
    f = feed("a100", 8)
    for events in (f.reads, f.trains):
        for (_, _, end), (_, start, _) in pairwise(events):
            assert start >= end - 1e-9  # disk and GPU do one batch at a time
    by_worker = {}
    for _, worker, start, end in f.decodes:
        assert 0 <= start <= end <= f.window_s + 1e-9 and start >= by_worker.get(worker, 0.0) - 1e-9
        by_worker[worker] = end
    assert set(by_worker) == set(range(8))
    assert [b for b, *_ in f.trains] == list(range(100, 140))
    assert sum(end - start for _, start, end in f.trains) == pytest.approx(40 * 256 / 2470)
