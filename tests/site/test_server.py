"""The preview server: types, compression, revalidation."""

import gzip
import urllib.error
import urllib.request

import pytest
from sitebuild.server import Serving


@pytest.fixture
def address(tmp_path):
    (tmp_path / "a.mjs").write_text("export const a = 1")
    (tmp_path / "b.wasm").write_bytes(b"\0asm")
    (tmp_path / "index.html").write_text("<p>here</p>")
    with Serving(tmp_path) as at:
        yield at


def get(url: str, **headers: str):
    return urllib.request.urlopen(urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()}), timeout=5)


def test_types(address):
    assert get(f"{address}/a.mjs").headers["Content-Type"] == "text/javascript"
    assert get(f"{address}/b.wasm").headers["Content-Type"] == "application/wasm"
    assert get(f"{address}/").headers["Content-Type"] == "text/html; charset=utf-8"


def test_gzip_when_asked_for(address):
    answer = get(f"{address}/a.mjs", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.read()) == b"export const a = 1"


def test_an_unchanged_file_is_not_sent_again(address):
    tag = get(f"{address}/a.mjs").headers["ETag"]
    with pytest.raises(urllib.error.HTTPError) as answer:
        get(f"{address}/a.mjs", If_None_Match=tag)
    assert answer.value.code == 304


def test_no_file_outside_the_folder(address):
    with pytest.raises(urllib.error.HTTPError) as answer:
        get(f"{address}/../../etc/passwd")
    assert answer.value.code == 404
