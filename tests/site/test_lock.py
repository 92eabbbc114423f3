"""The runtime lock: whatever is changed, missing or not listed stops the build, and the sentence names it."""

import json
from pathlib import Path

import pytest
from sitebuild.errors import BuildError
from sitebuild.fetch import fetch
from sitebuild.hashing import sha256_bytes
from sitebuild.lock import LockedFile, read_lock, verify_folder, write_lock
from sitebuild.packages import PACKAGES, PYODIDE_BUILD_FILES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> tuple[list[LockedFile], Path]:
    """Two listed files that are what the lock says."""
    place = tmp_path / "files"
    place.mkdir()
    entries = []
    for name in ("alpha", "beta"):
        (place / f"{name}.whl").write_bytes(name.encode())
        entries.append(LockedFile(name, "1.0", "pypi-wheel", f"{name}.whl", sha256_bytes(name.encode())))
    return entries, place


def test_files_as_listed_pass(folder):
    verify_folder(*folder)


def test_a_changed_file_is_named(folder):
    entries, place = folder
    (place / "beta.whl").write_bytes(b"beta, but changed")
    with pytest.raises(BuildError, match=r"beta\.whl \(beta 1\.0\) is not the file that the runtime lock names"):
        verify_folder(entries, place)


def test_a_missing_file_is_named(folder):
    entries, place = folder
    (place / "alpha.whl").unlink()
    with pytest.raises(BuildError, match=r"alpha\.whl \(alpha 1\.0\) is missing"):
        verify_folder(entries, place)


def test_an_unlisted_file_is_named(folder):
    entries, place = folder
    (place / "gamma.whl").write_bytes(b"gamma")
    with pytest.raises(BuildError, match=r"gamma\.whl in .* is not listed in the runtime lock"):
        verify_folder(entries, place)


def test_a_changed_file_in_the_cache_is_caught_at_the_next_build(tmp_path):
    entry = LockedFile("alpha", "1.0", "pypi-wheel", "alpha.whl", sha256_bytes(b"alpha"))
    cached = tmp_path / "files" / entry.sha256 / entry.file
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"alpha")
    assert fetch((entry,), ROOT, tmp_path) == {"alpha.whl": cached}
    cached.write_bytes(b"tampered")
    with pytest.raises(BuildError, match=r"alpha\.whl .* is not the file"):
        fetch((entry,), ROOT, tmp_path)


def test_the_lock_reads_back_as_written(folder, tmp_path):
    entries, _ = folder
    write_lock(tmp_path / "lock.json", entries[::-1])
    assert list(read_lock(tmp_path / "lock.json")) == entries


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.append(rows[0]), "twice"),
        (lambda rows: rows[0].update(sha256="abc"), "no SHA-256"),
        (lambda rows: rows[0].update(origin="elsewhere"), "origin 'elsewhere'"),
        (lambda rows: rows[0].pop("file"), "cannot be read"),
    ],
)
def test_a_wrong_lock_says_what_is_wrong(folder, tmp_path, change, sentence):
    path = tmp_path / "lock.json"
    write_lock(path, folder[0])
    data = json.loads(path.read_text())
    change(data["files"])
    path.write_text(json.dumps(data))
    with pytest.raises(BuildError, match=sentence):
        read_lock(path)


def test_the_repository_lock_covers_every_package_and_names_no_host():
    files = read_lock(ROOT / "runtime.lock.json")
    assert {(f.name, f.version) for f in files if f.origin.startswith("pypi")} == {(p.name, p.version) for p in PACKAGES}
    assert {f.file for f in files if f.origin == "npm"} == set(PYODIDE_BUILD_FILES)
    assert {f.name for f in files if f.origin == "local"} == {"mlsysim", "mlsys-labs"}
    for name in ("runtime.lock.json", "package-lock.json", "requirements.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name


def test_every_requirement_is_pinned_and_hashed():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for block in text.replace("\\\n", " ").splitlines():
            if block.strip() and not block.startswith("#"):
                assert "==" in block and "--hash=sha256:" in block, block[:80]
