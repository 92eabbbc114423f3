"""A lab inside another page, opened with `?embed=1`: its log as an element of the page, and what the page around asks of it.

The script of the site (embed.js) reads the element and talks to the page around by messages; what that page asks comes in
through a hidden text field of marimo's, as JSON, one request at a time: {"n": 3, "type": "restore", "log": "…"} or
{"n": 4, "type": "learner", "name": "…"}. The answer stands in the element: {"n": 3, "ok": false, "reason": "…"}.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine

import marimo as mo
from labkit import log as logs
from labkit.html import attr, text
from labkit.lab import UNSAVED, Lab
from labkit.log_file import LogRefused, import_bytes
from labkit.log_types import Log
from labkit.storage import Saved

_at_work: set[asyncio.Task] = set()  # an event loop alone would let go of a task


def embedded() -> bool:
    """Whether this notebook was opened with `?embed=1`."""
    try:
        return mo.query_params().get("embed") == "1"
    except Exception:  # outside of a running notebook there is no address
        return False


def element(lab: Lab, panel) -> str:
    """The log as text to read, to copy and for the script; the field through which the page around speaks."""
    forbidden = "If the export does nothing here, the page around forbids downloads. Copy the log instead"
    why = "This frame lets the lab store nothing. Copy the log before you leave" if lab.storage.off else forbidden
    return (
        f"<div class='lk-frame' data-lk-answer='{attr(json.dumps(lab.answered))}'><details{' open' if lab.storage.off else ''}>"
        f"<summary>Copy the log, or open the lab in a window of its own</summary><p>{why}; a text file that holds it can be imported like an exported one. "
        "<a href='?' target='_blank' rel='noopener'>Open in a window of its own</a>: that one keeps a log of its own, so take yours with you.</p>"
        "<p><button type='button' data-lk-copy='log'>Copy the log</button> <span role='status' data-lk-copied='log'></span></p>"
        f"<pre class='lk-log' tabindex='0' aria-label='The log as text'>{text(lab.export().decode())}</pre></details>"
        f"<div hidden>{panel['_around'].text}</div></div>"
    )


def field(lab: Lab):
    """The hidden field that takes requests."""
    return mo.ui.text(on_change=lambda said: _go_on(hear(lab, said)) if said else None)


async def hear(lab: Lab, said: str) -> None:
    """Do what the page around asks, and leave the answer for the script."""
    asked: dict = {}
    try:
        asked = json.loads(said)
        answer = await _do(lab, asked)
    except Exception as error:  # whatever the page around sends, the lab goes on
        answer = {"ok": False, "reason": f"The lab could not do this ({type(error).__name__}). Nothing here was changed."}
    lab.answered = {"n": asked.get("n") if isinstance(asked, dict) else None, **answer}
    lab.show(lab.log())  # the cells that show the log run again, and with them the answer gets into the page


async def _do(lab: Lab, asked: dict) -> dict:
    if asked.get("type") == "restore":
        reason = await restore(lab, str(asked.get("log") or ""))
        return {"ok": not reason, "reason": reason}
    if asked.get("type") == "learner":
        reason, another = await learner(lab, str(asked.get("name") or ""))
        return {"ok": not reason, "reason": reason, "reload": another}
    return {"ok": False, "reason": "The lab knows the requests restore and learner."}


async def restore(lab: Lab, source: str) -> str:
    """Continue from a log that the page around kept; "" when done, else why not. What is here is never lost."""
    try:
        log = import_bytes(source.encode("utf-8", "replace"), lab.info.id, lab.info.version)
    except LogRefused as refused:
        return f"{refused} Nothing here was changed."
    if log.attempt != lab.log().attempt and not await _kept(lab):
        return UNSAVED
    return "" if lab.follow(log) else UNSAVED


async def learner(lab: Lab, name: str) -> tuple[str, bool]:
    """Work under this name: (why not, or ""; whether the page must be opened anew, because another student's work stood in it)."""
    name = " ".join(name.split())
    if not name:
        return "The name is empty.", False
    here = lab.log()
    if here.learner.name == name:
        return "", False
    theirs = await _newest_of(lab, name)
    if theirs is None and not here.learner.name:
        return lab.rename(name, here.learner.section or ""), False
    if not await _kept(lab):
        return UNSAVED, False
    here = lab.log()
    log = theirs or logs.start(here.lab.id, here.lab.version, here.lab.sha256, simulator=here.simulator, name=name)
    if not isinstance(await lab.storage.save(log), Saved):
        return UNSAVED, False
    lab.drafts.drop(*lab.drafts.names())  # what another student typed is not shown to this one
    await lab.drafts.settled()
    lab.show(log)
    return "", True


async def _newest_of(lab: Lab, name: str) -> Log | None:
    """The latest stored attempt of this student."""
    found = [a.log for a in await lab.storage.attempts() if a.log and a.log.learner.name == name]
    return found[-1] if found else None


async def _kept(lab: Lab) -> bool:
    """Whether what stands here may be put away: nothing recorded, or stored."""
    log = lab.log()
    return not log.entries or (await lab.save(log))[0]


def _go_on(work: Coroutine) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
