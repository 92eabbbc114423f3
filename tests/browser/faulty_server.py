"""Servers with something wrong: a line that breaks, and a plain file server that knows neither `.mjs` nor `.wasm`."""

import http.server
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from sitebuild.server import Handler


class Line:
    """The line to a server: whole, until it is cut after so many more requests; mended again later."""

    def __init__(self) -> None:
        self.left, self.torn, self.first, self.lock = None, False, "", threading.Lock()
        self.rate, self.delay, self.sent, self.wire = 0.0, 0.0, 0, threading.Lock()

    def cut(self, after: int, torn: bool = False, first: str = "") -> None:
        """No answer from then on; `torn`: the last one that comes breaks in the middle of its body.

        `first`: the request that counts as the first; those of a page that is still open do not count.
        """
        with self.lock:
            self.left, self.torn, self.first = after, torn, first

    def mend(self) -> None:
        with self.lock:
            self.left = None

    def slow(self, bits_per_s: float, delay_s: float) -> None:
        """All answers together come no faster than this, each after this delay; 0 takes the limit away."""
        self.rate, self.delay = bits_per_s / 8, delay_s

    def carry(self, write, data: bytes) -> None:
        """Write at the line's rate, and count."""
        for start in range(0, len(data), 16_384):
            part = data[start : start + 16_384]
            if self.rate:
                with self.wire:
                    time.sleep(len(part) / self.rate if self.rate else 0)
            write(part)
            self.sent += len(part)

    def lets_through(self, path: str) -> tuple[bool, bool]:
        """Whether a request is answered, and whether its answer breaks in the middle."""
        with self.lock:
            if path.endswith(self.first):
                self.first = ""
            if self.left is None or self.first:
                return True, False
            self.left -= 1
            return self.left >= 0, self.torn and self.left == 0


@contextmanager
def breaking_server(folder: Path):
    """The project's server on a line that can be cut: its address, and the line."""
    line = Line()

    class Breaking(Handler):
        def _answer(self, with_body: bool) -> None:
            answered, torn = line.lets_through(self.path)
            if not answered:
                self.close_connection = True
                self.connection.close()
                return
            time.sleep(line.delay)
            self.wfile = _Wire(self.wfile, line, torn)
            super()._answer(with_body)
            if torn:
                self.close_connection = True

    with _serving(lambda *a: Breaking(*a, directory=str(folder), missing=("/sw.js",))) as address:
        yield address, line


class _Wire:
    """What a handler writes to: headers at once, the body over the line; half of it where the line is torn."""

    def __init__(self, socket, line: Line, torn: bool) -> None:
        self.socket, self.line, self.torn, self.headers = socket, line, torn, True

    def write(self, data: bytes) -> int:
        if self.headers:
            self.socket.write(data)
        else:
            self.line.carry(self.socket.write, data[: len(data) // 2] if self.torn else data)
        self.headers = False
        return len(data)

    def __getattr__(self, name):
        return getattr(self.socket, name)


@contextmanager
def plain_server(folder: Path, types: dict[str, str]):
    """Python's own file server as it comes (no compression, no rules for caches), with these types; its address."""

    class Plain(http.server.SimpleHTTPRequestHandler):
        extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | types

        def log_message(self, *_: object) -> None:
            pass

    with _serving(lambda *a: Plain(*a, directory=str(folder))) as address:
        yield address


@contextmanager
def _serving(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.handle_error = True, lambda *_: None  # a closed connection is what is wanted here
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
