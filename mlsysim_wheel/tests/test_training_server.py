"""The server around a GPU: the bill by hand, the parts as their own modules compute them, and the cost of a copy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import epoch_cache, pipeline_data
from mlsysim.errors import MlsysimError
from mlsysim.training_server import study_server


def test_the_default_is_cheap_and_starves_its_gpu():
    s = study_server()
    assert (s.gpu_share, s.hit_share, s.cost_usd_per_h) == pytest.approx((0.495, 0.129, 0.85), rel=5e-3)


def test_designs_of_both_kinds():
    disk = study_server(4, 1e9, "raw", 16e9, "pinned", 0)
    assert disk.gpu_share == pytest.approx(1.0) and disk.cost_usd_per_h == pytest.approx(0.49)
    assert disk.stored_bytes == pytest.approx(252e9, rel=5e-3)
    cores = study_server(24, 1e9, "jpeg", 16e9, "pinned")
    assert cores.gpu_share == pytest.approx(0.965, rel=5e-3) and cores.cost_usd_per_h == pytest.approx(1.29) and cores.loss_points == 0


def test_a_copy_is_made_anew_with_every_crop():
    still, often = study_server(4, 1e9, "raw", 16e9, "pinned", 0), study_server(4, 1e9, "raw", 16e9, "pinned", 12)
    assert often.rebuild_s == pytest.approx(1_281_167 / 440) and still.rebuild_share == 0
    assert often.gpu_share == pytest.approx(still.gpu_share * (1 - 12 * often.rebuild_s / 86400))
    assert study_server(24, 1e9, "jpeg", crop_changes_per_day=12).rebuild_s == 0
    slow_disk = study_server(48, 250e6, "raw")
    assert slow_disk.rebuild_s == pytest.approx((138.366e9 + 1_281_167 * 197e3) / 250e6, rel=1e-4)


def test_pinning_spares_the_network():
    lru, pinned = (study_server(24, 1e9, "jpeg", 64e9, policy) for policy in epoch_cache.POLICIES)
    assert pinned.network_bytes_per_s < lru.network_bytes_per_s
    assert pinned.network_bytes_per_s == pytest.approx((1 - pinned.cache_share) * 108e3 * pinned.images_per_s)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 48),
    st.sampled_from(pipeline_data.DISKS),
    st.sampled_from(pipeline_data.format_names()),
    st.floats(0, 1e12),
    st.sampled_from(epoch_cache.POLICIES),
    st.integers(0, 30),
)
def test_no_server_beats_its_gpu_or_its_disk(cores, disk, stored, memory, policy, changes):
    s = study_server(cores, disk, stored, memory, policy, changes)
    assert 0 <= s.gpu_share <= 1 and 0 <= s.hit_share <= s.cache_share <= 1
    assert s.network_bytes_per_s <= disk * (1 + 1e-9)
    assert s.images_per_s <= s.gpu_per_s


def test_bad_input_is_refused():
    for call in (
        lambda: study_server(0),
        lambda: study_server(disk_bytes_per_s=1e6),
        lambda: study_server(policy="fifo"),
        lambda: study_server(memory_bytes=-1),
    ):
        with pytest.raises(MlsysimError):
            call()
