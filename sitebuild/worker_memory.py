"""Let the Python worker start where the browser forbids storage.

marimo's worker keeps a copy of the notebook's folder in IndexedDB (Emscripten's IDBFS) and does not start at all where
IndexedDB is refused: in a private window, a restricted frame, with site data blocked. A lab needs no such copy: its
notebook comes with the page, and the student's log is kept by labkit, which says so when saving is off. So the folder
stays in the worker's memory, as marimo itself does it for frames without an origin.
"""

import re
from pathlib import Path

from .errors import BuildError

MOUNT = re.compile(r"mountFS:(?P<name>[\w$]+)=>\{(?:(?!mountFS|\}\}).){0,200}?\.mount\((?P=name)\.FS\.filesystems\.IDBFS,\{root:`\.`\},[\w$]+\)\}")
IN_MEMORY = "mountFS:()=>{}"
STORE = "filesystems.IDBFS"


def keep_notebook_in_memory(assets: Path) -> None:
    """Change the worker scripts of the copied front end; BuildError if a mount is not where it is expected."""
    found = [p for p in sorted(assets.glob("*.js")) if STORE in p.read_text(encoding="utf-8")]
    if not any(p.name.startswith("worker-") for p in found):
        raise BuildError(
            f"marimo's front end has no worker script that mounts {STORE}, so it is unknown whether a lab starts where storage is forbidden. "
            "See how this marimo's worker keeps its files, and adapt sitebuild/worker_memory.py."
        )
    for script in found:
        changed, times = MOUNT.subn(IN_MEMORY, script.read_text(encoding="utf-8"))
        if times != 1 or STORE in changed:
            raise BuildError(
                f"{script.name} of marimo's front end mounts {STORE} in another way than expected, so a lab would not start where storage is "
                "forbidden. Adapt the pattern in sitebuild/worker_memory.py."
            )
        script.write_text(changed, encoding="utf-8")
