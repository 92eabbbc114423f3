"""Files as the systems hand them out: any nesting, any naming, and zips made to do harm."""

import io
import zipfile

import pytest
from labkit.grade.collect import count, owner, submissions
from labkit.log_file import MAX_BYTES


def zipped(files: dict) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("place", "who"),
    [
        ("lovelaceada_123_4567_lab_05_nn_compute.json", "lovelaceada"),
        ("lovelaceada_LATE_123_4567_lab_05_nn_compute-1.json", "lovelaceada"),
        ("Ada Lovelace_77_assignsubmission_file_/lab_05_nn_compute.json", "Ada Lovelace"),
        ("Ada Lovelace_77_assignsubmission_file_lab_05_nn_compute.json", "Ada Lovelace"),
        ("Lab 5_alovelace_attempt_2026-03-02-10-11-12_lab_05_nn_compute.json", "alovelace"),
        ("log.json", ""),
    ],
)
def test_the_student_is_read_from_the_name(place, who):
    assert owner(place) == who


def test_a_folder_is_read_at_any_depth_and_rubbish_is_left_out(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one.json").write_bytes(b"{}")
    (tmp_path / "notes.txt").write_text("no log")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "one.json").write_bytes(b"{}")
    (tmp_path / "two.zip").write_bytes(zipped({"x/two.json": b"{}", "inner.zip": zipped({"three.json": b"{}"})}))
    assert [s.place for s in submissions(tmp_path)] == ["a/b/one.json", "two.zip/inner.zip/three.json", "two.zip/x/two.json"]


def test_files_are_counted_before_they_are_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.json").write_bytes(b"{}")
    (tmp_path / "two.zip").write_bytes(zipped({"x/two.json": b"{}", "three.json": b"{}", "notes.txt": b"", "__MACOSX/two.json": b"{}"}))
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    assert count(tmp_path) == len(list(submissions(tmp_path))) == 4
    assert count(tmp_path / "two.zip") == 2 and count(tmp_path / "nowhere") == 0


def test_a_zip_with_path_tricks_writes_nothing_and_is_read_as_a_name(tmp_path):
    (tmp_path / "bad.zip").write_bytes(zipped({"../../evil.json": b"{}", "/etc/evil.json": b"{}"}))
    found = list(submissions(tmp_path / "bad.zip"))
    assert len(found) == 2 and all(s.data == b"{}" for s in found)
    assert sorted(p.name for p in tmp_path.parent.rglob("*evil*")) == []


def test_a_file_that_is_too_large_is_a_reason_and_not_read(tmp_path):
    (tmp_path / "big.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "bomb.zip").write_bytes(zipped({"big.json": b" " * (MAX_BYTES + 1)}))
    for found in submissions(tmp_path):
        assert found.data == b"" and "at most 5 MB" in found.reason


def test_a_broken_zip_and_zips_without_end_are_reasons(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    data = b"{}"
    for _ in range(8):
        data = zipped({"again.zip": data})
    (tmp_path / "deep.zip").write_bytes(data)
    reasons = [s.reason for s in submissions(tmp_path)]
    assert len(reasons) == 2 and "damaged" in reasons[0] and "nested" in reasons[1]


def test_a_zip_that_unpacks_without_end_is_cut_off_with_its_reason(tmp_path, monkeypatch):
    from labkit.grade import collect

    monkeypatch.setattr(collect, "MAX_ZIP", 3_000_000)
    bomb = zipped({f"{n:03}.json": b" " * 1_000_000 for n in range(50)})
    (tmp_path / "class.zip").write_bytes(zipped({"b_1_2_bomb.zip": bomb, "c_1_3_log.json": b"{}"}))
    found = list(submissions(tmp_path / "class.zip"))
    assert len(found) == 5 and sum(len(s.data) for s in found) < 4_000_000
    assert "far more than logs need" in found[3].reason and found[3].place == "b_1_2_bomb.zip"
    assert found[4].who == "c" and found[4].data == b"{}", "who comes after it is graded"


def test_a_zip_with_a_list_without_end_is_one_reason(tmp_path, monkeypatch):
    from labkit.grade import collect

    monkeypatch.setattr(collect, "MAX_ENTRIES", 20)
    (tmp_path / "many.zip").write_bytes(zipped({f"{n}.json": b"" for n in range(30)}))
    (found,) = submissions(tmp_path / "many.zip")
    assert "lists 30 files" in found.reason


def test_a_zip_whose_sizes_lie_or_that_is_encrypted_is_a_reason(tmp_path):
    honest = zipped({"log.json": b" " * 2_000_000})
    lies = honest.replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "lies.zip").write_bytes(lies)
    at = honest.index(b"PK\x01\x02")
    (tmp_path / "locked.zip").write_bytes(honest[:6] + b"\x01" + honest[7 : at + 8] + b"\x01" + honest[at + 9 :])
    for name in ("lies.zip", "locked.zip"):
        (found,) = submissions(tmp_path / name)
        assert found.data == b"" and "cannot be read" in found.reason


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "link.json").symlink_to(tmp_path / "secret.json")
    assert "link" in next(submissions(tmp_path / "logs")).reason


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        list(submissions(tmp_path / "nowhere"))
