"""Serve the built site for a look and for tests: right types, gzip, revalidation, the page's policy for workers as well."""

import gzip
import http.server
import threading
from functools import lru_cache
from pathlib import Path

from .csp import POLICY
from .hashing import sha256_bytes

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".woff": "font/woff",
    ".ttf": "font/ttf", ".zip": "application/zip", ".whl": "application/zip", ".ico": "image/x-icon",
}
PACKED = (".whl", ".zip", ".png", ".woff2", ".woff", ".ico")  # compressed already


@lru_cache(maxsize=2048)
def _body(path: Path, stamp: int, zipped: bool) -> tuple[bytes, str]:
    data = path.read_bytes()
    return (gzip.compress(data, 4, mtime=0) if zipped else data), f'"{sha256_bytes(data)[:20]}"'


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    quiet = True

    def __init__(self, *request, directory: str, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(*request, directory=directory)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            if not self.path.split("?")[0].endswith("/"):
                self.send_response(301)
                self.send_header("Location", self.path.split("?")[0] + "/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path = path / "index.html"
        if not path.is_file() or self.path in self.missing:
            self.send_error(404, "There is no such page")
            return
        zipped = path.suffix not in PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        data, tag = _body(path, path.stat().st_mtime_ns, zipped)
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.send_header("Cache-Control", "no-cache")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", tag)
        hashed = "/labs/assets/" in self.path  # names with a hash of their contents
        self.send_header("Cache-Control", "max-age=31536000, immutable" if hashed else "no-cache")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Access-Control-Allow-Origin", "*")  # a sandboxed frame of an LMS has no origin of its own; public files, no cookies
        if path.suffix in (".js", ".mjs"):
            self.send_header("Content-Security-Policy", POLICY)  # a worker takes its policy from its own response, not from the page
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay silent; what matters is on the page."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the browser went on to another page


def make_server(folder: Path, port: int = 0, offline: bool = True) -> http.server.ThreadingHTTPServer:
    """A server for a folder on this machine only; port 0 takes a free one.

    Without `offline` there is no service worker: whoever changes a lab wants to see the new one after a reload.
    """
    missing = () if offline else ("/sw.js",)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), lambda *a: Handler(*a, directory=str(folder), missing=missing))
    server.daemon_threads = True
    return server


class Serving:
    """`with Serving(folder) as address:` for tests."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.server = make_server(folder, port)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
