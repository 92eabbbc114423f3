"""Let a lab that is open for hours keep no old results in the page's memory.

marimo writes every message between the page and Python to the browser's console, each with the whole output of a cell.
A browser keeps the last thousand such lines for whoever opens its developer tools, and all of them while these are open:
0.3 MB a slider's move. The page's copy of the front end sends and receives without telling the console.
"""

import re
from pathlib import Path

from .front_change import change_script

MARK = "[rpc] Worker -> Parent"
TELLS = re.compile(  # the options that name the two functions which write
    r",_debugHooks:\{onSend:(?P<sent>[\w$]+)=>\{[\w$]+\.debug\(`\[rpc\] Parent -> Worker`,(?P=sent)\)\},"
    r"onReceive:(?P<got>[\w$]+)=>\{[\w$]+\.debug\(`\[rpc\] Worker -> Parent`,(?P=got)\)\}\}"
)


def keep_no_messages(assets: Path) -> None:
    """Change the script of the copied front end that talks with Python; BuildError where it does not read as expected."""
    change_script(assets, MARK, TELLS, "", "Messages written to the console stay in the page's memory.", "sitebuild/quiet_messages.py")
