"""The command line of build_site.py."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from .build import build_site
from .errors import BuildError
from .paths import Paths
from .server import make_server
from .update import update_lock


def main(root: Path, arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the site stands, 1 with a sentence when it does not."""
    parser = argparse.ArgumentParser(prog="build_site.py", description="Build the static site of the labs into _site/.")
    parser.add_argument("--serve", action="store_true", help="serve the site afterwards")
    parser.add_argument("--port", type=int, default=8000, help="port for --serve (default 8000; 0 takes a free one)")
    parser.add_argument("--only", nargs="+", metavar="LAB", help="only these labs, by id (while writing one)")
    parser.add_argument("--out", type=Path, help="where to put the site (default _site)")
    parser.add_argument("--labs", type=Path, help="folder with course.toml and vol*/ (default labs)")
    parser.add_argument("--update-lock", action="store_true", help="write runtime.lock.json anew from sitebuild/packages.py, then stop")
    parser.add_argument("--pyodide-dist", default="", metavar="DIR_OR_URL", help="a Pyodide distribution that numpy and polars are taken from")
    parser.add_argument(
        "--scorm", default="", metavar="ADDRESS",
        help="also packages for learning management systems, in OUT/scorm: small ones that show the lab hosted at this address; or 'self': whole "
        "ones that need no host, in OUT-scorm, 20 MB each, two a lab (1.3 GB for all labs)",
    )  # fmt: skip
    parser.add_argument("--scorm-labs", nargs="+", metavar="LAB", help="packages for these labs only")
    parser.add_argument("--time", action="store_true", help="build twice and state both times")
    chosen = parser.parse_args(arguments)
    paths = Paths.of(root, chosen.out, chosen.labs)

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        if chosen.update_lock:
            update_lock(paths, say)
            return 0
        build_site(paths, chosen.only, say, chosen.pyodide_dist, chosen.scorm, chosen.scorm_labs)
        if chosen.time:
            began = time.perf_counter()
            build_site(paths, chosen.only, lambda _: None, chosen.pyodide_dist, chosen.scorm, chosen.scorm_labs)
            say(f"again     unchanged site built in {time.perf_counter() - began:.2f} s")
    except BuildError as error:
        print(f"The site was not built. {error}", flush=True)
        return 1
    if chosen.serve:
        return _serve(paths.out, chosen.port, say)
    return 0


def _serve(folder: Path, port: int, say) -> int:
    try:
        server = make_server(folder, port, offline=False)
    except OSError:
        print(f"Port {port} is taken. Choose another one: --port {port + 1}")
        return 1
    say(f"serving   http://127.0.0.1:{server.server_port}/   (Ctrl-C stops)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0
