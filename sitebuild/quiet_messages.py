"""Let a lab that is open for hours keep no old results in the page's memory.

marimo writes every message between the page and Python to the browser's console, each with the whole output of a cell.
A browser keeps the last thousand such lines for whoever opens its developer tools, and all of them while these are open:
0.3 MB a slider's move. The page's copy of the front end sends and receives without telling the console.
"""

import re
from pathlib import Path

from .errors import BuildError

MARK = "[rpc] Worker -> Parent"
TELLS = re.compile(  # the options that name the two functions which write
    r",_debugHooks:\{onSend:(?P<sent>[\w$]+)=>\{[\w$]+\.debug\(`\[rpc\] Parent -> Worker`,(?P=sent)\)\},"
    r"onReceive:(?P<got>[\w$]+)=>\{[\w$]+\.debug\(`\[rpc\] Worker -> Parent`,(?P=got)\)\}\}"
)


def keep_no_messages(assets: Path) -> None:
    """Change the script of the copied front end that talks with Python; BuildError where it does not read as expected."""
    found = [p for p in sorted(assets.glob("*.js")) if MARK in p.read_text(encoding="utf-8")]
    if len(found) != 1:
        raise BuildError(
            f"marimo's front end has {len(found)} scripts that write messages to the console as '{MARK}', expected one. "
            "See how this marimo traces its messages (they would stay in the page's memory), and adapt sitebuild/quiet_messages.py."
        )
    text, times = TELLS.subn("", found[0].read_text(encoding="utf-8"))
    if times != 1 or MARK in text:
        raise BuildError(
            f"{found[0].name} of marimo's front end writes messages to the console in another way than expected, so a lab's page would keep old "
            "results in memory. Adapt the pattern in sitebuild/quiet_messages.py."
        )
    found[0].write_text(text, encoding="utf-8")
