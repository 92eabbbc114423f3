"""The page of a lab's code, `lab_x.edit.html`: the same notebook in marimo's editor, made from the lab's own export.

marimo exports for editing and for running differ in two settings (`mode`, `showAppCode`), so nothing is exported twice.
The page carries no outputs: Python computes them again. What is recorded in it enters no log: its code says in the first
line that it is an editable copy, and labkit.editable goes by that; the line stays in what is saved or downloaded.
"""

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from labkit.editable import MARK

from .course import Lab
from .errors import BuildError
from .hashing import sha256_bytes
from .pages import Face, Start, page_of

HERE = Path(__file__).parent
CODE = re.compile(r'(<marimo-code hidden="">)([^<]*)(</marimo-code>)')
MOUNT = """"__MARIMO_MOUNT_CONFIG__", {
        value: Object.freeze({"""
DIFFERENCES = (
    ('"mode": "read"', '"mode": "edit"'),
    ('"showAppCode": false', '"showAppCode": true'),
    (MOUNT, MOUNT.replace("Object.freeze", "lkNotebook")),  # edit.js puts in what was kept, and freezes it
)
SETTINGS = {  # what differs from the lab's page, in marimo's configuration
    "runtime": {"auto_instantiate": True},  # cells run at the start, as in the lab
    "save": {"autosave": "after_delay"},  # edit.js keeps what is saved
    "ai": {"enabled": False},  # these three would ask other hosts
    "sharing": {"html": False, "wasm": False, "molab": False},
    "snippets": {"include_default_snippets": False},
}
NOSCRIPT = """JavaScript is switched off in this browser, so the code cannot be changed or run here; all of it can be read.
To work on it, allow JavaScript for this address and reload the page."""
BAR = """<div id="lk-copy" role="region" aria-label="About this page"><strong>Editable copy</strong>
<span>Nothing here enters your log. <a href="{name}.html">Back to the lab</a></span>
<span id="lk-copy-said" role="status">What you change is kept in this browser.</span>
<button id="lk-copy-anew" type="button" hidden>Take the lab’s own code</button></div>"""
VIEW = """<div id="lk-code" role="main"><h1>{title}: the code</h1>
<p>The lab as it is written, cell by cell. Once Python has started you can change a cell, run it with Shift+Enter and add cells of your own.</p>
{cells}</div>"""


def file_name(lab: Lab) -> str:
    """Where the page is below /labs/."""
    return f"{lab.path}.edit.html"


def edit_page(exported: str, lab: Lab, course: str, start: Start) -> str:
    """The page, in labs/vol<n>/ beside the lab's own; `start` is that of the lab."""
    page, cells, code = editable(exported, lab.path)
    about = html.escape(json.dumps({"lab": lab.id, "of": sha256_bytes(code.encode())[:16]}), quote=True)
    shown = "\n".join(f'<pre tabindex="0"><code>{html.escape(cell, quote=False)}</code></pre>' for cell in cells)
    face = Face(
        title=f"{lab.title}: the code · {course}",
        head=(f"<style>{_text('edit.css')}</style>", f"<script data-lk-edit='{about}'>\n{_text('edit.js')}</script>"),
        body=BAR.format(name=lab.id) + VIEW.format(title=html.escape(lab.title), cells=shown),
        noscript=NOSCRIPT,
    )
    return page_of(page, lab, replace(start, lab=f"{lab.id}.edit", embed=""), face)


def editable(exported: str, name: str) -> tuple[str, list[str], str]:
    """An export for running as one for editing without outputs; its cells' code; the whole code, marked as a copy."""
    page = exported
    for old, new in DIFFERENCES:
        page = _once(page, old, new, name)
    config = _setting(page, "config", name)
    for key, values in SETTINGS.items():
        config[key] = config.get(key, {}) | values
    page = _set(page, "config", config, name)
    page = _set(page, "session", None, name)
    cells = [cell["code"] for cell in _setting(page, "notebook", name)["cells"] if cell["code"]]
    found = CODE.search(page)
    if found is None:
        raise BuildError(f"{name}: the export has no <marimo-code> element, so its code cannot be edited.")
    code = f"{MARK}\n{unquote(found[2])}"
    return CODE.sub(lambda m: m[1] + quote(code, safe="") + m[3], page, count=1), cells, code


def _once(page: str, old: str, new: str, name: str) -> str:
    if page.count(old) != 1:
        raise BuildError(f"{name}: the export has {old!r} {page.count(old)} times, expected once. Adapt sitebuild/edit_page.py to this marimo.")
    return page.replace(old, new)


def _place(page: str, key: str, name: str) -> int:
    """Where the value of a key of marimo's mount configuration begins."""
    found = re.search(rf'^ *"{key}": (?=[{{n])', page, re.MULTILINE)
    if not found:
        raise BuildError(f"{name}: the export has no {key!r} in marimo's configuration. Adapt sitebuild/edit_page.py to this marimo.")
    return found.end()


def _setting(page: str, key: str, name: str) -> dict:
    return json.JSONDecoder().raw_decode(page[_place(page, key, name) :])[0]


def _set(page: str, key: str, value: object, name: str) -> str:
    at = _place(page, key, name)
    length = json.JSONDecoder().raw_decode(page[at:])[1]
    written = json.dumps(value).replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return page[:at] + written + page[at + length :]


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
