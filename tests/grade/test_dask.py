"""The same rows from a Dask cluster: two workers, each a process, on this machine."""

import polars as pl
import pytest
from distributed import Client, LocalCluster
from labkit.grade import parallel
from labkit.grade.collect import Submission
from labkit.grade.command import main


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as started:
        yield started


@pytest.fixture
def small_chunks(monkeypatch):
    """So that there is work for both workers."""
    monkeypatch.setattr(parallel, "CHUNK", 8)


def has_judged():
    """Whether this process has a judge; asked on the workers."""
    return parallel._judge is not None


def test_a_cluster_gives_the_same_gradebook_as_this_machine(cluster, small_chunks, sample, labs, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, _, data in sample:
        (folder / name).write_bytes(data)
    (folder / "broken.json").write_text("{")
    books = []
    for how in (["--workers", "1"], ["--dask", cluster.scheduler_address]):
        assert main([str(folder), "--labs", str(labs), "--out", str(tmp_path / "b.parquet"), *how]) == 1
        books.append(pl.read_parquet(tmp_path / "b.parquet"))
    assert books[0].height == len(sample) + 1 and books[0].equals(books[1])
    with Client(cluster) as client:
        assert list(client.run(has_judged).values()) == [True, True], "both workers took part"


def test_the_number_done_is_told_as_it_grows(cluster, small_chunks, sample, labs):
    told = []
    handed_in = [Submission(name, data=data) for name, _, data in sample[:20]]
    rows = list(parallel.judge_on_dask(handed_in, labs, cluster.scheduler_address, on_done=told.append))
    assert [r.place for r in rows] == [s.place for s in handed_in] and told == [8, 16, 20]


def test_workers_that_do_not_see_the_labs_are_a_sentence(cluster, sample, tmp_path, labs, capsys):
    (tmp_path / sample[0][0]).write_bytes(sample[0][2])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RuntimeError, match="sees no labs in"):
        list(parallel.judge_on_dask([Submission("a.json", data=sample[0][2])], empty, cluster.scheduler_address))


def test_a_cluster_that_is_not_there_is_a_sentence(sample, labs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(parallel, "PATIENCE", "2s")
    (tmp_path / sample[0][0]).write_bytes(sample[0][2])
    assert main([str(tmp_path), "--labs", str(labs), "--out", str(tmp_path / "b.csv"), "--dask", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
