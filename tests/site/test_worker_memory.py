"""The worker's notebook folder stays in memory, or the build stops."""

import shutil

import pytest
from sitebuild.errors import BuildError
from sitebuild.frontend import frontend_folder
from sitebuild.worker_memory import IN_MEMORY, STORE, keep_notebook_in_memory


@pytest.fixture
def assets(tmp_path):
    """The installed front end's scripts that know the store, and one that does not."""
    folder = frontend_folder()[1]
    for script in folder.glob("*.js"):
        if STORE in script.read_text(encoding="utf-8"):
            shutil.copy(script, tmp_path)
    (tmp_path / "other.js").write_text("export const n = 1;", encoding="utf-8")
    return tmp_path


def test_no_worker_mounts_a_store_any_more(assets):
    before = {p.name: p.read_text(encoding="utf-8") for p in assets.glob("*.js")}
    keep_notebook_in_memory(assets)
    after = {p.name: p.read_text(encoding="utf-8") for p in assets.glob("*.js")}
    changed = [name for name in after if after[name] != before[name]]
    assert sorted(name.rsplit("-", 1)[0] for name in changed) == ["save-worker", "worker"]
    for name in changed:
        assert STORE not in after[name] and after[name].count(IN_MEMORY) == 1
        head, tail = after[name].split(IN_MEMORY)
        assert before[name].startswith(head) and before[name].endswith(tail), "nothing else is touched"


@pytest.mark.parametrize("old, new", [("{root:`.`}", "{root:`/`}"), ("mountFS:", "mountAll:")], ids=["another root", "another name"])
def test_a_mount_in_another_form_stops_the_build(assets, old, new):
    (worker,) = assets.glob("worker-*.js")
    text = worker.read_text(encoding="utf-8")
    assert old in text
    worker.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{worker.name} of marimo's front end mounts"):
        keep_notebook_in_memory(assets)


def test_a_front_end_without_such_a_worker_stops_the_build(assets):
    (worker,) = assets.glob("worker-*.js")
    worker.unlink()
    with pytest.raises(BuildError, match="no worker script that mounts"):
        keep_notebook_in_memory(assets)
