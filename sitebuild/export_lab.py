"""Export one lab, pre-rendered: `python -m sitebuild.export_lab LAB.py PAGE.html` (a process of its own, started by `exports`).

It calls marimo's exporter as a function. The command `marimo export html-wasm` does the same, but insists on uv to
look for local modules, which our own wheels already provide. marimo is pinned by hash, so its inside cannot shift.
"""

import asyncio
import re
import sys
import uuid
from pathlib import Path

COURSE = ('\\"mlsysim-course\\", ', "%22mlsysim-course%22%2C%20")  # as JSON and as an address write it
OBJECT_ID = re.compile(r"object-id='(?=[A-Za-z]+-\d)")
RANDOM_ID = re.compile(r"random-id='([0-9a-f-]{36})'")


def export(lab: Path, page: Path) -> int:
    from marimo._export.file import export_wasm
    from marimo._export.requests import NotebookExecutionOptions, WASMExportOptions, WASMFileExportRequest
    from marimo._utils.marimo_path import MarimoPath

    request = WASMFileExportRequest(
        path=MarimoPath(str(lab)),
        options=WASMExportOptions(mode="run", show_code=False),
        execution=NotebookExecutionOptions(cli_args={}, argv=[], persist_session=False, stderr=sys.stderr),
        stdout=sys.stdout,
    )
    result = asyncio.run(export_wasm(request))
    page.write_text(one_simulator(own_ids(steady_ids(result.text, lab.stem))), encoding="utf-8")
    return 1 if result.did_error else 0


def steady_ids(page: str, seed: str) -> str:
    """marimo gives each control a random id; derived ones in order of appearance keep the build's bytes the same."""
    for n, found in enumerate(dict.fromkeys(RANDOM_ID.findall(page))):
        page = page.replace(found, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}/{n}")))
    return page


def own_ids(page: str) -> str:
    """Controls shown before Python runs get ids of their own.

    The front end remembers values by these ids. On a slow machine it may enter the rendered controls after the kernel has
    cleared its cell's, and would show their values in place of the kernel's: an empty field where a draft is kept.

    >>> own_ids("<marimo-ui-element object-id='Hbol-0' random-id='x'>")
    "<marimo-ui-element object-id='rendered-Hbol-0' random-id='x'>"
    """
    return OBJECT_ID.sub("object-id='rendered-", page)


def one_simulator(page: str) -> str:
    """The notebook's header names the simulator's two distributions; the browser has both in one, and would look for the second."""
    for named in COURSE:
        page = page.replace(named, "")
    return page


if __name__ == "__main__":
    sys.exit(export(Path(sys.argv[1]), Path(sys.argv[2])))
